"""One writer, several readers, millions of copies: none is torn.

The writer is the pipeline. It hammers two instruments in stores so small that orders, levels and ladder blocks are used
again at once, and begins a new session every few thousand messages. What it writes makes a torn copy visible: every
order's quantity follows from its price and its session, its reference ends in its price and grows along its queue, and
so on through levels, sides and last trades. A reader that does not look at the version does see torn copies.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numba
import numpy
import pytest

from feedhandler.books import BookBusyError, BookError
from feedhandler.core.book import Book, header_of
from feedhandler.core.channel import Channel, Quality
from feedhandler.core.jit import INTERPRETED
from feedhandler.core.ladders import LevelStore, entry_at, level_at
from feedhandler.core.loop import Exit
from feedhandler.core.reading import BookHead, DepthLevel, QueuedOrder, depth_read, queue_ahead_read, queue_read
from feedhandler.pipeline.state import Capacities
from tests.stage import Stage, memory_receiver
from tests.streams import Sent, add, delete, packet, replace, trade

pytestmark = pytest.mark.skipif(INTERPRETED, reason="NUMBA_DISABLE_JIT=1: threads take turns")

SESSIONS = 32
MESSAGES = 3_000  # of a session
READS = 500_000  # of a compiled reader, of each kind
ROUNDS_MAXIMUM = 20_000  # of the writer; some 15 ms each
INSTRUMENTS = 2
ROOM = 512
CAPACITIES = Capacities(instruments=2, orders=320, levels=256, events=16, hold_packets=4, hold_packet_bytes=2048)
UNIT = 100_000


def quantity_of(price: int, session: int) -> int:
    """The quantity of every order at a price in the `session`-th session that the channel hears."""
    return 1 + (7 * price + 13 * ((session - 1) % SESSIONS)) % 97


compiled_quantity = numba.njit(nogil=True)(quantity_of)


def hammering() -> list[Sent]:
    """The packets of all sessions: adds, deletes and replaces at wandering prices, and trades."""
    chance = random.Random(3)
    sent = []
    for session in range(1, SESSIONS + 1):
        bodies: list[bytes] = []
        live: list[tuple[int, int]] = []
        number = 0
        while len(bodies) < MESSAGES:
            number += 1
            price = chance.choice([chance.randint(100, 104), chance.randint(1, 240)])
            quantity = quantity_of(price, session)
            reference = number << 16 | price
            kind = chance.random()
            if kind < 0.05:
                locate = chance.randint(1, INSTRUMENTS)
                bodies.append(trade(quantity, price, symbol=f"S{locate}", locate=locate))
            elif (kind < 0.4 and len(live) < 300) or len(live) < 20:
                locate = chance.randint(1, INSTRUMENTS)
                side = "B" if price % 2 else "S"
                bodies.append(add(reference, side, quantity, price, symbol=f"S{locate}", locate=locate))
                live.append((reference, locate))
            else:
                place = chance.randrange(len(live))
                old, locate = live[place]
                if kind < 0.7 and old % 2 == price % 2:
                    bodies.append(replace(old, reference, quantity, price, locate=locate))
                    live[place] = (reference, locate)
                else:
                    bodies.append(delete(old, locate=locate))
                    live[place] = live[-1]
                    live.pop()
        name = f"SESSION{session:03}"
        starts = range(0, MESSAGES, 8)
        sent += [Sent(packet(1 + start, bodies[start : start + 8], session=name)) for start in starts]
    return sent


# ---------------------------------------------------------------------------------------------------- compiled readers


@numba.njit(nogil=True)
def levels_torn(address, count, sign, session):
    """Whether a copied side contradicts itself; returns that and the orders in it."""
    before = 0
    orders = 0
    for place in range(count):
        level = DepthLevel(address + 24 * place)
        if level.orders < 1 or level.quantity != level.orders * compiled_quantity(level.price, session):
            return True, 0
        if place > 0 and sign * level.price >= sign * before:
            return True, 0
        before = level.price
        orders += level.orders
    return False, orders


@numba.njit(nogil=True)
def depth_torn(head, bids_address, bids, asks_address, asks, session):
    """Whether head and levels of one copy contradict each other."""
    bad, bid_orders = levels_torn(bids_address, bids, 1, session)
    worse, ask_orders = levels_torn(asks_address, asks, -1, session)
    if bad or worse or bid_orders + ask_orders != head.order_count:
        return True
    if bids > 0:
        inside = DepthLevel(bids_address)
        if head.bid_price != inside.price or head.bid_quantity != inside.quantity:
            return True
    elif head.bid_quantity != 0:
        return True
    if asks > 0:
        inside = DepthLevel(asks_address)
        if head.ask_price != inside.price or head.ask_quantity != inside.quantity:
            return True
    elif head.ask_quantity != 0:
        return True
    traded = head.last_trade_quantity
    return traded != 0 and traded != compiled_quantity(head.last_trade_price, session)


@numba.njit(nogil=True)
def queue_torn(address, count, price, session):
    """Whether a copied queue holds another price's order or is out of order."""
    before = 0
    for place in range(count):
        order = QueuedOrder(address + 16 * place)
        if order.reference & 0xFFFF != price or order.quantity != compiled_quantity(price, session):
            return True
        if order.reference <= before:
            return True
        before = order.reference
    return False


