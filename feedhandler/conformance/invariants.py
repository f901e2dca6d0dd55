"""What must hold of a channel's stores at any packet's end, checked over the raw memory, cold and whole.

Independent of how books are read: it walks every slot, level and ladder block as arrays.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy

from feedhandler.core.book import Header
from feedhandler.core.integers import INT64_MIN
from feedhandler.core.ladders import CLASS_COUNT, SMALLEST_CLASS, Entry
from feedhandler.core.orders import Level, Order, Scope
from feedhandler.pipeline.state import ChannelMemory


def book_problems(memory: ChannelMemory) -> list[str]:
    """Every contradiction in the stores, as sentences; none where all is well."""
    return [*_levels_and_orders(memory), *_overflow(memory), *_free_levels(memory), *_free_blocks(memory)]


def _arrays(memory: ChannelMemory) -> tuple[Any, Any, Any, Any]:
    slots = 2 * (int(memory.orders.line_mask) + 1) + 2
    orders = memory.array("orders", Order, slots)
    levels = memory.array("levels", Level, int(memory.levels.level_capacity))
    headers = memory.array("headers", Header, int(memory.book.instrument_count))
    return orders, levels, headers, memory.array("entries", Entry, int(memory.levels.entry_fresh))


def _ladders(headers: Any) -> list[tuple[int, int, int, int, int]]:
    """Instrument, side, block, count and order of every ladder that has a block."""
    return [
        (instrument, side, int(row[f"{name}_block"]), int(row[f"{name}_count"]), int(row[f"{name}_order"]))
        for instrument, row in enumerate(headers)
        for side, name in enumerate(("bid", "ask"))
        if row[f"{name}_block"]
    ]


def _levels_and_orders(memory: ChannelMemory) -> list[str]:
    orders, levels, headers, entries = _arrays(memory)
    problems, seen_levels, seen_orders = [], set(), set()
    per_instrument: Counter[int] = Counter()
    for instrument, side, block, count, order in _ladders(headers):
        name = f"instrument {instrument} side {side}"
        if count + 1 > 1 << order or block + (1 << order) > len(entries):
            problems.append(f"{name}: {count} rungs in a block of {1 << order} at {block} of {len(entries)}")
            continue
        rungs = entries[block : block + count + 1]
        if rungs[0]["key"] != INT64_MIN:
            problems.append(f"{name}: no sentinel")
        if (rungs["key"][1:] <= rungs["key"][:-1]).any():
            problems.append(f"{name}: keys are not ascending: {rungs['key'].tolist()}")
        for rung in rungs[1:]:
            index = int(rung["level"])
            level = levels[index]
            where = f"{name} level {index}"
            seen_levels.add(index)
            if int(level["price"]) ^ -side != rung["key"] or level["owner"] != 2 * instrument + side:
                problems.append(f"{where}: price or owner is not the ladder's")
            queue = _queue(orders, level, where, problems)
            seen_orders.update(queue)
            per_instrument[instrument] += len(queue)
            if int(orders["quantity"][queue].sum()) != level["quantity"]:
                problems.append(f"{where}: quantity {level['quantity']} is not the sum of its orders")
            if (orders["quantity"][queue] <= 0).any():
                problems.append(f"{where}: an order without quantity")
            if (orders["level"][queue] != index).any():
                problems.append(f"{where}: an order of another level is in the queue")
    for instrument, row in enumerate(headers):
        if row["version"] & 1:
            problems.append(f"instrument {instrument}: a write section is open")
        if row["order_count"] != per_instrument[instrument]:
            queued = per_instrument[instrument]
            problems.append(f"instrument {instrument}: {row['order_count']} orders counted, {queued} in queues")
        problems += _inside(row, levels, entries, instrument)
    live = set(numpy.flatnonzero(orders["level"]).tolist())
    if live != seen_orders or memory.orders.count != len(live):
        problems.append(f"{len(live)} live slots, {len(seen_orders)} in queues, {memory.orders.count} counted")
    if memory.levels.level_count != len(seen_levels):
        problems.append(f"{len(seen_levels)} levels in ladders, {memory.levels.level_count} counted")
    return problems


def _queue(orders: Any, level: Any, where: str, problems: list[str]) -> list[int]:
    """The slots of a level's queue, front first; the links are checked both ways."""
    found: list[int] = []
    index, previous = int(level["head"]), 0
    while index and len(found) <= int(level["count"]):
        if orders["previous"][index] != previous:
            problems.append(f"{where}: order {index} does not link back to {previous}")
        found.append(index)
        previous, index = index, int(orders["next"][index])
    if len(found) != level["count"] or previous != level["tail"] or not found:
        problems.append(f"{where}: {len(found)} orders up to {previous}, expected {level['count']} to {level['tail']}")
    return found


