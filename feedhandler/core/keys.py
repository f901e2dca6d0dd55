"""Instruments whose key is longer than 64 bits: a long symbol, an option's root, expiration and strike.

A key is two words. One whose second word is 0 and whose first is not negative is its own code, so that symbols of eight
letters cost what they always do. Any other is hashed to a negative code, and what is found there is compared with the
key, which the instrument keeps in `spare_2` and `spare_3`: two keys under one code are told apart, and the second takes
the next code. A key that a symbol filter passes over is kept nowhere, so for those the filter is asked again.
"""

from __future__ import annotations

from .directory import (
    FILTERED,
    FULL,
    UNKNOWN,
    Directory,
    instrument_add,
    instrument_at,
    instrument_find,
    instrument_named,
    symbol_filtered,
)
from .integers import INT64_MIN, rotate_left, wrapping_multiply
from .jit import hot, hot_call, rare
from .long_symbols import instrument_name_long

_K0 = -7046029254386353131
_K1 = -4658895280553007687
CODES_A_KEY = 8
"""Keys that may share a code's neighbourhood; with 63 bits of hash not even two do in practice."""


@hot
def key_code(high, low):
    """The first code of a key."""
    if low == 0 and high >= 0:
        return high
    return wrapping_multiply(rotate_left(wrapping_multiply(low, _K0), 29) ^ high, _K1) | INT64_MIN


@hot
def key_find(channel, high, low, symbol):
    """The index of a key: UNKNOWN where it has none yet, FILTERED or FULL.

    `symbol` is the eight letters by which a filter knows the instrument.
    """
    code = key_code(high, low)
    if code >= 0:
        return instrument_find(channel, code)
    return _hashed_find(channel, code, high, low, symbol)


@hot_call
def _hashed_find(channel, code, high, low, symbol):
    for place in range(CODES_A_KEY):
        index = instrument_find(channel, code + place)
        if index == UNKNOWN:
            return UNKNOWN
        if index == FILTERED:
            if symbol_filtered(Directory(channel.directory), symbol):
                return FILTERED
        else:
            known = instrument_at(channel, index)
            if known.spare_2 == high and known.spare_3 == low:
                return index
    return FULL


@hot_call
def key_add(channel, high, low, symbol):
    """Give a key its index, after `key_find` said that it has none. FILTERED or FULL where it gets none.

    The instrument is called by `symbol`; whoever has a longer name for it gives it now (`instrument_name_long`).
    """
    rare()
    code = key_code(high, low)
    if code >= 0:
        return instrument_named(channel, code, symbol)
    for place in range(CODES_A_KEY):
        if instrument_find(channel, code + place) == UNKNOWN:
            index = instrument_add(channel, code + place, symbol, 0)
            if index >= 0:
                known = instrument_at(channel, index)
                known.spare_2 = high
                known.spare_3 = low
            return index
    return FULL


@hot
def instrument_spelled(channel, first, rest, letters, size):
    """The instrument of a symbol of more than eight letters; given an index and its whole name now if it has none.

    `first` is the first eight letters as a view reads them, `rest` a word that is 0 where there are no others, and
    `letters` the address of all `size` of them.
    """
    index = key_find(channel, first, rest, first)
    return index if index != UNKNOWN else _spelled_add(channel, first, rest, letters, size)


@hot_call
def _spelled_add(channel, first, rest, letters, size):
    index = key_add(channel, first, rest, first)
    if rest != 0:
        instrument_name_long(channel, index, letters, size)
    return index
