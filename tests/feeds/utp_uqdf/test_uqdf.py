"""UQDF: what quotes do to the national best, after losses too, and the events of everything else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from feedhandler.core.reasons import Reason
from feedhandler.sessions.moldudp64 import DownstreamHeader, MessageBlock
from feeds.utp_uqdf import FEED, messages
from replay import frames
from tests.feeds.consolidated import Said, Scene
from tests.streams import MILLISECOND, Sent

pytestmark = pytest.mark.interpreted

CENT = 10_000_000
Q, K, R = ord("Q"), ord("K"), ord("R")


def packet(sequence: int, *bodies: bytes) -> bytes:
    header = DownstreamHeader.encode(
        session_high="00000752", session_low="7Q", sequence_number=sequence, message_count=len(bodies)
    )
    return header + b"".join(MessageBlock.encode(message_length=len(body)) + body for body in bodies)


def short(indicator: str, bid: int = 10, ask: int = 20, symbol: str = "AKAM", **more: Any) -> bytes:
    return messages.QuoteShortForm.encode(
        market_center_originator_id="K", symbol_short=symbol, bid_price_short=bid, bid_size_short=1,
        ask_price_short=ask, ask_size_short=2, quote_condition="R", nbbo_appendage_indicator=indicator, **more,
    )  # fmt: skip


def long(indicator: str, bid: int = 10, ask: int = 20, symbol: str = "AKAM", **more: Any) -> bytes:
    return messages.QuoteLongForm.encode(
        market_center_originator_id="Q", symbol=symbol, bid_price=bid * 10_000, bid_size=3, ask_price=ask * 10_000,
        ask_size=4, quote_condition="R", nbbo_appendage_indicator=indicator, **more,
    )  # fmt: skip


def best(scene: Scene, symbol: str = "AKAM") -> tuple[Any, ...]:
    bid, bid_size, ask, ask_size, quality = scene.best(symbol)
    return bid // CENT, bid_size, ask // CENT, ask_size, quality


SHORT = {"national_short": {"national_best_bid_price_short": 12, "national_best_bid_size_short": 5,
                            "national_best_ask_price_short": 18, "national_best_ask_size_short": 6,
                            "national_best_bid_market_center": "Q", "nbbo_quote_condition": "R"}}  # fmt: skip
LONG = {"national_long": {"best_bid_price": 130_000, "best_bid_size": 7, "best_ask_price": 170_000,
                          "best_ask_size": 8, "best_ask_market_center": "K"}}  # fmt: skip


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        (short("0"), (1, 1, 99, 2)), (short("1"), (0, 0, 0, 0)), (short("2", **SHORT), (12, 5, 18, 6)),
        (short("3", **LONG), (13, 7, 17, 8)), (short("4"), (10, 1, 20, 2)), (long("0"), (1, 1, 99, 2)),
        (long("1"), (0, 0, 0, 0)), (long("2", **SHORT), (12, 5, 18, 6)), (long("4"), (10, 3, 20, 4)),
        (long("3", finra_adf_mpid_appendage_indicator="2", **LONG), (13, 7, 17, 8)),
    ],
)  # fmt: skip
def test_an_indicator_does_to_the_best_what_it_says(quote: bytes, expected: tuple[int, ...]) -> None:
    scene = Scene(FEED).feed(packet(1, short("4", 1, 99), quote))
    assert best(scene) == (*expected, "CURRENT")
    assert scene.reasons == {}


def test_events_name_the_participant_and_who_quotes_the_best() -> None:
    scene = Scene(FEED).feed(packet(1, short("2", **SHORT), long("0")))
    assert scene.events() == [
        Said("PARTICIPANT_QUOTE", 0, (100_000, 1, 200_000, 2, R, K, ord("2"))),
        Said("NATIONAL_QUOTE", 3, (120_000, 5, Q, 180_000, 6, 32, R)),
        Said("PARTICIPANT_QUOTE", 0, (100_000, 3, 200_000, 4, R, Q, ord("0"))),
    ]


def test_short_and_long_forms_and_symbols_of_eleven_letters_meet_in_one_book_each() -> None:
    scene = Scene(FEED).feed(packet(1, short("4", 1, 99), long("4", 2, 98), long("4", 3, 97, "ABCDEFGHIJK")))
    assert (best(scene)[:2], best(scene, "ABCDEFGHIJK")[:2]) == ((2, 3), (3, 3))


def test_a_gap_leaves_a_security_stale_until_its_best_is_restated() -> None:
    scene = Scene(FEED).feed(packet(1, short("4"), short("4", 30, 31, "ANDA")))
    scene.feed(Sent(packet(5, short("0", 11, 21)), at=1)).wait(50 * MILLISECOND)
    assert best(scene) == (10, 1, 20, 2, "STALE")
    scene.feed(packet(6, short("4", 12, 22)))
    assert best(scene) == (12, 1, 22, 2, "CURRENT")
    assert best(scene, "ANDA")[-1] == "STALE"


def test_a_wipe_out_leaves_nothing_to_trust() -> None:
    scene = Scene(FEED).feed(packet(1, short("4"), messages.QuoteWipeOut.encode(market_center_originator_id="K")))
    assert best(scene)[-1] == "STALE"
    scene.feed(packet(3, short("4")))
    assert best(scene)[-1] == "CURRENT"


def test_an_indicator_that_does_not_exist_is_refused() -> None:
    scene = Scene(FEED).feed(packet(1, short("4"), short("5"), long("/")))
    assert scene.reasons == {Reason.MESSAGE_FIELD: 2}
    assert best(scene)[-1] == "STALE"


def test_administrative_messages_become_events() -> None:
    reason = int.from_bytes(b"LUDP  ", "big")
    scene = Scene(FEED).feed(packet(
        1,
        messages.IssueSymbolDirectory.encode(symbol="AKAM", round_lot_size=100),
        messages.CrossSroTradingAction.encode(symbol="AKAM", trading_action_code="P", trading_action_reason="LUDP"),
        messages.MarketCenterTradingAction.encode(symbol="AKAM", trading_action_code="H", market_center_identifier="Q"),
        messages.RegShoPriceTestRestricted.encode(symbol="AKAM", reg_sho_action="1"),
        messages.LimitUpLimitDownPriceBand.encode(
            symbol="AKAM", luld_price_band_indicator="B", limit_down_price=9, limit_up_price=11
        ),
        messages.AuctionCollar.encode(
            symbol="AKAM", collar_reference_price=5, collar_up_price=6, collar_down_price=4,
            collar_extension_indicator="1",
        ),
        messages.MwcbDeclineLevel.encode(mwcb_level_1=3, mwcb_level_2=2, mwcb_level_3=1),
        messages.MwcbStatus.encode(mwcb_status_level_indicator="2"),
        messages.SessionCloseRecap.encode(
            symbol="AKAM", national_best_bid_price=10, national_best_bid_size=1, national_best_bid_market_center="Q",
            national_best_ask_price=20, national_best_ask_size=2, national_best_ask_market_center="K",
            recaps=[{"market_center_identifier": "Q", "market_center_bid_price": 10, "market_center_ask_size": 5}],
        ),
        messages.GeneralAdministrative.encode(text="hello"),
        messages.EndOfDay.encode(market_center_originator_id="E"),
    ))  # fmt: skip
    akam = int.from_bytes(b"AKAM    ", "big")
    assert scene.events() == [
        Said("DEFINITION", 0, (akam, akam, 100, 1_000)), Said("TRADING_STATUS", 0, (ord("P"), reason)),
        Said("OPERATIONAL_HALT", 0, (Q, ord("H"))), Said("RESTRICTION", 0, (ord("1"),)),
        Said("COLLAR", ord("B"), (0, 11, 9, 0)), Said("COLLAR", 0, (5, 6, 4, ord("1"))),
        Said("CIRCUIT_BREAKER", 0, (3, 2, 1, 0)), Said("CIRCUIT_BREAKER", 0, (0, 0, 0, 2)),
        Said("STATISTIC", 0, (ord("B"), 10, 1, Q)), Said("STATISTIC", 0, (ord("A"), 20, 2, K)),
        Said("STATISTIC", 0, (ord("b"), 10, 0, Q)), Said("STATISTIC", 0, (ord("a"), 0, 5, Q)),
        Said("SYSTEM", ord("E"), (int.from_bytes(b"CJ", "big"),)),
    ]  # fmt: skip
    assert scene.reasons == {}


def test_captured_packets_become_events_and_a_book(captures: Path) -> None:
    folder = captures / "nasdaq/Uqdf.Output.Utp.v1.5"
    payloads = {file.stem: next(iter(frames(file))).payload for file in folder.glob("*.pcap")}
    scene = Scene(FEED).feed(payloads["QuoteLongFormMessage"])
    assert scene.events() == [
        Said("PARTICIPANT_QUOTE", 0, (767_250_000, 3, 767_310_000, 2, R, K, ord("3"))),
        Said("NATIONAL_QUOTE", 3, (767_250_000, 3, K, 767_260_000, 1, ord("Z"), R)),
    ]
    assert scene.best("AMZN") == (767_250_000_000, 3, 767_260_000_000, 1, "CURRENT")
    assert scene.times[-1] == 1_473_960_533_164_962_647
    bands = Scene(FEED).feed(payloads["LimitUpLimitDownPriceBandMessage"])
    assert bands.events() == [Said("COLLAR", ord("C"), (0, 10_840_000, 8_870_000, 0))]
    quoted = Scene(FEED).feed(payloads["QuoteShortFormMessage"])
    assert quoted.events() == [Said("PARTICIPANT_QUOTE", 0, (51_230_000, 1, 51_240_000, 1, R, K, ord("0")))]
    assert quoted.best("AKAM") == (0, 0, 0, 0, "STALE")
