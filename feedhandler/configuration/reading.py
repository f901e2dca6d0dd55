"""YAML in which every part knows its line: read strictly, so that what YAML forgives is a mistake with a place.

A key written twice, of which YAML itself would keep the last, is refused. Dates stay text until a model asks for one.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import yaml

from feedhandler.configuration.values import ConfigurationError, with_references

Path = tuple[str | int, ...]
Places = dict[Path, int]


def read_text(text: str, file: str) -> tuple[dict[str, Any], Places]:
    """The content of a file and the line of each of its parts; `file` is what errors call it."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        content = load_strictly(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        raise ConfigurationError(f"{file}{line}: is not YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{file}: is not YAML: {error}") from error
    if not isinstance(content, dict):
        found = "nothing" if content is None else f"a {type(content).__name__}"
        raise ConfigurationError(f"{file}:1: holds {found}; expected keys such as name, feed and channels")
    return with_references(content), dict(_places(node))


def load_strictly(text: str) -> Any:
    """The content of a YAML document. Raises `yaml.YAMLError`."""
    return yaml.load(text, Loader=_StrictLoader)


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


def _places(node: yaml.Node | None, path: Path = ()) -> Iterator[tuple[Path, int]]:
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
