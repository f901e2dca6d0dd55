"""Strategies of a deployment: their classes, parameters and homes, and who of them is called by which pipeline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from feedhandler import plugins
from feedhandler.books import Books, readers
from feedhandler.composition.fitting import channels_by_core
from feedhandler.config import ConfigurationError, Deployment
from feedhandler.configuration.models import StrategyModel
from feedhandler.output.depths import Depths
from feedhandler.output.drain import Drain
from feedhandler.pipeline.inline import InlinePlan
from feedhandler.pipeline.pipeline import Pipeline
from feedhandler.strategies.compiling import check_compiles
from feedhandler.strategies.memory import parameter_values
from feedhandler.strategies.strategy import StrategyError, StrategyLayout
from feedhandler.strategies.thread import SlowConsumer, ThreadPlan, ThreadStrategy


def inline_plans(deployment: Deployment, channels: Sequence[str] | None) -> list[InlinePlan]:
    """The inline strategies of the pipeline that carries these channels; None: of a replay, which carries all.

    An inline strategy has one state and is called by one thread. Raises `ConfigurationError` with a place.
    """
    found = []
    for index, model in enumerate(deployment.strategies):
        checked = _checked(deployment, index, model)
        if model.home != "inline":
            continue
        listens = set(model.channels or (channel.name for channel in deployment.channels))
        if channels is not None and not listens & set(channels):
            continue
        if channels is not None and not listens <= set(channels):
            raise ConfigurationError(
                f"{deployment.place('strategies', index)}: {model.name} is inline and would be called on several "
                "cores; expected its channels to be on one core, or home: thread"
            )
        strategy, parameters = checked
        textual = [name for name, declared in strategy.parameters.items() if declared.kind.scalar is None]
        if textual:
            raise ConfigurationError(
                f"{deployment.place('strategies', index, 'home')}: {strategy.__name__} has parameters that only Python "
                f"can hold ({', '.join(textual)}); expected home: thread"
            )
        if hasattr(strategy, "on_events"):
            raise ConfigurationError(
                f"{deployment.place('strategies', index, 'home')}: {strategy.__name__} has on_events, which is given "
                "arrays that only Python can hold; expected home: thread"
            )
        found.append(
            InlinePlan(
                name=model.name,
                strategy=strategy,
                parameters=parameters,
                symbols=model.symbols or ("*",),
                channels=model.channels or (),
                timer_ns=model.timer,
            )
        )
    return found


def thread_strategies(deployment: Deployment, books: Callable[[], Books], instruments: int) -> list[ThreadStrategy]:
    """The strategies with threads of their own, not started. `books` is asked when the first book is looked up."""
    found = []
    for index, model in enumerate(deployment.strategies):
        if model.home != "thread":
            continue
        strategy, parameters = _checked(deployment, index, model)
        plan = ThreadPlan(
            name=model.name,
            strategy=strategy,
            parameters=parameters,
            symbols=model.symbols or ("*",),
            channels=model.channels or (),
            timer_ns=model.timer,
            slow_consumer=SlowConsumer(model.slow_consumer),
        )
        found.append(
            ThreadStrategy(
                plan,
                books=_Lazily(books),
                read_events=readers().read_events,
                instruments=instruments,
                batches=_batches(plan),
            )
        )
    return found


def _batches(plan: ThreadPlan) -> Drain | None:
    """What takes events as arrays for a strategy that has `on_events`."""
    if not hasattr(plan.strategy, "on_events"):
        return None
    kinds, levels = plan.strategy.events_wanted(plan.parameters)
    compiled = readers()
    return Drain(compiled.drain_rings, kinds, depths=Depths(levels, compiled.read_depths) if levels else None)


def core_groups(deployment: Deployment) -> list[tuple[str, list[str] | None]]:
    """The pipelines that a live run has, each with what it is called and its channels; None: all that there will be."""
    groups = {
        core: [deployment.channels[index].name for index in indexes]
        for core, indexes in channels_by_core(deployment).items()
    }
    if not groups:
        return [(deployment.name, None)]
    if len(groups) == 1:
        return [(deployment.name, names) for names in groups.values()]
    return [
        (f"{deployment.name} on {'any core' if core is None else f'core {core}'}", names)
        for core, names in groups.items()
    ]


def strategy_mistakes(deployment: Deployment) -> list[str]:
    """What is wrong with the strategies, a line each; hooks of inline ones are compiled, each by itself."""
    found: list[str] = []
    for index, model in enumerate(deployment.strategies):
        try:
            strategy, _ = _checked(deployment, index, model)
            if model.home == "inline":
                check_compiles(strategy)
        except ConfigurationError as error:
            found += str(error).split("\n")
        except StrategyError as error:
            found.append(f"{deployment.place('strategies', index, 'class')}: {error}")
    if not found:
        try:
            for _, channels in core_groups(deployment):
                inline_plans(deployment, channels)
        except ConfigurationError as error:
            found.append(str(error))
    return found


def raised_in(pipelines: Iterable[Pipeline], threads: Iterable[ThreadStrategy]) -> dict[str, str]:
    """The strategies that were stopped, each with where it raised."""
    found: dict[str, str] = {}
    for pipeline in pipelines:
        if pipeline.strategies is not None:
            found |= pipeline.strategies.raised()
    return found | {thread.plan.name: thread.raised for thread in threads if thread.raised is not None}


class _Lazily:
    """Books that are put together when the first is asked for: channels are made after strategies."""

    def __init__(self, make: Callable[[], Books]) -> None:
        self._make = make
        self._books: Books | None = None

    def get(self, symbol: str, channel: str | None = None) -> Any:
        """As `Books.get`."""
        if self._books is None:
            self._books = self._make()
        return self._books.get(symbol, channel)


def _checked(deployment: Deployment, index: int, model: StrategyModel) -> tuple[StrategyLayout, dict[str, Any]]:
    """The class and the parameters of a strategy. Raises `ConfigurationError`, each mistake at its place."""
    try:
        strategy = plugins.strategy(model.class_)
    except (plugins.PluginError, StrategyError) as error:
        raise ConfigurationError(f"{deployment.place('strategies', index, 'class')}: {error}") from error
    known = [channel.name for channel in deployment.channels]
    for channel in model.channels or ():
        if known and channel not in known:
            guess = plugins.nearest(channel, known)
            meant = f"did you mean {guess}? " if guess else ""
            raise ConfigurationError(
                f"{deployment.place('strategies', index, 'channels')}: there is no channel {channel!r}; {meant}"
                f"Known: {', '.join(known)}"
            )
    if model.timer and "on_timer" not in strategy.hooks:
        raise ConfigurationError(
            f"{deployment.place('strategies', index, 'timer')}: {strategy.__name__} has no on_timer that it could call"
        )
    try:
        return strategy, parameter_values(strategy, model.parameters)
    except StrategyError as error:
        lines = []
        for mistake in str(error).split("\n"):
            name, _, words = mistake.partition(": ")
            lines.append(f"{deployment.place('strategies', index, 'parameters', name)}: {words}")
        raise ConfigurationError("\n".join(lines)) from error
