"""Every message of TOPS 1.6, DEEP 1.0 and DEEP+ 1.0, offsets and names as the specifications print them.

Sources: "Investors Exchange TOPS Specification", version 1.66 of 19 October 2021; "Investors Exchange DEEP
Specification", version 1.08; "Investors Exchange DEEP+ Specification", version 1.02 of 14 January 2025. The three share
their administrative messages, and every message opens with its type, a byte of flags or status, and a timestamp in
nanoseconds of the Unix epoch. All integers are little-endian.

IEX may grow the length of any message without notice (Architecture), so a message may be longer than its table.
"""

from __future__ import annotations

from feedhandler.wire import Message
from feedhandler.wire.little_endian import alpha, char, i64, reserved, u8, u32

from .codes import (
    auction_type,
    directory_flags,
    event_flags,
    imbalance_side,
    luld_tier,
    modify_flags,
    operational_halt_status,
    price4,
    price_type,
    quote_flags,
    retail_liquidity_indicator,
    sale_condition_flags,
    security_event,
    short_sale_price_test_detail,
    short_sale_price_test_status,
    side,
    system_event,
    trading_status,
    trading_status_reason,
)


class Iex(Message):
    """The family: every message opens with its type."""

    message_type = char @ 0


# fmt: off
class SystemEvent(Iex, type="S", size=10, extensible=True):
    """An event of the market or the data feed (DEEP 1.08, System Event Message)."""

    system_event = system_event @ 1
    timestamp    = i64          @ 2


class SecurityDirectory(Iex, type="D", size=31, extensible=True):
    """A security of the day, sent once for each before the market opens (DEEP 1.08, Security Directory Message)."""

    flags              = directory_flags @ 1
    timestamp          = i64             @ 2
    symbol             = alpha(8)        @ 10
    round_lot_size     = u32             @ 18
    adjusted_poc_price = price4          @ 22
    luld_tier          = luld_tier       @ 30


class TradingStatus(Iex, type="H", size=22, extensible=True):
    """The trading status of a security (DEEP 1.08, Trading Status Message)."""

    trading_status = trading_status        @ 1
    timestamp      = i64                   @ 2
    symbol         = alpha(8)              @ 10
    reason         = trading_status_reason @ 18


class RetailLiquidityIndicator(Iex, type="I", size=18, extensible=True):
    """Retail interest in a security (DEEP 1.08, Retail Liquidity Indicator Message)."""

    retail_liquidity_indicator = retail_liquidity_indicator @ 1
    timestamp                  = i64                        @ 2
    symbol                     = alpha(8)                   @ 10


class OperationalHaltStatus(Iex, type="O", size=18, extensible=True):
    """A halt on IEX only (DEEP 1.08, Operational Halt Status Message)."""

    operational_halt_status = operational_halt_status @ 1
    timestamp               = i64                     @ 2
    symbol                  = alpha(8)                @ 10


class ShortSalePriceTestStatus(Iex, type="P", size=19, extensible=True):
    """A short sale price test restriction (DEEP 1.08, Short Sale Price Test Status Message)."""

    short_sale_price_test_status = short_sale_price_test_status @ 1
    timestamp                    = i64                          @ 2
    symbol                       = alpha(8)                     @ 10
    detail                       = short_sale_price_test_detail @ 18


class SecurityEvent(Iex, type="E", size=18, extensible=True):
    """An event of one security: its opening or closing process is complete (DEEP 1.08, Security Event Message)."""

    security_event = security_event @ 1
    timestamp      = i64            @ 2
    symbol         = alpha(8)       @ 10


class QuoteUpdate(Iex, type="Q", size=42, extensible=True):
    """The best bid and offer of a security changed (TOPS 1.66, Quote Update Message)."""

    flags     = quote_flags @ 1
    timestamp = i64         @ 2
    symbol    = alpha(8)    @ 10
    bid_size  = u32         @ 18
    bid_price = price4      @ 22
    ask_price = price4      @ 30
    ask_size  = u32         @ 38


class PriceLevelUpdateOnTheBuySide(Iex, type="8", size=30, extensible=True):
    """The shares at a price of the buy side; 0 removes the level (DEEP 1.08, Price Level Update Message)."""

    event_flags = event_flags @ 1
    timestamp   = i64         @ 2
    symbol      = alpha(8)    @ 10
    size        = u32         @ 18
    price       = price4      @ 22


class PriceLevelUpdateOnTheSellSide(Iex, type="5", size=30, extensible=True):
    """The shares at a price of the sell side; 0 removes the level (DEEP 1.08, Price Level Update Message)."""

    event_flags = event_flags @ 1
    timestamp   = i64         @ 2
    symbol      = alpha(8)    @ 10
    size        = u32         @ 18
    price       = price4      @ 22


