"""The library that most of the output needs and the engine does not: `pip install 'feedhandler[output]'`."""

from __future__ import annotations

from typing import Any


class MissingExtraError(ImportError):
    """A library of an extra is not installed; the text names both."""


def require_pyarrow() -> Any:
    """pyarrow, or `MissingExtraError`."""
    try:
        import pyarrow
    except ModuleNotFoundError as error:
        if error.name != "pyarrow":
            raise
        raise MissingExtraError(
            "pyarrow is not installed, which tables are made with; pip install 'feedhandler[output]' brings it"
        ) from error
    return pyarrow
