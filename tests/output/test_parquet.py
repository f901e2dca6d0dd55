"""Files of Parquet: what is in which, however much it is and in however many pieces it comes."""

from __future__ import annotations

from pathlib import Path

import numpy
import pyarrow as pa
import pytest
from pyarrow import parquet

from feedhandler.output import parquet as tables
from feedhandler.output.gathering import Gathering
from feedhandler.output.order import stable_order
from feedhandler.output.reading import read_events, tables_of
from tests.output.builders import DATE, UNIT, as_events, batches, day, drained, write
from tests.stage import Stage

pytestmark = pytest.mark.interpreted


@pytest.mark.parametrize("pieces", [1, 31, 32, 33, 1_023, 1_024, 1_025, 5_000])
def test_pieces_that_were_gathered_are_a_table_in_their_order(pieces: int) -> None:
    schema = pa.schema([("number", pa.int64()), ("word", pa.dictionary(pa.int32(), pa.string()))])
    words = pa.array(["even", "odd"])
    gathering = Gathering(schema)
    for number in range(pieces):
        word = pa.DictionaryArray.from_arrays(pa.array([number % 2], pa.int32()), words)
        gathering.add(pa.RecordBatch.from_arrays([pa.array([number]), word], schema=schema))
    assert gathering.rows == pieces
    table = gathering.take()
    assert table["number"].to_pylist() == list(range(pieces))
    assert table["word"].to_pylist() == [("even", "odd")[number % 2] for number in range(pieces)]
    assert table["number"].num_chunks < 100  # few pieces, however many came
    assert (gathering.rows, gathering.take().num_rows) == (0, 0)


def test_numbers_of_any_size_are_ordered_and_equal_ones_stay_in_their_order() -> None:
    random = numpy.random.default_rng(5)
    for bits in (1, 15, 16, 17, 40, 62):
        keys = random.integers(-(1 << bits), 1 << bits, 3_000) // 3
        assert stable_order(keys).tolist() == sorted(range(len(keys)), key=keys.tolist().__getitem__)
    assert stable_order(numpy.zeros(0, numpy.int64)).tolist() == []


def test_a_table_divided_by_date_alone_is_in_files_that_are_closed_when_they_are_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "FULL", 3)
    monkeypatch.setattr(tables, "PIECE", 2)
    monkeypatch.setattr(tables, "GATHER", 2)
    stage = Stage()
    drain = drained(stage)
    day(stage)
    parts = batches(drain)
    write(tmp_path, parts, drain.instruments, divide_by="date")
    folder = tmp_path / f"orders/date={DATE}"
    numbers = {path.name: parquet.ParquetFile(path).metadata.num_rows for path in folder.iterdir()}
    assert len(numbers) > 1
    assert {f"{UNIT}.parquet", f"{UNIT}-1.parquet"} <= set(numbers)
    assert all(rows >= 3 for name, rows in numbers.items() if name != f"{UNIT}-{len(numbers) - 1}.parquet")
    ((_, events),) = read_events(tables_of(tmp_path, UNIT))
    assert as_events(events) == as_events(numpy.concatenate([part.events for part in parts]))


def test_the_columns_are_the_same_however_many_symbols_are_made_into_columns_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage()
    drain = drained(stage)
    day(stage)
    parts = batches(drain)
    write(tmp_path / "much", parts, drain.instruments)
    monkeypatch.setattr(tables, "PIECE", 1)
    write(tmp_path / "little", parts, drain.instruments)
    much, little = (tables_of(tmp_path / name, UNIT) for name in ("much", "little"))
    assert much == little
