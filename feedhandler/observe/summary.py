"""The end of a run: the JSON object that others rely on, and the same for people.

Prices are decimal strings, since JSON's numbers are floats to most readers; quantities are the venue's own steps.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from feedhandler.books import Book, BookError, Books, Depth, decimal_price
from feedhandler.core.channel import Quality
from feedhandler.core.reasons import Reason
from feedhandler.observe.counters import counted
from feedhandler.observe.figures import ChannelFigures, Figures, PipelineFigures, ReceiverFigures
from feedhandler.observe.strategies import strategies_view, strategy_data

PIPE_WIDTH = 160

QUALITY_STYLES = {
    Quality.CURRENT: "green",
    Quality.RECOVERING: "yellow",
    Quality.STALE: "red",
    Quality.EMPTY: "dim",
}


def summary(figures: Figures, digest: int, elapsed_s: float) -> dict[str, Any]:
    """The figures of a run as plain data."""
    messages = figures.total("messages")
    return {
        "frames": figures.frames,
        "packets": figures.total("packets"),
        "messages": messages,
        "duplicates": figures.total("duplicates"),
        "gaps": [{"channel": gap.channel, "first": gap.first, "count": gap.count} for gap in figures.gaps],
        "gap_count": figures.total("gap_count"),
        "unknown_messages": figures.reasons.get(Reason.MESSAGE_UNKNOWN, 0),
        "errors": {reason.name.lower(): count for reason, count in figures.reasons.items()},
        "orders_live": figures.total("orders_live"),
        "events": figures.total("events"),
        "digest": f"{digest:016x}",
        "elapsed_s": round(elapsed_s, 6),
        "ns_per_message": _rounded(figures.ns_per_message),
        "ns_per_message_total": _rounded(elapsed_s * 1e9 / messages if messages else None),
        "channels": [_channel_data(channel) for channel in figures.channels],
        "pipelines": [_pipeline_data(pipeline, elapsed_s) for pipeline in figures.pipelines],
        "strategies": strategy_data(figures.strategies),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _channel_data(channel: ChannelFigures) -> dict[str, Any]:
    lines = [{"name": line.name, **counted(line)} for line in channel.lines]
    recovery = None if channel.recovery is None else counted(channel.recovery)
    return {"name": channel.name, **counted(channel), "lines": lines, "recovery": recovery}


def _pipeline_data(pipeline: PipelineFigures, elapsed_s: float) -> dict[str, Any]:
    return {
        "name": pipeline.name,
        "core": pipeline.core,
        **counted(pipeline),
        "busy_share": round(pipeline.busy_ns / (elapsed_s * 1e9), 4) if elapsed_s else None,
        "latencies_ns": pipeline.latencies,
        "receivers": [_receiver_data(receiver) for receiver in pipeline.receivers],
    }


def _receiver_data(receiver: ReceiverFigures) -> dict[str, Any]:
    return {
        "kind": receiver.kind,
        "mode": receiver.mode,
        "accelerated": receiver.accelerated,
        **counted(receiver),
        "endpoints": [
            {
                "line": endpoint.line,
                "group": endpoint.group,
                "port": endpoint.port,
                "interface": endpoint.interface,
                **counted(endpoint),
            }
            for endpoint in receiver.endpoints
        ],
    }


# ------------------------------------------------------------------------------------------------------------ the books


def books_named(
    books: Books, channels: Iterable[str], wanted: Iterable[str]
) -> tuple[dict[str, Book], list[str]]:
    """The books of some symbols (`*` and `?` match), by what they are called, and the symbols that nobody carries.

    A symbol that a second channel carries as well is called SYMBOL@CHANNEL there.
    """
    known = list(books)
    found: dict[str, Book] = {}
    missing = []
    names = list(channels)
    for pattern in wanted:
        symbols = [pattern] if pattern in books else [symbol for symbol in known if fnmatchcase(symbol, pattern)]
        if not symbols:
            missing.append(pattern)
        for symbol in symbols:
            first = books[symbol]
            found[symbol] = first
            for channel in names:
                other = _book_at(books, symbol, channel) if channel != first.channel else None
                if other is not None:
                    found[f"{symbol}@{channel}"] = other
    return found, missing


def _book_at(books: Books, symbol: str, channel: str) -> Book | None:
    try:
        return books[symbol, channel]
    except BookError:
        return None


def book_data(book: Book | None, levels: int) -> dict[str, Any]:
    """A book as plain data; None is the book of an instrument that was never heard of."""
    if book is None:
        return {"quality": Quality.EMPTY.name, "sequence": 0, "bids": [], "asks": [], "last_trade": None}
    depth = book.depth(levels)
    return {
        "quality": depth.trust.quality.name,
        "sequence": depth.trust.sequence,
        "venue_time_ns": depth.trust.venue_time_ns,
        "bids": [[price_text(price), quantity, orders] for price, quantity, orders in depth.bids],
        "asks": [[price_text(price), quantity, orders] for price, quantity, orders in depth.asks],
        "last_trade": [price_text(depth.last_trade[0]), depth.last_trade[1]] if depth.last_trade else None,
    }


def price_text(price: int) -> str:
    """A price in 1e-9 as an exact decimal number.

    >>> price_text(185_250_000_000), price_text(100_000_000_000)
    ('185.25', '100')
    """
    return format(decimal_price(price), "f")


# ---------------------------------------------------------------------------------------------------------- for people


def price_shown(price: int) -> str:
    """A price for reading: exact, with at least two decimals.

    >>> price_shown(40_300_000_000), price_shown(185_025_000_000)
    ('40.30', '185.025')
    """
    whole, _, fraction = price_text(price).partition(".")
    return f"{whole}.{fraction.ljust(2, '0')}"


def print_summary(data: dict[str, Any], books: dict[str, Depth]) -> None:
    """The end of a run for people, on stdout. A pipe has no width: there nothing is cut to fit."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)
    console.print(summary_view(data))
    for name, depth in books.items():
        console.print(book_view(name, depth))


