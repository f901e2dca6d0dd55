"""EOBI: orders. An order is known by its instrument, its side and its priority time (TrdRegTSTimePriority), by which it
also stands in the queue of its price: the earlier, the further to the front.

Market orders of cash markets have no price. They stand in no ladder: their events are told, and the books hold limit
orders.
"""

from __future__ import annotations

from feedhandler.core.book import Book, book_damage, book_find, book_home, header_of
from feedhandler.core.channel import message_time
from feedhandler.core.directory import instrument_seen
from feedhandler.core.events import EventDetail, EventKind
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.kept_changes import Change
from feedhandler.core.level_book import levels_recovered
from feedhandler.core.order_changes import orders_clear
from feedhandler.core.orders import NONE
from feedhandler.core.ranked_orders import order_add_ranked, order_change_ranked, order_replace_ranked
from feedhandler.core.reasons import Reason
from feedhandler.core.verbs import announce, no_instrument, order_delete, order_execute_at, trade

from .words import NO_PRICE, NOBODY, State, begin, kept, noted, passed_over, refused, side_of, touched


@hot_call
def order_add(channel, message):
    """Order Add (13100): a visible order, or what remains of one that was executed in part when it came."""
    product = begin(channel, message)
    if product < 0:
        return passed_over(product)
    instrument = instrument_seen(channel, message.security_id)
    if instrument < 0:
        return no_instrument(instrument)
    touched(channel, product, instrument)
    side = side_of(message.side)
    if side == NOBODY:
        return refused(channel, product, message.msg_seq_num)
    reference, price, quantity = message.trd_reg_ts_time_priority, message.price, message.display_qty
    if price == NO_PRICE:
        return announce(
            channel, EventKind.ADD, side, instrument, price, quantity, reference, 0, reference, 0, 0
        )
    if kept(channel, instrument, message.msg_seq_num, Change.ADD, side, reference, reference, price, quantity):
        return Reason.OK
    return noted(channel, order_add_ranked(channel, instrument, side, reference, price, quantity, reference))


@hot
def _delete(channel, instrument, number, side, reference):
    if kept(channel, instrument, number, Change.DELETE, side, reference, reference, 0, 0):
        return Reason.OK
    return noted(channel, order_delete(channel, instrument, side, reference))


@hot_call
def order_modify(channel, message):
    """Order Modify (13101): an order has another price or quantity, and by that another priority."""
    product = begin(channel, message)
    if product < 0:
        return passed_over(product)
    instrument = instrument_seen(channel, message.security_id)
    if instrument < 0:
        return no_instrument(instrument)
    touched(channel, product, instrument)
    side = side_of(message.side)
    if side == NOBODY:
        return refused(channel, product, message.msg_seq_num)
    number = message.msg_seq_num
    former, reference = message.trd_reg_ts_prev_time_priority, message.trd_reg_ts_time_priority
    price, quantity = message.price, message.display_qty
    if price == NO_PRICE:
        reason = announce(
            channel, EventKind.REPLACE, side, instrument, price, quantity, former, reference, reference, 0, 0
        )
        return reason if message.prev_price == NO_PRICE else _delete(channel, instrument, number, side, former)
    if message.prev_price == NO_PRICE:
        if kept(channel, instrument, number, Change.ADD, side, reference, reference, price, quantity):
            return Reason.OK
        return noted(channel, order_add_ranked(channel, instrument, side, reference, price, quantity, reference))
    if kept(channel, instrument, number, Change.REPLACE, side, former, reference, price, quantity):
        return Reason.OK
    return noted(
        channel, order_replace_ranked(channel, instrument, side, former, reference, price, quantity, reference)
    )


