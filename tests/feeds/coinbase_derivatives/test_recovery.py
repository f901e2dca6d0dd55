"""Coinbase Derivatives when something is missing: a book that says CURRENT is the venue's, whatever was lost."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from feedhandler.core.channel import ChannelState, Quality
from feedhandler.core.reasons import Reason
from feedhandler.pipeline.state import Limits
from feedhandler.sessions.cde_multicast import packet_encode
from feeds.coinbase_derivatives import messages
from tests.feeds.coinbase_derivatives.stream import (
    CENT,
    CHANNEL,
    DAY,
    LIMITS,
    OTHER,
    SNAPSHOTS,
    STREAM,
    WHOLE,
    Channel,
    Scene,
    head,
    packets,
    problem,
)
from tests.streams import MILLISECOND

pytestmark = pytest.mark.interpreted

NAMES = ("BITZ21", "TECZ21-TECH22")


def put(sequence: int, number: int, order: int, quantity: int = 5, day: int = DAY, instrument: int = 11) -> bytes:
    body = messages.OrderPut.encode(
        instr_header=head(instrument, number, 1, WHOLE, day, 1_000 + sequence), order_id=order, price=1000 * CENT,
        quantity=quantity,
    )  # fmt: skip
    return packet_encode(sequence, [body], CHANNEL)


def snapshot(
    sequence: int, last: int, *orders: tuple[int, int], day: int = DAY, parts: int = 99, count: int | None = None
) -> list[bytes]:
    """A snapshot of instrument 11, all orders bid for at 1,000, in packets of `parts` messages."""
    bodies = [
        messages.StartOfOutrightInstrumentSnapshot.encode(
            last_instr_seq_num=last, symbol="BITZ21", trading_session_date=day,
            order_count=len(orders) if count is None else count, trading_status=1,
        ),
        *(
            messages.OrderSnapshot.encode(
                snapshot_seq_num=number, quantity=quantity, order_id=order, price=1000 * CENT, transact_time=number
            )
            for number, (order, quantity) in enumerate(orders, 1)
        ),
        messages.EndOfSnapshot.encode(snapshot_seq_num=len(orders) + 1, last_trade_qty=0),
    ]  # fmt: skip
    return [packet_encode(sequence, bodies[at : at + parts], CHANNEL, 11) for at in range(0, len(bodies), parts)]


def orders(scene: Scene) -> list[tuple[int, int]]:
    return scene.queues("BITZ21").get((1, 1000 * CENT), [])


def problems(scene: Scene, channel: Channel) -> list[str]:
    return [found for name in NAMES if (found := problem(scene, channel.truths, name))]


@pytest.mark.parametrize("seed", range(3))
def test_a_stream_heard_from_its_first_message_gives_the_venue_s_books_after_every_packet(seed: int) -> None:
    channel = Channel(seed, first=1)
    scene = Scene()
    for number in range(80):
        if number == 40:
            channel.next_day()
        for payload in channel.step():
            scene.send(payload)
            scene.send(*(one for round_ in ([] if number % 9 else channel.loop()) for one in round_), line=SNAPSHOTS)
            assert problems(scene, channel) == []
    assert scene.reasons() == {}
    assert {scene.quality(name + suffix) for name in NAMES for suffix in ("", " IMPLIED")} == {Quality.CURRENT}


@pytest.mark.parametrize("seed", range(4))
def test_a_current_book_is_the_venue_s_whatever_was_lost_and_snapshots_bring_all_back(seed: int) -> None:
    channel, source = Channel(seed), random.Random(seed)
    scene = Scene()
    told: Counter[Quality] = Counter()
    waiting: list[bytes] = []
    for number in range(100):
        if number == 60:
            channel.next_day()
        for payload in channel.step():
            if source.random() > 0.06:
                scene.send(payload)
            # Snapshots come at once, or when the stream has gone on, or only in part, or twice.
            if source.random() < 0.2:
                waiting = [one for packets_ in channel.loop() for one in packets_]
            while waiting and source.random() < 0.75:
                one = waiting.pop(0)
                scene.send(one, line=SNAPSHOTS)
                if source.random() < 0.3:
                    scene.send(one, line=SNAPSHOTS)
            assert problems(scene, channel) == []
            told.update(scene.quality(name) for name in NAMES if name in scene.books)
    assert min(told[Quality.STALE], told[Quality.CURRENT]) > 0
    # While the stream rests, one round brings all back.
    scene.send(*channel.step(), *channel.step(), *channel.step())
    scene.send(*(one for packets_ in channel.loop() for one in packets_), line=SNAPSHOTS)
    for name in NAMES:
        assert problem(scene, channel.truths, name) is None
        assert scene.quality(name) is Quality.CURRENT


@pytest.mark.parametrize("seed", range(3))
def test_lines_that_cut_packets_elsewhere_and_lose_some_make_one_stream(seed: int) -> None:
    """A and B carry the same messages in other packets."""
    channel, source = Channel(seed, first=1), random.Random(seed)
    bodies = [body for _ in range(40) for body in channel.transaction()]
    patient = Limits(request_after_ns=500 * MILLISECOND, give_up_after_ns=900 * MILLISECOND, start_window=1)
    whole = Scene(*packets(source, 1, bodies), limits=patient)
    both = Scene(limits=patient)
    for at in range(0, len(bodies), 12):
        ways = [
            (line, payload)
            for line in (STREAM, OTHER) for payload in packets(source, at + 1, bodies[at : at + 12])
        ]  # fmt: skip
        lost = {place for place, (line, _) in enumerate(ways) if line == OTHER and source.random() < 0.4}
        for place, (line, payload) in enumerate(ways):
            if place not in lost:
                both.send(payload, line=line)
    assert (whole.digest, whole.reasons()) == (both.digest, both.reasons())
    assert {both.quality(name) for name in ("#11", "#12")} == {Quality.CURRENT}
    assert [whole.queues(name) for name in ("#11", "#12")] == [both.queues(name) for name in ("#11", "#12")]


def test_who_joins_late_is_stale_until_a_snapshot_of_the_instrument() -> None:
    scene = Scene(put(500, 7, 3), put(501, 8, 4))
    assert scene.quality("#11") is Quality.STALE
    scene.send(*snapshot(501, 8, (1, 9), (3, 5), (4, 5)), line=SNAPSHOTS)
    assert (scene.quality("BITZ21"), orders(scene)) == (Quality.CURRENT, [(1, 9), (3, 5), (4, 5)])
    assert scene.books["BITZ21"].bbo().sequence == 501


def test_a_snapshot_ahead_of_the_stream_counts_from_its_own_message_and_what_lies_in_it_is_passed_over() -> None:
    scene = Scene(put(500, 7, 3)).send(*snapshot(503, 10, (1, 9), (5, 2)), line=SNAPSHOTS)
    assert (scene.quality("BITZ21"), scene.books["BITZ21"].bbo().sequence) == (Quality.CURRENT, 503)
    scene.send(put(501, 8, 3, 4), put(502, 9, 77), put(503, 10, 5, 2))
    assert (orders(scene), scene.books["BITZ21"].bbo().sequence) == ([(1, 9), (5, 2)], 503)
    scene.send(put(504, 11, 6))
    assert (scene.quality("BITZ21"), orders(scene)) == (Quality.CURRENT, [(1, 9), (5, 2), (6, 5)])


def test_a_trade_that_a_snapshot_holds_is_announced_and_does_not_turn_the_book_back() -> None:
    scene = Scene(put(500, 7, 3)).send(*snapshot(502, 9, (1, 9)), line=SNAPSHOTS)
    traded = messages.Trade.encode(instr_header=head(11, 8, 1), match_id=9, price=1000 * CENT, quantity=2)
    scene.send(packet_encode(501, [traded], CHANNEL))
    assert scene.books["BITZ21"].bbo().sequence == 502
    assert scene.pipeline.channels[0].channel.event_count > 0


def test_a_snapshot_behind_what_was_applied_is_not_used() -> None:
    scene = Scene(put(500, 7, 3), put(501, 8, 4)).send(*snapshot(500, 7, (3, 5)), line=SNAPSHOTS)
    assert scene.quality("BITZ21") is Quality.STALE


def test_a_snapshot_that_does_not_reach_the_gap_is_not_used() -> None:
    """Nothing was heard of the instrument behind the snapshot, but something may have been lost."""
    scene = Scene(put(500, 7, 3)).send(*snapshot(500, 7, (3, 5)), line=SNAPSHOTS)
    assert scene.quality("BITZ21") is Quality.CURRENT
    scene.send(put(504, 1, 9, instrument=12), put(505, 2, 9, instrument=12), put(506, 3, 9, instrument=12))
    assert scene.quality("BITZ21") is Quality.STALE
    scene.send(*snapshot(502, 7, (3, 5)), line=SNAPSHOTS)
    assert scene.quality("BITZ21") is Quality.STALE
    scene.send(*snapshot(503, 7, (3, 5)), line=SNAPSHOTS)
    assert scene.quality("BITZ21") is Quality.CURRENT


def test_an_instrument_that_lost_nothing_by_a_gap_is_right_again_with_its_next_message() -> None:
    scene = Scene(put(500, 7, 3)).send(*snapshot(500, 7, (3, 5)), line=SNAPSHOTS)
    scene.send(put(504, 1, 9, instrument=12), put(505, 2, 9, instrument=12), put(506, 3, 9, instrument=12))
    scene.send(put(507, 8, 4))
    assert (scene.quality("BITZ21"), orders(scene)) == (Quality.CURRENT, [(3, 5), (4, 5)])


def test_an_instrument_whose_numbers_jump_is_stale_and_counted() -> None:
    scene = Scene(put(500, 7, 3)).send(*snapshot(500, 7, (3, 5)), line=SNAPSHOTS)
    scene.send(put(501, 9, 4))
    assert scene.quality("BITZ21") is Quality.STALE
    assert scene.reasons() == {Reason.INSTRUMENT_GAP: 1}
    scene.send(put(502, 10, 5))
    assert scene.quality("BITZ21") is Quality.STALE


def test_another_trading_day_numbers_anew_unless_something_of_the_stream_is_missing() -> None:
    scene = Scene(put(500, 7, 3)).send(*snapshot(500, 7, (3, 5)), line=SNAPSHOTS)
    scene.send(put(501, 1, 4, day=DAY + 1))
    assert (scene.quality("BITZ21"), orders(scene)) == (Quality.CURRENT, [(3, 5), (4, 5)])
    scene.send(put(506, 1, 9, instrument=12), put(507, 2, 9, instrument=12), put(508, 3, 9, instrument=12))
    scene.send(put(509, 1, 6, day=DAY + 2))
    assert scene.quality("BITZ21") is Quality.STALE
    assert scene.reasons()[Reason.INSTRUMENT_GAP] == 1


def test_a_snapshot_in_packets_counts_when_all_of_it_came_in_order() -> None:
    scene = Scene(put(500, 7, 3))
    first, second, third = snapshot(500, 7, (1, 9), (3, 5), (4, 2), parts=2)
    scene.send(first, third, line=SNAPSHOTS)
    assert scene.quality("BITZ21") is Quality.STALE
    # The other line brings it whole; what came is passed over.
    scene.send(first, second, line=SNAPSHOTS)
    assert scene.quality("BITZ21") is Quality.STALE
    scene.send(third, line=SNAPSHOTS)
    assert (scene.quality("BITZ21"), orders(scene)) == (Quality.CURRENT, [(1, 9), (3, 5), (4, 2)])


def test_a_stream_that_goes_on_behind_a_snapshot_that_is_not_whole_ends_it() -> None:
    scene = Scene(put(500, 7, 3))
    first, second, third = snapshot(500, 7, (1, 9), (3, 5), (4, 2), parts=2)
    scene.send(first, line=SNAPSHOTS).send(put(501, 8, 9)).send(second, third, line=SNAPSHOTS)
    assert scene.quality("BITZ21") is Quality.STALE


def test_a_snapshot_with_fewer_orders_than_it_announced_is_refused() -> None:
    scene = Scene(put(500, 7, 3)).send(*snapshot(500, 7, (1, 9), count=2), line=SNAPSHOTS)
    assert scene.quality("BITZ21") is Quality.STALE
    assert scene.reasons() == {Reason.MESSAGE_FIELD: 1}


def test_a_message_that_cannot_be_read_leaves_the_book_stale_though_its_number_was_the_next() -> None:
    scene = Scene(put(500, 7, 3)).send(*snapshot(500, 7, (3, 5)), line=SNAPSHOTS)
    body = messages.OrderPut.encode(instr_header=head(11, 8, 0), order_id=9, price=CENT, quantity=1)
    scene.send(packet_encode(501, [body], CHANNEL), put(502, 9, 4))
    assert scene.quality("BITZ21") is Quality.STALE


def test_a_snapshot_among_incremental_messages_is_refused() -> None:
    scene = Scene(put(500, 7, 3))
    body = messages.StartOfOutrightInstrumentSnapshot.encode(last_instr_seq_num=7, symbol="BITZ21")
    scene.send(packet_encode(501, [body], CHANNEL, flags=1))
    assert scene.reasons()[Reason.MESSAGE_FIELD] == 1
    assert scene.quality("#11") is Quality.STALE


def test_a_reserved_clear_makes_the_book_stale_since_nobody_says_what_it_means() -> None:
    scene = Scene(put(500, 7, 3)).send(*snapshot(500, 7, (3, 5)), line=SNAPSHOTS)
    body = messages.OrderDelete.encode(instr_header=head(11, 8, 1, WHOLE | 128), order_id=3)
    scene.send(packet_encode(501, [body], CHANNEL))
    assert scene.quality("BITZ21") is Quality.STALE


def test_a_heartbeat_shows_what_is_missing_and_a_retransmission_brings_it() -> None:
    patient = Limits(request_after_ns=MILLISECOND, give_up_after_ns=900 * MILLISECOND, start_window=1)
    scene = Scene(put(1, 1, 3), limits=patient).send(packet_encode(3, [], CHANNEL), packet_encode(3, [], CHANNEL))
    assert scene.pipeline.channels[0].channel.state == ChannelState.GAP_FILL
    assert scene.quality("#11") is Quality.RECOVERING
    # The service sends with or without the mark of incremental messages.
    body = messages.OrderPut.encode(instr_header=head(11, 2, 1), order_id=4, price=1000 * CENT, quantity=5)
    scene.send(packet_encode(2, [body], CHANNEL, flags=4))
    assert scene.quality("#11") is Quality.CURRENT


def test_requests_and_rejects_say_nothing_of_the_stream() -> None:
    scene = Scene(put(1, 1, 3))
    reject = messages.RetransmitReject.encode(retry_delay_nanos=5, details="too low", reason=1)
    scene.send(packet_encode(987_654, [reject], CHANNEL), packet_encode(987_655, [reject], CHANNEL))
    assert scene.quality("#11") is Quality.CURRENT
    assert scene.reasons() == {}


def test_a_channel_wired_to_another_one_s_line_is_not_taken_for_it() -> None:
    scene = Scene(put(1, 1, 3), limits=LIMITS)
    body = messages.OrderPut.encode(instr_header=head(99, 1, 1), order_id=4, price=1000 * CENT, quantity=5)
    scene.send(packet_encode(2, [body], CHANNEL + 1), line=OTHER)
    assert scene.reasons() == {Reason.SESSION_UNCONFIRMED: 1}
    assert "#99" not in scene.books
