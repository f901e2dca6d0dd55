"""CME MDP 3.0: the venue's words on the left, our verbs on the right.

A message is a list of entries, each of an instrument of its own. Books are by level number: new, change, delete, delete
from, delete through, overlay. Implied levels are kept apart: they are events and no part of the book. Orders (market by
order) are events too; the book has levels. Prices are integers of 1e-9 since version 9 and of 1e-7 before, which are
brought to 1e-9. Times are nanoseconds of the Unix epoch.

`spare_0` of an instrument is the depth of its book, from its definition; 0 where that was not heard.
"""

from __future__ import annotations

from feedhandler.core.book import Book
from feedhandler.core.channel import message_time
from feedhandler.core.directory import instrument_at, instrument_find, instrument_seen
from feedhandler.core.events import EventKind
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.level_book import (
    BOTH_SIDES,
    level_change_at,
    level_insert_at,
    levels_clear,
    levels_delete_at,
)
from feedhandler.core.long_symbols import instrument_name_long
from feedhandler.core.reasons import Reason
from feedhandler.core.verbs import ASK, BID, announce, announce_market, cross, definition, trade, trading_status
from feedhandler.wire import Message
from feedhandler.wire.little_endian import alpha

NEW, CHANGE, DELETE, DELETE_THRU, DELETE_FROM, OVERLAY = range(6)
BID_ENTRY = ord("0")
OFFER_ENTRY = ord("1")
IMPLIED_BID = ord("E")
IMPLIED_OFFER = ord("F")
BOOK_RESET = ord("J")
DEPTH = 10
IMPLIED = 8  # bit of the event's detail: a level or order of the implied book
ORDERS = 16  # bit of the event's detail: of the book by order
BUY_AGGRESSOR = 1
NO_INSTRUMENT = 2147483647
TENTH_MICROS = 100  # steps of 1e-9 in one of 1e-7
NO_PRICE = 9223372036854775807
GBX = int.from_bytes(b"GBX", "big")
SYMBOL_LETTERS = 20


class SymbolLetters(Message, size=8):
    """The first eight letters of a symbol."""

    first_eight = alpha(8) @ 0


@hot
def _worse(first, second):
    """The reason to report of two."""
    return second if first == Reason.OK else first


@hot
def _depth(channel, instrument):
    depth = instrument_at(channel, instrument).spare_0
    return depth if depth > 0 else DEPTH


@hot
def _entry(channel, instrument, kind, action, number, price, quantity, orders):
    """One entry of a book by level."""
    if kind == BOOK_RESET:
        return levels_clear(channel, instrument, BOTH_SIDES)
    if kind in (IMPLIED_BID, IMPLIED_OFFER):
        side = BID if kind == IMPLIED_BID else ASK
        return announce(channel, EventKind.LEVEL, side | IMPLIED, instrument, price, quantity, 0, number, action, 0, 0)
    if kind != BID_ENTRY and kind != OFFER_ENTRY:
        return announce(channel, EventKind.STATISTIC, 0, instrument, kind, price, quantity, 0, 0, 0, 0)
    side = BID if kind == BID_ENTRY else ASK
    if instrument < 0:
        return levels_clear(channel, instrument, side)
    if action == NEW:
        depth = _depth(channel, instrument)
        return level_insert_at(channel, instrument, side, number, price, quantity, orders, depth)
    if action in (CHANGE, OVERLAY):
        return level_change_at(channel, instrument, side, number, price, quantity, orders)
    if action == DELETE:
        return levels_delete_at(channel, instrument, side, number, number)
    if action == DELETE_THRU:
        return levels_delete_at(channel, instrument, side, 1, number)
    if action == DELETE_FROM:
        return levels_delete_at(channel, instrument, side, number, 255)
    return Reason.MESSAGE_FIELD


@hot
def _book(channel, message, scale):
    message_time(channel, message.transact_time)
    worst = Reason.OK
    for entry in message.no_md_entries:
        instrument = instrument_seen(channel, entry.security_id)
        reason = _entry(
            channel, instrument, entry.md_entry_type, entry.md_update_action, entry.md_price_level,
            entry.md_entry_px * scale, entry.md_entry_size, entry.number_of_orders,
        )  # fmt: skip
        worst = _worse(worst, reason)
    return worst


