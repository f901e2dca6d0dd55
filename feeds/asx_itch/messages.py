"""Orders, trades and the state of the market in the ASX Market Data Protocol, offsets and names as it prints them.

Source: "New Trading Platform, ASX Market Data Protocol Specification", version 1.05 of December 2017 (ASX MDP), for the
derivatives of ASX 24. All integers are big-endian, prices are signed. The symbol directories are in `definitions.py`.

What a Market Settlement (Y) has behind its instrument could not be established: public descriptions repeat the fields
of the Open, High, Low, Last Trade Adjustment there. Its table ends before, and accepts what is longer.
"""

from __future__ import annotations

from feedhandler.wire import Message
from feedhandler.wire.big_endian import alpha, char, u16, u32, u64

from .codes import event_code, instrument_price, order_side, rfq_side, session_state, trade_type


class Itch(Message):
    """The family: every message opens with its type."""

    message_type = char @ 0


# fmt: off
class Seconds(Itch, type="T", size=5):
    """The second that times count from, of the Unix epoch (ASX MDP 1.05, Time)."""

    second = u32 @ 1


class OrderAdded(Itch, type="A", size=40):
    """A new order, or one that stands and is stated again (ASX MDP 1.05, Order Added)."""

    nanoseconds             = u32              @ 1
    trade_date              = u16              @ 5
    tradeable_instrument_id = u32              @ 7
    side                    = order_side       @ 11
    order_id                = u64              @ 12
    order_book_priority     = u64              @ 20
    quantity                = u32              @ 28
    price                   = instrument_price @ 32


class OrderVolumeCancelled(Itch, type="X", size=24):
    """An order lost part of its volume without a trade (ASX MDP 1.05, Order Volume Cancelled)."""

    nanoseconds             = u32        @ 1
    trade_date              = u16        @ 5
    tradeable_instrument_id = u32        @ 7
    side                    = order_side @ 11
    order_id                = u64        @ 12
    quantity                = u32        @ 20


class OrderDeleted(Itch, type="D", size=20):
    """An order left the book: cancelled, expired or purged (ASX MDP 1.05, Order Deleted)."""

    nanoseconds             = u32        @ 1
    trade_date              = u16        @ 5
    tradeable_instrument_id = u32        @ 7
    side                    = order_side @ 11
    order_id                = u64        @ 12


class OrderExecuted(Itch, type="E", size=56):
    """An order of the book was executed by one that came, wholly or in part (ASX MDP 1.05, Order Executed)."""

    nanoseconds             = u32              @ 1
    trade_date              = u16              @ 5
    tradeable_instrument_id = u32              @ 7
    side                    = order_side       @ 11
    order_id                = u64              @ 12
    quantity_remaining      = u32              @ 20
    trade_type              = trade_type       @ 24
    trade_id                = u64              @ 25
    executed_quantity       = u32              @ 33
    trade_price             = instrument_price @ 37
    combination_trade_id    = u64              @ 45
    counter_party_id        = alpha(3)         @ 53


class AuctionOrderExecuted(Itch, type="C", size=53):
    """An order was executed in the auction against one that has traded out (ASX MDP 1.05, Auction Order Executed)."""

    nanoseconds             = u32              @ 1
    trade_date              = u16              @ 5
    tradeable_instrument_id = u32              @ 7
    side                    = order_side       @ 11
    order_id                = u64              @ 12
    quantity_remaining      = u32              @ 20
    trade_type              = trade_type       @ 24
    trade_id                = u64              @ 25
    executed_quantity       = u32              @ 33
    trade_price             = instrument_price @ 37
    opposite_order_id       = u64              @ 45


