"""What it costs to receive, by kind: `make bench-receivers`, or `python -m feedhandler.benchmark.receiving`.

On a pair of virtual cards in a network namespace that the process makes for itself, so it needs root (or the
capabilities for it) and touches no interface of the machine. Four figures a kind, in rounds over all kinds:

* **draining**: a queue is filled first, then emptied by a compiled loop; only its time is counted, so the figure is the
  receiver's own work on a frame that is there, polls of 1 and of 64, and a slow sender does not move it. What the
  kernel does before the frame is in the queue is not in it. The median over all emptied queues.
* **latency**: from just before the send call to the compiled loop that has polled the frame, at a steady pace: the
  kernel's whole way is in it.
* **to the strategy**: from the sender's stamp to an inline strategy, through the whole pipeline (`to_strategy.py`).
* **lossless rate**: the highest at which nothing was lost (`rates.py`), with frames that the kernel makes where it can
  (`injection.py`), since system calls are slower than most receivers.

And once a round for kinds in `TO_BOOK` frames to book, as fast as the sender can (`to_book.py`).

Everything is compared with a loop over plain `recv` in the same run (`plain.py`).
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numba
import numpy

from feedhandler import plugins
from feedhandler.core.clock import monotonic_ns
from feedhandler.core.frames import Frame, Receiver, call_poll, call_release
from feedhandler.core.jit import POLICY
from feedhandler.core.memory import Region
from feedhandler.core.records import Record, i64
from feedhandler.receivers.endpoints import Endpoint, interface_hardware_address

from .injection import in_batches
from .machine import machine
from .plain import PlainReceiver
from .rates import Rate, Sender, lossless, sender_of
from .to_book import HEADS_BYTES, ToBook, booked, day_payloads, udp_frames
from .to_strategy import to_strategy

CLONE_NEWNET = 0x4000_0000
NEAR, FAR = "bench0", "bench1"
GROUP, PORT = "239.7.0.5", 26_477
PAYLOAD_BYTES = 200
IDLE_POLLS_MAXIMUM = 1 << 20
TOGETHER = 64  # frames sent at a time: the virtual card has room for 256
WAIT_SECONDS = 10.0

AF_PACKET_DEVICE = "net_af_packet,iface={interface},blocksz=65536,framesz=2048,framecnt=16384"
PLAIN = "recv"

KINDS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("plain recv", PLAIN, {}),
    ("socket", "socket", {}),
    ("socket, no stamps", "socket", {"timestamps": "none"}),
    ("af_packet frames", "af_packet", {}),
    ("af_packet blocks", "af_packet", {"ring": "blocks"}),
    ("af_xdp generic", "af_xdp", {"mode": "generic"}),
    ("af_xdp native", "af_xdp", {"mode": "native"}),
    ("dpdk af_packet", "dpdk", {"device": AF_PACKET_DEVICE, "huge_pages": False}),
    ("dpdk af_xdp", "dpdk", {"device": "net_af_xdp,iface={interface},busy_budget=0", "huge_pages": False}),
)
"""The first is what the others are compared with. Of DPDK's devices `net_pcap` has too small a ring, and `net_tap` and
`net_null` hear no card."""


TO_BOOK = ("plain recv", "socket", "af_packet frames", "af_xdp native", "dpdk af_packet")


class Stamp(Record, size=8):
    """How a payload begins: when it was sent, by the monotonic clock."""

    sent_ns = i64


@dataclass
class Figures:
    """Of one kind: of every emptied queue and of every frame."""

    name: str
    drain_1_ns: list[float] = field(default_factory=list)
    drain_64_ns: list[float] = field(default_factory=list)
    latency_us: list[float] = field(default_factory=list)
    to_strategy: list[dict[str, int]] = field(default_factory=list)
    rates: list[Rate] = field(default_factory=list)
    to_book: list[ToBook] = field(default_factory=list)
    unavailable: str | None = None


@numba.njit(**POLICY)  # type: ignore[untyped-decorator, unused-ignore]
def drain(poll: int, release: int, context: int, frames: int, capacity: int, expected: int) -> tuple[int, int]:
    """Take frames until as many have come; how many, and the nanoseconds of the polls that brought some."""
    taken = 0
    spent = 0
    idle = 0
    while taken < expected and idle < IDLE_POLLS_MAXIMUM:
        started = monotonic_ns()
        count = call_poll(poll, context, frames, capacity)
        if count < 0:
            break
        if count == 0:
            idle += 1
            continue
        call_release(release, context, count)
        spent += monotonic_ns() - started
        taken += count
        idle = 0
    return taken, spent


@numba.njit(**POLICY)  # type: ignore[untyped-decorator, unused-ignore]
def measure(poll: int, release: int, context: int, frames: int, ages: int, expected: int, until_ns: int) -> int:
    """Take frames until as many have come or the time is over; write the age of each."""
    taken = 0
    while taken < expected:
        count = call_poll(poll, context, frames, 64)
        now = monotonic_ns()
        if count < 0 or now > until_ns:
            break
        for number in range(count):
            if taken < expected:
                sent = Stamp(Frame(frames + 32 * number).frame_address).sent_ns
                Stamp(ages + 8 * taken).sent_ns = now - sent
                taken += 1
        call_release(release, context, count)
    return taken


@contextmanager
def cards() -> Iterator[socket.socket]:
    """A pair of virtual cards in a new namespace of this process; the socket sends whole frames from the far one."""
    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"no network namespace: {os.strerror(number)}; root may make one")
    if shutil.which("ip") is None:
        raise FileNotFoundError("no ip command: the package iproute2 has it")
    Path("/proc/sys/net/ipv6/conf/default/disable_ipv6").write_text("1")
    _ip("link", "add", NEAR, "type", "veth", "peer", "name", FAR)
    for name, address in ((NEAR, "10.77.0.1/24"), (FAR, "10.77.0.2/24")):
        _ip("link", "set", name, "up")
        _ip("address", "add", address, "dev", name)
        Path(f"/proc/sys/net/ipv4/conf/{name}/accept_local").write_text("1")
        Path(f"/proc/sys/net/ipv4/conf/{name}/rp_filter").write_text("0")
    Path("/proc/sys/net/ipv4/conf/all/rp_filter").write_text("0")
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sending:
        sending.bind((FAR, 0))
        yield sending


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


def frame_head() -> bytes:
    """Ethernet, IPv4 and UDP before a payload of `PAYLOAD_BYTES` to the group."""
    (frame,) = udp_frames([bytes(PAYLOAD_BYTES)], interface_hardware_address(FAR), GROUP, PORT)
    return frame[:HEADS_BYTES]


def send_stamped(sending: socket.socket, head: bytes, tail: bytes) -> None:
    sending.send(head + struct.pack("=q", time.monotonic_ns()) + tail)


def drained(receiver: Any, sending: socket.socket, head: bytes, capacity: int, count: int) -> list[float]:
    """Nanoseconds a frame, of each time that the queue was emptied, `count` frames in all."""
    frames = Region("frames", 32 * 64, huge=False)
    face = Receiver(receiver.address)
    tail = bytes(PAYLOAD_BYTES - 8)
    found = []
    for _ in range(0, count, TOGETHER * 8):
        for _ in range(8):
            for _ in range(TOGETHER):
                send_stamped(sending, head, tail)
            time.sleep(0.0005)  # the virtual card's own queue is short: let it pass them on
        taken, spent = drain(face.poll, face.release, face.context, frames.address, capacity, TOGETHER * 8)
        if taken == 0:
            raise RuntimeError(f"nothing came: {receiver.statistics}")
        found.append(spent / taken)
    return found


def latencies(receiver: Any, sending: socket.socket, head: bytes, count: int, pace_ns: int) -> list[float]:
    """Microseconds from the send to the poll that had the frame, sorted."""
    frames = Region("frames", 32 * 64, huge=False)
    ages = Region("ages", 8 * count, huge=False, prefault=True)
    face = Receiver(receiver.address)
    until_ns = time.monotonic_ns() + count * pace_ns + int(WAIT_SECONDS * 1e9)
    places = (face.poll, face.release, face.context, frames.address, ages.address)
    measure(*places, 0, until_ns)  # compiled before the time begins
    tail = bytes(PAYLOAD_BYTES - 8)

    def send() -> None:
        due = time.monotonic_ns() + 1_000_000
        for _ in range(count):
            while time.monotonic_ns() < due:
                pass
            send_stamped(sending, head, tail)
            due += pace_ns

    # The thread that opened the receiver polls it.
    thread = threading.Thread(target=send)
    thread.start()
    taken = measure(*places, count, until_ns)
    thread.join()
    found: list[int] = sorted(ages.array(numpy.int64, taken).tolist())
    return [one / 1_000 for one in found]


def share(ordered: Sequence[float], part: float) -> float:
    """The value below which that part of them lies."""
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else float("nan")


def measure_to_book(found: dict[str, Figures], sender: Sender, packets: int) -> None:
    """Each of `TO_BOOK` that can be opened, once."""
    for name, kind, options in KINDS:
        if name in TO_BOOK and found[name].unavailable is None:
            receiver = receiver_of(kind, options)
            receiver.open()
            try:
                found[name].to_book.append(booked(receiver, sender, packets))
            finally:
                receiver.close()


def receiver_of(kind: str, options: dict[str, Any]) -> Any:
    """A receiver of the one line, not open."""
    endpoints = [Endpoint(0, GROUP, PORT, None, NEAR)]
    if kind == PLAIN:
        return PlainReceiver(endpoints)
    implementation = plugins.receiver(kind)
    return implementation(endpoints, implementation.Options(**options))


def run(
    rounds: int, drain_count: int, latency_count: int, pace_ns: int, rate_count: int, messages: int
) -> tuple[list[Figures], str]:
    """All kinds, in rounds, so that a slow moment of the machine hits all alike; and how the sender sent."""
    found = {name: Figures(name) for name, _, _ in KINDS}
    payloads = day_payloads(messages)
    with cards() as sending, sender_of(FAR, [frame_head() + bytes(PAYLOAD_BYTES)]) as sender:
        head = frame_head()
        day = udp_frames(payloads, interface_hardware_address(FAR), GROUP, PORT)
        for _ in range(rounds):
            for name, kind, options in KINDS:
                figures = found[name]
                try:
                    receiver = receiver_of(kind, options)
                    receiver.open()
                except (OSError, plugins.NotBuiltError) as error:
                    figures.unavailable = str(error)
                    continue
                try:
                    drained(receiver, sending, head, 64, TOGETHER * 8)  # warm: compiled, touched
                    figures.drain_1_ns += drained(receiver, sending, head, 1, drain_count)
                    figures.drain_64_ns += drained(receiver, sending, head, 64, drain_count)
                    figures.latency_us += latencies(receiver, sending, head, latency_count, pace_ns)
                    figures.to_strategy.append(to_strategy(receiver, sending, day, latency_count, pace_ns))
                    with in_batches(NEAR):
                        figures.rates.append(lossless(receiver, sender, rate_count))
                finally:
                    receiver.close()
            with sender_of(FAR, day) as day_sender, in_batches(NEAR):
                measure_to_book(found, day_sender, len(day))
        return list(found.values()), sender.how


def told(figures: Sequence[Figures]) -> list[dict[str, Any]]:
    """As plain data, with the ratio to the first kind's polls of one."""
    base = statistics.median(figures[0].drain_1_ns) if figures[0].drain_1_ns else float("nan")
    rows: list[dict[str, Any]] = []
    for one in figures:
        if one.unavailable is not None or not one.drain_1_ns:
            rows.append({"receiver": one.name, "unavailable": one.unavailable})
            continue
        ordered = sorted(one.latency_us)
        drain_1, drain_64 = statistics.median(one.drain_1_ns), statistics.median(one.drain_64_ns)
        rows.append({
            "receiver": one.name,
            "drain_1_ns": round(drain_1, 1),
            "drain_64_ns": round(drain_64, 1),
            "ratio_1": round(drain_1 / base, 3),
            "ratio_64": round(drain_64 / base, 3),
            "latency_p50_us": round(share(ordered, 0.5), 2),
            "latency_p99_us": round(share(ordered, 0.99), 2),
            "latency_p999_us": round(share(ordered, 0.999), 2),
            "frames": len(ordered),
            **_to_strategy_told(one.to_strategy, figures[0].to_strategy),
            **_rates_told(one.rates, figures[0].rates),
            **_to_book_told(one.to_book),
        })
    return rows


