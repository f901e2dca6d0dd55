"""The generated tables are what the program says; docs/operations.md lists every state and quality there is."""

from __future__ import annotations

import re
import runpy

import pytest

from feedhandler.core.channel import ChannelState, Quality
from tests.docs.documents import DOCUMENTS

TEXT = (DOCUMENTS / "operations.md").read_text()
TABLES = runpy.run_path(str(DOCUMENTS / "tables.py"))


@pytest.mark.interpreted
@pytest.mark.parametrize("document", sorted(TABLES["TABLES"]))
def test_the_generated_tables_are_what_the_program_says(document: str) -> None:
    text = (DOCUMENTS / document).read_text()
    assert TABLES["rewritten"](document, text) == text, "write the tables anew: python docs/tables.py"


@pytest.mark.interpreted
def test_the_pages_of_the_feeds_are_what_the_tables_say() -> None:
    kept = {file.name: file.read_text() for file in (DOCUMENTS / "feeds").iterdir()}
    assert kept == TABLES["feed_pages"](), "write the pages anew: python docs/tables.py"


@pytest.mark.interpreted
def test_a_missing_place_for_a_table_is_named() -> None:
    rewritten = TABLES["rewritten"]
    with pytest.raises(ValueError, match="no line '<!-- reasons: generated -->'"):
        rewritten("operations.md", TEXT.replace("<!-- reasons: generated -->", ""))
    with pytest.raises(ValueError, match="where the table ends"):
        rewritten("operations.md", TEXT.replace("<!-- end -->", ""))


@pytest.mark.interpreted
def test_every_channel_state_and_quality_is_explained() -> None:
    states = re.findall(r"^\| `([A-Z_]+)` \| [^|]+ \| [^|]+ \|$", TEXT, re.MULTILINE)
    assert states == [state.name for state in ChannelState]
    qualities = re.findall(r"^\| `([A-Z]+)` \| ", (DOCUMENTS / "architecture.md").read_text(), re.MULTILINE)
    assert sorted(qualities) == sorted(quality.name for quality in Quality)
