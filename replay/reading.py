"""Captures as tables: what a notebook asks for in a line.

    from replay import read

    day = read("day.pcap.zst", feed="nasdaq_itch50", symbols=["AAPL"])
    day.trades()                               # a pyarrow.Table; .to_pandas() where pandas is there
    day.depth(levels=5)                        # the book each time it changed
    day.numpy("bbo")                           # a structured array of numpy
    for part in day.batches("orders"):         # as much as fits into memory at a time
        ...

Each call takes the captures through the pipeline once, so that numbers are those of a replay and of a live run. Prices
are whole numbers of 1e-9 of the currency, exact and fast; `prices="float"` divides them for plotting, and
`prices="decimal"` makes exact decimals. Times are nanoseconds of the Unix epoch, UTC.
"""

from __future__ import annotations

import datetime
import os
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy
from numpy.typing import NDArray

from feedhandler.core.events import EVENT_VALUES, EventKind
from feedhandler.output.batches import Batch, Instruments
from feedhandler.output.schemas import COMMON, TABLES, Column, Table, Take, wanted_bits

if TYPE_CHECKING:
    import pyarrow

    from feedhandler.app import Application
    from feedhandler.config import Deployment
    from replay.capture import CaptureReceiver

Prices = Literal["integer", "float", "decimal"]
Moment = str | int | datetime.datetime
Files = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]

INSTRUMENTS = "instruments"
_BURSTS = 16  #: polls between two looks at the rings
_NANO = 1_000_000_000
_ABSENT = numpy.iinfo(numpy.int64).min  #: what a structured array has where a table has null

EVENTS = Table(
    "events",
    "Every event, in order, with its values as they are in the event ring: prices in the venue's steps.",
    tuple(EventKind),
    tuple(
        Column(f"value_{place}", "int64", "as `EVENT_VALUES` names it for the kind", Take.NUMBER,
               places={kind: place for kind in EventKind if place < len(EVENT_VALUES[kind])})
        for place in range(max(map(len, EVENT_VALUES.values())))
    ),
)  # fmt: skip
"""All kinds in one table."""


class ReadError(ValueError):
    """Captures that cannot be read as was asked; the text says what would be right."""


class CaptureWarning(UserWarning):
    """Something about a capture that does not keep it from being read: it was cut, or something of it was left out."""


def read(
    files: Files,
    *,
    feed: str | None = None,
    config: str | os.PathLike[str] | None = None,
    variant: str | None = None,
    symbols: Sequence[str] | str | None = None,
    start: Moment | None = None,
    end: Moment | None = None,
    date: str | datetime.date | None = None,
    prices: Prices = "integer",
) -> Reading:
    """Captures of one feed, to be read as tables. Several files are one stream, merged by time.

    Either `feed` names the feed, and every destination is a channel of its own, or `config` a configuration, whose
    channels and lines are heard. `symbols` keeps only these instruments. `start` and `end` are a moment as nanoseconds,
    a datetime, or text like `2026-03-02T09:30:00` or, with a trading `date`, `09:30` of the venue; the end is not
    included. Raises `ReadError`, and what configurations and captures raise.
    """
    given = [files] if isinstance(files, str | os.PathLike) else list(files)
    if not given:
        raise ReadError("no capture was given; expected a file or more")
    if prices not in ("integer", "float", "decimal"):
        raise ReadError(f"prices {prices!r}: expected integer, float or decimal")
    deployment = _deployment(feed, config, variant)
    if symbols is not None:
        wanted = (symbols,) if isinstance(symbols, str) else tuple(symbols)
        deployment = deployment.model_copy(update={"symbols": wanted})
    trading_date = datetime.date.fromisoformat(date) if isinstance(date, str) else date
    return Reading([os.fspath(file) for file in given], deployment, trading_date, start, end, prices)


