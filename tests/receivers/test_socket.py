"""The socket receiver on loopback multicast: the contract of all receivers, and what only sockets can do."""

from __future__ import annotations

import errno
import itertools
import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import ValidationError

from feedhandler import plugins
from feedhandler.core.frames import FrameFlag, ReceiverStatus
from feedhandler.receivers.endpoints import Endpoint, EndpointError
from feedhandler.receivers.socket import SocketReceiver
from tests.receivers.contract import LINES, ReceiverContract, Rig, of_line, open_files, payloads
from tests.receivers.loopback import LOOPBACK, LoopbackRig, free_group, free_port, membership_count, send_all, sender
from tests.receivers.polling import WAIT_SECONDS, Poller
from tests.receivers.preloading import run_preloaded
from tests.receivers.privileges import without_capabilities

ROOT = Path(__file__).resolve().parents[2]


class TestSocketReceiver(ReceiverContract):
    """The contract."""

    overload_options = {"receive_buffer": "64KiB"}

    @contextmanager
    def rig(self) -> Iterator[Rig]:
        with sender() as sending:
            yield LoopbackRig(SocketReceiver, LINES, sending)

    def test_one_full_line_does_not_starve_the_other(self) -> None:
        with self.rig() as rig, rig.receiver() as receiver:
            rig.send(LINES[0], payloads("many", 600))
            rig.send(LINES[1], payloads("few", 3))
            poller = Poller(receiver)
            heard: Counter[int] = Counter()
            while heard[LINES[1]] < 3:
                heard.update(one.line for one in poller.take())
                assert heard[LINES[0]] < 600, "the few came only after all of the many"
            poller.receive(603 - heard.total())


class TestBlockingSocketReceiver(TestSocketReceiver):
    """The contract once more, where an empty poll sleeps."""

    @contextmanager
    def rig(self) -> Iterator[Rig]:
        class Blocking(LoopbackRig):
            def receiver(self, **options: object) -> SocketReceiver:
                return super().receiver(wait="block", **options)

        with sender() as sending:
            yield Blocking(SocketReceiver, LINES, sending)


def endpoint(line: int = 0, **changes: object) -> Endpoint:
    return Endpoint(**{"line": line, "group": free_group(), "port": free_port(), "interface": "lo", **changes})


def test_it_is_installed_under_its_name() -> None:
    assert plugins.receiver("socket") is SocketReceiver


def test_several_groups_of_one_port_are_told_apart() -> None:
    port = free_port()
    endpoints = [endpoint(line, port=port) for line in range(5)]
    with sender() as sending, SocketReceiver(endpoints) as receiver:
        for one in endpoints:
            send_all(sending, payloads(one.group, 4), (one.group, port))
        taken = Poller(receiver).receive(20)
        assert [of_line(taken, one.line) for one in endpoints] == [payloads(one.group, 4) for one in endpoints]


def test_a_group_that_another_process_joined_on_the_same_port_does_not_get_in() -> None:
    mine, other = endpoint(0), free_group()
    neighbour = SocketReceiver([endpoint(1, group=other, port=mine.port)])
    with sender() as sending, SocketReceiver([mine]) as receiver, neighbour:
        send_all(sending, payloads("other", 5), (other, mine.port))
        send_all(sending, payloads("mine", 1), (mine.group, mine.port))
        poller = Poller(receiver)
        assert [one.payload for one in poller.receive(1) + poller.drain()] == payloads("mine", 1)


def test_two_receivers_hear_the_same_group() -> None:
    heard = endpoint()
    with sender() as sending, SocketReceiver([heard]) as first, SocketReceiver([heard]) as second:
        send_all(sending, payloads("x", 9), (heard.group, heard.port))
        for receiver in (first, second):
            assert [one.payload for one in Poller(receiver).receive(9)] == payloads("x", 9)


def test_the_membership_is_given_back_on_close() -> None:
    heard = endpoint()
    receiver = SocketReceiver([heard])
    assert membership_count(heard.group) == 0
    with receiver:
        assert membership_count(heard.group) == 1
    assert membership_count(heard.group) == 0


