"""An iMpact channel in small: blocks of three markets' orders, its snapshots, and what is true after each message.

Written against the specification and without the feed's handlers: a market is a dictionary of orders.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, NamedTuple

from feedhandler.sessions.impact import packet_encode
from feeds.ice_impact import messages

MARKETS = (1660891, 97179687, 2147483600)
PLAIN, IMPLIED, REQUEST = "", " IMPLIED", " RFQ"
SNAPSHOT_SESSION = 77
Queues = dict[tuple[str, int], list[tuple[int, int]]]
Truth = dict[str, Queues]
"""The queues of every book by its name, order id and quantity, first in line first."""


class Order(NamedTuple):
    """One order as the venue has it."""

    side: str
    price: int
    quantity: int
    entry: tuple[int, int]
    kind: str


def order_fields(market: int, order_id: int, order: Order) -> dict[str, Any]:
    """What Add or Modify Order and Market Snapshot Order have in common."""
    return {
        "market_id": market, "order_id": order_id, "side": order.side, "price": order.price,
        "quantity": order.quantity, "is_implied": "Y" if order.kind == IMPLIED else "N",
        "is_rfq": "Y" if order.kind == REQUEST else "N", "order_entry_date_time": order.entry[0],
        "sequence_within_millis": order.entry[1],
    }  # fmt: skip


def put(market: int, order_id: int, order: Order) -> bytes:
    return messages.AddOrModifyOrder.encode(**order_fields(market, order_id, order), modification_timestamp=1_000)


def gone(market: int, order_id: int) -> bytes:
    return messages.DeleteOrder.encode(market_id=market, order_id=order_id, message_date_time=1)


def start() -> bytes:
    return messages.MessageBundleMarker.encode(start_or_end="S")


def end() -> bytes:
    return messages.MessageBundleMarker.encode(start_or_end="E")


def snapshot(market: int, processed: int, entries: int, status: str = "O") -> bytes:
    return messages.MarketSnapshot.encode(
        market_id=market, last_message_sequence_id=processed, num_of_book_entries=entries, trading_status=status
    )


def snapshot_order(market: int, order_id: int, order: Order) -> bytes:
    return messages.MarketSnapshotOrder.encode(**order_fields(market, order_id, order))


class Market:
    """One market at the venue."""

    def __init__(self, code: int, source: random.Random) -> None:
        self.code = code
        self.source = source
        self.orders: dict[int, Order] = {}

    def step(self, channel: Channel) -> list[bytes]:
        """A random change, as one message or two."""
        source = self.source
        known = source.choice([*self.orders, 0, 0])
        if known == 0:
            return [self.enter(channel.next_order(), channel)]
        order = self.orders[known]
        verb = source.choice(["gone", "gone", "again", "replace", "move"])
        if verb == "again":
            # Overwritten under its own id: another quantity, and perhaps another price.
            price = source.choice([order.price, order.price, order.price + 1])
            self.orders[known] = order._replace(quantity=source.randint(1, 9), price=price)
            return [put(self.code, known, self.orders[known])]
        del self.orders[known]
        deleted = gone(self.code, known)
        if verb == "gone":
            return [deleted]
        # As the exchange does it: the order leaves, and comes under another id; it keeps its place or loses it.
        entry = order.entry if verb == "replace" else channel.clock()
        order_id = channel.next_order()
        self.orders[order_id] = order._replace(quantity=source.randint(1, 9), entry=entry)
        return [deleted, put(self.code, order_id, self.orders[order_id])]

    def enter(self, order_id: int, channel: Channel) -> bytes:
        source = self.source
        side, kind = source.choice("12"), source.choice([PLAIN, PLAIN, PLAIN, IMPLIED, REQUEST])
        price = (990 if side == "1" else 1010) + source.randint(0, 2)
        self.orders[order_id] = Order(side, price, source.randint(1, 9), channel.clock(), kind)
        return put(self.code, order_id, self.orders[order_id])

    def truth(self) -> Truth:
        """The queues of each of its books, in the order of entry."""
        found: Truth = {f"{self.code}{kind}": {} for kind in (PLAIN, IMPLIED, REQUEST)}
        for order_id, order in sorted(self.orders.items(), key=lambda each: each[1].entry):
            queue = found[f"{self.code}{order.kind}"].setdefault((order.side, order.price), [])
            queue.append((order_id, order.quantity))
        return found


class Channel:
    """Blocks of the stream, and the truth after each message, by its number. Orders of days before are there."""

    def __init__(self, seed: int, before: int = 4) -> None:
        self.source = random.Random(seed)
        self.markets = [Market(code, self.source) for code in MARKETS]
        self.sequence = 0
        self.snapshot_number = 1
        self._millisecond = 1_600_000_000_000
        self._order = 100
        self.truths: dict[int, Truth] = {}
        for market in self.markets:
            for _ in range(before):
                market.enter(self.next_order(), self)

    def clock(self) -> tuple[int, int]:
        """The next time of entry: some share a millisecond."""
        self._millisecond += self.source.choice((0, 1))
        self._order += 1
        return self._millisecond, self._order

    def next_order(self) -> int:
        self._order += 1
        return self._order

    def block(self, bodies: Sequence[bytes]) -> bytes:
        """A block of messages that change nothing."""
        first = self.sequence + 1
        for _ in bodies:
            self.noted()
        return packet_encode(first, bodies)

    def noted(self) -> None:
        self.sequence += 1
        self.truths[self.sequence] = self.truth()

    def truth(self) -> Truth:
        return {name: queues for market in self.markets for name, queues in market.truth().items()}

    def step(self) -> bytes:
        """The next block: some changes, in a bundle or not."""
        source, first, bodies = self.source, self.sequence + 1, []
        bundled = source.random() < 0.5
        if bundled:
            bodies.append(start())
            self.noted()
        for _ in range(source.randint(1, 3)):
            made = source.choice(self.markets).step(self)
            for number, body in enumerate(made):
                bodies.append(body)
                self.sequence += 1
                # Between the two messages of one change the order is gone.
                if number == len(made) - 1:
                    self.truths[self.sequence] = self.truth()
        if bundled:
            bodies.append(end())
            self.noted()
        return packet_encode(first, bodies)

    def round(self) -> list[bytes]:
        """A round of the snapshots as they are now, in blocks of a few messages each."""
        bodies = []
        for market in self.markets:
            bodies.append(snapshot(market.code, self.sequence, len(market.orders)))
            bodies += [snapshot_order(market.code, *each) for each in market.orders.items()]
        found = []
        while bodies:
            size = self.source.randint(1, 6)
            found.append(self.snapshots(bodies[:size]))
            del bodies[:size]
        return found

    def snapshots(self, bodies: Sequence[bytes]) -> bytes:
        """The next block of the snapshot channel."""
        number = self.snapshot_number
        self.snapshot_number += len(bodies)
        return packet_encode(number, bodies, SNAPSHOT_SESSION)
