"""Kinds of values that strategies declare: how each is written in YAML, and how it lies in memory.

Prices are integers of 1e-9 and durations are nanoseconds, as everywhere behind the configuration; in YAML they are
written as people write them. `text` and `secret` have no place in compiled code and so are for threads only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from feedhandler.configuration.values import Secret
from feedhandler.core.integers import INT64_MAX, INT64_MIN
from feedhandler.core.records import Attribute, f64, i64
from feedhandler.units import parse_duration


@dataclass(frozen=True)
class Kind:
    """One kind of value. `parse` turns what YAML gives into the value, or raises `ValueError` with what is expected."""

    name: str
    parse: Callable[[Any], Any]
    scalar: Attribute | None  #: how it lies in a record; None: only as an attribute of a Python object
    expected: str


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("expected a whole number")
    if not INT64_MIN <= value <= INT64_MAX:
        raise ValueError("expected a number of at most 64 bits")
    return value


def _real(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("expected a number")
    return float(value)


def _boolean(value: Any) -> int:
    if not isinstance(value, bool):
        raise ValueError("expected true or false")
    return int(value)


def _price(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("expected a price such as 0.05")
    try:
        # A float of YAML is what was written: its shortest form.
        nanos = Decimal(str(value)).scaleb(9)
    except InvalidOperation as error:
        raise ValueError("expected a price such as 0.05") from error
    if not nanos.is_finite() or nanos != nanos.to_integral_value():
        raise ValueError("expected a price with at most nine decimals")
    return _integer(int(nanos))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("expected text")
    return value


def _secret(value: Any) -> str:
    return Secret.of(value).reveal()


integer = Kind("integer", _integer, i64, "a whole number")
real = Kind("real", _real, f64, "a number")
boolean = Kind("boolean", _boolean, i64, "true or false")
price = Kind("price", _price, i64, "a price such as 0.05, kept as an integer of 1e-9")
duration = Kind("duration", parse_duration, i64, "a duration such as 10ms, kept in nanoseconds")
text = Kind("text", _text, None, "text")
secret = Kind("secret", _secret, None, "a reference to the environment such as ${API_KEY}")