@hot_call
def order_modify_same_prio(channel, message):
    """Order Modify Same Priority (13106): an order has another quantity and keeps its place."""
    product = begin(channel, message)
    if product < 0:
        return passed_over(product)
    message_time(channel, message.transact_time)
    instrument = instrument_seen(channel, message.security_id)
    if instrument < 0:
        return no_instrument(instrument)
    touched(channel, product, instrument)
    side = side_of(message.side)
    if side == NOBODY:
        return refused(channel, product, message.msg_seq_num)
    reference, price, quantity = message.trd_reg_ts_time_priority, message.price, message.display_qty
    if price == NO_PRICE:
        return announce(
            channel, EventKind.REPLACE, side | EventDetail.PRIORITY_KEPT, instrument, price, quantity, reference,
            reference, reference, 0, 0,
        )  # fmt: skip
    if kept(channel, instrument, message.msg_seq_num, Change.CHANGE, side, reference, reference, price, quantity):
        return Reason.OK
    return noted(channel, order_change_ranked(channel, instrument, side, reference, price, quantity, reference))


@hot_call
def order_deleted(channel, message):
    """Order Delete (13102)."""
    product = begin(channel, message)
    if product < 0:
        return passed_over(product)
    message_time(channel, message.transact_time)
    instrument = instrument_seen(channel, message.security_id)
    if instrument < 0:
        return no_instrument(instrument)
    touched(channel, product, instrument)
    side = side_of(message.side)
    if side == NOBODY:
        return refused(channel, product, message.msg_seq_num)
    reference = message.trd_reg_ts_time_priority
    if message.price == NO_PRICE:
        return announce(channel, EventKind.DELETE, side, instrument, NO_PRICE, 0, reference, 0, 0, 0, 0)
    return _delete(channel, instrument, message.msg_seq_num, side, reference)


@hot_call
def order_mass_delete(channel, message):
    """Order Mass Delete (13103): all orders of an instrument are gone, and what was missing of its book with them."""
    product = begin(channel, message)
    if product < 0:
        return passed_over(product)
    message_time(channel, message.transact_time)
    instrument = instrument_seen(channel, message.security_id)
    if instrument < 0:
        return no_instrument(instrument)
    if kept(channel, instrument, message.msg_seq_num, Change.CLEAR, 0, 0, 0, 0, 0):
        State(channel.feed_state).loading = 0
    orders_clear(channel, instrument)
    return levels_recovered(channel, instrument)


@hot_call
def _executed(channel, product, instrument, message, change):
    """An execution, in part (the order loses quantity) or in full (it is gone). The trade is told in any case."""
    side = side_of(message.side)
    if side == NOBODY:
        return refused(channel, product, message.msg_seq_num)
    reference, quantity, price = message.trd_reg_ts_time_priority, message.last_qty, message.last_px
    match = message.trd_match_id
    if message.price == NO_PRICE:
        return trade(channel, instrument, side, price, quantity, reference, match)
    if kept(channel, instrument, message.msg_seq_num, change, side, reference, reference, 0, quantity):
        return announce(
            channel, EventKind.EXECUTE, side | EventDetail.ORDER_MISSING, instrument, price, quantity, reference,
            match, 0, 0, 0,
        )  # fmt: skip
    reason = noted(channel, order_execute_at(channel, instrument, side, reference, quantity, price, 1, match))
    if reason == Reason.OK and change == Change.DELETE:
        book = Book(channel.book)
        home = book_home(channel, book, instrument, side, reference)
        if book_find(channel, book, instrument, side, reference, home) != NONE:
            # More of it was left than the venue says that there was.
            order_delete(channel, instrument, side, reference)
            return noted(channel, book_damage(channel, header_of(book, instrument), Reason.ORDER_QUANTITY))
    return reason


@hot
def _execution(channel, message, change):
    product = begin(channel, message)
    if product < 0:
        return passed_over(product)
    instrument = instrument_seen(channel, message.security_id)
    if instrument < 0:
        return no_instrument(instrument)
    touched(channel, product, instrument)
    return _executed(channel, product, instrument, message, change)


@hot_call
def partial_order_execution(channel, message):
    """Partial Order Execution (13105): a visible order was executed in part; the rest stays where it is."""
    return _execution(channel, message, Change.TAKE)


@hot_call
def full_order_execution(channel, message):
    """Full Order Execution (13104): a visible order was executed, and is gone."""
    return _execution(channel, message, Change.DELETE)
