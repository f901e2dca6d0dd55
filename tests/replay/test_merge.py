"""Several files are one stream: merged by time, stable, each file in its own order."""

import random
from pathlib import Path

from tests.replay.builders import START, Record, packet, payloads_at, pcap, read


def test_files_are_merged_by_time(tmp_path: Path) -> None:
    (tmp_path / "odd").write_bytes(payloads_at([(1, b"1"), (3, b"3"), (5, b"5")]))
    (tmp_path / "even").write_bytes(payloads_at([(2, b"2"), (4, b"4"), (6, b"6")]))
    reading = read([tmp_path / "odd", tmp_path / "even"])
    assert reading.payloads == [b"1", b"2", b"3", b"4", b"5", b"6"]
    assert [(Path(frame.file).name, frame.number) for frame in reading.frames] == [
        ("odd", 1),
        ("even", 1),
        ("odd", 2),
        ("even", 2),
        ("odd", 3),
        ("even", 3),
    ]


def test_equal_times_keep_the_order_in_which_the_files_were_given(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).write_bytes(payloads_at([(0, name.encode()), (0, name.upper().encode())]))
    reading = read([tmp_path / "b", tmp_path / "a", tmp_path / "c"])
    assert reading.payloads == [b"b", b"B", b"a", b"A", b"c", b"C"]


def test_a_file_that_steps_back_in_time_keeps_its_own_order(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(payloads_at([(5, b"a5"), (1, b"a1"), (9, b"a9")]))
    (tmp_path / "b").write_bytes(payloads_at([(4, b"b4"), (6, b"b6"), (10, b"b10")]))
    reading = read([tmp_path / "a", tmp_path / "b"])
    assert reading.payloads == [b"b4", b"a5", b"a1", b"b6", b"a9", b"b10"]
    assert reading.times[1:3] == [START + 5, START + 1]


def test_many_files_of_many_buffers_are_merged_as_a_stable_sort_would(tmp_path: Path) -> None:
    chance = random.Random(7)
    expected = []
    for index in range(9):
        records = []
        at = 0
        for number in range(700):
            at += chance.choice([0, 1, 5, 100])
            payload = bytes([index]) + number.to_bytes(2, "big") + bytes(chance.randrange(1400))
            records.append(Record(START + at, packet(payload)))
            expected.append((at, index, payload))
        (tmp_path / str(index)).write_bytes(pcap(records))
    expected.sort(key=lambda entry: entry[:2])
    reading = read([tmp_path / str(index) for index in range(9)], buffer_bytes=524288, burst=64)
    assert reading.payloads == [payload for _, _, payload in expected]


def test_a_damaged_or_empty_file_does_not_stop_the_others(tmp_path: Path) -> None:
    whole = payloads_at([(0, b"a"), (2, b"c"), (4, b"e")])
    (tmp_path / "whole").write_bytes(whole)
    (tmp_path / "cut").write_bytes(payloads_at([(1, b"b"), (3, b"d")])[:-1])
    (tmp_path / "empty").write_bytes(b"")
    reading = read([tmp_path / "whole", tmp_path / "cut", tmp_path / "empty"])
    assert reading.payloads == [b"a", b"b", b"c", b"e"]
    assert [problem.split(":")[0] for problem in reading.problems] == [f"{tmp_path}/empty", f"{tmp_path}/cut"]


def test_memory_does_not_grow_with_the_files(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(payloads_at([(0, b"a")]))
    assert read(tmp_path / "a").statistics["buffer_bytes"] == 1 << 20
    assert read([tmp_path / "a"] * 3, buffer_bytes=524288).statistics["buffer_bytes"] == 3 * 524288
