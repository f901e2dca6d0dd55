"""A scene in virtual time: a channel on a stage, the cold side beside it, and servers that answer as told.

The pipeline is the real one, fed from memory; the cold side is stepped whenever it asked to be. Nothing waits.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from typing import Any

from feedhandler.pipeline.state import Capacities, Limits
from feedhandler.recovery.alarms import Alarm
from feedhandler.recovery.figures import RecoveryFigures
from feedhandler.recovery.options import RetransmissionModel
from feedhandler.recovery.recovery import Recovery
from feedhandler.sessions.moldudp64_requests import RETRANSMISSION
from tests.stage import LIMITS, SMALL, Stage
from tests.streams import MILLISECOND, Sent, packet

A, B, REPLIES = 0, 1, 2
SERVERS = (("10.0.0.1", 1001), ("10.0.0.2", 1002))

Answer = Callable[["Scene", int, int], Sequence[tuple[int, bytes]]]
"""What a server sends for (first, count): packets and how much later each comes."""


def options(**named: Any) -> RetransmissionModel:
    """Both servers, and what a test is about."""
    servers = [{"address": address, "port": port} for address, port in SERVERS]
    return RetransmissionModel.model_validate(
        {"servers": servers, "retry_after": "3ms", "requests_per_second": 1_000, **named}
    )


class Scene:
    """`messages` are the venue's, numbered from 1; `answers`: a server's each, the last for all further."""

    def __init__(
        self,
        messages: Sequence[bytes],
        *answers: Answer,
        asking: RetransmissionModel | None = None,
        limits: Limits = LIMITS,
        capacities: Capacities = SMALL,
    ) -> None:
        self.messages = messages
        self.stage = Stage(lines=2, replies=True, limits=limits, capacities=capacities)
        self.now = 0
        self.asked: list[tuple[int, int, int, int]] = []  #: time, server, first, count
        self.alarms: list[Alarm] = []
        self.failures: list[tuple[str, Exception]] = []
        self._answers = answers
        self._coming: list[tuple[int, int, Sent]] = []
        self._number = 0
        self._cold_at = 0
        self._ticked_at = 0
        self.recovery = Recovery(
            alarm=self.alarms.append,
            failed=lambda channel, error: self.failures.append((channel, error)),
            clock=lambda: self.now,
        )
        self.recovery.watch(self.stage.memory, RETRANSMISSION, asking or options(), self._send)

    @property
    def figures(self) -> RecoveryFigures:
        found = self.recovery.figures["channel"]
        assert found.accounted, found
        return found

    def payload(self, first: int, last: int | None = None, **named: str) -> bytes:
        """The packet of messages `first` to `last`."""
        return packet(first, self.messages[first - 1 : last or first], **named)

    def come(self, line: int, at: int, payload: bytes) -> None:
        """Let a packet come."""
        self._number += 1
        heapq.heappush(self._coming, (at, self._number, Sent(payload, line, at)))

    def _send(self, datagram: bytes, address: tuple[str, int]) -> None:
        request = RETRANSMISSION.request_read(datagram)
        assert request is not None
        server = SERVERS.index(address)
        self.asked.append((self.now, server, request.first, request.message_count))
        answer = self._answers[min(server, len(self._answers) - 1)]
        for later, payload in answer(self, request.first, request.message_count):
            self.come(REPLIES, self.now + later, payload)

    def until(self, end: int) -> Scene:
        """Let time pass, with everything that comes meanwhile."""
        while True:
            comes = self._coming[0][0] if self._coming else end + 1
            ticks = max(int(self.stage.sequencer.deadline_ns), self._ticked_at + 1)
            moment = min(comes, ticks, self._cold_at)
            if moment > end:
                break
            self.now = max(self.now, moment)
            if comes <= self.now:
                self.stage.feed(heapq.heappop(self._coming)[2])
            elif self._cold_at <= self.now:
                self._cold_at = self.now + self.recovery.step()
            else:
                self.stage.wait(self.now)
                self._ticked_at = self.now
        self.now = end
        return self


def whole(scene: Scene, first: int, count: int) -> list[tuple[int, bytes]]:
    """All that was asked for in one packet, half a millisecond later."""
    return [(MILLISECOND // 2, scene.payload(first, first + count - 1))]


def at_most(messages: int, later: int = MILLISECOND // 2) -> Answer:
    """One packet with as much as fits."""

    def answer(scene: Scene, first: int, count: int) -> list[tuple[int, bytes]]:
        return [(later, scene.payload(first, first + min(count, messages) - 1))]

    return answer


def streamed(messages: int, apart: int = MILLISECOND // 10) -> Answer:
    """Packet after packet until all was sent."""

    def answer(scene: Scene, first: int, count: int) -> list[tuple[int, bytes]]:
        starts = range(first, first + count, messages)
        return [
            (MILLISECOND // 2 + number * apart, scene.payload(start, min(start + messages, first + count) - 1))
            for number, start in enumerate(starts)
        ]

    return answer


def silent(_scene: Scene, _first: int, _count: int) -> list[tuple[int, bytes]]:
    """Nothing."""
    return []


def refusing(_scene: Scene, _first: int, _count: int) -> list[tuple[int, bytes]]:
    """The datagram cannot even be sent."""
    raise OSError(101, "Network is unreachable")
