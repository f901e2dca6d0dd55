"""A security of CTA by its symbol of up to eleven letters, and the header that all messages share."""

from __future__ import annotations

from feedhandler.core.channel import message_time
from feedhandler.core.integers import shift_left
from feedhandler.core.jit import hot
from feedhandler.core.keys import instrument_spelled
from feedhandler.core.seconds import SECOND

from .messages import SymbolLetters

BLANKS_3 = int.from_bytes(b"   ", "big")
BLANK = ord(" ")


@hot
def stamped(channel, message):
    """Timestamp 1: of the participant that quoted or traded, or of the processor."""
    stamp = message.timestamp_1
    message_time(channel, stamp.seconds * SECOND + stamp.nanoseconds)


@hot
def security(channel, address):
    """The security whose symbol of eleven letters is at an address; given an index now if it has none."""
    letters = SymbolLetters(address)
    return instrument_spelled(channel, letters.first, letters.rest ^ BLANKS_3, address, SymbolLetters.size)


@hot
def security_short(channel, symbol):
    """The security of a short form: five letters as one integer."""
    return instrument_spelled(channel, shift_left(symbol, 24) + BLANKS_3, 0, 0, 0)


@hot
def begun(channel, message):
    """The message's time is set; its security by its symbol."""
    stamped(channel, message)
    return security(channel, message.security_symbol)
