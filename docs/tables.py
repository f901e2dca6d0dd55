"""Write the generated tables of the documents anew: `python docs/tables.py`.

The sentences live in the program, where they are printed or checked; the documents repeat them for people who look them
up. A test compares the two.
"""

from __future__ import annotations

import datetime
import types
import typing
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from feedhandler import plugins
from feedhandler.cli.exit_codes import ExitCode
from feedhandler.composition.live import live_receivers
from feedhandler.config import Deployment, Secret
from feedhandler.configuration.values import Address
from feedhandler.configuration.words import key_of, models_of, writing_of
from feedhandler.core.events import EventDetail, EventKind
from feedhandler.core.reasons import Reason
from feedhandler.feed import Feed
from feedhandler.observe.counters import counters_of
from feedhandler.observe.figures import ChannelFigures, EndpointFigures, LineFigures, PipelineFigures, ReceiverFigures
from feedhandler.observe.strategies import StrategyFigures
from feedhandler.output import instruments, schemas
from feedhandler.output.depth_columns import depth_schema
from feedhandler.output.recorder import Recorder
from feedhandler.receivers import options
from feedhandler.receivers.optional import OPTIONAL
from feedhandler.recovery.figures import RecoveryFigures
from feedhandler.units import duration_text, size_text
from feedhandler.wire.describe import feed_document, message_table

COUNTED = {
    "Each pipeline": PipelineFigures,
    "Each receiver": ReceiverFigures,
    "Each line, as its receiver sees it": EndpointFigures,
    "Each channel": ChannelFigures,
    "Each line, as its channel sees it": LineFigures,
    "Recovery of each channel": RecoveryFigures,
    "Each strategy": StrategyFigures,
}
"""What is counted of what."""

FOLDER = Path(__file__).parent


def exit_codes() -> str:
    """The table of exit codes."""
    return _table(("Code", "Means"), [(str(int(code)), code.sentence) for code in ExitCode])


def reasons() -> str:
    """The table of reasons, in the order of the pipeline."""
    return _table(("Reason", "Means"), [(f"`{reason.name}`", reason.sentence) for reason in Reason if reason])


def counters() -> str:
    """Every figure that is counted, by what it is counted of."""
    return "\n".join(
        f"{what}:\n\n" + _table(
            ("Figure", "In", "Says"), [(f"`{name}`", unit, sentence) for name, unit, sentence in counters_of(figures)]
        )
        for what, figures in COUNTED.items()
    )


def keys() -> str:
    """Every part of a configuration file with its keys, outer parts before inner ones."""
    found = _parts()
    return "\n".join(
        f"### {f'`{path}`' if path else 'The file'}\n\n{_sentence(model)}\n\n{_model_table(model)}"
        for path, model in found.items()
    )


def receiver_options() -> str:
    """The own options of every receiver that is installed and can be configured."""
    sections = []
    models = {one.kind: getattr(options, one.options) for one in OPTIONAL}  # also where they are not built
    models |= {name: receiver.Options for name, receiver in live_receivers().items()}
    for name, model in sorted(models.items()):
        table = _model_table(model) if model.model_fields else "It has none.\n"
        sections.append(f"### `kind: {name}`\n\n{_sentence(model)}\n\n{table}")
    return "\n".join(sections)


def recorder() -> str:
    """The parameters of the recorder."""
    rows = [
        (f"`{name}`", "required" if declared.required else str(declared.default), declared.sentence)
        for name, declared in Recorder.parameters.items()
    ]
    return _table(("Parameter", "Default", "Is"), rows)


def output_common() -> str:
    """The columns that all tables of the output begin with."""
    return _columns(schemas.COMMON)


def output_flags() -> str:
    """The bits of `detail`."""
    return _table(
        ("Bit", "Name", "Says"),
        [(str(int(EventDetail[name])), f"`{name}`", words) for name, words in schemas.FLAGS.items()],
    )


