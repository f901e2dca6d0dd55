"""Names of instruments that are longer than the eight letters that fit into one word.

Who watches an instrument is judged of its whole name.
"""

from __future__ import annotations

from .channel import Channel
from .directory import SYMBOL_BYTES, instrument_at
from .integers import shift_left, shift_right_logical
from .jit import hot_call
from .memory import copy_bytes, fill_bytes, store_release
from .records import Record, u8
from .watching import watchers_judge

DIGITS = 20
ZERO, BLANK = 48, 32
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
def digit_count(number):
    """How many digits a number of at least 0 has."""
    count = 1
    for _ in range(DIGITS):
        number //= 10
        if number == 0:
            break
        count += 1
    return count


@hot_call
def number_letters(number):
    """The first eight digits of a number of at least 0 as eight letters, as a directory takes a symbol."""
    for _ in range(max(digit_count(number) - 8, 0)):
        number //= 10
    count = digit_count(number)
    found = 0
    for position in range(8):
        letter = BLANK
        if position < count:
            letter = ZERO + number % 10
            number //= 10
        found |= shift_left(letter, 8 * position)
    # The last digit is lowest; where there are fewer than eight, blanks stand in front and go behind.
    for _ in range(8 - count):
        found = shift_left(found, 8) | BLANK
    return found


@hot_call
def digits_write(destination, number):
    """Write the decimal digits of a number of at least 0; returns how many these are."""
    count = digit_count(number)
    for position in range(count):
        fill_bytes(destination + count - 1 - position, ZERO + number % 10, 1)
        number //= 10
    return count


@hot_call
def instrument_name_number(channel, instrument, number):
    """Call an instrument by the decimal digits of a number of at least 0."""
    known = instrument_at(channel, instrument)
    fill_bytes(known.symbol, BLANK, SYMBOL_BYTES)
    known.symbol_length = digits_write(known.symbol, number)
    _named(channel, instrument, known)


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
    A name that an instrument has already changes nothing: definitions are repeated.
    """
    if instrument < 0:
        return
    known = instrument_at(channel, instrument)
    length = 0
    for position in range(min(size, SYMBOL_BYTES)):
        letter = Letter(letters + position).value
        if letter != 32 and letter != 0:
            length = position + 1
    same = known.symbol_length == length
    for position in range(length):
        same = same and Letter(known.symbol + position).value == Letter(letters + position).value
    if length == 0 or same:
        return
    fill_bytes(known.symbol, 32, SYMBOL_BYTES)
    copy_bytes(known.symbol, letters, length)
    known.symbol_length = length
    _named(channel, instrument, known)
