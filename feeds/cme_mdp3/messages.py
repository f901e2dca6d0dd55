"""Books, trades, statuses and the connection: messages of CME MDP 3.0 as the SBE schema of version 13 has them.

Made by `python -m feedhandler.wire.sbe` from Cme.Futures.Mdp3.Sbe.v1.13.xml, an SBE schema with id 1 and
version 13; little-endian. Change the schema's reading, not this file.
"""

from feedhandler.wire import Message, group
from feedhandler.wire.little_endian import alpha, char, i8, i16, i32, i64, price, reserved, u8, u16, u32, u64

# fmt: off
match_event_indicator = u8.with_bit_names(
    bit0="LastTradeMsg", bit1="LastVolumeMsg", bit2="LastQuoteMsg", bit3="LastStatsMsg", bit4="LastImpliedMsg",
    bit5="RecoveryMsg", bit6="Reserved", bit7="EndOfEvent",
)
security_trading_status = u8.nullable(255).named({
    2: "TradingHalt", 4: "Close", 15: "NewPriceIndication", 17: "ReadyToTrade", 18: "NotAvailableForTrading",
    20: "UnknownorInvalid", 21: "PreOpen", 24: "PreCross", 25: "Cross", 26: "PostClose", 103: "NoChange",
    201: "PrivateWorkup", 202: "PublicWorkup",
})
halt_reason = u8.named({
    0: "GroupSchedule", 1: "SurveillanceIntervention", 2: "MarketEvent", 3: "InstrumentActivation",
    4: "InstrumentExpiration", 5: "Unknown", 6: "RecoveryInProcess", 7: "TradeDateRoll",
})
security_trading_event = u8.named({
    0: "NoEvent", 1: "NoCancel", 4: "ResetStatistics", 5: "ImpliedMatchingON", 6: "ImpliedMatchingOFF",
    7: "EndOfWorkup",
})
md_update_action = u8.named({0: "New", 1: "Change", 2: "Delete", 3: "DeleteThru", 4: "DeleteFrom", 5: "Overlay"})
md_entry_type_book = char.named({
    "0": "Bid", "1": "Offer", "E": "ImpliedBid", "F": "ImpliedOffer", "J": "BookReset", "w": "MarketBestOffer",
    "x": "MarketBestBid",
})
order_update_action = u8.named({0: "New", 1: "Update", 2: "Delete"})
aggressor_side = u8.nullable(255).named({0: "NoAggressor", 1: "Buy", 2: "Sell"})
workup_trading_status = u8.named({
    17: "ReadyToTrade", 18: "NotAvailableForTrading", 201: "PrivateWorkup", 202: "PublicWorkup",
})
side = u8.named({1: "Buy", 2: "Sell"})
aggressor_flag = u8.nullable(255).named({0: "NotAggressor", 1: "Aggressor"})
security_alt_id_source = u8.nullable(255).named({1: "CUSIP", 4: "ISIN"})
price_source = u8.nullable(255).named({0: "MarketPlaceAssistant", 1: "Globex", 2: "Refinitiv", 3: "ICAP"})


class Sbe(Message, selector="template_id", block="block_length", version="version",
          constants={"schema_id": 1}, defaults={"version": 13}):
    """The header of every message (mktdata FIX5SP2, messageHeader)."""

    block_length = u16 @ 0
    template_id  = u16 @ 2
    schema_id    = u16 @ 4
    version      = u16 @ 6


class ChannelReset4NoMDEntries(Message, size=2):
    """Number of entries in Market Data message (mktdata FIX5SP2, group NoMDEntries).

    Always: md_update_action 0, md_entry_type J.
    """

    appl_id = i16.added(3) @ 0


class GroupSize(Message, size=3):
    """Repeating group dimensions (mktdata FIX5SP2, groupSize)."""

    block_length = u16 @ 0
    num_in_group = u8  @ 2


class ChannelReset4(Sbe, type=4, size=17):
    """ChannelReset (mktdata FIX5SP2, template 4)."""

    transact_time         = u64                   @ 8
    match_event_indicator = match_event_indicator @ 16
    no_md_entries         = group(ChannelReset4NoMDEntries, dimension=GroupSize)


class AdminHeartbeat12(Sbe, type=12, size=8):
    """AdminHeartbeat (mktdata FIX5SP2, template 12)."""



