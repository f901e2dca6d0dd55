"""A CME channel in small: packets of one instrument's levels and orders, and what is true after each of them.

Written against the specification and without the feed's handlers: levels are lists, orders are dictionaries.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from feedhandler.sessions.mdp3 import packet_encode
from feeds.cme_mdp3 import definitions, messages, snapshots

NEW, CHANGE, DELETE, DELETE_THRU, DELETE_FROM, OVERLAY = range(6)
DEPTH = 4
IMPLIED_DEPTH = 2
Levels = list[tuple[int, int]]
Truth = dict[str, Any]


def definition(code: int, symbol: str, total: int | None = None) -> bytes:
    """A definition; `total`: of how many in a loop."""
    return definitions.MDInstrumentDefinitionFuture54.encode(
        security_id=code, symbol=symbol, tot_num_reports=total, match_event_indicator=128,
        no_md_feed_types=[
            {"md_feed_type": "GBX", "market_depth": DEPTH}, {"md_feed_type": "GBI", "market_depth": IMPLIED_DEPTH}
        ],
    )  # fmt: skip


def entry(code: int, action: int, number: int, price: int = 0, size: int = 1, kind: str = "0", rpt_seq: int = 0) -> Any:
    return {
        "security_id": code, "md_update_action": action, "md_price_level": number, "md_entry_px": price,
        "md_entry_size": size, "md_entry_type": kind, "number_of_orders": 1, "rpt_seq": rpt_seq,
    }  # fmt: skip


def refresh(*entries: dict[str, Any], orders: Sequence[dict[str, Any]] = (), end: bool = True) -> bytes:
    return messages.MDIncrementalRefreshBook46.encode(
        transact_time=77, match_event_indicator=128 if end else 0, no_md_entries=list(entries),
        no_order_id_entries=list(orders),
    )  # fmt: skip


class Instrument:
    """One instrument at the venue: a side is a list of (price, size), inside first."""

    def __init__(self, code: int, symbol: str, source: random.Random) -> None:
        self.code = code
        self.symbol = symbol
        self.source = source
        self.rpt_seq = 0
        self.levels: dict[str, Levels] = {kind: [] for kind in "01EF"}
        self.orders: dict[int, tuple[str, int, int, int]] = {}  #: id -> side, price, size, priority
        self.next_order = 1

    def level(self) -> dict[str, Any]:
        """A random change of a level, as an entry."""
        kind = self.source.choice("0011EF")
        levels = self.levels[kind]
        worse = -1 if kind in "0E" else 1
        depth = DEPTH if kind in "01" else IMPLIED_DEPTH
        action = self.source.choice([NEW, NEW, NEW, CHANGE, OVERLAY, DELETE, DELETE_THRU, DELETE_FROM])
        if not levels:
            action = NEW
        self.rpt_seq += 1
        number = self.source.randint(1, max(len(levels), 1))
        size = self.source.randint(1, 9)
        if action == NEW:
            number = self.source.randint(1, min(len(levels) + 1, depth))
            before = levels[number - 2][0] if number > 1 else (1000 if kind in "0E" else 1100) - worse * 10**6
            behind = levels[number - 1][0] if number <= len(levels) else before + worse * 10**6
            if abs(before - behind) < 2:
                action = CHANGE
                number = min(number, len(levels))
            else:
                price = (before + behind) // 2
                levels.insert(number - 1, (price, size))
                del levels[depth:]
                return entry(self.code, NEW, number, price, size, kind, self.rpt_seq)
        if action in (CHANGE, OVERLAY):
            price = levels[number - 1][0]
            levels[number - 1] = (price, size)
            return entry(self.code, action, number, price, size, kind, self.rpt_seq)
        first, last = {DELETE: (number, number), DELETE_THRU: (1, number), DELETE_FROM: (number, len(levels))}[action]
        del levels[first - 1 : last]
        return entry(self.code, action, number, 0, 0, kind, self.rpt_seq)

    def order(self) -> dict[str, Any]:
        """A random change of an order, as an entry of template 47."""
        known = self.source.choice([*self.orders, 0])
        size, priority = self.source.randint(1, 9), self.source.randint(1, 30)
        if known == 0:
            reference, side, action = self.next_order, self.source.choice("01"), NEW
            price = (990 if side == "0" else 1010) + self.source.randint(0, 2)
            self.next_order += 1
            self.orders[reference] = (side, price, size, priority)
        else:
            reference, action = known, self.source.choice([CHANGE, DELETE])
            side, price, _size, kept = self.orders[reference]
            priority = self.source.choice([kept, priority])
            if action == CHANGE:
                # Moved or changed: behind the orders of its priority, unless it stays where it is.
                if priority != kept:
                    del self.orders[reference]
                self.orders[reference] = (side, price, size, priority)
            else:
                del self.orders[reference]
        return {
            "order_id": reference, "md_order_priority": priority, "md_entry_px": price, "md_display_qty": size,
            "security_id": self.code, "md_update_action": action, "md_entry_type": side,
        }  # fmt: skip

    def truth(self) -> Truth:
        queues: dict[tuple[str, int], list[tuple[int, int, int]]] = {}
        for reference, (side, price, size, priority) in self.orders.items():
            queues.setdefault((side, price), []).append((priority, reference, size))
        for queue in queues.values():
            queue.sort(key=lambda each: each[0])
        return {
            **{kind: list(levels) for kind, levels in self.levels.items()},
            "orders": {key: [(reference, size) for _, reference, size in queue] for key, queue in queues.items()},
        }

    def snapshot(self, processed: int) -> bytes:
        """Its levels as they are (template 52)."""
        return snapshots.SnapshotFullRefresh52.encode(
            security_id=self.code, rpt_seq=self.rpt_seq, last_msg_seq_num_processed=processed, tot_num_reports=2,
            no_md_entries=[
                {"md_entry_px": price, "md_entry_size": size, "number_of_orders": 1, "md_price_level": number,
                 "md_entry_type": kind}
                for kind, levels in self.levels.items() for number, (price, size) in enumerate(levels, 1)
            ],
        )  # fmt: skip

    def order_snapshots(self, processed: int) -> list[bytes]:
        """Its orders as they are (template 53), in chunks of two."""
        listed = [
            {"order_id": reference, "md_order_priority": priority, "md_entry_px": price, "md_display_qty": size,
             "md_entry_type": side}
            for reference, (side, price, size, priority) in self.orders.items()
        ]  # fmt: skip
        chunks = [listed[at : at + 2] for at in range(0, len(listed), 2)] or [[]]
        return [
            snapshots.SnapshotFullRefreshOrderBook53.encode(
                security_id=self.code, last_msg_seq_num_processed=processed, tot_num_reports=2, no_chunks=len(chunks),
                current_chunk=number, no_md_entries=chunk,
            )
            for number, chunk in enumerate(chunks, 1)
        ]  # fmt: skip


class Channel:
    """Packets of two instruments, and the truth after each, by its number."""

    def __init__(self, seed: int) -> None:
        self.source = random.Random(seed)
        self.instruments = [Instrument(11, "ESM6", self.source), Instrument(12, "NQM6", self.source)]
        self.sequence = 0
        self.truths: dict[int, dict[str, Truth]] = {}
        self.first = self.packet([definition(one.code, one.symbol) for one in self.instruments])

    def packet(self, bodies: Sequence[bytes]) -> bytes:
        self.sequence += 1
        self.truths[self.sequence] = {one.symbol: one.truth() for one in self.instruments}
        return packet_encode(self.sequence, bodies)

    def step(self) -> bytes:
        """The next packet of the stream."""
        one = self.source.choice(self.instruments)
        bodies = [refresh(*(one.level() for _ in range(self.source.randint(1, 3))))]
        if self.source.random() < 0.6:
            other = self.source.choice(self.instruments)
            bodies.append(
                messages.MDIncrementalRefreshOrderBook47.encode(
                    transact_time=78, match_event_indicator=128, no_md_entries=[other.order(), other.order()]
                )
            )
        return self.packet(bodies)

    def loop(self) -> list[bytes]:
        """A round of the snapshots, each in a packet of its own, in any order."""
        bodies = [one.snapshot(self.sequence) for one in self.instruments]
        packets = [packet_encode(number, [body]) for number, body in enumerate(bodies, 1)]
        self.source.shuffle(packets)
        for one in self.instruments:
            chunks = one.order_snapshots(self.sequence)
            packets += [packet_encode(number, [body]) for number, body in enumerate(chunks, 1)]
        return packets
