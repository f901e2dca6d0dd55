"""Every real capture: as many datagrams as the independent dissector found, at the same times."""

import gzip
import json
from collections import defaultdict
from pathlib import Path

import pytest

from tests.replay.builders import read


def oracle(folder: Path) -> dict[str, list[tuple[int, str]]]:
    """(packet number, time) by file, as the dissector printed them."""
    found = defaultdict(list)
    with gzip.open(folder / "oracle.jsonl.gz", "rt") as lines:
        for line in lines:
            packet = json.loads(line)
            found[packet["file"]].append((packet["frame"], packet["time_epoch"]))
    return dict(found)


def test_every_capture_gives_the_packets_of_the_oracle_at_their_times(captures: Path) -> None:
    folders = sorted({path.parent for path in captures.rglob("*.pcap*")})
    assert len(folders) > 20
    for folder in folders:
        expected = oracle(folder)
        assert sorted(path.name for path in folder.glob("*.pcap*")) == sorted(expected)
        for name, packets in expected.items():
            reading = read(folder / name)
            found = [
                (frame.number, f"{frame.received_ns // 10**9}.{frame.received_ns % 10**9:09}")
                for frame in reading.frames
            ]
            assert found == packets, folder / name
            assert reading.problems == []
            assert reading.skipped == {}


def test_the_iex_stream_is_5000_packets_of_one_line(captures: Path) -> None:
    reading = read(captures / "iex/deep_stream/deep_20231002_5000.pcap")
    assert len(reading.frames) == 5000
    assert {frame.line for frame in reading.frames} == {0}
    assert reading.statistics["truncated"] == 0


@pytest.mark.parametrize(("name", "records"), [("three_stocks_artificial.itch", 12_012), ("directory_head.itch", 101)])
def test_the_itch_files_are_whole(captures: Path, name: str, records: int) -> None:
    file = captures / "nasdaq/itch50_file" / name
    reading = read(file)
    assert b"".join(reading.payloads) == file.read_bytes()
    assert reading.problems == []
    last = reading.frames[-1]
    position, count = 0, last.number - 1
    while position < len(last.payload):
        position += 2 + int.from_bytes(last.payload[position : position + 2], "big")
        count += 1
    assert count == records
