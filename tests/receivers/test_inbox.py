"""The memory receiver of a configuration: the contract of all receivers, and what `put` promises."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from feedhandler import plugins
from feedhandler.core.frames import ReceiverStatus
from feedhandler.receivers.endpoints import Endpoint
from feedhandler.receivers.inbox import InboxReceiver
from tests.receivers.contract import LINES, ReceiverContract, Rig, payloads
from tests.receivers.polling import WAIT_SECONDS, Poller

ENDPOINTS = [Endpoint(line, "239.255.0.1", 5_000 + line) for line in LINES]


class InboxRig:
    """What is sent is put into the receiver that was made last."""

    def receiver(self, **options: Any) -> InboxReceiver:
        self.made = InboxReceiver(ENDPOINTS, InboxReceiver.Options(**options))
        return self.made

    def send(self, line: int, payloads: Sequence[bytes]) -> None:
        for payload in payloads:
            self.made.put(line, payload)

    def send_astray(self, payloads: Sequence[bytes]) -> None:
        for payload in payloads:
            with pytest.raises(LookupError, match="no line 4; there are 3, 11"):
                self.made.put(4, payload)


class TestInboxReceiver(ReceiverContract):
    """The contract."""

    overload_options = {"capacity": 100}

    @contextmanager
    def rig(self) -> Iterator[Rig]:
        yield InboxRig()


def test_it_is_installed_under_its_name() -> None:
    assert plugins.receiver("memory") is InboxReceiver


def test_a_full_one_says_so_and_a_release_makes_room() -> None:
    with InboxReceiver(ENDPOINTS, InboxReceiver.Options(capacity=2)) as receiver:
        poller = Poller(receiver)
        assert [receiver.put(LINES[0], b"x") for _ in range(3)] == [True, True, False]
        assert poller.poll() == 2
        assert not receiver.put(LINES[0], b"x"), "what is lent is not given away"
        poller.release(1)
        assert receiver.put(LINES[0], b"x")
        assert receiver.statistics["dropped"]["receiver"] == 2


def test_ended_it_lends_what_waits_and_then_has_ended() -> None:
    with InboxReceiver(ENDPOINTS) as receiver:
        poller = Poller(receiver)
        for payload in payloads("x", 3):
            receiver.put(LINES[1], payload, received_ns=7, hardware_ns=5)
        receiver.end()
        with pytest.raises(RuntimeError, match="was ended"):
            receiver.put(LINES[1], b"late")
        taken = poller.receive(3, 2)
        assert [(one.payload, one.received_ns, one.hardware_ns) for one in taken] == [
            (payload, 7, 5) for payload in payloads("x", 3)
        ]
        assert poller.poll() == ReceiverStatus.ENDED


def test_put_by_one_thread_and_polled_by_another_every_byte_is_right() -> None:
    count = 10_000
    with InboxReceiver(ENDPOINTS, InboxReceiver.Options(capacity=512)) as receiver:
        sent = payloads("x", count)

        def put_all() -> None:
            waiting = iter(sent)
            payload = next(waiting, None)
            while payload is not None and not stop.is_set():
                if receiver.put(LINES[0], payload):
                    payload = next(waiting, None)

        stop = threading.Event()
        thread = threading.Thread(target=put_all)
        thread.start()
        try:
            taken = Poller(receiver).receive(count)
        finally:
            stop.set()
            thread.join(WAIT_SECONDS)
        assert [one.payload for one in taken] == sent
