"""A deployment in YAML: validated, typed, frozen; every error names file, line, place and what would be right.

    deployment = load("configs/nasdaq_totalview.yaml")
    deployment.channels[0].lines[0].group

One file is one process at one exchange: a feed, its channels, the lines on which each arrives, and the limits. Nothing
here reaches for plug-ins, sockets or files other than the one that is read: whether the feed exists is judged where it
is loaded (`app.py`), with `Deployment.place` for the words of the error.

Unknown keys are refused with the nearest known one, since a misspelled limit that is silently ignored is found on the
worst day of the year. So are keys written twice, of which YAML itself would keep the last.
"""

from __future__ import annotations

import datetime
import ipaddress
import typing
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from feedhandler.plugins import nearest
from feedhandler.units import DURATION_UNITS, SIZE_UNITS, parse_duration, parse_size


class ConfigurationError(ValueError):
    """A configuration that cannot be used: one line of text a mistake, each with its file and place."""


def _amount_schema(units: dict[str, int]) -> dict[str, Any]:
    names = "|".join(units)
    return {"anyOf": [{"type": "string", "pattern": rf"^[0-9][0-9_]*(\.[0-9]+)? ?({names})$"}, {"const": 0}]}


Duration = Annotated[int, BeforeValidator(parse_duration), WithJsonSchema(_amount_schema(DURATION_UNITS))]
"""Nanoseconds, written with a unit."""

Size = Annotated[int, BeforeValidator(parse_size), WithJsonSchema(_amount_schema(SIZE_UNITS))]
"""Bytes, written with a unit."""


def _address(value: object) -> object:
    """An IPv4 address as text, or `ValueError`."""
    if not isinstance(value, str):
        raise ValueError("expected an IPv4 address such as 233.54.12.111")
    try:
        return str(ipaddress.IPv4Address(value))
    except ValueError as error:
        raise ValueError("expected an IPv4 address such as 233.54.12.111") from error


Address = Annotated[str, BeforeValidator(_address), WithJsonSchema({"type": "string", "format": "ipv4"})]
Name = Annotated[str, Field(min_length=1, max_length=64)]


class Model(BaseModel):
    """What all parts of a configuration have in common."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)


Part = TypeVar("Part", bound=Model)


class LineModel(Model):
    """One copy of a channel's stream."""

    name: Name
    """What the line is called in figures and alarms: A, B."""
    group: Address
    """The destination address: a multicast group."""
    port: int = Field(ge=0, le=65535)
    """The destination port."""
    source: Address | None = None
    """Only datagrams from this sender; left out: from any."""
    interface: str | None = None
    """The network interface that hears it; left out: the one of the default route. A replay has none."""


class CapacitiesModel(Model):
    """How much of everything a channel can hold. A full store makes books stale and is counted; it never grows."""

    instruments: int = Field(default=16_384, ge=1, le=1 << 24)
    """Instruments of the directory."""
    orders: int = Field(default=1 << 20, ge=1, le=1 << 27)
    """Orders that live at one time."""
    levels: int = Field(default=1 << 19, ge=1, le=1 << 26)
    """Price levels that live at one time."""
    events: int = Field(default=1 << 12, ge=2, le=1 << 24)
    """Events in the ring for readers, rounded up to a power of two."""
    hold_packets: int = Field(default=256, ge=1, le=4_096)
    """Packets that can wait for a hole to be filled."""
    hold_packet_bytes: Size = Field(default=2_048, ge=64, le=65_536)
    """The longest packet that can wait."""
    prefault: bool = False
    """Touch all of this memory before start, so that no page is missing when the first packets come."""


class LimitsModel(Model):
    """How long a channel waits."""

    request_after: Duration = Field(default=2_000_000, ge=0)
    """A hole is asked for after this; books then say RECOVERING."""
    give_up_after: Duration = Field(default=200_000_000, ge=1)
    """A hole becomes a gap after this; books are then STALE."""
    heartbeat: Duration = Field(default=0, ge=0)
    """Silence longer than this makes books STALE and raises an alarm; 0: never."""
    start_window: int = Field(default=4_096, ge=0)
    """A first packet at most this many messages after the session's first waits for what came before it."""
    jump_limit: int = Field(default=1 << 24, ge=1)
    """A packet further ahead than this many messages is believed only when a second one goes on from there."""


class ChannelModel(Model):
    """A sequenced stream: the unit of ordering and of trust."""

    name: Name
    """What the channel is called in figures, alarms and book look-ups."""
    lines: tuple[LineModel, ...] = Field(min_length=1, max_length=64)
    """The copies of the stream; the first arrival of each sequence wins."""
    capacities: CapacitiesModel | None = None
    """What differs from the deployment's capacities."""
    limits: LimitsModel | None = None
    """What differs from the deployment's limits."""

    @field_validator("lines", mode="before")
    @classmethod
    def _list_of_lines(cls, value: object) -> object:
        return _tuple(value)

    @model_validator(mode="after")
    def _different_lines(self) -> Self:
        _refuse_twice("lines", [line.name for line in self.lines], "name")
        return self


