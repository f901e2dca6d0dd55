"""The machine that figures come from: without it a figure says nothing."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path


def machine() -> dict[str, str | int]:
    """Processor, cores that we may use, memory, kernel, and the versions that make the code."""
    return {
        "processor": _named(Path("/proc/cpuinfo"), "model name") or platform.processor() or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "kernel": platform.release(),
        "python": platform.python_version(),
        **{package: version(package) for package in ("numba", "llvmlite", "numpy")},
    }


def memory_available_bytes() -> int:
    """What could be used without swapping."""
    return 1024 * int(_named(Path("/proc/meminfo"), "MemAvailable").split()[0])


def memory_of_process() -> dict[str, int]:
    """Anonymous memory now and the high-water mark of all memory, of this process, in bytes."""
    status = Path("/proc/self/status")
    return {
        "anonymous_bytes": 1024 * int(_named(status, "RssAnon").split()[0]),
        "high_water_bytes": 1024 * int(_named(status, "VmHWM").split()[0]),
    }


def _named(path: Path, name: str) -> str:
    """The value of the first line `name: value`; empty where there is none."""
    for line in path.read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""
