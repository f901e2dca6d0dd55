"""A loop over a group is an addition to a pointer: read in the assembly, in the code that a handler would become."""

from __future__ import annotations

from typing import Any

import pytest
from numba import types

from feedhandler.core.jit import INTERPRETED, hot_call
from feedhandler.wire import Message, group
from feedhandler.wire.little_endian import i64, u8, u16, u32
from tests.assembly import PROCESSORS, Processor, code_of, compiled, instructions, matching, strays

pytestmark = pytest.mark.skipif(INTERPRETED, reason="there is no assembly where nothing is compiled")


# fmt: off
class Dimension(Message, size=3):
    """Length and number of entries."""

    block_length = u16 @ 0
    num_in_group = u8  @ 2


class Entry(Message, size=12):
    """A level."""

    price    = i64 @ 0
    quantity = u32 @ 8


class Book(Message, size=8):
    """A message with one group, whose entries say how long they are."""

    time   = i64 @ 0
    levels = group(Entry, dimension=Dimension)
# fmt: on


def total(address: Any) -> Any:
    found = 0
    for level in Book(address, 8).levels:
        # Each step needs the one before, so that LLVM cannot put several entries into one wide register.
        found = (found << 1) ^ (level.price + level.quantity)
    return found


TOTAL = compiled(total, types.int64) if not INTERPRETED else None


@pytest.mark.parametrize("processor", PROCESSORS.values(), ids=list(PROCESSORS))
def test_a_loop_over_entries_calls_nothing(processor: Processor) -> None:
    assert not matching(instructions(TOTAL, processor), r"\b(call|bl)\b")


def test_a_loop_over_entries_keeps_its_place_in_registers() -> None:
    assert "alloca" not in code_of(TOTAL)


def test_an_entry_costs_its_loads_and_one_addition() -> None:
    loop = [line for line in code_of(TOTAL).splitlines() if "load i" in line]
    # Length and number of the group once, then price and quantity: LLVM unrolls, so loads come in pairs of those.
    assert len([line for line in loop if "i64" in line]) == len([line for line in loop if "i32" in line])
    assert not strays(TOTAL)


def test_it_reads_what_python_reads() -> None:
    data = Book.encode(levels=[{"price": price, "quantity": 7 * price} for price in range(9)])
    view = Book.view(data)
    assert hot_call(total)(view.address) == total(view.address)
