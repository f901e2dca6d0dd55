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

from enum import IntEnum

from .belief import Belief, Doubt, sequence_believe, session_believe, session_remember
from .book import Book, book_reset
from .channel import ChannelState, channel_distrust, reason_count
from .directory import directory_reset
from .events import EventKind, event_write
from .integers import INT64_MAX
from .jit import hot, hot_call
from .memory import copy_bytes, fence_release, fill_bytes
from .reasons import Reason
from .records import Record, i64, published


class PacketKind(IntEnum):
    """What a session's packet is."""

    DATA = 0
    HEARTBEAT = 1  #: no messages; its sequence is the next one
    END_OF_SESSION = 2  #: like a heartbeat, and nothing will follow


class Packet(Record):
    """A packet after its session header was read; one scratch record a pipeline."""

    kind = i64
    session_high = i64  #: the first eight bytes of the session's name, or its number
    session_low = i64  #: the rest of the name, or 0
    stream = i64  #: the in-band stream's number, 0 where the session has none
    sequence = i64
    count = i64  #: messages in the packet
    span = i64  #: sequence numbers that the packet covers: `count`, or 1 where packets are numbered
    skip = i64  #: messages at the front that were delivered before
    body = i64  #: address of the first message block
    end = i64  #: address behind the last byte
    received_ns = i64
    line = i64
    sequenced = i64
    packet_address = i64  #: of the packet's first byte
    byte_count = i64


class Line(Record):
    """One copy of a channel's stream, and what became of its packets."""

    channel = i64  #: number of the channel, -1 for a line nobody asked for
    copy = i64
    packets = published(i64)
    bytes = published(i64)
    first_arrivals = published(i64)
    duplicates = published(i64)
    late = published(i64)  #: packets that came after their sequence was given up or before we joined
    gaps = published(i64)  #: times the line skipped a sequence
    missing = published(i64)  #: messages the line skipped
    heartbeats = published(i64)
    session = i64  #: the session, as the channel counts them, that `expected` belongs to
    expected = i64
    heard_ns = published(i64)
    silent = published(i64)  #: nothing came for the heartbeat limit
    silences = published(i64)  #: how often that happened
    lead_count = published(i64)  #: packets that came here first and on another line later
    lead_total_ns = published(i64)
    lead_maximum_ns = published(i64)
    streams = i64  #: address of the channels of in-band streams, 0 where the session has none


class Held(Record, size=64):
    """A packet that waits; its bytes lie in the slot of the same index."""

    sequence = i64
    span = i64
    count = i64
    byte_count = i64
    body_offset = i64
    received_ns = i64
    line = i64
    used = i64


class Arrival(Record, size=24):
    """When and where a sequence was first heard, for lead times."""

    sequence = i64
    received_ns = i64
    line = i64


ARRIVALS = 4096


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


class Gap(Record, size=32):
    """A hole that was given up."""

    first = i64
    count = i64
    now_ns = i64
    session_high = i64


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
    unsequenced_zero = i64
    start_window = i64  #: a first packet this near to sequence 1 waits for what is before it
    jump_limit = i64  #: a packet further ahead than this must be confirmed by another
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
    request_after_ns = i64
    give_up_after_ns = i64
    # hold memory
    held = i64
    held_count = published(i64)
    held_bytes = i64
    held_capacity = i64
    held_bytes_limit = i64
    held_maximum = published(i64)
    slots = i64  #: one more than `held_capacity`, and so are the records: the last keeps an unconfirmed packet
    slot_bytes = i64
    # lines and arrivals
    lines = i64
    line_numbers = i64  #: address of the numbers of this channel's lines
    line_count = i64
    arrivals = i64
    heard_ns = published(i64)
    session_heard_ns = i64  #: when the session was first heard
    heartbeat_limit_ns = i64
    # figures
    packets = published(i64)
    duplicates = published(i64)
    sessions = published(i64)
    gap_count = published(i64)
    gap_messages = published(i64)
    gaps = i64  #: address of the first GAPS_KEPT gaps
    holes_filled = published(i64)
    requests = published(i64)
    # intentions
    intentions = i64
    intention_mask = i64
    intention_written = published(i64)
    intention_read = published(i64)
    deadline_ns = i64  #: the next moment at which `sequencer_tick` has something to do


