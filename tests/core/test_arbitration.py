"""Whatever the lines lose, repeat and disorder between them within the limits, the channel sees the clean stream."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedhandler.core.channel import ChannelState, Quality
from feedhandler.core.events import EventKind
from feedhandler.pipeline.state import Capacities, Limits
from tests.stage import Happened, Stage
from tests.streams import Sent, add, bundled, delete, execute, heartbeat, replace

pytestmark = pytest.mark.interpreted

CAPACITIES = Capacities(instruments=4, orders=512, levels=64, events=4096, hold_packets=64, hold_packet_bytes=512)
LIMITS = Limits(request_after_ns=10_000, give_up_after_ns=10**9, start_window=200)
DAY = [
    body
    for number in range(1, 161, 4)
    for body in (
        add(number, "BS"[number % 3 == 0], 100 + number, 1_000_000 + 100 * (number % 7)),
        add(number + 1, "S", 50, 1_000_900),
        execute(number, 10, match=number) if number % 8 == 1 else delete(number + 1),
        replace(number, number + 2, 70, 1_000_000 + 100 * (number % 5)),
    )
]


def said(stage: Stage) -> list[Happened]:
    """What the venue said; the inside's events depend on where packets end."""
    return [event for event in stage.events() if event.kind < EventKind.INSIDE]


def clean() -> tuple[str, list[Happened]]:
    stage = Stage(lines=1, capacities=CAPACITIES, limits=LIMITS)
    stage.feed(*bundled(DAY, [1]))
    return stage.digest, said(stage)


@st.composite
def networks(draw: st.DrawFn) -> list[Sent]:
    """Two or three lines, each with its own bundling, loss, duplication and disorder; no message is lost on all."""
    lines = draw(st.integers(2, 3))
    chance = random.Random(draw(st.integers(0, 1 << 32)))
    loss, duplication = draw(st.sampled_from([0.0, 0.1, 0.4])), draw(st.sampled_from([0.0, 0.2]))
    displacement = draw(st.sampled_from([0.0, 3.0, 12.0]))
    same = draw(st.booleans())
    sizes = [chance.choice([1, 2, 3, 5]) for _ in DAY]
    arrivals = []
    survivors: set[int] = set()
    for line in range(lines):
        mine = sizes if same else [chance.choice([1, 2, 3, 5]) for _ in DAY]
        start = 1
        late = chance.uniform(0, 20)
        for size, payload in zip(mine, bundled(DAY, mine), strict=False):
            carried = range(start, min(start + size, len(DAY) + 1))
            start += size
            last = line == lines - 1
            if chance.random() < loss and not (last and any(number not in survivors for number in carried)):
                continue
            survivors.update(carried)
            copies = 2 if chance.random() < duplication else 1
            arrivals += [(carried[0] + late + displacement * chance.random(), line, payload) for _ in range(copies)]
    arrivals.sort(key=lambda arrival: arrival[0])
    assert survivors == set(range(1, len(DAY) + 1))
    return [Sent(payload, line, int(1000 * at)) for at, line, payload in arrivals]


@given(networks())
def test_any_faulty_lines_that_complete_each_other_give_the_clean_digest_and_events(network: list[Sent]) -> None:
    stage = Stage(lines=3, capacities=CAPACITIES, limits=LIMITS).feed(*network)
    assert stage.gaps() == []
    assert (stage.digest, said(stage)) == clean()
    assert stage.state is ChannelState.SYNCHRONIZED
    assert stage.quality() is Quality.CURRENT
    assert (stage.sequencer.held_count, stage.sequencer.held_bytes) == (0, 0)
    assert stage.reasons == {}
    figures = [stage.line(line) for line in range(3)]
    assert sum(line.get("packets", 0) for line in figures) == len(network)
    assert all(
        line.get("first_arrivals", 0) + line.get("duplicates", 0) == line.get("packets", 0) for line in figures
    )


@given(networks(), st.integers(1, 6), st.randoms(use_true_random=False))
def test_what_is_lost_on_every_line_is_a_gap_and_nothing_else_is(
    network: list[Sent], holes: int, chance: random.Random
) -> None:
    lost = set(chance.sample(range(2, len(DAY)), holes))
    kept = [one for one in network if not lost & set(carried_by(one.payload))]
    stage = Stage(lines=3, capacities=CAPACITIES, limits=LIMITS).feed(*kept, heartbeat(len(DAY) + 1)).finish()
    survivors = {number for one in kept for number in carried_by(one.payload)}
    missing = set(range(1, len(DAY) + 1)) - survivors
    given_up = {number for first, count in stage.gaps() for number in range(first, first + count)}
    assert given_up == missing
    assert [event.sequence for event in said(stage)] == sorted(survivors)
    assert stage.sequencer.gap_messages == len(missing)
    assert stage.quality() is Quality.STALE


def carried_by(payload: bytes) -> range:
    """The sequences of a packet."""
    first, count = int.from_bytes(payload[10:18], "big"), int.from_bytes(payload[18:20], "big")
    return range(first, first + count)
