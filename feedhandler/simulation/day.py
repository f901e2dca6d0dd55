"""A simulated day: to memory or to files, in chunks, with flat memory.

    day = Day(VENUE, Population(messages=10_000_000, live_orders=500_000))
    packets = day.packets(messages_per_packet=8)     # in memory
    day.write_binaryfile("day.itch.gz")              # the same day again, as a file

Every call starts the day anew from its seed, so all outputs of a `Day` tell of the same messages.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy
from numpy.typing import NDArray

from feedhandler.core.integers import to_signed
from feedhandler.core.memory import Region
from feedhandler.pipeline.cache import load_module
from feedhandler.sessions.moldudp64 import DownstreamHeader, MessageBlock

from .actions import Action
from .generation import Generation, PacketEntry
from .output import open_output
from .population import FlowMemory, Population
from .venue import Venue

CHUNK_BYTES = 8 << 20
PACKET_BYTES_MAXIMUM = 1_400  #: of a UDP payload, so that it fits an Ethernet frame with room to spare
PACKET_SPAN_NS = 10_000  #: what a packet waits for more messages where their number is left to the traffic
SESSION = "SIMULATED1"

_SOURCE = '''"""Writes the days of a venue. Generated, never edited."""

from feedhandler.core.jit import entry
from feedhandler.simulation.generation import Generation, generation_run
from {module} import {write}


@entry
def run(address):
    generation_run(Generation(address), {write})
'''

_PACKAGES = (
    "feedhandler.simulation",
    "feedhandler.wire",
    "feedhandler.sessions.moldudp64",
    *(f"feedhandler.core.{name}" for name in ("integers", "jit", "memory", "records", "views")),
)
"""What the generated code depends on besides the venue's own package: less than the engine as a whole."""


@dataclass(frozen=True)
class Chunk:
    """A run of a day's bytes, and the packets in it; valid until the next chunk is asked for."""

    data: NDArray[numpy.uint8]
    packets: NDArray[Any]  #: of `PacketEntry`; empty for a file of messages


@dataclass(frozen=True)
class Packets:
    """A day's packets in memory; `entries` are of `PacketEntry`."""

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
        source = _SOURCE.format(module=self.venue.module, write=self.venue.write.__name__)
        own = self.venue.module.rpartition(".")[0] or self.venue.module
        self._run = load_module("generation", source, [own, *_PACKAGES]).run
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
        capacity = 0
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
            count = generation.packet_count
            yield Chunk(
                data=output.array(numpy.uint8, generation.written),
                packets=entries.array(PacketEntry.dtype, count) if capacity else numpy.zeros(0, PacketEntry.dtype),
            )
        self.ramped = memory.flow.ramped

    def packets(self, *, messages_per_packet: int | None = None, packet_span_ns: int = PACKET_SPAN_NS) -> Packets:
        """The day as MoldUDP64 packets in memory, at most some 60 bytes a message."""
        data, entries, start, messages = [], [], 0, 0
        for chunk in self.chunks(messages_per_packet=messages_per_packet, packet_span_ns=packet_span_ns):
            found = chunk.packets.copy()
            found["offset"] += start
            start += len(chunk.data)
            messages += int(found["message_count"].sum())
            data.append(chunk.data.copy())
            entries.append(found)
        return Packets(numpy.concatenate(data), numpy.concatenate(entries), messages, self.ramped)

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
