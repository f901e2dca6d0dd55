"""By-order books (L3): exact queues, price levels, the inside, each instrument under its own seqlock.

One writer applies the verbs add, execute, reduce, delete and replace. Depth, BBO and order queues are views of the same
store, read by `reading.py`; there is no second copy. A write section covers one message and one instrument; what is
mid-event shows in the channel's `boundary_sequence`.

The header of an instrument is two cache lines: the first is all that a BBO reader touches, the second holds the two
ladders and the state that changes rarely.

Every verb returns a `Reason`. What a full store or an inconsistent stream does to a book is decided here: the order is
not applied, the instrument is damaged (stale until recovered), and the rest goes on.
"""

from __future__ import annotations

from enum import IntEnum

from .hints import BLOCK, Hint
from .integers import shift_left
from .jit import hot, hot_call, rare
from .ladders import (
    CLASS_COUNT,
    NO_KEY,
    SMALLEST_CLASS,
    Ladder,
    LevelStore,
    ladder_insert,
    ladder_inside,
    ladder_key,
    ladder_remove,
    ladder_search,
    level_at,
    level_free,
    level_take,
    rung_at,
)
from .memory import fence_release, fill_bytes, store_release
from .orders import (
    NONE,
    Level,
    Order,
    OrderStore,
    Scope,
    order_at,
    order_find,
    order_free,
    order_home,
    order_is,
    order_take,
    owner_of,
)
from .reasons import Reason
from .records import Record, fixed, i64, u32


class Header(Record, shared=True, size=128):
    """One instrument. The first cache line is what a BBO reader touches."""

    version = i64  #: seqlock: odd while the writer is inside
    sequence = i64  #: of the last message that changed the book
    venue_time = i64
    bid_price = i64
    bid_quantity = i64  #: 0 where the side is empty
    ask_price = i64
    ask_quantity = i64
    damaged_epoch = u32
    recovered_epoch = u32
    # second line
    bid_block = u32
    bid_count = u32
    bid_order = u32
    bid_restated = u32  #: the epoch in which the venue last restated the side (`consolidated.py`)
    ask_block = u32
    ask_count = u32
    ask_order = u32
    ask_restated = u32
    last_trade_price = i64
    last_trade_quantity = i64
    trading_status = u32  #: the venue's code, 0 where none was sent
    restriction = u32
    touched = u32  #: what changed since the last event boundary (`Touched`)
    order_count = u32


class Touched(IntEnum):
    """What of an instrument changed since the last event boundary, as bits."""

    INSIDE = 1
    BOOK = 2


class Inside(Record, shared=True, size=16):
    """One side of the BBO inside a header."""

    price = i64
    quantity = i64


class Link(Record, shared=True):
    """A link of a queue, wherever it lies: in an order or in its level. (Only the first word is used.)"""

    value = u32


class Book(Record):
    """The stores that the books of a channel share."""

    orders = fixed(i64)  #: address of an OrderStore
    levels = fixed(i64)  #: address of a LevelStore
    headers = fixed(i64)
    instrument_capacity = fixed(i64)
    instrument_count = i64


_BID_INSIDE = Header.slots["bid_price"].offset
_BID_LADDER = Header.slots["bid_block"].offset
_HEAD = Level.slots["head"].offset
_TAIL = Level.slots["tail"].offset
_NEXT = Order.slots["next"].offset
_PREVIOUS = Order.slots["previous"].offset
assert Header.slots["ask_price"].offset == _BID_INSIDE + Inside.size
assert Header.slots["ask_block"].offset == _BID_LADDER + Ladder.size


@hot
def header_of(book, instrument):
    """The header of an instrument."""
    return Header(book.headers + shift_left(instrument, 7))


@hot
def instrument_of(book, header):
    """The instrument of a header."""
    return (header.address - book.headers) >> 7


@hot
def ladder_of(header, side):
    """One side's ladder of an instrument."""
    return Ladder(header.address + _BID_LADDER + shift_left(side, 4))


@hot
def inside_of(header, side):
    """One side of an instrument's BBO."""
    return Inside(header.address + _BID_INSIDE + shift_left(side, 4))


@hot
def write_begin(header):
    """Open the write section of an instrument: readers retry until `write_end`."""
    header.version += 1
    fence_release()


