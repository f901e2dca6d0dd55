"""Blocks, groups, conditional blocks and runs: one declaration, and decode, both views and the check agree on it."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedhandler.core.jit import hot_call
from feedhandler.core.memory import store_relaxed
from feedhandler.wire import Message, block, conditional, group, run
from feedhandler.wire.describe import describe_message, message_table
from feedhandler.wire.little_endian import alpha, char, i32, price, u8, u16, u32
from feedhandler.wire.message import TableError
from feedhandler.wire.testing import messages, mutated, truncations  # noqa: F401 (the child process takes `mutated` from here)
from feedhandler.wire.walk import fits

pytestmark = pytest.mark.interpreted


# fmt: off
class Date(Message, size=3):
    """A year and a month."""

    year  = u16 @ 0
    month = u8  @ 2


class Dimension(Message, size=4):
    """Length and number, with a byte between them that says nothing."""

    block_length = u16 @ 0
    unused       = u8  @ 2
    num_in_group = u8  @ 3


class Framed(Message, selector="template", block="block_length", version="version", constants={"schema": 9},
             defaults={"version": 3}):
    """A family whose fixed part has its length on the wire."""

    block_length = u16 @ 0
    template     = u8  @ 2
    schema       = u8  @ 3
    version      = u16 @ 4


class Level(Message, size=7):
    """An entry that grew in version 2."""

    price    = i32.nullable(-1)        @ 0
    quantity = u16                     @ 4
    orders   = u8.nullable(255).added(2) @ 6


class Fill(Message, size=2):
    """The innermost entry."""

    quantity = u16 @ 0


class Trade(Message, size=5):
    """An entry with a group and a text of its own."""

    price = u32 @ 0
    side  = char.named(B="Buy", S="Sell") @ 4
    fills = group(Fill, dimension=Dimension)
    note  = run(u8, text="ascii")


class Update(Framed, type=7, size=13):
    """Two groups and a text, the second group since version 3 (Example 2.0, 1)."""

    security_id = u32         @ 6
    expiry      = block(Date) @ 10
    levels      = group(Level, dimension=Dimension)
    trades      = group(Trade, dimension=Dimension).added(3)
    text        = run(u16, text="utf-8")


class Extra(Message, size=4):
    """What some messages have besides."""

    value = u32 @ 0


class Leg(Message, size=3):
    """A leg."""

    ratio = u8  @ 0
    code  = u16 @ 1


class Counted(Message, type=8, size=10, whole="message_size"):
    """Counted by its own fields, located by one of them."""

    message_size = u8   @ 0
    leg_count    = u8   @ 1
    flags        = u8.with_bit_names(bit0="extra", bit7="last") @ 2
    far_count    = u8   @ 3
    far_start    = u16  @ 4
    symbol       = alpha(4) @ 6
    legs         = group(Leg, count="leg_count")
    extra        = conditional(Extra, "flags", 0x01)
    far          = group(Leg, count="far_count", start="far_start")
# fmt: on

TABLES = [Update, Counted]


@hot_call
def read_update(address: Any, length: Any, found: Any) -> Any:
    update = Update(address, length)
    store_relaxed(found, update.security_id)
    store_relaxed(found + 8, update.expiry.month)
    place = found + 16
    for level in update.levels:
        store_relaxed(place, level.price)
        store_relaxed(place + 8, level.orders)
        place += 16
    levels = update.levels
    for index in range(levels.count):
        store_relaxed(place, levels.at(index).quantity)
        place += 8
    for trade in update.trades:
        store_relaxed(place, trade.price)
        place += 8
        for fill in trade.fills:
            store_relaxed(place, fill.quantity)
            place += 8
        store_relaxed(place, trade.note.length)
        place += 8
    store_relaxed(place, update.text.length)
    store_relaxed(place + 8, update.text.address - address)
    return place + 16


@hot_call
def read_counted(address: Any, length: Any, found: Any) -> Any:
    counted = Counted(address, length)
    place = found
    for leg in counted.legs:
        store_relaxed(place, leg.code)
        place += 8
    for extra in counted.extra:
        store_relaxed(place, extra.value)
        place += 8
    for leg in counted.far:
        store_relaxed(place, leg.ratio)
        place += 8
    return place


def read(function: Any, message: Any, data: bytes) -> list[int]:
    """What compiled code reads of a message that fits."""
    readable = fits(message, data)
    assert readable >= 0
    source, found = ctypes.create_string_buffer(data, len(data)), (ctypes.c_int64 * 4096)()
    end = function(ctypes.addressof(source), readable, ctypes.addressof(found))
    return list(found)[: (end - ctypes.addressof(found)) // 8]


def expected_of_update(fields: dict[str, Any], data: bytes) -> list[int]:
    found = [fields["security_id"], fields["expiry"]["month"]]
    for level in fields["levels"]:
        found += [-1 if level["price"] is None else level["price"], 255 if level["orders"] is None else level["orders"]]
    found += [level["quantity"] for level in fields["levels"]]
    for trade in fields["trades"]:
        found += [trade["price"], *(fill["quantity"] for fill in trade["fills"]), len(trade["note"])]
    text = fields["text"].encode()
    return [*found, len(text), len(data) - len(text)]


@given(messages(Update))
def test_compiled_view_reads_what_was_encoded(fields: dict[str, Any]) -> None:
    data = Update.encode(**fields)
    assert read(read_update, Update, data) == expected_of_update(fields, data)


@given(messages(Update))
def test_python_view_reads_what_was_encoded(fields: dict[str, Any]) -> None:
    data = Update.encode(**fields)
    view = Update.view(data)
    found = [view.security_id, view.expiry.month]
    for level in view.levels:
        found += [level.price, level.orders]
    found += [view.levels.at(index).quantity for index in range(len(view.levels))]
    for trade in view.trades:
        found += [trade.price, *(fill.quantity for fill in trade.fills), trade.note.length]
    assert [*found, view.text.length, view.text.address - view.address] == expected_of_update(fields, data)


@given(messages(Counted))
def test_groups_counted_by_fields_are_read_where_the_fields_say(fields: dict[str, Any]) -> None:
    data = Counted.encode(**fields)
    assert fields["message_size"] == len(data)
    expected = [leg["code"] for leg in fields["legs"]]
    expected += [fields["extra"]["value"]] if fields["extra"] is not None else []
    expected += [leg["ratio"] for leg in fields["far"]]
    assert read(read_counted, Counted, data) == expected


@pytest.mark.parametrize("message", TABLES, ids=lambda message: message.__name__)
def test_decoding_is_the_inverse_of_encoding(message: Any) -> None:
    @given(messages(message))
    def check(fields: dict[str, Any]) -> None:
        assert message.decode(message.encode(**fields)) == fields

    check()


@pytest.mark.parametrize("message", TABLES, ids=lambda message: message.__name__)
def test_no_truncated_message_fits(message: Any) -> None:
    @given(messages(message))
    def check(fields: dict[str, Any]) -> None:
        data = message.encode(**fields)
        # A located group may be empty or lie anywhere: its start says nothing of the message's end.
        for short in truncations(data):
            if fits(message, short) >= 0:
                assert message is Counted
                assert not fields["far"]
                pytest.fail("a message without its last bytes fits")

    check()


def test_a_length_of_the_fixed_part_is_honoured_where_it_is_longer_than_the_table() -> None:
    data = bytearray(Update.encode(security_id=5, levels=[{"price": 1, "quantity": 2, "orders": 3}], text="x"))
    data[13:13] = b"\xee\xee"
    data[0] += 2
    decoded = Update.decode(bytes(data))
    assert (decoded["security_id"], decoded["text"]) == (5, "x")
    assert decoded["levels"] == [{"price": 1, "quantity": 2, "orders": 3}]
    assert read(read_update, Update, bytes(data))[2:4] == [1, 3]


def test_entries_of_a_newer_version_are_stepped_over_by_their_length_on_the_wire() -> None:
    head = Framed.encode(block_length=7, template=7, version=4) + Update.encode(security_id=5)[6:13]
    entries = b"".join(Level.encode(price=index, quantity=index, orders=index) + b"new" for index in range(3))
    data = head + Dimension.encode(block_length=10, num_in_group=3) + entries + bytes(4) + bytes(2)
    assert [level["price"] for level in Update.decode(data)["levels"]] == [0, 1, 2]
    assert read(read_update, Update, data)[2:11] == [0, 0, 1, 1, 2, 2, 0, 1, 2]


def test_what_an_older_version_did_not_have_reads_as_absent() -> None:
    head = Framed.encode(block_length=7, template=7, version=1) + Update.encode(security_id=5)[6:13]
    # Version 1 padded its entries: the byte of the later field is there and means nothing.
    entry = Level.encode(price=8, quantity=9, orders=77)
    for size in (6, 7):
        data = head + Dimension.encode(block_length=size, num_in_group=1) + entry[:size] + bytes(2)
        decoded = Update.decode(data)
        assert decoded["levels"] == [{"price": 8, "quantity": 9, "orders": None}]
        assert decoded["trades"] == []
        # security, month, price, orders, quantity, length and place of the text
        assert read(read_update, Update, data) == [5, 0, 8, 255, 9, 0, len(data)]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda data: data[:13], "the first dimension is missing"),
        (lambda data: b"\5" + data[1:], "a fixed part shorter than the table"),
        (lambda data: b"\xff\xff" + data[2:], "a fixed part longer than the message"),
        (lambda data: data[:16] + b"\xff" + data[17:], "more entries than bytes"),
        (lambda data: data[:13] + b"\0\0" + data[15:], "entries without a length"),
        (lambda data: data[:13] + b"\xff\xff" + data[15:], "entries longer than what remains"),
        (lambda data: data[:-3] + b"\xff\xff" + data[-1:], "a text longer than what remains"),
    ],
)
def test_counts_and_lengths_that_do_not_fit_are_refused(change: Any, why: str) -> None:
    data = Update.encode(levels=[{"quantity": 1}], text="x")
    assert fits(Update, data) == 13
    assert fits(Update, change(data)) == -1, why
    with pytest.raises(ValueError, match="Update: "):
        Update.decode(change(data))


def test_bytes_that_nothing_accounts_for_are_refused_where_the_table_is_closed() -> None:
    class Closed(Message, type=9, size=1):
        count = u8 @ 0
        legs = group(Leg, count="count")

    assert fits(Closed, Closed.encode(legs=[{"ratio": 1}])) == 1
    assert fits(Closed, Closed.encode(legs=[{"ratio": 1}]) + b"\0") == -1
    # A family whose messages are measured on the wire may grow behind what we know.
    assert fits(Update, Update.encode() + b"\0") == 13


AT_THE_EDGE = """
import ctypes, mmap, random
from tests.wire import test_parts as parts

