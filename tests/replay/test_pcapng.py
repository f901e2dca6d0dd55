"""pcapng files: sections, interfaces, time units, every kind of packet block."""

import struct
from pathlib import Path

import pytest

from tests.replay.builders import SECOND, START, Pcapng, packet, read_bytes

MICROSECOND_TICKS = START // 1000


@pytest.fixture(params=["<", ">"], ids=["little", "big"])
def ng(request: pytest.FixtureRequest) -> Pcapng:
    return Pcapng(request.param)


def test_without_a_resolution_ticks_are_microseconds(tmp_path: Path, ng: Pcapng) -> None:
    content = ng.section() + ng.interface() + ng.enhanced(MICROSECOND_TICKS + 7, packet(b"x"))
    assert read_bytes(tmp_path, content).times == [START + 7000]


@pytest.mark.parametrize(
    ("resolution", "ticks", "expected_ns"),
    [
        (9, START + 1, START + 1),
        (6, MICROSECOND_TICKS + 1, START + 1000),
        (3, START // 1_000_000 + 1, START + 1_000_000),
        (0, START // SECOND, START),
        (10, START * 10 + 19, START + 1),
        (127, (1 << 64) - 1, 0),
        (0x80 | 10, (START // SECOND << 10) + 512, START + SECOND // 2),
        (0x80 | 32, (START // SECOND << 32) + (1 << 30), START + SECOND // 4),
        (0x80 | 127, (1 << 64) - 1, 0),
        (0, (1 << 64) - 1, (1 << 63) - 1),
    ],
)
def test_if_tsresol_is_a_power_of_ten_or_two(
    tmp_path: Path, ng: Pcapng, resolution: int, ticks: int, expected_ns: int
) -> None:
    content = ng.section() + ng.interface(resolution=resolution) + ng.enhanced(ticks, packet(b"x"))
    assert [(frame.received_ns, frame.flags) for frame in read_bytes(tmp_path, content).frames] == [(expected_ns, 0)]


def test_if_tsoffset_is_added_in_seconds(tmp_path: Path, ng: Pcapng) -> None:
    content = ng.section()
    content += ng.interface(resolution=9, offset_s=START // SECOND) + ng.interface(offset_s=-1)
    content += ng.enhanced(5, packet(b"x")) + ng.enhanced(MICROSECOND_TICKS, packet(b"y"), interface=1)
    assert read_bytes(tmp_path, content).times == [START + 5, START - SECOND]


def test_interfaces_keep_their_own_link_type_and_unit_and_begin_anew_in_a_section(tmp_path: Path, ng: Pcapng) -> None:
    other = Pcapng(">" if ng.order == "<" else "<")
    raw = packet(b"raw")[14:]
    content = ng.section() + ng.interface(resolution=9) + ng.interface(link_type=101)
    content += ng.enhanced(START + 1, packet(b"a")) + ng.enhanced(MICROSECOND_TICKS, raw, interface=1)
    content += other.section() + other.interface(link_type=101, resolution=9)
    content += other.enhanced(START + 2, raw) + other.enhanced(START, packet(b"lost"), interface=1)
    reading = read_bytes(tmp_path, content)
    assert [(frame.payload, frame.received_ns) for frame in reading.frames] == [
        (b"a", START + 1),
        (b"raw", START),
        (b"raw", START + 2),
    ]
    assert reading.skipped == {"unknown_interface": 1}
    assert [frame.number for frame in reading.frames] == [1, 2, 3]
    assert reading.problems == []


def test_simple_packets_have_the_time_of_the_packet_before_and_say_so(tmp_path: Path, ng: Pcapng) -> None:
    content = ng.section() + ng.interface(resolution=9) + ng.simple(packet(b"first"))
    content += ng.enhanced(START, packet(b"timed")) + ng.simple(packet(b"odd"))
    reading = read_bytes(tmp_path, content)
    assert [(frame.payload, frame.received_ns, frame.flags) for frame in reading.frames] == [
        (b"first", 0, 2),
        (b"timed", START, 0),
        (b"odd", START, 2),
    ]
    assert reading.statistics["time_uncertain"] == 2


def test_simple_packets_are_as_long_as_the_snapshot_length_lets_them(tmp_path: Path, ng: Pcapng) -> None:
    whole = packet(b"0123456789")
    content = ng.section() + ng.interface(snapshot_length=len(whole) - 5)
    content += ng.simple(whole[:-5], original=len(whole))
    assert [(frame.payload, frame.flags) for frame in read_bytes(tmp_path, content).frames] == [(b"01234", 3)]


def test_obsolete_packet_blocks_are_read(tmp_path: Path, ng: Pcapng) -> None:
    content = ng.section() + ng.interface(resolution=9) + ng.obsolete(START + 3, packet(b"old"))
    reading = read_bytes(tmp_path, content)
    assert [(frame.payload, frame.received_ns) for frame in reading.frames] == [(b"old", START + 3)]


def test_unknown_blocks_are_passed_over_however_large(tmp_path: Path, ng: Pcapng) -> None:
    content = ng.section() + ng.block(0xBAD, b"unknown") + ng.interface(resolution=9) + ng.block(4, bytes(100))
    content += ng.enhanced(START, packet(b"a")) + ng.block(0xBAD, bytes(5_000_000)) + ng.enhanced(START, packet(b"b"))
    reading = read_bytes(tmp_path, content, buffer_bytes=524288)
    assert reading.payloads == [b"a", b"b"]
    assert reading.problems == []


def test_a_large_unknown_block_whose_lengths_differ_is_damage(tmp_path: Path, ng: Pcapng) -> None:
    block = ng.block(0xBAD, bytes(5_000_000))
    content = ng.section() + ng.interface() + block[:-4] + struct.pack(ng.order + "I", 16)
    (problem,) = read_bytes(tmp_path, content).problems
    assert "the length at the end of a block differs from the 5,000,012 bytes at its start" in problem


def test_a_file_cut_at_any_byte_gives_all_that_was_whole(tmp_path: Path, ng: Pcapng) -> None:
    blocks = [ng.section(), ng.interface(resolution=9)]
    blocks += [ng.enhanced(START, packet(b"a")), ng.block(0xBAD, bytes(8)), ng.simple(packet(b"b")), ng.section()]
    content = b"".join(blocks)
    ends = [sum(len(block) for block in blocks[:count]) for count in range(len(blocks) + 1)]
    for cut in range(len(content) + 1):
        reading = read_bytes(tmp_path, content[:cut])
        assert reading.payloads == [b"a"] * (cut >= ends[3]) + [b"b"] * (cut >= ends[5])
        if cut in ends[1:]:
            assert reading.problems == []
        else:
            (problem,) = reading.problems
            assert ("cut off at byte" if cut >= 4 else "too short to be a capture") in problem


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda ng: ng.block(6, bytes(8)), "a block of 20 bytes is too short for its kind"),
        (lambda ng: ng.block(1, bytes(4)), "a block of 16 bytes is too short for its kind"),
        (lambda ng: struct.pack(ng.order + "III", 5, 8, 0), "a block claims 8 bytes"),
        (lambda ng: struct.pack(ng.order + "III", 5, 1001, 0), "a block claims 1,001 bytes"),
        (lambda ng: struct.pack(ng.order + "III", 6, 1 << 31, 0), "a block claims 2,147,483,648 bytes; at most"),
        (lambda ng: ng.enhanced(0, b"")[:-4] + bytes(4), "the length at the end of a block differs"),
        (lambda ng: ng.block(6, struct.pack(ng.order + "5I", 0, 0, 0, 5000, 5000)), "claims 5,000 captured bytes"),
        (lambda ng: ng.section(major=2), "pcapng major version 2; only 1 is read"),
        (lambda ng: ng.block(0x0A0D0D0A, bytes(16)), "byte-order magic 0x00000000 in a section header"),
        (lambda ng: ng.block(1, bytes(8) + struct.pack(ng.order + "HH", 2, 100)), "option 2 of an interface"),
        (lambda ng: ng.interface() * 4096, "more than 4,096 interfaces in one section"),
    ],
)
def test_damage_ends_the_file_with_its_name(tmp_path: Path, ng: Pcapng, damage: object, sentence: str) -> None:
    before = ng.section() + ng.interface(resolution=9) + ng.enhanced(START, packet(b"whole"))
    content = before + damage(ng) + ng.enhanced(START, packet(b"after"))  # type: ignore[operator]
    reading = read_bytes(tmp_path, content)
    assert reading.payloads == [b"whole"]
    (problem,) = reading.problems
    assert sentence in problem


def test_options_that_end_without_an_end_or_padding_are_read(tmp_path: Path, ng: Pcapng) -> None:
    described = struct.pack(ng.order + "HHI", 1, 0, 0) + ng.option(9, b"\x09")
    content = ng.section() + ng.block(1, described) + ng.enhanced(START + 1, packet(b"x"))
    assert read_bytes(tmp_path, content).times == [START + 1]
