"""What a live run is made of: which channels share a thread, and what each thread's receivers hear.

Channels that name the same core, or none, share a pipeline, its thread and its core. Within a thread, channels whose
receivers are configured alike share one receiver; a receiver hears the lines of its channels and, where holes are asked
for, one line of replies for each channel.

Lines are numbered over the whole deployment, in the order of the file; those of replies come behind them. So a line has
one number in every thread, in a live run and in its replay.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError

from feedhandler import plugins
from feedhandler.composition.fitting import channels_by_core, lines_of
from feedhandler.config import ChannelModel, ConfigurationError, Deployment
from feedhandler.configuration.reading import Path
from feedhandler.configuration.words import mistakes
from feedhandler.receivers.endpoints import Endpoint, interface_of
from feedhandler.recovery.options import RetransmissionModel
from feedhandler.sessions import Session


@dataclass
class ReceiverPlan:
    """A receiver before it exists."""

    kind: str
    implementation: Any
    options: BaseModel
    endpoints: list[Endpoint] = field(default_factory=list)

    def make(self) -> Any:
        """The receiver, not open yet."""
        return self.implementation(tuple(self.endpoints), self.options)


@dataclass
class ThreadPlan:
    """The channels of one core, or of none, and the receivers that they hear."""

    core: int | None
    channels: list[ChannelModel] = field(default_factory=list)
    receivers: list[ReceiverPlan] = field(default_factory=list)


def thread_plans(deployment: Deployment, session: Session) -> list[ThreadPlan]:
    """The threads of a live run, in the order of the file. Raises `ConfigurationError` with a place."""
    if not deployment.channels:
        raise ConfigurationError(
            f"{deployment.place('channels')}: there is none; a live run hears the lines of channels, so expected one "
            "with a group and a port"
        )
    refuse_shared_replies(deployment, session)
    threads = []
    for core, indexes in channels_by_core(deployment).items():
        thread = ThreadPlan(core, [deployment.channels[index] for index in indexes])
        for index in indexes:
            receiver = _shared(thread, receiver_plan(deployment, index))
            receiver.endpoints += endpoints_of(deployment, index, session)
        threads.append(thread)
    return threads


def receiver_plan(deployment: Deployment, index: int | None) -> ReceiverPlan:
    """The receiver of a channel, or of channels that say nothing about theirs, without endpoints."""
    model = deployment.receiver_of(None if index is None else deployment.channels[index])
    place = deployment.place(*_receiver_path(deployment, index, "kind"))
    try:
        implementation = plugins.receiver(model.kind)
    except plugins.PluginError as error:
        raise ConfigurationError(f"{place}: {error}") from error
    options = getattr(implementation, "Options", None)
    if options is None:
        known = ", ".join(live_receivers()) or "none"
        raise ConfigurationError(f"{place}: receiver {model.kind} hears no lines; installed ones that do: {known}")
    try:
        validated = options.model_validate(model.options)
    except ValidationError as error:

        def written(path: Path) -> str:
            return deployment.place(*_receiver_path(deployment, index, *path))

        raise ConfigurationError("\n".join(mistakes(error, options, written))) from error
    return ReceiverPlan(model.kind, implementation, validated)


def live_receivers() -> dict[str, Any]:
    """The installed receivers that a live run can be made with, by name; one that was not built here is none."""
    found = {}
    for name in plugins.installed(plugins.RECEIVERS):
        try:
            receiver = plugins.receiver(name)
        except plugins.PluginError:
            continue
        if hasattr(receiver, "Options"):
            found[name] = receiver
    return found


def endpoints_of(deployment: Deployment, index: int, session: Session) -> list[Endpoint]:
    """Where the lines of a channel are heard, that of replies included."""
    channel = deployment.channels[index]
    receiver = deployment.receiver_of(channel)
    found = []
    for number, (owner, line) in enumerate(lines_of(deployment)):
        if owner is channel:
            interface = line.interface or receiver.interface
            path: Path = ("channels", index, "lines", channel.lines.index(line), "interface")
            path = path if line.interface else interface_path(deployment, index)
            if interface not in own_interfaces(deployment, index):
                known_interface(interface, deployment.place(*path))
            found.append(Endpoint(number, line.group, line.port, line.source, interface))
    replies = reply_line(deployment, index, session)
    if replies is not None:
        retransmission = retransmission_of(deployment, index, session)
        assert retransmission is not None
        interface = retransmission.reply_interface
        known_interface(interface, deployment.place(*retransmission_path(deployment, index), "reply_interface"))
        found.append(Endpoint(replies, "", retransmission.reply_port, None, interface))
    return found


def own_interfaces(deployment: Deployment, index: int) -> frozenset[str]:
    """Names for which a channel's receiver has devices of its own, so that the machine need not know them."""
    found: frozenset[str] = getattr(receiver_plan(deployment, index).options, "own_interfaces", frozenset())
    return found


