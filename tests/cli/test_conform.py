"""`feedhandler conform` as users call it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from feedhandler.cli.exit_codes import ExitCode
from feedhandler.conformance import checks
from feedhandler.conformance.checks import Outcome
from tests.cli.conftest import Run

pytestmark = pytest.mark.interpreted


@pytest.fixture(autouse=True)
def interpreted_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both processes as plain Python: tests/feeds/test_conformance.py compares with what is compiled."""
    run = subprocess.run

    def plain(*arguments: Any, env: dict[str, str], **options: Any) -> Any:
        return run(*arguments, env={**env, "NUMBA_DISABLE_JIT": "1"}, **options)

    monkeypatch.setattr(checks.subprocess, "run", plain)


def test_a_feed_conforms_on_its_captures(run: Run, captures: Path) -> None:
    files = sorted((captures / "iex/Tops.IexTp.v1.6").glob("*.pcap"))
    ran = run("conform", "iex_tops", *files, "--packets", 30, "--json")
    assert (ran.code, ran.data["conforms"], ran.log) == (0, True, [])
    assert {check["outcome"] for check in ran.data["checks"]} == {Outcome.PASSED.value}
    assert next(check["text"] for check in ran.data["checks"] if check["check"] == "captures") == (
        "1 messages of 1 packets"
    )


def test_captures_of_another_feed_do_not_conform(run: Run, captures: Path) -> None:
    files = sorted((captures / "iex/Deep.IexTp.v1.0").glob("PriceLevelBuy*.pcap"))
    ran = run("conform", "iex_tops", *files, "--packets", 5)
    assert ran.code == ExitCode.NOT_CONFORMING
    assert "failed   captures: type 8: message_unknown (1)" in ran.out
    assert "iex_tops, variant iex: DOES NOT CONFORM: captures" in ran.out


def test_a_feed_that_is_not_installed_is_refused(run: Run) -> None:
    assert run("conform", "iex_top").code == ExitCode.USAGE
