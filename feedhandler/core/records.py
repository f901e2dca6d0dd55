"""Records: our own state in memory, declared once like a message and laid out as C would.

    class Order(Record, shared=True):
        reference = i64
        quantity = i64
        level = u32

Fields follow each other at their natural alignment; `size=` asserts the size that the layout is meant to have. One
declaration gives the compiled view, the Python view and the numpy dtype that cold code reads the same memory with.
`shared=True` makes every access a monotonic atomic, for state that other threads read under a seqlock; `published(i64)`
does so for one field. `fixed(i64)` is set by cold code before start and never changes: addresses, masks, capacities.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self, overload

import numpy
from llvmlite import ir
from numba import types

from .views import RESERVED_NAMES, Layout, Scalar, Slot, View, slot_property

if TYPE_CHECKING:

    class Attribute(Scalar):
        """A scalar as a type checker should see it: through a record it is the value that is read and assigned."""

        @overload
        def __get__(self, record: None, owner: Any) -> Self: ...
        @overload
        def __get__(self, record: View, owner: Any) -> int: ...
        def __get__(self, record: View | None, owner: Any) -> Self | int: ...

        def __set__(self, record: View, value: int) -> None: ...
else:
    Attribute = Scalar

i64 = Attribute(8, signed=True)
i32 = Attribute(4, signed=True)
u32 = Attribute(4)
u16 = Attribute(2)
u8 = Attribute(1)


class Real(Attribute):
    """A float64 field. The engine has none: they are for the state of strategies."""

    @property
    def numba_type(self) -> types.Type:
        return types.float64

    def load(self, address: int) -> float:  # type: ignore[override]
        return ctypes.c_double.from_address(address).value

    def store(self, address: int, value: float) -> None:
        ctypes.c_double.from_address(address).value = value

    def emit_load(self, builder: ir.IRBuilder, address: ir.Value, room_before: int) -> ir.Value:
        return builder.bitcast(super().emit_load(builder, address, room_before), ir.DoubleType())

    def emit_store(self, builder: ir.IRBuilder, address: ir.Value, value: ir.Value) -> None:
        super().emit_store(builder, address, builder.bitcast(value, ir.IntType(64)))


@dataclass(frozen=True, slots=True)
class Nested(Attribute):
    """A record inside a record; as a field its value is a view of it."""

    layout: RecordLayout | None = None

    @property
    def numba_type(self) -> types.Type:
        assert self.layout is not None
        return self.layout.numba_type

    def load(self, address: int) -> Any:
        assert self.layout is not None
        return self.layout(address)

    def emit_load(self, builder: ir.IRBuilder, address: ir.Value, room_before: int) -> ir.Value:
        return builder.insert_value(ir.Constant(ir.LiteralStructType([ir.IntType(64)]), ir.Undefined), address, 0)


f64 = Real(8)


def nested(layout: RecordLayout) -> Attribute:
    """A record inside a record."""
    return Nested(layout.size, by_address=True, layout=layout)


def block(size: int) -> Attribute:
    """A run of bytes inside a record; as a field its value is its address."""
    return Attribute(size, by_address=True)


def published(scalar: Attribute) -> Attribute:
    """A field that other threads read: every access is one monotonic atomic."""
    return replace(scalar, shared=True)


def fixed(scalar: Attribute) -> Attribute:
    """A field that cold code sets before start and nobody changes after: loaded once, kept for as long as it helps."""
    return replace(scalar, fixed=True)


class RecordLayout(Layout):
    """Places the fields, checks size and alignment, and makes the Python properties."""

    def __new__(
        mcs,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        shared: bool = False,
        size: int | None = None,
    ) -> RecordLayout:
        declared = {key: value for key, value in namespace.items() if isinstance(value, Attribute)}
        inherited: dict[str, Slot] = {}
        for base in bases:
            inherited.update(getattr(base, "slots", {}))
        slots = dict(inherited)
        position = max((slot.end for slot in slots.values()), default=0)
        for key, scalar in declared.items():
            if key in inherited or key in RESERVED_NAMES:
                raise TypeError(f"record {name}.{key}: the name is taken by the record's base or by every view")
            alignment = 8 if scalar.by_address else scalar.size
            position = -(-position // alignment) * alignment
            if shared and not scalar.by_address:
                scalar = published(scalar)
            slots[key] = Slot(position, scalar)
            namespace[key] = slot_property(key, slots[key], writable=True, optional=False)
            position = slots[key].end
        total = -(-position // 8) * 8
        if size is not None and declared and total != size:
            raise TypeError(f"record {name} is {total} bytes, declared as {size}")
        namespace.setdefault("__slots__", ())
        namespace.update(_slots=slots, _size=total, _minimum_size=total, _extensible=False, _writable=True)
        return super().__new__(mcs, name, bases, namespace)

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **_options: Any) -> None:
        super().__init__(name, bases, namespace)

    @property
    def dtype(cls) -> numpy.dtype[Any]:
        """The record as a numpy structured type over the same bytes."""
        formats = []
        for slot in cls.slots.values():
            if slot.scalar.by_address:
                formats.append(f"V{slot.scalar.size}")
            elif isinstance(slot.scalar, Real):
                formats.append("<f8")
            else:
                formats.append(f"<{'i' if slot.scalar.signed else 'u'}{slot.scalar.size}")
        return numpy.dtype(
            {
                "names": list(cls.slots),
                "formats": formats,
                "offsets": [slot.offset for slot in cls.slots.values()],
                "itemsize": cls.size,
            }
        )


class Record(View, metaclass=RecordLayout):
    """Base of all records."""
