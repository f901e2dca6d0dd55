"""Captures in: files of packets or records, read, merged and paced into frames; and as tables, in a line.

Importing this package loads no compiled module; `frames`, `read` and the `capture` receiver do when they are used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from replay.errors import CaptureError
from replay.iteration import CapturedFrame, frames

if TYPE_CHECKING:
    from replay.reading import CaptureWarning, ReadError, Reading, read

__all__ = ["CaptureError", "CaptureWarning", "CapturedFrame", "ReadError", "Reading", "frames", "read"]


def __getattr__(name: str) -> Any:
    # What reads tables needs the engine, which takes half a second to import: not for whoever wants frames.
    if name in ("CaptureWarning", "ReadError", "Reading", "read"):
        from replay import reading

        return getattr(reading, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
