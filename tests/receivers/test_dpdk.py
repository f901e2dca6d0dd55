"""The dpdk receiver over virtual devices: the contract of all receivers, and what only DPDK does.

A process has one environment of DPDK, so these tests share one, with small pages; other arguments are tried in
processes of their own (`test_dpdk_environment.py`).
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.receivers.dpdk_devices import AF_PACKET, AF_PACKET_SMALL, AF_XDP, BUILT, PCAP, SMALL_PAGES, needs_dpdk

if BUILT:
    from feedhandler.receivers.dpdk import DpdkReceiver

from feedhandler import plugins
from feedhandler.receivers.endpoints import Endpoint, EndpointError
from feedhandler.receivers.socket import SocketReceiver
from tests.receivers.contract import LINES, ReceiverContract, Rig, of_line, payloads
from tests.receivers.loopback import LOOPBACK, membership_count, sender
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
from tests.receivers.polling import Poller
from tests.receivers.privileges import ROOT, only_capabilities
from tests.replay.builders import Record, pcap

pytestmark = needs_dpdk


@pytest.mark.namespace
class TestDpdkReceiver(ReceiverContract):
    """The contract, over the kernel's packet rings."""

    options: dict[str, Any] = {"device": AF_PACKET}
    overload_options = {"device": AF_PACKET_SMALL}

    @contextmanager
    def rig(self) -> Iterator[Rig]:
        with cards() as sending:
            yield CardsRig(DpdkReceiver, LINES, sending, **SMALL_PAGES, **self.options)


class TestDpdkReceiverOverXdp(TestDpdkReceiver):
    """The contract once more, over AF_XDP."""

    options = {"device": AF_XDP}
    overload_options = {"descriptors": 512}


DEVICES = pytest.mark.parametrize("device", [AF_PACKET, AF_XDP, PCAP], ids=["af_packet", "af_xdp", "pcap"])


def rig_of(sending: socket.socket, **options: Any) -> CardsRig:
    return CardsRig(DpdkReceiver, LINES, sending, **{**SMALL_PAGES, "device": AF_PACKET, **options})


def test_it_is_installed_under_its_name() -> None:
    assert plugins.receiver("dpdk") is DpdkReceiver


@DEVICES
@pytest.mark.namespace
def test_frames_with_tags_options_and_trailers_come_as_their_payload(device: str) -> None:
    with cards() as sending:
        rig = rig_of(sending, device=device)
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


@DEVICES
@pytest.mark.namespace
def test_bad_frames_and_those_of_others_are_counted_and_never_lent(device: str) -> None:
    with cards() as sending:
        rig = rig_of(sending, device=device)
        group = rig.groups[LINES[0]]
        with rig.receiver() as receiver:
            send_frames(sending, [
                datagram(b"too short a UDP length", group, udp_length=7),
                datagram(b"longer than the packet", group, udp_length=1_000),
                datagram(b"IP says less than its header", group, ip_length=19),
                datagram(b"first fragment", group, fragment=0x2000),
                datagram(b"last fragment", group, fragment=0x0010),
                datagram(b"another group", "239.7.0.99"),
                datagram(b"another port", group, PORT + 1),
                datagram(b"right", group),
            ])  # fmt: skip
            poller = Poller(receiver)
            taken = poller.receive(1) + poller.drain()
            assert [one.payload for one in taken] == [b"right"]
            (told,) = receiver.statistics["ports"]
            skipped = {name: count for name, count in told["skipped"].items() if count and name != "not_udp"}
            # net_af_packet lets the kernel put fragments together, and of these the rest never comes
            fragments = {} if device == AF_PACKET else {"fragment": 2}
            assert skipped == {"bad_udp_length": 2, "bad_ip_length": 1, **fragments}
            assert told["unmatched"] == 2


@DEVICES
@pytest.mark.namespace
def test_groups_are_joined_on_the_interface_behind_the_port_and_left_again(device: str) -> None:
    with cards() as sending:
        rig = rig_of(sending, device=device)
        with rig.receiver() as receiver:
            assert receiver.statistics["ports"][0]["interface"] == NEAR
            assert [membership_count(group, NEAR) for group in rig.groups.values()] == [1, 1]
        assert [membership_count(group, NEAR) for group in rig.groups.values()] == [0, 0]


@pytest.mark.namespace
def test_polls_of_one_take_what_the_driver_gave_in_a_burst_one_by_one_with_its_time() -> None:
    with cards() as sending:
        rig = rig_of(sending, burst=32)
        with rig.receiver() as receiver:
            rig.send(LINES[0], payloads("x", 32))
            poller = Poller(receiver)
            taken = [one for _ in range(32) for one in poller.receive(1, capacity=1)]
            assert of_line(taken, LINES[0]) == payloads("x", 32)
            assert len({one.received_ns for one in taken}) < 32


