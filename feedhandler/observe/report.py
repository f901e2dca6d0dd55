"""What a run tells its log: how it started, what changes, its figures every so often, and what was refused.

All of it is read from shared records by the thread that watches, so that a log that is slow slows nobody else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from feedhandler.core.channel import SAMPLE_BYTES, SAMPLE_COUNT, Sample
from feedhandler.core.reasons import Reason
from feedhandler.observe.counters import counted
from feedhandler.observe.figures import Figures
from feedhandler.pipeline.state import ChannelMemory
from feedhandler.recovery.alarms import Alarm, AlarmKind
from feedhandler.units import memory_text, size_text

if TYPE_CHECKING:
    from feedhandler.app import Application

SAMPLE_SHOWN = 32
"""Bytes of a refused message that the log shows."""


def tell_start(logger: Any, application: Application, figures: Figures) -> None:
    """What was really obtained: cores, memory, receivers with their mode and buffers, and what is not as wished."""
    for thread, pipeline in zip(application.threads, figures.pipelines, strict=True):
        logger.info("pipeline polls", pipeline=pipeline.name, core=_core(pipeline.core), scheduler=thread.scheduler)
        for receiver in pipeline.receivers:
            logger.info("receiver open", pipeline=pipeline.name, kind=receiver.kind, mode=receiver.mode,
                        accelerated=receiver.accelerated)  # fmt: skip
            for endpoint in receiver.endpoints:
                logger.info(
                    "line heard",
                    line=application.line_text(endpoint.line),
                    group=endpoint.group or None,
                    port=endpoint.port,
                    interface=endpoint.interface,
                    receive_buffer=size_text(endpoint.receive_buffer),
                )
        for memory in thread.pipeline.channels:
            logger.info(
                "channel ready",
                channel=memory.name,
                core=_core(pipeline.core),
                memory=memory_text(memory.bytes),
                prefault=memory.capacities.prefault,
            )
    for warning in application.warnings:
        logger.warning(warning)


def _core(core: int | None) -> int | str:
    return "any" if core is None else core


class Reporter:
    """The log of a run that goes on."""

    def __init__(self, logger: Any, clock: Callable[[], float] = time.monotonic) -> None:
        self._logger = logger
        self._clock = clock
        self._former: Figures | None = None
        self._reported = clock()
        self._told: dict[str, tuple[str, str]] = {}
        self._samples: dict[str, int] = {}
        self._stopped: set[str] = set()
        self._dropped: dict[tuple[int, str], int] = {}

    def tell_changes(self, figures: Figures) -> None:
        """Channels whose state or quality is another one, and frames that were dropped on this machine."""
        for channel in figures.channels:
            now = (channel.state, channel.quality)
            former = self._told.get(channel.name)
            if former != now:
                self._told[channel.name] = now
                tell = self._logger.info if channel.quality in ("CURRENT", "EMPTY") else self._logger.warning
                tell("channel is", channel=channel.name, state=channel.state, quality=channel.quality,
                     sequence=channel.sequence)  # fmt: skip
        for number, receiver in enumerate(figures.receivers):
            for where, mend in _MENDS.items():
                count = getattr(receiver, f"dropped_{where}")
                more = count - self._dropped.get((number, where), 0)
                if more > 0:
                    self._dropped[number, where] = count
                    self._logger.warning(f"frames were dropped: {mend}", by=where, kind=receiver.kind, frames=more,
                                         total=count)  # fmt: skip

    def tell_alarms(self, application: Application) -> None:
        """What the hot path and recovery raised since the last time."""
        while not application.alarms.empty():
            raised = application.alarms.get()
            if isinstance(raised, Alarm):
                names = application.line_names(raised.channel)
                line = names[raised.line] if raised.kind is AlarmKind.LINE_SILENT else None
                self._logger.warning(raised.sentence, alarm=raised.kind.value, channel=raised.channel, line=line)
            else:
                of = f"of channel {raised.channel}" if raised.channel else "of all channels"
                self._logger.error(f"recovery {of} failed; the feed goes on", exc_info=raised.error)

    def tell_strategies(self, raised: Mapping[str, str]) -> None:
        """Strategies that were stopped since the last time, each with its traceback."""
        for name, where in raised.items():
            if name not in self._stopped:
                self._stopped.add(name)
                self._logger.error("a strategy was stopped; the feed goes on", strategy=name, raised=where)

    def tell_refused(self, channels: list[ChannelMemory]) -> None:
        """The first bytes of what was refused since the last time."""
        for memory in channels:
            known = self._samples.get(memory.name, 0)
            count = min(int(memory.channel.sample_count), SAMPLE_COUNT)
            if count > known:
                rows = memory.array("samples", Sample, SAMPLE_COUNT)
                for row in rows[known:count]:
                    kept = min(int(row["byte_count"]), SAMPLE_BYTES, SAMPLE_SHOWN)
                    reason = Reason(int(row["reason"]))
                    self._logger.warning(
                        reason.sentence,
                        reason=reason.name.lower(),
                        channel=memory.name,
                        sequence=int(row["sequence"]),
                        bytes=int(row["byte_count"]),
                        first=bytes(row["bytes"])[:kept].hex(" "),
                    )
                self._samples[memory.name] = count

    def tell_figures(self, figures: Figures) -> None:
        """Everything that is counted, with rates since the last time."""
        now = self._clock()
        seconds = max(now - self._reported, 1e-9)
        busy_before = {each.name: each.busy_ns for each in self._former.pipelines} if self._former else {}
        # By name: a channel may have come since.
        messages_before = {each.name: each.messages for each in self._former.channels} if self._former else {}
        for pipeline in figures.pipelines:
            busy = pipeline.busy_ns - busy_before.get(pipeline.name, 0)
            self._logger.info(
                "pipeline", pipeline=pipeline.name, core=_core(pipeline.core), **counted(pipeline),
                busy_share=round(busy / (seconds * 1e9), 4),
            )  # fmt: skip
            for receiver in pipeline.receivers:
                self._logger.info("receiver", pipeline=pipeline.name, kind=receiver.kind, **counted(receiver))
        for channel in figures.channels:
            messages = channel.messages - messages_before.get(channel.name, 0)
            self._logger.info(
                "channel", channel=channel.name, **counted(channel), messages_per_second=round(messages / seconds, 1),
                refused={reason.name.lower(): count for reason, count in channel.reasons.items()},
            )  # fmt: skip
            if channel.recovery is not None:
                self._logger.info("recovery", channel=channel.name, **counted(channel.recovery))
            for line in channel.lines:
                self._logger.info("line", channel=channel.name, line=line.name, **counted(line))
        self._former = figures
        self._reported = now


_MENDS = {
    "kernel": "the socket's buffer was full; a larger `receive_buffer`, or a core of its own for the channel",
    "receiver": "they came to the port and are not of the line",
    "device": "the network card's ring was full; a larger one (ethtool -G), or fewer channels on the core",
}
