"""What one needs to know to compare a feed with another decoder: a YAML file, of the feed or of a user.

A field is called the same by both, but for case and separators; everything else is said here. `not_given` and
`not_compared` are excuses, and each has its reason: they are the report's list of what was not proved.
"""

from __future__ import annotations

import string
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError

from feedhandler.configuration import reading
from feedhandler.configuration.values import ConfigurationError, Model
from feedhandler.configuration.words import mistakes, path_text
from feedhandler.feed import Feed

FOLDER = "dissector"
"""Where a feed keeps its rules: `<feed>.yaml`, or `<feed>.<variant>.yaml` where a variant has its own."""

Reading = Literal["utc_s", "utc_ms", "utc_us", "utc_ns"]
"""How a text of the other decoder is read: a date and time in UTC, as a number of these units of the Unix epoch."""


def _plain_words(text: str) -> str:
    """A sentence whose blanks are names and nothing else, or `ValueError`."""
    for _, name, _, conversion in string.Formatter().parse(text):
        if name is not None and (not name.isidentifier() or conversion):
            raise ValueError(f"{{{name}}} is no field of an entry; expected {{price}} or {{price:.12g}}")
    return text


class ListRules(Model):
    """A repeating group that the other decoder puts into words, one sentence an entry."""

    name: str
    """What it calls each sentence."""
    text: Annotated[str, AfterValidator(_plain_words)]
    """The sentence, with the entry's fields as blanks: `{side} {price:.12g}`."""
    words: dict[str, dict[int, str]] = Field(default_factory=dict)
    """What it prints for the values of a field."""
    empty: str | None = None
    """What it says where the group has no entry; left out: nothing."""


class Rules(Model):
    """How another decoder's words compare with a feed's. Fields are named `Message.field`, or `field` in all."""

    starts: tuple[str, ...] = ("messageindex",)
    """The names with which it opens a message; what it says before the first belongs to the packet."""
    names: dict[str, str] = Field(default_factory=dict)
    """Its name for a field, or for a bit of a set of flags, where that is not ours without case and separators."""
    suffixes: tuple[str, ...] = ()
    """What it may add to a field's name to say its type."""
    not_compared: dict[str, str] = Field(default_factory=dict)
    """Its names that are no fields of a message, and why."""
    not_given: dict[str, str] = Field(default_factory=dict)
    """Our fields that it leaves out, always or at times, and why."""
    prices_scaled: bool = True
    """Whether it prints prices with their decimal point."""
    divided: dict[str, Annotated[int, Field(gt=0)]] = Field(default_factory=dict)
    """Our fields that it prints divided by so much."""
    texts_cut: bool = False
    """Whether it prints texts up to their first blank only."""
    readings: dict[str, Reading] = Field(default_factory=dict)
    """Our fields that it prints as something else than their value."""
    lists: dict[str, ListRules] = Field(default_factory=dict)
    """Our repeating groups, as `Message.group`, that it puts into words."""


def rules_text(text: str, file: str) -> Rules:
    """The rules of a file's text. Raises `ConfigurationError` with every mistake in it."""
    content, places = reading.read_text(text, file)

    def place(path: reading.Path) -> str:
        line = next(places[path[:size]] for size in range(len(path), -1, -1) if path[:size] in places)
        return f"{file}:{line}: {path_text(path)}"

    # YAML has lists; the model's are tuples, so that nobody changes them.
    listed: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in content.items()
    }
    try:
        return Rules.model_validate(listed)
    except ValidationError as error:
        raise ConfigurationError("\n".join(mistakes(error, Rules, place))) from error


def rules_read(path: Path) -> Rules:
    """The rules of a file."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read: {error}") from error
    return rules_text(text, str(path))


def rules_of(feed: Feed, variant: str) -> Rules:
    """The rules that a feed brings for the dissector it was checked with; none is no mistake, since names may agree."""
    folder = resources.files(feed.package).joinpath(FOLDER)
    for name in (f"{feed.name}.{variant}.yaml", f"{feed.name}.yaml"):
        file = folder.joinpath(name)
        if file.is_file():
            return rules_text(file.read_text(encoding="utf-8"), f"{feed.package}/{FOLDER}/{name}")
    return Rules()


NANOSECONDS: dict[str, int] = {"utc_s": 10**9, "utc_ms": 10**6, "utc_us": 10**3, "utc_ns": 1}
"""Of one unit of each reading."""
