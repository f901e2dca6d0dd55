"""ICE iMpact when something is missing: a book that says CURRENT is the venue's, whatever was lost and sent again."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from feedhandler.core.channel import ChannelState, Quality
from feedhandler.core.reasons import Reason
from feedhandler.sessions.impact import packet_encode
from tests.feeds.ice_impact.scene import SNAPSHOTS, SNAPSHOTS_B, STREAM, Scene
from tests.feeds.ice_impact.stream import (
    IMPLIED,
    PLAIN,
    REQUEST,
    SNAPSHOT_SESSION,
    Channel,
    Order,
    end,
    gone,
    put,
    snapshot,
    snapshot_order,
    start,
)

pytestmark = pytest.mark.interpreted

M = 1660891
NAME = str(M)
FIRST = Order("1", 990, 5, (10, 1), PLAIN)
SECOND = Order("1", 990, 7, (10, 2), PLAIN)


def qualities(scene: Scene) -> set[Quality]:
    return {scene.quality(name) for name in scene.books}


@pytest.mark.parametrize("seed", range(4))
def test_after_one_round_of_snapshots_a_complete_stream_gives_the_venue_s_books(seed: int) -> None:
    channel = Channel(seed)
    scene = Scene(channel.block([start(), end()]))
    scene.send(*channel.round(), line=SNAPSHOTS)
    for _ in range(80):
        scene.send(channel.step())
        assert scene.wrong(channel.truths) == []
        assert qualities(scene) == {Quality.CURRENT}
    assert scene.reasons() == {}
    kinds = {name.partition(" ")[1] + name.partition(" ")[2] for name in scene.books}
    assert kinds == {PLAIN, IMPLIED, REQUEST}


@pytest.mark.parametrize("seed", range(6))
def test_a_current_book_is_the_venue_s_whatever_was_lost_and_snapshots_bring_all_back(seed: int) -> None:
    channel, source = Channel(seed), random.Random(seed)
    scene = Scene()
    if seed % 2:
        scene.send(channel.block([start(), end()]))
    told: Counter[Quality] = Counter()
    late: list[bytes] = []
    for _ in range(150):
        packet = channel.step()
        if source.random() > 0.05:
            scene.send(packet)
        if source.random() < 0.2:
            # Another round: what is left of the one before is lost.
            late = channel.round()
        # Blocks of snapshots come at once, or when the stream has gone on, once or twice, or not at all.
        while late and source.random() < 0.8:
            block = late.pop(0)
            if source.random() > 0.03:
                scene.send(block, line=SNAPSHOTS)
            if source.random() < 0.3:
                scene.send(block, line=SNAPSHOTS_B)
        assert scene.wrong(channel.truths) == []
        told.update(scene.quality(name) for name in scene.books)
    assert min(told[Quality.STALE], told[Quality.CURRENT]) > 0
    # The stream rests and a whole round comes: everything is current again.
    scene.send(channel.step(), channel.step(), channel.step())
    scene.send(*channel.round(), line=SNAPSHOTS)
    assert scene.wrong(channel.truths) == []
    assert qualities(scene) == {Quality.CURRENT}


def test_a_market_is_stale_until_a_snapshot_though_nothing_was_lost() -> None:
    scene = Scene(packet_encode(1, [put(M, 5, FIRST)]))
    assert scene.pipeline.channels[0].channel.state == ChannelState.SYNCHRONIZED
    assert scene.quality(NAME) is Quality.STALE
    scene.send(packet_encode(1, [snapshot(M, 1, 1), snapshot_order(M, 5, FIRST)], SNAPSHOT_SESSION), line=SNAPSHOTS)
    assert (scene.quality(NAME), scene.queues(NAME)) == (Quality.CURRENT, {("1", 990): [(5, 5)]})


def test_what_was_heard_behind_a_snapshot_is_applied_again_when_it_is_complete() -> None:
    implied = SECOND._replace(kind=IMPLIED)
    scene = Scene(
        packet_encode(1, [put(M, 5, FIRST)]), packet_encode(2, [put(M, 6, SECOND), put(M, 7, implied), gone(M, 8)])
    )
    assert scene.reasons() == {Reason.ORDER_BEFORE_START: 1}
    orders = [snapshot_order(M, 5, FIRST), snapshot_order(M, 8, implied)]
    scene.send(packet_encode(1, [snapshot(M, 1, 2), *orders], SNAPSHOT_SESSION), line=SNAPSHOTS)
    assert (scene.quality(NAME), scene.queues(NAME)) == (Quality.CURRENT, {("1", 990): [(5, 5), (6, 7)]})
    assert (scene.quality(NAME + IMPLIED), scene.queues(NAME + IMPLIED)) == (Quality.CURRENT, {("1", 990): [(7, 7)]})


def test_a_snapshot_is_too_old_where_a_change_behind_it_was_not_kept() -> None:
    """The market was right, so nothing was kept, until the stream contradicted it."""
    scene = Scene(packet_encode(1, [start(), end()]))
    scene.send(packet_encode(1, [snapshot(M, 2, 0)], SNAPSHOT_SESSION), line=SNAPSHOTS)
    scene.send(packet_encode(3, [put(M, 5, FIRST), gone(M, 77)]), packet_encode(5, [put(M, 6, SECOND)]))
    scene.send(packet_encode(2, [snapshot(M, 2, 0)], SNAPSHOT_SESSION), line=SNAPSHOTS)
    assert scene.quality(NAME) is Quality.STALE
    scene.send(packet_encode(3, [snapshot(M, 4, 1), snapshot_order(M, 5, FIRST)], SNAPSHOT_SESSION), line=SNAPSHOTS)
    assert (scene.quality(NAME), scene.queues(NAME)) == (Quality.CURRENT, {("1", 990): [(5, 5), (6, 7)]})


def test_a_change_that_contradicts_the_snapshot_leaves_the_market_stale() -> None:
    scene = Scene(packet_encode(1, [start()]), packet_encode(2, [gone(M, 77)]))
    scene.send(packet_encode(1, [snapshot(M, 1, 0)], SNAPSHOT_SESSION), line=SNAPSHOTS)
    assert scene.quality(NAME) is Quality.STALE


@pytest.mark.parametrize("seed", range(3))
def test_a_market_that_never_rests_is_mended_by_snapshots_that_always_come_late(seed: int) -> None:
    channel = Channel(seed)
    scene = Scene(channel.block([start(), end()]))
    for _ in range(4):
        # A block of the stream is lost, and the snapshots' blocks come between those of the stream.
        channel.step()
        late = channel.round()
        scene.send(*(channel.step() for _ in range(6)))
        for block in late:
            scene.send(block, line=SNAPSHOTS).send(channel.step())
            assert scene.wrong(channel.truths) == []
        assert qualities(scene) == {Quality.CURRENT}


def test_a_snapshot_of_messages_that_nobody_has_heard_of_is_not_believed() -> None:
    """It may be of the session before: its numbers are higher than what the new one has come to."""
    scene = Scene(packet_encode(1, [put(M, 5, FIRST)]))
    scene.send(packet_encode(1, [snapshot(M, 9_000, 0)], SNAPSHOT_SESSION), line=SNAPSHOTS)
    assert scene.quality(NAME) is Quality.STALE


def test_a_snapshot_beyond_an_open_hole_holds_what_the_stream_still_says() -> None:
    scene = Scene(packet_encode(1, [put(M, 5, FIRST)]), packet_encode(3, [gone(M, 6)]))
    # 2 is missing, 3 waits. The snapshot holds both: 6 came and went.
    scene.send(packet_encode(1, [snapshot(M, 3, 1), snapshot_order(M, 5, FIRST)], SNAPSHOT_SESSION), line=SNAPSHOTS)
    scene.send(packet_encode(2, [put(M, 6, SECOND)]))
    assert scene.queues(NAME) == {("1", 990): [(5, 5)]}
    assert (scene.quality(NAME), scene.reasons()) == (Quality.CURRENT, {})
    scene.send(packet_encode(4, [put(M, 7, SECOND)]))
    assert scene.queues(NAME) == {("1", 990): [(5, 5), (7, 7)]}


def test_a_snapshot_from_before_a_late_join_is_not_believed() -> None:
    scene = Scene(packet_encode(900, [start()]), packet_encode(901, [end()]))
    scene.send(packet_encode(1, [snapshot(M, 898, 0)], SNAPSHOT_SESSION), line=SNAPSHOTS)
    assert scene.quality(NAME) is Quality.STALE
    scene.send(packet_encode(2, [snapshot(M, 899, 0)], SNAPSHOT_SESSION), line=SNAPSHOTS)
    assert scene.quality(NAME) is Quality.CURRENT


def test_orders_of_a_snapshot_count_only_while_no_block_is_missing() -> None:
    scene = Scene(packet_encode(1, [start(), end()]))
    orders = [snapshot_order(M, number, FIRST) for number in (5, 6, 7)]
    scene.send(packet_encode(1, [snapshot(M, 2, 3), orders[0]], SNAPSHOT_SESSION), line=SNAPSHOTS)
    scene.send(packet_encode(4, orders[2:], SNAPSHOT_SESSION), line=SNAPSHOTS)
    assert scene.quality(NAME) is Quality.STALE
    # Two orders of three are here; a third one that does not follow must not complete them.
    scene.send(packet_encode(5, orders[1:2], SNAPSHOT_SESSION), line=SNAPSHOTS)
    assert scene.quality(NAME) is Quality.STALE


def test_blocks_of_a_second_line_are_copies() -> None:
    scene = Scene(packet_encode(1, [start(), end()]))
    blocks = [
        packet_encode(1, [snapshot(M, 2, 2), snapshot_order(M, 5, FIRST)], SNAPSHOT_SESSION),
        packet_encode(3, [snapshot_order(M, 6, SECOND)], SNAPSHOT_SESSION),
    ]
    scene.send(blocks[0], line=SNAPSHOTS).send(blocks[0], line=SNAPSHOTS_B)
    assert scene.quality(NAME) is Quality.STALE
    scene.send(blocks[1], line=SNAPSHOTS_B).send(blocks[1], line=SNAPSHOTS)
    assert (scene.quality(NAME), scene.queues(NAME)) == (Quality.CURRENT, {("1", 990): [(5, 5), (6, 7)]})


def test_a_change_amid_the_blocks_of_a_snapshot_is_applied_behind_them() -> None:
    scene = Scene(packet_encode(1, [start(), end()]))
    scene.send(packet_encode(1, [snapshot(M, 2, 2), snapshot_order(M, 5, FIRST)], SNAPSHOT_SESSION), line=SNAPSHOTS)
    scene.send(packet_encode(3, [gone(M, 6), put(M, 5, FIRST._replace(quantity=1))]))
    assert scene.quality(NAME) is Quality.STALE
    scene.send(packet_encode(3, [snapshot_order(M, 6, SECOND)], SNAPSHOT_SESSION), line=SNAPSHOTS)
    assert (scene.quality(NAME), scene.queues(NAME)) == (Quality.CURRENT, {("1", 990): [(5, 1)]})
    assert scene.reasons() == {}


def test_what_is_lost_amid_the_blocks_of_a_snapshot_is_missing_from_it() -> None:
    scene = Scene(packet_encode(1, [start(), end()]))
    scene.send(packet_encode(1, [snapshot(M, 2, 2), snapshot_order(M, 5, FIRST)], SNAPSHOT_SESSION), line=SNAPSHOTS)
    scene.send(*(packet_encode(number, [start()]) for number in range(4, 9)))
    assert scene.pipeline.channels[0].sequencer.gap_count == 1
    scene.send(packet_encode(3, [snapshot_order(M, 6, SECOND)], SNAPSHOT_SESSION), line=SNAPSHOTS)
    assert scene.quality(NAME) is Quality.STALE


def test_a_message_that_could_not_be_read_is_missing_from_older_snapshots() -> None:
    scene = Scene(packet_encode(1, [put(M, 5, FIRST)]), packet_encode(2, [put(M, 6, SECOND)[:40]]))
    assert scene.reasons() == {Reason.MESSAGE_LENGTH: 1}
    scene.send(packet_encode(1, [snapshot(M, 1, 1), snapshot_order(M, 5, FIRST)], SNAPSHOT_SESSION), line=SNAPSHOTS)
    assert scene.quality(NAME) is Quality.STALE
    orders = [snapshot_order(M, 5, FIRST), snapshot_order(M, 6, SECOND)]
    scene.send(packet_encode(3, [snapshot(M, 2, 2), *orders], SNAPSHOT_SESSION), line=SNAPSHOTS)
    assert scene.quality(NAME) is Quality.CURRENT


def test_an_order_that_left_and_was_never_there_makes_every_book_of_the_market_stale() -> None:
    implied = FIRST._replace(kind=IMPLIED)
    scene = Scene(packet_encode(1, [start(), end()]))
    scene.send(packet_encode(1, [snapshot(M, 2, 0)], SNAPSHOT_SESSION), line=SNAPSHOTS)
    scene.send(packet_encode(3, [put(M, 5, implied)]))
    assert {scene.quality(NAME), scene.quality(NAME + IMPLIED)} == {Quality.CURRENT}
    scene.send(packet_encode(4, [gone(M, 77)]))
    assert scene.reasons() == {Reason.ORDER_UNKNOWN: 1}
    assert {scene.quality(NAME), scene.quality(NAME + IMPLIED)} == {Quality.STALE}


def test_another_session_begins_with_markets_that_wait_for_their_snapshots() -> None:
    channel = Channel(3)
    scene = Scene(channel.block([start(), end()]))
    scene.send(*channel.round(), line=SNAPSHOTS)
    scene.send(*(channel.step() for _ in range(20)))
    assert qualities(scene) == {Quality.CURRENT}
    channel.step()
    scene.send(*(channel.step() for _ in range(20)))
    scene.send(packet_encode(1, [start()], session=2))
    assert list(scene.books) == []
    # What was remembered and kept of the first market of the former session says nothing of this one.
    scene.send(packet_encode(900, [snapshot(8, 1, 1), snapshot_order(8, 5, FIRST)], SNAPSHOT_SESSION), line=SNAPSHOTS)
    assert (scene.quality("8"), scene.queues("8")) == (Quality.CURRENT, {("1", 990): [(5, 5)]})
    scene.send(packet_encode(2, [put(M, 5, FIRST)], session=2))
    assert (scene.quality(NAME), scene.queues(NAME)) == (Quality.STALE, {("1", 990): [(5, 5)]})


def test_heartbeats_of_the_snapshot_channel_are_not_the_stream_s() -> None:
    scene = Scene(packet_encode(1, [put(M, 5, FIRST)]))
    scene.send(packet_encode(1, [snapshot(M, 1, 1), snapshot_order(M, 5, FIRST)], SNAPSHOT_SESSION), line=SNAPSHOTS)
    scene.send(*(packet_encode(3, [], SNAPSHOT_SESSION) for _ in range(5)), line=SNAPSHOTS)
    assert scene.quality(NAME) is Quality.CURRENT
    scene.send(packet_encode(2, [put(M, 6, SECOND)]))
    assert scene.queues(NAME) == {("1", 990): [(5, 5), (6, 7)]}
    assert (scene.pipeline.channels[0].sequencer.sessions, scene.reasons()) == (1, {})


def test_an_order_of_a_snapshot_in_the_midst_of_the_stream_is_refused() -> None:
    scene = Scene(packet_encode(1, [start(), snapshot_order(M, 5, FIRST)]))
    assert scene.reasons() == {Reason.MESSAGE_FIELD: 1}


def test_a_heartbeat_names_the_next_message_and_so_the_loss_of_the_last() -> None:
    scene = Scene(packet_encode(1, [put(M, 5, FIRST)]))
    scene.send(packet_encode(1, [snapshot(M, 1, 1), snapshot_order(M, 5, FIRST)], SNAPSHOT_SESSION), line=SNAPSHOTS)
    scene.send(packet_encode(2, []), line=STREAM)
    assert scene.quality(NAME) is Quality.CURRENT
    scene.send(*(packet_encode(3, []) for _ in range(4)))
    assert scene.quality(NAME) is Quality.STALE
