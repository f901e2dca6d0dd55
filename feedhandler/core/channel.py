"""A channel: a sequenced stream, the unit of ordering and of trust.

One record holds what every hot function needs of its channel: where its parts lie, the message being applied, and the
words by which other threads judge its books. Quality is a function of these words and two more in the instrument's
header, so a gap costs one store, never a walk over all instruments.

* `epoch` counts losses of trust (gap, damage, new session). `complete_epoch` equals it while the stream has been seen
  from its first message without loss.
* An instrument is damaged for good within an epoch when `header.damaged_epoch == epoch`, and recovered on its own when
  `header.recovered_epoch == epoch`.
"""

from __future__ import annotations

from enum import IntEnum

from .jit import hot, hot_call, rare
from .memory import copy_bytes, fill_bytes
from .reasons import REASON_COUNT, Reason
from .records import Record, block, fixed, i64, published, u32


class ChannelState(IntEnum):
    """How a channel follows its stream."""

    UNKNOWN = 0  #: nothing was heard yet
    BACKFILL = 1  #: in sequence, but something earlier is missing (late join, or a gap that was given up)
    SYNCHRONIZED = 2  #: in sequence, and complete since the session's first message
    GAP_FILL = 3  #: a hole is open; nothing beyond it is applied
    ENDED = 4  #: the venue ended the session, and everything up to its end was applied


class Quality(IntEnum):
    """How far a book can be trusted."""

    EMPTY = 0  #: nothing was ever heard
    CURRENT = 1  #: equal to the venue's book at the returned sequence
    STALE = 2  #: something is missing and will not come
    RECOVERING = 3  #: something is missing and was asked for


FEED_STATE_BYTES = 4096
SAMPLE_COUNT = 16
SAMPLE_BYTES = 64


class Sample(Record):
    """The first bytes of something that was refused, for a hexdump."""

    reason = i64
    sequence = i64
    byte_count = i64
    bytes = block(SAMPLE_BYTES)


class Channel(Record):
    """Everything that hot functions need of a channel, by address."""

    # what other threads judge by
    state = published(i64)
    epoch = published(i64)
    complete_epoch = published(i64)
    hole_requested = published(i64)
    silent = published(i64)
    sequence = published(i64)  #: of the message being applied, then of the last applied
    boundary_sequence = published(i64)  #: of the last message before an event boundary
    generation = published(i64)  #: counts changes of the directory: names must be looked up again
    sessions = published(i64)  #: counts sessions: instrument indexes of an earlier one mean nothing
    # the message being applied
    venue_time = i64  #: as sent, with `day_base_ns` added
    day_base_ns = i64  #: midnight of the trading date, or 0 where only a time of day is known
    # parts, by address
    sequencer = fixed(i64)
    directory = fixed(i64)
    book = fixed(i64)
    events = fixed(i64)
    reasons = fixed(i64)
    samples = fixed(i64)
    feed_state = fixed(i64)  #: of the feed's own record, zero when a session begins
    kept_changes = fixed(i64)  #: address of the `KeptChanges`, 0 where the feed keeps none
    hints = fixed(i64)  #: address of the look-ahead's hints, one for each message of a block
    hint = i64  #: address of the hint for the message being applied
    # rolling figures
    digest = published(i64)
    event_count = published(i64)
    message_count = published(i64)
    sample_count = i64
    number = fixed(i64)
    feed = fixed(u32)
    touched = fixed(i64)  #: address of a list of instruments that changed since the last boundary
    touched_count = i64
    touched_capacity = fixed(i64)
    unread_sequence = i64  #: of the last message that could not be read: what it said is missing
    event_open = i64  #: 1 while the venue's event goes on: the end of the packet is no boundary
    event_since_ns = i64  #: when a packet first ended within the event that was open then
    event_behind = i64  #: `boundary_sequence` at that time, by which that event is known again
    # strategies
    received_ns = i64  #: when the packet being applied was received
    hooks = i64  #: address of the `Hooks` by which inline strategies are called, 0 where there are none
    every_book = i64  #: 1 where somebody asks for every change of a book, not only of its inside
    depths = i64  #: address of the `DepthRing`, 0 where nobody wants depth


REASONS_BYTES = REASON_COUNT * 8


class Counter(Record):
    """One 64-bit counter that other threads may read."""

    value = published(i64)


@hot
def reason_count(channel, reason):
    """Count a reason."""
    counter = Counter(channel.reasons + 8 * reason)
    counter.value += 1


@hot_call
def reason_sample(channel, reason, address, length):
    """Count a reason and keep the first offending bytes, while there is room for samples."""
    rare()
    reason_count(channel, reason)
    if channel.sample_count >= SAMPLE_COUNT:
        return
    sample = Sample(channel.samples + channel.sample_count * Sample.size)
    sample.reason = reason
    sample.sequence = channel.sequence
    sample.byte_count = length
    kept = min(length, SAMPLE_BYTES)
    fill_bytes(sample.bytes, 0, SAMPLE_BYTES)
    copy_bytes(sample.bytes, address, kept)
    channel.sample_count += 1


@hot
def channel_distrust(channel):
    """Something of the stream is lost: no book of this channel is complete any more.

    The end of the venue's event may be among it, so nobody waits for that.
    """
    channel.epoch += 1
    channel.event_open = 0
    channel.event_since_ns = 0
    if channel.state == ChannelState.SYNCHRONIZED:
        channel.state = ChannelState.BACKFILL


@hot
def message_time(channel, venue_time):
    """Set the venue's time for the events of this message: nanoseconds, of the epoch or of the day."""
    channel.venue_time = venue_time + channel.day_base_ns


@hot
def quality_of(channel, damaged_epoch, recovered_epoch):
    """The quality of an instrument's book from the channel's words and its own two."""
    if channel.state == ChannelState.UNKNOWN:
        return Quality.EMPTY
    epoch = channel.epoch
    if damaged_epoch == epoch:
        return Quality.STALE
    if channel.complete_epoch != epoch and recovered_epoch != epoch:
        return Quality.STALE
    if channel.hole_requested != 0:
        return Quality.RECOVERING
    if channel.silent != 0:
        return Quality.STALE
    return Quality.CURRENT


assert max(Reason) < REASON_COUNT
