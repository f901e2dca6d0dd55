"""Orders named by their place on a side, against a reference of one sorted list."""

from __future__ import annotations

import ctypes
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedhandler.books import Books
from feedhandler.conformance.invariants import book_problems
from feedhandler.core.channel import Channel, Quality
from feedhandler.core.directory import instrument_named
from feedhandler.core.events import Event, EventKind
from feedhandler.core.jit import hot_call
from feedhandler.core.orders import Scope
from feedhandler.core.placed_orders import (
    LAST_PLACE,
    order_change_at,
    order_delete_at,
    order_insert_at,
    orders_delete_at,
    side_orders,
)
from feedhandler.core.reasons import Reason
from feedhandler.pipeline.state import Capacities, ChannelMemory
from feeds.nasdaq_itch50 import FEED
from tests.core.test_level_book import SYMBOL, Step, stage
from tests.core.test_order_changes import queues

pytestmark = pytest.mark.interpreted

INSERT, CHANGE, DELETE, RANGE, COUNT = range(5)
ROOM = Capacities(instruments=4, orders=64, levels=64, events=256)


@hot_call
def steps_apply(channel_address: Any, steps: Any, count: Any) -> Any:
    """Apply a list of steps to instrument 0; `number` is the reference, `orders` the place; a range ends at `price`."""
    channel = Channel(channel_address)
    instrument = instrument_named(channel, 1, SYMBOL)
    for index in range(count):
        step = Step(steps + Step.size * index)
        channel.sequence += 1
        side, place = step.side, step.orders
        if step.verb == 0:
            step.reason = order_insert_at(channel, instrument, side, place, step.number, step.price, step.quantity)
        elif step.verb == 1:
            step.reason = order_change_at(channel, instrument, side, place, step.number, step.price, step.quantity)
        elif step.verb == 2:
            step.reason = order_delete_at(channel, instrument, side, place, step.number)
        elif step.verb == 3:
            step.reason = orders_delete_at(channel, instrument, side, place, step.price)
        else:
            step.reason = side_orders(channel, instrument, side)
    return instrument


def placed(scope: Scope = Scope.INSTRUMENT_SIDE, capacities: Capacities = ROOM) -> ChannelMemory:
    return stage(capacities=capacities, feed=replace(FEED, scope=scope))


def run(memory: ChannelMemory, *steps: tuple[int, ...]) -> list[int]:
    """Steps of verb, side, price, quantity, reference, place."""
    rows = (ctypes.c_int64 * (8 * max(len(steps), 1)))()
    address = ctypes.addressof(rows)
    for index, step in enumerate(steps):
        row = Step(address + Step.size * index)
        row.verb, row.side, row.price, row.quantity, row.number, row.orders = step
    steps_apply(memory.channel.address, address, len(steps))
    return [Step(address + Step.size * index).reason for index in range(len(steps))]


class Reference:
    """Two lists of [reference, price, quantity], first to be executed first."""

    def __init__(self) -> None:
        self.sides: list[list[list[int]]] = [[], []]

    def fits(self, side: int) -> bool:
        prices = [order[1] for order in self.sides[side]]
        return prices == sorted(prices, reverse=side == 0)

    def apply(self, verb: int, side: int, price: int, quantity: int, reference: int, place: int) -> Reason:
        orders = self.sides[side]
        known = any(order[0] == reference for order in orders)
        if verb == INSERT:
            if known:
                return Reason.ORDER_DUPLICATE
            if not 1 <= place <= len(orders) + 1:
                return Reason.ORDER_PLACE
            orders.insert(place - 1, [reference, price, quantity])
            if not self.fits(side):
                del orders[place - 1]
                return Reason.ORDER_PLACE
            return Reason.OK
        if not 1 <= place <= len(orders):
            return Reason.ORDER_UNKNOWN
        former = orders[place - 1]
        if verb == CHANGE:
            if former[0] == reference and former[1] == price:
                former[2] = quantity
                return Reason.OK
            del orders[place - 1]
            return self.apply(INSERT, side, price, quantity, reference, place)
        if verb == DELETE:
            if former[0] != reference:
                return Reason.ORDER_UNKNOWN
            del orders[place - 1]
            return Reason.OK
        standing = len(orders)
        del orders[place - 1 : price]
        return Reason.ORDER_UNKNOWN if standing < price != LAST_PLACE else Reason.OK

    def plain(self) -> dict[tuple[str, int], list[tuple[int, int]]]:
        found: dict[tuple[str, int], list[tuple[int, int]]] = {}
        for word, orders in zip(("bid", "ask"), self.sides, strict=True):
            for reference, price, quantity in orders:
                found.setdefault((word, price), []).append((reference, quantity))
        return found


