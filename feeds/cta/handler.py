"""CQS: quotes and what they do to the national best, and the control messages that CQS and CTS share.

The book that readers see is the national best bid and offer of each security. A participant's own quote is an event.
Times are Timestamp 1, prices integers of 1e-6, sizes shares. Nothing is deduced: what a quote does to the best is what
its National BBO Indicator says.
"""

from __future__ import annotations

from feedhandler.core.channel import channel_distrust
from feedhandler.core.consolidated import (
    national_quote,
    national_quote_lost,
    participant_quote,
    restriction_noted,
)
from feedhandler.core.events import EventKind
from feedhandler.core.integers import shift_left
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.reasons import Reason
from feedhandler.core.verbs import announce, announce_market, instrument_describe, trading_status

from .codes import PRICE_BAND, QUOTE, REPUBLISHED_PRICE_BAND, UNCHANGED, codes_mask
from .messages import SymbolLetters
from .security import BLANK, begun, stamped

FIRST_CODE, LAST_CODE = ord("A"), ord("W")
BID_UNCHANGED, OFFER_UNCHANGED = codes_mask(0, UNCHANGED), codes_mask(1, UNCHANGED)
BID_QUOTE, OFFER_QUOTE = codes_mask(0, QUOTE), codes_mask(1, QUOTE)
NOTHING = ord("A")
SHORT_CONDITION = ord("R")


@hot
def _indicator_known(indicator):
    """Whether the National BBO Indicator is one of the specification's."""
    return indicator == BLANK or FIRST_CODE <= indicator <= LAST_CODE


@hot
def _sides(bit):
    """The sides of the national best that an indicator restates."""
    return (0 if bit & BID_UNCHANGED else 1) + (0 if bit & OFFER_UNCHANGED else 2)


@hot
def _national(channel, instrument, message, bid_price, bid_size, offer_price, offer_size, condition):
    """What a quote with these prices does to the national best: itself, its appendages, nothing or none."""
    indicator = message.national_bbo_indicator
    if indicator in (NOTHING, BLANK):
        return Reason.OK
    bit = shift_left(1, indicator & 31)
    best_bid, best_bid_size, bid_participant, conditions = 0, 0, 0, 0
    best_offer, best_offer_size, offer_participant = 0, 0, 0
    if bit & BID_QUOTE:
        best_bid, best_bid_size, bid_participant, conditions = bid_price, bid_size, message.participant_id, condition
    if bit & OFFER_QUOTE:
        best_offer, best_offer_size, offer_participant = offer_price, offer_size, message.participant_id
        conditions += shift_left(condition, 8)
    for best in message.best_bid_long:
        best_bid, best_bid_size = best.best_bid_price_long, best.best_bid_size_long
        bid_participant = best.best_bid_participant_id
        conditions += best.best_bid_quote_condition
    for best in message.best_offer_long:
        best_offer, best_offer_size = best.best_offer_price_long, best.best_offer_size_long
        offer_participant = best.best_offer_participant_id
        conditions += shift_left(best.best_offer_quote_condition, 8)
    for best in message.best_bid_short:
        best_bid, best_bid_size = best.best_bid_price_short, best.best_bid_size_short
        bid_participant = best.best_bid_participant_id
    for best in message.best_offer_short:
        best_offer, best_offer_size = best.best_offer_price_short, best.best_offer_size_short
        offer_participant = best.best_offer_participant_id
    return national_quote(
        channel, instrument, _sides(bit), best_bid, best_bid_size, bid_participant,
        best_offer, best_offer_size, offer_participant, conditions,
    )  # fmt: skip


@hot_call
def short_quote(channel, message):
    """Short Quote: the condition of a short form is the regular one."""
    indicator = message.national_bbo_indicator
    if not _indicator_known(indicator):
        return Reason.MESSAGE_FIELD
    instrument = begun(channel, message)
    bid_price, bid_size = message.bid_price_short, message.bid_size_short
    offer_price, offer_size = message.offer_price_short, message.offer_size_short
    reason = participant_quote(
        channel, instrument, bid_price, bid_size, offer_price, offer_size, SHORT_CONDITION, message.participant_id,
        indicator,
    )  # fmt: skip
    if instrument < 0:
        return reason
    return _national(channel, instrument, message, bid_price, bid_size, offer_price, offer_size, SHORT_CONDITION)


@hot_call
def _price_band(channel, instrument, message):
    """A long quote whose prices are limit up-limit down bands, and no quote: it cannot be a best either."""
    reason = announce(
        channel, EventKind.COLLAR, message.security_status_indicator, instrument, 0,
        message.offer_price_upper_limit_price_band, message.bid_price_lower_limit_price_band, 0, 0, 0, 0,
    )  # fmt: skip
    if instrument < 0:
        return reason
    return _national(channel, instrument, message, 0, 0, 0, 0, message.quote_condition)


