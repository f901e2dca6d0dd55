"""An SBE schema as it stands in its XML: types, composites, messages, with every attribute resolved.

After FIX Simple Binary Encoding, Technical Specification 1.0 (sections 3 and 4) and 2.0 RC3: their namespaces differ
and their elements do not. Elements are found by their local names, so that either namespace, or none, will do.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from feedhandler.wire.schemas import (
    PRIMITIVES,
    Block,
    Choice,
    Composite,
    Data,
    Encoding,
    Group,
    Member,
    Schema,
    SchemaError,
    Type,
    chosen,
)

__all__ = ["Schema", "SchemaError", "chosen", "read_schema"]


def read_schema(file: str | Path, *, decimals: Mapping[str, int] | None = None) -> Schema:
    """Read a schema. Raises `SchemaError` where it is none, or says something that is not understood.

    `decimals` gives the decimal places of integer types, by their names, that the schema only describes in words.
    """
    try:
        root = ElementTree.parse(file).getroot()
    except (OSError, ElementTree.ParseError) as error:
        raise SchemaError(f"{file}: cannot be read as XML: {error}") from error
    if _local(root) != "messageSchema":
        raise SchemaError(f"{file}: the root element is <{_local(root)}>, expected <messageSchema>: not an SBE schema")
    return _Reader(str(file), root, decimals or {}).schema()


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


class _Reader:
    """Resolves the names of one schema."""

    def __init__(self, file: str, root: ElementTree.Element, decimals: Mapping[str, int]) -> None:
        self.file = file
        self.decimals = decimals
        self.root = root
        self.types: dict[str, ElementTree.Element] = {}
        for element in root.iter():
            if _local(element) == "types":
                for child in element:
                    if _local(child) in ("type", "composite", "enum", "set"):
                        self.types[child.attrib["name"]] = child
        self._resolved: dict[str, Type] = {}

    def schema(self) -> Schema:
        order = self.root.get("byteOrder", "littleEndian")
        if order not in ("littleEndian", "bigEndian"):
            raise SchemaError(f"{self.file}: byteOrder={order!r}, expected littleEndian or bigEndian")
        header = self.composite(self.root.get("headerType", "messageHeader"), "the header of every message")
        for wanted in ("blockLength", "templateId", "schemaId", "version"):
            if header.member(wanted) is None:
                raise SchemaError(f"{self.file}: composite {header.name} has no {wanted}")
        return Schema(
            file=Path(self.file).name,
            package=self.root.get("package", ""),
            id=self.number(self.root, "id"),
            version=self.number(self.root, "version"),
            semantic_version=self.root.get("semanticVersion", ""),
            byte_order="big" if order == "bigEndian" else "little",
            header=header,
            messages=tuple(self.message(found, header) for found in self.root.iter() if _local(found) == "message"),
        )

    # -------------------------------------------------------------------------------------------------------- types

    def composite(self, name: str, what: str) -> Composite:
        found = self.type(name, what)
        if not isinstance(found, Composite):
            raise SchemaError(f"{self.file}: {what} is {name!r}, which is no composite")
        return found

    def type(self, name: str, what: str) -> Type:
        """A type by its name: the schema's own, or a primitive."""
        if name not in self._resolved:
            if name in self.types:
                self._resolved[name] = self.declared(self.types[name])
            elif name in PRIMITIVES:
                self._resolved[name] = Encoding(name, name, null=PRIMITIVES[name][2])
            else:
                raise SchemaError(f"{self.file}: {what} has type {name!r}, which the schema does not declare")
            self._resolved[name] = self.scaled(self._resolved[name])
        return self._resolved[name]

    def scaled(self, found: Type) -> Type:
        """A type with the decimal places that were given for it."""
        if not isinstance(found, Encoding) or found.name not in self.decimals:
            return found
        return replace(found, decimals=self.decimals[found.name], is_price="price" in found.name.lower())

    def declared(self, element: ElementTree.Element) -> Type:
        kind = _local(element)
        if kind == "type":
            return self.encoding(element)
        if kind == "composite":
            return self.composite_of(element)
        return self.choice(element, is_set=kind == "set")

    def encoding(self, element: ElementTree.Element) -> Encoding:
        name = element.attrib["name"]
        primitive = element.get("primitiveType", "")
        if primitive not in PRIMITIVES:
            raise SchemaError(f"{self.file}: type {name} is of {primitive!r}; known are {', '.join(PRIMITIVES)}")
        constant = None
        if element.get("presence") == "constant":
            constant = (element.text or "").strip() or element.get("valueRef", "")
        null = element.get("nullValue")
        return Encoding(
            name=name,
            primitive=primitive,
            length=int(element.get("length", "1")),
            optional=element.get("presence") == "optional",
            null=self.literal(primitive, null) if null is not None else PRIMITIVES[primitive][2],
            constant=constant,
            description=element.get("description", ""),
            text_encoding=element.get("characterEncoding"),
        )

    def literal(self, primitive: str, text: str) -> int | None:
        """The raw value of a literal: a number, or for characters one character or a number in disguise."""
        if primitive == "double":
            return None
        if primitive == "char" and len(text) == 1 and not text.isdecimal():
            return ord(text)
        try:
            return int(text, 0)
        except ValueError as error:
            raise SchemaError(f"{self.file}: {text!r} is no value of {primitive}") from error

    def choice(self, element: ElementTree.Element, *, is_set: bool) -> Choice:
        name = element.attrib["name"]
        encoding = self.type(element.attrib["encodingType"], f"{_local(element)} {name}")
        if not isinstance(encoding, Encoding):
            what = f"{_local(element)} {name} is encoded as {encoding.name}"
            raise SchemaError(f"{self.file}: {what}, which is no simple type")
        values = [
            ((child.text or "").strip(), child.attrib["name"])
            for child in element
            if _local(child) == ("choice" if is_set else "validValue")
        ]
        return Choice(name, replace(encoding, decimals=0), tuple(values), is_set, element.get("description", ""))

    def composite_of(self, element: ElementTree.Element) -> Composite:
        members, position = [], 0
        for child in element:
            kind = _local(child)
            if kind not in ("type", "enum", "set", "composite", "ref"):
                continue
            what = f"composite {element.attrib['name']}"
            found = self.type(child.attrib["type"], what) if kind == "ref" else self.declared(child)
            offset = int(child.get("offset", position))
            constant = found.constant if isinstance(found, Encoding) else None
            optional = isinstance(found, Encoding) and found.optional
            since = int(child.get("sinceVersion", "0"))
            members.append(
                Member(child.attrib["name"], found, offset, optional, constant, since, child.get("description", ""))
            )
            position = offset + members[-1].size
        name = element.attrib["name"]
        return Composite(name, tuple(members), element.get("description", ""), element.get("semanticType", ""))

    # ----------------------------------------------------------------------------------------------------- messages

    def number(self, element: ElementTree.Element, name: str) -> int:
        try:
            return int(element.attrib[name])
        except (KeyError, ValueError) as error:
            raise SchemaError(f"{self.file}: <{_local(element)}> has no number as its {name}") from error

    def message(self, element: ElementTree.Element, header: Composite) -> Block:
        members, groups, data, length = self.body(element, header)
        return Block(
            element.attrib["name"], self.number(element, "id"), length, int(element.get("sinceVersion", "0")),
            element.get("description", ""), members, groups, data,
        )  # fmt: skip

    def group(self, element: ElementTree.Element, header: Composite) -> Group:
        members, groups, data, length = self.body(element, header)
        name = element.attrib["name"]
        dimension = self.composite(element.get("dimensionType", "groupSizeEncoding"), f"the dimension of group {name}")
        for wanted in ("blockLength", "numInGroup"):
            if dimension.member(wanted) is None:
                raise SchemaError(f"{self.file}: composite {dimension.name}, the dimension of {name}, has no {wanted}")
        return Group(
            name, int(element.get("id", "0")), length, int(element.get("sinceVersion", "0")),
            element.get("description", ""), members, groups, data, dimension=dimension,
        )  # fmt: skip

    def body(
        self, element: ElementTree.Element, header: Composite
    ) -> tuple[tuple[Member, ...], tuple[Group, ...], tuple[Data, ...], int]:
        owner = element.attrib["name"]
        members: list[Member] = []
        position = 0
        for child in self.children(element, "field"):
            member = self.member(child, owner, position)
            # Deribit lists the header as each message's first field; it is not part of the block.
            if member.type == header:
                continue
            if member.offset < position and member.size:
                place = f"{owner}.{member.name} is at offset {member.offset}"
                raise SchemaError(f"{self.file}: {place}, but the field before ends at {position}")
            members.append(member)
            position = max(position, member.offset + member.size)
        groups = tuple(self.group(child, header) for child in self.children(element, "group"))
        data = tuple(self.data(child, owner) for child in self.children(element, "data"))
        length = int(element.get("blockLength", position))
        if length < position:
            raise SchemaError(f"{self.file}: {owner} has blockLength={length}, but its fields end at {position}")
        return tuple(members), groups, data, length

    def children(self, element: ElementTree.Element, kind: str) -> Iterator[ElementTree.Element]:
        return (child for child in element if _local(child) == kind)

    def member(self, element: ElementTree.Element, owner: str, position: int) -> Member:
        name = element.attrib["name"]
        found = self.type(element.attrib["type"], f"field {owner}.{name}")
        presence = element.get("presence")
        constant = found.constant if isinstance(found, Encoding) else None
        if presence == "constant":
            constant = element.get("valueRef") or (element.text or "").strip()
        encoding = found.encoding if isinstance(found, Choice) else found
        optional = presence == "optional" or (isinstance(encoding, Encoding) and encoding.optional)
        return Member(
            name=name,
            type=found,
            offset=int(element.get("offset", position)),
            optional=optional,
            constant=constant,
            since=int(element.get("sinceVersion", "0")),
            description=element.get("description", ""),
            semantic=element.get("semanticType", ""),
        )

    def data(self, element: ElementTree.Element, owner: str) -> Data:
        name = element.attrib["name"]
        kind = self.composite(element.attrib["type"], f"data {owner}.{name}")
        if kind.member("length") is None or kind.member("varData") is None:
            raise SchemaError(f"{self.file}: composite {kind.name} of data {owner}.{name} has no length or no varData")
        return Data(name, kind, int(element.get("sinceVersion", "0")), element.get("description", ""))
