"""The driver of `test_fuzz.py`, a process of its own: python -m tests.fuzz SEED PACKETS.

A receiver in compiled code makes packets, mutates them and lends each so that its last byte is the last before a page
that is not mapped, or its first the first behind one: a read of one byte too many is a segmentation fault. The pipeline
is the one that runs in earnest. Most packets continue the stream, with few references, prices and instruments, so that
messages collide; stores are tiny, so that they are full. Prints what came of it.
"""

from __future__ import annotations

import ctypes
import json
import mmap
import sys
from typing import Any

import numba
from numba import types

from feedhandler.conformance.invariants import book_problems
from feedhandler.core.frames import Frame, FrameFlag, Receiver
from feedhandler.core.integers import INT64_MAX, shift_left, shift_right_logical, wrapping_multiply
from feedhandler.core.jit import hot
from feedhandler.core.loop import Exit
from feedhandler.core.memory import Region, copy_bytes, fill_bytes
from feedhandler.core.reasons import Reason
from feedhandler.core.records import Record, i64, u8
from feedhandler.core.sequencer import Sequencer
from feedhandler.pipeline.state import Capacities, Limits
from feeds.nasdaq_itch50.messages import MESSAGES, AddOrder
from tests.stage import Stage

PAGE = mmap.PAGESIZE
PAYLOAD_MAXIMUM = 2 * PAGE
HEADER = 20
TEMPLATE = 64  # bytes of room for each message's template
MESSAGES_MAXIMUM = 12
SHORT_TIMES = 400_000  # between packets, at most, in nanoseconds
LONG_TIMES = 1_000_000_000

PACKET_REFUSALS = (Reason.PACKET_SHORT, Reason.PACKET_BLOCKS, Reason.PACKET_SEQUENCE, Reason.FRAME_TRUNCATED)
MESSAGE_REFUSALS = (Reason.MESSAGE_UNKNOWN, Reason.MESSAGE_LENGTH, Reason.MESSAGE_FIELD, Reason.INSTRUMENTS_FULL)


class Octet(Record):
    """One byte."""

    value = u8


class Fuzzer(Record):
    """The state of the receiver."""

    random_state = i64
    remaining = i64
    scratch = i64  #: where a packet is made
    pages = i64  #: the mapped pages between the two that are not
    sequencer = i64
    templates = i64
    template_count = i64
    add_template = i64
    now_ns = i64
    made = i64
    ticks = i64
    truncated = i64
    references = i64
    prices = i64
    session = i64


class Templates(Record):
    """Length and bytes of one type of message."""

    byte_count = i64


@hot
def draw(fuzzer, below):
    """A number from 0 up to `below` (splitmix64)."""
    fuzzer.random_state = fuzzer.random_state + 0x1E3779B97F4A7C15
    value = fuzzer.random_state
    value = wrapping_multiply(value ^ shift_right_logical(value, 30), -4658895280553007687)
    value = wrapping_multiply(value ^ shift_right_logical(value, 27), -7723592293110705685)
    return (shift_right_logical(value ^ shift_right_logical(value, 31), 1)) % below


@hot
def number_put(address, size, value):
    """A big-endian number."""
    for place in range(size):
        Octet(address + place).value = shift_right_logical(value, 8 * (size - 1 - place)) & 255


@hot
def odd_number(fuzzer):
    """What breaks parsers: ends of ranges, small counts, lengths near the limits."""
    choice = draw(fuzzer, 8)
    if choice == 0:
        return 0
    if choice == 1:
        return 0xFFFF
    if choice == 2:
        return INT64_MAX
    if choice == 3:
        return -1
    if choice == 4:
        return 0x7FFF + draw(fuzzer, 3)
    if choice == 5:
        return shift_left(1, draw(fuzzer, 64))
    return draw(fuzzer, 64)


