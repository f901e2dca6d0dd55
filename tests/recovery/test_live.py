"""The whole way on the loopback interface: a venue that loses packets, sockets, the pipeline, requests and replies."""

from __future__ import annotations

import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from feedhandler.books import BookBusyError, Depth, readers
from feedhandler.core.channel import ChannelState, Quality
from feedhandler.core.events import EventKind
from feedhandler.core.loop import Exit
from feedhandler.pipeline.state import Capacities, Limits
from feedhandler.receivers.clock import epoch_ns
from feedhandler.receivers.endpoints import Endpoint
from feedhandler.receivers.options import SocketOptions
from feedhandler.receivers.socket import SocketReceiver
from feedhandler.recovery.alarms import Alarm, AlarmKind
from feedhandler.recovery.options import RetransmissionModel
from feedhandler.recovery.recovery import Recovery
from feedhandler.recovery.reply_socket import ReplySocket
from feedhandler.sessions.moldudp64_requests import RETRANSMISSION
from feedhandler.simulation.day import SESSION
from feedhandler.simulation.live.server import ServerFaults
from feedhandler.simulation.live.truth import TrueBook
from feedhandler.simulation.live.venue import LiveVenue
from feedhandler.simulation.population import Population
from feedhandler.simulation.transmission import LineFaults
from feeds.nasdaq_itch50.venue import VENUE
from tests.packets import binaryfile_messages
from tests.receivers.loopback import LOOPBACK
from tests.simulation.live.hearing import LONG, two_lines
from tests.stage import Stage
from tests.streams import MILLISECOND, end_of_session, packet

A, B, REPLIES = 0, 1, 2
COUNT = 6_000
DEPTH = 20  #: levels that are read while the day passes
ROOM = Capacities(instruments=16, orders=4_096, levels=2_048, events=1 << 14, hold_packets=2_048)
PATIENT = Limits(request_after_ns=MILLISECOND, give_up_after_ns=20_000 * MILLISECOND)
HASTY = Limits(request_after_ns=MILLISECOND, give_up_after_ns=20 * MILLISECOND)
FAULTY = LineFaults(loss=0.05, duplication=0.02, reordering=0.05, bursts=0.002)


class LiveRun:
    """A live channel, composed by hand: receiver and pipeline in a thread, recovery in another."""

    def __init__(self, venue: LiveVenue, limits: Limits) -> None:
        self.stage = Stage(lines=2, replies=True, capacities=ROOM, limits=limits)
        self.alarms: list[Alarm] = []
        self.failures: list[Exception] = []
        self.read: list[tuple[int, str, Depth]] = []  #: books that said CURRENT, at which sequence
        self.qualities: Counter[Quality] = Counter()
        self.stage.memory.events.wanted = 1 << EventKind.END_OF_SESSION
        self._venue = venue
        endpoints = [Endpoint(line, group, port, interface="lo") for line, (group, port) in enumerate(venue.lines)]
        # A request that leaves by the loopback interface is answered there.
        endpoints.append(Endpoint(REPLIES, LOOPBACK, 0, interface="lo"))
        options = SocketOptions(wait="block", receive_buffer="4MiB")
        self._receiver = SocketReceiver(endpoints, options)
        self._opened, self._errors = threading.Event(), list[BaseException]()
        self._thread = threading.Thread(target=self._live, daemon=True)
        self.recovery = Recovery(alarm=self.alarms.append, failed=lambda _channel, error: self.failures.append(error))
        if venue.server_address is not None:
            address, port = venue.server_address
            asking = {"servers": [{"address": address, "port": port}], "requests_per_second": 100_000, "attempts": 100}
            self._send = ReplySocket(lambda: self._receiver.fileno(REPLIES))
            self.recovery.watch(
                self.stage.memory, RETRANSMISSION, RetransmissionModel.model_validate(asking), self._send
            )

    def _live(self) -> None:
        pipeline = self.stage.pipeline
        try:
            self._receiver.open()
            pipeline.receivers.clear()
            pipeline.attach(self._receiver)
            pipeline.run_record.live_epoch_ns = epoch_ns()
            self._opened.set()
            assert pipeline.run() is Exit.STOPPED
        except BaseException as error:  # noqa: BLE001 (raised in the thread that waits)
            self._errors.append(error)
        finally:
            self._opened.set()

    def watch_the_day(self) -> LiveRun:
        """Let the venue's day pass, and wait until the channel has heard its end."""
        readers()  # compiled before the day begins, not during it
        self._thread.start()
        assert self._opened.wait(LONG)
        self.recovery.start()
        self._venue.start()
        try:
            deadline = time.monotonic() + LONG
            while not self._errors and self.stage.state is not ChannelState.ENDED:
                assert time.monotonic() < deadline, self.stage.sequencer.expected
                self._read()
            assert self._venue.join(LONG)
        finally:
            self.stage.pipeline.stop()
            self._thread.join()
            self.recovery.stop()
            self._send.close()
            self._receiver.close()
        assert self._errors == []
        assert self.failures == []
        return self


    def _read(self) -> None:
        """Read every book once, and keep what says CURRENT."""
        for symbol in list(self.stage.books):
            try:
                depth = self.stage.book(symbol).depth(DEPTH)
            except BookBusyError:
                continue  # the writer lost its core within a change; the next round reads again
            self.qualities[depth.trust.quality] += 1
            if depth.trust.quality is Quality.CURRENT:
                self.read.append((depth.trust.sequence, symbol, depth))
        time.sleep(0.001)


