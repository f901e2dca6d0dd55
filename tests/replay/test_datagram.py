"""From a captured packet to its UDP payload: link types, tags, and what a socket would not have seen."""

import struct
from pathlib import Path
from typing import Any

import pytest

from tests.replay.builders import ETHERNET, GROUP, PORT, START, Reading, Record, ethernet, ipv4, pcap, read_bytes, udp

IP = ipv4(udp(b"payload"))
IPV6 = b"\x60" + bytes(60)


def reading_of(tmp_path: Path, data: bytes, *, link_type: int = ETHERNET, original: int | None = None) -> Reading:
    return read_bytes(tmp_path, pcap([Record(START, data, original)], link_type=link_type))


def cooked(ethertype: int) -> bytes:
    """LINKTYPE_LINUX_SLL: packet type, device type, address length, address, protocol."""
    return struct.pack(">HHH8sH", 0, 1, 6, bytes(8), ethertype)


def cooked_2(ethertype: int) -> bytes:
    """LINKTYPE_LINUX_SLL2: protocol, reserved, interface index, device type, packet type, address length, address."""
    return struct.pack(">HHIHBB8s", ethertype, 0, 2, 1, 0, 6, bytes(8))


@pytest.mark.parametrize(
    ("link_type", "data"),
    [
        (1, ethernet(IP)),
        (1, ethernet(IP, tags=(0x8100,))),
        (1, ethernet(IP, tags=(0x88A8, 0x8100))),
        (1, ethernet(IP, tags=(0x9100, 0x8100))),
        (1, ethernet(IP, tags=(0x8100,) * 5)),
        (113, cooked(0x0800) + IP),
        (113, cooked(0x8100) + b"\x00\x64\x08\x00" + IP),
        (276, cooked_2(0x0800) + IP),
        (101, IP),
        (228, IP),
        (12, IP),
        (14, IP),
        (0, struct.pack("<I", 2) + IP),
        (0, struct.pack(">I", 2) + IP),
        (108, struct.pack(">I", 2) + IP),
    ],
)
def test_every_link_type_gives_the_payload(tmp_path: Path, link_type: int, data: bytes) -> None:
    reading = reading_of(tmp_path, data, link_type=link_type)
    assert [(frame.payload, frame.destination, frame.port, frame.source) for frame in reading.frames] == [
        (b"payload", GROUP, PORT, "10.0.0.1")
    ]


def test_ip_options_are_passed_over(tmp_path: Path) -> None:
    assert reading_of(tmp_path, ethernet(ipv4(udp(b"payload"), options=bytes(40)))).payloads == [b"payload"]


def test_padding_and_trailers_are_never_payload(tmp_path: Path) -> None:
    reading = reading_of(tmp_path, ethernet(ipv4(udp(b"tiny")) + bytes(14) + b"\xde\xad\xbe\xef"))
    assert [(frame.payload, frame.flags) for frame in reading.frames] == [(b"tiny", 0)]


def test_the_udp_length_rules_where_the_ip_datagram_is_longer(tmp_path: Path) -> None:
    assert reading_of(tmp_path, ethernet(ipv4(udp(b"payload", length=11)))).payloads == [b"pay"]


def test_an_empty_datagram_is_a_frame(tmp_path: Path) -> None:
    assert reading_of(tmp_path, ethernet(ipv4(udp(b"")))).payloads == [b""]


def test_a_total_length_of_0_is_segmentation_offload(tmp_path: Path) -> None:
    assert reading_of(tmp_path, ethernet(ipv4(udp(b"payload"), total=0))).payloads == [b"payload"]


def test_addresses_and_ports_of_0_are_a_line_like_any_other(tmp_path: Path) -> None:
    data = ethernet(ipv4(udp(b"payload", port=0, source_port=0), destination="0.0.0.0", source="0.0.0.0"))
    assert [(frame.payload, frame.destination, frame.port) for frame in reading_of(tmp_path, data).frames] == [
        (b"payload", "0.0.0.0", 0)
    ]


@pytest.mark.parametrize(
    ("reason", "link_type", "data"),
    [
        ("not_ip", 1, ethernet(bytes(28), ethertype=0x0806)),
        ("not_ip", 1, ethernet(bytes(60), ethertype=46)),
        ("not_ip", 1, ethernet(ipv4(udp(b""), first=0x55))),
        ("not_ip", 0, struct.pack("<I", 7) + IP),
        ("not_ip", 113, cooked(4) + IP),
        ("ipv6", 1, ethernet(IPV6, ethertype=0x86DD)),
        ("ipv6", 1, ethernet(IPV6, ethertype=0x86DD, tags=(0x8100,))),
        ("ipv6", 101, IPV6),
        ("ipv6", 229, IPV6),
        ("ipv6", 0, struct.pack("<I", 30) + IPV6),
        ("not_udp", 1, ethernet(ipv4(bytes(20), protocol=6))),
        ("fragment", 1, ethernet(ipv4(udp(b"first"), fragment=0x2000))),
        ("fragment", 1, ethernet(ipv4(udp(b"later"), fragment=0x0001))),
        ("bad_ip_length", 1, ethernet(ipv4(udp(b""), first=0x44))),
        ("bad_ip_length", 1, ethernet(ipv4(udp(b""), total=19))),
        ("bad_udp_length", 1, ethernet(ipv4(udp(b"payload", length=7)))),
        ("bad_udp_length", 1, ethernet(ipv4(udp(b"payload", length=16)))),
        ("bad_udp_length", 1, ethernet(ipv4(udp(b"payload"), total=24))),
        ("headers_cut", 1, b""),
        ("headers_cut", 113, bytes(15)),
        ("headers_cut", 276, bytes(19)),
        ("headers_cut", 101, b""),
        ("headers_cut", 0, bytes(3)),
    ],
)
def test_what_a_socket_would_not_have_seen_is_counted(
    tmp_path: Path, reason: str, link_type: int, data: bytes
) -> None:
    reading = reading_of(tmp_path, data, link_type=link_type)
    assert reading.frames == []
    assert reading.skipped == {reason: 1}


@pytest.mark.parametrize("tags", [(), (0x8100,), (0x88A8, 0x8100)])
def test_a_packet_cut_at_any_byte_gives_what_is_there_or_a_reason(tmp_path: Path, tags: tuple[int, ...]) -> None:
    data = ethernet(IP, tags=tags)
    headers = len(data) - len(b"payload")
    for cut in range(len(data)):
        reading = reading_of(tmp_path, data[:cut], original=len(data))
        if cut < headers:
            assert reading.frames == []
            assert reading.skipped == {"headers_cut": 1}
        else:
            found: list[Any] = [(frame.payload, frame.flags) for frame in reading.frames]
            assert found == [(b"payload"[: cut - headers], 1)]
