"""The receiver as its callers see it: the C face, lines, window, origins, progress, failure."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from replay import CapturedFrame, frames
from replay.capture import CaptureReceiver
from replay.errors import CaptureError
from replay.sources import CompressedBytes
from tests.replay.builders import ENDED, FAILED, START, CFace, Record, packet, payloads_at, pcap, read, read_bytes


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "capture"
    path.write_bytes(payloads_at([(n, b"payload %d" % n) for n in range(5)]))
    return path


def test_frames_are_lent_through_the_c_face(file: Path) -> None:
    with CaptureReceiver(file) as receiver:
        face = CFace(receiver.address, capacity=3)
        assert face.poll() == 3
        assert [face.payload(index) for index in range(3)] == [b"payload 0", b"payload 1", b"payload 2"]
        assert [(frame.line, frame.flags, frame.hardware_ns, frame.received_ns) for frame in face.frames] == [
            (0, 0, 0, START),
            (0, 0, 0, START + 1),
            (0, 0, 0, START + 2),
        ]
        assert receiver.origins(2) == [(str(file), 1), (str(file), 2)]
        face.release(1)
        face.release(2)
        assert face.poll() == 2
        assert receiver.origins(2) == [(str(file), 4), (str(file), 5)]
        face.release(2)
        assert face.poll() == ENDED
        assert face.poll() == ENDED


def test_a_poll_before_the_burst_was_released_fails_and_says_why(file: Path) -> None:
    with CaptureReceiver(file) as receiver:
        face = CFace(receiver.address, capacity=2)
        assert face.poll() == 2
        face.release(1)
        assert face.poll() == FAILED
        assert "poll was called while 1 frames were lent" in str(receiver.error)


def test_a_receiver_that_is_not_open_has_ended(file: Path) -> None:
    receiver = CaptureReceiver(file)
    assert CFace(receiver.address).poll() == ENDED
    receiver.open()
    receiver.close()
    receiver.close()
    assert CFace(receiver.address).poll() == ENDED


def test_a_closed_receiver_opens_anew(file: Path) -> None:
    receiver = CaptureReceiver(file)
    for _ in range(2):
        with receiver:
            assert len(receiver.take() or []) == 5
        assert receiver.statistics["frames"] == 5
        assert receiver.discovered == [("233.54.12.111", 26477)]


def test_a_file_that_is_refused_may_be_put_right(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"Date,Symbol\n")
    receiver = CaptureReceiver([file, other])
    for _ in range(2):
        with pytest.raises(CaptureError, match="other: starts with 44 61 74 65"):
            _ = receiver.kinds
    other.write_bytes(file.read_bytes())
    with receiver:
        assert receiver.kinds == ["packets", "packets"]
        while receiver.take() is not None:
            pass
        assert receiver.statistics["frames"] == 10


def test_the_statistics_say_what_was_done(file: Path) -> None:
    assert read(file, start=START + 1, speed=1000.0).statistics == {
        "mode": "paced 1000",
        "frames": 4,
        "payload_bytes": 36,
        "packets": 5,
        "truncated": 0,
        "time_uncertain": 0,
        "trailer": None,
        "skipped": {
            "unsupported_link_type": 0,
            "not_ip": 0,
            "ipv6": 0,
            "not_udp": 0,
            "fragment": 0,
            "headers_cut": 0,
            "bad_ip_length": 0,
            "bad_udp_length": 0,
            "unknown_interface": 0,
            "outside_window": 1,
            "unmatched": 0,
            "too_many_lines": 0,
        },
        "problems": [],
        "bytes_read": file.stat().st_size,
        "bytes_total": file.stat().st_size,
        "buffer_bytes": 1 << 20,
    }


def test_an_error_of_the_disk_fails_the_poll_and_is_kept(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> int:
        raise OSError(5, "Input/output error")

    content = pcap([Record(START, packet(bytes(1400)))] * 500)
    file.write_bytes(content)
    with CaptureReceiver(file, buffer_bytes=524288) as receiver:
        face = CFace(receiver.address, capacity=4096)
        monkeypatch.setattr(CompressedBytes, "readinto", fail)
        count = face.poll()
        assert 300 < count < 500
        face.release(count)
        assert face.poll() == FAILED
        assert str(receiver.error) == "[Errno 5] Input/output error"
        with pytest.raises(OSError, match="Input/output error"):
            receiver.take()


def test_stop_ends_the_next_poll(file: Path) -> None:
    with CaptureReceiver(file) as receiver:
        thread = threading.Thread(target=receiver.stop)
        thread.start()
        thread.join()
        assert CFace(receiver.address).poll() == ENDED


def flows(*keys: tuple[str, int, str]) -> bytes:
    return pcap(
        [
            Record(START + n, packet(b"%d" % n, destination=destination, port=port, source=source))
            for n, (destination, port, source) in enumerate(keys)
        ]
    )


A, B, ONE, TWO = "233.54.12.111", "233.49.196.111", "206.200.43.72", "206.200.43.73"


def test_lines_are_discovered_in_the_order_of_their_appearance(tmp_path: Path) -> None:
    path = tmp_path / "capture"
    path.write_bytes(flows((B, 1, ONE), (A, 1, ONE), (B, 1, TWO), (B, 2, ONE), (A, 1, TWO)))
    with CaptureReceiver(path) as receiver:
        assert receiver.discovered == []
        assert [frame.line for frame in receiver.take(2) or []] == [0, 1]
        assert receiver.discovered == [(B, 1), (A, 1)]
        assert [frame.line for frame in receiver.take() or []] == [0, 2, 1]
        assert receiver.discovered == [(B, 1), (A, 1), (B, 2)]


def test_given_lines_number_and_filter_the_traffic(tmp_path: Path) -> None:
    content = flows((A, 1, ONE), (B, 1, ONE), (A, 2, ONE), (A, 1, TWO))
    reading = read_bytes(tmp_path, content, lines={(A, 1): 7, (B, 1): 65535})
    assert [(frame.payload, frame.line) for frame in reading.frames] == [(b"0", 7), (b"1", 65535), (b"3", 7)]
    assert reading.skipped == {"unmatched": 1}


def test_a_line_that_names_its_source_goes_before_one_that_does_not(tmp_path: Path) -> None:
    content = flows((A, 1, ONE), (A, 1, TWO), (B, 1, ONE), (B, 1, TWO))
    reading = read_bytes(tmp_path, content, lines={(A, 1): 1, (A, 1, TWO): 2, (B, 1, ONE): 3})
    assert [(frame.payload, frame.line) for frame in reading.frames] == [(b"0", 1), (b"1", 2), (b"2", 3)]
    assert reading.skipped == {"unmatched": 1}


def test_thousands_of_lines_are_told_apart(tmp_path: Path) -> None:
    keys = [(f"239.{n % 7}.{n // 256}.{n % 256}", n, ONE) for n in range(5000)]
    reading = read_bytes(tmp_path, flows(*keys, *keys))
    assert [frame.line for frame in reading.frames] == [*range(5000), *range(5000)]
    given = {(destination, port): 9999 - port for destination, port, _ in keys}
    assert [frame.line for frame in read_bytes(tmp_path, flows(*keys), lines=given).frames] == [
        9999 - n for n in range(5000)
    ]


def test_more_lines_than_a_frame_can_number_are_counted(tmp_path: Path) -> None:
    keys = [("239.0.0.1", n, ONE) for n in range(65536)] + [("239.0.0.2", 1, ONE), ("239.0.0.1", 9, ONE)]
    reading = read_bytes(tmp_path, flows(*keys))
    assert len(reading.frames) == 65537
    assert reading.frames[-1].line == 9
    assert reading.skipped == {"too_many_lines": 1}


@pytest.mark.parametrize(
    "lines", [{(A, 65536): 0}, {(A, -1): 0}, {(A, 1): 65536}, {("239.0.0", 1): 0}, {(A, 1, "x"): 0}, {(A,): 0}]
)
def test_lines_that_cannot_be_are_refused(lines: dict[tuple[str, int], int]) -> None:
    with pytest.raises(CaptureError, match=r"lines: \("):
        CaptureReceiver("-", lines=lines)


def test_a_window_takes_its_start_and_not_its_end(file: Path) -> None:
    reading = read(file, start=START + 1, end=START + 3)
    assert reading.times == [START + 1, START + 2]
    assert reading.skipped == {"outside_window": 3}
    assert [frame.number for frame in reading.frames] == [2, 3]


def test_arguments_that_make_no_sense_are_refused() -> None:
    for arguments, sentence in [
        ({"files": []}, "no capture file was given"),
        ({"files": ["-", "-"]}, "standard input (-) was given more than once"),
        ({"files": "-", "start": 2, "end": 2}, "the end must be later"),
        ({"files": "-", "kind": "pcap"}, "kind is 'pcap'; None or one of packets, binaryfile is expected"),
        ({"files": "-", "buffer_bytes": 4096}, "the largest record needs 524288"),
    ]:
        with pytest.raises(CaptureError) as raised:
            CaptureReceiver(**arguments)  # type: ignore[arg-type]
        assert sentence in str(raised.value)


def test_progress_goes_from_nothing_to_all(tmp_path: Path) -> None:
    path = tmp_path / "capture"
    path.write_bytes(pcap([Record(START, packet(bytes(1000)))] * 2000))
    seen = []
    with CaptureReceiver(path, buffer_bytes=524288) as receiver:
        assert receiver.bytes_total == path.stat().st_size
        while receiver.take() is not None:
            seen.append(receiver.bytes_read)
    assert seen == sorted(seen)
    assert 0 < seen[0] < seen[-1] == path.stat().st_size


def test_a_poll_over_traffic_of_others_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "capture"
    path.write_bytes(pcap([Record(START, packet(b""))] * 40_000 + [Record(START, packet(b"x", port=1))]))
    with CaptureReceiver(path, lines={(A, 1): 0}, buffer_bytes=1 << 24) as receiver:
        bursts = []
        while (burst := receiver.take()) is not None:
            bursts.append([frame.payload for frame in burst])
    assert bursts == [[], [], [b"x"]]


def test_the_iterator_copies_every_frame(file: Path) -> None:
    found = list(frames(file))
    assert [frame.payload for frame in found] == [b"payload %d" % n for n in range(5)]
    assert found[1] == CapturedFrame(
        payload=b"payload 1",
        line=0,
        flags=0,
        received_ns=START + 1,
        file=os.fspath(file),
        number=2,
        destination=A,
        port=26477,
        source="10.0.0.1",
        source_port=30000,
    )


RESIDENT = """
import resource, sys
from tests.replay.builders import CFace
from replay.capture import CaptureReceiver

def drain(path):
    with CaptureReceiver(path) as receiver:
        face = CFace(receiver.address, 1024)
        frames = 0
        while (count := face.poll()) >= 0:
            frames += count
            face.release(count)
        return frames

small = drain(sys.argv[1]), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
large = drain(sys.argv[2]), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(*small, *large)
"""


def test_resident_memory_does_not_grow_with_the_length_of_a_file(tmp_path: Path) -> None:
    head = pcap([])
    records = pcap([Record(START, packet(bytes(300)))] * 3000)[len(head) :]
    for name, times in (("small", 2), ("large", 120)):
        with open(tmp_path / name, "wb") as file:
            file.write(head)
            for _ in range(times):
                file.write(records)
    done = subprocess.run(
        [sys.executable, "-c", RESIDENT, tmp_path / "small", tmp_path / "large"],
        capture_output=True,
        check=True,
        timeout=120,
    )
    small_frames, small_kib, large_frames, large_kib = map(int, done.stdout.split())
    assert (small_frames, large_frames) == (6_000, 360_000)
    assert large_kib - small_kib < 2048  # of a file of 130 MB
