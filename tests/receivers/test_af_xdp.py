"""The af_xdp receiver on virtual cards in a namespace: the contract of all receivers, and what only XDP can do."""

from __future__ import annotations

import errno
import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pydantic import ValidationError

from feedhandler import plugins
from feedhandler.receivers.af_xdp import AfXdpReceiver
from feedhandler.receivers.endpoints import Endpoint, EndpointError
from feedhandler.receivers.socket import SocketReceiver
from tests.receivers.contract import LINES, ReceiverContract, Rig, of_line, payloads
from tests.receivers.loopback import LOOPBACK, LoopbackRig, sender
from tests.receivers.namespaces import (
    FAR,
    FAR_ADDRESS,
    NEAR,
    PORT,
    CardsRig,
    cards,
    checksum,
    datagram,
    ip,
    send_frames,
    setting,
    wait_until,
)
from tests.receivers.polling import WAIT_SECONDS, Poller
from tests.receivers.privileges import ROOT, only_capabilities


@pytest.mark.namespace
class TestNativeAfXdpReceiver(ReceiverContract):
    """The contract, with the program run by the driver."""

    options: dict[str, Any] = {"mode": "native"}
    overload_options = {"frames": 512}

    @contextmanager
    def rig(self) -> Iterator[Rig]:
        with cards() as sending:
            yield CardsRig(AfXdpReceiver, LINES, sending, **{"frames": 2_048, **self.options})


class TestGenericAfXdpReceiver(TestNativeAfXdpReceiver):
    """The contract once more, with the program run by the kernel."""

    options = {"mode": "generic"}


class TestBlockingAfXdpReceiver(TestNativeAfXdpReceiver):
    """The contract once more, where an empty poll sleeps."""

    options = {"wait": "block"}


@pytest.mark.namespace
class TestAfXdpReceiverOnLoopback(ReceiverContract):
    """The contract once more, on the loopback of a namespace, which has the generic mode only."""

    overload_options = {"frames": 512}

    @contextmanager
    def rig(self) -> Iterator[Rig]:
        class Loopback(LoopbackRig):
            def receiver(self, **options: Any) -> AfXdpReceiver:
                return super().receiver(**{"frames": 2_048, **options})

        with sender() as sending:
            yield Loopback(AfXdpReceiver, LINES, sending)


MODES = pytest.mark.parametrize("mode", ["native", "generic"])


def rig_of(sending: socket.socket, **options: Any) -> CardsRig:
    return CardsRig(AfXdpReceiver, LINES, sending, **{"frames": 1_024, **options})


def test_it_is_installed_under_its_name() -> None:
    assert plugins.receiver("af_xdp") is AfXdpReceiver


@pytest.mark.namespace
def test_the_best_mode_that_works_is_taken_and_why_no_better_one_is_told() -> None:
    with cards() as sending, rig_of(sending).receiver() as receiver:
        told = receiver.statistics
        assert told["mode"] == receiver.mode == "native"
        assert told["interfaces"][0]["tried"] == [
            "zero_copy: Operation not supported; the driver cannot do it"
        ]


@pytest.mark.namespace
def test_a_mode_that_does_not_work_is_refused_with_the_reason() -> None:
    with cards() as sending, pytest.raises(EndpointError, match="zero_copy: Operation not supported") as refused:
        rig_of(sending, mode="zero_copy").receiver().open()
    assert refused.value.errno == errno.EOPNOTSUPP
    assert f"on {NEAR}" in str(refused.value)


@MODES
@pytest.mark.namespace
def test_every_frame_has_the_time_at_which_the_program_ran(mode: str) -> None:
    with cards() as sending:
        rig = rig_of(sending, mode=mode)
        with rig.receiver() as receiver:
            rig.send(LINES[0], payloads("x", 60))
            taken = Poller(receiver).receive(60)
            times = [one.received_ns for one in taken]
            assert len(set(times)) == 60, "of one burst, so the times are not the poll's"
            assert {one.flags for one in taken} == {0}


