# The C face of the way from a captured packet of any link type to its UDP payload.

from libc.stdint cimport int32_t, uint8_t, uint32_t

from feedhandler.receivers.datagram cimport datagram

cdef int datagram_find(int32_t link_type, const uint8_t *packet, uint32_t captured, datagram *found) noexcept nogil
cdef bint link_type_is_supported(int32_t link_type) noexcept nogil
