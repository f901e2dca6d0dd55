"""Holes and what becomes of them: who is asked for what and when, in virtual time."""

from __future__ import annotations

from itertools import pairwise

import pytest

from feedhandler.core.channel import Quality
from feedhandler.core.reasons import Reason
from feedhandler.pipeline.state import Capacities, Limits
from feedhandler.recovery.alarms import Alarm, AlarmKind
from feedhandler.recovery.recovery import ALARMS_NS, BUSY_NS, FAILURES_MAXIMUM, IDLE_NS, Recovery, RecoveryError
from feedhandler.sessions.moldudp64_requests import RETRANSMISSION
from tests.recovery.scene import (
    REPLIES,
    A,
    Answer,
    B,
    Scene,
    at_most,
    options,
    refusing,
    silent,
    streamed,
    whole,
)
from tests.stage import LIMITS, Stage
from tests.streams import MILLISECOND, Sent, add, heartbeat

pytestmark = pytest.mark.interpreted

MESSAGES = [add(number) for number in range(1, 301)]
REQUEST_AFTER, GIVE_UP_AFTER = LIMITS.request_after_ns, LIMITS.give_up_after_ns


def hole(first: int, last: int, *answers: Answer, **named: object) -> Scene:
    """A scene whose lines bring everything up to `first` - 1, and then the one message behind `last`."""
    scene = Scene(MESSAGES, *(answers or (whole,)), **named)  # type: ignore[arg-type]
    scene.come(A, 0, scene.payload(1, first - 1))
    scene.come(A, MILLISECOND, scene.payload(last + 1))
    return scene


def applied_all(scene: Scene) -> bool:
    return scene.stage.applied() == list(range(1, scene.stage.expected)) and scene.stage.gaps() == []


def test_a_hole_is_asked_for_soon_after_request_after_and_filled() -> None:
    scene = hole(3, 5).until(10 * MILLISECOND)
    ((at, server, first, count),) = scene.asked
    assert (server, first, count) == (0, 3, 3)
    assert at - MILLISECOND - REQUEST_AFTER <= 3 * BUSY_NS
    assert scene.stage.applied() == [1, 2, 3, 4, 5, 6]
    assert scene.stage.quality() is Quality.CURRENT
    figures = scene.figures
    assert (figures.wishes, figures.requests, figures.asked, figures.filled) == (1, 1, 3, 3)
    assert scene.stage.line(REPLIES) == {"packets": 1, "first_arrivals": 1}


def test_a_hole_that_a_late_line_fills_meanwhile_is_not_asked_for() -> None:
    scene = hole(3, 5)
    scene.come(B, MILLISECOND + REQUEST_AFTER - 1, scene.payload(3, 5))
    assert scene.until(10 * MILLISECOND).asked == []
    assert scene.figures.wishes == 0


def test_nothing_is_asked_for_while_nothing_is_missing() -> None:
    scene = Scene(MESSAGES, whole)
    for number in range(1, 20):
        scene.come(A, number * MILLISECOND, scene.payload(number))
    scene.until(30 * MILLISECOND)
    assert scene.asked == []
    assert scene.recovery.step() == IDLE_NS == REQUEST_AFTER // 2


def test_the_cold_side_looks_often_enough_to_see_a_hole_before_its_wish() -> None:
    impatient = Limits(request_after_ns=500_000, give_up_after_ns=GIVE_UP_AFTER, start_window=16)
    scene = Scene(MESSAGES, whole, limits=impatient)
    assert scene.recovery.step() == 250_000
    scene.come(A, 0, scene.payload(1))
    scene.come(A, 1, scene.payload(3))
    scene.until(2)
    assert scene.recovery.step() == BUSY_NS


def test_where_only_alarms_are_passed_on_it_sleeps_longer() -> None:
    recovery = Recovery(alarm=print, failed=print)
    recovery.watch(Stage().memory)
    assert recovery.step() == ALARMS_NS


