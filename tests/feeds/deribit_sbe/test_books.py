"""Deribit books from snapshots and changes: real channels against a reference, and each rule by itself."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from feedhandler.books import Books
from feedhandler.core.channel import Quality
from feedhandler.core.reasons import Reason
from feedhandler.decoding import Decoder
from feedhandler.pipeline.pipeline import ChannelPlan, Pipeline
from feedhandler.pipeline.source import Route
from feedhandler.pipeline.state import Capacities
from feeds.deribit_sbe import FEED, messages
from replay import frames
from tests.feeds.session_packets import deribit_packet
from tests.stage import memory_receiver
from tests.streams import Sent

pytestmark = pytest.mark.interpreted

STREAM = "deribit/sbe_multicast/sample_capture_v1_6.pcapng"
SNAPSHOTS = 6101
ROOM = Capacities(instruments=256, orders=64, levels=1 << 14, events=64)
MICRO = 1_000  # of a price step, in 1e-9


def pipeline_of(sent: Iterable[Sent]) -> Pipeline:
    """A pipeline of one channel: changes on line 0, snapshots on line 1."""
    plan = ChannelPlan("c", lines=(0, 1), capacities=ROOM)
    pipeline = Pipeline("test", [Route(FEED, "deribit", FEED.session())], channels=[plan])
    receiver = memory_receiver(list(sent))
    pipeline.attach(receiver)
    pipeline.run()
    receiver.close()
    return pipeline


def reasons(pipeline: Pipeline) -> dict[Reason, int]:
    return {Reason(number): int(count) for number, count in enumerate(pipeline.channels[0].reasons()) if count}


def sides(pipeline: Pipeline, name: str) -> list[dict[float, float]]:
    depth = Books(pipeline.channels)[name].depth(1000)
    return [{level.price / 1e9: level.quantity / 1e6 for level in side} for side in (depth.asks, depth.bids)]


class Reference:
    """Books as dictionaries, straight from decoded messages; every snapshot of a book in step must equal it."""

    def __init__(self) -> None:
        self.names: dict[int, str] = {}
        self.sides: dict[int, list[dict[float, float]]] = defaultdict(lambda: [{}, {}])
        self.change: dict[int, int] = {}
        self.parts: dict[int, list[dict[float, float]]] = {}
        self.equal: Counter[int] = Counter()

    def take(self, message: str, fields: dict[str, Any]) -> None:
        code = fields.get("instrument_id")
        if message in ("Instrument", "InstrumentV2"):
            self.names[code] = fields["instrument_name"]
        elif message == "Book" and code in self.change and fields["change_id"] > self.change[code]:
            assert fields["prev_change_id"] == self.change[code], "the chain of changes is broken"
            for entry in fields["changes_list"]:
                side = self.sides[code][entry["side"]]
                side[entry["price"]] = entry["amount"]
                if entry["change"] == 2:
                    del side[entry["price"]]
            self.change[code] = fields["change_id"]
        elif message == "Snapshot":
            parts = self.parts.setdefault(code, [{}, {}])
            for entry in fields["levels_list"]:
                parts[entry["side"]][entry["price"]] = entry["amount"]
            if fields["is_last_in_book"]:
                del self.parts[code]
                if self.change.get(code, -1) == fields["change_id"]:
                    assert self.sides[code] == parts, "a book in step is not what the next snapshot says"
                    self.equal[code] += 1
                elif self.change.get(code, -1) < fields["change_id"]:
                    self.sides[code], self.change[code] = parts, fields["change_id"]


def test_every_channel_s_books_are_the_reference_s_and_equal_the_next_snapshot(captures: Path) -> None:
    captured = list(frames(captures / STREAM))
    groups = sorted({frame.destination for frame in captured if frame.port == SNAPSHOTS})
    assert len(groups) == 21
    compared: Counter[str] = Counter()
    for group in groups:
        mine = [frame for frame in captured if frame.destination == group]
        reference, decoder = Reference(), Decoder(FEED, "deribit", FEED.session())
        for frame in mine:
            for message in decoder.messages(frame.payload):
                assert message.error is None
                reference.take(str(message.message), message.fields)
        sent = [Sent(frame.payload, int(frame.port == SNAPSHOTS), frame.received_ns) for frame in mine]
        pipeline = pipeline_of(sent)
        pipeline.finish()
        assert reasons(pipeline).keys() <= {Reason.LEVEL_BEFORE_START}, group
        for code, name in reference.names.items():
            book = Books(pipeline.channels)[name]
            assert sides(pipeline, name) == reference.sides[code], f"{group} {name}"
            assert book.bbo().quality is Quality.CURRENT, f"{group} {name}"
            compared["books"] += 1
        compared["snapshots equal"] += sum(reference.equal.values())
    assert compared == {"books": 84, "snapshots equal": 110}


def definition(code: int = 7, name: str = "BTC-PERPETUAL") -> bytes:
    return messages.Instrument.encode(instrument_id=code, instrument_name=name)


def change(previous: int, number: int, *entries: tuple[int, int, float, float], last: int = 1) -> bytes:
    """Changes of (side, change, price, amount)."""
    names = ("side", "change", "price", "amount")
    listed = [dict(zip(names, entry, strict=True)) for entry in entries]
    return messages.Book.encode(
        instrument_id=7, prev_change_id=previous, change_id=number, is_last=last, changes_list=listed
    )


def snapshot(number: int, *levels: tuple[int, float, float], last: int = 1) -> bytes:
    listed = [{"side": side, "price": price, "amount": amount} for side, price, amount in levels]
    return messages.Snapshot.encode(
        instrument_id=7, change_id=number, is_book_complete=1, is_last_in_book=last, levels_list=listed
    )


def changes(sequence: int, *bodies: bytes) -> Sent:
    return Sent(deribit_packet(sequence, bodies), 0)


def snapshots(sequence: int, *bodies: bytes) -> Sent:
    return Sent(deribit_packet(sequence, bodies, 101), 1)


START = [changes(1, definition()), snapshots(500, definition(), snapshot(5, (1, 10.5, 3.0), (0, 11.0, 4.0)))]


def quality(pipeline: Pipeline) -> Quality:
    return Books(pipeline.channels)["BTC-PERPETUAL"].bbo().quality


def test_changes_follow_on_a_snapshot_and_older_ones_are_passed_over() -> None:
    pipeline = pipeline_of([
        *START, changes(2, change(4, 5, (1, 2, 10.5, 0.0))),
        changes(3, change(5, 6, (1, 0, 10.0, 7.0), (0, 2, 11.0, 0.0))),
    ])  # fmt: skip
    assert sides(pipeline, "BTC-PERPETUAL") == [{}, {10.5: 3.0, 10.0: 7.0}]
    assert (quality(pipeline), reasons(pipeline)) == (Quality.CURRENT, {})


def test_an_event_ends_with_the_last_part_of_its_changes() -> None:
    begun = [*START, changes(2, change(5, 6, (1, 0, 10.0, 7.0), last=0))]
    assert Books(pipeline_of(begun).channels)["BTC-PERPETUAL"].bbo().mid_event
    pipeline = pipeline_of([*begun, changes(3, change(5, 6, (1, 0, 9.0, 7.0)))])
    assert not Books(pipeline.channels)["BTC-PERPETUAL"].bbo().mid_event


def test_a_change_that_does_not_follow_makes_the_book_stale_until_the_next_snapshot() -> None:
    lost = [*START, changes(2, change(8, 9, (1, 0, 10.0, 7.0)))]
    assert quality(pipeline_of(lost)) is Quality.STALE
    again = [*lost, snapshots(501, definition(), snapshot(9, (1, 10.0, 7.0)))]
    pipeline = pipeline_of(again)
    assert (quality(pipeline), sides(pipeline, "BTC-PERPETUAL")) == (Quality.CURRENT, [{}, {10.0: 7.0}])


def test_a_snapshot_in_parts_counts_when_its_last_part_came() -> None:
    begun = [changes(1, definition()), snapshots(500, definition(), snapshot(5, (1, 10.5, 3.0), last=0))]
    assert quality(pipeline_of(begun)) is Quality.STALE
    pipeline = pipeline_of([*begun, snapshots(501, snapshot(5, (0, 11.0, 4.0)))])
    assert (quality(pipeline), sides(pipeline, "BTC-PERPETUAL")) == (Quality.CURRENT, [{11.0: 4.0}, {10.5: 3.0}])


@pytest.mark.parametrize("parts", [(500, 502), (501,)], ids=["between", "first"])
def test_a_snapshot_that_misses_a_packet_does_not_count(parts: tuple[int, ...]) -> None:
    whole = {
        500: snapshots(500, definition(), snapshot(5, (1, 10.5, 3.0), last=0)),
        501: snapshots(501, snapshot(5, (0, 11.0, 4.0))),
        502: snapshots(502, snapshot(5, (0, 12.0, 4.0))),
    }
    assert quality(pipeline_of([changes(1, definition()), *(whole[part] for part in parts)])) is Quality.STALE


def test_a_book_without_a_snapshot_is_stale_though_the_channel_is_complete() -> None:
    pipeline = pipeline_of([changes(1, definition()), changes(2, change(5, 6, (1, 0, 10.0, 7.0)))])
    assert quality(pipeline) is Quality.STALE
    assert reasons(pipeline) == {Reason.LEVEL_BEFORE_START: 1}


def test_a_price_that_is_no_number_of_steps_is_refused() -> None:
    pipeline = pipeline_of([*START, changes(2, change(5, 6, (1, 0, 0.1234567, 7.0)))])
    assert reasons(pipeline) == {Reason.MESSAGE_FIELD: 1}
    assert quality(pipeline) is Quality.STALE


def test_events_of_snapshots_carry_the_channel_s_own_number() -> None:
    pipeline = pipeline_of([*START, changes(2, change(5, 6, (1, 0, 10.0, 7.0))), snapshots(501, definition())])
    bbo = Books(pipeline.channels)["BTC-PERPETUAL"].bbo()
    assert (bbo.sequence, bbo.mid_event) == (2, False)
