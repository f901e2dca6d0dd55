"""The UDP payloads of a small capture and the messages of a MoldUDP64 packet or a BinaryFILE, in plain Python.

Written a second time and as simply as can be, so that what reads captures in earnest has something to be compared with:
classic pcap of Ethernet frames only, everything in memory, errors by assertion.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

MAGIC = {b"\xd4\xc3\xb2\xa1": "<", b"\x4d\x3c\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">", b"\xa1\xb2\x3c\x4d": ">"}
"""The first bytes of a classic pcap (microseconds, nanoseconds) and the byte order they tell."""


def udp_payloads(path: Path) -> list[bytes]:
    """The payload of every packet of a classic pcap file, in order."""
    data = path.read_bytes()
    assert data[:4] in MAGIC, f"{path.name} is no classic pcap"
    order = MAGIC[data[:4]]
    assert struct.unpack_from(order + "I", data, 20) == (1,), f"{path.name} is not Ethernet"
    found, position = [], 24
    while position < len(data):
        (length,) = struct.unpack_from(order + "I", data, position + 8)
        found.append(_udp_payload(data[position + 16 : position + 16 + length]))
        position += 16 + length
    return found


def _udp_payload(frame: bytes) -> bytes:
    start = 12
    while frame[start : start + 2] == b"\x81\x00":
        start += 4
    assert frame[start : start + 2] == b"\x08\x00", "not IPv4"
    start += 2
    assert frame[start + 9] == 17, "not UDP"
    start += 4 * (frame[start] & 0x0F)
    (length,) = struct.unpack_from(">H", frame, start + 4)
    return frame[start + 8 : start + length]


def moldudp64_messages(payload: bytes) -> list[bytes]:
    """The messages of one MoldUDP64 packet (version 1.00): 20 bytes of header, then length and bytes of each."""
    (count,) = struct.unpack_from(">H", payload, 18)
    found, position = [], 20
    for _ in range(0 if count == 0xFFFF else count):
        (length,) = struct.unpack_from(">H", payload, position)
        found.append(payload[position + 2 : position + 2 + length])
        position += 2 + length
    assert position == len(payload), "bytes are left behind the last message"
    return found


def binaryfile_messages(path: Path) -> Iterator[bytes]:
    """The messages of a BinaryFILE: length and bytes each."""
    data, position = path.read_bytes(), 0
    while position < len(data):
        (length,) = struct.unpack_from(">H", data, position)
        yield data[position + 2 : position + 2 + length]
        position += 2 + length
    assert position == len(data), f"{path.name} is cut off in its last message"
