"""The command line as users call it, in this process, and small captures to give it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from feedhandler.cli.main import build
from tests.cli.builders import Capture


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    log: list[dict[str, Any]]

    @property
    def data(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def events(self) -> list[str]:
        return [entry["event"] for entry in self.log]


Run = Callable[..., Ran]


@pytest.fixture(scope="session")
def run() -> Run:
    """Call a command; an exception that is not the command's own way to end fails the test."""
    app = build()

    def call(*arguments: object, input: bytes | None = None) -> Ran:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], input=input)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        # Usage errors of the command line itself are plain text, all else is JSON: stderr is no terminal here.
        log = [json.loads(line) for line in result.stderr.splitlines() if line.startswith("{")]
        return Ran(result.exit_code, result.stdout, log)

    return call


@pytest.fixture
def capture(tmp_path: Path) -> Callable[[Sequence[Any]], Path]:
    """Write a capture of packets: `capture([(payload, "A"), ...])`."""
    return Capture(tmp_path).write
