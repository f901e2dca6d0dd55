"""Arbitration and sequencing of one channel: the first arrival of a sequence wins, over any number of lines.

A packet is delivered when its turn has come, dropped when every message of it was delivered before, cut to its new
part when it overlaps, and copied into bounded hold memory when it is ahead of its turn. While a hole is open nothing
beyond it is applied. Two limits end the patience: after `request_after_ns` a retransmission request is emitted (and
the books say RECOVERING), after `give_up_after_ns`, or when the hold memory is full, the hole is declared a gap: the
channel's epoch moves on, its books are stale, and what was held is released.

Numbering is per message (`count` messages from `sequence` on) or per packet (`count` is 1 for the sequencer). A
sequence of 0 means unsequenced where the session says so: such packets are applied as they come.

A packet that contradicts what the channel believes (another session, a sequence far away) is judged by `belief.py`
before it is judged here. Silence is an alarm of its own, per channel and per line; a line that did not speak in
this session is silent since the session was first heard. The lines are looked at when a deadline passes, never for a
packet.

Everything here is a function of (state, packet, now): no clock, no socket.
"""

from __future__ import annotations

from .belief import Belief, Doubt, sequence_believe, went_back
from .channel import ChannelState, channel_distrust, reason_count
from .hold import Held, held_unpack, hold_copy
from .holes import deadline_set, hole_close, hole_next, hole_open, session_end_check
from .integers import INT64_MAX
from .jit import hot, hot_call, rare
from .lines import LOOPS_ONLY, arrival_note, duplicate_note, line_at
from .packet import PacketKind, Verdict
from .reasons import Reason
from .records import Record, fixed, i64, published
from .session_change import session_begin, session_judge, session_restart, unconfirmed_keep


class Sequencer(Record):
    """The state of one channel's arbitration."""

    session_high = published(i64)
    session_low = published(i64)
    previous_high = i64
    previous_low = i64
    previous_next = i64  #: where the former session would go on, INT64_MAX where it had ended
    session_known = i64
    expected = published(i64)  #: the next sequence to deliver
    known_next = i64  #: one behind the highest sequence known to exist
    ends_at = i64  #: the sequence at which the session ends, or INT64_MAX
    loop_number = i64  #: of the packet being applied, where it is of a loop beside the stream; else 0
    loop_subject = i64  #: that packet's `subject`, for sessions whose loops have one
    loop_next = i64  #: the number behind that packet
    newest_first = i64  #: of the newest packet, where packets that begin inside another contradict the numbering
    newest_end = i64  #: the number behind that packet
    loop_line = i64  #: that packet's line: rounds of two lines may differ
    restarts = fixed(i64)  #: 1 where a session may begin again at 1 under the same name
    start_window = fixed(i64)  #: a first packet this near to sequence 1 waits for what is before it
    jump_limit = fixed(i64)  #: a packet further ahead than this must be confirmed by another
    doubt = i64  #: a `Doubt`: what the last packets contradict
    doubt_count = i64
    doubt_high = i64
    doubt_low = i64
    doubt_sequence = i64
    doubt_line = i64
    joined_at = i64  #: the first sequence that was expected in this session
    lost_first = i64  #: the last gap: what arrives of it now is late
    lost_end = i64
    # the hole
    hole_lost = i64  #: part of the open hole was given up
    hole_since_ns = published(i64)  #: 0 while no hole is open
    hole_end = i64  #: the first sequence behind the open hole that is known to exist
    announced_ns = i64  #: when a packet without messages last raised `known_next`
    request_after_ns = fixed(i64)
    give_up_after_ns = fixed(i64)
    # hold memory
    held = fixed(i64)
    held_count = published(i64)
    held_bytes = i64
    held_capacity = fixed(i64)
    held_bytes_limit = fixed(i64)
    held_maximum = published(i64)
    slots = fixed(i64)  #: one more than `held_capacity`, and so are the records: the last keeps an unconfirmed packet
    slot_bytes = fixed(i64)
    # lines and arrivals
    lines = fixed(i64)
    line_numbers = fixed(i64)  #: address of the numbers of this channel's lines
    line_count = fixed(i64)
    arrivals = fixed(i64)
    now_ns = i64  #: of the last packet or tick
    heard_ns = published(i64)
    session_heard_ns = i64  #: when the session was first heard
    heartbeat_limit_ns = fixed(i64)
    # figures
    packets = published(i64)
    duplicates = published(i64)
    sessions = published(i64)
    gap_count = published(i64)
    gap_messages = published(i64)
    gaps = fixed(i64)  #: address of the first GAPS_KEPT gaps
    holes_filled = published(i64)
    requests = published(i64)
    # intentions
    intentions = fixed(i64)
    intention_mask = fixed(i64)
    intention_written = published(i64)
    intention_read = published(i64)  #: written by the cold side
    deadline_ns = i64  #: the next moment at which `sequencer_tick` has something to do


