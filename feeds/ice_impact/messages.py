"""Orders, price levels, snapshots and trades of ICE iMpact 1.1.33, offsets as the specification prints them.

Offsets count from the message's type. A later version appends fields: a message may be longer than its table.
"""

from feedhandler.wire.big_endian import alpha, i8, i16, i32, i64, reserved

from .codes import (
    Impact,
    aggressor,
    bundle,
    event_code,
    investigation,
    leg_type,
    off_market,
    option_type,
    order_flags,
    side,
    trading_status,
    yes_no,
)


# fmt: off
class MarketSnapshot(Impact, type="C", size=136, extensible=True):
    """The state of a market, in front of its orders or price levels (iMpact 1.1.33, message type C)."""

    market_id                                  = i32            @ 3
    market_type                                = i16            @ 7
    trading_status                             = trading_status @ 9
    volume                                     = i32            @ 10
    block_volume                               = i32            @ 14
    efs_volume                                 = i32            @ 18
    efp_volume                                 = i32            @ 22
    open_interest                              = i32            @ 26
    opening_price                              = i64            @ 30
    settlement_price_with_deal_price_precision = i64            @ 38
    high                                       = i64            @ 46
    low                                        = i64            @ 54
    vwap                                       = i64            @ 62
    num_of_book_entries                        = i32            @ 70
    last_trade_price                           = i64            @ 74
    last_trade_quantity                        = i32            @ 82
    last_trade_date_time                       = i64            @ 86
    settle_price_date_time                     = i64            @ 94
    last_message_sequence_id                   = i32            @ 102
    reserved_2                                 = reserved(2)    @ 106
    open_interest_date                         = alpha(10)      @ 108
    is_settle_price_official                   = yes_no         @ 118
    settlement_price                           = i64            @ 119
    has_previous_day_settlement_price          = yes_no         @ 127
    previous_day_settlement_price              = i64            @ 128


class MarketSnapshotOrder(Impact, type="D", size=44, extensible=True):
    """An order of a snapshot (iMpact 1.1.33, message type D)."""

    market_id              = i32    @ 3
    order_id               = i64    @ 7
    order_sequence_id      = i16    @ 15
    side                   = side   @ 17
    price                  = i64    @ 18
    quantity               = i32    @ 26
    is_implied             = yes_no @ 30
    is_rfq                 = yes_no @ 31
    order_entry_date_time  = i64    @ 32
    sequence_within_millis = i32    @ 40


class AddOrModifyOrder(Impact, type="E", size=53, extensible=True):
    """An order is in the book as it says, whether it was there before or not (iMpact 1.1.33, message type E)."""

    market_id              = i32         @ 3
    order_id               = i64         @ 7
    order_sequence_id      = i16         @ 15
    side                   = side        @ 17
    price                  = i64         @ 18
    quantity               = i32         @ 26
    is_implied             = yes_no      @ 30
    is_rfq                 = yes_no      @ 31
    order_entry_date_time  = i64         @ 32
    extra_flags            = order_flags @ 40
    sequence_within_millis = i32         @ 41
    modification_timestamp = i64         @ 45


class DeleteOrder(Impact, type="F", size=27, extensible=True):
    """An order left the book (iMpact 1.1.33, message type F)."""

    market_id              = i32 @ 3
    order_id               = i64 @ 7
    message_date_time      = i64 @ 15
    sequence_within_millis = i32 @ 23


class MessageBundleMarker(Impact, type="T", size=4, extensible=True):
    """A bundle of messages starts or ends (iMpact 1.1.33, message type T)."""

    start_or_end = bundle @ 3


class MarketSnapshotPriceLevel(Impact, type="m", size=29, extensible=True):
    """A price level of a snapshot, on price level channels (iMpact 1.1.33, message type m)."""

    market_id            = i32  @ 3
    side                 = side @ 7
    price_level_position = i8   @ 8
    price                = i64  @ 9
    quantity             = i32  @ 17
    order_count          = i16  @ 21
    implied_quantity     = i32  @ 23
    implied_order_count  = i16  @ 27


class AddPriceLevel(Impact, type="t", size=37, extensible=True):
    """A price level comes in at its position, on price level channels (iMpact 1.1.33, message type t)."""

    market_id            = i32  @ 3
    side                 = side @ 7
    price_level_position = i8   @ 8
    price                = i64  @ 9
    quantity             = i32  @ 17
    order_count          = i16  @ 21
    implied_quantity     = i32  @ 23
    implied_order_count  = i16  @ 27
    timestamp            = i64  @ 29


