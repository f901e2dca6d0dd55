"""Writers: what is assigned through the twin is what the message's own readers find."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from feedhandler.wire import Message
from feedhandler.wire.big_endian import alpha, char, i24, price4, u8, u48
from feedhandler.wire.testing import messages
from feedhandler.wire.writer import Writer
from tests.probes import layout_writer

pytestmark = pytest.mark.interpreted


# fmt: off
class Order(Message, size=27):
    """An order with a field of each kind that a writer can assign, the last one optional."""

    side   = char            @ 0
    time   = u48             @ 1
    symbol = alpha(8)        @ 7
    venue  = alpha(3)        @ 15
    price  = price4          @ 18
    change = i24.nullable(0) @ 22
    state  = u8.added(2)     @ 25
    size   = u8.added(3)     @ 26
# fmt: on


class WriteOrder(Writer, message=Order):
    """Writes an order."""


write_order = layout_writer(WriteOrder)


@given(messages(Order))
def test_what_a_writer_assigns_is_what_encode_gives(fields: dict[str, Any]) -> None:
    data = bytearray(b"\xa5" * Order.size)
    write_order(data, [Order.fields[name].type.view_value(value) for name, value in fields.items()])
    assert bytes(data) == Order.encode(**fields)


def test_a_writer_has_the_message_s_places_and_all_of_its_bytes() -> None:
    assert WriteOrder.slots == Order.slots
    assert (WriteOrder.size, WriteOrder.minimum_size, WriteOrder.extensible) == (27, 27, False)
    assert WriteOrder.writable
    assert (Order.minimum_size, Order.extensible, Order.writable) == (25, True, False)
