"""How inline strategies are called: what their hooks are given, when, and what happens to one that raises.

Hooks see scratch records, filled at an event boundary from the book and the event ring; prices in them are integers of
1e-9, times are nanoseconds of the Unix epoch. They are valid until the hook returns.

Events of a packet (trades, statuses and so on) wait in the channel's event ring, so that a hook is never called in the
middle of a packet: first the events in their order, then the changed books.

A hook that raises is never called again. What it was given is kept, so that cold code can call it once more as ordinary
Python and show where it raised.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from .book import Book, header_of, ladder_of
from .channel import Channel, quality_of, reason_count
from .clock import monotonic_ns
from .directory import instrument_at
from .events import Event, EventDetail, EventKind, EventRing
from .histogram import Histogram, histogram_add
from .integers import INT64_MAX, shift_left
from .jit import hot, hot_call
from .ladders import LevelStore, entry_at, level_at
from .memory import copy_bytes
from .orders import NONE
from .reasons import Reason
from .records import Record, i64, published
from .views import methods_register
from .watching import watchers_of

TIMED_EVERY = 16  #: one call of so many is timed
TIMERS_BEHIND_MAXIMUM = 100_000  #: a timer that is further behind than so many intervals skips


class Hook(IntEnum):
    """The methods by which a strategy hears of things."""

    BOOK = 1
    BBO = 2
    TRADE = 3
    STATUS = 4
    IMBALANCE = 5
    GAP = 6
    QUALITY = 7
    TIMER = 8
    SESSION = 9


class InstrumentBook(Record, size=192):
    """A book at an event boundary. A side without orders has quantity 0."""

    instrument = i64  #: index into the strategy's tables
    bid_price = i64
    bid_quantity = i64
    ask_price = i64
    ask_quantity = i64
    last_trade_price = i64
    last_trade_quantity = i64  #: 0 where nothing traded
    trading_status = i64  #: the venue's code, 0 where none was sent
    order_count = i64
    quality = i64  #: a `Quality`
    sequence = i64  #: of the last message that changed the book
    venue_time = i64  #: of that message
    received_ns = i64  #: when the packet was received
    price_unit = i64  #: of one step of the venue's price, in 1e-9
    quantity_step = i64  #: of one step of quantities, in 1e-9
    channel = i64
    index = i64
    header = i64
    levels = i64
    symbol = i64
    symbol_length = i64
    spare_0 = i64
    spare_1 = i64
    spare_2 = i64


class TradeNotice(Record, size=64):
    """A trade: an execution of a displayed order, a trade against a hidden one, or an auction's."""

    price = i64
    quantity = i64
    side = i64  #: of the resting order: 0 bid, 1 ask; 0 for an auction
    auction = i64  #: the venue's code of the auction, 0 where it was none
    printable = i64  #: 0 where the trade is reported elsewhere, in bulk
    match_number = i64
    sequence = i64
    venue_time = i64


class StatusNotice(Record, size=32):
    """An instrument is halted, paused, in quotation only, or trades."""

    status = i64  #: the venue's code
    reason = i64  #: the venue's code
    sequence = i64
    venue_time = i64


class ImbalanceNotice(Record, size=72):
    """What an auction would do now."""

    paired_quantity = i64
    imbalance_quantity = i64
    far_price = i64
    near_price = i64
    reference_price = i64
    variation = i64  #: the venue's code
    direction = i64  #: the venue's code
    sequence = i64
    venue_time = i64


class GapNotice(Record, size=24):
    """Messages of the channel that are lost."""

    channel = i64
    first = i64
    count = i64


class QualityNotice(Record, size=24):
    """The trust in all books of a channel changed."""

    channel = i64
    quality = i64
    former = i64


class SessionNotice(Record, size=16):
    """The venue's session began or ended."""

    channel = i64
    ended = i64


NOTICE_BYTES = 128
SCRATCH_BYTES = InstrumentBook.size + NOTICE_BYTES


class StrategySlot(Record):
    """One inline strategy in a pipeline."""

    state = i64  #: address of its record
    running = published(i64)  #: 0: it raised, and is not called again
    calls = published(i64)
    timed_calls = published(i64)
    timed_ns = published(i64)
    longest_ns = published(i64)  #: of the timed calls
    timer_ns = i64  #: interval, 0 where it has no timer
    timer_next_ns = i64
    timers_skipped = published(i64)
    raised_hook = published(i64)
    raised_sequence = i64
    raised_time_ns = i64
    raised_scratch = i64  #: address of SCRATCH_BYTES