def _inside(row: Any, levels: Any, entries: Any, instrument: int) -> list[str]:
    problems = []
    for side in ("bid", "ask"):
        count = int(row[f"{side}_count"])
        wanted = (0, 0)
        if count:
            level = levels[int(entries[int(row[f"{side}_block"]) + count]["level"])]
            wanted = (int(level["price"]), int(level["quantity"]))
        published = (int(row[f"{side}_price"]), int(row[f"{side}_quantity"]))
        if published != wanted:
            problems.append(f"instrument {instrument}: {side} {published} published, {wanted} in the ladder")
    return problems


def _overflow(memory: ChannelMemory) -> list[str]:
    """Each line counts the orders that passed it on their way from home; every order is found where it lies."""
    orders, _, _, _ = _arrays(memory)
    store = memory.orders
    if int(store.scope) != Scope.CHANNEL:
        return []  # homes depend on the owner there, and one reference may be in the store for several owners
    lines, salt, shift = int(store.line_mask) + 1, int(store.salt), int(store.home_shift)
    mask = (1 << 64) - 1
    expected = numpy.zeros(lines, numpy.int64)
    problems = []
    references: Counter[int] = Counter()
    for index in numpy.flatnonzero(orders["level"]).tolist():
        reference = int(orders["reference"][index])
        references[reference] += 1
        key = (((reference & mask) >> 6) ^ salt) & mask
        line = ((((key * 0x9E3779B97F4A7C15) & mask) >> shift ^ (reference & 63)) >> 1) & (lines - 1)
        while line != (index - 2) // 2:
            expected[line] += 1
            line = (line + 1) & (lines - 1)
    if (expected != orders["overflow"][2::2]).any():
        problems.append(f"overflow counts {orders['overflow'][2::2].tolist()}, expected {expected.tolist()}")
    if any(count > 1 for count in references.values()):
        problems.append("a reference is in the store twice")
    return problems


def _free_levels(memory: ChannelMemory) -> list[str]:
    """Levels in ladders, on the free list and never used are all there are."""
    _, levels, _, _ = _arrays(memory)
    store = memory.levels
    free, index = set(), int(store.level_free)
    while index and index not in free:
        free.add(index)
        index = int(levels["head"][index])
    if index:
        return [f"the free list of levels runs in a circle at {index}"]
    used = int(store.level_fresh) - 1
    if len(free) + int(store.level_count) != used:
        return [f"{len(free)} levels free and {store.level_count} in use, {used} were taken from the pool"]
    return []


def _free_blocks(memory: ChannelMemory) -> list[str]:
    """Blocks in use and free blocks tile the used part of the pool."""
    _, _, headers, entries = _arrays(memory)
    heads = memory.regions["free_blocks"].array("<i8", CLASS_COUNT)
    pieces = [(block, 1 << order, "used") for _, _, block, _, order in _ladders(headers)]
    free_total = 0
    for order, head in enumerate(heads.tolist()):
        block = head
        while block and len(pieces) <= len(entries):
            pieces.append((block, 1 << order, "free"))
            free_total += 1 << order
            block = int(entries[block]["key"])
    position = 1 << SMALLEST_CLASS
    for block, size, state in sorted(pieces):
        if block != position:
            return [f"a {state} block of {size} entries at {block}, expected one at {position}"]
        position = block + size
    if position != memory.levels.entry_fresh:
        return [f"blocks end at {position}, the pool was used up to {memory.levels.entry_fresh}"]
    if free_total != memory.levels.entry_free_total:
        return [f"{free_total} entries in free blocks, {memory.levels.entry_free_total} counted"]
    return []