GAPS_KEPT = 4096


class Verdict(IntEnum):
    """What is to be done with a packet."""

    DROP = 0
    DELIVER = 1
    HOLD = 2  #: it must wait, and there is no room


@hot
def line_at(sequencer, number):
    """The record of a line of the deployment."""
    return Line(sequencer.lines + Line.size * number)


class LineNumber(Record):
    """An entry of the list of a channel's lines."""

    value = i64


@hot
def channel_line(sequencer, copy):
    """The record of one of the channel's own lines."""
    return line_at(sequencer, LineNumber(sequencer.line_numbers + LineNumber.size * copy).value)


@hot
def _line_heard_ns(sequencer, line):
    """When a line was last heard; where it was not heard in this session, when the session was."""
    return max(line.heard_ns, sequencer.session_heard_ns)


@hot_call
def intention_emit(channel, sequencer, kind, first, count, now):
    """Leave a wish for the cold side; dropped and counted when the ring is full."""
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
    sequencer.intention_written = written + 1


@hot_call
def _deadline_set(channel, sequencer):
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
                deadline = min(deadline, _line_heard_ns(sequencer, line) + sequencer.heartbeat_limit_ns)
    sequencer.deadline_ns = deadline


@hot_call
def _hole_open(channel, sequencer, until, now):
    """Sequences before `until` are missing since `now`."""
    if sequencer.hole_since_ns != 0:
        sequencer.hole_end = min(sequencer.hole_end, until)
        return
    sequencer.hole_since_ns = max(now, 1)
    sequencer.hole_end = until
    channel.state = ChannelState.GAP_FILL
    _deadline_set(channel, sequencer)


@hot_call
def _hole_close(channel, sequencer):
    """Nothing is missing between what was delivered and what is known."""
    sequencer.hole_since_ns = 0
    sequencer.hole_lost = 0
    channel.hole_requested = 0
    if channel.complete_epoch == channel.epoch:
        channel.state = ChannelState.SYNCHRONIZED
    else:
        channel.state = ChannelState.BACKFILL
    _deadline_set(channel, sequencer)


@hot_call
def session_leave(channel, sequencer, now):
    """The session that was heard is over: what is missing of it stays missing, instruments and books are forgotten.

    The names go first, then the number of the session changes, then the books are emptied: a reader with an index of
    the former session is told so before anything of the new one can stand there.
    """
    if sequencer.hole_since_ns != 0:
        _gap(channel, sequencer, sequencer.known_next, now)
    session_remember(channel, sequencer)
    channel_distrust(channel)
    directory_reset(channel)
    fence_release()
    channel.sessions = sequencer.sessions + 1
    book_reset(channel, Book(channel.book))
    fill_bytes(sequencer.arrivals, 0, Arrival.size * ARRIVALS)


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
    channel.sequence = sequencer.expected - 1
    channel.boundary_sequence = channel.sequence
    _deadline_set(channel, sequencer)
    event_write(channel, EventKind.SESSION, 0, -1, packet.session_high, packet.session_low, 0, 0, 0, 0, 0)


@hot_call
def _unconfirmed_keep(sequencer, packet, now):
    """Keep the first packet of a session near its start, until a second one confirms the session."""
    place = sequencer.held_capacity
    kept = Held(sequencer.held + Held.size * place)
    kept.used = 0
    near = packet.sequenced != 0 and packet.sequence <= 1 + sequencer.start_window
    if sequencer.doubt == Doubt.SESSION and near and packet.span != 0 and packet.byte_count <= sequencer.slot_bytes:
        _held_fill(sequencer, kept, place, packet, now)


@hot_call
def _unconfirmed_take(channel, sequencer):
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
    _hole_open(channel, sequencer, held.sequence, held.received_ns)


