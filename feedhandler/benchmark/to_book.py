"""From the wire to the book: a generated day, one message a packet, sent as fast as the sender can.

The whole way is in it: the card, the receiver, session, arbitration, decoding, book and digest. The sender's core does
the kernel's part of receiving (see `rates.py`), so on virtual cards the sender is the limit, and what it reached is
told beside what arrived; a packet that was lost is a message that is missing in the book.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from feedhandler import plugins
from feedhandler.core.loop import Exit
from feedhandler.simulation.day import Day
from feedhandler.simulation.population import Population

from .booking import pipeline_of
from .rates import Sender, one_core

FEED = "nasdaq_itch50"
SYMBOLS = 500
HEADS_BYTES = 42  #: Ethernet, IPv4 and UDP before the payload of a frame
IDLE_POLLS = 1 << 20


@dataclass(frozen=True)
class ToBook:
    """What was sent, and what of it came into the book."""

    sent_per_second: float
    packets: int
    missing: int  #: messages, which are packets here
    busy_ns: float  #: of the pipeline's thread for a packet, polls excluded


def day_payloads(messages: int) -> list[bytes]:
    """The packets of a generated day, one message each."""
    day = Day(plugins.venue(FEED), Population(messages=messages, symbols=SYMBOLS, live_orders=messages // 10))
    packets = day.packets(messages_per_packet=1, ends=0)
    data = packets.data.tobytes()
    places = zip(packets.entries["offset"].tolist(), packets.entries["byte_count"].tolist(), strict=True)
    return [data[offset : offset + length] for offset, length in places]


def udp_frames(payloads: Sequence[bytes], hardware: bytes, group: str, port: int) -> list[bytes]:
    """Ethernet frames to a group, from 10.77.0.2."""
    to = socket.inet_aton(group)
    ethernet = b"\x01\x00\x5e" + bytes([to[1] & 0x7F]) + to[2:] + hardware + b"\x08\x00"
    addresses = socket.inet_aton("10.77.0.2") + to
    found = []
    for payload in payloads:
        head = struct.pack(">BBHHHBBH", 0x45, 0, 28 + len(payload), 0, 0x4000, 1, 17, 0) + addresses
        words = sum(struct.unpack(">10H", head))
        words = (words & 0xFFFF) + (words >> 16)
        head = head[:10] + struct.pack(">H", ~((words & 0xFFFF) + (words >> 16)) & 0xFFFF) + head[12:]
        found.append(ethernet + head + struct.pack(">HHHH", 30_000, port, 8 + len(payload), 0) + payload)
    return found


def booked(receiver: Any, sender: Sender, packets: int) -> ToBook:
    """Send the sender's frames, `packets` of them, once, and take them into a fresh pipeline."""
    feed = plugins.feed(FEED)
    pipeline = pipeline_of(feed, feed.default_variant, "moldudp64")
    pipeline.attach(receiver)
    told: list[tuple[int, int]] = []
    thread = threading.Thread(target=lambda: told.append(sender.send(0, packets)))
    thread.start()
    channel = pipeline.channels[0].channel
    with one_core():
        while channel.message_count < packets:
            going = thread.is_alive()
            if pipeline.run(idle_polls=IDLE_POLLS if going else IDLE_POLLS >> 4) is not Exit.IDLE:
                break
            if not going:
                break
    thread.join()
    if not told:
        raise RuntimeError("the sender of the benchmark ended")
    pipeline.finish()
    sent, elapsed = told[0]
    busy_ns = pipeline.run_record.busy_ns / max(1, channel.message_count)
    return ToBook(sent * 1e9 / max(1, elapsed), sent, sent - channel.message_count, busy_ns)
