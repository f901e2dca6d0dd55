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

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from feedhandler.configuration import reading
from feedhandler.configuration.models import (
    CapacitiesModel,
    ChannelModel,
    Deployment,
    LimitsModel,
    LineModel,
    LoggingModel,
    ReceiverModel,
    ReportModel,
    SchedulingModel,
    StatusModel,
    StrategyModel,
    WatchdogModel,
)
from feedhandler.configuration.values import Address, ConfigurationError, Duration, Model, Name, Secret, Size
from feedhandler.configuration.words import mistakes, path_text

__all__ = [
    "Address",
    "CapacitiesModel",
    "ChannelModel",
    "ConfigurationError",
    "Deployment",
    "Duration",
    "LimitsModel",
    "LineModel",
    "LoggingModel",
    "Model",
    "Name",
    "ReceiverModel",
    "ReportModel",
    "SchedulingModel",
    "Secret",
    "Size",
    "StatusModel",
    "StrategyModel",
    "WatchdogModel",
    "load",
    "parse",
    "path_text",
    "schema",
]


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
    content, places = reading.read_text(text, file)

    def place(path: reading.Path) -> str:
        line = next(places[path[:size]] for size in range(len(path), -1, -1) if path[:size] in places)
        return f"{file}:{line}: {path_text(path)}"

    try:
        deployment = Deployment.model_validate(content)
    except ValidationError as error:
        raise ConfigurationError("\n".join(mistakes(error, Deployment, place))) from error
    return deployment.read_from(file, places)


def schema(receivers: Mapping[str, type[BaseModel]]) -> dict[str, Any]:
    """The JSON Schema of a configuration file, for editors. `receivers` are the options of each kind that is known."""
    found = Deployment.model_json_schema()
    parts = found["$defs"]
    common = parts[ReceiverModel.__name__]
    kinds = []
    for kind, options in receivers.items():
        own = options.model_json_schema(ref_template="#/$defs/{model}")
        parts.update(own.pop("$defs", {}))
        properties = {**common["properties"], "kind": {"const": kind}, **own.get("properties", {})}
        # Not even `kind` is required: a channel's receiver says only what differs from the deployment's.
        kinds.append({**own, "title": f"receiver {kind}", "properties": properties, "required": []})
    unknown = {**common, "title": "another receiver", "required": ["kind"]}
    unknown["properties"] = {**common["properties"], "kind": {"type": "string", "not": {"enum": list(receivers)}}}
    parts[ReceiverModel.__name__] = {"description": common["description"], "anyOf": [*kinds, unknown]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found}
