"""Rows of depth as Arrow columns: whose book, when, how far it can be trusted, and each level of both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy
from numpy.typing import NDArray

from .columns import Names, arrow_type
from .extra import require_pyarrow
from .schemas import QUALITIES

if TYPE_CHECKING:
    import pyarrow

_HEAD: tuple[tuple[str, str, str, bool], ...] = (
    ("ts_event", "timestamp[ns, UTC]", "the venue's time of the last message that changed the book", False),
    ("ts_received", "timestamp[ns, UTC]", "when the packet was received", False),
    ("channel", "dictionary<int32, string>", "the channel", False),
    ("sequence", "int64", "of the last message that changed the book", False),
    ("event_index", "int64", "the row's place among the channel's events: as many came before it", False),
    ("instrument", "int32", "the row of the table `instruments` with all that is known of it", False),
    ("symbol", "dictionary<int32, string>", "the venue's name of the instrument, `#code` where it gave none", True),
    ("quality", "dictionary<int8, string>", "how far the book can be trusted", False),
)
_LEVEL = (
    ("price", "the price, in 1e-9; null: there is no such level"),
    ("quantity", "the quantity, in the venue's steps"),
    ("orders", "how many orders, where that is known"),
)


def depth_prices(levels: int) -> list[str]:
    """The names of the columns that are prices, inside first."""
    return [f"{side}_price_{number}" for side in ("bid", "ask") for number in range(levels)]


def depth_schema(levels: int) -> pyarrow.Schema:
    """The columns of rows with so many levels a side: `bid_price_0` is the inside."""
    pa = require_pyarrow()
    fields = [
        pa.field(name, arrow_type(kind), nullable=nullable, metadata={"about": words})
        for name, kind, words, nullable in _HEAD
    ]
    for side in ("bid", "ask"):
        for number in range(levels):
            fields += [
                pa.field(f"{side}_{name}_{number}", pa.int64(), metadata={"about": words}) for name, words in _LEVEL
            ]
    return pa.schema(fields, metadata={"table": "depth", "about": f"The first {levels} levels of a book that changed."})


def depth_batch(depth: NDArray[Any], names: Names, levels: int) -> pyarrow.RecordBatch:
    """Rows of depth as columns."""
    pa = require_pyarrow()
    rows = depth["row"]
    unit = names.of_rows("price_unit").take(rows)

    def words(numbers: NDArray[Any], dictionary: Any) -> Any:
        return pa.DictionaryArray.from_arrays(pa.array(numbers, mask=numbers < 0), dictionary)

    columns: list[Any] = [
        pa.array(depth["venue_time"]).cast(pa.timestamp("ns", "UTC")),
        pa.array(depth["received_ns"]).cast(pa.timestamp("ns", "UTC")),
        words(names.of_rows("channel").take(rows), names.channel_words),
        pa.array(depth["sequence"]),
        pa.array(depth["event_index"]),
        pa.array(rows),
        words(names.symbol_of.take(rows), names.symbol_words),
        words(depth["quality"].astype(numpy.int8), pa.array(QUALITIES, pa.string())),
    ]
    for side in ("bids", "asks"):
        for number in range(levels):
            level = depth[side][:, number]
            absent = level["quantity"] == 0
            columns.append(pa.array(level["price"] * unit, mask=absent))
            columns += [pa.array(numpy.ascontiguousarray(level[name]), mask=absent) for name in ("quantity", "orders")]
    return pa.RecordBatch.from_arrays(columns, schema=depth_schema(levels))
