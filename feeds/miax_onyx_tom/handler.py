"""MIAX Futures Onyx Top of Market: the venue's words on the left, our verbs on the right.

Times are nanoseconds of the Unix epoch, prices integers of 1e-9. An instrument has a number and no symbol: it is called
by its product group and its maturity, a spread by its product group, its type and the maturities of its legs.
"""

from __future__ import annotations

from feedhandler.core.channel import message_time
from feedhandler.core.directory import instrument_find, instrument_seen, symbol_letters
from feedhandler.core.events import EventKind
from feedhandler.core.integers import shift_left
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.level_book import inside_restate
from feedhandler.core.long_symbols import digits_write, instrument_name_long
from feedhandler.core.memory import fill_bytes
from feedhandler.core.records import Record, block, i64
from feedhandler.core.verbs import BID, announce, announce_market, definition, trade, trade_break
from feedhandler.core.verbs import trading_status as status_set
from feedhandler.wire import Message
from feedhandler.wire.big_endian import alpha

NAME_BYTES = 48
NAMED_LEGS = 3  # as many maturities as a name has room for
DASH = ord("-")
BLANK = ord(" ")


class NameRoom(Record):
    """Where the name of an instrument is put together."""

    letter_count = i64
    letters = block(NAME_BYTES)


class FirstLetters(Message, size=8):
    """The first eight letters of a name as one word, first letter highest."""

    word = alpha(8) @ 0


@hot
def _instrument(channel, message):
    """The message's time is set; its instrument."""
    message_time(channel, message.timestamp)
    return instrument_seen(channel, message.instrument_id)


# ------------------------------------------------------------------------------------------------------ definitions


@hot_call
def _name_begin(channel, product_group_code):
    """A name begins with the letters of its product group."""
    room = NameRoom(channel.feed_state)
    fill_bytes(room.letters, BLANK, NAME_BYTES)
    room.letter_count = symbol_letters(room.letters, shift_left(product_group_code, 16))
    return room


@hot_call
def _name_number(room, number):
    """A name goes on with a dash and a number."""
    place = room.letters + room.letter_count
    fill_bytes(place, DASH, 1)
    room.letter_count += 1 + digits_write(place + 1, number)


@hot_call
def _define(channel, code, room, lot_size):
    """An instrument is defined and named; its index, or less than 0 where it is filtered or there is no room."""
    definition(channel, code, FirstLetters(room.letters).word, lot_size)
    instrument = instrument_find(channel, code)
    instrument_name_long(channel, instrument, room.letters, room.letter_count)
    return instrument


@hot_call
def simple_instrument_definition(channel, message):
    """Simple Instrument Definition (message type 1): the figures are those of the day before."""
    message_time(channel, message.timestamp)
    room = _name_begin(channel, message.product_group_code)
    _name_number(room, message.maturity_month_year)
    instrument = _define(channel, message.instrument_id, room, message.minimum_size)
    announce(
        channel, EventKind.STATISTIC, 0, instrument, message.message_type, message.settlement_price,
        message.total_volume, message.open_interest_quantity, message.tick, message.settlement_price_type_calc_method,
        0,
    )  # fmt: skip
    return announce(
        channel, EventKind.COLLAR, 0, instrument, 0, message.high_limit_price, message.low_limit_price,
        message.trading_collar_variation, message.trading_collar_variation_type, 0, 0,
    )  # fmt: skip


@hot_call
def complex_instrument_definition(channel, message):
    """Complex Instrument Definition (message type 2)."""
    message_time(channel, message.timestamp)
    room = _name_begin(channel, message.product_group_code)
    fill_bytes(room.letters + room.letter_count, DASH, 1)
    fill_bytes(room.letters + room.letter_count + 1, message.spread_type, 1)
    room.letter_count += 2
    left = NAMED_LEGS
    for leg in message.legs:
        if left > 0:
            _name_number(room, leg.maturity_month_year)
        left -= 1
    instrument = _define(channel, message.strategy_id, room, message.minimum_size)
    return announce(
        channel, EventKind.COLLAR, 0, instrument, 0, 0, 0, message.trading_collar_variation,
        message.trading_collar_variation_type, 0, 0,
    )  # fmt: skip


# ----------------------------------------------------------------------------------------------------------- the day


@hot_call
def system_state(channel, message):
    """System State (message type 3)."""
    message_time(channel, message.timestamp)
    return announce_market(channel, EventKind.SYSTEM, 0, message.system_status, message.session_id, 0, 0)


@hot_call
def instrument_trading_status_notification(channel, message):
    """Instrument Trading Status Notification (message type 4): the market's state is the reason."""
    return status_set(channel, _instrument(channel, message), message.trading_status, message.market_state)


# ------------------------------------------------------------------------------------------------- quotes and trades


@hot_call
def best_bid_and_offer(channel, message):
    """Best Bid and Offer (message type 15)."""
    return inside_restate(
        channel, _instrument(channel, message), message.mbb_price, message.mbb_size, message.mbo_price,
        message.mbo_size, 0,
    )  # fmt: skip


@hot_call
def last_sale(channel, message):
    """Last Sale (message type 16): the feed does not say who was the aggressor."""
    return trade(
        channel, _instrument(channel, message), BID, message.trade_price, message.trade_size, 0, message.trade_id
    )


@hot_call
def trade_cancel(channel, message):
    """Trade Cancel (message type 14)."""
    return trade_break(channel, _instrument(channel, message), message.trade_id)
