"""Snapshots: messages of CME MDP 3.0 as the SBE schema of version 13 has them.

Made by `python -m feedhandler.wire.sbe` from Cme.Futures.Mdp3.Sbe.v1.13.xml, an SBE schema with id 1 and
version 13; little-endian. Change the schema's reading, not this file.
"""

from feedhandler.wire import Message, group
from feedhandler.wire.little_endian import char, i8, i32, i64, price, u8, u16, u32, u64

# fmt: off
security_trading_status = u8.nullable(255).named({
    2: "TradingHalt", 4: "Close", 15: "NewPriceIndication", 17: "ReadyToTrade", 18: "NotAvailableForTrading",
    20: "UnknownorInvalid", 21: "PreOpen", 24: "PreCross", 25: "Cross", 26: "PostClose", 103: "NoChange",
    201: "PrivateWorkup", 202: "PublicWorkup",
})
open_close_settl_flag = u8.nullable(255).named({
    0: "DailyOpenPrice", 5: "IndicativeOpeningPrice", 100: "IntradayVWAP", 101: "RepoAverage8_30AM",
    102: "RepoAverage10AM", 103: "PrevSessionRepoAverage10AM",
})
settl_price_type = u8.with_bit_names(
    bit0="FinalDaily", bit1="Actual", bit2="Rounded", bit3="Intraday", bit4="ReservedBits", bit7="NullValue",
)
md_entry_type = char.named({
    "0": "Bid", "1": "Offer", "2": "Trade", "4": "OpenPrice", "6": "SettlementPrice", "7": "TradingSessionHighPrice",
    "8": "TradingSessionLowPrice", "9": "VWAP", "B": "ClearedVolume", "C": "OpenInterest", "E": "ImpliedBid",
    "F": "ImpliedOffer", "J": "BookReset", "N": "SessionHighBid", "O": "SessionLowOffer", "W": "FixingPrice",
    "e": "ElectronicVolume", "g": "ThresholdLimitsandPriceBandVariation", "w": "MarketBestOffer",
    "x": "MarketBestBid",
})
md_entry_type_book = char.named({
    "0": "Bid", "1": "Offer", "E": "ImpliedBid", "F": "ImpliedOffer", "J": "BookReset", "w": "MarketBestOffer",
    "x": "MarketBestBid",
})
match_event_indicator = u8.with_bit_names(
    bit0="LastTradeMsg", bit1="LastVolumeMsg", bit2="LastQuoteMsg", bit3="LastStatsMsg", bit4="LastImpliedMsg",
    bit5="RecoveryMsg", bit6="Reserved", bit7="EndOfEvent",
)


class Sbe(Message, selector="template_id", block="block_length", version="version",
          constants={"schema_id": 1}, defaults={"version": 13}):
    """The header of every message (mktdata FIX5SP2, messageHeader)."""

    block_length = u16 @ 0
    template_id  = u16 @ 2
    schema_id    = u16 @ 4
    version      = u16 @ 6


class SnapshotFullRefresh52NoMDEntries(Message, size=22):
    """Number of entries in Market Data message (mktdata FIX5SP2, group NoMDEntries)."""

    md_entry_px            = price(i64.nullable(9223372036854775807), decimals=9) @ 0
    md_entry_size          = i32.nullable(2147483647)                             @ 8
    number_of_orders       = i32.nullable(2147483647)                             @ 12
    md_price_level         = i8.nullable(127)                                     @ 16
    trading_reference_date = u16.nullable(65535)                                  @ 17
    open_close_settl_flag  = open_close_settl_flag                                @ 19
    settl_price_type       = settl_price_type                                     @ 20
    md_entry_type          = md_entry_type                                        @ 21


class GroupSize(Message, size=3):
    """Repeating group dimensions (mktdata FIX5SP2, groupSize)."""

    block_length = u16 @ 0
    num_in_group = u8  @ 2


class SnapshotFullRefresh52(Sbe, type=52, size=67):
    """SnapshotFullRefresh (mktdata FIX5SP2, template 52)."""

    last_msg_seq_num_processed = u32                                                  @ 8
    tot_num_reports            = u32                                                  @ 12
    security_id                = i32                                                  @ 16
    rpt_seq                    = u32                                                  @ 20
    transact_time              = u64                                                  @ 24
    last_update_time           = u64                                                  @ 32
    trade_date                 = u16.nullable(65535)                                  @ 40
    md_security_trading_status = security_trading_status                              @ 42
    high_limit_price           = price(i64.nullable(9223372036854775807), decimals=9) @ 43
    low_limit_price            = price(i64.nullable(9223372036854775807), decimals=9) @ 51
    max_price_variation        = price(i64.nullable(9223372036854775807), decimals=9) @ 59
    no_md_entries              = group(SnapshotFullRefresh52NoMDEntries, dimension=GroupSize)


class SnapshotFullRefreshOrderBook53NoMDEntries(Message, size=29):
    """Number of entries in Market Data message (mktdata FIX5SP2, group NoMDEntries)."""

    order_id          = u64                                @ 0
    md_order_priority = u64.nullable(18446744073709551615) @ 8
    md_entry_px       = price(i64, decimals=9)             @ 16
    md_display_qty    = i32                                @ 24
    md_entry_type     = md_entry_type_book                 @ 28


class SnapshotFullRefreshOrderBook53(Sbe, type=53, size=36):
    """SnapshotFullRefreshOrderBook (mktdata FIX5SP2, template 53)."""

    last_msg_seq_num_processed = u32 @ 8
    tot_num_reports            = u32 @ 12
    security_id                = i32 @ 16
    no_chunks                  = u32 @ 20
    current_chunk              = u32 @ 24
    transact_time              = u64 @ 28
    no_md_entries              = group(SnapshotFullRefreshOrderBook53NoMDEntries, dimension=GroupSize)


