"""`feedhandler generate`: a simulated day as a capture or a BinaryFILE."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from feedhandler.cli.exit_codes import CommandError, ExitCode, help_text
from feedhandler.cli.options import JSON_HELP

_HELP = help_text(
    """Write a simulated day of a feed.

The same seed gives the same bytes. A name ending in .pcap is a capture of multicast packets (nanoseconds, Ethernet,
IPv4, UDP, MoldUDP64), any other a BinaryFILE; a further .gz or .zst compresses.""",
    "feedhandler generate --messages 1000000 --lines 2 --loss 0.001 --out day.pcap.zst",
)


def generate(
    out: Annotated[Path, typer.Option(help="The file to write.")],
    feed: Annotated[str, typer.Option(help="An installed feed that can be simulated.")] = "nasdaq_itch50",
    messages: Annotated[int, typer.Option(help="Messages of the day.")] = 1_000_000,
    symbols: Annotated[int, typer.Option(help="Instruments.")] = 8_000,
    live_orders: Annotated[int, typer.Option(help="Orders in all books once they are full.")] = 100_000,
    seed: Annotated[int, typer.Option(help="Another seed, another day.")] = 1,
    rate: Annotated[float, typer.Option(help="Messages a second on average; they come in bursts.")] = 12_500.0,
    messages_per_packet: Annotated[
        int | None, typer.Option(min=1, max=1000, help="The same in every packet; without it as the traffic comes.")
    ] = None,
    lines: Annotated[int, typer.Option(min=1, max=2, help="1, or 2 for a line B some microseconds later.")] = 1,
    loss: Annotated[float, typer.Option(help="Share of packets that line A loses, 0 to 1.")] = 0.0,
    loss_b: Annotated[float, typer.Option(help="Share of packets that line B loses, 0 to 1.")] = 0.0,
    duplication: Annotated[float, typer.Option(help="Share of packets that line A sends twice.")] = 0.0,
    reordering: Annotated[float, typer.Option(help="Share of packets that are overtaken on line A.")] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    from dataclasses import replace

    from feedhandler import plugins
    from feedhandler.simulation.day import Day
    from feedhandler.simulation.population import Population
    from feedhandler.simulation.transmission import FIRST_LINE, SECOND_LINE, Transmission

    capture = ".pcap" in out.suffixes
    started = time.perf_counter()
    first = replace(FIRST_LINE, loss=loss, duplication=duplication, reordering=reordering)
    every = (first, replace(SECOND_LINE, loss=loss_b))[:lines]
    if not capture and (every != (FIRST_LINE,) or messages_per_packet is not None):
        text = f"{out.name} will be a BinaryFILE, which has no packets and no lines: name it .pcap"
        raise CommandError(text, ExitCode.USAGE)
    population = Population(
        messages=messages, symbols=symbols, live_orders=live_orders, seed=seed, messages_per_second=rate
    )
    day = Day(plugins.venue(feed), population)
    packets = None
    try:
        if capture:
            packets = day.write_pcap(
                out, messages_per_packet=messages_per_packet, transmission=Transmission(every, seed)
            )
        else:
            day.write_binaryfile(out)
    except OSError as error:
        raise CommandError(f"{out}: cannot be written: {error.strerror}", ExitCode.FAILED) from error
    figures = {
        "file": str(out),
        "bytes": out.stat().st_size,
        "messages": messages,
        "packets": packets,
        "elapsed_s": time.perf_counter() - started,
    }
    if as_json:
        print(json.dumps(figures))
    else:
        bundled = "" if packets is None else f" in {packets:,} packets"
        print(f"{out}: {messages:,} messages{bundled}, {figures['bytes']:,} bytes, {figures['elapsed_s']:.1f} s")


def command(app: typer.Typer) -> None:
    """Add the command."""
    app.command("generate", help=_HELP)(generate)
