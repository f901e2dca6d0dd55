"""A view: an address whose attributes are fields. The one way in which hot code touches bytes.

A *layout* is a class whose attributes are `Slot`s (an offset and a `Scalar`). Two things are built on it: wire messages
(`feedhandler.wire`), whose bytes belong to the exchange, and records (`records.py`), whose bytes are our own state. For
numba a view is nothing but an int64: `message.price` compiles to one load (and a byte swap), `order.quantity = 5` to one
store. In Python the same class is an object with properties, and behaves alike.

A layout that is *extensible* (a message that newer versions make longer, or a block whose length is on the wire) carries
its length beside the address, and a field that lies beyond it reads as the field's `absent` value.

A load of 3, 5, 6 or 7 bytes becomes one 8-byte load that ends with the field where the layout has eight bytes before its
end; otherwise two or three loads of the powers of two that make it up.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any, ClassVar

from llvmlite import ir
from numba import types
from numba.core import imputils
from numba.core.typing.templates import AttributeTemplate, infer_getattr, signature
from numba.extending import models, register_model, typeof_impl

from .integers import to_signed
from .memory import pointer

_I64 = ir.IntType(64)


@dataclass(frozen=True, slots=True)
class Scalar:
    """How an integer lies in memory: 1 to 8 bytes, either byte order, signed or not.

    `shared` fields are read by other threads: each access is one monotonic atomic, so it must be aligned.
    `by_address` fields are longer than a machine word: their value is the address of their first byte.
    """

    size: int
    signed: bool = False
    big_endian: bool = False
    shared: bool = False
    by_address: bool = False

    def load(self, address: int) -> int:
        """Python twin of the compiled load."""
        if self.by_address:
            return address
        order = "big" if self.big_endian else "little"
        value = int.from_bytes(ctypes.string_at(address, self.size), order, signed=self.signed)  # type: ignore[arg-type]
        return to_signed(value)

    def store(self, address: int, value: int) -> None:
        """Python twin of the compiled store: the low bytes of `value`."""
        if self.by_address:
            ctypes.memmove(address, value, self.size)
            return
        mask = (1 << (8 * self.size)) - 1
        ctypes.memmove(address, (value & mask).to_bytes(self.size, "big" if self.big_endian else "little"), self.size)

    def emit_load(self, builder: ir.IRBuilder, address: ir.Value, room_before: int) -> ir.Value:
        """LLVM of the load; `room_before` bytes in front of the field belong to the same layout."""
        if self.by_address:
            return address
        size = self.size
        if size in (1, 2, 4, 8):
            return self._widen(builder, self._emit_word(builder, address, size), size)
        spare = 8 - size
        if room_before >= spare:
            word = self._emit_word(builder, builder.sub(address, ir.Constant(_I64, spare)), 8)
            shift = ir.Constant(_I64, 8 * spare)
            if self.big_endian:
                # The wanted bytes are the low ones of the swapped word.
                word = builder.shl(word, shift)
            return builder.ashr(word, shift) if self.signed else builder.lshr(word, shift)
        return self._emit_parts(builder, address)

    def _emit_word(self, builder: ir.IRBuilder, address: ir.Value, size: int) -> ir.Value:
        """Load 1, 2, 4 or 8 bytes in the machine's order; the result has that many bytes."""
        kind = ir.IntType(8 * size)
        place = pointer(builder, address, kind)
        if self.shared:
            return builder.load_atomic(place, "monotonic", size)
        value = builder.load(place, align=1)
        if self.big_endian and size > 1:
            swap = builder.module.declare_intrinsic("llvm.bswap", [kind])
            value = builder.call(swap, [value])
        return value

    def _widen(self, builder: ir.IRBuilder, value: ir.Value, size: int) -> ir.Value:
        if size == 8:
            return value
        return builder.sext(value, _I64) if self.signed else builder.zext(value, _I64)

    def _emit_parts(self, builder: ir.IRBuilder, address: ir.Value) -> ir.Value:
        """Load 3, 5, 6 or 7 bytes as the powers of two that make them up."""
        value: ir.Value = ir.Constant(_I64, 0)
        position = 0
        for size in (4, 2, 1):
            if not self.size & size:
                continue
            place = builder.add(address, ir.Constant(_I64, position))
            part = builder.zext(self._emit_word(builder, place, size), _I64)
            if self.big_endian:
                value = builder.or_(builder.shl(value, ir.Constant(_I64, 8 * size)), part)
            else:
                value = builder.or_(value, builder.shl(part, ir.Constant(_I64, 8 * position)))
            position += size
        if self.signed:
            shift = ir.Constant(_I64, 64 - 8 * self.size)
            value = builder.ashr(builder.shl(value, shift), shift)
        return value

    def emit_store(self, builder: ir.IRBuilder, address: ir.Value, value: ir.Value) -> None:
        """LLVM of the store: the low bytes of an int64."""
        position = 0
        for size in (8, 4, 2, 1):
            if not self.size & size:
                continue
            kind = ir.IntType(8 * size)
            shift = 8 * (self.size - position - size) if self.big_endian else 8 * position
            part = builder.lshr(value, ir.Constant(_I64, shift)) if shift else value
            part = builder.trunc(part, kind) if size < 8 else part
            place = pointer(builder, builder.add(address, ir.Constant(_I64, position)), kind)
            if self.shared:
                builder.store_atomic(part, place, "monotonic", size)
            else:
                if self.big_endian and size > 1:
                    swap = builder.module.declare_intrinsic("llvm.bswap", [kind])
                    part = builder.call(swap, [part])
                builder.store(part, place, align=1)
            position += size


