"""The highest rate at which a receiver loses nothing, found by trying: a sender in a process of its own, steps bounded.

Sender and receiver each have a core where there are two. On virtual cards the sender's core does the kernel's part of
receiving as well, up to the socket or the program that takes the frame off, so a kind that ends earlier there can be
offered more. Where the sender could not make a rate that loses anything, the figure is what it reached, and says so.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numba

from feedhandler.core.clock import monotonic_ns
from feedhandler.core.frames import Receiver, call_poll, call_release
from feedhandler.core.jit import POLICY
from feedhandler.core.memory import Region
from feedhandler.core.records import Record, i64

from .flood import file_of

ROOT = Path(__file__).resolve().parents[2]
ANSWER_SECONDS = 60.0
SETTLE_NS = 20_000_000
"""What is still on its way when the sender has finished arrives in this time."""
EVERYTHING = 1 << 40
HALVINGS = 4
TRIES = 2
"""A rate counts where one of so many tries loses nothing: the machine may take a core away from either side."""
REACHED = 0.9
"""A try in which the sender made less than this share of the rate says nothing about it."""


class Word(Record, size=8):
    """When to stop waiting, by the monotonic clock; 0: not known yet."""

    until_ns = i64


@dataclass(frozen=True)
class Rate:
    """Frames a second without loss. sender_limit: the sender could make no more."""

    per_second: float
    sender_limit: bool


@numba.njit(**POLICY)  # type: ignore[untyped-decorator, unused-ignore]
def take_all(poll: int, release: int, context: int, frames: int, expected: int, word: int) -> int:
    """Take frames until as many have come, or until the word says so; how many came."""
    taken = 0
    turn = 0
    while taken < expected:
        count = call_poll(poll, context, frames, 64)
        if count < 0:
            break
        if count > 0:
            call_release(release, context, count)
            taken += count
            continue
        turn += 1
        if turn % 64 == 0:
            until_ns = Word(word).until_ns
            if until_ns != 0 and monotonic_ns() > until_ns:
                break
    return taken


class Sender:
    """The process that sends; see `flood.py`."""

    def __init__(self, interface: str, frames: list[bytes]) -> None:
        with tempfile.NamedTemporaryFile(suffix=".frames", delete=False) as file:
            file.write(file_of(frames))
        self._file = Path(file.name)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "feedhandler.benchmark.flood", interface, file.name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        )  # fmt: skip
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(self._process.pid, {cores[-1]})
        self.how = self._answer().strip()
        """How it sends, and why not better."""

    def send(self, rate: float, count: int) -> tuple[int, int]:
        """Frames sent, nanoseconds."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{rate} {count}\n")
        self._process.stdin.flush()
        sent, elapsed = self._answer().split()
        return int(sent), int(elapsed)

    def _answer(self) -> str:
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], ANSWER_SECONDS)
        answer = self._process.stdout.readline() if ready else ""
        if not answer:
            raise RuntimeError("the sender of the benchmark ended, or does not answer")
        return answer

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
        self._file.unlink()


@contextmanager
def sender_of(interface: str, frames: list[bytes]) -> Iterator[Sender]:
    """A sender, ended afterwards."""
    sender = Sender(interface, frames)
    try:
        yield sender
    finally:
        sender.close()


@contextmanager
def one_core() -> Iterator[None]:
    """This thread on the first of its cores, away from the sender, where there are several."""
    cores = os.sched_getaffinity(0)
    if len(cores) > 1:
        os.sched_setaffinity(0, {min(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def offered(receiver: Any, sender: Sender, rate: float, count: int) -> tuple[int, int, float]:
    """Frames sent and taken, and the rate that the sender reached."""
    frames = Region("frames", 32 * 64, huge=False)
    word = Region("word", 64, huge=False)
    face = Receiver(receiver.address)
    told: list[tuple[int, int]] = []

    def send() -> None:
        try:
            told.append(sender.send(rate, count))
        finally:
            Word(word.address).until_ns = time.monotonic_ns() + SETTLE_NS

    places = (face.poll, face.release, face.context, frames.address)
    # What a former try left in the queue goes first; and the loop is compiled before the time begins.
    Word(word.address).until_ns = time.monotonic_ns() + SETTLE_NS
    take_all(*places, EVERYTHING, word.address)
    Word(word.address).until_ns = 0
    thread = threading.Thread(target=send)
    thread.start()
    with one_core():
        taken = take_all(*places, count, word.address)
    thread.join()
    if not told:
        raise RuntimeError("the sender of the benchmark ended")
    sent, elapsed = told[0]
    return sent, taken, sent * 1e9 / max(1, elapsed)


def lossless(receiver: Any, sender: Sender, count: int) -> Rate:
    """As fast as the sender can, `count` frames; where that loses some, the highest rate below that loses none.

    count: much more than the receiver's queue holds, or a rate would count that only fills it.
    """
    fastest = 0.0
    for _ in range(TRIES):
        sent, taken, reached = offered(receiver, sender, 0, count)
        fastest = max(fastest, reached)
        if taken == sent:
            return Rate(reached, True)
    good, bad = 0.0, fastest
    for _ in range(HALVINGS):
        rate = (good + bad) / 2
        if any(_loses_nothing(receiver, sender, rate, count) for _ in range(TRIES)):
            good = rate
        else:
            bad = rate
    return Rate(good, False)


def _loses_nothing(receiver: Any, sender: Sender, rate: float, count: int) -> bool:
    sent, taken, reached = offered(receiver, sender, rate, count)
    return taken == sent and reached > REACHED * rate
