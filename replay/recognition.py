"""What kind of capture a file is, by its first bytes."""

from replay.binaryfile import looks_like_binaryfile
from replay.errors import CaptureError

PACKETS = "packets"
BINARYFILE = "binaryfile"
KINDS = (PACKETS, BINARYFILE)

PCAPNG_MAGIC = b"\x0a\x0d\x0d\x0a"
# Microseconds, nanoseconds, and the "modified" format, which is refused by name when its header is read.
PCAP_MAGICS = tuple(
    number.to_bytes(4, order) for number in (0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34) for order in ("big", "little")
)


def is_pcapng(start: bytes) -> bool:
    return start.startswith(PCAPNG_MAGIC)


def kind_of(start: bytes, forced: str | None, name: str) -> str | None:
    """`start` is uncompressed. None where it is too short to tell; CaptureError where it is nothing that is read."""
    if forced == BINARYFILE:
        return BINARYFILE
    if start.startswith((PCAPNG_MAGIC, *PCAP_MAGICS)):
        return PACKETS
    if forced is None and looks_like_binaryfile(start):
        return BINARYFILE
    if len(start) < 4:
        return None
    binaryfile = " or BinaryFILE (a chain of 2-byte lengths and messages)" if forced is None else ""
    raise CaptureError(
        f"{name}: starts with {start[:4].hex(' ')}; expected pcap (a1b2c3d4 or a1b23c4d, in either byte order), "
        f"pcapng (0a0d0d0a){binaryfile}, plain or compressed with gzip, zstd or lz4"
    )


def common_kind(files: list[str], kinds: list[str | None], *, paced: bool, windowed: bool) -> str:
    """The one kind of all files, or CaptureError where they do not go together or with what is asked."""
    if BINARYFILE not in kinds:
        return PACKETS
    file = files[kinds.index(BINARYFILE)]
    if PACKETS in kinds:
        other = files[kinds.index(PACKETS)]
        raise CaptureError(
            f"{other} is a packet capture and {file} is BinaryFILE: the two cannot be merged, since BinaryFILE has no "
            "capture times; replay them one after the other"
        )
    if paced:
        raise CaptureError(f"{file} is BinaryFILE, which has no capture times: it cannot be paced; leave the speed out")
    if windowed:
        raise CaptureError(f"{file} is BinaryFILE, which has no capture times: a time window needs a packet capture")
    return BINARYFILE
