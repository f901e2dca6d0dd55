"""One table, four readers: the compiled view, the Python view, numpy and `decode` say the same of any bytes.

The compiled view is the one that matters, so it is also shown bytes that end at an unmapped page: however a load is put
together, it stays inside the message.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedhandler.core.integers import to_signed
from feedhandler.wire import Message, big_endian, little_endian
from feedhandler.wire.big_endian import alpha, char, price4, price8, reserved, u8, u16, u48
from feedhandler.wire.fields import integer
from feedhandler.wire.message import MessageLayout
from feedhandler.wire.testing import encoded
from tests.probes import field_reader, layout_reader

pytestmark = pytest.mark.interpreted

ORDERS = {"big": big_endian, "little": little_endian}


def table_of_integers(order: str) -> Any:
    """All sixteen integers of a byte order, back to back."""
    fields, position = {}, 0
    for bits in range(8, 72, 8):
        for signed in (False, True):
            field = integer(bits, signed=signed, big_endian=order == "big") @ position
            fields[field.type.name] = field
            position = field.end
    return MessageLayout(f"Integers_{order}", (Message,), fields, size=position)


def table_of_one(order: str, bits: int, signed: bool) -> Any:
    """A message that is nothing but one integer: there is no room before it and none behind."""
    field = integer(bits, signed=signed, big_endian=order == "big") @ 0
    return MessageLayout(f"Only_{order}_{field.type.name}", (Message,), {"value": field}, size=bits // 8)


# fmt: off
class Mixed(Message, type="M", size=60):
    """Text short and long, prices, and an odd size after one byte."""

    kind     = char        @ 0
    time     = u48         @ 1
    symbol   = alpha(8)    @ 7
    short    = alpha(3)    @ 15
    long     = alpha(20)   @ 18
    gap      = reserved(2) @ 38
    price    = price4      @ 40
    level    = price8      @ 44
    signed   = big_endian.i24.nullable(-1) @ 52
    quantity = little_endian.u40           @ 55


class Versioned(Message, size=21):
    """Optional fields of several sizes behind two that are always there."""

    code   = u8                                      @ 0
    always = u16                                     @ 1
    first  = big_endian.u24.added(2)                 @ 3
    second = little_endian.i48.added(3).nullable(-9) @ 6
    text   = alpha(4).added(4)                       @ 12
    long   = big_endian.u40.added(5)                 @ 16
# fmt: on


INTEGERS = {order: table_of_integers(order) for order in ORDERS}
ONLY = [table_of_one(order, bits, signed) for order in ORDERS for bits in range(8, 72, 8) for signed in (False, True)]
TABLES = [*INTEGERS.values(), Mixed, Versioned]
READERS = {table: layout_reader(table) for table in TABLES}
read_only_fields = field_reader((table, "value") for table in ONLY)


def expected(table: Any, data: bytes, address: int) -> list[int]:
    """What a view at an address must read, worked out from the bytes alone."""
    found = []
    for field in table.fields.values():
        scalar = field.type.scalar
        if field.end > len(data):
            found.append(to_signed(field.type.null or 0))
        elif scalar.by_address:
            found.append(address + field.offset)
        else:
            order = "big" if scalar.big_endian else "little"
            found.append(to_signed(int.from_bytes(data[field.offset : field.end], order, signed=scalar.signed)))
    return found


def lengths(table: Any) -> st.SearchStrategy[int]:
    return st.integers(table.minimum_size, table.size + 3) if table.extensible else st.just(table.size)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_compiled_view_and_python_view_read_what_the_bytes_say(table: Any) -> None:
    addresses = [name for name, field in table.fields.items() if field.type.scalar.by_address]

    @given(lengths(table).flatmap(lambda length: st.binary(min_size=length, max_size=length)))
    def check(data: bytes) -> None:
        view = table.view(data)
        assert [getattr(view, name) for name in table.fields] == expected(table, data, view.address)
        compiled = dict(zip(table.fields, READERS[table](data), strict=True))
        for name in addresses:
            # The probe reads a copy of its own; all addresses in one message are equally far from its start.
            compiled[name] += view.address - (compiled[addresses[0]] - table.fields[addresses[0]].offset)
        assert list(compiled.values()) == expected(table, data, view.address)

    check()


@given(st.binary(min_size=8, max_size=8))
def test_an_integer_with_no_room_around_it_reads_the_same(data: bytes) -> None:
    assert read_only_fields(data) == [expected(table, data, 0)[0] for table in ONLY]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_numpy_and_decode_read_what_the_view_reads(table: Any) -> None:
    @given(encoded(table).filter(lambda data: len(data) >= table.size))
    def check(data: bytes) -> None:
        record = numpy.frombuffer(data, table.dtype, count=1)[0]
        view, decoded = table.view(data), table.decode(data)
        for name, field in table.fields.items():
            place = data[field.offset : field.end]
            if field.type.is_text:
                assert record[name] == place.rstrip(b"\0")
            elif record[name].shape:
                assert record[name].tobytes() == place
            else:
                assert to_signed(int(record[name])) == getattr(view, name)
            if not field.type.scalar.by_address:
                assert field.type.view_value(decoded[name]) == getattr(view, name)

    check()


AT_THE_EDGE = """
import ctypes, mmap
from tests.wire import test_agreement as tables
from tests.probes import raw_reader

page = mmap.PAGESIZE
memory = mmap.mmap(-1, 3 * page)
first = ctypes.addressof(ctypes.c_char.from_buffer(memory))
protect = ctypes.CDLL(None, use_errno=True).mprotect
for unreadable in (first, first + 2 * page):
    assert protect(ctypes.c_void_p(unreadable), page, 0) == 0, ctypes.get_errno()
for table in [*tables.TABLES, *tables.ONLY]:
    read, found = raw_reader(table), (ctypes.c_int64 * len(table.slots))()
    for length in range(table.minimum_size, table.size + 1):
        # First right behind an unreadable page, then right before one.
        read(first + page, length, ctypes.addressof(found))
        read(first + 2 * page - length, length, ctypes.addressof(found))
print("read", len(tables.TABLES) + len(tables.ONLY), "tables")
"""


def test_no_load_leaves_the_message() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", AT_THE_EDGE], capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2]
    )
    assert (ran.returncode, ran.stdout) == (0, "read 36 tables\n"), ran.stderr
