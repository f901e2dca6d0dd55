"""Cboe's Sequenced Unit Header: numbered messages of several units in one multicast stream.

A packet is a header of 8 bytes (length of the whole, count, unit, sequence of the first message) and messages that open
with their own length, all little-endian. Each unit is numbered on its own from 1: a unit is an in-band stream and has
a channel of its own. A count of 0 is a heartbeat, which carries the sequence of the next message; a sequence of 0 marks
messages without a number (heartbeats of a quiet unit, definitions that are sent again and again).

The numbering starts again each day, and a unit says so with a message (Unit Clear); the header names no session.
"""

from __future__ import annotations

from collections.abc import Sequence

from feedhandler.core.jit import hot
from feedhandler.core.packet import PacketKind
from feedhandler.core.reasons import Reason
from feedhandler.wire import Message
from feedhandler.wire.little_endian import u8, u16, u32

from .session import Numbering, Session


# fmt: off
class SequencedUnitHeader(Message, size=8):
    """Header of every packet (Cboe Multicast PITCH 2.41, Sequenced Unit Header)."""

    hdr_length   = u16 @ 0
    hdr_count    = u8  @ 2
    hdr_unit     = u8  @ 3
    hdr_sequence = u32 @ 4


class MessageLength(Message, size=1):
    """The first byte of every message: its length, this byte included."""

    length_of_message = u8 @ 0
# fmt: on


@hot
def packet_open(packet, _expected, address, length):
    """Read the header of a packet."""
    if length < SequencedUnitHeader.size:
        return Reason.PACKET_SHORT
    header = SequencedUnitHeader(address)
    count = header.hdr_count
    end = header.hdr_length
    sequence = header.hdr_sequence
    packet.session_high = 0
    packet.session_low = 0
    packet.stream = header.hdr_unit
    packet.sequence = sequence
    packet.kind = PacketKind.DATA if count != 0 else PacketKind.HEARTBEAT
    packet.count = count
    packet.span = count
    packet.sequenced = 1 if sequence != 0 else 0
    packet.body = address + SequencedUnitHeader.size
    packet.end = address + end
    if end < SequencedUnitHeader.size or end > length:
        return Reason.PACKET_BLOCKS
    return Reason.OK


@hot
def block_length(address):
    """The bytes of a message behind its own length."""
    return MessageLength(address).length_of_message - MessageLength.size


def packet_encode(sequence: int, bodies: Sequence[bytes], unit: int = 1) -> bytes:
    """A packet of one unit."""
    payload = b"".join(bodies)
    head = SequencedUnitHeader.encode(
        hdr_length=8 + len(payload), hdr_count=len(bodies), hdr_unit=unit, hdr_sequence=sequence
    )
    return head + payload


SESSION = Session(
    name="sequenced_unit",
    specification="Cboe US Equities/Options Multicast PITCH Specification, version 2.41: Sequenced Unit Header",
    module=__name__,
    open=packet_open,
    block_length=block_length,
    block_header=MessageLength.size,
    block_inside=MessageLength.size,
    numbering=Numbering.MESSAGE,
    streams=True,
    restarts=True,
    encode=packet_encode,
)
