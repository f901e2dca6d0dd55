"""Files in Databento Binary Encoding back: as arrays of records, and records by order as our events again.

    file = read_dbn("xnas-day.mbo.dbn.zst")
    file.records["price"]                 # a structured array; the format's own library is asked for the metadata only
    events = events_of(file.records)      # what the venue said, as far as the format carries it
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
from numpy.typing import NDArray

from feedhandler.core.events import Event, EventDetail, EventKind

from .dbn import DbnError, library
from .dbn_records import SCHEMAS, Flag

_ZSTANDARD_MAGIC = b"\x28\xb5\x2f\xfd"
_PREFIX = 8  # "DBN", the version, and the length of the rest of the metadata


@dataclass(frozen=True)
class DbnFile:
    """A file that was read: schema, what each number of an instrument is called, all of the metadata, records."""

    schema: str
    symbols: dict[int, str]
    metadata: Any
    records: NDArray[Any]


def read_dbn(path: str | Path) -> DbnFile:
    """Read a file of one schema, compressed or not. Raises `DbnError` where it is none that is known here."""
    data = Path(path).read_bytes()
    if data.startswith(_ZSTANDARD_MAGIC):
        import zstandard

        with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data), read_across_frames=True) as source:
            data = source.read()
    if data[:3] != b"DBN" or len(data) < _PREFIX:
        raise DbnError(f"{path}: starts with {data[:4].hex(' ')}; expected DBN (44 42 4e)")
    length = _PREFIX + int.from_bytes(data[4:_PREFIX], "little")
    metadata = library().Metadata.decode(data[:length])
    schema = str(metadata.schema)
    if schema not in SCHEMAS:
        raise DbnError(f"{path}: schema {schema}; expected one of {', '.join(SCHEMAS)}")
    symbols = {
        int(interval["symbol"]): symbol
        for symbol, intervals in metadata.mappings.items()
        for interval in intervals
    }
    _, layout = SCHEMAS[schema]
    if (len(data) - length) % layout.itemsize:
        raise DbnError(f"{path}: {len(data) - length} bytes are no whole records of {layout.itemsize}: it was cut")
    return DbnFile(schema, symbols, metadata, numpy.frombuffer(data, layout, offset=length))


def events_of(records: NDArray[Any]) -> NDArray[Any]:
    """Events of records by order: the verbs that they were made of, prices in 1e-9, `instrument` the file's number.

    What the format does not carry is 0: match numbers, attributions, priorities, sides of trades against hidden orders,
    and all but the low 32 bits of sequences. A cancel of all that is left of an order is a DELETE.
    """
    live: dict[tuple[int, int], int] = {}
    found: list[tuple[int, ...]] = []
    columns = [records[name].tolist() for name in _COLUMNS]
    rows = list(zip(*columns, strict=True))
    place = 0
    while place < len(rows):
        row = rows[place]
        action, instrument, sequence = row[0], row[1], row[2]
        follows = [one[0] for one in rows[place + 1 : place + 3] if one[1:3] == (instrument, sequence)]
        used = 1
        if action in (b"T", b"F") and (follows[:1] == [b"C"] or (action, follows[:2]) == (b"T", [b"F", b"C"])):
            used = 2 if action == b"F" else 3
            fill = rows[place + used - 2]
            detail = _side(fill) | (EventDetail.UNPRINTABLE if action == b"F" else 0)
            found.append(_event(EventKind.EXECUTE, detail, fill))
            _take(live, fill)
        elif action == b"T":
            auction = row[_FLAGS] & Flag.PUBLISHER_SPECIFIC
            found.append(_event(EventKind.CROSS if auction else EventKind.TRADE, 0, row, reference=0))
        elif action == b"A":
            live[instrument, row[_ORDER]] = row[_SIZE]
            found.append(_event(EventKind.ADD, _side(row), row))
        elif action == b"C" and follows[:1] == [b"A"]:
            new, used = rows[place + 1], 2
            live.pop((instrument, row[_ORDER]), None)
            live[instrument, new[_ORDER]] = new[_SIZE]
            found.append(_event(EventKind.REPLACE, _side(row), new, reference=row[_ORDER], other=new[_ORDER]))
        elif action == b"C":
            left = _take(live, row)
            found.append(_event(EventKind.REDUCE if left else EventKind.DELETE, _side(row), row, all_gone=not left))
        elif action == b"M":
            live[instrument, row[_ORDER]] = row[_SIZE]
            detail = _side(row) | EventDetail.PRIORITY_KEPT
            found.append(_event(EventKind.REPLACE, detail, row, other=row[_ORDER]))
        elif action == b"R":
            side = {b"B": 0, b"A": 1}.get(row[_SIDE], 2)
            found.append((EventKind.CLEAR, side, instrument, sequence, row[_TIME], 0, 0, 0, 0, row[_RECEIVED]))
        place += used
    events = numpy.zeros(len(found), Event.dtype)
    if found:
        for name, column in zip(_EVENT_COLUMNS, zip(*found, strict=True), strict=True):
            events[name] = numpy.array(column, object).astype(events.dtype[name])
    return events


_COLUMNS = ("action", "instrument_id", "sequence", "side", "price", "size", "order_id", "flags", "ts_event", "ts_recv")
_SIDE, _PRICE, _SIZE, _ORDER, _FLAGS, _TIME, _RECEIVED = range(3, 10)
_EVENT_COLUMNS = (
    "kind", "detail", "instrument", "sequence", "venue_time", "value_0", "value_1", "value_2", "value_3", "received_ns",
)  # fmt: skip


def _side(row: tuple[Any, ...]) -> int:
    return int(row[_SIDE] == b"A")


def _take(live: dict[tuple[int, int], int], row: tuple[Any, ...]) -> int:
    """Take a record's size from its order; returns what is left."""
    key = (row[1], row[_ORDER])
    left = live.get(key, 0) - row[_SIZE]
    if left > 0:
        live[key] = left
        return int(left)
    live.pop(key, None)
    return 0


def _event(
    kind: EventKind,
    detail: int,
    row: tuple[Any, ...],
    *,
    reference: int | None = None,
    other: int = 0,
    all_gone: bool = False,
) -> tuple[int, ...]:
    """A tuple of `_EVENT_COLUMNS`; a DELETE says no quantity, as the venue does."""
    own = _signed(row[_ORDER] if reference is None else reference)
    size = 0 if all_gone else row[_SIZE]
    if kind is EventKind.CROSS:
        own = 0
    return (
        int(kind), int(detail), row[1], row[2], row[_TIME], row[_PRICE], size, own, _signed(other), row[_RECEIVED],
    )  # fmt: skip


def _signed(reference: int) -> int:
    return reference - (1 << 64) if reference >> 63 else reference
