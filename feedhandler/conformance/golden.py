"""Golden events: packets in hex and, below each, the events that they become, in a file that people read.

The file lies in the feed's folder as `golden.txt`. Whoever changes what a message becomes sees it there, in words,
before anybody else does. `write` makes it from the tables with the feed's own handlers, so the first version is to be
read by somebody who holds the specification; after that it is compared.

    packet AddOrder
      0000000000000...
    ADD instrument 0 sequence 1 time 5: price=100 quantity=7 order_reference=3 attribution=0
    REASON ORDER_UNKNOWN
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from feedhandler.core.events import EVENT_MORE, EVENT_VALUES, Event, EventKind
from feedhandler.feed import Feed
from feedhandler.pipeline.state import Capacities

from .stage import Stage
from .values import body_of

FILE = "golden.txt"
SEED = 5
ROUNDS = 2
BYTES_A_LINE = 56
CAPACITIES = Capacities(instruments=64, orders=512, levels=512, events=4096, hold_packets=8, hold_packet_bytes=2048)


@dataclass
class GoldenPacket:
    """A packet, what it is of, and the lines that it becomes."""

    title: str
    payload: bytes
    lines: list[str] = field(default_factory=list)


def golden_name(feed: Feed, variant: str) -> str:
    """A folder of several feeds, or of several variants, has a file for each; the default variant goes unnamed."""
    return f"golden.{feed.name}.txt" if variant == feed.default_variant else f"golden.{feed.name}.{variant}.txt"


def golden_text(feed: Feed, variant: str) -> str | None:
    """The feed's file, None where it has none."""
    file = resources.files(feed.package).joinpath(golden_name(feed, variant))
    return file.read_text(encoding="utf-8") if file.is_file() else None


def made(feed: Feed, variant: str) -> list[GoldenPacket]:
    """Packets from the tables: every message twice, the second time when others went before it."""
    source = random.Random(SEED)
    stage = Stage(feed, variant, CAPACITIES)
    make = stage.session.encode
    if make is None:
        raise ValueError(f"session {stage.session.name} has no encoder: give its `Session` one (`encode`)")
    found = []
    for number in range(ROUNDS):
        messages = list(feed.messages(variant))
        if number:
            messages.reverse()
        for message in messages:
            payload = make(stage.expected, [body_of(message, source)])
            found.append(GoldenPacket(message.__name__, payload))
            stage.feed(payload)
    return found


def played(feed: Feed, variant: str, packets: Iterable[GoldenPacket]) -> Iterator[GoldenPacket]:
    """What the pipeline makes of these packets, in this order."""
    stage = Stage(feed, variant, CAPACITIES, listening=True)
    reader = _Events(stage)
    for packet in packets:
        stage.feed(packet.payload)
        yield GoldenPacket(packet.title, packet.payload, reader.lines())


class _Events:
    """Reads what a stage's channel added: events, and reasons that were counted."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._read: dict[int, int] = {}
        self._reasons: dict[str, int] = {}

    def lines(self) -> list[str]:
        memory = self._stage.memory
        ring = memory.events
        rows = memory.array("events", Event, int(ring.mask) + 1)
        key, written = id(memory), int(ring.written)
        consolidated = memory.feed.consolidated
        found = [
            _event_line(rows[place & int(ring.mask)], consolidated) for place in range(self._read.get(key, 0), written)
        ]
        self._read[key] = written
        reasons = self._stage.reasons()
        found += [f"REASON {name}" for name in reasons if reasons[name] != self._reasons.get(name, 0)]
        self._reasons = reasons
        return found


def _event_line(row: Any, consolidated: bool) -> str:
    kind = EventKind(int(row["kind"]))
    names = EVENT_VALUES[kind]
    values = [f"{name}={int(row[f'value_{place}'])}" for place, name in enumerate(names)]
    behind = EVENT_MORE.get(kind, ()) if consolidated else ()
    more = [(name, int(row[f"value_{place}"])) for place, name in enumerate(behind, len(names))]
    values += [f"{name}={value}" for name, value in more if value]
    detail = f" detail {int(row['detail'])}" if row["detail"] else ""
    head = f"{kind.name}{detail} instrument {int(row['instrument'])} sequence {int(row['sequence'])}"
    return f"{head} time {int(row['venue_time'])}: {' '.join(values)}".rstrip()


def text_of(feed: Feed, variant: str, packets: Iterable[GoldenPacket]) -> str:
    """The file's text."""
    lines = [
        f"# What the packets of {feed.title} (variant {variant}) become; values are drawn at random from the tables.",
        f"# Written by `feedhandler conform {feed.name} --write-golden`; compared whenever the feed is checked.",
    ]
    for packet in packets:
        lines += ["", f"packet {packet.title}"]
        data = packet.payload
        lines += [f"  {data[at : at + BYTES_A_LINE].hex()}" for at in range(0, len(data), BYTES_A_LINE)]
        lines += packet.lines
    return "\n".join(lines) + "\n"


def read(text: str) -> list[GoldenPacket]:
    """The packets of a file's text. Raises `ValueError` with the line that is none."""
    found: list[GoldenPacket] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        if line.startswith("packet "):
            found.append(GoldenPacket(line.removeprefix("packet "), b""))
        elif not found:
            raise ValueError(f"line {number}: expected a packet, found {line!r}")
        elif line.startswith("  "):
            found[-1].payload += bytes.fromhex(line)
        else:
            found[-1].lines.append(line)
    return found


def differences(feed: Feed, variant: str, text: str) -> list[str]:
    """Every packet of a golden text that becomes something else now."""
    kept = read(text)
    problems = []
    for expected, now in zip(kept, played(feed, variant, kept), strict=True):
        if expected.lines != now.lines:
            lost = [line for line in expected.lines if line not in now.lines]
            new = [line for line in now.lines if line not in expected.lines]
            problems.append(f"packet {expected.title}: expected {lost or expected.lines}, found {new or now.lines}")
    return problems
