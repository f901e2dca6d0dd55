"""docs/operations.md lists every exit code, reason, state and quality that the program has."""

from __future__ import annotations

import re
import runpy

import pytest

from feedhandler.core.channel import ChannelState, Quality
from tests.docs.documents import DOCUMENTS

TEXT = (DOCUMENTS / "operations.md").read_text()


@pytest.mark.interpreted
def test_the_generated_tables_are_what_the_program_says() -> None:
    rewritten = runpy.run_path(str(DOCUMENTS / "tables.py"))["rewritten"]
    assert rewritten(TEXT) == TEXT, "write the tables anew: python docs/tables.py"


@pytest.mark.interpreted
def test_a_missing_place_for_a_table_is_named() -> None:
    rewritten = runpy.run_path(str(DOCUMENTS / "tables.py"))["rewritten"]
    with pytest.raises(ValueError, match="no line '<!-- reasons: generated -->'"):
        rewritten(TEXT.replace("<!-- reasons: generated -->", ""))
    with pytest.raises(ValueError, match="where the table ends"):
        rewritten(TEXT.replace("<!-- end -->", ""))


@pytest.mark.interpreted
def test_every_channel_state_and_quality_is_explained() -> None:
    states = re.findall(r"^\| `([A-Z_]+)` \| [^|]+ \| [^|]+ \|$", TEXT, re.MULTILINE)
    assert states == [state.name for state in ChannelState]
    qualities = re.findall(r"^\| `([A-Z]+)` \| ", (DOCUMENTS / "architecture.md").read_text(), re.MULTILINE)
    assert sorted(qualities) == sorted(quality.name for quality in Quality)
