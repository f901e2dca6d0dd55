"""Every message of CTS 2.9 that is not of CQS, offsets and names as the specification prints them.

Source: "Consolidated Tape System (CTS) Pillar Multicast Output Binary Specification", version 2.9 of 16 December 2022
(Securities Industry Automation Corporation), chapter 6. Two type codes are those of version 2.11b and of CQS, where the
public readings of 2.9 contradict each other: `MK` for the circuit breakers' levels and `PT` for a trade of a prior day.
"""

from __future__ import annotations

from feedhandler.wire import Message, block, group
from feedhandler.wire.big_endian import alpha, i64, reserved, u8, u16, u32, u64

from .codes import (
    cancel_error_action,
    consolidated_indicator,
    exempt_indicator,
    exempt_reason,
    extended_hours,
    financial_status,
    halt_reason,
    held_trade,
    instrument_type,
    luld_action,
    participant_id,
    participant_indicator,
    price2,
    price6,
    reporting_facility,
    sale_condition,
    sale_condition_category,
    settlement_type,
    short_sale_restriction,
    sro_detail,
    stop_stock,
    tick,
    trading_status,
)
from .messages import (
    Cta,
    DisasterRecoveryDataCenterActivation,
    EndOfDay,
    LineIntegrity,
    MwcbDeclineLevelStatus,
    MwcbStatus,
    ResetBlockSequenceNumber,
    StartOfDay,
    Timestamp,
)


# fmt: off
class SaleConditions(Message, size=4):
    """The four categories of a sale condition (CTS 2.9, chapter 7, Sale Condition)."""

    settlement_type                 = settlement_type @ 0
    trade_through_exempt_reason     = exempt_reason   @ 1
    extended_hours_or_sequence_type = extended_hours  @ 2
    sro_trade_detail                = sro_detail      @ 3


class Conditions(Message, size=4):
    """The same four letters as one word."""

    letters = alpha(4) @ 0


class ReportedTrade(Message, size=20):
    """A trade as it was reported, or as it should have been (CTS 2.9, chapter 6, Trade Correction)."""

    settlement_type                  = settlement_type        @ 0
    trade_through_exempt_reason      = exempt_reason          @ 1
    extended_hours_or_sequence_type  = extended_hours         @ 2
    sro_trade_detail                 = sro_detail             @ 3
    trade_price                      = price6                 @ 4
    trade_volume                     = u32                    @ 12
    sellers_sale_days                = u8                     @ 16
    stop_stock_indicator             = stop_stock             @ 17
    trade_through_exempt_indicator   = exempt_indicator       @ 18
    short_sale_restriction_indicator = short_sale_restriction @ 19


class PriorDayReportedTrade(Message, size=28):
    """A trade of a prior day as it was reported, or as it should have been (CTS 2.9, chapter 6, Prior Day)."""

    settlement_type                  = settlement_type        @ 0
    trade_through_exempt_reason      = exempt_reason          @ 1
    extended_hours_or_sequence_type  = extended_hours         @ 2
    sro_trade_detail                 = sro_detail             @ 3
    trade_price                      = price6                 @ 4
    trade_volume                     = u32                    @ 12
    sellers_sale_days                = u8                     @ 16
    stop_stock_indicator             = stop_stock             @ 17
    trade_through_exempt_indicator   = exempt_indicator       @ 18
    short_sale_restriction_indicator = short_sale_restriction @ 19
    seconds                          = u32                    @ 20
    nanoseconds                      = u32                    @ 24


class ConsolidatedData(Message, size=34):
    """The figures of the day over all markets after a correction (CTS 2.9, chapter 6, Trade Correction)."""

    previous_close_price_date = u32            @ 0
    last_participant_id       = participant_id @ 4
    last_price                = price6         @ 5
    high_price                = price6         @ 13
    low_price                 = price6         @ 21
    total_volume_short        = u32            @ 29
    tick                      = tick           @ 33


class ParticipantData(Message, size=41):
    """The figures of the day of one participant after a correction (CTS 2.9, chapter 6, Trade Correction)."""

    previous_close_price_date = u32    @ 0
    last_price                = price6 @ 4
    high_price                = price6 @ 12
    low_price                 = price6 @ 20
    open_price                = price6 @ 28
    total_volume_short        = u32    @ 36
    tick                      = tick   @ 40


