"""Strays through the whole pipeline: no packet alone takes a channel over or stops it, and the truth is found again.

Sequence n is a message that adds order n; time stands still unless a test says otherwise.
"""

from __future__ import annotations

import pytest

from feedhandler.core.belief import RETAKEN_BY
from feedhandler.core.channel import ChannelState, Quality
from feedhandler.core.intentions import IntentionKind
from feedhandler.core.reasons import Reason
from feedhandler.pipeline.state import Limits
from tests.stage import LIMITS, Stage
from tests.streams import Sent, add, end_of_session, heartbeat, packet

pytestmark = pytest.mark.interpreted

A, B = 0, 1
REQUEST_AFTER, GIVE_UP_AFTER = LIMITS.request_after_ns, LIMITS.give_up_after_ns
NEW, FOREIGN = "SESSION002", "FOREIGN"
FAR = 1 << 40
JUMP = 1000


def numbered(first: int, last: int | None = None, *, session: str = "SESSION001") -> bytes:
    """One packet of the messages `first` to `last`."""
    return packet(first, [add(number) for number in range(first, (last or first) + 1)], session=session)


def run(first: int, last: int, *, session: str = "SESSION001") -> list[bytes]:
    """A packet for each message."""
    return [numbered(number, session=session) for number in range(first, last + 1)]


def jumpy() -> Stage:
    """A stage that doubts what is more than `JUMP` ahead."""
    return Stage(limits=Limits(REQUEST_AFTER, GIVE_UP_AFTER, start_window=16, jump_limit=JUMP))


# ---------------------------------------------------------------------------------------------------- other sessions


def test_a_packet_of_a_foreign_session_is_dropped_and_the_stream_goes_on() -> None:
    stage = Stage().feed(*run(1, 2), numbered(7, session=FOREIGN), *run(3, 199))
    assert stage.applied() == list(range(1, 200))
    assert stage.reasons == {Reason.SESSION_UNCONFIRMED: 1}
    assert stage.quality() is Quality.CURRENT


def test_the_copy_of_a_foreign_packet_on_the_other_line_confirms_nothing() -> None:
    stray = numbered(5000, session=FOREIGN)
    stage = Stage().feed(numbered(1), Sent(stray, A), Sent(stray, B), Sent(stray, A), numbered(2))
    assert stage.applied() == [1, 2]
    assert stage.reasons == {Reason.SESSION_UNCONFIRMED: 3}


def test_a_foreign_session_between_whose_packets_ours_come_is_never_believed() -> None:
    stage = Stage()
    for number in range(1, 200):
        stage.feed(numbered(number), numbered(5000 + number, session=FOREIGN))
    assert stage.applied() == list(range(1, 200))
    assert stage.reasons == {Reason.SESSION_UNCONFIRMED: 199}
    assert stage.sequencer.sessions == 1


def test_two_packets_in_a_row_confirm_a_new_session_that_is_joined_late() -> None:
    stage = Stage().feed(numbered(1), numbered(5000, session=NEW), numbered(5001, session=NEW))
    assert stage.applied() == [1, 5001]
    assert stage.state is ChannelState.BACKFILL
    assert stage.quality() is Quality.STALE


def test_a_new_session_that_begins_at_1_is_believed_at_once() -> None:
    stage = Stage().feed(numbered(1), numbered(1, session=NEW))
    assert stage.reasons == {}
    assert stage.sequencer.sessions == 2
    assert stage.quality() is Quality.CURRENT


def test_a_heartbeat_at_1_of_a_foreign_session_is_not_believed_at_once() -> None:
    stage = Stage().feed(numbered(1), heartbeat(1, session=FOREIGN), numbered(2), heartbeat(1, session=FOREIGN))
    assert stage.applied() == [1, 2]
    assert stage.reasons == {Reason.SESSION_UNCONFIRMED: 2}
    assert stage.sequencer.sessions == 1


def test_a_heartbeat_that_repeats_itself_confirms_an_idle_new_session() -> None:
    stage = Stage().feed(numbered(1), heartbeat(1, session=NEW), heartbeat(1, session=NEW))
    assert stage.sequencer.sessions == 2
    assert stage.state is ChannelState.SYNCHRONIZED


def test_after_the_end_of_a_session_another_is_believed_at_once() -> None:
    stage = Stage().feed(numbered(1), end_of_session(2), heartbeat(1, session=NEW))
    assert stage.sequencer.sessions == 2
    assert stage.reasons == {}


def test_a_new_session_whose_first_packet_is_lost_on_one_line_is_complete() -> None:
    new = [numbered(number, session=NEW) for number in range(4)]
    stage = Stage().feed(numbered(1), Sent(new[2], A), Sent(new[3], A), Sent(new[1], B))
    assert stage.applied() == [1, 1, 2, 3]
    assert stage.quality() is Quality.CURRENT
    assert stage.gaps() == []
    assert stage.reasons == {Reason.SESSION_UNCONFIRMED: 1}


def test_the_first_packet_of_a_new_session_finds_its_second_waiting() -> None:
    stage = Stage().feed(numbered(1), Sent(numbered(2, 3, session=NEW), A), Sent(numbered(1, session=NEW), B))
    assert stage.applied() == [1, 1, 2, 3]
    assert stage.state is ChannelState.SYNCHRONIZED
    assert (stage.sequencer.held_count, stage.sequencer.held_bytes) == (0, 0)


def test_what_was_kept_of_a_foreign_session_is_not_used_for_another() -> None:
    stage = Stage().feed(numbered(1), numbered(2, session=FOREIGN), numbered(1, session=NEW))
    assert stage.applied() == [1, 1]
    assert stage.sequencer.held_count == 0
    assert stage.state is ChannelState.SYNCHRONIZED


