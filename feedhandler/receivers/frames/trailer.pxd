# Times that a capture appliance wrote into a frame: read from its tail, or its header, before the frame is lent.
#
# Nothing here changes what the payload is: the UDP length rules that (datagram.pxd), and a trailer lies behind it. All
# numbers are big endian. The layouts, each with what it was taken from:
#
#   metamako       Arista 7130 (MetaWatch), formerly Metamako. Behind the frame: its former frame check sequence (4 bytes),
#                  extensions (any number of 4-byte words), seconds (4), nanoseconds (4), flags (1), device (2), port (1).
#                  Flag 0x10: the time is degraded. Wireshark 4, packet-metamako.c.
#   cpacket        cPacket cVu, cBurst. The same without extensions, with a version in the place of the flags.
#                  SolarCapture 1.7, sc_cpacket_ts.c and cpacket_offsets.h.
#   exablaze       Exablaze (Cisco Nexus) Fusion HPT: former frame check sequence (4), device (1), port (1), seconds (4),
#                  fraction of a second (5, in units of 2^-40 s), reserved (1). Wireshark 4, packet-exablaze.c.
#   arista_7150    A counter of 31 bits at 350 MHz in 4 bytes, of which bit 7 is not part, before the frame check sequence
#                  or in its place; 0: none. Frames between ("keyframes": IPv4, protocol 253, 46 bytes or 62 from EOS 4.13
#                  on) say which count (8 bytes) was which time (8 bytes, nanoseconds, UTC).
#                  SolarCapture 1.7, sc_arista7150_ts.c; EOS, "Timestamping on the 7150 series".
#   arista_7280    Behind the Ethernet addresses: type 0xD28B (2), subtype 1 (2), time scale (1: 0 TAI, 1 UTC), format
#                  (4 bits: 1 is 64 bits, 2 is 48) and hardware (4 bits); then seconds (4, or their lower 2 bytes) and
#                  nanoseconds (4). tcpdump 5, print-arista.c, where Arista's own engineers describe it.
#   arista_7280_source, arista_7280_source_tai   The 48 bits in the place of the Ethernet source address, where nothing
#                  says which time scale they are of. SolarCapture 1.7, sc_arista7280_48bit_ts.c.

from libc.stdint cimport INT64_MAX, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from feedhandler.receivers.abi cimport FRAME_TIME_UNCERTAIN
from feedhandler.receivers.frames.datagram cimport (
    ETHERTYPE_ARISTA, ETHERTYPE_IPV4, ETHERTYPE_QINQ, ETHERTYPE_QINQ_OLD, ETHERTYPE_VLAN, IPV4_BYTES,
    arista_header_bytes, datagram, load_be16, load_be32,
)


cdef extern from *:
    """
    #include <stdint.h>
    #ifndef FEEDHANDLER_TRAILER_PRODUCT
    #define FEEDHANDLER_TRAILER_PRODUCT 1
    /* value * numerator / denominator, where the product needs more than 64 bits */
    static inline int64_t feedhandler_scaled(int64_t value, int64_t numerator, int64_t denominator)
    { return (int64_t)((__int128)value * numerator / denominator); }
    #endif
    """
    int64_t scaled "feedhandler_scaled" (int64_t value, int64_t numerator, int64_t denominator) noexcept nogil


cdef enum:                       # in the order of TRAILERS in trailers.py
    TRAILER_NONE = 0
    TRAILER_METAMAKO = 1
    TRAILER_CPACKET = 2
    TRAILER_EXABLAZE = 3
    TRAILER_ARISTA_7150 = 4
    TRAILER_ARISTA_7280 = 5
    TRAILER_ARISTA_7280_SOURCE = 6
    TRAILER_ARISTA_7280_SOURCE_TAI = 7

cdef enum:
    FRAME_CHECK_BYTES = 4
    SECONDS_AT_TAIL = 12         # metamako, cpacket: seconds, nanoseconds, flags, device, port
    METAMAKO_DEGRADED = 0x10
    TAIL_BYTES = 16              # of metamako, cpacket, exablaze, the former frame check sequence included
    COUNTER_BYTES = 4
    COUNTER_MASK = 0x7FFFFFFF
    COUNTER_HALF = 0x40000000
    NOMINAL_COUNT = 7            # 350 MHz: 7 counts in 20 nanoseconds
    NOMINAL_NS = 20
    ARISTA_SUBTYPE_TIME = 1
    ARISTA_FORMAT_64 = 1
    ARISTA_FORMAT_48 = 2
    KEYFRAME_PROTOCOL = 253      # "for experimentation", RFC 3692
    KEYFRAME_BYTES = 46
    KEYFRAME_BYTES_LATER = 62    # from EOS 4.13 on

cdef enum:
    TAI_LEAD_S = 37              # TAI less UTC since 2017-01-01 (IERS, Bulletin C); no leap second was announced since

