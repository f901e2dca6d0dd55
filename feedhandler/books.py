"""Books for Python: consistent copies of what the pipeline keeps, by symbol.

    book = books["AAPL"]
    book.bbo()                      # the inside
    book.depth(10)                  # ten levels a side, inside first
    book.orders("bid", price)       # the queue at a price, first in line first
    book.queue_ahead(reference)     # what stands in front of an order

Every read is one consistent state of one instrument, copied under its seqlock while the writer goes on, and says how
far it can be trusted: quality, the sequence and the venue's time at which it was right. Prices are integers of 1e-9
of the currency; `decimal_price` makes them exact decimals. Quantities are the venue's own steps (shares, contracts).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from decimal import Decimal
from functools import lru_cache
from types import ModuleType
from typing import Any, Literal, NamedTuple, NoReturn

import numpy
from numpy.typing import NDArray

from feedhandler.core.book import Header
from feedhandler.core.channel import Quality
from feedhandler.core.directory import Instrument
from feedhandler.core.integers import to_signed
from feedhandler.core.reading import RETRIES, BookHead, DepthLevel, QueuedOrder, ReadStatus
from feedhandler.feed import BookKind
from feedhandler.pipeline.cache import load_module
from feedhandler.pipeline.source import generate_readers
from feedhandler.pipeline.state import ChannelMemory

try:
    from feedhandler.readers.inside import InsideReader
except ModuleNotFoundError as error:
    raise ImportError("feedhandler.readers.inside is not built; `python setup.py build_ext --inplace` does") from error

Side = Literal["bid", "ask"]
_SIDES: dict[str, int] = {"bid": 0, "ask": 1}
_NANO = Decimal(1).scaleb(-9)


class BookError(LookupError):
    """A book that cannot be read; the text says why."""


class BookBusyError(BookError):
    """The writer changed the book under every one of a bounded number of attempts: try again."""


class Bbo(NamedTuple):
    """The inside of a book. A side without orders has price None and quantity 0."""

    bid_price: int | None
    bid_quantity: int
    ask_price: int | None
    ask_quantity: int
    quality: Quality
    sequence: int
    venue_time_ns: int
    mid_event: bool


class PriceLevel(NamedTuple):
    """One level: price in 1e-9, quantity, number of orders."""

    price: int
    quantity: int
    orders: int


class Trust(NamedTuple):
    """What every copy says of itself."""

    quality: Quality
    sequence: int
    venue_time_ns: int
    mid_event: bool


class Depth(NamedTuple):
    """Levels of both sides, inside first."""

    bids: list[PriceLevel]
    asks: list[PriceLevel]
    last_trade: tuple[int, int] | None
    trust: Trust


class QueueOrder(NamedTuple):
    """One order in a queue."""

    order_reference: int
    quantity: int


class Queue(NamedTuple):
    """The orders at a price, first in line first."""

    orders: list[QueueOrder]
    trust: Trust


class QueuePosition(NamedTuple):
    """Where an order stands."""

    orders_ahead: int
    quantity_ahead: int
    side: Side
    price: int
    quantity: int
    trust: Trust


def decimal_price(price: int) -> Decimal:
    """An exact decimal of a price in 1e-9, without trailing zeros: `decimal_price(1_250_000_000)` is 1.25."""
    value = (Decimal(price) * _NANO).normalize()
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value


@lru_cache(maxsize=1)
def readers() -> ModuleType:
    """The compiled readers."""
    return load_module("readers", generate_readers(), ["feedhandler.core"])


class Book:
    """One instrument's book. Cheap to keep: it holds no data, only where the data is."""

    __slots__ = ("_address", "_index", "_memory", "_read_inside", "_session", "_unit", "symbol")

    def __init__(self, memory: ChannelMemory, symbol: str, index: int, session: int) -> None:
        self.symbol = symbol
        self._memory = memory
        self._address: int = memory.channel.address
        self._index = index
        self._session = session
        self._unit = int(memory.array("instruments", Instrument, index + 1)[index]["price_unit"])
        header = memory.regions["headers"].address + Header.size * index
        self._read_inside = InsideReader(self._address, header, session, self._unit, Bbo).read

    @property
    def index(self) -> int:
        """The instrument's dense index within its channel."""
        return self._index

    @property
    def channel(self) -> str:
        """The name of the channel that carries the instrument."""
        return self._memory.name

    def bbo(self) -> Bbo:
        """The best bid and offer."""
        found = self._read_inside()
        if isinstance(found, ReadStatus):
            self._refuse(found)
        return found

    def depth(self, levels: int = 10) -> Depth:
        """Up to `levels` price levels a side, inside first."""
        if levels < 1:
            raise ValueError(f"a depth of {levels} levels: at least 1")
        head, bids, asks = _head(), numpy.zeros(levels, DepthLevel.dtype), numpy.zeros(levels, DepthLevel.dtype)
        status, bid_count, ask_count = readers().read_depth(
            self._address, self._session, self._index, levels, head.ctypes.data, bids.ctypes.data, asks.ctypes.data
        )
        if status:
            self._refuse(status)
        quantity = int(head[0]["last_trade_quantity"])
        last_trade = (int(head[0]["last_trade_price"]) * self._unit, quantity) if quantity else None
        return Depth(self._levels(bids[:bid_count]), self._levels(asks[:ask_count]), last_trade, _trust(head))

    def orders(self, side: Side, price: int) -> Queue:
        """The queue at a price of one side (price in 1e-9), first in line first; empty where nobody stands."""
        self._by_order()
        venue_price, remainder = divmod(price, self._unit)
        if remainder:
            raise ValueError(f"price {decimal_price(price)} is not a multiple of {decimal_price(self._unit)}")
        room = 256
        while True:
            head, orders = _head(), numpy.zeros(room, QueuedOrder.dtype)
            status, count = readers().read_queue(
                self._address, self._session, self._index, _side(side), venue_price, room,
                head.ctypes.data, orders.ctypes.data,
            )  # fmt: skip
            if status == ReadStatus.CUT:
                room *= 4
                continue
            if status not in (ReadStatus.OK, ReadStatus.MISSING):
                self._refuse(status)
            found = [QueueOrder(reference & _UNSIGNED, quantity) for reference, quantity in orders[:count].tolist()]
            return Queue(found, _trust(head))

    def queue_ahead(self, order_reference: int, side: Side = "bid") -> QueuePosition | None:
        """What stands in front of an order, or None where the book does not hold it.

        `side` matters only at venues whose order references are unique within a side.
        """
        self._by_order()
        head = _head()
        status, ahead, quantity, own_side, price, own = readers().read_queue_ahead(
            self._address, self._session, self._index, _side(side), to_signed(order_reference), head.ctypes.data
        )
        if status == ReadStatus.MISSING:
            return None
        if status:
            self._refuse(status)
        found: Side = "ask" if own_side else "bid"
        return QueuePosition(ahead, quantity, found, price * self._unit, own, _trust(head))

    def _by_order(self) -> None:
        feed = self._memory.feed
        if not feed.by_order or (feed.book is BookKind.BOTH and self._kept_by_level()):
            raise BookError(f"{self.symbol}: feed {feed.name} sends {feed.book.value}, not orders: there are no queues")

    def _kept_by_level(self) -> bool:
        """Whether the instrument has levels and no orders, of a feed that has books of both kinds.

        Judged of one state of the header; where it changes all the time, the reader that follows says so.
        """
        header = self._memory.array("headers", Header, self._index + 1)[self._index]
        for _ in range(RETRIES):
            version = int(header["version"])
            found = bool(header["bid_count"] or header["ask_count"]) and not header["order_count"]
            if version % 2 == 0 and int(header["version"]) == version:
                return found
        return False

    def _levels(self, copied: NDArray[Any]) -> list[PriceLevel]:
        unit = self._unit
        return [PriceLevel(price * unit, quantity, orders) for price, quantity, orders in copied.tolist()]

    def _refuse(self, status: int) -> NoReturn:
        if status == ReadStatus.SESSION:
            raise BookError(f"{self.symbol}: a new session began; look the book up again")
        raise BookBusyError(f"{self.symbol}: the book changed under every attempt to read it")

    def __repr__(self) -> str:
        return f"Book({self.symbol!r}, channel={self.channel!r})"