@hot_call
def incremental_refresh_book(channel, message):
    """Incremental Refresh Book (templates 46, 64)."""
    return _book(channel, message, 1)


@hot_call
def legacy_incremental_refresh_book(channel, message):
    """Incremental Refresh Book before version 9 (template 32)."""
    return _book(channel, message, TENTH_MICROS)


@hot
def _orders(channel, message, scale):
    """A book by order: each entry an event."""
    message_time(channel, message.transact_time)
    worst = Reason.OK
    for entry in message.no_md_entries:
        action = entry.md_update_action
        kind = EventKind.REPLACE
        if action == NEW:
            kind = EventKind.ADD
        elif action == DELETE:
            kind = EventKind.DELETE
        reason = announce(
            channel, kind, (ASK if entry.md_entry_type == OFFER_ENTRY else BID) | ORDERS,
            instrument_seen(channel, entry.security_id), entry.md_entry_px * scale, entry.md_display_qty,
            entry.order_id, entry.md_order_priority, 0, 0, 0,
        )  # fmt: skip
        worst = _worse(worst, reason)
    return worst


@hot_call
def incremental_refresh_order_book(channel, message):
    """Incremental Refresh Order Book (template 47)."""
    return _orders(channel, message, 1)


@hot_call
def legacy_incremental_refresh_order_book(channel, message):
    """Incremental Refresh Order Book before version 9 (template 43)."""
    return _orders(channel, message, TENTH_MICROS)


@hot
def _trades(channel, message, scale):
    message_time(channel, message.transact_time)
    worst = Reason.OK
    for entry in message.no_md_entries:
        instrument = instrument_seen(channel, entry.security_id)
        price, quantity = entry.md_entry_px * scale, entry.md_entry_size
        if entry.md_update_action != NEW:
            # A correction or cancellation of an earlier trade, by its entry id.
            reason = announce(
                channel, EventKind.TRADE_BREAK, 0, instrument, entry.md_trade_entry_id, price, quantity, 0, 0, 0, 0
            )
        else:
            # The resting side is the other one than the aggressor's.
            side = ASK if entry.aggressor_side == BUY_AGGRESSOR else BID
            reason = trade(channel, instrument, side, price, quantity, 0, entry.md_trade_entry_id)
        worst = _worse(worst, reason)
    return worst


@hot_call
def incremental_refresh_trade_summary(channel, message):
    """Incremental Refresh Trade Summary (templates 48, 65)."""
    return _trades(channel, message, 1)


@hot_call
def legacy_incremental_refresh_trade_summary(channel, message):
    """Incremental Refresh Trade Summary before version 9 (template 42)."""
    return _trades(channel, message, TENTH_MICROS)


@hot_call
def legacy_incremental_refresh_trade(channel, message):
    """Incremental Refresh Trade before version 9 (template 36): trades of leased or cross lines, in bulk."""
    message_time(channel, message.transact_time)
    worst = Reason.OK
    for entry in message.no_md_entries:
        reason = cross(
            channel, instrument_seen(channel, entry.security_id), entry.md_update_action,
            entry.md_entry_px * TENTH_MICROS, entry.md_entry_size, 0,
        )  # fmt: skip
        worst = _worse(worst, reason)
    return worst


@hot_call
def incremental_refresh_volume(channel, message):
    """Incremental Refresh Volume (templates 37, 66): the volume of the day so far."""
    message_time(channel, message.transact_time)
    worst = Reason.OK
    for entry in message.no_md_entries:
        reason = announce(
            channel, EventKind.STATISTIC, entry.md_update_action, instrument_seen(channel, entry.security_id),
            ord("e"), 0, entry.md_entry_size, 0, 0, 0, 0,
        )  # fmt: skip
        worst = _worse(worst, reason)
    return worst


