"""A view: an address whose attributes are fields. The one way in which hot code touches bytes.

A *layout* is a class whose attributes are `Slot`s (an offset and a `Scalar`). Two things are built on it: wire
messages (`feedhandler.wire`), whose bytes belong to the exchange, and records (`records.py`), whose bytes are our own
state. For numba a view is nothing but an int64: `message.price` compiles to one load (and a byte swap),
`order.quantity = 5` to one store. In Python the same class is an object with properties, and behaves alike.

A layout that is *extensible* (a message that newer versions make longer, or a block whose length is on the wire)
carries its length beside the address, and a field that lies beyond it reads as the field's `absent` value. Whoever
makes a view has checked that the bytes reach `minimum_size`; fields that end there are read without asking.

Compiled and interpreted alike, a view is made of `(address)` or `(address, length)`; an extensible layout insists on
the length, any other ignores it, so that generated code can pass both to every message.

A load of 3, 5, 6 or 7 bytes becomes one 8-byte load that ends with the field where the layout has eight bytes before
its end; otherwise two or three loads of the powers of two that make it up.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from llvmlite import ir
from numba import types
from numba.core import cgutils, imputils
from numba.core.errors import TypingError
from numba.core.typing.templates import AttributeTemplate, infer_getattr, signature
from numba.extending import models, overload_method, register_model, typeof_impl

from .doubles import emit_steps_of_double, steps_of_double
from .integers import to_signed
from .jit import INTERPRETED, POLICY
from .memory import pointer

_I64 = ir.IntType(64)


@dataclass(frozen=True, slots=True)
class Scalar:
    """How an integer lies in memory: 1 to 8 bytes, either byte order, signed or not.

    `shared` fields are read by other threads: each access is one monotonic atomic, so it must be aligned.
    `fixed` fields are written by cold code before start and never again: the compiler may keep what it loaded once.
    Compiled code cannot assign them.
    `by_address` fields are runs of bytes: their value is the address of the first one, and they cannot be assigned.
    `double_steps` is set for an IEEE 754 number of eight bytes that stands for a decimal one: it is read as the whole
    number of steps of which `double_steps` make 1, or as `INEXACT` where no such number has this double (`doubles.py`).
    `factor` multiplies what is read: a price of two decimal places among others of six is read as one of six.
    """

    size: int
    signed: bool = False
    big_endian: bool = False
    shared: bool = False
    fixed: bool = False
    by_address: bool = False
    double_steps: int = 0
    factor: int = 1

    @property
    def numba_type(self) -> types.Type:
        """What the field's value is inside compiled code."""
        return types.int64

    def load(self, address: int) -> int:
        """Python twin of the compiled load."""
        if self.by_address:
            return address
        if self.double_steps:
            return steps_of_double(ctypes.string_at(address, 8), self.big_endian, self.double_steps)
        order = "big" if self.big_endian else "little"
        value = int.from_bytes(ctypes.string_at(address, self.size), order, signed=self.signed)  # type: ignore[arg-type]
        return to_signed(value * self.factor)

    def store(self, address: int, value: int) -> None:
        """Python twin of the compiled store: the low bytes of `value`."""
        mask = (1 << (8 * self.size)) - 1
        ctypes.memmove(address, (value & mask).to_bytes(self.size, "big" if self.big_endian else "little"), self.size)

    def emit_load(self, builder: ir.IRBuilder, address: ir.Value, room_before: int) -> ir.Value:
        """LLVM of the load; `room_before` bytes in front of the field belong to the same layout."""
        if self.by_address:
            return address
        value = self._emit_value(builder, address, room_before)
        return value if self.factor == 1 else builder.mul(value, ir.Constant(_I64, self.factor))

    def _emit_value(self, builder: ir.IRBuilder, address: ir.Value, room_before: int) -> ir.Value:
        size = self.size
        if self.double_steps:
            return emit_steps_of_double(builder, self._emit_word(builder, address, 8), self.double_steps)
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
        value = builder.load_atomic(place, "monotonic", size) if self.shared else builder.load(place, align=1)
        if self.fixed:
            # Without it every store in between, through an address that LLVM cannot tell from this one, loads it anew.
            value.set_metadata("invariant.load", builder.module.add_metadata([]))
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
            if self.big_endian and size > 1:
                swap = builder.module.declare_intrinsic("llvm.bswap", [kind])
                part = builder.call(swap, [part])
            if self.shared:
                builder.store_atomic(part, place, "monotonic", size)
            else:
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


