"""A simulated day: to memory or to files, in chunks, with flat memory.

    day = Day(VENUE, Population(messages=10_000_000, live_orders=500_000))
    packets = day.packets(messages_per_packet=8)     # in memory
    day.write_binaryfile("day.itch.gz")              # the same day again, as a file

Every call starts the day anew from its seed, so all outputs of a `Day` tell of the same messages.
"""

from __future__ import annotations

import dataclasses
import datetime
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy
from numpy.typing import NDArray

from feedhandler.core.integers import to_signed
from feedhandler.core.memory import Region
from feedhandler.pipeline.cache import load_module
from feedhandler.sessions.moldudp64 import END_OF_SESSION, DownstreamHeader, MessageBlock

from .actions import Action
from .generation import Generation, PacketEntry
from .output import open_output
from .pcap import FILE_HEADER, LINE_ADDRESSES, Address, PcapEncoder
from .population import SECOND, FlowMemory, Population
from .transmission import Transmission
from .venue import Venue

CHUNK_BYTES = 8 << 20
PACKET_BYTES_MAXIMUM = 1_400  #: of a UDP payload, so that it fits an Ethernet frame with room to spare
PACKET_SPAN_NS = 10_000  #: what a packet waits for more messages where their number is left to the traffic
HEARTBEAT_NS = SECOND  #: MoldUDP64 1.00: a server with nothing to send says so once a second
SESSION = "SIMULATED1"
DATE = datetime.date(2025, 11, 3)

_SOURCE = '''"""Writes the days of a venue. Generated, never edited."""

from feedhandler.core.jit import entry
from feedhandler.simulation.generation import Generation, generation_run
from {module} import {write}


@entry
def run(address):
    generation_run(Generation(address), {write})
'''

_PACKAGES = (
    *(f"feedhandler.simulation.{name}" for name in ("actions", "generation", "market", "order_flow", "randomness")),
    "feedhandler.wire",
    "feedhandler.sessions.moldudp64",
    *(f"feedhandler.core.{name}" for name in ("integers", "jit", "memory", "records", "views")),
)
"""What the generated code depends on besides the venue's own package: less than the engine as a whole."""


def writer_of(venue: Venue) -> Callable[[int], None]:
    """The compiled function that writes a venue's day, given the address of a `Generation`."""
    source = _SOURCE.format(module=venue.module, write=venue.write.__name__)
    own = venue.module.rpartition(".")[0] or venue.module
    run: Callable[[int], None] = load_module("generation", source, [own, *_PACKAGES]).run
    return run


@dataclass(frozen=True)
class Chunk:
    """A run of a day's bytes, and the packets in it; valid until the next chunk is asked for."""

    data: NDArray[numpy.uint8]
    packets: NDArray[Any]  #: of `PacketEntry`; empty for a file of messages


@dataclass(frozen=True)
class Packets:
    """What arrives of a day, in memory; `entries` are of `PacketEntry`, in the order of arrival."""

    data: NDArray[numpy.uint8]
    entries: NDArray[Any]
    messages: int
    ramped: int  #: the message at which the book was first as full as it was to be; 0: never


