"""CTS: trades with their conditions, what is void, halts, and the figures of the day."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from feedhandler.core.reasons import Reason
from feedhandler.sessions.transmission_blocks import cta_encode
from feeds.cta import CTS, messages
from feeds.cta import trade_messages as trades
from replay import frames
from tests.feeds.consolidated import Said, Scene

pytestmark = pytest.mark.interpreted

START = messages.StartOfDay.encode(participant_id="S")
K, D, N = ord("K"), ord("D"), ord("N")
DOLLAR = 1_000_000


def said(*bodies: bytes) -> list[Said]:
    """The events of these messages."""
    return Scene(CTS).feed(cta_encode(1, [START]), cta_encode(2, bodies)).events()[1:]


def word(letters: str) -> int:
    return int.from_bytes(letters.encode(), "big")


def short(**more: Any) -> bytes:
    values = {
        "participant_id": "K", "security_symbol_short": "GME", "trade_price_short": 27_10, "trade_volume_short": 100,
        "participant_reference_number": 77, "sale_condition": " ", "sale_condition_category": " ",
        "consolidated_high_low_last_indicator": "D", "participant_open_high_low_last_indicator": "L", **more,
    }  # fmt: skip
    return trades.ShortTrade.encode(**values)


def long(**more: Any) -> bytes:
    values = {
        "participant_id": "D", "security_symbol": "GME", "trade_price": 27_125_000, "trade_volume": 44,
        "participant_reference_number": 78, "trade_reporting_facility_id": "N",
        "sale_conditions": {"sro_trade_detail": "I"}, "consolidated_high_low_last_indicator": "A",
        "participant_open_high_low_last_indicator": "A", **more,
    }  # fmt: skip
    return trades.LongTrade.encode(**values)


def test_short_and_long_forms_are_trades_of_one_security_at_one_unit() -> None:
    made = Scene(CTS).feed(cta_encode(1, [START]), cta_encode(2, [short(), long()]))
    assert made.events()[1:] == [
        Said("TRADE", 0, (27_100_000, 100, 0, 77, K, word("    "), ord("D") + (ord("L") << 8))),
        Said("TRADE", 0, (27_125_000, 44, 0, 78, D + (N << 8), word("   I"), ord("A") + (ord("A") << 8))),
    ]
    # The odd lot is not the last price.
    assert made.books["GME"].depth().last_trade == (27_100_000_000, 100)
    assert made.reasons == {}


@pytest.mark.parametrize(("category", "conditions"), [("1", "C   "), ("2", " C  "), ("3", "  C "), ("4", "   C")])
def test_a_short_form_s_condition_stands_where_its_category_says(category: str, conditions: str) -> None:
    found = said(short(sale_condition="C", sale_condition_category=category))
    assert found[0].values[5] == word(conditions)


def test_a_category_that_does_not_exist_is_refused() -> None:
    made = Scene(CTS).feed(cta_encode(1, [START]), cta_encode(2, [short(sale_condition_category="5")]))
    assert made.reasons == {Reason.MESSAGE_FIELD: 1}


FIGURES = {
    "consolidated_data": {"last_price": 27 * DOLLAR, "high_price": 28 * DOLLAR, "low_price": 26 * DOLLAR,
                          "total_volume_short": 900},
    "participant_data": {"last_price": 25 * DOLLAR, "high_price": 29 * DOLLAR, "low_price": 24 * DOLLAR,
                         "open_price": 23 * DOLLAR, "total_volume_short": 300},
}  # fmt: skip
AFTERWARDS = [
    Said("STATISTIC", 0, values)
    for values in (
        (ord("L"), 27 * DOLLAR, 0), (ord("H"), 28 * DOLLAR, 0), (ord("W"), 26 * DOLLAR, 0), (ord("V"), 0, 900),
        (ord("O"), 23 * DOLLAR, 0, K), (ord("L"), 25 * DOLLAR, 0, K), (ord("H"), 29 * DOLLAR, 0, K),
        (ord("W"), 24 * DOLLAR, 0, K), (ord("V"), 0, 300, K),
    )
]  # fmt: skip


def test_a_corrected_trade_is_void_and_reported_anew() -> None:
    correction = trades.TradeCorrection.encode(
        participant_id="K", security_symbol="GME", original_participant_reference_number=77,
        participant_reference_number=79, trade_reporting_facility_id=" ",
        original_trade={"trade_price": 27_100_000, "trade_volume": 100},
        corrected_trade={"trade_price": 27_000_000, "trade_volume": 90, "trade_through_exempt_reason": "F"}, **FIGURES,
    )  # fmt: skip
    made = Scene(CTS).feed(cta_encode(1, [START]), cta_encode(2, [short(), correction]))
    assert made.events()[2:] == [
        Said("TRADE_BREAK", 0, (77, K, 27_100_000, 100, word("    "), ord("C"))),
        Said("TRADE", 0, (27_000_000, 90, 0, 79, K, word(" F  "), 0)),
        *AFTERWARDS,
    ]
    assert made.books["GME"].depth().last_trade == (27_000_000_000, 90)


def test_a_cancelled_trade_is_void() -> None:
    cancel = trades.TradeCancelError.encode(
        participant_id="K", security_symbol="GME", original_participant_reference_number=77, trade_price=27_100_000,
        trade_volume=100, trade_reporting_facility_id=" ", cancel_error_action="1", **FIGURES,
    )  # fmt: skip
    assert said(cancel) == [Said("TRADE_BREAK", 0, (77, K, 27_100_000, 100, word("    "), ord("1"))), *AFTERWARDS]


def status(code: str, **more: Any) -> bytes:
    return trades.TradingStatus.encode(participant_id="N", security_symbol="GME", security_status=code, **more)


def test_a_trading_status_is_what_its_code_says() -> None:
    bands = {
        "high_indication_price_upper_limit_price_band": 33_830_000,
        "low_indication_price_lower_limit_price_band": 27_680_000,
    }
    assert said(
        status("2", halt_reason="P"), status("3", halt_reason=" "),
        status("F", limit_up_limit_down_indicator="B", **bands), status("F", limit_up_limit_down_indicator="C"),
        status("E", short_sale_restriction_indicator="A"), status("8", sell_volume=500, last_price=DOLLAR),
        status("7", buy_volume=400),
    ) == [
        Said("TRADING_STATUS", 0, (ord("2"), ord("P"))), Said("TRADING_STATUS", 0, (ord("3"), 32)),
        Said("COLLAR", ord("B"), (0, 33_830_000, 27_680_000, 0)), Said("TRADING_STATUS", 0, (ord("F"), ord("C"))),
        Said("RESTRICTION", 0, (ord("A"),)), Said("IMBALANCE", ord("8"), (0, 500, 0, 0, DOLLAR, 0)),
        Said("IMBALANCE", ord("7"), (0, 400, 0, 0, 0, 0)),
    ]  # fmt: skip


def test_figures_of_the_day_name_whose_they_are() -> None:
    summary = trades.ParticipantEndOfDaySummary.encode(
        participant_id="S", security_symbol="GME", summary_participant_id="K", open_price=1, last_price=2, high_price=3,
        low_price=4, total_volume=5,
    )  # fmt: skip
    before = trades.ConsolidatedStartOfDaySummary.encode(
        participant_id="S", security_symbol="GME", previous_close_price=9, short_sale_restriction_indicator=" "
    )
    markets = [{"participant_id": code, "trade_total_volume": volume} for code, volume in (("K", 7), ("D", 8))]
    volumes = trades.ApproximateAdjustedVolumeMarketCenter.encode(participants=markets)
    assert said(before, summary, volumes) == [
        Said("STATISTIC", 0, (ord("P"), 9, 0)),
        *(Said("STATISTIC", 0, (ord(code), price, 0, K)) for code, price in zip("OLHW", (1, 2, 3, 4), strict=True)),
        Said("STATISTIC", 0, (ord("V"), 0, 5, K)),
        Said("STATISTIC", 0, (ord("V"), 0, 7, K)), Said("STATISTIC", 0, (ord("V"), 0, 8, D)),
    ]  # fmt: skip


def test_captured_blocks_become_events(captures: Path) -> None:
    payloads = {file.stem: next(iter(frames(file))).payload for file in captures.glob("siac/Cts.Cta.v2.9/*.pcap")}
    made = Scene(CTS).feed(payloads["LongTradeMessage"], payloads["MultipleMessages"])
    assert made.events() == [
        Said("TRADE", 0, (27_100_000, 100, 0, 52_983_558_654_292, N, word("    "), 17_476)),
        Said("TRADE", 0, (8_360_000, 44, 0, 52_983_525_568_114, K, word("   I"), 16_705)),
        Said("TRADE", 0, (8_360_000, 56, 0, 52_983_525_568_115, K, word("   I"), 16_705)),
    ]
    assert made.times[-1] == 1_738_009_844_244_763_000
    assert made.books["GME"].depth().last_trade == (27_100_000_000, 100)
    halted = Scene(CTS).feed(payloads["TradingStatusMessage"])
    assert halted.events() == [Said("COLLAR", ord("B"), (0, 33_830_000, 27_680_000, 0))]
