"""Arbitration through the whole pipeline: one claim a test, on what was applied, asked for, given up and counted.

Sequence n is a message that adds order n, so the list of applied sequences says it all.
"""

from __future__ import annotations

import pytest

from feedhandler.books import BookError
from feedhandler.core.channel import ChannelState, Quality
from feedhandler.core.events import EventKind
from feedhandler.core.intentions import IntentionKind
from feedhandler.core.reasons import Reason
from feedhandler.pipeline.state import Capacities, Limits
from tests.stage import LIMITS, SMALL, Happened, Stage, Wish
from tests.streams import MICROSECOND, MILLISECOND, Sent, add, delete, directory, end_of_session, heartbeat, packet

pytestmark = pytest.mark.interpreted

A, B = 0, 1
REQUEST_AFTER, GIVE_UP_AFTER = LIMITS.request_after_ns, LIMITS.give_up_after_ns


def numbered(first: int, last: int | None = None, *, session: str = "SESSION001", symbol: str = "AAPL") -> bytes:
    """One packet of the messages `first` to `last`."""
    numbers = range(first, (last or first) + 1)
    return packet(first, [add(number, symbol=symbol) for number in numbers], session=session)


def on(line: int, payload: bytes, at: int = 0) -> Sent:
    return Sent(payload, line, at)


def alarms(stage: Stage, kind: IntentionKind) -> list[tuple[int, int, int]]:
    return [wish[1:] for wish in stage.wishes() if wish.kind is kind]


def silent_lines(stage: Stage) -> list[int]:
    return [number for number, line in enumerate(stage.pipeline.lines_of(0)) if line["silent"]]


# ------------------------------------------------------------------------------------------------- order and lines


def test_packets_in_order_are_applied_as_they_come() -> None:
    stage = Stage().feed(numbered(1), numbered(2, 4), numbered(5))
    assert stage.applied() == [1, 2, 3, 4, 5]
    assert stage.state is ChannelState.SYNCHRONIZED
    assert stage.quality() is Quality.CURRENT


def test_a_duplicate_on_the_second_line_is_counted_there_and_not_applied() -> None:
    stage = Stage().feed(on(A, numbered(1, 2)), on(B, numbered(1, 2)), on(B, numbered(3)), on(A, numbered(3)))
    assert stage.applied() == [1, 2, 3]
    assert stage.line(A) == {"packets": 2, "first_arrivals": 1, "duplicates": 1}
    assert stage.line(B) == {"packets": 2, "first_arrivals": 1, "duplicates": 1}
    assert stage.sequencer.duplicates == 2


def test_an_overlapping_packet_is_used_from_its_first_new_message_on() -> None:
    stage = Stage().feed(on(A, numbered(1, 3)), on(B, numbered(2, 6)), on(A, numbered(4, 7)))
    assert stage.applied() == [1, 2, 3, 4, 5, 6, 7]
    assert stage.channel.message_count == 7


def test_an_overlapping_packet_that_waits_is_used_from_its_first_new_message_on() -> None:
    stage = Stage().feed(numbered(1), on(A, numbered(3, 6)), on(B, numbered(2, 4)))
    assert stage.applied() == [1, 2, 3, 4, 5, 6]
    assert stage.sequencer.held_count == 0


def test_a_hole_is_filled_by_the_other_line() -> None:
    stage = Stage().feed(on(A, numbered(1)), on(A, numbered(3)), on(A, numbered(4)))
    assert stage.applied() == [1]
    stage.feed(on(B, numbered(1), 10), on(B, numbered(2), 20))
    assert stage.applied() == [2, 3, 4]
    assert stage.gaps() == []
    assert stage.wishes() == []
    assert stage.sequencer.holes_filled == 1
    assert stage.quality() is Quality.CURRENT


def test_nothing_beyond_an_open_hole_is_applied() -> None:
    stage = Stage().feed(numbered(1), numbered(3, 5), numbered(7), numbered(6))
    assert stage.applied() == [1]
    assert stage.state is ChannelState.GAP_FILL
    assert stage.book().bbo()[:2] == (1_000_000 * 100_000, 100)
    assert stage.channel.sequence == 1


