"""DBN: what the format's own library reads is what was written, record for record, and events come back from it."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import databento_dbn as dbn
import numpy
import pytest

from feedhandler.books import readers
from feedhandler.core.events import EventKind
from feedhandler.output.batches import Batch, Origin
from feedhandler.output.dbn import DbnError, DbnWriter, publisher_of
from feedhandler.output.dbn_boundaries import Boundaries, Closed
from feedhandler.output.dbn_depth import ByPrice
from feedhandler.output.dbn_events import by_order, trades
from feedhandler.output.dbn_reading import events_of, read_dbn
from feedhandler.output.dbn_records import SCHEMAS, UNDEFINED_PRICE, Flag, blank
from feedhandler.output.depths import Depths
from feedhandler.output.drain import Drain
from tests.stage import Stage
from tests.streams import (
    Sent,
    add,
    bundled,
    cancel,
    cross,
    delete,
    directory,
    execute,
    execute_at,
    packet,
    replace,
    trade,
    trading_action,
)

DAY = 1_772_409_600_000_000_000  # 2026-03-02
OTHER = "SESSION002"
UNIT = 100_000
ORIGIN = Origin(feed="nasdaq_itch50", venue="XNAS", unit="day", date="2026-03-02", dated=True)
LAST, BAD, BAD_TIME = Flag.LAST, Flag.MAYBE_BAD_BOOK, Flag.BAD_TS_RECV


class Recording:
    """A stage whose events and depth are drained into a DBN writer."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.stage = Stage(depth_levels=10)
        self.stage.channel.day_base_ns = DAY
        self.drain = Drain(readers().drain_rings, -1, depths=Depths(10, readers().read_depths))
        self.drain.join(self.stage.memory)
        self.folder = folder

        def place(name: str) -> Path:
            (folder / name).parent.mkdir(exist_ok=True, parents=True)
            return folder / name

        self.writer = DbnWriter(place, ORIGIN, **options)
        self.batches: list[Batch] = []

    def feed(self, *sent: Sent | bytes) -> Recording:
        timed = [one if isinstance(one, Sent) else Sent(one, 0, DAY + 5) for one in sent]
        self.stage.feed(*timed)
        return self

    def take(self) -> Recording:
        while (batch := self.drain.rest()) is not None:
            self.batches.append(Batch(batch.events.copy(), batch.instruments))
            self.writer.write(batch)
        return self

    def close(self) -> dict[str, Path]:
        self.take()
        files = {path.name.split(".")[1]: path for path in self.writer.close()}
        left = sorted(path for path in self.folder.rglob("*") if path.is_file())
        assert left == sorted(files.values()), "nothing else is left"
        return files


def decoded(path: Path) -> list[Any]:
    """What the library's own decoder makes of a file: metadata, then records."""
    compression = dbn.Compression.ZSTD if path.suffix == ".zst" else dbn.Compression.NONE
    decoder = dbn.DBNDecoder(compression=compression)
    decoder.write(path.read_bytes())
    return decoder.decode()


def told(path: Path) -> list[tuple[str, str, int, float, int, int]]:
    """Action, side, order, price in dollars, size and flags of each record by order."""
    records = decoded(path)[1:]
    return [(str(one.action), str(one.side), one.order_id, one.price / 1e9, one.size, one.flags) for one in records]


def test_layouts_are_the_librarys() -> None:
    classes = {
        "mbo": dbn.MBOMsg, "mbp-10": dbn.MBP10Msg, "mbp-1": dbn.MBP1Msg, "trades": dbn.TradeMsg,
        "definition": dbn.InstrumentDefMsg, "status": dbn.StatusMsg, "imbalance": dbn.ImbalanceMsg,
    }  # fmt: skip
    for schema, (record_type, layout) in SCHEMAS.items():
        known = classes[schema]
        assert layout.itemsize == known.size_hint
        place = 0
        flat = [(name, layout[name]) for name in layout.names if name != "levels"]
        if "levels" in layout.names:
            level = layout["levels"].base
            numbers = range(layout["levels"].shape[0])
            flat += [(f"{name}_{number:02}", level[name]) for number in numbers for name in level.names]
        for (name, kind), (theirs, text) in zip(flat, known._dtypes, strict=True):
            assert kind.itemsize == int(text[1:]), (schema, name)
            assert name == theirs or theirs.startswith("_"), schema
            place += kind.itemsize
        assert place == layout.itemsize
        decoder = dbn.DBNDecoder(has_metadata=False, input_version=3)
        decoder.write(blank(schema, 1).tobytes())
        assert int(decoder.decode()[0].rtype.value) == int(record_type)


