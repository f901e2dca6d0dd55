"""Taking events out of the rings of channels, as batches.

    drain = Drain(readers().drain_rings, wanted_bits(["orders", "trades"]))
    ...                      # `join` is called for each channel that is made
    batch = drain.take()     # again and again; None while little has come
    batch = drain.rest()     # at the end

An event in a ring names its instrument by an index, which means something only in its session and only together with
the channel's directory. The drain looks names and price units up while they are valid, so `take` must be called before
a channel has changed its session twice; between two bursts it always is. What an event cannot be given any more (a ring
that was overtaken, see `Drain.lost`) becomes an event of kind LOSS at its place.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy
from numpy.typing import NDArray

from feedhandler.core.directory import Instrument
from feedhandler.core.draining import DrainedRing
from feedhandler.core.events import EventKind
from feedhandler.pipeline.state import ChannelMemory

from .batches import EVENT, INSTRUMENT, Batch, Instruments
from .depths import Depths

ROOM = 1 << 16  #: events of a batch, at most
RINGS_MAXIMUM = 256
_ALWAYS = (1 << EventKind.SESSION) | (1 << EventKind.DEFINITION)


class _Channel:
    """What the drain knows of a channel: which row stands for each of its instruments."""

    def __init__(self, memory: ChannelMemory, number: int) -> None:
        self.memory = memory
        self.number = number
        self.session = int(memory.channel.sessions)
        self.adrift = False  # what was lost may have held a session's change
        self.rows = _NO_ROWS  # of the channel itself, then of each instrument by its index; -1: not heard of yet
        self.table = _NO_INSTRUMENTS  # the directory as it was looked at last
        self.older: dict[int, list[int]] = {}  # rows whose unit is no longer the instrument's

    def begin(self, session: int, row: int) -> None:
        """A session begins; `row` stands for the channel itself."""
        self.session = session
        self.rows = numpy.array([row], numpy.int32)
        self.table = _NO_INSTRUMENTS
        self.older = {}

    def directory(self) -> NDArray[Any] | None:
        """The instruments of the session that is being drained, copied; None where they are forgotten."""
        directory, channel = self.memory.directory, self.memory.channel
        if int(channel.sessions) == self.session:
            found = self.memory.array("instruments", Instrument, int(directory.count)).copy()
            # While they were copied, the session may have ended, and they with it.
            if int(directory.former_session) not in (-1, self.session) and int(channel.sessions) == self.session:
                return found
        for _ in range(_ATTEMPTS):
            if int(directory.former_session) == self.session:
                found = self.memory.array("former_instruments", Instrument, int(directory.former_count)).copy()
                return found if int(directory.former_session) == self.session else None
        return None

    def grow(self, count: int) -> None:
        """Make place for instruments by their indexes up to `count`."""
        more = count - len(self.table)
        if more > 0:
            self.table = numpy.concatenate([self.table, numpy.zeros(more, Instrument.dtype)])
            self.rows = numpy.concatenate([self.rows, numpy.full(more, -1, numpy.int32)])


class Drain:
    """Takes events of some kinds out of the rings of all channels that join.

    `drain_rings` is the compiled reader of the rings, `kinds` a bit for each kind. A batch has about `room` events at
    most. `events_minimum` is what the ring of a channel should hold, so that no burst overtakes it. With `depths` rows
    of depth are drained too, and come in the batches of the events before them.
    """

    events_minimum = 1 << 17

    def __init__(
        self,
        drain_rings: Callable[..., tuple[int, int, int]],
        kinds: int,
        *,
        room: int = ROOM,
        depths: Depths | None = None,
    ) -> None:
        self.depths = depths
        self.depth_levels = depths.levels if depths is not None else 0
        self.instruments = Instruments()
        self.lost = 0
        self.taken = 0
        self._drain_rings = drain_rings
        self._kinds = kinds | _ALWAYS
        self._room = room
        self._rings = numpy.zeros(RINGS_MAXIMUM, DrainedRing.dtype)
        self._channels: list[_Channel] = []
        self._begin = 0
        self._buffer = numpy.zeros(room + RINGS_MAXIMUM, EVENT)  # with place for what was lost of each ring
        self._filled = 0
        self._lookup = _NO_ROWS
        self._offsets = numpy.zeros(0, numpy.int64)

    def join(self, memory: ChannelMemory) -> None:
        """A channel is made: its events are wanted from now on."""
        number = len(self._channels)
        if number >= RINGS_MAXIMUM:
            raise ValueError(f"{memory.name} is one channel too many: {RINGS_MAXIMUM} can be drained")
        memory.events.wanted |= self._kinds
        ring = self._rings[number]
        ring["ring"], ring["channel"] = memory.events.address, memory.channel.address
        ring["wanted"], ring["position"] = self._kinds, int(memory.events.written)
        ring["generation"] = -1
        self.instruments.channels.append(memory.name)
        self.instruments.feed = memory.feed
        self.instruments.day_base_ns = int(memory.channel.day_base_ns)
        channel = _Channel(memory, number)
        if self.depths is not None:
            self.depths.join(number, memory)
        self._channels.append(channel)
        channel.begin(channel.session, self._channel_row(channel, channel.session))

    def take(self) -> Batch | None:
        """Take what has come; a batch where it is time for one. What it holds is valid until the next call."""
        if not self._channels:
            return None
        start = self._filled
        taken, lost, changed = self._drain_rings(
            self._rings.ctypes.data,
            len(self._channels),
            self._begin,
            self._buffer.ctypes.data + EVENT.itemsize * start,
            self._room - start,
        )
        self._begin = (self._begin + 1) % len(self._channels)
        self._filled = start + taken
        fresh = self._buffer[start : self._filled]
        if self.depths is not None:
            for channel in self._channels:
                self.depths.read(channel.number, channel.memory, int(self._rings[channel.number]["position"]))
        if changed or lost:
            self._resolve_all(start, fresh)
        elif taken:
            numbers = fresh["row"].copy()
            fresh["row"] = rows = self._lookup[self._offsets[numbers] + fresh["instrument"] + 1]
            if (rows < 0).any():
                fresh["row"] = numbers
                self._resolve_all(start, fresh)
        self.taken += self._filled - start
        full = self._filled > self._room // 2
        if self.depths is not None:
            for channel in self._channels:
                self._settle(channel)
            self._index()
            full = full or self.depths.full
        return self._batch() if full else None

    def rest(self) -> Batch | None:
        """What has come and what is left, as much as there is room for; None where there is nothing more."""
        batch = self.take()
        left = self._filled or (self.depths is not None and self.depths.waiting)
        return batch if batch is not None or not left else self._batch()

    def names(self) -> None:
        """Bring symbols and what else is known of the instruments up to date, before the table is used."""
        for channel in self._channels:
            self._look_up(channel)

    def _batch(self) -> Batch:
        depth = self.depths.hand_over() if self.depths is not None else None
        batch = Batch(self._buffer[: self._filled], self.instruments, depth)
        self._filled = 0
        return batch

    # ------------------------------------------------------------------------------------------- instruments and rows

    def _resolve_all(self, start: int, fresh: NDArray[Any]) -> None:
        """Give events their rows, channel by channel, where directories or sessions changed or something is lost."""
        parts = []
        for channel in self._channels:
            ring = self._rings[channel.number]
            mine = fresh[int(ring["first"]) : int(ring["first"] + ring["taken"])]
            if ring["lost"] or channel.adrift:
                parts += self._after_loss(channel, ring, mine)
            else:
                self._resolve_sessions(channel, mine)
                parts.append(mine)
        if sum(len(part) for part in parts) != len(fresh) or any(len(part) and part.base is None for part in parts):
            kept = numpy.concatenate(parts)
            self._buffer[start : start + len(kept)] = kept
            self._filled = start + len(kept)
        self._index()

    def _index(self) -> None:
        """Make one table of the rows of all channels, by which most events find theirs."""
        sizes = [len(channel.rows) for channel in self._channels]
        self._offsets = numpy.cumsum([0, *sizes[:-1]])
        self._lookup = numpy.concatenate([channel.rows for channel in self._channels])

    def _after_loss(self, channel: _Channel, ring: Any, events: NDArray[Any]) -> list[NDArray[Any]]:
        """Say what a ring lost. Where a session's change may be in it, all is lost until the ring is drained."""
        count = int(ring["lost"])
        first = int(events["event_index"][0]) - count if len(events) else int(ring["position"]) - count
        starts = int((events["kind"] == EventKind.SESSION).sum())
        sessions = int(ring["sessions"])
        channel.adrift = channel.adrift or sessions != channel.session + starts
        if channel.adrift:
            count = int(ring["position"]) - first
            self._look_up(channel)
            if not ring["behind"] and sessions == int(channel.memory.channel.sessions):
                channel.adrift = False
                if sessions != channel.session:
                    channel.begin(sessions, self._channel_row(channel, sessions))
            events = events[:0]
            if self.depths is not None:
                self.depths.drop(channel.number)
        self.lost += count
        self._resolve_sessions(channel, events)
        loss = numpy.zeros(1 if count else 0, EVENT)
        loss["kind"], loss["instrument"], loss["event_index"] = EventKind.LOSS, -1, first
        loss["value_0"], loss["value_1"] = first, count
        loss["row"] = channel.rows[0]
        for name in ("sequence", "venue_time", "received_ns"):
            loss[name] = events[name][0] if len(events) else 0
        return [loss, events]

    def _resolve_sessions(self, channel: _Channel, events: NDArray[Any]) -> None:
        """Rows for events of one channel, session by session."""
        position = 0
        for start in numpy.flatnonzero(events["kind"] == EventKind.SESSION).tolist():
            self._resolve(channel, events[position:start])
            self._settle(channel, int(events["event_index"][start]))
            channel.begin(channel.session + 1, self._channel_row(channel, channel.session + 1))
            position = start
        self._resolve(channel, events[position:])
        self._settle(channel)

    def _settle(self, channel: _Channel, before: int | None = None) -> None:
        """Give rows of depth of a channel the rows of their instruments."""
        if self.depths is not None:
            self.depths.settle(channel.number, partial(self._resolve, channel), before)

    def _channel_row(self, channel: _Channel, session: int) -> int:
        row = numpy.zeros(1, INSTRUMENT)
        row["channel"], row["session"], row["instrument"] = channel.number, session, -1
        row["price_unit"] = channel.memory.directory.default_price_unit
        row["quantity_step"] = channel.memory.directory.default_quantity_step
        return self.instruments.add(row)

    def _resolve(self, channel: _Channel, events: NDArray[Any]) -> None:
        """Rows for events of one session of one channel; an instrument that is heard of first gets its row."""
        self._look_up(channel)
        indexes = events["instrument"]
        channel.grow(int(indexes.max(initial=-1)) + 1)
        rows = channel.rows[indexes + 1]
        if (rows < 0).any():
            self._rows_add(channel, events, indexes)
            rows = channel.rows[indexes + 1]
        events["row"] = rows
        definitions = numpy.flatnonzero(events["kind"] == EventKind.DEFINITION)
        if len(definitions):
            units = self.instruments.rows["price_unit"][rows[definitions]]
            if (units != events["value_3"][definitions]).any():
                self._units_follow(channel, events, definitions.tolist())

    def _rows_add(self, channel: _Channel, events: NDArray[Any], indexes: NDArray[Any]) -> None:
        """Rows for the instruments that have none, with the price unit that their first events have."""
        heard, firsts = numpy.unique(indexes, return_index=True)
        chosen = channel.rows[heard + 1] < 0
        heard, firsts = heard[chosen], firsts[chosen]
        known = channel.table[heard]
        rows = numpy.zeros(len(heard), INSTRUMENT)
        rows["channel"], rows["session"], rows["instrument"] = channel.number, channel.session, heard
        self._describe(rows, known)
        defined = numpy.isin(heard, indexes[events["kind"] == EventKind.DEFINITION])
        directory = channel.memory.directory
        # A definition among these events may have changed the unit that the directory now has.
        rows["price_unit"][defined | (rows["price_unit"] == 0)] = directory.default_price_unit
        rows["quantity_step"][rows["quantity_step"] == 0] = directory.default_quantity_step
        opening = events[firsts]
        described = opening["kind"] == EventKind.DEFINITION
        rows["price_unit"][described] = opening["value_3"][described]
        first = self.instruments.add(rows)
        channel.rows[heard + 1] = numpy.arange(first, first + len(heard))

    def _units_follow(self, channel: _Channel, events: NDArray[Any], definitions: list[int]) -> None:
        """From a definition with another price unit on, an instrument has another row."""
        for position in definitions:
            index, unit = int(events["instrument"][position]), int(events["value_3"][position])
            row = int(channel.rows[index + 1])
            if int(self.instruments.rows["price_unit"][row]) == unit:
                continue
            revised = self.instruments.rows[row : row + 1].copy()
            revised["price_unit"] = unit
            channel.older.setdefault(index, []).append(row)
            channel.rows[index + 1] = self.instruments.add(revised)
            later = events[position:]
            later["row"][later["instrument"] == index] = channel.rows[index + 1]

    def _look_up(self, channel: _Channel) -> None:
        """Look at the channel's directory: rows of instruments that are named, or described, now say so."""
        found = channel.directory()
        if found is None or not len(found):
            return
        channel.grow(len(found))
        known = channel.table[: len(found)]
        changed = numpy.flatnonzero((found.view(_WORDS) != known.view(_WORDS)).reshape(len(found), -1).any(axis=1))
        known[changed] = found[changed]
        rows = channel.rows[changed + 1]
        heard = rows >= 0
        described = self.instruments.rows[rows[heard]]
        self._describe(described, known[changed[heard]])
        self.instruments.rows[rows[heard]] = described
        for index in set(channel.older) & set(changed.tolist()):
            current = self.instruments.rows[channel.rows[index + 1]]
            for row in channel.older[index]:
                for name in _DESCRIBED:
                    self.instruments.rows[name][row] = current[name]

    def _describe(self, rows: NDArray[Any], known: NDArray[Any]) -> None:
        """What a directory says of instruments, into their rows; but for the price unit of those that have one."""
        for name in ("code", "lot_size", "defined"):
            rows[name] = known[name]
        fresh = rows["price_unit"] == 0
        rows["price_unit"][fresh] = known["price_unit"][fresh]
        rows["quantity_step"] = numpy.where(known["quantity_step"] != 0, known["quantity_step"], rows["quantity_step"])
        names = numpy.ascontiguousarray(known["symbol"]).view(INSTRUMENT["symbol"]).tolist()
        rows["symbol"] = [
            name.rstrip(b" \0") or (b"#%d" % code if unit else b"?%d" % index)
            for name, code, unit, index in zip(
                names, known["code"].tolist(), known["price_unit"].tolist(), rows["instrument"].tolist(), strict=True
            )
        ]


_ATTEMPTS = 64
_WORDS = numpy.dtype("<i8")
_DESCRIBED = ("symbol", "code", "lot_size", "defined", "quantity_step")
_NO_ROWS = numpy.zeros(0, numpy.int32)
_NO_INSTRUMENTS = numpy.zeros(0, Instrument.dtype)
