"""Templates of CME MDP 3.0 that version 9 replaced, as the SBE schema of version 8 has them: books, trades, figures.

Made by `python -m feedhandler.wire.sbe` from Cme.Futures.Mdp3.Sbe.v1.8.xml, an SBE schema with id 1 and
version 8; little-endian. Change the schema's reading, not this file.
"""

from feedhandler.wire import Message, group
from feedhandler.wire.little_endian import char, i32, i64, price, reserved, u8, u16, u32, u64

# fmt: off
match_event_indicator = u8.with_bit_names(
    bit0="LastTradeMsg", bit1="LastVolumeMsg", bit2="LastQuoteMsg", bit3="LastStatsMsg", bit4="LastImpliedMsg",
    bit5="RecoveryMsg", bit6="Reserved", bit7="EndOfEvent",
)
md_update_action = u8.named({0: "New", 1: "Change", 2: "Delete", 3: "DeleteThru", 4: "DeleteFrom", 5: "Overlay"})
md_entry_type_book = char.named({"0": "Bid", "1": "Offer", "E": "ImpliedBid", "F": "ImpliedOffer", "J": "BookReset"})
order_update_action = u8.named({0: "New", 1: "Update", 2: "Delete"})
settl_price_type = u8.with_bit_names(
    bit0="Final", bit1="Actual", bit2="Rounded", bit3="Intraday", bit4="ReservedBits", bit7="NullValue",
)
md_entry_type_daily_statistics = char.named({
    "6": "SettlementPrice", "B": "ClearedVolume", "C": "OpenInterest", "W": "FixingPrice",
})
open_close_settl_flag = u8.nullable(255).named({0: "DailyOpenPrice", 5: "IndicativeOpeningPrice"})
md_entry_type_statistics = char.named({
    "4": "OpenPrice", "7": "HighTrade", "8": "LowTrade", "N": "HighestBid", "O": "LowestOffer",
})
aggressor_side = u8.nullable(255).named({0: "NoAggressor", 1: "Buy", 2: "Sell"})


class Sbe(Message, selector="template_id", block="block_length", version="version",
          constants={"schema_id": 1}, defaults={"version": 8}):
    """The header of every message (mktdata FIX5SP2, messageHeader)."""

    block_length = u16 @ 0
    template_id  = u16 @ 2
    schema_id    = u16 @ 4
    version      = u16 @ 6


class MDIncrementalRefreshBook32NoMDEntries(Message, size=32):
    """Number of entries in Market Data message (mktdata FIX5SP2, group NoMDEntries)."""

    md_entry_px      = price(i64.nullable(9223372036854775807), decimals=7) @ 0
    md_entry_size    = i32.nullable(2147483647)                             @ 8
    security_id      = i32                                                  @ 12
    rpt_seq          = u32                                                  @ 16
    number_of_orders = i32.nullable(2147483647)                             @ 20
    md_price_level   = u8                                                   @ 24
    md_update_action = md_update_action                                     @ 25
    md_entry_type    = md_entry_type_book                                   @ 26
    padding_at_27    = reserved(5)                                          @ 27


class GroupSize(Message, size=3):
    """Repeating group dimensions (mktdata FIX5SP2, groupSize)."""

    block_length = u16 @ 0
    num_in_group = u8  @ 2


class MDIncrementalRefreshBook32NoOrderIDEntries(Message, size=24):
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


class MDIncrementalRefreshBook32(Sbe, type=32, size=19):
    """MDIncrementalRefreshBook (mktdata FIX5SP2, template 32)."""

    transact_time         = u64                   @ 8
    match_event_indicator = match_event_indicator @ 16
    padding_at_17         = reserved(2)           @ 17
    no_md_entries         = group(MDIncrementalRefreshBook32NoMDEntries, dimension=GroupSize)
    no_order_id_entries   = group(MDIncrementalRefreshBook32NoOrderIDEntries, dimension=GroupSize8Byte).added(7)