@hot
def write_end(header, channel):
    """Close the write section, with the sequence and time at which the book is now right."""
    header.sequence = channel.sequence
    header.venue_time = channel.venue_time
    store_release(header.address, header.version + 1)
    if channel.every_book != 0:
        touch(channel, header, instrument_of(Book(channel.book), header), Touched.BOOK)


@hot
def touch(channel, header, instrument, what):
    """Remember what of an instrument changed, for the next event boundary."""
    before = header.touched
    if before == 0:
        if channel.touched_count >= channel.touched_capacity:
            return
        entry = TouchedInstrument(channel.touched + 8 * channel.touched_count)
        entry.instrument = instrument
        channel.touched_count += 1
    header.touched = before | what


@hot
def inside_changed(channel, header, instrument):
    """Remember that the inside of an instrument changed, for the next event boundary."""
    if header.touched & Touched.INSIDE == 0:
        touch(channel, header, instrument, Touched.INSIDE)


class TouchedInstrument(Record):
    """An entry of the list of instruments that changed since the last event boundary."""

    instrument = i64


@hot
def inside_refresh(channel, levels, header, instrument, side):
    """Publish the inside of a side anew from its ladder."""
    inside = inside_of(header, side)
    index = ladder_inside(levels, ladder_of(header, side))
    if index == NONE:
        inside.price = 0
        inside.quantity = 0
    else:
        level = level_at(levels, index)
        inside.price = level.price
        inside.quantity = level.quantity
    inside_changed(channel, header, instrument)


@hot
def book_damage(channel, header, reason):
    """The book of one instrument can no longer be right: stale until it is recovered. Returns the reason."""
    header.damaged_epoch = channel.epoch
    return reason


@hot
def missing_order(channel, header):
    """The reason for an order that is not in the store: expected while something is missing, alarming otherwise."""
    if channel.complete_epoch != channel.epoch and header.recovered_epoch != channel.epoch:
        return Reason.ORDER_BEFORE_START
    return book_damage(channel, header, Reason.ORDER_UNKNOWN)


# --------------------------------------------------------------------------------- inside an open write section


@hot
def order_link(channel, book, header, instrument, side, reference, home, price, quantity):
    """Append an order to the queue of its price."""
    orders = OrderStore(book.orders)
    levels = LevelStore(book.levels)
    index = order_take(orders, home)
    if index == NONE:
        return book_damage(channel, header, Reason.ORDERS_FULL)
    order = order_at(orders, index)
    order.reference = reference
    ladder = ladder_of(header, side)
    side_owner = 2 * instrument + side
    rung = 0
    level_index = Hint(channel.hint).level
    level = level_at(levels, level_index)
    if level.price != price or level.owner != side_owner or level.count == 0:
        key = ladder_key(side, price)
        rung = ladder_search(levels, ladder, key)
        entry = rung_at(levels, ladder, rung)
        # The sentinel's level is 0, none.
        level_index = entry.level if entry.key == key else NONE
    inside = inside_of(header, side)
    if level_index != NONE:
        level = level_at(levels, level_index)
        tail = level.tail
        order_at(orders, tail).next = index
        order.previous = tail
        level.tail = index
        level.count += 1
        total = level.quantity + quantity
        level.quantity = total
        at_inside = price == inside.price
    else:
        level_index = level_take(levels)
        if level_index == NONE:
            order_free(orders, index, home)
            return book_damage(channel, header, Reason.LEVELS_FULL)
        level = level_at(levels, level_index)
        level.price = price
        level.quantity = quantity
        level.count = 1
        level.head = index
        level.tail = index
        level.owner = side_owner
        order.previous = NONE
        total = quantity
        at_inside = rung == ladder.count
        if not ladder_insert(levels, ladder, rung, ladder_key(side, price), level_index):
            level_free(levels, level_index)
            order_free(orders, index, home)
            refused = ladder_key(side, price) == NO_KEY
            return book_damage(channel, header, Reason.PRICE_RANGE if refused else Reason.LADDERS_FULL)
    order.quantity = quantity
    order.next = NONE
    order.level = level_index
    header.order_count += 1
    if at_inside:
        inside.price = price
        inside.quantity = total
        inside_changed(channel, header, instrument)
    return Reason.OK


