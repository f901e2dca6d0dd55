"""The words of errors: where a mistake is, what was found there, and what would be right."""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterator
from typing import Any

from pydantic import BaseModel, BeforeValidator, ValidationError
from pydantic.fields import FieldInfo

from feedhandler.configuration.reading import Path
from feedhandler.configuration.values import EnvironmentReference, MistakeAt
from feedhandler.plugins import nearest
from feedhandler.units import duration_text, parse_duration, parse_size, size_text

Place = Callable[[Path], str]
"""A part of a file as errors call it: `configs/a.yaml:3: feed`."""

NO_REFERENCE = "environment references are for secrets only: write the value itself"


def mistakes(error: ValidationError, model: type[BaseModel], place: Place) -> Iterator[str]:
    """The mistakes of a part of a file that does not fit its model, one line each.

    `place` says where in the file a key of that model is written.
    """
    found = error.errors(include_url=False)
    for mistake in found:
        path = tuple(mistake["loc"])
        inner = any(len(other["loc"]) > len(path) and other["loc"][: len(path)] == path for other in found)
        # A list whose items are wrong is called too short as well, since wrong items are not counted.
        if not (mistake["type"] == "too_short" and inner):
            yield f"{place(path + _inner_path(mistake))}: {_words(mistake, model, path)}"


def _inner_path(mistake: Any) -> Path:
    """Where below the part that found a mistake it is to be mended."""
    error = mistake.get("ctx", {}).get("error")
    return error.path if isinstance(error, MistakeAt) else ()


def path_text(path: Path) -> str:
    """A place in a configuration.

    >>> path_text(("channels", 0, "lines", 1, "port"))
    'channels[0].lines[1].port'
    """
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            # What would break the line, or be invisible in it, is shown as Python writes it.
            shown = part if part.isprintable() and part.strip() else repr(part)
            text += f".{shown}" if text else shown
    return text or "the file"


def key_of(name: str, field: FieldInfo) -> str:
    """What a field is called in the file: `class` cannot be a name in Python."""
    return field.alias or name


def writing_of(field: FieldInfo) -> Callable[[int], str]:
    """How a field's numbers are written: durations and sizes with their unit."""
    validators = [entry.func for entry in field.metadata if isinstance(entry, BeforeValidator)]
    return duration_text if parse_duration in validators else size_text if parse_size in validators else str


def as_written(model: BaseModel) -> dict[str, Any]:
    """A model's own values by key, durations and sizes as text with their unit."""
    found = {}
    for name, field in type(model).model_fields.items():
        value, write = getattr(model, name), writing_of(field)
        found[key_of(name, field)] = write(value) if write is not str and value is not None else value
    return found


def models_of(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that an annotation such as `tuple[X, ...]` or `X | None` names."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from models_of(argument)


def _words(mistake: Any, model: type[BaseModel], path: Path) -> str:
    """What was found, and what would be right."""
    if mistake["type"] == "extra_forbidden":
        known = [key_of(name, field) for name, field in _model_at(model, path[:-1]).model_fields.items()]
        guess = nearest(str(path[-1]), known)
        meant = f" did you mean {guess}?" if guess else ""
        return f"unknown key;{meant} Known here: {', '.join(known) or 'none'}"
    if mistake["type"] == "missing":
        return f"is missing; expected {_description(model, path)}"
    found = mistake["input"]
    words: str = mistake["msg"].removeprefix("Value error, ")
    if isinstance(found, EnvironmentReference):
        return f"found {found}; {words if words.startswith(_SECRET_OPENING) else NO_REFERENCE}"
    if words.startswith(_SECRET_OPENING):
        # What was written in the place of a secret may be the secret itself.
        return words
    shown = f"found {found!r}; " if isinstance(found, str | int | float | bool | None) else ""
    if mistake["type"] in ("too_short", "too_long"):
        bound = "at least" if mistake["type"] == "too_short" else "at most"
        limit = mistake["ctx"]["min_length" if mistake["type"] == "too_short" else "max_length"]
        return f"found {mistake['ctx']['actual_length']} entries; expected {bound} {limit}"
    if mistake["type"] in _BOUNDS:
        key, comparison = _BOUNDS[mistake["type"]]
        named = isinstance(path[-1], str)
        written = writing_of(_field_at(_model_at(model, path[:-1]), str(path[-1]))) if named else str
        return f"found {written(found)}; expected {comparison} {written(mistake['ctx'][key])}"
    for opening, plain in _PYDANTIC_OPENINGS:
        if words.startswith(opening):
            words = plain + words.removeprefix(opening)
            break
    return shown + words


_SECRET_OPENING = "expected a reference to an environment variable"

_BOUNDS = {"greater_than_equal": ("ge", "at least"), "less_than_equal": ("le", "at most")}
"""Kinds of mistakes about an amount: where its bound is kept, and our words."""

_PYDANTIC_OPENINGS = (
    ("Input should be a valid tuple", "expected a list"),
    ("Input should be a valid dictionary or instance of", "expected keys and values, of"),
    ("Input should be a valid dictionary", "expected keys and values"),
    ("Input should be", "expected"),
    ("String should", "expected text that should"),
)
"""How a validator begins, and how we do."""


def _description(model: type[BaseModel], path: Path) -> str:
    field = _field_at(_model_at(model, path[:-1]), str(path[-1]))
    text = field.description or "a value"
    return text[:1].lower() + text[1:].rstrip(".")


def _model_at(model: type[BaseModel], path: Path) -> type[BaseModel]:
    """The model that a place in the file is checked by."""
    for part in path:
        if isinstance(part, str):
            model = next(found for found in models_of(_field_at(model, part).annotation))
    return model


def _field_at(model: type[BaseModel], key: str) -> FieldInfo:
    return next(field for name, field in model.model_fields.items() if key_of(name, field) == key)
