"""Trying a strategy out without a feed: its hooks are called as ordinary Python, with what a test says.

    trial = Trial(SpreadWatcher, limit="0.10")
    trial.bbo(bid="10.00", ask="10.15")
    assert trial.state.wide == 1

Prices are written as people write them. The strategy's state is the real one, so a test reads it as anyone would.
"""

from __future__ import annotations

from typing import Any

from feedhandler.core.channel import Quality
from feedhandler.core.memory import Region
from feedhandler.core.strategy_calls import SCRATCH_BYTES, InstrumentBook, StatusNotice, TradeNotice

from .kinds import price as price_kind
from .memory import StrategyMemory, parameter_values
from .rehearsal import RehearsalBook
from .strategy import StrategyLayout


class Trial:
    """A strategy and one book for each instrument that is named, all with nothing in them.

    Parameters are given by name. `memory` has the tables: `trial.memory.table("widest")[0]`.
    """

    def __init__(self, strategy: StrategyLayout, *, instruments: int = 16, **parameters: Any) -> None:
        self.memory = StrategyMemory(strategy, parameter_values(strategy, parameters), instruments)
        self.state: Any = self.memory.view
        self._scratch = Region("trial", SCRATCH_BYTES * instruments, huge=False)

    def _book(self, instrument: int, quality: Quality) -> Any:
        book: Any = RehearsalBook(self._scratch.address + SCRATCH_BYTES * instrument)
        book.instrument = instrument
        book.price_unit = 1
        book.quality = int(quality)
        return book

    def bbo(
        self,
        bid: str | None = None,
        ask: str | None = None,
        *,
        bid_quantity: int = 100,
        ask_quantity: int = 100,
        instrument: int = 0,
        quality: Quality = Quality.CURRENT,
    ) -> Trial:
        """The inside changed; a side without a price is empty. Calls `on_bbo` and `on_book`, as far as there are."""
        book = self._book(instrument, quality)
        book.bid_price = price_kind.parse(bid) if bid is not None else 0
        book.bid_quantity = bid_quantity if bid is not None else 0
        book.ask_price = price_kind.parse(ask) if ask is not None else 0
        book.ask_quantity = ask_quantity if ask is not None else 0
        return self._call("on_bbo", book)._call("on_book", book)

    def trade(self, price: str, quantity: int, *, side: int = 0, printable: bool = True, instrument: int = 0) -> Trial:
        """A trade was printed."""
        book = self._book(instrument, Quality.CURRENT)
        trade: Any = TradeNotice(book.address + InstrumentBook.size)
        trade.price = price_kind.parse(price)
        trade.quantity = quantity
        trade.side = side
        trade.printable = int(printable)
        return self._call("on_trade", book, trade)

    def status(self, code: str, *, instrument: int = 0) -> Trial:
        """The trading status changed to the venue's code."""
        book = self._book(instrument, Quality.CURRENT)
        status: Any = StatusNotice(book.address + InstrumentBook.size)
        status.status = ord(code)
        return self._call("on_status", book, status)

    def timer(self, time_ns: int) -> Trial:
        """The timer is due."""
        return self._call("on_timer", time_ns)

    def _call(self, hook: str, *arguments: Any) -> Trial:
        function = self.memory.strategy.hooks.get(hook)
        if function is not None:
            function(self.state, *arguments)
        return self
