"""Hold memory: where packets wait that are ahead of their turn.

A fixed number of slots of a fixed size, mapped before start. A packet that must wait is copied, so that waiting never
keeps a frame from its receiver; one that finds no slot, or is larger than one, ends the patience of its channel.
"""

from __future__ import annotations

from .channel import reason_count
from .jit import hot, hot_call
from .memory import copy_bytes
from .packet import PacketKind, Verdict
from .reasons import Reason
from .records import Record, i64


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


@hot
def held_fill(sequencer, held, place, packet, now):
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
def hold_copy(channel, sequencer, packet, now):
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
    held_fill(sequencer, held, free, packet, now)
    sequencer.held_count += 1
    sequencer.held_bytes += packet.byte_count
    if sequencer.held_count > sequencer.held_maximum:
        sequencer.held_maximum = sequencer.held_count
    return Verdict.DROP


@hot
def held_unpack(sequencer, packet, held, index):
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
    packet.hints = 0


@hot
def held_first(sequencer):
    """The lowest sequence that waits, or the next one known where none does."""
    first = sequencer.known_next
    for index in range(sequencer.held_capacity):
        held = Held(sequencer.held + Held.size * index)
        if held.used != 0 and held.sequence < first:
            first = held.sequence
    return first
