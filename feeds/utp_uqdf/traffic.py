"""A flow of consolidated quotes, for benchmarks."""

from __future__ import annotations

from collections.abc import Iterator

from feedhandler.benchmark.flow import Flow

from .messages import QuoteShortForm


def quotes(flow: Flow) -> Iterator[bytes]:
    """Short quotes: of three one is the national best, one has it in an appendage, one changes nothing."""
    names = dict(flow.symbols())
    for number, step in enumerate(flow.quotes()):
        best = {
            "national_best_bid_price_short": step.bid_price, "national_best_bid_size_short": step.bid_quantity,
            "national_best_ask_price_short": step.ask_price, "national_best_ask_size_short": step.ask_quantity,
        }  # fmt: skip
        more = {"national_short": best} if number % 3 == 1 else {}
        yield QuoteShortForm.encode(
            market_center_originator_id="Q", symbol_short=names[step.instrument], bid_price_short=step.bid_price,
            bid_size_short=step.bid_quantity, ask_price_short=step.ask_price, ask_size_short=step.ask_quantity,
            nbbo_appendage_indicator="420"[number % 3], **more,
        )  # fmt: skip


TRAFFIC = {"utp_uqdf": quotes}
