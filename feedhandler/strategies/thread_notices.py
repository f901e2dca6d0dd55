"""What the hooks of a thread's strategy are given: the same names as compiled hooks see, as Python objects.

Prices are integers of 1e-9, times nanoseconds of the Unix epoch. `core/strategy_calls.py` has their compiled twins, and
a test compares the names.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from feedhandler.core.channel import Quality
from feedhandler.core.events import EventDetail, EventKind


class TradeSeen(NamedTuple):
    """A trade: an execution of a displayed order, a trade against a hidden one, or an auction's."""

    price: int
    quantity: int
    side: int
    auction: int
    printable: int
    match_number: int
    sequence: int
    venue_time: int


class StatusSeen(NamedTuple):
    """An instrument is halted, paused, in quotation only, or trades."""

    status: int
    reason: int
    sequence: int
    venue_time: int


class ImbalanceSeen(NamedTuple):
    """What an auction would do now."""

    paired_quantity: int
    imbalance_quantity: int
    far_price: int
    near_price: int
    reference_price: int
    variation: int
    direction: int
    sequence: int
    venue_time: int


class GapSeen(NamedTuple):
    """Messages of the channel that are lost."""

    channel: int
    first: int
    count: int  # type: ignore[assignment]  # of lost messages, as the compiled notice calls it


class QualitySeen(NamedTuple):
    """The trust in all books of a channel changed."""

    channel: int
    quality: int
    former: int


class SessionSeen(NamedTuple):
    """The venue's session began or ended."""

    channel: int
    ended: int


class _Nothing(NamedTuple):
    """A depth that could not be read."""

    bids: tuple[Any, ...] = ()
    asks: tuple[Any, ...] = ()
    last_trade: None = None


_NOTHING = _Nothing()


class ThreadBook:
    """A book as a thread sees it: the inside as the event told it, everything else as it is when it is asked for.

    `instrument` is an index into the strategy's tables.
    """

    def __init__(self, book: Any, instrument: int, price_unit: int, quantity_step: int) -> None:
        self._book = book
        self._inside: tuple[int, ...] | None = None
        self._depth: tuple[int, Any] | None = None
        self._received_ns = 0
        self.instrument = instrument
        self.symbol: str = book.symbol
        self.price_unit = price_unit
        self.quantity_step = quantity_step

    def seen(self, inside: tuple[int, ...] | None, received_ns: int) -> ThreadBook:
        """The book at an event: its inside (bid price and quantity, ask's, quality, sequence, venue time), if told."""
        self._inside = inside
        self._depth = None
        self._received_ns = received_ns
        return self

    @property
    def _now(self) -> tuple[int, ...]:
        if self._inside is None:
            try:
                bbo = self._book.bbo()
            except LookupError:
                # A new session began, or the writer would not let us in: nothing is known, and it says so.
                return (0, 0, 0, 0, int(Quality.STALE), 0, 0)
            self._inside = (
                bbo.bid_price or 0, bbo.bid_quantity, bbo.ask_price or 0, bbo.ask_quantity,
                int(bbo.quality), bbo.sequence, bbo.venue_time_ns,
            )
        return self._inside

    @property
    def bid_price(self) -> int:
        return self._now[0]

    @property
    def bid_quantity(self) -> int:
        return self._now[1]

    @property
    def ask_price(self) -> int:
        return self._now[2]

    @property
    def ask_quantity(self) -> int:
        return self._now[3]

    @property
    def quality(self) -> int:
        return self._now[4]

    @property
    def sequence(self) -> int:
        return self._now[5]

    @property
    def venue_time(self) -> int:
        return self._now[6]

    @property
    def received_ns(self) -> int:
        """When the packet of the event was received."""
        return self._received_ns

    @property
    def last_trade_price(self) -> int:
        return self._levels(1).last_trade[0] if self._levels(1).last_trade else 0

    @property
    def last_trade_quantity(self) -> int:
        return self._levels(1).last_trade[1] if self._levels(1).last_trade else 0

    def _levels(self, wanted: int) -> Any:
        """The depth now, at least so many levels a side; read once an event, deeper when more is asked for."""
        if self._depth is None or self._depth[0] < wanted:
            room = max(16, 2 * wanted)
            try:
                self._depth = (room, self._book.depth(room))
            except LookupError:
                return _NOTHING
        return self._depth[1]

    def _level(self, side: int, position: int) -> Any:
        depth = self._levels(position + 1)
        levels = depth.asks if side & 1 else depth.bids
        return levels[position] if 0 <= position < len(levels) else None

    def price_at(self, side: int, position: int) -> int:
        """The price of a level, 0 where there is none."""
        level = self._level(side, position)
        return level.price if level else 0

    def quantity_at(self, side: int, position: int) -> int:
        """The quantity of a level."""
        level = self._level(side, position)
        return level.quantity if level else 0

    def orders_at(self, side: int, position: int) -> int:
        """The number of orders of a level."""
        level = self._level(side, position)
        return level.orders if level else 0

    def level_count(self, side: int) -> int:
        """How many levels a side has; counted to 4,096."""
        depth = self._levels(8)
        if len(depth.asks if side & 1 else depth.bids) >= 8:
            depth = self._levels(2_048)
        return len(depth.asks if side & 1 else depth.bids)


def trade_seen(event: tuple[Any, ...], unit: int) -> TradeSeen:
    """A trade from an event of the ring (`Event`'s fields in their order)."""
    kind, detail, _, sequence, venue_time, price, quantity, reference, match = event[:9]
    if kind == EventKind.CROSS:
        return TradeSeen(price * unit, quantity, 0, detail, 1, reference, sequence, venue_time)
    printable = int(not detail & EventDetail.UNPRINTABLE)
    return TradeSeen(price * unit, quantity, detail & EventDetail.ASK, 0, printable, match, sequence, venue_time)


def status_seen(event: tuple[Any, ...], _unit: int) -> StatusSeen:
    """A trading status from an event of the ring."""
    return StatusSeen(event[5], event[6], event[3], event[4])


def imbalance_seen(event: tuple[Any, ...], unit: int) -> ImbalanceSeen:
    """An imbalance from an event of the ring."""
    _, detail, _, sequence, venue_time, paired, imbalance, far, near, reference, variation = event[:11]
    return ImbalanceSeen(
        paired, imbalance, far * unit, near * unit, reference * unit, variation, detail, sequence, venue_time
    )