class AdminLogin15(Sbe, type=15, size=9):
    """AdminLogin (mktdata FIX5SP2, template 15)."""

    heart_bt_int = i8 @ 8


class AdminLogout16(Sbe, type=16, size=188):
    """AdminLogout (mktdata FIX5SP2, template 16)."""

    text = alpha(180) @ 8


class SecurityStatus30(Sbe, type=30, size=38):
    """SecurityStatus (mktdata FIX5SP2, template 30)."""

    transact_time           = u64                      @ 8
    security_group          = alpha(6)                 @ 16
    asset                   = alpha(6)                 @ 22
    security_id             = i32.nullable(2147483647) @ 28
    trade_date              = u16.nullable(65535)      @ 32
    match_event_indicator   = match_event_indicator    @ 34
    security_trading_status = security_trading_status  @ 35
    halt_reason             = halt_reason              @ 36
    security_trading_event  = security_trading_event   @ 37


class QuoteRequest39NoRelatedSym(Message, size=32):
    """Indicates the number of repeating symbols specified (mktdata FIX5SP2, group NoRelatedSym)."""

    symbol        = alpha(20)                @ 0
    security_id   = i32                      @ 20
    order_qty     = i32.nullable(2147483647) @ 24
    quote_type    = i8                       @ 28
    side          = i8.nullable(127)         @ 29
    padding_at_30 = reserved(2)              @ 30


class QuoteRequest39(Sbe, type=39, size=43):
    """QuoteRequest (mktdata FIX5SP2, template 39)."""

    transact_time         = u64                   @ 8
    quote_req_id          = alpha(23)             @ 16
    match_event_indicator = match_event_indicator @ 39
    padding_at_40         = reserved(3)           @ 40
    no_related_sym        = group(QuoteRequest39NoRelatedSym, dimension=GroupSize)


class MDIncrementalRefreshBook46NoMDEntries(Message, size=32):
    """Number of entries in Market Data message (mktdata FIX5SP2, group NoMDEntries)."""

    md_entry_px      = price(i64.nullable(9223372036854775807), decimals=9) @ 0
    md_entry_size    = i32.nullable(2147483647)                             @ 8
    security_id      = i32                                                  @ 12
    rpt_seq          = u32                                                  @ 16
    number_of_orders = i32.nullable(2147483647)                             @ 20
    md_price_level   = u8                                                   @ 24
    md_update_action = md_update_action                                     @ 25
    md_entry_type    = md_entry_type_book                                   @ 26
    tradeable_size   = i32.nullable(2147483647).added(10)                   @ 27
    padding_at_31    = reserved(1).added(10)                                @ 31


class MDIncrementalRefreshBook46NoOrderIDEntries(Message, size=24):
    """Number of OrderID entries (mktdata FIX5SP2, group NoOrderIDEntries)."""

    order_id            = u64                                @ 0
    md_order_priority   = u64.nullable(18446744073709551615) @ 8
    md_display_qty      = i32.nullable(2147483647)           @ 16
    reference_id        = u8.nullable(255)                   @ 20
    order_update_action = order_update_action                @ 21
    padding_at_22       = reserved(2)                        @ 22


class GroupSize8Byte(Message, size=8):
    """8 Byte aligned repeating group dimensions (mktdata FIX5SP2, groupSize8Byte)."""

    block_length = u16         @ 0
    padding_at_2 = reserved(5) @ 2
    num_in_group = u8          @ 7


class MDIncrementalRefreshBook46(Sbe, type=46, size=19):
    """MDIncrementalRefreshBook (mktdata FIX5SP2, template 46)."""

    transact_time         = u64                   @ 8
    match_event_indicator = match_event_indicator @ 16
    padding_at_17         = reserved(2)           @ 17
    no_md_entries         = group(MDIncrementalRefreshBook46NoMDEntries, dimension=GroupSize)
    no_order_id_entries   = group(MDIncrementalRefreshBook46NoOrderIDEntries, dimension=GroupSize8Byte)