def differing(venue: LiveVenue, read: list[tuple[int, str, Depth]]) -> list[tuple[int, str, Depth]]:
    """The reads that are not the venue's book at their sequence."""
    truth, wrong = venue.truth(1), []
    for sequence, symbol, depth in sorted(read, key=lambda one: one[0]):
        truth.advance(max(sequence, truth.sequence))
        book = truth.book(symbol)
        for levels, true in ((depth.bids, book.bids), (depth.asks, book.asks)):
            if [tuple(level) for level in levels] != [
                (level.price, level.quantity, len(level.orders)) for level in true[:DEPTH]
            ]:
                wrong.append((sequence, symbol, depth))
    return wrong


def live_day(
    faults: LineFaults, together: float, limits: Limits, record: Path, **server: Any
) -> tuple[LiveVenue, LiveRun]:
    population = Population(messages=COUNT, symbols=8, live_orders=300, seed=5)
    venue = LiveVenue(
        VENUE, population, two_lines(), rate=8_000.0, faults=faults, together=together, end_interval_s=0.1,
        retransmission=(LOOPBACK, 0), server_faults=ServerFaults(**server), record=record, seed=11,
    )  # fmt: skip
    with venue:
        return venue, LiveRun(venue, limits).watch_the_day()


def book_of(stage: Stage, symbol: str) -> TrueBook:
    """A book as the venue's truth has it."""
    book = stage.book(symbol)
    depth = book.depth(200)

    def side(name: Any, levels: Any) -> tuple[Any, ...]:
        return tuple((level.price, tuple(map(tuple, book.orders(name, level.price).orders))) for level in levels)

    return TrueBook(side("bid", depth.bids), side("ask", depth.asks))


def digest_without_loss(record: Path) -> str:
    """The digest of everything that was published, in order, on one line."""
    messages = list(binaryfile_messages(record))
    assert messages.pop() == b""
    stage = Stage(lines=1, capacities=ROOM, listen=False)
    packets = [packet(first, messages[first - 1 : first + 9], session=SESSION) for first in range(1, COUNT + 1, 10)]
    stage.feed(*packets, end_of_session(COUNT + 1, session=SESSION))
    assert stage.expected == COUNT + 1
    return stage.digest


def test_loss_on_all_lines_is_repaired_and_the_books_are_the_venues(tmp_path: Path) -> None:
    """Servers answer in part, late, twice, or not at all; every hole is filled before it is given up."""
    record = tmp_path / "published.itch"
    venue, run = live_day(
        FAULTY, 0.03, PATIENT, record, loss=0.2, partial=0.2, duplication=0.1, late=0.1, late_ns=5 * MILLISECOND
    )
    stage = run.stage
    assert stage.gaps() == []
    assert stage.expected == COUNT + 1
    assert {symbol: book_of(stage, symbol) for symbol in venue.symbols} == venue.true_books()
    assert {stage.quality(symbol) for symbol in venue.symbols} == {Quality.CURRENT}
    assert stage.digest == digest_without_loss(record)
    figures = run.recovery.figures["channel"]
    assert figures.accounted
    assert figures.open == 0
    assert figures.filled == figures.asked > COUNT // 50
    assert figures.repeated > 0
    assert len(run.read) > 100
    assert differing(venue, run.read) == []
    assert stage.line(REPLIES)["first_arrivals"] > 10
    assert stage.line(REPLIES).get("gaps") is None


def test_loss_that_nobody_repairs_is_declared_and_no_book_says_current(tmp_path: Path) -> None:
    venue, run = live_day(LineFaults(), 0.02, HASTY, tmp_path / "published.itch", loss=1.0)
    stage = run.stage
    assert stage.gaps() != []
    assert [(alarm.first, alarm.messages) for alarm in run.alarms if alarm.kind is AlarmKind.GAP] == stage.gaps()
    assert {stage.quality(symbol) for symbol in stage.books} == {Quality.STALE}
    assert run.qualities[Quality.STALE] > 100
    assert differing(venue, run.read) == []
    figures = run.recovery.figures["channel"]
    assert (figures.accounted, figures.open, figures.requests > 0) == (True, 0, True)
    assert figures.asked == figures.lost + figures.filled
    assert venue.figures.server is not None
    assert venue.figures.server.ignored == venue.figures.server.requests == figures.requests
