"""`feedhandler venue`: a simulated venue that publishes now, for rehearsals on one machine."""

from __future__ import annotations

import dataclasses
import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from feedhandler.cli.exit_codes import CommandError, ExitCode, help_text
from feedhandler.cli.options import JSON_HELP

if TYPE_CHECKING:
    from feedhandler.simulation.live.venue import LiveVenue

_HELP = help_text(
    """Publish a simulated market on multicast lines, and resend what is asked for.

Lines and retransmission server are those of a configuration's channel, or given. Packets have a TTL of 0: they never
leave this machine. The lines lose, double and delay packets as they are told, from a seed; --loss-together is the share
that no line carries, which only retransmission can repair. It ends by itself, or early with SIGINT or SIGTERM, and says
the session's end in any case. --truth writes the books that the venue really has at the end, --record all messages as
they were published (a BinaryFILE: its replay has the digest of a live run that lost nothing for good).""",
    "feedhandler venue configs/demo.yaml --seconds 20 --loss 0.01 --loss-together 0.001",
    ExitCode.INTERRUPTED,
    ExitCode.TERMINATED,
)

WATCH_S = 0.1


def venue(
    configuration: Annotated[
        str | None, typer.Argument(help="A .yaml file that names the lines; or give --lines.", show_default=False)
    ] = None,
    channel: Annotated[str | None, typer.Option(help="The configuration's channel; the first if left out.")] = None,
    feed: Annotated[str, typer.Option(help="An installed feed that can be simulated.")] = "nasdaq_itch50",
    lines: Annotated[
        str | None, typer.Option(help="group:port of each line, such as 239.192.0.1:26477,239.192.0.2:26477.")
    ] = None,
    retransmission: Annotated[
        str | None, typer.Option(help="address:port where requests are answered; port 0: any that is free.")
    ] = None,
    interface: Annotated[str, typer.Option(help="The interface of the groups, by name or address.")] = "lo",
    seconds: Annotated[float, typer.Option(min=0.1, max=86_400, help="It ends by itself after about this.")] = 60.0,
    rate: Annotated[float, typer.Option(min=0.1, max=10_000_000, help="Messages a second, on average.")] = 10_000.0,
    pacing: Annotated[str, typer.Option(help="traffic: in bursts, as in a market; even: regularly.")] = "traffic",
    messages_per_packet: Annotated[
        int | None, typer.Option(min=1, max=30, help="The same in every packet; without it as the traffic comes.")
    ] = None,
    spin: Annotated[bool, typer.Option("--spin", help="On time to the microsecond, with a core of its own.")] = False,
    symbols: Annotated[int, typer.Option(help="Instruments.")] = 24,
    live_orders: Annotated[int, typer.Option(help="Orders in all books once they are full.")] = 4_000,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another market, other losses.")] = 1,
    loss: Annotated[float, typer.Option(help="Share of packets that each line loses, 0 to 1.")] = 0.0,
    loss_together: Annotated[float, typer.Option(help="Share of packets that no line carries.")] = 0.0,
    bursts: Annotated[float, typer.Option(help="Share of packets at which a line begins to lose ten in a row.")] = 0.0,
    duplication: Annotated[float, typer.Option(help="Share of packets that each line sends twice.")] = 0.0,
    reordering: Annotated[float, typer.Option(help="Share of packets that later ones overtake.")] = 0.0,
    server_loss: Annotated[float, typer.Option(help="Share of requests that are not answered.")] = 0.0,
    server_partial: Annotated[float, typer.Option(help="Share of requests that are answered in part.")] = 0.0,
    server_late: Annotated[float, typer.Option(help="Share of requests that are answered 20 ms late.")] = 0.0,
    server_packets: Annotated[int, typer.Option(min=1, help="Packets of one answer, at most.")] = 1_000,
    truth: Annotated[Path | None, typer.Option(help="A file for the true books at the end, as JSON.")] = None,
    record: Annotated[Path | None, typer.Option(help="A file for everything that was published.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    from feedhandler import plugins
    from feedhandler.observe.logs import log
    from feedhandler.simulation.live.schedule import Pacing
    from feedhandler.simulation.live.server import ServerFaults
    from feedhandler.simulation.live.venue import LiveVenue
    from feedhandler.simulation.order_flow import CLOSING, OPENING_SYSTEM
    from feedhandler.simulation.population import Population
    from feedhandler.simulation.transmission import LineFaults

    if pacing not in (known := [one.value for one in Pacing]):
        raise CommandError(f"--pacing {pacing}: expected {' or '.join(known)}", ExitCode.USAGE)
    if configuration is not None:
        feed, addresses, server = _configured(configuration, channel, lines, retransmission)
    else:
        if lines is None:
            raise CommandError("where to publish? Expected a configuration or --lines group:port", ExitCode.USAGE)
        addresses = [_address("--lines", one) for one in lines.split(",")]
        server = _address("--retransmission", retransmission) if retransmission is not None else None
    population = Population(
        messages=max(int(rate * seconds), 2 * symbols + OPENING_SYSTEM + CLOSING),
        symbols=symbols,
        live_orders=live_orders,
        seed=seed,
    )
    logger = log()
    try:
        made = LiveVenue(
            plugins.venue(feed),
            population,
            addresses,
            rate=rate,
            pacing=Pacing(pacing),
            messages_per_packet=messages_per_packet,
            faults=LineFaults(loss=loss, duplication=duplication, reordering=reordering, bursts=bursts),
            together=loss_together,
            seed=seed,
            retransmission=server,
            server_faults=ServerFaults(
                loss=server_loss, partial=server_partial, late=server_late, packets=server_packets
            ),
            interface=interface,
            spin=spin,
            record=record,
        )
    except LookupError as error:
        if isinstance(error, plugins.PluginError):
            raise
        raise CommandError(f"--interface: {error.args[0]}", ExitCode.USAGE) from error
    except OSError as error:
        raise CommandError(f"{error}", ExitCode.USAGE) from error
    with made, _signals(made) as heard:
        shown = [f"{group}:{port}" for group, port in addresses]
        at = made.server_address
        logger.info("publishing", lines=shown, retransmission=f"{at[0]}:{at[1]}" if at is not None else None)
        made.start()
        while not made.join(WATCH_S):
            pass
        data = _summary(made)
        if truth is not None:
            _write(truth, json.dumps(made.truth().data()))
    if as_json:
        print(json.dumps(data))
    else:
        _print(data)
    if heard:
        raise typer.Exit(int(ExitCode.INTERRUPTED if heard[0] == signal.SIGINT else ExitCode.TERMINATED))


@contextmanager
def _signals(made: LiveVenue) -> Iterator[list[int]]:
    """SIGINT and SIGTERM end the day; a second one ends the venue at once. Yields the list of those that came."""
    heard: list[int] = []

    def stop(number: int, _frame: Any) -> None:
        heard.append(number)
        if len(heard) == 1:
            made.stop()
        else:
            made.abort()

    former = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield heard
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _configured(
    file: str, channel: str | None, lines: str | None, retransmission: str | None
) -> tuple[str, list[tuple[str, int]], tuple[str, int] | None]:
    """The feed, the lines and the first retransmission server of a configuration's channel."""
    from feedhandler.config import load

    if lines is not None or retransmission is not None:
        raise CommandError(f"{file} says where to publish; leave --lines and --retransmission out", ExitCode.USAGE)
    if not Path(file).exists():
        raise CommandError(f"{file}: no such file", ExitCode.USAGE)
    deployment = load(file)
    found = [one for one in deployment.channels if channel is None or one.name == channel]
    if not found:
        known = ", ".join(one.name for one in deployment.channels) or "none"
        wanted = "channel to publish" if channel is None else f"channel {channel}"
        raise CommandError(f"{file} has no {wanted}; its channels are {known}", ExitCode.USAGE)
    model = found[0].retransmission or deployment.retransmission
    server = (model.servers[0].address, model.servers[0].port) if model is not None else None
    return deployment.feed, [(line.group, line.port) for line in found[0].lines], server


def _address(option: str, text: str) -> tuple[str, int]:
    """An address and a port."""
    import ipaddress

    host, _, port = text.strip().rpartition(":")
    try:
        address = str(ipaddress.IPv4Address(host))
        number = int(port)
        if not 0 <= number <= 65_535:
            raise ValueError(f"port {number}")
    except ValueError as error:
        expected = "an address and a port such as 239.192.0.1:26477"
        raise CommandError(f"{option} {text}: expected {expected}", ExitCode.USAGE) from error
    if option == "--lines" and not ipaddress.IPv4Address(address).is_multicast:
        raise CommandError(f"{option} {text}: {address} is no multicast group", ExitCode.USAGE)
    return address, number


def _summary(made: LiveVenue) -> dict[str, Any]:
    data = dataclasses.asdict(made.figures)
    data["orders_live"] = made.truth().orders_live
    return data


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text)
    except OSError as error:
        raise CommandError(f"{file}: cannot be written: {error.strerror}", ExitCode.FAILED) from error


def _print(data: dict[str, Any]) -> None:
    carried = ", ".join(f"{count:,}" for count in data["packets"])
    print(f"{data['messages']:,} messages in {data['elapsed_s']:.1f} s; packets on the lines: {carried}")
    print(f"{data['orders_live']:,} live orders at the end")
    print(f"at worst {data['late_maximum_ns'] / 1e6:.1f} ms late; {data['refused']:,} packets found no buffer")
    server = data["server"]
    if server is not None:
        print(
            f"{server['requests']:,} requests: {server['messages']:,} messages sent again, {server['ignored']:,} "
            f"requests ignored on purpose, {server['refused']:,} refused"
        )


def command(app: typer.Typer) -> None:
    """Add the command."""
    app.command("venue", help=_HELP)(venue)