_UNSIGNED = (1 << 64) - 1


def _side(side: Side) -> int:
    try:
        return _SIDES[side]
    except KeyError:
        raise ValueError(f"side {side!r}: 'bid' or 'ask'") from None


def _head() -> NDArray[Any]:
    return numpy.zeros(1, BookHead.dtype)


def _trust(head: NDArray[Any]) -> Trust:
    row = head[0]
    return Trust(
        Quality(int(row["quality"])), int(row["sequence"]), int(row["venue_time"]), bool(row["mid_event"])
    )


class Books:
    """All books of a pipeline's channels by symbol. Where two channels carry a symbol, name the channel:
    `books["AAPL", "nasdaq"]`."""

    def __init__(self, channels: Collection[ChannelMemory]) -> None:
        self._channels = channels
        self._names: dict[str, tuple[tuple[int, int], dict[str, int]]] = {}

    def __getitem__(self, key: str | tuple[str, str]) -> Book:
        symbol, wanted = (key, None) if isinstance(key, str) else key
        for memory in self._channels:
            if wanted is not None and memory.name != wanted:
                continue
            session, names = self._indexes(memory)
            index = names.get(symbol)
            if index is not None:
                return Book(memory, symbol, index, session)
        where = f"channel {wanted!r}" if wanted else f"{len(self._channels)} channel(s)"
        raise BookError(f"no instrument {symbol!r} in {where}; {len(self)} instruments are known")

    def get(self, symbol: str, channel: str | None = None) -> Book | None:
        """The book of a symbol (of this channel), or None where the directory does not know it."""
        try:
            return self[symbol] if channel is None else self[symbol, channel]
        except BookError:
            return None

    def __contains__(self, symbol: object) -> bool:
        return any(symbol in self._indexes(memory)[1] for memory in self._channels)

    def __iter__(self) -> Iterator[str]:
        seen: set[str] = set()
        for memory in self._channels:
            for symbol in self._indexes(memory)[1]:
                if symbol not in seen:
                    seen.add(symbol)
                    yield symbol

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _indexes(self, memory: ChannelMemory) -> tuple[int, dict[str, int]]:
        """The session of a channel and its symbols' indexes, read anew when its directory changed.

        The session is read first: names of a session that begins meanwhile belong to a number that is no more.
        """
        version = (int(memory.channel.sessions), int(memory.channel.generation))
        known = self._names.get(memory.name)
        if known is not None and known[0] == version:
            return version[0], known[1]
        count = int(memory.directory.count)
        rows = memory.array("instruments", Instrument, count)
        names: dict[str, int] = {}
        for index, row in enumerate(rows):
            symbol = row["symbol"].tobytes().decode("ascii", errors="replace").rstrip(" \0")
            names.setdefault(symbol or f"#{int(row['code'])}", index)
        self._names[memory.name] = (version, names)
        return version[0], names
