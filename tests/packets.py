"""The messages of a MoldUDP64 packet and of a BinaryFILE, in plain Python.

Written a second time and as simply as can be, so that what reads them in earnest has something to be compared with;
errors by assertion.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path


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
