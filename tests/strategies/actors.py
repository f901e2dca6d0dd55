"""Strategies for tests, and a stage on which they act. All inline ones share one pipeline, which is compiled once."""

from __future__ import annotations

from typing import Any

from feedhandler.books import Books, readers
from feedhandler.core.loop import Exit
from feedhandler.pipeline.inline import InlinePlan
from feedhandler.pipeline.pipeline import ChannelPlan, Pipeline
from feedhandler.pipeline.state import Capacities
from feedhandler.strategies import Quality, Strategy, each_instrument, epoch_ns, integer, parameter, real, state
from feedhandler.strategies.memory import parameter_values
from feedhandler.strategies.samples.inside_watcher import InsideWatcher
from feedhandler.strategies.samples.order_imbalance import OrderImbalance
from feedhandler.strategies.thread import SlowConsumer, ThreadPlan, ThreadStrategy
from tests.stage import LIMITS, memory_receiver, route
from tests.streams import Sent

CAPACITIES = Capacities(instruments=512, orders=512, levels=256, events=64, hold_packets=16, hold_packet_bytes=512)
BOOK, BBO, TRADE, STATUS, IMBALANCE, GAP, QUALITY, TIMER, SESSION = range(1, 10)
UNLUCKY_PRICE = 13_0000 * 100_000  # 13.0000 in 1e-9
SLOW_PRICE = 17_0000 * 100_000


class Recorder(Strategy):
    """Writes down every call: which hook, and three things that it was told."""

    entries = state(integer)
    hook = each_instrument(integer)
    first = each_instrument(integer)
    second = each_instrument(integer)
    third = each_instrument(integer)
    half = state(real)

    def note(self, hook, first, second, third):
        entry = self.entries
        self.hook[entry] = hook
        self.first[entry] = first
        self.second[entry] = second
        self.third[entry] = third
        self.entries = entry + 1
        self.half = self.entries / 2

    def on_book(self, book):
        self.note(BOOK, book.instrument, book.level_count(0), book.price_at(1, 1))

    def on_bbo(self, book):
        self.note(BBO, book.bid_price, book.ask_price, book.bid_quantity + book.ask_quantity)

    def on_trade(self, book, trade):
        self.note(TRADE, trade.price, trade.quantity, 4 * trade.side + 2 * trade.printable + (trade.auction != 0))

    def on_status(self, book, status):
        self.note(STATUS, book.instrument, status.status, status.sequence)

    def on_imbalance(self, book, imbalance):
        self.note(IMBALANCE, imbalance.paired_quantity, imbalance.reference_price, imbalance.direction)

    def on_gap(self, gap):
        self.note(GAP, gap.channel, gap.first, gap.count)

    def on_quality(self, change):
        self.note(QUALITY, change.channel, change.former, change.quality)

    def on_timer(self, time_ns):
        self.note(TIMER, time_ns, 0, 0)

    def on_session(self, session):
        self.note(SESSION, session.channel, session.ended, 0)


class Unlucky(Strategy):
    """Raises when the bid is at one price."""

    price = parameter(integer, UNLUCKY_PRICE)
    calls = state(integer)
    prices = each_instrument(integer)

    def on_bbo(self, book):
        self.calls += 1
        if book.bid_price == self.price:
            self.prices[book.bid_price] = 1


class Slow(Strategy):
    """Does not return for a while when the bid is at one price, or until it is told."""

    nanoseconds = parameter(integer, 400_000_000)

    def on_bbo(self, book):
        if book.bid_price == SLOW_PRICE:
            until = epoch_ns() + self.nanoseconds
            while epoch_ns() < until:
                pass


class Careful(Strategy):
    """Wants to hear only of books that can be trusted."""

    current_only = True
    calls = state(integer)
    untrusted = state(integer)
    last_sequence = each_instrument(integer)

    def on_book(self, book):
        self.calls += 1
        self.last_sequence[book.instrument] = book.sequence
        if book.quality != Quality.CURRENT:
            self.untrusted += 1

    def on_trade(self, book, trade):
        if book.quality != Quality.CURRENT:
            self.untrusted += 1


INLINE: tuple[type[Strategy], ...] = (Recorder, Unlucky, Slow, InsideWatcher, OrderImbalance, Careful)


class StrategyStage:
    """Two ITCH channels, one over lines 0 and 1, the other over line 2, with every inline actor and some in threads."""

    def __init__(
        self,
        *,
        symbols: tuple[str, ...] = ("*",),
        timer_ns: int = 0,
        parameters: dict[str, dict[str, Any]] | None = None,
        threads: tuple[type[Strategy], ...] = (),
        inline: bool = True,
        events: int = 1 << 16,
        slow_consumer: SlowConsumer = SlowConsumer.EVERY,
        limits: Any = LIMITS,
    ) -> None:
        given = parameters or {}
        plans = [
            InlinePlan(
                actor.__name__, actor, parameter_values(actor, given.get(actor.__name__, {})), symbols, (), timer_ns
            )
            for actor in (INLINE if inline else ())
        ]
        self.threads = [
            ThreadStrategy(
                ThreadPlan(actor.__name__, actor, parameter_values(actor, {}), symbols, (), timer_ns, slow_consumer),
                books=self,
                read_events=readers().read_events,
                instruments=2 * CAPACITIES.instruments,
            )
            for actor in threads
        ]
        for strategy in self.threads:
            strategy.events_minimum = events
        channels = [
            ChannelPlan("channel", lines=(0, 1), capacities=CAPACITIES, limits=limits),
            ChannelPlan("other", lines=(2,), capacities=CAPACITIES, limits=limits),
        ]
        self.pipeline = Pipeline(
            "stage", [route()], channels=channels, strategies=plans, listeners=self.threads
        )
        self.memory = self.pipeline.channels[0]
        self._books = Books(self.pipeline.channels)

    def get(self, symbol: str, channel: str | None = None) -> Any:
        return self._books.get(symbol, channel)

    def feed(self, *sent: Sent | bytes, drain: bool = True) -> StrategyStage:
        """Let these packets come; threads' strategies are drained afterwards."""
        receiver = memory_receiver([one if isinstance(one, Sent) else Sent(one) for one in sent])
        self.pipeline.receivers.clear()
        self.pipeline.attach(receiver)
        assert self.pipeline.run() is Exit.ENDED
        receiver.close()
        if drain:
            self.drain()
        return self

    def drain(self) -> None:
        for strategy in self.threads:
            while strategy.drain(int(self.pipeline.run_record.now_ns)):
                pass

    def state(self, actor: type[Strategy]) -> Any:
        """The record of an inline actor."""
        return self.pipeline.strategies.memories[INLINE.index(actor)].view

    def slot(self, actor: type[Strategy]) -> Any:
        return self.pipeline.strategies.slots[INLINE.index(actor)]

    def recorded(self, *hooks: int) -> list[tuple[int, int, int, int]]:
        """What the inline recorder wrote down, of some hooks or of all."""
        return recorded(self.pipeline.strategies.memories[0], *hooks)


def recorded(memory: Any, *hooks: int) -> list[tuple[int, int, int, int]]:
    """What a recorder wrote down."""
    columns = [memory.table(name)[: memory.view.entries].tolist() for name in ("hook", "first", "second", "third")]
    return [entry for entry in zip(*columns, strict=True) if not hooks or entry[0] in hooks]