def output_tables() -> str:
    """Every table of the output with its own columns, and the kinds of events that each has them from."""
    parts = []
    for table in schemas.TABLES.values():
        kinds = ", ".join(f"`{kind.name.lower()}`" for kind in table.kinds)
        parts.append(f"### `{table.name}`\n\n{table.sentence} Kinds: {kinds}.\n\n{_columns(table.own, table.kinds)}")
    return "\n".join(parts)


def output_depth() -> str:
    """The columns of the table of depth; of its levels, the inside."""
    rows = [
        (f"`{field.name}`", f"`{_type_text(field.type)}`", field.metadata[b"about"].decode())
        for field in depth_schema(1)
    ]
    return _table(("Column", "Type", "Is"), rows)


def _type_text(kind: Any) -> str:
    """An Arrow type as the schemas write it."""
    index = getattr(kind, "index_type", None)
    return f"dictionary<{index}, {kind.value_type}>" if index is not None else str(kind).replace("tz=", "")


def output_instruments() -> str:
    """The columns of the table of instruments."""
    rows = [(f"`{name}`", f"`{kind}`", words) for name, (kind, words) in instruments.COLUMNS.items()]
    return _table(("Column", "Type", "Is"), rows)


def _columns(columns: Sequence[schemas.Column], kinds: Sequence[EventKind] = ()) -> str:
    """Columns of a table; a column that not all kinds have says which do."""
    rows = []
    for column in columns:
        of = [kind.name.lower() for kind in kinds if kind in column.places]
        only = f" (of {', '.join(of)})" if of and len(of) < len(kinds) else ""
        rows.append((f"`{column.name}`", f"`{column.type}`", column.unit, column.sentence + only))
    return _table(("Column", "Type", "Unit", "Is"), rows)


TABLES: dict[str, dict[str, Callable[[], str]]] = {
    "operations.md": {"exit codes": exit_codes, "reasons": reasons, "counters": counters},
    "normalised-output.md": {
        "recorder": recorder,
        "common": output_common,
        "flags": output_flags,
        "tables": output_tables,
        "depth": output_depth,
        "instruments": output_instruments,
    },
    "configuration.md": {"keys": keys, "receiver options": receiver_options},
}
"""The documents, and the tables in each by name."""


def rewritten(document: str, text: str) -> str:
    """A document with its generated tables as the program has them now."""
    for name, table in TABLES[document].items():
        opening = f"<!-- {name}: generated -->"
        if opening not in text:
            raise ValueError(f"{document} has no line {opening!r}, behind which the table belongs")
        before, _, rest = text.partition(opening)
        _, closing, after = rest.partition("<!-- end -->")
        if not closing:
            raise ValueError(f"{document} has no line '<!-- end -->' behind {opening!r}, where the table ends")
        text = f"{before}{opening}\n{table()}{closing}{after}"
    return text


def feed_pages() -> dict[str, str]:
    """The pages of `docs/feeds/` by file name: every message of every feed of this repository, and a list of them."""
    feeds = {
        name: plugins.feed(name)
        for name, entry in plugins.installed(plugins.FEEDS).items()
        if entry.value.startswith("feeds.")
    }
    rows = [
        (f"[{feed.title}]({name}.md)", f"`{name}`", feed.specification, _sessions(feed), feed.book.value)
        for name, feed in feeds.items()
    ]
    listed = _table(("Feed", "Name", "Specification", "Sessions", "Book"), rows)
    says = "Every field of every message, from the tables the decoders are made of: what `feedhandler describe` prints."
    return {"README.md": f"# Feeds\n\n{says}\n\n{listed}"} | {
        f"{name}.md": _feed_page(name, feed) for name, feed in feeds.items()
    }


