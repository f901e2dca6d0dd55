"""Reading books from other threads: consistent copies under the instrument's seqlock.

The writer makes a header's version odd, changes things, and makes it even again. A reader loads the version
(acquire), copies, fences, and loads it again: an unchanged even version means that what it copied was one state.
Everything it follows meanwhile (a block, a rung, a link) may be recycled under it, so every index is checked against
its pool and every walk is bounded before it is used; a walk that goes astray ends in a retry. After `RETRIES` changes
under it, BUSY.

The words by which quality is judged are loaded between the two version loads. If the copy holds anything that was
applied after a gap, the first load saw a version stored after the gap was declared, so the quality is at least as wary
as the copy deserves.
"""

from __future__ import annotations

from enum import IntEnum

from .book import Book, header_of, ladder_of
from .channel import quality_of
from .jit import hot
from .ladders import LevelStore, entry_at, level_at
from .memory import fence_acquire, load_acquire, load_relaxed
from .orders import NONE, OrderStore, order_at, order_find, order_home, owner_of
from .records import Record, i64

RETRIES = 1024


class ReadStatus(IntEnum):
    """How a read ended."""

    OK = 0
    BUSY = 1  #: the writer changed the book under every attempt
    MISSING = 2  #: no such order or level
    CUT = 3  #: there was more than the reader's room
    SESSION = 4  #: a new session began: the instrument must be looked up again


class BookHead(Record, size=96):
    """What every read returns of an instrument, whatever else it copies."""

    quality = i64
    sequence = i64
    venue_time = i64
    mid_event = i64
    bid_price = i64
    bid_quantity = i64
    ask_price = i64
    ask_quantity = i64
    last_trade_price = i64
    last_trade_quantity = i64
    trading_status = i64
    order_count = i64


class DepthLevel(Record, size=24):
    """One level of a depth copy."""

    price = i64
    quantity = i64
    orders = i64


class QueuedOrder(Record, size=16):
    """One order of a queue copy."""

    reference = i64
    quantity = i64


@hot
def read_begin(header):
    """The version to compare with, or -1 while the writer is inside."""
    version = load_acquire(header.address)
    return -1 if version & 1 else version


@hot
def read_valid(header, version):
    """Whether nothing changed since `read_begin`."""
    fence_acquire()
    return load_relaxed(header.address) == version


@hot
def head_copy(channel, header, head):
    """Copy what every read returns; inside a read section."""
    head.quality = quality_of(channel, header.damaged_epoch, header.recovered_epoch)
    sequence = header.sequence
    head.sequence = sequence
    head.venue_time = header.venue_time
    head.mid_event = 1 if sequence > channel.boundary_sequence else 0
    head.bid_price = header.bid_price
    head.bid_quantity = header.bid_quantity
    head.ask_price = header.ask_price
    head.ask_quantity = header.ask_quantity
    head.last_trade_price = header.last_trade_price
    head.last_trade_quantity = header.last_trade_quantity
    head.trading_status = header.trading_status
    head.order_count = header.order_count


@hot
def _depth_copy(book, header, side, room, levels_address):
    """Copy up to `room` levels of a side, inside first; how many, or -1 when the walk went astray."""
    store = LevelStore(book.levels)
    ladder = ladder_of(header, side)
    block = ladder.block
    count = ladder.count
    if count == 0:
        return 0
    if block + count >= store.entry_capacity:
        return -1
    copied = 0
    for step in range(min(count, room)):
        index = entry_at(store, block + count - step).level
        if index == NONE or index >= store.level_capacity:
            return -1
        level = level_at(store, index)
        target = DepthLevel(levels_address + DepthLevel.size * copied)
        target.price = level.price
        target.quantity = level.quantity
        target.orders = level.count
        copied += 1
    return copied