@pytest.mark.namespace
def test_lines_on_two_interfaces_are_heard_by_one_receiver_through_two_ports() -> None:
    with cards() as sending:
        group = "239.7.0.5"
        endpoints = [Endpoint(0, group, PORT, None, NEAR), Endpoint(1, group, PORT, None, FAR)]
        options = DpdkReceiver.Options(device=AF_PACKET, devices={FAR: PCAP}, **SMALL_PAGES)
        with DpdkReceiver(endpoints, options) as receiver:
            assert receiver.mode == "net_af_packet, net_pcap, small pages"
            with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as back:
                back.bind((NEAR, 0))
                send_frames(back, [datagram(payload, group) for payload in payloads("to far", 60)])
            send_frames(sending, [datagram(payload, group) for payload in payloads("to near", 60)])
            taken = Poller(receiver).receive(120)
            assert of_line(taken, 0) == payloads("to near", 60)
            assert of_line(taken, 1) == payloads("to far", 60)
            assert [one["interface"] for one in receiver.statistics["ports"]] == [NEAR, FAR]


@pytest.mark.namespace
def test_two_receivers_share_the_environment_and_each_has_its_own() -> None:
    with cards() as sending:
        near = rig_of(sending)
        far = [Endpoint(line, group, PORT, interface=FAR) for line, group in near.groups.items()]
        with near.receiver() as first, DpdkReceiver(far, near.receiver().options) as second:
            near.send(LINES[0], payloads("x", 30))
            assert of_line(Poller(first).receive(30), LINES[0]) == payloads("x", 30)
            assert Poller(second).drain() == []
        with near.receiver() as third:
            near.send(LINES[1], payloads("y", 30))
            assert of_line(Poller(third).receive(30), LINES[1]) == payloads("y", 30)


@pytest.mark.namespace
def test_several_queues_are_polled_in_turn() -> None:
    with cards() as sending:
        rig = rig_of(sending, device="net_af_packet,iface={interface},qpairs=2", queues=2)
        # the queue is chosen by the flow, as the driver's fan-out does it
        frames = [datagram(b"x", rig.groups[LINES[0]], source=f"10.77.0.{number}") for number in range(10, 110)]
        with rig.receiver() as receiver:
            assert receiver.statistics["ports"][0]["queues"] == 2
            send_frames(sending, frames)
            Poller(receiver).receive(100)
        with pytest.raises(EndpointError, match="3 queues are wished, and it has 2"):
            rig.receiver(queues=3).open()


@pytest.mark.namespace
def test_a_line_of_one_source_does_not_hear_another() -> None:
    with cards() as sending:
        group = "239.7.0.5"
        options = DpdkReceiver.Options(device=AF_PACKET, **SMALL_PAGES)
        with DpdkReceiver([Endpoint(1, group, PORT, FAR_ADDRESS, NEAR)], options) as receiver:
            for source in ("10.77.0.66", FAR_ADDRESS):
                send_frames(sending, [datagram(source.encode(), group, source=source)])
            assert [one.payload for one in Poller(receiver).receive(1)] == [FAR_ADDRESS.encode()]
            assert receiver.statistics["ports"][0]["unmatched"] == 1


@pytest.mark.namespace
def test_replies_to_a_unicast_endpoint_come_as_a_line() -> None:
    with cards() as sending:
        rig = rig_of(sending)
        endpoints = [*rig.endpoints, Endpoint(7, "", 0)]
        with DpdkReceiver(endpoints, rig.receiver().options) as receiver, sender(LOOPBACK) as server:
            server.sendto(b"reply", (LOOPBACK, receiver.address_of(7)[1]))
            rig.send(LINES[0], [b"feed"])
            taken = Poller(receiver).receive(2)
            assert of_line(taken, LINES[0]) == [b"feed"]
            assert of_line(taken, 7) == [b"reply"]
            assert receiver.statistics["frames"] == 2


def test_a_file_of_packets_is_a_device_too(tmp_path: Path) -> None:
    """The frames of the file, once; no interface is behind it, so nothing is joined."""
    groups = ("239.7.0.3", "239.7.0.4")
    file = tmp_path / "some.pcap"
    sent = [f"packet {number}".encode() for number in range(500)]
    frames = [frame_without_cards(payload, groups[place % 2]) for place, payload in enumerate(sent)]
    file.write_bytes(pcap([Record(1_700_000_000_000_000_000 + place, frame) for place, frame in enumerate(frames)]))
    endpoints = [Endpoint(number, group, PORT) for number, group in enumerate(groups)]
    with DpdkReceiver(endpoints, DpdkReceiver.Options(device=f"net_pcap,rx_pcap={file}", **SMALL_PAGES)) as receiver:
        taken = Poller(receiver).receive(500)
        assert of_line(taken, 0) == sent[0::2]
        assert of_line(taken, 1) == sent[1::2]
        assert Poller(receiver).drain() == []
        assert receiver.statistics["ports"][0]["interface"] is None
        assert receiver.warnings == []


