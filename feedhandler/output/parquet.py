"""Parquet: a file for each table, day and symbol, in folders that query engines understand.

    orders/date=2026-03-02/symbol=AAPL/day.pcap.parquet
    definitions/date=2026-03-02/day.pcap.parquet

Tables with a row for almost every message are divided by symbol; the others, with a few rows an instrument a day, only
by date, since a file costs more than what would be in it: about as much as a thousand rows. Where most symbols have
fewer, all tables can be divided by date alone. Batches come bucket by bucket (see `spool.py`), so that all of a symbol
is at hand at once: it makes one file of few row groups, or lies together in one or two. Numbers that grow (times,
sequences, places) are stored as differences, everything else by dictionaries, compressed with LZ4 or what is asked for;
statistics let a query pass over row groups.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy
from numpy.typing import NDArray

from .batches import Batch, Instruments, Origin, picked
from .columns import Columns, Names
from .depth_columns import depth_batch
from .extra import require_pyarrow
from .gathering import Gathering
from .instruments import instruments_table
from .order import stable_order
from .paths import NULL, segment
from .publication import Publication
from .schemas import DEPTH, TABLES, Table
from .spool import BUCKETS

ROW_GROUP = 1 << 20
DAY_NS = 86_400 * 1_000_000_000
SMALL = 1 << 12  #: rows of a file that is too small for dictionaries and statistics of every column to pay
GATHER = 1 << 17  #: rows of a row group of a table that is not divided by symbol, at least
FULL = 1 << 23  #: rows of a file of such a table, about; an open file keeps what its footer says of every row group
DIVISIONS = ("symbol", "date")  #: what files can be divided by: date and symbol, or date alone
PIECE = 1 << 15  #: rows whose columns are made at a time, about
_GROWING = ("ts_event", "ts_received", "sequence", "event_index", "order_reference", "new_order_reference")
_WORDS = ["channel", "symbol", "kind", "side", "quality"]
_TIMES = ["ts_event", "event_index"]
_JUDGED = (*_TIMES, "ts_received", "sequence", "symbol", "kind", "price", "bid_price", "ask_price")


class ParquetTables:
    """Writes tables as Parquet. `divide_by` is one of `DIVISIONS`, `compression` any that pyarrow knows."""

    buckets = BUCKETS
    divisions = DIVISIONS
    depth_levels = 0
    kinds = 0

    def __init__(
        self,
        publication: Publication,
        origin: Origin,
        tables: Collection[str],
        *,
        divide_by: str = DIVISIONS[0],
        compression: str = "lz4",
    ) -> None:
        require_pyarrow()
        from pyarrow import parquet

        self._parquet = parquet
        self._publication = publication
        self._origin = origin
        self._tables = [table for name, table in TABLES.items() if name in tables]
        self._symbol_folders = divide_by == "symbol"
        self._compression = compression
        self._columns: dict[str, Columns] = {}
        self._whole: dict[tuple[str, str], _File] = {}  # of tables that are not divided by symbol
        self._open: dict[tuple[str, str, str], _File] = {}  # of the bucket
        self._stems: dict[str, int] = {}
        self._names: Names | None = None
        self.rows: dict[str, int] = {}

    @staticmethod
    def check() -> None:
        """Raises `MissingExtraError` where a library lacks."""
        require_pyarrow()

    @property
    def uncarried(self) -> int:
        """Values that no column could hold."""
        return sum(columns.uncarried for columns in self._columns.values())

    def write(self, batch: Batch, *, last: bool) -> None:
        """Write a batch: some of one bucket, and the last or all of it."""
        if self._names is None:
            self._names = Names(batch.instruments)
            self._columns = {table.name: Columns(table, self._names) for table in self._tables}
        if batch.depth is not None and len(batch.depth):
            order, keys = self._by_day_and_symbol(batch.depth)
            rows = picked(batch.depth, order)
            self._write_table(DEPTH, depth_batch(rows, self._names, rows["bids"].shape[1]), keys, last)
        if len(batch.events):
            self._write_events(batch.events, last)
        if last:
            for file in self._open.values():
                file.close()
            self._open = {}

    def _write_events(self, events: NDArray[Any], last: bool) -> None:
        order, keys = self._by_day_and_symbol(events)
        kinds = events["kind"].take(order)
        present = set(numpy.flatnonzero(numpy.bincount(kinds)).tolist())
        for table in self._tables:
            if present.isdisjoint(table.kinds):
                continue
            columns = self._columns[table.name]
            chosen = numpy.flatnonzero(columns.chosen(kinds))
            of_table = keys.take(chosen)
            # Some symbols at a time: what is copied stays in the processor's caches, and is little.
            for start, end in _spans(of_table, PIECE):
                part = picked(events, order.take(chosen[start:end]))
                self._write_table(table, columns.batch(part), of_table[start:end], last)

    def _by_day_and_symbol(self, records: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """The order of records by day and symbol, each in the order in which they came, and their keys in it."""
        assert self._names is not None
        keys = self._names.symbol_of.take(records["row"]).astype(numpy.int64)
        keys += 1
        keys += self._days(records) * (len(self._names.symbols) + 1)
        order = stable_order(keys)
        return order, keys.take(order)

    def close(self, instruments: Instruments) -> None:
        """Everything is there: the files of whole tables, and that of the instruments."""
        for file in self._whole.values():
            file.close()
        table = instruments_table(instruments)
        if table.num_rows:
            path = f"instruments/date={self._origin.date}/{self._origin.unit}.parquet"
            self._parquet.write_table(table, self._publication.place(path), compression=self._compression)

    def _days(self, records: NDArray[Any]) -> NDArray[Any] | int:
        """The day of each, counted from the epoch: the trading date, or of venues without one the day of UTC."""
        if not self._origin.dated:
            days: NDArray[Any] = records["received_ns"] // DAY_NS
            return days
        return int(numpy.datetime64(self._origin.date, "D").astype("int64"))

    def _write_table(self, table: Table, batch: Any, keys: NDArray[Any], last: bool) -> None:
        self.rows[table.name] = self.rows.get(table.name, 0) + batch.num_rows
        assert self._names is not None
        base = len(self._names.symbols) + 1
        folders = table.by_symbol and self._symbol_folders
        if folders:
            batch = batch.remove_column(batch.schema.get_field_index("symbol"))  # the folder says it
        else:
            keys = keys // base * base
        for start, end in pairwise([0, *_cuts(keys).tolist(), len(keys)]):
            day, symbol = divmod(int(keys[start]), base)
            part = batch.slice(start, end - start)
            date = str(numpy.datetime64(day, "D"))
            if not folders:
                file = self._file(self._whole, (table.name, date), batch.schema)
                file.write(part)
                if file.rows >= FULL:
                    self._whole.pop((table.name, date)).close()
                continue
            name = self._names.symbols[symbol - 1] if symbol else None
            of_symbol = (table.name, date, NULL if name is None else segment(name))
            self._file(self._open, of_symbol, batch.schema, last and end - start < SMALL).write(part)
            if last:
                # Closed at once: a bucket has many symbols, and a process few files.
                self._open.pop(of_symbol).close()

    def _file(self, files: dict[Any, _File], key: tuple[str, ...], schema: Any, small: bool = False) -> _File:
        found = files.get(key)
        if found is None:
            table, date, *symbol = key
            folder = f"{table}/date={date}" + "".join(f"/symbol={name}" for name in symbol)
            # A symbol that was renamed can be in two buckets, and a table be more than one file holds.
            again = self._stems[folder] = self._stems.get(folder, -1) + 1
            place = self._publication.place(f"{folder}/{self._origin.unit}{f'-{again}' if again else ''}.parquet")
            found = files[key] = _File(
                self._parquet, place, schema, self._compression, gather=0 if symbol else GATHER, small=small
            )
        return found


def _cuts(keys: NDArray[Any]) -> NDArray[Any]:
    """Where sorted keys change."""
    found: NDArray[Any] = numpy.flatnonzero(keys[1:] != keys[:-1]) + 1
    return found


def _spans(keys: NDArray[Any], rows: int) -> Iterator[tuple[int, int]]:
    """Spans of sorted keys, cut where keys change, of about so many rows; more where one key has more."""
    cuts = _cuts(keys)
    start = 0
    while start < len(keys):
        after = numpy.searchsorted(cuts, start + rows)
        end = int(cuts[after]) if after < len(cuts) else len(keys)
        yield start, end
        start = end


class _File:
    """One Parquet file. A batch is a row group; small ones can be gathered first, as `gather` says."""

    def __init__(
        self, parquet: Any, path: Path, schema: Any, compression: str, *, gather: int = 0, small: bool = False
    ) -> None:
        pa = require_pyarrow()
        self._gather = gather
        self._waiting = Gathering(schema)
        self.rows = 0
        self._sink = pa.OSFile(str(path), "wb")
        names = schema.names
        growing = [name for name in _GROWING if name in names]
        self._writer = parquet.ParquetWriter(
            self._sink,
            schema,
            compression=compression,
            use_dictionary=_WORDS if small else [name for name in names if name not in growing],
            column_encoding=None if small else dict.fromkeys(growing, "DELTA_BINARY_PACKED"),
            write_statistics=_TIMES if small else [name for name in names if name in _JUDGED],
            store_schema=False,
        )

    def write(self, batch: Any) -> None:
        self.rows += batch.num_rows
        self._waiting.add(batch)
        if self._waiting.rows >= self._gather:
            self._write_waiting()

    def close(self) -> None:
        self._write_waiting()
        self._writer.close()
        self._sink.close()

    def _write_waiting(self) -> None:
        if self._waiting.rows:
            self._writer.write_table(self._waiting.take(), row_group_size=ROW_GROUP)
