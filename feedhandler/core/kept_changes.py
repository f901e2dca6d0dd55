"""Changes of orders that are kept until a snapshot comes, for venues that send snapshots beside the stream.

A snapshot says how the venue's book was at some number of the stream, and takes a while to come. A busy book has
changed since; whoever waited for a moment without changes would wait for long. So while something is missing, what the
stream says is not only applied but kept, and when a snapshot is complete the changes behind its number are applied
again.

They lie in one ring of the channel, 64 bytes each, in the order of the stream; the changes of each instrument are
linked, oldest first, so that applying them again walks over nothing else. What the ring loses at its end is the oldest
change of some instrument: its link is moved on, and the number up to which it has lost changes (its *floor*) says
which snapshots are too old. Worst case: one instrument fills the ring, and all of it is applied again at once.

Applied again, an execution takes quantity and is no trade: the trade was told when it was heard.

`changes_again` knows instruments of one book. A feed whose instruments have several, and whose deletions do not say of
which they speak, walks over the changes by itself (`changes_first`, `kept_at`, `next`), and so does one that keeps
PUTs, which are refused here.
"""

from __future__ import annotations

from enum import IntEnum

from .integers import shift_left
from .jit import hot, hot_call
from .memory import fill_bytes
from .order_changes import orders_clear
from .ranked_orders import order_add_ranked, order_change_ranked, order_replace_ranked
from .reasons import Reason
from .records import Record, fixed, i64, u32
from .verbs import order_delete, order_reduce

CHANGES_KEPT = 1 << 16


class Change(IntEnum):
    """What happened to an order."""

    ADD = 0
    CHANGE = 1  #: another price, quantity or priority under the same reference
    REPLACE = 2  #: the same, under another reference
    TAKE = 3  #: it lost quantity, by whatever
    DELETE = 4
    CLEAR = 5  #: all orders of the instrument are gone
    PUT = 6  #: it is as the venue says, whether it is new or not; applied again by the feed itself


class KeptChange(Record, size=64):
    """One change of the ring."""

    sequence = i64  #: the number by which snapshots say how far they go
    instrument = u32
    change = u32  #: twice the kind of change, plus the side
    reference = i64
    new_reference = i64
    price = i64
    quantity = i64
    priority = i64
    next = i64  #: the place of the instrument's next change plus one, or 0


class KeptOf(Record, size=24):
    """The changes of one instrument."""

    first = i64  #: the place of the oldest that is still kept plus one, or 0
    last = i64
    floor = i64  #: the highest number among those that the ring has lost


class KeptChanges(Record):
    """The ring, and where the instruments' changes begin."""

    changes = fixed(i64)
    mask = fixed(i64)
    instruments = fixed(i64)
    instrument_capacity = fixed(i64)
    written = i64


@hot
def _change_at(kept, place):
    return KeptChange(kept.changes + shift_left(place & kept.mask, 6))


@hot
def _of(kept, instrument):
    return KeptOf(kept.instruments + KeptOf.size * instrument)


@hot_call
def changes_reset(channel):
    """Forget all changes: another session gives out its instruments and numbers anew."""
    kept = KeptChanges(channel.kept_changes)
    fill_bytes(kept.instruments, 0, KeptOf.size * kept.instrument_capacity)
    kept.written = 0


@hot_call
def change_keep(channel, instrument, sequence, change, side, reference, new_reference, price, quantity, priority):
    """Keep a change of an order of an instrument that is in the directory; `sequence` grows within an instrument."""
    kept = KeptChanges(channel.kept_changes)
    place = kept.written
    entry = _change_at(kept, place)
    if place > kept.mask:
        losing = _of(kept, entry.instrument)
        losing.floor = entry.sequence
        losing.first = entry.next
    entry.sequence = sequence
    entry.instrument = instrument
    entry.change = 2 * change + side
    entry.reference = reference
    entry.new_reference = new_reference
    entry.price = price
    entry.quantity = quantity
    entry.priority = priority
    entry.next = 0
    mine = _of(kept, instrument)
    if mine.first == 0:
        mine.first = place + 1
    else:
        _change_at(kept, mine.last - 1).next = place + 1
    mine.last = place + 1
    kept.written = place + 1


@hot
def changes_floor(channel, instrument):
    """The highest number of an instrument's changes that are lost; a snapshot must reach as far."""
    return _of(KeptChanges(channel.kept_changes), instrument).floor


@hot
def changes_first(channel, instrument):
    """Where the oldest change of an instrument is that is still kept, 0 where there is none."""
    return _of(KeptChanges(channel.kept_changes), instrument).first


@hot
def kept_at(channel, place):
    """The change at a place that `changes_first` or the `next` of another gave."""
    return _change_at(KeptChanges(channel.kept_changes), place - 1)


@hot_call
def _again(channel, instrument, entry):
    """Apply one change again."""
    change, side = entry.change >> 1, entry.change & 1
    reference, price, quantity, priority = entry.reference, entry.price, entry.quantity, entry.priority
    if change == Change.ADD:
        return order_add_ranked(channel, instrument, side, reference, price, quantity, priority)
    if change == Change.CHANGE:
        return order_change_ranked(channel, instrument, side, reference, price, quantity, priority)
    if change == Change.REPLACE:
        return order_replace_ranked(
            channel, instrument, side, reference, entry.new_reference, price, quantity, priority
        )
    if change == Change.TAKE:
        return order_reduce(channel, instrument, side, reference, quantity)
    if change == Change.CLEAR:
        return orders_clear(channel, instrument)
    if change == Change.DELETE:
        return order_delete(channel, instrument, side, reference)
    return Reason.MESSAGE_FIELD  # a PUT, which only its feed can apply


@hot_call
def changes_again(channel, instrument, sequence):
    """Apply the changes of an instrument behind a number again, in their order; the first reason that is not OK."""
    kept = KeptChanges(channel.kept_changes)
    place = _of(kept, instrument).first
    worst = Reason.OK + 0
    for _ in range(kept.mask + 1):
        if place == 0:
            break
        entry = _change_at(kept, place - 1)
        if entry.sequence > sequence:
            reason = _again(channel, instrument, entry)
            if worst == Reason.OK:
                worst = reason
        place = entry.next
    return worst
