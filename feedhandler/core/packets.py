"""From a frame to messages applied: walk the blocks, deliver them, close the event.

The functions take the session's and the feed's functions as arguments. numba resolves such calls when it compiles, so
the generated pipeline is one piece of code without an indirect call; but only inlined functions (`hot`) may do so,
since a call that keeps a function as an argument carries its address, and then numba refuses to keep the code on
disk.
"""

from __future__ import annotations

from .channel import channel_distrust, reason_sample
from .hints import BLOCK, Hint
from .holes import sequencer_give_up, sequencer_tick
from .jit import hot, hot_call
from .look_ahead import look_ahead, look_begin, look_nothing
from .packet import Packet, PacketKind, Verdict
from .reasons import Reason
from .sequencer import Sequencer, sequencer_accept, sequencer_delivered, sequencer_next, sequencer_retry

NEWEST_KEPT = 1 << 16
"""A number this far behind the newest is of another day."""


@hot
def packet_check(packet, block_header, block_length):
    """Walk the blocks of a packet without touching a message: OK, or the reason why the packet cannot be used.

    A packet whose blocks do not fit is refused whole, before it takes its place in the sequence: the same packet may
    still come intact on another line.
    """
    position = packet.body
    end = packet.end
    for _ in range(packet.count):
        if end - position < block_header:
            return Reason.PACKET_BLOCKS
        length = block_length(position)
        if length < 1 or end - position - block_header < length:
            return Reason.PACKET_BLOCKS
        position += block_header + length
    if position != end:
        return Reason.PACKET_TRAILING
    return Reason.OK


@hot
def messages_look(channel, position, end, count, used, block_header, block_length, look):
    """Stage 1 of the look-ahead over `count` messages, into the hints behind the `used` first ones.

    Nobody may have checked the blocks yet: the walk stays in front of `end`. Returns the address behind the last block,
    0 where the blocks do not fit.
    """
    for place in range(used, used + count):
        if end - position < block_header:
            return 0
        length = block_length(position)
        message = position + block_header
        if length < 1 or end - message < length:
            return 0
        hint = Hint(channel.hints + Hint.size * place)
        hint.message = message
        look_nothing(hint)
        look(channel, hint, message, length)
        position = message + length
    return position


@hot
def packet_deliver(channel, packet, block_header, block_length, messages_look, decode, boundary):
    """Apply the messages of a checked packet from its `skip`-th on. What was not looked over yet is now, in blocks.

    `boundary(channel)` closes the event.
    """
    channel.received_ns = packet.received_ns
    position = packet.body
    step = packet.sequenced if packet.span == packet.count else 0
    count = packet.count
    index = packet.skip
    for _ in range(index):
        position += block_header + block_length(position)
    sequence = packet.sequence + index * step
    hints = packet.hints
    blank = channel.hints + Hint.size * BLOCK
    while index < count:
        size = min(BLOCK, count - index)
        hint = blank
        if hints != 0 and index < BLOCK:
            hint = hints + Hint.size * index
            size = min(size, BLOCK - index)
        elif size > 1:
            look_begin(channel)
            messages_look(channel, position, packet.end, size, 0)
            look_ahead(channel)
            hint = channel.hints
        hints = 0
        for _ in range(size):
            length = block_length(position)
            message = position + block_header
            # Hints may have been written again for a packet that came between: then the message has none.
            channel.hint = hint if Hint(hint).message == message else blank
            channel.sequence = sequence
            reason = decode(channel, message, length)
            if reason != Reason.OK:
                message_refused(channel, reason, message, length)
            sequence += step
            position = message + length
            hint += Hint.size
        index += size
    channel.message_count += count - packet.skip
    boundary(channel)


@hot_call
def message_refused(channel, reason, message, length):
    """Count what a handler refused. What cannot be read may have changed a book: the channel loses trust."""
    if reason == Reason.MESSAGE_LENGTH or reason == Reason.MESSAGE_FIELD:
        channel.unread_sequence = channel.sequence
        channel_distrust(channel)
    reason_sample(channel, reason, message, length)


@hot
def packet_contradicts(channel, packet):
    """Whether a packet begins inside the newest one: it is counted and not used, and the channel loses trust.

    For sessions whose packets are the same whoever sends them. Where their numbers count packets while they are taken
    for those of messages, this is seen at the first packet behind one of several messages.
    """
    if packet.kind != PacketKind.DATA:
        return False
    sequencer = Sequencer(channel.sequencer)
    first = packet.sequence
    newest = sequencer.newest_first
    if first > newest or first < newest - NEWEST_KEPT:
        if newest < first < sequencer.newest_end:
            reason_sample(channel, Reason.PACKET_INSIDE, packet.packet_address, packet.byte_count)
            channel_distrust(channel)
            return True
        sequencer.newest_first = first
        sequencer.newest_end = first + packet.span
    return False


@hot
def packet_process(channel, packet, now, block_header, block_length, deliver, drain):
    """Take one opened packet through check, arbitration and delivery, with everything that it sets free.

    `deliver(channel, packet)` is the feed's `packet_deliver`, `drain(channel, packet)` its `held_drain`, both calls of
    their own. A second scratch packet lies behind `packet`.
    """
    reason = Reason.OK if packet.checked != 0 else packet_check(packet, block_header, block_length)
    if reason != Reason.OK:
        reason_sample(channel, reason, packet.packet_address, packet.byte_count)
        if reason != Reason.PACKET_TRAILING:
            return
    channel.received_ns = now
    sequencer = Sequencer(channel.sequencer)
    verdict = sequencer_accept(channel, sequencer, packet, now)
    if verdict == Verdict.HOLD:
        # No room to wait: give up what is in front, release what that sets free, and ask again.
        held = Packet(packet.address + Packet.size)
        for _ in range(sequencer.held_capacity + 2):
            sequencer_give_up(channel, sequencer, packet.sequence, now)
            drain(channel, held)
            verdict = sequencer_retry(channel, sequencer, packet, now)
            if verdict != Verdict.HOLD:
                break
    if verdict == Verdict.DELIVER:
        deliver(channel, packet)
        sequencer_delivered(channel, sequencer, packet)
        if sequencer.held_count != 0:
            drain(channel, packet)


@hot
def held_drain(channel, packet, deliver):
    """Deliver every held packet whose turn has come."""
    sequencer = Sequencer(channel.sequencer)
    for _ in range(sequencer.held_capacity):
        if not sequencer_next(channel, sequencer, packet):
            break
        deliver(channel, packet)
        sequencer_delivered(channel, sequencer, packet)


@hot
def channel_tick(channel, packet, now, drain):
    """Time passed for a channel with an open hole."""
    sequencer = Sequencer(channel.sequencer)
    if sequencer.deadline_ns <= now and sequencer_tick(channel, sequencer, now):
        drain(channel, packet)
