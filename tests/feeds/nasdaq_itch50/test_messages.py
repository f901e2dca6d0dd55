"""The tables of TotalView-ITCH 5.0 against what others make of the same bytes.

Three oracles: a third-party dissector's reading of every captured packet, field by field; day files, which state the
length of each message; and an independent Python decoder, on those files and on generated messages of every type.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings

from feedhandler.wire.testing import encoded, messages
from feeds.nasdaq_itch50.messages import MESSAGES, VARIANTS, Itch
from replay import frames
from tests.packets import binaryfile_messages, moldudp64_messages

BY_TYPE = {message.type: message for message in MESSAGES}

DISSECTOR_NAMES = {
    ("CrossTrade", "shares"): "crossshares",
    ("OrderCancel", "cancelled_shares"): "canceledshares",
    ("RegShoShortSalePriceTestRestrictedIndicator", "stock_locate"): "locatecode",
    ("StockTradingAction", "reason"): "reasoncode",
}
"""Where the dissector's word for a field is not ours without underscores."""

NOT_GIVEN = {
    ("StockTradingAction", "reason"): "the dissector prints no item for a text that is all blank",
}
"""Fields that the dissector leaves out of some messages, and why; ours must then be blank."""

FOLDERS = ("Nasdaq.Equities.TotalView.Itch.v5.0", "Nasdaq.Equities.TotalView.Itch.v5.0.20230822")


class Seen(NamedTuple):
    """One message: what we decode and what the dissector said."""

    place: str
    message: type[Itch]
    decoded: dict[str, Any]
    dissected: dict[str, str]


def dissected_messages(place: Path) -> Iterator[Seen]:
    """Every message of a folder's captures, in order, beside its oracle."""
    with gzip.open(place / "oracle.jsonl.gz", "rt") as lines:
        packets = [json.loads(line) for line in lines]
    payloads = {path.name: [frame.payload for frame in frames(path)] for path in place.glob("*.pcap")}
    assert Counter(packet["file"] for packet in packets) == {name: len(found) for name, found in payloads.items()}
    for packet in packets:
        where = f"{packet['file']} frame {packet['frame']}"
        bodies = moldudp64_messages(payloads[packet["file"]][packet["frame"] - 1])
        oracle: list[dict[str, str]] = []
        for name, value in packet["fields"]:
            if name == "messageindex":
                oracle.append({})
            elif oracle:
                assert name not in oracle[-1], f"{where}: {name} twice in one message"
                oracle[-1][name] = value
        assert len(oracle) == len(bodies), where
        for index, (body, fields) in enumerate(zip(bodies, oracle, strict=True)):
            assert int(fields.pop("messagelength")) == len(body), where
            message = BY_TYPE[fields["messagetype"]]
            yield Seen(f"{where} message {index + 1}", message, message.decode(body), fields)


def comparable(message: type[Itch], field: str, text: str) -> int | str:
    """The dissector's text as our raw value: it scales prices, strips nothing, and prints integers in decimal."""
    kind = message.fields[field].type
    if kind.kind == "price":
        return round(float(text) * 10**kind.decimals)
    if kind.kind == "char":
        return text
    return text.rstrip(" ") if kind.is_text else int(text)


@pytest.mark.interpreted
def test_every_field_of_every_captured_message_agrees_with_the_dissector(captures: Path) -> None:
    compared: Counter[str] = Counter()
    left_out: Counter[tuple[str, str]] = Counter()
    for folder in FOLDERS:
        for seen in dissected_messages(captures / "nasdaq" / folder):
            unread = dict(seen.dissected)
            for field, value in seen.decoded.items():
                key = (seen.message.__name__, field)
                text = unread.pop(DISSECTOR_NAMES.get(key, field.replace("_", "")), None)
                if text is None:
                    assert key in NOT_GIVEN, f"{seen.place}: the dissector has no {field}"
                    assert value == "", f"{seen.place}: {field} is {value!r}, the dissector saw a blank"
                    left_out[key] += 1
                else:
                    assert value == comparable(seen.message, field, text), f"{seen.place}: {field}"
            assert not unread, f"{seen.place}: the table lacks {unread}"
            compared[str(seen.message.type)] += 1
    assert compared == {
        "A": 42, "F": 7, "Q": 5, "J": 5, "L": 6, "I": 6, "P": 5, "X": 5, "D": 7, "E": 6, "C": 5, "U": 6, "Y": 5, "H": 6,
        "S": 1,
    }  # fmt: skip
    assert left_out.keys() == NOT_GIVEN.keys(), "a field that the dissector always gives needs no excuse"


