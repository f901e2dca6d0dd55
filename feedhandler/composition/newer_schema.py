"""A feed with the tables of a newer SBE schema than the one it was written against.

The exchange publishes a schema with a new field, a group more, a message nobody has heard of; a configuration names
its XML, and the feed runs with it the same day. Messages are matched by template: what the feed knows keeps its
handler, reads new fields past and walks new groups; what it does not know is decoded and counted as unknown. Templates
that the newer schema dropped keep the feed's own tables, for old captures.

The tables become a module in the cache of generated code, since compiled code finds its types by the names of modules.
A field that the feed's tables have and the schema's have not, or have with other decimals, is refused at the start:
handlers read fields by their names.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from feedhandler.config import ConfigurationError
from feedhandler.feed import Feed
from feedhandler.pipeline.cache import cache_folder, private_folder
from feedhandler.wire.fields import FieldType
from feedhandler.wire.groups import GroupPart
from feedhandler.wire.message import MessageLayout
from feedhandler.wire.parts import BlockType
from feedhandler.wire.sbe import read_schema, table_source
from feedhandler.wire.sbe.source import snake
from feedhandler.wire.schemas import Encoding, Schema, SchemaError


def with_schema(feed: Feed, file: Path, place: str) -> Feed:
    """The feed with a schema's tables. Raises `ConfigurationError`; `place` is where the schema is named."""
    own = {int(table.type_code or 0): table for messages in feed.variants.values() for table in messages}
    if any(not isinstance(table.type, int) or table.family.block is None for table in own.values()):
        raise ConfigurationError(f"{place}: feed {feed.name} is not SBE: it has no schema to be newer than")
    try:
        schema = read_schema(file, decimals=_integer_decimals(own, read_schema(file)))
        text = table_source(schema, double_decimals=_double_decimals(feed))
    except SchemaError as error:
        raise ConfigurationError(f"{place}: {error}") from error
    tables = {int(table.type_code or 0): table for table in _module(text).MESSAGES}
    problems = [*_families(own, tables), *_differences(own, tables)]
    if problems:
        shown = "; ".join(problems[:5]) + (f" and {len(problems) - 5} more" if len(problems) > 5 else "")
        raise ConfigurationError(f"{place}: {file} does not fit feed {feed.name}: {shown}")

    def newer(table: MessageLayout) -> MessageLayout:
        found: MessageLayout = tables.get(int(table.type_code or 0), table)
        return found

    unknown = tuple(table for code, table in tables.items() if code not in own)
    return replace(
        feed,
        variants={name: (*map(newer, messages), *unknown) for name, messages in feed.variants.items()},
        handlers={newer(table): handler for table, handler in feed.handlers.items()},
        ignored={newer(table): reason for table, reason in feed.ignored.items()},
        look_ahead={newer(table): look for table, look in feed.look_ahead.items()},
        unhandled=frozenset(unknown),
    )


def _module(text: str) -> ModuleType:
    """The tables as a module that generated code can import, in this process and in the one that compiles."""
    digest = hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
    name = f"tables_{digest}"
    if name in sys.modules:
        return sys.modules[name]
    folder = private_folder(private_folder(cache_folder()) / name)
    file = folder / f"{name}.py"
    if not file.exists() or file.read_text(encoding="utf-8") != text:
        handle, temporary = tempfile.mkstemp(dir=folder, suffix=".py.part")
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        os.replace(temporary, file)
    # The process that compiles gets this process's path.
    sys.path.append(str(folder))
    importlib.invalidate_caches()
    return importlib.import_module(name)


def _double_decimals(feed: Feed) -> int:
    """The decimal places that the feed reads doubles with: a schema does not say."""
    return max(
        (
            kind.decimals
            for messages in feed.variants.values()
            for table in messages
            for _path, kind in _fields(table)
            if kind.kind == "double"
        ),
        default=0,
    )


def _integer_decimals(own: dict[int, MessageLayout], schema: Schema) -> dict[str, int]:
    """The decimal places that the feed reads integer types with, by the schema's names of the types."""
    found: dict[str, int] = {}
    for message in schema.messages:
        known = own.get(message.id)
        for member in message.members:
            place = known.fields.get(snake(member.name)) if known is not None else None
            whole = isinstance(member.type, Encoding) and member.type.primitive != "double"
            if place is not None and whole and place.type.decimals:
                found[member.type.name] = place.type.decimals
    return found


def _fields(table: MessageLayout, inside: str = "") -> Iterator[tuple[str, FieldType]]:
    """Every field of a table by its path, with those of blocks and groups; padding has no name of its own."""
    for name, place in table.fields.items():
        if isinstance(place.type, BlockType):
            yield from _fields(place.type.table, f"{inside}{name}.")
        elif place.type.kind != "reserved":
            yield f"{inside}{name}", place.type
    for name, tail in table.tails.items():
        if isinstance(tail, GroupPart):
            yield from _fields(tail.entry, f"{inside}{name}.")


def _families(own: dict[int, MessageLayout], tables: dict[int, MessageLayout]) -> Iterator[str]:
    """What is not the same of the header that all messages share."""
    ours, theirs = next(iter(own.values())), next(iter(tables.values()))
    if ours.family.constants != theirs.family.constants:
        yield f"the schema's id is {theirs.family.constants}, the feed's {ours.family.constants}"
    if _head(ours) != _head(theirs):
        yield "the header of its messages is another"


def _head(table: MessageLayout) -> list[tuple[str, int, Any]]:
    """The fields of the family: name, offset, and how they lie on the wire."""
    places = table.fields.items()
    return [(name, place.offset, place.type.scalar) for name, place in places if place.end <= table.family.size]


def _differences(own: dict[int, MessageLayout], tables: dict[int, MessageLayout]) -> Iterator[str]:
    """What handlers may read of the feed's tables and would not find, or would misread."""
    for code, ours in own.items():
        theirs = tables.get(code)
        if theirs is None:
            continue
        known = dict(_fields(theirs))
        for path, kind in _fields(ours):
            found = known.get(path)
            if found is None:
                yield f"template {code} has no {path}"
            elif found.decimals != kind.decimals or found.is_text != kind.is_text:
                yield f"template {code}: {path} is {found.name}, the feed reads {kind.name}"
