"""The cost of the real pipeline: packets in memory, through session, arbitration and decoding, to books and events.

Every run starts with fresh memory, so the page faults of a book that grows are part of the figure. Time is the
pipeline's own `busy_ns`: from frames to books, polls excluded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from feedhandler.core.loop import Exit
from feedhandler.feed import Feed
from feedhandler.pipeline.inline import InlinePlan
from feedhandler.pipeline.pipeline import BURST, ChannelPlan, Pipeline
from feedhandler.pipeline.source import Route
from feedhandler.pipeline.state import Capacities
from feedhandler.receivers.memory import MemoryReceiver
from feedhandler.simulation.day import Packets


@dataclass(frozen=True)
class Booked:
    """What a run through the pipeline gave. `steady_ns` is of the messages after the book was first full."""

    ns_per_message: float
    steady_ns_per_message: float
    messages: int
    events: int
    orders: int
    digest: int
    refused: int  #: messages and packets that were counted under a reason


def receiver_of(packets: Packets) -> MemoryReceiver:
    """The packets as a receiver."""
    entries = packets.entries
    return MemoryReceiver(
        packets.data,
        entries["offset"],
        entries["byte_count"],
        received_ns=entries["time_ns"],
        lines=entries["line"],
    )


def pipeline_of(
    feed: Feed,
    variant: str,
    session: str,
    *,
    lines: int = 1,
    capacities: Capacities | None = None,
    channel: str = "channel",
    strategies: Sequence[InlinePlan] = (),
) -> Pipeline:
    """A pipeline of one channel. Inline strategies may listen to it by its name."""
    capacities = capacities or Capacities(prefault=True)
    plan = ChannelPlan(channel, lines=tuple(range(lines)), capacities=capacities)
    return Pipeline(
        "benchmark",
        [Route(feed, variant, feed.session(session))],
        channels=[plan],
        strategies=strategies,
        strategy_instruments=capacities.instruments,
    )


def capacities_for(live_orders: int) -> Capacities:
    """Room for so many orders at the load that the store was measured best with."""
    usual = Capacities()
    orders = max(usual.orders, live_orders * 2)
    return Capacities(orders=orders, levels=max(usual.levels, orders // 2), prefault=True)


def book_packets(pipeline: Pipeline, receiver: MemoryReceiver, packets: Packets) -> Booked:
    """Run all packets of an opened receiver through a fresh pipeline."""
    pipeline.attach(receiver)
    run, channel = pipeline.run_record, pipeline.channels[0].channel
    entries = packets.entries
    growing = int((entries["sequence"] <= packets.ramped).sum()) // BURST if packets.ramped else 0
    if growing and pipeline.run(bursts=growing) is not Exit.IDLE:
        raise RuntimeError("the packets ended before the book was full, which the generator said it was")
    before_ns, before = run.busy_ns, channel.message_count
    pipeline.run()
    pipeline.finish()
    messages = channel.message_count
    return Booked(
        ns_per_message=run.busy_ns / max(1, messages),
        steady_ns_per_message=(run.busy_ns - before_ns) / max(1, messages - before),
        messages=messages,
        events=channel.event_count,
        orders=pipeline.channels[0].orders.count,
        digest=pipeline.digest,
        refused=int(pipeline.channels[0].reasons().sum()),
    )
