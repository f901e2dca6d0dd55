"""A channel of any feed on a stage: packets in, events and the book out, as plain values."""

from __future__ import annotations

from typing import Any, NamedTuple

from feedhandler.books import Bbo, Books
from feedhandler.core.events import EVENT_MORE, EVENT_VALUES, Event, EventKind
from feedhandler.core.loop import Exit
from feedhandler.core.reasons import Reason
from feedhandler.feed import Feed
from feedhandler.pipeline.pipeline import ChannelPlan, Pipeline
from feedhandler.pipeline.source import Route
from feedhandler.pipeline.state import Capacities, Limits
from tests.stage import CLOCK_LINE, Wanting, memory_receiver
from tests.streams import MILLISECOND, Sent

ROOM = Capacities(instruments=64, orders=64, levels=256, events=1024, hold_packets=8, hold_packet_bytes=1024)
LIMITS = Limits(request_after_ns=2 * MILLISECOND, give_up_after_ns=20 * MILLISECOND, start_window=16)


class Said(NamedTuple):
    """An event: kind, detail, and the values that have a name and are not 0 behind the ones that every feed gives."""

    kind: str
    detail: int
    values: tuple[int, ...]


class Scene:
    """One channel over two lines."""

    def __init__(
        self, feed: Feed, session: str | None = None, capacities: Capacities = ROOM, symbols: tuple[str, ...] = ()
    ) -> None:
        plan = ChannelPlan("c", lines=(0, 1), capacities=capacities, limits=LIMITS, symbols=symbols)
        route = Route(feed, feed.default_variant, feed.session(session))
        self.pipeline = Pipeline("scene", [route], channels=[plan], listeners=[Wanting(0)])
        self.memory = self.pipeline.channels[0]
        self.memory.events.wanted = -1
        self.books = Books(self.pipeline.channels)
        self._read = 0

    def feed(self, *sent: Sent | bytes) -> Scene:
        """Let these packets come; bare bytes come on line 0 at time 0."""
        receiver = memory_receiver([one if isinstance(one, Sent) else Sent(one) for one in sent])
        self.pipeline.receivers.clear()
        self.pipeline.attach(receiver)
        assert self.pipeline.run() is Exit.ENDED
        receiver.close()
        return self

    def wait(self, at: int) -> Scene:
        """Let time pass until `at`."""
        return self.feed(Sent(b"\0", CLOCK_LINE, at))

    def events(self, *without: str) -> list[Said]:
        """The events of the venue since the last call, but for kinds in `without`."""
        ring = self.memory.events
        rows = self.memory.array("events", Event, ring.mask + 1)
        found = []
        for place in range(self._read, ring.written):
            row = rows[place & ring.mask]
            kind = EventKind(int(row["kind"]))
            if kind >= EventKind.INSIDE or kind.name in without:
                continue
            values = [int(row[f"value_{number}"]) for number in range(7)]
            named, more = len(EVENT_VALUES[kind]), len(EVENT_MORE.get(kind, ()))
            assert not any(values[named + more :])
            size = named + more if any(values[named:]) else named
            found.append(Said(kind.name, int(row["detail"]), tuple(values[:size])))
        self._read = ring.written
        return found

    @property
    def times(self) -> list[int]:
        """The venue times of all events."""
        ring = self.memory.events
        rows = self.memory.array("events", Event, ring.mask + 1)
        return [int(rows[place]["venue_time"]) for place in range(ring.written)]

    @property
    def reasons(self) -> dict[Reason, int]:
        """Every reason that was counted."""
        return {Reason(number): int(count) for number, count in enumerate(self.memory.reasons()) if count}

    def bbo(self, symbol: str) -> Bbo:
        """What a reader sees of an instrument."""
        return self.books[symbol].bbo()

    def best(self, symbol: str) -> tuple[Any, ...]:
        """Bid price and quantity, ask price and quantity in the API's units (0: none), and the quality's name."""
        bbo = self.bbo(symbol)
        return bbo.bid_price or 0, bbo.bid_quantity, bbo.ask_price or 0, bbo.ask_quantity, bbo.quality.name
