"""Deadlines are absolute: on a clock that is turned by hand, every frame is lent at its own moment."""

from pathlib import Path

import pytest

from replay.capture import CaptureReceiver
from replay.errors import CaptureError
from replay.pacing import ManualClock, MonotonicClock
from tests.replay.builders import SECOND, START, CFace, Pcapng, packet, payloads_at

MILLISECOND = 1_000_000
STARTED = 77 * SECOND


def lent_at(file: Path, *, speed: float, started: int = STARTED) -> list[tuple[int, bytes]]:
    """(time on the clock after its start, payload) of every frame, polled as long as there are any."""
    clock = ManualClock(started)
    found = []
    with CaptureReceiver(file, speed=speed, clock=clock) as receiver:
        while (burst := receiver.take()) is not None:
            found += [(clock.now_ns - started, frame.payload) for frame in burst]
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "capture"
    path.write_bytes(payloads_at([(0, b"a"), (10_000, b"b"), (2 * SECOND + 1, b"c"), (2 * SECOND + 1, b"d")]))
    return path


def test_at_speed_1_frames_are_lent_when_they_were_captured(file: Path) -> None:
    assert lent_at(file, speed=1) == [(0, b"a"), (10_000, b"b"), (2 * SECOND + 1, b"c"), (2 * SECOND + 1, b"d")]


def test_at_speed_10_a_tenth_of_the_time_passes(file: Path) -> None:
    assert [at for at, _ in lent_at(file, speed=10)] == [0, 1_000, SECOND // 5, SECOND // 5]


def test_at_speed_a_half_twice_the_time_passes(file: Path) -> None:
    assert [at for at, _ in lent_at(file, speed=0.5)] == [0, 20_000, 4 * SECOND + 2, 4 * SECOND + 2]


def test_the_times_of_the_frames_stay_those_of_the_capture(file: Path) -> None:
    with CaptureReceiver(file, speed=10, clock=ManualClock(0)) as receiver:
        times = []
        while (burst := receiver.take()) is not None:
            times += [frame.received_ns for frame in burst]
    assert times == [START, START + 10_000, START + 2 * SECOND + 1, START + 2 * SECOND + 1]


def test_a_poll_waits_a_millisecond_at_most_and_says_that_nothing_is_due(file: Path) -> None:
    clock = ManualClock(STARTED)
    with CaptureReceiver(file, speed=1, clock=clock) as receiver:
        assert [frame.payload for frame in receiver.take() or []] == [b"a"]
        assert [frame.payload for frame in receiver.take() or []] == [b"b"]
        for polls in range(1, 5):
            assert receiver.take() == []
            assert clock.now_ns == STARTED + 10_000 + polls * MILLISECOND


def test_a_late_poll_does_not_delay_what_follows(file: Path) -> None:
    clock = ManualClock(STARTED)
    with CaptureReceiver(file, speed=1, clock=clock) as receiver:
        assert [frame.payload for frame in receiver.take() or []] == [b"a"]
        clock.set(STARTED + SECOND)
        assert [frame.payload for frame in receiver.take() or []] == [b"b"]
        clock.set(STARTED + 3 * SECOND)
        assert [frame.payload for frame in receiver.take() or []] == [b"c", b"d"]
        assert clock.now_ns == STARTED + 3 * SECOND


def test_a_frame_whose_time_steps_back_is_due_at_once(tmp_path: Path) -> None:
    path = tmp_path / "capture"
    path.write_bytes(payloads_at([(5 * MILLISECOND, b"a"), (0, b"b"), (6 * MILLISECOND, b"c")]))
    assert lent_at(path, speed=1) == [(0, b"a"), (0, b"b"), (MILLISECOND, b"c")]


def test_packets_without_a_time_do_not_start_the_time(tmp_path: Path) -> None:
    ng = Pcapng()
    path = tmp_path / "capture"
    blocks = ng.section() + ng.interface(resolution=9) + ng.simple(packet(b"untimed"))
    blocks += ng.enhanced(START, packet(b"a")) + ng.enhanced(START + 9, packet(b"b"))
    path.write_bytes(blocks)
    assert lent_at(path, speed=1) == [(0, b"untimed"), (0, b"a"), (9, b"b")]


def test_what_is_not_lent_is_not_waited_for(file: Path) -> None:
    clock = ManualClock(STARTED)
    with CaptureReceiver(file, speed=1, clock=clock, lines={("224.0.0.1", 1): 0}) as receiver:
        assert receiver.take() is None
        assert clock.now_ns == STARTED


def test_a_window_starts_the_time_with_its_first_frame(file: Path) -> None:
    clock = ManualClock(STARTED)
    with CaptureReceiver(file, speed=1, clock=clock, start=START + SECOND) as receiver:
        assert [frame.payload for frame in receiver.take() or []] == [b"c", b"d"]
        assert clock.now_ns == STARTED


def test_on_the_real_clock_no_frame_is_early(tmp_path: Path) -> None:
    path = tmp_path / "capture"
    path.write_bytes(payloads_at([(n * 300_000, b"x") for n in range(100)]))
    clock = MonotonicClock()
    with CaptureReceiver(path, speed=1, clock=clock) as receiver:
        face = CFace(receiver.address)
        lent = 0
        started = clock.now_ns
        while (count := face.poll()) >= 0:
            now = clock.now_ns
            for index in range(count):
                assert now - started >= face.frames[index].received_ns - START
            face.release(count)
            lent += count
    assert lent == 100


@pytest.mark.parametrize("speed", [0, -1, float("inf"), float("nan")])
def test_a_speed_that_is_no_factor_is_refused(speed: float) -> None:
    with pytest.raises(CaptureError, match=r"None \(unpaced\) or a positive factor is expected"):
        CaptureReceiver("-", speed=speed)