@hot_call
def _session_judge(channel, sequencer, packet, now):
    """A packet of another session than the known one: True where it is used, and its session has begun."""
    belief = session_believe(channel, sequencer, packet)
    if belief == Belief.REFUSED:
        line_at(sequencer, packet.line).packets += 1
        _unconfirmed_keep(sequencer, packet, now)
        return False
    kept = Held(sequencer.held + Held.size * sequencer.held_capacity)
    same = packet.session_high == sequencer.doubt_high and packet.session_low == sequencer.doubt_low
    confirmed = sequencer.doubt == Doubt.SESSION and same and kept.used != 0
    sequencer.session_heard_ns = now
    sequencer.heard_ns = now
    session_begin(channel, sequencer, packet, belief == Belief.REJOIN)
    if confirmed:
        _unconfirmed_take(channel, sequencer)
    kept.used = 0
    return True


@hot
def _arrival_note(sequencer, packet):
    """Remember where a sequence was first heard."""
    arrival = Arrival(sequencer.arrivals + Arrival.size * (packet.sequence & (ARRIVALS - 1)))
    arrival.sequence = packet.sequence
    arrival.received_ns = packet.received_ns
    arrival.line = packet.line


@hot
def _duplicate_note(sequencer, packet, line):
    """A packet whose messages were all heard before: count it, and credit the line that was first."""
    if packet.sequence < sequencer.joined_at or sequencer.lost_first <= packet.sequence < sequencer.lost_end:
        line.late += 1
        return
    line.duplicates += 1
    sequencer.duplicates += 1
    arrival = Arrival(sequencer.arrivals + Arrival.size * (packet.sequence & (ARRIVALS - 1)))
    if arrival.sequence == packet.sequence and arrival.line != packet.line:
        first = line_at(sequencer, arrival.line)
        lead = packet.received_ns - arrival.received_ns
        first.lead_count += 1
        first.lead_total_ns += lead
        if lead > first.lead_maximum_ns:
            first.lead_maximum_ns = lead


@hot
def _line_note(channel, sequencer, line, packet, now):
    """Follow one line's own numbering."""
    line.packets += 1
    if line.session != sequencer.sessions:
        line.session = sequencer.sessions
        line.expected = 0
    line.bytes += packet.byte_count
    line.heard_ns = now
    if line.silent != 0:
        line.silent = 0
        _deadline_set(channel, sequencer)
    if packet.kind != PacketKind.DATA:
        line.heartbeats += 1
    if packet.sequenced == 0:
        return
    expected = line.expected
    following = packet.sequence + packet.span
    if expected != 0 and packet.sequence > expected:
        line.gaps += 1
        line.missing += packet.sequence - expected
    if following > expected:
        line.expected = following


@hot
def sequencer_accept(channel, sequencer, packet, now):
    """Judge a packet: DELIVER it now from message `packet.skip` on, DROP it (done with, or it was copied), or HOLD.

    After DELIVER the caller applies the messages, calls `sequencer_delivered` and drains `sequencer_next`. HOLD means
    that it must wait and finds no room: the caller gives the hole up, drains, and asks `sequencer_retry`.
    """
    sequencer.packets += 1
    line = line_at(sequencer, packet.line)
    packet.skip = 0
    same = packet.session_high == sequencer.session_high and packet.session_low == sequencer.session_low
    if not same or sequencer.session_known == 0:
        if not _session_judge(channel, sequencer, packet, now):
            return Verdict.DROP
    expected = sequencer.expected
    behind = packet.sequence < expected and channel.complete_epoch != channel.epoch
    if behind or sequencer.doubt != Doubt.NONE or packet.sequence - expected > sequencer.jump_limit:
        belief = sequence_believe(channel, sequencer, packet)
        if belief == Belief.REFUSED:
            line.packets += 1
            return Verdict.DROP
        if belief == Belief.REJOIN:
            session_begin(channel, sequencer, packet, True)
    sequencer.heard_ns = now
    if channel.silent != 0:
        channel.silent = 0
        _deadline_set(channel, sequencer)
    _line_note(channel, sequencer, line, packet, now)
    if packet.sequenced == 0:
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
            _hole_open(channel, sequencer, sequence, now)
        _end_check(channel, sequencer)
        return Verdict.DROP
    if sequence == expected:
        line.first_arrivals += 1
        _arrival_note(sequencer, packet)
        return Verdict.DELIVER
    if following <= expected:
        _duplicate_note(sequencer, packet, line)
        return Verdict.DROP
    if sequence < expected:
        # Some of its messages are new. Where packets are numbered the span is 1 and this cannot happen.
        packet.skip = expected - sequence
        line.first_arrivals += 1
        _arrival_note(sequencer, packet)
        return Verdict.DELIVER
    return _hold(channel, sequencer, packet, line, now)


