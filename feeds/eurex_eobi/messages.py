"""T7 EOBI 14.1: packets, orders, trades, auctions, requests.

Made by `python -m feedhandler.wire.fbe` from Eurex.T7.Eobi.Fbe.v14.1.xml;
little-endian. Change the schema's reading, not this file.
"""

from feedhandler.wire import Message, group
from feedhandler.wire.little_endian import decimal, i8, i32, i64, reserved, u8, u16, u32, u64
from feedhandler.wire.little_endian import price as price_type

# fmt: off
potential_security_trading_event = u8.nullable(255).named({0: "None", 10: "PriceVolatilityAuctionIsExtended"})
bid_ord_type = u8.nullable(255).named({1: "Market"})
offer_ord_type = u8.nullable(255).named({1: "Market"})
security_trading_status = u8.nullable(255).named({
    2: "TradingHalt", 7: "MarketImbalanceBuy", 8: "MarketImbalanceSell", 200: "Closed", 201: "Restricted",
    202: "Book", 203: "Continuous", 204: "OpeningAuction", 205: "OpeningAuctionFreeze", 206: "IntradayAuction",
    207: "IntradayAuctionFreeze", 208: "CircuitBreakerAuction", 209: "CircuitBreakerAuctionFreeze",
    210: "ClosingAuction", 211: "ClosingAuctionFreeze", 212: "IPOAuction", 213: "IPOAuctionFreeze", 214: "PreCall",
    215: "Call", 216: "Freeze", 217: "TradeAtClose", 218: "RetailPreCall", 219: "RetailCall",
    220: "CircuitBreakerAuctionTriggeredByStaticLimitBreach",
    221: "CircuitBreakerAuctionTriggeredByStaticLimitBreachFreeze",
})
side = u8.nullable(255).named({1: "Buy", 2: "Sell"})
cross_request_type = u8.named({1: "CrossAnnouncement", 2: "LiquidityImprovementCross"})
input_source = u8.nullable(255).named({1: "CLIPClientBroker"})
aggressor_side = u8.nullable(255).named({1: "Buy", 2: "Sell"})
trade_condition = u16.nullable(65535).named({
    1: "ImpliedTrade", 107: "OutOfSequence", 155: "MidpointPrice", 156: "TradingOnTermsOfIssue",
    596: "SpecialAuction", 624: "TradeAtClose", 743: "Retail", 206: "AuctionVolumeDiscovery",
})
side_always = u8.named({1: "Buy", 2: "Sell"})
ord_type = u8.nullable(255).named({1: "Market"})
algorithmic_trade_indicator = u8.nullable(255).named({1: "AlgorithmicTrade"})
hhi_indicator = i8.nullable(-128).named({-1: "NoUpdate"})
prev_price_hhi_indicator = i8.nullable(-128).named({-1: "NoUpdate"})
completion_indicator = u8.named({0: "Incomplete", 1: "Complete"})
appl_seq_reset_indicator = u8.named({0: "NoReset", 1: "Reset"})
trd_type = u16.nullable(65535).named({
    1: "BlockTrade", 2: "EFP", 12: "EFS", 54: "OTC", 55: "ExchangeBasisFacility", 1000: "VolaTrade",
    1001: "EFPFinTrade", 1002: "EFPIndexFuturesTrade", 1004: "BlockTradeAtMarket",
    1006: "XetraEurexEnlightTriggeredTrade", 1007: "BlockQTPIPTrade",
})
multi_leg_reporting_type = u8.nullable(255).named({
    1: "SingleSecurity", 2: "IndividualLegOfAMultiLegSecurity", 3: "MultiLegSecurity",
})
multi_leg_price_model = u8.nullable(255).named({0: "Standard", 1: "UserDefined"})
match_type = u8.nullable(255).named({
    3: "ConfirmedTradeReport", 5: "CrossAuction", 7: "CallAuction", 13: "LiquidityImprovementCross",
    14: "ContinuousAuction",
})
match_sub_type = u8.nullable(255).named({
    1: "OpeningAuction", 2: "ClosingAuction", 3: "IntradayAuction", 4: "CircuitBreakerAuction", 5: "IPOAuction",
    6: "RetailAuctionVolaTrade",
})
md_origin_type = u8.nullable(255).named({0: "Book", 1: "OffBook"})
md_entry_type = u8.named({
    2: "Trade", 4: "OpeningPrice", 5: "ClosingPrice", 7: "HighPrice", 8: "LowPrice", 66: "TradeVolume",
    101: "PreviousClosingPrice", 200: "OpeningAuction", 201: "IntradayAuction", 202: "CircuitBreakerAuction",
    203: "ClosingAuction", 204: "IPOAuction", 205: "RetailAuction",
})