@hot
def message_make(fuzzer, address):
    """A message of a random type whose fields are likely to meet those of others; returns its length."""
    index = draw(fuzzer, fuzzer.template_count)
    if draw(fuzzer, 3) == 0:
        index = fuzzer.add_template
    template = fuzzer.templates + TEMPLATE * index
    length = Templates(template).byte_count
    copy_bytes(address, template + 8, length)
    kind = Octet(address).value
    locate = draw(fuzzer, 6)
    number_put(address + 1, 2, locate)
    number_put(address + 5, 6, fuzzer.now_ns)
    reference = draw(fuzzer, fuzzer.references)
    price = 1 + draw(fuzzer, fuzzer.prices)
    quantity = draw(fuzzer, 9)
    side = 66 if draw(fuzzer, 2) == 0 else 83
    if kind == 65 or kind == 70:  # A F
        number_put(address + 11, 8, reference)
        Octet(address + 19).value = side
        number_put(address + 20, 4, quantity)
        Octet(address + 31).value = 48 + locate
        number_put(address + 32, 4, price)
    elif kind == 69 or kind == 88:  # E X
        number_put(address + 11, 8, reference)
        number_put(address + 19, 4, quantity)
    elif kind == 67:  # C
        number_put(address + 11, 8, reference)
        number_put(address + 19, 4, quantity)
        Octet(address + 31).value = 89 if draw(fuzzer, 2) == 0 else 78
        number_put(address + 32, 4, price)
    elif kind == 68:  # D
        number_put(address + 11, 8, reference)
    elif kind == 85:  # U
        number_put(address + 11, 8, reference)
        number_put(address + 19, 8, draw(fuzzer, fuzzer.references))
        number_put(address + 27, 4, quantity)
        number_put(address + 31, 4, price)
    return length


@hot
def session_put(fuzzer):
    """The name of the session, in which only its number changes."""
    fill_bytes(fuzzer.scratch, 70, 2)
    number_put(fuzzer.scratch + 2, 8, fuzzer.session)


@hot
def packet_make(fuzzer):
    """A packet that continues the stream, or nearly; returns its length."""
    address = fuzzer.scratch
    session_put(fuzzer)
    sequence = Sequencer(fuzzer.sequencer).expected
    if sequence < 1:
        sequence = 1
    choice = draw(fuzzer, 16)
    if choice == 0:
        sequence += draw(fuzzer, 20)
    elif choice == 1:
        sequence -= min(sequence - 1, draw(fuzzer, 20))
    count = draw(fuzzer, MESSAGES_MAXIMUM)
    position = address + HEADER
    for _ in range(count):
        length = message_make(fuzzer, position + 2)
        number_put(position, 2, length)
        position += 2 + length
    number_put(address + 10, 8, sequence)
    number_put(address + 18, 2, 0xFFFF if count == 0 and draw(fuzzer, 64) == 0 else count)
    return position - address


@hot
def packet_mutate(fuzzer, length):
    """One change, kept inside the scratch; returns the new length."""
    address = fuzzer.scratch
    choice = draw(fuzzer, 10)
    at = draw(fuzzer, max(length, 1))
    if choice == 0:
        return draw(fuzzer, length + 1)
    if choice == 1:
        Octet(address + at).value = draw(fuzzer, 256)
    elif choice == 2:
        Octet(address + at).value = Octet(address + at).value ^ shift_left(1, draw(fuzzer, 8))
    elif choice == 3:
        number_put(address + 18, 2, odd_number(fuzzer))
    elif choice == 4:
        number_put(address + HEADER, 2, odd_number(fuzzer))
    elif choice == 5:
        number_put(address + at, 2, odd_number(fuzzer))
    elif choice == 6:
        Octet(address + HEADER + 2).value = draw(fuzzer, 256)
    elif choice == 7:
        if draw(fuzzer, 8) == 0:
            number_put(address + 10, 8, odd_number(fuzzer))
    elif choice == 8:
        more = draw(fuzzer, 40)
        for place in range(more):
            Octet(address + length + place).value = draw(fuzzer, 256)
        return length + more
    elif draw(fuzzer, 8) == 0:
        noise = draw(fuzzer, 200)
        for place in range(noise):
            Octet(address + place).value = draw(fuzzer, 256)
        return noise
    return length


