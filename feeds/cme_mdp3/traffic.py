"""A flow of levels in CME MDP 3.0, one entry a message, for benchmarks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from feedhandler.benchmark.flow import DEPTH, Flow

from . import definitions, messages

END_OF_EVENT = 128


def levels(flow: Flow) -> Iterator[bytes]:
    for number, symbol in flow.symbols():
        yield definitions.MDInstrumentDefinitionFuture54.encode(
            security_id=number, symbol=symbol, match_event_indicator=END_OF_EVENT,
            no_md_feed_types=[{"md_feed_type": "GBX", "market_depth": DEPTH}],
        )  # fmt: skip
    sequence: Counter[int] = Counter()
    for step in flow.levels():
        sequence[step.instrument] += 1
        yield messages.MDIncrementalRefreshBook46.encode(
            transact_time=1, match_event_indicator=END_OF_EVENT,
            no_md_entries=[{
                "md_entry_px": step.price, "md_entry_size": step.quantity, "security_id": step.instrument,
                "rpt_seq": sequence[step.instrument], "number_of_orders": 1, "md_price_level": step.number,
                "md_update_action": step.action, "md_entry_type": "0" if step.bid else "1",
            }],
        )  # fmt: skip


TRAFFIC = {"cme_mdp3": levels}
