"""B3 Binary UMDF when something is missing: a book that says CURRENT is the venue's, whatever was lost."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from feedhandler.core.channel import ChannelState, Quality
from feedhandler.core.reasons import Reason
from feedhandler.sessions.umdf_binary import packet_encode
from feeds.b3_umdf import messages
from tests.feeds.b3_umdf.stream import (
    BOTH_WAYS,
    COPY,
    DEFINITIONS,
    END,
    NEW,
    SNAPSHOTS,
    VERSION,
    Channel,
    Instrument,
    Scene,
    definition,
    problem,
)

pytestmark = pytest.mark.interpreted

NAMES = ("PETR4", "VALE3")
PETR4, VALE3 = 200_000_000_011, 200_000_000_012


def named(channel: Channel) -> bytes:
    return packet_encode(1, [definition(one.code, one.symbol) for one in channel.instruments], VERSION)


def problems(scene: Scene, channel: Channel) -> list[str]:
    return [found for name in NAMES if (found := problem(scene, channel, name))]


@pytest.mark.parametrize("way", BOTH_WAYS)
@pytest.mark.parametrize("seed", range(2))
def test_a_complete_stream_gives_the_venue_s_books_after_every_packet(way: str, seed: int) -> None:
    channel = Channel(way, seed)
    scene = Scene(way).send(named(channel), line=DEFINITIONS)
    for number in range(70):
        scene.send(channel.step())
        if number % 9 == 0:
            scene.send(*channel.loop(), line=SNAPSHOTS)
        assert problems(scene, channel) == []
    assert scene.reasons() == {}
    assert {scene.quality(name + suffix) for name in NAMES for suffix in ("", " MARKET")} == {Quality.CURRENT}


@pytest.mark.parametrize("way", BOTH_WAYS)
@pytest.mark.parametrize("seed", range(3))
def test_a_current_book_is_the_venue_s_whatever_was_lost_and_snapshots_bring_all_back(way: str, seed: int) -> None:
    channel, source = Channel(way, seed, first=1 if seed % 2 else 500), random.Random(seed)
    scene = Scene(way).send(named(channel), line=DEFINITIONS)
    told: Counter[Quality] = Counter()
    waiting: list[tuple[int, bytes]] = []
    for _ in range(90):
        packet = channel.step()
        if source.random() > 0.06:
            scene.send(packet)
        # Rounds come at once, or when the stream has gone on, or only in part, on one line or two.
        if source.random() < 0.15:
            waiting = [(line, one) for one in channel.loop() for line in (SNAPSHOTS, COPY)[: source.randint(1, 2)]]
        while waiting and source.random() < 0.85:
            line, one = waiting.pop(0)
            if source.random() > 0.06:
                scene.send(one, line=line)
        assert problems(scene, channel) == []
        told.update(scene.quality(name) for name in NAMES if name in scene.books)
    assert min(told[Quality.STALE], told[Quality.CURRENT]) > 0
    # While the stream rests, a round brings all back.
    scene.send(channel.step(), channel.step(), channel.step())
    scene.send(*channel.loop(), line=SNAPSHOTS)
    assert problems(scene, channel) == []
    assert {scene.quality(name) for name in NAMES} == {Quality.CURRENT}


class Fixed:
    """PETR4 with one bid, and VALE3, made by hand."""

    def __init__(self, way: str = "v2", first: int = 100) -> None:
        self.way = way
        self.petr4 = Instrument(way, PETR4, "PETR4", random.Random(1))
        self.vale3 = Instrument(way, VALE3, "VALE3", random.Random(1))
        self.petr4.rpt_seq = 7
        self.number = first - 1
        self.order_id = 0

    def bid(self, one: Instrument, price: int = 990) -> bytes:
        """A packet with one more bid."""
        self.order_id += 1
        return self.packet(one.enter("0", [self.order_id, price, 100]))

    def packet(self, *bodies: bytes) -> bytes:
        self.number += 1
        return packet_encode(self.number, bodies, VERSION)

    def round(
        self, one: Instrument, processed: int | None = None, room: int = 99, version: int = VERSION
    ) -> list[bytes]:
        listed = one.snapshot(self.number if processed is None else processed, version)
        return [
            packet_encode(place, listed[at : at + room], VERSION)
            for place, at in enumerate(range(0, len(listed), room), 1)
        ]


def current(way: str = "v2") -> tuple[Scene, Fixed]:
    """A scene that joined late and has PETR4 from a snapshot."""
    venue = Fixed(way)
    scene = Scene(way, venue.bid(venue.petr4))
    scene.send(packet_encode(1, [definition(PETR4, "PETR4"), definition(VALE3, "VALE3")], VERSION), line=DEFINITIONS)
    assert scene.quality("PETR4") is Quality.STALE
    scene.send(*venue.round(venue.petr4), line=SNAPSHOTS)
    assert (scene.quality("PETR4"), scene.book("PETR4")) == (Quality.CURRENT, venue.petr4.truth())
    return scene, venue


def lossy() -> tuple[Scene, Fixed]:
    """The same with five more bids, one of them lost in a gap."""
    scene, venue = current()
    scene.send(*[venue.bid(venue.petr4) for _ in range(4)])
    venue.bid(venue.petr4)
    scene.send(*[venue.bid(venue.vale3) for _ in range(3)])
    assert scene.quality("PETR4") is Quality.STALE
    return scene, venue


@pytest.mark.parametrize("way", BOTH_WAYS)
def test_who_joins_late_is_stale_until_a_snapshot(way: str) -> None:
    scene, venue = current(way)
    scene.send(venue.bid(venue.petr4))
    assert (scene.quality("PETR4"), scene.book("PETR4")) == (Quality.CURRENT, venue.petr4.truth())
    assert scene.pipeline.channels[0].channel.state == ChannelState.BACKFILL


def test_a_snapshot_ahead_of_the_stream_holds_what_the_stream_still_says() -> None:
    scene, venue = current()
    venue.number += 3
    scene.send(*[venue.bid(venue.vale3) for _ in range(3)])
    assert scene.quality("PETR4") is Quality.STALE
    late = [venue.bid(venue.petr4), venue.bid(venue.petr4)]
    scene.send(*venue.round(venue.petr4), line=SNAPSHOTS)
    assert (scene.quality("PETR4"), scene.books["PETR4"].bbo().sequence) == (Quality.CURRENT, venue.number)
    scene.send(*late)
    assert scene.book("PETR4") == venue.petr4.truth()
    assert scene.books["PETR4"].bbo().sequence == venue.number


def test_before_version_15_a_snapshot_of_packets_that_nobody_heard_of_may_be_of_another_numbering() -> None:
    scene, venue = current("v1")
    venue.number += 3
    scene.send(*[venue.bid(venue.vale3) for _ in range(3)])
    scene.send(*venue.round(venue.petr4, processed=venue.number + 1), line=SNAPSHOTS)
    assert scene.quality("PETR4") is Quality.STALE
    scene.send(*venue.round(venue.petr4), line=SNAPSHOTS)
    assert scene.quality("PETR4") is Quality.CURRENT


def test_a_snapshot_of_another_numbering_is_not_used() -> None:
    scene, venue = current()
    venue.number += 3
    scene.send(*[venue.bid(venue.vale3) for _ in range(3)])
    scene.send(*venue.round(venue.petr4, version=VERSION - 1), line=SNAPSHOTS)
    assert scene.quality("PETR4") is Quality.STALE
    scene.send(*venue.round(venue.petr4), line=SNAPSHOTS)
    assert scene.quality("PETR4") is Quality.CURRENT


def test_a_snapshot_that_does_not_reach_the_gap_is_not_used() -> None:
    scene, venue = current()
    venue.number += 3
    scene.send(*[venue.bid(venue.vale3) for _ in range(3)])
    scene.send(*venue.round(venue.petr4, processed=102), line=SNAPSHOTS)
    assert scene.quality("PETR4") is Quality.STALE
    scene.send(*venue.round(venue.petr4, processed=103), line=SNAPSHOTS)
    assert scene.quality("PETR4") is Quality.CURRENT


def test_an_instrument_that_lost_nothing_by_a_gap_is_right_again_with_its_next_message() -> None:
    scene, venue = current()
    venue.number += 3
    scene.send(*[venue.bid(venue.vale3) for _ in range(3)])
    assert scene.quality("PETR4") is Quality.STALE
    scene.send(venue.bid(venue.petr4))
    assert (scene.quality("PETR4"), scene.book("PETR4")) == (Quality.CURRENT, venue.petr4.truth())


def test_rpt_seq_that_jumps_makes_one_instrument_stale_and_is_counted() -> None:
    scene, venue = current()
    venue.petr4.rpt_seq += 1
    scene.send(venue.bid(venue.petr4))
    assert scene.quality("PETR4") is Quality.STALE
    assert scene.reasons() == {Reason.INSTRUMENT_GAP: 1}


def test_an_empty_book_is_right_whatever_was_missing_before() -> None:
    scene, venue = current()
    venue.number += 3
    scene.send(*[venue.bid(venue.vale3) for _ in range(3)])
    venue.petr4.rpt_seq += 5
    venue.petr4.sides["0"].clear()
    empty = messages.EmptyBook9.encode(security_id=PETR4, match_event_indicator=END)
    scene.send(venue.packet(empty), venue.bid(venue.petr4))
    assert (scene.quality("PETR4"), scene.book("PETR4")) == (Quality.CURRENT, venue.petr4.truth())
    # Its numbers are not known from here on: what a gap takes next is not proved to be nothing.
    scene.send(venue.packet(empty))
    venue.number += 3
    scene.send(*[venue.bid(venue.vale3) for _ in range(3)], venue.bid(venue.petr4))
    assert scene.quality("PETR4") is Quality.STALE


def test_a_channel_reset_empties_all_books_and_nothing_is_missing_of_them() -> None:
    scene, venue = current()
    scene.send(venue.packet(messages.ChannelReset11.encode(match_event_indicator=END)))
    assert (scene.quality("PETR4"), scene.book("PETR4")) == (Quality.CURRENT, {"0": [], "1": []})


def test_a_part_of_a_snapshot_that_is_missing_is_not_taken_from_another_round() -> None:
    scene, venue = lossy()
    first, second, third, *_rest = venue.round(venue.petr4, room=2)
    scene.send(first, second, line=SNAPSHOTS)
    # The book has changed since, and the next round's packets go on where the first one broke off.
    scene.send(venue.packet(venue.petr4.delete("0", 0)))
    assert scene.quality("PETR4") is Quality.STALE
    again = venue.round(venue.petr4, room=2)
    scene.send(*again[1:], line=SNAPSHOTS)
    assert scene.quality("PETR4") is Quality.STALE
    scene.send(third, line=SNAPSHOTS)
    assert scene.quality("PETR4") is Quality.STALE
    scene.send(*again, line=SNAPSHOTS)
    assert (scene.quality("PETR4"), scene.book("PETR4")) == (Quality.CURRENT, venue.petr4.truth())


def test_two_lines_of_snapshots_do_not_disturb_each_other() -> None:
    scene, venue = lossy()
    for one in venue.round(venue.petr4, room=1):
        scene.send(one, line=SNAPSHOTS)
        scene.send(one, line=COPY)
    assert (scene.quality("PETR4"), scene.book("PETR4")) == (Quality.CURRENT, venue.petr4.truth())


def test_another_version_of_the_numbering_is_another_session() -> None:
    scene, _venue = current()
    again = Fixed(first=1)
    payload = again.packet(definition(PETR4, "PETR4"), again.petr4.enter("0", [1, 990, 100]))
    scene.send(payload.replace(VERSION.to_bytes(2, "little"), (VERSION + 1).to_bytes(2, "little"), 1))
    assert (scene.quality("PETR4"), scene.book("PETR4")) == (Quality.CURRENT, again.petr4.truth())


def test_a_heartbeat_says_which_packet_comes_next() -> None:
    scene, venue = current()
    beat = packet_encode(0, [messages.Sequence2.encode(next_seq_no=venue.number + 1)], VERSION)
    scene.send(beat, beat)
    assert scene.quality("PETR4") is Quality.CURRENT
    late = packet_encode(0, [messages.Sequence2.encode(next_seq_no=venue.number + 2)], VERSION)
    scene.send(late, late, late)
    assert scene.quality("PETR4") in (Quality.RECOVERING, Quality.STALE)
    # In a loop it says nothing of the stream.
    scene, venue = current()
    loop = packet_encode(0, [messages.Sequence2.encode(next_seq_no=1)], VERSION)
    scene.send(loop, loop, loop, line=SNAPSHOTS)
    assert (scene.quality("PETR4"), scene.reasons()) == (Quality.CURRENT, {})


@pytest.mark.parametrize(
    ("place", "price"), [(3, 990), (2, 995), (1, 980)]
)
def test_a_place_that_does_not_fit_the_price_makes_the_book_stale(place: int, price: int) -> None:
    scene, venue = current("v1")
    scene.send(venue.packet(venue.petr4.order("0", place - 1, [50, price, 100], NEW)))
    assert scene.quality("PETR4") is Quality.STALE
    assert scene.reasons()[Reason.ORDER_PLACE] == 1


def test_an_order_that_is_not_the_one_at_its_place_makes_the_book_stale() -> None:
    scene, venue = current("v1")
    venue.petr4.sides["0"][0][0] = 999
    scene.send(venue.packet(venue.petr4.delete("0", 0)))
    assert scene.quality("PETR4") is Quality.STALE
    assert scene.reasons()[Reason.ORDER_UNKNOWN] == 1
