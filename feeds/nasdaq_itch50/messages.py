"""Every message of Nasdaq TotalView-ITCH 5.0, offsets and names as the specification prints them.

Source: "Nasdaq TotalView-ITCH 5.0", sections 1.1 to 1.8, revision of 28 April 2023 (the first with type O), with the
codes that later and earlier revisions have besides. Layouts are the same on Nasdaq, BX (now Nasdaq Texas) and PSX; the
venues differ in which messages exist, and `VARIANTS` says which. All integers are unsigned and big-endian (Data Types),
time is in nanoseconds since midnight, Eastern time, and Price (4) has four implied decimal places.

The specification calls the field at offset 1 of type Y "Locate Code"; it is `stock_locate` here as everywhere else,
because it is the same field at the same place (Architecture: "at the same position in all messages").
"""

from __future__ import annotations

from feedhandler.wire import Message
from feedhandler.wire.big_endian import alpha, char, price4, price8, reserved, u16, u32, u48, u64

side = char.named(B="Buy", S="Sell")
yes_or_no = char.named(Y="Yes", N="No")
yes_no_or_not_available = char.named({" ": "Not available"}, Y="Yes", N="No")

system_event_code = char.named(
    O="Start of Messages",
    S="Start of System hours",
    Q="Start of Market hours",
    M="End of Market hours",
    E="End of System hours",
    C="End of Messages",
)

market_category = char.named(
    {" ": "Not available"},
    Q="Nasdaq Global Select Market",
    G="Nasdaq Global Market",
    S="Nasdaq Capital Market",
    N="New York Stock Exchange (NYSE)",
    A="NYSE American",
    P="NYSE Arca",
    M="NYSE Texas",  # revision of 19 February 2026
    Z="BATS Z Exchange",
    V="Investors' Exchange, LLC",
)

financial_status_indicator = char.named(
    {" ": "Not available"},
    D="Deficient",
    E="Delinquent",
    Q="Bankrupt",
    S="Suspended",
    G="Deficient and Bankrupt",
    H="Deficient and Delinquent",
    J="Delinquent and Bankrupt",
    K="Deficient, Delinquent and Bankrupt",
    C="Creations and/or Redemptions Suspended for Exchange Traded Product",
    N="Normal",
)

# Appendix D.
issue_classification = char.named(
    A="American Depositary Share",
    B="Bond",
    C="Common Stock",
    F="Depository Receipt",
    I="144A",
    L="Limited Partnership",
    N="Notes",
    O="Ordinary Share",
    P="Preferred Stock",
    Q="Other Securities",
    R="Right",
    S="Shares of Beneficial Interest",
    T="Convertible Debenture",
    U="Unit",
    V="Units of Beneficial Interest",
    W="Warrant",
)

# Appendix E.
issue_sub_type = alpha(2).named(
    A="Preferred Trust Securities",
    AI="Alpha Index ETNs",
    B="Index Based Derivative",
    C="Common Shares",
    CB="Commodity Based Trust Shares",
    CF="Commodity Futures Trust Shares",
    CL="Commodity-Linked Securities",
    CM="Commodity Index Trust Shares",
    CO="Collateralized Mortgage Obligation",
    CT="Currency Trust Shares",
    CU="Commodity-Currency-Linked Securities",
    CW="Currency Warrants",
    D="Global Depositary Shares",
    E="ETF-Portfolio Depositary Receipt",
    EG="Equity Gold Shares",
    EI="ETN-Equity Index-Linked Securities",
    EM="NextShares Exchange Traded Managed Fund",
    EN="Exchange Traded Notes",
    EU="Equity Units",
    F="HOLDRS",
    FI="ETN-Fixed Income-Linked Securities",
    FL="ETN-Futures-Linked Securities",
    G="Global Shares",
    I="ETF-Index Fund Shares",
    IR="Interest Rate",
    IW="Index Warrant",
    IX="Index-Linked Exchangeable Notes",
    J="Corporate Backed Trust Security",
    L="Contingent Litigation Right",
    LL="Limited Liability Company (LLC)",
    M="Equity-Based Derivative",
    MF="Managed Fund Shares",
    ML="ETN-Multi-Factor Index-Linked Securities",
    MT="Managed Trust Securities",
    N="NY Registry Shares",
    O="Open Ended Mutual Fund",
    P="Privately Held Security",
    PP="Poison Pill",
    PU="Partnership Units",
    Q="Closed-End Funds",
    R="Reg-S",
    RC="Commodity-Redeemable Commodity-Linked Securities",
    RF="ETN-Redeemable Futures-Linked Securities",
    RT="REIT",
    RU="Commodity-Redeemable Currency-Linked Securities",
    S="SEED",
    SC="Spot Rate Closing",
    SI="Spot Rate Intraday",
    T="Tracking Stock",
    TC="Trust Certificates",
    TU="Trust Units",
    U="Portal",
    V="Contingent Value Right",
    W="Trust Issued Receipts",
    WC="World Currency Option",
    X="Trust",
    Y="Other",
    Z="Not Applicable",
)

