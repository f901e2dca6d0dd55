"""The af_packet receiver on the loopback interface: the contract of all receivers, and what only rings can do."""

from __future__ import annotations

import errno
import mmap
import os
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from feedhandler import plugins
from feedhandler.receivers.af_packet import AfPacketReceiver
from feedhandler.receivers.clock import now_ns
from feedhandler.receivers.endpoints import Endpoint, EndpointError
from feedhandler.receivers.frames.memberships import packet_filter
from feedhandler.receivers.socket import SocketReceiver
from tests.receivers.contract import LINES, ReceiverContract, Rig, of_line, payloads
from tests.receivers.loopback import LOOPBACK, LoopbackRig, free_group, free_port, sender
from tests.receivers.namespaces import (
    FAR,
    FAR_ADDRESS,
    NEAR,
    PORT,
    CardsRig,
    cards,
    datagram,
    ip,
    send_frames,
    wait_until,
)
from tests.receivers.polling import WAIT_SECONDS, Poller, Taken
from tests.receivers.privileges import only_capabilities, without_capabilities


class PacketRig(LoopbackRig):
    def __init__(self, sending: Any, **options: Any) -> None:
        super().__init__(AfPacketReceiver, LINES, sending)
        self.options = options

    def receiver(self, **options: Any) -> AfPacketReceiver:
        return super().receiver(**{"ring_bytes": "4MiB", **self.options, **options})


class TestAfPacketReceiver(ReceiverContract):
    """The contract, with frames shown one by one (TPACKET_V2)."""

    options: dict[str, Any] = {}
    overload_options = {"ring_bytes": "256KiB"}

    @contextmanager
    def rig(self) -> Iterator[Rig]:
        with sender() as sending:
            yield PacketRig(sending, **self.options)


class TestBlockingAfPacketReceiver(TestAfPacketReceiver):
    """The contract once more, where an empty poll sleeps."""

    options = {"wait": "block"}


class TestBlocksOfAfPacketReceiver(TestAfPacketReceiver):
    """The contract once more, with frames in blocks (TPACKET_V3)."""

    options = {"ring": "blocks"}


@pytest.mark.namespace
class TestAfPacketReceiverOnCards(ReceiverContract):
    """The contract on a pair of virtual cards in a namespace."""

    overload_options = {"ring_bytes": "256KiB"}

    @contextmanager
    def rig(self) -> Iterator[Rig]:
        with cards(mtu=9_000) as sending:
            yield CardsRig(AfPacketReceiver, LINES, sending, ring_bytes="4MiB")


RINGS = pytest.mark.parametrize("ring", ["frames", "blocks"])


def test_it_is_installed_under_its_name() -> None:
    assert plugins.receiver("af_packet") is AfPacketReceiver


@RINGS
@pytest.mark.namespace
def test_frames_with_tags_options_and_trailers_come_as_their_payload(ring: str) -> None:
    with cards() as sending:
        rig = CardsRig(AfPacketReceiver, LINES, sending, ring=ring)
        group = rig.groups[LINES[0]]
        with rig.receiver() as receiver:
            sent = [
                datagram(b"plain", group),
                datagram(b"tagged", group, tags=(0x8100,)),
                datagram(b"tagged twice", group, tags=(0x88A8, 0x8100)),
                datagram(b"three tags", group, tags=(0x8100,) * 3),
                datagram(b"options", group, options=bytes(40)),
                datagram(b"trailer", group, trailer=bytes(16)),
                datagram(b"", group),
            ]
            send_frames(sending, sent)
            taken = Poller(receiver).receive(len(sent))
            assert [one.payload for one in taken] == [
                b"plain", b"tagged", b"tagged twice", b"three tags", b"options", b"trailer", b"",
            ]  # fmt: skip
            assert {one.line for one in taken} == {LINES[0]}


