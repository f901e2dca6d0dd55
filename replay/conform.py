"""`feedhandler conform`: whether a feed keeps what every feed promises, ours or a user's."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from feedhandler.cli.exit_codes import ExitCode, help_text
from feedhandler.cli.options import JSON_HELP, VARIANT_HELP

_HELP = help_text(
    """Check a feed: what every feed must keep.

Its tables close, every message is handled or ignored with a reason, survives the round trip, and when it is cut at any
byte or damaged nothing faults; compiled and interpreted agree; golden events are what they were; the README says what
it must. With captures also: every message in them is known, and becomes the same compiled and interpreted.""",
    "feedhandler conform example_depth:FEED day.pcap",
    ExitCode.INPUT,
    ExitCode.NOT_CONFORMING,
)


def conform(
    feed: Annotated[str, typer.Argument(help="An installed feed or package.module:object.")],
    captures: Annotated[list[Path] | None, typer.Argument(metavar="[CAPTURE]...", help="Captures of packets.")] = None,
    variant: Annotated[str | None, typer.Option(help=VARIANT_HELP)] = None,
    packets: Annotated[int, typer.Option(min=0, help="How many made packets, two in three of them damaged.")] = 10_000,
    write_golden: Annotated[bool, typer.Option("--write-golden", help="Write the golden events, and end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    from feedhandler import plugins
    from feedhandler.conformance.checks import Outcome, Subject, results
    from replay.iteration import frames

    known = plugins.feed(feed)
    known.messages(variant)  # names the variants there are
    chosen = variant or known.default_variant
    if write_golden:
        print(golden_write(feed, chosen))
        return
    payloads = tuple(frame.payload for capture in captures or [] for frame in frames(capture))
    started = time.monotonic()
    found = []
    for result in results(Subject(feed, chosen, packets, payloads)):
        found.append(result)
        if not as_json:
            print(f"{result.outcome.value:<8} {result.check}: {result.text} ({result.seconds:.1f} s)", flush=True)
    failed = [result.check for result in found if result.outcome is Outcome.FAILED]
    if as_json:
        data = {
            "feed": known.name,
            "variant": chosen,
            "conforms": not failed,
            "checks": [
                {
                    "check": result.check,
                    "outcome": result.outcome.value,
                    "text": result.text,
                    "seconds": round(result.seconds, 2),
                }
                for result in found
            ],
        }
        print(json.dumps(data, indent=2))
    else:
        verdict = f"DOES NOT CONFORM: {', '.join(failed)}" if failed else "conforms"
        print(f"{known.name}, variant {chosen}: {verdict} ({time.monotonic() - started:.0f} s)")
    if failed:
        raise typer.Exit(int(ExitCode.NOT_CONFORMING))


def golden_write(name: str, variant: str) -> Path:
    """Write the golden events of a feed beside its handlers; the file."""
    import importlib

    from feedhandler import plugins
    from feedhandler.conformance import golden

    feed = plugins.feed(name)
    package = importlib.import_module(feed.package)
    file = Path(str(package.__file__)).parent / golden.golden_name(feed, variant)
    packets = list(golden.played(feed, variant, golden.made(feed, variant)))
    file.write_text(golden.text_of(feed, variant, packets), encoding="utf-8")
    return file


def command(app: typer.Typer) -> None:
    """Add the command."""
    app.command("conform", help=_HELP)(conform)
