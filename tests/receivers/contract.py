"""What every receiver of live lines does, whatever it reads from (docs/adding-a-receiver.md): one set of tests for all.

A receiver's own tests subclass `ReceiverContract` and say in `rig` how it is made and how a datagram is sent to each of
its lines. All waits are bounded; nothing is asserted about how long anything takes.
"""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

import pytest

from feedhandler.core.frames import FrameFlag, ReceiverStatus
from feedhandler.receivers.clock import now_ns
from tests.receivers.polling import Poller, Taken

LINES = (3, 11)
"""The lines of a rig: numbers with a hole, so that an index taken for a line shows."""


class Rig(Protocol):
    """A receiver's surroundings: two lines, and a way to send to each."""

    def receiver(self, **options: Any) -> Any:
        """A receiver that is not open, of lines `LINES`; `packet_bytes` may be an option."""

    def send(self, line: int, payloads: Sequence[bytes]) -> None:
        """Send datagrams to a line, in order; they have arrived when this returns."""

    def send_astray(self, payloads: Sequence[bytes]) -> None:
        """Send datagrams that no line is to hear: another group of the same port, another port."""


def payloads(name: str, count: int, size: int = 60) -> list[bytes]:
    """Different payloads that say what they are; sizes vary."""
    return [f"{name} {number} ".encode().ljust(size + number % 7, b".") for number in range(count)]


def of_line(taken: Sequence[Taken], line: int) -> list[bytes]:
    return [one.payload for one in taken if one.line == line]


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


