"""The strategy that docs/writing-a-strategy.md writes is one: its blocks are written to a folder and run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.builders import Capture
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


def test_the_deployment_of_the_document_replays_a_capture(package: Path) -> None:
    """Three insides of which the configured symbols have two, one of them wide."""
    messages = [
        directory(1, "AAPL"), directory(2, "MSFT"), directory(3, "GOOG"),
        add(1, "B", 100, 10_0000), add(2, "S", 100, 10_1500),
        add(3, "B", 100, 10_0000, locate=2, symbol="MSFT"), add(4, "S", 100, 10_0100, locate=2, symbol="MSFT"),
        add(5, "B", 100, 10_0000, locate=3, symbol="GOOG"), add(6, "S", 100, 19_0000, locate=3, symbol="GOOG"),
    ]  # fmt: skip
    capture = Capture(package).write([packet(1, messages)])
    result = python(
        package, "-m", "feedhandler.cli.main", "replay", "spread_watch/deployment.yaml", str(capture),
        "--json",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    (strategy,) = json.loads(result.stdout)["strategies"]
    assert (strategy["name"], strategy["home"], strategy["running"], strategy["calls"]) == ("wide", "thread", True, 2)
    assert strategy["state"]["wide"] == 1


def test_a_mistake_in_a_strategy_is_named_by_its_place(package: Path) -> None:
    text = (package / "spread_watch" / "deployment.yaml").read_text()
    file = package / "wrong.yaml"
    file.write_text(text.replace('limit: "0.10"', 'limt: "0.10"'))
    result = python(package, "-m", "feedhandler.cli.main", "explain", str(file))
    assert result.returncode != 0
    assert "wrong.yaml:10: strategies[0].parameters.limt: SpreadWatch has no such parameter; it has limit" in (
        result.stderr + result.stdout
    )
