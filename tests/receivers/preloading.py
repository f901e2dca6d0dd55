"""Libraries that take the place of calls of the C library in a program that a test starts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.receivers.polling import WAIT_SECONDS
from tests.receivers.privileges import ROOT


def run_preloaded(program: str, library: Path, source: str) -> list[str]:
    """The lines that a Python program prints, with the C source made into that library and preloaded."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("a C compiler is needed to make the library")
    file = library.with_suffix(".c")
    file.write_text("#define _GNU_SOURCE\n" + source)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, file, "-ldl"], check=True)
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env={**os.environ, "LD_PRELOAD": str(library)},
        capture_output=True, text=True, check=False, timeout=3 * WAIT_SECONDS,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()
