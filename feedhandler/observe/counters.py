"""Counters: a figure declared once, as a field of a dataclass, with its unit and a sentence.

Summary, log, live view and the tables of docs/operations.md have them from there.
"""

from __future__ import annotations

import dataclasses
import errno
from collections.abc import Mapping
from typing import Any, NamedTuple


class Counter(NamedTuple):
    """What a figure is called, what it counts in, and what it says."""

    name: str
    unit: str
    sentence: str


def counter(unit: str, sentence: str) -> Any:
    """Declare a figure: a field of a dataclass with its unit and its sentence."""
    return dataclasses.field(metadata={"unit": unit, "sentence": sentence})


def counters_of(figures: type) -> list[Counter]:
    """The counters that a class of figures declares, in their order."""
    return [
        Counter(field.name, field.metadata["unit"], field.metadata["sentence"])
        for field in dataclasses.fields(figures)
        if field.metadata
    ]


def counted(figures: Any) -> dict[str, Any]:
    """The counters of some figures by name, as plain values."""
    return {each.name: _plain(getattr(figures, each.name)) for each in counters_of(type(figures))}


def _plain(value: Any) -> Any:
    """Counts by errno are told by its name."""
    if isinstance(value, Mapping):
        return {errno.errorcode.get(number, str(number)): count for number, count in value.items()}
    return value
