"""B3 Binary UMDF: trades, statuses and definitions; books are in `order_handler` and `snapshots`, figures of the day
in `statistics_handler`.

Prices are integers of 1e-4, times nanoseconds of the Unix epoch. Since version 15 the time of an event is called
otherwise (transact_time) than before (md_entry_timestamp), so some messages have a handler for each.
"""

from __future__ import annotations

from feedhandler.core.book import Book
from feedhandler.core.directory import instrument_at, instrument_find, instrument_seen
from feedhandler.core.events import EventKind
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.long_symbols import instrument_name_after, instrument_name_long
from feedhandler.core.order_changes import orders_clear
from feedhandler.core.reasons import Reason
from feedhandler.core.verbs import BID, announce, announce_market, definition, no_instrument, trade, trading_status
from feedhandler.wire import Message
from feedhandler.wire.little_endian import alpha

from .words import (
    IN_SNAPSHOT,
    MARKET_NAME,
    begin,
    emptied,
    follows,
    in_loop,
    market_known,
    part_of,
    recovered,
    reported,
)

OUT_OF_SEQUENCE = 8  # of the conditions of a trade
NO_QUANTITY = -9223372036854775808
SYMBOL_LETTERS = 20
REMOVED = ord("D")
EXECUTION_SUMMARY = ord("s")


class SymbolLetters(Message, size=8):
    """The first eight letters of a symbol."""

    first_eight = alpha(8) @ 0


@hot
def _empty(channel, instrument):
    """Both books of an instrument are empty, and nothing is missing of them."""
    reason = orders_clear(channel, instrument)
    market = market_known(channel, instrument)
    if market >= 0:
        orders_clear(channel, market)
    recovered(channel, instrument)
    return reason


@hot_call
def empty_book(channel, message):
    """Empty Book (template 9): has no RptSeq, and whatever was missing before is of no account."""
    begin(channel, message.md_entry_timestamp, message.match_event_indicator)
    if in_loop(channel):
        return Reason.MESSAGE_FIELD
    instrument = instrument_seen(channel, message.security_id)
    if instrument < 0:
        return no_instrument(instrument)
    return _empty(channel, instrument) if emptied(channel, instrument) else Reason.OK


@hot_call
def channel_reset(channel, message):
    """Channel Reset (template 11): every book of the channel is empty."""
    begin(channel, message.md_entry_timestamp, message.match_event_indicator)
    if in_loop(channel):
        return Reason.MESSAGE_FIELD
    reason = announce_market(channel, EventKind.CLEAR, 0, 0, 0, 0, 0)
    for instrument in range(Book(channel.book).instrument_count):
        # MARKET books are instruments, too, and have no book of their own behind them.
        if emptied(channel, instrument):
            _empty(channel, instrument)
    return reason


@hot_call
def security_status(channel, message):
    """Security Status (template 3)."""
    code = message.security_id
    status, event = message.security_trading_status, message.security_trading_event
    looping = in_loop(channel)
    if looping and not part_of(channel, code):
        return Reason.OK
    if not looping:
        begin(channel, message.transact_time, message.match_event_indicator)
    instrument = instrument_seen(channel, code)
    if instrument < 0:
        return no_instrument(instrument)
    found = 0 if looping else follows(channel, instrument, message.rpt_seq)
    if found == IN_SNAPSHOT:
        return announce(channel, EventKind.TRADING_STATUS, 0, instrument, status, event, 0, 0, 0, 0, 0)
    return reported(trading_status(channel, instrument, status, event), found)


@hot_call
def security_group_phase(channel, message):
    """Security Group Phase (template 10): of all instruments of a group that have no status of their own."""
    if in_loop(channel):
        return Reason.OK
    begin(channel, message.transact_time, message.match_event_indicator)
    return announce_market(
        channel, EventKind.TRADING_STATUS, 0, message.trading_session_sub_id, message.security_trading_event,
        message.security_group, 0,
    )  # fmt: skip


