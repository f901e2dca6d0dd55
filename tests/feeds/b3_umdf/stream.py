"""A channel of B3 in small: two instruments, and what is true after each packet, in either of the two ways of naming
orders.

Written against the specification and without the feed's handlers: a side is a list, first order first. Orders without a
price stand in front.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from feedhandler.books import Books
from feedhandler.core.channel import Quality
from feedhandler.core.reasons import Reason
from feedhandler.pipeline.pipeline import ChannelPlan, Pipeline
from feedhandler.pipeline.source import Route
from feedhandler.pipeline.state import Capacities, Limits
from feedhandler.sessions.umdf_binary import packet_encode
from feeds.b3_umdf import FEED, definitions, legacy_messages, messages, statistics
from tests.stage import memory_receiver
from tests.streams import MILLISECOND, Sent

STEP = 100_000  # of a price of 1e-4, in 1e-9
END = 128
NEW, CHANGE, DELETE, THRU, FROM = range(5)
VERSION = 5599
Order = list[Any]  #: id, price or None, quantity
Truth = dict[str, dict[str, list[tuple[int, int | None, int]]]]
ROOM = Capacities(instruments=64, orders=1024, levels=1024, events=4096, hold_packets=2)
STREAM, SNAPSHOTS, DEFINITIONS, COPY = range(4)
LIMITS = Limits(request_after_ns=MILLISECOND, give_up_after_ns=2 * MILLISECOND, start_window=1)
BOTH_WAYS = ("v2", "v1")


def tables(way: str) -> Any:
    return messages if way == "v2" else legacy_messages


def definition(code: int, symbol: str) -> bytes:
    return definitions.SecurityDefinition12.encode(
        security_id=code, symbol=symbol, security_update_action="A", min_lot_size=100
    )


def body(way: str, name: str, **fields: Any) -> bytes:
    """A message of one way, its time under the name that it has there."""
    if (time := fields.pop("time", None)) is not None:
        fields["transact_time" if way == "v2" else "md_entry_timestamp"] = time
    if way == "v2":
        fields.pop("md_entry_position_no", None)
    return getattr(tables(way), name).encode(**fields)  # type: ignore[no-any-return]


class Instrument:
    """One instrument at the venue: orders of a side, first to be executed first."""

    def __init__(self, way: str, code: int, symbol: str, source: random.Random) -> None:
        self.way = way
        self.code = code
        self.symbol = symbol
        self.source = source
        self.rpt_seq = 0
        self.sides: dict[str, list[Order]] = {"0": [], "1": []}

    def rank(self, side: str, price: int | None) -> float:
        if price is None:
            return float("-inf")
        return -price if side == "0" else price

    def place_of(self, side: str, price: int | None) -> int:
        """Where an order of a price goes: behind its equals; by place only, anywhere among them."""
        ranks = [self.rank(side, order[1]) for order in self.sides[side]]
        mine = self.rank(side, price)
        first = sum(rank < mine for rank in ranks)
        last = sum(rank <= mine for rank in ranks)
        return last if self.way == "v2" else self.source.randint(first, last)

    def message(self, name: str, side: str, **fields: Any) -> bytes:
        self.rpt_seq += 1
        return body(
            self.way, name, security_id=self.code, rpt_seq=self.rpt_seq, md_entry_type=side, time=77,
            match_event_indicator=END, **fields,
        )  # fmt: skip

    def order(self, side: str, place: int, order: Order, action: int) -> bytes:
        return self.message(
            "OrderMBO50", side, md_update_action=action, secondary_order_id=order[0], md_entry_px=order[1],
            md_entry_size=order[2], md_entry_position_no=place + 1,
        )  # fmt: skip

    def delete(self, side: str, place: int) -> bytes:
        order = self.sides[side].pop(place)
        return self.message(
            "DeleteOrderMBO51", side, secondary_order_id=order[0], md_entry_size=order[2],
            md_entry_position_no=place + 1,
        )  # fmt: skip

    def enter(self, side: str, order: Order) -> bytes:
        place = self.place_of(side, order[1])
        self.sides[side].insert(place, order)
        return self.order(side, place, order, NEW)

    def mass_delete(self, side: str) -> bytes:
        orders = self.sides[side]
        if self.way == "v2":
            orders.clear()
            return self.message("MassDeleteOrdersMBO52", side, md_update_action=THRU)
        place = self.source.randint(1, len(orders))
        action = self.source.choice((THRU, FROM))
        if action == THRU:
            del orders[:place]
        else:
            del orders[place - 1 :]
        return self.message(
            "MassDeleteOrdersMBO52", side, md_update_action=action, md_entry_position_no=place
        )

    def truth(self) -> dict[str, list[tuple[int, int | None, int]]]:
        return {side: [(order[0], order[1], order[2]) for order in orders] for side, orders in self.sides.items()}

    def snapshot(self, processed: int, version: int = VERSION) -> list[bytes]:
        """Header, a figure and a status of the day, and the orders in messages of two."""
        listed = [
            {
                "md_entry_px": order[1], "md_entry_size": order[2], "secondary_order_id": order[0],
                "md_entry_type": side, **({} if self.way == "v2" else {"md_entry_position_no": place}),
            }
            for side, orders in self.sides.items() for place, order in enumerate(orders, 1)
        ]  # fmt: skip
        header = messages.SnapshotFullRefreshHeader30.encode(
            security_id=self.code, last_msg_seq_num_processed=processed, last_rpt_seq=self.rpt_seq,
            tot_num_bids=len(self.sides["0"]), tot_num_offers=len(self.sides["1"]), tot_num_stats=2,
            last_sequence_version=version if self.way == "v2" else None,
        )  # fmt: skip
        return [
            header,
            statistics.HighPrice24.encode(security_id=self.code, md_entry_px=5, match_event_indicator=END),
            messages.SecurityStatus3.encode(security_id=self.code, security_trading_status=17),
            *(
                tables(self.way).SnapshotFullRefreshOrdersMBO71.encode(
                    security_id=self.code, no_md_entries=listed[at : at + 2]
                )
                for at in range(0, len(listed), 2)
            ),
        ]


class Channel:
    """Packets of two instruments from a number on, and the truth after each."""

    def __init__(self, way: str, seed: int, first: int = 1) -> None:
        self.way = way
        self.source = random.Random(seed)
        self.instruments = [Instrument(way, 200_000_000_011, "PETR4", self.source),
                            Instrument(way, 200_000_000_012, "VALE3", self.source)]  # fmt: skip
        self.sequence = first - 1
        self.order_id = 0
        self.truths: dict[int, Truth] = {}

    def packet(self, bodies: Sequence[bytes]) -> bytes:
        self.sequence += 1
        self.truths[self.sequence] = {one.symbol: one.truth() for one in self.instruments}
        return packet_encode(self.sequence, bodies, VERSION)

    def new_order(self, side: str) -> Order:
        self.order_id += 1
        source = self.source
        price = None if source.random() < 0.15 else (990 if side == "0" else 1010) + source.randint(0, 2)
        return [self.order_id, price, source.randint(1, 9) * 100]

    def change(self, one: Instrument) -> list[bytes]:
        """One thing that happens to an instrument's book, in one message or two."""
        source = self.source
        side = source.choice("01")
        orders = one.sides[side]
        what = source.random()
        if not orders or what < 0.5:
            return [one.enter(side, self.new_order(side))]
        place = source.randrange(len(orders))
        if what < 0.72:
            return [one.delete(side, place)]
        if what < 0.76:
            return [one.mass_delete(side)]
        order = orders[place]
        if one.way == "v1":
            # Every modification has an id of its own; the place may hold with another price.
            self.order_id += 1
            order[0] = self.order_id
            order[2] = source.randint(1, 9) * 100
            ranks = [one.rank(side, each[1]) for each in orders]
            if ranks == sorted(ranks) and source.random() < 0.3:
                kept, order[1] = order[1], self.new_order(side)[1]
                ranks = [one.rank(side, each[1]) for each in orders]
                if ranks != sorted(ranks):
                    order[1] = kept
            return [one.order(side, place, order, CHANGE)]
        if order[2] > 100:
            order[2] -= 100
            return [one.order(side, place, order, CHANGE)]
        # What loses its priority comes again under another id.
        return [one.delete(side, place), one.enter(side, self.new_order(side))]

    def step(self) -> bytes:
        """The next packet of the stream."""
        bodies = []
        for _ in range(self.source.randint(1, 3)):
            bodies += self.change(self.source.choice(self.instruments))
        if self.source.random() < 0.2:
            one = self.source.choice(self.instruments)
            one.rpt_seq += 1
            bodies.append(
                body(self.way, "Trade53", security_id=one.code, rpt_seq=one.rpt_seq, md_entry_px=7, md_entry_size=1,
                     trade_id=3, match_event_indicator=END, time=78)
            )  # fmt: skip
        return self.packet(bodies)

    def loop(self) -> list[bytes]:
        """A round of the snapshots, numbered from 1."""
        bodies = [[messages.SequenceReset1.encode()]]
        for one in self.instruments:
            listed = one.snapshot(self.sequence)
            room = self.source.randint(1, 4)
            bodies += [listed[at : at + room] for at in range(0, len(listed), room)]
        return [packet_encode(number, listed, VERSION) for number, listed in enumerate(bodies, 1)]


