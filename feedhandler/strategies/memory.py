"""The memory of one strategy: its record, its tables, and what of it others may look at while it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy
from numpy.typing import NDArray

from feedhandler.configuration.values import EnvironmentReference
from feedhandler.configuration.words import NO_REFERENCE
from feedhandler.core.histogram import BUCKETS, Histogram, bucket_end_ns
from feedhandler.core.memory import Region
from feedhandler.core.tables import RealTable

from .kinds import Kind, real, secret
from .strategy import REQUIRED, EachInstrument, Parameter, State, StrategyError, StrategyLayout


def parameter_values(strategy: StrategyLayout, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of all parameters: those given, checked, and the defaults of the rest.

    Raises `StrategyError` with every mistake, a line each.
    """
    mistakes = []
    values: dict[str, Any] = {}
    for name in given:
        if name not in strategy.parameters:
            known = ", ".join(strategy.parameters) or "none"
            mistakes.append(f"{name}: {strategy.__name__} has no such parameter; it has {known}")
    for name, declared in strategy.parameters.items():
        written = given.get(name, declared.default)
        if written is REQUIRED:
            wanted = f"{declared.kind.expected}: {declared.sentence}"
            mistakes.append(f"{name}: is missing; {strategy.__name__} needs {wanted}")
            continue
        try:
            values[name] = _checked(declared, written)
        except ValueError as error:
            # What was written is shown, but a secret never is.
            shown = "" if declared.kind.scalar is None else f"found {written!r}; "
            mistakes.append(f"{name}: {shown}{error}")
    if mistakes:
        raise StrategyError("\n".join(mistakes))
    return values


def _checked(declared: Parameter, written: Any) -> Any:
    if isinstance(written, EnvironmentReference) and declared.kind is not secret:
        raise ValueError(NO_REFERENCE)
    value = declared.kind.parse(written)
    if declared.minimum is not None and value < declared.kind.parse(declared.minimum):
        raise ValueError(f"expected at least {declared.minimum}")
    if declared.maximum is not None and value > declared.kind.parse(declared.maximum):
        raise ValueError(f"expected at most {declared.maximum}")
    return value


class StrategyMemory:
    """A strategy's record and tables, mapped once, before start.

    `instruments` is how many each table has room for. `values()` may be called by any thread at any time: each number
    is whole, though two of them may be from before and after a call.
    """

    def __init__(self, strategy: StrategyLayout, parameters: Mapping[str, Any], instruments: int) -> None:
        self.strategy = strategy
        self.instruments = instruments
        self._record = Region(f"{strategy.__name__}.record", max(8, strategy.size), huge=False)
        self._tables: dict[str, Region] = {}
        self.view: Any = strategy(self._record.address)
        for name, value in parameters.items():
            setattr(self.view, name, value)
        for name, declared in strategy.states.items():
            if isinstance(declared, EachInstrument):
                table = getattr(self.view, name)
                self._tables[name] = Region(f"{strategy.__name__}.{name}", 8 * max(1, instruments))
                table.base = self._tables[name].address
                table.count = instruments

    @property
    def address(self) -> int:
        """Of the record."""
        return self._record.address

    def table(self, name: str) -> NDArray[Any]:
        """A table as an array that shares its memory."""
        kind = numpy.float64 if isinstance(getattr(self.view, name), RealTable) else numpy.int64
        return self._tables[name].array(kind, self.instruments)

    def values(self) -> dict[str, Any]:
        """Parameters and single values by name, histograms as their quantiles; tables are read with `table`."""
        found: dict[str, Any] = {}
        for name, parameter in self.strategy.parameters.items():
            if parameter.kind.scalar is not None:
                found[name] = _shown(parameter.kind, getattr(self.view, name))
        for name, declared in self.strategy.states.items():
            if isinstance(declared, State):
                found[name] = _shown(declared.kind, getattr(self.view, name))
            elif not isinstance(declared, EachInstrument):
                found[name] = quantiles(getattr(self.view, name).address)
        return found


def _shown(kind: Kind, value: Any) -> Any:
    if kind is real:
        return float(value)
    return bool(value) if kind.name == "boolean" else int(value)


def quantiles(address: int) -> dict[str, int]:
    """What a histogram says, in nanoseconds: count, mean, median, 99 %, 99.9 % and maximum.

    A quantile is the upper end of its step, at most 6 % above the truth, and never above the maximum.
    """
    histogram: Any = Histogram(address)
    region = (numpy.ctypeslib.as_array(_pointer(histogram.buckets), (BUCKETS,))).copy()
    counts = numpy.cumsum(region)
    total, maximum = int(counts[-1]), int(histogram.maximum_ns)
    found = {"count": total, "mean": int(histogram.total_ns) // total if total else 0}
    for name, share in (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)):
        bucket = int(numpy.searchsorted(counts, share * total)) if total else 0
        found[name] = min(bucket_end_ns(bucket) - 1, maximum)
    return {**found, "max": maximum}


def _pointer(address: int) -> Any:
    import ctypes

    return ctypes.cast(address, ctypes.POINTER(ctypes.c_int64))
