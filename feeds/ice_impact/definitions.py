"""Definitions that ICE iMpact 1.1.33 sends during the day: strategies, new markets, strips, special fields.

Offsets count from the message's type, behind groups from the end of the group.
"""

from feedhandler.wire import Message, behind, group, run
from feedhandler.wire.big_endian import alpha, char, i16, i32, i64, reserved, u8, u16

from .codes import (
    Impact,
    expiration_type,
    leg_side,
    option_type,
    options_style,
    settlement_type,
    silo,
    trading_status,
    yes_no,
)

HEDGES = "number_of_hedge_definitions"


# fmt: off
class LegDefinition(Message, size=26):
    """A leg of a strategy of futures (iMpact 1.1.33, message type 9)."""

    leg_body_length             = u8       @ 0
    leg_market_id               = i32      @ 1
    leg_ratio                   = i16      @ 5
    leg_side                    = leg_side @ 7
    leg_strategy_code           = i16      @ 8
    leg_ratio_qty_numerator     = i32      @ 10
    leg_ratio_qty_denominator   = i32      @ 14
    leg_ratio_price_numerator   = i32      @ 18
    leg_ratio_price_denominator = i32      @ 22


class StrategyLegDefinition(Message, size=30):
    """A leg of a strategy of options (iMpact 1.1.33, message type U)."""

    leg_body_length             = u8       @ 0
    leg_market_id               = i32      @ 1
    leg_underlying_market_id    = i32      @ 5
    leg_ratio                   = i16      @ 9
    leg_side                    = leg_side @ 11
    leg_strategy_code           = i16      @ 12
    leg_ratio_qty_numerator     = i32      @ 14
    leg_ratio_qty_denominator   = i32      @ 18
    leg_ratio_price_numerator   = i32      @ 22
    leg_ratio_price_denominator = i32      @ 26


class HedgeDefinition(Message, size=20):
    """A hedge of a strategy of options (iMpact 1.1.33, message type U)."""

    hedge_body_length       = u8       @ 0
    hedge_market_id         = i32      @ 1
    hedge_security_type     = char     @ 5
    hedge_side              = leg_side @ 6
    hedge_price             = i64      @ 7
    hedge_price_denominator = char     @ 15
    hedge_delta             = i16      @ 16
    hedge_strategy_code     = i16      @ 18


class FuturesStrategyDetails(Message, size=421):
    """What stands behind the legs of a strategy of futures (iMpact 1.1.33, message type 9)."""

    security_sub_type                      = i16         @ 0
    is_block_only                          = yes_no      @ 2
    strategy_symbol                        = alpha(18)   @ 3
    gt_allowed                             = yes_no      @ 21
    reserved_4                             = reserved(4) @ 22
    mifid_regulated_market                 = yes_no      @ 26
    market_desc                            = alpha(120)  @ 27
    maturity_year                          = i16         @ 147
    maturity_month                         = i16         @ 149
    maturity_day                           = i16         @ 151
    deal_price_denominator                 = char        @ 153
    unit_quantity                          = i32         @ 154
    num_decimals_options_price             = char        @ 158
    allow_options                          = yes_no      @ 159
    cleared_alias                          = alpha(15)   @ 160
    allows_implied                         = yes_no      @ 175
    min_price                              = i64         @ 176
    max_price                              = i64         @ 184
    product_name                           = alpha(62)   @ 192
    hub_alias                              = alpha(80)   @ 254
    strip_name                             = alpha(39)   @ 334
    is_tradable                            = yes_no      @ 373
    settle_price_denominator               = char        @ 374
    mic_code                               = alpha(4)    @ 375
    unit_qty_denominator                   = char        @ 379
    hedge_only                             = yes_no      @ 380
    exchange_silo                          = silo        @ 381
    off_exchange_increment_qty_denominator = char        @ 382
    off_exchange_increment_qty             = i32         @ 383
    off_exchange_increment_price           = i32         @ 387
    off_exchange_increment_option_price    = i32         @ 391
    product_id                             = i32         @ 395
    hub_id                                 = i32         @ 399
    strip_id                               = i32         @ 403
    underlying_isin                        = alpha(12)   @ 407
    test_market_indicator                  = yes_no      @ 419
    leg_deal_suppressed                    = yes_no      @ 420


class OptionsStrategyDetails(Message, size=63):
    """What stands behind the hedges of a strategy of options (iMpact 1.1.33, message type U)."""

    security_sub_type        = i16       @ 0
    is_block_only            = yes_no    @ 2
    strategy_symbol          = alpha(18) @ 3
    gt_allowed               = yes_no    @ 21
    mifid_regulated_market   = yes_no    @ 22
    deal_price_denominator   = char      @ 23
    settle_price_denominator = char      @ 24
    unit_qty_denominator     = char      @ 25
    test_market_indicator    = yes_no    @ 26
    contract_symbol_extra    = alpha(35) @ 27
    leg_deal_suppressed      = yes_no    @ 62


class HedgeCount(Message, size=1):
    """The number of hedges of a strategy of options (iMpact 1.1.33, message type U)."""

    number_of_hedge_definitions = u8 @ 0


class NewFuturesStrategyDefinition(Impact, type="9", size=92, extensible=True):
    """A strategy of futures was created (iMpact 1.1.33, message type 9)."""

    market_id                 = i32            @ 3
    futures_contract_symbol   = alpha(70)      @ 7
    trading_status            = trading_status @ 77
    order_price_denominator   = char           @ 78
    increment_price           = i32            @ 79
    increment_qty             = i32            @ 83
    min_qty                   = i32            @ 87
    number_of_leg_definitions = u8             @ 91
    legs                      = group(LegDefinition, count="number_of_leg_definitions")
    details                   = behind(FuturesStrategyDetails)


