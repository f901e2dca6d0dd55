"""Eurex books over losses: what a gap costs, what mends it, and that no book is ever CURRENT and wrong."""

from __future__ import annotations

import random
from typing import Any

import pytest

from feedhandler.books import Books
from feedhandler.conformance.invariants import book_problems
from feedhandler.core.channel import Quality
from feedhandler.core.events import EventKind
from feedhandler.core.reasons import Reason
from feedhandler.pipeline.pipeline import Pipeline
from tests.feeds.eurex_eobi.stream import (
    BUY,
    SELL,
    SNAPSHOTS,
    B,
    Market,
    book_of,
    feed,
    pipeline_of,
    queues,
    reasons,
)
from tests.feeds.eurex_eobi.test_books import Reference, events, random_message
from tests.streams import Sent

pytestmark = pytest.mark.interpreted

LATER = 10_000
FULL = {"bid": [(100, [(10, 5), (20, 6)])], "ask": []}


def quality(pipeline: Pipeline, code: int = 1) -> Quality:
    return Quality(book_of(pipeline, code).bbo().quality)


def lost(*sent: Sent) -> None:
    """Packets that nobody heard."""


def begun(market: Market) -> Pipeline:
    """Two products of one instrument each, heard from the start."""
    return pipeline_of([
        market.sent(market.add(BUY, 10, 100, 5)),
        market.sent(market.message("OrderAdd", 7, security_id=2, side=BUY, price=50, display_qty=1,
                                   trd_reg_ts_time_priority=1), product=7),
    ])  # fmt: skip


def gap(market: Market, pipeline: Pipeline, *then: Sent) -> None:
    """What was sent last is lost for good; the next packets come."""
    feed(pipeline, [*then, market.heartbeat(product=99, at=LATER), market.heartbeat(product=99, at=2 * LATER)])


def test_a_late_start_is_stale_until_a_snapshot() -> None:
    market = Market(first=9_000)
    market.numbers = {675: 100}
    pipeline = pipeline_of([market.sent(market.add(BUY, 20, 100, 6))])
    assert quality(pipeline) is Quality.STALE
    feed(pipeline, market.snapshot((1, [(BUY, 10, 100, 5), (BUY, 20, 100, 6)])))
    assert (queues(pipeline), quality(pipeline), reasons(pipeline)) == (FULL, Quality.CURRENT, {})


def test_two_lines_of_the_stream_fill_each_other_s_holes() -> None:
    market = Market()
    first, second, third = (market.sent(market.add(BUY, 10 * n, 100, n)) for n in (1, 2, 3))
    pipeline = pipeline_of([first, third, Sent(second.payload, B), Sent(third.payload, B)])
    assert queues(pipeline)["bid"] == [(100, [(10, 1), (20, 2), (30, 3)])]
    assert (quality(pipeline), reasons(pipeline)) == (Quality.CURRENT, {})


def test_a_gap_costs_only_the_products_that_lost_something() -> None:
    market = Market()
    pipeline = begun(market)
    lost(market.sent(market.add(BUY, 20, 100, 6)))
    gap(market, pipeline)
    assert (quality(pipeline), quality(pipeline, 2)) == (Quality.STALE, Quality.STALE)
    # A product's next message, or its snapshot, says whether it lost anything: 7 did not, and its books heal.
    feed(pipeline, [market.sent(market.message("QuoteRequest", 7, security_id=2), product=7, at=3 * LATER)])
    feed(pipeline, [market.sent(market.message("QuoteRequest", security_id=1), at=3 * LATER)])
    assert (quality(pipeline), quality(pipeline, 2)) == (Quality.STALE, Quality.CURRENT)
    feed(pipeline, market.snapshot((1, [(BUY, 10, 100, 5), (BUY, 20, 100, 6)])))
    assert (queues(pipeline), quality(pipeline)) == (FULL, Quality.CURRENT)


