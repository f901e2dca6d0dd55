"""Every message of Japannext PTS ITCH for equities, offsets and names as the specification prints them.

Source: "Japannext PTS ITCH Market Data Specification for Equities", version 1.6 of 9 March 2023 and versions 1.7 of
1 November 2023 to 2.0 of 17 September 2025, section 4 (Outbound Sequenced Messages). All integers are unsigned and
big-endian (section 3). Prices have one implied decimal place; 7FFFFFFF hex is no price at all.

Since version 1.7 the orderbook id is the security's code in four letters, since codes may have letters; before it was a
number. Nothing else changed, so the five messages with an orderbook id have a form for each.
"""

from __future__ import annotations

from feedhandler.wire import Message
from feedhandler.wire.big_endian import alpha, char, price, u32, u64

system_event = char.named(
    O="Start of Messages",
    S="Start of System Hours",
    Q="Start of Market Hours",
    M="End of Market Hours",
    E="End of System Hours",
    C="End of Messages",
)
trading_state = char.named(T="Trading", V="Suspended")
short_selling_state = char.named({"0": "No price restriction", "1": "Price restriction in effect"})
side = char.named(B="Buy", S="Sell")
order_type = char.named(Q="DLP order")
group = alpha(4).named(DAY="J-Market, daytime", NGHT="J-Market, nighttime", DAYX="X-Market", DAYU="U-Market")
price1 = price(u32, decimals=1)


class Itch(Message):
    """The family: every message opens with its type."""

    message_type = char @ 0


# fmt: off
class TimestampSeconds(Itch, type="T", size=5):
    """The second that times count from, since midnight of the day on which the session began (PTS ITCH, 4.1)."""

    seconds = u32 @ 1


class SystemEvent(Itch, type="S", size=10):
    """An event of the data feed, the system or the market; a blank group: of all (PTS ITCH, 4.2)."""

    nanoseconds  = u32          @ 1
    group        = group        @ 5
    system_event = system_event @ 9


class PriceTickSize(Itch, type="L", size=17):
    """The tick size of a table from a price on (PTS ITCH, 4.3)."""

    nanoseconds              = u32    @ 1
    price_tick_size_table_id = u32    @ 5
    price_tick_size          = price1 @ 9
    price_start              = price1 @ 13


class OrderbookDirectory(Itch, type="R", size=45):
    """An orderbook of the day (PTS ITCH, 4.4)."""

    nanoseconds              = u32       @ 1
    orderbook_id             = alpha(4)  @ 5
    orderbook_code           = alpha(12) @ 9
    group                    = group     @ 21
    round_lot_size           = u32       @ 25
    price_tick_size_table_id = u32       @ 29
    price_decimals           = u32       @ 33
    upper_price_limit        = price1    @ 37
    lower_price_limit        = price1    @ 41


class TradingState(Itch, type="H", size=14):
    """The trading state of an orderbook; one that is not told of before system hours is suspended (PTS ITCH, 4.5)."""

    nanoseconds   = u32           @ 1
    orderbook_id  = alpha(4)      @ 5
    group         = group         @ 9
    trading_state = trading_state @ 13


class ShortSellingPriceRestrictionState(Itch, type="Y", size=14):
    """Whether short selling is restricted; where none is told of it is not (PTS ITCH, 4.6)."""

    nanoseconds         = u32                 @ 1
    orderbook_id        = alpha(4)            @ 5
    group               = group               @ 9
    short_selling_state = short_selling_state @ 13


class OrderAdded(Itch, type="A", size=30):
    """An order was accepted; order number 0: the reference price (PTS ITCH, 4.7.1)."""

    nanoseconds        = u32      @ 1
    order_number       = u64      @ 5
    buy_sell_indicator = side     @ 13
    quantity           = u32      @ 14
    orderbook_id       = alpha(4) @ 18
    group              = group    @ 22
    price              = price1   @ 26


