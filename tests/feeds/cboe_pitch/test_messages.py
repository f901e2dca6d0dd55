"""The tables of Multicast PITCH against a third-party dissector's reading of every captured packet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from feeds.cboe_pitch import FEED, FUTURES
from feeds.cboe_pitch.futures_messages import FutureLeg, FuturesInstrumentDefinition, Variance
from tests.feeds.dissected import Comparison

pytestmark = pytest.mark.interpreted

FRAMING = {"messageindex": "counted by the dissector"}
TIMESTAMP = {"timestamp": "of the last Time message and the offset, added up by the dissector"}
CLOCK = {**TIMESTAMP, "time": "of the last Time message, repeated with every message"}
SHORT_FORM = "this form ends before the field"
UNNAMED = "the dissector does not know the bit"
SHORT = {"quantity": "quantityshort", "price": "priceshort"}


def flags(table: str, **words: str) -> dict[tuple[str, str], str]:
    return {(table, word.replace("_", " ")): name for word, name in words.items()}


def test_every_field_of_the_equities_samples_agrees_with_the_dissector(captures: Path) -> None:
    Comparison(
        FEED, "byx",
        names={
            **{(table, ours): SHORT[ours] for table in ("AddOrderShort", "ModifyOrderShort") for ours in SHORT},
            **flags("AddOrderShort", displayed="display"),
            **flags("ModifyOrderShort", displayed="display", maintain_priority="priority"),
        },
        unread={
            **FRAMING, **CLOCK, "unused6": "bits without a name", "unused7": "bits without a name",
            "addorderflags": "the words of the flags that are set",
            "modifyorderflags": "the words of the flags that are set",
        },
        not_given={("Time", "epoch_time"): SHORT_FORM, ("AddOrderShort", "add_flags"): UNNAMED},
    ).folder(captures / "cboe/Byx.Equities.DepthOfBook.Pitch.v2.41").check(
        AddOrderShort=9, Time=3, ModifyOrderShort=1
    )  # fmt: skip


def test_every_field_of_the_options_samples_agrees_with_the_dissector(captures: Path) -> None:
    Comparison(
        FEED, "c1",
        names={
            **{(table, ours): f"long{ours}" for table in ("AddOrderLong", "ModifyOrderLong") for ours in SHORT},
            # This dissector counts the bits of the flags from the highest: the byte is 1, which is bit 0.
            **flags("AddOrderLong", displayed="reserved7"),
            **flags("ModifyOrderLong", displayed="reserved6", maintain_priority="maintainpriority"),
        },
        unread={**FRAMING, **CLOCK, "display": "the highest bit, which the specification reserves"},
        not_given={("Time", "epoch_time"): SHORT_FORM, ("AddOrderLong", "add_flags"): UNNAMED},
    ).folder(captures / "cboe/Options.DepthOfBook.Pitch.v2.39.4").check(
        Time=3, AddOrderLong=1, DeleteOrder=1, ModifyOrderLong=1
    )  # fmt: skip


def test_every_field_of_the_futures_samples_agrees_with_the_dissector(captures: Path) -> None:
    short = {"quantity": "shortquantity", "price": "shortprice"}
    Comparison(
        FUTURES,
        names={
            **{
                (table, ours): theirs
                for table in ("FuturesAddOrderShort", "FuturesModifyOrderShort")
                for ours, theirs in short.items()
            },
            ("FuturesTime", "time"): "timereference",
        },
        unread=FRAMING,
    ).folder(captures / "cboe/Futures.DepthOfBook.Pitch.v1.1.6").check(
        FuturesAddOrderShort=1, DeleteOrder=1, FuturesInstrumentDefinition=1, FuturesModifyOrderShort=2, FuturesTime=1,
        FuturesTradingStatus=16,
    )  # fmt: skip


def test_a_definition_finds_its_legs_and_its_variance_by_their_offsets() -> None:
    legs: list[dict[str, Any]] = [{"leg_ratio": 1, "leg_symbol": "0003Gc"}, {"leg_ratio": -1, "leg_symbol": "0003Gj"}]
    variance = Variance.decode(Variance.encode(num_expected_prices=21, discount_factor=-5))
    data = FuturesInstrumentDefinition.encode(symbol="0002Tt", legs=legs, variance=variance)
    decoded = FuturesInstrumentDefinition.decode(data)
    assert (decoded["legs"], decoded["variance"]) == (legs, variance)
    assert (decoded["leg_count"], decoded["leg_offset"], decoded["variance_block_offset"]) == (2, 41, 61)
    assert (decoded["message_length"], decoded["futures_flags"], FutureLeg.size) == (41 + 20 + 52, 1, 10)
