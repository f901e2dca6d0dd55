"""Runnable configurations, one an exchange.

A package, so that a wheel brings them along: `importlib.resources.files("configs")` finds them installed and in a
checkout.
"""
