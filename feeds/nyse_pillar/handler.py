"""The Pillar feeds: the venue's words on the left, our verbs on the right.

Frequent messages carry nanoseconds of the second that the last Source Time Reference of their system named; the index
mapping says which system a symbol belongs to. Until that is known, the last reference of any system serves. Order ids
are unique within a symbol. A symbol's prices have as many decimal places as its price scale code says.
"""

from __future__ import annotations

from feedhandler.core.channel import message_time
from feedhandler.core.directory import instrument_at, instrument_find, instrument_seen, price_unit_of
from feedhandler.core.events import EventKind
from feedhandler.core.integers import shift_left, shift_right_logical
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.level_book import inside_set
from feedhandler.core.order_changes import order_change, orders_clear
from feedhandler.core.reasons import Reason
from feedhandler.core.records import Record, i64
from feedhandler.core.verbs import (
    ASK,
    BID,
    announce,
    announce_market,
    cross,
    definition_priced,
    order_add,
    order_delete,
    order_execute_at,
    order_replace,
    restriction,
    trade,
    trade_break,
    trading_status,
)
from feedhandler.wire import Message
from feedhandler.wire.little_endian import alpha

BUY = ord("B")
SELL = ord("S")
SECOND = 1_000_000_000
SYSTEMS = 256
POSITION_KEPT = 0
PRINTED = 1
RESTRICTED = ord("A")
RESTRICTION_KEPT = ord("C")
RESTRICTION_ENDED = ord("D")


class SymbolLetters(Message, size=8):
    """The first eight letters of a longer symbol."""

    first_eight = alpha(8) @ 0


class SystemSecond(Record, size=8):
    """The second of one system; what a channel keeps is a table of them, and in front of it the last one of all."""

    value = i64


@hot
def _second_of(channel, instrument):
    """The second that an instrument's times count from."""
    if instrument >= 0:
        # `spare_0` of an instrument: its system's number plus one.
        system = instrument_at(channel, instrument).spare_0
        if system > 0:
            second = SystemSecond(channel.feed_state + 8 * system).value
            if second != 0:
                return second
    return SystemSecond(channel.feed_state).value


@hot
def _symbol(channel, message):
    """The instrument of a message with nanoseconds only; its time is set."""
    instrument = instrument_seen(channel, message.symbol_index)
    message_time(channel, _second_of(channel, instrument) * SECOND + message.source_time_ns)
    return instrument


@hot
def _symbol_timed(channel, message):
    """The instrument of a message with its whole time."""
    message_time(channel, message.source_time * SECOND + message.source_time_ns)
    return instrument_seen(channel, message.symbol_index)


@hot
def _series(channel, message):
    instrument = instrument_seen(channel, message.series_index)
    message_time(channel, _second_of(channel, instrument) * SECOND + message.source_time_ns)
    return instrument


@hot
def _series_timed(channel, message):
    message_time(channel, message.source_time * SECOND + message.source_time_ns)
    return instrument_seen(channel, message.series_index)


@hot
def _mapped(channel, code, letters, lot_size, message):
    """An index mapping: the symbol's name, the worth of a price step, and its system."""
    unit = price_unit_of(message.price_scale_code)
    if unit == 0:
        return Reason.MESSAGE_FIELD
    reason = definition_priced(channel, code, letters, lot_size, unit)
    instrument = instrument_find(channel, code)
    if instrument >= 0:
        instrument_at(channel, instrument).spare_0 = message.system_id + 1
    return reason


# ------------------------------------------------------------------------------------------------------------ control


@hot_call
def sequence_number_reset(channel, message):
    """Sequence Number Reset."""
    message_time(channel, message.source_time * SECOND + message.source_time_ns)
    return announce_market(channel, EventKind.SYSTEM, 0, message.msg_type, 0, 0, 0)


@hot_call
def source_time_reference(channel, message):
    """Source Time Reference: a system's second begins."""
    second = message.source_time
    SystemSecond(channel.feed_state).value = second
    system = message.id
    if system < SYSTEMS:
        SystemSecond(channel.feed_state + 8 * (system + 1)).value = second
    return Reason.OK


@hot_call
def symbol_index_mapping(channel, message):
    """Symbol Index Mapping: the name is at most eight letters of the symbol's eleven."""
    letters = SymbolLetters(message.symbol).first_eight
    return _mapped(channel, message.symbol_index, letters, message.lot_size, message)


@hot_call
def symbol_clear(channel, message):
    """Symbol Clear."""
    return orders_clear(channel, _symbol_timed(channel, message))


@hot_call
def security_status(channel, message):
    """Security Status: a status of trading, or of the short sale restriction."""
    instrument = _symbol_timed(channel, message)
    status = message.security_status
    if status in (RESTRICTED, RESTRICTION_KEPT, RESTRICTION_ENDED):
        return restriction(channel, instrument, status)
    return trading_status(channel, instrument, status, message.halt_condition)


# ------------------------------------------------------------------------------------------------------------- orders


@hot_call
def add_order(channel, message):
    """Add Order."""
    side = message.side
    if side != BUY and side != SELL:
        return Reason.MESSAGE_FIELD
    return order_add(
        channel, _symbol(channel, message), BID if side == BUY else ASK,
        message.order_id, message.price, message.volume, message.firm_id,
    )  # fmt: skip


@hot_call
def modify_order(channel, message):
    """Modify Order: price and volume are the new ones."""
    return order_change(
        channel, _symbol(channel, message), BID, message.order_id, message.price, message.volume,
        message.position_change == POSITION_KEPT,
    )  # fmt: skip


