"""What the tables of normalised output hold: declared once, for the writers, the reader, and the documents.

Every event is in exactly one table, but for executions of displayed orders, which are in `orders` and in `trades`.
Every table has the columns of `COMMON`, by which an event finds back to its place, and columns for the event's values.

Prices are int64 in 1e-9 of the currency, quantities int64 in the venue's own steps, each worth `quantity_step` of 1e-9.
Times are nanoseconds of the Unix epoch, UTC. What a venue leaves out is null where it says so. Codes are the venue's
own numbers: where the specification prints a letter, its ASCII code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from feedhandler.core.channel import Quality
from feedhandler.core.events import EVENT_VALUES, EventDetail, EventKind

VALUES = 7  #: `value_0` to `value_6` of an event


class Take(Enum):
    """How a column comes out of an event."""

    FIELD = "a field of the event"
    ROW = "a field of the event's row in the table of instruments"
    KIND = "the event's kind"
    SIDE = "the lowest bit of the event's detail"
    QUALITY = "a value that is a quality"
    PRICE = "a value, in steps of the price"
    NUMBER = "a value as it is"
    REFERENCE = "a value, which is an unsigned pattern of 64 bits"


@dataclass(frozen=True)
class Column:
    """One column. `type` is Arrow's name of its type; `places` says which value it is for each kind that has it."""

    name: str
    type: str
    sentence: str
    take: Take
    unit: str = ""
    source: str = ""  #: the field, for FIELD and ROW, and for a PRICE that is no value
    places: Mapping[EventKind, int] = field(default_factory=dict)

    @property
    def nullable(self) -> bool:
        """Whether cells may be null: prices that the venue left out, and values that only some of the kinds have."""
        return bool(self.places) or self.take in (Take.PRICE, Take.SIDE) or self.name == "symbol"


