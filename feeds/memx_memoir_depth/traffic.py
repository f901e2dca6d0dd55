"""A flow of orders in MEMOIR Depth, for benchmarks."""

from __future__ import annotations

from collections.abc import Iterator

from feedhandler.benchmark.flow import Flow

from . import messages


def orders(flow: Flow) -> Iterator[bytes]:
    for number, symbol in flow.symbols():
        yield messages.InstrumentDirectory.encode(security_id=number, symbol=symbol, round_lot=100)
    for step in flow.orders():
        common = {"security_id": step.instrument, "order_id": step.reference}
        if step.verb == "add":
            yield messages.OrderAdded.encode(
                side="B" if step.bid else "S", quantity=step.quantity, price=step.price * 10_000, **common
            )
        elif step.verb == "execute":
            yield messages.OrderExecuted.encode(
                trade_id=1, quantity=step.quantity, price=step.price * 10_000, **common
            )
        else:
            yield messages.OrderDeleted.encode(**common)


TRAFFIC = {"memx_memoir_depth": orders}