class Scene:
    """A pipeline of one channel: the stream on line 0, loops of snapshots on 1 and 3, of definitions on 2."""

    def __init__(self, way: str, *payloads: bytes) -> None:
        plan = ChannelPlan(
            "c", lines=(STREAM, SNAPSHOTS, DEFINITIONS, COPY), loops=(SNAPSHOTS, DEFINITIONS, COPY), capacities=ROOM,
            limits=LIMITS,
        )  # fmt: skip
        self.pipeline = Pipeline("test", [Route(FEED, way, FEED.session())], channels=[plan])
        self.now = 0
        self.send(*payloads)

    def send(self, *payloads: bytes, line: int = STREAM) -> Scene:
        for payload in payloads:
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

    def side(self, name: str, word: str) -> list[tuple[int, int | None, int]]:
        """The orders of a side, those without a price in front."""
        found: list[tuple[int, int | None, int]] = []
        for called in (f"{name} MARKET", name):
            if called in self.books:
                book = self.books[called]
                depth = book.depth(20)
                for level in depth.bids if word == "bid" else depth.asks:
                    price = None if called != name else level.price // STEP
                    found += [
                        (order.order_reference, price, order.quantity)
                        for order in book.orders(word, level.price).orders
                    ]
        return found

    def book(self, name: str) -> dict[str, list[tuple[int, int | None, int]]]:
        return {"0": self.side(name, "bid"), "1": self.side(name, "ask")}


def problem(scene: Scene, channel: Channel, name: str) -> str | None:
    """What is wrong with the books of an instrument that say CURRENT; one that never changed is at 0, and empty."""
    if name not in scene.books:
        return None
    trusts = [scene.books[name].depth(1).trust]
    if f"{name} MARKET" in scene.books:
        trusts.append(scene.books[f"{name} MARKET"].depth(1).trust)
    if any(trust.quality is not Quality.CURRENT for trust in trusts):
        return None
    sequence = max(trust.sequence for trust in trusts)
    wanted = channel.truths[sequence][name] if sequence else {"0": [], "1": []}
    found = scene.book(name)
    return None if found == wanted else f"{name} at {sequence}: {found}, not {wanted}"
