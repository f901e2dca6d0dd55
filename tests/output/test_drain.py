"""Events leave the rings as batches: every one in order, with the row that says which instrument it was."""

from __future__ import annotations

from dataclasses import replace

import pytest

from feedhandler.books import readers
from feedhandler.core.directory import Instrument
from feedhandler.core.events import Event, EventKind
from feedhandler.output.batches import Batch
from feedhandler.output.drain import Drain
from feedhandler.output.schemas import TABLES, table_of, wanted_bits
from tests.stage import SMALL, Stage
from tests.streams import add, delete, directory, packet

EVERY = -1
OTHER = "SESSION002"


def drained(stage: Stage, kinds: int = EVERY, room: int = 1 << 12) -> Drain:
    drain = Drain(readers().drain_rings, kinds, room=room)
    drain.join(stage.memory)
    return drain


def told(batch: Batch | None) -> list[tuple[str, str, int, int]]:
    """What each event is: its kind, its symbol, its session and its place."""
    if batch is None:
        return []
    symbols = batch.instruments.symbols()
    return [
        (EventKind(event["kind"]).name, symbols[event["row"]], batch.instruments.rows["session"][event["row"]],
         int(event["event_index"]))
        for event in batch.events
    ]  # fmt: skip


@pytest.mark.interpreted
def test_every_event_is_drained_with_its_symbol_and_place() -> None:
    stage = Stage()
    drain = drained(stage)
    stage.feed(packet(1, [directory(1, "AAPL"), directory(2, "MSFT"), add(7), add(8, locate=2, symbol="MSFT")]))
    assert told(drain.rest()) == [
        ("SESSION", "", 1, 0), ("DEFINITION", "AAPL", 1, 1), ("DEFINITION", "MSFT", 1, 2), ("ADD", "AAPL", 1, 3),
        ("ADD", "MSFT", 1, 4), ("INSIDE", "AAPL", 1, 5), ("INSIDE", "MSFT", 1, 6),
    ]  # fmt: skip
    assert drain.rest() is None


def test_what_is_drained_is_what_was_in_the_ring() -> None:
    stage = Stage()
    drain = drained(stage)
    stage.feed(packet(1, [directory(1, "AAPL"), *(add(number) for number in range(1, 40))]))
    batch = drain.rest()
    ring = stage.memory.array("events", Event, int(stage.memory.events.written))
    assert batch is not None
    for name in Event.dtype.names:
        assert batch.events[name].tolist() == ring[name].tolist()


def test_a_batch_comes_when_there_is_enough_and_the_rest_at_the_end() -> None:
    stage = Stage()
    drain = drained(stage, room=16)
    stage.feed(packet(1, [directory(1, "AAPL"), *(delete(number) for number in range(1, 39))]))
    sizes = []
    while (batch := drain.take()) is not None:
        sizes.append(len(batch.events))
    assert (sizes, len(drain.rest().events)) == ([16, 16], 8)


def test_only_wanted_kinds_are_taken_and_keep_their_places() -> None:
    stage = Stage()
    drain = drained(stage, wanted_bits(["bbo"]))
    stage.feed(packet(1, [directory(1, "AAPL"), add(7), add(8)]))
    assert told(drain.rest()) == [("SESSION", "", 1, 0), ("DEFINITION", "AAPL", 1, 1), ("INSIDE", "AAPL", 1, 4)]


@pytest.mark.interpreted
def test_a_session_that_changes_within_a_burst_leaves_the_names_of_both() -> None:
    stage = Stage()
    drain = drained(stage)
    stage.feed(
        packet(1, [directory(1, "AAPL"), add(7)]),
        packet(1, [directory(1, "MSFT"), add(7, symbol="MSFT")], session=OTHER),
        packet(3, [add(8, symbol="MSFT")], session=OTHER),
    )
    found = [entry for entry in told(drain.rest()) if entry[0] in ("SESSION", "ADD")]
    assert [entry[:3] for entry in found] == [
        ("SESSION", "", 1), ("ADD", "AAPL", 1), ("SESSION", "", 2), ("ADD", "MSFT", 2), ("ADD", "MSFT", 2),
    ]  # fmt: skip


