"""The walk over a message: whether it fits its length, and what in it a table may read.

`fit_source` writes the function that walks all parts of a message and compares every count and length with the bytes
that remain. It is written as text, since the generated pipeline contains it, and `explain` shows it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .message import MessageLayout
    from .parts import Tail

OPEN = 1 << 62
"""More than any length: a distance that no version shortens."""


def fit_source(message: MessageLayout, name: str) -> list[str]:
    """The text of a function `name(address, length)`: the bytes of the fixed part that the table may read, or -1.

    -1 means that the message does not fit its length: a block longer than the message, a group with more entries than
    there are bytes, a run that passes the end, bytes that nothing accounts for.
    """
    lines = [f"def {name}(base, length):"]
    lines += [f"    if length < {message.minimum_size}:", "        return -1"]
    if message.block_length is None:
        lines += [f"    block = {message.size}"]
    else:
        _, before = message.block_length
        field = next(key for key, slot in message.slots.items() if slot is message.block_length[0])
        lines += [f"    block = {f'{before} + ' if before else ''}{read_text(message, field, 'base')}"]
        lines += [f"    if block < {message.minimum_size} or block > length:", "        return -1"]
    if message.tails:
        lines += ["    limit = base + length", "    position = base + block"]
        for tail in message.tails.values():
            lines += since_lines(tail, "base", list(tail.walk("base", 0, True)))
        if not message.open_ended:
            lines += ["    if position != limit:", "        return -1"]
    if message.version_field is not None and any(field.type.since for field in message.fields.values()):
        lines += [f"    version = {message.version_text('base')}"]
        lines += version_lines(message, "return min(block, {})")
    return [*lines, "    return block"]


def since_lines(tail: Tail, base: str, lines: list[str]) -> list[str]:
    """The walk over a part, left out for messages of a version that does not have it."""
    if not tail.since:
        return lines
    return [f"    if {tail.owner.version_text(base)} >= {tail.since}:", *(f"    {line}" for line in lines)]


def version_lines(message: MessageLayout, answer: str) -> list[str]:
    """For each version that added fields: what older messages may be read to."""
    lines = []
    for version, end in _versions(message):
        lines += [f"    if version < {version}:", f"        {answer.format(end)}"]
    return lines


def filled_bytes(message: MessageLayout, version: int) -> int:
    """The bytes of the fixed part that a message of a version has filled."""
    return next((end for since, end in _versions(message) if version < since), OPEN)


def _versions(message: MessageLayout) -> list[tuple[int, int]]:
    """(version, offset of the first field that it added), oldest first."""
    found: dict[int, int] = {}
    oldest_behind = OPEN
    for field in reversed(message.fields.values()):
        oldest_behind = min(oldest_behind, field.type.since)
        # A field that was put between older ones does not end what an older message may be read to.
        if field.type.since and field.type.since == oldest_behind:
            found[field.type.since] = field.offset
    return sorted(found.items())


def words_of_fit() -> Mapping[str, Any]:
    """The names that the text of a walk uses."""
    from . import words

    return {name: getattr(words, name) for name in ("Byte", "Big2", "Big4", "Little2", "Little4")}


def compiled_text(lines: list[str], name: str) -> Any:
    """A function from its lines; plain Python, which numba compiles where it is called."""
    namespace: dict[str, Any] = dict(words_of_fit())
    exec("\n".join(lines), namespace)
    return namespace[name]


def fits(message: MessageLayout, data: bytes) -> int:
    """Python's run of the walk: the bytes of the fixed part that the table may read, or -1."""
    buffer = ctypes.create_string_buffer(data, max(len(data), 1))
    return int(message.fit(ctypes.addressof(buffer), len(data)))


def word_at(table: MessageLayout, name: str) -> Any:
    from .words import word_of

    try:
        return word_of(table.fields[name].type)
    except ValueError as error:
        raise TypeError(f"{table.__name__}.{name}: {error}") from error


def read_text(table: MessageLayout, name: str, base: str) -> str:
    """The text that reads a field at `base`."""
    offset = table.fields[name].offset
    place = f"{base} + {offset}" if offset else base
    return f"{word_at(table, name).__name__}({place}).value"


def read_value(table: MessageLayout, name: str, data: bytes, base: int) -> int:
    field = table.fields[name]
    kind = field.type
    order = "big" if kind.scalar.big_endian else "little"
    return int.from_bytes(data[base + field.offset : base + field.end], order)  # type: ignore[arg-type]
