"""CTS: trades and their corrections, halts, figures of the day. There is no book.

The last trade of a security is the last that its Consolidated High/Low/Last Indicator calls so. `participant` of an
event is the participant's letter, with that of the trade reporting facility, where there is one, in the byte above.
"""

from __future__ import annotations

from feedhandler.core.consolidated import (
    last_price_corrected,
    restriction_noted,
    statistic,
    trade_report,
    trade_void,
)
from feedhandler.core.events import EventKind
from feedhandler.core.integers import shift_left
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.reasons import Reason
from feedhandler.core.verbs import announce, announce_market, trading_status

from .codes import CONSOLIDATED_LAST, LULD_STATUS, RESTRICTION_STATUS
from .security import BLANK, begun, security, security_short, stamped
from .trade_messages import Conditions

OPEN, HIGH, LOW, LAST, VOLUME = (ord(letter) for letter in "OHWLV")
PREVIOUS_CLOSE, INDEX, BID_INDEX, OFFER_INDEX, TRADES, DOLLARS = (ord(letter) for letter in "PIBANQ")
CROSSING_1, CROSSING_2, CROSSING_2_DOLLARS = (ord(digit) for digit in "123")
"""The codes of STATISTIC events: O open, H high, W low, L last, V volume, P previous close, and the README's others."""

REGULAR_CONDITIONS = int.from_bytes(b"    ", "big")
CORRECTION = ord("C")
BANDS = ord("B")
SELL_IMBALANCES = (ord("8"), ord("A"))


@hot
def _reporter(participant, facility):
    """Participant and trade reporting facility in one."""
    return participant if facility == BLANK else participant + shift_left(facility, 8)


@hot
def _is_last(indicator):
    """Whether a trade is the last over all markets, by its Consolidated High/Low/Last Indicator."""
    return shift_left(1, indicator & 31) & CONSOLIDATED_LAST != 0


@hot_call
def short_trade(channel, message):
    """Short Trade (6.7.3): one condition, in the place of its category."""
    category = message.sale_condition_category
    conditions = REGULAR_CONDITIONS
    if category != BLANK:
        place = category - ord("1")
        if place < 0 or place > 3:
            return Reason.MESSAGE_FIELD
        conditions += shift_left(message.sale_condition - BLANK, 24 - 8 * place)
    stamped(channel, message)
    indicator = message.consolidated_high_low_last_indicator
    return trade_report(
        channel, security_short(channel, message.security_symbol_short), message.trade_price_short,
        message.trade_volume_short, message.participant_reference_number, message.participant_id, conditions,
        indicator + shift_left(message.participant_open_high_low_last_indicator, 8), _is_last(indicator),
    )  # fmt: skip


@hot_call
def long_trade(channel, message):
    """Long Trade."""
    instrument = begun(channel, message)
    indicator = message.consolidated_high_low_last_indicator
    reason = trade_report(
        channel, instrument, message.trade_price, message.trade_volume, message.participant_reference_number,
        _reporter(message.participant_id, message.trade_reporting_facility_id),
        Conditions(message.sale_conditions.address).letters,
        indicator + shift_left(message.participant_open_high_low_last_indicator, 8), _is_last(indicator),
    )  # fmt: skip
    if instrument < 0:
        return reason
    return restriction_noted(channel, instrument, message.short_sale_restriction_indicator)


@hot
def _figures(channel, instrument, message, price, quantity):
    """The figures of the day after a correction: over all markets (participant 0) and of the participant.

    `price` and `quantity` are of the corrected trade, which may be the last.
    """
    whole, own, participant = message.consolidated_data, message.participant_data, message.participant_id
    statistic(channel, instrument, LAST, whole.last_price, 0, 0)
    statistic(channel, instrument, HIGH, whole.high_price, 0, 0)
    statistic(channel, instrument, LOW, whole.low_price, 0, 0)
    statistic(channel, instrument, VOLUME, 0, whole.total_volume_short, 0)
    statistic(channel, instrument, OPEN, own.open_price, 0, participant)
    statistic(channel, instrument, LAST, own.last_price, 0, participant)
    statistic(channel, instrument, HIGH, own.high_price, 0, participant)
    statistic(channel, instrument, LOW, own.low_price, 0, participant)
    statistic(channel, instrument, VOLUME, 0, own.total_volume_short, participant)
    last_price_corrected(channel, instrument, whole.last_price, quantity if price == whole.last_price else 0)
    return Reason.OK


