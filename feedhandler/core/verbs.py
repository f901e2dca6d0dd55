"""The verbs of a feed's handler: what the venue's words become.

A handler translates one message into one verb. Every verb emits one normalised event, whether or not the book could
follow (the digest is of what the venue said), keeps the book, and returns a `Reason`.

`instrument` is what `instrument_find` or `instrument_named` returned; a filtered instrument is passed over in silence.
"""

from __future__ import annotations

from .book import (
    Book,
    book_add,
    book_damage,
    book_delete,
    book_find,
    book_home,
    book_replace,
    book_take,
    book_traded,
    header_of,
    level_of,
    missing_order,
    order_doubt,
    order_level,
    write_begin,
    write_end,
)
from .directory import FILTERED, FULL, instrument_at, instrument_defined
from .events import EventDetail, EventKind, event_emit, event_emit_of_order
from .jit import hot, hot_call, rare
from .orders import NONE
from .reasons import Reason

BID = 0
ASK = 1
"""Sides, as every verb takes them."""


@hot
def no_instrument(instrument):
    """The reason for an instrument that is not in the directory."""
    if instrument == FILTERED:
        return Reason.OK
    if instrument == FULL:
        return Reason.INSTRUMENTS_FULL
    return Reason.INSTRUMENT_UNKNOWN


# ---------------------------------------------------------------------------------------------------------- orders


@hot
def order_add(channel, instrument, side, reference, price, quantity, attribution):
    """A new order was entered. `attribution` is the participant's name as an int64, 0 where it is not given."""
    if instrument < 0:
        return no_instrument(instrument)
    event_emit(channel, EventKind.ADD, side, instrument, price, quantity, reference, attribution, 0, 0, 0)
    return book_add(channel, Book(channel.book), instrument, side, reference, price, quantity)


@hot_call
def order_missing(channel, kind, detail, instrument, price, quantity, reference, other, index):
    """Emit the event of an order that the instrument's book does not hold, and judge what that means.

    `index` is the order's where another instrument holds it: nothing is applied, and neither book can be trusted.
    """
    rare()
    book = Book(channel.book)
    event_emit(
        channel, kind, detail | EventDetail.ORDER_MISSING, instrument, price, quantity, reference, other, 0, 0, 0
    )
    header = header_of(book, instrument)
    if index == NONE:
        return missing_order(channel, header)
    order_doubt(channel, book, index)
    return book_damage(channel, header, Reason.ORDER_INSTRUMENT)


@hot
def order_execute(channel, instrument, side, reference, quantity, match_number):
    """An order was executed at its own price, wholly or in part; the trade is printed.

    `side` matters only where references are unique within a side.
    """
    if instrument < 0:
        return no_instrument(instrument)
    book = Book(channel.book)
    home = book_home(channel, book, instrument, side, reference)
    index = book_find(channel, book, instrument, side, reference, home)
    level_index = order_level(book, index)
    level = level_of(book, level_index)
    owner = level.owner
    if index == NONE or owner >> 1 != instrument:
        return order_missing(channel, EventKind.EXECUTE, 0, instrument, 0, quantity, reference, match_number, index)
    price, own_side = level.price, owner & 1
    event_emit_of_order(
        channel, index, EventKind.EXECUTE, own_side, instrument, price, quantity, reference, match_number, 0, 0, 0
    )
    return book_take(channel, book, instrument, own_side, price, index, home, level_index, quantity, 1, price)


@hot
def order_execute_at(channel, instrument, side, reference, quantity, price, printable, match_number):
    """An order was executed at another price than its own. Not printable: the trade is reported elsewhere, in bulk."""
    if instrument < 0:
        return no_instrument(instrument)
    book = Book(channel.book)
    home = book_home(channel, book, instrument, side, reference)
    index = book_find(channel, book, instrument, side, reference, home)
    hidden = 0 if printable else EventDetail.UNPRINTABLE
    level_index = order_level(book, index)
    level = level_of(book, level_index)
    owner = level.owner
    if index == NONE or owner >> 1 != instrument:
        return order_missing(
            channel, EventKind.EXECUTE, hidden, instrument, price, quantity, reference, match_number, index
        )
    own_price, own_side = level.price, owner & 1
    event_emit_of_order(
        channel, index, EventKind.EXECUTE, own_side | hidden, instrument, price, quantity, reference, match_number,
        0, 0, 0,
    )  # fmt: skip
    return book_take(
        channel, book, instrument, own_side, own_price, index, home, level_index, quantity, 1 if printable else 0, price
    )


@hot
def order_reduce(channel, instrument, side, reference, quantity):
    """An order lost `quantity` without a trade and keeps its place."""
    if instrument < 0:
        return no_instrument(instrument)
    book = Book(channel.book)
    home = book_home(channel, book, instrument, side, reference)
    index = book_find(channel, book, instrument, side, reference, home)
    level_index = order_level(book, index)
    level = level_of(book, level_index)
    owner = level.owner
    if index == NONE or owner >> 1 != instrument:
        return order_missing(channel, EventKind.REDUCE, 0, instrument, 0, quantity, reference, 0, index)
    price, own_side = level.price, owner & 1
    event_emit_of_order(channel, index, EventKind.REDUCE, own_side, instrument, price, quantity, reference, 0, 0, 0, 0)
    return book_take(channel, book, instrument, own_side, price, index, home, level_index, quantity, 0, 0)