def test_only_the_source_that_was_named_is_heard() -> None:
    """The loopback has all of 127.0.0.0/8, so a second sender is a second address."""
    heard = endpoint(source="127.0.0.2")
    with (
        sender(bind="127.0.0.2") as wanted,
        sender(bind="127.0.0.3") as unwanted,
        SocketReceiver([heard]) as receiver,
    ):
        where = (heard.group, heard.port)
        send_all(unwanted, payloads("unwanted", 3), where)
        send_all(wanted, payloads("wanted", 3), where)
        send_all(unwanted, payloads("unwanted", 3), where)
        poller = Poller(receiver)
        assert [one.payload for one in poller.receive(3) + poller.drain()] == payloads("wanted", 3)


def test_lines_of_one_group_are_told_apart_by_source() -> None:
    group, port = free_group(), free_port()
    endpoints = [Endpoint(line, group, port, f"127.0.0.{line}", "lo") for line in (2, 3)]
    with SocketReceiver(endpoints) as receiver:
        for line in (2, 3):
            with sender(bind=f"127.0.0.{line}") as sending:
                send_all(sending, payloads(f"from {line}", 6), (group, port))
        taken = Poller(receiver).receive(12)
        assert {line: of_line(taken, line) for line in (2, 3)} == {line: payloads(f"from {line}", 6) for line in (2, 3)}


def test_an_interface_may_be_named_by_its_address() -> None:
    heard = endpoint(interface=LOOPBACK)
    with sender() as sending, SocketReceiver([heard]) as receiver:
        send_all(sending, payloads("x", 2), (heard.group, heard.port))
        assert len(Poller(receiver).receive(2)) == 2
        assert receiver.statistics["endpoints"][0]["interface"] == "lo"


