"""Capture files from their parts, and what a receiver makes of them; bytes as the documents print them."""

import ctypes
import struct
from pathlib import Path
from typing import Any, NamedTuple

from replay.capture import CaptureReceiver
from replay.iteration import CapturedFrame

MICROSECONDS = 0xA1B2C3D4
NANOSECONDS = 0xA1B23C4D
ETHERNET = 1

SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND
GROUP = "233.54.12.111"
PORT = 26477


def address(text: str) -> bytes:
    return bytes(int(part) for part in text.split("."))


def udp(payload: bytes, *, port: int = PORT, source_port: int = 30000, length: int | None = None) -> bytes:
    return struct.pack(">HHHH", source_port, port, 8 + len(payload) if length is None else length, 0) + payload


def ipv4(
    body: bytes,
    *,
    destination: str = GROUP,
    source: str = "10.0.0.1",
    protocol: int = 17,
    options: bytes = b"",
    fragment: int = 0x4000,
    total: int | None = None,
    first: int | None = None,
) -> bytes:
    length = 20 + len(options) + len(body) if total is None else total
    version = 0x45 + len(options) // 4 if first is None else first
    head = struct.pack(">BBHHHBBH", version, 0, length, 0, fragment, 1, protocol, 0)
    return head + address(source) + address(destination) + options + body


def ethernet(body: bytes, *, ethertype: int = 0x0800, tags: tuple[int, ...] = ()) -> bytes:
    tagged = b"".join(struct.pack(">HH", tag, 100) for tag in tags)
    return bytes(6) + bytes(6) + tagged + struct.pack(">H", ethertype) + body


def packet(payload: bytes, **flow: Any) -> bytes:
    """Ethernet, IPv4, UDP; `flow` is destination, port, source."""
    port = flow.pop("port", PORT)
    return ethernet(ipv4(udp(payload, port=port), **flow))


class Record(NamedTuple):
    time_ns: int
    data: bytes
    original: int | None = None


def pcap(
    records: list[Record], *, magic: int = NANOSECONDS, order: str = "<", link_type: int = ETHERNET, version: int = 4
) -> bytes:
    unit = 1 if magic == NANOSECONDS else 1000
    parts = [struct.pack(order + "IHHiIII", magic, 2, version, 0, 0, 262144, link_type)]
    for time_ns, data, original in records:
        seconds, nanoseconds = divmod(time_ns, SECOND)
        size = len(data) if original is None else original
        parts.append(struct.pack(order + "IIII", seconds, nanoseconds // unit, len(data), size) + data)
    return b"".join(parts)


def payloads_at(times_and_payloads: list[tuple[int, bytes]], **flow: Any) -> bytes:
    """A pcap file of datagrams, times in nanoseconds after START."""
    return pcap([Record(START + at, packet(payload, **flow)) for at, payload in times_and_payloads])


class Pcapng:
    """Blocks of a pcapng file, in either byte order."""

    def __init__(self, order: str = "<") -> None:
        self.order = order

    def block(self, kind: int, body: bytes) -> bytes:
        body += bytes(-len(body) % 4)
        length = struct.pack(self.order + "I", 12 + len(body))
        return struct.pack(self.order + "I", kind) + length + body + length

    def option(self, code: int, value: bytes) -> bytes:
        return struct.pack(self.order + "HH", code, len(value)) + value + bytes(-len(value) % 4)

    def section(self, *, major: int = 1) -> bytes:
        return self.block(0x0A0D0D0A, struct.pack(self.order + "IHHq", 0x1A2B3C4D, major, 0, -1))

    def interface(
        self,
        *,
        link_type: int = ETHERNET,
        snapshot_length: int = 0,
        resolution: int | None = None,
        offset_s: int | None = None,
    ) -> bytes:
        body = struct.pack(self.order + "HHI", link_type, 0, snapshot_length)
        body += self.option(2, b"eth0")
        if resolution is not None:
            body += self.option(9, bytes([resolution]))
        if offset_s is not None:
            body += self.option(14, struct.pack(self.order + "q", offset_s))
        return self.block(1, body + self.option(0, b""))

    def enhanced(self, ticks: int, data: bytes, *, interface: int = 0, original: int | None = None) -> bytes:
        size = len(data) if original is None else original
        fields = struct.pack(self.order + "IIIII", interface, ticks >> 32, ticks & 0xFFFFFFFF, len(data), size)
        return self.block(6, fields + data + bytes(-len(data) % 4) + self.option(1, b"a comment") + self.option(0, b""))

    def simple(self, data: bytes, *, original: int | None = None) -> bytes:
        return self.block(3, struct.pack(self.order + "I", len(data) if original is None else original) + data)

    def obsolete(self, ticks: int, data: bytes, *, interface: int = 0) -> bytes:
        fields = struct.pack(
            self.order + "HHIIII", interface, 0, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data)
        )
        return self.block(2, fields + data)


def binaryfile(messages: list[bytes]) -> bytes:
    return b"".join(struct.pack(">H", len(message)) + message for message in messages)


class Reading(NamedTuple):
    """All that came of reading files to their end."""

    frames: list[CapturedFrame]
    statistics: dict[str, Any]

    @property
    def payloads(self) -> list[bytes]:
        return [frame.payload for frame in self.frames]

    @property
    def times(self) -> list[int]:
        return [frame.received_ns for frame in self.frames]

    @property
    def problems(self) -> list[str]:
        return list(self.statistics["problems"])

    @property
    def skipped(self) -> dict[str, int]:
        return {reason: count for reason, count in self.statistics["skipped"].items() if count}


def read(files: Any, *, burst: int = 256, **options: Any) -> Reading:
    found: list[CapturedFrame] = []
    with CaptureReceiver(files, **options) as receiver:
        while (lent := receiver.take(burst)) is not None:
            found += lent
        return Reading(found, receiver.statistics)


def read_bytes(folder: Path, content: bytes, **options: Any) -> Reading:
    file = folder / "capture"
    file.write_bytes(content)
    return read(file, **options)


class Frame(ctypes.Structure):
    """`feedhandler_frame` of feedhandler/receivers/abi.pxd."""

    _fields_ = [
        ("address", ctypes.c_int64),
        ("length", ctypes.c_uint32),
        ("line", ctypes.c_uint16),
        ("flags", ctypes.c_uint16),
        ("hardware_ns", ctypes.c_int64),
        ("received_ns", ctypes.c_int64),
    ]


class Receiver(ctypes.Structure):
    """`feedhandler_receiver` of feedhandler/receivers/abi.pxd."""

    _fields_ = [
        ("context", ctypes.c_void_p),
        ("poll", ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)),
        ("release", ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)),
    ]


ENDED = -1
FAILED = -2


class CFace:
    """A receiver through its C structure, as a pipeline sees it."""

    def __init__(self, address: int, capacity: int = 64) -> None:
        self._receiver = Receiver.from_address(address)
        self.capacity = capacity
        self.frames = (Frame * capacity)()

    def poll(self) -> int:
        status: int = self._receiver.poll(self._receiver.context, ctypes.addressof(self.frames), self.capacity)
        return status

    def release(self, count: int) -> None:
        self._receiver.release(self._receiver.context, count)

    def payload(self, index: int) -> bytes:
        return ctypes.string_at(self.frames[index].address, self.frames[index].length)
