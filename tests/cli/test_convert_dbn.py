"""`feedhandler convert --to dbn` as users call it: files that the format's own library reads."""

from __future__ import annotations

from pathlib import Path

import databento_dbn as dbn
import pytest

from feedhandler.cli.exit_codes import ExitCode
from feedhandler.output.dbn import publisher_of
from feedhandler.output.dbn_reading import read_dbn
from tests.cli.builders import DAY, Capture, packets
from tests.cli.conftest import Run

pytestmark = pytest.mark.interpreted

FEED = ("--feed", "nasdaq_itch50")


@pytest.fixture
def written(tmp_path: Path) -> Capture:
    return Capture(tmp_path)


def test_a_capture_becomes_a_file_for_each_schema(run: Run, written: Capture, tmp_path: Path) -> None:
    out = tmp_path / "dbn"
    ran = run("convert", *FEED, written.write(packets(DAY, 3)), "--to", "dbn", "-o", out, "--json")
    assert ran.code == 0
    (unit,) = ran.data["units"]
    assert unit["rows"] == {"definition": 2, "mbo": 10, "mbp-1": 5, "mbp-10": 6, "trades": 2}
    assert unit["not_carried"] == 0
    files = sorted(str(path.relative_to(out)) for path in out.rglob("*.dbn.zst"))
    assert files == [f"xnas-day.pcap.{schema}.dbn.zst" for schema in sorted(unit["rows"])]
    for schema, count in unit["rows"].items():
        path = out / f"xnas-day.pcap.{schema}.dbn.zst"
        decoder = dbn.DBNDecoder(compression=dbn.Compression.ZSTD)
        decoder.write(path.read_bytes())
        metadata, *records = decoder.decode()
        assert (metadata.dataset, str(metadata.schema), len(records)) == ("XNAS", schema, count)
        ours = read_dbn(path)
        assert [bytes(record) for record in records] == [record.tobytes() for record in ours.records]
        assert {record.publisher_id for record in records} == {publisher_of("XNAS")}
        assert set(ours.symbols.values()) == {"AAPL", "MSFT"}


def test_the_same_command_again_has_nothing_to_do(run: Run, written: Capture, tmp_path: Path) -> None:
    arguments = ("convert", *FEED, written.write(packets(DAY, 3)), "--to", "dbn", "-o", tmp_path / "dbn", "--json")
    run(*arguments)
    assert run(*arguments).data["units"][0]["skipped"] is True


def test_only_the_schemas_of_the_tables_that_were_asked_for(run: Run, written: Capture, tmp_path: Path) -> None:
    file, out = written.write(packets(DAY, 3)), tmp_path / "dbn"
    ran = run("convert", *FEED, file, "--to", "dbn", "-o", out, "--tables", "trades,bbo", "--json")
    assert ran.data["units"][0]["rows"] == {"mbp-1": 5, "trades": 2}
    inside = read_dbn(out / "xnas-day.pcap.mbp-1.dbn.zst").records
    assert inside["action"].tolist() == [b"A", b"T", b"C", b"A", b"T"]


def test_nothing_of_the_feed_leaves_no_file(run: Run, written: Capture, tmp_path: Path) -> None:
    ran = run("convert", *FEED, written.write([b"something else"]), "--to", "dbn", "-o", tmp_path / "dbn")
    assert ran.code == ExitCode.NO_DATA
    assert list((tmp_path / "dbn").rglob("*.dbn*")) == []
