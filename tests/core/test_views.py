"""Views and records: compiled code, Python and numpy see one memory alike, and nothing else is touched."""

from __future__ import annotations

import ctypes
import itertools
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit
from numba.core.errors import TypingError

from feedhandler.core.integers import to_signed
from feedhandler.core.jit import INTERPRETED, hot_call
from feedhandler.core.records import Record, block, i32, i64, published, u8, u16, u32
from feedhandler.core.views import Layout, Scalar, Slot, View, slot_property
from tests.probes import layout_reader, layout_writer

compiled_only = pytest.mark.skipif(INTERPRETED, reason="NUMBA_DISABLE_JIT=1: numba checks nothing")

WORDS = [
    Scalar(size, signed=signed, big_endian=big_endian)
    for size, signed, big_endian in itertools.product(range(1, 9), (False, True), (False, True))
]


def writable(name: str, slots: dict[str, Slot], size: int) -> Any:
    """A layout of slots anywhere, which can be assigned."""
    properties = {key: slot_property(key, slot, writable=True, optional=False) for key, slot in slots.items()}
    return Layout(
        name,
        (View,),
        {
            **properties,
            "__slots__": (),
            "_slots": slots,
            "_size": size,
            "_minimum_size": size,
            "_extensible": False,
            "_writable": True,
        },
    )


def every_word() -> Any:
    """All 32 kinds of words, one after the other with a byte between them, so that most are unaligned."""
    position, slots = 0, {}
    for index, scalar in enumerate(WORDS):
        slots[f"word{index}"] = Slot(position, scalar)
        position += scalar.size + 1
    return writable("EveryWord", slots, position)


EveryWord = every_word()
read_words = layout_reader(EveryWord)
write_words = layout_writer(EveryWord)


def expected_word(slot: Slot, data: bytes) -> int:
    order = "big" if slot.scalar.big_endian else "little"
    return to_signed(int.from_bytes(data[slot.offset : slot.end], order, signed=slot.scalar.signed))


@pytest.mark.interpreted
@given(st.binary(min_size=EveryWord.size, max_size=EveryWord.size))
def test_words_of_every_size_order_and_sign_read_as_their_bytes_say(data: bytes) -> None:
    assert read_words(data) == [expected_word(slot, data) for slot in EveryWord.slots.values()]


@pytest.mark.interpreted
@given(
    st.binary(min_size=EveryWord.size, max_size=EveryWord.size),
    st.lists(st.integers(-(1 << 63), (1 << 63) - 1), min_size=len(WORDS), max_size=len(WORDS)),
)
def test_assigning_a_word_writes_its_low_bytes_and_no_others(before: bytes, values: list[int]) -> None:
    after = bytearray(before)
    write_words(after, values)
    expected = bytearray(before)
    for slot, value in zip(EveryWord.slots.values(), values, strict=True):
        order = "big" if slot.scalar.big_endian else "little"
        low = value & ((1 << (8 * slot.scalar.size)) - 1)
        expected[slot.offset : slot.end] = low.to_bytes(slot.scalar.size, order)
    assert after == expected


class Order(Record, size=40):
    """A record with a field of each kind, some of them named like a class's own attributes."""

    reference = i64
    size = published(u32)
    slots = u8
    note = block(16)
    level = i32


class Shared(Record, shared=True):
    """The same, read by other threads."""

    version = i64
    count = u32
    kind = u16
    note = block(8)


@pytest.mark.interpreted
def test_a_record_is_laid_out_as_c_would() -> None:
    assert {name: slot.offset for name, slot in Order.slots.items()} == {
        "reference": 0, "size": 8, "slots": 12, "note": 16, "level": 32,
    }  # fmt: skip
    assert (Order.size, Order.dtype.itemsize) == (40, 40)


@pytest.mark.interpreted
def test_a_field_may_be_called_as_an_attribute_of_the_class() -> None:
    memory = numpy.zeros(1, Order.dtype)
    order = Order(memory.ctypes.data)
    order.size = 7
    order.slots = 9
    assert (Order.size, order.size, order.slots) == (40, 7, 9)
    assert (memory["size"][0], memory["slots"][0]) == (7, 9)


@hot_call
def fill(address: int) -> int:
    order = Order(address)
    order.reference = -5
    order.size = 1 << 40 | 77
    order.level = -1
    return order.note + order.reference + order.size + order.level


