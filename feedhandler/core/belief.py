"""What a channel believes: one stray packet neither takes a channel over nor stops it.

A packet may belong to another session, lie far ahead of the stream, or far behind it. Either it is a stray (a wrong
group, a broken sender, damage that no checksum saw), or it is the truth and what the channel believes is wrong. One
packet cannot tell; the next ones can. So a packet that contradicts is not used but remembered, and believed when others
agree with it and none speaks for what the channel believes in between:

* Another session: by the second packet (`CONFIRMED_BY`), or at once where nothing can be lost by it: data with sequence
  1, which is how a genuine session starts, or anything after the known session has ended. A heartbeat must always be
  confirmed, since it carries nothing that could be missed, and idle sessions elsewhere repeat theirs. The first packet
  of a session near its start is kept, so that waiting for the second makes no book incomplete.
* Far ahead (more than `jump_limit` messages): by the second packet that goes on near it.
* The former session, where it goes on behind what was heard of it and had not ended: by `RETAKEN_BY` packets. It then
  begins anew as a late join, stale. So a stray with sequence 1, believed at once, costs trust, but not the channel.
* Behind a place that the channel never passed itself, in the last gap, before the place where it joined, or far behind
  while incomplete: by `RETAKEN_BY` packets; again a late join. That undoes a wild sequence which was believed.
* From 1 again under the same session, on a line that has been beyond, where the session's rules let it begin anew: by
  the packet that follows on the first. Nothing of it is lost, since the first is kept.

A copy on another line agrees with nothing: it is the same packet. Whoever agrees must be another packet, except that a
heartbeat may repeat itself on its own line. Nor does a reply to a request: it brings what was asked for and is no
witness, so that neither a server of another session nor a hundred late replies move a channel. One doubt is remembered
at a time, so that all of this is bounded; packets in their turn pay one comparison for it. What going back costs is
honest in each case: only a channel that is incomplete already, or whose session was replaced, goes back, and it stays
stale.
"""

from __future__ import annotations

from enum import IntEnum

from .channel import ChannelState, reason_count
from .hold import Held
from .integers import INT64_MAX
from .jit import hot, hot_call
from .lines import line_at
from .reasons import Reason

CONFIRMED_BY = 2
RETAKEN_BY = 64
SHUFFLED = 64  # numbers by which a copy may come late on its own line
PAUSE_NS = 1_000_000_000  # and for how long at most


class Doubt(IntEnum):
    """Which of the channel's beliefs the last packets contradict."""

    NONE = 0
    SESSION = 1  #: they belong to a session that was not heard before
    FORMER = 2  #: they continue the session before this one
    AHEAD = 3  #: they lie far ahead
    BEHIND = 4  #: they lie where the channel has never been
    RESTART = 5  #: they count from 1 again, on a line that was far beyond


class Belief(IntEnum):
    """What is to be done with a packet that contradicts."""

    REFUSED = 0  #: it is not used
    BELIEVED = 1  #: it is used as any other
    BEGIN = 2  #: it begins a session, or confirms that one began
    REJOIN = 3  #: the stream is joined late, at this packet


@hot_call
def doubt_raise(sequencer, packet, doubt):
    """How many packets in a row, this one included and copies left out, contradict in the same way."""
    distance = packet.sequence - sequencer.doubt_sequence
    same = packet.session_high == sequencer.doubt_high and packet.session_low == sequencer.doubt_low
    if sequencer.doubt != doubt or not same or distance > sequencer.jump_limit or -distance > sequencer.jump_limit:
        sequencer.doubt = doubt
        sequencer.doubt_count = 1
        sequencer.doubt_high = packet.session_high
        sequencer.doubt_low = packet.session_low
    elif distance == 0 and packet.sequenced != 0 and not (packet.span == 0 and packet.line == sequencer.doubt_line):
        return sequencer.doubt_count
    else:
        sequencer.doubt_count += 1
    sequencer.doubt_sequence = packet.sequence
    sequencer.doubt_line = packet.line
    return sequencer.doubt_count


