"""The frames of captures as Python objects, one by one: for tests and tools.

Cold: every payload is copied. A pipeline takes the same frames, uncopied, from `replay.capture.CaptureReceiver`.
"""

import os
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

BURST = 256


class CapturedFrame(NamedTuple):
    """One UDP payload, or one bundle of BinaryFILE records, and where it came from."""

    payload: bytes
    line: int
    flags: int  # FRAME_* of feedhandler/receivers/abi.pxd
    received_ns: int  # Unix epoch; 0 for BinaryFILE, which has no clock
    file: str  # as it was given
    number: int  # of the packet in its file, from 1, as Wireshark counts; for BinaryFILE of the bundle's first record
    destination: str
    port: int
    source: str
    source_port: int
    hardware_ns: int = 0  # of a capture appliance; 0 where it wrote none


def frames(files: str | os.PathLike[str] | Sequence[str | os.PathLike[str]], **options: Any) -> Iterator[CapturedFrame]:
    """Every frame of `files`, merged by time; `options` are those of `CaptureReceiver`.

    Damage is not raised: it ends a file and is told by the receiver's `problems`. Use the receiver itself where that
    matters.
    """
    from replay.capture import CaptureReceiver

    with CaptureReceiver(files, **options) as receiver:
        while (burst := receiver.take(BURST)) is not None:
            yield from burst