class SnapshotRefreshTopOrders59NoMDEntries(Message, size=29):
    """Number of data blocks following (mktdata FIX5SP2, group NoMDEntries)."""

    order_id          = u64                    @ 0
    md_order_priority = u64                    @ 8
    md_entry_px       = price(i64, decimals=9) @ 16
    md_display_qty    = i32                    @ 24
    md_entry_type     = md_entry_type_book     @ 28


class SnapshotRefreshTopOrders59(Sbe, type=59, size=21):
    """SnapshotRefreshTopOrders (mktdata FIX5SP2, template 59)."""

    transact_time         = u64                   @ 8
    match_event_indicator = match_event_indicator @ 16
    security_id           = i32                   @ 17
    no_md_entries         = group(SnapshotRefreshTopOrders59NoMDEntries, dimension=GroupSize)


class SnapshotFullRefreshTCP61NoMDEntries(Message, size=26):
    """Number of data blocks listed in the Incremental message (mktdata FIX5SP2, group NoMDEntries)."""

    md_entry_px            = price(i64.nullable(9223372036854775807), decimals=9) @ 0
    md_entry_size          = i32.nullable(2147483647)                             @ 8
    tradeable_size         = i32.nullable(2147483647)                             @ 12
    number_of_orders       = i32.nullable(2147483647)                             @ 16
    md_price_level         = i8.nullable(127)                                     @ 20
    open_close_settl_flag  = open_close_settl_flag                                @ 21
    md_entry_type          = md_entry_type                                        @ 22
    trading_reference_date = u16.nullable(65535)                                  @ 23
    settl_price_type       = settl_price_type                                     @ 25


class SnapshotFullRefreshTCP61(Sbe, type=61, size=45):
    """SnapshotFullRefreshTCP (mktdata FIX5SP2, template 61)."""

    transact_time         = u64                                                  @ 8
    match_event_indicator = match_event_indicator                                @ 16
    security_id           = i32                                                  @ 17
    high_limit_price      = price(i64.nullable(9223372036854775807), decimals=9) @ 21
    low_limit_price       = price(i64.nullable(9223372036854775807), decimals=9) @ 29
    max_price_variation   = price(i64.nullable(9223372036854775807), decimals=9) @ 37
    no_md_entries         = group(SnapshotFullRefreshTCP61NoMDEntries, dimension=GroupSize)


class SnapshotFullRefreshTCPLongQty68NoMDEntries(Message, size=23):
    """Number of entries in Market Data message (mktdata FIX5SP2, group NoMDEntries)."""

    md_entry_px           = price(i64.nullable(9223372036854775807), decimals=9) @ 0
    md_entry_size         = u64.nullable(18446744073709551615)                   @ 8
    number_of_orders      = i32.nullable(2147483647)                             @ 16
    md_price_level        = u8.nullable(255)                                     @ 20
    open_close_settl_flag = open_close_settl_flag                                @ 21
    md_entry_type         = md_entry_type                                        @ 22


class SnapshotFullRefreshTCPLongQty68(Sbe, type=68, size=45):
    """SnapshotFullRefreshTCPLongQty (mktdata FIX5SP2, template 68)."""

    transact_time         = u64                                                  @ 8
    match_event_indicator = match_event_indicator                                @ 16
    security_id           = i32                                                  @ 17
    high_limit_price      = price(i64.nullable(9223372036854775807), decimals=9) @ 21
    low_limit_price       = price(i64.nullable(9223372036854775807), decimals=9) @ 29
    max_price_variation   = price(i64.nullable(9223372036854775807), decimals=9) @ 37
    no_md_entries         = group(SnapshotFullRefreshTCPLongQty68NoMDEntries, dimension=GroupSize)


class SnapshotFullRefreshLongQty69NoMDEntries(Message, size=23):
    """Number of entries in Market Data message (mktdata FIX5SP2, group NoMDEntries)."""

    md_entry_px           = price(i64.nullable(9223372036854775807), decimals=9) @ 0
    md_entry_size         = u64.nullable(18446744073709551615)                   @ 8
    number_of_orders      = i32.nullable(2147483647)                             @ 16
    md_price_level        = u8.nullable(255)                                     @ 20
    open_close_settl_flag = open_close_settl_flag                                @ 21
    md_entry_type         = md_entry_type                                        @ 22


class SnapshotFullRefreshLongQty69(Sbe, type=69, size=67):
    """SnapshotFullRefreshLongQty (mktdata FIX5SP2, template 69)."""

    last_msg_seq_num_processed = u32                                                  @ 8
    tot_num_reports            = u32                                                  @ 12
    security_id                = i32                                                  @ 16
    rpt_seq                    = u32                                                  @ 20
    transact_time              = u64                                                  @ 24
    last_update_time           = u64                                                  @ 32
    trade_date                 = u16.nullable(65535)                                  @ 40
    md_security_trading_status = security_trading_status                              @ 42
    high_limit_price           = price(i64.nullable(9223372036854775807), decimals=9) @ 43
    low_limit_price            = price(i64.nullable(9223372036854775807), decimals=9) @ 51
    max_price_variation        = price(i64.nullable(9223372036854775807), decimals=9) @ 59
    no_md_entries              = group(SnapshotFullRefreshLongQty69NoMDEntries, dimension=GroupSize)
# fmt: on


MESSAGES = (
    SnapshotFullRefresh52,
    SnapshotFullRefreshOrderBook53,
    SnapshotRefreshTopOrders59,
    SnapshotFullRefreshTCP61,
    SnapshotFullRefreshTCPLongQty68,
    SnapshotFullRefreshLongQty69,
)
"""Every message of the schema, in its order."""
