"""A flow of orders in ICE iMpact, for benchmarks: an order that is executed leaves, and comes under another id."""

from __future__ import annotations

from collections.abc import Iterator

from feedhandler.benchmark.flow import Flow
from feedhandler.sessions.impact import packet_encode

from . import messages

SNAPSHOTS_PER_BLOCK = 10


def orders(flow: Flow) -> Iterator[bytes]:
    ids: dict[int, int] = {}
    last = 1 << 32
    for clock, step in enumerate(flow.orders()):
        order_id = ids.get(step.reference, step.reference)
        if step.verb != "add":
            yield messages.DeleteOrder.encode(market_id=step.instrument, order_id=order_id, message_date_time=1)
        if step.verb == "delete":
            continue
        if step.verb == "execute":
            last += 1
            order_id = ids[step.reference] = last
        yield messages.AddOrModifyOrder.encode(
            market_id=step.instrument, order_id=order_id, side="1" if step.bid else "2", price=step.price,
            quantity=step.quantity, is_implied="N", is_rfq="N", order_entry_date_time=1 + step.reference,
            sequence_within_millis=clock % 1_000_000, modification_timestamp=1,
        )  # fmt: skip


def snapshots(flow: Flow) -> list[bytes]:
    """A first message of the stream, and snapshots behind it: every market is empty, and right from there on."""
    found = [packet_encode(1, [messages.MessageBundleMarker.encode(start_or_end="E")])]
    bodies = [
        messages.MarketSnapshot.encode(market_id=number, last_message_sequence_id=1, num_of_book_entries=0)
        for number, _symbol in flow.symbols()
    ]
    places = range(0, len(bodies), SNAPSHOTS_PER_BLOCK)
    return found + [packet_encode(1 + at, bodies[at : at + SNAPSHOTS_PER_BLOCK], session=2) for at in places]


TRAFFIC = {"ice_impact": orders}
OPENING = {"ice_impact": snapshots}
