"""The order store: open addressing on the order reference, fixed capacity, no tombstones, slots that never move.

Two slots of 32 bytes share a cache line. A reference has a home line; when both slots there are taken, the order goes
to the next line with room, and every full line that was passed counts it in `overflow`. A search looks at both slots
of a line and stops at the first line whose `overflow` is 0, so a delete leaves no tombstone and shifts nothing: links
between orders stay valid for as long as the orders live. (Backward shift with linear probing measured 12 % slower, a
table of slot numbers into a pool 6.5 %, slots of 64 bytes 10 %; machine: x86-64, 2 cores.)

The home keeps references that were given out together on neighbouring lines: the low six bits pass through, the rest is
hashed. A plain Fibonacci hash was 8 to 11 % slower; the identity is faster still and collapses on strides. A salt per
process keeps a venue's participants from choosing collisions.

Worst case: every reference of one home. The search is bounded by `PROBE_LIMIT` lines; beyond, the order is refused as
if the store were full (counted, the instrument goes stale), never looped over.

Slot 0 and 1 stand unused, so that index 0 can mean "none".
"""

from __future__ import annotations

from enum import IntEnum

from .integers import shift_left, shift_right_logical, wrapping_multiply
from .jit import hot, hot_call, rare
from .records import Record, fixed, i64, u32

NONE = 0
PROBE_LIMIT = 64
_GOLDEN = -7046029254386353131  # 2**64 / golden ratio as int64
_OWNER = -4417276706812531889  # another odd constant, for references that are unique only within an instrument


class Order(Record, shared=True, size=32):
    """One live order. `level` is 0 in a free slot; `overflow` is used in the even slot of each line."""

    reference = i64
    quantity = i64
    level = u32
    previous = u32  #: the order in front in the queue, or 0
    next = u32  #: the order behind, or 0
    overflow = u32


class Scope(IntEnum):
    """Within what an order reference is unique."""

    CHANNEL = 0
    INSTRUMENT = 1
    INSTRUMENT_SIDE = 2


class OrderStore(Record):
    """Where the slots are and how to find a home."""

    slots = fixed(i64)
    line_mask = fixed(i64)
    home_shift = fixed(i64)  #: 64 minus the bits of the slot count
    salt = fixed(i64)
    scope = fixed(i64)
    count = i64
    count_maximum = i64
    capacity = fixed(i64)
    levels = fixed(i64)  #: address of the level pool, to check an order's owner where the scope is narrower
    priorities = fixed(i64)  #: address of the venue's priority of each slot; 0 where queues are in order of arrival


@hot
def order_at(store, index):
    """The slot of an index."""
    return Order(store.slots + shift_left(index, 5))


@hot_call
def _owner_mixed(key, owner):
    """A reference that is unique only within its owner: the owner counts too."""
    return key ^ wrapping_multiply(owner + 1, _OWNER)


@hot
def order_home(store, reference, owner):
    """The first slot of the home line of a reference."""
    key = shift_right_logical(reference, 6) ^ store.salt
    if store.scope != Scope.CHANNEL:
        key = _owner_mixed(key, owner)
    home = shift_right_logical(wrapping_multiply(key, _GOLDEN), store.home_shift) ^ (reference & 63)
    return 2 + (home & shift_left(store.line_mask, 1))


@hot
def line_behind(store, line):
    """The first slot of the next line. (A slot's index is its line's place plus 2: one line on is no sum at all.)"""
    return 2 + (line & shift_left(store.line_mask, 1))


@hot
def owner_of(store, instrument, side):
    """What a reference is unique within, as one number."""
    if store.scope == Scope.CHANNEL:
        return 0
    if store.scope == Scope.INSTRUMENT:
        return instrument
    return 2 * instrument + side


@hot_call
def _owner_agrees(store, order, owner):
    """Whether a slot with the right reference also belongs to the right instrument."""
    from_level = Level(store.levels + shift_left(order.level, 5)).owner
    if store.scope == Scope.INSTRUMENT:
        return (from_level >> 1) == owner
    return from_level == owner


@hot
def order_is(store, index, reference, owner):
    """Whether a slot holds this live order."""
    order = order_at(store, index)
    if order.reference != reference or order.level == NONE:
        return False
    return store.scope == Scope.CHANNEL or _owner_agrees(store, order, owner)


@hot_call
def _find_slowly(store, reference, owner, home):
    """Search the home line and those behind it."""
    rare()
    line = home
    for _ in range(PROBE_LIMIT):
        if order_is(store, line, reference, owner):
            return line
        if order_is(store, line + 1, reference, owner):
            return line + 1
        if order_at(store, line).overflow == 0:
            return NONE
        line = line_behind(store, line)
    return NONE


@hot
def order_find(store, reference, owner, home):
    """The index of a live order whose home line begins at `home`, or NONE."""
    # Which of the two slots it is cannot be predicted, so it is computed.
    index = home + (order_at(store, home).reference != reference)
    if order_is(store, index, reference, owner):
        return index
    # Where references are unique in less than the channel, the first slot may hold the same one of somebody else.
    first = order_at(store, home)
    if first.overflow == 0 and (first.reference != reference or store.scope == Scope.CHANNEL):
        return NONE
    return _find_slowly(store, reference, owner, home)


@hot
def free_in_line(store, line):
    """A free slot of a line, or NONE. That of a home line is the one that `order_take` takes."""
    index = line + (order_at(store, line).level != NONE)
    return index if order_at(store, index).level == NONE else NONE


@hot_call
def _take_beyond(store, home):
    """A free slot behind a full home line; the full lines that are passed count it."""
    rare()
    line = home
    for probe in range(1, PROBE_LIMIT):
        line = line_behind(store, line)
        index = free_in_line(store, line)
        if index != NONE:
            passed = home
            for _ in range(probe):
                order_at(store, passed).overflow += 1
                passed = line_behind(store, passed)
            return index
    return NONE


@hot
def order_take(store, home):
    """Reserve a free slot for a reference that is not in the store; NONE where there is none within reach of its home.

    The slot is live once its `level` is set.
    """
    if store.count >= store.capacity:
        return NONE
    index = free_in_line(store, home)
    if index == NONE:
        index = _take_beyond(store, home)
        if index == NONE:
            return NONE
    count = store.count + 1
    store.count = count
    if count > store.count_maximum:
        store.count_maximum = count
    return index


@hot_call
def _free_beyond(store, line, last):
    """Take an order off the counts of the full lines between its home and its own."""
    rare()
    for _ in range(PROBE_LIMIT):
        if line == last:
            break
        order_at(store, line).overflow -= 1
        line = line_behind(store, line)


@hot
def order_free(store, index, home):
    """Give a live order's slot back; its home line begins at `home`."""
    last = index & ~1
    if home != last:
        _free_beyond(store, home, last)
    order_at(store, index).level = NONE
    store.count -= 1


class Level(Record, shared=True, size=32):
    """One price of one side: its queue and its sums. A free level links to the next free one through `head`."""

    price = i64
    quantity = i64
    count = u32
    head = u32  #: the first order in the queue
    tail = u32  #: the last
    owner = u32  #: 2 * instrument + side
