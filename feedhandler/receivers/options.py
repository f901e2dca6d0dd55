"""What a configuration may say of each kind of receiver, validated: one frozen model a kind.

A kind exports its model as the class attribute `Options`; `receiver: {kind: socket, wait: block}` in a configuration is
read by it, and `receiver_class(endpoints, options)` takes the result.
"""

from __future__ import annotations

import contextlib
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, ValidationError, field_validator

from feedhandler import plugins
from feedhandler.config import Duration, Model, Name, Size
from feedhandler.receivers.dpdk.devices import device_of
from feedhandler.receivers.frames.trailers import Trailer

SLOTS = 64
"""Datagrams that one poll can lend: what a pipeline asks for."""


def _power_of_two(value: int) -> int:
    if value & (value - 1):
        raise ValueError(f"expected a power of two such as {1 << value.bit_length()}")
    return value


class SocketOptions(Model):
    """The `socket` receiver: ordinary UDP sockets of the kernel, or of what replaces them (Onload, VMA, XLIO)."""

    wait: Literal["spin", "block"] = "spin"
    """When nothing is there: `spin` returns at once, so the core is always busy; `block` sleeps in the kernel."""
    wait_limit: Duration = Field(default=1_000_000, ge=1_000, le=1_000_000_000)
    """The longest sleep of `block`; timers and a request to stop wait that long."""
    receive_buffer: Size = Field(default=16 << 20, ge=4_096, le=1 << 30)
    """What the kernel holds for each socket while the program is busy; less is obtained without the privilege."""
    timestamps: Literal["kernel", "hardware", "none"] = "kernel"
    """`kernel`: when the kernel had the datagram. `hardware`: that, and the card's own stamp besides, where the card
    can be told to take it. `none`: when it was polled."""
    packet_bytes: int = Field(default=2_048, ge=64, le=65_535)
    """The longest datagram; what is longer is cut, and refused by the pipeline."""
    burst: int = Field(default=32, ge=1, le=SLOTS)
    """Datagrams taken from one socket before the next one is looked at."""


class MemoryOptions(Model):
    """The `memory` receiver: datagrams that the program itself puts in."""

    capacity: int = Field(default=1_024, ge=1, le=1 << 20)
    """Datagrams that can wait; what is put into a full one is dropped and counted."""
    packet_bytes: int = Field(default=2_048, ge=64, le=65_535)
    """The longest datagram; what is longer is cut, and refused by the pipeline."""


class StampedOptions(Model):
    """What receivers of whole frames have in common: the time that a capture appliance wrote into them."""

    trailer: Trailer = "none"
    """Whose: `metamako` (Arista 7130), `cpacket`, `exablaze` (Fusion HPT), `arista_7150`, `arista_7280` (header),
    `arista_7280_source` and `arista_7280_source_tai` (in the place of the source address, in UTC or TAI)."""
    frame_check: bool = False
    """Frames come with the four bytes of their check sequence (`ethtool -K eth1 rx-fcs on`), so that what an appliance
    put before them is not the last."""


class PacketOptions(StampedOptions):
    """The `af_packet` receiver: frames from a ring that the kernel fills, before its own UDP sees them."""

    ring: Literal["frames", "blocks"] = "frames"
    """`frames` (TPACKET_V2): each frame is there as soon as it has come. `blocks` (TPACKET_V3): a block of them when it
    is full or `block_wait` is over, for rates rather than latency."""
    ring_bytes: Size = Field(default=32 << 20, ge=65_536, le=1 << 32)
    """The memory of each interface's ring."""
    block_wait: Duration = Field(default=1_000_000, ge=1_000_000, le=1_000_000_000)
    """After this a block is handed over that is not full; whole milliseconds."""
    packet_bytes: int = Field(default=2_048, ge=64, le=65_535)
    """The longest datagram; what is longer is cut, and refused by the pipeline."""
    wait: Literal["spin", "block"] = "spin"
    """When nothing is there: `spin` returns at once, so the core is always busy; `block` sleeps in the kernel."""
    wait_limit: Duration = Field(default=1_000_000, ge=1_000, le=1_000_000_000)
    """The longest sleep of `block`; timers and a request to stop wait that long."""
    timestamps: Literal["kernel", "hardware"] = "kernel"
    """`kernel`: when the kernel had the frame. `hardware`: the card's own stamp, where the card can be told to take it;
    the time of the poll is then the frame's other time."""
    fanout_group: int | None = Field(default=None, ge=0, le=65_535)
    """Share an interface's frames with the receivers of the same number in this or another process; left out: each
    receiver gets all."""
    fanout_mode: Literal["hash", "queue", "cpu"] = "hash"
    """Who of a fan-out gets a frame: by addresses and ports, so a line stays whole; by the card's queue; by the core
    that took it in."""


