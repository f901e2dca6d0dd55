"""Figures of the day: messages of CME MDP 3.0 as the SBE schema of version 13 has them.

Made by `python -m feedhandler.wire.sbe` from Cme.Futures.Mdp3.Sbe.v1.13.xml, an SBE schema with id 1 and
version 13; little-endian. Change the schema's reading, not this file.
"""

from feedhandler.wire import Message, group
from feedhandler.wire.little_endian import char, i32, i64, price, reserved, u8, u16, u32, u64

# fmt: off
match_event_indicator = u8.with_bit_names(
    bit0="LastTradeMsg", bit1="LastVolumeMsg", bit2="LastQuoteMsg", bit3="LastStatsMsg", bit4="LastImpliedMsg",
    bit5="RecoveryMsg", bit6="Reserved", bit7="EndOfEvent",
)
md_update_action = u8.named({0: "New", 1: "Change", 2: "Delete", 3: "DeleteThru", 4: "DeleteFrom", 5: "Overlay"})
settl_price_type = u8.with_bit_names(
    bit0="FinalDaily", bit1="Actual", bit2="Rounded", bit3="Intraday", bit4="ReservedBits", bit7="NullValue",
)
md_entry_type_daily_statistics = char.named({
    "6": "SettlementPrice", "B": "ClearedVolume", "C": "OpenInterest", "W": "FixingPrice",
})
open_close_settl_flag = u8.nullable(255).named({
    0: "DailyOpenPrice", 5: "IndicativeOpeningPrice", 100: "IntradayVWAP", 101: "RepoAverage8_30AM",
    102: "RepoAverage10AM", 103: "PrevSessionRepoAverage10AM",
})
md_entry_type_statistics = char.named({
    "4": "OpenPrice", "7": "HighTrade", "8": "LowTrade", "9": "VWAP", "N": "HighestBid", "O": "LowestOffer",
})


class Sbe(Message, selector="template_id", block="block_length", version="version",
          constants={"schema_id": 1}, defaults={"version": 13}):
    """The header of every message (mktdata FIX5SP2, messageHeader)."""

    block_length = u16 @ 0
    template_id  = u16 @ 2
    schema_id    = u16 @ 4
    version      = u16 @ 6


class MDIncrementalRefreshVolume37NoMDEntries(Message, size=16):
    """Number of entries in Market Data message (mktdata FIX5SP2, group NoMDEntries).

    Always: md_entry_type e.
    """

    md_entry_size    = i32              @ 0
    security_id      = i32              @ 4
    rpt_seq          = u32              @ 8
    md_update_action = md_update_action @ 12
    padding_at_13    = reserved(3)      @ 13


class GroupSize(Message, size=3):
    """Repeating group dimensions (mktdata FIX5SP2, groupSize)."""

    block_length = u16 @ 0
    num_in_group = u8  @ 2


class MDIncrementalRefreshVolume37(Sbe, type=37, size=19):
    """MDIncrementalRefreshVolume (mktdata FIX5SP2, template 37)."""

    transact_time         = u64                   @ 8
    match_event_indicator = match_event_indicator @ 16
    padding_at_17         = reserved(2)           @ 17
    no_md_entries         = group(MDIncrementalRefreshVolume37NoMDEntries, dimension=GroupSize)


class MDIncrementalRefreshDailyStatistics49NoMDEntries(Message, size=32):
    """Number of entries in Market Data message (mktdata FIX5SP2, group NoMDEntries)."""

    md_entry_px            = price(i64.nullable(9223372036854775807), decimals=9) @ 0
    md_entry_size          = i32.nullable(2147483647)                             @ 8
    security_id            = i32                                                  @ 12
    rpt_seq                = u32                                                  @ 16
    trading_reference_date = u16.nullable(65535)                                  @ 20
    settl_price_type       = settl_price_type                                     @ 22
    md_update_action       = md_update_action                                     @ 23
    md_entry_type          = md_entry_type_daily_statistics                       @ 24
    padding_at_25          = reserved(7)                                          @ 25


class MDIncrementalRefreshDailyStatistics49(Sbe, type=49, size=19):
    """MDIncrementalRefreshDailyStatistics (mktdata FIX5SP2, template 49)."""

    transact_time         = u64                   @ 8
    match_event_indicator = match_event_indicator @ 16
    padding_at_17         = reserved(2)           @ 17
    no_md_entries         = group(MDIncrementalRefreshDailyStatistics49NoMDEntries, dimension=GroupSize)