@hot
def line_note(channel, sequencer, line, packet, now):
    """Follow one line's own numbering."""
    line.packets += 1
    if line.session != sequencer.sessions:
        line.session = sequencer.sessions
        line.expected = 0
    line.bytes += packet.byte_count
    line.heard_ns = now
    if line.silent != 0:
        line.silent = 0
        deadline_set(channel, sequencer)
    if packet.kind != PacketKind.DATA:
        line.heartbeats += 1
    if packet.sequenced == 0 or line.replies != 0:
        return
    expected = line.expected
    following = packet.sequence + packet.span
    if expected != 0 and packet.sequence > expected:
        line.gaps += 1
        line.missing += packet.sequence - expected
    if following > expected:
        line.expected = following


@hot_call
def _loop(channel, sequencer, packet, line, now):
    """A packet of a loop beside the stream: applied as it comes, under the number that the stream has reached.

    It has a numbering of its own, which begins again with every round, in any order. Neither the session nor the trust
    in what the stream said changes by it; a snapshot's handler recovers its instrument.
    """
    rare()
    packet.kind = PacketKind.DATA
    packet.sequenced = 0
    line_note(channel, sequencer, line, packet, now)
    if line.replies != 0:
        reason_count(channel, Reason.PACKET_SEQUENCE)
        return Verdict.DROP
    line.first_arrivals += 1
    line.loops = max(line.loops, 1)
    sequencer.loop_number = packet.sequence
    sequencer.loop_subject = packet.subject
    sequencer.loop_next = packet.sequence + packet.span
    sequencer.loop_line = packet.line
    packet.sequence = max(sequencer.expected - 1, 0)
    return Verdict.DELIVER


@hot_call
def _beside(channel, sequencer, packet, line, now):
    """A heartbeat that says nothing of the stream: it has no number, or its line brings loops.

    The line lives, and without a number the stream does; neither its session nor its place follows from it.
    """
    rare()
    counted = packet.sequenced
    packet.sequenced = 0
    line_note(channel, sequencer, line, packet, now)
    if counted == 0 and line.loops == 0 and line.replies == 0 and sequencer.session_known != 0:
        sequencer.heard_ns = now
        if channel.silent != 0:
            channel.silent = 0
            deadline_set(channel, sequencer)
    return Verdict.DROP


@hot
def sequencer_accept(channel, sequencer, packet, now):
    """Judge a packet: DELIVER it now from message `packet.skip` on, DROP it (done with, or it was copied), or HOLD.

    After DELIVER the caller applies the messages, calls `sequencer_delivered` and drains `sequencer_next`. HOLD means
    that it must wait and finds no room: the caller gives the hole up, drains, and asks `sequencer_retry`.
    """
    sequencer.packets += 1
    sequencer.now_ns = now
    line = line_at(sequencer, packet.line)
    packet.skip = 0
    if packet.kind != PacketKind.DATA or line.loops == LOOPS_ONLY:
        if packet.kind == PacketKind.LOOP or packet.kind == PacketKind.DATA:
            return _loop(channel, sequencer, packet, line, now)
        if packet.kind == PacketKind.HEARTBEAT and (packet.sequenced == 0 or line.loops != 0):
            return _beside(channel, sequencer, packet, line, now)
    same = packet.session_high == sequencer.session_high and packet.session_low == sequencer.session_low
    if not same or sequencer.session_known == 0:
        if not session_judge(channel, sequencer, packet, now):
            return Verdict.DROP
    expected = sequencer.expected
    behind = packet.sequence < expected and (channel.complete_epoch != channel.epoch or went_back(sequencer, packet))
    if behind or sequencer.doubt != Doubt.NONE or packet.sequence - expected > sequencer.jump_limit:
        belief = sequence_believe(channel, sequencer, packet)
        if belief == Belief.REFUSED:
            line.packets += 1
            if sequencer.doubt == Doubt.RESTART:
                unconfirmed_keep(sequencer, packet, now)
            return Verdict.DROP
        if belief == Belief.BEGIN:
            line.packets += 1
            session_restart(channel, sequencer, packet, now)
            line = line_at(sequencer, packet.line)
        if belief == Belief.REJOIN:
            session_begin(channel, sequencer, packet, True)
    if line.replies == 0:
        sequencer.heard_ns = now
        if channel.silent != 0:
            channel.silent = 0
            deadline_set(channel, sequencer)
    line_note(channel, sequencer, line, packet, now)
    if packet.sequenced == 0:
        if line.replies != 0:
            reason_count(channel, Reason.PACKET_SEQUENCE)
            return Verdict.DROP
        # Nothing orders such packets: they are applied as they come, and no book of them is ever complete.
        if channel.complete_epoch == channel.epoch:
            channel_distrust(channel)
        channel.state = ChannelState.BACKFILL
        line.first_arrivals += 1
        return Verdict.DELIVER if packet.kind == PacketKind.DATA else Verdict.DROP
    sequence = packet.sequence
    following = sequence + packet.span
    if following > sequencer.known_next:
        sequencer.known_next = following
        if packet.kind != PacketKind.DATA:
            sequencer.announced_ns = now
    if packet.kind == PacketKind.END_OF_SESSION and sequence >= sequencer.expected:
        sequencer.ends_at = sequence
    expected = sequencer.expected
    if packet.kind != PacketKind.DATA:
        if sequence > expected:
            hole_open(channel, sequencer, sequence, now)
        session_end_check(channel, sequencer)
        return Verdict.DROP
    if sequence == expected:
        line.first_arrivals += 1
        arrival_note(sequencer, packet)
        return Verdict.DELIVER
    if following <= expected:
        duplicate_note(sequencer, packet, line)
        return Verdict.DROP
    if sequence < expected:
        # Some of its messages are new. Where packets are numbered the span is 1 and this cannot happen.
        packet.skip = expected - sequence
        line.first_arrivals += 1
        arrival_note(sequencer, packet)
        return Verdict.DELIVER
    return _hold(channel, sequencer, packet, line, now)