def test_replies_to_a_unicast_endpoint_come_as_a_line() -> None:
    """As retransmissions do: a cold thread sends the request from the endpoint's own socket."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server,
        SocketReceiver([endpoint(0), Endpoint(7, "", 0, interface=LOOPBACK)]) as receiver,
    ):
        server.bind((LOOPBACK, 0))
        server.settimeout(WAIT_SECONDS)
        address, port = receiver.address_of(7)
        assert address == LOOPBACK
        assert port > 0

        def ask() -> None:
            with socket.socket(fileno=os.dup(receiver.fileno(7))) as asking:
                asking.sendto(b"request", server.getsockname())

        thread = threading.Thread(target=ask)
        thread.start()
        request, requester = server.recvfrom(100)
        thread.join()
        assert (request, requester) == (b"request", (address, port))
        server.sendto(b"reply", requester)
        assert [(one.line, one.payload) for one in Poller(receiver).receive(1)] == [(7, b"reply")]


def test_replies_from_a_stranger_are_counted_and_not_lent() -> None:
    with SocketReceiver([Endpoint(1, "", 0, "127.0.0.2", LOOPBACK)]) as receiver:
        where = receiver.address_of(1)
        with sender(bind="127.0.0.3") as stranger, sender(bind="127.0.0.2") as server:
            for number in range(10):
                stranger.sendto(b"forged", where)
                server.sendto(b"%d" % number, where)
        poller = Poller(receiver)
        taken = poller.receive(10, 3) + poller.drain()
        assert [one.payload for one in taken] == [b"%d" % number for number in range(10)]
        told = receiver.statistics
        assert told["dropped"] == {"receiver": 10, "kernel": 0, "device": 0}
        assert told["endpoints"][0]["foreign"] == 10


def test_a_refused_request_does_not_end_the_line() -> None:
    """A request to a server that is not there comes back as an error of the socket, and is counted at most."""
    with SocketReceiver([Endpoint(1, "", 0, interface=LOOPBACK)]) as receiver:
        where = receiver.address_of(1)
        with socket.socket(fileno=os.dup(receiver.fileno(1))) as asking:
            asking.setsockopt(socket.IPPROTO_IP, 11, 1)  # IP_RECVERR: the kernel tells even an unconnected socket
            asking.sendto(b"request", (LOOPBACK, free_port()))
        poller = Poller(receiver)
        limit = time.monotonic() + WAIT_SECONDS
        while receiver.statistics["endpoints"][0]["errors"] == 0:
            assert poller.poll() == 0
            assert time.monotonic() < limit
        with sender() as sending:
            sending.sendto(b"later", where)
        assert [one.payload for one in poller.receive(1)] == [b"later"]


def test_drops_are_counted_while_it_runs_beyond_what_the_kernel_says_at_the_end() -> None:
    heard = endpoint()
    options = SocketReceiver.Options(receive_buffer="64KiB")
    with sender() as sending, SocketReceiver([heard], options) as receiver:
        poller = Poller(receiver)
        frames = 0
        for _ in range(5):
            send_all(sending, payloads("x", 500), (heard.group, heard.port))
            frames += len(poller.drain())
        limit = time.monotonic() + WAIT_SECONDS
        while frames + receiver.statistics["dropped"]["kernel"] < 2_500:
            assert time.monotonic() < limit
            frames += len(poller.drain())
        told = receiver.statistics
        assert 0 < told["dropped"]["kernel"] == 2_500 - frames
    assert receiver.statistics["dropped"] == told["dropped"], "also after close"


def test_stop_ends_a_poll_that_sleeps() -> None:
    options = SocketReceiver.Options(wait="block", wait_limit="1s")
    with SocketReceiver([endpoint()], options) as receiver:
        poller = Poller(receiver)
        found: list[int] = []
        polls = itertools.count()

        def run() -> None:
            while next(polls) < 1_000 and not found:
                status = poller.poll()
                if status:
                    found.append(status)

        thread = threading.Thread(target=run)
        thread.start()
        while receiver.statistics["polls"] == 0:
            assert thread.is_alive()
        receiver.stop()
        thread.join(WAIT_SECONDS)
        assert found == [ReceiverStatus.ENDED]


def test_a_datagram_wakes_a_poll_that_sleeps() -> None:
    heard = endpoint()
    options = SocketReceiver.Options(wait="block", wait_limit="1s")
    with SocketReceiver([heard], options) as receiver, sender() as sending:
        taken: list[bytes] = []
        thread = threading.Thread(target=lambda: taken.extend(one.payload for one in Poller(receiver).receive(1)))
        thread.start()
        while receiver.statistics["polls"] == 0:
            assert thread.is_alive()
        sending.sendto(b"wake up", (heard.group, heard.port))
        thread.join(WAIT_SECONDS)
        assert taken == [b"wake up"]


def test_without_kernel_stamps_the_time_is_that_of_the_poll() -> None:
    heard = endpoint()
    with sender() as sending, SocketReceiver([heard], SocketReceiver.Options(timestamps="none")) as receiver:
        send_all(sending, payloads("x", 20), (heard.group, heard.port))
        poller = Poller(receiver)
        taken = []
        while len(taken) < 20:
            burst = poller.take(64)
            assert len({one.received_ns for one in burst}) <= 1
            taken += burst
        assert {one.flags for one in taken} == {0}


def test_kernel_stamps_tell_datagrams_of_one_burst_apart() -> None:
    heard = endpoint()
    with sender() as sending, SocketReceiver([heard], SocketReceiver.Options(burst=64)) as receiver:
        poller = Poller(receiver)
        for number in range(32):
            sending.sendto(b"%d" % number, (heard.group, heard.port))
        taken = poller.receive(32)
        times = [one.received_ns for one in taken]
        assert times == sorted(times)
        assert len(set(times)) > 16
        assert not any(one.flags & FrameFlag.TIME_UNCERTAIN for one in taken)


def test_too_small_a_receive_buffer_is_a_warning_with_the_command_that_mends_it() -> None:
    """Run without CAP_NET_ADMIN, which could have any size."""
    limit = int(Path("/proc/sys/net/core/rmem_max").read_text())
    program = f"""
from feedhandler.receivers.endpoints import Endpoint
from feedhandler.receivers.socket import SocketReceiver
options = SocketReceiver.Options(receive_buffer="{limit * 2}B")
with SocketReceiver([Endpoint(0, {free_group()!r}, {free_port()}, interface="lo")], options) as receiver:
    print(receiver.statistics["endpoints"][0]["receive_buffer"])
    print(*receiver.warnings, sep="\\n")
