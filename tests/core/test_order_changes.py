"""Orders changed under their own reference, and whole books cleared, against a reference of lists."""

from __future__ import annotations

import ctypes
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedhandler.books import Books
from feedhandler.conformance.invariants import book_problems
from feedhandler.core.channel import Channel, Quality
from feedhandler.core.directory import instrument_named
from feedhandler.core.events import Event, EventDetail, EventKind
from feedhandler.core.jit import hot_call
from feedhandler.core.order_changes import order_change, orders_clear
from feedhandler.core.reasons import Reason
from feedhandler.core.verbs import order_add
from feedhandler.pipeline.state import Capacities, ChannelMemory
from tests.core.test_level_book import SYMBOL, UNIT, Step, stage

pytestmark = pytest.mark.interpreted

ADD, CHANGE, CLEAR = range(3)
ROOM = Capacities(instruments=4, orders=64, levels=64, events=256)


@hot_call
def steps_apply(channel_address: Any, steps: Any, count: Any) -> Any:
    """Apply a list of steps to instrument 0; `number` is the reference, `orders` whether the place is kept."""
    channel = Channel(channel_address)
    instrument = instrument_named(channel, 1, SYMBOL)
    for index in range(count):
        step = Step(steps + Step.size * index)
        channel.sequence += 1
        if step.verb == 0:
            step.reason = order_add(channel, instrument, step.side, step.number, step.price, step.quantity, 0)
        elif step.verb == 1:
            step.reason = order_change(
                channel, instrument, step.side, step.number, step.price, step.quantity, step.orders
            )
        else:
            step.reason = orders_clear(channel, instrument)
    return instrument


def run(memory: ChannelMemory, *steps: tuple[int, ...]) -> list[Reason]:
    """Steps of verb, side, price, quantity, reference, keeps priority."""
    rows = (ctypes.c_int64 * (8 * max(len(steps), 1)))()
    address = ctypes.addressof(rows)
    for index, step in enumerate(steps):
        row = Step(address + Step.size * index)
        row.verb, row.side, row.price, row.quantity, row.number, row.orders = step
    steps_apply(memory.channel.address, address, len(steps))
    return [Reason(Step(address + Step.size * index).reason) for index in range(len(steps))]


def queues(memory: ChannelMemory) -> dict[tuple[str, int], list[tuple[int, int]]]:
    """The orders of each price as readers find them."""
    book = Books([memory])["WHEAT"]
    depth = book.depth(20)
    found = {}
    for side, levels in (("bid", depth.bids), ("ask", depth.asks)):
        for level in levels:
            orders = book.orders(side, level.price).orders  # type: ignore[arg-type]
            found[side, int(level.price // UNIT)] = [(order.order_reference, order.quantity) for order in orders]
            assert level.quantity == sum(order.quantity for order in orders)
    return found


class Reference:
    """Queues as lists."""

    def __init__(self) -> None:
        self.queues: dict[tuple[str, int], list[tuple[int, int]]] = {}

    def find(self, reference: int) -> tuple[tuple[str, int], int] | None:
        for place, queue in self.queues.items():
            for position, (other, _) in enumerate(queue):
                if other == reference:
                    return place, position
        return None

    def apply(self, verb: int, side: int, price: int, quantity: int, reference: int, keeps: int) -> Reason:
        found = self.find(reference)
        if verb == CLEAR:
            self.queues.clear()
        elif verb == ADD:
            if found:
                return Reason.ORDER_DUPLICATE
            self.queues.setdefault(("ask" if side else "bid", price), []).append((reference, quantity))
        elif found is None:
            return Reason.ORDER_UNKNOWN
        else:
            (own_side, own_price), position = found
            if keeps and price == own_price:
                self.queues[found[0]][position] = (reference, quantity)
            else:
                del self.queues[found[0]][position]
                self.queues.setdefault((own_side, price), []).append((reference, quantity))
        self.queues = {place: queue for place, queue in self.queues.items() if queue}
        return Reason.OK


STEPS = st.tuples(
    st.sampled_from([ADD, ADD, ADD, CHANGE, CHANGE, CHANGE, CLEAR]), st.integers(0, 1), st.integers(1, 4),
    st.integers(1, 9), st.integers(1, 8), st.integers(0, 1),
)  # fmt: skip


@settings(max_examples=60)
@given(st.lists(STEPS, max_size=40))
def test_queues_are_the_reference_s_after_every_step(steps: list[tuple[int, ...]]) -> None:
    memory, reference = stage(capacities=ROOM), Reference()
    run(memory)
    for step in steps:
        assert run(memory, step) == [reference.apply(*step)], step
        assert queues(memory) == reference.queues, step
    assert book_problems(memory) == []


def test_a_larger_order_may_keep_its_place() -> None:
    memory = stage(capacities=ROOM)
    run(memory, (ADD, 0, 5, 10, 1, 0), (ADD, 0, 5, 10, 2, 0), (CHANGE, 0, 5, 30, 1, 1))
    assert queues(memory) == {("bid", 5): [(1, 30), (2, 10)]}
    assert Books([memory])["WHEAT"].bbo().bid_quantity == 40


def test_a_change_is_one_event_that_says_whether_the_place_was_kept() -> None:
    memory = stage(capacities=ROOM)
    run(memory, (ADD, 1, 5, 10, 1, 0), (CHANGE, 1, 5, 30, 1, 1), (CHANGE, 1, 6, 30, 1, 0), (CLEAR, 0, 0, 0, 0, 0))
    rows = memory.array("events", Event, 4)[1:]
    assert [(int(row["kind"]), int(row["detail"]), int(row["value_0"]), int(row["value_1"])) for row in rows] == [
        (EventKind.REPLACE, 1 | EventDetail.PRIORITY_KEPT, 5, 30),
        (EventKind.REPLACE, 1, 6, 30),
        (EventKind.CLEAR, 2, 0, 0),
    ]


def test_a_change_to_nothing_is_refused_and_the_book_is_not_trusted() -> None:
    memory = stage(capacities=ROOM)
    assert run(memory, (ADD, 0, 5, 10, 1, 0), (CHANGE, 0, 5, 0, 1, 1)) == [Reason.OK, Reason.ORDER_QUANTITY]
    assert Books([memory])["WHEAT"].bbo().quality is Quality.STALE