class XdpOptions(StampedOptions):
    """The `af_xdp` receiver: frames taken by an XDP program before the kernel's network stack sees them."""

    mode: Literal["auto", "zero_copy", "native", "generic"] = "auto"
    """`zero_copy`: the card writes into our memory. `native`: the driver runs the program, and copies. `generic`: works
    with every interface. `auto`: the best of them that works."""
    queues: tuple[int, ...] | None = None
    """The card's receive queues that are heard; left out: all. Frames of other queues go to the kernel."""
    frames: int = Field(default=16_384, ge=64, le=1 << 20)
    """Frames that fit into the memory of each queue: a power of two."""
    packet_bytes: int = Field(default=1_500, ge=64, le=3_750)
    """The longest datagram; what is longer is cut or dropped, and counted."""
    huge_pages: bool = True
    """Take huge pages: those that are reserved where enough are free, else transparent ones; where the kernel has
    neither, small ones serve."""
    timestamps: Literal["auto", "hardware", "software"] = "auto"
    """`hardware`: the card's own stamps besides the program's time; the card is told to take them. `auto`: the same
    where the card takes them already. `software`: the program's time alone."""
    busy_poll: Duration = Field(default=0, ge=0, le=1_000_000)
    """Let each empty poll drive the card itself for this long; a system call each time. 0: never."""
    wait: Literal["spin", "block"] = "spin"
    """When nothing is there: `spin` returns at once, so the core is always busy; `block` sleeps in the kernel."""
    wait_limit: Duration = Field(default=1_000_000, ge=1_000, le=1_000_000_000)
    """The longest sleep of `block`; timers and a request to stop wait that long."""

    @field_validator("queues", mode="before")
    @classmethod
    def _different_queues(cls, value: object) -> object:
        if value is None:
            return None
        words = "expected a list of different queue numbers such as [0, 1]"
        if not isinstance(value, list | tuple) or not value or len(set(value)) != len(value):
            raise ValueError(words)
        if not all(isinstance(queue, int) and not isinstance(queue, bool) and 0 <= queue < 4_096 for queue in value):
            raise ValueError(words)
        return tuple(value)

    _frames_are_a_power_of_two = field_validator("frames")(_power_of_two)


class EfViOptions(StampedOptions):
    """The `ef_vi` receiver: Solarflare and AMD cards that write frames into our memory, without the kernel."""

    library: str = "libciul.so.1"
    """The vendor's library, by name or path; opened when the receiver is."""
    buffers: int = Field(default=4_096, ge=512, le=4_096)
    """Frames that fit into the memory of each card's queue: a power of two. X3 cards have memory of their own."""
    packet_bytes: int = Field(default=1_500, ge=64, le=1_850)
    """The longest datagram; what is longer is cut, and counted where a card spreads it over several buffers."""
    timestamps: Literal["hardware", "none"] = "hardware"
    """`hardware`: the card's own stamps, where it has them. `none`: when it was polled."""
    merge: bool = False
    """Let the card tell of several frames at once: for rates rather than latency."""

    _buffers_are_a_power_of_two = field_validator("buffers")(_power_of_two)


