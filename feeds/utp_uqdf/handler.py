"""UQDF: quotes of all markets in Nasdaq-listed securities, and what they do to the national best.

The book that readers see is the national best bid and offer of each security. A participant's own quote is an event.
Times are the processor's, prices integers of 1e-6, sizes round lots. Nothing is deduced: what a quote does to the best
is what its NBBO Appendage Indicator says.
"""

from __future__ import annotations

from feedhandler.core.channel import channel_distrust, message_time
from feedhandler.core.consolidated import BOTH_SIDES, national_quote, participant_quote, statistic
from feedhandler.core.events import EventKind
from feedhandler.core.integers import shift_left
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.keys import instrument_spelled
from feedhandler.core.reasons import Reason
from feedhandler.core.verbs import announce, announce_market, instrument_describe, restriction, trading_status

from .messages import SymbolLetters

BLANKS_3 = int.from_bytes(b"   ", "big")
NO_CHANGE, NO_NATIONAL, IS_NATIONAL = ord("0"), ord("1"), ord("4")
BEST_BID, BEST_ASK, MARKET_BID, MARKET_ASK = (ord(letter) for letter in "BAba")
"""The codes of STATISTIC events: the national best bid and ask at the close, and those of one market."""


@hot
def _issue(channel, message):
    """The message's time is set; its issue by its symbol of eleven letters."""
    message_time(channel, message.sip_timestamp)
    address = message.symbol
    letters = SymbolLetters(address)
    return instrument_spelled(channel, letters.first, letters.rest ^ BLANKS_3, address, SymbolLetters.size)


@hot
def _known(indicator):
    """Whether the NBBO Appendage Indicator is one of the specification's."""
    return NO_CHANGE <= indicator <= IS_NATIONAL


@hot
def _national(channel, instrument, message, bid_price, bid_size, ask_price, ask_size):
    """What a quote with these prices does to the national best: always both sides, or nothing."""
    indicator = message.nbbo_appendage_indicator
    if indicator == NO_CHANGE:
        return Reason.OK
    bid, bid_quantity, bid_market, ask, ask_quantity, ask_market, condition = 0, 0, 0, 0, 0, 0, 0
    if indicator == IS_NATIONAL:
        bid, bid_quantity, ask, ask_quantity = bid_price, bid_size, ask_price, ask_size
        bid_market = message.market_center_originator_id
        ask_market, condition = bid_market, message.quote_condition
    for best in message.national_short:
        bid, bid_quantity = best.national_best_bid_price_short, best.national_best_bid_size_short
        ask, ask_quantity = best.national_best_ask_price_short, best.national_best_ask_size_short
        bid_market, ask_market = best.national_best_bid_market_center, best.national_best_ask_market_center
        condition = best.nbbo_quote_condition
    for best in message.national_long:
        bid, bid_quantity, ask, ask_quantity = (
            best.best_bid_price, best.best_bid_size, best.best_ask_price, best.best_ask_size
        )  # fmt: skip
        bid_market, ask_market = best.best_bid_market_center, best.best_ask_market_center
        condition = best.nbbo_quote_condition
    return national_quote(
        channel, instrument, BOTH_SIDES, bid, bid_quantity, bid_market, ask, ask_quantity, ask_market, condition
    )


@hot_call
def quote_short_form(channel, message):
    """Quote Message Short Form (2.2.1)."""
    indicator = message.nbbo_appendage_indicator
    if not _known(indicator):
        return Reason.MESSAGE_FIELD
    message_time(channel, message.sip_timestamp)
    symbol = shift_left(message.symbol_short, 24) + BLANKS_3
    instrument = instrument_spelled(channel, symbol, 0, 0, 0)
    bid_price, bid_size = message.bid_price_short, message.bid_size_short
    ask_price, ask_size = message.ask_price_short, message.ask_size_short
    reason = participant_quote(
        channel, instrument, bid_price, bid_size, ask_price, ask_size, message.quote_condition,
        message.market_center_originator_id, indicator,
    )  # fmt: skip
    if instrument < 0:
        return reason
    return _national(channel, instrument, message, bid_price, bid_size, ask_price, ask_size)


@hot_call
def quote_long_form(channel, message):
    """Quote Message Long Form (2.2.2)."""
    indicator = message.nbbo_appendage_indicator
    if not _known(indicator):
        return Reason.MESSAGE_FIELD
    instrument = _issue(channel, message)
    bid_price, bid_size = message.bid_price, message.bid_size
    ask_price, ask_size = message.ask_price, message.ask_size
    reason = participant_quote(
        channel, instrument, bid_price, bid_size, ask_price, ask_size, message.quote_condition,
        message.market_center_originator_id, indicator,
    )  # fmt: skip
    if instrument < 0:
        return reason
    return _national(channel, instrument, message, bid_price, bid_size, ask_price, ask_size)


