"""Tables back into events: what was in the rings, in the order in which it was there.

    for channel, events in read_events(tables_of("tables", unit="monday.pcap.zst")):
        ...                              # `events` is an array of `core.events.Event`

Every event comes once, though executions are in two tables. A price goes back into the venue's steps by the unit that
its row of the table of instruments has; a null price is the number by which the feed says that there is none. What
tables do not carry is not restored: see docs/normalised-output.md.
"""

from __future__ import annotations

import csv as csv_lines
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy
from numpy.typing import NDArray

from feedhandler.core.events import EventKind
from feedhandler.core.integers import INT64_MAX

from .batches import EVENT, Instruments, picked
from .columns import arrow_schema
from .csv_files import PLACES, integers_of, is_price
from .depth_columns import depth_schema
from .extra import require_pyarrow
from .instruments import COLUMNS, instruments_from
from .schemas import DEPTH, QUALITIES, TABLES, Column, Table, Take

if TYPE_CHECKING:
    import pyarrow

INSTRUMENTS = "instruments"


class ReadingError(ValueError):
    """Tables from which events cannot be made; the text says what lacks."""


def tables_of(folder: str | Path, unit: str) -> dict[str, pyarrow.Table]:
    """The tables of one unit of an output folder, whatever their format, by name."""
    pa = require_pyarrow()
    found: dict[str, pyarrow.Table] = {}
    for name in (*TABLES, DEPTH.name, INSTRUMENTS):
        parts = [table for path in sorted((Path(folder) / name).rglob("*")) for table in _read(path, name, unit)]
        if parts:
            found[name] = pa.concat_tables(parts, promote_options="permissive")
    return found


def _read(path: Path, name: str, unit: str) -> Iterator[pyarrow.Table]:
    stem, kind = path.stem, path.suffix
    if stem != unit and not (stem.startswith(f"{unit}-") and stem.removeprefix(f"{unit}-").isdecimal()):
        return
    if kind == ".parquet":
        from pyarrow import parquet

        # (Not `read_table`, which would take folders for columns.)
        yield parquet.ParquetFile(path).read()
    elif kind == ".arrow":
        pa = require_pyarrow()
        with pa.memory_map(str(path)) as source:
            yield pa.ipc.open_file(source).read_all()
    elif kind == ".csv":
        yield _read_csv(path, name)


def _read_csv(path: Path, name: str) -> pyarrow.Table:
    """A table of CSV with the types that the other formats keep by themselves."""
    from pyarrow import csv

    pa = require_pyarrow()
    with path.open() as file:
        head = next(csv_lines.reader(file))
    if name == INSTRUMENTS:
        types = {column: getattr(pa, kind)() for column, (kind, _) in COLUMNS.items()}
    else:
        known = depth_schema(1) if name == DEPTH.name else arrow_schema(TABLES[name])
        types = {}
        for column in head:
            kind = known.field(column).type if column in known.names else pa.int64()
            types[column] = pa.string() if pa.types.is_dictionary(kind) else kind
            if is_price(column):
                types[column] = pa.decimal128(19, PLACES)
    options = csv.ConvertOptions(column_types=types, strings_can_be_null=True, null_values=[""])
    table = csv.read_csv(path, convert_options=options)
    for place, field in enumerate(table.schema):
        if name != INSTRUMENTS and is_price(field.name):
            table = table.set_column(place, field.name, integers_of(table.column(place)))
    return table


def read_events(
    tables: Mapping[str, pyarrow.Table], *, absent_price: int = INT64_MAX
) -> Iterator[tuple[str, NDArray[Any]]]:
    """The events of each channel, by its name, in their order.

    `absent_price` is what the feed reads where there is no price.
    """
    if INSTRUMENTS not in tables:
        raise ReadingError("there is no table of instruments, so what prices were is not known")
    instruments = instruments_from(tables[INSTRUMENTS])
    parts = []
    for name, table in TABLES.items():
        if name not in tables:
            continue
        rows = tables[name]
        if table.copies and "orders" in tables:
            pc = _compute()
            copied = _kind_names(table.copies)
            rows = rows.filter(pc.invert(pc.is_in(rows["kind"].cast("string"), value_set=copied)))
        parts.append(_events(table, rows, instruments, absent_price))
    events = numpy.concatenate(parts) if parts else numpy.zeros(0, EVENT)
    owner = instruments.rows["channel"][events["row"]]
    order = numpy.lexsort((events["event_index"], owner))
    events, owner = picked(events, order), owner[order]
    for number, channel in enumerate(instruments.channels):
        mine = picked(events, owner == number)
        if len(mine):
            yield channel, mine


def _events(table: Table, rows: pyarrow.Table, instruments: Instruments, absent_price: int) -> NDArray[Any]:
    """The rows of a table as events."""
    events = numpy.zeros(rows.num_rows, EVENT)
    if not len(events):
        return events
    codes, words = _words(rows["kind"])
    events["kind"] = numpy.array([EventKind[word.upper()] for word in words], "<u2")[codes]
    for column in table.columns:
        if column.take is Take.FIELD:
            events[column.source] = _integers(rows[column.name])
    known = picked(instruments.rows, events["row"])
    events["instrument"] = known["instrument"]
    unit = known["price_unit"]
    for column in table.columns:
        if column.take is Take.PRICE and not column.places:
            events[column.source] = _prices(rows[column.name], unit, absent_price)
    for column in table.own:
        if column.places:
            _restore(column, rows, events, unit, absent_price)
    return events


def _restore(column: Column, rows: pyarrow.Table, events: NDArray[Any], unit: NDArray[Any], absent_price: int) -> None:
    """Put a column's values where they came from."""
    if column.take is Take.QUALITY:
        codes, words = _words(rows[column.name])
        values: NDArray[Any] = numpy.array([QUALITIES.index(word) for word in words], numpy.int64)[codes]
    elif column.take is Take.PRICE:
        values = _prices(rows[column.name], unit, absent_price)
    else:
        values = _integers(rows[column.name])
    for kind, place in column.places.items():
        chosen = events["kind"] == kind
        events[f"value_{place}"][chosen] = values[chosen]


def _prices(column: Any, unit: NDArray[Any], absent_price: int) -> NDArray[Any]:
    absent = column.is_null().to_numpy() if column.null_count else None
    values = _integers(column) // unit
    return values if absent is None else numpy.where(absent, absent_price, values)


def _integers(column: Any) -> NDArray[Any]:
    """A column of numbers or times as 64-bit patterns, nulls as 0."""
    pa, pc = require_pyarrow(), _compute()
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    if column.null_count:
        column = pc.fill_null(column, 0)
    values: NDArray[Any] = column.to_numpy()
    return values.view(numpy.int64) if values.dtype == numpy.uint64 else values.astype(numpy.int64)


def _words(column: Any) -> tuple[NDArray[Any], list[str]]:
    """A column of words as numbers of words."""
    pa = require_pyarrow()
    if not len(column):
        return numpy.zeros(0, numpy.int64), []
    whole = column.combine_chunks()
    if not pa.types.is_dictionary(whole.type):
        whole = whole.dictionary_encode()
    if isinstance(whole, pa.ChunkedArray):
        whole = whole.unify_dictionaries().combine_chunks()
    return _integers(whole.indices), whole.dictionary.to_pylist()


def _kind_names(kinds: tuple[EventKind, ...]) -> Any:
    pa = require_pyarrow()
    return pa.array([kind.name.lower() for kind in kinds])


def _compute() -> Any:
    from pyarrow import compute

    return compute
