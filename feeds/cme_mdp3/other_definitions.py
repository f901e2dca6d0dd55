"""Definitions of fixed income, repos and currencies of CME MDP 3.0 as the SBE schema of version 13 has them.

Made by `python -m feedhandler.wire.sbe` from Cme.Futures.Mdp3.Sbe.v1.13.xml, an SBE schema with id 1 and
version 13; little-endian. Change the schema's reading, not this file.
"""

from feedhandler.wire import Message, block, group
from feedhandler.wire.little_endian import alpha, char, decimal, i8, i16, i32, i64, price, u8, u16, u32, u64

# fmt: off
match_event_indicator = u8.with_bit_names(
    bit0="LastTradeMsg", bit1="LastVolumeMsg", bit2="LastQuoteMsg", bit3="LastStatsMsg", bit4="LastImpliedMsg",
    bit5="RecoveryMsg", bit6="Reserved", bit7="EndOfEvent",
)
security_update_action = char.named({"A": "Add", "D": "Delete", "M": "Modify"})
security_trading_status = u8.nullable(255).named({
    2: "TradingHalt", 4: "Close", 15: "NewPriceIndication", 17: "ReadyToTrade", 18: "NotAvailableForTrading",
    20: "UnknownorInvalid", 21: "PreOpen", 24: "PreCross", 25: "Cross", 26: "PostClose", 103: "NoChange",
    201: "PrivateWorkup", 202: "PublicWorkup",
})
security_alt_id_source = u8.nullable(255).named({1: "CUSIP", 4: "ISIN"})
event_type = u8.named({5: "Activation", 7: "LastEligibleTradeDate"})
inst_attrib_value = u32.with_bit_names(
    bit0="ElectronicMatchEligible", bit1="OrderCrossEligible", bit2="BlockTradeEligible", bit3="EFPEligible",
    bit4="EBFEligible", bit5="EFSEligible", bit6="EFREligible", bit7="OTCEligible",
    bit8="iLinkIndicativeMassQuotingEligible", bit9="NegativeStrikeEligible", bit10="NegativePriceOutrightEligible",
    bit11="IsFractional", bit12="VolatilityQuotedOption", bit13="RFQCrossEligible", bit14="ZeroPriceOutrightEligible",
    bit15="DecayingProductEligibility", bit16="VariableProductEligibility", bit17="DailyProductEligibility",
    bit18="GTOrdersEligibility", bit19="ImpliedMatchingEligibility", bit20="TriangulationEligible",
    bit21="VariableCabEligible", bit22="InvertedBook", bit23="IsAoNInstrument", bit24="SEFRegulated",
    bit25="MTFRegulated", bit26="eFIXInstrument", bit27="HedgeInstrument",
)
repo_sub_type = u8.named({0: "Special", 1: "GC", 2: "GCForDBV"})
money_or_par = u8.nullable(255).named({1: "Money", 2: "Par"})


class Sbe(Message, selector="template_id", block="block_length", version="version",
          constants={"schema_id": 1}, defaults={"version": 13}):
    """The header of every message (mktdata FIX5SP2, messageHeader)."""

    block_length = u16 @ 0
    template_id  = u16 @ 2
    schema_id    = u16 @ 4
    version      = u16 @ 6


class MDInstrumentDefinitionFixedIncome57NoEvents(Message, size=9):
    """Number of repeating EventType entries. (mktdata FIX5SP2, group NoEvents)."""

    event_type = event_type @ 0
    event_time = u64        @ 1


class GroupSize(Message, size=3):
    """Repeating group dimensions (mktdata FIX5SP2, groupSize)."""

    block_length = u16 @ 0
    num_in_group = u8  @ 2


class MDInstrumentDefinitionFixedIncome57NoMDFeedTypes(Message, size=4):
    """Number of repeating FeedType repeating group entries. (mktdata FIX5SP2, group NoMDFeedTypes)."""

    md_feed_type = alpha(3) @ 0
    market_depth = i8       @ 3


class MDInstrumentDefinitionFixedIncome57NoInstAttrib(Message, size=4):
    """Number of repeating InstrAttribType entries. (mktdata FIX5SP2, group NoInstAttrib).

    Always: inst_attrib_type 24.
    """

    inst_attrib_value = inst_attrib_value @ 0


