"""`feedhandler replay`: captures through the real pipeline, to books, figures and a digest."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from feedhandler.cli.exit_codes import CommandError, ExitCode, help_text
from feedhandler.cli.options import DATE_HELP, FEED_HELP, JSON_HELP, VARIANT_HELP

if TYPE_CHECKING:
    from feedhandler.app import Application
    from feedhandler.observe.figures import Figures
    from replay.capture import CaptureReceiver

TRAILER_HELP = "The appliance that wrote times into the frames, as in a receiver's trailer; default: as configured."
FRAME_CHECK_HELP = "The frames were captured with their check sequence; default: as the configuration says."

_HELP = help_text(
    """Replay captures through the pipeline.

The result is order books, figures and a digest. Files given together are one stream, merged by time: pcap, pcapng or
BinaryFILE, plain, .gz, .zst or .lz4; - is standard input. With a configuration (a .yaml file before them) its channels
and lines are heard; with --feed every destination in the capture is a channel of its own, called address:port.""",
    "feedhandler replay --feed nasdaq_itch50 day.pcap.zst --symbols AAPL,MSFT --depth 5 --json",
    ExitCode.NO_DATA,
    ExitCode.INPUT,
    ExitCode.INTERRUPTED,
    ExitCode.TERMINATED,
)


def replay(
    arguments: Annotated[list[str], typer.Argument(metavar="[CONFIG] FILE...", help="A configuration, and captures.")],
    feed: Annotated[str | None, typer.Option(help=FEED_HELP)] = None,
    variant: Annotated[str | None, typer.Option(help=VARIANT_HELP)] = None,
    date: Annotated[str | None, typer.Option(help=DATE_HELP)] = None,
    speed: Annotated[str, typer.Option(help="max, or a factor: 1 is as captured, 10 ten times faster.")] = "max",
    start: Annotated[str | None, typer.Option(help="Replay from here on, as in 2026-03-02T09:30:00 or 09:30.")] = None,
    end: Annotated[str | None, typer.Option(help="Replay up to here, this moment not included.")] = None,
    symbols: Annotated[str | None, typer.Option(help="Books to show, as in AAPL,MSFT; * and ? match.")] = None,
    depth: Annotated[int, typer.Option(min=1, max=10_000, help="Price levels of each side to show.")] = 10,
    trailer: Annotated[str | None, typer.Option(help=TRAILER_HELP)] = None,
    frame_check: Annotated[bool | None, typer.Option(help=FRAME_CHECK_HELP)] = None,
    as_json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    from feedhandler.app import Application, feed_of, line_numbers, variant_of
    from feedhandler.cli.options import date_from, deployment_from, split_configuration
    from feedhandler.observe.logs import log
    from replay.capture import CaptureReceiver
    from replay.options import moment_from, speed_from, trailer_options
    from replay.versions import variant_chosen

    logger = log()
    configuration, files = split_configuration(arguments, feed)
    if not files:
        raise CommandError("no capture was given; expected one file or more, or - for standard input", ExitCode.USAGE)
    deployment = deployment_from(configuration, feed, variant)
    trading_date = date_from(date) or deployment.trading_date
    known = feed_of(deployment)
    variant_of(deployment, known)  # a wrong one is told before any file is opened
    deployment = variant_chosen(deployment, known, files, trading_date)
    zone = known.time_zone
    start_ns = moment_from("--start", start, trading_date, zone)
    end_ns = moment_from("--end", end, trading_date, zone)
    receiver = CaptureReceiver(
        files,
        lines=line_numbers(deployment),
        speed=speed_from(speed),
        start=start_ns,
        end=end_ns,
        **trailer_options(deployment, trailer, frame_check),
    )
    receiver.open()
    try:
        # The kind of the files decides the session, and with it what is compiled.
        messages_only = receiver.kind == "binaryfile"
        application = Application(deployment, messages_only=messages_only, trading_date=trading_date)
        application.attach(receiver)
        compiled = application.compile()
        logger.info(
            "pipeline ready",
            deployment=deployment.name,
            seconds=round(compiled.seconds, 2),
            from_cache=compiled.from_cache,
        )
        _run(application, receiver, logger)
        _report(application, receiver, logger, symbols, depth, as_json)
    finally:
        receiver.close()


def _run(application: Application, receiver: CaptureReceiver, logger: Any) -> None:
    """Run to the end, with a progress bar where somebody looks."""
    if not sys.stderr.isatty():
        told: list[str] = []

        def tell() -> None:
            if not told:
                told.append("replaying")
                logger.info("replaying", files=len(receiver.files))

        application.run(tell)
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    total = receiver.bytes_total
    with Progress(
        TextColumn("replay"),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as progress:
        task = progress.add_task("replay", total=total, rate="")

        def watch() -> None:
            messages = sum(memory.channel.message_count for memory in application.channels)
            rate = messages / max(application.elapsed_s, 1e-9)
            progress.update(task, completed=receiver.bytes_read, rate=f"{rate / 1e6:.2f} M messages/s")

        application.run(watch)


def _report(
    application: Application, receiver: CaptureReceiver, logger: Any, symbols: str | None, depth: int, as_json: bool
) -> None:
    """Say what came of it: the result on stdout, what was wrong with the input on stderr, and end accordingly."""
    from feedhandler.observe.summary import book_data, books_named, print_summary, summary

    figures = application.figures()
    statistics = receiver.statistics
    problems = [*statistics["problems"]]
    if application.refused_lines:
        problems.append(
            f"{len(application.refused_lines)} destinations were left out, from {application.refused_lines[0]} on: a "
            "replay without a configuration has a bounded number of channels; write one that names the lines"
        )
    data = summary(figures, application.digest, application.elapsed_s)
    data["trading_date"] = application.trading_date.isoformat() if application.trading_date else None
    data["skipped"] = {reason: count for reason, count in statistics["skipped"].items() if count}
    if statistics["trailer"] is not None:
        data["trailer"] = statistics["trailer"]
    data["problems"] = problems
    names = [memory.name for memory in application.channels]
    wanted = [symbol for symbol in (symbols or "").split(",") if symbol]
    found, missing = books_named(application.books, names, wanted)
    data["books"] = {name: book_data(book, depth) for name, book in found.items()}
    data["books"].update({name: book_data(None, depth) for name in missing if "*" not in name and "?" not in name})
    for problem in problems:
        logger.warning(problem)
    for name in missing:
        logger.warning(f"no instrument matches {name}")
    if as_json:
        print(json.dumps(data))
    else:
        print_summary(data, {name: book.depth(depth) for name, book in found.items()})
    sys.stdout.flush()
    if application.interrupted is not None:
        logger.warning("ended early", signal=application.interrupted.name)
        raise typer.Exit(128 + application.interrupted)
    if not figures.heard:
        raise CommandError(nothing_heard(application, receiver, figures), ExitCode.NO_DATA)


def nothing_heard(application: Application, receiver: CaptureReceiver, figures: Figures) -> str:
    """Why there is no packet of the feed, as far as can be told."""
    from replay.options import files_text

    files = files_text(receiver.files)
    statistics = receiver.statistics
    skipped = ", ".join(f"{count:,} {reason}" for reason, count in statistics["skipped"].items() if count)
    if figures.frames:
        reasons = ", ".join(f"{count:,} {reason.name.lower()}" for reason, count in figures.reasons.items())
        why = f"{figures.frames:,} datagrams were read, none of which is a packet of it ({reasons})"
    elif application.lines and skipped:
        lines = ", ".join(f"{line.group}:{line.port}" for _, line in application.lines)
        why = f"nothing was sent to the configured lines {lines} (skipped: {skipped})"
    else:
        why = f"there is no UDP datagram and no message in it{f' (skipped: {skipped})' if skipped else ''}"
    return f"{files}: no packet of feed {application.feed.name}: {why}"


def command(app: typer.Typer) -> None:
    """Add the command."""
    app.command("replay", help=_HELP)(replay)