class VerbsOptions(StampedOptions):
    """The `verbs` receiver: RDMA cards that write frames into our memory, through a raw-packet queue pair."""

    library: str = "libibverbs.so.1"
    """The library of verbs, by name or path; opened when the receiver is."""
    devices: dict[str, str] = Field(default_factory=dict)
    """The RDMA device of an interface, where the kernel does not say it: `{eth1: mlx5_0}`, `{eth1: mlx4_0/2}`."""
    buffers: int = Field(default=4_096, ge=512, le=32_768)
    """Frames that fit into the memory of each card's queue: a power of two."""
    packet_bytes: int = Field(default=1_500, ge=64, le=9_000)
    """The longest datagram; what is longer is cut."""
    timestamps: Literal["hardware", "none"] = "hardware"
    """`hardware`: the card's wall-clock stamps, where it has them. `none`: when it was polled."""

    _buffers_are_a_power_of_two = field_validator("buffers")(_power_of_two)

    @field_validator("devices")
    @classmethod
    def _devices_with_ports(cls, value: dict[str, str]) -> dict[str, str]:
        for device in value.values():
            name, separator, port = device.partition("/")
            if not name or (separator and not (port.isdecimal() and 1 <= int(port) <= 255)):
                raise ValueError(f"{device!r}: expected an RDMA device such as mlx5_0, or mlx4_0/2 for its second port")
        return value


class DpdkOptions(StampedOptions):
    """The `dpdk` receiver: cards and virtual devices that DPDK drives in this process."""

    device: str | None = None
    """What hears an interface: a card's place `0000:81:00.0`, or a virtual device, in which `{interface}` stands for
    the line's own: `net_af_xdp,iface={interface}`."""
    devices: dict[Name, str] = Field(default_factory=dict)
    """The same for single interfaces, by the name that lines use, which the kernel need not know."""
    eal: tuple[str, ...] | None = None
    """The arguments of DPDK's environment, of which a process has one; left out: those that the next two make."""
    huge_pages: bool = True
    """Use huge pages; where too few are free, small ones serve, and a warning says so."""
    memory: Size = Field(default=256 << 20, ge=64 << 20, le=1 << 40)
    """For all ports of the process: what DPDK reserves of small pages, or what must be free of huge ones."""
    queues: int = Field(default=1, ge=1, le=64)
    """Receive queues of each device; the card spreads flows over them, and all are polled in turn."""
    descriptors: int = Field(default=4_096, ge=64, le=1 << 15)
    """Frames that wait in each queue, as far as the driver lets us say."""
    packet_bytes: int = Field(default=1_500, ge=64, le=9_600)
    """The longest datagram; what is longer is cut or dropped, and counted."""
    burst: int = Field(default=32, ge=4, le=SLOTS)
    """Frames that the driver is asked for at once."""

    @field_validator("eal", mode="before")
    @classmethod
    def _arguments(cls, value: object) -> object:
        if value is None:
            return None
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
            raise ValueError('expected a list of words such as ["--no-pci", "--no-huge", "-m", "256"]')
        if {"-h", "--help"} & set(value):
            raise ValueError("--help would end the process")
        return tuple(value)

    @field_validator("device")
    @classmethod
    def _device(cls, value: str | None) -> str | None:
        if value is not None:
            device_of(value)
        return value

    @field_validator("devices")
    @classmethod
    def _devices(cls, value: dict[str, str]) -> dict[str, str]:
        for text in value.values():
            device_of(text)
        return value

    @property
    def own_interfaces(self) -> frozenset[str]:
        """Names of interfaces that need not be the kernel's."""
        return frozenset(self.devices)


def _check_options_of(kind: str, own: dict[str, Any]) -> None:
    """`ValueError` in words where none of that kind can have these options; `NotBuiltError` where there is none."""
    try:
        implementation = plugins.receiver(kind)
    except plugins.NotBuiltError:
        raise
    except plugins.PluginError as error:
        raise ValueError(str(error)) from error
    try:
        implementation.Options(**own)
    except ValidationError as error:
        (first, *_) = error.errors(include_url=False)
        place = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{kind}: {place}: {first['msg'].removeprefix('Value error, ')}") from error


