"""The figures of a run as plain values: copied from the shared records, while it goes on or after.

Every counter is declared here once, with its unit and a sentence (`counters.py`). Each number is read in one piece; two
of them may be a burst apart while the pipelines run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from feedhandler.core.channel import ChannelState, Quality
from feedhandler.core.holes import GAPS_KEPT, Gap
from feedhandler.core.reasons import Reason
from feedhandler.observe.counters import counter
from feedhandler.observe.strategies import StrategyFigures
from feedhandler.pipeline.pipeline import Pipeline
from feedhandler.pipeline.state import ChannelMemory
from feedhandler.recovery.figures import RecoveryFigures


@dataclass(frozen=True, kw_only=True)
class LineFigures:
    """What became of the packets of one line."""

    name: str
    packets: int = counter("packets", "Packets that came, heartbeats included.")
    bytes: int = counter("bytes", "Their bytes, without Ethernet, IP and UDP.")
    first_arrivals: int = counter("packets", "Packets that came here before they came on any other line.")
    duplicates: int = counter("packets", "Packets whose messages had all been heard before.")
    late: int = counter("packets", "Packets that came after their messages were given up, or from before we joined.")
    gaps: int = counter("times", "How often the line skipped a sequence.")
    missing: int = counter("messages", "Messages that the line skipped.")
    heartbeats: int = counter("packets", "Packets without messages.")
    silent: bool = counter("yes or no", "Nothing has come for longer than `heartbeat`.")
    silences: int = counter("times", "How often the line fell silent.")
    lead_mean_ns: int | None = counter("ns", "By how much it came before the others where it was first, on average.")
    lead_maximum_ns: int = counter("ns", "The most by which it came before another.")
    replies: bool = counter("yes or no", "The line brings replies to retransmission requests.")


@dataclass(frozen=True)
class GapFigures:
    """Messages that no line brought."""

    channel: str
    first: int
    count: int


@dataclass(frozen=True, kw_only=True)
class ChannelFigures:
    """One channel."""

    name: str
    state: str = counter("state", "How the channel follows its stream.")
    quality: str = counter("quality", "How far its books can be trusted, where one has no fault of its own.")
    sequence: int = counter("sequence", "Of the last message applied.")
    packets: int = counter("packets", "Packets of all lines.")
    messages: int = counter("messages", "Messages applied, each once.")
    events: int = counter("events", "Normalised events that they became.")
    duplicates: int = counter("packets", "Packets whose messages had all been heard before.")
    gaps: tuple[GapFigures, ...]
    gap_count: int = counter("times", "Holes that were given up.")
    gap_messages: int = counter("messages", "Messages in them.")
    hole_open: bool = counter("yes or no", "Messages are missing right now, and what is behind them waits.")
    holes_filled: int = counter("times", "Holes that closed because what was missing came.")
    requests: int = counter("times", "How often the pipeline wished for a retransmission.")
    silent: bool = counter("yes or no", "Nothing has come on any line for longer than `heartbeat`.")
    sessions: int = counter("sessions", "Sessions of the venue that were begun.")
    held_maximum: int = counter("packets", "The most packets that ever waited for a hole.")
    hold_capacity: int = counter("packets", "How many can wait.")
    instruments: int = counter("instruments", "Instruments in the directory.")
    instrument_capacity: int = counter("instruments", "How many there can be.")
    orders_live: int = counter("orders", "Orders in all books.")
    order_capacity: int = counter("orders", "How many there can be.")
    reasons: dict[Reason, int]
    lines: tuple[LineFigures, ...]
    recovery: RecoveryFigures | None  #: what the cold side counts; None in a replay, which has none

    @property
    def unreadable(self) -> int:
        """Messages that no table of the feed fits."""
        return self.reasons.get(Reason.MESSAGE_UNKNOWN, 0) + self.reasons.get(Reason.MESSAGE_LENGTH, 0)

    @property
    def filled_by_replies(self) -> int:
        """Packets that a retransmission brought first."""
        return sum(line.first_arrivals for line in self.lines if line.replies)


@dataclass(frozen=True, kw_only=True)
class EndpointFigures:
    """One line as its receiver sees it."""

    line: int
    group: str
    port: int
    interface: str | None
    frames: int = counter("frames", "Frames that were lent to the pipeline.")
    kernel_drops: int = counter("frames", "Frames that the kernel dropped since the socket's buffer was full.")
    truncated: int = counter("frames", "Frames longer than the receiver has room for.")
    foreign: int = counter("frames", "Frames that came to the port from others than the line's source; not used.")
    time_uncertain: int = counter("frames", "Frames whose kernel time stamp was not plausible.")
    errors: int = counter("errors", "Errors of the socket that passed by, as of an interface that was down.")
    receive_buffer: int = counter("bytes", "The buffer that was obtained.")


@dataclass(frozen=True, kw_only=True)
class ReceiverFigures:
    """One receiver."""

    kind: str
    mode: str
    accelerated: str | None
    frames: int = counter("frames", "Frames that were lent to the pipeline.")
    bytes: int = counter("bytes", "Their bytes.")
    dropped_receiver: int = counter("frames", "Frames that the receiver itself had to drop.")
    dropped_kernel: int = counter("frames", "Frames that the kernel dropped before they reached it.")
    dropped_device: int = counter("frames", "Frames that the network card dropped.")
    endpoints: tuple[EndpointFigures, ...]

    @property
    def dropped(self) -> int:
        """Frames that came to this machine and did not reach the pipeline."""
        return self.dropped_receiver + self.dropped_kernel + self.dropped_device


@dataclass(frozen=True, kw_only=True)
class PipelineFigures:
    """One pipeline's thread."""

    name: str
    core: int | None
    frames: int = counter("frames", "Frames that were processed.")
    unwanted: int = counter("frames", "Frames of lines that belong to no channel.")
    busy_ns: int = counter("ns", "Time spent in processing; polling is not in it.")
    bursts: int = counter("bursts", "Polls that brought something.")
    polls: int = counter("polls", "Times a receiver was asked.")
    empty_polls: int = counter("polls", "Polls that brought nothing.")
    receivers: tuple[ReceiverFigures, ...]
    latencies: dict[str, dict[str, int]]  #: quantiles in ns of each stage that is measured