@dataclass(frozen=True, slots=True)
class Slot:
    """A field's place in a layout."""

    offset: int
    scalar: Scalar
    absent: int = 0

    @property
    def end(self) -> int:
        return self.offset + self.scalar.size


class Layout(type):
    """Metaclass of everything that can be viewed: gives the class its slots, its size and its numba type."""

    slots: dict[str, Slot]
    size: int
    extensible: bool
    writable: bool

    @property
    def numba_type(cls) -> ViewType:
        """The type of a view of this layout inside compiled code."""
        found = cls.__dict__.get("_numba_type")
        if found is None:
            found = ViewType(cls)
            cls._numba_type = found
        return found


class View(metaclass=Layout):
    """Base of all views. In Python: the address (and length) with properties; in compiled code: the address alone."""

    __slots__ = ("address", "length")

    slots: ClassVar[dict[str, Slot]] = {}
    size: ClassVar[int] = 0
    extensible: ClassVar[bool] = False
    writable: ClassVar[bool] = False

    address: int
    length: int

    def __init__(self, address: int, length: int = -1) -> None:
        self.address = address
        self.length = length

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={getattr(self, name)}" for name in type(self).slots)
        return f"{type(self).__name__}({values})"


def slot_property(name: str, slot: Slot, *, writable: bool, extensible: bool) -> property:
    """The Python twin of one field."""
    offset, scalar, end = slot.offset, slot.scalar, slot.end

    def get(view: View) -> int:
        if extensible and 0 <= view.length < end:
            return slot.absent
        return scalar.load(view.address + offset)

    def set_(view: View, value: int) -> None:
        scalar.store(view.address + offset, value)

    get.__name__ = name
    return property(get, set_ if writable else None)


# ------------------------------------------------------------------------------------------- what numba needs to know


