"""Message tables: a class whose attributes are fields at offsets, as the exchange's document prints them.

    class Itch(Message):
        message_type = char @ 0

    class AddOrder(Itch, type="A", size=36):
        \"\"\"Add Order without MPID attribution (TotalView-ITCH 5.0, 1.3.1).\"\"\"
        stock_locate = u16 @ 1
        ...

A table is checked when it is declared: fields follow each other without a hole or an overlap and end at `size`. The class
is then a view (`AddOrder(address)`, in Python and in compiled code alike) and the source of everything else: `encode`,
`decode`, `dtype`, the documentation (`describe.py`) and the test data (`testing.py`).

Fields that a later version added (`u8.added(version=2) @ 36`) make the message *extensible*: it may be shorter or longer
on the wire than the table, views carry its length, and an absent field reads as null.
"""

from __future__ import annotations

import ctypes
from typing import Any, ClassVar

import numpy

from feedhandler.core.views import Layout, Slot, View, slot_property

from .fields import Field, FieldType, Value

Selector = int | str


class TableError(TypeError):
    """A message table that contradicts itself; the text names message and field."""


class MessageLayout(Layout):
    """Reads the declaration, checks it, and makes the class a view."""

    fields: dict[str, Field]
    type: Selector | None
    type_code: int | None
    minimum_size: int

    def __new__(
        mcs,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        type: Selector | None = None,
        size: int | None = None,
        extensible: bool = False,
    ) -> MessageLayout:
        fields: dict[str, Field] = {}
        for base in bases:
            fields.update(getattr(base, "fields", {}))
        for key, value in namespace.items():
            if isinstance(value, FieldType):
                raise TableError(f"{name}.{key}: {value.name} has no offset; write `{value.name} @ OFFSET`")
            if isinstance(value, Field):
                if key in fields:
                    raise TableError(f"{name}.{key}: the field is declared already, at offset {fields[key].offset}")
                if key in ("address", "length", "slots", "fields", "type", "size", "dtype", "encode", "decode"):
                    raise TableError(f"{name}.{key}: the name belongs to every view; take the specification's longer one")
                fields[key] = value
        fields = dict(sorted(fields.items(), key=lambda item: item[1].offset))
        if size is not None:
            check_table(name, fields, size)
        end = max((field.end for field in fields.values()), default=0)
        first_added = min((field.offset for field in fields.values() if field.type.since), default=end)
        extensible = extensible or any(field.type.since for field in fields.values())
        for key, field in fields.items():
            namespace[key] = slot_property(key, field.slot, writable=False, extensible=extensible)
        namespace.setdefault("__slots__", ())
        namespace.update(
            fields=fields,
            slots={key: field.slot for key, field in fields.items()},
            type=type,
            type_code=_type_code(type),
            size=size if size is not None else end,
            minimum_size=first_added,
            extensible=extensible,
            writable=False,
        )
        return super().__new__(mcs, name, bases, namespace)

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **_options: Any) -> None:
        super().__init__(name, bases, namespace)

    @property
    def dtype(cls) -> numpy.dtype[Any]:
        """The message as a numpy structured type."""
        return numpy.dtype(
            {
                "names": list(cls.fields),
                "formats": [field.type.numpy_format for field in cls.fields.values()],
                "offsets": [field.offset for field in cls.fields.values()],
                "itemsize": cls.size,
            }
        )

    @property
    def specification(cls) -> str:
        """The first line of the docstring: what the message is and where it is specified."""
        return (cls.__doc__ or "").strip().partition("\n")[0]

    def accepts(cls, length: int) -> bool:
        """Whether a message of this many bytes can be read through the table."""
        return length >= cls.minimum_size if cls.extensible else length == cls.size

    def encode(cls, **values: Value) -> bytes:
        """The bytes of a message; fields not given are 0 or blank, the type is filled in.

        Raises `ValueError` naming the field whose value does not fit, `TypeError` for a field that does not exist.
        """
        unknown = values.keys() - cls.fields.keys()
        if unknown:
            raise TypeError(f"{cls.__name__} has no field {', '.join(sorted(unknown))}; it has {', '.join(cls.fields)}")
        data = bytearray(cls.size)
        for key, field in cls.fields.items():
            value = values.get(key)
            if value is None and field.offset == cls._selector_offset and cls.type is not None:
                value = cls.type
            try:
                data[field.offset : field.end] = field.type.encode(value)
            except (ValueError, TypeError) as error:
                raise type(error)(f"{cls.__name__}.{key}: {error}") from error
        return bytes(data)

    def decode(cls, data: bytes) -> dict[str, int | str | None]:
        """Every field of a message by name: text, or the venue's raw integer, or None for null or absent.

        Raises `ValueError` where the table does not accept the length.
        """
        if not cls.accepts(len(data)):
            wanted = f"at least {cls.minimum_size}" if cls.extensible else str(cls.size)
            raise ValueError(f"{cls.__name__}: {len(data)} bytes, the table wants {wanted}")
        return {
            key: field.type.decode(data[field.offset : field.end]) if field.end <= len(data) else None
            for key, field in cls.fields.items()
        }

    def view(cls, data: bytes | bytearray) -> Any:
        """A Python view of a copy of these bytes (cold: tests and debuggers)."""
        if not cls.accepts(len(data)):
            raise ValueError(f"{cls.__name__}: {len(data)} bytes do not fit the table")
        buffer = ctypes.create_string_buffer(bytes(data), len(data))
        found = cls(ctypes.addressof(buffer), len(data))
        found.buffer = buffer
        return found

    @property
    def _selector_offset(cls) -> int:
        """Where the type of a message lies: the first field that all messages of the family inherit."""
        for base in cls.__mro__[1:]:
            inherited: dict[str, Field] = getattr(base, "fields", {})
            if inherited:
                return next(iter(inherited.values())).offset
        return -1


def _type_code(selector: Selector | None) -> int | None:
    if selector is None or isinstance(selector, int):
        return selector
    if len(selector) != 1:
        raise TableError(f"type={selector!r}: a message type is one character or a number")
    return ord(selector)


def check_table(name: str, fields: dict[str, Field], size: int) -> None:
    """Refuse a table with a hole, an overlap, or another end than `size`; every error names the field."""
    position, previous, optional_from = 0, "the start", 0
    for key, field in fields.items():
        if field.offset > position:
            raise TableError(f"{name}.{key}: starts at {field.offset}, but {previous} ends at {position}: a hole of {field.offset - position} bytes")
        if field.offset < position:
            raise TableError(f"{name}.{key}: starts at {field.offset}, but {previous} ends at {position}: they overlap")
        if field.type.since < optional_from:
            raise TableError(f"{name}.{key}: is always there, but {previous} before it is only since version {optional_from}")
        position, previous, optional_from = field.end, f"{name}.{key}", field.type.since
    if position != size:
        raise TableError(f"{previous}: ends at {position}, the message is declared with size={size}")


class Message(View, metaclass=MessageLayout):
    """Base of all messages."""

    __slots__ = ("buffer",)

    fields: ClassVar[dict[str, Field]]
    slots: ClassVar[dict[str, Slot]]
    size: ClassVar[int]
