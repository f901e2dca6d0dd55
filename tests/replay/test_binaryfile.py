"""BinaryFILE: recognised without a magic number, bundled into frames of whole records."""

from pathlib import Path

import pytest

from replay.capture import CaptureReceiver
from replay.errors import CaptureError
from tests.replay.builders import START, Record, binaryfile, packet, payloads_at, pcap, read, read_bytes

MESSAGES = [b"A" + n.to_bytes(4, "big") + bytes(n % 40) for n in range(500)]


def test_records_are_bundled_up_to_64_and_1400_bytes(tmp_path: Path) -> None:
    reading = read_bytes(tmp_path, binaryfile([bytes([65]) * 10] * 100 + [bytes([66]) * 100] * 20))
    assert [len(payload) for payload in reading.payloads] == [64 * 12, 36 * 12 + 9 * 102, 11 * 102]
    assert [frame.number for frame in reading.frames] == [1, 65, 110]
    assert {(frame.line, frame.flags, frame.received_ns) for frame in reading.frames} == {(0, 0, 0)}


def test_a_record_longer_than_a_bundle_is_a_frame_of_its_own(tmp_path: Path) -> None:
    content = binaryfile([b"S" * 12, b"L" * 65535, b"E" * 12])
    assert [len(payload) for payload in read_bytes(tmp_path, content, kind="binaryfile").payloads] == [14, 65537, 14]


def test_the_bundles_are_the_file_and_do_not_depend_on_how_it_was_read(tmp_path: Path) -> None:
    content = binaryfile(MESSAGES * 100)
    assert len(content) > 2 * 524288
    reading = read_bytes(tmp_path, content, buffer_bytes=524288)
    assert b"".join(reading.payloads) == content
    assert reading.frames == read_bytes(tmp_path, content, buffer_bytes=1 << 22, burst=7).frames


def test_the_empty_record_ends_the_session_and_is_lent(tmp_path: Path) -> None:
    reading = read_bytes(tmp_path, binaryfile([b"S" * 12, b""]))
    assert reading.payloads == [binaryfile([b"S" * 12, b""])]
    assert reading.problems == []


def test_what_follows_the_end_of_the_session_is_told_and_not_lent(tmp_path: Path) -> None:
    reading = read_bytes(tmp_path, binaryfile([b"S" * 12, b"", b"E" * 12]))
    assert reading.payloads == [binaryfile([b"S" * 12, b""])]
    assert reading.problems == [
        f"{tmp_path}/capture: bytes follow the empty record that ends the session, from byte 16 on"
    ]


def test_a_file_cut_at_any_byte_gives_all_whole_records(tmp_path: Path) -> None:
    messages = [b"S" * 12, b"R" * 39, b"A" * 36]
    content = binaryfile(messages)
    ends = [0, 14, 55, 93]
    for cut in range(1, len(content) + 1):
        reading = read_bytes(tmp_path, content[:cut])
        whole = sum(cut >= end for end in ends[1:])
        assert b"".join(reading.payloads) == binaryfile(messages[:whole])
        if cut in ends:
            assert reading.problems == []
        elif cut == 1:
            assert reading.problems == [f"{tmp_path}/capture: only 1 bytes, too short to be a capture"]
        else:
            (problem,) = reading.problems
            assert f"cut off at byte {ends[whole]}: expected record {whole + 1}, " in problem
            assert problem.endswith(f"bytes with its length, found {cut - ends[whole]}")


@pytest.mark.parametrize(
    "content",
    [b"Date,Symbol\n", b"{}\n\n", b"\x7fELF" + bytes(100), b"PK\x03\x04", b"\x89PNG", bytes(100), b"\xff\xd8\xff\xe0"],
)
def test_what_is_no_capture_is_refused_with_what_was_found(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(CaptureError) as raised:
        read_bytes(tmp_path, content)
    assert f"{tmp_path}/capture: starts with {content[:4].hex(' ')}; expected pcap " in str(raised.value)


def test_the_kind_may_be_forced(tmp_path: Path) -> None:
    content = binaryfile([b"x" * 1000] * 3)
    with pytest.raises(CaptureError):
        read_bytes(tmp_path, content)
    assert b"".join(read_bytes(tmp_path, content, kind="binaryfile").payloads) == content
    with pytest.raises(CaptureError, match="starts with 00 0c 53 53; expected pcap"):
        read_bytes(tmp_path, binaryfile([b"S" * 12]), kind="packets")


def test_the_kind_is_known_before_the_first_poll(tmp_path: Path) -> None:
    (tmp_path / "day").write_bytes(binaryfile(MESSAGES))
    (tmp_path / "pcap").write_bytes(payloads_at([(0, b"x")]))
    day = CaptureReceiver(tmp_path / "day")
    assert (day.kind, day.kinds) == ("binaryfile", ["binaryfile"])
    day.open()
    assert len(day.take(1) or []) == 1
    assert day.discovered == [("0.0.0.0", 0)]
    day.close()
    capture = CaptureReceiver(tmp_path / "pcap")
    assert (capture.kind, capture.kinds) == ("packets", ["packets"])
    capture.close()


def test_files_follow_one_another_as_given(tmp_path: Path) -> None:
    for name, message in (("b", b"B" * 12), ("a", b"A" * 12)):
        (tmp_path / name).write_bytes(binaryfile([message, b""]))
    reading = read([tmp_path / "b", tmp_path / "a"])
    assert [(frame.file, frame.number, frame.payload[2:3]) for frame in reading.frames] == [
        (f"{tmp_path}/b", 1, b"B"),
        (f"{tmp_path}/a", 1, b"A"),
    ]


def test_what_needs_capture_times_is_refused(tmp_path: Path) -> None:
    day = tmp_path / "day"
    day.write_bytes(binaryfile(MESSAGES))
    other = tmp_path / "pcap"
    other.write_bytes(pcap([Record(START, packet(b"x"))]))
    with pytest.raises(CaptureError, match="day is BinaryFILE: the two cannot be merged"):
        read([other, day])
    with pytest.raises(CaptureError, match="day is BinaryFILE, which has no capture times: it cannot be paced"):
        read(day, speed=1)
    with pytest.raises(CaptureError, match="a time window needs a packet capture"):
        read(day, start=START)
