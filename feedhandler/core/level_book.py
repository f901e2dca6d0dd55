"""By-level books (L2) and quotes (BBO): the venue says what a price level holds, and keeps the orders to itself.

The same headers, ladders and level pool as the by-order books, under the same seqlock, so that depth, BBO and every
reader are the same code. A level has no queue: `count` is the number of orders that the venue states, or 1 where it
states none, and head and tail stay empty.

Levels are named by their price (`level_set`) or by their number from the inside (`level_insert_at` and what follows).
Numbered levels are what a venue of limited depth sends: it inserts and deletes at a number, what is behind moves, and
what moves past `depth` is gone. Level 1 is the inside; in the ladder, which has its inside last, level n is rung
count - n + 1.

What contradicts the book (a level removed that is not there, a number behind the last level, prices that are not
ordered) damages the instrument where the stream is complete, and is only counted where something is missing anyway.
"""

from __future__ import annotations

from .book import (
    Book,
    book_damage,
    header_of,
    inside_of,
    inside_refresh,
    ladder_of,
    write_begin,
    write_end,
)
from .events import EventKind, event_emit
from .jit import hot, hot_call
from .ladders import (
    NO_KEY,
    LevelStore,
    ladder_insert,
    ladder_key,
    ladder_remove,
    ladder_search,
    level_at,
    level_free,
    level_take,
    rung_at,
)
from .orders import NONE
from .reasons import Reason
from .verbs import no_instrument

BOTH_SIDES = 2
"""Side of a `levels_clear` that empties the bid and the ask."""


@hot
def _missing_level(channel, header):
    """The reason for a level that is not there: expected while something is missing, alarming otherwise."""
    if channel.complete_epoch != channel.epoch and header.recovered_epoch != channel.epoch:
        return Reason.LEVEL_BEFORE_START
    return book_damage(channel, header, Reason.LEVEL_UNKNOWN)


@hot
def _level_new(channel, levels, header, instrument, side, rung, price, quantity, orders):
    """A level behind rung `rung`; inside an open write section."""
    index = level_take(levels)
    if index == NONE:
        return book_damage(channel, header, Reason.LEVELS_FULL)
    level = level_at(levels, index)
    level.price = price
    level.quantity = quantity
    level.count = max(orders, 1)
    level.head = NONE
    level.tail = NONE
    level.owner = 2 * instrument + side
    if not ladder_insert(levels, ladder_of(header, side), rung, ladder_key(side, price), index):
        level_free(levels, index)
        refused = ladder_key(side, price) == NO_KEY
        return book_damage(channel, header, Reason.PRICE_RANGE if refused else Reason.LADDERS_FULL)
    return Reason.OK


@hot
def _level_gone(levels, header, side, rung):
    """Take the level of a rung out; inside an open write section."""
    ladder = ladder_of(header, side)
    index = rung_at(levels, ladder, rung).level
    ladder_remove(levels, ladder, rung)
    level_free(levels, index)


@hot
def _inside_settle(channel, levels, header, instrument, side):
    """Publish the inside of a side where it is not what the header says; inside an open write section."""
    inside = inside_of(header, side)
    ladder = ladder_of(header, side)
    price, quantity = 0, 0
    if ladder.count != 0:
        level = level_at(levels, rung_at(levels, ladder, ladder.count).level)
        price, quantity = level.price, level.quantity
    if price != inside.price or quantity != inside.quantity:
        inside_refresh(channel, levels, header, instrument, side)


# ------------------------------------------------------------------------------------------------------- by price


@hot_call
def _level_apply(channel, instrument, side, price, quantity, orders):
    book = Book(channel.book)
    levels = LevelStore(book.levels)
    header = header_of(book, instrument)
    ladder = ladder_of(header, side)
    key = ladder_key(side, price)
    rung = ladder_search(levels, ladder, key)
    found = rung > 0 and rung_at(levels, ladder, rung).key == key
    reason = Reason.OK
    write_begin(header)
    if quantity > 0:
        if found:
            level = level_at(levels, rung_at(levels, ladder, rung).level)
            level.quantity = quantity
            level.count = max(orders, 1)
        else:
            reason = _level_new(channel, levels, header, instrument, side, rung, price, quantity, orders)
    elif found:
        _level_gone(levels, header, side, rung)
    else:
        reason = _missing_level(channel, header)
    _inside_settle(channel, levels, header, instrument, side)
    write_end(header, channel)
    return reason


