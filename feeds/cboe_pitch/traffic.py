"""A flow of orders in Multicast PITCH, for benchmarks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from feedhandler.benchmark.flow import Flow

from . import futures_messages, messages


def _orders(flow: Flow, add_order: Any) -> Iterator[bytes]:
    names = dict(flow.symbols())
    for step in flow.orders():
        if step.verb == "add":
            yield add_order.encode(
                order_id=step.reference, side_indicator="B" if step.bid else "S", quantity=step.quantity,
                symbol=names[step.instrument], price=step.price,
            )  # fmt: skip
        elif step.verb == "execute":
            yield messages.OrderExecuted.encode(
                order_id=step.reference, executed_quantity=step.quantity, execution_id=1
            )
        else:
            yield messages.DeleteOrder.encode(order_id=step.reference)


def equities(flow: Flow) -> Iterator[bytes]:
    yield messages.Time.encode(time=34_200)
    yield from _orders(flow, messages.AddOrderShort)


def futures(flow: Flow) -> Iterator[bytes]:
    yield from _orders(flow, futures_messages.FuturesAddOrderShort)


TRAFFIC = {"cboe_pitch": equities, "cboe_futures_pitch": futures}