class ShortTrade(Cta, type="TT", size=40):
    """A trade with a short symbol and a price of two decimal places (CTS 2.9, 6.7.3, Short Trade)."""

    security_symbol_short                    = alpha(5)                @ 26
    sale_condition                           = sale_condition          @ 31
    sale_condition_category                  = sale_condition_category @ 32
    trade_price_short                        = price2                  @ 33
    trade_volume_short                       = u16                     @ 35
    primary_listing_market_participant_id    = participant_id          @ 37
    consolidated_high_low_last_indicator     = consolidated_indicator  @ 38
    participant_open_high_low_last_indicator = participant_indicator   @ 39


class LongTrade(Cta, type="TL", size=72):
    """A trade (CTS 2.9, chapter 6, Long Trade)."""

    security_symbol                          = alpha(11)              @ 26
    instrument_type                          = instrument_type        @ 37
    sale_conditions                          = block(SaleConditions)  @ 38
    trade_price                              = price6                 @ 42
    trade_volume                             = u32                    @ 50
    sellers_sale_days                        = u8                     @ 54
    stop_stock_indicator                     = stop_stock             @ 55
    trade_through_exempt_indicator           = exempt_indicator       @ 56
    trade_reporting_facility_id              = reporting_facility     @ 57
    timestamp_2                              = block(Timestamp)       @ 58
    short_sale_restriction_indicator         = short_sale_restriction @ 66
    primary_listing_market_participant_id    = participant_id         @ 67
    financial_status_indicator               = financial_status       @ 68
    held_trade_indicator                     = held_trade             @ 69
    consolidated_high_low_last_indicator     = consolidated_indicator @ 70
    participant_open_high_low_last_indicator = participant_indicator  @ 71


class TradeCorrection(Cta, type="TC", size=172):
    """A trade was reported wrongly, and how it was (CTS 2.9, chapter 6, Trade Correction)."""

    security_symbol                       = alpha(11)               @ 26
    instrument_type                       = instrument_type         @ 37
    corrected_trade                       = block(ReportedTrade)    @ 38
    trade_reporting_facility_id           = reporting_facility      @ 58
    timestamp_2                           = block(Timestamp)        @ 59
    original_participant_reference_number = i64                     @ 67
    original_trade                        = block(ReportedTrade)    @ 75
    primary_listing_market_participant_id = participant_id          @ 95
    financial_status_indicator            = financial_status        @ 96
    consolidated_data                     = block(ConsolidatedData) @ 97
    participant_data                      = block(ParticipantData)  @ 131


class TradeCancelError(Cta, type="TX", size=153):
    """A trade is void (CTS 2.9, chapter 6, Trade Cancel/Error)."""

    security_symbol                       = alpha(11)               @ 26
    instrument_type                       = instrument_type         @ 37
    sale_conditions                       = block(SaleConditions)   @ 38
    trade_price                           = price6                  @ 42
    trade_volume                          = u32                     @ 50
    sellers_sale_days                     = u8                      @ 54
    stop_stock_indicator                  = stop_stock              @ 55
    trade_through_exempt_indicator        = exempt_indicator        @ 56
    trade_reporting_facility_id           = reporting_facility      @ 57
    original_participant_reference_number = i64                     @ 58
    timestamp_2                           = block(Timestamp)        @ 66
    cancel_error_action                   = cancel_error_action     @ 74
    short_sale_restriction_indicator      = short_sale_restriction  @ 75
    primary_listing_market_participant_id = participant_id          @ 76
    financial_status_indicator            = financial_status        @ 77
    consolidated_data                     = block(ConsolidatedData) @ 78
    participant_data                      = block(ParticipantData)  @ 112


class TradingStatus(Cta, type="TS", size=76):
    """A halt, a resumption, an indication, an imbalance or a price band (CTS 2.9, chapter 6, Trading Status)."""

    security_symbol                              = alpha(11)              @ 26
    instrument_type                              = instrument_type        @ 37
    last_price                                   = price6                 @ 38
    high_indication_price_upper_limit_price_band = price6                 @ 46
    low_indication_price_lower_limit_price_band  = price6                 @ 54
    buy_volume                                   = u32                    @ 62
    sell_volume                                  = u32                    @ 66
    security_status                              = trading_status         @ 70
    halt_reason                                  = halt_reason            @ 71
    short_sale_restriction_indicator             = short_sale_restriction @ 72
    primary_listing_market_participant_id        = participant_id         @ 73
    financial_status_indicator                   = financial_status       @ 74
    limit_up_limit_down_indicator                = luld_action            @ 75


