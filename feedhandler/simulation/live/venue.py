"""A venue that trades now: its day is generated, published on multicast lines in real time, and resent on request.

    with LiveVenue(VENUE, Population(messages=100_000, symbols=24), [("239.192.0.1", 26477)]) as venue:
        venue.start()
        venue.join()
        venue.true_books()["AAPL"]

Three threads: one generates the next chunks, a few ahead; one sends them when they are due (`publisher.pyx`, without
the GIL); one answers requests. Every message carries the time at which it was sent. The lines lose, double and delay
packets as `LineFaults` say, from a seed; so does `together`, the share of packets that no line carries at all, which
only retransmission can repair.

What it says is a function of population and seed, up to the times in the messages. So the true books (`truth.py`) are
known for every message, during the run and after it, here and in another process.
"""

from __future__ import annotations

import dataclasses
import datetime
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from zoneinfo import ZoneInfo

import numpy
from numpy.typing import NDArray

from feedhandler.receivers.endpoints import interface_address, interface_of
from feedhandler.sessions.moldudp64 import END_OF_SESSION, SESSION, DownstreamHeader, MessageBlock
from feedhandler.simulation.day import PACKET_SPAN_NS, Day, empty_packets, with_heartbeats
from feedhandler.simulation.day import SESSION as SESSION_NAME
from feedhandler.simulation.population import SECOND, Population, SimulationError
from feedhandler.simulation.transmission import FIRST_LINE, LineFaults, Transmission
from feedhandler.simulation.venue import Venue

from .publisher import Publisher
from .schedule import Pacing, paced, schedule_of
from .server import Address, RetransmissionServer, ServerFaults, ServerFigures, ServerThread
from .store import PacketStore
from .truth import TrueBook, Truth

STORE_BYTES = 256 << 20
CHUNK_SECONDS = 0.25  #: of traffic that one chunk holds, about
CHUNK_BYTES = (64 << 10, 4 << 20)
CHUNKS_AHEAD = 4
ENDS = 5  #: packets that say that the session has ended
END_INTERVAL_S = 0.5  #: the specification has heartbeats, and the packets in their place, once a second


@dataclass(frozen=True)
class VenueFigures:
    """What a live venue has done."""

    messages: int  #: published, whether a line carried them or not
    packets: tuple[int, ...]  #: datagrams sent on each line
    bytes: tuple[int, ...]
    refused: int  #: datagrams that found no buffer, and were lost
    late_maximum_ns: int  #: by how much the latest packet left after its time
    elapsed_s: float
    server: ServerFigures | None


@dataclass(frozen=True)
class _Batch:
    """A chunk that is ready to be sent."""

    data: NDArray[numpy.uint8]
    packets: NDArray[Any]
    schedule: NDArray[Any]


