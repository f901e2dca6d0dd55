"""All figures: what is measured, in which order, how often.

Runs of a comparison are interleaved (a, b, c, a, b, c, ...), so that a neighbour's noise falls on all of them alike,
and the median is reported with the least and the greatest. Nothing here judges: a figure is true of one machine.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from feedhandler import plugins
from feedhandler.books import Books
from feedhandler.core.frames import Frame
from feedhandler.core.memory import Region
from feedhandler.pipeline.cache import ENVIRONMENT_VARIABLE, load_module
from feedhandler.pipeline.pipeline import BURST
from feedhandler.simulation.day import Day, Packets
from feedhandler.simulation.population import Population
from feedhandler.simulation.venue import Venue

from .booking import book_packets, capacities_for, pipeline_of, receiver_of
from .decoding import Decoding
from .latency import RATES, measure
from .machine import machine, memory_available_bytes

MESSAGES_PER_PACKET = (1, 2, 3, 8, 43)
LIVE_ORDERS = (10_000, 100_000, 500_000, 5_000_000)
SECTIONS = ("decode", "books", "packets", "orders", "memory", "capture", "read", "latency", "start")
BYTES_PER_LIVE_ORDER = 1_000  #: of generator, packets and books together, to see whether a sweep fits


@dataclass(frozen=True)
class Settings:
    """How much is measured."""

    feed: str = "nasdaq_itch50"
    messages: int = 10_000_000
    sweep_messages: int = 2_000_000  #: of each run of a sweep, after its book is full
    symbols: int = 8_000
    live_orders: int = 500_000
    runs: int = 5
    seed: int = 1
    sections: tuple[str, ...] = SECTIONS
    live_orders_sweep: tuple[int, ...] = LIVE_ORDERS
    latency_seconds: float = 20.0  #: of each rate

    def __post_init__(self) -> None:
        unknown = set(self.sections) - set(SECTIONS)
        if unknown:
            raise ValueError(f"no section {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")


QUICK = Settings(
    messages=1_000_000,
    sweep_messages=300_000,
    live_orders=100_000,
    runs=3,
    live_orders_sweep=(10_000, 100_000),
    latency_seconds=3.0,
)


def spread(values: list[float]) -> dict[str, float]:
    """Median, least and greatest."""
    return {"median": statistics.median(values), "least": min(values), "greatest": max(values), "runs": len(values)}


def interleaved(runs: int, cases: Mapping[str, Callable[[], float]]) -> dict[str, dict[str, float]]:
    """Each case's figures, the cases taken in turn."""
    values: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(runs):
        for name, case in cases.items():
            values[name].append(case())
    return {name: spread(found) for name, found in values.items()}


