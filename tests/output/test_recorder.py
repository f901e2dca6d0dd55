"""The recorder writes while a run goes on what `convert` makes of its capture, period by period."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy
import pyarrow.compute as pc
import pytest
from typer.testing import CliRunner

from feedhandler.app import Application, line_numbers
from feedhandler.cli.main import build
from feedhandler.config import Deployment, parse
from feedhandler.output.manifest import NAME, OutputError
from feedhandler.output.reading import read_events, tables_of
from feedhandler.output.recording import Recording
from feedhandler.output.schemas import TABLES
from feedhandler.simulation.live.venue import LiveVenue
from feedhandler.simulation.population import Population
from feeds.nasdaq_itch50.venue import VENUE
from replay.capture import CaptureReceiver
from tests.cli.builders import DAY, SECOND, Capture, add, packets
from tests.output.builders import as_events, batches, drained
from tests.output.builders import day as day_of
from tests.receivers.loopback import free_group, free_port
from tests.stage import SMALL, Stage
from tests.strategies.test_live_decisions import Listener

LONG_S = 120.0
CONFIGURATION = """
name: recording
feed: nasdaq_itch50
strategies:
  - name: tables
    class: recorder
    home: thread
    timer: 1s
    parameters: {folder: %s, format: %s, rotate_every: %s}
