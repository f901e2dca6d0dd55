"""A flow of orders in the UDP Market Data API of Coinbase Derivatives, for benchmarks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from feedhandler.benchmark.flow import Flow

from . import messages

CENT = 10_000_000
WHOLE = 3  # a transaction of one message


def orders(flow: Flow) -> Iterator[bytes]:
    numbers: Counter[int] = Counter()

    def header(instrument: int, side: int = -128) -> dict[str, Any]:
        numbers[instrument] += 1
        return {
            "flags": WHOLE, "side": side, "instrument_id": instrument, "instr_seq_num": numbers[instrument],
            "trading_session_date": 18_806, "transact_time": 1,
        }  # fmt: skip

    for number, symbol in flow.symbols():
        yield messages.OutrightInstrumentDefinition.encode(instr_header=header(number), symbol=symbol)
    left: dict[int, int] = {}
    for step in flow.orders():
        side = 1 if step.bid else -1
        if step.verb == "delete":
            yield messages.OrderDelete.encode(instr_header=header(step.instrument, side), order_id=step.reference)
            continue
        # An execution in part is an order put again, with what is left of it.
        left[step.reference] = step.quantity if step.verb == "add" else left[step.reference] - step.quantity
        yield messages.OrderPut.encode(
            instr_header=header(step.instrument, side), order_id=step.reference, price=step.price * CENT,
            quantity=left[step.reference],
        )  # fmt: skip


TRAFFIC = {"coinbase_derivatives": orders}
