"""`feedhandler diff` as users call it: equal, different, one decoder only, and oracles of both forms."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from feedhandler.cli.exit_codes import ExitCode
from tests.cli.builders import add, delete, packet
from tests.cli.conftest import Run

pytestmark = pytest.mark.interpreted

Write = Callable[[Sequence[Any]], Path]
ADDED = [
    ("messageindex", "1"), ("messagetype", "A"), ("stocklocate", "1"), ("trackingnumber", "0"),
    ("timestamp", "34200000000000"), ("orderreferencenumber", "11"), ("buysellindicator", "B"), ("shares", "100"),
    ("stock", "AAPL"), ("price", "185"),
]  # fmt: skip
DELETED = [
    ("messageindex", "1"), ("messagetype", "D"), ("stocklocate", "1"), ("trackingnumber", "0"),
    ("timestamp", "34200000000000"), ("orderreferencenumber", "11"),
]  # fmt: skip
SENT = [packet(1, [add(1, 11, "B", 100, "AAPL", 1_850_000)]), packet(2, [delete(1, 11)])]


def oracle(folder: Path, *packets: Sequence[tuple[str, str]]) -> Path:
    file = folder / "oracle.jsonl.gz"
    with gzip.open(file, "wt") as lines:
        for number, fields in enumerate(packets, 1):
            lines.write(json.dumps({"file": "day.pcap", "frame": number, "fields": fields}) + "\n")
    return file


def test_packets_that_agree_end_well(run: Run, capture: Write, tmp_path: Path) -> None:
    ran = run("diff", "--feed", "nasdaq_itch50", capture(SENT), "--oracle", oracle(tmp_path, ADDED, DELETED), "--json")
    assert (ran.code, ran.data["agrees"], ran.data["packets"]) == (0, True, 2)
    assert [(one["message"], one["compared"], one["equal"]) for one in ran.data["messages"]] == [
        ("AddOrder", 9, 9), ("OrderDelete", 5, 5),
    ]  # fmt: skip


def test_a_difference_is_told_and_changes_the_exit_code(run: Run, capture: Write, tmp_path: Path) -> None:
    wrong = [(name, "101" if name == "shares" else text) for name, text in ADDED]
    ran = run("diff", "--feed", "nasdaq_itch50", capture(SENT), "--oracle", oracle(tmp_path, wrong, DELETED))
    assert ran.code == ExitCode.DIFFERENT
    assert "different: day.pcap frame 1 message 1 AddOrder.shares: 100, the oracle '101'" in ran.out
    assert ran.out.endswith("NOT EQUAL\n")


def test_a_packet_that_only_one_of_them_has_is_a_problem(run: Run, capture: Write, tmp_path: Path) -> None:
    ran = run("diff", "--feed", "nasdaq_itch50", capture(SENT), "--oracle", oracle(tmp_path, ADDED), "--json")
    assert (ran.code, ran.data["problems"]) == (ExitCode.DIFFERENT, ["day.pcap frame 2: the oracle has no such packet"])


def test_what_tshark_writes_is_compared_with_a_map_of_one_s_own(run: Run, capture: Write, tmp_path: Path) -> None:
    layer = ", ".join(f'"mine.{name}": "{text}"' for name, text in ADDED)
    file = tmp_path / "tshark.json"
    file.write_text(f'[{{"_source": {{"layers": {{"frame": {{"frame.number": "1"}}, "mine": {{{layer}}}}}}}}}]')
    rules = tmp_path / "map.yaml"
    rules.write_text("not_compared: {messageindex: mine}\n")
    command = ("diff", "--feed", "nasdaq_itch50", "--oracle", file, "--map", rules)
    assert run(*command, capture(SENT[:1])).code == 0
    two = run(*command, capture(SENT[:1]), capture(SENT[:1]))
    assert (two.code, "is of one capture, and 2 were given" in two.events[-1]) == (ExitCode.USAGE, True)


def test_an_oracle_of_other_captures_has_no_data(run: Run, tmp_path: Path, captures: Path) -> None:
    place = captures / "nasdaq/Nasdaq.Equities.TotalView.Itch.v5.0"
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    ran = run("diff", "--feed", "nasdaq_itch50", place / "Multiple.Packets.pcap", "--oracle", empty)
    assert ran.code == ExitCode.DIFFERENT
    broken = run("diff", "--feed", "nasdaq_itch50", place / "Multiple.Packets.pcap", "--oracle", tmp_path / "none")
    assert (broken.code, "cannot be read" in broken.events[-1]) == (ExitCode.INPUT, True)
