"""What every feed must survive, in a process of its own: python -m feedhandler.conformance.stress FEED VARIANT ...

Messages are made from the feed's tables and sent through the generated pipeline in packets of its session: each once
as it should be, every prefix of each, then thousands of packets of which two in three are damaged. Each packet is
placed so that its last byte is the last before a page that may not be read. Prints what came of it, as JSON: a process
that faults prints nothing, and its exit code says how it ended.

Arguments: FEED VARIANT SEED PACKETS [CHECKPOINT], or FEED VARIANT FILE for packets of a file, each behind its length.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from feedhandler import plugins
from feedhandler.feed import BookKind, Feed
from feedhandler.pipeline.state import Capacities
from feedhandler.wire.testing import mutated

from .invariants import book_problems
from .stage import Stage
from .values import body_of

LENGTH = 4
LARGE = Capacities(instruments=1 << 14, orders=1 << 16, levels=1 << 16, events=64, hold_packets=64)


def run(feed: Feed, variant: str, seed: int, packets: int, checkpoint: int) -> dict[str, Any]:
    """Send that many packets; the figures at the checkpoint and at the end."""
    source = random.Random(seed)
    stage = Stage(feed, variant)
    make = stage.session.encode
    if make is None:
        raise AssertionError(f"session {stage.session.name} has no encoder: give its `Session` one (`encode`)")
    messages = list(feed.messages(variant))
    # Each message once, as it should be: none may be refused for its length or its type.
    clean = []
    for message in messages:
        clean.append(body_of(message, source))
        stage.feed(make(stage.expected, [clean[-1]]))
    # Values are drawn at random, so a handler may refuse one; a length or a type of the table's own may not be.
    refusals = ("MESSAGE_LENGTH", "MESSAGE_UNKNOWN", "PACKET")
    refused = {name: count for name, count in stage.reasons().items() if name.startswith(refusals)}
    # Every prefix of every message, framed as if it were whole.
    for body in clean:
        for length in range(1, len(body)):
            stage.feed(make(stage.expected, [body[:length]]))
    truncated = stage.reasons()
    # Packets of several messages, every third one damaged within a message, every third one anywhere.
    at_checkpoint: dict[str, Any] = {}
    for number in range(packets):
        if number == checkpoint:
            at_checkpoint = stage.figures()
        bodies = [body_of(source.choice(messages), source) for _ in range(source.randint(1, 5))]
        if number % 3 == 1:
            bodies[-1] = mutated(bodies[-1], source)[:500] or b"\0"
        payload = make(int(stage.memory.sequencer.expected), bodies)
        if number % 3 == 2:
            payload = mutated(payload, source)[:2000]
        if payload:
            stage.feed(payload)
    at_checkpoint = at_checkpoint or stage.figures()
    stage.pipeline.finish()
    problems = book_problems(stage.memory) if feed.book is BookKind.ORDERS else []
    return {
        "clean": refused,
        "truncated": truncated,
        "checkpoint": at_checkpoint,
        **stage.figures(),
        "problems": problems,
        "compiled_seconds": round(stage.pipeline.compiled_seconds, 1),
    }


def payloads(file: Path) -> Iterator[bytes]:
    """The packets of a file, each behind its length of four bytes, little-endian."""
    data, position = file.read_bytes(), 0
    while position < len(data):
        end = position + LENGTH + int.from_bytes(data[position : position + LENGTH], "little")
        yield data[position + LENGTH : end]
        position = end


def run_file(feed: Feed, variant: str, file: Path) -> dict[str, Any]:
    """Send the packets of a file; the figures."""
    stage = Stage(feed, variant, LARGE)
    for payload in payloads(file):
        stage.feed(payload)
    return stage.figures()


def main(arguments: list[str]) -> None:
    """Run what the command line says."""
    name, variant, first, *rest = arguments
    feed = plugins.feed(name)
    if not rest:
        print(json.dumps(run_file(feed, variant, Path(first))))
        return
    packets = int(rest[0])
    checkpoint = int(rest[1]) if len(rest) > 1 else packets
    print(json.dumps(run(feed, variant, int(first), packets, checkpoint)))


if __name__ == "__main__":
    main(sys.argv[1:])
