"""What options are made of, wherever they are declared: the model they all derive from, and the kinds of values.

    class Options(Model):
        \"""Options of a receiver of one's own.\"""

        receive_buffer: Size = Field(default=16 << 20, ge=4096)
        \"""Bytes that the kernel may keep for us.\"""

A model is frozen, refuses unknown keys and takes no value of another kind; the sentence below each field is its
documentation, in errors, in the JSON Schema and in the configuration reference.

Values are written out in the file. The one exception is a `Secret`, which must not be in a file and therefore is only
ever written as ${NAME}: the name of an environment variable.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema, core_schema

from feedhandler.units import DURATION_UNITS, SIZE_UNITS, parse_duration, parse_size


class ConfigurationError(ValueError):
    """A configuration that cannot be used: one line of text a mistake, each with its file and place."""


class MistakeAt(ValueError):
    """A mistake that a model finds among its parts, and where below it is to be mended."""

    def __init__(self, path: tuple[str | int, ...], words: str) -> None:
        super().__init__(words)
        self.path = path


class Model(BaseModel):
    """What all parts of a configuration have in common."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)


Part = TypeVar("Part", bound=Model)


def overlaid(base: Part, over: Part | None) -> Part:
    """A model with what another one says explicitly."""
    if over is None:
        return base
    return base.model_copy(update={name: getattr(over, name) for name in over.model_fields_set})


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
"""An IPv4 address."""

Name = Annotated[str, Field(min_length=1, max_length=64)]
"""What something is called."""


# ---------------------------------------------------------------------------------------------------------- the secrets

_REFERENCE = re.compile(r"\$\{[^}]*\}")
_SECRET = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SECRET_EXPECTED = "expected a reference to an environment variable, such as ${PASSWORD}"


@dataclass(frozen=True)
class EnvironmentReference:
    """Text of a file that holds ${...}: no text to any key but a `Secret`."""

    text: str

    def __repr__(self) -> str:
        return self.text


class Secret:
    """A value that is kept in an environment variable and is never in a file, an error or a log.

    Printing it shows the reference; `reveal` gives the value.
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def reveal(self, environment: Mapping[str, str] = os.environ) -> str:
        """The value. Raises `ConfigurationError` where the variable is not set, or is empty."""
        value = environment.get(self.name, "")
        if not value:
            raise ConfigurationError(f"the environment variable {self.name} is not set; expected it to hold the secret")
        return value

    def __repr__(self) -> str:
        return f"${{{self.name}}}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.of, serialization=core_schema.plain_serializer_function_ser_schema(repr)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: CoreSchema, _handler: Any) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{_SECRET.pattern}$"}

    @classmethod
    def of(cls, value: object) -> Secret:
        """What a key of a file gives as a secret. Raises `ValueError` where that is no reference."""
        if isinstance(value, Secret):
            return value
        found = _SECRET.fullmatch(value.text) if isinstance(value, EnvironmentReference) else None
        if found is None:
            raise ValueError(f"{_SECRET_EXPECTED}: a secret is never written in the file")
        return cls(found[1])


def with_references(content: Any) -> Any:
    """A file's content, in which every text that holds ${...} is an `EnvironmentReference`."""
    if isinstance(content, dict):
        return {key: with_references(value) for key, value in content.items()}
    if isinstance(content, list):
        return [with_references(value) for value in content]
    if isinstance(content, str) and _REFERENCE.search(content):
        return EnvironmentReference(content)
    return content


def secrets_in(value: Any) -> list[Secret]:
    """Every secret that a model names, at any depth."""
    if isinstance(value, Secret):
        return [value]
    if isinstance(value, BaseModel):
        return [secret for _, inner in value for secret in secrets_in(inner)]
    if isinstance(value, Mapping):
        return [secret for inner in value.values() for secret in secrets_in(inner)]
    if isinstance(value, tuple | list):
        return [secret for inner in value for secret in secrets_in(inner)]
    return []
