"""Which RDMA device drives an interface, and what its port dropped: as the kernel's sysfs says.

Kernel documentation, ABI/stable/sysfs-class-infiniband: `out_of_buffer` counts frames that found no posted buffer, for
all queues of a port together.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from feedhandler.receivers.endpoints import EndpointError

NETWORK = Path("/sys/class/net")
DEVICES = Path("/sys/class/infiniband")


@dataclass(frozen=True)
class VerbsPort:
    """A port of an RDMA device; ports are numbered from 1."""

    device: str
    port: int

    @property
    def text(self) -> str:
        """As a configuration writes it."""
        return f"{self.device}/{self.port}"

    def out_of_buffer(self) -> int | None:
        """Frames of the whole port that found no buffer; None where the kernel does not count them."""
        try:
            return int((DEVICES / self.device / "ports" / str(self.port) / "hw_counters" / "out_of_buffer").read_text())
        except (OSError, ValueError):
            return None


def why_no_device() -> str | None:
    """None where the kernel has an RDMA device at all."""
    try:
        if any(DEVICES.iterdir()):
            return None
    except OSError:
        pass
    return "the kernel has no RDMA device: rdma link show says which there are; modprobe mlx5_ib for NVIDIA cards"


def port_of(interface: str, named: Mapping[str, str]) -> VerbsPort:
    """The port behind an interface: the one that a configuration names (`mlx5_0` or `mlx5_0/2`), else sysfs' own."""
    if interface in named:
        device, _, port = named[interface].partition("/")
        return VerbsPort(device, int(port or 1))
    try:
        found = sorted(path.name for path in (NETWORK / interface / "device" / "infiniband").iterdir())
    except OSError:
        found = []
    if not found:
        raise EndpointError(
            errno.ENODEV,
            f"{interface}: no RDMA device drives it: rdma link show says which have one; modprobe mlx5_ib for "
            "NVIDIA cards",
        )
    try:
        number = int((NETWORK / interface / "dev_port").read_text())
    except (OSError, ValueError):
        number = 0
    # one device a port is what today's drivers make; an older one has several ports
    ports = DEVICES / found[0] / "ports"
    return VerbsPort(found[0], number + 1 if (ports / str(number + 1)).is_dir() else 1)
