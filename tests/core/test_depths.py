"""Depth beside the events: each row is what the book's own reader says at that boundary, and its place is known."""

from __future__ import annotations

import random
from typing import Any

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedhandler.books import readers
from feedhandler.core.boundary import boundary_mark, changes_publish
from feedhandler.core.channel import Channel, Quality
from feedhandler.core.depths import DepthRow, depth_dtype, depth_row_bytes, depth_write
from feedhandler.core.directory import Instrument
from feedhandler.core.events import Event, EventKind
from feedhandler.core.jit import hot_call
from feedhandler.pipeline.source import generate
from feedhandler.pipeline.state import Capacities
from tests.core.test_level_book import STEPS, Verb, run, stage, step
from tests.core.test_level_book import depth as depth_of
from tests.stage import SMALL, Stage, route
from tests.strategies.actors import Slow
from tests.streams import Sent, add, bundled, delete, directory, execute, execute_at, packet, replace, trade

pytestmark = pytest.mark.interpreted

LEVELS = 3


def copied(memory: Any, position: int, room: int = 1 << 12) -> tuple[int, Any]:
    """What a reader copies of the ring: the position of the first row, and the rows."""
    rows = numpy.zeros(room, depth_dtype(int(memory.depths.levels)))
    first, count = readers().read_depths(memory.depths.address, position, room, rows.ctypes.data)
    return first, rows[:count]


def levels_of(row: Any) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    bids, asks = row["bids"].tolist(), row["asks"].tolist()
    assert bids[row["bid_count"] :] == [(0, 0, 0)] * (LEVELS - row["bid_count"])
    assert asks[row["ask_count"] :] == [(0, 0, 0)] * (LEVELS - row["ask_count"])
    return bids[: row["bid_count"]], asks[: row["ask_count"]]


