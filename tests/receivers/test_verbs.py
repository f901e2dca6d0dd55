"""The verbs receiver over a library that stands in for libibverbs: contract, stamps, rules, errors, refusals."""

from __future__ import annotations

import errno
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from feedhandler import plugins
from feedhandler.core.frames import ReceiverStatus
from feedhandler.receivers.endpoints import EndpointError
from feedhandler.receivers.options import VerbsOptions
from feedhandler.receivers.verbs import devices as verbs_devices
from feedhandler.receivers.verbs.devices import VerbsPort, port_of
from tests.appliances import metamako
from tests.receivers.contract import LINES, ReceiverContract, Rig, of_line, payloads
from tests.receivers.polling import Poller
from tests.receivers.standing_in import INTERFACE, StandingInCard, StandingInRig, frame, library

verbs = pytest.importorskip(
    "feedhandler.receivers.verbs.receiver", reason="verbs is not built here: libibverbs-dev is missing"
)

STAMP = 1_700_000_000_123_456_789
FLUSHED, LENGTH = 5, 1  # IBV_WC_WR_FLUSH_ERR, IBV_WC_LOC_LEN_ERR


class CountedCard(StandingInCard):
    """A card whose port counts in a file, as the kernel's sysfs does, what found no buffer."""

    def __init__(self, counter: Path) -> None:
        super().__init__(library("fake_verbs"))
        self.counter = counter

    def deliver(self, data: bytes, time_ns: int = 0, reason: int = -1, flags: int = 1) -> int:
        found = super().deliver(data, time_ns, reason, flags)
        if found < 0:
            self.counter.write_text(f"{int(self.counter.read_text()) + 1}\n")
        return found


class CountedRig(StandingInRig):
    """Frames that find no buffer are counted once a burst: a file that is written each time would take long."""

    def send(self, line: int, payloads: Sequence[bytes]) -> None:
        found = [StandingInCard.deliver(self.card, one) for one in self.frames(line, payloads)]
        lost = sum(one < 0 for one in found)
        if lost:
            self.card.counter.write_text(f"{int(self.card.counter.read_text()) + lost}\n")


@contextmanager
def stood_in(**options: Any) -> Iterator[StandingInRig]:
    """A rig whose library has been reset; everything that was opened must be closed at the end."""
    before = verbs_devices.DEVICES
    with tempfile.TemporaryDirectory() as folder:
        counter = Path(folder, "fake0", "ports", "1", "hw_counters", "out_of_buffer")
        counter.parent.mkdir(parents=True)
        counter.write_text("17\n")
        verbs_devices.DEVICES = Path(folder)
        card = CountedCard(counter)
        card.calls.fake_reset(0)
        own = {"library": str(card.path), "devices": {INTERFACE: "fake0"}, "buffers": 512}
        try:
            yield CountedRig(verbs.VerbsReceiver, card, LINES, **{**own, **options})
        finally:
            verbs_devices.DEVICES = before
        card.calls.fake_fail(0, 0)
        assert card.calls.fake_open_things() == 0


class TestVerbsReceiver(ReceiverContract):
    """The contract, completions with wall-clock times."""

    overload_count = 1_500

    @contextmanager
    def rig(self) -> Iterator[Rig]:
        with stood_in() as rig:
            yield rig


class TestPlainVerbsReceiver(TestVerbsReceiver):
    """The contract, completions without times."""

    @contextmanager
    def rig(self) -> Iterator[Rig]:
        with stood_in(timestamps="none") as rig:
            yield rig


def test_it_is_installed_under_its_name_and_asks_for_library_and_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert plugins.receiver("verbs") is verbs.VerbsReceiver
    monkeypatch.setattr(verbs_devices, "DEVICES", tmp_path)
    reason = verbs.VerbsReceiver.probe()
    assert "libibverbs.so.1" in reason or "the kernel has no RDMA device: rdma link show" in reason
    (tmp_path / "mlx5_0").mkdir()
    reason = verbs.VerbsReceiver.probe()
    assert reason is None or "libibverbs.so.1" in reason


def test_the_cards_wall_clock_is_hardware_time() -> None:
    with stood_in() as rig, rig.receiver() as receiver:
        for number, one in enumerate(rig.frames(LINES[0], payloads("x", 150))):
            rig.card.deliver(one, STAMP + number)
        taken = Poller(receiver).receive(150)
        assert [one.hardware_ns for one in taken] == [STAMP + number for number in range(150)]


def test_a_card_without_a_wall_clock_is_a_warning() -> None:
    with stood_in() as rig:
        rig.card.calls.fake_without_stamps()
        with rig.receiver() as receiver:
            assert receiver.warnings == [f"{INTERFACE} has no wall-clock time stamps: the card or its driver has none"]
            rig.card.deliver(rig.frames(LINES[0], [b"x"])[0], STAMP)
            assert Poller(receiver).receive(1)[0].hardware_ns == 0
        with rig.receiver(timestamps="none") as receiver:
            assert receiver.warnings == []


def test_an_appliances_time_goes_before_the_cards() -> None:
    now = time.time_ns()
    with stood_in(trailer="metamako") as rig, rig.receiver() as receiver:
        rig.card.deliver(rig.frames(LINES[0], [b"x"])[0] + metamako(now), STAMP)
        (taken,) = Poller(receiver).receive(1)
        assert (taken.payload, taken.hardware_ns) == (b"x", now)


def test_flow_rules_let_in_the_lines_groups_and_ports_and_nothing_else() -> None:
    with stood_in() as rig, rig.receiver():
        assert [rig.card.deliver(rig.frames(line, [b"x"])[0]) for line in LINES] == [1, 1]
        assert rig.card.deliver(frame(b"x", "239.255.255.250", rig.port)) == 0
        assert rig.card.deliver(frame(b"x", rig.groups[LINES[0]], rig.port + 1)) == 0


