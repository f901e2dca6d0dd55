"""Compares what a feed's tables make of packets with what another decoder made of them.

Every field of every message takes the next text under its name. What the other decoder said and nothing took is a
difference too, and so is a field of ours that it does not have: only what the rules excuse is left out, and counted.
"""

from __future__ import annotations

import datetime
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from feedhandler.decoding import DecodedMessage
from feedhandler.feed import Feed
from feedhandler.wire.behind import BehindPart
from feedhandler.wire.fields import FieldType, alpha
from feedhandler.wire.groups import GroupPart
from feedhandler.wire.message import MessageLayout
from feedhandler.wire.parts import BlockType

from .oracle import Pair, normal
from .rules import NANOSECONDS, ListRules, Rules

EXAMPLES = 3
"""Differences that are kept of each message type, and packets that could not be compared."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field on which the two decoders differ; None: one of them does not have it."""

    place: str
    field: str
    decoded: Any
    oracle: str | None


@dataclass
class TypeAgreement:
    """What came of the fields of one message type."""

    messages: int = 0
    equal: int = 0
    different: int = 0
    examples: list[Difference] = field(default_factory=list)
    not_comparable: Counter[tuple[str, str]] = field(default_factory=Counter)  #: (field, reason)

    @property
    def compared(self) -> int:
        """Fields that were compared."""
        return self.equal + self.different


@dataclass
class Agreement:
    """What came of a comparison."""

    feed: str
    variant: str
    packets: int = 0
    types: dict[str, TypeAgreement] = field(default_factory=dict)
    not_compared: Counter[tuple[str, str]] = field(default_factory=Counter)  #: (the other decoder's name, reason)
    problem_count: int = 0
    problems: list[str] = field(default_factory=list)  #: the first packets that could not be compared
    excuses: set[tuple[str, str]] = field(default_factory=set)  #: (key of the rules, its name) that were needed

    @property
    def agrees(self) -> bool:
        """Whether nothing differs and every packet was compared."""
        return self.problem_count == 0 and all(found.different == 0 for found in self.types.values())

    def problem(self, text: str) -> None:
        """A packet could not be compared."""
        self.problem_count += 1
        if len(self.problems) < EXAMPLES:
            self.problems.append(text)

    def as_json(self) -> dict[str, Any]:
        """The report as plain data."""
        return {
            "feed": self.feed,
            "variant": self.variant,
            "agrees": self.agrees,
            "packets": self.packets,
            "messages": [
                {
                    "message": name,
                    "messages": found.messages,
                    "compared": found.compared,
                    "equal": found.equal,
                    "different": found.different,
                    "examples": [
                        {"place": one.place, "field": one.field, "decoded": one.decoded, "oracle": one.oracle}
                        for one in found.examples
                    ],
                    "not_comparable": [
                        {"field": name, "reason": reason, "count": count}
                        for (name, reason), count in sorted(found.not_comparable.items())
                    ],
                }
                for name, found in sorted(self.types.items())
            ],
            "not_compared": [
                {"name": name, "reason": reason, "count": count}
                for (name, reason), count in sorted(self.not_compared.items())
            ],
            "problem_count": self.problem_count,
            "problems": self.problems,
        }


