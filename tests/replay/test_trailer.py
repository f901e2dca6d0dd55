"""Times that capture appliances wrote into captured frames: read as published, refused where they cannot be."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedhandler.core.frames import FrameFlag
from feedhandler.receivers.frames.trailers import TRAILERS
from replay.capture import CaptureReceiver
from replay.errors import CaptureError
from replay.iteration import CapturedFrame
from tests.appliances import (
    arista_header,
    arista_source,
    counter,
    cpacket,
    exablaze,
    keyframe,
    metamako,
    sequence_extension,
    with_header,
    with_source,
)
from tests.replay.builders import SECOND, START, Record, ethernet, ipv4, packet, pcap

TIME = START + 123_456_789
"""What the appliance wrote: a little before the capture's own time, which is LATER."""
LATER = TIME + 1_000
CHECK = b"\x11\x22\x33\x44"
PLAIN = packet(b"payload").ljust(60, b"\0")


class Read:
    """What a receiver makes of frames that were all captured at LATER, or at times of their own."""

    def __init__(self, folder: Path, frames: list[Any], trailer: str, **options: Any) -> None:
        path = folder / "stamped.pcap"
        records = [frame if isinstance(frame, Record) else Record(LATER, frame) for frame in frames]
        path.write_bytes(pcap(records))
        self.frames: list[CapturedFrame] = []
        with CaptureReceiver(path, trailer=trailer, **options) as receiver:
            while (burst := receiver.take()) is not None:
                self.frames += burst
            self.told = receiver.statistics["trailer"]

    @property
    def times(self) -> list[tuple[int, int]]:
        return [(frame.hardware_ns, frame.flags) for frame in self.frames]

    @property
    def payloads(self) -> list[bytes]:
        return [frame.payload for frame in self.frames]


UNCERTAIN = FrameFlag.TIME_UNCERTAIN.value

STAMPED = {
    "metamako": [PLAIN + metamako(TIME), PLAIN + metamako(TIME, extensions=sequence_extension(7))],
    "cpacket": [PLAIN + cpacket(TIME)],
    "exablaze": [PLAIN + exablaze(TIME)],
    "arista_7280": [
        with_header(PLAIN, arista_header(TIME, bits=bits, tai=tai, hardware=hardware))
        for bits in (64, 48)
        for tai in (True, False)
        for hardware in (0, 1)
    ],
    "arista_7280_source": [with_source(PLAIN, arista_source(TIME))],
    "arista_7280_source_tai": [with_source(PLAIN, arista_source(TIME, tai=True))],
}


@pytest.mark.parametrize("trailer", STAMPED)
def test_the_appliances_time_is_the_frames_hardware_time_and_never_payload(tmp_path: Path, trailer: str) -> None:
    read = Read(tmp_path, STAMPED[trailer], trailer)
    assert read.times == [(TIME, 0)] * len(STAMPED[trailer])
    assert read.payloads == [b"payload"] * len(STAMPED[trailer])
    assert read.told == {"read": len(STAMPED[trailer]), "missing": 0, "impossible": 0, "keyframes": 0}


@pytest.mark.parametrize("trailer", ["metamako", "cpacket", "exablaze"])
def test_a_check_sequence_behind_the_trailer_is_passed_over(tmp_path: Path, trailer: str) -> None:
    read = Read(tmp_path, [frame + CHECK for frame in STAMPED[trailer]], trailer, frame_check=True)
    assert {time for time, _ in read.times} == {TIME}
    assert set(read.payloads) == {b"payload"}


@pytest.mark.parametrize("trailer", STAMPED)
def test_without_being_asked_for_no_time_is_read_and_the_payload_is_the_same(tmp_path: Path, trailer: str) -> None:
    read = Read(tmp_path, STAMPED[trailer], "none")
    assert read.times == [(0, 0)] * len(STAMPED[trailer])
    assert read.payloads == [b"payload"] * len(STAMPED[trailer])
    assert read.told is None


@pytest.mark.parametrize("trailer", ["metamako", "cpacket", "exablaze", "arista_7280"])
def test_a_frame_without_a_trailer_says_so_and_its_payload_is_not_taken_for_one(tmp_path: Path, trailer: str) -> None:
    # a payload that ends just as a trailer would
    read = Read(tmp_path, [packet(bytes(40) + metamako(TIME)), packet(b"x").ljust(36, b"\0")], trailer)
    assert read.times == [(0, UNCERTAIN)] * 2
    assert read.told["missing"] == 2


