"""The retransmission server of a simulated venue: answers requests from what was sent, or misbehaves as it is told.

MoldUDP64 1.00 has a request answered with a Downstream Packet to where it came from: as many messages as fit. Servers
are met that send packet after packet until all was answered; `ServerFaults.packets` says how many one answer has at
most. Requests for another session, or for what was not sent or is not kept any more, are not answered.
"""

from __future__ import annotations

import heapq
import random
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from feedhandler.sessions import Retransmission
from feedhandler.simulation.population import SimulationError

from .store import PacketStore

PACKET_BYTES_MAXIMUM = 1_400
NAP_S = 0.05  #: how long the thread sleeps at most, so that `stop` is seen
HEADER = struct.Struct(">QHQH")  # session (eight and two characters), sequence, count

Address = tuple[str, int]


@dataclass(frozen=True)
class ServerFaults:
    """What a server does wrong. Shares are of all requests, 0 to 1."""

    loss: float = 0.0  #: requests that it does not answer
    partial: float = 0.0  #: requests of which it answers the first messages only
    duplication: float = 0.0  #: answers that are sent twice
    late: float = 0.0  #: answers that come `late_ns` later
    late_ns: int = 20_000_000
    packets: int = 1_000  #: of one answer, at most; 1: as the specification has it

    def __post_init__(self) -> None:
        for name in ("loss", "partial", "duplication", "late"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise SimulationError(f"{name} is {getattr(self, name)}; a share from 0 to 1 is expected")
        if self.packets < 1 or self.late_ns < 0:
            raise SimulationError("an answer has at least one packet, and comes no earlier than its request")


@dataclass
class ServerFigures:
    """What a server did."""

    requests: int = 0  #: datagrams that came
    refused: int = 0  #: which were no request, of another session, or for what is not there
    ignored: int = 0  #: which were lost on purpose
    packets: int = 0  #: sent in answer
    messages: int = 0  #: in them
    unsent: int = 0  #: packets that the system refused to send


class RetransmissionServer:
    """Answers requests for the messages of one session.

    published: the last message that was sent; nothing beyond is answered.
    """

    def __init__(
        self,
        retransmission: Retransmission,
        session: tuple[int, int],
        store: PacketStore,
        published: Callable[[], int],
        *,
        faults: ServerFaults | None = None,
        seed: int = 1,
    ) -> None:
        self.figures = ServerFigures()
        self._retransmission = retransmission
        self._session = session
        self._store = store
        self._published = published
        self._faults = faults or ServerFaults()
        self._chance = random.Random(seed)

    def answers(self, datagram: bytes) -> list[tuple[int, bytes]]:
        """The packets that answer a datagram, each with the nanoseconds after which it is sent."""
        figures, faults, chance = self.figures, self._faults, self._chance
        figures.requests += 1
        request = self._retransmission.request_read(datagram)
        last = self._published()
        known = request is not None and (request.session_high, request.session_low) == self._session
        if request is None or not known or not max(1, self._store.first) <= request.first <= last:
            figures.refused += 1
            return []
        # All draws are made whatever the shares are: changing one fault leaves the others as they were.
        lost, cut, twice, late = (chance.random() for _ in range(4))
        size = chance.random()
        if lost < faults.loss:
            figures.ignored += 1
            return []
        end = min(request.first + request.message_count, last + 1)
        if cut < faults.partial:
            end = request.first + max(1, int((end - request.first) * size))
        packets = self._packets(request.first, end)
        later = faults.late_ns if late < faults.late else 0
        copies = 2 if twice < faults.duplication else 1
        found = [(later, packet) for packet in packets for _ in range(copies)]
        figures.packets += len(found)
        return found

    def _packets(self, first: int, end: int) -> list[bytes]:
        """Downstream packets of these messages, as full as they can be."""
        high, low = self._session
        packets: list[bytes] = []
        waiting: list[bytes] = []
        size, sequence = HEADER.size, first

        def close() -> None:
            nonlocal waiting, size, sequence
            head = HEADER.pack(high & 0xFFFF_FFFF_FFFF_FFFF, low, sequence, len(waiting))
            packets.append(head + b"".join(waiting))
            self.figures.messages += len(waiting)
            sequence += len(waiting)
            waiting, size = [], HEADER.size

        for block in self._store.blocks(first, end):
            if waiting and size + len(block) > PACKET_BYTES_MAXIMUM:
                close()
                if len(packets) == self._faults.packets:
                    return packets
            waiting.append(block)
            size += len(block)
        if waiting:
            close()
        return packets


class ServerThread:
    """A retransmission server at an address, in a thread of its own."""

    def __init__(self, server: RetransmissionServer, address: Address) -> None:
        self._server = server
        self._stop = threading.Event()
        self._error: BaseException | None = None
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.bind(address)
        except OSError as error:
            self._socket.close()
            host, port = address
            raise OSError(error.errno, f"no retransmission server at {host}:{port}: {error.strerror}") from error
        self.address: Address = self._socket.getsockname()
        self._thread = threading.Thread(target=self._live, name="retransmission server", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """End, with what waits to be sent late unsent. Raises what ended the thread before, if anything did."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self._socket.close()
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def _live(self) -> None:
        late: list[tuple[int, int, bytes, Address]] = []
        number = 0
        try:
            while not self._stop.is_set():
                now = time.monotonic_ns()
                while late and late[0][0] <= now:
                    _, _, packet, address = heapq.heappop(late)
                    self._send(packet, address)
                nap = min(NAP_S, (late[0][0] - now) / 1e9) if late else NAP_S
                self._socket.settimeout(max(nap, 1e-4))
                try:
                    datagram, sender = self._socket.recvfrom(65_535)
                except TimeoutError:
                    continue
                for later, packet in self._server.answers(datagram):
                    if later == 0:
                        self._send(packet, sender)
                        continue
                    number += 1
                    heapq.heappush(late, (time.monotonic_ns() + later, number, packet, sender))
        except BaseException as error:  # noqa: BLE001 (raised by `stop`)
            self._error = error

    def _send(self, packet: bytes, address: Address) -> None:
        try:
            self._socket.sendto(packet, address)
        except OSError:
            self._server.figures.unsent += 1
