"""A day in small, as long as a test may take: `feedhandler venue` against `feedhandler run`, each in its own process.

The long form is half an hour of the same (docs/benchmarks.md has its figures).
"""

from __future__ import annotations

from pathlib import Path

from feedhandler.cli.exit_codes import ExitCode
from tests.cli.conftest import Run
from tests.cli.live import Lines, Process, memory_bytes
from tests.receivers.loopback import free_port

SECONDS = 12
RATE = 5_000
FAULTS = ["--loss", "0.002", "--duplication", "0.001", "--reordering", "0.001", "--loss-together", "0.001"]
GROWTH_MAXIMUM = 4 << 20  #: half an hour grew by a third of a megabyte; what leaks by the message shows in seconds


def test_a_lossy_day_loses_nothing_grows_nothing_and_accounts_for_every_datagram(run: Run, tmp_path: Path) -> None:
    lines, server = Lines(), free_port()
    status, record = tmp_path / "status.json", tmp_path / "published.itch"
    file = tmp_path / "soak.yaml"
    file.write_text(
        lines.configuration(
            "soak",
            f"retransmission:\n  servers: [{{address: 127.0.0.1, port: {server}}}]\n  reply_interface: lo\n"
            f"  requests_per_second: 1_000\nlimits: {{give_up_after: 20s, heartbeat: 30s}}\n"
            f"status: {{file: {status}, every: 100ms}}\n",
        ).replace("64KiB", "4MiB").replace("orders: 4096, levels: 4096", "orders: 65_536, levels: 32_768")
    )  # fmt: skip
    with Process("run", file, "--json") as running:
        running.wait_until_ready()
        arguments = ["--seconds", SECONDS, "--rate", RATE, "--symbols", 24, *FAULTS, "--record", record, "--json"]
        with Process("venue", file, *arguments) as venue:
            running.wait_for_sequence(status, SECONDS * RATE // 3)
            early = memory_bytes(running.pid)
            assert venue.end() == ExitCode.DONE, venue.told
        running.wait_for_status(status, lambda found: found["channels"][0]["state"] == "ENDED")
        late = memory_bytes(running.pid)
        running.signal_and_end()
    lines.close()
    sent, heard = venue.data, running.data
    (channel,) = heard["channels"]
    (receiver,) = heard["pipelines"][0]["receivers"]
    assert (heard["messages"], heard["gaps"], channel["quality"]) == (SECONDS * RATE, [], "CURRENT")
    assert channel["recovery"]["asked"] == channel["recovery"]["filled"] > 0
    # Every datagram that was sent was heard, or the kernel says that it dropped it.
    by_line = [each["frames"] + each["kernel_drops"] for each in receiver["endpoints"]]
    assert by_line == [*sent["packets"], sent["server"]["packets"]]
    assert heard["frames"] == sum(each["frames"] for each in receiver["endpoints"])
    assert heard["orders_live"] == sent["orders_live"]
    assert late - early < GROWTH_MAXIMUM
    replayed = run("replay", "--feed", "nasdaq_itch50", record, "--json").data
    assert (replayed["digest"], replayed["messages"]) == (heard["digest"], heard["messages"])
