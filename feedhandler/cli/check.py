"""`feedhandler check`: what a configuration would use on this machine, without using it, and what is wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from feedhandler.cli.exit_codes import CommandError, ExitCode, help_text
from feedhandler.cli.options import JSON_HELP

if TYPE_CHECKING:
    from feedhandler.composition.examination import Examination, ExaminedChannel
    from feedhandler.composition.machine import Machine
    from feedhandler.config import Deployment

_HELP = help_text(
    """Check a configuration on this machine.

Prints what it would use: feed, channels, lines with their interfaces, receivers, cores, memory, limits, and opens
nothing. What `feedhandler run` would end with is an error, and exit code 2; what it would start with all the same is a
warning, with what would mend it.""",
    "feedhandler check configs/nasdaq_totalview.yaml",
)


def check(
    configuration: Annotated[str, typer.Argument(metavar="CONFIG", help="A configuration.")],
    as_json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    from feedhandler.cli.options import deployment_from
    from feedhandler.composition.examination import examined
    from feedhandler.composition.fitting import feed_of, session_of, variant_of
    from feedhandler.composition.machine import this_machine

    deployment = deployment_from(configuration, None, None)
    feed = feed_of(deployment)
    variant = variant_of(deployment, feed)
    session = session_of(deployment, feed, messages_only=False)
    machine = this_machine()
    found = examined(deployment, feed, session, machine)
    data = {
        "deployment": deployment.name,
        "feed": feed.name,
        "variant": variant,
        "venue": feed.venues.get(variant),
        "session": session.name,
        "trading_date": deployment.trading_date.isoformat() if deployment.trading_date else None,
        "symbols": list(deployment.symbols),
        "channels": [_channel_data(deployment, channel) for channel in found.channels],
        "memory_bytes": found.memory_bytes,
        "strategies": [_strategy_data(strategy) for strategy in deployment.strategies],
        "machine": _machine_data(machine),
        "warnings": found.warnings,
        "errors": found.errors,
    }
    if as_json:
        print(json.dumps(data, indent=2))
    else:
        print(f"{deployment.name}: {feed.title}, {variant} ({data['venue']}), over {session.name}")
        print("\n".join(_for_people(deployment, data, found, machine)))
    if found.errors:
        raise CommandError("\n".join(found.errors), ExitCode.USAGE)


def _channel_data(deployment: Deployment, channel: ExaminedChannel) -> dict[str, Any]:
    from feedhandler.configuration.words import as_written

    model, receiver = channel.model, channel.receiver
    return {
        "name": model.name,
        "core": model.core,
        "receiver": None if receiver is None else {"kind": receiver.kind, **_shown(as_written(receiver.options))},
        "lines": [
            {
                "name": line.name,
                "group": line.endpoint.group or None,
                "port": line.endpoint.port,
                "source": line.endpoint.source,
                "interface": line.interface,
                "address": line.address,
            }
            for line in channel.lines
        ],
        "retransmission": channel.servers,
        "capacities": deployment.capacities_of(model).model_dump(),
        "limits": as_written(deployment.limits_of(model)),
        "memory_bytes": channel.memory_bytes,
    }


def _strategy_data(strategy: Any) -> dict[str, Any]:
    data: dict[str, Any] = strategy.model_dump(by_alias=True)
    return {**data, "parameters": _shown(data["parameters"])}


def _machine_data(machine: Machine) -> dict[str, Any]:
    return {
        "usable_cores": sorted(machine.usable_cores),
        "isolated_cores": sorted(machine.isolated_cores),
        "memory_available": machine.memory_available,
        "memory_lock_limit": machine.memory_lock_limit,
        "receive_buffer_limit": machine.receive_buffer_limit,
        "default_interface": machine.default_interface,
    }


def _for_people(deployment: Deployment, data: dict[str, Any], found: Examination, machine: Machine) -> list[str]:
    from feedhandler.composition.threads import cores_text
    from feedhandler.units import memory_text

    shown = [
        f"  trading date   {data['trading_date'] or 'the day of the first packet; live: today'}",
        f"  instruments    {', '.join(deployment.symbols) or 'all'}",
    ]
    for channel in data["channels"]:
        core = "any core" if channel["core"] is None else f"core {channel['core']}"
        shown.append(f"  channel {channel['name']}, on {core}, at most {memory_text(channel['memory_bytes'])}")
        for line in channel["lines"]:
            source = f" from {line['source']}" if line["source"] else ""
            where = line["interface"] or "no interface"
            address = f" ({line['address']})" if line["address"] else ""
            group = line["group"] or "replies"
            shown.append(f"    line {line['name']:<9} {group}:{line['port']}{source} on {where}{address}")
        if channel["receiver"] is not None:
            shown.append(f"    receiver       {_listed(channel['receiver'])}")
        if channel["retransmission"]:
            shown.append(f"    retransmission {', '.join(channel['retransmission'])}")
        shown.append(f"    capacities     {_listed(channel['capacities'])}")
        shown.append(f"    limits         {_listed(channel['limits'])}")
    if not data["channels"]:
        shown.append("  channels       as a replay finds them; a live run needs some")
    shown += [f"  strategy {each.name:<8} {each.class_}, {each.home}" for each in deployment.strategies]
    cores = cores_text(set(machine.usable_cores))
    isolated = cores_text(set(machine.isolated_cores)) if machine.isolated_cores else "none"
    available = "unknown" if machine.memory_available is None else memory_text(machine.memory_available)
    shown.append(f"  machine        {cores}, isolated: {isolated}; {available} of memory available")
    shown += [f"warning: {text}" for text in found.warnings]
    return shown


def _listed(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {_value(value)}" for name, value in values.items())


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:,}" if isinstance(value, int) else str(value)


def _shown(values: dict[str, Any]) -> dict[str, Any]:
    """Values as JSON has them; a secret is its reference."""
    return {name: value if isinstance(value, int | str | None) else str(value) for name, value in values.items()}


def command(app: typer.Typer) -> None:
    """Add the command."""
    app.command("check", help=_HELP)(check)
