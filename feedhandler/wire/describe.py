"""The documentation of message tables, as plain data and as Markdown.

Made from the tables alone, so that it cannot say anything else than the decoder does. The plain form holds only what
JSON has; the Markdown form is printed from the plain one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .behind import BehindPart
from .fields import Field
from .groups import GroupPart, RunPart
from .message import MessageLayout
from .parts import BlockType, Tail


def describe_message(message: MessageLayout) -> dict[str, Any]:
    """A message as plain data: name, type, sizes, the list of its fields, and what lies behind them."""
    described = _describe_table(message)
    if message.tails:
        described["behind"] = [_describe_tail(name, tail) for name, tail in message.tails.items()]
    return described


def _describe_table(message: MessageLayout) -> dict[str, Any]:
    return {
        "message": message.__name__,
        "type": message.type,
        "size": message.size,
        "minimum_size": message.minimum_size,
        "extensible": message.extensible,
        "specification": message.specification,
        "fields": [_describe_field(name, field) for name, field in message.fields.items()],
    }


def _describe_tail(name: str, tail: Tail) -> dict[str, Any]:
    """A group with the table of its entries, or a run of bytes."""
    described: dict[str, Any] = {"field": name}
    if isinstance(tail, GroupPart):
        described["kind"] = "conditional block" if tail.conditional else "group"
        if tail.codes:
            kind = tail.owner.fields[tail.count].type
            described["present"] = f"{tail.count} in {', '.join(kind.spelled(code) for code in tail.codes)}"
        elif tail.mask:
            described["present"] = f"{tail.count} & {tail.mask:#x}"
        elif tail.dimension is None:
            described["count"] = tail.count
            if tail.start is not None:
                described["start"] = tail.start
        else:
            described["dimension"] = _describe_table(tail.dimension)
        described["entry"] = describe_message(tail.entry)
    elif isinstance(tail, BehindPart):
        described["kind"] = "block"
        described["entry"] = describe_message(tail.table)
    elif isinstance(tail, RunPart):
        described["kind"] = "run of bytes" if tail.text is None else f"text, {tail.text}"
        described["length"] = next(iter(tail.length.fields.values())).type.size
    if tail.since:
        described["since"] = tail.since
    return described


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
    if field.type.kind != "block" and not field.type.is_text and field.type.size > 1:
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
    if field.type.kind == "double" and field.type.decimals:
        described["decimals"] = field.type.decimals
    if isinstance(field.type, BlockType):
        described["block"] = _describe_table(field.type.table)["fields"]
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
    lines += _rows(described)
    return "\n".join(lines) + "\n"


def _rows(described: dict[str, Any], inside: str = "") -> list[str]:
    """The rows of a table: its fields, those of its blocks, and what lies behind them with the rows of its entries."""
    lines = []
    for field in described["fields"]:
        name, meaning = f"{inside}{field['field']}", _cell(field.get("meaning", ""))
        lines.append(f"| {field['offset']} | {field['length']} | `{name}` | {field['type']} | {meaning} |")
        for inner in field.get("block", ()):
            place, meaning = field["offset"] + inner["offset"], _cell(inner.get("meaning", ""))
            lines.append(
                f"| {place} | {inner['length']} | `{name}.{inner['field']}` | {inner['type']} | {meaning} |"
            )
    for behind in described.get("behind", ()):
        name = f"{inside}{behind['field']}"
        lines.append(f"| | | `{name}` | {behind['kind']} | {_cell(_behind(behind))} |")
        if "entry" in behind:
            lines += _rows(behind["entry"], f"{name}." if behind["kind"] == "block" else f"{name}[].")
    return lines


def _behind(described: dict[str, Any]) -> str:
    """Where a group or run takes its number and length from."""
    words = []
    if "present" in described:
        words.append(f"there where `{described['present']}`")
    elif "count" in described:
        words.append(f"`{described['count']}` entries")
        if "start" in described:
            words.append(f"from byte `{described['start']}` of the message")
    elif "dimension" in described:
        fields = ", ".join(
            f"`{field['field']}` {field['type']} @ {field['offset']}" for field in described["dimension"]["fields"]
        )
        size = described["dimension"]["size"]
        words.append(f"behind {size} byte{'s' if size > 1 else ''}: {fields}")
    elif "length" in described:
        words.append(f"behind its length of {described['length']} bytes")
    if "entry" in described:
        each = "" if described["kind"] == "block" else "each "
        words.append(f"{each}{described['entry']['size']} bytes")
    if "since" in described:
        words.append(f"since version {described['since']}")
    return "; ".join(words)


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
