"""Coinbase Derivatives in small: a channel of two instruments, and what is true after each of its messages.

Written against the specification and without the feed's handlers: a queue is a list, an implied book two numbers.
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
from feedhandler.sessions.cde_multicast import packet_encode
from feeds.coinbase_derivatives import FEED, messages
from tests.stage import memory_receiver
from tests.streams import MILLISECOND, Sent

CENT = 10_000_000
START, END, WHOLE = 1, 2, 3
DAY = 18_806
CHANNEL = 44_849
CODES = {"BITZ21": "#11", "TECZ21-TECH22": "#12"}
"""What instruments are called before a snapshot names them."""
Truth = dict[str, Any]
ROOM = Capacities(instruments=64, orders=1024, levels=1024, events=4096, hold_packets=4)
STREAM, SNAPSHOTS, OTHER = 0, 1, 2
LIMITS = Limits(request_after_ns=MILLISECOND, give_up_after_ns=2 * MILLISECOND, start_window=1)


def head(instrument: int, number: int, side: int = -128, flags: int = WHOLE, day: int = DAY, time: int = 0) -> Any:
    return {
        "flags": flags, "side": side, "instrument_id": instrument, "instr_seq_num": number,
        "trading_session_date": day, "transact_time": time,
    }  # fmt: skip


class Instrument:
    """One instrument at the venue."""

    def __init__(self, code: int, symbol: str, source: random.Random) -> None:
        self.code = code
        self.symbol = symbol
        self.source = source
        self.number = 0
        self.day = DAY
        self.queues: dict[tuple[int, int], list[list[int]]] = {}  #: (side, price) -> [order id, quantity, time]
        self.implied: dict[int, list[tuple[int, int]]] = {1: [], -1: []}

    def header(self, time: int, side: int = -128, flags: int = WHOLE) -> Any:
        self.number += 1
        return head(self.code, self.number, side, flags, self.day, time)

    def orders(self) -> list[tuple[int, int, list[int]]]:
        return [(side, price, order) for (side, price), queue in self.queues.items() for order in queue]

    def enter(self, side: int, price: int, order: list[int]) -> None:
        self.queues.setdefault((side, price), []).append(order)

    def leave(self, side: int, price: int, order: list[int]) -> None:
        self.queues[side, price].remove(order)
        if not self.queues[side, price]:
            del self.queues[side, price]

    def truth(self) -> Truth:
        return {
            "queues": {key: [(order[0], order[1]) for order in queue] for key, queue in self.queues.items()},
            "implied": {side: list(levels) for side, levels in self.implied.items()},
        }

    def snapshot(self) -> list[bytes]:
        """Its messages as they are now, the orders in any order."""
        orders = self.orders()
        self.source.shuffle(orders)
        start = messages.StartOfOutrightInstrumentSnapshot.encode(
            snapshot_seq_num=0, last_instr_seq_num=self.number, symbol=self.symbol, order_count=len(orders),
            trading_session_date=self.day, trading_status=1,
        )  # fmt: skip
        listed = [
            messages.OrderSnapshot.encode(
                snapshot_seq_num=number, quantity=side * order[1], transact_time=order[2], order_id=order[0],
                price=price,
            )
            for number, (side, price, order) in enumerate(orders, 1)
        ]  # fmt: skip
        implied = {}
        for side, word in ((1, "bid"), (-1, "ask")):
            for place, (price, quantity) in zip(("best", "next"), self.implied[side], strict=False):
                implied |= {f"{place}_{word}_implied_price": price, f"{place}_{word}_implied_qty": quantity}
        end = messages.EndOfSnapshot.encode(snapshot_seq_num=len(orders) + 1, last_trade_qty=-(1 << 31), **implied)
        return [start, *listed, end]


class Channel:
    """Messages of two instruments, numbered from 1,001 on, and the truth after each."""

    def __init__(self, seed: int, first: int = 1_001) -> None:
        self.source = random.Random(seed)
        self.instruments = [Instrument(11, "BITZ21", self.source), Instrument(12, "TECZ21-TECH22", self.source)]
        self.sequence = first - 1
        self.time = 1_000
        self.order_id = 0
        self.truths: dict[int, dict[str, Truth]] = {}

    def sent(self, body: bytes) -> bytes:
        """A message takes its number, and what is true then is kept."""
        self.sequence += 1
        self.truths[self.sequence] = {one.symbol: one.truth() for one in self.instruments}
        return body

    def put(self, one: Instrument, flags: int) -> bytes:
        """An order is new, or has another price or quantity."""
        known = one.orders()
        if known and self.source.random() < 0.4:
            side, price, order = self.source.choice(known)
            quantity, moved = self.source.randint(1, 9), price + self.source.choice((0, 0, CENT))
            if moved == price and quantity <= order[1]:
                order[1] = quantity
            else:
                one.leave(side, price, order)
                one.enter(side, moved, [order[0], quantity, self.time])
            order_id, price = order[0], moved
        else:
            self.order_id += 1
            side, quantity, order_id = self.source.choice((1, -1)), self.source.randint(1, 9), self.order_id
            price = (990 if side == 1 else 1010) * CENT + self.source.randint(0, 2) * CENT
            one.enter(side, price, [order_id, quantity, self.time])
        header = one.header(self.time, side, flags)
        return self.sent(
            messages.OrderPut.encode(instr_header=header, order_id=order_id, price=price, quantity=quantity)
        )

    def deleted(self, one: Instrument, flags: int) -> bytes:
        side, price, order = self.source.choice(one.orders())
        one.leave(side, price, order)
        header = one.header(self.time, side, flags)
        return self.sent(messages.OrderDelete.encode(instr_header=header, order_id=order[0]))

    def traded(self, one: Instrument, flags: int) -> bytes:
        header = one.header(self.time, self.source.choice((1, -1, 0)), flags)
        return self.sent(
            messages.Trade.encode(
                instr_header=header, match_id=self.time, buy_order_id=1, sell_order_id=2, price=1000 * CENT, quantity=1
            )
        )

    def implied(self, one: Instrument, flags: int) -> bytes:
        side = self.source.choice((1, -1))
        best = (980 if side == 1 else 1020) * CENT
        levels = [(best, self.source.randint(1, 5)), (best - side * CENT, self.source.randint(1, 5))]
        levels = levels[: self.source.randint(0, 2)]
        one.implied[side] = levels
        fields: dict[str, int | None] = {"best_price": None, "next_price": None}
        for place, (price, quantity) in zip(("best", "next"), levels, strict=False):
            fields |= {f"{place}_price": price, f"{place}_qty": quantity}
        header = one.header(self.time, side, flags)
        return self.sent(messages.ImpliedOrderUpdate.encode(instr_header=header, **fields))

    def transaction(self) -> list[bytes]:
        """The messages of one transaction."""
        self.time += 1
        one = self.source.choice(self.instruments)
        kinds = [self.put]
        if one.orders() and self.source.random() < 0.6:
            kinds.append(self.deleted)
        if self.source.random() < 0.3:
            kinds.append(self.traded)
        if self.source.random() < 0.3:
            kinds.append(self.implied)
        self.source.shuffle(kinds)
        if kinds[0] == self.deleted and not one.orders():
            kinds.reverse()
        last = len(kinds) - 1
        return [
            kind(one, (START if number == 0 else 0) | (END if number == last else 0))
            for number, kind in enumerate(kinds)
        ]

    def next_day(self) -> None:
        """Another trading day: instruments are numbered anew, orders stay."""
        for one in self.instruments:
            one.day += 1
            one.number = 0

    def step(self) -> list[bytes]:
        """Some transactions, in packets that do not mind where one ends."""
        first = self.sequence + 1
        bodies = [body for _ in range(self.source.randint(1, 2)) for body in self.transaction()]
        return packets(self.source, first, bodies)

    def loop(self) -> list[list[bytes]]:
        """A round of the snapshots: the packets of each."""
        found = []
        for one in self.instruments:
            bodies, room = one.snapshot(), self.source.randint(1, 9)
            found.append([
                packet_encode(self.sequence, bodies[at : at + room], CHANNEL, one.code)
                for at in range(0, len(bodies), room)
            ])  # fmt: skip
        return found


def packets(source: random.Random, first: int, bodies: Sequence[bytes]) -> list[bytes]:
    """Messages in packets of any size."""
    found, at = [], 0
    while at < len(bodies):
        room = source.randint(1, 3)
        found.append(packet_encode(first + at, bodies[at : at + room], CHANNEL))
        at += room
    return found


class Scene:
    """A pipeline of one channel: the stream on line 0 and 2, snapshots on line 1."""

    def __init__(self, *payloads: bytes, limits: Limits = LIMITS) -> None:
        plan = ChannelPlan("c", lines=(STREAM, SNAPSHOTS, OTHER), capacities=ROOM, limits=limits)
        self.pipeline = Pipeline("test", [Route(FEED, "coinbase_derivatives", FEED.session())], channels=[plan])
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

    @property
    def digest(self) -> int:
        return int(self.pipeline.channels[0].channel.digest)

    def reasons(self) -> dict[Reason, int]:
        return {Reason(number): int(count) for number, count in enumerate(self.pipeline.channels[0].reasons()) if count}

    def quality(self, name: str) -> Quality:
        return self.books[name].bbo().quality

    def queues(self, name: str) -> dict[tuple[int, int], list[tuple[int, int]]]:
        """Every queue of a book: (side, price) -> [(order id, quantity)]."""
        book = self.books[name]
        depth = book.depth(20)
        return {
            (side, level.price): [(one.order_reference, one.quantity) for one in book.orders(word, level.price).orders]
            for side, word, levels in ((1, "bid", depth.bids), (-1, "ask", depth.asks)) for level in levels
        }  # fmt: skip


def problem(scene: Scene, truths: dict[int, dict[str, Truth]], name: str) -> str | None:
    """What is wrong with the books of an instrument that say CURRENT; one that never changed is at 0, and empty."""
    called = name if name in scene.books else CODES[name]
    if called not in scene.books:
        return None
    trust = scene.books[called].depth(1).trust
    if trust.quality is Quality.CURRENT:
        found, wanted = scene.queues(called), truths[trust.sequence][name]["queues"] if trust.sequence else {}
        if found != wanted:
            return f"{name} at {trust.sequence}: {found}, not {wanted}"
    if name + " IMPLIED" not in scene.books:
        return None
    depth = scene.books[name + " IMPLIED"].depth(5)
    if depth.trust.quality is not Quality.CURRENT:
        return None
    for side, levels in ((1, depth.bids), (-1, depth.asks)):
        implied = [(level.price, level.quantity) for level in levels]
        wanted_implied = truths[depth.trust.sequence][name]["implied"][side] if depth.trust.sequence else []
        if implied != wanted_implied:
            return f"{name} implied at {depth.trust.sequence}: {implied}, not {wanted_implied}"
    return None
