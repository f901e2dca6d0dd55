"""What is written can be read again, and is what the RFCs print."""

import io
import struct
from pathlib import Path

import pytest

from replay.pcap_writer import PcapWriter, ethernet_address, internet_checksum
from tests.replay.builders import START, read


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    with PcapWriter(tmp_path / "capture") as writer:
        writer.write(START + 1, "233.54.12.111", 26477, b"first")
        writer.write(START + 2, "239.255.0.255", 0, b"", source="206.200.43.72", source_port=18000)
        writer.write(START + 3, "233.54.12.111", 26477, bytes(65507))
    reading = read(tmp_path / "capture")
    assert [
        (frame.received_ns, frame.destination, frame.port, frame.source, frame.source_port, len(frame.payload))
        for frame in reading.frames
    ] == [
        (START + 1, "233.54.12.111", 26477, "10.0.0.1", 30000, 5),
        (START + 2, "239.255.0.255", 0, "206.200.43.72", 18000, 0),
        (START + 3, "233.54.12.111", 26477, "10.0.0.1", 30000, 65507),
    ]
    assert reading.problems == []


@pytest.mark.parametrize("length", [0, 1, 7, 1400, 65507])
@pytest.mark.parametrize("group", ["233.54.12.111", "239.255.255.255", "224.0.0.1"])
def test_the_ip_checksum_of_every_header_is_right(group: str, length: int) -> None:
    file = io.BytesIO()
    with PcapWriter(file) as writer:
        writer.write(START, group, 1, bytes(length), source="255.255.255.254")
    header = file.getvalue()[24 + 16 + 14 :][:20]
    assert internet_checksum(header) == 0
    assert struct.unpack_from(">H", header, 2) == (28 + length,)


def test_the_checksum_of_rfc_1071_section_3() -> None:
    assert internet_checksum(bytes.fromhex("0001f203f4f5f6f7")) == ~0xDDF2 & 0xFFFF


def test_a_group_is_mapped_to_its_ethernet_address() -> None:
    assert ethernet_address("233.182.12.111") == bytes.fromhex("01005e360c6f")  # the low 23 bits: 182 loses its highest


def test_what_does_not_fit_is_refused() -> None:
    writer = PcapWriter(io.BytesIO())
    with pytest.raises(ValueError, match="at most 65507 bytes, not 65508"):
        writer.write(START, "239.0.0.1", 1, bytes(65508))
    with pytest.raises(ValueError, match="UDP ports are 0 to 65535, not 65536 and 30000"):
        writer.write(START, "239.0.0.1", 65536, b"")