class Part:
    """What a layout has besides scalars: a block within it, or something behind it whose place is on the wire.

    `view_type` is the type of its value in compiled code, `emit` the LLVM that makes it of a view's struct, `get` the
    Python twin. `key` tells parts apart.
    """

    @property
    def key(self) -> Any:
        raise NotImplementedError

    def view_type(self) -> Any:
        raise NotImplementedError

    def emit(self, context: Any, builder: Any, view: Any) -> Any:
        raise NotImplementedError

    def get(self, view: View) -> Any:
        raise NotImplementedError


class Layout(type):
    """Metaclass of everything that can be viewed: what a class says of its bytes.

    All of it lives here and not in the class, so that a field may bear any name: `Order.size` is the size of the
    record, `order.size` the field that the exchange calls so.
    """

    _slots: dict[str, Slot]
    _parts: dict[str, Part]
    _block_length: tuple[Slot, int] | None
    _advance: Callable[[int, int], int] | None
    _size: int
    _minimum_size: int
    _extensible: bool
    _writable: bool
    _methods: Mapping[str, Callable[..., Any]]

    @property
    def parts(cls) -> dict[str, Part]:
        """What the layout has besides scalar fields, by name; a view of a layout with parts also knows `block_end`."""
        return cls._parts

    @property
    def block_length(cls) -> tuple[Slot, int] | None:
        """The field that says how long the fixed part is on the wire, and how many bytes in front it does not count."""
        return cls._block_length

    @property
    def advance(cls) -> Callable[[int, int], int] | None:
        """For entries with something behind their fixed part: (address, block end) -> the address behind it all."""
        return cls._advance

    @property
    def slots(cls) -> dict[str, Slot]:
        """The fields' places by name."""
        return cls._slots

    @property
    def size(cls) -> int:
        """Bytes of the whole layout."""
        return cls._size

    @property
    def minimum_size(cls) -> int:
        """Bytes that are always there."""
        return cls._minimum_size

    @property
    def extensible(cls) -> bool:
        """Whether the bytes may be fewer or more than `size`."""
        return cls._extensible

    @property
    def writable(cls) -> bool:
        """Whether fields can be assigned."""
        return cls._writable

    @property
    def methods(cls) -> Mapping[str, Callable[..., Any]]:
        """Compiled functions that compiled code may call on a view as its methods, by name."""
        return cls._methods

    @property
    def numba_type(cls) -> ViewType:
        """The type of a view of this layout inside compiled code."""
        found = cls.__dict__.get("_numba_type")
        if found is None:
            found = ViewType(cls)
            cls._numba_type = found
        return found


class View(metaclass=Layout):
    """Base of all views. In Python: the address (and length) with properties; in compiled code: the address alone.

    A layout with parts also keeps `block_end`, the address behind its fixed part, where the parts begin.
    """

    __slots__ = ("address", "block_end", "length")

    _slots: ClassVar[dict[str, Slot]] = {}
    _parts: ClassVar[dict[str, Part]] = {}
    _block_length: ClassVar[tuple[Slot, int] | None] = None
    _advance: ClassVar[Any] = None
    _size: ClassVar[int] = 0
    _minimum_size: ClassVar[int] = 0
    _extensible: ClassVar[bool] = False
    _writable: ClassVar[bool] = False
    _methods: ClassVar[Mapping[str, Callable[..., Any]]] = {}

    address: int
    length: int
    block_end: int

    def __init__(self, address: int, length: int = -1, block_end: int = 0) -> None:
        layout = type(self)
        if length < 0 and layout.extensible:
            raise TypeError(f"{layout.__name__} is extensible: its view takes an address and a length")
        self.address = address
        self.length = length
        if layout.parts:
            self.block_end = block_end or address + _block_size(layout, address)

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={getattr(self, name)}" for name in type(self).slots)
        return f"{type(self).__name__}({values})"


