"""The models of a configuration: what one process at one exchange can be told.

Each class is a part of the file; the sentence below a field is what it means. What is only known once plug-ins are
loaded (a receiver's own options, a strategy's parameters) is kept as it was written, and judged by their own models
where the parts meet (`app.py`).
"""

from __future__ import annotations

import datetime
from pathlib import Path as FilePath
from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, PrivateAttr, field_validator, model_validator

from feedhandler.configuration.reading import Path, Places
from feedhandler.configuration.values import (
    Address,
    Duration,
    EnvironmentReference,
    MistakeAt,
    Model,
    Name,
    Size,
    overlaid,
)
from feedhandler.configuration.words import NO_REFERENCE, path_text
from feedhandler.recovery.options import RetransmissionModel

SECOND = 1_000_000_000
MILLISECOND = 1_000_000


class LineModel(Model):
    """One copy of a channel's stream."""

    name: Name
    """What the line is called in figures and alarms: A, B."""
    group: Address
    """The destination address: a multicast group."""
    port: int = Field(ge=0, le=65535)
    """The destination port."""
    source: Address | None = None
    """Only datagrams from this sender; left out: from any."""
    interface: str | None = None
    """The network interface that hears it, by name or IPv4 address; left out: the receiver's. A replay has none."""
    loop: bool = False
    """It carries only what is repeated beside the stream (snapshots, definitions), whatever its packets look like."""


class CapacitiesModel(Model):
    """How much of everything a channel can hold. A full store makes books stale and is counted; it never grows."""

    instruments: int = Field(default=16_384, ge=1, le=1 << 24)
    """Instruments of the directory."""
    orders: int = Field(default=1 << 20, ge=1, le=1 << 27)
    """Orders that live at one time."""
    levels: int = Field(default=1 << 19, ge=1, le=1 << 26)
    """Price levels that live at one time."""
    events: int = Field(default=1 << 12, ge=2, le=1 << 24)
    """Events in the ring for readers, rounded up to a power of two."""
    hold_packets: int = Field(default=256, ge=1, le=4_096)
    """Packets that can wait for a hole to be filled."""
    hold_packet_bytes: Size = Field(default=2_048, ge=64, le=65_536)
    """The longest packet that can wait."""
    prefault: bool = False
    """Touch all of this memory before start, so that no page is missing when the first packets come."""


class LimitsModel(Model):
    """How long a channel waits."""

    request_after: Duration = Field(default=2_000_000, ge=0)
    """A hole is asked for after this; books then say RECOVERING."""
    give_up_after: Duration = Field(default=200_000_000, ge=1)
    """A hole becomes a gap after this; books are then STALE."""
    heartbeat: Duration = Field(default=0, ge=0)
    """Silence longer than this makes books STALE and raises an alarm; 0: never."""
    start_window: int = Field(default=4_096, ge=0)
    """A first packet at most this many messages after the session's first waits for what came before it."""
    jump_limit: int = Field(default=1 << 24, ge=1)
    """A packet further ahead than this many messages is believed only when a second one goes on from there."""


class ReceiverModel(Model):
    """Where frames come from in a live run. Further keys are the receiver's own options."""

    model_config = ConfigDict(extra="allow")

    kind: Name = "socket"
    """The receiver: an installed one or package.module:object."""
    interface: str | None = None
    """The network interface, by name or IPv4 address, of lines that name none; left out: the default route's."""

    @property
    def options(self) -> dict[str, Any]:
        """The keys that are the receiver's own, as they were written."""
        return dict(self.model_extra or {})


class SchedulingModel(Model):
    """How the kernel is to treat the pipelines' threads. What it does not permit is reported, and the run goes on."""

    fifo: int | None = Field(default=None, ge=1, le=99)
    """The priority under SCHED_FIFO; left out: the ordinary scheduler."""
    lock_memory: bool = False
    """Keep the process's memory from being paged out (mlockall)."""
    keep_capabilities: bool = False
    """Keep the capabilities that only opening the receivers needed; left out: all threads give them up then."""


class StrategyModel(Model):
    """A strategy and what it is given."""

    name: Name
    """What the strategy is called in figures and logs."""
    class_: Name = Field(alias="class")
    """The strategy: an installed one or package.module:Class."""
    home: Literal["inline", "thread"]
    """inline: compiled into the pipeline; thread: plain Python in a thread of its own."""
    symbols: tuple[Name, ...] = ()
    """The instruments it is called for, by name or pattern (`*` and `?`); left out: all."""
    channels: tuple[Name, ...] | None = None
    """The channels it listens to; left out: all."""
    timer: Duration = Field(default=0, ge=0)
    """How often its timer hook is called; 0: never."""
    slow_consumer: Literal["every", "latest", "stop"] = "every"
    """What becomes of a thread that falls behind: every event waits for it, only the latest does, or it is stopped."""
    parameters: dict[str, Any] = Field(default_factory=dict)
    """The strategy's own parameters, checked by its class, which may take references to secrets."""

    @field_validator("symbols", "channels", mode="before")
    @classmethod
    def _lists(cls, value: object) -> object:
        return _tuple(value)


