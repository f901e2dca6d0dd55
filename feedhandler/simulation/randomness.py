"""Seeded random numbers for compiled code: the same seed gives the same numbers, compiled or interpreted.

SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014): one addition, two
multiplications, one word of state. Distributions are drawn from tables of `TABLE` quantiles that numpy prepares, so hot
code has no floating point.
"""

# mypy: disallow-untyped-defs=false, disallow-untyped-calls=false

from __future__ import annotations

from typing import Any

import numpy
from numpy.typing import NDArray

from feedhandler.core.integers import shift_right_logical, to_signed, wrapping_add, wrapping_multiply
from feedhandler.core.jit import hot
from feedhandler.core.records import Record, i64

TABLE_BITS = 14
TABLE = 1 << TABLE_BITS  #: entries of a table of quantiles

_GAMMA = to_signed(0x9E3779B97F4A7C15)
_FIRST = to_signed(0xBF58476D1CE4E5B9)
_SECOND = to_signed(0x94D049BB133111EB)


class Random(Record, size=8):
    """The state of a generator."""

    state = i64


class Quantile(Record, size=8):
    """An entry of a table of quantiles."""

    value = i64


@hot
def random_bits(random):
    """The next 64 bits."""
    state = wrapping_add(random.state, _GAMMA)
    random.state = state
    mixed = wrapping_multiply(state ^ shift_right_logical(state, 30), _FIRST)
    mixed = wrapping_multiply(mixed ^ shift_right_logical(mixed, 27), _SECOND)
    return mixed ^ shift_right_logical(mixed, 31)


@hot
def random_below(random, limit):
    """A number of 0 to `limit` - 1, for limits up to 2**31."""
    return (shift_right_logical(random_bits(random), 32) * limit) >> 32


@hot
def random_chance(random, share):
    """True with a probability of `share` / 65536."""
    return shift_right_logical(random_bits(random), 48) < share


@hot
def random_quantile(random, table):
    """A draw from the distribution whose table is at this address."""
    return Quantile(table + 8 * shift_right_logical(random_bits(random), 64 - TABLE_BITS)).value


def chance(probability: float) -> int:
    """A probability as `random_chance` wants it."""
    return round(probability * 65536)


def _levels() -> NDArray[numpy.float64]:
    return (numpy.arange(TABLE) + 0.5) / TABLE


def exponential(mean: float) -> NDArray[numpy.int64]:
    """Waiting times with this mean."""
    quantiles = -numpy.log(_levels())
    times: NDArray[numpy.int64] = numpy.rint(quantiles * (mean / quantiles.mean())).astype(numpy.int64)
    return times


def geometric(mean: float) -> NDArray[numpy.int64]:
    """Whole numbers from 0 on, each rarer than the one before by the same factor."""
    factor = mean / (1.0 + mean)
    distances: NDArray[numpy.int64] = numpy.floor(numpy.log(_levels()) / numpy.log(factor)).astype(numpy.int64)
    return distances


def log_uniform(lowest: float, highest: float) -> NDArray[numpy.int64]:
    """Whole numbers of which each power of ten is as likely as the next: a power law of exponent 1."""
    numbers: NDArray[numpy.int64] = numpy.floor(lowest * (highest / lowest) ** _levels()).astype(numpy.int64)
    return numbers


def mixture(*parts: tuple[float, Any]) -> NDArray[numpy.int64]:
    """One table from several, each with its share of the draws."""
    total = sum(share for share, _ in parts)
    bounds = numpy.rint(numpy.cumsum([share for share, _ in parts]) / total * TABLE).astype(int)
    pieces, start = [], 0
    for (_, table), end in zip(parts, bounds, strict=True):
        values = numpy.asarray(table, dtype=numpy.int64)
        pieces.append(values[((numpy.arange(end - start) + 0.5) / max(1, end - start) * len(values)).astype(int)])
        start = end
    return numpy.concatenate(pieces)
