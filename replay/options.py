"""What commands that read captures have in common: opening files, and moments in a capture."""

from __future__ import annotations

import datetime
import re
import zoneinfo
from typing import TYPE_CHECKING, Any

from feedhandler.cli.exit_codes import CommandError, ExitCode

if TYPE_CHECKING:
    from feedhandler.config import Deployment

SECOND = 1_000_000_000
_MOMENT = re.compile(r"(?:(\d{4}-\d{2}-\d{2})[T ])?(\d{2}:\d{2}(?::\d{2})?)(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})?")


def trailer_options(deployment: Deployment, trailer: str | None, frame_check: bool | None) -> dict[str, Any]:
    """What a `CaptureReceiver` is told of trailers: as asked for, or as the deployment's receiver has it live."""
    live = deployment.receiver.options
    return {
        "trailer": live.get("trailer", "none") if trailer is None else trailer,
        "frame_check": live.get("frame_check", False) if frame_check is None else frame_check,
    }


def speed_from(text: str) -> float | None:
    """`max` is unpaced, a number a factor.

    >>> speed_from("max") is None, speed_from("10")
    (True, 10.0)
    """
    if text == "max":
        return None
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 0 < factor < float("inf"):
        raise CommandError(
            f"--speed {text}: expected max (as fast as it goes) or a factor: 1 is as captured, 10 ten times faster",
            ExitCode.USAGE,
        )
    return factor


def files_text(files: list[str]) -> str:
    """Files for an error's text: many are counted.

    >>> files_text(["a", "b", "c", "d"])
    'a, b and 2 more'
    """
    shown = files if len(files) <= 3 else files[:2]
    more = len(files) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def moment_from(option: str, text: str | None, date: datetime.date | None, zone: str | None) -> int | None:
    """A moment in nanoseconds of the Unix epoch: a number of them, a date with time, or a time of the trading date.

    Without an offset the time is the venue's own.
    """
    if text is None:
        return None
    if text.isdecimal():
        return int(text)
    found = _MOMENT.fullmatch(text)
    expected = "expected Unix nanoseconds, 2026-03-02T09:30:00.5 or, with a trading date, 09:30:00.5"
    if found is None:
        raise CommandError(f"{option} {text}: {expected}", ExitCode.USAGE)
    day, clock, fraction, offset = found.groups()
    if day is None and date is None:
        raise CommandError(f"{option} {text}: of which day? Give --date, or the date with the time", ExitCode.USAGE)
    try:
        moment = datetime.datetime.fromisoformat(f"{day or date}T{clock}{(offset or '').replace('Z', '+00:00')}")
    except ValueError as error:
        raise CommandError(f"{option} {text}: {expected} ({error})", ExitCode.USAGE) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zoneinfo.ZoneInfo(zone or "UTC"))
    return int(moment.timestamp()) * SECOND + int((fraction or "0").ljust(9, "0"))
