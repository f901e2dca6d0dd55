"""Actions become messages: the compiled loop that runs a day's flow through a venue's encoder.

Messages are written as `[u16 length][message]`, which is the record of a BinaryFILE and the message block of a
MoldUDP64 packet alike. With `messages_per_packet` above 0 a MoldUDP64 header goes before each run of blocks; a run ends
when it has that many messages, when the next might not fit, or (`packet_span_ns` above 0) when the next message is
later than that after the run's first: then packets are as full as a venue's are, single messages in quiet times and
many in a burst.

The loop stops where the room for bytes or packets is used up and goes on from there when called again, so a day of any
length is written with flat memory.
"""

# mypy: disallow-untyped-defs=false, disallow-untyped-calls=false

from __future__ import annotations

from feedhandler.core.jit import hot
from feedhandler.core.records import Record, i32, i64
from feedhandler.sessions.moldudp64 import DownstreamHeader, MessageBlock
from feedhandler.wire.writer import Writer

from .actions import Action
from .market import Flow
from .order_flow import flow_next


class WriteDownstreamHeader(Writer, message=DownstreamHeader):
    """Writes the header of a MoldUDP64 packet."""


class WriteMessageBlock(Writer, message=MessageBlock):
    """Writes the header of a message."""


class PacketEntry(Record, size=40):
    """Where a packet lies and when it was sent."""

    offset = i64  #: from the start of the bytes
    sequence = i64  #: of its first message
    time_ns = i64  #: of its last message: it is sent when it is complete
    byte_count = i32
    message_count = i32
    line = i64  #: on which it was sent


class Generation(Record):
    """The state of a day that is being written."""

    flow = i64
    action = i64
    pending = i64  #: 1: the action is not written yet
    output = i64  #: where bytes go
    output_size = i64
    written = i64
    packets = i64
    packet_capacity = i64
    packet_count = i64
    messages_per_packet = i64  #: 0: no packets, a file of messages
    packet_bytes_maximum = i64
    packet_span_ns = i64  #: 0: packets wait for their number of messages
    longest = i64
    messages = i64  #: written in all
    session_high = i64
    session_low = i64


@hot
def _message_write(generation, action, write, position):
    """The action's message behind its length; returns the position behind it."""
    length = write(action, position + MessageBlock.size)
    WriteMessageBlock(position).message_length = length
    generation.messages += 1
    generation.pending = 0
    return position + MessageBlock.size + length


@hot
def _pending(generation, flow, action):
    """Whether there is an action to write; the next one is drawn where none waits."""
    if generation.pending == 0:
        if not flow_next(flow, action):
            return False
        generation.pending = 1
    return True


@hot
def _file_write(generation, flow, action, write):
    position = generation.output
    end = position + generation.output_size - generation.longest - MessageBlock.size
    while position <= end and _pending(generation, flow, action):
        position = _message_write(generation, action, write, position)
    generation.written = position - generation.output


@hot
def _packets_write(generation, flow, action, write):
    position = generation.output
    end = position + generation.output_size - generation.packet_bytes_maximum
    count = 0
    while position <= end and count < generation.packet_capacity and _pending(generation, flow, action):
        start = position
        first_ns = action.time_ns
        last_ns = first_ns
        header = WriteDownstreamHeader(start)
        header.session_high = generation.session_high
        header.session_low = generation.session_low
        header.sequence_number = generation.messages + 1
        entry = PacketEntry(generation.packets + PacketEntry.size * count)
        entry.sequence = generation.messages + 1
        position += DownstreamHeader.size
        full = start + generation.packet_bytes_maximum - generation.longest - MessageBlock.size
        messages = 0
        while messages < generation.messages_per_packet and position <= full:
            if not _pending(generation, flow, action):
                break
            if generation.packet_span_ns > 0 and action.time_ns - first_ns > generation.packet_span_ns:
                break
            last_ns = action.time_ns
            position = _message_write(generation, action, write, position)
            messages += 1
        header.message_count = messages
        entry.offset = start - generation.output
        entry.time_ns = last_ns
        entry.byte_count = position - start
        entry.message_count = messages
        count += 1
    generation.packet_count = count
    generation.written = position - generation.output


@hot
def generation_run(generation, write):
    """Write as much of the day as there is room for; `written` is 0 where the day has ended."""
    flow = Flow(generation.flow)
    action = Action(generation.action)
    if generation.messages_per_packet > 0:
        _packets_write(generation, flow, action, write)
    else:
        _file_write(generation, flow, action, write)