@RINGS
@pytest.mark.namespace
def test_bad_frames_are_counted_or_kept_out_and_never_lent(ring: str) -> None:
    with cards() as sending:
        rig = CardsRig(AfPacketReceiver, LINES, sending, ring=ring)
        group = rig.groups[LINES[0]]
        with rig.receiver() as receiver:
            send_frames(sending, [
                datagram(b"too short a UDP length", group, udp_length=7),
                datagram(b"longer than the packet", group, udp_length=1_000),
                datagram(b"IP says less than its header", group, ip_length=19),
                datagram(b"first fragment", group, fragment=0x2000),
                datagram(b"last fragment", group, fragment=0x0010),
                datagram(b"TCP", group, protocol=6),
                datagram(b"tagged TCP", group, protocol=6, tags=(0x8100, 0x8100)),
                datagram(b"tagged and for nobody", "239.7.0.99", tags=(0x8100, 0x8100)),
                datagram(b"cut", group, tags=(0x8100, 0x8100))[:34],
                datagram(b"right", group),
            ])  # fmt: skip
            poller = Poller(receiver)
            taken = poller.receive(1) + poller.drain()
            assert [one.payload for one in taken] == [b"right"]
            (told,) = receiver.statistics["rings"]
            assert {name: count for name, count in told["skipped"].items() if count} == {
                "bad_udp_length": 2, "bad_ip_length": 1, "not_udp": 1, "headers_cut": 1,
            }  # fmt: skip
            assert told["unmatched"] == 1
            # the kernel's filter kept the fragments and the TCP out
            assert told["received"] == 7


@pytest.mark.namespace
def test_a_line_of_one_source_does_not_hear_another() -> None:
    with cards() as sending:
        group = "239.7.0.5"
        endpoints = [
            Endpoint(1, group, PORT, FAR_ADDRESS, NEAR),
            Endpoint(2, group, PORT, "10.77.0.9", NEAR),
        ]
        with AfPacketReceiver(endpoints) as receiver:
            for source in (FAR_ADDRESS, "10.77.0.9", "10.77.0.66"):
                send_frames(sending, [datagram(source.encode(), group, source=source)])
            send_frames(sending, [datagram(b"end", group, source=FAR_ADDRESS)])
            taken = Poller(receiver).receive(3)
            assert [(one.line, one.payload) for one in taken] == [
                (1, FAR_ADDRESS.encode()), (2, b"10.77.0.9"), (1, b"end"),
            ]  # fmt: skip
            assert receiver.statistics["rings"][0]["unmatched"] == 1


@pytest.mark.namespace
def test_lines_on_two_interfaces_are_heard_by_one_receiver() -> None:
    with cards() as sending:
        group = "239.7.0.5"
        with AfPacketReceiver([Endpoint(0, group, PORT, None, NEAR), Endpoint(1, group, PORT, None, FAR)]) as receiver:
            with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as back:
                back.bind((NEAR, 0))
                send_frames(back, [datagram(payload, group) for payload in payloads("to far", 100)])
            send_frames(sending, [datagram(payload, group) for payload in payloads("to near", 100)])
            taken = Poller(receiver).receive(200)
            assert of_line(taken, 0) == payloads("to near", 100)
            assert of_line(taken, 1) == payloads("to far", 100)
            assert [ring["interface"] for ring in receiver.statistics["rings"]] == [NEAR, FAR]


@pytest.mark.namespace
def test_what_it_takes_still_reaches_the_kernels_sockets() -> None:
    with cards() as sending:
        rig = CardsRig(AfPacketReceiver, LINES, sending)
        with rig.receiver() as receiver, SocketReceiver(rig.endpoints) as plain:
            rig.send(LINES[0], payloads("x", 50))
            for one in (receiver, plain):
                assert of_line(Poller(one).receive(50), LINES[0]) == payloads("x", 50)