@hot
def order_unlink(channel, book, header, instrument, side, price, index, home, level_index):
    """Take an order out of its queue and free its slot; its home line begins at `home`."""
    orders = OrderStore(book.orders)
    levels = LevelStore(book.levels)
    order = order_at(orders, index)
    level = level_at(levels, level_index)
    inside = inside_of(header, side)
    at_inside = price == inside.price
    order_free(orders, index, home)
    header.order_count -= 1
    count = level.count - 1
    if count == 0:
        ladder = ladder_of(header, side)
        ladder_remove(levels, ladder, ladder_search(levels, ladder, ladder_key(side, price)))
        level_free(levels, level_index)
        if at_inside:
            inside_refresh(channel, levels, header, instrument, side)
        return
    previous = order.previous
    following = order.next
    # Whether there is a neighbour cannot be predicted, so it is computed where its link lies.
    front = level.address + _HEAD if previous == NONE else order_at(orders, previous).address + _NEXT
    behind = level.address + _TAIL if following == NONE else order_at(orders, following).address + _PREVIOUS
    Link(front).value = following
    Link(behind).value = previous
    level.count = count
    quantity = level.quantity - order.quantity
    level.quantity = quantity
    if at_inside:
        inside.quantity = quantity
        inside_changed(channel, header, instrument)


# -------------------------------------------------------------------------------------------------- the verbs


@hot
def order_level(book, index):
    """The index of a live order's level, which says instrument, side and price. Of no order: level 0, all zeros."""
    return order_at(OrderStore(book.orders), index).level


@hot
def level_of(book, index):
    """A level by its index."""
    return level_at(LevelStore(book.levels), index)


@hot
def book_home(channel, book, instrument, side, reference):
    """The first slot of the home line of a reference. The look-ahead has often computed it."""
    orders = OrderStore(book.orders)
    hint = Hint(channel.hint)
    if hint.reference == reference and hint.home != NONE and orders.scope == Scope.CHANNEL:
        return hint.home
    return order_home(orders, reference, owner_of(orders, instrument, side))


@hot
def _new_home(channel, book, instrument, side, reference):
    """The same for the reference by which an order is replaced."""
    orders = OrderStore(book.orders)
    hint = Hint(channel.hint)
    if hint.new_reference == reference and hint.new_home != NONE and orders.scope == Scope.CHANNEL:
        return hint.new_home
    return order_home(orders, reference, owner_of(orders, instrument, side))


@hot
def book_find(channel, book, instrument, side, reference, home):
    """The index of a live order, or NONE. Instrument and side matter only where references are unique within them."""
    orders = OrderStore(book.orders)
    owner = owner_of(orders, instrument, side)
    hinted = Hint(channel.hint).order
    if order_is(orders, hinted, reference, owner):
        return hinted
    return order_find(orders, reference, owner, home)


@hot_call
def order_doubt(channel, book, index):
    """The venue speaks of a live order as if it were another: the instrument that holds it may be wrong too."""
    rare()
    header_of(book, level_of(book, order_level(book, index)).owner >> 1).damaged_epoch = channel.epoch


@hot
def book_add(channel, book, instrument, side, reference, price, quantity):
    """A new order goes to the end of the queue at its price."""
    header = header_of(book, instrument)
    if quantity <= 0:
        return book_damage(channel, header, Reason.ORDER_QUANTITY)
    orders = OrderStore(book.orders)
    home = book_home(channel, book, instrument, side, reference)
    existing = order_find(orders, reference, owner_of(orders, instrument, side), home)
    if existing != NONE:
        order_doubt(channel, book, existing)
        return book_damage(channel, header, Reason.ORDER_DUPLICATE)
    write_begin(header)
    reason = order_link(channel, book, header, instrument, side, reference, home, price, quantity)
    write_end(header, channel)
    return reason


# The verbs on a live order get what its level says of it, since the caller has looked: an order's `index`, the start of
# its `home` line, its level, and the level's instrument, side and price.