def test_packets_out_of_order_on_one_line_are_put_in_order() -> None:
    stage = Stage().feed(numbered(1), numbered(4), numbered(3), numbered(2), numbered(5))
    assert stage.applied() == [1, 2, 3, 4, 5]


def test_a_packet_that_waits_already_is_a_duplicate() -> None:
    stage = Stage().feed(on(A, numbered(1)), on(A, numbered(3)), on(B, numbered(3)))
    assert stage.sequencer.held_count == 1
    assert stage.line(B) == {"packets": 1, "duplicates": 1}


def test_several_holes_at_once_are_filled_one_by_one() -> None:
    stage = Stage().feed(*(on(A, numbered(number)) for number in (1, 3, 5, 7)))
    assert stage.applied() == [1]
    stage.feed(on(B, numbered(4)))
    assert stage.applied() == []
    stage.feed(on(B, numbered(2)))
    assert stage.applied() == [2, 3, 4, 5]
    assert stage.state is ChannelState.GAP_FILL
    stage.feed(on(B, numbered(6)))
    assert stage.applied() == [6, 7]
    assert stage.state is ChannelState.SYNCHRONIZED


# ------------------------------------------------------------------------------------------ requests and giving up


def test_a_request_is_emitted_once_when_request_after_is_over() -> None:
    stage = Stage().feed(numbered(1, 2), on(A, numbered(6), 1000))
    stage.wait(1000 + REQUEST_AFTER - 1)
    assert stage.wishes() == []
    assert stage.quality() is Quality.CURRENT
    stage.wait(1000 + REQUEST_AFTER)
    assert stage.wishes() == [Wish(IntentionKind.RETRANSMIT, 3, 3, 1000 + REQUEST_AFTER)]
    assert stage.quality() is Quality.RECOVERING
    stage.wait(1000 + GIVE_UP_AFTER - 1)
    assert len(stage.wishes()) == 1


def test_a_hole_that_is_filled_after_the_request_makes_the_books_current_again() -> None:
    stage = Stage().feed(numbered(1), on(A, numbered(3), 1000)).wait(1000 + REQUEST_AFTER)
    assert stage.quality() is Quality.RECOVERING
    stage.feed(on(B, numbered(2), 2000 + REQUEST_AFTER))
    assert stage.quality() is Quality.CURRENT
    assert stage.applied() == [1, 2, 3]
    assert stage.gaps() == []


def test_the_hole_is_given_up_when_give_up_after_is_over() -> None:
    stage = Stage().feed(numbered(1, 2), on(A, numbered(5), 1000), on(A, numbered(6), 2000))
    stage.wait(1000 + GIVE_UP_AFTER - 1)
    assert stage.applied() == [1, 2]
    stage.wait(1000 + GIVE_UP_AFTER)
    assert stage.events() == [
        Happened(EventKind.GAP, 2, (3, 2, 0, 0, 0, 0, 0)),
        Happened(EventKind.ADD, 5, (1_000_000, 100, 5, 0, 0, 0, 0)),
        Happened(EventKind.INSIDE, 5, (1_000_000, 300, 0, 0, Quality.STALE, 0, 0)),
        Happened(EventKind.ADD, 6, (1_000_000, 100, 6, 0, 0, 0, 0)),
        Happened(EventKind.INSIDE, 6, (1_000_000, 400, 0, 0, Quality.STALE, 0, 0)),
    ]
    assert stage.gaps() == [(3, 2)]
    assert stage.quality() is Quality.STALE
    assert stage.state is ChannelState.BACKFILL


def test_the_hole_is_given_up_when_a_packet_more_than_can_wait_comes() -> None:
    capacities = Capacities(16, 512, 256, 4096, hold_packets=4, hold_packet_bytes=512)
    stage = Stage(capacities=capacities).feed(numbered(1), *(numbered(number) for number in (3, 4, 5, 6)))
    assert stage.applied() == [1]
    assert stage.sequencer.held_count == 4
    stage.feed(numbered(7))
    assert stage.applied() == [3, 4, 5, 6, 7]
    assert stage.gaps() == [(2, 1)]
    assert stage.sequencer.held_maximum == 4


