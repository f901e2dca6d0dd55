"""EOBI: snapshots, which come in a loop on a channel of their own, beside the stream.

A product's snapshot is a Product Summary, which says up to which MsgSeqNum of the stream it goes, and for each
instrument an Instrument Summary and its orders, over as many packets as they need. It counts from its summary on, as
long as no packet of it is missing: MsgSeqNum goes on through the loop by one a message, ApplSeqNum by one a packet.
What two lines bring twice is taken once.

A book that is trusted needs none. Any other is emptied and filled with the snapshot's orders, if the snapshot is not
ahead of the stream, the product was heard since trust was lost, and everything behind the snapshot's number was heard
and kept. When the last of its orders has come, the changes behind that number are applied again, and the book is right.
While its orders are coming, the stream's changes of it are only kept.
"""

from __future__ import annotations

from feedhandler.core.book import Book, header_of
from feedhandler.core.channel import message_time
from feedhandler.core.directory import instrument_at, instrument_seen
from feedhandler.core.events import EventKind
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.kept_changes import changes_again, changes_floor
from feedhandler.core.level_book import levels_recovered
from feedhandler.core.order_changes import orders_clear
from feedhandler.core.ranked_orders import order_add_ranked
from feedhandler.core.reasons import Reason
from feedhandler.core.verbs import announce, no_instrument, trading_status

from .words import NO_PRICE, NOBODY, State, heal, product_of, side_of, trusted

NO_STATUS = 255


@hot
def follows(state, number):
    """Whether a message of the loop is the next of the snapshot that was begun; then the next is the one behind it."""
    if state.start == 0 or number != state.next:
        return False
    if state.loop != state.packet and state.loop != state.packet + 1:
        return False
    state.packet = state.loop
    state.next = number + 1
    return True


@hot
def _status(channel, instrument, status, reason):
    """The status of an instrument or product, where it is not known yet."""
    if status == NO_STATUS or header_of(Book(channel.book), instrument).trading_status == status:
        return Reason.OK
    return trading_status(channel, instrument, status, reason)


@hot_call
def product_summary(channel, message):
    """Product Summary (13600): a product's snapshot begins."""
    state = State(channel.feed_state)
    if state.loop == 0:
        return Reason.MESSAGE_FIELD
    if state.loop == state.start and message.msg_seq_num + 1 <= state.next:
        return Reason.OK
    message_time(channel, state.time)
    state.start = state.loop
    state.packet = state.loop
    state.next = message.msg_seq_num + 1
    state.processed = message.last_msg_seq_num_processed
    state.loading = 0
    state.snapshot_product = product_of(channel, state.segment)
    if state.snapshot_product < 0:
        return no_instrument(state.snapshot_product)
    return _status(channel, state.snapshot_product, message.trading_session_sub_id, message.trad_ses_status)


@hot
def _usable(channel, state):
    """Whether a book can be made from the snapshot and what was heard behind it."""
    if state.snapshot_product < 0:
        return False
    known = instrument_at(channel, state.snapshot_product)
    if known.spare_3 != channel.epoch or state.processed >= known.spare_0:
        return False
    kept_from = known.spare_2 if known.spare_2 != 0 else known.spare_0
    return state.processed + 1 >= kept_from


@hot_call
def _finish(channel, state, instrument):
    """All orders of an instrument have come."""
    state.loading = 0
    if not _usable(channel, state) or changes_floor(channel, instrument) > state.processed:
        return Reason.OK
    reason = changes_again(channel, instrument, state.processed)
    if reason == Reason.OK:
        levels_recovered(channel, instrument)
    return reason


@hot
def _wanted(channel, state, instrument):
    """Whether an instrument's book is to be made from the snapshot."""
    if state.snapshot_product < 0 or trusted(channel, instrument):
        return False
    if heal(channel, state.snapshot_product, instrument):
        return False
    return _usable(channel, state) and changes_floor(channel, instrument) <= state.processed


@hot_call
def instrument_summary(channel, message):
    """Instrument Summary (13601): the state of an instrument, its figures of the day, and how many orders follow."""
    state = State(channel.feed_state)
    if state.loop == 0:
        return Reason.MESSAGE_FIELD
    if not follows(state, message.msg_seq_num):
        return Reason.OK
    message_time(channel, message.last_update_time)
    state.loading = 0
    instrument = instrument_seen(channel, message.security_id)
    if instrument < 0:
        return no_instrument(instrument)
    _status(channel, instrument, message.security_trading_status, message.security_status)
    if not _wanted(channel, state, instrument):
        return Reason.OK
    for entry in message.md_instrument_entry_grp:
        announce(
            channel, EventKind.STATISTIC, 0, instrument, entry.md_entry_type, entry.md_entry_px, entry.md_entry_size,
            0, 0, 0, 0,
        )  # fmt: skip
    orders_clear(channel, instrument)
    state.loading = instrument + 1
    state.orders_left = message.tot_no_orders
    if state.orders_left == 0:
        return _finish(channel, state, instrument)
    return Reason.OK


@hot_call
def snapshot_order(channel, message):
    """Snapshot Order (13602): an order of the instrument whose summary came before."""
    state = State(channel.feed_state)
    if state.loop == 0:
        return Reason.MESSAGE_FIELD
    if not follows(state, message.msg_seq_num) or state.loading == 0:
        return Reason.OK
    message_time(channel, state.time)
    instrument = state.loading - 1
    side = side_of(message.side)
    if side == NOBODY:
        state.loading = 0
        return Reason.MESSAGE_FIELD
    reference, price = message.trd_reg_ts_time_priority, message.price
    reason = Reason.OK + 0
    if price != NO_PRICE:
        reason = order_add_ranked(channel, instrument, side, reference, price, message.display_qty, reference)
    if reason != Reason.OK:
        state.loading = 0
        return reason
    state.orders_left -= 1
    if state.orders_left == 0:
        return _finish(channel, state, instrument)
    return Reason.OK