@pytest.mark.parametrize(
    ("trailer", "frame"),
    [
        ("metamako", PLAIN + metamako(TIME + 8 * 86_400 * SECOND)),
        ("metamako", PLAIN + metamako(TIME)[:-8] + b"\xff" * 4 + bytes(4)),
        ("cpacket", PLAIN + cpacket(TIME - 8 * 86_400 * SECOND)),
        ("exablaze", PLAIN + exablaze(5 * SECOND)),
        ("arista_7280", with_header(PLAIN, arista_header(TIME - 30 * 86_400 * SECOND))),
        ("arista_7280_source", with_source(PLAIN, b"\x12\x34\xff\xff\xff\xff")),
    ],
)
def test_a_time_that_cannot_be_is_refused_flagged_and_counted(tmp_path: Path, trailer: str, frame: bytes) -> None:
    read = Read(tmp_path, [frame], trailer)
    assert read.times == [(0, UNCERTAIN)]
    assert read.told == {"read": 0, "missing": 0, "impossible": 1, "keyframes": 0}


def test_a_degraded_time_is_read_and_flagged(tmp_path: Path) -> None:
    assert Read(tmp_path, [PLAIN + metamako(TIME, flags=0x11)], "metamako").times == [(TIME, UNCERTAIN)]


def test_a_frame_that_was_cut_has_no_trailer(tmp_path: Path) -> None:
    whole = PLAIN + metamako(TIME) + bytes(16)
    read = Read(tmp_path, [Record(LATER, whole[:-16], len(whole))], "metamako")
    assert read.times == [(0, UNCERTAIN)]