@pytest.mark.namespace
def test_a_fan_out_shares_the_lines_and_keeps_each_whole() -> None:
    with cards() as sending:
        lines = range(16)
        rig = CardsRig(AfPacketReceiver, lines, sending, fanout_group=77)
        with rig.receiver() as first, rig.receiver() as second:
            for line in lines:
                rig.send(line, payloads(f"line {line}", 10))
            pollers = [Poller(first), Poller(second)]
            shares: list[list[Taken]] = [[], []]
            limit = time.monotonic() + WAIT_SECONDS
            while sum(len(share) for share in shares) < 160:
                assert time.monotonic() < limit
                for share, poller in zip(shares, pollers, strict=True):
                    share += poller.take()
            for line in lines:
                heard = [of_line(share, line) for share in shares]
                assert sorted(heard) == [[], payloads(f"line {line}", 10)]
            assert all(shares), "each has some of the lines"


@pytest.mark.namespace
def test_replies_to_a_unicast_endpoint_come_as_a_line() -> None:
    with cards() as sending:
        group = "239.7.0.5"
        endpoints = [Endpoint(0, group, PORT, None, NEAR), Endpoint(7, "", 0)]
        with AfPacketReceiver(endpoints) as receiver, sender(LOOPBACK) as server:
            _, port = receiver.address_of(7)
            server.sendto(b"reply", (LOOPBACK, port))
            send_frames(sending, [datagram(b"feed", group)])
            server.sendto(b"another", (LOOPBACK, port))
            taken = Poller(receiver).receive(3)
            assert of_line(taken, 0) == [b"feed"]
            assert of_line(taken, 7) == [b"reply", b"another"]
            told = receiver.statistics
            assert told["frames"] == 3
            assert [(one["line"], one["frames"]) for one in told["endpoints"]] == [(0, 1), (7, 2)]


def test_replies_wait_for_their_turn_but_not_for_the_feed_to_pause() -> None:
    with sender() as sending:
        rig = PacketRig(sending)
        endpoints = [*rig.endpoints, Endpoint(7, "", 0, None, LOOPBACK)]
        with AfPacketReceiver(endpoints) as receiver:
            poller = Poller(receiver)
            sending.sendto(b"reply", receiver.address_of(7))
            seen: list[int] = []
            for _ in range(400):
                rig.send(LINES[0], [b"feed"])
                seen += [one.line for one in poller.take(1)]
                if 7 in seen:
                    break
            assert seen.count(7) == 1
            assert set(seen) == {7, LINES[0]}


@pytest.mark.namespace
def test_an_interface_without_ethernet_frames_and_a_line_without_interface_are_refused() -> None:
    with pytest.raises(EndpointError, match="the line names none: interface: eth1"):
        AfPacketReceiver([Endpoint(0, "239.7.0.5", PORT)]).open()
    with pytest.raises(EndpointError, match="there is no interface feed0; there are lo"):
        AfPacketReceiver([Endpoint(0, "239.7.0.5", PORT, None, NEAR)]).open()


@pytest.mark.namespace
def test_an_interface_that_is_down_is_a_warning() -> None:
    with cards():
        ip("link", "set", FAR, "down")
        with AfPacketReceiver([Endpoint(0, "239.7.0.5", PORT, None, NEAR)]) as receiver:
            assert any("no carrier" in words for words in receiver.warnings)
        ip("link", "set", NEAR, "down")
        with AfPacketReceiver([Endpoint(0, "239.7.0.5", PORT, None, NEAR)]) as receiver:
            assert any(f"ip link set {NEAR} up" in words for words in receiver.warnings)


def test_without_the_privilege_it_is_refused_with_what_would_give_it() -> None:
    program = """
from feedhandler.receivers.af_packet import AfPacketReceiver
from feedhandler.receivers.endpoints import Endpoint
try:
    AfPacketReceiver([Endpoint(3, "239.255.0.1", 5000, None, "lo")]).open()
except OSError as error:
    print(error.errno, error)
"""
    result = without_capabilities(program, "net_raw")
    assert result.startswith(f"{errno.EPERM} ")
    assert "AmbientCapabilities=CAP_NET_RAW" in result
    assert "line 3" in result


