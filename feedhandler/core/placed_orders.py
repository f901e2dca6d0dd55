"""By-order books whose orders are named by their place on a side (market by order of B3 before 2025).

Place 1 is the order to be executed first: the first of the best price. A venue that says where on its side an order
stands inserts and deletes at a place, and what is behind moves. A place is found by walking the levels from the inside,
which know how many orders they hold, and then the queue of one: near the inside that is a step or two. Worst case: the
last order of a side, which walks all its levels and one queue; no loop is longer.

Queues come from places: among the orders of its price an order stands as far back as its place is behind those of
better prices. A place that lies outside of them contradicts the book, and so does an order whose reference is not the
one that stands there: the instrument is damaged where the stream is complete, and it is only counted where something
is missing anyway.
"""

from __future__ import annotations

from .book import (
    Book,
    book_damage,
    header_of,
    ladder_of,
    level_of,
    missing_order,
    order_level,
    order_link,
    order_unlink,
    write_begin,
    write_end,
)
from .events import EventDetail, EventKind, event_emit, event_emit_of_order
from .jit import hot, hot_call
from .ladders import LevelStore, ladder_key, level_at, rung_at
from .order_changes import order_resize
from .orders import NONE, OrderStore, order_at, order_find, order_home, owner_of
from .ranked_orders import order_move_behind
from .reasons import Reason
from .verbs import no_instrument

LAST_PLACE = (1 << 32) - 1
"""The place behind which no order can stand, for deletions up to the end of a side."""


@hot
def side_orders(channel, instrument, side):
    """How many orders stand on a side."""
    book = Book(channel.book)
    levels = LevelStore(book.levels)
    ladder = ladder_of(header_of(book, instrument), side)
    count = 0
    for rung in range(ladder.count):
        count += level_at(levels, rung_at(levels, ladder, rung + 1).level).count
    return count


@hot_call
def order_at_place(book, instrument, side, place):
    """The index of the order at a place of a side, or NONE."""
    orders = OrderStore(book.orders)
    levels = LevelStore(book.levels)
    ladder = ladder_of(header_of(book, instrument), side)
    left = place
    for step in range(ladder.count):
        level = level_at(levels, rung_at(levels, ladder, ladder.count - step).level)
        if left > level.count:
            left -= level.count
            continue
        index = level.head
        if 2 * left > level.count:
            index = level.tail
            for _ in range(level.count - left):
                index = order_at(orders, index).previous
            return index if left > 0 else NONE
        for _ in range(left - 1):
            index = order_at(orders, index).next
        return index if left > 0 else NONE
    return NONE


@hot
def _contradicted(channel, header, reason):
    """A book in which a message does not find what it speaks of."""
    found = missing_order(channel, header)
    return reason if found != Reason.ORDER_BEFORE_START else found


@hot
def _enter(channel, book, header, instrument, side, place, reference, price, quantity):
    """Put an order at a place; inside an open write section, and changing nothing where it does not belong there."""
    orders = OrderStore(book.orders)
    levels = LevelStore(book.levels)
    owner = owner_of(orders, instrument, side)
    home = order_home(orders, reference, owner)
    if order_find(orders, reference, owner, home) != NONE:
        return book_damage(channel, header, Reason.ORDER_DUPLICATE)
    ladder = ladder_of(header, side)
    key = ladder_key(side, price)
    better, same = 0, 0
    for step in range(ladder.count):
        entry = rung_at(levels, ladder, ladder.count - step)
        if entry.key <= key:
            same = level_at(levels, entry.level).count if entry.key == key else 0
            break
        better += level_at(levels, entry.level).count
    behind = same - (place - 1 - better)  # how many of its price stand behind it
    if behind < 0 or behind > same:
        return _contradicted(channel, header, Reason.ORDER_PLACE)
    reason = order_link(channel, book, header, instrument, side, reference, home, price, quantity)
    if reason != Reason.OK or behind == 0:
        return reason
    index = order_find(orders, reference, owner, home)
    before = index
    for _ in range(behind + 1):
        before = order_at(orders, before).previous
    order_move_behind(orders, level_at(levels, order_at(orders, index).level), index, before)
    return Reason.OK