"""
    obtained, warning = without_capabilities(program, "net_admin").splitlines()
    assert int(obtained) == limit
    assert f"sysctl -w net.core.rmem_max={limit * 2}" in warning


def test_a_wished_receive_buffer_is_what_the_statistics_say() -> None:
    with SocketReceiver([endpoint()], SocketReceiver.Options(receive_buffer="128KiB")) as receiver:
        assert receiver.statistics["endpoints"][0]["receive_buffer"] == 128 << 10
        assert receiver.warnings == []


@pytest.mark.parametrize(
    ("changes", "number", "words"),
    [
        ({"interface": "no-such-one"}, errno.ENODEV, "there is no interface no-such-one; there are lo (127.0.0.1)"),
        ({"interface": "192.0.2.77"}, errno.ENODEV, "there is no interface 192.0.2.77; there are"),
        ({"group": "192.0.2.77"}, errno.EADDRNOTAVAIL, "no interface has this address"),
    ],
)
def test_an_endpoint_that_cannot_be_heard_is_refused_in_words(
    changes: dict[str, str], number: int, words: str
) -> None:
    heard = endpoint(3, **changes)
    receiver = SocketReceiver([endpoint(0), heard])
    before = open_files()
    with pytest.raises(EndpointError, match=r"line 3 \(") as refused:
        receiver.open()
    assert refused.value.errno == number
    assert words in str(refused.value)
    assert f"{heard.group}:{heard.port}" in str(refused.value)
    assert open_files() == before
    assert Poller(receiver).poll() == ReceiverStatus.ENDED


def test_a_port_that_is_not_shared_is_refused_with_the_command_that_finds_its_holder() -> None:
    heard = endpoint()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind((heard.group, heard.port))
        with pytest.raises(EndpointError) as refused:
            SocketReceiver([heard]).open()
    assert refused.value.errno == errno.EADDRINUSE
    assert f"ss -lunp sport = :{heard.port}" in str(refused.value)


def test_a_socket_that_breaks_is_a_failure_with_its_reason() -> None:
    with SocketReceiver([endpoint(5)]) as receiver:
        poller = Poller(receiver)
        assert poller.poll() == 0
        with open(os.devnull) as other:
            kept = os.dup(receiver.fileno(5))
            os.dup2(other.fileno(), receiver.fileno(5))
            try:
                assert poller.poll() == ReceiverStatus.FAILED
                assert isinstance(receiver.error, EndpointError)
                assert receiver.error.errno == errno.ENOTSOCK
                assert "line 5" in str(receiver.error)
            finally:
                os.dup2(kept, receiver.fileno(5))
                os.close(kept)


def test_lines_are_asked_for_by_number() -> None:
    receiver = SocketReceiver([endpoint(4)])
    with pytest.raises(RuntimeError, match="is not open"):
        receiver.fileno(4)
    with receiver, pytest.raises(LookupError, match="no line 5; there are 4"):
        receiver.address_of(5)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((-1, "239.1.1.1", 5), "line -1; expected 0 to 65535"),
        ((0, "239.1.1.1", 0), "239.1.1.1 without a port"),
        ((0, "239.1.1.1", 70_000), "port 70000; expected 0 to 65535"),
        ((0, "239.1.1", 5), "239.1.1"),
        ((0, "239.1.1.1", 5, "nobody"), "nobody"),
    ],
)
def test_an_endpoint_that_makes_no_sense_is_refused(arguments: tuple[object, ...], words: str) -> None:
    with pytest.raises(ValueError, match=words.replace(".", r"\.")):
        Endpoint(*arguments)


def test_no_endpoint_and_one_twice_are_refused() -> None:
    with pytest.raises(ValueError, match="no endpoint was given"):
        SocketReceiver([])
    first = endpoint(0)
    with pytest.raises(ValueError, match="is heard at the same place as line 0"):
        SocketReceiver([first, Endpoint(1, first.group, first.port, interface="lo")])


@pytest.mark.parametrize(
    "options", [{"wait": "sleep"}, {"receive_buffer": 100}, {"packet_bytes": 70_000}, {"burst": 65}, {"bursts": 1}]
)
def test_options_are_validated(options: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SocketReceiver.Options(**options)


def test_plain_sockets_are_not_accelerated() -> None:
    assert SocketReceiver([endpoint()]).accelerated is None


@pytest.mark.parametrize(
    ("library", "symbol", "told"),
    [
        ("libonload.so", "int onload_is_present(void) { return 1; }", "onload"),
        ("libvma.so", "", "vma"),
        ("libxlio.so", "", "xlio"),
        ("libother.so", "", "libother.so"),
    ],
)
def test_a_library_that_replaces_the_sockets_is_named(tmp_path: Path, library: str, symbol: str, told: str) -> None:
    """A library of that name, preloaded, that answers recvmmsg by passing it on: frames come through it."""
    source = f"""
