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
earlier message of the same packet changes things, costs a useless prefetch and a search made twice. Small packets of a
burst are looked over together (`burst.py`).
"""

from __future__ import annotations

from .book import Book, Header, header_of, ladder_of
from .directory import instrument_find
from .hints import Hint, HintList, adds_of, behind_of, replacements_of, takes_of
from .integers import shift_left
from .jit import hot, hot_call
from .ladders import LevelStore, entry_at, ladder_key, ladder_search, level_at, rung_at
from .memory import prefetch
from .orders import NONE, OrderStore, line_behind, order_at, order_home, owner_of


@hot
def look_begin(channel):
    """A block of messages begins."""
    takes_of(channel).count = 0
    adds_of(channel).count = 0
    replacements_of(channel).count = 0


@hot
def _append(hints, hint):
    """Remember a hint in a list that has room for one of every message."""
    count = hints.count
    HintList(hints.address + 8 * count).first = hint.address
    hints.count = count + 1


@hot
def _look(channel, hint, instrument, reference, side):
    """Stage 1: the instrument's header and the order's line."""
    book = Book(channel.book)
    orders = OrderStore(book.orders)
    header = header_of(book, instrument)
    prefetch(header.address)
    prefetch(header.address + 64)
    home = order_home(orders, reference, owner_of(orders, instrument, side))
    prefetch(order_at(orders, home).address)
    hint.header = header.address
    hint.reference = reference
    hint.home = home


@hot
def look_order(channel, hint, code, reference, side):
    """The message takes from a live order, or deletes it."""
    instrument = instrument_find(channel, code)
    if instrument < 0:
        return
    _look(channel, hint, instrument, reference, side)
    _append(takes_of(channel), hint)


@hot
def look_add(channel, hint, code, reference, side, price):
    """The message adds an order."""
    instrument = instrument_find(channel, code)
    if instrument < 0:
        return
    _look(channel, hint, instrument, reference, side)
    hint.side = side
    hint.price = price
    _append(adds_of(channel), hint)


@hot
def look_replace(channel, hint, code, reference, side, new_reference, price):
    """The message replaces a live order by a new one."""
    instrument = instrument_find(channel, code)
    if instrument < 0:
        return
    _look(channel, hint, instrument, reference, side)
    orders = OrderStore(Book(channel.book).orders)
    home = order_home(orders, new_reference, owner_of(orders, instrument, side))
    prefetch(order_at(orders, home).address)
    hint.new_reference = new_reference
    hint.new_home = home
    hint.price = price
    _append(takes_of(channel), hint)
    _append(replacements_of(channel), hint)


@hot
def look_nothing(hint):
    """Nothing was found yet. What is known of references stays true."""
    hint.order = NONE
    hint.level = NONE


@hot
def _hint_at(hints, place):
    return Hint(HintList(hints.address + 8 * place).first)


@hot
def _inside_end(levels, ladder):
    """Where the entry at the inside of a ladder lies."""
    return entry_at(levels, ladder.block + ladder.count).address


@hot
def _order_search(orders, levels, hint, line):
    """Find a live order on a line, and prefetch its level and neighbours; False where it is not there."""
    reference = hint.reference
    # Which of the two slots it is cannot be predicted, so it is computed.
    index = line + (order_at(orders, line).reference != reference)
    order = order_at(orders, index)
    if order.reference != reference:
        return False
    level = order.level
    hint.order = index
    hint.level = level
    prefetch(level_at(levels, level).address)
    # Slot 0 stands for no neighbour: fetching it for nothing is cheaper than a branch that is often wrong.
    prefetch(order_at(orders, order.previous).address)
    prefetch(order_at(orders, order.next).address)
    return True


@hot
def _level_search(levels, hint):
    """Search the ladder for the price of an add, and prefetch its level."""
    side = hint.side
    ladder = ladder_of(Header(hint.header), side)
    key = ladder_key(side, hint.price)
    rung = rung_at(levels, ladder, ladder_search(levels, ladder, key))
    # The sentinel, level 0, stands for no level.
    level = rung.level if rung.key == key else NONE
    hint.level = level
    prefetch(level_at(levels, level).address)


@hot_call
def look_ahead(channel):
    """Stages 2 to 4 over the messages whose first stage is done."""
    book = Book(channel.book)
    orders = OrderStore(book.orders)
    levels = LevelStore(book.levels)
    takes, adds = takes_of(channel), adds_of(channel)
    replacements, behind = replacements_of(channel), behind_of(channel)
    behind.count = 0
    for place in range(takes.count):
        hint = _hint_at(takes, place)
        if not _order_search(orders, levels, hint, hint.home):
            # One order in ten: the next line is looked at later.
            prefetch(order_at(orders, line_behind(orders, hint.home)).address)
            _append(behind, hint)
    for place in range(adds.count):
        hint = _hint_at(adds, place)
        first = order_at(orders, hint.home)
        # The next line too, where the home is full; computed, since it cannot be predicted.
        prefetch(first.address + shift_left(first.overflow != 0, 6))
        inside = _inside_end(levels, ladder_of(Header(hint.header), hint.side))
        prefetch(inside)
        prefetch(inside - 64)
        prefetch(inside - 128)
    priorities = orders.priorities
    if priorities != 0:
        for place in range(adds.count):
            # Where the priority goes, most often.
            prefetch(priorities + shift_left(_hint_at(adds, place).home, 3))
    for place in range(behind.count):
        hint = _hint_at(behind, place)
        _order_search(orders, levels, hint, line_behind(orders, hint.home))
    for place in range(adds.count):
        _level_search(levels, _hint_at(adds, place))
    for place in range(takes.count):
        hint = _hint_at(takes, place)
        level = level_at(levels, hint.level)
        side = level.owner & 1
        hint.side = side
        # Only a level that empties needs its ladder. Whether it will cannot be predicted, so the address is computed:
        # a line that is there already costs nothing.
        inside = _inside_end(levels, ladder_of(Header(hint.header), side))
        empties = level.count == 1
        near = inside if empties else level.address
        step = 64 if empties else 0
        prefetch(near)
        prefetch(near - step)
        prefetch(near - 2 * step)
    for place in range(replacements.count):
        _level_search(levels, _hint_at(replacements, place))
    for place in range(adds.count):
        prefetch(order_at(orders, level_at(levels, _hint_at(adds, place).level).tail).address)
    if priorities != 0:
        for place in range(adds.count):
            prefetch(priorities + shift_left(level_at(levels, _hint_at(adds, place).level).tail, 3))
