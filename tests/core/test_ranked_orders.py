"""Queues by the venue's own priority, against a reference of sorted lists."""

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
from feedhandler.core.order_changes import orders_clear
from feedhandler.core.orders import Scope
from feedhandler.core.ranked_orders import (
    order_add_ranked,
    order_change_ranked,
    order_put_ranked,
    order_replace_ranked,
    order_state_ranked,
)
from feedhandler.core.reasons import Reason
from feedhandler.core.verbs import order_delete, order_execute
from feedhandler.feed import QueueRule
from feedhandler.pipeline.state import Capacities, ChannelMemory
from feeds.nasdaq_itch50 import FEED
from tests.core.test_level_book import SYMBOL, Step, stage
from tests.core.test_order_changes import queues

pytestmark = pytest.mark.interpreted

ADD, CHANGE, DELETE, EXECUTE, CLEAR, PUT, REPLACE, STATE = range(8)
ROOM = Capacities(instruments=4, orders=64, levels=64, events=256)


@hot_call
def steps_apply(channel_address: Any, steps: Any, count: Any) -> Any:
    """Apply a list of steps to instrument 0; `number` is the reference, `orders` the priority."""
    channel = Channel(channel_address)
    instrument = instrument_named(channel, 1, SYMBOL)
    for index in range(count):
        step = Step(steps + Step.size * index)
        channel.sequence += 1
        side, number = step.side, step.number
        if step.verb == 0:
            step.reason = order_add_ranked(channel, instrument, side, number, step.price, step.quantity, step.orders)
        elif step.verb == 1:
            step.reason = order_change_ranked(
                channel, instrument, side, number, step.price, step.quantity, step.orders
            )
        elif step.verb == 2:
            step.reason = order_delete(channel, instrument, side, number)
        elif step.verb == 6:
            # `number` holds both references: the former in tens.
            step.reason = order_replace_ranked(
                channel, instrument, side, number // 10, number % 10, step.price, step.quantity, step.orders
            )
        elif step.verb == 7:
            step.reason = order_state_ranked(channel, instrument, side, number, step.price, step.quantity, step.orders)
        elif step.verb == 3:
            step.reason = order_execute(channel, instrument, side, number, step.quantity, 0)
        elif step.verb == 4:
            step.reason = orders_clear(channel, instrument)
        else:
            step.reason = order_put_ranked(channel, instrument, side, number, step.price, step.quantity, step.orders)
    return instrument


def ranked(scope: Scope = Scope.CHANNEL, capacities: Capacities = ROOM) -> ChannelMemory:
    return stage(capacities=capacities, feed=replace(FEED, queue=QueueRule.PRIORITY, scope=scope))


def run(memory: ChannelMemory, *steps: tuple[int, ...]) -> list[Reason]:
    """Steps of verb, side, price, quantity, reference, priority."""
    rows = (ctypes.c_int64 * (8 * max(len(steps), 1)))()
    address = ctypes.addressof(rows)
    for index, step in enumerate(steps):
        row = Step(address + Step.size * index)
        row.verb, row.side, row.price, row.quantity, row.number, row.orders = step
    steps_apply(memory.channel.address, address, len(steps))
    return [Reason(Step(address + Step.size * index).reason) for index in range(len(steps))]


