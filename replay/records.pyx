# cython: language_level=3, cdivision=True
"""From packet record to packet record through a pcap or pcapng file, in place.

pcap: draft-ietf-opsawg-pcap; pcapng: draft-ietf-opsawg-pcapng, sections 3 and 4. The reader works on a window of the
file. It never reads past `end`: where a record is not yet there as a whole it says how many bytes must be, changes
nothing, and is called again. Lengths are checked before they are believed; a record whose length cannot be true ends
the file, since the next record cannot be found without it. Blocks that mean nothing to us are passed over, whatever
their size, without being held.

A Simple Packet Block has no time stamp: it gets the time of the packet before it in its file, and `time_known` is 0.
"""

from libc.stdint cimport INT64_MAX, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free

from replay.byte_order cimport load_16, load_32, load_be32


cdef extern from *:
    """
    #include <stdint.h>
    /* Ticks of 10^-n or 2^-n seconds (if_tsresol) to nanoseconds since the epoch; only fuzz makes it saturate. */
    static int64_t replay_ticks_ns(uint64_t ticks, uint8_t resolution, int64_t offset_s)
    {
        unsigned power = resolution & 0x7f;
        __int128 ns;
        if (resolution & 0x80) {
            unsigned __int128 scaled = (unsigned __int128)ticks * 1000000000u;
            ns = (__int128)(scaled >> power);                   /* power is at most 127 */
        } else {
            ns = ticks;
            for (; power < 9; power++) ns *= 10;
            for (; power > 9 && ns != 0; power--) ns /= 10;
        }
        ns += (__int128)offset_s * 1000000000;
        if (ns > INT64_MAX) return INT64_MAX;
        if (ns < INT64_MIN) return INT64_MIN;
        return (int64_t)ns;
    }
    """
    int64_t ticks_ns "replay_ticks_ns" (uint64_t ticks, uint8_t resolution, int64_t offset_s) noexcept nogil


cdef enum:
    BLOCK_SECTION = 0x0A0D0D0A
    BLOCK_INTERFACE = 1
    BLOCK_PACKET_OBSOLETE = 2
    BLOCK_SIMPLE_PACKET = 3
    BLOCK_ENHANCED_PACKET = 6

    OPTION_END = 0
    OPTION_TIME_RESOLUTION = 9
    OPTION_TIME_OFFSET = 14


cdef inline int broken(record_reader *reader, int problem, int64_t value) noexcept nogil:
    reader.problem = problem
    reader.problem_value = value
    reader.problem_offset = reader.offset + reader.position
    return RECORD_BROKEN


cdef inline int starved(record_reader *reader, int64_t needed) noexcept nogil:
    reader.needed = needed
    return RECORD_STARVED


cdef int record_next(record_reader *reader) noexcept nogil:
    """Step to the next packet."""
    if reader.problem != PROBLEM_NONE:
        return RECORD_BROKEN
    if reader.format == FORMAT_PCAP:
        return pcap_next(reader)
    return pcapng_next(reader)


cdef inline int pcap_next(record_reader *reader) noexcept nogil:
    cdef const uint8_t *record
    cdef uint32_t captured
    cdef uint32_t original
    cdef int status
    if not reader.started:
        status = pcap_start(reader)
        if status != RECORD_PACKET:
            return status
    if reader.end - reader.position < 16:
        return starved(reader, 16)
    record = reader.bytes + reader.position
    captured = load_32(record + 8, reader.big_endian)
    original = load_32(record + 12, reader.big_endian)
    if captured > MAXIMUM_CAPTURED:
        return broken(reader, PROBLEM_CAPTURED_LENGTH, captured)
    if reader.end - reader.position < 16 + <int64_t>captured:
        return starved(reader, 16 + <int64_t>captured)
    reader.time_ns = (
        <int64_t>load_32(record, reader.big_endian) * 1_000_000_000
        + <int64_t>load_32(record + 4, reader.big_endian) * reader.interfaces[0].multiplier
    )
    reader.packet = record + 16
    reader.captured = captured
    reader.original = original if original > captured else captured
    reader.position += 16 + <int64_t>captured
    reader.packets += 1
    return RECORD_PACKET


