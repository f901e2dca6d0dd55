"""What the cold side tells of a channel's trouble: the hot path's alarms, and those of recovery itself."""

from __future__ import annotations

import os
from enum import Enum
from typing import NamedTuple


class AlarmKind(Enum):
    """What is wrong, by the name that the log has it under."""

    GAP = "gap"  #: messages were given up: books are stale
    SILENT = "silent"  #: nothing was heard for the heartbeat limit: books are stale
    LINE_SILENT = "line silent"  #: one line was not heard for the heartbeat limit
    UNANSWERED = "unanswered"  #: messages were asked for `attempts` times, and nothing came
    SEND_FAILED = "send failed"  #: a request could not be sent; told once for each errno


class Alarm(NamedTuple):
    """One alarm. What does not belong to its kind is 0."""

    channel: str
    kind: AlarmKind
    first: int = 0  #: sequence of the first message concerned
    messages: int = 0  #: how many
    line: int = 0  #: which copy of the channel, from 0
    heard_ns: int = 0  #: when it was last heard, 0: never
    now_ns: int = 0  #: the pipeline's time; 0 for recovery's own alarms
    errno: int = 0

    @property
    def sentence(self) -> str:
        """The alarm for people."""
        last = self.first + self.messages - 1
        where = f"messages {self.first:,} to {last:,}" if self.messages != 1 else f"message {self.first:,}"
        return {
            AlarmKind.GAP: f"{where} did not come and were given up; books are stale",
            AlarmKind.SILENT: "nothing was heard for the heartbeat limit; books are stale",
            AlarmKind.LINE_SILENT: f"line {self.line} was not heard for the heartbeat limit",
            AlarmKind.UNANSWERED: f"{where}: no server answered, however often they were asked for",
            AlarmKind.SEND_FAILED: f"a request could not be sent: {os.strerror(self.errno)}",
        }[self.kind]
