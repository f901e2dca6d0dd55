"""Histograms of durations: logarithmic with sixteen steps to the power of two, so that any quantile is right to 6 %.

Adding costs one leading-zero count and one increment. The writer is one thread; others read counts that may be a few
behind each other.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types

from .integers import shift_left
from .jit import hot, primitive
from .records import Record, block, i64, published

_STEPS = 16
_STEP_BITS = 4
BUCKETS = 64 * _STEPS


class Histogram(Record):
    """Durations, in nanoseconds."""

    count = published(i64)
    total_ns = published(i64)
    maximum_ns = published(i64)
    negative = published(i64)  #: durations below zero: two clocks that disagree
    buckets = block(8 * BUCKETS)


class Bucket(Record, size=8):
    """How many durations fell into one step."""

    value = published(i64)


def _emit_magnitude(builder: ir.IRBuilder, values: list[ir.Value]) -> ir.Value:
    zeros = builder.ctlz(values[0], ir.Constant(ir.IntType(1), 0))
    return builder.sub(ir.Constant(ir.IntType(64), 63), zeros)


@primitive(types.int64, types.int64)(_emit_magnitude)
def magnitude(value: int) -> int:
    """The position of the highest bit that is set, -1 for 0."""
    return (value & (1 << 64) - 1).bit_length() - 1


@hot
def bucket_of(duration_ns):
    """The number of the step that a duration falls into."""
    if duration_ns < _STEPS:
        return duration_ns
    power = magnitude(duration_ns)
    return shift_left(power - _STEP_BITS + 1, _STEP_BITS) + ((duration_ns >> (power - _STEP_BITS)) & (_STEPS - 1))


def bucket_end_ns(bucket: int) -> int:
    """The first duration behind a step (cold)."""
    if bucket < _STEPS:
        return bucket + 1
    power, step = bucket // _STEPS - 1 + _STEP_BITS, bucket % _STEPS
    return (1 << power) + ((step + 1) << (power - _STEP_BITS))


@hot
def histogram_add(histogram, duration_ns):
    """Add one duration."""
    if duration_ns < 0:
        histogram.negative += 1
        return
    histogram.count += 1
    histogram.total_ns += duration_ns
    if duration_ns > histogram.maximum_ns:
        histogram.maximum_ns = duration_ns
    bucket = Bucket(histogram.buckets + shift_left(bucket_of(duration_ns), 3))
    bucket.value += 1