class Comparison:
    """Compares the packets of one feed in one variant under some rules; the outcome gathers in `agreement`."""

    def __init__(self, feed: Feed, variant: str, rules: Rules, agreement: Agreement | None = None) -> None:
        self.feed = feed
        self.variant = variant
        self.rules = rules
        self.agreement = agreement or Agreement(feed.name, variant)
        self._tables = {table.__name__: table for table in feed.messages(variant)}
        self._starts = {normal(name) for name in rules.starts}
        self._not_compared = {normal(name): reason for name, reason in rules.not_compared.items()}

    def packet(self, place: str, decoded: Sequence[DecodedMessage], pairs: Sequence[Pair]) -> None:
        """Compare one packet; `place` is what the report calls it."""
        self.agreement.packets += 1
        bodies: list[list[Pair]] = []
        for name, text in pairs:
            if normal(name) in self._starts:
                bodies.append([])
            if bodies:
                bodies[-1].append((normal(name), text))
        for message in decoded:
            if message.error is not None:
                self.agreement.problem(f"{place}: {message.message or 'a message'}: {message.error.name.lower()}")
                return
        if len(bodies) != len(decoded):
            self.agreement.problem(f"{place}: {len(decoded)} messages decoded, the oracle has {len(bodies)}")
            return
        for number, (message, body) in enumerate(zip(decoded, bodies, strict=True)):
            self._message(f"{place} message {number + 1}", message, body)

    def needless(self) -> set[tuple[str, str]]:
        """The excuses of the rules that nothing needed."""
        rules = self.rules
        excuses = {("not_given", name) for name in rules.not_given}
        return (excuses | {("not_compared", normal(name)) for name in rules.not_compared}) - self.agreement.excuses

    def _message(self, place: str, message: DecodedMessage, body: Sequence[Pair]) -> None:
        table = self._tables[str(message.message)]
        found = self.agreement.types.setdefault(table.__name__, TypeAgreement())
        found.messages += 1
        left: dict[str, list[str]] = defaultdict(list)
        for name, text in body:
            left[name].append(text)
        one = _Message(self, found, table.__name__, place, left)
        values = dict(message.fields)
        for path, rules in self.rules.lists.items():
            owner, _, name = path.partition(".")
            if owner == table.__name__:
                one.sentences(name, rules, values[name] or [])
                values[name] = []
        for path, kind, value in flattened(table, values):
            one.field(path, kind, value)
        for name, texts in left.items():
            reason = self._not_compared.get(name)
            for text in texts:
                if reason is None:
                    one.differs(name, None, text)
                else:
                    self.agreement.not_compared[name, reason] += 1
                    self.agreement.excuses.add(("not_compared", name))


@dataclass
class _Message:
    """One message on its way through the comparison."""

    owner: Comparison
    found: TypeAgreement
    table: str
    place: str
    left: dict[str, list[str]]

    def differs(self, name: str, decoded: Any, oracle: str | None) -> None:
        self.found.different += 1
        if len(self.found.examples) < EXAMPLES:
            self.found.examples.append(Difference(self.place, name, decoded, oracle))

    def judge(self, name: str, decoded: Any, oracle: str, equal: bool) -> None:
        if equal:
            self.found.equal += 1
        else:
            self.differs(name, decoded, oracle)

    def excused(self, path: str, name: str) -> None:
        """The other decoder does not have a field: excused, or a difference."""
        rules = self.owner.rules
        for key in (f"{self.table}.{name}", name):
            reason = rules.not_given.get(key)
            if reason is not None:
                self.found.not_comparable[name, reason] += 1
                self.owner.agreement.excuses.add(("not_given", key))
                return
        self.differs(path, "(present)", None)

    def known(self, name: str) -> str:
        """What the other decoder calls a field or a bit."""
        rules = self.owner.rules
        return normal(rules.names.get(f"{self.table}.{name}") or rules.names.get(name) or name)

    def field(self, path: str, kind: FieldType, value: Any) -> None:
        """Compare one field with the next text under its name."""
        name = path.rpartition(".")[2]
        left, rules = self.left, self.owner.rules
        if kind.kind == "reserved":
            # Bytes without meaning: others number them by their size, and print them in a way of their own.
            spare = next((known for known in left if known.startswith("reserved") and left[known]), None)
            if spare is not None:
                left[spare].pop(0)
            return
        known = self.known(name)
        if not left.get(known):
            known = next((longer for suffix in rules.suffixes if left.get(longer := known + suffix)), known)
        if kind.kind == "flags" and not (left.get(known) and left[known][0].isdecimal()):
            self.bits(path, name, kind, int(value))
            return
        if not left.get(known):
            self.excused(path, name)
            return
        text = left[known].pop(0)
        divisor = rules.divided.get(f"{self.table}.{name}") or rules.divided.get(name)
        if divisor is not None:
            self.judge(path, value, text, value is not None and Decimal(value) / divisor == _number(text))
            return
        if rules.texts_cut and kind.kind == "text" and isinstance(value, str):
            value = value.partition(" ")[0]
        reading = rules.readings.get(f"{self.table}.{name}") or rules.readings.get(name)
        self.judge(path, value, text, _equal(kind, value, text, reading, rules.prices_scaled))

    def bits(self, path: str, name: str, kind: FieldType, value: int) -> None:
        """Compare a set of flags bit by bit; the words of those that are set may be printed, too."""
        for mask, word in kind.names:
            known = self.known(word)
            if not self.left.get(known):
                self.excused(f"{path} ({word})", name)
                continue
            text = self.left[known].pop(0)
            self.judge(f"{path} ({word})", int(bool(value & mask)), text, str(int(bool(value & mask))) == text)
        words = self.left.get(self.known(name))
        if words and value:
            words.pop(0)

    def sentences(self, name: str, rules: ListRules, entries: Sequence[Mapping[str, Any]]) -> None:
        """Compare a group that the other decoder puts into words."""
        said = self.left.get(normal(rules.name), [])
        ours = []
        for entry in entries:
            values = {key: rules.words.get(key, {}).get(value, value) for key, value in entry.items()}
            try:
                ours.append(rules.text.format(**values))
            except (ValueError, TypeError, KeyError) as error:
                ours.append(f"(no words: {error!r})")
        if not ours and rules.empty is not None:
            ours = [rules.empty]
        for number in range(max(len(ours), len(said))):
            mine = ours[number] if number < len(ours) else None
            other = said[number] if number < len(said) else None
            if mine is not None and mine == other:
                self.found.equal += max(len(entries[number]), 1) if entries else 1
            else:
                self.differs(f"{name}[{number}]", mine, other)
        said.clear()


