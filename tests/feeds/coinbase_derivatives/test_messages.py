"""Coinbase Derivatives: the table against its schema, captured packets, events, requests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from feedhandler.core.channel import Quality
from feedhandler.core.events import EVENT_VALUES, Event, EventDetail, EventKind
from feedhandler.sessions import Request
from feedhandler.sessions.cde_multicast import SESSION, packet_encode
from feedhandler.wire.sbe import read_schema, table_source
from feeds.coinbase_derivatives import messages
from replay import frames
from tests.feeds.coinbase_derivatives.stream import CENT, CHANNEL, END, SNAPSHOTS, START, Scene, head

pytestmark = pytest.mark.interpreted

SCHEMA = "schemas/coinbase/Coinbase.Derivatives.MarketDataApi.Sbe.v1.2.xml"


def test_the_table_is_what_the_schema_becomes(captures: Path) -> None:
    schema = captures.parent / SCHEMA
    if not schema.is_file():
        pytest.skip(f"no schema: {schema}")
    title = (messages.__doc__ or "").splitlines()[0]
    text = table_source(read_schema(schema, decimals={"Price": 9}), title=title)
    assert Path(messages.__file__ or "").read_text() == text


def captured(captures: Path, name: str) -> list[bytes]:
    folder = captures / "coinbase/MarketDataApi.v1.2"
    return [bytes(frame.payload) for frame in frames(folder / f"{name}.pcap")]


def test_captured_snapshots_make_the_books_of_a_channel_that_was_joined_before_them(captures: Path) -> None:
    scene = Scene(packet_encode(37_429_600, [], CHANNEL))
    for name in ("StartOfOutrightInstrumentSnapshotMessage", "OrderSnapshotMessage"):
        scene.send(*captured(captures, name), line=SNAPSHOTS)
    # The first is older than what the channel has heard.
    assert scene.quality("B5H22") is Quality.STALE
    assert scene.quality("TECZ21") is Quality.CURRENT
    assert scene.queues("TECZ21") == {
        (1, 3271 * CENT): [(43_494_946, 13)], (1, 3270 * CENT): [(43_494_945, 15)],
        (1, 3269 * CENT): [(43_494_944, 18)], (1, 3256 * CENT): [(43_494_943, 20)],
    }  # fmt: skip
    assert scene.reasons() == {}


def test_captured_changes_are_one_transaction(captures: Path) -> None:
    scene = Scene(packet_encode(37_426_197, [], CHANNEL)).send(*captured(captures, "OrderDeleteMessage"))
    assert scene.queues("#44") == {(-1, 3223 * CENT): [(43_508_906, 23)]}
    channel: Any = scene.pipeline.channels[0].channel
    assert (channel.sequence, channel.boundary_sequence) == (37_426_198, 37_426_198)


def happened(*bodies: bytes) -> list[tuple[EventKind, int, dict[str, int]]]:
    """What messages of a channel become: kind, detail and the values that are not 0."""
    scene = Scene()
    memory = scene.pipeline.channels[0]
    memory.events.wanted = -1
    scene.send(packet_encode(1, bodies, CHANNEL))
    rows = memory.array("events", Event, memory.events.mask + 1)[: memory.events.written]
    found = []
    for row in rows:
        kind = EventKind(int(row["kind"]))
        if kind < EventKind.INSIDE:
            values = {name: int(row[f"value_{place}"]) for place, name in enumerate(EVENT_VALUES[kind])}
            found.append((kind, int(row["detail"]), {name: value for name, value in values.items() if value}))
    return found


DEFINITION = {"symbol": "BITZ21", "limit_down_price": 1, "limit_up_price": 9}


def test_a_definition_names_states_and_bounds_an_instrument() -> None:
    body = messages.OutrightInstrumentDefinition.encode(
        instr_header=head(11, 1), trading_status=1, settlement_price=5, **DEFINITION
    )
    assert [(kind, values) for kind, _, values in happened(body)] == [
        (EventKind.DEFINITION, {
            "code": 11, "symbol": int.from_bytes(b"BITZ21  ", "big"), "lot_size": 1, "price_unit": 1,
        }),
        (EventKind.TRADING_STATUS, {"status": 1}),
        (EventKind.COLLAR, {"upper_price": 9, "lower_price": 1}),
        (EventKind.STATISTIC, {"statistic": ord("6"), "price": 5}),
    ]  # fmt: skip


def test_trades_name_the_order_that_rested() -> None:
    def traded(side: int) -> bytes:
        return messages.Trade.encode(
            instr_header=head(11, 2 - side, side), match_id=7, buy_order_id=21, sell_order_id=22, price=5, quantity=3
        )

    common = {"price": 5, "quantity": 3, "match_number": 7}
    assert happened(traded(1), traded(0), traded(-1)) == [
        (EventKind.TRADE, EventDetail.ASK, common | {"order_reference": 22}),
        (EventKind.CROSS, 0, common),
        (EventKind.TRADE, 0, common | {"order_reference": 21}),
    ]


def test_an_order_put_again_is_changed_where_it_stands_or_moved() -> None:
    def put(number: int, order: int, price: int, quantity: int) -> bytes:
        return messages.OrderPut.encode(
            instr_header=head(11, number, 1, time=number), order_id=order, price=price * CENT, quantity=quantity
        )

    scene = Scene(packet_encode(1, [put(1, 1, 100, 5), put(2, 2, 100, 5), put(3, 3, 100, 5)], CHANNEL))
    scene.send(packet_encode(4, [put(4, 1, 100, 4)], CHANNEL))
    assert scene.queues("#11") == {(1, 100 * CENT): [(1, 4), (2, 5), (3, 5)]}
    scene.send(packet_encode(5, [put(5, 2, 100, 6)], CHANNEL))
    assert scene.queues("#11") == {(1, 100 * CENT): [(1, 4), (3, 5), (2, 6)]}
    scene.send(packet_encode(6, [put(6, 1, 101, 2)], CHANNEL))
    assert scene.queues("#11") == {(1, 101 * CENT): [(1, 2)], (1, 100 * CENT): [(3, 5), (2, 6)]}
    assert (scene.quality("#11"), scene.reasons()) == (Quality.CURRENT, {})


def test_a_boundary_is_where_a_transaction_ends_and_not_a_packet() -> None:
    def put(number: int, flags: int) -> bytes:
        return messages.OrderPut.encode(instr_header=head(11, number, 1, flags), order_id=number, price=1, quantity=1)

    scene = Scene(packet_encode(1, [put(1, START), put(2, END), put(3, START)], CHANNEL))
    channel: Any = scene.pipeline.channels[0].channel
    assert (channel.sequence, channel.boundary_sequence) == (3, 2)
    scene.send(packet_encode(4, [put(4, END)], CHANNEL))
    assert (channel.sequence, channel.boundary_sequence) == (4, 4)


def test_a_request_asks_for_as_many_as_its_count_can_say_and_is_read_back() -> None:
    retransmission = SESSION.retransmission
    assert retransmission is not None
    datagrams = retransmission.requests(CHANNEL, 0, 1_000, 300, 65_535)
    assert [retransmission.request_read(datagram) for datagram in datagrams] == [
        Request(CHANNEL, 0, 1_000, 255), Request(CHANNEL, 0, 1_255, 45),
    ]  # fmt: skip
    body = messages.RetransmitRequest.decode(datagrams[0][24:])
    assert (body["begin_seq_num"], body["message_count"], body["frame_length"]) == (1_000, 255, 24)
    assert retransmission.request_read(b"") is None
    assert retransmission.request_read(packet_encode(1, [messages.RetransmitReject.encode()], CHANNEL)) is None
