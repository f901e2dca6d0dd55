"""Libraries that stand in for those of cards that are not here: built once, loaded by a receiver, fed by a test."""

from __future__ import annotations

import ctypes
import functools
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from feedhandler.receivers.endpoints import Endpoint
from tests.receivers.loopback import free_group, free_port
from tests.replay.builders import ethernet, ipv4, udp

INTERFACE = "lo"
_FOLDER = Path(__file__).parent
_BUILT = tempfile.TemporaryDirectory(prefix="feedhandler-stand-ins-")
_HEADERS = _FOLDER.parents[1] / "feedhandler" / "receivers"


@functools.cache
def library(name: str) -> Path:
    """The shared library made of a C file beside this one."""
    built = Path(_BUILT.name) / f"{name}.so"
    compiler = os.environ.get("CC", "cc")
    source = _FOLDER / f"{name}.c"
    command = [compiler, "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", f"-I{_HEADERS}", "-o", str(built)]
    result = subprocess.run([*command, str(source)], capture_output=True, text=True, check=False)
    if result.returncode != 0 and "No such file" in result.stderr and "infiniband" in result.stderr:
        pytest.skip("no infiniband/verbs.h: the package libibverbs-dev has it")
    assert result.returncode == 0, result.stderr
    return built


def frame(payload: bytes, group: str, port: int, **shape: Any) -> bytes:
    """An Ethernet frame with a datagram to a group."""
    tags = shape.pop("tags", ())
    return ethernet(ipv4(udp(payload, port=port), destination=group, **shape), tags=tags)


class StandingInRig:
    """Two groups on one port of a card that is not there."""

    def __init__(self, kind: Any, card: Any, lines: Sequence[int], **options: Any) -> None:
        self.kind = kind
        self.card = card
        self.options = options
        self.port = free_port()
        self.groups = {line: free_group() for line in lines}
        self.endpoints = tuple(
            Endpoint(line, group, self.port, interface=INTERFACE) for line, group in self.groups.items()
        )

    def receiver(self, **options: Any) -> Any:
        return self.kind(self.endpoints, self.kind.Options(**{**self.options, **options}))

    def frames(self, line: int, payloads: Sequence[bytes]) -> list[bytes]:
        return [frame(payload, self.groups[line], self.port) for payload in payloads]

    def send(self, line: int, payloads: Sequence[bytes]) -> None:
        for one in self.frames(line, payloads):
            self.card.deliver(one)

    def send_astray(self, payloads: Sequence[bytes]) -> None:
        known = next(iter(self.groups.values()))
        for payload in payloads:
            self.card.deliver(frame(payload, "239.255.255.250", self.port))
            self.card.deliver(frame(payload, known, self.port + 1))


class StandingInCard:
    """One interface of a library that stands in."""

    def __init__(self, path: Path, interface: str = INTERFACE) -> None:
        self.path = path
        self.interface = interface.encode()
        self.calls = ctypes.CDLL(str(path))

    def deliver(self, data: bytes, time_ns: int = 0, reason: int = -1, flags: int = 1) -> int:
        """Let a frame arrive; 1: a buffer has it, 0: no filter lets it in, -1: no buffer was there."""
        found: int = self.calls.fake_deliver(
            self.interface, data, len(data), ctypes.c_int64(time_ns), ctypes.c_int(reason), ctypes.c_int(flags)
        )
        return found
