"""Message tables: a class whose attributes are fields at offsets, as the exchange's document prints them.

    class Itch(Message):
        message_type = char @ 0

    class AddOrder(Itch, type="A", size=36):
        \"\"\"Add Order without MPID attribution (TotalView-ITCH 5.0, 1.3.1).\"\"\"
        stock_locate = u16 @ 1
        ...

A table is checked when it is declared: fields follow each other without a hole or an overlap and end at `size`. The
class is then a view (`AddOrder(address)`, in Python and in compiled code alike) and the source of everything else:
`encode`, `decode`, `dtype`, the documentation (`describe.py`) and the test data (`testing.py`).

Fields that a later version added (`u8.added(version=2) @ 36`) make the message *extensible*: it may be shorter or
longer on the wire than the table, views carry its length, and an absent field reads as null. `extensible=True` says
that a message may be longer than its table without naming what follows.

Blocks, repeating groups and runs of bytes are declared beside the fields (`parts.py`, `groups.py`). A *family*, the
base of all messages of a protocol, says what they have in common beyond its fields:

    class Sbe(Message, selector="template_id", block="block_length", version="version", constants={"schema_id": 2}):
        block_length = u16 @ 0
        template_id  = u8  @ 2
        schema_id    = u8  @ 3
        version      = u16 @ 4

`selector` is the field that tells the types apart (the first one where nothing is said), or several neighbours of one
character each, as `("message_category", "message_type")`: `type` then has a letter for each. `whole` is the field that
holds the message's own length, `body` the one that holds its length behind the family's fields, `block` the one that
holds the length of the fixed part behind them, `version` the one that says which version of the protocol wrote the
message. `constants` are fields that always have one value, and a message in which they have another is none of the
family's; `defaults` are what an encoder fills in.

Why tables are shaped so is written down in docs/decisions/0001-message-tables.md.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from typing import Any

import numpy

from feedhandler.core.views import RESERVED_NAMES, Layout, Part, View, slot_property

from .fields import Field, FieldType
from .parts import BlockPart, BlockType, Tail
from .walk import compiled_text, fit_source, read_text, read_value

Selector = int | str


@dataclass(frozen=True, slots=True)
class Family:
    """What the messages of a protocol have in common, by the names of their fields."""

    selector: str | tuple[str, ...] | None = None
    whole: str | None = None
    body: str | None = None
    block: str | None = None
    version: str | None = None
    constants: Mapping[str, int] = attribute(default_factory=dict)
    defaults: Mapping[str, int] = attribute(default_factory=dict)
    size: int = 0  #: bytes of the family's own fields, which `block` and `body` do not count

    @property
    def lengths(self) -> tuple[str, ...]:
        """The fields that hold a message's length, which an encoder knows when the message is made."""
        return tuple(name for name in (self.whole, self.body) if name is not None)


class TableError(TypeError):
    """A message table that contradicts itself; the text names message and field."""


class _Declarations(dict[str, Any]):
    """The body of a table while it is read: a field cannot be declared twice."""

    def __init__(self, message: str) -> None:
        super().__init__()
        self.message = message

    def __setitem__(self, key: str, value: Any) -> None:
        if isinstance(self.get(key), Field):
            raise TableError(f"{self.message}.{key}: the field is declared already, at offset {self[key].offset}")
        super().__setitem__(key, value)


