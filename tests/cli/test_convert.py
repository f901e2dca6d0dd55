"""`feedhandler convert` as users call it: tables, going on after an end of any kind, and what it refuses."""

from __future__ import annotations

import csv
import itertools
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest
from pyarrow import parquet

from feedhandler.cli.exit_codes import ExitCode
from feedhandler.output.dbn_reading import read_dbn
from feedhandler.output.reading import read_events, tables_of
from tests.cli.builders import ADDRESS_A, CONFIGURATION, DAY, Capture, add, directory, packets
from tests.cli.conftest import Run

pytestmark = pytest.mark.interpreted

FEED = ("--feed", "nasdaq_itch50")
PARQUET = ("--to", "parquet")


@pytest.fixture
def written(tmp_path: Path) -> Capture:
    return Capture(tmp_path)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "tables"


ENDINGS = {".parquet", ".arrow", ".csv", ".zst"}


def files(folder: Path) -> dict[str, bytes]:
    """What a reader of the folder finds."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in ENDINGS
    }


def test_a_capture_becomes_tables_by_date_and_symbol(run: Run, written: Capture, out: Path) -> None:
    ran = run("convert", *FEED, written.write(packets(DAY, 3)), *PARQUET, "-o", out, "--json")
    assert ran.code == 0
    (unit,) = ran.data["units"]
    assert (unit["unit"], unit["skipped"], unit["trading_date"], unit["not_carried"]) == (
        "day.pcap", False, "2023-08-22", 0,
    )  # fmt: skip
    assert unit["rows"] == {"bbo": 3, "definitions": 2, "orders": 7, "sessions": 1, "system": 1, "trades": 2}
    assert sorted(files(out)) == [
        "bbo/date=2023-08-22/symbol=AAPL/day.pcap.parquet",
        "bbo/date=2023-08-22/symbol=MSFT/day.pcap.parquet",
        "definitions/date=2023-08-22/day.pcap.parquet",
        "instruments/date=2023-08-22/day.pcap.parquet",
        "orders/date=2023-08-22/symbol=AAPL/day.pcap.parquet",
        "orders/date=2023-08-22/symbol=MSFT/day.pcap.parquet",
        "sessions/date=2023-08-22/day.pcap.parquet",
        "system/date=2023-08-22/day.pcap.parquet",
        "trades/date=2023-08-22/symbol=AAPL/day.pcap.parquet",
        "trades/date=2023-08-22/symbol=MSFT/day.pcap.parquet",
    ]
    trades = parquet.ParquetFile(out / "trades/date=2023-08-22/symbol=AAPL/day.pcap.parquet").read().to_pylist()
    assert [(row["kind"], row["side"], row["price"], row["quantity"], row["match_number"]) for row in trades] == [
        ("execute", "bid", 185_000_000_000, 40, 7)
    ]
    assert trades[0]["ts_event"].isoformat() == "2023-08-22T13:30:00+00:00"
    assert not list(out.rglob(".working/*"))


def test_tables_can_be_divided_by_date_alone(run: Run, written: Capture, out: Path, tmp_path: Path) -> None:
    capture = written.write(packets(DAY, 3))
    assert run("convert", *FEED, capture, *PARQUET, "-o", tmp_path / "by-symbol").code == 0
    assert run("convert", *FEED, capture, *PARQUET, "--divide-by", "date", "-o", out).code == 0
    tables = ("bbo", "definitions", "instruments", "orders", "sessions", "system", "trades")
    assert sorted(files(out)) == [f"{table}/date=2023-08-22/day.pcap.parquet" for table in tables]
    orders = parquet.ParquetFile(out / "orders/date=2023-08-22/day.pcap.parquet")
    symbols = orders.read(["symbol"])["symbol"].to_pylist()
    # Those of a symbol lie together, so that a query passes over the others by the row groups' statistics.
    assert [symbols.count("AAPL"), symbols.count("MSFT")] == [6, 1]
    assert sum(one != two for one, two in itertools.pairwise(symbols)) == 1
    column = orders.schema_arrow.names.index("symbol")
    statistics = orders.metadata.row_group(0).column(column).statistics
    assert (statistics.min, statistics.max) == ("AAPL", "MSFT")
    same = [read_events(tables_of(folder, "day.pcap")) for folder in (out, tmp_path / "by-symbol")]
    ((_, by_date),), ((_, by_symbol),) = same
    assert by_date.tobytes() == by_symbol.tobytes()
    ran = run("convert", *FEED, capture, *PARQUET, "-o", out)
    assert ran.code == ExitCode.OUTPUT
    assert 'divide_by is "date" there and null now' in ran.events[-1]
    assert run("convert", *FEED, capture, *PARQUET, "-o", tmp_path / "by-symbol", "--divide-by", "symbol").code == 0


def test_the_tables_have_the_events_of_the_replay(run: Run, written: Capture, out: Path) -> None:
    file = written.write(packets(DAY, 3))
    unit = run("convert", *FEED, file, *PARQUET, "-o", out, "--json").data["units"][0]
    replayed = run("replay", *FEED, file, "--json").data
    assert unit["digest"] == replayed["digest"]
    ((channel, events),) = read_events(tables_of(out, "day.pcap"))
    assert channel == ADDRESS_A
    assert int((events["kind"] < 32).sum()) == replayed["events"]


@pytest.mark.parametrize("to", ["arrow", "csv"])
def test_every_format_of_tables_holds_the_same_events(run: Run, written: Capture, out: Path, to: str) -> None:
    file = written.write(packets(DAY, 3))
    other = out.parent / "parquet"
    assert run("convert", *FEED, file, "--to", to, "-o", out).code == 0
    assert run("convert", *FEED, file, *PARQUET, "-o", other).code == 0
    found, expected = (read_events(tables_of(folder, "day.pcap")) for folder in (out, other))
    ((_, events),), ((_, others),) = found, expected
    assert events.tolist() == others.tolist()
    assert (out / "orders" / f"day.pcap.{to}").exists()


@pytest.mark.parametrize("to", ["parquet", "arrow", "csv"])
def test_depth_is_a_table_with_columns_for_each_level(run: Run, written: Capture, out: Path, to: str) -> None:
    ran = run("convert", *FEED, written.write(packets(DAY, 1)), "--to", to, "-o", out, "--depth", 2, "--json")
    assert ran.data["units"][0]["rows"]["depth"] == 8
    rows = tables_of(out, "day.pcap")["depth"].sort_by("event_index").to_pylist()
    shown = ("bid_price_0", "bid_quantity_0", "bid_orders_0", "bid_price_1", "ask_price_0", "quality")
    first, second, inside = 185_000_000_000, 184_990_000_000, 185_025_000_000
    assert [tuple(row[name] for name in shown) for row in rows if row["sequence"] in (6, 7, 9, 10)] == [
        (first, 400, 2, second, None, "current"),
        (first, 400, 2, second, inside, "current"),
        (first, 360, 2, second, inside, "current"),
        (first, 360, 2, None, inside, "current"),
    ]


def test_csv_has_exact_decimals(run: Run, written: Capture, out: Path) -> None:
    run("convert", *FEED, written.write(packets(DAY, 3)), "--to", "csv", "-o", out)
    with (out / "trades" / "day.pcap.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["symbol"], row["price"], row["quantity"]) for row in rows] == [
        ("AAPL", "185.000000000", "40"), ("MSFT", "409.995000000", "25"),
    ]  # fmt: skip
    assert rows[0]["ts_event"] == "2023-08-22 13:30:00.000000000Z"


def test_dbn_has_a_file_for_each_schema(run: Run, written: Capture, out: Path) -> None:
    ran = run("convert", *FEED, written.write(packets(DAY, 3)), "--to", "dbn", "-o", out, "--json")
    unit = ran.data["units"][0]
    schemas = sorted(path.name.split(".")[-3] for path in out.glob("*.dbn.zst"))
    assert schemas == sorted(unit["rows"]) == ["definition", "mbo", "mbp-1", "mbp-10", "trades"]
    assert len(read_dbn(out / "xnas-day.pcap.mbo.dbn.zst").records) == unit["rows"]["mbo"]


def test_only_the_tables_that_were_asked_for_are_written(run: Run, written: Capture, out: Path) -> None:
    ran = run("convert", *FEED, written.write(packets(DAY, 3)), *PARQUET, "-o", out, "--tables", "trades,bbo", "--json")
    assert ran.data["units"][0]["rows"] == {"bbo": 3, "trades": 2}
    assert {name.partition("/")[0] for name in files(out)} == {"bbo", "trades", "instruments"}


def test_any_symbol_is_a_safe_folder(run: Run, written: Capture, out: Path) -> None:
    names = ["../X", "A/B", "BRK.b", "BRK.B", "..", "CON"]
    day = [message for number, name in enumerate(names) for message in (
        directory(number + 1, name), add(number + 1, number + 1, "B", 100, name, 10_000),
    )]  # fmt: skip
    assert run("convert", *FEED, written.write(packets(day, 3)), *PARQUET, "-o", out).code == 0
    folders = sorted(path.name for path in (out / "orders/date=2023-08-22").iterdir())
    assert folders == [
        "symbol=%2E%2E", "symbol=%2E%2E%2FX", "symbol=A%2FB", "symbol=BRK%2E%62", "symbol=BRK%2EB", "symbol=CON",
    ]  # fmt: skip
    assert len({folder.lower() for folder in folders}) == len(names)


def test_each_capture_is_a_unit_and_one_that_is_there_is_not_done_again(
    run: Run, written: Capture, out: Path
) -> None:
    one, two = written.write(packets(DAY, 3), "one.pcap"), written.write(packets(DAY[:6], 2), "two.pcap")
    first = run("convert", *FEED, one, *PARQUET, "-o", out, "--json").data["units"]
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.parquet")}
    second = run("convert", *FEED, one, two, *PARQUET, "-o", out, "--json").data["units"]
    assert [(unit["unit"], unit["skipped"]) for unit in first + second] == [
        ("one.pcap", False), ("one.pcap", True), ("two.pcap", False),
    ]  # fmt: skip
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert len(list(out.rglob("two.pcap.parquet"))) > 0


def test_a_capture_that_changed_is_converted_again_and_nothing_of_the_former_stays(
    run: Run, written: Capture, out: Path
) -> None:
    file = written.write(packets(DAY, 3))
    run("convert", *FEED, file, *PARQUET, "-o", out)
    written.write(packets([directory(1, "IBM"), add(1, 1, "B", 100, "IBM", 10_000)], 2))
    unit = run("convert", *FEED, file, *PARQUET, "-o", out, "--json").data["units"][0]
    assert (unit["skipped"], unit["rows"]["orders"]) == (False, 1)
    assert {name.split("/")[2] for name in files(out) if name.startswith("orders")} == {"symbol=IBM"}


def test_captures_of_one_name_do_not_replace_each_other(run: Run, tmp_path: Path, out: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    days = [Capture(tmp_path / folder).write(packets(DAY, 3)) for folder in ("a", "b")]
    units = [run("convert", *FEED, day, *PARQUET, "-o", out, "--json").data["units"][0]["unit"] for day in days]
    assert units[0] == "day.pcap"
    assert units[1].startswith("day.pcap-")
    again = run("convert", *FEED, *reversed(days), *PARQUET, "-o", out, "--json").data["units"]
    assert [(unit["unit"], unit["skipped"]) for unit in again] == [(units[1], True), (units[0], True)]


def test_parts_of_one_stream_are_one_unit(run: Run, written: Capture, tmp_path: Path, out: Path) -> None:
    configuration = tmp_path / "two_lines.yaml"
    configuration.write_text(CONFIGURATION)
    sent = packets(DAY, 3)
    parts = [written.write([(payload, line) for payload in sent], f"{line}.pcap") for line in ("A", "B")]
    arguments = ("convert", configuration, *parts, *PARQUET, "-o", out, "--together", "--json")
    (unit,) = run(*arguments).data["units"]
    assert (unit["unit"], unit["rows"]["orders"]) == ("A.pcap", 7)
    assert run(*arguments).data["units"][0]["skipped"]


def program(*arguments: object, **options: Any) -> subprocess.Popen[bytes]:
    """The program in a process of its own, since standard input is what it reads."""
    command = [sys.executable, "-m", "feedhandler.cli.main", *map(str, arguments)]
    return subprocess.Popen(command, **{"stdin": PIPE, "stdout": PIPE, "stderr": PIPE} | options)


def wait_for_standard_input(process: subprocess.Popen[bytes], data: bytes) -> None:
    """Give it half of a capture, and wait until it has begun with it: it is in the middle of a unit then."""
    assert process.stdin is not None
    assert process.stderr is not None
    process.stdin.write(data[: len(data) // 2])
    process.stdin.flush()
    for line in process.stderr:
        entry = json.loads(line)
        if entry["event"] == "converting" and entry["unit"] == "stdin":
            return
    raise AssertionError("it ended before it began")


@pytest.mark.parametrize("to", ["parquet", "arrow", "csv", "dbn"])
def test_a_run_that_was_killed_goes_on_where_it_was(written: Capture, tmp_path: Path, out: Path, to: str) -> None:
    one, two = written.write(packets(DAY, 3), "one.pcap"), written.write(packets(DAY, 2), "two.pcap").read_bytes()
    arguments = ("convert", *FEED, one, "-", "--to", to, "--json", "-o")
    whole = tmp_path / "whole"
    with program(*arguments, whole) as process:
        process.communicate(two, timeout=300)
        assert process.returncode == 0
    with program(*arguments, out) as process:
        wait_for_standard_input(process, two)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert files(out)
    assert all("one.pcap" in Path(name).name for name in files(out))
    with program(*arguments, out) as process:
        told, _ = process.communicate(two, timeout=300)
    assert [unit["skipped"] for unit in json.loads(told)["units"]] == [True, False]
    assert files(out) == files(whole)


def test_a_signal_ends_it_with_nothing_half_done(run: Run, written: Capture, out: Path) -> None:
    run("convert", *FEED, written.write(packets(DAY, 3), "one.pcap"), *PARQUET, "-o", out)
    before = files(out)
    with program("convert", *FEED, "-", *PARQUET, "-o", out) as process:
        wait_for_standard_input(process, written.write(packets(DAY, 2), "two.pcap").read_bytes())
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=300)
    assert process.returncode == ExitCode.TERMINATED
    assert files(out) == before
    assert not list(out.rglob(".working/*/*"))


@pytest.mark.parametrize("to", ["parquet", "arrow", "csv", "dbn"])
def test_no_room_is_told_and_leaves_nothing_behind(
    run: Run, written: Capture, tmp_path: Path, out: Path, to: str
) -> None:
    file = written.write(packets(DAY, 3))
    assert run("convert", *FEED, file, "--to", to, "-o", tmp_path / "warm").code == 0
    limited = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024)); "
        "from feedhandler.cli.main import main; main()"
    )
    command = [sys.executable, "-c", limited, "convert", *FEED, str(file), "--to", to, "-o", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    last = json.loads(done.stderr.splitlines()[-1])
    assert (done.returncode, last["exit_code"]) == (ExitCode.OUTPUT, ExitCode.OUTPUT)
    assert "File too large" in last["event"]
    assert files(out) == {}
    assert run("convert", *FEED, file, "--to", to, "-o", out).code == 0


def test_a_library_that_lacks_is_told_with_what_brings_it(
    run: Run, written: Capture, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)  # as the interpreter has it where it is not installed
    ran = run("convert", *FEED, written.write(packets(DAY, 3)), *PARQUET, "-o", out)
    assert ran.code == ExitCode.USAGE
    assert "pip install 'feedhandler[output]'" in ran.events[-1]
    assert not out.exists()


def test_a_terminal_shows_how_far_it_is(written: Capture, out: Path) -> None:
    ours, theirs = os.openpty()
    with program("convert", *FEED, written.write(packets(DAY, 3)), *PARQUET, "-o", out, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        try:
            while part := os.read(ours, 4096):
                shown += part
        except OSError:  # the other end is closed
            pass
        process.communicate(timeout=300)
    os.close(ours)
    assert process.returncode == 0
    for words in (b"day.pcap: read", b"day.pcap: write", b"M events/s"):
        assert words in shown


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--to", "excel"), ExitCode.USAGE, "there are parquet"),
        (("--to", "parquet", "--tables", "order"), ExitCode.USAGE, "there is no table 'order'"),
        (("--to", "parquet", "--divide-by", "hour"), ExitCode.USAGE, "cannot be divided by 'hour', but by symbol"),
        (("--to", "csv", "--divide-by", "date"), ExitCode.USAGE, "only parquet is divided"),
    ],
)
def test_what_is_not_known_is_refused_with_what_is(
    run: Run, written: Capture, out: Path, arguments: tuple[str, ...], code: ExitCode, words: str
) -> None:
    ran = run("convert", *FEED, written.write(packets(DAY, 3)), "-o", out, *arguments)
    assert ran.code == code
    assert words in ran.events[-1]
    assert not out.exists()


def test_a_folder_of_something_else_is_left_alone(run: Run, written: Capture, out: Path) -> None:
    file = written.write(packets(DAY, 3))
    out.mkdir()
    (out / "thesis.txt").write_text("mine")
    ran = run("convert", *FEED, file, *PARQUET, "-o", out)
    assert ran.code == ExitCode.OUTPUT
    assert "holds 'thesis.txt'" in ran.events[-1]
    assert [path.name for path in out.iterdir() if path.name != ".lock"] == ["thesis.txt"]


def test_a_folder_of_other_options_is_not_continued(run: Run, written: Capture, out: Path) -> None:
    file = written.write(packets(DAY, 3))
    assert run("convert", *FEED, file, *PARQUET, "-o", out, "--tables", "trades").code == 0
    ran = run("convert", *FEED, file, *PARQUET, "-o", out, "--tables", "bbo")
    assert ran.code == ExitCode.OUTPUT
    assert 'tables is ["trades"] there and ["bbo"] now' in ran.events[-1]


def test_a_folder_that_cannot_be_made_is_told(run: Run, written: Capture, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ran = run("convert", *FEED, written.write(packets(DAY, 3)), *PARQUET, "-o", tmp_path / "file" / "tables")
    assert ran.code == ExitCode.OUTPUT
    assert "cannot be written (Not a directory)" in ran.events[-1]


def test_a_folder_is_one_process_at_a_time(run: Run, written: Capture, out: Path) -> None:
    from feedhandler.output.manifest import Manifest

    held = Manifest(out, {})
    try:
        ran = run("convert", *FEED, written.write(packets(DAY, 3)), *PARQUET, "-o", out)
    finally:
        held.close()
    assert ran.code == ExitCode.OUTPUT
    assert "another process" in ran.events[-1]


def test_a_capture_of_another_feed_has_no_data(run: Run, written: Capture, out: Path) -> None:
    ran = run("convert", *FEED, written.write([b"something else"] * 3), *PARQUET, "-o", out)
    assert ran.code == ExitCode.NO_DATA
    assert files(out) == {}
    assert run("convert", *FEED, out / "no.pcap", *PARQUET, "-o", out).code == ExitCode.INPUT


def test_a_ring_that_is_too_small_is_an_error_and_no_hole(
    run: Run, written: Capture, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from feedhandler.output.drain import Drain

    monkeypatch.setattr(Drain, "events_minimum", 4)
    configuration = out.parent / "small.yaml"
    configuration.write_text("name: small\nfeed: nasdaq_itch50\ncapacities: {events: 8}\n")
    ran = run("convert", configuration, written.write(packets(DAY, 11)), *PARQUET, "-o", out)
    assert ran.code == ExitCode.FAILED
    assert "capacities.events" in ran.events[-1]
    assert files(out) == {}
