"""The watch of a live run: everything that is looked at, told and shown while the pipelines run, a few times a second.

It is called by the thread that started the run. It only reads, but for the watchdog's word, and nothing it does can
make a pipeline wait.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from feedhandler.observe.figures import Figures
from feedhandler.observe.report import Reporter, tell_start
from feedhandler.observe.status import StatusFile
from feedhandler.observe.watchdog import Watchdog

if TYPE_CHECKING:
    from feedhandler.app import Application

EVERY_S = 0.1  #: how often the watch looks, at most


class Watch:
    """Called again and again while an application runs.

    `seconds` ends the run; `show` draws it. `stuck` says afterwards why the watchdog ended it, if it did.
    """

    def __init__(
        self,
        application: Application,
        logger: Any,
        *,
        seconds: float | None = None,
        show: Callable[[Figures], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        deployment = application.deployment
        self.stuck: str | None = None
        self._application = application
        self._logger = logger
        self._seconds = seconds
        self._show = show
        self._clock = clock
        self._limit_s = deployment.watchdog.limit / 1e9
        self._watchdog: Watchdog | None = None
        self._reporter = Reporter(logger, clock)
        self._status: StatusFile | None = StatusFile(deployment)
        self._status_due = 0.0
        self._report_s = deployment.report.every / 1e9
        self._report_due = 0.0
        self._ends = 0.0

    @property
    def every_s(self) -> float:
        """How often it wants to be called: several times in the watchdog's limit."""
        return max(0.01, min(EVERY_S, self._limit_s / 4))

    def __call__(self) -> None:
        """Look once."""
        application, now = self._application, self._clock()
        if self._watchdog is None:
            if not application.opened:
                return
            self._begin(now)
        figures = application.figures()
        self._guard()
        self._reporter.tell_alarms(application)
        if any(not strategy.running for strategy in figures.strategies):
            self._reporter.tell_strategies(application.raised_strategies)
        self._reporter.tell_changes(figures)
        self._reporter.tell_refused(application.channels)
        if self._report_s and now >= self._report_due:
            self._report_due = now + self._report_s
            self._reporter.tell_figures(figures)
        self._write_status(now, figures)
        if self._show is not None:
            self._show(figures)
        if self._seconds is not None and now >= self._ends:
            application.stop()

    def close(self) -> None:
        """The run is over: what was raised last is told."""
        self._reporter.tell_alarms(self._application)
        self._reporter.tell_strategies(self._application.raised_strategies)
        if self._status is not None:
            self._status.remove()

    def _begin(self, now: float) -> None:
        """Every receiver is open: from here on it counts."""
        application = self._application
        tell_start(self._logger, application, application.figures())
        self._watchdog = Watchdog(application.pipelines, self._limit_s, self._clock)
        self._report_due = now + self._report_s
        self._ends = now + (self._seconds or 0.0)

    def _guard(self) -> None:
        assert self._watchdog is not None
        for found in self._watchdog.look():
            if found.over:
                self._logger.warning(found.sentence)
                continue
            self._logger.error(found.sentence)
            if self._application.deployment.watchdog.action == "stop":
                self.stuck = found.sentence
                self._application.stop()

    def _write_status(self, now: float, figures: Figures) -> None:
        if self._status is None or now < self._status_due:
            return
        assert self._watchdog is not None
        self._status_due = now + self._application.deployment.status.every / 1e9
        try:
            self._status.write(figures, self._watchdog.stuck)
        except OSError as error:
            self._logger.error(
                f"the status file {self._status.path} cannot be written ({error.strerror}): "
                "`feedhandler health` will know nothing of this run"
            )
            self._status = None