def _block_size(layout: Layout, address: int) -> int:
    """The bytes of a layout's fixed part, as the wire has it or as the table says."""
    if layout.block_length is None:
        return layout.size
    slot, before = layout.block_length
    return before + slot.scalar.load(address + slot.offset)


def _emit_block_size(layout: Layout, builder: Any, address: Any) -> Any:
    if layout.block_length is None:
        return ir.Constant(_I64, layout.size)
    slot, before = layout.block_length
    place = builder.add(address, ir.Constant(_I64, slot.offset))
    return builder.add(ir.Constant(_I64, before), slot.scalar.emit_load(builder, place, slot.offset))


RESERVED_NAMES = frozenset({"address", "block_end", "length", "mro"})
"""Names that every view has itself, and no field can bear."""


def slot_property(name: str, slot: Slot, *, writable: bool, optional: bool) -> property:
    """The Python twin of one field; an `optional` one may lie beyond the end of the bytes."""
    offset, scalar, end = slot.offset, slot.scalar, slot.end

    def get(view: View) -> int:
        if optional and view.length < end:
            return slot.absent
        return scalar.load(view.address + offset)

    def set_(view: View, value: int) -> None:
        scalar.store(view.address + offset, value)

    get.__name__ = name
    return property(get, set_ if writable and not scalar.by_address else None)


# ------------------------------------------------------------------------------------------- what numba needs to know


def _table(layout: Layout) -> tuple[Any, ...]:
    """What makes two layouts the same to compiled code.

    A name alone would not do: a class made again under the same name (in a test, in a session at the prompt) with other
    offsets would meet the code compiled for the first one.
    """
    parts = tuple((name, part.key) for name, part in layout.parts.items())
    return (
        tuple(layout.slots.items()), parts, layout.block_length, layout.minimum_size, layout.extensible, layout.writable
    )  # fmt: skip