class CurrentStrategy(Record, size=8):
    """Which strategy is being called now: its number plus one, or 0."""

    number = published(i64)


# ------------------------------------------------------------------------------------------------- depth of a book


@hot
def _level_index(book, side, position):
    """The level at a position from the inside, or NONE."""
    header = header_of(Book(Channel(book.channel).book), book.index)
    ladder = ladder_of(header, side & 1)
    if position < 0 or position >= ladder.count:
        return NONE
    return entry_at(LevelStore(book.levels), ladder.block + ladder.count - position).level


@hot
def _price_at(book, side, position):
    index = _level_index(book, side, position)
    return 0 if index == NONE else level_at(LevelStore(book.levels), index).price * book.price_unit


@hot
def _quantity_at(book, side, position):
    index = _level_index(book, side, position)
    return 0 if index == NONE else level_at(LevelStore(book.levels), index).quantity


@hot
def _orders_at(book, side, position):
    index = _level_index(book, side, position)
    return 0 if index == NONE else level_at(LevelStore(book.levels), index).count


@hot
def _levels(book, side):
    header = header_of(Book(Channel(book.channel).book), book.index)
    return ladder_of(header, side & 1).count


BOOK_METHODS: dict[str, Any] = {
    "price_at": _price_at,
    "quantity_at": _quantity_at,
    "orders_at": _orders_at,
    "level_count": _levels,
}
"""What a hook may ask of a book beyond its fields: `book.price_at(side, position)`, position 0 being the inside."""

methods_register(InstrumentBook, BOOK_METHODS)


# --------------------------------------------------------------------------------------------- filling what is given


@hot_call
def book_fill(channel, hooks, instrument):
    """Fill the scratch book; returns its address."""
    header = header_of(Book(channel.book), instrument)
    known = instrument_at(channel, instrument)
    unit = known.price_unit
    book = InstrumentBook(hooks.scratch)
    book.instrument = hooks.first_instrument + instrument
    book.bid_price = header.bid_price * unit
    book.bid_quantity = header.bid_quantity
    book.ask_price = header.ask_price * unit
    book.ask_quantity = header.ask_quantity
    book.last_trade_price = header.last_trade_price * unit
    book.last_trade_quantity = header.last_trade_quantity
    book.trading_status = header.trading_status
    book.order_count = header.order_count
    book.quality = quality_of(channel, header.damaged_epoch, header.recovered_epoch)
    book.sequence = header.sequence
    book.venue_time = header.venue_time
    book.received_ns = channel.received_ns
    book.price_unit = unit
    book.quantity_step = known.quantity_step
    book.channel = channel.address
    book.index = instrument
    book.header = header.address
    book.levels = Book(channel.book).levels
    book.symbol = known.symbol
    book.symbol_length = known.symbol_length
    return book.address


@hot
def notice_of(book):
    """The address of the scratch notice behind the scratch book."""
    return book + InstrumentBook.size


@hot_call
def trade_fill(event, book):
    """What `on_trade` is given."""
    trade = TradeNotice(notice_of(book))
    trade.price = event.value_0 * InstrumentBook(book).price_unit
    trade.quantity = event.value_1
    auction = event.kind == EventKind.CROSS
    trade.side = 0 if auction else event.detail & EventDetail.ASK
    trade.auction = event.detail if auction else 0
    trade.printable = 1 if auction or event.detail & EventDetail.UNPRINTABLE == 0 else 0
    trade.match_number = event.value_2 if auction else event.value_3
    trade.sequence = event.sequence
    trade.venue_time = event.venue_time
    return trade.address


@hot_call
def status_fill(event, book):
    """What `on_status` is given."""
    status = StatusNotice(notice_of(book))
    status.status = event.value_0
    status.reason = event.value_1
    status.sequence = event.sequence
    status.venue_time = event.venue_time
    return status.address


@hot_call
def imbalance_fill(event, book):
    """What `on_imbalance` is given."""
    unit = InstrumentBook(book).price_unit
    imbalance = ImbalanceNotice(notice_of(book))
    imbalance.paired_quantity = event.value_0
    imbalance.imbalance_quantity = event.value_1
    imbalance.far_price = event.value_2 * unit
    imbalance.near_price = event.value_3 * unit
    imbalance.reference_price = event.value_4 * unit
    imbalance.variation = event.value_5
    imbalance.direction = event.detail
    imbalance.sequence = event.sequence
    imbalance.venue_time = event.venue_time
    return imbalance.address


@hot_call
def gap_fill(channel, event, book):
    """What `on_gap` is given."""
    notice = GapNotice(notice_of(book))
    notice.channel = channel.number
    notice.first = event.value_0
    notice.count = event.value_1
    return notice.address


