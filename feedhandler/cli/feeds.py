"""`feedhandler feeds`: what is installed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from feedhandler.cli.exit_codes import help_text
from feedhandler.cli.options import JSON_HELP

if TYPE_CHECKING:
    from feedhandler.feed import Feed

_HELP = help_text(
    "List the installed feeds.\n\nWith variants, venues, sessions and specification.",
    "feedhandler feeds --json",
)


def feeds(as_json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False) -> None:
    from feedhandler import plugins

    found = [feed_data(name, plugins.feed(name)) for name in plugins.installed(plugins.FEEDS)]
    if as_json:
        print(json.dumps(found, indent=2))
        return
    for feed in found:
        print(f"{feed['name']}: {feed['title']}")
        variants = ", ".join(f"{name} ({mic})" if mic else name for name, mic in feed["variants"].items())
        print(f"  variants       {variants}")
        print(f"  sessions       {', '.join(feed['sessions'])}")
        print(f"  specification  {feed['specification']}")
        print(f"  messages       {feed['messages']}, book of {feed['book']}")
    if not found:
        print("No feed is installed; `pip install .` in a checkout installs those that come with it.")


def feed_data(name: str, feed: Feed) -> dict[str, Any]:
    """A feed as plain data."""
    return {
        "name": name,
        "title": feed.title,
        "variants": {variant: feed.venues.get(variant) for variant in feed.variants},
        "sessions": [session.name for session in feed.sessions],
        "specification": feed.specification,
        "version": feed.version,
        "messages": len({message for messages in feed.variants.values() for message in messages}),
        "book": feed.book.value,
        "time_zone": feed.time_zone,
    }


def command(app: typer.Typer) -> None:
    """Add the command."""
    app.command("feeds", help=_HELP)(feeds)
