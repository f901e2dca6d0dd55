"""The ASX Market Data Protocol: the venue's words on the left, our verbs on the right.

Times are nanoseconds of the second of the Unix epoch that the last Seconds message told. What a price is worth the
instrument's directory says. Orders are named with their
instrument and side. An execution states what remains of its order, and the order is settled to that. Queues are in the
order of the venue's priority. Orders that the venue implies from those of other books stand in a book of their own.
"""

from __future__ import annotations

from feedhandler.core.directory import UNKNOWN, instrument_at, instrument_find, instrument_seen
from feedhandler.core.events import EventKind
from feedhandler.core.jit import hot, hot_call, rare
from feedhandler.core.long_symbols import instrument_name_after, instrument_name_long
from feedhandler.core.order_changes import order_settle
from feedhandler.core.ranked_orders import order_change_ranked, order_state_ranked
from feedhandler.core.reasons import Reason
from feedhandler.core.seconds import second_begins, second_time
from feedhandler.core.verbs import (
    ASK,
    BID,
    announce,
    announce_market,
    definition_priced,
    order_delete,
    order_execute_at,
    order_reduce,
    trade,
    trade_break,
    trading_status,
)
from feedhandler.wire import Message
from feedhandler.wire.big_endian import alpha

BUY = ord("B")
SELL = ord("S")
SYMBOL_LETTERS = 32
IMPLIED_CODE = 1 << 40
IMPLIED_NAME = int.from_bytes(b" IMPLIED", "big")
ONE = 1_000_000_000  # in 1e-9
ANOMALOUS = ord("A")
EXTREME = ord("E")


class SymbolLetters(Message, size=8):
    """The first eight letters of a longer symbol."""

    first_eight = alpha(8) @ 0


@hot
def _instrument(channel, message):
    """The message's time is set; its instrument by its id."""
    second_time(channel, message.nanoseconds)
    return instrument_seen(channel, message.tradeable_instrument_id)


@hot
def _wrong(side):
    return side != BUY and side != SELL


@hot
def _side(side):
    return BID if side == BUY else ASK


@hot_call
def seconds(channel, message):
    """Time."""
    return second_begins(channel, message.second)


# -------------------------------------------------------------------------------------------------------------- orders


@hot_call
def order_added(channel, message):
    """Order Added: new, or stated again."""
    side = message.side
    if _wrong(side):
        return Reason.MESSAGE_FIELD
    return order_state_ranked(
        channel, _instrument(channel, message), _side(side), message.order_id, message.price, message.quantity,
        message.order_book_priority,
    )  # fmt: skip


@hot_call
def order_volume_cancelled(channel, message):
    """Order Volume Cancelled: the quantity is what the order lost."""
    side = message.side
    if _wrong(side):
        return Reason.MESSAGE_FIELD
    return order_reduce(
        channel, _instrument(channel, message), _side(side), message.order_id, message.quantity
    )


@hot_call
def order_deleted(channel, message):
    """Order Deleted."""
    side = message.side
    if _wrong(side):
        return Reason.MESSAGE_FIELD
    return order_delete(channel, _instrument(channel, message), _side(side), message.order_id)


@hot
def _execute(channel, message, instrument):
    """An order was executed, perhaps at another price than its own, and this remains of it."""
    side, order = _side(message.side), message.order_id
    reason = order_execute_at(
        channel, instrument, side, order, message.executed_quantity, message.trade_price, True, message.trade_id
    )
    if reason != Reason.OK or instrument < 0:
        return reason
    return order_settle(channel, instrument, side, order, message.quantity_remaining)


@hot_call
def order_executed(channel, message):
    """Order Executed."""
    if _wrong(message.side):
        return Reason.MESSAGE_FIELD
    return _execute(channel, message, _instrument(channel, message))


@hot_call
def combination_order_executed(channel, message):
    """Combination Order Executed. The order of the combination is told of by a message of its own."""
    if _wrong(message.side):
        return Reason.MESSAGE_FIELD
    return _execute(channel, message, _instrument(channel, message))


@hot_call
def auction_order_executed(channel, message):
    """Auction Order Executed: of the two orders of a match one has traded out, and is the opposite one here.

    One trade, so that only the order that is named first prints it.
    """
    side = message.side
    if _wrong(side):
        return Reason.MESSAGE_FIELD
    instrument = _instrument(channel, message)
    reason = _execute(channel, message, instrument)
    opposite, other = message.opposite_order_id, ASK if side == BUY else BID
    if reason != Reason.OK or instrument < 0 or opposite == 0:
        return reason
    reason = order_execute_at(
        channel, instrument, other, opposite, message.executed_quantity, message.trade_price, False, message.trade_id
    )
    if reason != Reason.OK:
        return reason
    return order_settle(channel, instrument, other, opposite, 0)


# ------------------------------------------------------------------------------------------------------ implied orders


@hot_call
def _implied_named(channel, book, instrument):
    """A book of implied orders is called by its instrument's name and IMPLIED, and has its price unit."""
    rare()
    instrument_at(channel, book).price_unit = instrument_at(channel, instrument).price_unit
    instrument_name_after(channel, book, instrument, IMPLIED_NAME)


@hot_call
def _implied_new(channel, code):
    """The book of what is implied in an instrument's."""
    rare()
    book = instrument_seen(channel, code + IMPLIED_CODE)
    instrument = instrument_find(channel, code)
    if book >= 0 and instrument >= 0:
        _implied_named(channel, book, instrument)
    return book


@hot
def _implied(channel, message):
    second_time(channel, message.nanoseconds)
    code = message.tradeable_instrument_id
    book = instrument_find(channel, code + IMPLIED_CODE)
    return _implied_new(channel, code) if book == UNKNOWN else book


