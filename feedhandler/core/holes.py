"""Holes: sequences known to exist and not yet heard, from the first sight to the request, the filling or the gap.

All of it is driven by the time that enters with frames and ticks: `deadline_set` says when time alone next changes
something, `sequencer_tick` does it.
"""

from __future__ import annotations

from .channel import ChannelState, channel_distrust
from .events import EventKind, event_write
from .hold import Held, held_first
from .integers import INT64_MAX
from .intentions import IntentionKind, intention_emit
from .jit import hot, hot_call
from .lines import channel_line, line_heard_ns
from .records import Record, i64


class Gap(Record, size=32):
    """A hole that was given up."""

    first = i64
    count = i64
    now_ns = i64
    session_high = i64


GAPS_KEPT = 4096


@hot_call
def deadline_set(channel, sequencer):
    """When time alone next changes something: a request, the end of patience, or silence."""
    deadline = INT64_MAX
    if sequencer.hole_since_ns != 0:
        patience = sequencer.give_up_after_ns
        if channel.hole_requested == 0:
            patience = min(patience, sequencer.request_after_ns)
        deadline = sequencer.hole_since_ns + patience
    if sequencer.heartbeat_limit_ns != 0 and channel.silent == 0 and channel.state != ChannelState.ENDED:
        deadline = min(deadline, sequencer.heard_ns + sequencer.heartbeat_limit_ns)
    if sequencer.heartbeat_limit_ns != 0 and channel.state != ChannelState.ENDED:
        for copy in range(sequencer.line_count):
            line = channel_line(sequencer, copy)
            if line.silent == 0:
                deadline = min(deadline, line_heard_ns(sequencer, line) + sequencer.heartbeat_limit_ns)
    sequencer.deadline_ns = deadline


@hot_call
def hole_open(channel, sequencer, until, now):
    """Sequences before `until` are missing since `now`."""
    if sequencer.hole_since_ns != 0:
        sequencer.hole_end = min(sequencer.hole_end, until)
        return
    sequencer.hole_since_ns = max(now, 1)
    sequencer.hole_end = until
    channel.state = ChannelState.GAP_FILL
    deadline_set(channel, sequencer)


@hot_call
def hole_close(channel, sequencer):
    """Nothing is missing between what was delivered and what is known."""
    sequencer.hole_since_ns = 0
    sequencer.hole_lost = 0
    channel.hole_requested = 0
    if channel.complete_epoch == channel.epoch:
        channel.state = ChannelState.SYNCHRONIZED
    else:
        channel.state = ChannelState.BACKFILL
    deadline_set(channel, sequencer)


@hot
def session_end_check(channel, sequencer):
    """The session has ended once its last message was delivered; where more follows, it was not the end."""
    if sequencer.expected > sequencer.ends_at:
        sequencer.ends_at = INT64_MAX
        if channel.state == ChannelState.ENDED:
            complete = channel.complete_epoch == channel.epoch
            channel.state = ChannelState.SYNCHRONIZED if complete else ChannelState.BACKFILL
            deadline_set(channel, sequencer)
        return
    if sequencer.expected >= sequencer.ends_at and channel.state != ChannelState.ENDED:
        channel.state = ChannelState.ENDED
        event_write(channel, EventKind.END_OF_SESSION, 0, -1, 0, 0, 0, 0, 0, 0, 0)


@hot_call
def hole_next(channel, sequencer):
    """Where the open hole was passed, the next one takes its place, as old as what first showed it.

    That is the oldest packet that still waits, or else the heartbeat. One that is overdue already is requested at once,
    so that no book says CURRENT in between.
    """
    if sequencer.expected < sequencer.hole_end:
        return
    oldest = INT64_MAX
    for index in range(sequencer.held_capacity if sequencer.held_count != 0 else 0):
        held = Held(sequencer.held + Held.size * index)
        if held.used != 0 and held.received_ns < oldest:
            oldest = held.received_ns
    if oldest == INT64_MAX:
        oldest = sequencer.announced_ns
    sequencer.hole_since_ns = max(oldest, 1)
    sequencer.hole_end = held_first(sequencer)
    if sequencer.hole_lost == 0 and sequencer.now_ns - oldest >= sequencer.request_after_ns:
        hole_request(channel, sequencer, sequencer.now_ns)
    else:
        channel.hole_requested = 0
    deadline_set(channel, sequencer)


