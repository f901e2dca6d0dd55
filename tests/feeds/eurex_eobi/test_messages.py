"""The tables of the Eurex feed against their schemas, and against what a dissector misread of captured packets."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from feedhandler.agreement.oracle import oracle_packets
from feedhandler.wire.fbe import chosen, read_schema, table_source
from feeds.eurex_eobi import FEED, messages, messages_3, messages_6, summaries
from replay import frames

pytestmark = pytest.mark.interpreted

SCHEMA = "schemas/eurex/Eurex.T7.Eobi.Fbe.v{}.xml"


@pytest.mark.parametrize(
    ("module", "release"), [(messages_3, "3.0"), (messages_6, "6.0"), (messages, "14.1"), (summaries, "14.1")]
)
def test_the_tables_are_what_the_schemas_become(captures: Path, module: ModuleType, release: str) -> None:
    file = captures.parent / SCHEMA.format(release)
    if not file.is_file():
        pytest.skip(f"no schema: {file}")
    schema = chosen(read_schema(file), [message.type for message in module.MESSAGES])
    text = table_source(schema, title=(module.__doc__ or "").splitlines()[0])
    assert Path(module.__file__ or "").read_text() == text


def test_every_message_of_the_newest_schema_is_in_one_of_its_two_files(captures: Path) -> None:
    file = captures.parent / SCHEMA.format("14.1")
    if not file.is_file():
        pytest.skip(f"no schema: {file}")
    mine = [message.type for message in FEED.messages("t7_14")]
    assert sorted(mine) == sorted(message.id for message in read_schema(file).messages)


@pytest.mark.parametrize("release", ["3.0", "6.0"])
def test_the_dissector_printed_the_header_s_bytes_from_four_bytes_too_far_on(captures: Path, release: str) -> None:
    """What the agreement leaves out, compared byte by byte: the dissector takes ApplSeqNum for eight bytes."""
    folder = captures / f"eurex/Eobi.T7.v{release}"
    compared = 0
    for packet in oracle_packets(folder / "oracle.jsonl.gz"):
        (frame,) = frames(folder / str(packet.file))
        said = dict(reversed([(name, text) for name, text in packet.pairs]))
        printed = (
            int(said["applseqnum"]).to_bytes(8, "little")
            + int(said["marketsegmentid"]).to_bytes(4, "little", signed=True)
            + b"".join(
                int(said[name]).to_bytes(1, "little")
                for name in ("partitionid", "completionindicator", "applseqresetindicator")
            )
        )
        assert frame.payload[8 : 8 + len(printed)] == printed
        compared += 1
    assert compared == {"3.0": 3, "6.0": 2}[release]


def test_the_dissector_took_a_price_below_zero_for_unsigned(captures: Path) -> None:
    folder = captures / "eurex/Eobi.T7.v3.0"
    (frame,) = frames(folder / "SnapshotOrder.pcap")
    price = messages_3.SnapshotOrder.decode(frame.payload[32:])["price"]
    said = [dict(packet.pairs)["price"] for packet in oracle_packets(folder / "oracle.jsonl.gz")
            if packet.file == "SnapshotOrder.pcap"]  # fmt: skip
    assert price == -18_000_000
    assert said == [f"{(price + 2**64) / 10**8:.15g}"]
