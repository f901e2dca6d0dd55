"""ICE iMpact: snapshots, which come round after round on a channel of their own, beside the stream.

A Market Snapshot says how many orders follow it and up to which message of the live channel they hold everything. It is
used where one of the market's books is not trusted, if it reaches as far as the stream has lost something, if every
change behind it was kept, and if the stream was heard up to there: a snapshot of a session that is over speaks of
messages that are still to come. What the stream still says of the time before is passed over; when all of the orders
have come, the changes that were heard since are applied again.

The orders may come in several blocks. They count only while no block is missing between them; blocks that come again,
as on a second line, are passed over.
"""

from __future__ import annotations

from feedhandler.core.channel import ChannelState
from feedhandler.core.directory import instrument_at
from feedhandler.core.events import EventKind
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.kept_changes import CHANGES_KEPT, Change, changes_first, changes_floor, kept_at
from feedhandler.core.order_changes import orders_clear
from feedhandler.core.reasons import Reason
from feedhandler.core.sequencer import Sequencer
from feedhandler.core.verbs import ASK, BID, announce, no_instrument, trading_status

from .book_handler import SnapshotStream, kind_of, order_into, order_leaves, priority_of
from .words import (
    BID_SIDE,
    OFFER_SIDE,
    implied_known,
    market_of,
    market_recovered,
    market_trusted,
    requests_known,
)

LATE = 4096
"""A block numbered this little below the next one is a copy, one further below begins the numbers anew."""


@hot_call
def goes_on(channel):
    """Whether a message of the snapshot channel is to be used. Where a block is missing before it, no market's orders
    are coming any more."""
    sequencer = Sequencer(channel.sequencer)
    stream = SnapshotStream(channel.feed_state)
    if stream.block != sequencer.packets:
        stream.block = sequencer.packets
        behind = stream.following - sequencer.loop_number
        stream.skipped = 1 if 0 < behind <= LATE else 0
        if behind != 0 and stream.skipped == 0:
            stream.market = 0
        if stream.skipped == 0:
            stream.following = sequencer.loop_next
    return stream.skipped == 0


@hot
def reaches(channel, processed):
    """Whether a snapshot holds everything up to the last thing that the stream lost, and the stream came that far."""
    sequencer = Sequencer(channel.sequencer)
    if processed < channel.unread_sequence or processed >= sequencer.known_next:
        return False
    return processed + 1 >= max(sequencer.joined_at, sequencer.lost_end)


@hot_call
def _usable(channel, market, processed):
    """Whether a snapshot and the changes that were kept behind it give all of a market: asked when a snapshot begins,
    and again when its orders have come, since the stream may have lost something meanwhile."""
    unkept = max(instrument_at(channel, market).spare_0, changes_floor(channel, market))
    return processed >= unkept and reaches(channel, processed)


@hot_call
def _clear(channel, market, known):
    """Every book of a market is empty."""
    orders_clear(channel, market)
    implied, requests = implied_known(known), requests_known(known)
    if implied >= 0:
        orders_clear(channel, implied)
    if requests >= 0:
        orders_clear(channel, requests)


@hot_call
def _figures(channel, market, message):
    """What a snapshot says besides its orders."""
    trading_status(channel, market, message.trading_status, 0)
    announce(
        channel, EventKind.STATISTIC, 0, market, message.message_type, message.settlement_price, message.volume,
        message.high, message.low, message.opening_price, message.open_interest,
    )  # fmt: skip


@hot_call
def _again(channel, market, processed):
    """Apply the changes that were heard behind a snapshot again; the first reason that is not OK."""
    place = changes_first(channel, market)
    worst = Reason.OK + 0
    for _ in range(CHANGES_KEPT):
        if place == 0:
            break
        entry = kept_at(channel, place)
        place = entry.next
        if entry.sequence <= processed:
            continue
        change, side = entry.change >> 1, entry.change & 1
        if change == Change.PUT:
            reason = order_into(
                channel, market, entry.new_reference, side, entry.reference, entry.price, entry.quantity, entry.priority
            )
        else:
            reason = order_leaves(channel, market, entry.reference)
        if worst == Reason.OK:
            worst = reason
    return worst


@hot_call
def _complete(channel, stream, market):
    """All orders of a snapshot have come: what was heard since is applied, and the books are right."""
    stream.market = 0
    if not _usable(channel, market, stream.processed):
        return Reason.OK + 0
    reason = _again(channel, market, stream.processed)
    if reason == Reason.OK:
        market_recovered(channel, market)
    return reason


@hot_call
def market_snapshot(channel, message):
    """Market Snapshot (message type C)."""
    if Sequencer(channel.sequencer).loop_number == 0:
        return Reason.MESSAGE_FIELD
    if not goes_on(channel):
        return Reason.OK
    stream = SnapshotStream(channel.feed_state)
    stream.market = 0
    if channel.state == ChannelState.UNKNOWN:
        return Reason.OK
    market = market_of(channel, message.market_id)
    if market < 0:
        return no_instrument(market)
    known = instrument_at(channel, market)
    processed, entries = message.last_message_sequence_id, message.num_of_book_entries
    if market_trusted(channel, market) or processed < known.spare_1 or entries < 0:
        return Reason.OK
    if not _usable(channel, market, processed):
        return Reason.OK
    # The books are then the venue's at the snapshot's message, which the stream may have heard and not applied.
    reached = channel.sequence
    channel.sequence = max(reached, processed)
    _clear(channel, market, known)
    _figures(channel, market, message)
    known.spare_1 = processed
    stream.market = market + 1
    stream.remaining = entries
    stream.processed = processed
    reason = _complete(channel, stream, market) if entries == 0 else Reason.OK + 0
    channel.sequence = reached
    return reason


@hot_call
def market_snapshot_order(channel, message):
    """Market Snapshot Order (message type D): the books are right when all of the market's orders came."""
    if Sequencer(channel.sequencer).loop_number == 0:
        return Reason.MESSAGE_FIELD
    if not goes_on(channel):
        return Reason.OK
    stream = SnapshotStream(channel.feed_state)
    market = stream.market - 1
    if market < 0:
        return Reason.OK
    known = instrument_at(channel, market)
    side = message.side
    if known.code != message.market_id or (side != BID_SIDE and side != OFFER_SIDE):
        stream.market = 0
        return Reason.OK
    reached = channel.sequence
    channel.sequence = max(reached, stream.processed)
    reason = order_into(
        channel, market, kind_of(message), BID if side == BID_SIDE else ASK, message.order_id, message.price,
        message.quantity, priority_of(message),
    )  # fmt: skip
    stream.remaining -= 1
    if reason != Reason.OK:
        stream.market = 0
    elif stream.remaining == 0:
        reason = _complete(channel, stream, market)
    channel.sequence = reached
    return reason


@hot_call
def market_snapshot_price_level(channel, _message):
    """Market Snapshot Price Level (message type m): books of price level channels are not kept."""
    if Sequencer(channel.sequencer).loop_number == 0:
        return Reason.MESSAGE_FIELD
    if goes_on(channel):
        SnapshotStream(channel.feed_state).market = 0
    return Reason.OK