class Reading:
    """Captures that can be read as tables, as often as is asked."""

    def __init__(
        self,
        files: list[str],
        deployment: Deployment,
        trading_date: datetime.date | None,
        start: Moment | None,
        end: Moment | None,
        prices: Prices,
    ) -> None:
        from feedhandler.app import feed_of, variant_of
        from replay.versions import variant_chosen

        feed = feed_of(deployment)
        variant_of(deployment, feed)
        self._files = files
        self._date = trading_date or deployment.trading_date
        # Nothing is decided in a notebook: strategies of a configuration stay at home.
        self._deployment = variant_chosen(deployment, feed, files, self._date).model_copy(update={"strategies": ()})
        self._start = _moment("start", start, self._date, feed.time_zone)
        self._end = _moment("end", end, self._date, feed.time_zone)
        self._prices = prices

    # -------------------------------------------------------------------------------------------------------- tables

    def trades(self) -> pyarrow.Table:
        """Executions of displayed orders, trades against others, auctions' trades, and trades taken back."""
        return self.table("trades")

    def orders(self) -> pyarrow.Table:
        """What happened to each order; of feeds that send orders."""
        return self.table("orders")

    def bbo(self) -> pyarrow.Table:
        """The inside of a book, each time an event of the venue has changed it."""
        return self.table("bbo")

    def depth(self, levels: int = 10) -> pyarrow.Table:
        """The first levels of a book, each time an event of the venue has changed it: `bid_price_0` is the inside."""
        return self.table("depth", levels=levels)

    def events(self) -> pyarrow.Table:
        """Every event in order, of all kinds."""
        return self.table("events")

    def table(self, name: str, *, levels: int = 10) -> pyarrow.Table:
        """A table by its name: depth, events, or one of `feedhandler.output.schemas.TABLES`, all of it in memory.

        `instruments` has a row for every number in the column `instrument` of the others.
        """
        if name == INSTRUMENTS:
            return self._instruments()
        kept: list[NDArray[Any]] = []
        instruments = Instruments()
        for batch in self._run(name, levels):
            instruments = batch.instruments
            kept.append(_of_table(name, batch).copy())
        return self._arrow(name, levels, kept, instruments)

    def _instruments(self) -> pyarrow.Table:
        from feedhandler.output.instruments import instruments_table

        instruments = Instruments()
        for batch in self._run("events", 0):
            instruments = batch.instruments
        return instruments_table(instruments)

    def batches(self, name: str, *, levels: int = 10, size: int = 1 << 16) -> Iterator[pyarrow.Table]:
        """The same part by part, `size` rows at most, however large the captures are."""
        if size < 1:
            raise ReadError(f"parts of {size} rows: expected at least 1")
        if name == INSTRUMENTS:
            yield self._instruments()
            return
        for batch in self._run(name, levels, size):
            rows = _of_table(name, batch)
            if len(rows):
                yield self._arrow(name, levels, [rows.copy()], batch.instruments)

    def numpy(self, name: str, *, levels: int = 10) -> NDArray[Any]:
        """A table as a structured array. Words are texts, times datetime64[ns]; a number that is null is the least
        of its kind (0 where it is unsigned), a float NaN."""
        return structured(self.table(name, levels=levels))

    # ------------------------------------------------------------------------------------------------------- running

    def _run(self, name: str, levels: int, size: int = 1 << 16) -> Iterator[Batch]:
        """The batches of events of one table."""
        from feedhandler.app import Application, line_numbers
        from feedhandler.books import readers
        from feedhandler.output.depths import ROOM as DEPTH_ROOM
        from feedhandler.output.depths import Depths
        from feedhandler.output.drain import Drain
        from replay.capture import CaptureReceiver

        _known(name)
        if name == "depth" and not 1 <= levels <= LEVELS_MAXIMUM:
            raise ReadError(f"a depth of {levels} levels: expected 1 to {LEVELS_MAXIMUM}")
        # Rows of depth are large: fewer of them are in memory.
        room = min(size, DEPTH_ROOM)
        depths = Depths(levels, readers().read_depths, room=room) if name == "depth" else None
        kinds = 0 if name == "depth" else -1 if name == "events" else wanted_bits([name])
        receiver = CaptureReceiver(
            self._files, lines=line_numbers(self._deployment), start=self._start, end=self._end, **self._trailer()
        )
        receiver.open()
        try:
            drain = Drain(readers().drain_rings, kinds, room=size, depths=depths)
            application = Application(
                self._deployment,
                messages_only=receiver.kind == "binaryfile",
                trading_date=self._date,
                taps=[_Tap(drain)],
            )
            application.attach(receiver)
            yield from _batches(application, drain)
            self._check(application, receiver)
            drain.names()
        finally:
            receiver.close()

    def _trailer(self) -> dict[str, Any]:
        from replay.options import trailer_options

        return trailer_options(self._deployment, None, None)

    def _check(self, application: Application, receiver: CaptureReceiver) -> None:
        """Say what was wrong with the captures; refuse where nothing of the feed was in them."""
        from replay.command import nothing_heard

        for problem in receiver.problems:
            warnings.warn(problem, CaptureWarning, stacklevel=4)
        figures = application.figures()
        if not figures.heard:
            raise ReadError(nothing_heard(application, receiver, figures))

    def _arrow(self, name: str, levels: int, parts: list[NDArray[Any]], instruments: Instruments) -> pyarrow.Table:
        from feedhandler.output.columns import Columns, Names, arrow_schema
        from feedhandler.output.depth_columns import depth_batch, depth_prices, depth_schema
        from feedhandler.output.extra import require_pyarrow

        pa = require_pyarrow()
        names = Names(instruments)
        if name == "depth":
            found = [depth_batch(part, names, levels) for part in parts if len(part)]
            table = pa.Table.from_batches(found, schema=depth_schema(levels))
            priced = depth_prices(levels)
        else:
            declared = EVENTS if name == "events" else TABLES[name]
            columns = Columns(declared, names)
            table = pa.Table.from_batches([columns.batch(part) for part in parts if len(part)], arrow_schema(declared))
            priced = [column.name for column in declared.columns if column.take is Take.PRICE]
        return _priced(table, priced, self._prices)

    def __repr__(self) -> str:
        return f"read({', '.join(self._files)!r}, feed={self._deployment.feed!r})"


