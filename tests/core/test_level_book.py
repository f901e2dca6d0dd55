"""By-level books against a reference of lists: what is set, inserted, changed and dropped is what readers find."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedhandler.books import Books
from feedhandler.conformance.invariants import book_problems
from feedhandler.core.book import Header
from feedhandler.core.channel import Channel, ChannelState, Quality
from feedhandler.core.directory import instrument_named
from feedhandler.core.events import Event, EventKind
from feedhandler.core.jit import hot_call
from feedhandler.core.level_book import (
    inside_set,
    level_change_at,
    level_delete,
    level_insert_at,
    level_set,
    levels_clear,
    levels_delete_at,
)
from feedhandler.core.memory import Region
from feedhandler.core.reasons import Reason
from feedhandler.core.records import Record, i64
from feedhandler.feed import Feed
from feedhandler.pipeline.state import Capacities, ChannelMemory, Limits
from feeds.nasdaq_itch50 import FEED

pytestmark = pytest.mark.interpreted

DEPTH = 4
SYMBOL = int.from_bytes(b"WHEAT   ", "big")
UNIT = FEED.price_unit


class Verb(IntEnum):
    """What is done to the book."""

    SET = 0
    DELETE = 1
    INSERT_AT = 2
    CHANGE_AT = 3
    DELETE_AT = 4
    CLEAR = 5
    QUOTE = 6


class Step(Record, size=64):
    """One call of a verb, and what it returned."""

    verb = i64
    side = i64
    price = i64
    quantity = i64
    number = i64
    last = i64
    orders = i64
    reason = i64


@hot_call
def steps_apply(channel_address: Any, steps: Any, count: Any) -> Any:
    """Apply a list of steps to instrument 0 of a channel."""
    channel = Channel(channel_address)
    instrument = instrument_named(channel, 1, SYMBOL)
    for index in range(count):
        step = Step(steps + Step.size * index)
        channel.sequence += 1
        verb, side = step.verb, step.side
        if verb == 0:
            step.reason = level_set(channel, instrument, side, step.price, step.quantity, step.orders)
        elif verb == 1:
            step.reason = level_delete(channel, instrument, side, step.price)
        elif verb == 2:
            step.reason = level_insert_at(
                channel, instrument, side, step.number, step.price, step.quantity, step.orders, DEPTH
            )
        elif verb == 3:
            step.reason = level_change_at(
                channel, instrument, side, step.number, step.price, step.quantity, step.orders
            )
        elif verb == 4:
            step.reason = levels_delete_at(channel, instrument, side, step.number, step.last)
        elif verb == 5:
            step.reason = levels_clear(channel, instrument, side)
        else:
            step.reason = inside_set(channel, instrument, step.price, step.quantity, step.number, step.orders, 7)
    return instrument


@dataclass
class Reference:
    """One instrument's levels, inside first: [price, quantity, orders] a level."""

    sides: tuple[list[list[int]], list[list[int]]] = field(default_factory=lambda: ([], []))

    def ordered(self, side: int) -> bool:
        prices = [level[0] for level in self.sides[side]]
        return prices == sorted(set(prices), reverse=side == 0)

    def apply(self, step: dict[str, int]) -> Reason:
        verb, side, price, quantity, number = (step[name] for name in ("verb", "side", "price", "quantity", "number"))
        levels = self.sides[side if side < 2 else 0]
        new = [price, quantity, max(step["orders"], 1)]
        if verb in (Verb.SET, Verb.DELETE):
            kept = [level for level in levels if level[0] != price]
            if verb == Verb.SET and quantity > 0:
                kept.append(new)
            elif len(kept) == len(levels):
                return Reason.LEVEL_UNKNOWN
            levels[:] = sorted(kept, reverse=side == 0)
        elif verb == Verb.INSERT_AT:
            if number > len(levels) + 1 or number > DEPTH:
                return Reason.LEVEL_UNKNOWN
            levels.insert(number - 1, new)
            if not self.ordered(side):
                del levels[number - 1]
                return Reason.LEVEL_ORDER
            del levels[DEPTH:]
        elif verb == Verb.CHANGE_AT:
            if number > len(levels):
                return Reason.LEVEL_UNKNOWN
            before, levels[number - 1] = levels[number - 1], new
            if not self.ordered(side):
                levels[number - 1] = before
                return Reason.LEVEL_ORDER
        elif verb == Verb.DELETE_AT:
            if number > len(levels):
                return Reason.LEVEL_UNKNOWN
            del levels[number - 1 : step["last"]]
        elif verb == Verb.CLEAR:
            for each in (0, 1) if side == 2 else (side,):
                self.sides[each].clear()
        return Reason.OK


