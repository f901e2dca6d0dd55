"""Capture to tables and back to events: the same events, with the digest of the pipeline."""

from __future__ import annotations

from pathlib import Path

import numpy
import pytest

from feedhandler.core.events import EventKind
from feedhandler.core.integers import INT64_MAX, INT64_MIN
from feedhandler.output.reading import read_events, tables_of
from feedhandler.output.schemas import table_of
from tests.output.builders import UNIT, as_events, batches, day, digest, drained, write
from tests.stage import Stage

FORMATS = ["parquet", "arrow", "csv"]


@pytest.mark.interpreted
@pytest.mark.parametrize("to", FORMATS)
def test_the_events_of_the_tables_are_those_of_the_ring(tmp_path: Path, to: str) -> None:
    stage = Stage()
    drain = drained(stage)
    day(stage)
    parts = batches(drain)
    writer = write(tmp_path, parts, drain.instruments, to)
    ((channel, events),) = read_events(tables_of(tmp_path, UNIT))
    assert channel == "channel"
    assert as_events(events) == as_events(numpy.concatenate([part.events for part in parts]))
    assert digest(events) == int(stage.channel.digest)
    assert writer.uncarried == 0
    kinds = {EventKind(kind) for kind in events["kind"].tolist()}
    assert {EventKind.GAP, EventKind.END_OF_SESSION, EventKind.INSIDE, EventKind.CROSS} <= kinds


@pytest.mark.parametrize("to", FORMATS)
def test_every_kind_of_event_comes_back_with_all_of_its_values(tmp_path: Path, to: str) -> None:
    stage = Stage()
    drain = drained(stage)
    day(stage)
    (part,) = batches(drain)
    row = int(part.events["row"][-1])
    made = numpy.zeros(len(EventKind), part.events.dtype)
    made["kind"] = list(EventKind)
    made["row"], made["instrument"] = row, drain.instruments.rows["instrument"][row]
    made["event_index"] = range(len(made))
    for event in made:
        table = table_of(EventKind(event["kind"]))
        for column in table.own:
            if EventKind(event["kind"]) in column.places:
                quality = column.name == "quality"
                place = column.places[EventKind(event["kind"])]
                event[f"value_{place}"] = 2 if quality else 1_000 + place
    writer = write(tmp_path, [type(part)(made, drain.instruments)], drain.instruments, to)
    ((_, events),) = read_events(tables_of(tmp_path, UNIT))
    assert as_events(events) == as_events(made)
    assert writer.uncarried == 0


@pytest.mark.parametrize("to", FORMATS)
def test_a_price_that_is_not_there_is_null_and_comes_back_as_the_feed_reads_it(tmp_path: Path, to: str) -> None:
    for absent in (INT64_MAX, INT64_MIN):
        stage = Stage()
        drain = drained(stage)
        day(stage)
        (part,) = batches(drain)
        first = int(numpy.flatnonzero(part.events["kind"] == EventKind.ADD)[0])
        part.events["value_0"][first] = absent
        folder = tmp_path / str(absent)
        writer = write(folder, [part], drain.instruments, to)
        tables = tables_of(folder, UNIT)
        assert tables["orders"]["price"].null_count == 1
        ((_, events),) = read_events(tables, absent_price=absent)
        assert as_events(events) == as_events(part.events)
        assert writer.uncarried == 0


def test_what_a_table_cannot_hold_is_counted(tmp_path: Path) -> None:
    stage = Stage()
    drain = drained(stage)
    day(stage)
    (part,) = batches(drain)
    adds = numpy.flatnonzero(part.events["kind"] == EventKind.ADD)
    part.events["value_0"][adds[0]] = INT64_MAX // 2  # times its unit it has no place in 64 bits
    part.events["value_6"][adds[1]] = 1  # an order has no such value
    assert write(tmp_path, [part], drain.instruments).uncarried == 2
    assert tables_of(tmp_path, UNIT)["orders"]["price"].null_count == 1