cdef int pcap_start(record_reader *reader) noexcept nogil:
    """The file header, 24 bytes. RECORD_PACKET where all is well."""
    cdef const uint8_t *header = reader.bytes + reader.position
    cdef uint32_t magic
    cdef uint32_t version
    if reader.end - reader.position < 24:
        return starved(reader, 24)
    magic = load_be32(header)
    reader.big_endian = magic >> 16 == 0xA1B2
    if not reader.big_endian:
        magic = load_32(header, 0)
    if magic == 0xA1B2CD34U:
        return broken(reader, PROBLEM_MODIFIED_PCAP, magic)
    version = <uint32_t>load_16(header + 4, reader.big_endian) << 16 | load_16(header + 6, reader.big_endian)
    if version != 0x20004:
        return broken(reader, PROBLEM_PCAP_VERSION, version)
    reader.interfaces[0].multiplier = 1 if magic == 0xA1B23C4DU else 1000
    # The bits above the link type tell the length of a frame check sequence.
    reader.interfaces[0].link_type = load_32(header + 20, reader.big_endian) & 0xFFFF
    reader.interface_count = 1
    reader.link_type = reader.interfaces[0].link_type
    reader.time_known = 1
    reader.position += 24
    reader.started = 1
    return RECORD_PACKET


cdef inline bint block_is_known(uint32_t block_type) noexcept nogil:
    return block_type in (
        BLOCK_SECTION, BLOCK_INTERFACE, BLOCK_PACKET_OBSOLETE, BLOCK_SIMPLE_PACKET, BLOCK_ENHANCED_PACKET
    )


cdef inline int pcapng_next(record_reader *reader) noexcept nogil:
    cdef const uint8_t *block
    cdef int64_t available
    cdef uint32_t block_type
    cdef uint32_t total
    cdef int status
    while True:
        if reader.skipping != 0 or reader.trailer != 0:
            status = block_skip(reader)
            if status != RECORD_PACKET:
                return status
        available = reader.end - reader.position
        if available < 12:
            return starved(reader, 12)
        block = reader.bytes + reader.position
        block_type = load_32(block, reader.big_endian)
        if block_type == BLOCK_SECTION:          # the same in either byte order
            if load_be32(block + 8) == 0x1A2B3C4D:
                reader.big_endian = 1
            elif load_32(block + 8, 0) == 0x1A2B3C4D:
                reader.big_endian = 0
            else:
                return broken(reader, PROBLEM_BYTE_ORDER_MAGIC, load_be32(block + 8))
        elif not reader.started:
            return broken(reader, PROBLEM_NO_SECTION, block_type)
        total = load_32(block + 4, reader.big_endian)
        if total < 12 or total % 4 != 0:
            return broken(reader, PROBLEM_BLOCK_LENGTH, total)
        if not block_is_known(block_type):
            if total > available:
                reader.skipping = <int64_t>total - 4
                reader.trailer = total
                continue
        elif total > MAXIMUM_BLOCK:
            return broken(reader, PROBLEM_BLOCK_TOO_LONG, total)
        if available < total:
            return starved(reader, total)
        if load_32(block + total - 4, reader.big_endian) != total:
            return broken(reader, PROBLEM_BLOCK_TRAILER, total)
        if block_type in (BLOCK_ENHANCED_PACKET, BLOCK_SIMPLE_PACKET, BLOCK_PACKET_OBSOLETE):
            status = packet_block(reader, block_type, block + 8, total - 12)
            if status == RECORD_PACKET:
                reader.position += total
                reader.packets += 1
            return status
        if block_type == BLOCK_SECTION:
            status = section_start(reader, block + 8, total - 12)
        elif block_type == BLOCK_INTERFACE:
            status = interface_start(reader, block + 8, total - 12)
        else:
            status = RECORD_PACKET
        if status != RECORD_PACKET:
            return status
        reader.position += total


cdef int block_skip(record_reader *reader) noexcept nogil:
    """Pass over what is there of a block that was not there as a whole, then compare its second length."""
    cdef int64_t available = reader.end - reader.position
    cdef int64_t step = reader.skipping if reader.skipping < available else available
    reader.position += step
    reader.skipping -= step
    if reader.skipping != 0:
        return starved(reader, 1)
    if reader.end - reader.position < 4:
        return starved(reader, 4)
    if load_32(reader.bytes + reader.position, reader.big_endian) != reader.trailer:
        return broken(reader, PROBLEM_BLOCK_TRAILER, reader.trailer)
    reader.position += 4
    reader.trailer = 0
    return RECORD_PACKET


