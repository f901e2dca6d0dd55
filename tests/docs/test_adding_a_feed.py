"""The feed that docs/adding-a-feed.md makes from nothing is a feed: its blocks are written to a folder and run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.documents import ROOT, files_in

DOCUMENT = "adding-a-feed.md"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the package `example_depth`, as the document prints it."""
    folder = tmp_path_factory.mktemp("adding_a_feed")
    for name, text in files_in(DOCUMENT).items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


def python(package: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python in that folder, compiled or interpreted as this run is."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(package), str(ROOT)])}
    return subprocess.run(
        [sys.executable, *arguments], cwd=package, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.interpreted
def test_the_document_has_every_file_of_a_feed() -> None:
    assert list(files_in(DOCUMENT)) == [
        "example_depth/messages.py",
        "example_depth/handler.py",
        "example_depth/__init__.py",
        "example_depth/README.md",
        "example_depth/test_example_depth.py",
        "example_depth/dissector/example_depth.yaml",
    ]


@pytest.mark.interpreted
def test_the_tests_of_the_document_pass(package: Path) -> None:
    result = python(package, "-m", "pytest", "-q", "-p", "no:cacheprovider", "example_depth")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "9 passed" in result.stdout


@pytest.mark.interpreted
def test_the_map_of_the_document_compares_the_feed_with_another_decoder(package: Path, tmp_path: Path) -> None:
    capture, oracle = tmp_path / "capture.pcap", tmp_path / "oracle.jsonl"
    made = python(package, "-c", MAKE_CAPTURE, str(capture))
    assert made.returncode == 0, made.stderr
    fields = [("messageindex", "1"), ("messagetype", "N"), ("timestamp", "0"), ("instrumentid", "900000"),
              ("orderid", "1"), ("side", "B"), ("price", "0.99"), ("shares", "10")]  # fmt: skip
    oracle.write_text(json.dumps({"file": "capture.pcap", "frame": 1, "fields": fields}))
    command = ["-m", "feedhandler.cli.main", "diff", "--feed", "example_depth:FEED", str(capture), "--oracle"]
    compared = python(package, *command, str(oracle))
    assert compared.returncode == 0, compared.stdout + compared.stderr
    assert "everything compared is equal" in compared.stdout


MAKE_CAPTURE = """
import sys
from example_depth.test_example_depth import entered, packet
from replay.pcap_writer import PcapWriter
with PcapWriter(sys.argv[1]) as writer:
    writer.write(1_000_000_000, "239.0.0.1", 10_000, packet(1, entered(1, "B", 99_00, 10)))
"""


def test_the_commands_of_the_document_find_the_feed_by_its_place(package: Path) -> None:
    explained = python(package, "-m", "feedhandler.cli.main", "explain", "--feed", "example_depth:FEED")
    assert explained.returncode == 0, explained.stderr
    assert "return order_entered(channel, OrderEntered(address))" in explained.stdout
    assert "every message carries its own time" in explained.stdout

    conforms = python(package, "-m", "feedhandler.cli.main", "conform", "example_depth:FEED", "--packets", "300")
    assert conforms.returncode == 0, conforms.stdout + conforms.stderr
    assert "example_depth, variant example: conforms" in conforms.stdout

    described = python(package, "-m", "feedhandler.cli.main", "describe", "example_depth:FEED", "OrderEntered")
    assert described.returncode == 0, described.stderr
    assert "order_id" in described.stdout