def test_a_quiet_book_of_a_product_that_lost_nothing_heals_with_the_next_snapshot() -> None:
    market = Market()
    pipeline = begun(market)
    lost(market.sent(market.add(BUY, 20, 100, 6)))
    gap(market, pipeline, market.heartbeat(7))
    assert quality(pipeline, 2) is Quality.STALE
    feed(pipeline, market.snapshot((2, [(BUY, 999, 1, 1)]), product=7, processed=0))
    # Healed by what was heard, not by what the snapshot says: that is of an earlier time.
    assert (queues(pipeline, 2)["bid"], quality(pipeline, 2)) == ([(50, [(1, 1)])], Quality.CURRENT)


def test_a_heartbeat_says_that_the_last_message_was_lost() -> None:
    market = Market(first=50)
    market.numbers = {675: 10}
    pipeline = pipeline_of([market.sent(market.add(BUY, 10, 100, 5))])
    feed(pipeline, market.snapshot((1, [(BUY, 10, 100, 5)])))
    assert quality(pipeline) is Quality.CURRENT
    # The packet that was lost has no number: only the product's own says so.
    market.add(BUY, 20, 100, 6)
    feed(pipeline, [market.heartbeat()])
    assert quality(pipeline) is Quality.STALE
    feed(pipeline, market.snapshot((1, [(BUY, 10, 100, 5), (BUY, 20, 100, 6)])))
    assert (queues(pipeline), quality(pipeline)) == (FULL, Quality.CURRENT)


def test_a_snapshot_from_before_the_loss_mends_nothing() -> None:
    market = Market()
    pipeline = begun(market)
    old = market.snapshot((1, [(BUY, 10, 100, 5)]))
    lost(market.sent(market.add(BUY, 20, 100, 6)))
    gap(market, pipeline)
    feed(pipeline, old)
    assert quality(pipeline) is Quality.STALE, "the product was not heard since the gap"
    feed(pipeline, [market.sent(market.add(BUY, 30, 100, 7), at=3 * LATER)])
    feed(pipeline, market.snapshot((1, [(BUY, 10, 100, 5)]), processed=1))
    assert quality(pipeline) is Quality.STALE, "the snapshot does not reach over the gap"
    feed(pipeline, market.snapshot((1, [(BUY, 10, 100, 5), (BUY, 20, 100, 6)]), processed=2))
    assert (queues(pipeline)["bid"], quality(pipeline)) == ([(100, [(10, 5), (20, 6), (30, 7)])], Quality.CURRENT)


def test_a_snapshot_ahead_of_the_stream_is_not_used() -> None:
    market = Market(first=50)
    market.numbers = {675: 10}
    pipeline = pipeline_of([market.sent(market.add(BUY, 10, 100, 5))])
    late = market.sent(market.add(BUY, 20, 100, 6))
    feed(pipeline, market.snapshot((1, [(BUY, 10, 100, 5), (BUY, 20, 100, 6)])))
    assert quality(pipeline) is Quality.STALE
    feed(pipeline, [late, *market.snapshot((1, [(BUY, 10, 100, 5), (BUY, 20, 100, 6)]))])
    assert (queues(pipeline), quality(pipeline)) == (FULL, Quality.CURRENT)


def test_a_product_that_the_stream_never_spoke_of_waits_for_its_heartbeat() -> None:
    market = Market(first=50)
    market.numbers = {675: 10}
    pipeline = pipeline_of([market.heartbeat(product=7)])
    full = [(BUY, 10, 100, 5), (BUY, 20, 100, 6)]
    feed(pipeline, market.snapshot((1, full)))
    assert quality(pipeline) is Quality.STALE
    feed(pipeline, [market.heartbeat(), *market.snapshot((1, full))])
    assert (queues(pipeline), quality(pipeline)) == (FULL, Quality.CURRENT)


