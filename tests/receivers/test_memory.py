"""The memory receiver's face: what it lends, in which order, and what it refuses."""

from __future__ import annotations

import ctypes

import numpy
import pytest

from feedhandler.core.frames import Frame, Receiver, ReceiverStatus, call_poll, call_release
from feedhandler.core.memory import Region
from feedhandler.receivers.memory import MemoryReceiver

DATA = b"onetwothreefour"
OFFSETS, LENGTHS = [0, 3, 6, 11], [3, 3, 5, 4]
ROOM = Region("frames", 32 * 16, huge=False)


def poll(receiver: MemoryReceiver, capacity: int) -> int:
    face = Receiver(receiver.address)
    return call_poll(face.poll, face.context, ROOM.address, capacity)


def release(receiver: MemoryReceiver, count: int) -> None:
    face = Receiver(receiver.address)
    call_release(face.release, face.context, count)


def take(receiver: MemoryReceiver, capacity: int) -> list[tuple[bytes, int, int]]:
    """Payload, line and time of the next burst."""
    count = poll(receiver, capacity)
    frames = [Frame(ROOM.address + Frame.size * number) for number in range(count)]
    found = [(ctypes.string_at(f.frame_address, f.byte_count), f.line, f.received_ns) for f in frames]
    release(receiver, count)
    return found


def test_packets_are_lent_in_order_and_then_it_has_ended() -> None:
    with MemoryReceiver(DATA, OFFSETS, LENGTHS, received_ns=[10, 20, 30, 40], lines=[0, 1, 0, 1]) as receiver:
        assert take(receiver, 3) == [(b"one", 0, 10), (b"two", 1, 20), (b"three", 0, 30)]
        assert take(receiver, 3) == [(b"four", 1, 40)]
        assert poll(receiver, 3) == ReceiverStatus.ENDED
        assert poll(receiver, 3) == ReceiverStatus.ENDED
        assert receiver.statistics["frames"] == 4
        assert receiver.statistics["bytes"] == 15


def test_rewound_it_lends_the_same_again() -> None:
    with MemoryReceiver(DATA, OFFSETS, LENGTHS) as receiver:
        first = take(receiver, 16)
        receiver.rewind()
        assert take(receiver, 16) == first


def test_a_poll_before_release_fails_and_says_why() -> None:
    with MemoryReceiver(DATA, OFFSETS, LENGTHS) as receiver:
        assert poll(receiver, 2) == 2
        assert poll(receiver, 2) == ReceiverStatus.FAILED
        assert "while 2 frames were lent" in str(receiver.error)
        with pytest.raises(RuntimeError, match="2 frames are lent"):
            receiver.rewind()


def test_stopped_or_closed_it_has_ended() -> None:
    receiver = MemoryReceiver(DATA, OFFSETS, LENGTHS)
    assert poll(receiver, 2) == ReceiverStatus.ENDED
    receiver.open()
    with pytest.raises(RuntimeError, match="open already"):
        receiver.open()
    receiver.stop()
    assert poll(receiver, 2) == ReceiverStatus.ENDED
    receiver.close()
    receiver.open()
    assert poll(receiver, 2) == 2
    receiver.close()


def test_the_bytes_stay_alive_and_are_not_copied() -> None:
    data = numpy.frombuffer(bytearray(DATA), numpy.uint8)
    receiver = MemoryReceiver(data, OFFSETS, LENGTHS)
    data[0] = ord("O")
    del data
    with receiver:
        assert take(receiver, 1) == [(b"One", 0, 0)]


@pytest.mark.parametrize(
    ("offsets", "lengths"),
    [([12], [4]), ([-1], [2]), ([0], [-1]), ([1 << 62], [1]), ([0, 1], [1])],
)
def test_packets_outside_the_bytes_are_refused(offsets: list[int], lengths: list[int]) -> None:
    with pytest.raises(ValueError, match=r"offsets and lengths|would be bytes"):
        MemoryReceiver(DATA, offsets, lengths)


def test_a_packet_longer_than_a_datagram_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 65,535"):
        MemoryReceiver(bytes(70_000), [0], [65_536])


def test_nothing_to_lend_has_ended_at_once() -> None:
    with MemoryReceiver(b"", [], []) as receiver:
        assert poll(receiver, 4) == ReceiverStatus.ENDED