LEVELS_MAXIMUM = 1_000


class _Tap:
    """A drain whose events are taken by whoever runs the pipeline."""

    def __init__(self, drain: Any) -> None:
        self.events_minimum: int = drain.events_minimum
        self.depth_levels: int = drain.depth_levels
        self.join = drain.join

    def between(self) -> None:
        """Nothing: the pipeline is run from here."""


def _batches(application: Application, drain: Any) -> Iterator[Batch]:
    """Run the pipeline in this thread, and give out what its rings hold."""
    from feedhandler.core.loop import Exit

    pipeline = application.pipeline
    left = Exit.IDLE
    while left is Exit.IDLE:
        left = pipeline.run(bursts=_BURSTS)
        while (batch := drain.take()) is not None:
            _lossless(drain)
            yield batch
    pipeline.finish()
    while (batch := drain.rest()) is not None:
        _lossless(drain)
        yield batch


def _lossless(drain: Any) -> None:
    lost = drain.lost + (drain.depths.lost if drain.depths is not None else 0)
    if lost:
        raise ReadError(
            f"a few packets brought more events than the ring of a channel holds, and {lost:,} are lost; "
            "capacities.events in a configuration gives it a larger one"
        )


def _of_table(name: str, batch: Batch) -> NDArray[Any]:
    """The events of a batch that are in a table, or its rows of depth."""
    if name == "depth":
        assert batch.depth is not None
        return batch.depth
    if name == "events":
        return batch.events
    chosen = numpy.zeros(64, bool)
    chosen[[int(kind) for kind in TABLES[name].kinds]] = True
    found: NDArray[Any] = batch.events[chosen[batch.events["kind"]]]
    return found


def _known(name: str) -> None:
    names = ["depth", "events", INSTRUMENTS, *TABLES]
    if name not in names:
        from feedhandler.plugins import nearest

        guess = nearest(name, names)
        raise ReadError(f"there is no table {name!r}{f', did you mean {guess}?' if guess else ''}; there are "
                        f"{', '.join(names)}")  # fmt: skip


