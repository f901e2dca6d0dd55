"""Every message of the UDP Market Data API 1.2 of Coinbase Derivatives, as its SBE schema names and places them.

Made by `python -m feedhandler.wire.sbe` from Coinbase.Derivatives.MarketDataApi.Sbe.v1.2.xml, an SBE schema with id
1201 and version 2; little-endian. Change the schema's reading, not this file.
"""

from feedhandler.wire import Message, block
from feedhandler.wire.little_endian import alpha, char, i8, i16, i32, i64, u8, u16, u32
from feedhandler.wire.little_endian import price as price_type

# fmt: off
flags = u8.with_bit_names(bit0="startOfTransaction", bit1="endOfTransaction", bit7="clearBook")
side = i8.named({1: "BUY", -1: "SELL", 0: "OPENING_FILL"})
product_group = i8.named({0: "CURRENCY", 1: "EQUITY", 2: "ENERGY", 3: "METALS", 4: "INTEREST_RATE", 5: "AGRICULTURE"})
instrument_trading_status = i8.named({
    0: "PRE_OPEN", 1: "OPEN", 2: "HALT", 3: "PAUSE", 4: "CLOSE", 5: "PRE_OPEN_NO_CANCEL", 6: "EXPIRED",
})
instrument_definition_flags = u16.with_bit_names(bit0="isPriorSettlementTheoretical")
spread_buy_convention = i8.named({1: "USE_FAR_BID", -1: "USE_NEAR_BID"})
market_stat_type = char.named({
    "4": "DAY_OPENING_PRICE", "5": "CLOSING_PRICE", "6": "SETTLEMENT_PRICE", "7": "TRADING_SESSION_HIGH_PRICE",
    "8": "TRADING_SESSION_LOW_PRICE", "F": "REFERENCE_PRICE", "I": "INDICATIVE_OPENING_PRICE",
})
retransmit_reject_reason = i8.named({1: "SEQ_TOO_LOW", 2: "SEQ_TOO_HIGH", 3: "RATE_LIMIT_EXCEEDED", 4: "OTHER_ERROR"})


class Sbe(Message, selector="template_id", whole="frame_length", block="block_length", version="version",
          constants={"schema_id": 1201}, defaults={"version": 2}):
    """The header of every message (fairx.gateway.sbe.codec.marketdata 1.2, messageHeader)."""

    frame_length = u16 @ 0
    block_length = u16 @ 2
    template_id  = u16 @ 4
    schema_id    = u16 @ 6
    version      = u16 @ 8


class InstrumentHeader(Message, size=22):
    """Common instrument header following message header (fairx.gateway.sbe.codec.marketdata 1.2,
    InstrumentHeader).
    """

    flags                = flags @ 0
    side                 = side  @ 1
    instrument_id        = i32   @ 2
    instr_seq_num        = u32   @ 6
    trading_session_date = u16   @ 10
    reserved             = i16   @ 12
    transact_time        = i64   @ 14


class OutrightInstrumentDefinition(Sbe, type=10, size=168):
    """Definition of an outright futures instrument. (fairx.gateway.sbe.codec.marketdata 1.2, template 10)."""

    instr_header               = block(InstrumentHeader)                                    @ 10
    symbol                     = alpha(24)                                                  @ 32
    product_code               = alpha(8)                                                   @ 56
    description                = alpha(32)                                                  @ 64
    price_increment            = price_type(i64, decimals=9)                                @ 96
    cfi_code                   = alpha(8)                                                   @ 104
    currency                   = alpha(8)                                                   @ 112
    first_trading_session_date = u16                                                        @ 120
    last_trading_session_date  = u16                                                        @ 122
    contract_size              = i32                                                        @ 124
    prior_settlement_price     = price_type(i64.nullable(-9223372036854775808), decimals=9) @ 128
    settlement_price           = price_type(i64.nullable(-9223372036854775808), decimals=9) @ 136
    limit_down_price           = price_type(i64, decimals=9)                                @ 144
    limit_up_price             = price_type(i64, decimals=9)                                @ 152
    product_id                 = i32                                                        @ 160
    product_group              = product_group                                              @ 164
    trading_status             = instrument_trading_status                                  @ 165
    definition_flags           = instrument_definition_flags.added(2)                       @ 166


