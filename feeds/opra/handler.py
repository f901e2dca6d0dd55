"""OPRA: quotes of all option markets, what they do to the best, trades and figures of the day.

The book that readers see is the best bid and offer over all markets of each series. A participant's own quote is an
event. Messages have no time of their own: theirs is their block's. Prices are integers of 1e-8, the finest denominator
there is, so that none is rounded. Nothing is deduced: what a quote does to the best is what its BBO indicator says.
"""

from __future__ import annotations

from feedhandler.core.channel import channel_distrust
from feedhandler.core.consolidated import national_quote, participant_quote, statistic, trade_report, trade_void
from feedhandler.core.events import EventKind
from feedhandler.core.integers import shift_left
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.reasons import Reason
from feedhandler.core.verbs import announce_market, instrument_describe

from .codes import QUOTE, UNCHANGED, codes_mask
from .series import BLANK, BLANKS_3, expires, factor, fits, series, underlying

FIRST_CODE, LAST_CODE = ord("A"), ord("P")
BID_UNCHANGED, OFFER_UNCHANGED = codes_mask(0, UNCHANGED), codes_mask(1, UNCHANGED)
BID_QUOTE, OFFER_QUOTE = codes_mask(0, QUOTE), codes_mask(1, QUOTE)
CANCELS = sum(1 << (ord(code) & 31) for code in "ACEG")
OUT_OF_SEQUENCE = sum(1 << (ord(code) & 31) for code in "BF")
"""Types of trades, capital letters: reports that are void, and reports that come late and are not the last price."""
RESET, RECOVERY = ord("K"), ord("P")
INDEX_BY_QUOTES = ord("I")
OPEN, HIGH, LOW, LAST, CHANGE, VOLUME, INTEREST, BID, OFFER, PRICE, INDEX = (ord(letter) for letter in "OHWLCVDBAUI")
"""The codes of STATISTIC events."""


@hot
def _capital(kind, letters):
    """Whether a type is one of these capital letters."""
    return 64 < kind < 96 and shift_left(1, kind & 31) & letters != 0


@hot
def _best(channel, instrument, message, bid_price, bid_size, offer_price, offer_size):
    """What a quote with these prices does to the best: itself, its appendages, nothing or none."""
    indicator = message.message_indicator
    if indicator == BLANK:
        return Reason.OK
    bit = shift_left(1, indicator & 31)
    bid, bid_quantity, bid_market, offer, offer_quantity, offer_market = 0, 0, 0, 0, 0, 0
    if bit & BID_QUOTE:
        bid, bid_quantity, bid_market = bid_price, bid_size, message.participant_id
    if bit & OFFER_QUOTE:
        offer, offer_quantity, offer_market = offer_price, offer_size, message.participant_id
    for best in message.best_bid:
        step = factor(best.denominator_code)
        if step == 0:
            return Reason.MESSAGE_FIELD
        bid, bid_quantity, bid_market = best.price * step, best.size, best.participant_id
    for best in message.best_offer:
        step = factor(best.denominator_code)
        if step == 0:
            return Reason.MESSAGE_FIELD
        offer, offer_quantity, offer_market = best.price * step, best.size, best.participant_id
    sides = (0 if bit & BID_UNCHANGED else 1) + (0 if bit & OFFER_UNCHANGED else 2)
    return national_quote(
        channel, instrument, sides, bid, bid_quantity, bid_market, offer, offer_quantity, offer_market,
        message.message_type,
    )  # fmt: skip


@hot
def _quote(channel, instrument, message, bid_price, bid_size, offer_price, offer_size):
    """A participant's quote, prices of 1e-8, and what it does to the best."""
    reason = participant_quote(
        channel, instrument, bid_price, bid_size, offer_price, offer_size, message.message_type,
        message.participant_id, message.message_indicator,
    )  # fmt: skip
    if instrument < 0:
        return reason
    return _best(channel, instrument, message, bid_price, bid_size, offer_price, offer_size)


@hot
def _indicator_known(indicator):
    """Whether the BBO indicator is one of the specification's."""
    return indicator == BLANK or FIRST_CODE <= indicator <= LAST_CODE


@hot_call
def short_quote(channel, message):
    """Short Equity and Index Quote: a root of four letters, implied places."""
    expiration = message.expiration_block
    if not _indicator_known(message.message_indicator) or not expires(expiration):
        return Reason.MESSAGE_FIELD
    root = shift_left(message.security_symbol, 8) + BLANK
    instrument = series(channel, root, expiration, message.strike_price)
    return _quote(
        channel, instrument, message, message.bid_price, message.bid_size, message.offer_price, message.offer_size
    )


