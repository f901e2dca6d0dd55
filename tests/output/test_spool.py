"""A spool gives back what it was given: all of it, symbol by symbol or in the order of time, in pieces that fit."""

from __future__ import annotations

from pathlib import Path

import numpy
import pytest

from feedhandler.core.depths import depth_dtype
from feedhandler.output import spool as spools
from feedhandler.output.batches import EVENT, INSTRUMENT, Batch, Instruments
from feedhandler.output.spool import Spool

SYMBOLS = 300


@pytest.fixture
def instruments() -> Instruments:
    rows = numpy.zeros(SYMBOLS, INSTRUMENT)
    rows["symbol"] = [f"S{number}".encode() for number in range(SYMBOLS)]
    return Instruments(["one"], rows)


def batch(instruments: Instruments, first: int, count: int, depth: int = 0) -> Batch:
    events = numpy.zeros(count, EVENT)
    events["event_index"] = range(first, first + count)
    events["row"] = events["event_index"] * 7 % SYMBOLS
    rows = numpy.zeros(depth, depth_dtype(2))
    rows["event_index"] = first
    return Batch(events, instruments, rows)


def read(spool: Spool, instruments: Instruments) -> list[tuple[list[int], list[int], bool]]:
    return [
        (part.events["event_index"].tolist(), part.events["row"].tolist(), last)
        for part, last in spool.read(instruments)
    ]


@pytest.mark.parametrize(("chunk", "few"), [(10_000, 0), (100, 0), (10, 0), (100, SYMBOLS)])
def test_each_symbol_is_in_one_bucket_in_its_order_and_nothing_is_missing(
    tmp_path: Path, instruments: Instruments, chunk: int, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spools, "FEW", few)
    spool = Spool(tmp_path / "spool", 4, chunk=chunk)
    for first in range(0, 3_000, 500):
        spool.write(batch(instruments, first, 500))
    parts = read(spool, instruments)
    assert sorted(index for indexes, _, _ in parts for index in indexes) == list(range(3_000))
    assert max(len(indexes) for indexes, _, _ in parts) <= chunk
    bucket, bucket_of, heard = 0, {}, {}
    for indexes, rows, last in parts:
        for index, row in zip(indexes, rows, strict=True):
            assert bucket_of.setdefault(row, bucket) == bucket
            assert heard.get(row, -1) < index
            heard[row] = index
        bucket += last
    # Four buckets, and four of each that was too large and had more than few symbols.
    assert bucket == 4 if chunk == 10_000 or few else 4 < bucket <= 16
    spool.remove()
    assert not (tmp_path / "spool").exists()


def test_one_bucket_gives_the_batches_that_were_written(tmp_path: Path, instruments: Instruments) -> None:
    spool = Spool(tmp_path / "spool", depth_levels=2)
    for first, count, depth in ((0, 5, 2), (5, 0, 1), (5, 3, 0)):
        spool.write(batch(instruments, first, count, depth))
    parts = [
        (part.events["event_index"].tolist(), part.depth["event_index"].tolist(), last)
        for part, last in spool.read(instruments)
    ]
    assert parts == [([0, 1, 2, 3, 4], [0, 0], False), ([], [5], False), ([5, 6, 7], [], True)]


def test_rows_of_depth_have_buckets_of_their_own_behind_those_of_events(
    tmp_path: Path, instruments: Instruments
) -> None:
    spool = Spool(tmp_path / "spool", 4, depth_levels=2)
    spool.write(batch(instruments, 0, 5, 2))
    parts = list(spool.read(instruments))
    assert sum(len(part.events) for part, _ in parts) == 5
    assert len(parts[-1][0].depth) == 2


def test_an_empty_spool_is_empty(tmp_path: Path, instruments: Instruments) -> None:
    assert read(Spool(tmp_path / "one"), instruments) == []
    assert read(Spool(tmp_path / "many", 4), instruments) == []
