"""What the log is told while a run goes on: changes once, drops as they grow, figures with their rates."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from feedhandler.observe.figures import Figures, PipelineFigures, ReceiverFigures
from feedhandler.observe.report import Reporter
from tests.observe.test_status import figures

pytestmark = pytest.mark.interpreted


class Told:
    """A logger that keeps what it is told."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, str, dict[str, Any]]] = []

    def info(self, event: str, **named: Any) -> None:
        self.entries.append(("info", event, named))

    def warning(self, event: str, **named: Any) -> None:
        self.entries.append(("warning", event, named))

    def taken(self) -> list[tuple[str, str, dict[str, Any]]]:
        taken, self.entries = self.entries, []
        return taken


def with_receiver(found: Figures, *, kernel: int = 0, device: int = 0) -> Figures:
    """The figures with one receiver that lost some frames."""
    receiver = ReceiverFigures(
        kind="socket", mode="spin", accelerated=None, frames=9, bytes=90, dropped_receiver=0, dropped_kernel=kernel,
        dropped_device=device, endpoints=(),
    )  # fmt: skip
    pipeline: PipelineFigures = found.pipelines[0]
    return replace(found, pipelines=(replace(pipeline, receivers=(receiver,)),))


def test_a_state_is_told_when_it_changes_and_as_a_warning_where_books_are_not_current() -> None:
    told = Told()
    reporter = Reporter(told)
    reporter.tell_changes(figures("CURRENT"))
    reporter.tell_changes(figures("CURRENT", sequence=9))
    reporter.tell_changes(figures("STALE", sequence=9, state="BACKFILL"))
    reporter.tell_changes(figures("CURRENT", sequence=12))
    assert [(level, entry["state"], entry["quality"], entry["sequence"]) for level, _, entry in told.taken()] == [
        ("info", "SYNCHRONIZED", "CURRENT", 7),
        ("warning", "BACKFILL", "STALE", 9),
        ("info", "SYNCHRONIZED", "CURRENT", 12),
    ]


def test_channels_are_told_apart() -> None:
    told = Told()
    Reporter(told).tell_changes(figures("CURRENT", "STALE"))
    assert [(level, entry["channel"]) for level, _, entry in told.taken()] == [("info", "c0"), ("warning", "c1")]


def test_drops_are_told_as_they_grow_with_what_would_mend_them() -> None:
    told = Told()
    reporter = Reporter(told)
    for kernel, device in ((0, 0), (5, 0), (5, 0), (7, 2)):
        reporter.tell_changes(with_receiver(figures("CURRENT"), kernel=kernel, device=device))
    dropped = [(event, entry) for level, event, entry in told.taken() if level == "warning"]
    assert [(entry["by"], entry["frames"], entry["total"]) for _, entry in dropped] == [
        ("kernel", 5, 5), ("kernel", 2, 7), ("device", 2, 2),
    ]  # fmt: skip
    assert "receive_buffer" in dropped[0][0]
    assert "ethtool -G" in dropped[2][0]


def test_a_channel_that_came_since_the_last_figures_has_its_own_rate() -> None:
    told, now = Told(), [100.0]
    reporter = Reporter(told, lambda: now[0])
    now[0] += 1.0
    reporter.tell_figures(figures("CURRENT", messages=500))
    told.taken()
    now[0] += 1.0
    reporter.tell_figures(figures("CURRENT", "CURRENT", messages=800))
    rates = {entry["channel"]: entry["messages_per_second"] for _, event, entry in told.taken() if event == "channel"}
    assert rates == {"c0": 300.0, "c1": 800.0}


def test_figures_have_rates_since_they_were_told_last() -> None:
    told, now = Told(), [100.0]
    reporter = Reporter(told, lambda: now[0])
    for messages, busy_ns in ((1_000, 500_000_000), (4_000, 1_500_000_000)):
        now[0] += 2.0
        found = figures("CURRENT", messages=messages)
        reporter.tell_figures(replace(found, pipelines=(replace(found.pipelines[0], busy_ns=busy_ns),)))
    entries = told.taken()
    rates = [entry["messages_per_second"] for _, event, entry in entries if event == "channel"]
    busy = [entry["busy_share"] for _, event, entry in entries if event == "pipeline"]
    assert (rates, busy) == ([500.0, 1500.0], [0.25, 0.5])
