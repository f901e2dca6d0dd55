"""Fixed fields behind groups, groups counted in front of themselves, and bodies whose length the head states."""

from __future__ import annotations

import ctypes
from typing import Any

import pytest
from hypothesis import given

from feedhandler.core.jit import hot_call
from feedhandler.core.memory import store_relaxed
from feedhandler.wire import Message, behind, group, run
from feedhandler.wire.big_endian import alpha, char, u8, u16, u32
from feedhandler.wire.describe import message_table
from feedhandler.wire.testing import messages, truncations
from feedhandler.wire.walk import fits

pytestmark = pytest.mark.interpreted


# fmt: off
class Head(Message, body="body_length"):
    message_type = char @ 0
    body_length  = u16  @ 1


class Leg(Message, size=3):
    ratio = u8  @ 0
    code  = u16 @ 1


class HedgeCount(Message, size=1):
    hedges = u8 @ 0


class Note(Message, size=1):
    kind = u8 @ 0
    text = run(u8, text="ascii")


class Rest(Message, size=6):
    symbol = alpha(4) @ 0
    status = u16      @ 4


class Strategy(Head, type="S", size=8, extensible=True):
    """A strategy (Example, 1)."""

    market    = u32 @ 3
    leg_count = u8  @ 7
    legs      = group(Leg, count="leg_count")
    hedges    = group(Leg, dimension=HedgeCount, size_field=None, count_field="hedges")
    rest      = behind(Rest)
    notes     = group(Note, dimension=HedgeCount, size_field=None, count_field="hedges")
# fmt: on


@hot_call
def read_strategy(address: Any, length: Any, found: Any) -> Any:
    strategy = Strategy(address, length)
    store_relaxed(found, strategy.market)
    place = found + 8
    for leg in strategy.legs:
        store_relaxed(place, leg.code)
        place += 8
    for hedge in strategy.hedges:
        store_relaxed(place, hedge.ratio)
        place += 8
    store_relaxed(place, strategy.rest.status)
    for note in strategy.notes:
        place += 8
        store_relaxed(place, note.text.length)
    return place + 8


@given(messages(Strategy))
def test_compiled_and_python_views_read_what_was_encoded(fields: dict[str, Any]) -> None:
    data = Strategy.encode(**{name: value for name, value in fields.items() if name != "body_length"})
    expected = [fields["market"], *(leg["code"] for leg in fields["legs"]), *(one["ratio"] for one in fields["hedges"])]
    expected += [fields["rest"]["status"], *(len(note["text"]) for note in fields["notes"])]
    source, found = ctypes.create_string_buffer(data, len(data)), (ctypes.c_int64 * 64)()
    readable = fits(Strategy, data)
    end = read_strategy(ctypes.addressof(source), readable, ctypes.addressof(found))
    assert list(found)[: (end - ctypes.addressof(found)) // 8] == expected
    view = Strategy.view(data)
    assert (view.market, view.rest.status) == (fields["market"], fields["rest"]["status"])
    assert [leg.code for leg in view.legs] == [leg["code"] for leg in fields["legs"]]
    assert [hedge.ratio for hedge in view.hedges] == [one["ratio"] for one in fields["hedges"]]
    assert Strategy.decode(data) == fields


def test_the_head_states_the_bytes_behind_it() -> None:
    data = Strategy.encode(market=5, legs=[{"ratio": 1}], rest={"symbol": "AB", "status": 7})
    assert Strategy.decode(data)["body_length"] == len(data) - 3
    assert Strategy.decode(data)["rest"] == {"symbol": "AB", "status": 7}


@given(messages(Strategy))
def test_no_truncated_message_fits(fields: dict[str, Any]) -> None:
    data = Strategy.encode(**fields)
    assert fits(Strategy, data) == 8
    assert [len(short) for short in truncations(data) if fits(Strategy, short) >= 0] == []


def test_a_block_behind_a_group_has_a_fixed_length_and_is_always_there() -> None:
    with pytest.raises(TypeError, match="Strategy: a block behind a group has a fixed length and nothing behind it"):
        behind(Strategy)
    with pytest.raises(TypeError, match="a block behind a group is always there; it cannot come with a version"):

        class Wrong(Message, version="version", size=1):
            version = u8 @ 0
            rest = behind(Rest).added(2)


def test_entries_that_may_be_longer_than_their_table_need_their_length_in_front_of_them() -> None:
    class Longer(Message, size=1, extensible=True):
        kind = u8 @ 0

    with pytest.raises(TypeError, match="the entries of Longer may be longer than its table"):

        class Wrong(Message, size=1):
            other = u8 @ 0
            entries = group(Longer, dimension=HedgeCount, size_field=None, count_field="hedges")


def test_the_documentation_shows_the_fields_behind_the_groups() -> None:
    table = message_table(Strategy)
    assert "| | | `rest` | block | 6 bytes |\n" in table
    assert "| 4 | 2 | `rest.status` | u16 |  |\n" in table
    assert "| | | `hedges` | group | behind 1 byte: `hedges` u8 @ 0; each 3 bytes |\n" in table
