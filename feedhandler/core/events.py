"""Normalised events: what the venue said, in our words, once a message.

`event_emit` is the only door. It counts the event, folds it into the channel's digest and, where somebody listens,
writes it to the channel's event ring.

The digest is a rolling 64-bit number over what the venue said (sequence, venue time as sent, instrument, kind, and
the event's values), not over when or on which line we heard it or how it was bundled into packets. Live and replay,
one line or two, one message a packet or forty give the same digest. Each event is hashed by a sum of products with
odd constants (the products do not wait for each other, about 3 ns an event), folded, and multiplied into the rolling
value.

The ring is a broadcast: the writer never waits and never looks at a reader. It announces a write in `claimed` before it
touches the entry and confirms it in `written`; a reader that was lapped finds out from `claimed` and reports the loss.
"""

from __future__ import annotations

from enum import IntEnum

from .book import Book
from .integers import rotate_left, shift_left, shift_right_logical, wrapping_add, wrapping_multiply
from .jit import hot, hot_call, rare
from .memory import copy_bytes, fence_acquire, fence_release, load_acquire, store_release
from .orders import NONE, Level, OrderStore, order_at
from .records import Record, fixed, i32, i64, published, u16


class EventKind(IntEnum):
    """What happened. The values of each kind are named in `EVENT_VALUES`."""

    ADD = 1  #: a new order
    EXECUTE = 2  #: an order in the book was executed, wholly or in part
    REDUCE = 3  #: an order lost quantity without a trade
    DELETE = 4  #: an order left the book
    REPLACE = 5  #: an order was replaced by a new one
    TRADE = 6  #: a trade against something that was not displayed
    CROSS = 7  #: an auction's trade
    TRADE_BREAK = 8  #: an earlier trade is void
    TRADING_STATUS = 9  #: an instrument is halted, paused, quoted or trades
    RESTRICTION = 10  #: a short-sale restriction
    COLLAR = 11  #: limits around an auction
    IMBALANCE = 12  #: an auction's imbalance
    DEFINITION = 13  #: an instrument of the directory
    PARTICIPANT = 14  #: a market participant's position in an instrument
    SYSTEM = 15  #: the venue's day: start, open, close, end
    INTEREST = 16  #: retail interest
    QUOTATION = 17  #: release of an instrument for quotation (IPO)
    CIRCUIT_BREAKER = 18  #: market-wide circuit breaker, levels and breaches
    OPERATIONAL_HALT = 19  #: one market's halt
    PRICE_DISCOVERY = 20  #: direct listing with capital raise
    LEVEL = 21  #: a price level came, changed or went, by its price or its number
    QUOTE = 22  #: the best bid and offer
    CLEAR = 23  #: a book, or a side of it, is empty
    STATISTIC = 24  #: a figure of the day: open, high, low, settlement, volume, open interest
    PARTICIPANT_QUOTE = 25  #: what one participant of several quotes
    NATIONAL_QUOTE = 26  #: the best bid, the best offer or both over all markets
    # ours
    INSIDE = 32  #: the inside of a book changed
    GAP = 33
    SESSION = 34
    END_OF_SESSION = 35
    LOSS = 36  #: events of the ring that a reader was too slow for; only that reader has it


