"""The figures of a pipeline as plain values: copied from the shared records, while it runs or after.

Each number is read in one piece; two of them may be a burst apart while the pipeline runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from feedhandler.core.channel import ChannelState
from feedhandler.core.holes import GAPS_KEPT, Gap
from feedhandler.core.reasons import Reason
from feedhandler.pipeline.pipeline import Pipeline
from feedhandler.pipeline.state import ChannelMemory


@dataclass(frozen=True)
class LineFigures:
    """What became of the packets of one line."""

    name: str
    packets: int
    bytes: int
    first_arrivals: int
    duplicates: int
    late: int
    gaps: int
    missing: int
    heartbeats: int
    lead_mean_ns: int | None  #: over the other lines, where it was first
    lead_maximum_ns: int


@dataclass(frozen=True)
class GapFigures:
    """Messages that no line brought."""

    channel: str
    first: int
    count: int


@dataclass(frozen=True)
class ChannelFigures:
    """One channel."""

    name: str
    state: str
    sequence: int
    packets: int
    messages: int
    events: int
    duplicates: int
    gaps: tuple[GapFigures, ...]
    gap_count: int
    gap_messages: int
    holes_filled: int
    requests: int
    held_maximum: int
    hold_capacity: int
    instruments: int
    instrument_capacity: int
    orders_live: int
    order_capacity: int
    reasons: dict[Reason, int]
    lines: tuple[LineFigures, ...]

    @property
    def unreadable(self) -> int:
        """Messages that no table of the feed fits."""
        return self.reasons.get(Reason.MESSAGE_UNKNOWN, 0) + self.reasons.get(Reason.MESSAGE_LENGTH, 0)


@dataclass(frozen=True)
class Figures:
    """A pipeline."""

    frames: int
    unwanted: int
    busy_ns: int
    channels: tuple[ChannelFigures, ...]

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


def figures_of(pipeline: Pipeline, line_names: Callable[[str], Sequence[str]]) -> Figures:
    """The figures of a pipeline; `line_names` knows what the lines of a channel are called, in their order."""
    run = pipeline.run_record
    return Figures(
        frames=int(run.frames_seen),
        unwanted=int(run.unwanted),
        busy_ns=int(run.busy_ns),
        channels=tuple(
            _channel(memory, list(zip(line_names(memory.name), pipeline.lines_of(number), strict=False)))
            for number, memory in enumerate(list(pipeline.channels))
        ),
    )


def _channel(memory: ChannelMemory, lines: list[tuple[str, Any]]) -> ChannelFigures:
    channel, sequencer = memory.channel, memory.sequencer
    gap_count = int(sequencer.gap_count)
    kept = min(gap_count, GAPS_KEPT)
    gaps = memory.array("gaps", Gap, GAPS_KEPT)[:kept]
    return ChannelFigures(
        name=memory.name,
        state=ChannelState(channel.state).name,
        sequence=int(channel.sequence),
        packets=int(sequencer.packets),
        messages=int(channel.message_count),
        events=int(channel.event_count),
        duplicates=int(sequencer.duplicates),
        gaps=tuple(GapFigures(memory.name, int(gap["first"]), int(gap["count"])) for gap in gaps),
        gap_count=gap_count,
        gap_messages=int(sequencer.gap_messages),
        holes_filled=int(sequencer.holes_filled),
        requests=int(sequencer.requests),
        held_maximum=int(sequencer.held_maximum),
        hold_capacity=memory.capacities.hold_packets,
        instruments=int(memory.directory.count),
        instrument_capacity=memory.capacities.instruments,
        orders_live=int(memory.orders.count),
        order_capacity=memory.capacities.orders,
        reasons={Reason(index): int(count) for index, count in enumerate(memory.reasons()) if count},
        lines=tuple(_line(line, name) for name, line in lines),
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
        lead_mean_ns=int(row["lead_total_ns"]) // leads if leads else None,
        lead_maximum_ns=int(row["lead_maximum_ns"]),
    )
