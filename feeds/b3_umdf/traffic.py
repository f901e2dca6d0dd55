"""A flow of orders in B3 Binary UMDF 2.2, for benchmarks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from feedhandler.benchmark.flow import Flow

from . import definitions, messages

END_OF_EVENT = 128
NEW, CHANGE = 0, 1


def orders(flow: Flow) -> Iterator[bytes]:
    for number, symbol in flow.symbols():
        yield definitions.SecurityDefinition12.encode(security_id=number, symbol=symbol)
    numbers: Counter[int] = Counter()
    left: dict[int, int] = {}
    for step in flow.orders():
        numbers[step.instrument] += 1
        common = {
            "security_id": step.instrument, "rpt_seq": numbers[step.instrument], "secondary_order_id": step.reference,
            "md_entry_type": "0" if step.bid else "1", "match_event_indicator": END_OF_EVENT, "transact_time": 1,
        }  # fmt: skip
        if step.verb == "delete":
            yield messages.DeleteOrderMBO51.encode(**common)
            continue
        # An execution in part is a change to what is left.
        left[step.reference] = step.quantity if step.verb == "add" else left[step.reference] - step.quantity
        yield messages.OrderMBO50.encode(
            md_update_action=NEW if step.verb == "add" else CHANGE, md_entry_px=step.price * 100,
            md_entry_size=left[step.reference], **common,
        )  # fmt: skip


TRAFFIC = {"b3_umdf": orders}
