"""The composition root: from a configuration to a pipeline that runs. The only place where the parts meet.

    deployment = load("configs/nasdaq_totalview.yaml")
    application = Application(deployment)
    receiver = CaptureReceiver(files, lines=line_numbers(deployment))
    receiver.open()
    application.attach(receiver)
    application.compile()
    application.run()

Without channels in the configuration every line that the receiver hears becomes a channel of its own, called after its
destination. A trading date that nobody gave is the day of the first frame, so channels are then made when it comes.

The pipeline lives in a thread of its own, without the GIL; `run` stays in the calling thread, where it shows progress
and turns SIGINT and SIGTERM into a clean end.
"""

from __future__ import annotations

import datetime
import signal
import threading
import time
import zoneinfo
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

from feedhandler import plugins
from feedhandler.books import Books, readers
from feedhandler.config import CapacitiesModel, ChannelModel, ConfigurationError, Deployment, LimitsModel, LineModel
from feedhandler.core.channel import Channel
from feedhandler.core.loop import Exit
from feedhandler.core.memory import Region
from feedhandler.feed import Feed, FeedError
from feedhandler.pipeline.pipeline import ChannelPlan, Pipeline
from feedhandler.pipeline.source import Route
from feedhandler.pipeline.state import Capacities, ChannelMemory, Limits
from feedhandler.sessions import Session

SECOND = 1_000_000_000
DISCOVERED_CHANNELS_MAXIMUM = 256
FILE_CHANNEL = "file"  #: what the one channel of a file of messages is called, which has no address


@dataclass(frozen=True)
class Compiled:
    """What it took to get machine code."""

    seconds: float
    from_cache: bool