class MessageLayout(Layout):
    """Reads the declaration, checks it, and makes the class a view."""

    _fields: dict[str, Field]
    _tails: dict[str, Tail]
    _family: Family
    _open_ended: bool
    _type: Selector | None
    _type_code: int | None

    @classmethod
    def __prepare__(cls, name: str, _bases: tuple[Any, ...], /, **_options: Any) -> dict[str, Any]:
        return _Declarations(name)

    def __new__(
        mcs,
        name: str,
        bases: tuple[Any, ...],
        namespace: dict[str, Any],
        *,
        type: Selector | None = None,
        size: int | None = None,
        extensible: bool = False,
        selector: str | tuple[str, ...] | None = None,
        whole: str | None = None,
        body: str | None = None,
        block: str | None = None,
        version: str | None = None,
        constants: Mapping[str, int] | None = None,
        defaults: Mapping[str, int] | None = None,
    ) -> MessageLayout:
        namespace = dict(namespace)
        fields = _collect(name, bases, namespace)
        tails = {key: value for key, value in namespace.items() if isinstance(value, Tail)}
        family: Family = next((found for base in bases if (found := getattr(base, "family", None))), Family())
        said: dict[str, Any] = {
            "selector": selector, "whole": whole, "body": body, "block": block, "version": version
        }  # fmt: skip
        said = {role: named for role, named in said.items() if named is not None}
        if said or constants or defaults:
            values = {**(constants or {}), **(defaults or {})}
            roles = [(role, named) for role, named in said.items() if role != "selector"]
            roles += [("selector", key) for key in ((selector,) if isinstance(selector, str) else selector or ())]
            roles += [("a constant or default", key) for key in values]
            for role, named in roles:
                if named not in fields:
                    raise TableError(f"{name}: {role} names {named!r}, which is no field of it")
            if isinstance(selector, tuple):
                _check_selectors(name, [(key, fields[key]) for key in selector])
            family = replace(
                family,
                **said,
                constants={**family.constants, **(constants or {})},
                defaults={**family.defaults, **(defaults or {})},
                size=family.size if size is not None else max(entry.end for entry in fields.values()),
            )
        if type is not None and size is None:
            raise TableError(f"{name}: has type={type!r} but no size; write the size that the document prints")
        end = max((field.end for field in fields.values()), default=0)
        minimum_size = min((field.offset for field in fields.values() if field.type.since), default=end)
        if size is not None:
            _check_table(name, fields, size, measured=family.block is not None)
        measured = family.block is not None and size is not None
        open_ended = extensible or measured
        extensible = extensible or minimum_size < end or measured or bool(tails)
        for key, field in fields.items():
            optional = extensible and field.end > minimum_size
            if not isinstance(field.type, BlockType):
                namespace[key] = slot_property(key, field.slot, writable=False, optional=optional)
        slots = {key: field.slot for key, field in fields.items() if not isinstance(field.type, BlockType)}
        parts: dict[str, Part] = {
            key: BlockPart(field) for key, field in fields.items() if isinstance(field.type, BlockType)
        }
        for key, part in parts.items():
            if fields[key].end > minimum_size:
                raise TableError(f"{name}.{key}: a block has no null value to read as where an older message ends")
            namespace[key] = property(part.get)
        namespace.setdefault("__slots__", ())
        namespace.update(
            _fields=fields,
            _slots=slots,
            _parts=parts,
            _tails={},
            _family=family,
            _open_ended=open_ended,
            _block_length=(slots[family.block], family.size) if measured and family.block else None,
            _advance=None,
            _type=type,
            _type_code=_type_code(name, type, len(family.selector) if isinstance(family.selector, tuple) else 1),
            _size=end,
            _minimum_size=minimum_size,
            _extensible=extensible,
            _writable=False,
        )
        made = super().__new__(mcs, name, bases, namespace)
        for key, tail in tails.items():
            if key in fields or key in _RESERVED:
                raise TableError(f"{name}.{key}: every view has that name; take a longer one from the specification")
            try:
                made._bind(key, tail)
            except TypeError as error:
                raise TableError(f"{name}.{key}: {error}") from error
        return made

    def __init__(cls, name: str, bases: tuple[Any, ...], namespace: dict[str, Any], **_options: Any) -> None:
        super().__init__(name, bases, namespace)

    def _bind(cls, key: str, tail: Tail) -> None:
        """Make a declared group or run a part of this message."""
        bound = tail.bound(cls, key)
        cls._tails[key] = cls._parts[key] = bound
        setattr(cls, key, property(bound.get))
        lines = ["def advance(base, position):"]
        for inner in cls._tails.values():
            lines += list(inner.walk("base", 0, False))
        cls._advance = compiled_text([*lines, "    return position"], "advance")

    @property
    def tails(cls) -> dict[str, Tail]:
        """What lies behind the fixed part, by name, in its order."""
        return cls._tails

    @property
    def family(cls) -> Family:
        """What the message has in common with all of its protocol."""
        return cls._family

    @property
    def open_ended(cls) -> bool:
        """Whether bytes may follow that the table does not know."""
        return cls._open_ended

    @property
    def walked(cls) -> bool:
        """Whether it takes more than its length to know that a message can be read: see `fit`."""
        return bool(cls._tails) or cls._block_length is not None

    @property
    def fit(cls) -> Callable[[int, int], int]:
        """Python's (address, length) -> bytes of the fixed part that the table may read, or -1 (`parts.fit_source`)."""
        found = cls.__dict__.get("_fit")
        if found is None:
            found = cls._fit = compiled_text(fit_source(cls, "fit"), "fit")
        function: Callable[[int, int], int] = found
        return function

    @property
    def version_field(cls) -> str | None:
        """The field that says which version of the protocol wrote a message."""
        return cls._family.version if cls._family.version in cls._fields else None

    def version_text(cls, base: str) -> str:
        """The text that reads a message's version at `base`."""
        return read_text(cls, str(cls.version_field), base)

    def version_of(cls, data: bytes) -> int:
        """The version that wrote a message."""
        return read_value(cls, str(cls.version_field), data, 0)

    @property
    def fields(cls) -> dict[str, Field]:
        """The fields by name, in the order of their offsets."""
        return cls._fields

    @property
    def type(cls) -> Selector | None:
        """The type as the document prints it: a character or a number; None for a header or a family."""
        return cls._type

    @property
    def type_code(cls) -> int | None:
        """The type as it is on the wire."""
        return cls._type_code

    @property
    def dtype(cls) -> numpy.dtype[Any]:
        """The message as a numpy structured type."""
        return numpy.dtype(
            {
                "names": list(cls.fields),
                "formats": [entry.type.numpy_format for entry in cls.fields.values()],
                "offsets": [entry.offset for entry in cls.fields.values()],
                "itemsize": cls.size,
            }
        )

    @property
    def specification(cls) -> str:
        """The first paragraph of the docstring on one line: what the message is and where it is specified."""
        return " ".join((cls.__dict__.get("__doc__") or "").strip().partition("\n\n")[0].split())

    def accepts(cls, length: int) -> bool:
        """Whether a message of this many bytes can be read through the table."""
        return length >= cls.minimum_size if cls.extensible else length == cls.size

    def encode(cls, **values: Any) -> bytes:
        """The bytes of a message; fields not given are null, 0 or blank.

        Type, lengths, constants and the counts of groups are filled in. A group is a list of dictionaries.
        Raises `ValueError` naming the field whose value does not fit, `TypeError` for a field that does not exist.
        """
        known = cls._fields.keys() | cls._tails.keys()
        unknown = values.keys() - known
        if unknown:
            names = ", ".join([*cls._fields, *cls._tails])
            raise TypeError(f"{cls.__name__} has no field {', '.join(sorted(unknown))}; it has {names}")
        behind = b""
        filled = cls.filled
        counted: dict[str, Any] = {}
        for key, tail in cls._tails.items():
            try:
                start = cls.size + len(behind)
                behind += tail.encoded(tail.given(values))
                counted |= tail.counted({**values, **counted}, start)
            except (ValueError, TypeError) as error:
                raise type(error)(f"{cls.__name__}.{key}: {error}") from error
        if cls._family.whole in cls._fields:
            filled[str(cls._family.whole)] = cls.size + len(behind)
        if cls._family.body in cls._fields:
            filled[str(cls._family.body)] = cls.size - cls._family.size + len(behind)
        data = bytearray(cls.size)
        for key, entry in cls._fields.items():
            value = counted.get(key, values.get(key, filled.get(key)))
            try:
                data[entry.offset : entry.end] = entry.type.encode(value)
            except (ValueError, TypeError) as error:
                raise type(error)(f"{cls.__name__}.{key}: {error}") from error
        return bytes(data) + behind

    @property
    def filled(cls) -> dict[str, Any]:
        """The fields that an encoder fills in without being told, apart from counts and the message's own length."""
        family = cls._family
        filled: dict[str, Any] = {**family.defaults, **family.constants}
        names = cls.selectors
        if cls._type is not None and len(names) == 1:
            filled[names[0]] = cls._type
        elif cls._type is not None and names:
            filled |= zip(names, str(cls._type), strict=True)
        if cls._block_length is not None:
            filled[str(family.block)] = cls.size - family.size
        return {key: value for key, value in filled.items() if key in cls._fields}

    def decode(cls, data: bytes | bytearray | memoryview) -> dict[str, Any]:
        """Every field of a message by name: text, or the venue's raw number, or None for null or absent.

        A block is a dictionary, a group a list of them, a run its bytes or text.
        Raises `ValueError` where the table does not accept the bytes.
        """
        data = bytes(data)
        readable = cls._require(data)
        found = cls.decode_block(data[:readable])
        if cls._tails:
            end = readable_block(cls, data)
            version = cls.version_of(data) if cls.version_field is not None else 0
            for key, tail in cls._tails.items():
                if tail.since and version < tail.since:
                    found[key] = tail.missing
                else:
                    found[key], end = tail.decoded(data, 0, end)
        return found

    def decode_block(cls, data: bytes) -> dict[str, Any]:
        """The fields of the fixed part, as far as the bytes reach."""
        return {
            key: entry.type.decode(data[entry.offset : entry.end]) if entry.end <= len(data) else None
            for key, entry in cls._fields.items()
        }

    def view(cls, data: bytes | bytearray | memoryview) -> Any:
        """A Python view of a copy of these bytes (cold: tests and debuggers).

        Raises `ValueError` where the table does not accept the length.
        """
        readable = cls._require(bytes(data))
        buffer = ctypes.create_string_buffer(bytes(data), len(data))
        found = cls(ctypes.addressof(buffer), readable)
        found.buffer = buffer
        return found

    def _require(cls, data: bytes) -> int:
        """The bytes of the fixed part that may be read."""
        length = len(data)
        if not cls.accepts(length):
            wanted = f"at least {cls.minimum_size}" if cls.extensible else str(cls.size)
            raise ValueError(f"{cls.__name__}: {length} bytes, the table wants {wanted}")
        if not cls.walked:
            return length
        buffer = ctypes.create_string_buffer(data, length)
        readable = cls.fit(ctypes.addressof(buffer), length)
        if readable < 0:
            raise ValueError(f"{cls.__name__}: its block, groups or runs do not fit its {length} bytes")
        return readable

    @property
    def selectors(cls) -> tuple[str, ...]:
        """The fields that tell the types of a family apart: as declared, or the first that all its messages inherit."""
        declared = cls._family.selector
        if declared is not None:
            return (declared,) if isinstance(declared, str) else declared
        for base in reversed(cls.__mro__[1:]):
            inherited: dict[str, Field] = getattr(base, "fields", {})
            if inherited:
                return (next(iter(inherited)),)
        return ()

    def selected(cls, view: str) -> str:
        """The text that reads the type of the message that `view` is a view of, as `type_code` gives it."""
        first, *others = cls.selectors
        text = f"{view}.{first}"
        for name in others:
            text = f"256 * {f'({text})' if ' ' in text else text} + {view}.{name}"
        return text


