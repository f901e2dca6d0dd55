"""Snapshots of CME MDP 3.0 that version 9 replaced, as the SBE schema of version 8 has them.

Made by `python -m feedhandler.wire.sbe` from Cme.Futures.Mdp3.Sbe.v1.8.xml, an SBE schema with id 1 and
version 8; little-endian. Change the schema's reading, not this file.
"""

from feedhandler.wire import Message, group
from feedhandler.wire.little_endian import char, i8, i32, i64, price, u8, u16, u32, u64

# fmt: off
security_trading_status = u8.nullable(255).named({
    2: "TradingHalt", 4: "Close", 15: "NewPriceIndication", 17: "ReadyToTrade", 18: "NotAvailableForTrading",
    20: "UnknownorInvalid", 21: "PreOpen", 24: "PreCross", 25: "Cross", 26: "PostClose", 103: "NoChange",
})
open_close_settl_flag = u8.nullable(255).named({0: "DailyOpenPrice", 5: "IndicativeOpeningPrice"})
settl_price_type = u8.with_bit_names(
    bit0="Final", bit1="Actual", bit2="Rounded", bit3="Intraday", bit4="ReservedBits", bit7="NullValue",
)
md_entry_type = char.named({
    "0": "Bid", "1": "Offer", "2": "Trade", "4": "OpenPrice", "6": "SettlementPrice", "7": "TradingSessionHighPrice",
    "8": "TradingSessionLowPrice", "B": "ClearedVolume", "C": "OpenInterest", "E": "ImpliedBid", "F": "ImpliedOffer",
    "J": "BookReset", "N": "SessionHighBid", "O": "SessionLowOffer", "W": "FixingPrice", "e": "ElectronicVolume",
    "g": "ThresholdLimitsandPriceBandVariation",
})
md_entry_type_book = char.named({"0": "Bid", "1": "Offer", "E": "ImpliedBid", "F": "ImpliedOffer", "J": "BookReset"})


class Sbe(Message, selector="template_id", block="block_length", version="version",
          constants={"schema_id": 1}, defaults={"version": 8}):
    """The header of every message (mktdata FIX5SP2, messageHeader)."""

    block_length = u16 @ 0
    template_id  = u16 @ 2
    schema_id    = u16 @ 4
    version      = u16 @ 6


class SnapshotFullRefresh38NoMDEntries(Message, size=22):
    """Number of entries in Market Data message (mktdata FIX5SP2, group NoMDEntries)."""

    md_entry_px            = price(i64.nullable(9223372036854775807), decimals=7) @ 0
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


class SnapshotFullRefresh38(Sbe, type=38, size=67):
    """SnapshotFullRefresh (mktdata FIX5SP2, template 38)."""

    last_msg_seq_num_processed = u32                                                  @ 8
    tot_num_reports            = u32                                                  @ 12
    security_id                = i32                                                  @ 16
    rpt_seq                    = u32                                                  @ 20
    transact_time              = u64                                                  @ 24
    last_update_time           = u64                                                  @ 32
    trade_date                 = u16.nullable(65535)                                  @ 40
    md_security_trading_status = security_trading_status                              @ 42
    high_limit_price           = price(i64.nullable(9223372036854775807), decimals=7) @ 43
    low_limit_price            = price(i64.nullable(9223372036854775807), decimals=7) @ 51
    max_price_variation        = price(i64.nullable(9223372036854775807), decimals=7) @ 59
    no_md_entries              = group(SnapshotFullRefresh38NoMDEntries, dimension=GroupSize)


class SnapshotFullRefreshOrderBook44NoMDEntries(Message, size=29):
    """Number of entries in Market Data message (mktdata FIX5SP2, group NoMDEntries)."""

    order_id          = u64                                @ 0
    md_order_priority = u64.nullable(18446744073709551615) @ 8
    md_entry_px       = price(i64, decimals=7)             @ 16
    md_display_qty    = i32                                @ 24
    md_entry_type     = md_entry_type_book                 @ 28


class SnapshotFullRefreshOrderBook44(Sbe, type=44, size=36):
    """SnapshotFullRefreshOrderBook (mktdata FIX5SP2, template 44)."""

    last_msg_seq_num_processed = u32 @ 8
    tot_num_reports            = u32 @ 12
    security_id                = i32 @ 16
    no_chunks                  = u32 @ 20
    current_chunk              = u32 @ 24
    transact_time              = u64 @ 28
    no_md_entries              = group(SnapshotFullRefreshOrderBook44NoMDEntries, dimension=GroupSize)
# fmt: on


MESSAGES = (
    SnapshotFullRefresh38,
    SnapshotFullRefreshOrderBook44,
)
"""Every message of the schema, in its order."""