#include <dlfcn.h>
#include <sys/socket.h>
{symbol}
int calls;
int recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags, struct timespec *limit)
{{
    int (*next)(int, struct mmsghdr *, unsigned int, int, struct timespec *) = dlsym(RTLD_NEXT, "recvmmsg");
    calls++;
    return next(fd, messages, count, flags, limit);
}}
"""
    program = f"""
import ctypes
from feedhandler.receivers.endpoints import Endpoint
from feedhandler.receivers.socket import SocketReceiver
from tests.receivers.loopback import sender
from tests.receivers.polling import Poller
heard = Endpoint(0, {free_group()!r}, {free_port()}, interface="lo")
with sender() as sending, SocketReceiver([heard]) as receiver:
    sending.sendto(b"through it", (heard.group, heard.port))
    print(Poller(receiver).receive(1)[0].payload.decode())
    print(receiver.statistics["accelerated"])
    print(ctypes.c_int.in_dll(ctypes.CDLL(None), "calls").value > 0)
"""
    assert run_preloaded(program, tmp_path / library, source) == ["through it", told, "True"]


ODD_KERNEL = """
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
static const long long stamps[] = { STAMPS };              /* by datagram: nanoseconds from now */
static const unsigned int drops[] = { DROPS };
static int next_one;
static void control_put(struct msghdr *message, struct cmsghdr *control, int type, const void *data, size_t size)
{
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = type;
    control->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(control), data, size);
}
int recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags, struct timespec *limit)
{
    struct msghdr *message = &messages[0].msg_hdr;
    struct timespec time;
    if (next_one == sizeof stamps / sizeof *stamps) {
        errno = EAGAIN;
        return -1;
    }
    clock_gettime(CLOCK_REALTIME, &time);
    long long stamp = time.tv_sec * 1000000000LL + time.tv_nsec + stamps[next_one];
    time.tv_sec = stamp / 1000000000LL;
    time.tv_nsec = stamp % 1000000000LL;
    memset(message->msg_control, 0, message->msg_controllen);
    struct cmsghdr *control = CMSG_FIRSTHDR(message);
    control_put(message, control, SO_TIMESTAMPNS, &time, sizeof time);
    control = (struct cmsghdr *)((char *)control + CMSG_SPACE(sizeof time));
    control_put(message, control, SO_RXQ_OVFL, &drops[next_one], 4);
    message->msg_controllen = CMSG_SPACE(sizeof time) + CMSG_SPACE(4);
    message->msg_flags = 0;
    messages[0].msg_len = 1;
    next_one++;
    return 1;
}
int getsockopt(int fd, int level, int name, void *value, socklen_t *size)
{
    errno = ENOPROTOOPT;                                   /* no SO_MEMINFO, as of sockets that are not the kernel's */
    return -1;
}
"""


def through_an_odd_kernel(tmp_path: Path, stamps: list[int], drops: list[int]) -> tuple[list[tuple[int, int]], int]:
    """(flags, nanoseconds before the poll) of datagrams with these stamps, and the drops that were counted."""
    source = ODD_KERNEL.replace("STAMPS", ", ".join(f"{stamp}LL" for stamp in stamps))
    program = f"""
