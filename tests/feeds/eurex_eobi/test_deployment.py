"""The example configuration as a user runs it: releases by day, lines of snapshots, a capture of all of them."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from feedhandler import config
from feedhandler.cli.main import build
from feedhandler.composition.fitting import variant_of
from feedhandler.configuration.values import ConfigurationError
from feedhandler.core.jit import INTERPRETED
from feeds.eurex_eobi import FEED
from replay.pcap_writer import PcapWriter
from tests.feeds.eurex_eobi.stream import BUY, SELL, Market

pytestmark = pytest.mark.interpreted

EXAMPLE = Path(__file__).parents[3] / "configs/eurex_eobi.yaml"
SECOND = 1_000_000_000
DAY = datetime.datetime(2026, 6, 1, 9, tzinfo=datetime.UTC)
GROUPS = {"A": "224.0.114.49", "B": "224.0.114.113", "snapshots A": "224.0.114.48"}


@pytest.mark.parametrize(
    ("day", "variant"),
    [((2016, 5, 23), "t7_3"), ((2017, 12, 4), "t7_6"), ((2026, 5, 18), "t7_14"), ((2020, 1, 1), "t7_14")],
)
def test_the_day_says_which_release_the_venue_sends(tmp_path: Path, day: tuple[int, int, int], variant: str) -> None:
    file = tmp_path / "eobi.yaml"
    file.write_text(f"{EXAMPLE.read_text()}\ntrading_date: {datetime.date(*day)}\n")
    assert variant_of(config.load(file), FEED) == variant


def test_a_variant_may_be_named_beside_its_venue_and_no_other(tmp_path: Path) -> None:
    file = tmp_path / "eobi.yaml"
    file.write_text(f"{EXAMPLE.read_text()}\nvariant: t7_6\n")
    assert variant_of(config.load(file), FEED) == "t7_6"
    file.write_text(f"{EXAMPLE.read_text().replace('XEUR', 'XCME')}\n")
    with pytest.raises(ConfigurationError, match="XCME"):
        variant_of(config.load(file), FEED)


def run(*arguments: object) -> Any:
    ran = CliRunner().invoke(build(), [str(argument) for argument in arguments])
    assert ran.exit_code == 0, ran.output
    return ran.stdout


@pytest.mark.skipif(not INTERPRETED, reason="would compile a pipeline for eight packets")
def test_a_capture_of_all_lines_gives_the_book(tmp_path: Path) -> None:
    """Joined late: the snapshot, which lacks what came while it was sent, and both lines of the stream."""
    market = Market(first=9_000)
    market.numbers = {675: 40}
    first = market.sent(market.add(BUY, 30, 99_00000000, 2_0000))
    snapshot = market.snapshot((1, [(BUY, 10, 100_00000000, 5_0000), (BUY, 30, 99_00000000, 2_0000)]))
    second = market.sent(market.add(SELL, 20, 101_00000000, 1_5000), market.delete(BUY, 30))
    market.loop += 1
    auction = market.tables.AuctionBBO.encode(msg_seq_num=4, security_id=1, bid_px=1)
    file = tmp_path / "eobi.pcap"
    sent = [
        ("A", first), ("B", first), *(("snapshots A", part) for part in snapshot[:3]), ("B", second), ("A", second),
        *(("snapshots A", part) for part in snapshot[3:]),
    ]  # fmt: skip
    with PcapWriter(file) as writer:
        start = int(DAY.timestamp()) * SECOND
        for number, (line, packet) in enumerate(sent):
            writer.write(start + number * 1_000, GROUPS[line], 59001, packet.payload)
        # A packet that only its line tells from one of the stream.
        writer.write(start + SECOND, GROUPS["snapshots A"], 59001, market.header(675, market.loop, True, [auction]))
    report = json.loads(run("replay", EXAMPLE, file, "--symbols", "#1", "--json"))
    book = report["books"]["#1"]
    assert (book["bids"], book["asks"], book["quality"]) == ([["100", 5_0000, 1]], [["101", 1_5000, 1]], "CURRENT")
    assert (report["errors"], report["gap_count"]) == ({}, 0)


def test_captured_packets_are_decoded_by_their_day(captures: Path) -> None:
    printed = run("decode", "--feed", "eurex_eobi", captures / "eurex/Eobi.T7.v3.0/OrderAdd.pcap", "--json")
    messages = [json.loads(line) for line in printed.splitlines()]
    assert [message["message"] for message in messages] == ["PacketHeader", "OrderAdd"]
    assert (messages[1]["fields"]["display_qty"], messages[1]["fields"]["price"]) == (4, 291_700_000_000)
