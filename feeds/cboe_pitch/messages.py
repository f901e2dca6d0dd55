"""Every message of Multicast PITCH for US equities and options, offsets and names as the specification prints them.

Source: "Cboe Titanium US Equities/Options Multicast PITCH Specification", version 2.41.29 of 20 April 2022, with the
forms that version 2.39.4 of 2018 had. All integers are little-endian. Every message opens with its length and its type;
time is a number of nanoseconds since the last Time message of the unit.

Cboe appends fields to its messages: what came after the oldest known form is optional, and what is longer is accepted.
Futures have their own tables (`futures_messages.py`), since their short prices are signed.
"""

from __future__ import annotations

from feedhandler.wire import Message
from feedhandler.wire.little_endian import alpha, char, reserved, u8, u16, u32, u64

from .codes import (
    add_flags,
    auction_notification_type,
    auction_type,
    customer_indicator,
    gth_trading_status,
    long_price,
    modify_flags,
    opening_condition,
    reg_sho_action,
    retail_price_improvement,
    short_price,
    side_indicator,
    symbol_condition,
    trading_status,
    width_type,
)


class Pitch(Message, selector="message_type", whole="message_length"):
    """The family: every message opens with its length and its type."""

    message_length = u8 @ 0
    message_type = u8 @ 1


# fmt: off
class Time(Pitch, type=0x20, size=10):
    """The second that the unit's times count from, since midnight Eastern (Multicast PITCH 2.41, Time)."""

    time       = u32          @ 2
    epoch_time = u32.added(2) @ 6


class TimeReference(Pitch, type=0xB1, size=18, extensible=True):
    """Midnight and trade date, on options and futures units (Multicast PITCH 2.41, Time Reference)."""

    midnight_reference = u32 @ 2
    time               = u32 @ 6
    time_offset        = u32 @ 10
    trade_date         = u32 @ 14


class UnitClear(Pitch, type=0x97, size=6, extensible=True):
    """Every order of the unit is gone (Multicast PITCH 2.41, Unit Clear)."""

    time_offset = u32 @ 2


class TransactionBegin(Pitch, type=0xBC, size=6, extensible=True):
    """What follows belongs to one event, up to Transaction End (Multicast PITCH 2.41, Transaction Begin)."""

    time_offset = u32 @ 2


class TransactionEnd(Pitch, type=0xBD, size=6, extensible=True):
    """The event is complete (Multicast PITCH 2.41, Transaction End)."""

    time_offset = u32 @ 2


class AddOrderLong(Pitch, type=0x21, size=34):
    """A new order, long form (Multicast PITCH 2.41, Add Order, long)."""

    time_offset    = u32                @ 2
    order_id       = u64                @ 6
    side_indicator = side_indicator     @ 14
    quantity       = u32                @ 15
    symbol         = alpha(6)           @ 19
    price          = long_price         @ 25
    add_flags      = add_flags.added(2) @ 33


class AddOrderShort(Pitch, type=0x22, size=26):
    """A new order, short form (Multicast PITCH 2.41, Add Order, short)."""

    time_offset    = u32                @ 2
    order_id       = u64                @ 6
    side_indicator = side_indicator     @ 14
    quantity       = u16                @ 15
    symbol         = alpha(6)           @ 17
    price          = short_price        @ 23
    add_flags      = add_flags.added(2) @ 25


class AddOrderExpanded(Pitch, type=0x2F, size=45):
    """A new order with its participant (Multicast PITCH 2.41, Add Order, expanded)."""

    time_offset        = u32                         @ 2
    order_id           = u64                         @ 6
    side_indicator     = side_indicator              @ 14
    quantity           = u32                         @ 15
    symbol             = alpha(8)                    @ 19
    price              = long_price                  @ 27
    add_flags          = add_flags                   @ 35
    participant_id     = alpha(4)                    @ 36
    customer_indicator = customer_indicator.added(2) @ 40
    client_id          = alpha(4).added(3)           @ 41


class OrderExecuted(Pitch, type=0x23, size=27):
    """An order was executed at its own price, wholly or in part (Multicast PITCH 2.41, Order Executed)."""

    time_offset       = u32           @ 2
    order_id          = u64           @ 6
    executed_quantity = u32           @ 14
    execution_id      = u64           @ 18
    trade_condition   = char.added(2) @ 26


class OrderExecutedAtPriceSize(Pitch, type=0x24, size=39):
    """An order was executed at another price, and this remains (Multicast PITCH 2.41, Order Executed at Price/Size)."""

    time_offset        = u32           @ 2
    order_id           = u64           @ 6
    executed_quantity  = u32           @ 14
    remaining_quantity = u32           @ 18
    execution_id       = u64           @ 22
    price              = long_price    @ 30
    trade_condition    = char.added(2) @ 38


