"""Time for measuring the pipeline itself. What the pipeline decides by is the time that enters with the frames."""

from __future__ import annotations

import ctypes

from llvmlite import ir
from numba import types
from numba.core import cgutils

from .jit import primitive

_I32 = ir.IntType(32)
_I64 = ir.IntType(64)
_CLOCK_MONOTONIC = 1
_C_LIBRARY = ctypes.CDLL(None)


def _emit_monotonic(builder: ir.IRBuilder, _values: list[ir.Value]) -> ir.Value:
    # The C library's symbol, found by name when the code is loaded: an address would keep it off the disk.
    pair = ir.LiteralStructType([_I64, _I64])
    kind = ir.FunctionType(_I32, [_I32, pair.as_pointer()])
    function = cgutils.get_or_insert_function(builder.module, kind, "clock_gettime")
    place = cgutils.alloca_once(builder, pair)
    builder.call(function, [ir.Constant(_I32, _CLOCK_MONOTONIC), place])
    seconds = builder.load(cgutils.gep_inbounds(builder, place, 0, 0))
    nanoseconds = builder.load(cgutils.gep_inbounds(builder, place, 0, 1))
    return builder.add(builder.mul(seconds, ir.Constant(_I64, 1_000_000_000)), nanoseconds)


@primitive(types.int64)(_emit_monotonic)
def monotonic_ns() -> int:
    """Nanoseconds of CLOCK_MONOTONIC."""
    pair = (ctypes.c_int64 * 2)()
    _C_LIBRARY.clock_gettime(_CLOCK_MONOTONIC, pair)
    return pair[0] * 1_000_000_000 + pair[1]
