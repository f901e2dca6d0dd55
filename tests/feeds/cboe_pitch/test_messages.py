"""What is particular in the tables of Multicast PITCH."""

from __future__ import annotations

from typing import Any

import pytest

from feeds.cboe_pitch.futures_messages import FutureLeg, FuturesInstrumentDefinition, Variance

pytestmark = pytest.mark.interpreted

def test_a_definition_finds_its_legs_and_its_variance_by_their_offsets() -> None:
    legs: list[dict[str, Any]] = [{"leg_ratio": 1, "leg_symbol": "0003Gc"}, {"leg_ratio": -1, "leg_symbol": "0003Gj"}]
    variance = Variance.decode(Variance.encode(num_expected_prices=21, discount_factor=-5))
    data = FuturesInstrumentDefinition.encode(symbol="0002Tt", legs=legs, variance=variance)
    decoded = FuturesInstrumentDefinition.decode(data)
    assert (decoded["legs"], decoded["variance"]) == (legs, variance)
    assert (decoded["leg_count"], decoded["leg_offset"], decoded["variance_block_offset"]) == (2, 41, 61)
    assert (decoded["message_length"], decoded["futures_flags"], FutureLeg.size) == (41 + 20 + 52, 1, 10)