def _feed_page(name: str, feed: Feed) -> str:
    """The default variant's messages, then what the others have beside them and lack of them."""
    messages = feed.messages()
    title, _, rest = feed_document(feed.title, messages).partition("\n")
    others: dict[tuple[tuple[Any, ...], tuple[str, ...]], list[str]] = {}
    for variant in feed.variants:
        own = tuple(message for message in feed.messages(variant) if message not in messages)
        lacking = tuple(message.__name__ for message in messages if message not in feed.messages(variant))
        others.setdefault((own, lacking), []).append(f"`{variant}`")
    sessions, same = _sessions(feed), ", ".join(others.pop(((), ())))
    text = f"{title}\n\n`{name}`. {feed.specification}. Sessions: {sessions}. Variants of these tables: {same}.\n"
    text += rest.rstrip("\n") + "\n"
    for (own, lacking), variants in others.items():
        text += f"\n## {'Variants' if len(variants) > 1 else 'Variant'} {', '.join(variants)}\n\n"
        text += f"Without {', '.join(lacking)}.\n" if lacking else "All of the above.\n"
        text += "".join(f"\n{message_table(message)}" for message in own)
    return text


def _sessions(feed: Feed) -> str:
    return ", ".join(session.name for session in feed.sessions)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n".replace("| --- ", "|---").replace("--- |", "---|") for cells in lines)


# ------------------------------------------------------------------------------------------------------ configurations


def _parts() -> dict[str, type[BaseModel]]:
    """The models of a file by where they stand. What overlays an outer part has its keys, and no table of its own."""
    found: dict[str, type[BaseModel]] = {"": Deployment}
    waiting = [("", Deployment)]
    while waiting:
        path, model = waiting.pop(0)
        for name, field in model.model_fields.items():
            suffix = "[]" if typing.get_origin(field.annotation) is tuple else ""
            inner = f"{path}.{key_of(name, field)}{suffix}".removeprefix(".")
            for part in models_of(field.annotation):
                if part not in found.values():
                    found[inner] = part
                    waiting.append((inner, part))
    return found


def _sentence(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").split())


def _model_table(model: type[BaseModel]) -> str:
    rows = [
        (f"`{key_of(name, field)}`", _kind(field), _default(field), " ".join((field.description or "").split()))
        for name, field in model.model_fields.items()
    ]
    return _table(("Key", "Value", "Default", "Meaning"), rows)


def _kind(field: FieldInfo) -> str:
    """What a key takes, with its bounds."""
    write = _writing(field)
    bounds = {name: getattr(entry, name) for entry in field.metadata for name in ("ge", "le") if hasattr(entry, name)}
    least, most = (None if bounds.get(name) is None else write(bounds[name]) for name in ("ge", "le"))
    if write is duration_text:
        kind = "duration"
    elif write is size_text:
        kind = "size"
    elif typing.get_args(Address)[1] in field.metadata:
        kind = "IPv4 address"
    else:
        kind = _annotation_text(field.annotation)
    if least is not None and most is not None:
        return f"{kind}, {least} to {most}"
    return f"{kind}, at least {least}" if least not in (None, "0") else kind


_KINDS: dict[Any, str] = {
    int: "number",
    float: "number",
    bool: "true or false",
    str: "text",
    datetime.date: "date",
    Secret: "`${NAME}`",
    Address: "IPv4 address",
}


def _annotation_text(annotation: Any) -> str:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation in _KINDS:
        return _KINDS[annotation]
    if origin is typing.Annotated:
        return _annotation_text(arguments[0])
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_annotation_text(argument) for argument in arguments if argument is not types.NoneType)
    if origin is typing.Literal:
        return ", ".join(f"`{argument}`" for argument in arguments)
    if origin is tuple:
        inner = _annotation_text(arguments[0])
        return "list of keys" if inner == "keys" else f"list of {inner}"
    if origin is dict:
        return "keys and values"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "keys"
    raise ValueError(f"no words for a key that takes {annotation}")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True)
    if default is PydanticUndefined or default is None or isinstance(default, BaseModel | tuple | dict):
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    return _writing(field)(default) if isinstance(default, int) else str(default)


def _writing(field: FieldInfo) -> Callable[[int], str]:
    """How a field's numbers are written."""
    write = writing_of(field)
    return _number if write is str else write


def _number(value: int) -> str:
    return f"{value:,}"


if __name__ == "__main__":
    for each in TABLES:
        file = FOLDER / each
        file.write_text(rewritten(each, file.read_text()))
    (FOLDER / "feeds").mkdir(exist_ok=True)
    for each, page in feed_pages().items():
        (FOLDER / "feeds" / each).write_text(page)
