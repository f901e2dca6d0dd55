"""Strategies in threads: the same classes as inline, fed by the ring, with a policy for those who are slow."""

from __future__ import annotations

import threading
import time

import pytest

from feedhandler.strategies import Strategy, integer, parameter, secret, state, text
from feedhandler.strategies.memory import parameter_values
from feedhandler.strategies.thread import SlowConsumer
from tests.stage import CLOCK_LINE
from tests.strategies.actors import (
    BBO,
    BOOK,
    GAP,
    QUALITY,
    SESSION,
    STATUS,
    TRADE,
    UNLUCKY_PRICE,
    InsideWatcher,
    OrderImbalance,
    Recorder,
    StrategyStage,
    Unlucky,
    recorded,
)
from tests.streams import MILLISECOND, Sent, add, delete, directory, execute, packet, trade, trading_action

UNIT = 100_000


class Diary(Strategy):
    """Keeps what only Python can keep."""

    losses = state(integer)

    def on_start(self):
        self.lines = ["start"]

    def on_bbo(self, book):
        self.lines.append(f"{book.symbol} {book.bid_price // UNIT}")

    def on_loss(self, count):
        self.losses += count

    def on_stop(self):
        self.lines.append("stop")


class Keeper(Strategy):
    """Has parameters that are text."""

    url = parameter(text, "none")
    key = parameter(secret)


def packets() -> list[bytes]:
    return [
        packet(1, [directory(1, "AAPL"), add(1, "B", 100, 10_0000), add(2, "S", 50, 11_0000)]),
        packet(4, [execute(1, 30), trading_action(1, "AAPL", "H")]),
        packet(6, [delete(1), trade(5, 10_5000)]),
    ]


def test_a_class_hears_the_same_inline_and_in_a_thread() -> None:
    """Packet by packet, in lock-step; the thread hears of changed books last, since those it has to look up."""
    stage = StrategyStage(threads=(Recorder,))
    for one in packets():
        stage.feed(one)
    inline, thread = stage.recorded(), recorded(stage.threads[0].memory)
    assert len(inline) == len(thread)
    for kinds in ((TRADE,), (STATUS,), (BBO,), (BOOK,), (SESSION,), (QUALITY,), (GAP,)):
        assert [one for one in inline if one[0] in kinds] == [one for one in thread if one[0] in kinds]


def test_gaps_and_quality_reach_a_thread() -> None:
    stage = StrategyStage(threads=(Recorder,))
    for sent in (
        Sent(packet(1, [directory(1, "AAPL")]), 0, 1 * MILLISECOND),
        Sent(packet(3, [add(1)]), 0, 2 * MILLISECOND),
        Sent(b"\0", CLOCK_LINE, 5 * MILLISECOND),
        Sent(b"\0", CLOCK_LINE, 50 * MILLISECOND),
    ):
        stage.feed(sent)
    assert recorded(stage.threads[0].memory, GAP) == [(GAP, 0, 2, 1)]
    assert recorded(stage.threads[0].memory, QUALITY) == stage.recorded(QUALITY)


def test_samples_say_the_same_in_both_homes() -> None:
    stage = StrategyStage(threads=(InsideWatcher, OrderImbalance))
    for one in packets():
        stage.feed(one)
    for inline, thread in zip(stage.pipeline.strategies.memories[3:5], stage.threads, strict=True):
        # One change of a book after several messages of one packet is one call in both homes.
        assert thread.memory.values() == inline.values()


def test_only_watched_symbols_reach_a_thread() -> None:
    stage = StrategyStage(symbols=("M*",), threads=(Diary,))
    stage.feed(packet(1, [directory(1, "AAPL"), directory(2, "MSFT"), add(1), add(2, locate=2, symbol="MSFT")]))
    assert stage.threads[0].memory.view.lines == ["start", "MSFT 1000000"]


def test_one_that_is_named_after_it_was_heard_reaches_a_thread() -> None:
    stage = StrategyStage(symbols=("M*",), threads=(Diary,))
    stage.feed(packet(1, [delete(9, locate=2), add(1, symbol="MTU")]))
    stage.feed(packet(3, [directory(2, "MSFT"), add(2, locate=2, symbol="MSFT")]))
    assert stage.threads[0].memory.view.lines == ["start", "MTU 1000000", "MSFT 1000000"]


def test_start_and_stop_are_told() -> None:
    stage = StrategyStage(threads=(Diary,)).feed(*packets())
    stage.threads[0].finish(0)
    lines = stage.threads[0].memory.view.lines
    assert (lines[0], lines[-1]) == ("start", "stop")