def test_what_the_stream_says_while_a_snapshot_comes_is_applied_behind_it() -> None:
    market = Market(first=50)
    market.numbers = {675: 10}
    pipeline = pipeline_of([market.sent(market.add(SELL, 5, 110, 5))])
    snapshot = market.snapshot((1, [(BUY, 10, 100, 5), (SELL, 5, 110, 5), (BUY, 20, 100, 6), (BUY, 30, 99, 2)]))
    feed(pipeline, [
        *snapshot[:3],
        market.sent(market.add(BUY, 40, 98, 1), market.delete(BUY, 30), market.execute(BUY, 20, 2)),
        market.sent(market.modify(BUY, 10, 50, 97, 9), market.resize(SELL, 5, 110, 3)),
    ])  # fmt: skip
    assert (queues(pipeline), quality(pipeline)) == ({"bid": [(100, [(10, 5)])], "ask": []}, Quality.STALE)
    feed(pipeline, snapshot[3:])
    expected = {"bid": [(100, [(20, 4)]), (98, [(40, 1)]), (97, [(50, 9)])], "ask": [(110, [(5, 3)])]}
    assert (queues(pipeline), quality(pipeline), reasons(pipeline)) == (expected, Quality.CURRENT, {})
    # The execution was told once, and took its quantity when the snapshot was there.
    assert [event[3:] for event in events(pipeline, EventKind.EXECUTE, EventKind.REDUCE)] == [(7, 2, 20), (100, 2, 20)]


def test_what_is_lost_while_a_snapshot_comes_makes_it_useless() -> None:
    market = Market(first=50)
    market.numbers = {675: 10}
    pipeline = pipeline_of([market.heartbeat()])
    snapshot = market.snapshot((1, [(BUY, 10, 100, 5), (BUY, 20, 100, 6)]))
    market.delete(BUY, 10)
    feed(pipeline, [*snapshot[:3], market.sent(market.add(SELL, 5, 110, 5)), *snapshot[3:]])
    assert quality(pipeline) is Quality.STALE
    feed(pipeline, market.snapshot((1, [(BUY, 20, 100, 6), (SELL, 5, 110, 5)])))
    expected = {"bid": [(100, [(20, 6)])], "ask": [(110, [(5, 5)])]}
    assert (queues(pipeline), quality(pipeline)) == (expected, Quality.CURRENT)


def test_an_emptied_book_is_right_whatever_was_missing() -> None:
    market = Market(first=50)
    market.numbers = {675: 10}
    pipeline = pipeline_of([market.sent(market.add(BUY, 10, 100, 5)), market.sent(market.mass_delete())])
    assert quality(pipeline) is Quality.CURRENT
    feed(pipeline, [market.sent(market.add(BUY, 20, 100, 6))])
    assert (queues(pipeline)["bid"], quality(pipeline)) == ([(100, [(20, 6)])], Quality.CURRENT)


def test_a_mass_delete_ends_a_snapshot_that_is_coming() -> None:
    market = Market(first=50)
    market.numbers = {675: 10}
    pipeline = pipeline_of([market.heartbeat()])
    snapshot = market.snapshot((1, [(BUY, 10, 100, 5), (BUY, 20, 100, 6), (BUY, 30, 100, 7)]))
    for then in ([*snapshot[:3], market.sent(market.mass_delete())], snapshot[3:4], snapshot[4:]):
        feed(pipeline, then)
        assert queues(pipeline) == {"bid": [], "ask": []}
    assert quality(pipeline) is Quality.CURRENT


@pytest.mark.parametrize("missing", range(4))
def test_a_snapshot_that_misses_a_packet_does_not_count(missing: int) -> None:
    market = Market(first=50)
    market.numbers = {675: 10}
    pipeline = pipeline_of([market.sent(market.message("QuoteRequest", security_id=1))])
    orders = [(BUY, 10, 100, 5), (BUY, 20, 100, 6)]
    snapshot = market.snapshot((1, orders))
    feed(pipeline, [part for place, part in enumerate(snapshot) if place != missing])
    assert quality(pipeline) is Quality.STALE
    # The same places of the next round are no continuation of this one.
    again = market.snapshot((1, orders))
    feed(pipeline, again[missing:])
    assert quality(pipeline) is (Quality.CURRENT if missing == 0 else Quality.STALE)
    feed(pipeline, market.snapshot((1, orders)))
    assert (queues(pipeline), quality(pipeline)) == (FULL, Quality.CURRENT)


