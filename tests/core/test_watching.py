"""Patterns of symbols: the compiled match agrees with the library's on everything that both know."""

from __future__ import annotations

from fnmatch import fnmatchcase

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as some

from feedhandler.core.jit import entry
from feedhandler.core.watching import pattern_matches

pytestmark = pytest.mark.interpreted
LETTERS = some.text("AB*?", max_size=8)


@entry
def matches(pattern, pattern_length, symbol, symbol_length):
    return pattern_matches(pattern, pattern_length, symbol, symbol_length)


@given(LETTERS, some.text("AB", max_size=8))
def test_a_pattern_matches_as_file_names_do(pattern: str, symbol: str) -> None:
    left = numpy.frombuffer(pattern.encode() or b"\0", dtype="u1")
    right = numpy.frombuffer(symbol.encode() or b"\0", dtype="u1")
    found = matches(left.ctypes.data, len(pattern), right.ctypes.data, len(symbol))
    assert bool(found) == fnmatchcase(symbol, pattern)
