"""The environment of DPDK: one a process, so each test has a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from feedhandler.receivers.dpdk.devices import Device, clock_note, device_of, environment_of, free_huge_bytes
from feedhandler.receivers.options import DpdkOptions
from tests.receivers.dpdk_devices import AF_PACKET, AF_XDP, PCAP, needs_dpdk
from tests.receivers.huge_pages import huge_pages
from tests.receivers.polling import WAIT_SECONDS
from tests.receivers.privileges import ROOT

OPENING = """
import os, sys, threading
from feedhandler.receivers.dpdk import DpdkReceiver
from feedhandler.receivers.endpoints import Endpoint

def opened(**options):
    lines = [Endpoint(0, "239.7.0.5", 26477)]
    receiver = DpdkReceiver(lines, DpdkReceiver.Options(**{"device": "net_null", **options}))
    try:
        receiver.open()
    except OSError as error:
        return f"refused {error}"
    try:
        return receiver.mode, receiver.warnings
    finally:
        receiver.close()
"""

IMPOSSIBLE = ["--no-pci", "--no-huge", "-m", "999999999", "--no-shconf", "--no-telemetry"]


def said_by(program: str) -> list[str]:
    """The lines that a program prints."""
    result = subprocess.run(
        [sys.executable, "-c", OPENING + program], cwd=ROOT, capture_output=True, text=True, check=False,
        timeout=3 * WAIT_SECONDS,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


@needs_dpdk
def test_with_huge_pages_where_enough_are_free() -> None:
    with huge_pages(64):
        assert said_by('print(opened(memory="128MiB"))') == ["('net_null, huge pages', [])"]


OVER_DEVICES = f"""
from tests.receivers.contract import LINES, of_line, payloads
from tests.receivers.namespaces import CardsRig, cards, run_in_namespace
from tests.receivers.polling import Poller

def over(device):
    with cards() as sending:
        rig = CardsRig(DpdkReceiver, LINES, sending, device=device, memory="96MiB", descriptors=512)
        sent = payloads("x", 64)
        with rig.receiver() as receiver:
            poller = Poller(receiver)
            for _ in range(150):
                rig.send(LINES[0], sent)
                assert of_line(poller.receive(64), LINES[0]) == sent
            print(receiver.mode, receiver.statistics["dropped"], receiver.warnings)

for device in {[AF_PACKET, AF_XDP, PCAP]!r}:
    run_in_namespace(lambda: over(device))
"""
"""Frames through each device that hears a card, more of them than there are buffers."""


@needs_dpdk
@pytest.mark.namespace
def test_frames_come_through_every_device_with_buffers_in_huge_pages() -> None:
    with huge_pages(64):
        nothing = "{'receiver': 0, 'kernel': 0, 'device': 0} []"
        assert said_by(OVER_DEVICES) == [
            f"{driver}, huge pages {nothing}" for driver in ("net_af_packet", "net_af_xdp", "net_pcap")
        ]


@needs_dpdk
def test_without_huge_pages_small_ones_serve_and_a_warning_says_how_to_get_some() -> None:
    with huge_pages(0):
        (said,) = said_by('print(opened(memory="128MiB"))')
        assert said.startswith("('net_null, small pages', [")
        assert "0 MiB of huge pages are free, and 128 MiB were wished" in said
        assert "sysctl -w vm.nr_hugepages=64" in said


@needs_dpdk
def test_huge_pages_that_are_not_wished_are_not_missed() -> None:
    assert said_by("print(opened(huge_pages=False))") == ["('net_null, small pages', [])"]


@needs_dpdk
def test_arguments_of_ones_own_take_the_place_of_ours() -> None:
    own = ["--no-pci", "--no-huge", "-m", "128", "--no-shconf", "--no-telemetry", "-l", "0"]
    assert said_by(f"print(opened(eal={own}))") == ["('net_null, small pages', [])"]


@needs_dpdk
def test_arguments_that_dpdk_refuses_are_told_in_its_words_and_a_process_can_try_once() -> None:
    refused, again = said_by(f"for _ in range(2): print(opened(eal={IMPOSSIBLE}))")
    assert refused.startswith("refused [Errno 12] DPDK cannot start with --no-pci --no-huge -m 999999999 ")
    assert "EAL: Cannot init memory" in refused
    assert "a process can try once: start it again" in again


@needs_dpdk
def test_a_second_receiver_with_other_arguments_is_refused_and_one_without_takes_what_is_there() -> None:
    first, other, same = said_by("""
own = ["--no-pci", "--no-huge", "-m", "128", "--no-shconf", "--no-telemetry"]
print(opened(eal=own))
print(opened(eal=own[:-1]))
print(opened(huge_pages=False))
""")
    assert first == same == "('net_null, small pages', [])"
    assert "DPDK runs in this process with the arguments --no-pci --no-huge" in other


@needs_dpdk
def test_cores_of_the_process_and_its_threads_stay_as_they_were() -> None:
    before, after, started = said_by("""
before = os.sched_getaffinity(0)
print(sorted(before))
opened(huge_pages=False)
print(sorted(os.sched_getaffinity(0)))
thread = threading.Thread(target=lambda: print(sorted(os.sched_getaffinity(0))))
thread.start()
thread.join()
""")
    assert before == after == started


@needs_dpdk
def test_receivers_are_opened_in_many_threads_one_after_the_other_and_at_once() -> None:
    """Threads are registered with DPDK, which knows 128 of them, and forgotten again."""
    said = said_by("""