@hot_call
def _hold(channel, sequencer, packet, line, now):
    """A packet ahead of its turn: DROP when it was copied or waits already, HOLD when there is no room to wait."""
    for index in range(sequencer.held_capacity):
        held = Held(sequencer.held + Held.size * index)
        if held.used != 0 and held.sequence == packet.sequence and held.span >= packet.span:
            _duplicate_note(sequencer, packet, line)
            return Verdict.DROP
    _hole_open(channel, sequencer, packet.sequence, now)
    line.first_arrivals += 1
    _arrival_note(sequencer, packet)
    return _hold_copy(channel, sequencer, packet, now)


@hot
def _held_fill(sequencer, held, place, packet, now):
    """Copy a packet and its bytes."""
    copy_bytes(sequencer.slots + sequencer.slot_bytes * place, packet.packet_address, packet.byte_count)
    held.sequence = packet.sequence
    held.span = packet.span
    held.count = packet.count
    held.byte_count = packet.byte_count
    held.body_offset = packet.body - packet.packet_address
    held.received_ns = now
    held.line = packet.line
    held.used = 1


@hot_call
def _hold_copy(channel, sequencer, packet, now):
    """Copy a packet into hold memory: DROP when done, HOLD when it has no room there."""
    if packet.byte_count > sequencer.slot_bytes:
        reason_count(channel, Reason.HOLD_OVERSIZE)
        return Verdict.HOLD
    if sequencer.held_bytes + packet.byte_count > sequencer.held_bytes_limit:
        return Verdict.HOLD
    free = -1
    for index in range(sequencer.held_capacity):
        if Held(sequencer.held + Held.size * index).used == 0:
            free = index
            break
    if free < 0:
        return Verdict.HOLD
    held = Held(sequencer.held + Held.size * free)
    _held_fill(sequencer, held, free, packet, now)
    sequencer.held_count += 1
    sequencer.held_bytes += packet.byte_count
    if sequencer.held_count > sequencer.held_maximum:
        sequencer.held_maximum = sequencer.held_count
    return Verdict.DROP


@hot
def sequencer_delivered(channel, sequencer, packet):
    """The packet's messages were applied: move on."""
    if packet.sequenced == 0:
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
            _hole_close(channel, sequencer)
        elif sequencer.held_count == 0:
            _hole_next(channel, sequencer)
    _end_check(channel, sequencer)


@hot
def _end_check(channel, sequencer):
    """The session has ended once its last message was delivered; where more follows, it was not the end."""
    if sequencer.expected > sequencer.ends_at:
        sequencer.ends_at = INT64_MAX
        if channel.state == ChannelState.ENDED:
            complete = channel.complete_epoch == channel.epoch
            channel.state = ChannelState.SYNCHRONIZED if complete else ChannelState.BACKFILL
            _deadline_set(channel, sequencer)
        return
    if sequencer.expected >= sequencer.ends_at and channel.state != ChannelState.ENDED:
        channel.state = ChannelState.ENDED
        event_write(channel, EventKind.END_OF_SESSION, 0, -1, 0, 0, 0, 0, 0, 0, 0)


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
        _unpack(sequencer, packet, held, index)
        return True
    if sequencer.hole_since_ns != 0:
        _hole_next(channel, sequencer)
    return False


