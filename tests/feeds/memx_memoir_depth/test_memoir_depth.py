"""MEMOIR Depth: its table against its schema, its books through the generated pipeline."""

from __future__ import annotations

from pathlib import Path

import pytest

from feedhandler.books import Books
from feedhandler.core.channel import ChannelState
from feedhandler.core.reasons import Reason
from feedhandler.pipeline.pipeline import ChannelPlan, Pipeline
from feedhandler.pipeline.source import Route
from feedhandler.pipeline.state import Capacities
from feedhandler.sessions import memoir_udp
from feedhandler.wire.sbe import read_schema, table_source
from feeds.memx_memoir_depth import FEED, messages
from tests.feeds.session_packets import memoir_udp_packet
from tests.stage import memory_receiver
from tests.streams import Sent

pytestmark = pytest.mark.interpreted

SCHEMA = "schemas/memx/Memx.Equities.MemoirDepth.Sbe.v1.3.xml"
UNIT = 1_000


def test_the_table_is_what_the_schema_becomes(captures: Path) -> None:
    schema = captures.parent / SCHEMA
    if not schema.is_file():
        pytest.skip(f"no schema: {schema}")
    title = (messages.__doc__ or "").splitlines()[0]
    assert Path(messages.__file__ or "").read_text() == table_source(read_schema(schema), title=title)


def fed(*payloads: bytes) -> Pipeline:
    """A pipeline that has seen these packets."""
    plan = ChannelPlan("c", lines=(0,), capacities=Capacities(instruments=32, orders=256, levels=128, events=64))
    pipeline = Pipeline("test", [Route(FEED, "memx", FEED.session())], channels=[plan])
    receiver = memory_receiver([Sent(payload) for payload in payloads])
    pipeline.attach(receiver)
    pipeline.run()
    receiver.close()
    return pipeline


def added(order: int, side: str, price: int, quantity: int) -> bytes:
    return messages.OrderAdded.encode(security_id=5, order_id=order, side=side, price=price, quantity=quantity)


DIRECTORY = messages.InstrumentDirectory.encode(security_id=5, symbol="BRK", symbol_sfx="B", round_lot=100)
BODIES = [
    DIRECTORY, added(1, "B", 10_000_000, 100), added(2, "B", 10_000_000, 50), added(3, "S", 11_000_000, 70),
    messages.OrderReduced.encode(security_id=5, order_id=1, quantity=30),
    messages.OrderExecuted.encode(security_id=5, order_id=1, quantity=20, price=10_000_000, trade_id=9),
]  # fmt: skip


def test_orders_build_the_book() -> None:
    book = Books(fed(memoir_udp_packet(1, BODIES)).channels)["BRK.B"]
    assert [(order.order_reference, order.quantity) for order in book.orders("bid", 10_000_000 * UNIT).orders] == [
        (1, 50), (2, 50),
    ]  # fmt: skip
    bbo = book.bbo()
    assert (bbo.bid_quantity, bbo.ask_price, bbo.ask_quantity) == (100, 11_000_000 * UNIT, 70)
    assert book.depth().last_trade == (10_000_000 * UNIT, 20)


def test_a_cleared_book_is_empty() -> None:
    book = Books(fed(memoir_udp_packet(1, [*BODIES, messages.ClearBook.encode(security_id=5)])).channels)["BRK.B"]
    assert (book.depth().bids, book.depth().asks) == ([], [])


def test_a_newer_version_s_longer_block_is_understood() -> None:
    body = bytearray(added(1, "B", 10_000_000, 100) + b"new")
    body[0:2] = (34).to_bytes(2, "big")
    book = Books(fed(memoir_udp_packet(1, [DIRECTORY, bytes(body)])).channels)["BRK.B"]
    assert book.bbo().bid_quantity == 100


def test_a_message_of_another_schema_is_unknown() -> None:
    body = bytearray(added(1, "B", 10_000_000, 100))
    body[3] = 9
    pipeline = fed(memoir_udp_packet(1, [bytes(body)]))
    assert int(pipeline.channels[0].reasons()[Reason.MESSAGE_UNKNOWN]) == 1


def test_heartbeats_keep_the_place_and_a_shutdown_ends_the_session() -> None:
    def header(kind: int, sequence: int) -> bytes:
        return memoir_udp.CommonHeader.encode(
            message_type=kind, header_length=18, session_id=7, sequence_number=sequence
        )

    pipeline = fed(header(0, 1), memoir_udp_packet(1, BODIES), header(0, 7), header(1, 7))
    memory = pipeline.channels[0]
    assert (ChannelState(memory.channel.state), int(memory.sequencer.expected)) == (ChannelState.ENDED, 7)
