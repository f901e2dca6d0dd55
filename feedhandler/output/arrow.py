"""Arrow: a file in the IPC format for each table, `orders/day.pcap.arrow`, which is mapped rather than read.

Words are indexes into a dictionary; the sentence and the unit of each column stand in its metadata.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .extra import require_pyarrow
from .sequential import SequentialTables


class ArrowTables(SequentialTables):
    """Writes tables as Arrow's IPC files."""

    ending = "arrow"

    def open(self, path: Path, schema: Any) -> Any:
        """A file of record batches."""
        pa = require_pyarrow()
        return pa.ipc.new_file(str(path), schema)

    def shown(self, table: Any) -> Any:
        """In one piece, so that a file has few batches, and one dictionary for each column."""
        return table.combine_chunks()
