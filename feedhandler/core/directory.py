"""The directory: from the venue's instrument code to our dense index, and what is known of each instrument.

A feed says which of two ways its codes take. *Direct*: codes are small numbers (a stock locate) and index a table of
four-byte entries, one load. *Hashed*: codes are any 64-bit number (a security id, a symbol of eight letters) in open
addressing with linear probing at a load of at most one half; instruments are never removed during a session, so there
are no tombstones. Worst case of a look-up is the longest run of the table, bounded by its size.

Indexes are given in the order in which the stream names instruments: the same stream gives the same indexes.
"""

from __future__ import annotations

from .book import Book
from .channel import Channel
from .integers import shift_left, shift_right_logical, unsigned_less, wrapping_multiply
from .jit import hot, hot_call, rare
from .memory import copy_bytes, fence_release, fill_bytes, store_release
from .records import Record, block, fixed, i64, published, u32
from .watching import watchers_judge

UNKNOWN = -1
FILTERED = -2
FULL = -3
_FILTERED_ENTRY = 0xFFFFFFFF
_UNNAMED = 0x80000000  # set in the entry of an instrument whose symbol was not yet heard
_INDEX = 0x7FFFFFFF
_GOLDEN = -7046029254386353131
SYMBOL_BYTES = 48
PLACES_MAXIMUM = 9


class Instrument(Record, size=128):
    """What is known of an instrument; written once, before its index is published."""

    code = i64
    symbol = block(SYMBOL_BYTES)
    symbol_length = i64
    price_unit = i64  #: of one step of the venue's integer price, in 1e-9
    quantity_step = i64  #: of one step of the venue's integer quantity, in 1e-9
    lot_size = i64
    defined = i64  #: 1 once a directory message described it, 0 while only orders named it
    spare_0 = i64
    spare_1 = i64
    spare_2 = i64
    spare_3 = i64


class Directory(Record):
    """The table from codes to indexes."""

    entries = fixed(i64)  #: direct: four-byte entries by code; hashed: 16-byte entries
    limit = fixed(i64)  #: direct: number of codes; 0 where the table is hashed
    hash_mask = fixed(i64)
    hash_shift = fixed(i64)
    instruments = fixed(i64)
    count = published(i64)
    capacity = fixed(i64)
    refused = i64  #: instruments that found the table full
    default_price_unit = fixed(i64)
    default_quantity_step = fixed(i64)
    filter = fixed(i64)  #: address of the symbols to keep, 8 bytes each as read from the wire, unsorted; 0 for all
    filter_count = fixed(i64)
    former = fixed(i64)  #: the instruments of the session before, for cold code that is not done with it
    former_count = i64
    former_session = published(i64)  #: the number of that session; -1 while they are copied


_COUNT = Directory.slots["count"].offset
_FORMER_SESSION = Directory.slots["former_session"].offset
_GENERATION = Channel.slots["generation"].offset


class DirectEntry(Record, size=8):
    """Two neighbouring entries of a direct table; only the first is used (views have whole words)."""

    value = u32
    neighbour = u32


class Symbol8(Record, size=8):
    """A symbol of eight letters as an int64, first letter highest."""

    value = i64


class HashedEntry(Record, size=16):
    """One entry of a hashed table; `value` is the index plus one, 0 where it is free."""

    code = i64
    value = i64


@hot_call
def _hashed_place(directory, code):
    """The entry of a code, or the free one where it belongs."""
    place = shift_right_logical(wrapping_multiply(code, _GOLDEN), directory.hash_shift)
    for _ in range(directory.hash_mask + 1):
        entry = HashedEntry(directory.entries + shift_left(place, 4))
        if entry.value == 0 or entry.code == code:
            return entry.address
        place = (place + 1) & directory.hash_mask
    return 0


@hot
def _entry_value(directory, code):
    """What the table holds for a code: the index plus one, perhaps marked unnamed; _FILTERED_ENTRY; or 0."""
    if unsigned_less(code, directory.limit):
        return DirectEntry(directory.entries + shift_left(code, 2)).value
    return _hashed_value(directory, code)


@hot_call
def _hashed_value(directory, code):
    """What a hashed table holds for a code; 0 where the table is direct and does not reach this far."""
    if directory.limit > 0:
        return 0
    place = _hashed_place(directory, code)
    return HashedEntry(place).value if place != 0 else 0


@hot
def instrument_find(channel, code):
    """The index of a code, UNKNOWN or FILTERED."""
    value = _entry_value(Directory(channel.directory), code)
    if 0 < value < _UNNAMED:
        return value - 1
    return FILTERED if value == _FILTERED_ENTRY else (value & _INDEX) - 1


@hot
def instrument_at(channel, index):
    """What is known of an instrument."""
    return Instrument(Directory(channel.directory).instruments + Instrument.size * index)


@hot
def symbol_filtered(directory, symbol):
    """Whether a symbol filter is set and does not name this symbol."""
    if directory.filter_count == 0:
        return False
    for index in range(directory.filter_count):
        if Symbol8(directory.filter + 8 * index).value == symbol:
            return False
    return True


@hot_call
def _remember(directory, code, value):
    """Set the entry of a code; False where there is no place for it."""
    if directory.limit > 0:
        if code < 0 or code >= directory.limit:
            return False
        DirectEntry(directory.entries + shift_left(code, 2)).value = value
        return True
    place = _hashed_place(directory, code)
    if place == 0:
        return False
    entry = HashedEntry(place)
    entry.code = code
    entry.value = value
    return True


