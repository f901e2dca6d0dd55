"""Eurex books: each message by itself, in each release, and random flow against a reference with queues by priority."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from feedhandler.books import Books
from feedhandler.conformance.invariants import book_problems
from feedhandler.core.channel import Quality
from feedhandler.core.directory import Instrument
from feedhandler.core.events import Event, EventDetail, EventKind
from feedhandler.core.reasons import Reason
from feedhandler.decoding import Decoder
from feeds.eurex_eobi import FEED
from replay import frames
from tests.feeds.eurex_eobi.stream import BUY, PRODUCT, SELL, Market, book_of, feed, pipeline_of, queues, reasons
from tests.streams import Sent

pytestmark = pytest.mark.interpreted

VARIANTS = list(FEED.variants)


def events(pipeline: Any, *kinds: EventKind) -> list[tuple[Any, ...]]:
    """Kind, detail, instrument and first three values of the events of these kinds."""
    ring = pipeline.channels[0].events
    rows = pipeline.channels[0].array("events", Event, int(ring.mask) + 1)[: int(ring.written)]
    names = ("detail", "instrument", "value_0", "value_1", "value_2")
    return [(EventKind(row["kind"]), *(int(row[name]) for name in names)) for row in rows if row["kind"] in kinds]


@pytest.mark.parametrize("variant", VARIANTS)
def test_orders_stand_in_the_order_of_their_priority(variant: str) -> None:
    market = Market(variant)
    pipeline = pipeline_of([
        market.sent(market.add(BUY, 30, 100, 5), market.add(BUY, 10, 100, 6), market.add(SELL, 30, 101, 7)),
        market.sent(market.add(BUY, 20, 100, 8), market.add(BUY, 40, 99, 9)),
    ], variant)  # fmt: skip
    assert queues(pipeline) == {"bid": [(100, [(10, 6), (20, 8), (30, 5)]), (99, [(40, 9)])], "ask": [(101, [(30, 7)])]}
    assert (book_of(pipeline).bbo().quality, reasons(pipeline)) == (Quality.CURRENT, {})


@pytest.mark.parametrize("variant", VARIANTS)
def test_what_happens_to_an_order(variant: str) -> None:
    market = Market(variant)
    pipeline = pipeline_of([
        market.sent(market.add(BUY, 10, 100, 5), market.add(BUY, 20, 100, 6), market.add(BUY, 30, 100, 7)),
        market.sent(market.modify(BUY, 10, 40, 100, 50)),  # behind the others, under its new priority
        market.sent(market.resize(BUY, 20, 100, 4)),  # where it is
        market.sent(market.execute(BUY, 20, 1)),
        market.sent(market.execute(BUY, 30, 7, full=True)),
        market.sent(market.add(SELL, 10, 102, 1), market.delete(SELL, 10)),
    ], variant)  # fmt: skip
    assert queues(pipeline) == {"bid": [(100, [(20, 3), (40, 50)])], "ask": []}
    assert book_of(pipeline).depth().last_trade == (70, 7)
    assert reasons(pipeline) == {}


def test_the_same_priority_on_both_sides_and_of_two_instruments_are_four_orders() -> None:
    market = Market()
    pipeline = pipeline_of([
        market.sent(*(market.add(side, 10, 100 + side, 5 * code, code) for code in (1, 2) for side in (BUY, SELL))),
        market.sent(market.delete(SELL, 10, 2)),
    ])  # fmt: skip
    assert queues(pipeline) == {"bid": [(101, [(10, 5)])], "ask": [(102, [(10, 5)])]}
    assert queues(pipeline, 2) == {"bid": [(101, [(10, 10)])], "ask": []}
    assert reasons(pipeline) == {}


def test_quantities_are_whole_up_to_release_6_and_of_four_places_in_14() -> None:
    for variant, step in (("t7_3", 10**9), ("t7_6", 10**9), ("t7_14", 10**5)):
        market = Market(variant)
        pipeline = pipeline_of([market.sent(market.add(BUY, 10, 100, 5))], variant)
        row = pipeline.channels[0].array("instruments", Instrument, 2)[1]
        assert (int(row["price_unit"]), int(row["quantity_step"])) == (10, step)


def test_a_mass_delete_empties_the_book() -> None:
    market = Market()
    pipeline = pipeline_of([
        market.sent(market.add(BUY, 10, 100, 5), market.add(SELL, 20, 101, 6), market.mass_delete()),
        market.sent(market.add(BUY, 30, 90, 1)),
    ])  # fmt: skip
    assert queues(pipeline) == {"bid": [(90, [(30, 1)])], "ask": []}
    assert book_of(pipeline).bbo().quality is Quality.CURRENT


def test_market_orders_are_told_and_stand_in_no_ladder() -> None:
    market = Market()
    none = -(1 << 63)
    pipeline = pipeline_of([
        market.sent(market.add(BUY, 10, none, 5, ord_type=1), market.add(BUY, 20, 100, 6)),
        # A market order gets a limit, a limit order loses its.
        market.sent(
            market.message(
                "OrderModify", security_id=1, side=BUY, trd_reg_ts_prev_time_priority=10, prev_price=None,
                trd_reg_ts_time_priority=30, price=99, display_qty=5,
            ),
            market.message(
                "OrderModify", security_id=1, side=BUY, trd_reg_ts_prev_time_priority=20, prev_price=100,
                trd_reg_ts_time_priority=40, price=None, display_qty=6,
            ),
        ),
        market.sent(
            market.message(
                "FullOrderExecution", security_id=1, side=BUY, price=None, trd_reg_ts_time_priority=40, last_qty=6,
                last_px=98, trd_match_id=3,
            ),
        ),
    ])  # fmt: skip
    assert queues(pipeline) == {"bid": [(99, [(30, 5)])], "ask": []}
    assert (events(pipeline, EventKind.TRADE), reasons(pipeline)) == ([(EventKind.TRADE, 0, 1, 98, 6, 40)], {})


def test_an_order_that_is_executed_in_full_and_was_larger_makes_the_book_stale() -> None:
    market = Market()
    pipeline = pipeline_of([market.sent(market.add(BUY, 10, 100, 5), market.execute(BUY, 10, 4, full=True))])
    assert (queues(pipeline), reasons(pipeline)) == ({"bid": [], "ask": []}, {Reason.ORDER_QUANTITY: 1})
    assert book_of(pipeline).bbo().quality is Quality.STALE


def test_an_event_ends_where_the_packet_says_so() -> None:
    market = Market()
    begun = pipeline_of([market.sent(market.add(BUY, 10, 100, 5), complete=False)])
    assert book_of(begun).bbo().mid_event
    feed(begun, [market.sent(market.add(BUY, 20, 101, 5))])
    assert not book_of(begun).bbo().mid_event


def test_times_are_the_message_s_own_and_else_the_packet_s() -> None:
    market = Market()
    pipeline = pipeline_of([market.sent(market.add(BUY, 10, 100, 5), market.delete(BUY, 10, transact_time=5))])
    row = pipeline.channels[0].array("events", Event, 4)
    assert [int(each["venue_time"]) for each in row if each["kind"] in (EventKind.ADD, EventKind.DELETE)] == [1000, 5]


def test_a_side_that_does_not_exist_is_refused_and_only_its_product_pays() -> None:
    market = Market()
    pipeline = pipeline_of([
        market.sent(market.add(BUY, 10, 100, 5)),
        market.sent(market.message("OrderAdd", 7, security_id=2, side=1, price=1, display_qty=1,
                                   trd_reg_ts_time_priority=1), product=7),
        market.sent(market.message("OrderAdd", security_id=1, side=3, price=1, display_qty=1)),
        market.sent(market.add(BUY, 20, 100, 5)),
        market.sent(market.message("QuoteRequest", 7, security_id=2, side=1), product=7),
    ])  # fmt: skip
    assert reasons(pipeline) == {Reason.MESSAGE_FIELD: 1}
    assert [book_of(pipeline, code).bbo().quality for code in (1, 2)] == [Quality.STALE, Quality.CURRENT]


def test_statuses_trades_auctions_requests_and_definitions_are_events() -> None:
    market = Market()
    code = {"security_id": 1, "transact_time": 5}
    pipeline = pipeline_of([
        market.sent(
            market.message("ProductStateChange", trading_session_id=1, trading_session_sub_id=3, trad_ses_status=2),
            market.message("InstrumentStateChange", security_trading_status=204, security_status=1, **code),
            market.message("ExecutionSummary", security_id=1, exec_id=4, last_px=8, last_qty=9, aggressor_side=SELL),
            market.message("TradeReport", last_px=10, last_qty=11, trd_match_id=12, **code),
            market.message("TESTradeReport", last_px=13, last_qty=14, trd_match_id=15, **code),
            market.message("TradeReversal", trd_match_id=12, last_px=1, last_qty=1, md_trade_entry_grp=[
                {"md_entry_type": 7, "md_entry_px": 16, "md_entry_size": 17}], **code),
            market.message("AuctionBBO", bid_px=18, offer_px=19, bid_size=20, offer_size=21, **code),
            market.message("AuctionClearingPrice", last_px=22, last_qty=23, imbalance_qty=24, **code),
            market.message("TopOfBook", bid_px=25, offer_px=26, bid_size=27, offer_size=28, **code),
            market.message("QuoteRequest", side=2, last_qty=29, **code),
            market.message("CrossRequest", side=1, last_qty=30, last_px=31, **code),
            market.message("AddComplexInstrument", security_desc="FGBL SPREAD MAR26-JUN26", security_id=9,
                           instrmt_leg_grp=[{"leg_security_id": 1}, {"leg_security_id": 2}]),
            market.message("MassInstrumentStateChange", instrument_scope_product_complex=5,
                           security_mass_trading_status=203, sec_mass_stat_grp=[
                               {"security_id": 1, "security_trading_status": 200, "security_status": 2}]),
        ),
    ])  # fmt: skip
    unprintable = EventDetail.UNPRINTABLE
    everything = [kind for kind in EventKind if kind not in (EventKind.SESSION, EventKind.INSIDE)]
    assert events(pipeline, *everything) == [
        (EventKind.TRADING_STATUS, 0, 0, 3, 258, 0),
        (EventKind.TRADING_STATUS, 0, 1, 204, 1, 0),
        (EventKind.TRADE, unprintable, 1, 8, 9, 0),
        (EventKind.TRADE, 0, 1, 10, 11, 0),
        (EventKind.TRADE, unprintable, 1, 13, 14, 0),
        (EventKind.TRADE_BREAK, 0, 1, 12, 0, 0),
        (EventKind.STATISTIC, 0, 1, 7, 16, 17),
        (EventKind.QUOTE, 0, 1, 18, 20, 19),
        (EventKind.IMBALANCE, 0, 1, 23, 24, 22),
        (EventKind.QUOTE, 0, 1, 25, 27, 26),
        (EventKind.INTEREST, 0, 1, 13503, 2, 290000 // 10000),
        (EventKind.INTEREST, 0, 1, 13502, 1, 30),
        (EventKind.DEFINITION, 0, 2, 9, int.from_bytes(b"FGBL SPR", "big"), 1),
        (EventKind.TRADING_STATUS, 1, 0, 203, 5, 0),
        (EventKind.TRADING_STATUS, 0, 1, 200, 2, 0),
    ]
    assert reasons(pipeline) == {}


def test_products_and_described_instruments_have_names() -> None:
    market = Market()
    pipeline = pipeline_of([
        market.sent(market.message("AddFlexibleInstrument", security_id=9, security_desc="OKS2 SI 20260320 CS")),
        market.sent(market.message("QuoteRequest", -12, security_id=3), product=-12),
    ])  # fmt: skip
    assert sorted(Books(pipeline.channels)) == ["#3", "OKS2 SI 20260320 CS", "PRODUCT -12", f"PRODUCT {PRODUCT}"]


class Reference:
    """Books as dictionaries: (side, priority) -> (price, quantity)."""

    def __init__(self) -> None:
        self.orders: dict[tuple[int, int, int], tuple[int, int]] = {}

    def queues(self, code: int) -> dict[str, list[tuple[int, list[tuple[int, int]]]]]:
        found: dict[str, list[tuple[int, list[tuple[int, int]]]]] = {}
        for name, side in (("bid", BUY), ("ask", SELL)):
            levels: dict[int, list[tuple[int, int]]] = {}
            for (own, its_side, priority), (price, quantity) in sorted(self.orders.items()):
                if (own, its_side) == (code, side):
                    levels.setdefault(price, []).append((priority, quantity))
            found[name] = sorted(levels.items(), reverse=side == BUY)
        return found

    def snapshot(self, code: int) -> list[tuple[int, int, int, int]]:
        return [(side, prio, *rest) for (own, side, prio), rest in sorted(self.orders.items()) if own == code]


def random_message(source: random.Random, market: Market, reference: Reference, codes: range = range(1, 4)) -> bytes:
    """One message of orders that makes sense, and what it does to the reference."""
    code, side = source.choice(codes), source.choice((BUY, SELL))
    mine = [key for key in reference.orders if key[:2] == (code, side)]
    verb = source.choice(("add", "add", "modify", "resize", "delete", "execute", "full", "mass"))
    price = source.randint(90, 99) if side == BUY else source.randint(100, 109)
    if verb == "mass" and source.random() < 0.1:
        for key in [key for key in reference.orders if key[0] == code]:
            del reference.orders[key]
        return market.mass_delete(code)
    if verb in ("add", "mass") or not mine:
        priority = source.choice([p for p in range(1, 200) if (code, side, p) not in reference.orders])
        reference.orders[code, side, priority] = (price, quantity := source.randint(1, 9))
        return market.add(side, priority, price, quantity, code)
    key = source.choice(mine)
    old_price, old_quantity = reference.orders[key]
    if verb == "modify":
        priority = source.choice([p for p in range(1, 200) if (code, side, p) not in reference.orders])
        del reference.orders[key]
        reference.orders[code, side, priority] = (price, quantity := source.randint(1, 9))
        return market.modify(side, key[2], priority, price, quantity, code)
    if verb == "resize":
        reference.orders[key] = (old_price, quantity := source.randint(1, 9))
        return market.resize(side, key[2], old_price, quantity, code)
    if verb == "execute" and old_quantity > 1:
        reference.orders[key] = (old_price, old_quantity - 1)
        return market.execute(side, key[2], 1, code=code)
    del reference.orders[key]
    if verb == "delete":
        return market.delete(side, key[2], code)
    return market.execute(side, key[2], old_quantity, full=True, code=code)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("seed", range(3))
def test_random_flow_gives_the_reference_s_books(variant: str, seed: int) -> None:
    source, market, reference = random.Random(seed), Market(variant), Reference()
    pipeline = pipeline_of([], variant)
    for _ in range(30):
        feed(pipeline, [
            market.sent(*(random_message(source, market, reference) for _ in range(source.randint(1, 6))))
            for _ in range(3)
        ])  # fmt: skip
        for code in range(1, 4):
            if any(key[0] == code for key in reference.orders):
                assert queues(pipeline, code) == reference.queues(code)
                assert book_of(pipeline, code).bbo().quality is Quality.CURRENT
    assert reasons(pipeline) == {}
    assert book_problems(pipeline.channels[0]) == []


CAPTURES = {
    "Eobi.T7.v3.0/Heartbeat.pcap": ("t7_3", ["PacketHeader", "Heartbeat"]),
    "Eobi.T7.v3.0/OrderAdd.pcap": ("t7_3", ["PacketHeader", "OrderAdd"]),
    "Eobi.T7.v3.0/SnapshotOrder.pcap": ("t7_3", ["PacketHeader", "SnapshotOrder"]),
    "Eobi.T7.v6.0/InstrumentSummary.pcap": ("t7_6", ["PacketHeader", "InstrumentSummary"]),
    "Eobi.T7.v6.0/ProductSummary.pcap": ("t7_6", ["PacketHeader", "ProductSummary", *["InstrumentSummary"] * 4]),
}


@pytest.mark.parametrize("name", CAPTURES)
def test_captured_packets_are_read_whole(captures: Path, name: str) -> None:
    variant, messages = CAPTURES[name]
    (frame,) = frames(captures / "eurex" / name)
    decoded = list(Decoder(FEED, variant, FEED.session()).messages(frame.payload))
    assert [(message.message, message.error) for message in decoded] == [(each, None) for each in messages]
    header = decoded[0].fields
    assert (header["msg_seq_num"], header["appl_seq_reset_indicator"]) == (None, 0)
    # The packet was captured within a tenth of a millisecond of its being sent.
    assert 0 < frame.received_ns - header["transact_time"] < 100_000
    pipeline = pipeline_of([Sent(frame.payload)], variant)
    assert reasons(pipeline) == {}


def test_the_captured_order_stands_in_its_book(captures: Path) -> None:
    (frame,) = frames(captures / "eurex/Eobi.T7.v3.0/OrderAdd.pcap")
    pipeline = pipeline_of([Sent(frame.payload)], "t7_3")
    book = book_of(pipeline, 1416231)
    assert queues(pipeline, 1416231) == {"bid": [(291_700_000_000, [(1464004800000215742, 4)])], "ask": []}
    assert (book.bbo().quality, book.bbo().sequence) == (Quality.STALE, 1812897)