@hot
def _unpack(sequencer, packet, held, index):
    address = sequencer.slots + sequencer.slot_bytes * index
    packet.kind = PacketKind.DATA
    packet.session_high = sequencer.session_high
    packet.session_low = sequencer.session_low
    packet.sequence = held.sequence
    packet.span = held.span
    packet.count = held.count
    packet.skip = sequencer.expected - held.sequence
    packet.packet_address = address
    packet.body = address + held.body_offset
    packet.end = address + held.byte_count
    packet.byte_count = held.byte_count
    packet.received_ns = held.received_ns
    packet.line = held.line
    packet.sequenced = 1


@hot_call
def _hole_next(channel, sequencer):
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
    sequencer.hole_end = _first_held(sequencer)
    if sequencer.hole_lost == 0 and sequencer.heard_ns - oldest >= sequencer.request_after_ns:
        _hole_request(channel, sequencer, sequencer.heard_ns)
    else:
        channel.hole_requested = 0
    _deadline_set(channel, sequencer)


@hot_call
def _hole_request(channel, sequencer, now):
    """Ask for what is missing up to the first packet that waits."""
    channel.hole_requested = 1
    sequencer.requests += 1
    count = _first_held(sequencer) - sequencer.expected
    intention_emit(channel, sequencer, IntentionKind.RETRANSMIT, sequencer.expected, count, now)


@hot_call
def _gap(channel, sequencer, until, now):
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
    sequencer.expected = until
    channel.hole_requested = 0
    event_write(channel, EventKind.GAP, 0, -1, first, until - first, 0, 0, 0, 0, 0)
    intention_emit(channel, sequencer, IntentionKind.ALARM_GAP, first, until - first, now)
    if sequencer.expected >= sequencer.known_next:
        _hole_close(channel, sequencer)
    _end_check(channel, sequencer)


@hot
def _first_held(sequencer):
    """The lowest sequence that waits, or the next one known where none does."""
    first = sequencer.known_next
    for index in range(sequencer.held_capacity):
        held = Held(sequencer.held + Held.size * index)
        if held.used != 0 and held.sequence < first:
            first = held.sequence
    return first


@hot_call
def sequencer_give_up(channel, sequencer, limit, now):
    """Declare the open hole a gap, up to the first held packet behind it, and to `limit` at most."""
    if sequencer.hole_since_ns == 0:
        return
    _gap(channel, sequencer, min(limit, _first_held(sequencer)), now)


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
    return _hold_copy(channel, sequencer, packet, now)


@hot_call
def sequencer_tick(channel, sequencer, now):
    """Time passed: request, give up (True: then drain `sequencer_next`), raise the alarm of silence, or nothing."""
    gave_up = False
    if sequencer.hole_since_ns != 0:
        age = now - sequencer.hole_since_ns
        if age >= sequencer.give_up_after_ns:
            sequencer_give_up(channel, sequencer, sequencer.known_next, now)
            gave_up = True
        elif age >= sequencer.request_after_ns and channel.hole_requested == 0:
            _hole_request(channel, sequencer, now)
    if sequencer.heartbeat_limit_ns != 0:
        _silence_check(channel, sequencer, now)
    _deadline_set(channel, sequencer)
    return gave_up


@hot_call
def _silence_check(channel, sequencer, now):
    """Raise the alarms of a channel and of lines that were not heard for longer than the heartbeat limit."""
    if channel.state == ChannelState.ENDED or channel.state == ChannelState.UNKNOWN:
        return
    limit = sequencer.heartbeat_limit_ns
    if channel.silent == 0 and now - sequencer.heard_ns > limit:
        channel.silent = 1
        intention_emit(channel, sequencer, IntentionKind.ALARM_SILENT, sequencer.heard_ns, 0, now)
    for copy in range(sequencer.line_count):
        line = channel_line(sequencer, copy)
        if line.silent == 0 and now - _line_heard_ns(sequencer, line) > limit:
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
