"""The sender of the receivers' benchmark, a process of its own: `python -m feedhandler.benchmark.flood INTERFACE FILE`.

FILE holds frames, each after its length (u32, little endian). It says how it sends: `kernel` where the kernel makes
frames for us (`injection.py`), else `sendmmsg`, sixteen at a time past the queueing discipline, and why. Then for each
line `RATE COUNT` on standard input it sends COUNT frames, the file's in turn, at RATE a second or as fast as it can
(0), and answers with a line `SENT NANOSECONDS`.
"""

from __future__ import annotations

import ctypes
import socket
import struct
import sys
import time
from pathlib import Path

from .injection import Injection

TOGETHER = 16
_PACKET_QDISC_BYPASS = 20  # <linux/if_packet.h>
_SOL_PACKET = 263
_FRAMES_MAXIMUM = 1 << 20
_RETRIES_MAXIMUM = 1 << 20


class _Vector(ctypes.Structure):
    """struct iovec"""

    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Message(ctypes.Structure):
    """struct mmsghdr, padded as C pads it."""

    _fields_ = (
        ("name", ctypes.c_void_p), ("name_length", ctypes.c_uint32), ("vector", ctypes.c_void_p),
        ("vector_length", ctypes.c_size_t), ("control", ctypes.c_void_p), ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int), ("sent", ctypes.c_uint32),
    )  # fmt: skip


class Flood:
    """Frames in memory, ready to be sent.

    frames: whole Ethernet frames; they are sent in turn, again from the first after the last.
    """

    def __init__(self, interface: str, frames: list[bytes]) -> None:
        if not 0 < len(frames) <= _FRAMES_MAXIMUM:
            raise ValueError(f"{len(frames)} frames; expected 1 to {_FRAMES_MAXIMUM}")
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self._socket.setsockopt(_SOL_PACKET, _PACKET_QDISC_BYPASS, 1)
        self._socket.bind((interface, 0))
        self._bytes = [ctypes.create_string_buffer(frame, len(frame)) for frame in frames]
        self._count = len(frames)
        # As many again as are sent at once, so that a batch may go over the end.
        turns = [self._bytes[place % self._count] for place in range(self._count + TOGETHER)]
        self._vectors = (_Vector * len(turns))()
        self._messages = (_Message * len(turns))()
        start = ctypes.addressof(self._vectors)
        for place, one in enumerate(turns):
            self._vectors[place].base, self._vectors[place].length = ctypes.addressof(one), len(one)
            self._messages[place].vector = start + ctypes.sizeof(_Vector) * place
            self._messages[place].vector_length = 1
        self._send = ctypes.CDLL(None, use_errno=True).sendmmsg
        self._send.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int)

    def send(self, rate: float, count: int) -> tuple[int, int]:
        """Send `count` frames at `rate` a second, 0: as fast as it goes; how many were, and in how many nanoseconds."""
        start, size, descriptor = ctypes.addressof(self._messages), ctypes.sizeof(_Message), self._socket.fileno()
        clock, send, frames = time.monotonic_ns, self._send, self._count
        interval = 1e9 / rate if rate else 0.0
        began = clock()
        sent = 0
        refused = 0
        while sent < count and refused < _RETRIES_MAXIMUM:
            due = began + sent * interval
            while clock() < due:
                pass
            done = send(descriptor, start + size * (sent % frames), min(TOGETHER, count - sent), 0)
            if done < 0:  # ENOBUFS: the card has no room now
                refused += 1
            else:
                sent += done
        return sent, clock() - began


def frames_of(data: bytes) -> list[bytes]:
    """The frames of a file.

    >>> frames_of(bytes.fromhex("02000000 6162 00000000"))
    [b'ab', b'']
    """
    found = []
    place = 0
    while place < len(data):
        (length,) = struct.unpack_from("<I", data, place)
        found.append(data[place + 4 : place + 4 + length])
        place += 4 + length
    return found


def file_of(frames: list[bytes]) -> bytes:
    """The reverse."""
    return b"".join(struct.pack("<I", len(frame)) + frame for frame in frames)


def main(interface: str, file: str) -> None:
    """Answer the lines of standard input until it ends."""
    frames = frames_of(Path(file).read_bytes())
    flood: Flood | Injection
    try:
        flood = Injection(interface, frames)
        print("kernel", flush=True)
    except OSError as error:
        flood = Flood(interface, frames)
        print(f"sendmmsg, since the kernel makes no frames: {error}", flush=True)
    for line in sys.stdin:
        rate, count = line.split()
        sent, elapsed = flood.send(float(rate), int(count))
        print(sent, elapsed, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
