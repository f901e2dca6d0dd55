"""The faults receiver: the contract of all receivers where there are no faults, and each fault as it was wished."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from pydantic import ValidationError

from feedhandler import plugins
from feedhandler.core.frames import FrameFlag, ReceiverStatus
from feedhandler.receivers.clock import now_ns
from feedhandler.receivers.endpoints import Endpoint
from feedhandler.receivers.faults import FaultReceiver
from tests.receivers.contract import LINES, ReceiverContract, Rig, of_line, payloads
from tests.receivers.loopback import LOOPBACK, LoopbackRig, sender
from tests.receivers.polling import Poller, Taken

ENDPOINTS = [Endpoint(line, "239.255.0.1", 5_000 + line) for line in LINES]
MEMORY = {"kind": "memory", "capacity": 20_000, "packet_bytes": 4_096}
COUNT = 5_000


class TestFaultReceiverWithoutFaults(ReceiverContract):
    """The contract, over sockets."""

    overload_options = {"over": {"kind": "socket", "receive_buffer": "64KiB"}}

    @contextmanager
    def rig(self) -> Iterator[Rig]:
        with sender() as sending:
            yield FaultRig(FaultReceiver, LINES, sending)


class FaultRig(LoopbackRig):
    def receiver(self, **options: Any) -> FaultReceiver:
        if "packet_bytes" in options:
            options["over"] = {"kind": "socket", "packet_bytes": options["packet_bytes"]}
        return super().receiver(**options)


def through(sent: Sequence[bytes], line: int = LINES[0], **options: Any) -> tuple[list[Taken], dict[str, int]]:
    """What comes of packets that are put in, and the faults that were counted."""
    receiver = FaultReceiver(ENDPOINTS, FaultReceiver.Options(over=MEMORY, **options))
    with receiver:
        for payload in sent:
            assert receiver.inner.put(line, payload)
        receiver.inner.end()
        poller = Poller(receiver)
        taken: list[Taken] = []
        while (count := poller.poll()) != ReceiverStatus.ENDED:
            assert count >= 0
            taken += poller.lent(count)
            poller.release(count)
        times = [one.received_ns for one in taken]
        assert times == sorted(times)
        told = receiver.statistics
        assert told["frames"] == len(taken)
        assert told["bytes"] == sum(len(one.payload) for one in taken)
        found = told["faults"][line]
        assert len(taken) == len(sent) - found["dropped"] + found["duplicated"]
        assert told["dropped"]["receiver"] == found["dropped"]
        return taken, found


def test_it_is_installed_under_its_name() -> None:
    assert plugins.receiver("faults") is FaultReceiver


def test_a_share_of_the_frames_is_lost() -> None:
    sent = payloads("x", COUNT)
    taken, found = through(sent, drop=0.1)
    assert 400 < found["dropped"] < 600
    kept = {one.payload for one in taken}
    assert [one.payload for one in taken] == [payload for payload in sent if payload in kept]


def test_losses_in_bursts_are_the_same_share_and_come_together() -> None:
    sent = payloads("x", COUNT)
    taken, found = through(sent, drop=0.1, burst=10)
    assert 300 < found["dropped"] < 700
    kept = {one.payload for one in taken}
    gaps = "".join("." if payload in kept else "x" for payload in sent).split(".")
    lengths = [len(gap) for gap in gaps if gap]
    assert all(length % 10 == 0 for length in lengths[:-1])


def test_everything_can_be_lost() -> None:
    taken, found = through(payloads("x", 100), drop=1.0, burst=7)
    assert (taken, found["dropped"]) == ([], 100)


def test_a_share_of_the_frames_comes_twice() -> None:
    sent = payloads("x", COUNT)
    taken, found = through(sent, duplicate=0.1)
    assert 400 < found["duplicated"] < 600
    came = [one.payload for one in taken]
    assert list(dict.fromkeys(came)) == sent


def test_a_share_of_the_frames_comes_behind_later_ones_and_none_is_lost() -> None:
    sent = payloads("x", COUNT)
    taken, found = through(sent, reorder=0.1, reorder_by=3, reorder_wait="1s")
    assert 400 < found["reordered"] < 600
    came = [one.payload for one in taken]
    assert sorted(came) == sorted(sent)
    places = {payload: place for place, payload in enumerate(sent)}
    overtaken = [place - places[payload] for place, payload in enumerate(came)]
    assert max(overtaken) in (3, 4, 5), "by at most three, and where two meet a little more"
    assert any(overtaken)


def test_a_reordered_frame_that_nothing_follows_comes_after_its_wait() -> None:
    with FaultReceiver(ENDPOINTS, FaultReceiver.Options(over=MEMORY, reorder=1.0, reorder_wait="2ms")) as receiver:
        poller = Poller(receiver)
        put_at = now_ns()
        receiver.inner.put(LINES[0], b"alone")
        assert poller.poll() == 0
        (one,) = poller.receive(1)
        assert one.payload == b"alone"
        assert one.received_ns >= put_at + 2_000_000


def test_a_late_frame_has_the_time_at_which_it_came() -> None:
    with FaultReceiver(ENDPOINTS, FaultReceiver.Options(over=MEMORY, delay=1.0, delay_by="5ms", seed=3)) as receiver:
        poller = Poller(receiver)
        put_at = now_ns()
        for number in range(50):
            receiver.inner.put(LINES[0], b"%d" % number, received_ns=put_at)
        taken = poller.receive(50)
        assert sorted(int(one.payload) for one in taken) == list(range(50))
        assert [int(one.payload) for one in taken] != list(range(50))
        assert all(one.received_ns > put_at for one in taken)
        assert receiver.statistics["faults"][LINES[0]]["delayed"] == 50


def test_a_share_of_the_frames_has_one_wrong_bit() -> None:
    sent = payloads("x", COUNT)
    taken, found = through(sent, corrupt=0.1)
    wrong = [(one.payload, payload) for one, payload in zip(taken, sent, strict=True) if one.payload != payload]
    assert len(wrong) == found["corrupted"]
    assert 400 < len(wrong) < 600
    for came, right in wrong:
        assert sum((a ^ b).bit_count() for a, b in zip(came, right, strict=True)) == 1


def test_a_share_of_the_frames_is_cut_and_says_so() -> None:
    sent = payloads("x", COUNT)
    taken, found = through(sent, truncate=0.1)
    cut = [one for one, payload in zip(taken, sent, strict=True) if one.payload != payload]
    assert len(cut) == found["truncated"]
    assert 400 < len(cut) < 600
    assert {one.flags for one in cut} == {FrameFlag.TRUNCATED.value}
    assert all(payload.startswith(one.payload) for one, payload in zip(taken, sent, strict=True))


def test_the_same_seed_makes_the_same_faults_and_another_others() -> None:
    sent = payloads("x", 1_000)
    wished = {"drop": 0.05, "duplicate": 0.05, "reorder": 0.05, "corrupt": 0.05, "truncate": 0.05, "reorder_wait": "1s"}
    first, again, other = (
        [(one.payload, one.flags) for one in through(sent, seed=seed, **wished)[0]] for seed in (7, 7, 8)
    )
    assert first == again
    assert first != other


def test_one_faults_share_does_not_move_another() -> None:
    sent = payloads("x", 1_000)
    lost = set(sent) - {one.payload for one in through(sent, drop=0.05)[0]}
    assert lost == set(sent) - {one.payload for one in through(sent, drop=0.05, duplicate=0.3, reorder=0.3)[0]}


def test_a_lines_faults_are_its_own() -> None:
    sent = payloads("x", 1_000)
    first = {one.payload for one in through(sent, LINES[0], drop=0.1)[0]}
    second = {one.payload for one in through(sent, LINES[1], drop=0.1)[0]}
    assert first != second
    with FaultReceiver(ENDPOINTS, FaultReceiver.Options(over=MEMORY, drop=0.1)) as receiver:
        for payload in sent:
            for line in LINES:
                receiver.inner.put(line, payload)
        receiver.inner.end()
        poller = Poller(receiver)
        taken: list[Taken] = []
        while (count := poller.poll()) >= 0:
            taken += poller.lent(count)
            poller.release(count)
    assert [set(of_line(taken, line)) for line in LINES] == [first, second]


def test_more_frames_than_it_can_hold_come_early_and_none_is_lost() -> None:
    sent = payloads("x", 12_000)
    with FaultReceiver(ENDPOINTS, FaultReceiver.Options(over=MEMORY, delay=1.0, delay_by="10s")) as receiver:
        for payload in sent:
            receiver.inner.put(LINES[0], payload)
        poller = Poller(receiver)
        taken = poller.receive(7_000)
        receiver.inner.end()
        while (count := poller.poll()) >= 0:
            taken += poller.lent(count)
            poller.release(count)
    assert sorted(one.payload for one in taken) == sorted(sent)


def test_it_warns_of_itself() -> None:
    with FaultReceiver(ENDPOINTS, FaultReceiver.Options(over=MEMORY, drop=0.01, seed=9)) as receiver:
        assert receiver.warnings == ["faults are made on purpose: drop 0.01 (seed 9)"]
        assert receiver.statistics["mode"] == "faults over memory memory"


def test_a_unicast_line_is_the_inner_receivers() -> None:
    with FaultReceiver([Endpoint(5, "", 0, None, LOOPBACK)]) as receiver, sender() as sending:
        assert receiver.fileno(5) == receiver.inner.fileno(5)
        sending.sendto(b"reply", receiver.address_of(5))
        assert [one.payload for one in Poller(receiver).receive(1)] == [b"reply"]


@pytest.mark.parametrize(
    "options", [{"drop": 1.5}, {"drop": -0.1}, {"burst": 0}, {"over": {}}, {"over": {"kind": "memory"}, "seeds": 1}]
)
def test_options_are_validated(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        FaultReceiver.Options(**options)


def test_the_inner_receivers_options_are_validated_too() -> None:
    with pytest.raises(ValidationError, match="memory: capacities: Extra inputs are not permitted"):
        FaultReceiver.Options(over={"kind": "memory", "capacities": 3})
    with pytest.raises(ValidationError, match="no receiver 'memroy' is installed; did you mean memory"):
        FaultReceiver.Options(over={"kind": "memroy"})
