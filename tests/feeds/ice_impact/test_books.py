"""ICE iMpact through the generated pipeline: the three books of a market, queues, bundles, events, real packets."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from feedhandler.books import decimal_price
from feedhandler.conformance.invariants import book_problems
from feedhandler.core.channel import Quality
from feedhandler.core.events import EVENT_VALUES, Event, EventKind
from feedhandler.core.reasons import Reason
from feedhandler.sessions.impact import packet_encode
from feeds.ice_impact import definitions, messages, statistics
from replay import frames
from tests.feeds.ice_impact.scene import SNAPSHOTS, Scene
from tests.feeds.ice_impact.stream import (
    IMPLIED,
    PLAIN,
    REQUEST,
    SNAPSHOT_SESSION,
    Order,
    end,
    gone,
    put,
    snapshot,
    snapshot_order,
    start,
)
from tests.streams import MILLISECOND

pytestmark = pytest.mark.interpreted

M = 1660891
NAME = str(M)
BID = Order("1", 24460, 15, (1534845614752, 510003), PLAIN)


def current(*bodies: bytes) -> Scene:
    """A scene in which a market is known to be empty; these messages follow from 2 on."""
    scene = Scene(packet_encode(1, [start()]), packet_encode(2, [end()]))
    scene.send(packet_encode(1, [snapshot(M, 2, 0)], SNAPSHOT_SESSION), line=SNAPSHOTS)
    return scene.send(packet_encode(3, bodies)) if bodies else scene


def events(scene: Scene, *kinds: EventKind) -> list[tuple[Any, ...]]:
    """Events of some kinds with the values that are named, and the detail in front where it is not 0."""
    memory = scene.pipeline.channels[0]
    rows = memory.array("events", Event, 4096)[: int(memory.events.written)]
    return [
        (EventKind(int(row["kind"])).name, int(row["detail"]),
         *(int(row[f"value_{place}"]) for place in range(len(EVENT_VALUES[EventKind(int(row["kind"]))]))))
        for row in rows if int(row["kind"]) in kinds
    ]  # fmt: skip


def test_prices_are_the_integers_of_the_wire_and_a_market_is_called_by_its_id() -> None:
    scene = current(put(M, 5, BID))
    bbo = scene.books[NAME].bbo()
    assert (decimal_price(bbo.bid_price), bbo.bid_quantity, bbo.quality) == (24460, 15, Quality.CURRENT)


@pytest.mark.parametrize("market", [7, 97179687, 100000001, 2147483647])
def test_ids_of_any_length_are_names(market: int) -> None:
    assert list(Scene(packet_encode(1, [put(market, 5, BID)])).books) == [str(market)]


def test_an_order_is_added_or_overwritten_under_its_id() -> None:
    scene = current(put(M, 5, BID), put(M, 5, BID._replace(quantity=3)))
    assert scene.queues(NAME) == {("1", 24460): [(5, 3)]}
    moved = BID._replace(side="2", price=24470)
    scene.send(packet_encode(5, [put(M, 5, moved)]))
    assert scene.queues(NAME) == {("2", 24470): [(5, 15)]}
    assert (scene.quality(NAME), scene.reasons()) == (Quality.CURRENT, {})


def test_an_order_that_comes_again_with_its_old_time_of_entry_keeps_its_place() -> None:
    first, second = BID._replace(entry=(10, 1)), BID._replace(entry=(10, 2))
    scene = current(put(M, 5, first), put(M, 6, second))
    scene.send(packet_encode(5, [start(), gone(M, 5), put(M, 7, first._replace(quantity=4)), end()]))
    assert scene.queues(NAME) == {("1", 24460): [(7, 4), (6, 15)]}
    scene.send(packet_encode(9, [gone(M, 7), put(M, 8, first._replace(entry=(11, 1)))]))
    assert scene.queues(NAME) == {("1", 24460): [(6, 15), (8, 15)]}


def test_implied_orders_and_requests_for_quotes_have_books_of_their_own() -> None:
    scene = current(
        put(M, 5, BID), put(M, 6, BID._replace(kind=IMPLIED)), put(M, 7, BID._replace(kind=REQUEST, quantity=0))
    )
    assert [scene.queues(NAME + kind) for kind in (PLAIN, IMPLIED, REQUEST)] == [
        {("1", 24460): [(5, 15)]}, {("1", 24460): [(6, 15)]}, {("1", 24460): [(7, 1)]},
    ]  # fmt: skip
    assert {scene.quality(name) for name in scene.books} == {Quality.CURRENT}
    # A deletion does not say which of the books it speaks of.
    scene.send(packet_encode(6, [gone(M, 6), gone(M, 7)]))
    assert [scene.queues(NAME + kind) for kind in (PLAIN, IMPLIED, REQUEST)] == [{("1", 24460): [(5, 15)]}, {}, {}]
    assert (scene.quality(NAME), scene.reasons()) == (Quality.CURRENT, {})


@pytest.mark.parametrize(("side", "price"), [("2", 2**63 - 1), ("1", -(2**63))])
def test_a_price_that_no_book_can_hold_makes_the_market_stale_and_harms_nothing(side: str, price: int) -> None:
    scene = current(put(M, 5, BID), *(put(M, 6 + at, BID._replace(side=side, price=price)) for at in range(3)))
    assert scene.reasons() == {Reason.PRICE_RANGE: 3}
    assert (scene.quality(NAME), scene.queues(NAME)) == (Quality.STALE, {("1", 24460): [(5, 15)]})
    assert book_problems(scene.pipeline.channels[0]) == []


def test_an_id_of_another_market_is_another_order() -> None:
    scene = current(put(M, 5, BID), put(8, 5, BID._replace(quantity=1)))
    scene.send(packet_encode(5, [gone(8, 5)]))
    assert (scene.queues(NAME), scene.queues("8")) == ({("1", 24460): [(5, 15)]}, {})


def test_an_event_lasts_from_the_start_of_a_bundle_to_its_end() -> None:
    scene = current(start(), put(M, 5, BID))
    assert scene.books[NAME].bbo().mid_event
    scene.send(packet_encode(5, [put(M, 6, BID), end()]))
    assert not scene.books[NAME].bbo().mid_event
    insides = events(scene, EventKind.INSIDE)
    assert [inside[2:4] for inside in insides] == [(24460, 30)], "one for the whole bundle"


def test_a_bundle_whose_end_was_lost_is_not_waited_for() -> None:
    scene = current(start(), put(M, 5, BID))
    scene.send(*(packet_encode(number, [put(M, number, BID)]) for number in range(6, 12)))
    assert not scene.books[NAME].bbo().mid_event
    assert scene.quality(NAME) is Quality.STALE


def test_a_bundle_that_never_ends_hides_nothing_for_longer_than_a_second() -> None:
    scene = current(start(), put(M, 5, BID))
    for number in range(5, 8):
        scene.now += 300 * MILLISECOND
        scene.send(packet_encode(number, [put(M, number + 1, BID)]))
        assert scene.books[NAME].bbo().mid_event
    assert events(scene, EventKind.INSIDE) == []
    scene.now += 300 * MILLISECOND
    scene.send(packet_encode(8, [put(M, 9, BID)]))
    assert not scene.books[NAME].bbo().mid_event
    assert [inside[2:4] for inside in events(scene, EventKind.INSIDE)] == [(24460, 75)]
    # From there on each change is one of its own, until the venue speaks of a bundle again.
    scene.send(packet_encode(9, [put(M, 10, BID)]), packet_encode(10, [end(), start(), put(M, 11, BID)]))
    assert [inside[3] for inside in events(scene, EventKind.INSIDE)] == [75, 90]
    assert scene.books[NAME].bbo().mid_event
    assert scene.reasons() == {Reason.EVENT_ENDLESS: 1}


def test_bundles_that_follow_each_other_without_a_pause_are_not_one() -> None:
    scene = current(start(), put(M, 5, BID))
    for number in range(5, 20, 3):
        scene.now += 600 * MILLISECOND
        scene.send(packet_encode(number, [end(), start(), put(M, number, BID)]))
        assert scene.books[NAME].bbo().mid_event
    assert scene.reasons() == {}


@pytest.mark.parametrize("seed", range(4))
def test_whatever_markers_are_missing_every_change_is_told_within_a_second(seed: int) -> None:
    source = random.Random(seed)
    scene, number = current(), 3
    for _ in range(60):
        bodies = [put(M, number, BID._replace(quantity=number))]
        if source.random() < 0.5:
            bodies.insert(0, start())
        if source.random() < 0.2:
            bodies.append(end())
        scene.now += source.choice((1, 200, 700)) * MILLISECOND
        scene.send(packet_encode(number, bodies))
        number += len(bodies)
    # Two packets a second apart: whatever was open before is over, and was told.
    for body in (put(M, number, BID), put(M, number + 1, BID)):
        scene.now += 1_100 * MILLISECOND
        scene.send(packet_encode(number, [body]))
        number += 1
    assert events(scene, EventKind.INSIDE)[-1][2:4] == (24460, scene.books[NAME].depth().bids[0].quantity)
    assert not scene.books[NAME].bbo().mid_event
    assert set(scene.reasons()) <= {Reason.EVENT_ENDLESS}


def test_a_marker_that_is_neither_start_nor_end_is_refused() -> None:
    scene = current(messages.MessageBundleMarker.encode(start_or_end="X"))
    assert scene.reasons() == {Reason.MESSAGE_FIELD: 1}


def test_only_a_regular_trade_is_a_market_s_last() -> None:
    def trade(**fields: Any) -> bytes:
        usual: dict[str, Any] = {
            "market_id": M, "trade_id": 9, "price": 24455, "quantity": 2, "aggressor_side": "2",
            "off_market_trade_indicator": " ", "is_system_priced_leg": "N", "is_adjusted_trade": "N",
            "is_implied_spread_at_market_open": "N",
        }  # fmt: skip
        return messages.Trade.encode(**{**usual, **fields})

    scene = current(
        trade(), trade(price=1, off_market_trade_indicator="K"), trade(price=2, is_system_priced_leg="Y"),
        trade(price=3, is_adjusted_trade="Y"), trade(price=4, is_implied_spread_at_market_open="Y"),
    )  # fmt: skip
    scene.send(packet_encode(8, [messages.CancelledTrade.encode(market_id=M, trade_id=9)]))
    last = scene.books[NAME].depth().last_trade
    assert last is not None
    assert (decimal_price(last[0]), last[1]) == (24455, 2)
    assert events(scene, EventKind.TRADE, EventKind.TRADE_BREAK) == [
        ("TRADE", 0, 24455, 2, 0, 9), ("TRADE", 2, 1, 2, 0, 9), ("TRADE", 2, 2, 2, 0, 9), ("TRADE", 2, 3, 2, 0, 9),
        ("TRADE", 2, 4, 2, 0, 9), ("TRADE_BREAK", 0, 9),
    ]  # fmt: skip


def test_statuses_figures_and_auctions_are_events() -> None:
    scene = current(
        statistics.MarketStateChange.encode(market_id=M, trading_status="1"),
        statistics.PreOpenPriceIndicator.encode(
            market_id=M, pre_open_price=24400, has_pre_open_volume="Y", pre_open_volume=70
        ),
        statistics.IntervalPriceLimitNotification.encode(
            market_id=M, ipl_hold_type="S", is_up="Y", ipl_hold_duration=5000, ipl_up=25000, ipl_down=24000
        ),
        statistics.SettlementPrice.encode(market_id=M, settlement_price=24410, is_official="Y"),
        statistics.FixingLockdown.encode(market_id=M, agg_bid_qty=5, agg_offer_qty=8, usd_price=130025, is_final="Y"),
    )
    kinds = (EventKind.TRADING_STATUS, EventKind.IMBALANCE, EventKind.COLLAR, EventKind.STATISTIC)
    assert events(scene, *kinds)[-5:] == [
        ("TRADING_STATUS", 0, ord("1"), 0), ("IMBALANCE", 0, 70, 0, 0, 24400, 0, 0),
        ("COLLAR", ord("S"), 0, 25000, 24000, 5000), ("STATISTIC", 0, ord("O"), 24410, 0),
        ("IMBALANCE", ord("Y"), 5, -3, 0, 0, 130025, ord(" ")),
    ]  # fmt: skip


def test_a_strategy_that_is_defined_keeps_its_id_for_a_name_and_waits_for_a_snapshot() -> None:
    leg = {"leg_body_length": 30, "leg_market_id": 93168315, "leg_side": "1"}
    hedge = {"hedge_body_length": 20, "hedge_market_id": 1660857, "hedge_side": "1"}
    strategy = definitions.NewOptionsStrategyDefinition.encode(
        market_id=97179687, trading_status="O", order_price_denominator="3", increment_price=5, increment_qty=1,
        min_qty=1, legs=[leg, leg], hedges=[hedge], details={"strategy_symbol": "TFM  56  97179687"},
    )  # fmt: skip
    scene = Scene(packet_encode(1, [strategy]))
    assert scene.quality("97179687") is Quality.STALE
    symbol = int.from_bytes(b"97179687", "big")
    assert events(scene, EventKind.DEFINITION) == [("DEFINITION", 0, 97179687, symbol, 1, 1_000_000_000)]


def test_a_price_level_channel_gives_events_and_no_book() -> None:
    level = {"market_id": M, "side": "1", "price_level_position": 2, "price": 24450, "quantity": 9, "order_count": 3}
    scene = current(
        messages.AddPriceLevel.encode(**level), messages.ChangePriceLevel.encode(**level),
        messages.DeletePriceLevel.encode(market_id=M, side="1", price_level_position=2),
    )  # fmt: skip
    assert events(scene, EventKind.LEVEL) == [
        ("LEVEL", 0, 24450, 9, 3, 2, 0), ("LEVEL", 0, 24450, 9, 3, 2, 1), ("LEVEL", 0, 0, 0, 0, 2, 2)
    ]
    assert scene.quality(NAME) is Quality.STALE


def test_a_symbol_filter_keeps_every_book_of_its_markets_and_no_other() -> None:
    scene = Scene(symbols=(NAME,))
    scene.send(packet_encode(1, [put(M, 5, BID), put(M, 6, BID._replace(kind=IMPLIED)), put(8, 5, BID), gone(8, 5)]))
    assert sorted(scene.books) == [NAME, NAME + IMPLIED]
    scene.send(packet_encode(5, [gone(M, 6)]))
    assert scene.reasons() == {}


def captured(captures: Path, name: str) -> list[bytes]:
    return [frame.payload for frame in frames(captures / f"ice/Mdf.iMpact.v1.1.33/{name}.pcap")]


def test_captured_snapshots_make_a_market_right(captures: Path) -> None:
    """A stream that is joined where the snapshot was taken: its session has another number."""
    (block,) = captured(captures, "MarketSnapshotOrderMessage")
    scene = Scene(packet_encode(9942, [start()]), packet_encode(9943, [end()]))
    scene.send(block, line=SNAPSHOTS)
    queues = scene.queues("5033444")
    assert scene.quality("5033444") is Quality.CURRENT
    bids = {price: queue for (side, price), queue in queues.items() if side == "1"}
    asks = {price: queue for (side, price), queue in queues.items() if side == "2"}
    assert bids == {2900: [(4180477, 1000)], 2951: [(4180491, 500)], 2955: [(4180553, 1000)]}
    assert asks == {
        2968: [(4180530, 2000)], 2969: [(4180482, 1000)], 3151: [(4180439, 1000)], 3153: [(4180441, 1200)],
        3500: [(4180395, 2000)],
    }  # fmt: skip
    assert scene.reasons() == {}


def test_special_fields_between_the_orders_of_a_captured_snapshot_are_passed_over(captures: Path) -> None:
    (block,) = captured(captures, "SpecialFieldMessage")
    scene = Scene(packet_encode(9942, [start()]), packet_encode(9943, [end()])).send(block, line=SNAPSHOTS)
    assert scene.quality("5181771") is Quality.CURRENT
    assert scene.queues("5181771") == {
        ("1", 7700): [(4180541, 100000)], ("2", 8000): [(4180543, 100000)], ("2", 8200): [(4180542, 100000)]
    }


def test_captured_changes_follow_on_each_other_by_the_numbers_of_their_messages(captures: Path) -> None:
    (heartbeat,), (first,) = captured(captures, "Heartbeat"), captured(captures, "MessageBundleMarker")
    scene = Scene(heartbeat, first)
    sequencer = scene.pipeline.channels[0].sequencer
    assert (sequencer.expected, sequencer.gap_count) == (253576, 0)
    scene.send(packet_encode(1, [snapshot(M, 253575, 1), snapshot_order(M, 5364671, BID)], 7), line=SNAPSHOTS)
    (second,) = captured(captures, "AddOrModifyMessage")
    # What lies between the two was not captured.
    middle = packet_encode(253576, [end()] * (253590 - 253576), 1291)
    scene.send(middle, second)
    assert scene.queues(NAME)[("1", 24460)][-1] == (5364992, 15)
    scene.send(captured(captures, "DeleteOrderMessage")[0])
    assert sequencer.gap_count == 0


def test_a_message_may_be_longer_than_this_version_knows() -> None:
    scene = current(put(M, 5, BID) + bytes(8), gone(M, 5) + bytes(3))
    assert (scene.queues(NAME), scene.reasons()) == ({}, {})


def test_an_order_of_the_captured_queue_deletes_and_adds_as_the_exchange_says(captures: Path) -> None:
    (block,) = captured(captures, "DeleteOrderMessage")
    old = Order("1", 25055, 9, (1534845449887, 36003), PLAIN)
    behind = old._replace(entry=(1534845449888, 1))
    market = 1661246
    orders = [snapshot_order(market, 5361707, old), snapshot_order(market, 9, behind)]
    scene = Scene(packet_encode(253599, [start(), end()], 1291))
    scene.send(packet_encode(1, [snapshot(market, 253600, 2), *orders], 7), line=SNAPSHOTS)
    scene.send(block)
    # It has another id, less quantity, and the place that its time of entry gives it.
    assert scene.queues(str(market)) == {("1", 25055): [(5365035, 5), (9, 9)]}
    assert (scene.quality(str(market)), scene.reasons()) == (Quality.CURRENT, {})
