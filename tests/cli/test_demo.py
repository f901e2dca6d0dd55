"""`feedhandler demo`: a live day in small, and its check against the venue's own books."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from feedhandler.cli import demo
from feedhandler.cli.exit_codes import ExitCode
from feedhandler.core.jit import INTERPRETED

if TYPE_CHECKING:
    from tests.cli.conftest import Run

pytestmark = pytest.mark.skipif(INTERPRETED, reason="a live market is too fast for interpreted code")


def test_the_demo_repairs_its_losses_and_ends_with_the_venues_books(run: Run) -> None:
    ran = run("demo", "--seconds", "4", "--json")
    assert ran.code == 0, ran.log
    assert ran.data["differences"] == []
    channel = ran.data["channels"][0]
    assert (channel["state"], ran.data["gap_count"]) == ("ENDED", 0)
    assert ran.data["messages"] == ran.data["venue"]["messages"]
    assert ran.data["orders_live"] == ran.data["venue"]["orders_live"] > 1_000
    first, second, replies = channel["lines"]
    assert first["missing"] > 0
    assert second["missing"] > 0
    assert replies["first_arrivals"] > 0
    strategies = {each["name"]: each for each in ran.data["strategies"]}
    assert all(each["running"] for each in strategies.values())
    assert strategies["inside"]["state"]["changes"] == strategies["latency"]["state"]["changes"] > 0
    assert strategies["imbalance"]["state"]["updates"] > 0
    assert ran.data["pipelines"][0]["latencies_ns"]["strategy"]["count"] > 0


def test_books_that_are_not_the_venues_end_it_with_a_code_of_their_own(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody asks for what was lost on all lines, so that books go without it."""
    from feedhandler.app import Application

    def deaf(deployment: Any, _venue: Any) -> Application:
        return Application(deployment.model_copy(update={"retransmission": None}), live=True)

    monkeypatch.setattr(demo, "_application", deaf)
    monkeypatch.setattr(demo, "LOSS_TOGETHER", 0.02)
    ran = run("demo", "--seconds", "1.5", "--json")
    assert ran.code == ExitCode.BOOKS_DIFFER
    assert ran.data["gap_count"] > 0
    assert any("is STALE" in difference for difference in ran.data["differences"])