@hot_call
def _insert_at(channel, instrument, side, place, reference, price, quantity):
    book = Book(channel.book)
    header = header_of(book, instrument)
    if quantity <= 0:
        return book_damage(channel, header, Reason.ORDER_QUANTITY)
    write_begin(header)
    reason = _enter(channel, book, header, instrument, side, place, reference, price, quantity)
    write_end(header, channel)
    return reason


@hot
def order_insert_at(channel, instrument, side, place, reference, price, quantity):
    """A new order stands at a place of its side; those from there on move back."""
    if instrument < 0:
        return no_instrument(instrument)
    event_emit(channel, EventKind.ADD, side, instrument, price, quantity, reference, 0, place, 0, 0)
    return _insert_at(channel, instrument, side, place, reference, price, quantity)


@hot
def _leave(channel, book, header, instrument, side, index):
    """Take an order out; inside an open write section."""
    orders = OrderStore(book.orders)
    level_index = order_level(book, index)
    home = order_home(orders, order_at(orders, index).reference, owner_of(orders, instrument, side))
    price = level_of(book, level_index).price
    order_unlink(channel, book, header, instrument, side, price, index, home, level_index)


@hot_call
def order_change_at(channel, instrument, side, place, reference, price, quantity):
    """The order at a place has another price, quantity or reference, and stays at its place."""
    if instrument < 0:
        return no_instrument(instrument)
    book = Book(channel.book)
    header = header_of(book, instrument)
    index = order_at_place(book, instrument, side, place)
    if index == NONE:
        event_emit(
            channel, EventKind.REPLACE, side | EventDetail.ORDER_MISSING, instrument,
            price, quantity, reference, reference, place, 0, 0,
        )  # fmt: skip
        return _contradicted(channel, header, Reason.ORDER_UNKNOWN)
    former = order_at(OrderStore(book.orders), index).reference
    event_emit_of_order(
        channel, index, EventKind.REPLACE, side, instrument, price, quantity, former, reference, place, 0, 0
    )
    if quantity <= 0:
        return book_damage(channel, header, Reason.ORDER_QUANTITY)
    if former == reference and level_of(book, order_level(book, index)).price == price:
        return order_resize(channel, book, index, quantity)
    write_begin(header)
    _leave(channel, book, header, instrument, side, index)
    reason = _enter(channel, book, header, instrument, side, place, reference, price, quantity)
    write_end(header, channel)
    return reason


@hot_call
def order_delete_at(channel, instrument, side, place, reference):
    """The order at a place left the book; it is the one that the venue says it is."""
    if instrument < 0:
        return no_instrument(instrument)
    book = Book(channel.book)
    header = header_of(book, instrument)
    index = order_at_place(book, instrument, side, place)
    if index == NONE or order_at(OrderStore(book.orders), index).reference != reference:
        event_emit(
            channel, EventKind.DELETE, side | EventDetail.ORDER_MISSING, instrument, 0, 0, reference, 0, 0, 0, 0
        )
        return _contradicted(channel, header, Reason.ORDER_UNKNOWN)
    price = level_of(book, order_level(book, index)).price
    event_emit_of_order(channel, index, EventKind.DELETE, side, instrument, price, 0, reference, 0, 0, 0, 0)
    write_begin(header)
    _leave(channel, book, header, instrument, side, index)
    write_end(header, channel)
    return Reason.OK


@hot_call
def orders_delete_at(channel, instrument, side, first, last):
    """The orders from one place to another left the book; `LAST_PLACE`: to the end of the side."""
    if instrument < 0:
        return no_instrument(instrument)
    book = Book(channel.book)
    header = header_of(book, instrument)
    event_emit(channel, EventKind.CLEAR, side, instrument, first, last, 0, 0, 0, 0, 0)
    standing = side_orders(channel, instrument, side)
    if first < 1 or first > standing:
        return _contradicted(channel, header, Reason.ORDER_UNKNOWN)
    write_begin(header)
    for _ in range(min(last, standing) - first + 1):
        _leave(channel, book, header, instrument, side, order_at_place(book, instrument, side, first))
    write_end(header, channel)
    if last > standing and last != LAST_PLACE:
        return _contradicted(channel, header, Reason.ORDER_UNKNOWN)
    return Reason.OK
