"""The benchmark measures what it says it measures. How fast anything is, is not asserted."""

from __future__ import annotations

from functools import reduce
from operator import xor

import pytest

from feedhandler.benchmark.booking import receiver_of
from feedhandler.benchmark.decoding import Decoding
from feedhandler.benchmark.machine import machine, memory_of_process
from feedhandler.benchmark.report import report
from feedhandler.benchmark.suite import Settings, Suite, interleaved, spread
from feedhandler.simulation.day import Day
from feedhandler.simulation.population import Population
from feeds.nasdaq_itch50 import FEED, messages
from feeds.nasdaq_itch50.venue import VENUE
from tests.packets import moldudp64_messages

TINY = Settings(messages=3_000, symbols=30, live_orders=200, runs=2, sections=("decode", "capture"))


def test_decoding_reads_every_field_of_every_message() -> None:
    """The compiled fold is that of a view in Python, over all fields."""
    packets = Day(VENUE, Population(messages=3_000, symbols=30, live_orders=200)).packets(messages_per_packet=5)
    decoding = Decoding(FEED, "nasdaq", FEED.session("moldudp64"))
    receiver = receiver_of(packets)
    _, count, folded = decoding.run(receiver.frames, receiver.count)
    tables = {ord(message.type): message for message in messages.MESSAGES}
    data, expected = packets.data.tobytes(), 0
    for entry in packets.entries:
        for message in moldudp64_messages(data[entry["offset"] : entry["offset"] + entry["byte_count"]]):
            table = tables[message[0]]
            view = table.view(message)
            expected ^= reduce(xor, (getattr(view, name) for name in table.fields))
    assert count == 3_000
    assert folded == expected


def test_runs_of_a_comparison_are_interleaved_and_summed_up() -> None:
    calls = []
    figures = interleaved(3, {"a": lambda: calls.append("a") or len(calls), "b": lambda: calls.append("b") or 0})
    assert calls == ["a", "b", "a", "b", "a", "b"]
    assert figures["a"] == {"median": 3, "least": 1, "greatest": 5, "runs": 3}
    assert spread([3.0, 1.0, 2.0]) == {"median": 2.0, "least": 1.0, "greatest": 3.0, "runs": 3}


def test_sections_give_figures_and_the_machine_is_named() -> None:
    told: list[str] = []
    figures = Suite(TINY, told.append).run()
    assert told == ["decode", "capture"]
    assert set(figures) == {
        "machine", "feed", "messages", "symbols", "live_orders", "seed", "decode", "capture",
    }  # fmt: skip
    assert set(figures["decode"]["ns_per_message_by_messages_per_packet"]) == {"8", "43"}
    assert figures["capture"]["ns_per_packet"]["runs"] == 2
    text = report(figures)
    assert str(figures["machine"]["numba"]) in text
    assert "decode every field, 8 messages a packet" in text
    assert "pcap reading" in text


def test_the_machine_has_a_processor_cores_and_memory() -> None:
    found = machine()
    assert found["processor"]
    assert int(found["cores"]) >= 1
    assert int(found["memory_gib"]) >= 1
    memory = memory_of_process()
    assert 1 << 20 < memory["anonymous_bytes"] <= memory["high_water_bytes"]


def test_an_unknown_section_is_refused() -> None:
    with pytest.raises(ValueError, match="no section colour; there are decode, books"):
        Settings(sections=("colour",))
