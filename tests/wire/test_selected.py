"""Types of several letters, blocks that a code says are there, and prices that views read with more decimal places."""

from __future__ import annotations

import ctypes
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from feedhandler.core.jit import hot_call
from feedhandler.wire import Message, conditional, group
from feedhandler.wire.big_endian import alpha, char, price, u8, u16, u64
from feedhandler.wire.describe import describe_message, message_table
from feedhandler.wire.message import TableError
from feedhandler.wire.testing import messages
from feedhandler.wire.walk import fits

pytestmark = pytest.mark.interpreted

cents = price(u16, 2).read_with(6)


# fmt: off
class Tape(Message, selector=("category", "kind")):
    """A family whose messages have a category, and a type within it."""

    whole    = u16  @ 0
    category = char @ 2
    kind     = char @ 3


class Best(Message, size=3):
    """The best of a side."""

    market = char  @ 0
    price  = cents @ 1


class Quote(Tape, type="QS", size=7):
    """A quote, and what is better than it."""

    price     = cents.nullable(0) @ 4
    indicator = char              @ 6
    bid       = conditional(Best, "indicator", codes="CHT")
    offer     = conditional(Best, "indicator", codes="PT")


class Clock(Tape, type="CT", size=4):
    """A time."""
# fmt: on


@hot_call
def read_quote(address: Any, length: Any) -> Any:
    quote = Quote(address, length)
    found = quote.price
    for best in quote.bid:
        found += 1000 * best.price
    for best in quote.offer:
        found += best.price + best.market
    return found


def test_a_type_has_a_letter_for_each_field_that_tells_it() -> None:
    assert Quote.selectors == ("category", "kind")
    assert (Quote.type, Quote.type_code) == ("QS", int.from_bytes(b"QS", "big"))
    assert Clock.encode(whole=4) == b"\0\4CT"
    assert Quote.selected("view") == "256 * view.category + view.kind"


def test_a_type_of_too_few_letters_is_refused() -> None:
    with pytest.raises(TableError, match="Wrong: type='Q' is neither 2 characters nor a number"):

        class Wrong(Tape, type="Q", size=4):
            """One letter for two fields."""


def test_fields_that_tell_types_apart_are_neighbours() -> None:
    with pytest.raises(TableError, match=r"Wrong\.kind: selectors are characters that follow each other"):

        class Wrong(Message, selector=("category", "kind")):
            """A byte between them."""

            category = char @ 0
            spare    = u8   @ 1  # fmt: skip
            kind     = char @ 2  # fmt: skip


def test_blocks_are_there_where_the_code_says_so() -> None:
    both = Quote.encode(whole=13, price=5123, indicator="T", bid={"market": "N", "price": 1}, offer={"price": 2})
    assert both[6:] == b"TN\x00\x01 \x00\x02"
    assert Quote.decode(both)["offer"] == {"market": " ", "price": 2}
    assert Quote.decode(both[:6] + b"P" + both[7:10])["bid"] is None
    assert Quote.encode(indicator="H")[6:] == b"H \x00\x00"
    with pytest.raises(ValueError, match=r"Quote\.offer: is not there where indicator is 'H'"):
        Quote.encode(indicator="H", offer={"price": 2})


def test_a_message_whose_code_says_otherwise_does_not_fit() -> None:
    data = Quote.encode(indicator="T")
    assert fits(Quote, data) == 7
    assert [fits(Quote, data[:6] + code + data[7:]) for code in (b"C", b"A", b"\xff")] == [-1, -1, -1]


@given(messages(Quote))
def test_compiled_and_python_views_read_what_was_encoded(fields: dict[str, Any]) -> None:
    data = Quote.encode(**fields)
    assert Quote.decode(data) == fields
    expected = 10_000 * (fields["price"] or 0)
    expected += 10_000_000 * fields["bid"]["price"] if fields["bid"] else 0
    expected += 10_000 * fields["offer"]["price"] + ord(fields["offer"]["market"]) if fields["offer"] else 0
    source = ctypes.create_string_buffer(data, len(data))
    assert read_quote(ctypes.addressof(source), fits(Quote, data)) == expected
    view = Quote.view(data)
    assert view.price + sum(1000 * best.price for best in view.bid) == expected - sum(
        best.price + best.market for best in view.offer
    )


def test_a_price_is_written_as_the_venue_does_and_read_with_more_places() -> None:
    assert (cents.encode(Decimal("51.23")), cents.decode(b"\x14\x03"), cents.view_value(5123)) == (
        b"\x14\x03", 5123, 51_230_000,
    )  # fmt: skip
    assert cents.explain() == "price, 2 decimal places; read as one of 6"


def test_what_cannot_be_read_with_so_many_places_is_refused() -> None:
    for kind, decimals in ((price(u64, 2), 3), (price(u16, 2), 1), (u16, 6)):
        with pytest.raises(ValueError, match="cannot be read with"):
            kind.read_with(decimals)


def test_text_counts_no_entries() -> None:
    with pytest.raises(TableError, match=r"Wrong\.bests: Wrong\.count: text counts nothing"):

        class Wrong(Message, size=1):
            """Counted by a letter."""

            count = char @ 0
            bests = group(Best, count="count")

    with pytest.raises(TypeError, match=r"conditional\(Best\): say either the bits or codes="):
        conditional(Best, "indicator")
    with pytest.raises(TableError, match=r"Long\.best: Long\.code: alpha\(2\) can be no count"):

        class Long(Message, size=2):
            """Two letters are no code."""

            code = alpha(2) @ 0
            best = conditional(Best, "code", codes="A")


def test_the_documentation_says_where_a_block_is_there() -> None:
    assert [entry["present"] for entry in describe_message(Quote)["behind"]] == [
        "indicator in C, H, T", "indicator in P, T",
    ]  # fmt: skip
    row = "| | | `bid` | conditional block | there where `indicator in C, H, T`; each 3 bytes |"
    assert row in message_table(Quote)
