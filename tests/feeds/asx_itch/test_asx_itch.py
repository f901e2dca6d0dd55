"""The ASX Market Data Protocol: captured packets, books through the generated pipeline, implied orders, a twin."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from feedhandler.core.channel import Quality
from feedhandler.core.events import EventKind
from feedhandler.core.jit import INTERPRETED
from feedhandler.core.reasons import Reason
from feedhandler.pipeline.inline import InlinePlan
from feedhandler.pipeline.pipeline import ChannelPlan, Pipeline
from feedhandler.pipeline.source import Route
from feedhandler.pipeline.state import Capacities
from feedhandler.strategies import Strategy, integer, state
from feeds.asx_itch import FEED, definitions, messages
from replay import frames
from tests.feeds.order_twin import Twin
from tests.stage import Happened, Stage, memory_receiver
from tests.streams import MILLISECOND, Sent, packet

pytestmark = pytest.mark.interpreted

SECOND = 1_000_000_000
MICRO = 1_000  # of the currency, in 1e-9: what a step is worth where the denominator is 1,000,000
BILL, BOND, SPREAD = 41, 42, 43
NAMES = {BILL: "IRZ9", BOND: "XTZ9 INDEX OPTION", SPREAD: "IRZ9IRH0"}
ROOM = Capacities(instruments=16, orders=512, levels=256, events=4096, hold_packets=16, hold_packet_bytes=512)
CAPTURES = "asx/Ntp.Itch.v1.05"


def stage() -> Stage:
    return Stage(over=Route(FEED, "asx", FEED.session()), capacities=ROOM)


def order(table: Any, number: int, side: str = "B", code: int = BILL, **fields: Any) -> bytes:
    """A message about an order."""
    data: bytes = table.encode(
        nanoseconds=5, trade_date=18143, tradeable_instrument_id=code, side=side, order_id=number, **fields
    )
    return data


def add(
    number: int, side: str = "B", price: int = 99_000_000, quantity: int = 10, rank: int = 0, **where: Any
) -> bytes:
    return order(
        messages.OrderAdded, number, side, order_book_priority=rank or number, quantity=quantity, price=price, **where
    )


def execute(
    number: int, quantity: int, remaining: int, side: str = "B", price: int = 99_000_000, **where: Any
) -> bytes:
    return order(
        messages.OrderExecuted, number, side, executed_quantity=quantity, quantity_remaining=remaining,
        trade_price=price, trade_id=77, trade_type="T", **where,
    )  # fmt: skip


def future(code: int = BILL, denominator: int = 1_000_000) -> bytes:
    return definitions.FutureSymbolDirectory.encode(
        tradeable_instrument_id=code, symbol_name=NAMES[code], price_fractional_denominator=denominator
    )


def queue(scene: Stage, price: int = 99_000_000, side: Any = "bid", name: str = "IRZ9") -> list[tuple[int, int]]:
    return [(one.order_reference, one.quantity) for one in scene.book(name).orders(side, price * MICRO).orders]


TIME = messages.Seconds.encode(second=1_567_494_000)


# -------------------------------------------------------------------------------------------------------------- books


def test_orders_build_the_book_at_the_second_and_in_the_instrument_s_unit() -> None:
    scene = stage().feed(packet(1, [TIME, future(), add(1), add(2), add(3, "S", 99_010_000, 4)]))
    bbo = scene.book("IRZ9").bbo()
    assert (bbo.bid_price, bbo.bid_quantity, bbo.ask_price, bbo.ask_quantity) == (
        99 * SECOND, 20, 99_010_000 * MICRO, 4,
    )  # fmt: skip
    assert (bbo.quality, bbo.venue_time_ns) == (Quality.CURRENT, 1_567_494_000 * SECOND + 5)


def test_what_a_price_is_worth_is_the_instrument_s_own() -> None:
    scene = stage().feed(packet(1, [future(denominator=100), add(1, price=9_901)]))
    assert scene.book("IRZ9").bbo().bid_price == 99_010_000_000
    for wrong in (0, 3):
        refused = stage().feed(packet(1, [future(denominator=wrong)]))
        assert (refused.reasons, len(refused.books)) == ({Reason.MESSAGE_FIELD: 1}, 0)


def test_the_queue_is_in_the_order_of_the_venue_s_priority() -> None:
    scene = stage().feed(packet(1, [future(), add(1, rank=30), add(2, rank=10), add(3, rank=30), add(4, rank=20)]))
    assert queue(scene) == [(2, 10), (4, 10), (1, 10), (3, 10)]


def test_an_order_id_may_stand_on_both_sides_and_in_two_instruments() -> None:
    scene = stage().feed(packet(1, [
        future(), future(BOND), add(1), add(1, "S", 99_010_000), add(1, code=BOND),
        order(messages.OrderDeleted, 1, "S"), order(messages.OrderVolumeCancelled, 1, quantity=3),
    ]))  # fmt: skip
    assert scene.reasons == {}
    assert (queue(scene), queue(scene, name=NAMES[BOND])) == ([(1, 7)], [(1, 10)])
    assert scene.book("IRZ9").depth().asks == []


def test_an_order_that_is_stated_again_is_what_was_stated_last() -> None:
    scene = stage().feed(packet(1, [future(), add(1), add(2), add(1, quantity=5, rank=9), add(2, price=98_000_000)]))
    assert (queue(scene), queue(scene, 98_000_000)) == ([(1, 5)], [(2, 10)])
    assert scene.reasons == {}


def test_an_execution_says_what_remains() -> None:
    scene = stage().feed(packet(1, [future(), add(1), add(2), execute(1, 4, 6), execute(2, 10, 0)]))
    assert queue(scene) == [(1, 6)]
    scene.feed(packet(6, [execute(1, 1, 2)]))
    assert (queue(scene), scene.book("IRZ9").depth().last_trade) == ([(1, 2)], (99 * SECOND, 1))


def test_of_an_auction_s_match_one_order_has_traded_out_and_is_not_told_of_again() -> None:
    match = order(
        messages.AuctionOrderExecuted, 1, quantity_remaining=7, trade_type="L", trade_id=5, executed_quantity=3,
        trade_price=99_005_000, opposite_order_id=2,
    )  # fmt: skip
    scene = stage().feed(packet(1, [future(), add(1, price=99_010_000), add(2, "S", quantity=3), match]))
    assert (queue(scene, 99_010_000), scene.book("IRZ9").depth().asks) == ([(1, 7)], [])
    executions = [event.values[:4] for event in scene.events() if event.kind is EventKind.EXECUTE]
    assert executions == [(99_005_000, 3, 1, 5), (99_005_000, 3, 2, 5)]
    assert scene.book("IRZ9").depth().last_trade == (99_005_000 * MICRO, 3)


def test_a_combination_s_order_is_told_of_by_a_message_of_its_own() -> None:
    match = order(
        messages.CombinationOrderExecuted, 1, quantity_remaining=0, trade_type="S", trade_id=5, executed_quantity=10,
        trade_price=99_000_000, opposite_tradeable_instrument_id=SPREAD, opposite_side="S", opposite_order_id=9,
        combination_trade_id=4,
    )  # fmt: skip
    scene = stage().feed(packet(1, [future(), future(SPREAD), add(1), add(9, "S", -20_000, code=SPREAD), match]))
    assert (queue(scene), queue(scene, -20_000, "ask", "IRZ9IRH0")) == ([], [(9, 10)])
    assert scene.reasons == {}


def test_implied_orders_stand_in_a_book_of_their_own() -> None:
    def implied(table: Any, **fields: Any) -> bytes:
        return order(table, 900, code=BOND, **fields)

    added = implied(messages.ImpliedOrderAdded, order_book_priority=5, quantity=50, price=-70_000)
    replaced = implied(messages.ImpliedOrderReplaced, order_book_priority=6, quantity=27, price=98_990_000)
    scene = stage().feed(packet(1, [added, future(BOND, 100), future(), add(1), replaced]))
    name = NAMES[BOND] + " IMPLIED"
    assert scene.book(name).bbo().bid_price == 98_990_000 * 10_000_000
    assert [level.quantity for level in scene.book(name).depth().bids] == [27]
    assert scene.book(NAMES[BOND]).depth().bids == []
    scene.feed(packet(6, [implied(messages.ImpliedOrderDeleted)]))
    assert (scene.book(name).depth().bids, scene.reasons) == ([], {})
    scene.feed(packet(7, [replaced]))
    assert (scene.reasons, scene.quality(name)) == ({Reason.ORDER_UNKNOWN: 1}, Quality.STALE)
    assert scene.quality("IRZ9") is Quality.CURRENT


@pytest.mark.parametrize(
    "table",
    [
        messages.OrderAdded, messages.OrderDeleted, messages.OrderVolumeCancelled, messages.OrderExecuted,
        messages.AuctionOrderExecuted, messages.CombinationOrderExecuted, messages.ImpliedOrderAdded,
        messages.ImpliedOrderReplaced, messages.ImpliedOrderDeleted,
    ],
)  # fmt: skip
def test_a_side_that_does_not_exist_is_refused(table: Any) -> None:
    scene = stage().feed(packet(1, [future(), add(1), order(table, 1, "?")]))
    assert (scene.reasons, scene.quality("IRZ9")) == ({Reason.MESSAGE_FIELD: 1}, Quality.STALE)
    assert queue(scene) == [(1, 10)]


def test_everything_else_becomes_an_event() -> None:
    common = {"nanoseconds": 1, "trade_date": 18143}
    here = {**common, "tradeable_instrument_id": BILL}
    scene = stage().feed(packet(1, [
        future(),
        messages.OrderBookState.encode(**here, session_state="P"),
        messages.EquilibriumPrice.encode(
            **here, equilibrium_price=99_000_000, matched_quantity=30, bid_quantity=50, ask_quantity=30
        ),
        messages.TradeExecuted.encode(**here, trade_id=8, executed_quantity=2, trade_price=2_300),
        messages.CombinationTradeExecuted.encode(**here, trade_id=9, executed_quantity=3, trade_price=2_400),
        messages.TradeCancellation.encode(**here, trade_id=8),
        messages.OpenHighLowLastTradeAdjustment.encode(
            **here, opening_trade=1, highest_trade=4, lowest_trade=2, last_trade=3, last_volume=5, total_traded_volume=6
        ),
        messages.AnomalousOrderThresholdPublish.encode(
            **here, aot_price=5, aot_upper_price=6, aot_lower_price=4, etr_price=50, etr_upper_price=60,
            etr_lower_price=40,
        ),
        messages.RequestForQuote.encode(**here, rfq_side="T", quantity=7),
        messages.VolumeAndOpenInterest.encode(**here, cumulative_volume=70, open_interest=80, voi_trade_date=18142),
        messages.Text.encode(**common, source_id="ASX", text="EFP"),
        messages.EndOfBusinessTradeDate.encode(**common, event_code="C"),
        messages.MarketSettlement.encode(**here) + b"what stands behind it",
    ]))  # fmt: skip
    letters = int.from_bytes(b"IRZ9    ", "big")
    assert scene.reasons == {}
    assert [event for event in scene.events() if event.kind < EventKind.INSIDE] == [
        Happened(EventKind.DEFINITION, 1, (BILL, letters, 1, MICRO, 0, 0, 0)),
        Happened(EventKind.TRADING_STATUS, 2, (ord("P"), 0, 0, 0, 0, 0, 0)),
        Happened(EventKind.IMBALANCE, 3, (30, 20, 0, 99_000_000, 0, 0, 0)),
        Happened(EventKind.TRADE, 4, (2_300, 2, 0, 8, 0, 0, 0)),
        Happened(EventKind.TRADE, 5, (2_400, 3, 0, 9, 0, 0, 0)),
        Happened(EventKind.TRADE_BREAK, 6, (8, 0, 0, 0, 0, 0, 0)),
        Happened(EventKind.STATISTIC, 7, (ord("t"), 3, 6, 4, 2, 1, 5)),
        Happened(EventKind.COLLAR, 8, (5, 6, 4, 0, 0, 0, 0)),
        Happened(EventKind.COLLAR, 8, (50, 60, 40, 0, 0, 0, 0)),
        Happened(EventKind.INTEREST, 9, (ord("T"), 7, 0, 0, 0, 0, 0)),
        Happened(EventKind.STATISTIC, 10, (ord("V"), 0, 70, 80, 18_142, 0, 0)),
        Happened(EventKind.SYSTEM, 11, (ord("x"), int.from_bytes(b"ASX   ", "big"), 0, 0, 0, 0, 0)),
        Happened(EventKind.SYSTEM, 12, (ord("C"), 18_143, 0, 0, 0, 0, 0)),
    ]


class Counts(Strategy):
    """Counts the insides that it is told of."""

    insides = state(integer)

    def on_bbo(self, _book):
        self.insides += 1


@pytest.mark.skipif(not INTERPRETED, reason="would compile a pipeline for one packet")
@pytest.mark.parametrize(("pattern", "insides"), [("XTZ9 INDEX OPTION", 1), ("XTZ9 IND", 0), ("*OPTION", 1)])
def test_who_watches_is_judged_of_the_whole_name(pattern: str, insides: int) -> None:
    plan = ChannelPlan("c", lines=(0,), capacities=ROOM)
    watching = InlinePlan("counts", Counts, {}, (pattern,), (), 0)
    pipeline = Pipeline("t", [Route(FEED, "asx", FEED.session())], channels=[plan], strategies=[watching])
    receiver = memory_receiver([Sent(packet(1, [future(BOND), future(), add(1), add(2, code=BOND)]))])
    pipeline.attach(receiver)
    pipeline.run()
    receiver.close()
    assert pipeline.strategies.memories[0].view.insides == insides


# --------------------------------------------------------------------------------------------------------------- trust


def test_an_order_that_nobody_knows_makes_its_own_instrument_stale() -> None:
    scene = stage().feed(packet(1, [future(), future(BOND), add(1), order(messages.OrderDeleted, 2)]))
    assert (scene.quality("IRZ9"), scene.quality(NAMES[BOND])) == (Quality.STALE, Quality.CURRENT)


def test_a_hole_makes_books_stale_until_the_next_session() -> None:
    scene = stage().feed(
        Sent(packet(1, [TIME, future(), add(1)]), 0, MILLISECOND), Sent(packet(5, [add(2)]), 0, 2 * MILLISECOND)
    )
    assert scene.wait(40 * MILLISECOND).quality("IRZ9") is Quality.STALE
    following = [Sent(packet(1 + number, [body], session="NEXT"), number % 2, 50 * MILLISECOND)
                 for number, body in enumerate([TIME, future(), add(1)])]  # fmt: skip
    scene.feed(*following)
    assert (scene.quality("IRZ9"), queue(scene)) == (Quality.CURRENT, [(1, 10)])


@pytest.mark.parametrize("seed", range(6))
def test_books_are_those_of_a_twin_after_every_packet(seed: int) -> None:
    source, twin, scene = random.Random(seed), Twin(), stage()
    scene.feed(packet(1, [TIME, *(future(code) for code in NAMES)]))
    live: set[tuple[int, int, int]] = set()
    sequence = 2 + len(NAMES)
    for _ in range(60):
        bodies = []
        for _ in range(source.randint(1, 4)):
            verb = source.choice(["add", "add", "add", "state", "execute", "reduce", "delete", "match"])
            number, rank = source.randint(1, 40), source.randint(1, 20)
            code, side = source.choice(list(NAMES)), source.randint(0, 1)
            price, quantity = 1_000 + source.randint(-3, 3), source.randint(1, 9)
            if verb == "add" and (code, side, number) not in live:
                twin.add(NAMES[code], side, price, number, quantity, rank)
                live.add((code, side, number))
                bodies.append(add(number, "BS"[side], price, quantity, rank, code=code))
                continue
            if not live:
                continue
            code, side, number = source.choice(sorted(live))
            name, word = NAMES[code], "BS"[side]
            own, standing = twin.where(name, side, number)
            left = standing.quantity
            taken = source.randint(1, left)
            if verb == "state":
                if (own, standing.rank) == (price, rank):
                    standing.quantity = quantity
                else:
                    twin.delete(name, side, number)
                    twin.add(name, side, price, number, quantity, rank)
                bodies.append(add(number, word, price, quantity, rank, code=code))
                continue
            if verb == "reduce" and left > 1:
                taken = source.randint(1, left - 1)
                bodies.append(order(messages.OrderVolumeCancelled, number, word, code, quantity=taken))
            elif verb == "match":
                others = [one for one in sorted(live) if one[:2] == (code, 1 - side)]
                if not others:
                    continue
                opposite = source.choice(others)[2]
                taken = twin.where(name, 1 - side, opposite)[1].quantity
                if taken > left:
                    continue
                twin.delete(name, 1 - side, opposite)
                live.discard((code, 1 - side, opposite))
                bodies.append(order(
                    messages.AuctionOrderExecuted, number, word, code, executed_quantity=taken,
                    quantity_remaining=left - taken, trade_price=price, opposite_order_id=opposite,
                ))  # fmt: skip
            elif verb == "delete":
                taken = left
                bodies.append(order(messages.OrderDeleted, number, word, code))
            else:
                bodies.append(execute(number, taken, left - taken, word, own, code=code))
            twin.take(name, side, number, taken)
            if taken == left:
                live.discard((code, side, number))
        if not bodies:
            continue
        scene.feed(packet(sequence, bodies))
        sequence += len(bodies)
        for name in NAMES.values():
            assert twin.difference(scene.book(name), name, MICRO) is None
    assert scene.reasons == {}
    assert {scene.quality(name) for name in NAMES.values()} == {Quality.CURRENT}


# ------------------------------------------------------------------------------------------------------------ captures


def test_the_captured_second_and_nanoseconds_are_the_packet_s_time(captures: Path) -> None:
    (frame,) = frames(captures / CAPTURES / "Seconds.pcap")
    scene = stage().feed(frame.payload)
    assert 0 < frame.received_ns - int(scene.channel.venue_time) < MILLISECOND


def test_what_captured_prices_are_worth_is_what_the_contracts_say(captures: Path) -> None:
    """The strike of BSM00008900C is 89.00, its tick a cent, and a contract of a quarter of 91 days has 2,184 hours."""
    (frame,) = frames(captures / CAPTURES / "OptionsSymbolDirectoryMessage.pcap")
    found = definitions.OptionsSymbolDirectory.decode(frame.payload[22:])
    one = found["price_fractional_denominator"]
    assert (found["symbol_name"], found["strike"] / one, found["price_minimum_tick"] / one) == (
        "BSM00008900C", 89.0, 0.01,
    )  # fmt: skip
    assert found["lot_size_or_face_value"] / one == 91 * 24


def test_a_captured_combination_trades_in_its_legs(captures: Path) -> None:
    (frame,) = frames(captures / CAPTURES / "TradeExecutedMessage.pcap")
    scene = stage().feed(frame.payload)
    trades = [event.values[:4] for event in scene.events() if event.kind is EventKind.TRADE]
    assert trades == [(230_000, 2, 0, 6574565164165644289), (230_000, 1, 0, 6574565164165644292)]
    assert scene.reasons == {Reason.ORDER_BEFORE_START: 6}


def test_captured_directories_name_their_instruments_whole(captures: Path) -> None:
    for file, name in (
        ("FutureSymbolDirectoryMessage", "WKN0"), ("OptionsSymbolDirectoryMessage", "BSM00008900C"),
        ("CombinationSymbolDirectoryMessage", "BNU0BVU011"),
    ):  # fmt: skip
        (frame,) = frames(captures / CAPTURES / f"{file}.pcap")
        assert list(stage().feed(frame.payload).books) == [name]