class MDInstrumentDefinitionFixedIncome57NoLotTypeRules(Message, size=5):
    """Number of entries (mktdata FIX5SP2, group NoLotTypeRules)."""

    lot_type     = i8                                            @ 0
    min_lot_size = decimal(i32.nullable(2147483647), decimals=4) @ 1


class MDInstrumentDefinitionFixedIncome57(Sbe, type=57, size=346):
    """MDInstrumentDefinitionFixedIncome (mktdata FIX5SP2, template 57).

    Always: security_id_source 8.
    """

    match_event_indicator          = match_event_indicator                                  @ 8
    tot_num_reports                = u32.nullable(4294967295)                               @ 9
    security_update_action         = security_update_action                                 @ 13
    last_update_time               = u64                                                    @ 14
    md_security_trading_status     = security_trading_status                                @ 22
    appl_id                        = i16                                                    @ 23
    market_segment_id              = u8                                                     @ 25
    underlying_product             = u8                                                     @ 26
    security_exchange              = alpha(4)                                               @ 27
    security_group                 = alpha(6)                                               @ 31
    asset                          = alpha(6)                                               @ 37
    symbol                         = alpha(20)                                              @ 43
    security_id                    = i32                                                    @ 63
    security_type                  = alpha(6)                                               @ 67
    cfi_code                       = alpha(6)                                               @ 73
    currency                       = alpha(3)                                               @ 79
    settl_currency                 = alpha(3)                                               @ 82
    match_algorithm                = char                                                   @ 85
    min_trade_vol                  = u32                                                    @ 86
    max_trade_vol                  = u32                                                    @ 90
    min_price_increment            = price(i64.nullable(9223372036854775807), decimals=9)   @ 94
    display_factor                 = decimal(i64, decimals=9)                               @ 102
    main_fraction                  = u8.nullable(255)                                       @ 110
    sub_fraction                   = u8.nullable(255)                                       @ 111
    price_display_format           = u8.nullable(255)                                       @ 112
    unit_of_measure                = alpha(30)                                              @ 113
    unit_of_measure_qty            = decimal(i64.nullable(9223372036854775807), decimals=9) @ 143
    trading_reference_price        = price(i64.nullable(9223372036854775807), decimals=9)   @ 151
    trading_reference_date         = u16.nullable(65535)                                    @ 159
    high_limit_price               = price(i64.nullable(9223372036854775807), decimals=9)   @ 161
    low_limit_price                = price(i64.nullable(9223372036854775807), decimals=9)   @ 169
    max_price_variation            = price(i64.nullable(9223372036854775807), decimals=9)   @ 177
    min_price_increment_amount     = price(i64.nullable(9223372036854775807), decimals=9)   @ 185
    issue_date                     = u16.nullable(65535)                                    @ 193
    dated_date                     = u16.nullable(65535)                                    @ 195
    maturity_date                  = u16.nullable(65535)                                    @ 197
    coupon_rate                    = decimal(i64.nullable(9223372036854775807), decimals=9) @ 199
    par_value                      = price(i64.nullable(9223372036854775807), decimals=9)   @ 207
    coupon_frequency_unit          = alpha(3)                                               @ 215
    coupon_frequency_period        = u16.nullable(65535)                                    @ 218
    coupon_day_count               = alpha(20)                                              @ 220
    country_of_issue               = alpha(2)                                               @ 240
    issuer                         = alpha(25)                                              @ 242
    financial_instrument_full_name = alpha(35)                                              @ 267
    security_alt_id                = alpha(12)                                              @ 302
    security_alt_id_source         = security_alt_id_source                                 @ 314
    price_quote_method             = alpha(5)                                               @ 315
    party_role_clearing_org        = alpha(5)                                               @ 320
    user_defined_instrument        = char                                                   @ 325
    risk_set                       = alpha(6)                                               @ 326
    market_set                     = alpha(6)                                               @ 332
    instrument_guid                = u64.nullable(18446744073709551615)                     @ 338
    no_events                      = group(MDInstrumentDefinitionFixedIncome57NoEvents, dimension=GroupSize)
    no_md_feed_types               = group(MDInstrumentDefinitionFixedIncome57NoMDFeedTypes, dimension=GroupSize)
    no_inst_attrib                 = group(MDInstrumentDefinitionFixedIncome57NoInstAttrib, dimension=GroupSize)
    no_lot_type_rules              = group(MDInstrumentDefinitionFixedIncome57NoLotTypeRules, dimension=GroupSize)


