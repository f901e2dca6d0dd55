"""The kernel's rings of frames: an AF_PACKET socket with its filter, its ring and its interface (packet(7)).

The order matters: the socket is made for no protocol, gets filter and ring, and is bound to interface and protocol
last, so that nothing reaches the ring that the filter has not seen.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import mmap
import os
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from feedhandler.receivers.endpoints import Endpoint, EndpointError
from feedhandler.receivers.frames.memberships import packet_filter
from feedhandler.receivers.frames.trailers import KEYFRAMES_OF, TRAILER_BYTES
from feedhandler.receivers.options import PacketOptions
from feedhandler.receivers.socket.udp import stamp_in_hardware

# <linux/if_packet.h>, <asm-generic/socket.h>, <linux/if_ether.h>
SOL_PACKET = 263
PACKET_RX_RING = 5
PACKET_STATISTICS = 6
PACKET_VERSION = 10
PACKET_TIMESTAMP = 17
PACKET_FANOUT = 18
PACKET_IGNORE_OUTGOING = 23
TPACKET_V2 = 1
TPACKET_V3 = 2
SO_ATTACH_FILTER = 26
ETH_P_ALL = 3
STAMPS_OF_CARD_OR_KERNEL = 1 << 6 | 1 << 4
"""SOF_TIMESTAMPING_RAW_HARDWARE and SOFTWARE of <linux/net_tstamp.h>: a frame has one of them."""
_FANOUT_MODES = {"hash": 0, "cpu": 2, "queue": 5}

_HEADERS_BYTES = 80 + 18 + 60 + 8  # the kernel's own before a frame, Ethernet with a tag, IPv4 with options, UDP
_BLOCK_BYTES = 1 << 18
_FRAMES = struct.Struct("=4I")
_BLOCKS = struct.Struct("=7I")
_STATISTICS = struct.Struct("=2I")

PRIVILEGE = (
    "it needs the capability CAP_NET_RAW: AmbientCapabilities=CAP_NET_RAW in a systemd unit, --cap-add=NET_RAW for a "
    "container, setcap cap_net_raw+ep on a copy of the interpreter"
)


@dataclass
class PacketRing:
    """An open ring: `block_count` blocks of `block_bytes`, to be mapped from `socket`."""

    interface: str
    socket: socket.socket
    blocks: bool
    frame_bytes: int
    frame_count: int
    block_bytes: int
    block_count: int
    received: int = 0
    drops: int = 0
    warnings: list[str] = field(default_factory=list)

    @property
    def memory_bytes(self) -> int:
        """Of the whole ring."""
        return self.block_bytes * self.block_count

    def count(self) -> None:
        """Add what the kernel counted since the last call, which starts its counters anew."""
        with contextlib.suppress(OSError):  # closed: the last figures stay
            received, drops = _STATISTICS.unpack(
                self.socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 12)[: _STATISTICS.size]
            )
            self.received += received
            self.drops += drops


def open_packet_ring(interface: str, endpoints: Sequence[Endpoint], options: PacketOptions) -> PacketRing:
    """A ring that gets the endpoints' datagrams from an interface. Raises `EndpointError`."""
    try:
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
    except OSError as error:
        raise _refused(interface, endpoints, "no packet socket", error) from error
    try:
        ring = _shaped(interface, sock, options)
        _set_up(ring, endpoints, options)
    except OSError as error:
        sock.close()
        if isinstance(error, EndpointError):
            raise
        raise _refused(interface, endpoints, "no ring of frames", error) from error
    except BaseException:
        sock.close()
        raise
    return ring


def probe() -> str | None:
    """Why no ring can be made here; None where one can."""
    try:
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sock:
            sock.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V2)
    except OSError as error:
        return f"{error.strerror}; {PRIVILEGE}"
    return None


def attach_filter(sock: socket.socket, endpoints: Sequence[Endpoint], options: PacketOptions) -> None:
    """Let in the endpoints' datagrams and nothing else from now on."""
    program = ctypes.create_string_buffer(packet_filter(endpoints, options.trailer == KEYFRAMES_OF))
    instructions = (len(program) - 1) // 8
    attached = struct.pack("@HP", instructions, ctypes.addressof(program))
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, attached)


def _shaped(interface: str, sock: socket.socket, options: PacketOptions) -> PacketRing:
    """Frames of a power of two, so that their blocks have no gap; blocks of whole pages that hold whole frames."""
    trailer_bytes = 0 if options.trailer == "none" else TRAILER_BYTES
    frame_bytes = 1 << (_HEADERS_BYTES + options.packet_bytes + trailer_bytes - 1).bit_length()
    blocks = options.ring == "blocks"
    if blocks:
        smallest = max(frame_bytes, mmap.PAGESIZE)
        block_bytes = max(smallest, min(_BLOCK_BYTES, 1 << (options.ring_bytes // 4).bit_length() - 1))
    else:
        block_bytes = max(frame_bytes, mmap.PAGESIZE, min(_BLOCK_BYTES, 1 << options.ring_bytes.bit_length() - 1))
    block_count = max(2, options.ring_bytes // block_bytes)
    return PacketRing(
        interface, sock, blocks, frame_bytes, block_count * (block_bytes // frame_bytes), block_bytes, block_count
    )


def _set_up(ring: PacketRing, endpoints: Sequence[Endpoint], options: PacketOptions) -> None:
    sock = ring.socket
    sock.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V3 if ring.blocks else TPACKET_V2)
    # A multicast frame that this machine sends on a loopback passes twice; only its arrival counts.
    sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    attach_filter(sock, endpoints, options)
    shape = (ring.block_bytes, ring.block_count, ring.frame_bytes, ring.frame_count)
    if ring.blocks:
        request = _BLOCKS.pack(*shape, options.block_wait // 1_000_000, 0, 0)
    else:
        request = _FRAMES.pack(*shape)
    sock.setsockopt(SOL_PACKET, PACKET_RX_RING, request)
    if options.timestamps == "hardware":
        sock.setsockopt(SOL_PACKET, PACKET_TIMESTAMP, STAMPS_OF_CARD_OR_KERNEL)
        refused = stamp_in_hardware(ring.interface)
        ring.warnings += [refused] if refused else []
    sock.bind((ring.interface, ETH_P_ALL))
    if options.fanout_group is not None:
        sock.setsockopt(SOL_PACKET, PACKET_FANOUT, options.fanout_group | _FANOUT_MODES[options.fanout_mode] << 16)


def _refused(interface: str, endpoints: Sequence[Endpoint], what: str, error: OSError) -> EndpointError:
    number = error.errno or errno.EIO
    mends = {
        errno.EPERM: f"; {PRIVILEGE}",
        errno.EACCES: f"; {PRIVILEGE}",
        errno.ENOMEM: "; ring_bytes is more than the kernel has in one piece",
        errno.EINVAL: "; a fan-out's receivers must all be of one mode",
    }
    lines = ", ".join(endpoint.text for endpoint in endpoints)
    return EndpointError(number, f"{interface}: {what}: {os.strerror(number)}{mends.get(number, '')} (for {lines})")