_RESERVED = RESERVED_NAMES | {"buffer"} | {key for key, value in vars(MessageLayout).items() if callable(value)}
"""Besides what every view has, the methods of a table: a field of that name would hide them."""


def reserved_names() -> frozenset[str]:
    """Names that no field can bear."""
    return frozenset(_RESERVED)


def _collect(name: str, bases: tuple[Any, ...], namespace: dict[str, Any]) -> dict[str, Field]:
    """The fields of a declaration and its bases, by offset."""
    inherited: dict[str, Field] = {}
    for base in bases:
        inherited.update(getattr(base, "fields", {}))
    fields = dict(inherited)
    for key, value in namespace.items():
        if isinstance(value, FieldType):
            raise TableError(f"{name}.{key}: {value.name} has no offset; write `{value.name} @ OFFSET`")
        if isinstance(value, Tail) and any(getattr(base, "tails", {}) for base in bases):
            raise TableError(f"{name}.{key}: {bases[0].__name__} has groups already, and nothing can stand behind them")
        if key in inherited:
            raise TableError(f"{name}.{key}: the field is declared already, at offset {inherited[key].offset}")
        if isinstance(value, Field):
            if key in _RESERVED:
                raise TableError(f"{name}.{key}: every view has that name; take a longer one from the specification")
            fields[key] = value
    return dict(sorted(fields.items(), key=lambda item: item[1].offset))