class MDInstrumentDefinitionRepo58NoEvents(Message, size=9):
    """Number of repeating EventType entries (mktdata FIX5SP2, group NoEvents)."""

    event_type = event_type @ 0
    event_time = u64        @ 1


class MDInstrumentDefinitionRepo58NoMDFeedTypes(Message, size=4):
    """Number of repeating FeedType repeating group entries. (mktdata FIX5SP2, group NoMDFeedTypes)."""

    md_feed_type = alpha(3) @ 0
    market_depth = i8       @ 3


class MDInstrumentDefinitionRepo58NoInstAttrib(Message, size=4):
    """Number of repeating InstrAttribType entries (mktdata FIX5SP2, group NoInstAttrib).

    Always: inst_attrib_type 24.
    """

    inst_attrib_value = inst_attrib_value @ 0


class MDInstrumentDefinitionRepo58NoLotTypeRules(Message, size=5):
    """Number of entries (mktdata FIX5SP2, group NoLotTypeRules)."""

    lot_type     = i8                                            @ 0
    min_lot_size = decimal(i32.nullable(2147483647), decimals=4) @ 1


class MDInstrumentDefinitionRepo58NoUnderlyings(Message, size=118):
    """Number of underlying entries (mktdata FIX5SP2, group NoUnderlyings).

    Always: underlying_security_id_source 8.
    """

    underlying_symbol                         = alpha(20)                                    @ 0
    underlying_security_id                    = i32.nullable(2147483647)                     @ 20
    underlying_security_alt_id                = alpha(12)                                    @ 24
    underlying_security_alt_id_source         = security_alt_id_source                       @ 36
    underlying_financial_instrument_full_name = alpha(35)                                    @ 37
    underlying_security_type                  = alpha(6)                                     @ 72
    underlying_country_of_issue               = alpha(2)                                     @ 78
    underlying_issuer                         = alpha(25)                                    @ 80
    underlying_max_life_time                  = u8.nullable(255)                             @ 105
    underlying_min_days_to_maturity           = u16.nullable(65535)                          @ 106
    underlying_instrument_guid                = u64.nullable(18446744073709551615).added(11) @ 108
    underlying_maturity_date                  = u16.nullable(65535).added(11)                @ 116


class MDInstrumentDefinitionRepo58NoRelatedInstruments(Message, size=32):
    """Number of related instruments group (mktdata FIX5SP2, group NoRelatedInstruments).

    Always: related_security_id_source 8.
    """

    related_security_id     = i32                                @ 0
    related_symbol          = alpha(20)                          @ 4
    related_instrument_guid = u64.nullable(18446744073709551615) @ 24


class MDInstrumentDefinitionRepo58NoBrokenDates(Message, size=16):
    """This group indicates the number of broken dates and references individual broken contracts in user defined
    tailor made repo. Applicable only to tailor made repos requested by traders with broken dates (mktdata
    FIX5SP2, group NoBrokenDates).
    """

    broken_date_guid        = u64                 @ 0
    broken_date_security_id = i32                 @ 8
    broken_date_start       = u16.nullable(65535) @ 12
    broken_date_end         = u16.nullable(65535) @ 14


