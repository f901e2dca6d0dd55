"""A schema as the text of a `messages.py`: what somebody would write who had the exchange's document beside him.

Names are the schema's in snake case. A composite of a mantissa and a constant exponent is a decimal, one of a single
encoded member is that member, any other is a block. Constant fields have no bytes, so they stand in the docstring.
Bytes that no field covers are `reserved`, so that the offsets of a table close.

What the dialects of schemas have alike is here; `sbe/source.py` and `fbe/source.py` say how a message of theirs opens.
"""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Iterator, Sequence

from .message import reserved_names
from .schemas import PRIMITIVES, Block, Choice, Composite, Data, Encoding, Group, Member, Schema, SchemaError, Type

DOUBLE_DECIMALS = 8


def snake(name: str) -> str:
    """A schema's name as ours: `MDEntryPx` is `md_entry_px`."""
    # `mDEntryPx` is `MDEntryPx` where a schema's names open with a small letter, whatever the first word is.
    name = re.sub(r"^[a-z](?=[A-Z]+[A-Z][a-z])", lambda letter: letter[0].upper(), name)
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    found = re.sub(r"\W+", "_", words).lower().strip("_")
    return f"{found}_" if keyword.iskeyword(found) or found in reserved_names() else found


def camel(name: str) -> str:
    """A schema's name as the name of a class."""
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"\W|_", name))


