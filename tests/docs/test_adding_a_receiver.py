"""The receiver that docs/adding-a-receiver.md makes from nothing is one: compiled, and held to the contract of all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.documents import ROOT, files_in

DOCUMENT = "adding-a-receiver.md"
PACKAGE = "plain_receiver"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder `plain_receiver`, as the document prints it, built."""
    if shutil.which(os.environ.get("CC", "cc")) is None:
        pytest.skip("a C compiler is needed to build the extension")
    folder = tmp_path_factory.mktemp("adding_a_receiver")
    for name, text in files_in(DOCUMENT).items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    built = python(folder / PACKAGE, "setup.py", "--quiet", "build_ext", "--inplace")
    assert built.returncode == 0, built.stdout + built.stderr
    return folder / PACKAGE


def python(package: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(package), str(ROOT)])}
    return subprocess.run(
        [sys.executable, *arguments], cwd=package, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.interpreted
def test_the_document_has_every_file_of_a_receiver() -> None:
    assert list(files_in(DOCUMENT)) == [
        "plain_receiver/plain_options.py",
        "plain_receiver/plain_receiver.pyx",
        "plain_receiver/setup.py",
        "plain_receiver/test_plain_receiver.py",
    ]


def test_the_receiver_of_the_document_keeps_the_contract(package: Path) -> None:
    result = python(package, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--timeout=60", "test_plain_receiver.py")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "passed" in result.stdout
    assert "skipped" not in result.stdout


def test_the_receiver_of_the_document_is_found_by_its_place(package: Path) -> None:
    program = """
from feedhandler import plugins
from feedhandler.receivers.endpoints import Endpoint
kind = plugins.receiver("plain_receiver:PlainReceiver")
print(kind([Endpoint(0, "239.255.0.1", 5000)], kind.Options(receive_buffer="1MiB")).statistics["mode"])
"""
    result = python(package, "-c", program)
    assert result.stdout == "plain\n", result.stderr