@hot_call
def delete_order(channel, message):
    """Delete Order."""
    return order_delete(channel, _symbol(channel, message), BID, message.order_id)


@hot_call
def order_execution(channel, message):
    """Order Execution."""
    return order_execute_at(
        channel, _symbol(channel, message), BID, message.order_id, message.volume, message.price,
        message.printable_flag == PRINTED, message.trade_id,
    )  # fmt: skip


@hot_call
def replace_order(channel, message):
    """Replace Order."""
    return order_replace(
        channel, _symbol(channel, message), BID, message.order_id, message.new_order_id, message.price, message.volume
    )


# ----------------------------------------------------------------------------------------- trades, auctions, statistics


@hot_call
def non_displayed_trade(channel, message):
    """Non-Displayed Trade; one that is not printed is part of a cross, which prints it in bulk."""
    instrument = _symbol(channel, message)
    if message.printable_flag != PRINTED:
        return announce(
            channel, EventKind.TRADE, 2, instrument, message.price, message.volume, 0, message.trade_id, 0, 0, 0
        )
    return trade(channel, instrument, BID, message.price, message.volume, 0, message.trade_id)


@hot_call
def cross_trade(channel, message):
    """Cross Trade."""
    return cross(
        channel, _symbol(channel, message), message.cross_type, message.price, message.volume, message.cross_id
    )


@hot_call
def trade_cancel(channel, message):
    """Trade Cancel."""
    return trade_break(channel, _symbol(channel, message), message.trade_id)


@hot_call
def cross_correction(channel, message):
    """Cross Correction: an auction's trade with another volume."""
    return announce(
        channel, EventKind.CROSS, 0, _symbol(channel, message), 0, message.volume, message.cross_id, 0, 0, 0, 0
    )


@hot_call
def imbalance(channel, message):
    """Imbalance. Side and auction type are the event's detail."""
    instrument = _symbol_timed(channel, message)
    detail = message.imbalance_side + shift_left(message.auction_type, 8)
    return announce(
        channel, EventKind.IMBALANCE, detail, instrument,
        message.paired_qty, message.total_imbalance_qty, message.continuous_book_clearing_price,
        message.indicative_match_price, message.reference_price, message.auction_status, 0,
    )  # fmt: skip


@hot_call
def retail_price_improvement(channel, message):
    """Retail Price Improvement."""
    return announce(
        channel, EventKind.INTEREST, 0, _symbol(channel, message), message.rpi_indicator, 0, 0, 0, 0, 0, 0
    )


@hot_call
def stock_summary(channel, message):
    """Stock Summary: close, volume, high, low, open."""
    return announce(
        channel, EventKind.STATISTIC, 0, _symbol_timed(channel, message),
        message.msg_type, message.close, message.total_volume, message.high_price, message.low_price, message.open, 0,
    )  # fmt: skip


@hot_call
def quote(channel, message):
    """Quote (BBO)."""
    return inside_set(
        channel, _symbol(channel, message),
        message.bid_price, message.bid_volume, message.ask_price, message.ask_volume, message.quote_condition,
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------------------- options


@hot
def _hexadecimal(number):
    """A number of 32 bits as eight letters."""
    found = 0
    for place in range(8):
        digit = shift_right_logical(number, 28 - 4 * place) & 15
        found = shift_left(found, 8) | (digit + 48 if digit < 10 else digit + 55)
    return found


@hot_call
def outright_series_index_mapping(channel, message):
    """Outright Series Index Mapping: a series is called by its index, since thousands share a root."""
    index = message.series_index
    return _mapped(channel, index, _hexadecimal(index), message.contract_multiplier, message)


@hot_call
def options_status(channel, message):
    """Options Status."""
    return trading_status(
        channel, _series_timed(channel, message), message.series_status, message.halt_condition
    )


@hot_call
def options_imbalance(channel, message):
    """Options Imbalance."""
    instrument = _series_timed(channel, message)
    detail = message.imbalance_side + shift_left(message.auction_type, 8)
    return announce(
        channel, EventKind.IMBALANCE, detail, instrument,
        message.paired_qty, message.total_imbalance_qty, message.continuous_book_clearing_price,
        message.indicative_match_price, 0, message.auction_status, 0,
    )  # fmt: skip


@hot_call
def options_trade(channel, message):
    """Options Trade."""
    return trade(channel, _series_timed(channel, message), BID, message.price, message.volume, 0, message.trade_id)


@hot_call
def options_trade_cancel(channel, message):
    """Options Trade Cancel."""
    return trade_break(channel, _series_timed(channel, message), message.original_trade_id)


@hot_call
def options_trade_correction(channel, message):
    """Options Trade Correction: the former is void, and took place otherwise."""
    instrument = _series_timed(channel, message)
    reason = trade_break(channel, instrument, message.original_trade_id)
    if reason != Reason.OK or instrument < 0:
        return reason
    return trade(channel, instrument, BID, message.price, message.volume, 0, message.trade_id)


@hot_call
def outright_series_summary(channel, message):
    """Outright Series Summary: close, volume, high, low, open."""
    return announce(
        channel, EventKind.STATISTIC, 0, _series_timed(channel, message),
        message.msg_type, message.close, message.total_volume, message.high_price, message.low_price, message.open, 0,
    )  # fmt: skip


@hot_call
def options_quote(channel, message):
    """Options Quote."""
    return inside_set(
        channel, _series(channel, message),
        message.bid_price, message.bid_volume, message.ask_price, message.ask_volume, message.quote_condition,
    )  # fmt: skip