def test_two_lines_of_snapshots_help_each_other() -> None:
    market = Market(first=50)
    market.numbers = {675: 10}
    pipeline = pipeline_of([market.heartbeat()])
    snapshot = market.snapshot((1, [(BUY, 10, 100, 5), (BUY, 20, 100, 6)]))
    one = [part for place, part in enumerate(snapshot) if place != 2]
    other = [Sent(part.payload, B) for part in snapshot]
    feed(pipeline, [*one[:2], *other[:1], *one[2:3], *other[1:], *one[3:]])
    assert (queues(pipeline), quality(pipeline), reasons(pipeline)) == (FULL, Quality.CURRENT, {})


def test_the_products_of_a_loop_follow_each_other_and_its_numbers_go_on() -> None:
    market = Market(first=50)
    market.numbers = {675: 10, 7: 20}
    pipeline = pipeline_of([market.heartbeat(), market.heartbeat(7)])
    feed(pipeline, [
        *market.snapshot((1, [(BUY, 10, 100, 5), (BUY, 20, 100, 6)]), (2, []), each=2),
        *market.snapshot((3, [(SELL, 1, 9, 9)]), product=7, each=3, first=5),
    ])  # fmt: skip
    assert queues(pipeline) == FULL
    assert queues(pipeline, 3) == {"bid": [], "ask": [(9, [(1, 9)])]}
    assert [quality(pipeline, code) for code in (1, 2, 3)] == [Quality.CURRENT] * 3


def test_a_snapshot_s_states_and_figures_are_told_once() -> None:
    market = Market(first=50)
    market.numbers = {675: 10}
    pipeline = pipeline_of([market.heartbeat()])
    for _ in range(3):
        feed(pipeline, market.snapshot((1, []), status=204))
    assert [event[2:5] for event in events(pipeline, EventKind.TRADING_STATUS)] == [(0, 3, 2), (1, 204, 1)]


def test_auctions_in_a_snapshot_are_passed_over_and_counted() -> None:
    market = Market(first=50)
    market.numbers = {675: 10}
    pipeline = pipeline_of([market.heartbeat()], loops=(SNAPSHOTS,))
    # Summaries of product and instrument 1, an auction's best bid in a packet of its own, the rest under later numbers.
    summaries = market.tables
    auction = summaries.AuctionBBO.encode(msg_seq_num=2, security_id=1, bid_px=5)
    packets = [
        [summaries.ProductSummary.encode(msg_seq_num=0, last_msg_seq_num_processed=10),
         summaries.InstrumentSummary.encode(msg_seq_num=1, security_id=1, tot_no_orders=0)],
        [auction],
        [summaries.InstrumentSummary.encode(msg_seq_num=3, security_id=2, tot_no_orders=1),
         summaries.SnapshotOrder.encode(msg_seq_num=4, side=BUY, trd_reg_ts_time_priority=1, price=5, display_qty=5)],
    ]  # fmt: skip
    for place, bodies in enumerate(packets):
        payload = market.header(675, 500 + place, place == 2, bodies)
        feed(pipeline, [Sent(payload, SNAPSHOTS)])
    assert (quality(pipeline, 2), queues(pipeline, 2)["bid"]) == (Quality.CURRENT, [(5, [(1, 5)])])
    assert (events(pipeline, EventKind.QUOTE), reasons(pipeline)) == ([], {})