@pytest.mark.parametrize("names", [DISSECTOR_NAMES, NOT_GIVEN])
def test_no_exception_outlives_its_field(names: dict[tuple[str, str], str]) -> None:
    known = {(message.__name__, field) for message in MESSAGES for field in message.fields}
    assert names.keys() <= known


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        (
            "three_stocks_artificial.itch",
            {"P": 5000, "A": 4997, "D": 1745, "E": 198, "X": 45, "U": 12, "S": 6, "R": 3, "H": 3, "F": 3},
        ),
        ("directory_head.itch", {"S": 1, "R": 98, "H": 1, "Y": 1}),
    ],
)
@pytest.mark.interpreted
def test_every_message_of_a_day_file_has_the_length_of_its_table(
    captures: Path, name: str, counts: dict[str, int]
) -> None:
    bodies = list(binaryfile_messages(captures / "nasdaq/itch50_file" / name))
    assert Counter(chr(body[0]) for body in bodies) == counts
    assert [len(body) for body in bodies] == [BY_TYPE[chr(body[0])].size for body in bodies]


DECODER_NAMES = {
    ("StockDirectory", "luld_reference_price_tier"): "luld_ref",
    ("MwcbDeclineLevel", "level_1"): "level1_price",
    ("MwcbDeclineLevel", "level_2"): "level2_price",
    ("MwcbDeclineLevel", "level_3"): "level3_price",
    ("QuotingPeriodUpdate", "ipo_quotation_release_time"): "ipo_release_time",
    ("QuotingPeriodUpdate", "ipo_quotation_release_qualifier"): "ipo_release_qualifier",
    ("LuldAuctionCollar", "auction_collar_extension"): "auction_collar_extention",
    ("OrderReplace", "original_order_reference_number"): "order_reference_number",
    ("NetOrderImbalanceIndicator", "price_variation_indicator"): "variation_indicator",
}
"""Where the independent decoder's word for a field is not ours."""

Decode = Callable[[bytes], dict[str, int | bytes]]


@pytest.fixture(scope="module")
def independent_decode() -> Decode:
    """The PyPI package itchfeed: a message's fields by its own names, text with its padding."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ITCH_NO_CPP", "1")
        found = pytest.importorskip("itch.messages", reason="itchfeed, an independent decoder, is not installed")
    return lambda body: vars(found.messages[body[:1]](body))


def in_its_words(body: bytes) -> dict[str, int | bytes]:
    """Our reading in the form of the independent decoder's."""
    message = BY_TYPE[chr(body[0])]
    return {
        DECODER_NAMES.get((message.__name__, name), name): field.type.encode(value) if field.type.is_text else value
        for (name, field), value in zip(message.fields.items(), message.decode(body).values(), strict=True)
        if name != "message_type"
    }


@pytest.mark.parametrize("name", ["three_stocks_artificial.itch", "directory_head.itch"])
def test_day_files_decode_as_an_independent_decoder_has_it(
    captures: Path, independent_decode: Decode, name: str
) -> None:
    for body in binaryfile_messages(captures / "nasdaq/itch50_file" / name):
        assert in_its_words(body) == independent_decode(body)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.__name__)
def test_every_type_decodes_as_an_independent_decoder_has_it(independent_decode: Decode, message: type[Itch]) -> None:
    @settings(max_examples=20)
    @given(encoded(message))
    def check(body: bytes) -> None:
        assert in_its_words(body) == independent_decode(body)

    check()


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.__name__)
@pytest.mark.interpreted
def test_every_type_survives_the_round_trip(message: type[Itch]) -> None:
    @settings(max_examples=20)
    @given(messages(message))
    def check(fields: dict[str, Any]) -> None:
        assert message.decode(message.encode(**fields)) == fields

    check()


def test_the_protocol_has_the_types_of_the_specification_in_its_order() -> None:
    assert [message.type for message in MESSAGES] == list("SRHYLVWKJhAFECXDUPQBINO")
    assert all("(TotalView-ITCH 5.0, 1." in message.specification for message in MESSAGES)


def test_each_venue_has_the_types_that_its_specification_lists() -> None:
    assert {venue: "".join(str(message.type) for message in found) for venue, found in VARIANTS.items()} == {
        "nasdaq": "SRHYLVWKJhAFECXDUPQBINO",
        "bx": "SRHYLVWJhAFECXDUPQBIN",
        "psx": "SRHYLVWJhAFECXDUPQBI",
    }


def test_type_locate_tracking_number_and_timestamp_lie_at_one_place_in_every_message() -> None:
    opening = {"message_type": (0, 1), "stock_locate": (1, 2), "tracking_number": (3, 2), "timestamp": (5, 6)}
    for message in MESSAGES:
        assert {name: (message.fields[name].offset, message.fields[name].type.size) for name in opening} == opening


def test_every_character_that_was_captured_has_a_name(captures: Path) -> None:
    unnamed = {
        (seen.message.__name__, field, value)
        for folder in FOLDERS
        for seen in dissected_messages(captures / "nasdaq" / folder)
        for field, value in seen.decoded.items()
        if seen.message.fields[field].type.names and seen.message.fields[field].type.word(value) is None
    }
    assert not unnamed