def test_without_an_answer_the_servers_are_asked_in_turn_and_no_more_often_than_allowed() -> None:
    scene = hole(3, 5, silent, silent, asking=options(attempts=4)).until(30 * MILLISECOND)
    assert [(server, first, count) for _, server, first, count in scene.asked] == [
        (0, 3, 3), (1, 3, 3), (0, 3, 3), (1, 3, 3),
    ]  # fmt: skip
    times = [at for at, *_ in scene.asked]
    pauses = [later - at for at, later in pairwise(times)]
    assert all(3 * MILLISECOND <= pause <= 3 * MILLISECOND + 2 * BUSY_NS for pause in pauses)
    assert scene.figures.exhausted == 3
    assert scene.figures.repeated == 3
    assert [alarm.kind for alarm in scene.alarms] == [AlarmKind.UNANSWERED, AlarmKind.GAP]
    assert scene.stage.gaps() == [(3, 3)]
    assert scene.stage.quality() is Quality.STALE


def test_the_server_that_answered_is_asked_first_from_then_on() -> None:
    scene = hole(3, 5, silent, whole)
    scene.come(A, 15 * MILLISECOND, scene.payload(9))
    scene.until(30 * MILLISECOND)
    assert [(server, first) for _, server, first, _ in scene.asked] == [(0, 3), (1, 3), (1, 7)]
    assert applied_all(scene)


def test_the_rest_of_a_long_hole_goes_to_the_server_that_answers() -> None:
    scene = hole(3, 8, silent, whole, asking=options(messages_per_request=1)).until(15 * MILLISECOND)
    asked = [(server, first) for _, server, first, _ in scene.asked]
    assert asked[:2] == [(0, 3), (0, 4)]
    assert sorted(asked[2:]) == [(1, number) for number in range(3, 9)]
    assert applied_all(scene)


def test_an_answer_in_part_is_asked_on_from_where_it_ended() -> None:
    scene = hole(3, 22, at_most(8)).until(15 * MILLISECOND)
    assert [(first, count) for _, _, first, count in scene.asked] == [(3, 20), (11, 12), (19, 4)]
    assert applied_all(scene)
    times = [at for at, *_ in scene.asked]
    assert times[-1] - times[0] < 2 * 3 * MILLISECOND, "the rest does not wait for retry_after"
    figures = scene.figures
    assert (figures.continued, figures.repeated, figures.filled) == (2, 0, 20)


def test_a_server_that_sends_packet_after_packet_is_asked_once() -> None:
    scene = hole(3, 42, streamed(4)).until(15 * MILLISECOND)
    assert [(first, count) for _, _, first, count in scene.asked] == [(3, 40)]
    assert applied_all(scene)


def test_an_answer_in_part_starts_the_count_of_attempts_anew() -> None:
    scene = hole(3, 32, at_most(3), asking=options(attempts=1)).until(30 * MILLISECOND)
    assert applied_all(scene)
    assert scene.figures.exhausted == 0


def test_a_long_hole_is_asked_for_in_several_requests() -> None:
    scene = hole(3, 22, whole, asking=options(messages_per_request=8)).until(15 * MILLISECOND)
    assert [(first, count) for _, _, first, count in scene.asked] == [(3, 8), (11, 8)] + [(19, 4)]
    assert applied_all(scene)


def test_requests_in_flight_are_bounded_by_hold_memory() -> None:
    scene = hole(3, 102, silent, asking=options(messages_per_request=1), limits=LIMITS).until(5 * MILLISECOND)
    assert len(scene.asked) == 16 // 8
    assert scene.figures.open == 100


def test_of_several_requests_only_what_is_still_missing_is_asked_for_again() -> None:
    asked = []

    def second_is_lost(scene: Scene, first: int, count: int) -> list[tuple[int, bytes]]:
        asked.append(first)
        return [] if asked.count(11) == 1 and first == 11 else whole(scene, first, count)

    roomy = Capacities(instruments=16, orders=512, levels=256, events=4096, hold_packets=64, hold_packet_bytes=512)
    scene = hole(3, 26, second_is_lost, second_is_lost, asking=options(messages_per_request=8), capacities=roomy)
    scene.until(15 * MILLISECOND)
    assert [(first, count) for _, _, first, count in scene.asked] == [(3, 8), (11, 8), (19, 8), (11, 8)]
    assert applied_all(scene)


def test_what_has_come_of_the_far_side_of_a_hole_is_not_asked_for_again() -> None:
    scene = hole(3, 10, silent, whole)
    scene.come(B, MILLISECOND + REQUEST_AFTER + MILLISECOND, scene.payload(6, 10))
    scene.until(15 * MILLISECOND)
    assert [(first, count) for _, _, first, count in scene.asked] == [(3, 8), (3, 3)]
    assert applied_all(scene)