class MDIncrementalRefreshOrderBook47NoMDEntries(Message, size=40):
    """Number of entries in Market Data message (mktdata FIX5SP2, group NoMDEntries)."""

    order_id          = u64.nullable(18446744073709551615)                   @ 0
    md_order_priority = u64.nullable(18446744073709551615)                   @ 8
    md_entry_px       = price(i64.nullable(9223372036854775807), decimals=9) @ 16
    md_display_qty    = i32.nullable(2147483647)                             @ 24
    security_id       = i32                                                  @ 28
    md_update_action  = md_update_action                                     @ 32
    md_entry_type     = md_entry_type_book                                   @ 33
    padding_at_34     = reserved(6)                                          @ 34


class MDIncrementalRefreshOrderBook47(Sbe, type=47, size=19):
    """MDIncrementalRefreshOrderBook (mktdata FIX5SP2, template 47)."""

    transact_time         = u64                   @ 8
    match_event_indicator = match_event_indicator @ 16
    padding_at_17         = reserved(2)           @ 17
    no_md_entries         = group(MDIncrementalRefreshOrderBook47NoMDEntries, dimension=GroupSize)


class MDIncrementalRefreshTradeSummary48NoMDEntries(Message, size=32):
    """Number of Trade Summary entries (mktdata FIX5SP2, group NoMDEntries).

    Always: md_entry_type 2.
    """

    md_entry_px       = price(i64, decimals=9)   @ 0
    md_entry_size     = i32                      @ 8
    security_id       = i32                      @ 12
    rpt_seq           = u32                      @ 16
    number_of_orders  = i32                      @ 20
    aggressor_side    = aggressor_side           @ 24
    md_update_action  = md_update_action         @ 25
    md_trade_entry_id = u32.nullable(4294967295) @ 26
    padding_at_30     = reserved(2)              @ 30


class MDIncrementalRefreshTradeSummary48NoOrderIDEntries(Message, size=16):
    """Number of OrderID entries (mktdata FIX5SP2, group NoOrderIDEntries)."""

    order_id      = u64         @ 0
    last_qty      = i32         @ 8
    padding_at_12 = reserved(4) @ 12


class MDIncrementalRefreshTradeSummary48(Sbe, type=48, size=19):
    """MDIncrementalRefreshTradeSummary (mktdata FIX5SP2, template 48)."""

    transact_time         = u64                   @ 8
    match_event_indicator = match_event_indicator @ 16
    padding_at_17         = reserved(2)           @ 17
    no_md_entries         = group(MDIncrementalRefreshTradeSummary48NoMDEntries, dimension=GroupSize)
    no_order_id_entries   = group(MDIncrementalRefreshTradeSummary48NoOrderIDEntries, dimension=GroupSize8Byte)


class SecurityStatusWorkup60NoOrderIDEntries(Message, size=10):
    """Number of OrderID entries (mktdata FIX5SP2, group NoOrderIDEntries)."""

    order_id            = u64            @ 0
    side                = side           @ 8
    aggressor_indicator = aggressor_flag @ 9


class SecurityStatusWorkup60(Sbe, type=60, size=38):
    """SecurityStatusWorkup (mktdata FIX5SP2, template 60)."""

    transact_time           = u64                                                  @ 8
    md_entry_px             = price(i64.nullable(9223372036854775807), decimals=9) @ 16
    security_id             = i32                                                  @ 24
    match_event_indicator   = match_event_indicator                                @ 28
    trade_date              = u16.nullable(65535)                                  @ 29
    trade_link_id           = u32                                                  @ 31
    security_trading_status = workup_trading_status                                @ 35
    halt_reason             = halt_reason                                          @ 36
    security_trading_event  = security_trading_event                               @ 37
    no_order_id_entries     = group(SecurityStatusWorkup60NoOrderIDEntries, dimension=GroupSize)


class CollateralMarketValue62NoMDEntries(Message, size=40):
    """Number of data blocks listed in the Incremental message (mktdata FIX5SP2, group NoMDEntries)."""

    underlying_security_alt_id        = alpha(12)              @ 0
    underlying_security_alt_id_source = security_alt_id_source @ 12
    collateral_market_price           = price(i64, decimals=9) @ 13
    dirty_price                       = price(i64, decimals=9) @ 21
    underlying_instrument_guid        = u64                    @ 29
    md_stream_id                      = price_source           @ 37
    padding_at_38                     = reserved(2)            @ 38


class CollateralMarketValue62(Sbe, type=62, size=19):
    """CollateralMarketValue (mktdata FIX5SP2, template 62)."""

    transact_time         = u64                   @ 8
    match_event_indicator = match_event_indicator @ 16
    padding_at_17         = reserved(2)           @ 17
    no_md_entries         = group(CollateralMarketValue62NoMDEntries, dimension=GroupSize)