UNPROVED = ("ef_vi", "verbs")
"""Kinds that have met no card and no library of a vendor yet: `auto` takes them only where they are named."""


class AutoOptions(StampedOptions):
    """The `auto` receiver: the first of several kinds that can be opened, and the reasons why no better one could."""

    kinds: tuple[Name, ...] = Field(default=("af_xdp", "af_packet", "socket"), min_length=1)
    """Installed kinds, best first; left out: these, and before them those of `ef_vi`, `verbs` and `dpdk` that `options`
    names, in this order."""
    packet_bytes: int = Field(default=1_500, ge=64, le=65_535)
    """The longest datagram; what is longer is cut, and refused by the pipeline."""
    wait: Literal["spin", "block"] = "spin"
    """When nothing is there: `spin` returns at once, so the core is always busy; `block` sleeps in the kernel."""
    options: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Options of single kinds, by kind: `{af_xdp: {queues: [0]}, socket: {receive_buffer: 8MiB}}`."""

    @property
    def order(self) -> tuple[str, ...]:
        """The kinds that are tried, best first.

        Cards for `dpdk` have to be named, and what is unproved somebody has to want: they are tried where they are.
        """
        if "kinds" in self.model_fields_set:
            return self.kinds
        return (*(kind for kind in (*UNPROVED, "dpdk") if kind in self.options), *self.kinds)

    @field_validator("kinds", mode="before")
    @classmethod
    def _list_of_kinds(cls, value: object) -> object:
        if not isinstance(value, list | tuple):
            raise ValueError("expected a list of kinds such as [af_xdp, socket]")
        if "auto" in value:
            raise ValueError("expected kinds of receivers; auto is none itself")
        return tuple(value)

    @field_validator("options")
    @classmethod
    def _options_of_kinds(cls, value: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        for kind, own in value.items():
            # What is not built here may be built on another machine with the same configuration; `open` says so.
            with contextlib.suppress(plugins.NotBuiltError):
                _check_options_of(kind, own)
        return value


class InnerModel(Model):
    """A receiver inside another one: its kind, and its own options."""

    model_config = ConfigDict(extra="allow")

    kind: Name
    """An installed kind."""

    @property
    def options(self) -> dict[str, Any]:
        """The keys that are the inner receiver's own."""
        return dict(self.model_extra or {})


Share = Annotated[float, Field(ge=0.0, le=1.0)]


class FaultOptions(Model):
    """The `faults` receiver: another receiver through a network that errs, for rehearsals and never for trading."""

    over: InnerModel = InnerModel(kind="socket")
    """The receiver that frames come from: `{kind: af_packet, ring: blocks}`."""
    seed: int = Field(default=1, ge=0, lt=1 << 63)
    """The same seed and the same frames, the same faults."""
    drop: Share = 0.0
    """How many of all frames are lost."""
    burst: int = Field(default=1, ge=1, le=10_000)
    """Frames of a line that are lost one after the other when one is."""
    duplicate: Share = 0.0
    """How many come twice."""
    reorder: Share = 0.0
    """How many come after frames that were sent later."""
    reorder_by: int = Field(default=3, ge=1, le=256)
    """By how many frames at most; one that nothing follows comes after `reorder_wait`."""
    reorder_wait: Duration = Field(default=1_000_000, ge=1, le=1_000_000_000)
    """The longest that a reordered frame waits for others."""
    delay: Share = 0.0
    """How many are late."""
    delay_by: Duration = Field(default=1_000_000, ge=1, le=10_000_000_000)
    """By how much at most."""
    corrupt: Share = 0.0
    """How many have a byte that is wrong."""
    truncate: Share = 0.0
    """How many are cut; the frame says so."""
    packet_bytes: int = Field(default=2_048, ge=64, le=65_535)
    """The longest datagram; what is longer is cut."""

    @field_validator("over")
    @classmethod
    def _options_of_inner(cls, value: InnerModel) -> InnerModel:
        try:
            _check_options_of(value.kind, value.options)
        except plugins.NotBuiltError as error:
            raise ValueError(str(error)) from error
        return value
