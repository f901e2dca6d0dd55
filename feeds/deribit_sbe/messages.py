"""Every message of the Deribit multicast feed, as its SBE schema of version 3 has them.

Made by `python -m feedhandler.wire.sbe` from deribit_multicast_v3.xml, an SBE schema with id 1 and
version 3; little-endian. Change the schema's reading, not this file.
"""

from feedhandler.wire import Message, group, run
from feedhandler.wire.little_endian import alpha, double, i32, u8, u16, u32, u64

# fmt: off
instrument_state = u8.named({
    0: "created", 1: "open", 2: "closed", 3: "settled", 4: "deactivated", 5: "inactive", 6: "started",
})
instrument_kind = u8.named({0: "future", 1: "option", 2: "future_combo", 3: "option_combo", 4: "spot"})
instrument_type = u8.named({0: "not_applicable", 1: "reversed", 2: "linear"})
option_type = u8.named({0: "not_applicable", 1: "call", 2: "put"})
yes_no = u8.named({0: "no", 1: "yes"})
period = u8.nullable(255).named({0: "perpetual", 1: "minute", 2: "hour", 3: "day", 4: "week", 5: "month", 6: "year"})
book_side = u8.named({0: "ask", 1: "bid"})
book_change = u8.named({0: "created", 1: "changed", 2: "deleted"})
direction = u8.named({0: "buy", 1: "sell"})
tick_direction = u8.named({0: "plus", 1: "zeroplus", 2: "minus", 3: "zerominus"})
liquidation = u8.named({0: "none", 1: "maker", 2: "taker", 3: "both"})
rfq_direction = u8.named({0: "buy", 1: "sell", 2: "no_direction"})


class Sbe(Message, selector="template_id", block="block_length", version="version",
          constants={"schema_id": 1}, defaults={"version": 3}):
    """The header of every message (com.deribit.multicast, messageHeader)."""

    block_length        = u16 @ 0
    template_id         = u16 @ 2
    schema_id           = u16 @ 4
    version             = u16 @ 6
    num_groups          = u16 @ 8
    num_var_data_fields = u16 @ 10


class Instrument(Sbe, type=1000, size=152, defaults={"num_groups": 0, "num_var_data_fields": 1}):
    """instrument (com.deribit.multicast, template 1000)."""

    instrument_id              = u32              @ 12
    instrument_state           = instrument_state @ 16
    kind                       = instrument_kind  @ 17
    instrument_type            = instrument_type  @ 18
    option_type                = option_type      @ 19
    rfq                        = yes_no           @ 20
    settlement_period          = period           @ 21
    settlement_period_count    = u16              @ 22
    base_currency              = alpha(8)         @ 24
    quote_currency             = alpha(8)         @ 32
    counter_currency           = alpha(8)         @ 40
    settlement_currency        = alpha(8)         @ 48
    size_currency              = alpha(8)         @ 56
    creation_timestamp_ms      = u64              @ 64
    expiration_timestamp_ms    = u64              @ 72
    strike_price               = double(6)        @ 80
    contract_size              = double(6)        @ 88
    min_trade_amount           = double(6)        @ 96
    tick_size                  = double(6)        @ 104
    maker_commission           = double(6)        @ 112
    taker_commission           = double(6)        @ 120
    block_trade_commission     = double(6)        @ 128
    max_liquidation_commission = double(6)        @ 136
    max_leverage               = double(6)        @ 144
    instrument_name            = run(u8, text="utf-8")


class BookChangesList(Message, size=18):
    """An entry (com.deribit.multicast, group changesList)."""

    side   = book_side   @ 0
    change = book_change @ 1
    price  = double(6)   @ 2
    amount = double(6)   @ 10


class GroupSizeEncoding(Message, size=8):
    """Repeating group dimensions (com.deribit.multicast, groupSizeEncoding)."""

    block_length        = u16 @ 0
    num_in_group        = u16 @ 2
    num_groups          = u16 @ 4
    num_var_data_fields = u16 @ 6


class Book(Sbe, type=1001, size=41, defaults={"num_groups": 1, "num_var_data_fields": 0}):
    """book (com.deribit.multicast, template 1001)."""

    instrument_id  = u32    @ 12
    timestamp_ms   = u64    @ 16
    prev_change_id = u64    @ 24
    change_id      = u64    @ 32
    is_last        = yes_no @ 40
    changes_list   = group(BookChangesList, dimension=GroupSizeEncoding)


class TradesTradesList(Message, size=83):
    """An entry (com.deribit.multicast, group tradesList)."""

    direction      = direction                          @ 0
    price          = double(6)                          @ 1
    amount         = double(6)                          @ 9
    timestamp_ms   = u64                                @ 17
    mark_price     = double(6)                          @ 25
    index_price    = double(6)                          @ 33
    trade_seq      = u64                                @ 41
    trade_id       = u64                                @ 49
    tick_direction = tick_direction                     @ 57
    liquidation    = liquidation                        @ 58
    iv             = double(6)                          @ 59
    block_trade_id = u64.nullable(18446744073709551615) @ 67
    combo_trade_id = u64.nullable(18446744073709551615) @ 75


class Trades(Sbe, type=1002, size=16, defaults={"num_groups": 1, "num_var_data_fields": 0}):
    """trades (com.deribit.multicast, template 1002)."""

    instrument_id = u32 @ 12
    trades_list   = group(TradesTradesList, dimension=GroupSizeEncoding)