def frame_without_cards(payload: bytes, group: str) -> bytes:
    """A datagram to a group, from nobody's address, for files."""
    head = bytes.fromhex("01005e070003 020000000001 0800")
    total = 28 + len(payload)
    packet = bytes([0x45, 0, total >> 8, total & 255, 0, 0, 0x40, 0, 1, 17, 0, 0]) + socket.inet_aton("10.77.0.2")
    udp = bytes([0x75, 0x30, PORT >> 8, PORT & 255, 0, 8 + len(payload), 0, 0])
    return head + packet + socket.inet_aton(group) + udp + payload


@pytest.mark.namespace
def test_what_the_kernel_sends_into_a_tap_is_received_and_what_it_could_not_is_counted() -> None:
    group = "239.7.0.5"
    endpoints = [Endpoint(4, group, PORT, None, "feed7")]
    options = DpdkReceiver.Options(devices={"feed7": "net_tap,iface=feed7"}, **SMALL_PAGES)
    with DpdkReceiver(endpoints, options) as receiver:
        assert membership_count(group, "feed7") == 1
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sending:
            sending.bind(("feed7", 0))
            sent = payloads("x", 100)
            send_frames(sending, [frame_without_cards(payload, group) for payload in sent])
            poller = Poller(receiver)
            assert of_line(poller.receive(100), 4) == sent
            overload = payloads("y", 3_000)
            for payload in overload:
                with contextlib.suppress(OSError):  # ENOBUFS: the kernel says that it dropped this one
                    sending.send(frame_without_cards(payload, group))
            taken = poller.drain()
            assert len(taken) < len(overload)
            # the reports of the membership go the same way, and may be dropped as well
            reports = len(taken) + receiver.statistics["dropped"]["kernel"] - len(overload)
            assert 0 <= reports <= 2
    assert "feed7" not in ip("link", "show"), "the interface goes with the port"


def test_a_device_that_makes_frames_of_nothing_is_heard_and_nothing_is_lent() -> None:
    options = DpdkReceiver.Options(device="net_null,size=128", **SMALL_PAGES)
    with DpdkReceiver([Endpoint(0, "239.7.0.5", PORT)], options) as receiver:
        poller = Poller(receiver)
        assert [poller.poll() for _ in range(100)] == [0] * 100
        told = receiver.statistics
        assert told["mode"] == "net_null, small pages"
        assert told["ports"][0]["skipped"]["not_ip"] == 3_200, "a burst of 32 each time"
        assert (told["frames"], told["empty_polls"]) == (0, 100)


@DEVICES
@pytest.mark.namespace
def test_every_buffer_of_the_pool_comes_back_again_and_again(device: str) -> None:
    """In a thread that DPDK does not know: it has no cache, so each poll takes other buffers, and all have their turn.

    net_af_xdp once lost those that lay beyond what it gave the kernel, until none were left.
    """
    with cards() as sending:
        rig = rig_of(sending, device=device, descriptors=64)
        sent = payloads("x", 64)
        with rig.receiver() as receiver:
            found: list[list[bytes]] = []

            def poll() -> None:
                poller = Poller(receiver)
                for _ in range(200):
                    rig.send(LINES[0], sent)
                    found.append(of_line(poller.receive(64), LINES[0]))

            run_beside(poll)
            told = receiver.statistics
            assert found == [sent] * 200, "twice what the pool holds"
            assert told["dropped"] == {"receiver": 0, "kernel": 0, "device": 0}


