"""A schema of T7 as the text of a `messages.py` (`feedhandler/wire/table_text.py` has what all dialects have alike)."""

from __future__ import annotations

from dataclasses import replace

from feedhandler.wire.schemas import Block, Group, Member, Schema
from feedhandler.wire.table_text import TableWriter


def table_source(schema: Schema, *, title: str | None = None) -> str:
    """The tables of a schema as the text of a module."""
    plain = replace(schema, messages=tuple(_without_pads(message) for message in schema.messages))
    return "\n".join(FbeWriter(plain, 0).module(title)) + "\n"


def _without_pads(block: Block) -> Block:
    """A block whose bytes without meaning are holes, which a table fills in."""
    members = tuple(member for member in block.members if not _is_pad(member))
    groups = tuple(_group_without_pads(group) for group in block.groups)
    return replace(block, members=members, groups=groups)


def _group_without_pads(group: Group) -> Group:
    return replace(group, members=tuple(member for member in group.members if not _is_pad(member)))


def _is_pad(member: Member) -> bool:
    return member.name.startswith("Pad") and member.name[3:].isdecimal()


class FbeWriter(TableWriter):
    """How T7 opens a message: its length, its template, its number."""

    def opening(self) -> str:
        return f"The messages of {self.specification}."

    def origin(self) -> list[str]:
        return [
            f"Made by `python -m feedhandler.wire.fbe` from {self.schema.file};",
            "little-endian. Change the schema's reading, not this file.",
        ]

    def family(self) -> list[str]:
        header = self.schema.header
        return [
            'class Fbe(Message, selector="template_id", whole="body_len"):',
            f'    """The header of every message ({self.specification}, {header.name})."""',
            "",
            *self.fields(header.members, header.size, 0, set()),
            "", "",
        ]  # fmt: skip

    def head(self, message: Block, name: str) -> str:
        size = self.schema.header.size + message.block_length
        # The entries of a group may be filled up to the most that there can be.
        longer = ", extensible=True" if message.groups else ""
        return f"class {name}(Fbe, type={message.id}, size={size}{longer}):"
