"""T7 EOBI 3.0: every message.

Made by `python -m feedhandler.wire.fbe` from Eurex.T7.Eobi.Fbe.v3.0.xml;
little-endian. Change the schema's reading, not this file.
"""

from feedhandler.wire import Message, group
from feedhandler.wire.little_endian import i32, i64, reserved, u8, u16, u32, u64
from feedhandler.wire.little_endian import price as price_type

# fmt: off
product_complex = u8.named({
    5: "FuturesSpread", 6: "InterProductSpread", 7: "StandardFuturesStrategy", 8: "PackAndBundle", 9: "Strip",
})
implied_market_indicator = u8.named({0: "NotImplied", 3: "ImpliedInOut"})
leg_side = u8.named({1: "Buy", 2: "Sell"})
aggressor_side = u8.named({1: "Buy", 2: "Sell"})
trade_condition = u8.nullable(255).named({1: "ImpliedTrade"})
side = u8.named({1: "Buy", 2: "Sell"})
security_status = u8.named({1: "Active", 2: "Inactive", 4: "Expired", 9: "Suspended"})
security_trading_status = u8.named({
    200: "Closed", 201: "Restricted", 202: "Book", 203: "Continuous", 204: "OpeningAuction",
    205: "OpeningAuctionFreeze", 206: "IntradayAuction", 207: "IntradayAuctionFreeze", 208: "CircuitBreakerAuction",
    209: "CircuitBreakerAuctionFreeze", 210: "ClosingAuction", 211: "ClosingAuctionFreeze",
})
fast_market_indicator = u8.named({0: "No", 1: "Yes"})
md_entry_type = u8.named({
    2: "Trade", 4: "OpeningPrice", 5: "ClosingPrice", 7: "HighPrice", 8: "LowPrice", 66: "TradeVolume",
    101: "PreviousClosingPrice", 200: "OpeningAuction", 201: "IntradayAuction", 202: "CircuitBreakerAuction",
    203: "ClosingAuction",
})
completion_indicator = u8.named({0: "Incomplete", 1: "Complete"})
appl_seq_reset_indicator = u8.named({0: "NoReset", 1: "Reset"})
trading_session_id = u8.named({1: "Day", 3: "Morning", 5: "Evening", 7: "Holiday"})
trading_session_sub_id = u8.named({1: "PreTrading", 3: "Trading", 4: "Closing", 5: "PostTrading", 7: "Quiescent"})
trad_ses_status = u8.named({1: "Halted", 2: "Open", 3: "Closed"})
trading_session_id_or_null = u8.nullable(255).named({1: "Day", 3: "Morning", 5: "Evening", 7: "Holiday"})
trading_session_sub_id_or_null = u8.nullable(255).named({
    1: "PreTrading", 3: "Trading", 4: "Closing", 5: "PostTrading", 7: "Quiescent",
})
trad_ses_status_or_null = u8.nullable(255).named({1: "Halted", 2: "Open", 3: "Closed"})
fast_market_indicator_or_null = u8.nullable(255).named({0: "No", 1: "Yes"})
match_type = u8.named({3: "ConfirmedTradeReport", 5: "CrossAuction", 7: "CallAuction"})
match_sub_type = u8.nullable(255).named({
    1: "OpeningAuction", 2: "ClosingAuction", 3: "IntradayAuction", 4: "CircuitBreakerAuction",
})


class Fbe(Message, selector="template_id", whole="body_len"):
    """The header of every message (eobi 3.0, MessageHeaderComp)."""

    body_len    = u16                      @ 0
    template_id = u16                      @ 2
    msg_seq_num = u32.nullable(4294967295) @ 4


class AddComplexInstrumentInstrmtLegGrp(Message, size=24):
    """An entry (eobi 3.0, group InstrmtLegGrp)."""

    leg_symbol      = i32                       @ 0
    padding_at_4    = reserved(4)               @ 4
    leg_security_id = i64                       @ 8
    leg_ratio_qty   = i32.nullable(-2147483648) @ 16
    leg_side        = leg_side                  @ 20
    padding_at_21   = reserved(3)               @ 21


