"""Packets of Deutsche Börse's T7 Enhanced Order Book Interface (EOBI): numbered, little-endian, of one product each.

A packet opens with a packet header of 32 bytes, which is a message like those behind it: all open with their own length
(BodyLen), their template and a number (MsgSeqNum). There is no count; messages fill the datagram and are walked to be
counted. The packet header is the first of them, and is handed to the feed as such: it says which product the packet is
of, when it was sent, and whether the venue's event ends with it.

ApplSeqNum numbers the packets of a channel, heartbeats too, across its products, from 1 on; a service that is
started again begins at 1 again. MsgSeqNum, which the feed follows, numbers the messages of a product.

Snapshots come in a loop on a channel of their own, with numbers of their own, and may be lines of the stream's channel.
Their packets are told by the summaries and orders that they hold (templates 13600 to 13602), or by the line's being
declared to be a loop: during auctions a packet of a snapshot may hold nothing that the stream does not have, too.
"""

from __future__ import annotations

from collections.abc import Sequence

from feedhandler.core.jit import hot, hot_call
from feedhandler.core.packet import PacketKind
from feedhandler.core.reasons import Reason
from feedhandler.wire import Message
from feedhandler.wire.little_endian import i32, reserved, u8, u16, u32, u64

from .session import Numbering, Session

PACKET_HEADERS = (13002, 13003, 13004)  # the template of the packet header, by release
COMPLETE = 1
SUMMARIES_FROM, SUMMARIES_TO = 13600, 13602
MESSAGES_MAXIMUM = 8_192  # of eight bytes each, in the largest datagram


# fmt: off
class PacketHeader(Message, size=32):
    """Header of every packet (T7 Enhanced Order Book Interface, Packet Header)."""

    body_len                 = u16         @ 0
    template_id              = u16         @ 2
    msg_seq_num              = u32         @ 4
    appl_seq_num             = u32         @ 8
    market_segment_id        = i32         @ 12
    partition_id             = u8          @ 16
    completion_indicator     = u8          @ 17
    appl_seq_reset_indicator = u8          @ 18
    padding                  = reserved(5) @ 19
    transact_time            = u64         @ 24


class MessageHeader(Message, size=8):
    """Header of every message (T7 Enhanced Order Book Interface, Message Header)."""

    body_len    = u16 @ 0
    template_id = u16 @ 2
    msg_seq_num = u32 @ 4


class BodyLen(Message, size=2):
    """The length of a message, these two bytes included."""

    body_len = u16 @ 0
# fmt: on


@hot_call
def messages_walk(packet, position, end):
    """Count the messages up to `end`, and note whether they are a snapshot's; False where they do not fit."""
    count = 0
    for _ in range(MESSAGES_MAXIMUM):
        if position == end:
            break
        if end - position < MessageHeader.size:
            return False
        header = MessageHeader(position)
        if header.body_len < MessageHeader.size or header.body_len > end - position:
            return False
        if SUMMARIES_FROM <= header.template_id <= SUMMARIES_TO:
            packet.kind = PacketKind.LOOP
        position += header.body_len
        count += 1
    packet.count = count
    return position == end


@hot
def packet_open(packet, _expected, address, length):
    """Read the header of a packet and count its messages, of which the header is the first."""
    if length < PacketHeader.size:
        return Reason.PACKET_SHORT
    header = PacketHeader(address)
    packet.session_high = 0
    packet.session_low = 0
    packet.stream = 0
    packet.sequence = header.appl_seq_num
    packet.kind = PacketKind.DATA
    packet.span = 1
    packet.sequenced = 1
    packet.body = address
    packet.end = address + length
    if header.template_id not in PACKET_HEADERS or header.body_len != PacketHeader.size:
        return Reason.PACKET_BLOCKS
    if not messages_walk(packet, address, address + length):
        return Reason.PACKET_BLOCKS
    if packet.sequence == 0:
        return Reason.PACKET_SEQUENCE
    return Reason.OK


@hot
def block_length(address):
    """The bytes of a message behind its own length."""
    return BodyLen(address).body_len - BodyLen.size


def packet_encode(
    sequence: int,
    bodies: Sequence[bytes],
    *,
    product: int = 1,
    complete: bool = True,
    transact_time: int = 0,
    restarted: bool = False,
    template: int = PACKET_HEADERS[0],
) -> bytes:
    """A packet of a product under a number of its own."""
    header = PacketHeader.encode(
        body_len=PacketHeader.size, template_id=template, msg_seq_num=0xFFFFFFFF, appl_seq_num=sequence,
        market_segment_id=product, completion_indicator=int(complete), appl_seq_reset_indicator=int(restarted),
        transact_time=transact_time,
    )  # fmt: skip
    return header + b"".join(bodies)


SESSION = Session(
    name="eobi",
    specification="T7 Enhanced Order Book Interface: Packet Header and Message Header",
    module=__name__,
    open=packet_open,
    block_length=block_length,
    block_header=BodyLen.size,
    block_inside=BodyLen.size,
    numbering=Numbering.PACKET,
    restarts=True,
    encode=packet_encode,
)
