"""Packets as a capture file: pcap with nanoseconds, Ethernet, IPv4, UDP to a multicast group.

draft-ietf-opsawg-pcap; RFC 791, RFC 768, RFC 1071; the Ethernet address of a group is RFC 1112, section 6.4. The file
is big endian, as the protocols in it are, so one table describes all that stands before a payload. A line's headers are
encoded once; a packet then costs a copy, its lengths and its checksums.
"""

# mypy: disallow-untyped-defs=false, disallow-untyped-calls=false

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

import numpy
from numpy.typing import NDArray

from feedhandler.core.jit import hot
from feedhandler.core.memory import Region, copy_bytes
from feedhandler.core.records import Record, i64
from feedhandler.pipeline.cache import load_module
from feedhandler.wire import Message
from feedhandler.wire.big_endian import u8, u16, u32, u48
from feedhandler.wire.writer import Writer

from .generation import PacketEntry
from .population import SimulationError

MAGIC_NANOSECONDS = 0xA1B23C4D
LINK_ETHERNET = 1
SNAPSHOT_LENGTH = 262_144
FILE_HEADER = struct.pack(">IHHiIII", MAGIC_NANOSECONDS, 2, 4, 0, 0, SNAPSHOT_LENGTH, LINK_ETHERNET)
SECOND = 1_000_000_000
ETHERNET_HEADER = 14
IPV4_HEADER = 20
UDP_HEADER = 8


class PacketHeaders(Message, size=58):
    """A pcap record header, and Ethernet, IPv4 and UDP headers without options."""

    seconds = u32 @ 0
    nanoseconds = u32 @ 4
    captured_length = u32 @ 8
    original_length = u32 @ 12
    ethernet_destination = u48 @ 16
    ethernet_source = u48 @ 22
    ethernet_type = u16 @ 28
    version_and_header_length = u8 @ 30
    type_of_service = u8 @ 31
    total_length = u16 @ 32
    identification = u16 @ 34
    flags_and_fragment_offset = u16 @ 36
    time_to_live = u8 @ 38
    protocol = u8 @ 39
    header_checksum = u16 @ 40
    source_address = u32 @ 42
    destination_address = u32 @ 46
    source_port = u16 @ 50
    destination_port = u16 @ 52
    udp_length = u16 @ 54
    udp_checksum = u16 @ 56


class WritePacketHeaders(Writer, message=PacketHeaders):
    """Writes what stands before a payload."""


class Word(Message, size=2):
    """What the Internet checksum sums."""

    value = u16 @ 0


class Letter(Message, size=1):
    """The last byte of an odd number."""

    value = u8 @ 0


_IPV4 = 30  # where the IPv4 header starts
_ADDRESSES = 42
_UDP = 50
_HEADS = 64  # room for a line's headers


class Batch(Record):
    """Packets to write."""

    data = i64
    packets = i64
    packet_count = i64
    heads = i64
    epoch_ns = i64  #: added to the packets' times
    output = i64
    written = i64


@hot
def _words_sum(address, length):
    """The sum of big-endian words, an odd last byte as a high one."""
    total = 0
    for position in range(0, length - 1, 2):
        total += Word(address + position).value
    if length & 1:
        total += Letter(address + length - 1).value << 8
    return total


@hot
def _folded(total):
    """The Internet checksum of a sum (RFC 1071)."""
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    return (total & 0xFFFF) ^ 0xFFFF


@hot
def batch_write(batch):
    """Write every packet of the batch as a record."""
    position = batch.output
    for number in range(batch.packet_count):
        packet = PacketEntry(batch.packets + PacketEntry.size * number)
        length = packet.byte_count
        time_ns = packet.time_ns + batch.epoch_ns
        copy_bytes(position, batch.heads + _HEADS * packet.line, PacketHeaders.size)
        copy_bytes(position + PacketHeaders.size, batch.data + packet.offset, length)
        headers = WritePacketHeaders(position)
        headers.seconds = time_ns // SECOND
        headers.nanoseconds = time_ns % SECOND
        udp_length = UDP_HEADER + length
        headers.captured_length = ETHERNET_HEADER + IPV4_HEADER + udp_length
        headers.original_length = ETHERNET_HEADER + IPV4_HEADER + udp_length
        headers.total_length = IPV4_HEADER + udp_length
        headers.header_checksum = _folded(_words_sum(position + _IPV4, IPV4_HEADER))
        headers.udp_length = udp_length
        # The pseudo-header: both addresses, the protocol, the length.
        pseudo = _words_sum(position + _ADDRESSES, 8) + headers.protocol + udp_length
        checksum = _folded(pseudo + _words_sum(position + _UDP, udp_length))
        # 0 would say that there is none (RFC 768).
        headers.udp_checksum = checksum if checksum != 0 else 0xFFFF
        position += PacketHeaders.size + length
    batch.written = position - batch.output


