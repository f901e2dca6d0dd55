"""What the machine says of itself, from files of a kernel that the test writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from feedhandler.composition.machine import CAP_IPC_LOCK, CAP_NET_ADMIN, core_set, default_interface, this_machine

pytestmark = pytest.mark.interpreted

HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"


def kernel(root: Path, **files: str) -> Path:
    for name, text in files.items():
        file = root / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


def test_everything_is_read_from_the_kernels_files(tmp_path: Path) -> None:
    root = kernel(
        tmp_path,
        sys__devices__system__cpu__online="0-3\n",
        sys__devices__system__cpu__isolated="2-3\n",
        sys__devices__system__cpu__cpu0__topology__thread_siblings_list="0,2\n",
        proc__meminfo="MemTotal: 4096 kB\nMemAvailable:    2048 kB\n",
        proc__sys__net__core__rmem_max="212992\n",
        proc__self__status=f"Name:\tx\nCapEff:\t{1 << CAP_NET_ADMIN:016x}\n",
        sys__devices__system__node__node0__cpulist="0-1\n",
        sys__devices__system__node__node1__cpulist="2-3\n",
        sys__class__net__eth0__device__numa_node="1\n",
        sys__class__net__eth1__device__numa_node="-1\n",
        sys__kernel__mm__transparent_hugepage__enabled="always madvise [never]\n",
        proc__net__route=HEAD + "eth0\t00000000\t01020304\t0003\t0\t0\t100\t00000000\t0\t0\t0\n",
    )
    machine = this_machine(root)
    assert (machine.online_cores, machine.isolated_cores) == ({0, 1, 2, 3}, {2, 3})
    assert (machine.siblings[0], machine.siblings[1]) == ({0, 2}, {1})
    assert (machine.memory_available, machine.receive_buffer_limit) == (2 << 20, 212_992)
    assert (machine.capable(CAP_NET_ADMIN), machine.capable(CAP_IPC_LOCK)) == (True, False)
    assert machine.default_interface == "eth0"
    assert (machine.nodes, machine.card_nodes) == ({0: {0, 1}, 1: {2, 3}}, {"eth0": 1})
    assert (machine.far_card(1, "eth0"), machine.far_card(2, "eth0"), machine.far_card(1, "eth1")) == (
        "core 1 is not on the NUMA node of eth0, node 1: its cores are 2,3", None, None,
    )  # fmt: skip
    assert machine.huge_pages == "never"
    assert machine.huge_pages_word is not None


def test_what_a_container_hides_is_unknown(tmp_path: Path) -> None:
    machine = this_machine(tmp_path)
    assert machine.online_cores == machine.usable_cores
    assert (machine.memory_available, machine.receive_buffer_limit, machine.default_interface) == (None, None, None)
    assert (machine.isolated_cores, machine.capabilities) == (set(), 0)
    assert (machine.nodes, machine.card_nodes, machine.huge_pages_word) == ({}, {}, None)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("", None),
        ("eth0\t0000A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n", None),
        ("eth0\t00000000\t01\t0003\t0\t0\t100\t00000000\t0\t0\t0\neth1\t00000000\t01\t0003\t0\t0\t50\t00000000\t0\t0\t0\n",
         "eth1"),
        ("eth0\t00000000\t01\t0003\t0\t0\t0\t00000000\t0\t0\t0\neth2\t000000E0\t00\t0001\t0\t0\t9\t000000F0\t0\t0\t0\n",
         "eth2"),
    ],
)  # fmt: skip
def test_groups_leave_by_the_most_special_route_and_then_by_the_best(rows: str, expected: str | None) -> None:
    assert default_interface(HEAD + rows) == expected


@pytest.mark.parametrize(("text", "expected"), [("", set()), ("\n", set()), ("3", {3}), ("0-2,7\n", {0, 1, 2, 7})])
def test_lists_of_cores_are_read(text: str, expected: set[int]) -> None:
    assert core_set(text) == expected
