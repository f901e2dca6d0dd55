"""Coinbase Derivatives UDP Market Data API 1.2, snapshots: one instrument after another, on lines beside the stream.

A snapshot is a start with the instrument's definition, its orders, and an end, numbered from 0, in one packet or
several; the packets name the instrument and the last incremental message that it holds. It is used where a book is not
trusted, if it reaches as far as the stream has lost something and if nothing behind it was applied yet; what the stream
still says of the time before is passed over. A busy instrument may therefore need several rounds: changes that arrived
behind the snapshot are not kept to be applied again. Lines A and B may bring the same one: parts that came are passed
over.
"""

from __future__ import annotations

from feedhandler.core.book import Book, book_traded
from feedhandler.core.channel import message_time
from feedhandler.core.directory import instrument_at, instrument_seen
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.order_changes import orders_clear
from feedhandler.core.ranked_orders import order_add_ranked
from feedhandler.core.reasons import Reason
from feedhandler.core.sequencer import Sequencer
from feedhandler.core.verbs import ASK, BID, no_instrument
from feedhandler.core.verbs import trading_status as status_set

from .handler import (
    NO_PRICE,
    OPEN_INTEREST,
    PRIOR_SETTLEMENT,
    SETTLEMENT,
    TRADE_VOLUME,
    day_price,
    implied_set,
    instrument_define,
    limits_announce,
    statistic,
)
from .words import (
    Building,
    building_of,
    goes_on,
    implied_known,
    implied_of,
    position_of,
    recovered,
    trusted,
    worse,
)

OPENING, CLOSE, HIGH, LOW, INDICATIVE = (ord(letter) for letter in "4578I")


@hot
def _reaches(sequencer, processed):
    """Whether a snapshot holds everything up to the last message that the stream lost."""
    return processed + 1 >= max(sequencer.joined_at, sequencer.lost_end)


@hot
def _start(channel, message):
    sequencer = Sequencer(channel.sequencer)
    processed = sequencer.loop_number
    if processed == 0 or message.snapshot_seq_num != 0 or message.order_count < 0:
        return Reason.MESSAGE_FIELD
    code = sequencer.loop_subject
    instrument = instrument_seen(channel, code)
    if instrument < 0:
        return no_instrument(instrument)
    known = instrument_at(channel, instrument)
    if known.defined == 0:
        instrument_define(channel, code, message.symbol)
    position = position_of(message.trading_session_date, message.last_instr_seq_num)
    last = abs(known.spare_1)
    if trusted(channel, instrument) or position < last or not _reaches(sequencer, processed):
        return Reason.OK
    if position == last:
        # Nothing of it was lost: if it was right before the last loss of trust, it is, place in queues included.
        goes_on(channel, instrument)
        if trusted(channel, instrument):
            return Reason.OK
    building = Building(channel.feed_state)
    if building_of(channel, code) and building.sequence == processed and building.position == position:
        return Reason.OK
    building.epoch = channel.epoch
    building.code = code
    building.sequence = processed
    building.position = position
    building.next = 1
    building.orders = message.order_count
    known.spare_2 = 0
    # The book is then the venue's at the snapshot's message, which the stream may not have reached.
    reached = channel.sequence
    channel.sequence = max(reached, processed)
    orders_clear(channel, instrument)
    status_set(channel, instrument, message.trading_status, 0)
    channel.sequence = reached
    return Reason.OK


@hot_call
def start_of_outright_instrument_snapshot(channel, message):
    """Start of Outright Instrument Snapshot (template 110)."""
    return _start(channel, message)


@hot_call
def start_of_spread_instrument_snapshot(channel, message):
    """Start of Spread Instrument Snapshot (template 111)."""
    return _start(channel, message)


@hot
def _part(channel, number):
    """Whether a message is the next one of the snapshot that is coming."""
    sequencer = Sequencer(channel.sequencer)
    building = Building(channel.feed_state)
    if not building_of(channel, sequencer.loop_subject) or building.sequence != sequencer.loop_number:
        return False
    return number == building.next


