"""Test data made from message tables: values that a message can hold, and bytes that it should not.

For the tests of feeds, ours and anybody's; hypothesis is imported where it is used, because it is installed for
development only. What is generated is what the table allows: a round trip must give it back unchanged. What is mutated
is what the decoder must survive: the same `random.Random` gives the same mutations, so a failing run can be repeated.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .behind import BehindPart
from .fields import FieldType
from .groups import GroupPart
from .message import MessageLayout
from .parts import BlockType, Tail

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

PRINTABLE = "".join(map(chr, range(33, 127)))


def values(field_type: FieldType) -> SearchStrategy[Any]:
    """Friendly values of a field: what `decode` may return for it, and `encode` takes back."""
    from hypothesis import strategies

    if isinstance(field_type, BlockType):
        return strategies.fixed_dictionaries(
            {name: values(inner.type) for name, inner in field_type.table.fields.items()}
        )
    if field_type.kind == "double":
        return _doubles(field_type)
    if field_type.is_text:
        # Padding is no part of a text, so its last character is none.
        inner = strategies.text(PRINTABLE + " ", max_size=field_type.size).map(lambda text: text.rstrip(" "))
        if field_type.kind == "char":
            inner = strategies.sampled_from(PRINTABLE + " ")
            if field_type.null is not None:
                inner = strategies.one_of(strategies.none(), inner.filter(lambda text: ord(text) != field_type.null))
        elif field_type.kind == "reserved":
            inner = strategies.just("")
        named = [field_type.decode(raw.to_bytes(field_type.size, "big")) for raw, _ in field_type.names]
        return strategies.one_of(strategies.sampled_from(named), inner) if named else inner
    bits = 8 * field_type.size
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if field_type.scalar.signed else (0, (1 << bits) - 1)
    numbers: SearchStrategy[Any] = strategies.integers(low, high)
    if field_type.names and field_type.kind != "flags":
        numbers = strategies.one_of(strategies.sampled_from([raw for raw, _ in field_type.names]), numbers)
    if field_type.null is not None:
        numbers = strategies.one_of(strategies.none(), numbers.filter(lambda number: number != field_type.null))
    return numbers


def _doubles(field_type: FieldType) -> SearchStrategy[float | None]:
    """Doubles as a venue sends them: of the field's decimal places, others, and NaN for none."""
    from hypothesis import strategies

    steps = 10**field_type.decimals
    return strategies.one_of(
        strategies.none(),
        strategies.integers(-(1 << 51) + 1, (1 << 51) - 1).map(lambda whole: whole / steps),
        strategies.floats(allow_nan=False),
    )


def tail_values(tail: Tail) -> SearchStrategy[Any]:
    """Friendly values of a group, a conditional block, a block behind a group or a run."""
    from hypothesis import strategies

    if isinstance(tail, BehindPart):
        return _dictionaries(tail.table, {})
    if isinstance(tail, GroupPart):
        entry = _dictionaries(tail.entry, {})
        if tail.codes:
            return entry
        return strategies.one_of(strategies.none(), entry) if tail.mask else strategies.lists(entry, max_size=3)
    if getattr(tail, "text", None) is None:
        return strategies.binary(max_size=20)
    return strategies.text(PRINTABLE + " ", max_size=20)


def _dictionaries(message: MessageLayout, fixed: dict[str, Any]) -> SearchStrategy[dict[str, Any]]:
    from hypothesis import strategies

    unknown = fixed.keys() - message.fields.keys() - message.tails.keys()
    if unknown:
        raise TypeError(f"{message.__name__} has no field {', '.join(sorted(unknown))}")
    chosen = {name: values(field.type) for name, field in message.fields.items()}
    chosen |= {name: tail_values(tail) for name, tail in message.tails.items()}
    # `encode` fills these in; decoding them again gives the values under their fields' names.
    blank = message.decode(message.encode())
    chosen |= {name: strategies.just(blank[name]) for name in message.filled}
    chosen |= {name: strategies.just(value) for name, value in fixed.items()}
    derived = {name for tail in message.tails.values() for name in tail.derived}
    for name in message.family.lengths:
        if name in message.fields:
            derived.add(name)
            chosen[name] = strategies.just(None)

    coded = {name: tail for name, tail in message.tails.items() if isinstance(tail, GroupPart) and tail.codes}

    def whole(fields: dict[str, Any]) -> dict[str, Any]:
        absent = {name: None for name, tail in coded.items() if not tail.present_in(fields)}
        fields = {**fields, **absent}
        given = {name: value for name, value in fields.items() if value is not None}
        found = message.decode(message.encode(**given)) if derived else {}
        # Hypothesis orders the fields to its own liking; a failing example reads better in the table's order.
        return {name: found[name] if name in derived else fields[name] for name in (*message.fields, *message.tails)}

    return strategies.fixed_dictionaries(chosen).map(whole)


