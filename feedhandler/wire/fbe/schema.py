"""A schema of T7 as it stands in its XML: a `Model` of application messages, structures and data types.

`ApplicationMessages` lists each message with its members at their offsets, components written out in place;
`DataTypes` says of each member's type how long it is, whether it is signed, how many decimal places it implies, which
value means that there is none, and what its values are called. Members that are `hidden` describe the message in the
words of FIX and are not sent. Members called Pad are bytes without meaning.

A component that occurs once is a part of the message as any other. One that a counter repeats is a group; it stands at
the end. Whether a message with a group is as long as its entries or as long as the most that it may have differs from
release to release: the message's own length, BodyLen, says.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from feedhandler.wire.schemas import (
    Block,
    Choice,
    Composite,
    Encoding,
    Group,
    Member,
    Schema,
    SchemaError,
    Type,
    chosen,
)

__all__ = ["Schema", "SchemaError", "chosen", "read_schema"]

Elements = ElementTree.Element | list[ElementTree.Element]
HEADER = "MessageHeader"
INTEGERS = ("int", "float", "floatDecimal")
"""The root types of numbers, all of which are integers on the wire; those with decimal places are called floats."""


def read_schema(file: str | Path) -> Schema:
    """Read a schema. Raises `SchemaError` where it is none, or says something that is not understood."""
    try:
        root = ElementTree.parse(file).getroot()
    except (OSError, ElementTree.ParseError) as error:
        raise SchemaError(f"{file}: cannot be read as XML: {error}") from error
    if root.tag != "Model" or root.find("ApplicationMessages") is None or root.find("DataTypes") is None:
        wanted = "<Model> with ApplicationMessages and DataTypes"
        raise SchemaError(f"{file}: the root element is <{root.tag}>, expected {wanted}: not a schema of T7")
    return _Reader(str(file), root).schema()


class _Reader:
    """Resolves the names of one schema."""

    def __init__(self, file: str, root: ElementTree.Element) -> None:
        self.file = file
        self.root = root
        self.types = {found.attrib["name"]: found for found in root.iterfind("DataTypes/DataType")}
        self._resolved: dict[str, Encoding | Choice] = {}

    def schema(self) -> Schema:
        found = list(self.root.iterfind("ApplicationMessages/ApplicationMessage"))
        if not found:
            raise SchemaError(f"{self.file}: has no messages")
        header = self.header(found[0])
        return Schema(
            file=Path(self.file).name,
            package=self.root.get("name", ""),
            id=0,
            version=0,
            semantic_version=self.root.get("version", ""),
            byte_order="little",
            header=header,
            messages=tuple(self.message(element, header) for element in found),
        )

    # -------------------------------------------------------------------------------------------------------- types

    def type(self, name: str, owner: str) -> Encoding | Choice:
        """A data type by its name."""
        if name not in self._resolved:
            if name not in self.types:
                raise SchemaError(f"{self.file}: {owner} has type {name!r}, which the schema does not declare")
            self._resolved[name] = self.declared(self.types[name])
        return self._resolved[name]

    def declared(self, element: ElementTree.Element) -> Encoding | Choice:
        name, root = element.attrib["name"], element.get("rootType", "")
        size = self.number(element, "size", name)
        if root == "String":
            return Encoding(name, "char", length=size)
        if root not in INTEGERS or size not in (1, 2, 4, 8):
            raise SchemaError(f"{self.file}: type {name} is {root!r} of {size} bytes; expected {', '.join(INTEGERS)}")
        signed = element.get("minValue", "0").startswith("-")
        null = element.get("noValue")
        value = None if null is None else int(null, 0)
        if value is not None and signed and value >> (8 * size - 1):
            value -= 1 << (8 * size)
        encoding = Encoding(
            name=name,
            primitive=f"{'int' if signed else 'uint'}{8 * size}",
            null=value,
            description=element.get("description", ""),
            decimals=int(element.get("precision", "0")),
            is_price=element.get("type") == "PriceType",
        )
        values = [(value.attrib["value"], value.attrib["name"]) for value in element.iterfind("ValidValue")]
        return Choice(name, encoding, tuple(values), is_set=False) if values else encoding

    def number(self, element: ElementTree.Element, key: str, owner: str) -> int:
        try:
            return int(element.attrib[key])
        except (KeyError, ValueError) as error:
            raise SchemaError(f"{self.file}: {owner} has no number as its {key}") from error

    # ----------------------------------------------------------------------------------------------------- messages

    def header(self, message: ElementTree.Element) -> Composite:
        """What every message opens with."""
        first = next((found for found in message if found.get("name") == HEADER), None)
        if first is None:
            raise SchemaError(f"{self.file}: {message.attrib['name']} has no {HEADER}")
        members = tuple(self.members(first, HEADER, 0))
        # Where a message is not numbered, its number has no value.
        return Composite(first.attrib["type"], tuple(replace(one, optional=one.name == "MsgSeqNum") for one in members))

    def message(self, element: ElementTree.Element, header: Composite) -> Block:
        name = element.attrib["name"]
        members: list[Member] = []
        groups: list[Group] = []
        for child in element:
            if child.get("name") == HEADER:
                continue
            if groups and child.tag in ("Group", "Member") and child.get("hidden") != "true":
                place = f"{name}.{child.get('name')} stands behind the group {groups[-1].name}"
                raise SchemaError(f"{self.file}: {place}; expected groups at the end")
            if child.tag == "Group" and child.get("counter") is not None:
                groups.append(self.group(child, name))
            elif child.tag == "Group":
                members += self.members(child, name, header.size)
            else:
                members += self.members([child], name, header.size)
        return Block(
            name=name,
            id=self.number(element, "numericID", name),
            block_length=self.length(members, name),
            since=0,
            description=element.get("alias", ""),
            members=tuple(members),
            groups=tuple(groups),
            data=(),
        )

    def group(self, element: ElementTree.Element, owner: str) -> Group:
        name = element.attrib["name"]
        place = f"{owner}.{name}"
        start = min((int(child.get("offset", "0")) for child in element.iterfind("Member")), default=0)
        members = self.members(element, place, start)
        return Group(
            name=name,
            id=0,
            block_length=self.length(members, place),
            since=0,
            description="",
            members=tuple(members),
            groups=(),
            data=(),
            counter=element.attrib["counter"],
        )

    def members(self, elements: Elements, owner: str, start: int) -> list[Member]:
        """The members that are sent, at their offsets from `start`."""
        found = []
        for element in self.sent(elements):
            name = element.attrib["name"]
            place = f"{owner}.{name}"
            if element.get("cardinality", "1") != "1":
                raise SchemaError(f"{self.file}: {place} is there {element.get('cardinality')} times, expected once")
            kind: Type = self.type(element.attrib["type"], place)
            optional = element.get("usage") == "optional"
            found.append(Member(name, kind, self.number(element, "offset", place) - start, optional))
        return found

    @staticmethod
    def sent(elements: Elements) -> Iterator[ElementTree.Element]:
        return (found for found in elements if found.tag == "Member" and found.get("hidden") != "true")

    def length(self, members: list[Member], owner: str) -> int:
        """Where the last member ends. Members follow each other, each at the offset where the one before it ends."""
        position = 0
        for member in members:
            if member.offset != position:
                place = f"{owner}.{member.name} is at offset {member.offset}"
                raise SchemaError(f"{self.file}: {place}, but the member before it ends at {position}")
            position += member.size
        return position