@hot
def order_delete(channel, instrument, side, reference):
    """An order left the book."""
    if instrument < 0:
        return no_instrument(instrument)
    book = Book(channel.book)
    home = book_home(channel, book, instrument, side, reference)
    index = book_find(channel, book, instrument, side, reference, home)
    level_index = order_level(book, index)
    level = level_of(book, level_index)
    owner = level.owner
    if index == NONE or owner >> 1 != instrument:
        return order_missing(channel, EventKind.DELETE, 0, instrument, 0, 0, reference, 0, index)
    price, own_side = level.price, owner & 1
    event_emit_of_order(channel, index, EventKind.DELETE, own_side, instrument, price, 0, reference, 0, 0, 0, 0)
    return book_delete(channel, book, instrument, own_side, price, index, home, level_index)


@hot
def order_replace(channel, instrument, side, reference, new_reference, price, quantity):
    """An order was taken out and a new one entered on the same side, at the end of the queue of its price."""
    if instrument < 0:
        return no_instrument(instrument)
    book = Book(channel.book)
    home = book_home(channel, book, instrument, side, reference)
    index = book_find(channel, book, instrument, side, reference, home)
    level_index = order_level(book, index)
    level = level_of(book, level_index)
    owner = level.owner
    if index == NONE or owner >> 1 != instrument:
        return order_missing(
            channel, EventKind.REPLACE, 0, instrument, price, quantity, reference, new_reference, index
        )
    own_side = owner & 1
    event_emit_of_order(
        channel, index, EventKind.REPLACE, own_side, instrument, price, quantity, reference, new_reference, 0, 0, 0
    )
    return book_replace(
        channel, book, instrument, own_side, level.price, index, home, level_index, new_reference, price, quantity
    )


# ---------------------------------------------------------------------------------------------------------- trades


@hot
def trade(channel, instrument, side, price, quantity, reference, match_number):
    """A trade against an order that was not displayed; no book changes."""
    if instrument < 0:
        return no_instrument(instrument)
    event_emit(channel, EventKind.TRADE, side, instrument, price, quantity, reference, match_number, 0, 0, 0)
    book_traded(channel, Book(channel.book), instrument, price, quantity)
    return Reason.OK


@hot
def cross(channel, instrument, kind, price, quantity, match_number):
    """An auction's trade, in bulk. `kind` is the venue's code of the auction."""
    if instrument < 0:
        return no_instrument(instrument)
    event_emit(channel, EventKind.CROSS, kind, instrument, price, quantity, match_number, 0, 0, 0, 0)
    if quantity > 0:
        book_traded(channel, Book(channel.book), instrument, price, quantity)
    return Reason.OK


@hot
def trade_break(channel, instrument, match_number):
    """An earlier trade is void."""
    if instrument < 0:
        return no_instrument(instrument)
    event_emit(channel, EventKind.TRADE_BREAK, 0, instrument, match_number, 0, 0, 0, 0, 0, 0)
    return Reason.OK


# ------------------------------------------------------------------------------------------- instruments and the day


@hot
def trading_status(channel, instrument, status, reason):
    """An instrument is halted, paused, in quotation only, or trades: the venue's code."""
    if instrument < 0:
        return no_instrument(instrument)
    event_emit(channel, EventKind.TRADING_STATUS, 0, instrument, status, reason, 0, 0, 0, 0, 0)
    header = header_of(Book(channel.book), instrument)
    write_begin(header)
    header.trading_status = status
    write_end(header, channel)
    return Reason.OK


@hot
def restriction(channel, instrument, code):
    """A short-sale restriction begins, continues or ends: the venue's code."""
    if instrument < 0:
        return no_instrument(instrument)
    event_emit(channel, EventKind.RESTRICTION, 0, instrument, code, 0, 0, 0, 0, 0, 0)
    header = header_of(Book(channel.book), instrument)
    write_begin(header)
    header.restriction = code
    write_end(header, channel)
    return Reason.OK


@hot_call
def definition(channel, code, symbol, lot_size):
    """The directory names an instrument: `code` is the venue's, `symbol` eight letters as a view reads them."""
    return definition_priced(channel, code, symbol, lot_size, 0)


@hot_call
def definition_priced(channel, code, symbol, lot_size, price_unit):
    """The same where the directory says what a step of the instrument's price is worth, in 1e-9; 0: as the feed's."""
    return instrument_describe(channel, instrument_defined(channel, code, symbol, price_unit), symbol, lot_size)


@hot_call
def instrument_describe(channel, instrument, symbol, lot_size):
    """The same for an instrument that has its index and its name already."""
    if instrument < 0:
        return no_instrument(instrument)
    known = instrument_at(channel, instrument)
    known.lot_size = lot_size
    known.defined = 1
    event_emit(channel, EventKind.DEFINITION, 0, instrument, known.code, symbol, lot_size, known.price_unit, 0, 0, 0)
    return Reason.OK


@hot
def announce(channel, kind, detail, instrument, v0, v1, v2, v3, v4, v5, v6):
    """An event about an instrument that changes no book: collars, imbalances, participants and the like.

    The values are those that `EVENT_VALUES` names for the kind.
    """
    if instrument < 0:
        return no_instrument(instrument)
    event_emit(channel, kind, detail, instrument, v0, v1, v2, v3, v4, v5, v6)
    return Reason.OK


@hot
def announce_market(channel, kind, detail, v0, v1, v2, v3):
    """An event about the whole market: the venue's day, circuit breakers."""
    event_emit(channel, kind, detail, -1, v0, v1, v2, v3, 0, 0, 0)
    return Reason.OK
