"""The trading day: which it is at the venue, and when it began."""

from __future__ import annotations

import datetime
import zoneinfo

from feedhandler.config import ConfigurationError

SECOND = 1_000_000_000


def zone_of(name: str) -> zoneinfo.ZoneInfo:
    """A time zone. Raises `ConfigurationError` where the machine has no such data."""
    try:
        return zoneinfo.ZoneInfo(name)
    except zoneinfo.ZoneInfoNotFoundError as error:
        raise ConfigurationError(
            f"this machine knows no time zone {name}: install its time zone data (apt-get install tzdata, or pip "
            "install tzdata)"
        ) from error


def day_base_ns(date: datetime.date, zone: str) -> int:
    """Midnight of a day at the venue, in nanoseconds of the Unix epoch."""
    midnight = datetime.datetime.combine(date, datetime.time(), tzinfo=zone_of(zone))
    return int(midnight.timestamp()) * SECOND


def date_of(epoch_ns: int, zone: str | None) -> datetime.date | None:
    """The day of a moment at the venue, or None for 0, which is what a source without a clock gives."""
    if epoch_ns <= 0:
        return None
    return datetime.datetime.fromtimestamp(epoch_ns // SECOND, tz=zone_of(zone or "UTC")).date()