def _equal(kind: FieldType, value: Any, text: str, reading: str | None, scaled: bool) -> bool:
    """Whether a decoded value is what a text says."""
    try:
        if reading is not None:
            return bool(value == _moment(text) // NANOSECONDS[reading])
        expected = _expected(kind, text, scaled)
    except ValueError:
        return False
    if value is None:
        # The null value itself is printed, or what a float makes of it.
        return text == "-nan" or expected == kind.null
    if isinstance(expected, float):
        return bool(value == expected or math.isclose(value, expected, rel_tol=1e-12))
    return bool(value == expected)


def _number(text: str) -> Decimal | None:
    """A text as a number, None where it is none."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _expected(kind: FieldType, text: str, scaled: bool) -> Any:
    """The other decoder's text as our raw value. Raises `ValueError` where it is none."""
    if kind.kind == "double":
        return float(text)
    if kind.kind == "price" and scaled and text != "-nan":
        return round(float(text) * 10**kind.decimals)
    if kind.kind == "char":
        return text
    if kind.is_text:
        return text.rstrip(" ")
    if text.lower().startswith("0x"):
        return int(text, 16)
    return int(text) if text.lstrip("-").isdecimal() else text


def _moment(text: str) -> int:
    """Nanoseconds of the Unix epoch of a date and time as Wireshark prints it.

    >>> _moment("Jun 15, 2023 19:43:05.236000000 UTC")
    1686858185236000000
    """
    whole, _, fraction = text.removesuffix(" UTC").partition(".")
    moment = datetime.datetime.strptime(f"{whole} +0000", "%b %d, %Y %H:%M:%S %z")
    return int(moment.timestamp()) * 10**9 + int((fraction or "0").ljust(9, "0"))


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
            for number, entry in enumerate(tail.entries(values[name])):
                yield from flattened(tail.entry, entry, f"{inside}{name}[{number}].")
        elif isinstance(tail, BehindPart):
            yield from flattened(tail.table, values[name], f"{inside}{name}.")
        elif getattr(tail, "text", None) is not None:
            yield f"{inside}{name}", alpha(8), values[name]
