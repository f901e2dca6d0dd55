"""CME MDP 3.0: books by order (MBO). Queues are in the order of MDOrderPriority, the lower the earlier.

`spare_0` of a book by order is the number of the packet that last changed it, `spare_1` the packet up to which a
snapshot holds everything, `spare_2` that of a snapshot whose chunks are still coming, `spare_3` the chunk that is next.
"""

from __future__ import annotations

from feedhandler.core.directory import instrument_at, instrument_seen
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.ranked_orders import order_add_ranked, order_change_ranked
from feedhandler.core.reasons import Reason
from feedhandler.core.verbs import ASK, BID, no_instrument, order_delete

from .words import begin, orders_of, worse

NEW, CHANGE, DELETE = range(3)
BID_ENTRY = ord("0")
OFFER_ENTRY = ord("1")
TENTH_MICROS = 100  # steps of 1e-9 in one of 1e-7


@hot_call
def order_entry(channel, code, kind, action, order_id, priority, price, quantity):
    """One entry of a book by order."""
    instrument = instrument_seen(channel, code)
    if instrument < 0:
        return no_instrument(instrument)
    if kind != BID_ENTRY and kind != OFFER_ENTRY:
        return Reason.MESSAGE_FIELD
    book = orders_of(channel, instrument, code)
    if book < 0:
        return no_instrument(book)
    known = instrument_at(channel, book)
    if channel.sequence <= max(known.spare_1, known.spare_2):
        # A snapshot holds it already.
        return Reason.OK
    known.spare_0 = channel.sequence
    side = BID if kind == BID_ENTRY else ASK
    if action == NEW:
        return order_add_ranked(channel, book, side, order_id, price, quantity, priority)
    if action == CHANGE:
        return order_change_ranked(channel, book, side, order_id, price, quantity, priority)
    if action == DELETE:
        return order_delete(channel, book, side, order_id)
    return Reason.MESSAGE_FIELD


@hot
def _orders(channel, message, scale):
    begin(channel, message)
    worst = Reason.OK
    for entry in message.no_md_entries:
        reason = order_entry(
            channel, entry.security_id, entry.md_entry_type, entry.md_update_action, entry.order_id,
            entry.md_order_priority, entry.md_entry_px * scale, entry.md_display_qty,
        )  # fmt: skip
        worst = worse(worst, reason)
    return worst


@hot_call
def incremental_refresh_order_book(channel, message):
    """Incremental Refresh Order Book (template 47)."""
    return _orders(channel, message, 1)


@hot_call
def legacy_incremental_refresh_order_book(channel, message):
    """Incremental Refresh Order Book before version 9 (template 43)."""
    return _orders(channel, message, TENTH_MICROS)
