"""Calling a quarantined hook once more, as ordinary Python, to see where it raised.

A compiled exception tells no line. What the hook was given was kept, so the same function can be called with it in
Python, where it does. It gets copies: the strategy's own record stays as it was.
"""

from __future__ import annotations

from typing import Any

from feedhandler.core.memory import Region, copy_bytes
from feedhandler.core.records import RecordLayout
from feedhandler.core.strategy_calls import InstrumentBook

from .compiling import HOOK_ARGUMENTS
from .memory import StrategyMemory
from .strategy import StrategyLayout


class RehearsalBook(InstrumentBook):
    """The book that a hook was given. Its depth was not kept: what lies below the inside reads as nothing."""

    def price_at(self, side: int, position: int) -> int:
        if position:
            return 0
        return self.ask_price if side & 1 else self.bid_price

    def quantity_at(self, side: int, position: int) -> int:
        if position:
            return 0
        return self.ask_quantity if side & 1 else self.bid_quantity

    def orders_at(self, side: int, position: int) -> int:
        return int(self.quantity_at(side, position) != 0)

    def level_count(self, side: int) -> int:
        return int(self.quantity_at(side, 0) != 0)


def rehearse(strategy: StrategyLayout, memory: StrategyMemory, hook: str, scratch: int, time_ns: int) -> None:
    """Call a hook as Python, on copies. Raises what it raises."""
    copy = Region("rehearsal", max(8, strategy.size), huge=False)
    copy_bytes(copy.address, memory.address, strategy.size)
    arguments = [_given(argument, scratch, time_ns) for argument in HOOK_ARGUMENTS[hook]]
    strategy.hooks[hook](strategy(copy.address), *arguments)


def _given(argument: Any, scratch: int, time_ns: int) -> Any:
    """One argument of a hook, as it was: the kept book, the notice behind it, or the time."""
    if argument is InstrumentBook:
        return RehearsalBook(scratch)
    return argument(scratch + InstrumentBook.size) if isinstance(argument, RecordLayout) else time_ns