class Reference:
    """Queues as lists of [reference, quantity, priority]; equal priorities stand in the order of arrival."""

    def __init__(self) -> None:
        self.queues: dict[tuple[str, int], list[list[int]]] = {}

    def enter(self, place: tuple[str, int], order: list[int]) -> None:
        queue = self.queues.setdefault(place, [])
        queue.append(order)
        queue.sort(key=lambda each: each[2])

    def apply(self, verb: int, side: int, price: int, quantity: int, reference: int, priority: int) -> Reason:
        place = ("ask" if side else "bid", price)
        found = next(
            ((where, order) for where, queue in self.queues.items() for order in queue if order[0] == reference), None
        )
        reason = Reason.OK
        if verb == STATE:
            verb = CHANGE if found and found[0][0] == place[0] else ADD
        if verb == CLEAR:
            self.queues.clear()
        elif verb == PUT and found and found[0][0] != place[0]:
            return Reason.ORDER_INSTRUMENT
        elif verb == PUT and found and (found[0] != place or quantity > found[1][1]):
            self.queues[found[0]].remove(found[1])
            self.enter(place, [reference, quantity, priority])
        elif verb == PUT and found:
            found[1][1] = quantity
        elif verb in (ADD, PUT):
            if found:
                return Reason.ORDER_DUPLICATE
            self.enter(place, [reference, quantity, priority])
        elif found is None:
            return Reason.ORDER_UNKNOWN
        else:
            where, order = found
            if verb == CHANGE and (where[1], order[2]) == (price, priority):
                order[1] = quantity
            elif verb == EXECUTE and quantity < order[1]:
                order[1] -= quantity
            else:
                reason = Reason.ORDER_QUANTITY if verb == EXECUTE and quantity > order[1] else Reason.OK
                self.queues[where].remove(order)
                if verb == CHANGE:
                    self.enter((where[0], price), [reference, quantity, priority])
        self.queues = {key: queue for key, queue in self.queues.items() if queue}
        return reason

    def plain(self) -> dict[tuple[str, int], list[tuple[int, int]]]:
        return {place: [(each[0], each[1]) for each in queue] for place, queue in self.queues.items()}


STEPS = st.tuples(
    st.sampled_from([ADD, ADD, ADD, ADD, CHANGE, CHANGE, CHANGE, PUT, PUT, PUT, STATE, DELETE, EXECUTE, CLEAR]),
    st.integers(0, 1),
    st.integers(1, 3), st.integers(1, 9), st.integers(1, 9), st.integers(-2, 6),
)  # fmt: skip


@pytest.mark.parametrize("scope", [Scope.CHANNEL, Scope.INSTRUMENT])
@settings(max_examples=60)
@given(steps=st.lists(STEPS, max_size=40))
def test_queues_are_the_reference_s_after_every_step(scope: Scope, steps: list[tuple[int, ...]]) -> None:
    memory, reference = ranked(scope), Reference()
    run(memory)
    for step in steps:
        assert run(memory, step) == [reference.apply(*step)], step
        assert queues(memory) == reference.plain(), step
    assert book_problems(memory) == []


def test_a_lower_priority_stands_in_front_and_equal_ones_in_the_order_of_arrival() -> None:
    memory = ranked()
    run(memory, (ADD, 0, 5, 10, 1, 30), (ADD, 0, 5, 11, 2, 20), (ADD, 0, 5, 12, 3, 30), (ADD, 0, 5, 13, 4, 10))
    assert queues(memory) == {("bid", 5): [(4, 13), (2, 11), (1, 10), (3, 12)]}
    position = Books([memory])["WHEAT"].queue_ahead(1)
    assert position is not None
    assert position.quantity_ahead == 24


def test_a_change_that_keeps_price_and_priority_keeps_the_place() -> None:
    memory = ranked()
    run(memory, (ADD, 0, 5, 10, 1, 7), (ADD, 0, 5, 10, 2, 7), (CHANGE, 0, 5, 30, 1, 7))
    assert queues(memory) == {("bid", 5): [(1, 30), (2, 10)]}


def test_an_order_put_again_keeps_its_place_unless_it_grows_or_moves() -> None:
    memory = ranked()
    run(memory, (PUT, 0, 5, 10, 1, 1), (PUT, 0, 5, 10, 2, 2), (PUT, 0, 5, 10, 3, 3), (PUT, 0, 5, 4, 1, 9))
    assert queues(memory) == {("bid", 5): [(1, 4), (2, 10), (3, 10)]}
    run(memory, (PUT, 0, 5, 5, 1, 10), (PUT, 0, 6, 10, 2, 11))
    assert queues(memory) == {("bid", 6): [(2, 10)], ("bid", 5): [(3, 10), (1, 5)]}


