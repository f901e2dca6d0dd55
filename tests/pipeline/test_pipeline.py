"""A pipeline from outside: what it takes of memory, what it reports, and where it returns to."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import numba
import numpy
import pytest
from numba.core.runtime import _nrt_python, rtsys

from feedhandler.core.channel import SAMPLE_BYTES, SAMPLE_COUNT, Sample
from feedhandler.core.jit import INTERPRETED
from feedhandler.core.loop import Exit
from feedhandler.core.reasons import SENTENCES, Reason
from feedhandler.pipeline.pipeline import ChannelPlan, Pipeline, PipelineError
from feedhandler.pipeline.state import Capacities, Limits
from tests.stage import LIMITS, SMALL, Stage, memory_receiver, route
from tests.streams import Sent, add, bundled, delete, heartbeat, packet


def bodies(count: int) -> list[bytes]:
    """Adds and deletes at many prices, every third order of nobody."""
    return [
        add(number, "BS"[number % 2], 1, 100 + number % 61) if number % 3 else delete(number - 2)
        for number in range(1, count + 1)
    ]


@pytest.fixture
def allocations() -> Iterator[Any]:
    """numba's own count of what compiled code allocates and frees."""
    _nrt_python.memsys_enable_stats()
    yield rtsys.get_allocation_stats
    _nrt_python.memsys_disable_stats()


@pytest.mark.skipif(INTERPRETED, reason="NUMBA_DISABLE_JIT=1: Python allocates")
def test_an_allocation_of_compiled_code_would_be_counted(allocations: Any) -> None:
    grow = numba.njit(lambda count: numpy.zeros(count).sum())
    grow(1)
    before = allocations()
    grow(10)
    assert allocations().alloc == before.alloc + 1


@pytest.mark.skipif(INTERPRETED, reason="NUMBA_DISABLE_JIT=1: Python allocates")
def test_nothing_is_allocated_after_the_start(allocations: Any) -> None:
    capacities = Capacities(instruments=2, orders=64, levels=16, events=64, hold_packets=4, hold_packet_bytes=256)
    stage = Stage(capacities=capacities)
    stage.feed(packet(1, [add(1)]))
    sent = [Sent(payload, place % 2, place * 1000) for place, payload in enumerate(bundled(bodies(3000), [3]))]
    faults = [*sent[:200], *sent[210:300], *sent[302:], Sent(b"short"), Sent(packet(9, [add(1)], session="OTHER"))]
    receiver = memory_receiver(faults)
    stage.pipeline.receivers.clear()
    stage.pipeline.attach(receiver)
    before = allocations()
    left = stage.pipeline.module.run(stage.pipeline.run_record.address, 0)
    stage.pipeline.module.run(stage.pipeline.run_record.address, 1)
    assert allocations() == before
    assert Exit(left) is Exit.ENDED
    assert stage.sequencer.gap_count > 0
    assert stage.reasons[Reason.ORDERS_FULL] > 0


@pytest.mark.interpreted
def test_high_water_marks_are_kept() -> None:
    stage = Stage().feed(packet(1, [add(1), add(2), add(3, price=5)]), packet(4, [delete(1), delete(2), delete(3)]))
    stage.feed(packet(8, [add(9)]), packet(9, [add(10)]), packet(7, [add(8)]))
    assert (stage.memory.orders.count, stage.memory.orders.count_maximum) == (3, 3)
    assert (stage.memory.levels.level_count, stage.memory.levels.level_count_maximum) == (1, 2)
    assert (stage.sequencer.held_count, stage.sequencer.held_maximum) == (0, 2)


@pytest.mark.interpreted
def test_the_memory_of_a_channel_is_known_before_the_start_and_stays() -> None:
    stage = Stage()
    before = stage.memory.bytes
    stage.feed(*bundled(bodies(300), [5]))
    assert stage.memory.bytes == before
    assert before == sum(region.size for region in stage.memory.regions.values())


@pytest.mark.interpreted
def test_every_reason_has_a_sentence() -> None:
    assert set(SENTENCES) == set(Reason)
    assert len({*SENTENCES.values()}) == len(Reason)


