"""T7 EOBI 14.1: states, snapshots, instruments.

Made by `python -m feedhandler.wire.fbe` from Eurex.T7.Eobi.Fbe.v14.1.xml;
little-endian. Change the schema's reading, not this file.
"""

from feedhandler.wire import Message, group
from feedhandler.wire.little_endian import alpha, decimal, i8, i32, i64, reserved, u8, u16, u32, u64
from feedhandler.wire.little_endian import price as price_type

# fmt: off
product_complex = u8.named({
    1: "SimpleInstrument", 2: "StandardOptionStrategy", 3: "NonStandardOptionStrategy", 4: "VolatilityStrategy",
    5: "FuturesSpread", 6: "InterProductSpread", 7: "StandardFuturesStrategy", 8: "PackAndBundle", 9: "Strip",
    10: "FlexibleInstrument", 11: "CommodityStrip", 12: "ScaledSimpleInstrument", 13: "NonStandardVolatilityStrategy",
    14: "TotalReturnFutureStrategy",
})
implied_market_indicator = u8.named({0: "NotImplied", 3: "ImpliedInOut"})
last_fragment = u8.named({0: "N", 1: "Y"})
leg_security_type = u8.named({1: "LegSecurityMultiLeg", 2: "LegSecurityUnderlyingLeg"})
leg_side = u8.named({1: "Buy", 2: "Sell"})
related_price_type = u8.nullable(255).named({1: "Basis", 2: "CustomUnderlyingPrice"})
trading_style = u8.nullable(255).named({1: "Regular", 2: "TRF_TAC", 3: "TRF_TAM", 4: "MOC"})
security_type = u8.named({1: "OPT", 2: "FUT", 3: "MLEG"})
put_or_call = u8.nullable(255).named({0: "Put", 1: "Call"})
exercise_style = u8.nullable(255).named({0: "European", 1: "American"})
settl_method = u8.named({0: "Cash", 1: "Physical"})
security_status = u8.named({
    1: "Active", 2: "Inactive", 4: "Expired", 6: "KnockedOut", 7: "KnockOutRevoked", 9: "Suspended",
    11: "PendingDeletion", 12: "KnockedOutAndSuspended",
})
security_trading_status = u8.nullable(255).named({
    2: "TradingHalt", 7: "MarketImbalanceBuy", 8: "MarketImbalanceSell", 200: "Closed", 201: "Restricted",
    202: "Book", 203: "Continuous", 204: "OpeningAuction", 205: "OpeningAuctionFreeze", 206: "IntradayAuction",
    207: "IntradayAuctionFreeze", 208: "CircuitBreakerAuction", 209: "CircuitBreakerAuctionFreeze",
    210: "ClosingAuction", 211: "ClosingAuctionFreeze", 212: "IPOAuction", 213: "IPOAuctionFreeze", 214: "PreCall",
    215: "Call", 216: "Freeze", 217: "TradeAtClose", 218: "RetailPreCall", 219: "RetailCall",
    220: "CircuitBreakerAuctionTriggeredByStaticLimitBreach",
    221: "CircuitBreakerAuctionTriggeredByStaticLimitBreachFreeze",
})
market_condition = u8.named({0: "Normal", 1: "Stressed"})
fast_market_indicator = u8.named({0: "No", 1: "Yes"})
security_trading_event = u8.nullable(255).named({
    10: "PriceVolatilityAuctionIsExtended", 11: "PriceVolatilityAuctionIsExtendedAgain",
})
sold_out_indicator = u8.nullable(255).named({1: "SoldOut"})
tes_security_status = u8.nullable(255).named({1: "Active", 2: "Inactive", 4: "Expired", 9: "Suspended"})
md_origin_type = u8.nullable(255).named({0: "Book", 1: "OffBook"})
md_entry_type = u8.named({
    2: "Trade", 4: "OpeningPrice", 5: "ClosingPrice", 7: "HighPrice", 8: "LowPrice", 66: "TradeVolume",
    101: "PreviousClosingPrice", 200: "OpeningAuction", 201: "IntradayAuction", 202: "CircuitBreakerAuction",
    203: "ClosingAuction", 204: "IPOAuction", 205: "RetailAuction",
})
trade_condition = u16.nullable(65535).named({
    1: "ImpliedTrade", 107: "OutOfSequence", 155: "MidpointPrice", 156: "TradingOnTermsOfIssue",
    596: "SpecialAuction", 624: "TradeAtClose", 743: "Retail", 206: "AuctionVolumeDiscovery",
})
trd_type = u16.nullable(65535).named({
    1: "BlockTrade", 2: "EFP", 12: "EFS", 54: "OTC", 55: "ExchangeBasisFacility", 1000: "VolaTrade",
    1001: "EFPFinTrade", 1002: "EFPIndexFuturesTrade", 1004: "BlockTradeAtMarket",
    1006: "XetraEurexEnlightTriggeredTrade", 1007: "BlockQTPIPTrade",
})
multi_leg_reporting_type = u8.nullable(255).named({
    1: "SingleSecurity", 2: "IndividualLegOfAMultiLegSecurity", 3: "MultiLegSecurity",
})
multi_leg_price_model = u8.nullable(255).named({0: "Standard", 1: "UserDefined"})
instrument_scope_product_complex = u8.named({
    1: "SimpleInstrument", 2: "StandardOptionStrategy", 3: "NonStandardOptionStrategy", 4: "VolatilityStrategy",
    5: "FuturesSpread", 6: "InterProductSpread", 7: "StandardFuturesStrategy", 8: "PackAndBundle", 9: "Strip",
    10: "FlexibleInstrument", 11: "CommodityStrip", 12: "ScaledSimpleInstrument", 13: "NonStandardVolatilityStrategy",
    14: "TotalReturnFutureStrategy",
})
security_mass_status = u8.named({
    1: "Active", 2: "Inactive", 4: "Expired", 6: "KnockedOut", 7: "KnockOutRevoked", 9: "Suspended",
    11: "PendingDeletion", 12: "KnockedOutAndSuspended",
})
security_mass_trading_status = u8.nullable(255).named({
    2: "TradingHalt", 7: "MarketImbalanceBuy", 8: "MarketImbalanceSell", 200: "Closed", 201: "Restricted",
    202: "Book", 203: "Continuous", 204: "OpeningAuction", 205: "OpeningAuctionFreeze", 206: "IntradayAuction",
    207: "IntradayAuctionFreeze", 208: "CircuitBreakerAuction", 209: "CircuitBreakerAuctionFreeze",
    210: "ClosingAuction", 211: "ClosingAuctionFreeze", 212: "IPOAuction", 213: "IPOAuctionFreeze", 214: "PreCall",
    215: "Call", 216: "Freeze", 217: "TradeAtClose", 218: "RetailPreCall", 219: "RetailCall",
    220: "CircuitBreakerAuctionTriggeredByStaticLimitBreach",
    221: "CircuitBreakerAuctionTriggeredByStaticLimitBreachFreeze",
})
mass_market_condition = u8.named({0: "Normal", 1: "Stressed"})
security_mass_trading_event = u8.nullable(255).named({
    10: "PriceVolatilityAuctionIsExtended", 11: "PriceVolatilityAuctionIsExtendedAgain",
})
mass_sold_out_indicator = u8.nullable(255).named({1: "SoldOut"})
tes_security_mass_status = u8.nullable(255).named({1: "Active", 2: "Inactive", 4: "Expired", 9: "Suspended"})
trading_session_id = u8.named({1: "Day", 3: "Morning", 5: "Evening", 6: "AfterHours", 7: "Holiday"})
trading_session_sub_id = u8.named({
    1: "PreTrading", 3: "Continuous", 4: "Closing", 5: "PostTrading", 7: "Quiescent", 10: "OutOfMainSessionTrading",
})
trad_ses_status = u8.named({1: "Halted", 2: "Open", 3: "Closed"})
market_condition_or_null = u8.nullable(255).named({0: "Normal", 1: "Stressed"})
tes_trad_ses_status = u8.nullable(255).named({1: "Halted", 2: "Open", 3: "Closed", 5: "PreClose"})
trading_session_id_or_null = u8.nullable(255).named({
    1: "Day", 3: "Morning", 5: "Evening", 6: "AfterHours", 7: "Holiday",
})
trading_session_sub_id_or_null = u8.nullable(255).named({
    1: "PreTrading", 3: "Continuous", 4: "Closing", 5: "PostTrading", 7: "Quiescent", 10: "OutOfMainSessionTrading",
})
trad_ses_status_or_null = u8.nullable(255).named({1: "Halted", 2: "Open", 3: "Closed"})
side = u8.named({1: "Buy", 2: "Sell"})
ord_type = u8.nullable(255).named({1: "Market"})
hhi_indicator = i8.nullable(-128).named({-1: "NoUpdate"})


