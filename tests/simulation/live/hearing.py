"""Sockets that hear a live venue on the loopback interface."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Self

from tests.receivers.loopback import LOOPBACK, free_group, free_port

LONG = 30.0  #: seconds that nothing here takes


def two_lines() -> list[tuple[str, int]]:
    """Two groups of this test alone."""
    port = free_port()
    return [(free_group(), port), (free_group(), port)]


class Ears:
    """One joined socket for each line."""

    def __init__(self, lines: Sequence[tuple[str, int]]) -> None:
        self._lines = lines
        self._stack = ExitStack()
        self._sockets: list[socket.socket] = []

    def __enter__(self) -> Self:
        for group, port in self._lines:
            made = self._stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
            made.bind((group, port))
            membership = socket.inet_aton(group) + socket.inet_aton(LOOPBACK)
            made.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
            made.settimeout(LONG)
            self._sockets.append(made)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def heard(self, line: int) -> list[bytes]:
        """Everything on a line until the session's end was said."""
        found = []
        deadline = time.monotonic() + LONG
        while time.monotonic() < deadline:
            found.append(self._sockets[line].recv(65_535))
            if sequence_and_count(found[-1])[1] == 0xFFFF:
                return found
        raise TimeoutError(f"the session's end did not come on line {line} within {LONG} s")


def sequence_and_count(payload: bytes) -> tuple[int, int]:
    found: tuple[int, int] = struct.unpack_from(">QH", payload, 10)
    return found
