"""Hints: what the look-ahead found out about a message, for the book to verify and use.

A hint saves the second search for an order or a level. It is never believed: an order's slot must still hold the
reference, a level must still be alive with the same price and owner, else the search is made as if there were no hint.
The record behind the last one stays blank, for messages that were not looked at.
"""

from __future__ import annotations

from .records import Record, i64

BLOCK = 64


class Hint(Record, size=80):
    """What is known of one message before it is applied."""

    message = i64
    byte_count = i64
    action = i64
    instrument = i64
    reference = i64
    side = i64
    price = i64
    order = i64  #: index of the order that the message looks up, or 0
    level = i64  #: index of the level at the price of an add or replace (of the order before that), or 0
    spare = i64
