"""Orders, trades, statuses and snapshots of B3 Binary UMDF 2.2, as its SBE schema names and places them.

Made by `python -m feedhandler.wire.sbe` from B3.Equities.BinaryUmdf.Sbe.v2.2.xml, an SBE schema with id 2 and
version 16; little-endian. Change the schema's reading, not this file.
"""

from feedhandler.wire import Message, group
from feedhandler.wire.little_endian import alpha, char, decimal, i64, price, reserved, u8, u16, u32, u64

# fmt: off
match_event_indicator = u8.with_bit_names(bit4="Implied", bit5="RecoveryMsg", bit7="EndOfEvent")
trading_session_id = u8.named({1: "REGULAR_TRADING_SESSION", 6: "NON_REGULAR_TRADING_SESSION"})
security_trading_status = u8.named({
    2: "PAUSE", 4: "CLOSE", 17: "OPEN", 18: "FORBIDDEN", 20: "UNKNOWN_OR_INVALID", 21: "RESERVED",
    101: "FINAL_CLOSING_CALL",
})
security_trading_event = u8.nullable(255).named({
    4: "TRADING_SESSION_CHANGE", 101: "SECURITY_STATUS_CHANGE", 102: "SECURITY_REJOINS_SECURITY_GROUP_STATUS",
})
trading_session_sub_id = u8.named({
    2: "PAUSE", 4: "CLOSE", 17: "OPEN", 18: "FORBIDDEN", 20: "UNKNOWN_OR_INVALID", 21: "RESERVED",
    101: "FINAL_CLOSING_CALL",
})
md_update_action = u8.named({0: "NEW", 1: "CHANGE", 2: "DELETE", 3: "DELETE_THRU", 4: "DELETE_FROM", 5: "OVERLAY"})
md_entry_type = char.named({
    "0": "BID", "1": "OFFER", "2": "TRADE", "3": "INDEX_VALUE", "4": "OPENING_PRICE", "5": "CLOSING_PRICE",
    "6": "SETTLEMENT_PRICE", "7": "SESSION_HIGH_PRICE", "8": "SESSION_LOW_PRICE", "9": "EXECUTION_STATISTICS",
    "A": "IMBALANCE", "B": "TRADE_VOLUME", "C": "OPEN_INTEREST", "J": "EMPTY_BOOK",
    "c": "SECURITY_TRADING_STATE_PHASE", "g": "PRICE_BAND", "h": "QUANTITY_BAND", "D": "COMPOSITE_UNDERLYING_PRICE",
    "s": "EXECUTION_SUMMARY", "v": "VOLATILITY_PRICE", "u": "TRADE_BUST",
})
trade_condition = u16.with_bit_names(
    bit0="OpeningPrice", bit1="Crossed", bit2="LastTradeAtTheSamePrice", bit3="OutOfSequence", bit6="TradeOnBehalf",
    bit13="RegularTrade", bit14="BlockTrade",
)
trd_sub_type = u8.nullable(0).named({
    101: "MULTI_ASSET_TRADE", 102: "LEG_TRADE", 103: "MIDPOINT_TRADE", 104: "BLOCK_BOOK_TRADE", 105: "RF_TRADE",
    106: "RLP_TRADE", 107: "TAC_TRADE", 108: "TAA_TRADE", 109: "SWEEP_TRADE",
})
aggressor_side = u8.named({0: "NO_AGGRESSOR", 1: "BUY", 2: "SELL"})


class Sbe(Message, selector="template_id", block="block_length", version="version",
          constants={"schema_id": 2}, defaults={"version": 16}):
    """The header of every message (b3.umdf.mbo.sbe 2.2.0, messageHeader)."""

    block_length = u16 @ 0
    template_id  = u16 @ 2
    schema_id    = u16 @ 4
    version      = u16 @ 6


class SequenceReset1(Sbe, type=1, size=8):
    """Used to reset the incremental stream or indicate the loop on instrument definition or snapshot recovery is
    restarting (b3.umdf.mbo.sbe 2.2.0, template 1).

    Always: message_type MessageType.SequenceReset, appl_ver_id ApplVerID.FIX50SP2, new_seq_no .
    """



