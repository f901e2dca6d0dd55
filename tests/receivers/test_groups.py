"""Groups that are joined and left by a cold thread while another polls: every receiver that can, on a live network."""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from feedhandler.receivers.af_packet import AfPacketReceiver
from feedhandler.receivers.af_xdp import AfXdpReceiver
from feedhandler.receivers.auto import AutoReceiver
from feedhandler.receivers.ef_vi import EfViReceiver
from feedhandler.receivers.endpoints import Endpoint, EndpointError
from feedhandler.receivers.socket import SocketReceiver
from tests.receivers.contract import LINES, payloads
from tests.receivers.dpdk_devices import AF_PACKET, AF_XDP, BUILT, SMALL_PAGES
from tests.receivers.loopback import membership_count
from tests.receivers.namespaces import NEAR, PORT, CardsRig, cards, datagram, send_frames, wait_until
from tests.receivers.polling import WAIT_SECONDS, Poller, Taken
from tests.receivers.standing_in import StandingInCard, StandingInRig, library

KINDS: dict[str, tuple[Any, dict[str, Any]]] = {
    "socket": (SocketReceiver, {}),
    "af_packet frames": (AfPacketReceiver, {"ring": "frames", "ring_bytes": "1MiB"}),
    "af_packet blocks": (AfPacketReceiver, {"ring": "blocks"}),  # a block a millisecond: four would soon be full
    "af_xdp native": (AfXdpReceiver, {"mode": "native", "frames": 256}),
    "af_xdp generic": (AfXdpReceiver, {"mode": "generic", "frames": 256, "wait": "block"}),
    "auto": (AutoReceiver, {"kinds": ("af_packet",)}),
}
if BUILT:
    from feedhandler.receivers.dpdk import DpdkReceiver

    KINDS["dpdk af_packet"] = (DpdkReceiver, {"device": AF_PACKET, **SMALL_PAGES})
    KINDS["dpdk af_xdp"] = (DpdkReceiver, {"device": AF_XDP, **SMALL_PAGES})
EVERY_KIND = pytest.mark.parametrize("kind", KINDS)
LATER = Endpoint(77, "239.7.1.1", PORT, None, NEAR)
"""An endpoint that no receiver is made with."""


class Polling:
    """A thread that polls a receiver until the end, and keeps what came."""

    def __init__(self, receiver: Any) -> None:
        self.receiver = receiver
        self.taken: list[Taken] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._poll)

    def _poll(self) -> None:
        poller = Poller(self.receiver)
        while not self._ended.is_set():
            self.taken += poller.take()

    def __enter__(self) -> Polling:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def payloads(self, line: int) -> list[bytes]:
        return [one.payload for one in self.taken if one.line == line]

    def wait(self, line: int, expected: list[bytes]) -> None:
        wait_until(lambda: len(self.payloads(line)) >= len(expected), f"{len(expected)} frames of line {line} come")
        assert self.payloads(line) == expected


@contextmanager
def polled(kind: str) -> Iterator[tuple[Any, Any, Polling, Callable[[str, list[bytes]], None]]]:
    """Cards, a receiver that is polled by a thread of its own, and a way to send to any group."""
    implementation, own = KINDS[kind]
    with cards() as sending:
        rig = CardsRig(implementation, LINES, sending, **own)

        def send(group: str, sent: list[bytes]) -> None:
            send_frames(sending, [datagram(payload, group) for payload in sent])

        with rig.receiver() as receiver, Polling(receiver) as polling:
            yield rig, receiver, polling, send


