"""AF_XDP sockets: frame memory, rings and program on one interface (kernel documentation, networking/af_xdp).

Modes are tried best first: `zero_copy` (the card writes into our memory), `native` (the driver runs the program and
copies), `generic` (the kernel runs it later and copies). What was tried and why it was not taken is kept, to be told.

Where the card's own times are wished, `hardware_program` is loaded for the device; what refuses it is kept, and the
ordinary program serves.

Orders that matter: rings are mapped before bind, and unmapped before the socket is closed, or the queue stays busy
within this process. The kernel lets a queue go a moment after its socket is closed, so EBUSY is tried again for a
bounded time.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import mmap
import os
import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from feedhandler.receivers.af_xdp import bpf, btf, hardware_program, program
from feedhandler.receivers.af_xdp.umem import Umem
from feedhandler.receivers.endpoints import SIOCETHTOOL, Endpoint, EndpointError, interface_index, interface_structure
from feedhandler.receivers.frames.trailers import KEYFRAMES_OF, TRAILER_BYTES
from feedhandler.receivers.options import XdpOptions
from feedhandler.receivers.socket.udp import stamp_in_hardware, stamps_in_hardware

# <linux/if_xdp.h>
AF_XDP = 44
SOL_XDP = 283
XDP_MMAP_OFFSETS = 1
XDP_RX_RING = 2
XDP_UMEM_REG = 4
XDP_UMEM_FILL_RING = 5
XDP_UMEM_COMPLETION_RING = 6
XDP_STATISTICS = 7
_BIND_COPY = 2
_BIND_ZERO_COPY = 4
_BIND_NEED_WAKEUP = 8
_RX_PLACE = 0
_FILL_PLACE = 0x1_0000_0000
_DESCRIPTOR_BYTES = 16
_FILL_BYTES = 8
_ENDPOINTS_LATER = 64  # that can be joined while the program runs
_COMPLETIONS = 64  # we send nothing, and the kernel wants the ring all the same

# <asm-generic/socket.h>
_SO_BUSY_POLL = 46
_SO_PREFER_BUSY_POLL = 69
_SO_BUSY_POLL_BUDGET = 70

_HEADROOM_BYTES = 256  # XDP_PACKET_HEADROOM: the kernel keeps it in front of each frame
_HEADERS_BYTES = 14 + 8 + 60 + 8
_BUSY_SECONDS = 2.0
_OFFSETS = struct.Struct("=16Q")
_STATISTICS = struct.Struct("=6Q")

_ETHTOOL_GCHANNELS = 0x3C

MODES = ("zero_copy", "native", "generic")

PRIVILEGE = (
    "it needs the capabilities CAP_NET_ADMIN, CAP_NET_RAW and CAP_BPF: AmbientCapabilities= in a systemd unit, "
    "--cap-add for a container, setcap on a copy of the interpreter"
)

_LIBRARY = ctypes.CDLL(None, use_errno=True)
_LIBRARY.mmap.restype = ctypes.c_void_p
_LIBRARY.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long)
_LIBRARY.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
_MAP_FAILED = (1 << 64) - 1


@dataclass(frozen=True)
class Ring:
    """A mapped ring: addresses of its words and of its entries."""

    memory: int
    memory_bytes: int
    producer: int
    consumer: int
    flags: int
    entries: int
    count: int


@dataclass
class XdpQueue:
    """One queue of an interface: a socket, its frame memory and its two rings."""

    queue: int
    memory: Umem | None
    chunk_bytes: int
    socket: socket.socket
    receive: Ring | None = None
    fill: Ring | None = None

    def close(self) -> None:
        """Unmap the rings, then close the socket."""
        for ring in (self.receive, self.fill):
            if ring is not None:
                _LIBRARY.munmap(ring.memory, ring.memory_bytes)
        self.receive = self.fill = None
        self.socket.close()
        self.memory = None

    def statistics(self) -> tuple[int, int, int]:
        """Frames dropped for want of memory or length, for want of room in the ring, and lacks of memory."""
        found = self.socket.getsockopt(SOL_XDP, XDP_STATISTICS, _STATISTICS.size)
        dropped, _, _, ring_full, fill_empty, _ = _STATISTICS.unpack(found.ljust(_STATISTICS.size, b"\0"))
        return dropped, ring_full, fill_empty


@dataclass
class XdpInterface:
    """The program on one interface, and its sockets."""

    interface: str
    endpoints: Sequence[Endpoint]
    mode: str = ""
    tried: list[str] = field(default_factory=list)
    pages: str = ""
    """Of the frames' memory: what was obtained."""
    timestamps: str = "software"
    """Whose times the attached program leaves: `hardware`, the card's besides its own, or `software`, its own."""
    card_refusal: str = ""
    """Why the card was not told to stamp frames, where that was wished."""
    program_refusal: str = ""
    """Why the card's times are not read, where that was wished: what the kernel said of the program."""
    numbers: tuple[int, ...] = ()
    """The queues that are heard."""
    queues: list[XdpQueue] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)
    last: tuple[int, int, int] = (0, 0, 0)
    keys: set[bytes] = field(default_factory=set)
    """What the program's map of endpoints has: the first of `descriptors`."""

    @property
    def warnings(self) -> list[str]:
        """What was not obtained of the card's times."""
        found = [self.card_refusal] if self.card_refusal else []
        if self.program_refusal:
            found.append(f"{self.interface}: the card's times are not read: {self.program_refusal}")
        return found

    def hear(self, endpoints: Sequence[Endpoint]) -> None:
        """Let the program take these endpoints' datagrams, and leave all others to the kernel."""
        wished = {program.endpoint_key(endpoint.group, endpoint.port) for endpoint in endpoints}
        for key in tuple(wished - self.keys):
            bpf.map_update(self.descriptors[0], key, bytes(program.VALUE_BYTES))
            self.keys.add(key)
        for key in tuple(self.keys - wished):
            bpf.map_delete(self.descriptors[0], key)
            self.keys.discard(key)

    def close(self) -> None:
        """Take the program off the interface first, so that the kernel's sockets get the frames again."""
        for descriptor in reversed(self.descriptors):
            os.close(descriptor)
        self.descriptors = []
        self.keys = set()
        for queue in self.queues:
            queue.close()
        self.queues = []

    def statistics(self) -> tuple[int, int, int]:
        """The sums of the queues', also after close."""
        if self.queues:
            with contextlib.suppress(OSError):  # closed meanwhile: the last figures stay
                told = [queue.statistics() for queue in self.queues]
                self.last = (sum(one[0] for one in told), sum(one[1] for one in told), sum(one[2] for one in told))
        return self.last


