"""Multicast PITCH: the venue's words on the left, our verbs on the right.

A unit's times are nanoseconds since the second of its last Time message, which the channel keeps: seconds since
midnight Eastern for equities and options, of the Unix epoch for futures. Only what is new names its symbol; everything
else names an order, which knows its instrument. Order ids are unique within a day. A symbol is its own code, padded to
eight letters. Prices are brought to 1e-4.
"""

from __future__ import annotations

from feedhandler.core.directory import instrument_named
from feedhandler.core.events import EventKind
from feedhandler.core.integers import shift_left
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.order_changes import (
    channel_clear,
    order_change,
    order_nowhere,
    order_owner,
    order_settle,
)
from feedhandler.core.reasons import Reason
from feedhandler.core.seconds import second_begins, second_time
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
    restriction,
    trade,
    trading_status,
)

from .codes import modify_flags

BUY = ord("B")
SELL = ord("S")
MAINTAIN_PRIORITY = modify_flags.bit("maintain priority")
CENT = 100  # steps of 1e-4
BLANKS = 0x2020


@hot
def _time(channel, message):
    second_time(channel, message.time_offset)


@hot
def _padded(symbol):
    """Six letters as eight."""
    return shift_left(symbol, 16) | BLANKS


@hot
def _instrument(channel, symbol):
    return instrument_named(channel, symbol, symbol)


# ---------------------------------------------------------------------------------------------------------- the unit


@hot_call
def time(channel, message):
    """Time: the second begins."""
    return second_begins(channel, message.time)


@hot_call
def futures_time(channel, message):
    """Time of futures: the second of the Unix epoch."""
    return second_begins(channel, message.epoch)


@hot_call
def unit_clear(channel, message):
    """Unit Clear."""
    _time(channel, message)
    return channel_clear(channel)


@hot_call
def end_of_session(channel, message):
    """End of Session."""
    _time(channel, message)
    return announce_market(channel, EventKind.SYSTEM, 0, message.message_type, 0, 0, 0)


# ------------------------------------------------------------------------------------------------------------ orders


@hot
def _add(channel, message, symbol, price, attribution):
    side = message.side_indicator
    if side != BUY and side != SELL:
        return Reason.MESSAGE_FIELD
    _time(channel, message)
    return order_add(
        channel, _instrument(channel, symbol), BID if side == BUY else ASK, message.order_id, price, message.quantity,
        attribution,
    )  # fmt: skip


@hot_call
def add_order_long(channel, message):
    """Add Order, long."""
    return _add(channel, message, _padded(message.symbol), message.price, 0)


@hot_call
def add_order_short(channel, message):
    """Add Order, short: the price has two decimal places."""
    return _add(channel, message, _padded(message.symbol), message.price * CENT, 0)


@hot_call
def add_order_expanded(channel, message):
    """Add Order, expanded."""
    return _add(channel, message, message.symbol, message.price, message.participant_id)


@hot_call
def order_executed(channel, message):
    """Order Executed."""
    _time(channel, message)
    order = message.order_id
    instrument = order_owner(channel, order)
    if instrument < 0:
        return order_nowhere(channel, EventKind.EXECUTE, 0, message.executed_quantity, order, message.execution_id)
    return order_execute(channel, instrument, BID, order, message.executed_quantity, message.execution_id)


@hot_call
def order_executed_at_price_size(channel, message):
    """Order Executed at Price/Size: what remains is said, and may be less than the execution left."""
    _time(channel, message)
    order = message.order_id
    instrument = order_owner(channel, order)
    quantity, price = message.executed_quantity, message.price
    if instrument < 0:
        return order_nowhere(channel, EventKind.EXECUTE, price, quantity, order, message.execution_id)
    reason = order_execute_at(channel, instrument, BID, order, quantity, price, True, message.execution_id)
    if reason != Reason.OK:
        return reason
    return order_settle(channel, instrument, BID, order, message.remaining_quantity)


@hot_call
def reduce_size(channel, message):
    """Reduce Size, long and short: the quantity is what the order lost."""
    _time(channel, message)
    order = message.order_id
    instrument = order_owner(channel, order)
    if instrument < 0:
        return order_nowhere(channel, EventKind.REDUCE, 0, message.canceled_quantity, order, 0)
    return order_reduce(channel, instrument, BID, order, message.canceled_quantity)


@hot
def _modify(channel, message, price, keeps_priority):
    _time(channel, message)
    order = message.order_id
    instrument = order_owner(channel, order)
    if instrument < 0:
        return order_nowhere(channel, EventKind.REPLACE, price, message.quantity, order, order)
    return order_change(channel, instrument, BID, order, price, message.quantity, keeps_priority)


@hot_call
def modify_order_long(channel, message):
    """Modify Order, long: the quantity is the new whole."""
    return _modify(channel, message, message.price, message.modify_flags & MAINTAIN_PRIORITY)