class ReceiverContract:
    """Subclassed by each receiver's tests."""

    overload_options: dict[str, Any] = {}
    """What makes the receiver's memory so small that `overload_count` datagrams do not fit."""
    overload_count = 4_000

    def rig(self) -> AbstractContextManager[Rig]:
        raise NotImplementedError

    def test_each_lines_datagrams_come_in_order_with_its_number(self) -> None:
        with self.rig() as rig, rig.receiver() as receiver:
            sent = {line: payloads(f"line {line}", 150) for line in LINES}
            for first in range(0, 150, 50):
                for line in LINES:
                    rig.send(line, sent[line][first : first + 50])
            taken = Poller(receiver).receive(300)
            assert {line: of_line(taken, line) for line in LINES} == sent
            # A core that is taken away makes times uncertain, and nothing else.
            assert {one.flags & ~FrameFlag.TIME_UNCERTAIN for one in taken} == {0}

    def test_times_lie_between_sending_and_polling_and_never_step_back_on_a_line(self) -> None:
        with self.rig() as rig, rig.receiver() as receiver:
            poller = Poller(receiver)
            poller.drain()
            before = now_ns()
            for line in LINES:
                rig.send(line, payloads("x", 20))
            taken = poller.receive(40)
            after = now_ns()
            for line in LINES:
                times = [one.received_ns for one in taken if one.line == line]
                assert times == sorted(times)
                # the two clocks of a stamp are read a moment apart
                assert before - 1_000_000 <= times[0]
                assert times[-1] <= after

    @pytest.mark.parametrize("capacity", [1, 2, 3, 7, 16, 33, 63, 64])
    def test_a_poll_lends_at_most_what_was_asked_for(self, capacity: int) -> None:
        with self.rig() as rig, rig.receiver() as receiver:
            sent = payloads("x", 130)
            rig.send(LINES[0], sent)
            taken = Poller(receiver).receive(130, capacity)
            assert [one.payload for one in taken] == sent

    def test_frames_stay_as_they_are_until_they_are_released(self) -> None:
        with self.rig() as rig, rig.receiver() as receiver:
            poller = Poller(receiver)
            rig.send(LINES[0], payloads("first", 64))
            count = 0
            while count == 0:
                count = poller.poll()
            before = poller.lent(count)
            rig.send(LINES[0], payloads("second", 200))
            rig.send(LINES[1], payloads("second", 200))
            assert poller.lent(count) == before
            poller.release(count)
            rest = poller.receive(464 - count)
            assert of_line(before + rest, LINES[0]) == payloads("first", 64) + payloads("second", 200)
            assert of_line(rest, LINES[1]) == payloads("second", 200)

    def test_frames_may_be_released_one_by_one(self) -> None:
        with self.rig() as rig, rig.receiver() as receiver:
            poller = Poller(receiver)
            rig.send(LINES[0], payloads("x", 100))
            taken: list[Taken] = []
            while len(taken) < 100:
                count = poller.poll(7)
                taken += poller.lent(count)
                for _ in range(count):
                    poller.release(1)
            assert of_line(taken, LINES[0]) == payloads("x", 100)

    def test_a_poll_before_release_fails_and_says_why(self) -> None:
        with self.rig() as rig, rig.receiver() as receiver:
            poller = Poller(receiver)
            rig.send(LINES[0], payloads("x", 2))
            count = 0
            while count == 0:
                count = poller.poll(1)
            assert poller.poll() == ReceiverStatus.FAILED
            assert "while 1 frames were lent" in str(receiver.error)
            assert poller.poll() == ReceiverStatus.FAILED

    def test_the_shortest_and_the_longest_datagram_come_whole(self) -> None:
        with self.rig() as rig, rig.receiver(packet_bytes=1_400) as receiver:
            sent = [b"", b"x", bytes(range(256)) * 5 + bytes(120)]
            assert len(sent[-1]) == 1_400
            rig.send(LINES[1], sent)
            taken = Poller(receiver).receive(3)
            assert [(one.payload, one.flags) for one in taken] == [(payload, 0) for payload in sent]

    def test_a_datagram_that_is_too_long_is_cut_and_says_so(self) -> None:
        with self.rig() as rig, rig.receiver(packet_bytes=500) as receiver:
            sent = [bytes(range(250)) * 4, b"whole", bytes(501)]
            rig.send(LINES[0], sent)
            taken = Poller(receiver).receive(3)
            truncated = FrameFlag.TRUNCATED.value
            assert [(one.payload, one.flags) for one in taken] == [
                (sent[0][:500], truncated), (b"whole", 0), (bytes(500), truncated),
            ]  # fmt: skip
            assert [one["truncated"] for one in receiver.statistics["endpoints"]] == [2, 0]

    def test_what_is_not_for_a_line_never_becomes_a_frame(self) -> None:
        with self.rig() as rig, rig.receiver() as receiver:
            rig.send_astray(payloads("astray", 20))
            rig.send(LINES[0], payloads("x", 2))
            rig.send_astray(payloads("astray", 20))
            rig.send(LINES[1], payloads("y", 2))
            poller = Poller(receiver)
            taken = poller.receive(4) + poller.drain()
            assert of_line(taken, LINES[0]) == payloads("x", 2)
            assert of_line(taken, LINES[1]) == payloads("y", 2)
            assert len(taken) == 4

    def test_statistics_add_up(self) -> None:
        with self.rig() as rig, rig.receiver() as receiver:
            rig.send(LINES[0], payloads("x", 70))
            rig.send(LINES[1], payloads("y", 30))
            taken = Poller(receiver).receive(100)
            receiver.stop()
            told = receiver.statistics
            assert told["frames"] == 100
            assert told["bytes"] == sum(len(one.payload) for one in taken)
            assert told["polls"] >= 2
            assert told["dropped"] == {"receiver": 0, "kernel": 0, "device": 0}
            assert [(one["line"], one["frames"]) for one in told["endpoints"]] == [(LINES[0], 70), (LINES[1], 30)]
            assert sum(one["bytes"] for one in told["endpoints"]) == told["bytes"]
            assert isinstance(told["mode"], str)
        assert receiver.statistics["frames"] == 100, "statistics stay after close"

    def test_what_did_not_fit_is_counted(self) -> None:
        """Sent = received + every drop that is reported, to the datagram."""
        with self.rig() as rig, rig.receiver(**self.overload_options) as receiver:
            sent = payloads("x", self.overload_count, 400)
            rig.send(LINES[0], sent)
            poller = Poller(receiver)
            taken = poller.drain()
            while len(taken) + sum(receiver.statistics["dropped"].values()) < len(sent):
                taken += poller.receive(1)
            told = receiver.statistics
            assert told["frames"] == len(taken) < len(sent)
            assert told["frames"] + sum(told["dropped"].values()) == len(sent)
            heard = of_line(taken, LINES[0])
            kept = set(heard)
            assert heard == [payload for payload in sent if payload in kept]
            # it goes on where there is room again, and what was lost before stays counted
            rig.send(LINES[0], payloads("again", 5))
            assert of_line(poller.receive(5), LINES[0]) == payloads("again", 5)
            assert sum(receiver.statistics["dropped"].values()) == len(sent) - len(taken)

    def test_stopped_it_has_ended(self) -> None:
        with self.rig() as rig, rig.receiver() as receiver:
            poller = Poller(receiver)
            rig.send(LINES[0], payloads("x", 1))
            poller.receive(1)
            stopper = threading.Thread(target=receiver.stop)
            stopper.start()
            stopper.join()
            assert poller.poll() == ReceiverStatus.ENDED
            assert poller.poll() == ReceiverStatus.ENDED
            assert receiver.error is None

    def test_closed_it_has_ended_and_open_twice_is_refused(self) -> None:
        with self.rig() as rig:
            receiver = rig.receiver()
            assert Poller(receiver).poll() == ReceiverStatus.ENDED
            receiver.open()
            with pytest.raises(RuntimeError, match="open already"):
                receiver.open()
            receiver.close()
            receiver.close()
            assert Poller(receiver).poll() == ReceiverStatus.ENDED

    def test_opened_a_hundred_times_it_leaves_nothing_behind(self) -> None:
        with self.rig() as rig:
            receiver = rig.receiver()

            def once() -> None:
                with receiver:
                    rig.send(LINES[0], payloads("x", 3))
                    assert of_line(Poller(receiver).receive(3), LINES[0]) == payloads("x", 3)

            for _ in range(5):
                once()
            gc.collect()
            files, resident = open_files(), resident_bytes()
            for _ in range(100):
                once()
            gc.collect()
            assert open_files() == files
            # one receiver's memory a time would be far more
            assert resident_bytes() - resident < 8 << 20

    def test_receivers_made_and_dropped_leave_nothing_behind(self) -> None:
        with self.rig() as rig:
            for _ in range(3):
                with rig.receiver():
                    pass
            gc.collect()
            files = open_files()
            for _ in range(20):
                with rig.receiver():
                    pass
            gc.collect()
            assert open_files() == files
