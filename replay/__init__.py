"""Captures in: files of packets or records, read, merged and paced into frames.

Importing this package loads no compiled module; `frames` and the `capture` receiver do when they are used.
"""

from replay.errors import CaptureError
from replay.iteration import CapturedFrame, frames

__all__ = ["CaptureError", "CapturedFrame", "frames"]
