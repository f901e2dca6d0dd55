"""Multicast and unicast on the loopback interface, TTL 0, for tests: nothing leaves the machine."""

from __future__ import annotations

import itertools
import os
import socket
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from feedhandler.receivers.endpoints import Endpoint

LOOPBACK = "127.0.0.1"
_NUMBERS = itertools.count()


def free_port() -> int:
    """A UDP port that nobody holds now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("", 0))
        port: int = probe.getsockname()[1]
        return port


def free_group() -> str:
    """A multicast group of this test alone, in the administratively scoped block (RFC 2365)."""
    number = (os.getpid() << 10) + next(_NUMBERS)
    return f"239.255.{number >> 8 & 0xFF}.{number & 0xFF}"


@contextmanager
def sender(interface: str = LOOPBACK, bind: str | None = None) -> Iterator[socket.socket]:
    """A socket that sends multicast on the loopback interface only."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(interface))
        made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 0)
        made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
        if bind is not None:
            made.bind((bind, 0))
        yield made


def send_all(sending: socket.socket, payloads: Sequence[bytes], address: tuple[str, int]) -> None:
    for payload in payloads:
        sending.sendto(payload, address)


def membership_count(group: str, interface: str = "lo") -> int:
    """How many sockets of this network hear a group on an interface, as the kernel counts them."""
    wanted = struct.unpack("=I", socket.inet_aton(group))[0]
    inside = False
    with open("/proc/thread-self/net/igmp") as table:
        for row in table:
            words = row.split()
            if row[0].isdigit():
                inside = words[1] == interface
            elif inside and words and words[0] == f"{wanted:08X}":
                return int(words[1])
    return 0


class LoopbackRig:
    """Two groups on one port of the loopback interface."""

    def __init__(self, kind: Any, lines: Sequence[int], sending: socket.socket) -> None:
        self.kind = kind
        self.sending = sending
        port = free_port()
        self.endpoints = tuple(Endpoint(line, free_group(), port, interface="lo") for line in lines)
        self.astray = (free_group(), port)

    def receiver(self, **options: Any) -> Any:
        return self.kind(self.endpoints, self.kind.Options(**options))

    def send(self, line: int, payloads: Sequence[bytes]) -> None:
        (endpoint,) = (one for one in self.endpoints if one.line == line)
        send_all(self.sending, payloads, (endpoint.group, endpoint.port))

    def send_astray(self, payloads: Sequence[bytes]) -> None:
        send_all(self.sending, payloads, self.astray)
        send_all(self.sending, payloads, (self.endpoints[0].group, free_port()))
