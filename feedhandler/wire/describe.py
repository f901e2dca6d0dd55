"""The documentation of message tables, as plain data and as Markdown.

Made from the tables alone, so that it cannot say anything else than the decoder does. The plain form holds only what
JSON has; the Markdown form is printed from the plain one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .fields import Field
from .message import MessageLayout


def describe_message(message: MessageLayout) -> dict[str, Any]:
    """A message as plain data: name, type, sizes, and the list of its fields."""
    return {
        "message": message.__name__,
        "type": message.type,
        "size": message.size,
        "minimum_size": message.minimum_size,
        "extensible": message.extensible,
        "specification": message.specification,
        "fields": [_describe_field(name, field) for name, field in message.fields.items()],
    }


def describe_messages(messages: Iterable[MessageLayout]) -> list[dict[str, Any]]:
    """Every message of a feed as plain data, in the order given."""
    return [describe_message(message) for message in messages]


def _describe_field(name: str, field: Field) -> dict[str, Any]:
    described: dict[str, Any] = {
        "field": name,
        "offset": field.offset,
        "length": field.type.size,
        "type": field.type.name,
    }
    if not field.type.is_text and field.type.size > 1:
        described["byte_order"] = "big" if field.type.scalar.big_endian else "little"
    if field.type.kind == "price":
        described["decimals"] = field.type.decimals
    if field.type.null is not None:
        described["null"] = field.type.null
    if field.type.since:
        described["since"] = field.type.since
    if field.type.names:
        key = "bits" if field.type.kind == "flags" else "values"
        described[key] = {field.type.spelled(raw): word for raw, word in field.type.names}
    meaning = field.type.explain()
    if meaning:
        described["meaning"] = meaning
    return described


def message_table(message: MessageLayout) -> str:
    """A message as a Markdown section: what it is, and one row a field."""
    described = describe_message(message)
    title = described["message"]
    if described["type"] is not None:
        title += f", type `{described['type']}`"
    size = f"{described['size']} bytes"
    if described["minimum_size"] < described["size"]:
        size = f"{described['minimum_size']} to {size}"
    if described["extensible"]:
        size += ", or longer"
    lines = [f"### {title}, {size}", ""]
    if described["specification"]:
        lines += [described["specification"], ""]
    lines += ["| Offset | Length | Field | Type | Meaning |", "|---:|---:|---|---|---|"]
    for field in described["fields"]:
        meaning = _cell(field.get("meaning", ""))
        lines.append(f"| {field['offset']} | {field['length']} | `{field['field']}` | {field['type']} | {meaning} |")
    return "\n".join(lines) + "\n"


def feed_document(title: str, messages: Iterable[MessageLayout]) -> str:
    """A feed as a Markdown document: an index by type, then every message."""
    messages = list(messages)
    lines = [f"# {title}", "", "| Type | Message | Bytes | What it is |", "|---|---|---:|---|"]
    for message in messages:
        kind = "" if message.type is None else f"`{message.type}`"
        lines.append(f"| {kind} | {message.__name__} | {message.size} | {_cell(message.specification)} |")
    return "\n".join([*lines, "", *(message_table(message) for message in messages)])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
