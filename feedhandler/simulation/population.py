"""A day before it begins: which instruments there are, how popular, at what price, and the memory of the flow.

Cold: numpy prepares the tables that the flow draws from. Sizes are mapped, not touched.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy
from numpy.typing import NDArray

from feedhandler.core.integers import to_signed
from feedhandler.core.memory import Region

from .actions import ActionKind
from .market import LADDER, RECENT, Flow, Listing, LiveOrder, OrderIndex, Popular, Queue, Recent, Share
from .order_flow import CLOSING, OPENING_SYSTEM
from .randomness import chance, exponential, geometric, log_uniform, mixture

SECOND = 1_000_000_000
START_OF_MARKET_HOURS = (9 * 3600 + 30 * 60) * SECOND
WELL_KNOWN = (
    "AAPL", "NVDA", "TSLA", "MSFT", "AMZN", "QQQ", "SPY", "AMD", "META", "GOOGL", "INTC", "NFLX", "AVGO", "CSCO",
    "MU", "GOOG", "PLTR", "COST", "ADBE", "PEP", "SBUX", "QCOM", "TXN", "AMAT", "IWM", "TQQQ", "SQQQ", "MARA",
)  # fmt: skip


class SimulationError(ValueError):
    """A day that cannot be; the text says what was asked for and what would be possible."""


MIX: dict[ActionKind, float] = {
    ActionKind.ADD: 43.8,
    ActionKind.DELETE: 41.9,
    ActionKind.REPLACE: 8.7,
    ActionKind.EXECUTE: 2.5,
    ActionKind.IMBALANCE: 1.3,
    ActionKind.REDUCE: 1.2,
    ActionKind.TRADE: 0.5,
    ActionKind.EXECUTE_AT: 0.06,
    ActionKind.RETAIL_INTEREST: 0.02,
    ActionKind.CROSS: 0.01,
    ActionKind.RESTRICTION: 0.005,
    ActionKind.TRADE_BREAK: 0.005,
}
"""Shares of the actions in percent: Nasdaq TotalView-ITCH 5.0 on 30 October 2019, 293.99 million messages."""

ATTRIBUTED = 0.5 / 43.8  #: of the adds


@dataclass(frozen=True)
class Population:
    """What a day is made of.

    `live_orders` is reached by placing more than is deleted, and then kept; `messages_per_second` is the average, of
    bursts in which messages are a few microseconds apart (12,500 is the average of the day that `MIX` is from).
    """

    messages: int = 1_000_000
    symbols: int = 8_000
    live_orders: int = 500_000
    seed: int = 1
    messages_per_second: float = 12_500.0
    start_ns: int = START_OF_MARKET_HOURS  #: of the first message, since midnight

    def __post_init__(self) -> None:
        least = 2 * self.symbols + OPENING_SYSTEM + CLOSING
        if not 1 <= self.symbols <= 65_535:
            raise SimulationError(f"{self.symbols} symbols were asked for; 1 to 65,535 are possible")
        if self.messages < least:
            raise SimulationError(
                f"{self.messages} messages were asked for; to open and close {self.symbols} symbols takes {least}"
            )
        if self.messages > 1 << 31:
            raise SimulationError(f"{self.messages} messages were asked for; at most {1 << 31} are possible")
        if not 1 <= self.live_orders <= 1 << 27:
            raise SimulationError(f"{self.live_orders} live orders were asked for; 1 to {1 << 27} are possible")
        if not 0 < self.messages_per_second <= 1e8:
            raise SimulationError(f"{self.messages_per_second} messages a second; above 0 and up to 1e8 is possible")


@dataclass
class FlowMemory:
    """The memory of one day's flow; `flow` is at its start."""

    population: Population
    regions: dict[str, Region] = field(default_factory=dict)

    def __post_init__(self) -> None:
        population = self.population
        flow = Flow(self._region("flow", Flow.size))
        self.flow = flow
        flow.random = self._values("random", numpy.array([to_signed(population.seed * 0x9E3779B97F4A7C15 + 1)]))
        flow.actions = population.messages
        flow.time_ns = population.start_ns
        flow.instrument_count = population.symbols
        flow.live_target = population.live_orders
        flow.live_capacity = population.live_orders + population.live_orders // 8 + 1024
        flow.reference = 1_000
        flow.match_number = 10_000
        flow.firms = 64
        flow.attributed = chance(ATTRIBUTED)
        self._books()
        self._instruments()
        self._tables()

    @property
    def symbols(self) -> list[str]:
        """The symbols by instrument."""
        words = self.regions["listings"].array(Listing.dtype, self.population.symbols)["symbol"]
        return [int(word).to_bytes(8, "big").decode().rstrip() for word in words]

    def _region(self, name: str, size: int) -> int:
        region = self.regions[name] = Region(f"simulation.{name}", size)
        return region.address

    def _values(self, name: str, values: NDArray[numpy.int64]) -> int:
        address = self._region(name, 8 * len(values))
        self.regions[name].array("<i8")[:] = values
        return address

    def _books(self) -> None:
        flow = self.flow
        capacity = flow.live_capacity
        flow.queues = self._region("queues", Queue.size * LADDER * flow.instrument_count)
        flow.orders = self._region("orders", LiveOrder.size * (capacity + 1))
        flow.live = self._region("live", OrderIndex.size * (capacity + 1))
        flow.free = self._region("free", OrderIndex.size * (capacity + 1))
        flow.recent = self._region("recent", Recent.size * RECENT)
        # Index 0 stands for no order; the pool is taken from its low end first.
        self.regions["free"].array(OrderIndex.dtype, capacity)["order"] = numpy.arange(capacity, 0, -1)
        flow.free_count = capacity
        # An empty entry of the ring must match no order, and a free order's reference is 0.
        self.regions["recent"].array(Recent.dtype, RECENT)["reference"] = -1

    def _instruments(self) -> None:
        population, flow = self.population, self.flow
        count = population.symbols
        generator = numpy.random.Generator(numpy.random.PCG64(population.seed))
        names = symbol_names(count)
        rank = generator.permutation(count)
        # The well-known names are the popular ones.
        for popular, name in enumerate(sorted(set(WELL_KNOWN) & set(names), key=WELL_KNOWN.index)):
            place, holder = names.index(name), int(numpy.flatnonzero(rank == popular)[0])
            rank[place], rank[holder] = rank[holder], rank[place]
        flow.listings = self._region("listings", Listing.size * count)
        listings = self.regions["listings"].array(Listing.dtype, count)
        listings["symbol"] = [to_signed(int.from_bytes(name.encode().ljust(8), "big")) for name in names]
        cents = numpy.rint(100 * numpy.clip(generator.lognormal(3.5, 0.9, count), 1.5, 900)).astype(numpy.int64)
        listings["tick_size"] = 100
        fair = numpy.minimum(cents - 100, LADDER // 2)
        listings["base_price"] = (cents - fair) * 100
        listings["fair"] = fair
        listings["best_bid"] = -1
        listings["best_ask"] = LADDER
        listings["round_lot"] = 100
        # Dear and quiet instruments have wide books.
        scale = 8 + 8 * numpy.sqrt(cents / 2_000) * (1 + 4 * rank / count)
        listings["distance_scale"] = numpy.clip(scale, 8, 320).astype(numpy.int64)
        weights = 1.0 / (rank + 20.0)
        flow.popularity = self._region("popularity", Popular.size * count)
        limits, others = alias_table(weights)
        popularity = self.regions["popularity"].array(Popular.dtype, count)
        popularity["limit"], popularity["other"] = limits, others
        flow.last_executed = int(numpy.argmin(rank))

    def _tables(self) -> None:
        flow, population = self.flow, self.population
        total = sum(MIX.values())
        ends = numpy.rint(numpy.cumsum(list(MIX.values())) / total * (1 << 31)).astype(numpy.int64)
        ends[-1] = 1 << 31
        flow.mix = self._region("mix", Share.size * len(MIX))
        mix = self.regions["mix"].array(Share.dtype, len(MIX))
        mix["limit"], mix["kind"] = ends, [int(kind) for kind in MIX]
        flow.distances = self._values("distances", mixture((0.80, geometric(2.5)), (0.20, geometric(30.0))))
        few, many = 100 * numpy.arange(2, 6), 100 * numpy.arange(6, 21)
        lots = mixture((0.55, [100]), (0.25, few), (0.15, many), (0.05, [5_000]))
        flow.quantities = self._values("quantities", mixture((0.75, lots), (0.25, numpy.arange(1, 100))))
        flow.ages = self._values("ages", log_uniform(1, RECENT) - 1)
        bursts = mixture((0.6, [1]), (0.4, log_uniform(2, 250)))
        gaps = 1 + exponential(3_000.0)
        average = SECOND / population.messages_per_second
        size = float(bursts.mean())
        pause = size * average - (size - 1) * float(gaps.mean())
        flow.burst_sizes = self._values("burst_sizes", bursts)
        if pause < 1:
            # Faster than bursts can be: messages come evenly.
            gaps, pause = exponential(average), average
        flow.burst_gaps = self._values("burst_gaps", gaps)
        flow.pauses = self._values("pauses", 1 + exponential(pause))
        # References are given to orders that are never displayed as well.
        flow.reference_steps = self._values("reference_steps", 1 + geometric(1.0))


def symbol_names(count: int) -> list[str]:
    """Different symbols in alphabetical order, as a venue's directory has them: well-known ones first, then made-up."""
    names = set(WELL_KNOWN[:count])
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    number = 0
    # Every 57th of the four-letter words: 57 and 26**4 have no common factor, so none comes twice.
    while len(names) < count:
        word = number * 57 % 26**4
        names.add("".join(letters[word // 26**power % 26] for power in (3, 2, 1, 0)))
        number += 1
    return sorted(names)


def alias_table(weights: NDArray[numpy.floating[Any]]) -> tuple[NDArray[numpy.int64], NDArray[numpy.int64]]:
    """Walker's alias table, by Vose's method: each entry's limit in 2**31 and what lies above it."""
    count = len(weights)
    scaled = weights * (count / weights.sum())
    limits = numpy.full(count, (1 << 31) - 1, dtype=numpy.int64)
    others = numpy.arange(count, dtype=numpy.int64)
    small = [int(place) for place in numpy.flatnonzero(scaled < 1.0)]
    large = [int(place) for place in numpy.flatnonzero(scaled >= 1.0)]
    while small and large:
        low, high = small.pop(), large.pop()
        limits[low] = min((1 << 31) - 1, int(scaled[low] * (1 << 31)))
        others[low] = high
        scaled[high] -= 1.0 - scaled[low]
        (small if scaled[high] < 1.0 else large).append(high)
    return limits, others
