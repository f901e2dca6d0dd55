"""Lines: the copies of a channel's stream, and what became of each one's packets.

Every line is followed by its own numbering (what it skipped), and the first arrival of a sequence is remembered, so
that a later copy on another line tells by how much the first one led.

Replies to retransmission requests come as one more line. They meet the live packets in the same arbitration, and what
they were first with is what recovery filled. But they follow no numbering of their own: their gaps are no gaps, their
silence is no alarm, they lead nobody, and they testify to nothing: that the venue is heard, that a session begins, that
the stream is elsewhere, only the venue's own lines can say.
"""

from __future__ import annotations

from .jit import hot
from .records import Record, i64, published

LOOPS_ONLY = 2
"""Of a line that is declared to bring nothing but loops: its packets are those of one, whatever they look like."""


class Line(Record):
    """One copy of a channel's stream, and what became of its packets."""

    channel = i64  #: number of the channel, -1 for a line nobody asked for
    copy = i64
    loops = i64  #: 1 once a packet of a loop came here: its heartbeats are that channel's; or LOOPS_ONLY
    replies = i64  #: 1: brings replies to requests, and has no numbering of its own
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


class Arrival(Record, size=24):
    """When and where a sequence was first heard, for lead times."""

    sequence = i64
    received_ns = i64
    line = i64


ARRIVALS = 4096


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
def line_heard_ns(sequencer, line):
    """When a line was last heard; where it was not heard in this session, when the session was."""
    return max(line.heard_ns, sequencer.session_heard_ns)


@hot
def arrival_note(sequencer, packet):
    """Remember where a sequence was first heard."""
    arrival = Arrival(sequencer.arrivals + Arrival.size * (packet.sequence & (ARRIVALS - 1)))
    arrival.sequence = packet.sequence
    arrival.received_ns = packet.received_ns
    arrival.line = packet.line


@hot
def duplicate_note(sequencer, packet, line):
    """A packet whose messages were all heard before: count it, and credit the line that was first."""
    if packet.sequence < sequencer.joined_at or sequencer.lost_first <= packet.sequence < sequencer.lost_end:
        line.late += 1
        return
    line.duplicates += 1
    sequencer.duplicates += 1
    arrival = Arrival(sequencer.arrivals + Arrival.size * (packet.sequence & (ARRIVALS - 1)))
    if line.replies == 0 and arrival.sequence == packet.sequence and arrival.line != packet.line:
        first = line_at(sequencer, arrival.line)
        if first.replies != 0:
            return
        lead = packet.received_ns - arrival.received_ns
        first.lead_count += 1
        first.lead_total_ns += lead
        if lead > first.lead_maximum_ns:
            first.lead_maximum_ns = lead
