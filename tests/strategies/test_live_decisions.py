"""A live run and the replay of what it heard: the same digest, and inline strategies decide the same, one by one."""

from __future__ import annotations

import socket
import struct
import threading
import time
from pathlib import Path

from feedhandler.app import Application, compile_readers, line_numbers
from feedhandler.config import parse
from feedhandler.simulation.live.venue import LiveVenue
from feedhandler.simulation.population import Population
from feedhandler.simulation.transmission import LineFaults
from feeds.nasdaq_itch50.venue import VENUE
from replay.capture import CaptureReceiver
from replay.pcap_writer import PcapWriter
from tests.receivers.loopback import free_group, free_port
from tests.strategies.actors import INLINE, recorded

BYTES = 8 << 20
LONG_S = 120.0


class Listener:
    """Hears the same groups as the run, for itself, and writes what comes into a capture."""

    def __init__(self, groups: list[str], port: int) -> None:
        self._port = port
        self._sockets: dict[str, socket.socket] = {}
        self._done = threading.Event()
        self.heard: list[tuple[int, str, bytes]] = []
        for group in groups:
            one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BYTES)
            one.bind((group, port))
            membership = struct.pack("4s4s", socket.inet_aton(group), socket.inet_aton("127.0.0.1"))
            one.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
            one.settimeout(0.05)
            self._sockets[group] = one
        self._threads = [threading.Thread(target=self._hear, args=(group,)) for group in groups]
        for thread in self._threads:
            thread.start()

    def _hear(self, group: str) -> None:
        while True:
            try:
                payload = self._sockets[group].recv(65_535)
            except TimeoutError:
                if self._done.is_set():
                    return
                continue
            self.heard.append((time.time_ns(), group, payload))

    def write(self, file: Path) -> Path:
        """End, and write what was heard."""
        self._done.set()
        for thread in self._threads:
            thread.join()
        for one in self._sockets.values():
            one.close()
        with PcapWriter(file) as writer:
            for at, group, payload in sorted(self.heard, key=lambda one: one[0]):
                writer.write(at, group, self._port, payload)
        return file


def configuration(groups: list[str], port: int) -> str:
    lines = "\n".join(
        f"      - {{name: {name}, group: {group}, port: {port}}}" for name, group in zip("AB", groups, strict=True)
    )
    strategies = "\n".join(
        f"  - {{name: {actor.__name__}, class: '{actor.__module__}:{actor.__name__}', home: inline}}"
        for actor in INLINE
    )
    return (
        "name: decisions\nfeed: nasdaq_itch50\nreceiver: {kind: socket, interface: lo, wait: block}\n"
        f"channels:\n  - name: itch\n    lines:\n{lines}\nstrategies:\n{strategies}\n"
        "capacities: {instruments: 65536, orders: 16384, levels: 8192}\n"
        "limits: {request_after: 30s, give_up_after: 60s}\n"
    )


def test_the_replay_of_a_live_run_decides_the_same(tmp_path: Path) -> None:
    """One line loses packets, the other sends some twice; together they have all.

    The listener's clock is not the run's, so nothing here may depend on how long a hole was open: holes wait so long
    for the other line that no book is RECOVERING meanwhile.
    """
    groups, port = [free_group(), free_group()], free_port()
    deployment = parse(configuration(groups, port), "decisions.yaml")
    live = Application(deployment, live=True)
    live.compile()
    compile_readers()
    listener = Listener(groups, port)
    faults = LineFaults(loss=0.02, reordering=0.01), LineFaults(duplication=0.02)
    population = Population(messages=4_000, symbols=8, live_orders=300, seed=3)
    deadline = time.monotonic() + LONG_S
    with LiveVenue(
        VENUE, population, [(group, port) for group in groups], rate=4_000.0, messages_per_packet=3, faults=faults,
        seed=2, end_interval_s=0.05,
    ) as venue:  # fmt: skip
        started = []

        def watch() -> None:
            if live.opened and not started:
                venue.start()
                started.append(True)
            ended = bool(started) and live.channels[0].sequencer.expected > population.messages and venue.join(0)
            if ended or time.monotonic() > deadline:
                live.stop()

        live.run(watch, every_s=0.02)
    capture = listener.write(tmp_path / "heard.pcap")
    assert live.channels[0].sequencer.expected == population.messages + 1
    assert live.channels[0].sequencer.gap_count == 0

    again = Application(deployment)
    receiver = CaptureReceiver([str(capture)], lines=line_numbers(deployment))
    receiver.open()
    again.attach(receiver)
    again.run()
    receiver.close()
    assert again.digest == live.digest
    decided, replayed = (recorded(each.pipeline.strategies.memories[0]) for each in (live, again))
    assert decided == replayed
    assert len(decided) > 1_000
    for ours, theirs in zip(live.pipeline.strategies.memories, again.pipeline.strategies.memories, strict=True):
        assert ours.values() == theirs.values()
