"""The books of a simulated market: only as good as the order flow needs.

Each instrument has `LADDER` ticks, each a queue of orders; what would lie outside is placed inside. The inside is found
by walking from the old one, at most `LADDER` steps. Orders lie in a pool and are named by index; index 0 stands for
none. Three ways lead to an order: the queue of its tick, the list of all live ones (for a fair pick) and the ring of
the latest (for a pick by age).
"""

# mypy: disallow-untyped-defs=false, disallow-untyped-calls=false

from __future__ import annotations

from feedhandler.core.jit import hot, hot_call
from feedhandler.core.records import Record, i32, i64

from .randomness import Random, random_quantile

LADDER = 2048  #: ticks of an instrument
RECENT = 1 << 20  #: orders that the ring of the latest remembers

BID = 0
ASK = 1


class Share(Record, size=16):
    """One kind of action and the upper end of its share, in 2**31."""

    limit = i64
    kind = i64


class Popular(Record, size=8):
    """An entry of the alias table (Walker, 1977): below `limit` (in 2**31) the entry's own instrument, else `other`."""

    limit = i32
    other = i32


class Listing(Record, size=64):
    """An instrument and its book."""

    symbol = i64
    base_price = i64  #: of tick 0
    tick_size = i64
    distance_scale = i64  #: in 1/16 of the table's distances
    best_bid = i32  #: tick; -1: none
    best_ask = i32  #: tick; LADDER: none
    fair = i32
    aggressor = i32
    match_number = i64  #: of the last trade
    round_lot = i64


class Queue(Record, size=8):
    """The orders of one tick."""

    head = i32
    tail = i32


class LiveOrder(Record, size=40):
    """An order of the simulated book."""

    reference = i64  #: 0: free
    instrument = i32
    tick = i32
    side = i32
    quantity = i32
    previous = i32
    next = i32
    position = i32  #: in the list of all live ones
    attribution = i32


class Recent(Record, size=16):
    """An entry of the ring of the latest orders."""

    reference = i64
    order = i64


class OrderIndex(Record, size=8):
    """An order in a list."""

    order = i32
    unused = i32


class Flow(Record):
    """The state of a day."""

    random = i64
    position = i64  #: actions so far
    actions = i64  #: of the whole day
    time_ns = i64
    instrument_count = i64
    live_target = i64
    live_count = i64
    live_capacity = i64
    ramped = i64  #: position at which the target was first reached; 0: not yet
    added = i64
    reference = i64
    match_number = i64
    last_executed = i64
    burst_left = i64
    attributed = i64  #: chance that a new order names its firm
    listings = i64
    queues = i64
    orders = i64
    live = i64
    free = i64
    free_count = i64
    recent = i64
    mix = i64
    popularity = i64
    distances = i64
    quantities = i64
    ages = i64
    burst_sizes = i64
    burst_gaps = i64
    pauses = i64
    reference_steps = i64
    firms = i64  #: number of market participants


@hot
def listing_of(flow, instrument):
    """An instrument by number."""
    return Listing(flow.listings + Listing.size * instrument)


@hot
def queue_of(flow, instrument, tick):
    return Queue(flow.queues + Queue.size * (instrument * LADDER + tick))


@hot
def order_of(flow, index):
    return LiveOrder(flow.orders + LiveOrder.size * index)


@hot
def random_of(flow):
    return Random(flow.random)


# -------------------------------------------------------------------------------------------------------------- books


@hot_call
def book_insert(flow, instrument, side, tick, quantity, attribution):
    """Put a new order at the end of its queue; returns its index."""
    flow.free_count -= 1
    index = OrderIndex(flow.free + OrderIndex.size * flow.free_count).order
    flow.reference += random_quantile(random_of(flow), flow.reference_steps)
    order = order_of(flow, index)
    order.reference = flow.reference
    order.instrument = instrument
    order.tick = tick
    order.side = side
    order.quantity = quantity
    order.attribution = attribution
    queue = queue_of(flow, instrument, tick)
    order.previous = queue.tail
    order.next = 0
    if queue.tail != 0:
        order_of(flow, queue.tail).next = index
    else:
        queue.head = index
    queue.tail = index
    listing = listing_of(flow, instrument)
    if side == BID:
        if tick > listing.best_bid:
            listing.best_bid = tick
    elif tick < listing.best_ask:
        listing.best_ask = tick
    order.position = flow.live_count
    OrderIndex(flow.live + OrderIndex.size * flow.live_count).order = index
    flow.live_count += 1
    latest = Recent(flow.recent + Recent.size * (flow.added & (RECENT - 1)))
    latest.reference = order.reference
    latest.order = index
    flow.added += 1
    return index


@hot_call
def book_remove(flow, index):
    """Take an order out of its queue and all lists."""
    order = order_of(flow, index)
    queue = queue_of(flow, order.instrument, order.tick)
    if order.previous != 0:
        order_of(flow, order.previous).next = order.next
    else:
        queue.head = order.next
    if order.next != 0:
        order_of(flow, order.next).previous = order.previous
    else:
        queue.tail = order.previous
    if queue.head == 0:
        _inside_find(flow, order.instrument, order.side, order.tick)
    order.reference = 0
    flow.live_count -= 1
    last = OrderIndex(flow.live + OrderIndex.size * flow.live_count).order
    OrderIndex(flow.live + OrderIndex.size * order.position).order = last
    order_of(flow, last).position = order.position
    OrderIndex(flow.free + OrderIndex.size * flow.free_count).order = index
    flow.free_count += 1


@hot_call
def _inside_find(flow, instrument, side, tick):
    """The queue at `tick` ran empty: where it was the inside, the next one away from it is."""
    listing = listing_of(flow, instrument)
    if side == BID:
        if tick == listing.best_bid:
            while tick >= 0 and queue_of(flow, instrument, tick).head == 0:
                tick -= 1
            listing.best_bid = tick
    elif tick == listing.best_ask:
        while tick < LADDER and queue_of(flow, instrument, tick).head == 0:
            tick += 1
        listing.best_ask = tick