def of_reader(stage: Stage, symbol: str) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    """The same of `Book.depth`, in the venue's integers."""
    found = stage.books[symbol].depth(LEVELS)
    unit = int(stage.memory.array("instruments", Instrument, 1)[0]["price_unit"])
    bids, asks = ([(price // unit, quantity, orders) for price, quantity, orders in side] for side in found[:2])
    return bids, asks


def traffic(count: int) -> list[bytes]:
    """Random orders of two instruments, added, executed, replaced and deleted over a few prices."""
    chance = random.Random(7)
    bodies = [directory(1, "AAPL"), directory(2, "MSFT")]
    alive: dict[int, tuple[int, int]] = {}
    for reference in range(1, count + 1):
        locate = 1 + reference % 2
        side = chance.choice("BS")
        price = 1_000_000 + (-1 if side == "B" else 1) * chance.randrange(1, 8) * 100
        symbol = "AAPL" if locate == 1 else "MSFT"
        if len(alive) > 20 and chance.random() < 0.7:
            old = chance.choice(list(alive))
            (own, quantity) = alive.pop(old)
            what = chance.randrange(4)
            if what == 0:
                bodies.append(delete(old, locate=own))
            elif what == 1:
                bodies.append(execute(old, quantity, locate=own))
            elif what == 2:
                bodies.append(replace(old, 100_000 + reference, 50, price, locate=own))
                alive[100_000 + reference] = (own, 50)
            else:
                bodies.append(execute_at(old, 1, price, locate=own))
                alive[old] = (own, quantity - 1)
                if quantity == 1:
                    del alive[old]
        else:
            quantity = chance.randrange(1, 300)
            bodies.append(add(reference, side, quantity, price, locate=locate, symbol=symbol))
            alive[reference] = (locate, quantity)
    return bodies


def test_every_row_is_what_the_books_reader_says_at_that_boundary() -> None:
    stage, position = Stage(depth_levels=LEVELS), 0
    told: dict[str, Any] = {}
    for payload in bundled(traffic(600), [1, 3, 1, 7, 2]):
        stage.feed(payload)
        first, rows = copied(stage.memory, position)
        assert first == position
        position += len(rows)
        indexes = rows["instrument"].tolist()
        assert len(set(indexes)) == len(indexes), "one row an instrument and boundary"
        for row in rows:
            told[("AAPL", "MSFT")[row["instrument"]]] = row
        # Also where there was no row: what did not change is what the last one said.
        for symbol, row in told.items():
            assert levels_of(row) == of_reader(stage, symbol)
            trust = stage.books[symbol].depth(1).trust
            assert (row["quality"], row["sequence"]) == (trust.quality, trust.sequence)
    assert position > 400
    assert stage.reasons == {}


def test_a_row_knows_its_place_among_the_events() -> None:
    stage = Stage(depth_levels=LEVELS)
    stage.feed(Sent(packet(1, [directory(1, "AAPL"), add(1), add(2)]), 0, 5), Sent(packet(4, [delete(1)]), 0, 9))
    _, rows = copied(stage.memory, 0)
    kinds = [EventKind(kind) for kind in stage.memory.array("events", Event, int(stage.memory.events.written))["kind"]]
    first = [EventKind.SESSION, EventKind.DEFINITION, EventKind.ADD, EventKind.ADD, EventKind.INSIDE]
    assert kinds == [*first, EventKind.DELETE, EventKind.INSIDE]
    assert rows["event_index"].tolist() == [5, 7]
    assert (rows["sequence"].tolist(), rows["received_ns"].tolist()) == ([3, 4], [5, 9])


def test_a_change_beyond_the_inside_is_a_row_too_and_a_trade_that_is_none() -> None:
    stage = Stage(depth_levels=LEVELS).feed(packet(1, [add(1, price=900), add(2, price=800)]))
    stage.feed(packet(3, [add(3, price=700)]), packet(4, [add(4, price=600)]), packet(5, [trade(5, 900)]))
    _, rows = copied(stage.memory, 0)
    assert [levels_of(row)[0] for row in rows[1:]] == [[(900, 100, 1), (800, 100, 1), (700, 100, 1)]] * 3


def test_after_a_gap_rows_say_stale() -> None:
    stage = Stage(depth_levels=LEVELS).feed(packet(1, [add(1)]), packet(3, [add(3)])).finish()
    _, rows = copied(stage.memory, 0)
    assert rows["quality"].tolist() == [Quality.CURRENT, Quality.STALE]


def test_a_reader_that_was_lapped_finds_out() -> None:
    stage = Stage(depth_levels=LEVELS)
    stage.memory.depths.mask = 7
    stage.feed(*bundled([add(number) for number in range(1, 21)], [1]))
    first, rows = copied(stage.memory, 2)
    assert first == 12
    assert rows["sequence"].tolist() == list(range(13, 21))


def test_without_a_listener_there_is_no_ring_and_no_trace_of_one() -> None:
    stage = Stage()
    assert stage.memory.depths is None
    assert (stage.channel.depths, stage.channel.every_book) == (0, 0)
    assert "depth_write" not in stage.pipeline.source
    assert stage.pipeline.source == generate("stage", [route()])


def test_with_strategies_the_depth_is_written_before_they_are_called() -> None:
    text = generate("both", [route()], [Slow], depth=True)
    tell = text[text.index("def tell(") :]
    assert tell.index("depth_write(channel, header, instrument, what)") < tell.index("book_changed(hooks")


def test_the_layout_for_numpy_is_that_of_the_rows() -> None:
    kind = depth_dtype(2)
    assert kind.itemsize == depth_row_bytes(2) == DepthRow.size + 2 * 2 * 24
    assert [kind.fields[name][1] for name in ("instrument", "bids", "asks")] == [0, 48, 96]


# ---------------------------------------------------------------------------------------- books by level, and quotes


@hot_call
def boundary(channel_address: Any) -> Any:
    """The end of an event, as a pipeline with depth has it."""
    channel = Channel(channel_address)
    boundary_mark(channel)
    changes_publish(channel, depth_write)
    return 0


CAPACITIES = Capacities(instruments=4, orders=16, levels=64, events=256, depths=64, depth_levels=LEVELS)


@settings(max_examples=40)
@given(st.lists(STEPS, max_size=20))
def test_books_by_level_are_told_of_in_the_same_way(steps: list[dict[str, int]]) -> None:
    memory = stage(capacities=CAPACITIES)
    run(memory, [])
    for each in steps:
        position = int(memory.depths.written)
        run(memory, [each])
        boundary(memory.channel.address)
        _, rows = copied(memory, position)
        for row in rows:
            bids, asks = depth_of(memory)
            assert levels_of(row) == ([*map(tuple, bids[:LEVELS])], [*map(tuple, asks[:LEVELS])])


def test_a_quote_is_a_depth_of_one_level() -> None:
    memory = stage(capacities=CAPACITIES)
    for quote in [(10, 5, 11, 6), (9, 4, 12, 1), (0, 0, 12, 1)]:
        run(memory, [step(Verb.QUOTE, 0, *quote[:3], orders=quote[3])])
        boundary(memory.channel.address)
    _, rows = copied(memory, 0)
    assert [levels_of(row) for row in rows] == [
        ([(10, 5, 1)], [(11, 6, 1)]),
        ([(9, 4, 1)], [(12, 1, 1)]),
        ([], [(12, 1, 1)]),
    ]
    assert SMALL.depth_levels == 0
