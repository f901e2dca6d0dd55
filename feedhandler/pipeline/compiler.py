"""Compile the entrances of a generated file into the cache: `python -m feedhandler.pipeline.compiler FILE`."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

from numba.core.errors import NumbaWarning

from feedhandler.core.jit import compile_entries

from .cache import import_file
from .whole_program import whole_program


def main(file: str) -> None:
    """Compile a file; raises where it cannot be compiled, or compiled but not kept."""
    # What numba refuses to keep on disk it only warns of; for us that is an error.
    warnings.simplefilter("error", NumbaWarning)
    with whole_program():
        compile_entries(import_file(Path(file)))


if __name__ == "__main__":
    main(sys.argv[1])