@hot_call
def session_believe(channel, sequencer, packet):
    """Judge a packet of another session than the known one: REFUSED, BEGIN, or REJOIN."""
    if line_at(sequencer, packet.line).replies != 0:
        reason_count(channel, Reason.REPLY_SESSION)
        return Belief.REFUSED
    if sequencer.session_known == 0:
        return Belief.BEGIN
    former = packet.session_high == sequencer.previous_high and packet.session_low == sequencer.previous_low
    if sequencer.sessions > 1 and former:
        reason_count(channel, Reason.SESSION_OLD)
        following = packet.sequence + packet.span
        next_one = sequencer.previous_next
        goes_on = following > next_one or (packet.span == 0 and following == next_one)
        if goes_on and doubt_raise(sequencer, packet, Doubt.FORMER) >= RETAKEN_BY:
            return Belief.REJOIN
        return Belief.REFUSED
    starts = packet.sequenced != 0 and packet.sequence == 1 and packet.span != 0
    if starts or channel.state == ChannelState.ENDED:
        return Belief.BEGIN
    if doubt_raise(sequencer, packet, Doubt.SESSION) >= CONFIRMED_BY:
        return Belief.BEGIN
    reason_count(channel, Reason.SESSION_UNCONFIRMED)
    return Belief.REFUSED


@hot_call
def session_remember(channel, sequencer):
    """The known session gives way to another: from where on would it go on? One that has ended does not."""
    sequencer.previous_high = sequencer.session_high
    sequencer.previous_low = sequencer.session_low
    sequencer.previous_next = INT64_MAX if channel.state == ChannelState.ENDED else sequencer.known_next


@hot
def went_back(sequencer, packet):
    """Whether a line that may begin again has been beyond this packet in this session, further than networks shuffle.

    Further in number, or in time: a restart takes longer than any copy on its way.
    """
    line = line_at(sequencer, packet.line)
    back = line.expected - packet.sequence
    if sequencer.restarts == 0 or back <= 0 or packet.span == 0 or line.session != sequencer.sessions:
        return False
    return back > SHUFFLED or sequencer.now_ns - line.heard_ns > PAUSE_NS or sequencer.doubt == Doubt.RESTART


@hot_call
def _restart_believe(channel, sequencer, packet):
    """Judge a packet whose line has been beyond it, where a session may begin again under the same name.

    A copy of a packet comes once; a restart goes on. The first packet is kept, and the second one, which follows on it,
    confirms it. A restart whose beginning was missed is believed by `RETAKEN_BY` packets, as a late join.
    """
    if packet.sequence == 1:
        doubt_raise(sequencer, packet, Doubt.RESTART)
        reason_count(channel, Reason.SESSION_UNCONFIRMED)
        return Belief.REFUSED
    if sequencer.doubt == Doubt.RESTART:
        kept = Held(sequencer.held + Held.size * sequencer.held_capacity)
        if kept.used != 0 and packet.sequence == kept.sequence + kept.span:
            return Belief.BEGIN
        if packet.sequence == 1 + kept.span:
            return Belief.BELIEVED
    if doubt_raise(sequencer, packet, Doubt.BEHIND) < RETAKEN_BY:
        return Belief.BELIEVED
    sequencer.doubt = Doubt.NONE
    return Belief.REJOIN


@hot_call
def sequence_believe(channel, sequencer, packet):
    """Judge a packet of the known session that is not the expected one: REFUSED, BELIEVED, or REJOIN."""
    if packet.sequenced == 0:
        sequencer.doubt = Doubt.NONE
        return Belief.BELIEVED
    sequence = packet.sequence
    expected = sequencer.expected
    if line_at(sequencer, packet.line).replies != 0:
        if sequence - expected <= sequencer.jump_limit:
            return Belief.BELIEVED
        reason_count(channel, Reason.PACKET_JUMP)
        return Belief.REFUSED
    if sequence - expected > sequencer.jump_limit:
        if doubt_raise(sequencer, packet, Doubt.AHEAD) < CONFIRMED_BY:
            reason_count(channel, Reason.PACKET_JUMP)
            return Belief.REFUSED
    elif went_back(sequencer, packet) and sequence + packet.span <= expected:
        return _restart_believe(channel, sequencer, packet)
    elif sequence + packet.span <= expected and channel.complete_epoch != channel.epoch:
        lost = sequencer.lost_first <= sequence < sequencer.lost_end
        if lost or sequence < sequencer.joined_at or expected - sequence > sequencer.jump_limit:
            if doubt_raise(sequencer, packet, Doubt.BEHIND) < RETAKEN_BY:
                return Belief.BELIEVED
            sequencer.doubt = Doubt.NONE
            return Belief.REJOIN
    sequencer.doubt = Doubt.NONE
    return Belief.BELIEVED