@dataclass
class Suite:
    """A run of the benchmark; `tell` is given the name of each section before it is measured."""

    settings: Settings
    tell: Callable[[str], None] = lambda text: None
    venue: Venue = field(init=False)

    def __post_init__(self) -> None:
        self.venue = plugins.venue(self.settings.feed)

    def run(self) -> dict[str, Any]:
        """All figures of the chosen sections."""
        settings = self.settings
        figures: dict[str, Any] = {
            "machine": machine(),
            "feed": settings.feed,
            "messages": settings.messages,
            "symbols": settings.symbols,
            "live_orders": settings.live_orders,
            "seed": settings.seed,
        }
        measured: dict[str, Callable[[], dict[str, Any]]] = {
            "books": self.books,
            "decode": self.decode,
            "packets": self.packets,
            "orders": self.orders,
            "memory": self.memory,
            "capture": self.capture,
            "read": self.read,
            "latency": self.latency,
            "start": self.start,
        }
        for name in SECTIONS:
            if name in settings.sections:
                self.tell(name)
                figures[name] = measured[name]()
        return figures

    # --------------------------------------------------------------------------------------------------- the day

    def day(self, messages: int | None = None, live_orders: int | None = None) -> Day:
        """A day of the benchmark's market."""
        settings = self.settings
        population = Population(
            messages=messages or settings.messages,
            symbols=settings.symbols,
            live_orders=live_orders or settings.live_orders,
            seed=settings.seed,
        )
        return Day(self.venue, population)

    def sweep_day(self, live_orders: int) -> Day:
        """A day that goes on for `sweep_messages` after its book is full: filling takes 1.4 messages an order."""
        return self.day(int(1.45 * live_orders) + 2 * self.settings.symbols + self.settings.sweep_messages, live_orders)

    def _booking(self, packets: Packets, live_orders: int, *, steady: bool) -> Callable[[], float]:
        """A case: the packets through a fresh pipeline."""
        receiver = receiver_of(packets)

        def case() -> float:
            pipeline = pipeline_of(
                self.venue.feed, self.venue.variant, "moldudp64", capacities=capacities_for(live_orders)
            )
            with receiver:
                booked = book_packets(pipeline, receiver, packets)
            if booked.refused or booked.messages != packets.messages:
                raise RuntimeError(
                    f"{booked.messages:,} of {packets.messages:,} messages arrived, {booked.refused} were refused: "
                    "figures of a pipeline that goes wrong mean nothing"
                )
            return booked.steady_ns_per_message if steady else booked.ns_per_message

        return case

    # ---------------------------------------------------------------------------------------------- the sections

    def decode(self) -> dict[str, Any]:
        """Every field of every message, in ns a message."""
        day = self.day()
        feed, variant = self.venue.feed, self.venue.variant
        decoding = Decoding(feed, variant, feed.session("moldudp64"))
        cases = {}
        for count in (8, 43):
            packets = day.packets(messages_per_packet=count)
            receiver = receiver_of(packets)

            def case(receiver: Any = receiver) -> float:
                nanoseconds, messages, _ = decoding.run(receiver.frames, receiver.count)
                return nanoseconds / messages

            cases[str(count)] = case
        return {"ns_per_message_by_messages_per_packet": interleaved(self.settings.runs, cases)}

    def books(self) -> dict[str, Any]:
        """The whole day through the real pipeline, packets as full as the traffic makes them."""
        packets = self.day().packets()
        case = self._booking(packets, self.settings.live_orders, steady=False)
        figures = interleaved(self.settings.runs, {"day": case})["day"]
        average = packets.messages / max(1, len(packets.entries))
        return {"ns_per_message": figures, "messages_per_packet": average}

    def packets(self) -> dict[str, Any]:
        """Against messages per packet, book full."""
        day = self.sweep_day(self.settings.live_orders)
        cases = {
            str(count): self._booking(
                day.packets(messages_per_packet=count), self.settings.live_orders, steady=True
            )
            for count in MESSAGES_PER_PACKET
        }
        return {"ns_per_message_by_messages_per_packet": interleaved(self.settings.runs, cases)}

    def orders(self) -> dict[str, Any]:
        """Against live orders, book full, packets as full as the traffic makes them."""
        left = memory_available_bytes()
        cases, left_out = {}, []
        for live_orders in self.settings.live_orders_sweep:
            left -= BYTES_PER_LIVE_ORDER * live_orders
            if left < 0:
                left_out.append(live_orders)
                continue
            packets = self.sweep_day(live_orders).packets()
            cases[str(live_orders)] = self._booking(packets, live_orders, steady=True)
        return {
            "ns_per_message_by_live_orders": interleaved(self.settings.runs, cases),
            "left_out_for_memory": left_out,
        }

    def memory(self) -> dict[str, Any]:
        """Memory of a process that replays the day."""
        with self._file(self.day()) as file:
            self._child(file, one_burst=True)  # so that the compiler's memory is not in the figure
            return self._child(file)

    def capture(self) -> dict[str, Any]:
        """Reading a capture alone: pcap records to frames, in ns a packet, the file in the page cache."""
        run = load_module("drain", _DRAIN, ["feedhandler.core"]).run
        frames = Region("benchmark.frames", Frame.size * BURST, huge=False)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "day.pcap"
            day = self.day(min(self.settings.messages, 2_000_000))
            count = day.write_pcap(file)

            def case() -> float:
                with plugins.receiver("capture")(str(file)) as receiver:
                    run(receiver.address, frames.address, 0)
                    started = time.perf_counter_ns()
                    taken = run(receiver.address, frames.address, BURST)
                    elapsed = time.perf_counter_ns() - started
                if taken != count:
                    raise RuntimeError(f"{taken} packets were read of {count}")
                return elapsed / count

            figures = interleaved(self.settings.runs, {"pcap": case})["pcap"]
            return {"ns_per_packet": figures, "bytes_per_packet": file.stat().st_size / count}

    def read(self) -> dict[str, Any]:
        """`bbo()` and `depth(10)` from Python, in ns a call."""
        day = self.day(min(self.settings.messages, 1_000_000), 10_000)
        packets = day.packets()
        pipeline = pipeline_of(self.venue.feed, self.venue.variant, "moldudp64")
        with receiver_of(packets) as receiver:
            book_packets(pipeline, receiver, packets)
        book = Books(pipeline.channels)[day.symbols[0]]

        def timed(call: Callable[[], Any], calls: int) -> Callable[[], float]:
            def case() -> float:
                started = time.perf_counter_ns()
                for _ in range(calls):
                    call()
                return (time.perf_counter_ns() - started) / calls

            call()
            return case

        cases = {"bbo": timed(book.bbo, 100_000), "depth_10": timed(lambda: book.depth(10), 10_000)}
        return {"ns_per_call": interleaved(self.settings.runs, cases)}

    def latency(self) -> dict[str, Any]:
        """From the sender's stamp to an inline strategy, live over loopback, in ns, by rate."""
        return {
            "by_rate": {
                name: measure(self.settings.feed, rate, self.settings.latency_seconds) for name, rate in RATES.items()
            }
        }

    def start(self) -> dict[str, Any]:
        """Seconds from the start of a process to its first packet, with an empty cache and with a full one."""
        day = self.day(2 * self.settings.symbols + 1_000, 100)
        with self._file(day) as file, tempfile.TemporaryDirectory() as cache:
            Path(cache).chmod(0o700)
            cold = self._child(file, one_burst=True, cache=cache)
            warm = [self._child(file, one_burst=True, cache=cache) for _ in range(self.settings.runs)]
        if cold["from_cache"] or not all(child["from_cache"] for child in warm):
            raise RuntimeError("the cold start found compiled code, or a warm one did not")
        return {
            "cold_s": cold["first_packet_s"],
            "compile_s": cold["compile_s"],
            "warm_s": spread([child["first_packet_s"] for child in warm]),
        }

    # ------------------------------------------------------------------------------------------------- processes

    @contextmanager
    def _file(self, day: Day) -> Iterator[Path]:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "day.itch"
            day.write_binaryfile(file)
            yield file

    def _child(self, file: Path, *, one_burst: bool = False, cache: str | None = None) -> dict[str, Any]:
        command = [
            sys.executable, "-m", "feedhandler.benchmark.child",
            self.settings.feed, str(file), str(time.monotonic_ns()), "1" if one_burst else "0",
        ]  # fmt: skip
        environment = os.environ | ({ENVIRONMENT_VARIABLE: cache} if cache else {})
        finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if finished.returncode:
            raise RuntimeError(f"a measuring process ended with {finished.returncode}:\n{finished.stderr}")
        found: dict[str, Any] = json.loads(finished.stdout)
        return found


_DRAIN = '''"""Takes frames from a receiver and gives them back. Generated, never edited."""

from feedhandler.core.frames import Receiver, call_poll, call_release
from feedhandler.core.jit import entry


@entry
def run(address, frames, capacity):
    """The frames that the receiver lent until it ended; none are asked for with a capacity of 0."""
    receiver = Receiver(address)
    total = 0
    while capacity > 0:
        count = call_poll(receiver.poll, receiver.context, frames, capacity)
        if count < 0:
            break
        if count > 0:
            call_release(receiver.release, receiver.context, count)
            total += count
    return total
'''
