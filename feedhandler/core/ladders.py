"""Price levels and the ladders that sort them.

Levels live in a pool of 32-byte entries with a free list. A ladder is one side of one instrument: an array of entries
sorted by key with the inside *last*, so that work near the touch moves little. The key of a bid is its price, of an ask
the complement of its price, so that one code path serves both sides. Entry 0 is a sentinel smaller than any key: the
search, linear from the inside, needs no bounds check. (Binary, galloping and SIMD searches measured 9 to 20 % slower
on a realistic day, because most changes are near the inside.) Worst case: an insert at the outer end of a ladder of n
levels compares and moves n entries of 16 bytes.

Entries are 16 bytes, with the whole 64-bit price as key: prices of every venue fit without a base and tick per
instrument.

Ladder blocks come from one pool in size classes of powers of two. A ladder that outgrows its block moves to the next
class, and its block goes to the free list of its own class.
"""

from __future__ import annotations

from .integers import INT64_MIN, shift_left
from .jit import hot, hot_call, rare
from .memory import copy_bytes
from .orders import NONE, Level
from .records import Record, fixed, i64, u32

SMALLEST_CLASS = 3
CLASS_COUNT = 24
BID = 0
ASK = 1


class Entry(Record, shared=True, size=16):
    """One rung of a ladder."""

    key = i64
    level = u32
    spare = u32


class Ladder(Record, shared=True, size=16):
    """One side of one instrument: `count` rungs behind the sentinel, in a block of `1 << order` entries."""

    block = u32  #: index of the block's first entry in the pool, 0 where there is none
    count = u32
    order = u32
    spare = u32


class LevelStore(Record):
    """The pools of levels and ladder blocks. Entry 0 is the sentinel of every ladder that has no block yet."""

    levels = fixed(i64)
    level_free = i64  #: first free level, 0 where the list is empty
    level_fresh = i64  #: first level that was never used
    level_capacity = fixed(i64)
    level_count = i64
    level_count_maximum = i64
    entries = fixed(i64)
    entry_fresh = i64
    entry_capacity = fixed(i64)
    free_blocks = fixed(i64)  #: address of CLASS_COUNT int64 heads of free lists, by size class
    entry_free_total = i64


class FreeBlock(Record):
    """The head of a size class's free list; a free block's first key links to the next."""

    first = i64


@hot
def level_at(store, index):
    """The level of an index."""
    return Level(store.levels + shift_left(index, 5))


@hot
def entry_at(store, index):
    """The ladder entry of an index in the pool."""
    return Entry(store.entries + shift_left(index, 4))


@hot
def rung_at(store, ladder, rung):
    """The entry of a rung; rung 0 is the sentinel."""
    return entry_at(store, ladder.block + rung)


NO_KEY = INT64_MIN
"""The key in front of every ladder, where a search ends: a bid at the lowest price of 64 bits, an ask at the last."""


@hot
def ladder_key(side, price):
    """The key by which a ladder sorts a price: higher is nearer to the inside."""
    return price ^ -side


@hot
def level_take(store):
    """A level from the pool, or NONE when it is exhausted."""
    index = store.level_free
    if index != NONE:
        store.level_free = level_at(store, index).head
    elif store.level_fresh < store.level_capacity:
        index = store.level_fresh
        store.level_fresh = index + 1
    else:
        return NONE
    store.level_count += 1
    if store.level_count > store.level_count_maximum:
        store.level_count_maximum = store.level_count
    return index


@hot
def level_free(store, index):
    """Give a level back; a count of 0 says that it is not alive."""
    level = level_at(store, index)
    level.head = store.level_free
    level.count = 0
    store.level_free = index
    store.level_count -= 1


@hot_call
def block_take(store, order):
    """A ladder block of `1 << order` entries with its sentinel set, or NONE when the pool is exhausted."""
    if order >= CLASS_COUNT:
        return NONE
    head = FreeBlock(store.free_blocks + 8 * order)
    block = head.first
    if block != NONE:
        head.first = entry_at(store, block).key
        store.entry_free_total -= shift_left(1, order)
    else:
        block = store.entry_fresh
        if block + shift_left(1, order) > store.entry_capacity:
            return NONE
        store.entry_fresh = block + shift_left(1, order)
    sentinel = entry_at(store, block)
    sentinel.key = NO_KEY
    sentinel.level = NONE
    return block


@hot
def block_free(store, block, order):
    """Give a ladder block back to its size class."""
    head = FreeBlock(store.free_blocks + 8 * order)
    entry_at(store, block).key = head.first
    head.first = block
    store.entry_free_total += shift_left(1, order)


@hot_call
def ladder_grow(store, ladder):
    """Make room for one more rung; False when the pool is exhausted."""
    rare()
    old = ladder.block
    order = SMALLEST_CLASS if old == NONE else ladder.order + 1
    block = block_take(store, order)
    if block == NONE:
        return False
    if old != NONE:
        copy_bytes(entry_at(store, block).address, entry_at(store, old).address, 16 * (ladder.count + 1))
        block_free(store, old, ladder.order)
    ladder.block = block
    ladder.order = order
    return True


@hot
def ladder_search(store, ladder, key):
    """The rung (1 = outermost) of the largest key that is not above `key`; 0 where there is none."""
    rung = ladder.count
    block = ladder.block
    while entry_at(store, block + rung).key > key:
        rung -= 1
    return rung


@hot
def ladder_insert(store, ladder, rung, key, level):
    """Put a level behind rung `rung`; False when the pool is exhausted, or no ladder holds the key."""
    if key == NO_KEY:
        return False
    count = ladder.count
    if ladder.block == NONE or count + 1 >= shift_left(1, ladder.order):
        if not ladder_grow(store, ladder):
            return False
    block = ladder.block
    position = block + count
    last = block + rung
    while position > last:
        moved = entry_at(store, position)
        target = entry_at(store, position + 1)
        target.key = moved.key
        target.level = moved.level
        position -= 1
    entry = entry_at(store, last + 1)
    entry.key = key
    entry.level = level
    ladder.count = count + 1
    return True


@hot
def ladder_remove(store, ladder, rung):
    """Take out a rung."""
    count = ladder.count
    block = ladder.block
    position = block + rung
    last = block + count
    while position < last:
        target = entry_at(store, position)
        moved = entry_at(store, position + 1)
        target.key = moved.key
        target.level = moved.level
        position += 1
    ladder.count = count - 1


@hot
def ladder_inside(store, ladder):
    """The level at the inside, or NONE where the side is empty."""
    count = ladder.count
    if count == 0:
        return NONE
    return entry_at(store, ladder.block + count).level
