"""Each check finds what it is there to find."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from feedhandler.conformance import checks, golden
from feedhandler.conformance.checks import Outcome, Result, Subject, results
from feedhandler.core.jit import INTERPRETED
from feedhandler.feed import Feed
from tests.docs.documents import files_in

pytestmark = pytest.mark.interpreted


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The feed of docs/adding-a-feed.md in a folder of its own."""
    for name, text in files_in("adding-a-feed.md").items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path / "example_depth"
    for name in [name for name in sys.modules if name.partition(".")[0] == "example_depth"]:
        del sys.modules[name]


def outcome(check: str, captures: tuple[bytes, ...] = ()) -> Result:
    (found,) = results(Subject("example_depth:FEED", "example", 50, captures), [check])
    return found


def feed() -> Feed:
    import example_depth

    return example_depth.FEED  # type: ignore[no-any-return]


def test_a_good_feed_passes_and_what_it_lacks_is_skipped(example: Path) -> None:
    names = ("tables", "readme", "round trip", "golden events", "captures")
    assert {name: outcome(name).outcome for name in names} == {
        "tables": Outcome.PASSED, "readme": Outcome.PASSED, "round trip": Outcome.PASSED,
        "golden events": Outcome.SKIPPED, "captures": Outcome.SKIPPED,
    }  # fmt: skip


def test_a_readme_without_its_parts_fails(example: Path) -> None:
    file = example / "README.md"
    file.write_text(file.read_text().replace("| Time |", "| Hours |"))
    assert (outcome("readme").outcome, outcome("readme").text) == (Outcome.FAILED, "README.md has no | Time |")


def test_a_message_without_its_section_fails(example: Path) -> None:
    file = example / "messages.py"
    file.write_text(file.read_text().replace("(Example Depth 1.0, 3.4).", ""))
    assert "OrderRemoved" in outcome("tables").text


@pytest.mark.skipif(not INTERPRETED, reason="would compile the example; golden events are compiled feed by feed")
def test_golden_events_that_change_are_told_packet_by_packet(example: Path) -> None:
    packets = list(golden.played(feed(), "example", golden.made(feed(), "example")))
    text = golden.text_of(feed(), "example", packets)
    assert golden.read(text) == packets
    file = example / "golden.example_depth.txt"
    file.write_text(text)
    assert outcome("golden events").outcome is Outcome.PASSED
    file.write_text(text.replace("\nADD ", "\nDELETE ", 1))
    found = outcome("golden events")
    assert (found.outcome, "packet OrderEntered: expected ['DELETE" in found.text) == (Outcome.FAILED, True)


def test_a_file_that_is_no_golden_file_is_refused_with_its_line() -> None:
    with pytest.raises(ValueError, match="line 2: expected a packet"):
        golden.read("# words\nADD instrument 0\n")


def test_captures_with_an_unknown_message_fail(example: Path) -> None:
    import example_depth.test_example_depth as made

    good, bad = made.packet(1, made.DEFINITION), made.packet(2, b"?unknown")
    assert outcome("captures", (good,)).text == "1 messages of 1 packets"
    assert outcome("captures", (good, bad)).text == "type ?: message_unknown (1)"


def test_a_process_that_faults_is_a_failed_check(example: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/sh")
    monkeypatch.setattr(checks.subprocess, "run", _killed)
    found = outcome("mutation")
    assert (found.outcome, "the process ended by SIGSEGV" in found.text) == (Outcome.FAILED, True)


def _killed(*_arguments: Any, **_options: Any) -> Any:
    class Ended:
        returncode = -11
        stderr = ""

    return Ended()


def test_every_check_of_the_example_passes_with_captures(example: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import example_depth.test_example_depth as made

    run = checks.subprocess.run

    def plain(*arguments: Any, env: dict[str, str], **options: Any) -> Any:
        return run(*arguments, env={**env, "NUMBA_DISABLE_JIT": "1"}, **options)

    monkeypatch.setattr(checks.subprocess, "run", plain)
    packets = (made.packet(1, made.DEFINITION, made.entered(1, "B", 99_00, 10)),)
    subject = Subject("example_depth:FEED", "example", 50, packets)
    assert {result.check: result.outcome for result in results(subject)} == {
        **dict.fromkeys(checks.checks(subject), Outcome.PASSED), "golden events": Outcome.SKIPPED,
    }  # fmt: skip


def test_a_readme_that_does_not_name_what_is_ignored_fails(example: Path) -> None:
    file = example / "README.md"
    file.write_text(file.read_text().replace("MarketTime", "Clocks"))
    assert outcome("readme").text == "README.md does not name what is ignored: MarketTime"
