"""B3's binary UMDF packets: numbered packets of framed SBE messages, little-endian.

A packet is a header of 16 bytes (channel, version of the numbering, number of the packet, sending time) and messages
behind a framing header of four bytes: their length, that header included, and the code of their encoding. The packet
has neither count nor length: messages fill the datagram, and are walked to be counted.

The version goes up each week, and when the venue's engine fails over; numbers then begin again at 1: version and
channel name the session. A quiet stream sends packets without a number whose only message (Sequence) says which comes
next: heartbeats. Snapshots and definitions come round after round on lines of their own, with numbers of their own; a
snapshot is told by its first message, but figures of the day that belong to it are not, so those lines are to be
declared as loops.
"""

from __future__ import annotations

from collections.abc import Sequence

from feedhandler.core.jit import hot
from feedhandler.core.packet import PacketKind
from feedhandler.core.reasons import Reason
from feedhandler.wire import Message
from feedhandler.wire.little_endian import u8, u16, u32, u64

from .session import Numbering, Session

SBE_LITTLE_ENDIAN = 0xEB50
SEQUENCE = 2
SNAPSHOT_HEADER, SNAPSHOT_ORDERS = 30, 71
MESSAGES_MAXIMUM = 16_384  # of four bytes each, in the largest datagram


# fmt: off
class PacketHeader(Message, size=16):
    """Header of every packet (B3 Binary UMDF, SBE schema 2.2.0, PacketHeader)."""

    channel_number   = u8  @ 0
    reserved         = u8  @ 1
    sequence_version = u16 @ 2
    sequence_number  = u32 @ 4
    sending_time     = u64 @ 8


class FramingHeader(Message, size=4):
    """What lies in front of every message: its length, these four bytes included (FramingHeader)."""

    message_length = u16 @ 0
    encoding_type  = u16 @ 2


class FirstMessage(Message, size=16):
    """A message behind its framing: which template it is of, and what a Sequence says."""

    message_length = u16 @ 0
    encoding_type  = u16 @ 2
    block_length   = u16 @ 4
    template_id    = u16 @ 6
    schema_id      = u16 @ 8
    version        = u16 @ 10
    next_seq_no    = u32 @ 12
# fmt: on


@hot
def packet_open(packet, _expected, address, length):
    """Read the header of a packet and count its messages."""
    if length < PacketHeader.size:
        return Reason.PACKET_SHORT
    header = PacketHeader(address)
    end = address + length
    body = address + PacketHeader.size
    position = body
    count = 0
    for _ in range(MESSAGES_MAXIMUM):
        if end - position < FramingHeader.size:
            break
        framing = FramingHeader(position)
        size = framing.message_length
        if size <= FramingHeader.size or size > end - position or framing.encoding_type != SBE_LITTLE_ENDIAN:
            return Reason.PACKET_BLOCKS
        position += size
        count += 1
    sequence = header.sequence_number
    packet.session_high = header.sequence_version
    packet.session_low = header.channel_number
    packet.stream = 0
    packet.kind = PacketKind.DATA if count != 0 else PacketKind.HEARTBEAT
    if position - body >= FirstMessage.size:
        first = FirstMessage(body)
        if first.template_id == SEQUENCE:
            packet.kind = PacketKind.HEARTBEAT
            sequence = first.next_seq_no
        elif first.template_id == SNAPSHOT_HEADER or first.template_id == SNAPSHOT_ORDERS:
            packet.kind = PacketKind.LOOP
    packet.sequence = sequence
    packet.count = count
    packet.span = 1 if packet.kind == PacketKind.DATA else 0
    packet.sequenced = 1 if sequence != 0 else 0
    packet.body = body
    packet.end = end
    if sequence == 0 and packet.kind == PacketKind.DATA:
        return Reason.PACKET_SEQUENCE
    return Reason.OK


@hot
def block_length(address):
    """The length of the message behind its framing."""
    return FramingHeader(address).message_length - FramingHeader.size


def packet_encode(sequence: int, bodies: Sequence[bytes], version: int = 1, channel: int = 1) -> bytes:
    """A packet with a number of its own; one whose first message is a Sequence has none."""
    numbered = not bodies or int.from_bytes(bodies[0][2:4], "little") != SEQUENCE
    head = PacketHeader.encode(
        channel_number=channel, sequence_version=version, sequence_number=sequence if numbered else 0
    )
    return head + b"".join(
        FramingHeader.encode(message_length=4 + len(body), encoding_type=SBE_LITTLE_ENDIAN) + body for body in bodies
    )


SESSION = Session(
    name="umdf_binary",
    specification="B3 Binary UMDF, SBE schemas 1.8.0 and 2.2.0: PacketHeader and FramingHeader",
    module=__name__,
    open=packet_open,
    block_length=block_length,
    block_header=FramingHeader.size,
    numbering=Numbering.PACKET,
    restarts=True,
    encode=packet_encode,
)
