"""What is sent when, and the runs of packets that a line loses."""

from __future__ import annotations

import numpy
import pytest

from feedhandler.simulation.generation import PacketEntry
from feedhandler.simulation.live.schedule import STAMP_LINE, Pacing, paced, schedule_of
from feedhandler.simulation.population import SimulationError
from feedhandler.simulation.transmission import FIRST_LINE, LineFaults, Transmission

COUNT = 5_000


def packets(count: int = COUNT) -> numpy.ndarray:
    found = numpy.zeros(count, PacketEntry.dtype)
    found["sequence"] = 1 + 3 * numpy.arange(count)
    found["message_count"] = 3
    found["time_ns"] = 10**12 + 1_000 * numpy.arange(count)
    found["offset"] = 77 * numpy.arange(count)
    return found


def test_every_packet_is_stamped_once_before_any_line_carries_it() -> None:
    lossy = Transmission((LineFaults(loss=0.3, duplication=0.1), LineFaults(reordering=0.2, delay_ns=5_000)), 3)
    schedule = schedule_of(packets(), lossy, 0.1, 3)
    assert (numpy.diff(schedule["due_ns"]) >= 0).all()
    stamps = schedule["packet"][schedule["line"] == STAMP_LINE]
    assert (stamps == numpy.arange(COUNT)).all()
    place_of_stamp = numpy.flatnonzero(schedule["line"] == STAMP_LINE)
    for line in (0, 1):
        places = numpy.flatnonzero(schedule["line"] == line)
        assert (places > place_of_stamp[schedule["packet"][places]]).all()


def test_what_all_lines_lose_together_no_line_carries() -> None:
    schedule = schedule_of(packets(), Transmission((FIRST_LINE, LineFaults(delay_ns=100)), 3), 0.1, 3)
    carried = [set(schedule["packet"][schedule["line"] == line]) for line in (0, 1)]
    assert carried[0] == carried[1]
    assert 0.08 * COUNT < COUNT - len(carried[0]) < 0.12 * COUNT


def test_heartbeats_are_not_among_what_is_lost_together() -> None:
    beats = packets(100)
    beats["message_count"] = 0
    schedule = schedule_of(beats, Transmission(), 1.0, 3)
    assert (schedule["line"] == 0).sum() == 100


def test_even_pacing_is_even_and_traffics_is_the_days() -> None:
    even = paced(packets(), Pacing.EVEN, 10**12, 3_000.0)
    assert (numpy.diff(even["time_ns"]) == 1_000_000).all()
    assert even["time_ns"][0] == 0
    traffic = paced(packets(), Pacing.TRAFFIC, 10**12, 3_000.0)
    assert (traffic["time_ns"] == 1_000 * numpy.arange(COUNT)).all()


@pytest.mark.parametrize("chunk", [1, 7, COUNT])
def test_a_burst_takes_a_run_of_packets_across_chunks(chunk: int) -> None:
    transmission = Transmission((LineFaults(bursts=0.01, burst_packets=6),), 5)
    whole = packets()
    arrived = numpy.concatenate([transmission.arrivals(whole[at : at + chunk]) for at in range(0, COUNT, chunk)])
    lost = ~numpy.isin(whole["sequence"], arrived["sequence"])
    runs = [len(run) for run in "".join("x" if one else " " for one in lost).split()]
    assert len(runs) > 20
    assert min(runs[:-1]) == 6
    assert lost.mean() == pytest.approx(0.06, abs=0.02)


def test_bursts_leave_the_other_faults_as_they_were() -> None:
    def arrived(faults: LineFaults) -> set[int]:
        return set(Transmission((faults,), 9).arrivals(packets())["sequence"].tolist())

    assert arrived(LineFaults(loss=0.1, bursts=0.001)) < arrived(LineFaults(loss=0.1))


@pytest.mark.parametrize("wrong", [{"bursts": 1.5}, {"burst_packets": 0}])
def test_bursts_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(SimulationError):
        LineFaults(**wrong)