def summary_view(data: dict[str, Any]) -> RenderableType:
    """Totals, lines, receivers and reasons."""
    parts: list[RenderableType] = [_totals(data), _lines(data)]
    if any(pipeline["receivers"] for pipeline in data["pipelines"]):
        parts.append(_pipelines(data))
    if any(pipeline["latencies_ns"] for pipeline in data["pipelines"]):
        parts.append(latencies_view({each["name"]: each["latencies_ns"] for each in data["pipelines"]}))
    if any(channel["recovery"] and channel["recovery"]["wishes"] for channel in data["channels"]):
        parts.append(recovery_view(data))
    if data["strategies"]:
        parts.append(strategies_view(data["strategies"]))
    if data["errors"]:
        reasons = Table("reason", "count", box=None, pad_edge=False, header_style="bold")
        for name, count in data["errors"].items():
            reasons.add_row(name, f"{count:,}")
        parts.append(reasons)
    parts.extend(
        Text(f"gap on {gap['channel']}: {gap['count']:,} messages from {gap['first']:,} on", style="red")
        for gap in data["gaps"][:10]
    )
    if data["gap_count"] > 10:
        parts.append(Text(f"... and {data['gap_count'] - 10:,} more gaps", style="red"))
    parts.extend(Text(problem, style="yellow") for problem in data.get("problems", ()))
    return Group(*parts)


def _totals(data: dict[str, Any]) -> Table:
    table = Table.grid(padding=(0, 2))
    hot = data["ns_per_message"]
    rows = [
        ("messages", f"{data['messages']:,} in {data['packets']:,} packets, {data['duplicates']:,} duplicates"),
        ("books", f"{data['orders_live']:,} live orders"),
        ("gaps", f"{data['gap_count']:,}"),
        ("digest", data["digest"]),
        ("time", f"{data['elapsed_s']:.2f} s" + (f"; hot path {hot:.0f} ns a message" if hot is not None else "")),
    ]
    for name, value in rows:
        table.add_row(Text(name, style="bold"), value)
    return table


