"""A flow of orders in the ASX Market Data Protocol, for benchmarks."""

from __future__ import annotations

from collections.abc import Iterator

from feedhandler.benchmark.flow import Flow

from . import definitions, messages


def orders(flow: Flow) -> Iterator[bytes]:
    yield messages.Seconds.encode(second=1_567_494_000)
    for number, symbol in flow.symbols():
        yield definitions.FutureSymbolDirectory.encode(
            tradeable_instrument_id=number, symbol_name=symbol, price_fractional_denominator=1_000_000
        )
    left: dict[int, int] = {}
    for step in flow.orders():
        common = {
            "tradeable_instrument_id": step.instrument, "order_id": step.reference, "side": "B" if step.bid else "S",
        }  # fmt: skip
        if step.verb == "add":
            left[step.reference] = step.quantity
            yield messages.OrderAdded.encode(
                order_book_priority=step.reference, quantity=step.quantity, price=step.price * 10_000, **common
            )
        elif step.verb == "execute":
            left[step.reference] -= step.quantity
            yield messages.OrderExecuted.encode(
                executed_quantity=step.quantity, quantity_remaining=left[step.reference],
                trade_price=step.price * 10_000, trade_type="T", trade_id=1, **common,
            )  # fmt: skip
        else:
            yield messages.OrderDeleted.encode(**common)


TRAFFIC = {"asx_itch": orders}
