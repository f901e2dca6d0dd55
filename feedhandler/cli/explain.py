"""`feedhandler explain`: the generated pipeline, as it is compiled."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from feedhandler.cli.exit_codes import help_text
from feedhandler.cli.options import FEED_HELP, JSON_HELP, VARIANT_HELP

_HELP = help_text(
    "Print a generated pipeline.\n\nOf a configuration or a feed: readable Python, the code that runs.",
    "feedhandler explain configs/nasdaq_totalview.yaml",
)


def explain(
    configuration: Annotated[str | None, typer.Argument(metavar="[CONFIG]", help="A configuration.")] = None,
    feed: Annotated[str | None, typer.Option(help=FEED_HELP)] = None,
    variant: Annotated[str | None, typer.Option(help=VARIANT_HELP)] = None,
    session: Annotated[str | None, typer.Option(help="Another of the feed's sessions, as binaryfile.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    from feedhandler.app import feed_of, session_of, variant_of
    from feedhandler.cli.options import deployment_from, named_configuration
    from feedhandler.composition.strategies import core_groups, inline_plans
    from feedhandler.pipeline.source import Route, generate

    deployment = deployment_from(named_configuration(configuration, feed), feed, variant)
    if session is not None:
        deployment = deployment.model_copy(update={"session": session})
    found = feed_of(deployment)
    route = Route(found, variant_of(deployment, found), session_of(deployment, found, messages_only=False))
    sources = [
        (name, generate(name, [route], [plan.strategy for plan in inline_plans(deployment, channels)]))
        for name, channels in core_groups(deployment)
    ]
    # Cores without strategies of their own share one pipeline, which is shown once.
    distinct = {text: name for name, text in reversed(sources)}
    source = "\n\n".join(f"# {name}\n{text}" if len(distinct) > 1 else text for text, name in distinct.items())
    if as_json:
        routes = [{"feed": found.name, "variant": route.variant, "session": route.session.name}]
        print(json.dumps({"deployment": deployment.name, "routes": routes, "source": source}))
    elif sys.stdout.isatty():
        from rich.console import Console
        from rich.syntax import Syntax

        Console().print(Syntax(source, "python", background_color="default"))
    else:
        print(source, end="")


def command(app: typer.Typer) -> None:
    """Add the command."""
    app.command("explain", help=_HELP)(explain)