def test_a_datagram_that_cannot_be_sent_goes_to_the_next_server_at_once() -> None:
    scene = hole(3, 5, refusing, whole).until(10 * MILLISECOND)
    assert [(server, first) for _, server, first, _ in scene.asked] == [(0, 3), (1, 3)]
    assert scene.asked[0][0] == scene.asked[1][0]
    assert scene.figures.send_errors == {101: 1}
    assert scene.figures.requests == 1
    assert applied_all(scene)
    assert scene.alarms == [Alarm("channel", AlarmKind.SEND_FAILED, errno=101)]
    assert scene.alarms[0].sentence == "a request could not be sent: Network is unreachable"


def test_where_no_server_can_be_reached_attempts_run_out_and_the_alarm_is_told_once() -> None:
    scene = hole(3, 5, refusing, refusing, asking=options(attempts=3)).until(15 * MILLISECOND)
    assert scene.figures.send_failures == 6
    assert scene.figures.requests == 0
    assert [alarm.kind for alarm in scene.alarms] == [AlarmKind.SEND_FAILED, AlarmKind.UNANSWERED]


def test_no_server_gets_more_requests_in_a_second_than_allowed() -> None:
    patient = Limits(REQUEST_AFTER, 3_000 * MILLISECOND, start_window=16)
    asking = options(messages_per_request=1, requests_per_second=4)
    scene = hole(3, 12, whole, asking=asking, limits=patient).until(2_600 * MILLISECOND)
    times = [at for at, *_ in scene.asked]
    assert len(times) == 10
    assert all(later - at >= 1_000 * MILLISECOND for at, later in zip(times[:-4], times[4:], strict=True))
    assert scene.figures.postponed > 0
    assert applied_all(scene)


def test_what_was_given_up_is_not_asked_for_any_more() -> None:
    scene = hole(3, 5, silent, asking=options(attempts=100, retry_after="1ms"))
    scene.until(MILLISECOND + GIVE_UP_AFTER + MILLISECOND)
    asked = len(scene.asked)
    scene.until(60 * MILLISECOND)
    assert len(scene.asked) == asked
    assert scene.figures.lost == 3
    assert scene.alarms == [Alarm("channel", AlarmKind.GAP, 3, 3, now_ns=scene.alarms[0].now_ns)]
    assert scene.alarms[0].sentence == "messages 3 to 5 did not come and were given up; books are stale"


ROOMY = Capacities(instruments=16, orders=512, levels=256, events=4096, hold_packets=64, hold_packet_bytes=512)


def several_holes(*answers: Answer, **named: object) -> Scene:
    """Messages 3, 4, then 6, 7, then 10 to 19 are missing, the last of them known a millisecond later."""
    scene = Scene(MESSAGES, *answers, capacities=ROOMY, **named)  # type: ignore[arg-type]
    for number in (1, 2, 5, 8, 9):
        scene.come(A, MILLISECOND, scene.payload(number))
    scene.come(A, 2 * MILLISECOND, scene.payload(20))
    # A hole's age is told by what is heard.
    scene.come(A, 4 * MILLISECOND, heartbeat(21))
    return scene


def test_holes_that_are_known_together_are_asked_for_together() -> None:
    scene = several_holes(at_most(10, later=8 * MILLISECOND), asking=options(retry_after="15ms"))
    scene.until(20 * MILLISECOND)
    assert [(first, count) for _, _, first, count in scene.asked] == [(3, 2), (6, 2), (10, 10)]
    times = [at for at, *_ in scene.asked]
    assert times[1] <= 4 * MILLISECOND + 2 * BUSY_NS
    assert times[2] <= 4 * MILLISECOND + 2 * BUSY_NS, "it does not wait for the answers to the others"
    assert applied_all(scene)


def test_a_hole_behind_another_is_not_asked_for_before_it_is_old_enough() -> None:
    scene = several_holes(silent)
    scene.until(4 * MILLISECOND - 1)
    assert 10 not in [first for _, _, first, _ in scene.asked]