@EVERY_KIND
@pytest.mark.namespace
def test_a_group_that_is_joined_is_heard_and_one_that_is_left_is_not(kind: str) -> None:
    with polled(kind) as (rig, receiver, polling, send):
        known = rig.groups[LINES[0]]
        send(LATER.group, payloads("before", 20))
        send(known, payloads("known", 20))
        polling.wait(LINES[0], payloads("known", 20))
        assert polling.payloads(LATER.line) == []

        receiver.join(LATER)
        assert membership_count(LATER.group, NEAR) == 1
        send(LATER.group, payloads("joined", 50))
        polling.wait(LATER.line, payloads("joined", 50))

        receiver.leave(LATER)
        assert membership_count(LATER.group, NEAR) == 0
        send(LATER.group, payloads("left", 20))
        send(known, payloads("again", 20))
        polling.wait(LINES[0], payloads("known", 20) + payloads("again", 20))
        assert polling.payloads(LATER.line) == payloads("joined", 50)

        receiver.join(LATER)
        send(LATER.group, payloads("back", 20))
        polling.wait(LATER.line, payloads("joined", 50) + payloads("back", 20))
        told = {one["line"]: one["frames"] for one in receiver.statistics["endpoints"]}
        assert (told[LATER.line], told[LINES[0]]) == (70, 40)


@EVERY_KIND
@pytest.mark.namespace
def test_a_line_of_the_start_can_be_left_and_joined_again_and_others_lose_nothing(kind: str) -> None:
    with polled(kind) as (rig, receiver, polling, send):
        (first, second) = (one for one in rig.endpoints)
        sent = []
        for turn in range(10):
            receiver.leave(first)
            batch = payloads(f"turn {turn}", 10)
            send(second.group, batch)
            sent += batch
            receiver.join(first)
        polling.wait(second.line, sent)
        send(first.group, payloads("back", 10))
        polling.wait(first.line, payloads("back", 10))


@pytest.mark.parametrize("kind", ["af_xdp native", "af_xdp generic"])
@pytest.mark.namespace
def test_what_was_left_reaches_the_kernels_sockets_again(kind: str) -> None:
    with polled(kind) as (rig, receiver, _polling, send), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        left = rig.endpoints[0]
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((left.group, PORT))
        other.setsockopt(
            socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(left.group) + socket.inet_aton("10.77.0.1")
        )
        other.settimeout(WAIT_SECONDS)
        send(left.group, [b"taken by the program"])
        receiver.leave(left)
        send(left.group, [b"left to the kernel"])
        assert other.recv(100) == b"left to the kernel"


@EVERY_KIND
@pytest.mark.namespace
def test_sixty_four_lines_can_be_added_and_the_next_is_refused(kind: str) -> None:
    with polled(kind) as (_rig, receiver, polling, send):
        added = [Endpoint(100 + number, f"239.7.2.{number}", PORT, None, NEAR) for number in range(64)]
        for one in added:
            receiver.join(one)
        with pytest.raises(ValueError, match="64 lines were added since the start"):
            receiver.join(Endpoint(200, "239.7.3.1", PORT, None, NEAR))
        for one in added[::7]:
            send(one.group, [one.group.encode()])
        for one in added[::7]:
            polling.wait(one.line, [one.group.encode()])


@EVERY_KIND
@pytest.mark.namespace
def test_what_cannot_be_joined_or_left_is_refused_and_changes_nothing(kind: str) -> None:
    with polled(kind) as (rig, receiver, polling, send):
        known = rig.endpoints[0]
        receiver.join(known)  # heard already
        with pytest.raises(ValueError, match="is heard at the same place as line"):
            receiver.join(Endpoint(78, known.group, known.port, None, NEAR))
        with pytest.raises(ValueError, match="a unicast endpoint joins nothing"):
            receiver.join(Endpoint(79, "10.77.0.1", 5_000, None, NEAR))
        with pytest.raises(EndpointError, match="there is no interface nowhere"):
            receiver.join(Endpoint(80, "239.7.1.2", PORT, None, "nowhere"))
        with pytest.raises(LookupError, match=r"line 77 .* is not heard"):
            receiver.leave(LATER)
        send(known.group, [b"still heard"])
        polling.wait(known.line, [b"still heard"])
        assert sorted(one["line"] for one in receiver.statistics["endpoints"]) == sorted(LINES)