found = []
for _ in range(40):
    threads = [threading.Thread(target=lambda: found.append(opened(huge_pages=False))) for _ in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
print(len(found), set(one[0] for one in found))
""")
    assert said == ["160 {'net_null, small pages'}"]


@needs_dpdk
def test_too_little_memory_is_refused_with_what_would_mend_it() -> None:
    (said,) = said_by('print(opened(huge_pages=False, memory="64MiB", descriptors=32768))')
    assert "no memory for" in said
    assert "more with `memory`, fewer with `descriptors`" in said


@needs_dpdk
def test_a_card_that_is_not_there_is_refused() -> None:
    """The bus is looked at, and nothing on it is taken."""
    (said,) = said_by('print(opened(huge_pages=False, device="ffff:81:00.0"))')
    assert said.startswith("refused ")
    assert "ffff:81:00.0: DPDK cannot plug it in" in said


@needs_dpdk
def test_availability_is_told_without_starting_dpdk_and_remembers_a_start_that_failed() -> None:
    before, _, after = said_by(f"""
print(DpdkReceiver.probe())
print(opened(eal={IMPOSSIBLE}))
print(DpdkReceiver.probe())
""")
    assert before == "None"
    assert after.startswith("DPDK cannot start with --no-pci")


WITHOUT = """
import sys
class Absent:
    def find_spec(self, name, *_):
        if name == "feedhandler.receivers.dpdk.receiver":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
"""


def test_where_it_is_not_built_the_package_is_named_and_auto_takes_the_next() -> None:
    program = WITHOUT + """
from feedhandler.receivers.availability import availabilities
from feedhandler.receivers.auto import AutoReceiver
from feedhandler.receivers.endpoints import Endpoint
from feedhandler import plugins
(one,) = (one for one in availabilities() if one.kind == "dpdk")
print(one.available, one.reason)
options = AutoReceiver.Options(kinds=["dpdk", "socket"], options={"dpdk": {"device": "net_null"}})
with AutoReceiver([Endpoint(0, "", 0)], options) as receiver:
    print(receiver.kind, receiver.warnings)
try:
    plugins.receiver("dpdk")
except plugins.NotBuiltError as error:
    print(error)
"""
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    listed, taken, refused = result.stdout.splitlines()
    words = "not built here: it needs libdpdk (apt-get install dpdk-dev), and the extensions must then be built again"
    assert listed.startswith(f"False {words}")
    assert taken.startswith(f"socket ['receiver socket is used, since dpdk: {words}")
    assert refused.startswith(f"receiver dpdk: {words}")


@pytest.mark.parametrize(
    ("text", "device"),
    [
        ("net_af_xdp,iface=eth1,queue_count=2", Device("vdev", "net_af_xdp", "iface=eth1,queue_count=2")),
        ("net_pcap7, rx_pcap=/a b", Device("vdev", "net_pcap7", "rx_pcap=/a b")),
        ("0000:81:00.0", Device("pci", "0000:81:00.0", "")),
        ("81:00.1,rx_vec_en=1", Device("pci", "81:00.1", "rx_vec_en=1")),
    ],
)
def test_devices_are_read_as_dpdk_writes_them(text: str, device: Device) -> None:
    assert device_of(text) == device


def test_virtual_devices_without_a_number_get_one_each_and_others_keep_their_name() -> None:
    first, second = (device_of("net_null").numbered().name for _ in range(2))
    assert first != second
    assert device_of("net_null3").numbered().name == "net_null3"
    assert device_of("0000:81:00.0").numbered().name == "0000:81:00.0"


@pytest.mark.parametrize(
    "options",
    [
        {"device": "eth1"}, {"device": "81:00"}, {"devices": {"eth1": "nothing at all"}}, {"eal": "--no-pci"},
        {"eal": ["--help"]}, {"burst": 2}, {"burst": 65}, {"memory": "1MiB"}, {"queues": 0},
    ],
)  # fmt: skip
def test_options_are_validated(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        DpdkOptions(**options)


def test_the_environment_looks_at_the_bus_only_where_a_card_is_named() -> None:
    virtual, _ = environment_of(DpdkOptions(huge_pages=False, memory="100MiB"), False)
    assert "--no-pci" in virtual
    assert virtual[-4:] == ("--no-huge", "-m", "100", "--no-shconf")
    cards, _ = environment_of(DpdkOptions(huge_pages=False), True)
    assert "--no-pci" not in cards
    assert cards[cards.index("-a") + 1] == "ffff:ff:1f.7", "an allow list of nobody: cards are plugged in by name"
    assert environment_of(DpdkOptions(eal=["-l", "3"]), True) == (("-l", "3"), [])


def test_stamps_of_a_clock_that_does_not_count_nanoseconds_are_not_used() -> None:
    assert clock_note("0000:81:00.0", 20_050_000, 20_000_000) is None
    note = clock_note("0000:81:00.0", 1_562_500, 20_000_000)
    assert note is not None
    assert note.startswith("dpdk: 0000:81:00.0 stamps frames by a clock of 78 MHz and not in nanoseconds")


def test_free_huge_pages_are_counted_in_bytes() -> None:
    assert free_huge_bytes() >= 0
