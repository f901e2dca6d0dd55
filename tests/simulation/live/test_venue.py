"""A live venue as plain sockets hear it: what is said on which line, when, and what is known of it afterwards."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Any

import numpy
import pytest

from feedhandler.sessions.moldudp64_requests import RETRANSMISSION
from feedhandler.simulation.day import SESSION, Day
from feedhandler.simulation.live.publisher import Publisher
from feedhandler.simulation.live.schedule import Pacing, ScheduledSend
from feedhandler.simulation.live.venue import ENDS, LiveVenue, midnight_ns
from feedhandler.simulation.population import Population, SimulationError
from feedhandler.simulation.transmission import LineFaults
from feeds.nasdaq_itch50.venue import VENUE
from tests.packets import binaryfile_messages, moldudp64_messages
from tests.receivers.loopback import LOOPBACK, free_group, free_port
from tests.simulation.live.hearing import LONG, Ears, sequence_and_count, two_lines

COUNT = 2_000
POPULATION = Population(messages=COUNT, symbols=8, live_orders=100, seed=3)
NAME = (int.from_bytes(SESSION[:8].encode(), "big"), int.from_bytes(SESSION[8:].encode(), "big"))


def live(lines: list[tuple[str, int]], **named: Any) -> LiveVenue:
    return LiveVenue(VENUE, POPULATION, lines, **{"rate": 20_000.0, "end_interval_s": 0.02, **named})


def messages_of(payloads: list[bytes]) -> list[bytes]:
    return [message for payload in payloads for message in moldudp64_messages(payload)]


def without_time(message: bytes) -> bytes:
    """A message of ITCH but for its time stamp."""
    return message[:5] + message[11:]


def generated() -> list[bytes]:
    packets = Day(VENUE, POPULATION).packets(ends=0)
    data = packets.data.tobytes()
    return messages_of([data[entry["offset"] : entry["offset"] + entry["byte_count"]] for entry in packets.entries])


def test_both_lines_carry_the_whole_day_stamped_with_the_time_of_sending() -> None:
    lines = two_lines()
    with Ears(lines) as ears, live(lines) as venue:
        before = time.time_ns() - midnight_ns(VENUE)
        venue.start()
        heard = [ears.heard(line) for line in (0, 1)]
        after = time.time_ns() - midnight_ns(VENUE)
        assert venue.join(LONG)
        figures = venue.figures
    first, second = (messages_of(payloads) for payloads in heard)
    assert first == second
    assert [without_time(message) for message in first] == [without_time(message) for message in generated()]
    times = [int.from_bytes(message[5:11], "big") for message in first]
    assert times == sorted(times)
    assert before <= times[0] <= times[-1] <= after
    assert times[-1] - times[0] > 0.5 * COUNT / 20_000 * 1e9
    assert figures.messages == COUNT
    assert set(figures.packets) == {len(heard[0]) + ENDS - 1}
    assert figures.refused == 0


def test_sequences_follow_each_other_and_the_end_names_the_next() -> None:
    lines = two_lines()
    with Ears(lines) as ears, live(lines, messages_per_packet=3) as venue:
        venue.start()
        heard = [sequence_and_count(payload) for payload in ears.heard(1)]
    assert heard[-1] == (COUNT + 1, 0xFFFF)
    assert [sequence for sequence, count in heard if count] == [*range(1, COUNT + 1, 3), COUNT + 1]


def test_an_idle_venue_says_so_once_a_second() -> None:
    quiet = Population(messages=10, symbols=1, live_orders=5)
    lines = two_lines()
    options: dict[str, Any] = {"rate": 4.0, "pacing": Pacing.EVEN, "messages_per_packet": 5, "end_interval_s": 0.02}
    with Ears(lines) as ears, LiveVenue(VENUE, quiet, lines, **options) as venue:
        venue.start()
        heard = [sequence_and_count(payload) for payload in ears.heard(0)]
    assert heard == [(1, 5), (6, 0), (6, 5), (11, 0xFFFF)]


def test_lines_lose_and_double_on_their_own_and_together() -> None:
    lines = two_lines()
    faults = (LineFaults(loss=0.1, duplication=0.1), LineFaults(reordering=0.1))
    with Ears(lines) as ears, live(lines, faults=faults, together=0.1, messages_per_packet=1) as venue:
        venue.start()
        first, second = (
            [sequence_and_count(payload)[0] for payload in ears.heard(line)][:-1] for line in (0, 1)
        )
        assert venue.join(LONG)
    assert len(set(first)) < len(first)
    assert 0.85 * COUNT < len(set(second)) < 0.95 * COUNT
    assert len(set(first) | set(second)) == len(set(second)), "what all lose together, none carries"
    assert len(set(first)) < 0.85 * COUNT
    assert second != sorted(second)
    assert venue.published == COUNT, "what was lost was published all the same"


def test_the_same_seed_loses_the_same_packets() -> None:
    def heard() -> list[int]:
        lines = two_lines()
        with Ears(lines) as ears, live(lines, faults=LineFaults(loss=0.2), seed=7) as venue:
            venue.start()
            return [sequence_and_count(payload)[0] for payload in ears.heard(0)]

    assert heard() == heard()


def test_what_was_lost_is_answered_byte_for_byte_as_it_was_recorded(tmp_path: Path) -> None:
    lines = two_lines()
    record = tmp_path / "published.itch"
    with (
        Ears(lines) as ears,
        live(lines, together=0.2, retransmission=(LOOPBACK, 0), record=record) as venue,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking,
    ):
        venue.start()
        heard = {}
        for payload in ears.heard(0)[:-1]:
            heard.update(enumerate(moldudp64_messages(payload), start=sequence_and_count(payload)[0]))
        asking.settimeout(LONG)
        missing = [number for number in range(1, COUNT + 1) if number not in heard]
        for number in missing:
            (datagram,) = RETRANSMISSION.requests(*NAME, number, 1)
            assert venue.server_address is not None
            asking.sendto(datagram, venue.server_address)
            answer = asking.recv(2_000)
            assert sequence_and_count(answer) == (number, 1)
            heard[number] = moldudp64_messages(answer)[0]
        assert venue.join(LONG)
        assert venue.figures.server is not None
        assert venue.figures.server.messages == len(missing) > 100
    recorded = list(binaryfile_messages(record))
    assert recorded.pop() == b""
    assert [heard[number] for number in range(1, COUNT + 1)] == recorded


def test_the_truth_is_known_for_every_message() -> None:
    lines = two_lines()
    with live(lines) as venue:
        venue.start()
        assert venue.join(LONG)
        assert venue.truth().sequence == COUNT
        assert venue.truth(500).sequence == 500
        assert set(venue.true_books()) == set(venue.symbols)


def test_a_venue_that_is_stopped_early_says_the_end_and_knows_how_far_it_came() -> None:
    lines = two_lines()
    slow = Population(messages=100_000, symbols=8, live_orders=100)
    with Ears(lines) as ears, LiveVenue(VENUE, slow, lines, rate=5_000.0, end_interval_s=0.02) as venue:
        venue.start()
        deadline = time.monotonic() + LONG
        while venue.published < 500:
            assert time.monotonic() < deadline
            time.sleep(0.001)
        venue.stop()
        heard = [sequence_and_count(payload) for payload in ears.heard(0)]
        assert venue.join(LONG)
        published = venue.published
        assert 500 <= published < 100_000
        assert heard[-1] == (published + 1, 0xFFFF)
        assert heard[-2][0] + heard[-2][1] == published + 1
        assert venue.truth().sequence == published


def test_closing_ends_a_venue_at_once() -> None:
    venue = LiveVenue(VENUE, Population(messages=100_000, symbols=8, live_orders=100), two_lines(), rate=100.0)
    venue.start()
    venue.close()
    assert venue.join(0)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"together": 1.1}, "a share from 0 to 1"),
        ({"faults": (LineFaults(),)}, "faults were given for 1 lines; there are 2"),
        ({"rate": 0.0}, "messages a second"),
    ],
)
def test_what_cannot_be_is_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(SimulationError, match=words):
        live(two_lines(), **wrong)


def test_an_unknown_interface_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(LookupError, match=r"there is no interface eth77; there are .*lo \(127.0.0.1\)"):
        live(two_lines(), interface="eth77")


def test_a_port_in_use_is_named() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind((LOOPBACK, 0))
        with pytest.raises(OSError, match=f"no retransmission server at 127.0.0.1:{other.getsockname()[1]}"):
            live(two_lines(), retransmission=other.getsockname())


# ----------------------------------------------------------------------------------------------------- the publisher


def test_a_publisher_refuses_what_lies_outside_of_its_bytes() -> None:
    publisher = Publisher([(free_group(), free_port())])
    packets = Day(VENUE, POPULATION).packets(messages_per_packet=1, ends=0)
    schedule = numpy.zeros(1, ScheduledSend)
    for place, line, words in ((COUNT, 0, "names packets"), (-1, 0, "names packets"), (0, 1, "names line 1")):
        schedule["packet"], schedule["line"] = place, line
        with pytest.raises(ValueError, match=words):
            publisher.publish(packets.data, packets.entries, schedule, 0)
    schedule["packet"] = schedule["line"] = 0
    with pytest.raises(ValueError, match="lies outside"):
        publisher.publish(packets.data[:10], packets.entries, schedule, 0)
    publisher.close()
    with pytest.raises(RuntimeError, match="closed"):
        publisher.publish(packets.data, packets.entries, schedule, 0)


@pytest.mark.parametrize("wrong", [{"stamp_bytes": 9}, {"stamp_bytes": 4, "stamp_offset": -1}])
def test_a_time_stamp_that_cannot_be_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="1 to 8 bytes are possible"):
        Publisher([(free_group(), free_port())], **wrong)


@pytest.mark.parametrize("count", [0, 17])
def test_a_publisher_has_one_to_sixteen_lines(count: int) -> None:
    with pytest.raises(ValueError, match="1 to 16 are possible"):
        Publisher([(free_group(), free_port())] * count)
