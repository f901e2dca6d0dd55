"""The books that a simulated venue really has: what every reader of its feed ought to see.

They are not kept while the venue runs. A day is a function of its seed, so it is played again up to the message that is
asked about, and the books are read out of the market's own memory (`market.py`), which knows neither the feed's
encoding nor our books. A hundred nanoseconds a message; from another process as well, given the same population.

    truth = Truth(venue, population)
    truth.advance(123_456)
    truth.books()["AAPL"].bids[0]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy
from numpy.typing import NDArray

from feedhandler.core.memory import Region
from feedhandler.simulation.actions import Action
from feedhandler.simulation.day import writer_of
from feedhandler.simulation.generation import Generation, PacketEntry
from feedhandler.simulation.market import BID, LADDER, Listing, LiveOrder, Queue
from feedhandler.simulation.population import FlowMemory, Population
from feedhandler.simulation.venue import Venue

_PACKET_BYTES = 1 << 16
_PACKETS = 512


class TrueOrder(NamedTuple):
    """An order in its queue."""

    order_reference: int
    quantity: int


class TrueLevel(NamedTuple):
    """A price level: price in 1e-9, and its orders, first in line first."""

    price: int
    orders: tuple[TrueOrder, ...]

    @property
    def quantity(self) -> int:
        return sum(order.quantity for order in self.orders)


@dataclass(frozen=True)
class TrueBook:
    """One instrument's book, both sides with the inside first."""

    bids: tuple[TrueLevel, ...]
    asks: tuple[TrueLevel, ...]

    def data(self) -> dict[str, Any]:
        """The book as plain data: [price, [[order reference, quantity], ...]] of each level."""
        return {
            side: [[level.price, [list(order) for order in level.orders]] for level in levels]
            for side, levels in (("bids", self.bids), ("asks", self.asks))
        }


class Truth:
    """A venue's day, played again message by message."""

    def __init__(self, venue: Venue, population: Population) -> None:
        self._venue = venue
        self._memory = FlowMemory(population)
        self._run = writer_of(venue)
        self._room = Region("truth.output", _PACKETS * _PACKET_BYTES, huge=False)
        self._entries = Region("truth.packets", PacketEntry.size * _PACKETS, huge=False)
        self._state = Region("truth.generation", 4096, huge=False)
        generation = Generation(self._state.address)
        generation.flow = self._memory.flow.address
        generation.action = self._state.address + 4096 - Action.size
        generation.output = self._room.address
        generation.output_size = self._room.size
        generation.packets = self._entries.address
        generation.packet_bytes_maximum = _PACKET_BYTES
        generation.longest = venue.longest
        self._generation = generation
        self._most = _PACKET_BYTES // (venue.longest + 2) - 1  # messages that surely fit a packet

    @property
    def sequence(self) -> int:
        """The last message that was played."""
        return int(self._generation.messages)

    @property
    def symbols(self) -> list[str]:
        """The instruments, in the order of their numbers."""
        return self._memory.symbols

    @property
    def orders_live(self) -> int:
        """Orders in all books."""
        return int(self._memory.flow.live_count)

    def advance(self, sequence: int) -> None:
        """Play up to and including this message. Raises `ValueError` for one that was passed or never comes."""
        generation = self._generation
        if sequence < self.sequence:
            raise ValueError(f"message {sequence} was passed; the day is at {self.sequence}: begin a new Truth")
        while self.sequence < sequence:
            left = sequence - self.sequence
            size = min(left, self._most)
            # Packets of exactly `size` messages, as many as fit into what is left: nothing is played too far.
            generation.messages_per_packet = size
            generation.packet_capacity = min(_PACKETS, left // size)
            self._run(generation.address)
            if generation.written == 0:
                raise ValueError(f"message {sequence} never comes; the day ends with {self.sequence}")

    def books(self) -> dict[str, TrueBook]:
        """All books by symbol, as they are after the last message that was played."""
        return {symbol: self._book(number) for number, symbol in enumerate(self.symbols)}

    def book(self, symbol: str) -> TrueBook:
        """One instrument's book, as it is after the last message that was played."""
        return self._book(self.symbols.index(symbol))

    def data(self) -> dict[str, Any]:
        """Everything as plain data, for a file."""
        return {
            "sequence": self.sequence,
            "orders_live": self.orders_live,
            "books": {symbol: book.data() for symbol, book in self.books().items()},
        }

    def _book(self, number: int) -> TrueBook:
        regions = self._memory.regions
        listing = regions["listings"].array(Listing.dtype, number + 1)[number]
        queues = regions["queues"].array(Queue.dtype, LADDER, Queue.size * LADDER * number)
        orders = regions["orders"].array(LiveOrder.dtype)
        bids: list[TrueLevel] = []
        asks: list[TrueLevel] = []
        for tick in numpy.flatnonzero(queues["head"]):
            price = int(listing["base_price"] + listing["tick_size"] * tick) * self._venue.feed.price_unit
            queue, side = _queue(orders, int(queues["head"][tick]))
            (bids if side == BID else asks).append(TrueLevel(price, queue))
        return TrueBook(tuple(reversed(bids)), tuple(asks))


def _queue(orders: NDArray[Any], index: int) -> tuple[tuple[TrueOrder, ...], int]:
    """The orders from one on, and their side."""
    found = []
    side = int(orders[index]["side"])
    while index != 0:
        order = orders[index]
        found.append(TrueOrder(int(order["reference"]), int(order["quantity"])))
        index = int(order["next"])
    return tuple(found), side
