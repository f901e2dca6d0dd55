"""Asking a receiver for frames through its C face, as the pipeline does, from a test."""

from __future__ import annotations

import ctypes
import time
from dataclasses import dataclass
from typing import Any

from feedhandler.core.frames import Frame, Receiver, call_poll, call_release
from feedhandler.core.memory import Region

CAPACITY = 64
WAIT_SECONDS = 20.0
"""How long a test waits for something that comes within milliseconds; reached only where the test fails."""


@dataclass(frozen=True)
class Taken:
    """A frame, copied."""

    line: int
    payload: bytes
    flags: int
    received_ns: int
    hardware_ns: int


class Poller:
    """Polls one receiver in the thread that it is used in."""

    def __init__(self, receiver: Any) -> None:
        self.face = Receiver(receiver.address)
        self.room = Region("frames", 32 * 2 * CAPACITY, huge=False)

    def poll(self, capacity: int = CAPACITY) -> int:
        """The number of frames lent, or a status."""
        return call_poll(self.face.poll, self.face.context, self.room.address, capacity)

    def release(self, count: int) -> None:
        call_release(self.face.release, self.face.context, count)

    def lent(self, count: int) -> list[Taken]:
        """Copies of the frames of the last poll."""
        frames = [Frame(self.room.address + Frame.size * number) for number in range(count)]
        return [
            Taken(f.line, ctypes.string_at(f.frame_address, f.byte_count), f.flags, f.received_ns, f.hardware_ns)
            for f in frames
        ]

    def take(self, capacity: int = CAPACITY) -> list[Taken]:
        """One poll, copied and released."""
        count = self.poll(capacity)
        assert 0 <= count <= capacity, f"poll returned {count}"
        taken = self.lent(count)
        self.release(count)
        return taken

    def receive(self, expected: int, capacity: int = CAPACITY) -> list[Taken]:
        """Poll until as many frames came as are expected; the test fails where they do not."""
        taken: list[Taken] = []
        limit = time.monotonic() + WAIT_SECONDS
        while len(taken) < expected:
            assert time.monotonic() < limit, f"{len(taken)} frames of {expected} came in {WAIT_SECONDS} s"
            taken += self.take(capacity)
        return taken

    def drain(self) -> list[Taken]:
        """All that is there already: until several polls in a row found nothing."""
        taken: list[Taken] = []
        empty = 0
        limit = time.monotonic() + WAIT_SECONDS
        while empty < 64:
            assert time.monotonic() < limit, f"frames still came after {WAIT_SECONDS} s"
            found = self.take()
            empty = 0 if found else empty + 1
            taken += found
        return taken
