"""The order flow of a day: a random market that keeps its own books, one action at a time.

Stylised facts are kept, no more: popularity follows a power law; prices walk; orders are placed at geometric distances
from a walking fair price, never across the other side; an order's life has a power law (most are cancelled at once,
some stay all day: Challet and Stinchcombe, Physica A 300, 2001); executions take the front of the inside queue, and
buyers follow buyers (Lillo and Farmer, 2004); actions come in bursts.

The books are only as good as the flow needs. Each instrument has `LADDER` ticks, each a queue of orders; what would lie
outside is placed inside. The inside is found by walking from the old one, at most `LADDER` steps. Orders lie in a pool
and are named by index; index 0 stands for none. Three ways lead to an order: the queue of its tick, the list of all
live ones (for a fair pick) and the ring of the latest (for a pick by age).

Everything is an integer, so a seed gives the same day on every machine.
"""

# mypy: disallow-untyped-defs=false, disallow-untyped-calls=false

from __future__ import annotations

from feedhandler.core.jit import hot, hot_call
from feedhandler.core.records import Record, i32, i64

from .actions import ActionKind, SystemPhase
from .randomness import Random, random_below, random_chance, random_quantile

LADDER = 2048  #: ticks of an instrument
RECENT = 1 << 20  #: orders that the ring of the latest remembers
PICKS = 4  #: tries to find an order of the wanted kind

BID = 0
ASK = 1

OPENING_SYSTEM = 3  #: system phases before the flow
CLOSING = 3  #: actions behind it

_SHARE_RECENT = 45000  # of 65536: picks by age; the others are fair
_SHARE_RAMP = 57344  # deletes that become adds while the book fills
_SHARE_STEER = 8192  # ... and that keep it full
_SHARE_FAIR_MOVES = 2048  # adds that move the fair price
_SHARE_SAME_AGGRESSOR = 52000  # executions on the side of the last one
_SHARE_SAME_INSTRUMENT = 32768  # executions in the instrument of the last one
_SHARE_SECOND = 2048  # executions of the second order in the queue: the first had a condition
_SHARE_FULL = 45000  # executions of all that is left
_SHARE_REQUOTE = 49152  # replacements at a new price


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
def _queue(flow, instrument, tick):
    return Queue(flow.queues + Queue.size * (instrument * LADDER + tick))


@hot
def _order(flow, index):
    return LiveOrder(flow.orders + LiveOrder.size * index)


@hot
def _random(flow):
    return Random(flow.random)


# -------------------------------------------------------------------------------------------------------------- books


@hot_call
def _book_insert(flow, instrument, side, tick, quantity, attribution):
    """Put a new order at the end of its queue; returns its index."""
    flow.free_count -= 1
    index = OrderIndex(flow.free + OrderIndex.size * flow.free_count).order
    flow.reference += random_quantile(_random(flow), flow.reference_steps)
    order = _order(flow, index)
    order.reference = flow.reference
    order.instrument = instrument
    order.tick = tick
    order.side = side
    order.quantity = quantity
    order.attribution = attribution
    queue = _queue(flow, instrument, tick)
    order.previous = queue.tail
    order.next = 0
    if queue.tail != 0:
        _order(flow, queue.tail).next = index
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
def _book_remove(flow, index):
    """Take an order out of its queue and all lists."""
    order = _order(flow, index)
    queue = _queue(flow, order.instrument, order.tick)
    if order.previous != 0:
        _order(flow, order.previous).next = order.next
    else:
        queue.head = order.next
    if order.next != 0:
        _order(flow, order.next).previous = order.previous
    else:
        queue.tail = order.previous
    if queue.head == 0:
        _inside_find(flow, order.instrument, order.side, order.tick)
    order.reference = 0
    flow.live_count -= 1
    last = OrderIndex(flow.live + OrderIndex.size * flow.live_count).order
    OrderIndex(flow.live + OrderIndex.size * order.position).order = last
    _order(flow, last).position = order.position
    OrderIndex(flow.free + OrderIndex.size * flow.free_count).order = index
    flow.free_count += 1


