"""The part of a pipeline's text that calls the inline strategies.

A strategy costs what its hooks cost: a hook that none defines leaves no trace, a change of an instrument that none
watches costs one load. Every call stands in a `try`: a strategy that raises is quarantined, and the feed goes on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from feedhandler.core.channel import Quality
from feedhandler.core.events import EventKind
from feedhandler.core.strategy_calls import Hook
from feedhandler.strategies.strategy import HOOKS, StrategyLayout


@dataclass(frozen=True)
class EventHook:
    """A hook that hears of events: of which kinds, and what fills and what types its argument."""

    kinds: tuple[EventKind, ...]
    fill: str
    record: str
    of_instrument: bool


EVENT_HOOKS: dict[str, EventHook] = {
    "on_trade": EventHook((EventKind.EXECUTE, EventKind.TRADE, EventKind.CROSS), "trade_fill", "TradeNotice", True),
    "on_status": EventHook((EventKind.TRADING_STATUS,), "status_fill", "StatusNotice", True),
    "on_imbalance": EventHook((EventKind.IMBALANCE,), "imbalance_fill", "ImbalanceNotice", True),
    "on_gap": EventHook((EventKind.GAP,), "gap_fill", "GapNotice", False),
    "on_session": EventHook((EventKind.SESSION, EventKind.END_OF_SESSION), "session_fill", "SessionNotice", False),
}

BOOK_HOOKS = {"on_bbo": 1, "on_book": 3}
"""Which changes of a book (`Touched`) each hears of: an inside is part of the book."""


def wanted_events(strategies: Sequence[StrategyLayout]) -> int:
    """The kinds of events that the strategies' hooks need in the event ring, a bit each."""
    hooks = {hook for strategy in strategies for hook in strategy.hooks if hook in EVENT_HOOKS}
    return sum(1 << kind for kind in {kind for hook in hooks for kind in EVENT_HOOKS[hook].kinds})


def _prefix(number: int, strategy: StrategyLayout) -> str:
    return f"{re.sub(r'(?<!^)(?=[A-Z])', '_', strategy.__name__).lower()}_{number}"


def strategy_functions(strategies: Sequence[StrategyLayout], imports: Any, *, depth: bool = False) -> list[str]:
    """The hooks, each in its own function, and `boundary` and `strategies_tick`, which call them.

    With `depth` a boundary writes the depth of what changed, before anybody is called.
    """
    if depth:
        imports.engine("depths", "depth_write")
    if not strategies and depth:
        imports.engine("boundary", "boundary_mark", "changes_publish")
        return [
            "@hot",
            "def boundary(channel):",
            '    """The event is complete: the depth of what changed."""',
            "    boundary_mark(channel)",
            "    changes_publish(channel, depth_write)",
        ]
    if not strategies:
        imports.engine("boundary", "event_boundary")
        return ["@hot", "def boundary(channel):", '    """The event is complete."""', "    event_boundary(channel)"]
    imports.engine("watching", "Hooks", "watchers_of")
    imports.engine("boundary", "boundary_mark", "changes_publish")
    imports.engine("strategy_calls", "boundary_open", "call_begin", "call_end", "slot_at", "strategy_raised", "watched")
    lines: list[str] = []
    for number, strategy in enumerate(strategies):
        name = imports.name(strategy)
        lines += ["", "", f"# Strategy {number}: {strategy.__module__}:{strategy.__qualname__}", ""]
        lines += [f'{_prefix(number, strategy)}_{hook} = {name}.compiled_hook("{hook}")' for hook in strategy.hooks]
        for hook in strategy.hooks:
            lines += ["", "", *_call(number, strategy, hook, imports)]
    hooks = {hook for strategy in strategies for hook in strategy.hooks}
    events = [hook for hook in EVENT_HOOKS if hook in hooks]
    if events:
        lines += ["", "", *_happened(strategies, events, imports)]
    lines += ["", "", *_tell(strategies, imports, depth=depth)]
    if "on_quality" in hooks:
        lines += ["", "", *_quality(strategies, imports)]
    told = bool(events) or "on_quality" in hooks
    if told:
        lines += ["", "", *_settle(bool(events), "on_quality" in hooks)]
    lines += ["", "", *_boundary(bool(events), hooks), "", "", *_tick(strategies, told, imports)]
    return lines[2:]


