"""ICE iMpact: trades, statuses, figures, auctions, definitions.

Times are milliseconds of the Unix epoch. Prices and quantities are the venue's integers: how many decimal places a
market has is said by its definition, which comes over another connection.
"""

from __future__ import annotations

from feedhandler.core.channel import message_time
from feedhandler.core.events import EventDetail, EventKind
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.long_symbols import number_letters
from feedhandler.core.reasons import Reason
from feedhandler.core.verbs import (
    ASK,
    BID,
    announce,
    definition,
    trade,
    trade_break,
    trading_status,
)

from .words import BID_SIDE, LOW_WORD, MILLISECOND, YES, market_of

REGULAR = ord(" ")
SELL = ord("2")


@hot
def _market(channel, message):
    """The message's time is set; its market."""
    message_time(channel, message.message_date_time * MILLISECOND)
    return market_of(channel, message.market_id)


# ---------------------------------------------------------------------------------------------------------- trades


@hot_call
def trade_message(channel, message):
    """Trade (message type G): only regular trades of the market itself count as its last.

    The side is the one that was met: an aggressor that sells meets a bid.
    """
    message_time(channel, message.transact_date_time * MILLISECOND)
    market = market_of(channel, message.market_id)
    side = BID if message.aggressor_side == SELL else ASK
    price, quantity, trade_id = message.price, message.quantity, message.trade_id
    regular = message.off_market_trade_indicator == REGULAR and message.is_system_priced_leg != YES
    if regular and message.is_implied_spread_at_market_open != YES and message.is_adjusted_trade != YES:
        return trade(channel, market, side, price, quantity, 0, trade_id)
    detail = side | EventDetail.UNPRINTABLE
    return announce(channel, EventKind.TRADE, detail, market, price, quantity, 0, trade_id, 0, 0, 0)


@hot_call
def spot_market_trade(channel, message):
    """Spot Market Trade (message type Y)."""
    message_time(channel, message.transact_date_time * MILLISECOND)
    market = market_of(channel, message.market_id)
    price, quantity, trade_id = message.price, message.quantity, message.trade_id
    if message.is_system_priced_leg != YES:
        return trade(channel, market, BID, price, quantity, 0, trade_id)
    return announce(
        channel, EventKind.TRADE, EventDetail.UNPRINTABLE, market, price, quantity, 0, trade_id, 0, 0, 0
    )


@hot_call
def cancelled_trade(channel, message):
    """Cancelled Trade (message type I)."""
    return trade_break(channel, _market(channel, message), message.trade_id)


@hot_call
def request_for_quote(channel, message):
    """RFQ (message type k)."""
    message_time(channel, message.message_timestamp * MILLISECOND)
    return announce(
        channel, EventKind.INTEREST, 0, market_of(channel, message.market_id), message.rfq_system_id,
        BID if message.side == BID_SIDE else ASK, message.quantity, message.underlying_market_id, 0, 0, 0,
    )  # fmt: skip


# --------------------------------------------------------------------------------------------- figures: STATISTIC
# The first value is the message's type; a price and a quantity follow, and then what else there is.


@hot
def _figure(channel, message, market, price, quantity, v3, v4, v5, v6):
    return announce(
        channel, EventKind.STATISTIC, 0, market, message.message_type, price, quantity, v3, v4, v5, v6
    )


@hot_call
def market_statistics(channel, message):
    """Market Statistics (message type J): high, volume; low, average price, block volume, EFS and EFP volume."""
    return _figure(
        channel, message, _market(channel, message), message.high, message.volume, message.low, message.vwap,
        message.block_volume, message.efs_volume + message.efp_volume,
    )  # fmt: skip


@hot_call
def end_of_day_market_summary(channel, message):
    """End of Day Market Summary (message type u): settlement, volume; opening, high, low, open interest."""
    return _figure(
        channel, message, _market(channel, message), message.settlement_price, message.volume, message.opening_price,
        message.high, message.low, message.open_interest,
    )  # fmt: skip


@hot_call
def open_interest(channel, message):
    """Open Interest (message type M), with its change."""
    return _figure(
        channel, message, _market(channel, message), 0, message.open_interest, message.open_interest_change, 0, 0, 0
    )


@hot_call
def option_open_interest(channel, message):
    """Option Open Interest (message type v)."""
    return _figure(channel, message, _market(channel, message), 0, message.open_interest, 0, 0, 0, 0)


@hot_call
def open_price(channel, message):
    """Open Price (message type N)."""
    return _figure(channel, message, _market(channel, message), message.open_price, 0, 0, 0, 0, 0)


@hot_call
def close_price(channel, message):
    """Close Price (message type c)."""
    return _figure(channel, message, _market(channel, message), message.close_price, 0, 0, 0, 0, 0)


