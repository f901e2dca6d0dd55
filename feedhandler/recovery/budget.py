"""How many requests a server may get: at most so many in any second.

A window that slides, not a bucket that fills: a bucket which may be full and is refilled at the allowed rate hands out
up to twice the allowance within one second, and a venue that counts would be right to complain.
"""

from __future__ import annotations

from collections import deque

SECOND = 1_000_000_000


class RequestBudget:
    """At most `per_second` requests in any second, all at once where nothing was asked before."""

    def __init__(self, per_second: int) -> None:
        self.per_second = per_second
        self._spent: deque[int] = deque()

    def take(self, now: int) -> bool:
        """Whether a request may be sent at `now`, which never goes back; if so it is counted."""
        spent = self._spent
        while spent and now - spent[0] >= SECOND:
            spent.popleft()
        if len(spent) >= self.per_second:
            return False
        spent.append(now)
        return True
