"""`feedhandler describe`: the message tables of a feed, from the tables themselves."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from feedhandler.cli.exit_codes import CommandError, ExitCode, help_text
from feedhandler.cli.options import JSON_HELP, VARIANT_HELP

_HELP = help_text(
    "Describe the messages of a feed.\n\nAll, or one by name or type: every field with offset, type and meaning.",
    "feedhandler describe nasdaq_itch50 AddOrder",
)


def describe(
    feed: Annotated[str, typer.Argument(help="An installed feed or package.module:object.")],
    message: Annotated[str | None, typer.Argument(help="A message's name or type; without it all of them.")] = None,
    variant: Annotated[str | None, typer.Option(help=VARIANT_HELP)] = None,
    as_json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    from feedhandler import plugins
    from feedhandler.wire.describe import describe_messages, feed_document, message_table

    found = plugins.feed(feed)
    messages = list(found.messages(variant))
    if message is not None:
        messages = [table for table in messages if message in (table.__name__, str(table.type))]
        if not messages:
            names = [table.__name__ for table in found.messages(variant)]
            guess = plugins.nearest(message, names)
            meant = f" did you mean {guess}?" if guess else ""
            raise CommandError(
                f"feed {found.name} has no message {message!r};{meant} It has {', '.join(names)}", ExitCode.USAGE
            )
    if as_json:
        print(json.dumps(describe_messages(messages), indent=2))
    elif message is not None:
        print("\n".join(message_table(table) for table in messages), end="")
    else:
        print(feed_document(found.title, messages), end="")


def command(app: typer.Typer) -> None:
    """Add the command."""
    app.command("describe", help=_HELP)(describe)
