"""The Deribit multicast feed: the venue's words on the left, our verbs on the right.

Each instrument's book has a chain of its own: every change names the one before it. A change that follows on what is
known is applied, an older one is passed over, and one that does not follow makes the book stale until a snapshot. A
snapshot is applied where the book is not in step, and makes it current from its change on.

Prices and amounts are doubles on the wire, and integers of 1e-6 here; one that is no such number is refused
(MESSAGE_FIELD). Times are milliseconds of the Unix epoch.
"""

from __future__ import annotations

from feedhandler.core.book import Book, header_of
from feedhandler.core.channel import message_time
from feedhandler.core.directory import instrument_at, instrument_find, instrument_seen
from feedhandler.core.doubles import INEXACT
from feedhandler.core.events import EventKind
from feedhandler.core.integers import shift_left
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.level_book import BOTH_SIDES, level_set, levels_clear, levels_lost, levels_recovered
from feedhandler.core.long_symbols import Letter, instrument_name_long
from feedhandler.core.reasons import Reason
from feedhandler.core.records import Record, i64
from feedhandler.core.sequencer import Sequencer
from feedhandler.core.verbs import (
    ASK,
    BID,
    announce,
    announce_market,
    definition,
    no_instrument,
    trade,
    trading_status,
)

MILLISECOND = 1_000_000
BID_SIDE = 1
DELETED = 2
SELL = 1
YES = 1
SPACE = 32
NOBODY = -1

# What an instrument's spare words hold, changes counted from 1 (an empty book may be at change 0).
# `spare_1`: the change that the book is at, 0 where it is not in step.
# `spare_2`: a change whose parts are still coming, with a minus where they are parts of a snapshot.


class SnapshotStream(Record):
    """What a channel keeps of its snapshots: how far their packets came, and whose definition came last.

    Snapshots are numbered on their own, and their packets are taken beside the channel's stream. A part may be taken
    only if no packet is missing between it and the definition in front of its instrument's first part.
    """

    number = i64
    instrument_id = i64


@hot
def _is_snapshot(channel, instrument_id, begins):
    """Whether the message came with a snapshot packet; then the stream moves on.

    `begins` where the message stands in front of the instrument's snapshot.
    """
    number = Sequencer(channel.sequencer).loop_number
    if number == 0:
        return False
    stream = SnapshotStream(channel.feed_state)
    if number < stream.number or number > stream.number + 1:
        stream.instrument_id = NOBODY
    stream.number = number
    if begins:
        stream.instrument_id = instrument_id
    return True


@hot
def _seen(channel, code):
    """The instrument of a code; its book is stale until it is in step."""
    instrument = instrument_seen(channel, code)
    if instrument >= 0 and instrument_at(channel, instrument).spare_1 == 0:
        if header_of(Book(channel.book), instrument).damaged_epoch != channel.epoch:
            levels_lost(channel, instrument)
    return instrument


@hot
def _levels(channel, instrument, entries):
    """Set the levels of a snapshot."""
    for entry in entries:
        reason = level_set(
            channel, instrument, BID if entry.side == BID_SIDE else ASK, entry.price, entry.amount, 0
        )
        if reason != Reason.OK:
            return reason
    return Reason.OK


@hot
def _whole_numbers(entries):
    """Whether every price and amount is a whole number of our steps."""
    inexact = 0
    for entry in entries:
        if entry.price == INEXACT or entry.amount == INEXACT:
            inexact += 1
    return inexact == 0


@hot_call
def book(channel, message):
    """Book (template 1001): the changes of a book, perhaps one part of them; the last part ends the venue's event."""
    channel.event_open = 0 if message.is_last == YES else 1
    message_time(channel, message.timestamp_ms * MILLISECOND)
    instrument = _seen(channel, message.instrument_id)
    if instrument < 0:
        return no_instrument(instrument)
    known = instrument_at(channel, instrument)
    change = message.change_id + 1
    if known.spare_1 == 0:
        # Not in step: a snapshot will say more than these changes.
        return Reason.LEVEL_BEFORE_START
    if known.spare_2 != change:
        if change <= known.spare_1:
            return Reason.OK
        if message.prev_change_id + 1 != known.spare_1 or known.spare_2 != 0:
            known.spare_1 = 0
            known.spare_2 = 0
            return levels_lost(channel, instrument)
        known.spare_2 = change
    if not _whole_numbers(message.changes_list):
        return Reason.MESSAGE_FIELD
    reason = Reason.OK
    for entry in message.changes_list:
        side = BID if entry.side == BID_SIDE else ASK
        amount = 0 if entry.change == DELETED else entry.amount
        found = level_set(channel, instrument, side, entry.price, amount, 0)
        if found != Reason.OK:
            reason = found
    if message.is_last == YES:
        known.spare_1 = change
        known.spare_2 = 0
    return reason


