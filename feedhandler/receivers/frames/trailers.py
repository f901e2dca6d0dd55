"""The capture appliances whose times are read out of a frame, in the order of TRAILER_* of `trailer.pxd`."""

from __future__ import annotations

from typing import Literal, get_args

Trailer = Literal[
    "none",
    "metamako",
    "cpacket",
    "exablaze",
    "arista_7150",
    "arista_7280",
    "arista_7280_source",
    "arista_7280_source_tai",
]

TRAILERS: tuple[str, ...] = get_args(Trailer)

KEYFRAMES_OF = "arista_7150"
"""Whose times mean nothing without frames of their own, of KEYFRAME_PROTOCOL, which every filter has to let in."""

KEYFRAME_PROTOCOL = 253

TRAILER_BYTES = 64
"""The most that is kept behind a datagram for what an appliance adds: its trailer with extensions, a check sequence."""