@hot_call
def trade_correction(channel, message):
    """Trade Correction: the original is void, and the corrected one takes its place."""
    instrument = begun(channel, message)
    wrong, right = message.original_trade, message.corrected_trade
    participant = _reporter(message.participant_id, message.trade_reporting_facility_id)
    reason = trade_void(
        channel, instrument, message.original_participant_reference_number, participant,
        wrong.trade_price, wrong.trade_volume, Conditions(wrong.address).letters, CORRECTION,
    )  # fmt: skip
    if instrument < 0:
        return reason
    trade_report(
        channel, instrument, right.trade_price, right.trade_volume, message.participant_reference_number, participant,
        Conditions(right.address).letters, 0, False,
    )  # fmt: skip
    return _figures(channel, instrument, message, right.trade_price, right.trade_volume)


@hot_call
def trade_cancel_error(channel, message):
    """Trade Cancel/Error."""
    instrument = begun(channel, message)
    reason = trade_void(
        channel, instrument, message.original_participant_reference_number,
        _reporter(message.participant_id, message.trade_reporting_facility_id),
        message.trade_price, message.trade_volume, Conditions(message.sale_conditions.address).letters,
        message.cancel_error_action,
    )  # fmt: skip
    if instrument < 0:
        return reason
    return _figures(channel, instrument, message, 0, 0)


@hot
def _imbalance(channel, instrument, message, status):
    """An imbalance of orders to buy or to sell; `detail` is the security status."""
    selling = status == SELL_IMBALANCES[0] or status == SELL_IMBALANCES[1]
    return announce(
        channel, EventKind.IMBALANCE, status, instrument, 0,
        message.sell_volume if selling else message.buy_volume, 0, 0, message.last_price, 0, 0,
    )  # fmt: skip


@hot_call
def trading_status_message(channel, message):
    """Trading Status: by its security status a halt, a restriction, price bands or an imbalance."""
    instrument = begun(channel, message)
    status = message.security_status
    luld = message.limit_up_limit_down_indicator
    if status == RESTRICTION_STATUS:
        return restriction_noted(channel, instrument, message.short_sale_restriction_indicator)
    if status == LULD_STATUS and luld <= BANDS:
        return announce(
            channel, EventKind.COLLAR, luld, instrument, 0, message.high_indication_price_upper_limit_price_band,
            message.low_indication_price_lower_limit_price_band, 0, 0, 0, 0,
        )  # fmt: skip
    if status == LULD_STATUS:
        return trading_status(channel, instrument, status, luld)
    if ord("7") <= status <= ord("9") or status == ord("A") or status == ord("C") or status == ord("D"):
        return _imbalance(channel, instrument, message, status)
    return trading_status(channel, instrument, status, message.halt_reason)


# ----------------------------------------------------------------------------------------------- of a prior day


@hot_call
def prior_day_trade(channel, message):
    """Prior Day Trade: told as a figure of the day before, since it is no trade of today."""
    instrument = begun(channel, message)
    return statistic(
        channel, instrument, ord("T"), message.trade_price, message.trade_volume,
        _reporter(message.participant_id, message.trade_reporting_facility_id),
    )  # fmt: skip


@hot_call
def prior_day_trade_cancel_error(channel, message):
    """Prior Day Trade Cancel/Error: its reference number is the message's own."""
    instrument = begun(channel, message)
    return trade_void(
        channel, instrument, message.participant_reference_number,
        _reporter(message.participant_id, message.trade_reporting_facility_id),
        message.trade_price, message.trade_volume, Conditions(message.sale_conditions.address).letters,
        message.cancel_error_action,
    )  # fmt: skip


