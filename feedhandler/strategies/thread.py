"""Strategies in a thread of their own: ordinary Python, fed by the channels' event rings.

The writer never waits and never looks at a reader. A strategy that is slower than the feed is told what it missed, and
says beforehand what is to become of it (`SlowConsumer`). It reads books under their seqlocks; what an event carries
itself (the inside, its quality) it need not read, so that is never newer than the event.

`drain` hands over what has come, once. The thread calls it again and again; a replay in lock-step calls it between
bursts, and is reproducible.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from fnmatch import fnmatchcase
from typing import Any, Protocol

import numpy
from numpy.typing import NDArray

from feedhandler.core.channel import Quality, quality_of
from feedhandler.core.directory import Instrument
from feedhandler.core.events import Event, EventKind

from .memory import StrategyMemory
from .strategy import StrategyLayout
from .thread_notices import (
    GapSeen,
    QualitySeen,
    SessionSeen,
    ThreadBook,
    imbalance_seen,
    status_seen,
    trade_seen,
)

BATCH = 4_096
IDLE_S = (0.000_1, 0.001)  #: how long it waits where nothing came: at first, and when nothing goes on coming

_ORDERS = (EventKind.ADD, EventKind.EXECUTE, EventKind.REDUCE, EventKind.DELETE, EventKind.REPLACE)
_WANTED: dict[str, tuple[EventKind, ...]] = {
    "on_bbo": (EventKind.INSIDE,),
    "on_book": _ORDERS,
    "on_trade": (EventKind.EXECUTE, EventKind.TRADE, EventKind.CROSS),
    "on_status": (EventKind.TRADING_STATUS,),
    "on_imbalance": (EventKind.IMBALANCE,),
    "on_gap": (EventKind.GAP,),
    "on_session": (EventKind.SESSION, EventKind.END_OF_SESSION),
}
_NOTICES: dict[EventKind, tuple[str, Callable[[tuple[Any, ...], int], Any]]] = {
    EventKind.EXECUTE: ("on_trade", trade_seen),
    EventKind.TRADE: ("on_trade", trade_seen),
    EventKind.CROSS: ("on_trade", trade_seen),
    EventKind.TRADING_STATUS: ("on_status", status_seen),
    EventKind.IMBALANCE: ("on_imbalance", imbalance_seen),
}
_quality_of: Callable[..., int] = getattr(quality_of, "py_func", quality_of)


class SlowConsumer(Enum):
    """What becomes of a strategy that does not keep up."""

    EVERY = "every"  #: it gets every event in order; what the ring had to overwrite is lost and counted
    LATEST = "latest"  #: of what waits it gets the newest of each kind for each instrument
    STOP = "stop"  #: it is stopped when the first event is lost


@dataclass(frozen=True)
class ThreadPlan:
    """A thread's strategy before it exists; see `pipeline.inline.InlinePlan` for the fields they share."""

    name: str
    strategy: StrategyLayout
    parameters: Mapping[str, Any] = field(default_factory=dict)
    symbols: tuple[str, ...] = ("*",)
    channels: tuple[str, ...] = ()
    timer_ns: int = 0
    slow_consumer: SlowConsumer = SlowConsumer.EVERY


class ChannelLike(Protocol):
    """What a strategy needs of a channel's memory."""

    @property
    def name(self) -> str: ...

    @property
    def channel(self) -> Any: ...

    @property
    def directory(self) -> Any: ...

    @property
    def events(self) -> Any: ...

    @property
    def capacities(self) -> Any: ...

    def array(self, region: str, layout: Any, count: int) -> NDArray[Any]: ...


class Batches(Protocol):
    """What takes the events of all channels as arrays, for `on_events`; see `feedhandler.output.drain.Drain`."""

    lost: int

    @property
    def events_minimum(self) -> int: ...

    @property
    def depth_levels(self) -> int: ...

    def join(self, memory: Any) -> None: ...

    def rest(self) -> Any: ...


@dataclass
class _Heard:
    """How far a strategy has heard a channel, and what it knows of its instruments."""

    memory: ChannelLike
    first_instrument: int
    position: int = 0
    quality: int = 0
    generation: tuple[int, int] = (-1, -1)
    books: list[ThreadBook | None] = field(default_factory=list)
    known: list[tuple[str, int]] = field(default_factory=list)  #: by instrument: symbol and price unit when looked up