class MDInstrumentDefinitionRepo58(Sbe, type=58, size=284):
    """MDInstrumentDefinitionRepo (mktdata FIX5SP2, template 58).

    Always: security_id_source 8.
    """

    match_event_indicator          = match_event_indicator                                  @ 8
    tot_num_reports                = u32.nullable(4294967295)                               @ 9
    security_update_action         = security_update_action                                 @ 13
    last_update_time               = u64                                                    @ 14
    md_security_trading_status     = security_trading_status                                @ 22
    appl_id                        = i16                                                    @ 23
    market_segment_id              = u8                                                     @ 25
    underlying_product             = u8                                                     @ 26
    security_exchange              = alpha(4)                                               @ 27
    security_group                 = alpha(6)                                               @ 31
    asset                          = alpha(6)                                               @ 37
    symbol                         = alpha(20)                                              @ 43
    security_id                    = i32                                                    @ 63
    security_type                  = alpha(6)                                               @ 67
    cfi_code                       = alpha(6)                                               @ 73
    currency                       = alpha(3)                                               @ 79
    settl_currency                 = alpha(3)                                               @ 82
    match_algorithm                = char                                                   @ 85
    min_trade_vol                  = u32                                                    @ 86
    max_trade_vol                  = u32                                                    @ 90
    min_price_increment            = price(i64, decimals=9)                                 @ 94
    display_factor                 = decimal(i64, decimals=9)                               @ 102
    unit_of_measure                = alpha(30)                                              @ 110
    unit_of_measure_qty            = decimal(i64.nullable(9223372036854775807), decimals=9) @ 140
    trading_reference_price        = price(i64.nullable(9223372036854775807), decimals=9)   @ 148
    trading_reference_date         = u16.nullable(65535)                                    @ 156
    high_limit_price               = price(i64.nullable(9223372036854775807), decimals=9)   @ 158
    low_limit_price                = price(i64.nullable(9223372036854775807), decimals=9)   @ 166
    max_price_variation            = price(i64.nullable(9223372036854775807), decimals=9)   @ 174
    financial_instrument_full_name = alpha(35)                                              @ 182
    party_role_clearing_org        = alpha(5)                                               @ 217
    start_date                     = u16.nullable(65535)                                    @ 222
    end_date                       = u16.nullable(65535)                                    @ 224
    termination_type               = alpha(8)                                               @ 226
    security_sub_type              = repo_sub_type                                          @ 234
    money_or_par                   = money_or_par                                           @ 235
    max_no_of_substitutions        = u8                                                     @ 236
    price_quote_method             = alpha(5)                                               @ 237
    user_defined_instrument        = char                                                   @ 242
    risk_set                       = alpha(6)                                               @ 243
    market_set                     = alpha(6)                                               @ 249
    instrument_guid                = u64.nullable(18446744073709551615)                     @ 255
    term_code                      = alpha(20).added(11)                                    @ 263
    broken_date_term_type          = u8.nullable(255).added(13)                             @ 283
    no_events                      = group(MDInstrumentDefinitionRepo58NoEvents, dimension=GroupSize)
    no_md_feed_types               = group(MDInstrumentDefinitionRepo58NoMDFeedTypes, dimension=GroupSize)
    no_inst_attrib                 = group(MDInstrumentDefinitionRepo58NoInstAttrib, dimension=GroupSize)
    no_lot_type_rules              = group(MDInstrumentDefinitionRepo58NoLotTypeRules, dimension=GroupSize)
    no_underlyings                 = group(MDInstrumentDefinitionRepo58NoUnderlyings, dimension=GroupSize)
    no_related_instruments         = group(MDInstrumentDefinitionRepo58NoRelatedInstruments, dimension=GroupSize)
    no_broken_dates                = group(MDInstrumentDefinitionRepo58NoBrokenDates, dimension=GroupSize).added(13)


class MaturityMonthYear(Message, size=5):
    """Year, Month and Date (mktdata FIX5SP2, MaturityMonthYear)."""

    year  = u16.nullable(65535) @ 0
    month = u8.nullable(255)    @ 2
    day   = u8.nullable(255)    @ 3
    week  = u8.nullable(255)    @ 4


class MDInstrumentDefinitionFX63NoEvents(Message, size=9):
    """Number of EventType entries (mktdata FIX5SP2, group NoEvents)."""

    event_type = event_type @ 0
    event_time = u64        @ 1


class MDInstrumentDefinitionFX63NoMDFeedTypes(Message, size=4):
    """Number of FeedType entries (mktdata FIX5SP2, group NoMDFeedTypes)."""

    md_feed_type = alpha(3) @ 0
    market_depth = i8       @ 3


class MDInstrumentDefinitionFX63NoInstAttrib(Message, size=4):
    """Number of InstrAttribType entries (mktdata FIX5SP2, group NoInstAttrib).

    Always: inst_attrib_type 24.
    """

    inst_attrib_value = inst_attrib_value @ 0


class MDInstrumentDefinitionFX63NoLotTypeRules(Message, size=9):
    """Number of LotTypeRules entries (mktdata FIX5SP2, group NoLotTypeRules)."""

    lot_type     = i8  @ 0
    min_lot_size = u64 @ 1


class MDInstrumentDefinitionFX63NoTradingSessions(Message, size=18):
    """Number of scheduled Trading Dates (mktdata FIX5SP2, group NoTradingSessions).

    Always: security_alt_id_source 4.
    """

    trade_date      = u16.nullable(65535) @ 0
    settl_date      = u16.nullable(65535) @ 2
    maturity_date   = u16.nullable(65535) @ 4
    security_alt_id = alpha(12)           @ 6