@pytest.mark.interpreted
def test_events_become_records_by_order_as_databento_has_them(tmp_path: Path) -> None:
    recording = Recording(tmp_path).feed(
        packet(1, [directory(1, "AAPL"), add(1, "B", 100, 900), execute(1, 30)]),
        packet(4, [execute_at(1, 10, 905, printable="N"), cancel(1, 5)]),
        packet(6, [replace(1, 2, 80, 890)]),
        packet(7, [delete(2)]),
        packet(8, [trade(5, 901), cross(7, 902)]),
    )
    files = recording.close()
    assert told(files["mbo"]) == [
        ("A", "B", 1, 0.09, 100, 0),
        ("T", "A", 0, 0.09, 30, 0),
        ("F", "B", 1, 0.09, 30, 0),
        ("C", "B", 1, 0.09, 30, LAST),
        ("F", "B", 1, 0.0905, 10, 0),
        ("C", "B", 1, 0.09, 10, 0),
        ("C", "B", 1, 0.09, 5, LAST),
        ("C", "B", 1, 0.09, 55, 0),
        ("A", "B", 2, 0.089, 80, LAST),
        ("C", "B", 2, 0.089, 80, LAST),
        ("T", "N", 0, 0.0901, 5, 0),
        ("T", "N", 0, 0.0902, 7, LAST | Flag.PUBLISHER_SPECIFIC),
    ]
    metadata, first = decoded(files["mbo"])[:2]
    assert (metadata.dataset, str(metadata.schema), metadata.version) == ("XNAS", "mbo", 3)
    assert (str(metadata.stype_in), str(metadata.stype_out)) == ("raw_symbol", "instrument_id")
    assert metadata.symbols == ["AAPL"]
    (interval,) = metadata.mappings["AAPL"]
    assert (str(interval["start_date"]), str(interval["end_date"]), interval["symbol"]) == (
        "2026-03-02", "2026-03-03", "1",
    )  # fmt: skip
    assert (metadata.start, metadata.end) == (DAY + 5, DAY + 6)
    assert (first.instrument_id, first.publisher_id, first.sequence) == (1, publisher_of("XNAS"), 2)
    assert (first.ts_event, first.ts_recv, first.ts_in_delta) == (DAY, DAY + 5, 0)


@pytest.mark.interpreted
def test_an_order_that_the_book_did_not_hold_changes_none_and_is_flagged(tmp_path: Path) -> None:
    recording = Recording(tmp_path)
    recording.feed(packet(1, [directory(1, "AAPL"), execute(9, 30), delete(9), add(1, price=900)]))
    assert told(recording.close()["mbo"]) == [
        ("T", "N", 0, 0.0, 30, BAD), ("N", "N", 9, 0.0, 30, BAD), ("N", "N", 9, 0.0, 0, BAD),
        ("A", "B", 1, 0.09, 100, BAD | LAST),
    ]  # fmt: skip


@pytest.mark.interpreted
def test_books_behind_a_gap_are_flagged_and_a_new_session_clears_them(tmp_path: Path) -> None:
    recording = Recording(tmp_path).feed(packet(1, [directory(1, "AAPL"), add(1, price=900)]))
    recording.feed(packet(4, [add(2, price=900)]))
    recording.stage.finish()
    recording.feed(packet(1, [directory(2, "MSFT"), add(7, symbol="MSFT", locate=2)], session=OTHER))
    recording.feed(packet(3, [add(8, symbol="MSFT", locate=2)], session=OTHER))
    files = recording.close()
    assert [(action, flags) for action, *_, flags in told(files["mbo"])] == [
        ("A", LAST), ("A", LAST | BAD), ("R", LAST), ("A", LAST), ("A", LAST),
    ]  # fmt: skip
    assert read_dbn(files["mbo"]).symbols == {1: "AAPL", 2: "MSFT"}


