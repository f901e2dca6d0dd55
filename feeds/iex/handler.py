"""TOPS, DEEP and DEEP+: the venue's words on the left, our verbs on the right.

A security is its symbol, eight letters: the symbol is the code, and no message can come before its security is known.
Times are nanoseconds of the Unix epoch. Prices are integers of 1e-4, sizes are shares. Order ids are unique within the
day, across all securities.
"""

from __future__ import annotations

from feedhandler.core.channel import message_time
from feedhandler.core.directory import instrument_named
from feedhandler.core.events import EventKind
from feedhandler.core.integers import shift_left
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.level_book import inside_set, level_set
from feedhandler.core.order_changes import order_change, orders_clear
from feedhandler.core.reasons import Reason
from feedhandler.core.verbs import (
    ASK,
    BID,
    announce,
    announce_market,
    cross,
    definition,
    order_add,
    order_delete,
    order_execute_at,
    restriction,
    trade,
    trade_break,
    trading_status,
)

from .codes import event_flags, modify_flags, sale_condition_flags

BUY = ord("8")
SELL = ord("5")
EVENT_COMPLETE = event_flags.bit("event processing complete")
MAINTAIN_PRIORITY = modify_flags.bit("maintain priority")
CROSS = sale_condition_flags.bit("single-price cross trade")


@hot
def _security(channel, message):
    """The message's time is set; its security by its symbol."""
    message_time(channel, message.timestamp)
    return instrument_named(channel, message.symbol, message.symbol)


@hot_call
def system_event(channel, message):
    """System Event."""
    message_time(channel, message.timestamp)
    return announce_market(channel, EventKind.SYSTEM, 0, message.system_event, 0, 0, 0)


@hot_call
def security_directory(channel, message):
    """Security Directory."""
    message_time(channel, message.timestamp)
    return definition(channel, message.symbol, message.symbol, message.round_lot_size)


@hot_call
def trading_status_message(channel, message):
    """Trading Status."""
    return trading_status(channel, _security(channel, message), message.trading_status, message.reason)


@hot_call
def retail_liquidity_indicator(channel, message):
    """Retail Liquidity Indicator."""
    instrument = _security(channel, message)
    return announce(
        channel, EventKind.INTEREST, 0, instrument, message.retail_liquidity_indicator, 0, 0, 0, 0, 0, 0
    )


@hot_call
def operational_halt_status(channel, message):
    """Operational Halt Status: of this one market."""
    instrument = _security(channel, message)
    return announce(
        channel, EventKind.OPERATIONAL_HALT, 0, instrument, 0, message.operational_halt_status, 0, 0, 0, 0, 0
    )


@hot_call
def short_sale_price_test_status(channel, message):
    """Short Sale Price Test Status."""
    return restriction(channel, _security(channel, message), message.short_sale_price_test_status)


@hot_call
def security_event(channel, message):
    """Security Event: the opening or closing process of one security is complete."""
    instrument = _security(channel, message)
    return announce(channel, EventKind.SYSTEM, 0, instrument, message.security_event, 0, 0, 0, 0, 0, 0)


@hot_call
def quote_update(channel, message):
    """Quote Update (TOPS)."""
    return inside_set(
        channel, _security(channel, message),
        message.bid_price, message.bid_size, message.ask_price, message.ask_size, message.flags,
    )  # fmt: skip


@hot
def _event(channel, message):
    """Whether the update ends the venue's event, or others of it follow."""
    channel.event_open = 0 if message.event_flags & EVENT_COMPLETE else 1


@hot_call
def price_level_update_on_the_buy_side(channel, message):
    """Price Level Update on the Buy Side (DEEP)."""
    _event(channel, message)
    return level_set(channel, _security(channel, message), BID, message.price, message.size, 0)


@hot_call
def price_level_update_on_the_sell_side(channel, message):
    """Price Level Update on the Sell Side (DEEP)."""
    _event(channel, message)
    return level_set(channel, _security(channel, message), ASK, message.price, message.size, 0)


@hot_call
def trade_report(channel, message):
    """Trade Report (TOPS, DEEP), Trade (DEEP+). Levels and orders are updated by messages of their own."""
    instrument = _security(channel, message)
    flags = message.sale_condition_flags
    if flags & CROSS:
        return cross(channel, instrument, flags, message.price, message.size, message.trade_id)
    # Which side was resting is not said.
    return trade(channel, instrument, BID, message.price, message.size, 0, message.trade_id)


@hot_call
def official_price(channel, message):
    """Official Price: opening or closing."""
    instrument = _security(channel, message)
    return announce(
        channel, EventKind.STATISTIC, 0, instrument, message.price_type, message.official_price, 0, 0, 0, 0, 0
    )


@hot_call
def trade_break_message(channel, message):
    """Trade Break."""
    return trade_break(channel, _security(channel, message), message.trade_id)


@hot_call
def auction_information(channel, message):
    """Auction Information. Side and auction type are the event's detail."""
    instrument = _security(channel, message)
    detail = message.imbalance_side + shift_left(message.auction_type, 8)
    return announce(
        channel, EventKind.IMBALANCE, detail, instrument,
        message.paired_shares, message.imbalance_shares, message.auction_book_clearing_price,
        message.indicative_clearing_price, message.reference_price, message.extension_number, 0,
    )  # fmt: skip


@hot_call
def add_order(channel, message):
    """Add Order (DEEP+)."""
    side = message.side
    if side != BUY and side != SELL:
        return Reason.MESSAGE_FIELD
    return order_add(
        channel, _security(channel, message), BID if side == BUY else ASK,
        message.order_id, message.price, message.size, 0,
    )  # fmt: skip


@hot_call
def order_modify(channel, message):
    """Order Modify (DEEP+): the size is the new whole."""
    return order_change(
        channel, _security(channel, message), BID, message.order_id_reference, message.price, message.size,
        message.modify_flags & MAINTAIN_PRIORITY,
    )  # fmt: skip


@hot_call
def order_deleted(channel, message):
    """Order Delete (DEEP+)."""
    return order_delete(channel, _security(channel, message), BID, message.order_id_reference)


@hot_call
def order_executed(channel, message):
    """Order Executed (DEEP+): perhaps at another price than the order's own."""
    return order_execute_at(
        channel, _security(channel, message), BID, message.order_id_reference, message.size, message.price,
        True, message.trade_id,
    )  # fmt: skip


@hot_call
def clear_book(channel, message):
    """Clear Book (DEEP+)."""
    return orders_clear(channel, _security(channel, message))
