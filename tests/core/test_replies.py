"""Replies to retransmission requests: one more line in the same arbitration, and a witness of nothing."""

from __future__ import annotations

import pytest

from feedhandler.core.channel import ChannelState, Quality
from feedhandler.core.intentions import IntentionKind
from feedhandler.core.reasons import Reason
from feedhandler.pipeline.state import Limits
from tests.stage import LIMITS, Stage, Wish
from tests.streams import MILLISECOND, Sent, add, heartbeat, packet

pytestmark = pytest.mark.interpreted

A, B, REPLIES = 0, 1, 2
REQUEST_AFTER, GIVE_UP_AFTER = LIMITS.request_after_ns, LIMITS.give_up_after_ns
GIVEN_UP = GIVE_UP_AFTER + 1  #: a hole that is known at time 0 counts from 1 on


def numbered(first: int, last: int | None = None, **named: str) -> bytes:
    """A packet whose messages add the orders of their own numbers."""
    return packet(first, [add(number) for number in range(first, (last or first) + 1)], **named)


def on(line: int, payload: bytes, at: int = 0) -> Sent:
    return Sent(payload, line, at)


def stage(limits: Limits = LIMITS) -> Stage:
    return Stage(lines=2, replies=True, limits=limits)


def test_a_reply_fills_a_hole_and_is_counted_on_its_line() -> None:
    one = stage().feed(numbered(1), on(A, numbered(4), 10)).wait(10 + REQUEST_AFTER)
    assert one.wishes() == [Wish(IntentionKind.RETRANSMIT, 2, 2, 10 + REQUEST_AFTER)]
    assert one.quality() is Quality.RECOVERING
    one.feed(on(REPLIES, numbered(2, 3), 20 + REQUEST_AFTER))
    assert one.applied() == [1, 2, 3, 4]
    assert one.quality() is Quality.CURRENT
    assert one.gaps() == []
    assert one.line(REPLIES) == {"packets": 1, "first_arrivals": 1}
    assert one.pipeline.lines_of(0)[REPLIES]["bytes"] == len(numbered(2, 3))


def test_the_digest_is_that_of_a_stream_without_loss() -> None:
    one = stage().feed(numbered(1), on(A, numbered(3), 10), on(REPLIES, numbered(2), 20))
    assert one.digest == Stage().feed(*(numbered(number) for number in (1, 2, 3))).digest


def test_a_reply_that_somebody_else_was_faster_than_is_a_duplicate() -> None:
    one = stage().feed(numbered(1), on(A, numbered(3)), on(B, numbered(2)), on(REPLIES, numbered(2)))
    assert one.applied() == [1, 2, 3]
    assert one.line(REPLIES) == {"packets": 1, "duplicates": 1}


def test_a_reply_to_what_was_given_up_is_late() -> None:
    one = stage().feed(numbered(1), on(A, numbered(3))).wait(GIVEN_UP)
    assert one.gaps() == [(2, 1)]
    one.feed(on(REPLIES, numbered(2), GIVEN_UP + 1))
    assert one.line(REPLIES) == {"packets": 1, "late": 1}
    assert one.applied() == [1, 3]


def test_replies_skip_nothing_since_they_have_no_numbering() -> None:
    one = stage().feed(numbered(1), *(on(A, numbered(number)) for number in (3, 5, 7)))
    one.feed(on(REPLIES, numbered(6)), on(REPLIES, numbered(2)), on(REPLIES, numbered(4)))
    assert one.applied() == [1, 2, 3, 4, 5, 6, 7]
    assert one.line(REPLIES) == {"packets": 3, "first_arrivals": 3}


def test_nobody_leads_a_reply_and_a_reply_leads_nobody() -> None:
    one = stage().feed(numbered(1), on(REPLIES, numbered(1), 5), on(REPLIES, numbered(2), 10), on(A, numbered(2), 90))
    assert [one.lead(line) for line in (A, B, REPLIES)] == [(0, 0, 0)] * 3
    one.feed(on(B, numbered(1), 95))
    assert one.lead(A) == (1, 95, 95)


