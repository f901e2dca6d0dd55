"""The instructions that views, atomics and fences become, read for x86-64 and aarch64."""

from __future__ import annotations

from typing import Any

import pytest
from numba import types

from feedhandler.core.integers import rotate_left, shift_right_logical, unsigned_less, wrapping_add, wrapping_multiply
from feedhandler.core.jit import INTERPRETED
from feedhandler.core.memory import (
    fence_acquire,
    fence_release,
    load_acquire,
    load_relaxed,
    prefetch,
    store_relaxed,
    store_release,
)
from feedhandler.core.records import Record, i64
from feedhandler.core.records import u32 as record_u32
from feedhandler.wire import Message, big_endian, little_endian
from tests.assembly import PROCESSORS, Processor, compiled, instructions, matching, strays

pytestmark = pytest.mark.skipif(INTERPRETED, reason="NUMBA_DISABLE_JIT=1: nothing is compiled whose code could be read")

AARCH64 = PROCESSORS["aarch64"]
X86_64 = [PROCESSORS["x86-64"], PROCESSORS["x86-64-v3"]]


class Big(Message, size=44):
    """Every size in network byte order, each odd one with room before it."""

    head = big_endian.u64 @ 0
    one = big_endian.u8 @ 8
    two = big_endian.u16 @ 9
    three = big_endian.u24 @ 11
    four = big_endian.u32 @ 14
    five = big_endian.i40 @ 18
    six = big_endian.u48 @ 23
    seven = big_endian.u56 @ 29
    eight = big_endian.u64 @ 36


class Little(Message, size=44):
    """Every size in Intel byte order, each odd one with room before it."""

    head = little_endian.u64 @ 0
    one = little_endian.u8 @ 8
    two = little_endian.u16 @ 9
    three = little_endian.u24 @ 11
    four = little_endian.u32 @ 14
    five = little_endian.i40 @ 18
    six = little_endian.u48 @ 23
    seven = little_endian.u56 @ 29
    eight = little_endian.u64 @ 36


class Cramped(Message, size=6):
    """A field of 6 bytes with nothing before it."""

    six = big_endian.u48 @ 0


class Longer(Message, size=12):
    """An optional field behind one that is always there."""

    price = big_endian.u32 @ 0
    odd_lots = big_endian.u64.added(2) @ 4


class State(Record, shared=True):
    """State that other threads read."""

    version = i64
    value = i64
    count = record_u32


def reader(message: Any, name: str) -> Any:
    """A compiled function that reads one field."""
    namespace: dict[str, Any] = {"message": message}
    exec(f"def read(address):\n    return message(address).{name}", namespace)
    return compiled(namespace["read"])


NAMES = ["one", "two", "three", "four", "five", "six", "seven", "eight"]
READERS: dict[tuple[Any, str], Any] = {}


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def field_instructions(message: Any, name: str, processor: Processor) -> list[str]:
    if (message, name) not in READERS:
        READERS[message, name] = reader(message, name)
    return instructions(READERS[message, name], processor)


@pytest.mark.parametrize("processor", PROCESSORS.values(), ids=list(PROCESSORS))
def test_a_big_endian_field_is_one_load_and_one_swap(name: str, processor: Processor) -> None:
    found = field_instructions(Big, name, processor)
    assert len(matching(found, processor.load)) == 1, found
    assert len(matching(found, processor.swap)) == (0 if name == "one" else 1), found


@pytest.mark.parametrize("processor", PROCESSORS.values(), ids=list(PROCESSORS))
def test_a_little_endian_field_is_one_load_and_no_swap(name: str, processor: Processor) -> None:
    found = field_instructions(Little, name, processor)
    assert len(matching(found, processor.load)) == 1, found
    assert matching(found, processor.swap) == []


@pytest.mark.parametrize("processor", PROCESSORS.values(), ids=list(PROCESSORS))
def test_a_field_is_read_without_branch_or_stack(name: str, processor: Processor) -> None:
    found = field_instructions(Big, name, processor)
    assert matching(found, r"^(j|call|push|pop|b |bl |cb|tb|b\.)|\(%rsp\)|\[sp") == []
    # Load, swap, up to two shifts, the result, status 0, return; aarch64 also saves the result's address.
    assert len(found) <= 8, found


@pytest.mark.parametrize("processor", PROCESSORS.values(), ids=list(PROCESSORS))
def test_a_field_of_6_bytes_with_nothing_before_it_takes_two_loads(processor: Processor) -> None:
    assert len(matching(field_instructions(Cramped, "six", processor), processor.load)) == 2


def test_with_movbe_a_load_and_its_swap_are_one_instruction() -> None:
    for name in ("two", "four", "eight"):
        found = field_instructions(Big, name, PROCESSORS["x86-64-v3"])
        # A value that goes straight to memory is swapped on its way out.
        assert len(matching(found, r"^movbe[wlq] ")) == 1, found