class AddComplexInstrument(Fbe, type=13400, size=32, extensible=True):
    """Add Complex Instrument (eobi 3.0, template 13400)."""

    security_id              = i64                       @ 8
    transact_time            = u64                       @ 16
    security_sub_type        = i32.nullable(-2147483648) @ 24
    product_complex          = product_complex           @ 28
    implied_market_indicator = implied_market_indicator  @ 29
    no_legs                  = u8                        @ 30
    padding_at_31            = reserved(1)               @ 31
    instrmt_leg_grp          = group(AddComplexInstrumentInstrmtLegGrp, count="no_legs")


class AuctionBBO(Fbe, type=13500, size=40):
    """Auction Best Bid/Offer (eobi 3.0, template 13500)."""

    transact_time = u64                                                        @ 8
    security_id   = i64                                                        @ 16
    bid_px        = price_type(i64.nullable(-9223372036854775808), decimals=8) @ 24
    offer_px      = price_type(i64.nullable(-9223372036854775808), decimals=8) @ 32


class AuctionClearingPrice(Fbe, type=13501, size=32):
    """Auction Clearing Price (eobi 3.0, template 13501)."""

    transact_time = u64                         @ 8
    security_id   = i64                         @ 16
    last_px       = price_type(i64, decimals=8) @ 24


class CrossRequest(Fbe, type=13502, size=32):
    """Cross Request (eobi 3.0, template 13502)."""

    security_id   = i64         @ 8
    last_qty      = i32         @ 16
    padding_at_20 = reserved(4) @ 20
    transact_time = u64         @ 24


class ExecutionSummary(Fbe, type=13202, size=64):
    """Execution Summary (eobi 3.0, template 13202)."""

    security_id         = i64                                @ 8
    aggressor_timestamp = u64.nullable(18446744073709551615) @ 16
    request_time        = u64.nullable(18446744073709551615) @ 24
    exec_id             = u64                                @ 32
    last_qty            = i32                                @ 40
    aggressor_side      = aggressor_side                     @ 44
    trade_condition     = trade_condition                    @ 45
    padding_at_46       = reserved(2)                        @ 46
    last_px             = price_type(i64, decimals=8)        @ 48
    resting_hidden_qty  = i32.nullable(-2147483648)          @ 56
    resting_cxl_qty     = i32                                @ 60


class FullOrderExecution(Fbe, type=13104, size=56):
    """Full Order Execution (eobi 3.0, template 13104)."""

    side                     = side                        @ 8
    padding_at_9             = reserved(7)                 @ 9
    price                    = price_type(i64, decimals=8) @ 16
    trd_reg_ts_time_priority = u64                         @ 24
    security_id              = i64                         @ 32
    trd_match_id             = u32                         @ 40
    last_qty                 = i32                         @ 44
    last_px                  = price_type(i64, decimals=8) @ 48


class Heartbeat(Fbe, type=13001, size=16):
    """Heartbeat (eobi 3.0, template 13001)."""

    last_msg_seq_num_processed = u32         @ 8
    padding_at_12              = reserved(4) @ 12


class InstrumentStateChange(Fbe, type=13301, size=32):
    """Instrument State Change (eobi 3.0, template 13301)."""

    security_id             = i64                     @ 8
    security_status         = security_status         @ 16
    security_trading_status = security_trading_status @ 17
    fast_market_indicator   = fast_market_indicator   @ 18
    padding_at_19           = reserved(5)             @ 19
    transact_time           = u64                     @ 24


class InstrumentSummaryMDInstrumentEntryGrp(Message, size=16):
    """An entry (eobi 3.0, group MDInstrumentEntryGrp)."""

    md_entry_px   = price_type(i64.nullable(-9223372036854775808), decimals=8) @ 0
    md_entry_size = i32.nullable(-2147483648)                                  @ 8
    md_entry_type = md_entry_type                                              @ 12
    padding_at_13 = reserved(3)                                                @ 13


