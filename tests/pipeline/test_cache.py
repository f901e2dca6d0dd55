"""What is compiled once is found again: by another process, and after a journey through an archive."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.conftest import INTERPRETED, ROOT

PROGRAM = """
from feedhandler.pipeline.cache import load_module
source = '''
from feedhandler.core.jit import entry


@entry
def doubled(number):
    return 2 * number
'''
module = load_module("small", source, ["feedhandler.core"])
print(module.doubled(21), module.compiled_seconds == 0.0, sum(module.doubled.stats.cache_hits.values()))
"""


def load(cache: Path) -> str:
    """Load the small module in a process of its own: what it computes, whether the cache had it, whether numba did."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "PYTHONPATH": str(ROOT), "FEEDHANDLER_CACHE": str(cache)},
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip


@pytest.mark.skipif(INTERPRETED, reason="interpreted code is not compiled")
def test_a_warm_cache_stays_warm_in_an_archive_that_keeps_whole_seconds(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert load(cache).split()[:2] == ["42", "False"]
    with tarfile.open(tmp_path / "layer.tar", "w", format=tarfile.USTAR_FORMAT) as layer:
        layer.add(cache, "cache")
    shutil.rmtree(cache)
    with tarfile.open(tmp_path / "layer.tar") as layer:
        layer.extractall(tmp_path, filter="fully_trusted")
    assert load(cache).split() == ["42", "True", "1"]
