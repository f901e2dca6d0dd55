"""What every feed sends survives the way into tables and back: the digest of what comes back is the pipeline's."""

from __future__ import annotations

import datetime
import hashlib
import runpy
from pathlib import Path

import pytest

from feedhandler import plugins
from feedhandler.composition.day import day_base_ns
from feedhandler.core.doubles import INEXACT
from feedhandler.core.integers import INT64_MAX
from feedhandler.output.instruments import instruments_from
from feedhandler.output.reading import read_events, tables_of
from tests.cli.conftest import run
from tests.docs.documents import DOCUMENTS
from tests.output.builders import digest

__all__ = ["run"]
PROOFS = runpy.run_path(str(DOCUMENTS / "agreement.py"))["PROOFS"]
FILES = 3  #: of each folder, the smallest
ABSENT_PRICES = {"deribit_sbe": INEXACT}
"""What a feed reads where there is no price, where that is not the greatest number."""

pytestmark = pytest.mark.interpreted


@pytest.mark.parametrize(("folder", "feed", "variant"), PROOFS, ids=[proof[0] for proof in PROOFS])
def test_captures_become_tables_and_events_again(
    run, captures: Path, tmp_path: Path, folder: str, feed: str, variant: str | None
) -> None:
    found = [file for file in (captures / folder).iterdir() if ".pcap" in file.name]
    files = sorted(found, key=lambda file: (file.stat().st_size, file.name))[:FILES]
    if not files:
        pytest.skip(f"{folder} has no capture of packets")
    options = ("--variant", variant) if variant else ()
    ran = run("convert", "--feed", feed, *options, *files, "--to", "parquet", "-o", tmp_path / "tables", "--json")
    assert ran.code == 0, ran.log
    zone = plugins.feed(feed).time_zone
    for unit in ran.data["units"]:
        assert unit["not_carried"] == 0
        tables = tables_of(tmp_path / "tables", unit["unit"])
        base = day_base_ns(datetime.date.fromisoformat(unit["trading_date"]), zone) if zone else 0
        digests = dict.fromkeys(instruments_from(tables["instruments"]).channels, 0)
        for channel, events in read_events(tables, absent_price=ABSENT_PRICES.get(feed, INT64_MAX)):
            digests[channel] = digest(events, base)
        total = hashlib.blake2b(digest_size=8)
        for channel in sorted(digests):
            total.update(digests[channel].to_bytes(8, "little", signed=True))
        assert total.hexdigest() == unit["digest"], unit["unit"]
