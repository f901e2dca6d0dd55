"""`feedhandler run` as a user has it: a process of its own, which hears packets on loopback that the test sends."""

from __future__ import annotations

import errno
import json
import os
import pty
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from feedhandler.cli.exit_codes import ExitCode
from replay.pcap_writer import PcapWriter
from tests.cli.builders import START, packet
from tests.conftest import ROOT
from tests.receivers.loopback import free_group, free_port, sender

WAIT_S = 540.0
"""The longest wait for something that comes within seconds, but for a pipeline that is compiled first."""


class Lines:
    """The lines of one channel on loopback: a configuration for them, and a sender to them."""

    def __init__(self, names: Sequence[str] = ("A", "B")) -> None:
        self.port = free_port()
        self.groups = {name: free_group() for name in names}
        self._open = ExitStack()
        self._socket = self._open.enter_context(sender())

    def configuration(self, name: str, more: str = "", *, wait: str = "block") -> str:
        """A configuration that hears them. `more` is further keys of the file."""
        lines = "\n".join(
            f"      - {{name: {line}, group: {group}, port: {self.port}}}" for line, group in self.groups.items()
        )
        return (
            f"name: {name}\nfeed: nasdaq_itch50\nchannels:\n  - name: itch\n    lines:\n{lines}\n"
            f"receiver: {{interface: lo, wait: {wait}, receive_buffer: 64KiB}}\n"
            f"capacities: {{instruments: 256, orders: 4096, levels: 4096}}\nreport: {{every: 0}}\n{more}"
        )

    def send(self, payloads: Iterable[bytes | tuple[bytes, str]]) -> None:
        """Send payloads, each to line A or to the one named with it."""
        for item in payloads:
            payload, line = (item, "A") if isinstance(item, bytes) else item
            self._socket.sendto(payload, (self.groups[line], self.port))

    def send_to_all(self, payloads: Iterable[bytes]) -> None:
        """Send each payload to every line."""
        self.send((payload, line) for payload in payloads for line in self.groups)

    def capture(self, file: Path, payloads: Iterable[bytes]) -> Path:
        """A capture of payloads as they are sent to every line."""
        with PcapWriter(file) as writer:
            for number, payload in enumerate(payloads):
                for group in self.groups.values():
                    writer.write(START + number * 1_000_000, group, self.port, payload)
        return file

    def close(self) -> None:
        self._open.close()


