"""MoldUDP64 1.00, the request half: how a hole is asked for, and how a server reads it.

A Request Packet names a session, the first sequence and a number of messages. The answer is a Downstream Packet, sent
to where the request came from: as many messages as fit, from the first one on. So an answer may end before the request
does, and what is left is asked for again; some servers send one packet after another instead. A server that does not
know the session or the sequence says nothing.

The specification gives the count 16 bits. 0xFFFF stands for the end of the session where packets come down, so 65,534
is the most that one packet could answer, and the most that one request asks for.
"""

from __future__ import annotations

from feedhandler.wire import Message
from feedhandler.wire.big_endian import u16, u64

from .session import Request

MESSAGES_MAXIMUM = 65_534  #: of one request


class RequestPacket(Message, size=20):
    """Request for messages that were missed (MoldUDP64 1.00, Request Packet).

    The session's ten characters are eight and two, each as one integer, as they are read where packets come down.
    """

    session_high = u64 @ 0
    session_low = u16 @ 8
    sequence_number = u64 @ 10
    requested_message_count = u16 @ 18


class MoldUDP64Retransmission:
    """Requests of MoldUDP64, written and read."""

    messages_maximum = MESSAGES_MAXIMUM

    def requests(
        self, session_high: int, session_low: int, first: int, count: int, messages_per_request: int = MESSAGES_MAXIMUM
    ) -> list[bytes]:
        """The Request Packets for `count` messages from `first` on, none asking for more than `messages_per_request`.

        >>> [len(packet) for packet in MoldUDP64Retransmission().requests(0, 0, 1, 100_000)]
        [20, 20]
        """
        size = max(1, min(messages_per_request, MESSAGES_MAXIMUM))
        return [
            RequestPacket.encode(
                session_high=session_high & 0xFFFF_FFFF_FFFF_FFFF,
                session_low=session_low,
                sequence_number=start,
                requested_message_count=min(size, first + count - start),
            )
            for start in range(first, first + count, size)
        ]

    def request_read(self, datagram: bytes) -> Request | None:
        """What a Request Packet asks for; None where the datagram is none."""
        if len(datagram) != RequestPacket.size:
            return None
        return Request(
            session_high=int.from_bytes(datagram[:8], "big", signed=True),
            session_low=int.from_bytes(datagram[8:10], "big"),
            first=int.from_bytes(datagram[10:18], "big"),
            message_count=int.from_bytes(datagram[18:20], "big"),
        )


RETRANSMISSION = MoldUDP64Retransmission()