class MDIncrementalRefreshDailyStatistics33NoMDEntries(Message, size=32):
    """Number of entries in Market Data message (mktdata FIX5SP2, group NoMDEntries)."""

    md_entry_px            = price(i64.nullable(9223372036854775807), decimals=7) @ 0
    md_entry_size          = i32.nullable(2147483647)                             @ 8
    security_id            = i32                                                  @ 12
    rpt_seq                = u32                                                  @ 16
    trading_reference_date = u16.nullable(65535)                                  @ 20
    settl_price_type       = settl_price_type                                     @ 22
    md_update_action       = md_update_action                                     @ 23
    md_entry_type          = md_entry_type_daily_statistics                       @ 24
    padding_at_25          = reserved(7)                                          @ 25


class MDIncrementalRefreshDailyStatistics33(Sbe, type=33, size=19):
    """MDIncrementalRefreshDailyStatistics (mktdata FIX5SP2, template 33)."""

    transact_time         = u64                   @ 8
    match_event_indicator = match_event_indicator @ 16
    padding_at_17         = reserved(2)           @ 17
    no_md_entries         = group(MDIncrementalRefreshDailyStatistics33NoMDEntries, dimension=GroupSize)


class MDIncrementalRefreshLimitsBanding34NoMDEntries(Message, size=32):
    """Number of entries in Market Data message (mktdata FIX5SP2, group NoMDEntries).

    Always: md_update_action 0, md_entry_type g.
    """

    high_limit_price    = price(i64.nullable(9223372036854775807), decimals=7) @ 0
    low_limit_price     = price(i64.nullable(9223372036854775807), decimals=7) @ 8
    max_price_variation = price(i64.nullable(9223372036854775807), decimals=7) @ 16
    security_id         = i32                                                  @ 24
    rpt_seq             = u32                                                  @ 28


class MDIncrementalRefreshLimitsBanding34(Sbe, type=34, size=19):
    """MDIncrementalRefreshLimitsBanding (mktdata FIX5SP2, template 34)."""

    transact_time         = u64                   @ 8
    match_event_indicator = match_event_indicator @ 16
    padding_at_17         = reserved(2)           @ 17
    no_md_entries         = group(MDIncrementalRefreshLimitsBanding34NoMDEntries, dimension=GroupSize)


class MDIncrementalRefreshSessionStatistics35NoMDEntries(Message, size=24):
    """Number of entries in Market Data message (mktdata FIX5SP2, group NoMDEntries)."""

    md_entry_px           = price(i64, decimals=7)            @ 0
    security_id           = i32                               @ 8
    rpt_seq               = u32                               @ 12
    open_close_settl_flag = open_close_settl_flag             @ 16
    md_update_action      = md_update_action                  @ 17
    md_entry_type         = md_entry_type_statistics          @ 18
    md_entry_size         = i32.nullable(2147483647).added(8) @ 19
    padding_at_23         = reserved(1).added(8)              @ 23


class MDIncrementalRefreshSessionStatistics35(Sbe, type=35, size=19):
    """MDIncrementalRefreshSessionStatistics (mktdata FIX5SP2, template 35)."""

    transact_time         = u64                   @ 8
    match_event_indicator = match_event_indicator @ 16
    padding_at_17         = reserved(2)           @ 17
    no_md_entries         = group(MDIncrementalRefreshSessionStatistics35NoMDEntries, dimension=GroupSize)


class MDIncrementalRefreshTrade36NoMDEntries(Message, size=32):
    """Number of entries in Market Data message (mktdata FIX5SP2, group NoMDEntries).

    Always: md_entry_type 2.
    """

    md_entry_px      = price(i64, decimals=7)   @ 0
    md_entry_size    = i32                      @ 8
    security_id      = i32                      @ 12
    rpt_seq          = u32                      @ 16
    number_of_orders = i32.nullable(2147483647) @ 20
    trade_id         = i32                      @ 24
    aggressor_side   = aggressor_side           @ 28
    md_update_action = md_update_action         @ 29
    padding_at_30    = reserved(2)              @ 30