class TradeReport(Iex, type="T", size=38, extensible=True):
    """An execution on IEX (DEEP 1.08, Trade Report Message).

    In DEEP+ (Trade Message) only one against an order that was not displayed.
    """

    sale_condition_flags = sale_condition_flags @ 1
    timestamp            = i64                  @ 2
    symbol               = alpha(8)             @ 10
    size                 = u32                  @ 18
    price                = price4               @ 22
    trade_id             = i64                  @ 30


class OfficialPrice(Iex, type="X", size=26, extensible=True):
    """The official opening or closing price of an IEX-listed security (DEEP 1.08, Official Price Message)."""

    price_type     = price_type @ 1
    timestamp      = i64        @ 2
    symbol         = alpha(8)   @ 10
    official_price = price4     @ 18


class TradeBreak(Iex, type="B", size=38, extensible=True):
    """An earlier execution of the same day is void (DEEP 1.08, Trade Break Message)."""

    sale_condition_flags = sale_condition_flags @ 1
    timestamp            = i64                  @ 2
    symbol               = alpha(8)             @ 10
    size                 = u32                  @ 18
    price                = price4               @ 22
    trade_id             = i64                  @ 30


class AuctionInformation(Iex, type="A", size=80, extensible=True):
    """Where an auction stands, once a second (DEEP 1.08, Auction Information Message).

    The scheduled auction time is in seconds of the Unix epoch.
    """

    auction_type                 = auction_type   @ 1
    timestamp                    = i64            @ 2
    symbol                       = alpha(8)       @ 10
    paired_shares                = u32            @ 18
    reference_price              = price4         @ 22
    indicative_clearing_price    = price4         @ 30
    imbalance_shares             = u32            @ 38
    imbalance_side               = imbalance_side @ 42
    extension_number             = u8             @ 43
    scheduled_auction_time       = u32            @ 44
    auction_book_clearing_price  = price4         @ 48
    collar_reference_price       = price4         @ 56
    lower_auction_collar         = price4         @ 64
    upper_auction_collar         = price4         @ 72


class AddOrder(Iex, type="a", size=38, extensible=True):
    """A new displayed order (DEEP+ 1.02, Add Order Message)."""

    side      = side     @ 1
    timestamp = i64      @ 2
    symbol    = alpha(8) @ 10
    order_id  = i64      @ 18
    size      = u32      @ 26
    price     = price4   @ 30


class OrderModify(Iex, type="M", size=38, extensible=True):
    """A displayed order has another price, size or priority (DEEP+ 1.02, Order Modify Message)."""

    modify_flags       = modify_flags @ 1
    timestamp          = i64          @ 2
    symbol             = alpha(8)     @ 10
    order_id_reference = i64          @ 18
    size               = u32          @ 26
    price              = price4       @ 30


class OrderDelete(Iex, type="R", size=26, extensible=True):
    """A displayed order left the book (DEEP+ 1.02, Order Delete Message)."""

    reserved           = reserved(1) @ 1
    timestamp          = i64         @ 2
    symbol             = alpha(8)    @ 10
    order_id_reference = i64         @ 18


class OrderExecuted(Iex, type="L", size=46, extensible=True):
    """A displayed order was executed, wholly or in part (DEEP+ 1.02, Order Executed Message)."""

    sale_condition_flags = sale_condition_flags @ 1
    timestamp            = i64                  @ 2
    symbol               = alpha(8)             @ 10
    order_id_reference   = i64                  @ 18
    size                 = u32                  @ 26
    price                = price4               @ 30
    trade_id             = i64                  @ 38


class ClearBook(Iex, type="C", size=18, extensible=True):
    """Every order of a security is gone (DEEP+ 1.02, Clear Book Message)."""

    reserved  = reserved(1) @ 1
    timestamp = i64         @ 2
    symbol    = alpha(8)    @ 10
# fmt: on


ADMINISTRATIVE = (
    SystemEvent,
    SecurityDirectory,
    TradingStatus,
    RetailLiquidityIndicator,
    OperationalHaltStatus,
    ShortSalePriceTestStatus,
)
"""What all three feeds send."""

TOPS = (*ADMINISTRATIVE, QuoteUpdate, TradeReport, OfficialPrice, TradeBreak, AuctionInformation)

DEEP = (
    *ADMINISTRATIVE,
    SecurityEvent,
    PriceLevelUpdateOnTheBuySide,
    PriceLevelUpdateOnTheSellSide,
    TradeReport,
    OfficialPrice,
    TradeBreak,
    AuctionInformation,
)

DEEP_PLUS = (
    *ADMINISTRATIVE,
    SecurityEvent,
    AddOrder,
    OrderModify,
    OrderDelete,
    OrderExecuted,
    TradeReport,
    TradeBreak,
    ClearBook,
)