def test_a_hole_that_nobody_answers_for_is_not_opened_again_while_it_waits() -> None:
    scene = several_holes(silent, asking=options(attempts=2, retry_after="1ms"))
    scene.until(MILLISECOND + GIVE_UP_AFTER - 1)
    told = [(alarm.first, alarm.messages) for alarm in scene.alarms if alarm.kind is AlarmKind.UNANSWERED]
    assert told == [(3, 2), (6, 2), (10, 10)]
    assert len(scene.asked) == 6
    assert (scene.figures.exhausted, scene.figures.open) == (14, 0)
    scene.until(60 * MILLISECOND)
    assert scene.stage.gaps() == [(3, 2), (6, 2), (10, 10)]
    assert scene.figures.lost == 0, "counted once, as exhausted"


def test_an_unanswered_hole_that_a_line_fills_late_is_counted_once() -> None:
    scene = several_holes(silent, asking=options(attempts=1, retry_after="1ms"))
    scene.come(B, 12 * MILLISECOND, scene.payload(3, 19))
    scene.until(60 * MILLISECOND)
    assert applied_all(scene)
    assert (scene.figures.asked, scene.figures.exhausted, scene.figures.filled) == (14, 14, 0)


def test_a_hole_that_only_a_heartbeat_shows_is_filled() -> None:
    scene = Scene(MESSAGES, whole)
    scene.come(A, 0, scene.payload(1, 2))
    scene.come(A, MILLISECOND, heartbeat(10))
    scene.until(10 * MILLISECOND)
    assert [(first, count) for _, _, first, count in scene.asked] == [(3, 7)]
    assert applied_all(scene)


def test_a_late_start_asks_for_the_beginning() -> None:
    scene = Scene(MESSAGES, whole)
    scene.come(A, MILLISECOND, scene.payload(9, 10))
    scene.until(10 * MILLISECOND)
    assert [(first, count) for _, _, first, count in scene.asked] == [(1, 8)]
    assert scene.stage.applied() == list(range(1, 11))
    assert scene.stage.quality() is Quality.CURRENT


def test_a_new_session_makes_the_old_ones_holes_outdated() -> None:
    scene = hole(3, 5, silent, asking=options(attempts=100))
    scene.come(A, 8 * MILLISECOND, scene.payload(1, 2, session="TOMORROW01"))
    scene.until(9 * MILLISECOND)
    asked = len(scene.asked)
    scene.until(19 * MILLISECOND)
    assert len(scene.asked) == asked
    figures = scene.figures
    assert figures.lost + figures.outdated == 3
    assert figures.open == 0


def test_answers_of_the_session_before_are_counted_and_change_nothing() -> None:
    late = at_most(3, later=10 * MILLISECOND)
    scene = hole(3, 5, late, late, asking=options(retry_after="50ms"))
    scene.come(A, 8 * MILLISECOND, scene.payload(1, 2, session="TOMORROW01"))
    scene.until(19 * MILLISECOND)
    assert scene.stage.reasons == {Reason.REPLY_SESSION: 1}
    assert scene.stage.expected == 3


def test_the_hot_paths_alarms_are_passed_on() -> None:
    watched = Limits(REQUEST_AFTER, GIVE_UP_AFTER, heartbeat_ns=5 * MILLISECOND, start_window=16)
    scene = Scene(MESSAGES, whole, limits=watched)
    scene.come(A, 0, scene.payload(1, 2))
    scene.until(10 * MILLISECOND)
    told = [(alarm.kind, alarm.line) for alarm in scene.alarms]
    assert told == [(AlarmKind.SILENT, 0), (AlarmKind.LINE_SILENT, 0), (AlarmKind.LINE_SILENT, 1)]


def test_without_servers_alarms_are_passed_on_and_nothing_is_asked_for() -> None:
    stage, alarms = Stage(), list[Alarm]()
    now = [0]
    recovery = Recovery(alarm=alarms.append, failed=lambda *_: None, clock=lambda: now[0])
    recovery.watch(stage.memory)
    scene = Scene(MESSAGES, whole)
    stage.feed(scene.payload(1), scene.payload(3)).wait(REQUEST_AFTER + 1).wait(GIVE_UP_AFTER + 1)
    recovery.step()
    assert [alarm.kind for alarm in alarms] == [AlarmKind.GAP]
    figures = recovery.figures["channel"]
    assert (figures.wishes, figures.asked) == (1, 0)