def stage(complete: bool = True, capacities: Capacities | None = None, feed: Feed = FEED) -> ChannelMemory:
    """A channel's memory without a pipeline: in sequence, complete or joined late."""
    record = Region("channel", Channel.size, huge=False)
    memory = ChannelMemory(
        name="levels",
        feed=feed,
        capacities=capacities or Capacities(instruments=4, orders=16, levels=64, events=256),
        limits=Limits(),
        channel=Channel(record.address),
        line_address=record.address,
        keeps=record,
    )
    channel = memory.channel
    channel.state = ChannelState.SYNCHRONIZED if complete else ChannelState.BACKFILL
    channel.complete_epoch = channel.epoch if complete else 0
    memory.events.wanted = -1
    return memory


def run(memory: ChannelMemory, steps: list[dict[str, int]]) -> list[Reason]:
    rows = (ctypes.c_int64 * (8 * max(len(steps), 1)))()
    address = ctypes.addressof(rows)
    for index, step in enumerate(steps):
        row = Step(address + Step.size * index)
        for name, value in step.items():
            setattr(row, name, int(value))
    steps_apply(memory.channel.address, address, len(steps))
    return [Reason(Step(address + Step.size * index).reason) for index in range(len(steps))]


def step(verb: Verb, side: int = 0, price: int = 0, quantity: int = 0, number: int = 1, **more: int) -> dict[str, int]:
    return {"verb": verb, "side": side, "price": price, "quantity": quantity, "number": number, "last": number,
            "orders": 0, **more}  # fmt: skip


