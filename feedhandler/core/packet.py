"""A packet between its session and the sequencer: what its header said, and where its messages lie."""

from __future__ import annotations

from enum import IntEnum

from .records import Record, i64


class PacketKind(IntEnum):
    """What a session's packet is."""

    DATA = 0
    HEARTBEAT = 1  #: no messages; its sequence is the next one
    END_OF_SESSION = 2  #: like a heartbeat, and nothing will follow
    LOOP = 3  #: of a loop of snapshots or definitions beside the stream: says nothing of what the stream lacks


class Packet(Record):
    """A packet after its session header was read; one scratch record a pipeline."""

    kind = i64
    session_high = i64  #: the first eight bytes of the session's name, or its number
    session_low = i64  #: the rest of the name, or 0
    stream = i64  #: the in-band stream's number, 0 where the session has none
    sequence = i64
    count = i64  #: messages in the packet
    span = i64  #: sequence numbers that the packet covers: `count`, or 1 where packets are numbered
    skip = i64  #: messages at the front that were delivered before
    body = i64  #: address of the first message block
    end = i64  #: address behind the last byte
    received_ns = i64
    line = i64
    sequenced = i64
    packet_address = i64  #: of the packet's first byte
    byte_count = i64
    hints = i64  #: address of the look-ahead's hint for the first message, 0 where nobody has looked
    checked = i64  #: 1 where the blocks were found to fit
    subject = i64  #: the instrument's code where a loop's header says of which all its messages are; else as it was


class Verdict(IntEnum):
    """What is to be done with a packet."""

    DROP = 0
    DELIVER = 1
    HOLD = 2  #: it must wait, and there is no room
