"""Transmission blocks of SIAC, which carry CTA's messages and OPRA's: numbered blocks, big-endian.

A header says how long the block is, how many messages it has, when it left and what its bytes add up to. CTA's messages
open with their own length; OPRA's have the length of their category. A block ends with a pad byte where its messages
would end on an odd one.

* **Numbering.** A number is that of a block's first message: the next block's is higher by as many messages as the
  block has. Here every number is one higher than on the wire, since a stream starts at 1 and CTA's begins with 0, the
  Start of Day's. The specifications could not be read where they say so; two receivers that others published do,
  and no capture contradicts it. Were blocks counted instead, blocks behind one of several messages would look like
  copies. So a block that begins inside another is counted as such, and no book is trusted: the sessions named
  `..._blocks` are there for that case.
* **Line integrity** is a heartbeat: a block with a control message and the number of the last message that was sent, so
  that the loss of that one is seen. Number 0 says nothing: a line also has it before the day starts.
* **Checksum.** The low 16 bits of the sum of all bytes but the checksum's own. UDP has one too, but not of what a
  capture, a tunnel or a card made of the bytes since; a block with a wrong one is counted and not used, so that the
  other line's can be. It costs 11 ns for a block of 400 bytes, 24 ns for one of 1000.
* A retransmitted block has its old number, and takes its place as a late one does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from feedhandler.core.checksum import bytes_sum
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.packet import Packet, PacketKind
from feedhandler.core.reasons import Reason
from feedhandler.core.seconds import SECOND
from feedhandler.wire import Message
from feedhandler.wire.big_endian import alpha, char, u8, u16, u32
from feedhandler.wire.message import MessageLayout

from .session import Numbering, Session

CTA_VERSION = 2
OPRA_VERSION = 6
CTA_LINE_INTEGRITY = int.from_bytes(b"CT", "big")
OPRA_LINE_INTEGRITY = int.from_bytes(b"HN", "big")
WRONG_COUNT = -1


session_indicator = u8.named(
    {0: "Regular", 1: "Monday", 2: "Tuesday", 3: "Wednesday", 4: "Thursday", 5: "Friday", 88: "OPRA's own"}
)
"""Regular, or the global hours of a day."""


# fmt: off
class CtaBlockHeader(Message, size=20):
    """Header of a block of CTA (CQS and CTS Pillar Multicast Output Binary Specifications, 3.0)."""

    version                  = u8   @ 0
    block_size               = u16  @ 1
    data_feed_indicator      = char @ 3
    retransmission_indicator = char.named(O="Original", V="Retransmitted") @ 4
    block_sequence_number    = u32  @ 5
    messages_in_block        = u8   @ 9
    seconds                  = u32  @ 10
    nanoseconds              = u32  @ 14
    block_checksum           = u16  @ 18


class OpraBlockHeader(Message, size=21):
    """Header of a block of OPRA (OPRA Pillar Output Specification, 3.05)."""

    version                  = u8   @ 0
    block_size               = u16  @ 1
    data_feed_indicator      = char @ 3
    retransmission_indicator = char.named({" ": "Original", "V": "Retransmitted"}) @ 4
    session_indicator        = session_indicator @ 5
    block_sequence_number    = u32  @ 6
    messages_in_block        = u8   @ 10
    seconds                  = u32  @ 11
    nanoseconds              = u32  @ 15
    block_checksum           = u16  @ 19


class CtaMessageHead(Message, size=4):
    """How a message of CTA opens: its length, these two bytes included, category and type (4.0)."""

    message_length = u16      @ 0
    kind           = alpha(2) @ 2


class OpraMessageHead(Message, size=4):
    """How a message of OPRA opens: category and type behind the participant, and the message indicator (4.0)."""

    participant_id    = char     @ 0
    kind              = alpha(2) @ 1
    message_indicator = char     @ 3


class OpraTextLength(Message, size=14):
    """The header of an OPRA message, and the length of an administrative message's text behind it (6.08)."""

    header              = alpha(12) @ 0
    message_data_length = u16       @ 12
# fmt: on


# What open functions share takes addresses and numbers: cold code calls those functions as plain Python, and a compiled
# function that is called from there takes nothing else.


@hot
def _block_adds_up(address, size, stated):
    """Whether the bytes of a block are what its checksum says."""
    return (bytes_sum(address, size) - (stated >> 8) - (stated & 255)) & 0xFFFF == stated