@hot_call
def _inside_find(flow, instrument, side, tick):
    """The queue at `tick` ran empty: where it was the inside, the next one away from it is."""
    listing = listing_of(flow, instrument)
    if side == BID:
        if tick == listing.best_bid:
            while tick >= 0 and _queue(flow, instrument, tick).head == 0:
                tick -= 1
            listing.best_bid = tick
    elif tick == listing.best_ask:
        while tick < LADDER and _queue(flow, instrument, tick).head == 0:
            tick += 1
        listing.best_ask = tick


# -------------------------------------------------------------------------------------------------------------- picks


@hot_call
def _pick_instrument(flow):
    """An instrument by popularity."""
    random = _random(flow)
    place = random_below(random, flow.instrument_count)
    entry = Popular(flow.popularity + Popular.size * place)
    return place if random_below(random, 1 << 31) < entry.limit else entry.other


@hot_call
def _pick_order(flow):
    """A live order, by age or fairly; 0 where there is none."""
    random = _random(flow)
    if flow.live_count == 0:
        return 0
    if random_chance(random, _SHARE_RECENT):
        for _ in range(PICKS):
            age = random_quantile(random, flow.ages)
            if age < flow.added:
                entry = Recent(flow.recent + Recent.size * ((flow.added - 1 - age) & (RECENT - 1)))
                if _order(flow, entry.order).reference == entry.reference:
                    return entry.order
    return OrderIndex(flow.live + OrderIndex.size * random_below(random, flow.live_count)).order


@hot_call
def _pick_resting(flow):
    """An order at the front of an inside queue; 0 where the chosen instruments have none."""
    random = _random(flow)
    instrument = flow.last_executed
    if not random_chance(random, _SHARE_SAME_INSTRUMENT):
        instrument = _pick_instrument(flow)
    for _ in range(PICKS):
        listing = listing_of(flow, instrument)
        side = listing.aggressor
        if not random_chance(random, _SHARE_SAME_AGGRESSOR):
            side = 1 - side
        # What the fair price has passed is taken first.
        if listing.fair > listing.best_ask:
            side = ASK
        elif listing.fair < listing.best_bid:
            side = BID
        tick = listing.best_bid if side == BID else listing.best_ask
        if 0 <= tick < LADDER:
            listing.aggressor = side
            flow.last_executed = instrument
            index = _queue(flow, instrument, tick).head
            second = _order(flow, index).next
            if second != 0 and random_chance(random, _SHARE_SECOND):
                return second
            return index
        instrument = _pick_instrument(flow)
    return 0


@hot_call
def _pick_tick(flow, instrument, side):
    """Where an order of this side goes: near the fair price, never across; -1 where there is no room."""
    random = _random(flow)
    listing = listing_of(flow, instrument)
    distance = (random_quantile(random, flow.distances) * listing.distance_scale) >> 4
    if side == BID:
        tick = min(listing.fair - distance, listing.best_ask - 1)
        if tick < 0:
            room = min(listing.best_ask, LADDER)
            return random_below(random, room) if room > 0 else -1
        return tick
    tick = max(listing.fair + 1 + distance, listing.best_bid + 1)
    if tick >= LADDER:
        room = LADDER - 1 - listing.best_bid
        return LADDER - 1 - random_below(random, room) if room > 0 else -1
    return tick


@hot
def _fair_move(flow, listing):
    """A step of the fair price, no further than a tick beyond the inside: the book has to follow first."""
    step = 1 if random_chance(_random(flow), 32768) else -1
    fair = listing.fair + step
    if listing.best_bid - 1 <= fair <= listing.best_ask + 1 and 1 <= fair < LADDER - 2:
        listing.fair = fair


# ------------------------------------------------------------------------------------------------------------ actions


@hot
def _describe(flow, action, instrument):
    """Say of which instrument an action is."""
    listing = listing_of(flow, instrument)
    action.instrument = instrument
    action.symbol = listing.symbol
    return listing


