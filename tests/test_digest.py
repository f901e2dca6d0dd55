"""The digest is of what the venue said: however it was bundled, carried, paced, stored or executed, it is the same.

`GOLDEN` is written here, and these tests run compiled and interpreted: so both say the same.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from feedhandler.core.loop import Exit
from feedhandler.pipeline.pipeline import ChannelPlan, Pipeline
from feedhandler.pipeline.state import Capacities, Limits
from replay.capture import CaptureReceiver
from replay.pcap_writer import PcapWriter
from tests.packets import binaryfile_messages
from tests.stage import Stage, memory_receiver, route
from tests.streams import (
    MILLISECOND,
    Sent,
    add,
    bundled,
    cancel,
    cross,
    delete,
    directory,
    end_of_session,
    execute,
    execute_at,
    faulty,
    heartbeat,
    replace,
    trade,
    trading_action,
)

pytestmark = pytest.mark.interpreted

CAPACITIES = Capacities(instruments=16, orders=4096, levels=2048, events=16, hold_packets=256, hold_packet_bytes=4096)
LIMITS = Limits(request_after_ns=MILLISECOND, give_up_after_ns=10**9, start_window=4096)
GOLDEN = "b04d75793902c8ac"


def day() -> list[bytes]:
    """A short day with every kind of order message, orders of nobody's and references of 64 bits included."""
    chance = random.Random(7)
    found = [directory(locate, f"S{locate}", at=locate) for locate in (1, 2, 3)]
    for number in range(1, 101):
        locate = 1 + number % 3
        symbol = f"S{locate}"
        reference = number * 0x1234_5678_9ABC_DEF1 % (1 << 64)
        price = 10_000 + chance.randrange(50)
        found.append(
            add(reference, chance.choice("BS"), chance.randint(1, 999), price, symbol=symbol, locate=locate, at=number)
        )
        found.append(
            chance.choice(
                [
                    execute(reference, 1, locate=locate, match=number),
                    execute_at(reference, 1, price + 1, printable=chance.choice("YN"), locate=locate, match=number),
                    cancel(reference, 1, locate=locate),
                    replace(reference, reference ^ 1, 7, price + 5, locate=locate),
                    delete(number, locate=locate),
                ]
            )
        )
        found.append(trade(number, price, symbol=symbol, locate=locate))
        last = delete(reference, locate=locate) if number % 2 else cross(number, price, symbol=symbol, locate=locate)
        found.append(last)
    return [*found[:200], trading_action(1, "S1", "H"), *found[200:]]


DAY = day()


def digest_of(*sent: Sent | bytes, lines: int = 2, session: str = "moldudp64") -> str:
    stage = Stage(lines=lines, capacities=CAPACITIES, limits=LIMITS, session=session, listen=False).feed(*sent)
    assert stage.channel.message_count == len(DAY)
    assert stage.channel.event_count == len(DAY)
    assert stage.gaps() == []
    return stage.digest


def records(bodies: list[bytes]) -> bytes:
    """The records of a BinaryFILE."""
    return b"".join(struct.pack(">H", len(body)) + body for body in bodies)


def test_the_digest_of_the_day_is_the_one_written_here() -> None:
    assert digest_of(*bundled(DAY, [1])) == GOLDEN


@pytest.mark.parametrize("sizes", [[2], [3], [40], [1, 40, 2, 7], [43]])
def test_the_bundling_into_packets_does_not_matter(sizes: list[int]) -> None:
    repeated = (size for _ in DAY for size in sizes)
    assert digest_of(*bundled(DAY, repeated)) == GOLDEN


def test_a_second_line_does_not_matter_though_it_bundles_in_another_way() -> None:
    first = [Sent(payload, 0, 10 * place) for place, payload in enumerate(bundled(DAY, [8]))]
    second = [Sent(payload, 1, 11 * place + 3) for place, payload in enumerate(bundled(DAY, [8]))]
    third = [Sent(payload, 1, 40 * place) for place, payload in enumerate(bundled(DAY, [31]))]
    assert digest_of(*sorted(first + second, key=lambda sent: sent.at)) == GOLDEN
    assert digest_of(*sorted(first + third, key=lambda sent: sent.at)) == GOLDEN


@pytest.mark.parametrize("seed", range(4))
def test_loss_on_one_line_duplication_and_disorder_do_not_matter(seed: int) -> None:
    chance = random.Random(seed)
    packets = bundled(DAY, [3])
    bad = faulty(packets, chance, loss=0.3, duplication=0.2, displacement=10)
    good = faulty(packets, chance, loss=0, duplication=0.2, displacement=5)
    sent = [Sent(payload, 0, int(1000 * at)) for at, payload in bad]
    sent += [Sent(payload, 1, int(1000 * (at + 20))) for at, payload in good]
    assert digest_of(*sorted(sent, key=lambda one: one.at)) == GOLDEN