class TableWriter:
    """Writes one schema. A dialect says how its module, its family and its messages open."""

    def __init__(self, schema: Schema, double_decimals: int) -> None:
        self.schema = schema
        self.double_decimals = double_decimals
        self.used: set[str] = {"Message"}
        self.types: set[str] = set()
        self.choices: dict[str, str] = {}
        self.choice_lines: list[str] = []
        self.classes: set[str] = set()
        self.class_lines: list[str] = []
        # A field hides whatever bears its name from the fields below it, so such a thing gets another name.
        self.fields_named = {snake(member.name) for block in _blocks(schema.messages) for member in block.members}
        self.fields_named |= {snake(member.name) for table in _composites(schema) for member in table.members}
        self.hidden = {
            snake(later.type.name)
            for members in (
                *(block.members for block in _blocks(schema.messages)),
                *(table.members for table in _composites(schema)),
            )
            for number, later in enumerate(members)
            for earlier in members[:number]
            if isinstance(later.type, Choice) and snake(earlier.name) == snake(later.type.name)
        }
        self.specification = schema.package + (f" {schema.semantic_version}" if schema.semantic_version else "")

    def module(self, title: str | None) -> Iterator[str]:
        schema = self.schema
        family = self.family()
        for message in schema.messages:
            self.message(message)
        yield f'"""{title or self.opening()}'
        yield ""
        yield from self.origin()
        yield '"""'
        yield ""
        yield f"from feedhandler.wire import {', '.join(sorted(self.used, key=lambda name: (name[0].islower(), name)))}"
        source = f"from feedhandler.wire.{schema.byte_order}_endian import "
        types = sorted(self.types, key=_natural)
        yield from wrapped(source, [word for word in types if self.word(word) == word], "", "()")
        yield from (f"{source}{word} as {self.word(word)}" for word in types if self.word(word) != word)
        yield ""
        yield "# fmt: off"
        yield from self.choice_lines
        yield ""
        yield ""
        yield from family
        yield from self.class_lines[:-2]
        yield "# fmt: on"
        yield ""
        yield ""
        yield "MESSAGES = ("
        yield from (f"    {camel(message.name)}," for message in schema.messages)
        yield ")"
        yield '"""Every message of the schema, in its order."""'

    # ------------------------------------------------------------------------------------------------- of the dialect

    def opening(self) -> str:
        """The first line of the module, where nobody gives another."""
        raise NotImplementedError

    def origin(self) -> list[str]:
        """What the module's docstring says of where it comes from."""
        raise NotImplementedError

    def family(self) -> list[str]:
        """The header of every message, and the roles of its fields."""
        raise NotImplementedError

    def head(self, message: Block, name: str) -> str:
        """The line that opens the class of a message."""
        raise NotImplementedError

    # --------------------------------------------------------------------------------------------------------- types

    def uses(self, name: str) -> str:
        """A field type of ours by the name that it is imported under."""
        self.types.add(name)
        return self.word(name)

    def word(self, name: str) -> str:
        return f"{name}_type" if name in self.fields_named else name

    def encoding(self, kind: Encoding, *, optional: bool) -> str:
        """The field type of a simple type, as text."""
        name, size, _ = PRIMITIVES[kind.primitive]
        if kind.length != 1 and kind.primitive in ("char", "uint8", "int8"):
            return f"{self.uses('alpha')}({kind.length})"
        if kind.length != 1:
            return f"{self.uses('reserved')}({size * kind.length})"
        name = self.uses(name)
        if kind.primitive == "double":
            return f"{name}({self.double_decimals})"
        base = f"{name}.nullable({kind.null})" if optional and kind.null is not None else name
        if not kind.decimals:
            return base
        return f"{self.uses('price' if kind.is_price else 'decimal')}({base}, decimals={kind.decimals})"

    def choice(self, kind: Choice, *, optional: bool) -> str:
        """The name of an enumeration or set; its values are written once."""
        optional = optional or kind.encoding.optional
        key = f"{kind.name}{' optional' if optional else ''}"
        if key in self.choices:
            return self.choices[key]
        name = snake(kind.name)
        if name in self.hidden or name in PRIMITIVES:
            name += "_values"
        if name in self.choices.values():
            name = f"{name}_or_null" if optional else f"{name}_always"
        # A value that the schema names twice keeps its first name: `named` takes one word a value.
        values: dict[str, str] = {}
        for text, word in kind.values:
            values.setdefault(text, word)
        if kind.is_set:
            base = self.encoding(kind.encoding, optional=False)
            words = [f"bit{bit}={quoted(word)}" for bit, word in values.items()]
            self.choice_lines += wrapped(f"{name} = {base}.with_bit_names(", words, ")")
        else:
            base = self.encoding(kind.encoding, optional=optional)
            words = [f"{self.key(kind, text)}: {quoted(word)}" for text, word in values.items()]
            named = wrapped(f"{name} = {base}.named({{", words, "})")
            self.choice_lines += named if words else [f"{name} = {base}"]
        self.choices[key] = name
        return name

    def key(self, kind: Choice, text: str) -> str:
        """A value of an enumeration as `named` takes it."""
        if kind.encoding.primitive == "char":
            return quoted(text)
        try:
            return str(int(text, 0))
        except ValueError as error:
            what = f"enum {kind.name} has the value {text!r}"
            raise SchemaError(f"{self.schema.file}: {what}, which is no number") from error

    def type(self, kind: Type, *, optional: bool, semantic: str = "") -> str:
        if isinstance(kind, Encoding):
            return self.encoding(kind, optional=optional)
        if isinstance(kind, Choice):
            return self.choice(kind, optional=optional)
        encoded = [member for member in kind.members if member.size]
        if len(encoded) == 1 and encoded[0].offset == 0:
            (member,) = encoded
            inner = self.type(member.type, optional=optional or member.optional)
            exponent = kind.member("exponent") or kind.member("Exponent")
            if exponent is None or exponent.constant is None:
                return inner
            decimals = -int(exponent.constant)
            if decimals < 0:
                raise SchemaError(f"{self.schema.file}: {kind.name} has exponent {-decimals}; expected 0 or less")
            word = "price" if "price" in f"{kind.name} {kind.semantic} {semantic}".lower() else "decimal"
            return f"{self.uses(word)}({inner}, decimals={decimals})"
        self.used.add("block")
        return f"block({self.table(kind)})"

    def table(self, kind: Composite) -> str:
        """The class of a composite, declared before its first use."""
        name = camel(kind.name)
        if name not in self.classes:
            self.classes.add(name)
            lines = self.fields(kind.members, kind.size, 0, set())
            description = f"{kind.description or camel(kind.name)} ({self.specification}, {kind.name})."
            self.class_lines += [
                f"class {name}(Message, size={kind.size}):",
                *docstring(description, kind.members),
                *lines, "", "",
            ]  # fmt: skip
        return name

    # ------------------------------------------------------------------------------------------------------ messages

    def message(self, message: Block) -> None:
        start = self.schema.header.size
        name = camel(message.name)
        taken = {snake(member.name) for member in self.schema.header.members}
        fields = self.fields(message.members, message.block_length, start, taken, message.since)
        tails = self.tails(message, name, message.since)
        self.classes.add(name)
        # CME marks every message with its type in FIX; that is no description.
        description = f"{message.description or message.name} ({self.specification}, template {message.id})."
        self.class_lines += [
            self.head(message, name),
            *docstring(description, message.members),
            *aligned(fields + tails), "", "",
        ]  # fmt: skip

    def tails(self, owner: Block, path: str, since: int) -> list[str]:
        """The declarations of groups and data; the classes of entries are written before their owner."""
        lines = []
        for group in owner.groups:
            entry = f"{path}{camel(group.name)}"
            self.group(group, entry, since)
            self.used.add("group")
            added = f".added({group.since})" if group.since > since else ""
            if group.dimension is not None:
                number = f"dimension={self.table(group.dimension)}"
            else:
                number = f"count={quoted(snake(group.counter or ''))}"
            lines.append(f"    {snake(group.name)} = group({entry}, {number}){added}")
        for data in owner.data:
            self.used.add("run")
            added = f".added({data.since})" if data.since > since else ""
            lines.append(f"    {snake(data.name)} = {self.run(data)}{added}")
        return lines

    def group(self, group: Group, name: str, since: int) -> None:
        fields = self.fields(group.members, group.block_length, 0, set(), since)
        tails = self.tails(group, name, since)
        description = f"{group.description or 'An entry'} ({self.specification}, group {group.name})."
        self.class_lines += [
            f"class {name}(Message, size={group.block_length}):",
            *docstring(description, group.members),
            *aligned(fields + tails), "", "",
        ]  # fmt: skip

    def run(self, data: Data) -> str:
        length, content = data.type.member("length"), data.type.member("varData")
        if length is None or content is None or not isinstance(content.type, Encoding):
            raise SchemaError(f"{self.schema.file}: data {data.name} has no length or no varData")
        base = self.type(length.type, optional=False)
        named = content.type.text_encoding
        if named is None and (content.type.primitive == "char" or "string" in data.type.name.lower()):
            named = "utf-8"
        return f'run({base}, text="{named.lower()}")' if named else f"run({base})"

    def fields(
        self, members: tuple[Member, ...], size: int, start: int, taken: set[str], since: int = 0
    ) -> list[str]:
        """One line a field, holes filled with `reserved`."""
        lines, position, names = [], start, set(taken)
        last = ""
        for member in members:
            if not member.size:
                continue
            offset = start + member.offset
            if offset > position:
                lines.append(self.hole(position, offset, last))
            name = snake(member.name)
            while name in names:
                name += "_"
            names.add(name)
            # Padding behind a later field was padding before it, too: it is optional with that field.
            added = last = f".added({member.since})" if member.since > since else ""
            kind = self.type(member.type, optional=member.optional, semantic=member.semantic)
            lines.append(f"    {name} = {kind}{added} @ {offset}")
            position = offset + member.size
        if start + size > position:
            lines.append(self.hole(position, start + size, last))
        return aligned(lines)

    def hole(self, position: int, end: int, added: str) -> str:
        return f"    padding_at_{position} = {self.uses('reserved')}({end - position}){added} @ {position}"