class WatchdogModel(Model):
    """What is done about a pipeline that does not come back to its receivers."""

    limit: Duration = Field(default=1 * SECOND, ge=1 * MILLISECOND)
    """A pipeline that did not poll for this long is stuck: its books are STALE until it hears the next packet."""
    action: Literal["report", "stop"] = "report"
    """report: an alarm in the log; stop: the process ends as well."""


class LoggingModel(Model):
    """The log of a run."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least that is told."""
    format: Literal["console", "json"] | None = None
    """For people or one JSON object a line; left out: for people where it goes to a terminal."""
    file: str | None = Field(default=None, min_length=1)
    """Appended to; left out: stderr."""


class ReportModel(Model):
    """Figures in the log while a run goes on."""

    every: Duration = Field(default=10 * SECOND, ge=0)
    """How often; 0: only at the end."""


class StatusModel(Model):
    """What `feedhandler health` reads: a small file that a run writes anew all the time."""

    file: str | None = Field(default=None, min_length=1)
    """Where; left out: NAME.json in $RUNTIME_DIRECTORY, or beside the cache of compiled pipelines."""
    every: Duration = Field(default=1 * SECOND, ge=100 * MILLISECOND)
    """How often; a file three times as old is that of a run that hangs."""


class ChannelModel(Model):
    """A sequenced stream: the unit of ordering and of trust."""

    name: Name
    """What the channel is called in figures, alarms and book look-ups."""
    lines: tuple[LineModel, ...] = Field(min_length=1, max_length=64)
    """The copies of the stream; the first arrival of each sequence wins."""
    capacities: CapacitiesModel | None = None
    """What differs from the deployment's capacities."""
    limits: LimitsModel | None = None
    """What differs from the deployment's limits."""
    core: int | None = Field(default=None, ge=0, le=4_095)
    """The processor core of its thread; channels of one core, or of none, share a thread and a receiver."""
    receiver: ReceiverModel | None = None
    """What differs from the deployment's receiver."""
    retransmission: RetransmissionModel | None = None
    """How holes are asked for, in place of the deployment's; null: they are not."""

    @field_validator("lines", mode="before")
    @classmethod
    def _list_of_lines(cls, value: object) -> object:
        return _tuple(value)

    @model_validator(mode="after")
    def _different_lines(self) -> Self:
        _refuse_twice("lines", [line.name for line in self.lines])
        return self


