"""CME MDP 3.0 when something is missing: a book that says CURRENT is the venue's, whatever was lost and sent again."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from feedhandler.books import BookError, Books
from feedhandler.core.channel import ChannelState, Quality
from feedhandler.core.reasons import Reason
from feedhandler.pipeline.pipeline import ChannelPlan, Pipeline
from feedhandler.pipeline.source import Route
from feedhandler.pipeline.state import Capacities, Limits
from feedhandler.sessions.mdp3 import packet_encode
from feeds.cme_mdp3 import FEED, messages, snapshots
from replay import frames
from tests.feeds.cme_mdp3.stream import CHANGE, NEW, Channel, Truth, definition, entry, refresh
from tests.stage import memory_receiver
from tests.streams import MILLISECOND, Sent

pytestmark = pytest.mark.interpreted

ROOM = Capacities(instruments=64, orders=256, levels=1024, events=256, hold_packets=2)
STREAM, SNAPSHOTS = 0, 1
LIMITS = Limits(request_after_ns=MILLISECOND, give_up_after_ns=2 * MILLISECOND, start_window=1)
ES, NQ = "ESM6", "NQM6"


class Scene:
    """A pipeline of one channel: the stream on line 0, loops on line 1."""

    def __init__(self, *packets: bytes) -> None:
        plan = ChannelPlan("c", lines=(STREAM, SNAPSHOTS), capacities=ROOM, limits=LIMITS)
        self.pipeline = Pipeline("test", [Route(FEED, "cme", FEED.session())], channels=[plan])
        self.now = 0
        self.send(*packets)

    def send(self, *packets: bytes, line: int = STREAM) -> Scene:
        for payload in packets:
            self.now += MILLISECOND
            receiver = memory_receiver([Sent(payload, line, self.now)])
            self.pipeline.receivers.clear()
            self.pipeline.attach(receiver)
            self.pipeline.run()
            receiver.close()
        return self

    @property
    def books(self) -> Books:
        return Books(self.pipeline.channels)

    def reasons(self) -> dict[Reason, int]:
        return {Reason(number): int(count) for number, count in enumerate(self.pipeline.channels[0].reasons()) if count}

    def quality(self, name: str = ES) -> Quality:
        return self.books[name].bbo().quality

    def bids(self, name: str = ES) -> list[tuple[int, int]]:
        return [(level.price, level.quantity) for level in self.books[name].depth(20).bids]


def problem(scene: Scene, truths: dict[int, dict[str, Truth]], name: str) -> str | None:
    """What is wrong with the books of an instrument that say CURRENT; one that never changed is at 0, and empty."""
    for suffix, kinds in (("", "01"), (" IMPLIED", "EF")):
        if name + suffix not in scene.books:
            continue
        depth = scene.books[name + suffix].depth(20)
        if depth.trust.quality is not Quality.CURRENT:
            continue
        truth = truths[depth.trust.sequence][name] if depth.trust.sequence else {kind: [] for kind in kinds}
        for kind, levels in zip(kinds, (depth.bids, depth.asks), strict=True):
            found = [(level.price, level.quantity) for level in levels]
            if found != truth[kind]:
                return f"{name}{suffix} at {depth.trust.sequence}: {kind} is {found}, not {truth[kind]}"
    if name + " ORDERS" in scene.books:
        book = scene.books[name + " ORDERS"]
        depth = book.depth(20)
        if depth.trust.quality is Quality.CURRENT:
            found_queues = {
                (kind, level.price): [(one[0], one[1]) for one in book.orders(side, level.price).orders]
                for kind, side, levels in (("0", "bid", depth.bids), ("1", "ask", depth.asks)) for level in levels
            }  # fmt: skip
            wanted = truths[depth.trust.sequence][name]["orders"] if depth.trust.sequence else {}
            if found_queues != wanted:
                return f"{name} ORDERS at {depth.trust.sequence}: {found_queues}, not {wanted}"
    return None


@pytest.mark.parametrize("seed", range(4))
def test_a_complete_stream_gives_the_venue_s_books_after_every_packet(seed: int) -> None:
    channel = Channel(seed)
    scene = Scene(channel.first)
    for _ in range(120):
        scene.send(channel.step())
        assert [found for name in (ES, NQ) if (found := problem(scene, channel.truths, name))] == []
    assert scene.reasons() == {}
    names = [name + suffix for name in (ES, NQ) for suffix in ("", " IMPLIED", " ORDERS")]
    assert {scene.quality(name) for name in names} == {Quality.CURRENT}


@pytest.mark.parametrize("seed", range(4))
def test_a_current_book_is_the_venue_s_whatever_was_lost_and_snapshots_bring_all_back(seed: int) -> None:
    channel, source = Channel(seed), random.Random(seed)
    named = packet_encode(2, [definition(one.code, one.symbol, 2) for one in channel.instruments])
    scene = Scene().send(named, line=SNAPSHOTS)
    if seed % 2:
        scene.send(channel.first)
    told: Counter[Quality] = Counter()
    late: list[bytes] = []
    for _ in range(150):
        packet = channel.step()
        if source.random() > 0.08:
            scene.send(packet)
        if source.random() < 0.15:
            late = channel.loop()
        # A snapshot comes at once, or when the stream has gone on, or only in part.
        while late and source.random() < 0.7:
            scene.send(late.pop(0), line=SNAPSHOTS)
        known = [name for name in (ES, NQ) if name in scene.books]
        assert [found for name in known if (found := problem(scene, channel.truths, name))] == []
        told.update(scene.quality(name) for name in known)
    assert min(told[Quality.STALE], told[Quality.CURRENT]) > 0
    # Two rounds while the stream rests: everything is current again.
    scene.send(channel.step(), channel.step(), channel.step())
    scene.send(*channel.loop(), *channel.loop(), line=SNAPSHOTS)
    for name in (ES, NQ):
        assert problem(scene, channel.truths, name) is None
        assert {scene.quality(name + suffix) for suffix in ("", " IMPLIED", " ORDERS")} == {Quality.CURRENT}


def levels(*numbered: tuple[int, int, int], code: int = 11) -> bytes:
    """New bids of (level, price, RptSeq)."""
    return refresh(*(entry(code, NEW, number, price, rpt_seq=rpt_seq) for number, price, rpt_seq in numbered))


START = packet_encode(1, [definition(11, ES), definition(12, NQ), levels((1, 100, 1), (2, 90, 2)),
                          levels((1, 7, 1), code=12)])  # fmt: skip


def test_rpt_seq_that_jumps_makes_one_instrument_stale_though_no_packet_is_missing() -> None:
    scene = Scene(START, packet_encode(2, [refresh(entry(11, CHANGE, 1, 100, 5, rpt_seq=4))]))
    assert (scene.quality(ES), scene.quality(NQ)) == (Quality.STALE, Quality.CURRENT)
    assert scene.reasons() == {Reason.LEVEL_UNKNOWN: 1}


def test_a_gap_costs_only_the_instruments_that_lost_something() -> None:
    scene = Scene(START, *(packet_encode(number, [refresh(entry(12, CHANGE, 1, 7, number, rpt_seq=number - 2))])
                           for number in (4, 5, 6, 7)))  # fmt: skip
    # Packet 2 is lost, and spoke of ES; packet 3 too, of nobody. NQ goes on, RptSeq 2 after 1.
    scene.send(packet_encode(8, [refresh(entry(11, CHANGE, 1, 100, 5, rpt_seq=4))]))
    assert (scene.quality(NQ), scene.quality(ES)) == (Quality.CURRENT, Quality.STALE)
    assert scene.pipeline.channels[0].channel.state == ChannelState.BACKFILL


def test_another_session_begins_with_instruments_that_know_nothing_of_the_former_one() -> None:
    """Numbers restart weekly: whoever has an index now is not who had it then, nor is its RptSeq."""
    scene = Scene(START, packet_encode(2, [levels((1, 110, 3))]), packet_encode(3, [levels((1, 120, 4))]))
    again = packet_encode(1, [definition(12, NQ), definition(11, ES), levels((1, 7, 1), code=12), levels((1, 100, 1))])
    scene.now += 3_600_000 * MILLISECOND
    scene.send(again, packet_encode(2, [levels((1, 110, 2))]))
    assert (scene.quality(ES), scene.quality(NQ)) == (Quality.CURRENT, Quality.CURRENT)
    assert scene.bids() == [(110, 1), (100, 1)]
    assert set(scene.reasons()) <= {Reason.SESSION_UNCONFIRMED}


def test_what_a_gap_takes_behind_a_channel_reset_is_not_taken_for_nothing() -> None:
    """RptSeq begins again with a reset: until an instrument was heard of again, nobody knows what it should be."""
    scene = Scene(START, packet_encode(2, [messages.ChannelReset4.encode(transact_time=5, match_event_indicator=128)]))
    assert scene.quality(ES) is Quality.CURRENT
    # Packet 3 is lost, and spoke of ES.
    scene.send(*(packet_encode(number, [refresh(entry(12, NEW, 1, 7, number, rpt_seq=number - 3))])
                 for number in (4, 5, 6)))  # fmt: skip
    scene.send(packet_encode(7, [levels((1, 100, 2))]))
    assert scene.quality(ES) is Quality.STALE


def snapshot(processed: int, rpt_seq: int, *bids: tuple[int, int]) -> bytes:
    return snapshots.SnapshotFullRefresh52.encode(
        security_id=11, rpt_seq=rpt_seq, last_msg_seq_num_processed=processed,
        no_md_entries=[
            {"md_entry_px": price, "md_entry_size": size, "md_entry_type": "0", "md_price_level": number,
             "number_of_orders": 1} for number, (price, size) in enumerate(bids, 1)
        ],
    )  # fmt: skip


LOST = [START, packet_encode(2, [refresh(entry(11, CHANGE, 1, 100, 5, rpt_seq=4))])]


def test_a_snapshot_that_is_older_than_what_was_applied_is_passed_over() -> None:
    scene = Scene(*LOST).send(packet_encode(1, [snapshot(1, 3, (50, 1))]), line=SNAPSHOTS)
    assert scene.quality() is Quality.STALE
    scene.send(packet_encode(1, [snapshot(2, 4, (50, 1))]), line=SNAPSHOTS)
    assert (scene.quality(), scene.bids()) == (Quality.CURRENT, [(50, 1)])


def test_a_snapshot_ahead_of_the_stream_holds_what_the_stream_still_says() -> None:
    scene = Scene(*LOST).send(packet_encode(1, [snapshot(4, 6, (60, 1), (50, 2))]), line=SNAPSHOTS)
    assert (scene.quality(), scene.books[ES].bbo().sequence) == (Quality.CURRENT, 4)
    scene.send(
        packet_encode(3, [levels((1, 60, 5))]), packet_encode(4, [levels((2, 50, 6))]),
        packet_encode(5, [levels((1, 70, 7))]),
    )  # fmt: skip
    assert (scene.quality(), scene.bids()) == (Quality.CURRENT, [(70, 1), (60, 1), (50, 2)])


def test_a_snapshot_from_before_a_late_join_is_not_believed() -> None:
    scene = Scene(packet_encode(900, [definition(11, ES)]), packet_encode(901, [definition(12, NQ)]))
    scene.send(packet_encode(1, [snapshot(898, 6, (60, 1))]), line=SNAPSHOTS)
    assert scene.quality() is Quality.STALE
    scene.send(packet_encode(1, [snapshot(899, 6, (60, 1))]), line=SNAPSHOTS)
    assert scene.quality() is Quality.CURRENT


def test_a_loop_neither_begins_a_session_nor_costs_trust() -> None:
    scene = Scene().send(packet_encode(3, [definition(12, NQ, 2)]), packet_encode(2, [definition(11, ES, 2)]), line=1)
    assert scene.pipeline.channels[0].channel.state == ChannelState.UNKNOWN
    scene.send(START)
    scene.send(packet_encode(1, [definition(11, ES, 2)]), line=SNAPSHOTS)
    assert (scene.quality(), scene.reasons()) == (Quality.CURRENT, {})


def test_definitions_of_the_captured_loop_are_all_taken_in_the_order_2_3_1(captures: Path) -> None:
    path = captures / "cme/mdp3_instrument_defs/omi_cpp-packets_example.pcap"
    packets = [frame.payload for frame in frames(path)]
    assert [int.from_bytes(packet[:4], "little") for packet in packets] == [2, 3, 1]
    scene = Scene().send(*packets, line=SNAPSHOTS)
    assert int(scene.pipeline.channels[0].directory.count) == 15
    assert scene.reasons() == {}
    scene.send(*packets, line=SNAPSHOTS)
    assert int(scene.pipeline.channels[0].directory.count) == 15


def test_a_book_by_order_has_its_queues_and_that_by_level_has_none() -> None:
    order = {"order_id": 5, "md_order_priority": 9, "md_display_qty": 3, "reference_id": 1, "order_update_action": NEW}
    first = {**order, "order_id": 6, "md_order_priority": 8}
    scene = Scene(packet_encode(1, [definition(11, ES), refresh(entry(11, NEW, 1, 100), orders=[order, first])]))
    book = scene.books["ESM6 ORDERS"]
    assert [(one.order_reference, one.quantity) for one in book.orders("bid", 100).orders] == [(6, 3), (5, 3)]
    with pytest.raises(BookError, match="there are no queues"):
        scene.books[ES].orders("bid", 100)
    gone = {**order, "order_update_action": 2}
    scene.send(packet_encode(2, [refresh(entry(11, CHANGE, 1, 100, 3), orders=[gone])]))
    assert [one.order_reference for one in book.orders("bid", 100).orders] == [6]


def test_an_order_that_names_no_entry_of_its_message_is_refused() -> None:
    order = {"order_id": 5, "md_order_priority": 9, "md_display_qty": 3, "reference_id": 2, "order_update_action": NEW}
    scene = Scene(packet_encode(1, [definition(11, ES), refresh(entry(11, NEW, 1, 100), orders=[order])]))
    assert scene.reasons() == {Reason.MESSAGE_FIELD: 1}


def test_a_channel_reset_empties_every_book_and_numbers_begin_again() -> None:
    channel = Channel(3)
    scene = Scene(channel.first, *(channel.step() for _ in range(30)))
    reset = messages.ChannelReset4.encode(transact_time=1, match_event_indicator=128)
    scene.send(channel.packet([reset]), channel.packet([levels((1, 100, 1))]))
    assert scene.bids() == [(100, 1)]
    for name in (NQ, "NQM6 IMPLIED", "NQM6 ORDERS", "ESM6 ORDERS"):
        depth = scene.books[name].depth()
        assert (depth.bids, depth.asks, depth.trust.quality) == ([], [], Quality.CURRENT), name
    assert scene.reasons() == {}


def test_an_event_ends_where_the_venue_says_and_not_with_the_packet() -> None:
    def change(size: int, number: int, end: bool) -> bytes:
        return refresh(entry(11, CHANGE, 1, 100, size, rpt_seq=number), end=end)

    scene = Scene(START, packet_encode(2, [change(5, 3, False)]))
    assert scene.books[ES].bbo().mid_event
    scene.send(packet_encode(3, [change(6, 4, True)]))
    assert not scene.books[ES].bbo().mid_event
    scene.send(packet_encode(4, [change(7, 5, True), change(8, 6, False)]))
    assert scene.books[ES].bbo().mid_event


def test_an_instrument_of_the_implied_book_alone_is_not_invented() -> None:
    scene = Scene(START)
    with pytest.raises(BookError, match="ESM6 IMPLIED"):
        _ = scene.books["ESM6 IMPLIED"]


def test_what_was_kept_of_a_former_week_s_instruments_means_nothing_in_the_next() -> None:
    """Numbers begin again; instruments come in another order, and their books beside them are made anew."""
    first = [
        packet_encode(1, [definition(11, ES), definition(12, NQ)]),
        packet_encode(2, [refresh(entry(12, NEW, 1, 100, rpt_seq=500), entry(11, NEW, 1, 90, kind="E", rpt_seq=700))]),
    ]
    scene = Scene(*first, *(packet_encode(number, [definition(11, ES)]) for number in range(3, 80)))
    scene.send(packet_encode(1, [definition(12, NQ), refresh(entry(12, NEW, 1, 7, kind="E", rpt_seq=1))]))
    scene.send(packet_encode(2, [definition(11, ES), refresh(entry(11, NEW, 1, 8, rpt_seq=1))]))
    assert scene.pipeline.channels[0].sequencer.sessions == 2
    assert list(scene.books) == [NQ, "NQM6 IMPLIED", ES]
    assert (scene.bids("NQM6 IMPLIED"), scene.bids()) == ([(7, 1)], [(8, 1)])
    assert {scene.quality(name) for name in scene.books} == {Quality.CURRENT}


def test_a_snapshot_lacks_a_message_that_could_not_be_read() -> None:
    scene = Scene(START, packet_encode(2, [refresh(entry(11, CHANGE, 1, 100, 5, rpt_seq=4))[:40]]))
    assert scene.quality() is Quality.STALE
    scene.send(packet_encode(1, [snapshot(1, 3, (100, 1))]), line=SNAPSHOTS)
    assert scene.quality() is Quality.STALE
    scene.send(packet_encode(1, [snapshot(2, 4, (100, 5))]), line=SNAPSHOTS)
    assert scene.quality() is Quality.CURRENT
