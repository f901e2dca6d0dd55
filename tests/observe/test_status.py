"""The status file, and what health makes of it."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from feedhandler.config import Deployment, parse
from feedhandler.observe.figures import ChannelFigures, Figures, PipelineFigures
from feedhandler.observe.status import StatusFile, health_of, status_path

pytestmark = pytest.mark.interpreted


def deployment(more: str = "") -> Deployment:
    return parse(f"name: some\nfeed: nasdaq_itch50\n{more}", "a.yaml")


def figures(*qualities: str, **changes: Any) -> Figures:
    """A pipeline that polls, with a channel for each quality."""
    zeros = {"sequence": 7, "packets": 0, "messages": 0, "events": 0, "duplicates": 0, "gaps": (), "gap_count": 2,
             "gap_messages": 0, "hole_open": False, "holes_filled": 0, "requests": 0, "silent": False, "sessions": 1,
             "held_maximum": 0, "hold_capacity": 1, "instruments": 0, "instrument_capacity": 1, "orders_live": 0,
             "order_capacity": 1, "reasons": {}, "lines": (), "recovery": None}  # fmt: skip
    channels = tuple(
        ChannelFigures(**{"name": f"c{number}", "state": "SYNCHRONIZED", "quality": quality, **zeros, **changes})
        for number, quality in enumerate(qualities)
    )
    pipeline = PipelineFigures(
        name="some", core=3, frames=0, unwanted=0, busy_ns=0, bursts=0, polls=5, empty_polls=5, receivers=(),
        latencies={},
    )  # fmt: skip
    return Figures(pipelines=(pipeline,), channels=channels)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "status.json"


@pytest.fixture
def status(file: Path) -> StatusFile:
    return StatusFile(deployment(f"status: {{file: {file}, every: 1s}}\n"), clock=lambda: 1_000.0)


def test_what_is_written_is_read(status: StatusFile, file: Path) -> None:
    status.write(figures("CURRENT", "CURRENT"), set())
    found = health_of(file, now=1_000.5)
    assert (found.polling, found.current, found.words) == (True, True, ())
    assert found.status is not None
    assert (found.status["deployment"], found.status["pid"], found.status["every_s"]) == ("some", os.getpid(), 1.0)
    assert found.status["pipelines"] == [{"name": "some", "core": 3, "polls": 5, "stuck": False}]
    assert [channel["sequence"] for channel in found.status["channels"]] == [7, 7]


@pytest.mark.parametrize(
    ("quality", "changes", "words"),
    [
        ("STALE", {"state": "BACKFILL"}, "channel c0 is STALE: its state is BACKFILL"),
        ("STALE", {"silent": True}, "channel c0 is STALE: nothing is heard"),
        ("RECOVERING", {"hole_open": True, "state": "GAP_FILL"}, "channel c0 is RECOVERING: a hole is open"),
        ("EMPTY", {"state": "UNKNOWN"}, "channel c0 is EMPTY: nothing was heard yet"),
    ],
)
def test_books_that_are_not_current_are_told_with_why_and_the_process_is_well(
    status: StatusFile, file: Path, quality: str, changes: dict[str, Any], words: str
) -> None:
    status.write(figures(quality, **changes), set())
    found = health_of(file, now=1_000.0)
    assert (found.polling, found.current, found.words) == (True, False, (words,))


def test_what_only_carries_in_band_streams_has_no_books_to_doubt(status: StatusFile, file: Path) -> None:
    found = figures("EMPTY", "CURRENT", "CURRENT")
    names = ("pitch", "pitch/1", "pitch/2")
    channels = tuple(replace(channel, name=name) for channel, name in zip(found.channels, names, strict=True))
    status.write(replace(found, channels=channels), set())
    health = health_of(file, now=1_000.0)
    assert health.current
    assert health.status is not None
    assert [channel["name"] for channel in health.status["channels"]] == ["pitch/1", "pitch/2"]


def test_a_pipeline_that_is_stuck_is_not_well(status: StatusFile, file: Path) -> None:
    status.write(figures("CURRENT"), {"some"})
    found = health_of(file, now=1_000.0)
    assert (found.polling, found.current, found.words) == (False, False, ("pipeline some is stuck",))


def test_a_file_three_intervals_old_is_that_of_a_run_that_hangs(status: StatusFile, file: Path) -> None:
    status.write(figures("CURRENT"), set())
    assert health_of(file, now=1_003.0).polling
    hanging = health_of(file, now=1_004.0)
    assert not hanging.polling
    assert hanging.words == (f"process {os.getpid()} hangs: it last wrote {file} 4 s ago",)


def test_a_process_that_is_gone_is_told(status: StatusFile, file: Path) -> None:
    status.write(figures("CURRENT"), set())
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    file.write_text(json.dumps({**json.loads(file.read_text()), "pid": gone.pid}))
    assert health_of(file, now=1_000.0).words == (f"process {gone.pid} is gone; it last wrote {file} 0 s ago",)


def test_no_file_is_no_run(file: Path) -> None:
    assert health_of(file).words == (f"nothing runs: there is no {file}",)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"pid": "x"}', "not json"])
def test_another_file_is_no_status(file: Path, text: str) -> None:
    file.write_text(text)
    found = health_of(file)
    assert (found.polling, found.current) == (False, False)
    assert f"{file} is no status of a run" in found.words[0]


def test_the_end_of_a_run_removes_its_file_and_leaves_nothing(status: StatusFile, file: Path) -> None:
    for _ in range(3):
        status.write(figures("CURRENT"), set())
    assert os.listdir(file.parent) == ["status.json"]
    status.remove()
    status.remove()
    assert os.listdir(file.parent) == []


def test_a_folder_that_cannot_be_written_is_an_error_of_the_system(tmp_path: Path) -> None:
    status = StatusFile(deployment(f"status: {{file: {tmp_path / 'none' / 'status.json'}}}\n"))
    with pytest.raises(FileNotFoundError):
        status.write(figures("CURRENT"), set())


def test_without_a_file_it_is_in_systemds_folder_or_beside_the_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RUNTIME_DIRECTORY", f"{tmp_path}/one:{tmp_path}/two")
    assert status_path(deployment()) == tmp_path / "one" / "some.json"
    monkeypatch.delenv("RUNTIME_DIRECTORY")
    monkeypatch.setenv("FEEDHANDLER_CACHE", str(tmp_path / "cache"))
    assert StatusFile(deployment()).path == tmp_path / "cache" / "status" / "some.json"
    assert stat.S_IMODE((tmp_path / "cache" / "status").stat().st_mode) == 0o700