@hot
def _definition(channel, message):
    """A definition: in the loop of definitions once, in the stream whenever something changed."""
    code = message.security_id
    instrument = instrument_find(channel, code)
    if in_loop(channel) and instrument >= 0 and instrument_at(channel, instrument).defined != 0:
        return Reason.OK
    letters = SymbolLetters(message.symbol).first_eight
    if message.security_update_action == REMOVED:
        if instrument < 0:
            return Reason.OK
        return announce(channel, EventKind.DEFINITION, REMOVED, instrument, code, letters, 0, 0, 0, 0, 0)
    lot = message.min_lot_size
    reason = definition(channel, code, letters, lot if lot != NO_QUANTITY else 1)
    instrument = instrument_find(channel, code)
    if reason != Reason.OK or instrument < 0:
        return reason
    instrument_name_long(channel, instrument, message.symbol, SYMBOL_LETTERS)
    market = market_known(channel, instrument)
    if market >= 0:
        instrument_name_after(channel, market, instrument, MARKET_NAME)
    return reason


@hot_call
def security_definition(channel, message):
    """Security Definition (templates 4 and 12)."""
    return _definition(channel, message)


# ------------------------------------------------------------------------------------------------------------ trades


@hot
def _trade(channel, message, time):
    looping = in_loop(channel)
    code = message.security_id
    if looping:
        part_of(channel, code)
        return Reason.OK
    begin(channel, time, message.match_event_indicator)
    instrument = instrument_seen(channel, code)
    if instrument < 0:
        return no_instrument(instrument)
    found = follows(channel, instrument, message.rpt_seq)
    price, quantity, trade_id = message.md_entry_px, message.md_entry_size, message.trade_id
    if found == IN_SNAPSHOT or message.trade_condition & OUT_OF_SEQUENCE != 0:
        # Told, and not the last trade of the book.
        reason = announce(channel, EventKind.TRADE, BID, instrument, price, quantity, 0, trade_id, 0, 0, 0)
    else:
        reason = trade(channel, instrument, BID, price, quantity, 0, trade_id)
    return reported(reason, found)


@hot_call
def trade_message(channel, message):
    """Trade and Forward Trade (templates 53 and 54, since version 15)."""
    return _trade(channel, message, message.transact_time)


@hot_call
def legacy_trade_message(channel, message):
    """Trade and Forward Trade before version 15 (templates 53 and 54)."""
    return _trade(channel, message, message.md_entry_timestamp)


@hot
def _told(channel, message, time, indicator, kind, detail, v0, v1, v2):
    """An event that changes no book; its number counts."""
    code = message.security_id
    if in_loop(channel):
        part_of(channel, code)
        return Reason.OK
    begin(channel, time, indicator)
    instrument = instrument_seen(channel, code)
    if instrument < 0:
        return no_instrument(instrument)
    found = follows(channel, instrument, message.rpt_seq)
    return reported(announce(channel, kind, detail, instrument, v0, v1, v2, 0, 0, 0, 0), found)


@hot_call
def trade_bust(channel, message):
    """Trade Bust (template 57, since version 15)."""
    return _told(
        channel, message, message.transact_time, message.match_event_indicator, EventKind.TRADE_BREAK, 0,
        message.trade_id, message.md_entry_px, message.md_entry_size,
    )  # fmt: skip


@hot_call
def legacy_trade_bust(channel, message):
    """Trade Bust before version 15 (template 57)."""
    return _told(
        channel, message, message.md_entry_timestamp, message.match_event_indicator, EventKind.TRADE_BREAK, 0,
        message.trade_id, message.md_entry_px, message.md_entry_size,
    )  # fmt: skip


@hot_call
def execution_summary(channel, message):
    """Execution Summary (template 55, since version 15): all that an aggressor does; its event goes on behind it."""
    return _told(
        channel, message, message.transact_time, 0, EventKind.STATISTIC, message.aggressor_side, EXECUTION_SUMMARY,
        message.last_px, message.fill_qty,
    )  # fmt: skip


@hot_call
def legacy_execution_summary(channel, message):
    """Execution Summary before version 15 (template 55)."""
    return _told(
        channel, message, message.md_entry_timestamp, 0, EventKind.STATISTIC, message.aggressor_side,
        EXECUTION_SUMMARY, message.last_px, message.fill_qty,
    )  # fmt: skip
