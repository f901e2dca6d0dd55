# SPDX-License-Identifier: Apache-2.0 OR MIT OR GPL-2.0-only
"""The XDP program for a card that stamps frames: as `program.py`, with the card's own time besides.

The kernel has a function for it, `bpf_xdp_metadata_rx_timestamp` (kernel documentation, networking/xdp-rx-metadata),
which the driver implements. So the program is loaded for one device, and for the driver's own mode only. The function
is called by its number in the running kernel's type information (`btf.py`).

Before the frame it leaves METADATA_BYTES: the card's time in nanoseconds, or the function's error, a negative number;
then the word that says so, and the time by CLOCK_MONOTONIC, where `program.py` leaves them. The card's time is
asked for first: some drivers keep it where the metadata goes.

**Licence.** Such functions may be called by programs only that declare a licence which is compatible with the GPL. All
of this program is written in this file and in `walk.py`, by this project, and may be taken under any of the three
licences above; LICENSE says two of them in the kernel's words (docs/decisions/0011-hardware-time-in-af-xdp.md).
"""

from __future__ import annotations

from feedhandler.receivers.af_xdp.bpf import LOAD_CONSTANT_64, Instruction, assemble
from feedhandler.receivers.af_xdp.walk import redirect, walk

LICENSE = "Dual MIT/GPL"
FUNCTION = "bpf_xdp_metadata_rx_timestamp"
METADATA_BYTES = 24
METADATA_WORD = 0x6665_6564_6861_7264

_KERNEL_FUNCTION = 2  # BPF_PSEUDO_KFUNC_CALL: the source register of a call by number of the type information


def program(endpoints_map: int, sockets_map: int, function: int) -> bytes:
    """The bytes of the program, for these two maps and the function of that number.

    Registers: r1 to r5 scratch; r6 the context, r7 the time, r8 the card's time or an error.
    """
    one = Instruction
    return assemble([
        *walk(endpoints_map),
        # the card's time, or why there is none
        one(0x7A, 10, offset=-16, constant=0),              # *(u64 *)(r10 - 16) = 0
        one(0xBF, 1, 6),                                    # r1 = r6
        one(0xBF, 2, 10),                                   # r2 = r10
        one(0x07, 2, constant=-16),                         # r2 += -16
        one(0x85, 0, _KERNEL_FUNCTION, constant=function),  # call bpf_xdp_metadata_rx_timestamp
        one(0xBF, 8, 0),                                    # r8 = r0
        one(0x67, 8, constant=32),                          # r8 <<= 32
        one(0xC7, 8, constant=32),                          # r8 s>>= 32               an int
        one(0x55, 8, 0, "timed", 0),                        # if r8 != 0 goto timed
        one(0x79, 8, 10, -16),                              # r8 = *(u64 *)(r10 - 16)
        "timed",
        one(0xBF, 1, 6),                                    # r1 = r6
        one(0xB7, 2, constant=-METADATA_BYTES),             # r2 = -24
        one(0x85, constant=54),                             # call bpf_xdp_adjust_meta
        one(0x55, 0, 0, "redirect", 0),                     # if r0 != 0 goto redirect
        one(0x85, constant=5),                              # call bpf_ktime_get_ns
        one(0xBF, 7, 0),                                    # r7 = r0
        one(0x61, 1, 6, 8),                                 # r1 = *(u32 *)(r6 + 8)    data_meta
        one(0x61, 2, 6, 0),                                 # r2 = *(u32 *)(r6 + 0)    data
        one(0xBF, 3, 1),                                    # r3 = r1
        one(0x07, 3, constant=METADATA_BYTES),              # r3 += 24
        one(0x2D, 3, 2, "redirect"),                        # if r3 > r2 goto redirect
        one(LOAD_CONSTANT_64, 4, constant=METADATA_WORD),   # r4 = the word that says so
        one(0x7B, 1, 8, 0),                                 # *(u64 *)(r1 + 0) = r8
        one(0x7B, 1, 4, 8),                                 # *(u64 *)(r1 + 8) = r4
        one(0x7B, 1, 7, 16),                                # *(u64 *)(r1 + 16) = r7
        *redirect(sockets_map),
    ])  # fmt: skip
