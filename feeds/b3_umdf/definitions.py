"""Definitions and news of B3 Binary UMDF 2.2, as its SBE schema names and places them.

Made by `python -m feedhandler.wire.sbe` from B3.Equities.BinaryUmdf.Sbe.v2.2.xml, an SBE schema with id 2 and
version 16; little-endian. Change the schema's reading, not this file.
"""

from feedhandler.wire import Message, block, group, run
from feedhandler.wire.little_endian import alpha, char, decimal, i32, i64, price, u8, u16, u32, u64

# fmt: off
security_id_source = char.named({"4": "ISIN", "8": "EXCHANGE_SYMBOL"})
security_update_action = char.named({"A": "ADD", "D": "DELETE", "M": "MODIFY"})
security_type = u8.named({
    1: "CASH", 2: "CORP", 3: "CS", 4: "DTERM", 5: "ETF", 6: "FOPT", 7: "FORWARD", 8: "FUT", 9: "INDEX",
    10: "INDEXOPT", 11: "MLEG", 12: "OPT", 13: "OPTEXER", 14: "PS", 15: "SECLOAN", 16: "SOPT", 17: "SPOT",
})
lot_type = u8.nullable(255).named({1: "ODD_LOT", 2: "ROUND_LOT", 3: "BLOCK_LOT"})
product = u8.named({
    2: "COMMODITY", 3: "CORPORATE", 4: "CURRENCY", 5: "EQUITY", 6: "GOVERNMENT", 7: "INDEX", 15: "ECONOMIC_INDICATOR",
    16: "MULTILEG",
})
exercise_style = u8.nullable(255).named({0: "EUROPEAN", 1: "AMERICAN"})
put_or_call = u8.nullable(255).named({0: "PUT", 1: "CALL"})
price_type = u8.nullable(0).named({1: "PERCENTAGE", 2: "PU", 3: "FIXED_AMOUNT"})
governance_indicator = u8.nullable(255).named({0: "No", 1: "N1", 2: "N2", 4: "NM", 5: "MA", 6: "MB", 7: "M2"})
security_match_type = u8.nullable(255).named({8: "ISSUING_BUY_BACK_AUCTION"})
boolean = u8.nullable(255).named({0: "FALSE_VALUE", 1: "TRUE_VALUE"})
multi_leg_model = u8.nullable(255).named({0: "PREDEFINED", 1: "USER_DEFINED"})
multi_leg_price_method = u8.nullable(255).named({
    0: "NET_PRICE", 1: "REVERSED_NET_PRICE", 2: "YIELD_DIFFERENCE", 3: "INDIVIDUAL",
    4: "CONTRACT_WEIGHTED_AVERAGE_PRICE", 5: "MULTIPLIED_PRICE",
})
implied_market_indicator = u8.nullable(255).named({0: "NOT_IMPLIED", 1: "IMPLIED"})
opt_payout_type = u8.nullable(0).named({1: "VANILLA", 2: "CAPPED", 3: "BINARY"})
side = u8.named({1: "BUY", 2: "SELL"})
instr_attrib_type = u8.named({24: "TRADE_TYPE_ELIGIBILITY", 34: "GTD_GTC_ELIGIBILITY"})
instr_attrib_value = u8.named({
    1: "ELECTRONIC_MATCH_OR_GTD_GTC_ELIGIBLE", 2: "ORDER_CROSS_ELIGIBLE", 3: "BLOCK_TRADE_ELIGIBLE",
    14: "FLAG_RFQ_FOR_CROSS_ELIGIBLE", 17: "NEGOTIATED_QUOTE_ELIGIBLE",
})
match_event_indicator = u8.with_bit_names(bit4="Implied", bit5="RecoveryMsg", bit7="EndOfEvent")
news_source = u8.named({
    0: "OTHER", 1: "DCM", 2: "BBMNET", 3: "MARKET_SURVEILLANCE", 4: "INTERNET", 5: "DPR_VE", 19: "MKT_OPS_FX_AGENCY",
    20: "MKT_OPS_DERIVATIVES_AGENCY", 11: "OVER_THE_COUNTER_NEWS_AGENCY", 13: "ELECTRONIC_PURCHASE_EXCHANGE",
    14: "CBLC_NEWS_AGENCY", 15: "BOVESPA_INDEX_AGENCY", 16: "BOVESPA_INSTITUTIONAL_AGENCY",
    17: "MKT_OPS_EQUITIES_AGENCY", 18: "BOVESPA_COMPANIES_AGENCY",
})