class InstrumentSummary(Fbe, type=13601, size=40, extensible=True):
    """Instrument Summary (eobi 3.0, template 13601)."""

    security_id               = i64                                @ 8
    last_update_time          = u64                                @ 16
    trd_reg_ts_execution_time = u64.nullable(18446744073709551615) @ 24
    tot_no_orders             = u16                                @ 32
    security_status           = security_status                    @ 34
    security_trading_status   = security_trading_status            @ 35
    fast_market_indicator     = fast_market_indicator              @ 36
    no_md_entries             = u8                                 @ 37
    padding_at_38             = reserved(2)                        @ 38
    md_instrument_entry_grp   = group(InstrumentSummaryMDInstrumentEntryGrp, count="no_md_entries")


class OrderAdd(Fbe, type=13100, size=48):
    """Order Add (eobi 3.0, template 13100)."""

    trd_reg_ts_time_in       = u64.nullable(18446744073709551615) @ 8
    security_id              = i64                                @ 16
    trd_reg_ts_time_priority = u64                                @ 24
    display_qty              = i32                                @ 32
    side                     = side                               @ 36
    padding_at_37            = reserved(3)                        @ 37
    price                    = price_type(i64, decimals=8)        @ 40


class OrderDelete(Fbe, type=13102, size=56):
    """Order Delete (eobi 3.0, template 13102)."""

    trd_reg_ts_time_in       = u64.nullable(18446744073709551615) @ 8
    transact_time            = u64                                @ 16
    security_id              = i64                                @ 24
    trd_reg_ts_time_priority = u64                                @ 32
    display_qty              = i32                                @ 40
    side                     = side                               @ 44
    padding_at_45            = reserved(3)                        @ 45
    price                    = price_type(i64, decimals=8)        @ 48


class OrderMassDelete(Fbe, type=13103, size=24):
    """Order Mass Delete (eobi 3.0, template 13103)."""

    security_id   = i64 @ 8
    transact_time = u64 @ 16


class OrderModify(Fbe, type=13101, size=72):
    """Order Modify (eobi 3.0, template 13101)."""

    trd_reg_ts_time_in            = u64                         @ 8
    trd_reg_ts_prev_time_priority = u64                         @ 16
    prev_price                    = price_type(i64, decimals=8) @ 24
    prev_display_qty              = i32                         @ 32
    padding_at_36                 = reserved(4)                 @ 36
    security_id                   = i64                         @ 40
    trd_reg_ts_time_priority      = u64                         @ 48
    display_qty                   = i32                         @ 56
    side                          = side                        @ 60
    padding_at_61                 = reserved(3)                 @ 61
    price                         = price_type(i64, decimals=8) @ 64


class OrderModifySamePrio(Fbe, type=13106, size=64):
    """Order Modify Same Priority (eobi 3.0, template 13106)."""

    trd_reg_ts_time_in       = u64                         @ 8
    transact_time            = u64                         @ 16
    prev_display_qty         = i32                         @ 24
    padding_at_28            = reserved(4)                 @ 28
    security_id              = i64                         @ 32
    trd_reg_ts_time_priority = u64                         @ 40
    display_qty              = i32                         @ 48
    side                     = side                        @ 52
    padding_at_53            = reserved(3)                 @ 53
    price                    = price_type(i64, decimals=8) @ 56


class PacketHeader(Fbe, type=13004, size=32):
    """Packet Header (eobi 3.0, template 13004)."""

    appl_seq_num             = u32                      @ 8
    market_segment_id        = i32                      @ 12
    partition_id             = u8                       @ 16
    completion_indicator     = completion_indicator     @ 17
    appl_seq_reset_indicator = appl_seq_reset_indicator @ 18
    padding_at_19            = reserved(5)              @ 19
    transact_time            = u64                      @ 24


class PartialOrderExecution(Fbe, type=13105, size=56):
    """Partial Order Execution (eobi 3.0, template 13105)."""

    side                     = side                        @ 8
    padding_at_9             = reserved(7)                 @ 9
    price                    = price_type(i64, decimals=8) @ 16
    trd_reg_ts_time_priority = u64                         @ 24
    security_id              = i64                         @ 32
    trd_match_id             = u32                         @ 40
    last_qty                 = i32                         @ 44
    last_px                  = price_type(i64, decimals=8) @ 48


