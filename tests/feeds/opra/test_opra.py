"""OPRA: series under their keys, prices under their denominators, what quotes do to the best, events of the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from feedhandler.core.reasons import Reason
from feedhandler.sessions.transmission_blocks import opra_encode
from feeds.opra import FEED, messages
from replay import frames
from tests.feeds.consolidated import Said, Scene
from tests.streams import MILLISECOND, Sent

pytestmark = pytest.mark.interpreted

CENT = 1_000_000
JANUARY_CALL = {"month": "A", "day": 19, "year": 24}
NAME = "AMZN  240119C00165500"
N, C = ord("N"), ord("C")
BLANK = ord(" ")


def block(sequence: int, *bodies: bytes) -> bytes:
    return opra_encode(sequence, bodies)


def short(indicator: str, bid: int = 10, offer: int = 20, strike: int = 1655, **more: Any) -> bytes:
    return messages.ShortQuote.encode(**{
        "participant_id": "N", "message_type": " ", "message_indicator": indicator, "security_symbol": "AMZN",
        "expiration_block": JANUARY_CALL, "strike_price": strike, "bid_price": bid, "bid_size": 1,
        "offer_price": offer, "offer_size": 2, **more,
    })  # fmt: skip


def series(strike: int = 16550, code: str = "B", **more: Any) -> dict[str, Any]:
    return {
        "participant_id": "C", "message_type": " ", "message_indicator": " ", "security_symbol": "AMZN",
        "expiration_block": JANUARY_CALL, "strike_price_denominator_code": code, "strike_price": strike, **more,
    }  # fmt: skip


def long(indicator: str, bid: int = 10, offer: int = 20, premium: str = "B", **more: Any) -> bytes:
    return messages.LongQuote.encode(**{
        **series(message_indicator=indicator), "premium_price_denominator_code": premium, "bid_price": bid,
        "bid_size": 3, "offer_price": offer, "offer_size": 4, **more,
    })  # fmt: skip


def best(scene: Scene, name: str = NAME) -> tuple[Any, ...]:
    bid, bid_size, offer, offer_size, quality = scene.best(name)
    return bid // (10 * CENT), bid_size, offer // (10 * CENT), offer_size, quality


BID = {"best_bid": {"participant_id": "C", "denominator_code": "C", "price": 120, "size": 5}}
OFFER = {"best_offer": {"participant_id": "N", "denominator_code": "B", "price": 18, "size": 6}}


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        (short("A"), (1, 1, 99, 2)), (short("B"), (1, 1, 20, 2)), (short("C", **OFFER), (1, 1, 18, 6)),
        (short("D"), (1, 1, 0, 0)), (short("E"), (10, 1, 99, 2)), (short("F"), (10, 1, 20, 2)),
        (short("G", **OFFER), (10, 1, 18, 6)), (short("H"), (10, 1, 0, 0)), (short("I"), (0, 0, 99, 2)),
        (short("J"), (0, 0, 20, 2)), (short("K", **OFFER), (0, 0, 18, 6)), (short("L"), (0, 0, 0, 0)),
        (short("M", **BID), (12, 5, 99, 2)), (short("N", **BID), (12, 5, 20, 2)),
        (short("O", **BID, **OFFER), (12, 5, 18, 6)), (short("P", **BID), (12, 5, 0, 0)), (short(" "), (1, 1, 99, 2)),
        (long("A"), (1, 1, 99, 2)), (long("F"), (10, 3, 20, 4)), (long("O", **BID, **OFFER), (12, 5, 18, 6)),
        (long("F", 1000, 2000, "D"), (10, 3, 20, 4)), (long(" "), (1, 1, 99, 2)),
    ],
)  # fmt: skip
def test_an_indicator_does_to_the_best_what_it_says(quote: bytes, expected: tuple[int, ...]) -> None:
    scene = Scene(FEED).feed(block(1, short("F", 1, 99), quote))
    assert best(scene) == (*expected, "CURRENT")
    assert scene.reasons == {}


@pytest.mark.parametrize(
    ("strike", "code"), [(16550, "B"), (1655, "A"), (165_500, "C"), (1_655_000, "D"), (16_550_000, "E")]
)
def test_a_strike_is_one_whatever_its_denominator(strike: int, code: str) -> None:
    quotes = long("F", strike_price=strike, strike_price_denominator_code=code)
    scene = Scene(FEED).feed(block(1, short("F"), quotes))
    assert scene.memory.directory.count == 1
    assert best(scene) == (10, 3, 20, 4, "CURRENT")


def test_series_are_told_apart_by_root_date_right_and_strike() -> None:
    quotes = [
        short("F"), short("F", strike=1656), short("F", security_symbol="AMZ"),
        *(
            short("F", expiration_block={**JANUARY_CALL, **part})
            for part in ({"month": "M"}, {"day": 20}, {"year": 25})
        ),
    ]  # fmt: skip
    scene = Scene(FEED).feed(block(1, *quotes))
    assert scene.memory.directory.count == 6
    for name in (NAME, "AMZN  240119C00165600", "AMZ   240119C00165500", "AMZN  240119P00165500",
                 "AMZN  240120C00165500",
                 "AMZN  250119C00165500"):  # fmt: skip
        assert best(scene, name) == (10, 1, 20, 2, "CURRENT")


def test_a_filter_goes_by_the_root() -> None:
    quotes = [short("F"), short("F", security_symbol="IBM"), short("F", strike=9)]
    scene = Scene(FEED, symbols=("AMZN",)).feed(block(1, *quotes, *quotes))
    assert scene.memory.directory.count == 2
    assert best(scene) == (10, 1, 20, 2, "CURRENT")


def test_quotes_are_events_of_their_block_s_time() -> None:
    whole = bytearray(block(1, short("G", message_type="F", **OFFER)))
    scene = Scene(FEED).feed(bytes(whole))
    assert scene.events() == [
        Said("PARTICIPANT_QUOTE", 0, (10 * CENT, 1, 20 * CENT, 2, ord("F"), N, ord("G"))),
        Said("NATIONAL_QUOTE", 3, (10 * CENT, 1, N, 18 * CENT, 6, N, ord("F"))),
    ]


def test_trades_and_what_becomes_of_them() -> None:
    def sale(kind: str, price: int) -> bytes:
        return messages.LastSale.encode(**series(message_type=kind), volume=7, premium_price_denominator_code="B",
                                        premium_price=price, trade_identifier=9,
                                        trading_session_identifier=1)  # fmt: skip

    scene = Scene(FEED).feed(block(1, sale("I", 15), sale("B", 16), sale("b", 17), sale("C", 17)))
    assert scene.events() == [
        Said("TRADE", 0, (15 * CENT, 7, 0, 9, C, ord("I"), 1)), Said("TRADE", 0, (16 * CENT, 7, 0, 9, C, ord("B"), 1)),
        Said("TRADE", 0, (17 * CENT, 7, 0, 9, C, ord("b"), 1)),
        Said("TRADE_BREAK", 0, (9, C, 17 * CENT, 7, ord("C"), ord("C"))),
    ]  # fmt: skip
    assert scene.books[NAME].depth().last_trade == (170 * CENT, 7)


def test_figures_of_the_day() -> None:
    summary = messages.EndOfDaySummary.encode(
        **series(), volume=1, open_interest_volume=2, premium_price_denominator_code="B", open_price=3, high_price=4,
        low_price=5, last_price=6, net_change=-7, underlying_price_denominator_code="H", underlying_price=8,
        bid_price=9, offer_price=10,
    )  # fmt: skip
    interest = messages.OpenInterest.encode(**series(), open_interest_volume=11)
    scene = Scene(FEED).feed(block(1, summary, interest))
    expected = [("O", 3, 0), ("H", 4, 0), ("W", 5, 0), ("L", 6, 0), ("C", -7, 0), ("V", 0, 1), ("D", 0, 2)]
    said = [event.values[:4] for event in scene.events()]
    assert said[:7] == [(ord(code), price * CENT, size, C) for code, price, size in expected]
    assert said[7:] == [
        (ord("U"), 8, 0, C), (ord("B"), 9 * CENT, 0, C), (ord("A"), 10 * CENT, 0, C), (ord("D"), 0, 11, C),
    ]  # fmt: skip


def test_an_index_is_called_by_its_symbol() -> None:
    def value(kind: str) -> bytes:
        return messages.UnderlyingValue.encode(participant_id="C", message_type=kind, security_symbol="SPX",
                                               index_value_denominator_code="B", index_value=3,
                                               offer_index_value=4)  # fmt: skip

    scene = Scene(FEED).feed(block(1, value(" "), value("I")))
    said = [event.values[:2] for event in scene.events()]
    assert said == [(ord("I"), 3 * CENT), (ord("B"), 3 * CENT), (ord("A"), 4 * CENT)]
    assert best(scene, "SPX")[:4] == (0, 0, 0, 0)


def test_a_mapping_defines_a_series_and_keeps_its_name() -> None:
    scene = Scene(FEED).feed(block(1, messages.SeriesMapping.encode(**series(), multicast_line_number=5), short("F")))
    assert [event.kind for event in scene.events()] == ["DEFINITION", "PARTICIPANT_QUOTE", "NATIONAL_QUOTE"]
    assert best(scene) == (10, 1, 20, 2, "CURRENT")


def control(kind: str) -> bytes:
    return messages.Control.encode(participant_id="O", message_type=kind, message_indicator=" ")


def test_the_day_is_told_and_resets_cost_trust() -> None:
    scene = Scene(FEED).feed(block(1, control("C"), short("F")))
    assert scene.events()[0] == Said("SYSTEM", ord("O"), (ord("H") << 8 | ord("C"),))
    assert best(scene)[-1] == "CURRENT"
    for sequence, kind in ((3, "K"), (4, "P")):
        scene.feed(block(sequence, control(kind)))
        assert best(scene)[-1] == "STALE"


def test_behind_a_gap_a_series_is_current_once_both_sides_were_restated() -> None:
    scene = Scene(FEED).feed(block(1, short("F")), Sent(block(3, short("E", 11)), at=MILLISECOND))
    scene.wait(50 * MILLISECOND)
    assert best(scene) == (11, 1, 20, 2, "STALE")
    scene.feed(block(4, short("A")))
    assert best(scene)[-1] == "STALE"
    scene.feed(block(5, short("B", 1, 21)))
    assert best(scene) == (11, 1, 21, 2, "CURRENT")


def test_line_integrity_tells_of_a_lost_block() -> None:
    scene = Scene(FEED).feed(block(1, short("F")), block(1, control("N"))).wait(50 * MILLISECOND)
    assert best(scene)[-1] == "CURRENT"
    scene.feed(Sent(block(2, control("N")), at=51 * MILLISECOND)).wait(99 * MILLISECOND)
    assert best(scene)[-1] == "STALE"


@pytest.mark.parametrize(
    "body",
    [
        short("Q"), long("Z"), long("A", premium="J"), long("A", strike_price_denominator_code=" "),
        short("A", expiration_block={"month": "Y", "day": 1, "year": 24}),
        short("A", expiration_block={"month": "A", "day": 32, "year": 24}),
        short("M", best_bid={"denominator_code": "?", "price": 1}),
        messages.OpenInterest.encode(**series(code="0")),
        messages.LastSale.encode(**series(), premium_price_denominator_code="0"),
        messages.UnderlyingValue.encode(index_value_denominator_code="0"),
        messages.SeriesMapping.encode(**series(code="0")),
        messages.EndOfDaySummary.encode(**series(), premium_price_denominator_code="B",
                                        underlying_price_denominator_code="B", underlying_price=1 << 60),
    ],
)  # fmt: skip
def test_what_no_specification_knows_is_refused_and_costs_trust(body: bytes) -> None:
    scene = Scene(FEED).feed(block(1, short("F"), body))
    assert scene.reasons == {Reason.MESSAGE_FIELD: 1}
    assert best(scene)[-1] == "STALE"


@pytest.mark.parametrize("body", [b"OZ  " + b"\0" * 8, short("M", **BID)[:-1], b"CC  " + b"\0" * 8 + b"\0\xc8text"])
def test_a_block_with_what_has_no_known_length_is_refused_whole(body: bytes) -> None:
    assert Scene(FEED).feed(block(1, short("F"), body)).reasons == {Reason.PACKET_BLOCKS: 1}


def test_captured_quotes_make_sense_beside_each_other(captures: Path) -> None:
    folder = captures / "siac" / "Opra.Recipient.v6.2"
    found = {}
    for kind in ("Short", "Long"):
        [frame] = frames(folder / f"{kind}EquityAndIndexQuoteMessage.pcap")
        scene = Scene(FEED).feed(bytes(frame.payload))
        found[kind] = [(said.kind, said.detail, said.values[:6]) for said in scene.events()], scene.times[-1]
        assert scene.reasons == {}
    assert found["Short"] == (
        [
            ("PARTICIPANT_QUOTE", 0, (1410 * CENT, 43, 1465 * CENT, 2, BLANK, ord("T"))),
            ("NATIONAL_QUOTE", 1, (1410 * CENT, 50, N, 0, 0, 0)),
        ],
        1701291404_799736576,
    )
    assert found["Long"] == (
        [
            ("PARTICIPANT_QUOTE", 0, (61 * CENT, 239, 63 * CENT, 495, BLANK, ord("D"))),
            ("NATIONAL_QUOTE", 1, (61 * CENT, 243, ord("P"), 0, 0, 0)),
        ],
        1701291404_954681088,
    )
