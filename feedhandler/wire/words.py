"""Single words of the wire: how compiled code reads a count or a length at an address of its own.

Views of one field, so that the walk over a message's groups needs no other primitive than a message table has.
"""

from __future__ import annotations

from . import big_endian, little_endian
from .fields import FieldType
from .message import Message, MessageLayout


# fmt: off
class Byte(Message, size=1):
    """One byte."""

    value = big_endian.u8 @ 0


class Big2(Message, size=2):
    """Two bytes, most significant first."""

    value = big_endian.u16 @ 0


class Big4(Message, size=4):
    """Four bytes, most significant first."""

    value = big_endian.u32 @ 0


class Little2(Message, size=2):
    """Two bytes, least significant first."""

    value = little_endian.u16 @ 0


class Little4(Message, size=4):
    """Four bytes, least significant first."""

    value = little_endian.u32 @ 0
# fmt: on


_WORDS: dict[tuple[int, bool], MessageLayout] = {
    (1, False): Byte, (1, True): Byte, (2, True): Big2, (4, True): Big4, (2, False): Little2, (4, False): Little4,
}  # fmt: skip


def word_of(kind: FieldType) -> MessageLayout:
    """The view that reads a count, length, offset, code or set of flags; `ValueError` for a type that is none."""
    found = _WORDS.get((kind.size, kind.scalar.big_endian))
    letters = kind.is_text and kind.kind != "char"
    if found is None or letters or kind.kind == "double" or (kind.scalar.signed and kind.size > 1):
        raise ValueError(f"{kind.name} can be no count, length or offset: those are unsigned and have 1, 2 or 4 bytes")
    return found
