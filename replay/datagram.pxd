# The C face of the way from a captured packet to its UDP payload.

from libc.stdint cimport int32_t, uint8_t, uint16_t, uint32_t


cdef enum:                       # what a packet turned out to be; all but the first are counted under REASONS
    DATAGRAM_UDP = 0
    DATAGRAM_UNSUPPORTED_LINK_TYPE = 1
    DATAGRAM_NOT_IP = 2
    DATAGRAM_IPV6 = 3
    DATAGRAM_NOT_UDP = 4
    DATAGRAM_FRAGMENT = 5
    DATAGRAM_HEADERS_CUT = 6     # the capture kept too few bytes to see the UDP header
    DATAGRAM_BAD_IP_LENGTH = 7
    DATAGRAM_BAD_UDP_LENGTH = 8
    DATAGRAM_REASONS = 9

cdef struct datagram:
    const uint8_t *payload
    uint32_t length              # bytes of payload present
    uint32_t sent                # bytes of payload on the wire; more than `length` where the capture cut them
    uint32_t source              # IPv4, host order
    uint32_t destination
    uint16_t source_port
    uint16_t port

cdef int datagram_find(int32_t link_type, const uint8_t *packet, uint32_t captured, datagram *found) noexcept nogil
cdef bint link_type_is_supported(int32_t link_type) noexcept nogil