def test_the_ring_never_fills_while_it_is_drained() -> None:
    scene = Scene(MESSAGES, whole)
    for number in range(1, 300, 2):
        scene.come(A, number * 5 * MILLISECOND, scene.payload(number))
        scene.until(number * 5 * MILLISECOND)
    for turn in range(300):
        scene.come(A, 1_600 * MILLISECOND + turn * 30 * MILLISECOND, heartbeat(300 + turn))
    scene.until(11_000 * MILLISECOND)
    assert scene.stage.sequencer.intention_written > scene.stage.sequencer.intention_mask
    assert Reason.INTENTIONS_FULL not in scene.stage.reasons
    assert scene.figures.wishes > 150


def test_a_hole_whose_wish_found_no_room_in_the_ring_is_asked_for_all_the_same() -> None:
    scene = Scene(MESSAGES, whole)
    stage, number, at = scene.stage, 1, 0
    while Reason.INTENTIONS_FULL not in stage.reasons:
        # A wish and an alarm each; nobody takes them.
        stage.feed(scene.payload(number)).wait(at + 1)
        at += 2 * GIVE_UP_AFTER
        stage.feed(Sent(scene.payload(number + 2), A, at)).wait(at + REQUEST_AFTER).wait(at + GIVE_UP_AFTER)
        number += 2
    at += 2 * GIVE_UP_AFTER
    scene.now = at
    scene.come(A, at, scene.payload(number + 2))
    scene.come(A, at + REQUEST_AFTER, heartbeat(number + 3))
    stage.feed(Sent(scene.payload(number + 2), A, at)).wait(at + REQUEST_AFTER)
    scene.until(at + 5 * MILLISECOND)
    assert [first for _, _, first, _ in scene.asked] == [number + 1]
    assert stage.expected == number + 3
    assert stage.gaps()[-1] == (number - 1, 1)


# ------------------------------------------------------------------------------------------------ when it fails itself


def test_an_error_in_a_call_back_is_reported_and_the_rest_goes_on() -> None:
    def broken(_scene: Scene, _first: int, _count: int) -> list[tuple[int, bytes]]:
        raise ValueError("a bug")

    scene = hole(3, 5, broken).until(30 * MILLISECOND)
    ((channel, error),) = scene.failures
    assert channel == "channel"
    assert str(error) == "a bug"
    assert (scene.figures.failures, scene.figures.abandoned) == (1, 3)
    scene.come(A, 31 * MILLISECOND, scene.payload(7))
    scene.until(40 * MILLISECOND)
    assert scene.stage.applied() == [1, 2, 6, 7]


def every_other(answer: Answer, until: int) -> Scene:
    """A scene in which every other message is missing, until that moment."""
    scene = Scene(MESSAGES, answer)
    for place, at in enumerate(range(30 * MILLISECOND, until, 30 * MILLISECOND)):
        scene.come(A, at, scene.payload(1 + 2 * place))
    return scene.until(until)


def test_a_channel_that_fails_again_and_again_is_left_alone() -> None:
    def broken(_scene: Scene, _first: int, _count: int) -> list[tuple[int, bytes]]:
        raise ValueError("a bug")

    assert len(every_other(broken, 2_000 * MILLISECOND).failures) == FAILURES_MAXIMUM


def test_a_channel_that_fails_now_and_then_is_looked_after_all_the_same() -> None:
    asked = []

    def fragile(scene: Scene, first: int, count: int) -> list[tuple[int, bytes]]:
        asked.append(first)
        if len(asked) % 2 == 0:
            raise ValueError("a bug")
        return whole(scene, first, count)

    scene = every_other(fragile, 2_000 * MILLISECOND)
    assert len(scene.failures) > 2 * FAILURES_MAXIMUM
    assert scene.figures.filled > 2 * FAILURES_MAXIMUM


def test_a_session_without_retransmission_is_refused_with_servers() -> None:
    recovery = Recovery(alarm=print, failed=print)
    with pytest.raises(RecoveryError, match="channel channel: its session has no retransmission"):
        recovery.watch(Stage().memory, None, options(), lambda *_: None)


def test_servers_without_a_way_to_send_are_refused() -> None:
    recovery = Recovery(alarm=print, failed=print)
    with pytest.raises(RecoveryError, match="nothing to send requests with"):
        recovery.watch(Stage().memory, RETRANSMISSION, options(), None)
