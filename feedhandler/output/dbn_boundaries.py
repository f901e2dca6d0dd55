"""Which boundary closes which event: batches of events and of rows of depth, put together again.

A row of depth is written at each boundary for each book that changed, so the first row of an instrument behind an
event is the boundary that closes it. Where the venue's event goes on in later packets its row may come with a later
batch: then events wait, from the first that is not closed on, but never more than `WAITING_MAXIMUM` of them.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy

from feedhandler.core.channel import Quality
from feedhandler.core.events import EventKind

from .batches import EVENT, Batch, Instruments, picked
from .dbn_events import Array, Told, of_books

WAITING_MAXIMUM = 1 << 16
_PLACE = 40  #: bits of a place in a ring: a channel has fewer events than that


@dataclass
class Closed:
    """Events with their boundaries, and the rows of depth of those. `owner` is one number for each instrument of a
    session, whatever its price unit."""

    told: Told
    owner: Array
    depth: Array
    depth_owner: Array
    depth_unit: Array
    depth_id: Array


class Boundaries:
    """Takes batches, in order, and gives them back with their boundaries."""

    def __init__(self, publisher_id: int) -> None:
        self.publisher_id = publisher_id
        self.instrument_ids = numpy.zeros(0, "<u4")  # by row
        self._owners = numpy.zeros(0, "<i8")
        self._first_rows: dict[tuple[int, int, int], int] = {}
        self._symbols: dict[int, bytes] = {}
        self._ids: dict[bytes, int] = {}
        self._events = numpy.zeros(0, EVENT)
        self._depth: Array | None = None

    def close(self, batch: Batch, *, last: bool = False) -> Closed:
        """The events that are closed; with `last` all that are left."""
        self._learn(batch.instruments)
        rows = batch.instruments.rows
        assert batch.depth is not None
        events = numpy.concatenate([self._events, batch.events]) if len(self._events) else batch.events
        events = _expanded(events, batch.instruments)
        depth = batch.depth
        if self._depth is not None and len(self._depth):
            depth = numpy.concatenate([self._depth, batch.depth])
        owner, depth_owner = self._owners[events["row"]], self._owners[depth["row"]]
        group = _groups(owner, events["event_index"], depth_owner, depth["event_index"])
        quality = numpy.full(len(events), int(Quality.STALE))
        grouped = group >= 0
        quality[grouped] = depth["quality"][group[grouped]]
        emptied = (events["kind"] == EventKind.SESSION) & (events["instrument"] >= 0)
        group[emptied] = len(depth) + numpy.arange(int(emptied.sum()))
        quality[emptied] = int(Quality.CURRENT)
        channel = rows["channel"][events["row"]]
        depth_channel = rows["channel"][depth["row"]]
        latest = numpy.zeros(int(rows["channel"].max(initial=0)) + 1, numpy.int64)
        numpy.maximum.at(latest, rows["channel"], rows["session"])
        open_ = of_books(events) & (group < 0) & (rows["session"][events["row"]] == latest[channel])
        cut = len(events) if last else _cut(open_, channel, events["event_index"], group, depth_channel, depth)
        waits = _waits(channel[cut:], events["event_index"][cut:], depth_channel, depth["event_index"])
        ready = numpy.flatnonzero(~waits)
        count, extra = len(depth), int(emptied.sum())
        renumbered = numpy.full(count + extra + 1, -1)  # the last for -1
        renumbered[ready] = numpy.arange(len(ready))
        renumbered[count : count + extra] = len(ready) + numpy.arange(extra)
        # (Copies: what a batch holds is another's with the next.)
        self._depth = picked(depth, waits)
        kept = events[cut:]
        # What was made of one event for many instruments is made again.
        self._events = picked(kept, ~((kept["kind"] == EventKind.SESSION) & (kept["instrument"] >= 0)))
        events, group = events[:cut], group[:cut]
        told = Told(
            events,
            self.instrument_ids[events["row"]],
            self.publisher_id,
            channel[:cut],
            rows["price_unit"][events["row"]],
            renumbered[group],
            quality[:cut],
        )
        if len(ready) < len(depth):
            depth, depth_owner = picked(depth, ready), depth_owner[ready]
        return Closed(
            told,
            owner[:cut],
            depth,
            depth_owner,
            rows["price_unit"][depth["row"]],
            self.instrument_ids[depth["row"]],
        )

    def _learn(self, instruments: Instruments) -> None:
        """Owners and identifiers of rows that are new; a name that came late is the row's from now on."""
        start = len(self._owners)
        rows = instruments.rows[start:]
        if not len(rows):
            return
        columns = [rows[name].tolist() for name in ("channel", "session", "instrument", "symbol", "code")]
        named = list(zip(*columns, strict=True))
        owners = [self._first_rows.setdefault(key[:3], start + place) for place, key in enumerate(named)]
        ids = [self._identifier(symbol, code) if number >= 0 else 0 for _, _, number, symbol, code in named]
        self._owners = numpy.concatenate([self._owners, numpy.array(owners, "<i8")])
        self.instrument_ids = numpy.concatenate([self.instrument_ids, numpy.array(ids, "<u4")])

    def _identifier(self, symbol: bytes, code: int) -> int:
        """The number of an instrument: the venue's own where it fits 31 bits, else those of its symbol's CRC-32.

        Two symbols of a file that would have the same get neighbouring ones, in the order in which they were heard.
        """
        known = self._ids.get(symbol)
        if known is not None:
            return known
        number = code if 0 < code < 1 << 31 else zlib.crc32(symbol) & 0x7FFF_FFFF
        while number in self._symbols or number == 0:
            number = (number + 1) & 0x7FFF_FFFF
        self._ids[symbol] = number
        self._symbols[number] = symbol
        return number


