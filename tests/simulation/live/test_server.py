"""The store of what was sent, and the server that answers from it."""

from __future__ import annotations

import socket
from typing import Any

import numpy
import pytest

from feedhandler.core.jit import INTERPRETED
from feedhandler.sessions.moldudp64_requests import RETRANSMISSION
from feedhandler.simulation.day import SESSION, Day, with_heartbeats
from feedhandler.simulation.live.server import RetransmissionServer, ServerFaults, ServerThread
from feedhandler.simulation.live.store import PacketStore
from feedhandler.simulation.population import Population, SimulationError
from feeds.nasdaq_itch50.venue import VENUE
from tests.packets import moldudp64_messages

pytestmark = pytest.mark.interpreted

COUNT = 200 if INTERPRETED else 1_000
NAME = (int.from_bytes(SESSION[:8].encode(), "big"), int.from_bytes(SESSION[8:].encode(), "big"))


def stored(bytes_maximum: int = 1 << 30, chunk_bytes: int = 3_000) -> tuple[PacketStore, list[bytes]]:
    """A store of a whole day, in many chunks with heartbeats between packets, and the day's messages."""
    store, messages, last = PacketStore(bytes_maximum), list[bytes](), None
    day = Day(VENUE, Population(messages=COUNT, symbols=3, live_orders=40, messages_per_second=20.0))
    for chunk in day.chunks(messages_per_packet=None, chunk_bytes=chunk_bytes):
        whole = with_heartbeats(chunk, last)
        last = int(whole.packets["time_ns"][-1])
        data = numpy.array(whole.data)
        store.add(data, whole.packets)
        for entry in whole.packets:
            messages += moldudp64_messages(data[entry["offset"] : entry["offset"] + entry["byte_count"]].tobytes())
    assert len(messages) == COUNT
    return store, messages


def server(published: int = COUNT, faults: ServerFaults | None = None, **named: Any) -> tuple[Any, list[bytes]]:
    store, messages = stored(**named)
    return RetransmissionServer(RETRANSMISSION, NAME, store, lambda: published, faults=faults), messages


def asked(
    one: RetransmissionServer, first: int, count: int, session: tuple[int, int] = NAME
) -> list[tuple[int, bytes]]:
    (datagram,) = RETRANSMISSION.requests(*session, first, count)
    return one.answers(datagram)


def numbered(answers: list[tuple[int, bytes]]) -> dict[int, bytes]:
    """The messages of some packets by number; each packet names the session."""
    found = {}
    for _, packet in answers:
        assert packet[:10] == SESSION.encode()
        first = int.from_bytes(packet[10:18], "big")
        found.update(enumerate(moldudp64_messages(packet), start=first))
    return found


@pytest.mark.parametrize(("first", "count"), [(1, 1), (1, COUNT), (17, 40), (COUNT, 1), (COUNT - 3, 100)])
def test_a_request_is_answered_with_the_messages_that_were_sent(first: int, count: int) -> None:
    one, messages = server()
    answers = asked(one, first, count)
    last = min(COUNT, first + count - 1)
    assert numbered(answers) == {number: messages[number - 1] for number in range(first, last + 1)}
    assert max(len(packet) for _, packet in answers) <= 1_400
    assert {later for later, _ in answers} == {0}
    assert one.figures.messages == last - first + 1


def test_one_packet_is_as_full_as_can_be_and_no_more_come_where_that_is_the_rule() -> None:
    one, messages = server(faults=ServerFaults(packets=1))
    ((_, packet),) = asked(one, 1, COUNT)
    found = moldudp64_messages(packet)
    assert found == messages[: len(found)]
    assert len(packet) + 2 + len(messages[len(found)]) > 1_400


def test_what_was_not_sent_yet_is_not_answered() -> None:
    one, _ = server(published=50)
    assert set(numbered(asked(one, 40, 100))) == set(range(40, 51))
    assert asked(one, 51, 1) == []
    assert one.figures.refused == 1


def test_another_session_and_what_is_no_request_are_not_answered() -> None:
    one, _ = server()
    assert asked(one, 1, 1, session=(NAME[0], NAME[1] + 1)) == []
    assert one.answers(b"hello") == []
    assert asked(one, 0, 1) == []
    assert (one.figures.requests, one.figures.refused) == (3, 3)


def test_a_full_store_forgets_the_oldest_and_nothing_of_it_is_answered() -> None:
    one, messages = server(bytes_maximum=4_000)
    first = one._store.first
    assert first > 1
    assert asked(one, first - 1, 10) == []
    assert numbered(asked(one, first, 10)) == {number: messages[number - 1] for number in range(first, first + 10)}


def test_faults_have_their_shares() -> None:
    def answered(faults: ServerFaults) -> list[list[tuple[int, bytes]]]:
        one, _ = server(faults=faults)
        return [asked(one, 1 + number % 50, 8) for number in range(200)]

    assert all(len(answers) == 1 for answers in answered(ServerFaults()))
    assert 60 < sum(not answers for answers in answered(ServerFaults(loss=0.5))) < 140
    assert 60 < sum(len(numbered(answers)) < 8 for answers in answered(ServerFaults(partial=0.6))) < 140
    assert 60 < sum(len(answers) == 2 for answers in answered(ServerFaults(duplication=0.5))) < 140
    late = [answers[0][0] for answers in answered(ServerFaults(late=0.5, late_ns=77))]
    assert set(late) == {0, 77}
    assert 60 < late.count(77) < 140


@pytest.mark.parametrize("wrong", [{"loss": 2.0}, {"late": -1.0}, {"packets": 0}, {"late_ns": -1}])
def test_faults_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SimulationError):
        ServerFaults(**wrong)


def test_answers_come_to_where_the_request_came_from_at_once_or_late() -> None:
    for faults in (ServerFaults(), ServerFaults(late=1.0, late_ns=1_000_000)):
        one, messages = server(faults=faults)
        thread = ServerThread(one, ("127.0.0.1", 0))
        thread.start()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.bind(("127.0.0.1", 0))
            asking.settimeout(20.0)
            (datagram,) = RETRANSMISSION.requests(*NAME, 5, 1)
            asking.sendto(datagram, thread.address)
            packet, sender = asking.recvfrom(2_000)
        thread.stop()
        assert sender == thread.address
        assert numbered([(0, packet)]) == {5: messages[4]}


def test_an_address_in_use_is_named() -> None:
    one, _ = server()
    first = ServerThread(one, ("127.0.0.1", 0))
    with pytest.raises(OSError, match=f"no retransmission server at 127.0.0.1:{first.address[1]}"):
        ServerThread(one, first.address)
    first.stop()
