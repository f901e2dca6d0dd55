"""`feedhandler bench`: what it costs, in nanoseconds, on this machine."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import Annotated

import typer

_HELP = """What it costs, in nanoseconds, on this machine.

Generates a day of the feed's messages and measures: decoding alone, the whole pipeline to order books against packet
sizes and live orders, memory, capture reading, reads from Python, start-up. Progress goes to stderr.

Example: feedhandler bench --quick --only decode --only books --json

Exit codes: 0 measured; 1 a run went wrong; 2 wrong options.
"""


def bench(
    feed: Annotated[str, typer.Option(help="An installed feed that can be simulated.")] = "nasdaq_itch50",
    quick: Annotated[bool, typer.Option("--quick", help="A million messages, fewer runs: a minute or so.")] = False,
    messages: Annotated[int | None, typer.Option(help="Messages of the day.")] = None,
    runs: Annotated[int | None, typer.Option(min=1, help="Runs of each figure.")] = None,
    seed: Annotated[int, typer.Option(help="Another seed, another day.")] = 1,
    only: Annotated[list[str] | None, typer.Option(help="Only this section; may be given again.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    # Heavy: imports numba, which other commands may not need.
    from feedhandler import plugins
    from feedhandler.benchmark.report import report
    from feedhandler.benchmark.suite import QUICK, SECTIONS, Settings, Suite

    settings = replace(QUICK if quick else Settings(), feed=feed, seed=seed)
    if messages is not None:
        settings = replace(settings, messages=messages)
    if runs is not None:
        settings = replace(settings, runs=runs)
    unknown = sorted(set(only or ()) - set(SECTIONS))
    if unknown:
        raise typer.BadParameter(f"no section {', '.join(unknown)}; there are {', '.join(SECTIONS)}")
    if only:
        settings = replace(settings, sections=tuple(only))
    try:
        suite = Suite(settings, lambda text: print(text, file=sys.stderr))
    except plugins.PluginError as error:
        print(f"feedhandler bench: {error}", file=sys.stderr)
        raise typer.Exit(2) from error
    figures = suite.run()
    print(json.dumps(figures, indent=2) if as_json else report(figures))


def command(app: typer.Typer) -> None:
    """Add the command."""
    app.command("bench", help=_HELP)(bench)
