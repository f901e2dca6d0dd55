"""What capture appliances add to a frame, built from their published layouts (`receivers/frames/trailer.pxd`)."""

from __future__ import annotations

import struct

SECOND = 1_000_000_000
TAI_LEAD = 37
FORMER_CHECK = b"\xde\xad\xbe\xef"


def metamako(time_ns: int, *, extensions: bytes = b"", flags: int = 0x01) -> bytes:
    """Wireshark, packet-metamako.c: former check sequence, extensions, seconds, nanoseconds, flags, device, port."""
    flags |= 0x02 if extensions else 0
    return FORMER_CHECK + extensions + struct.pack(">IIBHB", *divmod(time_ns, SECOND), flags, 1_234, 5)


def sequence_extension(number: int) -> bytes:
    """Wireshark, packet-metamako.c: 24 bits of data; length 0, the last one, tag 0."""
    return struct.pack(">I", number << 8 | 0x20)


def cpacket(time_ns: int) -> bytes:
    """SolarCapture, cpacket_offsets.h: former check sequence, seconds, nanoseconds, version, device, port."""
    return FORMER_CHECK + struct.pack(">IIBHB", *divmod(time_ns, SECOND), 2, 77, 3)


def exablaze(time_ns: int) -> bytes:
    """Wireshark, packet-exablaze.c: former check sequence, device, port, seconds, 40 bits of a second, reserved."""
    seconds, nanoseconds = divmod(time_ns, SECOND)
    fraction = -(-nanoseconds * (1 << 40) // SECOND)  # rounded up, so that it reads back as it was
    return FORMER_CHECK + struct.pack(">BBI", 9, 2, seconds) + fraction.to_bytes(5, "big") + b"\0"


def counter(count: int) -> bytes:
    """SolarCapture, sc_arista7150_ts.c: 31 bits, of which the lower seven are parted from the others by one bit."""
    count &= 0x7FFFFFFF
    return struct.pack(">I", (count & ~0x7F) << 1 | count & 0x7F)


def keyframe(count: int, time_ns: int, *, later: bool = False) -> bytes:
    """SolarCapture, sc_arista7150_ts.c: keyframe_v1 (46 bytes), or keyframe_v2 (62) of EOS 4.13 and later."""
    skew = (1, 1) if later else ()
    return struct.pack(f">QQQ{'QQ' if later else ''}QQHHBB", count, time_ns, time_ns, *skew, time_ns, 0, 7, 1, 1, 0)


def arista_header(time_ns: int, *, bits: int = 64, tai: bool = True, hardware: int = 0) -> bytes:
    """tcpdump, print-arista.c: what stands behind the addresses, up to the frame's own type."""
    seconds, nanoseconds = divmod(time_ns, SECOND)
    seconds += TAI_LEAD if tai else 0
    time = struct.pack(">II", seconds, nanoseconds) if bits == 64 else struct.pack(">HI", seconds & 0xFFFF, nanoseconds)
    return struct.pack(">HHBB", 0xD28B, 1, 0 if tai else 1, (1 if bits == 64 else 2) << 4 | hardware) + time


def arista_source(time_ns: int, *, tai: bool = False) -> bytes:
    """SolarCapture, sc_arista7280_48bit_ts.c: six bytes in the place of the source address."""
    seconds, nanoseconds = divmod(time_ns, SECOND)
    return struct.pack(">HI", (seconds + (TAI_LEAD if tai else 0)) & 0xFFFF, nanoseconds)


def with_header(frame: bytes, header: bytes) -> bytes:
    """A frame with something between its addresses and its type."""
    return frame[:12] + header + frame[12:]


def with_source(frame: bytes, source: bytes) -> bytes:
    """A frame with another source address."""
    return frame[:6] + source + frame[12:]
