"""Verbs that some by-order feeds have besides: orders changed under their own reference, found without their
instrument, settled to what remains, and whole books cleared.

An order whose price stays and whose place the venue lets it keep is changed where it stands. Any other change takes it
out and puts it at the end of the queue at its price: a venue that moves an order to another price and says that it
keeps its priority does not say before whom.
"""

from __future__ import annotations

from .book import (
    Book,
    book_damage,
    book_delete,
    book_find,
    book_home,
    book_replace,
    header_of,
    inside_changed,
    inside_of,
    ladder_of,
    level_of,
    missing_order,
    order_level,
    order_unlink,
    write_begin,
    write_end,
)
from .channel import channel_distrust
from .directory import UNKNOWN, Directory
from .events import EventDetail, EventKind, event_emit, event_emit_of_order
from .jit import hot, hot_call
from .ladders import LevelStore, level_at, rung_at
from .orders import NONE, OrderStore, order_at, order_home, owner_of
from .reasons import Reason
from .verbs import no_instrument, order_missing


@hot_call
def order_resize(channel, book, index, quantity):
    """Give a live order another quantity; its place in the queue stays."""
    order = order_at(OrderStore(book.orders), index)
    level = level_at(LevelStore(book.levels), order.level)
    header = header_of(book, level.owner >> 1)
    if quantity <= 0:
        return book_damage(channel, header, Reason.ORDER_QUANTITY)
    write_begin(header)
    total = level.quantity + quantity - order.quantity
    order.quantity = quantity
    level.quantity = total
    inside = inside_of(header, level.owner & 1)
    if level.price == inside.price:
        inside.quantity = total
        inside_changed(channel, header, level.owner >> 1)
    write_end(header, channel)
    return Reason.OK


@hot
def order_change(channel, instrument, side, reference, price, quantity, keeps_priority):
    """An order has another price or quantity (the whole quantity, not what it lost) under the same reference."""
    if instrument < 0:
        return no_instrument(instrument)
    book = Book(channel.book)
    home = book_home(channel, book, instrument, side, reference)
    index = book_find(channel, book, instrument, side, reference, home)
    kept = EventDetail.PRIORITY_KEPT if keeps_priority else 0
    level_index = order_level(book, index)
    level = level_of(book, level_index)
    owner = level.owner
    if index == NONE or owner >> 1 != instrument:
        return order_missing(
            channel, EventKind.REPLACE, kept, instrument, price, quantity, reference, reference, index
        )
    own_price, own_side = level.price, owner & 1
    event_emit_of_order(
        channel, index, EventKind.REPLACE, own_side | kept, instrument, price, quantity, reference, reference, 0, 0, 0
    )
    if keeps_priority and price == own_price:
        return order_resize(channel, book, index, quantity)
    return book_replace(
        channel, book, instrument, own_side, own_price, index, home, level_index, reference, price, quantity
    )


@hot_call
def _orders_drop(channel, instrument, side):
    """Take out every order of one side of an instrument."""
    book = Book(channel.book)
    levels = LevelStore(book.levels)
    orders = OrderStore(book.orders)
    header = header_of(book, instrument)
    ladder = ladder_of(header, side)
    write_begin(header)
    for _ in range(header.order_count):
        if ladder.count == 0:
            break
        # The last order of the outermost level: taking it moves neither queue nor ladder.
        level_index = rung_at(levels, ladder, 1).level
        level = level_at(levels, level_index)
        index = level.tail
        home = order_home(orders, order_at(orders, index).reference, owner_of(orders, instrument, side))
        order_unlink(channel, book, header, instrument, side, level.price, index, home, level_index)
    write_end(header, channel)


@hot
def orders_clear(channel, instrument):
    """Every order of an instrument is gone."""
    if instrument < 0:
        return no_instrument(instrument)
    event_emit(channel, EventKind.CLEAR, 2, instrument, 0, 0, 0, 0, 0, 0, 0)
    _orders_drop(channel, instrument, 0)
    _orders_drop(channel, instrument, 1)
    return Reason.OK


@hot
def orders_clear_side(channel, instrument, side):
    """Every order of one side of an instrument is gone."""
    if instrument < 0:
        return no_instrument(instrument)
    event_emit(channel, EventKind.CLEAR, side, instrument, 0, 0, 0, 0, 0, 0, 0)
    _orders_drop(channel, instrument, side)
    return Reason.OK


@hot
def order_owner(channel, reference):
    """The instrument of a live order whose message names no instrument; UNKNOWN where the channel holds none such."""
    book = Book(channel.book)
    index = book_find(channel, book, 0, 0, reference, book_home(channel, book, 0, 0, reference))
    return UNKNOWN if index == NONE else level_of(book, order_level(book, index)).owner >> 1


@hot_call
def order_nowhere(channel, kind, price, quantity, reference, other):
    """A message spoke of an order that the channel does not hold, and named no instrument.

    Where instruments are filtered, it may be an order of one that is not kept. Else something is missing, and since
    nobody can say of which book, all of the channel lose trust.
    """
    if Directory(channel.directory).filter_count != 0:
        return Reason.OK
    event_emit(channel, kind, EventDetail.ORDER_MISSING, -1, price, quantity, reference, other, 0, 0, 0)
    if channel.complete_epoch != channel.epoch:
        return Reason.ORDER_BEFORE_START
    channel_distrust(channel)
    return Reason.ORDER_UNKNOWN


@hot_call
def order_settle(channel, instrument, side, reference, quantity):
    """After an execution that states what remains of the order: what is there becomes that, its place kept.

    `side` matters only where references are unique within a side.
    """
    book = Book(channel.book)
    home = book_home(channel, book, instrument, side, reference)
    index = book_find(channel, book, instrument, side, reference, home)
    if index == NONE:
        return Reason.OK if quantity == 0 else missing_order(channel, header_of(book, instrument))
    if quantity == 0:
        level_index = order_level(book, index)
        level = level_of(book, level_index)
        owner = level.owner
        return book_delete(channel, book, owner >> 1, owner & 1, level.price, index, home, level_index)
    if order_at(OrderStore(book.orders), index).quantity == quantity:
        return Reason.OK
    return order_resize(channel, book, index, quantity)


@hot_call
def channel_clear(channel):
    """Every order of every instrument is gone."""
    event_emit(channel, EventKind.CLEAR, 2, -1, 0, 0, 0, 0, 0, 0, 0)
    for instrument in range(Book(channel.book).instrument_count):
        if header_of(Book(channel.book), instrument).order_count != 0:
            _orders_drop(channel, instrument, 0)
            _orders_drop(channel, instrument, 1)
    return Reason.OK
