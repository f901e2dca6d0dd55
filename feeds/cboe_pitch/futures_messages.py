"""Every message of Multicast PITCH for futures, offsets and names as the specification prints them.

Source: "Cboe Futures Exchange Multicast PITCH Specification", version 1.1.6 of 8 April 2019. As for equities and
options (`messages.py`), but short prices are signed, orders have no flags, and the Time message has the second of the
Unix epoch.
"""

from __future__ import annotations

from feedhandler.wire import Message, conditional, group
from feedhandler.wire.little_endian import alpha, char, i32, i64, reserved, u8, u16, u32, u64

from .codes import (
    futures_flags,
    issue,
    listing_state,
    long_price,
    side_indicator,
    signed_short_price,
    summary_flags,
    trading_status,
)
from .messages import (
    AddOrderLong,
    DeleteOrder,
    EndOfSession,
    ModifyOrderLong,
    OrderExecuted,
    Pitch,
    ReduceSizeLong,
    ReduceSizeShort,
    TimeReference,
    TradeBreak,
    TradeLong,
    TransactionBegin,
    TransactionEnd,
    UnitClear,
)


# fmt: off
class FuturesTime(Pitch, type=0x20, size=10, extensible=True):
    """The second that the unit's times count from, in two clocks (CFE Multicast PITCH 1.1, Time)."""

    time  = u32 @ 2
    epoch = u32 @ 6


class FuturesAddOrderShort(Pitch, type=0x22, size=25, extensible=True):
    """A new order, short form (CFE Multicast PITCH 1.1, Add Order, short)."""

    time_offset    = u32                @ 2
    order_id       = u64                @ 6
    side_indicator = side_indicator     @ 14
    quantity       = u16                @ 15
    symbol         = alpha(6)           @ 17
    price          = signed_short_price @ 23


class FuturesModifyOrderShort(Pitch, type=0x28, size=18, extensible=True):
    """An order has another price or quantity, short form (CFE Multicast PITCH 1.1, Modify Order, short)."""

    time_offset = u32                @ 2
    order_id    = u64                @ 6
    quantity    = u16                @ 14
    price       = signed_short_price @ 16


class FuturesTradeShort(Pitch, type=0x2B, size=34, extensible=True):
    """A trade that no order in the book took part in, short form (CFE Multicast PITCH 1.1, Trade, short)."""

    time_offset     = u32                @ 2
    order_id        = u64                @ 6
    side_indicator  = side_indicator     @ 14
    quantity        = u16                @ 15
    symbol          = alpha(6)           @ 17
    price           = signed_short_price @ 23
    execution_id    = u64                @ 25
    trade_condition = char               @ 33


class FuturesTradingStatus(Pitch, type=0x31, size=18, extensible=True):
    """A future is halted, quoted or trades (CFE Multicast PITCH 1.1, Trading Status)."""

    time_offset    = u32            @ 2
    symbol         = alpha(6)       @ 6
    reserved_1     = reserved(2)    @ 12
    trading_status = trading_status @ 14
    reserved_2     = reserved(3)    @ 15


class FutureLeg(Message, size=10):
    """A leg of a spread (CFE Multicast PITCH 1.1, Futures Instrument Definition)."""

    leg_ratio  = i32      @ 0
    leg_symbol = alpha(6) @ 4


class Variance(Message, size=52):
    """What a variance future has besides (CFE Multicast PITCH 1.1, Futures Instrument Definition)."""

    realized_variance     = i64        @ 0
    num_expected_prices   = u16        @ 8
    num_elapsed_returns   = u16        @ 10
    previous_settlement   = long_price @ 12
    discount_factor       = i64        @ 20
    initial_strike        = long_price @ 28
    previous_armvm        = i64        @ 36
    fed_funds_rate        = i64        @ 44


class FuturesInstrumentDefinition(Pitch, type=0xBB, size=41, extensible=True):
    """A future or a spread of futures (CFE Multicast PITCH 1.1, Futures Instrument Definition)."""

    time_offset           = u32           @ 2
    symbol                = alpha(6)      @ 6
    unit_timestamp        = u32           @ 12
    report_symbol         = alpha(6)      @ 16
    futures_flags         = futures_flags @ 22
    expiration_date       = u32           @ 23
    contract_size         = u16           @ 27
    listing_state         = listing_state @ 29
    price_increment       = long_price    @ 30
    leg_count             = u8            @ 38
    leg_offset            = u8            @ 39
    variance_block_offset = u8            @ 40
    legs                  = group(FutureLeg, count="leg_count", start="leg_offset")
    variance              = conditional(Variance, "futures_flags", 0x01, start="variance_block_offset")


class Settlement(Pitch, type=0xB9, size=25, extensible=True):
    """A settlement price (CFE Multicast PITCH 1.1, Settlement)."""

    time_offset      = u32        @ 2
    symbol           = alpha(6)   @ 6
    trade_date       = u32        @ 12
    settlement_price = long_price @ 16
    issue            = issue      @ 24


class EndOfDaySummary(Pitch, type=0xBA, size=65, extensible=True):
    """The figures of a future's day (CFE Multicast PITCH 1.1, End of Day Summary)."""

    time_offset   = u32           @ 2
    symbol        = alpha(6)      @ 6
    trade_date    = u32           @ 12
    open_interest = u32           @ 16
    high_price    = long_price    @ 20
    low_price     = long_price    @ 28
    open_price    = long_price    @ 36
    close_price   = long_price    @ 44
    total_volume  = u32           @ 52
    block_volume  = u32           @ 56
    ecrp_volume   = u32           @ 60
    summary_flags = summary_flags @ 64
# fmt: on


FUTURES = (
    FuturesTime, UnitClear, TimeReference, FuturesInstrumentDefinition, AddOrderLong, FuturesAddOrderShort,
    OrderExecuted, ReduceSizeLong, ReduceSizeShort, ModifyOrderLong, FuturesModifyOrderShort, DeleteOrder, TradeLong,
    FuturesTradeShort, TransactionBegin, TransactionEnd, TradeBreak, Settlement, EndOfDaySummary, FuturesTradingStatus,
    EndOfSession,
)  # fmt: skip
"""Every message of the protocol, in the order of the specification."""
