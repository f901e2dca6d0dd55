"""The table of the Deribit feed against its schema, and a third-party dissector's reading of 6,343 captured packets."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from feedhandler.decoding import DecodedMessage
from feedhandler.wire.sbe import read_schema, table_source
from feeds.deribit_sbe import FEED, messages
from tests.feeds.dissected import Comparison, Pair

pytestmark = pytest.mark.interpreted

SCHEMA = "schemas/deribit/deribit_multicast_v3.xml"
NAMES = {
    ("", ours): theirs
    for ours, theirs in {
        "num_var_data_fields": "numvars", "max_buy_price": "maxbuysprice", "is_last": "islastpart",
        "is_last_in_book": "islastpart", "kind": "instrumentkind", "settlement_period": "period",
        "settlement_period_count": "periodcount", "timestamp_ms": "timestamp", "index_name": "currencypair",
        "creation_timestamp_ms": "creationtimestamp", "expiration_timestamp_ms": "expirationtimestamp",
        "direction": "tradedirection",
    }.items()
}  # fmt: skip
GROUPS = {
    "groupblocklen": "of a group, which the table measures",
    "numingroup": "the number of entries that were compared",
    "groupnumgroups": "there are no groups within groups",
    "groupnumvars": "there are no texts within groups",
}
LISTS = {"Book": "changes_list", "Snapshot": "levels_list", "InstrumentV2": "tick_steps_list"}
EMPTY = {"Snapshot": "Level List", "InstrumentV2": "Tick Step List"}
CHANGES = {0: "new ", 1: "change ", 2: "delete "}


def milliseconds(text: str) -> int:
    """"Jun 15, 2023 19:43:05.236000000 UTC" as milliseconds of the Unix epoch."""
    moment = datetime.datetime.strptime(f"{text[:-9]} +0000".replace("000 +", " +"), "%b %d, %Y %H:%M:%S.%f %z")
    return round(moment.timestamp() * 1000)


def number(value: float) -> str:
    return f"{value:.12g}"


def words(message: str, entry: dict[str, Any]) -> str:
    """An entry of a list as the dissector puts it."""
    if message == "InstrumentV2":
        return f" above price : {number(entry['above_price'])} tick_size : {number(entry['tick_size'])}"
    side = "bid" if entry["side"] else "ask"
    change = CHANGES[entry["change"]] if "change" in entry else ""
    return f"{change}{side} - price : {number(entry['price'])} amount : {number(entry['amount'])}"


class Deribit(Comparison):
    """The dissector puts the entries of three lists into words."""

    def message(self, where: str, message: DecodedMessage, body: Sequence[Pair]) -> None:
        name = LISTS.get(str(message.message))
        if name is not None:
            said = [text for key, text in body if key == "deribit_sbe"]
            entries = [words(str(message.message), entry) for entry in message.fields[name]]
            assert said == (entries or [EMPTY[str(message.message)]]), where
            body = [pair for pair in body if pair[0] != "deribit_sbe"]
            message = replace(message, fields={**message.fields, name: []})
        super().message(where, message, body)


def test_the_table_is_what_the_schema_becomes(captures: Path) -> None:
    schema = captures.parent / SCHEMA
    if not schema.is_file():
        pytest.skip(f"no schema: {schema}")
    title = (messages.__doc__ or "").splitlines()[0]
    text = table_source(read_schema(schema), title=title, double_decimals=6)
    assert Path(messages.__file__ or "").read_text() == text


def test_every_field_of_every_captured_message_agrees_with_the_dissector(captures: Path) -> None:
    times = dict.fromkeys(["timestamp_ms", "creation_timestamp_ms", "expiration_timestamp_ms"], milliseconds)
    blank = "the dissector prints no item for a text that is blank"
    found = Deribit(
        FEED, starts=("block_length",), names=NAMES, unread=GROUPS, texts=times,
        not_given={("Instrument", "settlement_currency"): blank, ("InstrumentV2", "settlement_currency"): blank},
    )  # fmt: skip
    found.folder(captures / "deribit/sbe_multicast").check(
        Ticker=4211, Book=1064, PriceIndex=1745, Trades=332, Snapshot=197, Instrument=194, InstrumentV2=194,
        SnapshotStart=60, SnapshotEnd=60,
    )  # fmt: skip
