"""What a live venue has sent, for those who missed it: the latest so many bytes of packets.

Kept as it was sent, chunk by chunk; a message is found by two binary searches and a walk over its packet's blocks. What
is asked for may begin and end within packets, so answers are packed anew.
"""

from __future__ import annotations

import bisect
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy
from numpy.typing import NDArray

from feedhandler.sessions.moldudp64 import DownstreamHeader, MessageBlock


@dataclass(frozen=True)
class _Run:
    """A chunk that was sent, or is being sent."""

    first: int
    end: int
    data: NDArray[numpy.uint8]
    packets: NDArray[Any]  #: of `PacketEntry`, those with messages only


class PacketStore:
    """The latest packets of a session, at most `bytes_maximum` of them and one chunk more.

    Written by the venue, read by its retransmission server.
    """

    def __init__(self, bytes_maximum: int) -> None:
        self._bytes_maximum = bytes_maximum
        self._runs: list[_Run] = []
        self._bytes = 0
        self._lock = threading.Lock()

    def add(self, data: NDArray[numpy.uint8], packets: NDArray[Any]) -> None:
        """Keep a chunk, which follows the one before; its bytes may still change until it was sent."""
        full = packets[packets["message_count"] > 0]
        if len(full) == 0:
            return
        first, last = int(full["sequence"][0]), full[-1]
        with self._lock:
            self._runs.append(_Run(first, int(last["sequence"]) + int(last["message_count"]), data, full))
            self._bytes += len(data)
            while self._bytes > self._bytes_maximum and len(self._runs) > 1:
                self._bytes -= len(self._runs.pop(0).data)

    @property
    def first(self) -> int:
        """The first message that is still kept; 0 where there is none."""
        runs = self._runs
        return runs[0].first if runs else 0

    def blocks(self, first: int, end: int) -> Iterator[bytes]:
        """The message blocks (length and message) of messages `first` to `end` - 1, as far as they are kept."""
        with self._lock:
            runs = list(self._runs)
        place = bisect.bisect_right(runs, first, key=lambda run: run.first) - 1
        if place < 0:
            return
        for run in runs[place:]:
            if run.first >= end:
                return
            start = max(0, int(numpy.searchsorted(run.packets["sequence"], first, side="right")) - 1)
            for packet in run.packets[start:]:
                sequence = int(packet["sequence"])
                if sequence >= end:
                    return
                position = int(packet["offset"]) + DownstreamHeader.size
                for number in range(sequence, sequence + int(packet["message_count"])):
                    length = int(run.data[position]) << 8 | int(run.data[position + 1])
                    following = position + MessageBlock.size + length
                    if first <= number < end:
                        yield run.data[position:following].tobytes()
                    position = following