class ProductStateChange(Fbe, type=13300, size=24):
    """Product State Change (eobi 3.0, template 13300)."""

    trading_session_id     = trading_session_id     @ 8
    trading_session_sub_id = trading_session_sub_id @ 9
    trad_ses_status        = trad_ses_status        @ 10
    fast_market_indicator  = fast_market_indicator  @ 11
    padding_at_12          = reserved(4)            @ 12
    transact_time          = u64                    @ 16


class ProductSummary(Fbe, type=13600, size=16):
    """Product Summary (eobi 3.0, template 13600)."""

    last_msg_seq_num_processed = u32                            @ 8
    trading_session_id         = trading_session_id_or_null     @ 12
    trading_session_sub_id     = trading_session_sub_id_or_null @ 13
    trad_ses_status            = trad_ses_status_or_null        @ 14
    fast_market_indicator      = fast_market_indicator_or_null  @ 15


class QuoteRequest(Fbe, type=13503, size=32):
    """Quote Request (eobi 3.0, template 13503)."""

    security_id   = i64         @ 8
    last_qty      = i32         @ 16
    side          = side        @ 20
    padding_at_21 = reserved(3) @ 21
    transact_time = u64         @ 24


class SnapshotOrder(Fbe, type=13602, size=32):
    """Snapshot Order (eobi 3.0, template 13602)."""

    trd_reg_ts_time_priority = u64                         @ 8
    display_qty              = i32                         @ 16
    side                     = side                        @ 20
    padding_at_21            = reserved(3)                 @ 21
    price                    = price_type(i64, decimals=8) @ 24


class TopOfBook(Fbe, type=13504, size=40):
    """Top of Book (eobi 3.0, template 13504)."""

    transact_time = u64                                                        @ 8
    security_id   = i64                                                        @ 16
    bid_px        = price_type(i64.nullable(-9223372036854775808), decimals=8) @ 24
    offer_px      = price_type(i64.nullable(-9223372036854775808), decimals=8) @ 32


class TradeReport(Fbe, type=13201, size=48):
    """Trade Report (eobi 3.0, template 13201)."""

    security_id    = i64                         @ 8
    transact_time  = u64                         @ 16
    trd_match_id   = u32                         @ 24
    last_qty       = i32                         @ 28
    last_px        = price_type(i64, decimals=8) @ 32
    match_type     = match_type                  @ 40
    match_sub_type = match_sub_type              @ 41
    padding_at_42  = reserved(6)                 @ 42


class TradeReversalMDTradeEntryGrp(Message, size=16):
    """An entry (eobi 3.0, group MDTradeEntryGrp)."""

    md_entry_px   = price_type(i64.nullable(-9223372036854775808), decimals=8) @ 0
    md_entry_size = i32.nullable(-2147483648)                                  @ 8
    md_entry_type = md_entry_type                                              @ 12
    padding_at_13 = reserved(3)                                                @ 13


class TradeReversal(Fbe, type=13200, size=56, extensible=True):
    """Trade Reversal (eobi 3.0, template 13200)."""

    security_id               = i64                                @ 8
    transact_time             = u64                                @ 16
    trd_match_id              = u32                                @ 24
    last_qty                  = i32                                @ 28
    last_px                   = price_type(i64, decimals=8)        @ 32
    trd_reg_ts_execution_time = u64.nullable(18446744073709551615) @ 40
    no_md_entries             = u8                                 @ 48
    padding_at_49             = reserved(7)                        @ 49
    md_trade_entry_grp        = group(TradeReversalMDTradeEntryGrp, count="no_md_entries")
# fmt: on


MESSAGES = (
    AddComplexInstrument,
    AuctionBBO,
    AuctionClearingPrice,
    CrossRequest,
    ExecutionSummary,
    FullOrderExecution,
    Heartbeat,
    InstrumentStateChange,
    InstrumentSummary,
    OrderAdd,
    OrderDelete,
    OrderMassDelete,
    OrderModify,
    OrderModifySamePrio,
    PacketHeader,
    PartialOrderExecution,
    ProductStateChange,
    ProductSummary,
    QuoteRequest,
    SnapshotOrder,
    TopOfBook,
    TradeReport,
    TradeReversal,
)
"""Every message of the schema, in its order."""
