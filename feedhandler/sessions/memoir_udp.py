"""MEMOIR-UDP: MEMX's numbered messages in UDP packets.

A packet opens with a common header (type, length of the header, session, sequence number of the next message); only a
packet of sequenced messages goes on, with a count and blocks of a two-byte length and a message, all big-endian. A
heartbeat and the end of a session carry the sequence of the next message. A session's name is a number of eight bytes.
"""

from __future__ import annotations

from collections.abc import Sequence

from feedhandler.core.integers import shift_left
from feedhandler.core.jit import hot
from feedhandler.core.packet import PacketKind
from feedhandler.core.reasons import Reason
from feedhandler.wire import Message
from feedhandler.wire.big_endian import u8, u16, u64

from .session import Numbering, Session

HEARTBEAT, SESSION_SHUTDOWN, SEQUENCED_MESSAGES = range(3)


# fmt: off
class CommonHeader(Message, size=18):
    """Header of every packet (MEMX-UDP 1.2, Common Header)."""

    message_type    = u8.named({0: "Heartbeat", 1: "Session Shutdown", 2: "Sequenced Messages"}) @ 0
    header_length   = u8  @ 1
    session_id      = u64 @ 2
    sequence_number = u64 @ 10


class MessageCount(Message, size=2):
    """What follows the header of a packet of messages (MEMX-UDP 1.2, Sequenced Messages)."""

    message_count = u16 @ 0


class MessageBlock(Message, size=2):
    """Header of one message (MEMX-UDP 1.2, Sequenced Messages)."""

    message_length = u16 @ 0
# fmt: on


@hot
def packet_open(packet, _expected, address, length):
    """Read the headers of a packet."""
    if length < CommonHeader.size:
        return Reason.PACKET_SHORT
    header = CommonHeader(address)
    sequence = header.sequence_number
    kind = header.message_type
    body = header.header_length
    count = 0
    if body < CommonHeader.size or body > length:
        return Reason.PACKET_BLOCKS
    if kind == SEQUENCED_MESSAGES:
        if length - body < MessageCount.size:
            return Reason.PACKET_SHORT
        count = MessageCount(address + body).message_count
        body += MessageCount.size
    elif kind > SEQUENCED_MESSAGES:
        return Reason.PACKET_BLOCKS
    packet.session_high = header.session_id
    packet.session_low = 0
    packet.stream = 0
    packet.sequence = sequence
    packet.kind = PacketKind.END_OF_SESSION if kind == SESSION_SHUTDOWN else PacketKind.HEARTBEAT
    if count != 0:
        packet.kind = PacketKind.DATA
    packet.count = count
    packet.span = count
    packet.sequenced = 1
    packet.body = address + body
    packet.end = address + length
    if sequence < 1 or sequence > shift_left(1, 62):
        return Reason.PACKET_SEQUENCE
    return Reason.OK


@hot
def block_length(address):
    """The length of the message behind a block header."""
    return MessageBlock(address).message_length


def packet_encode(sequence: int, bodies: Sequence[bytes]) -> bytes:
    """A packet of sequenced messages of one session."""
    head = CommonHeader.encode(
        message_type=SEQUENCED_MESSAGES, header_length=18, session_id=7, sequence_number=sequence
    )
    blocks = b"".join(MessageBlock.encode(message_length=len(body)) + body for body in bodies)
    return head + MessageCount.encode(message_count=len(bodies)) + blocks


SESSION = Session(
    name="memoir_udp",
    specification="MEMX-UDP: session level protocol of the MEMOIR feeds, version 1.2",
    module=__name__,
    open=packet_open,
    block_length=block_length,
    block_header=MessageBlock.size,
    numbering=Numbering.MESSAGE,
    restarts=True,
    encode=packet_encode,
)
