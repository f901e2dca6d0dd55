"""Strategies watch instruments by their whole names, also where these do not fit into the eight letters of a word."""

from __future__ import annotations

import pytest

from feedhandler.pipeline.inline import InlinePlan
from feedhandler.pipeline.pipeline import ChannelPlan, Pipeline
from feedhandler.pipeline.source import Route
from feedhandler.pipeline.state import Capacities
from feedhandler.strategies import Strategy, integer, state
from feedhandler.strategies.memory import parameter_values
from feeds.ice_impact import FEED
from tests.feeds.ice_impact.stream import IMPLIED, PLAIN, Order, put
from tests.feeds.session_packets import impact_packet
from tests.stage import memory_receiver
from tests.streams import Sent

pytestmark = pytest.mark.interpreted

ROOM = Capacities(instruments=16, orders=64, levels=64, events=64)
ORDER = Order("1", 100, 5, (1, 1), PLAIN)


class Counting(Strategy):
    """Counts the changed insides that it is told of."""

    told = state(integer)

    def on_bbo(self, book):
        self.told += 1


@pytest.mark.parametrize(
    ("symbols", "told"),
    [(("*",), 4), (("100000001",), 1), (("1000000*",), 3), (("*01 IMPLIED",), 1), (("*RFQ",), 0), (("10000000",), 0)],
)
def test_a_pattern_is_asked_of_the_whole_name(symbols: tuple[str, ...], told: int) -> None:
    plan = InlinePlan("counting", Counting, parameter_values(Counting, {}), symbols, (), 0)
    channels = [ChannelPlan("c", lines=(0,), capacities=ROOM)]
    route = Route(FEED, FEED.default_variant, FEED.session())
    pipeline = Pipeline("test", [route], channels=channels, strategies=[plan])
    bodies = [put(market, 7, ORDER) for market in (100000001, 100000002, 7)]
    bodies.append(put(100000001, 8, ORDER._replace(kind=IMPLIED)))
    receiver = memory_receiver([Sent(impact_packet(1, bodies))])
    pipeline.attach(receiver)
    pipeline.run()
    receiver.close()
    assert int(pipeline.strategies.memories[0].view.told) == told
