"""Durations and sizes as people write them: "2ms", "1.5s", "2KiB".

A bare number is refused, except 0: a configuration that says `give_up_after: 200` leaves open 200 of what. Values are
exact: "1.5s" is a decimal number times a unit, and what is no whole nanosecond or byte is refused rather than rounded.
"""

from __future__ import annotations

import re
from decimal import Decimal

DURATION_UNITS: dict[str, int] = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "min": 60_000_000_000,
    "h": 3_600_000_000_000,
}
"""Nanoseconds in each unit of time."""

SIZE_UNITS: dict[str, int] = {
    "B": 1,
    "kB": 1_000,
    "KiB": 1 << 10,
    "MB": 1_000_000,
    "MiB": 1 << 20,
    "GB": 1_000_000_000,
    "GiB": 1 << 30,
}
"""Bytes in each unit of size."""

_AMOUNT = re.compile(r"\s*([0-9][0-9_]*(?:\.[0-9]+)?)\s*([A-Za-zµ]+)\s*")


def parse_duration(value: object) -> int:
    """Nanoseconds of a duration such as "2ms"; `ValueError` says what would be right.

    >>> parse_duration("2ms"), parse_duration("1.5 s"), parse_duration(0)
    (2000000, 1500000000, 0)
    """
    return _amount(value, DURATION_UNITS, "a duration with its unit, such as 200us, 2ms or 1s")


def parse_size(value: object) -> int:
    """Bytes of a size such as "2KiB"; `ValueError` says what would be right.

    >>> parse_size("2KiB"), parse_size("1500 B")
    (2048, 1500)
    """
    return _amount(value, SIZE_UNITS, "a size with its unit, such as 1500B or 2KiB")


def duration_text(nanoseconds: int) -> str:
    """A duration in the largest unit in which it is a whole number.

    >>> duration_text(2_000_000), duration_text(1_500), duration_text(90_000_000_000), duration_text(0)
    ('2ms', '1500ns', '90s', '0')
    """
    return _text(nanoseconds, DURATION_UNITS, ("h", "min", "s", "ms", "us", "ns"))


def size_text(byte_count: int) -> str:
    """A size in the largest binary unit in which it is a whole number.

    >>> size_text(2048), size_text(1500)
    ('2KiB', '1500B')
    """
    return _text(byte_count, SIZE_UNITS, ("GiB", "MiB", "KiB", "B"))


def memory_text(byte_count: int) -> str:
    """A size for reading, rounded to a tenth.

    >>> memory_text(1 << 20), memory_text(1_234_567_890)
    ('1.0 MiB', '1.1 GiB')
    """
    for unit in ("GiB", "MiB", "KiB"):
        if byte_count >= SIZE_UNITS[unit]:
            return f"{byte_count / SIZE_UNITS[unit]:.1f} {unit}"
    return f"{byte_count} B"


def _amount(value: object, units: dict[str, int], expected: str) -> int:
    # bool is an int: `give_up_after: no` must not be read as 0.
    if isinstance(value, int) and not isinstance(value, bool) and value == 0:
        return 0
    found = _AMOUNT.fullmatch(value) if isinstance(value, str) else None
    if isinstance(value, str) and value.strip() == "0":
        return 0
    if found is None or found[2] not in units:
        known = f"; the units are {', '.join(units)}" if found is not None else ""
        raise ValueError(f"expected {expected}{known}")
    exact = Decimal(found[1].replace("_", "")) * units[found[2]]
    if exact != exact.to_integral_value():
        raise ValueError(f"expected {expected}; {value!r} is not a whole number of the smallest unit")
    return int(exact)


def _text(amount: int, units: dict[str, int], names: tuple[str, ...]) -> str:
    if amount == 0:
        return "0"
    for name in names:
        if amount % units[name] == 0:
            return f"{amount // units[name]}{name}"
    return f"{amount}{names[-1]}"