# ------------------------------------------------------------------------------------------------ the former session


@pytest.mark.parametrize("lines", [(A,), (A, B)])
def test_a_session_that_a_stray_replaced_is_taken_again_as_a_late_join(lines: tuple[int, ...]) -> None:
    stage = Stage().feed(*run(1, 9), numbered(1, session=FOREIGN))
    last = 9 + RETAKEN_BY
    stage.feed(*(Sent(one, line) for one in run(10, last - 1) for line in lines))
    assert stage.sequencer.sessions == 2
    stage.feed(numbered(last), numbered(last + 1))
    assert stage.sequencer.sessions == 3
    assert stage.applied() == [*range(1, 10), 1, last, last + 1]
    assert stage.state is ChannelState.BACKFILL
    assert stage.quality() is Quality.STALE


def test_a_line_that_repeats_the_former_session_does_not_bring_it_back() -> None:
    stage = Stage().feed(*(Sent(one, A) for one in run(1, 200)), Sent(numbered(1, session=NEW), A))
    stage.feed(*(Sent(one, B) for one in run(1, 200)))
    assert stage.sequencer.sessions == 2
    assert stage.reasons == {Reason.SESSION_OLD: 200}
    assert stage.quality() is Quality.CURRENT


def test_a_session_that_has_ended_does_not_come_back() -> None:
    stage = Stage().feed(*run(1, 3), end_of_session(4), numbered(1, session=NEW), *run(4, 200))
    assert stage.sequencer.sessions == 2
    assert stage.quality() is Quality.CURRENT


def test_the_former_session_does_not_come_back_while_the_new_one_speaks() -> None:
    stage = Stage().feed(*run(1, 3), numbered(1, session=NEW))
    for number in range(2, 200):
        stage.feed(numbered(number, session=NEW), numbered(2 + number))
    assert stage.sequencer.sessions == 2
    assert stage.quality() is Quality.CURRENT


# ------------------------------------------------------------------------------------------------------ far sequences


@pytest.mark.parametrize("wild", [numbered(FAR), heartbeat(FAR), end_of_session(FAR)])
@pytest.mark.parametrize("lines", [(A,), (A, B)])
def test_one_wild_sequence_is_dropped_and_the_stream_goes_on(wild: bytes, lines: tuple[int, ...]) -> None:
    stage = Stage().feed(numbered(1), *(Sent(wild, line, 1) for line in lines)).wait(10**9)
    stage.feed(*(Sent(one, A, 10**9) for one in run(2, 199)))
    assert stage.applied() == list(range(1, 200))
    assert stage.reasons == {Reason.PACKET_JUMP: len(lines)}
    assert stage.gaps() == []
    assert stage.quality() is Quality.CURRENT
    assert "gaps" not in stage.line(A)


def test_a_jump_that_goes_on_is_believed_with_the_second_packet() -> None:
    stage = Stage().feed(numbered(1), numbered(FAR), Sent(numbered(FAR + 1), A, 1)).wait(1 + GIVE_UP_AFTER)
    assert stage.applied() == [1, FAR + 1]
    assert stage.gaps() == [(2, FAR - 1)]
    assert stage.quality() is Quality.STALE


def test_two_wild_sequences_that_have_nothing_to_do_with_each_other_are_dropped() -> None:
    stage = Stage().feed(numbered(1), numbered(FAR), numbered(FAR * 2), numbered(2))
    assert stage.applied() == [1, 2]
    assert stage.reasons == {Reason.PACKET_JUMP: 2}


@pytest.mark.parametrize(("ahead", "believed"), [(JUMP, True), (JUMP + 1, False)])
def test_the_jump_limit_ends_where_it_says(ahead: int, believed: bool) -> None:
    stage = jumpy().feed(numbered(1), numbered(2 + ahead))
    assert (stage.state is ChannelState.GAP_FILL) is believed
    assert stage.reasons == ({} if believed else {Reason.PACKET_JUMP: 1})


def test_a_wild_sequence_within_the_limit_costs_trust_but_not_the_channel() -> None:
    stage = jumpy().feed(*run(1, 9), Sent(numbered(900), A, 1)).wait(1 + GIVE_UP_AFTER)
    assert stage.gaps() == [(10, 890)]
    later = 10**9
    stage.feed(*(Sent(one, line, later) for one in run(10, 200) for line in (A, B)))
    assert stage.applied() == [*range(1, 10), 900, *range(9 + RETAKEN_BY, 201)]
    assert stage.state is ChannelState.BACKFILL
    assert stage.quality() is Quality.STALE


def test_a_first_packet_with_a_wild_sequence_costs_trust_but_not_the_channel() -> None:
    stage = Stage().feed(numbered(FAR), *run(100, 200))
    assert stage.applied() == [FAR, *range(99 + RETAKEN_BY, 201)]
    assert stage.quality() is Quality.STALE


def test_a_complete_channel_never_goes_back() -> None:
    stage = jumpy().feed(*run(1, 200), *(Sent(one, B) for one in run(1, 200)))
    assert stage.sequencer.sessions == 1
    assert stage.quality() is Quality.CURRENT


def test_a_jump_asks_for_nothing_before_it_is_believed() -> None:
    stage = Stage().feed(numbered(1), Sent(heartbeat(FAR), A, 1)).wait(1 + GIVE_UP_AFTER)
    assert stage.wishes() == []
    stage.feed(Sent(heartbeat(FAR), A, 10**9)).wait(10**9 + REQUEST_AFTER)
    assert [wish[:3] for wish in stage.wishes()] == [(IntentionKind.RETRANSMIT, 2, FAR - 2)]
