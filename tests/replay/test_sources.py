"""Compressed captures and standard input: the same frames, the same honesty about cuts."""

import gzip
import os
import random
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import lz4.frame
import pytest
import zstandard

from replay.capture import CaptureReceiver
from replay.errors import CaptureError
from tests.replay.builders import START, Record, binaryfile, packet, payloads_at, pcap, read, read_bytes


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


def zstd_streamed(data: bytes) -> bytes:
    """Without a content size or a single segment, as a pipe is compressed."""
    compressor = zstandard.ZstdCompressor(write_content_size=False).compressobj()
    return compressor.compress(data) + compressor.flush()


SKIPPABLE = bytes.fromhex("502a4d18 04000000 00000000")
COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstd,
    "zstd_streamed": zstd_streamed,
    "zstd_after_a_skippable_frame": lambda data: SKIPPABLE + zstd(data),
    "lz4": lz4.frame.compress,
    "lz4_with_checksums": lambda data: lz4.frame.compress(data, content_checksum=True, block_checksum=True),
}
compressions = pytest.mark.parametrize("compress", COMPRESSIONS.values(), ids=COMPRESSIONS)

RANDOM = random.Random(2)
PAYLOADS = [RANDOM.randbytes(200) for _ in range(1000)]  # several blocks of every compression
CONTENT = pcap([Record(START + n, packet(payload)) for n, payload in enumerate(PAYLOADS)])
LARGE = pcap([Record(START + n, packet(bytes(1400))) for n in range(3000)])


@compressions
def test_the_content_tells_the_compression_and_the_frames_are_the_same(
    tmp_path: Path, compress: Callable[[bytes], bytes]
) -> None:
    reading = read_bytes(tmp_path, compress(CONTENT))
    assert reading.payloads == PAYLOADS
    assert reading.problems == []


@compressions
def test_a_stream_larger_than_the_buffer_is_read_to_its_end(
    tmp_path: Path, compress: Callable[[bytes], bytes]
) -> None:
    reading = read_bytes(tmp_path, compress(LARGE), buffer_bytes=524288)
    assert len(reading.frames) == 3000
    assert reading.problems == []
    assert reading.statistics["bytes_read"] == reading.statistics["bytes_total"] == len(compress(LARGE))


