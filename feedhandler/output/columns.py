"""Events as Arrow columns: a table's part of a batch, column by column, without a Python object for any event.

Columns are made of whole arrays: numbers are taken over without a copy where Arrow and the batch agree, prices are one
multiplication, words are indexes into a short dictionary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy
from numpy.typing import NDArray

from feedhandler.core.events import EVENT_VALUES, EventKind
from feedhandler.core.integers import INT64_MAX, INT64_MIN

from .batches import Instruments
from .extra import require_pyarrow
from .schemas import QUALITIES, SIDES, VALUES, Column, Table, Take

if TYPE_CHECKING:
    import pyarrow

KINDS_MAXIMUM = 64
_ABSENT = -1  # in an array of indexes into a dictionary: null


def arrow_type(name: str) -> Any:
    """Arrow's type of a column, from its name."""
    pa = require_pyarrow()
    if name.startswith("dictionary"):
        index = name.removeprefix("dictionary<").partition(",")[0]
        return pa.dictionary(getattr(pa, index)(), pa.string())
    if name.startswith("timestamp"):
        return pa.timestamp("ns", "UTC")
    return getattr(pa, name)()


def arrow_schema(table: Table) -> pyarrow.Schema:
    """The table's columns as Arrow has them, each with its sentence and unit."""
    pa = require_pyarrow()
    fields = []
    for column in table.columns:
        told = {"about": column.sentence} | ({"unit": column.unit} if column.unit else {})
        fields.append(pa.field(column.name, arrow_type(column.type), nullable=column.nullable, metadata=told))
    return pa.schema(fields, metadata={"table": table.name, "about": table.sentence})


class Names:
    """The words that rows of instruments stand for, as dictionaries; made of a final table."""

    def __init__(self, instruments: Instruments) -> None:
        pa = require_pyarrow()
        rows = instruments.rows
        words, codes = numpy.unique(rows["symbol"], return_inverse=True)
        self.symbols = [word.decode("ascii", errors="replace") for word in words.tolist()]
        self.symbol_of = codes.reshape(-1).astype(numpy.int32)
        """For each row the number of its symbol."""
        self.symbol_of[rows["instrument"] < 0] = _ABSENT
        self.symbol_words = pa.array(self.symbols, pa.string())
        self.channel_words = pa.array(instruments.channels or [""], pa.string())
        self._rows = rows
        self._of_rows: dict[str, NDArray[Any]] = {}

    def of_rows(self, name: str) -> NDArray[Any]:
        """A field of all rows, as an array of its own."""
        found = self._of_rows.get(name)
        if found is None:
            found = self._of_rows[name] = numpy.ascontiguousarray(self._rows[name])
        return found