class MDIncrementalRefreshBookLongQty64NoMDEntries(Message, size=32):
    """Number of entries in Market Data message. (mktdata FIX5SP2, group NoMDEntries)."""

    md_entry_px      = price(i64.nullable(9223372036854775807), decimals=9) @ 0
    md_entry_size    = u64.nullable(18446744073709551615)                   @ 8
    security_id      = i32                                                  @ 16
    rpt_seq          = u32                                                  @ 20
    number_of_orders = i32.nullable(2147483647)                             @ 24
    md_price_level   = u8                                                   @ 28
    md_update_action = md_update_action                                     @ 29
    md_entry_type    = md_entry_type_book                                   @ 30
    padding_at_31    = reserved(1)                                          @ 31


class MDIncrementalRefreshBookLongQty64NoOrderIDEntries(Message, size=24):
    """Number of OrderID entries (mktdata FIX5SP2, group NoOrderIDEntries)."""

    order_id            = u64                                @ 0
    md_order_priority   = u64.nullable(18446744073709551615) @ 8
    md_display_qty      = i32.nullable(2147483647)           @ 16
    reference_id        = u8.nullable(255)                   @ 20
    order_update_action = order_update_action                @ 21
    padding_at_22       = reserved(2)                        @ 22


class MDIncrementalRefreshBookLongQty64(Sbe, type=64, size=19):
    """MDIncrementalRefreshBookLongQty (mktdata FIX5SP2, template 64)."""

    transact_time         = u64                   @ 8
    match_event_indicator = match_event_indicator @ 16
    padding_at_17         = reserved(2)           @ 17
    no_md_entries         = group(MDIncrementalRefreshBookLongQty64NoMDEntries, dimension=GroupSize)
    no_order_id_entries   = group(MDIncrementalRefreshBookLongQty64NoOrderIDEntries, dimension=GroupSize8Byte)


class MDIncrementalRefreshTradeSummaryLongQty65NoMDEntries(Message, size=40):
    """Number of Trade Summary entries (mktdata FIX5SP2, group NoMDEntries).

    Always: md_entry_type 2.
    """

    md_entry_px       = price(i64, decimals=9) @ 0
    md_entry_size     = u64                    @ 8
    security_id       = i32                    @ 16
    rpt_seq           = u32                    @ 20
    number_of_orders  = i32                    @ 24
    md_trade_entry_id = u32                    @ 28
    aggressor_side    = aggressor_side         @ 32
    md_update_action  = md_update_action       @ 33
    padding_at_34     = reserved(6)            @ 34


class MDIncrementalRefreshTradeSummaryLongQty65NoOrderIDEntries(Message, size=16):
    """Number of OrderID and LastQty entries in Trade Summary message (mktdata FIX5SP2, group NoOrderIDEntries)."""

    order_id      = u64         @ 0
    last_qty      = i32         @ 8
    padding_at_12 = reserved(4) @ 12


class MDIncrementalRefreshTradeSummaryLongQty65(Sbe, type=65, size=19):
    """MDIncrementalRefreshTradeSummaryLongQty (mktdata FIX5SP2, template 65)."""

    transact_time         = u64                   @ 8
    match_event_indicator = match_event_indicator @ 16
    padding_at_17         = reserved(2)           @ 17
    no_md_entries         = group(MDIncrementalRefreshTradeSummaryLongQty65NoMDEntries, dimension=GroupSize)
    no_order_id_entries   = group(MDIncrementalRefreshTradeSummaryLongQty65NoOrderIDEntries, dimension=GroupSize8Byte)
# fmt: on


MESSAGES = (
    ChannelReset4,
    AdminHeartbeat12,
    AdminLogin15,
    AdminLogout16,
    SecurityStatus30,
    QuoteRequest39,
    MDIncrementalRefreshBook46,
    MDIncrementalRefreshOrderBook47,
    MDIncrementalRefreshTradeSummary48,
    SecurityStatusWorkup60,
    CollateralMarketValue62,
    MDIncrementalRefreshBookLongQty64,
    MDIncrementalRefreshTradeSummaryLongQty65,
)
"""Every message of the schema, in its order."""