def test_a_service_that_is_started_again_begins_anew() -> None:
    market = Market()
    pipeline = begun(market)
    feed(pipeline, [market.sent(market.add(BUY, 20 + n, 100, 6)) for n in range(80)])
    again = Market()
    feed(pipeline, [
        again.sent(again.add(SELL, 5, 101, 1), at=3 * LATER), again.sent(again.add(SELL, 6, 101, 2), at=3 * LATER)
    ])  # fmt: skip
    assert (queues(pipeline), quality(pipeline)) == ({"bid": [], "ask": [(101, [(5, 1), (6, 2)])]}, Quality.CURRENT)
    assert pipeline.channels[0].sequencer.sessions == 2


def test_changes_kept_of_a_former_session_are_not_applied_again() -> None:
    market = Market(first=5000)
    market.numbers = {675: 10}
    pipeline = pipeline_of([market.sent(market.add(BUY, n, 100, 6)) for n in range(1, 90)])
    again = Market()
    feed(pipeline, [again.heartbeat(at=3 * LATER), again.heartbeat(at=3 * LATER)])
    lost(again.sent(again.add(BUY, 10, 100, 5)))
    feed(pipeline, [again.sent(again.add(BUY, 20, 100, 6), at=4 * LATER), again.heartbeat(at=5 * LATER),
                    again.heartbeat(at=6 * LATER)])  # fmt: skip
    feed(pipeline, again.snapshot((1, [(BUY, 10, 100, 5)]), processed=1))
    assert (queues(pipeline), quality(pipeline)) == (FULL, Quality.CURRENT)


def test_a_damaged_book_is_mended_by_the_next_snapshot() -> None:
    market = Market()
    pipeline = begun(market)
    feed(pipeline, [market.sent(market.delete(BUY, 77))])
    assert (quality(pipeline), reasons(pipeline)) == (Quality.STALE, {Reason.ORDER_UNKNOWN: 1})
    feed(pipeline, [market.sent(market.add(BUY, 20, 100, 6))])
    feed(pipeline, market.snapshot((1, [(BUY, 10, 100, 5)]), processed=2))
    assert (queues(pipeline), quality(pipeline)) == (FULL, Quality.CURRENT)


def test_a_damaged_book_of_a_product_that_lost_nothing_does_not_heal_by_its_numbers() -> None:
    market = Market()
    pipeline = begun(market)
    feed(pipeline, [market.sent(market.delete(BUY, 77))])
    lost(market.sent(market.message("QuoteRequest", 7, security_id=2), product=7))
    gap(market, pipeline)
    feed(pipeline, [market.sent(market.add(BUY, 20, 100, 6), at=3 * LATER)])
    assert (quality(pipeline), quality(pipeline, 2)) == (Quality.STALE, Quality.STALE)
    feed(pipeline, market.snapshot((1, [(BUY, 10, 100, 5)]), processed=2))
    assert (queues(pipeline), quality(pipeline)) == (FULL, Quality.CURRENT)


def test_numbers_that_jump_without_a_gap_cost_the_channel_its_trust() -> None:
    market = Market()
    pipeline = begun(market)
    market.number()
    feed(pipeline, [market.sent(market.message("QuoteRequest", security_id=1))])
    assert (quality(pipeline), quality(pipeline, 2)) == (Quality.STALE, Quality.STALE)
    feed(pipeline, [market.heartbeat(7), *market.snapshot((2, []), product=7)])
    assert (queues(pipeline, 2)["bid"], quality(pipeline, 2)) == ([(50, [(1, 1)])], Quality.CURRENT)


def test_a_product_that_begins_in_the_midst_contradicts_a_channel_that_does_not() -> None:
    market = Market()
    pipeline = begun(market)
    feed(pipeline, [market.sent(market.message("QuoteRequest", 9, security_id=3), product=9)])
    assert quality(pipeline, 2) is Quality.CURRENT
    market.number(10)
    feed(pipeline, [market.sent(market.message("QuoteRequest", 10, security_id=4), product=10)])
    assert [quality(pipeline, code) for code in (1, 2, 4)] == [Quality.STALE] * 3