@dataclass(frozen=True)
class Figures:
    """A run."""

    pipelines: tuple[PipelineFigures, ...]
    channels: tuple[ChannelFigures, ...]
    strategies: tuple[StrategyFigures, ...] = ()

    @property
    def frames(self) -> int:
        """Frames of all pipelines."""
        return sum(pipeline.frames for pipeline in self.pipelines)

    @property
    def unwanted(self) -> int:
        """Frames of lines that belong to no channel."""
        return sum(pipeline.unwanted for pipeline in self.pipelines)

    @property
    def busy_ns(self) -> int:
        """Time in processing, of all pipelines."""
        return sum(pipeline.busy_ns for pipeline in self.pipelines)

    @property
    def receivers(self) -> list[ReceiverFigures]:
        """The receivers of all pipelines."""
        return [receiver for pipeline in self.pipelines for receiver in pipeline.receivers]

    def total(self, name: str) -> int:
        """The sum of a figure over all channels."""
        return sum(int(getattr(channel, name)) for channel in self.channels)

    @property
    def reasons(self) -> dict[Reason, int]:
        """The counts of all channels."""
        found: dict[Reason, int] = {}
        for channel in self.channels:
            for reason, count in channel.reasons.items():
                found[reason] = found.get(reason, 0) + count
        return dict(sorted(found.items()))

    @property
    def gaps(self) -> list[GapFigures]:
        """The gaps of all channels; of each channel the first few thousand are kept."""
        return [gap for channel in self.channels for gap in channel.gaps]

    @property
    def heard(self) -> bool:
        """Whether there was any packet of the feed: a heartbeat, or a message that its tables know."""
        return any(
            channel.packets > 0 and (channel.messages == 0 or channel.messages > channel.unreadable)
            for channel in self.channels
        )

    @property
    def ns_per_message(self) -> float | None:
        """Time in the hot path for each message; reading is excluded."""
        messages = self.total("messages")
        return self.busy_ns / messages if messages else None


class Running(NamedTuple):
    """A pipeline, where it runs, and what it polls, for its figures."""

    pipeline: Pipeline
    core: int | None = None
    receiver_statistics: Callable[[], Sequence[Mapping[str, Any]]] = tuple


def figures_of(
    running: Sequence[Running],
    line_names: Callable[[str], Sequence[str]],
    recovery: Mapping[str, RecoveryFigures] | None = None,
    strategies: Sequence[StrategyFigures] = (),
) -> Figures:
    """The figures of pipelines.

    `line_names` knows what the lines of a channel are called, in their order; `recovery` has what the cold side counts,
    by channel; `strategies` are told as they are.
    """
    return Figures(
        pipelines=tuple(_pipeline(each) for each in running),
        channels=tuple(_channels(running, line_names, recovery or {})),
        strategies=tuple(strategies),
    )


def _pipeline(running: Running) -> PipelineFigures:
    run = running.pipeline.run_record
    return PipelineFigures(
        name=running.pipeline.name,
        core=running.core,
        frames=int(run.frames_seen),
        unwanted=int(run.unwanted),
        busy_ns=int(run.busy_ns),
        bursts=int(run.bursts),
        polls=int(run.polls),
        empty_polls=int(run.empty_polls),
        receivers=tuple(_receiver(statistics) for statistics in running.receiver_statistics()),
        latencies=running.pipeline.latencies,
    )