class MDIncrementalRefreshLimitsBanding50NoMDEntries(Message, size=32):
    """Number of entries in Market Data message (mktdata FIX5SP2, group NoMDEntries).

    Always: md_update_action 0, md_entry_type g.
    """

    high_limit_price    = price(i64.nullable(9223372036854775807), decimals=9) @ 0
    low_limit_price     = price(i64.nullable(9223372036854775807), decimals=9) @ 8
    max_price_variation = price(i64.nullable(9223372036854775807), decimals=9) @ 16
    security_id         = i32                                                  @ 24
    rpt_seq             = u32                                                  @ 28


class MDIncrementalRefreshLimitsBanding50(Sbe, type=50, size=19):
    """MDIncrementalRefreshLimitsBanding (mktdata FIX5SP2, template 50)."""

    transact_time         = u64                   @ 8
    match_event_indicator = match_event_indicator @ 16
    padding_at_17         = reserved(2)           @ 17
    no_md_entries         = group(MDIncrementalRefreshLimitsBanding50NoMDEntries, dimension=GroupSize)


class MDIncrementalRefreshSessionStatistics51NoMDEntries(Message, size=24):
    """Number of entries in Market Data message (mktdata FIX5SP2, group NoMDEntries)."""

    md_entry_px           = price(i64, decimals=9)   @ 0
    security_id           = i32                      @ 8
    rpt_seq               = u32                      @ 12
    open_close_settl_flag = open_close_settl_flag    @ 16
    md_update_action      = md_update_action         @ 17
    md_entry_type         = md_entry_type_statistics @ 18
    md_entry_size         = i32.nullable(2147483647) @ 19
    padding_at_23         = reserved(1)              @ 23


class MDIncrementalRefreshSessionStatistics51(Sbe, type=51, size=19):
    """MDIncrementalRefreshSessionStatistics (mktdata FIX5SP2, template 51)."""

    transact_time         = u64                   @ 8
    match_event_indicator = match_event_indicator @ 16
    padding_at_17         = reserved(2)           @ 17
    no_md_entries         = group(MDIncrementalRefreshSessionStatistics51NoMDEntries, dimension=GroupSize)


class MDIncrementalRefreshVolumeLongQty66NoMDEntries(Message, size=24):
    """Number of entries in Market Data message (mktdata FIX5SP2, group NoMDEntries).

    Always: md_entry_type e.
    """

    md_entry_size    = u64              @ 0
    security_id      = i32              @ 8
    rpt_seq          = u32              @ 12
    md_update_action = md_update_action @ 16
    padding_at_17    = reserved(7)      @ 17


class MDIncrementalRefreshVolumeLongQty66(Sbe, type=66, size=19):
    """MDIncrementalRefreshVolumeLongQty (mktdata FIX5SP2, template 66)."""

    transact_time         = u64                   @ 8
    match_event_indicator = match_event_indicator @ 16
    padding_at_17         = reserved(2)           @ 17
    no_md_entries         = group(MDIncrementalRefreshVolumeLongQty66NoMDEntries, dimension=GroupSize)


class MDIncrementalRefreshSessionStatisticsLongQty67NoMDEntries(Message, size=32):
    """Number of entries in Market Data message (mktdata FIX5SP2, group NoMDEntries)."""

    md_entry_px           = price(i64, decimals=9)             @ 0
    md_entry_size         = u64.nullable(18446744073709551615) @ 8
    security_id           = i32                                @ 16
    rpt_seq               = u32                                @ 20
    open_close_settl_flag = open_close_settl_flag              @ 24
    md_update_action      = md_update_action                   @ 25
    md_entry_type         = md_entry_type_statistics           @ 26
    padding_at_27         = reserved(5)                        @ 27


class MDIncrementalRefreshSessionStatisticsLongQty67(Sbe, type=67, size=19):
    """MDIncrementalRefreshSessionStatisticsLongQty (mktdata FIX5SP2, template 67)."""

    transact_time         = u64                   @ 8
    match_event_indicator = match_event_indicator @ 16
    padding_at_17         = reserved(2)           @ 17
    no_md_entries         = group(MDIncrementalRefreshSessionStatisticsLongQty67NoMDEntries, dimension=GroupSize)
# fmt: on


MESSAGES = (
    MDIncrementalRefreshVolume37,
    MDIncrementalRefreshDailyStatistics49,
    MDIncrementalRefreshLimitsBanding50,
    MDIncrementalRefreshSessionStatistics51,
    MDIncrementalRefreshVolumeLongQty66,
    MDIncrementalRefreshSessionStatisticsLongQty67,
)
"""Every message of the schema, in its order."""