page = mmap.PAGESIZE
memory = mmap.mmap(-1, 16 * page)
first = ctypes.addressof(ctypes.c_char.from_buffer(memory))
protect = ctypes.CDLL(None, use_errno=True).mprotect
assert protect(ctypes.c_void_p(first + 15 * page), page, 0) == 0, ctypes.get_errno()
end = first + 15 * page
found = (ctypes.c_int64 * 200_000)()
fit = parts.hot_call(parts.Update.fit), parts.hot_call(parts.Counted.fit)
source = random.Random(7)
levels = [{"price": 1, "quantity": 2, "orders": 3}] * 3
trades = [{"price": 1, "side": "B", "fills": [{"quantity": 3}] * 2, "note": "ab"}] * 2
update = parts.Update.encode(security_id=1, levels=levels, trades=trades, text="hello")
legs = [{"ratio": 1, "code": 2}] * 3
counted = parts.Counted.encode(legs=legs, extra={"value": 7}, far=legs)
refused = 0
for number in range(parts.MUTATIONS):
    data = parts.mutated((update, counted)[number % 2], source)[:4096]
    ctypes.memmove(end - len(data), data, len(data))
    readable = fit[number % 2](end - len(data), len(data))
    if readable < 0:
        refused += 1
        continue
    (parts.read_update, parts.read_counted)[number % 2](end - len(data), readable, ctypes.addressof(found))
