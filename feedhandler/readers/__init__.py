"""Readers of books in C, where a call from Python must cost less than numba's own dispatch."""
