"""Keys of two words: each has one instrument, whatever its hash, and a filter asks for it again."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedhandler.core import keys
from feedhandler.core.channel import Channel
from feedhandler.core.directory import FILTERED, FULL, UNKNOWN, instrument_add
from feedhandler.core.integers import to_signed
from feedhandler.core.jit import hot_call
from feedhandler.core.memory import Region
from feedhandler.pipeline.state import Capacities, ChannelMemory, Limits
from feeds.iex import TOPS

pytestmark = pytest.mark.interpreted

ROOM = Capacities(instruments=64, orders=8, levels=8, events=64)
NAME = int.from_bytes(b"NAMED   ", "big")
words = st.integers(-(1 << 63), (1 << 63) - 1)


@hot_call
def find_or_add(channel_address: Any, high: Any, low: Any, symbol: Any) -> Any:
    channel = Channel(channel_address)
    index = keys.key_find(channel, high, low, symbol)
    return index if index != UNKNOWN else keys.key_add(channel, high, low, symbol)


@hot_call
def occupy(channel_address: Any, code: Any, symbol: Any) -> Any:
    return instrument_add(Channel(channel_address), code, symbol, 0)


@hot_call
def first_code(high: Any, low: Any) -> Any:
    return keys.key_code(high, low)


def memory(symbols: tuple[str, ...] = ()) -> ChannelMemory:
    region = Region("test.channel", Channel.size, huge=False)
    channel = ChannelMemory("test", TOPS, ROOM, Limits(), Channel(region.address), 0, symbols=symbols)
    channel.keeps = region
    return channel


@given(st.lists(st.tuples(words, words), unique=True, max_size=60))
def test_each_key_has_its_own_instrument_and_keeps_it(pairs: list[tuple[int, int]]) -> None:
    channel = memory()
    for _ in range(2):
        assert [find_or_add(channel.channel.address, high, low, NAME) for high, low in pairs] == list(range(len(pairs)))


def test_a_key_of_one_word_is_its_own_code() -> None:
    assert first_code(NAME, 0) == NAME
    assert first_code(NAME, 1) < 0
    assert first_code(to_signed(1 << 63), 0) < 0


def test_two_keys_under_one_code_are_told_apart() -> None:
    channel = memory()
    # Somebody else sits where the key would.
    assert occupy(channel.channel.address, first_code(5, 6), NAME) == 0
    assert [find_or_add(channel.channel.address, 5, 6, NAME) for _ in range(2)] == [1, 1]


def test_a_neighbourhood_of_others_is_full() -> None:
    channel = memory()
    for place in range(keys.CODES_A_KEY):
        occupy(channel.channel.address, first_code(5, 6) + place, NAME)
    assert find_or_add(channel.channel.address, 5, 6, NAME) == FULL


def test_what_is_filtered_stays_so_and_hides_nobody_who_is_not() -> None:
    channel = memory(("NAMED",))
    other = int.from_bytes(b"OTHER   ", "big")
    assert [find_or_add(channel.channel.address, 5, 6, other) for _ in range(2)] == [FILTERED, FILTERED]
    # The same code, as if two keys had one hash: the filter is asked for the second one's own name.
    assert [find_or_add(channel.channel.address, 5, 6, NAME) for _ in range(2)] == [0, 0]
