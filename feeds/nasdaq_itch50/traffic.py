"""Flows of orders in TotalView-ITCH and of quotes in the BBO feeds, for benchmarks."""

from __future__ import annotations

from collections.abc import Iterator

from feedhandler.benchmark.flow import Flow

from . import bbo_messages, messages


def orders(flow: Flow) -> Iterator[bytes]:
    for number, symbol in flow.symbols():
        yield messages.StockDirectory.encode(stock_locate=number, stock=symbol, round_lot_size=100)
    names = dict(flow.symbols())
    for step in flow.orders():
        common = {"stock_locate": step.instrument, "order_reference_number": step.reference}
        if step.verb == "add":
            yield messages.AddOrder.encode(
                buy_sell_indicator="B" if step.bid else "S", shares=step.quantity, stock=names[step.instrument],
                price=step.price * 100, **common,
            )  # fmt: skip
        elif step.verb == "execute":
            yield messages.OrderExecuted.encode(executed_shares=step.quantity, match_number=1, **common)
        else:
            yield messages.OrderDelete.encode(**common)


def quotes(flow: Flow) -> Iterator[bytes]:
    names = dict(flow.symbols())
    for symbol in names.values():
        yield bbo_messages.BboStockDirectory.encode(stock=symbol, round_lot_size=100)
    for step in flow.quotes():
        yield bbo_messages.BboQuotation.encode(
            stock=names[step.instrument], best_bid_price=step.bid_price * 100, best_bid_size=step.bid_quantity,
            best_offer_price=step.ask_price * 100, best_offer_size=step.ask_quantity,
        )  # fmt: skip


TRAFFIC = {"nasdaq_itch50": orders, "nasdaq_bbo": quotes}
