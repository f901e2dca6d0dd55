"""Figures of the day and limits of B3 Binary UMDF 2.2, as its SBE schema names and places them.

Made by `python -m feedhandler.wire.sbe` from B3.Equities.BinaryUmdf.Sbe.v2.2.xml, an SBE schema with id 2 and
version 16; little-endian. Change the schema's reading, not this file.
"""

from feedhandler.wire import Message
from feedhandler.wire.little_endian import decimal, i64, price, reserved, u8, u16, u32, u64

# fmt: off
match_event_indicator = u8.with_bit_names(bit4="Implied", bit5="RecoveryMsg", bit7="EndOfEvent")
md_update_action = u8.named({0: "NEW", 1: "CHANGE", 2: "DELETE", 3: "DELETE_THRU", 4: "DELETE_FROM", 5: "OVERLAY"})
open_close_settl_flag = u8.named({
    0: "DAILY", 1: "SESSION", 3: "EXPECTED_ENTRY", 4: "ENTRY_FROM_PREVIOUS_BUSINESS_DAY", 5: "THEORETICAL_PRICE",
})
imbalance_condition = u16.with_bit_names(bit8="ImbalanceMoreBuyers", bit9="ImbalanceMoreSellers")
price_band_type = u8.nullable(255).named({
    1: "HARD_LIMIT", 2: "AUCTION_LIMITS", 3: "REJECTION_BAND", 4: "STATIC_LIMITS",
})
price_limit_type = u8.nullable(255).named({0: "PRICE_UNIT", 1: "TICKS", 2: "PERCENTAGE"})
price_band_midpoint_price_type = u8.nullable(255).named({
    0: "LAST_TRADED_PRICE", 1: "COMPLEMENTARY_LAST_PRICE", 2: "THEORETICAL_PRICE",
})
trading_session_id = u8.named({1: "REGULAR_TRADING_SESSION", 6: "NON_REGULAR_TRADING_SESSION"})
trade_condition = u16.with_bit_names(
    bit0="OpeningPrice", bit1="Crossed", bit2="LastTradeAtTheSamePrice", bit3="OutOfSequence", bit6="TradeOnBehalf",
    bit13="RegularTrade", bit14="BlockTrade",
)
trd_sub_type = u8.nullable(0).named({
    101: "MULTI_ASSET_TRADE", 102: "LEG_TRADE", 103: "MIDPOINT_TRADE", 104: "BLOCK_BOOK_TRADE", 105: "RF_TRADE",
    106: "RLP_TRADE", 107: "TAC_TRADE", 108: "TAA_TRADE", 109: "SWEEP_TRADE",
})
price_type = u8.nullable(0).named({1: "PERCENTAGE", 2: "PU", 3: "FIXED_AMOUNT"})
settl_price_type = u8.named({1: "FINAL", 2: "THEORETICAL", 3: "UPDATED"})


class Sbe(Message, selector="template_id", block="block_length", version="version",
          constants={"schema_id": 2}, defaults={"version": 16}):
    """The header of every message (b3.umdf.mbo.sbe 2.2.0, messageHeader)."""

    block_length = u16 @ 0
    template_id  = u16 @ 2
    schema_id    = u16 @ 4
    version      = u16 @ 6


class OpeningPrice15(Sbe, type=15, size=52):
    """Carries the summary information about opening trading session events per market data stream.
    (b3.umdf.mbo.sbe 2.2.0, template 15).

    Always: message_type MessageType.MarketDataIncrementalRefresh, appl_ver_id ApplVerID.FIX50SP2,
    security_id_source SecurityIDSource.EXCHANGE_SYMBOL, security_exchange BVMF, md_entry_type
    MDEntryType.OPENING_PRICE.
    """

    security_id           = u64                                                   @ 8
    match_event_indicator = match_event_indicator                                 @ 16
    md_update_action      = md_update_action                                      @ 17
    open_close_settl_flag = open_close_settl_flag                                 @ 18
    padding_at_19         = reserved(1)                                           @ 19
    md_entry_px           = price(i64, decimals=4)                                @ 20
    net_chg_prev_day      = price(i64.nullable(-9223372036854775808), decimals=8) @ 28
    trade_date            = u16                                                   @ 36
    md_entry_timestamp    = u64.nullable(0)                                       @ 38
    rpt_seq               = u32.nullable(0)                                       @ 46
    padding_at_50         = reserved(2)                                           @ 50