class ReduceSizeLong(Pitch, type=0x25, size=18, extensible=True):
    """An order lost quantity, long form (Multicast PITCH 2.41, Reduce Size, long)."""

    time_offset       = u32 @ 2
    order_id          = u64 @ 6
    canceled_quantity = u32 @ 14


class ReduceSizeShort(Pitch, type=0x26, size=16, extensible=True):
    """An order lost quantity, short form (Multicast PITCH 2.41, Reduce Size, short)."""

    time_offset       = u32 @ 2
    order_id          = u64 @ 6
    canceled_quantity = u16 @ 14


class ModifyOrderLong(Pitch, type=0x27, size=27):
    """An order has another price or quantity, long form (Multicast PITCH 2.41, Modify Order, long)."""

    time_offset  = u32                   @ 2
    order_id     = u64                   @ 6
    quantity     = u32                   @ 14
    price        = long_price            @ 18
    modify_flags = modify_flags.added(2) @ 26


class ModifyOrderShort(Pitch, type=0x28, size=19):
    """An order has another price or quantity, short form (Multicast PITCH 2.41, Modify Order, short)."""

    time_offset  = u32                   @ 2
    order_id     = u64                   @ 6
    quantity     = u16                   @ 14
    price        = short_price           @ 16
    modify_flags = modify_flags.added(2) @ 18


class DeleteOrder(Pitch, type=0x29, size=14, extensible=True):
    """An order left the book (Multicast PITCH 2.41, Delete Order)."""

    time_offset = u32 @ 2
    order_id    = u64 @ 6


class TradeLong(Pitch, type=0x2A, size=42):
    """A trade against an order that was not displayed, long form (Multicast PITCH 2.41, Trade, long)."""

    time_offset     = u32            @ 2
    order_id        = u64            @ 6
    side_indicator  = side_indicator @ 14
    quantity        = u32            @ 15
    symbol          = alpha(6)       @ 19
    price           = long_price     @ 25
    execution_id    = u64            @ 33
    trade_condition = char.added(2)  @ 41


class TradeShort(Pitch, type=0x2B, size=34):
    """A trade against an order that was not displayed, short form (Multicast PITCH 2.41, Trade, short)."""

    time_offset     = u32            @ 2
    order_id        = u64            @ 6
    side_indicator  = side_indicator @ 14
    quantity        = u16            @ 15
    symbol          = alpha(6)       @ 17
    price           = short_price    @ 23
    execution_id    = u64            @ 25
    trade_condition = char.added(2)  @ 33


class TradeExpanded(Pitch, type=0x30, size=44):
    """A trade against an order that was not displayed, long symbol (Multicast PITCH 2.41, Trade, expanded)."""

    time_offset     = u32            @ 2
    order_id        = u64            @ 6
    side_indicator  = side_indicator @ 14
    quantity        = u32            @ 15
    symbol          = alpha(8)       @ 19
    price           = long_price     @ 27
    execution_id    = u64            @ 35
    trade_condition = char.added(2)  @ 43


class TradeBreak(Pitch, type=0x2C, size=14, extensible=True):
    """An earlier execution is void (Multicast PITCH 2.41, Trade Break)."""

    time_offset  = u32 @ 2
    execution_id = u64 @ 6


class EndOfSession(Pitch, type=0x2D, size=6, extensible=True):
    """Nothing more will come from the unit today (Multicast PITCH 2.41, End of Session)."""

    time_offset = u32 @ 2


class TradingStatus(Pitch, type=0x31, size=18, extensible=True):
    """A security is halted, quoted or trades (Multicast PITCH 2.41, Trading Status)."""

    time_offset    = u32            @ 2
    symbol         = alpha(8)       @ 6
    trading_status = trading_status @ 14
    reg_sho_action = reg_sho_action @ 15
    reserved       = reserved(2)    @ 16


class RetailPriceImprovement(Pitch, type=0x98, size=15, extensible=True):
    """Retail interest in a security (Multicast PITCH 2.41, Retail Price Improvement)."""

    time_offset              = u32                      @ 2
    symbol                   = alpha(8)                 @ 6
    retail_price_improvement = retail_price_improvement @ 14


class AuctionUpdate(Pitch, type=0x95, size=47, extensible=True):
    """Where an auction stands (Multicast PITCH 2.41, Auction Update)."""

    time_offset        = u32          @ 2
    symbol             = alpha(8)     @ 6
    auction_type       = auction_type @ 14
    reference_price    = long_price   @ 15
    buy_shares         = u32          @ 23
    sell_shares        = u32          @ 27
    indicative_price   = long_price   @ 31
    auction_only_price = long_price   @ 39


class AuctionSummary(Pitch, type=0x96, size=27, extensible=True):
    """The result of an auction (Multicast PITCH 2.41, Auction Summary)."""

    time_offset  = u32          @ 2
    symbol       = alpha(8)     @ 6
    auction_type = auction_type @ 14
    price        = long_price   @ 15
    shares       = u32          @ 23