@pytest.mark.interpreted
def test_depth_becomes_records_by_price_with_trades_before_what_they_change(tmp_path: Path) -> None:
    recording = Recording(tmp_path).feed(
        packet(1, [directory(1, "AAPL"), add(1, "B", 100, 900), add(2, "S", 50, 910)]),
        packet(4, [execute(1, 30)]),
        packet(5, [add(3, "B", 10, 800 - 1), trade(5, 905)]),
        packet(7, [trade(6, 905)]),
        packet(8, [delete(3)]),
    )
    files = recording.close()
    rows = [
        (str(one.action), str(one.side), one.depth, one.price // UNIT, one.size, one.flags,
         [(pair.bid_px // UNIT, pair.bid_sz, pair.bid_ct) for pair in one.levels if pair.bid_px != UNDEFINED_PRICE])
        for one in decoded(files["mbp-10"])[1:]
    ]  # fmt: skip
    assert rows == [
        ("A", "A", 0, 910, 50, LAST, [(900, 100, 1)]),
        ("T", "A", 0, 900, 30, 0, [(900, 100, 1)]),
        ("C", "B", 0, 900, 30, LAST, [(900, 70, 1)]),
        ("T", "N", 0, 905, 5, 0, [(900, 70, 1)]),
        ("A", "B", 1, 799, 10, LAST, [(900, 70, 1), (799, 10, 1)]),
        ("T", "N", 0, 905, 6, LAST, [(900, 70, 1), (799, 10, 1)]),
        ("C", "B", 1, 799, 10, LAST, [(900, 70, 1)]),
    ]
    # Of the inside alone, what changed behind it is no record.
    inside = [(str(one.action), one.levels[0].bid_sz) for one in decoded(files["mbp-1"])[1:]]
    assert inside == [("A", 100), ("T", 100), ("C", 70), ("T", 70), ("T", 70)]
    prints = [(str(one.side), one.price // UNIT, one.size, one.flags) for one in decoded(files["trades"])[1:]]
    assert prints == [("A", 900, 30, LAST), ("N", 905, 5, LAST), ("N", 905, 6, LAST)]


@pytest.mark.interpreted
def test_definitions_and_statuses(tmp_path: Path) -> None:
    recording = Recording(tmp_path, compression="none").feed(
        packet(1, [directory(1, "AAPL"), trading_action(1, "AAPL", "H"), trading_action(1, "AAPL", "T")]),
        packet(4, [directory(1, "AAPL")]),
    )
    files = recording.close()
    assert files["definition"].name == "xnas-day.definition.dbn"
    definitions = decoded(files["definition"])[1:]
    found = [(one.raw_symbol, str(one.security_update_action), one.exchange) for one in definitions]
    assert found == [("AAPL", "A", "XNAS"), ("AAPL", "M", "XNAS")]
    assert (definitions[0].min_lot_size_round_lot, definitions[0].raw_instrument_id) == (100, 1)
    assert definitions[0].strike_price == UNDEFINED_PRICE
    statuses = decoded(files["status"])[1:]
    found = [(one.action, str(one.is_trading), str(one.is_quoting)) for one in statuses]
    assert found == [(dbn.StatusAction.HALT, "False", "False"), (dbn.StatusAction.TRADING, "True", "True")]


def traffic(count: int) -> list[bytes]:
    chance = random.Random(11)
    bodies = [directory(1, "AAPL"), directory(2, "MSFT")]
    alive: dict[int, tuple[int, int]] = {}
    for reference in range(1, count + 1):
        locate = 1 + reference % 2
        symbol, side = ("AAPL", "MSFT")[locate - 1], chance.choice("BS")
        price = 1_000_000 + (-1 if side == "B" else 1) * chance.randrange(1, 30) * 100
        if len(alive) < 30 or chance.random() < 0.4:
            quantity = chance.randrange(2, 300)
            bodies.append(add(reference, side, quantity, price, locate=locate, symbol=symbol))
            alive[reference] = (locate, quantity)
            continue
        old = chance.choice(list(alive))
        own, quantity = alive.pop(old)
        what = chance.randrange(6)
        if what == 0:
            bodies.append(delete(old, locate=own))
        elif what == 1:
            bodies.append(execute(old, quantity, locate=own))
        elif what == 2:
            bodies.append(replace(old, 100_000 + reference, 50, price, locate=own))
            alive[100_000 + reference] = (own, 50)
        elif what == 3 and quantity > 1:
            bodies.append(cancel(old, 1, locate=own))
            alive[old] = (own, quantity - 1)
        elif what == 4 and quantity > 1:
            bodies.append(execute_at(old, 1, price, printable=chance.choice("YN"), locate=own))
            alive[old] = (own, quantity - 1)
        else:
            bodies.append(trade(7, price, locate=own, symbol=("AAPL", "MSFT")[own - 1]))
            alive[old] = (own, quantity)
    return bodies


COMPARED = ("kind", "detail", "instrument", "sequence", "venue_time", "price", "quantity", "order", "other", "received")


@pytest.mark.interpreted
@pytest.mark.parametrize("compression", ["zstd", "none"])
def test_events_come_back_from_the_records_by_order(tmp_path: Path, compression: str) -> None:
    recording = Recording(tmp_path, compression=compression)
    for number, payload in enumerate(bundled(traffic(500), [1, 4, 2])):
        recording.feed(Sent(payload, 0, DAY + 1_000 * number))
        if number % 17 == 0:
            recording.take()
    files = recording.close()
    file = read_dbn(files["mbo"])
    # Record for record: what the library decodes is what is read, field by field.
    records = decoded(files["mbo"])[1:]
    assert len(records) == len(file.records) > 700
    for theirs, ours in zip(records, file.records, strict=True):
        assert bytes(theirs) == ours.tobytes()
    found = [
        (kind, detail, instrument, sequence, time, price, quantity, reference, other, received)
        for kind, detail, instrument, sequence, time, price, quantity, reference, other, received in
        events_of(file.records)[["kind", "detail", "instrument", "sequence", "venue_time", "value_0", "value_1",
                                 "value_2", "value_3", "received_ns"]].tolist()
    ]  # fmt: skip
    expected = []
    carried = {EventKind.ADD, EventKind.EXECUTE, EventKind.REDUCE, EventKind.DELETE, EventKind.REPLACE, EventKind.TRADE}
    for batch in recording.batches:
        units = batch.column("price_unit").tolist()
        codes = batch.column("code").tolist()
        for event, unit, code in zip(batch.events, units, codes, strict=True):
            if event["kind"] in carried:
                is_trade = event["kind"] == EventKind.TRADE
                expected.append(
                    (int(event["kind"]), 0 if is_trade else int(event["detail"]), code, int(event["sequence"]),
                     int(event["venue_time"]), int(event["value_0"]) * unit, int(event["value_1"]),
                     0 if is_trade else int(event["value_2"]),
                     int(event["value_3"]) if event["kind"] == EventKind.REPLACE else 0, int(event["received_ns"]))
                )  # fmt: skip
    assert found == expected
    assert len(COMPARED) == len(found[0])


def numbers(closed: list[Closed]) -> tuple[bytes, bytes, bytes]:
    """The records of closed batches, as bytes."""
    by_price = ByPrice("mbp-10", 10)
    return (
        b"".join(by_order(one.told).tobytes() for one in closed),
        b"".join(by_price.records(one).tobytes() for one in closed),
        b"".join(trades(one.told).tobytes() for one in closed),
    )


@pytest.mark.interpreted
@pytest.mark.parametrize("seed", range(6))
def test_records_are_the_same_however_the_batches_are_cut(seed: int) -> None:
    """Also where an event's boundary comes with a later batch, as where a venue's event spans packets."""
    recording = Recording(Path("."))
    recording.feed(*bundled(traffic(300), [1, 4, 2, 9]))
    whole = recording.drain.rest()
    events, depth = whole.events.copy(), whole.depth.copy()
    expected = numbers([Boundaries(1).close(Batch(events, whole.instruments, depth), last=True)])
    chance = random.Random(seed)
    boundaries, found, start, given = Boundaries(1), [], 0, 0
    while start < len(events) or given < len(depth):
        stop = min(len(events), start + chance.randrange(1, 60))
        # Rows of depth come with the events before them, or later.
        ready = int(numpy.searchsorted(depth["event_index"], stop, "right"))
        upto = max(given, ready - chance.randrange(3) if stop < len(events) else len(depth))
        batch = Batch(events[start:stop], whole.instruments, depth[given:upto])
        found.append(boundaries.close(batch))
        start, given = stop, upto
    found.append(boundaries.close(Batch(events[:0], whole.instruments, depth[:0]), last=True))
    assert numbers(found) == expected


@pytest.mark.interpreted
def test_a_book_made_of_the_records_is_the_book(tmp_path: Path) -> None:
    """As a user of the format does it: adds, cancels and modifies, nothing else."""
    recording = Recording(tmp_path)
    recording.feed(*bundled(traffic(400), [3]))
    files = recording.close()
    orders: dict[int, list[Any]] = {}
    for one in decoded(files["mbo"])[1:]:
        action = str(one.action)
        if action == "A":
            orders[one.order_id] = [one.instrument_id, str(one.side), one.price, one.size]
        elif action == "C":
            orders[one.order_id][3] -= one.size
            if orders[one.order_id][3] == 0:
                del orders[one.order_id]
    newest = {}
    for one in decoded(files["mbp-10"])[1:]:
        newest[one.instrument_id] = one
    for locate, symbol in ((1, "AAPL"), (2, "MSFT")):
        depth = recording.stage.books[symbol].depth(10)
        for side, levels in (("B", depth.bids), ("A", depth.asks)):
            mine: dict[int, list[int]] = {}
            for instrument, own_side, price, size in orders.values():
                if (instrument, own_side) == (locate, side):
                    mine.setdefault(price, []).append(size)
            ordered = sorted(mine.items(), reverse=side == "B")[:10]
            assert [(price, sum(sizes), len(sizes)) for price, sizes in ordered] == [tuple(level) for level in levels]
            name = "bid" if side == "B" else "ask"
            shown = [
                (getattr(pair, f"{name}_px"), getattr(pair, f"{name}_sz"), getattr(pair, f"{name}_ct"))
                for pair in newest[locate].levels
                if getattr(pair, f"{name}_px") != UNDEFINED_PRICE
            ]
            assert shown == [tuple(level) for level in levels]


def test_nothing_is_left_of_what_was_abandoned(tmp_path: Path) -> None:
    recording = Recording(tmp_path / "out").feed(packet(1, [add(1)])).take()
    assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] != []
    recording.writer.abandon()
    assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"compression": "lzma"}, "compression 'lzma': expected zstd or none"),
        ({"schemas": ["mbo", "ohlcv-1s"]}, "schema 'ohlcv-1s': DBN is written with mbo, mbp-10"),
        ({"dataset": "A" * 20}, "dataset 'AAAAAAAAAAAAAAAAAAAA': expected 1 to 15 letters"),
    ],
)
def test_wrong_options_are_refused(tmp_path: Path, options: dict[str, Any], words: str) -> None:
    with pytest.raises(DbnError) as caught:
        DbnWriter(lambda name: tmp_path / name, ORIGIN, **options)
    assert words in str(caught.value)


def test_a_file_that_is_none_or_was_cut_is_refused(tmp_path: Path) -> None:
    files = Recording(tmp_path, compression="none").feed(packet(1, [add(1)])).close()
    cut = tmp_path / "cut.dbn"
    cut.write_bytes(files["mbo"].read_bytes()[:-5])
    with pytest.raises(DbnError, match="51 bytes are no whole records of 56: it was cut"):
        read_dbn(cut)
    cut.write_bytes(b"PAR1 and more")
    with pytest.raises(DbnError, match="starts with 50 41 52 31; expected DBN"):
        read_dbn(cut)
