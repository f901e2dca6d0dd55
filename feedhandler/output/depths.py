"""Taking rows of depth out of the rings beside the events, for a drain that wants both.

A row of depth names its place among the events, so it is taken when the events before it were, and gets the row of the
table of instruments that its instrument had there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy
from numpy.typing import NDArray

from feedhandler.core.depths import depth_dtype
from feedhandler.core.events import EventKind
from feedhandler.pipeline.state import ChannelMemory

from .batches import EVENT

ROOM = 1 << 13  #: rows of a batch, at most


class Depths:
    """The rings of depth of all channels, and what was taken of them."""

    def __init__(self, levels: int, read_depths: Callable[..., tuple[int, int]], *, room: int = ROOM) -> None:
        self.levels = levels
        self.lost = 0
        self._read = read_depths
        self._taken = numpy.zeros(room, depth_dtype(levels))
        self._filled = 0
        self._settled = 0  # of those, how many have their row
        self._positions: dict[int, int] = {}
        self._ends: dict[int, int] = {}  # of each channel's part of what was read last

    @property
    def waiting(self) -> int:
        """How many rows were taken and not handed over."""
        return self._filled

    @property
    def full(self) -> bool:
        """Whether it is time for a batch."""
        return self._filled > len(self._taken) // 2

    def join(self, number: int, memory: ChannelMemory) -> None:
        """A channel is made."""
        if memory.depths is None or int(memory.depths.levels) != self.levels:
            raise ValueError(f"{memory.name} has no rows of {self.levels} levels: its pipeline was made without them")
        self._positions[number] = int(memory.depths.written)

    def read(self, number: int, memory: ChannelMemory, events_end: int) -> None:
        """Take what a channel has of rows whose events were taken: those in front of `events_end`."""
        ring, start = memory.depths, self._filled
        position = self._positions[number]
        row_bytes = self._taken.itemsize
        first, count = self._read(
            ring.address, position, len(self._taken) - start, self._taken.ctypes.data + row_bytes * start
        )
        ready = int(numpy.searchsorted(self._taken["event_index"][start : start + count], events_end, "right"))
        self.lost += first - position
        self._positions[number] = first + ready
        self._ends[number] = self._filled = start + ready

    def settle(self, number: int, resolve: Callable[[NDArray[Any]], None], before: int | None = None) -> None:
        """Give what was read last of a channel its rows; only what stands in front of an event, where one is named.

        `resolve` gives events of the channel the rows of their instruments. Channels are settled in the order in which
        they were read.
        """
        rows = self._taken[self._settled : self._ends.get(number, 0)]
        if before is not None:
            rows = rows[: int(numpy.searchsorted(rows["event_index"], before, "right"))]
        if not len(rows):
            return
        # As if an event had been heard of each.
        events = numpy.zeros(len(rows), EVENT)
        events["kind"] = EventKind.INSIDE
        events["instrument"] = rows["instrument"]
        resolve(events)
        rows["row"] = events["row"]
        self._settled += len(rows)

    def drop(self, number: int) -> None:
        """What was read last of a channel cannot be told of any more: nobody knows of which session it is."""
        count = self._ends[number] - self._settled
        self._taken[self._settled : self._filled - count] = self._taken[self._settled + count : self._filled].copy()
        self._filled -= count
        self._ends = {one: end - count if end > self._settled else end for one, end in self._ends.items()}
        self.lost += count

    def hand_over(self) -> NDArray[Any]:
        """What was taken since the last time; valid until the next `read`."""
        rows = self._taken[: self._filled]
        self._filled = self._settled = 0
        self._ends = {}
        return rows
