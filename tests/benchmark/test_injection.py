"""Frames that the kernel makes come in on the other card: all of them, in their order, at their pace."""

from __future__ import annotations

import os
import socket

import pytest

from feedhandler.benchmark.injection import Injection, in_batches
from feedhandler.benchmark.to_book import udp_frames
from tests.receivers.namespaces import FAR, NEAR, PORT, cards, run_in_namespace

GROUP = "239.7.0.5"
PAYLOADS = [bytes([number]) * (20 + number) for number in range(100)]


def injection(payloads: list[bytes]) -> Injection:
    frames = udp_frames(payloads, bytes.fromhex("020000000001"), GROUP, PORT)
    try:
        return Injection(FAR, frames)
    except OSError as error:
        pytest.skip(f"the kernel makes no frames: errno {error.errno} ({error.strerror})")


def test_all_frames_come_in_their_order_and_begin_again_after_the_last() -> None:
    def test() -> None:
        with cards(), in_batches(NEAR), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hearing:
            hearing.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            hearing.bind((GROUP, PORT))
            membership = socket.inet_aton(GROUP) + socket.inet_aton("10.77.0.1")
            hearing.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
            hearing.settimeout(10)
            sender = injection(PAYLOADS)
            assert hearing.recv(2_048) == PAYLOADS[0]  # with which it was tried
            for count in (1, 16, 100, 250):
                sent, elapsed = sender.send(0, count)
                assert (sent, elapsed >= 0) == (count, True)
                assert [hearing.recv(2_048) for _ in range(count)] == [PAYLOADS[n % 100] for n in range(count)]
            sender.close()
            hearing.setblocking(False)
            with pytest.raises(BlockingIOError):
                hearing.recv(2_048)

    run_in_namespace(test)


def test_a_rate_is_not_exceeded() -> None:
    def test() -> None:
        with cards(), in_batches(NEAR):
            sender = injection(PAYLOADS)
            sent, elapsed = sender.send(50_000, 500)
            assert sent == 500
            assert elapsed >= 499 * 20_000  # from the first to the last, each in its time or later
            sender.close()

    run_in_namespace(test)


def test_nothing_is_left_open_and_the_card_is_as_it_was() -> None:
    def test() -> None:
        with cards():
            injection(PAYLOADS).close()
            before = sorted(os.listdir("/proc/self/fd"))
            for _ in range(3):
                with in_batches(NEAR):
                    injection(PAYLOADS).close()
            assert sorted(os.listdir("/proc/self/fd")) == before
            with pytest.raises(ValueError, match="600 bytes"):
                Injection(FAR, [bytes(600)])

    run_in_namespace(test)
