"""Packets of a simulated day: bundling, lines, faults, heartbeats, and the capture they are written to."""

from __future__ import annotations

import gzip
import struct
from collections import Counter
from pathlib import Path
from typing import Any

import numpy
import pytest

from feedhandler.core.jit import INTERPRETED
from feedhandler.simulation.day import HEARTBEAT_NS, Day, Packets
from feedhandler.simulation.pcap import PcapEncoder
from feedhandler.simulation.population import Population, SimulationError
from feedhandler.simulation.transmission import FIRST_LINE, SECOND_LINE, LineFaults, Transmission
from feeds.nasdaq_itch50.venue import VENUE
from tests.packets import binaryfile_messages, moldudp64_messages

COUNT = 600 if INTERPRETED else 3_000
DAY = Day(VENUE, Population(messages=COUNT, symbols=30, live_orders=300, seed=2))


def payloads(packets: Packets) -> list[bytes]:
    data = packets.data.tobytes()
    return [data[e["offset"] : e["offset"] + e["byte_count"]] for e in packets.entries]


def sequence_and_count(payload: bytes) -> tuple[int, int]:
    found: tuple[int, int] = struct.unpack_from(">QH", payload, 10)
    return found


def all_messages(tmp_path: Path) -> list[bytes]:
    DAY.write_binaryfile(tmp_path / "day.itch")
    found = list(binaryfile_messages(tmp_path / "day.itch"))
    assert found.pop() == b"", "the last record ends the session"
    return found


@pytest.mark.interpreted
@pytest.mark.parametrize("count", [1, 2, 3, 8, 43, None])
def test_packets_and_file_carry_the_same_messages(tmp_path: Path, count: int | None) -> None:
    found = payloads(DAY.packets(messages_per_packet=count))
    assert [message for payload in found for message in moldudp64_messages(payload)] == all_messages(tmp_path)


@pytest.mark.interpreted
@pytest.mark.parametrize("count", [1, 8, 43])
def test_packets_have_their_number_of_messages_and_follow_each_other(count: int) -> None:
    *packets, last, end = [sequence_and_count(payload) for payload in payloads(DAY.packets(messages_per_packet=count))]
    assert {number for _, number in packets} == {count}
    assert last[1] == (COUNT - 1) % count + 1
    assert [sequence for sequence, _ in [*packets, last]] == list(range(1, COUNT + 1, count))
    assert end == (COUNT + 1, 0xFFFF)


@pytest.mark.interpreted
def test_packets_of_the_traffic_are_full_in_bursts_and_single_between() -> None:
    counts = Counter(sequence_and_count(payload)[1] for payload in payloads(DAY.packets(ends=0)))
    assert counts[1] > 10
    assert max(counts) > 5
    assert max(len(payload) for payload in payloads(DAY.packets())) <= 1_400


@pytest.mark.interpreted
def test_small_chunks_write_the_same_day() -> None:
    whole = b"".join(chunk.data.tobytes() for chunk in DAY.chunks(messages_per_packet=3))
    pieces = [chunk.data.tobytes() for chunk in DAY.chunks(messages_per_packet=3, chunk_bytes=2_048)]
    assert len(pieces) > 10
    assert b"".join(pieces) == whole


@pytest.mark.interpreted
def test_a_second_of_silence_brings_a_heartbeat_with_the_next_sequence() -> None:
    quiet = Day(VENUE, Population(messages=400, symbols=1, live_orders=5, seed=2, messages_per_second=2.0))
    packets = quiet.packets(messages_per_packet=1, ends=0)
    times = packets.entries["time_ns"]
    assert (numpy.diff(times) <= HEARTBEAT_NS).all()
    following = None
    seen = 0
    for sequence, count in reversed([sequence_and_count(payload) for payload in payloads(packets)]):
        if count == 0:
            assert sequence == following, "a heartbeat carries the sequence of the message after it"
            seen += 1
        else:
            following = sequence
    assert seen > 60


@pytest.mark.interpreted
def test_two_lines_carry_the_same_and_the_second_is_later() -> None:
    packets = DAY.packets(messages_per_packet=8, transmission=Transmission((FIRST_LINE, SECOND_LINE)), ends=0)
    found = payloads(packets)
    lines = packets.entries["line"]
    times = packets.entries["time_ns"]
    assert (numpy.diff(times) >= 0).all()
    first, second = ([found[i] for i in numpy.flatnonzero(lines == line)] for line in (0, 1))
    assert first == second
    assert (times[lines == 1][:-10] - times[lines == 0][:-10] >= SECOND_LINE.delay_ns).all()


