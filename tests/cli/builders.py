"""Small ITCH captures: messages, packets, files."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

from feeds.nasdaq_itch50.messages import AddOrder, OrderDelete, OrderExecuted, StockDirectory, SystemEvent, Trade
from replay.pcap_writer import PcapWriter

SECOND = 1_000_000_000
# 22 August 2023, 09:30 in New York.
START = 1_692_711_000 * SECOND
TIME_OF_DAY = (9 * 3600 + 30 * 60) * SECOND
LINES = {"A": ("239.192.0.1", 26477), "B": ("239.192.0.2", 26477)}
ADDRESS_A = "239.192.0.1:26477"


def directory(locate: int, symbol: str) -> bytes:
    return StockDirectory.encode(
        stock_locate=locate, timestamp=TIME_OF_DAY, stock=symbol, market_category="Q", round_lot_size=100
    )


def add(locate: int, reference: int, side: str, shares: int, symbol: str, price: int) -> bytes:
    return AddOrder.encode(
        stock_locate=locate, timestamp=TIME_OF_DAY, order_reference_number=reference, buy_sell_indicator=side,
        shares=shares, stock=symbol, price=price,
    )  # fmt: skip


def delete(locate: int, reference: int) -> bytes:
    return OrderDelete.encode(stock_locate=locate, timestamp=TIME_OF_DAY, order_reference_number=reference)


def execute(locate: int, reference: int, shares: int) -> bytes:
    return OrderExecuted.encode(
        stock_locate=locate, timestamp=TIME_OF_DAY, order_reference_number=reference, executed_shares=shares,
        match_number=7,
    )  # fmt: skip


def trade(locate: int, shares: int, symbol: str, price: int) -> bytes:
    return Trade.encode(
        stock_locate=locate, timestamp=TIME_OF_DAY, buy_sell_indicator="B", shares=shares, stock=symbol, price=price,
        match_number=9,
    )  # fmt: skip


# A short day: two instruments, five orders, one execution, one deletion, one trade.
DAY = [
    SystemEvent.encode(timestamp=TIME_OF_DAY, event_code="O"),
    directory(1, "AAPL"),
    directory(2, "MSFT"),
    add(1, 11, "B", 100, "AAPL", 1_850_000),
    add(1, 12, "B", 300, "AAPL", 1_850_000),
    add(1, 13, "B", 200, "AAPL", 1_849_900),
    add(1, 14, "S", 500, "AAPL", 1_850_250),
    add(2, 21, "S", 50, "MSFT", 4_100_000),
    execute(1, 11, 40),
    delete(1, 13),
    trade(2, 25, "MSFT", 4_099_950),
]

AAPL = {
    "quality": "CURRENT",
    "sequence": 10,
    "venue_time_ns": START,
    "bids": [["185", 360, 2]],
    "asks": [["185.025", 500, 1]],
    "last_trade": ["185", 40],
}


def packet(first: int, messages: Sequence[bytes], *, count: int | None = None, session: str = "SESSION001") -> bytes:
    """A MoldUDP64 packet."""
    head = struct.pack(">10sQH", session.encode(), first, len(messages) if count is None else count)
    return head + b"".join(struct.pack(">H", len(message)) + message for message in messages)


def packets(messages: Sequence[bytes], size: int) -> list[bytes]:
    """Messages in packets of `size`."""
    return [packet(at + 1, messages[at : at + size]) for at in range(0, len(messages), size)]


def binaryfile(messages: Sequence[bytes]) -> bytes:
    return b"".join(struct.pack(">H", len(message)) + message for message in messages) + bytes(2)


class Capture:
    """Writes captures into a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(
        self,
        sent: Sequence[bytes | tuple[bytes, str]],
        name: str = "day.pcap",
        *,
        step_ns: int = 1_000_000,
        start_ns: int = START,
    ) -> Path:
        """A capture of payloads `step_ns` apart, each on line A or on the one named with it."""
        file = self._folder / name
        with PcapWriter(file) as writer:
            for number, item in enumerate(sent):
                payload, line = (item, "A") if isinstance(item, bytes) else item
                group, port = LINES[line]
                writer.write(start_ns + number * step_ns, group, port, payload)
        return file


CONFIGURATION = """
name: two_lines
feed: nasdaq_itch50
channels:
  - name: itch
    lines:
      - {name: A, group: 239.192.0.1, port: 26477}
      - {name: B, group: 239.192.0.2, port: 26477}
"""
