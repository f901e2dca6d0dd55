"""What a strategy declares, and what is refused."""

from __future__ import annotations

import pytest

from feedhandler.core import strategy_calls
from feedhandler.strategies import (
    Strategy,
    StrategyError,
    boolean,
    duration,
    each_instrument,
    histogram,
    histogram_add,
    integer,
    parameter,
    price,
    real,
    secret,
    state,
    text,
)
from feedhandler.strategies import thread_notices as notices
from feedhandler.strategies.compiling import check_compiles
from feedhandler.strategies.memory import StrategyMemory, parameter_values
from feedhandler.strategies.samples.inside_watcher import InsideWatcher
from feedhandler.strategies.samples.order_imbalance import OrderImbalance


class Everything(Strategy):
    limit = parameter(price, "0.05", "a price", minimum=0, maximum=10)
    share = parameter(real, 0.5, "a share", minimum=0.0, maximum=1.0)
    wait = parameter(duration, "10ms", "a wait")
    eager = parameter(boolean, False, "a switch")
    count = parameter(integer, sentence="how many")
    seen = state(integer)
    mean = state(real)
    table = each_instrument(real)
    delays = histogram()


def test_parameters_are_given_as_people_write_them() -> None:
    values = parameter_values(Everything, {"limit": 0.1, "wait": "2s", "eager": True, "count": 3})
    assert values == {"limit": 100_000_000, "share": 0.5, "wait": 2_000_000_000, "eager": 1, "count": 3}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "count: is missing; Everything needs a whole number: how many"),
        ({"count": 1, "cuont": 2}, "cuont: Everything has no such parameter; it has limit, share"),
        ({"count": 1.5}, "count: found 1.5; expected a whole number"),
        ({"count": True}, "count: found True; expected a whole number"),
        ({"count": 1 << 63}, "expected a number of at most 64 bits"),
        ({"count": 1, "limit": "cheap"}, "limit: found 'cheap'; expected a price such as 0.05"),
        ({"count": 1, "limit": "0.0000000001"}, "expected a price with at most nine decimals"),
        ({"count": 1, "limit": -1}, "expected at least 0"),
        ({"count": 1, "limit": 11}, "expected at most 10"),
        ({"count": 1, "share": "half"}, "expected a number"),
        ({"count": 1, "wait": 5}, "expected a duration with its unit"),
        ({"count": 1, "eager": 1}, "expected true or false"),
    ],
)
def test_wrong_parameters_are_refused_in_words(given: dict[str, object], words: str) -> None:
    with pytest.raises(StrategyError) as error:
        parameter_values(Everything, given)
    assert words in str(error.value)


def test_a_secret_is_never_shown() -> None:
    class Keeper(Strategy):
        key = parameter(secret)

    with pytest.raises(StrategyError) as error:
        parameter_values(Keeper, {"key": "hunter2"})
    assert "hunter2" not in str(error.value)
    assert "${" in str(error.value)


def test_state_begins_as_nothing_and_is_read_by_name() -> None:
    memory = StrategyMemory(Everything, parameter_values(Everything, {"count": 3}), 10)
    memory.view.seen += 2
    memory.view.mean = 1.5
    memory.view.table[9] = 2.5
    values = memory.values()
    assert (values["seen"], values["mean"], values["eager"], values["count"]) == (2, 1.5, False, 3)
    assert memory.table("table").tolist() == [0.0] * 9 + [2.5]
    with pytest.raises(IndexError):
        memory.view.table[10] = 1.0


def test_a_histogram_says_its_quantiles() -> None:
    from feedhandler.core.jit import hot

    @hot
    def fill(address):
        view = Everything(address)
        for value in range(1, 1001):
            histogram_add(view.delays, value)
        return view.delays.count

    memory = StrategyMemory(Everything, parameter_values(Everything, {"count": 3}), 1)
    assert fill(memory.address) == 1000
    found = memory.values()["delays"]
    assert (found["count"], found["mean"], found["max"]) == (1000, 500, 1000)
    assert 500 <= found["p50"] <= 532
    assert 990 <= found["p99"] <= 1000


def test_an_unknown_hook_is_refused() -> None:
    with pytest.raises(StrategyError, match="there is no hook on_tarde; there are on_book"):

        class Wrong(Strategy):
            def on_tarde(self, book):
                pass


def test_a_hook_with_other_arguments_is_refused() -> None:
    with pytest.raises(StrategyError, match="on_trade takes self and 2 more, not 1"):

        class Wrong(Strategy):
            def on_trade(self, trade):
                pass


def test_state_is_numbers() -> None:
    with pytest.raises(StrategyError, match="state is numbers"):

        class Wrong(Strategy):
            name = state(text)


def test_a_strategy_can_be_refined() -> None:
    class Narrow(InsideWatcher):
        narrow = state(integer)

        def on_bbo(self, book):
            self.narrow += 1

    assert Narrow.hooks["on_bbo"] is Narrow.__dict__["on_bbo"]
    assert Narrow.hooks["on_trade"] is InsideWatcher.hooks["on_trade"]
    assert Narrow.size > InsideWatcher.size
    assert "wide_spread" in Narrow.parameters


@pytest.mark.parametrize("strategy", [InsideWatcher, OrderImbalance])
def test_every_sample_compiles(strategy: type[Strategy]) -> None:
    check_compiles(strategy)


def test_what_does_not_compile_is_told_by_hook() -> None:
    from feedhandler.core.jit import INTERPRETED

    class Scribe(Strategy):
        def on_bbo(self, book):
            self.lines = [str(book)]

    if INTERPRETED:
        check_compiles(Scribe)
        return
    with pytest.raises(StrategyError, match=r"Scribe.on_bbo cannot be compiled; mend it, or give the strategy home"):
        check_compiles(Scribe)


def test_threads_are_told_by_the_same_names_as_compiled_hooks() -> None:
    pairs = {
        "TradeSeen": "TradeNotice", "StatusSeen": "StatusNotice", "ImbalanceSeen": "ImbalanceNotice",
        "GapSeen": "GapNotice", "QualitySeen": "QualityNotice", "SessionSeen": "SessionNotice",
    }  # fmt: skip
    for python, compiled in pairs.items():
        assert list(getattr(notices, python)._fields) == list(getattr(strategy_calls, compiled).slots)
    book = set(dir(notices.ThreadBook(type("Any", (), {"symbol": "A"})(), 0, 1, 1)))
    private = {"channel", "index", "header", "levels", "symbol_length", "order_count", "trading_status"}
    spare = {name for name in strategy_calls.InstrumentBook.slots if name.startswith("spare")}
    assert set(strategy_calls.InstrumentBook.slots) - private - spare <= book
    assert set(strategy_calls.BOOK_METHODS) <= book
