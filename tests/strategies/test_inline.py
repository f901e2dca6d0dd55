"""Inline strategies: called in the pipeline at event boundaries, with what the venue said and the book it made."""

from __future__ import annotations

import threading

import pytest

from feedhandler.core.channel import Quality
from feedhandler.core.reasons import Reason
from feedhandler.observe.strategies import strategy_figures
from feedhandler.observe.watchdog import Watchdog
from feedhandler.pipeline.source import generate
from tests.stage import CLOCK_LINE, LIMITS, Stage, route
from tests.strategies.actors import (
    BBO,
    BOOK,
    CAPACITIES,
    GAP,
    INLINE,
    QUALITY,
    SESSION,
    SLOW_PRICE,
    STATUS,
    TIMER,
    TRADE,
    UNLUCKY_PRICE,
    Careful,
    InsideWatcher,
    OrderImbalance,
    Recorder,
    Slow,
    StrategyStage,
    Unlucky,
)
from tests.streams import (
    MILLISECOND,
    Sent,
    add,
    cross,
    delete,
    directory,
    end_of_session,
    execute,
    packet,
    trade,
    trading_action,
)

pytestmark = pytest.mark.interpreted
UNIT = 100_000  # 1e-4 of ITCH in 1e-9
EMPTY, CURRENT, STALE, RECOVERING = (int(quality) for quality in Quality)


def test_hooks_are_called_once_at_the_packets_end_events_first() -> None:
    """Two adds, an execution and a status in one packet: one change of the inside, as it is at the end."""
    stage = StrategyStage().feed(
        packet(1, [directory(1, "AAPL"), add(1, "B", 100, 10_0000), add(2, "S", 50, 11_0000), execute(1, 30),
                   trading_action(1, "AAPL", "H")])
    )  # fmt: skip
    assert stage.recorded(TRADE, STATUS, BBO, BOOK) == [
        (TRADE, 10_0000 * UNIT, 30, 2),
        (STATUS, 0, ord("H"), 5),
        (BBO, 10_0000 * UNIT, 11_0000 * UNIT, 120),
        (BOOK, 0, 1, 0),
    ]
    assert stage.state(Recorder).half == len(stage.recorded()) / 2


def test_a_change_below_the_inside_is_a_change_of_the_book_only() -> None:
    stage = StrategyStage().feed(packet(1, [directory(1, "AAPL"), add(1, "B", 100, 10_0000), add(2, "S", 1, 12_0000)]))
    before = len(stage.recorded(BBO))
    stage.feed(packet(4, [add(3, "B", 100, 9_0000), add(4, "S", 1, 13_0000)]))
    assert len(stage.recorded(BBO)) == before
    assert stage.recorded(BOOK)[-1] == (BOOK, 0, 2, 13_0000 * UNIT)


def test_auctions_and_hidden_trades_are_trades() -> None:
    stage = StrategyStage().feed(packet(1, [directory(1, "AAPL"), trade(7, 10_0000), cross(9, 11_0000)]))
    assert stage.recorded(TRADE) == [(TRADE, 10_0000 * UNIT, 7, 2), (TRADE, 11_0000 * UNIT, 9, 3)]


def test_only_watched_symbols_are_told_of() -> None:
    stage = StrategyStage(symbols=("MSFT", "A?PL*")).feed(
        packet(1, [directory(1, "AAPL"), directory(2, "GOOG"), directory(3, "MSFT"), add(1, locate=2, symbol="GOOG"),
                   add(2, locate=3, symbol="MSFT"), add(3, locate=1, symbol="AAPL")])
    )  # fmt: skip
    assert [entry[1] for entry in stage.recorded(BOOK)] == [2, 0]


def test_the_session_its_end_gaps_and_quality_are_told() -> None:
    stage = StrategyStage().feed(
        Sent(packet(1, [directory(1, "AAPL")]), 0, 1 * MILLISECOND),
        Sent(packet(3, [add(1)]), 0, 2 * MILLISECOND),
        Sent(b"\0", CLOCK_LINE, 5 * MILLISECOND),
        Sent(b"\0", CLOCK_LINE, 50 * MILLISECOND),
        Sent(end_of_session(4), 0, 51 * MILLISECOND),
        Sent(b"\0", CLOCK_LINE, 52 * MILLISECOND),
    )
    assert stage.recorded(GAP) == [(GAP, 0, 2, 1)]
    assert stage.recorded(QUALITY) == [
        (QUALITY, 0, EMPTY, CURRENT), (QUALITY, 0, CURRENT, RECOVERING), (QUALITY, 0, RECOVERING, STALE),
    ]  # fmt: skip
    assert stage.recorded(SESSION) == [(SESSION, 0, 0, 0), (SESSION, 0, 1, 0)]