@hot
def _describe_order(flow, action, index):
    """Say of which order an action is."""
    order = _order(flow, index)
    listing = _describe(flow, action, order.instrument)
    action.reference = order.reference
    action.side = order.side
    action.price = listing.base_price + listing.tick_size * order.tick
    return order


@hot
def _match(flow, listing):
    flow.match_number += 1
    listing.match_number = flow.match_number
    return flow.match_number


@hot_call
def _add(flow, action, attribution):
    random = _random(flow)
    instrument = _pick_instrument(flow)
    listing = listing_of(flow, instrument)
    if random_chance(random, _SHARE_FAIR_MOVES):
        _fair_move(flow, listing)
    side = random_below(random, 2)
    tick = _pick_tick(flow, instrument, side)
    if tick < 0:
        side = 1 - side
        tick = _pick_tick(flow, instrument, side)
    index = _book_insert(flow, instrument, side, tick, random_quantile(random, flow.quantities), attribution)
    action.kind = ActionKind.ADD
    action.quantity = _describe_order(flow, action, index).quantity
    action.attribution = attribution


@hot_call
def _delete(flow, action):
    index = _pick_order(flow)
    action.kind = ActionKind.DELETE
    _describe_order(flow, action, index)
    _book_remove(flow, index)


@hot_call
def _replace(flow, action):
    random = _random(flow)
    index = _pick_order(flow)
    action.kind = ActionKind.REPLACE
    order = _describe_order(flow, action, index)
    side, tick, attribution = order.side, order.tick, order.attribution
    instrument = order.instrument
    old_quantity = order.quantity
    _book_remove(flow, index)
    quantity = old_quantity
    if random_chance(random, _SHARE_REQUOTE):
        moved = _pick_tick(flow, instrument, side)
        tick = moved if moved >= 0 else tick
    else:
        quantity = random_quantile(random, flow.quantities)
    index = _book_insert(flow, instrument, side, tick, quantity, attribution)
    order = _order(flow, index)
    listing = listing_of(flow, instrument)
    action.new_reference = order.reference
    action.price = listing.base_price + listing.tick_size * tick
    action.quantity = quantity


@hot_call
def _execute(flow, action, at_price):
    """An execution; False where nothing rests."""
    random = _random(flow)
    index = _pick_resting(flow)
    if index == 0:
        return False
    order = _describe_order(flow, action, index)
    listing = listing_of(flow, order.instrument)
    quantity = order.quantity
    if quantity > 1 and not random_chance(random, _SHARE_FULL):
        quantity = 1 + random_below(random, quantity - 1)
    action.kind = ActionKind.EXECUTE
    if at_price:
        action.kind = ActionKind.EXECUTE_AT
        # Price improvement: the aggressor gets a tick.
        action.price += listing.tick_size if order.side == BID else -listing.tick_size
    action.quantity = quantity
    action.match_number = _match(flow, listing)
    order.quantity -= quantity
    if order.quantity == 0:
        _book_remove(flow, index)
    return True


@hot_call
def _reduce(flow, action):
    """A cancellation in part; False where no order of two shares or more was found."""
    for _ in range(PICKS):
        index = _pick_order(flow)
        order = _order(flow, index)
        if index != 0 and order.quantity > 1:
            _describe_order(flow, action, index)
            quantity = 1 + random_below(_random(flow), order.quantity - 1)
            order.quantity -= quantity
            action.kind = ActionKind.REDUCE
            action.quantity = quantity
            return True
    return False


