"""A repeating group as hot code sees it: where the first entry lies, how many there are, how far apart they are.

    for entry in message.md_entries:
        level_set(channel, entry.security_id, entry.md_entry_px)

In compiled code a group is four int64 in registers, and the loop adds the distance to a pointer: nothing is looked up
or copied for an entry. `group.count` is the number of entries and `group.at(index)` one of them. An index is not
checked, as no field of a view is: whoever makes the group has checked that `count` entries lie within the message.

The distance between entries may be larger than the entry's table (a newer version added fields) or smaller (an older
one): its view is made of its address and of `length`, the bytes of it that the table may read. Entries that have
groups of their own differ in length: they are visited in turn, each telling where the next begins, and have no `at`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.imputils import RefType, iternext_impl, lower_builtin, lower_getattr
from numba.core.typing.templates import AttributeTemplate, bound_function, infer_getattr, signature
from numba.extending import models, register_model

from .views import Layout, View

_I64 = ir.IntType(64)


class Group:
    """Python twin of a group."""

    __slots__ = ("address", "count", "entry", "length", "stride")

    def __init__(self, entry: Layout, address: int, count: int, stride: int, length: int) -> None:
        self.entry = entry
        self.address = address
        self.count = count
        self.stride = stride
        self.length = length

    def at(self, index: int) -> Any:
        """The view of one entry."""
        if self.entry.advance is not None:
            raise TypeError(f"entries of {self.entry.__name__} have no common length: visit them in turn")
        return self._entry(self.address + index * self.stride)

    def __iter__(self) -> Iterator[Any]:
        address, advance = self.address, self.entry.advance
        for _ in range(self.count):
            yield self._entry(address)
            address += self.stride
            if advance is not None:
                address = advance(address - self.stride, address)

    def _entry(self, address: int) -> Any:
        return self.entry(address, self.length, address + self.stride)

    def __len__(self) -> int:
        return self.count


class GroupType(types.IterableType):
    """The type of a group inside compiled code."""

    def __init__(self, entry: Layout) -> None:
        self.entry = entry
        super().__init__(name=f"Group({entry.numba_type.name})")

    @property
    def key(self) -> Any:
        return (self.name, self.entry.numba_type.key)

    @property
    def iterator_type(self) -> GroupIteratorType:
        return GroupIteratorType(self.entry)


class GroupIteratorType(types.SimpleIteratorType):
    """The type of a loop over a group."""

    def __init__(self, entry: Layout) -> None:
        self.entry = entry
        super().__init__(f"GroupIterator({entry.numba_type.name})", entry.numba_type)

    @property
    def key(self) -> Any:
        return (self.name, self.entry.numba_type.key)


@register_model(GroupType)
class _GroupModel(models.StructModel):
    def __init__(self, manager: Any, kind: GroupType) -> None:
        members = [(name, types.int64) for name in ("address", "count", "stride", "length")]
        super().__init__(manager, kind, members)


@register_model(GroupIteratorType)
class _GroupIteratorModel(models.StructModel):
    def __init__(self, manager: Any, kind: GroupIteratorType) -> None:
        # What changes lies on the stack, where LLVM finds it and puts it into registers.
        members = [
            ("position", types.EphemeralPointer(types.int64)),
            ("remaining", types.EphemeralPointer(types.int64)),
            ("stride", types.int64),
            ("length", types.int64),
        ]
        super().__init__(manager, kind, members)


def emit_view(context: Any, builder: Any, layout: Layout, address: Any, length: Any, block_end: Any) -> Any:
    """LLVM of a view of an entry or a block; what the layout has no use for is left out."""
    proxy = cgutils.create_struct_proxy(layout.numba_type)(context, builder)
    proxy.address = address
    if layout.extensible:
        proxy.length = length
    if layout.parts:
        proxy.block_end = block_end
    return proxy._getvalue()


@infer_getattr
class _GroupAttributes(AttributeTemplate):
    key = GroupType

    def resolve_count(self, _kind: GroupType) -> Any:
        return types.int64

    @bound_function("group.at")
    def resolve_at(self, kind: GroupType, args: Any, kws: Any) -> Any:
        if len(args) != 1 or kws or not isinstance(args[0], types.Integer) or kind.entry.advance is not None:
            return None
        return signature(kind.entry.numba_type, types.int64, recvr=kind)


@lower_getattr(GroupType, "count")
def _lower_count(context: Any, builder: Any, kind: GroupType, value: Any) -> Any:
    return cgutils.create_struct_proxy(kind)(context, builder, value=value).count


@lower_builtin("group.at", GroupType, types.Integer)
def _lower_at(context: Any, builder: Any, sig: Any, values: list[Any]) -> Any:
    kind = sig.args[0]
    group = cgutils.create_struct_proxy(kind)(context, builder, value=values[0])
    address = builder.add(group.address, builder.mul(values[1], group.stride))
    return emit_view(context, builder, kind.entry, address, group.length, builder.add(address, group.stride))


@lower_builtin("getiter", GroupType)
def _lower_iterate(context: Any, builder: Any, sig: Any, values: list[Any]) -> Any:
    group = cgutils.create_struct_proxy(sig.args[0])(context, builder, value=values[0])
    loop = cgutils.create_struct_proxy(sig.return_type)(context, builder)
    loop.position = cgutils.alloca_once_value(builder, group.address)
    loop.remaining = cgutils.alloca_once_value(builder, group.count)
    loop.stride = group.stride
    loop.length = group.length
    return loop._getvalue()


@lower_builtin("iternext", GroupIteratorType)
@iternext_impl(RefType.UNTRACKED)
def _lower_next(context: Any, builder: Any, sig: Any, values: list[Any], result: Any) -> None:
    kind = sig.args[0]
    loop = cgutils.create_struct_proxy(kind)(context, builder, value=values[0])
    remaining = builder.load(loop.remaining)
    more = builder.icmp_signed(">", remaining, ir.Constant(_I64, 0))
    result.set_valid(more)
    with builder.if_then(more):
        address = builder.load(loop.position)
        after = builder.add(address, loop.stride)
        result.yield_(emit_view(context, builder, kind.entry, address, loop.length, after))
        advance = kind.entry.advance
        if advance is not None:
            after = context.compile_internal(
                builder, advance, signature(types.int64, types.int64, types.int64), [address, after]
            )
        builder.store(after, loop.position)
        builder.store(builder.sub(remaining, ir.Constant(_I64, 1)), loop.remaining)


class Run(View):
    """A run of bytes within a message: its `address` and `length`, in Python and in compiled code."""

    __slots__ = ()
    _extensible = True