def test_an_order_message_on_a_line_of_snapshots_is_refused() -> None:
    market = Market()
    stray = market.sent(market.add(BUY, 20, 100, 6), line=SNAPSHOTS)
    assert reasons(pipeline_of([stray], loops=(SNAPSHOTS,))) == {Reason.MESSAGE_FIELD: 1}


def test_a_snapshot_s_messages_in_the_stream_are_refused() -> None:
    market = Market()
    body = market.tables.SnapshotOrder.encode(msg_seq_num=1, side=BUY, display_qty=1)
    pipeline = pipeline_of([market.sent(market.add(BUY, 10, 100, 5)), market.sent(body)])
    # Whatever their line, packets with a snapshot's messages are the loop's.
    assert (queues(pipeline)["bid"], reasons(pipeline)) == ([(100, [(10, 5)])], {})


def lossy(source: random.Random, sent: list[Sent], chance: float) -> list[Sent]:
    return [packet for packet in sent if source.random() >= chance]


class Scene:
    """Two products, a market that sends of both, and a network that loses packets of the stream and of the loop."""

    def __init__(self, seed: int) -> None:
        self.source = random.Random(seed)
        late = seed % 3 == 0
        self.market = Market(first=5_000 if late else 1)
        self.market.numbers = {675: 300, 7: 30} if late else {}
        self.products = {675: (range(1, 4), Reference()), 7: (range(4, 6), Reference())}
        self.pipeline = pipeline_of([])
        self.at = 0
        #: the books as the venue had them behind each packet
        self.history: dict[int, dict[int, Any]] = {}
        self.noted_at(0)

    def packet(self, most: int) -> Sent:
        codes, reference = self.products[self.market.product]
        bodies = [
            random_message(self.source, self.market, reference, codes) for _ in range(self.source.randint(1, most))
        ]
        return self.noted(self.market.sent(*bodies, at=self.at, complete=self.source.random() < 0.8))

    def noted(self, sent: Sent) -> Sent:
        self.noted_at(self.market.packet)
        return sent

    def noted_at(self, packet: int) -> None:
        self.history[packet] = {
            code: reference.queues(code) for codes, reference in self.products.values() for code in codes
        }

    def heard(self, sent: list[Sent], chance: float) -> None:
        feed(self.pipeline, [packet._replace(at=self.at) for packet in lossy(self.source, sent, chance)])

    def step(self) -> None:
        source, market = self.source, self.market
        self.at += 50
        market.product = source.choice(list(self.products))
        codes, reference = self.products[market.product]
        choice = source.random()
        if choice < 0.75:
            self.heard([self.packet(4)], 0.12)
        elif choice < 0.85:
            self.heard([self.noted(market.heartbeat())], 0)
        else:
            # A snapshot of this moment that comes in pieces, the stream going on between them.
            parts = market.snapshot(
                *((code, reference.snapshot(code)) for code in codes), each=source.randint(1, 3),
                first=source.randint(0, 3),
            )  # fmt: skip
            half = source.randint(0, len(parts))
            self.heard(parts[:half], 0.04)
            self.heard([self.packet(1) for _ in range(source.randint(0, 3))], 0.05)
            self.heard(parts[half:], 0.04)

    def current(self) -> int:
        """How many books say CURRENT, each of which must be the venue's."""
        reached = self.history.get(int(self.pipeline.channels[0].sequencer.expected) - 1)
        books, found = Books(self.pipeline.channels), 0
        for codes, _reference in self.products.values():
            for code in codes:
                book = books.get(f"#{code}")
                if book is None or book.bbo().quality is not Quality.CURRENT:
                    continue
                assert reached is not None
                assert queues(self.pipeline, code) == reached[code]
                found += 1
        return found


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_lost_no_book_is_current_and_wrong(seed: int) -> None:
    scene, current = Scene(seed), 0
    for _ in range(100):
        scene.step()
        current += scene.current()
    assert current > 20, "this proves nothing where no book is ever current"
    assert book_problems(scene.pipeline.channels[0]) == []