def test_heartbeats_and_the_end_of_the_session_do_not_matter() -> None:
    packets = bundled(DAY, [10])
    starts = [int.from_bytes(payload[10:18], "big") for payload in packets]
    mixed = [part for start, payload in zip(starts, packets, strict=True) for part in (heartbeat(start), payload)]
    assert digest_of(*mixed, end_of_session(len(DAY) + 1)) == GOLDEN


def test_a_binaryfile_gives_the_digest_of_its_session() -> None:
    runs = [records(DAY[start : start + 37]) for start in range(0, len(DAY), 37)]
    assert digest_of(*runs, records([b""]), session="binaryfile") == GOLDEN


@pytest.mark.parametrize("speed", [None, 1, 4])
def test_pacing_does_not_matter(tmp_path: Path, speed: float | None) -> None:
    path = tmp_path / "day.pcap"
    with PcapWriter(path) as writer:
        for place, payload in enumerate(bundled(DAY, [7])):
            writer.write(10**18 + place * MILLISECOND, "239.0.0.1", 26400, payload)
    stage = Stage(capacities=CAPACITIES, limits=LIMITS, listen=False)
    with CaptureReceiver(path, speed=speed) as receiver:
        stage.pipeline.attach(receiver)
        assert stage.pipeline.run() is Exit.ENDED
    assert stage.digest == GOLDEN


@pytest.mark.parametrize(
    "change",
    [
        lambda bodies: bodies[:-1],
        lambda bodies: [*bodies[:50], bodies[51], bodies[50], *bodies[52:]],
        lambda bodies: [*bodies[:50], bodies[50][:-1] + bytes([bodies[50][-1] ^ 1]), *bodies[51:]],
        lambda bodies: [*bodies[:50], bodies[50][:10] + bytes([bodies[50][10] ^ 1]) + bodies[50][11:], *bodies[51:]],
    ],
    ids=["one less", "two swapped", "one bit of a field", "one bit of a time"],
)
def test_anything_that_the_venue_said_otherwise_gives_another_digest(
    change: Callable[[list[bytes]], list[bytes]],
) -> None:
    stage = Stage(capacities=CAPACITIES, limits=LIMITS, listen=False).feed(*bundled(change(DAY), [5]))
    assert stage.digest != GOLDEN


def test_a_gap_gives_another_digest() -> None:
    packets = bundled(DAY, [5])
    stage = Stage(capacities=CAPACITIES, limits=LIMITS, listen=False).feed(*packets[:10], *packets[11:]).finish()
    assert stage.gaps() == [(51, 5)]
    assert stage.digest != GOLDEN


def deployment_digest(lines: list[tuple[str, list[bytes]]], turns: list[int]) -> int:
    """The digest of a deployment of one line a channel, whose packets come in turns."""
    plans = [
        ChannelPlan(name, lines=(line,), capacities=CAPACITIES, limits=LIMITS) for line, (name, _) in enumerate(lines)
    ]
    pipeline = Pipeline("stage", [route()], channels=plans)
    pending = [list(packets) for _, packets in lines]
    sent = [Sent(pending[line].pop(0), line) for line in turns]
    assert pending == [[], []]
    pipeline.attach(memory_receiver(sent))
    assert pipeline.run() is Exit.ENDED
    return pipeline.digest


def test_the_deployments_digest_combines_the_channels_by_name_whatever_their_interleaving() -> None:
    one, other = bundled(DAY[:40], [10]), bundled(DAY[40:80], [10])
    expected = deployment_digest([("a", one), ("b", other)], [0, 0, 0, 0, 1, 1, 1, 1])
    assert deployment_digest([("a", one), ("b", other)], [1, 0, 1, 0, 0, 1, 0, 1]) == expected
    assert deployment_digest([("b", other), ("a", one)], [0, 0, 0, 0, 1, 1, 1, 1]) == expected
    assert deployment_digest([("b", one), ("a", other)], [0, 0, 0, 0, 1, 1, 1, 1]) != expected


@pytest.mark.parametrize("size", [1, 40])
def test_the_artificial_day_has_the_digest_written_here(captures: Path, size: int) -> None:
    bodies = list(binaryfile_messages(captures / "nasdaq/itch50_file/three_stocks_artificial.itch"))[:3000]
    stage = Stage(capacities=CAPACITIES, limits=LIMITS, listen=False).feed(*bundled(bodies, [size]))
    assert stage.digest == "39f65337b126bf48"


