"""Event boundaries: the moments at which the venue's event is complete, and readers and strategies may look.

Whoever generates the pipeline says what is told of a change (`tell`), so that without strategies nothing is.
"""

from __future__ import annotations

from .book import Book, Touched, TouchedInstrument, header_of
from .channel import quality_of, reason_count
from .events import EventKind, EventRing, event_write
from .integers import shift_left
from .jit import hot, hot_call
from .reasons import Reason

TRADES = 84  # 'T': an instrument whose status is this (or was never sent) may not be crossed


EVENT_LIMIT_NS = 1_000_000_000
"""No event of a venue lasts longer: one that does has lost its end."""


@hot_call
def event_endless(channel):
    """At the end of a packet within the venue's event: whether that goes on for too long, and counts as over.

    A venue that flags where its event begins, and never where it ends, would else hide every change from strategies and
    call every book mid-event. What it flags afterwards is believed anew.
    """
    now = channel.received_ns
    if channel.event_since_ns == 0 or channel.event_behind != channel.boundary_sequence:
        channel.event_since_ns = now
        channel.event_behind = channel.boundary_sequence
    if now - channel.event_since_ns < EVENT_LIMIT_NS:
        return False
    channel.event_open = 0
    channel.event_since_ns = 0
    reason_count(channel, Reason.EVENT_ENDLESS)
    return True


@hot
def nobody(_channel, _header, _instrument, _what):
    """What is told of a change where there are no strategies."""


@hot
def event_boundary(channel):
    """The venue's event is complete, and nobody but readers wants to know."""
    boundary_mark(channel)
    changes_publish(channel, nobody)


@hot
def boundary_mark(channel):
    """What was applied is no longer the middle of an event."""
    channel.boundary_sequence = channel.sequence


@hot
def changes_publish(channel, tell):
    """Publish the changes since the last boundary; `tell(channel, header, instrument, what)` is called for each."""
    if channel.touched_count != 0:
        _changes_publish(channel, tell)


@hot
def _changes_publish(channel, tell):
    """For each instrument that changed: is it crossed, one event if it was its inside, and word to who listens."""
    book = Book(channel.book)
    wanted = EventRing(channel.events).wanted & shift_left(1, EventKind.INSIDE)
    for position in range(channel.touched_count):
        instrument = TouchedInstrument(channel.touched + 8 * position).instrument
        header = header_of(book, instrument)
        what = header.touched
        header.touched = 0
        if what & Touched.INSIDE:
            bid, ask = header.bid_price, header.ask_price
            if bid >= ask and header.bid_quantity != 0 and header.ask_quantity != 0 and header.trading_status == TRADES:
                reason_count(channel, Reason.BOOK_LOCKED if bid == ask else Reason.BOOK_CROSSED)
            if wanted != 0:
                quality = quality_of(channel, header.damaged_epoch, header.recovered_epoch)
                event_write(
                    channel, EventKind.INSIDE, 0, instrument,
                    bid, header.bid_quantity, ask, header.ask_quantity, quality, 0, 0,
                )  # fmt: skip
        tell(channel, header, instrument, what)
    channel.touched_count = 0
