"""What another decoder said of a capture's packets: one JSON line a packet, or the JSON that tshark writes.

A line is {"file": ..., "frame": ..., "fields": [[name, text], ...]}, fields in the order of the bytes. `tshark -T json`
writes one array; an object there may hold a key many times (repeated messages do), so pairs are read, not dictionaries.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feedhandler.configuration.values import ConfigurationError

Pair = tuple[str, str]

CARRIERS = frozenset({"frame", "frame_raw", "eth", "vlan", "sll", "ip", "ipv6", "udp", "data", "udp_raw"})
"""Layers below the message: what tshark itself decodes."""


class OracleError(ConfigurationError):
    """A file that holds no reading of packets; the text says what was found and where."""


@dataclass(frozen=True, slots=True)
class OraclePacket:
    """One packet as the other decoder read it."""

    file: str | None  #: the capture's name, None where the oracle is of one capture
    frame: int  #: in its file, from 1
    pairs: tuple[Pair, ...]


def normal(name: str) -> str:
    """A name without case and separators.

    >>> normal("Order_Reference-Number")
    'orderreferencenumber'
    """
    return re.sub(r"[\W_]", "", name).lower()


def oracle_packets(path: Path) -> Iterator[OraclePacket]:
    """Every packet of an oracle, plain or compressed with gzip, of either form. Raises `OracleError`."""
    try:
        with path.open("rb") as raw:
            compressed = raw.read(2) == b"\x1f\x8b"
        with gzip.open(path, "rt", encoding="utf-8") if compressed else path.open(encoding="utf-8") as lines:
            first = lines.read(1)
            while first.isspace():
                first = lines.read(1)
            if first == "[":
                yield from _tshark_packets(path, "[" + lines.read())
            else:
                # The rest of a first line, of which one character is read.
                yield from _line_packets(path, first, lines)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise OracleError(f"{path}: cannot be read: {error}") from error


def _line_packets(path: Path, start: str, lines: Iterator[str]) -> Iterator[OraclePacket]:
    for number, line in enumerate(lines, 1):
        text = start + line if number == 1 else line
        if not text.strip():
            continue
        try:
            packet = json.loads(text)
            yield OraclePacket(
                None if packet.get("file") is None else str(packet["file"]), int(packet["frame"]),
                tuple((str(name), str(value)) for name, value in packet["fields"]),
            )  # fmt: skip
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise OracleError(
                f'{path}:{number}: is no packet; expected {{"file": .., "frame": 1, "fields": [["name", "text"], ..]}}'
            ) from error


class _Pairs(list[tuple[str, Any]]):
    """A JSON object with all its keys, in order."""


def _tshark_packets(path: Path, text: str) -> Iterator[OraclePacket]:
    try:
        packets = json.loads(text, object_pairs_hook=_Pairs)
    except ValueError as error:
        raise OracleError(f"{path}: is not JSON: {error}") from error
    for number, packet in enumerate(packets, 1):
        layers = _member(_member(packet, "_source"), "layers")
        if not isinstance(layers, _Pairs):
            raise OracleError(f"{path}: packet {number} has no _source.layers; expected what `tshark -T json` writes")
        frame = _member(_member(layers, "frame"), "frame.number")
        found: list[Pair] = []
        for layer, content in layers:
            if layer not in CARRIERS and not layer.endswith("_raw"):
                found += _leaves(layer, content)
        yield OraclePacket(None, int(frame) if isinstance(frame, str) else number, tuple(found))


def _member(pairs: Any, name: str) -> Any:
    if not isinstance(pairs, _Pairs):
        return None
    return next((value for key, value in pairs if key == name), None)


def _leaves(prefix: str, content: Any) -> Iterator[Pair]:
    """Every field below a layer in order; subtrees are only a way to print them."""
    if not isinstance(content, _Pairs):
        return
    for key, value in content:
        if key.endswith("_raw"):
            continue
        if isinstance(value, _Pairs):
            yield from _leaves(prefix, value)
            continue
        name = normal(key.removeprefix(f"{prefix}.") if key.startswith(f"{prefix}.") else key.rpartition(".")[2])
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, _Pairs):
                yield from _leaves(prefix, one)
            else:
                yield name, str(one)