class SpreadInstrumentDefinition(Sbe, type=11, size=177):
    """Definition of a calendar spread futures instrument. (fairx.gateway.sbe.codec.marketdata 1.2, template 11)."""

    instr_header               = block(InstrumentHeader)                                    @ 10
    symbol                     = alpha(24)                                                  @ 32
    product_code               = alpha(8)                                                   @ 56
    description                = alpha(32)                                                  @ 64
    price_increment            = price_type(i64, decimals=9)                                @ 96
    cfi_code                   = alpha(8)                                                   @ 104
    currency                   = alpha(8)                                                   @ 112
    first_trading_session_date = u16                                                        @ 120
    last_trading_session_date  = u16                                                        @ 122
    contract_size              = i32                                                        @ 124
    prior_settlement_price     = price_type(i64.nullable(-9223372036854775808), decimals=9) @ 128
    settlement_price           = price_type(i64.nullable(-9223372036854775808), decimals=9) @ 136
    limit_down_price           = price_type(i64, decimals=9)                                @ 144
    limit_up_price             = price_type(i64, decimals=9)                                @ 152
    product_id                 = i32                                                        @ 160
    product_group              = product_group                                              @ 164
    trading_status             = instrument_trading_status                                  @ 165
    leg1_instrument_id         = i32                                                        @ 166
    leg2_instrument_id         = i32                                                        @ 170
    spread_buy_convention      = spread_buy_convention                                      @ 174
    definition_flags           = instrument_definition_flags.added(2)                       @ 175


class TradingStatusUpdate(Sbe, type=17, size=49):
    """Instrument trading status updated (fairx.gateway.sbe.codec.marketdata 1.2, template 17)."""

    instr_header     = block(InstrumentHeader)     @ 10
    limit_down_price = price_type(i64, decimals=9) @ 32
    limit_up_price   = price_type(i64, decimals=9) @ 40
    trading_status   = instrument_trading_status   @ 48


class OrderPut(Sbe, type=20, size=52):
    """Order added or modified (fairx.gateway.sbe.codec.marketdata 1.2, template 20)."""

    instr_header = block(InstrumentHeader)     @ 10
    order_id     = i64                         @ 32
    price        = price_type(i64, decimals=9) @ 40
    quantity     = i32                         @ 48


class OrderDelete(Sbe, type=21, size=40):
    """Order deleted (fairx.gateway.sbe.codec.marketdata 1.2, template 21)."""

    instr_header = block(InstrumentHeader) @ 10
    order_id     = i64                     @ 32


class ImpliedOrderUpdate(Sbe, type=22, size=56):
    """Implied orders updated (fairx.gateway.sbe.codec.marketdata 1.2, template 22)."""

    instr_header = block(InstrumentHeader)                                    @ 10
    best_price   = price_type(i64.nullable(-9223372036854775808), decimals=9) @ 32
    next_price   = price_type(i64.nullable(-9223372036854775808), decimals=9) @ 40
    best_qty     = i32                                                        @ 48
    next_qty     = i32                                                        @ 52


class TradeSummary(Sbe, type=33, size=68):
    """Summary of aggressor fills. Sent before individual trade messages. (fairx.gateway.sbe.codec.marketdata 1.2,
    template 33).
    """

    instr_header           = block(InstrumentHeader)     @ 10
    aggressor_order_id     = i64                         @ 32
    aggressor_receive_time = i64                         @ 40
    vwap_price             = price_type(i64, decimals=9) @ 48
    deepest_price          = price_type(i64, decimals=9) @ 56
    quantity               = i32                         @ 64


class Trade(Sbe, type=30, size=68):
    """Trade (side in instrument header is the aggressor side) (fairx.gateway.sbe.codec.marketdata 1.2, template
    30).
    """

    instr_header  = block(InstrumentHeader)            @ 10
    match_id      = i64                                @ 32
    buy_order_id  = i64.nullable(-9223372036854775808) @ 40
    sell_order_id = i64.nullable(-9223372036854775808) @ 48
    price         = price_type(i64, decimals=9)        @ 56
    quantity      = i32                                @ 64


