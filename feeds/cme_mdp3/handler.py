"""CME MDP 3.0: trades, figures of the day, statuses and definitions; books are in `book_handler`, `order_handler` and
`snapshot_handler`.

A message is a list of entries, each of an instrument of its own. Prices are integers of 1e-9 since version 9 and of
1e-7 before, which are brought to 1e-9. Times are nanoseconds of the Unix epoch.
"""

from __future__ import annotations

from feedhandler.core.channel import message_time
from feedhandler.core.directory import instrument_at, instrument_find, instrument_seen
from feedhandler.core.events import EventKind
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.long_symbols import instrument_name_after, instrument_name_long
from feedhandler.core.reasons import Reason
from feedhandler.core.verbs import ASK, BID, announce, announce_market, cross, definition, trade, trading_status
from feedhandler.wire import Message
from feedhandler.wire.little_endian import alpha

from .words import END_OF_EVENT, IMPLIED_NAME, ORDERS_NAME, begin, implied_known, orders_known, seen, worse

NEW = 0
BUY_AGGRESSOR = 1
NO_INSTRUMENT = 2147483647
TENTH_MICROS = 100  # steps of 1e-9 in one of 1e-7
NO_PRICE = 9223372036854775807
GBX = int.from_bytes(b"GBX", "big")
GBI = int.from_bytes(b"GBI", "big")
SYMBOL_LETTERS = 20


class SymbolLetters(Message, size=8):
    """The first eight letters of a symbol."""

    first_eight = alpha(8) @ 0


@hot
def _trades(channel, message, scale):
    begin(channel, message)
    worst = Reason.OK
    for entry in message.no_md_entries:
        instrument = seen(channel, entry.security_id, entry.rpt_seq)
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
        worst = worse(worst, reason)
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
    begin(channel, message)
    worst = Reason.OK
    for entry in message.no_md_entries:
        reason = cross(
            channel, seen(channel, entry.security_id, entry.rpt_seq), entry.md_update_action,
            entry.md_entry_px * TENTH_MICROS, entry.md_entry_size, 0,
        )  # fmt: skip
        worst = worse(worst, reason)
    return worst


@hot_call
def incremental_refresh_volume(channel, message):
    """Incremental Refresh Volume (templates 37, 66): the volume of the day so far."""
    begin(channel, message)
    worst = Reason.OK
    for entry in message.no_md_entries:
        reason = announce(
            channel, EventKind.STATISTIC, entry.md_update_action, seen(channel, entry.security_id, entry.rpt_seq),
            ord("e"), 0, entry.md_entry_size, 0, 0, 0, 0,
        )  # fmt: skip
        worst = worse(worst, reason)
    return worst


@hot
def _statistics(channel, message, scale):
    begin(channel, message)
    worst = Reason.OK
    for entry in message.no_md_entries:
        price = entry.md_entry_px
        if price != NO_PRICE:
            price *= scale
        reason = announce(
            channel, EventKind.STATISTIC, entry.md_update_action, seen(channel, entry.security_id, entry.rpt_seq),
            entry.md_entry_type, price, entry.md_entry_size, 0, 0, 0, 0,
        )  # fmt: skip
        worst = worse(worst, reason)
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
    begin(channel, message)
    worst = Reason.OK
    for entry in message.no_md_entries:
        reason = announce(
            channel, EventKind.COLLAR, 0, seen(channel, entry.security_id, entry.rpt_seq),
            0, entry.high_limit_price, entry.low_limit_price, entry.max_price_variation, 0, 0, 0,
        )  # fmt: skip
        worst = worse(worst, reason)
    return worst


@hot_call
def incremental_refresh_limits_banding(channel, message):
    """Incremental Refresh Limits and Banding (templates 34, 50); an absent limit is the null of the schema."""
    return _limits(channel, message)


@hot_call
def security_status(channel, message):
    """Security Status (template 30): of an instrument, or of a whole group."""
    begin(channel, message)
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
    begin(channel, message)
    return trading_status(
        channel, instrument_seen(channel, message.security_id), message.security_trading_status, message.halt_reason
    )


@hot_call
def quote_request(channel, message):
    """Quote Request (template 39)."""
    begin(channel, message)
    worst = Reason.OK
    for entry in message.no_related_sym:
        reason = announce(
            channel, EventKind.INTEREST, 0, instrument_seen(channel, entry.security_id),
            entry.quote_type, entry.side, entry.order_qty, 0, 0, 0, 0,
        )  # fmt: skip
        worst = worse(worst, reason)
    return worst


@hot_call
def collateral_market_value(channel, message):
    """Collateral Market Value (template 62): announced for the market."""
    begin(channel, message)
    return announce_market(channel, EventKind.STATISTIC, 0, message.template_id, 0, 0, 0)


@hot_call
def instrument_definition(channel, message):
    """Instrument Definition (templates 27, 29, 41, 54 to 58, 63)."""
    message_time(channel, message.last_update_time)
    channel.event_open = 1 if message.match_event_indicator & END_OF_EVENT == 0 else 0
    code = message.security_id
    reason = definition(channel, code, SymbolLetters(message.symbol).first_eight, 1)
    instrument = instrument_find(channel, code)
    if instrument < 0:
        return reason
    instrument_name_long(channel, instrument, message.symbol, SYMBOL_LETTERS)
    for feed_type in message.no_md_feed_types:
        known = instrument_at(channel, instrument)
        if feed_type.md_feed_type == GBX:
            known.spare_0 = known.spare_0 & ~255 | feed_type.market_depth & 255
        elif feed_type.md_feed_type == GBI:
            known.spare_0 = known.spare_0 & 255 | (feed_type.market_depth & 255) << 8
    implied, orders = implied_known(channel, instrument), orders_known(channel, instrument)
    if implied >= 0:
        instrument_name_after(channel, implied, instrument, IMPLIED_NAME)
    if orders >= 0:
        instrument_name_after(channel, orders, instrument, ORDERS_NAME)
    return reason