class OrderAddedWithAttributes(Itch, type="F", size=35):
    """The same for an order with attributes of its market (PTS ITCH, 4.7.2)."""

    nanoseconds        = u32        @ 1
    order_number       = u64        @ 5
    buy_sell_indicator = side       @ 13
    quantity           = u32        @ 14
    orderbook_id       = alpha(4)   @ 18
    group              = group      @ 22
    price              = price1     @ 26
    attribution        = alpha(4)   @ 30
    order_type         = order_type @ 34


class OrderExecuted(Itch, type="E", size=25):
    """An order was executed, wholly or in part (PTS ITCH, 4.8)."""

    nanoseconds       = u32 @ 1
    order_number      = u64 @ 5
    executed_quantity = u32 @ 13
    match_number      = u64 @ 17


class OrderDeleted(Itch, type="D", size=13):
    """An order was canceled (PTS ITCH, 4.9)."""

    nanoseconds  = u32 @ 1
    order_number = u64 @ 5


class OrderReplaced(Itch, type="U", size=29):
    """An order was replaced by a new one of the same orderbook and side (PTS ITCH, 4.10)."""

    nanoseconds           = u32    @ 1
    original_order_number = u64    @ 5
    new_order_number      = u64    @ 13
    quantity              = u32    @ 21
    price                 = price1 @ 25


# ------------------------------------------------------------------------- up to version 1.6: orderbooks by number


class NumberedOrderbookDirectory(Itch, type="R", size=45):
    """An orderbook of the day (PTS ITCH 1.6, 4.4)."""

    nanoseconds              = u32       @ 1
    orderbook_id             = u32       @ 5
    orderbook_code           = alpha(12) @ 9
    group                    = group     @ 21
    round_lot_size           = u32       @ 25
    price_tick_size_table_id = u32       @ 29
    price_decimals           = u32       @ 33
    upper_price_limit        = price1    @ 37
    lower_price_limit        = price1    @ 41


class NumberedTradingState(Itch, type="H", size=14):
    """The trading state of an orderbook (PTS ITCH 1.6, 4.5)."""

    nanoseconds   = u32           @ 1
    orderbook_id  = u32           @ 5
    group         = group         @ 9
    trading_state = trading_state @ 13


class NumberedShortSellingPriceRestrictionState(Itch, type="Y", size=14):
    """Whether short selling is restricted (PTS ITCH 1.6, 4.6)."""

    nanoseconds         = u32                 @ 1
    orderbook_id        = u32                 @ 5
    group               = group               @ 9
    short_selling_state = short_selling_state @ 13


class NumberedOrderAdded(Itch, type="A", size=30):
    """An order was accepted; order number 0: the reference price (PTS ITCH 1.6, 4.7.1)."""

    nanoseconds        = u32    @ 1
    order_number       = u64    @ 5
    buy_sell_indicator = side   @ 13
    quantity           = u32    @ 14
    orderbook_id       = u32    @ 18
    group              = group  @ 22
    price              = price1 @ 26


class NumberedOrderAddedWithAttributes(Itch, type="F", size=35):
    """The same for an order with attributes of its market (PTS ITCH 1.6, 4.7.2)."""

    nanoseconds        = u32        @ 1
    order_number       = u64        @ 5
    buy_sell_indicator = side       @ 13
    quantity           = u32        @ 14
    orderbook_id       = u32        @ 18
    group              = group      @ 22
    price              = price1     @ 26
    attribution        = alpha(4)   @ 30
    order_type         = order_type @ 34
# fmt: on


SHARED = (TimestampSeconds, SystemEvent, PriceTickSize, OrderExecuted, OrderDeleted, OrderReplaced)
BY_CODE = (
    OrderbookDirectory, TradingState, ShortSellingPriceRestrictionState, OrderAdded, OrderAddedWithAttributes,
)  # fmt: skip
BY_NUMBER = (
    NumberedOrderbookDirectory, NumberedTradingState, NumberedShortSellingPriceRestrictionState, NumberedOrderAdded,
    NumberedOrderAddedWithAttributes,
)  # fmt: skip
VARIANTS = {"1.7": (*SHARED, *BY_CODE), "1.6": (*SHARED, *BY_NUMBER)}
