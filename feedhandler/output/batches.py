"""Batches: events as they leave the rings, with what is known of their instruments.

A batch is one structured array; nothing in it is a Python object, so that everything downstream is vectorised. Each
event carries a `row` of the table of instruments, which knows what an event cannot say of itself: its channel, the
session, the symbol, and what a step of its price is worth. A row is one instrument (or a channel itself, for events
that concern no single instrument) in one session of one channel *with one price unit*: where a definition changes the
unit, later events have another row. So a row never means two things, and names may still come late: the symbol of a
row is final when its session has ended or the input has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy
from numpy.typing import NDArray

from feedhandler.core.draining import Drained
from feedhandler.core.events import EVENT_VALUES, EventKind
from feedhandler.feed import Feed

EVENT: numpy.dtype[Any] = Drained.dtype
"""An event of a batch: the fields of `core.events.Event`, `event_index` and `row`.

`event_index` is the event's place in its channel's ring: it grows within a channel and restores the order of events
that were written to different tables."""

INSTRUMENT = numpy.dtype(
    [
        ("channel", "<i4"),  # index into `Instruments.channels`
        ("session", "<i4"),  # of the channel, counted from 1; 0 before the first
        ("instrument", "<i4"),  # the dense index, as in `Event.instrument`; -1 for the channel itself
        ("defined", "<i4"),  # 1 where the venue's directory described it
        ("code", "<i8"),  # the venue's
        ("price_unit", "<i8"),  # of one step of the venue's price, in 1e-9
        ("quantity_step", "<i8"),  # of one step of the venue's quantity, in 1e-9
        ("lot_size", "<i8"),
        ("symbol", "S48"),  # without trailing blanks; `#code` where the venue gave no name
    ]
)


def picked(records: NDArray[Any], which: NDArray[Any]) -> NDArray[Any]:
    """Some records, by their indexes or by a mask: as `records[which]`, which copies records field by field, slowly."""
    return records.take(numpy.flatnonzero(which) if which.dtype == bool else which)


class Instruments:
    """The table that the rows of events point into; grows, and is never reordered."""

    def __init__(self, channels: Sequence[str] = (), rows: NDArray[Any] | None = None) -> None:
        self.channels = list(channels)
        self.feed: Feed | None = None  # of the channels
        self.day_base_ns = 0  # midnight of the trading date, 0 where the venue sends whole dates
        self._rows = numpy.zeros(64, INSTRUMENT) if rows is None else rows
        self._count = 0 if rows is None else len(rows)

    def __len__(self) -> int:
        return self._count

    @property
    def rows(self) -> NDArray[Any]:
        """All rows, as one array; a view that later additions may leave behind."""
        return self._rows[: self._count]

    def add(self, rows: NDArray[Any]) -> int:
        """Append rows; returns the number of the first."""
        first = self._count
        needed = first + len(rows)
        if needed > len(self._rows):
            grown = numpy.zeros(max(needed, 2 * len(self._rows)), INSTRUMENT)
            grown[:first] = self.rows
            self._rows = grown
        self._rows[first:needed] = rows
        self._count = needed
        return first

    def copy(self) -> Instruments:
        """The table as it is now."""
        copied = Instruments(self.channels, self.rows.copy())
        copied.feed, copied.day_base_ns = self.feed, self.day_base_ns
        return copied

    def symbols(self) -> list[str]:
        """The symbol of each row as text, "" for a channel itself."""
        return [symbol.decode("ascii", errors="replace") for symbol in self.rows["symbol"].tolist()]


@dataclass(frozen=True)
class Batch:
    """Some events in their order, and what their rows point into.

    Events of one channel are in the order of their `event_index`. In `depth` are the records of the depth rings that
    were drained with them, where a writer asked for depth; their `row` points into the same table.
    """

    events: NDArray[Any]
    instruments: Instruments
    depth: NDArray[Any] | None = None

    def column(self, name: str) -> NDArray[Any]:
        """What the table of instruments says of each event: `column("price_unit")`."""
        found: NDArray[Any] = self.instruments.rows[name][self.events["row"]]
        return found

    def of(self, *kinds: EventKind) -> Batch:
        """The events of some kinds only."""
        kind = self.events["kind"]
        chosen = kind == int(kinds[0])
        for other in kinds[1:]:
            chosen |= kind == int(other)
        return Batch(picked(self.events, chosen), self.instruments)

    def value(self, kind: EventKind, name: str) -> NDArray[Any]:
        """One of the values that `EVENT_VALUES` names for a kind, of all events (which should be of this kind)."""
        found: NDArray[Any] = self.events[f"value_{EVENT_VALUES[kind].index(name)}"]
        return found


@dataclass(frozen=True)
class Origin:
    """What a writer is told of where its events come from."""

    feed: str  #: the feed's name
    venue: str  #: market identifier code
    unit: str  #: what its files are called: one unit of input, one period of a recording
    date: str  #: the trading date, or the day of the first packet, as in 2026-03-02
    dated: bool  #: whether all events are of that day; else each is of the day of UTC on which it was received


class Writer(Protocol):
    """Makes files of events that were spooled.

    It is given everything in one go when all is known: batches with a final table of instruments, from `buckets`
    buckets of symbols (1: in the order in which they came), and told which is a bucket's last. Files are placed through
    a `Publication`, which gives them their names when all are whole.
    """

    buckets: int
    divisions: tuple[str, ...]  #: what its files can be divided by, the usual one first; (): they are not
    depth_levels: int  #: of the rows of depth that batches must have; 0: none
    kinds: int  #: a bit for each kind of event that batches must have, beside those of the tables
    rows: dict[str, int]  #: written into each table

    @property
    def uncarried(self) -> int: ...

    @staticmethod
    def check() -> None: ...

    def write(self, batch: Batch, *, last: bool) -> None: ...

    def close(self, instruments: Instruments) -> None: ...
