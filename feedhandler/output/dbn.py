"""Files in Databento Binary Encoding (DBN), one for each schema that has records.

    writer = DbnWriter(lambda name: Path("out") / name, origin)
    writer.write(batch)                       # batches with rows of depth of `writer.depth_levels`
    writer.close()                            # the files, whole

Records are made as arrays (`dbn_events.py`, `dbn_depth.py`, `dbn_reference.py`); the metadata, which stands in front of
them and names every instrument, is known at the end, so records go to a file of their own first. Zstandard's frames may
follow each other, so both are compressed by themselves.

Sizes are in the venue's steps: what a step is worth stands in the definitions, `unit_of_measure_qty`.
"""

from __future__ import annotations

import datetime
import shutil
import zlib
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO, NamedTuple

import numpy

from .batches import Batch, Instruments, Origin
from .dbn_boundaries import Boundaries, Closed
from .dbn_depth import ByPrice
from .dbn_events import Array, by_order, trades
from .dbn_records import LEVELS, SCHEMAS, UNDEFINED_SIZE, UNDEFINED_TIME, VERSION
from .dbn_reference import Definitions, imbalances, statuses
from .extra import MissingExtraError

WRITTEN = ("mbo", "mbp-10", "mbp-1", "trades", "definition", "status", "imbalance")
_DAY_NS = 86_400_000_000_000
_DATASET_MAXIMUM = 15


class DbnError(ValueError):
    """A file in this encoding that cannot be written or read; the text says why."""


def publisher_of(venue: str) -> int:
    """Our number of a venue: 32768 and the low 15 bits of the CRC-32 of its market identifier code.

    Databento's own publishers have small numbers, so that nobody takes our records for theirs.

    >>> publisher_of("XNAS")
    42641
    """
    return 0x8000 | (zlib.crc32(venue.encode()) & 0x7FFF)


def library() -> ModuleType:
    """The format's own library. Raises `MissingExtraError`."""
    try:
        import databento_dbn
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            "databento-dbn is not installed, which DBN needs; pip install 'feedhandler[dbn]' brings it"
        ) from error
    return databento_dbn


class Interval(NamedTuple):
    """From when to before when a symbol is an instrument."""

    start_date: datetime.date
    end_date: datetime.date
    symbol: str


class SymbolMapping(NamedTuple):
    """A symbol and what it stands for, as the library takes it."""

    raw_symbol: str
    intervals: Sequence[Interval]


