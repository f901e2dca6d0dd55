"""A flow of quotes in MIAX Futures Onyx Top of Market, for benchmarks."""

from __future__ import annotations

from collections.abc import Iterator

from feedhandler.benchmark.flow import Flow

from . import messages


def quotes(flow: Flow) -> Iterator[bytes]:
    for number, symbol in flow.symbols():
        yield messages.SimpleInstrumentDefinition.encode(
            instrument_id=number, product_group_code=symbol, maturity_month_year=202509
        )
    for step in flow.quotes():
        yield messages.BestBidAndOffer.encode(
            instrument_id=step.instrument, mbb_price=step.bid_price, mbb_size=step.bid_quantity,
            mbo_price=step.ask_price, mbo_size=step.ask_quantity,
        )  # fmt: skip


TRAFFIC = {"miax_onyx_tom": quotes}
