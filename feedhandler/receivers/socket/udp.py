"""UDP sockets of receivers: made, bound, joined to their group, with the receive buffer that was wished.

One socket a group, bound to group and port, so that other groups of the same port never get in; `IP_MULTICAST_ALL` is
off, so that groups joined by other processes do not either (ip(7)). `SO_REUSEADDR` lets two processes hear one group.
All of it goes through the C library, so that what replaces its sockets (Onload, VMA, XLIO) sees every call.

An error is an `EndpointError` that names line, group, port and interface, and says what would mend it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from feedhandler.receivers.endpoints import (
    Endpoint,
    EndpointError,
    interface_address,
    interface_index,
    interface_of,
    interface_structure,
    interface_warnings,
)
from feedhandler.units import size_text

# Of <asm-generic/socket.h>, <linux/in.h> and <linux/sock_diag.h>; the module `socket` does not have them all.
IP_MULTICAST_ALL = 49
IP_ADD_MEMBERSHIP = 35
IP_DROP_MEMBERSHIP = 36
IP_ADD_SOURCE_MEMBERSHIP = 39
IP_DROP_SOURCE_MEMBERSHIP = 40
SO_RCVBUFFORCE = 33
SO_RXQ_OVFL = 40
SO_TIMESTAMPNS = 35
SO_TIMESTAMPING = 37
STAMPS_OF_KERNEL_AND_CARD = 1 << 2 | 1 << 3 | 1 << 4 | 1 << 6
"""SOF_TIMESTAMPING_RX_HARDWARE, RX_SOFTWARE, SOFTWARE and RAW_HARDWARE of <linux/net_tstamp.h>."""

_SIOCSHWTSTAMP = 0x89B0
_SIOCGHWTSTAMP = 0x89B1
_STAMP_ALL = 1  # HWTSTAMP_FILTER_ALL

_ANY = "0.0.0.0"


@dataclass
class OpenedSocket:
    """A socket, what was really obtained for it, and what is not as wished."""

    socket: socket.socket
    receive_buffer: int = 0
    """Bytes, counted as they were asked for: the kernel sets aside twice as many (socket(7))."""
    interface: str | None = None
    warnings: list[str] = field(default_factory=list)


def open_udp_socket(
    endpoint: Endpoint, receive_buffer: int, settings: Sequence[tuple[int, int]] = ()
) -> OpenedSocket:
    """A non-blocking socket that hears the endpoint. Raises `EndpointError`.

    settings: options of SOL_SOCKET and their values, set before the first datagram can come.
    """
    try:
        opened = OpenedSocket(socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK))
    except OSError as error:
        raise _refused(endpoint, "no socket", error, _mend_of(error, endpoint)) from error
    try:
        _set_up(opened, endpoint, receive_buffer, settings)
    except BaseException:
        opened.socket.close()
        raise
    return opened


def open_membership(endpoint: Endpoint) -> OpenedSocket:
    """A socket that only holds an endpoint's membership, so that the network sends the group and the card lets it in.

    For receivers that take frames before the kernel's sockets do. It is bound to no port, so nothing is queued for it.
    """
    opened = OpenedSocket(socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK))
    try:
        opened.socket.setsockopt(socket.IPPROTO_IP, IP_MULTICAST_ALL, 0)
        _find_interface(opened, endpoint)
        if endpoint.multicast:
            _join(opened, endpoint)
    except BaseException:
        opened.socket.close()
        raise
    return opened


def join_again(opened: OpenedSocket, endpoint: Endpoint) -> None:
    """Ask for an endpoint's group again, on a socket that has left it. Raises `EndpointError`."""
    _join(opened, endpoint)


def leave(opened: OpenedSocket, endpoint: Endpoint) -> None:
    """Give an endpoint's group up; the socket stays as it is and hears nothing more."""
    group = socket.inet_aton(endpoint.group)
    if endpoint.source is None:
        number = interface_index(opened.interface) if opened.interface else 0
        request = struct.pack("=4s4si", group, bytes(4), number)
        opened.socket.setsockopt(socket.IPPROTO_IP, IP_DROP_MEMBERSHIP, request)
    else:
        address = (interface_address(opened.interface) if opened.interface else None) or _ANY
        request = group + socket.inet_aton(address) + socket.inet_aton(endpoint.source)
        opened.socket.setsockopt(socket.IPPROTO_IP, IP_DROP_SOURCE_MEMBERSHIP, request)


def stamp_in_hardware(interface: str) -> str | None:
    """Tell a card to stamp every frame that it receives; None, or why it does not."""
    try:
        _stamp_settings(interface, _SIOCSHWTSTAMP, _STAMP_ALL)
    except PermissionError:
        return f"{interface} was not told to stamp frames: it needs the capability CAP_NET_ADMIN"
    except OSError as error:
        return f"{interface} does not stamp frames: {error.strerror}; the kernel's stamps are used alone"
    return None


