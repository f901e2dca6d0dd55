"""Look-ahead over the frames of a burst: what waits is looked over together, before the first of it is applied.

A packet of one message has nothing to overlap its cache misses with, but where packets are small, many of them wait in
one burst. So the first frames of a burst are looked over as one block, as many as hold 64 messages between them; then
they are processed one by one, and find their lines in cache; then the next.

Nothing is decided here, and nothing counted: a frame that is not understood, a copy, a packet that goes another way
than was thought cost a look for nothing. Blocks are walked within their packet's bounds, and a packet whose blocks were
all found to fit need not be checked a second time.

A block of frames ends where the channel changes, since hints are a channel's own. Sessions with in-band streams and
sessions without packets are looked over packet by packet, when they are delivered.
"""

from __future__ import annotations

from .channel import Channel
from .frames import Frame, FrameFlag
from .hints import BLOCK, Hint
from .integers import shift_left
from .jit import hot
from .lines import Line
from .look_ahead import look_ahead, look_begin
from .packet import Packet
from .records import Record, i64
from .sequencer import Sequencer

NO_ROOM = -1


class Looked(Record, size=16):
    """What is known of one frame of a burst."""

    hints = i64  #: address of the hint for its first message, 0 where nobody looked
    checked = i64  #: 1 where its blocks were found to fit


@hot
def looked_of(run, position):
    """What is known of the burst's frame at a position."""
    return Looked(run.looks + shift_left(position, 4))


@hot
def _frame_channel(run, frame):
    """The number of a frame's channel, negative where there is nothing to look at."""
    if frame.flags & (FrameFlag.TICK | FrameFlag.TRUNCATED) or frame.line >= run.line_count:
        return -1
    return Line(run.lines + Line.size * frame.line).channel


@hot
def frames_look(run, frame_look):
    """Look over the burst's frames from its position on, as many as there are hints for.

    `frame_look(channel, packet, used)` looks over a frame, of whose hints `used` are in use; it returns how many are
    then, or NO_ROOM.
    """
    packet = Packet(run.packet + 2 * Packet.size)
    packet.skip = 0
    channel_number = -1
    used = 0
    position = run.position
    while position < run.pending and used < BLOCK:
        frame = Frame(run.frames + shift_left(position, 5))
        number = _frame_channel(run, frame)
        packet.hints = 0
        packet.checked = 0
        if number >= 0:
            channel = Channel(run.channels + Channel.size * number)
            if channel_number < 0:
                channel_number = number
                look_begin(channel)
            elif number != channel_number:
                break
            packet.packet_address = frame.frame_address
            packet.byte_count = frame.byte_count
            found = frame_look(channel, packet, used)
            if found == NO_ROOM:
                break
            used = found
        looked = looked_of(run, position)
        looked.hints = packet.hints
        looked.checked = packet.checked
        position += 1
    run.looked = position
    if used != 0:
        look_ahead(Channel(run.channels + Channel.size * channel_number))


@hot
def packet_look(channel, packet, used, messages_look):
    """Stage 1 over the messages of an opened packet; returns how many hints are in use then, or NO_ROOM.

    A copy of what was looked over before, or of what was delivered, is passed over. `packet.skip` keeps the end of what
    was looked over.
    """
    count = packet.count
    if count == 0:
        return used
    following = packet.sequence + packet.span
    if packet.sequenced != 0:
        if following <= max(packet.skip, Sequencer(channel.sequencer).expected):
            return used
    size = min(count, BLOCK - used)
    if size < count and used != 0:
        return NO_ROOM
    packet.skip = following
    behind = messages_look(channel, packet.body, packet.end, size, used)
    if behind == 0:
        # What does not fit ends the block of frames: hints of it may be in the lists.
        return BLOCK
    packet.hints = channel.hints + Hint.size * used
    packet.checked = 1 if size == count and behind == packet.end else 0
    return used + size
