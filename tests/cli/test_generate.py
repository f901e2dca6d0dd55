"""`feedhandler generate` and the options of `feedhandler bench`, through the program."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.packets import binaryfile_messages

SMALL = ["--messages", "500", "--symbols", "10", "--live-orders", "50"]


def test_a_binaryfile_has_the_messages_that_were_asked_for(run, tmp_path: Path) -> None:
    ran = run("generate", *SMALL, "--out", str(tmp_path / "day.itch"), "--json")
    assert ran.code == 0, ran.log
    assert len(list(binaryfile_messages(tmp_path / "day.itch"))) == 500 + 1
    figures = ran.data
    assert figures["messages"] == 500
    assert figures["packets"] is None
    assert figures["bytes"] == (tmp_path / "day.itch").stat().st_size


def test_a_capture_is_decoded_to_the_messages_that_were_asked_for(run, tmp_path: Path) -> None:
    out = str(tmp_path / "day.pcap.gz")
    generated = run("generate", *SMALL, "--messages-per-packet", "3", "--out", out, "--json")
    assert generated.code == 0, generated.log
    # 167 packets of messages and three that end the session.
    assert generated.data["packets"] == 170
    ran = run("decode", "--feed", "nasdaq_itch50", out, "--json")
    assert ran.code == 0, ran.log
    assert [line["sequence"] for line in ran.lines] == list(range(1, 501))


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--out", "day.itch", "--lines", "2"], "BinaryFILE, which has no packets and no lines"),
        (["--out", "day.itch", "--messages", "5", "--symbols", "10"], "to open and close 10 symbols takes 26"),
        (["--out", "day.pcap", "--loss", "2"], "loss is 2.0; a share from 0 to 1 is expected"),
        (["--out", "day.itch", "--feed", "nasdaq_itch"], "did you mean nasdaq_itch50"),
    ],
)
def test_wrong_options_say_what_would_be_right(run, options: list[str], text: str) -> None:
    ran = run("generate", *options)
    assert ran.code == 2
    assert text in " ".join(ran.events)
    assert not Path("day.itch").exists()


def test_a_folder_that_is_not_there_is_named(run, tmp_path: Path) -> None:
    ran = run("generate", *SMALL, "--out", str(tmp_path / "missing" / "day.itch"))
    assert ran.code == 1
    assert "cannot be written: No such file or directory" in " ".join(ran.events)


def test_an_unknown_section_of_bench_is_refused(run) -> None:
    ran = run("bench", "--only", "colour")
    assert ran.code == 2
    assert "no section colour; there are decode, books" in " ".join(ran.events)
