"""What recovery counts: every figure declared once, with the sentence that explains it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Any


def figure(sentence: str, unit: str) -> Any:
    """A count that begins at 0."""
    return field(default=0, metadata={"sentence": sentence, "unit": unit})


@dataclass
class RecoveryFigures:
    """One channel's recovery."""

    wishes: int = figure("Holes that the channel wanted to be asked for.", "holes")
    requests: int = figure("Request datagrams that were sent, to any server.", "datagrams")
    repeated: int = figure("Requests sent again because nothing came of the one before.", "datagrams")
    continued: int = figure("Requests for the rest of what a server answered in part.", "datagrams")
    postponed: int = figure("Requests that had to wait because of `requests_per_second`.", "datagrams")
    asked: int = figure("Messages that the channel wanted to be asked for, each counted once.", "messages")
    filled: int = figure("Messages asked for that came in time, from a server or late on a line.", "messages")
    lost: int = figure("Messages asked for that the channel gave up.", "messages")
    outdated: int = figure("Messages asked for whose session ended before they came.", "messages")
    exhausted: int = figure("Messages that were asked for `attempts` times without anything coming.", "messages")
    abandoned: int = figure("Messages that were dropped because recovery itself failed.", "messages")
    open: int = figure("Messages that are being asked for now.", "messages")
    send_failures: int = figure("Datagrams that the system refused to send.", "datagrams")
    failures: int = figure("Errors of recovery itself; each was reported.", "errors")
    response_ns: int = figure("How long the last answers took, smoothed.", "ns")
    send_errors: Counter[int] = field(
        default_factory=Counter,
        metadata={"sentence": "Datagrams that the system refused to send, by errno.", "unit": "datagrams"},
    )

    @property
    def accounted(self) -> bool:
        """Whether every message that was asked for met one fate; always so between two steps."""
        ended = self.filled + self.lost + self.outdated + self.exhausted + self.abandoned
        return self.asked == ended + self.open


SENTENCES: dict[str, str] = {item.name: item.metadata["sentence"] for item in fields(RecoveryFigures)}
UNITS: dict[str, str] = {item.name: item.metadata["unit"] for item in fields(RecoveryFigures)}
