"""The ef_vi receiver over a library that stands in for the vendor's: contract, events, stamps, filters, refusals."""

from __future__ import annotations

import errno
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from feedhandler import plugins
from feedhandler.core.frames import FrameFlag, ReceiverStatus
from feedhandler.receivers.ef_vi import EfViReceiver
from feedhandler.receivers.endpoints import EndpointError
from tests.appliances import metamako
from tests.receivers.contract import LINES, ReceiverContract, Rig, of_line, payloads
from tests.receivers.polling import Poller
from tests.receivers.standing_in import INTERFACE, StandingInCard, StandingInRig, frame, library

UNCERTAIN = FrameFlag.TIME_UNCERTAIN.value
OVERFLOWED, RESET = 6, 14  # EF_EVENT_TYPE_OFLOW, EF_EVENT_TYPE_RESET
SOP, CONT = 1, 2
STAMP = 1_700_000_000_123_456_789


@contextmanager
def stood_in(*, x3: bool = False, **options: Any) -> Iterator[StandingInRig]:
    """A rig whose library has been reset; everything that was opened must be closed at the end."""
    card = StandingInCard(library("fake_ciul"))
    card.calls.fake_reset(int(x3))
    yield StandingInRig(EfViReceiver, card, LINES, **{"library": str(card.path), "buffers": 512, **options})
    card.calls.fake_fail(0, 0)
    assert card.calls.fake_open_things() == 0


class TestEfViReceiver(ReceiverContract):
    """The contract, one event a frame."""

    overload_count = 1_500
    made: dict[str, Any] = {}

    @contextmanager
    def rig(self) -> Iterator[Rig]:
        with stood_in(**self.made) as rig:
            yield rig


class TestMergingEfViReceiver(TestEfViReceiver):
    """The contract, up to fifteen frames an event."""

    made = {"merge": True}


class TestX3EfViReceiver(TestEfViReceiver):
    """The contract, packets in the memory of the card's driver."""

    made = {"x3": True}


KINDS = pytest.mark.parametrize("made", [{}, {"merge": True}, {"x3": True}], ids=["rx", "rx_multi", "rx_ref"])


def test_it_is_installed_under_its_name_and_says_what_is_missing_here() -> None:
    assert plugins.receiver("ef_vi") is EfViReceiver
    reason = EfViReceiver.probe()
    assert reason is None or "libciul.so.1" in reason


@KINDS
def test_the_cards_stamps_are_hardware_time(made: dict[str, Any]) -> None:
    with stood_in(**made) as rig, rig.receiver() as receiver:
        for number, one in enumerate(rig.frames(LINES[0], payloads("x", 30))):
            rig.card.deliver(one, STAMP + number)
        taken = Poller(receiver).receive(30)
        assert [one.hardware_ns for one in taken] == [STAMP + number for number in range(30)]
        assert {one.flags for one in taken} == {0}
        (told,) = receiver.statistics["interfaces"]
        assert (told["stamped"], told["unstamped"], told["clock_out_of_step"]) == (True, 0, 0)


@KINDS
def test_a_clock_that_is_not_in_step_says_so_and_one_that_was_never_set_tells_no_time(made: dict[str, Any]) -> None:
    with stood_in(**made) as rig, rig.receiver() as receiver:
        (one,) = rig.frames(LINES[0], [b"x"])
        seen = []
        for flags in (1, 0):
            rig.card.calls.fake_sync(flags)
            rig.card.deliver(one, STAMP)
            seen += [(taken.hardware_ns, taken.flags) for taken in Poller(receiver).receive(1)]
        assert seen == [(STAMP, UNCERTAIN), (0, 0)]
        (told,) = receiver.statistics["interfaces"]
        assert (told["clock_out_of_step"], told["unstamped"]) == (1, 1)
        assert receiver.statistics["endpoints"][0]["time_uncertain"] == 1


def test_a_card_without_stamps_is_a_warning() -> None:
    with stood_in() as rig:
        rig.card.calls.fake_without_stamps()
        with rig.receiver() as receiver:
            assert [words for words in receiver.warnings if "no time stamps (Operation not supported)" in words]
            rig.card.deliver(rig.frames(LINES[0], [b"x"])[0], STAMP)
            assert Poller(receiver).receive(1)[0].hardware_ns == 0
        with rig.receiver(timestamps="none") as receiver:
            assert receiver.warnings == []


@KINDS
def test_an_appliances_time_goes_before_the_cards(made: dict[str, Any]) -> None:
    now = time.time_ns()
    with stood_in(trailer="metamako", **made) as rig, rig.receiver() as receiver:
        rig.card.deliver(rig.frames(LINES[0], [b"x"])[0] + metamako(now), STAMP)
        (taken,) = Poller(receiver).receive(1)
        assert (taken.payload, taken.hardware_ns) == (b"x", now)


@KINDS
def test_filters_let_in_the_lines_groups_and_ports_and_nothing_else(made: dict[str, Any]) -> None:
    with stood_in(**made) as rig, rig.receiver():
        assert [rig.card.deliver(rig.frames(line, [b"x"])[0]) for line in LINES] == [1, 1]
        assert rig.card.deliver(frame(b"x", "239.255.255.250", rig.port)) == 0
        assert rig.card.deliver(frame(b"x", rig.groups[LINES[0]], rig.port + 1)) == 0


