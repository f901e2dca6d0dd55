"""A strategy: a class with declared state and a method for each thing it wants to hear of.

    class SpreadWatcher(Strategy):
        "Counts insides that are wider than a limit."

        limit = parameter(price, "0.05", "wider spreads are counted")
        wide = state(integer)
        widest = each_instrument(integer)

        def on_bbo(self, book):
            spread = book.ask_price - book.bid_price
            if spread > self.limit:
                self.wide += 1
            self.widest[book.instrument] = max(self.widest[book.instrument], spread)

What is declared lies in a record of its own, which compiled hooks, Python hooks and whoever looks on share. The same
class runs *inline* (its hooks are compiled into the pipeline) and as a *thread* (ordinary Python). Methods that are not
hooks can be called by hooks in both.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from feedhandler.core.histogram import Histogram
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.records import Attribute, Record, RecordLayout, nested
from feedhandler.core.strategy_calls import Hook
from feedhandler.core.tables import IntegerTable, RealTable
from feedhandler.core.views import methods_register

from .kinds import Kind, integer, real

HOOKS: dict[str, tuple[Hook, int]] = {
    "on_book": (Hook.BOOK, 1),
    "on_bbo": (Hook.BBO, 1),
    "on_trade": (Hook.TRADE, 2),
    "on_status": (Hook.STATUS, 2),
    "on_imbalance": (Hook.IMBALANCE, 2),
    "on_gap": (Hook.GAP, 1),
    "on_quality": (Hook.QUALITY, 1),
    "on_timer": (Hook.TIMER, 1),
    "on_session": (Hook.SESSION, 1),
}
"""The methods that are called, with how many arguments beside `self`."""

THREAD_HOOKS = {"on_start": 0, "on_stop": 0, "on_loss": 1, "on_events": 1}
"""Methods that only a thread has: before the first event, after the last, when events were lost to slowness, and for
all events that have come, as an array."""


class StrategyError(TypeError):
    """A strategy whose class or parameters cannot be used; the text names both and says what would be right."""


@dataclass(frozen=True)
class Parameter:
    """A value that the configuration gives, once, before start."""

    kind: Kind
    default: Any
    sentence: str
    minimum: Any = None
    maximum: Any = None

    @property
    def required(self) -> bool:
        """Whether the configuration must give it."""
        return self.default is REQUIRED


REQUIRED: Any = object()
"""The default of a parameter that has none."""


@dataclass(frozen=True)
class State:
    """A value that the strategy keeps; it begins as 0."""

    kind: Kind


@dataclass(frozen=True)
class EachInstrument:
    """A value for each instrument, all beginning as 0."""

    kind: Kind


@dataclass(frozen=True)
class Durations:
    """A histogram of durations."""


def parameter(
    kind: Kind, default: Any = REQUIRED, sentence: str = "", *, minimum: Any = None, maximum: Any = None
) -> Any:
    """Declare a parameter; without a default the configuration must give it. Bounds are written as values are."""
    return Parameter(kind, default, sentence, minimum, maximum)


def state(kind: Kind) -> Any:
    """Declare a value that the strategy keeps."""
    return State(kind)


def each_instrument(kind: Kind) -> Any:
    """Declare a value for each instrument: `self.name[book.instrument]`."""
    return EachInstrument(kind)


def histogram() -> Any:
    """Declare a histogram of durations: `histogram_add(self.name, nanoseconds)`."""
    return Durations()


class StrategyLayout(RecordLayout):
    """Turns what a strategy declares into a record, and its methods into functions that can be compiled."""

    parameters: Mapping[str, Parameter]
    states: Mapping[str, State | EachInstrument | Durations]
    hooks: Mapping[str, Callable[..., Any]]
    current_only: bool
    events_wanted: Callable[[Mapping[str, Any]], tuple[int, int]]

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> StrategyLayout:
        parameters: dict[str, Parameter] = {}
        states: dict[str, State | EachInstrument | Durations] = {}
        functions: dict[str, Callable[..., Any]] = {}
        hooks: dict[str, Callable[..., Any]] = {}
        for base in reversed(bases):
            parameters |= getattr(base, "parameters", {})
            states |= getattr(base, "states", {})
            hooks |= getattr(base, "hooks", {})
        for key, value in list(namespace.items()):
            if isinstance(value, Parameter):
                parameters[key] = value
                _place(name, key, value.kind.scalar, namespace)
            elif isinstance(value, State | EachInstrument | Durations):
                states[key] = value
                _place(name, key, _scalar(name, key, value), namespace)
            elif inspect.isfunction(value) and not key.startswith("__"):
                functions[key] = value
        for key, function in functions.items():
            if key in HOOKS or key in THREAD_HOOKS:
                _check_hook(name, key, function)
            elif key.startswith("on_"):
                known = ", ".join([*HOOKS, *THREAD_HOOKS])
                raise StrategyError(f"strategy {name}: there is no hook {key}; there are {known}")
            if key in HOOKS:
                hooks[key] = function
        namespace["__slots__"] = ("__dict__",) if bases == (Record,) else ()
        made = cast(StrategyLayout, super().__new__(mcs, name, bases, namespace))
        made.parameters, made.states, made.hooks = parameters, states, hooks
        methods = {key: hot(value) for key, value in functions.items() if key not in HOOKS and key not in THREAD_HOOKS}
        methods_register(made, methods)
        return made

    def compiled_hook(cls, name: str) -> Callable[..., Any]:
        """A hook as the generated pipeline calls it."""
        return hot_call(cls.hooks[name])


def _place(name: str, key: str, scalar: Attribute | None, namespace: dict[str, Any]) -> None:
    """A declared value becomes a field of the record, or leaves the class where only Python objects can hold it."""
    if scalar is None:
        del namespace[key]
    else:
        namespace[key] = scalar


def _scalar(name: str, key: str, declared: State | EachInstrument | Durations) -> Attribute:
    if isinstance(declared, Durations):
        return nested(Histogram)
    scalar = declared.kind.scalar
    if scalar is None:
        raise StrategyError(
            f"strategy {name}: {key} cannot be {declared.kind.name}: state is numbers; what is not, a thread's "
            "strategy keeps in attributes that it sets in on_start"
        )
    if isinstance(declared, State):
        return scalar
    return nested(RealTable if declared.kind is real else IntegerTable)


def _check_hook(name: str, key: str, function: Callable[..., Any]) -> None:
    wanted = HOOKS[key][1] if key in HOOKS else THREAD_HOOKS[key]
    found = len(inspect.signature(function).parameters) - 1
    if found != wanted:
        raise StrategyError(f"strategy {name}: {key} takes self and {wanted} more, not {found}")


class Strategy(Record, metaclass=StrategyLayout):
    """Base of all strategies. docs/writing-a-strategy.md tells what each hook is given.

    `on_book(book)` after any change of a book, `on_bbo(book)` after a change of its inside, `on_trade(book, trade)`,
    `on_status(book, status)`, `on_imbalance(book, imbalance)`, `on_gap(gap)`, `on_quality(change)`,
    `on_timer(time_ns)`, `on_session(session)`.
    """

    parameters: ClassVar[Mapping[str, Parameter]]
    states: ClassVar[Mapping[str, State | EachInstrument | Durations]]
    hooks: ClassVar[Mapping[str, Callable[..., Any]]]
    current_only: ClassVar[bool] = False
    """Whether hooks that are given a book are called only while it says CURRENT."""

    @classmethod
    def events_wanted(cls, parameters: Mapping[str, Any]) -> tuple[int, int]:
        """What `on_events` is given: a bit for each `EventKind`, and how many levels of depth (0: none)."""
        return -1, 0


__all__ = ["HOOKS", "Strategy", "StrategyError", "each_instrument", "histogram", "integer", "parameter", "state"]
