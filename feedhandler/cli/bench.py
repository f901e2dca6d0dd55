"""`feedhandler bench`: what it costs, in nanoseconds, on this machine."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Annotated

import typer

from feedhandler.cli.exit_codes import CommandError, ExitCode, help_text
from feedhandler.cli.options import JSON_HELP

_HELP = help_text(
    """What it costs, in nanoseconds, on this machine.

Generates a day of the feed's messages and measures: decoding alone, the whole pipeline to order books against packet
sizes and live orders, memory, capture reading, reads from Python, start-up.""",
    "feedhandler bench --quick --only decode --only books --json",
)


def bench(
    feed: Annotated[str, typer.Option(help="An installed feed that can be simulated.")] = "nasdaq_itch50",
    quick: Annotated[bool, typer.Option("--quick", help="A million messages, fewer runs: a minute or so.")] = False,
    messages: Annotated[int | None, typer.Option(help="Messages of the day.")] = None,
    runs: Annotated[int | None, typer.Option(min=1, help="Runs of each figure.")] = None,
    seed: Annotated[int, typer.Option(help="Another seed, another day.")] = 1,
    only: Annotated[list[str] | None, typer.Option(help="Only this section; may be given again.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    from feedhandler.benchmark.report import report
    from feedhandler.benchmark.suite import QUICK, SECTIONS, Settings, Suite
    from feedhandler.observe.logs import log

    settings = replace(QUICK if quick else Settings(), feed=feed, seed=seed)
    if messages is not None:
        settings = replace(settings, messages=messages)
    if runs is not None:
        settings = replace(settings, runs=runs)
    unknown = sorted(set(only or ()) - set(SECTIONS))
    if unknown:
        raise CommandError(f"no section {', '.join(unknown)}; there are {', '.join(SECTIONS)}", ExitCode.USAGE)
    if only:
        settings = replace(settings, sections=tuple(only))
    logger = log()
    figures = Suite(settings, lambda section: logger.info("measuring", section=section)).run()
    print(json.dumps(figures, indent=2) if as_json else report(figures))


def command(app: typer.Typer) -> None:
    """Add the command."""
    app.command("bench", help=_HELP)(bench)
