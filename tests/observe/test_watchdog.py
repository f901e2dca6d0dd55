"""The watchdog, with pipelines that are numbers and a clock that is one too."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from feedhandler.observe.watchdog import Watchdog

pytestmark = pytest.mark.interpreted

LIMIT_S = 0.1


class Rehearsal:
    """A watchdog that looks every 25 ms at one pipeline of two channels."""

    def __init__(self, strategy: str | None = None) -> None:
        self.now = 100.0
        self.channels = [SimpleNamespace(channel=SimpleNamespace(silent=0)) for _ in range(2)]
        self.run: Any = SimpleNamespace(polls=0, busy_since_ns=0)
        strategies = None if strategy is None else SimpleNamespace(current=strategy)
        pipeline: Any = SimpleNamespace(
            name="p", run_record=self.run, channels=self.channels, strategies=strategies
        )
        self.watchdog = Watchdog([pipeline], LIMIT_S, lambda: self.now)

    def look(self, after_s: float = 0.025) -> list[str]:
        self.now += after_s
        return [found.sentence for found in self.watchdog.look()]

    @property
    def silent(self) -> list[int]:
        return [memory.channel.silent for memory in self.channels]


def test_a_pipeline_that_polls_is_never_stuck() -> None:
    rehearsal = Rehearsal()
    for _ in range(50):
        rehearsal.run.polls += 1
        assert rehearsal.look() == []
    assert rehearsal.watchdog.stuck == set()


def test_one_that_does_not_is_told_once_and_its_books_are_stale() -> None:
    rehearsal = Rehearsal()
    rehearsal.run.busy_since_ns = 1
    assert rehearsal.look() == []  # how many polls there were is known from here on
    told = [sentence for _ in range(20) for sentence in rehearsal.look()]
    assert told == ["pipeline p has not polled for 0.1 s, processing a burst; its books are STALE"]
    assert rehearsal.silent == [1, 1]
    assert rehearsal.watchdog.stuck == {"p"}


def test_the_strategy_that_is_being_called_is_named() -> None:
    rehearsal = Rehearsal(strategy="spread")
    rehearsal.run.busy_since_ns = 1
    told = [sentence for _ in range(8) for sentence in rehearsal.look()]
    assert told == ["pipeline p has not polled for 0.1 s, in strategy spread; its books are STALE"]


def test_a_receiver_that_does_not_return_is_told_apart() -> None:
    told = [sentence for rehearsal in [Rehearsal()] for _ in range(8) for sentence in rehearsal.look()]
    assert told == ["pipeline p has not polled for 0.1 s, waiting for a receiver; its books are STALE"]


def test_that_it_goes_on_is_told_with_how_long_it_took() -> None:
    rehearsal = Rehearsal()
    for _ in range(9):
        rehearsal.look()
    rehearsal.run.polls += 1
    assert rehearsal.look() == ["pipeline p goes on; it was stuck for 0.2 s, waiting for a receiver"]
    assert rehearsal.watchdog.stuck == set()
    assert rehearsal.look() == []


def test_time_in_which_nobody_looked_proves_nothing() -> None:
    """The whole process was stopped for an hour: only half a limit counts of it."""
    rehearsal = Rehearsal()
    assert rehearsal.look() == []
    assert rehearsal.look(3600.0) == []
    rehearsal.run.polls += 1
    assert rehearsal.look() == []
    assert rehearsal.silent == [0, 0]


def test_books_stay_stale_for_as_long_as_it_is_stuck() -> None:
    rehearsal = Rehearsal()
    for _ in range(8):
        rehearsal.look()
    for memory in rehearsal.channels:
        memory.channel.silent = 0
    rehearsal.look()
    assert rehearsal.silent == [1, 1]