class MDInstrumentDefinitionFX63(Sbe, type=63, size=345):
    """MDInstrumentDefinitionFX (mktdata FIX5SP2, template 63).

    Always: security_id_source 8.
    """

    match_event_indicator          = match_event_indicator                                          @ 8
    tot_num_reports                = u32.nullable(4294967295)                                       @ 9
    security_update_action         = security_update_action                                         @ 13
    last_update_time               = u64                                                            @ 14
    md_security_trading_status     = security_trading_status                                        @ 22
    appl_id                        = i16                                                            @ 23
    market_segment_id              = u8                                                             @ 25
    underlying_product             = u8                                                             @ 26
    security_exchange              = alpha(4)                                                       @ 27
    security_group                 = alpha(6)                                                       @ 31
    asset                          = alpha(6)                                                       @ 37
    symbol                         = alpha(20)                                                      @ 43
    security_id                    = i32                                                            @ 63
    security_type                  = alpha(6)                                                       @ 67
    cfi_code                       = alpha(6)                                                       @ 73
    currency                       = alpha(3)                                                       @ 79
    settl_currency                 = alpha(3)                                                       @ 82
    price_quote_currency           = alpha(3)                                                       @ 85
    match_algorithm                = char                                                           @ 88
    min_trade_vol                  = u32                                                            @ 89
    max_trade_vol                  = u32                                                            @ 93
    min_price_increment            = price(i64, decimals=9)                                         @ 97
    display_factor                 = decimal(i64, decimals=9)                                       @ 105
    price_precision                = u8                                                             @ 113
    unit_of_measure                = alpha(30)                                                      @ 114
    unit_of_measure_qty            = decimal(i64.nullable(9223372036854775807), decimals=9)         @ 144
    high_limit_price               = price(i64.nullable(9223372036854775807), decimals=9)           @ 152
    low_limit_price                = price(i64.nullable(9223372036854775807), decimals=9)           @ 160
    max_price_variation            = price(i64.nullable(9223372036854775807), decimals=9)           @ 168
    user_defined_instrument        = char                                                           @ 176
    financial_instrument_full_name = alpha(35)                                                      @ 177
    fx_currency_symbol             = alpha(7)                                                       @ 212
    settl_type                     = alpha(3)                                                       @ 219
    intervening_days               = u16                                                            @ 222
    fx_benchmark_rate_fix          = alpha(20)                                                      @ 224
    rate_source                    = alpha(12)                                                      @ 244
    fix_rate_local_time            = alpha(8)                                                       @ 256
    fix_rate_local_time_zone       = alpha(20)                                                      @ 264
    min_quote_life                 = u32                                                            @ 284
    max_price_discretion_offset    = price(i64, decimals=9)                                         @ 288
    instrument_guid                = u64.nullable(18446744073709551615)                             @ 296
    maturity_month_year            = block(MaturityMonthYear)                                       @ 304
    settlement_locale              = alpha(8)                                                       @ 309
    alt_min_price_increment        = price(i64.nullable(9223372036854775807), decimals=9).added(13) @ 317
    alt_min_quote_life             = u32.nullable(4294967295).added(13)                             @ 325
    alt_price_increment_constraint = price(i64.nullable(9223372036854775807), decimals=9).added(13) @ 329
    max_bid_ask_constraint         = price(i64.nullable(9223372036854775807), decimals=9).added(13) @ 337
    no_events                      = group(MDInstrumentDefinitionFX63NoEvents, dimension=GroupSize)
    no_md_feed_types               = group(MDInstrumentDefinitionFX63NoMDFeedTypes, dimension=GroupSize)
    no_inst_attrib                 = group(MDInstrumentDefinitionFX63NoInstAttrib, dimension=GroupSize)
    no_lot_type_rules              = group(MDInstrumentDefinitionFX63NoLotTypeRules, dimension=GroupSize)
    no_trading_sessions            = group(MDInstrumentDefinitionFX63NoTradingSessions, dimension=GroupSize)
# fmt: on


MESSAGES = (
    MDInstrumentDefinitionFixedIncome57,
    MDInstrumentDefinitionRepo58,
    MDInstrumentDefinitionFX63,
)
"""Every message of the schema, in its order."""
