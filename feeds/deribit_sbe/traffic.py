"""A flow of levels in Deribit's multicast, one change a message, for benchmarks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from feedhandler.benchmark.flow import Flow
from feedhandler.sessions.deribit_multicast import SNAPSHOTS_FROM, packet_encode

from . import messages

SNAPSHOTS = SNAPSHOTS_FROM + 1


def levels(flow: Flow) -> Iterator[bytes]:
    for number, symbol in flow.symbols():
        yield messages.Instrument.encode(instrument_id=number, instrument_name=symbol)
    change: Counter[int] = Counter()
    for step in flow.levels():
        before = change[step.instrument]
        change[step.instrument] += 1
        yield messages.Book.encode(
            instrument_id=step.instrument, prev_change_id=before, change_id=before + 1, is_last=1,
            changes_list=[{
                "side": int(step.bid), "change": step.action, "price": step.price / 2, "amount": float(step.quantity),
            }],
        )  # fmt: skip


def opening(flow: Flow) -> list[bytes]:
    """Snapshots of empty books at change 0, from which the changes follow, behind a first packet of changes."""
    packets = [packet_encode(1, [messages.Instrument.encode(instrument_id=1, instrument_name="S001")])]
    for number, symbol in flow.symbols():
        defined = messages.Instrument.encode(instrument_id=number, instrument_name=symbol)
        empty = messages.Snapshot.encode(
            instrument_id=number, change_id=0, is_book_complete=1, is_last_in_book=1, levels_list=[]
        )
        packets.append(packet_encode(number, [defined, empty], SNAPSHOTS))
    return packets


OPENING = {"deribit_sbe": opening}
TRAFFIC = {"deribit_sbe": levels}
