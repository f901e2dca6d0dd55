"""Rows of depth as records by price, and the trades between them.

A boundary that changed what the first levels show becomes one record with the book as it is now, told as the last
event of the venue that changed it; the trades of that event come before it, with the book as it was before. The last
record of a boundary has the flag LAST.
"""

from __future__ import annotations

from typing import Any

import numpy

from feedhandler.core.channel import Quality
from feedhandler.core.depths import DepthRow
from feedhandler.core.events import EventDetail, EventKind

from .batches import picked
from .dbn_boundaries import Closed
from .dbn_events import ORDERS, Array, Told, fill_trades, kinds, missing, sizes, trade_prints
from .dbn_records import UNDEFINED_PRICE, UNDEFINED_TIME, Flag, blank

_ACTORS = (*ORDERS, EventKind.LEVEL, EventKind.QUOTE, EventKind.CLEAR)
_SIDES = numpy.frombuffer(b"BAN", dtype="S1")
_PRICE, _QUANTITY, _ORDERS = 0, 1, 2


class ByPrice:
    """Makes records by price of closed events, `count` levels a side; remembers each book's last."""

    def __init__(self, schema: str, count: int) -> None:
        self.schema, self.count = schema, count
        self._shown = numpy.zeros((0, 2, count, 3), "<i8")  # by owner

    def records(self, closed: Closed) -> Array:
        """The records of a batch, in order."""
        now = _levels(closed.depth)[:, :, : self.count]
        before = self._before(closed, now)
        changed = (now != before).any(axis=(1, 2, 3))
        books, book_rows = self._books(closed, now, before, changed)
        trades, trade_rows = self._trades(closed, before, changed)
        if not len(trades):
            return books
        keys = numpy.concatenate([2 * trade_rows, 2 * book_rows + 1])
        return picked(numpy.concatenate([trades, books]), numpy.argsort(keys, kind="stable"))

    def _before(self, closed: Closed, now: Array) -> Array:
        """What each book showed before its row; and remember what it shows behind the last."""
        needed = int(max(closed.depth_owner.max(initial=-1), closed.owner.max(initial=-1))) + 1
        if needed > len(self._shown):
            grown = numpy.zeros((max(needed, 2 * len(self._shown)), 2, self.count, 3), "<i8")
            grown[: len(self._shown)] = self._shown
            self._shown = grown
        order = numpy.argsort(closed.depth_owner, kind="stable")
        owner = closed.depth_owner[order]
        starts = numpy.ones(len(owner), bool)
        starts[1:] = owner[1:] != owner[:-1]
        ends = numpy.ones(len(owner), bool)
        ends[:-1] = starts[1:]
        former = numpy.zeros(len(owner), numpy.int64)  # the row before, of the same book
        former[order[1:]] = order[:-1]
        before: Array = now[former]
        before[order[starts]] = self._shown[owner[starts]]
        self._shown[owner[ends]] = now[order[ends]]
        return before

    def _books(self, closed: Closed, now: Array, before: Array, changed: Array) -> tuple[Array, Array]:
        depth, events = closed.depth, closed.told.events
        rows = numpy.flatnonzero(changed)
        actor = numpy.full(len(depth), -1)
        acts = numpy.flatnonzero(
            kinds(events, *_ACTORS) & ~missing(events) & (closed.told.group >= 0) & (closed.told.group < len(depth))
        )
        actor[closed.told.group[acts]] = acts  # of several, the last stays
        records = blank(self.schema, len(rows))
        records["publisher_id"] = closed.told.publisher_id
        venue_time, received = depth["venue_time"][rows], depth["received_ns"][rows]
        records["ts_event"] = numpy.where(venue_time > 0, venue_time, UNDEFINED_TIME).astype("<u8")
        records["ts_recv"] = numpy.where(received > 0, received, venue_time).astype("<u8")
        records["sequence"] = depth["sequence"][rows] & 0xFFFF_FFFF
        flags = numpy.full(len(rows), Flag.LAST, "u1")
        flags[received <= 0] |= Flag.BAD_TS_RECV
        flags[depth["quality"][rows] != int(Quality.CURRENT)] |= Flag.MAYBE_BAD_BOOK
        records["action"], records["side"], records["price"] = b"N", b"N", UNDEFINED_PRICE
        acted = numpy.flatnonzero(actor[rows] >= 0)
        which = rows[acted]
        action, side, price, size, kind = _acts(closed.told.chosen(actor[which]), before, which)
        records["action"][acted], records["side"][acted] = action, _SIDES[side]
        unit = closed.depth_unit[which]
        records["price"][acted] = numpy.where(price == UNDEFINED_PRICE, price, price * unit)
        records["size"][acted] = sizes(size)
        records["depth"][acted] = _place(side, price, before, now, which)
        flags[acted[kind == EventKind.LEVEL]] |= Flag.BY_PRICE
        flags[acted[kind == EventKind.QUOTE]] |= Flag.TOP_OF_BOOK
        records["flags"] = flags
        records["instrument_id"] = closed.depth_id[rows]
        records["levels"] = _shown(now[rows], closed.depth_unit[rows], records["levels"].dtype)
        return records, rows

    def _trades(self, closed: Closed, before: Array, changed: Array) -> tuple[Array, Array]:
        told = closed.told
        which = numpy.flatnonzero(trade_prints(told))
        chosen = told.chosen(which)
        records = blank(self.schema, len(which))
        fill_trades(records, chosen)
        grouped = (chosen.group >= 0) & (chosen.group < len(closed.depth))
        row = numpy.where(grouped, chosen.group, 0)
        books = self._shown[closed.owner[which]]
        if len(before):
            books = numpy.where(grouped[:, None, None, None], before[row], books)
        records["levels"] = _shown(books, chosen.price_unit, records["levels"].dtype)
        # A trade that left the book as it was is the last of its boundary.
        alone = grouped & ~(changed[row] if len(changed) else grouped)
        newest = numpy.full(len(closed.depth) + 1, -1)
        newest[row[alone]] = numpy.flatnonzero(alone)
        records["flags"][newest[newest >= 0]] |= Flag.LAST
        return records, numpy.where(grouped, row, -1)


