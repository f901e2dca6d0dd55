"""Flows of orders and of quotes in Pillar, for benchmarks."""

from __future__ import annotations

from collections.abc import Iterator

from feedhandler.benchmark.flow import Flow

from . import messages, options_messages


def _mappings(flow: Flow) -> Iterator[bytes]:
    for number, symbol in flow.symbols():
        yield messages.SymbolIndexMapping.encode(symbol_index=number, symbol=symbol, price_scale_code=2, lot_size=100)


def orders(flow: Flow) -> Iterator[bytes]:
    yield from _mappings(flow)
    for step in flow.orders():
        common = {"symbol_index": step.instrument, "order_id": step.reference}
        if step.verb == "add":
            yield messages.AddOrder.encode(
                side="B" if step.bid else "S", price=step.price, volume=step.quantity, **common
            )
        elif step.verb == "execute":
            yield messages.OrderExecution.encode(price=step.price, volume=step.quantity, printable_flag=1, **common)
        else:
            yield messages.DeleteOrder.encode(**common)


def quotes(flow: Flow) -> Iterator[bytes]:
    yield from _mappings(flow)
    for step in flow.quotes():
        yield messages.Quote.encode(
            symbol_index=step.instrument, bid_price=step.bid_price, bid_volume=step.bid_quantity,
            ask_price=step.ask_price, ask_volume=step.ask_quantity,
        )  # fmt: skip


def options_quotes(flow: Flow) -> Iterator[bytes]:
    for number, _symbol in flow.symbols():
        yield options_messages.OutrightSeriesIndexMapping.encode(series_index=number, price_scale_code=2)
    for step in flow.quotes():
        yield options_messages.OptionsQuote.encode(
            series_index=step.instrument, bid_price=step.bid_price, bid_volume=step.bid_quantity,
            ask_price=step.ask_price, ask_volume=step.ask_quantity,
        )  # fmt: skip


TRAFFIC = {"nyse_pillar": orders, "nyse_bbo": quotes, "arca_options_top": options_quotes}
