"""The order flow of a day: a random market that keeps its own books (`market.py`), one action at a time.

Stylised facts are kept, no more: popularity follows a power law; prices walk; orders are placed at geometric distances
from a walking fair price, never across the other side; an order's life has a power law (most are cancelled at once,
some stay all day: Challet and Stinchcombe, Physica A 300, 2001); executions take the front of the inside queue, and
buyers follow buyers (Lillo and Farmer, 2004); actions come in bursts.

Everything is an integer, so a seed gives the same day on every machine.
"""

# mypy: disallow-untyped-defs=false, disallow-untyped-calls=false

from __future__ import annotations

from feedhandler.core.jit import hot, hot_call

from .actions import ActionKind, SystemPhase
from .market import (
    ASK,
    BID,
    LADDER,
    RECENT,
    OrderIndex,
    Popular,
    Recent,
    Share,
    book_insert,
    book_remove,
    listing_of,
    order_of,
    queue_of,
    random_of,
)
from .randomness import random_below, random_chance, random_quantile

PICKS = 4  #: tries to find an order of the wanted kind

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


# -------------------------------------------------------------------------------------------------------------- picks


@hot_call
def _pick_instrument(flow):
    """An instrument by popularity."""
    random = random_of(flow)
    place = random_below(random, flow.instrument_count)
    entry = Popular(flow.popularity + Popular.size * place)
    return place if random_below(random, 1 << 31) < entry.limit else entry.other


@hot_call
def _pick_order(flow):
    """A live order, by age or fairly; 0 where there is none."""
    random = random_of(flow)
    if flow.live_count == 0:
        return 0
    if random_chance(random, _SHARE_RECENT):
        for _ in range(PICKS):
            age = random_quantile(random, flow.ages)
            if age < flow.added:
                entry = Recent(flow.recent + Recent.size * ((flow.added - 1 - age) & (RECENT - 1)))
                if order_of(flow, entry.order).reference == entry.reference:
                    return entry.order
    return OrderIndex(flow.live + OrderIndex.size * random_below(random, flow.live_count)).order


@hot_call
def _pick_resting(flow):
    """An order at the front of an inside queue; 0 where the chosen instruments have none."""
    random = random_of(flow)
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
            index = queue_of(flow, instrument, tick).head
            second = order_of(flow, index).next
            if second != 0 and random_chance(random, _SHARE_SECOND):
                return second
            return index
        instrument = _pick_instrument(flow)
    return 0


@hot_call
def _pick_tick(flow, instrument, side):
    """Where an order of this side goes: near the fair price, never across; -1 where there is no room."""
    random = random_of(flow)
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
    step = 1 if random_chance(random_of(flow), 32768) else -1
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
    order = order_of(flow, index)
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
    random = random_of(flow)
    instrument = _pick_instrument(flow)
    listing = listing_of(flow, instrument)
    if random_chance(random, _SHARE_FAIR_MOVES):
        _fair_move(flow, listing)
    side = random_below(random, 2)
    tick = _pick_tick(flow, instrument, side)
    if tick < 0:
        side = 1 - side
        tick = _pick_tick(flow, instrument, side)
    index = book_insert(flow, instrument, side, tick, random_quantile(random, flow.quantities), attribution)
    action.kind = ActionKind.ADD
    action.quantity = _describe_order(flow, action, index).quantity
    action.attribution = attribution


@hot_call
def _delete(flow, action):
    index = _pick_order(flow)
    action.kind = ActionKind.DELETE
    _describe_order(flow, action, index)
    book_remove(flow, index)


@hot_call
def _replace(flow, action):
    random = random_of(flow)
    index = _pick_order(flow)
    action.kind = ActionKind.REPLACE
    order = _describe_order(flow, action, index)
    side, tick, attribution = order.side, order.tick, order.attribution
    instrument = order.instrument
    old_quantity = order.quantity
    book_remove(flow, index)
    quantity = old_quantity
    if random_chance(random, _SHARE_REQUOTE):
        moved = _pick_tick(flow, instrument, side)
        tick = moved if moved >= 0 else tick
    else:
        quantity = random_quantile(random, flow.quantities)
    index = book_insert(flow, instrument, side, tick, quantity, attribution)
    order = order_of(flow, index)
    listing = listing_of(flow, instrument)
    action.new_reference = order.reference
    action.price = listing.base_price + listing.tick_size * tick
    action.quantity = quantity


@hot_call
def _execute(flow, action, at_price):
    """An execution; False where nothing rests."""
    random = random_of(flow)
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
        book_remove(flow, index)
    return True


@hot_call
def _reduce(flow, action):
    """A cancellation in part; False where no order of two shares or more was found."""
    for _ in range(PICKS):
        index = _pick_order(flow)
        order = order_of(flow, index)
        if index != 0 and order.quantity > 1:
            _describe_order(flow, action, index)
            quantity = 1 + random_below(random_of(flow), order.quantity - 1)
            order.quantity -= quantity
            action.kind = ActionKind.REDUCE
            action.quantity = quantity
            return True
    return False


@hot_call
def _announce(flow, action, kind):
    """Actions that change no order."""
    random = random_of(flow)
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
    random = random_of(flow)
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
    random = random_of(flow)
    if flow.burst_left > 0:
        flow.burst_left -= 1
        flow.time_ns += random_quantile(random, flow.burst_gaps)
    else:
        flow.burst_left = random_quantile(random, flow.burst_sizes) - 1
        flow.time_ns += random_quantile(random, flow.pauses)


@hot_call
def _trade_day(flow, action):
    """An action of the open market."""
    random = random_of(flow)
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
