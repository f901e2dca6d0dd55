"""`feedhandler demo`: a simulated venue, and the real pipeline against it, live in the terminal.

Sockets, multicast, two lines that lose packets, retransmission, books, strategies: everything that a real day has, on
loopback. At the end every book is compared with the venue's own.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from feedhandler.cli.exit_codes import CommandError, ExitCode, help_text
from feedhandler.cli.options import JSON_HELP

if TYPE_CHECKING:
    from feedhandler.app import Application
    from feedhandler.config import Deployment
    from feedhandler.observe.figures import Figures
    from feedhandler.simulation.live.venue import LiveVenue

_HELP = help_text(
    """Watch a live day in small: a simulated venue, and the pipeline that follows it.

The venue publishes on two multicast lines on loopback, which lose, double and delay packets, and answers requests for
what is missing. The pipeline arbitrates, asks, keeps books and calls the sample strategies. It needs no root, no
network and no hardware, ends by itself, and compares every book with the venue's. Without a terminal it prints a line
a second.""",
    "feedhandler demo --seconds 10",
    ExitCode.BOOKS_DIFFER,
)

SYMBOLS = 24
LIVE_ORDERS = 4_000
SHOWN = 8
LOSS = 0.004
DUPLICATION = 0.002
REORDERING = 0.002
LOSS_TOGETHER = 0.0005  #: packets that no line carries
SETTLE_S = 10.0  #: how long the last holes may take to be filled


def demo(
    seconds: Annotated[float, typer.Option(min=0.5, max=86_400, help="It ends by itself after this.")] = 20.0,
    rate: Annotated[float, typer.Option(min=100, max=1_000_000, help="Messages a second, on average.")] = 10_000.0,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another market, other losses.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    from feedhandler.observe.logs import log
    from feedhandler.observe.summary import print_summary, summary

    logger = log()
    deployment = _deployment()
    logger.info("preparing; the first time everything is compiled, which takes about half a minute")
    with _compiling(deployment) as compiled, _venue(deployment, seconds, rate, seed) as venue:
        compiled()
        application = _application(deployment, venue)
        logger.info("ready", from_cache=application.compile().from_cache)
        _follow(application, venue, as_json)
        data = summary(application.figures(), application.digest, application.elapsed_s)
        data["venue"] = _venue_data(venue)
        data["differences"] = _differences(application, venue)
    if as_json:
        print(json.dumps(data))
    else:
        print_summary(data, {})
        print(_verdict(data))
    if application.interrupted is not None:
        # Somebody has seen enough: not an error.
        logger.info("ended early", signal=application.interrupted.name)
    if data["differences"]:
        raise CommandError("; ".join(data["differences"][:5]), ExitCode.BOOKS_DIFFER)


def _deployment() -> Deployment:
    """The configuration of the demo, which is an example too."""
    from importlib.resources import files

    from feedhandler.config import parse

    file = files("configs") / "demo.yaml"
    return parse(file.read_text(encoding="utf-8"), str(file))


@contextmanager
def _venue(deployment: Deployment, seconds: float, rate: float, seed: int) -> Iterator[LiveVenue]:
    """The venue, ready to publish on the configuration's lines, its server at any free port."""
    from feedhandler import plugins
    from feedhandler.simulation.live.venue import LiveVenue
    from feedhandler.simulation.order_flow import CLOSING, OPENING_SYSTEM
    from feedhandler.simulation.population import Population
    from feedhandler.simulation.transmission import LineFaults

    population = Population(
        messages=max(int(seconds * rate), 2 * SYMBOLS + OPENING_SYSTEM + CLOSING),
        symbols=SYMBOLS,
        live_orders=LIVE_ORDERS,
        seed=seed,
    )
    with LiveVenue(
        plugins.venue(deployment.feed),
        population,
        [(line.group, line.port) for line in deployment.channels[0].lines],
        rate=rate,
        faults=LineFaults(loss=LOSS, duplication=DUPLICATION, reordering=REORDERING),
        together=LOSS_TOGETHER,
        seed=seed,
        retransmission=("127.0.0.1", 0),
    ) as venue:
        yield venue


