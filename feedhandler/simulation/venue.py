"""What a feed exports as `VENUE`: how the actions of a simulated market are said in its messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from feedhandler.feed import Feed


@dataclass(frozen=True)
class Venue:
    """The inverse of a feed's handlers.

    `write(action, address)` writes the message that tells of an action and returns its length in bytes; it is a hot
    function at the top level of `module`, since generated code imports it by name. No message is longer than
    `longest`. `variant` is the feed's variant that is written.

    A message has its time of day, nanoseconds since midnight at the venue, in `time_bytes` bytes, big endian, at
    `time_offset`; a live venue writes it there when it sends. With 0 bytes it does not.
    """

    feed: Feed
    variant: str
    module: str
    write: Callable[..., Any]
    longest: int
    time_offset: int = 0
    time_bytes: int = 0
