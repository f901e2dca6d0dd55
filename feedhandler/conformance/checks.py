"""Every check of one feed, each with what it found: `feedhandler conform` prints them, and the tests assert them.

What can end a process (a packet that faults) runs in one of its own, compiled and interpreted, and a crash there is an
outcome like any other. A check that lacks something (hypothesis, a golden file, captures) says so and is skipped: only
what failed makes a feed not conform.
"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from importlib import resources
from pathlib import Path
from typing import Any

from feedhandler import plugins
from feedhandler.decoding import Decoder
from feedhandler.feed import Feed

from . import golden
from .stage import packet_session

SEED = 7
COMPARED_PACKETS = 300
CAPTURED_COMPARED = 500
"""Packets that are sent interpreted too: a hundred times slower than compiled."""
EXAMPLES = 30
TIMEOUT_S = 1800
README_PARTS = (
    "| Specification", "| Carried by |", "| Byte order |", "| Time |", "| Prices |", "## Ignored", "## Proof",
    "## Deviations",
)  # fmt: skip
"""What a feed's README says in any case: whoever debugs at night looks for it there."""


class Outcome(Enum):
    """What came of a check."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Result:
    """One check and what it found, in a sentence."""

    check: str
    outcome: Outcome
    text: str
    seconds: float


class CheckFailed(Exception):
    """What a check found, where it is not what it should be."""


class CheckSkipped(Exception):
    """Why a check cannot be made."""


@dataclass(frozen=True)
class Subject:
    """Which feed is checked, how it was named, and what captures of it there are."""

    name: str  #: an installed feed or package.module:object
    variant: str
    packets: int = 10_000
    captures: tuple[bytes, ...] = ()  #: the payloads of captured packets

    @property
    def feed(self) -> Feed:
        return plugins.feed(self.name)


def tables_close(subject: Subject) -> str:
    """Tables without holes, every message handled or ignored (both refused at import), each with its source."""
    feed = subject.feed
    without = [
        f"{message.__name__}: {message.specification!r}"
        for message in feed.messages(subject.variant)
        if not message.specification.endswith(").")
    ]
    if without:
        raise CheckFailed(f"docstrings that do not end with the specification's section: {', '.join(without)}")
    ignored = sum(message in feed.ignored for message in feed.messages(subject.variant))
    return f"{len(feed.messages(subject.variant))} messages, {ignored} of them ignored with a reason"


def round_trip(subject: Subject) -> str:
    """What is encoded is decoded again."""
    if importlib.util.find_spec("hypothesis") is None:
        raise CheckSkipped("needs hypothesis: pip install 'feedhandler[development]'")
    from hypothesis import given, settings
    from hypothesis import strategies as st

    from feedhandler.wire.testing import messages

    tables = list(subject.feed.messages(subject.variant))

    @settings(max_examples=EXAMPLES, deadline=None, database=None)
    @given(st.data())
    def check(data: Any) -> None:
        for message in data.draw(st.lists(st.sampled_from(tables), min_size=1, max_size=3)):
            fields = data.draw(messages(message))
            found = message.decode(message.encode(**fields))
            if found != fields:
                raise CheckFailed(f"{message.__name__}: {fields} became {found}")

    check()
    return f"{EXAMPLES} drawings of up to 3 messages"


class Stress:
    """What the processes found, asked once and used by several checks."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._compared = min(subject.packets, COMPARED_PACKETS)
        self._found: dict[tuple[str, ...], dict[str, Any]] = {}

    def compiled(self) -> dict[str, Any]:
        return self._ask(False, str(SEED), str(self._subject.packets), str(self._compared))

    def interpreted(self) -> dict[str, Any]:
        return self._ask(True, str(SEED), str(self._compared))

    def file(self, file: Path, *, interpreted: bool) -> dict[str, Any]:
        return self._ask(interpreted, str(file))

    def _ask(self, interpreted: bool, *arguments: str) -> dict[str, Any]:
        key = (str(interpreted), *arguments)
        if key not in self._found:
            self._found[key] = self._run(interpreted, arguments)
        return self._found[key]

    def _run(self, interpreted: bool, arguments: tuple[str, ...]) -> dict[str, Any]:
        subject = self._subject
        command = [sys.executable, "-m", "feedhandler.conformance.stress", subject.name, subject.variant, *arguments]
        environment = {**os.environ, "NUMBA_DISABLE_JIT": "1" if interpreted else "0"}
        # The feed may lie where this process found it and no path of the environment leads.
        environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
        ran = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=TIMEOUT_S
        )
        if ran.returncode < 0:
            ended = signal.Signals(-ran.returncode).name
            raise CheckFailed(f"the process ended by {ended}: a packet made it read where it may not ({command[3:]})")
        if ran.returncode != 0:
            raise CheckFailed(f"the process failed: {ran.stderr.strip()[-2000:]}")
        found: dict[str, Any] = json.loads(ran.stdout)
        return found


def clean_messages(_subject: Subject, stress: Stress) -> str:
    """A message as its table has it is refused for neither length nor type."""
    found = stress.compiled()
    if found["clean"]:
        raise CheckFailed(f"messages as their tables have them were refused: {found['clean']}")
    seconds = found["compiled_seconds"]
    return f"compiled in {seconds} s" if seconds else "the pipeline was in the cache of compiled ones"


