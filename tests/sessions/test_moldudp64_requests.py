"""Requests of MoldUDP64: the bytes on the wire, and how a long hole is split."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedhandler.core.integers import to_signed
from feedhandler.sessions import Request
from feedhandler.sessions.moldudp64 import SESSION
from feedhandler.sessions.moldudp64_requests import MESSAGES_MAXIMUM, RETRANSMISSION

HIGH, LOW = to_signed(int.from_bytes(b"20260302", "big")), int.from_bytes(b"A ", "big")


def test_a_request_packet_is_session_sequence_and_count_as_the_specification_prints_it() -> None:
    assert RETRANSMISSION.requests(HIGH, LOW, 4711, 3) == [b"20260302A " + struct.pack(">QH", 4711, 3)]


def test_the_session_declares_its_retransmission() -> None:
    assert SESSION.retransmission is RETRANSMISSION


def test_nothing_is_asked_for_when_nothing_is_missing() -> None:
    assert RETRANSMISSION.requests(HIGH, LOW, 4711, 0) == []


@pytest.mark.parametrize(
    ("count", "per_request", "asked"),
    [
        (MESSAGES_MAXIMUM, MESSAGES_MAXIMUM, [(1, 65_534)]),
        (MESSAGES_MAXIMUM + 1, MESSAGES_MAXIMUM, [(1, 65_534), (65_535, 1)]),
        (100, 40, [(1, 40), (41, 40), (81, 20)]),
        (3, 1_000_000, [(1, 3)]),
        (70_000, 1_000_000, [(1, 65_534), (65_535, 4_466)]),
        (2, 0, [(1, 1), (2, 1)]),
    ],
)
def test_a_long_hole_is_split(count: int, per_request: int, asked: list[tuple[int, int]]) -> None:
    packets = RETRANSMISSION.requests(HIGH, LOW, 1, count, per_request)
    assert [struct.unpack(">QH", packet[10:]) for packet in packets] == asked


@given(
    high=st.integers(-(1 << 63), (1 << 63) - 1),
    low=st.integers(0, 0xFFFF),
    first=st.integers(1, 1 << 62),
    count=st.integers(1, 300_000),
    per_request=st.integers(1_000, 70_000),
)
def test_a_server_reads_what_was_written_and_everything_is_asked_for_once(
    high: int, low: int, first: int, count: int, per_request: int
) -> None:
    found = [RETRANSMISSION.request_read(p) for p in RETRANSMISSION.requests(high, low, first, count, per_request)]
    following = first
    for request in found:
        assert request is not None
        assert request[:3] == (high, low, following)
        assert 1 <= request.message_count <= min(per_request, MESSAGES_MAXIMUM)
        following += request.message_count
    assert following == first + count


@pytest.mark.parametrize("datagram", [b"", b"x" * 19, b"x" * 21])
def test_what_is_no_request_is_not_read_as_one(datagram: bytes) -> None:
    assert RETRANSMISSION.request_read(datagram) is None


def test_every_twenty_bytes_are_a_request() -> None:
    assert RETRANSMISSION.request_read(b"\xff" * 20) == Request(-1, 0xFFFF, 2**64 - 1, 0xFFFF)
