"""What receivers that take frames before the kernel's sockets do need of the kernel all the same.

A group must be joined, or the network does not send it and the card does not let it in: each multicast endpoint gets a
socket that holds its membership and nothing else. Frames are taken from one interface, so each must name its own.
Unicast endpoints stay with the kernel: a `SocketReceiver` has them (`replies.pxd`).
"""

from __future__ import annotations

import errno
import ipaddress
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from feedhandler.receivers.endpoints import Endpoint, EndpointError, interface_of, interface_type
from feedhandler.receivers.frames.trailers import KEYFRAME_PROTOCOL
from feedhandler.receivers.socket.udp import OpenedSocket, open_membership

ETHERNET = 1  # ARPHRD_ETHER and ARPHRD_LOOPBACK of <linux/if_arp.h>: both begin with an Ethernet header
LOOPBACK = 772


@dataclass
class Memberships:
    """The joined groups of a receiver, until `close`."""

    interfaces: list[str] = field(default_factory=list)
    """In the order of the endpoints that name them first."""
    heard: dict[str, list[tuple[int, Endpoint]]] = field(default_factory=dict)
    """By interface: its endpoints, with their places among all."""
    sockets: dict[int, OpenedSocket | None] = field(default_factory=dict)
    """By the endpoint's place: the socket that holds its membership, or None where the kernel has no interface that
    could join; nothing where the group was left."""

    @property
    def warnings(self) -> list[str]:
        """What would keep the groups from coming."""
        return [words for opened in self.sockets.values() if opened for words in opened.warnings]

    def close(self) -> None:
        """Leave all groups."""
        for opened in self.sockets.values():
            if opened is not None:
                opened.socket.close()
        self.sockets = {}

    def add(self, place: int, endpoint: Endpoint) -> str:
        """Join an endpoint's group; the interface that hears it. Raises `EndpointError`."""
        interface = interface_named(endpoint)
        self.sockets[place] = open_membership(endpoint)
        if interface not in self.heard:
            self.interfaces.append(interface)
            self.heard[interface] = []
        if (place, endpoint) not in self.heard[interface]:
            self.heard[interface].append((place, endpoint))
        return interface

    def leave(self, place: int) -> None:
        """Leave the group of one endpoint."""
        opened = self.sockets.pop(place)
        if opened is not None:
            opened.socket.close()

    def joined(self, interface: str) -> list[Endpoint]:
        """The endpoints of an interface whose groups are joined now."""
        return [endpoint for place, endpoint in self.heard[interface] if place in self.sockets]


def split(endpoints: Sequence[Endpoint]) -> tuple[list[Endpoint], list[Endpoint]]:
    """The multicast endpoints, and the unicast ones."""
    multicast = [endpoint for endpoint in endpoints if endpoint.multicast]
    return multicast, [endpoint for endpoint in endpoints if not endpoint.multicast]


def join(endpoints: Sequence[Endpoint]) -> Memberships:
    """Join the groups of multicast endpoints. Raises `EndpointError`; nothing stays joined then."""
    found = Memberships()
    try:
        for place, endpoint in enumerate(endpoints):
            found.add(place, endpoint)
    except BaseException:
        found.close()
        raise
    return found


def interface_named(endpoint: Endpoint) -> str:
    """The interface of an endpoint; `EndpointError` where it names none, or one without Ethernet frames."""
    if endpoint.interface is None:
        words = "frames are taken from one interface, and the line names none: interface: eth1"
        raise EndpointError(errno.ENODEV, f"{endpoint.text}: {words}")
    try:
        name = interface_of(endpoint.interface)
    except LookupError as error:
        raise EndpointError(errno.ENODEV, f"{endpoint.text}: {error.args[0]}") from error
    kind = interface_type(name)
    if kind not in (ETHERNET, LOOPBACK):
        raise EndpointError(
            errno.EOPNOTSUPP,
            f"{endpoint.text}: {name} has no Ethernet frames (its type is {kind}); the `socket` receiver can hear it",
        )
    return name


def address_number(address: str) -> int:
    """An IPv4 address in host order."""
    return int(ipaddress.IPv4Address(address))


# Classic BPF (<linux/filter.h>, <linux/bpf_common.h>): code, jump if true, jump if false, constant.
_INSTRUCTION = struct.Struct("=HBBI")
_LOAD_HALF = 0x28  # BPF_LD | BPF_H | BPF_ABS
_LOAD_BYTE = 0x30
_LOAD_WORD = 0x20
_LOAD_HALF_AT_X = 0x48  # BPF_LD | BPF_H | BPF_IND
_X_IS_HEADER_LENGTH = 0xB1  # BPF_LDX | BPF_B | BPF_MSH: 4 * (byte & 15)
_JUMP_EQUAL = 0x15
_JUMP_ANY_BIT = 0x45
_RETURN = 0x06
_INSTRUCTIONS_MAXIMUM = 4_096  # BPF_MAXINSNS
_WHOLE = 0x40000


def packet_filter(endpoints: Sequence[Endpoint], keyframes: bool = False) -> bytes:
    """A classic BPF program that lets in the endpoints' datagrams, whole, from an Ethernet frame.

    Frames that still carry a VLAN tag, and those with a switch's time before their own type (0xD28B), are let in too,
    and judged by the receiver's own walk: the kernel takes the outer tag off before the program runs. Fragments are
    never let in (RFC 791, section 3.2): the kernel's sockets get them. keyframes: those of `trailer.pxd` are let in.
    """
    keys = sorted({(address_number(endpoint.group), endpoint.port) for endpoint in endpoints})
    code: list[tuple[int, int, int, int]] = [
        (_LOAD_HALF, 0, 0, 12),
        (_JUMP_EQUAL, 5, 0, 0x0800),
        (_JUMP_EQUAL, 3, 0, 0x8100),
        (_JUMP_EQUAL, 2, 0, 0x88A8),
        (_JUMP_EQUAL, 1, 0, 0xD28B),
        (_RETURN, 0, 0, 0),
        (_RETURN, 0, 0, _WHOLE),
        (_LOAD_BYTE, 0, 0, 23),
        (_JUMP_EQUAL, 3, 0, 17),
        (_JUMP_EQUAL, 0, 1, KEYFRAME_PROTOCOL),
        (_RETURN, 0, 0, _WHOLE if keyframes else 0),
        (_RETURN, 0, 0, 0),
        (_LOAD_HALF, 0, 0, 20),
        (_JUMP_ANY_BIT, 0, 1, 0x3FFF),
        (_RETURN, 0, 0, 0),
        (_X_IS_HEADER_LENGTH, 0, 0, 14),
    ]
    for group, port in keys:
        code += [
            (_LOAD_WORD, 0, 0, 30),
            (_JUMP_EQUAL, 0, 3, group),
            (_LOAD_HALF_AT_X, 0, 0, 16),
            (_JUMP_EQUAL, 0, 1, port),
            (_RETURN, 0, 0, _WHOLE),
        ]
    code.append((_RETURN, 0, 0, 0))
    if len(code) > _INSTRUCTIONS_MAXIMUM:
        fitting = (_INSTRUCTIONS_MAXIMUM - 17) // 5
        raise ValueError(f"{len(keys)} groups on one interface; the kernel's filter has room for {fitting}")
    return b"".join(_INSTRUCTION.pack(*instruction) for instruction in code)