def test_only_as_many_holes_are_given_up_as_make_room() -> None:
    capacities = Capacities(16, 512, 256, 4096, hold_packets=3, hold_packet_bytes=512)
    stage = Stage(capacities=capacities).feed(*(numbered(number) for number in (1, 3, 5, 7, 9)))
    assert stage.gaps() == [(2, 1)]
    assert stage.applied() == [1, 3]
    assert stage.sequencer.held_count == 3
    assert stage.state is ChannelState.GAP_FILL


def test_a_hole_that_is_filled_at_the_last_slot_is_no_gap() -> None:
    capacities = Capacities(16, 512, 256, 4096, hold_packets=4, hold_packet_bytes=512)
    stage = Stage(capacities=capacities).feed(*(numbered(number) for number in (1, 3, 4, 5, 6, 2)))
    assert stage.applied() == [1, 2, 3, 4, 5, 6]
    assert stage.gaps() == []


def test_the_hole_is_given_up_when_a_byte_more_than_can_wait_comes() -> None:
    stage = Stage()
    two = len(numbered(3)) + len(numbered(4))
    stage.sequencer.held_bytes_limit = two
    stage.feed(numbered(1), numbered(3), numbered(4))
    assert stage.sequencer.held_bytes == two
    assert stage.gaps() == []
    stage.feed(numbered(5))
    assert stage.applied() == [1, 3, 4, 5]
    assert stage.gaps() == [(2, 1)]
    assert stage.sequencer.held_bytes == 0


def test_a_packet_larger_than_a_slot_gives_the_hole_up_and_is_counted() -> None:
    capacities = Capacities(16, 512, 256, 4096, hold_packets=4, hold_packet_bytes=100)
    stage = Stage(capacities=capacities).feed(numbered(1), numbered(3), numbered(5, 9))
    assert stage.applied() == [1, 3, 5, 6, 7, 8, 9]
    assert stage.gaps() == [(2, 1), (4, 1)]
    assert stage.reasons == {Reason.HOLD_OVERSIZE: 1}


def test_what_arrives_after_its_sequence_was_given_up_is_late() -> None:
    stage = Stage().feed(numbered(1), on(A, numbered(3), 1)).wait(1 + GIVE_UP_AFTER)
    stage.feed(on(B, numbered(2), 2 + GIVE_UP_AFTER))
    assert stage.applied() == [1, 3]
    assert stage.line(B) == {"packets": 1, "late": 1}
    assert stage.gaps() == [(2, 1)]


def test_the_next_hole_is_as_old_as_what_first_showed_it() -> None:
    stage = Stage().feed(numbered(1), on(A, numbered(3), 1000), on(A, numbered(5), 5000))
    stage.feed(on(B, numbered(2), 6000))
    stage.wait(5000 + REQUEST_AFTER - 1)
    assert stage.wishes() == []
    stage.wait(5000 + REQUEST_AFTER)
    assert stage.wishes() == [Wish(IntentionKind.RETRANSMIT, 4, 1, 5000 + REQUEST_AFTER)]


def test_a_second_hole_that_is_old_already_is_never_called_current() -> None:
    stage = Stage().feed(numbered(1), on(A, numbered(3), 1000), on(A, numbered(5), 1000))
    now = 1000 + 2 * REQUEST_AFTER
    stage.feed(on(B, numbered(2), now))
    assert stage.quality() is Quality.RECOVERING
    assert stage.wishes() == [
        Wish(IntentionKind.RETRANSMIT, 2, 1, now),
        Wish(IntentionKind.RETRANSMIT, 4, 1, now),
    ]


