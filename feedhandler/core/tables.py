"""Tables: runs of numbers inside a record's reach, indexed as `table[i]` and checked.

The one place in compiled code where an index comes from someone who is not the engine (a strategy), so it is the one
place that raises.
"""

from __future__ import annotations

import operator
from typing import Any

from numba.extending import overload

from .integers import shift_left
from .records import Record, RecordLayout, f64, i64
from .views import ViewType


class IntegerEntry(Record, size=8):
    """One number of an `IntegerTable`."""

    value = i64


class RealEntry(Record, size=8):
    """One number of a `RealTable`."""

    value = f64


class _Table(Record):
    """Where the numbers are and how many. A strategy's tables have one for each instrument."""

    base = i64
    count = i64

    def __len__(self) -> int:
        return self.count

    def _entry(self, index: int) -> Any:
        if index < 0 or index >= self.count:
            raise IndexError("a table is indexed beyond its end")
        return _ENTRIES[type(self)](self.base + 8 * index)

    def __getitem__(self, index: int) -> Any:
        return self._entry(index).value

    def __setitem__(self, index: int, value: Any) -> None:
        self._entry(index).value = value


class IntegerTable(_Table, size=16):
    """A table of 64-bit integers."""


class RealTable(_Table, size=16):
    """A table of 64-bit floats."""


_ENTRIES: dict[Any, RecordLayout] = {IntegerTable: IntegerEntry, RealTable: RealEntry}


@overload(operator.getitem)
def _get(table: Any, index: Any) -> Any:
    entry: Any = _ENTRIES.get(table.layout) if isinstance(table, ViewType) else None
    if entry is None:
        return None

    def get(table: Any, index: Any) -> Any:
        if index < 0 or index >= table.count:
            raise IndexError("a table is indexed beyond its end")
        return entry(table.base + shift_left(index, 3)).value

    return get


@overload(operator.setitem)
def _set(table: Any, index: Any, value: Any) -> Any:
    entry: Any = _ENTRIES.get(table.layout) if isinstance(table, ViewType) else None
    if entry is None:
        return None

    def set_(table: Any, index: Any, value: Any) -> None:
        if index < 0 or index >= table.count:
            raise IndexError("a table is indexed beyond its end")
        entry(table.base + shift_left(index, 3)).value = value

    return set_


@overload(len)
def _length(table: Any) -> Any:
    if not isinstance(table, ViewType) or table.layout not in _ENTRIES:
        return None

    def length(table: Any) -> Any:
        return table.count

    return length