class Fbe(Message, selector="template_id", whole="body_len"):
    """The header of every message (eobi 14.1, MessageHeaderComp)."""

    body_len    = u16                      @ 0
    template_id = u16                      @ 2
    msg_seq_num = u32.nullable(4294967295) @ 4


class AuctionBBO(Fbe, type=13500, size=64):
    """Auction Best Bid/Offer (eobi 14.1, template 13500)."""

    transact_time                    = u64                                                        @ 8
    security_id                      = i64                                                        @ 16
    bid_px                           = price_type(i64.nullable(-9223372036854775808), decimals=8) @ 24
    offer_px                         = price_type(i64.nullable(-9223372036854775808), decimals=8) @ 32
    bid_size                         = decimal(i64.nullable(-9223372036854775808), decimals=4)    @ 40
    offer_size                       = decimal(i64.nullable(-9223372036854775808), decimals=4)    @ 48
    potential_security_trading_event = potential_security_trading_event                           @ 56
    bid_ord_type                     = bid_ord_type                                               @ 57
    offer_ord_type                   = offer_ord_type                                             @ 58
    padding_at_59                    = reserved(5)                                                @ 59


class AuctionClearingPrice(Fbe, type=13501, size=56):
    """Auction Clearing Price (eobi 14.1, template 13501)."""

    transact_time                    = u64                                                     @ 8
    security_id                      = i64                                                     @ 16
    last_px                          = price_type(i64, decimals=8)                             @ 24
    last_qty                         = decimal(i64.nullable(-9223372036854775808), decimals=4) @ 32
    imbalance_qty                    = decimal(i64.nullable(-9223372036854775808), decimals=4) @ 40
    security_trading_status          = security_trading_status                                 @ 48
    potential_security_trading_event = potential_security_trading_event                        @ 49
    padding_at_50                    = reserved(6)                                             @ 50


class CrossRequest(Fbe, type=13502, size=48):
    """Cross Request (eobi 14.1, template 13502)."""

    security_id        = i64                                                        @ 8
    last_px            = price_type(i64.nullable(-9223372036854775808), decimals=8) @ 16
    last_qty           = decimal(i64.nullable(-9223372036854775808), decimals=4)    @ 24
    side               = side                                                       @ 32
    cross_request_type = cross_request_type                                         @ 33
    input_source       = input_source                                               @ 34
    padding_at_35      = reserved(5)                                                @ 35
    transact_time      = u64                                                        @ 40


class ExecutionSummary(Fbe, type=13202, size=104):
    """Execution Summary (eobi 14.1, template 13202)."""

    security_id                   = i64                                                        @ 8
    request_time                  = u64.nullable(18446744073709551615)                         @ 16
    exec_id                       = u64                                                        @ 24
    last_qty                      = decimal(i64, decimals=4)                                   @ 32
    aggressor_side                = aggressor_side                                             @ 40
    padding_at_41                 = reserved(1)                                                @ 41
    trade_condition               = trade_condition                                            @ 42
    trading_hhi_indicator         = u8.nullable(255)                                           @ 44
    padding_at_45                 = reserved(3)                                                @ 45
    last_px                       = price_type(i64, decimals=8)                                @ 48
    trd_reg_ts_prev_time_priority = u64.nullable(18446744073709551615)                         @ 56
    display_qty                   = decimal(i64.nullable(-9223372036854775808), decimals=4)    @ 64
    price                         = price_type(i64.nullable(-9223372036854775808), decimals=8) @ 72
    resting_hidden_qty            = decimal(i64.nullable(-9223372036854775808), decimals=4)    @ 80
    resting_cxl_qty               = decimal(i64, decimals=4)                                   @ 88
    aggressor_time                = u64.nullable(18446744073709551615)                         @ 96


class FullOrderExecution(Fbe, type=13104, size=56):
    """Full Order Execution (eobi 14.1, template 13104)."""

    side                        = side_always                                                @ 8
    ord_type                    = ord_type                                                   @ 9
    algorithmic_trade_indicator = algorithmic_trade_indicator                                @ 10
    hhi_indicator               = hhi_indicator                                              @ 11
    trd_match_id                = u32                                                        @ 12
    price                       = price_type(i64.nullable(-9223372036854775808), decimals=8) @ 16
    trd_reg_ts_time_priority    = u64                                                        @ 24
    security_id                 = i64                                                        @ 32
    last_qty                    = decimal(i64, decimals=4)                                   @ 40
    last_px                     = price_type(i64, decimals=8)                                @ 48


class Heartbeat(Fbe, type=13001, size=16):
    """Heartbeat (eobi 14.1, template 13001)."""

    last_msg_seq_num_processed = u32         @ 8
    padding_at_12              = reserved(4) @ 12


