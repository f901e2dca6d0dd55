"""Messages from a feed's tables with values that often meet: few instruments, references and prices.

The same `random.Random` gives the same messages, so a failing run can be repeated.
"""

from __future__ import annotations

import random
from typing import Any

from feedhandler.wire.behind import BehindPart
from feedhandler.wire.fields import FieldType
from feedhandler.wire.groups import GroupPart
from feedhandler.wire.message import MessageLayout
from feedhandler.wire.parts import BlockType

TEXTS = ("A", "B", "AAPL", "ZVZZT")


def value_of(kind: FieldType, source: random.Random) -> Any:
    """A value that other messages are likely to have, too."""
    if isinstance(kind, BlockType):
        return {name: value_of(place.type, source) for name, place in kind.table.fields.items()}
    if kind.names and kind.kind != "flags" and source.random() < 0.9:
        raw = source.choice(kind.names)[0]
        order = "big" if kind.scalar.big_endian or kind.is_text else "little"
        return kind.decode(raw.to_bytes(kind.size, order, signed=raw < 0))  # type: ignore[arg-type]
    if kind.kind == "reserved":
        return ""
    if kind.is_text:
        return source.choice(TEXTS)[: kind.size]
    if kind.kind == "double":
        return source.choice((1.0, 2.5, 0.0005, source.random(), None))
    if kind.kind == "price":
        return source.randint(1, 6) * 100
    bits = 8 * kind.size - (1 if kind.scalar.signed else 0)
    return source.choice((source.randint(0, 9), source.randint(0, 9), source.randint(0, 9), (1 << bits) - 1))


def values_of(message: MessageLayout, source: random.Random) -> dict[str, Any]:
    """The values of every field that an encoder does not fill in."""
    derived = {name for tail in message.tails.values() for name in tail.derived} | {*message.family.lengths}
    found = {
        name: value_of(place.type, source)
        for name, place in message.fields.items()
        if name not in message.filled and name not in derived
    }
    for name, tail in message.tails.items():
        if isinstance(tail, GroupPart):
            entries = [values_of(tail.entry, source) for _ in range(source.randint(0, 3))]
            if tail.codes:
                entries = [values_of(tail.entry, source)] if tail.present_in(found) else []
            found[name] = next(iter(entries), None) if tail.conditional else entries
        elif isinstance(tail, BehindPart):
            found[name] = values_of(tail.table, source)
        else:
            found[name] = "text" if getattr(tail, "text", None) else b"bytes"
    return found


def body_of(message: MessageLayout, source: random.Random) -> bytes:
    """An encoded message."""
    return message.encode(**values_of(message, source))
