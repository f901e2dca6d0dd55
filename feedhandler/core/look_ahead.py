"""Look-ahead: fetch what the messages of a packet will touch before they are applied.

A message touches its instrument's header, an order's slot, the order's level and neighbours, and the inside end of a
ladder: four or five cache misses, each of which must be known before the next can be asked for. One message after
another waits for all of them. In stages over up to 64 messages of a packet the waits overlap:

1. frame the message, find its instrument, prefetch the header and the order's line;
2. for an order: find it, prefetch its level and neighbours; for an add: prefetch the inside end of its ladder;
3. for an order: prefetch the inside end of its ladder, in case its level empties; for an add: search the ladder,
   prefetch the level;
4. for an add: prefetch the order at the level's tail.

Then everything is applied in order, and finds its lines in cache. What was found (the order, the level) is kept as a
hint, which the book verifies before it uses it. Nothing is decided here: a stage that guesses wrong, because an
earlier message of the same packet changes things, costs a useless prefetch and a search made twice. Looking beyond
the packet gains nothing; a packet of one message is applied directly.
"""

from __future__ import annotations

from .book import Book, header_of, ladder_of
from .directory import instrument_find
from .hints import Hint
from .jit import hot
from .ladders import LevelStore, entry_at, ladder_key, ladder_search, level_at, rung_at
from .memory import prefetch
from .orders import NONE, OrderStore, order_at, order_line, owner_of

NOTHING = 0
ORDER = 1
ADD = 2
REPLACE = 3


@hot
def _look(channel, hint, action, code, reference, side):
    """Stage 1: the instrument's header and the order's line."""
    instrument = instrument_find(channel, code)
    hint.order = NONE
    hint.level = NONE
    if instrument < 0:
        hint.action = NOTHING
        return
    book = Book(channel.book)
    orders = OrderStore(book.orders)
    header = header_of(book, instrument)
    prefetch(header.address)
    prefetch(header.address + 64)
    prefetch(order_at(orders, 2 + 2 * order_line(orders, reference, owner_of(orders, instrument, side))).address)
    hint.action = action
    hint.instrument = instrument
    hint.reference = reference
    hint.side = side


@hot
def look_order(channel, hint, code, reference, side):
    """The message takes from a live order, or deletes it."""
    _look(channel, hint, ORDER, code, reference, side)


@hot
def look_add(channel, hint, code, reference, side, price):
    """The message adds an order."""
    hint.price = price
    _look(channel, hint, ADD, code, reference, side)


@hot
def look_replace(channel, hint, code, reference, side, new_reference, price):
    """The message replaces a live order by a new one."""
    hint.price = price
    _look(channel, hint, REPLACE, code, reference, side)
    if hint.action == REPLACE:
        orders = OrderStore(Book(channel.book).orders)
        owner = owner_of(orders, hint.instrument, side)
        prefetch(order_at(orders, 2 + 2 * order_line(orders, new_reference, owner)).address)


@hot
def look_nothing(hint):
    """The message touches no order."""
    hint.action = NOTHING
    hint.order = NONE
    hint.level = NONE


@hot
def _ladder_fetch(levels, ladder):
    """Prefetch the inside end of a ladder."""
    inside = entry_at(levels, ladder.block + ladder.count).address
    prefetch(inside)
    prefetch(inside - 64)
    prefetch(inside - 128)


@hot
def _stage_2(book, orders, levels, hint):
    reference = hint.reference
    index = 2 + 2 * order_line(orders, reference, owner_of(orders, hint.instrument, hint.side))
    first = order_at(orders, index)
    if first.overflow != 0:
        prefetch(order_at(orders, index + 2).address)
    if hint.action == ADD:
        _ladder_fetch(levels, ladder_of(header_of(book, hint.instrument), hint.side))
        return
    # Which of the two slots it is cannot be predicted, so it is computed.
    index += first.reference != reference
    order = order_at(orders, index)
    if order.reference != reference or order.level == NONE:
        return
    hint.order = index
    hint.level = order.level
    prefetch(level_at(levels, order.level).address)
    # Slot 0 stands for no neighbour: fetching it for nothing is cheaper than a branch that is often wrong.
    prefetch(order_at(orders, order.previous).address)
    prefetch(order_at(orders, order.next).address)


@hot
def _level_search(levels, ladder, hint, side):
    """Search the ladder for the price of an add, and prefetch its level."""
    key = ladder_key(side, hint.price)
    rung = ladder_search(levels, ladder, key)
    hint.level = NONE
    if rung > 0 and rung_at(levels, ladder, rung).key == key:
        hint.level = rung_at(levels, ladder, rung).level
        prefetch(level_at(levels, hint.level).address)


@hot
def _stage_3(book, levels, hint):
    if hint.action == ADD:
        _level_search(levels, ladder_of(header_of(book, hint.instrument), hint.side), hint, hint.side)
        return
    if hint.level == NONE:
        return
    # Only a level that empties needs its ladder, but whether it will cannot be predicted.
    hint.side = level_at(levels, hint.level).owner & 1
    _ladder_fetch(levels, ladder_of(header_of(book, hint.instrument), hint.side))


@hot
def _stage_4(book, orders, levels, hint):
    if hint.level == NONE:
        return
    if hint.action == REPLACE:
        _level_search(levels, ladder_of(header_of(book, hint.instrument), hint.side), hint, hint.side)
    elif hint.action == ADD:
        prefetch(order_at(orders, level_at(levels, hint.level).tail).address)


@hot
def look_ahead(channel, hints, count):
    """Stages 2 to 4 over `count` messages whose first stage is done."""
    book = Book(channel.book)
    orders = OrderStore(book.orders)
    levels = LevelStore(book.levels)
    for index in range(count):
        hint = Hint(hints + Hint.size * index)
        if hint.action != NOTHING:
            _stage_2(book, orders, levels, hint)
    for index in range(count):
        hint = Hint(hints + Hint.size * index)
        if hint.action != NOTHING:
            _stage_3(book, levels, hint)
    for index in range(count):
        hint = Hint(hints + Hint.size * index)
        if hint.action != NOTHING:
            _stage_4(book, orders, levels, hint)
