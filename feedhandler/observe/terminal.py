"""The live view: books with their quality, rates and lines, drawn anew a few times a second while the pipeline runs.

It only reads: books under their seqlocks, figures from shared records. A book that changes under every attempt to read
it keeps the picture it had.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from feedhandler.books import Bbo, BookError, Books
from feedhandler.observe.figures import Figures
from feedhandler.observe.strategies import strategies_view
from feedhandler.observe.summary import (
    QUALITY_STYLES,
    book_view,
    latencies_view,
    price_shown,
    recovery_view,
    summary,
)


class Rates:
    """Messages and packets a second, over the time since they were last asked for."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._last = (clock(), 0, 0, 0)
        self.messages_per_second = 0.0
        self.packets_per_second = 0.0
        self.ns_per_message: float | None = None

    def update(self, figures: Figures) -> None:
        """Take the figures of now."""
        now = (self._clock(), figures.total("messages"), figures.total("packets"), figures.busy_ns)
        if now[0] > self._last[0]:
            seconds, messages, packets, busy = (new - old for new, old in zip(now, self._last, strict=True))
            self.messages_per_second = messages / seconds
            self.packets_per_second = packets / seconds
            self.ns_per_message = busy / messages if messages else self.ns_per_message
        self._last = now


class LiveView:
    """The picture of a running pipeline."""

    def __init__(self, title: str, books: Books, symbols: Sequence[str], levels: int = 6) -> None:
        self._title = title
        self._books = books
        self._symbols = symbols
        self._levels = levels
        self._rates = Rates()
        self._insides: dict[str, Bbo] = {}
        self._depth: RenderableType = Text("")

    def show(self, symbols: Sequence[str]) -> None:
        """Show these books from now on, the first one with its depth."""
        self._symbols = symbols

    def render(self, figures: Figures, elapsed_s: float) -> RenderableType:
        """Everything, as it is now."""
        self._rates.update(figures)
        return Panel(
            Group(self._head(figures, elapsed_s), Text(""), Columns([self._inside(), self._book()], padding=(0, 4)),
                  Text(""), lines_view(figures), reasons_view(figures), *_live_parts(figures)),
            title=self._title,
            title_align="left",
        )  # fmt: skip

    def status_line(self, figures: Figures, elapsed_s: float) -> str:
        """The same in one line, where there is no terminal."""
        self._rates.update(figures)
        hot = self._rates.ns_per_message
        parts = [
            f"{elapsed_s:5.1f} s",
            f"{figures.total('messages'):,} messages",
            f"{self._rates.messages_per_second:,.0f} a second",
            f"{figures.total('duplicates'):,} duplicates",
            f"{figures.total('gap_count'):,} gaps",
        ]
        if hot is not None:
            parts.append(f"{hot:.0f} ns a message")
        for symbol in self._symbols[:1]:
            bbo = self._bbo(symbol)
            if bbo is not None:
                parts.append(f"{symbol} {_price(bbo.bid_price)} / {_price(bbo.ask_price)} {bbo.quality.name}")
        return "  ".join(parts)

    def _head(self, figures: Figures, elapsed_s: float) -> Text:
        hot = self._rates.ns_per_message
        return Text.assemble(
            (f"{elapsed_s:.1f} s", "bold"),
            f"   {figures.total('messages'):,} messages",
            f"   {self._rates.messages_per_second:,.0f} a second in {self._rates.packets_per_second:,.0f} packets",
            f"   {figures.total('orders_live'):,} live orders",
            ("" if hot is None else f"   hot path {hot:.0f} ns a message", "cyan"),
        )

    def _bbo(self, symbol: str) -> Bbo | None:
        try:
            self._insides[symbol] = self._books[symbol].bbo()
        except BookError:
            # Not heard of yet, or busy at this moment: the picture of before stays.
            return self._insides.get(symbol)
        return self._insides[symbol]

    def _inside(self) -> Table:
        table = Table(box=None, pad_edge=False, header_style="dim")
        table.add_column("")
        for name in ("quantity", "bid", "ask", "quantity"):
            table.add_column(name, justify="right")
        table.add_column("quality")
        table.add_column("sequence", justify="right")
        for symbol in self._symbols:
            bbo = self._bbo(symbol)
            if bbo is None:
                table.add_row(symbol)
                continue
            table.add_row(
                Text(symbol, style="bold"),
                f"{bbo.bid_quantity:,}",
                _price(bbo.bid_price),
                _price(bbo.ask_price),
                f"{bbo.ask_quantity:,}",
                Text(bbo.quality.name, style=QUALITY_STYLES[bbo.quality]),
                f"{bbo.sequence:,}",
            )
        return table

    def _book(self) -> RenderableType:
        for symbol in self._symbols[:1]:
            try:
                self._depth = book_view(symbol, self._books[symbol].depth(self._levels))
            except BookError:
                return self._depth
        return self._depth


def _live_parts(figures: Figures) -> list[RenderableType]:
    """What a live run has beyond a replay: holes that were asked for, latencies, strategies."""
    parts: list[RenderableType] = []
    data = summary(figures, 0, 0.0)
    if any(channel["recovery"] and channel["recovery"]["wishes"] for channel in data["channels"]):
        parts += [Text(""), recovery_view(data)]
    if any(pipeline["latencies_ns"] for pipeline in data["pipelines"]):
        parts += [Text(""), latencies_view({each["name"]: each["latencies_ns"] for each in data["pipelines"]})]
    if data["strategies"]:
        parts += [Text(""), strategies_view(data["strategies"])]
    return parts


def lines_view(figures: Figures) -> Table:
    """What each line brought."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("channel")
    table.add_column("state")
    table.add_column("line")
    for name in ("packets", "first arrivals", "duplicates", "missing", "mean lead", "holes filled", "gaps"):
        table.add_column(name, justify="right")
    for channel in figures.channels:
        for number, line in enumerate(channel.lines):
            lead = line.lead_mean_ns
            table.add_row(
                channel.name if number == 0 else "",
                channel.state if number == 0 else "",
                line.name,
                f"{line.packets:,}",
                f"{line.first_arrivals:,}",
                f"{line.duplicates:,}",
                f"{line.missing:,}",
                "" if lead is None else f"{lead / 1000:.1f} us",
                f"{channel.holes_filled:,}" if number == 0 else "",
                f"{channel.gap_count:,}" if number == 0 else "",
            )
    return table


def reasons_view(figures: Figures) -> Text:
    """What was refused or odd, by reason."""
    if not figures.reasons:
        return Text("nothing was refused", style="dim")
    counts = (f"{reason.name.lower()} {count:,}" for reason, count in figures.reasons.items())
    return Text("  ".join(counts), style="yellow")


def _price(price: int | None) -> str:
    return "-" if price is None else price_shown(price)