def open_interface(interface: str, endpoints: Sequence[Endpoint], options: XdpOptions) -> XdpInterface:
    """Load, attach, make the sockets of all queues: in the best mode that works. Raises `EndpointError`."""
    opened = XdpInterface(interface, endpoints)
    hardware = _wishes_hardware_time(opened, options)
    wished = MODES if options.mode == "auto" else (options.mode,)
    failed: OSError | None = None
    for mode in wished:
        try:
            _open(opened, mode, options, hardware)
        except OSError as error:
            opened.close()
            failed = error
            opened.tried.append(f"{mode}: {reason_of(error)}")
            if error.errno in (errno.EPERM, errno.EACCES):
                break
        except BaseException:
            opened.close()
            raise
        else:
            opened.mode = mode
            return opened
    assert failed is not None
    lines = ", ".join(endpoint.text for endpoint in endpoints)
    number = failed.errno or errno.EIO
    raise EndpointError(number, f"{interface}: no AF_XDP socket ({'; '.join(opened.tried)}) for {lines}") from failed


def probe() -> str | None:
    """Why the program cannot be loaded here, or no socket made; None where both can. Nothing is attached."""
    descriptors: list[int] = []
    try:
        with socket.socket(AF_XDP, socket.SOCK_RAW, 0):
            descriptors.append(bpf.map_create(bpf.MAP_HASH, program.KEY_BYTES, program.VALUE_BYTES, 8, "probe"))
            descriptors.append(bpf.map_create(bpf.MAP_XSK, 4, 4, 1, "probe"))
            code = program.program(descriptors[0], descriptors[1])
            descriptors.append(bpf.program_load(code, program.LICENSE, "probe"))
    except OSError as error:
        return reason_of(error)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
    return None


