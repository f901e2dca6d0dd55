"""One small pipeline of a feed, fed packet by packet from memory whose end may not be passed."""

from __future__ import annotations

import ctypes
import mmap
from typing import Any

import numpy

from feedhandler.core.loop import Exit
from feedhandler.core.reasons import Reason
from feedhandler.feed import Feed
from feedhandler.pipeline.pipeline import ChannelPlan, Pipeline
from feedhandler.pipeline.source import Route
from feedhandler.pipeline.state import Capacities, ChannelMemory
from feedhandler.receivers.memory import MemoryReceiver
from feedhandler.sessions import Session

PAGE = mmap.PAGESIZE
ROOM = 17 * PAGE
SMALL = Capacities(instruments=32, orders=256, levels=128, events=64, hold_packets=8, hold_packet_bytes=2048)


def packet_session(feed: Feed) -> Session:
    """The feed's first session that comes in packets."""
    return next(session for session in feed.sessions if session.packets)


class Guarded:
    """Memory whose end may not be passed: the page behind it cannot be read."""

    def __init__(self) -> None:
        self.pages = mmap.mmap(-1, ROOM + PAGE)
        self.bytes = numpy.frombuffer(self.pages, dtype=numpy.uint8)
        address = self.bytes.ctypes.data
        if ctypes.CDLL(None, use_errno=True).mprotect(ctypes.c_void_p(address + ROOM), PAGE, 0):
            raise OSError(ctypes.get_errno(), "mprotect")

    def receiver(self, payload: bytes) -> MemoryReceiver:
        """A receiver that lends one packet at the very end."""
        start = ROOM - len(payload)
        self.bytes[start:ROOM] = numpy.frombuffer(payload, dtype=numpy.uint8)
        return MemoryReceiver(self.bytes[:ROOM], [start], [len(payload)])


class Listening:
    """Wants every event of every channel."""

    events_minimum = 0
    depth_levels = 0

    def join(self, memory: ChannelMemory) -> None:
        memory.events.wanted = -1


class Stage:
    """A feed's pipeline of one channel, and its packets of one line. `listening`: events are kept in the rings."""

    def __init__(
        self, feed: Feed, variant: str, capacities: Capacities = SMALL, *, listening: bool = False
    ) -> None:
        self.session = packet_session(feed)
        plan = ChannelPlan("c", lines=(0,), capacities=capacities)
        self.pipeline = Pipeline("conformance", [Route(feed, variant, self.session)], channels=[plan],
                                 listeners=[Listening()] if listening else [])
        self._guarded = Guarded()

    @property
    def memory(self) -> ChannelMemory:
        """The channel; where packets name in-band streams, the last stream's, made with its first packet."""
        return self.pipeline.channels[-1]

    @property
    def expected(self) -> int:
        """The number of the next packet's first message."""
        return max(1, int(self.memory.sequencer.expected))

    def feed(self, payload: bytes) -> None:
        """Send one packet."""
        self.pipeline.receivers.clear()
        receiver = self._guarded.receiver(payload)
        receiver.open()
        self.pipeline.attach(receiver)
        if self.pipeline.run() is not Exit.ENDED:
            raise AssertionError("the pipeline left before its receiver ended")
        receiver.close()

    def reasons(self) -> dict[str, int]:
        """Everything that was counted, by name."""
        counted = self.memory.reasons()
        return {reason.name: int(counted[reason]) for reason in Reason if counted[reason]}

    def figures(self) -> dict[str, Any]:
        """What a run came to: the same for the same packets, compiled or not."""
        channel = self.memory.channel
        return {
            "messages": int(channel.message_count),
            "events": int(channel.event_count),
            "digest": f"{int(channel.digest) & (2**64 - 1):016x}",
            "reasons": self.reasons(),
        }
