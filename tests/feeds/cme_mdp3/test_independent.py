"""Captured CME packets decoded by an independent package (sbedecoder), and the books that plain lists make of them."""

from __future__ import annotations

import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from feedhandler.books import Books
from feedhandler.pipeline.pipeline import ChannelPlan, Pipeline
from feedhandler.pipeline.source import Route
from feedhandler.pipeline.state import Capacities
from feedhandler.sessions.mdp3 import packet_encode
from feeds.cme_mdp3 import FEED
from replay import frames
from tests.feeds.cme_mdp3.stream import definition
from tests.stage import memory_receiver
from tests.streams import Sent

pytestmark = pytest.mark.interpreted

STEPS = {5: 100, 9: 1}  # of 1e-9 in one step of the mantissa, by version
SIDES = {"0": "bid", "1": "ask", "E": "bid", "F": "ask"}


def decoded(captures: Path, version: int) -> Iterator[tuple[bytes, list[Any]]]:
    """Every packet of a version's captures, and its messages as the other package has them."""
    schema_file = captures.parent / f"schemas/cme/Cme.Futures.Mdp3.Sbe.v1.{version}.xml"
    if not schema_file.is_file():
        pytest.skip(f"no schema: {schema_file}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        package = pytest.importorskip("sbedecoder", reason="sbedecoder, an independent decoder, is not installed")
        schema = package.MDPSchema()
        schema.parse(str(schema_file))
        parser = package.SBEParser(package.MDPMessageFactory(schema))
        for file in sorted((captures / f"cme/Mdp3.Sbe.v1.{version}").glob("*.pcap")):
            for frame in frames(file):
                yield frame.payload, list(_plain(parser.parse(frame.payload, offset=12)))


def _plain(messages: Any) -> Iterator[dict[str, Any]]:
    """The package gives the same object again and again: what it says is kept as dictionaries."""
    for message in messages:
        yield {
            group.name: [{field.name: field.raw_value for field in entry.fields} for entry in group.repeating_groups]
            for group in message.groups
        } | {"template": message.template_id.value}


class Reference:
    """Levels as lists, orders as dictionaries; what does not fit a book that was joined late is passed over."""

    def __init__(self, step: int) -> None:
        self.step = step
        self.levels: dict[tuple[int, str], list[tuple[int, int]]] = defaultdict(list)
        self.orders: dict[int, dict[int, tuple[str, int, int, int]]] = defaultdict(dict)
        self.applied: Counter[str] = Counter()

    def take(self, message: dict[str, Any]) -> None:
        if message["template"] in (32, 46):
            entries = message["no_md_entries"]
            for entry in entries:
                self.level(entry)
            for order in message.get("no_order_id_entries", []):
                entry = entries[order["reference_id"] - 1]
                self.order(entry, order, order["order_update_action"])
        elif message["template"] in (43, 47):
            for entry in message["no_md_entries"]:
                self.order(entry, entry, entry["md_update_action"])

    def price(self, entry: dict[str, Any]) -> int:
        return int(entry["md_entry_px"]["mantissa"]) * self.step

    def level(self, entry: dict[str, Any]) -> None:
        kind, number, action = entry["md_entry_type"], entry["md_price_level"], entry["md_update_action"]
        levels = self.levels[entry["security_id"], kind]
        if number > len(levels) + (1 if action == 0 else 0):
            return
        found = [*levels]
        if action == 0:
            found.insert(number - 1, (self.price(entry), entry["md_entry_size"]))
        elif action in (1, 5):
            found[number - 1] = (self.price(entry), entry["md_entry_size"])
        else:
            del found[number - 1]
        prices = [price for price, _ in found]
        if prices == sorted(set(prices), reverse=SIDES[kind] == "bid"):
            self.levels[entry["security_id"], kind] = found
            self.applied["levels"] += 1

    def order(self, entry: dict[str, Any], order: dict[str, Any], action: int) -> None:
        orders, reference = self.orders[entry["security_id"]], order["order_id"]
        if action == 2 or (action == 1 and reference not in orders):
            orders.pop(reference, None)
            return
        side = SIDES[entry["md_entry_type"]]
        orders[reference] = (side, self.price(entry), order["md_display_qty"], order["md_order_priority"])
        self.applied["orders"] += 1

    def queues(self, code: int) -> dict[tuple[str, int], list[tuple[int, int]]]:
        found: dict[tuple[str, int], list[tuple[int, int, int]]] = defaultdict(list)
        for reference, (side, price, size, priority) in self.orders[code].items():
            found[side, price].append((priority, reference, size))
        return {key: [(reference, size) for _, reference, size in sorted(queue)] for key, queue in found.items()}


@pytest.mark.parametrize(("version", "least"), [(5, {"levels": 2}), (9, {"levels": 8, "orders": 2})])
def test_books_are_those_of_an_independent_decoder(captures: Path, version: int, least: dict[str, int]) -> None:
    reference = Reference(STEPS[version])
    packets = []
    for payload, messages in decoded(captures, version):
        packets.append(payload)
        for message in messages:
            reference.take(message)
    codes = {code for code, _ in reference.levels} | set(reference.orders)
    named = packet_encode(1, [definition(code, f"I{code}", len(codes)) for code in sorted(codes)])
    # The files are of different moments, so each packet gets the next number; some define instruments under names of
    # their own, so ours come last.
    sent = [*(number.to_bytes(4, "little") + one[4:] for number, one in enumerate(packets, 5000)), named]
    room = Capacities(instruments=512, orders=1024, levels=4096, events=64)
    plan = ChannelPlan("c", lines=(0,), capacities=room)
    pipeline = Pipeline("test", [Route(FEED, "cme", FEED.session())], channels=[plan])
    receiver = memory_receiver([Sent(payload) for payload in sent])
    pipeline.attach(receiver)
    pipeline.run()
    receiver.close()
    books = Books(pipeline.channels)
    for (code, kind), levels in reference.levels.items():
        name = f"I{code}" if kind in "01" else f"I{code} IMPLIED"
        depth = books[name].depth(20)
        found = depth.bids if SIDES[kind] == "bid" else depth.asks
        assert [(level.price, level.quantity) for level in found] == levels, (name, kind)
    for code in reference.orders:
        book = books[f"I{code} ORDERS"]
        depth = book.depth(100)
        assert {
            (side, level.price): [(one.order_reference, one.quantity) for one in book.orders(side, level.price).orders]
            for side, levels in (("bid", depth.bids), ("ask", depth.asks)) for level in levels
        } == reference.queues(code)  # fmt: skip
    assert all(reference.applied[what] >= count for what, count in least.items()), reference.applied
