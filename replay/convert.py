"""`feedhandler convert`: captures to tables that other tools read."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from feedhandler.cli.exit_codes import CommandError, ExitCode, help_text
from feedhandler.cli.options import DATE_HELP, FEED_HELP, JSON_HELP, VARIANT_HELP

if TYPE_CHECKING:
    from feedhandler.config import Deployment
    from feedhandler.output.manifest import Manifest
    from replay.conversion import Conversion

_HELP = help_text(
    """Convert captures to tables.

Orders, trades, BBO, status and all other events, each kind in a table of its own, as Parquet by date and symbol, Arrow,
CSV or DBN. Each capture is a unit: sessions and books begin anew with it. Captures that are parts of one stream (hours
of a day, lines A and B) are one unit with --together. A folder remembers the units that are complete: the same command
again goes on where it ended, however it ended.""",
    "feedhandler convert --feed nasdaq_itch50 monday.pcap.zst tuesday.pcap.zst --to parquet --output tables",
    ExitCode.NO_DATA,
    ExitCode.INPUT,
    ExitCode.OUTPUT,
    ExitCode.INTERRUPTED,
    ExitCode.TERMINATED,
)
_TO_HELP = "parquet, arrow, csv or dbn."
_OUTPUT_HELP = "The folder for the files, new or of an earlier run; default: normalised-FORMAT."
_DEPTH_HELP = "Levels a side of a table of depth, a row for each change of a book; without it there is none."
_DIVIDE_HELP = "What files of Parquet are divided by: symbol (and date), or date alone.  [default: symbol]"
_TABLES_HELP = "The tables to write, as in orders,trades; default: all that have rows."


def convert(
    arguments: Annotated[list[str], typer.Argument(metavar="[CONFIG] FILE...", help="A configuration, and captures.")],
    to: Annotated[str, typer.Option(help=_TO_HELP)],
    feed: Annotated[str | None, typer.Option(help=FEED_HELP)] = None,
    variant: Annotated[str | None, typer.Option(help=VARIANT_HELP)] = None,
    date: Annotated[str | None, typer.Option(help=DATE_HELP)] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help=_OUTPUT_HELP)] = None,
    tables: Annotated[str | None, typer.Option(help=_TABLES_HELP)] = None,
    depth: Annotated[int, typer.Option(min=0, max=100, help=_DEPTH_HELP)] = 0,
    divide_by: Annotated[str | None, typer.Option(help=_DIVIDE_HELP, show_default=False)] = None,
    together: Annotated[bool, typer.Option("--together", help="All files are one stream, merged by time.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    from feedhandler.app import feed_of, variant_of
    from feedhandler.cli.options import date_from, deployment_from, split_configuration
    from feedhandler.output.extra import MissingExtraError
    from feedhandler.output.formats import UnknownFormatError, division_options, tables_from, writer_class
    from feedhandler.output.manifest import Manifest, OutputError

    configuration, files = split_configuration(arguments, feed)
    if not files:
        raise CommandError("no capture was given; expected one file or more, or - for standard input", ExitCode.USAGE)
    try:
        writer_class(to)
        names = tables_from(tables)
        division = division_options(to, divide_by)
    except (UnknownFormatError, MissingExtraError) as error:
        raise CommandError(str(error), ExitCode.USAGE) from error
    deployment = deployment_from(configuration, feed, variant)
    variant_of(deployment, feed_of(deployment))  # a wrong one is told before any file is opened
    for file in files:
        if file != "-" and not Path(file).is_file():
            raise CommandError(f"{file}: no such file", ExitCode.INPUT)
    folder = output or Path(f"normalised-{to}")
    options = {
        "format": to,
        "feed": deployment.feed,
        "variant": deployment.variant,
        "tables": names,
        "depth": depth,
        "symbols": list(deployment.symbols),
        "date": date,
    } | division
    try:
        manifest = Manifest(folder, options)
    except OutputError as error:
        raise CommandError(str(error), ExitCode.OUTPUT) from error
    try:
        task = _Task(deployment, to, names, depth, division, manifest, date_from(date) or deployment.trading_date)
        results = [task.unit(group) for group in ([files] if together else [[file] for file in files])]
    finally:
        manifest.close()
    _report(folder, results, as_json)


class _Task:
    """What all units have in common."""

    def __init__(
        self,
        deployment: Deployment,
        to: str,
        tables: list[str],
        depth: int,
        division: dict[str, str],
        manifest: Manifest,
        date: Any,
    ) -> None:
        from feedhandler.observe.logs import log

        self._deployment = deployment
        self._format = to
        self._tables = tables
        self._depth = depth
        self._division = division
        self._manifest = manifest
        self._date = date
        self._log = log()

    def unit(self, files: list[str]) -> dict[str, Any]:
        """Convert one unit, unless it is there; what is to be said of it."""
        from feedhandler.output.publication import Publication

        manifest = self._manifest
        name = manifest.unit_name(files)
        if manifest.complete(name, files):
            self._log.info("already converted", unit=name)
            return {"unit": name, "skipped": True, **manifest.units[name]}
        self._log.info("converting", unit=name)
        try:
            publication = Publication(manifest.folder, name)
            try:
                facts = self._convert(files, publication)
                publication.publish()
                manifest.add(name, files, facts | {"bytes": publication.bytes})
            finally:
                publication.abandon()
        except OSError as error:
            where = error.filename or manifest.folder
            raise CommandError(f"{where}: cannot be written ({error.strerror or error})", ExitCode.OUTPUT) from error
        self._log.info("converted", unit=name, events=facts["events"], files=facts["files"])
        return {"unit": name, "skipped": False, **manifest.units[name]}

    def _convert(self, files: list[str], publication: Any) -> dict[str, Any]:
        from feedhandler.app import feed_of, line_numbers
        from feedhandler.output.formats import depth_levels_of, make_writer, writer_class
        from replay.capture import CaptureReceiver
        from replay.command import nothing_heard
        from replay.conversion import Conversion
        from replay.options import trailer_options
        from replay.versions import variant_chosen

        deployment = variant_chosen(self._deployment, feed_of(self._deployment), files, self._date)
        receiver = CaptureReceiver(files, lines=line_numbers(deployment), **trailer_options(deployment, None, None))
        receiver.open()
        try:
            conversion = Conversion(
                deployment,
                receiver,
                publication,
                tables=self._tables,
                writer=writer_class(self._format),
                depth_levels=depth_levels_of(self._format, self._depth),
                trading_date=self._date,
            )
            with closing(conversion.spool), _progress(conversion, receiver, publication.unit) as (reading, writing):
                conversion.read(reading)
                application = conversion.application
                if application.interrupted is not None:
                    self._log.warning("ended early", unit=publication.unit, signal=application.interrupted.name)
                    raise typer.Exit(128 + application.interrupted)
                figures = application.figures()
                if not figures.heard:
                    raise CommandError(nothing_heard(application, receiver, figures), ExitCode.NO_DATA)
                writer = make_writer(self._format, publication, conversion.origin(), self._tables, **self._division)
                conversion.write(writer, writing)
            for problem in receiver.problems:
                self._log.warning(problem, unit=publication.unit)
        finally:
            receiver.close()
        if writer.uncarried:
            self._log.warning(
                "values that the tables cannot hold are null", unit=publication.unit, values=writer.uncarried
            )
        return {
            "digest": f"{application.digest:016x}",
            "trading_date": conversion.origin().date,
            "events": conversion.spool.count,
            "rows": dict(sorted(writer.rows.items())),
            "files": publication.files,
            "not_carried": writer.uncarried,
            "reading_s": round(conversion.reading_s, 3),
            "writing_s": round(conversion.writing_s, 3),
        }


@contextmanager
def _progress(
    conversion: Conversion, receiver: Any, unit: str
) -> Iterator[tuple[Callable[[], None], Callable[[int], None]]]:
    """What is called while a unit is read and while it is written: a progress bar where somebody looks."""
    if not sys.stderr.isatty():
        yield (lambda: None), (lambda _done: None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as progress:
        reads = progress.add_task(f"{unit}: read", total=receiver.bytes_total, rate="")
        writes = progress.add_task(f"{unit}: write", total=None, rate="", start=False)

        def reading() -> None:
            rate = conversion.spool.count / max(conversion.application.elapsed_s, 1e-9)
            progress.update(reads, completed=receiver.bytes_read, rate=f"{rate / 1e6:.2f} M events/s")

        def writing(done: int) -> None:
            progress.start_task(writes)
            progress.update(writes, total=conversion.spool.count, completed=done, rate=f"{done:,} events")

        yield reading, writing


def _report(folder: Path, results: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print(json.dumps({"output": str(folder), "units": results}))
        return
    for result in results:
        if result["skipped"]:
            print(f"{result['unit']}: is there already")
            continue
        rows = ", ".join(f"{count:,} {table}" for table, count in result["rows"].items())
        print(
            f"{result['unit']}: {result['events']:,} events of {result['trading_date']} in {result['files']:,} files, "
            f"{result['bytes'] / 1e6:,.1f} MB ({rows}); read in {result['reading_s']:.1f} s, "
            f"written in {result['writing_s']:.1f} s"
        )
    print(f"in {folder}")


def command(app: typer.Typer) -> None:
    """Add the command."""
    app.command("convert", help=_HELP)(convert)