@dataclass
class Day:
    """A day of a venue's messages."""

    venue: Venue
    population: Population

    def __post_init__(self) -> None:
        self._run = writer_of(self.venue)
        self.ramped = 0
        self.symbols: list[str] = FlowMemory(dataclasses.replace(self.population, live_orders=1)).symbols

    def chunks(
        self,
        *,
        messages_per_packet: int | None = 0,
        packet_span_ns: int = PACKET_SPAN_NS,
        chunk_bytes: int = CHUNK_BYTES,
    ) -> Iterator[Chunk]:
        """The day from its start. `messages_per_packet` 0: records of a BinaryFILE; None: as the traffic has it."""
        memory = FlowMemory(self.population)
        output = Region("simulation.output", chunk_bytes, huge=False)
        state = Region("simulation.generation", 4096, huge=False)
        generation = Generation(state.address)
        generation.flow = memory.flow.address
        generation.action = state.address + 4096 - Action.size
        generation.output = output.address
        generation.output_size = chunk_bytes
        generation.longest = self.venue.longest
        entries = None
        if messages_per_packet != 0:
            capacity = chunk_bytes // (DownstreamHeader.size + MessageBlock.size + 1)
            entries = Region("simulation.packets", PacketEntry.size * capacity, huge=False)
            generation.packets = entries.address
            generation.packet_capacity = capacity
            generation.messages_per_packet = messages_per_packet or 1 << 15
            generation.packet_span_ns = packet_span_ns if messages_per_packet is None else 0
            block = MessageBlock.size + self.venue.longest
            fixed = DownstreamHeader.size + block * (messages_per_packet or 1)
            generation.packet_bytes_maximum = max(PACKET_BYTES_MAXIMUM, fixed)
            generation.session_high = to_signed(int.from_bytes(SESSION[:8].encode(), "big"))
            generation.session_low = int.from_bytes(SESSION[8:].encode(), "big")
        while True:
            self._run(generation.address)
            if generation.written == 0:
                break
            packets = numpy.zeros(0, PacketEntry.dtype)
            if entries is not None:
                packets = entries.array(PacketEntry.dtype, generation.packet_count)
            yield Chunk(output.array(numpy.uint8, generation.written), packets)
        self.ramped = memory.flow.ramped

    def arrivals(
        self,
        *,
        messages_per_packet: int | None = None,
        packet_span_ns: int = PACKET_SPAN_NS,
        transmission: Transmission | None = None,
        ends: int = 3,
    ) -> Iterator[Chunk]:
        """The day as MoldUDP64 packets that arrive on lines: with a heartbeat for every silent second, and `ends`
        packets at the end that say so, a second apart."""
        transmission = transmission or Transmission()
        next_sequence, last_ns = 1, None
        for chunk in self.chunks(messages_per_packet=messages_per_packet, packet_span_ns=packet_span_ns):
            chunk = with_heartbeats(chunk, last_ns)
            final = chunk.packets[-1]
            next_sequence, last_ns = int(final["sequence"] + final["message_count"]), int(final["time_ns"])
            yield Chunk(chunk.data, transmission.arrivals(chunk.packets))
        if last_ns is not None and ends:
            times = last_ns + SECOND * numpy.arange(1, ends + 1)
            chunk = empty_packets(times, numpy.full(ends, next_sequence), END_OF_SESSION)
            yield Chunk(chunk.data, transmission.arrivals(chunk.packets))

    def packets(
        self,
        *,
        messages_per_packet: int | None = None,
        packet_span_ns: int = PACKET_SPAN_NS,
        transmission: Transmission | None = None,
        ends: int = 1,
    ) -> Packets:
        """What arrives of the day, in memory: at most some 60 bytes a message and 40 an arrival."""
        data, entries, start = [], [], 0
        for chunk in self.arrivals(
            messages_per_packet=messages_per_packet,
            packet_span_ns=packet_span_ns,
            transmission=transmission,
            ends=ends,
        ):
            found = chunk.packets.copy()
            found["offset"] += start
            start += len(chunk.data)
            data.append(chunk.data.copy())
            entries.append(found)
        return Packets(numpy.concatenate(data), numpy.concatenate(entries), self.population.messages, self.ramped)

    def write_pcap(
        self,
        path: str | os.PathLike[str],
        *,
        messages_per_packet: int | None = None,
        packet_span_ns: int = PACKET_SPAN_NS,
        transmission: Transmission | None = None,
        addresses: tuple[Address, ...] = LINE_ADDRESSES,
        date: datetime.date = DATE,
    ) -> int:
        """What arrives of the day as a capture, compressed where the name ends in .gz or .zst; returns its packets."""
        encoder = PcapEncoder(addresses, self.midnight_ns(date))
        count = 0
        with open_output(path) as stream:
            stream.write(FILE_HEADER)
            for chunk in self.arrivals(
                messages_per_packet=messages_per_packet, packet_span_ns=packet_span_ns, transmission=transmission
            ):
                stream.write(encoder.records(chunk.data, chunk.packets).data)
                count += len(chunk.packets)
        return count

    def midnight_ns(self, date: datetime.date) -> int:
        """When a day begins at the venue, in Unix nanoseconds."""
        zone = ZoneInfo(self.venue.feed.time_zone or "UTC")
        return int(datetime.datetime.combine(date, datetime.time(), zone).timestamp()) * SECOND

    def write_binaryfile(self, path: str | os.PathLike[str]) -> int:
        """The day as a BinaryFILE, compressed where the name ends in .gz or .zst; returns its messages."""
        with open_output(path) as stream:
            for chunk in self.chunks():
                stream.write(chunk.data.data)
            stream.write(bytes(MessageBlock.size))
        return self.population.messages

    def records(self) -> NDArray[numpy.uint8]:
        """The day as the bytes of a BinaryFILE in memory, with its end."""
        pieces = [chunk.data.copy() for chunk in self.chunks()]
        return numpy.concatenate([*pieces, numpy.zeros(MessageBlock.size, numpy.uint8)])


def empty_packets(times: NDArray[Any], sequences: NDArray[Any], message_count: int) -> Chunk:
    """Packets without messages: heartbeats (`message_count` 0) or the session's end."""
    high, low = SESSION[:8], SESSION[8:]
    payloads = [
        DownstreamHeader.encode(session_high=high, session_low=low, sequence_number=number, message_count=message_count)
        for number in sequences.tolist()
    ]
    packets = numpy.zeros(len(times), PacketEntry.dtype)
    packets["offset"] = DownstreamHeader.size * numpy.arange(len(times))
    packets["sequence"] = sequences
    packets["time_ns"] = times
    packets["byte_count"] = DownstreamHeader.size
    return Chunk(numpy.frombuffer(b"".join(payloads), numpy.uint8), packets)


def with_heartbeats(chunk: Chunk, last_ns: int | None) -> Chunk:
    """A chunk with a heartbeat for every whole second of silence; `last_ns` is the time of the packet before it."""
    times = chunk.packets["time_ns"]
    before = numpy.concatenate([[times[0] if last_ns is None else last_ns], times[:-1]])
    silent = numpy.maximum(0, (times - before - 1) // HEARTBEAT_NS)
    total = int(silent.sum())
    if total == 0:
        return chunk
    places = numpy.repeat(numpy.arange(len(times)), silent)
    number = numpy.arange(total) - numpy.repeat(numpy.cumsum(silent) - silent, silent) + 1
    beats = empty_packets(before[places] + HEARTBEAT_NS * number, chunk.packets["sequence"][places], 0)
    beats.packets["offset"] += len(chunk.data)
    packets = numpy.insert(chunk.packets, places, beats.packets)
    return Chunk(numpy.concatenate([chunk.data, beats.data]), packets)
