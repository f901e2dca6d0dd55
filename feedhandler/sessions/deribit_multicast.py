"""Deribit multicast: numbered packets of SBE messages that have no length of their own, little-endian.

A packet is a header of 8 bytes (length of what follows, channel, number of the packet) and messages. Every message says
in its header how many groups and texts lie behind its block, so its length is found by walking them; that is done once
for the whole packet, with every count compared with the bytes that remain, before anything else looks at a message.

Incremental channels are numbered below 100, and the snapshots of channel n come as channel 100 + n, on a port of their
own. They can be lines of one channel: a snapshot packet has a number of another stream, and is taken beside it.
Numbers begin at 0 on the wire, and are counted from 1 here.
"""

from __future__ import annotations

from collections.abc import Sequence

from feedhandler.core.jit import hot, hot_call
from feedhandler.core.packet import PacketKind
from feedhandler.core.reasons import Reason
from feedhandler.wire import Message
from feedhandler.wire.little_endian import u16, u32
from feedhandler.wire.words import Byte

from .session import Numbering, Session

SNAPSHOTS_FROM = 100
MESSAGES_MAXIMUM = 8_192
PARTS_MAXIMUM = 64
FARTHEST = 1 << 20


# fmt: off
class PacketHeader(Message, size=8):
    """Header of every packet (Deribit Multicast, Packet Header)."""

    packet_length = u16 @ 0
    channel_id    = u16 @ 2
    channel_seq   = u32 @ 4


class MessageHeader(Message, size=12):
    """Header of every message (Deribit Multicast, SBE messageHeader)."""

    block_length        = u16 @ 0
    template_id         = u16 @ 2
    schema_id           = u16 @ 4
    version             = u16 @ 6
    num_groups          = u16 @ 8
    num_var_data_fields = u16 @ 10


class GroupHeader(Message, size=8):
    """What lies in front of the entries of a group (Deribit Multicast, SBE groupSizeEncoding)."""

    block_length        = u16 @ 0
    num_in_group        = u16 @ 2
    num_groups          = u16 @ 4
    num_var_data_fields = u16 @ 6
# fmt: on


@hot_call
def message_end(position, end):
    """The address behind a message, or 0 where it does not end before `end`, or holds groups within groups."""
    if end - position < MessageHeader.size:
        return 0
    header = MessageHeader(position)
    groups, texts = header.num_groups, header.num_var_data_fields
    if groups > PARTS_MAXIMUM or texts > PARTS_MAXIMUM:
        return 0
    position += MessageHeader.size + header.block_length
    for _ in range(groups):
        if end - position < GroupHeader.size:
            return 0
        group = GroupHeader(position)
        if group.num_groups != 0 or group.num_var_data_fields != 0:
            return 0
        position += GroupHeader.size + group.block_length * group.num_in_group
    for _ in range(texts):
        if end - position < Byte.size:
            return 0
        position += Byte.size + Byte(position).value
    return position if position <= end else 0


@hot
def packet_open(packet, _expected, address, length):
    """Read the header of a packet and count its messages."""
    if length < PacketHeader.size:
        return Reason.PACKET_SHORT
    header = PacketHeader(address)
    end = address + PacketHeader.size + header.packet_length
    if end > address + length:
        return Reason.PACKET_BLOCKS
    position = address + PacketHeader.size
    count = 0
    for _ in range(MESSAGES_MAXIMUM):
        if position == end:
            break
        position = message_end(position, end)
        if position == 0:
            return Reason.PACKET_BLOCKS
        count += 1
    packet.session_high = 0
    packet.session_low = 0
    packet.stream = 0
    packet.sequence = header.channel_seq + 1
    packet.kind = PacketKind.DATA if count != 0 else PacketKind.HEARTBEAT
    packet.count = count
    packet.span = 1 if count != 0 else 0
    packet.sequenced = 1
    if header.channel_id >= SNAPSHOTS_FROM and count != 0:
        packet.kind = PacketKind.LOOP
    packet.body = address + PacketHeader.size
    packet.end = end
    return Reason.OK


@hot
def block_length(address):
    """The length of a message; its packet was walked when it was opened."""
    return message_end(address, address + FARTHEST) - address


def packet_encode(sequence: int, bodies: Sequence[bytes], channel: int = 1) -> bytes:
    """A packet with a number of its own, which is one less on the wire. Messages must say what lies behind them."""
    payload = b"".join(bodies)
    head = PacketHeader.encode(packet_length=len(payload), channel_id=channel, channel_seq=sequence - 1)
    return head + payload


SESSION = Session(
    name="deribit_multicast",
    specification="Deribit Multicast, Packet Header and SBE message header, schema version 3",
    module=__name__,
    open=packet_open,
    block_length=block_length,
    block_header=0,
    numbering=Numbering.PACKET,
    restarts=True,
    encode=packet_encode,
)
