"""What a live run of a deployment would use, and what is wrong with it on this machine, without opening anything.

An error is what `feedhandler run` would end with; a warning is what it would start with and somebody should know of.
Each has its place in the file, and what would mend it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from feedhandler.composition.fitting import lines_of, memory_bytes
from feedhandler.composition.live import (
    ReceiverPlan,
    endpoints_of,
    interface_path,
    own_interfaces,
    receiver_plan,
    refuse_shared_replies,
    retransmission_of,
)
from feedhandler.composition.machine import CAP_IPC_LOCK, CAP_NET_ADMIN, CAP_SYS_NICE, Machine
from feedhandler.composition.strategies import strategy_mistakes
from feedhandler.composition.threads import cores_text, fifo_notes
from feedhandler.config import ChannelModel, ConfigurationError, Deployment
from feedhandler.configuration.values import secrets_in
from feedhandler.feed import Feed
from feedhandler.receivers.endpoints import Endpoint, interface_address, interface_of, interface_warnings
from feedhandler.sessions import Session
from feedhandler.units import memory_text, size_text


@dataclass(frozen=True)
class ExaminedLine:
    """Where a line would be heard."""

    name: str
    endpoint: Endpoint
    interface: str | None  #: by name; that of the route where none is configured
    address: str | None


@dataclass
class ExaminedChannel:
    """What a channel would use."""

    model: ChannelModel
    memory_bytes: int
    receiver: ReceiverPlan | None = None
    lines: list[ExaminedLine] = field(default_factory=list)
    servers: list[str] = field(default_factory=list)


@dataclass
class Examination:
    """What would be used, and what is wrong; a line of text each, with its place."""

    channels: list[ExaminedChannel]
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def memory_bytes(self) -> int:
        """Address space of all channels."""
        return sum(channel.memory_bytes for channel in self.channels)

    @property
    def cores(self) -> dict[int | None, list[str]]:
        """The channels of each thread, by its core."""
        found: dict[int | None, list[str]] = {}
        for channel in self.channels:
            found.setdefault(channel.model.core, []).append(channel.model.name)
        return found


def examined(deployment: Deployment, feed: Feed, session: Session, machine: Machine) -> Examination:
    """Examine a deployment whose feed and session are known."""
    channels = [ExaminedChannel(model, memory_bytes(deployment, model, feed)) for model in deployment.channels]
    found = Examination(channels)
    for index, channel in enumerate(found.channels):
        try:
            channel.receiver = receiver_plan(deployment, index)
            found.errors += _secrets(deployment, channel.receiver.options)
            _examine_lines(deployment, index, session, machine, channel, found)
        except ConfigurationError as error:
            _add(found, error)
    try:
        refuse_shared_replies(deployment, session)
    except ConfigurationError as error:
        _add(found, error)
    found.errors += [*_core_errors(deployment, machine), *strategy_mistakes(deployment)]
    found.warnings += [
        *_core_warnings(deployment, machine, found),
        *_memory_warnings(deployment, machine, found),
        *_buffer_warnings(deployment, machine, found),
    ]
    return found


def _add(found: Examination, error: ConfigurationError) -> None:
    """Channels that share a mistake tell it once."""
    found.errors += [line for line in str(error).splitlines() if line not in found.errors]


def _examine_lines(
    deployment: Deployment,
    index: int,
    session: Session,
    machine: Machine,
    channel: ExaminedChannel,
    found: Examination,
) -> None:
    retransmission = retransmission_of(deployment, index, session)
    if retransmission is not None:
        channel.servers = [f"{server.address}:{server.port}" for server in retransmission.servers]
    names = [line.name for _, line in lines_of(deployment)]
    for endpoint in endpoints_of(deployment, index, session):
        name = names[endpoint.line] if endpoint.line < len(names) else "replies"
        interface = machine.default_interface if endpoint.interface is None else _interface_of(endpoint.interface)
        address = None if interface is None else interface_address(interface)
        channel.lines.append(ExaminedLine(name, endpoint, interface, address))
        place = deployment.place(*interface_path(deployment, index))
        said = f"{place}: channel {channel.model.name}, line {name}"
        if endpoint.interface in own_interfaces(deployment, index):
            continue
        if interface is None and endpoint.multicast:
            found.warnings.append(f"{said}: no interface is named and no route leads to groups; a live run needs one")
        elif interface is not None and endpoint.multicast:
            found.warnings += [f"{said}: {words}" for words in interface_warnings(interface)]
        if interface is not None and address is None and (endpoint.source or not endpoint.multicast):
            found.warnings.append(f"{said}: interface {interface} has no IPv4 address, which this line needs")


def _interface_of(given: str) -> str | None:
    """Its name; None where it is a name of the receiver's own, which the machine does not know."""
    try:
        return interface_of(given)
    except LookupError:
        return None


