"""Consolidated quotes: what participants of several markets quote, and the best of all of them, side by side.

A consolidator says of each participant's quote what it does to the best bid and offer over all markets: nothing, or it
is the best bid, or the best bid is now another one, or there is none. So a message restates one side, both or neither.
The book that readers see is the best over all markets; participants' own quotes are events.

After a loss a side is right again once it was restated, and the instrument once both were: each side remembers the
epoch in which it was last restated.
"""

from __future__ import annotations

from .book import Book, book_traded, header_of, write_begin, write_end
from .events import EventKind, event_emit
from .jit import hot, hot_call
from .level_book import quote_side
from .reasons import Reason
from .verbs import no_instrument, restriction

BLANK = 32

BID_SIDE = 1
ASK_SIDE = 2
BOTH_SIDES = 3
"""Sides that a message restates, as bits."""


@hot
def participant_quote(
    channel, instrument, bid_price, bid_quantity, ask_price, ask_quantity, condition, participant, effect
):
    """What one participant quotes; no book changes. `effect` is the venue's code of what it does to the best."""
    if instrument < 0:
        return no_instrument(instrument)
    event_emit(
        channel, EventKind.PARTICIPANT_QUOTE, 0, instrument,
        bid_price, bid_quantity, ask_price, ask_quantity, condition, participant, effect,
    )  # fmt: skip
    return Reason.OK


@hot
def national_quote(
    channel, instrument, sides, bid_price, bid_quantity, bid_participant, ask_price, ask_quantity, ask_participant,
    condition,
):  # fmt: skip
    """The best bid over all markets, the best offer or both are these; a quantity of 0: there is none.

    `sides` says which of them the message restates; what is given of the other is not looked at.
    """
    if instrument < 0:
        return no_instrument(instrument)
    if sides == 0:
        return Reason.OK
    event_emit(
        channel, EventKind.NATIONAL_QUOTE, sides, instrument,
        bid_price, bid_quantity, bid_participant, ask_price, ask_quantity, ask_participant, condition,
    )  # fmt: skip
    return _restate(channel, instrument, sides, bid_price, bid_quantity, ask_price, ask_quantity)


@hot_call
def _restate(channel, instrument, sides, bid_price, bid_quantity, ask_price, ask_quantity):
    header = header_of(Book(channel.book), instrument)
    epoch = channel.epoch
    reason = Reason.OK
    write_begin(header)
    if sides & BID_SIDE:
        reason = quote_side(channel, header, instrument, 0, bid_price, bid_quantity)
        header.bid_restated = epoch if reason == Reason.OK else 0
    if sides & ASK_SIDE:
        other = quote_side(channel, header, instrument, 1, ask_price, ask_quantity)
        header.ask_restated = epoch if other == Reason.OK else 0
        reason = reason if reason != Reason.OK else other
    if header.bid_restated == epoch and header.ask_restated == epoch:
        header.recovered_epoch = epoch
        header.damaged_epoch = 0
    write_end(header, channel)
    return reason


@hot_call
def national_quote_lost(channel, instrument, sides):
    """The best bid, the best offer or both are others now, and nobody says which: stale until they are restated."""
    if instrument < 0:
        return no_instrument(instrument)
    header = header_of(Book(channel.book), instrument)
    write_begin(header)
    if sides & BID_SIDE:
        header.bid_restated = 0
    else:
        header.bid_restated = trusted_epoch(channel, header, header.bid_restated)
    if sides & ASK_SIDE:
        header.ask_restated = 0
    else:
        header.ask_restated = trusted_epoch(channel, header, header.ask_restated)
    header.recovered_epoch = 0
    header.damaged_epoch = channel.epoch
    write_end(header, channel)
    return Reason.OK


@hot
def trusted_epoch(channel, header, restated):
    """Since when a side is known: from its last restatement, or all along where the stream is complete."""
    if channel.complete_epoch == channel.epoch and header.damaged_epoch != channel.epoch:
        return channel.epoch
    return restated


@hot
def trade_report(channel, instrument, price, quantity, match_number, participant, conditions, effect, is_last):
    """A trade that a participant reported. `is_last`: it is the last price over all markets."""
    if instrument < 0:
        return no_instrument(instrument)
    event_emit(
        channel, EventKind.TRADE, 0, instrument, price, quantity, 0, match_number, participant, conditions, effect
    )
    if is_last:
        book_traded(channel, Book(channel.book), instrument, price, quantity)
    return Reason.OK


@hot
def trade_void(channel, instrument, match_number, participant, price, quantity, conditions, action):
    """A reported trade is void, or is replaced by one that is reported next: `action` is the venue's code."""
    if instrument < 0:
        return no_instrument(instrument)
    event_emit(
        channel, EventKind.TRADE_BREAK, 0, instrument,
        match_number, participant, price, quantity, conditions, action, 0,
    )  # fmt: skip
    return Reason.OK


@hot
def statistic(channel, instrument, code, price, quantity, participant):
    """A figure of the day, of one participant or (0) over all markets."""
    if instrument < 0:
        return no_instrument(instrument)
    event_emit(channel, EventKind.STATISTIC, 0, instrument, code, price, quantity, participant, 0, 0, 0)
    return Reason.OK


@hot
def restriction_noted(channel, instrument, code):
    """A short-sale restriction, of which every quote says whether it is in effect: an event where that changes."""
    if instrument < 0:
        return no_instrument(instrument)
    noted = 0 if code == BLANK else code
    if header_of(Book(channel.book), instrument).restriction == noted:
        return Reason.OK
    return restriction(channel, instrument, noted)


@hot_call
def last_price_corrected(channel, instrument, price, quantity):
    """What the last price over all markets is after a correction, and of how many: 0 where that is not said."""
    book = Book(channel.book)
    if quantity != 0 or header_of(book, instrument).last_trade_price != price:
        book_traded(channel, book, instrument, price, quantity)
