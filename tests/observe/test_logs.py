"""The log: for people or as JSON, as much as was asked for, where it was asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from feedhandler.config import LoggingModel
from feedhandler.observe.logs import log

pytestmark = pytest.mark.interpreted


def test_without_a_configuration_all_is_json_on_stderr_that_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    log().debug("small", number=1)
    told = capsys.readouterr()
    assert told.out == ""
    assert json.loads(told.err) == {
        "event": "small", "number": 1, "level": "debug", "timestamp": json.loads(told.err)["timestamp"],
    }  # fmt: skip


def test_what_is_below_the_level_is_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    logger = log(LoggingModel(level="warning"))
    logger.info("usual")
    logger.warning("unusual")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["unusual"]


def test_for_people_a_line_is_no_json_and_has_no_colours_where_no_terminal_shows_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log(LoggingModel(format="console")).info("line heard", line="itch A")
    told = capsys.readouterr().err
    assert "line heard" in told
    assert "line='itch A'" in told
    assert "\x1b" not in told


def test_a_file_is_appended_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "run.log"
    file.write_text("before\n")
    log(LoggingModel(file=str(file))).info("told")
    first, second = file.read_text().splitlines()
    assert first == "before"
    assert json.loads(second)["event"] == "told"
    assert capsys.readouterr().err == ""