@hot
def _block_filled(packet_address, number, count, first, end, block_end, is_line_integrity, counts_messages):
    """What the header says becomes the packet's; the messages end at `end`, behind which a pad byte may stand."""
    packet = Packet(packet_address)
    packet.session_high = 0
    packet.session_low = 0
    packet.stream = 0
    packet.count = count
    packet.sequenced = 1
    packet.body = first
    packet.end = end if block_end - end <= 1 else block_end
    packet.checked = 1 if block_end - end <= 1 else 0
    packet.sequence = number + 1
    packet.kind = PacketKind.DATA
    packet.span = count if counts_messages else 1
    if is_line_integrity:
        packet.kind = PacketKind.HEARTBEAT
        packet.span = 0
        packet.sequence = number + 2 if number != 0 else 1


# ------------------------------------------------------------------------------------------------------------- CTA


@hot_call
def cta_messages_end(position, end, count):
    """The address behind the last of `count` messages, WRONG_COUNT where they do not fit."""
    for _ in range(count):
        if end - position < CtaMessageHead.size:
            return WRONG_COUNT
        size = CtaMessageHead(position).message_length
        if size < CtaMessageHead.size or size > end - position:
            return WRONG_COUNT
        position += size
    return position


@hot
def _cta_open(packet_address, checked, address, length, counts_messages):
    if length < CtaBlockHeader.size:
        return Reason.PACKET_SHORT
    header = CtaBlockHeader(address)
    size = header.block_size
    if size < CtaBlockHeader.size or size > length:
        return Reason.PACKET_BLOCKS
    if checked == 0 and not _block_adds_up(address, size, header.block_checksum):
        return Reason.PACKET_CHECKSUM
    first = address + CtaBlockHeader.size
    count = header.messages_in_block
    end = cta_messages_end(first, address + size, count)
    if end == WRONG_COUNT or count == 0 or header.version != CTA_VERSION:
        return Reason.PACKET_BLOCKS
    integrity = count == 1 and CtaMessageHead(first).kind == CTA_LINE_INTEGRITY
    number = header.block_sequence_number
    _block_filled(packet_address, number, count, first, end, address + size, integrity, counts_messages)
    return Reason.OK


@hot
def cta_open(packet, _expected, address, length):
    """Read the header of a block of CTA and walk its messages. What was looked over before adds up."""
    return _cta_open(packet.address, packet.checked, address, length, True)


@hot
def cta_blocks_open(packet, _expected, address, length):
    """The same where the numbers count blocks."""
    return _cta_open(packet.address, packet.checked, address, length, False)


@hot
def cta_block_length(address):
    """The bytes of a message behind its length."""
    return CtaMessageHead(address).message_length - 2


# ------------------------------------------------------------------------------------------------------------ OPRA

OPRA_HEADER = 12
LAST_SALE = 43
OPEN_INTEREST = 30
END_OF_DAY_SUMMARY = 72
LONG_QUOTE = 43
SHORT_QUOTE = 29
UNDERLYING_VALUE = 27
SERIES_MAPPING = 155
APPENDAGE = 10
SINGLE_APPENDAGES = sum(1 << ord(code) - 64 for code in "CGKMNP")
DOUBLE_APPENDAGE = ord("O")


@hot
def _appendages(indicator):
    """The bytes behind a quote, by its message indicator."""
    if indicator == DOUBLE_APPENDAGE:
        return 2 * APPENDAGE
    if 64 <= indicator < 96 and SINGLE_APPENDAGES >> (indicator - 64) & 1:
        return APPENDAGE
    return 0


@hot_call
def opra_message_size(position, room):
    """The bytes of a message, by its category and indicator; 0 where there is no such message in `room` bytes."""
    if room < OPRA_HEADER:
        return 0
    head = OpraMessageHead(position)
    category = head.kind >> 8
    size = 0
    if category == ord("q"):
        size = SHORT_QUOTE + _appendages(head.message_indicator)
    elif category == ord("k"):
        size = LONG_QUOTE + _appendages(head.message_indicator)
    elif category == ord("a"):
        size = LAST_SALE
    elif category == ord("H"):
        size = OPRA_HEADER
    elif category == ord("d"):
        size = OPEN_INTEREST
    elif category == ord("f"):
        size = END_OF_DAY_SUMMARY
    elif category == ord("Y"):
        size = UNDERLYING_VALUE
    elif category == ord("R"):
        size = SERIES_MAPPING
    elif category == ord("C") and room >= OpraTextLength.size:
        size = OpraTextLength.size + OpraTextLength(position).message_data_length
    return size if size <= room else 0