class DbnWriter:
    """Writes one file for each schema, named after dataset, unit and schema: `xnas-day.pcap.mbo.dbn.zst`.

    `place` says where a file of a name is to be made. `dataset` and `publisher_id` are the venue's market identifier
    code and our number of it, where none are given; `compression` is "zstd", which needs the extra `compress`, or
    "none"; `schemas` are all.
    """

    def __init__(
        self,
        place: Callable[[str], Path],
        origin: Origin,
        *,
        schemas: Collection[str] = WRITTEN,
        compression: str = "zstd",
        dataset: str | None = None,
        publisher_id: int | None = None,
    ) -> None:
        library()
        self.dataset = dataset or origin.venue
        if not 0 < len(self.dataset) <= _DATASET_MAXIMUM:
            raise DbnError(f"dataset {self.dataset!r}: expected 1 to {_DATASET_MAXIMUM} letters")
        if compression not in ("zstd", "none"):
            raise DbnError(f"compression {compression!r}: expected zstd or none")
        unknown = sorted(set(schemas) - set(WRITTEN))
        if unknown:
            raise DbnError(f"schema {unknown[0]!r}: DBN is written with {', '.join(WRITTEN)}")
        self.compression = compression
        self.schemas = tuple(schema for schema in WRITTEN if schema in schemas)
        # Boundaries are known by the rows of depth, whatever is written.
        self.depth_levels = LEVELS if "mbp-10" in self.schemas else 1
        self._place, self._origin = place, origin
        self._boundaries = Boundaries(publisher_of(origin.venue) if publisher_id is None else publisher_id)
        self._definitions = Definitions(origin.venue)
        self._by_price = {"mbp-10": ByPrice("mbp-10", 10), "mbp-1": ByPrice("mbp-1", 1)}
        self._parts: dict[str, _Part] = {}
        self.rows: dict[str, int] = {}  #: written of each schema
        self.clipped = 0  #: sizes that 32 bits do not hold, and so are undefined
        self._instruments: Instruments | None = None

    def write(self, batch: Batch) -> None:
        """Write the records of a batch, as far as its events are closed."""
        if batch.depth is None or batch.depth["bids"].shape[1] < self.depth_levels:
            raise DbnError(f"this is made of batches with rows of depth of {self.depth_levels} levels")
        self._instruments = batch.instruments
        self._put(self._boundaries.close(batch), batch.instruments)
        self._empty = batch.events[:0], batch.depth[:0]

    def close(self) -> list[Path]:
        """Make the files whole; returns them."""
        if self._instruments is None:
            return []
        events, depth = self._empty
        rest = Batch(events, self._instruments, depth)
        self._put(self._boundaries.close(rest, last=True), self._instruments)
        parts = {schema: self._parts[schema] for schema in self.schemas if schema in self._parts}
        try:
            return [part.finish(self._metadata(schema, part)) for schema, part in parts.items()]
        except BaseException:
            self.abandon()
            raise

    def abandon(self) -> None:
        """Leave nothing behind."""
        for part in self._parts.values():
            part.remove()

    def _put(self, closed: Closed, instruments: Instruments) -> None:
        told = closed.told
        for schema in self.schemas:
            if schema == "mbo":
                self._append(schema, by_order(told))
            elif schema in self._by_price:
                self._append(schema, self._by_price[schema].records(closed))
            elif schema == "trades":
                self._append(schema, trades(told))
            elif schema == "definition":
                self._append(schema, self._definitions.records(told, instruments))
            elif schema == "status":
                self._append(schema, statuses(told))
            else:
                self._append(schema, imbalances(told))

    def _append(self, schema: str, records: Array) -> None:
        if not len(records):
            return
        self.rows[schema] = self.rows.get(schema, 0) + len(records)
        if schema not in self._parts:
            ending = ".dbn.zst" if self.compression == "zstd" else ".dbn"
            name = f"{self.dataset.lower()}-{self._origin.unit}.{schema}{ending}"
            self._parts[schema] = _Part(self._place(name), compressed=self.compression == "zstd")
        self._parts[schema].append(records)
        if "size" in (records.dtype.names or ()):
            self.clipped += int((records["size"] == UNDEFINED_SIZE).sum())

    def _metadata(self, schema: str, part: _Part) -> bytes:
        """What stands in front of the records: of what they are, when, and which instrument is which number."""
        dbn = library()
        assert self._instruments is not None
        numbered = zip(self._boundaries.instrument_ids.tolist(), self._instruments.symbols(), strict=False)
        names = {number: symbol for number, symbol in numbered if number in part.instruments}
        first, last = _day(part.start_ns), _day(part.end_ns) + datetime.timedelta(days=1)
        mappings = [
            SymbolMapping(symbol, [Interval(first, last, str(number))])
            for number, symbol in sorted(names.items(), key=lambda item: item[1])
        ]
        metadata = dbn.Metadata(
            dataset=self.dataset,
            start=part.start_ns,
            end=part.end_ns + 1,
            stype_in=dbn.SType.RAW_SYMBOL,
            stype_out=dbn.SType.INSTRUMENT_ID,
            schema=dbn.Schema(schema),
            symbols=[mapping.raw_symbol for mapping in mappings],
            mappings=mappings,
            version=VERSION,
        )
        return bytes(metadata.encode())


class _Part:
    """One file while it is written: its records, and what its metadata will say of them."""

    def __init__(self, path: Path, *, compressed: bool) -> None:
        self.path = path
        self.instruments: set[int] = set()
        self.start_ns = UNDEFINED_TIME
        self.end_ns = 0
        self._compressed = compressed
        self._records = path.with_name(f"{path.name}.records")
        self._file: BinaryIO = self._records.open("wb")
        self._sink: Any = zstandard_writer(self._file) if compressed else self._file

    def append(self, records: Array) -> None:
        """Write records behind those that are there."""
        self._sink.write(records.tobytes())
        self.instruments.update(numpy.unique(records["instrument_id"]).tolist())
        times = records["ts_recv"]
        self.start_ns = min(self.start_ns, int(times.min()))
        self.end_ns = max(self.end_ns, int(times.max()))

    def finish(self, metadata: bytes) -> Path:
        """Put the metadata in front of the records."""
        self._sink.close()
        self._file.close()
        with self.path.open("wb") as whole, self._records.open("rb") as records:
            if self._compressed:
                with zstandard_writer(whole) as sink:
                    sink.write(metadata)
            else:
                whole.write(metadata)
            shutil.copyfileobj(records, whole, 1 << 20)
        self._records.unlink()
        return self.path

    def remove(self) -> None:
        """Leave nothing behind that is not whole."""
        self._sink.close()
        self._file.close()
        for file in (self._records, self.path):
            file.unlink(missing_ok=True)


def zstandard_writer(file: BinaryIO) -> Any:
    """Compresses what is written into one frame. Raises `MissingExtraError`."""
    try:
        import zstandard
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            "zstandard is not installed, which compressed DBN needs; pip install 'feedhandler[dbn]' brings it"
        ) from error
    return zstandard.ZstdCompressor(level=3).stream_writer(file, closefd=False)


def _day(time_ns: int) -> datetime.date:
    return datetime.date(1970, 1, 1) + datetime.timedelta(days=time_ns // _DAY_NS)


assert set(WRITTEN) == set(SCHEMAS)
