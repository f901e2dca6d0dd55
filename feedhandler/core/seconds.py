"""Times of venues that send the second on its own: a message when it begins, and nanoseconds of it in all others.

The channel keeps the second in the first word of its feed's state. It is what the venue counts from, of the day or of
the Unix epoch; where a channel is joined within a second, times are counted from 0 until the next one begins.
"""

from __future__ import annotations

from .channel import message_time
from .jit import hot
from .reasons import Reason
from .records import Record, i64

SECOND = 1_000_000_000
"""Nanoseconds of one."""


class Second(Record):
    """The second that a channel's times count from."""

    value = i64


@hot
def second_begins(channel, seconds):
    """The venue's second begins. Returns the reason of a message that says nothing else."""
    Second(channel.feed_state).value = seconds
    return Reason.OK


@hot
def second_time(channel, nanoseconds):
    """Set the time of a message: nanoseconds of the second that has begun."""
    message_time(channel, Second(channel.feed_state).value * SECOND + nanoseconds)