def stamps_in_hardware(interface: str) -> bool:
    """Whether a card was told to stamp frames that it receives, by whomever."""
    try:
        return _stamp_settings(interface, _SIOCGHWTSTAMP, 0) != 0
    except OSError:
        return False


def _stamp_settings(interface: str, request: int, received: int) -> int:
    """Which received frames a card stamps, by its answer: HWTSTAMP_FILTER_* of <linux/net_tstamp.h>."""
    answer: int = struct.unpack("=3i", interface_structure(interface, request, struct.pack("=3i", 0, 0, received)))[2]
    return answer


def _set_up(
    opened: OpenedSocket, endpoint: Endpoint, receive_buffer: int, settings: Sequence[tuple[int, int]]
) -> None:
    sock = opened.socket
    _find_interface(opened, endpoint)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.IPPROTO_IP, IP_MULTICAST_ALL, 0)
    _set_receive_buffer(opened, endpoint, receive_buffer)
    for option, value in settings:
        sock.setsockopt(socket.SOL_SOCKET, option, value)
    address = endpoint.group or (opened.interface and interface_address(opened.interface)) or _ANY
    try:
        sock.bind((address, endpoint.port))
    except OSError as error:
        what = f"cannot be bound to {address}:{endpoint.port}"
        raise _refused(endpoint, what, error, _mend_of(error, endpoint)) from error
    if endpoint.multicast:
        _join(opened, endpoint)


def _find_interface(opened: OpenedSocket, endpoint: Endpoint) -> None:
    if endpoint.interface is None:
        return
    try:
        opened.interface = interface_of(endpoint.interface)
    except LookupError as error:
        raise EndpointError(errno.ENODEV, f"{endpoint.text}: {error.args[0]}") from error
    if endpoint.multicast:
        opened.warnings += [f"{endpoint.text}: {words}" for words in interface_warnings(opened.interface)]


def _join(opened: OpenedSocket, endpoint: Endpoint) -> None:
    """Ask for the group: from any sender by interface number, from one sender by the interface's address (ip(7))."""
    group = socket.inet_aton(endpoint.group)
    try:
        if endpoint.source is None:
            number = interface_index(opened.interface) if opened.interface else 0
            request = struct.pack("=4s4si", group, bytes(4), number)
            opened.socket.setsockopt(socket.IPPROTO_IP, IP_ADD_MEMBERSHIP, request)
        else:
            address = interface_address(opened.interface) if opened.interface else _ANY
            if address is None:
                raise EndpointError(
                    errno.EADDRNOTAVAIL,
                    f"{endpoint.text}: a source is joined by the interface's address, and {opened.interface} has none: "
                    f"ip address add ADDRESS/PREFIX dev {opened.interface}",
                )
            request = group + socket.inet_aton(address) + socket.inet_aton(endpoint.source)
            opened.socket.setsockopt(socket.IPPROTO_IP, IP_ADD_SOURCE_MEMBERSHIP, request)
    except EndpointError:
        raise
    except OSError as error:
        raise _refused(endpoint, "cannot join the group", error, _mend_of(error, endpoint)) from error


def _set_receive_buffer(opened: OpenedSocket, endpoint: Endpoint, wished: int) -> None:
    sock = opened.socket
    with contextlib.suppress(PermissionError):  # without CAP_NET_ADMIN: as much as net.core.rmem_max lets us
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, wished)
    opened.receive_buffer = sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2
    if opened.receive_buffer < wished:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, wished)
        opened.receive_buffer = sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2
    if opened.receive_buffer < wished:
        opened.warnings.append(
            f"{endpoint.text}: the receive buffer is {size_text(opened.receive_buffer)}, and {size_text(wished)} was "
            f"wished: sysctl -w net.core.rmem_max={wished}, or the capability CAP_NET_ADMIN"
        )


def _refused(endpoint: Endpoint, what: str, error: OSError, mend: str) -> EndpointError:
    number = error.errno or errno.EIO
    return EndpointError(number, f"{endpoint.text}: {what}: {os.strerror(number)}{mend}")


def _mend_of(error: OSError, endpoint: Endpoint) -> str:
    """What would help, for the errors that have a usual reason."""
    mends = {
        errno.EADDRINUSE: "; another process holds the port and does not share it (SO_REUSEADDR): "
        f"ss -lunp sport = :{endpoint.port} says which",
        errno.EADDRNOTAVAIL: "; no interface has this address: ip -4 address shows those that there are",
        errno.EACCES: "; ports below 1024 need CAP_NET_BIND_SERVICE",
        errno.ENODEV: "; no route leads to the group: name the line's interface",
        errno.ENOBUFS: "; one socket has too many memberships: sysctl -w net.ipv4.igmp_max_memberships=256",
        errno.EMFILE: "; too many files are open: ulimit -n says how many may be",
    }
    return mends.get(error.errno or 0, "")
