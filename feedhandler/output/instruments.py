"""The table of instruments as a table of the output: what rows of all other tables refer to.

It is not made of events: a row for each instrument of each session of a channel that was heard, as the channel's
directory had it at the end; one more where its price unit changed, for the events from there on; and one for each
session of a channel, which events that concern no single instrument refer to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy

from .batches import INSTRUMENT, Instruments
from .extra import require_pyarrow

if TYPE_CHECKING:
    import pyarrow

COLUMNS: dict[str, tuple[str, str]] = {
    "row": ("int32", "what `instrument` says in the other tables"),
    "channel": ("string", "the channel"),
    "session": ("int32", "the channel's session, counted from 1"),
    "instrument": ("int32", "the instrument's number in its channel and session; -1: the channel itself"),
    "symbol": ("string", "the venue's name, `#code` where it gave none; null: the channel itself"),
    "code": ("int64", "the venue's number"),
    "price_unit": ("int64", "what one step of the venue's price is worth, in 1e-9"),
    "quantity_step": ("int64", "what one step of the venue's quantity is worth, in 1e-9"),
    "lot_size": ("int64", "the round lot, or the multiplier"),
    "defined": ("int32", "1 where a definition described it"),
}
"""Arrow types and meanings."""


def instruments_table(instruments: Instruments) -> pyarrow.Table:
    """The rows of instruments."""
    pa = require_pyarrow()
    rows = instruments.rows
    named = [name for name in COLUMNS if name in (INSTRUMENT.names or ()) and name not in ("channel", "symbol")]
    columns: dict[str, Any] = {name: pa.array(rows[name]) for name in named}
    columns["row"] = pa.array(numpy.arange(len(rows), dtype=numpy.int32))
    columns["channel"] = pa.array([instruments.channels[number] for number in rows["channel"].tolist()], pa.string())
    symbols = zip(instruments.symbols(), rows["instrument"].tolist(), strict=True)
    columns["symbol"] = pa.array([symbol if index >= 0 else None for symbol, index in symbols], pa.string())
    fields = [pa.field(name, getattr(pa, kind)(), metadata={"about": words}) for name, (kind, words) in COLUMNS.items()]
    return pa.table([columns[name] for name in COLUMNS], schema=pa.schema(fields))


def instruments_from(table: pyarrow.Table) -> Instruments:
    """The other way round."""
    channels = list(dict.fromkeys(table["channel"].to_pylist()))
    table = table.sort_by("row")
    rows = numpy.zeros(table.num_rows, INSTRUMENT)
    numbers = {channel: number for number, channel in enumerate(channels)}
    rows["channel"] = [numbers[channel] for channel in table["channel"].to_pylist()]
    rows["symbol"] = [(symbol or "").encode() for symbol in table["symbol"].to_pylist()]
    for name in INSTRUMENT.names or ():
        if name not in ("channel", "symbol"):
            rows[name] = table[name].to_numpy()
    return Instruments(channels, rows)
