"""`feedhandler check`: what a configuration would use, without using it."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from feedhandler.cli.exit_codes import help_text
from feedhandler.cli.options import JSON_HELP

_HELP = help_text(
    "Check a configuration.\n\nPrints what it would use: feed, channels, lines, limits and memory.",
    "feedhandler check configs/nasdaq_totalview.yaml",
)


def check(
    configuration: Annotated[str, typer.Argument(metavar="CONFIG", help="A configuration.")],
    as_json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    from feedhandler.app import feed_of, memory_bytes, session_of, variant_of
    from feedhandler.cli.options import deployment_from
    from feedhandler.units import duration_text, memory_text

    deployment = deployment_from(configuration, None, None)
    feed = feed_of(deployment)
    variant = variant_of(deployment, feed)
    session = session_of(deployment, feed, messages_only=False)
    channels: list[dict[str, Any]] = []
    for model in deployment.channels:
        limits = deployment.limits_of(model)
        channels.append(
            {
                "name": model.name,
                "lines": [line.model_dump(exclude_none=True) for line in model.lines],
                "capacities": deployment.capacities_of(model).model_dump(),
                "limits": {
                    name: duration_text(value) if name != "start_window" else value
                    for name, value in limits.model_dump().items()
                },
                "memory_bytes": memory_bytes(deployment, model, feed),
            }
        )
    data = {
        "deployment": deployment.name,
        "feed": feed.name,
        "variant": variant,
        "venue": feed.venues.get(variant),
        "session": session.name,
        "trading_date": deployment.trading_date.isoformat() if deployment.trading_date else None,
        "symbols": list(deployment.symbols),
        "channels": channels,
        "memory_bytes": sum(channel["memory_bytes"] for channel in channels),
    }
    if as_json:
        print(json.dumps(data, indent=2))
        return
    print(f"{deployment.name}: {feed.title}, {variant} ({data['venue']}), over {session.name}")
    print(f"  trading date   {data['trading_date'] or 'the day of the first packet'}")
    print(f"  instruments    {', '.join(deployment.symbols) or 'all'}")
    for channel in channels:
        print(f"  channel {channel['name']}, at most {memory_text(channel['memory_bytes'])}")
        for line in channel["lines"]:
            source = f" from {line['source']}" if "source" in line else ""
            interface = f" on {line['interface']}" if "interface" in line else ""
            print(f"    line {line['name']}         {line['group']}:{line['port']}{source}{interface}")
        print(f"    capacities     {_listed(channel['capacities'])}")
        print(f"    limits         {_listed(channel['limits'])}")
    if not channels:
        print("  channels       as a replay finds them")


def _listed(values: dict[str, Any]) -> str:
    shown = (f"{name} {value:,}" if isinstance(value, int) else f"{name} {value}" for name, value in values.items())
    return ", ".join(shown)


def command(app: typer.Typer) -> None:
    """Add the command."""
    app.command("check", help=_HELP)(check)