def test_loss_is_told_for_the_books_of_its_channel_only_and_from_its_place_on() -> None:
    """One that asked for CURRENT hears of no other book, in either home; the others hear of all."""
    stage = StrategyStage(threads=(Careful,))
    for sent in (
        Sent(packet(1, [directory(1, "AAPL"), add(1)]), 0, 1 * MILLISECOND),
        Sent(packet(1, [directory(1, "MSFT"), add(1, symbol="MSFT")]), 2, 1 * MILLISECOND),
        Sent(packet(4, [add(3)]), 0, 2 * MILLISECOND),
        Sent(packet(3, [add(2, symbol="MSFT")]), 2, 2 * MILLISECOND),
        Sent(b"\0", CLOCK_LINE, 60 * MILLISECOND),
        Sent(packet(5, [add(4), trade(1, 10_0000)]), 0, 61 * MILLISECOND),
        Sent(packet(4, [add(3, symbol="MSFT"), trade(1, 10_0000, symbol="MSFT")]), 2, 61 * MILLISECOND),
    ):
        stage.feed(sent)
    first, other = 0, CAPACITIES.instruments
    for memory in (stage.pipeline.strategies.memories[INLINE.index(Careful)], stage.threads[0].memory):
        assert (memory.view.calls, memory.view.untrusted) == (4, 0)
        # The last word of AAPL that could be believed is that of sequence 2; MSFT was never in doubt.
        assert (memory.view.last_sequence[first], memory.view.last_sequence[other]) == (2, 5)
    assert [entry[1] for entry in stage.recorded(BOOK)] == [first, other, other, first, first, other]
    assert stage.get("AAPL", "channel").bbo().quality is Quality.STALE
    assert stage.get("MSFT", "other").bbo().quality is Quality.CURRENT


def test_a_gap_that_the_end_of_the_input_makes_is_told() -> None:
    stage = StrategyStage().feed(packet(1, [directory(1, "AAPL")]), packet(3, [add(1)]))
    stage.pipeline.finish()
    assert stage.recorded(GAP) == [(GAP, 0, 2, 1)]


def test_a_timer_is_called_at_multiples_of_its_interval_before_later_packets() -> None:
    stage = StrategyStage(timer_ns=10 * MILLISECOND).feed(
        Sent(packet(1, [directory(1, "AAPL")]), 0, 1_003 * MILLISECOND),
        Sent(packet(2, [add(1)]), 0, 1_009 * MILLISECOND),
        Sent(packet(3, [add(2)]), 0, 1_031 * MILLISECOND),
    )
    assert stage.recorded(TIMER, BOOK) == [
        (BOOK, 0, 1, 0),
        (TIMER, 1_010 * MILLISECOND, 0, 0), (TIMER, 1_020 * MILLISECOND, 0, 0), (TIMER, 1_030 * MILLISECOND, 0, 0),
        (BOOK, 0, 1, 0),
    ]  # fmt: skip


