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

from .codes import (
    authenticity,
    breached_level,
    cross_type,
    financial_status_indicator,
    imbalance_direction,
    interest_flag,
    ipo_flag,
    ipo_quotation_release_qualifier,
    issue_classification,
    issue_sub_type,
    luld_reference_price_tier,
    market_category,
    market_code,
    market_maker_mode,
    market_participant_state,
    open_eligibility_status,
    operational_halt_action,
    price_variation_indicator,
    printable,
    reg_sho_action,
    side,
    system_event_code,
    trading_action_reason,
    trading_state,
    yes_no_or_not_available,
    yes_or_no,
)


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
    authenticity                   = authenticity               @ 29
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
