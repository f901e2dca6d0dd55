"""Sums of bytes, for sessions whose packets say what their bytes add up to.

Eight bytes at a time: the even and the odd bytes of a word are added into four lanes of 16 bits. A word adds at most
510 to a lane, so that 64 words fit into one with its top bit clear; then the lanes are emptied.
"""

from __future__ import annotations

from .integers import shift_right_logical
from .jit import hot_call
from .records import Record, i64, u8

_LANES = 0x00FF00FF00FF00FF
_WORDS_A_FILLING = 64


class Word(Record, size=8):
    """Eight bytes."""

    value = i64


class Byte(Record):
    """One byte."""

    value = u8


@hot_call
def bytes_sum(address, length):
    """The sum of `length` bytes."""
    total = 0
    position = address
    words = length >> 3
    for _ in range((words + _WORDS_A_FILLING - 1) // _WORDS_A_FILLING):
        size = min(words, _WORDS_A_FILLING)
        lanes = 0
        for _ in range(size):
            word = Word(position).value
            lanes += (word & _LANES) + (shift_right_logical(word, 8) & _LANES)
            position += 8
        words -= size
        total += (lanes & 0xFFFF) + (lanes >> 16 & 0xFFFF) + (lanes >> 32 & 0xFFFF) + (lanes >> 48)
    for _ in range(length & 7):
        total += Byte(position).value
        position += 1
    return total