def run_beside(work: Callable[[], None]) -> None:
    """In another thread, to its end; what it raises is raised here."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001, raised again by who waits
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]


@pytest.mark.namespace
def test_a_killed_process_leaves_nothing_attached() -> None:
    with cards() as sending:
        with killed(AF_PACKET):
            assert packet_sockets(NEAR) == 1
        wait_until(lambda: packet_sockets(NEAR) == 0, "the driver's socket is gone")
        assert membership_count("239.7.0.3", NEAR) == 0
        rig = rig_of(sending)
        with rig.receiver() as receiver:
            rig.send(LINES[0], [b"after"])
            assert [one.payload for one in Poller(receiver).receive(1)] == [b"after"]


@pytest.mark.namespace
def test_the_program_that_net_af_xdp_leaves_after_a_kill_lets_frames_through_and_goes_with_the_next_receiver() -> None:
    """DPDK attaches it by netlink, so it does not go with the process; ours of `af_xdp` does."""
    with cards() as sending:
        with killed(AF_XDP):
            assert "xdp" in ip("link", "show", NEAR)
        rig = rig_of(sending, device=AF_XDP)
        with SocketReceiver(rig.endpoints) as plain:
            rig.send(LINES[0], payloads("x", 20))
            assert of_line(Poller(plain).receive(20), LINES[0]) == payloads("x", 20)
        with rig.receiver() as receiver:
            rig.send(LINES[0], payloads("y", 20))
            assert of_line(Poller(receiver).receive(20), LINES[0]) == payloads("y", 20)
        assert "xdp" not in ip("link", "show", NEAR)


@contextmanager
def killed(device: str) -> Iterator[None]:
    """With a process that has a receiver open; it is killed afterwards."""
    program = f"""
import signal
from feedhandler.receivers.dpdk import DpdkReceiver
from feedhandler.receivers.endpoints import Endpoint
options = DpdkReceiver.Options(device={device!r}, huge_pages=False)
receiver = DpdkReceiver([Endpoint(0, "239.7.0.3", {PORT}, None, {NEAR!r})], options)
receiver.open()
print("open", flush=True)
signal.pause()
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as running:
        try:
            assert running.stdout is not None
            assert running.stdout.readline() == "open\n"
            yield
        finally:
            os.kill(running.pid, signal.SIGKILL)


def packet_sockets(interface: str) -> int:
    """How many sockets of packet(7) hear all protocols on an interface."""
    index = socket.if_nametoindex(interface)
    rows = [row.split() for row in Path("/proc/thread-self/net/packet").read_text().splitlines()[1:]]
    return sum(int(row[4]) == index and row[3] == "0003" for row in rows)


OPENING = f"""
from feedhandler.receivers.dpdk import DpdkReceiver
from feedhandler.receivers.endpoints import Endpoint
options = DpdkReceiver.Options(device=DEVICE, huge_pages=False)
receiver = DpdkReceiver([Endpoint(3, "239.7.0.5", {PORT}, None, {NEAR!r})], options)
try:
    receiver.open()
    print(receiver.mode)
except OSError as error:
    print("refused", error)
"""
CAPABILITIES = [
    (AF_PACKET, ["ipc_lock", "net_raw", "net_admin"]),
    (AF_XDP, ["net_raw", "net_admin", "bpf", "ipc_lock", "sys_admin"]),
    (PCAP, ["net_raw"]),
    ("net_tap", ["net_admin"]),
]


@pytest.mark.parametrize(("device", "needed"), CAPABILITIES, ids=["af_packet", "af_xdp", "pcap", "tap"])
@pytest.mark.namespace
def test_the_documented_capabilities_are_enough_and_without_the_last_it_is_refused(
    device: str, needed: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o777)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))  # where a DPDK that is not root's has its folder
    program = OPENING.replace("DEVICE", repr(device))
    with cards():
        assert only_capabilities(program, *needed) == f"{device.partition(',')[0]}, small pages\n"
        refused = only_capabilities(program, "chown", *needed[:-1])
        assert refused.startswith("refused ")
        assert "DPDK cannot plug it in" in refused or "no receive queue" in refused or "does not start" in refused


@pytest.mark.namespace
def test_what_cannot_be_opened_says_why_in_dpdks_own_words() -> None:
    with cards() as sending, pytest.raises(EndpointError, match=r"net_af_packet\d+,iface=no-such-one: .*ioctl failed"):
        rig_of(sending, device="net_af_packet,iface=no-such-one").receiver().open()


def test_a_line_for_which_no_device_is_named_is_refused_with_what_to_write() -> None:
    receiver = DpdkReceiver([Endpoint(0, "239.7.0.5", PORT, None, "lo")])
    with pytest.raises(EndpointError, match=r"no device of DPDK is named .* devices: \{lo: '0000:81:00.0'\}"):
        receiver.open()
    options = DpdkReceiver.Options(device=AF_XDP)
    with pytest.raises(EndpointError, match="the device is made from the line's interface"):
        DpdkReceiver([Endpoint(0, "239.7.0.5", PORT)], options).open()


@pytest.mark.namespace
def test_a_card_is_refused_where_the_environment_looks_at_no_bus() -> None:
    with cards() as sending, rig_of(sending).receiver():
        options = DpdkReceiver.Options(device="0000:81:00.0", **SMALL_PAGES)
        with pytest.raises(EndpointError, match="runs in this process without the PCI bus") as refused:
            DpdkReceiver([Endpoint(0, "239.7.0.5", PORT)], options).open()
        assert refused.value.errno == errno.EBUSY
