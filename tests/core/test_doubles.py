"""A double that means a decimal number becomes that number of steps, or is known to be none."""

from __future__ import annotations

import ctypes
import math
import struct
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feedhandler.core.doubles import INEXACT
from feedhandler.wire import Message
from feedhandler.wire.big_endian import double as big_double
from feedhandler.wire.little_endian import double, u8
from tests.probes import layout_reader

pytestmark = pytest.mark.interpreted


# fmt: off
class Prices(Message, size=25):
    """Doubles of several steps, unaligned, in both byte orders."""

    kind   = u8            @ 0
    fine   = double(8)     @ 1
    cents  = double(2)     @ 9
    whole  = big_double()  @ 17
# fmt: on

read = layout_reader(Prices)


def steps(value: float, decimals: int) -> int:
    """What must be read, with fractions instead of floats: the one decimal number whose nearest double this is."""
    if not math.isfinite(value):
        return INEXACT
    whole = round(Fraction(value) * 10**decimals)
    # Python divides two integers with one rounding, to the nearest double.
    return whole if abs(whole) < 1 << 51 and whole / 10**decimals == value else INEXACT


@given(
    st.one_of(
        st.floats(),
        st.integers(-(10**15), 10**15).map(lambda whole: whole / 10**8),
        st.integers(-(10**12), 10**12).map(lambda whole: whole / 100),
    )
)
@example(0.0005)
@example(17303.59)
@example(-0.0)
@example(0.1 + 0.2)
@example(math.nan)
@example(math.inf)
@example(float(1 << 51))
@example(float((1 << 51) - 1))
@example(22517998.13685247)
@example(22517998.13685248)
@example(5e-324)
def test_a_double_reads_as_the_steps_that_it_means(value: float) -> None:
    data = Prices.encode(fine=value, cents=value, whole=value)
    expected = [0, steps(value, 8), steps(value, 2), steps(value, 0)]
    assert read(data) == expected
    view = Prices.view(data)
    assert [view.kind, view.fine, view.cents, view.whole] == expected


@given(st.integers(-(1 << 51) + 1, (1 << 51) - 1), st.integers(0, 15))
def test_every_decimal_number_below_the_limit_is_read_exactly(whole: int, decimals: int) -> None:
    kind = double(decimals)
    value = whole / 10**decimals
    data = kind.encode(value)
    address = ctypes.create_string_buffer(data, 8)
    assert kind.scalar.load(ctypes.addressof(address)) == whole == kind.view_value(value)


def test_a_double_is_given_and_taken_as_the_venue_means_it() -> None:
    data = Prices.encode(kind=1, fine=17303.59, cents=None)
    assert Prices.decode(data) == {"kind": 1, "fine": 17303.59, "cents": None, "whole": None}
    assert data[1:9] == struct.pack("<d", 17303.59)
    assert Prices.view(data).cents == INEXACT


@pytest.mark.parametrize("value", ["1", b"1"])
def test_text_is_no_number(value: Any) -> None:
    with pytest.raises(TypeError, match=r"Prices\.fine: .* is not a number"):
        Prices.encode(fine=value)


def test_a_double_has_places_that_it_can_hold() -> None:
    with pytest.raises(ValueError, match="at most 15 decimal places, not 16"):
        double(16)
    with pytest.raises(TypeError, match="the null value of a double is NaN"):
        double(2).nullable(0)
