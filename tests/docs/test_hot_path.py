"""The sizes that docs/hot-path.md prints are those of the records."""

from __future__ import annotations

import re

import pytest

from feedhandler.core.book import Header
from feedhandler.core.depths import DepthRow
from feedhandler.core.events import Event
from feedhandler.core.frames import Frame
from feedhandler.core.hold import Held
from feedhandler.core.intentions import Intention
from feedhandler.core.ladders import Entry, Ladder
from feedhandler.core.lines import Arrival
from feedhandler.core.orders import Level, Order
from feedhandler.core.reading import RETRIES
from tests.docs.documents import DOCUMENTS

RECORDS = (Frame, Order, Level, Entry, Ladder, Header, Event, Intention, Held, Arrival, DepthRow)


@pytest.mark.interpreted
def test_the_table_of_sizes_is_that_of_the_records() -> None:
    text = (DOCUMENTS / "hot-path.md").read_text()
    printed = re.findall(r"^\| `(\w+)` \| (\d+) \|", text, re.MULTILINE)
    assert [(name, int(size)) for name, size in printed] == [(record.__name__, record.size) for record in RECORDS]


@pytest.mark.interpreted
@pytest.mark.parametrize("document", ["hot-path.md", "architecture.md"])
def test_the_number_of_retries_is_the_readers(document: str) -> None:
    assert f"{RETRIES:,}" in (DOCUMENTS / document).read_text()
