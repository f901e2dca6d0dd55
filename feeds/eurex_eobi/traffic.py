"""A flow of orders in EOBI 14.1, for benchmarks: priority times are the orders' numbers."""

from __future__ import annotations

from collections.abc import Iterator

from feedhandler.benchmark.flow import Flow

from . import messages

BUY = 1
SELL = 2


def orders(flow: Flow) -> Iterator[bytes]:
    for number, step in enumerate(flow.orders(), 1):
        common = {
            "msg_seq_num": number, "security_id": step.instrument, "side": BUY if step.bid else SELL,
            "trd_reg_ts_time_priority": step.reference, "price": step.price,
        }  # fmt: skip
        if step.verb == "add":
            yield messages.OrderAdd.encode(display_qty=step.quantity, **common)
        elif step.verb == "execute":
            yield messages.PartialOrderExecution.encode(last_qty=step.quantity, last_px=step.price, **common)
        else:
            yield messages.OrderDelete.encode(display_qty=step.quantity, transact_time=1, **common)


TRAFFIC = {"eurex_eobi": orders}