def _expanded(events: Array, instruments: Instruments) -> Array:
    """An event that empties every book of a channel, once for each: of the former session, where a new one begins."""
    wide = numpy.flatnonzero(
        (events["instrument"] < 0) & ((events["kind"] == EventKind.CLEAR) | (events["kind"] == EventKind.SESSION))
    )
    if not len(wide):
        return events
    rows = instruments.rows
    parts, position = [], 0
    for place in wide.tolist():
        event = events[place]
        of_session = int(rows["session"][event["row"]]) - int(event["kind"] == EventKind.SESSION)
        mine = (rows["channel"] == rows["channel"][event["row"]]) & (rows["session"] == of_session)
        which = numpy.flatnonzero(mine & (rows["instrument"] >= 0))
        _, first = numpy.unique(rows["instrument"][which], return_index=True)
        each = numpy.repeat(events[place : place + 1], len(first))
        each["row"] = which[first]
        each["instrument"] = rows["instrument"][which[first]]
        parts += [events[position:place], each]
        position = place if event["kind"] == EventKind.SESSION else place + 1
    return numpy.concatenate([*parts, events[position:]])


def _groups(owner: Array, place: Array, depth_owner: Array, depth_place: Array) -> Array:
    """For each event the row of depth that closes it, or -1."""
    group = numpy.full(len(owner), -1)
    if not len(depth_owner):
        return group
    keys = (depth_owner << _PLACE) + depth_place
    order = numpy.argsort(keys, kind="stable")
    keys = keys[order]
    found = numpy.searchsorted(keys, (owner << _PLACE) + place, "right")
    inside = numpy.flatnonzero(found < len(keys))
    same = inside[keys[found[inside]] >> _PLACE == owner[inside]]
    group[same] = order[found[same]]
    return group


def _waits(channel: Array, place: Array, depth_channel: Array, depth_place: Array) -> Array:
    """Which rows of depth stand behind an event that waits."""
    waits = numpy.zeros(len(depth_channel), bool)
    for number in numpy.unique(channel).tolist():
        waits |= (depth_channel == number) & (depth_place > place[channel == number].min())
    return waits


def _cut(open_: Array, channel: Array, place: Array, group: Array, depth_channel: Array, depth: Array) -> int:
    """How many events can go: those before the first that is open, as far as they share no boundary with what stays."""
    waiting = numpy.flatnonzero(open_)
    if not len(waiting) or len(open_) - int(waiting[0]) > WAITING_MAXIMUM:
        return len(open_)
    cut = int(waiting[0])
    while True:
        waits = _waits(channel[cut:], place[cut:], depth_channel, depth["event_index"])
        real = (group[:cut] >= 0) & (group[:cut] < len(waits))
        shared = numpy.flatnonzero(real & waits[numpy.where(real, group[:cut], 0)]) if len(waits) else waiting[:0]
        if not len(shared) or int(shared[0]) >= cut:
            return cut
        cut = int(shared[0])