class TradeAmend(Sbe, type=31, size=72):
    """Trade amendment/correction (side in instrument header is the aggressor side)
    (fairx.gateway.sbe.codec.marketdata 1.2, template 31).
    """

    instr_header  = block(InstrumentHeader)            @ 10
    match_id      = i64                                @ 32
    buy_order_id  = i64.nullable(-9223372036854775808) @ 40
    sell_order_id = i64.nullable(-9223372036854775808) @ 48
    old_price     = price_type(i64, decimals=9)        @ 56
    new_price     = price_type(i64, decimals=9)        @ 64


class SpreadTradeAmend(Sbe, type=34, size=104):
    """Spread Trade amendment/correction (side in instrument header is the aggressor side)
    (fairx.gateway.sbe.codec.marketdata 1.2, template 34).
    """

    instr_header   = block(InstrumentHeader)            @ 10
    match_id       = i64                                @ 32
    buy_order_id   = i64.nullable(-9223372036854775808) @ 40
    sell_order_id  = i64.nullable(-9223372036854775808) @ 48
    old_price      = price_type(i64, decimals=9)        @ 56
    new_price      = price_type(i64, decimals=9)        @ 64
    old_leg1_price = price_type(i64, decimals=9)        @ 72
    new_leg1_price = price_type(i64, decimals=9)        @ 80
    old_leg2_price = price_type(i64, decimals=9)        @ 88
    new_leg2_price = price_type(i64, decimals=9)        @ 96


class TradeBust(Sbe, type=32, size=56):
    """Trade bust (side in instrument header is the aggressor side) (fairx.gateway.sbe.codec.marketdata 1.2,
    template 32).
    """

    instr_header  = block(InstrumentHeader)            @ 10
    match_id      = i64                                @ 32
    buy_order_id  = i64.nullable(-9223372036854775808) @ 40
    sell_order_id = i64.nullable(-9223372036854775808) @ 48


class MarketStat(Sbe, type=40, size=41):
    """Market summary statistic update (fairx.gateway.sbe.codec.marketdata 1.2, template 40)."""

    instr_header = block(InstrumentHeader)     @ 10
    price        = price_type(i64, decimals=9) @ 32
    stat_type    = market_stat_type            @ 40


class TradeSessionVolume(Sbe, type=41, size=44):
    """Trading session total volume traded and volume-weighted average price update
    (fairx.gateway.sbe.codec.marketdata 1.2, template 41).
    """

    instr_header = block(InstrumentHeader)     @ 10
    vwap_price   = price_type(i64, decimals=9) @ 32
    trade_volume = i32                         @ 40


class OpenInterest(Sbe, type=42, size=36):
    """Open Interest calculated (fairx.gateway.sbe.codec.marketdata 1.2, template 42)."""

    instr_header = block(InstrumentHeader) @ 10
    quantity     = i32                     @ 32


class StartOfOutrightInstrumentSnapshot(Sbe, type=110, size=124):
    """Start of snapshot of an outright futures instrument. (fairx.gateway.sbe.codec.marketdata 1.2, template 110)."""

    snapshot_seq_num           = u16                         @ 10
    last_instr_seq_num         = u32                         @ 12
    symbol                     = alpha(24)                   @ 16
    product_code               = alpha(8)                    @ 40
    description                = alpha(32)                   @ 48
    price_increment            = price_type(i64, decimals=9) @ 80
    cfi_code                   = alpha(8)                    @ 88
    currency                   = alpha(8)                    @ 96
    product_id                 = i32                         @ 104
    contract_size              = i32                         @ 108
    order_count                = i32                         @ 112
    first_trading_session_date = u16                         @ 116
    last_trading_session_date  = u16                         @ 118
    trading_session_date       = u16                         @ 120
    product_group              = product_group               @ 122
    trading_status             = instrument_trading_status   @ 123


class StartOfSpreadInstrumentSnapshot(Sbe, type=111, size=133):
    """Start of snapshot of a calendar spread futures instrument. (fairx.gateway.sbe.codec.marketdata 1.2, template
    111).
    """

    snapshot_seq_num           = u16                         @ 10
    last_instr_seq_num         = u32                         @ 12
    symbol                     = alpha(24)                   @ 16
    product_code               = alpha(8)                    @ 40
    description                = alpha(32)                   @ 48
    price_increment            = price_type(i64, decimals=9) @ 80
    cfi_code                   = alpha(8)                    @ 88
    currency                   = alpha(8)                    @ 96
    product_id                 = i32                         @ 104
    contract_size              = i32                         @ 108
    order_count                = i32                         @ 112
    first_trading_session_date = u16                         @ 116
    last_trading_session_date  = u16                         @ 118
    trading_session_date       = u16                         @ 120
    product_group              = product_group               @ 122
    trading_status             = instrument_trading_status   @ 123
    leg1_instrument_id         = i32                         @ 124
    leg2_instrument_id         = i32                         @ 128
    spread_buy_convention      = spread_buy_convention       @ 132


