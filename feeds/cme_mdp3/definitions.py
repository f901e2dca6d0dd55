"""Definitions of futures, options and spreads of CME MDP 3.0 as the SBE schema of version 13 has them.

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
settl_price_type = u8.with_bit_names(
    bit0="FinalDaily", bit1="Actual", bit2="Rounded", bit3="Intraday", bit4="ReservedBits", bit7="NullValue",
)
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
put_or_call = u8.named({0: "Put", 1: "Call"})
leg_side = u8.named({1: "BuySide", 2: "SellSide"})


class Sbe(Message, selector="template_id", block="block_length", version="version",
          constants={"schema_id": 1}, defaults={"version": 13}):
    """The header of every message (mktdata FIX5SP2, messageHeader)."""

    block_length = u16 @ 0
    template_id  = u16 @ 2
    schema_id    = u16 @ 4
    version      = u16 @ 6


class MaturityMonthYear(Message, size=5):
    """Year, Month and Date (mktdata FIX5SP2, MaturityMonthYear)."""

    year  = u16.nullable(65535) @ 0
    month = u8.nullable(255)    @ 2
    day   = u8.nullable(255)    @ 3
    week  = u8.nullable(255)    @ 4


class MDInstrumentDefinitionFuture54NoEvents(Message, size=9):
    """Number of repeating EventType entries (mktdata FIX5SP2, group NoEvents)."""

    event_type = event_type @ 0
    event_time = u64        @ 1


class GroupSize(Message, size=3):
    """Repeating group dimensions (mktdata FIX5SP2, groupSize)."""

    block_length = u16 @ 0
    num_in_group = u8  @ 2


class MDInstrumentDefinitionFuture54NoMDFeedTypes(Message, size=4):
    """Number of repeating FeedType entries (mktdata FIX5SP2, group NoMDFeedTypes)."""

    md_feed_type = alpha(3) @ 0
    market_depth = i8       @ 3


class MDInstrumentDefinitionFuture54NoInstAttrib(Message, size=4):
    """Number of repeating InstrAttribType entries (mktdata FIX5SP2, group NoInstAttrib).

    Always: inst_attrib_type 24.
    """

    inst_attrib_value = inst_attrib_value @ 0


class MDInstrumentDefinitionFuture54NoLotTypeRules(Message, size=5):
    """Number of entries (mktdata FIX5SP2, group NoLotTypeRules)."""

    lot_type     = i8                                            @ 0
    min_lot_size = decimal(i32.nullable(2147483647), decimals=4) @ 1


class MDInstrumentDefinitionFuture54(Sbe, type=54, size=232):
    """MDInstrumentDefinitionFuture (mktdata FIX5SP2, template 54).

    Always: security_id_source 8.
    """

    match_event_indicator      = match_event_indicator                                  @ 8
    tot_num_reports            = u32.nullable(4294967295)                               @ 9
    security_update_action     = security_update_action                                 @ 13
    last_update_time           = u64                                                    @ 14
    md_security_trading_status = security_trading_status                                @ 22
    appl_id                    = i16                                                    @ 23
    market_segment_id          = u8                                                     @ 25
    underlying_product         = u8                                                     @ 26
    security_exchange          = alpha(4)                                               @ 27
    security_group             = alpha(6)                                               @ 31
    asset                      = alpha(6)                                               @ 37
    symbol                     = alpha(20)                                              @ 43
    security_id                = i32                                                    @ 63
    security_type              = alpha(6)                                               @ 67
    cfi_code                   = alpha(6)                                               @ 73
    maturity_month_year        = block(MaturityMonthYear)                               @ 79
    currency                   = alpha(3)                                               @ 84
    settl_currency             = alpha(3)                                               @ 87
    match_algorithm            = char                                                   @ 90
    min_trade_vol              = u32                                                    @ 91
    max_trade_vol              = u32                                                    @ 95
    min_price_increment        = price(i64, decimals=9)                                 @ 99
    display_factor             = decimal(i64, decimals=9)                               @ 107
    main_fraction              = u8.nullable(255)                                       @ 115
    sub_fraction               = u8.nullable(255)                                       @ 116
    price_display_format       = u8.nullable(255)                                       @ 117
    unit_of_measure            = alpha(30)                                              @ 118
    unit_of_measure_qty        = decimal(i64.nullable(9223372036854775807), decimals=9) @ 148
    trading_reference_price    = price(i64.nullable(9223372036854775807), decimals=9)   @ 156
    settl_price_type           = settl_price_type                                       @ 164
    open_interest_qty          = i32.nullable(2147483647)                               @ 165
    cleared_volume             = i32.nullable(2147483647)                               @ 169
    high_limit_price           = price(i64.nullable(9223372036854775807), decimals=9)   @ 173
    low_limit_price            = price(i64.nullable(9223372036854775807), decimals=9)   @ 181
    max_price_variation        = price(i64.nullable(9223372036854775807), decimals=9)   @ 189
    decay_quantity             = i32.nullable(2147483647)                               @ 197
    decay_start_date           = u16.nullable(65535)                                    @ 201
    original_contract_size     = i32.nullable(2147483647)                               @ 203
    contract_multiplier        = i32.nullable(2147483647)                               @ 207
    contract_multiplier_unit   = i8.nullable(127)                                       @ 211
    flow_schedule_type         = i8.nullable(127)                                       @ 212
    min_price_increment_amount = price(i64.nullable(9223372036854775807), decimals=9)   @ 213
    user_defined_instrument    = char                                                   @ 221
    trading_reference_date     = u16.nullable(65535)                                    @ 222
    instrument_guid            = u64.nullable(18446744073709551615).added(10)           @ 224
    no_events                  = group(MDInstrumentDefinitionFuture54NoEvents, dimension=GroupSize)
    no_md_feed_types           = group(MDInstrumentDefinitionFuture54NoMDFeedTypes, dimension=GroupSize)
    no_inst_attrib             = group(MDInstrumentDefinitionFuture54NoInstAttrib, dimension=GroupSize)
    no_lot_type_rules          = group(MDInstrumentDefinitionFuture54NoLotTypeRules, dimension=GroupSize)


class MDInstrumentDefinitionOption55NoEvents(Message, size=9):
    """Number of EventType entries (mktdata FIX5SP2, group NoEvents)."""

    event_type = event_type @ 0
    event_time = u64        @ 1


class MDInstrumentDefinitionOption55NoMDFeedTypes(Message, size=4):
    """Number of FeedType entries (mktdata FIX5SP2, group NoMDFeedTypes)."""

    md_feed_type = alpha(3) @ 0
    market_depth = i8       @ 3


class MDInstrumentDefinitionOption55NoInstAttrib(Message, size=4):
    """Number of InstrAttribType entries (mktdata FIX5SP2, group NoInstAttrib).

    Always: inst_attrib_type 24.
    """

    inst_attrib_value = inst_attrib_value @ 0


class MDInstrumentDefinitionOption55NoLotTypeRules(Message, size=5):
    """Number of entries (mktdata FIX5SP2, group NoLotTypeRules)."""

    lot_type     = i8                                            @ 0
    min_lot_size = decimal(i32.nullable(2147483647), decimals=4) @ 1


class MDInstrumentDefinitionOption55NoUnderlyings(Message, size=24):
    """Number of underlying instruments (mktdata FIX5SP2, group NoUnderlyings).

    Always: underlying_security_id_source 8.
    """

    underlying_security_id = i32       @ 0
    underlying_symbol      = alpha(20) @ 4


class MDInstrumentDefinitionOption55NoRelatedInstruments(Message, size=24):
    """Number of related instruments group (mktdata FIX5SP2, group NoRelatedInstruments).

    Always: related_security_id_source 8.
    """

    related_security_id = i32       @ 0
    related_symbol      = alpha(20) @ 4


class MDInstrumentDefinitionOption55(Sbe, type=55, size=229):
    """MDInstrumentDefinitionOption (mktdata FIX5SP2, template 55).

    Always: security_id_source 8.
    """

    match_event_indicator      = match_event_indicator                                  @ 8
    tot_num_reports            = u32.nullable(4294967295)                               @ 9
    security_update_action     = security_update_action                                 @ 13
    last_update_time           = u64                                                    @ 14
    md_security_trading_status = security_trading_status                                @ 22
    appl_id                    = i16                                                    @ 23
    market_segment_id          = u8                                                     @ 25
    underlying_product         = u8                                                     @ 26
    security_exchange          = alpha(4)                                               @ 27
    security_group             = alpha(6)                                               @ 31
    asset                      = alpha(6)                                               @ 37
    symbol                     = alpha(20)                                              @ 43
    security_id                = i32                                                    @ 63
    security_type              = alpha(6)                                               @ 67
    cfi_code                   = alpha(6)                                               @ 73
    put_or_call                = put_or_call                                            @ 79
    maturity_month_year        = block(MaturityMonthYear)                               @ 80
    currency                   = alpha(3)                                               @ 85
    strike_price               = price(i64.nullable(9223372036854775807), decimals=9)   @ 88
    strike_currency            = alpha(3)                                               @ 96
    settl_currency             = alpha(3)                                               @ 99
    min_cab_price              = price(i64.nullable(9223372036854775807), decimals=9)   @ 102
    match_algorithm            = char                                                   @ 110
    min_trade_vol              = u32                                                    @ 111
    max_trade_vol              = u32                                                    @ 115
    min_price_increment        = price(i64.nullable(9223372036854775807), decimals=9)   @ 119
    min_price_increment_amount = price(i64.nullable(9223372036854775807), decimals=9)   @ 127
    display_factor             = decimal(i64, decimals=9)                               @ 135
    tick_rule                  = i8.nullable(127)                                       @ 143
    main_fraction              = u8.nullable(255)                                       @ 144
    sub_fraction               = u8.nullable(255)                                       @ 145
    price_display_format       = u8.nullable(255)                                       @ 146
    unit_of_measure            = alpha(30)                                              @ 147
    unit_of_measure_qty        = decimal(i64.nullable(9223372036854775807), decimals=9) @ 177
    trading_reference_price    = price(i64.nullable(9223372036854775807), decimals=9)   @ 185
    settl_price_type           = settl_price_type                                       @ 193
    cleared_volume             = i32.nullable(2147483647)                               @ 194
    open_interest_qty          = i32.nullable(2147483647)                               @ 198
    low_limit_price            = price(i64.nullable(9223372036854775807), decimals=9)   @ 202
    high_limit_price           = price(i64.nullable(9223372036854775807), decimals=9)   @ 210
    user_defined_instrument    = char                                                   @ 218
    trading_reference_date     = u16.nullable(65535)                                    @ 219
    instrument_guid            = u64.nullable(18446744073709551615).added(10)           @ 221
    no_events                  = group(MDInstrumentDefinitionOption55NoEvents, dimension=GroupSize)
    no_md_feed_types           = group(MDInstrumentDefinitionOption55NoMDFeedTypes, dimension=GroupSize)
    no_inst_attrib             = group(MDInstrumentDefinitionOption55NoInstAttrib, dimension=GroupSize)
    no_lot_type_rules          = group(MDInstrumentDefinitionOption55NoLotTypeRules, dimension=GroupSize)
    no_underlyings             = group(MDInstrumentDefinitionOption55NoUnderlyings, dimension=GroupSize)
    no_related_instruments     = group(MDInstrumentDefinitionOption55NoRelatedInstruments, dimension=GroupSize)


class MDInstrumentDefinitionSpread56NoEvents(Message, size=9):
    """Number of repeating EventType entries (mktdata FIX5SP2, group NoEvents)."""

    event_type = event_type @ 0
    event_time = u64        @ 1


class MDInstrumentDefinitionSpread56NoMDFeedTypes(Message, size=4):
    """Number of FeedType entries (mktdata FIX5SP2, group NoMDFeedTypes)."""

    md_feed_type = alpha(3) @ 0
    market_depth = i8       @ 3


class MDInstrumentDefinitionSpread56NoInstAttrib(Message, size=4):
    """Number of InstrAttribType entries (mktdata FIX5SP2, group NoInstAttrib).

    Always: inst_attrib_type 24.
    """

    inst_attrib_value = inst_attrib_value @ 0


class MDInstrumentDefinitionSpread56NoLotTypeRules(Message, size=5):
    """Number of entries (mktdata FIX5SP2, group NoLotTypeRules)."""

    lot_type     = i8                                            @ 0
    min_lot_size = decimal(i32.nullable(2147483647), decimals=4) @ 1


class MDInstrumentDefinitionSpread56NoLegs(Message, size=18):
    """Number of Leg entries (mktdata FIX5SP2, group NoLegs).

    Always: leg_security_id_source 8.
    """

    leg_security_id  = i32                                                  @ 0
    leg_side         = leg_side                                             @ 4
    leg_ratio_qty    = i8                                                   @ 5
    leg_price        = price(i64.nullable(9223372036854775807), decimals=9) @ 6
    leg_option_delta = decimal(i32.nullable(2147483647), decimals=4)        @ 14


class MDInstrumentDefinitionSpread56(Sbe, type=56, size=263):
    """MDInstrumentDefinitionSpread (mktdata FIX5SP2, template 56).

    Always: security_id_source 8.
    """

    match_event_indicator          = match_event_indicator                                @ 8
    tot_num_reports                = u32.nullable(4294967295)                             @ 9
    security_update_action         = security_update_action                               @ 13
    last_update_time               = u64                                                  @ 14
    md_security_trading_status     = security_trading_status                              @ 22
    appl_id                        = i16                                                  @ 23
    market_segment_id              = u8                                                   @ 25
    underlying_product             = u8.nullable(255)                                     @ 26
    security_exchange              = alpha(4)                                             @ 27
    security_group                 = alpha(6)                                             @ 31
    asset                          = alpha(6)                                             @ 37
    symbol                         = alpha(20)                                            @ 43
    security_id                    = i32                                                  @ 63
    security_type                  = alpha(6)                                             @ 67
    cfi_code                       = alpha(6)                                             @ 73
    maturity_month_year            = block(MaturityMonthYear)                             @ 79
    currency                       = alpha(3)                                             @ 84
    security_sub_type              = alpha(5)                                             @ 87
    user_defined_instrument        = char                                                 @ 92
    match_algorithm                = char                                                 @ 93
    min_trade_vol                  = u32                                                  @ 94
    max_trade_vol                  = u32                                                  @ 98
    min_price_increment            = price(i64.nullable(9223372036854775807), decimals=9) @ 102
    display_factor                 = decimal(i64, decimals=9)                             @ 110
    price_display_format           = u8.nullable(255)                                     @ 118
    price_ratio                    = price(i64.nullable(9223372036854775807), decimals=9) @ 119
    tick_rule                      = i8.nullable(127)                                     @ 127
    unit_of_measure                = alpha(30)                                            @ 128
    trading_reference_price        = price(i64.nullable(9223372036854775807), decimals=9) @ 158
    settl_price_type               = settl_price_type                                     @ 166
    open_interest_qty              = i32.nullable(2147483647)                             @ 167
    cleared_volume                 = i32.nullable(2147483647)                             @ 171
    high_limit_price               = price(i64.nullable(9223372036854775807), decimals=9) @ 175
    low_limit_price                = price(i64.nullable(9223372036854775807), decimals=9) @ 183
    max_price_variation            = price(i64.nullable(9223372036854775807), decimals=9) @ 191
    main_fraction                  = u8.nullable(255)                                     @ 199
    sub_fraction                   = u8.nullable(255)                                     @ 200
    trading_reference_date         = u16.nullable(65535)                                  @ 201
    price_quote_method             = alpha(5).added(10)                                   @ 203
    risk_set                       = alpha(6).added(10)                                   @ 208
    market_set                     = alpha(6).added(10)                                   @ 214
    instrument_guid                = u64.nullable(18446744073709551615).added(10)         @ 220
    financial_instrument_full_name = alpha(35).added(10)                                  @ 228
    no_events                      = group(MDInstrumentDefinitionSpread56NoEvents, dimension=GroupSize)
    no_md_feed_types               = group(MDInstrumentDefinitionSpread56NoMDFeedTypes, dimension=GroupSize)
    no_inst_attrib                 = group(MDInstrumentDefinitionSpread56NoInstAttrib, dimension=GroupSize)
    no_lot_type_rules              = group(MDInstrumentDefinitionSpread56NoLotTypeRules, dimension=GroupSize)
    no_legs                        = group(MDInstrumentDefinitionSpread56NoLegs, dimension=GroupSize)
# fmt: on


MESSAGES = (
    MDInstrumentDefinitionFuture54,
    MDInstrumentDefinitionOption55,
    MDInstrumentDefinitionSpread56,
)
"""Every message of the schema, in its order."""
