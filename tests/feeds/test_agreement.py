"""Every feed reads every captured packet as a third-party dissector does, and docs/agreement.md says so."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from tests.docs.documents import DOCUMENTS

PAGE = runpy.run_path(str(DOCUMENTS / "agreement.py"))
pytestmark = pytest.mark.xdist_group("agreement")  # one process reads the captures for all of them
FOLDERS = [folder for folder, _feed, _variant in PAGE["PROOFS"]]


@pytest.fixture(scope="module")
def comparisons(captures: Path) -> dict[str, Any]:
    return PAGE["comparisons"](captures)  # type: ignore[no-any-return]


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_comparable_field_of_every_captured_message_agrees(comparisons: dict[str, Any], folder: str) -> None:
    agreement = comparisons[folder].agreement
    differences = [example for found in agreement.types.values() for example in found.examples]
    assert (differences, agreement.problems) == ([], [])
    assert agreement.agrees
    assert agreement.packets > 0


def test_no_excuse_is_needless(comparisons: dict[str, Any]) -> None:
    assert PAGE["needless"](comparisons) == set()


def test_the_page_is_what_the_captures_say(comparisons: dict[str, Any]) -> None:
    kept = (DOCUMENTS / "agreement.md").read_text()
    assert kept == PAGE["page"](comparisons), "write the page anew: python docs/agreement.py"


def test_every_captured_folder_of_a_feed_that_is_here_is_proved(captures: Path) -> None:
    venues = {folder.split("/")[0] for folder in FOLDERS}
    oracles = [file for venue in venues for file in captures.glob(f"{venue}/*/oracle.*")]
    found = {str(file.parent.relative_to(captures)) for file in oracles}
    assert found == set(FOLDERS)