@pytest.mark.parametrize("kind", ["af_packet frames", "af_xdp native"])
@pytest.mark.namespace
def test_an_interface_that_was_not_opened_at_the_start_is_refused(kind: str) -> None:
    unheard = Endpoint(81, "239.7.1.3", PORT, None, "lo")
    with polled(kind) as (_rig, receiver, _, _), pytest.raises(EndpointError, match=f"lo is not; heard: {NEAR}"):
        receiver.join(unheard)


@pytest.mark.namespace
def test_what_was_joined_is_forgotten_when_the_receiver_is_opened_again() -> None:
    for kind in ("socket", "af_packet frames", "af_xdp native", *(["dpdk af_packet"] if BUILT else [])):
        implementation, own = KINDS[kind]
        with cards() as sending:
            rig = CardsRig(implementation, LINES, sending, **own)
            receiver = rig.receiver()
            with pytest.raises(RuntimeError, match="is not open"):
                receiver.join(LATER)
            for _ in range(3):
                with receiver:
                    receiver.join(LATER)
                    receiver.leave(rig.endpoints[0])
                with receiver:
                    assert membership_count(LATER.group, NEAR) == 0
                    assert membership_count(rig.endpoints[0].group, NEAR) == 1
                    assert receiver.endpoints == rig.endpoints


@pytest.mark.parametrize("kind", ["ef_vi", "verbs"])
def test_cards_without_the_kernel_get_a_filter_for_what_is_joined_and_lose_it_for_what_is_left(kind: str) -> None:
    """Over libraries that stand in for the vendors'."""
    with standing_in_for(kind) as rig, rig.receiver() as receiver:
        added = Endpoint(77, "239.255.1.1", rig.port, None, "lo")
        rig.groups[added.line] = added.group
        poller = Poller(receiver)

        def arrives(line: int) -> bool:
            """Whether the card lets a frame of the line in; what it let in is lent with that line's number."""
            (sent,) = rig.frames(line, [b"x"])
            let_in = rig.card.deliver(sent)
            assert [one.line for one in (poller.receive(1) if let_in else poller.drain())] == [line] * let_in
            return bool(let_in)

        assert (arrives(added.line), arrives(LINES[0])) == (False, True)
        for _ in range(3):
            receiver.join(added)
            assert arrives(added.line)
            receiver.leave(added)
            assert not arrives(added.line)
        receiver.leave(rig.endpoints[0])
        assert (arrives(LINES[0]), arrives(LINES[1])) == (False, True)
        receiver.join(rig.endpoints[0])
        assert arrives(LINES[0])
        with pytest.raises(LookupError, match=r"line 77 .* is not heard"):
            receiver.leave(added)


@contextmanager
def standing_in_for(kind: str) -> Iterator[StandingInRig]:
    """A rig over the library that stands in for that kind's."""
    card = StandingInCard(library({"ef_vi": "fake_ciul", "verbs": "fake_verbs"}[kind]))
    card.calls.fake_reset(0)
    if kind == "ef_vi":
        yield StandingInRig(EfViReceiver, card, LINES, library=str(card.path), buffers=512)
        return
    receiver = pytest.importorskip("feedhandler.receivers.verbs.receiver", reason="verbs is not built here")
    own = {"library": str(card.path), "devices": {"lo": "fake0"}, "buffers": 512}
    yield StandingInRig(receiver.VerbsReceiver, card, LINES, **own)


def test_an_x3_card_whose_queues_another_thread_polls_says_that_its_groups_are_fixed() -> None:
    card = StandingInCard(library("fake_ciul"))
    card.calls.fake_reset(1)
    rig = StandingInRig(EfViReceiver, card, LINES, library=str(card.path), buffers=512)
    with rig.receiver() as receiver:
        more = Endpoint(77, "239.255.1.1", rig.port, None, "lo")
        for refused in (lambda: receiver.join(more), lambda: receiver.leave(rig.endpoints[0])):
            with pytest.raises(EndpointError, match="an X3 card hears the groups that it was opened with") as raised:
                refused()
            assert raised.value.errno == errno.EOPNOTSUPP
        rig.send(LINES[0], [b"x"])
        assert [one.payload for one in Poller(receiver).receive(1)] == [b"x"]