def test_a_hole_that_a_heartbeat_showed_behind_another_is_requested_too() -> None:
    stage = Stage().feed(numbered(1), on(A, numbered(3), 1000), on(A, heartbeat(6), 2000))
    stage.wait(1000 + REQUEST_AFTER)
    stage.feed(on(B, numbered(2), 1500 + REQUEST_AFTER)).wait(2000 + REQUEST_AFTER)
    assert stage.wishes() == [
        Wish(IntentionKind.RETRANSMIT, 2, 1, 1000 + REQUEST_AFTER),
        Wish(IntentionKind.RETRANSMIT, 4, 2, 2000 + REQUEST_AFTER),
    ]
    assert stage.quality() is Quality.RECOVERING


def test_a_hole_behind_one_that_an_overlap_filled_is_requested_too() -> None:
    stage = Stage().feed(numbered(1), on(A, numbered(3), 1000), on(A, numbered(8), 1500)).wait(1000 + REQUEST_AFTER)
    stage.feed(on(B, numbered(2, 5), 1100 + REQUEST_AFTER)).wait(1500 + REQUEST_AFTER)
    assert stage.wishes() == [
        Wish(IntentionKind.RETRANSMIT, 2, 1, 1000 + REQUEST_AFTER),
        Wish(IntentionKind.RETRANSMIT, 6, 2, 1500 + REQUEST_AFTER),
    ]


def test_intentions_that_nobody_takes_are_counted_and_the_first_are_kept() -> None:
    capacities = Capacities(16, 1024, 256, 4096, hold_packets=4, hold_packet_bytes=512)
    stage = Stage(capacities=capacities, limits=Limits(request_after_ns=1, give_up_after_ns=10**12, start_window=16))
    for number in range(300):
        at = 10 * number
        stage.feed(on(A, numbered(2 * number + 1), at), on(A, heartbeat(2 * number + 3), at)).wait(at + 2)
        stage.feed(on(B, numbered(2 * number + 2), at + 3))
    assert len(stage.wishes()) == stage.sequencer.intention_mask + 1
    assert stage.reasons == {Reason.INTENTIONS_FULL: 300 - 256}


# ----------------------------------------------------------------------------------------------- heartbeats and ends


def test_a_heartbeat_reveals_a_hole_at_the_end() -> None:
    stage = Stage().feed(numbered(1, 2), on(A, heartbeat(5), 1000))
    assert stage.state is ChannelState.GAP_FILL
    stage.wait(1000 + REQUEST_AFTER)
    assert stage.wishes() == [Wish(IntentionKind.RETRANSMIT, 3, 2, 1000 + REQUEST_AFTER)]
    stage.feed(on(B, numbered(3, 4), 2000 + REQUEST_AFTER))
    assert stage.applied() == [1, 2, 3, 4]
    assert stage.quality() is Quality.CURRENT


def test_a_heartbeat_of_what_is_known_changes_nothing() -> None:
    stage = Stage().feed(numbered(1, 2), heartbeat(3), heartbeat(2))
    assert stage.state is ChannelState.SYNCHRONIZED
    assert stage.line(A) == {"packets": 3, "first_arrivals": 1, "heartbeats": 2}


def test_the_session_ends_once_its_last_message_was_applied() -> None:
    stage = Stage().feed(numbered(1), on(A, end_of_session(3), 10))
    assert stage.state is ChannelState.GAP_FILL
    stage.events()
    stage.feed(on(B, numbered(2), 20))
    assert [event.kind for event in stage.events()] == [EventKind.ADD, EventKind.INSIDE, EventKind.END_OF_SESSION]
    assert stage.state is ChannelState.ENDED
    assert stage.quality() is Quality.CURRENT


def test_the_end_of_a_session_is_said_once() -> None:
    stage = Stage().feed(numbered(1), on(A, end_of_session(2)), on(B, end_of_session(2)), on(A, end_of_session(2)))
    assert [event.kind for event in stage.events()].count(EventKind.END_OF_SESSION) == 1


def test_an_end_behind_the_stream_is_not_the_end() -> None:
    stage = Stage().feed(numbered(1, 5), end_of_session(3), numbered(6))
    assert stage.applied() == [1, 2, 3, 4, 5, 6]
    assert stage.state is ChannelState.SYNCHRONIZED