def _deployment(feed: str | None, config: str | os.PathLike[str] | None, variant: str | None) -> Deployment:
    from feedhandler.config import Deployment, load

    if (feed is None) == (config is None):
        raise ReadError("what is the feed? Expected either feed=, the name of one, or config=, a configuration file")
    if config is None:
        return Deployment(name=str(feed), feed=str(feed), variant=variant)
    deployment = load(Path(config))
    if variant is not None:
        deployment = deployment.model_copy(update={"variant": variant, "venue": None})
    return deployment


def _moment(name: str, moment: Moment | None, date: datetime.date | None, zone: str | None) -> int | None:
    """A moment in nanoseconds of the Unix epoch."""
    from feedhandler.cli.exit_codes import CommandError
    from replay.options import moment_from

    if moment is None or isinstance(moment, int):
        return moment
    if isinstance(moment, datetime.datetime):
        if moment.tzinfo is None:
            raise ReadError(f"{name} {moment}: of which time zone? Expected a datetime with one")
        whole = moment.replace(microsecond=0)
        return int(whole.timestamp()) * _NANO + moment.microsecond * 1_000
    try:
        return moment_from(name, moment, date, zone)
    except CommandError as error:
        raise ReadError(str(error)) from error


def _priced(table: pyarrow.Table, names: list[str], prices: Prices) -> pyarrow.Table:
    """The table with its prices as they are wanted."""
    from feedhandler.output.extra import require_pyarrow

    if prices == "integer":
        return table
    pa = require_pyarrow()
    for name in names:
        place = table.schema.get_field_index(name)
        field = table.schema.field(place)
        kind = pa.float64() if prices == "float" else pa.decimal128(38, 9)
        chunks = [_in_units(chunk, kind) for chunk in table.column(place).chunks]
        table = table.set_column(place, field.with_type(kind), pa.chunked_array(chunks, kind))
    return table


def _in_units(chunk: Any, kind: Any) -> Any:
    """Prices in 1e-9 as floats or exact decimals of the currency."""
    from feedhandler.output.extra import require_pyarrow

    pa = require_pyarrow()
    absent = chunk.is_null().to_numpy(zero_copy_only=False)
    values = chunk.fill_null(0).to_numpy()
    if kind == pa.float64():
        return pa.array(values / _NANO, mask=absent)
    # A decimal of 128 bits is the integer, whatever its places: the low word and the sign.
    words = numpy.stack([values, values >> 63], axis=1)
    validity = pa.py_buffer(numpy.packbits(~absent, bitorder="little")) if absent.any() else None
    return pa.Array.from_buffers(kind, len(values), [validity, pa.py_buffer(words)])


def structured(table: pyarrow.Table) -> NDArray[Any]:
    """An Arrow table as a structured array: see `Reading.numpy`."""
    from feedhandler.output.extra import require_pyarrow

    pa = require_pyarrow()
    columns: list[tuple[str, NDArray[Any]]] = []
    for field in table.schema:
        column = table.column(field.name)
        if pa.types.is_dictionary(field.type):
            column = column.cast(pa.string())
        if pa.types.is_string(column.type):
            words = [word or "" for word in column.to_pylist()]
            values: NDArray[Any] = numpy.array(words, dtype=f"<U{max([1, *map(len, words)])}")
        elif pa.types.is_timestamp(column.type):
            values = column.cast(pa.int64()).to_numpy().view("<M8[ns]")
        elif pa.types.is_decimal(column.type):
            values = numpy.array(column.to_pylist(), dtype=object)
        elif pa.types.is_floating(column.type):
            values = column.to_numpy()
        else:
            absent = _ABSENT if column.type == pa.int64() else 0
            values = column.fill_null(absent).to_numpy() if column.null_count else column.to_numpy()
        columns.append((field.name, values))
    found = numpy.empty(table.num_rows, [(name, values.dtype) for name, values in columns])
    for name, values in columns:
        found[name] = values
    return found


assert {column.name for column in COMMON} >= {"ts_event", "symbol"}
