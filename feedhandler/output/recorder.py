"""The recorder: a strategy that writes what the channels say into files, while they say it.

    strategies:
      - name: tables
        class: recorder
        home: thread
        timer: 1s
        parameters: {folder: /data/tables, format: parquet, tables: "orders,trades,bbo", rotate_every: 1h}

It never slows the feed: what comes faster than it can be kept is overwritten in the ring, counted, and written down as
a row of kind `loss` in the table `gaps`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from feedhandler.strategies import Strategy, duration, integer, parameter, text

from .formats import depth_levels_of, division_options, tables_from, writer_class
from .recording import Recording
from .schemas import wanted_bits


class Recorder(Strategy):
    """Writes events into files, period by period."""

    folder = parameter(text, sentence="where the files go: a folder that is new, or of an earlier recorder")
    format = parameter(text, "parquet", "parquet, arrow, csv or dbn")
    tables = parameter(text, "", "the tables to write, as in orders,trades; all where it is empty")
    depth = parameter(integer, 0, "levels a side of a table of depth; 0: no such table", minimum=0, maximum=100)
    divide_by = parameter(text, "", "symbol or date: what files of Parquet are divided by; date and symbol where empty")
    rotate_every = parameter(duration, "1h", "a period ends at multiples of this; 0: never by time", minimum="0s")
    rotate_bytes = parameter(integer, 1 << 30, "a period ends with so many bytes of events; 0: at no size", minimum=0)
    venue = parameter(text, "", "the market identifier code that DBN has as dataset; the feed's where it is empty")

    @classmethod
    def events_wanted(cls, parameters: Mapping[str, Any]) -> tuple[int, int]:
        """The kinds of the tables, and as much depth as the format has."""
        to = parameters["format"]
        division_options(to, parameters["divide_by"] or None)
        kinds = wanted_bits(tables_from(parameters["tables"] or None)) | writer_class(to).kinds
        return kinds, depth_levels_of(to, parameters["depth"])

    def on_start(self) -> None:
        self.recording = Recording(
            Path(self.folder),
            self.format,
            tables_from(self.tables or None),
            rotate_every_ns=self.rotate_every,
            rotate_bytes=self.rotate_bytes,
            venue=self.venue,
            depth=self.depth,
            divide_by=self.divide_by or None,
        )

    def on_events(self, batch: Any) -> None:
        self.recording.write(batch)

    def on_timer(self, time_ns: int) -> None:
        self.recording.tick(time_ns)

    def on_stop(self) -> None:
        self.recording.close()
