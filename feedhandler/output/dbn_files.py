"""DBN as a format of the output: what `DbnWriter` makes, as one of the writers that `convert` and the recorder know."""

from __future__ import annotations

from collections.abc import Collection

from .batches import Batch, Instruments, Origin
from .dbn import DbnWriter, library
from .dbn_records import LEVELS
from .publication import Publication
from .schemas import TABLES, wanted_bits

SCHEMAS_OF: dict[str, tuple[str, ...]] = {
    "orders": ("mbo", "mbp-10"),
    "levels": ("mbp-10",),
    "bbo": ("mbp-1",),
    "quotes": ("mbp-1",),
    "trades": ("trades",),
    "definitions": ("definition",),
    "status": ("status",),
    "imbalance": ("imbalance",),
}
"""The schemas of DBN that say what a table says; other tables have none."""


class DbnFiles:
    """Writes the schemas of tables. `compression` is "zstd" or "none"."""

    buckets = 1
    divisions: tuple[str, ...] = ()
    depth_levels = LEVELS
    kinds = wanted_bits(TABLES)  # where an event of the venue ends is seen by all of its events

    def __init__(
        self, publication: Publication, origin: Origin, tables: Collection[str], *, compression: str = "zstd"
    ) -> None:
        schemas = {schema for table in tables for schema in SCHEMAS_OF.get(table, ())}
        self._writer = DbnWriter(publication.place, origin, schemas=schemas, compression=compression)
        self.rows: dict[str, int] = {}
        self.uncarried = 0  # sizes that 32 bits do not hold

    @staticmethod
    def check() -> None:
        """Raises `MissingExtraError` where a library lacks."""
        library()

    def write(self, batch: Batch, *, last: bool) -> None:
        """Write a batch, in the order of time."""
        self._writer.write(batch)

    def close(self, instruments: Instruments) -> None:
        """Everything is there."""
        self._writer.close()
        self.rows, self.uncarried = self._writer.rows, self._writer.clipped
