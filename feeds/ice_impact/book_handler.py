"""ICE iMpact: orders, bundles, and the price levels of price level channels.

Queues are in the order of entry, milliseconds and the sequence within them: an order that is changed and keeps its
place comes with another id and its old time of entry, one that loses it with a new time.

While a market is not right its changes are applied as well as can be, and kept: a snapshot that comes later than they
is followed by them (snapshot_handler.py). While a snapshot's orders are coming they are kept only.
"""

from __future__ import annotations

from feedhandler.core.book import Book, book_find, book_home, level_of, order_level
from feedhandler.core.channel import message_time
from feedhandler.core.directory import instrument_at
from feedhandler.core.events import EventDetail, EventKind, event_emit
from feedhandler.core.integers import wrapping_add, wrapping_multiply
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.kept_changes import Change, change_keep
from feedhandler.core.orders import NONE
from feedhandler.core.ranked_orders import order_add_ranked, order_change_ranked
from feedhandler.core.reasons import Reason
from feedhandler.core.records import Record, i64
from feedhandler.core.verbs import ASK, BID, announce, no_instrument, order_delete

from .words import (
    BID_SIDE,
    MILLISECOND,
    OFFER_SIDE,
    YES,
    book_beside,
    holder_beside,
    holds,
    market_lost,
    market_of,
    right,
    trusted,
)

START = ord("S")
END = ord("E")
PLAIN, IMPLIED, REQUEST = range(3)
"""Kinds of orders, each of which has a book."""


class SnapshotStream(Record):
    """How far the blocks of the snapshot channel came, and which market's orders are coming."""

    block = i64  #: the packet, as the channel counts them, that was judged last
    skipped = i64  #: 1 where it is a copy
    following = i64  #: the number of the next message of the snapshot channel
    market = i64  #: whose orders are coming, its index plus one; 0: nobody's
    remaining = i64
    processed = i64


@hot_call
def order_put(channel, book, side, order_id, price, quantity, priority):
    """An order is in a book as the venue says, whether it was there before or not."""
    store = Book(channel.book)
    index = book_find(channel, store, book, side, order_id, book_home(channel, store, book, side, order_id))
    if index != NONE:
        own_side = level_of(store, order_level(store, index)).owner & 1
        if own_side == side:
            return order_change_ranked(channel, book, side, order_id, price, quantity, priority)
        order_delete(channel, book, own_side, order_id)
    return order_add_ranked(channel, book, side, order_id, price, quantity, priority)


@hot_call
def order_into(channel, market, kind, side, order_id, price, quantity, priority):
    """An order goes into the market's book of its kind."""
    book = market
    if kind != PLAIN:
        book = book_beside(channel, market, kind == REQUEST)
    if book < 0:
        return no_instrument(book)
    return order_put(channel, book, side, order_id, price, max(quantity, 1) if kind == REQUEST else quantity, priority)


@hot_call
def _order_nowhere(channel, market, order_id):
    """None of a market's books holds an order that left: expected before a snapshot, alarming behind it."""
    event_emit(channel, EventKind.DELETE, EventDetail.ORDER_MISSING, market, 0, 0, order_id, 0, 0, 0, 0)
    if not trusted(channel, market):
        return Reason.ORDER_BEFORE_START
    market_lost(channel, market)
    return Reason.ORDER_UNKNOWN


@hot_call
def order_leaves(channel, market, order_id):
    """An order leaves whichever of the market's books holds it."""
    book = market if holds(channel, market, order_id) else holder_beside(channel, market, order_id)
    if book < 0:
        return _order_nowhere(channel, market, order_id)
    return order_delete(channel, book, BID, order_id)


@hot
def kind_of(message):
    """Of which kind the order of a message is."""
    if message.is_rfq == YES:
        return REQUEST
    return IMPLIED if message.is_implied == YES else PLAIN


@hot
def priority_of(message):
    """Where the order of a message stands: by its time of entry."""
    entered = wrapping_multiply(message.order_entry_date_time, MILLISECOND)
    return wrapping_add(entered, message.sequence_within_millis)


@hot_call
def _kept(channel, market, change, kind, side, order_id, price, quantity, priority):
    """Keep a change of a market that is not right; True where it is not to be applied now."""
    change_keep(channel, market, channel.sequence, change, side, order_id, kind, price, quantity, priority)
    return SnapshotStream(channel.feed_state).market == market + 1


@hot_call
def add_or_modify_order(channel, message):
    """Add or Modify Order (message type E)."""
    if message.side != BID_SIDE and message.side != OFFER_SIDE:
        return Reason.MESSAGE_FIELD
    message_time(channel, message.modification_timestamp)
    market = market_of(channel, message.market_id)
    if market < 0:
        return no_instrument(market)
    known = instrument_at(channel, market)
    if channel.sequence <= known.spare_1:
        # A snapshot holds it already.
        return Reason.OK
    kind, side, priority = kind_of(message), BID if message.side == BID_SIDE else ASK, priority_of(message)
    order_id, price, quantity = message.order_id, message.price, message.quantity
    if right(channel, market, known):
        known.spare_0 = channel.sequence
    elif _kept(channel, market, Change.PUT, kind, side, order_id, price, quantity, priority):
        return Reason.OK
    return order_into(channel, market, kind, side, order_id, price, quantity, priority)


@hot_call
def delete_order(channel, message):
    """Delete Order (message type F)."""
    message_time(channel, message.message_date_time * MILLISECOND)
    market = market_of(channel, message.market_id)
    if market < 0:
        return no_instrument(market)
    known = instrument_at(channel, market)
    if channel.sequence <= known.spare_1:
        return Reason.OK
    order_id = message.order_id
    if right(channel, market, known):
        known.spare_0 = channel.sequence
    elif _kept(channel, market, Change.DELETE, PLAIN, 0, order_id, 0, 0, 0):
        return Reason.OK
    return order_leaves(channel, market, order_id)


@hot_call
def message_bundle_marker(channel, message):
    """Message Bundle Marker (message type T): what comes between start and end is one event of the venue."""
    marker = message.start_or_end
    if marker != START and marker != END:
        return Reason.MESSAGE_FIELD
    channel.event_open = 1 if marker == START else 0
    return Reason.OK


@hot
def _level(channel, message, last, price, quantity, orders, implied):
    """A change of a price level becomes an event; its book is not kept and stays stale."""
    message_time(channel, message.timestamp)
    market = market_of(channel, message.market_id)
    if market < 0:
        return no_instrument(market)
    instrument_at(channel, market).spare_0 = channel.sequence
    if trusted(channel, market):
        market_lost(channel, market)
    side = BID if message.side == BID_SIDE else ASK
    return announce(
        channel, EventKind.LEVEL, side, market, price, quantity, orders, message.price_level_position, last, implied, 0
    )


@hot_call
def add_price_level(channel, message):
    """Add Price Level (message type t)."""
    return _level(channel, message, 0, message.price, message.quantity, message.order_count, message.implied_quantity)


@hot_call
def change_price_level(channel, message):
    """Change Price Level (message type s)."""
    return _level(
        channel, message, 1, message.price, message.quantity, message.order_count, message.implied_quantity
    )


@hot_call
def delete_price_level(channel, message):
    """Delete Price Level (message type r)."""
    return _level(channel, message, message.price_level_position, 0, 0, 0, 0)
