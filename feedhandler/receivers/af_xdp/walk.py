# SPDX-License-Identifier: Apache-2.0 OR MIT OR GPL-2.0-only
"""The way through a packet that both XDP programs take: is this datagram for one of our lines?

Written as bytecode with its listing, so that nothing has to be compiled where it runs. It walks as `datagram.pxd`
does: Ethernet, a switch's time in front of the frame's own type, up to two VLAN tags, IPv4 with options, UDP, no
fragments; what it does not understand goes to the label `pass`. The groups are in a hash map of {destination, port}
that is filled after loading, so one program serves any number. What is for a line falls out at the end.

It reads in network byte order on a little-endian machine, and we run on no other.

This file may be taken under any of three licences, since the program of `hardware_program.py`, of which it is a
part, has to be under one that is compatible with the GPL (docs/decisions/0011-hardware-time-in-af-xdp.md).
"""

from __future__ import annotations

from feedhandler.receivers.af_xdp.bpf import LOAD_CONSTANT_64, Instruction
from feedhandler.receivers.frames.trailers import KEYFRAME_PROTOCOL

MAP = 1
"""The source register of LOAD_CONSTANT_64 that says: the constant is a map's descriptor."""


def walk(endpoints_map: int, keyframes: bool = False) -> list[Instruction | str]:
    """From the program's entrance to the datagram that is ours; jumps to `pass`, and keyframes' to `redirect`.

    Registers: r1 the packet, r2 its end, r3 to r5 scratch; r6 the context, kept over calls.
    """
    one = Instruction
    return [
        one(0xBF, 6, 1),                                    # r6 = r1                  the context
        one(0x61, 1, 6, 0),                                 # r1 = *(u32 *)(r6 + 0)    data
        one(0x61, 2, 6, 4),                                 # r2 = *(u32 *)(r6 + 4)    data_end
        # Ethernet: 14 bytes, and the shortest IPv4 and UDP headers after them
        one(0xBF, 3, 1),                                    # r3 = r1
        one(0x07, 3, constant=42),                          # r3 += 42
        one(0x2D, 3, 2, "pass"),                            # if r3 > r2 goto pass
        one(0x69, 4, 1, 12),                                # r4 = *(u16 *)(r1 + 12)   ethertype
        one(0x15, 4, 0, "ipv4", 0x0008),                    # if r4 == IPv4 goto ipv4
        # a switch's time before the frame's own type: 12 bytes, or 14 (trailer.pxd)
        one(0x55, 4, 0, "typed", 0x8BD2),                   # if r4 != 0xd28b goto typed
        one(0x69, 4, 1, 14),                                # r4 = *(u16 *)(r1 + 14)   subtype
        one(0x55, 4, 0, "pass", 0x0100),                    # if r4 != 1 goto pass
        one(0x71, 4, 1, 17),                                # r4 = *(u8 *)(r1 + 17)    format
        one(0x57, 4, constant=0xF0),                        # r4 &= 0xf0
        one(0x15, 4, 0, "short", 0x20),                     # if r4 == 48 bits goto short
        one(0x55, 4, 0, "pass", 0x10),                      # if r4 != 64 bits goto pass
        one(0x07, 1, constant=2),                           # r1 += 2
        "short",
        one(0x07, 1, constant=12),                          # r1 += 12
        one(0xBF, 3, 1),                                    # r3 = r1
        one(0x07, 3, constant=42),                          # r3 += 42
        one(0x2D, 3, 2, "pass"),                            # if r3 > r2 goto pass
        one(0x69, 4, 1, 12),                                # r4 = *(u16 *)(r1 + 12)
        one(0x15, 4, 0, "ipv4", 0x0008),                    # if r4 == IPv4 goto ipv4
        "typed",
        one(0x15, 4, 0, "tagged", 0x0081),                  # if r4 == 802.1Q goto tagged
        one(0x55, 4, 0, "pass", 0xA888),                    # if r4 != 802.1ad goto pass
        "tagged",
        one(0x07, 1, constant=4),                           # r1 += 4
        one(0xBF, 3, 1),                                    # r3 = r1
        one(0x07, 3, constant=42),                          # r3 += 42
        one(0x2D, 3, 2, "pass"),                            # if r3 > r2 goto pass
        one(0x69, 4, 1, 12),                                # r4 = *(u16 *)(r1 + 12)
        one(0x15, 4, 0, "ipv4", 0x0008),                    # if r4 == IPv4 goto ipv4
        one(0x55, 4, 0, "pass", 0x0081),                    # if r4 != 802.1Q goto pass
        one(0x07, 1, constant=4),                           # r1 += 4
        one(0xBF, 3, 1),                                    # r3 = r1
        one(0x07, 3, constant=42),                          # r3 += 42
        one(0x2D, 3, 2, "pass"),                            # if r3 > r2 goto pass
        one(0x69, 4, 1, 12),                                # r4 = *(u16 *)(r1 + 12)
        one(0x55, 4, 0, "pass", 0x0008),                    # if r4 != IPv4 goto pass
        "ipv4",
        one(0x71, 5, 1, 14),                                # r5 = *(u8 *)(r1 + 14)    version and length
        one(0xBF, 4, 5),                                    # r4 = r5
        one(0x57, 4, constant=0xF0),                        # r4 &= 0xf0
        one(0x55, 4, 0, "pass", 0x40),                      # if r4 != version 4 goto pass
        one(0x57, 5, constant=0x0F),                        # r5 &= 0x0f
        one(0x67, 5, constant=2),                           # r5 <<= 2                 bytes of the IPv4 header
        one(0xA5, 5, 0, "pass", 20),                        # if r5 < 20 goto pass
        one(0x69, 4, 1, 20),                                # r4 = *(u16 *)(r1 + 20)   flags and fragment offset
        one(0x57, 4, constant=0xFF3F),                      # r4 &= 0x3fff, in network order
        one(0x55, 4, 0, "pass", 0),                         # if r4 != 0 goto pass     a fragment
        one(0x71, 4, 1, 23),                                # r4 = *(u8 *)(r1 + 23)    protocol
        *([one(0x15, 4, 0, "redirect", KEYFRAME_PROTOCOL)] if keyframes else []),  # if r4 == 253 goto redirect
        one(0x55, 4, 0, "pass", 17),                        # if r4 != UDP goto pass
        one(0x61, 4, 1, 30),                                # r4 = *(u32 *)(r1 + 30)   destination
        one(0x63, 10, 4, -8),                               # *(u32 *)(r10 - 8) = r4
        # options: r1 moves on over them in constant steps; without CAP_PERFMON the kernel lets no variable be added
        *[
            one(0xA5, 5, 0, "udp", 24),                     # if r5 < 24 goto udp
            one(0x07, 1, constant=4),                       # r1 += 4
            one(0x07, 5, constant=-4),                      # r5 += -4
        ] * 10,
        "udp",
        one(0xBF, 3, 1),                                    # r3 = r1                  UDP is at r1 + 34
        one(0x07, 3, constant=42),                          # r3 += 42
        one(0x2D, 3, 2, "pass"),                            # if r3 > r2 goto pass
        one(0x69, 4, 1, 36),                                # r4 = *(u16 *)(r1 + 36)   destination port
        one(0x63, 10, 4, -4),                               # *(u32 *)(r10 - 4) = r4
        # ours?
        one(LOAD_CONSTANT_64, 1, MAP, constant=endpoints_map),  # r1 = the map of endpoints
        one(0xBF, 2, 10),                                   # r2 = r10
        one(0x07, 2, constant=-8),                          # r2 += -8
        one(0x85, constant=1),                              # call bpf_map_lookup_elem
        one(0x15, 0, 0, "pass", 0),                         # if r0 == 0 goto pass
    ]  # fmt: skip


def redirect(sockets_map: int) -> list[Instruction | str]:
    """To our socket of this queue, at the label `redirect`; and, at `pass`, to the kernel."""
    one = Instruction
    return [
        "redirect",
        one(LOAD_CONSTANT_64, 1, MAP, constant=sockets_map),  # r1 = the map of sockets
        one(0x61, 2, 6, 16),                                # r2 = *(u32 *)(r6 + 16)   rx_queue_index
        one(0xB7, 3, constant=2),                           # r3 = XDP_PASS            where that queue has no socket
        one(0x85, constant=51),                             # call bpf_redirect_map
        one(0x95),                                          # exit
        "pass",
        one(0xB7, 0, constant=2),                           # r0 = XDP_PASS
        one(0x95),                                          # exit
    ]  # fmt: skip