class NewOptionsStrategyDefinition(Impact, type="U", size=61, extensible=True):
    """A strategy of options was created (iMpact 1.1.33, message type U)."""

    market_id               = i32            @ 3
    underlying_market_id    = i32            @ 7
    contract_symbol         = alpha(35)      @ 11
    trading_status          = trading_status @ 46
    order_price_denominator = char           @ 47
    increment_price         = i32            @ 48
    increment_qty           = i32            @ 52
    min_qty                 = i32            @ 56
    number_of_strategy_legs = u8             @ 60
    legs                    = group(StrategyLegDefinition, count="number_of_strategy_legs")
    hedges                  = group(HedgeDefinition, dimension=HedgeCount, size_field=None, count_field=HEDGES)
    details                 = behind(OptionsStrategyDetails)


class NewExpiry(Impact, type="R", size=506, extensible=True):
    """An equity market was created during the day (iMpact 1.1.33, message type R)."""

    market_id                              = i32             @ 3
    market_type_id                         = i16             @ 7
    order_price_denominator                = char            @ 9
    increment_price                        = i32             @ 10
    increment_qty                          = i32             @ 14
    lot_size                               = i32             @ 18
    market_desc                            = alpha(120)      @ 22
    maturity_year                          = i16             @ 142
    maturity_month                         = i16             @ 144
    maturity_day                           = i16             @ 146
    deal_price_denominator                 = char            @ 148
    min_qty                                = i32             @ 149
    unit_quantity                          = i32             @ 153
    currency                               = alpha(20)       @ 157
    cleared_alias                          = alpha(15)       @ 177
    min_price                              = i64             @ 192
    max_price                              = i64             @ 200
    product_id                             = i32             @ 208
    product_name                           = alpha(62)       @ 212
    hub_id                                 = i32             @ 274
    hub_alias                              = alpha(80)       @ 278
    strip_id                               = i32             @ 358
    strip_name                             = alpha(39)       @ 362
    settle_price_denominator               = char            @ 401
    mic_code                               = alpha(4)        @ 402
    unit_qty_denominator                   = char            @ 406
    off_exchange_increment_qty_denominator = char            @ 407
    off_exchange_increment_qty             = i32             @ 408
    off_exchange_increment_price           = i32             @ 412
    off_exchange_increment_option_price    = i32             @ 416
    contract_symbol                        = alpha(35)       @ 420
    isin                                   = alpha(12)       @ 455
    num_decimals_options_price             = char            @ 467
    hedge_market_id                        = i32             @ 468
    settlement_type                        = settlement_type @ 472
    gt_allowed                             = yes_no          @ 473
    cross_order_supported                  = yes_no          @ 474
    unit_of_measure                        = alpha(30)       @ 475
    mifid_regulated_market                 = yes_no          @ 505


class NewOptionsMarketDefinition(Impact, type="l", size=325, extensible=True):
    """An options market was created during the day (iMpact 1.1.33, message type l)."""

    market_id                  = i32             @ 3
    underlying_market_id       = i32             @ 7
    contract_symbol            = alpha(70)       @ 11
    trading_status             = trading_status  @ 81
    order_price_denominator    = char            @ 82
    increment_qty              = i32             @ 83
    lot_size                   = i32             @ 87
    market_desc                = alpha(120)      @ 91
    option_type                = option_type     @ 211
    strike_price               = i64             @ 212
    deal_price_denominator     = char            @ 220
    min_qty                    = i32             @ 221
    currency                   = alpha(20)       @ 225
    num_decimals_strike_price  = char            @ 245
    min_options_price          = i64             @ 246
    max_options_price          = i64             @ 254
    increment_premium_price    = i32             @ 262
    options_expiration_year    = i16             @ 266
    options_expiration_month   = i16             @ 268
    options_expiration_day     = i16             @ 270
    options_style              = options_style   @ 272
    options_expiration_type    = expiration_type @ 273
    hedge_market_id            = i32             @ 274
    settle_price_denominator   = char            @ 278
    unit_qty_denominator       = char            @ 279
    tick_value                 = i64             @ 280
    flex_allowed               = yes_no          @ 288
    settlement_type            = settlement_type @ 289
    is_block_only              = yes_no          @ 290
    gt_allowed                 = yes_no          @ 291
    cross_order_supported      = yes_no          @ 292
    guaranteed_cross_supported = yes_no          @ 293
    unit_of_measure            = alpha(30)       @ 294
    mifid_regulated_market     = yes_no          @ 324


class StripInfo(Impact, type="i", size=91, extensible=True):
    """The dates of a strip changed (iMpact 1.1.33, message type i)."""

    old_strip_id = i16       @ 3
    strip_type   = alpha(20) @ 5
    begin_year   = i16       @ 25
    begin_month  = i16       @ 27
    begin_day    = i16       @ 29
    end_year     = i16       @ 31
    end_month    = i16       @ 33
    end_day      = i16       @ 35
    strip_info   = alpha(50) @ 37
    strip_id     = i32       @ 87


class SpecialField(Message, size=1):
    """One field of a Special Field Message, behind its length (iMpact 1.1.33, message type b)."""

    special_field_id = u8 @ 0
    variable_field   = run(u16, text="ascii")


class SpecialFieldMessage(Impact, type="b", size=4, extensible=True):
    """More about the message behind it (iMpact 1.1.33, message type b)."""

    number_of_special_fields = u8 @ 3
    special_fields           = group(SpecialField, count="number_of_special_fields")
# fmt: on


MESSAGES = (
    NewFuturesStrategyDefinition,
    NewOptionsStrategyDefinition,
    NewExpiry,
    NewOptionsMarketDefinition,
    StripInfo,
    SpecialFieldMessage,
)