def needs_settling(strategies: Sequence[StrategyLayout]) -> bool:
    """Whether any strategy hears of what can happen outside of a boundary."""
    return any(hook in EVENT_HOOKS or hook == "on_quality" for strategy in strategies for hook in strategy.hooks)


def _call(number: int, strategy: StrategyLayout, hook: str, imports: Any) -> list[str]:
    """One hook in its `try`."""
    prefix, of_event = _prefix(number, strategy), EVENT_HOOKS.get(hook)
    sequence = time = "0"
    if hook in BOOK_HOOKS or (of_event and of_event.of_instrument):
        imports.engine("strategy_calls", "InstrumentBook")
    if hook in BOOK_HOOKS:
        arguments, values = "book", "InstrumentBook(book)"
        sequence, time = "InstrumentBook(book).sequence", "InstrumentBook(book).venue_time"
    elif hook == "on_timer":
        arguments, values, time = "time_ns", "time_ns", "time_ns"
    elif hook == "on_quality":
        imports.engine("strategy_calls", "QualityNotice")
        arguments, values = "notice", "QualityNotice(notice)"
    else:
        assert of_event is not None
        imports.engine("strategy_calls", of_event.record)
        arguments, values = "notice", f"{of_event.record}(notice)"
        if of_event.of_instrument:
            arguments, values = "book, notice", f"InstrumentBook(book), {of_event.record}(notice)"
            sequence, time = f"{of_event.record}(notice).sequence", f"{of_event.record}(notice).venue_time"
    trusted = []
    if strategy.current_only and "book" in arguments:
        trusted = [f"    if InstrumentBook(book).quality != {int(Quality.CURRENT)}:", "        return"]
    return [
        "@hot_call",
        f"def {prefix}_call_{hook}(hooks, {arguments}):",
        f"    slot = slot_at(hooks, {number})",
        "    if slot.running == 0:",
        "        return",
        *trusted,
        f"    started = call_begin(hooks, slot, {number})",
        "    try:",
        f"        {prefix}_{hook}({imports.name(strategy)}(slot.state), {values})",
        "    except Exception:",
        f"        strategy_raised(hooks, slot, {int(HOOKS[hook][0])}, {sequence}, {time})",
        "    call_end(hooks, slot, started)",
    ]


def _listeners(strategies: Sequence[StrategyLayout], hook: str) -> list[int]:
    return [number for number, strategy in enumerate(strategies) if hook in strategy.hooks]


def _mask(numbers: Sequence[int]) -> int:
    return sum(1 << number for number in set(numbers))


def _happened(strategies: Sequence[StrategyLayout], events: list[str], imports: Any) -> list[str]:
    imports.engine("strategy_calls", "events_dispatch", "events_wait")
    lines = [
        "@hot_call",
        "def happened(channel, hooks, event, watchers):",
        '    """An event since the last boundary."""',
        "    kind = event.kind",
    ]
    for hook in events:
        of_event, listeners = EVENT_HOOKS[hook], _listeners(strategies, hook)
        imports.engine("strategy_calls", of_event.fill)
        kinds = " or ".join(f"kind == {int(kind)}" for kind in of_event.kinds)
        names = ", ".join(kind.name for kind in of_event.kinds)
        lines += [f"    if ({kinds}) and watchers & {_mask(listeners)} != 0:  # {names}"]
        if of_event.of_instrument:
            imports.engine("strategy_calls", "book_fill")
            lines += ["        book = book_fill(channel, hooks, event.instrument)"]
            lines += [f"        notice = {of_event.fill}(event, book)"]
        else:
            lines += [f"        notice = {of_event.fill}(channel, event, hooks.scratch)"]
        given = "book, notice" if of_event.of_instrument else "notice"
        for number in listeners:
            lines += [f"        if watched(watchers, {number}):"]
            lines += [f"            {_prefix(number, strategies[number])}_call_{hook}(hooks, {given})"]
    return [
        *lines,
        "",
        "",
        "@hot_call",
        "def events_tell(channel, hooks):",
        "    events_dispatch(channel, hooks, happened)",
    ]


