"""`feedhandler budget`: the time that Ethernet leaves for a packet, and what a packet takes here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from feedhandler.cli.exit_codes import CommandError, ExitCode, help_text
from feedhandler.cli.options import JSON_HELP

_HELP = help_text(
    """The time that each speed of Ethernet leaves for a packet, and what a packet takes here.

Runs the configuration's own pipeline, with its inline strategies, on packets of the feed's simulated venue or of
captures, and empties a socket that was filled before. Headroom is the time from one packet to the next on a full line,
as a multiple of what a packet takes: below 1 a full line is more than one core can follow.""",
    "feedhandler budget configs/nasdaq_totalview.yaml --payload-bytes 200",
    ExitCode.NO_DATA,
    ExitCode.INPUT,
)


def budget(
    configuration: Annotated[str, typer.Argument(metavar="CONFIG", help="A configuration.")],
    payload_bytes: Annotated[
        int | None,
        typer.Option(min=1, max=65_507, help="The UDP payload; without it four messages, or a capture's mean."),
    ] = None,
    capture: Annotated[
        list[Path] | None, typer.Option(help="Packets of this capture instead of simulated ones; may be given again.")
    ] = None,
    messages: Annotated[int, typer.Option(min=100_000, help="Simulated messages of a run.")] = 1_000_000,
    live_orders: Annotated[int, typer.Option(min=1, help="Orders in the simulated books.")] = 100_000,
    as_json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    from feedhandler import plugins
    from feedhandler.benchmark.budget import Measurement, lines, told, wire_bytes
    from feedhandler.benchmark.machine import machine
    from feedhandler.cli.options import deployment_from
    from feedhandler.composition.fitting import feed_of, session_of, variant_of
    from feedhandler.composition.strategies import inline_plans
    from feedhandler.observe.logs import log
    from feedhandler.pipeline.source import Route
    from feedhandler.simulation.population import Population

    deployment = deployment_from(configuration, None, None)
    feed = feed_of(deployment)
    route = Route(feed, variant_of(deployment, feed), session_of(deployment, feed, messages_only=False))
    measurement = Measurement(deployment, route, inline_plans(deployment, None))
    log().info("measuring", deployment=deployment.name, feed=feed.name)
    if capture:
        try:
            cost, mean = measurement.of_captures(capture)
        except ValueError as error:
            raise CommandError(str(error), ExitCode.NO_DATA) from error
        size = payload_bytes or mean
    else:
        try:
            cost = measurement.of_venue(Population(messages=messages, symbols=1_000, live_orders=live_orders))
        except plugins.PluginError as error:
            raise CommandError(f"{error}; --capture measures packets that came from it", ExitCode.USAGE) from error
        size = payload_bytes or cost.payload_of(4)
    data: dict[str, Any] = {
        "machine": machine(),
        "deployment": deployment.name,
        "feed": feed.name,
        "payload_bytes": size,
        "wire_bytes": wire_bytes(size),
        "messages": round(cost.messages_in(size), 2),
        "receive_ns": round(cost.receive_ns, 1),
        "packet_ns": round(cost.packet_ns, 1),
        "message_ns": round(cost.message_ns, 1),
        "processing_ns": round(cost.processing_ns(size), 1),
        "lines": list(told(lines(cost, size))),
    }
    print(json.dumps(data) if as_json else _text(data))


def _text(data: dict[str, Any]) -> str:
    made = data["machine"]
    total = data["receive_ns"] + data["processing_ns"]
    rows = [
        f"{data['deployment']}: {data['payload_bytes']} bytes of payload, {data['messages']:g} messages, "
        f"{data['wire_bytes']} bytes of the wire",
        f"on {made['processor']}, {made['cores']} cores",
        "",
        f"  receive, from a socket      {data['receive_ns']:9,.1f} ns a packet",
        f"  pipeline, whatever is in it {data['packet_ns']:9,.1f} ns a packet",
        f"  pipeline                    {data['message_ns']:9,.1f} ns a message",
        f"  together                    {total:9,.1f} ns a packet",
        "",
        f"  {'GbE':>5} {'a packet every':>15} {'headroom':>9}   {'without receiving':>17}",
    ]
    rows += [
        f"  {line['gigabits']:5} {line['budget_ns']:12,.1f} ns {line['headroom']:9.2f}   "
        f"{line['headroom_of_processing']:17.2f}"
        for line in data["lines"]
    ]
    rows += ["", "  A line is seldom full. Another receiver's cost stands in what `make bench-receivers` prints."]
    return "\n".join(rows)


def command(app: typer.Typer) -> None:
    """Add the command."""
    app.command("budget", help=_HELP)(budget)