from feedhandler.receivers.socket import udp
from feedhandler.receivers.clock import now_ns
from feedhandler.receivers.endpoints import Endpoint
from feedhandler.receivers.socket import SocketReceiver
from tests.receivers.polling import Poller
udp._set_receive_buffer = lambda *_: None
last = 0
with SocketReceiver([Endpoint(0, {free_group()!r}, {free_port()}, interface="lo")]) as receiver:
    poller = Poller(receiver)
    for _ in range({len(stamps)}):
        (frame,) = poller.take(1)
        assert frame.received_ns >= last
        last = frame.received_ns
        print(frame.flags, now_ns() - frame.received_ns)
    print(receiver.statistics["dropped"]["kernel"])
"""
    *frames, counted = run_preloaded(
        program, tmp_path / "libodd.so", source.replace("DROPS", ", ".join(f"{count}u" for count in drops))
    )
    return [(int(flags), int(age)) for flags, age in map(str.split, frames)], int(counted)


def test_stamps_of_a_clock_that_was_set_are_repaired_and_say_so(tmp_path: Path) -> None:
    hour, uncertain = 3_600_000_000_000, FrameFlag.TIME_UNCERTAIN.value
    stamps = [-1_000, hour, -1_000, -hour, -1_000, -1_000_000_000]
    found, _ = through_an_odd_kernel(tmp_path, stamps, [0] * len(stamps))
    assert [flags for flags, _ in found] == [0, uncertain, 0, uncertain, 0, uncertain]
    assert all(0 <= age < hour // 2 for _, age in found), "none is off by the hour that the clock was"


def test_drops_are_counted_beyond_the_32_bits_of_the_kernel(tmp_path: Path) -> None:
    drops = [0x7FFF_FFFF, 0xFFFF_FFF0, 0x10, 0x05, 0x20]
    _, counted = through_an_odd_kernel(tmp_path, [-1_000] * len(drops), drops)
    assert counted == (1 << 32) + 0x20


def test_hardware_stamps_where_no_card_takes_them_are_a_warning_and_the_kernels_are_used() -> None:
    heard = endpoint()
    with sender() as sending, SocketReceiver([heard], SocketReceiver.Options(timestamps="hardware")) as receiver:
        assert receiver.warnings == [
            "lo does not stamp frames: Operation not supported; the kernel's stamps are used alone"
        ]
        send_all(sending, payloads("x", 32), (heard.group, heard.port))
        taken = Poller(receiver).receive(32)
        assert len({one.received_ns for one in taken}) > 16
        assert {(one.flags & ~FrameFlag.TIME_UNCERTAIN, one.hardware_ns) for one in taken} == {(0, 0)}


def test_a_cards_stamps_come_beside_the_kernels(tmp_path: Path) -> None:
    """Three times in one control message (SCM_TIMESTAMPING): the kernel's, one that is never set, the card's."""
    source = ODD_KERNEL.replace("STAMPS", "-1000LL, -500LL").replace("DROPS", "0u, 7u")
    source = source.replace(
        "control_put(message, control, SO_TIMESTAMPNS, &time, sizeof time);",
        "struct timespec times[3] = { time, { 0, 0 }, { 1700000000 + next_one, 5 } };\n"
        "    control_put(message, control, SO_TIMESTAMPING, times, sizeof times);",
    ).replace("CMSG_SPACE(sizeof time)", "CMSG_SPACE(sizeof times)")
    program = f"""
from feedhandler.receivers.socket import udp
from feedhandler.receivers.clock import now_ns
from feedhandler.receivers.endpoints import Endpoint
from feedhandler.receivers.socket import SocketReceiver
from tests.receivers.polling import Poller
udp._set_receive_buffer = lambda *_: None
options = SocketReceiver.Options(timestamps="hardware")
with SocketReceiver([Endpoint(0, {free_group()!r}, {free_port()}, interface="lo")], options) as receiver:
    poller = Poller(receiver)
    for _ in range(2):
        (frame,) = poller.take(1)
        print(frame.hardware_ns, frame.flags, now_ns() - frame.received_ns < 60_000_000_000)
    print(receiver.statistics["dropped"]["kernel"])
"""
    assert run_preloaded(program, tmp_path / "libodd.so", source) == [
        "1700000000000000005 0 True", "1700000001000000005 0 True", "7",
    ]  # fmt: skip
