"""B3 Binary UMDF: snapshots, which come in loops on lines of their own, beside the stream.

A snapshot is a header, which says up to which packet of the stream it holds everything and how many orders follow, the
instrument's figures of the day, and its orders in one message or several. It is used where a book is not trusted, if it
reaches as far as the stream has lost something and if nothing behind it was applied yet; what the stream still says of
the time before is passed over. A busy instrument may therefore need several rounds: changes that arrived behind the
snapshot are not kept to be applied again. Its packets must follow each other on one line: a part that is missing cannot
be taken from another round, which may hold other orders.

Since version 15 a header says of which numbering its packet is; before, only one whose packet the stream has heard of
is used, since numbers begin again when the venue fails over.
"""

from __future__ import annotations

from feedhandler.core.book import Book, book_find, book_home
from feedhandler.core.directory import instrument_at, instrument_seen
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.order_changes import orders_clear
from feedhandler.core.orders import NONE
from feedhandler.core.ranked_orders import order_add_ranked
from feedhandler.core.reasons import Reason
from feedhandler.core.sequencer import Sequencer
from feedhandler.core.verbs import BID, no_instrument

from .order_handler import NO_PRICE, NO_SIDE, placed, side_of
from .words import Building, building_of, goes_on, in_loop, market_known, market_of, part_of, recovered, trusted


@hot
def _reaches(sequencer, processed, version):
    """Whether a snapshot holds everything up to the last packet that the stream lost, in the stream's numbering."""
    if version == 0:
        return max(sequencer.joined_at, sequencer.lost_end) <= processed + 1 <= sequencer.known_next
    return version == sequencer.session_high and processed + 1 >= max(sequencer.joined_at, sequencer.lost_end)


@hot_call
def _complete(channel, instrument):
    """All orders of a snapshot came: the books are the venue's."""
    building = Building(channel.feed_state)
    known = instrument_at(channel, instrument)
    building.epoch = 0
    known.spare_1 = building.rpt_seq
    known.spare_3 = -building.sequence
    reached = channel.sequence
    channel.sequence = max(reached, building.sequence)
    recovered(channel, instrument)
    channel.sequence = reached


@hot_call
def snapshot_full_refresh_header(channel, message):
    """Snapshot Full Refresh Header (template 30)."""
    if not in_loop(channel):
        return Reason.MESSAGE_FIELD
    sequencer = Sequencer(channel.sequencer)
    code, processed = message.security_id, message.last_msg_seq_num_processed
    instrument = instrument_seen(channel, code)
    if instrument < 0:
        return no_instrument(instrument)
    known = instrument_at(channel, instrument)
    usable = processed >= abs(known.spare_3) and _reaches(sequencer, processed, message.last_sequence_version)
    if trusted(channel, instrument) or not usable:
        return Reason.OK
    rpt_seq = message.last_rpt_seq
    if rpt_seq != 0 and rpt_seq == known.spare_1:
        # Nothing of it was lost: if it was right before the last loss of trust, it is.
        goes_on(channel, instrument)
        if trusted(channel, instrument):
            return Reason.OK
    building = Building(channel.feed_state)
    if building_of(channel, code) and building.sequence == processed and building.line != sequencer.loop_line:
        return Reason.OK
    building.epoch = channel.epoch
    building.code = code
    building.line = sequencer.loop_line
    building.packet = sequencer.loop_number
    building.sequence = processed
    building.rpt_seq = rpt_seq
    building.bids = message.tot_num_bids
    building.offers = message.tot_num_offers
    known.spare_2 = 0
    # The books are then the venue's at the snapshot's packet, which the stream may not have reached.
    reached = channel.sequence
    channel.sequence = max(reached, processed)
    orders_clear(channel, instrument)
    market = market_known(channel, instrument)
    if market >= 0:
        orders_clear(channel, market)
    channel.sequence = reached
    if building.bids == 0 and building.offers == 0:
        _complete(channel, instrument)
    return Reason.OK


@hot
def _known_already(channel, instrument, code, side, reference, price):
    """Whether a book of the snapshot holds an order: then the message came before."""
    book = Book(channel.book)
    if price == NO_PRICE:
        instrument = market_of(channel, instrument, code)
        if instrument < 0:
            return False
    home = book_home(channel, book, instrument, side, reference)
    return book_find(channel, book, instrument, side, reference, home) != NONE


@hot
def _taken(channel, instrument, side, reference, price):
    """Count an order of the snapshot that is coming; False where it has no place in it."""
    building = Building(channel.feed_state)
    left = building.bids if side == BID else building.offers
    if side == NO_SIDE or left == 0 or _known_already(channel, instrument, building.code, side, reference, price):
        building.epoch = 0
        return False
    if side == BID:
        building.bids = left - 1
    else:
        building.offers = left - 1
    return True


@hot
def _finish(channel, instrument, reason):
    """A message of orders was applied, perhaps the last one."""
    building = Building(channel.feed_state)
    if reason != Reason.OK:
        building.epoch = 0
    elif building.epoch != 0 and building.bids == 0 and building.offers == 0:
        _complete(channel, instrument)
    return reason


@hot_call
def snapshot_full_refresh_orders(channel, message):
    """Snapshot Full Refresh Orders MBO (template 71, since version 15): queues are in the order of the ids."""
    code = message.security_id
    if not in_loop(channel):
        return Reason.MESSAGE_FIELD
    if not part_of(channel, code):
        return Reason.OK
    instrument = instrument_seen(channel, code)
    building = Building(channel.feed_state)
    reached = channel.sequence
    channel.sequence = max(reached, building.sequence)
    reason = Reason.OK + 0
    for entry in message.no_md_entries:
        side, order_id, price = side_of(entry.md_entry_type), entry.secondary_order_id, entry.md_entry_px
        if reason != Reason.OK or not _taken(channel, instrument, side, order_id, price):
            break
        book = instrument
        if price == NO_PRICE:
            book, price = market_of(channel, instrument, code), 0
        reason = order_add_ranked(channel, book, side, order_id, price, entry.md_entry_size, order_id)
    channel.sequence = reached
    return _finish(channel, instrument, reason)


@hot_call
def legacy_snapshot_full_refresh_orders(channel, message):
    """Snapshot Full Refresh Orders MBO before version 15 (template 71): each order has its place."""
    code = message.security_id
    if not in_loop(channel):
        return Reason.MESSAGE_FIELD
    if not part_of(channel, code):
        return Reason.OK
    instrument = instrument_seen(channel, code)
    building = Building(channel.feed_state)
    reached = channel.sequence
    channel.sequence = max(reached, building.sequence)
    reason = Reason.OK + 0
    for entry in message.no_md_entries:
        side, order_id, price = side_of(entry.md_entry_type), entry.secondary_order_id, entry.md_entry_px
        if reason != Reason.OK or not _taken(channel, instrument, side, order_id, price):
            break
        reason = placed(
            channel, instrument, code, side, entry.md_entry_position_no, order_id, price, entry.md_entry_size
        )
    channel.sequence = reached
    return _finish(channel, instrument, reason)
