"""Every message of CQS 2.10a, and what CQS and CTS share, offsets and names as the specification prints them.

Source: "Consolidated Quotation System (CQS) Pillar Multicast Output Binary Specification", version 2.10a of 6 June 2025
(Securities Industry Automation Corporation), chapters 4 to 7. All integers are big-endian. Every message opens with its
length, its category and its type, and a header that all share. Prices have six implied decimal places; those of the
short forms have two and are read with six. A message of variable length ends with up to two appendages, which the
National BBO Indicator announces.
"""

from __future__ import annotations

from feedhandler.wire import Message, block, conditional
from feedhandler.wire.big_endian import alpha, char, i64, reserved, u8, u16, u32, u64

from .codes import (
    LONG,
    SHORT,
    breaker_level,
    codes_with,
    condition,
    financial_status,
    finra_bbo,
    finra_luld,
    halt_reason,
    instrument_type,
    ipo,
    luld_indicator,
    luld_tier,
    market_condition,
    national_bbo_indicator,
    national_luld,
    participant_id,
    price2,
    price6,
    retail_interest,
    security_status,
    settlement_condition,
    short_sale_restriction,
    sip_generated,
    test,
)


# fmt: off
class Timestamp(Message, size=8):
    """Seconds of the Unix epoch, and nanoseconds of the second (4.0)."""

    seconds     = u32 @ 0
    nanoseconds = u32 @ 4


class Cta(Message, selector=("message_category", "message_type"), whole="message_length"):
    """The family: what every message of CQS and CTS opens with (4.0, Message Header)."""

    message_length               = u16              @ 0
    message_category             = char             @ 2
    message_type                 = char             @ 3
    participant_id               = participant_id   @ 4
    timestamp_1                  = block(Timestamp) @ 5
    message_id                   = u8               @ 13
    transaction_id               = u32              @ 14
    participant_reference_number = i64              @ 18


class SymbolLetters(Message, size=11):
    """The eleven letters of a security symbol, as the two words by which the directory knows it."""

    first = alpha(8) @ 0
    rest  = alpha(3) @ 8


class StartOfDay(Cta, type="CA", size=26):
    """The day begins: the first block, with number 0 (CQS 2.10a, chapter 6, Control)."""


class EndOfDay(Cta, type="CZ", size=26):
    """The day ends (CQS 2.10a, chapter 6, Control)."""


class LineIntegrity(Cta, type="CT", size=26):
    """A heartbeat, with the number of the last block (CQS 2.10a, chapter 6, Control)."""


class ResetBlockSequenceNumber(Cta, type="CL", size=26):
    """The numbers go on elsewhere (CQS 2.10a, chapter 6, Control)."""


class DisasterRecoveryDataCenterActivation(Cta, type="CP", size=26):
    """The other data center sends from now on (CQS 2.10a, chapter 6, Control)."""


class FinraOpen(Cta, type="CO", size=26):
    """FINRA's ADF opens (CQS 2.10a, chapter 6, Control)."""


class FinraClose(Cta, type="CC", size=26):
    """FINRA's ADF closes (CQS 2.10a, chapter 6, Control)."""


class MwcbDeclineLevelStatus(Cta, type="MK", size=51):
    """At which index values, of six decimal places, breakers trigger (CQS 2.10a, chapter 6, Market Status)."""

    mwcb_level_1 = u64         @ 26
    mwcb_level_2 = u64         @ 34
    mwcb_level_3 = u64         @ 42
    reserved_1   = reserved(1) @ 50


class MwcbStatus(Cta, type="ML", size=28):
    """A market-wide circuit breaker was triggered (CQS 2.10a, chapter 6, Market Status)."""

    mwcb_level_indicator = breaker_level @ 26
    reserved_1           = reserved(1)   @ 27


class AuctionStatus(Cta, type="QA", size=128):
    """The price collar of an automated reopening (CQS 2.10a, chapter 6, Auction Status)."""

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


