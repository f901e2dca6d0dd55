"""ITCH through the generated pipeline gives the reference's books, after every packet, whatever the stream says."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedhandler.conformance.invariants import book_problems
from feedhandler.core.channel import ChannelState, Quality
from feedhandler.core.jit import INTERPRETED
from feedhandler.core.reasons import Reason
from feedhandler.pipeline.state import Capacities
from feeds.nasdaq_itch50.messages import BrokenTrade, SystemEvent
from tests.packets import binaryfile_messages
from tests.reference_book import ReferenceBooks, by_symbol
from tests.stage import Stage
from tests.streams import (
    add,
    add_attributed,
    cancel,
    cross,
    delete,
    directory,
    execute,
    execute_at,
    packet,
    replace,
    trade,
    trading_action,
)

CURRENT, STALE = Quality.CURRENT, Quality.STALE
UNIT = 100_000  # a step of ITCH's price in 1e-9
AT_BOUNDARIES = (Reason.BOOK_LOCKED, Reason.BOOK_CROSSED)
"""What packets do to books is not the business of the reference: it knows messages."""


def staged(capacities: Capacities, entries: int = 0) -> tuple[Stage, ReferenceBooks]:
    """A stage and its twin of the same capacities; `entries` limits the pool of ladder blocks."""
    stage = Stage(lines=1, capacities=capacities, listen=False)
    if entries:
        stage.memory.levels.entry_capacity = entries
    reference = ReferenceBooks(
        instruments=capacities.instruments,
        orders=capacities.orders,
        levels=capacities.levels,
        entries=int(stage.memory.levels.entry_capacity),
    )
    return stage, reference


def assert_equal(stage: Stage, reference: ReferenceBooks) -> None:
    """Everything that can be read of the compiled books, against the reference."""
    assert book_problems(stage.memory) == []
    books = by_symbol(reference.instruments)
    assert list(stage.books) == list(books)
    reasons = {reason: count for reason, count in stage.reasons.items() if reason not in AT_BOUNDARIES}
    assert reasons == dict(reference.reasons)
    assert stage.memory.orders.count == len(reference.orders)
    assert stage.memory.levels.level_count == reference.level_count
    for locate, expected in reference.instruments.items():
        book = stage.books[expected.symbol or f"#{locate}"]
        bbo = book.bbo()
        inside = [(price and price * UNIT, total) for price, total in map(expected.inside, "BS")]
        assert [(bbo.bid_price, bbo.bid_quantity), (bbo.ask_price, bbo.ask_quantity)] == inside
        assert (bbo.quality, bbo.sequence) == (reference.quality(locate), expected.sequence)
        depth = book.depth(512)
        for side, levels, name in (("B", depth.bids, "bid"), ("S", depth.asks, "ask")):
            assert levels == [(price * UNIT, total, count) for price, total, count in expected.levels(side)]
            for price in expected.sides[side]:
                queue = expected.queue(side, price)
                assert book.orders(name, price * UNIT).orders == queue
                ahead = 0
                for place, (order_reference, quantity) in enumerate(queue):
                    position = book.queue_ahead(order_reference)
                    assert position is not None
                    assert position[:5] == (place, ahead, name, price * UNIT, quantity)
                    ahead += quantity
        last = expected.last_trade
        assert depth.last_trade == (None if last is None or last[1] == 0 else (last[0] * UNIT, last[1]))


def run_both(stage: Stage, reference: ReferenceBooks, packets: Sequence[Sequence[bytes]]) -> None:
    sequence = 1
    for bodies in packets:
        stage.feed(packet(sequence, bodies))
        for number, body in enumerate(bodies):
            reference.apply(sequence + number, body)
        sequence += len(bodies)
        assert_equal(stage, reference)


# ------------------------------------------------------------------------------------------------- random streams

SYMBOLS = ["ZERO", "AAPL", "MSFT", "IBM", "NFLX"]
REFERENCES = st.one_of(st.integers(1, 12), st.sampled_from([0, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, 64, 128]))
LOCATES = st.integers(1, 4)
QUANTITIES = st.one_of(st.integers(0, 6), st.sampled_from([100, (1 << 32) - 1]))
PRICES = st.one_of(st.integers(100, 104), st.integers(0, 60), st.sampled_from([(1 << 31), (1 << 32) - 1]))
SIDES = st.sampled_from("BS")


def named(build: Callable[..., bytes], *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[bytes]:
    """Messages that carry a locate and its symbol."""
    return st.builds(lambda locate, *rest: build(*rest, symbol=SYMBOLS[locate], locate=locate), LOCATES, *arguments)


MESSAGES = st.one_of(
    named(add, REFERENCES, SIDES, QUANTITIES, PRICES),
    named(add, REFERENCES, SIDES, QUANTITIES, PRICES),
    named(add_attributed, REFERENCES, SIDES, QUANTITIES, PRICES),
    st.builds(execute, REFERENCES, QUANTITIES, locate=LOCATES),
    st.builds(execute_at, REFERENCES, QUANTITIES, PRICES, printable=st.sampled_from("YN"), locate=LOCATES),
    st.builds(cancel, REFERENCES, QUANTITIES, locate=LOCATES),
    st.builds(delete, REFERENCES, locate=LOCATES),
    st.builds(replace, REFERENCES, REFERENCES, QUANTITIES, PRICES, locate=LOCATES),
    named(trade, QUANTITIES, PRICES),
    named(cross, QUANTITIES, PRICES),
    st.builds(lambda locate: directory(locate, SYMBOLS[locate]), LOCATES),
    st.builds(lambda locate, state: trading_action(locate, SYMBOLS[locate], state), LOCATES, st.sampled_from("HT")),
)
BROKEN = st.sampled_from(
    [b"?", b"\0" * 19, add(1)[:-1], delete(1) + b"\0", add(1, "X"), add_attributed(1, "b"), SystemEvent.encode()]
)
CAPACITIES = st.builds(
    Capacities,
    instruments=st.sampled_from([1, 3, 16]),
    orders=st.sampled_from([1, 2, 5, 64]),
    levels=st.sampled_from([1, 3, 64]),
    events=st.just(16),
    hold_packets=st.just(4),
    hold_packet_bytes=st.just(512),
)


@pytest.mark.interpreted
@given(st.lists(st.lists(MESSAGES, min_size=1, max_size=8), max_size=16))
def test_books_equal_the_reference_after_every_packet(packets: list[list[bytes]]) -> None:
    run_both(*staged(Capacities(16, 64, 64, 16, 4, 512)), packets)


@pytest.mark.interpreted
@given(
    st.lists(st.lists(st.one_of(MESSAGES, MESSAGES, MESSAGES, BROKEN), min_size=1, max_size=8), max_size=16),
    CAPACITIES,
    st.sampled_from([0, 8, 24, 40, 64]),
)
def test_books_equal_the_reference_though_stores_are_full_and_messages_broken(
    packets: list[list[bytes]], capacities: Capacities, entries: int
) -> None:
    run_both(*staged(capacities, entries), packets)


def random_day(chance: random.Random, count: int, symbols: int) -> list[bytes]:
    """A stream that lives: adds near a wandering price, everything else mostly about live orders."""
    live: list[tuple[int, int]] = []
    found, reference = [], 0
    middle = 5_000
    for _ in range(count):
        middle += chance.randint(-1, 1)
        locate = chance.randint(1, symbols)
        kind = chance.random()
        side = chance.choice("BS")
        price = max(1, middle + (-1 if side == "B" else 1) * int(chance.expovariate(0.2)))
        if kind < 0.45 or not live:
            reference += chance.choice([1, 1, 1, 2, 64, 1 << 20])
            live.append((reference, locate))
            found.append(add(reference, side, chance.randint(1, 500), price, symbol=f"S{locate}", locate=locate))
            continue
        place = chance.randrange(len(live))
        order, locate = live[place]
        if chance.random() < 0.01:
            order = chance.randrange(1 << 64)  # nobody's
        if kind < 0.75:
            found.append(delete(order, locate=locate))
            live[place] = live[-1]
            live.pop()
        elif kind < 0.85:
            reference += 1
            found.append(replace(order, reference, chance.randint(1, 500), price, locate=locate))
            live[place] = (reference, locate)
        elif kind < 0.95:
            found.append(execute(order, chance.randint(1, 300), locate=locate))
        else:
            found.append(cancel(order, chance.randint(1, 300), locate=locate))
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_a_long_random_day_ends_in_the_books_of_the_reference(seed: int) -> None:
    chance = random.Random(seed)
    day = random_day(chance, 2_000 if INTERPRETED else 20_000, symbols=6)
    packets, start = [], 0
    while start < len(day):
        size = chance.choice([1, 2, 8, 40, 43])
        packets.append(day[start : start + size])
        start += size
    stage, reference = staged(Capacities(8, 8192, 4096, 16, 4, 4096))
    sequence = 1
    for number, bodies in enumerate(packets):
        stage.feed(packet(sequence, bodies))
        for offset, body in enumerate(bodies):
            reference.apply(sequence + offset, body)
        sequence += len(bodies)
        if number % 200 == 0:
            assert_equal(stage, reference)
    assert_equal(stage, reference)
    assert len(reference.orders) > 200


# ----------------------------------------------------------------------------------------------------- one claim each


@pytest.mark.interpreted
def test_a_replaced_order_goes_to_the_end_of_its_queue_even_at_the_same_price() -> None:
    stage, reference = staged(Capacities(16, 64, 64, 16, 4, 512))
    run_both(stage, reference, [[add(1), add(2), add(3)], [replace(1, 4, 50, 1_000_000)]])
    assert stage.book().orders("bid", 1_000_000 * UNIT).orders == [(2, 100), (3, 100), (4, 50)]


@pytest.mark.interpreted
def test_a_reduced_order_keeps_its_place() -> None:
    stage, reference = staged(Capacities(16, 64, 64, 16, 4, 512))
    run_both(stage, reference, [[add(1), add(2)], [cancel(1, 40)], [execute(1, 10)]])
    assert stage.book().orders("bid", 1_000_000 * UNIT).orders == [(1, 50), (2, 100)]


@pytest.mark.interpreted
def test_a_full_store_makes_only_the_instrument_stale_that_lost_an_order() -> None:
    stage, reference = staged(Capacities(16, 2, 64, 16, 4, 512))
    other = add(2, symbol="MSFT", locate=2)
    run_both(stage, reference, [[add(1), other], [add(3)], [delete(3)]])
    assert stage.reasons == {Reason.ORDERS_FULL: 1, Reason.ORDER_UNKNOWN: 1}
    assert stage.quality("AAPL") is Quality.STALE
    assert stage.quality("MSFT") is Quality.CURRENT


@pytest.mark.interpreted
def test_a_message_of_another_length_makes_every_book_of_the_channel_stale() -> None:
    stage, reference = staged(Capacities(16, 64, 64, 16, 4, 512))
    run_both(stage, reference, [[add(1)], [add(2) + b"\0"], [add(3)], [delete(2)]])
    assert stage.quality() is Quality.STALE
    assert stage.reasons == {Reason.MESSAGE_LENGTH: 1, Reason.ORDER_BEFORE_START: 1}


@pytest.mark.interpreted
@pytest.mark.parametrize("broken", [add(2) + b"\0", add(2, "X")])
def test_a_message_that_cannot_be_read_takes_the_channel_from_synchronized_to_backfill(broken: bytes) -> None:
    stage, reference = staged(Capacities(16, 64, 64, 16, 4, 512))
    run_both(stage, reference, [[add(1)]])
    assert stage.state is ChannelState.SYNCHRONIZED
    stage.feed(packet(2, [broken]))
    assert stage.state is ChannelState.BACKFILL


@pytest.mark.interpreted
def test_a_message_that_cannot_be_read_while_a_hole_is_open_leaves_backfill_behind() -> None:
    stage, _ = staged(Capacities(16, 64, 64, 16, 4, 512))
    stage.feed(packet(1, [add(1)]), packet(4, [add(4)]), packet(2, [add(2) + b"\0"]))
    assert stage.state is ChannelState.GAP_FILL
    stage.feed(packet(3, [add(3)]))
    assert stage.state is ChannelState.BACKFILL


@pytest.mark.interpreted
def test_a_reference_in_use_makes_both_instruments_stale() -> None:
    stage, reference = staged(Capacities(16, 64, 64, 16, 4, 512))
    run_both(stage, reference, [[add(1), add(9, symbol="IBM", locate=3)], [add(1, symbol="MSFT", locate=2)]])
    assert stage.reasons == {Reason.ORDER_DUPLICATE: 1}
    assert [stage.quality(symbol) for symbol in ("AAPL", "MSFT", "IBM")] == [STALE, STALE, CURRENT]


@pytest.mark.interpreted
def test_a_replacement_under_a_reference_in_use_makes_both_instruments_stale() -> None:
    stage, reference = staged(Capacities(16, 64, 64, 16, 4, 512))
    others = [add(2, symbol="MSFT", locate=2), add(9, symbol="IBM", locate=3)]
    run_both(stage, reference, [[add(1), *others], [replace(1, 2, 10, 1_000_000)]])
    assert stage.reasons == {Reason.ORDER_DUPLICATE: 1}
    assert [stage.quality(symbol) for symbol in ("AAPL", "MSFT", "IBM")] == [STALE, STALE, CURRENT]


@pytest.mark.interpreted
@pytest.mark.parametrize(
    "message",
    [
        execute(1, 10, locate=2),
        execute_at(1, 10, 1_000_000, locate=2),
        cancel(1, 10, locate=2),
        delete(1, locate=2),
        replace(1, 5, 10, 1_000_000, locate=2),
    ],
)
def test_a_message_for_another_instrument_than_its_orders_is_not_applied_and_makes_both_stale(message: bytes) -> None:
    stage, reference = staged(Capacities(16, 64, 64, 16, 4, 512))
    others = [add(2, symbol="MSFT", locate=2), add(9, symbol="IBM", locate=3)]
    run_both(stage, reference, [[add(1), *others], [message]])
    assert stage.reasons == {Reason.ORDER_INSTRUMENT: 1}
    assert [stage.quality(symbol) for symbol in ("AAPL", "MSFT", "IBM")] == [STALE, STALE, CURRENT]
    assert stage.book("AAPL").orders("bid", 1_000_000 * UNIT).orders == [(1, 100)]


@pytest.mark.interpreted
def test_an_unknown_message_is_counted_and_the_rest_of_the_packet_applied() -> None:
    stage, reference = staged(Capacities(16, 64, 64, 16, 4, 512))
    run_both(stage, reference, [[add(1), b"?whatever", add(2), BrokenTrade.encode(stock_locate=1)]])
    assert stage.reasons == {Reason.MESSAGE_UNKNOWN: 1}
    assert stage.quality() is Quality.CURRENT


@pytest.mark.interpreted
def test_a_book_that_is_crossed_or_locked_while_it_trades_is_counted_once_an_event() -> None:
    stage, _ = staged(Capacities(16, 64, 64, 16, 4, 512))
    stage.feed(packet(1, [add(1, "B", 1, 100), add(2, "S", 1, 100)]))
    assert stage.reasons == {}
    stage.feed(packet(3, [trading_action(1, "AAPL", "T"), add(3, "S", 1, 101)]))
    assert stage.reasons == {}, "the inside did not change"
    stage.feed(packet(5, [add(4, "B", 1, 100), add(5, "B", 1, 100)]), packet(7, [add(6, "B", 1, 101)]))
    assert stage.reasons == {Reason.BOOK_LOCKED: 1, Reason.BOOK_CROSSED: 1}


# --------------------------------------------------------------------------------------------------- artificial day


def day_file(captures: Path) -> Path:
    return captures / "nasdaq/itch50_file/three_stocks_artificial.itch"


def test_the_artificial_day_replays_to_the_reference_books(captures: Path) -> None:
    day = list(binaryfile_messages(day_file(captures)))
    stage, reference = staged(Capacities(16, 8192, 4096, 16, 4, 4096))
    for start in range(0, len(day), 40):
        bodies = day[start : start + 40]
        stage.feed(packet(1 + start, bodies))
        for number, body in enumerate(bodies):
            reference.apply(1 + start + number, body)
        if start % (4000 if INTERPRETED else 400) == 0:
            assert_equal(stage, reference)
    assert_equal(stage, reference)
    assert reference.reasons == {Reason.ORDER_UNKNOWN: 117}


def test_the_artificial_day_ends_in_the_books_of_an_independent_program(captures: Path) -> None:
    reason = "meatpy, which builds books of its own, is not installed"
    processor = pytest.importorskip("meatpy.itch50.itch50_market_processor", reason=reason)
    market_message = pytest.importorskip("meatpy.itch50.itch50_market_message", reason=reason)
    lob = pytest.importorskip("meatpy.lob", reason=reason)
    day = list(binaryfile_messages(day_file(captures)))
    stage = Stage(lines=1, capacities=Capacities(16, 8192, 4096, 16, 4, 4096), listen=False)
    stage.feed(*(packet(1 + start, day[start : start + 40]) for start in range(0, len(day), 40)))
    for symbol in stage.books:
        other = processor.ITCH50MarketProcessor(symbol, datetime(2020, 1, 1))
        for body in day:
            # It complains, after the fact, of executions out of turn: the day is artificial.
            with suppress(lob.ExecutionPriorityExceptionList):
                other.process_message(market_message.ITCH50MarketMessage.from_bytes(body))
        depth = stage.book(symbol).depth(4096)
        for side, levels, theirs in (
            ("bid", depth.bids, other.current_lob.bid_levels),
            ("ask", depth.asks, other.current_lob.ask_levels),
        ):
            assert [level.price for level in levels] == [level.price * UNIT for level in theirs]
            for level in theirs:
                queue = stage.book(symbol).orders(side, level.price * UNIT).orders
                assert queue == [(order.order_id, order.volume) for order in level.queue]