@hot_call
def long_quote(channel, message):
    """Long Quote (6.4.2)."""
    indicator = message.national_bbo_indicator
    status = message.security_status_indicator
    band = status in (PRICE_BAND, REPUBLISHED_PRICE_BAND)
    if not _indicator_known(indicator):
        return Reason.MESSAGE_FIELD
    if band and indicator != BLANK and shift_left(1, indicator & 31) & (BID_QUOTE | OFFER_QUOTE):
        return Reason.MESSAGE_FIELD
    instrument = begun(channel, message)
    if band:
        return _price_band(channel, instrument, message)
    bid_price, bid_size = message.bid_price_lower_limit_price_band, message.bid_size_long
    offer_price, offer_size = message.offer_price_upper_limit_price_band, message.offer_size_long
    condition = message.quote_condition
    reason = participant_quote(
        channel, instrument, bid_price, bid_size, offer_price, offer_size, condition, message.participant_id, indicator
    )
    if instrument < 0:
        return reason
    if status != BLANK:
        trading_status(channel, instrument, status, 0)
    restriction_noted(channel, instrument, message.short_sale_restriction_indicator)
    return _national(channel, instrument, message, bid_price, bid_size, offer_price, offer_size, condition)


@hot
def _finra_differs(message, bit):
    """Whether a best that "the quote contains" may be the market maker's or FINRA's, and these are not the same."""
    bid = message.bid_price_long != message.finra_best_bid_price or message.bid_size_long != message.finra_best_bid_size
    offer = (
        message.offer_price_long != message.finra_best_offer_price
        or message.offer_size_long != message.finra_best_offer_size
    )
    return (bit & BID_QUOTE != 0 and bid) or (bit & OFFER_QUOTE != 0 and offer)


@hot_call
def special_long_quote(channel, message):
    """Special Long Quote: a market maker's quote and FINRA's best. Which of them "the quote" is, is not known to us."""
    indicator = message.national_bbo_indicator
    if not _indicator_known(indicator):
        return Reason.MESSAGE_FIELD
    instrument = begun(channel, message)
    bid_price, bid_size = message.bid_price_long, message.bid_size_long
    offer_price, offer_size = message.offer_price_long, message.offer_size_long
    condition = message.quote_condition
    reason = participant_quote(
        channel, instrument, bid_price, bid_size, offer_price, offer_size, condition, message.participant_id, indicator
    )
    if instrument < 0:
        return reason
    restriction_noted(channel, instrument, message.short_sale_restriction_indicator)
    bit = shift_left(1, indicator & 31)
    if indicator != BLANK and _finra_differs(message, bit):
        return national_quote_lost(channel, instrument, _sides(bit))
    return _national(channel, instrument, message, bid_price, bid_size, offer_price, offer_size, condition)


@hot_call
def auction_status(channel, message):
    """Auction Status: the price collar of a reopening; of CTS, too."""
    instrument = begun(channel, message)
    return announce(
        channel, EventKind.COLLAR, 0, instrument,
        message.auction_collar_reference_price, message.auction_collar_upper_threshold_price,
        message.auction_collar_lower_threshold_price, message.number_of_extensions, 0, 0, 0,
    )  # fmt: skip


@hot_call
def symbol_reference_data(channel, message):
    """Symbol Reference Data: a security of the day, and whether it is halted or restricted as the day begins."""
    instrument = begun(channel, message)
    reason = instrument_describe(
        channel, instrument, SymbolLetters(message.security_symbol).first, message.round_lot_size
    )
    if instrument < 0:
        return reason
    if message.halt_reason != BLANK:
        trading_status(channel, instrument, message.halt_reason, 0)
    return restriction_noted(channel, instrument, message.short_sale_restriction_indicator)


# ------------------------------------------------------------------------------------------- the day and the line


@hot_call
def mwcb_decline_level_status(channel, message):
    """Market-Wide Circuit Breaker Decline Level Status: the levels of the day."""
    stamped(channel, message)
    return announce_market(
        channel, EventKind.CIRCUIT_BREAKER, 0, message.mwcb_level_1, message.mwcb_level_2, message.mwcb_level_3, 0
    )


@hot_call
def mwcb_status(channel, message):
    """Market-Wide Circuit Breaker Status: a level was reached."""
    stamped(channel, message)
    level = message.mwcb_level_indicator
    return announce_market(channel, EventKind.CIRCUIT_BREAKER, 0, 0, 0, 0, 0 if level == BLANK else level & 15)


@hot
def _told(channel, message):
    """The event of a message that says no more than what it is: the letters of its category and its type."""
    stamped(channel, message)
    kind = shift_left(message.message_category, 8) + message.message_type
    return announce_market(channel, EventKind.SYSTEM, message.participant_id, kind, 0, 0, 0)


@hot_call
def day_event(channel, message):
    """A control or administrative message."""
    return _told(channel, message)


@hot_call
def numbering_event(channel, message):
    """The numbers go on elsewhere, perhaps from another data center: nothing says that nothing was lost."""
    _told(channel, message)
    channel_distrust(channel)
    return Reason.OK
