"""Small streams through the real pipeline into batches, and events that can be compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy
from numpy.typing import NDArray

from feedhandler.books import readers
from feedhandler.core.events import Event, EventKind, event_hash
from feedhandler.core.integers import rotate_left, shift_left, wrapping_multiply
from feedhandler.output.batches import Batch, Instruments, Origin
from feedhandler.output.drain import Drain
from feedhandler.output.formats import make_writer
from feedhandler.output.publication import Publication
from feedhandler.output.schemas import TABLES
from feedhandler.output.spool import Spool
from tests.stage import Stage
from tests.streams import (
    Sent,
    add,
    add_attributed,
    cancel,
    cross,
    delete,
    directory,
    end_of_session,
    execute,
    execute_at,
    packet,
    replace,
    trade,
    trading_action,
)

DATE = "2026-03-02"
UNIT = "a unit"

DAY = [
    directory(1, "AAPL"), directory(2, "BRK.B"), directory(3, "ZVZZb"), trading_action(1, "AAPL"),
    add(1), add(2, "S", price=1_010_000), add_attributed(3, "S", price=1_020_000), add(4, locate=2, symbol="BRK.B"),
    execute(1, 40), execute_at(2, 10, 1_005_000, printable="N"), cancel(3, 5), replace(4, 5, 70, 990_000, locate=2),
    trade(30, 1_000_500), cross(1_000, 1_000_000), delete(5, locate=2), delete(77), add((1 << 64) - 1, locate=3),
]  # fmt: skip
"""Every kind of order and trade, an order that nobody knows, and a reference of 64 bits."""


def day(stage: Stage) -> Stage:
    """The day in packets of three messages, a second apart, with a hole that becomes a gap."""
    sent = [
        Sent(packet(1 + start, DAY[start : start + 3]), at=start * 1_000_000_000)
        for start in range(0, len(DAY), 3)
    ]  # fmt: skip
    later = len(DAY) + 3
    return stage.feed(
        *sent,
        Sent(packet(later, [add(91)]), at=40_000_000_000),
        Sent(packet(later + 1, [delete(91)]), at=41_000_000_000),
        Sent(end_of_session(later + 2), at=42_000_000_000),
    ).finish()


def drained(stage: Stage, kinds: int = -1) -> Drain:
    """A drain that hears the stage's channel."""
    drain = Drain(readers().drain_rings, kinds)
    drain.join(stage.memory)
    return drain


def batches(drain: Drain) -> list[Batch]:
    """Everything that the drain has, copied."""
    found = []
    while (batch := drain.rest()) is not None:
        found.append(Batch(batch.events.copy(), batch.instruments))
    drain.names()
    return found


def write(
    folder: Path,
    parts: list[Batch],
    instruments: Instruments,
    to: str = "parquet",
    tables: Any = TABLES,
    **options: Any,
) -> Any:
    """The batches through a spool into the files of a format, published."""
    publication = Publication(folder, UNIT)
    origin = Origin("nasdaq_itch50", "XNAS", UNIT, DATE, True)
    writer = make_writer(to, publication, origin, tables, **options)
    spool = Spool(publication.working / "spool", writer.buckets)
    for part in parts:
        spool.write(part)
    for batch, last in spool.read(instruments):
        writer.write(batch, last=last)
    writer.close(instruments)
    publication.publish()
    return writer


def as_events(events: NDArray[Any]) -> dict[str, list[int]]:
    """The fields of events as lists."""
    return {name: events[name].tolist() for name in (*(Event.dtype.names or ()), "event_index")}


def digest(events: NDArray[Any], day_base_ns: int = 0) -> int:
    """The digest of a channel's events, as the pipeline has it."""
    total = 0
    plain = [getattr(one, "py_func", one) for one in (event_hash, rotate_left, shift_left, wrapping_multiply)]
    hashed, rotate, shift, multiply = plain
    factor = event_hash_factor()
    for event in events[numpy.isin(events["kind"], _OURS, invert=True)]:
        head = int(event["kind"]) + shift(int(event["detail"]), 8) + shift(int(event["instrument"]), 24)
        values = [int(event[f"value_{place}"]) for place in range(7)]
        value = hashed(int(event["sequence"]), int(event["venue_time"]) - day_base_ns, head, *values)
        total = multiply(rotate(total, 29) ^ value, factor)
    return total


def event_hash_factor() -> int:
    """The constant by which the rolling value is multiplied."""
    from feedhandler.core import events

    return events._K0


_OURS = [int(kind) for kind in EventKind if kind >= EventKind.INSIDE]