def truncation(_subject: Subject, stress: Stress) -> str:
    """Every prefix of every message is refused with a reason, or accepted because the table allows it."""
    found = stress.compiled()
    refused = {name: count for name, count in found["truncated"].items() if name.startswith(("MESSAGE", "PACKET"))}
    if not refused:
        raise CheckFailed("no prefix of any message was refused")
    return ", ".join(f"{name} {count}" for name, count in refused.items())


def mutation(subject: Subject, stress: Stress) -> str:
    """Damaged packets change nothing that may not change: stores stay in order, nothing faults."""
    found = stress.compiled()
    if found["problems"]:
        raise CheckFailed("; ".join(found["problems"]))
    return f"{subject.packets} packets, {found['events']} events, {sum(found['reasons'].values())} reasons"


def agreement(_subject: Subject, stress: Stress) -> str:
    """Compiled and as plain Python: the same events, reasons and digest."""
    compiled, interpreted = stress.compiled()["checkpoint"], stress.interpreted()["checkpoint"]
    if compiled != interpreted:
        raise CheckFailed(f"compiled {compiled}, interpreted {interpreted}")
    return f"digest {compiled['digest']} after {compiled['messages']} messages"


def golden_events(subject: Subject) -> str:
    """The packets of the golden file become the events that stand there."""
    text = golden.golden_text(subject.feed, subject.variant)
    if text is None:
        name = golden.golden_name(subject.feed, subject.variant)
        raise CheckSkipped(f"there is no {name} beside the handlers; --write-golden writes one")
    found = golden.differences(subject.feed, subject.variant, text)
    if found:
        raise CheckFailed("; ".join(found[:3]))
    return f"{len(golden.read(text))} packets"


def readme(subject: Subject) -> str:
    """The README says what whoever debugs at night looks for."""
    package = subject.feed.package
    file = resources.files(package).joinpath("README.md")
    if not file.is_file():
        raise CheckFailed(f"there is no README.md in {package}")
    text = file.read_text(encoding="utf-8")
    missing = [part for part in README_PARTS if part not in text]
    if missing:
        raise CheckFailed(f"README.md has no {', '.join(missing)}")
    # "Refresh Header" and RefreshHeader are the same message.
    words = "".join(text.split()).lower()
    untold = [table.__name__ for table in subject.feed.ignored if table.__name__.lower() not in words]
    if untold:
        raise CheckFailed(f"README.md does not name what is ignored: {', '.join(untold)}")
    return f"{package}: {', '.join(README_PARTS)}"


def captured(subject: Subject) -> str:
    """Every message of the captures is known and has a length that its table accepts."""
    if not subject.captures:
        raise CheckSkipped("no captures were given")
    decoder = Decoder(subject.feed, subject.variant, packet_session(subject.feed))
    problems: Counter[str] = Counter()
    known = 0
    for payload in subject.captures:
        for message in decoder.messages(payload):
            if message.error is None:
                known += 1
            else:
                what = message.message or (f"type {message.type}" if message.type is not None else "packet")
                problems[f"{what}: {message.error.name.lower()}"] += 1
    if problems:
        raise CheckFailed(", ".join(f"{name} ({count})" for name, count in problems.most_common(10)))
    return f"{known} messages of {len(subject.captures)} packets"


def captured_agreement(subject: Subject, stress: Stress) -> str:
    """The captures' first packets become the same, compiled and as plain Python."""
    if not subject.captures:
        raise CheckSkipped("no captures were given")
    packets = subject.captures[:CAPTURED_COMPARED]
    with tempfile.TemporaryDirectory(prefix="feedhandler-conform-") as folder:
        file = Path(folder) / "packets"
        file.write_bytes(b"".join(struct.pack("<I", len(payload)) + payload for payload in packets))
        compiled, interpreted = stress.file(file, interpreted=False), stress.file(file, interpreted=True)
    if compiled != interpreted:
        raise CheckFailed(f"compiled {compiled}, interpreted {interpreted}")
    return f"digest {compiled['digest']} after {len(packets)} packets, {compiled['reasons'] or 'no reason'}"


def checks(subject: Subject) -> dict[str, Callable[[], str]]:
    """Every check by its name, in the order in which they are made: the quick ones first."""
    stress = Stress(subject)
    return {
        "tables": lambda: tables_close(subject),
        "readme": lambda: readme(subject),
        "round trip": lambda: round_trip(subject),
        "captures": lambda: captured(subject),
        "clean messages": lambda: clean_messages(subject, stress),
        "truncation": lambda: truncation(subject, stress),
        "mutation": lambda: mutation(subject, stress),
        "compiled and interpreted": lambda: agreement(subject, stress),
        "golden events": lambda: golden_events(subject),
        "captures, compiled and interpreted": lambda: captured_agreement(subject, stress),
    }


def results(subject: Subject, wanted: Iterable[str] | None = None) -> Iterator[Result]:
    """Make the checks, or those of these names, one after the other."""
    found = checks(subject)
    for name in found if wanted is None else wanted:
        started = time.monotonic()
        try:
            outcome, text = Outcome.PASSED, found[name]()
        except CheckFailed as failed:
            outcome, text = Outcome.FAILED, str(failed)
        except CheckSkipped as skipped:
            outcome, text = Outcome.SKIPPED, str(skipped)
        yield Result(name, outcome, text, time.monotonic() - started)
