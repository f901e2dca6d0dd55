"""`feedhandler run`: a configuration's lines, live, to books, strategies and figures."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from feedhandler.cli.exit_codes import CommandError, ExitCode, help_text
from feedhandler.cli.options import DATE_HELP, JSON_HELP

if TYPE_CHECKING:
    from feedhandler.app import Application
    from feedhandler.observe.figures import Figures

SHOWN = 8  #: books in the picture
NAMED_EVERY_S = 1.0  #: how often symbols are looked up anew

_HELP = help_text(
    """Run a configuration live.

Hears the lines of every channel, keeps the books and calls the strategies until SIGTERM or SIGINT comes. The log says
what was obtained, what changes and, every so often, all that is counted; the summary comes at the end. `feedhandler
check` says beforehand what is wrong, `feedhandler health` how it is meanwhile.""",
    "feedhandler run configs/nasdaq_totalview.yaml --view --symbols AAPL,MSFT",
    ExitCode.NO_DATA,
    ExitCode.STUCK,
    ExitCode.INTERRUPTED,
    ExitCode.TERMINATED,
)


def run(
    configuration: Annotated[str, typer.Argument(metavar="CONFIG", help="A configuration.")],
    seconds: Annotated[float | None, typer.Option(min=0.1, help="End after this; without it by a signal.")] = None,
    date: Annotated[str | None, typer.Option(help=DATE_HELP)] = None,
    symbols: Annotated[str | None, typer.Option(help="Books to show, as in AAPL,MSFT; * and ? match.")] = None,
    depth: Annotated[int, typer.Option(min=1, max=10_000, help="Price levels of each side to show.")] = 10,
    view: Annotated[bool, typer.Option("--view", help="Draw it in the terminal, below the log.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    from feedhandler.app import Application, compile_readers
    from feedhandler.cli.options import date_from, deployment_from
    from feedhandler.composition.threads import PipelineStuckError
    from feedhandler.observe.logs import log
    from feedhandler.observe.watch import Watch

    deployment = deployment_from(configuration, None, None)
    try:
        logger = log(deployment.logging)
    except OSError as error:
        place = deployment.place("logging", "file")
        raise CommandError(f"{place}: {deployment.logging.file}: {error.strerror}", ExitCode.USAGE) from error
    if view and not sys.stdout.isatty():
        raise CommandError("--view draws in a terminal, and stdout is none; leave it out", ExitCode.USAGE)
    application = Application(deployment, trading_date=date_from(date), live=True)
    logger.info("compiling, or loading from the cache", deployment=deployment.name)
    compiled = application.compile()
    readers_s = compile_readers()
    logger.info(
        "pipeline ready",
        deployment=deployment.name,
        feed=application.feed.name,
        variant=application.variant,
        session=application.session.name,
        trading_date=application.trading_date.isoformat() if application.trading_date else None,
        seconds=round(compiled.seconds + readers_s, 2),
        from_cache=compiled.from_cache,
    )
    wanted = [symbol for symbol in (symbols or "").split(",") if symbol]
    stuck: PipelineStuckError | None = None
    with _picture(application, wanted) if view else _no_picture() as show:
        watch = Watch(application, logger, seconds=seconds, show=show)
        try:
            application.run(_unprivileged(application, logger, watch), every_s=watch.every_s)
        except PipelineStuckError as error:
            stuck = error
        finally:
            watch.close()
    figures = _report(application, logger, wanted, depth, as_json)
    if stuck is not None or watch.stuck is not None:
        raise CommandError("; ".join(str(why) for why in (watch.stuck, stuck) if why is not None), ExitCode.STUCK)
    if application.interrupted is not None:
        logger.info("ended by a signal", signal=application.interrupted.name)
        raise typer.Exit(128 + application.interrupted)
    if not figures.heard:
        raise CommandError(_nothing(application, figures), ExitCode.NO_DATA)


def _unprivileged(application: Application, logger: Any, watch: Callable[[], None]) -> Callable[[], None]:
    """The watch, before whose first look at open receivers the process gives up what only opening them needed."""
    dropped = False

    def look() -> None:
        nonlocal dropped
        if not dropped and application.opened:
            dropped = True
            given_up = application.drop_privileges()
            if given_up:
                logger.info("privileges given up", capabilities=", ".join(given_up))
        watch()

    return look


@contextmanager
def _no_picture() -> Iterator[None]:
    yield None


@contextmanager
def _picture(application: Application, wanted: list[str]) -> Iterator[Callable[[Figures], None]]:
    """The live view, drawn anew whenever the watch looks; a log on the same terminal goes by above it."""
    from rich.live import Live

    from feedhandler.observe.logs import configure
    from feedhandler.observe.summary import books_named
    from feedhandler.observe.terminal import LiveView

    books = application.books
    view = LiveView(f"feedhandler run {application.deployment.name}", books, [])
    due = 0.0

    def draw(figures: Figures) -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + NAMED_EVERY_S
            # Patterns match what the directory has come to by now; without any the first instruments are shown.
            names = [memory.name for memory in application.channels]
            view.show(list(books_named(books, names, wanted)[0] if wanted else islice(books, SHOWN))[:SHOWN])
        live.update(view.render(figures, application.elapsed_s), refresh=True)

    with Live(auto_refresh=False, transient=True, redirect_stderr=sys.stderr.isatty()) as live:
        configure(application.deployment.logging)
        try:
            yield draw
        finally:
            live.stop()
            configure(application.deployment.logging)


def _report(application: Application, logger: Any, wanted: list[str], depth: int, as_json: bool) -> Figures:
    """The end of the run, on stdout."""
    from feedhandler.observe.summary import book_data, books_named, print_summary, summary

    figures = application.figures()
    data = summary(figures, application.digest, application.elapsed_s)
    data["deployment"] = application.deployment.name
    data["trading_date"] = application.trading_date.isoformat() if application.trading_date else None
    data["warnings"] = application.warnings
    names = [memory.name for memory in application.channels]
    found, missing = books_named(application.books, names, wanted)
    data["books"] = {name: book_data(book, depth) for name, book in found.items()}
    for name in missing:
        logger.warning(f"no instrument matches {name}")
    if as_json:
        print(json.dumps(data))
    else:
        print_summary(data, {name: book.depth(depth) for name, book in found.items()})
    sys.stdout.flush()
    return figures


def _nothing(application: Application, figures: Figures) -> str:
    """Why no packet of the feed was heard, as far as can be told."""
    lines = ", ".join(f"{line.group}:{line.port}" for _, line in application.lines)
    if figures.frames:
        reasons = ", ".join(f"{count:,} {reason.name.lower()}" for reason, count in figures.reasons.items())
        return f"{figures.frames:,} datagrams came to {lines}, none of which is a packet of the feed ({reasons})"
    return (
        f"nothing came to {lines}; docs/troubleshooting.md (No data) goes through what can be wrong, and `feedhandler "
        "check` looks at this machine"
    )


def command(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run", help=_HELP)(run)
