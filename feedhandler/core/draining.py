"""Draining: many event rings into one array, for cold code that wants every event of some kinds.

One call takes what has come in all rings. Each event is copied with its place in its ring and the number of the ring,
and kinds that are not wanted are passed over. Readers that hand events to Python one by one use `events_copy`.
"""

from __future__ import annotations

from .channel import Channel
from .events import Event, EventKind, EventRing
from .integers import shift_left
from .jit import hot
from .memory import copy_bytes, fence_acquire, load_acquire
from .records import Record, i32, i64


class Drained(Event, size=120):
    """An event that left its ring."""

    event_index = i64  #: its place in the ring, counted from the channel's first event
    row = i32  #: the number of the ring; cold code replaces it by a row of its table of instruments
    spare = i32


class DrainedRing(Record, size=80):
    """A ring that is drained, and how far."""

    ring = i64  #: address of the `EventRing`
    channel = i64  #: address of the `Channel`
    wanted = i64  #: a bit for each kind
    position = i64  #: of the next event
    lost = i64  #: events that the writer overwrote before they were taken, since the last call
    first = i64  #: of those that the last call took from it: where in the array
    taken = i64  #: how many
    behind = i64  #: how many that had been written were left
    sessions = i64  #: of the channel, behind the events that were taken
    generation = i64  #: of its directory, behind the events that were taken


@hot
def _ring_drain(drained, number, destination, room):
    """Take up to `room` events of one ring; returns how many were wanted and are whole."""
    ring = EventRing(drained.ring)
    written = load_acquire(ring.address + _WRITTEN)
    capacity = ring.mask + 1
    first = max(drained.position, written - capacity)
    last = min(written, first + room)
    taken = 0
    for position in range(first, last):
        source = Event(ring.events + Event.size * (position & ring.mask))
        kind = source.kind
        if kind == EventKind.DEFINITION:
            drained.generation = -1  # it may say something new of an instrument that is known
        if drained.wanted & shift_left(1, kind & 63) != 0:
            target = Drained(destination + Drained.size * taken)
            copy_bytes(target.address, source.address, Event.size)
            target.event_index = position
            target.row = number
            target.spare = 0
            taken += 1
    fence_acquire()
    # While we copied, the writer may have begun to overwrite the oldest.
    whole = min(max(first, ring.claimed - capacity), last)
    torn = 0
    for step in range(taken):
        if Drained(destination + Drained.size * step).event_index >= whole:
            break
        torn += 1
    if torn > 0:
        copy_bytes(destination, destination + Drained.size * torn, Drained.size * (taken - torn))
    drained.lost = whole - drained.position
    drained.position = last
    drained.behind = written - last
    return taken - torn


@hot
def rings_drain(rings, count, begin, destination, room):
    """Take what has come in `count` rings, from number `begin` on and round, as far as there is room.

    Returns how many events stand at `destination`, how many were lost, and whether a channel's session or directory
    has changed since the last call; each ring's own figures are in its record.
    """
    taken = 0
    lost = 0
    changed = 0
    for step in range(count):
        number = begin + step
        if number >= count:
            number -= count
        drained = DrainedRing(rings + DrainedRing.size * number)
        drained.first = taken
        drained.taken = _ring_drain(drained, number, destination + Drained.size * taken, room - taken)
        taken += drained.taken
        lost += drained.lost
        # Read behind the events, whose instruments are therefore in the directory of this generation.
        channel = Channel(drained.channel)
        if channel.generation != drained.generation or channel.sessions != drained.sessions:
            drained.generation = channel.generation
            drained.sessions = channel.sessions
            changed = 1
    return taken, lost, changed


_WRITTEN = EventRing.slots["written"].offset