def test_frames_for_no_line_give_their_buffers_back_at_once() -> None:
    with stood_in() as rig, rig.receiver() as receiver:
        before = rig.card.calls.fake_posted(rig.card.interface)
        for _ in range(100):
            rig.card.deliver(frame(b"x", "239.1.1.1", rig.port, tags=(0x8100,)))  # no rule looks behind tags here
        assert Poller(receiver).drain() == []
        assert rig.card.calls.fake_posted(rig.card.interface) == before
        assert receiver.statistics["interfaces"][0]["unmatched"] == 100


def test_released_buffers_are_posted_again_in_one_chain_a_burst() -> None:
    with stood_in() as rig, rig.receiver() as receiver:
        poller = Poller(receiver)
        for turn in range(40):  # many times round the ring
            rig.send(LINES[turn % 2], payloads(f"turn {turn}", 60))
            posts = rig.card.calls.fake_pushes()
            assert of_line(poller.receive(60), LINES[turn % 2]) == payloads(f"turn {turn}", 60)
            assert rig.card.calls.fake_pushes() == posts + 1


@pytest.mark.parametrize(("status", "words"), [(FLUSHED, "Work Request Flushed Error"), (LENGTH, "local length error")])
@pytest.mark.parametrize("timestamps", ["hardware", "none"])
def test_a_queue_pair_in_error_ends_the_receiver_with_the_cards_word(status: int, words: str, timestamps: str) -> None:
    with stood_in(timestamps=timestamps) as rig, rig.receiver() as receiver:
        rig.send(LINES[0], [b"before"])
        rig.card.deliver(rig.frames(LINES[0], [b"x"])[0], reason=status)
        poller = Poller(receiver)
        assert [one.payload for one in poller.receive(1)] == [b"before"]
        assert poller.poll() == ReceiverStatus.FAILED
        assert str(receiver.error) == words


def test_buffers_that_are_not_taken_back_end_the_receiver() -> None:
    with stood_in() as rig, rig.receiver() as receiver:
        rig.send(LINES[0], [b"x"])
        rig.card.calls.fake_fail(8, errno.EINVAL)
        poller = Poller(receiver)
        assert len(poller.receive(1)) == 1
        assert poller.poll() == ReceiverStatus.FAILED
        assert "does not take its buffers back" in str(receiver.error)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (1, errno.EACCES, "no device fake0: Permission denied; /dev/infiniband/uverbs0"),
        (2, errno.ENOMEM, "its memory cannot be registered: Cannot allocate memory; memory is locked"),
        (3, errno.ENOMEM, "its memory cannot be registered: Cannot allocate memory; memory is locked"),
        (5, errno.EPERM, "no raw-packet queue pair on fake0/1: Operation not permitted; raw packets.*CAP_NET_RAW"),
        (6, errno.EINVAL, "no raw-packet queue pair on fake0/1: Invalid argument"),
        (7, errno.EOPNOTSUPP, "no flow rule for 239.*: Operation not supported; the card or its driver cannot"),
        (8, errno.EINVAL, "the card does not take its buffers back"),
    ],
)
def test_what_cannot_be_opened_is_refused_with_what_would_mend_it(call: int, error: int, words: str) -> None:
    with stood_in() as rig:
        rig.card.calls.fake_fail(call, error)
        with pytest.raises(EndpointError, match=f"{INTERFACE}: {words}"):
            rig.receiver().open()


def test_a_device_or_library_that_is_not_there_is_refused() -> None:
    with stood_in() as rig:
        with pytest.raises(EndpointError, match=r"lo: no device mlx5_7: No such device; rdma link show"):
            rig.receiver(devices={INTERFACE: "mlx5_7"}).open()
        with pytest.raises(EndpointError, match=r"lo: no RDMA device drives it: rdma link show"):
            rig.receiver(devices={}).open()
        with pytest.raises(EndpointError, match=r"/nowhere/libibverbs.so.*libibverbs1 has it"):
            rig.receiver(library="/nowhere/libibverbs.so.1").open()
        with pytest.raises(EndpointError, match="it has no function ibv_get_device_list"):
            rig.receiver(library="libc.so.6").open()


def test_ports_are_found_as_the_kernel_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verbs_devices, "NETWORK", tmp_path / "net")
    monkeypatch.setattr(verbs_devices, "DEVICES", tmp_path / "infiniband")
    (tmp_path / "net" / "eth1" / "device" / "infiniband" / "mlx4_0").mkdir(parents=True)
    (tmp_path / "net" / "eth1" / "dev_port").write_text("1\n")
    assert port_of("eth1", {}) == VerbsPort("mlx4_0", 1), "a device of one port, whatever the interface's number"
    (tmp_path / "infiniband" / "mlx4_0" / "ports" / "2").mkdir(parents=True)
    assert port_of("eth1", {}) == VerbsPort("mlx4_0", 2)
    assert port_of("eth1", {"eth1": "mlx5_1"}) == VerbsPort("mlx5_1", 1)
    assert port_of("eth1", {"eth1": "mlx5_1/2"}) == VerbsPort("mlx5_1", 2)
    assert VerbsPort("mlx4_0", 2).out_of_buffer() is None, "not every driver counts it"


@pytest.mark.parametrize("device", ["/1", "mlx5_0/", "mlx5_0/0", "mlx5_0/x"])
def test_devices_are_validated(device: str) -> None:
    with pytest.raises(ValidationError, match=re.escape("expected an RDMA device such as mlx5_0")):
        VerbsOptions(devices={"eth1": device})