def readable_block(message: MessageLayout, data: bytes) -> int:
    """The offset behind the fixed part, where groups and runs begin."""
    family = message.family
    if message.block_length is None:
        return message.size
    entry = message.fields[str(family.block)]
    return family.size + int(entry.type.decode(data[entry.offset : entry.end]) or 0)


def _check_table(name: str, fields: dict[str, Field], size: int, *, measured: bool) -> None:
    """Refuse a table with a hole, an overlap, or another end than `size`; every error names the field.

    Where the length of the fixed part is on the wire, a version may have put its field into what was padding before.
    """
    position, previous, optional_from = 0, "the start", 0
    for key, field in fields.items():
        place = f"{name}.{key}: starts at {field.offset}, but {previous} ends at {position}"
        if field.offset > position:
            raise TableError(f"{place}: a hole of {field.offset - position} bytes")
        if field.offset < position:
            raise TableError(f"{place}: they overlap")
        if field.type.since < optional_from and not measured:
            raise TableError(
                f"{name}.{key}: came with version {field.type.since}, {previous} before it only with {optional_from}; "
                "an optional field cannot come first"
            )
        position, previous, optional_from = field.end, f"{name}.{key}", field.type.since
    if position != size:
        raise TableError(f"{previous}: ends at {position}, but the message is declared with size={size}")


