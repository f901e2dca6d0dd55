"""Japannext PTS ITCH: the venue's words on the left, our verbs on the right.

An orderbook is a security in one group (a market, or the nighttime session), and so is an instrument of ours: its four
letters of code and four of group are both its name and its code (`9656DAY`, `9656NGHT`). Only what is new names its
orderbook; everything else names an order, which knows its own. Times are nanoseconds of the second that the last
Timestamp told, since midnight in Tokyo of the day on which the session began. Prices are integers of 0.1.
"""

from __future__ import annotations

from feedhandler.core.directory import instrument_named, price_unit_of
from feedhandler.core.events import EventKind
from feedhandler.core.integers import shift_left
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.order_changes import order_nowhere, order_owner
from feedhandler.core.reasons import Reason
from feedhandler.core.seconds import second_begins, second_time
from feedhandler.core.verbs import (
    ASK,
    BID,
    announce,
    announce_market,
    definition_priced,
    order_add,
    order_delete,
    order_execute,
    order_replace,
    restriction,
    trading_status,
)

BUY = ord("B")
SELL = ord("S")
REFERENCE_PRICE = ord("A")
TICK_SIZE = ord("L")
NO_PRICE = 0x7FFFFFFF
CODES = 10_000
ZEROS = 0x30303030


@hot
def _letters(number):
    """A security's number as its code of four letters."""
    return (
        ZEROS + number % 10 + shift_left(number // 10 % 10, 8) + shift_left(number // 100 % 10, 16)
        + shift_left(number // 1000, 24)
    )  # fmt: skip


@hot
def _orderbook(orderbook_id, group):
    """The name of an orderbook, eight letters."""
    return shift_left(orderbook_id, 32) | group


# --------------------------------------------------------------------------------------------- the day, the directory


@hot_call
def timestamp_seconds(channel, message):
    """Timestamp, Seconds (4.1)."""
    return second_begins(channel, message.seconds)


@hot_call
def system_event(channel, message):
    """System Event (4.2), of a group or, where that is blank, of all."""
    second_time(channel, message.nanoseconds)
    return announce_market(channel, EventKind.SYSTEM, 0, message.system_event, message.group, 0, 0)


@hot_call
def price_tick_size(channel, message):
    """Price Tick Size (4.3): the tick, the number of its table, and the price from which it is valid."""
    second_time(channel, message.nanoseconds)
    return announce_market(
        channel, EventKind.STATISTIC, 0, TICK_SIZE, message.price_tick_size, message.price_tick_size_table_id,
        message.price_start,
    )  # fmt: skip


@hot
def _directory(channel, message, orderbook_id):
    unit = price_unit_of(message.price_decimals)
    if unit == 0:
        return Reason.MESSAGE_FIELD
    second_time(channel, message.nanoseconds)
    symbol = _orderbook(orderbook_id, message.group)
    reason = definition_priced(channel, symbol, symbol, message.round_lot_size, unit)
    if reason != Reason.OK:
        return reason
    return announce(
        channel, EventKind.COLLAR, 0, instrument_named(channel, symbol, symbol),
        0, message.upper_price_limit, message.lower_price_limit, 0, 0, 0, 0,
    )  # fmt: skip


@hot_call
def orderbook_directory(channel, message):
    """Orderbook Directory (4.4), with the limits of the day."""
    return _directory(channel, message, message.orderbook_id)


@hot_call
def numbered_orderbook_directory(channel, message):
    """Orderbook Directory of version 1.6."""
    if message.orderbook_id >= CODES:
        return Reason.MESSAGE_FIELD
    return _directory(channel, message, _letters(message.orderbook_id))


@hot
def _trading_state(channel, message, orderbook_id):
    second_time(channel, message.nanoseconds)
    symbol = _orderbook(orderbook_id, message.group)
    return trading_status(channel, instrument_named(channel, symbol, symbol), message.trading_state, 0)


@hot_call
def trading_state(channel, message):
    """Trading State (4.5)."""
    return _trading_state(channel, message, message.orderbook_id)


@hot_call
def numbered_trading_state(channel, message):
    """Trading State of version 1.6."""
    if message.orderbook_id >= CODES:
        return Reason.MESSAGE_FIELD
    return _trading_state(channel, message, _letters(message.orderbook_id))


@hot
def _short_selling(channel, message, orderbook_id):
    second_time(channel, message.nanoseconds)
    symbol = _orderbook(orderbook_id, message.group)
    return restriction(channel, instrument_named(channel, symbol, symbol), message.short_selling_state)


@hot_call
def short_selling_price_restriction_state(channel, message):
    """Short Selling Price Restriction State (4.6)."""
    return _short_selling(channel, message, message.orderbook_id)


@hot_call
def numbered_short_selling_price_restriction_state(channel, message):
    """Short Selling Price Restriction State of version 1.6."""
    if message.orderbook_id >= CODES:
        return Reason.MESSAGE_FIELD
    return _short_selling(channel, message, _letters(message.orderbook_id))


# -------------------------------------------------------------------------------------------------------------- orders


@hot_call
def _reference_price(channel, instrument, price):
    """An order without a number is the orderbook's reference price; the event's detail is 1 where there is none."""
    none = 1 if price == NO_PRICE else 0
    return announce(
        channel, EventKind.STATISTIC, none, instrument, REFERENCE_PRICE, 0 if none else price, 0, 0, 0, 0, 0
    )


@hot
def _add(channel, message, orderbook_id, attribution):
    side = message.buy_sell_indicator
    order = message.order_number
    if order != 0 and side != BUY and side != SELL:
        return Reason.MESSAGE_FIELD
    second_time(channel, message.nanoseconds)
    symbol = _orderbook(orderbook_id, message.group)
    instrument = instrument_named(channel, symbol, symbol)
    if order == 0:
        return _reference_price(channel, instrument, message.price)
    return order_add(
        channel, instrument, BID if side == BUY else ASK, order, message.price, message.quantity, attribution
    )


@hot_call
def order_added(channel, message):
    """Order Added (4.7.1)."""
    return _add(channel, message, message.orderbook_id, 0)


@hot_call
def order_added_with_attributes(channel, message):
    """Order Added with Attributes (4.7.2). Its attribution is always blank: ours is the type of the order."""
    return _add(channel, message, message.orderbook_id, message.order_type)


@hot_call
def numbered_order_added(channel, message):
    """Order Added of version 1.6."""
    if message.orderbook_id >= CODES:
        return Reason.MESSAGE_FIELD
    return _add(channel, message, _letters(message.orderbook_id), 0)


@hot_call
def numbered_order_added_with_attributes(channel, message):
    """Order Added with Attributes of version 1.6."""
    if message.orderbook_id >= CODES:
        return Reason.MESSAGE_FIELD
    return _add(channel, message, _letters(message.orderbook_id), message.order_type)


@hot_call
def order_executed(channel, message):
    """Order Executed (4.8): at the order's own price."""
    second_time(channel, message.nanoseconds)
    order, quantity, match = message.order_number, message.executed_quantity, message.match_number
    instrument = order_owner(channel, order)
    if instrument < 0:
        return order_nowhere(channel, EventKind.EXECUTE, 0, quantity, order, match)
    return order_execute(channel, instrument, BID, order, quantity, match)


@hot_call
def order_deleted(channel, message):
    """Order Deleted (4.9)."""
    second_time(channel, message.nanoseconds)
    order = message.order_number
    instrument = order_owner(channel, order)
    if instrument < 0:
        return order_nowhere(channel, EventKind.DELETE, 0, 0, order, 0)
    return order_delete(channel, instrument, BID, order)


@hot_call
def order_replaced(channel, message):
    """Order Replaced (4.10): the new order stands at the end of its queue."""
    second_time(channel, message.nanoseconds)
    order, new_order = message.original_order_number, message.new_order_number
    instrument = order_owner(channel, order)
    if instrument < 0:
        return order_nowhere(channel, EventKind.REPLACE, message.price, message.quantity, order, new_order)
    return order_replace(channel, instrument, BID, order, new_order, message.price, message.quantity)
