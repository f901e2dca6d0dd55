"""What DPDK is told, as text: the arguments of its environment layer (EAL), and how a device is called.

Nothing of DPDK is needed here, so a configuration with a `dpdk` receiver is checked also where none is built.
"""

from __future__ import annotations

import errno
import itertools
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from feedhandler.receivers.endpoints import Endpoint, EndpointError, interface_of

if TYPE_CHECKING:
    from feedhandler.receivers.options import DpdkOptions

PCI = re.compile(r"([0-9a-fA-F]{4}:)?[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\.[0-7]")
"""A card by its place on the PCI bus: [domain:]bus:device.function."""
VIRTUAL = re.compile(r"[a-z]+_[a-z_]+[0-9]*")
"""A virtual device: the driver's name, and a number."""

_HUGE_PAGES = Path("/sys/kernel/mm/hugepages")
_NO_CARD = "ffff:ff:1f.7"
_numbers = itertools.count()


@dataclass(frozen=True)
class Device:
    """A device that DPDK is to drive."""

    bus: str
    name: str
    arguments: str

    @property
    def text(self) -> str:
        """As it is written."""
        return f"{self.name},{self.arguments}" if self.arguments else self.name

    @property
    def interface(self) -> str | None:
        """The kernel's interface that the arguments name; not every driver tells."""
        named = dict(argument.split("=", 1) for argument in self.arguments.split(",") if "=" in argument)
        return next((named[key] for key in ("iface", "rx_iface", "rx_iface_in") if key in named), None)

    def numbered(self) -> Device:
        """With a number of its own where it is virtual and has none: a process knows its devices by name."""
        if self.bus == "pci" or self.name[-1].isdigit():
            return self
        return replace(self, name=f"{self.name}{next(_numbers)}")


def device_of(text: str) -> Device:
    """A device as it is written: `net_af_xdp,iface=eth1` or `0000:81:00.0`; `ValueError` says what is expected."""
    name, _, arguments = (part.strip() for part in text.partition(","))
    if PCI.fullmatch(name):
        return Device("pci", name, arguments)
    if VIRTUAL.fullmatch(name):
        return Device("vdev", name, arguments)
    raise ValueError(
        f"{text!r} is no device of DPDK; expected a card's place such as 0000:81:00.0, or a virtual device such as "
        "net_af_xdp,iface={interface}"
    )


def devices_of(endpoints: Sequence[Endpoint], options: DpdkOptions) -> dict[str, tuple[Device, list[Endpoint]]]:
    """By what the lines say of their interface: its device, and the lines. Raises `EndpointError`."""
    found: dict[str, tuple[Device, list[Endpoint]]] = {}
    for endpoint in endpoints:
        interface = endpoint.interface or ""
        if interface not in found:
            found[interface] = (_device_for(endpoint, options), [])
        found[interface][1].append(endpoint)
    return found


def _device_for(endpoint: Endpoint, options: DpdkOptions) -> Device:
    given = endpoint.interface or ""
    text = options.devices.get(given, options.device)
    if text is None:
        raise EndpointError(
            errno.ENODEV,
            f"{endpoint.text}: no device of DPDK is named for it: device: 'net_af_xdp,iface={{interface}}' for all "
            f"interfaces, or devices: {{{given or 'eth1'}: '0000:81:00.0'}} for single ones",
        )
    if "{interface}" in text:
        if not given:
            raise EndpointError(
                errno.ENODEV, f"{endpoint.text}: the device is made from the line's interface: interface: eth1"
            )
        text = text.replace("{interface}", _known_name(given))
    return device_of(text).numbered()


def _known_name(given: str) -> str:
    """The name of an interface that may be given by its address; what is no interface stays as it is."""
    try:
        return interface_of(given)
    except LookupError:
        return given


def clock_note(device: str, ticks: int, elapsed_ns: int) -> str | None:
    """Why a card's clock is none of nanoseconds, from how far it came in a time; None where it is one."""
    if abs(ticks - elapsed_ns) < elapsed_ns // 50:
        return None
    rate = ticks * 1_000 / elapsed_ns
    return f"dpdk: {device} stamps frames by a clock of {rate:.0f} MHz and not in nanoseconds: its stamps are not used"


def free_huge_bytes() -> int:
    """Memory that is there as huge pages and not in use."""
    total = 0
    for folder in _HUGE_PAGES.glob("hugepages-*kB"):
        page_bytes = 1024 * int(folder.name.removeprefix("hugepages-").removesuffix("kB"))
        total += page_bytes * int((folder / "free_hugepages").read_text())
    return total


NO_BUS = "--no-pci"


def environment_of(options: DpdkOptions, cards: bool) -> tuple[tuple[str, ...], list[str]]:
    """The arguments of the environment layer, and what was not obtained as wished.

    cards: whether any device is on the PCI bus; without one the bus is not looked at. No card is taken that is not
    named: those that are named are plugged in later, one by one.
    """
    if options.eal is not None:
        return options.eal, []
    cores = ",".join(str(core) for core in sorted(os.sched_getaffinity(0)))
    # One lcore that floats over all cores of the process: the receivers' threads are their own, and pinned elsewhere.
    common = [f"--lcores=0@({cores})", "--no-telemetry", *(["-a", _NO_CARD] if cards else [NO_BUS])]
    if options.huge_pages and free_huge_bytes() >= options.memory:
        return (*common, "--in-memory", "--iova-mode=va"), []
    mebibytes = -(-options.memory // (1 << 20))
    warnings = []
    if options.huge_pages:
        pages = -(-options.memory // (2 << 20))
        warnings.append(
            f"dpdk: {free_huge_bytes() >> 20} MiB of huge pages are free, and {mebibytes} MiB were wished; small pages "
            f"serve: sysctl -w vm.nr_hugepages={pages}, or huge_pages: false"
        )
    return (*common, "--no-huge", "-m", str(mebibytes), "--no-shconf"), warnings
