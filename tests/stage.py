"""A pipeline on a stage: one ITCH channel over a few lines, fed from memory, everything it did at hand as plain lists.

The generated pipeline is the real one, and the same for every test (same routes, same module), so it is compiled once.
Time is what the packets say.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Any, NamedTuple

from feedhandler.books import Book, Books
from feedhandler.core.channel import ChannelState, Quality
from feedhandler.core.events import Event, EventKind
from feedhandler.core.holes import Gap
from feedhandler.core.intentions import Intention, IntentionKind
from feedhandler.core.loop import Exit
from feedhandler.core.reasons import Reason
from feedhandler.pipeline.pipeline import ChannelPlan, Pipeline
from feedhandler.pipeline.source import Route
from feedhandler.pipeline.state import Capacities, ChannelMemory, Limits
from feedhandler.receivers.memory import MemoryReceiver
from feeds.nasdaq_itch50 import FEED
from tests.streams import MILLISECOND, Sent

SMALL = Capacities(instruments=16, orders=512, levels=256, events=4096, hold_packets=16, hold_packet_bytes=512)
LIMITS = Limits(request_after_ns=2 * MILLISECOND, give_up_after_ns=20 * MILLISECOND, start_window=16)
CLOCK_LINE = 4000
"""A line of nobody's: a frame from it only moves time."""

LINE_FIGURES = ("packets", "first_arrivals", "duplicates", "late", "gaps", "missing", "heartbeats", "silences")


class Happened(NamedTuple):
    """An event without its times."""

    kind: EventKind
    sequence: int
    values: tuple[int, ...]


class Wish(NamedTuple):
    """An intention."""

    kind: IntentionKind
    first: int
    count: int
    at: int


def route(session: str = "moldudp64") -> Route:
    return Route(FEED, "nasdaq", FEED.session(session))


def memory_receiver(sent: list[Sent] | tuple[Sent, ...]) -> MemoryReceiver:
    """A receiver that lends these packets, opened."""
    lengths = [len(one.payload) for one in sent]
    receiver = MemoryReceiver(
        b"".join(one.payload for one in sent) or b"\0",
        list(accumulate(lengths, initial=0))[:-1],
        lengths,
        received_ns=[one.at for one in sent],
        lines=[one.line for one in sent],
    )
    receiver.open()
    return receiver


class Wanting(NamedTuple):
    """A listener of a pipeline that wants depth, and reads it from the rings itself."""

    depth_levels: int
    events_minimum: int = 0

    def join(self, memory: ChannelMemory) -> None:
        """Nothing to prepare."""


class Stage:
    """One channel over `lines` lines, and with `replies` one more behind them for replies to requests.

    It is ITCH's; another feed's where its route is given as `over`.
    """

    def __init__(
        self,
        *,
        lines: int = 2,
        replies: bool = False,
        capacities: Capacities = SMALL,
        limits: Limits = LIMITS,
        session: str = "moldudp64",
        over: Route | None = None,
        listen: bool = True,
        depth_levels: int = 0,
    ) -> None:
        reply_line = lines if replies else None
        plan = ChannelPlan(
            "channel", lines=tuple(range(lines)), reply_line=reply_line, capacities=capacities, limits=limits
        )
        self.pipeline = Pipeline(
            "stage", [over or route(session)], channels=[plan], listeners=[Wanting(depth_levels)]
        )
        self.memory: ChannelMemory = self.pipeline.channels[0]
        self.channel: Any = self.memory.channel
        self.sequencer: Any = self.memory.sequencer
        self.books = Books(self.pipeline.channels)
        self.memory.events.wanted = -1 if listen else 0
        self._events_read = 0

    # ---------------------------------------------------------------------------------------------------- feeding

    def feed(self, *sent: Sent | bytes) -> Stage:
        """Let these packets come, in this order; bare bytes come on line 0 at time 0."""
        packets = [one if isinstance(one, Sent) else Sent(one) for one in sent]
        receiver = memory_receiver(packets)
        self.pipeline.receivers.clear()
        self.pipeline.attach(receiver)
        assert self.pipeline.run() is Exit.ENDED
        receiver.close()
        return self

    def wait(self, at: int) -> Stage:
        """Let time pass until `at`."""
        return self.feed(Sent(b"\0", CLOCK_LINE, at))

    def finish(self) -> Stage:
        self.pipeline.finish()
        return self

    # ------------------------------------------------------------------------------------------------ what happened

    def events(self) -> list[Happened]:
        """The events since the last call."""
        ring = self.memory.events
        written, self._events_read = ring.written, self._events_read
        assert written - self._events_read <= ring.mask + 1, "events were lost: give the stage a longer ring"
        entries = self.memory.array("events", Event, ring.mask + 1)
        found = []
        for position in range(self._events_read, written):
            row = entries[position & ring.mask]
            values = tuple(int(row[f"value_{number}"]) for number in range(7))
            found.append(Happened(EventKind(int(row["kind"])), int(row["sequence"]), values))
        self._events_read = written
        return found

    def applied(self) -> list[int]:
        """The sequences of what the venue said and was applied since the last call, in order."""
        return [event.sequence for event in self.events() if event.kind < EventKind.INSIDE]

    def gaps(self) -> list[tuple[int, int]]:
        """The holes that were given up: first and count."""
        rows = self.memory.array("gaps", Gap, int(self.sequencer.gap_count)) if self.sequencer.gap_count else []
        return [(int(row["first"]), int(row["count"])) for row in rows]

    def wishes(self) -> list[Wish]:
        """The intentions so far."""
        count = int(self.sequencer.intention_written)
        rows = self.memory.array("intentions", Intention, count) if count else []
        return [
            Wish(IntentionKind(int(row["kind"])), int(row["first"]), int(row["count"]), int(row["now_ns"]))
            for row in rows
        ]

    def line(self, number: int) -> dict[str, int]:
        """The figures of a line that are not 0."""
        record = self.pipeline.lines_of(0)[number]
        return {name: int(record[name]) for name in LINE_FIGURES if record[name]}

    def lead(self, number: int) -> tuple[int, int, int]:
        """How often a line was first where another came later, by how much in all, and at most."""
        record = self.pipeline.lines_of(0)[number]
        return int(record["lead_count"]), int(record["lead_total_ns"]), int(record["lead_maximum_ns"])

    @property
    def reasons(self) -> dict[Reason, int]:
        return {Reason(number): int(count) for number, count in enumerate(self.memory.reasons()) if count}

    @property
    def state(self) -> ChannelState:
        return ChannelState(self.channel.state)

    @property
    def digest(self) -> str:
        return f"{int(self.channel.digest) & (2**64 - 1):016x}"

    @property
    def expected(self) -> int:
        return int(self.sequencer.expected)

    def quality(self, symbol: str = "AAPL") -> Quality:
        return self.books[symbol].bbo().quality

    def book(self, symbol: str = "AAPL") -> Book:
        return self.books[symbol]

