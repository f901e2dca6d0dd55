"""What the cold side reads of a channel's sequencer: its wishes, where it stands, and what waits in hold memory.

The ring of wishes is written by one thread and read by one. What is read is how many wishes were written, and behind a
fence the wishes. A lock that nobody else takes is the only acquire fence that Python has; on x86-64 it is not needed,
on aarch64 a wish could otherwise be read before the number that announces it.
"""

from __future__ import annotations

import ctypes
import threading
from typing import NamedTuple

import numpy

from feedhandler.core.hold import Held
from feedhandler.core.intentions import Intention, IntentionKind
from feedhandler.core.sequencer import Sequencer
from feedhandler.pipeline.state import ChannelMemory


class Wish(NamedTuple):
    """One intention, as plain values."""

    kind: IntentionKind
    first: int
    messages: int
    session: tuple[int, int]
    now_ns: int


class SequencerWords:
    """The words of a sequencer that the cold side reads, each in one piece; some 50 ns a word, where a view takes ten
    times that."""

    def __init__(self, memory: ChannelMemory) -> None:
        self._memory = memory  # keeps the words mapped
        self._fence = threading.Lock()
        self._expected = self._word("expected")
        self._heard = self._word("heard_ns")
        self._hole_since = self._word("hole_since_ns")
        self._session_high = self._word("session_high")
        self._session_low = self._word("session_low")

    def _word(self, name: str) -> ctypes.c_int64:
        slot = Sequencer.slots[name]
        if not slot.scalar.shared:
            raise TypeError(f"Sequencer.{name} is not published: another thread may not read it")
        return ctypes.c_int64.from_address(self._memory.sequencer.address + slot.offset)

    @property
    def expected(self) -> int:
        """The next sequence to deliver."""
        return self._expected.value

    @property
    def heard_ns(self) -> int:
        """When the venue was last heard, in the pipeline's time."""
        return self._heard.value

    @property
    def hole_is_open(self) -> bool:
        return self._hole_since.value != 0

    @property
    def session(self) -> tuple[int, int]:
        """The session, as the two integers that the hot path reads its name as."""
        return self._session_high.value, self._session_low.value

    def fence(self) -> None:
        """What is read after this is at least as new as what was read before."""
        with self._fence:
            pass


class WishReader:
    """Takes a channel's wishes in their order."""

    def __init__(self, memory: ChannelMemory, words: SequencerWords) -> None:
        sequencer = memory.sequencer
        self._words = words
        self._mask = int(sequencer.intention_mask)
        self._ring = memory.array("intentions", Intention, self._mask + 1)
        base = sequencer.address
        self._written = ctypes.c_int64.from_address(base + Sequencer.slots["intention_written"].offset)
        self._read = ctypes.c_int64.from_address(base + Sequencer.slots["intention_read"].offset)

    @property
    def waiting(self) -> bool:
        """Whether there is a wish to take."""
        return self._written.value != self._read.value

    def take(self) -> list[Wish]:
        """All wishes since the last call; their places in the ring are free again."""
        written, read = self._written.value, self._read.value
        if written == read:
            return []
        self._words.fence()
        wishes = [self._wish(position) for position in range(read, written)]
        self._words.fence()
        self._read.value = written
        return wishes

    def _wish(self, position: int) -> Wish:
        row = self._ring[position & self._mask]
        return Wish(
            kind=IntentionKind(int(row["kind"])),
            first=int(row["first"]),
            messages=int(row["count"]),
            session=(int(row["session_high"]), int(row["session_low"])),
            now_ns=int(row["now_ns"]),
        )


class Span(NamedTuple):
    """Messages `first` to `end` - 1, all of them in hold memory; their hole, in front of them, is known since."""

    first: int
    end: int
    since_ns: int


class HeldReader:
    """What waits in hold memory, as far as another thread can see that.

    The records are the hot path's own and change while they are read. What is read wrong costs a request too many, or
    one that is made later, when the hole's turn has come: nothing else is decided by it.
    """

    def __init__(self, memory: ChannelMemory) -> None:
        # The record behind these is not part of the stream: it keeps an unconfirmed session's packet.
        self._held = memory.array("held", Held, memory.capacities.hold_packets)

    def spans(self, expected: int) -> list[Span]:
        """What waits from `expected` on, in order; what follows each other is one."""
        held = self._held[self._held["used"] != 0]
        held = held[held["sequence"] >= expected]
        held = held[numpy.argsort(held["sequence"], kind="stable")]
        since = numpy.minimum.accumulate(held["received_ns"][::-1])[::-1]
        found: list[Span] = []
        rows = zip(held["sequence"].tolist(), held["span"].tolist(), since.tolist(), strict=True)
        for sequence, span, since_ns in rows:
            if found and sequence <= found[-1].end:
                found[-1] = found[-1]._replace(end=max(found[-1].end, sequence + span))
            else:
                found.append(Span(sequence, sequence + span, since_ns))
        return found