def _lines(data: dict[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("channel")
    table.add_column("state")
    table.add_column("line")
    for name in ("packets", "first", "duplicates", "missing", "lead", "silences"):
        table.add_column(name, justify="right")
    for channel in data["channels"]:
        for line in channel["lines"]:
            lead = line["lead_mean_ns"]
            silences = f"{line['silences']:,}" if line["silences"] else ""
            table.add_row(
                channel["name"],
                channel["state"],
                line["name"],
                f"{line['packets']:,}",
                f"{line['first_arrivals']:,}",
                f"{line['duplicates']:,}",
                f"{line['missing']:,}",
                "" if lead is None else f"{lead / 1000:.1f} us",
                Text(silences, style="red" if line["silent"] else ""),
            )
    return table


def _pipelines(data: dict[str, Any]) -> Table:
    """What each thread did, and what did not reach it."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("pipeline", "core", "receiver"):
        table.add_column(name)
    for name in ("frames", "busy", "polls", "empty", "dropped by kernel", "by receiver", "by device"):
        table.add_column(name, justify="right")
    for pipeline in data["pipelines"]:
        for receiver in pipeline["receivers"]:
            busy, polls = pipeline["busy_share"], pipeline["polls"]
            table.add_row(
                pipeline["name"],
                "any" if pipeline["core"] is None else str(pipeline["core"]),
                " ".join(filter(None, [receiver["kind"], receiver["mode"], receiver["accelerated"]])),
                f"{receiver['frames']:,}",
                "" if busy is None else f"{busy:.1%}",
                f"{polls:,}",
                f"{pipeline['empty_polls'] / polls:.1%}" if polls else "",
                *(_alarming(receiver[f"dropped_{where}"]) for where in ("kernel", "receiver", "device")),
            )
    return table


def latencies_view(pipelines: dict[str, dict[str, dict[str, int]]]) -> Table:
    """How long each stage takes: quantiles by pipeline and stage."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("pipeline", "stage"):
        table.add_column(name)
    columns = ("count", "p50", "p99", "p99.9", "max")
    for name in columns:
        table.add_column(name, justify="right")
    for pipeline, stages in pipelines.items():
        for stage, quantiles in stages.items():
            shown = (time_shown(quantiles[name]) if name != "count" else f"{quantiles[name]:,}" for name in columns)
            table.add_row(pipeline, stage, *shown)
    return table


def time_shown(nanoseconds: int) -> str:
    """A short time for reading.

    >>> time_shown(850), time_shown(12_345), time_shown(3_400_000)
    ('850 ns', '12.3 us', '3.4 ms')
    """
    if nanoseconds < 1_000:
        return f"{nanoseconds} ns"
    return f"{nanoseconds / 1e3:.1f} us" if nanoseconds < 1_000_000 else f"{nanoseconds / 1e6:.1f} ms"


def recovery_view(data: dict[str, Any]) -> Table:
    """What was asked for, and what became of it."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("channel")
    columns = ("wishes", "requests", "asked", "filled", "lost", "exhausted", "outdated", "response_ns")
    for name in columns:
        table.add_column("response" if name == "response_ns" else name, justify="right")
    for channel in data["channels"]:
        figures = channel["recovery"]
        if figures:
            table.add_row(
                channel["name"],
                *(time_shown(figures[name]) if name == "response_ns" else f"{figures[name]:,}" for name in columns),
            )
    return table


def _alarming(count: int) -> Text:
    return Text(f"{count:,}", style="red" if count else "")


def book_view(name: str, depth: Depth) -> Table:
    """One book, inside first."""
    quality = depth.trust.quality
    trust = (quality.name, QUALITY_STYLES[quality])
    title = Text.assemble((name, "bold"), "  ", trust, f"  at {depth.trust.sequence:,}")
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="dim")
    for column in ("orders", "quantity", "bid", "ask", "quantity", "orders"):
        table.add_column(column, justify="right")
    for row in range(max(len(depth.bids), len(depth.asks))):
        cells = [""] * 6
        if row < len(depth.bids):
            price, quantity, orders = depth.bids[row]
            cells[:3] = f"{orders:,}", f"{quantity:,}", price_shown(price)
        if row < len(depth.asks):
            price, quantity, orders = depth.asks[row]
            cells[3:] = price_shown(price), f"{quantity:,}", f"{orders:,}"
        table.add_row(*cells)
    return table
