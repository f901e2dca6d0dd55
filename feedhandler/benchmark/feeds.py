"""What each feed costs: `python -m feedhandler.benchmark.feeds [FEED ...]`, or `make bench-feeds`.

The same made-up flow (orders, levels or quotes, `flow.py`) in every feed's own messages, encoded from its tables and
packed by its session, eight messages a packet. Two figures a feed: decoding alone (every field of every message and of
the entries of its groups, folded into one number) and the whole pipeline to books. Runs of the feeds are interleaved,
so that a neighbour's noise falls on all of them alike; what is compared is the ratio to ITCH, per message.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from feedhandler import plugins
from feedhandler.core.frames import Frame
from feedhandler.core.memory import Region
from feedhandler.core.reasons import Reason
from feedhandler.pipeline.pipeline import ChannelPlan, Pipeline
from feedhandler.pipeline.source import Route
from feedhandler.pipeline.state import Capacities
from feedhandler.receivers.memory import MemoryReceiver
from feedhandler.sessions import Numbering

from .decoding import Decoding
from .flow import Flow
from .machine import machine
from .suite import spread

MESSAGES = 200_000
MESSAGES_PER_PACKET = 8
RUNS = 5
YARDSTICK = "nasdaq_itch50"
TARGET = 2.5
"""No feed should cost more than so many times the yardstick, for messages of like size."""
ROOM = Capacities(instruments=1024, orders=1 << 15, levels=1 << 15, events=1024, prefault=True)


class RefusedError(RuntimeError):
    """A message of the flow was refused: figures of a pipeline that goes wrong mean nothing."""


@dataclass
class Case:
    """One feed with its packets in memory, and what was measured."""

    name: str
    messages: int = MESSAGES
    decode_ns: list[float] = field(default_factory=list)
    book_ns: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.feed = plugins.feed(self.name)
        self.variant = self.feed.default_variant
        self.session = next(session for session in self.feed.sessions if session.packets)
        self.packets = list(self._packets())
        self.lengths = [len(packet) for packet in self.packets]
        self.offsets = list(accumulate(self.lengths, initial=0))[:-1]
        self.data = b"".join(self.packets)
        self.decoding = Decoding(self.feed, self.variant, self.session)

    def _packets(self) -> Iterator[bytes]:
        encode = self.session.encode
        if encode is None:
            raise plugins.PluginError(f"session {self.session.name} has no encoder")
        traffic, opening = plugins.traffic(self.name)
        opened = opening(Flow(self.messages)) if opening is not None else []
        yield from opened
        sequence = 2 if opened else 1
        bodies: list[bytes] = []
        for body in traffic(Flow(self.messages)):
            bodies.append(body)
            if len(bodies) == MESSAGES_PER_PACKET:
                yield encode(sequence, bodies)
                sequence += len(bodies) if self.session.numbering is Numbering.MESSAGE else 1
                bodies = []
        if bodies:
            yield encode(sequence, bodies)

    @property
    def bytes_per_message(self) -> float:
        """Of the packets, their headers included."""
        return len(self.data) / self.messages

    def receiver(self) -> MemoryReceiver:
        return MemoryReceiver(self.data, self.offsets, self.lengths)

    def decode(self) -> None:
        """Measure decoding alone, once."""
        region = Region("benchmark.bytes", len(self.data) + 8, huge=False)
        region.array("u1", len(self.data))[:] = memoryview(self.data).cast("B")
        frames = Region("benchmark.frames", Frame.size * len(self.packets), huge=False)
        rows = frames.array(Frame.dtype, len(self.packets))
        rows["frame_address"] = [region.address + offset for offset in self.offsets]
        rows["byte_count"] = self.lengths
        elapsed, messages, _folded = self.decoding.run(frames.address, len(self.packets))
        self.decode_ns.append(elapsed / messages)

    def book(self) -> None:
        """Measure the whole pipeline, once."""
        plan = ChannelPlan("c", lines=(0,), capacities=ROOM)
        pipeline = Pipeline("benchmark", [Route(self.feed, self.variant, self.session)], channels=[plan])
        with self.receiver() as receiver:
            pipeline.attach(receiver)
            pipeline.run()
            pipeline.finish()
        # Where packets name in-band streams, the stream's channel is the last.
        memory = pipeline.channels[-1]
        counted = {Reason(number).name: int(count) for number, count in enumerate(memory.reasons()) if count}
        if counted or int(memory.channel.message_count) < self.messages:
            raise RefusedError(f"{self.name}: {memory.channel.message_count} messages, {counted}")
        self.book_ns.append(pipeline.run_record.busy_ns / int(memory.channel.message_count))


def figures(names: list[str], messages: int, runs: int) -> dict[str, Any]:
    """Every feed's figures; the yardstick is always among them."""
    cases = [Case(name, messages) for name in dict.fromkeys([YARDSTICK, *names])]
    for _ in range(runs):
        for case in cases:
            case.decode()
            case.book()
    yard = cases[0]
    least = {"decode": min(yard.decode_ns), "book": min(yard.book_ns)}
    return {
        "machine": machine(),
        "messages": messages,
        "messages_per_packet": MESSAGES_PER_PACKET,
        "target": TARGET,
        "feeds": {
            case.name: {
                "bytes_per_message": round(case.bytes_per_message, 1),
                "decode_ns": spread(case.decode_ns),
                "book_ns": spread(case.book_ns),
                "decode_ratio": round(min(case.decode_ns) / least["decode"], 2),
                "book_ratio": round(min(case.book_ns) / least["book"], 2),
            }
            for case in cases
        },
    }


def report(found: dict[str, Any]) -> str:
    """The figures as a table, least of the runs."""
    host = found["machine"]
    lines = [
        f"{host['processor']}, {host['cores']} cores, {host['memory_gib']} GiB, Linux {host['kernel']}, "
        f"Python {host['python']}, numba {host['numba']}",
        f"{found['messages']:,} messages, {found['messages_per_packet']} a packet; least of the runs; to {YARDSTICK}",
        "",
        "| Feed | Bytes a message | Decode | Ratio | Decode + book | Ratio |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, feed in found["feeds"].items():
        decode, book = feed["decode_ns"]["least"], feed["book_ns"]["least"]
        lines.append(
            f"| {name} | {feed['bytes_per_message']:.0f} | {decode:.1f} ns | {feed['decode_ratio']:.1f} "
            f"| {book:.0f} ns | {feed['book_ratio']:.1f} |"
        )
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m feedhandler.benchmark.feeds", description=__doc__)
    parser.add_argument("feeds", nargs="*", help="installed feeds; without any all of them")
    parser.add_argument("--messages", type=int, default=MESSAGES)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--json", action="store_true", help="JSON on stdout")
    options = parser.parse_args()
    names = options.feeds or sorted(plugins.installed(plugins.FEEDS))
    found = figures(names, options.messages, options.runs)
    print(json.dumps(found, indent=2) if options.json else report(found), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
