"""Strategies: what a user writes, and what runs it.

    from feedhandler.strategies import Strategy, each_instrument, integer, parameter, price, state

docs/writing-a-strategy.md is the page to read.
"""

from feedhandler.core.channel import Quality
from feedhandler.core.clock import epoch_ns
from feedhandler.core.histogram import histogram_add

from .kinds import boolean, duration, integer, price, real, secret, text
from .strategy import Strategy, StrategyError, each_instrument, histogram, parameter, state

__all__ = [
    "Quality",
    "Strategy",
    "StrategyError",
    "boolean",
    "duration",
    "each_instrument",
    "epoch_ns",
    "histogram",
    "histogram_add",
    "integer",
    "parameter",
    "price",
    "real",
    "secret",
    "state",
    "text",
]