class SymbolReferenceData(Cta, type="AS", size=209):
    """A security of the day (CQS 2.10a, chapter 6, Administrative)."""

    security_symbol                               = alpha(11)              @ 26
    prior_security_symbol                         = alpha(11)              @ 37
    primary_listing_market_participant_id         = participant_id         @ 48
    primary_listing_market_previous_closing_price = price6                 @ 49
    consolidated_closing_price                    = price6                 @ 57
    round_lot_size                                = u16                    @ 65
    reserved_1                                    = reserved(1)            @ 67
    luld_tier                                     = luld_tier              @ 68
    luld_leverage_ratio                           = u32                    @ 69
    test                                          = test                   @ 73
    ipo                                           = ipo                    @ 74
    financial_status_indicator                    = financial_status       @ 75
    short_sale_restriction_indicator              = short_sale_restriction @ 76
    halt_reason                                   = halt_reason            @ 77
    instrument_type                               = instrument_type        @ 78
    reserved_2                                    = reserved(1)            @ 79
    reserved_3                                    = reserved(1)            @ 80
    reserved_4                                    = reserved(128)          @ 81


class BestBidLong(Message, size=18):
    """The national best bid, long form (CQS 2.10a, chapter 6, National BBO Appendages)."""

    best_bid_participant_id        = participant_id @ 0
    best_bid_quote_condition       = condition      @ 1
    best_bid_price_long            = price6         @ 2
    best_bid_size_long             = u32            @ 10
    finra_best_bid_market_maker_id = alpha(4)       @ 14


class BestOfferLong(Message, size=18):
    """The national best offer, long form (CQS 2.10a, chapter 6, National BBO Appendages)."""

    best_offer_participant_id        = participant_id @ 0
    best_offer_quote_condition       = condition      @ 1
    best_offer_price_long            = price6         @ 2
    best_offer_size_long             = u32            @ 10
    finra_best_offer_market_maker_id = alpha(4)       @ 14


class BestBidShort(Message, size=5):
    """The national best bid, short form (CQS 2.10a, chapter 6, National BBO Appendages)."""

    best_bid_participant_id = participant_id @ 0
    best_bid_price_short    = price2         @ 1
    best_bid_size_short     = u16            @ 3


class BestOfferShort(Message, size=5):
    """The national best offer, short form (CQS 2.10a, chapter 6, National BBO Appendages)."""

    best_offer_participant_id = participant_id @ 0
    best_offer_price_short    = price2         @ 1
    best_offer_size_short     = u16            @ 3


LONG_BID = conditional(BestBidLong, "national_bbo_indicator", codes=codes_with(0, LONG))
LONG_OFFER = conditional(BestOfferLong, "national_bbo_indicator", codes=codes_with(1, LONG))
SHORT_BID = conditional(BestBidShort, "national_bbo_indicator", codes=codes_with(0, SHORT))
SHORT_OFFER = conditional(BestOfferShort, "national_bbo_indicator", codes=codes_with(1, SHORT))


class ShortQuote(Cta, type="QQ", size=47):
    """A participant's quote with prices of two decimal places (CQS 2.10a, chapter 6, Short Quote)."""

    security_symbol                       = alpha(11)              @ 26
    bid_price_short                       = price2                 @ 37
    bid_size_short                        = u16                    @ 39
    offer_price_short                     = price2                 @ 41
    offer_size_short                      = u16                    @ 43
    primary_listing_market_participant_id = participant_id         @ 45
    national_bbo_indicator                = national_bbo_indicator @ 46
    best_bid_long                         = LONG_BID
    best_offer_long                       = LONG_OFFER
    best_bid_short                        = SHORT_BID
    best_offer_short                      = SHORT_OFFER


