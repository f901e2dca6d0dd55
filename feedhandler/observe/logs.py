"""The log: structlog on stderr, for people where that is a terminal, one JSON object a line otherwise.

stdout belongs to results alone, so that `--json` can be piped.
"""

from __future__ import annotations

import sys
from typing import Any

import structlog


def configure() -> None:
    """Set the log up for the stderr that there is now."""
    terminal = sys.stderr.isatty()
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=True, pad_event_to=0) if terminal else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%H:%M:%S" if terminal else "iso", utc=not terminal),
            structlog.processors.format_exc_info,
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def log() -> Any:
    """The logger of commands."""
    configure()
    return structlog.get_logger()


def report_error(text: str, exit_code: int) -> None:
    """Say why a command ends. Several mistakes, a line each, are several entries."""
    logger = log()
    for line in text.splitlines() or [""]:
        logger.error(line, exit_code=int(exit_code))
