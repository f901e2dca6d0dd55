"""The composition root: from a configuration to pipelines that run. The only place where the parts meet.

A replay is one pipeline, whose receiver is open already:

    deployment = load("configs/nasdaq_totalview.yaml")
    application = Application(deployment)
    receiver = CaptureReceiver(files, lines=line_numbers(deployment))
    receiver.open()
    application.attach(receiver)
    application.compile()
    application.run()

A live run is a pipeline for each core that channels name, with receivers of its own, which it opens in its own thread:

    application = Application(deployment, live=True)
    application.compile()
    application.run()

Without channels in the configuration every line that a replay hears becomes a channel of its own, called after its
destination. A trading date that nobody gave is the day of the first frame, so channels are then made when it comes; in
a live run it is today at the venue.

Each pipeline lives in a thread of its own, without the GIL; `run` stays in the calling thread, where it shows progress
and turns SIGINT and SIGTERM into a clean end.
"""

from __future__ import annotations

import datetime
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from types import FrameType
from typing import Any, NamedTuple, Protocol

from feedhandler.books import Books, readers
from feedhandler.composition.day import SECOND, date_of, day_base_ns, zone_of
from feedhandler.composition.fitting import (
    capacities_from,
    feed_of,
    limits_from,
    line_numbers,
    lines_of,
    memory_bytes,
    session_of,
    variant_of,
)
from feedhandler.composition.live import ThreadPlan, reply_line, retransmission_of, thread_plans
from feedhandler.composition.machine import this_machine
from feedhandler.composition.privileges import drop, kept_in_a_run
from feedhandler.composition.strategies import inline_plans, raised_in, thread_strategies
from feedhandler.composition.threads import PipelineThread, join_all, lock_memory
from feedhandler.config import ChannelModel, ConfigurationError, Deployment
from feedhandler.core.loop import Exit
from feedhandler.observe.figures import Figures, Running, figures_of
from feedhandler.observe.strategies import strategy_figures
from feedhandler.pipeline.pipeline import ChannelPlan, Listener, Pipeline, digest_of
from feedhandler.pipeline.source import Route
from feedhandler.pipeline.state import ChannelMemory
from feedhandler.receivers.clock import epoch_ns
from feedhandler.recovery.alarms import Alarm
from feedhandler.recovery.recovery import Recovery
from feedhandler.recovery.reply_socket import ReplySocket

__all__ = [
    "SECOND",
    "Application",
    "Compiled",
    "RecoveryFailure",
    "compile_readers",
    "date_of",
    "day_base_ns",
    "feed_of",
    "line_numbers",
    "lines_of",
    "memory_bytes",
    "session_of",
    "variant_of",
    "zone_of",
]

DISCOVERED_CHANNELS_MAXIMUM = 256
FILE_CHANNEL = "file"  #: what the one channel of a file of messages is called, which has no address
REPLIES = "replies"  #: what the line of replies to retransmission requests is called


class Tap(Listener, Protocol):
    """Who takes events out of the channels of a replay, and is given the time to do it between any two bursts."""

    def between(self) -> None: ...


class RecoveryFailure(NamedTuple):
    """Something went wrong in recovery itself: for one channel, or for all where none is named."""

    channel: str
    error: Exception


class AllChannels(Collection[ChannelMemory]):
    """The channels of some pipelines as they are whenever they are asked for: some are found while a run goes on."""

    def __init__(self, pipelines: Sequence[Pipeline]) -> None:
        self._pipelines = tuple(pipelines)

    def __iter__(self) -> Iterator[ChannelMemory]:
        return iter([memory for pipeline in self._pipelines for memory in list(pipeline.channels)])

    def __len__(self) -> int:
        return sum(len(pipeline.channels) for pipeline in self._pipelines)

    def __contains__(self, channel: object) -> bool:
        return any(memory is channel for memory in self)


@dataclass(frozen=True)
class Compiled:
    """What it took to get machine code."""

    seconds: float
    from_cache: bool