class LongQuote(Cta, type="QL", size=87):
    """A participant's quote; or price bands, where the security status says so (CQS 2.10a, 6.4.2, Long Quote)."""

    security_symbol                       = alpha(11)              @ 26
    instrument_type                       = instrument_type        @ 37
    quote_condition                       = condition              @ 38
    security_status_indicator             = security_status        @ 39
    bid_price_lower_limit_price_band      = price6                 @ 40
    bid_size_long                         = u32                    @ 48
    offer_price_upper_limit_price_band    = price6                 @ 52
    offer_size_long                       = u32                    @ 60
    retail_interest_indicator             = retail_interest        @ 64
    settlement_condition                  = settlement_condition   @ 65
    market_condition                      = market_condition       @ 66
    finra_market_maker_id                 = alpha(4)               @ 67
    finra_bbo_indicator                   = finra_bbo              @ 71
    timestamp_2                           = block(Timestamp)       @ 72
    short_sale_restriction_indicator      = short_sale_restriction @ 80
    primary_listing_market_participant_id = participant_id         @ 81
    financial_status_indicator            = financial_status       @ 82
    sip_generated_message_identifier      = sip_generated          @ 83
    limit_up_limit_down_luld_indicator    = luld_indicator         @ 84
    national_bbo_luld_indicator           = national_luld          @ 85
    national_bbo_indicator                = national_bbo_indicator @ 86
    best_bid_long                         = LONG_BID
    best_offer_long                       = LONG_OFFER
    best_bid_short                        = SHORT_BID
    best_offer_short                      = SHORT_OFFER


class SpecialLongQuote(Cta, type="QS", size=120):
    """A quote of a FINRA market maker, and FINRA's best (CQS 2.10a, chapter 6, Special Long Quote)."""

    security_symbol                       = alpha(11)              @ 26
    instrument_type                       = instrument_type        @ 37
    quote_condition                       = condition              @ 38
    security_status_indicator             = security_status        @ 39
    bid_price_long                        = price6                 @ 40
    bid_size_long                         = u32                    @ 48
    offer_price_long                      = price6                 @ 52
    offer_size_long                       = u32                    @ 60
    retail_interest_indicator             = retail_interest        @ 64
    settlement_condition                  = settlement_condition   @ 65
    market_condition                      = market_condition       @ 66
    finra_market_maker_id                 = alpha(4)               @ 67
    finra_best_bid_quote_condition        = condition              @ 71
    finra_best_bid_price                  = price6                 @ 72
    finra_best_bid_size                   = u32                    @ 80
    finra_best_bid_market_maker_id        = alpha(4)               @ 84
    finra_best_offer_quote_condition      = condition              @ 88
    finra_best_offer_price                = price6                 @ 89
    finra_best_offer_size                 = u32                    @ 97
    finra_best_offer_market_maker_id      = alpha(4)               @ 101
    timestamp_2                           = block(Timestamp)       @ 105
    short_sale_restriction_indicator      = short_sale_restriction @ 113
    primary_listing_market_participant_id = participant_id         @ 114
    financial_status_indicator            = financial_status       @ 115
    sip_generated_message_identifier      = sip_generated          @ 116
    finra_bbo_luld_indicator              = finra_luld             @ 117
    national_bbo_luld_indicator           = national_luld          @ 118
    national_bbo_indicator                = national_bbo_indicator @ 119
    best_bid_long                         = LONG_BID
    best_offer_long                       = LONG_OFFER
    best_bid_short                        = SHORT_BID
    best_offer_short                      = SHORT_OFFER
# fmt: on


CQS = (
    ShortQuote,
    LongQuote,
    SpecialLongQuote,
    AuctionStatus,
    SymbolReferenceData,
    MwcbDeclineLevelStatus,
    MwcbStatus,
    StartOfDay,
    EndOfDay,
    FinraOpen,
    FinraClose,
    ResetBlockSequenceNumber,
    DisasterRecoveryDataCenterActivation,
    LineIntegrity,
)