def _check_selectors(name: str, selectors: list[tuple[str, Field]]) -> None:
    """Several fields tell the types apart: each is a character, and they follow each other."""
    for (_, before), (key, field) in zip([selectors[0], *selectors], selectors, strict=False):
        if field.type.kind != "char" or (field is not before and field.offset != before.end):
            raise TableError(f"{name}.{key}: selectors are characters that follow each other")


def _type_code(name: str, selector: Selector | None, letters: int) -> int | None:
    """The type as a number: its letters as they lie on the wire, the first one highest."""
    if selector is None or isinstance(selector, int):
        return selector
    if len(selector) != letters:
        wanted = "one character" if letters == 1 else f"{letters} characters"
        raise TableError(f"{name}: type={selector!r} is neither {wanted} nor a number")
    return int.from_bytes(selector.encode("latin-1"), "big")


class Message(View, metaclass=MessageLayout):
    """Base of all messages."""

    __slots__ = ("buffer",)

    def __repr__(self) -> str:
        layout = type(self)
        length = self.length if layout.extensible else layout.size
        values = layout.decode_block(ctypes.string_at(self.address, length))
        values |= {key: tail.get(self) for key, tail in layout.tails.items()}
        return f"{layout.__name__}({', '.join(f'{key}={value!r}' for key, value in values.items())})"
