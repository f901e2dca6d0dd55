"""Changes that are kept until a snapshot comes: applied again they give the book that was heard."""

from __future__ import annotations

import ctypes
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedhandler.conformance.invariants import book_problems
from feedhandler.core.channel import Channel
from feedhandler.core.directory import instrument_named
from feedhandler.core.events import Event, EventKind
from feedhandler.core.jit import hot_call
from feedhandler.core.kept_changes import (
    CHANGES_KEPT,
    Change,
    KeptChanges,
    change_keep,
    changes_again,
    changes_floor,
    changes_reset,
)
from feedhandler.core.order_changes import orders_clear
from feedhandler.core.orders import Scope
from feedhandler.core.ranked_orders import order_add_ranked, order_change_ranked, order_replace_ranked
from feedhandler.core.reasons import Reason
from feedhandler.core.records import Record, i64
from feedhandler.core.verbs import order_delete, order_reduce
from feedhandler.feed import QueueRule
from feedhandler.pipeline.state import Capacities, ChannelMemory
from feeds.nasdaq_itch50 import FEED
from tests.core.test_level_book import SYMBOL, stage
from tests.core.test_order_changes import queues

pytestmark = pytest.mark.interpreted

ROOM = Capacities(instruments=4, orders=256, levels=64, events=512)
BID = 0


class Said(Record):
    """One change, as the stream said it."""

    sequence = i64
    instrument = i64
    change = i64
    side = i64
    reference = i64
    new_reference = i64
    price = i64
    quantity = i64


@hot_call
def said_apply(channel_address: Any, rows: Any, count: Any, apply: Any, keep: Any) -> Any:
    """Apply and keep changes, as a handler does: of instruments 0 and 1."""
    channel = Channel(channel_address)
    instrument_named(channel, 1, SYMBOL)
    instrument_named(channel, 2, SYMBOL + 1)
    for index in range(count):
        said = Said(rows + Said.size * index)
        instrument, side, reference, new = said.instrument, said.side, said.reference, said.new_reference
        if keep:
            change_keep(
                channel, instrument, said.sequence, said.change, side, reference, new, said.price, said.quantity, new
            )
        if not apply:
            continue
        if said.change == Change.ADD:
            order_add_ranked(channel, instrument, side, reference, said.price, said.quantity, new)
        elif said.change == Change.CHANGE:
            order_change_ranked(channel, instrument, side, reference, said.price, said.quantity, new)
        elif said.change == Change.REPLACE:
            order_replace_ranked(channel, instrument, side, reference, new, said.price, said.quantity, new)
        elif said.change == Change.TAKE:
            order_reduce(channel, instrument, side, reference, said.quantity)
        elif said.change == Change.DELETE:
            order_delete(channel, instrument, side, reference)
        else:
            orders_clear(channel, instrument)
    return 0


@hot_call
def again(channel_address: Any, instrument: Any, sequence: Any) -> Any:
    return changes_again(Channel(channel_address), instrument, sequence)


@hot_call
def cleared(channel_address: Any, instrument: Any) -> Any:
    return orders_clear(Channel(channel_address), instrument)


@hot_call
def floor(channel_address: Any, instrument: Any) -> Any:
    return changes_floor(Channel(channel_address), instrument)


@hot_call
def forget(channel_address: Any) -> Any:
    changes_reset(Channel(channel_address))
    return 0


def keeping(size: int = CHANGES_KEPT) -> ChannelMemory:
    feed = replace(FEED, queue=QueueRule.PRIORITY, scope=Scope.INSTRUMENT_SIDE, keeps_changes=True)
    memory = stage(capacities=ROOM, feed=feed)
    memory.regions["kept_changes"].array(KeptChanges.dtype, 1)[0]["mask"] = size - 1
    return memory


def say(memory: ChannelMemory, *rows: tuple[int, ...], apply: bool = True, keep: bool = True) -> None:
    """Rows of sequence, instrument, change, side, reference, new reference, price, quantity."""
    words = (ctypes.c_int64 * (8 * max(len(rows), 1)))(*(value for row in rows for value in row))
    said_apply(memory.channel.address, ctypes.addressof(words), len(rows), int(apply), int(keep))


# A PUT is applied again by the feed that keeps it.
KINDS = [change for change in Change if change != Change.PUT]
CHANGES = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 0, *KINDS]), st.integers(0, 1), st.integers(1, 8), st.integers(11, 18),
        st.integers(1, 3), st.integers(1, 9),
    ),
    max_size=40,
)  # fmt: skip