@hot_call
def _hold(channel, sequencer, packet, line, now):
    """A packet ahead of its turn: DROP when it was copied or waits already, HOLD when there is no room to wait."""
    for index in range(sequencer.held_capacity):
        held = Held(sequencer.held + Held.size * index)
        if held.used != 0 and held.sequence == packet.sequence and held.span >= packet.span:
            duplicate_note(sequencer, packet, line)
            return Verdict.DROP
    hole_open(channel, sequencer, packet.sequence, now)
    line.first_arrivals += 1
    arrival_note(sequencer, packet)
    return hold_copy(channel, sequencer, packet, now)


@hot
def sequencer_delivered(channel, sequencer, packet):
    """The packet's messages were applied: move on."""
    if packet.sequenced == 0:
        sequencer.loop_number = 0
        return
    sequencer.expected = packet.sequence + packet.span
    if sequencer.hole_since_ns != 0 or sequencer.ends_at != INT64_MAX:
        _after_progress(channel, sequencer)


@hot_call
def _after_progress(channel, sequencer):
    if sequencer.hole_since_ns != 0:
        if sequencer.expected >= sequencer.known_next:
            if sequencer.hole_lost == 0:
                sequencer.holes_filled += 1
            hole_close(channel, sequencer)
        elif sequencer.held_count == 0:
            hole_next(channel, sequencer)
    session_end_check(channel, sequencer)


@hot_call
def sequencer_next(channel, sequencer, packet):
    """Take the next held packet whose turn has come into `packet`; False when there is none.

    Its bytes stay in hold memory and are valid until the next call.
    """
    for index in range(sequencer.held_capacity if sequencer.held_count != 0 else 0):
        held = Held(sequencer.held + Held.size * index)
        if held.used == 0 or held.sequence > sequencer.expected:
            continue
        held.used = 0
        sequencer.held_count -= 1
        sequencer.held_bytes -= held.byte_count
        if held.sequence + held.span <= sequencer.expected:
            continue
        held_unpack(sequencer, packet, held, index)
        return True
    if sequencer.hole_since_ns != 0:
        hole_next(channel, sequencer)
    return False


@hot_call
def sequencer_retry(channel, sequencer, packet, now):
    """Judge a packet again that found no room to wait, after the hole in front of it was given up and drained."""
    following = packet.sequence + packet.span
    packet.skip = 0
    if following <= sequencer.expected:
        return Verdict.DROP
    if packet.sequence <= sequencer.expected:
        packet.skip = sequencer.expected - packet.sequence
        return Verdict.DELIVER
    if packet.byte_count > sequencer.slot_bytes:
        return Verdict.HOLD
    return hold_copy(channel, sequencer, packet, now)