cdef struct trailer_reader:      # of one interface, or one capture
    int kind
    uint32_t frame_check_bytes   # behind the trailer: 4 where frames come with their check sequence, else 0
    int64_t read                 # frames whose time was read
    int64_t missing              # frames without
    int64_t impossible           # frames with one that cannot be
    int64_t keyframes
    int64_t keyframe_count       # the counter in the last keyframe, all its bits
    int64_t keyframe_ns          # and the time that it said
    int64_t keyframe_about_ns    # and when it came, by our clock
    int64_t span_count           # between two keyframes: counts and nanoseconds; the counter's rate
    int64_t span_ns


cdef inline void trailer_open(trailer_reader *reader, int kind, int frame_check) noexcept nogil:
    reader.kind = kind
    reader.frame_check_bytes = FRAME_CHECK_BYTES if frame_check else 0
    reader.read = reader.missing = reader.impossible = reader.keyframes = 0
    reader.keyframe_count = reader.keyframe_ns = reader.keyframe_about_ns = 0
    reader.span_count = NOMINAL_COUNT
    reader.span_ns = NOMINAL_NS


cdef inline dict trailer_told(const trailer_reader *reader):
    """For statistics; None where no time is read."""
    if reader.kind == TRAILER_NONE:
        return None
    return {
        "read": reader.read,
        "missing": reader.missing,
        "impossible": reader.impossible,
        "keyframes": reader.keyframes,
    }


cdef inline int64_t trailer_read(
    trailer_reader *reader, const uint8_t *packet, uint32_t present, int cut, const datagram *found, int64_t about_ns,
    uint16_t *flags,
) noexcept nogil:
    """The appliance's time in Unix nanoseconds, or 0 with a flag where there is none or one that cannot be.

    packet, present: the Ethernet frame; cut: it was longer. found: its datagram. about_ns: when it came, by our clock;
    0 where that is not known. A time a week or more from that cannot be.
    """
    cdef int64_t time_ns = 0
    cdef const uint8_t *end = packet + present
    cdef int64_t room = (packet + present) - (found.payload + found.sent) - reader.frame_check_bytes
    end -= reader.frame_check_bytes
    if reader.kind == TRAILER_ARISTA_7280:
        time_ns = arista_header_read(packet, present, about_ns)
    elif reader.kind >= TRAILER_ARISTA_7280_SOURCE:
        time_ns = short_time(
            load_be16(packet + 6), load_be32(packet + 8), about_ns, reader.kind == TRAILER_ARISTA_7280_SOURCE_TAI
        )
    elif cut:
        time_ns = 0
    elif reader.kind == TRAILER_ARISTA_7150:
        if room >= COUNTER_BYTES:
            time_ns = counter_time(reader, load_be32(end - COUNTER_BYTES), about_ns)
    elif room < TAIL_BYTES:
        time_ns = 0
    elif reader.kind == TRAILER_EXABLAZE:
        time_ns = hpt_time(end - TAIL_BYTES)
    else:
        time_ns = whole_time(load_be32(end - SECONDS_AT_TAIL), load_be32(end - SECONDS_AT_TAIL + 4), 0)
        if reader.kind == TRAILER_METAMAKO and end[-4] & METAMAKO_DEGRADED:
            flags[0] |= FRAME_TIME_UNCERTAIN
    return trailer_judged(reader, time_ns, about_ns, flags)


cdef inline int64_t trailer_judged(
    trailer_reader *reader, int64_t time_ns, int64_t about_ns, uint16_t *flags
) noexcept nogil:
    cdef int64_t week_ns = <int64_t>604_800 * 1_000_000_000
    if time_ns == 0:
        reader.missing += 1
    elif time_ns < 0 or (about_ns != 0 and not -week_ns < time_ns - about_ns < week_ns):
        reader.impossible += 1
    else:
        reader.read += 1
        return time_ns
    flags[0] |= FRAME_TIME_UNCERTAIN
    return 0


cdef inline int64_t whole_time(int64_t seconds, int64_t nanoseconds, int tai) noexcept nogil:
    """Unix nanoseconds; 0 where both are 0, -1 where the nanoseconds are more than a second."""
    if nanoseconds >= 1_000_000_000:
        return -1
    if seconds == 0 and nanoseconds == 0:
        return 0
    if tai:
        seconds -= TAI_LEAD_S
    return seconds * 1_000_000_000 + nanoseconds


cdef inline int64_t short_time(uint16_t seconds, uint32_t nanoseconds, int64_t about_ns, int tai) noexcept nogil:
    """The same where only 16 bits of the seconds are there: those next to `about_ns`, so within 9 hours of it."""
    cdef int64_t lead = TAI_LEAD_S if tai else 0
    cdef int64_t about_s = about_ns // 1_000_000_000 + lead
    cdef int64_t behind
    if about_ns == 0:
        return -1
    behind = (seconds - about_s) & 0xFFFF
    if behind >= 0x8000:
        behind -= 0x10000
    return whole_time(about_s + behind, nanoseconds, tai)


