"""NYSE Pillar packets (and XDP's before them): numbered messages behind a header of 16 bytes, little-endian.

The delivery flag says what a packet is: original messages, a heartbeat (which has the sequence of the next message), a
retransmission, part of a refresh. A refresh is numbered on the channel that carries it and not on the channel that it
repairs, so its packets are taken as unsequenced. Messages open with their own length.
"""

from __future__ import annotations

from collections.abc import Sequence

from feedhandler.core.jit import hot
from feedhandler.core.packet import PacketKind
from feedhandler.core.reasons import Reason
from feedhandler.wire import Message
from feedhandler.wire.little_endian import u8, u16, u32

from .session import Numbering, Session

delivery_flag = u8.named(
    {
        1: "Heartbeat",
        10: "Failover",
        11: "Original Message",
        12: "Sequence Number Reset Message",
        13: "One Retransmission Packet",
        15: "Retransmission Sequence Message",
        17: "One Refresh Packet",
        18: "Refresh Sequence Start",
        19: "Refresh Sequence Message",
        20: "Refresh Sequence End",
        21: "Message Unavailable",
    }
)
HEARTBEAT = 1
FIRST_REFRESH = 17
LAST_REFRESH = 20


# fmt: off
class PacketHeader(Message, size=16):
    """Header of every packet (NYSE Pillar Common Client Specification 2.5, Packet Header)."""

    pkt_size      = u16           @ 0
    delivery_flag = delivery_flag @ 2
    number_msgs   = u8            @ 3
    seq_num       = u32           @ 4
    send_time     = u32           @ 8
    send_time_ns  = u32           @ 12


class MessageSize(Message, size=2):
    """The first two bytes of every message: its size, these included."""

    msg_size = u16 @ 0
# fmt: on


@hot
def packet_open(packet, _expected, address, length):
    """Read the header of a packet."""
    if length < PacketHeader.size:
        return Reason.PACKET_SHORT
    header = PacketHeader(address)
    flag = header.delivery_flag
    count = header.number_msgs
    end = header.pkt_size
    sequence = header.seq_num
    refresh = flag >= FIRST_REFRESH and flag <= LAST_REFRESH
    if flag == HEARTBEAT:
        count = 0
    packet.session_high = 0
    packet.session_low = 0
    packet.stream = 0
    packet.sequence = sequence
    packet.kind = PacketKind.DATA if count != 0 else PacketKind.HEARTBEAT
    packet.count = count
    packet.span = count
    packet.sequenced = 0 if refresh or sequence == 0 else 1
    packet.body = address + PacketHeader.size
    packet.end = address + end
    if end < PacketHeader.size or end > length:
        return Reason.PACKET_BLOCKS
    return Reason.OK


@hot
def block_length(address):
    """The bytes of a message behind its size."""
    return MessageSize(address).msg_size - MessageSize.size


def packet_encode(sequence: int, bodies: Sequence[bytes], flag: int = 11) -> bytes:
    """A packet of original messages, or of what the delivery flag says."""
    payload = b"".join(bodies)
    head = PacketHeader.encode(
        pkt_size=16 + len(payload), delivery_flag=flag, number_msgs=len(bodies), seq_num=sequence
    )
    return head + payload


SESSION = Session(
    name="pillar",
    specification="NYSE Pillar Common Client Specification, version 2.5",
    module=__name__,
    open=packet_open,
    block_length=block_length,
    block_header=MessageSize.size,
    block_inside=MessageSize.size,
    numbering=Numbering.MESSAGE,
    restarts=True,
    encode=packet_encode,
)
