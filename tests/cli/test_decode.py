"""`feedhandler decode` as users call it: every message in file order, against a third party's dissector, and damage."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from feedhandler.cli.exit_codes import ExitCode
from feeds.nasdaq_itch50.messages import MESSAGES, AddOrder
from tests.cli.builders import ADDRESS_A, CONFIGURATION, DAY, Capture, binaryfile, packet, packets
from tests.cli.conftest import Run
from tests.feeds.nasdaq_itch50.test_messages import (
    DISSECTOR_NAMES,
    FOLDERS,
    NOT_GIVEN,
    comparable,
    dissected_messages,
)  # fmt: skip

pytestmark = pytest.mark.interpreted

FEED = ("--feed", "nasdaq_itch50")
BY_NAME = {message.__name__: message for message in MESSAGES}


@pytest.fixture
def written(tmp_path: Path) -> Capture:
    return Capture(tmp_path)


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_field_of_every_line_agrees_with_the_dissector(run: Run, captures: Path, folder: str) -> None:
    place = captures / "nasdaq" / folder
    ran = run("decode", *FEED, *sorted(place.glob("*.pcap")), "--json")
    assert (ran.code, ran.log) == (0, [])
    decoded: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in ran.lines:
        decoded[f"{Path(line['file']).name} frame {line['frame']}"].append(line)
    seen = 0
    for dissected in dissected_messages(place):
        where, _, number = dissected.place.rpartition(" message ")
        line = decoded[where][int(number) - 1]
        message = BY_NAME[line["message"]]
        unread = dict(dissected.dissected)
        for field, value in line["fields"].items():
            key = (message.__name__, field)
            text = unread.pop(DISSECTOR_NAMES.get(key, field.replace("_", "")), None)
            expected = "" if text is None and key in NOT_GIVEN else comparable(message, field, str(text))
            assert value == expected, f"{dissected.place}: {field}"
        assert not unread, f"{dissected.place}: {unread} is missing"
        seen += 1
    assert seen == len(ran.lines) > 0


def test_a_line_has_the_promised_shape(run: Run, written: Capture) -> None:
    file = written.write(packets(DAY, 4))
    assert run("decode", *FEED, file, "--json").lines[3] == {
        "file": str(file),
        "frame": 1,
        "channel": ADDRESS_A,
        "sequence": 4,
        "message": "AddOrder",
        "fields": AddOrder.decode(DAY[3]),
    }


def test_nothing_is_arbitrated_merged_or_ordered(run: Run, written: Capture) -> None:
    first, second = packets(DAY[:4], 2)
    late = written.write([(second, "A"), (second, "B"), (first, "A")], "late.pcap", start_ns=2_000_000_000)
    early = written.write([first], "early.pcap", start_ns=1_000_000_000)
    lines = run("decode", *FEED, late, early, "--json").lines
    assert [(Path(line["file"]).stem, line["frame"], line["channel"][8:11], line["sequence"]) for line in lines] == [
        ("late", 1, "0.1", 3), ("late", 1, "0.1", 4), ("late", 2, "0.2", 3), ("late", 2, "0.2", 4),
        ("late", 3, "0.1", 1), ("late", 3, "0.1", 2), ("early", 1, "0.1", 1), ("early", 1, "0.1", 2),
    ]  # fmt: skip


def test_a_file_of_messages_counts_records_and_messages_from_one(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "day.itch"
    file.write_bytes(binaryfile(DAY * 20))
    lines = run("decode", *FEED, file, "--json").lines
    numbers = [number + 1 for number in range(len(DAY) * 20)]
    assert [line["frame"] for line in lines] == numbers
    assert [line["sequence"] for line in lines] == numbers
    assert {line["channel"] for line in lines} == {"file"}


def test_a_configuration_names_channels_and_leaves_other_traffic_out(
    run: Run, written: Capture, tmp_path: Path
) -> None:
    configuration = tmp_path / "one.yaml"
    configuration.write_text(CONFIGURATION.replace("{name: B, group: 239.192.0.2", "{name: B, group: 239.192.0.3"))
    file = written.write([(payload, line) for payload in packets(DAY, 6) for line in "AB"])
    lines = run("decode", configuration, file, "--json").lines
    assert [line["channel"] for line in lines] == ["itch"] * len(DAY)


def test_what_cannot_be_read_is_listed_with_its_reason_and_bytes(run: Run, written: Capture) -> None:
    sent = [
        b"short",
        packet(1, [b"z" + bytes(9), AddOrder.encode()[:-1]]),
        packet(3, [DAY[0]], count=2),
        packet(5, [DAY[0]]) + b"!",
    ]
    lines = run("decode", *FEED, written.write(sent), "--json").lines
    assert [(line["sequence"], line["message"], line.get("error"), line.get("bytes")) for line in lines] == [
        (None, None, "packet_short", b"short".hex()),
        (1, None, "message_unknown", (b"z" + bytes(9)).hex()),
        (2, "AddOrder", "message_length", AddOrder.encode()[:-1].hex()),
        (3, "SystemEvent", None, None),
        (4, None, "packet_blocks", ""),
        (5, "SystemEvent", None, None),
        (6, None, "packet_trailing", b"!".hex()),
    ]
    assert lines[1]["type"] == "z"


def test_every_cut_of_a_packet_is_listed_and_none_raises(run: Run, written: Capture) -> None:
    whole = packet(1, DAY[:4])
    file = written.write([whole[:size] for size in range(len(whole))])
    lines = run("decode", *FEED, file, "--json").lines
    assert {line["frame"] for line in lines} == set(range(1, len(whole) + 1))
    assert all(any("error" in line for line in lines if line["frame"] == frame + 1) for frame in range(len(whole)))


def test_people_get_a_listing(run: Run, written: Capture) -> None:
    ran = run("decode", *FEED, written.write([packet(1, [DAY[3], b"z"])]))
    first, second = ran.out.splitlines()
    assert "AddOrder message_type=A stock_locate=1" in first
    assert "type 'z': message_unknown: 7a" in second


@pytest.mark.parametrize(
    ("content", "code"), [(None, ExitCode.INPUT), (b"garbage of no kind", ExitCode.INPUT), (b"", ExitCode.NO_DATA)]
)
def test_files_that_hold_nothing_of_the_feed_end_with_their_codes(
    run: Run, tmp_path: Path, content: bytes | None, code: ExitCode
) -> None:
    file = tmp_path / "file"
    if content is not None:
        file.write_bytes(content)
    ran = run("decode", *FEED, file, "--json")
    assert (ran.code, ran.out) == (code, "")
    assert str(file) in ran.events[-1]


def test_a_cut_off_capture_is_decoded_up_to_the_cut(run: Run, written: Capture) -> None:
    file = written.write(packets(DAY, 1))
    file.write_bytes(file.read_bytes()[:-1])
    ran = run("decode", *FEED, file, "--json")
    assert (ran.code, len(ran.lines)) == (0, len(DAY) - 1)
    assert "cut off" in ran.events[-1]


def test_a_reader_that_has_seen_enough_ends_it_without_a_traceback(written: Capture) -> None:
    file = written.write(packets(DAY * 2_000, 10))
    command = [sys.executable, "-m", "feedhandler.cli.main", "decode", *FEED, str(file), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["sequence"] == 1
        process.stdout.close()
        log = process.stderr.read()
    assert "Traceback" not in log