cdef int section_start(record_reader *reader, const uint8_t *body, uint32_t length) noexcept nogil:
    """Section Header Block, section 4.1: interfaces start anew."""
    if length < 16:
        return broken(reader, PROBLEM_BLOCK_TOO_SHORT, length + 12)
    if load_16(body + 4, reader.big_endian) != 1:
        return broken(reader, PROBLEM_PCAPNG_VERSION, load_16(body + 4, reader.big_endian))
    reader.interface_count = 0
    reader.started = 1
    return RECORD_PACKET


cdef int interface_start(record_reader *reader, const uint8_t *body, uint32_t length) noexcept nogil:
    """Interface Description Block, section 4.2."""
    cdef interface *described
    cdef uint32_t at = 8
    cdef uint32_t code
    cdef uint32_t size
    cdef int power
    if length < 8:
        return broken(reader, PROBLEM_BLOCK_TOO_SHORT, length + 12)
    if reader.interface_count == MAXIMUM_INTERFACES:
        return broken(reader, PROBLEM_INTERFACES, MAXIMUM_INTERFACES)
    described = &reader.interfaces[reader.interface_count]
    described.link_type = load_16(body, reader.big_endian)
    described.snapshot_length = load_32(body + 4, reader.big_endian)
    described.resolution = 6
    described.offset_s = 0
    while length - at >= 4:
        code = load_16(body + at, reader.big_endian)
        size = load_16(body + at + 2, reader.big_endian)
        at += 4
        if code == OPTION_END:
            break
        if size > length - at:
            return broken(reader, PROBLEM_OPTIONS, code)
        if code == OPTION_TIME_RESOLUTION and size == 1:
            described.resolution = body[at]
        elif code == OPTION_TIME_OFFSET and size == 8:
            if reader.big_endian:
                described.offset_s = <int64_t>(<uint64_t>load_32(body + at, 1) << 32 | load_32(body + at + 4, 1))
            else:
                described.offset_s = <int64_t>(<uint64_t>load_32(body + at + 4, 0) << 32 | load_32(body + at, 0))
        at += (size + 3) & ~<uint32_t>3
        if at > length:                          # the last value's padding is missing
            break
    described.multiplier = 0
    if described.offset_s == 0 and described.resolution <= 9:
        described.multiplier = 1
        power = described.resolution
        while power < 9:
            described.multiplier *= 10
            power += 1
        described.fast_ticks = INT64_MAX // described.multiplier
    reader.interface_count += 1
    return RECORD_PACKET


cdef inline int packet_block(
    record_reader *reader, uint32_t block_type, const uint8_t *body, uint32_t length
) noexcept nogil:
    """Enhanced Packet Block (section 4.3), Simple Packet Block (4.4) and the obsolete Packet Block (appendix A)."""
    cdef uint32_t head = 4 if block_type == BLOCK_SIMPLE_PACKET else 20
    cdef uint32_t number = 0
    cdef uint32_t captured
    cdef uint32_t original
    cdef uint64_t ticks
    cdef interface *source = NULL
    if length < head:
        return broken(reader, PROBLEM_BLOCK_TOO_SHORT, length + 12)
    if block_type == BLOCK_ENHANCED_PACKET:
        number = load_32(body, reader.big_endian)
    elif block_type == BLOCK_PACKET_OBSOLETE:
        number = load_16(body, reader.big_endian)
    if number < <uint32_t>reader.interface_count:
        source = &reader.interfaces[number]
    if block_type == BLOCK_SIMPLE_PACKET:
        original = load_32(body, reader.big_endian)
        captured = original
        if source != NULL and source.snapshot_length != 0 and captured > source.snapshot_length:
            captured = source.snapshot_length
        if captured > length - head:
            captured = length - head
        reader.time_known = 0
    else:
        captured = load_32(body + 12, reader.big_endian)
        original = load_32(body + 16, reader.big_endian)
        if captured > length - head:
            return broken(reader, PROBLEM_PACKET_PAST_BLOCK, captured)
        if source != NULL:
            ticks = <uint64_t>load_32(body + 4, reader.big_endian) << 32 | load_32(body + 8, reader.big_endian)
            if source.multiplier != 0 and ticks <= source.fast_ticks:
                reader.time_ns = <int64_t>ticks * source.multiplier
            else:
                reader.time_ns = ticks_ns(ticks, source.resolution, source.offset_s)
        reader.time_known = 1
    if captured > MAXIMUM_CAPTURED:
        return broken(reader, PROBLEM_CAPTURED_LENGTH, captured)
    reader.link_type = source.link_type if source != NULL else -1
    reader.packet = body + head
    reader.captured = captured
    reader.original = original if original > captured else captured
    return RECORD_PACKET