class Sequence2(Sbe, type=2, size=12):
    """Sent in incremental, snapshot and instrument list feeds in periods of no activity. (b3.umdf.mbo.sbe 2.2.0,
    template 2).

    Always: message_type MessageType.Sequence, appl_ver_id ApplVerID.FIX50SP2.
    """

    next_seq_no = u32 @ 8


class EmptyBook9(Sbe, type=9, size=28):
    """Market Data Incremental Refresh - Empty Book (b3.umdf.mbo.sbe 2.2.0, template 9).

    Always: message_type MessageType.MarketDataIncrementalRefresh, appl_ver_id ApplVerID.FIX50SP2, md_update_action
    MDUpdateAction.NEW, md_entry_type MDEntryType.EMPTY_BOOK, security_id_source SecurityIDSource.EXCHANGE_SYMBOL,
    security_exchange BVMF.
    """

    security_id           = u64                   @ 8
    match_event_indicator = match_event_indicator @ 16
    padding_at_17         = reserved(3)           @ 17
    md_entry_timestamp    = u64.nullable(0)       @ 20


class ChannelReset11(Sbe, type=11, size=20):
    """Channel Reset (remove all instruments, empty all books and statistics) (b3.umdf.mbo.sbe 2.2.0, template 11).

    Always: message_type MessageType.MarketDataIncrementalRefresh, appl_ver_id ApplVerID.FIX50SP2, md_update_action
    MDUpdateAction.NEW, md_entry_type MDEntryType.EMPTY_BOOK.
    """

    match_event_indicator = match_event_indicator @ 8
    padding_at_9          = reserved(3)           @ 9
    md_entry_timestamp    = u64.nullable(0)       @ 12


class SecurityStatus3(Sbe, type=3, size=44):
    """Trading status for instruments (b3.umdf.mbo.sbe 2.2.0, template 3).

    Always: message_type MessageType.SecurityStatus, appl_ver_id ApplVerID.FIX50SP2, security_id_source
    SecurityIDSource.EXCHANGE_SYMBOL, security_exchange BVMF.
    """

    security_id             = u64                     @ 8
    match_event_indicator   = match_event_indicator   @ 16
    trading_session_id      = trading_session_id      @ 17
    security_trading_status = security_trading_status @ 18
    security_trading_event  = security_trading_event  @ 19
    trade_date              = u16                     @ 20
    padding_at_22           = reserved(2)             @ 22
    trad_ses_open_time      = u64.nullable(0)         @ 24
    transact_time           = u64.nullable(0)         @ 32
    rpt_seq                 = u32.nullable(0)         @ 40


class SecurityGroupPhase10(Sbe, type=10, size=40):
    """Trading status for security groups (b3.umdf.mbo.sbe 2.2.0, template 10).

    Always: message_type MessageType.SecurityStatus, appl_ver_id ApplVerID.FIX50SP2.
    """

    security_group         = alpha(3)               @ 8
    padding_at_11          = reserved(5)            @ 11
    match_event_indicator  = match_event_indicator  @ 16
    trading_session_id     = trading_session_id     @ 17
    trading_session_sub_id = trading_session_sub_id @ 18
    security_trading_event = security_trading_event @ 19
    trade_date             = u16                    @ 20
    padding_at_22          = reserved(2)            @ 22
    trad_ses_open_time     = u64.nullable(0)        @ 24
    transact_time          = u64.nullable(0)        @ 32


