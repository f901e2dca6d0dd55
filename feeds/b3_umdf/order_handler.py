"""B3 Binary UMDF: books by order. Since version 15 orders are named by their id, before by their place on a side.

Since version 15 (schemas 2.0 and later) queues are in the order of the ids (SecondaryOrderID) of a price, the lower the
earlier, and an order keeps its id for as long as it keeps its priority. Before, an id changed with every modification,
and a message says at which place of its side an order stands, the orders without a price in front of all others.
"""

from __future__ import annotations

from feedhandler.core.book import Book, book_find, book_home
from feedhandler.core.directory import instrument_seen
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.level_book import levels_lost
from feedhandler.core.order_changes import orders_clear_side
from feedhandler.core.orders import NONE, OrderStore, order_at
from feedhandler.core.placed_orders import (
    LAST_PLACE,
    order_at_place,
    order_change_at,
    order_delete_at,
    order_insert_at,
    orders_delete_at,
    side_orders,
)
from feedhandler.core.ranked_orders import order_add_ranked, order_change_ranked
from feedhandler.core.reasons import Reason
from feedhandler.core.verbs import ASK, BID, no_instrument, order_delete

from .words import IN_SNAPSHOT, begin, follows, in_loop, market_known, market_of, reported, worse

NEW, CHANGE, DELETE, DELETE_THRU, DELETE_FROM = range(5)
BID_ENTRY = ord("0")
OFFER_ENTRY = ord("1")
NO_PRICE = -9223372036854775808
NO_SIDE = -1


@hot
def side_of(entry_type):
    """The side of an entry, or NO_SIDE."""
    if entry_type == BID_ENTRY:
        return BID
    return ASK if entry_type == OFFER_ENTRY else NO_SIDE


@hot
def _holds(channel, instrument, side, reference):
    """Whether a book holds an order."""
    book = Book(channel.book)
    home = book_home(channel, book, instrument, side, reference)
    return book_find(channel, book, instrument, side, reference, home) != NONE


# ---------------------------------------------------------------------------------------------------- by their id


@hot_call
def order_mbo(channel, message):
    """Order MBO (template 50, since version 15)."""
    begin(channel, message.transact_time, message.match_event_indicator)
    side, action = side_of(message.md_entry_type), message.md_update_action
    if side == NO_SIDE or (action != NEW and action != CHANGE) or in_loop(channel):
        return Reason.MESSAGE_FIELD
    code = message.security_id
    instrument = instrument_seen(channel, code)
    if instrument < 0:
        return no_instrument(instrument)
    found = follows(channel, instrument, message.rpt_seq)
    if found == IN_SNAPSHOT:
        return Reason.OK
    book, price = instrument, message.md_entry_px
    if price == NO_PRICE:
        book, price = market_of(channel, instrument, code), 0
    order_id, quantity = message.secondary_order_id, message.md_entry_size
    if action == NEW:
        reason = order_add_ranked(channel, book, side, order_id, price, quantity, order_id)
    else:
        reason = order_change_ranked(channel, book, side, order_id, price, quantity, order_id)
    return reported(reason, found)


@hot_call
def delete_order_mbo(channel, message):
    """Delete Order MBO (template 51, since version 15): an order of either book; its price may not be given."""
    begin(channel, message.transact_time, message.match_event_indicator)
    side = side_of(message.md_entry_type)
    if side == NO_SIDE or in_loop(channel):
        return Reason.MESSAGE_FIELD
    instrument = instrument_seen(channel, message.security_id)
    if instrument < 0:
        return no_instrument(instrument)
    found = follows(channel, instrument, message.rpt_seq)
    if found == IN_SNAPSHOT:
        return Reason.OK
    book, order_id = instrument, message.secondary_order_id
    market = market_known(channel, instrument)
    if market >= 0 and not _holds(channel, instrument, side, order_id) and _holds(channel, market, side, order_id):
        book = market
    return reported(order_delete(channel, book, side, order_id), found)


@hot_call
def mass_delete_orders_mbo(channel, message):
    """Mass Delete Orders MBO (template 52, since version 15): all orders of a side."""
    begin(channel, message.transact_time, message.match_event_indicator)
    side = side_of(message.md_entry_type)
    if side == NO_SIDE or message.md_update_action != DELETE_THRU or in_loop(channel):
        return Reason.MESSAGE_FIELD
    instrument = instrument_seen(channel, message.security_id)
    if instrument < 0:
        return no_instrument(instrument)
    found = follows(channel, instrument, message.rpt_seq)
    if found == IN_SNAPSHOT:
        return Reason.OK
    market = market_known(channel, instrument)
    if market >= 0:
        orders_clear_side(channel, market, side)
    return reported(orders_clear_side(channel, instrument, side), found)


# ------------------------------------------------------------------------------------------------- by their place


@hot
def _in_front(channel, instrument, side):
    """How many orders without a price stand in front of those with one."""
    market = market_known(channel, instrument)
    return side_orders(channel, market, side) if market >= 0 else 0


