"""The figures as text: one line each, the machine first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_MIB = 1 << 20


def report(figures: dict[str, Any]) -> str:
    """What `bench` prints without --json."""
    return "\n".join(_lines(figures))


def _lines(figures: dict[str, Any]) -> Iterator[str]:
    machine = figures["machine"]
    yield f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB, Linux {machine['kernel']}"
    yield ", ".join(f"{name} {machine[name]}" for name in ("python", "numba", "llvmlite", "numpy"))
    yield (
        f"{figures['feed']}: a generated day of {figures['messages']:,} messages, {figures['symbols']:,} symbols, "
        f"{figures['live_orders']:,} live orders, seed {figures['seed']}"
    )
    yield "medians, with the least and the greatest of the runs"
    yield ""
    if "decode" in figures:
        for count, found in figures["decode"]["ns_per_message_by_messages_per_packet"].items():
            yield _row(f"decode every field, {count} messages a packet", found, "ns/message")
    if "books" in figures:
        books = figures["books"]
        name = f"decode + L3 books, {books['messages_per_packet']:.1f} messages a packet"
        yield _row(name, books["ns_per_message"], "ns/message")
    if "packets" in figures:
        for count, found in figures["packets"]["ns_per_message_by_messages_per_packet"].items():
            yield _row(f"  full book, {count} messages a packet", found, "ns/message")
    if "orders" in figures:
        for count, found in figures["orders"]["ns_per_message_by_live_orders"].items():
            yield _row(f"  full book, {int(count):,} live orders", found, "ns/message")
        for count in figures["orders"]["left_out_for_memory"]:
            yield f"  full book, {count:,} live orders: left out, not enough memory"
    if "memory" in figures:
        memory = figures["memory"]
        grown = memory["anonymous_bytes"] - memory["anonymous_before_bytes"]
        yield _single("anonymous memory after the day", memory["anonymous_bytes"] / _MIB, "MiB")
        yield _single("  of it grown since start", grown / _MIB, "MiB")
        yield _single("high-water mark of all memory", memory["high_water_bytes"] / _MIB, "MiB")
    if "capture" in figures:
        size = figures["capture"]["bytes_per_packet"]
        yield _row(f"pcap reading, {size:.0f} bytes a packet", figures["capture"]["ns_per_packet"], "ns/packet")
    if "read" in figures:
        for name, found in figures["read"]["ns_per_call"].items():
            yield _row({"bbo": "bbo() from Python", "depth_10": "depth(10) from Python"}[name], found, "ns/call")
    if "latency" in figures:
        for name, found in figures["latency"]["by_rate"].items():
            yield f"sender's stamp to inline strategy, {name}: {_quantiles(found['from_venue'])}"
            yield f"  of it from the kernel's stamp on: {_quantiles(found['from_receipt'])}"
    if "start" in figures:
        start = figures["start"]
        yield _row("warm start to the first packet", start["warm_s"], "s")
        yield _single("cold start to the first packet", start["cold_s"], "s")
        yield _single("  of it compiling", start["compile_s"], "s")


def _quantiles(found: dict[str, int]) -> str:
    return ", ".join(f"{name} {found[name] / 1000:.1f} us" for name in ("p50", "p99", "p99.9", "max"))


def _row(name: str, found: dict[str, float], unit: str) -> str:
    return f"{_single(name, found['median'], unit)}  ({found['least']:.2f} to {found['greatest']:.2f})"


def _single(name: str, value: float, unit: str) -> str:
    return f"{name:<52}{value:>10.2f} {unit}"
