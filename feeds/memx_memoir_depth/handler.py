"""MEMOIR Depth 1.3: the venue's words on the left, our verbs on the right.

Times are nanoseconds of the Unix epoch. Security ids are small numbers that the instrument directory gives out daily.
Order ids are unique within the day, across all securities. Prices are integers of 1e-6, quantities are shares.
"""

from __future__ import annotations

from feedhandler.core.channel import message_time
from feedhandler.core.directory import instrument_seen
from feedhandler.core.events import EventKind
from feedhandler.core.integers import shift_left, shift_right_logical
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.order_changes import orders_clear
from feedhandler.core.reasons import Reason
from feedhandler.core.verbs import (
    ASK,
    BID,
    announce_market,
    definition,
    order_add,
    order_delete,
    order_execute_at,
    order_reduce,
    restriction,
    trade,
    trade_break,
    trading_status,
)

BUY = ord("B")
SELL = ord("S")
LETTERS = 6
SPACE = 32
DOT = 46


@hot
def _security(channel, message):
    """The message's time is set; its security by its id."""
    message_time(channel, message.timestamp)
    return instrument_seen(channel, message.security_id)


@hot
def _with_suffix(symbol, suffix):
    """Symbol and suffix as one word of eight letters, a dot between them; letters beyond the eighth are lost."""
    found = 0
    length = 0
    for position in range(LETTERS):
        letter = shift_right_logical(symbol, 40 - 8 * position) & 255
        if letter != SPACE and letter != 0:
            found = shift_left(found, 8) | letter
            length += 1
    for position in range(LETTERS):
        letter = shift_right_logical(suffix, 40 - 8 * position) & 255
        if letter != SPACE and letter != 0:
            if position == 0 and length < 8:
                found = shift_left(found, 8) | DOT
                length += 1
            if length < 8:
                found = shift_left(found, 8) | letter
                length += 1
    for _ in range(8 - length):
        found = shift_left(found, 8) | SPACE
    return found


@hot_call
def instrument_directory(channel, message):
    """Instrument Directory (template 1)."""
    message_time(channel, message.timestamp)
    symbol = _with_suffix(message.symbol, message.symbol_sfx)
    return definition(channel, message.security_id, symbol, message.round_lot)


@hot_call
def reg_sho_restriction(channel, message):
    """Reg SHO Restriction (template 2)."""
    return restriction(channel, _security(channel, message), message.short_sale_restriction)


@hot_call
def security_trading_status(channel, message):
    """Security Trading Status (template 3)."""
    return trading_status(
        channel, _security(channel, message), message.security_trading_status, message.security_trading_status_reason
    )


@hot_call
def trading_session_status(channel, message):
    """Trading Session Status (template 5)."""
    message_time(channel, message.timestamp)
    return announce_market(channel, EventKind.SYSTEM, 0, message.trading_session, 0, 0, 0)


@hot_call
def order_added(channel, message):
    """Order Added (template 10)."""
    side = message.side
    if side != BUY and side != SELL:
        return Reason.MESSAGE_FIELD
    return order_add(
        channel, _security(channel, message), BID if side == BUY else ASK,
        message.order_id, message.price, message.quantity, 0,
    )  # fmt: skip


@hot_call
def order_deleted(channel, message):
    """Order Deleted (template 11)."""
    return order_delete(channel, _security(channel, message), BID, message.order_id)


@hot_call
def order_reduced(channel, message):
    """Order Reduced (template 12): the quantity is what the order lost."""
    return order_reduce(channel, _security(channel, message), BID, message.order_id, message.quantity)


@hot_call
def order_executed(channel, message):
    """Order Executed (template 13): perhaps at another price than the order's own."""
    return order_execute_at(
        channel, _security(channel, message), BID, message.order_id, message.quantity, message.price, True,
        message.trade_id,
    )  # fmt: skip


@hot_call
def trade_message(channel, message):
    """Trade (template 14): against an order that was not displayed."""
    return trade(
        channel, _security(channel, message), BID, message.price, message.quantity, 0, message.trade_id
    )


@hot_call
def broken_trade(channel, message):
    """Broken Trade (template 15)."""
    return trade_break(channel, _security(channel, message), message.trade_id)


@hot_call
def corrected_trade(channel, message):
    """Corrected Trade (template 16): the former is void, and took place otherwise."""
    instrument = _security(channel, message)
    reason = trade_break(channel, instrument, message.trade_id)
    if reason != Reason.OK or instrument < 0:
        return reason
    return trade(
        channel, instrument, BID, message.corrected_price, message.corrected_quantity, 0, message.trade_id
    )


@hot_call
def clear_book(channel, message):
    """Clear Book (template 18)."""
    return orders_clear(channel, _security(channel, message))
