"""`feedhandler run`: what is heard, how it ends, and what it says, as a process that hears loopback."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from feedhandler.cli.exit_codes import ExitCode
from feedhandler.observe.summary import price_text
from replay.pcap_writer import PcapWriter
from tests.cli.builders import AAPL, DAY, START, packet, packets
from tests.cli.conftest import Run
from tests.cli.live import Lines, Process, RetransmissionServer, held_socket
from tests.conftest import INTERPRETED, ROOT
from tests.receivers.loopback import free_port
from tests.streams import end_of_session, heartbeat

pytestmark = pytest.mark.skipif(INTERPRETED, reason="a live run is compiled; the same code is interpreted in test_app")

DATE = ("--date", "2023-08-22")  # that of the builders' messages


@pytest.fixture
def lines() -> Iterator[Lines]:
    made = Lines()
    yield made
    made.close()


@pytest.fixture
def write(tmp_path: Path, lines: Lines):
    """Write a configuration that hears the lines; returns its file and that of the status."""

    def call(more: str = "", **named: str) -> tuple[Path, Path]:
        status = tmp_path / "status.json"
        file = tmp_path / "live.yaml"
        file.write_text(lines.configuration("live", f"status: {{file: {status}, every: 100ms}}\n{more}", **named))
        return file, status

    return call


def test_a_live_run_ends_on_sigterm_with_the_books_and_the_digest_of_its_replay(
    run: Run, tmp_path: Path, lines: Lines, write
) -> None:
    file, status = write()
    sent = packets(DAY, 3)
    with Process("run", file, *DATE, "--symbols", "AAPL", "--json") as process:
        process.wait_until_ready()
        lines.send_to_all(sent)
        process.wait_for_sequence(status, len(DAY))
        process.signal(signal.SIGTERM)
        assert process.end() == ExitCode.TERMINATED, process.told
    live = process.data
    assert live["messages"] == len(DAY)
    assert live["books"]["AAPL"] == AAPL
    (channel,) = live["channels"]
    assert (channel["state"], channel["quality"], channel["sequence"]) == ("SYNCHRONIZED", "CURRENT", len(DAY))
    by_name = {line["name"]: line for line in channel["lines"]}
    assert {name: line["packets"] for name, line in by_name.items()} == {"A": len(sent), "B": len(sent)}
    assert by_name["A"]["first_arrivals"] + by_name["B"]["first_arrivals"] == len(sent) == channel["duplicates"]
    (receiver,) = live["pipelines"][0]["receivers"]
    assert (receiver["kind"], receiver["frames"], receiver["dropped_kernel"]) == ("socket", 2 * len(sent), 0)
    assert not status.exists()
    replayed = run("replay", file, lines.capture(tmp_path / "live.pcap", sent), "--json", *DATE).data
    assert (live["digest"], live["events"]) == (replayed["digest"], replayed["events"])


def test_the_start_says_what_was_obtained(lines: Lines, write) -> None:
    core = min(os.sched_getaffinity(0))
    file, _ = write()
    text = file.read_text().replace("  - name: itch\n", f"  - name: itch\n    core: {core}\n")
    file.write_text(text)
    with Process("run", file, *DATE, "--seconds", "0.5", "--json") as process:
        assert process.end() == ExitCode.NO_DATA, process.told
    (ready,) = process.entries("channel ready")
    assert (ready["channel"], ready["core"], ready["prefault"]) == ("itch", core, False)
    assert ready["memory"].endswith("MiB")
    (receiver,) = process.entries("receiver open")
    assert (receiver["kind"], receiver["mode"]) == ("socket", "block")
    assert [(entry["line"], entry["group"], entry["interface"]) for entry in process.entries("line heard")] == [
        (f"itch {name}", group, "lo") for name, group in lines.groups.items()
    ]
    assert all(entry["receive_buffer"] for entry in process.entries("line heard"))
    assert "nothing came to" in process.log[-1]["event"]


def test_sigint_ends_a_run_too_and_a_second_start_takes_it_up_from_the_venue(lines: Lines, write) -> None:
    file, status = write()
    sent = packets(DAY, 3)
    digests = []
    for number, how in ((signal.SIGINT, ExitCode.INTERRUPTED), (signal.SIGTERM, ExitCode.TERMINATED)):
        with Process("run", file, *DATE, "--json") as process:
            process.wait_until_ready()
            lines.send_to_all(sent)
            process.wait_for_sequence(status, len(DAY))
            process.signal(number)
            assert process.end() == how, process.told
        digests.append(process.data["digest"])
    assert digests[0] == digests[1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_the_pipeline_is_compiled_ends_the_run_and_the_compiler(
    write, tmp_path: Path, number: signal.Signals
) -> None:
    file, _ = write()
    with Process("run", file, environment={"FEEDHANDLER_CACHE": str(tmp_path / "cache")}) as process:
        process.wait_for(lambda entry: entry["event"].startswith("compiling"))
        compiler = process.wait_for_child()
        process.signal(number)
        assert process.end() == 128 + number, process.told
        assert process.log[-1]["event"] == f"ended by {number.name} before there was anything to sum up"
        assert not process.other
    assert not Path(f"/proc/{compiler}").exists()


def test_after_kill_9_a_restart_gets_the_same_books_from_what_the_venue_resends(run: Run, lines: Lines, write) -> None:
    file, status = write()
    sent = packets(DAY, 3)
    with Process("run", file, *DATE, "--json") as process:
        process.wait_until_ready()
        lines.send_to_all(sent[:2])
        process.wait_for_sequence(status, 6)
        process.signal(signal.SIGKILL)
        assert process.end() == -signal.SIGKILL
    ran = run("health", file)
    assert ran.code == ExitCode.FAILED
    assert f"process {process.pid} is gone" in ran.out
    with Process("run", file, *DATE, "--symbols", "AAPL", "--json") as process:
        process.wait_until_ready()
        lines.send_to_all(sent)
        process.wait_for_sequence(status, len(DAY))
        process.signal(signal.SIGTERM)
        process.end()
    assert process.data["books"]["AAPL"] == AAPL


def test_health_tells_a_process_that_polls_from_books_that_are_current(run: Run, lines: Lines, write) -> None:
    file, status = write("limits: {heartbeat: 200ms}\n")
    assert run("health", file).code == ExitCode.FAILED
    sent = packets(DAY, 3)
    with Process("run", file, *DATE, "--json") as process:
        process.wait_until_ready()
        lines.send_to_all(sent[:1])
        process.wait_for_sequence(status, 3)
        process.wait_for(lambda entry: entry["event"] == "channel is" and entry["quality"] == "CURRENT")
        # Nothing more comes: the heartbeat limit passes.
        process.wait_for(lambda entry: entry["event"] == "channel is" and entry["quality"] == "STALE")
        process.wait_for_status(status, lambda status: status["channels"][0]["quality"] == "STALE")
        ran = run("health", file, "--polling")
        assert ran.code == 0
        assert "live: polling" in ran.out
        assert "channel itch is STALE: nothing is heard" in ran.out
        assert run("health", file).code == ExitCode.NOT_CURRENT
        told = run("health", file, "--json").data
        assert (told["polling"], told["current"], told["status"]["pid"]) == (True, False, process.pid)
        process.signal(signal.SIGTERM)
        assert process.end() == ExitCode.TERMINATED


def test_a_session_ends_and_the_next_one_begins(lines: Lines, write) -> None:
    file, _ = write()
    first, second = packets(DAY, 3), [packet(at, DAY[at - 1 : at + 2], session="SESSION002") for at in (1, 4)]
    with Process("run", file, *DATE, "--json") as process:
        process.wait_until_ready()
        lines.send_to_all([*first, end_of_session(len(DAY) + 1)])
        process.wait_for(lambda entry: entry["event"] == "channel is" and entry["state"] == "ENDED")
        lines.send_to_all([*second, heartbeat(7, session="SESSION002")])
        process.wait_for(
            lambda entry: entry["event"] == "channel is" and (entry["state"], entry["sequence"]) == ("SYNCHRONIZED", 6)
        )
        process.signal(signal.SIGTERM)
        process.end()
    assert process.data["channels"][0]["sessions"] == 2


def test_what_is_refused_is_shown_with_its_first_bytes(lines: Lines, write) -> None:
    file, _ = write()
    with Process("run", file, *DATE, "--json") as process:
        process.wait_until_ready()
        lines.send([b"\x01\x02\x03"])
        refused = process.wait_for(lambda entry: entry.get("reason") == "packet_short")
        process.signal(signal.SIGTERM)
        process.end()
    assert (refused["channel"], refused["bytes"], refused["first"]) == ("itch", 3, "01 02 03")


def test_channels_of_two_cores_have_a_pipeline_and_a_receiver_each_and_one_digest(
    tmp_path: Path, run: Run
) -> None:
    cores = sorted(os.sched_getaffinity(0))[:2]
    if len(cores) < 2:
        pytest.skip("this process may use one core only")
    one, two = Lines(("A",)), Lines(("A",))
    file, status = tmp_path / "two.yaml", tmp_path / "status.json"
    text = one.configuration("two", f"status: {{file: {status}, every: 100ms}}\n")
    other = (
        f"    core: {cores[0]}\n  - name: other\n    core: {cores[1]}\n"
        f"    lines: [{{name: A, group: {two.groups['A']}, port: {two.port}}}]\n"
    )
    file.write_text(text.replace("receiver:", f"{other}receiver:", 1))
    with Process("run", file, *DATE, "--json") as process:
        process.wait_for(lambda entry: entry["event"] == "channel ready" and entry["channel"] == "other")
        one.send(packets(DAY, 3))
        two.send(packets(DAY[:6], 3))
        process.wait_for_sequence(status, len(DAY))
        process.wait_for(lambda entry: entry["event"] == "channel is" and entry["channel"] == "other"
                         and entry["quality"] == "CURRENT")  # fmt: skip
        process.signal(signal.SIGTERM)
        assert process.end() == ExitCode.TERMINATED, process.told
    assert [pipeline["core"] for pipeline in process.data["pipelines"]] == cores
    assert [channel["messages"] for channel in process.data["channels"]] == [len(DAY), 6]
    captured = tmp_path / "both.pcap"
    with PcapWriter(captured) as writer:
        for place, (sent, lines) in enumerate([(packets(DAY, 3), one), (packets(DAY[:6], 3), two)]):
            for number, payload in enumerate(sent):
                writer.write(START + place * 1_000_000_000 + number, lines.groups["A"], lines.port, payload)
    assert run("replay", file, captured, "--json", *DATE).data["digest"] == process.data["digest"]
    one.close()
    two.close()


def test_the_view_shows_books_lines_and_what_was_asked_for(lines: Lines, write) -> None:
    file, status = write()
    with Process("run", file, *DATE, "--view", "--symbols", "A*", terminal=True,
                 environment={"TERM": "xterm-256color"}) as process:  # fmt: skip
        process.wait_until_ready()
        lines.send_to_all(packets(DAY, 3))
        process.wait_for_sequence(status, len(DAY))
        # Symbols are looked up once a second.
        process.wait_for_output("185.025")
        process.signal(signal.SIGTERM)
        assert process.end() == ExitCode.TERMINATED, process.told
    for words in ("feedhandler run live", "AAPL", "CURRENT", "SYNCHRONIZED", "11 messages"):
        assert words in process.out
    assert "digest" in process.out.rpartition("feedhandler run live")[2]


def test_without_a_terminal_there_is_no_view(run: Run, write) -> None:
    file, _ = write()
    ran = run("run", file, "--view")
    assert ran.code == ExitCode.USAGE
    assert "--view draws in a terminal" in ran.events[-1]


# ------------------------------------------------------------------------------------------------------------- recovery

PATIENT = "limits: {request_after: 1ms, give_up_after: 60s}\n"


def test_what_both_lines_lost_is_asked_for_and_the_digest_is_that_without_loss(
    run: Run, tmp_path: Path, lines: Lines, write
) -> None:
    sent = packets(DAY, 3)
    with RetransmissionServer(DAY) as server:
        file, status = write(
            f"{PATIENT}retransmission: {{servers: [{{address: 127.0.0.1, port: {server.port}}}], "
            "reply_interface: lo, retry_after: 50ms}\n"
        )
        with Process("run", file, *DATE, "--symbols", "AAPL", "--json") as process:
            process.wait_until_ready()
            lines.send_to_all([sent[0], *sent[2:]])
            process.wait_for_sequence(status, len(DAY))
            process.signal(signal.SIGTERM)
            assert process.end() == ExitCode.TERMINATED, process.told
    live = process.data
    replayed = run("replay", file, lines.capture(tmp_path / "live.pcap", sent), "--json", *DATE).data
    assert live["digest"] == replayed["digest"]
    assert live["books"]["AAPL"]["quality"] == "CURRENT"
    (channel,) = live["channels"]
    assert (channel["gap_count"], channel["holes_filled"]) == (0, 1)
    assert server.asked[0] == (4, 3)
    replies = channel["lines"][-1]
    assert (replies["name"], replies["replies"], replies["first_arrivals"] > 0) == ("replies", True, True)
    recovery = channel["recovery"]
    assert (recovery["wishes"], recovery["asked"], recovery["filled"], recovery["lost"]) == (1, 3, 3, 0)
    heard = process.entries("line heard")[-1]
    assert (heard["line"], heard["interface"], heard["group"]) == ("itch replies", "lo", None)


def test_what_nobody_has_becomes_a_gap_that_is_told_and_the_books_are_stale(lines: Lines, write) -> None:
    sent = packets(DAY, 3)
    file, status = write("limits: {request_after: 1ms, give_up_after: 50ms}\n")
    with Process("run", file, *DATE, "--symbols", "AAPL", "--json") as process:
        process.wait_until_ready()
        lines.send_to_all([sent[0], *sent[2:]])
        process.wait_for_sequence(status, len(DAY))
        process.signal(signal.SIGTERM)
        process.end()
    alarm = next(entry for entry in process.log if entry.get("alarm") == "gap")
    assert (alarm["channel"], alarm["event"]) == (
        "itch", "messages 4 to 6 did not come and were given up; books are stale",
    )  # fmt: skip
    assert process.data["gaps"] == [{"channel": "itch", "first": 4, "count": 3}]
    assert process.data["books"]["AAPL"]["quality"] == "STALE"


def test_a_line_that_falls_silent_is_told_by_its_name(lines: Lines, write) -> None:
    file, _ = write("limits: {heartbeat: 300ms}\n")
    with Process("run", file, *DATE, "--json") as process:
        process.wait_until_ready()
        lines.send_to_all(packets(DAY, 3))
        for _ in range(1_000):
            if process.alarms("line silent"):
                break
            lines.send([heartbeat(len(DAY) + 1)])
            process.wait_a_moment()
        process.signal(signal.SIGTERM)
        process.end()
    first = process.alarms("line silent")[0]
    assert (first["channel"], first["line"]) == ("itch", "B")
    a, b = process.data["channels"][0]["lines"]
    assert (a["silences"], b["silences"], b["silent"]) == (0, 1, True)


# ------------------------------------------------------------------------------------------------------ what is refused


def test_a_group_whose_port_another_process_holds_is_told_with_what_would_mend_it(lines: Lines, write) -> None:
    file, _ = write()
    held = held_socket(lines.groups["A"], lines.port)
    try:
        with Process("run", file, *DATE) as process:
            assert process.end() == ExitCode.FAILED, process.told
    finally:
        held.close()
    told = process.log[-1]["event"]
    assert "receiver socket cannot be opened" in told
    assert f"{lines.groups['A']}:{lines.port}" in told
    assert "another process holds the port" in told


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("interface: lo", "interface: lo9", "8: receiver.interface", "there is no interface lo9; there are lo"),
        ("wait: block", "wait: sometimes", "8: receiver.wait", "found 'sometimes'; expected 'spin' or 'block'"),
        ("wait: block", "wiat: block", "8: receiver.wiat", "unknown key; did you mean wait?"),
        ("receive_buffer: 64KiB", "receive_buffer: 1B", "8: receiver.receive_buffer",
         "found 1B; expected at least 4KiB"),
        ("{interface: lo,", "{kind: sockett, interface: lo,", "8: receiver.kind", "did you mean socket?"),
        ("{interface: lo,", "{kind: capture, interface: lo,", "8: receiver.kind", "hears no lines"),
    ],
)  # fmt: skip
def test_a_receiver_that_cannot_be_is_refused_with_file_and_line(
    run: Run, write, old: str, new: str, place: str, words: str
) -> None:
    file, _ = write()
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    ran = run("run", file)
    assert ran.code == ExitCode.USAGE
    assert ran.events[-1].startswith(f"{file}:{place}: "), ran.events
    assert words in ran.events[-1]


def test_a_configuration_without_channels_is_refused(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "none.yaml"
    file.write_text("name: x\nfeed: nasdaq_itch50\n")
    ran = run("run", file)
    assert ran.code == ExitCode.USAGE
    assert f"{file}:1: channels: there is none" in ran.events[-1]


def test_a_core_that_the_machine_lacks_ends_the_run_in_words(write) -> None:
    file, _ = write()
    file.write_text(file.read_text().replace("  - name: itch\n", "  - name: itch\n    core: 4095\n"))
    with Process("run", file, *DATE) as process:
        assert process.end() == ExitCode.FAILED, process.told
    assert "core 4095 cannot be used" in process.log[-1]["event"]


def test_the_log_goes_where_the_configuration_says(tmp_path: Path, write) -> None:
    log = tmp_path / "run.log"
    file, _ = write(f"logging: {{file: {log}, format: json, level: info}}\n")
    with Process("run", file, *DATE, "--seconds", "0.3", "--json") as process:
        assert process.end() == ExitCode.NO_DATA, process.told
    written = [json.loads(line)["event"] for line in log.read_text().splitlines()]
    assert "channel ready" in written
    assert [entry["event"] for entry in process.log if entry["level"] == "info"] == []


# --------------------------------------------------------------------------------------------------------- the watchdog

ENDLESS = '''"""A strategy that does not return."""

from feedhandler.strategies import Strategy, integer, state


class Endless(Strategy):
    """Never comes back from the first change of an inside."""

    turns = state(integer)

    def on_bbo(self, book):
        while self.turns >= 0:
            self.turns = (self.turns + 1) % 1000
'''


def test_a_strategy_that_never_returns_is_named_and_the_process_is_left(
    run: Run, tmp_path: Path, lines: Lines, write
) -> None:
    (tmp_path / "endless_strategy.py").write_text(ENDLESS)
    file, status = write(
        "watchdog: {limit: 300ms, action: stop}\n"
        "strategies: [{name: endless, class: 'endless_strategy:Endless', home: inline}]\n"
    )
    environment = {"PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"}
    with Process("run", file, *DATE, "--symbols", "AAPL", "--json", environment=environment) as process:
        process.wait_until_ready()
        lines.send_to_all(packets(DAY, 3))
        told = process.wait_for(lambda entry: "has not polled" in entry["event"])
        assert process.end() == ExitCode.STUCK, process.told
    assert "in strategy endless" in told["event"]
    assert "was told to stop and did not" in process.log[-1]["event"]
    assert process.data["books"]["AAPL"]["quality"] == "STALE"
    assert not status.exists()


# --------------------------------------------------------------------------------------------------------- a rehearsal


def test_a_rehearsal_with_the_simulated_venue_has_its_books_and_the_digest_of_its_record(
    run: Run, tmp_path: Path, lines: Lines, write
) -> None:
    file, _ = write(
        f"{PATIENT}retransmission: {{servers: [{{address: 127.0.0.1, port: {free_port()}}}], reply_interface: lo, "
        "retry_after: 5ms, requests_per_second: 1_000}\n"
    )
    file.write_text(file.read_text().replace("64KiB", "8MiB").replace("orders: 4096, levels: 4096", "orders: 65_536"))
    record, truth = tmp_path / "published.itch", tmp_path / "truth.json"
    with Process("run", file, "--symbols", "*", "--json") as process:
        process.wait_until_ready()
        with Process("venue", file, "--seconds", 2, "--rate", 5_000, "--loss", 0.01, "--loss-together", 0.005,
                     "--duplication", 0.01, "--record", record, "--truth", truth, "--json") as venue:  # fmt: skip
            assert venue.end() == 0, venue.told
        process.wait_for(lambda entry: entry["event"] == "channel is" and entry["state"] == "ENDED")
        process.signal(signal.SIGTERM)
        assert process.end() == ExitCode.TERMINATED, process.told
    live = process.data
    (channel,) = live["channels"]
    assert (channel["gap_count"], channel["recovery"]["lost"]) == (0, 0)
    assert channel["recovery"]["filled"] > 0
    replayed = run("replay", file, record, "--date", live["trading_date"], "--json").data
    assert (live["messages"], live["digest"]) == (replayed["messages"], replayed["digest"])
    true_books = json.loads(truth.read_text())["books"]
    assert {symbol: levels_of(book) for symbol, book in true_books.items()} == {
        symbol: (book["bids"], book["asks"]) for symbol, book in live["books"].items()
    }


def levels_of(book: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """The first ten levels a side of a venue's book, as a summary has them."""
    bids, asks = (
        [[price_text(price), sum(quantity for _, quantity in orders), len(orders)] for price, orders in book[side][:10]]
        for side in ("bids", "asks")
    )
    return bids, asks