class Fbe(Message, selector="template_id", whole="body_len"):
    """The header of every message (eobi 14.1, MessageHeaderComp)."""

    body_len    = u16                      @ 0
    template_id = u16                      @ 2
    msg_seq_num = u32.nullable(4294967295) @ 4


class AddComplexInstrumentInstrmtLegGrp(Message, size=40):
    """An entry (eobi 14.1, group InstrmtLegGrp)."""

    leg_symbol         = i32                                                        @ 0
    padding_at_4       = reserved(4)                                                @ 4
    leg_security_id    = i64                                                        @ 8
    leg_price          = price_type(i64.nullable(-9223372036854775808), decimals=8) @ 16
    leg_ratio_qty      = i32                                                        @ 24
    leg_security_type  = leg_security_type                                          @ 28
    leg_side           = leg_side                                                   @ 29
    related_price_type = related_price_type                                         @ 30
    trading_style      = trading_style                                              @ 31
    related_price      = price_type(i64.nullable(-9223372036854775808), decimals=8) @ 32


class AddComplexInstrument(Fbe, type=13400, size=80, extensible=True):
    """Add Complex Instrument (eobi 14.1, template 13400)."""

    security_id              = i64                       @ 8
    transact_time            = u64                       @ 16
    security_desc            = alpha(40)                 @ 24
    security_sub_type        = i32.nullable(-2147483648) @ 64
    product_complex          = product_complex           @ 68
    implied_market_indicator = implied_market_indicator  @ 69
    quantity_scaling_factor  = u16.nullable(65535)       @ 70
    leg_ratio_multiplier     = u32.nullable(4294967295)  @ 72
    no_legs                  = u8                        @ 76
    padding_at_77            = reserved(2)               @ 77
    last_fragment            = last_fragment             @ 79
    instrmt_leg_grp          = group(AddComplexInstrumentInstrmtLegGrp, count="no_legs")


