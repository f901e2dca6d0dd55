"""A venue's double as a whole number of decimal steps, converted once, where it is loaded.

A venue that sends a price as a double means a decimal number: 17303.59 is sent as the double nearest to it. With
`steps` = 10**8 the value becomes 1730359000000, an integer like every other price, and nothing behind the load sees a
float. The conversion is checked and not merely rounded: dividing the integer by `steps` must give the very double that
was sent. Both are exact as doubles (`steps` is at most 10**15), so IEEE 754 division rounds the true quotient once, and
the test says exactly whether the double is the nearest one to that decimal number.

Below 2**51 steps the candidate is the right one: the double and the product are each rounded by at most one part in
2**53, so the product is nearer than one half to the number meant. (At 2**53 it is not: found by a property test.)

What fails the test reads as `INEXACT`: more decimal places than the field is declared with, too large, an infinity. The
handler counts it as a reason. A NaN, which is how SBE says "no value", reads as `INEXACT` too.
"""

from __future__ import annotations

import struct
from typing import Any

from llvmlite import ir

INEXACT = -(1 << 63)
"""What a double reads as that is no whole number of steps."""

_LIMIT = float(1 << 51)


def steps_of_double(data: bytes, big_endian: bool, steps: int) -> int:
    """Python twin: the eight bytes of a double as a number of steps, or INEXACT."""
    (value,) = struct.unpack(">d" if big_endian else "<d", data)
    scaled = value * steps
    if not -_LIMIT < scaled < _LIMIT:
        return INEXACT
    whole = int(scaled + (0.5 if scaled >= 0.0 else -0.5))
    return whole if whole / float(steps) == value else INEXACT


def emit_steps_of_double(builder: ir.IRBuilder, bits: ir.Value, steps: int) -> ir.Value:
    """LLVM of the same from the 64 bits in the machine's order: a multiplication, a conversion and a division."""
    double, i64 = ir.DoubleType(), ir.IntType(64)
    value = builder.bitcast(bits, double)
    factor = ir.Constant(double, float(steps))
    scaled = builder.fmul(value, factor)
    # Ordered comparisons: a NaN fails both.
    inside = builder.and_(
        builder.fcmp_ordered("<", scaled, ir.Constant(double, _LIMIT)),
        builder.fcmp_ordered(">", scaled, ir.Constant(double, -_LIMIT)),
    )
    # The conversion of a number outside is undefined, so it is not made.
    safe = builder.select(inside, scaled, ir.Constant(double, 0.0))
    half = builder.select(
        builder.fcmp_ordered(">=", safe, ir.Constant(double, 0.0)), ir.Constant(double, 0.5), ir.Constant(double, -0.5)
    )
    whole: Any = builder.fptosi(builder.fadd(safe, half), i64)
    exact = builder.fcmp_ordered("==", builder.fdiv(builder.sitofp(whole, double), factor), value)
    return builder.select(builder.and_(inside, exact), whole, ir.Constant(i64, INEXACT))
