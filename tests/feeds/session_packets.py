"""Packets of every session, for the tests of feeds: the header from its table, and blocks behind it.

`PACKETS[session.name](sequence, bodies)` is the packet that carries these messages, the first under that number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from feedhandler.sessions import deribit_multicast, iextp, mdp3, memoir_udp, moldudp64, pillar, sequenced_unit

Packet = Callable[[int, Sequence[bytes]], bytes]


def moldudp64_packet(sequence: int, bodies: Sequence[bytes]) -> bytes:
    """A downstream packet of one session."""
    head = moldudp64.DownstreamHeader.encode(
        session_high="TESTING", session_low="1", sequence_number=sequence, message_count=len(bodies)
    )
    return head + b"".join(moldudp64.MessageBlock.encode(message_length=len(body)) + body for body in bodies)


def iextp_packet(sequence: int, bodies: Sequence[bytes]) -> bytes:
    """A segment of one session."""
    payload = b"".join(iextp.MessageBlock.encode(message_length=len(body)) + body for body in bodies)
    head = iextp.SegmentHeader.encode(
        version=iextp.VERSION, session_id=7, payload_length=len(payload), message_count=len(bodies),
        first_message_sequence_number=sequence,
    )  # fmt: skip
    return head + payload


def memoir_udp_packet(sequence: int, bodies: Sequence[bytes]) -> bytes:
    """A packet of sequenced messages of one session."""
    head = memoir_udp.CommonHeader.encode(
        message_type=memoir_udp.SEQUENCED_MESSAGES, header_length=18, session_id=7, sequence_number=sequence
    )
    blocks = b"".join(memoir_udp.MessageBlock.encode(message_length=len(body)) + body for body in bodies)
    return head + memoir_udp.MessageCount.encode(message_count=len(bodies)) + blocks


def sequenced_unit_packet(sequence: int, bodies: Sequence[bytes], unit: int = 1) -> bytes:
    """A packet of one unit."""
    payload = b"".join(bodies)
    head = sequenced_unit.SequencedUnitHeader.encode(
        hdr_length=8 + len(payload), hdr_count=len(bodies), hdr_unit=unit, hdr_sequence=sequence
    )
    return head + payload


def pillar_packet(sequence: int, bodies: Sequence[bytes], flag: int = 11) -> bytes:
    """A packet of original messages, or of what the delivery flag says."""
    payload = b"".join(bodies)
    head = pillar.PacketHeader.encode(
        pkt_size=16 + len(payload), delivery_flag=flag, number_msgs=len(bodies), seq_num=sequence
    )
    return head + payload


def mdp3_packet(sequence: int, bodies: Sequence[bytes]) -> bytes:
    """A packet with a number of its own."""
    head = mdp3.PacketHeader.encode(msg_seq_num=sequence)
    return head + b"".join(mdp3.MessageSize.encode(msg_size=2 + len(body)) + body for body in bodies)


def deribit_packet(sequence: int, bodies: Sequence[bytes], channel: int = 1) -> bytes:
    """A packet with a number of its own, which is one less on the wire. Messages must say what lies behind them."""
    payload = b"".join(bodies)
    head = deribit_multicast.PacketHeader.encode(
        packet_length=len(payload), channel_id=channel, channel_seq=sequence - 1
    )
    return head + payload


PACKETS: dict[str, Packet] = {
    "moldudp64": moldudp64_packet,
    "deribit_multicast": deribit_packet,
    "iextp": iextp_packet,
    "mdp3": mdp3_packet,
    "memoir_udp": memoir_udp_packet,
    "pillar": pillar_packet,
    "sequenced_unit": sequenced_unit_packet,
}