@hot
def level_set(channel, instrument, side, price, quantity, orders):
    """A price level now holds `quantity` in `orders` orders (0 where the venue does not say). Quantity 0 removes it."""
    if instrument < 0:
        return no_instrument(instrument)
    event_emit(channel, EventKind.LEVEL, side, instrument, price, quantity, orders, 0, 0, 0, 0)
    if quantity < 0:
        return book_damage(channel, header_of(Book(channel.book), instrument), Reason.ORDER_QUANTITY)
    return _level_apply(channel, instrument, side, price, quantity, orders)


@hot
def level_delete(channel, instrument, side, price):
    """A price level is gone."""
    return level_set(channel, instrument, side, price, 0, 0)


@hot_call
def _levels_drop(channel, instrument, side, first, last):
    """Take out the levels numbered `first` to `last` of a side, as many of them as there are."""
    book = Book(channel.book)
    levels = LevelStore(book.levels)
    header = header_of(book, instrument)
    ladder = ladder_of(header, side)
    last = min(last, ladder.count)
    write_begin(header)
    for _ in range(last - first + 1):
        _level_gone(levels, header, side, ladder.count - first + 1)
    _inside_settle(channel, levels, header, instrument, side)
    write_end(header, channel)


@hot
def levels_clear(channel, instrument, side):
    """Every level of a side, or of BOTH_SIDES, is gone."""
    if instrument < 0:
        return no_instrument(instrument)
    event_emit(channel, EventKind.CLEAR, side, instrument, 0, 0, 0, 0, 0, 0, 0)
    if side != 1:
        _levels_drop(channel, instrument, 0, 1, 1 << 40)
    if side != 0:
        _levels_drop(channel, instrument, 1, 1, 1 << 40)
    return Reason.OK


# ------------------------------------------------------------------------------------------------------ by number


@hot
def _ordered(levels, ladder, rung, key):
    """Whether a key may stand behind rung `rung`: above it, and below the next one."""
    if rung > 0 and rung_at(levels, ladder, rung).key >= key:
        return False
    return rung >= ladder.count or rung_at(levels, ladder, rung + 1).key > key


@hot_call
def _insert_at(channel, instrument, side, number, price, quantity, orders, depth):
    book = Book(channel.book)
    levels = LevelStore(book.levels)
    header = header_of(book, instrument)
    ladder = ladder_of(header, side)
    count = ladder.count
    if number < 1 or number > count + 1 or number > depth:
        return _missing_level(channel, header)
    rung = count - number + 1
    key = ladder_key(side, price)
    if not _ordered(levels, ladder, rung, key):
        return book_damage(channel, header, Reason.LEVEL_ORDER)
    write_begin(header)
    reason = _level_new(channel, levels, header, instrument, side, rung, price, quantity, orders)
    if ladder.count > depth:
        _level_gone(levels, header, side, 1)
    _inside_settle(channel, levels, header, instrument, side)
    write_end(header, channel)
    return reason


@hot
def level_insert_at(channel, instrument, side, number, price, quantity, orders, depth):
    """A level comes in at a number; those from there on move outwards, and what passes `depth` is gone."""
    if instrument < 0:
        return no_instrument(instrument)
    event_emit(channel, EventKind.LEVEL, side, instrument, price, quantity, orders, number, 0, 0, 0)
    if quantity <= 0:
        return book_damage(channel, header_of(Book(channel.book), instrument), Reason.ORDER_QUANTITY)
    return _insert_at(channel, instrument, side, number, price, quantity, orders, depth)


@hot_call
def _change_at(channel, instrument, side, number, price, quantity, orders):
    book = Book(channel.book)
    levels = LevelStore(book.levels)
    header = header_of(book, instrument)
    ladder = ladder_of(header, side)
    if number < 1 or number > ladder.count:
        return _missing_level(channel, header)
    rung = ladder.count - number + 1
    key = ladder_key(side, price)
    below = rung > 1 and rung_at(levels, ladder, rung - 1).key >= key
    if below or (rung < ladder.count and rung_at(levels, ladder, rung + 1).key <= key):
        return book_damage(channel, header, Reason.LEVEL_ORDER)
    if key == NO_KEY:
        return book_damage(channel, header, Reason.PRICE_RANGE)
    write_begin(header)
    entry = rung_at(levels, ladder, rung)
    entry.key = key
    level = level_at(levels, entry.level)
    level.price = price
    level.quantity = quantity
    level.count = max(orders, 1)
    _inside_settle(channel, levels, header, instrument, side)
    write_end(header, channel)
    return Reason.OK