def _receiver(statistics: Mapping[str, Any]) -> ReceiverFigures:
    dropped = statistics["dropped"]
    return ReceiverFigures(
        kind=str(statistics["kind"]),
        mode=str(statistics["mode"]),
        accelerated=statistics.get("accelerated"),
        frames=int(statistics["frames"]),
        bytes=int(statistics["bytes"]),
        dropped_receiver=int(dropped["receiver"]),
        dropped_kernel=int(dropped["kernel"]),
        dropped_device=int(dropped["device"]),
        endpoints=tuple(
            EndpointFigures(
                line=int(endpoint["line"]),
                group=str(endpoint["group"]),
                port=int(endpoint["port"]),
                interface=endpoint.get("interface"),
                frames=int(endpoint["frames"]),
                kernel_drops=int(endpoint.get("kernel_drops", 0)),
                truncated=int(endpoint.get("truncated", 0)),
                foreign=int(endpoint.get("foreign", 0)),
                time_uncertain=int(endpoint.get("time_uncertain", 0)),
                errors=int(endpoint.get("errors", 0)),
                receive_buffer=int(endpoint.get("receive_buffer", 0)),
            )
            for endpoint in statistics.get("endpoints", ())
        ),
    )


def _channels(
    running: Sequence[Running], line_names: Callable[[str], Sequence[str]], recovery: Mapping[str, RecoveryFigures]
) -> Iterator[ChannelFigures]:
    for each in running:
        for number, memory in enumerate(list(each.pipeline.channels)):
            lines = list(zip(line_names(memory.name), each.pipeline.lines_of(number), strict=False))
            found = recovery.get(memory.name)
            yield _channel(memory, lines, None if found is None else replace(found))


def _channel(
    memory: ChannelMemory, lines: list[tuple[str, Any]], recovery: RecoveryFigures | None
) -> ChannelFigures:
    channel, sequencer = memory.channel, memory.sequencer
    gap_count = int(sequencer.gap_count)
    kept = min(gap_count, GAPS_KEPT)
    gaps = memory.array("gaps", Gap, GAPS_KEPT)[:kept]
    return ChannelFigures(
        name=memory.name,
        state=ChannelState(channel.state).name,
        quality=channel_quality(channel).name,
        sequence=int(channel.sequence),
        packets=int(sequencer.packets),
        messages=int(channel.message_count),
        events=int(channel.event_count),
        duplicates=int(sequencer.duplicates),
        gaps=tuple(GapFigures(memory.name, int(gap["first"]), int(gap["count"])) for gap in gaps),
        gap_count=gap_count,
        gap_messages=int(sequencer.gap_messages),
        hole_open=sequencer.hole_since_ns != 0,
        holes_filled=int(sequencer.holes_filled),
        requests=int(sequencer.requests),
        silent=channel.silent != 0,
        sessions=int(channel.sessions),
        held_maximum=int(sequencer.held_maximum),
        hold_capacity=memory.capacities.hold_packets,
        instruments=int(memory.directory.count),
        instrument_capacity=memory.capacities.instruments,
        orders_live=int(memory.orders.count),
        order_capacity=memory.capacities.orders,
        reasons={Reason(index): int(count) for index, count in enumerate(memory.reasons()) if count},
        lines=tuple(_line(line, name) for name, line in lines),
        recovery=recovery,
    )


def _line(row: Any, name: str) -> LineFigures:
    leads = int(row["lead_count"])
    return LineFigures(
        name=name,
        packets=int(row["packets"]),
        bytes=int(row["bytes"]),
        first_arrivals=int(row["first_arrivals"]),
        duplicates=int(row["duplicates"]),
        late=int(row["late"]),
        gaps=int(row["gaps"]),
        missing=int(row["missing"]),
        heartbeats=int(row["heartbeats"]),
        silent=bool(row["silent"]),
        silences=int(row["silences"]),
        lead_mean_ns=int(row["lead_total_ns"]) // leads if leads else None,
        lead_maximum_ns=int(row["lead_maximum_ns"]),
        replies=bool(row["replies"]),
    )


def channel_quality(channel: Any) -> Quality:
    """The quality of a channel's books, where an instrument has nothing of its own against or for it.

    The cold twin of `quality_of`, which compiled readers use.
    """
    if channel.state == ChannelState.UNKNOWN:
        return Quality.EMPTY
    if channel.complete_epoch != channel.epoch:
        return Quality.STALE
    if channel.hole_requested != 0:
        return Quality.RECOVERING
    return Quality.STALE if channel.silent != 0 else Quality.CURRENT