@hot
def symbol_letters(destination, symbol):
    """Write eight letters, first letter highest in `symbol`; returns how many stand before trailing blanks."""
    length = 0
    for position in range(8):
        letter = shift_right_logical(symbol, 56 - 8 * position) & 255
        fill_bytes(destination + position, letter, 1)
        if letter != 32 and letter != 0:
            length = position + 1
    return length


@hot_call
def _symbol_set(channel, index, symbol):
    instrument = instrument_at(channel, index)
    fill_bytes(instrument.symbol, 32, SYMBOL_BYTES)
    instrument.symbol_length = 0 if symbol == 0 else symbol_letters(instrument.symbol, symbol)
    if channel.hooks != 0:
        watchers_judge(channel, index, instrument.symbol, instrument.symbol_length)


@hot_call
def instrument_add(channel, code, symbol, price_unit):
    """Give a code its index. `symbol` is eight letters as a view reads them, 0 where the message does not say;
    `price_unit` the worth of a step of its price in 1e-9, 0 where it is the feed's.

    Returns the index, FILTERED or FULL. With a symbol filter, a code without a name is passed over until it is named.
    """
    rare()
    directory = Directory(channel.directory)
    if symbol == 0:
        if directory.filter_count != 0:
            return FILTERED
    elif symbol_filtered(directory, symbol):
        return FILTERED if _remember(directory, code, _FILTERED_ENTRY) else FULL
    index = directory.count
    value = index + 1 if symbol != 0 else (index + 1) | _UNNAMED
    if index >= directory.capacity or not _remember(directory, code, value):
        directory.refused += 1
        return FULL
    instrument = instrument_at(channel, index)
    instrument.code = code
    instrument.price_unit = directory.default_price_unit if price_unit == 0 else price_unit
    instrument.quantity_step = directory.default_quantity_step
    instrument.lot_size = 0
    instrument.defined = 0
    # What a feed kept of the instrument that had this index in a former session.
    instrument.spare_0 = 0
    instrument.spare_1 = 0
    instrument.spare_2 = 0
    instrument.spare_3 = 0
    _symbol_set(channel, index, symbol)
    Book(channel.book).instrument_count = index + 1
    store_release(directory.address + _COUNT, index + 1)
    store_release(channel.address + _GENERATION, channel.generation + 1)
    return index


@hot_call
def _instrument_name(channel, code, symbol):
    """A code that was heard without a name is named: the index stays."""
    directory = Directory(channel.directory)
    index = (_entry_value(directory, code) & _INDEX) - 1
    _remember(directory, code, index + 1)
    _symbol_set(channel, index, symbol)
    store_release(channel.address + _GENERATION, channel.generation + 1)
    return index


@hot
def instrument_named(channel, code, symbol):
    """The index of a code whose message also names the symbol; given now if it has none. Negative: FILTERED or FULL."""
    value = _entry_value(Directory(channel.directory), code)
    if 0 < value < _UNNAMED:
        return value - 1
    return _instrument_now_named(channel, code, symbol, value)


@hot_call
def _instrument_now_named(channel, code, symbol, value):
    """A code that is filtered, or has no index or no name yet."""
    rare()
    if value == _FILTERED_ENTRY:
        return FILTERED
    return instrument_add(channel, code, symbol, 0) if value == 0 else _instrument_name(channel, code, symbol)


@hot
def instrument_seen(channel, code):
    """The index of a code whose message does not name the symbol; given now if it has none."""
    index = instrument_find(channel, code)
    if index == UNKNOWN:
        return instrument_add(channel, code, 0, 0)
    return index


@hot_call
def instrument_defined(channel, code, symbol, price_unit):
    """`instrument_named` for a definition that also says what a step of the price is worth, in 1e-9; 0: it does not.

    The worth is there before the name is, so that nobody who finds the name reads prices in another unit.
    """
    index = instrument_find(channel, code)
    if index == UNKNOWN:
        return instrument_add(channel, code, symbol, price_unit)
    if index >= 0 and price_unit != 0:
        known = instrument_at(channel, index)
        if known.price_unit != price_unit:
            known.price_unit = price_unit
            store_release(channel.address + _GENERATION, channel.generation + 1)
    return instrument_named(channel, code, symbol)


@hot
def price_unit_of(places):
    """The worth of a step, in 1e-9, of a price with so many decimal places; 0 where it is less than that."""
    unit = 1
    for _ in range(PLACES_MAXIMUM - places):
        unit *= 10
    return unit if 0 <= places <= PLACES_MAXIMUM else 0


@hot_call
def directory_reset(channel):
    """Forget every instrument: a new session gives out its codes anew. The books still have to be emptied.

    A copy of what was known stays until the next session ends.
    """
    directory = Directory(channel.directory)
    store_release(directory.address + _FORMER_SESSION, -1)
    fence_release()
    copy_bytes(directory.former, directory.instruments, Instrument.size * directory.count)
    directory.former_count = directory.count
    store_release(directory.address + _FORMER_SESSION, channel.sessions)
    if directory.limit > 0:
        fill_bytes(directory.entries, 0, 4 * directory.limit)
    else:
        fill_bytes(directory.entries, 0, 16 * (directory.hash_mask + 1))
    directory.count = 0
    channel.generation += 1