@pytest.mark.parametrize("around", [65_535, 65_536, 0])
@pytest.mark.parametrize("before_s", [-30_000, -1, 0, 1, 30_000])
def test_sixteen_bits_of_seconds_are_completed_by_the_nearest_time(
    tmp_path: Path, around: int, before_s: int
) -> None:
    about = ((START // SECOND >> 16 << 16) + around) * SECOND
    written = about - before_s * SECOND + 5
    frames = [Record(about, with_source(PLAIN, arista_source(written)))]
    assert Read(tmp_path, frames, "arista_7280_source").times == [(written, 0)]


class TestCounter:
    """A 7150: counts at 350 MHz, and keyframes that say what they mean."""

    COUNT = 0x1234_7FFF_FF00
    """Of the first keyframe: the 31 bits go round 0.7 microseconds later."""

    def keyframe(self, at_s: float, *, rate: float = 0.35, later: bool = False) -> Record:
        body = keyframe(self.COUNT + round(at_s * rate * SECOND), START + round(at_s * SECOND), later=later)
        return Record(START + round(at_s * SECOND), ethernet(ipv4(body, protocol=253)))

    def stamped(self, at_s: float, *, behind: bytes = b"", rate: float = 0.35) -> Record:
        time = START + round(at_s * SECOND)
        return Record(time, PLAIN + counter(self.COUNT + round(at_s * rate * SECOND)) + behind)

    def late(self, read: Read) -> list[int]:
        """How far each frame's time is from the capture's, which is exact here; a count is 3 nanoseconds."""
        return [abs(frame.hardware_ns - frame.received_ns) for frame in read.frames]

    @pytest.mark.parametrize("later", [False, True])
    @pytest.mark.parametrize("check", [b"", CHECK])
    def test_counts_are_times_after_the_first_keyframe(self, tmp_path: Path, later: bool, check: bytes) -> None:
        frames = [self.stamped(-0.1, behind=check), self.keyframe(0, later=later)]
        frames += [self.stamped(at, behind=check) for at in (-0.5, 0.000_001, 0.5, 0.999)]
        read = Read(tmp_path, frames, "arista_7150", frame_check=bool(check))
        assert read.times[0] == (0, UNCERTAIN), "before the first keyframe nothing is known"
        assert max(self.late(read)[1:]) <= 3
        assert read.payloads == [b"payload"] * 5
        assert read.told == {"read": 4, "missing": 1, "impossible": 0, "keyframes": 1}

    def test_keyframes_behind_tags_are_seen(self, tmp_path: Path) -> None:
        body = ethernet(ipv4(keyframe(self.COUNT, START), protocol=253, options=bytes(8)), tags=(0x8100, 0x8100))
        read = Read(tmp_path, [Record(START, body), self.stamped(0.1)], "arista_7150")
        assert self.late(read)[0] <= 3

    def test_a_clock_that_runs_differently_is_measured_between_keyframes(self, tmp_path: Path) -> None:
        rate = 0.35 * (1 + 100e-6)
        frames = [self.keyframe(0), self.stamped(0.5, rate=rate), self.keyframe(1, rate=rate)]
        frames += [self.stamped(at, rate=rate) for at in (1.5, 1.999)]
        first, *others = self.late(Read(tmp_path, frames, "arista_7150"))
        assert first > 1_000, "100 ppm of half a second are 50 microseconds"
        assert max(others) <= 3

    def test_a_time_that_was_set_between_keyframes_is_no_rate(self, tmp_path: Path) -> None:
        body = keyframe(self.COUNT + 350_000_000, START + 5 * SECOND)
        set_back = Record(START + SECOND, ethernet(ipv4(body, protocol=253)))
        read = Read(tmp_path, [self.keyframe(0), set_back, self.stamped(1.5)], "arista_7150")
        assert abs(read.frames[0].hardware_ns - (START + 5_500_000_000)) <= 3

    def test_lost_keyframes_are_bridged_by_the_captures_own_clock_for_a_minute(self, tmp_path: Path) -> None:
        frames = [self.keyframe(0), self.keyframe(1), *[self.stamped(at) for at in (4, 9.5, 30, 60)], self.stamped(62)]
        read = Read(tmp_path, frames, "arista_7150")
        assert max(self.late(read)[:-1]) <= 3
        assert read.times[-1] == (0, UNCERTAIN)

    def test_a_frame_of_the_switch_itself_counts_zero_and_has_no_time(self, tmp_path: Path) -> None:
        read = Read(tmp_path, [self.keyframe(0), Record(START + 5, PLAIN + bytes(4))], "arista_7150")
        assert read.times == [(0, UNCERTAIN)]

    def test_what_is_no_keyframe_changes_nothing(self, tmp_path: Path) -> None:
        others = [
            ethernet(ipv4(keyframe(5, START) + b"x", protocol=253)),
            ethernet(ipv4(keyframe(5, START), protocol=252)),
            ethernet(ipv4(keyframe(5, START), protocol=253))[:70],
            ethernet(ipv4(keyframe(5, 0), protocol=253)),
            ethernet(ipv4(keyframe(5, START), protocol=253), ethertype=0x86DD),
        ]
        frames = [self.keyframe(0), *[Record(START + 1_000, frame) for frame in others], self.stamped(0.25)]
        read = Read(tmp_path, frames, "arista_7150")
        assert read.told["keyframes"] == 1
        assert max(self.late(read)) <= 3


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(TRAILERS), st.booleans(), st.integers(0, 1 << 32))
def test_frames_of_any_bytes_are_read_to_their_end_and_no_further(trailer: str, frame_check: bool, seed: int) -> None:
    """Cut and changed anywhere, a frame is lent or skipped, and no time is a week from the capture's."""
    rng = random.Random(seed)
    known = [frame for frames in STAMPED.values() for frame in frames]
    known += [PLAIN + counter(5), ethernet(ipv4(keyframe(1, START), protocol=253))]
    frames = []
    for _ in range(40):
        frame = bytearray(rng.choice(known))
        for _ in range(rng.randrange(4)):
            frame[rng.randrange(len(frame))] = rng.randrange(256)
        frames.append(bytes(frame[: rng.randrange(1, len(frame) + 1)]))
    with tempfile.TemporaryDirectory() as folder:
        read = Read(Path(folder), frames, trailer, frame_check=frame_check)
    for frame in read.frames:
        assert frame.hardware_ns == 0 or abs(frame.hardware_ns - frame.received_ns) < 7 * 86_400 * SECOND
        assert trailer == "none" or frame.hardware_ns or frame.flags & UNCERTAIN


def test_an_unknown_appliance_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="trailer is 'gigamon'; one of none, metamako"):
        CaptureReceiver(tmp_path / "x.pcap", trailer="gigamon")
