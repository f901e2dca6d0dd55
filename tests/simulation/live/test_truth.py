"""The venue's true books, compared with what the reference book makes of the messages that the venue sends."""

from __future__ import annotations

import json

import pytest

from feedhandler.core.jit import INTERPRETED
from feedhandler.simulation.day import Day
from feedhandler.simulation.live.truth import TrueBook, Truth
from feedhandler.simulation.population import Population
from feeds.nasdaq_itch50.venue import VENUE
from tests.packets import moldudp64_messages
from tests.reference_book import ReferenceBooks

pytestmark = pytest.mark.interpreted

COUNT = 300 if INTERPRETED else 4_000
POPULATION = Population(messages=COUNT, symbols=7, live_orders=120, seed=6)
PRICE_UNIT = VENUE.feed.price_unit


def messages() -> list[bytes]:
    packets = Day(VENUE, POPULATION).packets(ends=0)
    data = packets.data.tobytes()
    payloads = [data[entry["offset"] : entry["offset"] + entry["byte_count"]] for entry in packets.entries]
    return [message for payload in payloads for message in moldudp64_messages(payload)]


def plain(book: TrueBook) -> list[list[tuple[int, list[tuple[int, int]]]]]:
    sides = (book.bids, book.asks)
    return [[(level.price, [tuple(order) for order in level.orders]) for level in side] for side in sides]


def referenced(books: ReferenceBooks, symbol: str) -> list[list[tuple[int, list[tuple[int, int]]]]]:
    (instrument,) = (one for one in books.instruments.values() if one.symbol == symbol)
    return [
        [(price * PRICE_UNIT, instrument.queue(side, price)) for price, _, _ in instrument.levels(side)]
        for side in ("B", "S")
    ]


def test_the_true_books_are_those_of_the_messages_after_every_hundredth_of_them() -> None:
    truth = Truth(VENUE, POPULATION)
    books = ReferenceBooks(instruments=16, orders=1 << 20, levels=1 << 20, entries=1 << 30)
    compared = 0
    for sequence, body in enumerate(messages(), start=1):
        books.apply(sequence, body)
        if sequence % 100 == 0 and sequence > 2 * len(truth.symbols):
            truth.advance(sequence)
            assert truth.sequence == sequence
            assert truth.orders_live == len(books.orders)
            for symbol in truth.symbols:
                assert plain(truth.book(symbol)) == referenced(books, symbol)
                compared += 1
    assert compared >= 7 * (COUNT // 100 - 1)


def test_a_step_of_any_size_plays_exactly_so_many_messages() -> None:
    truth = Truth(VENUE, POPULATION)
    for sequence in (1, 2, 3, 17, COUNT // 2, COUNT - 1, COUNT):
        truth.advance(sequence)
        assert truth.sequence == sequence
    again = Truth(VENUE, POPULATION)
    again.advance(COUNT)
    assert again.books() == truth.books()


def test_what_was_passed_or_never_comes_is_refused() -> None:
    truth = Truth(VENUE, POPULATION)
    truth.advance(100)
    with pytest.raises(ValueError, match="message 99 was passed; the day is at 100"):
        truth.advance(99)
    with pytest.raises(ValueError, match=f"message {COUNT + 1} never comes; the day ends with {COUNT}"):
        truth.advance(COUNT + 1)


def test_the_truth_can_be_written_to_a_file() -> None:
    truth = Truth(VENUE, POPULATION)
    truth.advance(COUNT)
    data = json.loads(json.dumps(truth.data()))
    assert data["sequence"] == COUNT
    assert set(data["books"]) == set(truth.symbols)
    orders = sum(len(queue) for book in data["books"].values() for side in book.values() for _, queue in side)
    assert orders == data["orders_live"] == truth.orders_live