@MODES
@pytest.mark.namespace
def test_frames_with_tags_options_and_trailers_come_as_their_payload(mode: str) -> None:
    with cards() as sending:
        rig = rig_of(sending, mode=mode)
        group = rig.groups[LINES[0]]
        with rig.receiver() as receiver:
            sent = [
                datagram(b"plain", group),
                datagram(b"tagged", group, tags=(0x8100,)),
                datagram(b"tagged twice", group, tags=(0x88A8, 0x8100)),
                datagram(b"options", group, options=bytes(40)),
                datagram(b"trailer", group, trailer=bytes(16)),
                datagram(b"", group),
            ]
            send_frames(sending, sent)
            taken = Poller(receiver).receive(len(sent))
            assert [one.payload for one in taken] == [
                b"plain", b"tagged", b"tagged twice", b"options", b"trailer", b"",
            ]  # fmt: skip


@MODES
@pytest.mark.namespace
def test_bad_frames_are_passed_on_or_counted_and_never_lent(mode: str) -> None:
    with cards() as sending:
        rig = rig_of(sending, mode=mode)
        group = rig.groups[LINES[0]]
        with rig.receiver() as receiver:
            send_frames(sending, [
                datagram(b"too short a UDP length", group, udp_length=7),
                datagram(b"longer than the packet", group, udp_length=1_000),
                datagram(b"IP says less than its header", group, ip_length=19),
                datagram(b"first fragment", group, fragment=0x2000),
                datagram(b"last fragment", group, fragment=0x0010),
                datagram(b"TCP", group, protocol=6),
                datagram(b"tagged and for nobody", "239.7.0.99", tags=(0x8100, 0x8100)),
                datagram(b"cut", group)[:34],
                datagram(b"right", group),
            ])  # fmt: skip
            poller = Poller(receiver)
            taken = poller.receive(1) + poller.drain()
            assert [one.payload for one in taken] == [b"right"]
            (told,) = receiver.statistics["interfaces"]
            assert {name: count for name, count in told["skipped"].items() if count} == {
                "bad_udp_length": 2, "bad_ip_length": 1,
            }  # fmt: skip
            assert told["unmatched"] == 0


@MODES
@pytest.mark.namespace
def test_what_is_for_no_line_reaches_the_kernels_sockets_all_of_it(mode: str) -> None:
    """Another group of the same port, another port of the same group, and unicast."""
    with cards() as sending:
        rig = rig_of(sending, mode=mode)
        group = rig.groups[LINES[0]]
        others = [
            Endpoint(0, "239.7.0.200", PORT, None, NEAR),
            Endpoint(1, group, PORT + 1, None, NEAR),
            Endpoint(2, "", 0, None, NEAR),
        ]
        with rig.receiver() as receiver, SocketReceiver(others) as plain:
            address, port = plain.address_of(2)
            for number in range(200):
                payload = str(number).encode()
                send_frames(sending, [
                    datagram(payload, "239.7.0.200"),
                    datagram(payload, group),
                    datagram(payload, group, PORT + 1),
                    datagram(payload, address, port),
                ])  # fmt: skip
            expected = [str(number).encode() for number in range(200)]
            assert of_line(Poller(receiver).receive(200), LINES[0]) == expected
            taken = Poller(plain).receive(600)
            assert [of_line(taken, line) for line in range(3)] == [expected] * 3


@pytest.mark.namespace
def test_a_membership_is_reported_and_a_query_is_answered_while_the_program_is_attached() -> None:
    """IGMPv2 of RFC 2236: report 0x16, query 0x11; version 2 since its report names the group in its destination."""
    with cards() as sending:
        setting(f"ipv4/conf/{NEAR}/force_igmp_version", 2)
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800)) as listening:
            listening.bind((FAR, 0x0800))
            listening.settimeout(WAIT_SECONDS)
            rig = rig_of(sending)
            group = rig.groups[LINES[0]]
            with rig.receiver():
                assert igmp_types(listening, group) == 0x16
                # the join's own second report is out before the query is sent
                assert igmp_types(listening, group) == 0x16
                body = struct.pack(">BBH4s", 0x11, 1, 0, socket.inet_aton(group))
                body = body[:2] + struct.pack(">H", checksum(body)) + body[4:]
                frame = datagram(b"", group, protocol=2, ip_length=28, udp_length=0)
                sending.send(frame[:34] + body)
                assert igmp_types(listening, group) == 0x16


