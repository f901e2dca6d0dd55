"""One file for each table, in the order of time: what Arrow and CSV have in common."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from .batches import Batch, Instruments, Origin, picked
from .columns import Columns, Names
from .depth_columns import depth_batch
from .extra import require_pyarrow
from .gathering import Gathering
from .instruments import instruments_table
from .publication import Publication
from .schemas import DEPTH, TABLES

GATHER = 1 << 16  #: rows that are written at a time, at least: tables of few rows come in small pieces


class SequentialTables:
    """Writes each table into a file of its own, `orders/<unit>.<ending>`."""

    ending: str
    buckets = 1
    divisions: tuple[str, ...] = ()
    depth_levels = 0
    kinds = 0

    def __init__(self, publication: Publication, origin: Origin, tables: Collection[str]) -> None:
        self._publication = publication
        self._origin = origin
        self._tables = [table for name, table in TABLES.items() if name in tables]
        self._columns: dict[str, Columns] = {}
        self._waiting: dict[str, Gathering] = {}
        self._files: dict[str, Any] = {}
        self.rows: dict[str, int] = {}

    @staticmethod
    def check() -> None:
        """Raises `MissingExtraError` where a library lacks."""
        require_pyarrow()

    @property
    def uncarried(self) -> int:
        """Values that no column could hold."""
        return sum(columns.uncarried for columns in self._columns.values())

    def open(self, path: Path, schema: Any) -> Any:
        """A file that tables are written into with `write_table`, and that is closed with `close`."""
        raise NotImplementedError

    def shown(self, table: Any) -> Any:
        """A table as the format has it."""
        return table

    def write(self, batch: Batch, *, last: bool) -> None:
        """Write a batch; the last one too is followed by `close`."""
        if not self._columns:
            names = Names(batch.instruments)
            self._columns = {table.name: Columns(table, names) for table in self._tables}
            self._names = names
        if batch.depth is not None and len(batch.depth):
            rows = batch.depth.copy()  # what is put away may wait for others, and a batch is valid until the next
            self._put(DEPTH.name, depth_batch(rows, self._names, rows["bids"].shape[1]))
        for table in self._tables:
            columns = self._columns[table.name]
            chosen = columns.chosen(batch.events["kind"])
            if chosen.any():
                self._put(table.name, columns.batch(picked(batch.events, chosen)))

    def close(self, instruments: Instruments) -> None:
        """Everything is there."""
        for name in self._waiting:
            self._write_waiting(name)
        for file in self._files.values():
            file.close()
        self._write_table("instruments", instruments_table(instruments))
        self._files["instruments"].close()

    def _put(self, name: str, rows: Any) -> None:
        waiting = self._waiting.setdefault(name, Gathering(rows.schema))
        waiting.add(rows)
        if waiting.rows >= GATHER:
            self._write_waiting(name)

    def _write_waiting(self, name: str) -> None:
        if self._waiting[name].rows:
            table = self._waiting[name].take()
            self.rows[name] = self.rows.get(name, 0) + table.num_rows
            self._write_table(name, table)

    def _write_table(self, name: str, table: Any) -> None:
        table = self.shown(table)
        if name not in self._files:
            path = f"{name}/{self._origin.unit}.{self.ending}"
            self._files[name] = self.open(self._publication.place(path), table.schema)
        self._files[name].write_table(table)