def known_interface(interface: str | None, place: str) -> None:
    """Raise `ConfigurationError` where the machine has no such interface."""
    if interface is None:
        return
    try:
        interface_of(interface)
    except LookupError as error:
        raise ConfigurationError(f"{place}: {error.args[0]}") from error


# ------------------------------------------------------------------------------------------------------- retransmission


def retransmission_of(deployment: Deployment, index: int, session: Session) -> RetransmissionModel | None:
    """How holes of a channel are asked for; None where they are not. A channel's word stands in place of the
    deployment's."""
    channel = deployment.channels[index]
    own = "retransmission" in channel.model_fields_set
    model = channel.retransmission if own else deployment.retransmission
    if model is not None and session.retransmission is None:
        place = deployment.place(*retransmission_path(deployment, index))
        raise ConfigurationError(f"{place}: session {session.name} has no way to ask for what was missed; leave it out")
    return model


def refuse_shared_replies(deployment: Deployment, session: Session) -> None:
    """A port that is given brings the replies of one channel: by their line it is known whose they are."""
    taken: dict[int, str] = {}
    for index, channel in enumerate(deployment.channels):
        model = retransmission_of(deployment, index, session)
        if model is None or model.reply_port == 0:
            continue
        if model.reply_port in taken:
            place = deployment.place(*retransmission_path(deployment, index), "reply_port")
            raise ConfigurationError(
                f"{place}: replies of channel {taken[model.reply_port]} come to port {model.reply_port} already; "
                f"expected 0, or a port of its own for channel {channel.name}"
            )
        taken[model.reply_port] = channel.name


def retransmission_path(deployment: Deployment, index: int) -> Path:
    """Where a channel's retransmission is written."""
    own = "retransmission" in deployment.channels[index].model_fields_set
    return ("channels", index, "retransmission") if own else ("retransmission",)


def reply_line(deployment: Deployment, index: int, session: Session) -> int | None:
    """The number of the line that brings a channel's replies; None where nothing is asked for."""
    if retransmission_of(deployment, index, session) is None:
        return None
    return len(lines_of(deployment)) + index


# -------------------------------------------------------------------------------------------------------------- places


def interface_path(deployment: Deployment, index: int | None) -> Path:
    """Where the interface is written that a channel's receiver has for lines without one."""
    return _receiver_path(deployment, index, "interface")


def _receiver_path(deployment: Deployment, index: int | None, *path: str | int) -> Path:
    """Where a key of a channel's receiver is written: at the channel, else at the deployment."""
    own = () if index is None else ("channels", index, "receiver", *path)
    return own if own and deployment.written(*own[: 4 if path else 3]) else ("receiver", *path)


def _shared(thread: ThreadPlan, plan: ReceiverPlan) -> ReceiverPlan:
    """The thread's receiver that is configured like this one, or this one as a new one."""
    for known in thread.receivers:
        if known.implementation is plan.implementation and known.options == plan.options:
            return known
    thread.receivers.append(plan)
    return plan