def test_an_order_put_on_the_other_side_is_applied_nowhere_and_the_book_is_not_trusted() -> None:
    memory = ranked()
    assert run(memory, (PUT, 0, 5, 10, 1, 1), (PUT, 1, 9, 10, 1, 2)) == [Reason.OK, Reason.ORDER_INSTRUMENT]
    assert queues(memory) == {("bid", 5): [(1, 10)]}
    assert Books([memory])["WHEAT"].bbo().quality is Quality.STALE


@pytest.mark.parametrize("scope", list(Scope))
def test_an_order_goes_on_under_another_reference_where_its_priority_puts_it(scope: Scope) -> None:
    memory = ranked(scope)
    run(memory, (ADD, 0, 5, 10, 1, 7), (ADD, 0, 5, 20, 2, 8), (ADD, 0, 4, 30, 3, 9))
    assert run(memory, (REPLACE, 0, 5, 11, 14, 9), (REPLACE, 0, 5, 31, 36, 1)) == [Reason.OK, Reason.OK]
    assert queues(memory) == {("bid", 5): [(6, 31), (2, 20), (4, 11)]}
    # The same reference, and one that is in use; one that is not there; no quantity.
    assert run(memory, (REPLACE, 0, 6, 12, 44, 9)) == [Reason.OK]
    assert run(memory, (REPLACE, 0, 5, 5, 26, 1)) == [Reason.ORDER_DUPLICATE]
    assert run(memory, (REPLACE, 0, 5, 5, 91, 1)) == [Reason.ORDER_UNKNOWN]
    assert run(memory, (REPLACE, 0, 5, 0, 67, 1)) == [Reason.ORDER_QUANTITY]
    assert queues(memory) == {("bid", 6): [(4, 12)], ("bid", 5): [(6, 31)]}
    assert Books([memory])["WHEAT"].bbo().quality is Quality.STALE
    assert book_problems(memory) == []


def test_an_order_that_is_stated_again_is_what_was_stated_last_and_one_event() -> None:
    memory = ranked(Scope.INSTRUMENT_SIDE)
    run(memory, (STATE, 0, 5, 10, 1, 7), (STATE, 0, 5, 10, 2, 8), (STATE, 0, 5, 30, 1, 9), (STATE, 1, 6, 1, 1, 1))
    assert queues(memory) == {("bid", 5): [(2, 10), (1, 30)], ("ask", 6): [(1, 1)]}
    kinds = [EventKind(int(row["kind"])) for row in memory.array("events", Event, 4)]
    assert kinds == [EventKind.ADD, EventKind.ADD, EventKind.REPLACE, EventKind.ADD]


def test_events_carry_the_priority() -> None:
    memory = ranked()
    run(memory, (ADD, 0, 5, 10, 1, 7), (CHANGE, 0, 5, 30, 1, 8))
    rows = memory.array("events", Event, 2)
    assert [(int(row["kind"]), int(row["value_4"])) for row in rows] == [(EventKind.ADD, 7), (EventKind.REPLACE, 8)]


def test_a_full_store_and_an_order_of_nothing_are_refused_and_leave_the_queues_in_order() -> None:
    memory = ranked(capacities=Capacities(instruments=4, orders=2, levels=64, events=256))
    found = run(memory, (ADD, 0, 5, 10, 1, 3), (ADD, 0, 5, 10, 2, 2), (ADD, 0, 5, 10, 3, 1), (CHANGE, 0, 5, 0, 1, 3))
    assert found == [Reason.OK, Reason.OK, Reason.ORDERS_FULL, Reason.ORDER_QUANTITY]
    assert queues(memory) == {("bid", 5): [(2, 10), (1, 10)]}
    assert Books([memory])["WHEAT"].bbo().quality is Quality.STALE
    assert book_problems(memory) == []