class ChangePriceLevel(Impact, type="s", size=37, extensible=True):
    """The price level of a position changed, on price level channels (iMpact 1.1.33, message type s)."""

    market_id            = i32  @ 3
    side                 = side @ 7
    price_level_position = i8   @ 8
    price                = i64  @ 9
    quantity             = i32  @ 17
    order_count          = i16  @ 21
    implied_quantity     = i32  @ 23
    implied_order_count  = i16  @ 27
    timestamp            = i64  @ 29


class DeletePriceLevel(Impact, type="r", size=17, extensible=True):
    """The price level of a position is gone, on price level channels (iMpact 1.1.33, message type r)."""

    market_id            = i32  @ 3
    side                 = side @ 7
    price_level_position = i8   @ 8
    timestamp            = i64  @ 9


class Trade(Impact, type="G", size=49, extensible=True):
    """A trade (iMpact 1.1.33, message type G)."""

    market_id                        = i32        @ 3
    trade_id                         = i64        @ 7
    is_system_priced_leg             = yes_no     @ 15
    price                            = i64        @ 16
    quantity                         = i32        @ 24
    off_market_trade_indicator       = off_market @ 28
    transact_date_time               = i64        @ 29
    system_priced_leg_type           = leg_type   @ 37
    is_implied_spread_at_market_open = yes_no     @ 38
    is_adjusted_trade                = yes_no     @ 39
    aggressor_side                   = aggressor  @ 40
    extra_flags                      = i8         @ 41
    off_market_trade_type            = alpha(3)   @ 42
    sequence_within_millis           = i32        @ 45


class SpotMarketTrade(Impact, type="Y", size=53, extensible=True):
    """A trade in a spot market (iMpact 1.1.33, message type Y)."""

    market_id                = i32    @ 3
    trade_id                 = i64    @ 7
    price                    = i64    @ 15
    quantity                 = i32    @ 23
    transact_date_time       = i64    @ 27
    extra_flags              = i8     @ 35
    delivery_begin_date_time = i64    @ 36
    delivery_end_date_time   = i64    @ 44
    is_system_priced_leg     = yes_no @ 52


class InvestigatedTrade(Impact, type="H", size=40, extensible=True):
    """A trade is looked into, or that is over (iMpact 1.1.33, message type H)."""

    market_id                  = i32           @ 3
    trade_id                   = i64           @ 7
    price                      = i64           @ 15
    quantity                   = i32           @ 23
    off_market_trade_indicator = off_market    @ 27
    message_date_time          = i64           @ 28
    investigation_status       = investigation @ 36
    off_market_trade_type      = alpha(3)      @ 37


class CancelledTrade(Impact, type="I", size=39, extensible=True):
    """A trade is void (iMpact 1.1.33, message type I)."""

    market_id                  = i32        @ 3
    trade_id                   = i64        @ 7
    price                      = i64        @ 15
    quantity                   = i32        @ 23
    off_market_trade_indicator = off_market @ 27
    message_date_time          = i64        @ 28
    off_market_trade_type      = alpha(3)   @ 36


class OldStyleOptionsTradeAndMarketStats(Impact, type="W", size=86, extensible=True):
    """A trade in an option without a market id of its own, with figures of the day (iMpact 1.1.33, message type W)."""

    underlying_market_id       = i32         @ 3
    trade_id                   = i64         @ 7
    price                      = i64         @ 15
    quantity                   = i32         @ 23
    off_market_trade_indicator = off_market  @ 27
    transact_date_time         = i64         @ 28
    option_type                = option_type @ 36
    strike_price               = i64         @ 37
    event_code                 = event_code  @ 45
    total_volume               = i32         @ 46
    block_volume               = i32         @ 50
    efs_volume                 = i32         @ 54
    efp_volume                 = i32         @ 58
    high                       = i64         @ 62
    low                        = i64         @ 70
    vwap                       = i64         @ 78


class RequestForQuote(Impact, type="k", size=34, extensible=True):
    """Somebody asks for quotes (iMpact 1.1.33, message type k)."""

    market_id            = i32  @ 3
    message_timestamp    = i64  @ 7
    rfq_system_id        = i64  @ 15
    market_type_id       = i16  @ 23
    underlying_market_id = i32  @ 25
    quantity             = i32  @ 29
    side                 = side @ 33
# fmt: on


MESSAGES = (
    MarketSnapshot,
    MarketSnapshotOrder,
    AddOrModifyOrder,
    DeleteOrder,
    MessageBundleMarker,
    MarketSnapshotPriceLevel,
    AddPriceLevel,
    ChangePriceLevel,
    DeletePriceLevel,
    Trade,
    SpotMarketTrade,
    InvestigatedTrade,
    CancelledTrade,
    OldStyleOptionsTradeAndMarketStats,
    RequestForQuote,
)
