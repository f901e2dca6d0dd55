"""Random numbers: the published generator, and tables with the right shape."""

from __future__ import annotations

import numpy
import pytest

from feedhandler.core.jit import hot_call
from feedhandler.core.memory import Region
from feedhandler.simulation.population import alias_table, symbol_names
from feedhandler.simulation.randomness import (
    TABLE,
    Random,
    exponential,
    geometric,
    log_uniform,
    mixture,
    random_below,
    random_bits,
)


@hot_call
def bits_at(address: int) -> int:
    return random_bits(Random(address))


@hot_call
def below_at(address: int, limit: int) -> int:
    return random_below(Random(address), limit)


@pytest.mark.interpreted
def test_the_generator_is_splitmix64() -> None:
    """The first numbers of seed 1234567, as published with the reference implementation."""
    region = Region("random", 8, huge=False)
    Random(region.address).state = 1234567
    assert [bits_at(region.address) & (1 << 64) - 1 for _ in range(5)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


@pytest.mark.interpreted
def test_numbers_below_a_limit_reach_all_of_it() -> None:
    region = Region("random", 8, huge=False)
    assert {below_at(region.address, 7) for _ in range(500)} == set(range(7))
    assert {below_at(region.address, 1) for _ in range(10)} == {0}
    assert max(below_at(region.address, 1 << 31) for _ in range(500)) > 1 << 30


def test_tables_have_their_means_and_bounds() -> None:
    assert exponential(2_000.0).mean() == pytest.approx(2_000, rel=0.01)
    assert exponential(2_000.0).min() >= 0
    assert geometric(2.5).mean() == pytest.approx(2.5, rel=0.05)
    assert geometric(2.5).min() == 0
    ages = log_uniform(1, 1 << 20)
    assert ages.min() == 1
    assert ages.max() < 1 << 20
    assert (ages < 1 << 10).mean() == pytest.approx(0.5, abs=0.01)
    table = mixture((0.75, [5]), (0.25, [6, 7]))
    assert len(table) == TABLE
    assert [(table == value).mean() for value in (5, 6, 7)] == pytest.approx([0.75, 0.125, 0.125])


def test_an_alias_table_gives_every_entry_its_weight() -> None:
    weights = 1.0 / (numpy.arange(50) + 2.0)
    limits, others = alias_table(weights)
    shares = numpy.zeros(50)
    for place in range(50):
        shares[place] += limits[place] / (1 << 31)
        shares[others[place]] += 1 - limits[place] / (1 << 31)
    assert shares / 50 == pytest.approx(weights / weights.sum(), rel=1e-6)


def test_symbols_are_different_sorted_and_at_most_four_letters() -> None:
    names = symbol_names(65_535)
    assert len(set(names)) == 65_535
    assert names == sorted(names)
    assert max(len(name) for name in names) <= 5
    assert "AAPL" in symbol_names(1)
