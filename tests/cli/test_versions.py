"""Which layout old captures have: what was asked for, else what the packets say, else the day they were sent."""

from __future__ import annotations

import datetime
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from feedhandler.composition.versions import variant_of_day, variant_on_wire
from feedhandler.core.jit import INTERPRETED
from feedhandler.feed import Edition, FeedError
from tests.cli.builders import SECOND, START, Capture
from tests.cli.conftest import Run

pytestmark = pytest.mark.interpreted

FEED = '''
"""Two versions of one protocol whose tick message was laid out anew."""

from dataclasses import replace
import datetime

from feedhandler.core.jit import hot_call
from feedhandler.core.reasons import Reason
from feedhandler.feed import BookKind, Edition, Feed
from feedhandler.sessions import mdp3
from feedhandler.wire import Message
from feedhandler.wire.little_endian import u8, u16, u32


class Head(Message, selector="template_id", block="block_length", version="version",
           constants={"schema_id": 9}, defaults={"version": 3}):
    block_length = u16 @ 0
    template_id = u16 @ 2
    schema_id = u16 @ 4
    version = u16 @ 6


class OldTick(Head, type=1, size=13):
    """A tick until version 2 (Two Layouts, 1)."""

    amount = u32 @ 8
    kind = u8 @ 12


class Tick(Head, type=1, size=13):
    """A tick since version 3 (Two Layouts, 1)."""

    kind = u8 @ 8
    amount = u32 @ 9


@hot_call
def tick(channel, message):
    return Reason.OK


FEED = Feed(
    name="two_layouts", title="Two layouts", venues={"v3": "XXXX", "v2": "XXXX"},
    specification="Two Layouts", version="3",
    sessions=(mdp3.SESSION,), variants={"v3": (Tick,), "v2": (OldTick,)}, handlers={Tick: tick, OldTick: tick},
    book=BookKind.NONE,
    editions={
        "v3": Edition(versions=(3, None), since=datetime.date(2023, 8, 1)),
        "v2": Edition(versions=(None, 2), until=datetime.date(2023, 7, 31)),
    },
)
DAYS = {name: Edition(since=one.since, until=one.until) for name, one in FEED.editions.items()}
SILENT = replace(FEED, editions=DAYS)
'''


@pytest.fixture
def two_layouts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    (tmp_path / "two_layouts.py").write_text(textwrap.dedent(FEED))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "two_layouts", raising=False)
    import two_layouts

    return two_layouts


Wrote = Callable[..., Path]


@pytest.fixture
def written(two_layouts: Any, tmp_path: Path) -> Wrote:
    """A capture of one tick of amount 5 and kind 2, of a version and a day."""

    def write(version: int, days: int = 0) -> Path:
        table = two_layouts.Tick if version >= 3 else two_layouts.OldTick
        packet = two_layouts.mdp3.packet_encode(1, [table.encode(version=version, amount=5, kind=2)])
        return Capture(tmp_path).write([packet], f"v{version}.pcap", start_ns=START + days * 86_400 * SECOND)

    return write


def amounts(run: Run, *arguments: object) -> list[int]:
    ran = run("decode", *arguments, "--json")
    assert ran.code == 0
    return [line["fields"]["amount"] for line in ran.lines]


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_the_version_on_the_wire_chooses_the_layout(run: Run, written: Wrote, version: int) -> None:
    assert amounts(run, "--feed", "two_layouts:FEED", written(version)) == [5]


def test_what_is_asked_for_comes_first(run: Run, written: Wrote) -> None:
    assert amounts(run, "--feed", "two_layouts:FEED", "--variant", "v3", written(2)) != [5]


@pytest.mark.parametrize(("version", "days"), [(2, -60), (3, 0)])
def test_without_a_version_on_the_wire_the_day_chooses(run: Run, written: Wrote, version: int, days: int) -> None:
    assert amounts(run, "--feed", "two_layouts:SILENT", written(version, days)) == [5]


@pytest.mark.parametrize(("version", "days"), [(2, -60), (3, 0)])
def test_a_venue_with_several_versions_leaves_the_choice_to_them(
    run: Run, written: Wrote, tmp_path: Path, version: int, days: int
) -> None:
    file = tmp_path / "venue.yaml"
    file.write_text("name: x\nfeed: two_layouts:SILENT\nvenue: XXXX\n")
    assert amounts(run, file, written(version, days)) == [5]
    assert run("check", file, "--json").data["variant"] == "v3"
    file.write_text("name: x\nfeed: two_layouts:SILENT\nvenue: XXXX\ntrading_date: 2023-07-31\n")
    assert run("check", file, "--json").data["variant"] == "v2"


@pytest.mark.skipif(not INTERPRETED, reason="would compile a pipeline for one packet")
def test_a_replay_chooses_as_decode_does(run: Run, written: Wrote) -> None:
    ran = run("replay", "--feed", "two_layouts:FEED", written(2), "--json")
    assert ran.code == 0
    assert [
        value for entry in ran.log if entry["event"] == "variant chosen" for value in (entry["variant"], entry["by"])
    ] == ["v2", "the version on the wire"]


def test_a_packet_that_states_no_version_of_the_protocol_chooses_nothing(two_layouts: Any) -> None:
    feed, encode = two_layouts.FEED, two_layouts.mdp3.packet_encode
    other = two_layouts.Tick.encode(amount=5, schema_id=8)
    assert variant_on_wire(feed, feed.session(), [b"", b"short", encode(1, [other]), encode(1, [b"\1"])]) is None
    assert variant_on_wire(two_layouts.SILENT, feed.session(), [encode(1, [two_layouts.Tick.encode()])]) is None
    assert variant_of_day(feed, None) is None


def test_an_edition_covers_its_first_and_last_day_and_version() -> None:
    day = datetime.date(2024, 1, 1)
    edition = Edition(versions=(2, 3), since=day, until=day)
    assert [edition.covers_version(version) for version in (1, 2, 3, 4)] == [False, True, True, False]
    step = datetime.timedelta(days=1)
    assert [edition.covers_day(found) for found in (day - step, day, day + step)] == [False, True, False]
    assert not Edition().covers_day(day)


def test_an_edition_of_no_variant_is_refused(two_layouts: Any) -> None:
    with pytest.raises(FeedError, match="'v9', which is none of its variants"):
        two_layouts.replace(two_layouts.FEED, editions={"v9": Edition()})
    with pytest.raises(FeedError, match="a venue of 'v9', which is none of its variants"):
        two_layouts.replace(two_layouts.FEED, venues={"v9": "XNAS"})
