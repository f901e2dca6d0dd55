"""One channel's holes, from the wish to the answer: what is asked for, of whom, and when again.

What is open is a sorted list of parts that do not overlap. A part begins as a wish, is cut to the size of a request
when it is sent, and ends in one of five ways: it came, the channel gave it up, its session ended, nobody answered, or
this code failed. Each message asked for is counted under exactly one of them.

* **Where a hole stands is read from the sequencer**, never from replies: `expected` has passed what was delivered, and
  hold memory says what has come ahead of its turn. So whatever fills a hole (a reply, a late line) is noticed the same
  way, and only what is missing is asked for again.
* **Holes behind the first** are asked for together with it. The hot path wishes for one at a time, the one that it
  waits for; what waits behind shows the others, and since when they are known. One after the other would cost an
  answer's time each.
* **An answer in part** moves `expected` into the part. The rest is asked for when nothing further came for twice as
  long as answers usually take: a server that sends one packet an answer is asked on quickly, one that sends many is not
  asked twice.
* **No answer** within `retry_after`: the next server is asked, `attempts` times in all. Where a datagram cannot even be
  sent, the next server is asked at once.
* **Few at a time**: requests in flight are bounded by what hold memory could take if the first of them failed, since
  replies ahead of their turn wait there together with the live packets.

The order in which the sequencer's words are read matters, and is explained in `step`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from sortedcontainers import SortedDict

from feedhandler.core.intentions import IntentionKind
from feedhandler.pipeline.state import ChannelMemory
from feedhandler.sessions import Retransmission

from .alarms import Alarm, AlarmKind
from .budget import RequestBudget
from .figures import RecoveryFigures
from .options import RetransmissionModel
from .wishes import HeldReader, SequencerWords, Span, Wish, WishReader

Address = tuple[str, int]
Send = Callable[[bytes, Address], object]
"""Sends a datagram to a host's address and port; raises `OSError`, and never waits."""

IN_FLIGHT_MAXIMUM = 32


@dataclass(slots=True)
class Part:
    """Messages `first` to `end` - 1 of a session, which are missing."""

    first: int
    end: int
    session: tuple[int, int]
    attempts: int = 0  #: requests in a row of which nothing came; 0: not asked for yet
    server: int = 0
    asked_at: int = 0
    due_at: int = 0
    progressed: bool = False  #: something came since it was asked for
    postponed: bool = False
    unanswered: bool = False  #: nobody is asked any more; it stays until its hole is filled or given up

    @property
    def counted(self) -> int:
        """Its messages, as far as their fate is not counted yet."""
        return 0 if self.unanswered else self.end - self.first


@dataclass(frozen=True)
class Server:
    """Whom to ask, and how often that is allowed; channels that ask the same server share its budget."""

    address: Address
    budget: RequestBudget


@dataclass(frozen=True)
class Asking:
    """How a channel's holes are asked for."""

    retransmission: Retransmission
    options: RetransmissionModel
    servers: Sequence[Server]
    send: Send