def docstring(description: str, members: tuple[Member, ...]) -> list[str]:
    """A docstring, with the constants that have no bytes."""
    description = re.sub(r"\s+", " ", description).replace('"', "'").replace("\\", "/")
    constants = [f"{snake(member.name)} {member.constant}" for member in members if member.constant is not None]
    first, *more = folded(description, 108)
    if not constants and not more:
        return [f'    """{first}"""', ""]
    lines = [f'    """{first}', *(f"    {line}" for line in more)]
    if constants:
        lines += ["", *(f"    {line}" for line in folded(f"Always: {', '.join(constants)}.", 112))]
    return [*lines, '    """', ""]


def folded(text: str, width: int) -> list[str]:
    """A text in lines of at most `width` letters, where its words allow."""
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def quoted(text: str) -> str:
    """A text as a literal of the module."""
    return json.dumps(text, ensure_ascii=False)


def _natural(word: str) -> tuple[str, int]:
    letters = word.rstrip("0123456789")
    return letters, int(word[len(letters) :] or 0)


def _blocks(blocks: Sequence[Block]) -> Iterator[Block]:
    """Messages or groups with all groups below them."""
    for block in blocks:
        yield block
        yield from _blocks(block.groups)


def _composites(schema: Schema) -> Iterator[Composite]:
    """The composites that messages use, with all inside them."""

    def inside(kind: Type) -> Iterator[Composite]:
        if isinstance(kind, Composite):
            yield kind
            for member in kind.members:
                yield from inside(member.type)

    for block in _blocks(schema.messages):
        for member in block.members:
            yield from inside(member.type)


def wrapped(head: str, items: list[str], tail: str, brackets: str = "") -> list[str]:
    """One line where it fits, else one line for as many items as fit; `brackets` are needed only then."""
    whole = f"{head}{', '.join(items)}{tail}"
    if len(whole) <= 118:
        return [whole]
    head, tail = head + brackets[:1], brackets[1:] + tail
    lines = [head]
    row = "   "
    for item in items:
        if len(row) + len(item) + 2 > 118:
            lines.append(row)
            row = "   "
        row += f" {item},"
    return [*lines, row, tail]


def aligned(lines: list[str]) -> list[str]:
    """Names, types and offsets in columns, as the exchange's document prints them."""
    pairs = [line.split(" = ", 1) for line in lines]
    names = max((len(name) for name, _ in pairs), default=0)
    kinds = max((len(kind.rpartition(" @ ")[0].rstrip()) for _, kind in pairs if " @ " in kind), default=0)
    found = []
    for name, kind in pairs:
        base, place, offset = kind.rpartition(" @ ")
        text = f"{base.rstrip():<{kinds}} @ {offset}" if place else kind
        found.append(f"{name.rstrip():<{names}} = {text}")
    return found