cdef str problem_text(const record_reader *reader):
    """What made the file unreadable, where, and what would be right."""
    cdef int64_t value = reader.problem_value
    what = {
        PROBLEM_MODIFIED_PCAP: "this is a 'modified' pcap file (magic number a1b2cd34, Kuznetzov's patch of libpcap), "
        "which is not read; convert it with: editcap -F nsecpcap OLD NEW",
        PROBLEM_PCAP_VERSION: f"pcap version {value >> 16}.{value & 0xFFFF}; only 2.4 is read",
        PROBLEM_CAPTURED_LENGTH: f"packet {reader.packets + 1} claims {value:,} captured bytes; "
        f"at most {MAXIMUM_CAPTURED:,} are believed",
        PROBLEM_NO_SECTION: f"block type {value:#x} where a pcapng section header (0xa0d0d0a) must be",
        PROBLEM_BYTE_ORDER_MAGIC: f"byte-order magic {value:#010x} in a section header; "
        "it must be 0x1a2b3c4d in either byte order",
        PROBLEM_PCAPNG_VERSION: f"pcapng major version {value}; only 1 is read",
        PROBLEM_BLOCK_LENGTH: f"a block claims {value:,} bytes; lengths are multiples of 4 and at least 12",
        PROBLEM_BLOCK_TOO_LONG: f"a block claims {value:,} bytes; at most {MAXIMUM_BLOCK:,} are believed",
        PROBLEM_BLOCK_TOO_SHORT: f"a block of {value:,} bytes is too short for its kind",
        PROBLEM_BLOCK_TRAILER: f"the length at the end of a block differs from the {value:,} bytes at its start",
        PROBLEM_PACKET_PAST_BLOCK: f"packet {reader.packets + 1} claims {value:,} captured bytes, "
        "more than its block holds",
        PROBLEM_INTERFACES: f"more than {value:,} interfaces in one section",
        PROBLEM_OPTIONS: f"option {value} of an interface description runs past its block",
    }[reader.problem]
    return f"damaged at byte {reader.problem_offset:,}: {what}"


cdef str expectation_text(const record_reader *reader):
    """What a starved reader was waiting for."""
    if reader.skipping != 0 or reader.trailer != 0:
        return f"{reader.skipping + 4:,} more bytes of a pcapng block of {reader.trailer:,}"
    if not reader.started:
        return "the header of the file"
    if reader.format == FORMAT_PCAP:
        return f"packet {reader.packets + 1}, {reader.needed:,} bytes with its record header"
    return f"a pcapng block of at least {reader.needed:,} bytes after packet {reader.packets}"


def inspect(address: int, length: int) -> tuple[list[tuple[int, int, int, int]], str]:
    """The (time, link type, captured, original) of every packet of the file at `address`, and why it ended there.

    For tests that place damaged files against an unmapped page; the format is taken from the first four bytes.
    """
    cdef record_reader reader
    cdef interface *interfaces = <interface *>calloc(MAXIMUM_INTERFACES, sizeof(interface))
    cdef int status
    if interfaces == NULL:
        raise MemoryError
    try:
        reader = record_reader(
            bytes=<const uint8_t *><int64_t>address, position=0, end=length, offset=0, needed=0, skipping=0, trailer=0,
            format=0, big_endian=0, started=0, interface_count=0, interfaces=interfaces, packets=0, packet=NULL,
            captured=0, original=0, link_type=-1, time_known=0, time_ns=0,
            problem=PROBLEM_NONE, problem_value=0, problem_offset=0,
        )
        reader.format = FORMAT_PCAPNG if length >= 4 and load_be32(reader.bytes) == BLOCK_SECTION else FORMAT_PCAP
        found = []
        while True:
            status = record_next(&reader)
            if status != RECORD_PACKET:
                break
            found.append((reader.time_ns, reader.link_type, reader.captured, reader.original))
        if status == RECORD_BROKEN:
            return found, problem_text(&reader)
        whole = reader.position == length and not (reader.skipping or reader.trailer)
        return found, "" if whole else expectation_text(&reader)
    finally:
        free(interfaces)