class SymbolMapping(Pitch, type=0x2E, size=38):
    """The option that stands behind a symbol of the feed (Multicast PITCH 2.41, Symbol Mapping)."""

    feed_symbol      = alpha(6)          @ 2
    osi_symbol       = alpha(21)         @ 8
    symbol_condition = symbol_condition  @ 29
    underlying       = alpha(8).added(2) @ 30


class OptionsTradingStatus(Pitch, type=0x31, size=18, extensible=True):
    """A series is halted, quoted or trades, in both sessions (Multicast PITCH 2.41, Trading Status of options)."""

    time_offset        = u32                @ 2
    symbol             = alpha(6)           @ 6
    reserved_1         = reserved(2)        @ 12
    trading_status     = trading_status     @ 14
    reserved_2         = reserved(1)        @ 15
    gth_trading_status = gth_trading_status @ 16
    reserved_3         = reserved(1)        @ 17


class WidthUpdate(Pitch, type=0xD2, size=19, extensible=True):
    """The multiplier of the widths that an opening allows (Multicast PITCH 2.41, Width Update)."""

    time_offset = u32        @ 2
    underlying  = alpha(8)   @ 6
    width_type  = width_type @ 14
    multiplier  = u32        @ 15


class OptionsAuctionUpdate(Pitch, type=0xD1, size=64, extensible=True):
    """Where the opening of a series stands (Multicast PITCH 2.41, Auction Update of options)."""

    time_offset                  = u32               @ 2
    symbol                       = alpha(8)          @ 6
    auction_type                 = auction_type      @ 14
    reference_price              = long_price        @ 15
    buy_contracts                = u32               @ 23
    sell_contracts               = u32               @ 27
    indicative_price             = long_price        @ 31
    auction_only_price           = long_price        @ 39
    opening_condition            = opening_condition @ 47
    composite_market_bid_price   = long_price        @ 48
    composite_market_offer_price = long_price        @ 56


class AuctionNotification(Pitch, type=0xAD, size=47):
    """An auction of one order begins (Multicast PITCH 2.41, Auction Notification)."""

    time_offset        = u32                       @ 2
    symbol             = alpha(6)                  @ 6
    auction_id         = u64                       @ 12
    auction_type       = auction_notification_type @ 20
    side_indicator     = side_indicator            @ 21
    price              = long_price                @ 22
    contracts          = u32                       @ 30
    customer_indicator = customer_indicator        @ 34
    participant_id     = alpha(4)                  @ 35
    auction_end_offset = u32                       @ 39
    client_id          = alpha(4).added(2)         @ 43


class AuctionCancel(Pitch, type=0xAE, size=14, extensible=True):
    """An auction ended without a trade (Multicast PITCH 2.41, Auction Cancel)."""

    time_offset = u32 @ 2
    auction_id  = u64 @ 6


class AuctionTrade(Pitch, type=0xAF, size=34, extensible=True):
    """An auction ended with a trade (Multicast PITCH 2.41, Auction Trade)."""

    time_offset  = u32        @ 2
    auction_id   = u64        @ 6
    execution_id = u64        @ 14
    price        = long_price @ 22
    contracts    = u32        @ 30


class SoqStrikeRangeUpdate(Pitch, type=0x9D, size=42, extensible=True):
    """The strikes of a special opening quotation (Multicast PITCH 2.41, SOQ Strike Range Update)."""

    time_offset        = u32        @ 2
    soq_identifier     = alpha(20)  @ 6
    lower_strike_price = long_price @ 26
    upper_strike_price = long_price @ 34
# fmt: on


COMMON = (
    Time, UnitClear, AddOrderLong, AddOrderShort, AddOrderExpanded, OrderExecuted, OrderExecutedAtPriceSize,
    ReduceSizeLong, ReduceSizeShort, ModifyOrderLong, ModifyOrderShort, DeleteOrder, TradeLong, TradeShort,
    TradeExpanded, TradeBreak, EndOfSession, AuctionSummary,
)  # fmt: skip
"""What equities and options have in common."""

EQUITIES = (*COMMON, TradingStatus, AuctionUpdate, RetailPriceImprovement)

OPTIONS = (
    *COMMON, TimeReference, TransactionBegin, TransactionEnd, SymbolMapping, OptionsTradingStatus, WidthUpdate,
    OptionsAuctionUpdate, AuctionNotification, AuctionCancel, AuctionTrade, SoqStrikeRangeUpdate,
)  # fmt: skip

VARIANTS = {"byx": EQUITIES, "bzx": EQUITIES, "edgx": EQUITIES, "edga": EQUITIES, "c1": OPTIONS}
"""The messages of each market."""