def test_a_name_that_comes_late_is_the_name_of_earlier_events_too() -> None:
    stage = Stage()
    drain = drained(stage)
    stage.feed(packet(1, [delete(7, locate=3)]))
    batch = drain.rest()
    row = int(batch.events["row"][-1])
    assert batch.instruments.symbols()[row] == "#3"
    stage.feed(packet(2, [directory(3, "IBM")]))
    drain.names()
    assert drain.instruments.symbols()[row] == "IBM"


def test_a_ring_that_was_overtaken_says_what_was_lost() -> None:
    stage = Stage(capacities=replace(SMALL, events=16))
    drain = drained(stage)
    stage.feed(packet(1, [directory(1, "AAPL")]))
    drain.rest()
    stage.feed(packet(2, [delete(number) for number in range(1, 33)]))
    batch = drain.rest()
    found = told(batch)
    # 2 events were taken before; 32 came, of which the ring keeps 16.
    assert found[0] == ("LOSS", "", 1, 2)
    assert (batch.events["value_0"][0], batch.events["value_1"][0], drain.lost) == (2, 16, 16)
    assert [entry[3] for entry in found[1:]] == list(range(18, 34))


def test_a_session_that_changed_in_what_was_lost_is_not_mistaken_for_the_former() -> None:
    stage = Stage(capacities=replace(SMALL, events=16))
    drain = drained(stage)
    stage.feed(packet(1, [directory(1, "AAPL")]))
    drain.rest()
    stage.feed(
        packet(1, [directory(1, "MSFT")], session=OTHER),
        packet(2, [delete(number) for number in range(1, 33)], session=OTHER),
    )
    found = told(drain.rest())
    assert [entry[:3] for entry in found] == [("LOSS", "", 2)]
    assert drain.lost == 34
    stage.feed(packet(34, [add(9, symbol="MSFT")], session=OTHER))
    assert [entry[:3] for entry in told(drain.rest())] == [("ADD", "MSFT", 2), ("INSIDE", "MSFT", 2)]


def test_an_instrument_whose_price_unit_changes_has_another_row_from_there_on() -> None:
    stage = Stage()
    drain = drained(stage)
    stage.feed(packet(1, [directory(1, "AAPL"), add(7)]))
    assert set(drain.rest().column("price_unit").tolist()) == {100_000}
    stage.feed(packet(3, [add(8)]))
    stage.memory.array("instruments", Instrument, 1)["price_unit"] = 1_000
    stage.feed(packet(4, [directory(1, "AAPL"), add(9)]))
    batch = drain.rest()
    kinds = [entry[0] for entry in told(batch)]
    assert list(zip(kinds, batch.column("price_unit").tolist(), strict=True)) == [
        ("ADD", 100_000), ("INSIDE", 100_000), ("DEFINITION", 1_000), ("ADD", 1_000), ("INSIDE", 1_000),
    ]  # fmt: skip
    assert {batch.instruments.symbols()[row] for row in batch.events["row"].tolist()} == {"AAPL"}


def test_the_unit_before_an_instruments_first_definition_is_the_feeds() -> None:
    stage = Stage()
    drain = drained(stage)
    stage.feed(packet(1, [delete(7, locate=3)]))
    stage.memory.array("instruments", Instrument, 1)["price_unit"] = 1_000
    stage.feed(packet(2, [directory(3, "IBM")]))
    batch = drain.rest()
    kinds = [entry[0] for entry in told(batch)]
    assert list(zip(kinds, batch.column("price_unit").tolist(), strict=True))[1:] == [
        ("DELETE", 100_000), ("DEFINITION", 1_000),
    ]  # fmt: skip


def test_every_kind_of_event_has_a_table() -> None:
    assert all(kind in table_of(kind).kinds for kind in EventKind)


def test_no_value_that_a_table_names_is_named_twice() -> None:
    for table in TABLES.values():
        names = [column.name for column in table.columns]
        assert len(names) == len(set(names)), table.name
        for kind in table.kinds:
            places = [column.places[kind] for column in table.own if kind in column.places]
            assert len(places) == len(set(places)), (table.name, kind)
