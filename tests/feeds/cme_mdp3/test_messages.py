"""The tables of CME MDP 3.0 against their schemas."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from feedhandler.wire.sbe import chosen, read_schema, table_source
from feeds.cme_mdp3 import MESSAGES, TABLES

pytestmark = pytest.mark.interpreted

SCHEMAS = {table: 8 if "legacy" in table.__name__ else 13 for table in TABLES}


@pytest.mark.parametrize("module", SCHEMAS, ids=lambda module: module.__name__.rpartition(".")[2])
def test_a_table_is_what_its_schema_becomes(captures: Path, module: ModuleType) -> None:
    path = captures.parent / f"schemas/cme/Cme.Futures.Mdp3.Sbe.v1.{SCHEMAS[module]}.xml"
    if not path.is_file():
        pytest.skip(f"no schema: {path}")
    title = (module.__doc__ or "").splitlines()[0]
    schema = chosen(read_schema(path), [int(table.type) for table in module.MESSAGES])
    assert Path(module.__file__ or "").read_text() == table_source(schema, title=title)


@pytest.mark.parametrize("version", [5, 6, 8, 9, 12, 13])
def test_every_template_of_every_version_has_a_table(captures: Path, version: int) -> None:
    path = captures.parent / f"schemas/cme/Cme.Futures.Mdp3.Sbe.v1.{version}.xml"
    if not path.is_file():
        pytest.skip(f"no schema: {path}")
    known = {table.type: table for table in MESSAGES}
    for message in read_schema(path).messages:
        assert known[message.id].minimum_size <= 8 + message.block_length, message.name
