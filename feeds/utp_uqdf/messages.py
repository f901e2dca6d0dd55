"""Every message of UQDF in version 1.5 of UTP's binary feeds, offsets and names as the specification prints them.

Source: "UTP Data Feed Services Specification", binary version 1.5 of May 2020 (Nasdaq, for the UTP Plan), chapter 2.
All integers are big-endian and unsigned. Prices of the long forms have six implied decimal places; those of the short
forms have two and are read with six. Times are nanoseconds of the Unix epoch. Sizes are round lots.
"""

from __future__ import annotations

from feedhandler.wire import Message, conditional, group, run
from feedhandler.wire.big_endian import alpha, char, u8, u16, u32, u64

from .codes import (
    adf_appendage,
    authenticity,
    breaker_level,
    condition,
    financial_status,
    issue_type,
    luld_bbo,
    luld_national,
    luld_price_band,
    market_center,
    market_tier,
    nbbo_appendage,
    price2,
    price6,
    reg_sho_action,
    retail_interest,
    short_sale_threshold,
    sip_generated,
    special_condition,
    sub_market_center,
    trading_action,
)


# fmt: off
class Utp(Message, selector=("message_category", "message_type")):
    """The family: what every message opens with (2.1, Message Header)."""

    version                     = u8                @ 0
    message_category            = char              @ 1
    message_type                = char              @ 2
    market_center_originator_id = market_center     @ 3
    sub_market_center_id        = sub_market_center @ 4
    sip_timestamp               = u64               @ 5
    participant_timestamp       = u64               @ 13
    participant_token           = u64               @ 21


class SymbolLetters(Message, size=11):
    """The eleven letters of a symbol, as the two words by which the directory knows it."""

    first = alpha(8) @ 0
    rest  = alpha(3) @ 8


class NationalBboShort(Message, size=11):
    """The national best bid and offer, short form (UTP 1.5, 2.2.3, National BBO Appendage)."""

    nbbo_quote_condition            = condition     @ 0
    national_best_bid_market_center = market_center @ 1
    national_best_bid_price_short   = price2        @ 2
    national_best_bid_size_short    = u16           @ 4
    national_best_ask_market_center = market_center @ 6
    national_best_ask_price_short   = price2        @ 7
    national_best_ask_size_short    = u16           @ 9


class NationalBboLong(Message, size=27):
    """The national best bid and offer, long form (UTP 1.5, 2.2.3, National BBO Appendage)."""

    nbbo_quote_condition   = condition     @ 0
    best_bid_market_center = market_center @ 1
    best_bid_price         = price6        @ 2
    best_bid_size          = u32           @ 10
    best_ask_market_center = market_center @ 14
    best_ask_price         = price6        @ 15
    best_ask_size          = u32           @ 23


class AdfMpids(Message, size=8):
    """The FINRA market makers behind the best (UTP 1.5, 2.2, FINRA ADF MPID Appendage)."""

    bid_adf_mpid = alpha(4) @ 0
    ask_adf_mpid = alpha(4) @ 4


SHORT_NATIONAL = conditional(NationalBboShort, "nbbo_appendage_indicator", codes="2")
LONG_NATIONAL = conditional(NationalBboLong, "nbbo_appendage_indicator", codes="3")


class QuoteShortForm(Utp, type="QE", size=48):
    """A participant's quote with prices of two decimal places (UTP 1.5, 2.2.1, Quote Message Short Form)."""

    symbol_short                = alpha(5)        @ 29
    bid_price_short             = price2          @ 34
    bid_size_short              = u16             @ 36
    ask_price_short             = price2          @ 38
    ask_size_short              = u16             @ 40
    quote_condition             = condition       @ 42
    sip_generated_update        = sip_generated   @ 43
    luld_bbo_indicator          = luld_bbo        @ 44
    retail_interest_indicator   = retail_interest @ 45
    nbbo_appendage_indicator    = nbbo_appendage  @ 46
    luld_national_bbo_indicator = luld_national   @ 47
    national_short              = SHORT_NATIONAL
    national_long               = LONG_NATIONAL


class QuoteLongForm(Utp, type="QF", size=79):
    """A participant's quote (UTP 1.5, 2.2.2, Quote Message Long Form)."""

    finra_timestamp                    = u64             @ 29
    symbol                             = alpha(11)       @ 37
    bid_price                          = price6          @ 48
    bid_size                           = u32             @ 56
    ask_price                          = price6          @ 60
    ask_size                           = u32             @ 68
    quote_condition                    = condition       @ 72
    sip_generated_update               = sip_generated   @ 73
    luld_bbo_indicator                 = luld_bbo        @ 74
    retail_interest_indicator          = retail_interest @ 75
    nbbo_appendage_indicator           = nbbo_appendage  @ 76
    luld_national_bbo_indicator        = luld_national   @ 77
    finra_adf_mpid_appendage_indicator = adf_appendage   @ 78
    national_short                     = SHORT_NATIONAL
    national_long                      = LONG_NATIONAL
    finra_adf_mpids                    = conditional(AdfMpids, "finra_adf_mpid_appendage_indicator", codes="2")


class FinraAdfMarketParticipantQuotation(Utp, type="QM", size=77):
    """A FINRA market maker's quote that changes no best (UTP 1.5, 2.2, FINRA ADF Quotation)."""

    finra_timestamp          = u64       @ 29
    symbol                   = alpha(11) @ 37
    bid_price                = price6    @ 48
    bid_size                 = u32       @ 56
    ask_price                = price6    @ 60
    ask_size                 = u32       @ 68
    quote_condition          = condition @ 72
    finra_market_participant = alpha(4)  @ 73