class Ticker(Sbe, type=1003, size=145, defaults={"num_groups": 0, "num_var_data_fields": 0}):
    """ticker (com.deribit.multicast, template 1003)."""

    instrument_id            = u32              @ 12
    instrument_state         = instrument_state @ 16
    timestamp_ms             = u64              @ 17
    open_interest            = double(6)        @ 25
    min_sell_price           = double(6)        @ 33
    max_buy_price            = double(6)        @ 41
    last_price               = double(6)        @ 49
    index_price              = double(6)        @ 57
    mark_price               = double(6)        @ 65
    best_bid_price           = double(6)        @ 73
    best_bid_amount          = double(6)        @ 81
    best_ask_price           = double(6)        @ 89
    best_ask_amount          = double(6)        @ 97
    current_funding          = double(6)        @ 105
    funding8h                = double(6)        @ 113
    estimated_delivery_price = double(6)        @ 121
    delivery_price           = double(6)        @ 129
    settlement_price         = double(6)        @ 137


class SnapshotLevelsList(Message, size=17):
    """An entry (com.deribit.multicast, group levelsList)."""

    side   = book_side @ 0
    price  = double(6) @ 1
    amount = double(6) @ 9


class Snapshot(Sbe, type=1004, size=34, defaults={"num_groups": 1, "num_var_data_fields": 0}):
    """snapshot (com.deribit.multicast, template 1004)."""

    instrument_id    = u32    @ 12
    timestamp_ms     = u64    @ 16
    change_id        = u64    @ 24
    is_book_complete = yes_no @ 32
    is_last_in_book  = yes_no @ 33
    levels_list      = group(SnapshotLevelsList, dimension=GroupSizeEncoding)


class SnapshotStart(Sbe, type=1005, size=16, defaults={"num_groups": 0, "num_var_data_fields": 0}):
    """snapshotStart (com.deribit.multicast, template 1005)."""

    snapshot_delay = u32 @ 12


class SnapshotEnd(Sbe, type=1006, size=12, defaults={"num_groups": 0, "num_var_data_fields": 0}):
    """snapshotEnd (com.deribit.multicast, template 1006)."""



class ComboLegsLegsList(Message, size=8):
    """An entry (com.deribit.multicast, group legsList)."""

    leg_instrument_id = u32 @ 0
    leg_size          = i32 @ 4


class ComboLegs(Sbe, type=1007, size=16, defaults={"num_groups": 1, "num_var_data_fields": 0}):
    """comboLegs (com.deribit.multicast, template 1007)."""

    instrument_id = u32 @ 12
    legs_list     = group(ComboLegsLegsList, dimension=GroupSizeEncoding)


class PriceIndex(Sbe, type=1008, size=44, defaults={"num_groups": 0, "num_var_data_fields": 0}):
    """priceIndex (com.deribit.multicast, template 1008)."""

    index_name   = alpha(16) @ 12
    price        = double(6) @ 28
    timestamp_ms = u64       @ 36


class Rfq(Sbe, type=1009, size=34, defaults={"num_groups": 0, "num_var_data_fields": 0}):
    """rfq (com.deribit.multicast, template 1009)."""

    instrument_id = u32           @ 12
    state         = yes_no        @ 16
    side          = rfq_direction @ 17
    amount        = double(6)     @ 18
    timestamp_ms  = u64           @ 26


class InstrumentV2TickStepsList(Message, size=16):
    """An entry (com.deribit.multicast, group tickStepsList)."""

    above_price = double(6) @ 0
    tick_size   = double(6) @ 8


class InstrumentV2(Sbe, type=1010, size=151, defaults={"num_groups": 1, "num_var_data_fields": 1}):
    """instrumentV2 (com.deribit.multicast, template 1010)."""

    instrument_id              = u32              @ 12
    instrument_state           = instrument_state @ 16
    kind                       = instrument_kind  @ 17
    instrument_type            = instrument_type  @ 18
    option_type                = option_type      @ 19
    settlement_period          = period           @ 20
    settlement_period_count    = u16              @ 21
    base_currency              = alpha(8)         @ 23
    quote_currency             = alpha(8)         @ 31
    counter_currency           = alpha(8)         @ 39
    settlement_currency        = alpha(8)         @ 47
    size_currency              = alpha(8)         @ 55
    creation_timestamp_ms      = u64              @ 63
    expiration_timestamp_ms    = u64              @ 71
    strike_price               = double(6)        @ 79
    contract_size              = double(6)        @ 87
    min_trade_amount           = double(6)        @ 95
    tick_size                  = double(6)        @ 103
    maker_commission           = double(6)        @ 111
    taker_commission           = double(6)        @ 119
    block_trade_commission     = double(6)        @ 127
    max_liquidation_commission = double(6)        @ 135
    max_leverage               = double(6)        @ 143
    tick_steps_list            = group(InstrumentV2TickStepsList, dimension=GroupSizeEncoding)
    instrument_name            = run(u8, text="utf-8")
# fmt: on


MESSAGES = (
    Instrument,
    Book,
    Trades,
    Ticker,
    Snapshot,
    SnapshotStart,
    SnapshotEnd,
    ComboLegs,
    PriceIndex,
    Rfq,
    InstrumentV2,
)
"""Every message of the schema, in its order."""
