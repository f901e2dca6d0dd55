"""Frames that the kernel makes: a sender several times as fast as system calls are.

An XDP program is run over empty frames of the far card (`bpf.program_run`). It copies the next of our frames into each,
out of a map, and sends it out of that card; so it comes in on the near one as any frame does, and what the sending core
spends on a frame is mostly what receiving costs. All frames have the length of the longest: what is behind the end of a
datagram is padding, as Ethernet knows it. The near card must take frames in batches (`in_batches`), or they are lost.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import struct
from collections.abc import Iterator, Sequence

from feedhandler.receivers.af_xdp import bpf
from feedhandler.receivers.af_xdp.bpf import LOAD_CONSTANT_64, Instruction, assemble
from feedhandler.receivers.af_xdp.walk import MAP
from feedhandler.receivers.endpoints import SIOCETHTOOL, interface_structure

LICENSE = "Apache-2.0"
TOGETHER = 16
FRAME_BYTES_MAXIMUM = 512
CALLS_MAXIMUM = 1 << 10
_WAITS = 4_096  # looks at the clock before a frame; the kernel wants loops with an end
_WORD = struct.Struct("=I")
_CONTROL = struct.Struct("=QQQQQ")  # frames made, when the first was due, nanoseconds between two, how many, the end
_GRO_GET, _GRO_SET = 0x2B, 0x2C  # <linux/ethtool.h>


class Injection:
    """Frames in a map of the kernel, ready to be sent in turn, again from the first after the last.

    Raises OSError where the kernel lacks it or the process may not; `close` lets go of everything.
    """

    def __init__(self, interface: str, frames: Sequence[bytes]) -> None:
        longest = max(map(len, frames))
        if longest > FRAME_BYTES_MAXIMUM:
            raise ValueError(f"a frame of {longest} bytes; expected at most {FRAME_BYTES_MAXIMUM}")
        self._bytes = longest + -longest % 8
        self._interface = socket.if_nametoindex(interface)
        with contextlib.ExitStack() as opened:
            self._control = bpf.map_create(bpf.MAP_ARRAY, _WORD.size, _CONTROL.size, 1, "fh_control")
            opened.callback(os.close, self._control)
            stored = bpf.map_create(bpf.MAP_ARRAY, _WORD.size, self._bytes, len(frames), "fh_frames")
            opened.callback(os.close, stored)
            for number, frame in enumerate(frames):
                bpf.map_update(stored, _WORD.pack(number), frame.ljust(self._bytes, b"\0"))
            code = program(self._control, stored, len(frames), self._bytes)
            self._program = bpf.program_load(code, LICENSE, "fh_inject")
            opened.callback(os.close, self._program)
            self.send(0, 1)  # a kernel that cannot says so here
            self.close = opened.pop_all().close

    def send(self, rate: float, count: int) -> tuple[int, int]:
        """Send `count` frames at `rate` a second, 0: as fast as it goes; how many were, and in how many nanoseconds.

        A frame waits for its time for some 100 microseconds at most, so rates below 10,000 are not kept.
        """
        begin = _WORD.pack(0)
        bpf.map_update(self._control, begin, _CONTROL.pack(0, 0, int(1e9 / rate) if rate else 0, count, 0))
        left = count
        for _ in range(CALLS_MAXIMUM):
            with contextlib.suppress(InterruptedError):  # by a signal that was for another purpose
                bpf.program_run(self._program, bytes(self._bytes), self._interface, left, TOGETHER)
            sent, first, _, _, last = _CONTROL.unpack(bpf.map_lookup(self._control, begin, _CONTROL.size))
            left = count - sent
            if not left:
                return count, last - first
        raise OSError(errno.EIO, f"{left} of {count} frames were not made in {CALLS_MAXIMUM} runs of the program")


def program(control_map: int, frames_map: int, frames: int, frame_bytes: int) -> bytes:
    """The bytes of the program: wait until the next frame is due, make it, send it.

    Registers: r0 to r5 scratch; r6 the context, r7 the control, r8 when the frame is due, r9 looks left, then how many
    were made.
    """
    one = Instruction
    return assemble([
        one(0xBF, 6, 1),                                    # r6 = r1                  the context
        one(0x62, 10, 0, -4, 0),                            # *(u32 *)(r10 - 4) = 0
        one(LOAD_CONSTANT_64, 1, MAP, constant=control_map),
        one(0xBF, 2, 10),                                   # r2 = r10
        one(0x07, 2, constant=-4),                          # r2 += -4
        one(0x85, constant=1),                              # call bpf_map_lookup_elem
        one(0x15, 0, 0, "drop", 0),                         # if r0 == 0 goto drop
        one(0xBF, 7, 0),                                    # r7 = r0
        # the first frame begins the time
        one(0x79, 1, 7, 0),                                 # r1 = *(u64 *)(r7 + 0)    made
        one(0x55, 1, 0, "begun", 0),                        # if r1 != 0 goto begun
        one(0x85, constant=5),                              # call bpf_ktime_get_ns
        one(0x7B, 7, 0, 8),                                 # *(u64 *)(r7 + 8) = r0
        "begun",
        one(0x79, 9, 7, 0),                                 # r9 = *(u64 *)(r7 + 0)
        one(0x79, 1, 7, 24),                                # r1 = *(u64 *)(r7 + 24)   how many
        one(0x3D, 9, 1, "drop"),                            # if r9 >= r1 goto drop
        one(0x79, 8, 7, 16),                                # r8 = *(u64 *)(r7 + 16)   between two
        one(0x15, 8, 0, "due", 0),                          # if r8 == 0 goto due
        one(0x2F, 8, 9),                                    # r8 *= r9
        one(0x79, 1, 7, 8),                                 # r1 = *(u64 *)(r7 + 8)
        one(0x0F, 8, 1),                                    # r8 += r1
        one(0xB7, 9, constant=_WAITS),                      # r9 = 4096
        "wait",
        one(0x85, constant=5),                              # call bpf_ktime_get_ns
        one(0x3D, 0, 8, "due"),                             # if r0 >= r8 goto due
        one(0x07, 9, constant=-1),                          # r9 += -1
        one(0x55, 9, 0, "wait", 0),                         # if r9 != 0 goto wait
        "due",
        one(0x79, 9, 7, 0),                                 # r9 = *(u64 *)(r7 + 0)
        one(0xBF, 1, 9),                                    # r1 = r9
        one(0x97, 1, constant=frames),                      # r1 %= frames
        one(0x63, 10, 1, -4),                               # *(u32 *)(r10 - 4) = r1
        one(LOAD_CONSTANT_64, 1, MAP, constant=frames_map),
        one(0xBF, 2, 10),                                   # r2 = r10
        one(0x07, 2, constant=-4),                          # r2 += -4
        one(0x85, constant=1),                              # call bpf_map_lookup_elem
        one(0x15, 0, 0, "drop", 0),                         # if r0 == 0 goto drop
        one(0x61, 2, 6, 0),                                 # r2 = *(u32 *)(r6 + 0)    data
        one(0x61, 3, 6, 4),                                 # r3 = *(u32 *)(r6 + 4)    data_end
        one(0xBF, 4, 2),                                    # r4 = r2
        one(0x07, 4, constant=frame_bytes),                 # r4 += the bytes of a frame
        one(0x2D, 4, 3, "drop"),                            # if r4 > r3 goto drop
        *[
            word
            for offset in range(0, frame_bytes, 8)
            for word in (
                one(0x79, 5, 0, offset),                    # r5 = *(u64 *)(r0 + offset)
                one(0x7B, 2, 5, offset),                    # *(u64 *)(r2 + offset) = r5
            )
        ],
        one(0x07, 9, constant=1),                           # r9 += 1
        one(0x7B, 7, 9, 0),                                 # *(u64 *)(r7 + 0) = r9
        one(0x79, 1, 7, 24),                                # r1 = *(u64 *)(r7 + 24)
        one(0x5D, 9, 1, "send"),                            # if r9 != r1 goto send
        one(0x85, constant=5),                              # call bpf_ktime_get_ns    the last one's time
        one(0x7B, 7, 0, 32),                                # *(u64 *)(r7 + 32) = r0
        "send",
        one(0xB7, 0, constant=3),                           # r0 = XDP_TX
        one(0x95),                                          # exit
        "drop",
        one(0xB7, 0, constant=1),                           # r0 = XDP_DROP
        one(0x95),                                          # exit
    ])  # fmt: skip


@contextlib.contextmanager
def in_batches(interface: str) -> Iterator[None]:
    """Let a virtual card take frames in batches (generic receive offload); as it was before, afterwards.

    With an XDP program in its driver it does so anyway.
    """
    before = _gro(interface, _GRO_GET, 0)
    _gro(interface, _GRO_SET, 1)
    try:
        yield
    finally:
        _gro(interface, _GRO_SET, before)


def _gro(interface: str, command: int, value: int) -> int:
    answer: tuple[int, int] = struct.unpack(
        "=II", interface_structure(interface, SIOCETHTOOL, struct.pack("=II", command, value))
    )
    return answer[1]