def poll(context, frames, _capacity):
    """Make one packet and lend it at the edge of its pages."""
    fuzzer = Fuzzer(context)
    if fuzzer.remaining == 0:
        return -1
    fuzzer.remaining -= 1
    if draw(fuzzer, 20_000) == 0:
        fuzzer.session += 1
    length = packet_make(fuzzer)
    if draw(fuzzer, 3) != 0:
        for _ in range(1 + draw(fuzzer, 3)):
            length = packet_mutate(fuzzer, length)
        if draw(fuzzer, 500) != 0:
            # A damaged session's name would be a new session, and nothing would ever fill.
            session_put(fuzzer)
    place = fuzzer.pages if draw(fuzzer, 4) == 0 else fuzzer.pages + PAYLOAD_MAXIMUM - length
    copy_bytes(place, fuzzer.scratch, length)
    fuzzer.now_ns += draw(fuzzer, LONG_TIMES if draw(fuzzer, 1000) == 0 else SHORT_TIMES)
    frame = Frame(frames)
    frame.frame_address = place
    frame.byte_count = length
    frame.line = draw(fuzzer, 2)
    frame.flags = 0
    frame.hardware_ns = 0
    frame.received_ns = fuzzer.now_ns
    choice = draw(fuzzer, 200)
    if choice == 0:
        frame.flags = FrameFlag.TRUNCATED
        fuzzer.truncated += 1
    elif choice == 1:
        frame.flags = FrameFlag.TICK
        fuzzer.ticks += 1
    fuzzer.made += 1
    return 1


def release(_context, _count):
    """Nothing is kept."""