def messages(message: MessageLayout, **fixed: Any) -> SearchStrategy[dict[str, Any]]:
    """Every field of a message by name, as `decode` returns it; the type and `fixed` fields as they must be."""
    return _dictionaries(message, fixed)


def encoded(message: MessageLayout, **fixed: Any) -> SearchStrategy[bytes]:
    """The bytes of a message, at every length that its table accepts: optional fields left out, unknown ones behind."""
    from hypothesis import strategies

    whole = messages(message, **fixed).map(lambda fields: message.encode(**fields))
    if not message.extensible or message.tails:
        return whole
    if message.walked:
        # The length of the fixed part is on the wire: a message may be longer than it, and not shorter.
        return strategies.builds(lambda data, more: data + more, whole, strategies.binary(max_size=8))
    behind = strategies.binary(max_size=8)
    lengths = strategies.integers(message.minimum_size, message.size + 8)
    return strategies.builds(lambda data, more, length: (data + more)[:length], whole, behind, lengths)


def mutations(data: bytes) -> SearchStrategy[bytes]:
    """Bytes near `data`, as `mutated` makes them, in a form that hypothesis can shrink."""
    from hypothesis import strategies

    return strategies.randoms(use_true_random=False).map(lambda source: mutated(data, source))


def mutated(data: bytes, source: random.Random) -> bytes:
    """`data` with one to four changes: cut, lengthened, bits turned over, extreme words, runs moved or repeated."""
    changed = bytearray(data)
    for _ in range(source.randint(1, 4)):
        source.choice(_CHANGES)(changed, source)
    return bytes(changed)


def truncations(data: bytes) -> Iterator[bytes]:
    """Every proper prefix of `data`, the empty one first."""
    return (data[:length] for length in range(len(data)))


def _cut(data: bytearray, source: random.Random) -> None:
    del data[source.randint(0, len(data)) :]


def _lengthen(data: bytearray, source: random.Random) -> None:
    data += source.randbytes(source.randint(1, 16))


def _turn_bit(data: bytearray, source: random.Random) -> None:
    if data:
        data[source.randrange(len(data))] ^= 1 << source.randrange(8)


def _replace_byte(data: bytearray, source: random.Random) -> None:
    if data:
        data[source.randrange(len(data))] = source.randrange(256)


def _extreme_word(data: bytearray, source: random.Random) -> None:
    """A length, count or index of 1 to 8 bytes becomes the least, the greatest or the most negative there is."""
    size = source.choice((1, 2, 4, 8))
    if len(data) >= size:
        position = source.randint(0, len(data) - size)
        first, rest = source.choice(((0x00, 0x00), (0xFF, 0xFF), (0x80, 0x00), (0x7F, 0xFF)))
        data[position : position + size] = bytes([first, *[rest] * (size - 1)])


def _drop_run(data: bytearray, source: random.Random) -> None:
    start = source.randint(0, len(data))
    del data[start : start + source.randint(1, 8)]


def _repeat_run(data: bytearray, source: random.Random) -> None:
    start = source.randint(0, len(data))
    run = data[start : start + source.randint(1, 16)]
    data[start:start] = run


_CHANGES = (_cut, _lengthen, _turn_bit, _replace_byte, _extreme_word, _drop_run, _repeat_run)