class Deployment(Model):
    """One process at one exchange."""

    name: Name
    """What the deployment is called."""
    feed: Name
    """The feed: an installed one (`feedhandler feeds` lists them) or package.module:object."""
    variant: str | None = None
    """The feed's variant; left out: its default, or the one of `venue`."""
    sbe_schema: str | None = Field(default=None, alias="schema")
    """An SBE schema (XML) newer than the one that the feed was written against; a path from this file's folder."""
    venue: str | None = Field(default=None, pattern=r"^[A-Z0-9]{4}$")
    """The venue's MIC (ISO 10383), instead of the variant or as a check of it."""
    session: str | None = None
    """How packets carry messages; left out: the feed's first session for packets."""
    trading_date: datetime.date | None = None
    """The day that times of day belong to; left out: the day on which the first packet was captured."""
    channels: tuple[ChannelModel, ...] = Field(default=(), max_length=64)
    """The channels; left out: a replay makes one for each destination that it finds."""
    capacities: CapacitiesModel = CapacitiesModel()
    """Of each channel."""
    limits: LimitsModel = LimitsModel()
    """Of each channel."""
    symbols: tuple[str, ...] = ()
    """Only these instruments get books; left out: all."""
    receiver: ReceiverModel = ReceiverModel()
    """Where frames come from in a live run."""
    retransmission: RetransmissionModel | None = None
    """How holes are asked for; left out: they are not, and become gaps after `give_up_after`."""
    scheduling: SchedulingModel = SchedulingModel()
    """How the kernel is to treat the pipelines' threads."""
    strategies: tuple[StrategyModel, ...] = Field(default=(), max_length=64)
    """What is called with every event."""
    watchdog: WatchdogModel = WatchdogModel()
    """What is done about a pipeline that is stuck."""
    logging: LoggingModel = LoggingModel()
    """The log of a run."""
    report: ReportModel = ReportModel()
    """Figures in the log."""
    status: StatusModel = StatusModel()
    """The file for `feedhandler health`."""

    _file: str | None = PrivateAttr(default=None)
    _places: Places = PrivateAttr(default_factory=dict)

    @field_validator("channels", "strategies", mode="before")
    @classmethod
    def _lists(cls, value: object) -> object:
        return _tuple(value)

    @field_validator("trading_date", mode="before")
    @classmethod
    def _plain_date(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return datetime.date.fromisoformat(value)
        except ValueError as error:
            raise ValueError(f"expected a date such as 2026-03-02; {error}") from error

    @field_validator("symbols", mode="before")
    @classmethod
    def _plain_symbols(cls, value: object) -> object:
        if not isinstance(value, list | tuple):
            raise ValueError("expected a list of symbols such as [AAPL, MSFT]")
        for symbol in value:
            if isinstance(symbol, EnvironmentReference):
                raise ValueError(f"one symbol is {symbol}; {NO_REFERENCE}")
            if isinstance(symbol, bool):
                raise ValueError(f"YAML reads one symbol as {symbol}: put it in quotes, as in ['ON', 'TRUE']")
            if not isinstance(symbol, str) or not 1 <= len(symbol) <= 8 or not symbol.isascii() or " " in symbol:
                raise ValueError(f"expected symbols of 1 to 8 letters; {symbol!r} is none")
        return tuple(value)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _refuse_twice("channels", [channel.name for channel in self.channels])
        _refuse_twice("strategies", [strategy.name for strategy in self.strategies])
        heard: set[tuple[str, int, str | None]] = set()
        for number, channel in enumerate(self.channels):
            for copy, line in enumerate(channel.lines):
                key = (line.group, line.port, line.source)
                if key in heard:
                    where = f"{line.group}:{line.port}" + (f" from {line.source}" if line.source else "")
                    raise MistakeAt(
                        ("channels", number, "lines", copy), f"two lines are {where}; expected each at one place only"
                    )
                heard.add(key)
            limits = self.limits_of(channel)
            if limits.request_after > limits.give_up_after:
                raise MistakeAt(
                    ("channels", number, "limits") if channel.limits else ("limits",),
                    f"channel {channel.name}: request_after is longer than give_up_after; "
                    "expected a hole to be asked for before it is given up",
                )
        names = [channel.name for channel in self.channels]
        for number, strategy in enumerate(self.strategies):
            for name in strategy.channels or ():
                if name not in names:
                    known = ", ".join(names) or "none"
                    path = ("strategies", number, "channels")
                    raise MistakeAt(path, f"there is no channel {name!r}; known: {known}")
        return self

    def capacities_of(self, channel: ChannelModel | None) -> CapacitiesModel:
        """A channel's capacities: the deployment's, with what the channel says otherwise."""
        return overlaid(self.capacities, channel.capacities if channel else None)

    def limits_of(self, channel: ChannelModel | None) -> LimitsModel:
        """A channel's limits: the deployment's, with what the channel says otherwise."""
        return overlaid(self.limits, channel.limits if channel else None)

    def receiver_of(self, channel: ChannelModel | None) -> ReceiverModel:
        """A channel's receiver: the deployment's, with what the channel says otherwise.

        Options belong to a kind: a channel with another kind takes none over.
        """
        over = channel.receiver if channel else None
        if over is None:
            return self.receiver
        kind = over.kind if "kind" in over.model_fields_set else self.receiver.kind
        interface = over.interface if "interface" in over.model_fields_set else self.receiver.interface
        options = {**(self.receiver.options if kind == self.receiver.kind else {}), **over.options}
        return ReceiverModel(kind=kind, interface=interface, **options)

    def place(self, *path: str | int) -> str:
        """Where a key is written, for errors found later: `configs/a.yaml:3: feed`. Without a file only the key."""
        where = path_text(path)
        return f"{self._file}:{self.line(path)}: {where}" if self._file is not None else where

    def line(self, path: Path) -> int:
        """The line of a key, or of what it would be written in."""
        return next((self._places[path[:size]] for size in range(len(path), -1, -1) if path[:size] in self._places), 1)

    def beside(self, path: str) -> FilePath:
        """A path that the file names: from its own folder where it is a relative one."""
        return FilePath(self._file).parent / path if self._file is not None else FilePath(path)

    def written(self, *path: str | int) -> bool:
        """Whether a key is written in the file."""
        return path in self._places

    def read_from(self, file: str, places: Places) -> Self:
        """Remember where it was read, for errors found later."""
        self._file = file
        self._places = places
        return self


# ---------------------------------------------------------------------------------------------------------- small parts


def _tuple(value: object) -> object:
    """Lists become tuples: strict models take no lists for them."""
    return tuple(value) if isinstance(value, list) else value


def _refuse_twice(key: str, names: list[str]) -> None:
    for number, name in enumerate(names):
        if name in names[:number]:
            raise MistakeAt((key, number, "name"), f"two {key} have the name {name!r}; expected each to have its own")
