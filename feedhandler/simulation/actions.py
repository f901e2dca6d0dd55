"""An action: one thing that happens in a simulated market, in the engine's words. What a venue's encoder is given."""

from __future__ import annotations

from enum import IntEnum

from feedhandler.core.records import Record, i32, i64


class ActionKind(IntEnum):
    """What happens."""

    SYSTEM = 0  #: the day reaches `quantity`, a `SystemPhase`
    DEFINE = 1  #: an instrument of the day
    OPEN = 2  #: an instrument can be traded
    ADD = 3  #: an order at the end of its queue; `attribution` is its firm's number, 0 for none
    DELETE = 4  #: an order leaves the book
    REPLACE = 5  #: `reference` leaves, `new_reference` takes price and quantity to the end of its queue
    EXECUTE = 6  #: `quantity` of an order is executed at the order's price
    EXECUTE_AT = 7  #: ... at `price`
    REDUCE = 8  #: `quantity` of an order is cancelled
    TRADE = 9  #: a trade without a displayed order
    CROSS = 10  #: an auction executed `quantity` at `price`
    TRADE_BREAK = 11  #: the trade of `match_number` is undone
    IMBALANCE = 12  #: an auction's state: `paired_quantity`, `quantity` on `side` too many, indicative `price`
    RETAIL_INTEREST = 13  #: hidden retail interest on `side`
    RESTRICTION = 14  #: short sales are restricted


class SystemPhase(IntEnum):
    """The stations of a day."""

    START_OF_MESSAGES = 0
    START_OF_SYSTEM_HOURS = 1
    START_OF_MARKET_HOURS = 2
    END_OF_MARKET_HOURS = 3
    END_OF_SYSTEM_HOURS = 4
    END_OF_MESSAGES = 5


class Action(Record):
    """One thing that happens. Fields that its kind does not name hold what the action before left there."""

    time_ns = i64  #: of the venue's day
    reference = i64
    new_reference = i64
    match_number = i64
    price = i64  #: in the venue's units
    paired_quantity = i64
    symbol = i64  #: eight letters as one integer, first letter highest
    kind = i32
    instrument = i32  #: from 0
    side = i32  #: of the order: 0 bid, 1 ask
    quantity = i32
    attribution = i32
    sequence = i32  #: the action's number in the day, from 0
