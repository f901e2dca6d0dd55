"""The strategy that docs/writing-a-strategy.md writes is one: its blocks are written to a folder and run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.builders import capture_of
from tests.docs.documents import ROOT, files_in
from tests.streams import add, directory, packet

DOCUMENT = "writing-a-strategy.md"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the package `spread_watch`, as the document prints it."""
    folder = tmp_path_factory.mktemp("writing_a_strategy")
    for name, text in files_in(DOCUMENT).items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (folder / "spread_watch" / "__init__.py").touch()
    return folder


def python(package: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(package), str(ROOT)])}
    return subprocess.run(
        [sys.executable, *arguments], cwd=package, env=environment, capture_output=True, text=True, check=False
    )


def test_the_tests_of_the_document_pass(package: Path) -> None:
    result = python(package, "-m", "pytest", "-q", "-p", "no:cacheprovider", "spread_watch")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "3 passed" in result.stdout
