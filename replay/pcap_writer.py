"""Writes UDP multicast datagrams to a pcap file: nanoseconds, big endian, Ethernet, IPv4.

draft-ietf-opsawg-pcap; RFC 791, RFC 768; the Ethernet address of an IPv4 group is RFC 1112, section 6.4. The file is
big endian, as the protocols in it are, so that all headers of a packet are one structure, packed at once. What packets
of a flow share is made once. The UDP checksum is 0, "not computed" (RFC 768), as many exchanges send it.
"""

import os
import socket
import struct
from types import TracebackType
from typing import BinaryIO

MAGIC_NANOSECONDS = 0xA1B23C4D
LINK_ETHERNET = 1
SNAPSHOT_LENGTH = 262144
LARGEST_PAYLOAD = 65535 - 20 - 8

FILE_HEADER = struct.Struct(">IHHiIII")
# The record header; Ethernet and IPv4 up to the length; the length; identification, "do not fragment", TTL 1, UDP;
# the checksum; the addresses; the UDP header.
RECORD = struct.Struct(">IIII16sHIHH8sHHHH")
DO_NOT_FRAGMENT = 0x4000
TTL_1_UDP = 0x0111
HEADERS = 14 + 20 + 8

DEFAULT_SOURCE = "10.0.0.1"
DEFAULT_SOURCE_PORT = 30000


def ethernet_address(group: str) -> bytes:
    """01:00:5e and the low 23 bits of a multicast group (RFC 1112, section 6.4); a local one for any other."""
    number = socket.inet_aton(group)
    if number[0] >> 4 == 14:
        return b"\x01\x00\x5e" + bytes([number[1] & 0x7F]) + number[2:]
    return b"\x02\x00" + number


def internet_checksum(data: bytes) -> int:
    """RFC 1071, of an even number of bytes."""
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class PcapWriter:
    """Appends datagrams in the order in which they are given."""

    def __init__(self, file: str | os.PathLike[str] | BinaryIO) -> None:
        self._owned = isinstance(file, (str, os.PathLike))
        self._file: BinaryIO = open(file, "wb") if isinstance(file, (str, os.PathLike)) else file  # noqa: SIM115
        self._write = self._file.write
        self._heads: dict[tuple[str, int, str, int], tuple[bytes, int, bytes]] = {}
        self._write(FILE_HEADER.pack(MAGIC_NANOSECONDS, 2, 4, 0, 0, SNAPSHOT_LENGTH, LINK_ETHERNET))

    def write(
        self,
        received_ns: int,
        destination: str,
        port: int,
        payload: bytes,
        *,
        source: str = DEFAULT_SOURCE,
        source_port: int = DEFAULT_SOURCE_PORT,
    ) -> None:
        """One datagram. `received_ns` is of the Unix epoch, up to the year 2106, where pcap's seconds end."""
        length = len(payload)
        if length > LARGEST_PAYLOAD:
            raise ValueError(f"a UDP datagram over IPv4 carries at most {LARGEST_PAYLOAD} bytes, not {length}")
        key = (destination, port, source, source_port)
        head = self._heads.get(key)
        if head is None:
            head = self._heads[key] = self._head(*key)
        before_length, checksum_sum, addresses = head
        total = 28 + length
        checksum = checksum_sum + total
        checksum = (checksum & 0xFFFF) + (checksum >> 16)
        checksum = ~(checksum + (checksum >> 16)) & 0xFFFF
        seconds, nanoseconds = divmod(received_ns, 1_000_000_000)
        record = RECORD.pack(
            seconds,
            nanoseconds,
            HEADERS + length,
            HEADERS + length,
            before_length,
            total,
            DO_NOT_FRAGMENT,
            TTL_1_UDP,
            checksum,
            addresses,
            source_port,
            port,
            8 + length,
            0,
        )
        self._write(record + payload)

    @staticmethod
    def _head(destination: str, port: int, source: str, source_port: int) -> tuple[bytes, int, bytes]:
        """What all packets of a flow share: the bytes up to the IP length, the sum of the rest, the addresses."""
        if not (0 <= port <= 0xFFFF and 0 <= source_port <= 0xFFFF):
            raise ValueError(f"UDP ports are 0 to 65535, not {port} and {source_port}")
        addresses = socket.inet_aton(source) + socket.inet_aton(destination)
        without_length = struct.pack(">BBHIHH", 0x45, 0, 0, DO_NOT_FRAGMENT, TTL_1_UDP, 0) + addresses
        checksum_sum = ~internet_checksum(without_length) & 0xFFFF
        ethernet = ethernet_address(destination) + ethernet_address(source) + b"\x08\x00"
        return ethernet + b"\x45\x00", checksum_sum, addresses

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        """Closes the file where the writer opened it, flushes it where it was given open."""
        if self._owned:
            self._file.close()
        else:
            self._file.flush()

    def __enter__(self) -> "PcapWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
