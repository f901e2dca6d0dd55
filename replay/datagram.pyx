# cython: language_level=3, cdivision=True
"""From a captured packet to its UDP payload, without reading past the captured bytes.

Link types are those of https://www.tcpdump.org/linktypes.html. The rules are those of a Linux kernel, so that a
replay sees what a socket would have seen: the UDP length rules the payload (Ethernet padding and trailers are never
part of it, RFC 768), a UDP length that is less than 8 or reaches past the IP datagram is refused, fragments are not
put together again (no exchange sends them; RFC 791, section 3.2). Checksums are not looked at, since cards fill them
in after a capture on the sending host has seen the packet. An IP total length of 0 is what segmentation offload
leaves behind in a capture; the UDP length decides alone then.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t

from replay.byte_order cimport load_be16, load_be32

REASONS = (
    "udp",
    "unsupported_link_type",
    "not_ip",
    "ipv6",
    "not_udp",
    "fragment",
    "headers_cut",
    "bad_ip_length",
    "bad_udp_length",
)

cdef enum:
    LINK_NULL = 0                # BSD loopback: address family in the writing host's byte order
    LINK_ETHERNET = 1
    LINK_RAW_BSD = 12            # DLT_RAW as some systems wrote it
    LINK_RAW_OPENBSD = 14
    LINK_RAW = 101
    LINK_LOOP = 108              # OpenBSD loopback: address family in network byte order
    LINK_LINUX_SLL = 113
    LINK_IPV4 = 228
    LINK_IPV6 = 229
    LINK_LINUX_SLL2 = 276

    ETHERTYPE_IPV4 = 0x0800
    ETHERTYPE_IPV6 = 0x86DD
    ETHERTYPE_VLAN = 0x8100      # IEEE 802.1Q
    ETHERTYPE_QINQ = 0x88A8      # IEEE 802.1ad
    ETHERTYPE_QINQ_OLD = 0x9100

    PROTOCOL_UDP = 17
    FRAGMENT_BITS = 0x3FFF       # "more fragments" and the offset; "do not fragment" is the bit above


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

    while ethertype == ETHERTYPE_VLAN or ethertype == ETHERTYPE_QINQ or ethertype == ETHERTYPE_QINQ_OLD:
        if captured - position < 4:
            return DATAGRAM_HEADERS_CUT
        ethertype = load_be16(packet + position + 2)
        position += 4
    if ethertype == ETHERTYPE_IPV4:
        return ipv4_find(packet + position, captured - position, found)
    if ethertype == ETHERTYPE_IPV6:
        return DATAGRAM_IPV6
    return DATAGRAM_NOT_IP


cdef inline int ipv4_find(const uint8_t *ip, uint32_t captured, datagram *found) noexcept nogil:
    """RFC 791, section 3.1; RFC 768."""
    cdef uint32_t header_length
    cdef uint32_t total_length
    cdef uint32_t udp_length
    cdef uint32_t present
    cdef const uint8_t *udp

    if captured < 20:
        return DATAGRAM_HEADERS_CUT
    if ip[0] >> 4 != 4:
        return DATAGRAM_NOT_IP
    header_length = (ip[0] & 15) * 4
    total_length = load_be16(ip + 2)
    if header_length < 20 or (total_length != 0 and total_length < header_length):
        return DATAGRAM_BAD_IP_LENGTH
    if load_be16(ip + 6) & FRAGMENT_BITS:
        return DATAGRAM_FRAGMENT
    if ip[9] != PROTOCOL_UDP:
        return DATAGRAM_NOT_UDP
    if captured < header_length + 8:
        return DATAGRAM_HEADERS_CUT
    udp = ip + header_length
    udp_length = load_be16(udp + 4)
    if udp_length < 8 or (total_length != 0 and udp_length > total_length - header_length):
        return DATAGRAM_BAD_UDP_LENGTH
    present = captured - header_length - 8
    found.sent = udp_length - 8
    found.length = found.sent if found.sent < present else present
    found.payload = udp + 8
    found.source = load_be32(ip + 12)
    found.destination = load_be32(ip + 16)
    found.source_port = load_be16(udp)
    found.port = load_be16(udp + 2)
    return DATAGRAM_UDP


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