class CombinationOrderExecuted(Itch, type="e", size=66):
    """An order was executed against a leg of a combination's order (ASX MDP 1.05, Combination Order Executed)."""

    nanoseconds                      = u32              @ 1
    trade_date                       = u16              @ 5
    tradeable_instrument_id          = u32              @ 7
    side                             = order_side       @ 11
    order_id                         = u64              @ 12
    quantity_remaining               = u32              @ 20
    trade_type                       = trade_type       @ 24
    trade_id                         = u64              @ 25
    executed_quantity                = u32              @ 33
    trade_price                      = instrument_price @ 37
    opposite_tradeable_instrument_id = u32              @ 45
    opposite_side                    = order_side       @ 49
    opposite_order_id                = u64              @ 50
    combination_trade_id             = u64              @ 58


class ImpliedOrderAdded(Itch, type="j", size=40):
    """Orders of other books imply one in this book (ASX MDP 1.05, Implied Order Added)."""

    nanoseconds             = u32              @ 1
    trade_date              = u16              @ 5
    tradeable_instrument_id = u32              @ 7
    side                    = order_side       @ 11
    order_id                = u64              @ 12
    order_book_priority     = u64              @ 20
    quantity                = u32              @ 28
    price                   = instrument_price @ 32


class ImpliedOrderReplaced(Itch, type="l", size=40):
    """The implied order has another price, volume or priority (ASX MDP 1.05, Implied Order Replaced)."""

    nanoseconds             = u32              @ 1
    trade_date              = u16              @ 5
    tradeable_instrument_id = u32              @ 7
    side                    = order_side       @ 11
    order_id                = u64              @ 12
    order_book_priority     = u64              @ 20
    quantity                = u32              @ 28
    price                   = instrument_price @ 32


class ImpliedOrderDeleted(Itch, type="k", size=20):
    """The implied order of a side is no more (ASX MDP 1.05, Implied Order Deleted)."""

    nanoseconds             = u32        @ 1
    trade_date              = u16        @ 5
    tradeable_instrument_id = u32        @ 7
    side                    = order_side @ 11
    order_id                = u64        @ 12


class TradeExecuted(Itch, type="P", size=46):
    """A trade of a combination, whose legs are executions of their own (ASX MDP 1.05, Trade Executed)."""

    nanoseconds             = u32              @ 1
    trade_date              = u16              @ 5
    tradeable_instrument_id = u32              @ 7
    trade_type              = trade_type       @ 11
    trade_id                = u64              @ 12
    executed_quantity       = u32              @ 20
    trade_price             = instrument_price @ 24
    combination_trade_id    = u64              @ 32
    participant_id_buyer    = alpha(3)         @ 40
    participant_id_seller   = alpha(3)         @ 43


class CombinationTradeExecuted(Itch, type="p", size=80):
    """A trade of orders that rest in the books of other instruments (ASX MDP 1.05, Combination Trade Executed)."""

    nanoseconds                    = u32              @ 1
    trade_date                     = u16              @ 5
    tradeable_instrument_id        = u32              @ 7
    trade_type                     = trade_type       @ 11
    trade_id                       = u64              @ 12
    executed_quantity              = u32              @ 20
    trade_price                    = instrument_price @ 24
    buyer_tradeable_instrument_id  = u32              @ 32
    buyer_side                     = order_side       @ 36
    buyer_order_id                 = u64              @ 37
    buyer_combination_trade_id     = u64              @ 45
    buyer_participant_id           = alpha(3)         @ 53
    seller_tradeable_instrument_id = u32              @ 56
    seller_side                    = order_side       @ 60
    seller_order_id                = u64              @ 61
    seller_combination_trade_id    = u64              @ 69
    seller_participant_id          = alpha(3)         @ 77


class TradeCancellation(Itch, type="B", size=19):
    """A trade is void (ASX MDP 1.05, Trade Cancellation)."""

    nanoseconds             = u32 @ 1
    trade_date              = u16 @ 5
    tradeable_instrument_id = u32 @ 7
    trade_id                = u64 @ 11


class EndOfBusinessTradeDate(Itch, type="S", size=8):
    """No more messages of a trade date will come (ASX MDP 1.05, End of Business Trade Date)."""

    nanoseconds = u32        @ 1
    trade_date  = u16        @ 5
    event_code  = event_code @ 7


