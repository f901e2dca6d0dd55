"""How packets travel: on one line or several, late, lost, doubled, out of order.

Cold and vectorised: a run of packets goes in, the run of what arrives comes out, in the order of arrival, each entry
with its line and time. Faults are drawn from a seed per line, so lines fail independently of each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy
from numpy.typing import NDArray

from .population import SimulationError


@dataclass(frozen=True)
class LineFaults:
    """What a line does to packets. Shares are of all packets, 0 to 1; every packet is meant for every line."""

    delay_ns: int = 0
    jitter_ns: int = 0
    loss: float = 0.0
    duplication: float = 0.0
    reordering: float = 0.0  #: packets that later ones overtake
    reordering_window_ns: int = 50_000
    bursts: float = 0.0  #: packets at which a run of lost ones begins
    burst_packets: int = 10  #: how many such a run takes

    def __post_init__(self) -> None:
        for name in ("loss", "duplication", "reordering", "bursts"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise SimulationError(f"{name} is {getattr(self, name)}; a share from 0 to 1 is expected")
        for name in ("delay_ns", "jitter_ns", "reordering_window_ns"):
            if getattr(self, name) < 0:
                raise SimulationError(f"{name} is {getattr(self, name)}; time runs forwards only")
        if self.burst_packets < 1:
            raise SimulationError(f"burst_packets is {self.burst_packets}; a run has at least one packet")


FIRST_LINE = LineFaults()
SECOND_LINE = LineFaults(delay_ns=4_000, jitter_ns=2_000)


@dataclass
class Transmission:
    """The lines of a channel, over a whole day."""

    lines: tuple[LineFaults, ...] = (FIRST_LINE,)
    seed: int = 1
    sent: NDArray[numpy.int64] = field(init=False)  #: packets that went out on each line
    _generators: list[numpy.random.Generator] = field(init=False)
    _burst_generators: list[numpy.random.Generator] = field(init=False)
    _bursts_left: list[int] = field(init=False)

    def __post_init__(self) -> None:
        if not self.lines:
            raise SimulationError("no line was given; a channel has at least one")
        # Bursts draw from generators of their own: what was drawn before there were any stays as it was.
        seeds = numpy.random.SeedSequence(self.seed).spawn(2 * len(self.lines))
        generators = [numpy.random.Generator(numpy.random.PCG64(seed)) for seed in seeds]
        self._generators, self._burst_generators = generators[: len(self.lines)], generators[len(self.lines) :]
        self._bursts_left = [0] * len(self.lines)
        self.sent = numpy.zeros(len(self.lines), dtype=numpy.int64)

    @property
    def transparent(self) -> bool:
        """Whether everything arrives once, in order and at once."""
        return self.lines == (FIRST_LINE,)

    def arrivals(self, packets: NDArray[Any]) -> NDArray[Any]:
        """What arrives of a run of packets, by time. Nothing arrives after the run's last packet was sent: no packet is
        late across the border of two runs."""
        if self.transparent or not len(packets):
            self.sent[0] += len(packets)
            return packets
        arrived = []
        for number, (line, generator) in enumerate(zip(self.lines, self._generators, strict=True)):
            mine = self._line_arrivals(packets, line, generator, self._burst(number, len(packets)))
            mine["line"] = number
            self.sent[number] += len(mine)
            arrived.append(mine)
        everything = numpy.concatenate(arrived)
        numpy.minimum(everything["time_ns"], packets["time_ns"][-1], out=everything["time_ns"])
        return everything[numpy.argsort(everything["time_ns"], kind="stable")]

    def _burst(self, number: int, count: int) -> NDArray[numpy.bool_]:
        """Which of the next packets a line loses in runs; a run goes on in the next call."""
        line = self.lines[number]
        begins = self._burst_generators[number].random(count) < line.bursts
        left = self._bursts_left[number]
        before = numpy.full(1 + count, -(1 << 40))
        before[0] = left - line.burst_packets
        before[1:][begins] = numpy.flatnonzero(begins)
        since = numpy.arange(count) - numpy.maximum.accumulate(before)[1:]
        lost: NDArray[numpy.bool_] = since < line.burst_packets
        if count:
            self._bursts_left[number] = max(0, line.burst_packets - int(since[-1]) - 1)
        return lost

    @staticmethod
    def _line_arrivals(
        packets: NDArray[Any], line: LineFaults, generator: numpy.random.Generator, burst: NDArray[numpy.bool_]
    ) -> NDArray[Any]:
        count = len(packets)
        # All draws are made whatever the shares are: changing one fault leaves the others as they were.
        lost, doubled, late = (generator.random(count) for _ in range(3))
        late_by = generator.integers(0, line.reordering_window_ns, count, endpoint=True)
        jitter = generator.integers(0, line.jitter_ns, count, endpoint=True)
        times = packets["time_ns"] + line.delay_ns
        # Jitter alone keeps the order, as a queue does.
        times = numpy.maximum.accumulate(times + jitter)
        times = times + numpy.where(late < line.reordering, late_by, 0)
        mine = packets.copy()
        mine["time_ns"] = times
        again = mine[doubled < line.duplication]
        # What a run takes is gone in every copy.
        return numpy.concatenate([mine[(lost >= line.loss) & ~burst], again[~burst[doubled < line.duplication]]])