def _settle(events: bool, quality: bool) -> list[str]:
    return [
        "@hot",
        "def settle(channel):",
        '    """What happened outside of a boundary: a session ended, a hole was filled or given up."""',
        "    hooks = Hooks(channel.hooks)",
        "    hooks.latency_due = 0",
        *(["    quality_tell(channel, hooks)"] if quality else []),
        *(["    if events_wait(channel, hooks):", "        events_tell(channel, hooks)"] if events else []),
    ]


def _tell(strategies: Sequence[StrategyLayout], imports: Any, *, depth: bool) -> list[str]:
    listeners = {hook: _listeners(strategies, hook) for hook in BOOK_HOOKS}
    mask = _mask([number for numbers in listeners.values() for number in numbers])
    if mask == 0 and depth:
        return ["tell = depth_write"]
    if mask == 0:
        imports.engine("boundary", "nobody")
        return ["tell = nobody"]
    imports.engine("strategy_calls", "book_fill")
    lines = [
        "@hot_call",
        "def book_changed(hooks, book, what, watchers):",
        '    """A book that somebody watches changed since the last boundary."""',
    ]
    for number, strategy in enumerate(strategies):
        for hook, changes in BOOK_HOOKS.items():
            if hook in strategy.hooks:
                lines += [f"    if what & {changes} != 0 and watched(watchers, {number}):"]
                lines += [f"        {_prefix(number, strategy)}_call_{hook}(hooks, book)"]
    return [
        *lines,
        "",
        "",
        "@hot",
        "def tell(channel, header, instrument, what):",
        *(["    depth_write(channel, header, instrument, what)"] if depth else []),
        "    hooks = Hooks(channel.hooks)",
        "    watchers = watchers_of(hooks, instrument)",
        f"    if watchers & {mask} != 0:",
        "        book_changed(hooks, book_fill(channel, hooks, instrument), what, watchers)",
    ]


def _quality(strategies: Sequence[StrategyLayout], imports: Any) -> list[str]:
    imports.engine("strategy_calls", "quality_fill")
    lines = [
        "@hot_call",
        "def quality_tell(channel, hooks):",
        '    """The trust in the channel\'s books may have changed."""',
        "    notice = quality_fill(channel, hooks)",
        "    if notice == 0:",
        "        return",
    ]
    for number in _listeners(strategies, "on_quality"):
        lines += [f"    if watched(hooks.channel_watchers, {number}):"]
        lines += [f"        {_prefix(number, strategies[number])}_call_on_quality(hooks, notice)"]
    return lines


def _boundary(events: bool, hooks: set[str]) -> list[str]:
    lines = [
        "@hot_call",
        "def boundary(channel):",
        '    """The event is complete: what happened in it, and which books it changed."""',
        "    hooks = Hooks(channel.hooks)",
        "    boundary_open(channel, hooks)",
        "    boundary_mark(channel)",
    ]
    if "on_quality" in hooks:
        lines += ["    quality_tell(channel, hooks)"]
    if events:
        lines += ["    if events_wait(channel, hooks):", "        events_tell(channel, hooks)"]
    return [*lines, "    changes_publish(channel, tell)"]


def _tick(strategies: Sequence[StrategyLayout], told: bool, imports: Any) -> list[str]:
    imports.engine("loop", "channel_of")
    lines = ["@hot_call", "def strategies_tick(run, now):"]
    lines += ['    """Time passed: what it did to channels, and timers."""']
    if told:
        lines += ["    for number in range(run.channel_count):", "        settle(channel_of(run, number))"]
    timers = _listeners(strategies, "on_timer")
    if timers:
        imports.engine("strategy_calls", "TIMERS_BEHIND_MAXIMUM", "timer_deadline", "timer_due")
        lines += ["    hooks = Hooks(run.hooks)"]
    for number in timers:
        lines += [
            f"    slot = slot_at(hooks, {number})",
            "    for _ in range(TIMERS_BEHIND_MAXIMUM):",
            "        due = timer_due(slot, now)",
            "        if due == 0:",
            "            break",
            f"        {_prefix(number, strategies[number])}_call_on_timer(hooks, due)",
            "    run.deadline_ns = min(run.deadline_ns, timer_deadline(slot))",
        ]
    return lines if told or timers else [*lines, "    return"]


assert {int(Hook[name.removeprefix("on_").upper()]) for name in HOOKS} == {int(hook) for hook in Hook}
