"""Files to write to, compressed where their name says so."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from .population import SimulationError


@contextmanager
def open_output(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """A file for writing; `.gz` and `.zst` compress. Raises `SimulationError` where that is not installed."""
    name = os.fspath(path)
    with open(name, "wb") as raw:
        if name.endswith(".gz"):
            # No time and no name inside: the same day gives the same file.
            with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=3, mtime=0) as stream:
                yield stream  # type: ignore[misc]
        elif name.endswith(".zst"):
            with _zstandard().ZstdCompressor(level=3).stream_writer(raw) as stream:
                yield stream
        else:
            yield raw


def _zstandard() -> Any:
    try:
        import zstandard
    except ImportError as error:
        raise SimulationError(
            "a .zst file was asked for, but zstandard is not installed: pip install 'feedhandler[compress]'"
        ) from error
    return zstandard
