"""Intentions: what the hot path wants from the outside, left in a bounded ring that a cold thread drains."""

from __future__ import annotations

from enum import IntEnum

from .channel import reason_count
from .jit import hot_call
from .memory import fence_release
from .reasons import Reason
from .records import Record, i64


class IntentionKind(IntEnum):
    """What the hot path wants from the outside."""

    RETRANSMIT = 1  #: messages `first` to `first + count - 1`
    ALARM_SILENT = 2  #: nothing was heard for the heartbeat limit
    ALARM_GAP = 3  #: a hole was given up
    ALARM_LINE_SILENT = 4  #: copy `count` of the channel was last heard at `first` (0: never), beyond the limit


class Intention(Record, size=64):
    """One wish, in a bounded ring that a cold thread drains."""

    kind = i64
    first = i64
    count = i64
    session_high = i64
    session_low = i64
    stream = i64
    now_ns = i64
    attempt = i64


@hot_call
def intention_emit(channel, sequencer, kind, first, count, now):
    """Leave a wish for the cold side; dropped and counted when the ring is full.

    Who sees the count sees the wish; who sees anything stored after this sees the count.
    """
    written = sequencer.intention_written
    if written - sequencer.intention_read > sequencer.intention_mask:
        reason_count(channel, Reason.INTENTIONS_FULL)
        return
    wish = Intention(sequencer.intentions + Intention.size * (written & sequencer.intention_mask))
    wish.kind = kind
    wish.first = first
    wish.count = count
    wish.session_high = sequencer.session_high
    wish.session_low = sequencer.session_low
    wish.stream = 0
    wish.now_ns = now
    wish.attempt = sequencer.requests
    fence_release()
    sequencer.intention_written = written + 1
    fence_release()
