"""A spool: events on disk between the pipeline and the writer, so that memory stays bounded however long a day is.

Batches come in the order of time; tables divided by symbol want them symbol by symbol. So events are appended to a
bounded number of buckets, by a hash of the symbol, and each bucket is read back on its own when everything is there. A
bucket of many symbols that is larger than what may be in memory is divided into buckets once more. Writers that want
the order of time take one bucket, and get the batches that were written, with the rows of depth that came with each.
Names that came late are known when the spool is read, so no table has an instrument under two names.

Nothing is compressed or computed here: a spooled event is its 120 bytes, appended, at some 50 ns.
"""

from __future__ import annotations

import os
import shutil
import struct
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, BinaryIO

import numpy
from numpy.typing import NDArray

from feedhandler.core.depths import depth_dtype

from .batches import EVENT, Batch, Instruments, picked

BUCKETS = 64  #: of the first division, and of each bucket that is divided again
CHUNK = 1 << 18  #: events that are read at a time: 31 MB
FEW = 64  #: symbols of a bucket that is not divided again: a writer can have files of so many open
_DEEPEST = 2  #: divisions; 4,096 buckets hold few symbols each


class Spool:
    """Events in buckets, in files of a folder of its own, which `remove` takes away.

    Where batches have rows of depth, `depth_levels` says of how many levels.
    """

    def __init__(
        self, folder: Path, buckets: int = 1, *, depth_levels: int = 0, chunk: int = CHUNK, go_on: bool = False
    ) -> None:
        """Begin a spool, or `go_on` with what an ended process left of one, to read it."""
        folder.mkdir(parents=True, exist_ok=go_on)
        self.folder = folder
        self.count = 0
        self.bytes = 0
        self._buckets = buckets
        depth = depth_dtype(depth_levels) if depth_levels else None
        # As much memory for rows of depth as for events.
        self._depth_chunk = max(1, chunk * EVENT.itemsize // depth.itemsize) if depth is not None else 0
        self._chunk = chunk
        self._events = _Division(folder / "events", EVENT, buckets, 0)
        self._depths = _Division(folder / "depths", depth, buckets, 0) if depth is not None else None
        # Of each batch, where their order is kept: how many events, and how many rows of depth.
        self._sizes = (folder / "sizes").open("ab" if go_on else "wb", buffering=0) if buckets == 1 else None

    def write(self, batch: Batch) -> None:
        """Append a batch."""
        self._events.write(batch.events, batch.instruments)
        depth = batch.depth if self._depths is not None else None
        if depth is not None and self._depths is not None:
            self._depths.write(depth, batch.instruments)
        depth_count = 0 if depth is None else len(depth)
        if self._sizes is not None:
            self._sizes.write(_SIZES.pack(len(batch.events), depth_count))
        self.count += len(batch.events)
        self.bytes += batch.events.nbytes + (0 if depth is None else depth.nbytes)

    def read(self, instruments: Instruments) -> Iterator[tuple[Batch, bool]]:
        """Everything again, bucket by bucket, each in the order in which it came; with whether it is a bucket's last.

        A batch is valid until the next is asked for. Of several buckets, those of events come first, and those of rows
        of depth after them. Nothing can be written afterwards; all can be read again.
        """
        self.close()
        if self._buckets == 1:
            yield from self._read_as_written(instruments)
            return
        for events, last in self._events.read(instruments, self._chunk):
            yield Batch(events, instruments), last
        if self._depths is not None:
            for depth, last in self._depths.read(instruments, self._depth_chunk):
                yield Batch(_NO_EVENTS, instruments, depth), last

    def close(self) -> None:
        """Let go of the files: everything was written."""
        self._events.close()
        if self._depths is not None:
            self._depths.close()
        if self._sizes is not None:
            self._sizes.close()

    def remove(self) -> None:
        """Take the files away."""
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _read_as_written(self, instruments: Instruments) -> Iterator[tuple[Batch, bool]]:
        with ExitStack() as stack:
            events = stack.enter_context(closing(self._events.reader()))
            depths = stack.enter_context(closing(self._depths.reader())) if self._depths is not None else None
            sizes = list(_SIZES.iter_unpack((self.folder / "sizes").read_bytes()))
            for number, (event_count, depth_count) in enumerate(sizes):
                depth = depths.take(depth_count) if depths is not None else None
                yield Batch(events.take(event_count), instruments, depth), number == len(sizes) - 1


class _Reader:
    """Files of records, one after the other, in pieces of any size.

    A piece is valid until the next is taken: all are in the same memory, which grows to the largest.
    """

    def __init__(self, dtype: numpy.dtype[Any]) -> None:
        self._dtype = dtype
        self._file: BinaryIO | None = None
        self.left = 0  #: records of the file that were not taken yet
        self._room = numpy.zeros(0, dtype)

    def open(self, path: Path) -> None:
        """Begin with another file, which may lack if nothing was written to it."""
        self.close()
        if path.exists():
            self._file = path.open("rb", buffering=0)
            self.left = os.fstat(self._file.fileno()).st_size // self._dtype.itemsize
            os.posix_fadvise(self._file.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)

    def take(self, count: int) -> NDArray[Any]:
        """The next records, at most so many."""
        count = min(count, self.left)
        if self._file is None or not count:
            return self._room[:0]
        self.left -= count
        if count > len(self._room):
            self._room = numpy.empty(count, self._dtype)
        records = self._room[:count]
        into = records.view(numpy.uint8).data
        filled = 0
        while filled < len(into):  # a read of more than 2 GB is short
            read = self._file.readinto(into[filled:])  # type: ignore[attr-defined]
            if not read:
                raise OSError(f"{self._file.name} was cut short while it was read")
            filled += read
        return records

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file, self.left = None, 0


class _Division:
    """A division of records into buckets by their symbols, each a file; the records have a `row`."""

    def __init__(self, folder: Path, dtype: numpy.dtype[Any], buckets: int, depth: int) -> None:
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self._dtype = dtype
        self._buckets = buckets
        self._depth = depth
        self._files: dict[int, BinaryIO] = {}
        self._bucket_of = numpy.zeros(0, numpy.uint8)

    def write(self, records: NDArray[Any], instruments: Instruments) -> None:
        """Append records to their buckets, in their order."""
        if self._buckets == 1:
            self._append(0, records)
            return
        buckets = self._buckets_of(instruments)[records["row"]]
        ordered = picked(records, numpy.argsort(buckets, kind="stable"))
        start = 0
        for number, count in enumerate(numpy.bincount(buckets, minlength=self._buckets).tolist()):
            if count:
                self._append(number, ordered[start : start + count])
                start += count

    def read(self, instruments: Instruments, chunk: int) -> Iterator[tuple[NDArray[Any], bool]]:
        """The records bucket by bucket, at most `chunk` at a time; with whether they are a bucket's last."""
        self.close()
        with closing(_Reader(self._dtype)) as reader:
            yield from self._read(reader, instruments, chunk)

    def _read(self, reader: _Reader, instruments: Instruments, chunk: int) -> Iterator[tuple[NDArray[Any], bool]]:
        dividable = self._depth + 1 < _DEEPEST
        rows = numpy.bincount(self._buckets_of(instruments), minlength=self._buckets) if dividable else None
        for number in range(self._buckets):
            path = self._path(number)
            reader.open(path)
            if reader.left > chunk and rows is not None and rows[number] > FEW:
                finer = _Division(path.with_suffix(".divided"), self._dtype, self._buckets, self._depth + 1)
                while len(records := reader.take(chunk)):
                    finer.write(records, instruments)
                finer.close()
                yield from finer._read(reader, instruments, chunk)
                finer.remove()
                continue
            while len(records := reader.take(chunk)):
                yield records, not reader.left

    def reader(self) -> _Reader:
        """All records of the only bucket."""
        self.close()
        reader = _Reader(self._dtype)
        reader.open(self._path(0))
        return reader

    def close(self) -> None:
        """Let go of the files."""
        for file in self._files.values():
            file.close()
        self._files = {}

    def remove(self) -> None:
        """Take the files away."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:03}"

    def _buckets_of(self, instruments: Instruments) -> NDArray[Any]:
        """The bucket of each row."""
        known = len(self._bucket_of)
        if len(instruments) > known:
            symbols = instruments.rows["symbol"][known:].tolist()
            divisor = BUCKETS**self._depth
            fresh = [zlib.crc32(symbol) // divisor % self._buckets for symbol in symbols]
            self._bucket_of = numpy.append(self._bucket_of, numpy.array(fresh, numpy.uint8))
        return self._bucket_of

    def _append(self, number: int, records: NDArray[Any]) -> None:
        if not len(records):
            return
        file = self._files.get(number)
        if file is None:
            file = self._files[number] = self._path(number).open("wb", buffering=0)
        data = numpy.ascontiguousarray(records).view(numpy.uint8).data
        written = 0
        while written < len(data):  # a write that hits a limit is short before the next one fails
            written += file.write(data[written:]) or 0


_SIZES = struct.Struct("<qq")
_NO_EVENTS = numpy.zeros(0, EVENT)
assert BUCKETS <= 256