def igmp_types(listening: socket.socket, group: str) -> int:
    """The type of the next IGMP message about a group."""
    for _ in range(100):
        frame = listening.recv(2_048)
        header = (frame[14] & 15) * 4
        if frame[23] == 2 and frame[30:34] == socket.inet_aton(group):
            return frame[14 + header]
    raise AssertionError("a hundred frames, and none of them IGMP")


@pytest.mark.namespace
def test_all_queues_are_heard_or_those_that_were_named_and_the_kernel_gets_the_others() -> None:
    with cards(queues=3) as sending:
        rig = rig_of(sending)
        # the queue is chosen by the flow
        frames = [datagram(b"x", rig.groups[LINES[0]], source=f"10.77.0.{number}") for number in range(10, 110)]
        with rig.receiver() as receiver:
            assert receiver.statistics["interfaces"][0]["queues"] == [0, 1, 2]
            send_frames(sending, frames)
            Poller(receiver).receive(100)
        with rig.receiver(queues=[1]) as receiver, SocketReceiver(rig.endpoints) as plain:
            send_frames(sending, frames)
            pollers = [Poller(receiver), Poller(plain)]
            shares = [0, 0]
            wait_until(lambda: sum(count(shares, pollers)) == 100, "all frames come one way or the other")
            assert all(shares)


def count(shares: list[int], pollers: list[Poller]) -> list[int]:
    """Add what each has now."""
    for number, poller in enumerate(pollers):
        shares[number] += len(poller.take())
    return shares


@pytest.mark.namespace
def test_lines_on_two_interfaces_are_heard_by_one_receiver() -> None:
    with cards() as sending:
        group = "239.7.0.5"
        endpoints = [Endpoint(0, group, PORT, None, NEAR), Endpoint(1, group, PORT, None, FAR)]
        with AfXdpReceiver(endpoints, AfXdpReceiver.Options(frames=1_024)) as receiver:
            with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as back:
                back.bind((NEAR, 0))
                send_frames(back, [datagram(payload, group) for payload in payloads("to far", 60)])
            send_frames(sending, [datagram(payload, group) for payload in payloads("to near", 60)])
            taken = Poller(receiver).receive(120)
            assert of_line(taken, 0) == payloads("to near", 60)
            assert of_line(taken, 1) == payloads("to far", 60)


@pytest.mark.namespace
def test_a_line_of_one_source_does_not_hear_another() -> None:
    with cards() as sending:
        group = "239.7.0.5"
        with AfXdpReceiver(
            [Endpoint(1, group, PORT, FAR_ADDRESS, NEAR)], AfXdpReceiver.Options(frames=1_024)
        ) as receiver:
            for source in ("10.77.0.66", FAR_ADDRESS):
                send_frames(sending, [datagram(source.encode(), group, source=source)])
            assert [one.payload for one in Poller(receiver).receive(1)] == [FAR_ADDRESS.encode()]
            assert receiver.statistics["interfaces"][0]["unmatched"] == 1


@pytest.mark.namespace
def test_replies_to_a_unicast_endpoint_come_as_a_line() -> None:
    with cards() as sending:
        rig = rig_of(sending)
        endpoints = [*rig.endpoints, Endpoint(7, "", 0)]
        with AfXdpReceiver(endpoints, AfXdpReceiver.Options(frames=1_024)) as receiver, sender(LOOPBACK) as server:
            server.sendto(b"reply", (LOOPBACK, receiver.address_of(7)[1]))
            rig.send(LINES[0], [b"feed"])
            taken = Poller(receiver).receive(2)
            assert of_line(taken, LINES[0]) == [b"feed"]
            assert of_line(taken, 7) == [b"reply"]
            assert receiver.statistics["frames"] == 2


