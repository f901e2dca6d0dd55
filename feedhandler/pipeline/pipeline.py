"""A running pipeline: generated code, the memory it works in, and the cold half that it returns to.

The hot loop leaves for the cold side only for a reason (`Exit`). A line that nobody configured is judged here: given a
channel when the deployment discovers (a capture without a configuration), refused otherwise.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any, Protocol

from numpy.typing import NDArray

from feedhandler.core.burst import Looked
from feedhandler.core.channel import Channel
from feedhandler.core.histogram import Histogram
from feedhandler.core.integers import INT64_MAX
from feedhandler.core.lines import LOOPS_ONLY, Line
from feedhandler.core.loop import STREAMS, UNKNOWN_LINE, UNWANTED_LINE, Exit, Run
from feedhandler.core.memory import Region
from feedhandler.core.packet import Packet
from feedhandler.strategies.memory import quantiles
from feedhandler.strategies.strategy import StrategyLayout

from .cache import load_module, package_of
from .inline import EVENTS_MINIMUM, InlinePlan, InlineStrategies
from .source import Route, generate
from .state import Capacities, ChannelMemory, Limits

BURST = 64
LINES_MAXIMUM = 4096


class ReceiverLike(Protocol):
    """What the pipeline needs of a receiver."""

    @property
    def address(self) -> int: ...

    @property
    def error(self) -> BaseException | None: ...

    def open(self) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class ChannelPlan:
    """A channel before it exists."""

    name: str
    route: int = 0
    lines: tuple[int, ...] = ()
    reply_line: int | None = None  #: on which replies to retransmission requests come
    loops: tuple[int, ...] = ()  #: those of the lines that carry nothing but a loop beside the stream
    stream: int | None = None  #: the in-band stream of its lines that it is, None where it is all of them
    capacities: Capacities = field(default_factory=Capacities)
    limits: Limits = field(default_factory=Limits)
    symbols: tuple[str, ...] = ()
    day_base_ns: int = 0


class Listener(Protocol):
    """Who wants to hear of a channel's events, in a thread of its own, and of depth of so many levels (0: of none)."""

    @property
    def events_minimum(self) -> int: ...

    @property
    def depth_levels(self) -> int: ...

    def join(self, memory: ChannelMemory) -> None: ...


class PipelineError(RuntimeError):
    """A pipeline that cannot go on; the text says why."""