@contextmanager
def _compiling(deployment: Deployment) -> Iterator[Callable[[], None]]:
    """Compile the pipeline meanwhile, beside the venue's generator; what is yielded waits for it."""
    from feedhandler.app import Application, compile_readers

    raised: list[BaseException] = []

    def compile_pipeline() -> None:
        try:
            Application(deployment, live=True)
            compile_readers()
        except BaseException as error:  # noqa: BLE001 (raised below, where it is waited for)
            raised.append(error)

    beside = threading.Thread(target=compile_pipeline, name="compiling")
    beside.start()

    def wait() -> None:
        beside.join()
        if raised:
            raise raised[0]

    try:
        yield wait
    finally:
        beside.join()


def _application(deployment: Deployment, venue: LiveVenue) -> Application:
    """The application that asks this venue's server for what is missing."""
    from feedhandler.app import Application
    from feedhandler.recovery.options import RetransmissionServerModel

    model, at = deployment.retransmission, venue.server_address
    assert model is not None
    assert at is not None
    server = RetransmissionServerModel(address=at[0], port=at[1])
    asking = model.model_copy(update={"servers": (server,)})
    return Application(deployment.model_copy(update={"retransmission": asking}), live=True)


def _follow(application: Application, venue: LiveVenue, as_json: bool) -> None:
    """Run until the venue has said its last and every hole is filled, and show it meanwhile."""
    from feedhandler.configuration.models import LoggingModel
    from feedhandler.observe.logs import log
    from feedhandler.observe.watch import Watch

    ends: list[float] = []

    def end_when_settled() -> None:
        if not application.opened:
            return
        if not ends:
            venue.start()
            ends.append(0.0)
        if not venue.join(0):
            return
        ends[0] = ends[0] or time.monotonic() + SETTLE_S
        complete = application.channels[0].sequencer.expected > venue.published
        if complete or time.monotonic() > ends[0]:
            application.stop()

    with _picture(application, as_json) as show:

        def look(figures: Figures) -> None:
            show(figures)
            end_when_settled()

        # A picture and a log do not share a screen.
        quiet = LoggingModel(level="error") if sys.stdout.isatty() and not as_json else None
        watch = Watch(application, log(quiet), show=look)
        try:
            application.run(watch, every_s=0.1)
        finally:
            watch.close()
            venue.stop()


@contextmanager
def _picture(application: Application, as_json: bool) -> Iterator[Callable[[Figures], None]]:
    """What shows the run: a picture in a terminal, else a line a second."""
    from feedhandler.observe.terminal import LiveView
    from feedhandler.simulation.population import WELL_KNOWN

    view = LiveView("feedhandler demo", application.books, WELL_KNOWN[:SHOWN])
    if sys.stdout.isatty() and not as_json:
        from rich.live import Live

        with Live(auto_refresh=False, transient=True) as live:
            yield lambda figures: live.update(view.render(figures, application.elapsed_s), refresh=True)
        return
    stream = sys.stderr if as_json else sys.stdout
    printed = time.monotonic()

    def tell(figures: Figures) -> None:
        nonlocal printed
        if time.monotonic() - printed >= 1.0:
            printed = time.monotonic()
            print(view.status_line(figures, application.elapsed_s), file=stream, flush=True)

    yield tell


def _venue_data(venue: LiveVenue) -> dict[str, Any]:
    figures = venue.figures
    return {
        "messages": figures.messages,
        "packets": list(figures.packets),
        "requests": figures.server.requests if figures.server else 0,
        "resent": figures.server.messages if figures.server else 0,
        "orders_live": venue.truth().orders_live,
    }


def _differences(application: Application, venue: LiveVenue) -> list[str]:
    """Every book against the venue's, as it is after the last message that we applied."""
    from feedhandler.simulation.live.comparison import differences

    channel = application.channels[0]
    applied = int(channel.sequencer.expected) - 1
    if applied < 1:
        return ["nothing was heard"]
    missing = [] if applied == venue.published or application.interrupted else [
        f"the venue's last message is {venue.published:,}; the last that was applied is {applied:,}"
    ]  # fmt: skip
    return [*missing, *differences(application.books, venue.true_books(min(applied, venue.published)))]


def _verdict(data: dict[str, Any]) -> str:
    venue = data["venue"]
    if data["differences"]:
        return f"{len(data['differences'])} differences from the venue's books"
    return (
        f"every book equals the venue's: {venue['orders_live']:,} orders; {venue['requests']:,} requests brought back "
        f"{venue['resent']:,} messages that no line carried"
    )


def command(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo", help=_HELP)(demo)
