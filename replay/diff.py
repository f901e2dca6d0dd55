"""`feedhandler diff`: whether captures are read as another decoder reads them, field by field."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from feedhandler.cli.exit_codes import CommandError, ExitCode, help_text
from feedhandler.cli.options import JSON_HELP, VARIANT_HELP

if TYPE_CHECKING:
    from feedhandler.agreement.comparison import Agreement, Comparison

_HELP = help_text(
    """Compare a feed's reading of captures with another decoder's, field by field.

The oracle is what the other decoder said: JSON lines {"file", "frame", "fields": [[name, text], ...]}, gzip or plain,
or what `tshark -T json` writes of one capture. A map says where names differ and what cannot be compared, and why;
without one the feed's own is taken, which is for the public dissectors that the project's feeds were checked with.""",
    "feedhandler diff --feed iex_deep deep.pcap --oracle oracle.jsonl.gz",
    ExitCode.NO_DATA,
    ExitCode.INPUT,
    ExitCode.DIFFERENT,
)


def diff(
    captures: Annotated[list[Path], typer.Argument(metavar="CAPTURE...", help="Captures of packets.")],
    feed: Annotated[str, typer.Option(help="The feed: an installed one or package.module:object.")],
    oracle: Annotated[Path, typer.Option(help="What another decoder said of these captures.")],
    variant: Annotated[str | None, typer.Option(help=VARIANT_HELP)] = None,
    map_file: Annotated[Path | None, typer.Option("--map", help="A YAML file; without it the feed's own.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    from feedhandler import plugins
    from feedhandler.agreement.comparison import Comparison
    from feedhandler.agreement.rules import rules_of, rules_read

    known = plugins.feed(feed)
    known.messages(variant)  # names the variants there are
    chosen = variant or known.default_variant
    rules = rules_of(known, chosen) if map_file is None else rules_read(map_file)
    comparison = Comparison(known, chosen, rules)
    captures_compare(comparison, captures, oracle)
    agreement = comparison.agreement
    if as_json:
        print(json.dumps(agreement.as_json(), indent=2))
    else:
        sys.stdout.write(report_text(agreement))
    if agreement.packets == 0 and agreement.problem_count == 0:
        names = ", ".join(str(capture) for capture in captures)
        raise CommandError(f"{oracle}: has no packet of {names}", ExitCode.NO_DATA)
    if not agreement.agrees:
        raise typer.Exit(int(ExitCode.DIFFERENT))


def captures_compare(comparison: Comparison, captures: Sequence[Path], oracle: Path) -> None:
    """Compare every packet of captures with an oracle, in the order of the oracle.

    A packet that only one of the two knows is a problem of the report. An oracle may be of more captures than these.
    """
    from feedhandler.agreement.oracle import OracleError, oracle_packets
    from feedhandler.decoding import Decoder
    from replay.iteration import frames

    agreement = comparison.agreement
    try:
        packets = list(oracle_packets(oracle))
    except OracleError as error:
        raise CommandError(str(error), ExitCode.INPUT) from error
    if len(captures) > 1 and any(packet.file is None for packet in packets):
        raise CommandError(f"{oracle}: is of one capture, and {len(captures)} were given", ExitCode.USAGE)
    for capture in captures:
        payloads = {frame.number: frame.payload for frame in frames(capture)}
        decoder = Decoder(comparison.feed, comparison.variant, comparison.feed.session())
        for packet in packets:
            if packet.file not in (None, capture.name):
                continue
            place = f"{capture.name} frame {packet.frame}"
            payload = payloads.pop(packet.frame, None)
            if payload is None:
                agreement.problem(f"{place}: the capture has no such packet")
            else:
                comparison.packet(place, list(decoder.messages(payload)), packet.pairs)
        for number in payloads:
            agreement.problem(f"{capture.name} frame {number}: the oracle has no such packet")


def report_text(agreement: Agreement) -> str:
    """The report for people."""
    lines = [f"{agreement.feed}, variant {agreement.variant}: {agreement.packets} packets compared", ""]
    width = max((len(name) for name in agreement.types), default=7)
    lines.append(f"{'message':<{width}} {'messages':>9} {'fields':>9} {'equal':>9} {'different':>9} {'left out':>9}")
    for name, found in sorted(agreement.types.items()):
        left_out = sum(found.not_comparable.values())
        counts = (found.messages, found.compared, found.equal, found.different, left_out)
        lines.append(f"{name:<{width}} " + " ".join(f"{count:>9}" for count in counts))
    for name, found in sorted(agreement.types.items()):
        lines += [
            f"different: {one.place} {name}.{one.field}: {one.decoded!r}, the oracle {one.oracle!r}"
            for one in found.examples
        ]
    for name, found in sorted(agreement.types.items()):
        reasons = sorted(found.not_comparable.items())
        lines += [f"not comparable: {name}.{field} ({count}): {reason}" for (field, reason), count in reasons]
    no_fields = sorted(agreement.not_compared.items())
    lines += [f"no field: {name} ({count}): {reason}" for (name, reason), count in no_fields]
    if agreement.problem_count:
        lines += [f"packets that could not be compared: {agreement.problem_count}", *agreement.problems]
    lines += ["", "everything compared is equal" if agreement.agrees else "NOT EQUAL"]
    return "\n".join(lines) + "\n"


def command(app: typer.Typer) -> None:
    """Add the command."""
    app.command("diff", help=_HELP)(diff)
