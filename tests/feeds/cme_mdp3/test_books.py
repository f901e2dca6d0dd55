"""CME MDP 3.0 through the generated pipeline: every action on a level, versions old and new, real packets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from feedhandler.books import Books
from feedhandler.core.channel import Quality
from feedhandler.core.events import Event, EventKind
from feedhandler.core.reasons import Reason
from feedhandler.pipeline.pipeline import ChannelPlan, Pipeline
from feedhandler.pipeline.source import Route
from feedhandler.pipeline.state import Capacities
from feeds.cme_mdp3 import FEED, definitions, legacy_messages, messages
from replay import frames
from tests.feeds.session_packets import mdp3_packet
from tests.stage import memory_receiver
from tests.streams import Sent

pytestmark = pytest.mark.interpreted

SMALL = Capacities(instruments=64, orders=64, levels=1024, events=256)
ES = 13950
NEW, CHANGE, DELETE, DELETE_THRU, DELETE_FROM, OVERLAY = range(6)


def fed(*payloads: bytes) -> Pipeline:
    """A pipeline that has seen these packets."""
    plan = ChannelPlan("c", lines=(0,), capacities=SMALL)
    pipeline = Pipeline("test", [Route(FEED, "cme", FEED.session())], channels=[plan])
    pipeline.channels[0].events.wanted = -1
    receiver = memory_receiver([Sent(payload) for payload in payloads])
    pipeline.attach(receiver)
    pipeline.run()
    receiver.close()
    return pipeline


def reasons(pipeline: Pipeline) -> dict[Reason, int]:
    return {Reason(number): int(count) for number, count in enumerate(pipeline.channels[0].reasons()) if count}


def entry(action: int, number: int, price: int = 0, size: int = 1, kind: str = "0", **more: Any) -> dict[str, Any]:
    return {
        "security_id": ES, "md_update_action": action, "md_price_level": number, "md_entry_px": price,
        "md_entry_size": size, "md_entry_type": kind, "number_of_orders": 1, **more,
    }  # fmt: skip


def refresh(*entries: dict[str, Any]) -> bytes:
    return messages.MDIncrementalRefreshBook46.encode(transact_time=77, no_md_entries=list(entries))


def definition(depth: int = 3) -> bytes:
    return definitions.MDInstrumentDefinitionFuture54.encode(
        security_id=ES, symbol="ESM6-ESU6", no_md_feed_types=[{"md_feed_type": "GBX", "market_depth": depth}]
    )


def bids(pipeline: Pipeline) -> list[tuple[int, int]]:
    return [(level.price, level.quantity) for level in Books(pipeline.channels)["ESM6-ESU6"].depth(20).bids]


LEVELS = [entry(NEW, 1, 100, 1), entry(NEW, 2, 90, 2), entry(NEW, 3, 80, 3)]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([], [(100, 1), (90, 2), (80, 3)]),
        ([entry(NEW, 2, 95, 9)], [(100, 1), (95, 9), (90, 2)]),
        ([entry(CHANGE, 2, 90, 7)], [(100, 1), (90, 7), (80, 3)]),
        ([entry(OVERLAY, 2, 91, 7)], [(100, 1), (91, 7), (80, 3)]),
        ([entry(DELETE, 1)], [(90, 2), (80, 3)]),
        ([entry(DELETE_THRU, 2)], [(80, 3)]),
        ([entry(DELETE_FROM, 2)], [(100, 1)]),
        ([entry(0, 0, kind="J")], []),
        ([entry(NEW, 1, 105, 4, "E")], [(100, 1), (90, 2), (80, 3)]),
    ],
    ids=["new", "new within", "change", "overlay", "delete", "delete thru", "delete from", "reset", "implied apart"],
)
def test_every_action_on_a_level(entries: list[dict[str, Any]], expected: list[tuple[int, int]]) -> None:
    pipeline = fed(mdp3_packet(1, [definition(), refresh(*LEVELS)]), mdp3_packet(2, [refresh(*entries)]))
    assert bids(pipeline) == expected
    assert reasons(pipeline) == {}
    assert Books(pipeline.channels)["ESM6-ESU6"].bbo().quality is Quality.CURRENT


def test_a_packet_has_one_number_whatever_it_holds() -> None:
    pipeline = fed(mdp3_packet(1, [definition(), refresh(*LEVELS)]), mdp3_packet(2, [refresh(entry(DELETE, 1))]))
    memory = pipeline.channels[0]
    assert (int(memory.sequencer.expected), int(memory.channel.message_count)) == (3, 3)


def test_prices_before_version_9_are_brought_to_the_same_step() -> None:
    old = legacy_messages.MDIncrementalRefreshBook32.encode(
        version=5, no_md_entries=[entry(NEW, 1, 207_775 * 10**7, 308)]
    )
    assert bids(fed(mdp3_packet(1, [definition(10), old]))) == [(207_775 * 10**9, 308)]


def test_a_level_that_contradicts_the_book_makes_it_stale() -> None:
    pipeline = fed(mdp3_packet(1, [definition(), refresh(*LEVELS, entry(CHANGE, 2, 70, 1))]))
    assert reasons(pipeline) == {Reason.LEVEL_ORDER: 1}
    assert Books(pipeline.channels)["ESM6-ESU6"].bbo().quality is Quality.STALE


def test_trades_name_price_quantity_and_the_side_that_rested() -> None:
    summary = messages.MDIncrementalRefreshTradeSummary48.encode(
        no_md_entries=[{"security_id": ES, "md_entry_px": 95, "md_entry_size": 4, "aggressor_side": 1,
                        "md_update_action": NEW, "md_trade_entry_id": 12}],
        no_order_id_entries=[{"order_id": 7, "last_qty": 4}],
    )  # fmt: skip
    pipeline = fed(mdp3_packet(1, [definition(), summary]))
    assert Books(pipeline.channels)["ESM6-ESU6"].depth().last_trade == (95, 4)
    rows = pipeline.channels[0].array("events", Event, 3)[1:]
    assert [(int(row["kind"]), int(row["detail"])) for row in rows] == [(EventKind.DEFINITION, 0), (EventKind.TRADE, 1)]


def test_a_message_whose_groups_do_not_fit_is_refused_whole() -> None:
    body = bytearray(refresh(*LEVELS))
    body[21] = 200  # entries
    pipeline = fed(mdp3_packet(1, [definition(), bytes(body)]))
    assert reasons(pipeline) == {Reason.MESSAGE_LENGTH: 1}


def test_captured_packets_are_taken_without_a_reason_to_complain_but_the_late_join(captures: Path) -> None:
    for folder in ("Mdp3.Sbe.v1.5", "Mdp3.Sbe.v1.9", "mdp3_instrument_defs"):
        for file in sorted((captures / "cme" / folder).glob("*.pcap")):
            found = reasons(fed(*(frame.payload for frame in frames(file))))
            assert found.keys() <= {Reason.LEVEL_BEFORE_START, Reason.ORDER_BEFORE_START}, file.name


def test_the_definitions_of_the_replay_name_their_instruments(captures: Path) -> None:
    path = captures / "cme/mdp3_instrument_defs/omi_cpp-packets_example.pcap"
    pipeline = fed(*(frame.payload for frame in frames(path)))
    names = {name for name in ("ESH6", "ESM6-ESU6", "ESZ5-ESH6") if name in Books(pipeline.channels)}
    assert names == {"ESH6", "ESM6-ESU6", "ESZ5-ESH6"}
