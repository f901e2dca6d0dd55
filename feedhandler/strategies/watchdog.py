"""The watchdog: sees that a pipeline hangs in one burst, which is what an inline strategy that loops looks like.

Compiled code cannot be pre-empted, so somebody else has to look. Books of a pipeline that hangs are marked stale: what
they say is not wrong, but it is old, and nobody knows how old it will get. The pipeline's next packet lifts the mark.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol


class Watched(Protocol):
    """What the watchdog needs of a pipeline."""

    @property
    def name(self) -> str: ...

    @property
    def run_record(self) -> Any: ...

    @property
    def channels(self) -> Sequence[Any]: ...

    @property
    def strategies(self) -> Any: ...


class Watchdog:
    """Looks at pipelines every quarter of `limit_ns`.

    `report(pipeline name, strategy name or None, nanoseconds)` is called once for each burst that takes longer, in the
    watchdog's thread. What it raises ends the watchdog and is kept in `raised`.
    """

    def __init__(
        self, pipelines: Sequence[Watched], limit_ns: int, report: Callable[[str, str | None, int], None]
    ) -> None:
        self._pipelines = tuple(pipelines)
        self._limit_ns = limit_ns
        self._report = report
        self._reported = [0] * len(self._pipelines)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._live, name="watchdog", daemon=True)
        self.hangs = 0
        self.raised: BaseException | None = None

    def look(self, now_ns: int) -> None:
        """Look once; `now_ns` is the monotonic clock."""
        for number, pipeline in enumerate(self._pipelines):
            since = int(pipeline.run_record.busy_since_ns)
            if since == 0 or now_ns - since < self._limit_ns:
                continue
            for memory in pipeline.channels:
                memory.channel.silent = 1
            if self._reported[number] != since:
                self._reported[number] = since
                self.hangs += 1
                current = pipeline.strategies.current if pipeline.strategies is not None else None
                self._report(pipeline.name, current, now_ns - since)

    def start(self) -> None:
        """Look from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _live(self) -> None:
        try:
            while not self._stopping.wait(self._limit_ns / 4e9):
                self.look(time.monotonic_ns())
        except BaseException as error:  # noqa: BLE001 (kept for whoever watches the watchdog)
            self.raised = error
