"""Events as records by order: what an event becomes, in the conventions of Databento's own market-by-order data.

    ADD                 Add
    EXECUTE             Trade (side of the aggressor, order 0), then Fill and Cancel (side of the resting order, and
                        its reference); no Trade where the execution is not printed
    REDUCE, DELETE      Cancel of what left the book
    REPLACE             Cancel of the old order and Add of the new one; Modify where the reference stays and with it the
                        place in the queue, or where the venue ranks orders itself
    TRADE, CROSS        Trade without a side; of an auction, with the publisher's own flag
    CLEAR               cleaR
    SESSION             cleaR of every instrument that the channel's former session had
    (an order that the book did not hold)   None, in place of what would change a book; a trade is told

("Nasdaq TotalView-ITCH, MBO normalization", "Common fields, enums and types", databento.com/docs.) The records of one
event share its sequence, and the last of an instrument before an event boundary has the flag LAST.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy
from numpy.typing import NDArray

from feedhandler.core.channel import Quality
from feedhandler.core.events import EventDetail, EventKind

from .batches import picked
from .dbn_records import UNDEFINED_PRICE, UNDEFINED_SIZE, Flag, blank

Array = NDArray[Any]

ORDERS = (EventKind.ADD, EventKind.EXECUTE, EventKind.REDUCE, EventKind.DELETE, EventKind.REPLACE)
_BY_ORDER = (*ORDERS, EventKind.TRADE, EventKind.CROSS, EventKind.CLEAR, EventKind.SESSION)
_OF_BOOKS = (*ORDERS, EventKind.TRADE, EventKind.CROSS, EventKind.CLEAR, EventKind.LEVEL, EventKind.QUOTE)
_NONE, _ADD, _CANCEL, _MODIFY, _TRADE, _FILL, _CLEAR, _NO_ACTION = range(8)
_LETTERS = numpy.frombuffer(b"\0ACMTFRN", dtype="S1")
_BID, _ASK, _NO_SIDE = 0, 1, 2
_SIDES = numpy.frombuffer(b"BAN", dtype="S1")


@dataclass
class Told:
    """A batch of events as records are made of it: prices in 1e-9, and what is known of their boundaries.

    `group` is the depth row that closes an event's boundary, -1 where none did; `quality` is the book's there.
    """

    events: Array
    instrument_id: Array
    publisher_id: int
    channel: Array
    price_unit: Array
    group: Array
    quality: Array

    @property
    def kind(self) -> Array:
        found: Array = self.events["kind"]
        return found

    def price(self, name: str = "value_0") -> Array:
        """A price of every event, in 1e-9."""
        found: Array = self.events[name] * self.price_unit
        return found

    def chosen(self, which: Array) -> Told:
        """Some of the events."""
        return Told(
            picked(self.events, which),
            self.instrument_id[which],
            self.publisher_id,
            self.channel[which],
            self.price_unit[which],
            self.group[which],
            self.quality[which],
        )


def kinds(events: Array, *wanted: EventKind) -> Array:
    """Which events are of some kinds."""
    table = numpy.zeros(64, bool)
    table[list(wanted)] = True
    found: Array = table[events["kind"] & 63]
    return found


def missing(events: Array) -> Array:
    """Which events are about an order that the book did not hold."""
    found: Array = kinds(events, *ORDERS) & ((events["detail"] & EventDetail.ORDER_MISSING) != 0)
    return found


def of_books(events: Array) -> Array:
    """Which events change a book or its last trade, so that a boundary follows them."""
    applied = kinds(events, *_OF_BOOKS) & (events["instrument"] >= 0) & ~missing(events)
    found: Array = applied & ((events["kind"] != EventKind.CROSS) | (events["value_1"] > 0))
    return found


def sizes(quantities: Array) -> Array:
    """Quantities in 32 bits; what is larger, or negative, is undefined."""
    return numpy.where((quantities >= 0) & (quantities < UNDEFINED_SIZE), quantities, UNDEFINED_SIZE).astype("<u4")


def common(records: Array, told: Told, which: Array | None = None) -> None:
    """What all records of events have: who, when, and which. `which`: the event of each, where there are several."""
    events = told.events
    venue_time, received = events["venue_time"], events["received_ns"]
    records["publisher_id"] = told.publisher_id
    columns = {
        "instrument_id": told.instrument_id,
        "ts_event": numpy.where(venue_time > 0, venue_time, -1).view("<u8"),  # (the greatest of all: undefined)
        "ts_recv": numpy.where(received > 0, received, venue_time).view("<u8"),
        "sequence": events["sequence"] & 0xFFFF_FFFF,
    }
    for name, column in columns.items():
        if name in (records.dtype.names or ()):
            records[name] = column if which is None else column[which]


def flags_of(told: Told) -> Array:
    """The flags of each event's records, but for LAST."""
    flags = numpy.zeros(len(told.events), "u1")
    flags[told.events["received_ns"] <= 0] |= Flag.BAD_TS_RECV
    flags[told.quality != int(Quality.CURRENT)] |= Flag.MAYBE_BAD_BOOK
    flags[told.kind == EventKind.CROSS] |= Flag.PUBLISHER_SPECIFIC
    return flags