class Process:
    """A `feedhandler` command in a process of its own, with its log as it comes. It never outlives the test."""

    def __init__(
        self, *arguments: object, environment: Mapping[str, str] | None = None, terminal: bool = False
    ) -> None:
        self.log: list[dict[str, Any]] = []
        self.other: list[str] = []  #: what it wrote on stderr that is no log
        self._out: list[str] = []
        self._heard = threading.Condition()
        # A terminal ends like a file does not: reading from it fails when the last writer is gone.
        master, slave = pty.openpty() if terminal else (-1, subprocess.PIPE)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "feedhandler.cli.main", *map(str, arguments)],
            stdout=slave, stderr=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "160", "LINES": "60", **(environment or {})},
        )  # fmt: skip
        if terminal:
            os.close(slave)
        printed = _terminal_text(master) if terminal else self._process.stdout
        self._readers = [
            threading.Thread(target=self._read_log, daemon=True),
            threading.Thread(target=lambda: self._out.extend(printed), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def _read_log(self) -> None:
        for line in self._process.stderr:
            with self._heard:
                if line.startswith("{"):
                    self.log.append(json.loads(line))
                else:
                    self.other.append(line)
                self._heard.notify_all()

    def entries(self, event: str) -> list[dict[str, Any]]:
        """The log's entries of one event."""
        return [entry for entry in self.log if entry["event"] == event]

    def alarms(self, kind: str) -> list[dict[str, Any]]:
        """The alarms of one kind."""
        return [entry for entry in self.log if entry.get("alarm") == kind]

    def wait_a_moment(self) -> None:
        """Wait for the next log entry, a twentieth of a second at most; the test fails where the process has ended."""
        assert self._process.poll() is None, f"it ended with {self._process.returncode}: {self.told}"
        with self._heard:
            self._heard.wait(0.05)

    def wait_for(self, found: Callable[[dict[str, Any]], bool], *, timeout_s: float = WAIT_S) -> dict[str, Any]:
        """The first log entry that is looked for; the test fails where it does not come."""
        until = time.monotonic() + timeout_s
        with self._heard:
            while True:
                for entry in self.log:
                    if found(entry):
                        return entry
                assert self._process.poll() is None, f"it ended with {self._process.returncode}: {self.told}"
                assert time.monotonic() < until, f"it did not say what was waited for: {self.told}"
                self._heard.wait(0.1)

    def wait_until_ready(self) -> None:
        """Wait until the lines are heard."""
        self.wait_for(lambda entry: entry["event"] == "channel ready")

    def wait_for_sequence(self, file: Path, sequence: int) -> dict[str, Any]:
        """The first status whose channel has come to a sequence."""
        return self.wait_for_status(
            file, lambda status: any(channel["sequence"] >= sequence for channel in status["channels"])
        )

    def wait_for_status(
        self, file: Path, found: Callable[[dict[str, Any]], bool], *, timeout_s: float = 60.0
    ) -> dict[str, Any]:
        """The first status that is looked for; the test fails where it does not come."""
        until = time.monotonic() + timeout_s
        while True:
            status = json.loads(file.read_text()) if file.exists() else {"channels": []}
            if status["channels"] and found(status):
                return status
            assert self._process.poll() is None, f"it ended with {self._process.returncode}: {self.told}"
            assert time.monotonic() < until, f"the status stayed {status}; {self.told}"
            time.sleep(0.02)

    def wait_for_output(self, words: str, *, timeout_s: float = 60.0) -> None:
        """Wait until it has printed some words; the test fails where it does not."""
        until = time.monotonic() + timeout_s
        while words not in self.out:
            assert self._process.poll() is None, f"it ended with {self._process.returncode}: {self.told}"
            assert time.monotonic() < until, f"it did not print {words!r}: {self.out[-2000:]}"
            time.sleep(0.02)

    def wait_for_child(self, *, timeout_s: float = 60.0) -> int:
        """The process that it has started; the test fails where it starts none."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        until = time.monotonic() + timeout_s
        while not children.read_text():
            assert time.monotonic() < until, f"it started no process; {self.told}"
            self.wait_a_moment()
        return int(children.read_text().split()[0])

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def signal_and_end(self) -> None:
        """SIGTERM, and its documented end."""
        self.signal(signal.SIGTERM)
        assert self.end() == ExitCode.TERMINATED, self.told

    def end(self, *, timeout_s: float = WAIT_S) -> int:
        """Wait for the end; the exit code."""
        code = self._process.wait(timeout_s)
        for reader in self._readers:
            reader.join(timeout_s)
        return code

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def out(self) -> str:
        """What it has printed."""
        return "".join(self._out)

    @property
    def data(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.out)

    @property
    def told(self) -> str:
        """Its log and whatever else was on stderr, for a test that fails."""
        return "\n".join([*map(json.dumps, self.log[-20:]), "".join(self.other[-40:])])

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            # With what it started: a compiler would go on for a minute.
            os.killpg(self._process.pid, signal.SIGKILL)
        self.end(timeout_s=30.0)
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process.stderr.close()


def _terminal_text(master: int) -> Iterator[str]:
    """What is written to a terminal, until everybody who could write has gone."""
    try:
        while chunk := os.read(master, 1 << 16):
            yield chunk.decode(errors="replace")
    except OSError as error:
        if error.errno != errno.EIO:
            raise
    finally:
        os.close(master)


def memory_bytes(pid: int) -> int:
    """The anonymous memory that a process has in use."""
    (line,) = (line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("RssAnon:"))
    return 1024 * int(line.split()[1])


class RetransmissionServer:
    """Answers MoldUDP64 requests on loopback, from the messages of a session, one packet a request."""

    def __init__(self, messages: Sequence[bytes]) -> None:
        self.asked: list[tuple[int, int]] = []
        self._messages = messages
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.1)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.port: int = self._socket.getsockname()[1]

    def _serve(self) -> None:
        while not self._ended.is_set():
            try:
                request, address = self._socket.recvfrom(64)
            except TimeoutError:
                continue
            _session, first, count = struct.unpack(">10sQH", request)
            self.asked.append((first, count))
            self._socket.sendto(packet(first, self._messages[first - 1 : first - 1 + count]), address)

    def __enter__(self) -> RetransmissionServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(30.0)
        self._socket.close()


def held_socket(group: str, port: int) -> socket.socket:
    """A socket that holds a group's port and does not share it."""
    held = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    held.bind((group, port))
    return held
