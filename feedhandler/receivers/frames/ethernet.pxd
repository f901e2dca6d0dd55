# What receivers of whole Ethernet frames share: which line a frame belongs to, and the figures of lines.

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from feedhandler.receivers.abi cimport FRAME_TRUNCATED, frame
from feedhandler.receivers.frames.datagram cimport DATAGRAM_NOT_UDP, DATAGRAM_REASONS, DATAGRAM_UDP, datagram, ethernet_find
from feedhandler.receivers.frames.line_table cimport line_table, line_table_find
from feedhandler.receivers.frames.trailer cimport TRAILER_ARISTA_7150, keyframe_read, trailer_read, trailer_reader

cdef enum:
    NO_LINE = -1

cdef struct heard_line:
    uint16_t line
    int64_t frames
    int64_t bytes
    int64_t truncated
    int64_t uncertain
    int64_t last_ns              # the time of its last frame

cdef struct unheard:             # frames that came and were for no line, by what they turned out to be
    int64_t skipped[DATAGRAM_REASONS]
    int64_t unmatched


cdef inline int64_t ethernet_lend(
    line_table *table, heard_line *lines, unheard *others, const uint8_t *packet, uint32_t present, uint32_t packet_bytes,
    frame *one,
) noexcept nogil:
    """Fill a frame, but for its time; the place of its line in `lines`, or NO_LINE where it is for none.

    The table's lines are places in `lines`. A payload longer than `packet_bytes` is cut there.
    """
    return ethernet_lend_stamped(table, lines, others, NULL, packet, present, 0, 0, packet_bytes, one)


cdef inline int64_t ethernet_lend_stamped(
    line_table *table, heard_line *lines, unheard *others, trailer_reader *trailer, const uint8_t *packet,
    uint32_t present, int cut, int64_t about_ns, uint32_t packet_bytes, frame *one,
) noexcept nogil:
    """The same, with the time that a capture appliance wrote into the frame as `hardware_ns`.

    trailer: NULL where there is none. cut: the frame was longer than `present`. about_ns: when it came, by our clock.
    """
    cdef datagram found
    cdef int64_t place
    cdef int reason = ethernet_find(packet, present, &found)
    if reason != DATAGRAM_UDP:
        others.skipped[reason] += 1
        if trailer != NULL and trailer.kind == TRAILER_ARISTA_7150 and reason == DATAGRAM_NOT_UDP:
            keyframe_read(trailer, packet, present, about_ns)
        return NO_LINE
    place = line_table_find(table, found.destination, found.port, found.source)
    if place < 0:
        others.unmatched += 1
        return NO_LINE
    one.flags = 0
    one.hardware_ns = 0
    if trailer != NULL:
        one.hardware_ns = trailer_read(trailer, packet, present, cut, &found, about_ns, &one.flags)
    if found.length > packet_bytes:
        found.length = packet_bytes
    one.address = <int64_t>found.payload
    one.length = found.length
    one.line = lines[place].line
    if found.length < found.sent:
        one.flags |= FRAME_TRUNCATED
        lines[place].truncated += 1
    lines[place].frames += 1
    lines[place].bytes += found.length
    return place