class Application:
    """A deployment, composed: its feed, its pipeline and its channels.

    `messages_only` says that the source is a file of messages without packets (BinaryFILE), which decides the session.
    Raises `ConfigurationError` and `PluginError` where the parts do not fit each other.
    """

    def __init__(
        self, deployment: Deployment, *, messages_only: bool = False, trading_date: datetime.date | None = None
    ) -> None:
        self.deployment = deployment
        self.messages_only = messages_only
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
        # A feed whose venue sends whole dates needs none from us.
        self._dated = self.trading_date is not None or self.feed.time_zone is None
        self.refused_lines: list[str] = []
        self.interrupted: signal.Signals | None = None
        self.elapsed_s = 0.0
        self._receiver: Any = None
        self.pipeline = Pipeline(
            deployment.name,
            [Route(self.feed, self.variant, self.session)],
            channels=self._plans() if self._dated else (),
            discover=self._discover,
            channels_maximum=max(len(deployment.channels), DISCOVERED_CHANNELS_MAXIMUM),
        )

    # --------------------------------------------------------------------------------------------------- composition

    def line_names(self, channel: str) -> list[str]:
        """What the lines of a channel are called, in their order; a discovered channel is its own one line."""
        return [line.name for owner, line in self.lines if owner.name == channel] or [channel]

    def attach(self, receiver: Any) -> None:
        """Poll this receiver, which is open."""
        self._receiver = receiver
        self.pipeline.attach(receiver)

    def compile(self) -> Compiled:
        """Compile the pipeline, or load it from the cache."""
        return Compiled(self.pipeline.load_seconds, self.pipeline.compiled_from_cache)

    @property
    def books(self) -> Books:
        """The books of all channels, by symbol."""
        return Books(self.pipeline.channels)

    def _plans(self) -> tuple[ChannelPlan, ...]:
        """The configured channels."""
        return tuple(
            self._plan(
                channel.name,
                # A file of messages is one line, whatever is configured.
                (0,) if self.messages_only else tuple(n for n, (owner, _) in enumerate(self.lines) if owner is channel),
                channel,
            )
            for channel in self.deployment.channels
        )

    def _plan(self, name: str, lines: tuple[int, ...], channel: ChannelModel | None) -> ChannelPlan:
        zone = self.feed.time_zone
        base = day_base_ns(self.trading_date, zone) if self.trading_date and zone else 0
        return ChannelPlan(
            name=name,
            lines=lines,
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
        """Run the pipeline until its receivers end, it is stopped, or a signal comes; `watch` is called meanwhile, for
        the first time when signals are heard.

        When the input has ended, holes that are still open become gaps. `interrupted` then names the signal, if any.
        Raises what the pipeline raised.
        """
        outcome: list[Exit | BaseException] = []
        done = threading.Event()
        started = time.perf_counter()

        def live() -> None:
            try:
                left = self.pipeline.run()
                if left is Exit.ENDED:
                    self.pipeline.finish()
                outcome.append(left)
            except BaseException as error:  # noqa: BLE001 (raised again in the thread that waits)
                outcome.append(error)
            finally:
                self.elapsed_s = time.perf_counter() - started
                done.set()

        thread = threading.Thread(target=live, name=f"pipeline {self.deployment.name}", daemon=True)
        with self._signals():
            thread.start()
            try:
                watch()
                while not done.wait(every_s):
                    self.elapsed_s = time.perf_counter() - started
                    watch()
            finally:
                # Also where `watch` raised: nobody may close a receiver that is still polled.
                self.pipeline.stop()
                thread.join()
        if not self.pipeline.channels and self.lines:
            for plan in self._plans():
                self.pipeline.add_channel(plan)
        result = outcome[0]
        if isinstance(result, BaseException):
            raise result
        return result

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """SIGINT and SIGTERM stop the pipeline, where we are the main thread, which alone hears them."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def stop(number: int, _frame: FrameType | None) -> None:
            self.interrupted = signal.Signals(number)
            self.pipeline.stop()

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


# ------------------------------------------------------------------------------------------------ what fits to what


def lines_of(deployment: Deployment) -> list[tuple[ChannelModel, LineModel]]:
    """Every line with its channel, in the order of the lines' numbers."""
    return [(channel, line) for channel in deployment.channels for line in channel.lines]


def line_numbers(deployment: Deployment) -> dict[tuple[str, int] | tuple[str, int, str], int] | None:
    """(group, port) or (group, port, source) of each line to its number; None where lines are discovered."""
    numbers = {
        (line.group, line.port, line.source) if line.source else (line.group, line.port): number
        for number, (_, line) in enumerate(lines_of(deployment))
    }
    return numbers or None


def feed_of(deployment: Deployment) -> Feed:
    """The feed that a deployment names."""
    try:
        return plugins.feed(deployment.feed)
    except plugins.PluginError as error:
        raise ConfigurationError(f"{deployment.place('feed')}: {error}") from error


def variant_of(deployment: Deployment, feed: Feed) -> str:
    """The variant that a deployment names, by its own name or by the venue's."""
    variant = deployment.variant
    if variant is not None:
        _known(variant, feed.variants, deployment.place("variant"), f"feed {feed.name} has no variant")
    if deployment.venue is None:
        return variant or feed.default_variant
    by_venue = {mic: name for name, mic in feed.venues.items()}
    _known(deployment.venue, by_venue, deployment.place("venue"), f"feed {feed.name} does not come from")
    if variant is not None and by_venue[deployment.venue] != variant:
        raise ConfigurationError(
            f"{deployment.place('venue')}: {deployment.venue} is variant {by_venue[deployment.venue]}, "
            f"and the variant is given as {variant}; leave one of the two out"
        )
    return by_venue[deployment.venue]


def session_of(deployment: Deployment, feed: Feed, *, messages_only: bool) -> Session:
    """The session that a deployment names, or the feed's first of the kind that the source is."""
    if deployment.session is not None and not messages_only:
        place = deployment.place("session")
        known = [session.name for session in feed.sessions]
        _known(deployment.session, known, place, f"feed {feed.name} has no session")
        return feed.session(deployment.session)
    for session in feed.sessions:
        if session.packets is not messages_only:
            return session
    kind = "files of messages (BinaryFILE)" if messages_only else "packets"
    raise FeedError(f"feed {feed.name} does not come in {kind}; its sessions are {_names(feed.sessions)}")


def capacities_from(model: CapacitiesModel) -> Capacities:
    """Configured capacities as the pipeline takes them."""
    return Capacities(
        instruments=model.instruments,
        orders=model.orders,
        levels=model.levels,
        events=model.events,
        hold_packets=model.hold_packets,
        hold_packet_bytes=model.hold_packet_bytes,
        prefault=model.prefault,
    )


def limits_from(model: LimitsModel) -> Limits:
    """Configured limits as the pipeline takes them."""
    return Limits(
        request_after_ns=model.request_after,
        give_up_after_ns=model.give_up_after,
        heartbeat_ns=model.heartbeat,
        start_window=model.start_window,
        jump_limit=model.jump_limit,
    )


def memory_bytes(deployment: Deployment, channel: ChannelModel | None, feed: Feed) -> int:
    """Address space that a channel would map; nothing of it is touched, and all of it is given back."""
    record = Region("channel", Channel.size, huge=False)
    return ChannelMemory(
        name=channel.name if channel else "",
        feed=feed,
        capacities=capacities_from(deployment.capacities_of(channel)),
        limits=limits_from(deployment.limits_of(channel)),
        channel=Channel(record.address),
        line_address=record.address,
        symbols=deployment.symbols,
    ).bytes


def _known(name: str, known: Any, place: str, complaint: str) -> None:
    if name not in known:
        guess = plugins.nearest(name, known)
        meant = f"did you mean {guess}? " if guess else ""
        raise ConfigurationError(f"{place}: {complaint} {name!r}; {meant}Known: {', '.join(known)}")


def _names(sessions: Sequence[Session]) -> str:
    return ", ".join(session.name for session in sessions)


# ----------------------------------------------------------------------------------------------------------- the day


def zone_of(name: str) -> zoneinfo.ZoneInfo:
    """A time zone. Raises `ConfigurationError` where the machine has no such data."""
    try:
        return zoneinfo.ZoneInfo(name)
    except zoneinfo.ZoneInfoNotFoundError as error:
        raise ConfigurationError(
            f"this machine knows no time zone {name}: install its time zone data (apt-get install tzdata, or pip "
            "install tzdata)"
        ) from error


def day_base_ns(date: datetime.date, zone: str) -> int:
    """Midnight of a day at the venue, in nanoseconds of the Unix epoch."""
    midnight = datetime.datetime.combine(date, datetime.time(), tzinfo=zone_of(zone))
    return int(midnight.timestamp()) * SECOND


def date_of(epoch_ns: int, zone: str | None) -> datetime.date | None:
    """The day of a moment at the venue, or None for 0, which is what a source without a clock gives."""
    if epoch_ns <= 0:
        return None
    return datetime.datetime.fromtimestamp(epoch_ns // SECOND, tz=zone_of(zone or "UTC")).date()