@hot
def _settled(channel, instrument, book, reason):
    """Where the orders in front are in doubt, so is every place behind them."""
    if reason != Reason.OK and book != instrument:
        levels_lost(channel, instrument)
    return reason


@hot_call
def placed(channel, instrument, code, side, place, order_id, price, quantity):
    """A new order at a place of a side."""
    front = _in_front(channel, instrument, side)
    if price != NO_PRICE:
        return order_insert_at(channel, instrument, side, place - front, order_id, price, quantity)
    book = market_of(channel, instrument, code)
    if book < 0:
        return no_instrument(book)
    return _settled(channel, instrument, book, order_insert_at(channel, book, side, place, order_id, 0, quantity))


@hot_call
def _changed(channel, instrument, code, side, place, order_id, price, quantity):
    """The order at a place is changed, and may get a price or lose it."""
    front = _in_front(channel, instrument, side)
    if place > front and price != NO_PRICE:
        return order_change_at(channel, instrument, side, place - front, order_id, price, quantity)
    book, own_place = instrument, place - front
    if place <= front:
        book, own_place = market_known(channel, instrument), place
        if price == NO_PRICE:
            reason = order_change_at(channel, book, side, place, order_id, 0, quantity)
            return _settled(channel, instrument, book, reason)
    former = order_at(OrderStore(Book(channel.book).orders), order_at_place(Book(channel.book), book, side, own_place))
    reason = _settled(
        channel, instrument, book, order_delete_at(channel, book, side, own_place, former.reference)
    )
    return worse(reason, placed(channel, instrument, code, side, place, order_id, price, quantity))


@hot_call
def legacy_order_mbo(channel, message):
    """Order MBO before version 15 (template 50)."""
    begin(channel, message.md_entry_timestamp, message.match_event_indicator)
    # Whether an event ends is said of other messages only: readers and strategies do not wait for it.
    channel.event_open = 0
    side, action, place = side_of(message.md_entry_type), message.md_update_action, message.md_entry_position_no
    if side == NO_SIDE or (action != NEW and action != CHANGE) or place == 0 or in_loop(channel):
        return Reason.MESSAGE_FIELD
    code = message.security_id
    instrument = instrument_seen(channel, code)
    if instrument < 0:
        return no_instrument(instrument)
    found = follows(channel, instrument, message.rpt_seq)
    if found == IN_SNAPSHOT:
        return Reason.OK
    order_id, price, quantity = message.secondary_order_id, message.md_entry_px, message.md_entry_size
    if action == NEW:
        reason = placed(channel, instrument, code, side, place, order_id, price, quantity)
    else:
        reason = _changed(channel, instrument, code, side, place, order_id, price, quantity)
    return reported(reason, found)


@hot_call
def legacy_delete_order_mbo(channel, message):
    """Delete Order MBO before version 15 (template 51): the order at a place, which has this id."""
    begin(channel, message.md_entry_timestamp, message.match_event_indicator)
    channel.event_open = 0
    side, place = side_of(message.md_entry_type), message.md_entry_position_no
    if side == NO_SIDE or place == 0 or in_loop(channel):
        return Reason.MESSAGE_FIELD
    instrument = instrument_seen(channel, message.security_id)
    if instrument < 0:
        return no_instrument(instrument)
    found = follows(channel, instrument, message.rpt_seq)
    if found == IN_SNAPSHOT:
        return Reason.OK
    front = _in_front(channel, instrument, side)
    book = instrument
    if place <= front:
        book = market_known(channel, instrument)
    else:
        place -= front
    reason = order_delete_at(channel, book, side, place, message.secondary_order_id)
    return reported(_settled(channel, instrument, book, reason), found)


@hot_call
def legacy_mass_delete_orders_mbo(channel, message):
    """Mass Delete Orders MBO before version 15 (template 52): from a place to the end, or from the first through it."""
    begin(channel, message.md_entry_timestamp, message.match_event_indicator)
    channel.event_open = 0
    side, action, place = side_of(message.md_entry_type), message.md_update_action, message.md_entry_position_no
    if side == NO_SIDE or (action != DELETE_THRU and action != DELETE_FROM) or place == 0 or in_loop(channel):
        return Reason.MESSAGE_FIELD
    instrument = instrument_seen(channel, message.security_id)
    if instrument < 0:
        return no_instrument(instrument)
    found = follows(channel, instrument, message.rpt_seq)
    if found == IN_SNAPSHOT:
        return Reason.OK
    front = _in_front(channel, instrument, side)
    first, last = (1, place) if action == DELETE_THRU else (place, LAST_PLACE)
    reason = Reason.OK + 0
    if first <= front:
        market = market_known(channel, instrument)
        reason = _settled(
            channel, instrument, market, orders_delete_at(channel, market, side, first, min(last, front))
        )
    behind = side_orders(channel, instrument, side)
    if last > front and (behind != 0 or last != LAST_PLACE):
        end = last if last == LAST_PLACE else last - front
        reason = worse(reason, orders_delete_at(channel, instrument, side, max(first - front, 1), end))
    return reported(reason, found)
