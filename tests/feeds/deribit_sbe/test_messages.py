"""The table of the Deribit feed against its schema."""

from __future__ import annotations

from pathlib import Path

import pytest

from feedhandler.wire.sbe import read_schema, table_source
from feeds.deribit_sbe import messages

pytestmark = pytest.mark.interpreted

SCHEMA = "schemas/deribit/deribit_multicast_v3.xml"
def test_the_table_is_what_the_schema_becomes(captures: Path) -> None:
    schema = captures.parent / SCHEMA
    if not schema.is_file():
        pytest.skip(f"no schema: {schema}")
    title = (messages.__doc__ or "").splitlines()[0]
    text = table_source(read_schema(schema), title=title, double_decimals=6)
    assert Path(messages.__file__ or "").read_text() == text
