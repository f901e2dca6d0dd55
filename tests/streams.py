"""Small builders of streams: ITCH messages, MoldUDP64 packets, and what a network does to them.

Messages are encoded from the tables with friendly defaults, so that a test names only what it is about.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from feeds.nasdaq_itch50 import messages

SESSION = "SESSION001"
HEARTBEAT, END_OF_SESSION = 0, 0xFFFF
MICROSECOND, MILLISECOND = 1_000, 1_000_000


class Sent(NamedTuple):
    """A packet on a line, and when it comes."""

    payload: bytes
    line: int = 0
    at: int = 0


def add(
    reference: int,
    side: str = "B",
    quantity: int = 100,
    price: int = 1_000_000,
    *,
    symbol: str = "AAPL",
    locate: int = 1,
    at: int = 0,
) -> bytes:
    """An Add Order; the price is the venue's integer, in 1e-4."""
    return messages.AddOrder.encode(
        stock_locate=locate, timestamp=at, order_reference_number=reference, buy_sell_indicator=side, shares=quantity,
        stock=symbol, price=price,
    )  # fmt: skip


def add_attributed(reference: int, side: str = "B", quantity: int = 100, price: int = 1_000_000, **named: int) -> bytes:
    """An Add Order with MPID attribution."""
    symbol, locate = named.get("symbol", "AAPL"), named.get("locate", 1)
    return messages.AddOrderWithMpidAttribution.encode(
        stock_locate=locate, order_reference_number=reference, buy_sell_indicator=side, shares=quantity, stock=symbol,
        price=price, attribution="MPID",
    )  # fmt: skip


def execute(reference: int, quantity: int, *, locate: int = 1, match: int = 1) -> bytes:
    return messages.OrderExecuted.encode(
        stock_locate=locate, order_reference_number=reference, executed_shares=quantity, match_number=match
    )


def execute_at(
    reference: int, quantity: int, price: int, *, printable: str = "Y", locate: int = 1, match: int = 1
) -> bytes:
    return messages.OrderExecutedWithPrice.encode(
        stock_locate=locate, order_reference_number=reference, executed_shares=quantity, match_number=match,
        printable=printable, execution_price=price,
    )  # fmt: skip


def cancel(reference: int, quantity: int, *, locate: int = 1) -> bytes:
    return messages.OrderCancel.encode(
        stock_locate=locate, order_reference_number=reference, cancelled_shares=quantity
    )


def delete(reference: int, *, locate: int = 1) -> bytes:
    return messages.OrderDelete.encode(stock_locate=locate, order_reference_number=reference)


def replace(reference: int, new_reference: int, quantity: int, price: int, *, locate: int = 1) -> bytes:
    return messages.OrderReplace.encode(
        stock_locate=locate, original_order_reference_number=reference, new_order_reference_number=new_reference,
        shares=quantity, price=price,
    )  # fmt: skip


def directory(locate: int, symbol: str, at: int = 0) -> bytes:
    return messages.StockDirectory.encode(stock_locate=locate, stock=symbol, round_lot_size=100, timestamp=at)


def trading_action(locate: int, symbol: str, state: str = "T") -> bytes:
    return messages.StockTradingAction.encode(stock_locate=locate, stock=symbol, trading_state=state)


def trade(quantity: int, price: int, *, symbol: str = "AAPL", locate: int = 1) -> bytes:
    return messages.Trade.encode(
        stock_locate=locate, buy_sell_indicator="B", shares=quantity, stock=symbol, price=price, match_number=1
    )


def cross(quantity: int, price: int, *, symbol: str = "AAPL", locate: int = 1) -> bytes:
    return messages.CrossTrade.encode(
        stock_locate=locate, shares=quantity, stock=symbol, cross_price=price, match_number=1, cross_type="O"
    )


def packet(sequence: int, bodies: Sequence[bytes], *, session: str = SESSION, count: int | None = None) -> bytes:
    """A MoldUDP64 packet; `count` says something else than the number of messages."""
    head = struct.pack(">10sQH", session.encode(), sequence, len(bodies) if count is None else count)
    return head + b"".join(struct.pack(">H", len(body)) + body for body in bodies)


def heartbeat(sequence: int, *, session: str = SESSION) -> bytes:
    """Says that `sequence` is the next."""
    return packet(sequence, [], session=session, count=HEARTBEAT)


def end_of_session(sequence: int, *, session: str = SESSION) -> bytes:
    return packet(sequence, [], session=session, count=END_OF_SESSION)


def bundled(bodies: Sequence[bytes], sizes: Iterable[int], *, session: str = SESSION) -> list[bytes]:
    """All messages from sequence 1 on, in packets of the given sizes in turn; the last size serves the rest."""
    found, start, size = [], 0, 1
    pending = iter(sizes)
    while start < len(bodies):
        size = next(pending, size)
        found.append(packet(1 + start, bodies[start : start + size], session=session))
        start += size
    return found


def faulty(
    packets: Sequence[bytes], chance: random.Random, *, loss: float, duplication: float, displacement: int
) -> list[tuple[float, bytes]]:
    """A line's packets with the place in time at which each comes: some never, some twice, some later."""
    found = []
    for place, payload in enumerate(packets):
        if chance.random() < loss:
            continue
        copies = 2 if chance.random() < duplication else 1
        found += [(place + displacement * chance.random(), payload) for _ in range(copies)]
    return sorted(found, key=lambda arrival: arrival[0])
