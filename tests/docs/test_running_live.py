"""What the documents of live runs say of commands, options, codes and log entries is what the program has."""

from __future__ import annotations

import ast
import re

import pytest
from typer.testing import CliRunner

from feedhandler.cli.exit_codes import ExitCode
from feedhandler.cli.main import build
from tests.docs.documents import DOCUMENTS, ROOT

pytestmark = pytest.mark.interpreted

PAGES = ("running-live.md", "troubleshooting.md", "operations.md", "configuration.md")
LOGGED = ("feedhandler/observe/report.py", "feedhandler/observe/watch.py", "feedhandler/cli/run.py")


@pytest.mark.parametrize("page", PAGES)
def test_every_command_and_option_that_is_shown_exists(page: str) -> None:
    app = build()
    shown = re.findall(r"feedhandler ((?!@)[a-z]+)((?: [^`\n#|]*)?)", (DOCUMENTS / page).read_text())
    commands = {name for name, _ in shown if name not in ("runs", "health_of")}
    assert commands, page
    for name, arguments in shown:
        told = CliRunner().invoke(app, [name, "--help"])
        assert told.exit_code == 0, f"{page}: feedhandler {name}"
        for option in re.findall(r"--[a-z-]+", arguments):
            assert option in told.stdout, f"{page}: feedhandler {name} {option}"


def test_codes_of_health_are_those_of_the_program() -> None:
    text = (DOCUMENTS / "running-live.md").read_text()
    table = re.findall(r"^\| (\d) \| it ", text, re.MULTILINE)
    assert [ExitCode(int(code)) for code in table] == [ExitCode.DONE, ExitCode.NOT_CURRENT, ExitCode.FAILED]


def logged(source: str) -> set[str]:
    """The fixed events that a module logs: the first argument of a call of a logger, where it is plain text."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        if re.search(r"logger\.(debug|info|warning|error)$|^tell$", name) and isinstance(node.args[0], ast.Constant):
            found.add(node.args[0].value)
    return found


def test_every_fixed_entry_of_the_log_is_explained() -> None:
    text = (DOCUMENTS / "operations.md").read_text()
    explained = set(re.findall(r"`([^`]+)`", text.split("## The log")[1].split("## Counters")[0]))
    events = set().union(*(logged((ROOT / file).read_text()) for file in LOGGED))
    assert {"channel is", "line heard", "pipeline ready"} <= events
    assert events - explained == set()
