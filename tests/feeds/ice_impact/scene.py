"""A pipeline of one iMpact channel: the stream on one line, snapshots on two more."""

from __future__ import annotations

from feedhandler.books import Books
from feedhandler.core.channel import Quality
from feedhandler.core.reasons import Reason
from feedhandler.pipeline.pipeline import ChannelPlan, Pipeline
from feedhandler.pipeline.source import Route
from feedhandler.pipeline.state import Capacities, Limits
from feeds.ice_impact import FEED
from tests.feeds.ice_impact.stream import Queues, Truth
from tests.stage import memory_receiver
from tests.streams import MILLISECOND, Sent

ROOM = Capacities(instruments=64, orders=512, levels=1024, events=4096, hold_packets=4)
LIMITS = Limits(request_after_ns=MILLISECOND, give_up_after_ns=3 * MILLISECOND, start_window=1)
STREAM, SNAPSHOTS, SNAPSHOTS_B = 0, 1, 2
UNIT = FEED.price_unit


class Scene:
    """Packets go in, one a millisecond; books and figures can be asked for."""

    def __init__(self, *packets: bytes, symbols: tuple[str, ...] = ()) -> None:
        lines = (STREAM, SNAPSHOTS, SNAPSHOTS_B)
        plan = ChannelPlan("c", lines=lines, capacities=ROOM, limits=LIMITS, symbols=symbols)
        self.pipeline = Pipeline("test", [Route(FEED, FEED.default_variant, FEED.session())], channels=[plan])
        self.pipeline.channels[0].events.wanted = -1
        self.now = 0
        self.send(*packets)

    def send(self, *packets: bytes, line: int = STREAM) -> Scene:
        for payload in packets:
            self.now += MILLISECOND
            receiver = memory_receiver([Sent(payload, line, self.now)])
            self.pipeline.receivers.clear()
            self.pipeline.attach(receiver)
            self.pipeline.run()
            receiver.close()
        return self

    @property
    def books(self) -> Books:
        return Books(self.pipeline.channels)

    def reasons(self) -> dict[Reason, int]:
        return {Reason(number): int(count) for number, count in enumerate(self.pipeline.channels[0].reasons()) if count}

    def quality(self, name: str) -> Quality:
        return self.books[name].bbo().quality

    def queues(self, name: str) -> Queues:
        """Every queue of a book, by the venue's side and price."""
        book = self.books[name]
        depth = book.depth(50)
        return {
            (side, level.price // UNIT): [
                (one.order_reference, one.quantity) for one in book.orders(ours, level.price).orders
            ]
            for side, ours, levels in (("1", "bid", depth.bids), ("2", "ask", depth.asks))
            for level in levels
        }

    def wrong(self, truths: dict[int, Truth]) -> list[str]:
        """Every book that says CURRENT and is not the venue's at its sequence."""
        found = []
        for name in self.books:
            trust = self.books[name].depth(1).trust
            if trust.quality is not Quality.CURRENT:
                continue
            queues, truth = self.queues(name), truths[trust.sequence][name]
            if queues != truth:
                found.append(f"{name} at {trust.sequence}: {queues}, not {truth}")
        return found
