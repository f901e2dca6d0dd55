"""Schemas that exchanges publish as XML, as they are once every name is resolved: types, composites, messages.

Two dialects are read into these: SBE (`sbe/schema.py`) and that of Deutsche Börse (`fbe/schema.py`); what a table is
made of does not depend on where it was read.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Literal


class SchemaError(ValueError):
    """A schema that cannot be read; the text names file, element and what was expected."""


PRIMITIVES: dict[str, tuple[str, int, int | None]] = {
    "char": ("char", 1, 0),
    "int8": ("i8", 1, -(1 << 7)),
    "int16": ("i16", 2, -(1 << 15)),
    "int32": ("i32", 4, -(1 << 31)),
    "int64": ("i64", 8, -(1 << 63)),
    "uint8": ("u8", 1, (1 << 8) - 1),
    "uint16": ("u16", 2, (1 << 16) - 1),
    "uint32": ("u32", 4, (1 << 32) - 1),
    "uint64": ("u64", 8, (1 << 64) - 1),
    "double": ("double", 8, None),
}
"""Our field type, size and null value of each primitive (SBE 1.0, section 2.2: the null is the type's own default)."""


@dataclass(frozen=True)
class Encoding:
    """A simple type: a primitive, repeated `length` times; `constant` is set where it has no bytes."""

    name: str
    primitive: str
    length: int = 1
    optional: bool = False
    null: int | None = None
    constant: str | None = None
    description: str = ""
    text_encoding: str | None = None
    decimals: int = 0  #: implied decimal places of an integer
    is_price: bool = False  #: and whether it is a price

    @property
    def size(self) -> int:
        return 0 if self.constant is not None else PRIMITIVES[self.primitive][1] * self.length


@dataclass(frozen=True)
class Choice:
    """An enumeration (`values` by their text) or a set (`values` by the number of the bit)."""

    name: str
    encoding: Encoding
    values: tuple[tuple[str, str], ...]
    is_set: bool
    description: str = ""

    @property
    def size(self) -> int:
        return self.encoding.size


@dataclass(frozen=True)
class Composite:
    """Several types under one name, each at its offset."""

    name: str
    members: tuple[Member, ...]
    description: str = ""
    semantic: str = ""

    @property
    def size(self) -> int:
        return max((member.offset + member.type.size for member in self.members), default=0)

    def member(self, name: str) -> Member | None:
        """A member by its name."""
        return next((member for member in self.members if member.name == name), None)


Type = Encoding | Choice | Composite


@dataclass(frozen=True)
class Member:
    """A field of a message, a group or a composite."""

    name: str
    type: Type
    offset: int
    optional: bool = False
    constant: str | None = None
    since: int = 0
    description: str = ""
    semantic: str = ""

    @property
    def size(self) -> int:
        return 0 if self.constant is not None else self.type.size


@dataclass(frozen=True)
class Data:
    """Bytes of variable length behind the fixed part."""

    name: str
    type: Composite
    since: int = 0
    description: str = ""


@dataclass(frozen=True)
class Block:
    """What messages and groups have alike: a fixed part, and groups and data behind it."""

    name: str
    id: int
    block_length: int
    since: int
    description: str
    members: tuple[Member, ...]
    groups: tuple[Group, ...]
    data: tuple[Data, ...]


@dataclass(frozen=True)
class Group(Block):
    """A repeating group: its number and the length of an entry stand in front of it, or a field counts it."""

    dimension: Composite | None = field(default=None, kw_only=True)
    counter: str | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class Schema:
    """A whole schema."""

    file: str
    package: str
    id: int
    version: int
    semantic_version: str
    byte_order: Literal["big", "little"]
    header: Composite
    messages: tuple[Block, ...]


def chosen(schema: Schema, templates: Collection[int]) -> Schema:
    """The schema with some of its messages only; `SchemaError` names those that it does not have."""
    missing = set(templates) - {message.id for message in schema.messages}
    if missing:
        raise SchemaError(f"{schema.file}: has no templates {', '.join(map(str, sorted(missing)))}")
    return replace(schema, messages=tuple(message for message in schema.messages if message.id in templates))
