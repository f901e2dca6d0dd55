"""A session that begins again at 1 under the same name is a new session, and copies of old packets are none."""

from __future__ import annotations

import pytest

from feedhandler.core.channel import ChannelState, Quality
from feedhandler.core.events import EventKind
from tests.core.test_sequencer import A, B, numbered, on
from tests.stage import Stage
from tests.streams import MILLISECOND, add, packet

pytestmark = pytest.mark.interpreted

SECOND = 1000 * MILLISECOND
FAR = [numbered(number) for number in range(1, 101)]


def again(number: int, price: int = 7) -> bytes:
    """A packet of the second run: other prices, so that nothing of it is a copy."""
    return packet(number, [add(number, price=price)])


def sessions(stage: Stage) -> int:
    return sum(event.kind is EventKind.SESSION for event in stage.events())


def prices(stage: Stage) -> list[tuple[int, int]]:
    return [(level.price, level.orders) for level in stage.book().depth().bids]


def test_a_stream_that_counts_from_1_again_is_a_new_session_and_loses_nothing() -> None:
    stage = Stage().feed(*FAR)
    stage.feed(again(1), again(2), again(3))
    assert sessions(stage) == 2
    assert prices(stage) == [(700_000, 3)]
    assert (stage.state, stage.quality()) == (ChannelState.SYNCHRONIZED, Quality.CURRENT)
    assert stage.sequencer.duplicates == 0
    assert stage.gaps() == []


def test_the_other_line_follows_and_its_packets_are_copies() -> None:
    stage = Stage().feed(*(on(line, payload) for payload in FAR for line in (A, B)))
    stage.feed(*(on(line, again(number)) for number in (1, 2, 3, 4) for line in (A, B)))
    assert sessions(stage) == 2
    assert prices(stage) == [(700_000, 4)]
    assert stage.quality() is Quality.CURRENT


def test_a_short_run_that_begins_again_after_a_pause_is_a_new_session() -> None:
    stage = Stage().feed(on(A, numbered(1, 5), 0))
    stage.feed(on(A, again(1), 2 * SECOND), on(A, again(2), 2 * SECOND + 1))
    assert sessions(stage) == 2
    assert prices(stage) == [(700_000, 2)]


def test_one_copy_of_the_first_packet_changes_nothing() -> None:
    stage = Stage().feed(*FAR, again(1), numbered(101), again(2), numbered(102))
    assert stage.applied() == list(range(1, 103))
    assert stage.sequencer.sessions == 1
    assert stage.quality() is Quality.CURRENT


def test_copies_of_the_first_packets_at_once_are_duplicates() -> None:
    stage = Stage().feed(numbered(1), numbered(2), numbered(3), numbered(1), numbered(2), numbered(4))
    assert stage.applied() == [1, 2, 3, 4]
    assert stage.sequencer.sessions == 1
    assert stage.sequencer.duplicates == 2


def test_a_line_that_begins_late_has_duplicates_only() -> None:
    stage = Stage().feed(*(on(A, payload) for payload in FAR), *(on(B, payload) for payload in FAR))
    assert sessions(stage) == 1
    assert stage.sequencer.duplicates == len(FAR)


def test_a_restart_whose_first_packet_was_lost_is_joined_late_and_never_thousands_of_duplicates() -> None:
    run = [numbered(number) for number in range(1, 1001)]
    stage = Stage().feed(*run)
    stage.feed(*(again(number) for number in range(3, 200)))
    assert sessions(stage) == 2
    assert (stage.state, stage.quality()) == (ChannelState.BACKFILL, Quality.STALE)
    assert stage.sequencer.duplicates <= 64
    assert stage.sequencer.expected == 200


def test_an_event_whose_end_may_be_lost_is_not_waited_for() -> None:
    stage = Stage().feed(numbered(1))
    stage.channel.event_open = 1
    stage.feed(on(A, numbered(3), 1), on(A, numbered(4), SECOND), on(A, numbered(5), 2 * SECOND))
    assert len(stage.gaps()) == 1
    assert stage.channel.event_open == 0
