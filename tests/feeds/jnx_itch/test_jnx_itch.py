"""Japannext PTS ITCH: captured packets, books through the generated pipeline, what is lost, and a twin."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from feedhandler.core.channel import Quality
from feedhandler.core.events import EventKind
from feedhandler.core.reasons import Reason
from feedhandler.pipeline.source import Route
from feedhandler.pipeline.state import Capacities
from feeds.jnx_itch import FEED, messages
from replay import frames
from tests.feeds.order_twin import Twin
from tests.stage import Happened, Stage
from tests.streams import MILLISECOND, Sent, packet

pytestmark = pytest.mark.interpreted

TENTH = 100_000_000  # of a yen, in 1e-9
SECOND = 1_000_000_000
TOYOTA = "7203DAY"
ROOM = Capacities(instruments=16, orders=512, levels=256, events=4096, hold_packets=16, hold_packet_bytes=512)


def stage(variant: str = "1.7") -> Stage:
    return Stage(over=Route(FEED, variant, FEED.session()), capacities=ROOM)


def second(seconds: int) -> bytes:
    return messages.TimestampSeconds.encode(seconds=seconds)


def directory(code: str = "7203", group: str = "DAY", decimals: int = 1) -> bytes:
    return messages.OrderbookDirectory.encode(
        nanoseconds=1, orderbook_id=code, orderbook_code="JP3633400001", group=group, round_lot_size=100,
        price_tick_size_table_id=7, price_decimals=decimals, upper_price_limit=30_000, lower_price_limit=20_000,
    )  # fmt: skip


def add(order: int, side: str = "B", price: int = 25_000, quantity: int = 100, group: str = "DAY") -> bytes:
    return messages.OrderAdded.encode(
        nanoseconds=5, order_number=order, buy_sell_indicator=side, quantity=quantity, orderbook_id="7203",
        group=group, price=price,
    )  # fmt: skip


def execute(order: int, quantity: int, match: int = 9) -> bytes:
    return messages.OrderExecuted.encode(
        nanoseconds=6, order_number=order, executed_quantity=quantity, match_number=match
    )


def delete(order: int) -> bytes:
    return messages.OrderDeleted.encode(nanoseconds=7, order_number=order)


def replace(order: int, new: int, price: int, quantity: int) -> bytes:
    return messages.OrderReplaced.encode(
        nanoseconds=8, original_order_number=order, new_order_number=new, price=price, quantity=quantity
    )


def queue(scene: Stage, price: int, name: str = TOYOTA) -> list[tuple[int, int]]:
    return [(one.order_reference, one.quantity) for one in scene.book(name).orders("bid", price * TENTH).orders]


# -------------------------------------------------------------------------------------------------------------- books


def test_orders_build_the_book_in_yen_and_at_the_venue_s_second() -> None:
    scene = stage().feed(
        packet(1, [second(32_400), directory(), add(1), add(2), add(3, "S", 25_010, 70)]),
        packet(6, [second(32_401), execute(1, 30), replace(2, 4, 25_000, 50), add(5)]),
    )
    assert queue(scene, 25_000) == [(1, 70), (4, 50), (5, 100)]
    bbo = scene.book(TOYOTA).bbo()
    assert (bbo.bid_price, bbo.bid_quantity, bbo.ask_price, bbo.ask_quantity) == (
        25_000 * TENTH, 220, 25_010 * TENTH, 70,
    )  # fmt: skip
    assert (bbo.quality, bbo.sequence, bbo.venue_time_ns) == (Quality.CURRENT, 9, 32_401 * SECOND + 5)
    assert scene.book(TOYOTA).depth().last_trade == (25_000 * TENTH, 30)


def test_the_second_counts_on_behind_midnight() -> None:
    scene = stage().feed(packet(1, [second(100_000), directory(group="NGHT"), add(1, group="NGHT")]))
    assert scene.book("7203NGHT").bbo().venue_time_ns == 100_000 * SECOND + 5


def test_groups_of_one_security_are_books_of_their_own() -> None:
    scene = stage().feed(packet(1, [directory(), directory(group="DAYX"), add(1), add(2, price=24_990, group="DAYX")]))
    assert (scene.book(TOYOTA).bbo().bid_price, scene.book("7203DAYX").bbo().bid_price) == (
        25_000 * TENTH, 24_990 * TENTH,
    )  # fmt: skip


def test_codes_of_version_1_6_are_numbers_and_called_alike() -> None:
    numbered = messages.NumberedOrderAdded.encode(
        order_number=1, buy_sell_indicator="S", quantity=3, orderbook_id=201, group="DAY", price=10
    )
    status = messages.NumberedTradingState.encode(orderbook_id=201, group="DAY", trading_state="V")
    scene = stage("1.6").feed(packet(1, [numbered, status]))
    assert scene.book("0201DAY").bbo().ask_quantity == 3
    assert scene.reasons == {}


def test_a_number_that_is_no_code_of_four_digits_is_refused() -> None:
    wrong = messages.NumberedShortSellingPriceRestrictionState.encode(orderbook_id=10_000, group="DAY")
    scene = stage("1.6").feed(packet(1, [wrong]))
    assert scene.reasons == {Reason.MESSAGE_FIELD: 1}
    assert len(scene.books) == 0


def test_everything_else_becomes_an_event() -> None:
    scene = stage().feed(packet(1, [
        messages.SystemEvent.encode(group="DAY", system_event="Q"),
        messages.PriceTickSize.encode(price_tick_size_table_id=7, price_tick_size=5, price_start=10_000),
        directory(),
        messages.TradingState.encode(orderbook_id="7203", group="DAY", trading_state="T"),
        messages.ShortSellingPriceRestrictionState.encode(orderbook_id="7203", group="DAY", short_selling_state="1"),
        add(0, price=24_000), add(0, price=0x7FFFFFFF),
        messages.OrderAddedWithAttributes.encode(
            order_number=8, buy_sell_indicator="B", quantity=100, orderbook_id="7203", group="DAY", price=24_500,
            order_type="Q",
        ),
    ]))  # fmt: skip
    name = int.from_bytes(b"7203DAY ", "big")
    assert [event for event in scene.events() if event.kind < EventKind.INSIDE] == [
        Happened(EventKind.SYSTEM, 1, (ord("Q"), int.from_bytes(b"DAY ", "big"), 0, 0, 0, 0, 0)),
        Happened(EventKind.STATISTIC, 2, (ord("L"), 5, 7, 10_000, 0, 0, 0)),
        Happened(EventKind.DEFINITION, 3, (name, name, 100, TENTH, 0, 0, 0)),
        Happened(EventKind.COLLAR, 3, (0, 30_000, 20_000, 0, 0, 0, 0)),
        Happened(EventKind.TRADING_STATUS, 4, (ord("T"), 0, 0, 0, 0, 0, 0)),
        Happened(EventKind.RESTRICTION, 5, (ord("1"), 0, 0, 0, 0, 0, 0)),
        Happened(EventKind.STATISTIC, 6, (ord("A"), 24_000, 0, 0, 0, 0, 0)),
        Happened(EventKind.STATISTIC, 7, (ord("A"), 0, 0, 0, 0, 0, 0)),
        Happened(EventKind.ADD, 8, (24_500, 100, 8, ord("Q"), 0, 0, 0)),
    ]
    assert [level.price for level in scene.book(TOYOTA).depth().bids] == [24_500 * TENTH]


def test_decimal_places_are_the_orderbook_s_own() -> None:
    scene = stage().feed(packet(1, [directory(decimals=2), add(1, price=250)]))
    assert scene.book(TOYOTA).bbo().bid_price == 2_500_000_000
    assert stage().feed(packet(1, [directory(decimals=10)])).reasons == {Reason.MESSAGE_FIELD: 1}


# --------------------------------------------------------------------------------------------------------------- trust


def test_an_order_that_nobody_knows_makes_every_book_stale() -> None:
    scene = stage().feed(packet(1, [directory(), add(1), delete(2)]))
    assert (scene.reasons, scene.quality(TOYOTA)) == ({Reason.ORDER_UNKNOWN: 1}, Quality.STALE)


def test_an_order_number_that_is_given_out_twice_makes_both_its_books_stale() -> None:
    scene = stage().feed(packet(1, [directory(), directory(group="DAYX"), add(1), add(1, group="DAYX")]))
    assert scene.reasons == {Reason.ORDER_DUPLICATE: 1}
    assert (scene.quality(TOYOTA), scene.quality("7203DAYX")) == (Quality.STALE, Quality.STALE)


def test_a_hole_that_is_given_up_makes_books_stale_until_the_next_session() -> None:
    scene = stage().feed(
        Sent(packet(1, [second(1), directory(), add(1)]), 0, MILLISECOND),
        Sent(packet(5, [add(2)]), 0, 2 * MILLISECOND),
    )
    assert scene.wait(10 * MILLISECOND).quality(TOYOTA) is Quality.RECOVERING
    assert scene.wait(40 * MILLISECOND).quality(TOYOTA) is Quality.STALE
    assert scene.gaps() == [(4, 1)]
    following = [Sent(packet(1 + number, [body], session="NEXT"), number % 2, 50 * MILLISECOND)
                 for number, body in enumerate([second(1), directory(), add(1)])]  # fmt: skip
    scene.feed(*following)
    assert (scene.quality(TOYOTA), queue(scene, 25_000)) == (Quality.CURRENT, [(1, 100)])


def test_a_hole_on_one_line_is_filled_by_the_other() -> None:
    one, two, three = packet(1, [directory(), add(1)]), packet(3, [add(2)]), packet(4, [delete(1)])
    scene = stage().feed(Sent(one, 0), Sent(three, 0), Sent(one, 1), Sent(two, 1), Sent(three, 1))
    assert (scene.quality(TOYOTA), queue(scene, 25_000), scene.gaps()) == (Quality.CURRENT, [(2, 100)], [])


@pytest.mark.parametrize("seed", range(6))
def test_books_are_those_of_a_twin_after_every_packet(seed: int) -> None:
    source, twin, scene = random.Random(seed), Twin(), stage()
    owners: dict[int, tuple[str, int]] = {}
    scene.feed(packet(1, [second(1), directory(), directory(group="DAYX")]))
    sequence, following = 4, 1
    for _ in range(60):
        bodies = []
        for _ in range(source.randint(1, 4)):
            what = source.choice(["add", "add", "add", "execute", "delete", "replace"]) if owners else "add"
            order = source.choice([*owners, 0])
            quantity, price = source.randint(1, 9), 25_000 + source.randint(-3, 3)
            if what == "add" or order == 0:
                group, side = source.choice(["DAY", "DAYX"]), source.randint(0, 1)
                owners[following] = (f"7203{group}", side)
                twin.add(f"7203{group}", side, price, following, quantity)
                bodies.append(add(following, "BS"[side], price, quantity, group))
                following += 1
                continue
            name, side = owners[order]
            left = twin.where(name, side, order)[1].quantity
            if what == "execute":
                taken = source.randint(1, left)
                twin.take(name, side, order, taken)
                bodies.append(execute(order, taken))
                if taken == left:
                    del owners[order]
            else:
                twin.delete(name, side, order)
                del owners[order]
                if what == "delete":
                    bodies.append(delete(order))
                    continue
                twin.add(name, side, price, following, quantity)
                owners[following] = (name, side)
                bodies.append(replace(order, following, price, quantity))
                following += 1
        scene.feed(packet(sequence, bodies))
        sequence += len(bodies)
        for name in (TOYOTA, "7203DAYX"):
            assert twin.difference(scene.book(name), name, TENTH) is None
    assert scene.reasons == {}
    assert scene.quality(TOYOTA) is Quality.CURRENT


# ------------------------------------------------------------------------------------------------------------ captures


def test_the_captured_second_is_that_of_tokyo(captures: Path) -> None:
    file = captures / "jnx/JnxEquities.Pts.Itch.v1.6/TimestampSecondsMessage.pcap"
    (frame,) = frames(file)
    midnight = 1670770800 * SECOND  # 2022-12-12 00:00 in Tokyo
    assert abs(midnight + 57_600 * SECOND - frame.received_ns) < SECOND
    scene = stage("1.6")
    scene.channel.day_base_ns = midnight
    scene.feed(Sent(frame.payload, 0, frame.received_ns))
    assert scene.channel.venue_time == midnight + 57_600 * SECOND + 5_000


def test_captured_packets_are_of_one_session_and_refused_for_no_other_reason_than_their_late_start(
    captures: Path,
) -> None:
    folder = captures / "jnx/JnxEquities.Pts.Itch.v1.6"
    found = sorted((frame for file in folder.glob("*.pcap") for frame in frames(file)), key=lambda one: one.received_ns)
    assert [frame.payload[:10] for frame in found] == [b"1670788904"] * 5
    for frame in found:
        scene = stage("1.6").feed(frame.payload)
        assert set(scene.reasons) <= {Reason.ORDER_BEFORE_START}
