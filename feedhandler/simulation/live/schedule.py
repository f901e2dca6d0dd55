"""What a live venue sends when: the packets of a chunk, the lines' faults, and the moments in between, as one array.

Cold and vectorised. Times count from the moment at which the venue begins. Every packet has one entry more than it is
sent: the moment at which it is stamped, before any line carries it.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

import numpy
from numpy.typing import NDArray

from feedhandler.simulation.transmission import Transmission

STAMP_LINE = -1  #: the line of an entry at which a packet is only stamped

ScheduledSend = numpy.dtype([("due_ns", "<i8"), ("packet", "<i4"), ("line", "<i4")])
"""When which packet is sent on which line."""

SECOND = 1_000_000_000


class Pacing(Enum):
    """How packets follow each other."""

    TRAFFIC = "traffic"  #: as a market's do: in bursts, with pauses between
    EVEN = "even"  #: all equally far apart


def paced(packets: NDArray[Any], pacing: Pacing, start_ns: int, messages_per_second: float) -> NDArray[Any]:
    """The packets with times that count from the start; `start_ns` is when the simulated day begins."""
    found = packets.copy()
    if pacing is Pacing.EVEN:
        found["time_ns"] = numpy.rint((packets["sequence"] - 1) * (SECOND / messages_per_second))
    else:
        found["time_ns"] -= start_ns
    return found


def schedule_of(packets: NDArray[Any], transmission: Transmission, together: float, seed: int) -> NDArray[Any]:
    """When what is sent. `together` is the share of packets that are lost on all lines: what no line can repair."""
    entries = packets.copy()
    # A transmission knows packets, not their places; the offset is carried through as the place.
    entries["offset"] = numpy.arange(len(packets))
    arrivals = transmission.arrivals(entries)
    generator = numpy.random.Generator(numpy.random.PCG64([seed, int(packets["sequence"][0])]))
    lost = (generator.random(len(packets)) < together) & (packets["message_count"] > 0)
    arrivals = arrivals[~lost[arrivals["offset"]]]
    schedule = numpy.zeros(len(packets) + len(arrivals), ScheduledSend)
    schedule["due_ns"] = numpy.concatenate([packets["time_ns"], arrivals["time_ns"]])
    schedule["packet"] = numpy.concatenate([entries["offset"], arrivals["offset"]])
    schedule["line"] = numpy.concatenate([numpy.full(len(packets), STAMP_LINE), arrivals["line"]])
    # Stable: at one moment the stamp comes first.
    ordered: NDArray[Any] = schedule[numpy.argsort(schedule["due_ns"], kind="stable")]
    return ordered
