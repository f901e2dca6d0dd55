"""Histograms: every duration falls into a step that holds it, and no step is wider than a sixteenth."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from feedhandler.core.histogram import BUCKETS, bucket_end_ns, bucket_of
from feedhandler.core.jit import entry

pytestmark = pytest.mark.interpreted


@entry
def bucket(duration):
    return bucket_of(duration)


@given(some.integers(0, (1 << 63) - 1))
def test_a_duration_lies_inside_its_step(duration: int) -> None:
    number = bucket(duration)
    begin = bucket_end_ns(number - 1) if number else 0
    assert 0 <= number < BUCKETS
    assert begin <= duration < bucket_end_ns(number)
    assert (bucket_end_ns(number) - begin) * 16 <= max(begin, 16)
