"""The control messages of the Pillar feeds, and every message of the Integrated and the BBO feed.

Sources: "NYSE Pillar Common Client Specification", "NYSE Pillar Integrated Feed Client Specification", version 2.5.a of
30 November 2022; "NYSE Pillar BBO Feed Client Specification", version 2.5. All integers are little-endian. A message
opens with its size and its type. Frequent messages carry nanoseconds only, of the second that the last Source Time
Reference of their system named.

The exchange appends fields to messages without a new type, so a message may be longer than its table.
"""

from __future__ import annotations

from feedhandler.wire import Message
from feedhandler.wire.little_endian import alpha, char, reserved, u8, u16, u32, u64

from .codes import (
    auction_status,
    auction_type,
    cross_type,
    exchange_code,
    freeze_status,
    halt_condition,
    imbalance_side,
    market_id,
    market_state,
    position_change,
    price_resolution,
    printable_flag,
    quote_condition,
    round_lot,
    rpi_indicator,
    security_status,
    security_type,
    side,
    significant_imbalance,
    ssr_state,
    trade_cond_1,
    trade_cond_2,
    trade_cond_3,
    trade_cond_4,
)


class Pillar(Message, selector="msg_type", whole="msg_size"):
    """The family: every message opens with its size and its type."""

    msg_size = u16 @ 0
    msg_type = u16 @ 2


# fmt: off
class SequenceNumberReset(Pillar, type=1, size=14, extensible=True):
    """The numbering of the channel starts again (Pillar Common 2.5, Sequence Number Reset Message)."""

    source_time    = u32 @ 4
    source_time_ns = u32 @ 8
    product_id     = u8  @ 12
    channel_id     = u8  @ 13


class SourceTimeReference(Pillar, type=2, size=16, extensible=True):
    """The second that the times of a system count from (Pillar Common 2.5, Source Time Reference Message)."""

    id             = u32 @ 4
    symbol_seq_num = u32 @ 8
    source_time    = u32 @ 12


class SymbolIndexMapping(Pillar, type=3, size=44, extensible=True):
    """A symbol of the day, its index and its price scale (Pillar Common 2.5, Symbol Index Mapping Message)."""

    symbol_index      = u32              @ 4
    symbol            = alpha(11)        @ 8
    reserved_1        = reserved(1)      @ 19
    market_id         = market_id        @ 20
    system_id         = u8               @ 22
    exchange_code     = exchange_code    @ 23
    price_scale_code  = u8               @ 24
    security_type     = security_type    @ 25
    lot_size          = u16              @ 26
    prev_close_price  = u32              @ 28
    prev_close_volume = u32              @ 32
    price_resolution  = price_resolution @ 36
    round_lot         = round_lot        @ 37
    mpv               = u16              @ 38
    unit_of_trade     = u16              @ 40
    reserved_2        = reserved(2)      @ 42


class MessageUnavailable(Pillar, type=31, size=14, extensible=True):
    """What was asked for again cannot be had (Pillar Common 2.5, Message Unavailable)."""

    begin_seq_num = u32 @ 4
    end_seq_num   = u32 @ 8
    product_id    = u8  @ 12
    channel_id    = u8  @ 13


class SymbolClear(Pillar, type=32, size=20, extensible=True):
    """Everything known of a symbol is void (Pillar Common 2.5, Symbol Clear Message)."""

    source_time         = u32 @ 4
    source_time_ns      = u32 @ 8
    symbol_index        = u32 @ 12
    next_source_seq_num = u32 @ 16


class SecurityStatus(Pillar, type=34, size=46, extensible=True):
    """A symbol is halted, resumes, changes its session or its restriction (Pillar Common 2.5, Security Status)."""

    source_time                = u32             @ 4
    source_time_ns             = u32             @ 8
    symbol_index               = u32             @ 12
    symbol_seq_num             = u32             @ 16
    security_status            = security_status @ 20
    halt_condition             = halt_condition  @ 21
    reserved_1                 = reserved(4)     @ 22
    price_1                    = u32             @ 26
    price_2                    = u32             @ 30
    ssr_triggering_exchange_id = char            @ 34
    ssr_triggering_volume      = u32             @ 35
    time                       = u32             @ 39
    ssr_state                  = ssr_state       @ 43
    market_state               = market_state    @ 44
    session_state              = u8              @ 45


