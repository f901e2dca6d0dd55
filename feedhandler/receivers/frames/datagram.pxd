# From an Ethernet frame or an IP packet to its UDP payload, without reading past the bytes that are there: one walk for
# captures and for every receiver that takes frames before the kernel's sockets do.
#
# The rules are those of a Linux kernel, so that a receiver or a replay sees what a socket would have seen: the UDP
# length rules the payload (Ethernet padding and trailers are never part of it, RFC 768), a UDP length that is less than 8
# or reaches past the IP datagram is refused, fragments are not put together again (no exchange sends them; RFC 791,
# section 3.2). Checksums are not looked at: cards check them on the way in, and fill them in after a capture on the
# sending host has seen the packet. An IP total length of 0 is what segmentation offload leaves behind in a capture; the
# UDP length decides alone then.

from libc.stdint cimport uint8_t, uint16_t, uint32_t


cdef extern from *:
    """
    #include <endian.h>
    #include <stdint.h>
    #include <string.h>
    #ifndef FEEDHANDLER_BIG_ENDIAN_LOADS
    #define FEEDHANDLER_BIG_ENDIAN_LOADS 1
    static inline uint16_t feedhandler_load_be16(const uint8_t *bytes)
    { uint16_t value; memcpy(&value, bytes, 2); return be16toh(value); }
    static inline uint32_t feedhandler_load_be32(const uint8_t *bytes)
    { uint32_t value; memcpy(&value, bytes, 4); return be32toh(value); }
    #endif
    """
    uint16_t load_be16 "feedhandler_load_be16" (const uint8_t *bytes) noexcept nogil
    uint32_t load_be32 "feedhandler_load_be32" (const uint8_t *bytes) noexcept nogil


cdef enum:                       # what a packet turned out to be; all but the first are counted by name (REASONS)
    DATAGRAM_UDP = 0
    DATAGRAM_UNSUPPORTED_LINK_TYPE = 1
    DATAGRAM_NOT_IP = 2
    DATAGRAM_IPV6 = 3
    DATAGRAM_NOT_UDP = 4
    DATAGRAM_FRAGMENT = 5
    DATAGRAM_HEADERS_CUT = 6     # too few bytes are there to see the UDP header
    DATAGRAM_BAD_IP_LENGTH = 7
    DATAGRAM_BAD_UDP_LENGTH = 8
    DATAGRAM_REASONS = 9

cdef enum:
    ETHERTYPE_IPV4 = 0x0800
    ETHERTYPE_IPV6 = 0x86DD
    ETHERTYPE_VLAN = 0x8100      # IEEE 802.1Q
    ETHERTYPE_QINQ = 0x88A8      # IEEE 802.1ad
    ETHERTYPE_QINQ_OLD = 0x9100
    ETHERTYPE_ARISTA = 0xD28B    # a header with a time, before the frame's own type (trailer.pxd)

    PROTOCOL_UDP = 17
    FRAGMENT_BITS = 0x3FFF       # "more fragments" and the offset; "do not fragment" is the bit above

    ETHERNET_BYTES = 14
    IPV4_BYTES = 20
    UDP_BYTES = 8

cdef struct datagram:
    const uint8_t *payload
    uint32_t length              # bytes of payload present
    uint32_t sent                # bytes of payload on the wire; more than `length` where they were cut
    uint32_t source              # IPv4, host order
    uint32_t destination
    uint16_t source_port
    uint16_t port


cdef inline int ethernet_find(const uint8_t *packet, uint32_t present, datagram *found) noexcept nogil:
    """Find the UDP payload of an Ethernet frame; DATAGRAM_UDP and `found` filled in, or the reason why there is none."""
    if present < ETHERNET_BYTES:
        return DATAGRAM_HEADERS_CUT
    return ethertype_find(load_be16(packet + 12), packet, ETHERNET_BYTES, present, found)


cdef inline int ethertype_find(
    uint16_t ethertype, const uint8_t *packet, uint32_t position, uint32_t present, datagram *found
) noexcept nogil:
    """The same from `position` on, where something of that type is, tagged and stamped or not."""
    cdef uint32_t bytes
    while ethertype != ETHERTYPE_IPV4:
        if ethertype == ETHERTYPE_VLAN or ethertype == ETHERTYPE_QINQ or ethertype == ETHERTYPE_QINQ_OLD:
            bytes = 4
        elif ethertype == ETHERTYPE_ARISTA:
            if present - position < 4:
                return DATAGRAM_HEADERS_CUT
            bytes = arista_header_bytes(packet + position)
            if bytes == 0:
                return DATAGRAM_NOT_IP
        else:
            return DATAGRAM_IPV6 if ethertype == ETHERTYPE_IPV6 else DATAGRAM_NOT_IP
        if present - position < bytes:
            return DATAGRAM_HEADERS_CUT
        position += bytes
        ethertype = load_be16(packet + position - 2)
    return ipv4_find(packet + position, present - position, found)


cdef inline uint32_t arista_header_bytes(const uint8_t *header) noexcept nogil:
    """What follows the type 0xD28B, up to and with the type of what comes next: 0 where the format is not known."""
    if load_be16(header) != 1:
        return 0
    if header[3] >> 4 == 1:      # 64 bits of time
        return 14
    return 12 if header[3] >> 4 == 2 else 0


cdef inline int ipv4_find(const uint8_t *ip, uint32_t present, datagram *found) noexcept nogil:
    """RFC 791, section 3.1; RFC 768."""
    cdef uint32_t header_length
    cdef uint32_t total_length
    cdef uint32_t udp_length
    cdef const uint8_t *udp

    if present < IPV4_BYTES:
        return DATAGRAM_HEADERS_CUT
    if ip[0] >> 4 != 4:
        return DATAGRAM_NOT_IP
    header_length = (ip[0] & 15) * 4
    total_length = load_be16(ip + 2)
    if header_length < IPV4_BYTES or (total_length != 0 and total_length < header_length):
        return DATAGRAM_BAD_IP_LENGTH
    if load_be16(ip + 6) & FRAGMENT_BITS:
        return DATAGRAM_FRAGMENT
    if ip[9] != PROTOCOL_UDP:
        return DATAGRAM_NOT_UDP
    if present < header_length + UDP_BYTES:
        return DATAGRAM_HEADERS_CUT
    udp = ip + header_length
    udp_length = load_be16(udp + 4)
    if udp_length < UDP_BYTES or (total_length != 0 and udp_length > total_length - header_length):
        return DATAGRAM_BAD_UDP_LENGTH
    present -= header_length + UDP_BYTES
    found.sent = udp_length - UDP_BYTES
    found.length = found.sent if found.sent < present else present
    found.payload = udp + UDP_BYTES
    found.source = load_be32(ip + 12)
    found.destination = load_be32(ip + 16)
    found.source_port = load_be16(udp)
    found.port = load_be16(udp + 2)
    return DATAGRAM_UDP