class OrderAdd(Fbe, type=13100, size=56):
    """Order Add (eobi 14.1, template 13100)."""

    request_time             = u64.nullable(18446744073709551615)                         @ 8
    security_id              = i64                                                        @ 16
    trd_reg_ts_time_priority = u64                                                        @ 24
    display_qty              = decimal(i64, decimals=4)                                   @ 32
    side                     = side_always                                                @ 40
    ord_type                 = ord_type                                                   @ 41
    hhi_indicator            = hhi_indicator                                              @ 42
    padding_at_43            = reserved(5)                                                @ 43
    price                    = price_type(i64.nullable(-9223372036854775808), decimals=8) @ 48


class OrderDelete(Fbe, type=13102, size=64):
    """Order Delete (eobi 14.1, template 13102)."""

    request_time             = u64.nullable(18446744073709551615)                         @ 8
    transact_time            = u64                                                        @ 16
    security_id              = i64                                                        @ 24
    trd_reg_ts_time_priority = u64                                                        @ 32
    display_qty              = decimal(i64, decimals=4)                                   @ 40
    side                     = side_always                                                @ 48
    ord_type                 = ord_type                                                   @ 49
    hhi_indicator            = hhi_indicator                                              @ 50
    padding_at_51            = reserved(5)                                                @ 51
    price                    = price_type(i64.nullable(-9223372036854775808), decimals=8) @ 56


class OrderMassDelete(Fbe, type=13103, size=24):
    """Order Mass Delete (eobi 14.1, template 13103)."""

    security_id   = i64 @ 8
    transact_time = u64 @ 16


class OrderModify(Fbe, type=13101, size=88):
    """Order Modify (eobi 14.1, template 13101)."""

    request_time                  = u64                                                        @ 8
    trd_reg_ts_prev_time_priority = u64                                                        @ 16
    prev_price                    = price_type(i64.nullable(-9223372036854775808), decimals=8) @ 24
    prev_display_qty              = decimal(i64, decimals=4)                                   @ 32
    security_id                   = i64                                                        @ 40
    trd_reg_ts_time_priority      = u64                                                        @ 48
    display_qty                   = decimal(i64, decimals=4)                                   @ 56
    side                          = side_always                                                @ 64
    ord_type                      = ord_type                                                   @ 65
    hhi_indicator                 = hhi_indicator                                              @ 66
    padding_at_67                 = reserved(5)                                                @ 67
    price                         = price_type(i64.nullable(-9223372036854775808), decimals=8) @ 72
    prev_price_hhi_indicator      = prev_price_hhi_indicator                                   @ 80
    padding_at_81                 = reserved(7)                                                @ 81


class OrderModifySamePrio(Fbe, type=13106, size=72):
    """Order Modify Same Priority (eobi 14.1, template 13106)."""

    request_time             = u64.nullable(18446744073709551615)                         @ 8
    transact_time            = u64                                                        @ 16
    prev_display_qty         = decimal(i64, decimals=4)                                   @ 24
    security_id              = i64                                                        @ 32
    trd_reg_ts_time_priority = u64                                                        @ 40
    display_qty              = decimal(i64, decimals=4)                                   @ 48
    side                     = side_always                                                @ 56
    ord_type                 = ord_type                                                   @ 57
    hhi_indicator            = hhi_indicator                                              @ 58
    padding_at_59            = reserved(5)                                                @ 59
    price                    = price_type(i64.nullable(-9223372036854775808), decimals=8) @ 64


class PacketHeader(Fbe, type=13002, size=32):
    """Packet Header (eobi 14.1, template 13002)."""

    appl_seq_num             = u32                      @ 8
    market_segment_id        = i32                      @ 12
    partition_id             = u8                       @ 16
    completion_indicator     = completion_indicator     @ 17
    appl_seq_reset_indicator = appl_seq_reset_indicator @ 18
    dscp                     = u8.nullable(255)         @ 19
    padding_at_20            = reserved(4)              @ 20
    transact_time            = u64                      @ 24


class PartialOrderExecution(Fbe, type=13105, size=56):
    """Partial Order Execution (eobi 14.1, template 13105)."""

    side                        = side_always                                                @ 8
    ord_type                    = ord_type                                                   @ 9
    algorithmic_trade_indicator = algorithmic_trade_indicator                                @ 10
    hhi_indicator               = hhi_indicator                                              @ 11
    trd_match_id                = u32                                                        @ 12
    price                       = price_type(i64.nullable(-9223372036854775808), decimals=8) @ 16
    trd_reg_ts_time_priority    = u64                                                        @ 24
    security_id                 = i64                                                        @ 32
    last_qty                    = decimal(i64, decimals=4)                                   @ 40
    last_px                     = price_type(i64, decimals=8)                                @ 48