def test_silence_of_the_replies_is_no_alarm() -> None:
    watched = Limits(request_after_ns=1, give_up_after_ns=2, heartbeat_ns=10 * MILLISECOND, start_window=16)
    one = stage(watched).feed(on(REPLIES, numbered(1)), on(A, numbered(1)), on(B, numbered(1)))
    one.feed(on(REPLIES, numbered(1), 1))
    for at in (8, 16, 24):
        one.feed(on(A, heartbeat(2), at * MILLISECOND), on(B, heartbeat(2), at * MILLISECOND))
    assert one.wishes() == []


def test_replies_do_not_make_a_silent_venue_heard() -> None:
    watched = Limits(request_after_ns=1, give_up_after_ns=2, heartbeat_ns=10 * MILLISECOND, start_window=16)
    one = stage(watched).feed(on(A, numbered(1)))
    one.feed(on(REPLIES, numbered(1), 9 * MILLISECOND)).wait(11 * MILLISECOND)
    assert IntentionKind.ALARM_SILENT in [wish.kind for wish in one.wishes()]
    one.feed(on(REPLIES, numbered(1), 12 * MILLISECOND))
    assert one.quality() is Quality.STALE
    one.feed(on(A, heartbeat(2), 13 * MILLISECOND))
    assert one.quality() is Quality.CURRENT


@pytest.mark.parametrize("count", [1, 2, 100])
def test_a_server_of_another_session_changes_nothing(count: int) -> None:
    one = stage().feed(numbered(1, 2))
    one.feed(*(on(REPLIES, numbered(1 + number, session="ANOTHER001"), number) for number in range(count)))
    assert one.applied() == [1, 2]
    assert one.sequencer.sessions == 1
    assert one.reasons == {Reason.REPLY_SESSION: count}
    assert one.quality() is Quality.CURRENT


def test_a_reply_before_anything_was_heard_begins_no_session() -> None:
    one = stage().feed(on(REPLIES, numbered(1)))
    assert one.state is ChannelState.UNKNOWN
    assert one.reasons == {Reason.REPLY_SESSION: 1}


def test_a_reply_far_ahead_is_refused_however_often_it_comes() -> None:
    limits = Limits(REQUEST_AFTER, GIVE_UP_AFTER, start_window=16, jump_limit=1000)
    one = stage(limits).feed(numbered(1), *(on(REPLIES, numbered(2000 + number)) for number in range(4)))
    assert one.state is ChannelState.SYNCHRONIZED
    assert one.reasons == {Reason.PACKET_JUMP: 4}


def test_a_reply_without_a_sequence_is_refused() -> None:
    one = stage().feed(numbered(1), on(REPLIES, packet(0, [add(7)])))
    assert one.applied() == [1]
    assert one.quality() is Quality.CURRENT
    assert one.reasons == {Reason.PACKET_SEQUENCE: 1}


def test_a_hundred_late_replies_do_not_take_the_channel_back() -> None:
    """Of packets on a line 64 of a place that was given up would be believed: the stream would be there."""
    one = stage().feed(numbered(1), on(A, numbered(102))).wait(GIVEN_UP)
    assert one.gaps() == [(2, 100)]
    one.feed(*(on(REPLIES, numbered(number), GIVEN_UP + number) for number in range(2, 102)))
    assert one.line(REPLIES) == {"packets": 100, "late": 100}
    one.feed(on(A, numbered(103), GIVEN_UP + 200))
    assert one.applied() == [1, 102, 103]
    assert one.sequencer.sessions == 1


def test_a_wish_names_the_gap_before_its_messages_are_passed() -> None:
    one = stage().feed(numbered(1), on(A, numbered(3))).wait(REQUEST_AFTER + 1).wait(GIVEN_UP)
    assert [(wish.kind, wish.first, wish.count) for wish in one.wishes()] == [
        (IntentionKind.RETRANSMIT, 2, 1),
        (IntentionKind.ALARM_GAP, 2, 1),
    ]
    assert one.expected == 4