class GeneralAdministrative(Utp, type="AA", size=29):
    """Text for people (UTP 1.5, 2.4, Administrative Messages)."""

    text = run(u16, "ascii")


class CrossSroTradingAction(Utp, type="AH", size=59):
    """A halt, a pause or a resumption on all markets (UTP 1.5, 2.4, Administrative Messages)."""

    symbol                         = alpha(11)      @ 29
    trading_action_code            = trading_action @ 40
    trading_action_sequence_number = u32            @ 41
    action_timestamp               = u64            @ 45
    trading_action_reason          = alpha(6)       @ 53


class MarketCenterTradingAction(Utp, type="AK", size=50):
    """A halt or a resumption on one market (UTP 1.5, 2.4, Administrative Messages)."""

    symbol                   = alpha(11)      @ 29
    trading_action_code      = trading_action @ 40
    action_timestamp         = u64            @ 41
    market_center_identifier = market_center  @ 49


class IssueSymbolDirectory(Utp, type="AB", size=90):
    """An issue of the day (UTP 1.5, 2.4, Administrative Messages)."""

    symbol                         = alpha(11)            @ 29
    old_symbol                     = alpha(11)            @ 40
    issue_name                     = alpha(30)            @ 51
    issue_type                     = issue_type           @ 81
    issue_subtype                  = alpha(2)             @ 82
    market_tier                    = market_tier          @ 84
    authenticity                   = authenticity         @ 85
    short_sale_threshold_indicator = short_sale_threshold @ 86
    round_lot_size                 = u16                  @ 87
    financial_status_indicator     = financial_status     @ 89


class RegShoPriceTestRestricted(Utp, type="AV", size=41):
    """The short-sale price test of an issue (UTP 1.5, 2.4, Administrative Messages)."""

    symbol         = alpha(11)      @ 29
    reg_sho_action = reg_sho_action @ 40


class LimitUpLimitDownPriceBand(Utp, type="AP", size=65):
    """The price bands of an issue (UTP 1.5, 2.4, Administrative Messages)."""

    symbol                    = alpha(11)       @ 29
    luld_price_band_indicator = luld_price_band @ 40
    luld_timestamp            = u64             @ 41
    limit_down_price          = price6          @ 49
    limit_up_price            = price6          @ 57


class MwcbDeclineLevel(Utp, type="AC", size=53):
    """At which index values market-wide breakers trigger (UTP 1.5, 2.4, Administrative Messages)."""

    mwcb_level_1 = u64 @ 29
    mwcb_level_2 = u64 @ 37
    mwcb_level_3 = u64 @ 45


class MwcbStatus(Utp, type="AD", size=30):
    """A market-wide circuit breaker was triggered (UTP 1.5, 2.4, Administrative Messages)."""

    mwcb_status_level_indicator = breaker_level @ 29


class AuctionCollar(Utp, type="AE", size=69):
    """The price collar of an automated reopening (UTP 1.5, 2.4, Administrative Messages)."""

    symbol                         = alpha(11) @ 29
    trading_action_sequence_number = u32       @ 40
    collar_reference_price         = price6    @ 44
    collar_up_price                = price6    @ 52
    collar_down_price              = price6    @ 60
    collar_extension_indicator     = char      @ 68


class MarketCenterCloseRecap(Message, size=33):
    """What one market quoted at the close (UTP 1.5, 2.4, Administrative Messages)."""

    market_center_identifier = market_center @ 0
    market_center_bid_price  = price6        @ 1
    market_center_bid_size   = u64           @ 9
    market_center_ask_price  = price6        @ 17
    market_center_ask_size   = u64           @ 25


class SessionCloseRecap(Utp, type="AR", size=77):
    """The national best at the close, and every market's quote (UTP 1.5, 2.4, Administrative Messages)."""

    symbol                          = alpha(11)         @ 29
    national_best_bid_market_center = market_center     @ 40
    national_best_bid_price         = price6            @ 41
    national_best_bid_size          = u64               @ 49
    national_best_ask_market_center = market_center     @ 57
    national_best_ask_price         = price6            @ 58
    national_best_ask_size          = u64               @ 66
    special_condition               = special_condition @ 74
    num_market_center_close_recap   = u16               @ 75
    recaps                          = group(MarketCenterCloseRecap, count="num_market_center_close_recap")


class StartOfDay(Utp, type="CI", size=29):
    """The day begins (UTP 1.5, 2.5, Control Messages)."""


class EndOfDay(Utp, type="CJ", size=29):
    """The day ends (UTP 1.5, 2.5, Control Messages)."""


class MarketSessionOpen(Utp, type="CO", size=29):
    """A market session opens (UTP 1.5, 2.5, Control Messages)."""


class MarketSessionClose(Utp, type="CC", size=29):
    """A market session closes (UTP 1.5, 2.5, Control Messages)."""


class EndOfTransmissions(Utp, type="CZ", size=29):
    """Nothing more is sent (UTP 1.5, 2.5, Control Messages)."""


class QuoteWipeOut(Utp, type="CP", size=29):
    """A participant's quotes are void, all of them (UTP 1.5, 2.5, Control Messages)."""
# fmt: on


MESSAGES = (
    QuoteShortForm,
    QuoteLongForm,
    FinraAdfMarketParticipantQuotation,
    LimitUpLimitDownPriceBand,
    CrossSroTradingAction,
    MarketCenterTradingAction,
    IssueSymbolDirectory,
    RegShoPriceTestRestricted,
    AuctionCollar,
    MwcbDeclineLevel,
    MwcbStatus,
    SessionCloseRecap,
    GeneralAdministrative,
    StartOfDay,
    EndOfDay,
    MarketSessionOpen,
    MarketSessionClose,
    EndOfTransmissions,
    QuoteWipeOut,
)
