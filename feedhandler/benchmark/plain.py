"""What every receiver is compared with: a loop over `recv`, a datagram at a time, as one writes it first.

It has the face of a receiver, so that it is measured by the same loops. Sixteen megabytes of receive buffer, as
`socket` has by default; time is read once a poll; nothing is counted.
"""

from __future__ import annotations

import ctypes
import functools
import socket
from collections.abc import Sequence
from typing import Any

import numba

from feedhandler.core.clock import monotonic_ns
from feedhandler.core.frames import Frame, Receiver
from feedhandler.core.memory import Region
from feedhandler.core.records import Record, i64
from feedhandler.receivers.endpoints import Endpoint
from feedhandler.receivers.socket.udp import open_udp_socket

SLOTS = 64
SLOT_BYTES = 2_048
RECEIVE_BUFFER = 16 << 20
_DONT_WAIT = int(socket.MSG_DONTWAIT)

_recv = ctypes.CDLL(None).recv
_recv.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
_recv.restype = ctypes.c_ssize_t


class State(Record, size=16):
    """What the two functions are given."""

    descriptor = i64
    slots = i64


def _poll(context: int, frames: int, capacity: int) -> int:
    state = State(context)
    count = 0
    now = monotonic_ns()
    while count < min(capacity, SLOTS):
        slot = state.slots + count * SLOT_BYTES
        length = _recv(state.descriptor, slot, SLOT_BYTES, _DONT_WAIT)
        if length < 0:
            break
        frame = Frame(frames + 32 * count)
        frame.frame_address = slot
        frame.byte_count = length
        frame.line = 0
        frame.flags = 0
        frame.hardware_ns = 0
        frame.received_ns = now
        count += 1
    return count


def _release(context: int, count: int) -> None:
    pass


@functools.cache
def _compiled() -> tuple[Any, Any]:
    """The two functions as C has them; compiled when they are first needed, which interpreted tests never do."""
    poll = numba.cfunc("int64(int64, int64, int64)", nopython=True)(_poll)
    return poll, numba.cfunc("void(int64, int64)", nopython=True)(_release)


class PlainReceiver:
    """One line, by `recv`. endpoints: exactly one."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        (self.endpoint,) = endpoints
        self.statistics: dict[str, Any] = {"mode": "recv"}
        self._slots = Region("slots", SLOTS * SLOT_BYTES, huge=False, prefault=True)
        self._state = Region("state", 64, huge=False)
        self._socket: socket.socket | None = None

    def open(self) -> None:
        """Bind and join. Raises `EndpointError`."""
        self._socket = open_udp_socket(self.endpoint, RECEIVE_BUFFER).socket
        state = State(self._state.address)
        state.descriptor = self._socket.fileno()
        state.slots = self._slots.address
        face = Receiver(self.address)
        poll, release = _compiled()
        face.context, face.poll, face.release = self._state.address, poll.address, release.address

    @property
    def address(self) -> int:
        """Of the C struct."""
        return self._state.address + 16

    def close(self) -> None:
        """Leave the group."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
