"""`feedhandler schema`: the JSON Schema of configurations, for editors."""

from __future__ import annotations

import json

import typer

from feedhandler.cli.exit_codes import help_text

_HELP = help_text(
    "Print the JSON Schema of configurations.\n\nEditors complete and check with it. The options of every installed "
    "receiver are in it.",
    "feedhandler schema > feedhandler.schema.json",
)


def schema() -> None:
    from feedhandler.composition.live import live_receivers
    from feedhandler.config import schema as schema_of_configurations

    options = {kind: receiver.Options for kind, receiver in live_receivers().items()}
    print(json.dumps(schema_of_configurations(options), indent=2))


def command(app: typer.Typer) -> None:
    """Add the command."""
    app.command("schema", help=_HELP)(schema)