EVENT_VALUES: dict[EventKind, tuple[str, ...]] = {
    EventKind.ADD: ("price", "quantity", "order_reference", "attribution", "priority"),
    EventKind.EXECUTE: ("price", "quantity", "order_reference", "match_number"),
    EventKind.REDUCE: ("price", "quantity", "order_reference"),
    EventKind.DELETE: ("price", "quantity", "order_reference"),
    EventKind.REPLACE: ("price", "quantity", "order_reference", "new_order_reference", "priority"),
    EventKind.TRADE: ("price", "quantity", "order_reference", "match_number"),
    EventKind.CROSS: ("price", "quantity", "match_number"),
    EventKind.TRADE_BREAK: ("match_number",),
    EventKind.TRADING_STATUS: ("status", "reason"),
    EventKind.RESTRICTION: ("restriction",),
    EventKind.COLLAR: ("reference_price", "upper_price", "lower_price", "extension"),
    EventKind.IMBALANCE: (
        "paired_quantity", "imbalance_quantity", "far_price", "near_price", "reference_price", "variation",
    ),
    EventKind.DEFINITION: ("code", "symbol", "lot_size", "price_unit"),
    EventKind.PARTICIPANT: ("participant", "primary_market_maker", "market_maker_mode", "state"),
    EventKind.SYSTEM: ("event",),
    EventKind.INTEREST: ("interest",),
    EventKind.QUOTATION: ("release_time", "qualifier", "price"),
    EventKind.CIRCUIT_BREAKER: ("level_1", "level_2", "level_3", "breached"),
    EventKind.OPERATIONAL_HALT: ("market", "action"),
    EventKind.PRICE_DISCOVERY: (
        "open_eligibility", "minimum_price", "maximum_price", "near_price", "near_time", "lower_collar", "upper_collar",
    ),
    EventKind.LEVEL: ("price", "quantity", "orders", "number", "last_number"),
    EventKind.QUOTE: ("bid_price", "bid_quantity", "ask_price", "ask_quantity", "condition"),
    EventKind.CLEAR: (),
    EventKind.STATISTIC: ("statistic", "price", "quantity"),
    EventKind.PARTICIPANT_QUOTE: (
        "bid_price", "bid_quantity", "ask_price", "ask_quantity", "condition", "participant", "effect",
    ),
    EventKind.NATIONAL_QUOTE: (
        "bid_price", "bid_quantity", "bid_participant", "ask_price", "ask_quantity", "ask_participant", "condition",
    ),
    EventKind.INSIDE: ("bid_price", "bid_quantity", "ask_price", "ask_quantity", "quality"),
    EventKind.GAP: ("first", "count"),
    EventKind.SESSION: ("session_high", "session_low"),
    EventKind.END_OF_SESSION: (),
    EventKind.LOSS: ("first", "count"),
}
"""The names of the values `value_0` to `value_6` of each kind."""

EVENT_MORE: dict[EventKind, tuple[str, ...]] = {
    EventKind.TRADE: ("participant", "conditions", "effect"),
    EventKind.TRADE_BREAK: ("participant", "price", "quantity", "conditions", "action"),
    EventKind.STATISTIC: ("participant",),
}
"""The names of the values behind those, which only feeds of several markets give; 0 elsewhere."""


class EventDetail(IntEnum):
    """Bits of `Event.detail` for orders and trades; other kinds put the venue's code there.

    Of a NATIONAL_QUOTE it is the sides that were restated: 1 the bid, 2 the ask, 3 both.
    """

    ASK = 1
    UNPRINTABLE = 2
    ORDER_MISSING = 4
    PRIORITY_KEPT = 8


class Event(Record, size=104):
    """One event in the ring."""

    kind = u16
    detail = u16
    instrument = i32  #: -1 where the event concerns no single instrument
    sequence = i64
    venue_time = i64
    value_0 = i64
    value_1 = i64
    value_2 = i64
    value_3 = i64
    value_4 = i64
    value_5 = i64
    value_6 = i64
    order_price = i64  #: of the order that the event is about, as the book held it before the event; 0 where it did not
    order_quantity = i64  #: likewise, what of it was left
    received_ns = i64  #: of the packet


class EventRing(Record):
    """A broadcast ring of events; `mask` is its capacity less one."""

    claimed = published(i64)
    written = published(i64)
    events = fixed(i64)
    mask = fixed(i64)
    wanted = i64  #: a bit for each kind that somebody listens to


_MULTIPLIERS = (
    -7046029254386353131,
    -4658895280553007687,
    1609587929392839161,
    -8796714831421723037,
    2870177450012600261,
    -7723592293110705685,
    -2048144789045999443,
    6364136223846793005,
    3935559000370003845,
    2862933555777941757,
)
(_K0, _K1, _K2, _K3, _K4, _K5, _K6, _K7, _K8, _K9) = _MULTIPLIERS