def _secrets(deployment: Deployment, options: Any) -> list[str]:
    """Environment variables that are referred to and not set."""
    missing = []
    for secret in secrets_in(options):
        try:
            secret.reveal()
        except ConfigurationError as error:
            missing.append(f"{deployment.place('receiver')}: {error}")
    return missing


def _core_errors(deployment: Deployment, machine: Machine) -> Iterator[str]:
    for index, channel in enumerate(deployment.channels):
        if channel.core is not None and channel.core not in machine.online_cores:
            place = deployment.place("channels", index, "core")
            yield f"{place}: there is no core {channel.core}; this machine has {cores_text(set(machine.online_cores))}"


def _core_warnings(deployment: Deployment, machine: Machine, found: Examination) -> Iterator[str]:
    wanted: dict[int, str] = {}
    for index, channel in enumerate(deployment.channels):
        core = channel.core
        if core is None or core not in machine.online_cores:
            continue
        place = deployment.place("channels", index, "core")
        if core not in machine.usable_cores:
            usable = cores_text(set(machine.usable_cores))
            yield f"{place}: this process was given {usable}; core {core} may be refused (taskset, cpuset)"
        if core not in machine.isolated_cores:
            yield f"{place}: core {core} is not isolated: others run there too (isolcpus={core} nohz_full={core})"
        for other, name in wanted.items():
            if other != core and other in machine.siblings.get(core, ()):
                yield f"{place}: core {core} and core {other} of channel {name} are two threads of one physical core"
        for interface in sorted({line.interface for line in found.channels[index].lines if line.interface}):
            if (far := machine.far_card(core, interface)) is not None:
                yield f"{place}: {far}"
        wanted.setdefault(core, channel.name)
    spinning = sum(
        any(each.receiver is not None and _spins(each.receiver) and each.model.core == core for each in found.channels)
        for core in found.cores
    )
    if spinning and spinning >= len(machine.usable_cores):
        yield (
            f"{deployment.place('receiver')}: {spinning} threads poll without rest, and this process may use "
            f"{cores_text(set(machine.usable_cores))}: nothing is left for the rest of the program (wait: block)"
        )
    fifo = deployment.scheduling.fifo
    if fifo is not None:
        place = deployment.place("scheduling", "fifo")
        if not machine.capable(CAP_SYS_NICE) and machine.realtime_priority_limit < fifo:
            yield (
                f"{place}: SCHED_FIFO is not permitted: CAP_SYS_NICE, or ulimit -r {fifo} "
                f"(LimitRTPRIO={fifo} in a systemd unit)"
            )
        for note in fifo_notes():
            yield f"{place}: {note}"


def _spins(receiver: ReceiverPlan) -> bool:
    return getattr(receiver.options, "wait", "spin") == "spin"


def _memory_warnings(deployment: Deployment, machine: Machine, found: Examination) -> Iterator[str]:
    if machine.memory_available is not None and found.memory_bytes > machine.memory_available:
        yield (
            f"{deployment.place('capacities')}: the channels can come to need {memory_text(found.memory_bytes)}, and "
            f"{memory_text(machine.memory_available)} are available"
        )
    if machine.huge_pages_word is not None:
        yield f"{deployment.place('capacities')}: {machine.huge_pages_word}"
    limit = machine.memory_lock_limit
    if deployment.scheduling.lock_memory and not machine.capable(CAP_IPC_LOCK) and limit is not None:
        yield (
            f"{deployment.place('scheduling', 'lock_memory')}: {memory_text(limit)} may be locked, and the whole "
            "process must fit: CAP_IPC_LOCK, or ulimit -l unlimited (LimitMEMLOCK=infinity in a systemd unit)"
        )


def _buffer_warnings(deployment: Deployment, machine: Machine, found: Examination) -> Iterator[str]:
    limit = machine.receive_buffer_limit
    if limit is None or machine.capable(CAP_NET_ADMIN):
        return
    wished = max((getattr(each.receiver.options, "receive_buffer", 0) for each in found.channels if each.receiver),
                 default=0)  # fmt: skip
    if wished > limit:
        yield (
            f"{deployment.place('receiver', 'receive_buffer')}: {size_text(wished)} are wished, and the kernel gives "
            f"{size_text(limit)}: sysctl -w net.core.rmem_max={wished}, or CAP_NET_ADMIN"
        )
