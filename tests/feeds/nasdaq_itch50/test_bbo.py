"""Nasdaq's Best Bid and Offer feeds: quotes through the generated pipeline, statuses, losses, captured packets."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from feedhandler.core.channel import ChannelState, Quality
from feedhandler.core.events import EventKind
from feedhandler.core.reasons import Reason
from feedhandler.pipeline.source import Route
from feedhandler.pipeline.state import Capacities
from feeds.nasdaq_itch50 import BBO
from feeds.nasdaq_itch50 import bbo_messages as messages
from replay import frames
from tests.stage import Happened, Stage
from tests.streams import MILLISECOND, Sent, packet

pytestmark = pytest.mark.interpreted

UNIT = 100_000
ROOM = Capacities(instruments=64, orders=8, levels=256, events=1024, hold_packets=16, hold_packet_bytes=512)
CAPTURES = "nasdaq/Nasdaq.Equities.Bbo.Itch.v2.1.20241105"


def stage(variant: str = "nasdaq") -> Stage:
    return Stage(over=Route(BBO, variant, BBO.session()), capacities=ROOM)


def quote(bid: int, bid_size: int, offer: int, offer_size: int, stock: str = "AAPL") -> bytes:
    return messages.BboQuotation.encode(
        timestamp=7, stock=stock, security_class="Q", best_bid_price=bid, best_bid_size=bid_size,
        best_offer_price=offer, best_offer_size=offer_size,
    )  # fmt: skip


def inside(scene: Stage, stock: str = "AAPL") -> tuple[int | None, int, int | None, int]:
    bbo = scene.book(stock).bbo()
    return bbo.bid_price, bbo.bid_quantity, bbo.ask_price, bbo.ask_quantity


def test_the_last_quotation_is_the_book() -> None:
    scene = stage().feed(packet(1, [quote(10, 1, 12, 3), quote(11, 2, 13, 4)]))
    assert inside(scene) == (11 * UNIT, 2, 13 * UNIT, 4)
    bbo = scene.book("AAPL").bbo()
    assert (bbo.quality, bbo.sequence, bbo.venue_time_ns) == (Quality.CURRENT, 2, 7)
    assert [(level.price, level.quantity) for level in scene.book("AAPL").depth().bids] == [(11 * UNIT, 2)]


def test_a_side_without_size_is_empty() -> None:
    scene = stage().feed(packet(1, [quote(10, 1, 12, 3), quote(0, 0, 12, 3)]))
    assert inside(scene) == (None, 0, 12 * UNIT, 3)


def test_everything_else_becomes_an_event() -> None:
    scene = stage().feed(packet(1, [
        messages.BboSystemEvent.encode(event_code="Q"),
        messages.BboStockDirectory.encode(stock="AAPL", round_lot_size=100),
        messages.BboStockTradingAction.encode(stock="AAPL", current_trading_state="P", reason="LUDP"),
        messages.BboRegShoRestriction.encode(stock="AAPL", reg_sho_action="1"),
        messages.BboMwcbDeclineLevel.encode(level_1=1, level_2=2, level_3=3),
        messages.BboMwcbStatus.encode(breached_level="2"),
        messages.BboOperationalHalt.encode(stock="AAPL", market_code="X", operational_halt_action="H"),
        messages.BboIpoQuotingPeriodUpdate.encode(
            stock="AAPL", ipo_quotation_release_time=36_000, ipo_quotation_release_qualifier="A", ipo_price=200_000
        ),
        messages.BboPriceImprovement.encode(stock="AAPL", interest_flag="A"),
        messages.NextSharesQuotation.encode(next_shares_symbol="EVSTC", security_class="Q") + bytes(24),
    ]))  # fmt: skip
    letters = int.from_bytes(b"AAPL    ", "big")
    assert scene.reasons == {}
    assert [event for event in scene.events() if event.kind < EventKind.INSIDE] == [
        Happened(EventKind.SYSTEM, 1, (ord("Q"), 0, 0, 0, 0, 0, 0)),
        Happened(EventKind.DEFINITION, 2, (letters, letters, 100, UNIT, 0, 0, 0)),
        Happened(EventKind.TRADING_STATUS, 3, (ord("P"), int.from_bytes(b"LUDP", "big"), 0, 0, 0, 0, 0)),
        Happened(EventKind.RESTRICTION, 4, (ord("1"), 0, 0, 0, 0, 0, 0)),
        Happened(EventKind.CIRCUIT_BREAKER, 5, (1, 2, 3, 0, 0, 0, 0)),
        Happened(EventKind.CIRCUIT_BREAKER, 6, (0, 0, 0, ord("2"), 0, 0, 0)),
        Happened(EventKind.OPERATIONAL_HALT, 7, (ord("X"), ord("H"), 0, 0, 0, 0, 0)),
        Happened(EventKind.QUOTATION, 8, (36_000, ord("A"), 200_000, 0, 0, 0, 0)),
        Happened(EventKind.INTEREST, 9, (ord("A"), 0, 0, 0, 0, 0, 0)),
    ]
    assert list(scene.books) == ["AAPL"]


def test_psx_has_no_messages_of_offerings_and_retail_interest() -> None:
    scene = stage("psx").feed(packet(1, [messages.BboPriceImprovement.encode(stock="AAPL", interest_flag="A")]))
    assert scene.reasons == {Reason.MESSAGE_UNKNOWN: 1}


def test_a_hole_makes_quotes_stale_until_the_next_session() -> None:
    scene = stage().feed(
        Sent(packet(1, [quote(10, 1, 12, 3)]), 0, MILLISECOND), Sent(packet(3, [quote(11, 1, 12, 3)]), 0, MILLISECOND)
    )
    assert (scene.quality(), inside(scene)) == (Quality.CURRENT, (10 * UNIT, 1, 12 * UNIT, 3))
    assert scene.wait(40 * MILLISECOND).quality() is Quality.STALE
    following = [Sent(packet(1 + number, [body], session="NEXT"), number % 2, 50 * MILLISECOND)
                 for number, body in enumerate([quote(9, 1, 10, 1)] * 3)]  # fmt: skip
    assert scene.feed(*following).quality() is Quality.CURRENT


@pytest.mark.parametrize("seed", range(3))
def test_quotes_are_those_that_were_sent_last_after_every_packet(seed: int) -> None:
    source, scene, sequence = random.Random(seed), stage(), 1
    last: dict[str, tuple[int | None, int, int | None, int]] = {}
    for _ in range(60):
        bodies = []
        for _ in range(source.randint(1, 5)):
            stock, bid, offer = source.choice(["AAPL", "MSFT", "ZVZZT"]), source.randint(0, 3), source.randint(0, 3)
            price = source.randint(100, 110)
            last[stock] = (price * UNIT if bid else None, bid, (price + 1) * UNIT if offer else None, offer)
            bodies.append(quote(price, bid, price + 1, offer, stock))
        scene.feed(packet(sequence, bodies))
        sequence += len(bodies)
        assert {stock: inside(scene, stock) for stock in last} == last
    assert (scene.reasons, scene.quality()) == ({}, Quality.CURRENT)


def test_captured_packets_without_numbers_are_taken_as_they_come_and_never_trusted(captures: Path) -> None:
    """Addresses, session and sequence were set to 0 in these captures; the messages were left alone."""
    scene = stage("psx")
    for file in sorted((captures / CAPTURES).glob("*.pcap")):
        found = list(frames(file))
        assert {frame.payload[:18] for frame in found} == {bytes(18)}
        scene.feed(*(Sent(frame.payload, 0, frame.received_ns) for frame in found))
    assert inside(scene, "IXJ") == (925_800 * UNIT, 400, 930_000 * UNIT, 800)
    assert (len(scene.books), scene.quality("IXJ")) == (13, Quality.STALE)
    assert (scene.state, scene.reasons, scene.gaps()) == (ChannelState.BACKFILL, {}, [])


def test_captured_times_are_those_of_new_york(captures: Path) -> None:
    (frame, *_) = frames(captures / CAPTURES / "Bbo.BboQuotationMessage.pcap")
    midnight = 1_730_782_800_000_000_000  # 2024-11-05 00:00 in New York
    scene = stage("psx")
    scene.channel.day_base_ns = midnight
    scene.feed(Sent(frame.payload, 0, frame.received_ns))
    assert 0 < frame.received_ns - int(scene.channel.venue_time) < MILLISECOND
