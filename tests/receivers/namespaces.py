"""Networks that a test makes for itself: a namespace of its own thread, with a pair of virtual Ethernet cards in it.

A namespace belongs to a thread (unshare(2)), so a test that runs in a thread of its own can have one, sees no
interface of the machine in it, and leaves nothing behind: it is gone with the thread and the last socket. What is sent
on one card of the pair is received by the other. Frames are made here byte by byte, so that also wrong ones can be
sent.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from feedhandler.receivers.endpoints import Endpoint, interface_hardware_address
from tests.receivers.polling import WAIT_SECONDS

CLONE_NEWNET = 0x4000_0000
NEAR, FAR = "feed0", "feed1"
"""The card that the receiver hears, and the one that the test sends from."""
NEAR_ADDRESS, FAR_ADDRESS = "10.77.0.1", "10.77.0.2"
PORT = 26_477

_LIBRARY = ctypes.CDLL(None, use_errno=True)


def run_in_namespace(test: Callable[[], Any]) -> None:
    """Run a test in a thread with a network of its own; skip it, with the errno, where that is not permitted."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            if _LIBRARY.unshare(CLONE_NEWNET) != 0:
                number = ctypes.get_errno()
                pytest.skip(f"no network namespace: unshare failed with errno {number} ({os.strerror(number)})")
            if shutil.which("ip") is None:
                pytest.skip("no ip command: the package iproute2 has it")
            ip("link", "set", "lo", "up")
            test()
        except BaseException as error:  # noqa: BLE001, raised again in the test's own thread
            raised.append(error)

    thread = threading.Thread(target=run, name="namespace")
    thread.start()
    thread.join()
    if raised:
        raise raised[0]


def ip(*arguments: str) -> str:
    """The ip command, in the namespace of the calling thread."""
    result = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"ip {' '.join(arguments)}: {result.stderr}"
    return result.stdout


def setting(name: str, value: int) -> None:
    """A sysctl of this namespace; the kernel answers by the thread that asks."""
    Path("/proc/sys/net", name).write_text(str(value))


@contextmanager
def cards(mtu: int = 1_500, queues: int = 1) -> Iterator[socket.socket]:
    """A pair of cards with addresses, in this namespace; the socket sends whole frames from the far one."""
    with_queues = ("numrxqueues", str(queues), "numtxqueues", str(queues))
    # The kernel's own chatter would be among the frames: no IPv6, whose stack greets each card that comes up.
    setting("ipv6/conf/default/disable_ipv6", 1)
    ip("link", "add", NEAR, *with_queues, "type", "veth", "peer", "name", FAR, *with_queues)
    for name, address in ((NEAR, NEAR_ADDRESS), (FAR, FAR_ADDRESS)):
        ip("link", "set", name, "mtu", str(mtu), "up")
        ip("address", "add", f"{address}/24", "dev", name)
        # Both ends are this machine: its own address as a sender is no martian here.
        setting(f"ipv4/conf/{name}/accept_local", 1)
        setting(f"ipv4/conf/{name}/rp_filter", 0)
    setting("ipv4/conf/all/rp_filter", 0)
    try:
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sending:
            sending.bind((FAR, 0))
            yield sending
    finally:
        ip("link", "delete", NEAR)


def checksum(data: bytes) -> int:
    """Of an IPv4 or IGMP header (RFC 1071)."""
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def datagram(
    payload: bytes,
    group: str,
    port: int = PORT,
    *,
    source: str = FAR_ADDRESS,
    tags: Sequence[int] = (),
    options: bytes = b"",
    fragment: int = 0x4000,
    protocol: int = 17,
    udp_length: int | None = None,
    ip_length: int | None = None,
    trailer: bytes = b"",
) -> bytes:
    """An Ethernet frame with a UDP datagram to a multicast group or to the near card; right unless told otherwise."""
    length = 8 + len(payload)
    body = struct.pack(">HHHH", 30_000, port, length if udp_length is None else udp_length, 0) + payload
    total = 20 + len(options) + length if ip_length is None else ip_length
    destination = socket.inet_aton(group)
    head = struct.pack(">BBHHHBBH", 0x45 + len(options) // 4, 0, total, 0, fragment, 1, protocol, 0)
    head += socket.inet_aton(source) + destination + options
    head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
    if destination[0] & 0xF0 == 0xE0:
        to = b"\x01\x00\x5e" + bytes([destination[1] & 0x7F]) + destination[2:]
    else:
        to = interface_hardware_address(NEAR)
    tagged = b"".join(struct.pack(">HH", tag, 100) for tag in tags)
    frame = to + interface_hardware_address(FAR) + tagged + b"\x08\x00" + head + body
    return frame.ljust(60, b"\0") + trailer


def send_frames(sending: socket.socket, frames: Sequence[bytes]) -> None:
    for frame in frames:
        sending.send(frame)


TOGETHER = 64
"""Frames that are sent before the other card has them: its driver has room for 256 between the two."""


def received_frames(interface: str) -> int:
    """How many frames an interface has received, whoever got them."""
    for row in Path("/proc/thread-self/net/dev").read_text().splitlines():
        name, _, figures = row.partition(":")
        if name.strip() == interface:
            return int(figures.split()[1])
    raise LookupError(interface)


def wait_until(happened: Callable[[], bool], what: str) -> None:
    """Wait for something that comes within milliseconds; the test fails where it does not."""
    limit = time.monotonic() + WAIT_SECONDS
    while not happened():
        assert time.monotonic() < limit, f"{what}: not within {WAIT_SECONDS} s"


class CardsRig:
    """Two groups on one port of the near card."""

    def __init__(self, kind: Any, lines: Sequence[int], sending: socket.socket, **options: Any) -> None:
        self.kind = kind
        self.sending = sending
        self.options = options
        self.groups = {line: f"239.7.0.{line}" for line in lines}
        self.endpoints = tuple(Endpoint(line, group, PORT, interface=NEAR) for line, group in self.groups.items())

    def receiver(self, **options: Any) -> Any:
        return self.kind(self.endpoints, self.kind.Options(**{**self.options, **options}))

    def send(self, line: int, payloads: Sequence[bytes]) -> None:
        for first in range(0, len(payloads), TOGETHER):
            some = payloads[first : first + TOGETHER]
            expected = received_frames(NEAR) + len(some)
            send_frames(self.sending, [datagram(payload, self.groups[line]) for payload in some])
            wait_until(lambda expected=expected: received_frames(NEAR) >= expected, f"{len(some)} frames arrive")

    def send_astray(self, payloads: Sequence[bytes]) -> None:
        known = next(iter(self.groups.values()))
        for payload in payloads:
            send_frames(self.sending, [datagram(payload, "239.7.0.250"), datagram(payload, known, PORT + 1)])
