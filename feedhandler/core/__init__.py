"""The hot path: everything here compiles to one pass over a packet, and runs as plain Python under NUMBA_DISABLE_JIT=1.

It imports numpy, numba and itself only, and knows no venue.
"""
