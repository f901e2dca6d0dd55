"""So many requests in any second, and no more."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from feedhandler.recovery.budget import SECOND, RequestBudget


def test_all_at_once_and_then_not_for_a_second() -> None:
    budget = RequestBudget(3)
    assert [budget.take(0) for _ in range(4)] == [True, True, True, False]
    assert not budget.take(SECOND - 1)
    assert [budget.take(SECOND) for _ in range(4)] == [True, True, True, False]


@given(per_second=st.integers(1, 20), pauses=st.lists(st.integers(0, SECOND // 3), max_size=200))
def test_no_second_has_more(per_second: int, pauses: list[int]) -> None:
    budget, now, taken = RequestBudget(per_second), 0, []
    for pause in pauses:
        now += pause
        inside = sum(1 for at in taken if now - at < SECOND)
        assert budget.take(now) == (inside < per_second)
        if inside < per_second:
            taken.append(now)
