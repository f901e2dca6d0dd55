"""MIAX MACH: numbered packets of one message each, several of which may share a datagram; little-endian.

A packet is a header of 12 bytes (sequence number, length of the whole, packet type, session number) and, where its type
says so, one application message. A datagram is packets one after the other; their numbers follow on each other.

Heartbeats come once a second where nothing else does. They bear neither a sequence nor a session, so nothing is
concluded from them but that the line lives. Start and End of Session are taken likewise, but for an End of Session with
a number: nothing of the session comes from there on. A session is named by its number and counts from 1; the next day
may bear the same number.
"""

from __future__ import annotations

from collections.abc import Sequence

from feedhandler.core.jit import hot, hot_call
from feedhandler.core.packet import PacketKind
from feedhandler.core.reasons import Reason
from feedhandler.wire import Message
from feedhandler.wire.little_endian import u8, u16, u64

from .session import Numbering, Session

PACKETS_MAXIMUM = 8_192  # of 12 bytes or more, in the largest datagram
HEARTBEAT, START_OF_SESSION, END_OF_SESSION, APPLICATION_MESSAGE = range(4)

packet_type = u8.named({0: "Heartbeat", 1: "Start of Session", 2: "End of Session", 3: "Application Message"})


# fmt: off
class PacketHeader(Message, size=12):
    """Header of every packet (MIAX MACH Protocol, Packet Header)."""

    sequence_number = u64         @ 0
    packet_length   = u16         @ 8
    packet_type     = packet_type @ 10
    session_number  = u8          @ 11
# fmt: on


@hot
def application_at(position, end):
    """Whether there is an application message's packet at a position, whole."""
    if end - position < PacketHeader.size:
        return False
    header = PacketHeader(position)
    length = header.packet_length
    return header.packet_type == APPLICATION_MESSAGE and PacketHeader.size < length <= end - position


@hot_call
def applications_end(packet, position, end):
    """Walk the application messages of a datagram: count them, and give the address behind the last.

    0 where numbers or sessions do not follow on the first one's, or bytes are left that are no packet.
    """
    first = PacketHeader(position)
    sequence, session = first.sequence_number, first.session_number
    count = 0
    for _ in range(PACKETS_MAXIMUM):
        if not application_at(position, end):
            break
        header = PacketHeader(position)
        if header.sequence_number != sequence + count or header.session_number != session:
            return 0
        count += 1
        position += header.packet_length
    packet.count = count
    if end - position >= PacketHeader.size and PacketHeader(position).packet_type == APPLICATION_MESSAGE:
        return 0
    return position


@hot
def packet_open(packet, _expected, address, length):
    """Read the headers of a datagram's packets; those that bear no message are stepped over in front of others."""
    if length < PacketHeader.size:
        return Reason.PACKET_SHORT
    end = address + length
    position = address
    packet.kind = PacketKind.HEARTBEAT
    packet.session_high = 0
    packet.session_low = 0
    packet.stream = 0
    packet.sequence = 0
    packet.count = 0
    packet.sequenced = 0
    packet.body = address
    packet.end = address
    for _ in range(PACKETS_MAXIMUM):
        if end - position < PacketHeader.size:
            break
        header = PacketHeader(position)
        size = header.packet_length
        if size < PacketHeader.size or size > end - position:
            return Reason.PACKET_BLOCKS
        if header.packet_type == APPLICATION_MESSAGE:
            break
        if header.packet_type == END_OF_SESSION and header.sequence_number > 0:
            packet.kind = PacketKind.END_OF_SESSION
            packet.session_high = header.session_number
            packet.sequence = header.sequence_number
            packet.sequenced = 1
        position += size
    if end - position >= PacketHeader.size:
        header = PacketHeader(position)
        packet.kind = PacketKind.DATA
        packet.session_high = header.session_number
        packet.sequence = header.sequence_number
        packet.sequenced = 1
        packet.body = position
        packet.end = applications_end(packet, position, end)
        if packet.end == 0:
            return Reason.PACKET_BLOCKS
        if packet.sequence <= 0:
            return Reason.PACKET_SEQUENCE
    packet.span = packet.count
    return Reason.OK


@hot
def block_length(address):
    """The length of the message behind a packet's header; the datagram was walked when it was opened."""
    return PacketHeader(address).packet_length - PacketHeader.size


def packet_encode(sequence: int, bodies: Sequence[bytes], session: int = 1) -> bytes:
    """A datagram of these messages, each in a packet of its own; of none, a heartbeat as the venue sends it."""
    if not bodies:
        return control_encode(HEARTBEAT)
    return b"".join(
        PacketHeader.encode(
            sequence_number=sequence + number, packet_length=PacketHeader.size + len(body),
            packet_type=APPLICATION_MESSAGE, session_number=session,
        ) + body
        for number, body in enumerate(bodies)
    )  # fmt: skip


def control_encode(kind: int, sequence: int = 0, session: int = 0) -> bytes:
    """A packet without a message."""
    return PacketHeader.encode(
        sequence_number=sequence, packet_length=PacketHeader.size, packet_type=kind, session_number=session
    )


SESSION = Session(
    name="mach",
    specification="MIAX MACH Protocol, Packet Header",
    module=__name__,
    open=packet_open,
    block_length=block_length,
    block_header=PacketHeader.size,
    numbering=Numbering.MESSAGE,
    restarts=True,
    encode=packet_encode,
)
