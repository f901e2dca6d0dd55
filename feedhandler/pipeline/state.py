"""The memory that a pipeline works in: everything is mapped here, before start, and nothing afterwards.

Sizes follow from `Capacities`. Memory is mapped, not touched: a capacity that is never used costs address space only.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from feedhandler.core.book import Book, Header, TouchedInstrument
from feedhandler.core.channel import FEED_STATE_BYTES, REASONS_BYTES, SAMPLE_COUNT, Sample
from feedhandler.core.depths import DepthRing, depth_row_bytes
from feedhandler.core.directory import Directory, HashedEntry, Instrument
from feedhandler.core.events import Event, EventRing
from feedhandler.core.hints import BLOCK, HINTS_BYTES, Hint
from feedhandler.core.hold import Held
from feedhandler.core.holes import GAPS_KEPT, Gap
from feedhandler.core.integers import INT64_MAX, INT64_MIN, to_signed
from feedhandler.core.intentions import Intention
from feedhandler.core.kept_changes import CHANGES_KEPT, KeptChange, KeptChanges, KeptOf
from feedhandler.core.ladders import CLASS_COUNT, SMALLEST_CLASS, Entry, LevelStore
from feedhandler.core.lines import ARRIVALS, Arrival, LineNumber
from feedhandler.core.memory import Region
from feedhandler.core.orders import Level, Order, OrderStore
from feedhandler.core.ranked_orders import Priority
from feedhandler.core.reasons import REASON_COUNT
from feedhandler.core.records import RecordLayout
from feedhandler.core.sequencer import Sequencer
from feedhandler.feed import Feed, QueueRule

MILLISECOND = 1_000_000


@dataclass(frozen=True)
class Capacities:
    """How much of everything a channel can hold. A full store makes books stale and is counted; it never grows.

    `prefault` touches all of it before start, so that the hot path meets no missing page. With `depth_levels` the
    channel has a ring of `depths` rows of depth, written by a pipeline that is generated for it.
    """

    instruments: int = 16_384
    orders: int = 1 << 20
    levels: int = 1 << 19
    events: int = 1 << 12
    hold_packets: int = 256
    hold_packet_bytes: int = 2_048
    depth_levels: int = 0
    depths: int = 1 << 14
    prefault: bool = False


@dataclass(frozen=True)
class Limits:
    """How long a channel waits, in nanoseconds; a `heartbeat_ns` of 0 raises no alarm of silence."""

    request_after_ns: int = 2 * MILLISECOND
    give_up_after_ns: int = 200 * MILLISECOND
    heartbeat_ns: int = 0
    start_window: int = 4_096
    jump_limit: int = 1 << 24


def power_of_two(at_least: int) -> int:
    """The smallest power of two that is not less."""
    return 1 << max(0, at_least - 1).bit_length()


@dataclass
class ChannelMemory:
    """One channel's parts, each a region, and the records by which the hot path finds them."""

    name: str
    feed: Feed
    capacities: Capacities
    limits: Limits
    channel: Any  # a view of the Channel record
    line_address: int
    variant: str | None = None  #: of the feed; None: its default
    symbols: tuple[str, ...] = ()
    keeps: Any = None  # what must live as long as the channel: the pipeline's own regions
    regions: dict[str, Region] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._sequencer()
        self._directory()
        self._book()
        self._events()
        self._depths()
        channel = self.channel
        channel.reasons = self._region("reasons", REASONS_BYTES).address
        channel.samples = self._region("samples", Sample.size * SAMPLE_COUNT).address
        channel.feed_state = self._region("feed_state", FEED_STATE_BYTES).address
        if self.feed.keeps_changes:
            channel.kept_changes = self._kept_changes().address
        channel.hints = self._region("hints", HINTS_BYTES).address
        channel.hint = channel.hints + Hint.size * BLOCK
        channel.epoch = 1

    @property
    def bytes(self) -> int:
        """Address space mapped for the channel."""
        return sum(region.size for region in self.regions.values())

    def array(self, region: str, layout: RecordLayout, count: int) -> NDArray[Any]:
        """A region as a structured array of records."""
        return self.regions[region].array(layout.dtype, count)

    def _region(self, name: str, size: int) -> Region:
        region = Region(f"{self.name}.{name}", size, prefault=self.capacities.prefault)
        self.regions[name] = region
        return region

    def _sequencer(self) -> None:
        capacities, limits = self.capacities, self.limits
        sequencer = Sequencer(self._region("sequencer", Sequencer.size).address)
        self.channel.sequencer = sequencer.address
        self.sequencer = sequencer
        sequencer.start_window = limits.start_window
        sequencer.jump_limit = limits.jump_limit
        sequencer.request_after_ns = limits.request_after_ns
        sequencer.give_up_after_ns = limits.give_up_after_ns
        sequencer.heartbeat_limit_ns = limits.heartbeat_ns
        sequencer.held_capacity = capacities.hold_packets
        sequencer.held_bytes_limit = capacities.hold_packets * capacities.hold_packet_bytes
        sequencer.slot_bytes = capacities.hold_packet_bytes
        # One more than may wait: the last keeps the first packet of a session that is not confirmed yet.
        kept = capacities.hold_packets + 1
        sequencer.held = self._region("held", Held.size * kept).address
        sequencer.slots = self._region("hold_slots", kept * capacities.hold_packet_bytes).address
        sequencer.arrivals = self._region("arrivals", Arrival.size * ARRIVALS).address
        sequencer.gaps = self._region("gaps", Gap.size * GAPS_KEPT).address
        sequencer.lines = self.line_address
        sequencer.ends_at = INT64_MAX
        sequencer.deadline_ns = INT64_MAX
        intentions = 256
        sequencer.intentions = self._region("intentions", Intention.size * intentions).address
        sequencer.intention_mask = intentions - 1

    def lines_set(self, numbers: tuple[int, ...]) -> None:
        """The numbers of the channel's lines, in the order of their copies: whose silence it watches."""
        region = self._region("line_numbers", LineNumber.size * max(1, len(numbers)))
        region.array("<i8", len(numbers))[:] = numbers
        self.sequencer.line_numbers = region.address
        self.sequencer.line_count = len(numbers)

    def _directory(self) -> None:
        capacities, feed = self.capacities, self.feed
        directory = Directory(self._region("directory", Directory.size).address)
        self.channel.directory = directory.address
        self.directory = directory
        directory.capacity = capacities.instruments
        directory.instruments = self._region("instruments", Instrument.size * capacities.instruments).address
        directory.former = self._region("former_instruments", Instrument.size * capacities.instruments).address
        directory.former_session = -2  # there was none
        directory.default_price_unit = feed.price_unit
        variant = self.variant or feed.default_variant
        directory.default_quantity_step = feed.quantity_steps.get(variant, feed.quantity_step)
        if feed.directory_codes:
            directory.limit = feed.directory_codes
            directory.entries = self._region("codes", 4 * feed.directory_codes + 8).address
        else:
            size = power_of_two(2 * capacities.instruments)
            directory.hash_mask = size - 1
            directory.hash_shift = 64 - (size.bit_length() - 1)
            directory.entries = self._region("codes", HashedEntry.size * size).address
        if self.symbols:
            region = self._region("filter", 8 * len(self.symbols))
            region.array("<i8")[:] = [symbol_letters(symbol) for symbol in self.symbols]
            directory.filter = region.address
            directory.filter_count = len(self.symbols)

    def _book(self) -> None:
        capacities = self.capacities
        orders = OrderStore(self._region("order_store", OrderStore.size).address)
        levels = LevelStore(self._region("level_store", LevelStore.size).address)
        book = Book(self._region("book", Book.size).address)
        self.channel.book = book.address
        self.orders, self.levels, self.book = orders, levels, book
        # At twice the capacity the store is never more than half full; at the measured best load of 0.28 it is
        # a little over half of its capacity that is live.
        slots = power_of_two(2 * capacities.orders)
        orders.slots = self._region("orders", Order.size * (slots + 2)).address
        if self.feed.queue is QueueRule.PRIORITY:
            orders.priorities = self._region("priorities", Priority.size * (slots + 2)).address
        orders.line_mask = slots // 2 - 1
        orders.home_shift = 64 - (slots.bit_length() - 1)
        orders.salt = to_signed(secrets.randbits(58))
        orders.scope = self.feed.scope
        orders.capacity = capacities.orders
        levels.level_capacity = capacities.levels + 1
        levels.levels = self._region("levels", Level.size * levels.level_capacity).address
        # Index 0 means none, in both pools.
        levels.level_fresh = 1
        levels.entry_fresh = 1 << SMALLEST_CLASS
        # A ladder fills at least half of its block, and outgrown blocks are used again.
        levels.entry_capacity = 4 * capacities.levels + (4 << SMALLEST_CLASS) * 2 * capacities.instruments
        levels.entries = self._region("entries", Entry.size * levels.entry_capacity).address
        # A ladder without a block has its sentinel here.
        Entry(levels.entries).key = INT64_MIN
        levels.free_blocks = self._region("free_blocks", 8 * CLASS_COUNT).address
        orders.levels = levels.levels
        book.orders = orders.address
        book.levels = levels.address
        book.headers = self._region("headers", Header.size * capacities.instruments).address
        book.instrument_capacity = capacities.instruments
        self.channel.touched = self._region("touched", TouchedInstrument.size * capacities.instruments).address
        self.channel.touched_capacity = capacities.instruments

    def _kept_changes(self) -> Any:
        instruments = self.capacities.instruments
        kept = KeptChanges(self._region("kept_changes", KeptChanges.size).address)
        kept.changes = self._region("changes", KeptChange.size * CHANGES_KEPT).address
        kept.mask = CHANGES_KEPT - 1
        kept.instruments = self._region("changes_of_instruments", KeptOf.size * instruments).address
        kept.instrument_capacity = instruments
        return kept

    def _events(self) -> None:
        capacity = power_of_two(self.capacities.events)
        ring = EventRing(self._region("event_ring", EventRing.size).address)
        ring.events = self._region("events", Event.size * capacity).address
        ring.mask = capacity - 1
        self.channel.events = ring.address
        self.events = ring

    def _depths(self) -> None:
        capacities = self.capacities
        self.depths: Any = None
        if not capacities.depth_levels:
            return
        capacity, row_bytes = power_of_two(capacities.depths), depth_row_bytes(capacities.depth_levels)
        ring = DepthRing(self._region("depth_ring", DepthRing.size).address)
        ring.rows = self._region("depths", row_bytes * capacity).address
        ring.mask = capacity - 1
        ring.levels = capacities.depth_levels
        ring.row_bytes = row_bytes
        self.channel.depths = ring.address
        self.channel.every_book = 1
        self.depths = ring

    def reasons(self) -> NDArray[Any]:
        """The counts of reasons, by number; shared with the hot path."""
        return self.regions["reasons"].array("<i8", REASON_COUNT)


def symbol_letters(symbol: str) -> int:
    """A symbol as a view reads its eight letters; `ValueError` where it is longer."""
    data = symbol.encode("ascii")
    if len(data) > 8:
        raise ValueError(f"symbol {symbol!r} has more than 8 letters")
    return to_signed(int.from_bytes(data.ljust(8), "big"))
