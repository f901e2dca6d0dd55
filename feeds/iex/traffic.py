"""Flows of quotes, levels and orders in TOPS, DEEP and DEEP+, for benchmarks."""

from __future__ import annotations

from collections.abc import Iterator

from feedhandler.benchmark.flow import Flow

from . import messages


def quotes(flow: Flow) -> Iterator[bytes]:
    names = dict(flow.symbols())
    for step in flow.quotes():
        yield messages.QuoteUpdate.encode(
            symbol=names[step.instrument], bid_size=step.bid_quantity, bid_price=step.bid_price * 100,
            ask_price=step.ask_price * 100, ask_size=step.ask_quantity,
        )  # fmt: skip


def levels(flow: Flow) -> Iterator[bytes]:
    names = dict(flow.symbols())
    for step in flow.levels():
        table = messages.PriceLevelUpdateOnTheBuySide if step.bid else messages.PriceLevelUpdateOnTheSellSide
        yield table.encode(
            symbol=names[step.instrument], event_flags=1, size=step.quantity, price=step.price * 100
        )


def orders(flow: Flow) -> Iterator[bytes]:
    names = dict(flow.symbols())
    for step in flow.orders():
        symbol = names[step.instrument]
        if step.verb == "add":
            yield messages.AddOrder.encode(
                symbol=symbol, side="8" if step.bid else "5", order_id=step.reference, price=step.price * 100,
                size=step.quantity,
            )  # fmt: skip
        elif step.verb == "execute":
            yield messages.OrderExecuted.encode(
                symbol=symbol, order_id_reference=step.reference, price=step.price * 100, size=step.quantity
            )
        else:
            yield messages.OrderDelete.encode(symbol=symbol, order_id_reference=step.reference)


TRAFFIC = {"iex_tops": quotes, "iex_deep": levels, "iex_deep_plus": orders}