assert 0 < refused < parts.MUTATIONS, refused
print("survived")
"""
MUTATIONS = 20_000


def test_no_mutated_message_is_read_beyond_its_end() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", AT_THE_EDGE], capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2]
    )
    assert (ran.returncode, ran.stdout) == (0, "survived\n"), ran.stderr


@given(st.binary(max_size=80))
def test_any_bytes_are_decoded_or_refused(data: bytes) -> None:
    for message in TABLES:
        readable = fits(message, data)
        if readable >= 0:
            assert message.decode(data).keys() == {**message.fields, **message.tails}.keys()
        else:
            with pytest.raises(ValueError, match=message.__name__):
                message.decode(data)


def test_the_fixed_part_is_a_numpy_type_with_its_blocks() -> None:
    assert Update.dtype["expiry"] == Date.dtype
    assert Update.dtype.itemsize == 13


def test_encoding_refuses_what_is_no_entry() -> None:
    with pytest.raises(TypeError, match=r"Counted\.legs: Leg has no field size"):
        Counted.encode(legs=[{"size": 1}])
    with pytest.raises(ValueError, match=r"Counted\.legs: Leg\.ratio: 256 is outside 0..255"):
        Counted.encode(legs=[{"ratio": 256}])
    with pytest.raises(TypeError, match=r"Counted has no field wings; it has message_size, .*, far$"):
        Counted.encode(wings=[])


def refused(declare: Any, sentence: str) -> None:
    with pytest.raises(TypeError, match=sentence):
        declare()


def test_a_group_must_be_counted_by_a_field_that_is_there() -> None:
    def declare() -> None:
        class Wrong(Message, size=1):
            other = u8 @ 0
            legs = group(Leg, count="leg_count")

    refused(declare, r"Wrong\.legs: Wrong has no field leg_count")


def test_a_group_is_not_counted_by_an_optional_field() -> None:
    def declare() -> None:
        class Wrong(Message, size=2):
            other = u8 @ 0
            leg_count = u8.added(2) @ 1
            legs = group(Leg, count="leg_count")

    refused(declare, r"Wrong\.legs: the field leg_count may be absent, and nothing can be counted by it")


def test_a_group_is_not_counted_by_text() -> None:
    def declare() -> None:
        class Wrong(Message, size=2):
            leg_count = alpha(2) @ 0
            legs = group(Leg, count="leg_count")

    refused(declare, r"Wrong\.legs: Wrong\.leg_count: alpha\(2\) can be no count, length or offset")


def test_a_dimension_has_a_length_and_a_number() -> None:
    def declare() -> None:
        class Wrong(Message, size=1):
            other = u8 @ 0
            legs = group(Leg, dimension=Date)

    refused(declare, r"Wrong\.legs: the dimension Date has no field block_length")


def test_a_part_of_a_later_version_needs_a_version_on_the_wire() -> None:
    def declare() -> None:
        class Wrong(Message, size=1):
            other = u8 @ 0
            text = run(u8).added(2)

    refused(declare, r"Wrong\.text: came with a version, but the family does not say where a message's version is")


def test_entries_that_may_be_longer_need_their_length_on_the_wire() -> None:
    def declare() -> None:
        class Wrong(Message, size=1):
            count = u8 @ 0
            levels = group(Level, count="count")

    refused(declare, r"Wrong\.levels: the entries of Level may be longer than its table")


def test_a_block_has_a_fixed_length() -> None:
    refused(lambda: block(Level), "Level: a block within a message has a fixed length and nothing behind it")


def test_a_family_names_its_own_fields() -> None:
    def declare() -> None:
        class Wrong(Message, selector="kind"):
            other = u8 @ 0

    with pytest.raises(TableError, match="Wrong: selector names 'kind', which is no field of it"):
        declare()


def test_a_group_is_counted_in_one_way() -> None:
    refused(lambda: group(Leg), r"group\(Leg\): say either count= or dimension=")
    refused(lambda: group(Leg, dimension=Dimension, start="x"), r"group\(Leg\): start= goes with count=")
    refused(lambda: conditional(Leg, "flags", 0), r"conditional\(Leg\): 0 has no bit to ask for")


def test_the_documentation_shows_entries_and_blocks_with_their_fields() -> None:
    table = message_table(Update)
    assert "| 12 | 1 | `expiry.month` | u8 |  |\n" in table
    dimension = "`block_length` u16 @ 0, `unused` u8 @ 2, `num_in_group` u8 @ 3"
    assert f"| | | `levels` | group | behind 4 bytes: {dimension}; each 7 bytes |\n" in table
    assert "| 4 | 1 | `trades[].side` | char | `B` Buy, `S` Sell |\n" in table
    assert "| 0 | 2 | `trades[].fills[].quantity` | u16 |  |\n" in table
    assert "| | | `text` | text, utf-8 | behind its length of 2 bytes |\n" in table
    assert "since version 3" in table
    counted = {entry["field"]: entry for entry in describe_message(Counted)["behind"]}
    assert counted["extra"]["present"] == "flags & 0x1"
    assert (counted["far"]["count"], counted["far"]["start"]) == ("far_count", "far_start")


def test_a_bit_of_a_set_is_known_by_its_name() -> None:
    assert Counted.fields["flags"].type.bit("last") == 0x80
    with pytest.raises(ValueError, match="u8 has no bit 'first'; it has 'extra', 'last'"):
        Counted.fields["flags"].type.bit("first")


def test_a_price_may_stand_in_an_entry() -> None:
    class Quote(Message, size=8):
        bid = price(u32, decimals=2) @ 0
        ask = price(u32, decimals=2) @ 4

    class Quotes(Message, size=1):
        count = u8 @ 0
        quotes = group(Quote, count="count")

    data = Quotes.encode(quotes=[{"bid": 1, "ask": 2}])
    assert Quotes.decode(data)["quotes"] == [{"bid": 1, "ask": 2}]
