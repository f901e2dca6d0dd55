"""Multicast PITCH through the generated pipeline: units are channels, orders find their instrument by themselves."""

from __future__ import annotations

from typing import Any

import pytest

from feedhandler.books import Books
from feedhandler.core.channel import Quality
from feedhandler.core.reasons import Reason
from feedhandler.pipeline.pipeline import ChannelPlan, Pipeline
from feedhandler.pipeline.source import Route
from feedhandler.pipeline.state import Capacities
from feeds.cboe_pitch import FEED, messages
from tests.feeds.session_packets import sequenced_unit_packet
from tests.stage import memory_receiver
from tests.streams import Sent

pytestmark = pytest.mark.interpreted

SMALL = Capacities(instruments=32, orders=256, levels=128, events=64)
UNIT = 100_000  # of a price of four places, in 1e-9
SECOND = 1_000_000_000


class Units:
    """A pipeline of one channel over two lines, whose units come by themselves."""

    def __init__(self, symbols: tuple[str, ...] = ()) -> None:
        plan = ChannelPlan("pitch", lines=(0, 1), capacities=SMALL, symbols=symbols)
        self.pipeline = Pipeline("test", [Route(FEED, "byx", FEED.session())], channels=[plan])

    def feed(self, *sent: Sent | bytes) -> Units:
        receiver = memory_receiver([one if isinstance(one, Sent) else Sent(one) for one in sent])
        self.pipeline.receivers.clear()
        self.pipeline.attach(receiver)
        self.pipeline.run()
        receiver.close()
        return self

    @property
    def names(self) -> list[str]:
        return [memory.name for memory in self.pipeline.channels]

    def unit(self, number: int) -> Any:
        return next(memory for memory in self.pipeline.channels if memory.name == f"pitch/{number}")

    def reasons(self, number: int) -> dict[Reason, int]:
        return {Reason(place): int(count) for place, count in enumerate(self.unit(number).reasons()) if count}

    def book(self, symbol: str) -> Any:
        return Books(self.pipeline.channels)[symbol]

    def queue(self, symbol: str, side: Any, price: int) -> list[tuple[int, int]]:
        return [(one.order_reference, one.quantity) for one in self.book(symbol).orders(side, price * UNIT).orders]


def add(order: int, side: str = "B", price: int = 1000, quantity: int = 100, symbol: str = "MAT") -> bytes:
    """A short add order; the price is in cents."""
    return messages.AddOrderShort.encode(
        order_id=order, side_indicator=side, price=price, quantity=quantity, symbol=symbol, time_offset=7
    )


def test_each_unit_is_a_channel_with_a_numbering_of_its_own() -> None:
    units = Units().feed(
        sequenced_unit_packet(1, [add(1)], unit=15),
        sequenced_unit_packet(1, [add(2, symbol="IWO"), add(3, symbol="IWO")], unit=31),
        sequenced_unit_packet(2, [add(4)], unit=15),
    )
    assert units.names == ["pitch", "pitch/15", "pitch/31"]
    assert [int(units.unit(number).sequencer.expected) for number in (15, 31)] == [3, 3]
    assert units.queue("MAT", "bid", 100_000) == [(1, 100), (4, 100)]
    assert units.book("IWO").channel == "pitch/31"
    assert units.book("MAT").bbo().quality is Quality.CURRENT


def test_both_lines_of_a_unit_are_arbitrated() -> None:
    packets = [sequenced_unit_packet(number, [add(number)], unit=3) for number in (1, 2, 3)]
    units = Units().feed(
        Sent(packets[0], 0), Sent(packets[0], 1), Sent(packets[1], 1), Sent(packets[2], 0), Sent(packets[2], 1)
    )
    assert units.queue("MAT", "bid", 100_000) == [(1, 100), (2, 100), (3, 100)]
    lines = units.pipeline.lines_of(1)
    assert [int(line["first_arrivals"]) for line in lines] == [2, 1]
    assert [int(line["duplicates"]) for line in lines] == [0, 2]
    assert [int(line["missing"]) for line in lines] == [1, 0]