def _to_strategy_told(runs: Sequence[dict[str, int]], base: Sequence[dict[str, int]]) -> dict[str, Any]:
    """The medians of the rounds in microseconds, and the ratio of the median to the first kind's."""
    calls = sum(one["count"] for one in runs)
    if not calls or not base:
        return {"strategy_calls": calls} if runs else {}
    medians = {name: statistics.median(one[name] for one in runs) for name in ("p50", "p99", "p99.9")}
    return {
        **{f"strategy_{name.replace('.', '')}_us": round(value / 1_000, 2) for name, value in medians.items()},
        "strategy_ratio": round(medians["p50"] / statistics.median(one["p50"] for one in base), 2),
        "strategy_calls": calls,
    }


def _rates_told(rates: Sequence[Rate], base: Sequence[Rate]) -> dict[str, Any]:
    """The median of the rounds, and its ratio to the first kind's; whether the sender could make no more."""
    if not rates or not base:
        return {}
    median = statistics.median(one.per_second for one in rates)
    return {
        "lossless_per_second": round(median),
        "lossless_ratio": round(median / statistics.median(one.per_second for one in base), 2),
        "sender_limit": sum(one.sender_limit for one in rates) * 2 > len(rates),
    }


def _to_book_told(runs: Sequence[ToBook]) -> dict[str, Any]:
    """The median of the rounds, and what was missing in the book in all of them."""
    if not runs:
        return {}
    return {
        "to_book_per_second": round(statistics.median(one.sent_per_second for one in runs)),
        "to_book_packets": sum(one.packets for one in runs),
        "to_book_missing": sum(one.missing for one in runs),
        "to_book_busy_ns": round(statistics.median(one.busy_ns for one in runs), 1),
    }


