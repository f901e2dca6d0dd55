"""Coinbase Derivatives multicast: numbered SBE messages behind a packet header of 24 bytes, little-endian.

A packet is a header (sending time, number of its first message, channel, flags, count, instrument of a snapshot) and
messages that open with their own length. Incremental messages are numbered one by one, for ever: the numbers never
begin again. Lines A and B carry the same messages, perhaps in other packets. A packet without messages is a heartbeat
and names the next number.

Snapshots come on lines of their own, which may be lines of the channel: the packets are told by a flag, are of one
instrument each, which only the header names, and have the number of the last incremental message that they hold; they
are taken as they come, beside the stream. What belongs to the retransmission service (a request, a reject, whose number
the client made up) says no more than that the line lives; what it sends again are packets of the stream like any other.

The channel's number stands for the session's id: a packet of another channel is not of this stream.
"""

from __future__ import annotations

from collections.abc import Sequence

from feedhandler.core.integers import shift_left
from feedhandler.core.jit import hot
from feedhandler.core.packet import PacketKind
from feedhandler.core.reasons import Reason
from feedhandler.wire import Message
from feedhandler.wire.little_endian import i32, i64, u8, u16

from .session import Numbering, Request, Session

INCREMENTAL, SNAPSHOT, RETRANSMIT = 1, 2, 4
SNAPSHOTS_FROM = 110  # templates of snapshots begin here, those of the retransmission service further on
REQUEST_TEMPLATE = 200
SCHEMA_ID, VERSION = 1201, 2
MESSAGES_MAXIMUM = 255  #: of one request, whose count is one byte
ALIGNMENT = 8


# fmt: off
class PacketHeader(Message, size=24):
    """Header of every packet (Coinbase Derivatives UDP Market Data API 1.2, Packet Header)."""

    sending_time           = i64 @ 0
    seq_num                = i64 @ 8
    channel_id             = u16 @ 16
    flags                  = u8  @ 18
    message_count          = u8  @ 19
    snapshot_instrument_id = i32 @ 20


class MessageLength(Message, size=2):
    """The first bytes of every message: its length, these two included, and the padding behind it."""

    frame_length = u16 @ 0


class MessageHeader(Message, size=10):
    """Header of every message (Coinbase Derivatives UDP Market Data API 1.2, Message Header)."""

    frame_length = u16 @ 0
    block_length = u16 @ 2
    template_id  = u16 @ 4
    schema_id    = u16 @ 6
    version      = u16 @ 8


class RetransmitRequest(Message, size=24):
    """Request for messages that were missed, padded to eight bytes (UDP Market Data API 1.2, template 200)."""

    frame_length  = u16 @ 0
    block_length  = u16 @ 2
    template_id   = u16 @ 4
    schema_id     = u16 @ 6
    version       = u16 @ 8
    begin_seq_num = i64 @ 10
    message_count = u8  @ 18
    padding_at_19 = u8  @ 19
    padding_at_20 = i32 @ 20
# fmt: on


@hot
def _of_the_service(address, length):
    """Whether a packet that is neither incremental nor a snapshot is a request or a reject, and no retransmission."""
    if length < PacketHeader.size + MessageHeader.size:
        return True
    return MessageHeader(address + PacketHeader.size).template_id >= REQUEST_TEMPLATE


@hot
def packet_open(packet, _expected, address, length):
    """Read the header of a packet."""
    if length < PacketHeader.size:
        return Reason.PACKET_SHORT
    header = PacketHeader(address)
    sequence = header.seq_num
    count = header.message_count
    flags = header.flags
    packet.session_high = header.channel_id
    packet.session_low = 0
    packet.stream = 0
    packet.sequence = sequence
    packet.kind = PacketKind.DATA if count != 0 else PacketKind.HEARTBEAT
    packet.count = count
    packet.span = count
    packet.sequenced = 1
    if flags & SNAPSHOT != 0:
        packet.kind = PacketKind.LOOP
        packet.subject = header.snapshot_instrument_id
    elif flags & INCREMENTAL == 0 and _of_the_service(address, length):
        # It has a number of the client's, and says nothing of the stream.
        packet.kind = PacketKind.HEARTBEAT
        packet.sequenced = 0
    packet.body = address + PacketHeader.size
    packet.end = address + length
    if sequence < 1 or sequence > shift_left(1, 62):
        return Reason.PACKET_SEQUENCE
    return Reason.OK


@hot
def block_length(address):
    """The bytes of a message behind its own length."""
    return MessageLength(address).frame_length - MessageLength.size


def _flags(bodies: Sequence[bytes]) -> int:
    """The flags of a packet, by what its first message is."""
    if bodies and len(bodies[0]) >= MessageHeader.size:
        template = MessageHeader.decode(bodies[0][: MessageHeader.size])["template_id"]
        if template >= SNAPSHOTS_FROM:
            return RETRANSMIT if template >= REQUEST_TEMPLATE else SNAPSHOT
    return INCREMENTAL


def packet_encode(
    sequence: int, bodies: Sequence[bytes], channel: int = 1, instrument: int = 0, flags: int | None = None
) -> bytes:
    """A packet of one channel; its flags are those of what it holds where none are given."""
    head = PacketHeader.encode(
        seq_num=sequence, channel_id=channel, flags=_flags(bodies) if flags is None else flags,
        message_count=len(bodies), snapshot_instrument_id=instrument,
    )  # fmt: skip
    return head + b"".join(bodies)


class CdeRetransmission:
    """Requests of the retransmission service. A request is answered by one packet: as many messages as fit in it."""

    messages_maximum = MESSAGES_MAXIMUM

    def requests(
        self, session_high: int, session_low: int, first: int, count: int, messages_per_request: int = MESSAGES_MAXIMUM
    ) -> list[bytes]:
        """The packets that ask for `count` messages from `first` on; a reject would repeat their numbers.

        >>> [len(packet) for packet in CdeRetransmission().requests(7, 0, 1, 300)]
        [48, 48]
        """
        size = max(1, min(messages_per_request, MESSAGES_MAXIMUM))
        return [
            PacketHeader.encode(
                seq_num=start, channel_id=session_high, flags=RETRANSMIT, message_count=1
            )
            + RetransmitRequest.encode(
                frame_length=RetransmitRequest.size, block_length=9, template_id=REQUEST_TEMPLATE,
                schema_id=SCHEMA_ID, version=VERSION, begin_seq_num=start,
                message_count=min(size, first + count - start),
            )
            for start in range(first, first + count, size)
        ]  # fmt: skip

    def request_read(self, datagram: bytes) -> Request | None:
        """What a packet asks for; None where it is no request."""
        size = PacketHeader.size + MessageHeader.size + 9
        if len(datagram) < size:
            return None
        header = PacketHeader.decode(datagram[: PacketHeader.size])
        body = datagram[PacketHeader.size :].ljust(RetransmitRequest.size, b"\0")
        request = RetransmitRequest.decode(body[: RetransmitRequest.size])
        if header["message_count"] != 1 or request["template_id"] != REQUEST_TEMPLATE:
            return None
        return Request(header["channel_id"], 0, request["begin_seq_num"], request["message_count"])


SESSION = Session(
    name="cde_multicast",
    specification="Coinbase Derivatives UDP Market Data API: Message structure, Incrementals, Snapshots, Retransmits",
    module=__name__,
    open=packet_open,
    block_length=block_length,
    block_header=MessageLength.size,
    block_inside=MessageLength.size,
    numbering=Numbering.MESSAGE,
    retransmission=CdeRetransmission(),
    encode=packet_encode,
)