@hot_call
def settlement_price(channel, message):
    """Settlement Price (message type O): the price, the same with the decimals of deals, whether it is official."""
    official = 1 if message.is_official == YES else 0
    return _figure(
        channel, message, _market(channel, message), message.settlement_price, 0,
        message.settlement_price_with_deal_price_precision, official, message.valuation_date_time * MILLISECOND, 0,
    )  # fmt: skip


@hot_call
def option_settlement_price(channel, message):
    """Option Settlement Price (message type w), with volatility and delta."""
    official = 1 if message.is_official == YES else 0
    return _figure(
        channel, message, _market(channel, message), message.settlement_price, 0,
        message.settlement_price_with_deal_price_precision, official, message.volatility, message.delta,
    )  # fmt: skip


@hot_call
def index_prices(channel, message):
    """Index Prices (message type z)."""
    message_time(channel, message.published_date_time * MILLISECOND)
    return _figure(channel, message, market_of(channel, message.market_id), message.price, 0, message.status, 0, 0, 0)


@hot_call
def fixing_indicative_price(channel, message):
    """Fixing Indicative Price (message type 0): the price, in which currency; it has no time of its own."""
    return _figure(
        channel, message, market_of(channel, message.market_id), message.price, 0, message.price_in_gram,
        message.iba_currency, message.num_decimals_price, message.num_decimals_price_in_gram,
    )  # fmt: skip


# ----------------------------------------------------------------------------------------------- statuses, auctions


@hot_call
def market_state_change(channel, message):
    """Market State Change (message type K)."""
    return trading_status(channel, _market(channel, message), message.trading_status, 0)


@hot_call
def market_event(channel, message):
    """Market Event (message type f)."""
    return announce(
        channel, EventKind.SYSTEM, 0, _market(channel, message), message.event_type, 0, 0, 0, 0, 0, 0
    )


@hot_call
def pre_open_price_indicator(channel, message):
    """Pre-Open Price Indicator (message type g)."""
    volume = message.pre_open_volume if message.has_pre_open_volume == YES else 0
    return announce(
        channel, EventKind.IMBALANCE, 0, _market(channel, message), volume, 0, 0, message.pre_open_price, 0, 0, 0
    )


@hot_call
def interval_price_limit_notification(channel, message):
    """Interval Price Limit Notification (message type V): both limits and how long the market is held."""
    message_time(channel, message.notification_date_time * MILLISECOND)
    return announce(
        channel, EventKind.COLLAR, message.ipl_hold_type, market_of(channel, message.market_id), 0, message.ipl_up,
        message.ipl_down, message.ipl_hold_duration, message.is_up, 0, 0,
    )  # fmt: skip


@hot_call
def fixing_transition(channel, message):
    """Fixing Transition (message type 3): a gold auction goes on."""
    return trading_status(channel, _market(channel, message), message.status, 0)


@hot_call
def fixing_lockdown(channel, message):
    """Fixing Lockdown (message type 4): what a round of a gold auction found."""
    bid, offer = message.agg_bid_qty, message.agg_offer_qty
    return announce(
        channel, EventKind.IMBALANCE, message.is_final, _market(channel, message), min(bid, offer), bid - offer, 0, 0,
        message.usd_price, message.is_balanced, message.round,
    )  # fmt: skip


# ----------------------------------------------------------------------------------------------------- definitions


@hot
def _defined(channel, message, lot_size, increment_price):
    """A market was created during the day. It keeps its id for a name, as markets that were defined elsewhere.

    The figures are its increments of price, and the number of decimal places of its orders' prices.
    """
    code = message.market_id
    market = market_of(channel, code)
    reason = definition(channel, code, number_letters(code & LOW_WORD), lot_size)
    if reason != Reason.OK or market < 0:
        return reason
    return _figure(
        channel, message, market, increment_price, message.min_qty, message.order_price_denominator, 0, 0, 0
    )


@hot_call
def new_futures_strategy_definition(channel, message):
    """New Futures Strategy Definition (message type 9)."""
    reason = _defined(channel, message, message.increment_qty, message.increment_price)
    if reason != Reason.OK:
        return reason
    return trading_status(channel, market_of(channel, message.market_id), message.trading_status, 0)


@hot_call
def new_options_strategy_definition(channel, message):
    """New Options Strategy Definition (message type U)."""
    reason = _defined(channel, message, message.increment_qty, message.increment_price)
    if reason != Reason.OK:
        return reason
    return trading_status(channel, market_of(channel, message.market_id), message.trading_status, 0)


@hot_call
def new_options_market_definition(channel, message):
    """New Options Market Definition (message type l)."""
    reason = _defined(channel, message, message.lot_size, message.increment_premium_price)
    if reason != Reason.OK:
        return reason
    return trading_status(channel, market_of(channel, message.market_id), message.trading_status, 0)


@hot_call
def new_expiry(channel, message):
    """New Expiry (message type R)."""
    return _defined(channel, message, message.lot_size, message.increment_price)