def test_the_one_capability_is_enough() -> None:
    """Every other one given up: the receiver opens and lends."""
    program = f"""
from feedhandler.receivers.af_packet import AfPacketReceiver
from feedhandler.receivers.endpoints import Endpoint
from tests.receivers.loopback import sender
from tests.receivers.polling import Poller
heard = Endpoint(0, {free_group()!r}, {free_port()}, None, "lo")
with sender() as sending, AfPacketReceiver([heard]) as receiver:
    sending.sendto(b"through", (heard.group, heard.port))
    print(Poller(receiver).receive(1)[0].payload.decode())
"""
    assert only_capabilities(program, "net_raw") == "through\n"


def test_more_groups_than_the_filter_has_room_for_are_refused() -> None:
    endpoints = [Endpoint(line, f"239.1.{line >> 8}.{line & 255}", PORT, None, "lo") for line in range(900)]
    with pytest.raises(ValueError, match="has room for 815"):
        packet_filter(endpoints)


class Ring:
    """A receiver's ring, mapped a second time, so that a test can put in what a card would have said."""

    STAMP_OF_CARD = 1 << 31  # TP_STATUS_TS_RAW_HARDWARE

    def __init__(self, before: set[int], size: int) -> None:
        fresh = {int(name) for name in os.listdir("/proc/self/fd")} - before
        self.mapping: mmap.mmap | None = None
        for descriptor in sorted(fresh):
            try:
                self.mapping = mmap.mmap(descriptor, size, mmap.MAP_SHARED)
            except OSError:
                continue
            return
        raise LookupError("no ring among the descriptors")

    def stamp(self, header: int, seconds_at: int, status_at: int, stamp_ns: int) -> None:
        """Turn a frame's stamp into a card's."""
        assert self.mapping is not None
        struct.pack_into("=II", self.mapping, header + seconds_at, *divmod(stamp_ns, 1_000_000_000))
        (status,) = struct.unpack_from("=I", self.mapping, header + status_at)
        struct.pack_into("=I", self.mapping, header + status_at, status | self.STAMP_OF_CARD)

    def close(self) -> None:
        assert self.mapping is not None
        self.mapping.close()


@RINGS
@pytest.mark.namespace
def test_a_cards_stamp_is_hardware_time_and_the_poll_is_the_frames_other_time(ring: str) -> None:
    stamp = 1_700_000_000_123_456_789
    with cards() as sending:
        rig = CardsRig(AfPacketReceiver, LINES, sending, ring=ring, ring_bytes="256KiB")
        before = {int(name) for name in os.listdir("/proc/self/fd")}
        with rig.receiver(timestamps="hardware") as receiver:
            assert [words for words in receiver.warnings if "stamp frames" in words], "a virtual card cannot"
            mapped = Ring(before, receiver.statistics["rings"][0]["ring_bytes"])
            try:
                rig.send(LINES[0], [b"of the card"])
                if ring == "blocks":
                    block = mapped.mapping
                    wait_until(lambda: struct.unpack_from("=I", block, 8)[0] & 1 == 1, "the block is handed over")
                    mapped.stamp(struct.unpack_from("=I", block, 16)[0], 4, 20, stamp)
                else:
                    mapped.stamp(0, 16, 0, stamp)
                sent = now_ns()
                (taken,) = Poller(receiver).receive(1)
                assert (taken.payload, taken.hardware_ns) == (b"of the card", stamp)
                assert sent <= taken.received_ns <= now_ns()
                rig.send(LINES[0], [b"of the kernel"])
                (taken,) = Poller(receiver).receive(1)
                assert (taken.payload, taken.hardware_ns) == (b"of the kernel", 0)
            finally:
                mapped.close()
