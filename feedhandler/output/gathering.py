"""Small pieces of a table, gathered until there is enough to be written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .extra import require_pyarrow

if TYPE_CHECKING:
    import pyarrow

_PIECES = 32  #: that are kept apart before they become one: each has buffers of its own, which cost more than few rows


class Gathering:
    """Record batches of one schema, in their order, until they are taken as a table.

    So many pieces become one, so many of those again one, and so on: no row is copied often, and there are few pieces.
    """

    def __init__(self, schema: pyarrow.Schema) -> None:
        self._schema = schema
        self._levels: list[list[Any]] = []  # the oldest and largest pieces in the last
        self.rows = 0

    def add(self, batch: pyarrow.RecordBatch) -> None:
        """One more."""
        self.rows += batch.num_rows
        for level in self._levels:
            level.append(batch)
            if len(level) < _PIECES:
                return
            batch = self._table(level).combine_chunks().to_batches()[0]
            level.clear()
        self._levels.append([batch])

    def take(self) -> pyarrow.Table:
        """All of them; from then on there are none."""
        table = self._table([piece for level in reversed(self._levels) for piece in level])
        self._levels, self.rows = [], 0
        return table

    def _table(self, pieces: list[Any]) -> pyarrow.Table:
        pa = require_pyarrow()
        return pa.Table.from_batches(pieces, self._schema)