class RefreshHeader(Pillar, type=35, size=16, extensible=True):
    """What follows is a refresh (Pillar Common 2.5, Refresh Header Message)."""

    current_refresh_pkt = u16 @ 4
    total_refresh_pkts  = u16 @ 6
    last_seq_num        = u32 @ 8
    last_symbol_seq_num = u32 @ 12


class AddOrder(Pillar, type=100, size=39, extensible=True):
    """A new order (Pillar Integrated 2.5, Add Order Message)."""

    source_time_ns = u32         @ 4
    symbol_index   = u32         @ 8
    symbol_seq_num = u32         @ 12
    order_id       = u64         @ 16
    price          = u32         @ 24
    volume         = u32         @ 28
    side           = side        @ 32
    firm_id        = alpha(5)    @ 33
    reserved_1     = reserved(1) @ 38


class ModifyOrder(Pillar, type=101, size=35, extensible=True):
    """An order has another price or volume (Pillar Integrated 2.5, Modify Order Message)."""

    source_time_ns  = u32             @ 4
    symbol_index    = u32             @ 8
    symbol_seq_num  = u32             @ 12
    order_id        = u64             @ 16
    price           = u32             @ 24
    volume          = u32             @ 28
    position_change = position_change @ 32
    side            = side            @ 33
    reserved_2      = reserved(1)     @ 34


class DeleteOrder(Pillar, type=102, size=25, extensible=True):
    """An order left the book (Pillar Integrated 2.5, Delete Order Message)."""

    source_time_ns = u32         @ 4
    symbol_index   = u32         @ 8
    symbol_seq_num = u32         @ 12
    order_id       = u64         @ 16
    reserved_1     = reserved(1) @ 24


class OrderExecution(Pillar, type=103, size=42, extensible=True):
    """An order was executed, wholly or in part (Pillar Integrated 2.5, Order Execution Message)."""

    source_time_ns = u32            @ 4
    symbol_index   = u32            @ 8
    symbol_seq_num = u32            @ 12
    order_id       = u64            @ 16
    trade_id       = u32            @ 24
    price          = u32            @ 28
    volume         = u32            @ 32
    printable_flag = printable_flag @ 36
    reserved_1     = reserved(1)    @ 37
    trade_cond_1   = trade_cond_1   @ 38
    trade_cond_2   = trade_cond_2   @ 39
    trade_cond_3   = trade_cond_3   @ 40
    trade_cond_4   = trade_cond_4   @ 41


class ReplaceOrder(Pillar, type=104, size=42, extensible=True):
    """An order was replaced by a new one (Pillar Integrated 2.5, Replace Order Message)."""

    source_time_ns           = u32 @ 4
    symbol_index             = u32 @ 8
    symbol_seq_num           = u32 @ 12
    order_id                 = u64 @ 16
    new_order_id             = u64 @ 24
    price                    = u32 @ 32
    volume                   = u32 @ 36
    prev_price_parity_splits = u8  @ 40
    new_price_parity_splits  = u8  @ 41


class Imbalance(Pillar, type=105, size=73, extensible=True):
    """Where an auction stands (Pillar Integrated 2.5, Imbalance Message)."""

    source_time                     = u32                   @ 4
    source_time_ns                  = u32                   @ 8
    symbol_index                    = u32                   @ 12
    symbol_seq_num                  = u32                   @ 16
    reference_price                 = u32                   @ 20
    paired_qty                      = u32                   @ 24
    total_imbalance_qty             = u32                   @ 28
    market_imbalance_qty            = u32                   @ 32
    auction_time                    = u16                   @ 36
    auction_type                    = auction_type          @ 38
    imbalance_side                  = imbalance_side        @ 39
    continuous_book_clearing_price  = u32                   @ 40
    auction_interest_clearing_price = u32                   @ 44
    ssr_filing_price                = u32                   @ 48
    indicative_match_price          = u32                   @ 52
    upper_collar                    = u32                   @ 56
    lower_collar                    = u32                   @ 60
    auction_status                  = auction_status        @ 64
    freeze_status                   = freeze_status         @ 65
    num_extensions                  = u8                    @ 66
    unpaired_qty                    = u32                   @ 67
    unpaired_side                   = char                  @ 71
    significant_imbalance           = significant_imbalance @ 72