class OrderBookState(Itch, type="O", size=12):
    """The session state of an instrument (ASX MDP 1.05, Order Book State)."""

    nanoseconds             = u32           @ 1
    trade_date              = u16           @ 5
    tradeable_instrument_id = u32           @ 7
    session_state           = session_state @ 11


class EquilibriumPrice(Itch, type="Z", size=43):
    """What the auction would do now (ASX MDP 1.05, Equilibrium Price)."""

    nanoseconds             = u32              @ 1
    trade_date              = u16              @ 5
    tradeable_instrument_id = u32              @ 7
    equilibrium_price       = instrument_price @ 11
    matched_quantity        = u64              @ 19
    bid_quantity            = u64              @ 27
    ask_quantity            = u64              @ 35


class OpenHighLowLastTradeAdjustment(Itch, type="t", size=55):
    """The figures of the day, adjusted (ASX MDP 1.05, Open, High, Low, Last Trade Adjustment)."""

    nanoseconds             = u32              @ 1
    trade_date              = u16              @ 5
    tradeable_instrument_id = u32              @ 7
    opening_trade           = instrument_price @ 11
    highest_trade           = instrument_price @ 19
    lowest_trade            = instrument_price @ 27
    last_trade              = instrument_price @ 35
    last_volume             = u32              @ 43
    total_traded_volume     = u64              @ 47


class MarketSettlement(Itch, type="Y", size=11, extensible=True):
    """The settlement of an instrument; what stands behind it is not known (ASX MDP 1.05, Market Settlement)."""

    nanoseconds             = u32 @ 1
    trade_date              = u16 @ 5
    tradeable_instrument_id = u32 @ 7


class Text(Itch, type="x", size=113):
    """Free text about the market (ASX MDP 1.05, Text)."""

    nanoseconds = u32        @ 1
    trade_date  = u16        @ 5
    source_id   = alpha(6)   @ 7
    text        = alpha(100) @ 13


class RequestForQuote(Itch, type="q", size=16):
    """Somebody asks for quotes (ASX MDP 1.05, Request for Quote)."""

    nanoseconds             = u32      @ 1
    trade_date              = u16      @ 5
    tradeable_instrument_id = u32      @ 7
    rfq_side                = rfq_side @ 11
    quantity                = u32      @ 12


class AnomalousOrderThresholdPublish(Itch, type="W", size=59):
    """Beyond which prices orders are anomalous and trades extreme (ASX MDP 1.05, Anomalous Order Threshold Publish)."""

    nanoseconds             = u32              @ 1
    trade_date              = u16              @ 5
    tradeable_instrument_id = u32              @ 7
    aot_price               = instrument_price @ 11
    aot_upper_price         = instrument_price @ 19
    aot_lower_price         = instrument_price @ 27
    etr_price               = instrument_price @ 35
    etr_upper_price         = instrument_price @ 43
    etr_lower_price         = instrument_price @ 51


class VolumeAndOpenInterest(Itch, type="V", size=29):
    """Volume and open interest of a trade date (ASX MDP 1.05, Volume and Open Interest)."""

    nanoseconds             = u32 @ 1
    trade_date              = u16 @ 5
    tradeable_instrument_id = u32 @ 7
    cumulative_volume       = u64 @ 11
    open_interest           = u64 @ 19
    voi_trade_date          = u16 @ 27
# fmt: on


MESSAGES = (
    Seconds, OrderAdded, OrderVolumeCancelled, OrderDeleted, OrderExecuted, AuctionOrderExecuted,
    CombinationOrderExecuted, ImpliedOrderAdded, ImpliedOrderReplaced, ImpliedOrderDeleted, TradeExecuted,
    CombinationTradeExecuted, TradeCancellation, EndOfBusinessTradeDate, OrderBookState, EquilibriumPrice,
    OpenHighLowLastTradeAdjustment, MarketSettlement, Text, RequestForQuote, AnomalousOrderThresholdPublish,
    VolumeAndOpenInterest,
)  # fmt: skip