class GuardedPages:
    """Pages with one before and one behind them that are not there."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, PAYLOAD_MAXIMUM + 2 * PAGE)
        start = ctypes.addressof(ctypes.c_char.from_buffer(self._memory))
        library = ctypes.CDLL(None, use_errno=True)
        for guard in (start, start + PAGE + PAYLOAD_MAXIMUM):
            if library.mprotect(ctypes.c_void_p(guard), mmap.PAGESIZE, 0) != 0:
                raise OSError(ctypes.get_errno(), "mprotect")
        self.address = start + PAGE


class FuzzingReceiver:
    """A receiver whose frames are made as they are asked for."""

    def __init__(self, seed: int, packets: int, *, references: int, prices: int) -> None:
        self.error = None
        self._pages = GuardedPages()
        self._region = Region("fuzzer", Fuzzer.size + 1024 + Receiver.size + TEMPLATE * len(MESSAGES), huge=False)
        self._scratch = Region("scratch", 1 << 16, huge=False)
        self.fuzzer = fuzzer = Fuzzer(self._region.address)
        fuzzer.random_state, fuzzer.remaining = seed, packets
        fuzzer.scratch, fuzzer.pages = self._scratch.address, self._pages.address
        fuzzer.references, fuzzer.prices, fuzzer.now_ns = references, prices, 1
        fuzzer.templates = self._region.address + 1024
        fuzzer.template_count = len(MESSAGES)
        fuzzer.add_template = MESSAGES.index(AddOrder)
        for number, message in enumerate(MESSAGES):
            body = message.encode(**({"stock": "SYMBOL"} if "stock" in message.fields else {}))
            Templates(fuzzer.templates + TEMPLATE * number).byte_count = len(body)
            ctypes.memmove(fuzzer.templates + TEMPLATE * number + 8, body, len(body))
        self._poll = numba.cfunc(types.int64(types.int64, types.int64, types.int64))(poll)
        self._release = numba.cfunc(types.void(types.int64, types.int64))(release)
        face = Receiver(fuzzer.templates + TEMPLATE * len(MESSAGES))
        face.context, face.poll, face.release = fuzzer.address, self._poll.address, self._release.address
        self.address: int = face.address

    def open(self) -> None:
        """Nothing is to be opened."""

    def close(self) -> None:
        """Nothing is to be closed."""


def fuzz(seed: int, packets: int, capacities: Capacities, entries: int, references: int, prices: int) -> dict[str, Any]:
    """One run: what was lent, what became of it, and what is wrong with the books in between and afterwards."""
    limits = Limits(request_after_ns=100_000, give_up_after_ns=1_000_000, heartbeat_ns=500_000_000, start_window=16)
    stage = Stage(lines=2, capacities=capacities, limits=limits)
    if entries:
        stage.memory.levels.entry_capacity = entries
    receiver = FuzzingReceiver(seed, packets, references=references, prices=prices)
    receiver.fuzzer.sequencer = stage.sequencer.address
    stage.pipeline.attach(receiver)
    run = stage.pipeline.run_record
    problems: list[str] = []
    while stage.pipeline.run(bursts=max(1, packets // 40)) is not Exit.ENDED:
        problems += book_problems(stage.memory)
    stage.finish()
    problems += book_problems(stage.memory)
    reasons = stage.reasons
    fuzzer = receiver.fuzzer
    refused = sum(reasons.get(reason, 0) for reason in PACKET_REFUSALS)
    unread = sum(reasons.get(reason, 0) for reason in MESSAGE_REFUSALS)
    return {
        "lent": int(fuzzer.made),
        "seen": int(run.frames_seen),
        "accounted": int(stage.sequencer.packets) + refused + int(fuzzer.ticks),
        "messages": int(stage.channel.message_count),
        "events": int(stage.channel.event_count),
        "refused_messages": unread,
        "truncated": [int(fuzzer.truncated), reasons.get(Reason.FRAME_TRUNCATED, 0)],
        "reasons": {reason.name: count for reason, count in reasons.items()},
        "problems": problems[:5],
        "sessions": int(stage.sequencer.sessions),
        "gaps": int(stage.sequencer.gap_count),
        "filled": int(stage.sequencer.holes_filled),
        "samples": int(stage.channel.sample_count),
        "maxima": {
            "orders": int(stage.memory.orders.count_maximum),
            "levels": int(stage.memory.levels.level_count_maximum),
            "held": int(stage.sequencer.held_maximum),
        },
        "ns_per_packet": int(run.busy_ns) // max(1, packets),
    }


def runs(packets: int) -> dict[str, tuple[int, Capacities, int, int, int]]:
    """Packets, capacities, entries, references and prices of each run."""
    tiny = Capacities(instruments=3, orders=6, levels=4, events=16, hold_packets=4, hold_packet_bytes=256)
    cramped = Capacities(instruments=4, orders=64, levels=32, events=16, hold_packets=8, hold_packet_bytes=512)
    roomy = Capacities(instruments=16, orders=1024, levels=512, events=64, hold_packets=32, hold_packet_bytes=1024)
    return {
        "tiny": (packets // 3, tiny, 0, 24, 5),
        "cramped": (packets // 3, cramped, 64, 200, 20),
        "roomy": (packets - 2 * (packets // 3), roomy, 0, 400, 60),
    }


def main(seed: int, packets: int) -> None:
    found = {name: fuzz(seed + number, *run) for number, (name, run) in enumerate(runs(packets).items())}
    print(json.dumps(found))


def overread(distance: int) -> None:
    """Proof that the guard works: compiled code reads `distance` bytes behind the last one."""
    pages = GuardedPages()
    read = numba.cfunc(types.int64(types.int64))(_octet)
    print("read", read.ctypes(pages.address + PAYLOAD_MAXIMUM - 1 + distance))


def _octet(address):
    return Octet(address).value



if __name__ == "__main__":
    if sys.argv[1] == "overread":
        overread(int(sys.argv[2]))
    else:
        main(int(sys.argv[1]), int(sys.argv[2]))