class TheoreticalOpeningPrice16(Sbe, type=16, size=48):
    """The theoretical opening price is also sent on this block and is calculated and updated based on the orders
    presented in the book during every auction including the pre-opening / pre-closing auction. (b3.umdf.mbo.sbe
    2.2.0, template 16).

    Always: message_type MessageType.MarketDataIncrementalRefresh, appl_ver_id ApplVerID.FIX50SP2,
    security_id_source SecurityIDSource.EXCHANGE_SYMBOL, security_exchange BVMF, md_entry_type
    MDEntryType.OPENING_PRICE, open_close_settl_flag OpenCloseSettlFlag.THEORETICAL_PRICE.
    """

    security_id           = u64                                                   @ 8
    match_event_indicator = match_event_indicator                                 @ 16
    md_update_action      = md_update_action                                      @ 17
    trade_date            = u16                                                   @ 18
    md_entry_px           = price(i64.nullable(-9223372036854775808), decimals=4) @ 20
    md_entry_size         = i64.nullable(-9223372036854775808)                    @ 28
    md_entry_timestamp    = u64.nullable(0)                                       @ 36
    rpt_seq               = u32.nullable(0)                                       @ 44


class ClosingPrice17(Sbe, type=17, size=44):
    """Summary information about closing trading sessions per market data stream. (b3.umdf.mbo.sbe 2.2.0, template
    17).

    Always: message_type MessageType.MarketDataIncrementalRefresh, appl_ver_id ApplVerID.FIX50SP2,
    security_id_source SecurityIDSource.EXCHANGE_SYMBOL, security_exchange BVMF, md_update_action
    MDUpdateAction.NEW, md_entry_type MDEntryType.CLOSING_PRICE.
    """

    security_id           = u64                    @ 8
    match_event_indicator = match_event_indicator  @ 16
    open_close_settl_flag = open_close_settl_flag  @ 17
    padding_at_18         = reserved(2)            @ 18
    md_entry_px           = price(i64, decimals=8) @ 20
    last_trade_date       = u16.nullable(0)        @ 28
    trade_date            = u16                    @ 30
    md_entry_timestamp    = u64.nullable(0)        @ 32
    rpt_seq               = u32.nullable(0)        @ 40


class AuctionImbalance19(Sbe, type=19, size=40):
    """Carries auction imbalance information, indicating the remaining quantity and to which side (buyer or seller)
    the auction is pending towards. (b3.umdf.mbo.sbe 2.2.0, template 19).

    Always: message_type MessageType.MarketDataIncrementalRefresh, appl_ver_id ApplVerID.FIX50SP2,
    security_id_source SecurityIDSource.EXCHANGE_SYMBOL, security_exchange BVMF, md_entry_type
    MDEntryType.IMBALANCE.
    """

    security_id           = u64                                @ 8
    match_event_indicator = match_event_indicator              @ 16
    md_update_action      = md_update_action                   @ 17
    imbalance_condition   = imbalance_condition                @ 18
    md_entry_size         = i64.nullable(-9223372036854775808) @ 20
    md_entry_timestamp    = u64.nullable(0)                    @ 28
    rpt_seq               = u32.nullable(0)                    @ 36


class QuantityBand21(Sbe, type=21, size=48):
    """Quantity Band. (b3.umdf.mbo.sbe 2.2.0, template 21).

    Always: message_type MessageType.MarketDataIncrementalRefresh, appl_ver_id ApplVerID.FIX50SP2,
    security_id_source SecurityIDSource.EXCHANGE_SYMBOL, security_exchange BVMF, md_update_action
    MDUpdateAction.NEW, md_entry_type MDEntryType.QUANTITY_BAND.
    """

    security_id           = u64                                @ 8
    match_event_indicator = match_event_indicator              @ 16
    padding_at_17         = reserved(3)                        @ 17
    avg_daily_traded_qty  = i64.nullable(-9223372036854775808) @ 20
    max_trade_vol         = i64.nullable(-9223372036854775808) @ 28
    md_entry_timestamp    = u64.nullable(0)                    @ 36
    rpt_seq               = u32.nullable(0)                    @ 44


class PriceBand22(Sbe, type=22, size=56):
    """Price Banding (tunnel). (b3.umdf.mbo.sbe 2.2.0, template 22).

    Always: message_type MessageType.MarketDataIncrementalRefresh, appl_ver_id ApplVerID.FIX50SP2,
    security_id_source SecurityIDSource.EXCHANGE_SYMBOL, security_exchange BVMF, md_update_action
    MDUpdateAction.NEW, md_entry_type MDEntryType.PRICE_BAND.
    """

    security_id                    = u64                                                     @ 8
    match_event_indicator          = match_event_indicator                                   @ 16
    price_band_type                = price_band_type                                         @ 17
    price_limit_type               = price_limit_type                                        @ 18
    price_band_midpoint_price_type = price_band_midpoint_price_type                          @ 19
    low_limit_price                = price(i64.nullable(-9223372036854775808), decimals=4)   @ 20
    high_limit_price               = price(i64.nullable(-9223372036854775808), decimals=4)   @ 28
    trading_reference_price        = decimal(i64.nullable(-9223372036854775808), decimals=8) @ 36
    md_entry_timestamp             = u64.nullable(0)                                         @ 44
    rpt_seq                        = u32.nullable(0)                                         @ 52