@hot_call
def snapshot(channel, message):
    """Snapshot (template 1004): a whole book, perhaps one part of it; it counts where the book is behind it."""
    code = message.instrument_id
    if not _is_snapshot(channel, code, False):
        return Reason.MESSAGE_FIELD
    message_time(channel, message.timestamp_ms * MILLISECOND)
    instrument = _seen(channel, code)
    if instrument < 0:
        return no_instrument(instrument)
    known = instrument_at(channel, instrument)
    change = message.change_id + 1
    if known.spare_1 >= change:
        # The chain of changes reaches beyond: nothing of this instrument is missing, whatever the channel lost.
        return levels_recovered(channel, instrument)
    if SnapshotStream(channel.feed_state).instrument_id != code:
        known.spare_2 = 0
        return Reason.LEVEL_BEFORE_START
    if not _whole_numbers(message.levels_list):
        return Reason.MESSAGE_FIELD
    if known.spare_2 != -change:
        levels_lost(channel, instrument)
        levels_clear(channel, instrument, BOTH_SIDES)
        known.spare_1 = 0
        known.spare_2 = -change
    reason = _levels(channel, instrument, message.levels_list)
    if reason != Reason.OK or message.is_last_in_book != YES:
        return reason
    known.spare_2 = 0
    known.spare_1 = change
    return levels_recovered(channel, instrument)


@hot_call
def snapshot_frame(channel, _message):
    """Snapshot Start and End (templates 1005, 1006): the stream goes on."""
    _is_snapshot(channel, NOBODY, True)
    return Reason.OK


@hot_call
def trades(channel, message):
    """Trades (template 1002)."""
    instrument = _seen(channel, message.instrument_id)
    worst = Reason.OK
    if not _whole_numbers(message.trades_list):
        return Reason.MESSAGE_FIELD
    for entry in message.trades_list:
        message_time(channel, entry.timestamp_ms * MILLISECOND)
        # The direction is the taker's: a seller meets a bid.
        side = BID if entry.direction == SELL else ASK
        reason = trade(channel, instrument, side, entry.price, entry.amount, entry.trade_seq, entry.trade_id)
        if reason != Reason.OK:
            worst = reason
    return worst


@hot_call
def ticker(channel, message):
    """Ticker (template 1003): mark, index and last price, open interest, settlement; INEXACT where there is none."""
    code = message.instrument_id
    _is_snapshot(channel, code, True)
    message_time(channel, message.timestamp_ms * MILLISECOND)
    return announce(
        channel, EventKind.STATISTIC, message.instrument_state, _seen(channel, code),
        message.template_id, message.mark_price, message.open_interest, message.index_price, message.last_price,
        message.settlement_price, message.delivery_price,
    )  # fmt: skip


@hot_call
def price_index(channel, message):
    """Price Index (template 1008): of the market; the currency pair is named by its first eight letters."""
    message_time(channel, message.timestamp_ms * MILLISECOND)
    return announce_market(
        channel, EventKind.STATISTIC, 0, message.template_id, message.price, first_letters(message.index_name, 8), 0
    )


@hot_call
def rfq(channel, message):
    """Request for quotes (template 1009)."""
    message_time(channel, message.timestamp_ms * MILLISECOND)
    return announce(
        channel, EventKind.INTEREST, 0, _seen(channel, message.instrument_id), message.state,
        message.side, message.amount, 0, 0, 0, 0,
    )  # fmt: skip


@hot
def first_letters(address, size):
    """The first eight letters of a text as one word."""
    found = 0
    for position in range(8):
        letter = Letter(address + position).value if position < size else SPACE
        found = shift_left(found, 8) | (letter if letter != 0 else SPACE)
    return found


@hot
def _instrument(channel, message):
    name = message.instrument_name
    code = message.instrument_id
    _is_snapshot(channel, code, True)
    reason = definition(channel, code, first_letters(name.address, name.length), 1)
    instrument = instrument_find(channel, code)
    if reason != Reason.OK or instrument < 0:
        return reason
    instrument_name_long(channel, instrument, name.address, name.length)
    _seen(channel, code)
    return trading_status(channel, instrument, message.instrument_state, 0)


@hot_call
def instrument(channel, message):
    """Instrument (templates 1000 and 1010)."""
    message_time(channel, message.creation_timestamp_ms * MILLISECOND)
    return _instrument(channel, message)
