"""Compiles what the tests need, a process for each core, before they begin: `python -m tests.warm`.

numba compiles on one core, and so does a test that is the first to need a pipeline. Nothing depends on this; without it
the tests compile as they come to it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from feedhandler import plugins
from tests.conftest import ROOT, environment_cache

GENERATOR = """
from feedhandler import plugins
from feedhandler.simulation.day import writer_of
writer_of(plugins.venue("nasdaq_itch50"))
"""
STRATEGIES = """
from tests.strategies.actors import StrategyStage
StrategyStage()
"""
DEPTH = """
from tests.stage import Stage
Stage(depth_levels=3)
"""
COMMAND = [sys.executable, "-m", "feedhandler.cli.main"]


def jobs() -> dict[str, list[str]]:
    """What is compiled, by what it is called: the longest first."""
    return {
        "strategies of the tests": [sys.executable, "-c", STRATEGIES],
        "depth": [sys.executable, "-c", DEPTH],
        "demo": [*COMMAND, "compile", "configs/demo.yaml", "--packets-only"],
        **{name: [*COMMAND, "compile", "--feed", name] for name in plugins.installed(plugins.FEEDS)},
        "generator": [sys.executable, "-c", GENERATOR],
    }


def compiled(name: str, command: list[str]) -> bool:
    """Run one job; whether it went well."""
    started = time.monotonic()
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    said = ran.stderr.strip() if ran.returncode else "compiled"
    print(f"{name}: {said} ({time.monotonic() - started:.0f} s)", flush=True)
    return ran.returncode == 0


def main() -> int:
    """Run all jobs; the number of those that failed."""
    os.environ.setdefault("FEEDHANDLER_CACHE", str(environment_cache()))
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return sum(not good for good in pool.map(compiled, *zip(*jobs().items(), strict=True)))


if __name__ == "__main__":
    sys.exit(main())
