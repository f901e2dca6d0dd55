"""Inline strategies in a pipeline: the memory by which compiled hooks find them, and what cold code learns of them."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from feedhandler.core.channel import Quality
from feedhandler.core.histogram import Histogram
from feedhandler.core.memory import Region
from feedhandler.core.strategy_calls import SCRATCH_BYTES, CurrentStrategy, Hook, StrategySlot
from feedhandler.core.watching import STRATEGIES_MAXIMUM, Hooks, Watch, Watchers
from feedhandler.strategies.memory import StrategyMemory
from feedhandler.strategies.rehearsal import rehearse
from feedhandler.strategies.strategy import StrategyError, StrategyLayout

from .state import ChannelMemory
from .strategy_source import wanted_events

EVENTS_MINIMUM = 1 << 14
"""Events that the ring of a channel with inline strategies holds at least: more than a packet can bring."""


@dataclass(frozen=True)
class InlinePlan:
    """An inline strategy before it exists.

    `symbols` are patterns (`*` any letters, `?` one); `channels` names those it listens to, empty for all. `parameters`
    are checked values (`strategies.memory.parameter_values`). A `timer_ns` of 0 is no timer.
    """

    name: str
    strategy: StrategyLayout
    parameters: Mapping[str, Any] = field(default_factory=dict)
    symbols: tuple[str, ...] = ("*",)
    channels: tuple[str, ...] = ()
    timer_ns: int = 0


class InlineStrategies:
    """The inline strategies of one pipeline. `instruments`: over all channels."""

    def __init__(self, plans: Sequence[InlinePlan], instruments: int) -> None:
        if len(plans) > STRATEGIES_MAXIMUM:
            raise StrategyError(f"{len(plans)} inline strategies on one core; at most {STRATEGIES_MAXIMUM}")
        self.plans = tuple(plans)
        self.memories = [StrategyMemory(plan.strategy, plan.parameters, instruments) for plan in plans]
        self._instruments = instruments
        self._first = 0
        self._latency: Region | None = None
        self._clock_offset_ns = 0
        count = len(plans)
        self._slots = Region("strategy slots", StrategySlot.size * count, huge=False)
        self._raised = Region("strategy raised", SCRATCH_BYTES * count, huge=False)
        self._scratch = Region("strategy scratch", SCRATCH_BYTES, huge=False)
        self._current = Region("strategy current", CurrentStrategy.size, huge=False)
        patterns = [(number, pattern.encode("ascii")) for number, plan in enumerate(plans) for pattern in plan.symbols]
        self._letters = Region("strategy patterns", sum(len(letters) for _, letters in patterns) + 8, huge=False)
        self._watches = Region("strategy watches", Watch.size * (len(patterns) + 1), huge=False)
        self._watch_count = len(patterns)
        self._hooks: list[Any] = []
        self._keeps: list[Region] = []
        self._reports: dict[str, str] = {}
        self.slots: list[Any] = []
        for number, (plan, memory) in enumerate(zip(plans, self.memories, strict=True)):
            slot: Any = StrategySlot(self._slots.address + StrategySlot.size * number)
            slot.state = memory.address
            slot.running = 1
            slot.timer_ns = plan.timer_ns
            slot.raised_scratch = self._raised.address + SCRATCH_BYTES * number
            self.slots.append(slot)
        self._place_patterns(patterns)
        self.own_hooks = self._new_hooks(Region("watchers", Watchers.size, huge=False), 0)

    def _place_patterns(self, patterns: list[tuple[int, bytes]]) -> None:
        letters = self._letters.array("u1")
        place = 0
        for index, (number, pattern) in enumerate(patterns):
            letters[place : place + len(pattern)] = list(pattern)
            watch: Any = Watch(self._watches.address + Watch.size * index)
            watch.bit = 1 << number
            watch.pattern = self._letters.address + place
            watch.letter_count = len(pattern)
            place += len(pattern)

    def _new_hooks(self, watchers: Region, channel_watchers: int) -> Any:
        region = Region("strategy hooks", Hooks.size, huge=False)
        self._keeps += [region, watchers]
        hooks: Any = Hooks(region.address)
        hooks.slots = self._slots.address
        hooks.watches = self._watches.address
        hooks.watch_count = self._watch_count
        hooks.watchers = watchers.address
        hooks.channel_watchers = channel_watchers
        hooks.scratch = self._scratch.address
        hooks.current = self._current.address
        hooks.latency = self._latency.address if self._latency else 0
        hooks.clock_offset_ns = self._clock_offset_ns
        hooks.told_quality = int(Quality.EMPTY)
        self._hooks.append(hooks)
        return hooks

    def join(self, memory: ChannelMemory) -> None:
        """A channel is made: its events and books are for those strategies that listen to it."""
        mine = [
            number for number, plan in enumerate(self.plans) if not plan.channels or memory.name in plan.channels
        ]
        instruments = memory.capacities.instruments
        if self._first + instruments > self._instruments:
            raise StrategyError(
                f"channel {memory.name}: the strategies' tables have room for {self._instruments:,} instruments, and "
                f"{self._first:,} belong to the channels before it"
            )
        watchers = Region(f"{memory.name}.watchers", Watchers.size * instruments)
        hooks = self._new_hooks(watchers, sum(1 << number for number in mine))
        hooks.first_instrument = self._first
        self._first += instruments
        channel = memory.channel
        channel.hooks = hooks.address
        strategies = [self.plans[number].strategy for number in mine]
        if any("on_book" in strategy.hooks for strategy in strategies):
            channel.every_book = 1
        memory.events.wanted |= wanted_events(strategies)

    def measure(self, clock_offset_ns: int) -> None:
        """Measure from the packet's receive time to the first call for it; `clock_offset_ns` is what that time has
        more than the monotonic clock."""
        self._latency = Region("strategy latency", Histogram.size, huge=False)
        self._clock_offset_ns = clock_offset_ns
        for hooks in self._hooks:
            hooks.latency = self._latency.address
            hooks.clock_offset_ns = clock_offset_ns

    @property
    def latency(self) -> int:
        """Address of the histogram from packet to strategy, 0 where it is not measured."""
        return self._latency.address if self._latency else 0

    @property
    def current(self) -> str | None:
        """The strategy that is being called now; read by the watchdog."""
        number = int(CurrentStrategy(self._current.address).number)
        return self.plans[number - 1].name if 0 < number <= len(self.plans) else None

    def raised(self) -> dict[str, str]:
        """The strategies that raised, each with where: its hook is called once more, as Python, on what it was given.

        Its state is as the compiled hook left it, so a hook that raises only once may not raise again. It is done once
        for each, however often it is asked for.
        """
        for plan, memory, slot in zip(self.plans, self.memories, self.slots, strict=True):
            if slot.raised_hook and plan.name not in self._reports:
                self._reports[plan.name] = self._rehearsal(plan, memory, slot)
        return dict(self._reports)

    def _rehearsal(self, plan: InlinePlan, memory: StrategyMemory, slot: Any) -> str:
        hook = f"on_{Hook(int(slot.raised_hook)).name.lower()}"
        where = f"{plan.strategy.__name__}.{hook} raised at sequence {int(slot.raised_sequence)}"
        try:
            rehearse(plan.strategy, memory, hook, int(slot.raised_scratch), int(slot.raised_time_ns))
        except Exception:  # noqa: BLE001 (this is what we want to see)
            return f"{where}\n{traceback.format_exc().rstrip()}"
        return f"{where}; called once more as Python it did not raise"