@hot_call
def prior_day_trade_correction(channel, message):
    """Prior Day Trade Correction: the original is void, the corrected one a figure of the day before."""
    instrument = begun(channel, message)
    wrong, right = message.original_trade, message.corrected_trade
    participant = _reporter(message.participant_id, message.trade_reporting_facility_id)
    reason = trade_void(
        channel, instrument, message.participant_reference_number, participant,
        wrong.trade_price, wrong.trade_volume, Conditions(wrong.address).letters, CORRECTION,
    )  # fmt: skip
    if instrument < 0:
        return reason
    return statistic(channel, instrument, ord("T"), right.trade_price, right.trade_volume, participant)


# ---------------------------------------------------------------------------------------------- figures of the day


@hot_call
def consolidated_start_of_day_summary(channel, message):
    """Consolidated Start of Day Summary."""
    instrument = begun(channel, message)
    reason = statistic(channel, instrument, PREVIOUS_CLOSE, message.previous_close_price, 0, 0)
    if instrument < 0:
        return reason
    return restriction_noted(channel, instrument, message.short_sale_restriction_indicator)


@hot_call
def participant_start_of_day_summary(channel, message):
    """Participant Start of Day Summary."""
    instrument = begun(channel, message)
    return statistic(
        channel, instrument, PREVIOUS_CLOSE, message.previous_close_price, 0, message.summary_participant_id
    )


@hot_call
def consolidated_end_of_day_summary(channel, message):
    """Consolidated End of Day Summary."""
    instrument = begun(channel, message)
    reason = statistic(channel, instrument, LAST, message.last_price, 0, 0)
    if instrument < 0:
        return reason
    statistic(channel, instrument, HIGH, message.high_price, 0, 0)
    statistic(channel, instrument, LOW, message.low_price, 0, 0)
    return statistic(channel, instrument, VOLUME, 0, message.total_volume, 0)


@hot_call
def participant_end_of_day_summary(channel, message):
    """Participant End of Day Summary."""
    instrument = begun(channel, message)
    participant = message.summary_participant_id
    reason = statistic(channel, instrument, OPEN, message.open_price, 0, participant)
    if instrument < 0:
        return reason
    statistic(channel, instrument, LAST, message.last_price, 0, participant)
    statistic(channel, instrument, HIGH, message.high_price, 0, participant)
    statistic(channel, instrument, LOW, message.low_price, 0, participant)
    return statistic(channel, instrument, VOLUME, 0, message.total_volume, participant)


@hot_call
def index_message(channel, message):
    """Index: an instrument of its own."""
    stamped(channel, message)
    return statistic(
        channel, security(channel, message.index_symbol), INDEX, message.index_value, 0, message.participant_id
    )


@hot_call
def bid_and_offer_index(channel, message):
    """Bid and Offer Index."""
    stamped(channel, message)
    instrument = security(channel, message.index_symbol)
    reason = statistic(channel, instrument, BID_INDEX, message.bid_index_value, 0, message.participant_id)
    if instrument < 0:
        return reason
    return statistic(channel, instrument, OFFER_INDEX, message.offer_index_value, 0, message.participant_id)


@hot_call
def approximate_adjusted_volume_market_center(channel, message):
    """Approximate Adjusted Volume Market Center: a figure for each participant."""
    stamped(channel, message)
    for market in message.participants:
        announce_market(channel, EventKind.STATISTIC, 0, VOLUME, 0, market.trade_total_volume, market.participant_id)
    return Reason.OK


@hot_call
def approximate_trades_and_total_dollar_value(channel, message):
    """Approximate Trades and Total Dollar Value."""
    stamped(channel, message)
    announce_market(channel, EventKind.STATISTIC, 0, TRADES, 0, message.total_trades, message.participant_id)
    return announce_market(channel, EventKind.STATISTIC, 0, DOLLARS, 0, message.dollar_value, message.participant_id)


@hot_call
def crossing_session_summary(channel, message):
    """Crossing Session Summary."""
    stamped(channel, message)
    participant = message.participant_id
    first, second = message.crossing_session_1_total_trades_volume, message.crossing_session_2_total_trades_volume
    dollars = message.crossing_session_2_dollar_value
    announce_market(channel, EventKind.STATISTIC, 0, CROSSING_1, 0, first, participant)
    announce_market(channel, EventKind.STATISTIC, 0, CROSSING_2, 0, second, participant)
    return announce_market(channel, EventKind.STATISTIC, 0, CROSSING_2_DOLLARS, 0, dollars, participant)
