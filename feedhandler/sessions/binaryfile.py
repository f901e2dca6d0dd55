"""BinaryFILE 1.00: a session's messages in a file, each behind its two-byte length, a zero length at the end.

The file has no packets and no numbers. Its reader lends runs of whole records; they are numbered here by continuing
from what is expected, so a file replays to the same books and the same digest as the session it was written from.
"""

from __future__ import annotations

from feedhandler.core.jit import hot
from feedhandler.core.packet import PacketKind
from feedhandler.core.reasons import Reason

from .moldudp64 import MessageBlock, block_length
from .session import Numbering, Session

_BLOCKS_MAXIMUM = 32768


@hot
def packet_open(packet, expected, address, length):
    """Take a run of records as the next packet."""
    end = address + length
    position = address
    count = 0
    kind = PacketKind.DATA
    for _ in range(_BLOCKS_MAXIMUM):
        if end - position < MessageBlock.size:
            break
        size = MessageBlock(position).message_length
        if size == 0:
            # The end of the session; a run that holds messages as well is delivered first.
            end = position
            break
        if end - position - MessageBlock.size < size:
            break
        position += MessageBlock.size + size
        count += 1
    if count == 0:
        if length < MessageBlock.size or MessageBlock(address).message_length != 0:
            return Reason.PACKET_BLOCKS
        kind = PacketKind.END_OF_SESSION
    packet.kind = kind
    packet.session_high = 0
    packet.session_low = 0
    packet.stream = 0
    packet.sequence = max(expected, 1)
    packet.count = count
    packet.span = count
    packet.sequenced = 1
    packet.body = address
    packet.end = end
    # Counting the records was the walk that checks them.
    packet.checked = 1 if position == end else 0
    return Reason.OK


SESSION = Session(
    name="binaryfile",
    specification="BinaryFILE, version 1.00 (Nasdaq)",
    module=__name__,
    open=packet_open,
    block_length=block_length,
    block_header=MessageBlock.size,
    numbering=Numbering.MESSAGE,
    packets=False,
)
