"""The driver of `test_fuzz.py`, a process of its own: python -m tests.replay.fuzz SEED PACKETS FILES RECEIVED FOLDER.

Mutated packets and mutated files are placed so that they end where a page ends after which nothing is mapped: a read of
one byte too many is a segmentation fault. Mutated files then go through the whole receiver. Prints what came of it.
"""

import ctypes
import gzip
import json
import mmap
import random
import struct
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import lz4.frame
import zstandard

from feedhandler.receivers.frames.trailers import TRAILERS
from replay import datagram, records
from replay.capture import CaptureReceiver
from replay.errors import CaptureError
from tests import appliances
from tests.replay.builders import START, Pcapng, Record, binaryfile, ethernet, ipv4, packet, pcap, read, udp

PAGES = 4
WEEK_NS = 604_800_000_000_000
LINK_TYPES = (0, 1, 12, 14, 101, 108, 113, 228, 229, 276, 105)
# What breaks parsers: ends of ranges, small counts, lengths near the limits.
INTERESTING = (0, 1, 4, 7, 8, 11, 12, 19, 20, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x40000, 0x80000, 0x7FFFFFFF)
INTERESTING += (0x80000000, 0xFFFFFFFF, 0x0800, 0x8100, 0x88A8, 0x45, 0x4F, 17, 2, 3, 5, 6, 9, 14, 0x0A0D0D0A)


class GuardedPages:
    """Memory that ends where nothing is mapped."""

    def __init__(self) -> None:
        self.size = PAGES * mmap.PAGESIZE
        self._memory = mmap.mmap(-1, self.size + mmap.PAGESIZE)
        self._start = ctypes.addressof(ctypes.c_char.from_buffer(self._memory))
        library = ctypes.CDLL(None, use_errno=True)
        if library.mprotect(ctypes.c_void_p(self._start + self.size), mmap.PAGESIZE, 0) != 0:
            raise OSError(ctypes.get_errno(), "mprotect")

    def place(self, content: bytes) -> int:
        """The address of a copy of `content` whose last byte is the last one mapped."""
        at = self.size - len(content)
        self._memory[at : self.size] = content
        return self._start + at


def mutated(chance: random.Random, content: bytes) -> bytes:
    """A few changes: bytes, numbers at any offset, cuts, insertions, repetitions."""
    changed = bytearray(content)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(changed) + 1)
        match chance.randrange(6):
            case 0 | 1 if at < len(changed):
                changed[at] = chance.randrange(256)
            case 2 | 3:
                size, order = chance.choice([1, 2, 4]), chance.choice("<>")
                value = chance.choice(INTERESTING) & ((1 << 8 * size) - 1)
                changed[at : at + size] = struct.pack(order + {1: "B", 2: "H", 4: "I"}[size], value)
            case 4:
                del changed[at : at + chance.choice([1, 2, 4, 16, 1000])]
            case _:
                changed[at:at] = changed[at : at + chance.choice([1, 4, 12, 100])]
    return bytes(changed)


def packets() -> list[bytes]:
    datagram_bytes = ipv4(udp(bytes(range(40))), options=bytes(8))
    return [
        packet(b"payload" * 5),
        packet(b""),
        ethernet(datagram_bytes, tags=(0x88A8, 0x8100)),
        datagram_bytes,
        struct.pack("<I", 2) + datagram_bytes,
        struct.pack(">HHH8sH", 0, 1, 6, bytes(8), 0x0800) + datagram_bytes,
        struct.pack(">HHIHBB8s", 0x0800, 0, 2, 1, 0, 6, bytes(8)) + datagram_bytes,
    ]


def files() -> list[bytes]:
    found = []
    bodies = packets()
    for order in "<>":
        found.append(pcap([Record(START + n, body) for n, body in enumerate(bodies)], order=order))
        ng = Pcapng(order)
        blocks = ng.section() + ng.interface(resolution=9, offset_s=1) + ng.interface(link_type=101, snapshot_length=96)
        blocks += b"".join(ng.enhanced(START + n, body, interface=n % 2) for n, body in enumerate(bodies))
        blocks += ng.simple(bodies[0]) + ng.block(0xBAD, bytes(64)) + ng.obsolete(START, bodies[1])
        found.append(blocks + ng.section() + ng.interface() + ng.enhanced(START, bodies[2]))
    return found


