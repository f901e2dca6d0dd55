"""IEX-TP 1.25: numbered messages in segments, one direction.

A segment is a header of 40 bytes and `message count` blocks of a two-byte length and a message, all little-endian. A
count of 0 is a heartbeat, which carries the sequence number of the next message. Numbering begins at 1 in each session;
the session's number, the message protocol and the channel together name the stream.
"""

from __future__ import annotations

from collections.abc import Sequence

from feedhandler.core.integers import shift_left
from feedhandler.core.jit import hot
from feedhandler.core.packet import PacketKind
from feedhandler.core.reasons import Reason
from feedhandler.wire import Message
from feedhandler.wire.little_endian import i64, u8, u16, u32

from .session import Numbering, Session

VERSION = 1


# fmt: off
class SegmentHeader(Message, size=40):
    """Header of an outbound segment (IEX-TP 1.25, IEX-TP Header)."""

    version                       = u8  @ 0
    reserved                      = u8  @ 1
    message_protocol_id           = u16 @ 2
    channel_id                    = u32 @ 4
    session_id                    = u32 @ 8
    payload_length                = u16 @ 12
    message_count                 = u16 @ 14
    stream_offset                 = i64 @ 16
    first_message_sequence_number = i64 @ 24
    send_time                     = i64 @ 32


class MessageBlock(Message, size=2):
    """Header of one message (IEX-TP 1.25, Message Block)."""

    message_length = u16 @ 0
# fmt: on


@hot
def packet_open(packet, _expected, address, length):
    """Read the header of a segment."""
    if length < SegmentHeader.size:
        return Reason.PACKET_SHORT
    header = SegmentHeader(address)
    count = header.message_count
    sequence = header.first_message_sequence_number
    # The payload says how long it is; what a link added behind it is none of ours.
    end = SegmentHeader.size + header.payload_length
    packet.session_high = header.session_id
    packet.session_low = shift_left(header.message_protocol_id, 32) + header.channel_id
    packet.stream = 0
    packet.sequence = sequence
    packet.kind = PacketKind.DATA if count != 0 else PacketKind.HEARTBEAT
    packet.count = count
    packet.span = count
    packet.sequenced = 1
    packet.body = address + SegmentHeader.size
    packet.end = address + end
    if header.version != VERSION or end > length:
        return Reason.PACKET_BLOCKS
    if sequence < 1 or sequence > shift_left(1, 62):
        return Reason.PACKET_SEQUENCE
    return Reason.OK


@hot
def block_length(address):
    """The length of the message behind a block header."""
    return MessageBlock(address).message_length


def packet_encode(sequence: int, bodies: Sequence[bytes]) -> bytes:
    """A segment of one session."""
    payload = b"".join(MessageBlock.encode(message_length=len(body)) + body for body in bodies)
    head = SegmentHeader.encode(
        version=VERSION, session_id=7, payload_length=len(payload), message_count=len(bodies),
        first_message_sequence_number=sequence,
    )  # fmt: skip
    return head + payload


SESSION = Session(
    name="iextp",
    specification="IEX Transport Protocol (IEX-TP), version 1.25",
    module=__name__,
    open=packet_open,
    block_length=block_length,
    block_header=MessageBlock.size,
    numbering=Numbering.MESSAGE,
    restarts=True,
    encode=packet_encode,
)
