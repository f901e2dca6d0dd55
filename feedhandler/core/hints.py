"""Hints: what the look-ahead found out about a message, for the book to verify and use.

A hint saves the second search for an order or a level. It is never believed: an order's slot must still hold the
reference, a level must still be alive with the same price and owner, else the search is made as if there were no hint.
The record behind the last one stays blank, for messages that were not looked at.
"""

from __future__ import annotations

from .jit import hot
from .records import Record, block, i64

BLOCK = 64


class Hint(Record, size=96):
    """What is known of one message before it is applied."""

    message = i64
    order = i64  #: index of the order that the message looks up, or 0
    level = i64  #: index of the level at the price of an add or replace (of the order before that), or 0
    header = i64
    reference = i64
    home = i64  #: first slot of the home line of `reference`
    new_reference = i64
    new_home = i64  #: that of `new_reference`
    side = i64
    price = i64
    spare_0 = i64
    spare_1 = i64


class HintList(Record):
    """Addresses of the hints of one kind of message, and how many there are."""

    first = i64
    others = block(8 * (BLOCK - 1))
    count = i64


HINTS_BYTES = Hint.size * (BLOCK + 1) + 4 * HintList.size
"""A hint for each message of a block, a blank one, and the four lists."""


@hot
def takes_of(channel):
    """The messages that take from an order, replacements included."""
    return HintList(channel.hints + Hint.size * (BLOCK + 1))


@hot
def adds_of(channel):
    """The messages that add an order."""
    return HintList(channel.hints + (Hint.size * (BLOCK + 1) + HintList.size))


@hot
def replacements_of(channel):
    """The messages that replace an order by another."""
    return HintList(channel.hints + (Hint.size * (BLOCK + 1) + 2 * HintList.size))


@hot
def behind_of(channel):
    """The messages whose order is not on its home line."""
    return HintList(channel.hints + (Hint.size * (BLOCK + 1) + 3 * HintList.size))
