"""`feedhandler replay` as users call it: figures, books, gaps, damage, and how it ends."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from feedhandler.cli.exit_codes import ExitCode
from tests.appliances import metamako
from tests.cli.builders import (
    AAPL,
    ADDRESS_A,
    CONFIGURATION,
    DAY,
    SECOND,
    START,
    Capture,
    add,
    binaryfile,
    packet,
    packets,
)  # fmt: skip
from tests.cli.conftest import Run
from tests.replay import builders as frame

pytestmark = pytest.mark.interpreted

FEED = ("--feed", "nasdaq_itch50")


@pytest.fixture
def written(tmp_path: Path) -> Capture:
    return Capture(tmp_path)


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    file = tmp_path / "two_lines.yaml"
    file.write_text(CONFIGURATION)
    return file


def test_the_result_has_the_promised_shape_and_the_true_books(run: Run, written: Capture) -> None:
    ran = run("replay", *FEED, written.write(packets(DAY, 3)), "--symbols", "AAPL,MSFT", "--depth", 1, "--json")
    assert ran.code == 0
    result = ran.data
    counted = ("frames", "packets", "messages", "duplicates", "gaps", "unknown_messages")
    assert {key: result[key] for key in counted} == {
        "frames": 4, "packets": 4, "messages": 11, "duplicates": 0, "gaps": [], "unknown_messages": 0,
    }  # fmt: skip
    assert (result["errors"], result["orders_live"], result["events"], result["problems"]) == ({}, 4, 11, [])
    assert len(result["digest"]) == 16
    assert int(result["digest"], 16) >= 0
    assert result["elapsed_s"] > 0
    assert 0 < result["ns_per_message"] <= result["ns_per_message_total"]
    assert result["trading_date"] == "2023-08-22"
    assert result["books"] == {
        "AAPL": AAPL,
        "MSFT": {
            "quality": "CURRENT", "sequence": 11, "venue_time_ns": START, "bids": [], "asks": [["410", 50, 1]],
            "last_trade": ["409.995", 25],
        },
    }  # fmt: skip


def test_the_digest_does_not_depend_on_lines_bundles_pace_or_container(
    run: Run, written: Capture, configuration: Path, tmp_path: Path
) -> None:
    both = [item for payload in packets(DAY, 2) for item in ((payload, "A"), (payload, "B"))]
    file = tmp_path / "day.itch"
    file.write_bytes(binaryfile(DAY))
    one_line = written.write(packets(DAY, 1), "one.pcap")
    results = [
        run("replay", *FEED, one_line, "--json"),
        run("replay", *FEED, written.write(packets(DAY, 11), "eleven.pcap"), "--json"),
        run("replay", *FEED, one_line, "--speed", 10, "--json"),
        run("replay", configuration, written.write(both, "two.pcap"), "--json"),
        run("replay", *FEED, file, "--json"),
        run("replay", configuration, file, "--json"),
    ]
    assert [ran.code for ran in results] == [0] * 6
    assert len({ran.data["digest"] for ran in results}) == 1
    assert [ran.data["duplicates"] for ran in results] == [0, 0, 0, 6, 0, 0]
    lines = results[3].data["channels"][0]["lines"]
    assert [(line["name"], line["first_arrivals"], line["duplicates"]) for line in lines] == [("A", 6, 0), ("B", 0, 6)]


def test_without_a_configuration_each_destination_is_a_channel(run: Run, written: Capture) -> None:
    both = [item for payload in packets(DAY, 4) for item in ((payload, "A"), (payload, "B"))]
    result = run("replay", *FEED, written.write(both), "--symbols", "AAPL", "--json").data
    assert [(channel["name"], channel["messages"]) for channel in result["channels"]] == [
        (ADDRESS_A, 11), ("239.192.0.2:26477", 11),
    ]  # fmt: skip
    assert list(result["books"]) == ["AAPL", "AAPL@239.192.0.2:26477"]


def test_what_no_line_brought_is_a_gap_and_makes_books_stale(run: Run, written: Capture) -> None:
    sent = packets(DAY, 1)
    del sent[7:9]
    result = run("replay", *FEED, written.write(sent), "--symbols", "AAPL", "--json").data
    assert result["gaps"] == [{"channel": ADDRESS_A, "first": 8, "count": 2}]
    assert result["books"]["AAPL"]["quality"] == "STALE"


def test_unknown_messages_are_counted_and_skipped(run: Run, written: Capture) -> None:
    sent = packet(1, [*DAY[:4], b"z" + bytes(9), DAY[4]])
    result = run("replay", *FEED, written.write([sent]), "--json").data
    assert (result["messages"], result["unknown_messages"], result["errors"]) == (6, 1, {"message_unknown": 1})


def test_symbols_match_patterns_and_unheard_ones_are_empty(run: Run, written: Capture) -> None:
    ran = run("replay", *FEED, written.write(packets(DAY, 3)), "--symbols", "A*,NONE,Z*", "--json")
    assert list(ran.data["books"]) == ["AAPL", "NONE"]
    assert ran.data["books"]["NONE"] == {"quality": "EMPTY", "sequence": 0, "bids": [], "asks": [], "last_trade": None}
    assert ran.events[-2:] == ["no instrument matches NONE", "no instrument matches Z*"]


def test_the_time_window_is_of_capture_time_in_any_of_its_spellings(run: Run, written: Capture) -> None:
    file = written.write(packets(DAY, 1), step_ns=SECOND)
    spelled = [
        ("--end", "2023-08-22T09:30:04"),
        ("--end", "09:30:03.5", "--date", "2023-08-22"),
        ("--end", "2023-08-22T13:30:04Z"),
        ("--end", START + 4 * SECOND),
    ]
    assert [run("replay", *FEED, file, *window, "--json").data["messages"] for window in spelled] == [4] * 4
    late = run("replay", *FEED, file, "--start", "2023-08-22T09:30:08", "--json").data
    assert (late["messages"], late["skipped"]) == (3, {"outside_window": 8})


def test_a_trading_date_turns_times_of_day_into_moments(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "day.itch"
    file.write_bytes(binaryfile(DAY))
    undated = run("replay", *FEED, file, "--symbols", "AAPL", "--json").data
    dated = run("replay", *FEED, file, "--symbols", "AAPL", "--date", "2023-08-22", "--json").data
    assert undated["trading_date"] is None
    assert undated["books"]["AAPL"]["venue_time_ns"] == (9 * 3600 + 30 * 60) * SECOND
    assert dated["books"]["AAPL"]["venue_time_ns"] == START
    assert undated["digest"] == dated["digest"]


def test_standard_input_is_a_capture(run: Run, written: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written.write(packets(DAY, 3))
    command = [sys.executable, "-m", "feedhandler.cli.main", "replay", *FEED, "-", "--json"]
    with file.open("rb") as stream:
        done = subprocess.run(command, stdin=stream, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["digest"] == run("replay", *FEED, file, "--json").data["digest"]


def test_a_cut_off_capture_is_used_up_to_the_cut_and_says_so(run: Run, written: Capture) -> None:
    file = written.write(packets(DAY, 1))
    file.write_bytes(file.read_bytes()[:-10])
    ran = run("replay", *FEED, file, "--json")
    assert (ran.code, ran.data["messages"]) == (0, 10)
    assert len(ran.data["problems"]) == 1
    assert "cut off" in ran.data["problems"][0]
    assert ran.data["problems"][0] in ran.events


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (None, ExitCode.INPUT, "cannot be read"),
        (b"garbage that is no capture", ExitCode.INPUT, "expected pcap"),
        (b"", ExitCode.NO_DATA, "no packet of feed nasdaq_itch50"),
    ],
)
def test_a_file_that_is_no_capture_is_named_with_a_code_of_its_own(
    run: Run, tmp_path: Path, content: bytes | None, code: ExitCode, words: str
) -> None:
    file = tmp_path / "file"
    if content is not None:
        file.write_bytes(content)
    ran = run("replay", *FEED, file, "--json")
    assert ran.code == code
    assert str(file) in ran.events[-1]
    assert words in ran.events[-1]


@pytest.mark.parametrize(
    ("payloads", "why"),
    [
        ([b"short", packet(1, [], count=3)], "none of which is a packet of it (1 packet_short, 1 packet_blocks)"),
        ([packet(1, [b"zz", b"yyy"])], "none of which is a packet of it (2 message_unknown)"),
    ],
)
def test_a_capture_without_a_packet_of_the_feed_is_no_success(
    run: Run, written: Capture, payloads: list[bytes], why: str
) -> None:
    ran = run("replay", *FEED, written.write(payloads), "--json")
    assert (ran.code, ran.data["orders_live"]) == (ExitCode.NO_DATA, 0)
    assert why in ran.events[-1]


def test_traffic_of_other_lines_is_named_as_that(run: Run, written: Capture, tmp_path: Path) -> None:
    file = tmp_path / "other.yaml"
    file.write_text(CONFIGURATION.replace("26477", "5000"))
    ran = run("replay", file, written.write(packets(DAY, 1)), "--json")
    assert ran.code == ExitCode.NO_DATA
    assert "nothing was sent to the configured lines 239.192.0.1:5000, 239.192.0.2:5000" in ran.events[-1]
    assert "11 unmatched" in ran.events[-1]


def test_a_heartbeat_is_a_packet_of_the_feed(run: Run, written: Capture) -> None:
    ran = run("replay", *FEED, written.write([packet(1, [], count=0)]), "--json")
    assert (ran.code, ran.data["packets"], ran.data["ns_per_message"]) == (0, 1, None)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("day.pcap",), "what is the feed?"),
        (("--feed", "nasdaq_itch50"), None),
        (("--feed", "nasdaq_itch5", "day.pcap"), "did you mean nasdaq_itch50?"),
        (("--feed", "nasdaq_itch50", "--variant", "bxx", "day.pcap"), "did you mean bx?"),
        (("--feed", "nasdaq_itch50", "--speed", "fast", "day.pcap"), "--speed fast: expected max"),
        (("--feed", "nasdaq_itch50", "--speed", "-1", "day.pcap"), "expected max"),
        (("--feed", "nasdaq_itch50", "--date", "yesterday", "day.pcap"), "expected a date such as"),
        (("--feed", "nasdaq_itch50", "--start", "09:30", "day.pcap"), "of which day?"),
        (("--feed", "nasdaq_itch50", "--end", "noon", "day.pcap"), "expected Unix nanoseconds"),
        (("--feed", "nasdaq_itch50", "one.yaml", "day.pcap"), "leave --feed nasdaq_itch50 out"),
        (("none.yaml", "day.pcap"), "none.yaml: no such file"),
    ],
)
def test_wrong_options_end_with_the_code_for_that_and_say_what_is_right(
    run: Run, arguments: tuple[str, ...], words: str | None
) -> None:
    ran = run("replay", *arguments)
    assert ran.code == ExitCode.USAGE
    if words is not None:
        assert words in ran.events[-1]


def test_people_get_tables(run: Run, written: Capture) -> None:
    ran = run("replay", *FEED, written.write(packets(DAY, 3)), "--symbols", "AAPL")
    assert ran.code == 0
    for words in ("11 in 4 packets", "SYNCHRONIZED", "AAPL", "CURRENT", "185.025"):
        assert words in ran.out


def test_two_symbols_of_a_configuration_filter_what_gets_books(run: Run, written: Capture, tmp_path: Path) -> None:
    file = tmp_path / "filtered.yaml"
    file.write_text(CONFIGURATION + "symbols: [MSFT]\n")
    result = run("replay", file, written.write(packets(DAY, 3)), "--symbols", "*", "--json").data
    assert (list(result["books"]), result["orders_live"]) == (["MSFT"], 1)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, ExitCode.INTERRUPTED), (signal.SIGTERM, ExitCode.TERMINATED)]
)
def test_a_signal_during_a_pause_ends_the_replay_with_its_summary(
    written: Capture, number: signal.Signals, code: ExitCode
) -> None:
    """The second packet is due in a thousand seconds."""
    file = written.write(packets(DAY[:6], 3), step_ns=1000 * SECOND)
    command = [sys.executable, "-m", "feedhandler.cli.main", "replay", *FEED, str(file), "--speed", "1", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert isinstance(process.stderr, io.TextIOBase)
        try:
            for line in process.stderr:
                if json.loads(line)["event"] == "replaying":
                    break
            os.kill(process.pid, number)
            out, log = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == code
    assert json.loads(out)["messages"] in (0, 3)
    last = json.loads(log.splitlines()[-1])
    assert (last["event"], last["signal"]) == ("ended early", number.name)


def test_a_full_day_of_one_order_more_than_fits_is_reported(run: Run, written: Capture, tmp_path: Path) -> None:
    file = tmp_path / "small.yaml"
    file.write_text(CONFIGURATION + "capacities: {orders: 2, levels: 8, instruments: 4}\n")
    orders = [add(1, 100 + number, "B", 100, "AAPL", 1_000_000 - number) for number in range(12)]
    result = run("replay", file, written.write(packets([*DAY[:2], *orders], 1)), "--symbols", "AAPL", "--json").data
    assert result["books"]["AAPL"]["quality"] == "STALE"
    assert result["errors"]["orders_full"] + result["errors"].get("levels_full", 0) == 10


def test_times_of_a_capture_appliance_are_read_where_an_option_or_the_configuration_says_whose(
    run: Run, tmp_path: Path
) -> None:
    frames = [frame.packet(payload, destination="239.192.0.1") + metamako(START) for payload in packets(DAY, 3)]
    path = tmp_path / "stamped.pcap"
    path.write_bytes(frame.pcap([frame.Record(START + 1_000, one) for one in frames]))
    asked = run("replay", *FEED, path, "--trailer", "metamako", "--json")
    assert asked.data["trailer"] == {"read": 4, "missing": 0, "impossible": 0, "keyframes": 0}
    checked = run("replay", *FEED, path, "--trailer", "metamako", "--frame-check", "--json")
    assert checked.data["trailer"]["read"] == 0
    configuration = tmp_path / "stamped.yaml"
    configuration.write_text(CONFIGURATION + "receiver: {kind: af_packet, trailer: metamako}\n")
    configured = run("replay", configuration, path, "--json")
    assert configured.data["trailer"]["read"] == 4
    plain = run("replay", *FEED, path, "--json")
    assert "trailer" not in plain.data
    assert plain.data["digest"] == asked.data["digest"] == checked.data["digest"]