def fuzz_packets(chance: random.Random, guarded: GuardedPages, count: int) -> Counter[str]:
    seeds = packets()
    found: Counter[str] = Counter()
    for _ in range(count):
        content = mutated(chance, chance.choice(seeds))
        address = guarded.place(content)
        reason, offset, length, sent, _, _ = datagram.inspect(address, len(content), chance.choice(LINK_TYPES))
        assert offset + length <= len(content)
        assert length <= sent
        found[datagram.REASONS[reason]] += 1
    return found


def stamped() -> list[bytes]:
    plain = packet(b"payload").ljust(60, b"\0")
    key = ethernet(ipv4(appliances.keyframe(1 << 40, START), protocol=253), tags=(0x8100,))
    headers = [appliances.arista_header(START, bits=bits) for bits in (48, 64)]
    trailers = [
        appliances.metamako(START, extensions=bytes(8)),
        appliances.cpacket(START),
        appliances.exablaze(START),
        appliances.counter(7),
    ]
    return [key, *[plain + one for one in trailers], *[appliances.with_header(plain, one) for one in headers]]


def fuzz_stamps(chance: random.Random, guarded: GuardedPages, count: int) -> Counter[str]:
    """Frames with times of appliances, read as every kind of them."""
    seeds = stamped()
    found: Counter[str] = Counter()
    for _ in range(count):
        content = mutated(chance, chance.choice(seeds))
        trailer = chance.choice(TRAILERS[1:])
        reason, time_ns, flags = datagram.inspect_stamp(
            guarded.place(content), len(content), trailer, chance.randrange(2) == 1, START
        )
        assert time_ns == 0 or abs(time_ns - START) < WEEK_NS
        assert reason or time_ns or flags
        found["no datagram" if reason else "time" if time_ns else "no time"] += 1
    return found


def fuzz_files(chance: random.Random, guarded: GuardedPages, count: int) -> Counter[str]:
    seeds = files()
    found: Counter[str] = Counter()
    for _ in range(count):
        content = mutated(chance, chance.choice(seeds))[: guarded.size]
        walked, problem = records.inspect(guarded.place(content), len(content))
        assert sum(captured for _, _, captured, _ in walked) <= len(content)
        assert all(captured <= original for _, _, captured, original in walked)
        found["damaged" if problem.startswith("damaged") else "cut off" if problem else "whole"] += 1
    return found


def fuzz_receiver(chance: random.Random, folder: Path, count: int) -> Counter[str]:
    """One or two files at a time, plain, compressed before the mutation, or after it."""
    compressions: list[Callable[[bytes], bytes]] = [bytes, bytes, gzip.compress, zstandard.compress, lz4.frame.compress]
    seeds = [*files(), binaryfile([b"S" * 12, b"R" * 39, b"A" * 36, b"E" * 31, b""])]
    found: Counter[str] = Counter()
    for _ in range(count):
        paths = []
        for name in range(chance.randint(1, 2)):
            compress = chance.choice(compressions)
            content = chance.choice(seeds)
            before, after = (compress, bytes) if chance.randrange(2) else (bytes, compress)
            path = folder / str(name)
            path.write_bytes(after(mutated(chance, before(content))))
            paths.append(path)
        try:
            reading = read(paths, burst=chance.choice([1, 3, 256]), buffer_bytes=524288)
        except CaptureError:
            found["refused"] += 1
            continue
        found["with problems" if reading.problems else "without"] += 1
        if not reading.statistics["packets"]:
            continue
        lent = reading.statistics["frames"]
        assert lent + sum(reading.skipped.values()) == reading.statistics["packets"]
        assert lent == len(reading.frames)
    return found


def main(seed: int, packet_count: int, file_count: int, received_count: int, folder: Path) -> None:
    chance = random.Random(seed)
    guarded = GuardedPages()
    print(
        json.dumps(
            {
                "packets": fuzz_packets(chance, guarded, packet_count),
                "stamps": fuzz_stamps(chance, guarded, packet_count),
                "files": fuzz_files(chance, guarded, file_count),
                "received": fuzz_receiver(chance, folder, received_count),
            }
        )
    )


def overread(distance: int) -> None:
    """Proof that the guard works: claims `distance` bytes more than there are."""
    content = packet(b"payload")[:40]
    datagram.inspect(GuardedPages().place(content), len(content) + distance, 1)
    with CaptureReceiver("/dev/null"):
        print("read on")


if __name__ == "__main__":
    if sys.argv[1] == "overread":
        overread(int(sys.argv[2]))
    else:
        main(*map(int, sys.argv[1:5]), Path(sys.argv[5]))