@hot_call
def hole_request(channel, sequencer, now):
    """Ask for what is missing up to the first packet that waits."""
    channel.hole_requested = 1
    sequencer.requests += 1
    count = held_first(sequencer) - sequencer.expected
    intention_emit(channel, sequencer, IntentionKind.RETRANSMIT, sequencer.expected, count, now)


@hot_call
def gap_declare(channel, sequencer, until, now):
    """Messages from the expected one up to `until` (not included) are lost."""
    first = sequencer.expected
    if until <= first:
        return
    if sequencer.gap_count < GAPS_KEPT:
        gap = Gap(sequencer.gaps + Gap.size * sequencer.gap_count)
        gap.first = first
        gap.count = until - first
        gap.now_ns = now
        gap.session_high = sequencer.session_high
    sequencer.gap_count += 1
    sequencer.gap_messages += until - first
    sequencer.lost_first = first
    sequencer.lost_end = until
    sequencer.hole_lost = 1
    channel_distrust(channel)
    # The cold side hears of the gap before it sees that its messages are no longer expected.
    intention_emit(channel, sequencer, IntentionKind.ALARM_GAP, first, until - first, now)
    sequencer.expected = until
    channel.hole_requested = 0
    event_write(channel, EventKind.GAP, 0, -1, first, until - first, 0, 0, 0, 0, 0)
    if sequencer.expected >= sequencer.known_next:
        hole_close(channel, sequencer)
    session_end_check(channel, sequencer)


@hot_call
def sequencer_give_up(channel, sequencer, limit, now):
    """Declare the open hole a gap, up to the first held packet behind it, and to `limit` at most."""
    if sequencer.hole_since_ns == 0:
        return
    gap_declare(channel, sequencer, min(limit, held_first(sequencer)), now)


@hot_call
def sequencer_tick(channel, sequencer, now):
    """Time passed: request, give up (True: then drain `sequencer_next`), raise the alarm of silence, or nothing."""
    sequencer.now_ns = now
    gave_up = False
    if sequencer.hole_since_ns != 0:
        age = now - sequencer.hole_since_ns
        if age >= sequencer.give_up_after_ns:
            sequencer_give_up(channel, sequencer, sequencer.known_next, now)
            gave_up = True
        elif age >= sequencer.request_after_ns and channel.hole_requested == 0:
            hole_request(channel, sequencer, now)
    if sequencer.heartbeat_limit_ns != 0:
        silence_check(channel, sequencer, now)
    deadline_set(channel, sequencer)
    return gave_up


@hot_call
def silence_check(channel, sequencer, now):
    """Raise the alarms of a channel and of lines that were not heard for longer than the heartbeat limit."""
    if channel.state == ChannelState.ENDED or channel.state == ChannelState.UNKNOWN:
        return
    limit = sequencer.heartbeat_limit_ns
    if channel.silent == 0 and now - sequencer.heard_ns > limit:
        channel.silent = 1
        intention_emit(channel, sequencer, IntentionKind.ALARM_SILENT, sequencer.heard_ns, 0, now)
    for copy in range(sequencer.line_count):
        line = channel_line(sequencer, copy)
        if line.silent == 0 and now - line_heard_ns(sequencer, line) > limit:
            line.silent = 1
            line.silences += 1
            intention_emit(channel, sequencer, IntentionKind.ALARM_LINE_SILENT, line.heard_ns, line.copy, now)


@hot_call
def sequencer_finish(channel, sequencer, now):
    """The input ends for good: no hole stays open. True while something was given up (then drain and call again)."""
    if sequencer.hole_since_ns == 0:
        return False
    sequencer_give_up(channel, sequencer, sequencer.known_next, now)
    return True