class HighPrice24(Sbe, type=24, size=40):
    """The highest price traded for the security in the trading session. (b3.umdf.mbo.sbe 2.2.0, template 24).

    Always: message_type MessageType.MarketDataIncrementalRefresh, appl_ver_id ApplVerID.FIX50SP2,
    security_id_source SecurityIDSource.EXCHANGE_SYMBOL, security_exchange BVMF, md_entry_type
    MDEntryType.SESSION_HIGH_PRICE.
    """

    security_id           = u64                    @ 8
    match_event_indicator = match_event_indicator  @ 16
    md_update_action      = md_update_action       @ 17
    trade_date            = u16                    @ 18
    md_entry_px           = price(i64, decimals=4) @ 20
    md_entry_timestamp    = u64.nullable(0)        @ 28
    rpt_seq               = u32.nullable(0)        @ 36


class LowPrice25(Sbe, type=25, size=40):
    """The lowest price traded for the security in the trading session. (b3.umdf.mbo.sbe 2.2.0, template 25).

    Always: message_type MessageType.MarketDataIncrementalRefresh, appl_ver_id ApplVerID.FIX50SP2,
    security_id_source SecurityIDSource.EXCHANGE_SYMBOL, security_exchange BVMF, md_entry_type
    MDEntryType.SESSION_LOW_PRICE.
    """

    security_id           = u64                    @ 8
    match_event_indicator = match_event_indicator  @ 16
    md_update_action      = md_update_action       @ 17
    trade_date            = u16                    @ 18
    md_entry_px           = price(i64, decimals=4) @ 20
    md_entry_timestamp    = u64.nullable(0)        @ 28
    rpt_seq               = u32.nullable(0)        @ 36


class LastTradePrice27(Sbe, type=27, size=76):
    """The latest price traded for the security in the trading session. (b3.umdf.mbo.sbe 2.2.0, template 27).

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
    md_entry_timestamp     = u64.nullable(0)                      @ 50
    rpt_seq                = u32.nullable(0)                      @ 58
    seller_days            = u16.nullable(0)                      @ 62
    md_entry_interest_rate = decimal(i64.nullable(0), decimals=4) @ 64
    trd_sub_type           = trd_sub_type.added(7)                @ 72
    padding_at_73          = reserved(3).added(7)                 @ 73


class SettlementPrice28(Sbe, type=28, size=44):
    """Settlement price or the previous day’s adjusted closing price. (b3.umdf.mbo.sbe 2.2.0, template 28).

    Always: message_type MessageType.MarketDataIncrementalRefresh, appl_ver_id ApplVerID.FIX50SP2,
    security_id_source SecurityIDSource.EXCHANGE_SYMBOL, security_exchange BVMF, md_update_action
    MDUpdateAction.NEW, md_entry_type MDEntryType.SETTLEMENT_PRICE.
    """

    security_id           = u64                    @ 8
    match_event_indicator = match_event_indicator  @ 16
    padding_at_17         = reserved(1)            @ 17
    trade_date            = u16                    @ 18
    md_entry_px           = price(i64, decimals=4) @ 20
    md_entry_timestamp    = u64.nullable(0)        @ 28
    open_close_settl_flag = open_close_settl_flag  @ 36
    price_type            = price_type             @ 37
    settl_price_type      = settl_price_type       @ 38
    rpt_seq               = u32.nullable(0)        @ 39
    padding_at_43         = reserved(1)            @ 43


class OpenInterest29(Sbe, type=29, size=40):
    """Total number of contracts in a commodity or options market that are still open. (b3.umdf.mbo.sbe 2.2.0,
    template 29).

    Always: message_type MessageType.MarketDataIncrementalRefresh, appl_ver_id ApplVerID.FIX50SP2,
    security_id_source SecurityIDSource.EXCHANGE_SYMBOL, security_exchange BVMF, md_update_action
    MDUpdateAction.NEW, md_entry_type MDEntryType.OPEN_INTEREST.
    """

    security_id           = u64                   @ 8
    match_event_indicator = match_event_indicator @ 16
    padding_at_17         = reserved(1)           @ 17
    trade_date            = u16                   @ 18
    md_entry_size         = i64                   @ 20
    md_entry_timestamp    = u64.nullable(0)       @ 28
    rpt_seq               = u32.nullable(0)       @ 36
# fmt: on


MESSAGES = (
    OpeningPrice15,
    TheoreticalOpeningPrice16,
    ClosingPrice17,
    AuctionImbalance19,
    QuantityBand21,
    PriceBand22,
    HighPrice24,
    LowPrice25,
    LastTradePrice27,
    SettlementPrice28,
    OpenInterest29,
)
"""Every message of the schema, in its order."""
