"""Programs that run with fewer capabilities than the test, through setpriv (util-linux)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.receivers.polling import WAIT_SECONDS

ROOT = Path(__file__).resolve().parents[2]


def _run(program: str, *changes: str) -> str:
    command = [sys.executable, "-c", program]
    if changes:
        if shutil.which("setpriv") is None:
            pytest.skip("no setpriv command: the package util-linux has it")
        command = ["setpriv", *changes, "--", *command]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=3 * WAIT_SECONDS)
    assert result.returncode == 0, result.stderr
    return result.stdout


def without_capabilities(program: str, *capabilities: str) -> str:
    """What a Python program prints that has all capabilities of the test but these."""
    if os.geteuid() != 0:
        return _run(program)
    given_up = ",".join(f"-{name}" for name in capabilities)
    return _run(program, f"--bounding-set={given_up}", f"--inh-caps={given_up}")


def only_capabilities(program: str, *capabilities: str) -> str:
    """What a Python program prints that is no root and has these capabilities only, as ambient ones."""
    if os.geteuid() != 0:
        pytest.skip("only root can give a process single capabilities")
    kept = ",".join(["-all", *(f"+{name}" for name in capabilities)])
    nobody = ("--reuid=65534", "--regid=65534", "--clear-groups")
    return _run(program, *nobody, f"--bounding-set={kept}", f"--inh-caps={kept}", f"--ambient-caps={kept}")
