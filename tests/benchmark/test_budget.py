"""The time budget of a packet: the arithmetic of the wire and of costs."""

from __future__ import annotations

import pytest

from feedhandler.benchmark.budget import Cost, lines, wire_bytes, wire_ns

COST = Cost(receive_ns=100.0, packet_ns=50.0, message_ns=25.0, header_bytes=20.0, message_bytes=30.0)


@pytest.mark.parametrize(
    ("payload", "bytes_", "gigabits", "nanoseconds"),
    [(1, 84, 10, 67.2), (18, 84, 10, 67.2), (18, 84, 200, 3.36), (19, 85, 1, 680.0), (1_472, 1_538, 10, 1_230.4)],
)
def test_a_full_line_leaves_the_time_of_its_bytes(
    payload: int, bytes_: int, gigabits: int, nanoseconds: float
) -> None:
    """A minimum-size packet every 67.2 ns at 10 GbE; a frame of 1,518 bytes takes 1,538 of the wire."""
    assert wire_bytes(payload) == bytes_
    assert wire_ns(payload, gigabits) == pytest.approx(nanoseconds)


def test_headroom_is_the_budget_by_what_a_packet_takes() -> None:
    assert (COST.messages_in(140), COST.processing_ns(140), COST.payload_of(4)) == (4.0, 150.0, 140)
    ten = {line.gigabits: line for line in lines(COST, 140)}[10]
    assert ten.budget_ns == pytest.approx(8 * 206 / 10)
    assert (ten.headroom, ten.headroom_of_processing) == pytest.approx((164.8 / 250, 164.8 / 150))


def test_a_payload_smaller_than_the_sessions_header_has_no_messages() -> None:
    assert COST.messages_in(12) == 0.0