@hot
def event_hash(sequence, venue_time, head, v0, v1, v2, v3, v4, v5, v6):
    """64 bits of an event."""
    total = wrapping_add(wrapping_multiply(sequence, _K0), wrapping_multiply(venue_time, _K1))
    total = wrapping_add(total, wrapping_multiply(head, _K2))
    total = wrapping_add(total, wrapping_multiply(v0, _K3))
    total = wrapping_add(total, wrapping_multiply(v1, _K4))
    total = wrapping_add(total, wrapping_multiply(v2, _K5))
    total = wrapping_add(total, wrapping_multiply(v3, _K6))
    total = wrapping_add(total, wrapping_multiply(v4, _K7))
    total = wrapping_add(total, wrapping_multiply(v5, _K8))
    total = wrapping_add(total, wrapping_multiply(v6, _K9))
    return total ^ shift_right_logical(total, 32)


@hot_call
def _ring_write(channel, ring, order, kind, detail, instrument, v0, v1, v2, v3, v4, v5, v6):
    """Write an event to the ring, with what the book holds of the order that it is about (NONE: zeros)."""
    rare()
    orders = OrderStore(Book(channel.book).orders)
    held = order_at(orders, order)
    position = ring.written
    ring.claimed = position + 1
    fence_release()
    event = Event(ring.events + Event.size * (position & ring.mask))
    event.kind = kind
    event.detail = detail
    event.instrument = instrument
    event.sequence = channel.sequence
    event.venue_time = channel.venue_time
    event.value_0 = v0
    event.value_1 = v1
    event.value_2 = v2
    event.value_3 = v3
    event.value_4 = v4
    event.value_5 = v5
    event.value_6 = v6
    event.order_price = Level(orders.levels + shift_left(held.level, 5)).price
    event.order_quantity = held.quantity
    event.received_ns = channel.received_ns
    store_release(ring.address + 8, position + 1)


@hot
def event_write(channel, kind, detail, instrument, v0, v1, v2, v3, v4, v5, v6):
    """Write an event to the ring, where somebody listens to its kind."""
    ring = EventRing(channel.events)
    if ring.wanted & shift_left(1, kind) != 0:
        _ring_write(channel, ring, NONE, kind, detail, instrument, v0, v1, v2, v3, v4, v5, v6)


@hot
def event_emit(channel, kind, detail, instrument, v0, v1, v2, v3, v4, v5, v6):
    """What the venue said: counted, folded into the digest, and written to the ring where somebody listens."""
    event_emit_of_order(channel, NONE, kind, detail, instrument, v0, v1, v2, v3, v4, v5, v6)


@hot
def event_emit_of_order(channel, order, kind, detail, instrument, v0, v1, v2, v3, v4, v5, v6):
    """The same about a live order, by its index, before the book is changed: the ring keeps what it was.

    The digest is of what the venue said, so it does not see that.
    """
    head = kind + shift_left(detail, 8) + shift_left(instrument, 24)
    time = channel.venue_time - channel.day_base_ns
    value = event_hash(channel.sequence, time, head, v0, v1, v2, v3, v4, v5, v6)
    channel.digest = wrapping_multiply(rotate_left(channel.digest, 29) ^ value, _K0)
    channel.event_count += 1
    ring = EventRing(channel.events)
    if ring.wanted & shift_left(1, kind) != 0:
        _ring_write(channel, ring, order, kind, detail, instrument, v0, v1, v2, v3, v4, v5, v6)


@hot
def ring_copy(ring, entries, entry_bytes, position, room, destination):
    """Copy up to `room` entries from `position` on; returns (the position of the first that is whole, how many).

    The first is behind `position` where the writer has lapped the reader: what lies between is lost.
    """
    written = load_acquire(ring.address + 8)
    capacity = ring.mask + 1
    first = max(position, written - capacity)
    count = min(written - first, room)
    for step in range(count):
        source = entries + entry_bytes * ((first + step) & ring.mask)
        copy_bytes(destination + entry_bytes * step, source, entry_bytes)
    fence_acquire()
    # While we copied, the writer may have begun to overwrite the oldest.
    whole = max(first, ring.claimed - capacity)
    lost = min(whole - first, count)
    if lost > 0:
        copy_bytes(destination, destination + entry_bytes * lost, entry_bytes * (count - lost))
    return first + lost, count - lost


@hot
def events_copy(ring, position, room, destination):
    """Copy up to `room` events from `position` on: see `ring_copy`."""
    return ring_copy(ring, ring.events, Event.size, position, room, destination)


assert EventRing.slots["written"].offset == 8