ipo_flag = char.named(
    {" ": "Not available"},
    Y="Set up as a new IPO security",
    N="Not set up as a new IPO security",
    Z="Non-IPO new listed security",  # revision of 19 February 2026
)

luld_reference_price_tier = char.named(
    {" ": "Not available", "1": "Tier 1 NMS Stocks and select ETPs", "2": "Tier 2 NMS Stocks"}
)

trading_state = char.named(
    H="Halted across all U.S. equity markets / SROs",
    P="Paused across all U.S. equity markets / SROs",
    Q="Quotation only period for cross-SRO halt or pause",
    T="Trading on Nasdaq",
)

# Appendix C.
trading_action_reason = alpha(4).named(
    {"": "Reason Not Available"},
    T1="Halt News Pending",
    T2="Halt News Disseminated",
    T5="Single Security Trading Pause In Effect",
    T6="Regulatory Halt: Extraordinary Market Activity",
    T8="Halt ETF",
    T12="Trading Halted; For Information Requested by Listing Market",
    H4="Halt Non-Compliance",
    H9="Halt Filings Not Current",
    H10="Halt SEC Trading Suspension",
    H11="Halt Regulatory Concern",
    O1="Operations Halt; Contact Market Operations",
    LUDP="Volatility Trading Pause",
    LUDS="Volatility Trading Pause: Straddle Condition",
    MWC1="Market Wide Circuit Breaker Halt: Level 1",
    MWC2="Market Wide Circuit Breaker Halt: Level 2",
    MWC3="Market Wide Circuit Breaker Halt: Level 3",
    MWC0="Market Wide Circuit Breaker Halt: Carry over from previous day",
    IPO1="IPO Issue Not Yet Trading",
    M1="Corporate Action",
    M2="Quotation Not Available",
    T3="News and Resumption Times",
    T7="Single Security Trading Pause / Quotation Only Period",
    R4="Qualifications Issues Reviewed/Resolved; Quotations/Trading to Resume",
    R9="Filing Requirements Satisfied/Resolved; Quotations/Trading To Resume",
    C3="Issuer News Not Forthcoming; Quotations/Trading To Resume",
    C4="Qualifications Halt Ended; Maintenance Requirements Met; Resume",
    C9="Qualifications Halt Concluded; Filings Met; Quotes/Trades To Resume",
    C11="Trade Halt Concluded By Other Regulatory Authority; Quotes/Trades Resume",
    MWCQ="Market Wide Circuit Breaker Resumption",
    R1="New Issue Available",
    R2="Issue Available",
    IPOQ="IPO Security Released for Quotation",
    IPOE="IPO Security: Positioning Window Extension",
)

reg_sho_action = char.named(
    {
        "0": "No price test in place",
        "1": "Restriction in effect due to an intra-day price drop in security",
        "2": "Restriction remains in effect",
    }
)

market_maker_mode = char.named(N="Normal", P="Passive", S="Syndicate", R="Pre-syndicate", L="Penalty")
market_participant_state = char.named(A="Active", E="Excused/Withdrawn", W="Withdrawn", S="Suspended", D="Deleted")
breached_level = char.named({"1": "Level 1", "2": "Level 2", "3": "Level 3"})

ipo_quotation_release_qualifier = char.named(A="Anticipated Quotation Release Time", C="IPO Release Canceled/Postponed")

market_code = char.named(Q="Nasdaq", B="BX (Nasdaq Texas)", X="PSX")
operational_halt_action = char.named(H="Operationally Halted on the identified Market", T="Trading resumed")
printable = char.named(Y="Printable", N="Non-Printable")

cross_type = char.named(
    O="Nasdaq Opening Cross",
    C="Nasdaq Closing Cross",
    H="Cross for IPO and halted / paused securities",
    I="Intraday and Post-Close Cross",  # earlier revisions only
    A="Extended Trading Close",  # since the revision of 7 January 2022, type I only
)

imbalance_direction = char.named(
    B="Buy imbalance",
    S="Sell imbalance",
    N="No imbalance",
    O="Insufficient orders to calculate",
    P="Paused",  # since the revision of 28 April 2023
)