@dataclass(frozen=True)
class Table:
    """One table: which events are in it, and its own columns."""

    name: str
    sentence: str
    kinds: tuple[EventKind, ...]
    own: tuple[Column, ...]
    by_symbol: bool = False  #: large enough to be divided by symbol
    copies: tuple[EventKind, ...] = ()  #: kinds that are in another table, too

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns in their order."""
        return (*COMMON, *self.own)


_TEXT = "dictionary<int32, string>"
_KIND = "dictionary<int8, string>"
_TIME = "timestamp[ns, UTC]"

COMMON: tuple[Column, ...] = (
    Column("ts_event", _TIME, "the venue's time", Take.FIELD, "ns", "venue_time"),
    Column("ts_received", _TIME, "when the packet was received", Take.FIELD, "ns", "received_ns"),
    Column("channel", _TEXT, "the channel", Take.ROW, source="channel"),
    Column("sequence", "int64", "of the message in its channel", Take.FIELD, source="sequence"),
    Column("event_index", "int64", "the event's place among all of its channel; restores the order over tables",
           Take.FIELD, source="event_index"),
    Column("instrument", "int32", "the row of the unit's table `instruments` with all that is known of it",
           Take.FIELD, source="row"),
    Column("symbol", _TEXT, "the venue's name of the instrument, `#code` where it gave none; null: no instrument",
           Take.ROW, source="symbol"),
    Column("kind", _KIND, "what happened", Take.KIND),
    Column("detail", "uint16", "flags of the event, or the venue's code of it", Take.FIELD, source="detail"),
)  # fmt: skip
"""The columns that every table begins with."""

_E = EventKind
_ORDERS = (_E.ADD, _E.EXECUTE, _E.REDUCE, _E.DELETE, _E.REPLACE)
_TRADES = (_E.EXECUTE, _E.TRADE, _E.CROSS, _E.TRADE_BREAK)
_QUOTES = (_E.QUOTE, _E.PARTICIPANT_QUOTE, _E.NATIONAL_QUOTE)


def _places(kinds: Iterable[EventKind], name: str) -> dict[EventKind, int]:
    found = {kind: EVENT_VALUES[kind].index(name) for kind in kinds if name in EVENT_VALUES[kind]}
    assert found, f"no event has a value {name}"
    return found


def _price(kinds: Iterable[EventKind], name: str, sentence: str) -> Column:
    return Column(name, "int64", sentence, Take.PRICE, "1e-9", places=_places(kinds, name))


def _quantity(kinds: Iterable[EventKind], name: str, sentence: str) -> Column:
    return Column(name, "int64", sentence, Take.NUMBER, "steps", places=_places(kinds, name))


def _number(kinds: Iterable[EventKind], name: str, sentence: str, source: str = "") -> Column:
    return Column(name, "int64", sentence, Take.NUMBER, places=_places(kinds, source or name))


def _reference(kinds: Iterable[EventKind], name: str, sentence: str, source: str = "") -> Column:
    return Column(name, "uint64", sentence, Take.REFERENCE, places=_places(kinds, source or name))


def _extras(kinds: tuple[EventKind, ...], also: Iterable[Column] = ()) -> tuple[Column, ...]:
    """Columns for the values that have no name: some feeds say more there than all do."""
    taken = {(kind, place) for column in also for kind, place in column.places.items()}
    columns = []
    for place in range(VALUES):
        unnamed = [kind for kind in kinds if place >= len(EVENT_VALUES[kind]) and (kind, place) not in taken]
        if unnamed:
            columns.append(
                Column(f"value_{place}", "int64", "what a feed says beyond that, as its README tells", Take.NUMBER,
                       places=dict.fromkeys(unnamed, place))
            )  # fmt: skip
    return tuple(columns)


_SIDE = Column("side", _KIND, "`bid` or `ask`: of the order", Take.SIDE)
_STEP = Column("quantity_step", "int64", "what one step of a quantity is worth", Take.ROW, "1e-9", "quantity_step")


def _table(
    name: str, sentence: str, kinds: tuple[EventKind, ...], *own: Column, by_symbol: bool = False
) -> Table:
    return Table(name, sentence, kinds, (*own, *_extras(kinds, own)), by_symbol)


TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table(
            "orders", "What happened to each order; of feeds that send orders.", _ORDERS,
            (
                _SIDE,
                _price(_ORDERS, "price", "of the order, of what was executed, or the new one's; 0: not known"),
                _quantity(_ORDERS, "quantity", "added, executed or taken away, or the new one's; a delete's is 0"),
                _STEP,
                _reference(_ORDERS, "order_reference", "the venue's number of the order"),
                _reference(_ORDERS, "new_order_reference", "the number that replaces it"),
                _reference(_ORDERS, "match_number", "the venue's number of the execution"),
                _reference(_ORDERS, "attribution", "the participant's name, its letters as one big-endian number"),
                _number(_ORDERS, "priority", "the place in the queue, where the venue states it"),
                Column("order_price", "int64", "the order's before this, as the book held it; 0: it did not",
                       Take.PRICE, "1e-9", "order_price"),
                Column("order_quantity", "int64", "what was left of the order before this, likewise",
                       Take.FIELD, "steps", "order_quantity"),
            ),
            by_symbol=True,
        ),
        Table(
            "trades", "Executions of displayed orders, trades against others, auctions' trades, and trades taken back.",
            _TRADES,
            (
                Column("side", _KIND, "`bid` or `ask`: of the resting order; null: an auction's", Take.SIDE),
                _price(_TRADES, "price", "of the trade"),
                _quantity(_TRADES, "quantity", "of the trade"),
                _STEP,
                _reference(_TRADES, "order_reference", "of the resting order"),
                _reference(_TRADES, "match_number", "the venue's number of the trade"),
                # Some feeds tell more of a trade, or of one that is taken back.
                *_extras(_TRADES),
            ),
            by_symbol=True,
            copies=(_E.EXECUTE,),
        ),
        Table(
            "bbo", "The inside of a book, each time an event of the venue has changed it.", (_E.INSIDE,),
            (
                _price((_E.INSIDE,), "bid_price", "the highest bid"),
                _quantity((_E.INSIDE,), "bid_quantity", "at that price; 0: there is no bid"),
                _price((_E.INSIDE,), "ask_price", "the lowest offer"),
                _quantity((_E.INSIDE,), "ask_quantity", "at that price; 0: there is no offer"),
                _STEP,
                Column("quality", _KIND, "how far the book can be trusted", Take.QUALITY,
                       places=_places((_E.INSIDE,), "quality")),
            ),
            by_symbol=True,
        ),
        _table(
            "quotes", "Quotes as the venue sent them: of the market, of one participant, or the best of all markets.",
            _QUOTES,
            _price(_QUOTES, "bid_price", "the bid"),
            _quantity(_QUOTES, "bid_quantity", "0: there is no bid"),
            _price(_QUOTES, "ask_price", "the offer"),
            _quantity(_QUOTES, "ask_quantity", "0: there is no offer"),
            _STEP,
            _number(_QUOTES, "condition", "the venue's code"),
            _number((_E.PARTICIPANT_QUOTE,), "participant", "who quotes, the venue's code"),
            _number((_E.PARTICIPANT_QUOTE,), "effect", "what it does to the national quote, the venue's code"),
            _number((_E.NATIONAL_QUOTE,), "bid_participant", "whose bid it is, the venue's code"),
            _number((_E.NATIONAL_QUOTE,), "ask_participant", "whose offer it is, the venue's code"),
            by_symbol=True,
        ),
        Table(
            "levels", "What happened to each price level; of feeds that send levels.", (_E.LEVEL, _E.CLEAR),
            (Column("side", _KIND, "`bid` or `ask`; null: both were cleared", Take.SIDE),
            _price((_E.LEVEL,), "price", "of the level"),
            _quantity((_E.LEVEL,), "quantity", "what it holds now; 0: it is gone"),
            _STEP,
            _number((_E.LEVEL,), "orders", "how many orders it holds, where the venue says so"),
            _number((_E.LEVEL,), "number", "its number from the inside, where levels are numbered"),
            _number((_E.LEVEL,), "last_number", "the last of the levels that went, or 1: the level changed")),
            by_symbol=True,
        ),
        _table(
            "status", "Whether an instrument may trade, and how.",
            (_E.TRADING_STATUS, _E.RESTRICTION, _E.OPERATIONAL_HALT, _E.INTEREST),
            _number((_E.TRADING_STATUS,), "status", "the venue's code of the trading status"),
            _number((_E.TRADING_STATUS,), "reason", "the venue's code of the reason"),
            _number((_E.RESTRICTION,), "restriction", "the venue's code of a short-sale restriction"),
            _number((_E.OPERATIONAL_HALT,), "market", "the market that is halted"),
            _number((_E.OPERATIONAL_HALT,), "action", "whether it is"),
            _number((_E.INTEREST,), "interest", "retail interest, or a request for quotes"),
        ),
        _table(
            "imbalance", "What an auction would do now.", (_E.IMBALANCE,),
            _quantity((_E.IMBALANCE,), "paired_quantity", "what would trade"),
            _quantity((_E.IMBALANCE,), "imbalance_quantity", "what would be left"),
            _STEP,
            _price((_E.IMBALANCE,), "far_price", "at which auction orders alone would trade"),
            _price((_E.IMBALANCE,), "near_price", "at which all orders would"),
            _price((_E.IMBALANCE,), "reference_price", "for which the quantities are"),
            _number((_E.IMBALANCE,), "variation", "the venue's code of the deviation"),
        ),
        _table(
            "collars", "Limits of prices.", (_E.COLLAR,),
            _price((_E.COLLAR,), "reference_price", "the middle"),
            _price((_E.COLLAR,), "upper_price", "the highest"),
            _price((_E.COLLAR,), "lower_price", "the lowest"),
            _number((_E.COLLAR,), "extension", "how often the auction was extended, or the venue's own"),
        ),
        _table(
            "quotations", "Release of an instrument for quotation (IPO).", (_E.QUOTATION,),
            _number((_E.QUOTATION,), "release_time", "as the venue writes it"),
            _number((_E.QUOTATION,), "qualifier", "the venue's code"),
            _price((_E.QUOTATION,), "price", "of the IPO"),
        ),
        _table(
            "price_discovery", "Direct listings with capital raise.", (_E.PRICE_DISCOVERY,),
            _number((_E.PRICE_DISCOVERY,), "open_eligibility", "the venue's code"),
            *(
                _price((_E.PRICE_DISCOVERY,), name, sentence)
                for name, sentence in (
                    ("minimum_price", "the lowest that is allowed"),
                    ("maximum_price", "the highest that is allowed"),
                    ("near_price", "at which it would open"),
                    ("lower_collar", "the lower limit"),
                    ("upper_collar", "the upper limit"),
                )
            ),
            _number((_E.PRICE_DISCOVERY,), "near_time", "when that was, as the venue writes it"),
        ),
        _table(
            "statistics", "Figures of the day; which, and what else they say, is the feed's.", (_E.STATISTIC,),
            _number((_E.STATISTIC,), "statistic", "the venue's code of the figure"),
            _price((_E.STATISTIC,), "price", "where it is one"),
            _quantity((_E.STATISTIC,), "quantity", "where it is one"),
            _STEP,
        ),
        _table(
            "definitions", "Instruments as the venue's directory describes them.", (_E.DEFINITION,),
            _number((_E.DEFINITION,), "code", "the venue's number of the instrument"),
            _reference((_E.DEFINITION,), "name", "its name's first eight letters as one big-endian number",
                       "symbol"),
            _quantity((_E.DEFINITION,), "lot_size", "the round lot, or the multiplier"),
            _number((_E.DEFINITION,), "price_unit", "what one step of a price is worth, in 1e-9"),
            _STEP,
        ),
        _table(
            "participants", "Market participants' positions in an instrument.", (_E.PARTICIPANT,),
            _reference((_E.PARTICIPANT,), "participant", "the name, its letters as one big-endian number"),
            _number((_E.PARTICIPANT,), "primary_market_maker", "the venue's code"),
            _number((_E.PARTICIPANT,), "market_maker_mode", "the venue's code"),
            _number((_E.PARTICIPANT,), "state", "the venue's code"),
        ),
        _table(
            "system", "The venue's day: its start, its opening, its end.", (_E.SYSTEM,),
            _number((_E.SYSTEM,), "event", "the venue's code"),
        ),
        _table(
            "circuit_breakers", "Market-wide circuit breakers: their levels and breaches.", (_E.CIRCUIT_BREAKER,),
            _number((_E.CIRCUIT_BREAKER,), "level_1", "as the venue writes it"),
            _number((_E.CIRCUIT_BREAKER,), "level_2", "as the venue writes it"),
            _number((_E.CIRCUIT_BREAKER,), "level_3", "as the venue writes it"),
            _number((_E.CIRCUIT_BREAKER,), "breached", "the level that was"),
        ),
        Table(
            "gaps", "What is missing: messages that nobody sent again, and events that a recorder was too slow for.",
            (_E.GAP, _E.LOSS),
            (
                _number((_E.GAP, _E.LOSS), "first", "of a gap the first sequence, of a loss the first `event_index`"),
                _number((_E.GAP, _E.LOSS), "count", "how many messages of a gap, how many events of a loss"),
            ),
        ),
        Table(
            "sessions", "The beginnings and ends of the channel's sessions.", (_E.SESSION, _E.END_OF_SESSION),
            (
                _reference((_E.SESSION,), "session_high", "the session's name, upper half"),
                _reference((_E.SESSION,), "session_low", "the session's name, lower half"),
            ),
        ),
    )
}  # fmt: skip
"""The tables by name."""

DEPTH = Table(
    "depth", "The first levels of a book, each time an event of the venue has changed it.", (), (), by_symbol=True
)
"""The table of depth, which is not made of events; `depth_columns.py` has its columns."""

FLAGS: dict[str, str] = {
    EventDetail.ASK.name: "the order is an offer",
    EventDetail.UNPRINTABLE.name: "not to be counted: the trade is reported elsewhere, in bulk",
    EventDetail.ORDER_MISSING.name: "the book did not hold the order, so side and price are not known",
    EventDetail.PRIORITY_KEPT.name: "the order keeps its place in the queue",
}
"""What the bits of `detail` say for orders and trades."""

QUALITIES: tuple[str, ...] = tuple(quality.name.lower() for quality in sorted(Quality))
SIDES: tuple[str, ...] = ("bid", "ask")


def table_of(kind: EventKind) -> Table:
    """The table that a kind of event is in (for executions: `orders`)."""
    for table in TABLES.values():
        if kind in table.kinds and kind not in table.copies:
            return table
    raise KeyError(kind)


def wanted_bits(names: Iterable[str]) -> int:
    """The bits by which rings are asked for the kinds of some tables."""
    return sum({1 << kind for name in names for kind in TABLES[name].kinds})