def test_an_end_that_more_follows_was_not_the_end() -> None:
    stage = Stage().feed(numbered(1), end_of_session(2))
    assert stage.state is ChannelState.ENDED
    stage.feed(numbered(2), numbered(3))
    assert stage.applied() == [1, 2, 3]
    assert stage.state is ChannelState.SYNCHRONIZED


def test_the_session_ends_with_a_gap_when_its_last_messages_never_come() -> None:
    stage = Stage().feed(numbered(1), on(A, end_of_session(4), 10)).wait(10 + GIVE_UP_AFTER)
    assert stage.gaps() == [(2, 2)]
    assert stage.state is ChannelState.ENDED
    assert stage.quality() is Quality.STALE


def test_silence_longer_than_the_limit_is_an_alarm_and_makes_books_stale_until_something_is_heard() -> None:
    limits = Limits(LIMITS.request_after_ns, LIMITS.give_up_after_ns, heartbeat_ns=MILLISECOND, start_window=16)
    stage = Stage(limits=limits).feed(on(A, numbered(1), 1000)).wait(1000 + MILLISECOND)
    assert stage.quality() is Quality.CURRENT
    stage.wait(1001 + MILLISECOND)
    assert stage.quality() is Quality.STALE
    assert alarms(stage, IntentionKind.ALARM_SILENT) == [(1000, 0, 1001 + MILLISECOND)]
    stage.wait(1002 + MILLISECOND).feed(on(B, heartbeat(2), 1003 + MILLISECOND))
    assert stage.quality() is Quality.CURRENT
    assert len(alarms(stage, IntentionKind.ALARM_SILENT)) == 1
    stage.wait(1004 + 2 * MILLISECOND)
    assert stage.quality() is Quality.STALE
    assert len(alarms(stage, IntentionKind.ALARM_SILENT)) == 2


def silence_limits() -> Limits:
    return Limits(LIMITS.request_after_ns, LIMITS.give_up_after_ns, heartbeat_ns=MILLISECOND, start_window=16)


def test_a_line_that_falls_silent_is_an_alarm_of_its_own_and_the_books_stay_current() -> None:
    stage = Stage(limits=silence_limits()).feed(on(A, numbered(1), 1000), on(B, numbered(1), 1000))
    stage.feed(on(A, numbered(2), 1000 + MILLISECOND)).wait(1001 + MILLISECOND)
    assert stage.wishes() == [Wish(IntentionKind.ALARM_LINE_SILENT, 1000, B, 1001 + MILLISECOND)]
    assert stage.line(B)["silences"] == 1
    assert silent_lines(stage) == [B]
    assert stage.quality() is Quality.CURRENT


def test_a_silent_line_that_speaks_again_is_watched_again() -> None:
    stage = Stage(limits=silence_limits()).feed(on(A, numbered(1), 1000), on(B, numbered(1), 1000))
    stage.feed(on(A, numbered(2), 1000 + MILLISECOND)).wait(1001 + MILLISECOND)
    again = 1500 + MILLISECOND
    stage.feed(on(B, numbered(2), again), on(A, numbered(3), again))
    assert silent_lines(stage) == []
    stage.feed(on(A, numbered(4), again + MILLISECOND)).wait(again + MILLISECOND + 1)
    assert alarms(stage, IntentionKind.ALARM_LINE_SILENT)[1:] == [(again, B, again + MILLISECOND + 1)]


def test_a_line_that_never_spoke_is_silent_since_the_channel_was_first_heard() -> None:
    stage = Stage(limits=silence_limits()).feed(on(A, numbered(1), 5000), on(A, numbered(2), 5000 + MILLISECOND))
    assert stage.wishes() == []
    stage.wait(5001 + MILLISECOND)
    assert stage.wishes() == [Wish(IntentionKind.ALARM_LINE_SILENT, 0, B, 5001 + MILLISECOND)]


