"""The twin of the compiled books: dictionaries, lists and a sorted container, as slow and as plain as can be.

It consumes decoded ITCH messages one by one and knows what the engine promises of an inconsistent stream: what is
refused and for which reason, and which book is damaged by it. Of the engine's stores it knows only how much they hold.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sortedcontainers import SortedDict

from feedhandler.core.channel import Quality
from feedhandler.core.reasons import Reason
from feeds.nasdaq_itch50.messages import MESSAGES

BY_TYPE = {ord(str(message.type)): message for message in MESSAGES}
SMALLEST_BLOCK = 3


@dataclass
class Order:
    reference: int
    quantity: int
    locate: int
    side: str
    price: int


@dataclass
class Instrument:
    """One book: price -> {reference: order} in the order of arrival, a side each."""

    symbol: str = ""
    sides: dict[str, SortedDict] = field(default_factory=lambda: {"B": SortedDict(), "S": SortedDict()})
    damaged: bool = False
    sequence: int = 0
    last_trade: tuple[int, int] | None = None
    blocks: dict[str, int] = field(default_factory=dict)

    def inside(self, side: str) -> tuple[int | None, int]:
        levels = self.sides[side]
        if not levels:
            return None, 0
        price, queue = levels.peekitem(-1 if side == "B" else 0)
        return price, sum(order.quantity for order in queue.values())

    def levels(self, side: str) -> list[tuple[int, int, int]]:
        """Price, quantity and orders of each level, inside first."""
        found = [
            (price, sum(order.quantity for order in queue.values()), len(queue))
            for price, queue in self.sides[side].items()
        ]
        return found[::-1] if side == "B" else found

    def queue(self, side: str, price: int) -> list[tuple[int, int]]:
        return [(order.reference, order.quantity) for order in self.sides[side].get(price, {}).values()]


class ReferenceBooks:
    """All books of a channel that is seen from its first message."""

    def __init__(self, *, instruments: int, orders: int, levels: int, entries: int) -> None:
        self.instrument_capacity, self.order_capacity, self.level_capacity = instruments, orders, levels
        self.orders: dict[int, Order] = {}
        self.instruments: dict[int, Instrument] = {}
        self.reasons: Counter[Reason] = Counter()
        self.level_count = 0
        self.complete = True
        self.entries_fresh, self.entry_capacity = 1 << SMALLEST_BLOCK, entries
        self.free_blocks: Counter[int] = Counter()
        self.sequence = 0

    # ------------------------------------------------------------------------------------------------- the stream

    def apply(self, sequence: int, body: bytes) -> None:
        """One message of the stream."""
        self.sequence = sequence
        reason = self._apply(body)
        if reason in (Reason.MESSAGE_LENGTH, Reason.MESSAGE_FIELD):
            self.complete = False
        if reason is not Reason.OK:
            self.reasons[reason] += 1

    def quality(self, locate: int) -> Quality:
        return Quality.CURRENT if self.complete and not self.instruments[locate].damaged else Quality.STALE

    def _apply(self, body: bytes) -> Reason:
        message = BY_TYPE.get(body[0])
        if message is None:
            return Reason.MESSAGE_UNKNOWN
        if len(body) != message.size:
            return Reason.MESSAGE_LENGTH
        fields = message.decode(body)
        if message.type in "AF" and fields["buy_sell_indicator"] not in ("B", "S"):
            return Reason.MESSAGE_FIELD
        locate = fields["stock_locate"]
        if message.type in "SVW":
            return Reason.OK
        instrument = self._instrument(locate, fields.get("stock"))
        if instrument is None:
            return Reason.INSTRUMENTS_FULL
        verb = getattr(self, f"_on_{message.type}", None)
        return verb(instrument, fields) if verb is not None else Reason.OK

    def _instrument(self, locate: int, symbol: str | None) -> Instrument | None:
        if locate not in self.instruments:
            if len(self.instruments) == self.instrument_capacity:
                return None
            self.instruments[locate] = Instrument()
        instrument = self.instruments[locate]
        instrument.symbol = instrument.symbol or (symbol or "").rstrip()
        return instrument

    # -------------------------------------------------------------------------------------------------- the verbs

    def _on_A(self, instrument: Instrument, fields: dict[str, Any]) -> Reason:  # noqa: N802
        reference, quantity = fields["order_reference_number"], fields["shares"]
        if quantity == 0:
            return self._damage(instrument, Reason.ORDER_QUANTITY)
        if reference in self.orders:
            self._damage(self.instruments[self.orders[reference].locate], Reason.ORDER_DUPLICATE)
            return self._damage(instrument, Reason.ORDER_DUPLICATE)
        instrument.sequence = self.sequence
        order = Order(reference, quantity, fields["stock_locate"], fields["buy_sell_indicator"], fields["price"])
        return self._enter(instrument, order)

    _on_F = _on_A  # noqa: N815

    def _on_E(self, instrument: Instrument, fields: dict[str, Any]) -> Reason:  # noqa: N802
        order = self.orders.get(fields["order_reference_number"])
        if order is None or order.locate != fields["stock_locate"]:
            return self._missing(instrument, order)
        reason = self._take(order, fields["executed_shares"])
        self._traded(instrument, order.price, fields["executed_shares"])
        return reason

    def _on_C(self, instrument: Instrument, fields: dict[str, Any]) -> Reason:  # noqa: N802
        order = self.orders.get(fields["order_reference_number"])
        if order is None or order.locate != fields["stock_locate"]:
            return self._missing(instrument, order)
        reason = self._take(order, fields["executed_shares"])
        if fields["printable"] == "Y":
            self._traded(instrument, fields["execution_price"], fields["executed_shares"])
        return reason

    def _on_X(self, instrument: Instrument, fields: dict[str, Any]) -> Reason:  # noqa: N802
        order = self.orders.get(fields["order_reference_number"])
        if order is None or order.locate != fields["stock_locate"]:
            return self._missing(instrument, order)
        return self._take(order, fields["cancelled_shares"])

    def _on_D(self, instrument: Instrument, fields: dict[str, Any]) -> Reason:  # noqa: N802
        order = self.orders.get(fields["order_reference_number"])
        if order is None or order.locate != fields["stock_locate"]:
            return self._missing(instrument, order)
        self._leave(order)
        return Reason.OK

    def _on_U(self, instrument: Instrument, fields: dict[str, Any]) -> Reason:  # noqa: N802
        order = self.orders.get(fields["original_order_reference_number"])
        if order is None or order.locate != fields["stock_locate"]:
            return self._missing(instrument, order)
        self._leave(order)
        own, reference = instrument, fields["new_order_reference_number"]
        if fields["shares"] == 0:
            return self._damage(own, Reason.ORDER_QUANTITY)
        if reference in self.orders:
            self._damage(self.instruments[self.orders[reference].locate], Reason.ORDER_DUPLICATE)
            return self._damage(own, Reason.ORDER_DUPLICATE)
        return self._enter(own, Order(reference, fields["shares"], order.locate, order.side, fields["price"]))

    def _on_P(self, instrument: Instrument, fields: dict[str, Any]) -> Reason:  # noqa: N802
        self._traded(instrument, fields["price"], fields["shares"])
        return Reason.OK

    def _on_Q(self, instrument: Instrument, fields: dict[str, Any]) -> Reason:  # noqa: N802
        if fields["shares"]:
            self._traded(instrument, fields["cross_price"], fields["shares"])
        return Reason.OK

    def _on_H(self, instrument: Instrument, _fields: dict[str, Any]) -> Reason:  # noqa: N802
        instrument.sequence = self.sequence
        return Reason.OK

    _on_Y = _on_H  # noqa: N815

    # -------------------------------------------------------------------------------------------------- the books

    def _enter(self, instrument: Instrument, order: Order) -> Reason:
        levels = instrument.sides[order.side]
        if len(self.orders) == self.order_capacity:
            return self._damage(instrument, Reason.ORDERS_FULL)
        if order.price not in levels:
            if self.level_count == self.level_capacity:
                return self._damage(instrument, Reason.LEVELS_FULL)
            if not self._rung(instrument, order.side):
                return self._damage(instrument, Reason.LADDERS_FULL)
            levels[order.price] = {}
            self.level_count += 1
        levels[order.price][order.reference] = order
        self.orders[order.reference] = order
        return Reason.OK

    def _leave(self, order: Order) -> None:
        instrument = self.instruments[order.locate]
        instrument.sequence = self.sequence
        levels = instrument.sides[order.side]
        del levels[order.price][order.reference], self.orders[order.reference]
        if not levels[order.price]:
            del levels[order.price]
            self.level_count -= 1

    def _take(self, order: Order, quantity: int) -> Reason:
        instrument = self.instruments[order.locate]
        instrument.sequence = self.sequence
        if quantity < order.quantity:
            order.quantity -= quantity
            return Reason.OK
        self._leave(order)
        return Reason.OK if quantity == order.quantity else self._damage(instrument, Reason.ORDER_QUANTITY)

    def _traded(self, instrument: Instrument, price: int, quantity: int) -> None:
        instrument.sequence = self.sequence
        instrument.last_trade = (price, quantity)

    def _missing(self, instrument: Instrument, elsewhere: Order | None) -> Reason:
        if elsewhere is not None:
            self._damage(self.instruments[elsewhere.locate], Reason.ORDER_INSTRUMENT)
            return self._damage(instrument, Reason.ORDER_INSTRUMENT)
        return self._damage(instrument, Reason.ORDER_UNKNOWN) if self.complete else Reason.ORDER_BEFORE_START

    def _damage(self, instrument: Instrument, reason: Reason) -> Reason:
        instrument.damaged = True
        return reason

    def _rung(self, instrument: Instrument, side: str) -> bool:
        """Room for one more level in a side's block of 8, 16, ... entries, one of which is a sentinel."""
        size = instrument.blocks.get(side, 0)
        if len(instrument.sides[side]) + 1 < (1 << size if size else 0):
            return True
        wanted = size + 1 if size else SMALLEST_BLOCK
        if self.free_blocks[wanted]:
            self.free_blocks[wanted] -= 1
        elif self.entries_fresh + (1 << wanted) <= self.entry_capacity:
            self.entries_fresh += 1 << wanted
        else:
            return False
        if size:
            self.free_blocks[size] += 1
        instrument.blocks[side] = wanted
        return True


def by_symbol(instruments: dict[int, Instrument]) -> dict[str, Instrument]:
    """Books as the engine names them; an instrument without a name goes by its code."""
    found: dict[str, Instrument] = {}
    for locate, instrument in instruments.items():
        found.setdefault(instrument.symbol or f"#{locate}", instrument)
    return found

