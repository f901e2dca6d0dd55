"""Random loss on both lines, and servers that answer late, in part, twice, out of order or not at all.

Whatever happens, the books end equal to the venue's, or the channel says which messages it gave up and no book says
CURRENT.
"""

from __future__ import annotations

import random
from functools import lru_cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedhandler.core.channel import Quality
from feedhandler.core.jit import INTERPRETED
from feedhandler.pipeline.state import Capacities, Limits
from feedhandler.recovery.alarms import AlarmKind
from feedhandler.simulation.day import Day
from feedhandler.simulation.population import Population
from feeds.nasdaq_itch50.venue import VENUE
from tests.packets import moldudp64_messages
from tests.recovery.scene import A, Answer, B, Scene, options
from tests.stage import Stage
from tests.streams import MILLISECOND, end_of_session

pytestmark = pytest.mark.interpreted

COUNT = 120 if INTERPRETED else 400
ROOM = Capacities(instruments=16, orders=512, levels=256, events=4096, hold_packets=32, hold_packet_bytes=1024)
LIMITS = Limits(request_after_ns=MILLISECOND, give_up_after_ns=60 * MILLISECOND, start_window=64)


@lru_cache(maxsize=1)
def messages() -> list[bytes]:
    packets = Day(VENUE, Population(messages=COUNT, symbols=5, live_orders=60, seed=4)).packets(ends=0)
    data = packets.data.tobytes()
    payloads = [data[entry["offset"] : entry["offset"] + entry["byte_count"]] for entry in packets.entries]
    return [message for payload in payloads for message in moldudp64_messages(payload)]


def state(stage: Stage) -> dict[str, object]:
    """Everything that the books hold, and the digest."""
    found: dict[str, object] = {"digest": stage.digest}
    for symbol in stage.books:
        depth = stage.book(symbol).depth(50)
        found[symbol] = (
            depth.bids,
            depth.asks,
            depth.last_trade,
            [stage.book(symbol).orders("bid", level.price).orders for level in depth.bids],
            [stage.book(symbol).orders("ask", level.price).orders for level in depth.asks],
        )
    return found


@lru_cache(maxsize=1)
def without_loss() -> dict[str, object]:
    scene = Scene(messages(), limits=LIMITS, capacities=ROOM)
    for first in range(1, COUNT + 1, 5):
        scene.stage.feed(scene.payload(first, min(first + 4, COUNT)))
    scene.stage.feed(end_of_session(COUNT + 1))
    assert scene.stage.expected == COUNT + 1
    return state(scene.stage)


def moody(chance: random.Random, *, silence: float, latest: int) -> Answer:
    """A server that answers as it likes."""

    def answer(scene: Scene, first: int, count: int) -> list[tuple[int, bytes]]:
        if chance.random() < silence:
            return []
        last = first + count - 1
        if chance.random() < 0.3:
            last = chance.randint(first, last)
        packets, start = [], first
        while start <= last:
            end = min(last, start + chance.randint(0, 7))
            packets.append((chance.randint(MILLISECOND // 10, latest), scene.payload(start, end)))
            start = end + 1
        if chance.random() < 0.2:
            packets += packets
        return packets

    return answer


def lossy_day(seed: int, loss: float, silence: float, latest: int) -> Scene:
    """Both lines lose packets, alone and in runs; the end is repeated until it was heard."""
    chance = random.Random(seed)
    answers = [moody(chance, silence=silence, latest=latest) for _ in range(2)]
    asking = options(
        attempts=chance.randint(1, 6),
        retry_after="4ms",
        messages_per_request=chance.choice([1, 7, 1_000]),
        requests_per_second=chance.choice([30, 10_000]),
    )
    scene = Scene(messages(), *answers, asking=asking, limits=LIMITS, capacities=ROOM)
    at, first, run = 0, 1, 0
    while first <= COUNT:
        last = min(COUNT, first + chance.randint(0, 7))
        at += chance.randint(1, 600_000)
        # Some losses hit both lines, and some go on for a while.
        run = run - 1 if run else chance.choice([0] * 20 + [3])
        for line in (A, B):
            if run == 0 and chance.random() >= loss:
                scene.come(line, at + chance.randint(0, 400_000), scene.payload(first, last))
        first = last + 1
    for turn in range(20):
        scene.come(A, at + (turn + 1) * 20 * MILLISECOND, end_of_session(COUNT + 1))
    return scene.until(at + 500 * MILLISECOND)


@settings(max_examples=10 if INTERPRETED else 60, deadline=None)
@given(
    seed=st.integers(0, 1 << 32),
    loss=st.sampled_from([0.02, 0.2, 0.6]),
    silence=st.sampled_from([0.0, 0.3, 1.0]),
    latest=st.sampled_from([MILLISECOND, 30 * MILLISECOND]),
)
def test_the_books_end_equal_to_the_venues_or_the_gap_is_declared(
    seed: int, loss: float, silence: float, latest: int
) -> None:
    scene = lossy_day(seed, loss, silence, latest)
    stage, figures, gaps = scene.stage, scene.figures, scene.stage.gaps()
    assert scene.failures == []
    assert stage.expected == COUNT + 1
    missing = {number for first, count in gaps for number in range(first, first + count)}
    applied = stage.applied()
    assert applied == [number for number in range(1, COUNT + 1) if number not in missing]
    qualities = {stage.quality(symbol) for symbol in stage.books}
    if gaps:
        assert qualities <= {Quality.STALE}
    else:
        assert qualities == {Quality.CURRENT}
        assert state(stage) == without_loss()
    told = [(alarm.first, alarm.messages) for alarm in scene.alarms if alarm.kind is AlarmKind.GAP]
    assert told == gaps
    assert figures.open == 0
    assert figures.lost <= len(missing)
    assert len(scene.asked) == figures.requests


def test_a_day_with_a_patient_server_is_repaired_whole() -> None:
    """The property above would hold for a recovery that never asks; this one does not."""
    scene = lossy_day(seed=1, loss=0.5, silence=0.0, latest=MILLISECOND)
    assert scene.stage.gaps() == []
    assert scene.figures.filled > COUNT // 10
    assert state(scene.stage) == without_loss()


def test_a_day_with_deaf_servers_is_not_repaired() -> None:
    scene = lossy_day(seed=1, loss=0.5, silence=1.0, latest=MILLISECOND)
    assert scene.stage.gaps() != []
    assert state(scene.stage) != without_loss()
