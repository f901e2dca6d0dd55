"""Depth as it changed: the first levels of a book at each event boundary that changed it, in a ring beside the events.

A row is a head and then as many bids and as many asks as the ring has levels, inside first, those that are not there
zero. Its `event_index` is the position in the event ring behind the last event before it, so that whoever reads both
can put rows between events. Prices and quantities are the venue's integers, as in events.

The same broadcast as the event ring: the writer announces a row in `claimed`, confirms it in `written`, never waits and
never looks at a reader. A pipeline is generated with the call only where somebody wants depth, so that without one
there is no trace of it. A row costs two walks of N levels; worst case is one row a message, for single-message packets.
"""

from __future__ import annotations

from typing import Any

import numpy

from .book import Book, ladder_of
from .channel import quality_of
from .events import EventRing, ring_copy
from .jit import hot, hot_call
from .ladders import LevelStore, entry_at, level_at
from .memory import fence_release, fill_bytes, store_release
from .reading import DepthLevel
from .records import Record, fixed, i32, i64, published, u16

DEPTH_LEVELS_MAXIMUM = 1_000
"""Levels a side that a row may have at most."""


class DepthRow(Record, size=48):
    """The head of a row; its levels lie behind it."""

    instrument = i32
    row = i32  #: 0 in the ring; for whoever drains it: the row of a table of instruments
    event_index = i64  #: as many events stand in the event ring before this row
    sequence = i64  #: of the last message that changed the book
    venue_time = i64  #: of that message
    received_ns = i64  #: of the packet
    quality = u16  #: a `Quality`, at the boundary
    bid_count = u16  #: levels that are there, at most as many as the ring has
    ask_count = u16
    spare = u16


class DepthRing(Record):
    """A broadcast ring of rows; `mask` is its capacity less one."""

    claimed = published(i64)
    written = published(i64)
    rows = fixed(i64)
    mask = fixed(i64)
    levels = fixed(i64)  #: a side
    row_bytes = fixed(i64)


def depth_row_bytes(levels: int) -> int:
    """The size of a row with this many levels a side."""
    return int(DepthRow.size + 2 * levels * DepthLevel.size)


def depth_dtype(levels: int) -> numpy.dtype[Any]:
    """A row as a numpy structured type over the same bytes: the head's fields, `bids` and `asks`."""
    side = (DepthLevel.dtype, (levels,))
    # The head has no holes, so the fields follow each other.
    return numpy.dtype([*DepthRow.dtype.descr, ("bids", *side), ("asks", *side)])


@hot
def _side_write(book, header, side, room, address):
    """Write up to `room` levels of a side, inside first, and zeros behind them; returns how many there are."""
    store = LevelStore(book.levels)
    ladder = ladder_of(header, side)
    count = min(ladder.count, room)
    inside = ladder.block + ladder.count
    for step in range(count):
        level = level_at(store, entry_at(store, inside - step).level)
        target = DepthLevel(address + DepthLevel.size * step)
        target.price = level.price
        target.quantity = level.quantity
        target.orders = level.count
    fill_bytes(address + DepthLevel.size * count, 0, DepthLevel.size * (room - count))
    return count


@hot_call
def depth_write(channel, header, instrument, _what):
    """Write the depth of an instrument that changed; told of it as whoever listens to changes is."""
    if channel.depths == 0:
        return
    book = Book(channel.book)
    ring = DepthRing(channel.depths)
    position = ring.written
    ring.claimed = position + 1
    fence_release()
    row = DepthRow(ring.rows + ring.row_bytes * (position & ring.mask))
    row.instrument = instrument
    row.quality = quality_of(channel, header.damaged_epoch, header.recovered_epoch)
    row.event_index = EventRing(channel.events).written
    row.sequence = header.sequence
    row.venue_time = header.venue_time
    row.received_ns = channel.received_ns
    room = ring.levels
    bids = row.address + DepthRow.size
    row.bid_count = _side_write(book, header, 0, room, bids)
    row.ask_count = _side_write(book, header, 1, room, bids + DepthLevel.size * room)
    store_release(ring.address + 8, position + 1)


@hot
def depths_copy(ring, position, room, destination):
    """Copy up to `room` rows from `position` on; as `events_copy`."""
    return ring_copy(ring, ring.rows, ring.row_bytes, position, room, destination)


assert DepthRing.slots["written"].offset == EventRing.slots["written"].offset == 8
