"""Where a live line is to be heard, and what the machine says of it: interfaces, their addresses and their state.

Every live receiver is made from the same sequence of `Endpoint`s, whatever it reads from, so that a configuration's
lines mean the same for a socket and for a network card. The look-ups ask the kernel each time: an interface that comes
up later is found later.
"""

from __future__ import annotations

import ctypes
import fcntl
import ipaddress
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass

LINES_MAXIMUM = 1 << 16  # a frame's line is 16 bits

# <linux/sockios.h> and <linux/if.h>: struct ifreq is a name of 16 bytes and a union of 24.
_SIOCGIFFLAGS = 0x8913
_SIOCGIFADDR = 0x8915
_SIOCGIFMTU = 0x8921
_SIOCGIFHWADDR = 0x8927
SIOCETHTOOL = 0x8946
_REQUEST = struct.Struct("=16s24s")
_NAME_BYTES_MAXIMUM = 15

IFF_UP = 0x1
IFF_LOOPBACK = 0x8
IFF_RUNNING = 0x40
IFF_MULTICAST = 0x1000


@dataclass(frozen=True)
class Endpoint:
    """One line, and where it arrives.

    line: the number that its frames carry.
    group: the destination address. A multicast group is joined. "" or an address of this machine: a unicast socket, for
        replies to what is sent from it; nothing is joined.
    port: the destination port; 0, with a unicast endpoint only: one that the kernel chooses.
    source: only datagrams from this sender; None: from any.
    interface: name or IPv4 address of the interface that hears it; None: the one that the kernel's routes choose.
    """

    line: int
    group: str
    port: int
    source: str | None = None
    interface: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.line < LINES_MAXIMUM:
            raise ValueError(f"line {self.line}; expected 0 to {LINES_MAXIMUM - 1}")
        for address in (self.group, self.source):
            if address:
                ipaddress.IPv4Address(address)
        if not 0 <= self.port <= 65_535:
            raise ValueError(f"line {self.line}: port {self.port}; expected 0 to 65535")
        if self.multicast and self.port == 0:
            raise ValueError(f"line {self.line}: {self.group} without a port; a multicast group is heard at one port")

    @property
    def multicast(self) -> bool:
        """Whether it is heard by joining a group."""
        return self.group != "" and ipaddress.IPv4Address(self.group).is_multicast

    @property
    def text(self) -> str:
        """For errors and figures: `line 0 (233.54.12.111:26477 from 10.0.0.1 on eth1)`."""
        where = f"{self.group or 'unicast'}:{self.port}"
        sender = f" from {self.source}" if self.source else ""
        return f"line {self.line} ({where}{sender} on {self.interface or 'the default interface'})"


class EndpointError(OSError):
    """An endpoint that cannot be heard: interface, group, port, and what would mend it."""


def check_endpoints(endpoints: Sequence[Endpoint]) -> tuple[Endpoint, ...]:
    """The endpoints as a tuple; `ValueError` where there is none, or where one is there twice."""
    found = tuple(endpoints)
    if not found:
        raise ValueError("no endpoint was given; a receiver hears at least one line")
    seen: dict[tuple[str, int, str | None, str | None], Endpoint] = {}
    for endpoint in found:
        key = (endpoint.group, endpoint.port, endpoint.source, endpoint.interface)
        if endpoint.port and key in seen:
            raise ValueError(f"{endpoint.text} is heard at the same place as line {seen[key].line}")
        seen[key] = endpoint
    return found


def interface_names() -> tuple[str, ...]:
    """The interfaces that there are, in the kernel's order."""
    return tuple(name for _, name in socket.if_nameindex())


def interface_of(given: str) -> str:
    """The name of an interface given by name or by its first IPv4 address; `LookupError` says which there are."""
    names = interface_names()
    if given in names:
        return given
    addresses = {name: interface_address(name) for name in names}
    for name, address in addresses.items():
        if address == given:
            return name
    known = ", ".join(f"{name} ({address or 'no IPv4 address'})" for name, address in addresses.items())
    raise LookupError(f"there is no interface {given}; there are {known}")


def interface_index(name: str) -> int:
    """The kernel's number of an interface."""
    return socket.if_nametoindex(name)


def interface_address(name: str) -> str | None:
    """The first IPv4 address of an interface; None where it has none."""
    try:
        return socket.inet_ntoa(_asked(name, _SIOCGIFADDR)[4:8])
    except OSError:
        return None


def interface_flags(name: str) -> int:
    """IFF_UP, IFF_RUNNING, IFF_MULTICAST, IFF_LOOPBACK and others."""
    flags: int = struct.unpack_from("=H", _asked(name, _SIOCGIFFLAGS))[0]
    return flags


def interface_mtu(name: str) -> int:
    """The longest IP datagram that goes in one packet, in bytes."""
    mtu: int = struct.unpack_from("=i", _asked(name, _SIOCGIFMTU))[0]
    return mtu


def interface_hardware_address(name: str) -> bytes:
    """The six bytes of its Ethernet address; zeros for a loopback."""
    return _asked(name, _SIOCGIFHWADDR)[2:8]


def interface_type(name: str) -> int:
    """What its frames begin with: ARPHRD_* of <linux/if_arp.h>."""
    kind: int = struct.unpack_from("=H", _asked(name, _SIOCGIFHWADDR))[0]
    return kind


def interface_warnings(name: str) -> list[str]:
    """Why an interface that is there would hear nothing."""
    flags = interface_flags(name)
    found = []
    if not flags & IFF_UP:
        found.append(f"interface {name} is down: ip link set {name} up")
    elif not flags & IFF_RUNNING:
        found.append(f"interface {name} is up, and has no carrier: is the cable in, and the other end up?")
    if not flags & (IFF_MULTICAST | IFF_LOOPBACK):
        found.append(f"interface {name} is not capable of multicast: ip link set {name} multicast on")
    return found


def interface_structure(name: str, request: int, structure: bytes) -> bytes:
    """What the kernel makes of a structure that a request only points to, as SIOCETHTOOL and SIOCSHWTSTAMP do."""
    place = ctypes.create_string_buffer(structure, len(structure))
    _asked(name, request, struct.pack("=Q", ctypes.addressof(place)))
    return place.raw


def _asked(name: str, request: int, union: bytes = b"") -> bytes:
    """The 24 bytes with which the kernel answers one of the requests above."""
    encoded = name.encode()
    if len(encoded) > _NAME_BYTES_MAXIMUM:
        raise OSError(f"interface {name!r}: a name has at most {_NAME_BYTES_MAXIMUM} bytes")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        answer = fcntl.ioctl(asking.fileno(), request, _REQUEST.pack(encoded, union))
    answered: bytes = _REQUEST.unpack(answer)[1]
    return answered