class MDIncrementalRefreshTrade36(Sbe, type=36, size=19):
    """MDIncrementalRefreshTrade (mktdata FIX5SP2, template 36)."""

    transact_time         = u64                   @ 8
    match_event_indicator = match_event_indicator @ 16
    padding_at_17         = reserved(2)           @ 17
    no_md_entries         = group(MDIncrementalRefreshTrade36NoMDEntries, dimension=GroupSize)


class MDIncrementalRefreshTradeSummary42NoMDEntries(Message, size=32):
    """Number of Trade Summary entries (mktdata FIX5SP2, group NoMDEntries).

    Always: md_entry_type 2.
    """

    md_entry_px       = price(i64, decimals=7)            @ 0
    md_entry_size     = i32                               @ 8
    security_id       = i32                               @ 12
    rpt_seq           = u32                               @ 16
    number_of_orders  = i32.nullable(2147483647)          @ 20
    aggressor_side    = aggressor_side                    @ 24
    md_update_action  = md_update_action                  @ 25
    md_trade_entry_id = u32.nullable(4294967295).added(7) @ 26
    padding_at_30     = reserved(2).added(7)              @ 30


class MDIncrementalRefreshTradeSummary42NoOrderIDEntries(Message, size=16):
    """Number of OrderID entries (mktdata FIX5SP2, group NoOrderIDEntries)."""

    order_id      = u64         @ 0
    last_qty      = i32         @ 8
    padding_at_12 = reserved(4) @ 12


class MDIncrementalRefreshTradeSummary42(Sbe, type=42, size=19):
    """MDIncrementalRefreshTradeSummary (mktdata FIX5SP2, template 42)."""

    transact_time         = u64                   @ 8
    match_event_indicator = match_event_indicator @ 16
    padding_at_17         = reserved(2)           @ 17
    no_md_entries         = group(MDIncrementalRefreshTradeSummary42NoMDEntries, dimension=GroupSize)
    no_order_id_entries   = group(MDIncrementalRefreshTradeSummary42NoOrderIDEntries, dimension=GroupSize8Byte)


class MDIncrementalRefreshOrderBook43NoMDEntries(Message, size=40):
    """Number of entries in Market Data message (mktdata FIX5SP2, group NoMDEntries)."""

    order_id          = u64.nullable(18446744073709551615)                   @ 0
    md_order_priority = u64.nullable(18446744073709551615)                   @ 8
    md_entry_px       = price(i64.nullable(9223372036854775807), decimals=7) @ 16
    md_display_qty    = i32.nullable(2147483647)                             @ 24
    security_id       = i32                                                  @ 28
    md_update_action  = md_update_action                                     @ 32
    md_entry_type     = md_entry_type_book                                   @ 33
    padding_at_34     = reserved(6)                                          @ 34


class MDIncrementalRefreshOrderBook43(Sbe, type=43, size=19):
    """MDIncrementalRefreshOrderBook (mktdata FIX5SP2, template 43)."""

    transact_time         = u64                   @ 8
    match_event_indicator = match_event_indicator @ 16
    padding_at_17         = reserved(2)           @ 17
    no_md_entries         = group(MDIncrementalRefreshOrderBook43NoMDEntries, dimension=GroupSize)
# fmt: on


MESSAGES = (
    MDIncrementalRefreshBook32,
    MDIncrementalRefreshDailyStatistics33,
    MDIncrementalRefreshLimitsBanding34,
    MDIncrementalRefreshSessionStatistics35,
    MDIncrementalRefreshTrade36,
    MDIncrementalRefreshTradeSummary42,
    MDIncrementalRefreshOrderBook43,
)
"""Every message of the schema, in its order."""
