"""What a third-party dissector said of captured packets, and how to compare it with what a feed decodes.

The oracles hold each packet's fields in wire order as [name, text]. A feed's test says where names differ and which
fields cannot be compared, each with a reason; every other field of every message must agree, nothing the dissector saw
may be left over, and an excuse that is not needed fails.
"""

from __future__ import annotations

import gzip
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from feedhandler.decoding import DecodedMessage, Decoder
from feedhandler.feed import Feed
from feedhandler.wire.fields import FieldType, alpha
from feedhandler.wire.message import MessageLayout
from feedhandler.wire.parts import BlockType, GroupPart
from replay import frames

Pair = tuple[str, str]


@dataclass
class Comparison:
    """The rules of one feed, and what came of them."""

    feed: Feed
    variant: str | None = None
    starts: tuple[str, ...] = ("messageindex",)  #: names with which the dissector opens a message
    names: Mapping[tuple[str, str], str] = field(default_factory=dict)  #: (message or "", our field) -> its name
    unread: Mapping[str, str] = field(default_factory=dict)  #: names of the dissector that are no fields -> reason
    not_given: Mapping[tuple[str, str], str] = field(default_factory=dict)  #: (message or "", our field) -> reason
    scaled: bool = True  #: whether the dissector prints prices with their decimal point
    texts: Mapping[str, Callable[[str], Any]] = field(default_factory=dict)  #: our field -> how its text reads
    suffixes: tuple[str, ...] = ()  #: what the dissector adds to a field's name to say its type
    compared: Counter[str] = field(default_factory=Counter)
    excused: set[tuple[str, str]] = field(default_factory=set)

    def folder(self, place: Path, *, wanted: Callable[[str], bool] = lambda name: True) -> Comparison:
        """Compare every packet of a folder's captures."""
        with gzip.open(place / "oracle.jsonl.gz", "rt") as lines:
            packets = [packet for line in lines if wanted((packet := json.loads(line))["file"])]
        files = sorted({packet["file"] for packet in packets})
        payloads = {name: [frame.payload for frame in frames(place / name)] for name in files}
        assert Counter(packet["file"] for packet in packets) == {name: len(found) for name, found in payloads.items()}
        decoder = Decoder(self.feed, self.variant or self.feed.default_variant, self.feed.session())
        for packet in packets:
            payload = payloads[packet["file"]][packet["frame"] - 1]
            where = f"{packet['file']} frame {packet['frame']}"
            self.packet(where, list(decoder.messages(payload)), [(name, text) for name, text in packet["fields"]])
        return self

    def packet(self, where: str, decoded: Sequence[DecodedMessage], pairs: Sequence[Pair]) -> None:
        """Compare one packet."""
        bodies: list[list[Pair]] = []
        for pair in pairs:
            if pair[0] in self.starts:
                bodies.append([])
            if bodies:
                bodies[-1].append(pair)
        problems = [message for message in decoded if message.error is not None]
        assert not problems, f"{where}: {problems}"
        assert len(bodies) == len(decoded), f"{where}: {len(decoded)} messages, the dissector saw {len(bodies)}"
        for number, (message, body) in enumerate(zip(decoded, bodies, strict=True)):
            self.message(f"{where} message {number + 1}", message, body)

    def message(self, where: str, message: DecodedMessage, body: Sequence[Pair]) -> None:
        """Compare one message."""
        table = next(known for known in self.feed.messages(self.variant) if known.__name__ == message.message)
        left: dict[str, list[str]] = defaultdict(list)
        for name, text in body:
            left[name.replace("_", "")].append(text)
        for path, kind, value in flattened(table, message.fields):
            self.one(f"{where} {table.__name__}.{path}", table.__name__, path.rpartition(".")[2], kind, value, left)
        rest = {name: texts for name, texts in left.items() if texts and name not in self.unread}
        self.excused |= {("", name) for name in left if name in self.unread and left[name]}
        assert not rest, f"{where}: the table of {table.__name__} lacks {rest}"
        self.compared[table.__name__] += 1

    def one(
        self, where: str, table: str, name: str, kind: FieldType, value: Any, left: dict[str, list[str]]
    ) -> None:
        """Compare one field with the next text under its name."""
        if kind.kind == "reserved":
            # Bytes without meaning: the dissector numbers them by their size, and prints them in a way of its own.
            spare = next((known for known in left if known.startswith("reserved") and left[known]), None)
            if spare is not None:
                left[spare].pop(0)
            return
        known = self.name(table, name)
        if not left.get(known):
            known = next((longer for suffix in self.suffixes if left.get(longer := known + suffix)), known)
        if kind.kind == "flags" and not (left.get(known) and left[known][0].isdecimal()):
            self.bits(where, table, name, kind, value, left)
            return
        if not left.get(known):
            key = (table, name) if (table, name) in self.not_given else ("", name)
            assert key in self.not_given, f"{where}: the dissector has no {known}; it has {sorted(left)}"
            self.excused.add(key)
            return
        text = left[known].pop(0)
        if name in self.texts:
            assert value == self.texts[name](text), f"{where}: {value!r}, the dissector says {text!r}"
            return
        expected = self.expected(kind, text)
        if value is None:
            # The dissector prints the null value itself, or what a float makes of it.
            assert text == "-nan" or expected == kind.null, f"{where}: null, the dissector says {text!r}"
        elif isinstance(expected, float):
            assert value == expected or math.isclose(value, expected, rel_tol=1e-12), f"{where}: {value!r} {text!r}"
        else:
            assert value == expected, f"{where}: {value!r}, the dissector says {text!r}"

    def name(self, table: str, name: str) -> str:
        return self.names.get((table, name)) or self.names.get(("", name)) or re.sub(r"\W|_", "", name).lower()

    def bits(
        self, where: str, table: str, name: str, kind: FieldType, value: int, left: dict[str, list[str]]
    ) -> None:
        """Compare a set of flags bit by bit; the dissector prints the words of those that are set, too."""
        for mask, word in kind.names:
            known = self.name(table, word)
            key = (table, name)
            if not left.get(known):
                assert key in self.not_given, f"{where}: the dissector has no bit {known}; it has {sorted(left)}"
                self.excused.add(key)
                continue
            text = left[known].pop(0)
            assert int(bool(value & mask)) == int(text), f"{where} {word}: {value:#x}, the dissector says {text!r}"
        words = left.get(self.name(table, name))
        if words and value:
            words.pop(0)

    def expected(self, kind: FieldType, text: str) -> Any:
        """The dissector's text as our raw value."""
        if kind.kind == "double":
            return float(text)
        if kind.kind == "price" and self.scaled and text != "-nan":
            return round(float(text) * 10**kind.decimals)
        if kind.kind == "char":
            return text
        if kind.is_text:
            return text.rstrip(" ")
        return int(text) if text.lstrip("-").isdecimal() else text

    def check(self, **compared: int) -> None:
        """Every type was compared as often as the captures hold it, and no excuse is needless."""
        assert dict(self.compared) == compared
        excuses = {*self.not_given, *(("", name) for name in self.unread)}
        assert self.excused == excuses, f"needless: {excuses - self.excused}"


def flattened(
    table: MessageLayout, values: Mapping[str, Any], inside: str = ""
) -> Iterator[tuple[str, FieldType, Any]]:
    """Every field of a decoded message in wire order: path, type, value; blocks and groups with theirs."""
    for name, place in table.fields.items():
        if isinstance(place.type, BlockType):
            yield from flattened(place.type.table, values[name], f"{inside}{name}.")
        elif not name.startswith("padding_at_"):
            yield f"{inside}{name}", place.type, values[name]
    for name, tail in table.tails.items():
        if isinstance(tail, GroupPart):
            for number, entry in enumerate(values[name] or []):
                yield from flattened(tail.entry, entry, f"{inside}{name}[{number}].")
        elif getattr(tail, "text", None) is not None:
            yield f"{inside}{name}", alpha(8), values[name]