@hot
def depth_read(channel, session, instrument, room, head, bids_address, asks_address):
    """Copy the head and up to `room` levels a side; returns (status, bids, asks)."""
    book = Book(channel.book)
    header = header_of(book, instrument)
    for _ in range(RETRIES):
        version = read_begin(header)
        if version < 0:
            continue
        if channel.sessions != session:
            return 4, 0, 0
        head_copy(channel, header, head)
        bids = _depth_copy(book, header, 0, room, bids_address)
        asks = _depth_copy(book, header, 1, room, asks_address)
        if read_valid(header, version) and bids >= 0 and asks >= 0:
            return 0, bids, asks
    return 1, 0, 0


@hot
def _level_find(book, header, side, price):
    """The level of a price, NONE, or -1 when the walk went astray."""
    store = LevelStore(book.levels)
    ladder = ladder_of(header, side)
    block = ladder.block
    count = ladder.count
    if count == 0:
        return NONE
    if block + count >= store.entry_capacity:
        return -1
    key = price ^ -side
    for step in range(count):
        entry = entry_at(store, block + count - step)
        if entry.key == key:
            index = entry.level
            return index if index < store.level_capacity else -1
        if entry.key < key:
            break
    return NONE


@hot
def queue_read(channel, session, instrument, side, price, room, head, orders_address):
    """Copy the orders at a price, first in the queue first; returns (status, orders)."""
    book = Book(channel.book)
    header = header_of(book, instrument)
    levels = LevelStore(book.levels)
    orders = OrderStore(book.orders)
    slot_limit = 2 * orders.line_mask + 4
    for _ in range(RETRIES):
        version = read_begin(header)
        if version < 0:
            continue
        if channel.sessions != session:
            return 4, 0
        head_copy(channel, header, head)
        found = _level_find(book, header, side, price)
        copied = 0
        astray = found < 0
        cut = False
        if found > 0:
            index = level_at(levels, found).head
            expected = level_at(levels, found).count
            for _ in range(expected):
                if copied >= room:
                    cut = True
                    break
                if index == NONE or index >= slot_limit:
                    astray = True
                    break
                order = order_at(orders, index)
                target = QueuedOrder(orders_address + QueuedOrder.size * copied)
                target.reference = order.reference
                target.quantity = order.quantity
                copied += 1
                index = order.next
        if read_valid(header, version) and not astray:
            if found == NONE:
                return 2, 0
            return (3 if cut else 0), copied
    return 1, 0


@hot
def queue_ahead_read(channel, session, instrument, side, reference, head):
    """What stands in front of an order: (status, orders ahead, quantity ahead, side, price, own quantity).

    `side` matters only where references are unique within a side.
    """
    book = Book(channel.book)
    header = header_of(book, instrument)
    levels = LevelStore(book.levels)
    orders = OrderStore(book.orders)
    slot_limit = 2 * orders.line_mask + 4
    for _ in range(RETRIES):
        version = read_begin(header)
        if version < 0:
            continue
        if channel.sessions != session:
            return 4, 0, 0, 0, 0, 0
        head_copy(channel, header, head)
        owner = owner_of(orders, instrument, side)
        index = order_find(orders, reference, owner, order_home(orders, reference, owner))
        missing = index == NONE
        astray = False
        ahead = 0
        quantity = 0
        own = 0
        price = 0
        own_side = 0
        if not missing:
            order = order_at(orders, index)
            level_index = order.level
            if level_index == NONE or level_index >= levels.level_capacity:
                astray = True
            else:
                level = level_at(levels, level_index)
                own = order.quantity
                price = level.price
                own_side = level.owner & 1
                if level.owner >> 1 != instrument:
                    missing = True
                before = order.previous
                limit = level.count
                for _step in range(limit):
                    if before == NONE:
                        break
                    if before >= slot_limit:
                        astray = True
                        break
                    front = order_at(orders, before)
                    ahead += 1
                    quantity += front.quantity
                    before = front.previous
                if before != NONE:
                    astray = True
        if read_valid(header, version) and not astray:
            if missing:
                return 2, 0, 0, 0, 0, 0
            return 0, ahead, quantity, own_side, price, own
    return 1, 0, 0, 0, 0, 0