@hot_call
def implied_order_added(channel, message):
    """Implied Order Added."""
    side = message.side
    if _wrong(side):
        return Reason.MESSAGE_FIELD
    return order_state_ranked(
        channel, _implied(channel, message), _side(side), message.order_id, message.price, message.quantity,
        message.order_book_priority,
    )  # fmt: skip


@hot_call
def implied_order_replaced(channel, message):
    """Implied Order Replaced: under its own id."""
    side = message.side
    if _wrong(side):
        return Reason.MESSAGE_FIELD
    return order_change_ranked(
        channel, _implied(channel, message), _side(side), message.order_id, message.price, message.quantity,
        message.order_book_priority,
    )  # fmt: skip


@hot_call
def implied_order_deleted(channel, message):
    """Implied Order Deleted."""
    side = message.side
    if _wrong(side):
        return Reason.MESSAGE_FIELD
    return order_delete(channel, _implied(channel, message), _side(side), message.order_id)


# -------------------------------------------------------------------------------------------------------------- trades


@hot_call
def trade_executed(channel, message):
    """Trade Executed: of a combination whose legs traded. Neither side rested in its book."""
    return trade(
        channel, _instrument(channel, message), BID, message.trade_price, message.executed_quantity, 0, message.trade_id
    )


@hot_call
def combination_trade_executed(channel, message):
    """Combination Trade Executed: a leg's trade of orders that rest in the books of combinations."""
    return trade(
        channel, _instrument(channel, message), BID, message.trade_price, message.executed_quantity, 0, message.trade_id
    )


@hot_call
def trade_cancellation(channel, message):
    """Trade Cancellation."""
    return trade_break(channel, _instrument(channel, message), message.trade_id)


# ----------------------------------------------------------------------------------------------- statuses, figures, day


@hot_call
def end_of_business_trade_date(channel, message):
    """End of Business Trade Date, with the date in days of the Unix epoch."""
    second_time(channel, message.nanoseconds)
    return announce_market(channel, EventKind.SYSTEM, 0, message.event_code, message.trade_date, 0, 0)


@hot_call
def order_book_state(channel, message):
    """Order Book State."""
    return trading_status(channel, _instrument(channel, message), message.session_state, 0)


@hot_call
def equilibrium_price(channel, message):
    """Equilibrium Price: the side that has more is the event's detail."""
    bid, ask = message.bid_quantity, message.ask_quantity
    detail = BUY if bid > ask else SELL if ask > bid else 0
    return announce(
        channel, EventKind.IMBALANCE, detail, _instrument(channel, message),
        message.matched_quantity, bid - ask, 0, message.equilibrium_price, 0, 0, 0,
    )  # fmt: skip


@hot_call
def open_high_low_last_trade_adjustment(channel, message):
    """Open, High, Low, Last Trade Adjustment: last, total volume, high, low, open, last volume."""
    return announce(
        channel, EventKind.STATISTIC, 0, _instrument(channel, message),
        message.message_type, message.last_trade, message.total_traded_volume, message.highest_trade,
        message.lowest_trade, message.opening_trade, message.last_volume,
    )  # fmt: skip


@hot_call
def text(channel, message):
    """Text: that there is one, and from whom; `decode` shows it."""
    second_time(channel, message.nanoseconds)
    return announce_market(channel, EventKind.SYSTEM, 0, message.message_type, message.source_id, 0, 0)


@hot_call
def request_for_quote(channel, message):
    """Request for Quote."""
    return announce(
        channel, EventKind.INTEREST, 0, _instrument(channel, message), message.rfq_side, message.quantity, 0, 0, 0, 0, 0
    )


@hot_call
def anomalous_order_threshold_publish(channel, message):
    """Anomalous Order Threshold Publish: two ranges, of anomalous orders and of extreme trades, told by the detail."""
    instrument = _instrument(channel, message)
    reason = announce(
        channel, EventKind.COLLAR, ANOMALOUS, instrument,
        message.aot_price, message.aot_upper_price, message.aot_lower_price, 0, 0, 0, 0,
    )  # fmt: skip
    if reason != Reason.OK or instrument < 0:
        return reason
    return announce(
        channel, EventKind.COLLAR, EXTREME, instrument,
        message.etr_price, message.etr_upper_price, message.etr_lower_price, 0, 0, 0, 0,
    )  # fmt: skip


@hot_call
def volume_and_open_interest(channel, message):
    """Volume and Open Interest: volume, open interest, and the trade date that they are of."""
    return announce(
        channel, EventKind.STATISTIC, 0, _instrument(channel, message),
        message.message_type, 0, message.cumulative_volume, message.open_interest, message.voi_trade_date, 0, 0,
    )  # fmt: skip


@hot_call
def symbol_directory(channel, message):
    """Future, Options, Combination and Bundles Symbol Directory: repeated every trade date."""
    denominator = message.price_fractional_denominator
    if denominator <= 0 or ONE % denominator != 0:
        return Reason.MESSAGE_FIELD
    second_time(channel, message.nanoseconds)
    code = message.tradeable_instrument_id
    letters = SymbolLetters(message.symbol_name).first_eight
    reason = definition_priced(channel, code, letters, 1, ONE // denominator)
    instrument = instrument_find(channel, code)
    if instrument < 0:
        return reason
    instrument_name_long(channel, instrument, message.symbol_name, SYMBOL_LETTERS)
    implied = instrument_find(channel, code + IMPLIED_CODE)
    if implied >= 0:
        _implied_named(channel, implied, instrument)
    return reason
