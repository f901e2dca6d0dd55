"""`feedhandler health`: is a run polling, and are its books current?"""

from __future__ import annotations

import json
from typing import Annotated

import typer

from feedhandler.cli.exit_codes import ExitCode, help_text
from feedhandler.cli.options import JSON_HELP

_HELP = help_text(
    """Say whether a configuration's run is well.

Reads the status file that `feedhandler run` writes every second. With --polling only the process is judged: right for
what restarts it, since a restart brings no message back.""",
    "feedhandler health configs/nasdaq_totalview.yaml --polling",
    ExitCode.NOT_CURRENT,
)


def health(
    configuration: Annotated[str, typer.Argument(metavar="CONFIG", help="The configuration that runs.")],
    polling: Annotated[bool, typer.Option("--polling", help="Judge the process alone, not its books.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    from feedhandler.cli.options import deployment_from
    from feedhandler.observe.status import health_of, status_path

    deployment = deployment_from(configuration, None, None)
    path = status_path(deployment)
    found = health_of(path)
    if as_json:
        print(json.dumps({
            "deployment": deployment.name, "file": str(path), "polling": found.polling, "current": found.current,
            "words": list(found.words), "status": found.status,
        }))  # fmt: skip
    else:
        verdict = "current" if found.current else "polling" if found.polling else "not polling"
        print("\n".join([f"{deployment.name}: {verdict}", *(f"  {words}" for words in found.words)]))
    if not found.polling:
        raise typer.Exit(ExitCode.FAILED)
    if not found.current and not polling:
        raise typer.Exit(ExitCode.NOT_CURRENT)


def command(app: typer.Typer) -> None:
    """Add the command."""
    app.command("health", help=_HELP)(health)
