"""Captures as tables in a line: the numbers are the book's, prices as they are wanted, and errors say what is meant."""

from __future__ import annotations

import datetime
import gzip
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy
import pyarrow
import pytest

from feedhandler.plugins import PluginError
from replay import CaptureError, CaptureWarning, ReadError, read
from replay.pcap_writer import PcapWriter
from replay.reading import Reading, structured
from tests.cli.builders import ADDRESS_A, CONFIGURATION, DAY, LINES, SECOND, START, add, packet

pytestmark = pytest.mark.interpreted
NANO = 1_000_000_000
VENUE_TIME = datetime.datetime(2023, 8, 22, 13, 30, tzinfo=datetime.UTC)


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The short day, a message a packet, a second apart."""
    path = tmp_path_factory.mktemp("reading") / "day.pcap"
    write(path, [(START + number * SECOND, packet(1 + number, [message])) for number, message in enumerate(DAY)])
    return path


def write(path: Path, packets: list[tuple[int, bytes]]) -> None:
    with PcapWriter(path) as writer:
        for at, payload in packets:
            writer.write(at, *LINES["A"], payload)


def day(capture: Path, **options: Any) -> Reading:
    return read(capture, feed="nasdaq_itch50", **options)


def test_trades_are_a_table_in_a_line(capture: Path) -> None:
    found = day(capture).trades()
    assert isinstance(found, pyarrow.Table)
    chosen = found.select(["symbol", "kind", "side", "price", "quantity", "order_reference", "sequence", "channel"])
    assert [tuple(row.values()) for row in chosen.to_pylist()] == [
        ("AAPL", "execute", "bid", 185 * NANO, 40, 11, 9, ADDRESS_A),
        ("MSFT", "trade", "bid", 409_995_000_000, 25, 0, 11, ADDRESS_A),
    ]
    assert found["ts_event"].to_pylist()[0].timestamp() == VENUE_TIME.timestamp()
    assert found["ts_received"].cast(pyarrow.int64()).to_pylist() == [START + 8 * SECOND, START + 10 * SECOND]


def test_depth_is_the_books_at_each_change(capture: Path) -> None:
    found = day(capture, symbols="AAPL").depth(levels=2)
    names = ["bid_price_0", "bid_quantity_0", "bid_orders_0", "bid_price_1", "ask_price_0", "ask_quantity_0", "quality"]
    rows = [tuple(row.values()) for row in found.select(names).to_pylist()]
    low = 184_990_000_000
    assert rows == [
        (185 * NANO, 100, 1, None, None, None, "current"),
        (185 * NANO, 400, 2, None, None, None, "current"),
        (185 * NANO, 400, 2, low, None, None, "current"),
        (185 * NANO, 400, 2, low, 185_025_000_000, 500, "current"),
        (185 * NANO, 360, 2, low, 185_025_000_000, 500, "current"),
        (185 * NANO, 360, 2, None, 185_025_000_000, 500, "current"),
    ]
    assert set(found["symbol"].to_pylist()) == {"AAPL"}
    assert found["sequence"].to_pylist() == [4, 5, 6, 7, 9, 10]


def test_every_table_can_be_asked_for_and_events_are_all_of_them(capture: Path) -> None:
    opened = day(capture)
    assert opened.orders()["kind"].to_pylist() == ["add", "add", "add", "add", "add", "execute", "delete"]
    assert opened.bbo()["bid_quantity"].to_pylist()[-1] == 360
    assert opened.table("definitions")["symbol"].to_pylist() == ["AAPL", "MSFT"]
    assert opened.table("gaps").num_rows == 0
    instruments = opened.table("instruments")
    assert [row for row in instruments["symbol"].to_pylist() if row] == ["AAPL", "MSFT"]
    rows = instruments["symbol"].to_pylist()
    trades = opened.trades()
    assert [rows[row] for row in trades["instrument"].to_pylist()] == trades["symbol"].to_pylist()
    events = opened.events()
    assert events["event_index"].to_pylist() == list(range(events.num_rows))
    assert events.num_rows == 1 + len(DAY) + len(opened.bbo())


def test_prices_are_whole_numbers_floats_or_exact_decimals(capture: Path) -> None:
    prices = {kind: day(capture, prices=kind).trades()["price"].to_pylist() for kind in ("integer", "float", "decimal")}
    assert prices == {
        "integer": [185_000_000_000, 409_995_000_000],
        "float": [185.0, 409.995],
        "decimal": [Decimal("185.000000000"), Decimal("409.995000000")],
    }
    inside = day(capture, prices="float").depth(levels=1)
    assert inside["ask_price_0"].to_pylist()[:2] == [None, None]
    assert day(capture, prices="decimal").depth(levels=1)["ask_price_0"].to_pylist()[3] == Decimal("185.025000000")


def test_a_table_is_a_structured_array_too(capture: Path) -> None:
    found = day(capture).numpy("depth", levels=1)
    assert found["symbol"].tolist() == ["AAPL"] * 4 + ["MSFT"] + ["AAPL"] * 2 + ["MSFT"]
    assert found["ask_price_0"][0] == numpy.iinfo(numpy.int64).min
    assert found["ts_event"].dtype == numpy.dtype("<M8[ns]")
    assert found["ts_event"][0] == numpy.datetime64(START, "ns")
    trades = day(capture, prices="float").numpy("trades")
    assert trades[["symbol", "price", "quantity"]].tolist() == [("AAPL", 185.0, 40), ("MSFT", 409.995, 25)]


@pytest.mark.parametrize("name", ["orders", "events", "depth"])
def test_parts_are_the_whole(tmp_path: Path, name: str) -> None:
    path = tmp_path / "longer.pcap"
    adds = [add(1, reference, "B", 100, "AAPL", 1_000_000 + reference) for reference in range(1, 300)]
    messages = [*DAY[:3], *adds]
    groups = [messages[start : start + 3] for start in range(0, len(messages), 3)]
    write(path, [(START + number, packet(1 + 3 * number, group)) for number, group in enumerate(groups)])
    whole = day(path).table(name)
    parts = list(day(path).batches(name, size=32))
    assert len(parts) > 3
    assert max(part.num_rows for part in parts) <= 32
    joined = pyarrow.concat_tables(parts).unify_dictionaries()
    assert structured(joined).tolist() == structured(whole).tolist()


def test_several_files_are_one_stream_and_a_window_keeps_part_of_it(capture: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "1.pcap", tmp_path / "2.pcap.gz"
    packets = [(START + number * SECOND, packet(1 + number, [message])) for number, message in enumerate(DAY)]
    write(first, packets[::2])
    write(tmp_path / "2.pcap", packets[1::2])
    second.write_bytes(gzip.compress((tmp_path / "2.pcap").read_bytes()))
    assert read([first, second], feed="nasdaq_itch50").orders().equals(day(capture).orders())
    cut = day(capture, end=START + 5 * SECOND).orders()
    assert cut["sequence"].to_pylist() == [4, 5]
    moment = datetime.datetime.fromtimestamp(START // SECOND + 5, datetime.UTC)
    assert day(capture, end=moment).orders().equals(cut)
    assert day(capture, end="09:30:05", date="2023-08-22").orders().equals(cut)


def test_a_configuration_names_the_channels(capture: Path, tmp_path: Path) -> None:
    config = tmp_path / "nasdaq.yaml"
    config.write_text(CONFIGURATION)
    found = read(capture, config=config).trades()
    assert set(found["channel"].to_pylist()) == {"itch"}


def test_behind_a_gap_the_depth_says_stale(tmp_path: Path) -> None:
    path = tmp_path / "gap.pcap"
    numbered = [(START + number * SECOND, packet(1 + number, [message])) for number, message in enumerate(DAY)]
    write(path, [entry for number, entry in enumerate(numbered) if number != 5])
    opened = day(path)
    assert opened.table("gaps").select(["first", "count"]).to_pylist() == [{"first": 6, "count": 1}]
    assert opened.depth(levels=1)["quality"].to_pylist() == ["current", "current", *["stale"] * 4]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "what is the feed? Expected either feed=, the name of one, or config=, a configuration file"),
        ({"feed": "nasdaq_itch50", "config": "x.yaml"}, "what is the feed?"),
        ({"feed": "nasdaq_itch50", "prices": "pennies"}, "prices 'pennies': expected integer, float or decimal"),
        ({"feed": "nasdaq_itch50", "start": "09:30"}, "start 09:30: of which day?"),
        ({"feed": "nasdaq_itch50", "end": datetime.datetime(2023, 8, 22)}, "of which time zone?"),
    ],
)
def test_what_cannot_be_meant_is_refused(capture: Path, options: dict[str, Any], words: str) -> None:
    with pytest.raises(ReadError) as caught:
        read(capture, **options)
    assert words in str(caught.value)


def test_a_name_that_is_none_is_refused_with_those_there_are(capture: Path) -> None:
    with pytest.raises(ReadError, match="there is no table 'trade', did you mean trades"):
        day(capture).table("trade")
    with pytest.raises(ReadError, match="parts of 0 rows"):
        list(day(capture).batches("trades", size=0))
    with pytest.raises(ReadError, match="a depth of 0 levels: expected 1 to 1000"):
        day(capture).depth(levels=0)
    with pytest.raises((PluginError, ValueError), match="nasdaq_itch5"):
        read(capture, feed="nasdaq_itch5")
    with pytest.raises(ReadError, match="no capture was given"):
        read([], feed="nasdaq_itch50")


def test_a_capture_that_is_none_or_of_another_feed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match=r"nowhere.pcap: cannot be read: No such file"):
        day(tmp_path / "nowhere.pcap").trades()
    write(tmp_path / "other.pcap", [(START, b"something else")])
    with pytest.raises(ReadError, match="no packet of feed nasdaq_itch50"):
        day(tmp_path / "other.pcap").trades()


def test_a_capture_that_was_cut_is_read_as_far_as_it_goes_with_a_warning(capture: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.pcap"
    path.write_bytes(capture.read_bytes()[:-7])
    with pytest.warns(CaptureWarning, match=r"cut\.pcap"):
        assert day(path).orders().num_rows == 7
