"""How old news are when an inline strategy hears of them: live, over loopback, from the sender's stamp.

The simulated venue runs in a process of its own, sends one message a packet, evenly, and stamps each as it sends it;
the pipeline polls a socket and calls `wire_latency`. So the way of a packet is: the sender's system call, the kernel's
loopback, our poll, session, arbitration, decoding, book, call. Rates: *cold* is a packet every 5 ms, when caches and
branch predictors have forgotten us; *hot* is one after the other.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from typing import Any

from feedhandler.app import Application
from feedhandler.config import parse

RATES = {"cold, 5 ms apart": 200.0, "10,000 packets a second": 10_000.0, "100,000 packets a second": 100_000.0}
GROUP = "239.192.77.1"
LIVE_ORDERS = 4_000
LATE_S = 60.0  #: how much longer than it should the venue may take


class LatencyError(RuntimeError):
    """A run from which no figure can be had; the text says why."""


def measure(feed: str, packets_per_second: float, seconds: float) -> dict[str, Any]:
    """One rate: quantiles in ns from the sender's stamp, from the receipt, and of the pipeline's stages."""
    port = _free_port()
    application = Application(parse(_configuration(feed, port), "benchmark"), live=True)
    application.compile()
    venue: subprocess.Popen[bytes] | None = None
    ends = 0.0

    def watch() -> None:
        nonlocal venue, ends
        if venue is None:
            if not application.opened:
                return
            venue = _venue(feed, port, packets_per_second, seconds)
            ends = time.monotonic() + seconds + LATE_S
        elif venue.poll() is not None or time.monotonic() > ends:
            application.stop()

    try:
        application.run(watch, every_s=0.05)
    finally:
        if venue is not None and venue.poll() is None:
            venue.terminate()
        said = venue.communicate()[1].decode(errors="replace") if venue is not None else ""
    if venue is None or venue.returncode:
        raise LatencyError(f"the venue did not get to its end: {said.strip()[-500:]}")
    # The pipeline is that of the demo, with its two inline strategies, so that it is compiled once.
    (strategy,) = (each for each in application.figures().strategies if each.name == "latency")
    channel = application.figures().channels[0]
    if channel.gap_count:
        raise LatencyError(f"{channel.gap_count} gaps: the machine is too slow for {packets_per_second:,.0f} packets")
    return {
        "packets_per_second": packets_per_second,
        "from_venue": strategy.state["from_venue"],
        "from_receipt": strategy.state["from_receipt"],
        "stages": application.pipeline.latencies,
    }


def _configuration(feed: str, port: int) -> str:
    return f"""
name: latency
feed: {feed}
receiver: {{kind: socket, interface: lo, wait: spin, receive_buffer: 16MiB}}
channels: [{{name: latency, lines: [{{name: A, group: {GROUP}, port: {port}}}]}}]
strategies:
  - {{name: inside, class: inside_watcher, home: inline}}
  - {{name: latency, class: wire_latency, home: inline}}
capacities: {{instruments: 256, orders: 262_144, levels: 131_072, prefault: true}}
"""


def _venue(feed: str, port: int, rate: float, seconds: float) -> subprocess.Popen[bytes]:
    """The venue, on its own: spinning where there are cores for both."""
    spin = ["--spin"] if len(os.sched_getaffinity(0)) > 1 else []
    command = [
        sys.executable, "-m", "feedhandler.cli.main", "venue", "--feed", feed, "--lines", f"{GROUP}:{port}",
        "--rate", str(rate), "--seconds", str(seconds), "--pacing", "even", "--messages-per-packet", "1",
        "--live-orders", str(LIVE_ORDERS), *spin, "--json",
    ]  # fmt: skip
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
