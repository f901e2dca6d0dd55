# The C face of the way from a captured packet of any link type to its UDP payload.

from libc.stdint cimport int32_t, uint8_t, uint32_t

from feedhandler.receivers.frames.datagram cimport datagram

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

cdef int datagram_find(int32_t link_type, const uint8_t *packet, uint32_t captured, datagram *found) noexcept nogil
cdef bint link_type_is_supported(int32_t link_type) noexcept nogil
