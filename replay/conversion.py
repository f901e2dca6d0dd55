"""From captures to tables: one unit of input through the pipeline into a spool, and from there into files.

A unit is one capture, or several that are one stream (see `CaptureReceiver`). Sessions, instruments and books begin
anew with each unit.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from feedhandler.app import Application
from feedhandler.books import readers
from feedhandler.cli.exit_codes import ExitCode
from feedhandler.output.batches import Batch, Origin, Writer
from feedhandler.output.depths import Depths
from feedhandler.output.drain import Drain
from feedhandler.output.publication import Publication
from feedhandler.output.schemas import wanted_bits
from feedhandler.output.spool import Spool

if TYPE_CHECKING:
    from feedhandler.config import Deployment
    from replay.capture import CaptureReceiver

SECOND = 1_000_000_000


class LossError(RuntimeError):
    """A ring was overtaken in a replay: the tables would have a hole."""

    exit_code = ExitCode.FAILED


class SpoolTap:
    """Takes the events of all channels of a replay into a spool."""

    def __init__(self, drain: Drain, spool: Spool) -> None:
        self._drain = drain
        self._spool = spool
        self.events_minimum = drain.events_minimum
        self.depth_levels = drain.depth_levels
        self.join = drain.join

    def between(self) -> None:
        """Between two bursts."""
        while (batch := self._drain.take()) is not None:
            self._keep(batch)

    def finish(self) -> None:
        """After the last: what is left, and the names that came late."""
        while (batch := self._drain.rest()) is not None:
            self._keep(batch)
        self._drain.names()

    def _keep(self, batch: Batch) -> None:
        depths = self._drain.depths
        if depths is not None and depths.lost:
            raise LossError(
                f"a burst of packets brought more rows of depth than the ring of a channel holds, and {depths.lost:,} "
                "are lost: it is of a fixed size, so packets of this size cannot be converted with depth"
            )
        if self._drain.lost:
            raise LossError(
                f"a burst of packets brought more events than the ring of a channel holds, and {self._drain.lost:,} "
                "are lost; capacities.events in the configuration gives it a larger one"
            )
        self._spool.write(batch)


class Conversion:
    """One unit: `read` it into the spool, then `write` its files, which `publication` gives their names.

    Whoever makes one abandons the publication where anything fails.
    """

    def __init__(
        self,
        deployment: Deployment,
        receiver: CaptureReceiver,
        publication: Publication,
        *,
        tables: Collection[str],
        writer: type[Writer],
        depth_levels: int,
        trading_date: datetime.date | None,
    ) -> None:
        self.publication = publication
        self.spool = Spool(publication.working / "spool", writer.buckets, depth_levels=depth_levels)
        depths = Depths(depth_levels, readers().read_depths) if depth_levels else None
        self.drain = Drain(readers().drain_rings, wanted_bits(tables) | writer.kinds, depths=depths)
        self.reading_s = 0.0
        self.writing_s = 0.0
        self._tap = SpoolTap(self.drain, self.spool)
        self.application = Application(
            deployment, messages_only=receiver.kind == "binaryfile", trading_date=trading_date, taps=[self._tap]
        )
        self.application.attach(receiver)
        self.application.compile()

    def read(self, watch: Callable[[], None]) -> None:
        """Everything through the pipeline into the spool."""
        started = time.perf_counter()
        self.application.run(watch)
        self._tap.finish()
        self.reading_s = time.perf_counter() - started

    def origin(self) -> Origin:
        """Where the events come from."""
        application = self.application
        date = application.trading_date
        if date is None:
            received_ns = int(application.pipeline.run_record.now_ns)
            date = datetime.datetime.fromtimestamp(received_ns // SECOND, datetime.UTC).date()
        return Origin(
            feed=application.feed.name,
            venue=application.feed.venues.get(application.variant, ""),
            unit=self.publication.unit,
            date=date.isoformat(),
            dated=application.trading_date is not None,
        )

    def write(self, writer: Writer, watch: Callable[[int], None]) -> None:
        """The files of everything that was spooled; `watch` is told how many events are in them."""
        started = time.perf_counter()
        done = 0
        for batch, last in self.spool.read(self.drain.instruments):
            writer.write(batch, last=last)
            done += len(batch.events)
            watch(done)
        writer.close(self.drain.instruments)
        self.spool.remove()
        self.writing_s = time.perf_counter() - started