@numba.njit(nogil=True)
def compiled_reader(channel_address, reads, head_address, bids_address, asks_address, orders_address, figures):
    """Depths, queues and positions. figures: good, torn, busy, session over, impossible quality."""
    channel = Channel(channel_address)
    head = BookHead(head_address)
    for number in range(reads):
        session = channel.sessions
        instrument = number % INSTRUMENTS
        status, bids, asks = depth_read(channel, session, instrument, ROOM, head, bids_address, asks_address)
        if status == 1:
            figures[2] += 1
            continue
        if status == 4:
            figures[3] += 1
            continue
        if depth_torn(head, bids_address, bids, asks_address, asks, session):
            figures[1] += 1
            continue
        figures[0] += 1
        if head.quality != Quality.CURRENT and head.quality != Quality.STALE:  # stale while the session changes
            figures[4] += 1
        side = number // 2 % 2
        count = bids if side == 0 else asks
        if count == 0:
            continue
        price = DepthLevel((bids_address if side == 0 else asks_address) + 24 * (number % count)).price
        status, orders = queue_read(channel, session, instrument, side, price, ROOM, head, orders_address)
        if status == 1:
            figures[2] += 1
        elif status == 4:
            figures[3] += 1
        elif status == 0:
            single = compiled_quantity(price, session)
            bad = orders == 0 or queue_torn(orders_address, orders, price, session)
            if side == 0 and head.bid_price == price and head.bid_quantity != orders * single:
                bad = True
            figures[1 if bad else 0] += 1
            reference = QueuedOrder(orders_address + 16 * (number % orders if orders > 0 else 0)).reference
            status, ahead, quantity, own_side, found, own = queue_ahead_read(
                channel, session, instrument, side, reference, head
            )
            if status == 0:
                bad = own_side != side or found != price or own != single or quantity != ahead * single
                figures[1 if bad else 0] += 1


@numba.njit(nogil=True)
def careless_reader(channel_address, reads, figures):
    """The control: adds up a side's orders without a look at the version."""
    channel = Channel(channel_address)
    book = Book(channel.book)
    levels = LevelStore(book.levels)
    for number in range(reads):
        header = header_of(book, number % INSTRUMENTS)
        wanted = header.bid_price
        block, count = header.bid_block, header.bid_count
        if count == 0 or block + count >= levels.entry_capacity:
            continue
        index = entry_at(levels, block + count).level
        if index == 0 or index >= levels.level_capacity:
            figures[1] += 1
            continue
        level = level_at(levels, index)
        torn = level.price != wanted or level.quantity != header.bid_quantity
        figures[1 if torn else 0] += 1
        if figures[1] >= 10:
            return


# -------------------------------------------------------------------------------------------------------------- threads