def test_a_field_that_is_always_there_is_read_without_asking_for_the_length() -> None:
    def always(address: int, length: int) -> int:
        return Longer(address, length).price

    def added(address: int, length: int) -> int:
        return Longer(address, length).odd_lots

    two = (types.int64, types.int64)
    assert matching(instructions(compiled(always, *two), X86_64[0]), r"^(cmp|test|j|cmov)") == []
    assert matching(instructions(compiled(added, *two), X86_64[0]), r"^cmpq \$1[12], %rcx")


def release_then_acquire(address: int) -> int:
    store_release(address, 1)
    return load_acquire(address + 64)


def relaxed(address: int) -> int:
    store_relaxed(address, 1)
    return load_relaxed(address + 64)


def seqlock_write(address: int) -> int:
    state = State(address)
    store_relaxed(address, 1)
    fence_release()
    state.value = 7
    store_release(address, 2)
    return 0


def seqlock_read(address: int) -> int:
    before = load_acquire(address)
    value = State(address).value
    fence_acquire()
    return value if load_relaxed(address) == before else -1


def read_twice(address: int) -> int:
    state = State(address)
    return state.value + state.value


def ask_for(address: int) -> int:
    prefetch(address)
    return 0


def test_acquire_and_release_are_ldar_and_stlr_on_aarch64() -> None:
    found = instructions(compiled(release_then_acquire), AARCH64)
    assert [line.split()[0] for line in matching(found, r"^(ldar|stlr|dmb)")] == ["stlr", "ldar"]


def test_relaxed_accesses_are_ordinary_ones_on_aarch64() -> None:
    found = instructions(compiled(relaxed), AARCH64)
    assert matching(found, r"^(lda|stl|dmb)") == []
    assert len(matching(found, r"^ldr .*\[x2, #64\]")) == 1


def test_a_seqlock_write_orders_version_data_version_on_aarch64() -> None:
    found = instructions(compiled(seqlock_write), AARCH64)
    order = [line.split()[0] for line in matching(found, r"^st.*\[x2|^dmb")]
    assert order == ["str", "dmb", "str", "stlr"], found
    assert matching(found, r"^dmb ish$"), found


def test_a_seqlock_read_orders_version_data_version_on_aarch64() -> None:
    found = instructions(compiled(seqlock_read), AARCH64)
    order = [line.split()[0] for line in matching(found, r"^ld.*\[x2|^dmb")]
    assert order == ["ldar", "ldr", "dmb", "ldr"], found
    assert matching(found, r"^dmb ishld$"), found


@pytest.mark.parametrize("processor", X86_64, ids=lambda processor: processor.name)
@pytest.mark.parametrize("function", [release_then_acquire, relaxed, seqlock_write, seqlock_read])
def test_fences_and_atomics_cost_nothing_on_x86(function: Any, processor: Processor) -> None:
    assert matching(instructions(compiled(function), processor), r"^([lms]fence|lock|xchg)") == []


@pytest.mark.parametrize("processor", PROCESSORS.values(), ids=list(PROCESSORS))
def test_shared_state_is_read_as_often_as_it_says(processor: Processor) -> None:
    assert len(matching(instructions(compiled(read_twice), processor), r"8\(%rdx\)|\[x2, #8\]")) == 2


@pytest.mark.parametrize("processor", PROCESSORS.values(), ids=list(PROCESSORS))
def test_prefetch_is_one_instruction(processor: Processor) -> None:
    assert len(matching(instructions(compiled(ask_for), processor), r"^(prefetch|prfm)")) == 1


def hot_arithmetic(address: int, count: int) -> int:
    """Each operation of `integers.py`, reads and writes, in a loop with a division."""
    state = State(address)
    total = 0
    for index in range(count):
        message = Big(address + 64 * index)
        pattern = wrapping_multiply(message.eight, -7046029254386353131)
        total = wrapping_add(total, shift_right_logical(pattern, 40)) ^ rotate_left(pattern, 7)
        if unsigned_less(total, message.six):
            state.value = state.value + message.four // (message.two + 1)
            state.count = message.one
    return total


def test_hot_code_has_no_floats_and_calls_nothing() -> None:
    assert strays(compiled(hot_arithmetic, types.int64, types.int64)) == []


def halve(address: int) -> int:
    return int(load_relaxed(address) / 2)


def make_list(address: int) -> int:
    return len([address] * address)


@pytest.mark.parametrize(("function", "stray"), [(halve, "double"), (make_list, "NRT_")])
def test_a_stray_float_or_allocation_would_be_seen(function: Any, stray: str) -> None:
    assert any(stray in found for found in strays(compiled(function)))
