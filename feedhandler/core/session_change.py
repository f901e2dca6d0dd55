"""One session ends for a channel and another begins: what is forgotten, in which order readers may see it."""

from __future__ import annotations

from .belief import Belief, Doubt, session_believe, session_remember
from .book import Book, book_reset
from .channel import FEED_STATE_BYTES, ChannelState, channel_distrust
from .directory import directory_reset
from .events import EventKind, event_write
from .hold import Held, held_fill, held_unpack, hold_copy
from .holes import deadline_set, gap_declare, hole_open
from .integers import INT64_MAX
from .jit import hot_call
from .kept_changes import changes_reset
from .lines import ARRIVALS, Arrival, line_at
from .memory import copy_bytes, fence_release, fill_bytes


@hot_call
def session_leave(channel, sequencer, now):
    """The session that was heard is over: what is missing of it stays missing, instruments and books are forgotten.

    The names go first, then the number of the session changes and the books are emptied, inside the write sections of
    all: a reader with an index of the former session is told so before anything of the new one can stand there.
    """
    if sequencer.hole_since_ns != 0:
        gap_declare(channel, sequencer, sequencer.known_next, now)
    session_remember(channel, sequencer)
    channel_distrust(channel)
    directory_reset(channel)
    fence_release()
    book_reset(channel, Book(channel.book), sequencer.sessions + 1)
    fill_bytes(sequencer.arrivals, 0, Arrival.size * ARRIVALS)
    fill_bytes(channel.feed_state, 0, FEED_STATE_BYTES)
    if channel.kept_changes != 0:
        changes_reset(channel)


@hot_call
def session_begin(channel, sequencer, packet, late):
    """A session begins with this packet; `late`: somewhere in its midst, though it may be near the start."""
    if sequencer.session_known != 0:
        session_leave(channel, sequencer, packet.received_ns)
    sequencer.session_known = 1
    sequencer.session_high = packet.session_high
    sequencer.session_low = packet.session_low
    sequencer.sessions += 1
    channel.sessions = sequencer.sessions
    sequencer.hole_since_ns = 0
    sequencer.held_count = 0
    sequencer.held_bytes = 0
    for index in range(sequencer.held_capacity):
        Held(sequencer.held + Held.size * index).used = 0
    sequencer.ends_at = INT64_MAX
    channel.hole_requested = 0
    channel.epoch += 1
    if not late and packet.sequence <= 1 + sequencer.start_window:
        # Near enough to the beginning to wait for it.
        sequencer.expected = 1
        channel.complete_epoch = channel.epoch
        channel.state = ChannelState.SYNCHRONIZED
    else:
        sequencer.expected = packet.sequence
        channel.state = ChannelState.BACKFILL
    sequencer.known_next = sequencer.expected
    sequencer.joined_at = sequencer.expected
    sequencer.lost_first = 0
    sequencer.lost_end = 0
    sequencer.hole_lost = 0
    sequencer.doubt = Doubt.NONE
    channel.event_open = 0
    channel.event_since_ns = 0
    channel.unread_sequence = 0
    channel.sequence = sequencer.expected - 1
    channel.boundary_sequence = channel.sequence
    deadline_set(channel, sequencer)
    event_write(channel, EventKind.SESSION, 0, -1, packet.session_high, packet.session_low, 0, 0, 0, 0, 0)


@hot_call
def unconfirmed_keep(sequencer, packet, now):
    """Keep the first packet of a session near its start, until a second one confirms the session."""
    place = sequencer.held_capacity
    kept = Held(sequencer.held + Held.size * place)
    kept.used = 0
    near = packet.sequenced != 0 and packet.sequence <= 1 + sequencer.start_window
    doubted = sequencer.doubt == Doubt.SESSION or sequencer.doubt == Doubt.RESTART
    if doubted and near and packet.span != 0 and packet.byte_count <= sequencer.slot_bytes:
        held_fill(sequencer, kept, place, packet, now)


@hot_call
def unconfirmed_take(channel, sequencer):
    """The session was confirmed: what was kept of it takes its place among what waits."""
    kept = Held(sequencer.held + Held.size * sequencer.held_capacity)
    if kept.sequence <= sequencer.expected:
        return
    held = Held(sequencer.held)
    copy_bytes(held.address, kept.address, Held.size)
    copy_bytes(sequencer.slots, sequencer.slots + sequencer.slot_bytes * sequencer.held_capacity, kept.byte_count)
    sequencer.held_count = 1
    sequencer.held_bytes = held.byte_count
    sequencer.held_maximum = max(sequencer.held_maximum, 1)
    sequencer.known_next = held.sequence + held.span
    line_at(sequencer, held.line).first_arrivals += 1
    hole_open(channel, sequencer, held.sequence, held.received_ns)


@hot_call
def session_restart(channel, sequencer, packet, now):
    """The session began again at 1: its first packet was kept, and this one, which follows, confirmed it.

    The kept packet takes the other's place, which waits for the next turn.
    """
    place = sequencer.held_capacity
    kept = Held(sequencer.held + Held.size * place)
    sequence = packet.sequence
    packet.sequence = kept.sequence
    sequencer.session_heard_ns = now
    session_begin(channel, sequencer, packet, False)
    packet.sequence = sequence
    hold_copy(channel, sequencer, packet, now)
    held_unpack(sequencer, packet, kept, place)
    kept.used = 0


@hot_call
def session_judge(channel, sequencer, packet, now):
    """A packet of another session than the known one: True where it is used, and its session has begun."""
    belief = session_believe(channel, sequencer, packet)
    if belief == Belief.REFUSED:
        line = line_at(sequencer, packet.line)
        line.packets += 1
        if line.replies == 0:
            unconfirmed_keep(sequencer, packet, now)
        return False
    kept = Held(sequencer.held + Held.size * sequencer.held_capacity)
    same = packet.session_high == sequencer.doubt_high and packet.session_low == sequencer.doubt_low
    confirmed = sequencer.doubt == Doubt.SESSION and same and kept.used != 0
    sequencer.session_heard_ns = now
    sequencer.heard_ns = now
    session_begin(channel, sequencer, packet, belief == Belief.REJOIN)
    if confirmed:
        unconfirmed_take(channel, sequencer)
    kept.used = 0
    return True