@hot_call
def opra_messages_end(position, end, count):
    """The address behind the last of `count` messages, WRONG_COUNT where they do not fit."""
    for _ in range(count):
        size = opra_message_size(position, end - position)
        if size == 0:
            return WRONG_COUNT
        position += size
    return position


@hot
def _opra_open(packet_address, checked, address, length, counts_messages):
    if length < OpraBlockHeader.size:
        return Reason.PACKET_SHORT
    header = OpraBlockHeader(address)
    size = header.block_size
    if size < OpraBlockHeader.size or size > length:
        return Reason.PACKET_BLOCKS
    if checked == 0 and not _block_adds_up(address, size, header.block_checksum):
        return Reason.PACKET_CHECKSUM
    first = address + OpraBlockHeader.size
    count = header.messages_in_block
    end = opra_messages_end(first, address + size, count)
    if end == WRONG_COUNT or count == 0 or header.version != OPRA_VERSION:
        return Reason.PACKET_BLOCKS
    integrity = count == 1 and OpraMessageHead(first).kind == OPRA_LINE_INTEGRITY
    number = header.block_sequence_number
    _block_filled(packet_address, number, count, first, end, address + size, integrity, counts_messages)
    return Reason.OK


@hot
def opra_open(packet, _expected, address, length):
    """Read the header of a block of OPRA and walk its messages: `opra_block_length` relies on it."""
    return _opra_open(packet.address, packet.checked, address, length, True)


@hot
def opra_blocks_open(packet, _expected, address, length):
    """The same where the numbers count blocks."""
    return _opra_open(packet.address, packet.checked, address, length, False)


@hot
def opra_sent(address):
    """When a block left: nanoseconds of the Unix epoch."""
    header = OpraBlockHeader(address)
    return header.seconds * SECOND + header.nanoseconds


@hot
def opra_block_length(address):
    """The bytes of a message behind its first four. The block was walked: all of them are there."""
    return opra_message_size(address, 1 << 20) - OpraMessageHead.size


# ------------------------------------------------------------------------------------------------------- encoding


def block_encode(header: MessageLayout, sequence: int, bodies: Sequence[bytes], **fields: Any) -> bytes:
    """A block with its pad byte and checksum. `sequence` is ours, one above the block's number."""
    payload = b"".join(bodies)
    payload += b"\0" * ((header.size + len(payload)) % 2)
    values = {
        "block_size": header.size + len(payload), "block_sequence_number": sequence - 1,
        "messages_in_block": len(bodies), **fields,
    }  # fmt: skip
    total = sum(header.encode(**values)) + sum(payload)
    return header.encode(**values, block_checksum=total & 0xFFFF) + payload


def cta_encode(sequence: int, bodies: Sequence[bytes], feed: str = "Q") -> bytes:
    """A block of CTA."""
    return block_encode(
        CtaBlockHeader, sequence, bodies, version=CTA_VERSION, data_feed_indicator=feed, retransmission_indicator="O"
    )


def opra_encode(sequence: int, bodies: Sequence[bytes]) -> bytes:
    """A block of OPRA."""
    return block_encode(
        OpraBlockHeader, sequence, bodies, version=OPRA_VERSION, data_feed_indicator="O", retransmission_indicator=" "
    )


def _session(
    name: str, specification: str, head: int, numbering: Numbering, opened: Callable[..., Any],
    block_length: Callable[..., Any], encode: Callable[[int, Sequence[bytes]], bytes],
    sent: Callable[..., Any] | None = None,
) -> Session:  # fmt: skip
    return Session(
        name=name, specification=specification, module=__name__, open=opened, block_length=block_length,
        block_header=head, block_inside=head, numbering=numbering, restarts=True, encode=encode,
        steady=numbering == Numbering.MESSAGE, sent=sent,
    )  # fmt: skip


_CTA = "CTA Pillar Multicast Output Binary Specifications (CQS 2.10a, CTS 2.9), transmission blocks"
_OPRA = "OPRA Pillar Output Specification, version 6.2, transmission blocks"
CTA = _session("cta_messages", _CTA, 2, Numbering.MESSAGE, cta_open, cta_block_length, cta_encode)
CTA_BLOCKS = _session("cta_blocks", _CTA, 2, Numbering.PACKET, cta_blocks_open, cta_block_length, cta_encode)
OPRA = _session("opra_messages", _OPRA, 4, Numbering.MESSAGE, opra_open, opra_block_length, opra_encode, opra_sent)
OPRA_BLOCKS = _session(
    "opra_blocks", _OPRA, 4, Numbering.PACKET, opra_blocks_open, opra_block_length, opra_encode, opra_sent
)
