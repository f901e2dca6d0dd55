"""Every message of MEMOIR Depth 1.3, offsets and names as its SBE schema has them.

Made by `python -m feedhandler.wire.sbe` from Memx.Equities.MemoirDepth.Sbe.v1.3.xml, an SBE schema with id 2 and
version 259; big-endian. Change the schema's reading, not this file.
"""

from feedhandler.wire import Message
from feedhandler.wire.big_endian import alpha, char, i64, u8, u16, u32, u64
from feedhandler.wire.big_endian import price as price_type

# fmt: off
boolean_type = u8.named({0: "False", 1: "True"})
security_trading_status_type = char.named({"H": "Halted", "P": "Paused", "Q": "Quoting", "T": "Trading"})
security_trading_status_reason_type = char.named({"X": "None", "R": "Regulatory", "A": "Administrative"})
trading_session_type = char.named({"1": "Opening", "2": "Trading", "3": "PostTrading", "4": "Closed"})
side_type = char.named({"B": "Buy", "S": "Sell"})


class Sbe(Message, selector="template_id", block="block_length", version="version",
          constants={"schema_id": 2}, defaults={"version": 259}):
    """The header of every message (com.memx.us_equities.memoir.depth.sbe.v1 1.3, messageHeader)."""

    block_length = u16 @ 0
    template_id  = u8  @ 2
    schema_id    = u8  @ 3
    version      = u16 @ 4


class InstrumentDirectory(Sbe, type=1, size=42):
    """InstrumentDirectory (com.memx.us_equities.memoir.depth.sbe.v1 1.3, template 1)."""

    timestamp      = u64                         @ 6
    security_id    = u16                         @ 14
    symbol         = alpha(6)                    @ 16
    symbol_sfx     = alpha(6)                    @ 22
    round_lot      = u32                         @ 28
    reserved       = u8                          @ 32
    is_test_symbol = boolean_type                @ 33
    mpv            = price_type(i64, decimals=6) @ 34


class RegSHORestriction(Sbe, type=2, size=17):
    """RegSHORestriction (com.memx.us_equities.memoir.depth.sbe.v1 1.3, template 2)."""

    timestamp              = u64          @ 6
    security_id            = u16          @ 14
    short_sale_restriction = boolean_type @ 16


class SecurityTradingStatus(Sbe, type=3, size=18):
    """SecurityTradingStatus (com.memx.us_equities.memoir.depth.sbe.v1 1.3, template 3)."""

    timestamp                      = u64                                 @ 6
    security_id                    = u16                                 @ 14
    security_trading_status        = security_trading_status_type        @ 16
    security_trading_status_reason = security_trading_status_reason_type @ 17


class TradingSessionStatus(Sbe, type=5, size=15):
    """TradingSessionStatus (com.memx.us_equities.memoir.depth.sbe.v1 1.3, template 5)."""

    timestamp       = u64                  @ 6
    trading_session = trading_session_type @ 14


class OrderAdded(Sbe, type=10, size=37):
    """OrderAdded (com.memx.us_equities.memoir.depth.sbe.v1 1.3, template 10)."""

    timestamp   = u64                         @ 6
    security_id = u16                         @ 14
    order_id    = u64                         @ 16
    side        = side_type                   @ 24
    quantity    = u32                         @ 25
    price       = price_type(i64, decimals=6) @ 29


class OrderDeleted(Sbe, type=11, size=24):
    """OrderDeleted (com.memx.us_equities.memoir.depth.sbe.v1 1.3, template 11)."""

    timestamp   = u64 @ 6
    security_id = u16 @ 14
    order_id    = u64 @ 16


class OrderReduced(Sbe, type=12, size=28):
    """OrderReduced (com.memx.us_equities.memoir.depth.sbe.v1 1.3, template 12)."""

    timestamp   = u64 @ 6
    security_id = u16 @ 14
    order_id    = u64 @ 16
    quantity    = u32 @ 24


class OrderExecuted(Sbe, type=13, size=44):
    """OrderExecuted (com.memx.us_equities.memoir.depth.sbe.v1 1.3, template 13)."""

    timestamp   = u64                         @ 6
    security_id = u16                         @ 14
    order_id    = u64                         @ 16
    trade_id    = u64                         @ 24
    quantity    = u32                         @ 32
    price       = price_type(i64, decimals=6) @ 36


class Trade(Sbe, type=14, size=36):
    """Trade (com.memx.us_equities.memoir.depth.sbe.v1 1.3, template 14)."""

    timestamp   = u64                         @ 6
    security_id = u16                         @ 14
    trade_id    = u64                         @ 16
    quantity    = u32                         @ 24
    price       = price_type(i64, decimals=6) @ 28


class BrokenTrade(Sbe, type=15, size=36):
    """BrokenTrade (com.memx.us_equities.memoir.depth.sbe.v1 1.3, template 15)."""

    timestamp         = u64                         @ 6
    security_id       = u16                         @ 14
    trade_id          = u64                         @ 16
    original_quantity = u32                         @ 24
    original_price    = price_type(i64, decimals=6) @ 28


class CorrectedTrade(Sbe, type=16, size=48):
    """CorrectedTrade (com.memx.us_equities.memoir.depth.sbe.v1 1.3, template 16)."""

    timestamp          = u64                         @ 6
    security_id        = u16                         @ 14
    trade_id           = u64                         @ 16
    original_quantity  = u32                         @ 24
    original_price     = price_type(i64, decimals=6) @ 28
    corrected_quantity = u32                         @ 36
    corrected_price    = price_type(i64, decimals=6) @ 40


class ClearBook(Sbe, type=18, size=16):
    """ClearBook (com.memx.us_equities.memoir.depth.sbe.v1 1.3, template 18)."""

    timestamp   = u64 @ 6
    security_id = u16 @ 14


class SnapshotComplete(Sbe, type=100, size=22):
    """SnapshotComplete (com.memx.us_equities.memoir.depth.sbe.v1 1.3, template 100)."""

    timestamp             = u64 @ 6
    as_of_sequence_number = u64 @ 14
# fmt: on


MESSAGES = (
    InstrumentDirectory,
    RegSHORestriction,
    SecurityTradingStatus,
    TradingSessionStatus,
    OrderAdded,
    OrderDeleted,
    OrderReduced,
    OrderExecuted,
    Trade,
    BrokenTrade,
    CorrectedTrade,
    ClearBook,
    SnapshotComplete,
)
"""Every message of the schema, in its order."""
