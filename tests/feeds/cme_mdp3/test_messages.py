"""The tables of CME MDP 3.0 against their schemas, and a third-party dissector's reading of captured packets."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from feedhandler.wire.sbe import chosen, read_schema, table_source
from feeds.cme_mdp3 import FEED, MESSAGES, definitions, legacy_messages, messages
from tests.feeds.dissected import Comparison

pytestmark = pytest.mark.interpreted

SCHEMAS = {messages: 13, definitions: 13, legacy_messages: 8}
SUFFIXES = ("optional", "optionalex", "ex", "short", "shortoptional", "book", "statistics")
FRAMING = {
    "messagesize": "of the block, not of the message",
    "blocklength": "of a group, which the table measures",
    "numingroup": "the number of entries that were compared",
}
LATER = "came with a later version than the packets have"


def padding(*sizes: int) -> dict[str, str]:
    return {f"padding{size}": "bytes that no field covers" for size in sizes}


def indexes(*groups: str) -> dict[str, str]:
    return {f"incrementalrefresh{group}groupindex": "counted by the dissector" for group in groups}


def compared(captures: Path, folder: str, **rules: Any) -> Comparison:
    return Comparison(FEED, starts=("messagesize",), suffixes=SUFFIXES, **rules).folder(captures / "cme" / folder)


@pytest.mark.parametrize("module", SCHEMAS, ids=lambda module: module.__name__.rpartition(".")[2])
def test_a_table_is_what_its_schema_becomes(captures: Path, module: ModuleType) -> None:
    path = captures.parent / f"schemas/cme/Cme.Futures.Mdp3.Sbe.v1.{SCHEMAS[module]}.xml"
    if not path.is_file():
        pytest.skip(f"no schema: {path}")
    title = (module.__doc__ or "").splitlines()[0]
    schema = chosen(read_schema(path), [int(table.type) for table in module.MESSAGES])
    assert Path(module.__file__ or "").read_text() == table_source(schema, title=title)


@pytest.mark.parametrize("version", [5, 6, 8, 9, 12, 13])
def test_every_template_of_every_version_has_a_table(captures: Path, version: int) -> None:
    path = captures.parent / f"schemas/cme/Cme.Futures.Mdp3.Sbe.v1.{version}.xml"
    if not path.is_file():
        pytest.skip(f"no schema: {path}")
    known = {table.type: table for table in MESSAGES}
    for message in read_schema(path).messages:
        assert known[message.id].minimum_size <= 8 + message.block_length, message.name


NULL = "the dissector prints no item for a date that is null"
BLANK = "the dissector prints no item for a text that is blank"
REPLAY = {
    **dict.fromkeys(
        ["eventsgroupindex", "feedtypesgroupindex", "instattribgroupindex", "legsgroupindex"],
        "counted by the dissector",
    ),
    **dict.fromkeys(["unusedsettlpricetype5", "unusedsettlpricetype6", "reserved12"], "bits without a name"),
}
REPLAY_NOT_GIVEN = {
    ("MDInstrumentDefinitionSpread29", "trading_reference_date"): NULL,
    ("MDInstrumentDefinitionFuture27", "trading_reference_date"): NULL,
    ("MDInstrumentDefinitionFuture27", "settl_currency"): BLANK,
}


def test_every_field_of_the_samples_of_version_5_agrees_with_the_dissector(captures: Path) -> None:
    compared(
        captures, "Mdp3.Sbe.v1.5",
        unread={
            **FRAMING, **padding(2, 3, 4, 5, 6), **REPLAY,
            **indexes("book", "sessionstatistics", "tradesummary", "tradesummaryorderid", "volume"),
        },
        not_given={
            **REPLAY_NOT_GIVEN,
            ("MDIncrementalRefreshSessionStatistics35", "md_entry_size"): LATER,
            ("MDIncrementalRefreshTradeSummary42", "md_trade_entry_id"): LATER,
        },
    ).check(
        MDIncrementalRefreshBook32=6, MDIncrementalRefreshVolume37=2, MDIncrementalRefreshSessionStatistics35=1,
        MDIncrementalRefreshTradeSummary42=1, MDInstrumentDefinitionSpread29=3, MDInstrumentDefinitionFuture27=2,
    )  # fmt: skip


def test_every_field_of_the_samples_of_version_9_agrees_with_the_dissector(captures: Path) -> None:
    compared(
        captures, "Mdp3.Sbe.v1.9",
        unread={
            **FRAMING, **padding(2, 3, 4, 5, 6),
            **indexes("book", "bookorderid", "orderbook", "tradesummary", "tradesummaryorderid", "volume"),
        },
        not_given={("MDIncrementalRefreshBook46", "tradeable_size"): LATER},
    ).check(
        MDIncrementalRefreshBook46=8, MDIncrementalRefreshOrderBook47=2, MDIncrementalRefreshTradeSummary48=2,
        MDIncrementalRefreshVolume37=3,
    )  # fmt: skip


def test_every_field_of_the_instrument_replay_agrees_with_the_dissector(captures: Path) -> None:
    compared(
        captures, "mdp3_instrument_defs", unread={**FRAMING, **REPLAY}, not_given=REPLAY_NOT_GIVEN
    ).check(MDInstrumentDefinitionSpread29=10, MDInstrumentDefinitionFuture27=5)  # fmt: skip