class AddFlexibleInstrument(Fbe, type=13401, size=96):
    """Add Flexible Instrument (eobi 14.1, template 13401)."""

    security_id                        = i64                                                        @ 8
    transact_time                      = u64                                                        @ 16
    security_desc                      = alpha(40)                                                  @ 24
    security_type                      = security_type                                              @ 64
    put_or_call                        = put_or_call                                                @ 65
    exercise_style                     = exercise_style                                             @ 66
    settl_method                       = settl_method                                               @ 67
    maturity_date                      = u32                                                        @ 68
    strike_price                       = price_type(i64.nullable(-9223372036854775808), decimals=8) @ 72
    opt_attribute                      = u32.nullable(4294967295)                                   @ 80
    contract_date                      = u32                                                        @ 84
    security_reference_data_supplement = u32                                                        @ 88
    padding_at_92                      = reserved(4)                                                @ 92


class AddScaledSimpleInstrument(Fbe, type=13402, size=80):
    """Add Scaled Simple Instrument (eobi 14.1, template 13402)."""

    security_id             = i64           @ 8
    transact_time           = u64           @ 16
    security_desc           = alpha(40)     @ 24
    security_type           = security_type @ 64
    padding_at_65           = reserved(1)   @ 65
    quantity_scaling_factor = u16           @ 66
    padding_at_68           = reserved(4)   @ 68
    related_security_id     = i64           @ 72


class InstrumentStateChange(Fbe, type=13301, size=56):
    """Instrument State Change (eobi 14.1, template 13301)."""

    security_id             = i64                                                        @ 8
    security_status         = security_status                                            @ 16
    security_trading_status = security_trading_status                                    @ 17
    market_condition        = market_condition                                           @ 18
    fast_market_indicator   = fast_market_indicator                                      @ 19
    security_trading_event  = security_trading_event                                     @ 20
    sold_out_indicator      = sold_out_indicator                                         @ 21
    padding_at_22           = reserved(2)                                                @ 22
    high_px                 = price_type(i64.nullable(-9223372036854775808), decimals=8) @ 24
    low_px                  = price_type(i64.nullable(-9223372036854775808), decimals=8) @ 32
    transact_time           = u64                                                        @ 40
    tes_security_status     = tes_security_status                                        @ 48
    padding_at_49           = reserved(7)                                                @ 49


class InstrumentSummaryMDInstrumentEntryGrp(Message, size=32):
    """An entry (eobi 14.1, group MDInstrumentEntryGrp)."""

    md_entry_px                = price_type(i64.nullable(-9223372036854775808), decimals=8) @ 0
    md_entry_size              = decimal(i64.nullable(-9223372036854775808), decimals=4)    @ 8
    md_origin_type             = md_origin_type                                             @ 16
    md_entry_type              = md_entry_type                                              @ 17
    trade_condition            = trade_condition                                            @ 18
    trd_type                   = trd_type                                                   @ 20
    multi_leg_reporting_type   = multi_leg_reporting_type                                   @ 22
    multi_leg_price_model      = multi_leg_price_model                                      @ 23
    non_disclosed_trade_volume = decimal(i64.nullable(-9223372036854775808), decimals=4)    @ 24