class Deployment(Model):
    """One process at one exchange."""

    name: Name
    """What the deployment is called."""
    feed: Name
    """The feed: an installed one (`feedhandler feeds` lists them) or package.module:object."""
    variant: str | None = None
    """The feed's variant; left out: its default, or the one of `venue`."""
    venue: str | None = Field(default=None, pattern=r"^[A-Z0-9]{4}$")
    """The venue's MIC (ISO 10383), instead of the variant or as a check of it."""
    session: str | None = None
    """How packets carry messages; left out: the feed's first session for packets."""
    trading_date: datetime.date | None = None
    """The day that times of day belong to; left out: the day on which the first packet was captured."""
    channels: tuple[ChannelModel, ...] = Field(default=(), max_length=64)
    """The channels; left out: a replay makes one for each destination that it finds."""
    capacities: CapacitiesModel = CapacitiesModel()
    """Of each channel."""
    limits: LimitsModel = LimitsModel()
    """Of each channel."""
    symbols: tuple[str, ...] = ()
    """Only these instruments get books; left out: all."""

    _file: str | None = PrivateAttr(default=None)
    _places: dict[tuple[str | int, ...], int] = PrivateAttr(default_factory=dict)

    @field_validator("channels", mode="before")
    @classmethod
    def _list_of_channels(cls, value: object) -> object:
        return _tuple(value)

    @field_validator("trading_date", mode="before")
    @classmethod
    def _plain_date(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return datetime.date.fromisoformat(value)
        except ValueError as error:
            raise ValueError(f"expected a date such as 2026-03-02; {error}") from error

    @field_validator("symbols", mode="before")
    @classmethod
    def _plain_symbols(cls, value: object) -> object:
        if not isinstance(value, list | tuple):
            raise ValueError("expected a list of symbols such as [AAPL, MSFT]")
        for symbol in value:
            if isinstance(symbol, bool):
                raise ValueError(f"YAML reads one symbol as {symbol}: put it in quotes, as in ['ON', 'TRUE']")
            if not isinstance(symbol, str) or not 1 <= len(symbol) <= 8 or not symbol.isascii() or " " in symbol:
                raise ValueError(f"expected symbols of 1 to 8 letters; {symbol!r} is none")
        return tuple(value)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _refuse_twice("channels", [channel.name for channel in self.channels], "name")
        keys = [(line.group, line.port, line.source) for channel in self.channels for line in channel.lines]
        for group, port, source in keys:
            if keys.count((group, port, source)) > 1:
                from_source = f" from {source}" if source else ""
                raise ValueError(f"two lines are {group}:{port}{from_source}; expected each at one place only")
        for channel in self.channels:
            limits = self.limits_of(channel)
            if limits.request_after > limits.give_up_after:
                raise ValueError(
                    f"channel {channel.name}: request_after is longer than give_up_after; "
                    "expected a hole to be asked for before it is given up"
                )
        return self

    def capacities_of(self, channel: ChannelModel | None) -> CapacitiesModel:
        """A channel's capacities: the deployment's, with what the channel says otherwise."""
        return _overlaid(self.capacities, channel.capacities if channel else None)

    def limits_of(self, channel: ChannelModel | None) -> LimitsModel:
        """A channel's limits: the deployment's, with what the channel says otherwise."""
        return _overlaid(self.limits, channel.limits if channel else None)

    def place(self, *path: str | int) -> str:
        """Where a key is written, for errors found later: `configs/a.yaml:3: feed`. Without a file only the key."""
        where = path_text(path)
        return f"{self._file}:{self._places.get(path, 1)}: {where}" if self._file is not None else where


def load(file: str | Path) -> Deployment:
    """Read and check a configuration file. Raises `ConfigurationError` with every mistake in it."""
    path = Path(file)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: is not UTF-8 text, from byte {error.start} on; expected YAML") from error
    return parse(text, str(path))


def parse(text: str, file: str) -> Deployment:
    """Check the text of a configuration; `file` is what errors call it."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.load(text, Loader=_StrictLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        raise ConfigurationError(f"{file}{line}: is not YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{file}: is not YAML: {error}") from error
    if not isinstance(content, dict):
        found = "nothing" if content is None else f"a {type(content).__name__}"
        raise ConfigurationError(f"{file}:1: holds {found}; expected keys such as name, feed and channels")
    places = dict(_places(node))
    try:
        deployment = Deployment.model_validate(content)
    except ValidationError as error:
        raise ConfigurationError("\n".join(_mistakes(error, file, places))) from error
    deployment._file = file
    deployment._places = places
    return deployment


def schema() -> dict[str, Any]:
    """The JSON Schema of a configuration file, for editors."""
    found = Deployment.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found}


def path_text(path: tuple[str | int, ...]) -> str:
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


# ----------------------------------------------------------------------------------------------------------- the errors


def _mistakes(error: ValidationError, file: str, places: dict[tuple[str | int, ...], int]) -> Iterator[str]:
    found = error.errors(include_url=False)
    for mistake in found:
        path = tuple(mistake["loc"])
        inner = any(len(other["loc"]) > len(path) and other["loc"][: len(path)] == path for other in found)
        # A list whose items are wrong is called too short as well, since wrong items are not counted.
        if not (mistake["type"] == "too_short" and inner):
            line = next(places[path[:size]] for size in range(len(path), -1, -1) if path[:size] in places)
            yield f"{file}:{line}: {path_text(path)}: {_words(mistake, path)}"


def _words(mistake: Any, path: tuple[str | int, ...]) -> str:
    """What was found, and what would be right."""
    if mistake["type"] == "extra_forbidden":
        known = list(_model_at(path[:-1]).model_fields)
        guess = nearest(str(path[-1]), known)
        meant = f" did you mean {guess}?" if guess else ""
        return f"unknown key;{meant} Known here: {', '.join(known)}"
    if mistake["type"] == "missing":
        return f"is missing; expected {_description(path)}"
    found = mistake["input"]
    shown = f"found {found!r}; " if isinstance(found, str | int | float | bool | None) else ""
    if mistake["type"] in ("too_short", "too_long"):
        bound = "at least" if mistake["type"] == "too_short" else "at most"
        limit = mistake["ctx"]["min_length" if mistake["type"] == "too_short" else "max_length"]
        return f"found {mistake['ctx']['actual_length']} entries; expected {bound} {limit}"
    words: str = mistake["msg"].removeprefix("Value error, ")
    for opening, plain in _PYDANTIC_OPENINGS:
        if words.startswith(opening):
            words = plain + words.removeprefix(opening)
            break
    return shown + words


_PYDANTIC_OPENINGS = (
    ("Input should be less", "expected a number less"),
    ("Input should be greater", "expected a number greater"),
    ("Input should be a valid tuple", "expected a list"),
    ("Input should be a valid dictionary or instance of", "expected keys and values, of"),
    ("Input should be", "expected"),
    ("String should", "expected text that should"),
)
"""How a validator begins, and how we do."""


def _description(path: tuple[str | int, ...]) -> str:
    field = _model_at(path[:-1]).model_fields[str(path[-1])]
    text = field.description or "a value"
    return text[:1].lower() + text[1:].rstrip(".")


def _model_at(path: tuple[str | int, ...]) -> type[BaseModel]:
    """The model that a place in the file is checked by."""
    model: type[BaseModel] = Deployment
    for part in path:
        if isinstance(part, str):
            model = next(found for found in _models(model.model_fields[part].annotation))
    return model


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that an annotation such as `tuple[X, ...]` or `X | None` names."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _models(argument)


# ------------------------------------------------------------------------------------------------------------- the YAML


class _StrictLoader(yaml.SafeLoader):
    """Safe YAML in which a key can be written only once, and a date is text until a model asks for one."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _mapping(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    loader.flatten_mapping(node)
    seen: dict[Hashable, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, Hashable):
            raise yaml.constructor.ConstructorError(None, None, "a key is not a plain word", key_node.start_mark)
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {key!r} is written twice", key_node.start_mark
            )
        seen[key] = loader.construct_object(value_node, deep=True)
    return seen


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def _places(node: yaml.Node | None, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], int]]:
    """The line on which each part of a document begins, from 1."""
    yield path, (node.start_mark.line + 1 if node is not None else 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*path, str(key.value))
            for place, line in _places(value, inner):
                # A block begins below its key; the key is what one looks for.
                yield place, (key.start_mark.line + 1 if place == inner else line)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _places(value, (*path, index))


# ---------------------------------------------------------------------------------------------------------- small parts


def _tuple(value: object) -> object:
    """Lists become tuples: strict models take no lists for them."""
    return tuple(value) if isinstance(value, list) else value


def _refuse_twice(kind: str, names: list[str], key: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two {kind} have the {key} {name!r}; expected each to have its own")


def _overlaid(base: Part, over: Part | None) -> Part:
    """A model with what another one says explicitly."""
    if over is None:
        return base
    return base.model_copy(update={name: getattr(over, name) for name in over.model_fields_set})
