"""`feedhandler budget` as users call it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from feedhandler.benchmark.budget import GIGABITS
from feedhandler.cli.exit_codes import ExitCode
from tests.cli.builders import DAY, Capture, packets
from tests.cli.conftest import Run


@pytest.fixture
def written(tmp_path: Path) -> Capture:
    return Capture(tmp_path)


def test_a_configurations_pipeline_is_measured_with_its_strategies(run: Run) -> None:
    ran = run(
        "budget", "configs/demo.yaml", "--payload-bytes", 200, "--messages", 100_000, "--live-orders", 1_000, "--json"
    )
    assert ran.code == ExitCode.DONE, ran.log
    data = ran.data
    assert (data["deployment"], data["payload_bytes"], data["wire_bytes"]) == ("demo", 200, 266)
    assert [line["gigabits"] for line in data["lines"]] == list(GIGABITS)
    assert min(data["receive_ns"], data["message_ns"]) > 0
    assert data["processing_ns"] == pytest.approx(data["packet_ns"] + data["messages"] * data["message_ns"], rel=0.05)
    (slowest, *_, fastest) = data["lines"]
    assert slowest["headroom"] == pytest.approx(200 * fastest["headroom"], rel=0.3)
    assert all(line["headroom"] < line["headroom_of_processing"] for line in data["lines"])


def test_captures_stand_in_for_a_venue(run: Run, written: Capture) -> None:
    """A payload of their mean size holds their mean number of messages."""
    file = written.write(packets(DAY, 3))
    ran = run("budget", "configs/demo.yaml", "--capture", file, "--json")
    assert ran.code == ExitCode.DONE, ran.log
    assert ran.data["messages"] == pytest.approx(len(DAY) / len(packets(DAY, 3)), rel=0.01)
    assert ran.data["packet_ns"] == 0


def test_people_get_a_table(run: Run, written: Capture) -> None:
    ran = run("budget", "configs/demo.yaml", "--capture", written.write(packets(DAY, 3)), "--payload-bytes", 18)
    assert "demo: 18 bytes of payload, " in ran.out
    assert re.search(r"^ +10 +67\.2 ns +[0-9.]+ +[0-9.]+$", ran.out, re.MULTILINE)


def test_a_capture_that_cannot_be_read_or_has_nothing_of_the_feed_ends_it(
    run: Run, written: Capture, tmp_path: Path
) -> None:
    assert run("budget", "configs/demo.yaml", "--capture", tmp_path / "none.pcap").code == ExitCode.INPUT
    assert run("budget", "configs/demo.yaml", "--capture", written.write([b"?" * 40])).code == ExitCode.NO_DATA


def test_a_feed_without_a_venue_asks_for_captures(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "deployment.yaml"
    file.write_text("name: other\nfeed: iex_tops\n")
    ran = run("budget", file)
    assert ran.code == ExitCode.USAGE
    assert "--capture" in ran.log[-1]["event"]
