"""MIAX Futures Onyx Top of Market through the generated pipeline: quotes, names, events, what a gap costs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from feedhandler.books import BookError, Books
from feedhandler.core.channel import Quality
from feedhandler.core.events import EVENT_VALUES, Event, EventKind
from feedhandler.core.reasons import Reason
from feedhandler.pipeline.pipeline import ChannelPlan, Pipeline
from feedhandler.pipeline.source import Route
from feedhandler.pipeline.state import Capacities, Limits
from feeds.miax_onyx_tom import FEED, messages
from replay import frames
from tests.feeds.session_packets import mach_packet
from tests.stage import memory_receiver
from tests.streams import MILLISECOND, Sent

pytestmark = pytest.mark.interpreted

ROOM = Capacities(instruments=16, orders=16, levels=64, events=256, hold_packets=2)
LIMITS = Limits(give_up_after_ns=2 * MILLISECOND, start_window=1)
WHEAT = 33554460
NAME = "HRSW-202509"
DEFINITION = messages.SimpleInstrumentDefinition.encode(
    instrument_id=WHEAT, product_group_code="HRSW", maturity_month_year=202509, minimum_size=1, tick=2_500_000,
    settlement_price=6_457_500_000, total_volume=12, open_interest_quantity=34, high_limit_price=7_000_000_000,
    low_limit_price=5_900_000_000,
)  # fmt: skip


def quote(bid: int, bid_size: int, offer: int, offer_size: int, code: int = WHEAT) -> bytes:
    return messages.BestBidAndOffer.encode(
        instrument_id=code, mbb_price=bid, mbb_size=bid_size, mbo_price=offer, mbo_size=offer_size, timestamp=5
    )


class Scene:
    """A channel of one line, fed one datagram a millisecond."""

    def __init__(self, *packets: bytes) -> None:
        plan = ChannelPlan("c", lines=(0,), capacities=ROOM, limits=LIMITS)
        self.pipeline = Pipeline("test", [Route(FEED, "miax", FEED.session())], channels=[plan])
        self.pipeline.channels[0].events.wanted = -1
        self.now = 0
        self.send(*packets)

    def send(self, *packets: bytes) -> Scene:
        for payload in packets:
            self.now += MILLISECOND
            receiver = memory_receiver([Sent(payload, 0, self.now)])
            self.pipeline.receivers.clear()
            self.pipeline.attach(receiver)
            self.pipeline.run()
            receiver.close()
        return self

    @property
    def books(self) -> Books:
        return Books(self.pipeline.channels)

    def inside(self, name: str = NAME) -> tuple[int, int, int, int, Quality]:
        bbo = self.books[name].bbo()
        return bbo.bid_price, bbo.bid_quantity, bbo.ask_price, bbo.ask_quantity, bbo.quality

    def reasons(self) -> dict[Reason, int]:
        return {Reason(number): int(count) for number, count in enumerate(self.pipeline.channels[0].reasons()) if count}

    def events(self, *kinds: EventKind) -> list[tuple[Any, ...]]:
        memory = self.pipeline.channels[0]
        rows = memory.array("events", Event, 256)[: int(memory.events.written)]
        return [
            (kind.name, *(int(row[f"value_{place}"]) for place in range(len(EVENT_VALUES[kind]))))
            for row in rows if (kind := EventKind(int(row["kind"]))) in kinds
        ]  # fmt: skip


def test_a_quote_is_the_book_and_a_size_of_0_an_empty_side() -> None:
    scene = Scene(mach_packet(1, [DEFINITION, quote(6_450_000_000, 7, 6_460_000_000, 9)]))
    assert scene.inside() == (6_450_000_000, 7, 6_460_000_000, 9, Quality.CURRENT)
    scene.send(mach_packet(3, [quote(6_455_000_000, 2, 0, 0)]))
    depth = scene.books[NAME].depth()
    assert [(level.price, level.quantity) for level in depth.bids] == [(6_455_000_000, 2)]
    assert depth.asks == []
    scene.send(mach_packet(4, [quote(0, 0, 0, 0)]))
    assert (scene.books[NAME].depth().bids, scene.inside()[4]) == ([], Quality.CURRENT)


def test_spreads_may_trade_below_nothing() -> None:
    spread = messages.ComplexInstrumentDefinition.encode(
        strategy_id=50, product_group_code="HRSW", spread_type="S",
        legs=[{"instrument_id": WHEAT, "leg_ratio_and_side": 1, "maturity_month_year": 202509},
              {"instrument_id": 7, "leg_ratio_and_side": -1, "maturity_month_year": 202512}],
    )  # fmt: skip
    scene = Scene(mach_packet(1, [spread, quote(-30_000_000, 1, -20_000_000, 2, 50)]))
    assert scene.inside("HRSW-S-202509-202512") == (-30_000_000, 1, -20_000_000, 2, Quality.CURRENT)


def test_a_spread_of_many_legs_is_called_by_the_first_three() -> None:
    legs = [{"maturity_month_year": 4294967290 + number} for number in range(6)]
    spread = messages.ComplexInstrumentDefinition.encode(
        strategy_id=50, product_group_code="LONGER", spread_type="B", legs=legs
    )
    assert list(Scene(mach_packet(1, [spread])).books) == ["LONGER-B-4294967290-4294967291-4294967292"]


def test_behind_a_gap_an_instrument_is_right_again_with_its_next_quote() -> None:
    scene = Scene(mach_packet(1, [DEFINITION, quote(10, 1, 20, 1), quote(11, 1, 21, 1, code=8)]))
    scene.send(*(mach_packet(number, [quote(12, 1, 22, 1)]) for number in range(6, 9)))
    assert scene.inside() == (12, 1, 22, 1, Quality.CURRENT)
    assert scene.inside("#8") == (11, 1, 21, 1, Quality.STALE)
    scene.send(mach_packet(9, [quote(13, 1, 23, 1, code=8)]))
    assert scene.inside("#8") == (13, 1, 23, 1, Quality.CURRENT)


def test_joined_late_a_quote_is_enough_and_a_trade_is_not() -> None:
    sale = messages.LastSale.encode(instrument_id=WHEAT, trade_id=3, trade_price=15, trade_size=4)
    scene = Scene(mach_packet(900, [sale]), mach_packet(901, [sale]))
    assert scene.inside("#33554460")[4] is Quality.STALE
    scene.send(mach_packet(902, [quote(10, 1, 20, 1)]))
    assert scene.inside("#33554460") == (10, 1, 20, 1, Quality.CURRENT)


def test_a_quote_that_could_not_be_read_costs_trust_until_the_next_one() -> None:
    scene = Scene(mach_packet(1, [DEFINITION, quote(10, 1, 20, 1)]), mach_packet(3, [quote(11, 1, 21, 1)[:-1]]))
    assert (scene.inside()[4], scene.reasons()) == (Quality.STALE, {Reason.MESSAGE_LENGTH: 1})
    scene.send(mach_packet(4, [quote(12, 1, 22, 1)]))
    assert scene.inside() == (12, 1, 22, 1, Quality.CURRENT)


def test_trades_statuses_and_figures_are_events() -> None:
    scene = Scene(
        mach_packet(1, [
            DEFINITION,
            messages.SystemState.encode(system_status="S", session_id=1),
            messages.InstrumentTradingStatusNotification.encode(
                instrument_id=WHEAT, trading_status=3, market_state=2
            ),
            messages.LastSale.encode(instrument_id=WHEAT, trade_id=3, trade_price=6_450_000_000, trade_size=4),
            messages.TradeCancel.encode(instrument_id=WHEAT, trade_id=3),
        ])
    )  # fmt: skip
    kinds = (EventKind.STATISTIC, EventKind.COLLAR, EventKind.SYSTEM, EventKind.TRADING_STATUS, EventKind.TRADE,
             EventKind.TRADE_BREAK)  # fmt: skip
    assert scene.events(*kinds) == [
        ("STATISTIC", 1, 6_457_500_000, 12), ("COLLAR", 0, 7_000_000_000, 5_900_000_000, 0),
        ("SYSTEM", ord("S")), ("TRADING_STATUS", 3, 2), ("TRADE", 6_450_000_000, 4, 0, 3), ("TRADE_BREAK", 3),
    ]  # fmt: skip
    assert scene.books[NAME].depth().last_trade == (6_450_000_000, 4)


def test_a_book_has_no_queues() -> None:
    scene = Scene(mach_packet(1, [DEFINITION, quote(10, 1, 20, 1)]))
    with pytest.raises(BookError, match="there are no queues"):
        scene.books[NAME].orders("bid", 10)


def test_the_captured_quote_is_read_as_it_was_sent(captures: Path) -> None:
    folder = captures / "miax/OnyxFutures.ToM.v1.0"
    packets = {path.stem: next(iter(frames(path))).payload for path in folder.glob("*.pcap")}
    scene = Scene(packets["Heartbeat"], packets["BestBidAndOfferMessage"])
    assert scene.inside("#33554460") == (2_500_000_000, 200, 5_947_500_000, 1, Quality.CURRENT)
    scene.send(packets["InstrumentTradingStatusNotificationMessage"], packets["SystemStateMessage"])
    assert scene.reasons() == {}
