"""Calling a quarantined hook once more, as ordinary Python, to see where it raised.

A compiled exception tells no line. What the hook was given was kept, so the same function can be called with it in
Python, where it does. It gets copies: the strategy's own record stays as it was.
"""

from __future__ import annotations

from typing import Any

from feedhandler.core.memory import Region, copy_bytes
from feedhandler.core.strategy_calls import (
    GapNotice,
    ImbalanceNotice,
    InstrumentBook,
    QualityNotice,
    SessionNotice,
    StatusNotice,
    TradeNotice,
)

from .memory import StrategyMemory
from .strategy import StrategyLayout

_NOTICES: dict[str, Any] = {
    "on_trade": TradeNotice,
    "on_status": StatusNotice,
    "on_imbalance": ImbalanceNotice,
    "on_gap": GapNotice,
    "on_quality": QualityNotice,
    "on_session": SessionNotice,
}


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
    arguments: list[Any] = []
    if hook == "on_timer":
        arguments = [time_ns]
    else:
        if hook in ("on_book", "on_bbo", "on_trade", "on_status", "on_imbalance"):
            arguments.append(RehearsalBook(scratch))
        if hook in _NOTICES:
            arguments.append(_NOTICES[hook](scratch + InstrumentBook.size))
    strategy.hooks[hook](strategy(copy.address), *arguments)
