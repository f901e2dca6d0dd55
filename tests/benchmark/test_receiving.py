"""The benchmark of receivers measures every kind, on cards of its own."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from feedhandler.benchmark.flood import file_of, frames_of
from feedhandler.benchmark.rates import Rate
from feedhandler.benchmark.receiving import KINDS, TO_BOOK, Figures, report, share, told
from tests.conftest import ROOT


def test_every_kind_is_measured_or_says_why_not() -> None:
    command = [sys.executable, "-m", "feedhandler.benchmark.receiving", "--quick", "--json"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    if "no network namespace" in result.stderr or "no ip command" in result.stderr:
        pytest.skip(result.stderr.strip().splitlines()[-1])
    assert result.returncode == 0, result.stderr
    rows = json.loads(result.stdout)["receivers"]
    assert [row["receiver"] for row in rows] == [name for name, _, _ in KINDS]
    for row in rows:
        assert row.get("unavailable") or (row["drain_1_ns"] > 0 and row["drain_64_ns"] > 0 and row["frames"] > 0)
        assert row.get("unavailable") or row["lossless_per_second"] >= 0
        if row.get("strategy_calls"):
            assert 0 < row["strategy_p50_us"] <= row["strategy_p99_us"] <= row["strategy_p999_us"]
    assert rows[0]["ratio_1"] == rows[0]["lossless_ratio"] == rows[0]["strategy_ratio"] == 1.0
    by_name = {row["receiver"]: row for row in rows}
    for name in TO_BOOK:
        row = by_name[name]
        assert row.get("unavailable") or row["to_book_packets"] >= 5_000 > row["to_book_missing"] >= 0


@pytest.mark.interpreted
def test_figures_are_medians_and_ratios_to_the_first_kinds_polls_of_one() -> None:
    ages = [{"count": 90, "p50": 20_000, "p99": 40_000, "p99.9": 60_000}]
    younger = [{"count": 90, "p50": 5_000, "p99": 8_000, "p99.9": 9_000}]
    first = Figures("plain recv", [100.0, 300.0, 200.0], [50.0], [1.0, 3.0, 2.0], ages, [Rate(1_000.0, False)])
    other = Figures("af_xdp native", [20.0], [10.0], [5.0], younger, [Rate(3_000.0, True), Rate(2_000.0, True)])
    refused = Figures("af_packet frames", unavailable="no privilege")
    rows = told([first, other, refused])
    assert [(row.get("drain_1_ns"), row.get("ratio_1"), row.get("ratio_64")) for row in rows] == [
        (200.0, 1.0, 0.25), (20.0, 0.1, 0.05), (None, None, None),
    ]  # fmt: skip
    assert rows[0]["latency_p50_us"] == 2.0
    assert (rows[1]["lossless_per_second"], rows[1]["lossless_ratio"], rows[1]["sender_limit"]) == (2_500, 2.5, True)
    assert (rows[1]["strategy_p50_us"], rows[1]["strategy_ratio"], rows[1]["strategy_p999_us"]) == (5.0, 0.25, 9.0)
    assert "no privilege" in report(rows)
    assert "af_xdp native: sender to inline strategy p50 5.00 µs, 0.25 of the first" in report(rows)
    assert share([1.0, 2.0, 3.0, 4.0], 0.99) == 4.0


@pytest.mark.interpreted
def test_frames_are_the_same_after_their_way_through_a_file() -> None:
    frames = [b"", b"a", bytes(range(256)) * 6]
    assert frames_of(file_of(frames)) == frames
