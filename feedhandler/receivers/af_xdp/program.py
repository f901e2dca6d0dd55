"""The XDP program: datagrams of our groups and ports go to our sockets, everything else to the kernel.

`walk.py` finds them. Where the driver has room for it in front of the frame, the program leaves the time there,
CLOCK_MONOTONIC, behind a word that says that it did: METADATA_BYTES in all. That is a software time stamp, taken when
the driver handed the frame over. Where the card stamps frames, `hardware_program.py` takes this one's place.
"""

from __future__ import annotations

import socket
import struct

from feedhandler.receivers.af_xdp.bpf import LOAD_CONSTANT_64, Instruction, assemble
from feedhandler.receivers.af_xdp.walk import redirect, walk

LICENSE = "Apache-2.0"
METADATA_BYTES = 16
METADATA_WORD = 0x6665_6564_7374_616D

_KEY = struct.Struct("=II")


def endpoint_key(group: str, port: int) -> bytes:
    """The hash map's key: the destination as it stands in the packet, and the port, likewise."""
    address: int = struct.unpack("=I", socket.inet_aton(group))[0]
    return _KEY.pack(address, socket.htons(port))


KEY_BYTES = _KEY.size
VALUE_BYTES = 4


def program(endpoints_map: int, sockets_map: int, keyframes: bool = False) -> bytes:
    """The bytes of the program, for these two maps. keyframes: those of `trailer.pxd` come to the sockets too.

    Registers: r1 to r5 scratch; r6 the context, r7 the time.
    """
    one = Instruction
    return assemble([
        *walk(endpoints_map, keyframes),
        # the time, where the driver has room for it
        one(0xBF, 1, 6),                                    # r1 = r6
        one(0xB7, 2, constant=-METADATA_BYTES),             # r2 = -16
        one(0x85, constant=54),                             # call bpf_xdp_adjust_meta
        one(0x55, 0, 0, "redirect", 0),                     # if r0 != 0 goto redirect
        one(0x85, constant=5),                              # call bpf_ktime_get_ns
        one(0xBF, 7, 0),                                    # r7 = r0
        one(0x61, 1, 6, 8),                                 # r1 = *(u32 *)(r6 + 8)    data_meta
        one(0x61, 2, 6, 0),                                 # r2 = *(u32 *)(r6 + 0)    data
        one(0xBF, 3, 1),                                    # r3 = r1
        one(0x07, 3, constant=METADATA_BYTES),              # r3 += 16
        one(0x2D, 3, 2, "redirect"),                        # if r3 > r2 goto redirect
        one(LOAD_CONSTANT_64, 4, constant=METADATA_WORD),   # r4 = the word that says so
        one(0x7B, 1, 4, 0),                                 # *(u64 *)(r1 + 0) = r4
        one(0x7B, 1, 7, 8),                                 # *(u64 *)(r1 + 8) = r7
        *redirect(sockets_map),
    ])  # fmt: skip
