"""B3 Binary UMDF: tables against their schemas, captured packets, versions, events, orders without a price."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from feedhandler.core.channel import Quality
from feedhandler.core.events import EVENT_VALUES, Event, EventKind
from feedhandler.core.reasons import Reason
from feedhandler.decoding import Decoder
from feedhandler.sessions.umdf_binary import packet_encode
from feedhandler.wire.sbe import read_schema, table_source
from feedhandler.wire.sbe.schema import chosen
from feedhandler.wire.sbe.source import snake
from feeds.b3_umdf import FEED, definitions, legacy_definitions, legacy_messages, messages, statistics
from replay import frames
from tests.feeds.b3_umdf.stream import CHANGE, END, NEW, STEP, THRU, VERSION, Scene, body, definition

pytestmark = pytest.mark.interpreted

SCHEMAS = {
    messages: "2.2", statistics: "2.2", definitions: "2.2", legacy_messages: "1.8", legacy_definitions: "1.8",
}  # fmt: skip
CODE = 200_000_000_011


def schema_file(captures: Path, version: str) -> Path:
    path = captures.parent / f"schemas/b3/B3.Equities.BinaryUmdf.Sbe.v{version}.xml"
    if not path.is_file():
        pytest.skip(f"no schema: {path}")
    return path


@pytest.mark.parametrize("module", SCHEMAS, ids=lambda module: module.__name__.rpartition(".")[2])
def test_the_tables_are_what_the_schemas_become(captures: Path, module: ModuleType) -> None:
    schema = read_schema(schema_file(captures, SCHEMAS[module]))
    title = (module.__doc__ or "").splitlines()[0]
    chosen_ones = chosen(schema, [int(table.type) for table in module.MESSAGES])
    assert Path(module.__file__ or "").read_text() == table_source(chosen_ones, title=title)


@pytest.mark.parametrize(("variant", "version"), [("v2", "2.2"), ("v1", "1.8")])
def test_every_template_of_a_schema_has_a_table_of_its_layout(captures: Path, variant: str, version: str) -> None:
    known = {table.type: table for table in FEED.messages(variant)}
    for message in read_schema(schema_file(captures, version)).messages:
        if message.id == 0:
            continue  # the headers once more, for generators of code
        table = known[message.id]
        places = {name: place.offset for name, place in table.fields.items()}
        assert table.minimum_size <= 8 + message.block_length, message.name
        for member in message.members:
            if member.size and (name := snake(member.name)) in places:
                assert places[name] == 8 + member.offset, (message.name, name)


def captured(captures: Path, name: str) -> list[bytes]:
    return [bytes(frame.payload) for frame in frames(captures / f"b3/BinaryUmdf.v1.8/{name}.pcap")]


def test_captured_packets_are_a_definition_and_a_heartbeat(captures: Path) -> None:
    scene = Scene("v1")
    scene.send(*captured(captures, "SecurityDefinitionMessage"), *captured(captures, "Sequence"))
    assert scene.quality("AHEB3F") is Quality.STALE
    assert int(scene.pipeline.channels[0].sequencer.known_next) == 77_124


def test_the_variant_is_that_of_the_version_on_the_wire() -> None:
    assert [FEED.editions[name].covers_version(9) for name in ("v2", "v1")] == [False, True]
    assert [FEED.editions[name].covers_version(16) for name in ("v2", "v1")] == [True, False]
    new = packet_encode(1, [messages.OrderMBO50.encode(security_id=CODE, rpt_seq=3, transact_time=5)])
    old = packet_encode(1, [legacy_messages.OrderMBO50.encode(security_id=CODE, rpt_seq=3, md_entry_timestamp=5)])
    (by_new,) = Decoder(FEED, "v2", FEED.session()).messages(new)
    (by_old,) = Decoder(FEED, "v1", FEED.session()).messages(old)
    assert (by_new.fields["transact_time"], by_new.fields["rpt_seq"]) == (5, 3)
    assert (by_old.fields["md_entry_timestamp"], by_old.fields["rpt_seq"]) == (5, 3)


def test_what_version_16_appended_is_absent_in_version_15() -> None:
    data = bytearray(messages.OrderMBO50.encode(security_id=CODE, rpt_seq=3, transact_time=5, md_entry_prev_size=9))
    data[0:2], data[6:8] = (64).to_bytes(2, "little"), (15).to_bytes(2, "little")
    decoded = messages.OrderMBO50.decode(bytes(data[:72]))
    assert (decoded["transact_time"], decoded["md_entry_prev_size"], decoded["rpt_seq"]) == (5, None, 3)


def happened(way: str, *bodies: bytes) -> list[tuple[EventKind, int, dict[str, int]]]:
    """What messages of a stream become: kind, detail and the values that are not 0."""
    scene = Scene(way)
    memory = scene.pipeline.channels[0]
    memory.events.wanted = -1
    scene.send(packet_encode(1, bodies, VERSION))
    assert scene.reasons() == {}
    rows = memory.array("events", Event, memory.events.mask + 1)[: memory.events.written]
    found = []
    for row in rows:
        kind = EventKind(int(row["kind"]))
        if kind < EventKind.INSIDE:
            values = {name: int(row[f"value_{place}"]) for place, name in enumerate(EVENT_VALUES[kind])}
            found.append((kind, int(row["detail"]), {name: value for name, value in values.items() if value}))
    return found


def test_trades_and_what_is_told_beside_them() -> None:
    def of(name: str, number: int, **fields: Any) -> bytes:
        return body("v2", name, security_id=CODE, rpt_seq=number, match_event_indicator=END, time=5, **fields)

    summary = messages.ExecutionSummary55.encode(
        security_id=CODE, rpt_seq=1, aggressor_side=1, last_px=990, fill_qty=300, transact_time=5
    )
    assert happened(
        "v2", summary, of("Trade53", 2, md_entry_px=990, md_entry_size=300, trade_id=7),
        of("Trade53", 3, md_entry_px=980, md_entry_size=100, trade_id=8, trade_condition=8),
        of("TradeBust57", 4, md_entry_px=990, md_entry_size=300, trade_id=7),
        of("ForwardTrade54", 5, md_entry_px=991, md_entry_size=100, trade_id=9),
    ) == [
        (EventKind.STATISTIC, 1, {"statistic": ord("s"), "price": 990, "quantity": 300}),
        (EventKind.TRADE, 0, {"price": 990, "quantity": 300, "match_number": 7}),
        (EventKind.TRADE, 0, {"price": 980, "quantity": 100, "match_number": 8}),
        (EventKind.TRADE_BREAK, 0, {"match_number": 7}),
        (EventKind.TRADE, 0, {"price": 991, "quantity": 100, "match_number": 9}),
    ]  # fmt: skip


def test_a_trade_out_of_sequence_is_not_the_last_one() -> None:
    def traded(number: int, price: int, condition: int) -> bytes:
        return body("v2", "Trade53", security_id=CODE, rpt_seq=number, md_entry_px=price, md_entry_size=100,
                    trade_condition=condition, time=5)  # fmt: skip

    scene = Scene("v2", packet_encode(1, [traded(1, 990, 0), traded(2, 500, 8)], VERSION))
    assert scene.books[f"#{CODE}"].depth().last_trade == (990 * STEP, 100)


def test_figures_of_the_day_go_by_the_letter_of_their_entry() -> None:
    common = {"security_id": CODE, "match_event_indicator": END, "md_entry_timestamp": 5}
    assert happened(
        "v2",
        statistics.ClosingPrice17.encode(rpt_seq=1, md_entry_px=9_901_234_567, **common),
        statistics.OpenInterest29.encode(rpt_seq=2, md_entry_size=70, **common),
        statistics.TheoreticalOpeningPrice16.encode(rpt_seq=3, md_entry_px=990, md_entry_size=500, **common),
        statistics.AuctionImbalance19.encode(rpt_seq=4, imbalance_condition=512, md_entry_size=30, **common),
        statistics.PriceBand22.encode(
            rpt_seq=5, price_band_type=1, high_limit_price=12, low_limit_price=8, trading_reference_price=100_000,
            price_limit_type=None, **common,
        ),
        messages.ExecutionStatistics56.encode(
            rpt_seq=6, trade_volume=1_000, vwap_px=991, net_chg_prev_day=None, number_of_trades=4, **common
        ),
    ) == [
        (EventKind.STATISTIC, 0, {"statistic": ord("5"), "price": 990_123}),
        (EventKind.STATISTIC, 0, {"statistic": ord("C"), "quantity": 70}),
        (EventKind.IMBALANCE, 0, {"paired_quantity": 500, "near_price": 990}),
        (EventKind.IMBALANCE, 2, {"imbalance_quantity": 30}),
        (EventKind.COLLAR, 1, {"reference_price": 10, "upper_price": 12, "lower_price": 8, "extension": 255}),
        (EventKind.STATISTIC, 0, {"statistic": ord("9"), "price": 991, "quantity": 1_000}),
    ]  # fmt: skip


def test_definitions_name_an_instrument_and_statuses_are_its_own_or_its_group_s() -> None:
    status = messages.SecurityStatus3.encode(
        security_id=CODE, security_trading_status=17, security_trading_event=None, rpt_seq=1,
        match_event_indicator=END, transact_time=5,
    )  # fmt: skip
    phase = messages.SecurityGroupPhase10.encode(
        security_group="BVM", trading_session_sub_id=21, match_event_indicator=END, transact_time=5
    )
    found = happened("v2", definition(CODE, "PETR4"), status, phase)
    assert [(kind, values.get("status")) for kind, _, values in found] == [
        (EventKind.DEFINITION, None), (EventKind.TRADING_STATUS, 17), (EventKind.TRADING_STATUS, 21),
    ]  # fmt: skip


def order(way: str, number: int, order_id: int, price: int | None, action: int = NEW, place: int = 0, side: str = "0",
          quantity: int = 100) -> bytes:  # fmt: skip
    return body(
        way, "OrderMBO50", security_id=CODE, rpt_seq=number, md_update_action=action, md_entry_type=side,
        secondary_order_id=order_id, md_entry_px=price, md_entry_size=quantity, md_entry_position_no=place,
        match_event_indicator=END, time=5,
    )  # fmt: skip


def test_orders_without_a_price_stand_in_a_book_of_their_own() -> None:
    bodies = [definition(CODE, "PETR4"), order("v2", 1, 5, 990), order("v2", 2, 6, None)]
    scene = Scene("v2", packet_encode(1, bodies, VERSION))
    assert (scene.books["PETR4"].bbo().bid_price, scene.books["PETR4 MARKET"].bbo().bid_quantity) == (990 * STEP, 100)
    assert scene.side("PETR4", "bid") == [(6, None, 100), (5, 990, 100)]
    gone = body("v2", "DeleteOrderMBO51", security_id=CODE, rpt_seq=3, md_entry_type="0", secondary_order_id=6, time=5)
    scene.send(packet_encode(2, [gone], VERSION))
    assert (scene.side("PETR4", "bid"), scene.reasons()) == ([(5, 990, 100)], {})


def test_queues_are_in_the_order_of_ids_since_version_15() -> None:
    bodies = [
        order("v2", 1, 30, 990), order("v2", 2, 10, 990), order("v2", 3, 20, 990),
        order("v2", 4, 30, 990, CHANGE, quantity=50),
    ]  # fmt: skip
    scene = Scene("v2", packet_encode(1, [definition(CODE, "PETR4"), *bodies], VERSION))
    assert scene.side("PETR4", "bid") == [(10, 990, 100), (20, 990, 100), (30, 990, 50)]


def test_queues_are_in_the_order_of_places_before_version_15() -> None:
    bodies = [order("v1", 1, 30, 990, place=1), order("v1", 2, 31, 991, place=1), order("v1", 3, 32, 990, place=2)]
    scene = Scene("v1", packet_encode(1, [definition(CODE, "PETR4"), *bodies], VERSION))
    assert scene.side("PETR4", "bid") == [(31, 991, 100), (32, 990, 100), (30, 990, 100)]
    # An order gets a price, stays where it is, and has another id.
    scene.send(packet_encode(2, [order("v1", 4, 33, None, place=1)], VERSION))
    scene.send(packet_encode(3, [order("v1", 5, 34, 992, CHANGE, place=1)], VERSION))
    assert scene.side("PETR4", "bid") == [(34, 992, 100), (31, 991, 100), (32, 990, 100), (30, 990, 100)]
    scene.send(packet_encode(4, [order("v1", 6, 35, None, CHANGE, place=1)], VERSION))
    assert scene.side("PETR4", "bid") == [(35, None, 100), (31, 991, 100), (32, 990, 100), (30, 990, 100)]
    thru = body("v1", "MassDeleteOrdersMBO52", security_id=CODE, rpt_seq=7, md_update_action=THRU, md_entry_type="0",
                md_entry_position_no=2, time=5)  # fmt: skip
    scene.send(packet_encode(5, [thru], VERSION))
    assert (scene.side("PETR4", "bid"), scene.reasons()) == ([(32, 990, 100), (30, 990, 100)], {})
    assert scene.quality("PETR4") is Quality.CURRENT


def test_an_event_goes_on_until_the_venue_ends_it() -> None:
    summary = messages.ExecutionSummary55.encode(security_id=CODE, rpt_seq=1, transact_time=5)
    traded = body("v2", "Trade53", security_id=CODE, rpt_seq=2, md_entry_px=9, md_entry_size=1, time=5)
    scene = Scene("v2", packet_encode(1, [summary, traded], VERSION))
    channel: Any = scene.pipeline.channels[0].channel
    assert channel.boundary_sequence < channel.sequence
    scene.send(packet_encode(2, [order("v2", 3, 5, 990)], VERSION))
    assert channel.boundary_sequence == channel.sequence == 2


@pytest.mark.parametrize(
    "spoiled",
    [order("v2", 1, 5, 990, side="2"), order("v2", 1, 5, 990, action=5),
     messages.SnapshotFullRefreshOrdersMBO71.encode(security_id=CODE)],
)  # fmt: skip
def test_what_the_specification_does_not_allow_is_refused(spoiled: bytes) -> None:
    scene = Scene("v2", packet_encode(1, [definition(CODE, "PETR4"), spoiled], VERSION))
    assert scene.reasons() == {Reason.MESSAGE_FIELD: 1}
    assert scene.quality("PETR4") is Quality.STALE
