"""Rows of depth leave their rings with the events before them, and know their instrument and session."""

from __future__ import annotations

import pytest

from feedhandler.books import readers
from feedhandler.output.batches import Batch
from feedhandler.output.depths import Depths
from feedhandler.output.drain import Drain
from feedhandler.output.schemas import wanted_bits
from tests.stage import Stage
from tests.streams import add, bundled, delete, directory, packet

pytestmark = pytest.mark.interpreted
LEVELS = 3
OTHER = "SESSION002"


def drained(stage: Stage, kinds: int = -1, room: int = 64) -> Drain:
    drain = Drain(readers().drain_rings, kinds, depths=Depths(LEVELS, readers().read_depths, room=room))
    drain.join(stage.memory)
    return drain


def rows_of(batch: Batch | None) -> list[tuple[str, int, int, list[int]]]:
    """Symbol, session, place, and prices of the bids of each row."""
    assert batch is not None
    assert batch.depth is not None
    symbols = batch.instruments.symbols()
    return [
        (symbols[row["row"]], int(batch.instruments.rows["session"][row["row"]]), int(row["event_index"]),
         row["bids"]["price"][: row["bid_count"]].tolist())
        for row in batch.depth
    ]  # fmt: skip


def test_rows_come_with_the_events_before_them() -> None:
    stage = Stage(depth_levels=LEVELS)
    drain = drained(stage)
    stage.feed(packet(1, [directory(1, "AAPL"), add(1, price=900)]), packet(3, [add(2, price=901), delete(1)]))
    batch = drain.rest()
    assert rows_of(batch) == [("AAPL", 1, 4, [900]), ("AAPL", 1, 7, [901])]
    assert batch.events["event_index"].tolist() == list(range(7))
    assert drain.rest() is None


def test_depth_alone_has_its_instruments_too() -> None:
    stage = Stage(depth_levels=LEVELS)
    drain = drained(stage, wanted_bits(["gaps"]))
    stage.feed(packet(1, [add(1, locate=7, symbol="IBM")]), packet(2, [directory(9, "MSFT"), add(2, locate=9)]))
    assert [(symbol, place) for symbol, _, place, _ in rows_of(drain.rest())] == [("IBM", 3), ("MSFT", 6)]
    stage.feed(packet(4, [add(3, locate=11), add(4, locate=9)]))
    assert [symbol for symbol, *_ in rows_of(drain.rest())] == ["AAPL", "MSFT"]


def test_a_session_that_changes_between_rows_is_told_apart() -> None:
    stage = Stage(depth_levels=LEVELS)
    drain = drained(stage)
    stage.feed(
        packet(1, [directory(1, "AAPL"), add(7)]),
        packet(1, [directory(1, "MSFT"), add(7, symbol="MSFT")], session=OTHER),
        packet(3, [add(8, symbol="MSFT")], session=OTHER),
    )
    assert [(symbol, session) for symbol, session, *_ in rows_of(drain.rest())] == [
        ("AAPL", 1), ("MSFT", 2), ("MSFT", 2),
    ]  # fmt: skip


def test_many_rows_make_a_batch_though_few_events_do() -> None:
    stage = Stage(depth_levels=LEVELS)
    drain = drained(stage, wanted_bits(["gaps"]), room=16)
    stage.feed(*bundled([add(number) for number in range(1, 41)], [1]))
    counts = []
    while (batch := drain.rest()) is not None:
        counts.append(len(batch.depth))
    assert (sum(counts), max(counts)) == (40, 16)


def test_a_drain_of_other_depth_than_the_pipelines_is_refused() -> None:
    with pytest.raises(ValueError, match="channel has no rows of 3 levels: its pipeline was made without them"):
        drained(Stage())