@hot_call
def order_snapshot(channel, message):
    """Order Snapshot (template 120): one order; a negative quantity is on offer."""
    if Sequencer(channel.sequencer).loop_number == 0:
        return Reason.MESSAGE_FIELD
    if not _part(channel, message.snapshot_seq_num):
        return Reason.OK
    building = Building(channel.feed_state)
    instrument = instrument_seen(channel, building.code)
    quantity = message.quantity
    if building.orders == 0 or quantity == 0 or instrument < 0:
        building.epoch = 0
        return Reason.MESSAGE_FIELD if instrument >= 0 else no_instrument(instrument)
    building.next += 1
    building.orders -= 1
    message_time(channel, message.transact_time)
    reached = channel.sequence
    channel.sequence = max(reached, building.sequence)
    reason = order_add_ranked(
        channel, instrument, BID if quantity > 0 else ASK, message.order_id, message.price, abs(quantity),
        message.transact_time,
    )  # fmt: skip
    channel.sequence = reached
    if reason != Reason.OK:
        building.epoch = 0
    return reason


@hot_call
def _implied(channel, instrument, code, message):
    """The implied book of a snapshot; made only where it has a level."""
    book = implied_known(channel, instrument)
    if book < 0 and message.best_bid_implied_price == NO_PRICE and message.best_ask_implied_price == NO_PRICE:
        return Reason.OK
    book = implied_of(channel, instrument, code)
    if book < 0:
        return no_instrument(book)
    reason = implied_set(
        channel, book, BID, message.best_bid_implied_price, message.best_bid_implied_qty,
        message.next_bid_implied_price, message.next_bid_implied_qty,
    )  # fmt: skip
    return worse(reason, implied_set(
        channel, book, ASK, message.best_ask_implied_price, message.best_ask_implied_qty,
        message.next_ask_implied_price, message.next_ask_implied_qty,
    ))  # fmt: skip


@hot_call
def _figures(channel, instrument, message):
    """The figures of the day that a snapshot repeats."""
    limits_announce(channel, instrument, message.limit_down_price, message.limit_up_price)
    day_price(channel, instrument, OPENING, message.day_open_price)
    day_price(channel, instrument, CLOSE, message.close_price)
    day_price(channel, instrument, SETTLEMENT, message.settlement_price)
    day_price(channel, instrument, PRIOR_SETTLEMENT, message.prior_settlement_price)
    day_price(channel, instrument, HIGH, message.high_price)
    day_price(channel, instrument, LOW, message.low_price)
    day_price(channel, instrument, INDICATIVE, message.indicative_open_price)
    statistic(channel, instrument, TRADE_VOLUME, message.vwap_price, message.trade_volume)
    statistic(channel, instrument, OPEN_INTEREST, 0, message.open_interest)
    if message.last_trade_price != NO_PRICE and message.last_trade_qty > 0:
        book_traded(channel, Book(channel.book), instrument, message.last_trade_price, message.last_trade_qty)


@hot_call
def end_of_snapshot(channel, message):
    """End of Snapshot (template 122): the book is the venue's, if nothing is missing of it."""
    if Sequencer(channel.sequencer).loop_number == 0:
        return Reason.MESSAGE_FIELD
    if not _part(channel, message.snapshot_seq_num):
        return Reason.OK
    building = Building(channel.feed_state)
    building.epoch = 0
    code = building.code
    instrument = instrument_seen(channel, code)
    if building.orders != 0 or instrument < 0:
        return Reason.MESSAGE_FIELD if instrument >= 0 else no_instrument(instrument)
    reached = channel.sequence
    channel.sequence = max(reached, building.sequence)
    reason = _implied(channel, instrument, code, message)
    _figures(channel, instrument, message)
    if reason == Reason.OK:
        known = instrument_at(channel, instrument)
        known.spare_1 = -building.position
        known.spare_2 = channel.epoch
        recovered(channel, instrument)
    channel.sequence = reached
    return reason