class InstrumentSummary(Fbe, type=13601, size=64, extensible=True):
    """Instrument Summary (eobi 14.1, template 13601)."""

    security_id               = i64                                                        @ 8
    last_update_time          = u64                                                        @ 16
    trd_reg_ts_execution_time = u64.nullable(18446744073709551615)                         @ 24
    tot_no_orders             = u16                                                        @ 32
    security_status           = security_status                                            @ 34
    security_trading_status   = security_trading_status                                    @ 35
    market_condition          = market_condition                                           @ 36
    fast_market_indicator     = fast_market_indicator                                      @ 37
    security_trading_event    = security_trading_event                                     @ 38
    sold_out_indicator        = sold_out_indicator                                         @ 39
    high_px                   = price_type(i64.nullable(-9223372036854775808), decimals=8) @ 40
    low_px                    = price_type(i64.nullable(-9223372036854775808), decimals=8) @ 48
    product_complex           = product_complex                                            @ 56
    no_md_entries             = u8                                                         @ 57
    tes_security_status       = tes_security_status                                        @ 58
    padding_at_59             = reserved(5)                                                @ 59
    md_instrument_entry_grp   = group(InstrumentSummaryMDInstrumentEntryGrp, count="no_md_entries")


class MassInstrumentStateChangeSecMassStatGrp(Message, size=32):
    """An entry (eobi 14.1, group SecMassStatGrp)."""

    security_id             = i64                                                        @ 0
    high_px                 = price_type(i64.nullable(-9223372036854775808), decimals=8) @ 8
    low_px                  = price_type(i64.nullable(-9223372036854775808), decimals=8) @ 16
    security_status         = security_status                                            @ 24
    security_trading_status = security_trading_status                                    @ 25
    market_condition        = market_condition                                           @ 26
    security_trading_event  = security_trading_event                                     @ 27
    sold_out_indicator      = sold_out_indicator                                         @ 28
    tes_security_status     = tes_security_status                                        @ 29
    padding_at_30           = reserved(2)                                                @ 30


class MassInstrumentStateChange(Fbe, type=13302, size=32, extensible=True):
    """Mass Instrument State Change (eobi 14.1, template 13302)."""

    instrument_scope_product_complex = instrument_scope_product_complex @ 8
    security_mass_status             = security_mass_status             @ 9
    security_mass_trading_status     = security_mass_trading_status     @ 10
    mass_market_condition            = mass_market_condition            @ 11
    fast_market_indicator            = fast_market_indicator            @ 12
    security_mass_trading_event      = security_mass_trading_event      @ 13
    mass_sold_out_indicator          = mass_sold_out_indicator          @ 14
    tes_security_mass_status         = tes_security_mass_status         @ 15
    transact_time                    = u64                              @ 16
    last_fragment                    = last_fragment                    @ 24
    no_related_sym                   = u8                               @ 25
    padding_at_26                    = reserved(6)                      @ 26
    sec_mass_stat_grp                = group(MassInstrumentStateChangeSecMassStatGrp, count="no_related_sym")


class ProductStateChange(Fbe, type=13300, size=24):
    """Product State Change (eobi 14.1, template 13300)."""

    trading_session_id     = trading_session_id       @ 8
    trading_session_sub_id = trading_session_sub_id   @ 9
    trad_ses_status        = trad_ses_status          @ 10
    market_condition       = market_condition_or_null @ 11
    fast_market_indicator  = fast_market_indicator    @ 12
    tes_trad_ses_status    = tes_trad_ses_status      @ 13
    padding_at_14          = reserved(2)              @ 14
    transact_time          = u64                      @ 16


class ProductSummary(Fbe, type=13600, size=24):
    """Product Summary (eobi 14.1, template 13600)."""

    last_msg_seq_num_processed = u32                            @ 8
    trading_session_id         = trading_session_id_or_null     @ 12
    trading_session_sub_id     = trading_session_sub_id_or_null @ 13
    trad_ses_status            = trad_ses_status_or_null        @ 14
    market_condition           = market_condition_or_null       @ 15
    fast_market_indicator      = fast_market_indicator          @ 16
    tes_trad_ses_status        = tes_trad_ses_status            @ 17
    padding_at_18              = reserved(6)                    @ 18


class SnapshotOrder(Fbe, type=13602, size=40):
    """Snapshot Order (eobi 14.1, template 13602)."""

    trd_reg_ts_time_priority = u64                                                        @ 8
    display_qty              = decimal(i64, decimals=4)                                   @ 16
    side                     = side                                                       @ 24
    ord_type                 = ord_type                                                   @ 25
    hhi_indicator            = hhi_indicator                                              @ 26
    padding_at_27            = reserved(5)                                                @ 27
    price                    = price_type(i64.nullable(-9223372036854775808), decimals=8) @ 32
# fmt: on


MESSAGES = (
    AddComplexInstrument,
    AddFlexibleInstrument,
    AddScaledSimpleInstrument,
    InstrumentStateChange,
    InstrumentSummary,
    MassInstrumentStateChange,
    ProductStateChange,
    ProductSummary,
    SnapshotOrder,
)
"""Every message of the schema, in its order."""
