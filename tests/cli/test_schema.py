"""The schema that `feedhandler schema` prints accepts and refuses what the program does, as far as a schema can."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from feedhandler.configuration.reading import load_strictly
from tests.cli.conftest import Run
from tests.conftest import ROOT
from tests.test_config import WHOLE

pytestmark = pytest.mark.interpreted

CONFIGURATIONS = sorted((ROOT / "configs").glob("*.yaml"))
HEAD = "name: x\nfeed: y\n"


@pytest.fixture(scope="module")
def accepts(run: Run) -> Callable[[str], bool]:
    """Whether the text of a file is valid by the schema."""
    schema = run("schema").data
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    return lambda text: validator.is_valid(load_strictly(text))


@pytest.mark.parametrize("file", CONFIGURATIONS, ids=lambda file: file.stem)
def test_every_example_configuration_is_valid(accepts: Callable[[str], bool], file: Path) -> None:
    assert accepts(file.read_text())


def test_a_configuration_with_every_key_is_valid(accepts: Callable[[str], bool]) -> None:
    assert accepts(WHOLE)


@pytest.mark.parametrize(
    "text",
    [
        "receiver: {wait: spin}",
        "receiver: {kind: socket, interface: lo, wait: block, receive_buffer: 1MiB}",
        "receiver: {kind: af_packet, interface: eth0}",
        "receiver: {kind: somebody.else:Receiver, anything: goes}",
    ],
)
def test_options_of_receivers_are_known(accepts: Callable[[str], bool], text: str) -> None:
    assert accepts(HEAD + text)


@pytest.mark.parametrize(
    "text",
    [
        "receiver: {kind: socket, wiat: spin}",
        "receiver: {kind: socket, wait: sometimes}",
        "receiver: {kind: socket, receive_buffer: 5}",
        "receiver: {nobody_has: this}",
        "limits: {heartbeat: 2 parsecs}",
        "channels: [{name: a, lines: []}]",
        "strategies: [{name: s, home: inline}]",
        "retransmission: {servers: []}",
        "unknown: 1",
    ],
)
def test_what_the_program_refuses_is_refused(accepts: Callable[[str], bool], text: str) -> None:
    assert accepts(HEAD)
    assert not accepts(HEAD + text)
