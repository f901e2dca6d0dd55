"""IEX through the generated pipeline: a real stream's final books against an independent decoder, and each verb."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from feedhandler.books import BookError, Books
from feedhandler.core.channel import Quality
from feedhandler.core.jit import INTERPRETED
from feedhandler.core.reasons import Reason
from feedhandler.feed import Feed
from feedhandler.pipeline.pipeline import ChannelPlan, Pipeline
from feedhandler.pipeline.source import Route
from feedhandler.pipeline.state import Capacities, Limits
from feeds.iex import DEEP, DEEP_PLUS, messages
from replay import frames
from tests.feeds.session_packets import iextp_packet
from tests.stage import memory_receiver
from tests.streams import Sent

STREAM = "iex/deep_stream/deep_20231002_5000.pcap"
ROOM = Capacities(instruments=16_384, orders=1024, levels=1 << 15, events=64)
SMALL = Capacities(instruments=32, orders=256, levels=128, events=64, hold_packets=8)


def fed(feed: Feed, payloads: list[bytes], capacities: Capacities = SMALL) -> Pipeline:
    """A pipeline that has seen these packets."""
    plan = ChannelPlan("c", lines=(0,), capacities=capacities, limits=Limits())
    pipeline = Pipeline("test", [Route(feed, "iex", feed.session())], channels=[plan])
    receiver = memory_receiver([Sent(payload) for payload in payloads])
    pipeline.attach(receiver)
    pipeline.run()
    receiver.close()
    return pipeline


def depth(pipeline: Pipeline, symbol: str) -> tuple[dict[int, int], dict[int, int]]:
    """Price in 1e-9 to shares, of both sides."""
    found = Books(pipeline.channels)[symbol].depth(500)
    bids, asks = ({level.price: level.quantity for level in side} for side in (found.bids, found.asks))
    return bids, asks


@pytest.mark.skipif(INTERPRETED, reason="48,325 messages are too many for plain Python")
def test_final_books_of_the_deep_stream_are_those_of_an_independent_decoder(captures: Path) -> None:
    parser = pytest.importorskip("iex_parser", reason="iex-parser, an independent decoder, is not installed")
    expected: dict[str, tuple[dict[int, int], dict[int, int]]] = defaultdict(lambda: ({}, {}))
    count = 0
    with parser.Parser(str(captures / STREAM), parser.DEEP_1_0) as reader:
        for message in reader:
            count += 1
            if message["type"] == "price_level_update":
                side = expected[message["symbol"].decode()][0 if message["side"] == b"B" else 1]
                price = int(Decimal(message["price"]).scaleb(9))
                side[price] = message["size"]
                if message["size"] == 0:
                    del side[price]
    pipeline = fed(DEEP, [frame.payload for frame in frames(captures / STREAM)], ROOM)
    memory = pipeline.channels[0]
    assert int(memory.channel.message_count) == count == 48_325
    assert {Reason(number).name: int(found) for number, found in enumerate(memory.reasons()) if found} == {}
    assert len(expected) == 207
    for symbol, sides in expected.items():
        assert depth(pipeline, symbol) == sides, symbol
        assert Books(pipeline.channels)[symbol].bbo().quality is Quality.CURRENT


def level(side: str, price: int, size: int, complete: bool = True) -> bytes:
    table = messages.PriceLevelUpdateOnTheBuySide if side == "B" else messages.PriceLevelUpdateOnTheSellSide
    return table.encode(symbol="V", price=price, size=size, event_flags=int(complete))


def test_an_event_ends_where_its_flag_says_so() -> None:
    begun = [iextp_packet(1, [level("B", 100, 5), level("B", 110, 3, False)])]
    assert Books(fed(DEEP, begun).channels)["V"].bbo().mid_event
    ended = [*begun, iextp_packet(3, [level("S", 120, 3, True)])]
    assert not Books(fed(DEEP, ended).channels)["V"].bbo().mid_event


def test_price_levels_are_set_and_removed() -> None:
    bodies = [level("B", 100, 5), level("S", 120, 7), level("B", 110, 3), level("B", 100, 9), level("B", 110, 0)]
    pipeline = fed(DEEP, [iextp_packet(1, bodies)])
    assert depth(pipeline, "V") == ({100 * 100_000: 9}, {120 * 100_000: 7})
    with pytest.raises(BookError, match="feed iex_deep sends levels, not orders: there are no queues"):
        Books(pipeline.channels)["V"].orders("bid", 100 * 100_000)


def test_a_longer_message_than_the_table_is_understood() -> None:
    pipeline = fed(DEEP, [iextp_packet(1, [level("B", 100, 5) + b"new field"])])
    assert depth(pipeline, "V") == ({100 * 100_000: 5}, {})


def order(side: str, reference: int, price: int, size: int) -> bytes:
    code = "8" if side == "B" else "5"
    return messages.AddOrder.encode(symbol="V", side=code, order_id=reference, price=price, size=size)


def queue(pipeline: Pipeline, side: Any, price: int) -> list[tuple[int, int]]:
    return [
        (found.order_reference, found.quantity)
        for found in Books(pipeline.channels)["V"].orders(side, price * 100_000).orders
    ]


def test_orders_build_exact_queues() -> None:
    modify = messages.OrderModify
    bodies = [
        order("B", 1, 100, 10), order("B", 2, 100, 10), order("B", 3, 100, 10), order("S", 4, 130, 5),
        modify.encode(symbol="V", order_id_reference=1, price=100, size=20, modify_flags=1),
        modify.encode(symbol="V", order_id_reference=2, price=100, size=30, modify_flags=0),
        messages.OrderExecuted.encode(symbol="V", order_id_reference=3, price=101, size=4, trade_id=9),
    ]  # fmt: skip
    pipeline = fed(DEEP_PLUS, [iextp_packet(1, bodies)])
    assert queue(pipeline, "bid", 100) == [(1, 20), (3, 6), (2, 30)]
    assert Books(pipeline.channels)["V"].depth().last_trade == (101 * 100_000, 4)
    pipeline = fed(DEEP_PLUS, [iextp_packet(1, [*bodies, messages.ClearBook.encode(symbol="V")])])
    assert depth(pipeline, "V") == ({}, {})


def test_a_side_that_does_not_exist_is_refused() -> None:
    body = messages.AddOrder.encode(symbol="V", side="B", order_id=1, price=100, size=10)
    pipeline = fed(DEEP_PLUS, [iextp_packet(1, [body])])
    assert int(pipeline.channels[0].reasons()[Reason.MESSAGE_FIELD]) == 1