class Sbe(Message, selector="template_id", block="block_length", version="version",
          constants={"schema_id": 2}, defaults={"version": 16}):
    """The header of every message (b3.umdf.mbo.sbe 2.2.0, messageHeader)."""

    block_length = u16 @ 0
    template_id  = u16 @ 2
    schema_id    = u16 @ 4
    version      = u16 @ 6


class MaturityMonthYear(Message, size=5):
    """Week, month and year of the maturity (used for standardized futures and options). (b3.umdf.mbo.sbe 2.2.0,
    MaturityMonthYear).
    """

    year  = u16.nullable(0) @ 0
    month = u8.nullable(0)  @ 2
    day   = u8.nullable(0)  @ 3
    week  = u8.nullable(0)  @ 4


class SecurityDefinition12NoUnderlyings(Message, size=28):
    """Underlying instruments. (b3.umdf.mbo.sbe 2.2.0, group noUnderlyings).

    Always: underlying_security_id_source SecurityIDSource.EXCHANGE_SYMBOL, underlying_security_exchange BVMF.
    """

    underlying_security_id = u64       @ 0
    underlying_symbol      = alpha(20) @ 8


class GroupSizeEncoding(Message, size=3):
    """Repeating group dimensions. (b3.umdf.mbo.sbe 2.2.0, GroupSizeEncoding)."""

    block_length = u16 @ 0
    num_in_group = u8  @ 2


class SecurityDefinition12NoLegs(Message, size=38):
    """Instrument legs. (b3.umdf.mbo.sbe 2.2.0, group noLegs).

    Always: leg_security_id_source SecurityIDSource.EXCHANGE_SYMBOL, leg_security_exchange BVMF.
    """

    leg_security_id   = u64                                                     @ 0
    leg_ratio_qty     = decimal(i64.nullable(-9223372036854775808), decimals=7) @ 8
    leg_security_type = security_type                                           @ 16
    leg_side          = side                                                    @ 17
    leg_symbol        = alpha(20)                                               @ 18


class SecurityDefinition12NoInstrAttribs(Message, size=2):
    """Specifies the number of the application ID occurrences (number of channels). (b3.umdf.mbo.sbe 2.2.0, group
    noInstrAttribs).
    """

    instr_attrib_type  = instr_attrib_type  @ 0
    instr_attrib_value = instr_attrib_value @ 1


