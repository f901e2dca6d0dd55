"""Integer operations whose meaning differs between Python and the machine, each with a name.

Everywhere else in the hot path `+ - < ==` on int64 mean the same in both, because no value of the domain reaches 2**63.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types

from .jit import primitive

_I64 = ir.IntType(64)
_WRAP = 1 << 64
_SIGN = 1 << 63

INT64_MAX = (1 << 63) - 1
INT64_MIN = -(1 << 63)


def to_signed(bits: int) -> int:
    """The int64 that has the low 64 bits of `bits` (cold: constants, tests and Python twins)."""
    bits &= _WRAP - 1
    return bits - _WRAP if bits & _SIGN else bits


@primitive(types.int64, types.int64, types.int64)(lambda builder, values: builder.mul(*values))
def wrapping_multiply(left: int, right: int) -> int:
    """The low 64 bits of a product."""
    return to_signed(left * right)


@primitive(types.int64, types.int64, types.int64)(lambda builder, values: builder.add(*values))
def wrapping_add(left: int, right: int) -> int:
    """The low 64 bits of a sum."""
    return to_signed(left + right)


@primitive(types.int64, types.int64, types.int64)(lambda builder, values: builder.lshr(*values))
def shift_right_logical(value: int, bits: int) -> int:
    """Shift right, zeros moving in from the left; `bits` in 0..63."""
    return to_signed((value & (_WRAP - 1)) >> bits)


@primitive(types.int64, types.int64, types.int64)(lambda builder, values: builder.shl(*values))
def shift_left(value: int, bits: int) -> int:
    """Shift left, what leaves on the left is lost; `bits` in 0..63."""
    return to_signed(value << bits)


def _rotate_left(builder: ir.IRBuilder, values: list[ir.Value]) -> ir.Value:
    value, bits = values
    back = builder.sub(ir.Constant(_I64, 64), bits)
    return builder.or_(builder.shl(value, bits), builder.lshr(value, back))


@primitive(types.int64, types.int64, types.int64)(_rotate_left)
def rotate_left(value: int, bits: int) -> int:
    """Rotate the 64 bits of a pattern to the left; `bits` in 1..63."""
    value &= _WRAP - 1
    return to_signed((value << bits) | (value >> (64 - bits)))


def _unsigned_less(builder: ir.IRBuilder, values: list[ir.Value]) -> ir.Value:
    return builder.icmp_unsigned("<", *values)


@primitive(types.boolean, types.int64, types.int64)(_unsigned_less)
def unsigned_less(left: int, right: int) -> bool:
    """Compare two bit patterns as unsigned numbers (sequence numbers from the wire may have the top bit set)."""
    return (left & (_WRAP - 1)) < (right & (_WRAP - 1))