price_variation_indicator = char.named(
    {
        " ": "Cannot be calculated",
        "L": "Less than 1%",
        "1": "1 to 1.99%",
        "2": "2 to 2.99%",
        "3": "3 to 3.99%",
        "4": "4 to 4.99%",
        "5": "5 to 5.99%",
        "6": "6 to 6.99%",
        "7": "7 to 7.99%",
        "8": "8 to 8.99%",
        "9": "9 to 9.99%",
        "A": "10 to 19.99%",
        "B": "20 to 29.99%",
        "C": "30% or greater",
    }
)

interest_flag = char.named(
    B="RPI orders available on the buy side",
    S="RPI orders available on the sell side",
    A="RPI orders available on both sides",
    N="No RPI orders available",
)

open_eligibility_status = char.named(N="Not Eligible", Y="Eligible")


class Itch(Message):
    """The family: every message opens with its type."""

    message_type = char @ 0


# fmt: off
class SystemEvent(Itch, type="S", size=12):
    """A market or data feed handler event (TotalView-ITCH 5.0, 1.1)."""

    stock_locate    = u16               @ 1
    tracking_number = u16               @ 3
    timestamp       = u48               @ 5
    event_code      = system_event_code @ 11


class StockDirectory(Itch, type="R", size=39):
    """An active symbol of the day and the locate code that stands for it (TotalView-ITCH 5.0, 1.2.1)."""

    stock_locate                   = u16                        @ 1
    tracking_number                = u16                        @ 3
    timestamp                      = u48                        @ 5
    stock                          = alpha(8)                   @ 11
    market_category                = market_category            @ 19
    financial_status_indicator     = financial_status_indicator @ 20
    round_lot_size                 = u32                        @ 21
    round_lots_only                = yes_or_no                  @ 25
    issue_classification           = issue_classification       @ 26
    issue_sub_type                 = issue_sub_type             @ 27
    authenticity                   = char.named(P="Live/Production", T="Test", D="Demo") @ 29
    short_sale_threshold_indicator = yes_no_or_not_available    @ 30
    ipo_flag                       = ipo_flag                   @ 31
    luld_reference_price_tier      = luld_reference_price_tier  @ 32
    etp_flag                       = yes_no_or_not_available    @ 33
    etp_leverage_factor            = u32                        @ 34
    inverse_indicator              = yes_or_no                  @ 38


class StockTradingAction(Itch, type="H", size=25):
    """The current trading status of a security, on all markets (TotalView-ITCH 5.0, 1.2.2)."""

    stock_locate    = u16                   @ 1
    tracking_number = u16                   @ 3
    timestamp       = u48                   @ 5
    stock           = alpha(8)              @ 11
    trading_state   = trading_state         @ 19
    reserved        = reserved(1)           @ 20
    reason          = trading_action_reason @ 21


class RegShoShortSalePriceTestRestrictedIndicator(Itch, type="Y", size=20):
    """The status of a security under Rule 201 of Regulation SHO (TotalView-ITCH 5.0, 1.2.3)."""

    stock_locate    = u16            @ 1
    tracking_number = u16            @ 3
    timestamp       = u48            @ 5
    stock           = alpha(8)       @ 11
    reg_sho_action  = reg_sho_action @ 19


class MarketParticipantPosition(Itch, type="L", size=26):
    """The status of a market participant firm in an issue (TotalView-ITCH 5.0, 1.2.4)."""

    stock_locate             = u16                      @ 1
    tracking_number          = u16                      @ 3
    timestamp                = u48                      @ 5
    mpid                     = alpha(4)                 @ 11
    stock                    = alpha(8)                 @ 15
    primary_market_maker     = yes_or_no                @ 23
    market_maker_mode        = market_maker_mode        @ 24
    market_participant_state = market_participant_state @ 25


class MwcbDeclineLevel(Itch, type="V", size=35):
    """The breach points of the market-wide circuit breaker for the day (TotalView-ITCH 5.0, 1.2.5.1)."""

    stock_locate    = u16    @ 1
    tracking_number = u16    @ 3
    timestamp       = u48    @ 5
    level_1         = price8 @ 11
    level_2         = price8 @ 19
    level_3         = price8 @ 27


class MwcbStatus(Itch, type="W", size=12):
    """A level of the market-wide circuit breaker was breached (TotalView-ITCH 5.0, 1.2.5.2)."""

    stock_locate    = u16            @ 1
    tracking_number = u16            @ 3
    timestamp       = u48            @ 5
    breached_level  = breached_level @ 11


