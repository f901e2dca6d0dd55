"""`feedhandler receivers`: what could be used here, and what would mend it where it could not."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated

import typer

from feedhandler.cli.exit_codes import help_text
from feedhandler.cli.options import JSON_HELP

_HELP = help_text(
    """List the receivers of live lines.

Best first: available to this process now, or why not and what would mend it. Nothing is joined or attached.""",
    "feedhandler receivers --json",
)


def receivers(as_json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False) -> None:
    from feedhandler.receivers.availability import availabilities

    found = availabilities()
    if as_json:
        print(json.dumps([dataclasses.asdict(one) for one in found], indent=2))
        return
    width = max(len(one.kind) for one in found)
    for one in found:
        print(f"{one.kind:{width}}  {'available' if one.available else 'not available'}")
        print(f"{'':{width}}  {one.summary}")
        if one.reason is not None:
            print(f"{'':{width}}  {one.reason}")
        for remark in one.remarks:
            print(f"{'':{width}}  {remark}")


def command(app: typer.Typer) -> None:
    """Add the command."""
    app.command("receivers", help=_HELP)(receivers)
