"""What this machine lets a process do: cores, memory, limits, capabilities, the way of multicast without an interface.

All of it is read from /proc and /sys each time it is asked; what a kernel or container does not show is None.
"""

from __future__ import annotations

import os
import resource
import socket
import struct
from dataclasses import dataclass
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

    def capable(self, capability: int) -> bool:
        """Whether the process has a capability now."""
        return bool(self.capabilities >> capability & 1)


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
    )


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
