"""What `check` finds: errors that would end a run, warnings that would not, each with place and remedy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from feedhandler.composition.examination import Examination, examined
from feedhandler.composition.fitting import feed_of, session_of
from feedhandler.composition.machine import CAP_IPC_LOCK, CAP_NET_ADMIN, CAP_SYS_NICE, Machine
from feedhandler.config import parse

pytestmark = pytest.mark.interpreted

GOOD = Machine(
    usable_cores=frozenset({0, 1, 2, 3}),
    online_cores=frozenset({0, 1, 2, 3}),
    isolated_cores=frozenset({2, 3}),
    siblings={core: frozenset({core}) for core in range(4)},
    memory_available=64 << 30,
    memory_lock_limit=None,
    realtime_priority_limit=0,
    receive_buffer_limit=64 << 20,
    capabilities=1 << CAP_NET_ADMIN | 1 << CAP_SYS_NICE | 1 << CAP_IPC_LOCK,
    default_interface="lo",
)

TEXT = """name: x
feed: nasdaq_itch50
channels:
  - name: one
    core: 2
    lines:
      - {name: A, group: 239.1.1.1, port: 1000}
      - {name: B, group: 239.1.1.2, port: 1000, interface: 127.0.0.1}
receiver: {interface: lo}
capacities: {instruments: 256, orders: 4096, levels: 4096}
"""


def examine(text: str = TEXT, **machine: Any) -> Examination:
    deployment = parse(text, "a.yaml")
    feed = feed_of(deployment)
    return examined(deployment, feed, session_of(deployment, feed, messages_only=False), replace(GOOD, **machine))


def test_what_is_right_gives_no_word() -> None:
    found = examine()
    assert (found.errors, found.warnings) == ([], [])
    (channel,) = found.channels
    assert [(line.name, line.interface, line.address) for line in channel.lines] == [
        ("A", "lo", "127.0.0.1"), ("B", "lo", "127.0.0.1"),
    ]  # fmt: skip
    assert channel.receiver is not None
    assert channel.receiver.kind == "socket"
    assert found.memory_bytes == channel.memory_bytes > 0


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("{interface: lo}", "{interface: lo7}",
         "a.yaml:9: receiver.interface: there is no interface lo7; there are lo"),
        ("interface: 127.0.0.1}", "interface: 127.9.9.9}",
         "a.yaml:8: channels[0].lines[1].interface: there is no interface 127.9.9.9"),
        ("core: 2", "core: 9", "a.yaml:5: channels[0].core: there is no core 9; this machine has cores 0-3"),
        ("{interface: lo}", "{interface: lo, kind: sockets}", "a.yaml:9: receiver.kind: no receiver 'sockets'"),
        ("{interface: lo}", "{interface: lo, burst: 0}", "a.yaml:9: receiver.burst: found 0; expected at least 1"),
        ("core: 2", "receiver: {burst: 0}", "a.yaml:5: channels[0].receiver.burst: found 0; expected at least 1"),
        ("feed: nasdaq_itch50", "feed: nasdaq_itch50\nsession: binaryfile\n"
         "retransmission: {servers: [{address: 10.0.0.1, port: 1}]}",
         "a.yaml:4: retransmission: session binaryfile has no way to ask for what was missed"),
    ],
)  # fmt: skip
def test_what_would_end_a_run_is_an_error_with_its_place(old: str, new: str, expected: str) -> None:
    assert old in TEXT
    errors = examine(TEXT.replace(old, new, 1)).errors
    assert [error for error in errors if error.startswith(expected)], errors
    assert len(errors) == 1


@pytest.mark.parametrize(
    ("more", "machine", "expected"),
    [
        ("", {"isolated_cores": frozenset()}, "a.yaml:5: channels[0].core: core 2 is not isolated"),
        ("", {"usable_cores": frozenset({0, 1})},
         "a.yaml:5: channels[0].core: this process was given cores 0-1; core 2 may be refused"),
        ("", {"memory_available": 1 << 20}, "the channels can come to need"),
        ("", {"receive_buffer_limit": 212_992, "capabilities": 0}, "sysctl -w net.core.rmem_max=16777216"),
        ("scheduling: {lock_memory: true}", {"memory_lock_limit": 8 << 20, "capabilities": 1 << CAP_NET_ADMIN},
         "a.yaml:11: scheduling.lock_memory: 8.0 MiB may be locked"),
        ("", {"nodes": {0: frozenset({0, 1}), 1: frozenset({2, 3})}, "card_nodes": {"lo": 0}},
         "a.yaml:5: channels[0].core: core 2 is not on the NUMA node of lo, node 0: its cores are 0,1"),
        ("", {"huge_pages": "never"}, "a.yaml:10: capacities: huge pages are off: echo madvise >"),
        ("scheduling: {fifo: 20}", {"capabilities": 1 << CAP_NET_ADMIN},
         "a.yaml:11: scheduling.fifo: SCHED_FIFO is not permitted: CAP_SYS_NICE, or ulimit -r 20"),
    ],
)  # fmt: skip
def test_what_a_run_would_start_with_all_the_same_is_a_warning(
    more: str, machine: dict[str, Any], expected: str
) -> None:
    found = examine(TEXT + more, **machine)
    assert found.errors == []
    assert [warning for warning in found.warnings if expected in warning], found.warnings


def test_two_channels_on_two_threads_of_one_physical_core_are_told() -> None:
    other = "  - name: two\n    core: 3\n    lines: [{name: A, group: 239.1.1.3, port: 1}]\n"
    text = TEXT.replace("receiver:", f"{other}receiver:")
    siblings = {2: frozenset({2, 3}), 3: frozenset({2, 3})}
    (warning,) = examine(text, siblings=siblings).warnings
    assert "core 3 and core 2 of channel one are two threads of one physical core" in warning


def test_a_machine_whose_every_core_would_spin_is_told() -> None:
    (warning,) = examine(TEXT, usable_cores=frozenset({2})).warnings
    assert "1 threads poll without rest, and this process may use core 2" in warning
    sleeping = TEXT.replace("{interface: lo}", "{interface: lo, wait: block}")
    assert examine(sleeping, usable_cores=frozenset({2})).warnings == []


def test_lines_without_interface_need_a_route() -> None:
    found = examine(TEXT.replace("receiver: {interface: lo}\n", ""), default_interface=None)
    assert [warning.split(": ", 2)[2] for warning in found.warnings] == [
        "channel one, line A: no interface is named and no route leads to groups; a live run needs one"
    ]


def test_servers_of_retransmission_and_the_line_of_replies_are_listed() -> None:
    servers = "[{address: 10.0.0.1, port: 7}, {address: 10.0.0.2, port: 8}]"
    (channel,) = examine(f"{TEXT}retransmission: {{servers: {servers}, reply_interface: lo}}\n").channels
    assert channel.servers == ["10.0.0.1:7", "10.0.0.2:8"]
    assert [line.name for line in channel.lines] == ["A", "B", "replies"]


def test_a_channel_may_do_without_the_deployments_retransmission() -> None:
    more = "retransmission: {servers: [{address: 10.0.0.1, port: 7}]}\n"
    (channel,) = examine(TEXT.replace("core: 2", "retransmission: null") + more).channels
    assert (channel.servers, len(channel.lines)) == ([], 2)