@hot
def _statistics(channel, message, scale):
    message_time(channel, message.transact_time)
    worst = Reason.OK
    for entry in message.no_md_entries:
        price = entry.md_entry_px
        if price != NO_PRICE:
            price *= scale
        reason = announce(
            channel, EventKind.STATISTIC, entry.md_update_action, instrument_seen(channel, entry.security_id),
            entry.md_entry_type, price, entry.md_entry_size, 0, 0, 0, 0,
        )  # fmt: skip
        worst = _worse(worst, reason)
    return worst


@hot_call
def incremental_refresh_statistics(channel, message):
    """Incremental Refresh Daily and Session Statistics (templates 49, 51, 67): the entry's type says which figure."""
    return _statistics(channel, message, 1)


@hot_call
def legacy_incremental_refresh_statistics(channel, message):
    """The same before version 9 (templates 33, 35)."""
    return _statistics(channel, message, TENTH_MICROS)


@hot
def _limits(channel, message):
    message_time(channel, message.transact_time)
    worst = Reason.OK
    for entry in message.no_md_entries:
        reason = announce(
            channel, EventKind.COLLAR, 0, instrument_seen(channel, entry.security_id),
            0, entry.high_limit_price, entry.low_limit_price, entry.max_price_variation, 0, 0, 0,
        )  # fmt: skip
        worst = _worse(worst, reason)
    return worst


@hot_call
def incremental_refresh_limits_banding(channel, message):
    """Incremental Refresh Limits and Banding (templates 34, 50); an absent limit is the null of the schema."""
    return _limits(channel, message)


@hot_call
def security_status(channel, message):
    """Security Status (template 30): of an instrument, or of a whole group."""
    message_time(channel, message.transact_time)
    code = message.security_id
    status = message.security_trading_status
    if code == NO_INSTRUMENT:
        return announce_market(
            channel, EventKind.TRADING_STATUS, 0, status, message.halt_reason, message.security_group, message.asset
        )
    return trading_status(channel, instrument_seen(channel, code), status, message.halt_reason)


@hot_call
def security_status_workup(channel, message):
    """Security Status Workup (template 60)."""
    message_time(channel, message.transact_time)
    return trading_status(
        channel, instrument_seen(channel, message.security_id), message.security_trading_status, message.halt_reason
    )


@hot_call
def channel_reset(channel, message):
    """Channel Reset (template 4): every book of the channel is empty."""
    message_time(channel, message.transact_time)
    reason = announce_market(channel, EventKind.CLEAR, 0, 0, 0, 0, 0)
    for instrument in range(Book(channel.book).instrument_count):
        reason = levels_clear(channel, instrument, BOTH_SIDES)
    return reason


@hot_call
def quote_request(channel, message):
    """Quote Request (template 39)."""
    message_time(channel, message.transact_time)
    worst = Reason.OK
    for entry in message.no_related_sym:
        reason = announce(
            channel, EventKind.INTEREST, 0, instrument_seen(channel, entry.security_id),
            entry.quote_type, entry.side, entry.order_qty, 0, 0, 0, 0,
        )  # fmt: skip
        worst = _worse(worst, reason)
    return worst


@hot_call
def collateral_market_value(channel, message):
    """Collateral Market Value (template 62): announced for the market."""
    message_time(channel, message.transact_time)
    return announce_market(channel, EventKind.STATISTIC, 0, message.template_id, 0, 0, 0)


@hot_call
def instrument_definition(channel, message):
    """Instrument Definition (templates 27, 29, 41, 54 to 58, 63)."""
    message_time(channel, message.last_update_time)
    code = message.security_id
    reason = definition(channel, code, SymbolLetters(message.symbol).first_eight, 1)
    instrument = instrument_find(channel, code)
    if instrument < 0:
        return reason
    instrument_name_long(channel, instrument, message.symbol, SYMBOL_LETTERS)
    for feed_type in message.no_md_feed_types:
        if feed_type.md_feed_type == GBX:
            instrument_at(channel, instrument).spare_0 = feed_type.market_depth
    return reason