@hot_call
def modify_order_short(channel, message):
    """Modify Order, short."""
    return _modify(channel, message, message.price * CENT, message.modify_flags & MAINTAIN_PRIORITY)


@hot_call
def futures_modify_order_short(channel, message):
    """Modify Order, short, of futures: a modified order always goes to the end of its queue."""
    return _modify(channel, message, message.price * CENT, 0)


@hot_call
def delete_order(channel, message):
    """Delete Order."""
    _time(channel, message)
    order = message.order_id
    instrument = order_owner(channel, order)
    if instrument < 0:
        return order_nowhere(channel, EventKind.DELETE, 0, 0, order, 0)
    return order_delete(channel, instrument, BID, order)


# ------------------------------------------------------------------------------------------------------------ trades


@hot
def _trade(channel, message, symbol, price):
    _time(channel, message)
    return trade(
        channel, _instrument(channel, symbol), ASK if message.side_indicator == SELL else BID, price, message.quantity,
        message.order_id, message.execution_id,
    )  # fmt: skip


@hot_call
def trade_long(channel, message):
    """Trade, long."""
    return _trade(channel, message, _padded(message.symbol), message.price)


@hot_call
def trade_short(channel, message):
    """Trade, short."""
    return _trade(channel, message, _padded(message.symbol), message.price * CENT)


@hot_call
def trade_expanded(channel, message):
    """Trade, expanded."""
    return _trade(channel, message, message.symbol, message.price)


@hot_call
def trade_break(channel, message):
    """Trade Break: the execution is named, and not its instrument."""
    _time(channel, message)
    return announce_market(channel, EventKind.TRADE_BREAK, 0, message.execution_id, 0, 0, 0)


# ------------------------------------------------------------------------------------------------ statuses and auctions


@hot_call
def trading_status_message(channel, message):
    """Trading Status of equities, with the short sale restriction."""
    _time(channel, message)
    instrument = _instrument(channel, message.symbol)
    reason = trading_status(channel, instrument, message.trading_status, 0)
    if reason != Reason.OK or instrument < 0:
        return reason
    return restriction(channel, instrument, message.reg_sho_action)


@hot_call
def short_trading_status(channel, message):
    """Trading Status of options and futures, whose symbols have six letters."""
    _time(channel, message)
    return trading_status(channel, _instrument(channel, _padded(message.symbol)), message.trading_status, 0)


@hot_call
def retail_price_improvement(channel, message):
    """Retail Price Improvement."""
    _time(channel, message)
    return announce(
        channel, EventKind.INTEREST, 0, _instrument(channel, message.symbol), message.retail_price_improvement,
        0, 0, 0, 0, 0, 0,
    )  # fmt: skip


@hot
def _auction_update(channel, message, buy, sell):
    _time(channel, message)
    return announce(
        channel, EventKind.IMBALANCE, shift_left(message.auction_type, 8), _instrument(channel, message.symbol),
        min(buy, sell), buy - sell, message.auction_only_price, message.indicative_price, message.reference_price, 0, 0,
    )  # fmt: skip


@hot_call
def auction_update(channel, message):
    """Auction Update of equities: the imbalance is what the buy side has more."""
    return _auction_update(channel, message, message.buy_shares, message.sell_shares)


@hot_call
def options_auction_update(channel, message):
    """Auction Update of options."""
    return _auction_update(channel, message, message.buy_contracts, message.sell_contracts)


@hot_call
def auction_summary(channel, message):
    """Auction Summary: the auction's trade, in bulk."""
    _time(channel, message)
    return cross(
        channel, _instrument(channel, message.symbol), message.auction_type, message.price, message.shares, 0
    )


# -------------------------------------------------------------------------------------------------------- definitions


@hot_call
def symbol_mapping(channel, message):
    """Symbol Mapping: the feed's symbol is what books are called by."""
    symbol = _padded(message.feed_symbol)
    return definition(channel, symbol, symbol, 1)


@hot_call
def futures_instrument_definition(channel, message):
    """Futures Instrument Definition."""
    _time(channel, message)
    symbol = _padded(message.symbol)
    return definition(channel, symbol, symbol, 1)


@hot_call
def settlement(channel, message):
    """Settlement."""
    _time(channel, message)
    return announce(
        channel, EventKind.STATISTIC, 0, _instrument(channel, _padded(message.symbol)),
        message.message_type, message.settlement_price, 0, message.trade_date, message.issue, 0, 0,
    )  # fmt: skip


@hot_call
def end_of_day_summary(channel, message):
    """End of Day Summary: close, volume, open interest, high, low, open."""
    _time(channel, message)
    return announce(
        channel, EventKind.STATISTIC, message.summary_flags, _instrument(channel, _padded(message.symbol)),
        message.message_type, message.close_price, message.total_volume, message.open_interest, message.high_price,
        message.low_price, message.open_price,
    )  # fmt: skip
