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

How repeating groups, variable data and SBE fit in is written down in docs/decisions/0001-message-tables.md.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy

from feedhandler.core.views import RESERVED_NAMES, Layout, View, slot_property

from .fields import Field, FieldType, Value

Selector = int | str


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
    ) -> MessageLayout:
        namespace = dict(namespace)
        fields = _collect(name, bases, namespace)
        if type is not None and size is None:
            raise TableError(f"{name}: has type={type!r} but no size; write the size that the document prints")
        end = max((field.end for field in fields.values()), default=0)
        minimum_size = min((field.offset for field in fields.values() if field.type.since), default=end)
        if size is not None:
            _check_table(name, fields, size)
        extensible = extensible or minimum_size < end
        for key, field in fields.items():
            optional = extensible and field.end > minimum_size
            namespace[key] = slot_property(key, field.slot, writable=False, optional=optional)
        namespace.setdefault("__slots__", ())
        namespace.update(
            _fields=fields,
            _slots={key: field.slot for key, field in fields.items()},
            _type=type,
            _type_code=_type_code(name, type),
            _size=end,
            _minimum_size=minimum_size,
            _extensible=extensible,
            _writable=False,
        )
        return super().__new__(mcs, name, bases, namespace)

    def __init__(cls, name: str, bases: tuple[Any, ...], namespace: dict[str, Any], **_options: Any) -> None:
        super().__init__(name, bases, namespace)

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
                "formats": [field.type.numpy_format for field in cls.fields.values()],
                "offsets": [field.offset for field in cls.fields.values()],
                "itemsize": cls.size,
            }
        )

    @property
    def specification(cls) -> str:
        """The first line of the docstring: what the message is and where it is specified."""
        return (cls.__dict__.get("__doc__") or "").strip().partition("\n")[0]

    def accepts(cls, length: int) -> bool:
        """Whether a message of this many bytes can be read through the table."""
        return length >= cls.minimum_size if cls.extensible else length == cls.size

    def encode(cls, **values: Value) -> bytes:
        """The bytes of a message; fields not given are null, 0 or blank, the type is filled in.

        Raises `ValueError` naming the field whose value does not fit, `TypeError` for a field that does not exist.
        """
        unknown = values.keys() - cls.fields.keys()
        if unknown:
            raise TypeError(f"{cls.__name__} has no field {', '.join(sorted(unknown))}; it has {', '.join(cls.fields)}")
        selector = cls.selector
        data = bytearray(cls.size)
        for key, field in cls.fields.items():
            value = values.get(key, cls.type if key == selector else None)
            try:
                data[field.offset : field.end] = field.type.encode(value)
            except (ValueError, TypeError) as error:
                raise type(error)(f"{cls.__name__}.{key}: {error}") from error
        return bytes(data)

    def decode(cls, data: bytes | bytearray | memoryview) -> dict[str, int | str | None]:
        """Every field of a message by name: text, or the venue's raw integer, or None for null or absent.

        Raises `ValueError` where the table does not accept the length.
        """
        cls._require(len(data))
        return {
            key: field.type.decode(bytes(data[field.offset : field.end])) if field.end <= len(data) else None
            for key, field in cls.fields.items()
        }

    def view(cls, data: bytes | bytearray | memoryview) -> Any:
        """A Python view of a copy of these bytes (cold: tests and debuggers).

        Raises `ValueError` where the table does not accept the length.
        """
        cls._require(len(data))
        buffer = ctypes.create_string_buffer(bytes(data), len(data))
        found = cls(ctypes.addressof(buffer), len(data))
        found.buffer = buffer
        return found

    def _require(cls, length: int) -> None:
        if not cls.accepts(length):
            wanted = f"at least {cls.minimum_size}" if cls.extensible else str(cls.size)
            raise ValueError(f"{cls.__name__}: {length} bytes, the table wants {wanted}")

    @property
    def selector(cls) -> str | None:
        """The field that tells the types of a family apart: the first that all its messages inherit."""
        for base in reversed(cls.__mro__[1:]):
            inherited: dict[str, Field] = getattr(base, "fields", {})
            if inherited:
                return next(iter(inherited))
        return None


_RESERVED = RESERVED_NAMES | {"buffer"} | {key for key, value in vars(MessageLayout).items() if callable(value)}
"""Besides what every view has, the methods of a table: a field of that name would hide them."""


def _collect(name: str, bases: tuple[Any, ...], namespace: dict[str, Any]) -> dict[str, Field]:
    """The fields of a declaration and its bases, by offset."""
    inherited: dict[str, Field] = {}
    for base in bases:
        inherited.update(getattr(base, "fields", {}))
    fields = dict(inherited)
    for key, value in namespace.items():
        if isinstance(value, FieldType):
            raise TableError(f"{name}.{key}: {value.name} has no offset; write `{value.name} @ OFFSET`")
        if key in inherited:
            raise TableError(f"{name}.{key}: the field is declared already, at offset {inherited[key].offset}")
        if isinstance(value, Field):
            if key in _RESERVED:
                raise TableError(f"{name}.{key}: every view has that name; take a longer one from the specification")
            fields[key] = value
    return dict(sorted(fields.items(), key=lambda item: item[1].offset))


def _check_table(name: str, fields: dict[str, Field], size: int) -> None:
    """Refuse a table with a hole, an overlap, or another end than `size`; every error names the field."""
    position, previous, optional_from = 0, "the start", 0
    for key, field in fields.items():
        place = f"{name}.{key}: starts at {field.offset}, but {previous} ends at {position}"
        if field.offset > position:
            raise TableError(f"{place}: a hole of {field.offset - position} bytes")
        if field.offset < position:
            raise TableError(f"{place}: they overlap")
        if field.type.since < optional_from:
            raise TableError(
                f"{name}.{key}: came with version {field.type.since}, {previous} before it only with {optional_from}; "
                "an optional field cannot come first"
            )
        position, previous, optional_from = field.end, f"{name}.{key}", field.type.since
    if position != size:
        raise TableError(f"{previous}: ends at {position}, but the message is declared with size={size}")


def _type_code(name: str, selector: Selector | None) -> int | None:
    if selector is None or isinstance(selector, int):
        return selector
    if len(selector) != 1:
        raise TableError(f"{name}: type={selector!r} is neither one character nor a number")
    return ord(selector)


class Message(View, metaclass=MessageLayout):
    """Base of all messages."""

    __slots__ = ("buffer",)

    def __repr__(self) -> str:
        layout = type(self)
        length = self.length if layout.extensible else layout.size
        values = layout.decode(ctypes.string_at(self.address, length))
        return f"{layout.__name__}({', '.join(f'{key}={value!r}' for key, value in values.items())})"
