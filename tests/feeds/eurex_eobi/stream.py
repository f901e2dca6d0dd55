"""Builders of EOBI for tests: a market that numbers what it sends, in any of the releases."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

from feedhandler.books import Books
from feedhandler.core.reasons import Reason
from feedhandler.pipeline.pipeline import ChannelPlan, Pipeline
from feedhandler.pipeline.source import Route
from feedhandler.pipeline.state import Capacities, Limits
from feeds.eurex_eobi import FEED
from tests.feeds.session_packets import eobi_packet
from tests.stage import memory_receiver
from tests.streams import Sent

A, B, SNAPSHOTS = 0, 1, 2
ROOM = Capacities(instruments=64, orders=1024, levels=512, events=4096)
LIMITS = Limits(request_after_ns=10, give_up_after_ns=100, start_window=16)
UNIT = 10  # of a price step, in 1e-9
PRODUCT = 675
BUY, SELL = 1, 2


def tables(variant: str = "t7_14") -> Any:
    """The messages of a release by name."""
    return SimpleNamespace(**{message.__name__: message for message in FEED.messages(variant)})


def pipeline_of(
    sent: Iterable[Sent], variant: str = "t7_14", *, loops: tuple[int, ...] = (), limits: Limits = LIMITS
) -> Pipeline:
    """A pipeline of one channel: the stream on lines 0 and 1, snapshots on line 2."""
    plan = ChannelPlan("c", lines=(A, B, SNAPSHOTS), loops=loops, capacities=ROOM, limits=limits)
    pipeline = Pipeline("test", [Route(FEED, variant, FEED.session())], channels=[plan])
    pipeline.channels[0].events.wanted = -1
    feed(pipeline, sent)
    return pipeline


def feed(pipeline: Pipeline, sent: Iterable[Sent]) -> None:
    """Send more packets."""
    receiver = memory_receiver(list(sent))
    pipeline.receivers.clear()
    pipeline.attach(receiver)
    pipeline.run()
    receiver.close()


def reasons(pipeline: Pipeline) -> dict[Reason, int]:
    return {Reason(number): int(count) for number, count in enumerate(pipeline.channels[0].reasons()) if count}


def book_of(pipeline: Pipeline, code: int = 1) -> Any:
    """The book of an instrument, which has no name but its number."""
    return Books(pipeline.channels)[f"#{code}"]


def queues(pipeline: Pipeline, code: int = 1) -> dict[str, list[tuple[int, list[tuple[int, int]]]]]:
    """Price and queue of (priority, quantity) of each level of both sides, inside first."""
    book = book_of(pipeline, code)
    depth = book.depth(1000)
    return {
        side: [
            (level.price // UNIT, [(o.order_reference, o.quantity) for o in book.orders(side, level.price).orders])
            for level in levels
        ]
        for side, levels in (("bid", depth.bids), ("ask", depth.asks))
    }


class Market:
    """Numbers packets and messages as the venue does. What is said of no other product is said of `product`."""

    product = PRODUCT

    def __init__(self, variant: str = "t7_14", first: int = 1) -> None:
        self.tables = tables(variant)
        self.template = 13004 if variant == "t7_3" else 13002
        self.packet = first - 1
        self.numbers: dict[int, int] = {}
        self.loop = 500
        self.time = itertools.count(1_000)

    def header(self, product: int, sequence: int, complete: bool, bodies: Iterable[bytes]) -> bytes:
        return eobi_packet(
            sequence, list(bodies), product=product, complete=complete, transact_time=next(self.time),
            template=self.template,
        )  # fmt: skip

    def number(self, product: int | None = None) -> int:
        """The next MsgSeqNum of a product."""
        key = product or self.product
        self.numbers[key] = self.numbers.get(key, 0) + 1
        return self.numbers[key]

    def sent(
        self, *bodies: bytes, product: int | None = None, line: int = A, at: int = 0, complete: bool = True
    ) -> Sent:
        """A packet of the stream."""
        self.packet += 1
        return Sent(self.header(product or self.product, self.packet, complete, bodies), line, at)

    def message(self, name: str, product: int | None = None, **fields: Any) -> bytes:
        """A message of a product under its next number."""
        body: bytes = getattr(self.tables, name).encode(msg_seq_num=self.number(product), **fields)
        return body

    def add(self, side: int, priority: int, price: int, quantity: int, code: int = 1, **named: Any) -> bytes:
        return self.message(
            "OrderAdd", security_id=code, side=side, trd_reg_ts_time_priority=priority, price=price,
            display_qty=quantity, **named,
        )  # fmt: skip

    def modify(self, side: int, former: int, priority: int, price: int, quantity: int, code: int = 1) -> bytes:
        return self.message(
            "OrderModify", security_id=code, side=side, trd_reg_ts_prev_time_priority=former, prev_price=1,
            trd_reg_ts_time_priority=priority, price=price, display_qty=quantity,
        )  # fmt: skip

    def resize(self, side: int, priority: int, price: int, quantity: int, code: int = 1) -> bytes:
        return self.message(
            "OrderModifySamePrio", security_id=code, side=side, trd_reg_ts_time_priority=priority, price=price,
            display_qty=quantity,
        )  # fmt: skip

    def delete(self, side: int, priority: int, code: int = 1, **named: Any) -> bytes:
        return self.message(
            "OrderDelete", security_id=code, side=side, trd_reg_ts_time_priority=priority, price=1, display_qty=1,
            **named,
        )  # fmt: skip

    def execute(self, side: int, priority: int, quantity: int, full: bool = False, code: int = 1) -> bytes:
        return self.message(
            "FullOrderExecution" if full else "PartialOrderExecution", security_id=code, side=side, price=1,
            trd_reg_ts_time_priority=priority, last_qty=quantity, last_px=7, trd_match_id=77,
        )  # fmt: skip

    def mass_delete(self, code: int = 1) -> bytes:
        return self.message("OrderMassDelete", security_id=code, transact_time=5)

    def heartbeat(self, product: int | None = None, line: int = A, at: int = 0) -> Sent:
        body = self.tables.Heartbeat.encode(last_msg_seq_num_processed=self.numbers.get(product or self.product, 0))
        return self.sent(body, product=product, line=line, at=at)

    def snapshot(
        self,
        *instruments: tuple[int, list[tuple[int, int, int, int]]],
        processed: int | None = None,
        product: int | None = None,
        each: int = 1,
        first: int = 0,
        line: int = SNAPSHOTS,
        status: int = 203,
    ) -> list[Sent]:
        """A product's snapshot: (code, [(side, priority, price, quantity)]), `each` messages a packet."""
        product = product or self.product
        last = self.numbers.get(product, 0) if processed is None else processed
        number = itertools.count(first)
        bodies = [
            self.tables.ProductSummary.encode(
                msg_seq_num=next(number), last_msg_seq_num_processed=last, trading_session_sub_id=3, trad_ses_status=2
            )
        ]
        for code, orders in instruments:
            bodies.append(
                self.tables.InstrumentSummary.encode(
                    msg_seq_num=next(number), security_id=code, tot_no_orders=len(orders), last_update_time=9,
                    security_status=1, security_trading_status=status,
                )
            )
            bodies += [
                self.tables.SnapshotOrder.encode(
                    msg_seq_num=next(number), side=side, trd_reg_ts_time_priority=priority, price=price,
                    display_qty=quantity,
                )
                for side, priority, price, quantity in orders
            ]
        packets = [bodies[at : at + each] for at in range(0, len(bodies), each)]
        found = []
        for place, packet in enumerate(packets):
            self.loop += 1
            found.append(Sent(self.header(product, self.loop, place == len(packets) - 1, packet), line))
        return found
