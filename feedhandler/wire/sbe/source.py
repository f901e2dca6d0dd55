"""An SBE schema as the text of a `messages.py` (`feedhandler/wire/table_text.py` has what all dialects have alike)."""

from __future__ import annotations

import json

from feedhandler.wire.schemas import Block, Schema
from feedhandler.wire.table_text import DOUBLE_DECIMALS, TableWriter, folded, snake

__all__ = ["DOUBLE_DECIMALS", "snake", "table_source"]

LINE = 120
WHOLE = "frameLength"
"""What a schema calls the message's own length, where its header has one (SBE says nothing of that)."""


def table_source(schema: Schema, *, title: str | None = None, double_decimals: int = DOUBLE_DECIMALS) -> str:
    """The tables of a schema as the text of a module. Doubles are read with `double_decimals` places."""
    return "\n".join(SbeWriter(schema, double_decimals).module(title)) + "\n"


class SbeWriter(TableWriter):
    """How SBE opens a message: a header with template, schema and version, and the length of the block behind it."""

    def opening(self) -> str:
        schema = self.schema
        return f"The messages of {schema.package}: id {schema.id}, version {schema.version}."

    def origin(self) -> list[str]:
        schema = self.schema
        made = f"Made by `python -m feedhandler.wire.sbe` from {schema.file}, an SBE schema with id {schema.id} and"
        more = f"version {schema.version}; {schema.byte_order}-endian. Change the schema's reading, not this file."
        return [made, more] if len(made) <= LINE else folded(f"{made} {more}", LINE)

    def family(self) -> list[str]:
        header = self.schema.header
        constants = f'constants={{"{snake("schemaId")}": {self.schema.id}}}'
        whole = f'whole="{snake(WHOLE)}", ' if header.member(WHOLE) is not None else ""
        return [
            f'class Sbe(Message, selector="template_id", {whole}block="block_length", version="version",',
            f'          {constants}, defaults={{"version": {self.schema.version}}}):',
            f'    """The header of every message ({self.specification}, {header.name})."""',
            "",
            *self.fields(header.members, header.size, 0, set()),
            "", "",
        ]  # fmt: skip

    def head(self, message: Block, name: str) -> str:
        size = self.schema.header.size + message.block_length
        return f"class {name}(Sbe, type={message.id}, size={size}{self.counts(message)}):"

    def counts(self, message: Block) -> str:
        """What an encoder fills in where the header says how many groups and data lie behind the block."""
        counted = {"numGroups": len(message.groups), "numVarDataFields": len(message.data)}
        known = {snake(name): count for name, count in counted.items() if self.schema.header.member(name)}
        return f", defaults={json.dumps(known)}" if known else ""