def _levels(depth: Array) -> Array:
    """Rows of depth as numbers, uncopied: (row, side, level, price or quantity or orders)."""
    words = numpy.ascontiguousarray(depth).view("<i8").reshape(len(depth), depth.itemsize // 8)
    head = DepthRow.size // 8
    return words[:, head:].reshape(len(depth), 2, depth["bids"].shape[1], 3)


def _shown(levels: Array, unit: Array, layout: numpy.dtype[Any]) -> Array:
    """Levels as a record shows them; where there is none, its price is undefined."""
    shown = numpy.zeros((len(levels), levels.shape[2]), layout.base)
    for side, name in enumerate(("bid", "ask")):
        one = levels[:, side]
        there = one[:, :, _QUANTITY] != 0
        shown[f"{name}_px"] = numpy.where(there, one[:, :, _PRICE] * unit[:, None], UNDEFINED_PRICE)
        shown[f"{name}_sz"] = sizes(one[:, :, _QUANTITY])
        shown[f"{name}_ct"] = sizes(one[:, :, _ORDERS])
    return shown


def _acts(told: Told, before: Array, which: Array) -> tuple[Array, Array, Array, Array, Array]:
    """How the last event of a boundary is told: action, side, price in the venue's steps, size, and its kind.

    `which` are the rows of `before` that they belong to.
    """
    events, kind = told.events, told.kind
    count = len(events)
    detail = events["detail"]
    side = (detail & EventDetail.ASK).astype(numpy.int64)
    price, size = events["value_0"].copy(), events["value_1"].copy()
    action = numpy.full(count, b"A", "S1")
    taken = kinds(events, EventKind.EXECUTE, EventKind.REDUCE, EventKind.DELETE)
    action[taken] = b"C"
    price[taken] = events["order_price"][taken]
    deleted = kind == EventKind.DELETE
    size[deleted] = events["order_quantity"][deleted]
    action[(kind == EventKind.REPLACE) & (events["value_2"] == events["value_3"])] = b"M"
    level = numpy.flatnonzero(kind == EventKind.LEVEL)
    if len(level):
        gone = level[events["value_1"][level] <= 0]
        numbered = gone[events["value_3"][gone] > 0]
        place = numpy.clip(events["value_3"][numbered] - 1, 0, before.shape[2] - 1)
        price[numbered] = before[which[numbered], side[numbered], place, _PRICE]
        sides = before[which[level], side[level]]
        known = (sides[:, :, _PRICE] == price[level, None]) & (sides[:, :, _QUANTITY] != 0)
        action[level[known.any(axis=1)]] = b"M"
        action[gone] = b"C"
        size[gone] = 0
    whole = kinds(events, EventKind.QUOTE, EventKind.CLEAR)
    action[kind == EventKind.QUOTE] = b"M"
    action[kind == EventKind.CLEAR] = b"R"
    side[whole] = 2
    one = (kind == EventKind.CLEAR) & (detail < 2)
    side[one] = detail[one]
    price[whole], size[whole] = UNDEFINED_PRICE, 0
    return action, side, price, size, kind


def _place(side: Array, price: Array, before: Array, now: Array, which: Array) -> Array:
    """The level where it happened: of the book as it is now, else as it was; 0 where it is on neither."""
    sided = numpy.where(side < 2, side, 0)
    found = numpy.zeros(len(side), "u1")
    for levels in (before, now):
        there = levels[which, sided, :, _PRICE] == price[:, None]
        there &= levels[which, sided, :, _QUANTITY] != 0
        found = numpy.where(there.any(axis=1), there.argmax(axis=1), found)
    return numpy.where(side < 2, found, 0)