class ThreadStrategy:
    """One strategy in its thread.

    `books` finds a book by (symbol, channel), as `feedhandler.books.Books` does; `read_events` is the compiled copy of
    the event ring. `instruments` is how many each table has room for, over all channels. A strategy with `on_events`
    has `batches` to take them from.
    """

    events_minimum = 1 << 16  #: events that the ring of a channel should hold at least

    def __init__(
        self,
        plan: ThreadPlan,
        *,
        books: Any,
        read_events: Callable[..., tuple[int, int]],
        instruments: int,
        batches: Batches | None = None,
    ) -> None:
        self.plan = plan
        self.depth_levels = batches.depth_levels if batches is not None else 0
        if batches is not None:
            self.events_minimum = max(self.events_minimum, batches.events_minimum)
        self._batches = batches
        self.memory = StrategyMemory(plan.strategy, plan.parameters, instruments)
        self.running = True
        self.raised: str | None = None
        self.calls = 0
        self.busy_ns = 0
        self.longest_ns = 0
        self.lost = 0
        self.passed_over = 0
        self.backlog_ns = 0
        self.backlog_maximum_ns = 0
        self._instruments = instruments
        self._first = 0
        self._books = books
        self._read_events = read_events
        self._view = self.memory.view
        self._hooks = {name: getattr(self._view, name) for name in plan.strategy.hooks}
        self._copied = numpy.zeros(BATCH, dtype=Event.dtype)
        self._channels: list[_Heard] = []
        self._timer_next_ns = 0
        self._stopping = threading.Event()
        self._started = False
        self._thread: threading.Thread | None = None

    # ----------------------------------------------------------------------------------------------------- channels

    def join(self, memory: ChannelLike) -> None:
        """A channel is made: listen to it, if it is among the strategy's."""
        if self.plan.channels and memory.name not in self.plan.channels:
            return
        if self._batches is not None:
            self._batches.join(memory)
        kinds = {kind for hook in self._hooks if hook in _WANTED for kind in _WANTED[hook]}
        first, self._first = self._first, self._first + memory.capacities.instruments
        memory.events.wanted |= sum(1 << kind for kind in kinds)
        heard = _Heard(memory, first, position=int(memory.events.written))
        self._channels.append(heard)

    def _book(self, heard: _Heard, index: int) -> ThreadBook | None:
        """The book of an instrument, or None where the strategy does not watch it."""
        memory = heard.memory
        generation = (int(memory.channel.sessions), int(memory.channel.generation))
        if generation != heard.generation:
            self._look_up(heard, generation)
        return heard.books[index] if index < len(heard.books) else None

    def _look_up(self, heard: _Heard, generation: tuple[int, int]) -> None:
        """The directory changed: which instruments are there now?"""
        memory = heard.memory
        if heard.generation[0] != generation[0]:
            heard.books, heard.known = [], []
        heard.generation = generation
        count = int(memory.directory.count)
        rows = memory.array("instruments", Instrument, count)
        for index in range(count):
            symbol = rows[index]["symbol"].tobytes().decode("ascii", errors="replace").rstrip(" \0")
            known = (symbol, int(rows[index]["price_unit"]))
            if index == len(heard.books):
                heard.books.append(None)
                heard.known.append(("", 0))
            if heard.known[index] == known:
                continue
            # An instrument may be heard before it is named, and named before it is defined.
            heard.known[index] = known
            heard.books[index] = None
            watched = any(fnmatchcase(symbol, pattern) for pattern in self.plan.symbols)
            book = self._books.get(symbol, memory.name) if symbol and watched else None
            if book is not None:
                step = int(rows[index]["quantity_step"])
                heard.books[index] = ThreadBook(book, heard.first_instrument + index, known[1], step)

    # ------------------------------------------------------------------------------------------------------ draining

    def drain(self, now_ns: int) -> int:
        """Hand over what has come until now; returns the number of events taken. A strategy that raises is stopped."""
        if not self.running:
            return 0
        try:
            self._begin()
            self.backlog_ns = 0
            taken = self._drain_batch(now_ns)
            if self._hooks.keys() - {"on_timer"}:
                taken += sum(self._drain_channel(heard, now_ns) for heard in self._channels)
            self._tick(now_ns)
        except Exception:  # noqa: BLE001 (a strategy may raise anything; it is kept, and shown by whoever watches)
            self.running = False
            self.raised = traceback.format_exc()
            return 0
        return taken

    def _begin(self) -> None:
        if not self._started:
            self._started = True
            self._optional("on_start")

    def _optional(self, name: str, *arguments: Any) -> None:
        hook = getattr(self._view, name, None)
        if hook is not None:
            hook(*arguments)

    def _drain_batch(self, now_ns: int) -> int:
        """Hand over the events of all channels as one array; returns how many there were."""
        if self._batches is None:
            return 0
        batch = self._batches.rest()
        lost, self._batches.lost = self._batches.lost, 0
        if lost and not self._lose(lost):
            return 0
        if batch is None:
            return 0
        if len(batch.events):
            self._note_backlog(now_ns - int(batch.events["received_ns"][0]))
        self._timed(self._view.on_events, batch)
        return len(batch.events) + (0 if batch.depth is None else len(batch.depth))

    def _lose(self, lost: int) -> bool:
        """Events were overwritten before they were read; whether the strategy goes on."""
        self.lost += lost
        if self.plan.slow_consumer is SlowConsumer.STOP:
            self.running = False
            self.raised = f"stopped: {lost:,} events were lost to slowness, and the policy is stop"
            return False
        self._optional("on_loss", lost)
        return True

    def _note_backlog(self, age_ns: int) -> None:
        self.backlog_ns = max(self.backlog_ns, age_ns)
        self.backlog_maximum_ns = max(self.backlog_maximum_ns, self.backlog_ns)

    def _drain_channel(self, heard: _Heard, now_ns: int) -> int:
        first, count = self._read_events(
            heard.memory.events.address, heard.position, BATCH, self._copied.ctypes.data
        )
        lost = first - heard.position
        heard.position = first + count
        if lost and not self._lose(lost):
            return 0
        if "on_quality" in self._hooks:
            self._quality(heard)
        events = self._copied[:count].tolist()
        if events:
            self._note_backlog(now_ns - events[0][-1])
        if self.plan.slow_consumer is SlowConsumer.LATEST:
            newest = {(event[0], event[2]): number for number, event in enumerate(events)}
            self.passed_over += len(events) - len(newest)
            events = [events[number] for number in sorted(newest.values())]
        self._hand_over(heard, events)
        return count

    def _hand_over(self, heard: _Heard, events: list[tuple[Any, ...]]) -> None:
        changed: dict[int, int] = {}
        wants_books, wants_bbo = "on_book" in self._hooks, "on_bbo" in self._hooks
        for event in events:
            kind, index, received_ns = event[0], event[2], event[-1]
            if index < 0:
                self._of_channel(heard, event)
                continue
            book = self._book(heard, index)
            if book is None:
                continue
            if wants_books and kind in _ORDERS:
                changed[index] = received_ns
            if kind == EventKind.INSIDE:
                if wants_bbo:
                    unit = book.price_unit
                    inside = (event[5] * unit, event[6], event[7] * unit, event[8], event[9], event[3], event[4])
                    self._call_for("on_bbo", book.seen(inside, received_ns))
            elif kind in _NOTICES:
                hook, notice = _NOTICES[kind]
                if hook in self._hooks:
                    self._call_for(hook, book.seen(None, received_ns), notice(event, book.price_unit))
        for index, received_ns in changed.items():
            book = self._book(heard, index)
            if book is not None:
                self._call_for("on_book", book.seen(None, received_ns))

    def _of_channel(self, heard: _Heard, event: tuple[Any, ...]) -> None:
        number = int(heard.memory.channel.number)
        if event[0] == EventKind.GAP and "on_gap" in self._hooks:
            self._call("on_gap", GapSeen(number, event[5], event[6]))
        elif event[0] in (EventKind.SESSION, EventKind.END_OF_SESSION) and "on_session" in self._hooks:
            self._call("on_session", SessionSeen(number, int(event[0] == EventKind.END_OF_SESSION)))

    def _quality(self, heard: _Heard) -> None:
        channel = heard.memory.channel
        quality = int(_quality_of(channel, 0, 0))
        if quality != heard.quality:
            former, heard.quality = heard.quality, quality
            self._call("on_quality", QualitySeen(int(channel.number), quality, former))

    def _call_for(self, hook: str, book: ThreadBook, *arguments: Any) -> None:
        """Call a hook that is given a book, unless the strategy believes only what is CURRENT."""
        if not self.plan.strategy.current_only or book.quality == Quality.CURRENT:
            self._call(hook, book, *arguments)

    def _call(self, hook: str, *arguments: Any) -> None:
        self._timed(self._hooks[hook], *arguments)

    def _timed(self, function: Callable[..., Any], *arguments: Any) -> None:
        started = time.perf_counter_ns()
        function(*arguments)
        taken = time.perf_counter_ns() - started
        self.calls += 1
        self.busy_ns += taken
        self.longest_ns = max(self.longest_ns, taken)

    def _tick(self, now_ns: int) -> None:
        interval = self.plan.timer_ns
        if not interval or "on_timer" not in self._hooks:
            return
        if self._timer_next_ns == 0:
            self._timer_next_ns = (now_ns // interval + 1) * interval
        elif now_ns >= self._timer_next_ns:
            due = now_ns // interval * interval
            self._timer_next_ns = due + interval
            self._call("on_timer", due)

    # ----------------------------------------------------------------------------------------------------- the thread

    def start(self) -> None:
        """Begin to drain in a thread of its own."""
        self._thread = threading.Thread(target=self._live, name=f"strategy {self.plan.name}", daemon=True)
        self._thread.start()

    def _live(self) -> None:
        idle_s, longest_s = IDLE_S
        while self.running and not self._stopping.is_set():
            if self.drain(time.time_ns()):
                idle_s = IDLE_S[0]
            else:
                self._stopping.wait(idle_s)
                idle_s = min(2 * idle_s, longest_s)

    def stop(self, timeout_s: float = 5.0) -> bool:
        """End the thread, hand over what is left, and call `on_stop`; False where it did not end in time."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout_s)
            if self._thread.is_alive():
                return False
        self.finish(time.time_ns())
        return True

    def finish(self, now_ns: int) -> None:
        """Hand over all that is left and say that it was the last; for as many events as the rings hold."""
        rounds = sum(-(-(int(heard.memory.events.mask) + 1) // BATCH) for heard in self._channels) + 1
        for _ in range(rounds):
            if not self.drain(now_ns):
                break
        if self.running and self._started:
            try:
                self._optional("on_stop")
            except Exception:  # noqa: BLE001 (as in `drain`)
                self.raised = traceback.format_exc()
            self.running = False