@pytest.mark.interpreted
def test_faults_have_their_shares_and_do_not_disturb_each_other() -> None:
    def arrived(faults: LineFaults) -> list[int]:
        packets = DAY.packets(messages_per_packet=1, transmission=Transmission((faults,), seed=9), ends=0)
        return [sequence_and_count(payload)[0] for payload in payloads(packets)]

    everything = list(range(1, COUNT + 1))
    lossy = arrived(LineFaults(loss=0.1))
    assert lossy == sorted(set(lossy))
    assert 0.84 * COUNT < len(lossy) < 0.96 * COUNT
    doubled = arrived(LineFaults(duplication=0.1))
    assert sorted(set(doubled)) == everything
    assert 1.04 * COUNT < len(doubled) < 1.16 * COUNT
    late = arrived(LineFaults(reordering=0.1))
    assert late != everything
    assert sorted(late) == everything
    assert set(arrived(LineFaults(loss=0.1, reordering=0.1))) == set(lossy)
    assert arrived(LineFaults(loss=1.0)) == []


@pytest.mark.parametrize("wrong", [{"loss": 1.5}, {"duplication": -0.1}, {"delay_ns": -1}])
def test_faults_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SimulationError):
        LineFaults(**wrong)


def checksum(data: bytes) -> int:
    """RFC 1071: 0 over data that holds its own right checksum."""
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def udp_records(data: bytes) -> list[tuple[int, str, int, bytes]]:
    """Time, group, port and payload of every record of a big-endian nanosecond pcap; lengths and checksums hold."""
    assert data[:24] == struct.pack(">IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, 1)
    position, found = 24, []
    while position < len(data):
        seconds, nanoseconds, captured, original = struct.unpack_from(">IIII", data, position)
        assert nanoseconds < 1_000_000_000
        packet = data[position + 16 : position + 16 + captured]
        assert captured == original == len(packet)
        assert packet[:3] == b"\x01\x00\x5e"
        assert packet[12:14] == b"\x08\x00"
        ip, udp = packet[14:34], packet[34:]
        assert ip[0] == 0x45
        assert struct.unpack(">H", ip[2:4])[0] == len(packet) - 14
        assert checksum(ip) == 0
        assert packet[3:6] == bytes([ip[17] & 0x7F]) + ip[18:20]
        _, port, length, written = struct.unpack(">HHHH", udp[:8])
        assert length == len(udp)
        assert written != 0
        assert checksum(ip[12:20] + b"\0\x11" + udp[4:6] + udp) == 0
        group = ".".join(str(byte) for byte in ip[16:20])
        found.append((seconds * 1_000_000_000 + nanoseconds, group, port, udp[8:]))
        position += 16 + captured
    return found


@pytest.mark.interpreted
def test_a_capture_holds_what_arrived_with_right_lengths_and_checksums(tmp_path: Path) -> None:
    transmission = (LineFaults(loss=0.05, duplication=0.05), SECOND_LINE)
    count = DAY.write_pcap(tmp_path / "day.pcap", messages_per_packet=3, transmission=Transmission(transmission, 4))
    packets = DAY.packets(messages_per_packet=3, transmission=Transmission(transmission, 4), ends=3)
    found = udp_records((tmp_path / "day.pcap").read_bytes())
    assert len(found) == count
    assert [payload for *_, payload in found] == payloads(packets)
    groups = {0: ("239.10.10.1", 26_477), 1: ("239.10.20.1", 26_478)}
    assert [(group, port) for _, group, port, _ in found] == [groups[line] for line in packets.entries["line"].tolist()]
    # 3 November 2025, 00:00 in New York.
    assert [time - 1_762_146_000 * 10**9 for time, *_ in found] == packets.entries["time_ns"].tolist()


@pytest.mark.interpreted
def test_compressed_files_hold_the_same_bytes(tmp_path: Path) -> None:
    zstandard = pytest.importorskip("zstandard", reason="an extra")
    for name in ("day.pcap", "day.pcap.gz", "day.pcap.zst"):
        DAY.write_pcap(tmp_path / name)
    plain = (tmp_path / "day.pcap").read_bytes()
    assert gzip.decompress((tmp_path / "day.pcap.gz").read_bytes()) == plain
    with zstandard.open(tmp_path / "day.pcap.zst") as stream:
        assert stream.read() == plain


def test_a_packet_on_a_line_without_an_address_is_refused() -> None:
    packets = DAY.packets(transmission=Transmission((FIRST_LINE, FIRST_LINE, FIRST_LINE)))
    with pytest.raises(SimulationError, match="on 3 lines; 2 have addresses"):
        PcapEncoder().records(packets.data, packets.entries)