def test_times_count_from_the_unit_s_last_second() -> None:
    units = Units().feed(sequenced_unit_packet(1, [messages.Time.encode(time=34_200), add(1)]))
    assert units.book("MAT").bbo().venue_time_ns == 34_200 * SECOND + 7


def test_orders_are_changed_without_naming_their_instrument() -> None:
    units = Units().feed(
        sequenced_unit_packet(1, [
            add(1), add(2), add(3), add(4, "S", 1010),
            messages.ModifyOrderShort.encode(order_id=1, price=1000, quantity=150, modify_flags=3),
            messages.ModifyOrderLong.encode(order_id=2, price=100_000, quantity=90, modify_flags=1),
            messages.ReduceSizeShort.encode(order_id=3, canceled_quantity=40),
            messages.OrderExecuted.encode(order_id=4, executed_quantity=30, execution_id=9),
        ]),
    )  # fmt: skip
    assert units.queue("MAT", "bid", 100_000) == [(1, 150), (3, 60), (2, 90)]
    assert units.queue("MAT", "ask", 101_000) == [(4, 70)]
    assert units.book("MAT").depth().last_trade == (101_000 * UNIT, 30)
    units.feed(
        sequenced_unit_packet(9, [
            messages.OrderExecutedAtPriceSize.encode(
                order_id=4, executed_quantity=20, remaining_quantity=5, price=101_500, execution_id=10
            ),
            messages.DeleteOrder.encode(order_id=1),
        ]),
    )  # fmt: skip
    assert units.queue("MAT", "ask", 101_000) == [(4, 5)]
    assert units.queue("MAT", "bid", 100_000) == [(3, 60), (2, 90)]
    assert units.reasons(1) == {}


def test_a_cleared_unit_has_no_orders() -> None:
    units = Units().feed(
        sequenced_unit_packet(1, [add(1), add(2, symbol="IWO"), messages.UnitClear.encode(), add(3)])
    )
    assert units.queue("MAT", "bid", 100_000) == [(3, 100)]
    assert units.book("IWO").depth().bids == []


def test_an_order_that_nobody_knows_makes_the_unit_s_books_stale() -> None:
    units = Units().feed(sequenced_unit_packet(1, [add(1), messages.DeleteOrder.encode(order_id=99)]))
    assert units.reasons(1) == {Reason.ORDER_UNKNOWN: 1}
    assert units.book("MAT").bbo().quality is Quality.STALE


def test_with_a_symbol_filter_the_orders_of_others_are_passed_over() -> None:
    units = Units(("MAT",)).feed(
        sequenced_unit_packet(1, [add(1), add(2, symbol="IWO"), messages.DeleteOrder.encode(order_id=2)])
    )
    assert units.reasons(1) == {}
    assert units.book("MAT").bbo().quality is Quality.CURRENT


def test_an_unsequenced_packet_is_delivered_and_takes_no_number() -> None:
    status = messages.TradingStatus.encode(symbol="MAT", trading_status="T", reg_sho_action="0")
    units = Units().feed(sequenced_unit_packet(1, [add(1)]), sequenced_unit_packet(0, [status]))
    assert int(units.unit(1).sequencer.expected) == 2
    assert int(units.unit(1).channel.message_count) == 2


def test_a_heartbeat_without_a_number_says_only_that_the_unit_lives() -> None:
    """A unit that is quiet before its day begins sends them; the day is complete all the same."""
    pitch = Units().feed(sequenced_unit_packet(0, []), sequenced_unit_packet(0, []))
    assert Books(pitch.pipeline.channels).get("MAT") is None
    pitch.feed(sequenced_unit_packet(1, [add(1)]), sequenced_unit_packet(0, []), sequenced_unit_packet(2, [add(2)]))
    assert pitch.queue("MAT", "bid", 100_000) == [(1, 100), (2, 100)]
    assert pitch.book("MAT").bbo().quality is Quality.CURRENT
    assert (pitch.unit(1).sequencer.sessions, pitch.reasons(1)) == (1, {})
