"""What strategies say of themselves: their calls, their time, what they lost, and their own state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rich.table import Table
from rich.text import Text

from feedhandler.observe.counters import counted, counter
from feedhandler.pipeline.pipeline import Pipeline
from feedhandler.strategies.memory import StrategyMemory
from feedhandler.strategies.thread import ThreadStrategy


@dataclass(frozen=True, kw_only=True)
class StrategyFigures:
    """One strategy."""

    name: str
    home: str
    running: bool = counter("yes or no", "It is called; no: it raised, or was too slow, and is not called any more.")
    calls: int = counter("calls", "Calls of its hooks.")
    timed_calls: int = counter("calls", "Calls that were timed: of an inline strategy one in sixteen.")
    mean_ns: int = counter("ns", "Time of those, on average.")
    longest_ns: int = counter("ns", "The longest of those.")
    timers_skipped: int = counter("timers", "Timers that an inline strategy far behind was not called for.")
    lost: int = counter("events", "Events that were overwritten before a thread came to them.")
    passed_over: int = counter("events", "Events that `slow_consumer: latest` left out for newer ones.")
    backlog_ns: int = counter("ns", "Age of the oldest event when a thread last came to it.")
    backlog_maximum_ns: int = counter("ns", "The greatest such age.")
    state: dict[str, Any]  #: parameters and state by name


def strategy_figures(pipelines: Iterable[Pipeline], threads: Iterable[ThreadStrategy]) -> list[StrategyFigures]:
    """The figures of all strategies, inline ones first."""
    return [
        *(
            _inline(plan.name, memory, slot)
            for pipeline in pipelines
            if (inline := pipeline.strategies) is not None
            for plan, memory, slot in zip(inline.plans, inline.memories, inline.slots, strict=True)
        ),
        *(_thread(thread) for thread in threads),
    ]


def _inline(name: str, memory: StrategyMemory, slot: Any) -> StrategyFigures:
    timed = int(slot.timed_calls)
    return StrategyFigures(
        name=name,
        home="inline",
        running=bool(slot.running),
        calls=int(slot.calls),
        timed_calls=timed,
        mean_ns=int(slot.timed_ns) // timed if timed else 0,
        longest_ns=int(slot.longest_ns),
        timers_skipped=int(slot.timers_skipped),
        lost=0,
        passed_over=0,
        backlog_ns=0,
        backlog_maximum_ns=0,
        state=memory.values(),
    )


def _thread(thread: ThreadStrategy) -> StrategyFigures:
    return StrategyFigures(
        name=thread.plan.name,
        home="thread",
        running=thread.raised is None,
        calls=thread.calls,
        timed_calls=thread.calls,
        mean_ns=thread.busy_ns // thread.calls if thread.calls else 0,
        longest_ns=thread.longest_ns,
        timers_skipped=0,
        lost=thread.lost,
        passed_over=thread.passed_over,
        backlog_ns=thread.backlog_ns,
        backlog_maximum_ns=thread.backlog_maximum_ns,
        state=thread.memory.values(),
    )


def strategy_data(figures: Iterable[StrategyFigures]) -> list[dict[str, Any]]:
    """The figures as plain data."""
    return [{"name": each.name, "home": each.home, **counted(each), "state": each.state} for each in figures]


def strategies_view(data: Iterable[dict[str, Any]]) -> Table:
    """A line a strategy: its calls and time, and what it says of itself."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("strategy")
    table.add_column("home")
    for name in ("calls", "mean", "longest", "lost"):
        table.add_column(name, justify="right")
    table.add_column("state")
    for each in data:
        told = ", ".join(f"{name} {_shown(value)}" for name, value in each["state"].items())
        table.add_row(
            each["name"],
            each["home"],
            f"{each['calls']:,}",
            f"{each['mean_ns']:,} ns" if each["timed_calls"] else "",
            f"{each['longest_ns']:,} ns" if each["timed_calls"] else "",
            f"{each['lost']:,}",
            Text(told) if each["running"] else Text(f"stopped; {told}", style="red"),
        )
    return table


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return f"p50 {value['p50']:,} ns p99 {value['p99']:,} ns"
    return f"{value:.4g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