@hot_call
def finra_adf_market_participant_quotation(channel, message):
    """FINRA ADF Market Participant Quotation: it changes neither FINRA's best nor the national one."""
    instrument = _issue(channel, message)
    return participant_quote(
        channel, instrument, message.bid_price, message.bid_size, message.ask_price, message.ask_size,
        message.quote_condition, message.market_center_originator_id, NO_CHANGE,
    )  # fmt: skip


@hot_call
def limit_up_limit_down_price_band(channel, message):
    """Limit Up-Limit Down Price Band: `detail` is its indicator."""
    return announce(
        channel, EventKind.COLLAR, message.luld_price_band_indicator, _issue(channel, message), 0,
        message.limit_up_price, message.limit_down_price, 0, 0, 0, 0,
    )  # fmt: skip


@hot_call
def cross_sro_trading_action(channel, message):
    """Cross-SRO Trading Action: on all markets. The reason is its six letters."""
    return trading_status(channel, _issue(channel, message), message.trading_action_code, message.trading_action_reason)


@hot_call
def market_center_trading_action(channel, message):
    """Market Center Trading Action: on one market."""
    return announce(
        channel, EventKind.OPERATIONAL_HALT, 0, _issue(channel, message), message.market_center_identifier,
        message.trading_action_code, 0, 0, 0, 0, 0,
    )  # fmt: skip


@hot_call
def issue_symbol_directory(channel, message):
    """Issue Symbol Directory."""
    instrument = _issue(channel, message)
    return instrument_describe(channel, instrument, SymbolLetters(message.symbol).first, message.round_lot_size)


@hot_call
def reg_sho_price_test_restricted(channel, message):
    """Regulation SHO Short Sale Price Test Restricted Indicator."""
    return restriction(channel, _issue(channel, message), message.reg_sho_action)


@hot_call
def auction_collar(channel, message):
    """Auction Collar of a reopening."""
    return announce(
        channel, EventKind.COLLAR, 0, _issue(channel, message), message.collar_reference_price,
        message.collar_up_price, message.collar_down_price, message.collar_extension_indicator, 0, 0, 0,
    )  # fmt: skip


@hot_call
def session_close_recap(channel, message):
    """Session Close Recap: the best at the close, which may be another by now, and what each market quoted."""
    instrument = _issue(channel, message)
    reason = statistic(
        channel, instrument, BEST_BID, message.national_best_bid_price, message.national_best_bid_size,
        message.national_best_bid_market_center,
    )  # fmt: skip
    if instrument < 0:
        return reason
    statistic(
        channel, instrument, BEST_ASK, message.national_best_ask_price, message.national_best_ask_size,
        message.national_best_ask_market_center,
    )  # fmt: skip
    for market in message.recaps:
        name = market.market_center_identifier
        statistic(channel, instrument, MARKET_BID, market.market_center_bid_price, market.market_center_bid_size, name)
        statistic(channel, instrument, MARKET_ASK, market.market_center_ask_price, market.market_center_ask_size, name)
    return Reason.OK


@hot_call
def mwcb_decline_level(channel, message):
    """Market-Wide Circuit Breaker Decline Level: the levels of the day."""
    message_time(channel, message.sip_timestamp)
    return announce_market(
        channel, EventKind.CIRCUIT_BREAKER, 0, message.mwcb_level_1, message.mwcb_level_2, message.mwcb_level_3, 0
    )


@hot_call
def mwcb_status(channel, message):
    """Market-Wide Circuit Breaker Status: a level was reached."""
    message_time(channel, message.sip_timestamp)
    return announce_market(channel, EventKind.CIRCUIT_BREAKER, 0, 0, 0, 0, message.mwcb_status_level_indicator & 15)


@hot_call
def day_event(channel, message):
    """A control message: the letters of its category and its type."""
    message_time(channel, message.sip_timestamp)
    kind = shift_left(message.message_category, 8) + message.message_type
    return announce_market(channel, EventKind.SYSTEM, message.market_center_originator_id, kind, 0, 0, 0)


@hot_call
def quote_wipe_out(channel, message):
    """Quote Wipe-Out: every quote of one market is void. What is best without it, nobody says: nothing is trusted."""
    message_time(channel, message.sip_timestamp)
    kind = shift_left(message.message_category, 8) + message.message_type
    announce_market(channel, EventKind.SYSTEM, message.market_center_originator_id, kind, 0, 0, 0)
    channel_distrust(channel)
    return Reason.OK