@hot
def _readable(message):
    """Whether the expiration and the strike's denominator of a message are the specification's."""
    return expires(message.expiration_block) and factor(message.strike_price_denominator_code) != 0


@hot
def _series(channel, message):
    """The series of a message of the long forms."""
    strike = message.strike_price * factor(message.strike_price_denominator_code)
    return series(channel, message.security_symbol, message.expiration_block, strike)


@hot_call
def long_quote(channel, message):
    """Long Equity and Index Quote."""
    step = factor(message.premium_price_denominator_code)
    if step == 0 or not _indicator_known(message.message_indicator) or not _readable(message):
        return Reason.MESSAGE_FIELD
    return _quote(
        channel, _series(channel, message), message, message.bid_price * step, message.bid_size,
        message.offer_price * step, message.offer_size,
    )  # fmt: skip


@hot_call
def last_sale(channel, message):
    """Equity and Index Last Sale: a trade, or one of before that is void."""
    step = factor(message.premium_price_denominator_code)
    if step == 0 or not _readable(message):
        return Reason.MESSAGE_FIELD
    instrument = _series(channel, message)
    kind = message.message_type
    price = message.premium_price * step
    if _capital(kind, CANCELS):
        return trade_void(
            channel, instrument, message.trade_identifier, message.participant_id, price, message.volume, kind, kind
        )
    return trade_report(
        channel, instrument, price, message.volume, message.trade_identifier, message.participant_id, kind,
        message.trading_session_identifier, not _capital(kind, OUT_OF_SEQUENCE),
    )  # fmt: skip


@hot_call
def open_interest(channel, message):
    """Open Interest."""
    if not _readable(message):
        return Reason.MESSAGE_FIELD
    return statistic(
        channel, _series(channel, message), INTEREST, 0, message.open_interest_volume, message.participant_id
    )


@hot_call
def end_of_day_summary(channel, message):
    """Equity and Index End of Day Summary."""
    step = factor(message.premium_price_denominator_code)
    below = factor(message.underlying_price_denominator_code)
    if step == 0 or not _readable(message) or not fits(message.underlying_price, below):
        return Reason.MESSAGE_FIELD
    instrument = _series(channel, message)
    participant = message.participant_id
    reason = statistic(channel, instrument, OPEN, message.open_price * step, 0, participant)
    if instrument < 0:
        return reason
    statistic(channel, instrument, HIGH, message.high_price * step, 0, participant)
    statistic(channel, instrument, LOW, message.low_price * step, 0, participant)
    statistic(channel, instrument, LAST, message.last_price * step, 0, participant)
    statistic(channel, instrument, CHANGE, message.net_change * step, 0, participant)
    statistic(channel, instrument, VOLUME, 0, message.volume, participant)
    statistic(channel, instrument, INTEREST, 0, message.open_interest_volume, participant)
    statistic(channel, instrument, PRICE, message.underlying_price * below, 0, participant)
    statistic(channel, instrument, BID, message.bid_price * step, 0, participant)
    statistic(channel, instrument, OFFER, message.offer_price * step, 0, participant)
    return Reason.OK


@hot_call
def underlying_value(channel, message):
    """Underlying Value: of an index, by last sales or by bids and offers."""
    step = factor(message.index_value_denominator_code)
    if step == 0:
        return Reason.MESSAGE_FIELD
    instrument = underlying(channel, message.security_symbol)
    participant = message.participant_id
    if message.message_type != INDEX_BY_QUOTES:
        return statistic(channel, instrument, INDEX, message.index_value * step, 0, participant)
    reason = statistic(channel, instrument, BID, message.index_value * step, 0, participant)
    if instrument < 0:
        return reason
    return statistic(channel, instrument, OFFER, message.offer_index_value * step, 0, participant)


@hot_call
def series_mapping(channel, message):
    """Series Mapping: a series there is."""
    if not _readable(message):
        return Reason.MESSAGE_FIELD
    symbol = shift_left(message.security_symbol, 24) + BLANKS_3
    return instrument_describe(channel, _series(channel, message), symbol, 0)


@hot_call
def control(channel, message):
    """Control: the day and its parts. Where numbers go on elsewhere nothing says that nothing was lost."""
    kind = shift_left(message.message_category, 8) + message.message_type
    announce_market(channel, EventKind.SYSTEM, message.participant_id, kind, 0, 0, 0)
    if message.message_type in (RESET, RECOVERY):
        channel_distrust(channel)
    return Reason.OK
