"""The cold thread itself, and the socket that it sends with: real time, every wait bounded."""

from __future__ import annotations

import socket
import threading
from contextlib import closing

import pytest

from feedhandler.recovery.alarms import Alarm, AlarmKind
from feedhandler.recovery.figures import SENTENCES, UNITS, RecoveryFigures
from feedhandler.recovery.options import RetransmissionModel
from feedhandler.recovery.recovery import Recovery, RecoveryError
from feedhandler.recovery.reply_socket import ReplySocket
from feedhandler.sessions.moldudp64_requests import RETRANSMISSION
from tests.stage import LIMITS, Stage
from tests.streams import add, packet

LONG = 20.0  #: seconds that nothing here takes


def with_a_hole(stage: Stage, number: int = 1) -> Stage:
    """Message `number` + 1 is missing and was wished for."""
    stage.feed(packet(number, [add(number)]), packet(number + 2, [add(number + 2)]))
    return stage.wait(int(stage.sequencer.hole_since_ns) + LIMITS.request_after_ns)


def asking(port: int) -> RetransmissionModel:
    server = {"address": "127.0.0.1", "port": port}
    return RetransmissionModel.model_validate({"servers": [server], "retry_after": "1min"})


def udp() -> socket.socket:
    found = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    found.bind(("127.0.0.1", 0))
    found.settimeout(LONG)
    return found


def test_a_request_leaves_by_the_socket_that_replies_come_to() -> None:
    stage, failures = Stage(replies=True), list[Exception]()
    with udp() as server, udp() as replies, closing(ReplySocket(replies.fileno)) as send:
        recovery = Recovery(alarm=print, failed=lambda _channel, error: failures.append(error))
        recovery.watch(stage.memory, RETRANSMISSION, asking(server.getsockname()[1]), send)
        recovery.start()
        with_a_hole(stage)
        datagram, sender = server.recvfrom(100)
        recovery.stop()
        assert sender == replies.getsockname()
    request = RETRANSMISSION.request_read(datagram)
    assert request is not None
    assert (request.first, request.message_count) == (2, 1)
    assert failures == []
    assert not recovery.running


def test_closing_the_doubled_descriptor_leaves_the_receivers_socket_alone() -> None:
    with udp() as server, udp() as replies:
        send = ReplySocket(replies.fileno)
        for payload in (b"one", b"two"):
            send(payload, server.getsockname())
            assert server.recv(100) == payload
            send.close()
        server.sendto(b"answer", replies.getsockname())
        assert replies.recv(100) == b"answer"


def test_alarms_of_the_last_moment_are_told_before_stop_returns() -> None:
    stage, alarms = Stage(), list[Alarm]()
    recovery = Recovery(alarm=alarms.append, failed=lambda *_: None)
    recovery.watch(stage.memory)
    recovery.start()
    with_a_hole(stage).wait(1 + LIMITS.give_up_after_ns)
    recovery.stop()
    assert [alarm.kind for alarm in alarms] == [AlarmKind.GAP]


def test_an_error_is_reported_and_the_thread_lives_on() -> None:
    stage, other, reported = Stage(replies=True), Stage(), threading.Event()
    failures, gaps = list[tuple[str, str]](), threading.Event()

    def failed(channel: str, error: Exception) -> None:
        failures.append((channel, str(error)))
        reported.set()

    def broken(_datagram: bytes, _address: tuple[str, int]) -> None:
        raise ValueError("a bug")

    recovery = Recovery(alarm=lambda _alarm: gaps.set(), failed=failed)
    recovery.watch(stage.memory, RETRANSMISSION, asking(1), broken)
    recovery.watch(other.memory)
    recovery.start()
    with_a_hole(stage)
    assert reported.wait(LONG)
    with_a_hole(other).wait(1 + LIMITS.give_up_after_ns)
    assert gaps.wait(LONG)
    assert recovery.running
    recovery.stop()
    assert failures == [("channel", "a bug")]


def test_what_ends_the_thread_is_raised_by_stop() -> None:
    stage, told = Stage(replies=True), threading.Event()

    def failed(_channel: str, error: Exception) -> None:
        told.set()
        raise RuntimeError("the reporter fails as well") from error

    def broken(_datagram: bytes, _address: tuple[str, int]) -> None:
        raise ValueError("a bug")

    recovery = Recovery(alarm=print, failed=failed)
    recovery.watch(stage.memory, RETRANSMISSION, asking(1), broken)
    recovery.start()
    with_a_hole(stage)
    assert told.wait(LONG)
    with pytest.raises(RuntimeError, match="the reporter fails as well"):
        recovery.stop()


def test_it_is_started_once_at_a_time() -> None:
    recovery = Recovery(alarm=print, failed=print)
    recovery.start()
    with pytest.raises(RecoveryError, match="runs already"):
        recovery.start()
    recovery.stop()
    recovery.stop()
    recovery.start()
    recovery.stop()


def test_every_figure_has_a_sentence_and_a_unit() -> None:
    assert set(SENTENCES) == set(UNITS) == set(vars(RecoveryFigures()))
    assert all(sentence.endswith(".") for sentence in SENTENCES.values())