def report(rows: Sequence[dict[str, Any]]) -> str:
    """A table for people."""
    head = f"{'':18} {'ns a frame,':>12} {'polls':>8} {'ratio,':>8} {'polls':>8} {'latency':>9} {'µs':>9} {'':>9}"
    names = f"{'receiver':18} {'of 1':>12} {'of 64':>8} {'of 1':>8} {'of 64':>8} {'p50':>9} {'p99':>9} {'p99.9':>9}"
    names += f" {'lossless/s':>11} {'ratio':>6}"
    lines = [head, names]
    for row in rows:
        if "unavailable" in row:
            lines.append(f"{row['receiver']:18} {row['unavailable']}")
            continue
        costs = f"{row['drain_1_ns']:12.1f} {row['drain_64_ns']:8.1f} {row['ratio_1']:8.3f} {row['ratio_64']:8.3f}"
        times = " ".join(f"{row[f'latency_{part}_us']:9.2f}" for part in ("p50", "p99", "p999"))
        rate = ""
        if "lossless_per_second" in row:
            mark = "+" if row["sender_limit"] else " "
            rate = f" {row['lossless_per_second']:10,}{mark} {row['lossless_ratio']:6.2f}"
        lines.append(f"{row['receiver']:18} {costs} {times}{rate}")
    lines.append("+ the sender could make no more, and nothing was lost")
    lines += [
        f"{row['receiver']}: sender to inline strategy p50 {row['strategy_p50_us']:.2f} µs, "
        f"{row['strategy_ratio']:.2f} of the first, p99 {row['strategy_p99_us']:.2f}, "
        f"p99.9 {row['strategy_p999_us']:.2f}, {row['strategy_calls']:,} calls"
        if row["strategy_calls"]
        else f"{row['receiver']}: no strategy was called: packets of the opening were lost"
        for row in rows
        if "strategy_calls" in row
    ]
    lines += [
        f"{row['receiver']}: frames to book, {row['to_book_per_second']:,} a second as the sender made them, "
        f"{row['to_book_missing']:,} of {row['to_book_packets']:,} missing, the pipeline busy for "
        f"{row['to_book_busy_ns']:.0f} ns a packet"
        for row in rows
        if "to_book_per_second" in row
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> None:
    """Measure and print; `--json` for a program, `--quick` for a test."""
    quick = "--quick" in arguments
    counts = (1, 1_024, 200, 200_000, 2_048, 5_000) if quick else (3, 8_192, 5_000, 100_000, 300_000, 200_000)
    figures, sender = run(*counts)
    rows = told(figures)
    if "--json" in arguments:
        about = {"machine": machine(), "payload_bytes": PAYLOAD_BYTES, "sender": sender}
        print(json.dumps(about | {"receivers": rows}, indent=2))
    else:
        print("\n".join(f"{name}: {value}" for name, value in machine().items()))
        print(f"rates and frames to book: sent by {sender}")
        print(report(rows))


if __name__ == "__main__":
    main(sys.argv[1:])
