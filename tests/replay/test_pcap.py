"""pcap files: either byte order, both units, and what a damaged one still gives."""

import struct
from pathlib import Path

import pytest

from tests.replay.builders import GROUP, MICROSECONDS, NANOSECONDS, PORT, START, Record, packet, pcap, read_bytes

RECORDS = [Record(START + 1_234_567_000 * n, packet(b"payload %d" % n)) for n in range(3)]
PAYLOADS = [b"payload 0", b"payload 1", b"payload 2"]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("magic", [MICROSECONDS, NANOSECONDS])
def test_either_byte_order_and_unit_gives_payloads_and_times(tmp_path: Path, magic: int, order: str) -> None:
    reading = read_bytes(tmp_path, pcap(RECORDS, magic=magic, order=order))
    assert reading.payloads == PAYLOADS
    assert reading.times == [record.time_ns for record in RECORDS]
    assert reading.problems == []
    assert [(frame.number, frame.destination, frame.port) for frame in reading.frames] == [
        (1, GROUP, PORT),
        (2, GROUP, PORT),
        (3, GROUP, PORT),
    ]


def test_nanoseconds_are_kept_to_the_last_one(tmp_path: Path) -> None:
    assert read_bytes(tmp_path, pcap([Record(START + 1, packet(b"x"))])).times == [START + 1]


def test_frames_are_numbered_as_wireshark_does_whatever_is_skipped(tmp_path: Path) -> None:
    arp = Record(START, bytes(12) + b"\x08\x06" + bytes(28))
    reading = read_bytes(tmp_path, pcap([arp, RECORDS[0], arp, RECORDS[1]]))
    assert [frame.number for frame in reading.frames] == [2, 4]
    assert reading.skipped == {"not_ip": 2}
    assert reading.statistics["packets"] == 4


def test_the_link_type_is_16_bits_whatever_is_said_about_a_check_sequence(tmp_path: Path) -> None:
    assert read_bytes(tmp_path, pcap(RECORDS, link_type=0x14000001)).payloads == PAYLOADS


def test_a_capture_that_kept_less_than_was_sent_lends_truncated_frames(tmp_path: Path) -> None:
    whole = packet(b"0123456789")
    reading = read_bytes(tmp_path, pcap([Record(START, whole[:-4], len(whole)), Record(START, whole)]))
    assert [(frame.payload, frame.flags) for frame in reading.frames] == [(b"012345", 1), (b"0123456789", 0)]
    assert reading.statistics["truncated"] == 1


def test_a_file_cut_at_any_byte_gives_all_that_was_whole(tmp_path: Path) -> None:
    content = pcap(RECORDS)
    ends = [24 + sum(16 + len(record.data) for record in RECORDS[:count]) for count in range(4)]
    for cut in range(len(content) + 1):
        reading = read_bytes(tmp_path, content[:cut])
        whole = sum(cut >= end for end in ends[1:])
        assert reading.payloads == PAYLOADS[:whole]
        if cut in ends:
            assert reading.problems == []
        elif cut < 4:
            assert reading.problems == [f"{tmp_path}/capture: only {cut} bytes, too short to be a capture"]
        else:
            at = ends[whole] if cut >= ends[0] else 0
            (problem,) = reading.problems
            assert problem.startswith(f"{tmp_path}/capture: cut off at byte {at:,}: expected ")
            assert problem.endswith(f", found {cut - at}")


def test_a_cut_file_says_what_was_expected(tmp_path: Path) -> None:
    size = 16 + len(RECORDS[0].data)
    assert read_bytes(tmp_path, pcap(RECORDS)[: 24 + size + 20]).problems == [
        f"{tmp_path}/capture: cut off at byte {24 + size}: expected packet 2, {size} bytes with its record header, "
        "found 20"
    ]


def test_an_absurd_length_ends_the_file_and_says_so(tmp_path: Path) -> None:
    content = pcap(RECORDS[:2]) + struct.pack("<IIII", 0, 0, 0x7FFFFFFF, 0x7FFFFFFF) + pcap(RECORDS)[24:]
    reading = read_bytes(tmp_path, content)
    assert reading.payloads == PAYLOADS[:2]
    assert reading.problems == [
        f"{tmp_path}/capture: damaged at byte {len(pcap(RECORDS[:2]))}: packet 3 claims 2,147,483,647 captured bytes; "
        "at most 262,144 are believed"
    ]


def test_the_modified_format_is_refused_by_name(tmp_path: Path) -> None:
    (problem,) = read_bytes(tmp_path, pcap([], magic=0xA1B2CD34)).problems
    assert "Kuznetzov" in problem
    assert "editcap" in problem


def test_another_version_is_refused(tmp_path: Path) -> None:
    (problem,) = read_bytes(tmp_path, pcap(RECORDS, version=3)).problems
    assert problem == f"{tmp_path}/capture: damaged at byte 0: pcap version 2.3; only 2.4 is read"


def test_a_link_type_that_is_not_read_is_named_once_and_its_packets_counted(tmp_path: Path) -> None:
    reading = read_bytes(tmp_path, pcap(RECORDS, link_type=105))
    assert reading.frames == []
    assert reading.skipped == {"unsupported_link_type": 3}
    (problem,) = reading.problems
    assert "link type 105 are not read; Ethernet (1)" in problem


def test_records_across_every_refill_are_whole(tmp_path: Path) -> None:
    sizes = [(n * 7919) % 1400 for n in range(3000)]
    payloads = [n.to_bytes(4, "big") + bytes(size) for n, size in enumerate(sizes)]
    content = pcap([Record(START + n, packet(payload)) for n, payload in enumerate(payloads)])
    assert len(content) > 3 * 524288
    reading = read_bytes(tmp_path, content, buffer_bytes=524288)
    assert reading.payloads == payloads
    assert [frame.number for frame in reading.frames] == list(range(1, 3001))
