"""The watchdog: notices a pipeline that does not come back to its receivers, from a thread that still runs.

A compiled strategy that loops cannot be interrupted, and nothing inside the pipeline can notice it. Every pass of the
loop counts a poll, so that a count which stands still for the limit says that the pipeline is stuck. Its books are then
made STALE by the word that says that nothing is heard: the pipeline itself clears it with the next packet.

A process that was stopped as a whole (a debugger, a virtual machine that moves) is not a pipeline that is stuck: time
counts only as far as we ourselves looked.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from feedhandler.pipeline.pipeline import Pipeline


@dataclass(frozen=True)
class Stuck:
    """A pipeline that did not poll for the limit, or that does so again."""

    pipeline: str
    seconds: float
    doing: str
    over: bool = False

    @property
    def sentence(self) -> str:
        """For the log."""
        if self.over:
            return f"pipeline {self.pipeline} goes on; it was stuck for {self.seconds:.3g} s, {self.doing}"
        return f"pipeline {self.pipeline} has not polled for {self.seconds:.3g} s, {self.doing}; its books are STALE"


@dataclass
class _Watched:
    pipeline: Pipeline
    polls: int = -1
    still_s: float = 0.0
    stuck: Stuck | None = None


class Watchdog:
    """Looks at pipelines whenever it is asked to; `limit_s` is how long one may take."""

    def __init__(
        self, pipelines: Iterable[Pipeline], limit_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._watched = [_Watched(pipeline) for pipeline in pipelines]
        self._limit_s = limit_s
        self._clock = clock
        self._looked = clock()

    @property
    def stuck(self) -> set[str]:
        """The pipelines that are stuck now, by name."""
        return {each.pipeline.name for each in self._watched if each.stuck is not None}

    def look(self) -> list[Stuck]:
        """What changed since the last look; pipelines that run are to be looked at several times in a limit."""
        now = self._clock()
        # A look that comes late proves nothing about the time in which nobody looked.
        passed = min(now - self._looked, self._limit_s / 2)
        self._looked = now
        return [found for each in self._watched if (found := self._judge(each, passed)) is not None]

    def _judge(self, each: _Watched, passed: float) -> Stuck | None:
        pipeline = each.pipeline
        polls = int(pipeline.run_record.polls)
        if polls != each.polls:
            was, each.stuck = each.stuck, None
            each.polls, each.still_s = polls, 0.0
            return None if was is None else replace(was, over=True)
        each.still_s += passed
        if each.still_s < self._limit_s:
            return None
        for memory in list(pipeline.channels):
            memory.channel.silent = 1
        told = each.stuck is not None
        each.stuck = Stuck(pipeline.name, each.still_s, each.stuck.doing if each.stuck else _doing(pipeline))
        return None if told else each.stuck


def _doing(pipeline: Pipeline) -> str:
    """Where a pipeline is, as far as it says."""
    if pipeline.run_record.busy_since_ns == 0:
        return "waiting for a receiver"
    strategy = pipeline.strategies.current if pipeline.strategies is not None else None
    return f"in strategy {strategy}" if strategy else "processing a burst"