class TradeAuctionStatus(Cta, type="TA", size=128):
    """The price collar of an automated reopening (CTS 2.9, chapter 6, Auction Status)."""

    security_symbol                       = alpha(11)              @ 26
    instrument_type                       = instrument_type        @ 37
    auction_collar_reference_price        = price6                 @ 38
    auction_collar_upper_threshold_price  = price6                 @ 46
    auction_collar_lower_threshold_price  = price6                 @ 54
    number_of_extensions                  = u8                     @ 62
    short_sale_restriction_indicator      = short_sale_restriction @ 63
    primary_listing_market_participant_id = participant_id         @ 64
    financial_status_indicator            = financial_status       @ 65
    reserved_1                            = reserved(62)           @ 66


class PriorDayTrade(Cta, type="PT", size=67):
    """A trade of a prior day (CTS 2.9, chapter 6, Prior Day)."""

    security_symbol                  = alpha(11)              @ 26
    instrument_type                  = instrument_type        @ 37
    sale_conditions                  = block(SaleConditions)  @ 38
    trade_price                      = price6                 @ 42
    trade_volume                     = u32                    @ 50
    sellers_sale_days                = u8                     @ 54
    stop_stock_indicator             = stop_stock             @ 55
    trade_through_exempt_indicator   = exempt_indicator       @ 56
    short_sale_restriction_indicator = short_sale_restriction @ 57
    trade_reporting_facility_id      = reporting_facility     @ 58
    prior_day_trade_date_and_time    = block(Timestamp)       @ 59


class PriorDayTradeCancelError(Cta, type="PX", size=68):
    """A trade of a prior day is void (CTS 2.9, chapter 6, Prior Day)."""

    security_symbol                  = alpha(11)              @ 26
    instrument_type                  = instrument_type        @ 37
    sale_conditions                  = block(SaleConditions)  @ 38
    trade_price                      = price6                 @ 42
    trade_volume                     = u32                    @ 50
    sellers_sale_days                = u8                     @ 54
    stop_stock_indicator             = stop_stock             @ 55
    trade_through_exempt_indicator   = exempt_indicator       @ 56
    short_sale_restriction_indicator = short_sale_restriction @ 57
    trade_reporting_facility_id      = reporting_facility     @ 58
    prior_day_trade_date_and_time    = block(Timestamp)       @ 59
    cancel_error_action              = cancel_error_action    @ 67


class PriorDayTradeCorrection(Cta, type="PC", size=95):
    """A trade of a prior day was reported wrongly (CTS 2.9, chapter 6, Prior Day)."""

    security_symbol             = alpha(11)                    @ 26
    instrument_type             = instrument_type              @ 37
    corrected_trade             = block(PriorDayReportedTrade) @ 38
    trade_reporting_facility_id = reporting_facility           @ 66
    original_trade              = block(PriorDayReportedTrade) @ 67


class ConsolidatedStartOfDaySummary(Cta, type="SA", size=55):
    """The previous close over all markets (CTS 2.9, chapter 6, Summary)."""

    security_symbol                       = alpha(11)              @ 26
    instrument_type                       = instrument_type        @ 37
    summary_participant_id                = participant_id         @ 38
    previous_close_price_date             = u32                    @ 39
    previous_close_price                  = price6                 @ 43
    short_sale_restriction_indicator      = short_sale_restriction @ 51
    primary_listing_market_participant_id = participant_id         @ 52
    financial_status_indicator            = financial_status       @ 53
    number_of_participants                = u8                     @ 54


class ParticipantStartOfDaySummary(Cta, type="SB", size=51):
    """The previous close of one participant (CTS 2.9, chapter 6, Summary)."""

    security_symbol           = alpha(11)       @ 26
    instrument_type           = instrument_type @ 37
    summary_participant_id    = participant_id  @ 38
    previous_close_price_date = u32             @ 39
    previous_close_price      = price6          @ 43


