"""What a driver of DPDK that stands on the kernel opens there: asked for drops, and closed where the driver forgets to.

Seen with DPDK 22.11 and libxdp 1.3: `net_af_packet` tells nothing of frames that found its ring full, `net_af_xdp` only
of one of two kinds, `net_tap` nothing. And `net_af_xdp` leaves its socket and the program's descriptors open when it is
closed, so that the card's queue stays busy until the process ends.

The descriptors are files of this process like any other, so they are found by what was not open before. Another thread
may open some at the same moment, so nothing is closed that is not known to be the driver's: an AF_XDP socket whose
rings are no longer mapped by anybody, maps and programs that have the names libxdp gives.
"""

from __future__ import annotations

import ctypes
import os
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from feedhandler.receivers.af_packet import ring as packet_ring
from feedhandler.receivers.af_xdp import bpf
from feedhandler.receivers.af_xdp import sockets as xdp_socket

_SO_DOMAIN = 39  # <asm-generic/socket.h>
# Classic BPF: load the packet's type (SKF_AD_OFF + SKF_AD_PKTTYPE, <linux/filter.h>); drop PACKET_OUTGOING, keep rest.
_INSTRUCTION = struct.Struct("=HBBI")
_NOT_OUTGOING = ((0x20, 0, 0, 0xFFFF_F004), (0x15, 0, 1, 4), (0x06, 0, 0, 0), (0x06, 0, 0, 0x4_0000))
_PACKETS_AND_DROPS = struct.Struct("=II")
_XDP_WORDS = struct.Struct("=6Q")
_TRANSMIT_DROPPED = 11  # of the figures of an interface in /proc/net/dev
_OF_LIBXDP = {"anon_inode:bpf-map": ("xsks_map", "xsk_def_.data"), "anon_inode:bpf-prog": ("xsk_def_prog",)}


def descriptors() -> dict[int, str]:
    """What the process has open, and what each is."""
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            found[int(name)] = os.readlink(f"/proc/self/fd/{name}")
        except FileNotFoundError:  # closed meanwhile; the folder's own too
            continue
    return found


@dataclass
class DriverDescriptors:
    """Of one port, from when the driver opened them."""

    packet_sockets: dict[int, str] = field(default_factory=dict)
    xdp_sockets: dict[int, str] = field(default_factory=dict)
    of_libxdp: dict[int, str] = field(default_factory=dict)
    tap: str | None = None
    thread: int = 0
    tap_before: int = 0
    drops: int = 0

    def ignore_outgoing(self) -> None:
        """Keep out what the machine itself sends on the interface, which `net_af_packet` would hand over too.

        By a filter: the kernel does not look at PACKET_IGNORE_OUTGOING in a fan-out, and that driver's sockets are one.
        """
        program = ctypes.create_string_buffer(b"".join(_INSTRUCTION.pack(*one) for one in _NOT_OUTGOING))
        attached = struct.pack("@HP", len(_NOT_OUTGOING), ctypes.addressof(program))
        for descriptor in self.packet_sockets:
            with _borrowed(descriptor) as driver:
                driver.setsockopt(socket.SOL_SOCKET, packet_ring.SO_ATTACH_FILTER, attached)

    def count_drops(self, missed: int) -> int:
        """What the kernel dropped so far. missed: what the driver itself says that it missed, not counted twice."""
        for descriptor in self.packet_sockets:
            words = _asked(descriptor, packet_ring.SOL_PACKET, packet_ring.PACKET_STATISTICS, _PACKETS_AND_DROPS.size)
            # reading them begins a new count
            self.drops += _PACKETS_AND_DROPS.unpack(words)[1]
        known = 0
        for descriptor in self.xdp_sockets:
            words = _asked(descriptor, xdp_socket.SOL_XDP, xdp_socket.XDP_STATISTICS, _XDP_WORDS.size)
            dropped, _, _, ring_full, _, _ = _XDP_WORDS.unpack(words.ljust(_XDP_WORDS.size, b"\0"))
            known += dropped + ring_full - missed
            missed = 0
        if self.tap is not None:
            known += _transmit_dropped(self.tap, self.thread) - self.tap_before
        self.drops = max(self.drops, known)
        return self.drops

    def close_forgotten(self, before: dict[int, str]) -> None:
        """After the driver was closed: what it should have closed, and what it opened to be closed.

        before: what was open before the driver was closed.
        """
        now = descriptors()
        of_libxdp = {
            number: target for number, target in now.items() if target in _OF_LIBXDP and before.get(number) != target
        }
        mapped = Path("/proc/self/maps").read_text() if self.xdp_sockets else ""
        for descriptor, target in self.xdp_sockets.items():
            if now.get(descriptor) == target and target not in mapped:
                os.close(descriptor)
        for descriptor, target in {**self.of_libxdp, **of_libxdp}.items():
            if now.get(descriptor) == target:
                if bpf.name_of(descriptor, target.endswith("prog")) in _OF_LIBXDP[target]:
                    os.close(descriptor)
        self.packet_sockets, self.xdp_sockets, self.of_libxdp, self.tap = {}, {}, {}, None


def opened_since(before: dict[int, str], tap: str | None) -> DriverDescriptors:
    """What was not open then. tap: the name of the interface, where the driver made one."""
    found = DriverDescriptors(tap=tap, thread=threading.get_native_id())
    if tap is not None:
        found.tap_before = _transmit_dropped(tap, found.thread)
    for descriptor, target in descriptors().items():
        if before.get(descriptor) == target and target not in _OF_LIBXDP:
            continue
        if target in _OF_LIBXDP and descriptor not in before:
            found.of_libxdp[descriptor] = target
        elif target.startswith("socket:"):
            domain = struct.unpack("=i", _asked(descriptor, socket.SOL_SOCKET, _SO_DOMAIN, 4))[0]
            if domain == socket.AF_PACKET:
                found.packet_sockets[descriptor] = target
            elif domain == xdp_socket.AF_XDP:
                found.xdp_sockets[descriptor] = target
    return found


@contextmanager
def _borrowed(descriptor: int) -> Iterator[socket.socket]:
    """A socket that stays its owner's."""
    # With a family given, whichever it is, Python does not ask for the socket's name, which AF_XDP has none of.
    found = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0, fileno=descriptor)
    try:
        yield found
    finally:
        found.detach()


def _asked(descriptor: int, level: int, option: int, size: int) -> bytes:
    with _borrowed(descriptor) as found:
        return found.getsockopt(level, option, size)


def _transmit_dropped(interface: str, thread: int) -> int:
    """Frames that an interface could not send, in the network of a thread; 0 where either is gone."""
    try:
        rows = Path(f"/proc/self/task/{thread}/net/dev").read_text().splitlines()
    except FileNotFoundError:
        return 0
    for row in rows:
        name, _, figures = row.partition(":")
        if name.strip() == interface:
            return int(figures.split()[_TRANSMIT_DROPPED])
    return 0