class AddOrderRefresh(Pillar, type=106, size=43, extensible=True):
    """An order that is in the book, in a refresh (Pillar Integrated 2.5, Add Order Refresh Message)."""

    source_time    = u32         @ 4
    source_time_ns = u32         @ 8
    symbol_index   = u32         @ 12
    symbol_seq_num = u32         @ 16
    order_id       = u64         @ 20
    price          = u32         @ 28
    volume         = u32         @ 32
    side           = side        @ 36
    firm_id        = alpha(5)    @ 37
    reserved_1     = reserved(1) @ 42


class NonDisplayedTrade(Pillar, type=110, size=33, extensible=True):
    """A trade against an order that was not displayed (Pillar Integrated 2.5, Non-Displayed Trade Message)."""

    source_time_ns = u32            @ 4
    symbol_index   = u32            @ 8
    symbol_seq_num = u32            @ 12
    trade_id       = u32            @ 16
    price          = u32            @ 20
    volume         = u32            @ 24
    printable_flag = printable_flag @ 28
    trade_cond_1   = trade_cond_1   @ 29
    trade_cond_2   = trade_cond_2   @ 30
    trade_cond_3   = trade_cond_3   @ 31
    trade_cond_4   = trade_cond_4   @ 32


class CrossTrade(Pillar, type=111, size=29, extensible=True):
    """An auction's trade, in bulk (Pillar Integrated 2.5, Cross Trade Message)."""

    source_time_ns = u32        @ 4
    symbol_index   = u32        @ 8
    symbol_seq_num = u32        @ 12
    cross_id       = u32        @ 16
    price          = u32        @ 20
    volume         = u32        @ 24
    cross_type     = cross_type @ 28


class TradeCancel(Pillar, type=112, size=20, extensible=True):
    """An earlier trade is void (Pillar Integrated 2.5, Trade Cancel Message)."""

    source_time_ns = u32 @ 4
    symbol_index   = u32 @ 8
    symbol_seq_num = u32 @ 12
    trade_id       = u32 @ 16


class CrossCorrection(Pillar, type=113, size=24, extensible=True):
    """An auction's trade had another volume (Pillar Integrated 2.5, Cross Correction Message)."""

    source_time_ns = u32 @ 4
    symbol_index   = u32 @ 8
    symbol_seq_num = u32 @ 12
    cross_id       = u32 @ 16
    volume         = u32 @ 20


class RetailPriceImprovement(Pillar, type=114, size=17, extensible=True):
    """Retail interest in a symbol (Pillar Integrated 2.5, Retail Price Improvement Message)."""

    source_time_ns = u32           @ 4
    symbol_index   = u32           @ 8
    symbol_seq_num = u32           @ 12
    rpi_indicator  = rpi_indicator @ 16


class StockSummary(Pillar, type=223, size=36, extensible=True):
    """The figures of a symbol's day so far (Pillar Integrated 2.5, Stock Summary Message)."""

    source_time    = u32 @ 4
    source_time_ns = u32 @ 8
    symbol_index   = u32 @ 12
    high_price     = u32 @ 16
    low_price      = u32 @ 20
    open           = u32 @ 24
    close          = u32 @ 28
    total_volume   = u32 @ 32


class Quote(Pillar, type=140, size=34, extensible=True):
    """The best bid and offer of a symbol (Pillar BBO 2.5, Quote Message)."""

    source_time_ns  = u32             @ 4
    symbol_index    = u32             @ 8
    symbol_seq_num  = u32             @ 12
    ask_price       = u32             @ 16
    ask_volume      = u32             @ 20
    bid_price       = u32             @ 24
    bid_volume      = u32             @ 28
    quote_condition = quote_condition @ 32
    rpi_indicator   = rpi_indicator   @ 33
# fmt: on


CONTROL = (
    SequenceNumberReset, SourceTimeReference, SymbolIndexMapping, MessageUnavailable, SymbolClear, SecurityStatus,
    RefreshHeader,
)  # fmt: skip
"""What all Pillar feeds send."""

INTEGRATED = (
    *CONTROL, AddOrder, ModifyOrder, DeleteOrder, OrderExecution, ReplaceOrder, Imbalance, AddOrderRefresh,
    NonDisplayedTrade, CrossTrade, TradeCancel, CrossCorrection, RetailPriceImprovement, StockSummary,
)  # fmt: skip

BBO = (*CONTROL, Quote)
