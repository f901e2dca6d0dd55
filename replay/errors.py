"""The one exception of the capture reader: what was found, where, and what would be right."""

from __future__ import annotations

from feedhandler.cli.exit_codes import ExitCode


class CaptureError(Exception):
    """A capture cannot be used as asked. Damage found on the way does not raise: it ends that file and is reported."""

    exit_code = ExitCode.INPUT
