"""Made-up traffic in the terms of no venue: orders, levels, quotes, for feeds to put into their own messages.

A feed's module `traffic` exports `TRAFFIC`: by the feed's name a function that turns a `Flow` into messages. The flow
is the same for all feeds of a kind, so that their figures can be compared: the same instruments, prices and lives.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

INSTRUMENTS = 100
LIVE_ORDERS = 5_000
DEPTH = 10


class OrderStep(NamedTuple):
    """An order is added, executed in part, or deleted."""

    verb: str  #: "add", "execute" or "delete"
    instrument: int
    reference: int
    bid: bool
    price: int
    quantity: int


class LevelStep(NamedTuple):
    """A level of a book by price or by number: 0 new, 1 change, 2 delete."""

    instrument: int
    action: int
    bid: bool
    number: int
    price: int
    quantity: int  #: 0 where it is gone


class QuoteStep(NamedTuple):
    """The best bid and offer."""

    instrument: int
    bid_price: int
    bid_quantity: int
    ask_price: int
    ask_quantity: int


class Flow:
    """A seeded flow of `count` steps of any kind."""

    def __init__(self, count: int, seed: int = 1) -> None:
        self.count = count
        self._source = random.Random(seed)

    def symbols(self) -> Iterator[tuple[int, str]]:
        """Every instrument, from 1, and a symbol."""
        return ((number, f"S{number:03}") for number in range(1, INSTRUMENTS + 1))

    def orders(self) -> Iterator[OrderStep]:
        """Orders that live for a while, near the inside: as many come as go."""
        source, reference = self._source, 0
        live: list[OrderStep] = []
        for _ in range(self.count):
            if len(live) < LIVE_ORDERS or source.random() < 0.47:
                reference += 1
                bid = source.random() < 0.5
                away = min(int(source.expovariate(0.2)), 99)
                step = OrderStep(
                    "add", source.randint(1, INSTRUMENTS), reference, bid, 1000 - away if bid else 1001 + away,
                    source.randint(2, 500),
                )  # fmt: skip
                live.append(step)
                yield step
                continue
            place = source.randrange(len(live))
            step = live[place]
            if source.random() < 0.06 and step.quantity > 1:
                live[place] = step._replace(quantity=step.quantity - 1)
                yield step._replace(verb="execute", quantity=1)
            else:
                live[place] = live[-1]
                live.pop()
                yield step._replace(verb="delete")

    def levels(self) -> Iterator[LevelStep]:
        """Levels of books that are DEPTH deep: changes mostly, and some that come and go."""
        source = self._source
        books: dict[tuple[int, bool], list[int]] = {}
        for _ in range(self.count):
            instrument, bid = source.randint(1, INSTRUMENTS), source.random() < 0.5
            levels = books.setdefault((instrument, bid), [])
            worse = -1 if bid else 1
            if levels and (source.random() < 0.7 or len(levels) == DEPTH):
                number = min(int(source.expovariate(0.5)), len(levels) - 1)
                if len(levels) == DEPTH and source.random() < 0.3:
                    price = levels.pop(number)
                    yield LevelStep(instrument, 2, bid, number + 1, price, 0)
                else:
                    yield LevelStep(instrument, 1, bid, number + 1, levels[number], source.randint(1, 500))
                continue
            price = (1000 if bid else 1001) + worse * source.randint(0, 40)
            if price in levels:
                number = levels.index(price)
                yield LevelStep(instrument, 1, bid, number + 1, price, source.randint(1, 500))
                continue
            levels.append(price)
            levels.sort(reverse=bid)
            yield LevelStep(instrument, 0, bid, levels.index(price) + 1, price, source.randint(1, 500))

    def quotes(self) -> Iterator[QuoteStep]:
        """Quotes that move by a tick now and then."""
        source = self._source
        middles = dict.fromkeys(range(1, INSTRUMENTS + 1), 1000)
        for _ in range(self.count):
            instrument = source.randint(1, INSTRUMENTS)
            middles[instrument] += source.choice((-1, 0, 0, 0, 1))
            middle = middles[instrument]
            yield QuoteStep(instrument, middle, source.randint(1, 500), middle + 1, source.randint(1, 500))


Traffic = Callable[[Flow], Iterator[bytes]]
"""What a feed exports in `TRAFFIC`: the messages of a flow, definitions first."""

Opening = Callable[[Flow], list[bytes]]
"""What a feed may export in `OPENING`: whole packets that come before, such as snapshots to start from."""