def remarks() -> list[str]:
    """Whether a card's times could be read; what the card and its driver say is known when it is opened."""
    try:
        btf.function_number(hardware_program.FUNCTION)
    except OSError as error:
        return [f"hardware time cannot be read: errno {error.errno}: {error.strerror}"]
    return ["hardware time is read where a card stamps frames and its driver tells the time (timestamps)"]


def queue_count(interface: str) -> int:
    """How many receive queues an interface uses (ETHTOOL_GCHANNELS); 1 where it does not say."""
    try:
        channels = interface_structure(interface, SIOCETHTOOL, struct.pack("=9I", _ETHTOOL_GCHANNELS, *[0] * 8))
    except OSError:
        return 1
    found: tuple[int, ...] = struct.unpack("=9I", channels)
    receive, combined = found[5], found[8]
    return max(1, receive + combined)


def chunk_bytes_of(packet_bytes: int, trailer_bytes: int = 0) -> int:
    """The memory of a frame whose payload has that many bytes: 2 or 4 KiB, which is all that the kernel takes."""
    return 2_048 if packet_bytes + trailer_bytes + _HEADERS_BYTES + _HEADROOM_BYTES <= 2_048 else 4_096


def _wishes_hardware_time(opened: XdpInterface, options: XdpOptions) -> bool:
    """Whether the card's times are to be read; `hardware` tells the card to take them, `auto` changes nothing."""
    if options.trailer != "none" or options.timestamps == "software":
        return False
    if options.timestamps == "auto":
        return stamps_in_hardware(opened.interface)
    opened.card_refusal = stamp_in_hardware(opened.interface) or ""
    return True


def _open(opened: XdpInterface, mode: str, options: XdpOptions, hardware: bool) -> None:
    index = interface_index(opened.interface)
    queues = tuple(range(queue_count(opened.interface))) if options.queues is None else options.queues
    opened.numbers = queues
    room = 2 * (len(opened.endpoints) + _ENDPOINTS_LATER)
    endpoints_map = bpf.map_create(
        bpf.MAP_HASH, program.KEY_BYTES, program.VALUE_BYTES, room, "feed_endpoints"
    )
    opened.descriptors.append(endpoints_map)
    sockets_map = bpf.map_create(bpf.MAP_XSK, 4, 4, max(queues) + 1, "feed_sockets")
    opened.descriptors.append(sockets_map)
    opened.timestamps, opened.program_refusal = "software", ""
    if hardware and _attach_for_hardware_time(opened, mode, index):
        opened.timestamps = "hardware"
    else:
        code = program.program(endpoints_map, sockets_map, options.trailer == KEYFRAMES_OF)
        opened.descriptors.append(bpf.program_load(code, program.LICENSE, "feed_receive"))
        flag = bpf.FLAG_GENERIC if mode == "generic" else bpf.FLAG_NATIVE
        opened.descriptors.append(bpf.link_create(opened.descriptors[-1], index, flag))
    flags = _BIND_ZERO_COPY if mode == "zero_copy" else _BIND_COPY
    for queue in queues:
        made = _open_queue(queue, index, flags | _BIND_NEED_WAKEUP, options)
        opened.queues.append(made)
        assert made.memory is not None
        opened.pages = made.memory.pages
        bpf.map_update(sockets_map, struct.pack("=I", queue), struct.pack("=I", made.socket.fileno()))
    opened.hear(opened.endpoints)


def _attach_for_hardware_time(opened: XdpInterface, mode: str, index: int) -> bool:
    """Attach the program that asks the driver for the card's times; where it is refused, keep why."""
    endpoints_map, sockets_map = opened.descriptors
    loaded: list[int] = []
    try:
        if mode == "generic":
            raise OSError(errno.EOPNOTSUPP, "the generic mode does not ask the driver")
        function = btf.function_number(hardware_program.FUNCTION)
        code = hardware_program.program(endpoints_map, sockets_map, function)
        loaded.append(bpf.program_load(code, hardware_program.LICENSE, "feed_stamped", index))
        loaded.append(bpf.link_create(loaded[0], index, bpf.FLAG_NATIVE))
    except OSError as error:
        for descriptor in loaded:
            os.close(descriptor)
        opened.program_refusal = f"errno {error.errno}: {error.strerror or error}"
        return False
    opened.descriptors += loaded
    return True