@KINDS
def test_what_the_card_discards_is_counted_by_reason_and_its_buffers_go_back(made: dict[str, Any]) -> None:
    with stood_in(**made) as rig, rig.receiver() as receiver:
        before = rig.card.calls.fake_posted(rig.card.interface)
        (one,) = rig.frames(LINES[0], [b"x"])
        for reason in (0, 2, 2, 5):
            rig.card.deliver(one, reason=reason)
        rig.card.deliver(one)
        assert [taken.payload for taken in Poller(receiver).receive(1)] == [b"x"]
        told = receiver.statistics
        (card,) = told["interfaces"]
        counted = {name: count for name, count in card["discarded"].items() if count}
        assert counted == ({"other": 4} if made else {"checksum": 1, "frame_check": 2, "event_lost": 1})
        assert told["dropped"] == {"receiver": 0, "kernel": 0, "device": 4}
        assert rig.card.calls.fake_posted(rig.card.interface) == before


@KINDS
def test_frames_for_no_line_give_their_buffers_back_at_once(made: dict[str, Any]) -> None:
    with stood_in(**made) as rig, rig.receiver() as receiver:
        before = rig.card.calls.fake_posted(rig.card.interface)
        strays = [frame(b"x", "239.1.1.1", rig.port, tags=(0x8100,)) for _ in range(100)]  # no filter looks behind tags
        assert [rig.card.deliver(one) for one in strays] == [1] * 100
        assert Poller(receiver).drain() == []
        assert rig.card.calls.fake_posted(rig.card.interface) == before
        assert receiver.statistics["interfaces"][0]["unmatched"] == 100


@pytest.mark.parametrize("made", [{}, {"merge": True}], ids=["rx", "rx_multi"])
def test_a_frame_spread_over_buffers_is_counted_and_never_lent(made: dict[str, Any]) -> None:
    with stood_in(**made) as rig, rig.receiver() as receiver:
        before = rig.card.calls.fake_posted(rig.card.interface)
        (one,) = rig.frames(LINES[0], [b"x"])
        for flags in (SOP | CONT, CONT, 0, SOP):
            rig.card.deliver(one, flags=flags)
        assert len(Poller(receiver).receive(1)) == 1
        assert Poller(receiver).drain() == []
        assert receiver.statistics["dropped"]["receiver"] == 3
        assert rig.card.calls.fake_posted(rig.card.interface) == before


@KINDS
def test_released_buffers_are_posted_again_in_one_push_a_burst(made: dict[str, Any]) -> None:
    with stood_in(**made) as rig, rig.receiver() as receiver:
        poller = Poller(receiver)
        for turn in range(40):  # many times round the ring
            rig.send(LINES[turn % 2], payloads(f"turn {turn}", 60))
            pushes = rig.card.calls.fake_pushes()
            taken = poller.receive(60)
            assert of_line(taken, LINES[turn % 2]) == payloads(f"turn {turn}", 60)
            if not made:
                assert rig.card.calls.fake_pushes() - pushes <= 6, "16 events a look, so four bursts and no more"


@pytest.mark.parametrize(
    ("event", "words"), [(OVERFLOWED, "event queue overflowed"), (RESET, "was reset or taken away")]
)
def test_a_card_that_lost_its_place_fails_the_receiver_with_the_reason(event: int, words: str) -> None:
    with stood_in() as rig, rig.receiver() as receiver:
        rig.card.calls.fake_event(rig.card.interface, event)
        assert Poller(receiver).poll() == ReceiverStatus.FAILED
        assert words in str(receiver.error)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (1, errno.ENOENT, "no driver handle: No such file or directory; is the driver loaded"),
        (2, errno.ENODEV, "no protection domain: No such device; is it a Solarflare"),
        (3, errno.EBUSY, "no virtual interface: Device or resource busy; all of the card's"),
        (4, errno.ENOMEM, "its memory cannot be registered: Cannot allocate memory; memory is locked"),
        (5, errno.EAGAIN, "a buffer cannot be posted"),
        (6, errno.EPERM, "no filter for 239.* Operation not permitted; filters need the capability CAP_NET_RAW"),
    ],
)
def test_what_cannot_be_opened_is_refused_with_what_would_mend_it(call: int, error: int, words: str) -> None:
    with stood_in() as rig:
        rig.card.calls.fake_fail(call, error)
        with pytest.raises(EndpointError, match=f"{INTERFACE}: {words}") as raised:
            rig.receiver().open()
        assert raised.value.errno == error


def test_a_library_of_another_interface_is_refused_with_both() -> None:
    with stood_in() as rig:
        rig.card.calls.fake_interface(b"1b9c3b5f")
        with pytest.raises(EndpointError, match=r"has the driver interface '1b9c3b5f', and this receiver was"):
            rig.receiver().open()


def test_a_library_that_is_not_there_or_is_another_one_is_refused() -> None:
    with stood_in() as rig:
        with pytest.raises(EndpointError, match=r"/nowhere/libciul.so.1.*it comes with Onload"):
            rig.receiver(library="/nowhere/libciul.so.1").open()
        with pytest.raises(EndpointError, match="it has no function ef_vi_version_str"):
            rig.receiver(library="libc.so.6").open()


def test_frames_that_wait_behind_a_small_poll_are_lent_by_the_next() -> None:
    with stood_in(merge=True) as rig, rig.receiver() as receiver:
        rig.send(LINES[0], payloads("x", 200))
        poller = Poller(receiver)
        assert of_line(poller.receive(200, capacity=1), LINES[0]) == payloads("x", 200)
