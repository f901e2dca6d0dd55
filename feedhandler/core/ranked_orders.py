"""By-order books whose queues are in the order of the venue's own priority (market by order of CME, Eurex, LSE).

Each order comes with a number; the lower it is, the earlier it is filled. A new order usually has the highest number of
its price, so it goes to the end of the queue and is compared with one other order. The venue may put it further to the
front (an implied order becomes real, an order keeps its rank through a change); then it is walked there from the end.
Worst case: a queue as long as the store, entered at the front, which walks all of it once; no loop is longer.

Priorities lie beside the slots, eight bytes each, so that the slot stays half a cache line and feeds without priorities
pay nothing. They are compared as signed numbers; equal ones stand in the order of arrival.
"""

from __future__ import annotations

from .book import (
    Book,
    book_damage,
    book_find,
    book_home,
    header_of,
    level_of,
    order_doubt,
    order_level,
    order_link,
    order_unlink,
    write_begin,
    write_end,
)
from .events import EventKind, event_emit, event_emit_of_order
from .integers import shift_left
from .jit import hot, hot_call, rare
from .ladders import LevelStore, level_at
from .order_changes import order_resize
from .orders import NONE, OrderStore, free_in_line, order_at, order_find, order_home, owner_of
from .reasons import Reason
from .records import Record, i64
from .verbs import no_instrument, order_missing


class Priority(Record):
    """The venue's priority of the order in one slot."""

    value = i64


@hot
def priority_at(orders, index):
    """The priority of the order in a slot."""
    return Priority(orders.priorities + shift_left(index, 3))


@hot
def order_move_behind(orders, level, index, before):
    """Move an order from the end of its queue to behind another, or to the front where that is NONE.

    Inside an open write section.
    """
    order = order_at(orders, index)
    last = order.previous
    if before == last:
        return
    order_at(orders, last).next = NONE
    level.tail = last
    behind = level.head if before == NONE else order_at(orders, before).next
    if before == NONE:
        level.head = index
    else:
        order_at(orders, before).next = index
    order.previous = before
    order.next = behind
    order_at(orders, behind).previous = index


@hot_call
def _rank(book, index, priority):
    """Move an order from the end of its queue to its place; inside an open write section."""
    rare()
    orders = OrderStore(book.orders)
    order = order_at(orders, index)
    level = level_at(LevelStore(book.levels), order.level)
    before = order.previous
    for _ in range(level.count):
        if before == NONE or priority_at(orders, before).value <= priority:
            break
        before = order_at(orders, before).previous
    order_move_behind(orders, level, index, before)


@hot
def _enter(channel, book, header, instrument, side, reference, home, price, quantity, priority):
    """Put an order into the queue of its price at its rank; inside an open write section."""
    orders = OrderStore(book.orders)
    owner = owner_of(orders, instrument, side)
    existing = order_find(orders, reference, owner, home)
    if existing != NONE:
        order_doubt(channel, book, existing)
        return book_damage(channel, header, Reason.ORDER_DUPLICATE)
    index = free_in_line(orders, home)
    reason = order_link(channel, book, header, instrument, side, reference, home, price, quantity)
    if reason == Reason.OK:
        if index == NONE:
            index = order_find(orders, reference, owner, home)
        priority_at(orders, index).value = priority
        before = order_at(orders, index).previous
        if before != NONE and priority_at(orders, before).value > priority:
            _rank(book, index, priority)
    return reason


@hot_call
def _add_ranked(channel, instrument, side, reference, price, quantity, priority):
    book = Book(channel.book)
    header = header_of(book, instrument)
    if quantity <= 0:
        return book_damage(channel, header, Reason.ORDER_QUANTITY)
    home = book_home(channel, book, instrument, side, reference)
    write_begin(header)
    reason = _enter(channel, book, header, instrument, side, reference, home, price, quantity, priority)
    write_end(header, channel)
    return reason


@hot
def order_add_ranked(channel, instrument, side, reference, price, quantity, priority):
    """A new order was entered, with the venue's priority: lower is earlier."""
    if instrument < 0:
        return no_instrument(instrument)
    event_emit(channel, EventKind.ADD, side, instrument, price, quantity, reference, 0, priority, 0, 0)
    return _add_ranked(channel, instrument, side, reference, price, quantity, priority)


@hot_call
def _change_ranked(channel, instrument, index, reference, price, quantity, priority):
    book = Book(channel.book)
    header = header_of(book, instrument)
    if quantity <= 0:
        return book_damage(channel, header, Reason.ORDER_QUANTITY)
    level_index = order_level(book, index)
    level = level_of(book, level_index)
    own_price, side = level.price, level.owner & 1
    if price == own_price and priority == priority_at(OrderStore(book.orders), index).value:
        return order_resize(channel, book, index, quantity)
    home = book_home(channel, book, instrument, side, reference)
    write_begin(header)
    order_unlink(channel, book, header, instrument, side, own_price, index, home, level_index)
    reason = _enter(channel, book, header, instrument, side, reference, home, price, quantity, priority)
    write_end(header, channel)
    return reason