_SOURCE = '''"""Writes captures. Generated, never edited."""

from feedhandler.core.jit import entry
from feedhandler.simulation.pcap import Batch, batch_write


@entry
def run(address):
    batch_write(Batch(address))
'''
_PACKAGES = (
    "feedhandler.simulation.generation",
    "feedhandler.simulation.pcap",
    "feedhandler.wire",
    *(f"feedhandler.core.{name}" for name in ("integers", "jit", "memory", "records", "views")),
)


@dataclass(frozen=True)
class Address:
    """Where a line's packets come from and go to."""

    destination: str
    port: int
    source: str
    source_port: int = 30_000

    def headers(self) -> bytes:
        """All that a packet's headers share, lengths and checksums 0."""
        destination, source = int(IPv4Address(self.destination)), int(IPv4Address(self.source))
        if not IPv4Address(self.destination).is_multicast:
            raise SimulationError(f"{self.destination} is not a multicast group (224.0.0.0 to 239.255.255.255)")
        if not (0 < self.port <= 0xFFFF and 0 < self.source_port <= 0xFFFF):
            raise SimulationError(f"UDP ports are 1 to 65535, not {self.port} and {self.source_port}")
        return PacketHeaders.encode(
            ethernet_destination=0x01005E000000 | (destination & 0x7FFFFF),
            ethernet_source=0x020000000000 | source,
            ethernet_type=0x0800,
            version_and_header_length=0x45,
            flags_and_fragment_offset=0x4000,
            time_to_live=1,
            protocol=17,
            source_address=source,
            destination_address=destination,
            source_port=self.source_port,
            destination_port=self.port,
        )


LINE_ADDRESSES = (Address("239.10.10.1", 26_477, "10.10.1.1"), Address("239.10.20.1", 26_478, "10.10.2.1"))
"""The lines of a simulated channel: A and B."""


class PcapEncoder:
    """Turns runs of packets into records of a capture; `epoch_ns` is what the packets' times count from."""

    def __init__(self, addresses: tuple[Address, ...] = LINE_ADDRESSES, epoch_ns: int = 0) -> None:
        self._run = load_module("pcap_writer", _SOURCE, _PACKAGES).run
        self._heads = Region("pcap.heads", _HEADS * len(addresses), huge=False)
        for number, address in enumerate(addresses):
            head = numpy.frombuffer(address.headers(), numpy.uint8)
            self._heads.array(numpy.uint8, len(head), _HEADS * number)[:] = head
        self._lines = len(addresses)
        self._batch_memory = Region("pcap.batch", Batch.size, huge=False)
        self._batch = Batch(self._batch_memory.address)
        self._batch.heads = self._heads.address
        self._batch.epoch_ns = epoch_ns

    def records(self, data: NDArray[numpy.uint8], packets: NDArray[Any]) -> NDArray[numpy.uint8]:
        """The records of these packets (`PacketEntry`), whose offsets are into `data`."""
        lines = int(packets["line"].max(initial=-1)) + 1
        if lines > self._lines:
            raise SimulationError(f"packets were sent on {lines} lines; {self._lines} have addresses")
        size = int(packets["byte_count"].sum()) + PacketHeaders.size * len(packets)
        output = numpy.empty(size, numpy.uint8)
        entries = numpy.ascontiguousarray(packets)
        batch = self._batch
        batch.data = data.ctypes.data
        batch.packets = entries.ctypes.data
        batch.packet_count = len(entries)
        batch.output = output.ctypes.data
        self._run(batch.address)
        return output