class ConsolidatedEndOfDaySummary(Cta, type="SC", size=79):
    """The figures of the day over all markets (CTS 2.9, chapter 6, Summary)."""

    security_symbol                       = alpha(11)              @ 26
    instrument_type                       = instrument_type        @ 37
    last_participant_id                   = participant_id         @ 38
    previous_close_price_date             = u32                    @ 39
    last_price                            = price6                 @ 43
    high_price                            = price6                 @ 51
    low_price                             = price6                 @ 59
    total_volume                          = u64                    @ 67
    short_sale_restriction_indicator      = short_sale_restriction @ 75
    primary_listing_market_participant_id = participant_id         @ 76
    financial_status_indicator            = financial_status       @ 77
    number_of_participants                = u8                     @ 78


class ParticipantEndOfDaySummary(Cta, type="SD", size=84):
    """The figures of the day of one participant (CTS 2.9, chapter 6, Summary)."""

    security_symbol           = alpha(11)       @ 26
    instrument_type           = instrument_type @ 37
    summary_participant_id    = participant_id  @ 38
    previous_close_price_date = u32             @ 39
    last_price                = price6          @ 43
    high_price                = price6          @ 51
    low_price                 = price6          @ 59
    open_price                = price6          @ 67
    total_volume              = u64             @ 75
    tick                      = tick            @ 83


class Index(Cta, type="II", size=45):
    """The value of an index (CTS 2.9, chapter 6, Indices)."""

    index_symbol = alpha(11) @ 26
    index_value  = i64       @ 37


class BidAndOfferIndex(Cta, type="IQ", size=53):
    """The value of an index by bids and by offers (CTS 2.9, chapter 6, Indices)."""

    index_symbol      = alpha(11) @ 26
    bid_index_value   = i64       @ 37
    offer_index_value = i64       @ 45


class MarketCenterVolume(Message, size=9):
    """The volume of one participant (CTS 2.9, chapter 6, Market Status)."""

    participant_id     = participant_id @ 0
    trade_total_volume = u64            @ 1


class ApproximateAdjustedVolumeMarketCenter(Cta, type="MN", size=27):
    """The volumes of all participants (CTS 2.9, chapter 6, Market Status)."""

    num_participants = u8 @ 26
    participants     = group(MarketCenterVolume, count="num_participants")


class ApproximateTradesAndTotalDollarValue(Cta, type="MO", size=38):
    """How many trades there were, and their worth (CTS 2.9, chapter 6, Market Status)."""

    total_trades = u32 @ 26
    dollar_value = u64 @ 30


class CrossingSessionSummary(Cta, type="MP", size=50):
    """What traded behind the close (CTS 2.9, chapter 6, Market Status)."""

    crossing_session_1_total_trades_volume = u64 @ 26
    crossing_session_2_dollar_value        = u64 @ 34
    crossing_session_2_total_trades_volume = u64 @ 42


class StartOfEndOfDaySummary(Cta, type="AA", size=26):
    """Summaries of the end of the day begin (CTS 2.9, chapter 6, Administrative)."""


class EndOfEndOfDaySummary(Cta, type="AB", size=26):
    """Summaries of the end of the day are complete (CTS 2.9, chapter 6, Administrative)."""


class StartOfStartOfDaySummary(Cta, type="AC", size=26):
    """Summaries of the start of the day begin (CTS 2.9, chapter 6, Administrative)."""


class EndOfStartOfDaySummary(Cta, type="AD", size=26):
    """Summaries of the start of the day are complete (CTS 2.9, chapter 6, Administrative)."""
# fmt: on


CTS = (
    ShortTrade,
    LongTrade,
    TradingStatus,
    TradeCorrection,
    TradeCancelError,
    TradeAuctionStatus,
    PriorDayTrade,
    PriorDayTradeCancelError,
    PriorDayTradeCorrection,
    ConsolidatedStartOfDaySummary,
    ParticipantStartOfDaySummary,
    ConsolidatedEndOfDaySummary,
    ParticipantEndOfDaySummary,
    Index,
    BidAndOfferIndex,
    MwcbDeclineLevelStatus,
    MwcbStatus,
    ApproximateAdjustedVolumeMarketCenter,
    ApproximateTradesAndTotalDollarValue,
    CrossingSessionSummary,
    StartOfEndOfDaySummary,
    EndOfEndOfDaySummary,
    StartOfStartOfDaySummary,
    EndOfStartOfDaySummary,
    StartOfDay,
    EndOfDay,
    ResetBlockSequenceNumber,
    DisasterRecoveryDataCenterActivation,
    LineIntegrity,
)
