"""What every feed must survive, in a process of its own: python -m tests.feeds.conformance FEED VARIANT SEED PACKETS.

Messages are made from the feed's tables with values that often meet (few instruments, references and prices), sent
through the generated pipeline in packets of its session, some of them mutated, each placed so that its last byte is the
last before a page that may not be read. Prints what came of it, as JSON.
"""

from __future__ import annotations

import ctypes
import json
import mmap
import random
import sys
from typing import Any

import numpy

from feedhandler import plugins
from feedhandler.core.loop import Exit
from feedhandler.feed import BookKind, Feed
from feedhandler.pipeline.pipeline import ChannelPlan, Pipeline
from feedhandler.pipeline.source import Route
from feedhandler.pipeline.state import Capacities
from feedhandler.receivers.memory import MemoryReceiver
from feedhandler.wire.fields import FieldType
from feedhandler.wire.message import MessageLayout
from feedhandler.wire.parts import BlockType, GroupPart
from feedhandler.wire.testing import mutated
from tests.feeds.session_packets import PACKETS
from tests.invariants import book_problems

PAGE = mmap.PAGESIZE
ROOM = 16 * PAGE
SMALL = Capacities(instruments=32, orders=256, levels=128, events=64, hold_packets=8, hold_packet_bytes=2048)
TEXTS = ("A", "B", "AAPL", "ZVZZT")


def value_of(kind: FieldType, source: random.Random) -> Any:
    """A value that other messages are likely to have, too."""
    if isinstance(kind, BlockType):
        return {name: value_of(place.type, source) for name, place in kind.table.fields.items()}
    if kind.names and kind.kind != "flags" and source.random() < 0.9:
        raw = source.choice(kind.names)[0]
        order = "big" if kind.scalar.big_endian or kind.is_text else "little"
        return kind.decode(raw.to_bytes(kind.size, order))  # type: ignore[arg-type]
    if kind.kind == "reserved":
        return ""
    if kind.is_text:
        return source.choice(TEXTS)[: kind.size]
    if kind.kind == "double":
        return source.choice((1.0, 2.5, 0.0005, source.random(), None))
    if kind.kind == "price":
        return source.randint(1, 6) * 100
    bits = 8 * kind.size - (1 if kind.scalar.signed else 0)
    return source.choice((source.randint(0, 9), source.randint(0, 9), source.randint(0, 9), (1 << bits) - 1))


def values_of(message: MessageLayout, source: random.Random) -> dict[str, Any]:
    """The values of every field that an encoder does not fill in."""
    derived = {name for tail in message.tails.values() for name in tail.derived} | {message.family.whole}
    found = {
        name: value_of(place.type, source)
        for name, place in message.fields.items()
        if name not in message.filled and name not in derived
    }
    for name, tail in message.tails.items():
        if isinstance(tail, GroupPart):
            entries = [values_of(tail.entry, source) for _ in range(source.randint(0, 3))]
            found[name] = (entries or [None])[0] if tail.mask else entries
        else:
            found[name] = "text" if getattr(tail, "text", None) else b"bytes"
    return found


class Guarded:
    """Memory whose end may not be passed."""

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


def run(feed: Feed, variant: str, seed: int, packets: int) -> dict[str, Any]:
    """Send that many packets; what came of it."""
    source = random.Random(seed)
    session = next(session for session in feed.sessions if session.packets)
    plan = ChannelPlan("c", lines=(0,), capacities=SMALL)
    pipeline = Pipeline("conformance", [Route(feed, variant, session)], channels=[plan])
    make, guarded = PACKETS[session.name], Guarded()
    messages = list(feed.messages(variant))

    def feed_in(payload: bytes) -> None:
        pipeline.receivers.clear()
        receiver = guarded.receiver(payload)
        receiver.open()
        pipeline.attach(receiver)
        if pipeline.run() is not Exit.ENDED:
            raise AssertionError("the pipeline left before its receiver ended")
        receiver.close()

    def expected() -> int:
        return int(pipeline.channels[-1].sequencer.expected)

    # Each message once, as it should be: none may be refused for its length or its type.
    clean = []
    for message in messages:
        body = message.encode(**values_of(message, source))
        clean.append(body)
        feed_in(make(expected() if len(clean) > 1 else 1, [body]))
    # Where packets name in-band streams, the stream's channel was made with the first of them.
    memory = pipeline.channels[-1]
    # Values are drawn at random, so a handler may refuse one; a length or a type of the table's own may not be.
    refusals = ("MESSAGE_LENGTH", "MESSAGE_UNKNOWN", "PACKET")
    after_clean = {name: count for name, count in reasons_of(memory).items() if name.startswith(refusals)}
    # Every prefix of every message, framed as if it were whole.
    for body in clean:
        for length in range(1, len(body)):
            feed_in(make(expected(), [body[:length]]))
    # Packets of several messages, every third one damaged.
    for number in range(packets):
        bodies = [
            (chosen := source.choice(messages)).encode(**values_of(chosen, source)) for _ in range(source.randint(1, 5))
        ]
        if number % 3 == 1:
            bodies[-1] = mutated(bodies[-1], source)[:500] or b"\0"
        payload = make(int(memory.sequencer.expected), bodies)
        if number % 3 == 2:
            payload = mutated(payload, source)[:2000]
        if payload:
            feed_in(payload)
    pipeline.finish()
    return {
        "clean": after_clean,
        "messages": int(memory.channel.message_count),
        "events": int(memory.channel.event_count),
        "digest": f"{int(memory.channel.digest) & (2**64 - 1):016x}",
        "reasons": reasons_of(memory),
        "problems": book_problems(memory) if feed.book is BookKind.ORDERS else [],
        "compiled_seconds": round(pipeline.compiled_seconds, 1),
    }


def reasons_of(memory: Any) -> dict[str, int]:
    from feedhandler.core.reasons import Reason

    counted = memory.reasons()
    return {reason.name: int(counted[reason]) for reason in Reason if counted[reason]}


if __name__ == "__main__":
    name, variant, seed, packets = sys.argv[1:]
    print(json.dumps(run(plugins.feed(name), variant, int(seed), int(packets))))
