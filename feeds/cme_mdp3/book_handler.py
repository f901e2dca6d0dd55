"""CME MDP 3.0: books by level and implied books. Levels are numbered from the inside: new, change, delete, delete from,
delete through, overlay.
"""

from __future__ import annotations

from feedhandler.core.book import Book
from feedhandler.core.directory import instrument_at, instrument_seen
from feedhandler.core.events import EventKind
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.level_book import (
    BOTH_SIDES,
    level_change_at,
    level_insert_at,
    levels_clear,
    levels_delete_at,
)
from feedhandler.core.order_changes import orders_clear
from feedhandler.core.reasons import Reason
from feedhandler.core.verbs import ASK, BID, announce, announce_market, no_instrument

from .order_handler import order_entry
from .words import (
    APPLY,
    DEPTH,
    IMPLIED_DEPTH,
    IN_SNAPSHOT,
    ORDERS_CODE,
    begin,
    follows,
    implied_known,
    implied_of,
    orders_known,
    worse,
)

NEW, CHANGE, DELETE, DELETE_THRU, DELETE_FROM, OVERLAY = range(6)
BID_ENTRY = ord("0")
OFFER_ENTRY = ord("1")
IMPLIED_BID = ord("E")
IMPLIED_OFFER = ord("F")
BOOK_RESET = ord("J")
TENTH_MICROS = 100  # steps of 1e-9 in one of 1e-7
NO_COUNT = 2147483647


@hot_call
def instrument_clear(channel, instrument):
    """Every book of an instrument is empty."""
    reason = levels_clear(channel, instrument, BOTH_SIDES)
    if instrument < 0:
        return reason
    implied, orders = implied_known(channel, instrument), orders_known(channel, instrument)
    if implied >= 0:
        levels_clear(channel, implied, BOTH_SIDES)
    if orders >= 0:
        orders_clear(channel, orders)
    return reason


@hot
def level_apply(channel, book, side, action, number, price, quantity, orders, depth):
    """One action on a level of a book."""
    if action == NEW:
        return level_insert_at(channel, book, side, number, price, quantity, orders, depth)
    if action in (CHANGE, OVERLAY):
        return level_change_at(channel, book, side, number, price, quantity, orders)
    if action == DELETE:
        return levels_delete_at(channel, book, side, number, number)
    if action == DELETE_THRU:
        return levels_delete_at(channel, book, side, 1, number)
    if action == DELETE_FROM:
        return levels_delete_at(channel, book, side, number, 255)
    return Reason.MESSAGE_FIELD


@hot_call
def level_entry(channel, code, rpt_seq, kind, action, number, price, quantity, orders):
    """One entry of a book by level."""
    instrument = instrument_seen(channel, code)
    if instrument < 0:
        return no_instrument(instrument)
    found = follows(channel, instrument, rpt_seq)
    if found == IN_SNAPSHOT:
        return Reason.OK
    lost = Reason.OK if found == APPLY else Reason.LEVEL_UNKNOWN
    if kind == BOOK_RESET:
        return instrument_clear(channel, instrument)
    if orders == NO_COUNT:
        orders = 0
    depths = instrument_at(channel, instrument).spare_0
    if kind in (BID_ENTRY, OFFER_ENTRY):
        depth = depths & 255
        side = BID if kind == BID_ENTRY else ASK
        if depth == 0:
            depth = DEPTH
        reason = level_apply(channel, instrument, side, action, number, price, quantity, orders, depth)
    elif kind in (IMPLIED_BID, IMPLIED_OFFER):
        book = implied_of(channel, instrument, code)
        if book < 0:
            return no_instrument(book)
        depth = (depths >> 8) & 255
        side = BID if kind == IMPLIED_BID else ASK
        if depth == 0:
            depth = IMPLIED_DEPTH
        reason = level_apply(channel, book, side, action, number, price, quantity, orders, depth)
    else:
        reason = announce(channel, EventKind.STATISTIC, 0, instrument, kind, price, quantity, 0, 0, 0, 0)
    return worse(lost, reason)


@hot
def _levels(channel, message, scale):
    begin(channel, message)
    worst = Reason.OK
    for entry in message.no_md_entries:
        reason = level_entry(
            channel, entry.security_id, entry.rpt_seq, entry.md_entry_type, entry.md_update_action,
            entry.md_price_level, entry.md_entry_px * scale, entry.md_entry_size, entry.number_of_orders,
        )  # fmt: skip
        worst = worse(worst, reason)
    return worst


@hot_call
def incremental_refresh_book(channel, message):
    """Incremental Refresh Book (templates 46, 64): levels, and the orders that changed with them.

    An order's entry names the level's by its place in the message, and takes instrument, side and price from there.
    """
    worst = _levels(channel, message, 1)
    levels = message.no_md_entries
    for order in message.no_order_id_entries:
        place = order.reference_id - 1
        if place < 0 or place >= levels.count:
            return Reason.MESSAGE_FIELD
        entry = levels.at(place)
        reason = order_entry(
            channel, entry.security_id, entry.md_entry_type, order.order_update_action, order.order_id,
            order.md_order_priority, entry.md_entry_px, order.md_display_qty,
        )  # fmt: skip
        worst = worse(worst, reason)
    return worst


@hot_call
def legacy_incremental_refresh_book(channel, message):
    """Incremental Refresh Book before version 9 (template 32), with orders since version 7."""
    worst = _levels(channel, message, TENTH_MICROS)
    levels = message.no_md_entries
    for order in message.no_order_id_entries:
        place = order.reference_id - 1
        if place < 0 or place >= levels.count:
            return Reason.MESSAGE_FIELD
        entry = levels.at(place)
        reason = order_entry(
            channel, entry.security_id, entry.md_entry_type, order.order_update_action, order.order_id,
            order.md_order_priority, entry.md_entry_px * TENTH_MICROS, order.md_display_qty,
        )  # fmt: skip
        worst = worse(worst, reason)
    return worst


@hot_call
def channel_reset(channel, message):
    """Channel Reset (template 4): every book of the channel is empty, and RptSeq begins again."""
    begin(channel, message)
    reason = announce_market(channel, EventKind.CLEAR, 0, 0, 0, 0, 0)
    for instrument in range(Book(channel.book).instrument_count):
        known = instrument_at(channel, instrument)
        if known.code & ORDERS_CODE != 0:
            orders_clear(channel, instrument)
        else:
            levels_clear(channel, instrument, BOTH_SIDES)
            known.spare_1 = 0
            known.spare_2 = 0
    return reason