@hot
def order_put_ranked(channel, instrument, side, reference, price, quantity, priority):
    """What an order is now, from a venue that does not say whether it is new.

    One that is known keeps its place where its price is the same and its quantity has not grown: it was executed in
    part, or reduced. Else `priority` says where it stands. Its side never changes.
    """
    if instrument < 0:
        return no_instrument(instrument)
    book = Book(channel.book)
    index = book_find(channel, book, instrument, side, reference, book_home(channel, book, instrument, side, reference))
    if index == NONE:
        event_emit(channel, EventKind.ADD, side, instrument, price, quantity, reference, 0, priority, 0, 0)
        return _add_ranked(channel, instrument, side, reference, price, quantity, priority)
    level = level_of(book, order_level(book, index))
    if level.owner != 2 * instrument + side:
        return order_missing(channel, EventKind.REPLACE, 0, instrument, price, quantity, reference, reference, index)
    orders = OrderStore(book.orders)
    if price == level.price and quantity <= order_at(orders, index).quantity:
        priority = priority_at(orders, index).value
    event_emit_of_order(
        channel, index, EventKind.REPLACE, side, instrument, price, quantity, reference, reference, priority, 0, 0
    )
    return _change_ranked(channel, instrument, index, reference, price, quantity, priority)


@hot
def order_change_ranked(channel, instrument, side, reference, price, quantity, priority):
    """An order has another price, quantity or priority: it stands where its priority puts it at its price.

    Where price and priority are what they were, the order stays where it is.
    """
    if instrument < 0:
        return no_instrument(instrument)
    book = Book(channel.book)
    home = book_home(channel, book, instrument, side, reference)
    index = book_find(channel, book, instrument, side, reference, home)
    owner = level_of(book, order_level(book, index)).owner
    if index == NONE or owner >> 1 != instrument:
        return order_missing(channel, EventKind.REPLACE, 0, instrument, price, quantity, reference, reference, index)
    event_emit_of_order(
        channel, index, EventKind.REPLACE, owner & 1, instrument, price, quantity, reference, reference, priority, 0, 0
    )
    return _change_ranked(channel, instrument, index, reference, price, quantity, priority)


@hot_call
def _replace_ranked(channel, instrument, index, new_reference, price, quantity, priority):
    book = Book(channel.book)
    header = header_of(book, instrument)
    if quantity <= 0:
        return book_damage(channel, header, Reason.ORDER_QUANTITY)
    orders = OrderStore(book.orders)
    level_index = order_level(book, index)
    level = level_of(book, level_index)
    own_price, side = level.price, level.owner & 1
    owner = owner_of(orders, instrument, side)
    home = order_home(orders, order_at(orders, index).reference, owner)
    new_home = order_home(orders, new_reference, owner)
    write_begin(header)
    order_unlink(channel, book, header, instrument, side, own_price, index, home, level_index)
    reason = _enter(channel, book, header, instrument, side, new_reference, new_home, price, quantity, priority)
    write_end(header, channel)
    return reason


@hot
def order_replace_ranked(channel, instrument, side, reference, new_reference, price, quantity, priority):
    """An order goes on under another reference, on the same side, where its new priority puts it at its price."""
    if instrument < 0:
        return no_instrument(instrument)
    book = Book(channel.book)
    home = book_home(channel, book, instrument, side, reference)
    index = book_find(channel, book, instrument, side, reference, home)
    owner = level_of(book, order_level(book, index)).owner
    if index == NONE or owner >> 1 != instrument:
        return order_missing(
            channel, EventKind.REPLACE, 0, instrument, price, quantity, reference, new_reference, index
        )
    event_emit_of_order(
        channel, index, EventKind.REPLACE, owner & 1, instrument, price, quantity, reference, new_reference, priority,
        0, 0,
    )  # fmt: skip
    return _replace_ranked(channel, instrument, index, new_reference, price, quantity, priority)


@hot_call
def _state_again(channel, instrument, side, reference, price, quantity, priority):
    rare()
    return order_change_ranked(channel, instrument, side, reference, price, quantity, priority)


@hot
def order_state_ranked(channel, instrument, side, reference, price, quantity, priority):
    """The venue states an order: a new one, or one that stands already and is from now on as stated."""
    if instrument < 0:
        return no_instrument(instrument)
    book = Book(channel.book)
    index = book_find(
        channel, book, instrument, side, reference, book_home(channel, book, instrument, side, reference)
    )
    if index != NONE and level_of(book, order_level(book, index)).owner == 2 * instrument + side:
        return _state_again(channel, instrument, side, reference, price, quantity, priority)
    return order_add_ranked(channel, instrument, side, reference, price, quantity, priority)