class QuoteRequest(Fbe, type=13503, size=40):
    """Quote Request (eobi 14.1, template 13503)."""

    security_id   = i64                                                     @ 8
    last_qty      = decimal(i64.nullable(-9223372036854775808), decimals=4) @ 16
    side          = side                                                    @ 24
    padding_at_25 = reserved(7)                                             @ 25
    transact_time = u64                                                     @ 32


class TESTradeReport(Fbe, type=13203, size=80):
    """TES Trade Report (eobi 14.1, template 13203)."""

    security_id                = i64                                                        @ 8
    transact_time              = u64                                                        @ 16
    last_qty                   = decimal(i64.nullable(-9223372036854775808), decimals=4)    @ 24
    last_px                    = price_type(i64.nullable(-9223372036854775808), decimals=8) @ 32
    trd_match_id               = u32.nullable(4294967295)                                   @ 40
    trd_type                   = trd_type                                                   @ 44
    trade_condition            = trade_condition                                            @ 46
    multi_leg_reporting_type   = multi_leg_reporting_type                                   @ 48
    multi_leg_price_model      = multi_leg_price_model                                      @ 49
    padding_at_50              = reserved(6)                                                @ 50
    non_disclosed_trade_volume = decimal(i64.nullable(-9223372036854775808), decimals=4)    @ 56
    trans_bkd_time             = u64.nullable(18446744073709551615)                         @ 64
    number_of_buy_sides        = u16.nullable(65535)                                        @ 72
    number_of_sell_sides       = u16.nullable(65535)                                        @ 74
    padding_at_76              = reserved(4)                                                @ 76


class TopOfBook(Fbe, type=13504, size=64):
    """Top of Book (eobi 14.1, template 13504)."""

    transact_time         = u64                                                        @ 8
    security_id           = i64                                                        @ 16
    bid_px                = price_type(i64.nullable(-9223372036854775808), decimals=8) @ 24
    offer_px              = price_type(i64.nullable(-9223372036854775808), decimals=8) @ 32
    bid_size              = decimal(i64.nullable(-9223372036854775808), decimals=4)    @ 40
    offer_size            = decimal(i64.nullable(-9223372036854775808), decimals=4)    @ 48
    number_of_buy_orders  = u16.nullable(65535)                                        @ 56
    number_of_sell_orders = u16.nullable(65535)                                        @ 58
    padding_at_60         = reserved(4)                                                @ 60


class TradeReport(Fbe, type=13201, size=56):
    """Trade Report (eobi 14.1, template 13201)."""

    security_id                 = i64                         @ 8
    transact_time               = u64                         @ 16
    last_qty                    = decimal(i64, decimals=4)    @ 24
    last_px                     = price_type(i64, decimals=8) @ 32
    trd_match_id                = u32.nullable(4294967295)    @ 40
    match_type                  = match_type                  @ 44
    match_sub_type              = match_sub_type              @ 45
    algorithmic_trade_indicator = algorithmic_trade_indicator @ 46
    padding_at_47               = reserved(1)                 @ 47
    trade_condition             = trade_condition             @ 48
    padding_at_50               = reserved(6)                 @ 50


class TradeReversalMDTradeEntryGrp(Message, size=24):
    """An entry (eobi 14.1, group MDTradeEntryGrp)."""

    md_entry_px   = price_type(i64.nullable(-9223372036854775808), decimals=8) @ 0
    md_entry_size = decimal(i64.nullable(-9223372036854775808), decimals=4)    @ 8
    md_entry_type = md_entry_type                                              @ 16
    padding_at_17 = reserved(7)                                                @ 17


class TradeReversal(Fbe, type=13200, size=56, extensible=True):
    """Trade Reversal (eobi 14.1, template 13200)."""

    security_id               = i64                                @ 8
    transact_time             = u64                                @ 16
    last_qty                  = decimal(i64, decimals=4)           @ 24
    last_px                   = price_type(i64, decimals=8)        @ 32
    trd_reg_ts_execution_time = u64.nullable(18446744073709551615) @ 40
    trd_match_id              = u32                                @ 48
    trade_condition           = trade_condition                    @ 52
    md_origin_type            = md_origin_type                     @ 54
    no_md_entries             = u8                                 @ 55
    md_trade_entry_grp        = group(TradeReversalMDTradeEntryGrp, count="no_md_entries")
# fmt: on


MESSAGES = (
    AuctionBBO,
    AuctionClearingPrice,
    CrossRequest,
    ExecutionSummary,
    FullOrderExecution,
    Heartbeat,
    OrderAdd,
    OrderDelete,
    OrderMassDelete,
    OrderModify,
    OrderModifySamePrio,
    PacketHeader,
    PartialOrderExecution,
    QuoteRequest,
    TESTradeReport,
    TopOfBook,
    TradeReport,
    TradeReversal,
)
"""Every message of the schema, in its order."""