def depth(memory: ChannelMemory) -> tuple[list[list[int]], list[list[int]]]:
    found = Books([memory])["WHEAT"].depth(10)
    bids, asks = (
        [[int(level.price // UNIT), level.quantity, level.orders] for level in side]
        for side in (found.bids, found.asks)
    )
    return bids, asks


STEPS = st.one_of(
    st.builds(
        lambda verb, side, price, quantity, number, more, orders: step(
            verb, side, price, quantity, number, last=number + more, orders=orders
        ),
        st.sampled_from([Verb.SET, Verb.SET, Verb.DELETE]), st.integers(0, 1), st.integers(1, 8), st.integers(0, 5),
        st.just(1), st.just(0), st.integers(0, 3),
    ),
    st.builds(
        lambda verb, side, price, quantity, number, more, orders: step(
            verb, side, price, quantity, number, last=number + more, orders=orders
        ),
        st.sampled_from([Verb.INSERT_AT, Verb.INSERT_AT, Verb.CHANGE_AT, Verb.DELETE_AT]), st.integers(0, 1),
        st.integers(1, 8), st.integers(1, 5), st.integers(1, 5), st.integers(0, 5), st.integers(0, 3),
    ),
    st.integers(0, 2).map(lambda side: step(Verb.CLEAR, side)),
)  # fmt: skip


@settings(max_examples=60)
@given(st.lists(STEPS, max_size=40))
def test_the_book_is_the_reference_s_after_every_step(steps: list[dict[str, int]]) -> None:
    memory, reference = stage(), Reference()
    run(memory, [])
    for each in steps:
        assert run(memory, [each]) == [reference.apply(each)], each
        bids, asks = reference.sides
        assert depth(memory) == (bids, asks), each
        header = memory.array("headers", Header, 1)[0]
        inside = [int(header[name]) for name in ("bid_price", "bid_quantity", "ask_price", "ask_quantity")]
        assert inside == [*(bids[0][:2] if bids else (0, 0)), *(asks[0][:2] if asks else (0, 0))]
    assert int(memory.levels.level_count) == sum(map(len, reference.sides))


def test_a_quote_is_a_book_of_one_level() -> None:
    memory = stage()
    quotes = [(10, 5, 11, 6), (9, 4, 12, 1), (0, 0, 12, 1), (8, 2, 0, 0), (0, 0, 0, 0)]
    for bid_price, bid, ask_price, ask in quotes:
        assert run(memory, [step(Verb.QUOTE, 0, bid_price, bid, ask_price, orders=ask)]) == [Reason.OK]
        assert depth(memory) == ([[bid_price, bid, 1]] if bid else [], [[ask_price, ask, 1]] if ask else [])
    assert int(memory.levels.level_count) == 0


def test_each_verb_is_one_event() -> None:
    memory = stage()
    run(
        memory,
        [
            step(Verb.SET, 1, 20, 5, orders=2), step(Verb.SET, 1, 20, 0), step(Verb.INSERT_AT, 0, 9, 1),
            step(Verb.CHANGE_AT, 0, 8, 2), step(Verb.DELETE_AT, 0, last=3), step(Verb.CLEAR, 2),
            step(Verb.QUOTE, 0, 9, 1, 10, orders=2),
        ],
    )  # fmt: skip
    rows = memory.array("events", Event, 7)
    names = ["kind", "detail", *(f"value_{number}" for number in range(5))]
    found = [tuple(int(row[name]) for name in names) for row in rows]
    assert found == [
        (EventKind.LEVEL, 1, 20, 5, 2, 0, 0),
        (EventKind.LEVEL, 1, 20, 0, 0, 0, 0),
        (EventKind.LEVEL, 0, 9, 1, 0, 1, 0),
        (EventKind.LEVEL, 0, 8, 2, 0, 1, 1),
        (EventKind.LEVEL, 0, 0, 0, 0, 1, 3),
        (EventKind.CLEAR, 2, 0, 0, 0, 0, 0),
        (EventKind.QUOTE, 0, 9, 1, 10, 2, 7),
    ]


def quality(memory: ChannelMemory) -> Quality:
    return Books([memory])["WHEAT"].bbo().quality


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (step(Verb.DELETE, 0, 99), Reason.LEVEL_UNKNOWN),
        (step(Verb.CHANGE_AT, 0, 9, 1, 2), Reason.LEVEL_UNKNOWN),
        (step(Verb.INSERT_AT, 0, 9, 1, 3), Reason.LEVEL_UNKNOWN),
        (step(Verb.INSERT_AT, 0, 11, 1, 2), Reason.LEVEL_ORDER),
        (step(Verb.SET, 0, 9, -1), Reason.ORDER_QUANTITY),
        (step(Verb.INSERT_AT, 0, 9, 0, 2), Reason.ORDER_QUANTITY),
        (step(Verb.SET, 0, -(2**63), 1), Reason.PRICE_RANGE),
        (step(Verb.INSERT_AT, 0, -(2**63), 1, 2), Reason.PRICE_RANGE),
        (step(Verb.CHANGE_AT, 0, -(2**63), 1, 1), Reason.PRICE_RANGE),
    ],
)
def test_what_contradicts_a_complete_book_makes_it_stale(wrong: dict[str, int], reason: Reason) -> None:
    memory = stage()
    assert run(memory, [step(Verb.SET, 0, 10, 1)]) == [Reason.OK]
    assert quality(memory) is Quality.CURRENT
    assert run(memory, [wrong]) == [reason]
    assert quality(memory) is Quality.STALE
    assert depth(memory) == ([[10, 1, 1]], [])


def test_joined_late_a_missing_level_is_expected() -> None:
    memory = stage(complete=False)
    assert run(memory, [step(Verb.DELETE, 0, 99)]) == [Reason.LEVEL_BEFORE_START]
    assert run(memory, [step(Verb.DELETE_AT, 0)]) == [Reason.LEVEL_BEFORE_START]
    assert memory.array("headers", Header, 1)[0]["damaged_epoch"] == 0


def test_a_full_pool_makes_the_instrument_stale_and_changes_nothing() -> None:
    memory = stage(capacities=Capacities(instruments=4, orders=16, levels=2, events=64))
    reasons = run(memory, [step(Verb.SET, 0, price, 1) for price in (5, 6, 7)])
    assert reasons == [Reason.OK, Reason.OK, Reason.LEVELS_FULL]
    assert depth(memory) == ([[6, 1, 1], [5, 1, 1]], [])
    assert quality(memory) is Quality.STALE


def test_free_levels_and_blocks_are_kept_in_order() -> None:
    memory = stage()
    run(memory, [step(Verb.SET, side, price, 1) for price in range(1, 30) for side in (0, 1)])
    run(memory, [step(Verb.CLEAR, 2)])
    assert book_problems(memory) == []