class Application:
    """A deployment, composed: its feed, its pipelines and its channels.

    `messages_only` says that the source is a file of messages without packets (BinaryFILE), which decides the session;
    `live`, that channels are heard by the receivers of the configuration; `taps` hear all channels of a replay. Raises
    `ConfigurationError` and `PluginError` where the parts do not fit each other.
    """

    def __init__(
        self,
        deployment: Deployment,
        *,
        messages_only: bool = False,
        trading_date: datetime.date | None = None,
        live: bool = False,
        taps: Sequence[Tap] = (),
    ) -> None:
        self.deployment = deployment
        self.messages_only = messages_only
        self.live = live
        self._taps = tuple(taps)
        self.feed = feed_of(deployment)
        self.variant = variant_of(deployment, self.feed)
        self.session = session_of(deployment, self.feed, messages_only=messages_only)
        self.trading_date = trading_date or deployment.trading_date
        if messages_only and len(deployment.channels) > 1:
            names = ", ".join(channel.name for channel in deployment.channels)
            raise ConfigurationError(
                f"{deployment.place('channels')}: a file of messages is one channel; the configuration has {names}"
            )
        self.lines = lines_of(deployment)
        self.refused_lines: list[str] = []
        self.interrupted: signal.Signals | None = None
        self.notes: list[str] = []
        self.alarms: SimpleQueue[Alarm | RecoveryFailure] = SimpleQueue()
        self.recovery: Recovery | None = None
        self._receiver: Any = None
        self._stopping = threading.Event()
        if live and self.trading_date is None:
            self.trading_date = date_of(time.time_ns(), self.feed.time_zone)
        # A feed whose venue sends whole dates needs none from us.
        self._dated = self.trading_date is not None or self.feed.time_zone is None
        self.strategy_threads = thread_strategies(deployment, lambda: self.books, self._instruments())
        if live:
            plans = thread_plans(deployment, self.session)
            self.threads = [self._live_thread(plan, several=len(plans) > 1) for plan in plans]
        else:
            pipeline = self._pipeline(deployment.name, self._plans() if self._dated else (), None)
            heard = self.strategy_threads or self._taps
            self.threads = [PipelineThread(pipeline, between=self._lock_step if heard else None)]

    # --------------------------------------------------------------------------------------------------- composition

    @property
    def pipeline(self) -> Pipeline:
        """The first pipeline; the only one, but for channels of several cores."""
        return self.threads[0].pipeline

    @property
    def pipelines(self) -> list[Pipeline]:
        """The pipelines, in the order in which the file first names their cores."""
        return [thread.pipeline for thread in self.threads]

    @property
    def channels(self) -> list[ChannelMemory]:
        """The channels of all pipelines."""
        return [memory for pipeline in self.pipelines for memory in list(pipeline.channels)]

    def figures(self) -> Figures:
        """All that is counted, as it is now."""
        running = [Running(thread.pipeline, thread.core, thread.statistics) for thread in self.threads]
        recovery = self.recovery.figures if self.recovery is not None else {}
        return figures_of(
            running, self.line_names, recovery, strategy_figures(self.pipelines, self.strategy_threads)
        )

    @property
    def digest(self) -> int:
        """The deployment's digest: the same for any division of its channels among cores."""
        return digest_of(self.channels)

    @property
    def elapsed_s(self) -> float:
        """How long the pipelines have been running, or ran."""
        return max(thread.elapsed_s for thread in self.threads)

    @property
    def opened(self) -> bool:
        """Whether every receiver of a live run hears its lines."""
        return all(thread.opened.is_set() for thread in self.threads)

    @property
    def warnings(self) -> list[str]:
        """What a live run did not get as it was wished."""
        return self.notes + [warning for thread in self.threads for warning in thread.warnings]

    def line_names(self, channel: str) -> list[str]:
        """What the lines of a channel are called, in their order; a discovered channel is its own one line."""
        # The channel of an in-band stream bears its number behind a slash, and has lines where its carrier has them.
        carrier = channel.rpartition("/")[0] if self.session.streams else channel
        names = [line.name for owner, line in self.lines if owner.name in (channel, carrier)] or [channel]
        return [*names, REPLIES] if self.live else names

    def line_text(self, number: int) -> str:
        """A line by its number over all channels, for people: `totalview A`."""
        if number < len(self.lines):
            channel, line = self.lines[number]
            return f"{channel.name} {line.name}"
        return f"{self.deployment.channels[number - len(self.lines)].name} {REPLIES}"

    def attach(self, receiver: Any) -> None:
        """Poll this receiver, which is open: a replay's."""
        self._receiver = receiver
        self.pipeline.attach(receiver)

    def compile(self) -> Compiled:
        """Compile the pipelines, or load them from the cache."""
        return Compiled(
            sum(pipeline.load_seconds for pipeline in self.pipelines),
            all(pipeline.compiled_from_cache for pipeline in self.pipelines),
        )

    @property
    def books(self) -> Books:
        """The books of all channels, by symbol."""
        return Books(AllChannels(self.pipelines))

    def _instruments(self) -> int:
        """How many instruments all channels together can have: the room of strategies' tables."""
        of_each = [self.deployment.capacities_of(channel).instruments for channel in self.deployment.channels]
        return sum(of_each) or DISCOVERED_CHANNELS_MAXIMUM * self.deployment.capacities.instruments

    def _pipeline(self, name: str, plans: tuple[ChannelPlan, ...], channels: Sequence[str] | None) -> Pipeline:
        """A pipeline with the strategies of these channels; None: of all, those that are still to come included."""
        return Pipeline(
            name,
            [Route(self.feed, self.variant, self.session)],
            channels=plans,
            discover=self._discover,
            channels_maximum=max(len(self.deployment.channels), DISCOVERED_CHANNELS_MAXIMUM),
            strategies=inline_plans(self.deployment, channels),
            strategy_instruments=self._instruments(),
            listeners=(*self.strategy_threads, *self._taps),
        )

    def _live_thread(self, plan: ThreadPlan, *, several: bool) -> PipelineThread:
        """The pipeline of a core. Frames of a line that it does not know are refused, and time passes without them."""
        core = "any core" if plan.core is None else f"core {plan.core}"
        name = f"{self.deployment.name} on {core}" if several else self.deployment.name
        mine = tuple(channel for channel in self._plans() if channel.name in {owner.name for owner in plan.channels})
        pipeline = self._pipeline(name, mine, [channel.name for channel in mine])
        pipeline.run_record.live_epoch_ns = epoch_ns()
        pipeline.measure(int(pipeline.run_record.live_epoch_ns))
        receivers = [(receiver.kind, receiver.make()) for receiver in plan.receivers]
        return PipelineThread(pipeline, receivers, core=plan.core, fifo=self.deployment.scheduling.fifo)

    def _plans(self) -> tuple[ChannelPlan, ...]:
        """The configured channels."""
        return tuple(
            self._plan(
                channel.name,
                # A file of messages is one line, whatever is configured.
                (0,) if self.messages_only else tuple(n for n, (owner, _) in enumerate(self.lines) if owner is channel),
                channel,
                reply_line(self.deployment, index, self.session) if self.live else None,
            )
            for index, channel in enumerate(self.deployment.channels)
        )

    def _plan(
        self, name: str, lines: tuple[int, ...], channel: ChannelModel | None, replies: int | None = None
    ) -> ChannelPlan:
        zone = self.feed.time_zone
        base = day_base_ns(self.trading_date, zone) if self.trading_date and zone else 0
        return ChannelPlan(
            name=name,
            lines=lines,
            reply_line=replies,
            loops=tuple(
                number for number, (owner, line) in enumerate(self.lines) if owner is channel and line.loop
            ),
            capacities=capacities_from(self.deployment.capacities_of(channel)),
            limits=limits_from(self.deployment.limits_of(channel)),
            symbols=self.deployment.symbols,
            day_base_ns=base,
        )

    def _destination(self, line: int) -> str:
        """Where the frames of a discovered line are sent."""
        if self.messages_only:
            return FILE_CHANNEL
        address, port = self._receiver.discovered[line]
        return f"{address}:{port}"

    def _discover(self, line: int) -> ChannelPlan | None:
        """The plan of the channel that a line without one belongs to. The first frame of all also gives the day."""
        if self.live:
            return None
        if not self._dated:
            self._dated = True
            self.trading_date = date_of(self.pipeline.run_record.now_ns, self.feed.time_zone)
        if not self.lines:
            name = self._destination(line)
            if len(self.pipeline.channels) >= DISCOVERED_CHANNELS_MAXIMUM:
                self.refused_lines.append(name)
                return None
            return self._plan(name, (line,), None)
        mine = None
        for plan in self._plans():
            if line in plan.lines:
                mine = plan
            else:
                self.pipeline.add_channel(plan)
        return mine

    # -------------------------------------------------------------------------------------------------------- running

    def run(self, watch: Callable[[], None] = lambda: None, *, every_s: float = 0.1) -> Exit:
        """Run the pipelines until their receivers end, they are stopped, or a signal comes; `watch` is called
        meanwhile, for the first time when signals are heard.

        When the input has ended, holes that are still open become gaps. `interrupted` then names the signal, if any.
        Raises what a pipeline raised; one that fails ends the others.
        """
        if self.live:
            self.notes += lock_memory() if self.deployment.scheduling.lock_memory else []
            word = this_machine().huge_pages_word
            self.notes += [word] if word else []
        with self._signals(), self._strategies(), self._recovering():
            for thread in self.threads:
                thread.start(self._ended)
            try:
                watch()
                while not self._stopping.wait(every_s) and self.interrupted is None:
                    for thread in self.threads:
                        thread.measure()
                    self._heed_new_channels()
                    watch()
            finally:
                # Also where `watch` raised: nobody may close a receiver that is still polled.
                self.stop()
                join_all(self.threads)
        if not self.pipeline.channels and self.lines:
            for plan in self._plans():
                self.pipeline.add_channel(plan)
        outcomes = [thread.outcome for thread in self.threads]
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return Exit.STOPPED if Exit.STOPPED in outcomes else Exit.ENDED

    def drop_privileges(self) -> list[str]:
        """Give up, in all threads of the process, the capabilities that only opening the receivers needed; their names.

        For whoever owns the process, once `opened`: there is no way back. What could not be given up is a warning.
        """
        if self.deployment.scheduling.keep_capabilities:
            return []
        given_up, notes = drop(kept_in_a_run(locks_memory=self.deployment.scheduling.lock_memory))
        self.notes += notes
        return given_up

    def stop(self) -> None:
        """Ask all pipelines to end; from any thread."""
        for thread in self.threads:
            thread.stop()
        self._stopping.set()

    def _ended(self) -> None:
        """A pipeline has ended: so does the run, when it was the last or when it failed."""
        outcomes = [thread.outcome for thread in self.threads]
        if None not in outcomes or any(isinstance(outcome, BaseException) for outcome in outcomes):
            self._stopping.set()

    @property
    def raised_strategies(self) -> dict[str, str]:
        """The strategies that were stopped since they raised or were too slow, each with where and why."""
        return raised_in(self.pipelines, self.strategy_threads)

    def _lock_step(self) -> None:
        """Between two bursts of a replay: strategies of threads hear of the first before the second comes."""
        for strategy in self.strategy_threads:
            while strategy.drain(int(self.pipeline.run_record.now_ns)):
                pass
        for tap in self._taps:
            tap.between()

    @contextmanager
    def _strategies(self) -> Iterator[None]:
        """Strategies of threads live as long as the pipelines; those of a replay are called in lock-step with it."""
        if self.live:
            for strategy in self.strategy_threads:
                strategy.start()
        try:
            yield
        finally:
            for strategy in self.strategy_threads:
                if not self.live:
                    strategy.finish(int(self.pipeline.run_record.now_ns))
                elif not strategy.stop():
                    self.notes.append(f"strategy {strategy.plan.name} did not return from its hook; it was left behind")

    @contextmanager
    def _recovering(self) -> Iterator[None]:
        """In a live run the cold thread asks for what is missing and passes alarms on, to `alarms`.

        What goes wrong in it is told there too, and stops no pipeline.
        """
        if not self.live:
            yield
            return
        replies: list[ReplySocket] = []
        self.recovery = self._recovery(replies)
        self.recovery.start()
        try:
            yield
        finally:
            try:
                self.recovery.stop()
            except Exception as error:  # noqa: BLE001 (told in the log, as everything that recovery meets)
                self.alarms.put(RecoveryFailure("", error))
            for reply in replies:
                reply.close()

    def _recovery(self, replies: list[ReplySocket]) -> Recovery:
        recovery = Recovery(
            alarm=self.alarms.put, failed=lambda channel, error: self.alarms.put(RecoveryFailure(channel, error))
        )
        numbers = {channel.name: number for number, channel in enumerate(self.deployment.channels)}
        for thread in self.threads:
            heard = {endpoint.line: receiver for _, receiver in thread.receivers for endpoint in receiver.endpoints}
            for memory in thread.pipeline.channels:
                number = numbers[memory.name]
                options = retransmission_of(self.deployment, number, self.session)
                line = reply_line(self.deployment, number, self.session)
                send = None
                if line is not None:
                    send = ReplySocket(partial(heard[line].fileno, line))
                    replies.append(send)
                recovery.watch(memory, self.session.retransmission, options, send)
        return recovery

    def _heed_new_channels(self) -> None:
        """Channels of in-band streams come while a live run goes on; their alarms are wanted too."""
        if self.recovery is not None:
            known = self.recovery.figures
            for memory in self.channels:
                if memory.name not in known:
                    self.recovery.watch(memory)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """SIGINT and SIGTERM stop the pipelines, where we are the main thread, which alone hears them."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def stop(number: int, _frame: FrameType | None) -> None:
            # No lock is taken here, since the interrupted code may hold it: the loop in `run` looks at the name.
            self.interrupted = signal.Signals(number)
            for thread in self.threads:
                thread.stop()

        former = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)


def compile_readers() -> float:
    """Compile what reads books from Python, or load it from the cache; returns the seconds it took."""
    started = time.perf_counter()
    readers()
    return time.perf_counter() - started