def last_of_groups(told: Told) -> Array:
    """Which events are the last of their instrument before its boundary."""
    last = numpy.zeros(len(told.events), bool)
    closed = numpy.flatnonzero(told.group >= 0)
    if len(closed):
        newest = numpy.full(int(told.group.max()) + 1, -1)
        newest[told.group[closed]] = closed  # of several, the last stays
        last[newest[newest >= 0]] = True
    return last


def trade_prints(told: Told) -> Array:
    """Which events are a trade to be printed."""
    unprinted = (told.events["detail"] & EventDetail.UNPRINTABLE) != 0
    executed = (told.kind == EventKind.EXECUTE) & ~unprinted
    found: Array = executed | kinds(told.events, EventKind.TRADE) | (
        (told.kind == EventKind.CROSS) & (told.events["value_1"] > 0)
    )
    return found


def by_order(told: Told) -> Array:
    """The records by order of a batch."""
    told = told.chosen(kinds(told.events, *_BY_ORDER) & (told.events["instrument"] >= 0))
    events, kind = told.events, told.kind
    if not len(events):
        return blank("mbo", 0)
    actions = _actions(told)
    taken = numpy.flatnonzero(actions.ravel())
    which = taken // 3
    action = actions.ravel()[taken]
    records = blank("mbo", len(taken))
    common(records, told, which)
    records["action"] = _LETTERS[action]
    records["channel_id"] = told.channel[which] & 0xFF
    ask = (events["detail"] & EventDetail.ASK)[which]
    records["side"] = _SIDES[
        numpy.select(
            [
                (action == _TRADE) & (kind[which] == EventKind.EXECUTE) & ~missing(events)[which],
                (action == _TRADE) | (action == _CLEAR) | (action == _NO_ACTION),
            ],
            [1 - ask, _clear_side(told)[which]],
            ask,
        )
    ]
    old = (action == _CANCEL) & numpy.isin(kind[which], (EventKind.REPLACE, EventKind.EXECUTE))
    price = numpy.where(old, told.price("order_price")[which], told.price()[which])
    records["price"] = numpy.where(action == _CLEAR, UNDEFINED_PRICE, price)
    left = old & (kind[which] == EventKind.REPLACE) | (action == _CANCEL) & (kind[which] == EventKind.DELETE)
    quantity = numpy.where(left, events["order_quantity"][which], events["value_1"][which])
    records["size"] = numpy.where(action == _CLEAR, 0, sizes(quantity))
    new = (kind[which] == EventKind.REPLACE) & ((action == _ADD) | (action == _MODIFY))
    reference = numpy.where(new, events["value_3"][which], events["value_2"][which])
    records["order_id"] = numpy.where((action == _TRADE) | (action == _CLEAR), 0, reference).view("<u8")
    flags = flags_of(told)[which]
    final = numpy.ones(len(which), bool)
    final[:-1] = which[1:] != which[:-1]
    flags[final & last_of_groups(told)[which]] |= Flag.LAST
    records["flags"] = flags
    return records


def _actions(told: Told) -> Array:
    """Up to three actions of each event, in their order."""
    events, kind = told.events, told.kind
    actions = numpy.zeros((len(events), 3), numpy.int8)
    actions[kind == EventKind.ADD, 0] = _ADD
    executed = kind == EventKind.EXECUTE
    actions[executed] = (_TRADE, _FILL, _CANCEL)
    actions[executed & ~trade_prints(told), 0] = _NONE
    actions[kinds(events, EventKind.REDUCE, EventKind.DELETE), 0] = _CANCEL
    replaced = kind == EventKind.REPLACE
    actions[replaced] = (_CANCEL, _ADD, _NONE)
    ranked = (events["detail"] & EventDetail.PRIORITY_KEPT != 0) | (events["value_4"] != 0)
    actions[replaced & (events["value_2"] == events["value_3"]) & ranked] = (_MODIFY, _NONE, _NONE)
    actions[kinds(events, EventKind.TRADE, EventKind.CROSS) & trade_prints(told), 0] = _TRADE
    actions[kinds(events, EventKind.CLEAR, EventKind.SESSION), 0] = _CLEAR
    astray = missing(events)
    actions[astray] = (_NONE, _NO_ACTION, _NONE)
    actions[astray & executed & trade_prints(told), 0] = _TRADE
    return actions


def _clear_side(told: Told) -> Array:
    """The side of a cleaR: none where both are cleared; what has no side has none either."""
    one = (told.kind == EventKind.CLEAR) & (told.events["detail"] < _NO_SIDE)
    return numpy.where(one, told.events["detail"], _NO_SIDE)


def trades(told: Told) -> Array:
    """The trades of a batch."""
    told = told.chosen(trade_prints(told))
    records = blank("trades", len(told.events))
    fill_trades(records, told)
    records["flags"] |= numpy.where(last_of_groups(told), Flag.LAST, 0).astype("u1")
    return records


def fill_trades(records: Array, told: Told) -> None:
    """What trades say of themselves, in whichever schema."""
    events = told.events
    common(records, told)
    records["action"] = b"T"
    sided = (told.kind == EventKind.EXECUTE) & ~missing(events)
    records["side"] = _SIDES[numpy.where(sided, 1 - (events["detail"] & EventDetail.ASK), _NO_SIDE)]
    records["price"] = told.price()
    records["size"] = sizes(events["value_1"])
    records["flags"] = flags_of(told)