@settings(max_examples=60)
@given(changes=CHANGES, at=st.integers(0, 40))
def test_a_snapshot_and_what_came_behind_it_are_the_book_that_was_heard(
    changes: list[tuple[int, ...]], at: int
) -> None:
    rows = [(number, 0, change, side, ref, new if change == Change.REPLACE else ref, price, quantity)
            for number, (change, side, ref, new, price, quantity) in enumerate(changes, 1)]  # fmt: skip
    heard, snapshot = keeping(), keeping()
    say(heard, *rows)
    expected = queues(heard)
    # The snapshot: the same changes, up to a number; then those behind it as they were kept.
    say(snapshot, *rows[:at])
    say(snapshot, *rows[at:], apply=False)
    again(snapshot.channel.address, 0, min(at, len(rows)))
    assert queues(snapshot) == expected
    assert book_problems(snapshot) == []


def test_changes_of_another_instrument_and_up_to_the_number_are_left_alone() -> None:
    memory = keeping()
    say(memory, (1, 0, Change.ADD, BID, 5, 5, 10, 1), (2, 1, Change.ADD, BID, 5, 5, 20, 2),
        (3, 0, Change.ADD, BID, 6, 6, 10, 3))  # fmt: skip
    cleared(memory.channel.address, 0)
    assert again(memory.channel.address, 0, 1) == Reason.OK
    assert queues(memory) == {("bid", 10): [(6, 3)]}


def test_an_execution_that_is_applied_again_is_no_trade() -> None:
    memory = keeping()
    say(memory, (1, 0, Change.ADD, BID, 5, 5, 10, 9))
    say(memory, (2, 0, Change.TAKE, BID, 5, 5, 0, 4), apply=False)
    again(memory.channel.address, 0, 1)
    rows = memory.array("events", Event, int(memory.events.written))
    assert [EventKind(row["kind"]) for row in rows] == [EventKind.ADD, EventKind.REDUCE]
    assert queues(memory) == {("bid", 10): [(5, 5)]}


def test_what_does_not_fit_the_snapshot_is_said() -> None:
    memory = keeping()
    say(memory, (2, 0, Change.DELETE, BID, 5, 5, 0, 0), (3, 0, Change.ADD, BID, 6, 6, 10, 3), apply=False)
    assert again(memory.channel.address, 0, 1) == Reason.ORDER_UNKNOWN
    assert queues(memory) == {("bid", 10): [(6, 3)]}


def test_a_put_is_refused_since_only_its_feed_can_apply_it() -> None:
    memory = keeping()
    say(memory, (1, 0, Change.ADD, BID, 5, 5, 10, 9))
    say(memory, (2, 0, Change.PUT, BID, 5, 5, 10, 4), (3, 0, Change.ADD, BID, 6, 6, 10, 3), apply=False)
    assert again(memory.channel.address, 0, 1) == Reason.MESSAGE_FIELD
    assert queues(memory) == {("bid", 10): [(5, 9), (6, 3)]}


def test_the_ring_loses_the_oldest_and_says_up_to_where() -> None:
    memory = keeping(4)
    say(memory, *((n, n % 2, Change.ADD, BID, n, n, 10, n) for n in range(1, 8)))
    assert [floor(memory.channel.address, instrument) for instrument in (0, 1)] == [2, 3]
    cleared(memory.channel.address, 0)
    again(memory.channel.address, 0, 2)
    assert queues(memory) == {("bid", 10): [(4, 4), (6, 6)]}
    # One instrument's last change is lost: it has none any more, and goes on with its next.
    say(memory, *((n, 0, Change.ADD, BID, n, n, 10, n) for n in range(8, 14)))
    assert [floor(memory.channel.address, instrument) for instrument in (0, 1)] == [9, 7]
    say(memory, (14, 1, Change.ADD, BID, 14, 14, 10, 1), apply=False)
    cleared(memory.channel.address, 1)
    assert again(memory.channel.address, 1, 7) == Reason.OK


def test_another_session_forgets_all() -> None:
    memory = keeping(4)
    say(memory, *((n, 0, Change.ADD, BID, n, n, 10, n) for n in range(1, 8)))
    forget(memory.channel.address)
    cleared(memory.channel.address, 0)
    say(memory, (1, 0, Change.ADD, BID, 5, 5, 10, 1), apply=False)
    again(memory.channel.address, 0, 0)
    assert (queues(memory), floor(memory.channel.address, 0)) == ({("bid", 10): [(5, 1)]}, 0)