class Torture:
    """A writer that goes on until its readers have done."""

    def __init__(self) -> None:
        self.stage = Stage(lines=1, capacities=CAPACITIES, listen=False)
        self.address = int(self.stage.channel.address)
        self._receiver = memory_receiver(hammering())
        self.rounds = 0

    def once(self) -> None:
        pipeline = self.stage.pipeline
        self._receiver.rewind()
        pipeline.receivers.clear()
        pipeline.attach(self._receiver)
        assert pipeline.run() is Exit.ENDED
        self.rounds += 1

    def against(self, *readers: Callable[[], Any]) -> list[Any]:
        """Run the readers in threads of their own while the writer writes; their results."""
        self.rounds = 0
        done = threading.Event()

        def write() -> None:
            while not done.is_set() and self.rounds < ROUNDS_MAXIMUM:
                self.once()

        with ThreadPoolExecutor(1 + len(readers)) as pool:
            writer = pool.submit(write)
            try:
                results = [future.result() for future in [pool.submit(reader) for reader in readers]]
            finally:
                done.set()
            writer.result()
        assert 0 < self.rounds < ROUNDS_MAXIMUM, "the writer wrote as long as they read"
        return results


def figures_of(torture: Torture, reads: int = READS) -> numpy.ndarray:
    figures = numpy.zeros(5, numpy.int64)
    head = numpy.zeros(1, BookHead.dtype)
    bids, asks = numpy.zeros(ROOM, DepthLevel.dtype), numpy.zeros(ROOM, DepthLevel.dtype)
    orders = numpy.zeros(ROOM, QueuedOrder.dtype)
    addresses = [array.ctypes.data for array in (head, bids, asks, orders)]
    compiled_reader(torture.address, reads, *addresses, figures)
    return figures


def python_figures(torture: Torture, reads: int = 10_000) -> dict[str, int]:
    """What `Books` gives, judged by the same rules."""
    found = {"good": 0, "torn": 0, "busy": 0, "session": 0}
    for number in range(reads):
        symbol = f"S{1 + number % INSTRUMENTS}"
        try:
            book = torture.stage.books[symbol]
            depth = book.depth(ROOM)
            bbo = book.bbo()
            price = depth.bids[number % len(depth.bids)].price if depth.bids else UNIT
            queue = book.orders("bid", price).orders
        except BookBusyError:
            found["busy"] += 1
            continue
        except BookError:
            found["session"] += 1
            continue
        session = book._session  # the rule is by the session that the book was looked up in
        good = all(
            level.quantity == level.orders * quantity_of(level.price // UNIT, session)
            for level in (*depth.bids, *depth.asks)
        )
        references = [order.order_reference for order in queue]
        good &= references == sorted(references)
        good &= all(order.quantity == quantity_of(price // UNIT, session) for order in queue)
        good &= bbo.bid_price is None or bbo.bid_quantity % quantity_of(bbo.bid_price // UNIT, session) == 0
        found["good" if good else "torn"] += 1
    return found


@pytest.fixture(scope="module")
def torture() -> Torture:
    """A writer that has written once, and readers that are compiled: compiling would keep threads from each other."""
    torture = Torture()
    torture.once()
    assert figures_of(torture, 10).tolist()[1] == 0
    careless_reader(torture.address, 10, numpy.zeros(2, numpy.int64))
    assert python_figures(torture, 10)["good"] == 10
    return torture


def test_no_copy_is_torn_while_orders_levels_ladders_and_sessions_change_under_the_readers(torture: Torture) -> None:
    first, second, third = torture.against(
        lambda: figures_of(torture), lambda: figures_of(torture), lambda: python_figures(torture)
    )
    for figures in (first, second):
        good, torn, _busy, session, impossible = figures.tolist()
        assert (torn, impossible) == (0, 0)
        assert good > READS
        assert session > 0, "a session began under the reader"
    assert third["torn"] == 0
    assert third["good"] > 100


def test_a_reader_that_does_not_look_at_the_version_does_see_torn_copies(torture: Torture) -> None:
    def careless() -> numpy.ndarray:
        figures = numpy.zeros(2, numpy.int64)
        for _ in range(200):
            careless_reader(torture.address, 1_000_000, figures)
            if figures[1] >= 10:
                break
        return figures

    [figures] = torture.against(careless)
    assert figures[1] >= 10
