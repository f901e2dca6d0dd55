"""Which receivers this process could use now, and what would mend it where it could not: nothing is attached or joined.

A receiver kind may have a static method `probe()` that returns None where it could be opened, or a sentence that says
what is missing. What only opening can find out (whether a card's driver has a mode, whether a queue is free) is left to
opening.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass

from feedhandler import plugins

from . import bpf, packet_ring, xdp_program, xdp_socket
from .optional import OPTIONAL

BEST_FIRST = ("ef_vi", "verbs", "dpdk", "af_xdp", "af_packet", "socket")
"""The kinds that hear a network, in the order in which `auto` tries them: `dpdk` only where its devices are named."""

NOT_BUILT = {
    "io_uring": (
        "sockets through io_uring",
        "left out: it costs what recvmmsg does, which `socket` uses (docs/decisions/0010-io-uring.md)",
    ),
}
"""Kinds that a trading firm would look for and that there are not: what they would be, and why there are none."""


@dataclass(frozen=True)
class Availability:
    """Whether a kind could be used, and why not."""

    kind: str
    available: bool
    summary: str
    reason: str | None = None


def availabilities() -> list[Availability]:
    """Every installed receiver of lines, best first, and those that are not built."""
    found = {}
    for kind in plugins.installed(plugins.RECEIVERS):
        one = _availability(kind)
        if one is not None:
            found[kind] = one
    order = [kind for kind in BEST_FIRST if kind in found] + [kind for kind in found if kind not in BEST_FIRST]
    missing = [kind for kind in NOT_BUILT if kind not in found]
    return [found[kind] for kind in order] + [
        Availability(kind, False, *NOT_BUILT[kind]) for kind in missing
    ]


def _availability(kind: str) -> Availability | None:
    """Of one installed kind; None where it hears no lines."""
    try:
        implementation = plugins.receiver(kind)
    except plugins.NotBuiltError as error:
        (summary,) = (one.summary for one in OPTIONAL if one.kind == kind)
        return Availability(kind, False, summary, error.why)
    if not hasattr(implementation, "Options"):
        return None
    probe = getattr(implementation, "probe", None)
    reason = probe() if probe is not None else None
    summary = (implementation.Options.__doc__ or kind).strip().split("\n")[0]
    return Availability(kind, reason is None, summary, reason)


def probe_af_packet() -> str | None:
    """Whether a ring can be made."""
    try:
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sock:
            sock.setsockopt(packet_ring.SOL_PACKET, packet_ring.PACKET_VERSION, packet_ring.TPACKET_V2)
    except OSError as error:
        return f"{error.strerror}; {packet_ring.PRIVILEGE}"
    return None


def probe_af_xdp() -> str | None:
    """Whether the program can be loaded and a socket made; the program is not attached."""
    descriptors: list[int] = []
    try:
        with socket.socket(xdp_socket.AF_XDP, socket.SOCK_RAW, 0):
            descriptors.append(bpf.map_create(bpf.MAP_HASH, xdp_program.KEY_BYTES, xdp_program.VALUE_BYTES, 8, "probe"))
            descriptors.append(bpf.map_create(bpf.MAP_XSK, 4, 4, 1, "probe"))
            code = xdp_program.program(descriptors[0], descriptors[1])
            descriptors.append(bpf.program_load(code, xdp_program.LICENSE, "probe"))
    except OSError as error:
        return xdp_socket.reason_of(error)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
    return None