@hot
def book_take(channel, book, instrument, side, price, index, home, level_index, quantity, traded, trade_price):
    """Execute or reduce a live order: quantity leaves it, its place in the queue stays.

    `traded` is 1 where that was a trade to be printed, at `trade_price`.
    """
    header = header_of(book, instrument)
    write_begin(header)
    if traded:
        header.last_trade_price = trade_price
        header.last_trade_quantity = quantity
    order = order_at(OrderStore(book.orders), index)
    remaining = order.quantity - quantity
    reason = Reason.OK + 0
    if remaining > 0:
        order.quantity = remaining
        level = level_of(book, level_index)
        total = level.quantity - quantity
        level.quantity = total
        inside = inside_of(header, side)
        if price == inside.price:
            inside.quantity = total
            inside_changed(channel, header, instrument)
    else:
        order_unlink(channel, book, header, instrument, side, price, index, home, level_index)
        if remaining < 0:
            reason = book_damage(channel, header, Reason.ORDER_QUANTITY)
    write_end(header, channel)
    return reason


@hot
def book_delete(channel, book, instrument, side, price, index, home, level_index):
    """A live order leaves the book."""
    header = header_of(book, instrument)
    write_begin(header)
    order_unlink(channel, book, header, instrument, side, price, index, home, level_index)
    write_end(header, channel)
    return Reason.OK


@hot
def book_replace(
    channel, book, instrument, side, old_price, index, home, level_index, new_reference, price, quantity
):  # fmt: skip
    """A live order is taken out and a new one, with its own reference, goes to the end of the queue at its price."""
    header = header_of(book, instrument)
    write_begin(header)
    order_unlink(channel, book, header, instrument, side, old_price, index, home, level_index)
    orders = OrderStore(book.orders)
    new_home = _new_home(channel, book, instrument, side, new_reference)
    existing = order_find(orders, new_reference, owner_of(orders, instrument, side), new_home)
    if quantity <= 0:
        reason = book_damage(channel, header, Reason.ORDER_QUANTITY)
    elif existing != NONE:
        order_doubt(channel, book, existing)
        reason = book_damage(channel, header, Reason.ORDER_DUPLICATE)
    else:
        reason = order_link(channel, book, header, instrument, side, new_reference, new_home, price, quantity)
    write_end(header, channel)
    return reason


@hot
def book_traded(channel, book, instrument, price, quantity):
    """Remember the last trade of an instrument."""
    header = header_of(book, instrument)
    write_begin(header)
    header.last_trade_price = price
    header.last_trade_quantity = quantity
    write_end(header, channel)


@hot_call
def book_reset(channel, book, session):
    """Empty every book of the channel: `session` begins.

    Every write section is open before the session's number changes, so that no reader finds a former book under the new
    number, and stays open until all is empty, since a reader may come to an order or a level from any of them.
    """
    orders = OrderStore(book.orders)
    levels = LevelStore(book.levels)
    for instrument in range(book.instrument_count):
        write_begin(header_of(book, instrument))
    channel.sessions = session
    for instrument in range(book.instrument_count):
        header = header_of(book, instrument)
        for side in range(2):
            ladder = ladder_of(header, side)
            ladder.block = NONE
            ladder.count = 0
            ladder.order = 0
            inside = inside_of(header, side)
            inside.price = 0
            inside.quantity = 0
        header.last_trade_price = 0
        header.last_trade_quantity = 0
        header.trading_status = 0
        header.restriction = 0
        header.touched = 0
        header.order_count = 0
        header.damaged_epoch = 0
        header.recovered_epoch = 0
        header.sequence = 0
        header.venue_time = 0
    fill_bytes(orders.slots, 0, 64 * (orders.line_mask + 2))
    orders.count = 0
    levels.level_free = NONE
    levels.level_fresh = 1
    levels.level_count = 0
    levels.entry_fresh = 1 << SMALLEST_CLASS
    levels.entry_free_total = 0
    fill_bytes(levels.free_blocks, 0, 8 * CLASS_COUNT)
    # Packets of one burst may be looked over before the session changes and applied after: what was alive is no proof.
    fill_bytes(channel.hints, 0, Hint.size * BLOCK)
    channel.touched_count = 0
    for instrument in range(book.instrument_count):
        header = header_of(book, instrument)
        store_release(header.address, header.version + 1)
    book.instrument_count = 0
