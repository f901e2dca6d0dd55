"""From the sender's stamp to the inline strategy: a generated day at a steady pace, each packet stamped as it leaves.

The whole way is in it: the sender's system call, the kernel or what stands in its place, the receiver's poll, session,
arbitration, decoding, book, and the call of `wire_latency`, which compares the stamp with its own clock.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence
from typing import Any

from feedhandler import plugins
from feedhandler.pipeline.inline import InlinePlan
from feedhandler.pipeline.pipeline import Pipeline
from feedhandler.sessions.moldudp64 import DownstreamHeader, MessageBlock
from feedhandler.simulation.live.venue import midnight_ns
from feedhandler.simulation.order_flow import OPENING_SYSTEM
from feedhandler.simulation.venue import Venue
from feedhandler.strategies.memory import parameter_values
from feedhandler.strategies.samples.inside_watcher import InsideWatcher
from feedhandler.strategies.samples.wire_latency import WireLatency

from .booking import capacities_for, pipeline_of
from .to_book import FEED, HEADS_BYTES, SYMBOLS

OPENING = 2 * SYMBOLS + OPENING_SYSTEM
"""What the day names before it trades calls no strategy."""
OPENING_PACE_NS = 20_000
SETTLE_NS = 1_000_000
"""From the start of the pipeline's thread to the first frame, and from the last to the end."""


def to_strategy(
    receiver: Any, sending: socket.socket, frames: Sequence[bytes], count: int, pace_ns: int
) -> dict[str, int]:
    """Send the opening of a day and `count` frames more, `pace_ns` apart, of one message each.

    Returns the quantiles of their ages at the strategy, in nanoseconds. Messages that leave the inside as it was call
    nobody, so their `count` is less.
    """
    feed, venue = plugins.feed(FEED), plugins.venue(FEED)
    pipeline, strategies = _pipeline(feed)
    pipeline.attach(receiver)
    base = midnight_ns(venue)
    pipeline.channels[0].channel.day_base_ns = base
    sent: list[int] = []

    def send() -> None:
        try:
            _send(sending, venue, frames[:OPENING], min(pace_ns, OPENING_PACE_NS), base)
            _send(sending, venue, frames[OPENING : OPENING + count], pace_ns, base)
            sent.append(OPENING + count)
        finally:
            pipeline.stop()

    # The thread that opened the receiver polls it.
    thread = threading.Thread(target=send)
    thread.start()
    pipeline.run()
    thread.join()
    if not sent:
        raise RuntimeError("the sender of the benchmark ended")
    found: dict[str, int] = strategies[1].values()["from_venue"]
    return found


def _pipeline(feed: Any) -> tuple[Pipeline, Sequence[Any]]:
    """The demo's pipeline, so that it is compiled once, and its strategies' memories."""
    plans = [
        InlinePlan("inside", InsideWatcher, parameter_values(InsideWatcher, {})),
        InlinePlan("latency", WireLatency, parameter_values(WireLatency, {})),
    ]
    pipeline = pipeline_of(feed, feed.default_variant, "moldudp64", capacities=capacities_for(0), strategies=plans)
    assert pipeline.strategies is not None
    return pipeline, pipeline.strategies.memories


def _send(sending: socket.socket, venue: Venue, frames: Sequence[bytes], pace_ns: int, base: int) -> None:
    """Each frame at its moment, the time of day written into its one message."""
    start, end = _stamp_of(venue)
    due = time.monotonic_ns() + SETTLE_NS
    for frame in frames:
        stamped = bytearray(frame)
        while time.monotonic_ns() < due:
            pass
        stamped[start:end] = (time.time_ns() - base).to_bytes(end - start, "big")
        sending.send(stamped)
        due += pace_ns
    time.sleep(SETTLE_NS / 1e9)


def _stamp_of(venue: Venue) -> tuple[int, int]:
    """Where a frame with one message in a packet has the message's time."""
    start = HEADS_BYTES + DownstreamHeader.size + MessageBlock.size + venue.time_offset
    return start, start + venue.time_bytes