"""


def replayed(deployment: Deployment, capture: Path) -> Application:
    application = Application(deployment)
    receiver = CaptureReceiver([str(capture)], lines=line_numbers(deployment))
    receiver.open()
    application.attach(receiver)
    application.run()
    receiver.close()
    return application


def units(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / NAME).read_text())["units"]
    return found


def recorded(folder: Path) -> dict[str, list[int]]:
    """The events of all units of the only channel."""
    parts = []
    for unit in sorted(units(folder)):
        ((_, events),) = read_events(tables_of(folder, unit))
        parts.append(events)
    return as_events(numpy.concatenate(parts))


@pytest.mark.interpreted
@pytest.mark.parametrize("to", ["parquet", "csv"])
def test_a_recorder_in_a_replay_writes_the_events_of_the_capture_in_periods(tmp_path: Path, to: str) -> None:
    capture = Capture(tmp_path).write(packets(DAY, 3), step_ns=SECOND)
    whole, divided = tmp_path / "whole", tmp_path / "divided"
    application = replayed(parse(CONFIGURATION % (whole, to, "1h"), "a.yaml"), capture)
    assert application.raised_strategies == {}
    assert list(units(whole)) == ["nasdaq_itch50-20230822T133000.000000000Z"]
    assert units(whole)["nasdaq_itch50-20230822T133000.000000000Z"]["trading_date"] == "2023-08-22"
    assert sum(event_count["events"] for event_count in units(whole).values()) == len(recorded(whole)["kind"])
    # In lock-step a recorder hears of bursts of 64 packets, and a burst is in one period.
    longer = DAY + [add(1, 100 + number, "B", 1, "AAPL", 10_000) for number in range(64)]
    capture = Capture(tmp_path).write(packets(longer, 1), "long.pcap", step_ns=SECOND)
    application = replayed(parse(CONFIGURATION % (divided, to, "10s"), "a.yaml"), capture)
    assert application.raised_strategies == {}
    assert len(units(divided)) == 2


def test_what_is_recorded_live_is_what_convert_makes_of_the_capture(tmp_path: Path) -> None:
    groups, port = [free_group(), free_group()], free_port()
    named = zip("AB", groups, strict=True)
    lines = "".join(f"      - {{name: {name}, group: {group}, port: {port}}}\n" for name, group in named)
    text = CONFIGURATION + (
        "receiver: {kind: socket, interface: lo, wait: block}\n"
        f"channels:\n  - name: itch\n    lines:\n{lines}"
        "capacities: {instruments: 65536, orders: 16384, levels: 8192}\n"
        "limits: {request_after: 30s, give_up_after: 60s}\n"
    )
    live = Application(parse(text % (tmp_path / "live", "parquet", "1s"), "live.yaml"), live=True)
    live.compile()
    listener = Listener(groups, port)
    population = Population(messages=4_000, symbols=8, live_orders=300, seed=3)
    deadline = time.monotonic() + LONG_S
    with LiveVenue(
        VENUE, population, [(group, port) for group in groups], rate=2_000.0, messages_per_packet=3, seed=2,
        end_interval_s=0.05,
    ) as venue:  # fmt: skip
        started = []

        def watch() -> None:
            if live.opened and not started:
                venue.start()
                started.append(True)
            ended = bool(started) and live.channels[0].sequencer.expected > population.messages and venue.join(0)
            if ended or time.monotonic() > deadline:
                live.stop()

        live.run(watch, every_s=0.02)
    capture = listener.write(tmp_path / "heard.pcap")
    assert live.channels[0].sequencer.expected == population.messages + 1
    assert live.raised_strategies == {}
    again = replayed(parse(text % (tmp_path / "replay", "parquet", "1h"), "replay.yaml"), capture)
    assert again.digest == live.digest
    found, expected = recorded(tmp_path / "live"), recorded(tmp_path / "replay")
    # The listener's clock is not the run's, and no session ended when the run was stopped.
    assert found.pop("received_ns") != []
    received_ns = expected.pop("received_ns")
    assert found == expected
    # And so is what the command makes of it.
    configuration, out = tmp_path / "convert.yaml", tmp_path / "converted"
    configuration.write_text(text % (tmp_path / "unused", "parquet", "1h"))
    command = ["convert", str(configuration), str(capture), "--to", "parquet", "-o", str(out)]
    result = CliRunner().invoke(build(), command)
    assert result.exit_code == 0, result.output
    converted = recorded(out)
    assert converted.pop("received_ns") == received_ns
    assert converted == expected
    assert len(units(tmp_path / "live")) > 1
    assert not list((tmp_path / "live").rglob(".working/*/*"))


def test_spools_of_a_process_that_was_killed_become_files_of_the_next_recording(tmp_path: Path) -> None:
    stage = Stage()
    drain = drained(stage)
    day_of(stage)
    parts = batches(drain)
    first = Recording(tmp_path, "parquet", TABLES)
    for part in parts:
        first.write(part)
    first._manifest.close()  # the kernel does so when a process ends
    assert units(tmp_path) == {}
    second = Recording(tmp_path, "parquet", TABLES)
    second.close()
    assert recorded(tmp_path) == as_events(numpy.concatenate([part.events for part in parts]))
    assert len(units(tmp_path)) == 1
    assert not list(tmp_path.rglob(".working/*/*"))


def test_a_period_ends_when_it_is_large_enough_or_time_has_passed(tmp_path: Path) -> None:
    stage = Stage()
    drain = drained(stage)
    day_of(stage)
    (part,) = batches(drain)
    by_size = Recording(tmp_path / "size", "parquet", TABLES, rotate_bytes=1)
    for piece in numpy.array_split(part.events, 3):
        by_size.write(type(part)(piece, part.instruments))
    by_size.close()
    assert len(units(tmp_path / "size")) == 3
    by_time = Recording(tmp_path / "time", "parquet", TABLES, rotate_every_ns=60 * SECOND)
    by_time.write(part)
    by_time.tick(59 * SECOND)
    assert by_time._period is not None
    by_time.tick(60 * SECOND)
    assert by_time._period is None
    by_time.close()
    assert recorded(tmp_path / "size") == recorded(tmp_path / "time")


def test_what_was_lost_is_a_row_of_gaps(tmp_path: Path) -> None:
    stage = Stage(capacities=replace(SMALL, events=16))
    drain = drained(stage)
    day_of(stage)
    recording = Recording(tmp_path, "parquet", ["gaps", "orders"])
    for part in batches(drain):
        recording.write(part)
    recording.close()
    (unit,) = units(tmp_path)
    rows = tables_of(tmp_path, unit)["gaps"].filter(pc.field("kind") == "loss").to_pylist()
    assert [(row["channel"], row["first"], row["count"]) for row in rows] == [("channel", 0, drain.lost)]
    assert drain.lost > 0


def test_a_folder_that_cannot_be_used_is_told_and_the_run_goes_on(tmp_path: Path) -> None:
    capture = Capture(tmp_path).write(packets(DAY, 3))
    (tmp_path / "tables").write_text("a file")
    application = replayed(parse(CONFIGURATION % (tmp_path / "tables", "parquet", "1h"), "a.yaml"), capture)
    assert OutputError.__name__ in application.raised_strategies["tables"]
    assert application.figures().heard