class LiveVenue:
    """A simulated venue that publishes on `lines`, each a (group, port).

    rate: messages a second; None: the population's.
    pacing: in bursts, as traffic is, or evenly.
    messages_per_packet: None: as the traffic has it.
    faults: what each line does to packets; one for all, or one for each.
    together: share of packets that no line carries.
    retransmission: (address, port) where requests are answered; port 0: any that is free; None: nowhere.
    interface: name or address of the interface of the groups. Packets have a TTL of 0: they stay on this machine.
    spin: wait for the next packet on a core of its own, to the microsecond.
    store_bytes: how much of what was sent can be asked for again.
    end_interval_s: how far apart the packets are that say on each line that the session has ended.
    record: a file that gets all messages as they were published, as a BinaryFILE; it replays to the live run's digest.
    """

    def __init__(
        self,
        venue: Venue,
        population: Population,
        lines: Sequence[Address],
        *,
        rate: float | None = None,
        pacing: Pacing = Pacing.TRAFFIC,
        messages_per_packet: int | None = None,
        faults: Sequence[LineFaults] | LineFaults = FIRST_LINE,
        together: float = 0.0,
        seed: int = 1,
        retransmission: Address | None = None,
        server_faults: ServerFaults | None = None,
        interface: str = "lo",
        spin: bool = False,
        store_bytes: int = STORE_BYTES,
        end_interval_s: float = END_INTERVAL_S,
        record: Path | None = None,
    ) -> None:
        if rate is not None:
            population = dataclasses.replace(population, messages_per_second=rate)
        self.venue, self.population, self.lines = venue, population, tuple(lines)
        self.pacing, self.seed, self.together = pacing, seed, together
        if not 0.0 <= together <= 1.0:
            raise SimulationError(f"together is {together}; a share from 0 to 1 is expected")
        per_line = (faults,) * len(self.lines) if isinstance(faults, LineFaults) else tuple(faults)
        if len(per_line) != len(self.lines):
            raise SimulationError(f"faults were given for {len(per_line)} lines; there are {len(self.lines)}")
        self._transmission = Transmission(per_line, seed)
        self._messages_per_packet = messages_per_packet
        self._day = Day(venue, population)
        self._store = PacketStore(store_bytes)
        self._record: IO[bytes] | None = None
        self._ready: queue.Queue[_Batch | None] = queue.Queue(CHUNKS_AHEAD)
        self._end_interval_ns = int(end_interval_s * SECOND)
        self._stop = threading.Event()
        self._closing = False
        self._errors: list[BaseException] = []
        self._started_ns = 0
        self._elapsed_s = 0.0
        name = interface_of(interface)
        self.interface = interface_address(name) or ""
        if not self.interface:
            raise SimulationError(f"interface {name} has no IPv4 address; lines are sent from one")
        self._publisher = Publisher(
            self.lines,
            interface=self.interface,
            stamp_offset=venue.time_offset,
            stamp_bytes=venue.time_bytes,
            midnight_ns=midnight_ns(venue),
            spin=spin,
        )
        self._server: RetransmissionServer | None = None
        self._server_thread: ServerThread | None = None
        try:
            if retransmission is not None:
                self._serve(retransmission, server_faults)
            if record is not None:
                self._record = record.open("wb")
        except BaseException:
            self.close()
            raise
        self._threads = [
            threading.Thread(target=self._guarded, args=(work,), name=f"venue {work.__name__.strip('_')}", daemon=True)
            for work in (self._generate, self._send)
        ]

    def _serve(self, address: Address, faults: ServerFaults | None) -> None:
        assert SESSION.retransmission is not None
        name = SESSION_NAME.encode()
        session = (int.from_bytes(name[:8], "big", signed=True), int.from_bytes(name[8:], "big"))
        self._server = RetransmissionServer(
            SESSION.retransmission, session, self._store, lambda: self.published, faults=faults, seed=self.seed
        )
        self._server_thread = ServerThread(self._server, address)

    # ------------------------------------------------------------------------------------------------------- running

    def start(self) -> None:
        """Begin to publish and to answer. The first packet leaves as soon as it is generated."""
        if self._server_thread is not None:
            self._server_thread.start()
        for thread in self._threads:
            thread.start()

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait until all was published and the session's end was said; False where that takes longer.

        Raises what went wrong in a thread.
        """
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(None if deadline is None else max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                return False
        if self._errors:
            raise self._errors[0]
        return True

    def stop(self) -> None:
        """End the day early; the session's end is still said. From any thread, and from a signal handler."""
        self._stop.set()
        self._publisher.stop()

    def abort(self) -> None:
        """End at once, without a word. From any thread, and from a signal handler."""
        self._closing = True
        self.stop()

    def close(self) -> None:
        """End at once, and give all back. Requests are answered until here."""
        self.abort()
        for thread in getattr(self, "_threads", ()):
            if thread.is_alive():
                thread.join()
        if self._server_thread is not None:
            self._server_thread.stop()
            self._server_thread = None
        if self._record is not None:
            self._record.close()
            self._record = None
        self._publisher.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # ----------------------------------------------------------------------------------------------------- the truth

    @property
    def symbols(self) -> list[str]:
        """The instruments."""
        return self._day.symbols

    @property
    def server_address(self) -> Address | None:
        """Where requests are answered."""
        return self._server_thread.address if self._server_thread is not None else None

    @property
    def published(self) -> int:
        """The last message that was sent, or that all lines lost."""
        return self._publisher.published

    @property
    def figures(self) -> VenueFigures:
        """What was done so far."""
        running = bool(self._started_ns) and not self._elapsed_s
        return VenueFigures(
            messages=self.published,
            packets=tuple(self._publisher.packets_sent),
            bytes=tuple(self._publisher.bytes_sent),
            refused=self._publisher.refused,
            late_maximum_ns=self._publisher.late_maximum_ns,
            elapsed_s=(time.monotonic_ns() - self._started_ns) / 1e9 if running else self._elapsed_s,
            server=self._server.figures if self._server is not None else None,
        )

    def truth(self, sequence: int | None = None) -> Truth:
        """The venue's market as it was after a message; without one after the last that was published."""
        found = Truth(self.venue, self.population)
        found.advance(self.published if sequence is None else sequence)
        return found

    def true_books(self, sequence: int | None = None) -> dict[str, TrueBook]:
        """The books after a message; without one after the last that was published."""
        return self.truth(sequence).books()

    # ---------------------------------------------------------------------------------------------------- the threads

    def _guarded(self, work: Any) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 (raised by `join`)
            self._errors.append(error)
            self.stop()

    def _batches(self) -> Iterator[_Batch]:
        """The day in chunks that are ready to be sent; times count from the start."""
        population = self.population
        message_bytes = self.venue.longest + MessageBlock.size + DownstreamHeader.size
        wanted = int(population.messages_per_second * CHUNK_SECONDS * message_bytes)
        last_ns = None
        for chunk in self._day.chunks(
            messages_per_packet=self._messages_per_packet,
            packet_span_ns=PACKET_SPAN_NS,
            chunk_bytes=min(max(wanted, CHUNK_BYTES[0]), CHUNK_BYTES[1]),
        ):
            packets = paced(chunk.packets, self.pacing, population.start_ns, population.messages_per_second)
            whole = with_heartbeats(dataclasses.replace(chunk, packets=packets), last_ns)
            last_ns = int(whole.packets["time_ns"][-1])
            data = numpy.array(whole.data)  # the chunk's own bytes are written anew with the next one
            schedule = schedule_of(whole.packets, self._transmission, self.together, self.seed)
            yield _Batch(data, whole.packets, schedule)

    def _generate(self) -> None:
        for batch in self._batches():
            if not self._hand_over(batch):
                return
        self._hand_over(None)

    def _hand_over(self, batch: _Batch | None) -> bool:
        """Queue a batch; False where nobody will take it any more."""
        while not self._stop.is_set():
            try:
                self._ready.put(batch, timeout=0.1)
                return True
            except queue.Full:
                continue
        return False

    def _take(self) -> _Batch | None:
        """The next batch; None at the end."""
        while not self._stop.is_set():
            try:
                return self._ready.get(timeout=0.1)
            except queue.Empty:
                continue
        return None

    def _send(self) -> None:
        batch = self._take()
        self._started_ns = time.monotonic_ns()
        while batch is not None:
            self._store.add(batch.data, batch.packets)
            self._publisher.publish(batch.data, batch.packets, batch.schedule, self._started_ns)
            self._keep(batch)
            batch = self._take()
        self._end()
        self._elapsed_s = (time.monotonic_ns() - self._started_ns) / 1e9

    def _keep(self, batch: _Batch) -> None:
        """Write what was published to the record."""
        if self._record is None:
            return
        data = batch.data.tobytes()
        for packet in batch.packets:
            if packet["message_count"] and packet["sequence"] + packet["message_count"] - 1 <= self.published:
                offset = int(packet["offset"])
                self._record.write(data[offset + DownstreamHeader.size : offset + int(packet["byte_count"])])

    def _end(self) -> None:
        """Say on all lines, a few times, that the session has ended; the lines lose nothing of that."""
        if self._record is not None:
            self._record.write(bytes(MessageBlock.size))
            self._record.flush()
        chunk = empty_packets(
            self._end_interval_ns * numpy.arange(ENDS), numpy.full(ENDS, self.published + 1), END_OF_SESSION
        )
        whole = Transmission((FIRST_LINE,) * len(self.lines))
        schedule = schedule_of(chunk.packets, whole, 0.0, self.seed)
        if self._closing:
            return
        # An early end stopped it; a close that comes right now stops it again.
        self._publisher.resume()
        if self._closing:
            self._publisher.stop()
        self._publisher.publish(numpy.array(chunk.data), chunk.packets, schedule, time.monotonic_ns())


def midnight_ns(venue: Venue) -> int:
    """When the present day began at the venue, in Unix nanoseconds."""
    zone = ZoneInfo(venue.feed.time_zone or "UTC")
    today = datetime.datetime.now(tz=zone).date()
    return int(datetime.datetime.combine(today, datetime.time(), zone).timestamp()) * SECOND
