"""A recording: the events of a run into files, period by period, without ever waiting for the files.

Events are appended to a spool, which costs little and never waits for a table; at the end of a period the spool is
handed to a thread that makes its files while the next one is filled. A process that is killed leaves spools behind,
and the next recording in the same folder makes their files first.
"""

from __future__ import annotations

import datetime
import json
import threading
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy

from feedhandler.composition.day import date_of

from .batches import INSTRUMENT, Batch, Instruments, Origin
from .formats import depth_levels_of, division_options, make_writer, writer_class
from .manifest import Manifest
from .publication import WORKING, Publication
from .spool import Spool

SECOND = 1_000_000_000
_ORIGIN = "origin.json"
_INSTRUMENTS = "instruments"


@dataclass
class _Period:
    """What is being filled."""

    publication: Publication
    spool: Spool
    origin: Origin
    number: int  # of the period, counted from the epoch
    rows: int = 0  # of the table of instruments, those that are kept on disk
    channels: int = 0


class Recording:
    """Writes batches into files of a format in a folder.

    A period ends at multiples of `rotate_every_ns` of the time of receipt, and when its spool has `rotate_bytes`; 0:
    never for that reason. `venue` is a market identifier code, the feed's first where it is empty; `divide_by` is what
    Parquet's files are divided by. Raises `OutputError` where the folder cannot be used.
    """

    def __init__(
        self,
        folder: Path,
        to: str,
        tables: Collection[str],
        *,
        rotate_every_ns: int = 0,
        rotate_bytes: int = 0,
        venue: str = "",
        depth: int = 0,
        divide_by: str | None = None,
    ) -> None:
        self._options = division_options(to, divide_by)
        self._depth_levels = depth_levels_of(to, depth)
        self._format = to
        self._tables = list(tables)
        self._class = writer_class(to)
        self._rotate_every_ns = rotate_every_ns
        self._rotate_bytes = rotate_bytes
        self._venue = venue
        made_as = {"format": to, "tables": self._tables, "depth": depth, "recording": True}
        self._manifest = Manifest(folder, made_as | self._options)
        self._folder = folder
        self._period: _Period | None = None
        self._complete: SimpleQueue[tuple[_Period, Instruments] | None] = SimpleQueue()
        self._failed: Exception | None = None
        self.units = 0
        self._manifest.write()
        for left in sorted((folder / WORKING).glob(f"*/{_ORIGIN}")):
            self._complete.put(self._left_behind(left.parent))
        self._thread = threading.Thread(target=self._finish, name="recording", daemon=True)
        self._thread.start()

    def write(self, batch: Batch) -> None:
        """Append a batch. Raises what has gone wrong with the files of an earlier period."""
        self._raise_failure()
        if not len(batch.events) and (batch.depth is None or not len(batch.depth)):
            return
        newest = batch.events["received_ns"] if len(batch.events) else batch.depth["received_ns"]  # type: ignore[index]
        received_ns = int(newest.max())
        period = self._period
        number = received_ns // self._rotate_every_ns if self._rotate_every_ns else 0
        if period is not None:
            full = self._rotate_bytes and period.spool.bytes >= self._rotate_bytes
            if full or number != period.number:
                self._rotate(batch.instruments)
        if self._period is None:
            self._period = self._begin(batch.instruments, int(newest.min()), number)
        self._keep_instruments(self._period, batch.instruments)
        self._period.spool.write(batch)
        self._instruments = batch.instruments

    def tick(self, now_ns: int) -> None:
        """Time passes without events: a period can end."""
        period = self._period
        if period is not None and self._rotate_every_ns and now_ns // self._rotate_every_ns > period.number:
            self._rotate(self._instruments)

    def close(self) -> None:
        """The last period ends; returns when all files are there."""
        if self._period is not None:
            self._rotate(self._instruments)
        self._complete.put(None)
        self._thread.join()
        self._manifest.close()
        self._raise_failure()

    # ----------------------------------------------------------------------------------------------------- periods

    def _begin(self, instruments: Instruments, received_ns: int, number: int) -> _Period:
        feed = instruments.feed
        assert feed is not None
        moment = datetime.datetime.fromtimestamp(received_ns // SECOND, datetime.UTC)
        unit = f"{feed.name}-{moment:%Y%m%dT%H%M%S}.{received_ns % SECOND:09}Z"
        dated = instruments.day_base_ns != 0
        zone = feed.time_zone if dated else None
        # (An hour behind midnight, whatever the clocks of the zone do that night.)
        day = date_of(instruments.day_base_ns + 3_600 * SECOND if dated else received_ns, zone) or moment.date()
        venue = self._venue or next(iter(feed.venues.values()), "")
        origin = Origin(feed.name, venue, unit, day.isoformat(), dated)
        publication = Publication(self._folder, unit)
        spool = Spool(publication.working / "spool", self._class.buckets, depth_levels=self._depth_levels)
        return _Period(publication, spool, origin, number)

    def _keep_instruments(self, period: _Period, instruments: Instruments) -> None:
        """Keep on disk what rows are known, before an event that refers to them."""
        folder = period.publication.working
        if len(instruments.channels) > period.channels:
            told = {"origin": asdict(period.origin), "channels": instruments.channels}
            (folder / _ORIGIN).write_text(json.dumps(told))
            period.channels = len(instruments.channels)
        if len(instruments) > period.rows:
            with (folder / _INSTRUMENTS).open("ab") as file:
                file.write(instruments.rows[period.rows :].tobytes())
            period.rows = len(instruments)

    def _rotate(self, instruments: Instruments) -> None:
        assert self._period is not None
        period, self._period = self._period, None
        period.spool.close()
        self._complete.put((period, instruments.copy()))

    def _left_behind(self, working: Path) -> tuple[_Period, Instruments]:
        """A period of a process that has ended before its files were made."""
        told = json.loads((working / _ORIGIN).read_text())
        data = (working / _INSTRUMENTS).read_bytes()
        whole = len(data) // INSTRUMENT.itemsize * INSTRUMENT.itemsize
        instruments = Instruments(told["channels"], numpy.frombuffer(data[:whole], INSTRUMENT).copy())
        publication = Publication(self._folder, working.name, go_on=True)
        spool = Spool(working / "spool", self._class.buckets, depth_levels=self._depth_levels, go_on=True)
        return _Period(publication, spool, Origin(**told["origin"]), 0), instruments

    # ---------------------------------------------------------------------------------------------- the other thread

    def _finish(self) -> None:
        """Make the files of periods as they come."""
        while (found := self._complete.get()) is not None:
            try:
                self._make_files(*found)
            except Exception as error:  # noqa: BLE001 (told to whoever writes next; the spool stays for another try)
                self._failed = self._failed or error

    def _make_files(self, period: _Period, instruments: Instruments) -> None:
        publication = period.publication
        writer: Any = make_writer(self._format, publication, period.origin, self._tables, **self._options)
        events = 0
        for batch, last in period.spool.read(instruments):
            writer.write(batch, last=last)
            events += len(batch.events)
        writer.close(instruments)
        files = publication.files
        publication.publish()
        facts = {"trading_date": period.origin.date, "events": events, "rows": dict(sorted(writer.rows.items()))}
        self._manifest.add(period.origin.unit, [], facts | {"files": files, "not_carried": writer.uncarried})
        self.units += 1

    def _raise_failure(self) -> None:
        if self._failed is not None:
            failed, self._failed = self._failed, None
            raise failed
