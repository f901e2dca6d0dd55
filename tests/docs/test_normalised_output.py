"""The examples of docs/normalised-output.md are run: DuckDB finds in the tables what the capture says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from feedhandler.output.formats import FORMATS
from tests.cli.builders import DAY, Capture, add, directory, execute, packets
from tests.cli.conftest import run
from tests.docs.documents import DOCUMENTS, files_in

__all__ = ["run"]
TEXT = (DOCUMENTS / "normalised-output.md").read_text()
LONGER = [
    *DAY, directory(3, "BRK.b"), add(3, 31, "B", 10, "BRK.b", 3_000_000), add(3, 32, "S", 10, "BRK.b", 3_000_500),
    execute(3, 31, 4), execute(3, 32, 5),
]  # fmt: skip

pytestmark = pytest.mark.interpreted


@pytest.fixture
def tables(run, tmp_path: Path) -> Path:
    capture = Capture(tmp_path).write(packets(LONGER, 1), "monday.pcap")
    assert run("convert", "--feed", "nasdaq_itch50", capture, "--to", "parquet", "-o", tmp_path / "tables").code == 0
    return tmp_path / "tables"


def test_the_queries_find_what_was_traded(tables: Path, tmp_path: Path) -> None:
    (script,) = files_in("normalised-output.md").values()
    (tmp_path / "inside.py").write_text(script)
    done = subprocess.run(
        [sys.executable, tmp_path / "inside.py", tables], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert re.findall(r"│ ([\w.]+) +│ +(\d+) │ +(\d+) │ +([\d.]+) │\n", done.stdout) == [
        ("AAPL", "1", "40", "185.0"), ("MSFT", "1", "25", "409.995"), ("BRK.b", "2", "9", "300.0278"),
    ]  # fmt: skip
    rows = re.findall(r"│ ([\w.]+) +│ 2023-08-22 [^│]+│ +([\d.]+) │ +([\d.]+) │", done.stdout)
    assert [(symbol, float(price), pytest.approx(float(spread))) for symbol, price, spread in rows] == [
        ("AAPL", 185.0, 0.025), ("BRK.b", 300.0, 0.05), ("BRK.b", 300.05, 0.05),
    ]  # fmt: skip


def test_a_symbol_opens_its_own_files_only(tables: Path) -> None:
    import duckdb

    orders = f"read_parquet('{tables}/orders/**/*.parquet', hive_partitioning = true)"
    found = duckdb.sql(f"EXPLAIN ANALYZE SELECT count(*) FROM {orders} WHERE symbol = 'BRK.b'").fetchall()[0][1]
    assert re.search(r"Scanning Files: *1/3", found), found


def test_the_events_come_back_as_the_page_says(tables: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    (block,) = re.findall(r"```python\n(from feedhandler\.output\.reading.*?)```", TEXT, re.DOTALL)
    monkeypatch.chdir(tables.parent)
    exec(block.replace("monday.pcap.zst", "monday.pcap"), {})
    name, count = capsys.readouterr().out.split()
    assert name == "239.192.0.1:26477"
    assert int(count) > len(LONGER)


def test_every_format_is_told() -> None:
    table = TEXT.partition("| `--to` |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(FORMATS)