class SecurityDefinition12(Sbe, type=12, size=240):
    """Security Definition. (b3.umdf.mbo.sbe 2.2.0, template 12).

    Always: message_type MessageType.SecurityDefinition, appl_ver_id ApplVerID.FIX50SP2.
    """

    security_id                 = u64                                                     @ 8
    security_exchange           = alpha(4)                                                @ 16
    security_id_source          = security_id_source                                      @ 20
    security_group              = alpha(3)                                                @ 21
    symbol                      = alpha(20)                                               @ 24
    security_update_action      = security_update_action                                  @ 44
    security_type               = security_type                                           @ 45
    security_sub_type           = u16                                                     @ 46
    tot_no_related_sym          = u32                                                     @ 48
    min_price_increment         = decimal(i64.nullable(-9223372036854775808), decimals=8) @ 52
    strike_price                = price(i64.nullable(-9223372036854775808), decimals=4)   @ 60
    contract_multiplier         = decimal(i64.nullable(-9223372036854775808), decimals=8) @ 68
    price_divisor               = decimal(i64.nullable(-9223372036854775808), decimals=8) @ 76
    security_validity_timestamp = i64.nullable(-9223372036854775808)                      @ 84
    no_shares_issued            = u64.nullable(0)                                         @ 92
    clearing_house_id           = u64.nullable(0)                                         @ 100
    min_order_qty               = i64.nullable(-9223372036854775808)                      @ 108
    max_order_qty               = i64.nullable(-9223372036854775808)                      @ 116
    min_lot_size                = i64.nullable(-9223372036854775808)                      @ 124
    min_trade_vol               = i64.nullable(-9223372036854775808)                      @ 132
    corporate_action_event_id   = u32.nullable(0)                                         @ 140
    issue_date                  = i32                                                     @ 144
    maturity_date               = i32.nullable(0)                                         @ 148
    country_of_issue            = alpha(2)                                                @ 152
    start_date                  = i32.nullable(0)                                         @ 154
    end_date                    = i32.nullable(0)                                         @ 158
    settl_type                  = u16.nullable(65535)                                     @ 162
    settl_date                  = i32.nullable(0)                                         @ 164
    dated_date                  = i32.nullable(0)                                         @ 168
    isin_number                 = alpha(12)                                               @ 172
    asset                       = alpha(6)                                                @ 184
    cfi_code                    = alpha(6)                                                @ 190
    maturity_month_year         = block(MaturityMonthYear)                                @ 196
    contract_settl_month        = block(MaturityMonthYear)                                @ 201
    currency                    = alpha(3)                                                @ 206
    strike_currency             = alpha(3)                                                @ 209
    settl_currency              = alpha(3)                                                @ 212
    security_strategy_type      = alpha(3)                                                @ 215
    lot_type                    = lot_type                                                @ 218
    tick_size_denominator       = u8.nullable(255)                                        @ 219
    product                     = product                                                 @ 220
    exercise_style              = exercise_style                                          @ 221
    put_or_call                 = put_or_call                                             @ 222
    price_type                  = price_type                                              @ 223
    market_segment_id           = u8.nullable(0)                                          @ 224
    governance_indicator        = governance_indicator                                    @ 225
    security_match_type         = security_match_type                                     @ 226
    last_fragment               = boolean                                                 @ 227
    multi_leg_model             = multi_leg_model                                         @ 228
    multi_leg_price_method      = multi_leg_price_method                                  @ 229
    min_cross_qty               = i64.nullable(-9223372036854775808)                      @ 230
    implied_market_indicator    = implied_market_indicator.added(10)                      @ 238
    opt_payout_type             = opt_payout_type.added(16)                               @ 239
    no_underlyings              = group(SecurityDefinition12NoUnderlyings, dimension=GroupSizeEncoding)
    no_legs                     = group(SecurityDefinition12NoLegs, dimension=GroupSizeEncoding)
    no_instr_attribs            = group(SecurityDefinition12NoInstrAttribs, dimension=GroupSizeEncoding)
    security_desc               = run(u8, text="utf-8")


class News5(Sbe, type=5, size=44):
    """Conveys market information of B3 market surveillance notifications and news produced by agencies.
    (b3.umdf.mbo.sbe 2.2.0, template 5).

    Always: message_type MessageType.News, appl_ver_id ApplVerID.FIX50SP2, security_id_source
    SecurityIDSource.EXCHANGE_SYMBOL, security_exchange BVMF.
    """

    security_id           = u64.nullable(0)       @ 8
    match_event_indicator = match_event_indicator @ 16
    news_source           = news_source           @ 17
    language_code         = alpha(2)              @ 18
    part_count            = u16                   @ 20
    part_number           = u16                   @ 22
    news_id               = u64.nullable(0)       @ 24
    orig_time             = u64.nullable(0)       @ 32
    total_text_length     = u32                   @ 40
    headline              = run(u16, text="utf-8")
    text                  = run(u16, text="utf-8")
    url_link              = run(u16, text="utf-8")
# fmt: on


MESSAGES = (
    SecurityDefinition12,
    News5,
)
"""Every message of the schema, in its order."""