def test_a_timer_that_is_far_behind_comes_to_the_present_and_says_what_it_passed_over() -> None:
    """A night between two packets is more than 100,000 intervals of a millisecond."""
    night = 12 * 3_600_000 * MILLISECOND
    stage = StrategyStage(timer_ns=MILLISECOND).feed(
        Sent(packet(1, [directory(1, "AAPL")]), 0, MILLISECOND), Sent(packet(2, [add(1)]), 0, MILLISECOND + night)
    )
    (last,) = stage.recorded(TIMER)
    assert last == (TIMER, MILLISECOND + night, 0, 0)
    skipped = {figures.name: figures.timers_skipped for figures in strategy_figures([stage.pipeline], [])}
    assert set(skipped.values()) == {0, night // MILLISECOND - 1}


def test_one_that_raises_is_quarantined_and_the_feed_goes_on() -> None:
    """The others are called as before, the books and the digest are the same as without strategies."""
    packets = [
        packet(1, [directory(1, "AAPL"), add(1, "B", 100, 12_0000)]),
        packet(3, [add(2, "B", 100, UNLUCKY_PRICE // UNIT)]),
        packet(4, [delete(2)]),
        packet(5, [add(3, "B", 100, 14_0000)]),
    ]
    stage = StrategyStage().feed(*packets)
    assert stage.state(Unlucky).calls == 2
    assert stage.slot(Unlucky).running == 0
    assert stage.slot(Recorder).running == 1
    assert len(stage.recorded(BBO)) == 4
    assert int(stage.memory.channel.digest) == int(Stage().feed(*packets).channel.digest)


def test_the_report_of_one_that_raised_shows_the_line() -> None:
    stage = StrategyStage().feed(packet(1, [directory(1, "AAPL"), add(1, "B", 100, UNLUCKY_PRICE // UNIT)]))
    report = stage.pipeline.strategies.raised()
    assert list(report) == ["Unlucky"]
    assert "Unlucky.on_bbo raised at sequence 2" in report["Unlucky"]
    assert "self.prices[book.bid_price] = 1" in report["Unlucky"]
    assert "IndexError" in report["Unlucky"]


def test_state_can_be_read_while_it_runs_by_name() -> None:
    stage = StrategyStage(parameters={"InsideWatcher": {"wide_spread": "0.5"}}).feed(
        packet(1, [directory(1, "AAPL"), add(1, "B", 100, 10_0000), add(2, "S", 1, 11_0000), execute(1, 40)])
    )
    memory = stage.pipeline.strategies.memories[3]
    values = memory.values()
    expected = {"wide_spread": 500_000_000, "wide": 1, "trades": 1, "traded_quantity": 40}
    assert {name: values[name] for name in expected} == expected
    assert memory.table("widest")[0] == 1_000_000_000
    imbalance = stage.pipeline.strategies.memories[4]
    assert imbalance.table("signal")[0] == pytest.approx(0.2 * (60 - 1) / 61)


def test_samples_hear_what_they_ask_for() -> None:
    stage = StrategyStage().feed(packet(1, [directory(1, "AAPL"), add(1), add(2, "S", 1, 2_000_000)]))
    assert stage.state(InsideWatcher).changes == 1
    assert stage.state(OrderImbalance).updates == 1


def test_a_hook_that_does_not_return_is_seen_and_its_books_are_stale() -> None:
    """Until the pipeline's next packet; nothing can interrupt it."""
    stage = StrategyStage(limits=LIMITS, parameters={"Slow": {"nanoseconds": 700_000_000}})
    stage.feed(packet(1, [directory(1, "AAPL"), add(1, "B", 100, 10_0000)]))
    worker = threading.Thread(target=stage.feed, args=(packet(3, [add(2, "B", 100, SLOW_PRICE // UNIT)]),))
    worker.start()
    while stage.pipeline.strategies.current != "Slow":
        assert worker.is_alive()
    clock = iter(range(10_000))
    watchdog = Watchdog([stage.pipeline], 2.0, lambda: float(next(clock)))
    found = [stuck for _ in range(5) for stuck in watchdog.look()]
    quality = int(stage.memory.channel.silent)
    worker.join()
    assert [(stuck.pipeline, stuck.doing) for stuck in found] == [("stage", "in strategy Slow")]
    assert quality == 1
    stage.feed(packet(4, [add(3)]))
    assert stage.memory.channel.silent == 0
    assert stage.slot(Slow).running == 1


def test_calls_are_counted_and_some_are_timed() -> None:
    stage = StrategyStage().feed(packet(1, [directory(1, "AAPL")]))
    stage.feed(*(packet(2 + number, [add(1 + number, "B", 1, 1_0000 + number)]) for number in range(32)))
    slot = stage.slot(InsideWatcher)
    assert (slot.calls, slot.timed_calls) == (32, 2)
    assert slot.timed_ns >= slot.longest_ns > 0


def test_more_events_than_the_ring_holds_are_counted_as_lost() -> None:
    """The ring is made small behind the pipeline's back; as it is made, a packet cannot fill it."""
    stage = StrategyStage().feed(packet(1, [directory(1, "AAPL")]))
    assert stage.memory.events.mask + 1 >= 1 << 14
    stage.memory.events.mask = 3
    stage.feed(packet(2, [trade(1 + number, 10_0000) for number in range(10)]))
    assert stage.memory.reasons()[Reason.STRATEGY_EVENTS_LOST] == 1
    assert [entry[2] for entry in stage.recorded(TRADE)] == [7, 8, 9, 10]


def test_without_strategies_nothing_is_left_of_them_in_the_pipeline() -> None:
    text = generate("plain", [route()])
    assert "strateg" not in text
    assert "Hooks" not in text


def test_hooks_that_nobody_defines_are_not_in_the_pipeline() -> None:
    text = generate("quiet", [route()], [Slow])
    assert "on_bbo" in text
    for name in ("on_trade", "events_dispatch", "quality_fill", "timer_due"):
        assert name not in text