class Columns:
    """Makes the columns of one table. `uncarried` counts what its columns have no place for."""

    def __init__(self, table: Table, names: Names) -> None:
        pa = require_pyarrow()
        self._pa = pa
        self.table = table
        self.schema = arrow_schema(table)
        self.uncarried = 0
        self._names = names
        self._kind_words = pa.array([kind.name.lower() for kind in table.kinds], pa.string())
        self._kind_number = numpy.full(KINDS_MAXIMUM, _ABSENT, numpy.int8)
        self._kind_number[[int(kind) for kind in table.kinds]] = range(len(table.kinds))
        self._side_words = pa.array(SIDES, pa.string())
        self._quality_words = pa.array(QUALITIES, pa.string())
        self._nameless = self._unnamed_places()
        self._with_value = {column.name: _kinds_with(column) for column in table.own if column.places}

    def chosen(self, kinds: NDArray[Any]) -> NDArray[Any]:
        """Which of some events are in the table, by their kinds."""
        found: NDArray[Any] = self._kind_number.take(kinds) != _ABSENT
        return found

    def batch(self, events: NDArray[Any]) -> pyarrow.RecordBatch:
        """The columns of events that are all in the table."""
        arrays = _Arrays(events)
        self._count_uncarried(arrays)
        return self._pa.RecordBatch.from_arrays(
            [self._column(column, arrays) for column in self.table.columns], schema=self.schema
        )

    # ------------------------------------------------------------------------------------------------------- columns

    def _column(self, column: Column, arrays: _Arrays) -> Any:
        if column.take is Take.FIELD:
            return self._numbers(column, arrays.of(column.source))
        if column.take is Take.ROW:
            return self._row_column(column, arrays)
        if column.take is Take.KIND:
            return self._words(self._kind_number.take(arrays.of("kind")), self._kind_words)
        if column.take is Take.SIDE:
            return self._words(_sides(arrays), self._side_words, nullable=True)
        if not column.places:
            return self._prices(column, arrays.of(column.source), None, arrays)
        values, present = self._values(column, arrays)
        if column.take is Take.QUALITY:
            return self._words(values.astype(numpy.int8), self._quality_words)
        if column.take is Take.PRICE:
            return self._prices(column, values, present, arrays)
        return self._numbers(column, values, present)

    def _row_column(self, column: Column, arrays: _Arrays) -> Any:
        rows = arrays.of("row")
        if column.source == "symbol":
            return self._words(self._names.symbol_of.take(rows), self._names.symbol_words, nullable=True)
        of_rows = self._names.of_rows(column.source).take(rows)
        if column.source == "channel":
            return self._words(of_rows, self._names.channel_words)
        return self._numbers(column, of_rows)

    def _values(self, column: Column, arrays: _Arrays) -> tuple[NDArray[Any], NDArray[Any] | None]:
        """The values that a column takes, and which events have one; None: all. Of others the value says nothing."""
        places = {column.places.get(kind) for kind in arrays.kinds}
        present = self._with_value[column.name].take(arrays.of("kind")) if None in places else None
        places.discard(None)
        if len(places) == 1:
            return arrays.of(f"value_{places.pop()}"), present
        found = numpy.zeros(len(arrays), numpy.int64)
        for kind in arrays.kinds if places else ():
            if (place := column.places.get(kind)) is not None:
                chosen = arrays.of("kind") == kind
                found[chosen] = arrays.of(f"value_{place}")[chosen]
        return found, present

    def _prices(
        self, column: Column, values: NDArray[Any], present: NDArray[Any] | None, arrays: _Arrays
    ) -> Any:
        """Prices in 1e-9; null where the venue gave none, which reads as the least or the greatest of all numbers."""
        units = arrays.units(self._names)
        limit = INT64_MAX // max(1, int(units.max(initial=1)))
        if int(values.max(initial=0)) <= limit and int(values.min(initial=0)) >= -limit:
            return self._numbers(column, values * units, present)
        given = (values != INT64_MAX) & (values != INT64_MIN)
        if present is not None:
            given &= present
        bound = INT64_MAX // numpy.maximum(units, 1)
        # (The least of all numbers has no opposite, and so is compared as it is.)
        wide = ((values > bound) | (values < -bound)) & given
        self.uncarried += int(numpy.count_nonzero(wide))
        given &= ~wide
        return self._numbers(column, numpy.where(given, values, 0) * units, given)

    def _numbers(self, column: Column, values: NDArray[Any], present: NDArray[Any] | None = None) -> Any:
        pa = self._pa
        kind = self.schema.field(column.name).type
        values = numpy.ascontiguousarray(values)
        if values.dtype.itemsize != kind.bit_width // 8:
            values = values.astype(kind.to_pandas_dtype())
        return pa.Array.from_buffers(kind, len(values), *self._validity(present, values))

    def _words(self, numbers: NDArray[Any], words: Any, *, nullable: bool = False) -> Any:
        """Words by their numbers; where they are nullable, a number below 0 is none."""
        pa = self._pa
        present = None
        if nullable:
            present, numbers = numbers >= 0, numpy.maximum(numbers, 0)
        kind = pa.int8() if numbers.dtype == numpy.int8 else pa.int32()
        buffers = self._validity(present, numpy.ascontiguousarray(numbers))
        return pa.DictionaryArray.from_arrays(pa.Array.from_buffers(kind, len(numbers), *buffers), words, safe=False)

    def _validity(self, present: NDArray[Any] | None, values: NDArray[Any]) -> tuple[list[Any], int]:
        """Arrow's buffers of values that are there or not, and how many are not."""
        data = self._pa.py_buffer(values)
        if present is None or not (absent := len(present) - int(numpy.count_nonzero(present))):
            return [None, data], 0
        return [self._pa.py_buffer(numpy.packbits(present, bitorder="little")), data], absent

    # -------------------------------------------------------------------------------------------------- what is left

    def _unnamed_places(self) -> dict[int, list[EventKind]]:
        """The values that no column takes, with the kinds of which that is so."""
        taken = {(kind, place) for column in self.table.own for kind, place in column.places.items()}
        found: dict[int, list[EventKind]] = {}
        for place in range(VALUES):
            kinds = [kind for kind in self.table.kinds if (kind, place) not in taken]
            if kinds:
                found[place] = kinds
        return found

    def _count_uncarried(self, arrays: _Arrays) -> None:
        """Values where this kind of event has none: no feed of ours sends any, and what is lost should be known."""
        for place, kinds in self._nameless.items():
            present = [kind for kind in kinds if kind in arrays.kinds and kind not in self.table.copies]
            if not present:
                continue
            values = arrays.of(f"value_{place}")
            if values.any():
                self.uncarried += int(numpy.count_nonzero(values[numpy.isin(arrays.of("kind"), present)]))


class _Arrays:
    """The fields of events as arrays of their own, each taken out when it is first asked for."""

    def __init__(self, events: NDArray[Any]) -> None:
        self._events = events
        self._taken: dict[str, NDArray[Any]] = {}
        self._units: NDArray[Any] | None = None
        self.kinds = [EventKind(int(kind)) for kind in numpy.flatnonzero(numpy.bincount(self.of("kind")))]

    def __len__(self) -> int:
        return len(self._events)

    def of(self, name: str) -> NDArray[Any]:
        """A field."""
        found = self._taken.get(name)
        if found is None:
            found = self._taken[name] = numpy.ascontiguousarray(self._events[name])
        return found

    def units(self, names: Names) -> NDArray[Any]:
        """The price unit of each event."""
        if self._units is None:
            self._units = names.of_rows("price_unit").take(self.of("row"))
        return self._units


def _kinds_with(column: Column) -> NDArray[Any]:
    """For each number of a kind, whether its events have a value for the column."""
    found = numpy.zeros(KINDS_MAXIMUM, bool)
    found[[int(kind) for kind in column.places]] = True
    return found


def _sides(arrays: _Arrays) -> NDArray[Any]:
    """0 for bid, 1 for ask, -1 where the event has no side."""
    detail = arrays.of("detail")
    sides = (detail & 1).astype(numpy.int8)
    for kind in arrays.kinds:
        if kind in (EventKind.CROSS, EventKind.TRADE_BREAK):
            sides[arrays.of("kind") == kind] = _ABSENT
        elif kind is EventKind.CLEAR:
            sides[(arrays.of("kind") == kind) & (detail > 1)] = _ABSENT
    return sides


assert max(EventKind) < KINDS_MAXIMUM
assert max(map(len, EVENT_VALUES.values())) <= VALUES