class SnapshotFullRefreshHeader30(Sbe, type=30, size=42):
    """Header for the snapshot of a single instrument (b3.umdf.mbo.sbe 2.2.0, template 30).

    Always: message_type MessageType.MarketDataSnapshotFullRefresh, appl_ver_id ApplVerID.FIX50SP2,
    security_id_source SecurityIDSource.EXCHANGE_SYMBOL, security_exchange BVMF.
    """

    security_id                = u64                       @ 8
    last_msg_seq_num_processed = u32                       @ 16
    tot_num_reports            = u32                       @ 20
    tot_num_bids               = u32                       @ 24
    tot_num_offers             = u32                       @ 28
    tot_num_stats              = u16                       @ 32
    padding_at_34              = reserved(2)               @ 34
    last_rpt_seq               = u32.nullable(0)           @ 36
    last_sequence_version      = u16.nullable(0).added(15) @ 40


class OrderMBO50(Sbe, type=50, size=80):
    """Disseminates the creation or modification of a new order. (b3.umdf.mbo.sbe 2.2.0, template 50).

    Always: message_type MessageType.MarketDataIncrementalRefresh, appl_ver_id ApplVerID.FIX50SP2,
    security_id_source SecurityIDSource.EXCHANGE_SYMBOL, security_exchange BVMF.
    """

    security_id           = u64                                                   @ 8
    match_event_indicator = match_event_indicator                                 @ 16
    md_update_action      = md_update_action                                      @ 17
    md_entry_type         = md_entry_type                                         @ 18
    padding_at_19         = reserved(1)                                           @ 19
    md_entry_px           = price(i64.nullable(-9223372036854775808), decimals=4) @ 20
    md_entry_size         = i64                                                   @ 28
    padding_at_36         = reserved(4)                                           @ 36
    entering_firm         = u32.nullable(0)                                       @ 40
    md_insert_timestamp   = u64.nullable(0)                                       @ 44
    secondary_order_id    = u64                                                   @ 52
    rpt_seq               = u32.nullable(0)                                       @ 60
    transact_time         = u64.nullable(0).added(15)                             @ 64
    md_entry_prev_size    = i64.nullable(-9223372036854775808).added(16)          @ 72


class DeleteOrderMBO51(Sbe, type=51, size=60):
    """Disseminates the deletion of a new order. (b3.umdf.mbo.sbe 2.2.0, template 51).

    Always: message_type MessageType.MarketDataIncrementalRefresh, appl_ver_id ApplVerID.FIX50SP2,
    security_id_source SecurityIDSource.EXCHANGE_SYMBOL, security_exchange BVMF, md_update_action
    MDUpdateAction.DELETE.
    """

    security_id           = u64                                                             @ 8
    match_event_indicator = match_event_indicator                                           @ 16
    padding_at_17         = reserved(1)                                                     @ 17
    md_entry_type         = md_entry_type                                                   @ 18
    padding_at_19         = reserved(5)                                                     @ 19
    md_entry_size         = i64                                                             @ 24
    secondary_order_id    = u64                                                             @ 32
    transact_time         = u64.nullable(0).added(15)                                       @ 40
    rpt_seq               = u32.nullable(0)                                                 @ 48
    md_entry_px           = price(i64.nullable(-9223372036854775808), decimals=4).added(15) @ 52


class MassDeleteOrdersMBO52(Sbe, type=52, size=36):
    """Disseminates mass deletion of orders. (b3.umdf.mbo.sbe 2.2.0, template 52).

    Always: message_type MessageType.MarketDataIncrementalRefresh, appl_ver_id ApplVerID.FIX50SP2,
    security_id_source SecurityIDSource.EXCHANGE_SYMBOL, security_exchange BVMF.
    """

    security_id           = u64                       @ 8
    match_event_indicator = match_event_indicator     @ 16
    md_update_action      = md_update_action          @ 17
    md_entry_type         = md_entry_type             @ 18
    padding_at_19         = reserved(5)               @ 19
    transact_time         = u64.nullable(0).added(15) @ 24
    rpt_seq               = u32.nullable(0)           @ 32


