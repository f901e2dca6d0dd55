"""`feedhandler run` with each kind of receiver, as a user has it: the books, and the digest of the replay."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from feedhandler.cli.exit_codes import ExitCode
from tests.cli.builders import AAPL, DAY, packets
from tests.cli.live import Lines, Process
from tests.conftest import INTERPRETED
from tests.receivers.namespaces import ip

pytestmark = [
    pytest.mark.namespace,
    pytest.mark.skipif(INTERPRETED, reason="a live run is compiled; receivers are not interpreted at all"),
]

DATE = ("--date", "2023-08-22")  # that of the builders' messages
RECEIVERS = {
    "socket": ("kind: socket, wait: spin", "spin"),
    "af_packet": ("kind: af_packet, ring_bytes: 1MiB, wait: block", "TPACKET_V2"),
    "af_xdp": ("kind: af_xdp, frames: 1024", "generic"),
    "auto": ("kind: auto, wait: block", "af_xdp generic"),
    "faults": (
        "kind: faults, over: {kind: socket, wait: block}, seed: 3, duplicate: 0.5, reorder: 0.5, delay: 0.2",
        "faults over socket block",
    ),
}


@pytest.mark.parametrize("kind", RECEIVERS)
def test_a_live_run_with_each_receiver_has_the_books_and_the_digest_of_its_replay(kind: str, tmp_path: Path) -> None:
    options, mode = RECEIVERS[kind]
    lines = Lines()
    status = tmp_path / "status.json"
    file = tmp_path / "live.yaml"
    text = lines.configuration("live", f"status: {{file: {status}, every: 100ms}}\n")
    written = "receiver: {interface: lo, wait: block, receive_buffer: 64KiB}"
    assert written in text
    file.write_text(text.replace(written, f"receiver: {{interface: lo, {options}}}"))
    sent = packets(DAY, 3)
    with Process("run", file, *DATE, "--symbols", "AAPL", "--json") as process:
        process.wait_until_ready()
        lines.send_to_all(sent)
        process.wait_for_sequence(status, len(DAY))
        process.signal(signal.SIGTERM)
        assert process.end() == ExitCode.TERMINATED, process.told
    live = process.data
    lines.close()
    assert live["messages"] == len(DAY)
    assert live["books"]["AAPL"] == AAPL
    (channel,) = live["channels"]
    assert (channel["state"], channel["quality"]) == ("SYNCHRONIZED", "CURRENT")
    (receiver,) = live["pipelines"][0]["receivers"]
    assert (receiver["kind"], receiver["mode"]) == (kind, mode)
    assert "xdp" not in ip("link", "show", "lo"), "nothing stays attached"

    with Process("replay", file, lines.capture(tmp_path / "live.pcap", sent), "--json", *DATE) as process:
        assert process.end() == ExitCode.DONE, process.told
    assert (live["digest"], live["events"]) == (process.data["digest"], process.data["events"])
