"""Time for measuring the pipeline itself. What the pipeline decides by is the time that enters with the frames."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from .jit import primitive

_I32 = ir.IntType(32)
_I64 = ir.IntType(64)
_CLOCK_REALTIME = 0
_CLOCK_MONOTONIC = 1
_C_LIBRARY = ctypes.CDLL(None)


def _emit_clock(clock: int) -> Callable[[ir.IRBuilder, list[ir.Value]], Any]:
    def emit(builder: ir.IRBuilder, _values: list[ir.Value]) -> ir.Value:
        # The C library's symbol, found by name when the code is loaded: an address would keep it off the disk.
        pair = ir.LiteralStructType([_I64, _I64])
        kind = ir.FunctionType(_I32, [_I32, pair.as_pointer()])
        function = cgutils.get_or_insert_function(builder.module, kind, "clock_gettime")
        place = cgutils.alloca_once(builder, pair)
        builder.call(function, [ir.Constant(_I32, clock), place])
        seconds = builder.load(cgutils.gep_inbounds(builder, place, 0, 0))
        nanoseconds = builder.load(cgutils.gep_inbounds(builder, place, 0, 1))
        return builder.add(builder.mul(seconds, ir.Constant(_I64, 1_000_000_000)), nanoseconds)

    return emit


def _read_clock(clock: int) -> int:
    pair = (ctypes.c_int64 * 2)()
    _C_LIBRARY.clock_gettime(clock, pair)
    return pair[0] * 1_000_000_000 + pair[1]


@primitive(types.int64)(_emit_clock(_CLOCK_MONOTONIC))
def monotonic_ns() -> int:
    """Nanoseconds of CLOCK_MONOTONIC."""
    return _read_clock(_CLOCK_MONOTONIC)


@primitive(types.int64)(_emit_clock(_CLOCK_REALTIME))
def epoch_ns() -> int:
    """Nanoseconds of the Unix epoch by CLOCK_REALTIME, which may step: for comparing with another program's stamps."""
    return _read_clock(_CLOCK_REALTIME)