def test_one_that_raises_is_stopped_with_its_traceback() -> None:
    stage = StrategyStage(threads=(Unlucky, Recorder))
    stage.feed(packet(1, [directory(1, "AAPL"), add(1, "B", 1, UNLUCKY_PRICE // UNIT)]))
    unlucky, recorder = stage.threads
    assert not unlucky.running
    assert "self.prices[book.bid_price] = 1" in unlucky.raised
    stage.feed(packet(3, [add(2, "B", 1, UNLUCKY_PRICE // UNIT + 1)]))
    assert recorder.running
    assert len(recorded(recorder.memory, BBO)) == 2


def flooded(slow_consumer: SlowConsumer) -> StrategyStage:
    """A stage with room for 64 events, on which the inside changed a hundred times, and nobody drained."""
    stage = StrategyStage(inline=False, events=64, threads=(Diary,), slow_consumer=slow_consumer)
    stage.feed(packet(1, [directory(1, "AAPL")]))
    bodies = [message for number in range(50) for message in (add(1 + number, "B", 1, 10_0000), delete(1 + number))]
    return stage.feed(*(packet(2 + place, [body]) for place, body in enumerate(bodies)), drain=False)


def test_every_event_that_was_overwritten_is_counted_and_told() -> None:
    stage = flooded(SlowConsumer.EVERY)
    stage.drain()
    strategy = stage.threads[0]
    assert strategy.lost == 100 - 64
    assert strategy.memory.view.losses == 100 - 64
    assert len(strategy.memory.view.lines) == 1 + 64
    assert strategy.running


def test_the_policy_stop_stops_at_the_first_loss() -> None:
    stage = flooded(SlowConsumer.STOP)
    stage.drain()
    assert not stage.threads[0].running
    assert "were lost to slowness" in stage.threads[0].raised


def test_the_policy_latest_hands_over_the_newest_of_each_kind() -> None:
    stage = StrategyStage(threads=(Recorder,), slow_consumer=SlowConsumer.LATEST)
    stage.feed(packet(1, [directory(1, "AAPL")]))
    stage.feed(*(packet(2 + number, [add(1 + number, "B", 1, 10_0000 + number)]) for number in range(50)))
    heard = recorded(stage.threads[0].memory, BBO)
    assert heard == [(BBO, 10_0049 * UNIT, 0, 1)]
    assert stage.threads[0].passed_over > 49


def test_the_age_of_the_backlog_is_measured() -> None:
    stage = StrategyStage(threads=(Diary,))
    stage.feed(Sent(packet(1, [directory(1, "AAPL"), add(1)]), 0, 5 * MILLISECOND), drain=False)
    stage.threads[0].drain(25 * MILLISECOND)
    assert stage.threads[0].backlog_ns == 20 * MILLISECOND
    stage.threads[0].drain(30 * MILLISECOND)
    assert (stage.threads[0].backlog_ns, stage.threads[0].backlog_maximum_ns) == (0, 20 * MILLISECOND)


def test_a_thread_lives_beside_the_pipeline_and_ends() -> None:
    stage = StrategyStage(threads=(Diary,))
    strategy = stage.threads[0]
    strategy.start()
    stage.feed(*packets(), drain=False)
    assert strategy.stop(30)
    assert strategy.memory.view.lines[-1] == "stop"
    assert "AAPL 100000" in strategy.memory.view.lines


def test_a_hook_that_hangs_is_left_behind() -> None:
    let_go = threading.Event()

    class Hanging(Strategy):
        def on_bbo(self, book):
            let_go.wait(60)

    stage = StrategyStage(threads=(Hanging,))
    stage.threads[0].start()
    stage.feed(*packets(), drain=False)
    while stage.threads[0].calls == 0:
        time.sleep(0.001)
    assert not stage.threads[0].stop(0.01)
    let_go.set()
    assert stage.threads[0].stop(60)


def test_text_and_secrets_are_attributes(monkeypatch: pytest.MonkeyPatch) -> None:
    from feedhandler.configuration.values import EnvironmentReference
    from feedhandler.strategies.memory import StrategyMemory

    monkeypatch.setenv("KEEPER_KEY", "open sesame")
    values = parameter_values(Keeper, {"url": "https://example.org", "key": EnvironmentReference("${KEEPER_KEY}")})
    view = StrategyMemory(Keeper, values, 1).view
    assert (view.url, view.key) == ("https://example.org", "open sesame")


def test_a_book_that_cannot_be_read_says_that_it_is_not_trusted() -> None:
    """A session that begins between the event and the look leaves the strategy running."""
    from feedhandler.core.channel import Quality
    from feedhandler.strategies.thread_notices import ThreadBook

    class Gone:
        symbol = "AAPL"

        def bbo(self) -> None:
            raise LookupError

        def depth(self, levels: int) -> None:
            raise LookupError

    book = ThreadBook(Gone(), 0, 1, 1).seen(None, 7)
    assert (book.quality, book.bid_quantity, book.level_count(0), book.received_ns) == (Quality.STALE, 0, 0, 7)


def test_one_that_keeps_everything_changes_nothing_for_the_feed() -> None:
    """It leaks into its own memory only: books, digest and the other strategies are as they were."""

    class Hoarder(Strategy):
        def on_start(self):
            self.kept = []

        def on_book(self, book):
            self.kept.append((book, bytearray(100_000)))

    with_it, without = StrategyStage(threads=(Hoarder, Recorder)), StrategyStage(threads=(Recorder,))
    for one in packets():
        with_it.feed(one)
        without.feed(one)
    assert len(with_it.threads[0].memory.view.kept) > 0
    assert int(with_it.memory.channel.digest) == int(without.memory.channel.digest)
    assert recorded(with_it.threads[1].memory) == recorded(without.threads[0].memory)
