"""The time that a packet may take at a speed of Ethernet, beside what it takes on this machine.

At full speed packets follow each other without a pause, and whoever takes longer for one than the wire falls behind.
What is measured is the deployment's own pipeline, its inline strategies included, on packets in memory; and how long a
socket takes to hand over a datagram that has arrived. Two sizes of packets give two costs, of a packet and of a
message, so that any other size can be told.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from socket import AF_INET, SOCK_DGRAM, socket

from feedhandler import plugins
from feedhandler.config import Deployment
from feedhandler.core.frames import Frame, Receiver
from feedhandler.core.memory import Region
from feedhandler.pipeline.inline import InlinePlan
from feedhandler.pipeline.pipeline import BURST, ChannelPlan, Pipeline
from feedhandler.pipeline.source import Route
from feedhandler.receivers.endpoints import Endpoint
from feedhandler.simulation.day import Day, Packets
from feedhandler.simulation.population import Population

from .booking import book_packets, capacities_for, pipeline_of, receiver_of
from .receiving import drain

GIGABITS = (1, 10, 25, 40, 100, 200)
ETHERNET_HEADER_BYTES = 14
CHECKSUM_BYTES = 4
FRAME_MINIMUM_BYTES = 64
BETWEEN_FRAMES_BYTES = 20  #: preamble and start of frame 8, gap 12
IPV4_UDP_BYTES = 28

MESSAGES_PER_PACKET = (1, 8)  #: of the two runs that tell a packet's cost from a message's
RUNS = 3
DATAGRAMS = 16_384


def wire_bytes(payload_bytes: int) -> int:
    """What a datagram takes of the wire, from one preamble to the next (IEEE 802.3-2018, 3.1.1 and 4.4.2)."""
    frame = ETHERNET_HEADER_BYTES + IPV4_UDP_BYTES + payload_bytes + CHECKSUM_BYTES
    return max(frame, FRAME_MINIMUM_BYTES) + BETWEEN_FRAMES_BYTES


def wire_ns(payload_bytes: int, gigabits: int) -> float:
    """From one packet to the next on a full line."""
    return 8 * wire_bytes(payload_bytes) / gigabits


@dataclass(frozen=True)
class Cost:
    """What was measured here. Nanoseconds, and bytes of payload."""

    receive_ns: float  #: a datagram that has arrived, from a socket
    packet_ns: float  #: of the pipeline, whatever is in the packet
    message_ns: float
    header_bytes: float  #: of the session, in each packet
    message_bytes: float  #: its block header included

    def messages_in(self, payload_bytes: int) -> float:
        """How many messages of the usual size a payload holds."""
        return max(0.0, payload_bytes - self.header_bytes) / self.message_bytes

    def payload_of(self, messages: float) -> int:
        """The bytes of a payload with so many messages."""
        return round(self.header_bytes + messages * self.message_bytes)

    def processing_ns(self, payload_bytes: int) -> float:
        """What the pipeline takes for a packet."""
        return self.packet_ns + self.messages_in(payload_bytes) * self.message_ns


@dataclass(frozen=True)
class Line:
    """One speed of Ethernet. `headroom`: how many times the time of a full line is what a packet takes."""

    gigabits: int
    budget_ns: float
    headroom: float
    headroom_of_processing: float


def lines(cost: Cost, payload_bytes: int) -> list[Line]:
    """The budget at each speed, and how far it goes."""
    processing = cost.processing_ns(payload_bytes)
    return [
        Line(gigabits, budget, budget / (processing + cost.receive_ns), budget / processing)
        for gigabits in GIGABITS
        for budget in [wire_ns(payload_bytes, gigabits)]
    ]


def receive_cost(payload_bytes: int) -> float:
    """Nanoseconds a datagram, of a socket on loopback that is filled first and then emptied, 64 a poll."""
    kind = plugins.receiver("socket")
    frames = Region("frames", Frame.size * BURST, huge=False)
    receiver = kind([Endpoint(0, "127.0.0.1", 0)], kind.Options())
    receiver.open()
    try:
        face, address, found = Receiver(receiver.address), receiver.address_of(0), []
        with socket(AF_INET, SOCK_DGRAM) as sending:
            for _ in range(DATAGRAMS // BURST):
                for _ in range(BURST):
                    sending.sendto(bytes(payload_bytes), address)
                taken, spent = drain(face.poll, face.release, face.context, frames.address, BURST, BURST)
                found.append(spent / taken)
    finally:
        receiver.close()
    return float(statistics.median(found))


class Measurement:
    """Measures a deployment's pipeline. `plans` are its inline strategies."""

    def __init__(self, deployment: Deployment, route: Route, plans: Sequence[InlinePlan]) -> None:
        self._route, self._plans = route, plans
        # Inline strategies listen to channels by name: the first that the deployment has.
        self._channel = deployment.channels[0].name if deployment.channels else "channel"

    def of_venue(self, population: Population) -> Cost:
        """The cost of packets that the feed's simulated venue makes.

        Raises `PluginError` where the feed has none.
        """
        day = Day(plugins.venue(self._route.feed.name), population)
        made = {count: day.packets(messages_per_packet=count) for count in MESSAGES_PER_PACKET}
        few, many = MESSAGES_PER_PACKET
        taken: dict[int, list[float]] = {count: [] for count in made}
        for _ in range(RUNS):
            for count, packets in made.items():
                taken[count].append(self._packet_ns(packets, population.live_orders, count))
        of_few, of_many = statistics.median(taken[few]), statistics.median(taken[many])
        message_ns = (of_many - of_few) / (many - few)
        sizes = [_payload_bytes(made[count]) for count in MESSAGES_PER_PACKET]
        message_bytes = (sizes[1] - sizes[0]) / (many - few)
        return Cost(
            receive_ns=receive_cost(round(sizes[1])),
            packet_ns=max(0.0, of_few - message_ns),
            message_ns=message_ns,
            header_bytes=sizes[0] - message_bytes,
            message_bytes=message_bytes,
        )

    def _packet_ns(self, packets: Packets, live_orders: int, count: int) -> float:
        pipeline = pipeline_of(
            self._route.feed,
            self._route.variant,
            self._route.session.name,
            capacities=capacities_for(live_orders),
            channel=self._channel,
            strategies=self._plans,
        )
        with receiver_of(packets) as receiver:
            return count * book_packets(pipeline, receiver, packets).steady_ns_per_message

    def of_captures(self, files: Sequence[Path]) -> tuple[Cost, int]:
        """The cost of the packets of captures, as they come, and the bytes of their mean payload.

        Their sizes are what they are, so all of it is told as the messages' cost.
        """
        spent, packets, messages, payload = [], 0, 0, 0
        for _ in range(RUNS):
            run, pipeline = self._replayed(files)
            messages = sum(int(memory.channel.message_count) for memory in pipeline.channels)
            packets, payload = run
            spent.append(pipeline.run_record.busy_ns)
        if messages == 0:
            raise ValueError("no message of the feed is in the captures")
        mean = payload / packets
        cost = Cost(
            receive_ns=receive_cost(round(mean)),
            packet_ns=0.0,
            message_ns=statistics.median(spent) / messages,
            header_bytes=0.0,
            message_bytes=payload / messages,
        )
        return cost, round(mean)

    def _replayed(self, files: Sequence[Path]) -> tuple[tuple[int, int], Pipeline]:
        """Frames and bytes of a replay, and the pipeline after it."""
        capacities = capacities_for(0)
        pipeline = Pipeline(
            "budget",
            [self._route],
            discover=lambda line: ChannelPlan(f"{self._channel} {line}", lines=(line,), capacities=capacities),
            strategies=self._plans,
            strategy_instruments=capacities.instruments * 64,
        )
        with plugins.receiver("capture")([str(file) for file in files]) as receiver:
            pipeline.attach(receiver)
            pipeline.run()
            pipeline.finish()
            return (int(receiver.statistics["frames"]), int(receiver.statistics["payload_bytes"])), pipeline


def _payload_bytes(packets: Packets) -> float:
    """The mean payload of packets with messages in them."""
    return float(packets.entries["byte_count"].mean())


def told(found: Sequence[Line]) -> Iterator[dict[str, float]]:
    """As plain data."""
    for line in found:
        yield {
            "gigabits": line.gigabits,
            "budget_ns": round(line.budget_ns, 2),
            "headroom": round(line.headroom, 3),
            "headroom_of_processing": round(line.headroom_of_processing, 3),
        }