class Trade53(Sbe, type=53, size=64):
    """Relays trade information on one instrument. (b3.umdf.mbo.sbe 2.2.0, template 53).

    Always: message_type MessageType.MarketDataIncrementalRefresh, appl_ver_id ApplVerID.FIX50SP2,
    security_id_source SecurityIDSource.EXCHANGE_SYMBOL, security_exchange BVMF, md_update_action
    MDUpdateAction.NEW, md_entry_type MDEntryType.TRADE.
    """

    security_id           = u64                       @ 8
    match_event_indicator = match_event_indicator     @ 16
    trading_session_id    = trading_session_id        @ 17
    trade_condition       = trade_condition           @ 18
    md_entry_px           = price(i64, decimals=4)    @ 20
    md_entry_size         = i64                       @ 28
    trade_id              = u32                       @ 36
    md_entry_buyer        = u32.nullable(0)           @ 40
    md_entry_seller       = u32.nullable(0)           @ 44
    trade_date            = u16                       @ 48
    trd_sub_type          = trd_sub_type.added(7)     @ 50
    padding_at_51         = reserved(1).added(7)      @ 51
    transact_time         = u64.nullable(0).added(15) @ 52
    rpt_seq               = u32.nullable(0)           @ 60


class ForwardTrade54(Sbe, type=54, size=76):
    """Relays trade information on one Forward instrument (b3.umdf.mbo.sbe 2.2.0, template 54).

    Always: message_type MessageType.MarketDataIncrementalRefresh, appl_ver_id ApplVerID.FIX50SP2,
    security_id_source SecurityIDSource.EXCHANGE_SYMBOL, security_exchange BVMF, md_update_action
    MDUpdateAction.NEW, md_entry_type MDEntryType.TRADE.
    """

    security_id            = u64                                  @ 8
    match_event_indicator  = match_event_indicator                @ 16
    trading_session_id     = trading_session_id                   @ 17
    trade_condition        = trade_condition                      @ 18
    md_entry_px            = price(i64, decimals=4)               @ 20
    md_entry_size          = i64                                  @ 28
    trade_id               = u32                                  @ 36
    md_entry_buyer         = u32.nullable(0)                      @ 40
    md_entry_seller        = u32.nullable(0)                      @ 44
    trade_date             = u16                                  @ 48
    transact_time          = u64.nullable(0).added(15)            @ 50
    rpt_seq                = u32.nullable(0)                      @ 58
    seller_days            = u16.nullable(0)                      @ 62
    md_entry_interest_rate = decimal(i64.nullable(0), decimals=4) @ 64
    trd_sub_type           = trd_sub_type.added(7)                @ 72
    padding_at_73          = reserved(3).added(7)                 @ 73


class ExecutionSummary55(Sbe, type=55, size=72):
    """Relays execution summary information on one instrument. (b3.umdf.mbo.sbe 2.2.0, template 55).

    Always: message_type MessageType.MarketDataIncrementalRefresh, appl_ver_id ApplVerID.FIX50SP2,
    security_id_source SecurityIDSource.EXCHANGE_SYMBOL, security_exchange BVMF, md_update_action
    MDUpdateAction.NEW, md_entry_type MDEntryType.EXECUTION_SUMMARY.
    """

    security_id       = u64                                @ 8
    padding_at_16     = reserved(2)                        @ 16
    aggressor_side    = aggressor_side                     @ 18
    padding_at_19     = reserved(1)                        @ 19
    last_px           = price(i64, decimals=4)             @ 20
    fill_qty          = i64                                @ 28
    traded_hidden_qty = i64.nullable(-9223372036854775808) @ 36
    cxl_qty           = i64.nullable(-9223372036854775808) @ 44
    aggressor_time    = u64.nullable(0)                    @ 52
    rpt_seq           = u32.nullable(0)                    @ 60
    transact_time     = u64.nullable(0).added(15)          @ 64


