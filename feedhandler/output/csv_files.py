"""CSV: a file for each table, `orders/day.pcap.csv`, for what reads nothing better.

Prices are exact decimals, as in `185.250000000`; times are ISO 8601 with nanoseconds, in UTC; nothing stands where a
value is null.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy

from .extra import require_pyarrow
from .schemas import TABLES, Take
from .sequential import SequentialTables

PLACES = 9  #: decimal places of prices
PRICES = frozenset(column.name for table in TABLES.values() for column in table.own if column.take is Take.PRICE)
"""The columns that are prices."""


class CsvTables(SequentialTables):
    """Writes tables as CSV."""

    ending = "csv"

    def open(self, path: Path, schema: Any) -> Any:
        """A file of lines."""
        from pyarrow import csv

        return csv.CSVWriter(str(path), schema, write_options=csv.WriteOptions(quoting_style="needed"))

    def shown(self, table: Any) -> Any:
        """Words as text, prices as decimals."""
        pa = require_pyarrow()
        for place, field in enumerate(table.schema):
            column = table.column(place)
            if pa.types.is_dictionary(field.type):
                table = table.set_column(place, field.with_type(pa.string()), column.cast(pa.string()))
            elif is_price(field.name):
                chunks = [_decimals(chunk) for chunk in column.chunks]
                kind = _decimal_type()
                table = table.set_column(place, field.with_type(kind), pa.chunked_array(chunks, kind))
        return table


def is_price(name: str) -> bool:
    """Whether a column of a table is a price; of depth, each level's are."""
    return name in PRICES or name.startswith(("bid_price_", "ask_price_"))


def _decimal_type() -> Any:
    pa = require_pyarrow()
    return pa.decimal128(19, PLACES)


def _decimals(prices: Any) -> Any:
    """Integers of 1e-9 as decimals: the same numbers with another type, in 128 bits."""
    pa = require_pyarrow()
    values = prices.fill_null(0).to_numpy(zero_copy_only=False)
    wide = numpy.empty((len(values), 2), numpy.int64)
    wide[:, 0], wide[:, 1] = values, values >> 63
    validity = None
    if prices.null_count:
        validity = pa.py_buffer(numpy.packbits(prices.is_valid().to_numpy(zero_copy_only=False), bitorder="little"))
    return pa.Array.from_buffers(_decimal_type(), len(values), [validity, pa.py_buffer(wide)], prices.null_count)


def integers_of(decimals: Any) -> Any:
    """Decimals as integers of 1e-9 again."""
    pa = require_pyarrow()
    whole = decimals.combine_chunks() if isinstance(decimals, pa.ChunkedArray) else decimals
    if not len(whole):
        return pa.array([], pa.int64())
    wide = numpy.frombuffer(whole.buffers()[1], numpy.int64)[2 * whole.offset :]
    values = numpy.ascontiguousarray(wide[: 2 * len(whole) : 2])
    return pa.array(values, mask=whole.is_null().to_numpy(zero_copy_only=False))
