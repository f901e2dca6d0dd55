"""The Pillar feeds: books and quotes through the generated pipeline."""

from __future__ import annotations

from pathlib import Path

import pytest

from feedhandler.books import Books
from feedhandler.core.reasons import Reason
from feedhandler.feed import Feed
from feedhandler.pipeline.pipeline import ChannelPlan, Pipeline
from feedhandler.pipeline.source import Route
from feedhandler.pipeline.state import Capacities
from feedhandler.sessions import pillar
from feeds.nyse_pillar import ARCA_OPTIONS_TOP, BBO, INTEGRATED, messages, options_messages
from replay import frames
from tests.feeds.session_packets import pillar_packet
from tests.stage import memory_receiver
from tests.streams import Sent

pytestmark = pytest.mark.interpreted

SECOND = 1_000_000_000


def test_the_end_of_the_captured_imbalance_is_what_its_bytes_say(captures: Path) -> None:
    (frame,) = frames(captures / "nyse/IntegratedFeed.Pillar.v2.5/ImbalanceMessage.pcap")
    decoded = messages.Imbalance.decode(frame.payload[16:])
    assert decoded["unpaired_qty"] == decoded["total_imbalance_qty"] == 1100
    assert (decoded["unpaired_side"], decoded["imbalance_side"], decoded["significant_imbalance"]) == ("B", "B", " ")


def fed(feed: Feed, *payloads: bytes) -> Pipeline:
    """A pipeline that has seen these packets."""
    plan = ChannelPlan("c", lines=(0,), capacities=Capacities(instruments=32, orders=256, levels=128, events=64))
    pipeline = Pipeline("test", [Route(feed, feed.default_variant, feed.session())], channels=[plan])
    receiver = memory_receiver([Sent(payload) for payload in payloads])
    pipeline.attach(receiver)
    pipeline.run()
    receiver.close()
    return pipeline


MAPPING = messages.SymbolIndexMapping.encode(
    symbol_index=7, symbol="CVLY", price_scale_code=4, system_id=56, lot_size=100
)
CLOCKS = [
    messages.SourceTimeReference.encode(id=56, source_time=1000),
    messages.SourceTimeReference.encode(id=57, source_time=2000),
]


def add(order: int, side: str = "B", price: int = 1000, volume: int = 100) -> bytes:
    return messages.AddOrder.encode(
        symbol_index=7, order_id=order, side=side, price=price, volume=volume, source_time_ns=5
    )


def test_orders_build_the_book_in_the_symbol_s_own_scale_and_time() -> None:
    pipeline = fed(
        INTEGRATED,
        pillar_packet(1, [
            MAPPING, *CLOCKS, add(1), add(2), add(3, "S", 1010),
            messages.ModifyOrder.encode(symbol_index=7, order_id=1, price=1000, volume=70, position_change=0),
            messages.ReplaceOrder.encode(symbol_index=7, order_id=2, new_order_id=4, price=1000, volume=50),
            messages.OrderExecution.encode(symbol_index=7, order_id=3, price=1010, volume=40, printable_flag=1),
            add(5),
        ]),
    )  # fmt: skip
    book = Books(pipeline.channels)["CVLY"]
    unit = 100_000  # four decimal places
    assert [(order.order_reference, order.quantity) for order in book.orders("bid", 1000 * unit).orders] == [
        (1, 70), (4, 50), (5, 100),
    ]  # fmt: skip
    bbo = book.bbo()
    assert (bbo.ask_price, bbo.ask_quantity, bbo.venue_time_ns) == (1010 * unit, 60, 1000 * SECOND + 5)
    assert book.depth().last_trade == (1010 * unit, 40)


def test_one_order_id_may_stand_in_two_symbols() -> None:
    other = messages.AddOrder.encode(symbol_index=8, order_id=1, side="B", price=5, volume=1)
    pipeline = fed(INTEGRATED, pillar_packet(1, [MAPPING, add(1), other]))
    assert {Reason(place).name: int(count) for place, count in enumerate(pipeline.channels[0].reasons()) if count} == {}
    assert Books(pipeline.channels)["CVLY"].bbo().bid_quantity == 100


def test_quotes_are_the_book() -> None:
    def quote(bid: int, bid_volume: int, ask: int, ask_volume: int) -> bytes:
        return messages.Quote.encode(
            symbol_index=7, bid_price=bid, bid_volume=bid_volume, ask_price=ask, ask_volume=ask_volume
        )

    pipeline = fed(BBO, pillar_packet(1, [MAPPING, quote(10, 1, 12, 3), quote(11, 2, 0, 0)]))
    book = Books(pipeline.channels)["CVLY"]
    bbo = book.bbo()
    assert (bbo.bid_price, bbo.bid_quantity, bbo.ask_price, bbo.ask_quantity) == (11 * 100_000, 2, None, 0)
    assert [(level.price, level.quantity) for level in book.depth().bids] == [(11 * 100_000, 2)]


def test_a_series_is_called_by_its_index() -> None:
    mapping = options_messages.OutrightSeriesIndexMapping.encode(series_index=0x01D2BF15, price_scale_code=4)
    quote = options_messages.OptionsQuote.encode(series_index=0x01D2BF15, bid_price=-5, bid_volume=1)
    pipeline = fed(ARCA_OPTIONS_TOP, pillar_packet(1, [mapping, quote]))
    assert Books(pipeline.channels)["01D2BF15"].bbo().bid_price == -5 * 100_000


def test_a_heartbeat_tells_the_next_number_and_a_refresh_takes_none() -> None:
    def empty(flag: int, sequence: int) -> bytes:
        return pillar.PacketHeader.encode(pkt_size=16, delivery_flag=flag, number_msgs=0, seq_num=sequence)

    refresh = pillar_packet(900, [messages.RefreshHeader.encode(), MAPPING], flag=19)
    pipeline = fed(INTEGRATED, empty(1, 1), refresh, pillar_packet(1, [add(1)]), empty(1, 2))
    memory = pipeline.channels[0]
    assert (int(memory.sequencer.expected), int(memory.channel.message_count)) == (2, 3)
    assert Books(pipeline.channels)["CVLY"].bbo().bid_quantity == 100
