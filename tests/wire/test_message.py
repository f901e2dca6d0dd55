"""Message tables: every use of a declaration, and every way in which one can contradict itself."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy
import pytest
from hypothesis import given

from feedhandler.wire import Message
from feedhandler.wire.big_endian import alpha, char, i8, price4, u8, u16, u24, u32, u48
from feedhandler.wire.message import TableError
from feedhandler.wire.testing import messages

pytestmark = pytest.mark.interpreted


class Family(Message):
    """Messages that open with their type."""

    kind = char @ 0


# fmt: off
class Quote(Family, type="Q", size=26):
    """A quote (Example 1.0, 2.3).

    With more to say.
    """

    time   = u48.nullable(0) @ 1
    symbol = alpha(8)        @ 7
    price  = price4          @ 15
    size   = u24             @ 19
    note   = u32             @ 22


class Versioned(Message, type=7, size=12):
    """Grew twice."""

    code    = u8                      @ 0
    always  = u16                     @ 1
    second  = i8.added(2).nullable(-1) @ 3
    third   = u24.added(3)            @ 4
    fourth  = u32.added(3)            @ 7
    last    = char.added(4)           @ 11


class Open(Message, type=8, size=3, extensible=True):
    """May be longer than it says."""

    code = u8  @ 0
    body = u16 @ 1
# fmt: on


def test_a_class_tells_what_it_was_declared_with() -> None:
    assert (Quote.type, Quote.type_code, Quote.size, Quote.minimum_size, Quote.extensible) == ("Q", 81, 26, 26, False)
    assert (Versioned.type, Versioned.type_code, Versioned.size, Versioned.minimum_size) == (7, 7, 12, 3)
    assert (Family.type, Family.type_code, Family.size) == (None, None, 1)
    assert list(Quote.fields) == list(Quote.slots) == ["kind", "time", "symbol", "price", "size", "note"]
    assert Quote.specification == "A quote (Example 1.0, 2.3)."


def test_fields_are_ordered_by_offset_whatever_their_order_in_the_text() -> None:
    class Backwards(Family, type="B", size=4):
        second = u16 @ 2
        first = u8 @ 1

    assert list(Backwards.fields) == ["kind", "first", "second"]


def test_encoding_fills_the_type_in_and_leaves_the_rest_blank() -> None:
    assert Quote.encode() == b"Q" + bytes(6) + b"        " + bytes(11)
    assert Quote.encode(symbol="IVOO", price=Decimal("87.39"), size=5, note=None) == (
        b"Q" + bytes(6) + b"IVOO    " + (873900).to_bytes(4, "big") + b"\0\0\5" + bytes(4)
    )
    # A family that does not say where its type is cannot fill it in.
    assert Versioned.encode()[0] == 0


def test_decoding_gives_every_field_by_name() -> None:
    data = Quote.encode(time=5, symbol="IVOO", price=873900, size=5, note=6)
    assert Quote.decode(data) == {"kind": "Q", "time": 5, "symbol": "IVOO", "price": 873900, "size": 5, "note": 6}
    assert Quote.decode(memoryview(data)) == Quote.decode(bytearray(data)) == Quote.decode(data)
    assert Quote.decode(Quote.encode())["time"] is None


@pytest.mark.parametrize("message", [Quote, Versioned, Open, Family])
def test_decoding_is_the_inverse_of_encoding(message: Any) -> None:
    @given(messages(message))
    def check(fields: dict[str, Any]) -> None:
        assert message.decode(message.encode(**fields)) == fields

    check()


def test_a_view_of_bytes_reads_what_a_handler_would() -> None:
    quote = Quote.view(Quote.encode(time=5, symbol="A", price=7, size=0x010203))
    assert (quote.kind, quote.time, quote.price, quote.size) == (ord("Q"), 5, 7, 0x010203)
    assert quote.symbol == int.from_bytes(b"A       ", "big")
    assert repr(quote) == "Quote(kind='Q', time=5, symbol='A', price=7, size=66051, note=0)"


def test_a_view_of_a_message_cannot_be_assigned() -> None:
    with pytest.raises(AttributeError):
        Quote.view(Quote.encode()).price = 5


def test_numpy_reads_a_run_of_messages() -> None:
    data = b"".join(Quote.encode(symbol=symbol, price=price) for symbol, price in (("A", 1), ("B", 2)))
    quotes = numpy.frombuffer(data, Quote.dtype)
    assert quotes["symbol"].tolist() == [b"A       ", b"B       "]
    assert (quotes["price"].tolist(), quotes["size"].shape, quotes.itemsize) == ([1, 2], (2, 3), 26)


VALUES = {"code": 7, "always": 300, "second": 5, "third": 70000, "fourth": 1 << 31, "last": "x"}


@pytest.mark.parametrize(
    ("length", "present"), [(3, 2), (4, 3), (5, 3), (6, 3), (7, 4), (8, 4), (10, 4), (11, 5), (12, 6), (13, 6), (40, 6)]
)
def test_optional_fields_are_read_where_they_are_whole(length: int, present: int) -> None:
    data = (Versioned.encode(**VALUES) + bytes(30))[:length]
    expected = {name: value if index < present else None for index, (name, value) in enumerate(VALUES.items())}
    assert Versioned.accepts(length)
    assert Versioned.decode(data) == expected
    view = Versioned.view(data)
    assert view.second == (5 if present > 2 else -1), "an absent field reads as its null"
    assert view.third == (70000 if present > 3 else 0), "or as 0 where it has none"
    assert repr(view) == f"Versioned({', '.join(f'{name}={value!r}' for name, value in expected.items())})"


def test_lengths_are_accepted_as_the_table_says() -> None:
    assert [length for length in range(50) if Quote.accepts(length)] == [26]
    assert [length for length in range(50) if Versioned.accepts(length)] == list(range(3, 50))
    assert [length for length in range(50) if Open.accepts(length)] == list(range(3, 50))


@pytest.mark.parametrize("use", [Quote.decode, Quote.view])
def test_a_length_that_the_table_refuses_is_an_error(use: Callable[[bytes], Any]) -> None:
    with pytest.raises(ValueError, match="Quote: 25 bytes, the table wants 26"):
        use(bytes(25))


@pytest.mark.parametrize("use", [Versioned.decode, Versioned.view])
def test_a_length_below_the_first_version_is_an_error(use: Callable[[bytes], Any]) -> None:
    with pytest.raises(ValueError, match="Versioned: 2 bytes, the table wants at least 3"):
        use(bytes(2))


def test_an_extensible_view_insists_on_its_length() -> None:
    with pytest.raises(TypeError, match="Versioned is extensible: its view takes an address and a length"):
        Versioned(0)
    assert Quote(0, 26).address == Quote(0).address


def test_wrong_values_name_message_and_field() -> None:
    with pytest.raises(ValueError, match=r"Quote.size: 16777216 is outside 0..16777215"):
        Quote.encode(size=1 << 24)
    with pytest.raises(TypeError, match=r"Quote.price: 1.5 is not an integer"):
        Quote.encode(price=1.5)
    with pytest.raises(TypeError, match=r"Quote has no field colour, shape; it has kind, time"):
        Quote.encode(shape=1, colour=2)


def hole() -> None:
    class Wrong(Family, type="W", size=6):
        first = u16 @ 1
        second = u16 @ 4


def hole_at_the_start() -> None:
    class Wrong(Message, type="W", size=3):
        first = u16 @ 1


def overlap() -> None:
    class Wrong(Family, type="W", size=4):
        first = u16 @ 1
        second = u16 @ 2


def same_offset() -> None:
    class Wrong(Family, type="W", size=3):
        first = u16 @ 1
        second = u16 @ 1


def too_short() -> None:
    class Wrong(Family, type="W", size=4):
        first = u16 @ 1


def too_long() -> None:
    class Wrong(Family, type="W", size=2):
        first = u16 @ 1


def no_size() -> None:
    class Wrong(Family, type="W"):
        first = u16 @ 1


def no_offset() -> None:
    class Wrong(Family, type="W", size=3):
        first = u16


def declared_twice() -> None:
    class Wrong(Family, type="W", size=5):
        first = u16 @ 1
        first = u16 @ 3  # noqa: PIE794


def declared_in_the_base() -> None:
    class Wrong(Family, type="W", size=3):
        kind = u16 @ 1


def optional_first() -> None:
    class Wrong(Family, type="W", size=3):
        first = u8.added(2) @ 1
        second = u8 @ 2


def versions_backwards() -> None:
    class Wrong(Family, type="W", size=3):
        first = u8.added(3) @ 1
        second = u8.added(2) @ 2


def name_of_every_view() -> None:
    class Wrong(Family, type="W", size=3):
        address = u16 @ 1


def name_of_a_method() -> None:
    class Wrong(Family, type="W", size=3):
        decode = u16 @ 1


def long_type() -> None:
    class Wrong(Family, type="WW", size=3):
        first = u16 @ 1


@pytest.mark.parametrize(
    ("declare", "complaint"),
    [
        (hole, "Wrong.second: starts at 4, but Wrong.first ends at 3: a hole of 1 bytes"),
        (hole_at_the_start, "Wrong.first: starts at 1, but the start ends at 0: a hole of 1 bytes"),
        (overlap, "Wrong.second: starts at 2, but Wrong.first ends at 3: they overlap"),
        (same_offset, "Wrong.second: starts at 1, but Wrong.first ends at 3: they overlap"),
        (too_short, "Wrong.first: ends at 3, but the message is declared with size=4"),
        (too_long, "Wrong.first: ends at 3, but the message is declared with size=2"),
        (no_size, "Wrong: has type='W' but no size; write the size that the document prints"),
        (no_offset, "Wrong.first: u16 has no offset; write `u16 @ OFFSET`"),
        (declared_twice, "Wrong.first: the field is declared already, at offset 1"),
        (declared_in_the_base, "Wrong.kind: the field is declared already, at offset 0"),
        (optional_first, "Wrong.second: came with version 0, Wrong.first before it only with 2"),
        (versions_backwards, "Wrong.second: came with version 2, Wrong.first before it only with 3"),
        (name_of_every_view, "Wrong.address: every view has that name"),
        (name_of_a_method, "Wrong.decode: every view has that name"),
        (long_type, "Wrong: type='WW' is neither one character nor a number"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused_by_name(declare: Callable[[], None], complaint: str) -> None:
    with pytest.raises(TableError) as refused:
        declare()
    assert complaint in str(refused.value)