class QuotingPeriodUpdate(Itch, type="K", size=28):
    """The anticipated IPO quotation release time of a security (TotalView-ITCH 5.0, 1.2.6)."""

    stock_locate                    = u16                             @ 1
    tracking_number                 = u16                             @ 3
    timestamp                       = u48                             @ 5
    stock                           = alpha(8)                        @ 11
    ipo_quotation_release_time      = u32                             @ 19  # seconds since midnight
    ipo_quotation_release_qualifier = ipo_quotation_release_qualifier @ 23
    ipo_price                       = price4                          @ 24


class LuldAuctionCollar(Itch, type="J", size=35):
    """Thresholds within which a paused security can reopen (TotalView-ITCH 5.0, 1.2.7)."""

    stock_locate                   = u16      @ 1
    tracking_number                = u16      @ 3
    timestamp                      = u48      @ 5
    stock                          = alpha(8) @ 11
    auction_collar_reference_price = price4   @ 19
    upper_auction_collar_price     = price4   @ 23
    lower_auction_collar_price     = price4   @ 27
    auction_collar_extension       = u32      @ 31


class OperationalHalt(Itch, type="h", size=21):
    """An interruption of service for a security on one market centre (TotalView-ITCH 5.0, 1.2.8)."""

    stock_locate            = u16                     @ 1
    tracking_number         = u16                     @ 3
    timestamp               = u48                     @ 5
    stock                   = alpha(8)                @ 11
    market_code             = market_code             @ 19
    operational_halt_action = operational_halt_action @ 20


class AddOrder(Itch, type="A", size=36):
    """A new unattributed order on the displayable book (TotalView-ITCH 5.0, 1.3.1)."""

    stock_locate           = u16      @ 1
    tracking_number        = u16      @ 3
    timestamp              = u48      @ 5
    order_reference_number = u64      @ 11
    buy_sell_indicator     = side     @ 19
    shares                 = u32      @ 20
    stock                  = alpha(8) @ 24
    price                  = price4   @ 32


class AddOrderWithMpidAttribution(Itch, type="F", size=40):
    """A new order that names its market participant (TotalView-ITCH 5.0, 1.3.2)."""

    stock_locate           = u16      @ 1
    tracking_number        = u16      @ 3
    timestamp              = u48      @ 5
    order_reference_number = u64      @ 11
    buy_sell_indicator     = side     @ 19
    shares                 = u32      @ 20
    stock                  = alpha(8) @ 24
    price                  = price4   @ 32
    attribution            = alpha(4) @ 36


class OrderExecuted(Itch, type="E", size=31):
    """An order was executed, in whole or in part, at its display price (TotalView-ITCH 5.0, 1.4.1)."""

    stock_locate           = u16 @ 1
    tracking_number        = u16 @ 3
    timestamp              = u48 @ 5
    order_reference_number = u64 @ 11
    executed_shares        = u32 @ 19
    match_number           = u64 @ 23


class OrderExecutedWithPrice(Itch, type="C", size=36):
    """An order was executed, in whole or in part, at another price (TotalView-ITCH 5.0, 1.4.2)."""

    stock_locate           = u16       @ 1
    tracking_number        = u16       @ 3
    timestamp              = u48       @ 5
    order_reference_number = u64       @ 11
    executed_shares        = u32       @ 19
    match_number           = u64       @ 23
    printable              = printable @ 31
    execution_price        = price4    @ 32


class OrderCancel(Itch, type="X", size=23):
    """An order was cancelled in part (TotalView-ITCH 5.0, 1.4.3)."""

    stock_locate           = u16 @ 1
    tracking_number        = u16 @ 3
    timestamp              = u48 @ 5
    order_reference_number = u64 @ 11
    cancelled_shares       = u32 @ 19


class OrderDelete(Itch, type="D", size=19):
    """An order was cancelled; what is left of it leaves the book (TotalView-ITCH 5.0, 1.4.4)."""

    stock_locate           = u16 @ 1
    tracking_number        = u16 @ 3
    timestamp              = u48 @ 5
    order_reference_number = u64 @ 11


class OrderReplace(Itch, type="U", size=35):
    """An order was cancelled and replaced; side, stock and MPID stay as they were (TotalView-ITCH 5.0, 1.4.5)."""

    stock_locate                    = u16    @ 1
    tracking_number                 = u16    @ 3
    timestamp                       = u48    @ 5
    original_order_reference_number = u64    @ 11
    new_order_reference_number      = u64    @ 19
    shares                          = u32    @ 27
    price                           = price4 @ 31


