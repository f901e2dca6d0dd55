"""The test data that tables make: values that fit, bytes at every accepted length, mutations that can be repeated."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import find, given, settings

from feedhandler.wire import Message
from feedhandler.wire.big_endian import alpha, char, u8, u16, u32
from feedhandler.wire.testing import encoded, messages, mutated, mutations, truncations, values

pytestmark = pytest.mark.interpreted


class Family(Message):
    """Messages that open with their type."""

    kind = char @ 0


# fmt: off
class Order(Family, type="O", size=8):
    """An order."""

    side     = char.named(B="Buy", S="Sell")      @ 1
    symbol   = alpha(2)                           @ 2
    quantity = u16.nullable(0xFFFF)               @ 4
    state    = u8.named({1: "Open", 200: "Gone"}) @ 6
    venue    = u8                                 @ 7


class Versioned(Message, size=9):
    """Grew once."""

    code  = u8           @ 0
    extra = u32.added(2) @ 1
    more  = u32.added(3) @ 5
# fmt: on


@given(messages(Order))
def test_messages_have_every_field_and_their_own_type(fields: dict[str, Any]) -> None:
    assert list(fields) == list(Order.fields)
    assert fields["kind"] == "O"
    assert Order.decode(Order.encode(**fields)) == fields


@given(messages(Order, venue=3, quantity=None))
def test_fields_can_be_fixed(fields: dict[str, Any]) -> None:
    assert (fields["venue"], fields["quantity"]) == (3, None)


def test_a_field_that_does_not_exist_cannot_be_fixed() -> None:
    with pytest.raises(TypeError, match="Order has no field colour"):
        messages(Order, colour=1)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("side", "S"), ("side", "?"), ("quantity", None), ("quantity", 0), ("state", 200), ("symbol", "")],
)
def test_named_null_and_ordinary_values_all_turn_up(name: str, wanted: Any) -> None:
    assert find(values(Order.fields[name].type), lambda value: value == wanted) == wanted


def test_bytes_come_at_every_length_that_the_table_accepts() -> None:
    lengths = set()

    @settings(max_examples=500, derandomize=True)
    @given(encoded(Versioned))
    def collect(data: bytes) -> None:
        lengths.add(len(data))

    collect()
    assert lengths == set(range(Versioned.minimum_size, Versioned.size + 9))


@given(encoded(Versioned))
def test_bytes_are_always_accepted(data: bytes) -> None:
    assert Versioned.accepts(len(data))


@given(encoded(Order))
def test_bytes_of_a_fixed_message_are_whole(data: bytes) -> None:
    assert Order.decode(data)["kind"] == "O"


def test_the_same_source_gives_the_same_mutations() -> None:
    data = bytes(range(40))
    first, second = random.Random(7), random.Random(7)
    assert [mutated(data, first) for _ in range(200)] == [mutated(data, second) for _ in range(200)]


def test_mutations_shorten_lengthen_and_change_in_place() -> None:
    data, source = bytes(range(40)), random.Random(7)
    changed = [mutated(data, source) for _ in range(1000)]
    lengths = {len(found) for found in changed}
    assert min(lengths) == 0
    assert max(lengths) > 40
    in_place = [found for found in changed if len(found) == 40 and found != data]
    # The extremes that a length or a count may be given are among them.
    assert any(b"\xff\xff\xff\xff\xff\xff\xff\xff" in found for found in in_place)
    assert any(b"\x80\0\0\0" in found for found in in_place)


@pytest.mark.parametrize("data", [b"", b"x"])
def test_even_the_shortest_data_can_be_mutated(data: bytes) -> None:
    source = random.Random(7)
    assert any(mutated(data, source) != data for _ in range(20))


@given(mutations(b"abcdefgh"))
def test_mutations_are_a_strategy_too(data: bytes) -> None:
    assert len(data) <= 8 + 4 * 16


def test_truncations_are_the_proper_prefixes() -> None:
    assert list(truncations(b"abc")) == [b"", b"a", b"ab"]