@pytest.mark.interpreted
def test_compiled_code_python_and_numpy_share_a_record() -> None:
    memory = numpy.zeros(1, Order.dtype)
    address = memory.ctypes.data
    assert fill(address) == address + 16 - 5 + 77 - 1
    order = Order(address)
    assert (order.reference, order.size, order.level, order.note) == (-5, 77, -1, address + 16)
    assert memory[0].item() == (-5, 77, 0, bytes(16), -1)
    order.level = 1 << 31
    assert memory["level"][0] == -(1 << 31)


def test_shared_records_have_atomic_fields_but_no_atomic_runs_of_bytes() -> None:
    assert {name: slot.scalar.shared for name, slot in Shared.slots.items()} == {
        "version": True, "count": True, "kind": True, "note": False,
    }  # fmt: skip
    assert {name: slot.scalar.shared for name, slot in Order.slots.items() if slot.scalar.shared} == {"size": True}
    assert all(slot.offset % min(slot.scalar.size, 8) == 0 for slot in Shared.slots.values())


@pytest.mark.interpreted
def test_a_derived_record_continues_behind_its_base() -> None:
    class Longer(Order):
        extra = i64

    assert Longer.slots.items() >= Order.slots.items()
    assert (Longer.slots["extra"].offset, Longer.size) == (40, 48)


def declare_wrong_size() -> None:
    class Wrong(Record, size=16):
        first = u8


def declare_taken_name() -> None:
    class Wrong(Record):
        address = i64


def declare_twice() -> None:
    class Wrong(Order):
        level = i32


@pytest.mark.parametrize(
    ("declare", "complaint"),
    [
        (declare_wrong_size, "record Wrong is 8 bytes, declared as 16"),
        (declare_taken_name, "record Wrong.address"),
        (declare_twice, "record Wrong.level"),
    ],
)
def test_a_wrong_record_is_refused_by_name(declare: Any, complaint: str) -> None:
    with pytest.raises(TypeError, match=complaint):
        declare()


@pytest.mark.interpreted
def test_a_run_of_bytes_cannot_be_assigned_in_python() -> None:
    with pytest.raises(AttributeError):
        Order(0).note = 1


def assign_run(address: int) -> None:
    Order(address).note = 1


def assign_unknown(address: int) -> None:
    Order(address).colour = 1


def read_unknown(address: int) -> int:
    return Order(address).colour


def too_many_arguments(address: int) -> int:
    return Order(address, address, address).reference


def float_address(address: int) -> int:
    return Order(address / 2).reference


@compiled_only
@pytest.mark.parametrize(
    ("function", "complaint"),
    [
        (assign_run, "Order.note cannot be assigned"),
        (assign_unknown, "colour"),
        (read_unknown, "colour"),
        (too_many_arguments, "Order takes an address"),
        (float_address, "Order: address and length are integers"),
    ],
)
def test_wrong_use_does_not_compile_and_says_why(function: Any, complaint: str) -> None:
    with pytest.raises(TypingError, match=complaint):
        njit(function)(0)


@pytest.mark.interpreted
def test_two_layouts_of_one_name_are_not_mistaken_for_each_other() -> None:
    first = writable("Same", {"field": Slot(0, Scalar(1))}, 2)
    second = writable("Same", {"field": Slot(1, Scalar(1))}, 2)
    assert (layout_reader(first)(b"\1\2"), layout_reader(second)(b"\1\2")) == ([1], [2])


@hot_call
def level_of(order: Any) -> int:
    return order.level


@hot_call
def through_a_call(address: int) -> int:
    return level_of(Order(address)) + Order.size


@pytest.mark.interpreted
def test_a_view_passes_through_calls_and_a_layout_knows_its_size_in_compiled_code() -> None:
    memory = numpy.zeros(1, Order.dtype)
    memory["level"] = 2
    assert through_a_call(memory.ctypes.data) == 42


@pytest.mark.interpreted
def test_a_view_prints_its_fields() -> None:
    buffer = ctypes.create_string_buffer(Shared.size)
    shared = Shared(ctypes.addressof(buffer))
    shared.version, shared.count, shared.kind = 3, 4, 5
    assert repr(shared) == f"Shared(version=3, count=4, kind=5, note={shared.note})"
