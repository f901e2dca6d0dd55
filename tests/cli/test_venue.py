"""`feedhandler venue` as users call it: in a process of its own where it is stopped, else in this one."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from feedhandler.cli.exit_codes import ExitCode
from tests.conftest import ROOT
from tests.packets import binaryfile_messages, moldudp64_messages
from tests.simulation.live.hearing import LONG, Ears, sequence_and_count, two_lines

SHORT = ["--seconds", "0.3", "--rate", "5000", "--symbols", "8", "--live-orders", "100"]


def option(lines: list[tuple[str, int]]) -> list[str]:
    return ["--lines", ",".join(f"{group}:{port}" for group, port in lines)]


def test_a_venue_publishes_ends_by_itself_and_says_what_it_did(run, tmp_path: Path) -> None:
    lines = two_lines()
    truth, record = tmp_path / "truth.json", tmp_path / "published.itch"
    with Ears(lines) as ears:
        ran = run(
            "venue", *option(lines), *SHORT, "--retransmission", "127.0.0.1:0", "--loss-together", "0.05",
            "--truth", truth, "--record", record, "--json",
        )  # fmt: skip
        heard = [ears.heard(line) for line in (0, 1)]
    assert ran.code == 0, ran.log
    assert ran.data["messages"] == 1_500
    assert len(list(binaryfile_messages(record))) == 1_500 + 1
    assert heard[0][:-1] == heard[1][:-1]
    carried = sum(len(moldudp64_messages(payload)) for payload in heard[0])
    assert 0.8 * 1_500 < carried < 1_500
    books = json.loads(truth.read_text())
    assert books["sequence"] == 1_500
    assert books["orders_live"] == ran.data["orders_live"] > 0
    (ready,) = (entry for entry in ran.log if entry["event"] == "publishing")
    assert ready["retransmission"].startswith("127.0.0.1:")


def test_a_configuration_says_where_to_publish(run, tmp_path: Path) -> None:
    (group, port), (other, _) = lines = two_lines()
    file = tmp_path / "one.yaml"
    file.write_text(
        f"""name: one
feed: nasdaq_itch50
channels:
  - name: first
    lines: [{{name: A, group: 239.255.255.1, port: 1}}]
  - name: second
    lines:
      - {{name: A, group: {group}, port: {port}}}
      - {{name: B, group: {other}, port: {port}}}
"""
    )
    with Ears(lines) as ears:
        ran = run("venue", file, "--channel", "second", *SHORT)
        assert sequence_and_count(ears.heard(1)[-1]) == (1_501, 0xFFFF)
    assert ran.code == 0, ran.log
    assert "1,500 messages" in ran.out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_day_with_its_end_said_and_a_summary(number: signal.Signals) -> None:
    lines = two_lines()
    arguments = ["venue", *option(lines), "--rate", "2000", "--symbols", "8", "--live-orders", "100", "--json"]
    with Ears(lines) as ears:
        process = subprocess.Popen(
            [sys.executable, "-m", "feedhandler.cli.main", *arguments],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        killer = threading.Timer(10 * LONG, process.kill)
        killer.start()
        try:
            assert process.stderr is not None
            assert json.loads(process.stderr.readline())["event"] == "publishing"
            process.send_signal(number)
            out, log = process.communicate(timeout=LONG)
        finally:
            killer.cancel()
            process.kill()
            process.wait()
        end = sequence_and_count(ears.heard(0)[-1])
    assert process.returncode == {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}[number], log
    assert end == (json.loads(out)["messages"] + 1, 0xFFFF)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ([], "where to publish? Expected a configuration or --lines"),
        (["missing.yaml"], "missing.yaml: no such file"),
        (["--lines", "239.1.1.1"], "--lines 239.1.1.1: expected an address and a port"),
        (["--lines", "239.1.1.1:70000"], "expected an address and a port"),
        (["--lines", "10.1.1.1:7000"], "10.1.1.1 is no multicast group"),
        (["--lines", "239.1.1.1:7000", "--pacing", "odd"], "--pacing odd: expected traffic or even"),
        (["--lines", "239.1.1.1:7000", "--interface", "eth77"], "--interface: there is no interface eth77"),
        (["--lines", "239.1.1.1:7000", "--retransmission", "here"], "--retransmission here: expected an address"),
        (["--lines", "239.1.1.1:7000", "--loss", "2"], "loss is 2.0; a share from 0 to 1 is expected"),
        (["--lines", "239.1.1.1:7000", "--feed", "nasdaq_itch"], "did you mean nasdaq_itch50"),
        (["configs/demo.yaml", "--lines", "239.1.1.1:7000"], "leave --lines and --retransmission out"),
        (["configs/demo.yaml", "--channel", "none"], "configs/demo.yaml has no channel none; its channels are"),
    ],
)
def test_wrong_options_say_what_would_be_right(run, monkeypatch, options: list[str], text: str) -> None:
    monkeypatch.chdir(ROOT)
    ran = run("venue", *options)
    assert ran.code == 2
    assert text in " ".join(ran.events)
