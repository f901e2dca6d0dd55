"""A series by its root, expiration and strike; and prices, brought to one step by their denominator codes."""

from __future__ import annotations

from feedhandler.core.directory import UNKNOWN
from feedhandler.core.integers import INT64_MAX, shift_left
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.keys import key_add, key_find
from feedhandler.core.long_symbols import instrument_name_long
from feedhandler.core.memory import fill_bytes

BLANK = ord(" ")
ZERO = ord("0")
BLANKS_3 = int.from_bytes(b"   ", "big")
NAME_SIZE = 21
"""Letters of a series' name: root of six, year, month, day, C or P, strike of eight digits."""
FIRST_MONTH, FIRST_PUT, LAST_MONTH = ord("A"), ord("M"), ord("X")
NO_FRACTION = ord("I")
NAME_STEP = 100_000
"""Steps of 1e-8 in a step of 1e-3, with which a strike is in a name."""


@hot
def factor(code):
    """Steps of 1e-8 in one of a denominator code; 0 where there is no such code."""
    found = 0
    if code == ord("B"):
        found = 1_000_000
    elif code == ord("D"):
        found = 10_000
    elif code == NO_FRACTION:
        found = 100_000_000
    elif code == ord("A"):
        found = 10_000_000
    elif code == ord("C"):
        found = 100_000
    elif code == ord("E"):
        found = 1_000
    elif code == ord("F"):
        found = 100
    elif code == ord("G"):
        found = 10
    elif code == ord("H"):
        found = 1
    return found


@hot
def fits(value, step):
    """Whether a value of 64 bits is one in steps of 1e-8 too."""
    if step == 0:
        return False
    limit = INT64_MAX // step
    return -limit <= value <= limit


@hot
def series(channel, root, expiration, strike):
    """The series of a root of five letters, given an index and its name now if it has none; strikes are of 1e-8."""
    month, day, year = expiration.month, expiration.day, expiration.year
    high = shift_left(root, 24) + shift_left(month, 16) + shift_left(day, 8) + year
    symbol = shift_left(root, 24) + BLANKS_3
    index = key_find(channel, high, strike, symbol)
    return index if index != UNKNOWN else _series_add(channel, high, strike, symbol)


@hot_call
def _series_add(channel, high, strike, symbol):
    index = key_add(channel, high, strike, symbol)
    if index >= 0:
        _name(channel, index, high, strike, symbol)
    return index


@hot
def _digits(address, size, number):
    for place in range(size):
        fill_bytes(address + size - 1 - place, ZERO + number % 10, 1)
        number //= 10


@hot_call
def _name(channel, index, high, strike, symbol):
    """Call a series what OSI does: root, date, C or P, strike in thousandths. The feed's memory is the page for it."""
    page = channel.feed_state
    month, day, year = (high >> 16) & 255, (high >> 8) & 255, high & 255
    for place in range(6):
        fill_bytes(page + place, (symbol >> (56 - 8 * place)) & 255, 1)
    _digits(page + 6, 2, year)
    _digits(page + 8, 2, (month - FIRST_MONTH) % 12 + 1)
    _digits(page + 10, 2, day)
    fill_bytes(page + 12, ord("C") if month < FIRST_PUT else ord("P"), 1)
    _digits(page + 13, 8, strike // NAME_STEP)
    instrument_name_long(channel, index, page, NAME_SIZE)


@hot
def underlying(channel, root):
    """What a root of five letters says alone: an index."""
    symbol = shift_left(root, 24) + BLANKS_3
    index = key_find(channel, symbol, 0, symbol)
    return index if index != UNKNOWN else key_add(channel, symbol, 0, symbol)


@hot
def expires(expiration):
    """Whether an expiration block is a date's."""
    return FIRST_MONTH <= expiration.month <= LAST_MONTH and 1 <= expiration.day <= 31 and expiration.year <= 99