class ExecutionStatistics56(Sbe, type=56, size=60):
    """Relays execution summary statistics information on one instrument. (b3.umdf.mbo.sbe 2.2.0, template 56).

    Always: message_type MessageType.MarketDataIncrementalRefresh, appl_ver_id ApplVerID.FIX50SP2,
    security_id_source SecurityIDSource.EXCHANGE_SYMBOL, security_exchange BVMF, md_update_action
    MDUpdateAction.NEW, md_entry_type MDEntryType.EXECUTION_STATISTICS.
    """

    security_id           = u64                                                   @ 8
    match_event_indicator = match_event_indicator                                 @ 16
    trading_session_id    = trading_session_id                                    @ 17
    trade_date            = u16                                                   @ 18
    trade_volume          = i64                                                   @ 20
    vwap_px               = price(i64.nullable(-9223372036854775808), decimals=4) @ 28
    net_chg_prev_day      = price(i64.nullable(-9223372036854775808), decimals=8) @ 36
    number_of_trades      = u32                                                   @ 44
    md_entry_timestamp    = u64.nullable(0)                                       @ 48
    rpt_seq               = u32.nullable(0)                                       @ 56


class TradeBust57(Sbe, type=57, size=56):
    """Relays trade bust (trade reversal) information on one instrument. (b3.umdf.mbo.sbe 2.2.0, template 57).

    Always: message_type MessageType.MarketDataIncrementalRefresh, appl_ver_id ApplVerID.FIX50SP2,
    security_id_source SecurityIDSource.EXCHANGE_SYMBOL, security_exchange BVMF, md_update_action
    MDUpdateAction.DELETE, md_entry_type MDEntryType.TRADE_BUST.
    """

    security_id           = u64                       @ 8
    match_event_indicator = match_event_indicator     @ 16
    trading_session_id    = trading_session_id        @ 17
    padding_at_18         = reserved(2)               @ 18
    md_entry_px           = price(i64, decimals=4)    @ 20
    md_entry_size         = i64                       @ 28
    trade_id              = u32                       @ 36
    trade_date            = u16                       @ 40
    padding_at_42         = reserved(2)               @ 42
    transact_time         = u64.nullable(0).added(15) @ 44
    rpt_seq               = u32.nullable(0)           @ 52


class SnapshotFullRefreshOrdersMBO71NoMDEntries(Message, size=42):
    """Partial list of orders. (b3.umdf.mbo.sbe 2.2.0, group noMDEntries)."""

    md_entry_px           = price(i64.nullable(-9223372036854775808), decimals=4) @ 0
    md_entry_size         = i64                                                   @ 8
    padding_at_16         = reserved(4)                                           @ 16
    entering_firm         = u32.nullable(0)                                       @ 20
    md_insert_timestamp   = u64.nullable(0)                                       @ 24
    secondary_order_id    = u64                                                   @ 32
    md_entry_type         = md_entry_type                                         @ 40
    match_event_indicator = match_event_indicator.added(10)                       @ 41


class GroupSizeEncoding(Message, size=3):
    """Repeating group dimensions. (b3.umdf.mbo.sbe 2.2.0, GroupSizeEncoding)."""

    block_length = u16 @ 0
    num_in_group = u8  @ 2


class SnapshotFullRefreshOrdersMBO71(Sbe, type=71, size=16):
    """Partial list of orders for the snapshot of a single instrument. (b3.umdf.mbo.sbe 2.2.0, template 71).

    Always: message_type MessageType.MarketDataSnapshotFullRefresh, appl_ver_id ApplVerID.FIX50SP2,
    security_id_source SecurityIDSource.EXCHANGE_SYMBOL, security_exchange BVMF.
    """

    security_id   = u64 @ 8
    no_md_entries = group(SnapshotFullRefreshOrdersMBO71NoMDEntries, dimension=GroupSizeEncoding)
# fmt: on


MESSAGES = (
    SequenceReset1,
    Sequence2,
    EmptyBook9,
    ChannelReset11,
    SecurityStatus3,
    SecurityGroupPhase10,
    SnapshotFullRefreshHeader30,
    OrderMBO50,
    DeleteOrderMBO51,
    MassDeleteOrdersMBO52,
    Trade53,
    ForwardTrade54,
    ExecutionSummary55,
    ExecutionStatistics56,
    TradeBust57,
    SnapshotFullRefreshOrdersMBO71,
)
"""Every message of the schema, in its order."""
