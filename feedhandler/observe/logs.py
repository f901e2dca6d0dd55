"""The log: structlog on stderr or into a file, for people where that is a terminal, one JSON object a line otherwise.

stdout belongs to results alone, so that `--json` can be piped.
"""

from __future__ import annotations

import logging
import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TextIO

import structlog

if TYPE_CHECKING:
    from feedhandler.config import LoggingModel

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure(options: LoggingModel | None = None) -> None:
    """Set the log up for the stderr that there is now, or as a configuration says."""
    file = options.file if options is not None else None
    stream = sys.stderr if file is None else _appended(file)
    terminal = stream.isatty()
    people = terminal if options is None or options.format is None else options.format == "console"
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=terminal, pad_event_to=0)
        if people
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%H:%M:%S" if people else "iso", utc=not people),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[options.level if options else "debug"]),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )


@lru_cache(maxsize=8)
def _appended(file: str) -> TextIO:
    """A log file. Raises `OSError` where it cannot be written."""
    return open(file, "a", encoding="utf-8", buffering=1)


def log(options: LoggingModel | None = None) -> Any:
    """The logger of commands."""
    configure(options)
    return structlog.get_logger()


def report_error(text: str, exit_code: int) -> None:
    """Say why a command ends. Several mistakes, a line each, are several entries."""
    logger = log()
    for line in text.splitlines() or [""]:
        logger.error(line, exit_code=int(exit_code))