class ViewType(types.Type):
    """The type of a view inside compiled code."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._key = (f"View({layout.__module__}.{layout.__qualname__})", _table(layout))
        super().__init__(name=self._key[0])

    @property
    def key(self) -> Any:
        return self._key


class ViewClass(types.Callable):
    """The type of a layout's class used as a constructor inside compiled code."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._key = (f"ViewClass({layout.__module__}.{layout.__qualname__})", _table(layout))
        super().__init__(name=self._key[0])

    @property
    def key(self) -> Any:
        return self._key

    def get_call_type(self, _context: Any, args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        allowed = (2,) if self.layout.extensible else (1, 2)
        if len(args) not in allowed or kws:
            wanted = "an address and a length" if self.layout.extensible else "an address, and may take a length"
            raise TypingError(f"{self.layout.__name__} takes {wanted}, by position")
        if not all(isinstance(argument, types.Integer) for argument in args):
            raise TypingError(f"{self.layout.__name__}: address and length are integers, not {args}")
        return signature(self.layout.numba_type, *([types.int64] * len(args)))

    def get_call_signatures(self) -> tuple[list[Any], bool]:
        allowed = (2,) if self.layout.extensible else (1, 2)
        return [signature(self.layout.numba_type, *([types.int64] * count)) for count in allowed], False

    def get_impl_key(self, _signature: Any) -> Any:
        return _construct


def _construct() -> None:
    """Key under which numba finds the constructors of views."""


@register_model(ViewType)
class _ViewModel(models.StructModel):
    def __init__(self, manager: Any, kind: ViewType) -> None:
        members = [("address", types.int64)]
        if kind.layout.extensible:
            members.append(("length", types.int64))
        if kind.layout.parts:
            members.append(("block_end", types.int64))
        super().__init__(manager, kind, members)


register_model(ViewClass)(models.OpaqueModel)


@typeof_impl.register(Layout)
def _type_of_layout(value: Layout, _context: Any) -> ViewClass:
    return ViewClass(value)


@imputils.lower_constant(ViewClass)
def _constant_layout(context: Any, _builder: Any, _kind: Any, _value: Any) -> Any:
    return context.get_dummy_value()


def _emit_construct(context: Any, builder: Any, sig: Any, values: list[Any]) -> Any:
    proxy = cgutils.create_struct_proxy(sig.return_type)(context, builder)
    proxy.address = values[0]
    layout = sig.return_type.layout
    if layout.extensible:
        proxy.length = values[1]
    if layout.parts:
        proxy.block_end = builder.add(values[0], _emit_block_size(layout, builder, values[0]))
    return proxy._getvalue()


imputils.lower_builtin(_construct, types.int64)(_emit_construct)
imputils.lower_builtin(_construct, types.int64, types.int64)(_emit_construct)


@infer_getattr
class _ViewAttributes(AttributeTemplate):
    key = ViewType

    def generic_resolve(self, kind: ViewType, name: str) -> Any:
        if name == "address" or (name == "length" and kind.layout.extensible):
            return types.int64
        part = kind.layout.parts.get(name)
        if part is not None:
            return part.view_type()
        slot = kind.layout.slots.get(name)
        return slot.scalar.numba_type if slot is not None else None


def _proxy(context: Any, builder: Any, kind: ViewType, value: Any) -> Any:
    return cgutils.create_struct_proxy(kind)(context, builder, value=value)


@imputils.lower_getattr_generic(ViewType)
def _lower_get(context: Any, builder: Any, kind: ViewType, value: Any, name: str) -> Any:
    view = _proxy(context, builder, kind, value)
    if name in ("address", "length"):
        return getattr(view, name)
    part = kind.layout.parts.get(name)
    if part is not None:
        return part.emit(context, builder, view)
    slot = kind.layout.slots[name]
    place = builder.add(view.address, ir.Constant(_I64, slot.offset))
    if not kind.layout.extensible or slot.end <= kind.layout.minimum_size:
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
    slot = kind.layout.slots.get(name)
    if slot is None or slot.scalar.by_address or slot.scalar.fixed or not kind.layout.writable:
        raise TypingError(f"{kind.layout.__name__}.{name} cannot be assigned")
    view = _proxy(context, builder, kind, values[0])
    place = builder.add(view.address, ir.Constant(_I64, slot.offset))
    stored = context.cast(builder, values[1], sig.args[1], slot.scalar.numba_type)
    slot.scalar.emit_store(builder, place, stored)


@infer_getattr
class _ViewClassAttributes(AttributeTemplate):
    key = ViewClass

    def resolve_size(self, _kind: ViewClass) -> Any:
        return types.int64


@imputils.lower_getattr(ViewClass, "size")
def _lower_size(_context: Any, _builder: Any, kind: ViewClass, _value: Any) -> Any:
    return ir.Constant(_I64, kind.layout.size)


_METHOD_NAMES: set[str] = set()


def methods_register(layout: Layout, methods: Mapping[str, Callable[..., Any]]) -> None:
    """Let compiled code call `view.name(...)` for these compiled functions, whose first argument is the view."""
    layout._methods = {**layout.methods, **methods}
    if INTERPRETED:
        for name, method in methods.items():
            setattr(layout, name, method)
    for name in methods.keys() - _METHOD_NAMES:
        _METHOD_NAMES.add(name)
        overload_method(ViewType, name, jit_options={**POLICY, "forceinline": True})(_method_resolver(name))


def _method_resolver(name: str) -> Callable[..., Any]:
    def resolve(self: Any, *args: Any) -> Any:
        method = self.layout.methods.get(name)
        if method is None:
            return None

        def call(self: Any, *args: Any) -> Any:
            return method(self, *args)

        return call

    return resolve
