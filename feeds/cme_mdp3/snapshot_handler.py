"""CME MDP 3.0: snapshots, which come in loops on a channel of their own, beside the stream.

A snapshot says up to which packet of the stream it holds everything (LastMsgSeqNumProcessed). It is used where the book
is not trusted, if it reaches as far as the stream has lost something and if nothing behind it was applied yet; what the
stream still says of the time before it is passed over. A busy instrument may therefore need several rounds: changes
that arrived behind the snapshot are not kept to be applied again.
"""

from __future__ import annotations

from feedhandler.core.channel import message_time
from feedhandler.core.directory import instrument_at, instrument_seen
from feedhandler.core.events import EventKind
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.level_book import BOTH_SIDES, level_set, levels_clear, levels_recovered
from feedhandler.core.order_changes import orders_clear
from feedhandler.core.ranked_orders import order_add_ranked
from feedhandler.core.reasons import Reason
from feedhandler.core.sequencer import Sequencer
from feedhandler.core.verbs import ASK, BID, announce, no_instrument

from .book_handler import BID_ENTRY, IMPLIED_BID, IMPLIED_OFFER, NO_COUNT, OFFER_ENTRY, TENTH_MICROS
from .words import implied_known, implied_of, orders_of, recovered, trusted, worse

NO_PRICE = 9223372036854775807


@hot
def _reaches(channel, processed):
    """Whether a snapshot holds everything up to the last thing that the stream lost, or that could not be read."""
    sequencer = Sequencer(channel.sequencer)
    return processed + 1 >= max(sequencer.joined_at, sequencer.lost_end) and processed >= channel.unread_sequence


@hot
def _entry(channel, instrument, code, kind, price, quantity, orders):
    """One level of a snapshot, or one figure of the day."""
    if orders == NO_COUNT:
        orders = 0
    if kind in (BID_ENTRY, OFFER_ENTRY):
        return level_set(channel, instrument, BID if kind == BID_ENTRY else ASK, price, quantity, orders)
    if kind in (IMPLIED_BID, IMPLIED_OFFER):
        book = implied_of(channel, instrument, code)
        return level_set(channel, book, BID if kind == IMPLIED_BID else ASK, price, quantity, orders)
    return announce(channel, EventKind.STATISTIC, 0, instrument, kind, price, quantity, 0, 0, 0, 0)


@hot
def _levels(channel, message, scale):
    message_time(channel, message.transact_time)
    code = message.security_id
    instrument = instrument_seen(channel, code)
    if instrument < 0:
        return no_instrument(instrument)
    known = instrument_at(channel, instrument)
    processed, rpt_seq = message.last_msg_seq_num_processed, message.rpt_seq
    if trusted(channel, instrument) or rpt_seq < abs(known.spare_1) or not _reaches(channel, processed):
        return Reason.OK
    # The book is then the venue's at the snapshot's packet, which the stream may not have reached.
    reached = channel.sequence
    channel.sequence = max(reached, processed)
    levels_clear(channel, instrument, BOTH_SIDES)
    implied = implied_known(channel, instrument)
    if implied >= 0:
        levels_clear(channel, implied, BOTH_SIDES)
    worst = Reason.OK
    for entry in message.no_md_entries:
        price = entry.md_entry_px
        if price != NO_PRICE:
            price *= scale
        reason = _entry(
            channel, instrument, code, entry.md_entry_type, price, entry.md_entry_size, entry.number_of_orders
        )
        worst = worse(worst, reason)
    if worst == Reason.OK:
        known.spare_1 = -rpt_seq
        known.spare_2 = channel.epoch
        recovered(channel, instrument)
    channel.sequence = reached
    return worst


@hot_call
def snapshot_full_refresh(channel, message):
    """Snapshot Full Refresh (templates 52, 69): the book of an instrument by level."""
    return _levels(channel, message, 1)


@hot_call
def legacy_snapshot_full_refresh(channel, message):
    """Snapshot Full Refresh before version 9 (template 38)."""
    return _levels(channel, message, TENTH_MICROS)


@hot
def _orders(channel, message, scale):
    """A chunk of a book by order: it counts when all chunks came, in their order, and nothing in between."""
    message_time(channel, message.transact_time)
    code = message.security_id
    instrument = instrument_seen(channel, code)
    if instrument < 0:
        return no_instrument(instrument)
    book = orders_of(channel, instrument, code)
    if book < 0:
        return no_instrument(book)
    known = instrument_at(channel, book)
    processed, chunk = message.last_msg_seq_num_processed, message.current_chunk
    if trusted(channel, book) or known.spare_0 > processed or not _reaches(channel, processed):
        known.spare_2 = 0
        return Reason.OK
    reached = channel.sequence
    channel.sequence = max(reached, processed)
    if chunk == 1:
        orders_clear(channel, book)
        known.spare_2 = processed
        known.spare_3 = 1
    worst = Reason.OK
    if known.spare_2 == processed and known.spare_3 == chunk:
        for entry in message.no_md_entries:
            reason = order_add_ranked(
                channel, book, ASK if entry.md_entry_type == OFFER_ENTRY else BID, entry.order_id,
                entry.md_entry_px * scale, entry.md_display_qty, entry.md_order_priority,
            )  # fmt: skip
            worst = worse(worst, reason)
        known.spare_3 = chunk + 1 if worst == Reason.OK else 0
        if worst == Reason.OK and chunk == message.no_chunks:
            known.spare_1 = processed
            known.spare_2 = 0
            levels_recovered(channel, book)
    channel.sequence = reached
    return worst


@hot_call
def snapshot_full_refresh_order_book(channel, message):
    """Snapshot Full Refresh Order Book (template 53): the book of an instrument by order, in chunks."""
    return _orders(channel, message, 1)


@hot_call
def legacy_snapshot_full_refresh_order_book(channel, message):
    """Snapshot Full Refresh Order Book before version 9 (template 44)."""
    return _orders(channel, message, TENTH_MICROS)
