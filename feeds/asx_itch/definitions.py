"""The symbol directories of the ASX Market Data Protocol 1.05: futures, options, combinations, bundles.

Prices, ticks, lots and volatilities are divided by the Price Fractional Denominator of the same message, strikes by the
Strike Price Fractional Denominator. Dates of contracts are seconds of the Unix epoch.
"""

from __future__ import annotations

from feedhandler.wire import Message, block
from feedhandler.wire.big_endian import alpha, u8, u16, u32, u64

from .codes import instrument_price, leg_side, month, option_type, price_method
from .messages import Itch


# fmt: off
class Leg(Message, size=17):
    """One leg of a combination; instrument 0: none (ASX MDP 1.05, Combination Symbol Directory)."""

    tradeable_instrument_id_leg = u32              @ 0
    side_leg                    = leg_side         @ 4
    ratio_leg                   = u32              @ 5
    price_leg                   = instrument_price @ 9


class FutureSymbolDirectory(Itch, type="f", size=180):
    """A future of the day (ASX MDP 1.05, Future Symbol Directory)."""

    nanoseconds                  = u32              @ 1
    trade_date                   = u16              @ 5
    tradeable_instrument_id      = u32              @ 7
    symbol_name                  = alpha(32)        @ 11
    long_name                    = alpha(60)        @ 43
    isin                         = alpha(12)        @ 103
    exchange                     = alpha(6)         @ 115
    instrument                   = alpha(6)         @ 121
    cfi_code                     = alpha(6)         @ 127
    expiry_year                  = u16              @ 133
    expiry_month                 = month            @ 135
    price_display_decimals       = u8               @ 136
    price_fractional_denominator = u32              @ 137
    price_minimum_tick           = u32              @ 141
    last_trading_date            = u32              @ 145
    prior_day_settlement         = instrument_price @ 149
    currency                     = alpha(3)         @ 157
    lot_size_or_face_value       = u64              @ 160
    maturity_value               = u8               @ 168
    coupon_rate                  = u16              @ 169
    payments_per_year            = u8               @ 171
    block_lot_size               = u32              @ 172
    expiry_date                  = u32              @ 176


class OptionsSymbolDirectory(Itch, type="h", size=220):
    """An option of the day (ASX MDP 1.05, Options Symbol Directory)."""

    nanoseconds                         = u32              @ 1
    trade_date                          = u16              @ 5
    tradeable_instrument_id             = u32              @ 7
    symbol_name                         = alpha(32)        @ 11
    long_name                           = alpha(60)        @ 43
    isin                                = alpha(12)        @ 103
    exchange                            = alpha(6)         @ 115
    instrument                          = alpha(6)         @ 121
    cfi_code                            = alpha(6)         @ 127
    expiry_year                         = u16              @ 133
    expiry_month                        = month            @ 135
    option_type                         = option_type      @ 136
    strike                              = instrument_price @ 137
    underlying_tradeable_instrument_id  = u32              @ 145
    price_display_decimals              = u8               @ 149
    price_fractional_denominator        = u32              @ 150
    price_minimum_tick                  = u32              @ 154
    strike_price_decimal_position       = u8               @ 158
    strike_price_fractional_denominator = u32              @ 159
    strike_price_minimum_tick           = u32              @ 163
    last_trading_date                   = u32              @ 167
    prior_day_settlement                = instrument_price @ 171
    volatility                          = u64              @ 179
    currency                            = alpha(3)         @ 187
    lot_size_or_face_value              = u64              @ 190
    maturity_value                      = u8               @ 198
    coupon_rate                         = u16              @ 199
    payments_per_year                   = u8               @ 201
    block_lot_size                      = u32              @ 202
    expiry_date                         = u32              @ 206
    basis_of_quotation                  = alpha(10)        @ 210


class CombinationSymbolDirectory(Itch, type="M", size=222):
    """A combination of up to six legs, of ASX or of a participant (ASX MDP 1.05, Combination Symbol Directory)."""

    nanoseconds                  = u32          @ 1
    trade_date                   = u16          @ 5
    tradeable_instrument_id      = u32          @ 7
    symbol_name                  = alpha(32)    @ 11
    long_name                    = alpha(60)    @ 43
    cfi_code                     = alpha(6)     @ 103
    price_method                 = price_method @ 109
    price_display_decimals       = u8           @ 110
    price_fractional_denominator = u32          @ 111
    price_minimum_tick           = u32          @ 115
    legs                         = u8           @ 119
    leg_1                        = block(Leg)   @ 120
    leg_2                        = block(Leg)   @ 137
    leg_3                        = block(Leg)   @ 154
    leg_4                        = block(Leg)   @ 171
    leg_5                        = block(Leg)   @ 188
    leg_6                        = block(Leg)   @ 205


class BundlesSymbolDirectory(Itch, type="m", size=460):
    """A bundle of 8 to 20 legs (ASX MDP 1.05, Bundles Symbol Directory)."""

    nanoseconds                  = u32          @ 1
    trade_date                   = u16          @ 5
    tradeable_instrument_id      = u32          @ 7
    symbol_name                  = alpha(32)    @ 11
    long_name                    = alpha(60)    @ 43
    cfi_code                     = alpha(6)     @ 103
    price_method                 = price_method @ 109
    price_display_decimals       = u8           @ 110
    price_fractional_denominator = u32          @ 111
    price_minimum_tick           = u32          @ 115
    legs                         = u8           @ 119
    leg_1                        = block(Leg)   @ 120
    leg_2                        = block(Leg)   @ 137
    leg_3                        = block(Leg)   @ 154
    leg_4                        = block(Leg)   @ 171
    leg_5                        = block(Leg)   @ 188
    leg_6                        = block(Leg)   @ 205
    leg_7                        = block(Leg)   @ 222
    leg_8                        = block(Leg)   @ 239
    leg_9                        = block(Leg)   @ 256
    leg_10                       = block(Leg)   @ 273
    leg_11                       = block(Leg)   @ 290
    leg_12                       = block(Leg)   @ 307
    leg_13                       = block(Leg)   @ 324
    leg_14                       = block(Leg)   @ 341
    leg_15                       = block(Leg)   @ 358
    leg_16                       = block(Leg)   @ 375
    leg_17                       = block(Leg)   @ 392
    leg_18                       = block(Leg)   @ 409
    leg_19                       = block(Leg)   @ 426
    leg_20                       = block(Leg)   @ 443
# fmt: on


DIRECTORIES = (FutureSymbolDirectory, OptionsSymbolDirectory, CombinationSymbolDirectory, BundlesSymbolDirectory)