@pytest.mark.interpreted
def test_the_first_offending_bytes_are_kept_and_not_more_than_there_is_room_for() -> None:
    stage = Stage().feed(*(packet(1 + number, [b"?" * (60 + number)]) for number in range(SAMPLE_COUNT + 4)))
    assert stage.reasons == {Reason.MESSAGE_UNKNOWN: SAMPLE_COUNT + 4}
    samples = stage.memory.array("samples", Sample, SAMPLE_COUNT)
    assert samples["sequence"].tolist() == list(range(1, SAMPLE_COUNT + 1))
    assert samples["byte_count"].tolist() == [60 + number for number in range(SAMPLE_COUNT)]
    assert samples[0]["bytes"].tobytes() == b"?" * 60 + bytes(SAMPLE_BYTES - 60)
    assert samples[-1]["bytes"].tobytes() == b"?" * SAMPLE_BYTES
    assert stage.channel.sample_count == SAMPLE_COUNT


@pytest.mark.interpreted
def test_a_line_that_nobody_configured_gets_the_channel_that_is_discovered_for_it() -> None:
    asked: list[int] = []

    def discover(line: int) -> ChannelPlan | None:
        asked.append(line)
        return ChannelPlan(f"line{line}", lines=(line,), capacities=SMALL, limits=LIMITS) if line < 5 else None

    pipeline = Pipeline("stage", [route()], discover=discover)
    sent = [Sent(packet(sequence, [add(sequence)]), line) for sequence in (1, 2) for line in (3, 7, 4)]
    pipeline.attach(memory_receiver(sent))
    assert pipeline.run() is Exit.ENDED
    assert asked == [3, 7, 4]
    assert [(memory.name, memory.channel.message_count) for memory in pipeline.channels] == [("line3", 2), ("line4", 2)]
    assert pipeline.run_record.unwanted == 2
    assert pipeline.run_record.frames_seen == 6


@pytest.mark.interpreted
def test_a_line_beyond_the_table_is_an_error_that_says_so() -> None:
    pipeline = Pipeline("stage", [route()], discover=lambda _line: None)
    pipeline.attach(memory_receiver([Sent(heartbeat(1), 5000)]))
    with pytest.raises(PipelineError, match="line 5000"):
        pipeline.run()


@pytest.mark.interpreted
def test_one_channel_more_than_there_is_room_for_is_an_error_that_says_so() -> None:
    plans = [ChannelPlan(f"channel{number}", lines=(number,), capacities=SMALL) for number in range(3)]
    with pytest.raises(PipelineError, match="channel2 is one more"):
        Pipeline("stage", [route()], channels=plans, channels_maximum=2)


@pytest.mark.interpreted
def test_two_receivers_are_polled_in_turn_and_both_are_drained() -> None:
    stage = Stage(limits=Limits(start_window=16))
    for line in (0, 1):
        stage.pipeline.attach(memory_receiver([Sent(packet(number, [add(number)]), line) for number in range(1, 200)]))
    assert stage.pipeline.run() is Exit.ENDED
    assert stage.channel.message_count == 199
    assert stage.line(0)["packets"] == stage.line(1)["packets"] == 199


@pytest.mark.interpreted
def test_a_stopped_pipeline_goes_on_where_it_was() -> None:
    stage = Stage(lines=1)
    stage.pipeline.attach(memory_receiver([Sent(packet(number, [add(number)])) for number in range(1, 201)]))
    assert stage.pipeline.run(bursts=1) is Exit.IDLE
    assert stage.channel.message_count == 64
    stage.pipeline.stop()
    assert stage.pipeline.run() is Exit.STOPPED
    stage.pipeline.run_record.stop = 0
    assert stage.pipeline.run() is Exit.ENDED
    assert stage.applied() == list(range(1, 201))


@pytest.mark.interpreted
def test_a_book_outlives_its_pipeline() -> None:
    stage = Stage()
    stage.feed(packet(1, [add(1)]))
    book = stage.books[next(iter(stage.books))]
    before = book.bbo()
    assert before.bid_quantity or before.ask_quantity
    del stage
    gc.collect()
    assert book.bbo() == before