class ChannelRecovery:
    """The cold half of one channel. Without `asking` it only passes alarms on."""

    def __init__(self, memory: ChannelMemory, asking: Asking | None, alarm: Callable[[Alarm], object]) -> None:
        self.name = memory.name
        self.figures = RecoveryFigures()
        self._asking = asking
        self._alarm = alarm
        self._words = SequencerWords(memory)
        self._wishes = WishReader(memory, self._words)
        self._held = HeldReader(memory)
        self._request_after_ns = memory.limits.request_after_ns
        self._parts: SortedDict[int, Part] = SortedDict()
        self._server = 0
        self._in_flight_maximum = max(1, min(IN_FLIGHT_MAXIMUM, memory.capacities.hold_packets // 8))

    @property
    def busy(self) -> bool:
        """Whether there is a hole to attend to, or soon will be."""
        return bool(self._parts) or self._words.hole_is_open or self._wishes.waiting

    def step(self, now: int, *, ask: bool = True) -> None:
        """Take the wishes, see what came, ask for what is due. `now` is the cold side's own monotonic time.

        Session and `expected` are read before the wishes are taken. The hot path writes the alarm of a gap before it
        moves `expected` over it, so whatever `expected` has passed and no alarm named was delivered. Wishes taken just
        now may be newer than the words: those are judged in the next step.
        """
        session, expected = self._words.session, self._words.expected
        self._words.fence()
        known = list(self._parts.values())
        for wish in self._wishes.take():
            self._heed(wish)
        for part in known:
            # A gap may have cut it meanwhile.
            if self._parts.get(part.first) is part:
                self._judge(part, session, expected, now)
        if self._asking is not None and ask and (self._parts or self._words.hole_is_open):
            spans = self._held.spans(expected)
            self._foresee(expected, spans, session)
            self._ask(self._asking, spans, now)
        self.figures.open = sum(part.counted for part in self._parts.values())

    def abandon(self) -> None:
        """Forget what is open."""
        for part in list(self._parts.values()):
            self.figures.abandoned += self._drop(part)
        self.figures.open = 0

    # ------------------------------------------------------------------------------------------------- what is open

    def _heed(self, wish: Wish) -> None:
        if wish.kind is IntentionKind.RETRANSMIT:
            self.figures.wishes += 1
            if self._asking is not None:
                self._open(wish.first, wish.first + wish.messages, wish.session)
        elif wish.kind is IntentionKind.ALARM_GAP:
            self._lose(wish.first, wish.first + wish.messages, wish.session)
            self._alarm(Alarm(self.name, AlarmKind.GAP, wish.first, wish.messages, now_ns=wish.now_ns))
        elif wish.kind is IntentionKind.ALARM_SILENT:
            self._alarm(Alarm(self.name, AlarmKind.SILENT, heard_ns=wish.first, now_ns=wish.now_ns))
        else:
            line = wish.messages
            self._alarm(Alarm(self.name, AlarmKind.LINE_SILENT, line=line, heard_ns=wish.first, now_ns=wish.now_ns))

    def _open(self, first: int, end: int, session: tuple[int, int]) -> None:
        """Add what is not open yet of the messages `first` to `end` - 1."""
        for part in [part for part in self._parts.values() if part.session != session]:
            self.figures.outdated += self._drop(part)
        for part in self._overlapping(first, end):
            self._add(first, part.first, session)
            first = max(first, part.end)
        self._add(first, end, session)

    def _add(self, first: int, end: int, session: tuple[int, int]) -> None:
        if first < end:
            self._parts[first] = Part(first, end, session)
            self.figures.asked += end - first

    def _drop(self, part: Part) -> int:
        """Close a part; returns how many of its messages are to be counted."""
        del self._parts[part.first]
        return part.counted

    def _foresee(self, expected: int, spans: list[Span], session: tuple[int, int]) -> None:
        """Open the holes in front of what waits, as soon as they are as old as a hole is that is asked for.

        The first of them is wished for as well, unless the ring was full.
        """
        known_until = self._words.heard_ns - self._request_after_ns
        for before, behind in pairwise([Span(expected, expected, 0), *spans]):
            if behind.since_ns <= known_until:
                self._open(before.end, behind.first, session)

    def _overlapping(self, first: int, end: int) -> list[Part]:
        """The parts that share a message with `first` to `end` - 1, in order."""
        place = max(0, self._parts.bisect_right(first) - 1)
        keys = self._parts.keys()[place : self._parts.bisect_left(end)]
        return [self._parts[key] for key in keys if self._parts[key].end > first]

    def _lose(self, first: int, end: int, session: tuple[int, int]) -> None:
        """The channel gave these messages up: nobody needs them any more."""
        for part in self._overlapping(first, end):
            if part.session != session:
                continue
            self._drop(part)
            for start, stop in ((part.first, min(part.end, first)), (max(part.first, end), part.end)):
                if start < stop:
                    self._parts[start] = replace(part, first=start, end=stop)
            if not part.unanswered:
                self.figures.lost += min(part.end, end) - max(part.first, first)

    def _judge(self, part: Part, session: tuple[int, int], expected: int, now: int) -> None:
        """Close what came of a part, or all of it where its session is over."""
        if part.session != session:
            self.figures.outdated += self._drop(part)
            return
        if expected <= part.first:
            return
        self._drop(part)
        if not part.unanswered:
            self.figures.filled += min(expected, part.end) - part.first
        if part.attempts == 1 and not part.progressed:
            # Of a repeated request nobody knows which one was answered (Karn and Partridge, SIGCOMM 1987).
            self._response_note(now - part.asked_at)
        if expected >= part.end:
            return
        part.first = expected
        self._parts[expected] = part
        if part.attempts != 0 and not part.unanswered and self._asking is not None:
            part.progressed = True
            part.attempts = 1
            retry_after = self._asking.options.retry_after
            part.due_at = now + min(retry_after, 2 * self.figures.response_ns or retry_after)

    def _response_note(self, took: int) -> None:
        """Smooth what answers take (RFC 6298: the first as it is, then an eighth of each)."""
        known = self.figures.response_ns
        self.figures.response_ns = known + (took - known) // 8 if known else took

    # ------------------------------------------------------------------------------------------------------- asking

    def _ask(self, asking: Asking, spans: list[Span], now: int) -> None:
        """Send what is due, in the order of the stream."""
        expected, session = self._words.expected, self._words.session
        waiting = deque(part for part in self._parts.values() if not part.unanswered)
        in_flight = sum(1 for part in waiting if part.attempts != 0)
        while waiting:
            part = waiting.popleft()
            if part.session != session or part.end <= expected or (part.attempts != 0 and now < part.due_at):
                continue
            if part.attempts == 0:
                if in_flight >= self._in_flight_maximum:
                    break
                waiting.extendleft(self._cut(part, asking))
            first, end = _missing(max(part.first, expected), part.end, spans)
            if first >= end:
                continue  # it has come, and waits for its turn
            if part.attempts >= asking.options.attempts and not part.progressed:
                self._give_up(part)
                continue
            if part.attempts == 0:
                in_flight += 1
                part.server = self._server
            elif not part.progressed:
                self._next_server(part, asking)
            if not self._request(part, first, end, asking, now):
                break

    def _cut(self, part: Part, asking: Asking) -> list[Part]:
        """Leave of a part what one request can ask for; the rest, if any, is a part of its own."""
        cut = part.first + min(asking.options.messages_per_request, asking.retransmission.messages_maximum)
        if part.end <= cut:
            return []
        rest = self._parts[cut] = replace(part, first=cut)
        part.end = cut
        return [rest]

    def _request(self, part: Part, first: int, end: int, asking: Asking, now: int) -> bool:
        """Ask for messages `first` to `end` - 1 of a part; False where the server's allowance is spent."""
        figures = self.figures
        (datagram,) = asking.retransmission.requests(
            *part.session, first, end - first, asking.retransmission.messages_maximum
        )
        for _ in asking.servers:
            server = asking.servers[part.server]
            if not server.budget.take(now):
                if not part.postponed:
                    part.postponed = True
                    figures.postponed += 1
                return False
            try:
                asking.send(datagram, server.address)
            except OSError as error:
                self._not_sent(error)
                self._next_server(part, asking)
                continue
            figures.requests += 1
            if part.progressed:
                figures.continued += 1
            elif part.attempts != 0:
                figures.repeated += 1
            break
        part.attempts = 1 if part.progressed else part.attempts + 1
        part.progressed = False
        part.postponed = False
        part.asked_at = now
        part.due_at = now + asking.options.retry_after
        return True

    def _not_sent(self, error: OSError) -> None:
        number = error.errno or 0
        self.figures.send_failures += 1
        self.figures.send_errors[number] += 1
        if self.figures.send_errors[number] == 1:
            self._alarm(Alarm(self.name, AlarmKind.SEND_FAILED, errno=number))

    def _next_server(self, part: Part, asking: Asking) -> None:
        """Ask the next server from now on; of several parts that fail together the first moves the channel on."""
        if self._server == part.server:
            self._server = (self._server + 1) % len(asking.servers)
        part.server = self._server

    def _give_up(self, part: Part) -> None:
        self._alarm(Alarm(self.name, AlarmKind.UNANSWERED, part.first, part.end - part.first))
        self.figures.exhausted += part.counted
        part.unanswered = True


def _missing(first: int, end: int, spans: list[Span]) -> tuple[int, int]:
    """The first run of messages from `first` to `end` - 1 that is in none of the spans.

    >>> _missing(3, 20, [Span(3, 5, 0), Span(9, 12, 0)])
    (5, 9)
    """
    for span in spans:
        if span.end <= first:
            continue
        if span.first > first:
            return first, min(end, span.first)
        first = span.end
    return first, end
