"""TotalView-ITCH 5.0: the venue's words on the left, our verbs on the right.

Times are nanoseconds since midnight, Eastern time. Order references are unique within the day, across all stocks. An
order's side and stock are those of the order it replaces. Prices are integers of 1e-4, quantities are shares.
"""

from __future__ import annotations

from feedhandler.core.channel import message_time
from feedhandler.core.directory import instrument_named, instrument_seen
from feedhandler.core.events import EventKind
from feedhandler.core.integers import shift_left
from feedhandler.core.jit import hot, hot_call
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
    order_execute,
    order_execute_at,
    order_reduce,
    order_replace,
    restriction,
    trade,
    trade_break,
    trading_status,
)

BUY = ord("B")
SELL = ord("S")
PRINTABLE = ord("Y")


@hot_call
def system_event(channel, message):
    """System Event (1.1)."""
    message_time(channel, message.timestamp)
    return announce_market(channel, EventKind.SYSTEM, 0, message.event_code, 0, 0, 0)


@hot_call
def stock_directory(channel, message):
    """Stock Directory (1.2.1)."""
    message_time(channel, message.timestamp)
    return definition(channel, message.stock_locate, message.stock, message.round_lot_size)


@hot_call
def stock_trading_action(channel, message):
    """Stock Trading Action (1.2.2)."""
    message_time(channel, message.timestamp)
    instrument = instrument_named(channel, message.stock_locate, message.stock)
    return trading_status(channel, instrument, message.trading_state, message.reason)


@hot_call
def reg_sho_restriction(channel, message):
    """Reg SHO Short Sale Price Test Restricted Indicator (1.2.3)."""
    message_time(channel, message.timestamp)
    return restriction(
        channel, instrument_named(channel, message.stock_locate, message.stock), message.reg_sho_action
    )


@hot_call
def market_participant_position(channel, message):
    """Market Participant Position (1.2.4)."""
    message_time(channel, message.timestamp)
    return announce(
        channel, EventKind.PARTICIPANT, 0, instrument_named(channel, message.stock_locate, message.stock),
        message.mpid, message.primary_market_maker, message.market_maker_mode, message.market_participant_state,
        0, 0, 0,
    )  # fmt: skip


@hot_call
def mwcb_decline_level(channel, message):
    """MWCB Decline Level (1.2.5.1). Prices here have eight decimal places."""
    message_time(channel, message.timestamp)
    return announce_market(
        channel, EventKind.CIRCUIT_BREAKER, 0, message.level_1, message.level_2, message.level_3, 0
    )


@hot_call
def mwcb_status(channel, message):
    """MWCB Status (1.2.5.2)."""
    message_time(channel, message.timestamp)
    return announce_market(channel, EventKind.CIRCUIT_BREAKER, 1, 0, 0, 0, message.breached_level)


@hot_call
def quoting_period_update(channel, message):
    """Quoting Period Update (1.2.6). The release time is in seconds since midnight."""
    message_time(channel, message.timestamp)
    return announce(
        channel, EventKind.QUOTATION, 0, instrument_named(channel, message.stock_locate, message.stock),
        message.ipo_quotation_release_time, message.ipo_quotation_release_qualifier, message.ipo_price,
        0, 0, 0, 0,
    )  # fmt: skip


@hot_call
def luld_auction_collar(channel, message):
    """Limit Up - Limit Down Auction Collar (1.2.7)."""
    message_time(channel, message.timestamp)
    return announce(
        channel, EventKind.COLLAR, 0, instrument_named(channel, message.stock_locate, message.stock),
        message.auction_collar_reference_price, message.upper_auction_collar_price,
        message.lower_auction_collar_price, message.auction_collar_extension, 0, 0, 0,
    )  # fmt: skip


@hot_call
def operational_halt(channel, message):
    """Operational Halt (1.2.8)."""
    message_time(channel, message.timestamp)
    return announce(
        channel, EventKind.OPERATIONAL_HALT, 0, instrument_named(channel, message.stock_locate, message.stock),
        message.market_code, message.operational_halt_action, 0, 0, 0, 0, 0,
    )  # fmt: skip


@hot
def _add(channel, message, attribution):
    indicator = message.buy_sell_indicator
    if indicator != BUY and indicator != SELL:
        return Reason.MESSAGE_FIELD
    message_time(channel, message.timestamp)
    return order_add(
        channel, instrument_named(channel, message.stock_locate, message.stock), BID if indicator == BUY else ASK,
        message.order_reference_number, message.price, message.shares, attribution,
    )  # fmt: skip


