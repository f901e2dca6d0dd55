"""The tables of TOPS, DEEP and DEEP+ against a third-party dissector's reading of every captured packet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from feeds.iex import DEEP, DEEP_PLUS, TOPS
from tests.feeds.dissected import Comparison

pytestmark = pytest.mark.interpreted

FRAMING = {
    "messageindex": "counted by the dissector",
    "messagelength": "of the block, not of the message",
}
WORDS = "the words of the flags that are set, whose bits are compared"
BLANK = "the dissector prints no item for a text that is all blank"
UNKNOWN = "this dissector is older than the message and prints only its type"
NAMES = {
    ("", "test security"): "testsecurity",
    ("", "exchange traded product"): "etp",
    ("", "event processing complete"): "eventprocessingcomplete",
    ("", "single-price cross trade"): "singlepricecrosstrade",
    ("", "maintain priority"): "priority",
    ("OrderDelete", "reserved"): "reserved1",
    ("QuoteUpdate", "halted, paused or not available"): "symbolavailability",
    ("QuoteUpdate", "pre-market or post-market session"): "marketsession",
}


def reserved(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "bits that the specification reserves")


def compared(captures: Path, feed: Any, folder: str, **rules: Any) -> Comparison:
    return Comparison(feed, names=NAMES, **rules).folder(captures / "iex" / folder)


def test_every_field_of_the_deep_stream_agrees_with_the_dissector(captures: Path) -> None:
    compared(
        captures, DEEP, "deep_stream",
        unread={**FRAMING, **reserved("unused3", "unused5"), "securitydirectoryflags": WORDS},
        not_given={
            ("TradingStatus", "reason"): BLANK,
            ("RetailLiquidityIndicator", "retail_liquidity_indicator"): UNKNOWN,
            ("RetailLiquidityIndicator", "timestamp"): UNKNOWN,
            ("RetailLiquidityIndicator", "symbol"): UNKNOWN,
        },
    ).check(
        SystemEvent=2, ShortSalePriceTestStatus=11594, OperationalHaltStatus=11317, TradingStatus=11311,
        RetailLiquidityIndicator=11309, SecurityDirectory=3, PriceLevelUpdateOnTheBuySide=1526,
        PriceLevelUpdateOnTheSellSide=1226, TradeReport=37,
    )  # fmt: skip


def test_every_field_of_the_deep_samples_agrees_with_the_dissector(captures: Path) -> None:
    found = compared(captures, DEEP, "Deep.IexTp.v1.0", unread=FRAMING)
    found.check(PriceLevelUpdateOnTheBuySide=1, PriceLevelUpdateOnTheSellSide=1)


def test_every_field_of_the_deep_plus_samples_agrees_with_the_dissector(captures: Path) -> None:
    compared(
        captures, DEEP_PLUS, "DeepPlus.IexTp.1.0.2",
        unread={**FRAMING, **reserved("unused3", "unused5", "unused7"), "securitydirectoryflags": WORDS},
        not_given={("TradingStatus", "reason"): BLANK},
    ).check(
        TradeBreak=1, TradingStatus=97, RetailLiquidityIndicator=96, ShortSalePriceTestStatus=101,
        OperationalHaltStatus=101, SecurityDirectory=1, SecurityEvent=35, SystemEvent=5, OrderExecuted=3,
        OrderModify=1, OrderDelete=1, TradeReport=4, AddOrder=1,
    )  # fmt: skip


def test_every_field_of_the_tops_sample_agrees_with_the_dissector(captures: Path) -> None:
    compared(captures, TOPS, "Tops.IexTp.v1.6", unread={**FRAMING, **reserved("unused6")}).check(QuoteUpdate=1)
