"""A frame: bytes that a receiver lends, and how they are asked for.

The struct is the same in C (`feedhandler/receivers/abi.pxd`), numpy and numba. A receiver is called through the address
of its `feedhandler_receiver` struct, an int64 known at run time: a function pointer baked into compiled code would make
numba refuse to keep the pipeline on disk.
"""

from __future__ import annotations

import ctypes
from enum import IntEnum

from llvmlite import ir
from numba import types

from .jit import primitive
from .memory import pointer
from .records import Record, i64, u16, u32


class Frame(Record, size=32):
    """One UDP payload as a receiver lends it; valid until it is released."""

    frame_address = i64
    byte_count = u32
    line = u16
    flags = u16
    hardware_ns = i64
    received_ns = i64


class FrameFlag(IntEnum):
    """Bits of `Frame.flags`."""

    TRUNCATED = 1
    TIME_UNCERTAIN = 2
    TICK = 4


class ReceiverStatus(IntEnum):
    """What `poll` returns instead of a number of frames."""

    ENDED = -1
    FAILED = -2


class Receiver(Record, size=24):
    """The C struct of a receiver."""

    context = i64
    poll = i64
    release = i64


_I64 = ir.IntType(64)
_POLL = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)
_RELEASE = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64)


def _emit_poll(builder: ir.IRBuilder, values: list[ir.Value]) -> ir.Value:
    function, *arguments = values
    kind = ir.FunctionType(_I64, [_I64] * 3)
    return builder.call(pointer(builder, function, kind), arguments)


@primitive(types.int64, types.int64, types.int64, types.int64, types.int64)(_emit_poll)
def call_poll(function: int, context: int, frames: int, capacity: int) -> int:
    """Ask a receiver for up to `capacity` frames, written to the array at `frames`."""
    result: int = _POLL(function)(context, frames, capacity)
    return result


def _emit_release(builder: ir.IRBuilder, values: list[ir.Value]) -> None:
    function, *arguments = values
    kind = ir.FunctionType(ir.VoidType(), [_I64] * 2)
    builder.call(pointer(builder, function, kind), arguments)


@primitive(types.void, types.int64, types.int64, types.int64)(_emit_release)
def call_release(function: int, context: int, count: int) -> None:
    """Give the oldest `count` frames back to their receiver."""
    _RELEASE(function)(context, count)