@compressions
def test_several_members_are_one_stream(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    half = len(CONTENT) // 2
    reading = read_bytes(tmp_path, compress(CONTENT[:half]) + compress(CONTENT[half:]))
    assert reading.payloads == PAYLOADS
    assert reading.problems == []


@compressions
def test_a_stream_cut_anywhere_gives_what_was_whole_and_says_that_it_was_cut(
    tmp_path: Path, compress: Callable[[bytes], bytes]
) -> None:
    content = compress(CONTENT)
    seen = 0
    for cut in [*range(4, 40), *range(40, len(content), len(content) // 20), *range(len(content) - 12, len(content))]:
        reading = read_bytes(tmp_path, content[:cut])
        assert reading.payloads == PAYLOADS[: len(reading.frames)]
        assert len(reading.frames) >= seen
        seen = len(reading.frames)
        (problem,) = reading.problems
        assert "cut off" in problem or "too short to be a capture" in problem
    assert seen >= len(PAYLOADS) // 2


def test_a_stream_cut_before_its_first_byte_says_so(tmp_path: Path) -> None:
    assert read_bytes(tmp_path, gzip.compress(CONTENT)[:12]).problems == [
        f"{tmp_path}/capture: only 0 bytes, too short to be a capture (the gzip stream was cut off)"
    ]


def test_a_plain_cut_inside_a_whole_compressed_stream_is_found(tmp_path: Path) -> None:
    (problem,) = read_bytes(tmp_path, gzip.compress(CONTENT[:-1])).problems
    assert "cut off at byte" in problem


@pytest.mark.parametrize("name", ["gzip", "zstd", "lz4_with_checksums"])
def test_damage_that_a_checksum_finds_ends_the_file_and_is_told(tmp_path: Path, name: str) -> None:
    content = bytearray(COMPRESSIONS[name](CONTENT))
    content[-len(content) // 4] ^= 0x55
    reading = read_bytes(tmp_path, bytes(content))
    assert len(reading.frames) <= len(PAYLOADS)
    (problem,) = reading.problems
    assert f"damaged {name[:4].removesuffix('_')} stream" in problem


def test_gzip_may_be_padded_with_zeros_but_not_followed_by_anything_else(tmp_path: Path) -> None:
    padded = read_bytes(tmp_path, gzip.compress(CONTENT) + bytes(512))
    assert (padded.payloads, padded.problems) == (PAYLOADS, [])
    followed = read_bytes(tmp_path, gzip.compress(CONTENT) + b"garbage")
    assert followed.payloads == PAYLOADS
    (problem,) = followed.problems
    assert "bytes 67 61 72 62 follow the gzip stream; another begins with 1f 8b" in problem


def test_binaryfile_may_be_compressed(tmp_path: Path) -> None:
    content = binaryfile([b"S" + bytes(11)] * 10)
    reading = read_bytes(tmp_path, zstd(content))
    assert b"".join(reading.payloads) == content


@pytest.mark.parametrize(
    ("missing", "content", "remedy"),
    [
        ("zstandard", zstd(CONTENT), "compressed with zstd, which needs the package zstandard: pip install zstandard"),
        ("lz4.frame", lz4.frame.compress(CONTENT), "compressed with lz4, which needs the package lz4: pip install lz4"),
    ],
)
def test_a_missing_library_is_named_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str, content: bytes, remedy: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(CaptureError) as raised:
        read_bytes(tmp_path, content)
    assert str(raised.value) == f"{tmp_path}/capture: is {remedy}"


@compressions
def test_a_stream_that_compressed_well_takes_no_more_memory(
    tmp_path: Path, compress: Callable[[bytes], bytes]
) -> None:
    """50 MB of zeros in packets of 60,000."""
    file = tmp_path / "capture"
    file.write_bytes(compress(pcap([Record(START, packet(bytes(60_000)))] * 850)))
    assert file.stat().st_size < 1_000_000
    tracemalloc.start()
    with CaptureReceiver(file) as receiver:
        frames = 0
        while (burst := receiver.take(8)) is not None:
            frames += len(burst)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert frames == 850
    assert peak < 8 * 1024 * 1024


READ_STANDARD_INPUT = "import replay, sys; print(*(frame.payload.hex() for frame in replay.frames('-')), sep='\\n')"


@pytest.mark.parametrize("compress", [bytes, *COMPRESSIONS.values()], ids=["plain", *COMPRESSIONS])
def test_standard_input_is_read_to_its_end(compress: Callable[[bytes], bytes]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", READ_STANDARD_INPUT],
        input=compress(CONTENT),
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.decode().split() == [payload.hex() for payload in PAYLOADS]


def test_a_pipe_that_has_nothing_yet_gives_empty_polls_and_then_its_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    writing = os.open(pipe, os.O_WRONLY)
    os.set_blocking(reading, True)
    try:
        content = payloads_at([(0, b"a"), (1, b"b")])
        last = len(content) - 5
        os.write(writing, content[:30])
        with CaptureReceiver(pipe) as receiver:
            assert receiver.take() == []
            assert receiver.bytes_total is None
            os.write(writing, content[30:last])
            assert [frame.payload for frame in receiver.take() or []] == [b"a"]
            assert receiver.take() == []
            os.write(writing, content[last:])
            assert [frame.payload for frame in receiver.take() or []] == [b"b"]
            assert receiver.take() == []
            os.close(writing)
            writing = -1
            assert receiver.take() is None
            assert receiver.problems == []
            assert receiver.bytes_read == len(content)
    finally:
        os.close(reading)
        if writing >= 0:
            os.close(writing)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="missing: cannot be read: No such file or directory"):
        read(tmp_path / "missing")
    with pytest.raises(CaptureError, match="is a directory; a capture file or - "):
        read(tmp_path)
