"""Every message of the MIAX Futures Onyx Top of Market feed 1.0, offsets from the message's type on."""

from feedhandler.wire import Message, group
from feedhandler.wire.little_endian import alpha, char, i32, i64, price, reserved, u8, u16, u32, u64

# fmt: off
price9 = price(i64, decimals=9)
underlying_asset_type = char.named(E="Equity Index", A="Commodity Agriculture")
instrument_id_source = char.named(E="Exchange")
instrument_type = char.named(F="Futures")
currency_code = char.named(U="USD")
match_algorithm = char.named(P="Price then Time")
settlement_price_type = char.named(A="Actual", T="Theoretical")
collar_variation_type = char.named(
    D="Product Dollar Collar Value", P="Product Collar Percentage Value", S="Standard Calendar Spread",
    E="Equity Calendar Spread", B="Butterfly Spread",
)
system_status = char.named({
    "S": "Start of System Hours", "C": "End of System Hours", "1": "Start of Test Session", "2": "End of Test Session",
})
trading_status = u8.named({
    1: "Pre-Open", 2: "Opening Freeze", 3: "Trading", 4: "Halt", 5: "Operational Halt", 6: "Closed",
})
market_state = u8.named({
    1: "Pre-Opening", 2: "Extended 1 Trading Session", 3: "Regular Trading Session", 4: "Extended 2 Trading Session",
})


class Tom(Message):
    """What every message opens with: its type, and the matching engine's time (MIAX Futures Onyx ToM 1.0)."""

    message_type = u8  @ 0
    timestamp    = i64 @ 1


class SimpleInstrumentDefinition(Tom, type=1, size=120, extensible=True):
    """A futures instrument of the session (MIAX Futures Onyx ToM 1.0, message type 1)."""

    instrument_id                     = u32                   @ 9
    underlying_asset_type             = underlying_asset_type @ 13
    underlying_asset                  = alpha(4)              @ 14
    product_group_code                = alpha(6)              @ 18
    exchange                          = alpha(4)              @ 24
    instrument_id_source              = instrument_id_source  @ 28
    instrument_type                   = instrument_type       @ 29
    maturity_month_year               = u32                   @ 30
    currency                          = currency_code         @ 34
    settlement_currency               = currency_code         @ 35
    match_algorithm                   = match_algorithm       @ 36
    minimum_size                      = u32                   @ 37
    maximum_size                      = u32                   @ 41
    tick                              = price9                @ 45
    unit_of_measure                   = alpha(5)              @ 53
    unit_of_measure_quantity          = u32                   @ 58
    settlement_price                  = price9                @ 62
    settlement_price_type_calc_method = settlement_price_type @ 70
    total_volume                      = u32                   @ 71
    open_interest_quantity            = u32                   @ 75
    high_limit_price                  = price9                @ 79
    low_limit_price                   = price9                @ 87
    trading_collar_variation_type     = collar_variation_type @ 95
    trading_collar_variation          = price9                @ 96
    reserved_16                       = reserved(16)          @ 104


class InstrumentLeg(Message, size=20):
    """A leg of a complex instrument; its ratio is negative where it is sold (MIAX Futures Onyx ToM 1.0, type 2)."""

    instrument_id       = u32         @ 0
    leg_ratio_and_side  = i32         @ 4
    maturity_month_year = u32         @ 8
    reserved_8          = reserved(8) @ 12


class ComplexInstrumentDefinition(Tom, type=2, size=85, extensible=True):
    """A spread of the session (MIAX Futures Onyx ToM 1.0, message type 2)."""

    strategy_id                   = u32                   @ 9
    underlying_asset_type         = underlying_asset_type @ 13
    underlying_asset              = alpha(4)              @ 14
    product_group_code            = alpha(6)              @ 18
    spread_type                   = char                  @ 24
    exchange                      = alpha(4)              @ 25
    instrument_id_source          = instrument_id_source  @ 29
    instrument_type               = instrument_type       @ 30
    currency                      = currency_code         @ 31
    settlement_currency           = currency_code         @ 32
    match_algorithm               = match_algorithm       @ 33
    minimum_size                  = u32                   @ 34
    maximum_size                  = u32                   @ 38
    tick                          = price9                @ 42
    unit_of_measure               = alpha(5)              @ 50
    unit_of_measure_quantity      = u32                   @ 55
    trading_collar_variation_type = collar_variation_type @ 59
    trading_collar_variation      = price9                @ 60
    reserved_16                   = reserved(16)          @ 68
    number_of_legs                = u8                    @ 84
    legs                          = group(InstrumentLeg, count="number_of_legs")


class SystemState(Tom, type=3, size=19, extensible=True):
    """The day of the system begins or ends (MIAX Futures Onyx ToM 1.0, message type 3)."""

    tom_version   = alpha(8)      @ 9
    session_id    = u8            @ 17
    system_status = system_status @ 18


class InstrumentTradingStatusNotification(Tom, type=4, size=15, extensible=True):
    """The trading status of an instrument (MIAX Futures Onyx ToM 1.0, message type 4)."""

    instrument_id  = u32            @ 9
    trading_status = trading_status @ 13
    market_state   = market_state   @ 14


class TradeCancel(Tom, type=14, size=36, extensible=True):
    """A trade is void (MIAX Futures Onyx ToM 1.0, message type 14)."""

    trade_date        = u16    @ 9
    instrument_id     = u32    @ 11
    trade_id          = u64    @ 15
    correction_number = u8     @ 23
    trade_price       = price9 @ 24
    trade_size        = u32    @ 32


class BestBidAndOffer(Tom, type=15, size=37, extensible=True):
    """Both sides of the best bid and offer; a size of 0: nobody is there (MIAX Futures Onyx ToM 1.0, type 15)."""

    instrument_id = u32    @ 9
    mbb_price     = price9 @ 13
    mbb_size      = u32    @ 21
    mbo_price     = price9 @ 25
    mbo_size      = u32    @ 33


class LastSale(Tom, type=16, size=33, extensible=True):
    """A trade (MIAX Futures Onyx ToM 1.0, message type 16)."""

    instrument_id = u32    @ 9
    trade_id      = u64    @ 13
    trade_price   = price9 @ 21
    trade_size    = u32    @ 29
# fmt: on


MESSAGES = (
    SimpleInstrumentDefinition,
    ComplexInstrumentDefinition,
    SystemState,
    InstrumentTradingStatusNotification,
    TradeCancel,
    BestBidAndOffer,
    LastSale,
)
