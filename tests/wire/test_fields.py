"""Field types: what a value looks like on the wire, and what is refused instead of being bent to fit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedhandler.core.integers import to_signed
from feedhandler.wire import FieldType, big_endian, little_endian
from feedhandler.wire.big_endian import alpha, char, i16, price, price4, price8, reserved, u8, u16, u32, u64
from feedhandler.wire.fields import integer
from feedhandler.wire.testing import values

pytestmark = pytest.mark.interpreted

INTEGERS = {
    (bits, signed, order): getattr(module, f"{'i' if signed else 'u'}{bits}")
    for order, module in (("big", big_endian), ("little", little_endian))
    for signed in (False, True)
    for bits in range(8, 72, 8)
}

side = char.named(B="Buy", S="Sell")
reason = alpha(4).named({"": "None given"}, T1="News pending")
state = u8.named({0: "Closed", 1: "Open"})
event_flags = u8.with_bit_names(bit0="last in event", bit7="snapshot")


@pytest.mark.parametrize(("key", "field_type"), INTEGERS.items(), ids=lambda value: str(value))
def test_an_integer_is_what_python_says_its_bytes_are(key: tuple[int, bool, Any], field_type: FieldType) -> None:
    bits, signed, order = key

    @given(st.binary(min_size=bits // 8, max_size=bits // 8))
    def check(data: bytes) -> None:
        value = int.from_bytes(data, order, signed=signed)
        assert field_type.decode(data) == value
        assert field_type.encode(value) == data
        assert field_type.view_value(value) == to_signed(value)

    check()


@pytest.mark.parametrize(("key", "field_type"), INTEGERS.items(), ids=lambda value: str(value))
def test_an_integer_refuses_the_first_value_outside(key: tuple[int, bool, Any], field_type: FieldType) -> None:
    bits, signed, _ = key
    low, high = (-(1 << (bits - 1)), 1 << (bits - 1)) if signed else (0, 1 << bits)
    for outside in (low - 1, high):
        with pytest.raises(ValueError, match=f"{outside} is outside {low}..{high - 1}"):
            field_type.encode(outside)


@pytest.mark.parametrize("value", [1.0, "1", b"1", [1]])
def test_an_integer_is_never_made_of_something_else(value: Any) -> None:
    with pytest.raises(TypeError, match="is not an integer"):
        u32.encode(value)


def test_integers_of_numpy_are_integers() -> None:
    assert u16.encode(numpy.uint64(258)) == b"\1\2"


@pytest.mark.parametrize(
    "field_type",
    [side, char, reason, alpha(1), alpha(8), alpha(20), reserved(3), state, event_flags, i16.nullable(-32768), price8],
    ids=lambda field_type: field_type.name,
)
def test_every_kind_survives_the_round_trip(field_type: FieldType) -> None:
    @given(values(field_type))
    def check(value: Any) -> None:
        data = field_type.encode(value)
        assert len(data) == field_type.size
        assert field_type.decode(data) == value

    check()


def test_text_is_padded_with_spaces_and_read_without_padding() -> None:
    assert alpha(6).encode("AAPL") == b"AAPL  "
    assert alpha(6).decode(b"AAPL  ") == alpha(6).decode(b"AAPL\0\0") == "AAPL"
    assert alpha(4).encode(b"\xff") == b"\xff   "
    assert alpha(4).decode(b"A\xffB ") == "A\\xffB"
    assert alpha(4).encode(None) == b"    "
    assert char.decode(b" ") == " "


def test_short_text_is_one_word_to_a_view_and_long_text_an_address() -> None:
    assert alpha(4).view_value("AB") == int.from_bytes(b"AB  ", "big")
    assert side.view_value("S") == ord("S")
    with pytest.raises(TypeError, match=r"alpha\(9\) is longer than a machine word"):
        alpha(9).view_value("A")


@pytest.mark.parametrize(
    ("field_type", "value", "error", "complaint"),
    [
        (alpha(4), "AAPLE", ValueError, "'AAPLE' has 5 bytes, the field holds 4"),
        (alpha(4), 5, TypeError, "5 is not text"),
        (alpha(4), "Ünlü", ValueError, "is not ascii"),
        (char, "BS", ValueError, "has 2 bytes, the field holds 1"),
        (price4, Decimal("1.00001"), ValueError, "1.00001 has more than 4 decimal places"),
        (price4, Decimal("429496.7296"), ValueError, "is outside"),
        (price4, 1.5, TypeError, "1.5 is not an integer"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(field_type: FieldType, value: Any, error: Any, complaint: str) -> None:
    with pytest.raises(error, match=complaint):
        field_type.encode(value)
    with pytest.raises(error, match=complaint):
        field_type.view_value(value)


def test_a_price_is_its_raw_integer_and_may_be_given_as_an_exact_decimal() -> None:
    assert price4.encode(Decimal("87.39")) == price4.encode(873900) == (873900).to_bytes(4, "big")
    assert price4.decode(b"\0\r\x55\xac") == 873900
    assert price4.decimal(873900) == Decimal("87.39")
    assert price8.decimal(3) == Decimal("0.00000003")
    assert (price4.name, price8.size) == ("price4", 8)


def test_null_is_none_and_zero_is_not() -> None:
    nullable = u32.nullable(0xFFFFFFFF)
    assert nullable.decode(b"\xff\xff\xff\xff") is None
    assert nullable.decode(bytes(4)) == 0
    assert nullable.encode(None) == b"\xff\xff\xff\xff"
    assert u32.encode(None) == bytes(4)
    assert u64.nullable((1 << 64) - 1).view_value(None) == -1


def test_words_are_found_by_value() -> None:
    assert (side.word("B"), side.word("?")) == ("Buy", None)
    assert (reason.word("T1"), reason.word("")) == ("News pending", "None given")
    assert (state.word(1), state.word(2)) == ("Open", None)
    assert [event_flags.word(bits) for bits in (0x81, 1, 2)] == ["last in event, snapshot", "last in event", None]


def test_a_type_explains_itself_in_the_specification_s_terms() -> None:
    assert side.explain() == "`B` Buy, `S` Sell"
    assert reason.explain() == "`' '` None given, `T1` News pending"
    assert char.named({" ": "Blank"}).explain() == "`' '` Blank"
    assert state.explain() == "`0` Closed, `1` Open"
    assert event_flags.explain() == "`bit 0` last in event, `bit 7` snapshot"
    assert u16.nullable(9).added(2).explain() == "null 9; since version 2"
    assert price(i16, decimals=2).nullable(-1).explain() == "price, 2 decimal places; null -1"
    assert u16.explain() == ""


@pytest.mark.parametrize(
    ("declare", "error", "complaint"),
    [
        (lambda: u16 @ -1, TypeError, "u16 @ -1: an offset is a number of bytes"),
        (lambda: u16 @ "1", TypeError, "u16 @ '1': an offset is a number of bytes"),
        (lambda: u16 @ True, TypeError, "u16 @ True: an offset is a number of bytes"),
        (lambda: char.named(BS="Both"), ValueError, "'BS' has 2 bytes"),
        (lambda: u8.named({256: "Too much"}), ValueError, "256 is outside 0..255"),
        (lambda: alpha(2).named({"A": "One", "A ": "Two"}), ValueError, "two names for one value"),
        (lambda: u8.nullable(256), ValueError, "256 is outside 0..255"),
        (lambda: alpha(2).nullable(0), TypeError, r"alpha\(2\): text has no null value"),
        (lambda: u8.added(version=0), ValueError, "version 0 adds nothing"),
        (lambda: u8.with_bit_names(bit8="Too far"), ValueError, "'bit8' is none of bit0 to bit7"),
        (lambda: u8.with_bit_names(first="No number"), ValueError, "'first' is none of bit0 to bit7"),
        (lambda: alpha(0), ValueError, "at least one byte, not 0"),
        (lambda: reserved(-1), ValueError, "at least one byte, not -1"),
        (lambda: integer(12, big_endian=True), ValueError, "16, 24 ... 64 bits, not 12"),
        (lambda: integer(72, big_endian=True), ValueError, "16, 24 ... 64 bits, not 72"),
        (lambda: price(char, decimals=2), TypeError, "a price is an integer on the wire, not char"),
    ],
)
def test_a_wrong_type_is_refused_where_it_is_declared(declare: Any, error: type[Exception], complaint: str) -> None:
    with pytest.raises(error, match=complaint):
        declare()


def test_numpy_formats_name_order_sign_and_size() -> None:
    assert [integer(bits, big_endian=True).numpy_format for bits in (8, 16, 24, 64)] == [">u1", ">u2", "(3,)u1", ">u8"]
    assert integer(32, signed=True, big_endian=False).numpy_format == "<i4"
    assert (char.numpy_format, alpha(8).numpy_format, reserved(2).numpy_format) == ("S1", "S8", "S2")
