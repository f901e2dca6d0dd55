"""What waits in a burst is looked over together: that may change when something is found, never what happens."""

from __future__ import annotations

import random
from typing import Any

import pytest

from feedhandler.conformance.invariants import book_problems
from feedhandler.core.hints import BLOCK
from tests.stage import Stage
from tests.streams import Sent, add, bundled, cancel, delete, directory, execute, heartbeat, packet, replace, trade

pytestmark = pytest.mark.interpreted


def day(messages: int = 400) -> list[bytes]:
    """Messages that concern a few orders again and again, references of nobody's included."""
    chance = random.Random(11)
    found = [directory(locate, f"S{locate}") for locate in (1, 2, 3)]
    live: list[tuple[int, int]] = []
    for reference in range(1, messages):
        locate = chance.randint(1, 3)
        kind = chance.random()
        if kind < 0.5 or not live:
            side, price = chance.choice("BS"), 10_000 + chance.randrange(20)
            found.append(add(reference, side, 100, price, symbol=f"S{locate}", locate=locate))
            live.append((reference, locate))
            continue
        old, locate = live.pop(chance.randrange(len(live)))
        if kind < 0.7:
            found.append(delete(old, locate=locate))
        elif kind < 0.8:
            found.append(replace(old, reference, 50, 10_000 + chance.randrange(20), locate=locate))
            live.append((reference, locate))
        elif kind < 0.9:
            found.append(execute(old, 100, locate=locate))
        else:
            found += [cancel(old, 30, locate=locate), trade(5, 10_005, symbol=f"S{locate}", locate=locate)]
    return found


def told(sent: list[Sent], frames: int) -> dict[str, Any]:
    """Everything that a stage says after these packets, so many frames a burst at most."""
    stage = Stage(lines=2)
    run: Any = stage.pipeline.run_record
    run.burst = frames
    stage.feed(*sent).finish()
    assert book_problems(stage.memory) == []
    return {
        "events": stage.events(),
        "digest": stage.pipeline.digest,
        "reasons": stage.memory.reasons().tolist(),
        "gaps": stage.gaps(),
        "orders": int(stage.memory.orders.count),
    }


@pytest.mark.parametrize("size", [1, 2, 5, 63, BLOCK, BLOCK + 1, 150])
def test_what_happens_does_not_depend_on_how_many_frames_wait(size: int) -> None:
    sent = [Sent(payload, 0, at) for at, payload in enumerate(bundled(day(), [size]))]
    assert told(sent, frames=64) == told(sent, frames=1)


@pytest.mark.parametrize("seed", range(6))
def test_a_burst_of_damaged_doubled_and_displaced_packets_is_judged_as_they_come_one_by_one(seed: int) -> None:
    chance = random.Random(seed)
    packets = bundled(day(), [chance.randint(1, 40) for _ in range(400)])
    sent: list[Sent] = []
    for at, payload in enumerate(packets):
        here = [Sent(payload, line, at) for line in (0, 1)]
        damage = chance.random()
        if damage < 0.1:
            here[0] = Sent(payload[: chance.randrange(len(payload))], 0, at)
        elif damage < 0.2:
            here[0] = Sent(payload + b"\0\1x", 0, at)
        elif damage < 0.3:
            place = chance.randrange(20, len(payload))
            here[0] = Sent(payload[:place] + bytes([payload[place] ^ 0x80]) + payload[place + 1 :], 0, at)
        elif damage < 0.4:
            here.pop()
        elif damage < 0.45:
            here.append(Sent(packet(1, [add(7, symbol="S1")], session="ANOTHER"), 0, at))
        elif damage < 0.5:
            here.append(Sent(heartbeat(1), 1, at))
        sent += here
    for place in range(0, len(sent) - 3, 7):
        if chance.random() < 0.5:
            sent[place], sent[place + 3] = sent[place + 3], sent[place]
    sent = [one._replace(at=at) for at, one in enumerate(sent)]
    assert told(sent, frames=64) == told(sent, frames=1)


def test_what_was_found_before_a_new_session_is_not_believed_after_it() -> None:
    """The second session's orders are looked over while the first's levels are alive."""
    first = [directory(1, "S1"), *(add(number, price=10_000 + number, symbol="S1") for number in range(1, BLOCK))]
    again = [add(100 + number, price=10_000 + number, symbol="S1") for number in reversed(range(BLOCK))]
    leaving = [delete(100 + number) for number in range(0, BLOCK, 2)]
    payloads = [
        packet(1, first),
        packet(1, [directory(1, "S1")], session="ANOTHER"),
        packet(2, again, session="ANOTHER"),
        packet(2 + BLOCK, leaving, session="ANOTHER"),
    ]
    sent = [Sent(payload, 0, at) for at, payload in enumerate(payloads)]
    assert told(sent, frames=64) == told(sent, frames=1)


def test_a_burst_of_broken_packets_leaves_the_hints_in_their_room() -> None:
    """Each breaks off behind as many messages as there are hints: the next begins a block of its own."""
    whole = packet(4, [add(number, symbol="S1") for number in range(1, BLOCK + 1)])
    broken = [Sent(whole[:-1], 0, at) for at in range(64)]
    first = Sent(packet(1, [directory(locate, f"S{locate}") for locate in (1, 2, 3)]))
    found = told([first, *broken, Sent(whole, 0, 64)], frames=64)
    assert found["orders"] == BLOCK