class ViewType(types.Type):  # type: ignore[misc]
    """The type of a view inside compiled code."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        super().__init__(name=f"View({layout.__module__}.{layout.__qualname__})")


class ViewClass(types.Callable):  # type: ignore[misc]
    """The type of a layout's class used as a constructor inside compiled code."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        super().__init__(name=f"ViewClass({layout.__module__}.{layout.__qualname__})")

    def get_call_type(self, _context: Any, args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        wanted = 2 if self.layout.extensible else 1
        if len(args) != wanted or kws:
            raise TypeError(f"{self.layout.__name__} takes {wanted} positional argument(s): address{', length' * (wanted - 1)}")
        return signature(self.layout.numba_type, *([types.int64] * wanted))

    def get_call_signatures(self) -> tuple[list[Any], bool]:
        wanted = 2 if self.layout.extensible else 1
        return [signature(self.layout.numba_type, *([types.int64] * wanted))], False

    def get_impl_key(self, _signature: Any) -> Any:
        return _construct


def _construct() -> None:
    """Key under which numba finds the constructors of views."""


@register_model(ViewType)
class _ViewModel(models.StructModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: ViewType) -> None:
        members = [("address", types.int64)]
        if kind.layout.extensible:
            members.append(("length", types.int64))
        super().__init__(manager, kind, members)


register_model(ViewClass)(models.OpaqueModel)


@typeof_impl.register(Layout)
def _type_of_layout(value: Layout, _context: Any) -> ViewClass:
    return ViewClass(value)


@imputils.lower_constant(ViewClass)
def _constant_layout(context: Any, _builder: Any, _kind: Any, _value: Any) -> Any:
    return context.get_dummy_value()


def _emit_construct(context: Any, builder: Any, sig: Any, values: list[Any]) -> Any:
    from numba.core import cgutils

    proxy = cgutils.create_struct_proxy(sig.return_type)(context, builder)
    proxy.address = values[0]
    if sig.return_type.layout.extensible:
        proxy.length = values[1]
    return proxy._getvalue()


imputils.lower_builtin(_construct, types.int64)(_emit_construct)
imputils.lower_builtin(_construct, types.int64, types.int64)(_emit_construct)


@infer_getattr
class _ViewAttributes(AttributeTemplate):  # type: ignore[misc]
    key = ViewType

    def generic_resolve(self, kind: ViewType, name: str) -> Any:
        if name == "address" or name in kind.layout.slots or (name == "length" and kind.layout.extensible):
            return types.int64
        return None


def _proxy(context: Any, builder: Any, kind: ViewType, value: Any) -> Any:
    from numba.core import cgutils

    return cgutils.create_struct_proxy(kind)(context, builder, value=value)


@imputils.lower_getattr_generic(ViewType)
def _lower_get(context: Any, builder: Any, kind: ViewType, value: Any, name: str) -> Any:
    view = _proxy(context, builder, kind, value)
    if name in ("address", "length"):
        return getattr(view, name)
    slot = kind.layout.slots[name]
    place = builder.add(view.address, ir.Constant(_I64, slot.offset))
    if not kind.layout.extensible:
        return slot.scalar.emit_load(builder, place, slot.offset)
    present = builder.icmp_signed(">=", view.length, ir.Constant(_I64, slot.end))
    before = builder.basic_block
    with builder.if_then(present, likely=True):
        loaded = slot.scalar.emit_load(builder, place, slot.offset)
        inside = builder.basic_block
    result = builder.phi(_I64)
    result.add_incoming(ir.Constant(_I64, slot.absent), before)
    result.add_incoming(loaded, inside)
    return result


@imputils.lower_setattr_generic(ViewType)
def _lower_set(context: Any, builder: Any, sig: Any, values: list[Any], name: str) -> None:
    kind = sig.args[0]
    if not kind.layout.writable:
        raise TypeError(f"{kind.layout.__name__} is read-only: {name} cannot be assigned")
    view = _proxy(context, builder, kind, values[0])
    slot = kind.layout.slots[name]
    place = builder.add(view.address, ir.Constant(_I64, slot.offset))
    stored = context.cast(builder, values[1], sig.args[1], types.int64)
    slot.scalar.emit_store(builder, place, stored)