@hot_call
def _announce(flow, action, kind):
    """Actions that change no order."""
    random = _random(flow)
    listing = _describe(flow, action, _pick_instrument(flow))
    if kind == ActionKind.TRADE_BREAK and listing.match_number == 0:
        kind = ActionKind.TRADE  # nothing to break yet
    action.kind = kind
    action.reference = 0
    action.side = random_below(random, 2)
    action.quantity = random_quantile(random, flow.quantities)
    action.paired_quantity = 100 * random_quantile(random, flow.quantities)
    action.price = listing.base_price + listing.tick_size * listing.fair
    if kind == ActionKind.TRADE:
        action.side = BID
        action.match_number = _match(flow, listing)
    elif kind == ActionKind.CROSS:
        action.quantity *= 100
        action.match_number = _match(flow, listing)
    elif kind == ActionKind.TRADE_BREAK:
        action.match_number = listing.match_number


@hot_call
def _pick_kind(flow):
    """A kind by the mix of the traffic, bent where the book is to fill or to stay full."""
    random = _random(flow)
    drawn = random_below(random, 1 << 31)
    entry = Share(flow.mix)
    while drawn >= entry.limit:
        entry = Share(entry.address + Share.size)
    kind = entry.kind
    if flow.live_count < flow.live_target:
        if kind == ActionKind.DELETE:
            if random_chance(random, _SHARE_RAMP if flow.ramped == 0 else _SHARE_STEER):
                return ActionKind.ADD
    elif kind == ActionKind.ADD:
        if flow.ramped == 0:
            flow.ramped = flow.position
        if random_chance(random, _SHARE_STEER) or flow.free_count == 0:
            return ActionKind.DELETE
    return kind


@hot_call
def _time_pass(flow):
    """The next action's time: bursts of close actions, pauses between them."""
    random = _random(flow)
    if flow.burst_left > 0:
        flow.burst_left -= 1
        flow.time_ns += random_quantile(random, flow.burst_gaps)
    else:
        flow.burst_left = random_quantile(random, flow.burst_sizes) - 1
        flow.time_ns += random_quantile(random, flow.pauses)


@hot_call
def _trade_day(flow, action):
    """An action of the open market."""
    random = _random(flow)
    kind = _pick_kind(flow)
    done = False
    if flow.live_count == 0 and ActionKind.DELETE <= kind <= ActionKind.REDUCE:
        kind = ActionKind.ADD
    if kind == ActionKind.DELETE:
        _delete(flow, action)
        done = True
    elif kind == ActionKind.REPLACE:
        _replace(flow, action)
        done = True
    elif kind == ActionKind.EXECUTE or kind == ActionKind.EXECUTE_AT:
        done = _execute(flow, action, kind == ActionKind.EXECUTE_AT)
    elif kind == ActionKind.REDUCE:
        done = _reduce(flow, action)
    elif kind != ActionKind.ADD:
        _announce(flow, action, kind)
        done = True
    if not done and flow.free_count == 0:
        _delete(flow, action)
    elif not done:
        attributed = random_chance(random, flow.attributed)
        _add(flow, action, 1 + random_below(random, flow.firms) if attributed else 0)


@hot
def flow_next(flow, action):
    """The next action of the day; False where the day has ended."""
    position = flow.position
    if position >= flow.actions:
        return False
    opening = 2 * flow.instrument_count + OPENING_SYSTEM
    _time_pass(flow)
    action.time_ns = flow.time_ns
    action.sequence = position
    if position >= opening and position < flow.actions - CLOSING:
        _trade_day(flow, action)
    elif position == 0:
        action.kind = ActionKind.SYSTEM
        action.quantity = SystemPhase.START_OF_MESSAGES
    elif position <= flow.instrument_count:
        listing = _describe(flow, action, position - 1)
        action.kind = ActionKind.DEFINE
        action.quantity = listing.round_lot
    elif position <= 2 * flow.instrument_count:
        _describe(flow, action, position - 1 - flow.instrument_count)
        action.kind = ActionKind.OPEN
    else:
        action.kind = ActionKind.SYSTEM
        if position < opening:
            action.quantity = SystemPhase.START_OF_SYSTEM_HOURS + position - (opening - 2)
        else:
            action.quantity = SystemPhase.END_OF_MARKET_HOURS + position - (flow.actions - CLOSING)
    flow.position = position + 1
    return True