@hot_call
def add_order(channel, message):
    """Add Order, no MPID attribution (1.3.1)."""
    return _add(channel, message, 0)


@hot_call
def add_order_with_mpid_attribution(channel, message):
    """Add Order with MPID attribution (1.3.2)."""
    return _add(channel, message, message.attribution)


@hot_call
def order_executed(channel, message):
    """Order Executed (1.4.1): at the order's own price, printed."""
    message_time(channel, message.timestamp)
    return order_execute(
        channel, instrument_seen(channel, message.stock_locate), BID,
        message.order_reference_number, message.executed_shares, message.match_number,
    )  # fmt: skip


@hot_call
def order_executed_with_price(channel, message):
    """Order Executed With Price (1.4.2). A non-printable execution is part of a cross, which prints it in bulk."""
    message_time(channel, message.timestamp)
    return order_execute_at(
        channel, instrument_seen(channel, message.stock_locate), BID,
        message.order_reference_number, message.executed_shares, message.execution_price,
        message.printable == PRINTABLE, message.match_number,
    )  # fmt: skip


@hot_call
def order_cancel(channel, message):
    """Order Cancel (1.4.3): part of an order."""
    message_time(channel, message.timestamp)
    return order_reduce(
        channel, instrument_seen(channel, message.stock_locate), BID,
        message.order_reference_number, message.cancelled_shares,
    )  # fmt: skip


@hot_call
def order_deleted(channel, message):
    """Order Delete (1.4.4)."""
    message_time(channel, message.timestamp)
    return order_delete(
        channel, instrument_seen(channel, message.stock_locate), BID, message.order_reference_number
    )


@hot_call
def order_replaced(channel, message):
    """Order Replace (1.4.5): the new order stands at the end of its queue."""
    message_time(channel, message.timestamp)
    return order_replace(
        channel, instrument_seen(channel, message.stock_locate), BID,
        message.original_order_reference_number, message.new_order_reference_number,
        message.price, message.shares,
    )  # fmt: skip


@hot_call
def trade_message(channel, message):
    """Trade, non-cross (1.5.1): against an order that was not displayed."""
    message_time(channel, message.timestamp)
    return trade(
        channel, instrument_named(channel, message.stock_locate, message.stock),
        ASK if message.buy_sell_indicator == SELL else BID,
        message.price, message.shares, message.order_reference_number, message.match_number,
    )  # fmt: skip


@hot_call
def cross_trade(channel, message):
    """Cross Trade (1.5.2)."""
    message_time(channel, message.timestamp)
    return cross(
        channel, instrument_named(channel, message.stock_locate, message.stock), message.cross_type,
        message.cross_price, message.shares, message.match_number,
    )  # fmt: skip


@hot_call
def broken_trade(channel, message):
    """Broken Trade (1.5.3)."""
    message_time(channel, message.timestamp)
    return trade_break(channel, instrument_seen(channel, message.stock_locate), message.match_number)


@hot_call
def net_order_imbalance_indicator(channel, message):
    """Net Order Imbalance Indicator (1.6). Direction and cross type are the event's detail."""
    message_time(channel, message.timestamp)
    detail = message.imbalance_direction + shift_left(message.cross_type, 8)
    return announce(
        channel, EventKind.IMBALANCE, detail, instrument_named(channel, message.stock_locate, message.stock),
        message.paired_shares, message.imbalance_shares, message.far_price, message.near_price,
        message.current_reference_price, message.price_variation_indicator, 0,
    )  # fmt: skip


@hot_call
def retail_price_improvement_indicator(channel, message):
    """Retail Price Improvement Indicator (1.7)."""
    message_time(channel, message.timestamp)
    return announce(
        channel, EventKind.INTEREST, 0, instrument_named(channel, message.stock_locate, message.stock),
        message.interest_flag, 0, 0, 0, 0, 0, 0,
    )  # fmt: skip


@hot_call
def price_discovery(channel, message):
    """Direct Listing with Capital Raise Price Discovery (1.8)."""
    message_time(channel, message.timestamp)
    return announce(
        channel, EventKind.PRICE_DISCOVERY, 0, instrument_named(channel, message.stock_locate, message.stock),
        message.open_eligibility_status, message.minimum_allowable_price, message.maximum_allowable_price,
        message.near_execution_price, message.near_execution_time, message.lower_price_range_collar,
        message.upper_price_range_collar,
    )  # fmt: skip
