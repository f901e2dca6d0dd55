"""A flow of orders in Japannext PTS ITCH, for benchmarks."""

from __future__ import annotations

from collections.abc import Iterator

from feedhandler.benchmark.flow import Flow

from . import messages


def orders(flow: Flow) -> Iterator[bytes]:
    yield messages.TimestampSeconds.encode(seconds=32_400)
    names = dict(flow.symbols())
    for symbol in names.values():
        yield messages.OrderbookDirectory.encode(
            orderbook_id=symbol, group="DAY", round_lot_size=100, price_decimals=1
        )
    for step in flow.orders():
        if step.verb == "add":
            yield messages.OrderAdded.encode(
                order_number=step.reference, buy_sell_indicator="B" if step.bid else "S", quantity=step.quantity,
                orderbook_id=names[step.instrument], group="DAY", price=step.price,
            )  # fmt: skip
        elif step.verb == "execute":
            yield messages.OrderExecuted.encode(
                order_number=step.reference, executed_quantity=step.quantity, match_number=1
            )
        else:
            yield messages.OrderDeleted.encode(order_number=step.reference)


TRAFFIC = {"jnx_itch": orders}