@pytest.mark.namespace
def test_frames_longer_than_a_chunk_are_dropped_and_counted_and_a_large_mtu_is_no_reason_to_fail() -> None:
    with cards(mtu=9_000) as sending:
        rig = rig_of(sending)
        with rig.receiver() as receiver:
            assert receiver.mode == "generic"
            native = receiver.statistics["interfaces"][0]["tried"][1]
            assert native.startswith("native: Numerical result out of range; the MTU is too large")
            rig.send(LINES[0], [b"short", bytes(5_000), b"short too"])
            assert [one.payload for one in Poller(receiver).receive(2)] == [b"short", b"short too"]
            assert receiver.statistics["dropped"] == {"receiver": 0, "kernel": 1, "device": 0}


@pytest.mark.namespace
def test_an_interface_that_another_program_has_is_refused_with_the_command_that_frees_it() -> None:
    with cards() as sending:
        rig = rig_of(sending, mode="native")
        with rig.receiver(), pytest.raises(EndpointError, match="ip link set dev INTERFACE xdp off") as refused:
            rig.receiver().open()
        assert refused.value.errno == errno.EBUSY


def program_attached() -> bool:
    return "xdp" in ip("link", "show", NEAR)


@pytest.mark.namespace
def test_a_killed_process_leaves_no_program_attached() -> None:
    program = f"""
import signal
from feedhandler.receivers.af_xdp import AfXdpReceiver
from feedhandler.receivers.endpoints import Endpoint
receiver = AfXdpReceiver([Endpoint(0, "239.7.0.5", {PORT}, None, {NEAR!r})], AfXdpReceiver.Options(frames=1_024))
receiver.open()
print("open", flush=True)
signal.pause()
"""
    with cards() as sending:
        with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
            try:
                assert running.stdout is not None
                assert running.stdout.readline() == "open\n"
                assert program_attached()
            finally:
                os.kill(running.pid, signal.SIGKILL)
        wait_until(lambda: not program_attached(), "the program is detached")
        rig = rig_of(sending)
        with rig.receiver() as receiver:
            rig.send(LINES[0], [b"after"])
            assert [one.payload for one in Poller(receiver).receive(1)] == [b"after"]
        assert not program_attached()


OPENING = f"""
from feedhandler.receivers.af_xdp import AfXdpReceiver
from feedhandler.receivers.endpoints import Endpoint
receiver = AfXdpReceiver([Endpoint(3, "239.7.0.5", {PORT}, None, {NEAR!r})], AfXdpReceiver.Options(frames=1_024))
try:
    receiver.open()
    print(receiver.mode)
except OSError as error:
    print(error.errno, error)
"""


@pytest.mark.namespace
def test_three_capabilities_are_enough_and_each_is_needed() -> None:
    needed = ("net_admin", "net_raw", "bpf")
    with cards():
        assert only_capabilities(OPENING, *needed) == "native\n"
        for missing in needed:
            refused = only_capabilities(OPENING, *(name for name in needed if name != missing))
            assert refused.startswith((f"{errno.EPERM} ", f"{errno.EACCES} ")), f"without {missing}: {refused}"
            assert "CAP_NET_ADMIN, CAP_NET_RAW and CAP_BPF" in refused


@pytest.mark.namespace
def test_more_memory_than_may_be_locked_is_refused_with_the_limit() -> None:
    limited = "import resource\nresource.setrlimit(resource.RLIMIT_MEMLOCK, (65_536, 65_536))\n" + OPENING
    with cards():
        refused = only_capabilities(limited, "net_admin", "net_raw", "bpf")
        assert refused.startswith(f"{errno.ENOBUFS} ")
        assert "may lock 65536 bytes: ulimit -l" in refused
        assert only_capabilities(limited, "net_admin", "net_raw", "bpf", "ipc_lock") == "native\n"


@pytest.mark.parametrize(
    "options", [{"frames": 1_000}, {"queues": []}, {"queues": [0, 0]}, {"queues": [-1]}, {"packet_bytes": 9_000}]
)
def test_options_are_validated(options: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        AfXdpReceiver.Options(**options)


@pytest.mark.namespace
def test_busy_polling_lets_frames_through() -> None:
    with cards() as sending:
        rig = rig_of(sending, busy_poll="20us")
        with rig.receiver() as receiver:
            rig.send(LINES[0], payloads("x", 60))
            assert of_line(Poller(receiver).receive(60), LINES[0]) == payloads("x", 60)
            assert receiver.statistics["wakes"] >= 0