cdef inline int64_t hpt_time(const uint8_t *trailer) noexcept nogil:
    cdef uint64_t fraction = <uint64_t>trailer[10] << 32 | load_be32(trailer + 11)
    cdef int64_t seconds = load_be32(trailer + 6)
    return seconds * 1_000_000_000 + scaled(<int64_t>fraction, 1_000_000_000, <int64_t>1 << 40)


cdef inline int64_t arista_header_read(const uint8_t *packet, uint32_t present, int64_t about_ns) noexcept nogil:
    cdef int tai
    if load_be16(packet + 12) != ETHERTYPE_ARISTA or present < 18 or load_be16(packet + 14) != ARISTA_SUBTYPE_TIME:
        return 0
    if present < 14 + arista_header_bytes(packet + 14) or packet[16] > 1:
        return -1
    tai = packet[16] == 0
    if packet[17] >> 4 == ARISTA_FORMAT_64:
        return whole_time(load_be32(packet + 18), load_be32(packet + 22), tai)
    return short_time(load_be16(packet + 18), load_be32(packet + 20), about_ns, tai)


cdef inline int64_t counter_time(trailer_reader *reader, uint32_t field, int64_t about_ns) noexcept nogil:
    """Counted from the last keyframe; 0 before the first.

    The counter goes round in 6.1 seconds, and a keyframe comes every second. Where some were lost, our own clock says how
    often it went round: it may be 3 seconds off. After a minute without keyframes no time can be told.
    """
    cdef int64_t minute_ns = <int64_t>60 * 1_000_000_000
    cdef int64_t expected = 0
    cdef int64_t passed
    if field == 0 or reader.keyframes == 0:
        return 0
    if about_ns != 0 and reader.keyframe_about_ns != 0:
        expected = about_ns - reader.keyframe_about_ns
        if not -minute_ns < expected < minute_ns:
            return -1
        expected = scaled(expected, NOMINAL_COUNT, NOMINAL_NS)
    passed = <int64_t>((field >> 1 & 0x7FFFFF80) | (field & 0x7F)) - reader.keyframe_count - expected
    passed &= COUNTER_MASK
    if passed >= COUNTER_HALF:
        passed -= <int64_t>1 << 31
    return reader.keyframe_ns + scaled(expected + passed, reader.span_ns, reader.span_count)


cdef inline void keyframe_read(
    trailer_reader *reader, const uint8_t *packet, uint32_t present, int64_t about_ns
) noexcept nogil:
    """Take note of a keyframe, where this frame, which is no datagram, is one."""
    cdef uint32_t position = 14
    cdef uint32_t header_bytes
    cdef uint32_t bytes
    cdef uint16_t ethertype
    cdef int64_t count
    cdef int64_t time_ns
    cdef int64_t counts
    cdef int64_t elapsed_ns
    cdef int measured
    if present < position:
        return
    ethertype = load_be16(packet + 12)
    while ethertype == ETHERTYPE_VLAN or ethertype == ETHERTYPE_QINQ or ethertype == ETHERTYPE_QINQ_OLD:
        if present - position < 4:
            return
        ethertype = load_be16(packet + position + 2)
        position += 4
    if ethertype != ETHERTYPE_IPV4 or present - position < IPV4_BYTES + KEYFRAME_BYTES:
        return
    if packet[position] >> 4 != 4 or packet[position + 9] != KEYFRAME_PROTOCOL:
        return
    header_bytes = (packet[position] & 15) * 4
    bytes = <uint32_t>load_be16(packet + position + 2) - header_bytes
    if header_bytes < IPV4_BYTES or (bytes != KEYFRAME_BYTES and bytes != KEYFRAME_BYTES_LATER):
        return
    position += header_bytes
    if present - position < bytes:
        return
    count = <int64_t>(<uint64_t>load_be32(packet + position) << 32 | load_be32(packet + position + 4))
    time_ns = <int64_t>(<uint64_t>load_be32(packet + position + 8) << 32 | load_be32(packet + position + 12))
    if count < 0 or time_ns <= 0 or time_ns > INT64_MAX // 2:
        return
    if reader.keyframes != 0:
        counts = count - reader.keyframe_count
        elapsed_ns = time_ns - reader.keyframe_ns
        # A rate needs a second to be measured; one that is 2 % from the nominal one says that a clock was set.
        if elapsed_ns >= 990_000_000:
            measured = 686 <= scaled(counts, 2_000, elapsed_ns) <= 714
            reader.span_count = counts if measured else NOMINAL_COUNT
            reader.span_ns = elapsed_ns if measured else NOMINAL_NS
    reader.keyframe_count = count
    reader.keyframe_ns = time_ns
    reader.keyframe_about_ns = about_ns
    reader.keyframes += 1
