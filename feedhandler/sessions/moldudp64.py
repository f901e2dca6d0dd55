"""MoldUDP64 1.00: numbered messages in UDP packets, downstream half.

A downstream packet is a header of 20 bytes (session, sequence number of the first message, message count) and
`count` blocks of a two-byte length and a message. A count of 0 is a heartbeat, 0xFFFF ends the session; both carry the
sequence of the next message. A sequence number of 0 is never sent by a live server (numbering begins at 1): such
packets, as scrubbed captures hold them, are taken as unsequenced.

The other direction, requests for what was missed, is in `moldudp64_requests.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

from feedhandler.core.integers import shift_left
from feedhandler.core.jit import hot
from feedhandler.core.packet import PacketKind
from feedhandler.core.reasons import Reason
from feedhandler.wire import Message
from feedhandler.wire.big_endian import alpha, u16, u64

from .moldudp64_requests import RETRANSMISSION
from .session import Numbering, Session

END_OF_SESSION = 0xFFFF


class DownstreamHeader(Message, size=20):
    """Header of a downstream packet (MoldUDP64 1.00, Downstream Packet).

    The session's ten characters are read as eight and two, each as one integer.
    """

    session_high = alpha(8) @ 0
    session_low = alpha(2) @ 8
    sequence_number = u64 @ 10
    message_count = u16 @ 18


class MessageBlock(Message, size=2):
    """Header of one message (MoldUDP64 1.00, Message Block)."""

    message_length = u16 @ 0


@hot
def packet_open(packet, _expected, address, length):
    """Read the header of a downstream packet."""
    if length < DownstreamHeader.size:
        return Reason.PACKET_SHORT
    header = DownstreamHeader(address)
    count = header.message_count
    sequence = header.sequence_number
    packet.session_high = header.session_high
    packet.session_low = header.session_low
    packet.stream = 0
    packet.sequence = sequence
    packet.kind = PacketKind.DATA
    if count == 0 or count == END_OF_SESSION:
        packet.kind = PacketKind.HEARTBEAT if count == 0 else PacketKind.END_OF_SESSION
        count = 0
    packet.count = count
    packet.span = count
    packet.sequenced = 1 if sequence != 0 else 0
    packet.body = address + DownstreamHeader.size
    packet.end = address + length
    if sequence < 0 or sequence > shift_left(1, 62):
        return Reason.PACKET_SEQUENCE
    return Reason.OK


@hot
def block_length(address):
    """The length of the message behind a block header."""
    return MessageBlock(address).message_length


def packet_encode(sequence: int, bodies: Sequence[bytes]) -> bytes:
    """A downstream packet of one session."""
    head = DownstreamHeader.encode(
        session_high="TESTING", session_low="1", sequence_number=sequence, message_count=len(bodies)
    )
    return head + b"".join(MessageBlock.encode(message_length=len(body)) + body for body in bodies)


SESSION = Session(
    name="moldudp64",
    specification="MoldUDP64 Protocol Specification, version 1.00 (Nasdaq)",
    module=__name__,
    open=packet_open,
    block_length=block_length,
    block_header=MessageBlock.size,
    numbering=Numbering.MESSAGE,
    retransmission=RETRANSMISSION,
    restarts=True,
    encode=packet_encode,
)
