"""Books by order as lists, obviously right: what the fast ones are compared with, whatever the feed.

Prices are the venue's integers. An order stands where its rank puts it among those of its price, behind equal ones;
without a rank it stands at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from feedhandler.books import Book


@dataclass
class Standing:
    """One order."""

    reference: int
    quantity: int
    rank: int


class Twin:
    """The books of a channel: queues by instrument, side (0 bid, 1 ask) and price."""

    def __init__(self) -> None:
        self.queues: dict[tuple[str, int, int], list[Standing]] = {}

    def add(self, name: str, side: int, price: int, reference: int, quantity: int, rank: int = 0) -> None:
        queue = self.queues.setdefault((name, side, price), [])
        place = sum(one.rank <= rank for one in queue) if rank else len(queue)
        queue.insert(place, Standing(reference, quantity, rank))

    def where(self, name: str, side: int, reference: int) -> tuple[int, Standing]:
        """The price of an order, and what there is of it."""
        return next(
            (price, one)
            for (owner, on, price), queue in self.queues.items() if (owner, on) == (name, side)
            for one in queue if one.reference == reference
        )  # fmt: skip

    def take(self, name: str, side: int, reference: int, quantity: int) -> int:
        """Quantity leaves an order, and the order the book with the last of it; returns its price."""
        price, order = self.where(name, side, reference)
        order.quantity -= quantity
        if order.quantity <= 0:
            queue = self.queues[name, side, price]
            queue.remove(order)
            if not queue:
                del self.queues[name, side, price]
        return price

    def delete(self, name: str, side: int, reference: int) -> None:
        self.take(name, side, reference, self.where(name, side, reference)[1].quantity)

    def levels(self, name: str, side: int) -> list[tuple[int, int, int]]:
        """Price, quantity and number of orders of every level, inside first."""
        found = [
            (price, sum(one.quantity for one in queue), len(queue))
            for (owner, on, price), queue in self.queues.items() if (owner, on) == (name, side)
        ]  # fmt: skip
        return sorted(found, reverse=side == 0)

    def difference(self, book: Book, name: str, unit: int) -> Any:
        """Where a book is not this one's: (what, found, expected); None where it is the same."""
        depth = book.depth(100)
        for side, word, levels in ((0, "bid", depth.bids), (1, "ask", depth.asks)):
            expected = self.levels(name, side)
            found = [(level.price // unit, level.quantity, level.orders) for level in levels]
            if found != expected:
                return word, found, expected
            for price, _quantity, _orders in expected:
                queue = [(one.order_reference, one.quantity) for one in book.orders(word, price * unit).orders]  # type: ignore[arg-type]
                standing = [(one.reference, one.quantity) for one in self.queues[name, side, price]]
                if queue != standing:
                    return (word, price), queue, standing
        return None
