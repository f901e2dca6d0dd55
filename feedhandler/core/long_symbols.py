"""Names of instruments that are longer than the eight letters that fit into one word.

Who watches an instrument is judged of its whole name.
"""

from __future__ import annotations

from .channel import Channel
from .directory import SYMBOL_BYTES, instrument_at
from .integers import shift_right_logical
from .jit import hot_call
from .memory import copy_bytes, fill_bytes, store_release
from .records import Record, u8
from .watching import watchers_judge

_GENERATION = Channel.slots["generation"].offset


class Letter(Record, size=8):
    """One letter of a name."""

    value = u8


@hot_call
def _named(channel, instrument, known):
    """Tell whoever goes by names that an instrument has another one."""
    if channel.hooks != 0:
        watchers_judge(channel, instrument, known.symbol, known.symbol_length)
    store_release(channel.address + _GENERATION, channel.generation + 1)


@hot_call
def instrument_name_after(channel, instrument, other, suffix):
    """Call an instrument by another's name and a suffix of eight letters as an int64, first letter highest.

    For what one instrument has several books of. Nothing happens while the other has no name.
    """
    known, named = instrument_at(channel, instrument), instrument_at(channel, other)
    length = min(named.symbol_length, SYMBOL_BYTES - 8)
    if length <= 0:
        return
    fill_bytes(known.symbol, 32, SYMBOL_BYTES)
    copy_bytes(known.symbol, named.symbol, length)
    for position in range(8):
        letter = shift_right_logical(suffix, 56 - 8 * position) & 255
        if letter != 32 and letter != 0:
            fill_bytes(known.symbol + length + position, letter, 1)
            known.symbol_length = length + position + 1
    _named(channel, instrument, known)


@hot_call
def instrument_name_long(channel, instrument, letters, size):
    """Call an instrument by `size` letters at an address, blanks and zeros behind them left out.

    The name is looked up anew by whoever reads names: the directory's generation moves on. At most SYMBOL_BYTES count.
    """
    if instrument < 0:
        return
    length = 0
    for position in range(min(size, SYMBOL_BYTES)):
        letter = Letter(letters + position).value
        if letter != 32 and letter != 0:
            length = position + 1
    known = instrument_at(channel, instrument)
    if length == 0:
        return
    fill_bytes(known.symbol, 32, SYMBOL_BYTES)
    copy_bytes(known.symbol, letters, length)
    known.symbol_length = length
    _named(channel, instrument, known)