@hot
def level_change_at(channel, instrument, side, number, price, quantity, orders):
    """The level of a number holds something else; also overlay, which may give it another price."""
    if instrument < 0:
        return no_instrument(instrument)
    event_emit(channel, EventKind.LEVEL, side, instrument, price, quantity, orders, number, 1, 0, 0)
    if quantity <= 0:
        return book_damage(channel, header_of(Book(channel.book), instrument), Reason.ORDER_QUANTITY)
    return _change_at(channel, instrument, side, number, price, quantity, orders)


@hot
def levels_delete_at(channel, instrument, side, first, last):
    """The levels numbered `first` to `last` are gone; those behind move inwards.

    One level: `first` equals `last`. Delete-through a number: from 1. Delete-from a number: to the book's depth.
    """
    if instrument < 0:
        return no_instrument(instrument)
    event_emit(channel, EventKind.LEVEL, side, instrument, 0, 0, 0, first, last, 0, 0)
    header = header_of(Book(channel.book), instrument)
    if first < 1 or last < first or first > ladder_of(header, side).count:
        return _missing_level(channel, header)
    _levels_drop(channel, instrument, side, first, last)
    return Reason.OK


# -------------------------------------------------------------------------------------------------------- quotes


@hot
def _quote_change(channel, header, levels, ladder, side, price, quantity):
    """The one level of a side gets another price and quantity."""
    key = ladder_key(side, price)
    if key == NO_KEY:
        return book_damage(channel, header, Reason.PRICE_RANGE)
    entry = rung_at(levels, ladder, 1)
    entry.key = key
    level = level_at(levels, entry.level)
    level.price = price
    level.quantity = quantity
    return Reason.OK


@hot_call
def quote_side(channel, header, instrument, side, price, quantity):
    """One side of a quote, inside an open write section: the ladder has one level, or none."""
    levels = LevelStore(Book(channel.book).levels)
    ladder = ladder_of(header, side)
    if quantity <= 0:
        if ladder.count != 0:
            _level_gone(levels, header, side, 1)
        reason = Reason.OK
    elif ladder.count == 0:
        reason = _level_new(channel, levels, header, instrument, side, 0, price, quantity, 1)
    else:
        reason = _quote_change(channel, header, levels, ladder, side, price, quantity)
    _inside_settle(channel, levels, header, instrument, side)
    return reason


@hot
def inside_set(channel, instrument, bid_price, bid_quantity, ask_price, ask_quantity, condition):
    """The best bid and offer are these; a quantity of 0: that side is empty. `condition` is the venue's code."""
    if instrument < 0:
        return no_instrument(instrument)
    event_emit(
        channel, EventKind.QUOTE, 0, instrument, bid_price, bid_quantity, ask_price, ask_quantity, condition, 0, 0
    )
    header = header_of(Book(channel.book), instrument)
    write_begin(header)
    bid = quote_side(channel, header, instrument, 0, bid_price, bid_quantity)
    ask = quote_side(channel, header, instrument, 1, ask_price, ask_quantity)
    write_end(header, channel)
    return bid if bid != Reason.OK else ask


@hot
def inside_restate(channel, instrument, bid_price, bid_quantity, ask_price, ask_quantity, condition):
    """The same of a venue whose quote always says both sides: it is the whole book, so whatever was missing of it
    before is made good."""
    reason = inside_set(channel, instrument, bid_price, bid_quantity, ask_price, ask_quantity, condition)
    if instrument >= 0 and reason == Reason.OK:
        header = header_of(Book(channel.book), instrument)
        epoch = channel.epoch
        whole = channel.complete_epoch == epoch or header.recovered_epoch == epoch
        if not whole or header.damaged_epoch == epoch:
            levels_recovered(channel, instrument)
    return reason


# ---------------------------------------------------------------------------------------------------------- snapshots


@hot_call
def levels_recovered(channel, instrument):
    """A snapshot was applied whole: the book equals the venue's again, whatever was missing before."""
    if instrument < 0:
        return no_instrument(instrument)
    header = header_of(Book(channel.book), instrument)
    write_begin(header)
    header.recovered_epoch = channel.epoch
    header.damaged_epoch = 0
    write_end(header, channel)
    return Reason.OK


@hot_call
def levels_lost(channel, instrument):
    """Updates of one instrument are missing: its book is stale until a snapshot."""
    if instrument < 0:
        return no_instrument(instrument)
    header = header_of(Book(channel.book), instrument)
    write_begin(header)
    header.recovered_epoch = 0
    header.damaged_epoch = channel.epoch
    write_end(header, channel)
    return Reason.LEVEL_UNKNOWN
