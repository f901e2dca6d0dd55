"""What this machine lets a process do: cores, memory, limits, capabilities, the way of multicast without an interface.

All of it is read from /proc and /sys each time it is asked; what a kernel or container does not show is None.
"""

from __future__ import annotations

import os
import resource
import socket
import struct
from dataclasses import dataclass, field
from pathlib import Path

# <linux/capability.h>
CAP_NET_ADMIN, CAP_NET_RAW, CAP_IPC_LOCK, CAP_SYS_NICE = 12, 13, 14, 23


@dataclass(frozen=True)
class Machine:
    """The machine as this process sees it. Sizes in bytes."""

    usable_cores: frozenset[int]
    online_cores: frozenset[int]
    isolated_cores: frozenset[int]
    siblings: dict[int, frozenset[int]]  #: cores of one physical core, by each of them
    memory_available: int | None
    memory_lock_limit: int | None  #: None: no limit
    realtime_priority_limit: int
    receive_buffer_limit: int | None  #: net.core.rmem_max
    capabilities: int  #: effective, a bit each
    default_interface: str | None  #: of the default route
    nodes: dict[int, frozenset[int]] = field(default_factory=dict)  #: cores by NUMA node
    card_nodes: dict[str, int] = field(default_factory=dict)  #: the NUMA node of each interface that has one
    huge_pages: str | None = None  #: transparent huge pages: always, madvise or never

    def capable(self, capability: int) -> bool:
        """Whether the process has a capability now."""
        return bool(self.capabilities >> capability & 1)

    def far_card(self, core: int, interface: str) -> str | None:
        """What is to be said where a core is on another NUMA node than a card: each frame crosses over."""
        node = self.card_nodes.get(interface)
        cores = self.nodes.get(node) if node is not None else None
        if not cores or core in cores:
            return None
        return f"core {core} is not on the NUMA node of {interface}, node {node}: its cores are {_cores_text(cores)}"

    @property
    def huge_pages_word(self) -> str | None:
        """What is to be said where the kernel gives no huge pages, which all large memory asks for."""
        if self.huge_pages != "never":
            return None
        return "huge pages are off: echo madvise > /sys/kernel/mm/transparent_hugepage/enabled"


def this_machine(root: Path = Path("/")) -> Machine:
    """Look at the machine; `root` is where its /proc and /sys are."""
    cores = root / "sys/devices/system/cpu"
    online = core_set(_text(cores / "online")) or frozenset(os.sched_getaffinity(0))
    lock_limit = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]
    return Machine(
        usable_cores=frozenset(os.sched_getaffinity(0)),
        online_cores=online,
        isolated_cores=core_set(_text(cores / "isolated")),
        siblings={
            core: core_set(_text(cores / f"cpu{core}/topology/thread_siblings_list")) or frozenset({core})
            for core in online
        },
        memory_available=_meminfo(_text(root / "proc/meminfo"), "MemAvailable"),
        memory_lock_limit=None if lock_limit == resource.RLIM_INFINITY else lock_limit,
        realtime_priority_limit=resource.getrlimit(resource.RLIMIT_RTPRIO)[0],
        receive_buffer_limit=_number(_text(root / "proc/sys/net/core/rmem_max")),
        capabilities=_capabilities(_text(root / "proc/self/status")),
        default_interface=default_interface(_text(root / "proc/net/route")),
        nodes=_nodes(root / "sys/devices/system/node"),
        card_nodes=_card_nodes(root / "sys/class/net"),
        huge_pages=_chosen(_text(root / "sys/kernel/mm/transparent_hugepage/enabled")),
    )


def _nodes(folder: Path) -> dict[int, frozenset[int]]:
    found = {}
    for node in folder.glob("node[0-9]*"):
        found[int(node.name.removeprefix("node"))] = core_set(_text(node / "cpulist"))
    return found


def _card_nodes(folder: Path) -> dict[str, int]:
    """-1 is what the kernel says of a machine that has one node, and of virtual cards."""
    found = {}
    for interface in folder.glob("*"):
        text = _text(interface / "device" / "numa_node").strip()
        if text.isdigit():
            found[interface.name] = int(text)
    return found


def _chosen(text: str) -> str | None:
    """The word in brackets of a file that lists the choices.

    >>> _chosen("always [madvise] never\\n"), _chosen("")
    ('madvise', None)
    """
    return text.partition("[")[2].partition("]")[0] or None


def _cores_text(cores: frozenset[int]) -> str:
    return ",".join(str(core) for core in sorted(cores))


def core_set(text: str) -> frozenset[int]:
    """Cores as the kernel lists them.

    >>> sorted(core_set("0-2,5\\n")), core_set("")
    ([0, 1, 2, 5], frozenset())
    """
    found: set[int] = set()
    for part in filter(None, text.strip().split(",")):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return frozenset(found)


def default_interface(table: str) -> str | None:
    """The interface of the best route to anywhere, or to all multicast, from the text of /proc/net/route."""
    multicast = struct.unpack("=I", socket.inet_aton("224.0.0.0"))[0]
    found: list[tuple[int, int, str]] = []
    for row in table.splitlines()[1:]:
        words = row.split()
        if len(words) < 8:
            continue
        destination, metric, mask = int(words[1], 16), int(words[6]), int(words[7], 16)
        if (destination, mask) == (0, 0) or (mask and destination == multicast & mask):
            found.append((-mask.bit_count(), metric, words[0]))
    return min(found)[2] if found else None


def _text(file: Path) -> str:
    """What a file of the kernel's says; nothing where there is no such file."""
    try:
        return file.read_text()
    except OSError:
        return ""


def _number(text: str) -> int | None:
    return int(text) if text.strip().isdigit() else None


def _meminfo(text: str, name: str) -> int | None:
    for line in text.splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) << 10
    return None


def _capabilities(text: str) -> int:
    for line in text.splitlines():
        if line.startswith("CapEff:"):
            return int(line.split()[1], 16)
    return 0