def test_a_line_is_not_silent_because_the_other_begins_the_next_session() -> None:
    stage = Stage(limits=silence_limits())
    stage.feed(*(on(line, one, 1000) for one in (numbered(1), end_of_session(2)) for line in (A, B)))
    stage.feed(*(on(line, numbered(1, session="TUESDAY"), 10**12 + line) for line in (A, B)))
    assert stage.wishes() == []


def test_the_silence_of_a_line_is_said_once() -> None:
    stage = Stage(limits=silence_limits())
    for number in range(1, 40):
        stage.feed(on(A, numbered(number), number * MILLISECOND // 2))
    assert [wish.kind for wish in stage.wishes()] == [IntentionKind.ALARM_LINE_SILENT]


def test_a_foreign_packet_does_not_end_a_silence() -> None:
    stage = Stage(limits=silence_limits()).feed(on(A, numbered(1), 1000)).wait(1001 + MILLISECOND)
    stage.feed(on(A, numbered(9, session="FOREIGN"), 1002 + MILLISECOND))
    assert stage.quality() is Quality.STALE
    assert silent_lines(stage) == [A, B]


def test_an_ended_session_is_not_silent() -> None:
    limits = Limits(heartbeat_ns=MILLISECOND, start_window=16)
    stage = Stage(limits=limits).feed(on(A, numbered(1), 1000), on(A, end_of_session(2), 1000)).wait(10**9)
    assert stage.quality() is Quality.CURRENT
    assert stage.wishes() == []


def test_finishing_gives_up_what_is_open_and_applies_what_waited() -> None:
    stage = Stage().feed(*(numbered(number) for number in (1, 3, 5)), heartbeat(8)).finish()
    assert stage.applied() == [1, 3, 5]
    assert stage.gaps() == [(2, 1), (4, 1), (6, 2)]


# ------------------------------------------------------------------------------------------------------------ starts


def test_before_anything_is_heard_the_channel_is_unknown_and_has_no_books() -> None:
    stage = Stage()
    assert stage.state is ChannelState.UNKNOWN
    assert list(stage.books) == []


def test_joined_late_the_books_are_stale_and_orders_from_before_are_no_alarm() -> None:
    stage = Stage().feed(packet(1000, [add(1), delete(99)]))
    assert stage.applied() == [1000, 1001]
    assert stage.state is ChannelState.BACKFILL
    assert stage.quality() is Quality.STALE
    assert stage.reasons == {Reason.ORDER_BEFORE_START: 1}
    assert stage.gaps() == []


def test_what_came_before_we_joined_is_late() -> None:
    stage = Stage().feed(on(A, numbered(1000)), on(B, numbered(999)))
    assert stage.line(B) == {"packets": 1, "late": 1}
    assert stage.applied() == [1000]


def test_near_the_start_a_first_packet_waits_for_what_is_before_it() -> None:
    stage = Stage().feed(on(A, numbered(3, 4)))
    assert stage.applied() == []
    stage.feed(on(B, numbered(1, 2), 10))
    assert stage.applied() == [1, 2, 3, 4]
    assert stage.quality() is Quality.CURRENT


@pytest.mark.parametrize(("first", "waits"), [(17, True), (18, False)])
def test_the_start_window_ends_where_it_says(first: int, waits: bool) -> None:
    stage = Stage().feed(numbered(first))
    assert (stage.expected == 1) is waits


def test_a_first_heartbeat_says_where_the_session_is() -> None:
    stage = Stage().feed(heartbeat(500), numbered(500))
    assert stage.applied() == [500]
    assert stage.quality() is Quality.STALE
    assert stage.gaps() == []


# ---------------------------------------------------------------------------------------------------------- sessions


def test_a_new_session_clears_books_and_directory() -> None:
    stage = Stage().feed(packet(1, [add(1, symbol="AAPL", locate=1), add(2, symbol="MSFT", locate=2)]))
    assert list(stage.books) == ["AAPL", "MSFT"]
    stage.feed(packet(1, [add(1, "S", 7, 2_000_000, symbol="IBM", locate=1)], session="SESSION002"))
    assert list(stage.books) == ["IBM"]
    bbo = stage.book("IBM").bbo()
    assert bbo[:6] == (None, 0, 2_000_000 * 100_000, 7, Quality.CURRENT, 1)
    assert stage.memory.orders.count == 1
    assert stage.memory.levels.level_count == 1
    assert stage.reasons == {}
    assert [event.values[:2] for event in stage.events() if event.kind is EventKind.SESSION] == [
        (int.from_bytes(b"SESSION0", "big"), int.from_bytes(b"01", "big")),
        (int.from_bytes(b"SESSION0", "big"), int.from_bytes(b"02", "big")),
    ]


def test_a_book_of_the_former_session_says_so() -> None:
    stage = Stage().feed(numbered(1))
    book = stage.book()
    stage.feed(numbered(1, session="SESSION002", symbol="IBM"))
    for read in (book.bbo, book.depth, lambda: book.orders("bid", 1_000_000 * 100_000), lambda: book.queue_ahead(1)):
        with pytest.raises(BookError, match="a new session began"):
            read()


def test_a_book_that_the_new_session_only_named_has_the_new_sessions_sequence() -> None:
    stage = Stage().feed(numbered(1, 9))
    stage.feed(packet(1, [directory(1, "AAPL")], session="SESSION002"))
    bbo = stage.book().bbo()
    assert (bbo.bid_price, bbo.sequence, bbo.venue_time_ns, bbo.mid_event) == (None, 0, 0, False)


def test_packets_of_the_former_session_are_counted_and_dropped() -> None:
    stage = Stage().feed(numbered(1), numbered(1, session="SESSION002"), on(B, numbered(2)))
    assert stage.applied() == [1, 1]
    assert stage.reasons == {Reason.SESSION_OLD: 1}


def test_a_hole_of_the_former_session_is_a_gap_when_the_new_one_begins() -> None:
    stage = Stage().feed(numbered(1), numbered(3), numbered(1, session="SESSION002"))
    assert stage.gaps() == [(2, 2)]
    assert [wish[:3] for wish in stage.wishes()] == [(IntentionKind.ALARM_GAP, 2, 2)]
    assert stage.quality() is Quality.CURRENT
    assert stage.sequencer.held_count == 0


def test_every_line_is_numbered_anew_in_a_new_session() -> None:
    stage = Stage().feed(on(A, numbered(1, 9)), on(B, numbered(1, 9)))
    for line in (A, B):
        stage.feed(on(line, numbered(1, session="SESSION002")), on(line, numbered(3, session="SESSION002")))
    assert stage.line(A)["gaps"] == 1
    assert stage.line(B)["gaps"] == 1
    assert stage.line(B)["missing"] == 1


def test_lead_times_do_not_reach_into_the_former_session() -> None:
    stage = Stage().feed(on(A, numbered(1, 2), 1000), on(A, numbered(3), 1000))
    stage.feed(on(A, numbered(1, 4, session="SESSION002"), 10**9), on(B, numbered(3, session="SESSION002"), 10**9 + 5))
    assert stage.lead(A) == (0, 0, 0)


def test_the_next_day_is_a_new_session_with_earlier_times() -> None:
    stage = Stage().feed(on(A, packet(1, [add(1, at=57_600 * 10**9)], session="MONDAY"), 10**9))
    stage.feed(on(A, end_of_session(2, session="MONDAY"), 10**9))
    assert stage.state is ChannelState.ENDED
    stage.feed(on(A, packet(1, [add(1, quantity=5, at=14_400 * 10**9)], session="TUESDAY"), 86_400 * 10**9))
    assert stage.state is ChannelState.SYNCHRONIZED
    assert stage.book().bbo()[1:7] == (5, None, 0, Quality.CURRENT, 1, 14_400 * 10**9)


# ------------------------------------------------------------------------------------------------------- unsequenced


def test_unsequenced_packets_are_applied_as_they_come_and_never_make_a_book_current() -> None:
    stage = Stage().feed(packet(0, [add(1), add(2)]), packet(0, [add(3)]))
    assert [event.values[2] for event in stage.events() if event.kind is EventKind.ADD] == [1, 2, 3]
    assert stage.quality() is Quality.STALE
    assert stage.gaps() == []


# ----------------------------------------------------------------------------------------------------------- figures


def test_each_line_counts_its_own_gaps_and_what_it_missed() -> None:
    stage = Stage(lines=3)
    stage.feed(on(A, numbered(1)), on(B, numbered(1)), on(A, numbered(2, 3)), on(B, numbered(4)), on(A, numbered(4)))
    stage.feed(on(B, numbered(6)), on(A, numbered(5)), on(A, numbered(6)))
    assert stage.line(A) == {"packets": 5, "first_arrivals": 3, "duplicates": 2}
    assert stage.line(B) == {"packets": 3, "first_arrivals": 2, "duplicates": 1, "gaps": 2, "missing": 3}
    assert stage.line(2) == {}


def test_the_lead_of_the_first_line_over_the_other_is_measured() -> None:
    stage = Stage().feed(on(A, numbered(1), 1000), on(B, numbered(1), 1000 + 3 * MICROSECOND))
    stage.feed(on(A, numbered(2), 10_000), on(B, numbered(2), 10_000 + 5 * MICROSECOND))
    stage.feed(on(B, numbered(3), 20_000), on(A, numbered(3), 20_000 + MICROSECOND), on(A, numbered(3), 30_000))
    assert stage.lead(A) == (2, 8 * MICROSECOND, 5 * MICROSECOND)
    assert stage.lead(B) == (2, MICROSECOND + 10_000, 10_000)


def test_the_gap_list_keeps_every_hole_that_was_given_up() -> None:
    stage = Stage()
    for number in range(10):
        stage.feed(on(A, numbered(3 * number + 1), 1000 * number), on(A, heartbeat(3 * number + 4), 1000 * number))
        stage.wait(1000 * number + GIVE_UP_AFTER + 10**9 * (number + 1))
    assert stage.gaps() == [(3 * number + 2, 2) for number in range(10)]
    assert (stage.sequencer.gap_count, stage.sequencer.gap_messages) == (10, 20)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", Reason.PACKET_SHORT),
        (numbered(1)[:19], Reason.PACKET_SHORT),
        (numbered(1)[:-1], Reason.PACKET_BLOCKS),
        (packet(1, [add(1)], count=2), Reason.PACKET_BLOCKS),
        (packet(1, [b""]), Reason.PACKET_BLOCKS),
        (packet(1 << 63, [add(1)]), Reason.PACKET_SEQUENCE),
    ],
)
def test_a_packet_that_does_not_fit_is_refused_and_the_same_sequence_may_still_come(
    payload: bytes, reason: Reason
) -> None:
    stage = Stage().feed(payload, on(B, numbered(1)))
    assert stage.reasons == {reason: 1}
    assert stage.applied() == [1]
    assert stage.quality() is Quality.CURRENT


def test_bytes_behind_the_last_message_are_counted_and_the_messages_used() -> None:
    stage = Stage().feed(numbered(1) + b"trailer")
    assert stage.reasons == {Reason.PACKET_TRAILING: 1}
    assert stage.applied() == [1]


def test_the_quality_of_a_hole_goes_from_current_over_recovering_to_stale() -> None:
    stage = Stage(capacities=SMALL)
    seen = [stage.feed(numbered(1)).quality()]
    seen += [stage.feed(on(A, numbered(3), 1000)).quality()]
    seen += [stage.wait(1000 + REQUEST_AFTER).quality(), stage.wait(1000 + GIVE_UP_AFTER).quality()]
    seen += [stage.feed(on(A, numbered(4), 2000 + GIVE_UP_AFTER)).quality()]
    assert seen == [Quality.CURRENT, Quality.CURRENT, Quality.RECOVERING, Quality.STALE, Quality.STALE]