STEPS = st.tuples(
    st.sampled_from([INSERT] * 6 + [CHANGE] * 3 + [DELETE] * 2 + [RANGE]), st.integers(0, 1), st.integers(1, 4),
    st.integers(1, 9), st.integers(1, 12), st.integers(0, 7),
)  # fmt: skip


@settings(max_examples=80)
@given(steps=st.lists(STEPS, max_size=50))
def test_queues_are_the_reference_s_after_every_step(steps: list[tuple[int, ...]]) -> None:
    memory, reference = placed(), Reference()
    run(memory)
    for step in steps:
        assert run(memory, step) == [reference.apply(*step)], step
        assert queues(memory) == reference.plain(), step
        assert run(memory, (COUNT, 0, 0, 0, 0, 0)) == [len(reference.sides[0])]
    assert book_problems(memory) == []


def test_a_place_among_its_equals_is_a_place_in_the_queue() -> None:
    memory = placed()
    run(memory, (INSERT, 0, 5, 10, 1, 1), (INSERT, 0, 6, 10, 2, 1), (INSERT, 0, 5, 10, 3, 2), (INSERT, 0, 5, 10, 4, 3))
    assert queues(memory) == {("bid", 6): [(2, 10)], ("bid", 5): [(3, 10), (4, 10), (1, 10)]}
    position = Books([memory])["WHEAT"].queue_ahead(1, side="bid")
    assert position is not None
    assert position.quantity_ahead == 20


def test_a_change_keeps_the_place_and_may_change_price_and_reference() -> None:
    memory = placed()
    run(memory, (INSERT, 1, 5, 10, 1, 1), (INSERT, 1, 7, 10, 2, 2), (CHANGE, 1, 6, 4, 3, 1))
    assert queues(memory) == {("ask", 6): [(3, 4)], ("ask", 7): [(2, 10)]}
    rows = memory.array("events", Event, 3)
    assert [(int(row["kind"]), int(row["value_2"]), int(row["value_3"])) for row in rows][2] == (
        EventKind.REPLACE, 1, 3,
    )  # fmt: skip


def test_ranges_are_deleted_from_a_place_through_one_or_to_the_end() -> None:
    memory = placed()
    six = [(INSERT, 0, 9 - number // 2, 10, number, number) for number in range(1, 7)]
    run(memory, *six, (RANGE, 0, 2, 0, 0, 1))
    assert queues(memory) == {("bid", 8): [(3, 10)], ("bid", 7): [(4, 10), (5, 10)], ("bid", 6): [(6, 10)]}
    assert run(memory, (RANGE, 0, LAST_PLACE, 0, 0, 3), (RANGE, 0, 9, 0, 0, 1)) == [Reason.OK, Reason.ORDER_UNKNOWN]
    assert queues(memory) == {}
    assert Books([memory])["WHEAT"].bbo().quality is Quality.STALE
    assert book_problems(memory) == []


def test_where_something_is_missing_anyway_a_contradiction_is_only_counted() -> None:
    memory = placed()
    run(memory)
    memory.channel.complete_epoch = 0
    found = run(
        memory, (INSERT, 0, 5, 10, 1, 3), (DELETE, 0, 0, 0, 1, 1), (CHANGE, 0, 5, 1, 1, 1), (RANGE, 0, 9, 0, 0, 2)
    )
    assert found == [Reason.ORDER_BEFORE_START] * 4
    # Nothing of that damaged the book: where the rest comes back, it is right.
    memory.channel.complete_epoch = memory.channel.epoch
    assert Books([memory])["WHEAT"].bbo().quality is Quality.CURRENT
