"""Bytes by address: copy, compare, prefetch, atomics and fences, and the regions that all state lives in.

The hot path never owns memory. Cold code maps `Region`s before start, the hot path gets their addresses as int64, and
everything it reads or writes there goes through a view (`views.py`) or one of these primitives. Raw addresses ignore
numba's bounds checks, so every length check is the caller's.

Fences are written for the weakest machine we run on: on x86-64 acquire and release cost nothing, on aarch64 they become
`ldar`, `stlr` and `dmb`. The tests read the assembly of both.
"""

from __future__ import annotations

import ctypes
import mmap
from typing import TYPE_CHECKING, Any

import numpy
from llvmlite import ir
from numba import types

from .jit import primitive

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

_I8 = ir.IntType(8)
_I32 = ir.IntType(32)
_I64 = ir.IntType(64)

CACHE_LINE = 64


def pointer(builder: ir.IRBuilder, address: ir.Value, kind: ir.Type) -> ir.Value:
    """An LLVM pointer from an int64 address."""
    return builder.inttoptr(address, kind.as_pointer())


# ---------------------------------------------------------------------------------------------------- blocks of bytes


def _emit_copy(builder: ir.IRBuilder, values: list[ir.Value]) -> None:
    destination, source, length = values
    bytes_pointer = _I8.as_pointer()
    move = builder.module.declare_intrinsic("llvm.memmove", [bytes_pointer, bytes_pointer, _I64])
    false = ir.Constant(ir.IntType(1), 0)
    builder.call(move, [pointer(builder, destination, _I8), pointer(builder, source, _I8), length, false])


@primitive(types.void, types.int64, types.int64, types.int64)(_emit_copy)
def copy_bytes(destination: int, source: int, length: int) -> None:
    """Copy `length` bytes; the two places may overlap."""
    ctypes.memmove(destination, source, length)


def _emit_fill(builder: ir.IRBuilder, values: list[ir.Value]) -> None:
    destination, value, length = values
    fill = builder.module.declare_intrinsic("llvm.memset", [_I8.as_pointer(), _I64])
    false = ir.Constant(ir.IntType(1), 0)
    builder.call(fill, [pointer(builder, destination, _I8), builder.trunc(value, _I8), length, false])


@primitive(types.void, types.int64, types.int64, types.int64)(_emit_fill)
def fill_bytes(destination: int, value: int, length: int) -> None:
    """Set `length` bytes to the low byte of `value`."""
    ctypes.memset(destination, value & 0xFF, length)


def _emit_prefetch(builder: ir.IRBuilder, values: list[ir.Value]) -> None:
    kind = ir.FunctionType(ir.VoidType(), [_I8.as_pointer(), _I32, _I32, _I32])
    name = "llvm.prefetch.p0"
    function = builder.module.globals.get(name) or ir.Function(builder.module, kind, name)
    for_write, keep, data = ir.Constant(_I32, 1), ir.Constant(_I32, 3), ir.Constant(_I32, 1)
    builder.call(function, [pointer(builder, values[0], _I8), for_write, keep, data])


@primitive(types.void, types.int64)(_emit_prefetch)
def prefetch(address: int) -> None:
    """Ask for the cache line at `address`, which will be written; never faults."""


# -------------------------------------------------------------------------------------------------- atomics and fences


def _load_atomic(ordering: str) -> Any:
    def emit(builder: ir.IRBuilder, values: list[ir.Value]) -> ir.Value:
        return builder.load_atomic(pointer(builder, values[0], _I64), ordering, 8)

    return emit


def _store_atomic(ordering: str) -> Any:
    def emit(builder: ir.IRBuilder, values: list[ir.Value]) -> None:
        builder.store_atomic(values[1], pointer(builder, values[0], _I64), ordering, 8)

    return emit


def _fence(ordering: str) -> Any:
    def emit(builder: ir.IRBuilder, _values: list[ir.Value]) -> None:
        builder.fence(ordering)

    return emit


@primitive(types.int64, types.int64)(_load_atomic("acquire"))
def load_acquire(address: int) -> int:
    """Load an aligned int64; nothing after it moves before it."""
    return ctypes.c_int64.from_address(address).value


@primitive(types.int64, types.int64)(_load_atomic("monotonic"))
def load_relaxed(address: int) -> int:
    """Load an aligned int64 in one piece, exactly once."""
    return ctypes.c_int64.from_address(address).value


@primitive(types.void, types.int64, types.int64)(_store_atomic("release"))
def store_release(address: int, value: int) -> None:
    """Store an aligned int64; nothing before it moves after it."""
    ctypes.c_int64.from_address(address).value = value


@primitive(types.void, types.int64, types.int64)(_store_atomic("monotonic"))
def store_relaxed(address: int, value: int) -> None:
    """Store an aligned int64 in one piece, exactly once."""
    ctypes.c_int64.from_address(address).value = value


@primitive(types.void)(_fence("release"))
def fence_release() -> None:
    """No later store moves before any earlier load or store."""


@primitive(types.void)(_fence("acquire"))
def fence_acquire() -> None:
    """No earlier load moves after any later load or store."""


# --------------------------------------------------------------------------------------------------------- the regions


class Region:
    """Zeroed anonymous memory, mapped once, aligned to a page.

    With `prefault` every page is there before start; without, pages come as they are used, which costs the hot path a
    fault each (measured: 25 to 45 ns a message over the first ten million).

    `huge` asks the kernel for huge pages; where it declines, small ones serve.
    """

    def __init__(self, name: str, size: int, *, huge: bool = True, prefault: bool = False) -> None:
        if size <= 0:
            raise ValueError(f"region {name!r}: a size of {size} bytes is not positive")
        self.name = name
        self.size = size
        self._map = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        if huge and size >= 1 << 21 and hasattr(mmap, "MADV_HUGEPAGE"):
            try:
                self._map.madvise(mmap.MADV_HUGEPAGE)
            except OSError:
                # A kernel built without transparent huge pages says EINVAL; the region works all the same.
                huge = False
        self.huge = huge
        if prefault:
            # Touch after asking for huge pages: MAP_POPULATE would have brought small ones.
            numpy.frombuffer(self._map, dtype=numpy.uint8)[:: mmap.PAGESIZE] = 0
        self._bytes: NDArray[numpy.uint8] = numpy.frombuffer(self._map, dtype=numpy.uint8)
        self.address: int = int(self._bytes.ctypes.data)

    def array(self, dtype: DTypeLike, count: int = -1, offset: int = 0) -> NDArray[Any]:
        """The region's bytes as a numpy array that shares its memory."""
        return numpy.frombuffer(self._map, dtype=dtype, count=count, offset=offset)

    def __repr__(self) -> str:
        return f"Region({self.name!r}, {self.size:,} bytes at {self.address:#x})"
