"""CME MDP 3.0 packets: numbered packets of SBE messages, little-endian.

A packet is a header of 12 bytes (sequence number of the packet, sending time) and messages behind their own size, whose
two bytes count. The header has neither count nor length: messages fill the datagram, and are walked to be counted. A
heartbeat is a packet with a message of its own and a number of its own; nothing is unsequenced.

Incremental channels are numbered from 1 each week. Channels that send definitions or snapshots in a loop start at 1
with every round, and may be lines of the incremental channel: their packets are told by their first message (a
snapshot, or a definition that says how many there are in the loop) and taken as they come, in any order, beside the
stream.
"""

from __future__ import annotations

from collections.abc import Sequence

from feedhandler.core.jit import hot, hot_call
from feedhandler.core.packet import PacketKind
from feedhandler.core.reasons import Reason
from feedhandler.wire import Message
from feedhandler.wire.little_endian import u16, u32, u64

from .session import Numbering, Session

TOTAL_AT = 11  # where a definition behind its size says of how many it is
NO_TOTAL = 4294967295
MESSAGES_MAXIMUM = 32_768  # of two bytes each, in the largest datagram


# fmt: off
class PacketHeader(Message, size=12):
    """Header of every packet (CME MDP 3.0, Binary Packet Header)."""

    msg_seq_num  = u32 @ 0
    sending_time = u64 @ 4


class MessageSize(Message, size=2):
    """The size of a message, these two bytes included (CME MDP 3.0, Message Header)."""

    msg_size = u16 @ 0
# fmt: on


# fmt: off
class FirstMessage(Message, size=6):
    """A message behind its size: which template it is of (SBE message header)."""

    msg_size     = u16 @ 0
    block_length = u16 @ 2
    template_id  = u16 @ 4


class LoopTotal(Message, size=4):
    """Of how many definitions a loop consists (tag 911, TotNumReports); only a loop's definitions say so."""

    tot_num_reports = u32 @ 0
# fmt: on


@hot_call
def is_of_a_loop(position, end):
    """Whether the message at a position is a snapshot, or a definition of a loop."""
    if end - position < FirstMessage.size:
        return False
    template = FirstMessage(position).template_id
    if template in (38, 44, 52, 53, 69):
        return True
    if template in (27, 29, 41, 54, 55, 56, 57, 58, 63) and end - position >= TOTAL_AT + LoopTotal.size:
        return LoopTotal(position + TOTAL_AT).tot_num_reports != NO_TOTAL
    return False


@hot
def packet_open(packet, _expected, address, length):
    """Read the header of a packet and count its messages."""
    if length < PacketHeader.size:
        return Reason.PACKET_SHORT
    end = address + length
    position = address + PacketHeader.size
    count = 0
    for _ in range(MESSAGES_MAXIMUM):
        if end - position < MessageSize.size:
            break
        size = MessageSize(position).msg_size
        if size < MessageSize.size or size > end - position:
            return Reason.PACKET_BLOCKS
        position += size
        count += 1
    packet.session_high = 0
    packet.session_low = 0
    packet.stream = 0
    packet.sequence = PacketHeader(address).msg_seq_num
    packet.kind = PacketKind.DATA if count != 0 else PacketKind.HEARTBEAT
    packet.count = count
    packet.span = 1 if count != 0 else 0
    packet.sequenced = 1
    if count != 0 and is_of_a_loop(address + PacketHeader.size, end):
        packet.kind = PacketKind.LOOP
    packet.body = address + PacketHeader.size
    packet.end = end
    if packet.sequence == 0:
        return Reason.PACKET_SEQUENCE
    return Reason.OK


@hot
def block_length(address):
    """The length of the message behind its size."""
    return MessageSize(address).msg_size - MessageSize.size


def packet_encode(sequence: int, bodies: Sequence[bytes]) -> bytes:
    """A packet with a number of its own."""
    head = PacketHeader.encode(msg_seq_num=sequence)
    return head + b"".join(MessageSize.encode(msg_size=2 + len(body)) + body for body in bodies)


SESSION = Session(
    name="mdp3",
    specification="CME Group MDP 3.0, Binary Packet Header and Message Header",
    module=__name__,
    open=packet_open,
    block_length=block_length,
    block_header=MessageSize.size,
    numbering=Numbering.PACKET,
    restarts=True,
    encode=packet_encode,
)