class OrderSnapshot(Sbe, type=120, size=40):
    """Snapshot of order (fairx.gateway.sbe.codec.marketdata 1.2, template 120)."""

    snapshot_seq_num = u16                         @ 10
    quantity         = i32                         @ 12
    transact_time    = i64                         @ 16
    order_id         = i64                         @ 24
    price            = price_type(i64, decimals=9) @ 32


class EndOfSnapshot(Sbe, type=122, size=170):
    """EndOfSnapshot (fairx.gateway.sbe.codec.marketdata 1.2, template 122)."""

    snapshot_seq_num       = u16                                                                 @ 10
    trade_volume           = i32                                                                 @ 12
    indicative_open_price  = price_type(i64.nullable(-9223372036854775808), decimals=9)          @ 16
    day_open_price         = price_type(i64.nullable(-9223372036854775808), decimals=9)          @ 24
    close_price            = price_type(i64.nullable(-9223372036854775808), decimals=9)          @ 32
    low_price              = price_type(i64.nullable(-9223372036854775808), decimals=9)          @ 40
    high_price             = price_type(i64.nullable(-9223372036854775808), decimals=9)          @ 48
    vwap_price             = price_type(i64.nullable(-9223372036854775808), decimals=9)          @ 56
    settlement_price       = price_type(i64.nullable(-9223372036854775808), decimals=9)          @ 64
    last_trade_price       = price_type(i64.nullable(-9223372036854775808), decimals=9)          @ 72
    last_trade_time        = i64.nullable(-9223372036854775808)                                  @ 80
    best_bid_implied_price = price_type(i64.nullable(-9223372036854775808), decimals=9)          @ 88
    best_ask_implied_price = price_type(i64.nullable(-9223372036854775808), decimals=9)          @ 96
    next_bid_implied_price = price_type(i64.nullable(-9223372036854775808), decimals=9)          @ 104
    next_ask_implied_price = price_type(i64.nullable(-9223372036854775808), decimals=9)          @ 112
    limit_down_price       = price_type(i64, decimals=9)                                         @ 120
    limit_up_price         = price_type(i64, decimals=9)                                         @ 128
    last_trade_qty         = i32                                                                 @ 136
    open_interest          = i32                                                                 @ 140
    best_bid_implied_qty   = i32                                                                 @ 144
    best_ask_implied_qty   = i32                                                                 @ 148
    next_bid_implied_qty   = i32                                                                 @ 152
    next_ask_implied_qty   = i32                                                                 @ 156
    prior_settlement_price = price_type(i64.nullable(-9223372036854775808), decimals=9).added(1) @ 160
    definition_flags       = instrument_definition_flags.added(2)                                @ 168


class RetransmitRequest(Sbe, type=200, size=19):
    """RetransmitRequest (fairx.gateway.sbe.codec.marketdata 1.2, template 200)."""

    begin_seq_num = i64 @ 10
    message_count = u8  @ 18


class RetransmitReject(Sbe, type=202, size=59):
    """RetransmitReject (fairx.gateway.sbe.codec.marketdata 1.2, template 202)."""

    retry_delay_nanos = i64                      @ 10
    details           = alpha(40)                @ 18
    reason            = retransmit_reject_reason @ 58
# fmt: on


MESSAGES = (
    OutrightInstrumentDefinition,
    SpreadInstrumentDefinition,
    TradingStatusUpdate,
    OrderPut,
    OrderDelete,
    ImpliedOrderUpdate,
    TradeSummary,
    Trade,
    TradeAmend,
    SpreadTradeAmend,
    TradeBust,
    MarketStat,
    TradeSessionVolume,
    OpenInterest,
    StartOfOutrightInstrumentSnapshot,
    StartOfSpreadInstrumentSnapshot,
    OrderSnapshot,
    EndOfSnapshot,
    RetransmitRequest,
    RetransmitReject,
)
"""Every message of the schema, in its order."""