class Trade(Itch, type="P", size=44):
    """A match of a non-displayable order, no cross; always side B and reference 0 (TotalView-ITCH 5.0, 1.5.1)."""

    stock_locate           = u16      @ 1
    tracking_number        = u16      @ 3
    timestamp              = u48      @ 5
    order_reference_number = u64      @ 11
    buy_sell_indicator     = side     @ 19
    shares                 = u32      @ 20
    stock                  = alpha(8) @ 24
    price                  = price4   @ 32
    match_number           = u64      @ 36


class CrossTrade(Itch, type="Q", size=40):
    """The bulk print of a cross; zero shares where there was none (TotalView-ITCH 5.0, 1.5.2)."""

    stock_locate    = u16        @ 1
    tracking_number = u16        @ 3
    timestamp       = u48        @ 5
    shares          = u64        @ 11
    stock           = alpha(8)   @ 19
    cross_price     = price4     @ 27
    match_number    = u64        @ 31
    cross_type      = cross_type @ 39


class BrokenTrade(Itch, type="B", size=19):
    """An execution was broken, for good (TotalView-ITCH 5.0, 1.5.3)."""

    stock_locate    = u16 @ 1
    tracking_number = u16 @ 3
    timestamp       = u48 @ 5
    match_number    = u64 @ 11


class NetOrderImbalanceIndicator(Itch, type="I", size=50):
    """The indicative state of an auction before it crosses (TotalView-ITCH 5.0, 1.6)."""

    stock_locate              = u16                       @ 1
    tracking_number           = u16                       @ 3
    timestamp                 = u48                       @ 5
    paired_shares             = u64                       @ 11
    imbalance_shares          = u64                       @ 19
    imbalance_direction       = imbalance_direction       @ 27
    stock                     = alpha(8)                  @ 28
    far_price                 = price4                    @ 36
    near_price                = price4                    @ 40
    current_reference_price   = price4                    @ 44
    cross_type                = cross_type                @ 48
    price_variation_indicator = price_variation_indicator @ 49


class RetailPriceImprovementIndicator(Itch, type="N", size=20):
    """Retail interest on the bid, the ask or both; on BX: Price Improvement Indicator (TotalView-ITCH 5.0, 1.7)."""

    stock_locate    = u16           @ 1
    tracking_number = u16           @ 3
    timestamp       = u48           @ 5
    stock           = alpha(8)      @ 11
    interest_flag   = interest_flag @ 19


class DirectListingWithCapitalRaisePriceDiscovery(Itch, type="O", size=48):
    """Where a direct listing with capital raise may open, once a second (TotalView-ITCH 5.0, 1.8)."""

    stock_locate             = u16                     @ 1
    tracking_number          = u16                     @ 3
    timestamp                = u48                     @ 5
    stock                    = alpha(8)                @ 11
    open_eligibility_status  = open_eligibility_status @ 19
    minimum_allowable_price  = price4                  @ 20
    maximum_allowable_price  = price4                  @ 24
    near_execution_price     = price4                  @ 28
    near_execution_time      = u64                     @ 32
    lower_price_range_collar = price4                  @ 40
    upper_price_range_collar = price4                  @ 44
# fmt: on


MESSAGES = (
    SystemEvent,
    StockDirectory,
    StockTradingAction,
    RegShoShortSalePriceTestRestrictedIndicator,
    MarketParticipantPosition,
    MwcbDeclineLevel,
    MwcbStatus,
    QuotingPeriodUpdate,
    LuldAuctionCollar,
    OperationalHalt,
    AddOrder,
    AddOrderWithMpidAttribution,
    OrderExecuted,
    OrderExecutedWithPrice,
    OrderCancel,
    OrderDelete,
    OrderReplace,
    Trade,
    CrossTrade,
    BrokenTrade,
    NetOrderImbalanceIndicator,
    RetailPriceImprovementIndicator,
    DirectListingWithCapitalRaisePriceDiscovery,
)
"""Every message of the protocol, in the order of the specification."""

_NOT_ON_BX = (QuotingPeriodUpdate, DirectListingWithCapitalRaisePriceDiscovery)
_NOT_ON_PSX = (*_NOT_ON_BX, RetailPriceImprovementIndicator)

VARIANTS = {
    "nasdaq": MESSAGES,
    "bx": tuple(message for message in MESSAGES if message not in _NOT_ON_BX),
    "psx": tuple(message for message in MESSAGES if message not in _NOT_ON_PSX),
}
"""The messages of each venue, as its own specification lists them."""
