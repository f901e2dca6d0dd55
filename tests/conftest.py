"""What every test may rely on: one cache of compiled pipelines, the captures, and hypothesis without a clock.

The cache is shared by the whole run, subprocesses included, so that each pipeline is compiled once; inside a virtual
environment it stays there, and the next run is warm. A cached pipeline is named by a digest of all that it was made
from, so a stale one cannot be found.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]
INTERPRETED = os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")

# A first example may compile for seconds, so hypothesis must not time examples; interpreted examples are few, since
# each is some hundred times slower.
settings.register_profile("compiled", deadline=None, print_blob=True)
settings.register_profile("interpreted", deadline=None, print_blob=True, max_examples=20)
settings.load_profile("interpreted" if INTERPRETED else "compiled")


ALONE = (
    "benchmark/test_injection.py",
    "benchmark/test_receiving.py",
    "cli/test_demo.py",
    "cli/test_run.py",
    "cli/test_soak.py",
    "cli/test_venue.py",
    "composition/test_privileges.py",
    "composition/test_threads.py",
    "docs/test_adding_a_receiver.py",
    "docs/test_running_live.py",
    "receivers/",
    "recovery/test_live.py",
    "recovery/test_thread.py",
    "simulation/live/",
    "strategies/test_live_decisions.py",
    "test_app.py",
    "test_seqlock.py",
)
"""Tests that want all cores: they send packets and hear them, or let threads race. They run one after the other."""


def environment_cache() -> Path:
    """The cache folder inside the virtual environment."""
    cache = Path(sys.prefix) / ".cache" / "feedhandler"
    # Only its user may write there: what is in it gets executed.
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    return cache


def pytest_configure(config: pytest.Config) -> None:
    if "FEEDHANDLER_CACHE" in os.environ:
        return
    if sys.prefix != sys.base_prefix:
        cache = environment_cache()
    else:
        folder = tempfile.TemporaryDirectory(prefix="feedhandler-cache-")
        config.add_cleanup(folder.cleanup)
        cache = Path(folder.name)
    os.environ["FEEDHANDLER_CACHE"] = str(cache)


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    tests = ROOT / "tests"
    for item in items:
        if item.path.is_relative_to(tests) and item.path.relative_to(tests).as_posix().startswith(ALONE):
            item.add_marker(pytest.mark.alone)


@pytest.fixture(scope="session")
def captures() -> Path:
    """The folder of real captures and their oracles; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("FEEDHANDLER_CAPTURES", ROOT / "../shared/captures")).resolve()
    if not folder.is_dir():
        pytest.skip(f"no captures: {folder} is not a folder (FEEDHANDLER_CAPTURES names it)")
    return folder
