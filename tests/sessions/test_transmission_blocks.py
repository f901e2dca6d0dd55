"""Transmission blocks: numbers, heartbeats, pad bytes, checksums."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedhandler.core.channel import ChannelState, Quality
from feedhandler.core.checksum import bytes_sum
from feedhandler.core.memory import Region
from feedhandler.core.reasons import Reason
from feedhandler.sessions.transmission_blocks import CtaBlockHeader, OpraBlockHeader, cta_encode
from feeds.cta import CQS, messages
from replay import frames
from tests.feeds.consolidated import Scene
from tests.streams import MILLISECOND, Sent

pytestmark = pytest.mark.interpreted

START = messages.StartOfDay.encode(participant_id="S")
INTEGRITY = messages.LineIntegrity.encode(participant_id="S")


def quote(bid: int, indicator: str = "G", symbol: str = "GME") -> bytes:
    return messages.ShortQuote.encode(
        participant_id="N", security_symbol=symbol, bid_price_short=bid, bid_size_short=100,
        offer_price_short=bid + 1, offer_size_short=200, national_bbo_indicator=indicator,
    )  # fmt: skip


def block(number: int, *bodies: bytes) -> bytes:
    """A block with the number that the wire has."""
    return cta_encode(number + 1, bodies)


def bid(scene: Scene) -> tuple[int, Quality]:
    bbo = scene.bbo("GME")
    return bbo.bid_price // 10_000_000, bbo.quality


def test_numbers_begin_at_0_and_count_messages() -> None:
    scene = Scene(CQS).feed(block(0, START), block(1, quote(10), quote(11)), block(3, quote(12)))
    assert bid(scene) == (12, Quality.CURRENT)
    assert scene.memory.channel.state == ChannelState.SYNCHRONIZED
    assert scene.reasons == {}
    scene.feed(block(5, quote(13))).wait(50 * MILLISECOND)
    assert scene.memory.sequencer.gap_count == 1


def test_the_other_session_numbers_blocks() -> None:
    scene = Scene(CQS, "cta_blocks").feed(block(0, START), block(1, quote(10), quote(11)), block(2, quote(12)))
    assert bid(scene) == (12, Quality.CURRENT)
    scene.feed(block(4, quote(13))).wait(50 * MILLISECOND)
    assert scene.memory.sequencer.gap_count == 1


def test_where_blocks_are_numbered_and_messages_believed_no_book_is_trusted() -> None:
    scene = Scene(CQS).feed(block(0, START), block(1, quote(10), quote(11)), block(2, quote(12)))
    assert scene.reasons == {Reason.PACKET_INSIDE: 1}
    assert bid(scene) == (11, Quality.STALE)
    assert scene.memory.channel.state == ChannelState.BACKFILL


def test_a_block_that_waits_is_contradicted_by_one_inside_it_too() -> None:
    scene = Scene(CQS).feed(block(0, START), block(2, quote(10), quote(11)), block(3, quote(12)))
    assert scene.reasons == {Reason.PACKET_INSIDE: 1}


def test_copies_and_late_blocks_contradict_nothing() -> None:
    first, second, third = block(1, quote(10), quote(11)), block(3, quote(12), quote(13)), block(5, quote(14))
    scene = Scene(CQS).feed(Sent(block(0, START)))
    scene.feed(*(Sent(one, line) for one, line in ((second, 0), (second, 1), (first, 1), (first, 0), (third, 0))))
    scene.feed(Sent(third, 1), Sent(second, 1), Sent(first, 1))
    assert bid(scene) == (14, Quality.CURRENT)
    assert scene.reasons == {}


def test_the_other_line_fills_a_hole() -> None:
    first, second, third = block(1, quote(10)), block(2, quote(11)), block(3, quote(12, "A"))
    scene = Scene(CQS).feed(Sent(block(0, START)), Sent(first), Sent(third), Sent(first, 1), Sent(second, 1))
    assert bid(scene) == (11, Quality.CURRENT)
    assert scene.memory.sequencer.holes_filled == 1


def test_line_integrity_tells_that_the_last_block_was_lost() -> None:
    scene = Scene(CQS).feed(block(0, START), block(1, quote(10)), block(1, INTEGRITY)).wait(5 * MILLISECOND)
    assert bid(scene) == (10, Quality.CURRENT)
    scene.feed(Sent(block(2, INTEGRITY), at=6 * MILLISECOND)).wait(10 * MILLISECOND)
    assert bid(scene) == (10, Quality.RECOVERING)
    scene.wait(50 * MILLISECOND)
    assert bid(scene) == (10, Quality.STALE)


def test_line_integrity_before_the_day_says_nothing_is_lost() -> None:
    scene = Scene(CQS).feed(block(0, INTEGRITY), block(0, START), block(1, quote(10))).wait(50 * MILLISECOND)
    assert bid(scene) == (10, Quality.CURRENT)
    assert scene.memory.sequencer.gap_count == 0


def test_the_next_day_begins_again_at_0() -> None:
    scene = Scene(CQS).feed(*[block(0, START), *(block(number, quote(10)) for number in range(1, 80))])
    scene.feed(block(0, START), block(1, quote(20)))
    assert bid(scene) == (20, Quality.CURRENT)
    assert scene.memory.sequencer.sessions == 2


def test_a_block_of_an_odd_length_is_padded() -> None:
    padded = block(1, quote(10))
    assert (len(padded), CtaBlockHeader.decode(padded[:20])["block_size"]) == (68, 68)
    assert bid(Scene(CQS).feed(block(0, START), padded)) == (10, Quality.CURRENT)


@pytest.mark.parametrize("place", [5, 18, 40, -1])
def test_a_block_whose_bytes_do_not_add_up_is_counted_and_the_other_line_s_is_used(place: int) -> None:
    right = block(1, quote(10))
    wrong = bytearray(right)
    wrong[place] ^= 64
    scene = Scene(CQS).feed(Sent(block(0, START)), Sent(bytes(wrong)), Sent(right, 1))
    assert scene.reasons == {Reason.PACKET_CHECKSUM: 1}
    assert bid(scene) == (10, Quality.CURRENT)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (block(1, quote(10))[:19], Reason.PACKET_SHORT),
        (block(1, quote(10))[:-1], Reason.PACKET_BLOCKS),
        (block(1), Reason.PACKET_BLOCKS),
        (block(1, quote(10)[:-1]), Reason.PACKET_BLOCKS),
        (block(1, b"\0\3Q"), Reason.PACKET_BLOCKS),
    ],
)
def test_a_block_that_does_not_fit_is_refused_whole(payload: bytes, reason: Reason) -> None:
    scene = Scene(CQS).feed(block(0, START), payload)
    assert scene.reasons == {reason: 1}
    assert scene.memory.sequencer.expected == 2


def test_what_a_link_added_behind_a_block_is_none_of_ours() -> None:
    assert bid(Scene(CQS).feed(block(0, START), block(1, quote(10)) + b"trailer")) == (10, Quality.CURRENT)


def test_every_captured_block_adds_up(captures: Path) -> None:
    count = 0
    for file in sorted(captures.glob("siac/*/*.pcap")):
        header = OpraBlockHeader if "Opra" in file.parent.name else CtaBlockHeader
        for frame in frames(file):
            head = header.decode(frame.payload[: header.size])
            total = sum(frame.payload[: head["block_size"]]) - sum(frame.payload[header.size - 2 : header.size])
            assert total & 0xFFFF == head["block_checksum"]
            count += 1
    assert count == 16


@given(st.binary(max_size=1500), st.integers(0, 9))
def test_the_sum_of_bytes_is_their_sum_wherever_they_lie(data: bytes, offset: int) -> None:
    region = Region("test.sum", 2048, huge=False)
    region.array("u1")[offset : offset + len(data)] = list(data)
    assert bytes_sum(region.address + offset, len(data)) == sum(data)
    assert bytes_sum(region.address, 0) == 0


def test_the_sum_of_the_largest_datagram_of_255_does_not_overflow() -> None:
    region = Region("test.sum", 65_536, huge=False)
    region.array("u1")[:] = 255
    assert bytes_sum(region.address, 65_535) == 65_535 * 255
