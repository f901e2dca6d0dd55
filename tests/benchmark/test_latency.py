"""The latency of a live run is measured from the sender's stamp on. How short it is, is not asserted."""

from __future__ import annotations

from feedhandler.benchmark.latency import measure


def test_every_change_of_the_inside_is_measured_from_its_stamp() -> None:
    found = measure("nasdaq_itch50", 2_000.0, 1.0)
    venue, receipt = found["from_venue"], found["from_receipt"]
    assert venue["count"] == receipt["count"] > 0
    assert 0 < venue["p50"] <= venue["p99"] <= venue["p99.9"] <= venue["max"]
    assert receipt["p50"] <= venue["max"]
    assert set(found["stages"]) == {"acquisition", "processing", "strategy"}