def _open_queue(queue: int, index: int, flags: int, options: XdpOptions) -> XdpQueue:
    """A bound socket; EBUSY is tried again while a former socket of the queue may still be on its way out."""
    chunk_bytes = chunk_bytes_of(options.packet_bytes, 0 if options.trailer == "none" else TRAILER_BYTES)
    memory = Umem(chunk_bytes * options.frames, huge=options.huge_pages)
    limit = time.monotonic() + _BUSY_SECONDS
    while True:
        made = XdpQueue(queue, memory, chunk_bytes, socket.socket(AF_XDP, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0))
        try:
            _make_rings(made, options)
            _set_busy_poll(made, options)
            _bind(made.socket, index, queue, flags)
        except OSError as error:
            made.close()
            if error.errno != errno.EBUSY or time.monotonic() > limit:
                raise
            time.sleep(0.001)
        except BaseException:
            made.close()
            raise
        else:
            return made


def _make_rings(made: XdpQueue, options: XdpOptions) -> None:
    sock = made.socket
    assert made.memory is not None
    registered = struct.pack("=QQII", made.memory.address, made.memory.size, made.chunk_bytes, 0)
    sock.setsockopt(SOL_XDP, XDP_UMEM_REG, registered)
    sock.setsockopt(SOL_XDP, XDP_UMEM_FILL_RING, options.frames)
    sock.setsockopt(SOL_XDP, XDP_UMEM_COMPLETION_RING, _COMPLETIONS)
    sock.setsockopt(SOL_XDP, XDP_RX_RING, options.frames)
    offsets = _OFFSETS.unpack(sock.getsockopt(SOL_XDP, XDP_MMAP_OFFSETS, _OFFSETS.size))
    made.receive = _mapped(sock, _RX_PLACE, offsets[0:4], options.frames, _DESCRIPTOR_BYTES)
    made.fill = _mapped(sock, _FILL_PLACE, offsets[8:12], options.frames, _FILL_BYTES)


def _mapped(sock: socket.socket, place: int, offsets: Sequence[int], count: int, entry_bytes: int) -> Ring:
    producer, consumer, entries, flags = offsets
    size = entries + count * entry_bytes
    protection = mmap.PROT_READ | mmap.PROT_WRITE
    shared = mmap.MAP_SHARED | getattr(mmap, "MAP_POPULATE", 0)
    memory = _LIBRARY.mmap(None, size, protection, shared, sock.fileno(), place)
    if memory is None or memory == _MAP_FAILED:
        number = ctypes.get_errno()
        raise OSError(number, f"a ring cannot be mapped: {os.strerror(number)}")
    return Ring(memory, size, memory + producer, memory + consumer, memory + flags, memory + entries, count)


def _set_busy_poll(made: XdpQueue, options: XdpOptions) -> None:
    if options.busy_poll == 0:
        return
    made.socket.setsockopt(socket.SOL_SOCKET, _SO_PREFER_BUSY_POLL, 1)
    made.socket.setsockopt(socket.SOL_SOCKET, _SO_BUSY_POLL, max(1, options.busy_poll // 1_000))
    made.socket.setsockopt(socket.SOL_SOCKET, _SO_BUSY_POLL_BUDGET, 64)


def _bind(sock: socket.socket, index: int, queue: int, flags: int) -> None:
    address = struct.pack("=HHIII", AF_XDP, flags, index, queue, 0)
    if _LIBRARY.bind(sock.fileno(), address, len(address)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def reason_of(error: OSError) -> str:
    """What went wrong, and what would mend it."""
    number = error.errno or errno.EIO
    mends = {
        errno.EPERM: f"; {PRIVILEGE}",
        errno.EACCES: f"; {PRIVILEGE}",
        errno.EBUSY: "; another XDP program or AF_XDP socket has the interface: ip link show says which, "
        "ip link set dev INTERFACE xdp off takes a program off",
        errno.EEXIST: "; another XDP program has the interface: ip link set dev INTERFACE xdp off takes it off",
        errno.ENOBUFS: f"; the process may lock {bpf.memory_limit()} bytes: ulimit -l, LimitMEMLOCK= in a systemd "
        "unit, or the capability CAP_IPC_LOCK",
        errno.EOPNOTSUPP: "; the driver cannot do it",
        errno.ERANGE: "; the MTU is too large for the driver's XDP",
        errno.ENODEV: "; is the interface gone?",
    }
    return f"{error.strerror}{mends.get(number, '')}"
