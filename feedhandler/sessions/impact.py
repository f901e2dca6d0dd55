"""ICE iMpact message blocks: numbered messages behind a header of 16 bytes, big-endian.

A block is a UDP datagram: header (session number, sequence of the first message, number of messages, sent time), then
messages, each behind its type and the length of its body. A block without messages is a heartbeat and carries the
sequence of the next message. The session number stays for a channel's day and changes when the server starts anew; the
messages are then numbered from 1 again.

Snapshots come round after round on a channel of their own with a session and a numbering of its own. Such a channel may
be a line of the live one: a block is a snapshot's if its first message is (Market Snapshot, Market Snapshot Order,
Market Snapshot Price Level), Special Field messages in front of it left aside, since these extend the message behind
them wherever it is sent.
"""

from __future__ import annotations

from collections.abc import Sequence

from feedhandler.core.jit import hot, hot_call
from feedhandler.core.packet import PacketKind
from feedhandler.core.reasons import Reason
from feedhandler.wire import Message
from feedhandler.wire.big_endian import char, i64, u16, u32

from .session import Numbering, Session

SPECIAL_FIELD = ord("b")
SNAPSHOT = ord("C")
SNAPSHOT_ORDER = ord("D")
SNAPSHOT_PRICE_LEVEL = ord("m")


# fmt: off
class BlockHeader(Message, size=16):
    """Header of every block (ICE iMpact Multicast Feed Message Specification 1.1.33, Message Block Header)."""

    session        = u16 @ 0
    sequence       = u32 @ 2
    number_of_msgs = u16 @ 6
    sent_date_time = i64 @ 8


class MessageHead(Message, size=3):
    """What every message opens with: its type and the bytes of its body, these three left out."""

    message_type = char @ 0
    body_length  = u16  @ 1
# fmt: on


@hot_call
def is_of_snapshots(position, end, count):
    """Whether the first message that is no Special Field is one of a snapshot."""
    for _ in range(count):
        if end - position < MessageHead.size:
            return False
        head = MessageHead(position)
        kind = head.message_type
        if kind != SPECIAL_FIELD:
            return kind in (SNAPSHOT, SNAPSHOT_ORDER, SNAPSHOT_PRICE_LEVEL)
        position += MessageHead.size + head.body_length
    return False


@hot
def packet_open(packet, _expected, address, length):
    """Read the header of a block."""
    if length < BlockHeader.size:
        return Reason.PACKET_SHORT
    header = BlockHeader(address)
    count = header.number_of_msgs
    end = address + length
    packet.session_high = header.session
    packet.session_low = 0
    packet.stream = 0
    packet.sequence = header.sequence
    packet.kind = PacketKind.DATA if count != 0 else PacketKind.HEARTBEAT
    packet.count = count
    packet.span = count
    packet.sequenced = 1
    packet.body = address + BlockHeader.size
    packet.end = end
    if count != 0 and is_of_snapshots(packet.body, end, count):
        packet.kind = PacketKind.LOOP
    return Reason.OK


@hot
def block_length(address):
    """The bytes of a message's body."""
    return MessageHead(address).body_length


def packet_encode(sequence: int, bodies: Sequence[bytes], session: int = 1) -> bytes:
    """A block of these messages; what their heads say of their lengths is set right."""
    head = BlockHeader.encode(session=session, sequence=sequence, number_of_msgs=len(bodies))
    heads = (body[:1] + max(len(body) - MessageHead.size, 0).to_bytes(2, "big") for body in bodies)
    return head + b"".join(start + body[MessageHead.size :] for start, body in zip(heads, bodies, strict=True))


SESSION = Session(
    name="impact",
    specification="ICE iMpact Multicast Feed Message Specification 1.1.33, Message Block Header",
    module=__name__,
    open=packet_open,
    block_length=block_length,
    block_header=MessageHead.size,
    block_inside=MessageHead.size,
    numbering=Numbering.MESSAGE,
    encode=packet_encode,
)
