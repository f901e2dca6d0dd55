# cython: language_level=3, cdivision=True
"""From a captured packet to its UDP payload, without reading past the captured bytes.

Link types are those of https://www.tcpdump.org/linktypes.html. From Ethernet or IP on, the walk is the one that live
receivers do (feedhandler/receivers/datagram.pxd).
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t

from feedhandler.receivers.frames.datagram cimport (
    DATAGRAM_HEADERS_CUT, DATAGRAM_IPV6, DATAGRAM_NOT_IP, DATAGRAM_UDP, DATAGRAM_UNSUPPORTED_LINK_TYPE,
    datagram, ethertype_find, ipv4_find, load_be16, load_be32,
)

from feedhandler.receivers.frames.trailer cimport keyframe_read, trailer_open, trailer_read, trailer_reader

from feedhandler.receivers.frames.datagram_reasons import REASONS
from feedhandler.receivers.frames.trailers import TRAILERS


cdef bint link_type_is_supported(int32_t link_type) noexcept nogil:
    return link_type in (
        LINK_NULL, LINK_ETHERNET, LINK_RAW_BSD, LINK_RAW_OPENBSD, LINK_RAW, LINK_LOOP,
        LINK_LINUX_SLL, LINK_IPV4, LINK_IPV6, LINK_LINUX_SLL2,
    )


cdef int datagram_find(int32_t link_type, const uint8_t *packet, uint32_t captured, datagram *found) noexcept nogil:
    """Find the UDP payload of `packet`; DATAGRAM_UDP and `found` filled in, or the reason why there is none."""
    cdef uint32_t position
    cdef uint32_t family
    cdef uint16_t ethertype

    if link_type == LINK_ETHERNET:
        position = 14
        if captured < position:
            return DATAGRAM_HEADERS_CUT
        ethertype = load_be16(packet + 12)
    elif link_type == LINK_LINUX_SLL:
        position = 16
        if captured < position:
            return DATAGRAM_HEADERS_CUT
        ethertype = load_be16(packet + 14)
    elif link_type == LINK_LINUX_SLL2:
        position = 20
        if captured < position:
            return DATAGRAM_HEADERS_CUT
        ethertype = load_be16(packet)
    elif link_type in (LINK_RAW, LINK_IPV4, LINK_RAW_BSD, LINK_RAW_OPENBSD, LINK_IPV6):
        if captured < 1:
            return DATAGRAM_HEADERS_CUT
        if packet[0] >> 4 == 6:
            return DATAGRAM_IPV6
        return ipv4_find(packet, captured, found)
    elif link_type == LINK_NULL or link_type == LINK_LOOP:
        if captured < 4:
            return DATAGRAM_HEADERS_CUT
        family = load_be32(packet)
        if family > 0xFFFF:      # little endian: families are small numbers
            family = packet[0] | <uint32_t>packet[1] << 8
        if family == 2:
            return ipv4_find(packet + 4, captured - 4, found)
        if family in (10, 24, 28, 30):   # AF_INET6 of Linux, NetBSD and OpenBSD, FreeBSD, macOS
            return DATAGRAM_IPV6
        return DATAGRAM_NOT_IP
    else:
        return DATAGRAM_UNSUPPORTED_LINK_TYPE

    return ethertype_find(ethertype, packet, position, captured, found)


def inspect(address: int, captured: int, link_type: int) -> tuple[int, int, int, int, int, int]:
    """(reason, offset of the payload, length, sent, destination, port) of the packet at `address`.

    For tests that place packets against an unmapped page.
    """
    cdef datagram found
    cdef const uint8_t *packet = <const uint8_t *><int64_t>address
    cdef int reason = datagram_find(link_type, packet, captured, &found)
    if reason != DATAGRAM_UDP:
        return reason, 0, 0, 0, 0, 0
    return reason, found.payload - packet, found.length, found.sent, found.destination, found.port


def inspect_stamp(address: int, captured: int, trailer: str, frame_check: bool, about_ns: int) -> tuple[int, int, int]:
    """(reason, the appliance's time, flags) of the Ethernet frame at `address`, as receivers read it.

    A counter was seen in one keyframe before. For tests that place frames against an unmapped page.
    """
    cdef datagram found
    cdef trailer_reader reader
    cdef uint16_t flags = 0
    cdef const uint8_t *packet = <const uint8_t *><int64_t>address
    cdef int reason = datagram_find(LINK_ETHERNET, packet, captured, &found)
    trailer_open(&reader, TRAILERS.index(trailer), frame_check)
    reader.keyframes = 1
    reader.keyframe_ns = about_ns
    keyframe_read(&reader, packet, captured, about_ns)
    if reason != DATAGRAM_UDP:
        return reason, 0, 0
    return reason, trailer_read(&reader, packet, captured, 0, &found, about_ns, &flags), flags
