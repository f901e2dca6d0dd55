"""An event about a live order says in the ring what the book held of it before; the digest does not see that."""

from __future__ import annotations

import pytest

from feedhandler.core.events import Event, EventKind
from tests.stage import Stage
from tests.streams import add, cancel, delete, directory, execute, execute_at, packet, replace, trade

pytestmark = pytest.mark.interpreted


def held(stage: Stage) -> list[tuple[EventKind, int, int]]:
    rows = stage.memory.array("events", Event, int(stage.memory.events.written))
    wanted = [row for row in rows if row["kind"] < EventKind.INSIDE and row["kind"] != EventKind.DEFINITION]
    return [(EventKind(int(row["kind"])), int(row["order_price"]), int(row["order_quantity"])) for row in wanted]


def test_it_is_the_orders_own_price_and_what_was_left_before_the_event() -> None:
    stage = Stage().feed(
        packet(1, [directory(1, "AAPL"), add(1, "B", 100, 900), execute(1, 30), execute_at(1, 10, 905), cancel(1, 5)]),
        packet(6, [replace(1, 2, 80, 890), delete(2), trade(5, 901)]),
    )
    assert held(stage) == [
        (EventKind.ADD, 0, 0),
        (EventKind.EXECUTE, 900, 100),
        (EventKind.EXECUTE, 900, 70),
        (EventKind.REDUCE, 900, 60),
        (EventKind.REPLACE, 900, 55),
        (EventKind.DELETE, 890, 80),
        (EventKind.TRADE, 0, 0),
    ]
    assert stage.reasons == {}


def test_of_an_order_that_the_book_does_not_hold_nothing_is_said() -> None:
    stage = Stage().feed(packet(1, [directory(1, "AAPL"), add(1), delete(9), execute(1, 1, locate=2)]))
    assert [entry[1:] for entry in held(stage)] == [(0, 0)] * 3


def test_the_digest_is_of_what_the_venue_said_alone() -> None:
    sent = packet(1, [directory(1, "AAPL"), add(1), execute(1, 30), delete(1)])
    assert Stage().feed(sent).digest == Stage(listen=False).feed(sent).digest