@hot_call
def session_fill(channel, event, book):
    """What `on_session` is given."""
    notice = SessionNotice(notice_of(book))
    notice.channel = channel.number
    notice.ended = 1 if event.kind == EventKind.END_OF_SESSION else 0
    return notice.address


@hot_call
def quality_fill(channel, hooks):
    """What `on_quality` is given, or 0 where the channel's quality is what was told last."""
    quality = quality_of(channel, 0, 0)
    if quality == hooks.told_quality:
        return 0
    notice = QualityNotice(notice_of(hooks.scratch))
    notice.channel = channel.number
    notice.quality = quality
    notice.former = hooks.told_quality
    hooks.told_quality = quality
    return notice.address


# -------------------------------------------------------------------------------------------------------- the calls


@hot
def call_begin(hooks, slot, number):
    """Before a hook: who is called, and for one call of some the time, else 0."""
    slot.calls += 1
    CurrentStrategy(hooks.current).number = number + 1
    if hooks.latency_due != 0:
        hooks.latency_due = 0
        latency_note(hooks)
    return monotonic_ns() if slot.calls & (TIMED_EVERY - 1) == 0 else 0


@hot_call
def latency_note(hooks):
    """Add the time from the packet to the first call for it to the histogram."""
    received = Channel(InstrumentBook(hooks.scratch).channel).received_ns
    histogram_add(Histogram(hooks.latency), monotonic_ns() + hooks.clock_offset_ns - received)


@hot
def call_end(hooks, slot, started):
    """After a hook, however it ended."""
    CurrentStrategy(hooks.current).number = 0
    if started != 0:
        call_time(slot, started)


@hot_call
def call_time(slot, started):
    """Add up the time of a call."""
    taken = monotonic_ns() - started
    slot.timed_calls += 1
    slot.timed_ns += taken
    slot.longest_ns = max(slot.longest_ns, taken)


@hot_call
def strategy_raised(hooks, slot, hook, sequence, time_ns):
    """A hook raised: the strategy is quarantined, and what it was given is kept."""
    slot.running = 0
    slot.raised_sequence = sequence
    slot.raised_time_ns = time_ns
    copy_bytes(slot.raised_scratch, hooks.scratch, SCRATCH_BYTES)
    slot.raised_hook = hook


@hot
def boundary_open(channel, hooks):
    """A boundary begins: the scratch book belongs to this channel."""
    InstrumentBook(hooks.scratch).channel = channel.address
    hooks.latency_due = hooks.latency


@hot
def events_wait(channel, hooks):
    """Whether anything happened since the last boundary."""
    return EventRing(channel.events).written != hooks.dispatched


@hot
def events_dispatch(channel, hooks, happened):
    """Call `happened(channel, hooks, event, watchers)` for each event since the last boundary that somebody watches.

    Events about no instrument are for every strategy of the channel.
    """
    ring = EventRing(channel.events)
    written = ring.written
    first = hooks.dispatched
    hooks.dispatched = written
    if written - first > ring.mask + 1:
        reason_count(channel, Reason.STRATEGY_EVENTS_LOST)
        first = written - ring.mask - 1
    for position in range(first, written):
        event = Event(ring.events + Event.size * (position & ring.mask))
        instrument = event.instrument
        watchers = hooks.channel_watchers if instrument < 0 else watchers_of(hooks, instrument)
        if watchers != 0:
            happened(channel, hooks, event, watchers)


@hot
def timer_due(slot, now):
    """The time of a timer that is due, or 0. A timer that is far behind skips to the present."""
    interval = slot.timer_ns
    due = slot.timer_next_ns
    if interval == 0 or slot.running == 0 or now < due:
        return 0
    if due == 0:
        slot.timer_next_ns = (now // interval + 1) * interval
        return 0
    behind = (now - due) // interval
    if behind > TIMERS_BEHIND_MAXIMUM:
        slot.timers_skipped += behind
        due += behind * interval
    slot.timer_next_ns = due + interval
    return due


@hot
def timer_deadline(slot):
    """When the timer is due next; never for a strategy without one, or one that raised."""
    return slot.timer_next_ns if slot.timer_ns != 0 and slot.running != 0 else INT64_MAX


@hot
def slot_at(hooks, number):
    """A strategy's slot."""
    return StrategySlot(hooks.slots + StrategySlot.size * number)


@hot
def watched(watchers, number):
    """Whether a strategy is among the watchers."""
    return watchers & shift_left(1, number) != 0