class Pipeline:
    """One thread's pipeline over its channels and receivers.

    `discover(line)` is asked for the plan of a channel when a frame comes from a line that has none; None refuses it.
    `strategies` are compiled in; their tables have room for `strategy_instruments`, which is as many as the channels
    that are known can have where it is not given. `listeners` are told of every channel that is made.
    """

    def __init__(
        self,
        name: str,
        routes: Sequence[Route],
        *,
        channels: Sequence[ChannelPlan] = (),
        discover: Callable[[int], ChannelPlan | None] | None = None,
        channels_maximum: int = 64,
        strategies: Sequence[InlinePlan] = (),
        strategy_instruments: int | None = None,
        listeners: Sequence[Listener] = (),
    ) -> None:
        self.name = name
        self.routes = tuple(routes)
        classes = [plan.strategy for plan in strategies]
        self._depth_levels = max((listener.depth_levels for listener in listeners), default=0)
        self.source = generate(name, routes, classes, depth=self._depth_levels > 0)
        started = time.perf_counter()
        self.module: ModuleType = load_module("pipeline", self.source, source_packages(routes, classes))
        self.load_seconds = time.perf_counter() - started
        self.compiled_seconds: float = self.module.compiled_seconds
        self._discover = discover
        self.channels: list[ChannelMemory] = []
        self._regions = {
            "run": Region("run", Run.size, huge=False),
            "lines": Region("lines", Line.size * LINES_MAXIMUM, huge=False),
            "channels": Region("channels", Channel.size * channels_maximum, huge=False),
            "frames": Region("frames", 32 * BURST, huge=False),
            "packets": Region("packets", 3 * Packet.size, huge=False),
            "looks": Region("looks", Looked.size * BURST, huge=False),
            "receivers": Region("receivers", 8 * 64, huge=False),
        }
        self._channels_maximum = channels_maximum
        self._lines = self._regions["lines"].array(Line.dtype, LINES_MAXIMUM)
        self._lines["channel"] = UNKNOWN_LINE
        self._carriers: dict[int, tuple[ChannelPlan, Region]] = {}
        self._stream_line = LINES_MAXIMUM
        run = Run(self._regions["run"].address)
        run.lines = self._regions["lines"].address
        run.line_count = LINES_MAXIMUM
        run.channels = self._regions["channels"].address
        run.frames = self._regions["frames"].address
        run.burst = BURST
        run.looks = self._regions["looks"].address
        run.packet = self._regions["packets"].address
        run.receivers = self._regions["receivers"].address
        run.deadline_ns = INT64_MAX
        self.run_record = run
        self.receivers: list[ReceiverLike] = []
        self.strategies: InlineStrategies | None = None
        self._listeners = tuple(listeners)
        if strategies:
            if strategy_instruments is None:
                strategy_instruments = sum(plan.capacities.instruments for plan in channels)
            self.strategies = InlineStrategies(strategies, strategy_instruments)
            run.hooks = self.strategies.own_hooks.address
            # The first tick sets the timers.
            run.deadline_ns = 0
        for plan in channels:
            self.add_channel(plan)

    # --------------------------------------------------------------------------------------------------- building

    def add_channel(self, plan: ChannelPlan) -> ChannelMemory:
        """Map a channel's memory and point its lines at it."""
        number = len(self.channels)
        if number >= self._channels_maximum:
            raise PipelineError(f"{self.name} has its {self._channels_maximum} channels; {plan.name} is one more")
        view = Channel(self._regions["channels"].address + Channel.size * number)
        view.number = number
        view.feed = plan.route
        view.day_base_ns = plan.day_base_ns
        events = [plan.capacities.events, *(listener.events_minimum for listener in self._listeners)]
        if self.strategies is not None:
            events.append(EVENTS_MINIMUM)
        # Only what the pipeline was generated for is ever written.
        capacities = replace(plan.capacities, events=max(events), depth_levels=self._depth_levels)
        carries = self.routes[plan.route].session.streams and plan.stream is None
        # What only carries streams hears nothing itself, and its silence means nothing.
        limits = replace(plan.limits, heartbeat_ns=0) if carries else plan.limits
        memory = ChannelMemory(
            name=plan.name,
            feed=self.routes[plan.route].feed,
            capacities=capacities,
            limits=limits,
            channel=view,
            line_address=self._regions["lines"].address,
            variant=self.routes[plan.route].variant,
            symbols=plan.symbols,
            keeps=self._regions,
        )
        memory.lines_set(plan.lines)
        memory.sequencer.restarts = int(self.routes[plan.route].session.restarts)
        if self.strategies is not None:
            self.strategies.join(memory)
        for listener in self._listeners:
            listener.join(memory)
        self.channels.append(memory)
        for copy, line in enumerate(plan.lines):
            self._lines[line]["channel"] = number
            self._lines[line]["copy"] = copy
            self._lines[line]["loops"] = LOOPS_ONLY if line in plan.loops else 0
        if carries:
            self._carry(number, plan)
        if plan.reply_line is not None:
            # Behind the others, and not among those whose silence is watched.
            reply = self._lines[plan.reply_line]
            reply["channel"], reply["copy"], reply["replies"] = number, len(plan.lines), 1
        self.run_record.channel_count = number + 1
        return memory

    def attach(self, receiver: ReceiverLike) -> None:
        """Poll this receiver too."""
        addresses = self._regions["receivers"].array("<i8")
        addresses[len(self.receivers)] = receiver.address
        self.receivers.append(receiver)
        self.run_record.receiver_count = len(self.receivers)

    # ---------------------------------------------------------------------------------------------------- running

    @property
    def compiled_from_cache(self) -> bool:
        """Whether the machine code came from disk."""
        return not self.compiled_seconds

    def run(self, *, bursts: int = 0, idle_polls: int = 0) -> Exit:
        """Poll and process in this thread until stopped, ended, idle or failed; returns why.

        Raises the receiver's own error, chained, where a receiver failed.
        """
        record = self.run_record
        record.bursts_maximum = bursts
        record.idle_polls_maximum = idle_polls
        while True:
            left = Exit(self.module.run(record.address, 0))
            if left is Exit.NEW_LINE:
                self._judge_line(record.wanted_line)
            elif left is Exit.NEW_STREAM:
                self._judge_stream(record.wanted_line, record.wanted_stream)
            elif left is Exit.FAILED:
                receiver = self.receivers[record.receiver_failed]
                raise PipelineError(f"receiver {record.receiver_failed} failed: {receiver.error}") from receiver.error
            else:
                return left

    def finish(self) -> None:
        """The input has ended for good: open holes become gaps, and what waited behind them is applied."""
        self.module.run(self.run_record.address, 1)

    def stop(self) -> None:
        """Ask the loop to leave at the next burst; from any thread."""
        self.run_record.stop = 1

    def _judge_line(self, line: int) -> None:
        if line >= LINES_MAXIMUM:
            raise PipelineError(f"a frame came from line {line}; a pipeline has at most {LINES_MAXIMUM} lines")
        plan = self._discover(line) if self._discover is not None else None
        if plan is None:
            self._lines[line]["channel"] = UNWANTED_LINE
            return
        self.add_channel(plan)
        if self._lines[line]["channel"] < 0:
            raise PipelineError(f"the plan of channel {plan.name} does not name line {line}")

    def _carry(self, number: int, plan: ChannelPlan) -> None:
        """Let the lines of a channel carry in-band streams: each gets a table of them, and each stream a channel."""
        tables = Region(f"{plan.name}.streams", 8 * STREAMS * max(1, len(plan.lines)), huge=False)
        self._regions[tables.name] = tables
        self._carriers[number] = (plan, tables)
        for copy, line in enumerate(plan.lines):
            self._lines[line]["streams"] = tables.address + 8 * STREAMS * copy

    def _judge_stream(self, line: int, stream: int) -> None:
        """Make the channel of a stream that was heard for the first time, on whichever of its lines.

        A stream is numbered on its own on each line, so each of the channel's lines gets a line for it.
        """
        plan, tables = self._carriers[int(self._lines[line]["channel"])]
        # Numbers from the end: receivers give out theirs from the start.
        own = range(self._stream_line - len(plan.lines), self._stream_line)
        if own.start < 0 or int(self._lines[own.start]["channel"]) != UNKNOWN_LINE:
            raise PipelineError(f"{plan.name}: no line is left for stream {stream}; there are {LINES_MAXIMUM}")
        self._stream_line = own.start
        self.add_channel(replace(plan, name=f"{plan.name}/{stream}", lines=tuple(own), reply_line=None, stream=stream))
        table = tables.array("<i8", STREAMS * len(plan.lines))
        for copy, number in enumerate(own):
            table[STREAMS * copy + stream] = number + 1

    def measure(self, clock_offset_ns: int) -> None:
        """Measure latencies, stage by stage: from a frame's receive time to its poll, in processing, and to the first
        strategy. `clock_offset_ns` is what receive times have more than the monotonic clock."""
        for name in ("acquisition", "processing"):
            self._regions[name] = Region(name, Histogram.size, huge=False)
            setattr(self.run_record, name, self._regions[name].address)
        if self.strategies is not None:
            self.strategies.measure(clock_offset_ns)

    # -------------------------------------------------------------------------------------------------- figures

    @property
    def latencies(self) -> dict[str, dict[str, int]]:
        """Quantiles in nanoseconds of each stage that is measured."""
        places = {"acquisition": self.run_record.acquisition, "processing": self.run_record.processing}
        if self.strategies is not None:
            places["strategy"] = self.strategies.latency
        return {name: quantiles(int(address)) for name, address in places.items() if address}

    def lines_of(self, number: int) -> list[NDArray[Any]]:
        """The records of a channel's lines, in the order of their copies; that of replies is the last."""
        mine = self._lines[self._lines["channel"] == number]
        return sorted(mine, key=lambda line: int(line["copy"]))

    @property
    def digest(self) -> int:
        """The digest of all channels."""
        return digest_of(self.channels)


def digest_of(channels: Sequence[ChannelMemory]) -> int:
    """The digest of channels: theirs in the order of their names, whatever their interleaving and whoever runs them."""
    total = hashlib.blake2b(digest_size=8)
    for memory in sorted(channels, key=lambda memory: memory.name):
        total.update(int(memory.channel.digest).to_bytes(8, "little", signed=True))
    return int.from_bytes(total.digest(), "big")


def source_packages(routes: Sequence[Route], strategies: Sequence[StrategyLayout] = ()) -> list[str]:
    """The packages whose sources a pipeline's machine code depends on."""
    packages = ["feedhandler.core", "feedhandler.wire", "feedhandler.sessions"]
    for route in routes:
        packages += [package_of(handler.__module__) for handler in route.feed.handlers.values()]
        packages.append(route.session.module)
    for strategy in strategies:
        modules = [base.__module__ for base in strategy.__mro__ if isinstance(base, StrategyLayout)]
        packages += [package_of(module) for module in modules]
    return packages
