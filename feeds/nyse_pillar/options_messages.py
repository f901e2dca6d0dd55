"""Every message of the Pillar options top feed (NYSE Arca and NYSE American Options), offsets as the document has them.

Source: "NYSE Options Pillar Top Feed Client Specification", version 1.2.c. Control messages are those of the equities
feeds (`messages.py`). A series has an index of its own; prices are signed.
"""

from __future__ import annotations

from feedhandler.wire.little_endian import alpha, char, i32, reserved, u8, u16, u32, u64

from .codes import (
    auction_status,
    auction_type,
    capacity,
    closing_only_indicator,
    halt_condition,
    imbalance_side,
    market_id,
    market_state,
    put_or_call,
    quote_condition,
    rfq_status,
    rfq_type,
    series_status,
    series_type,
    side,
)
from .messages import CONTROL, Pillar


# fmt: off
class OutrightSeriesIndexMapping(Pillar, type=50, size=55, extensible=True):
    """A series of the day, its index and its price scale (Options Top 1.2, Outright Series Index Mapping)."""

    series_index           = u32                    @ 4
    series_type            = series_type            @ 8
    market_id              = market_id              @ 9
    system_id              = u8                     @ 11
    option_symbol_root     = alpha(6)               @ 12
    underlying_symbol      = alpha(11)              @ 18
    underlying_index       = u32                    @ 29
    price_scale_code       = u8                     @ 33
    contract_multiplier    = u16                    @ 34
    maturity_date          = alpha(6)               @ 36
    put_or_call            = put_or_call            @ 42
    strike_price           = alpha(10)              @ 43
    closing_only_indicator = closing_only_indicator @ 53
    reserved_1             = reserved(1)            @ 54


class OptionsStatus(Pillar, type=51, size=23, extensible=True):
    """A series is halted, resumes or changes its session (Options Top 1.2, Options Status Message)."""

    source_time    = u32            @ 4
    source_time_ns = u32            @ 8
    series_index   = u32            @ 12
    series_seq_num = u32            @ 16
    series_status  = series_status  @ 20
    market_state   = market_state   @ 21
    halt_condition = halt_condition @ 22


class OptionsImbalance(Pillar, type=305, size=65, extensible=True):
    """Where the auction of a series stands (Options Top 1.2, Options Imbalance Message)."""

    source_time                     = u32            @ 4
    source_time_ns                  = u32            @ 8
    series_index                    = u32            @ 12
    series_seq_num                  = u32            @ 16
    reserved_1                      = u32            @ 20
    paired_qty                      = u32            @ 24
    total_imbalance_qty             = u32            @ 28
    market_imbalance_qty            = u32            @ 32
    reserved_2                      = u16            @ 36
    auction_type                    = auction_type   @ 38
    imbalance_side                  = imbalance_side @ 39
    continuous_book_clearing_price  = i32            @ 40
    auction_interest_clearing_price = i32            @ 44
    reserved_3                      = u32            @ 48
    indicative_match_price          = i32            @ 52
    upper_collar                    = i32            @ 56
    lower_collar                    = i32            @ 60
    auction_status                  = auction_status @ 64


class SeriesRfq(Pillar, type=307, size=44, extensible=True):
    """An auction of one order begins or ends (Options Top 1.2, Series RFQ Message)."""

    source_time    = u32        @ 4
    source_time_ns = u32        @ 8
    series_index   = u32        @ 12
    series_seq_num = u32        @ 16
    side           = side       @ 20
    type           = rfq_type   @ 21
    capacity       = capacity   @ 22
    total_quantity = u32        @ 23
    working_price  = i32        @ 27
    participant    = u32        @ 31
    auction_id     = u64        @ 35
    rfq_status     = rfq_status @ 43


class OptionsTrade(Pillar, type=320, size=36, extensible=True):
    """A trade of a series (Options Top 1.2, Options Trade Message)."""

    source_time    = u32  @ 4
    source_time_ns = u32  @ 8
    series_index   = u32  @ 12
    series_seq_num = u32  @ 16
    trade_id       = u32  @ 20
    price          = i32  @ 24
    volume         = u32  @ 28
    trade_cond_1   = char @ 32
    trade_cond_2   = char @ 33
    trade_cond_3   = char @ 34
    trade_cond_4   = char @ 35


class OptionsTradeCancel(Pillar, type=321, size=24, extensible=True):
    """An earlier trade is void (Options Top 1.2, Options Trade Cancel Message)."""

    source_time       = u32 @ 4
    source_time_ns    = u32 @ 8
    series_index      = u32 @ 12
    series_seq_num    = u32 @ 16
    original_trade_id = u32 @ 20


class OptionsTradeCorrection(Pillar, type=322, size=40, extensible=True):
    """An earlier trade took place otherwise (Options Top 1.2, Options Trade Correction Message)."""

    source_time       = u32  @ 4
    source_time_ns    = u32  @ 8
    series_index      = u32  @ 12
    series_seq_num    = u32  @ 16
    original_trade_id = u32  @ 20
    trade_id          = u32  @ 24
    price             = i32  @ 28
    volume            = u32  @ 32
    trade_cond_1      = char @ 36
    trade_cond_2      = char @ 37
    trade_cond_3      = char @ 38
    trade_cond_4      = char @ 39


class OutrightSeriesSummary(Pillar, type=323, size=36, extensible=True):
    """The figures of a series' day so far (Options Top 1.2, Outright Series Summary Message)."""

    source_time    = u32 @ 4
    source_time_ns = u32 @ 8
    series_index   = u32 @ 12
    high_price     = i32 @ 16
    low_price      = i32 @ 20
    open           = i32 @ 24
    close          = i32 @ 28
    total_volume   = u32 @ 32


class OptionsQuote(Pillar, type=340, size=42, extensible=True):
    """The best bid and offer of a series (Options Top 1.2, Options Quote Message)."""

    source_time_ns      = u32             @ 4
    series_index        = u32             @ 8
    series_seq_num      = u32             @ 12
    ask_price           = i32             @ 16
    ask_volume          = u32             @ 20
    bid_price           = i32             @ 24
    bid_volume          = u32             @ 28
    quote_condition     = quote_condition @ 32
    reserved_1          = reserved(1)     @ 33
    ask_customer_volume = u32             @ 34
    bid_customer_volume = u32             @ 38
# fmt: on


OPTIONS_TOP = (
    *CONTROL, OutrightSeriesIndexMapping, OptionsStatus, OptionsImbalance, SeriesRfq, OptionsTrade, OptionsTradeCancel,
    OptionsTradeCorrection, OutrightSeriesSummary, OptionsQuote,
)  # fmt: skip
"""Every message of the options top feed."""
